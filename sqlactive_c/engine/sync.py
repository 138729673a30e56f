"""``run_sync``: synchronous code on an asynchronous connection.

The function runs in a thread of its own, so it may block without stopping
the event loop; its statements run like all others, the thread waits for them
without the GIL.  Context variables are those of the caller.
"""

import asyncio
import contextvars
import threading

from .. import _core
from ..exc import InvalidRequestError

__all__ = ["Connection", "Transaction", "run_sync"]


class Transaction:
    """The synchronous view of an `AsyncTransaction`; a context manager."""

    def __init__(self, connection, transaction):
        self._connection = connection
        self._transaction = transaction
        connection._drive(transaction.start())

    @property
    def is_active(self):
        """Begun and not over yet."""
        return self._transaction.is_active

    def commit(self):
        """Commit, or release the savepoint."""
        self._connection._drive(self._transaction.commit())

    def rollback(self):
        """Roll back, to the savepoint if it is one."""
        self._connection._drive(self._transaction.rollback())

    close = rollback

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self._connection._drive(self._transaction.__aexit__(kind, value, traceback))


class Connection:
    """The synchronous view of an `AsyncConnection` inside ``run_sync``.

    It is valid until the function returns, and in its thread only.
    """

    def __init__(self, connection):
        self._connection = connection
        self._running = None
        self._over = False
        self._cancelled = False

    def _drive(self, awaitable):
        if self._over:
            awaitable.close()
            raise InvalidRequestError(
                "this connection was lent to run_sync(), whose function has returned"
            )
        if self._cancelled:
            awaitable.close()
            raise asyncio.CancelledError
        self._running = awaitable
        try:
            return _core.drive(awaitable)
        finally:
            self._running = None

    def _cancel(self):
        self._cancelled = True
        if self._running is not None:
            _core.interrupt(self._running)

    @property
    def engine(self):
        """The `AsyncEngine`."""
        return self._connection.engine

    @property
    def dialect(self):
        """The engine's dialect."""
        return self._connection.dialect

    @property
    def info(self):
        """A dict for the user's own notes, shared with the connection."""
        return self._connection.info

    @property
    def closed(self):
        """The connection was closed, or its time here is over."""
        return self._over or self._connection.closed

    def execute(self, statement, parameters=None, *, execution_options=None):
        """Run a statement; see `AsyncConnection.execute`. Returns a Result."""
        return self._drive(self._connection.execute(statement, parameters))

    def exec_driver_sql(self, statement, parameters=None, execution_options=None):
        """Run SQL as it is; see `AsyncConnection.exec_driver_sql`."""
        return self._drive(self._connection.exec_driver_sql(statement, parameters))

    def scalar(self, statement, parameters=None, *, execution_options=None):
        """Run a statement; the first column of its first row, or None."""
        return self._drive(self._connection.scalar(statement, parameters))

    def scalars(self, statement, parameters=None, *, execution_options=None):
        """Run a statement; a ScalarResult."""
        return self._drive(self._connection.scalars(statement, parameters))

    def begin(self):
        """Begin a transaction: a `Transaction`."""
        return Transaction(self, self._connection.begin())

    def begin_nested(self):
        """Set a savepoint: a `Transaction`."""
        return Transaction(self, self._connection.begin_nested())

    def commit(self):
        """Commit what is in progress."""
        self._drive(self._connection.commit())

    def rollback(self):
        """Roll back what is in progress."""
        self._drive(self._connection.rollback())

    def in_transaction(self):
        """A transaction is in progress."""
        return self._connection.in_transaction()

    def in_nested_transaction(self):
        """A savepoint is open."""
        return self._connection.in_nested_transaction()


def _settle(future, outcome, error):
    if not future.done():
        if error is None:
            future.set_result(outcome)
        elif isinstance(error, asyncio.CancelledError):
            future.cancel()
        else:
            future.set_exception(error)


def _report(loop, future, outcome, error):
    try:
        loop.call_soon_threadsafe(_settle, future, outcome, error)
    except RuntimeError:  # the loop is closed: nobody waits any more
        pass


async def run_sync(connection, function, args, kwargs):
    """Call ``function(facade, *args, **kwargs)`` in a thread and await it.

    Args:
        connection: an `AsyncConnection`, which is not used by others meanwhile.
        function: any callable.
        args: its further positional arguments.
        kwargs: its keyword arguments, or None.

    Returns:
        What the function returns.

    Raises:
        Whatever the function raises.  When the caller is cancelled, the
        statement in progress is stopped, the next one raises CancelledError
        inside the function, and the cancellation goes on when it has ended.
    """
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    facade = Connection(connection)
    context = contextvars.copy_context()

    def run():
        outcome = error = None
        try:
            outcome = context.run(function, facade, *args, **(kwargs or {}))
        except BaseException as raised:
            error = raised
        facade._over = True
        _report(loop, future, outcome, error)

    threading.Thread(target=run, name="sqlactive_c-run_sync", daemon=True).start()
    cancelled = None
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError as raised:
            cancelled = raised
            facade._cancel()
    if cancelled is not None:
        if not future.cancelled():
            future.exception()  # was superseded by the cancellation
        raise cancelled
    return future.result()
