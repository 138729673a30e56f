"""``run_sync``: synchronous code on an asynchronous connection.

The function runs in a thread of its own, so it may block without stopping
the event loop; its statements run like all others, the thread waits for them
without the GIL.  Context variables are those of the caller.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core
from ..exc import InvalidRequestError

if TYPE_CHECKING:
    from .._core import (
        AsyncConnection,
        AsyncEngine,
        AsyncTransaction,
        Result,
        ScalarResult,
        _DriverParams,
        _Options,
        _Params,
        _Statement,
    )
    from ..sql.dialect import SQLiteDialect

_T = TypeVar("_T")

__all__ = ["Connection", "Transaction", "call_in_thread", "run_sync"]


class Transaction:
    """The synchronous view of an `AsyncTransaction`; a context manager."""

    def __init__(
        self, connection: Connection, transaction: AsyncTransaction
    ) -> None:
        self._connection = connection
        self._transaction = transaction
        connection._drive(transaction.start())

    @property
    def is_active(self) -> bool:
        """Begun and not over yet."""
        return self._transaction.is_active

    def commit(self) -> None:
        """Commit, or release the savepoint."""
        self._connection._drive(self._transaction.commit())

    def rollback(self) -> None:
        """Roll back, to the savepoint if it is one."""
        self._connection._drive(self._transaction.rollback())

    close = rollback

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection._drive(
            self._transaction.__aexit__(kind, value, traceback)
        )


class Connection:
    """The synchronous view of an `AsyncConnection` inside ``run_sync``.

    It is valid until the function returns, and in its thread only.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._running: Coroutine[Any, Any, Any] | None = None
        self._over = False
        self._cancelled = False

    def _drive(self, awaitable: Coroutine[Any, Any, _T]) -> _T:
        if self._over:
            awaitable.close()
            raise InvalidRequestError(
                "this connection was lent to run_sync(), whose function has"
                " returned"
            )
        if self._cancelled:
            awaitable.close()
            raise asyncio.CancelledError
        self._running = awaitable
        try:
            return _core.drive(awaitable)
        finally:
            self._running = None

    def _cancel(self) -> None:
        self._cancelled = True
        if self._running is not None:
            _core.interrupt(self._running)

    @property
    def engine(self) -> AsyncEngine:
        """The `AsyncEngine`."""
        return self._connection.engine

    @property
    def dialect(self) -> SQLiteDialect:
        """The engine's dialect."""
        return self._connection.dialect

    @property
    def info(self) -> dict[Any, Any]:
        """A dict for the user's own notes, shared with the connection."""
        return self._connection.info

    @property
    def closed(self) -> bool:
        """The connection was closed, or its time here is over."""
        return self._over or self._connection.closed

    def execute(
        self,
        statement: _Statement,
        parameters: _Params = None,
        *,
        execution_options: _Options = None,
    ) -> Result[Any]:
        """Run a statement; see `AsyncConnection.execute`. Returns a Result."""
        return self._drive(self._connection.execute(statement, parameters))

    def exec_driver_sql(
        self,
        statement: str,
        parameters: _DriverParams = None,
        execution_options: _Options = None,
    ) -> Result[Any]:
        """Run SQL as it is; see `AsyncConnection.exec_driver_sql`."""
        return self._drive(
            self._connection.exec_driver_sql(statement, parameters)
        )

    def scalar(
        self,
        statement: _Statement,
        parameters: _Params = None,
        *,
        execution_options: _Options = None,
    ) -> Any:
        """Run a statement; the first column of its first row, or None."""
        return self._drive(self._connection.scalar(statement, parameters))

    def scalars(
        self,
        statement: _Statement,
        parameters: _Params = None,
        *,
        execution_options: _Options = None,
    ) -> ScalarResult[Any]:
        """Run a statement; a ScalarResult."""
        return self._drive(self._connection.scalars(statement, parameters))

    def begin(self) -> Transaction:
        """Begin a transaction: a `Transaction`."""
        return Transaction(self, self._connection.begin())

    def begin_nested(self) -> Transaction:
        """Set a savepoint: a `Transaction`."""
        return Transaction(self, self._connection.begin_nested())

    def commit(self) -> None:
        """Commit what is in progress."""
        self._drive(self._connection.commit())

    def rollback(self) -> None:
        """Roll back what is in progress."""
        self._drive(self._connection.rollback())

    def in_transaction(self) -> bool:
        """A transaction is in progress."""
        return self._connection.in_transaction()

    def in_nested_transaction(self) -> bool:
        """A savepoint is open."""
        return self._connection.in_nested_transaction()


def _settle(
    future: asyncio.Future[Any], outcome: Any, error: BaseException | None
) -> None:
    if not future.done():
        if error is None:
            future.set_result(outcome)
        elif isinstance(error, asyncio.CancelledError):
            future.cancel()
        else:
            future.set_exception(error)


def _report(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Any],
    outcome: Any,
    error: BaseException | None,
) -> None:
    try:
        loop.call_soon_threadsafe(_settle, future, outcome, error)
    except RuntimeError:  # the loop is closed: nobody waits any more
        pass


async def run_sync(
    connection: AsyncConnection,
    function: Callable[..., _T],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None,
) -> _T:
    """Call ``function(facade, *args, **kwargs)`` in a thread and await it.

    Args:
        connection: an `AsyncConnection`, which nobody else uses meanwhile.
        function: any callable.
        args: its further positional arguments.
        kwargs: its keyword arguments, or None.

    Returns:
        What the function returns.

    Raises:
        Whatever the function raises; see :func:`call_in_thread`.
    """
    facade = Connection(connection)

    def call() -> _T:
        try:
            return function(facade, *args, **(kwargs or {}))
        finally:
            facade._over = True

    return await call_in_thread(call, facade._cancel)


async def call_in_thread(
    function: Callable[[], _T], cancel: Callable[[], None]
) -> _T:
    """Call a function in a thread of its own and await it.

    Context variables are those of the caller.

    Args:
        function: the function.
        cancel: called when the caller is cancelled; it makes the function
            raise CancelledError soon.

    Returns:
        What the function returns.

    Raises:
        Whatever the function raises.  When the caller is cancelled, the
        cancellation goes on when the function has ended.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()
    context = contextvars.copy_context()

    def run() -> None:
        outcome: Any = None
        error: BaseException | None = None
        try:
            outcome = context.run(function)
        except BaseException as raised:
            error = raised
        _report(loop, future, outcome, error)

    threading.Thread(
        target=run, name="sqlactive_c-run_sync", daemon=True
    ).start()
    cancelled = None
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError as raised:
            cancelled = raised
            cancel()
    if cancelled is not None:
        if not future.cancelled():
            future.exception()  # was superseded by the cancellation
        raise cancelled
    return future.result()
