"""``run_sync``: synchronous code on an asynchronous session.

The function runs in a thread of its own; what it asks of the session is done
there and then, and an attribute that is not loaded is loaded when it is read.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import (
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ... import _core
from ...exc import MissingGreenlet

if TYPE_CHECKING:
    from ..._core import (
        AsyncSession,
        AsyncSessionTransaction,
        Result,
        ScalarResult,
    )
    from ...engine.sync import Connection

_T = TypeVar("_T")

__all__ = ["Session", "SessionTransaction", "run_sync", "sync_session"]

_Params = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
_Options = Mapping[str, Any] | None


class SessionTransaction:
    """The synchronous view of a session's transaction; a context manager."""

    def __init__(
        self, session: Session, transaction: AsyncSessionTransaction
    ) -> None:
        self.session = session
        self._transaction = transaction

    @property
    def is_active(self) -> bool:
        """Begun and not over yet."""
        return self._transaction.is_active

    @property
    def nested(self) -> bool:
        """It is a savepoint."""
        return self._transaction.nested

    def commit(self) -> None:
        """Commit, or release the savepoint."""
        self.session._drive(self._transaction.commit())

    def rollback(self) -> None:
        """Roll back, to the savepoint if it is one."""
        self.session._drive(self._transaction.rollback())

    def __enter__(self) -> SessionTransaction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.session._drive(
            self._transaction.__aexit__(kind, value, traceback)
        )


class Session:
    """The synchronous view of an `AsyncSession`.

    ``AsyncSession.run_sync()`` lends it to a function, and ``sync_session``
    is it. What needs the database can be called where no event loop runs, and
    by listeners.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._running: Any = None
        self._cancelled = False
        self._listening = False

    @contextmanager
    def _lent(self) -> Iterator[None]:
        """Let listeners use it, for whom the event loop has to wait."""
        before, self._listening = self._listening, True
        try:
            yield
        finally:
            self._listening = before

    def _drive(self, awaitable: Coroutine[Any, Any, _T]) -> _T:
        if not self._listening and asyncio._get_running_loop() is not None:
            awaitable.close()
            raise MissingGreenlet(
                "a synchronous session waits for the database, which would"
                " stop the event loop: use it inside"
                " 'await session.run_sync(function)'"
            )
        if self._cancelled:
            awaitable.close()
            raise asyncio.CancelledError
        before, self._running = self._running, awaitable
        try:
            return _core.drive(awaitable)
        finally:
            self._running = before

    def _cancel(self) -> None:
        self._cancelled = True
        if self._running is not None:
            _core.interrupt(self._running)

    # -- instances -----------------------------------------------------------

    def add(self, instance: object) -> None:
        """Put an instance into the session; see `AsyncSession.add`."""
        self._session.add(instance)

    def add_all(self, instances: Iterable[object]) -> None:
        """Put instances into the session."""
        self._session.add_all(instances)

    def delete(self, instance: object) -> None:
        """Have the row of an instance deleted at the next flush."""
        self._drive(self._session.delete(instance))

    def expunge(self, instance: object) -> None:
        """Take an instance out of the session."""
        self._session.expunge(instance)

    def expunge_all(self) -> None:
        """Take all instances out of the session."""
        self._session.expunge_all()

    def expire(
        self, instance: object, attribute_names: Iterable[str] | None = None
    ) -> None:
        """Forget values, to be read again when they are needed."""
        self._session.expire(instance, attribute_names)

    def expire_all(self) -> None:
        """Forget the values of all persistent instances."""
        self._session.expire_all()

    def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Read the values of an instance again."""
        self._drive(
            self._session.refresh(instance, attribute_names, with_for_update)
        )

    def merge(
        self,
        instance: _T,
        *,
        load: bool = True,
        options: Sequence[Any] | None = None,
    ) -> _T:
        """Copy the state of an instance onto the session's one."""
        return self._drive(
            self._session.merge(instance, load=load, options=options)
        )

    def get(self, entity: type[_T], ident: Any, **kwargs: Any) -> _T | None:
        """Find an instance by its primary key; see `AsyncSession.get`."""
        return self._drive(self._session.get(entity, ident, **kwargs))

    def get_one(self, entity: type[_T], ident: Any, **kwargs: Any) -> _T:
        """As :meth:`get`, but there must be one."""
        return self._drive(self._session.get_one(entity, ident, **kwargs))

    def is_modified(
        self, instance: object, include_collections: bool = True
    ) -> bool:
        """Say whether an instance differs from its row."""
        return self._session.is_modified(instance, include_collections)

    def __contains__(self, instance: object) -> bool:
        return instance in self._session

    def __iter__(self) -> Iterator[Any]:
        return iter(self._session)

    # -- statements ----------------------------------------------------------

    def execute(
        self,
        statement: Any,
        params: _Params = None,
        *,
        execution_options: _Options = None,
        bind_arguments: _Options = None,
    ) -> Result[Any]:
        """Execute a statement; see `AsyncSession.execute`."""
        return self._drive(
            self._session.execute(
                statement,
                params,
                execution_options=execution_options,
                bind_arguments=bind_arguments,
            )
        )

    def scalar(
        self,
        statement: Any,
        params: _Params = None,
        *,
        execution_options: _Options = None,
        bind_arguments: _Options = None,
    ) -> Any:
        """Execute a statement; the first column of the first row."""
        return self._drive(
            self._session.scalar(
                statement,
                params,
                execution_options=execution_options,
                bind_arguments=bind_arguments,
            )
        )

    def scalars(
        self,
        statement: Any,
        params: _Params = None,
        *,
        execution_options: _Options = None,
        bind_arguments: _Options = None,
    ) -> ScalarResult[Any]:
        """Execute a statement; a ScalarResult of the first columns."""
        return self._drive(
            self._session.scalars(
                statement,
                params,
                execution_options=execution_options,
                bind_arguments=bind_arguments,
            )
        )

    def connection(
        self,
        bind_arguments: _Options = None,
        execution_options: _Options = None,
    ) -> Connection:
        """Return the synchronous view of the session's connection."""
        from ...engine.sync import Connection

        return Connection(
            self._drive(
                self._session.connection(bind_arguments, execution_options)
            )
        )

    # -- transactions --------------------------------------------------------

    def flush(self, objects: Iterable[object] | None = None) -> None:
        """Write what is pending, modified and deleted."""
        self._drive(self._session.flush(objects))

    def begin(self, nested: bool = False) -> SessionTransaction:
        """Begin a transaction.

        Args:
            nested: Set a savepoint in one.
        """
        if nested:
            return self.begin_nested()
        return self._begun(self._session.begin())

    def begin_nested(self) -> SessionTransaction:
        """Set a savepoint."""
        return self._begun(self._session.begin_nested())

    def _begun(
        self, transaction: AsyncSessionTransaction
    ) -> SessionTransaction:
        self._drive(transaction.start())
        return SessionTransaction(self, transaction)

    def commit(self) -> None:
        """Commit the transaction."""
        self._drive(self._session.commit())

    def rollback(self) -> None:
        """Roll the transaction back."""
        self._drive(self._session.rollback())

    def close(self) -> None:
        """Roll back what is open and give the connection back."""
        self._drive(self._session.close())

    def reset(self) -> None:
        """As :meth:`close`; the session can be used again."""
        self._drive(self._session.reset())

    def invalidate(self) -> None:
        """Close the session and give its connection up."""
        self._drive(self._session.invalidate())

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def in_transaction(self) -> bool:
        """Say whether a transaction is open."""
        return self._session.in_transaction()

    def in_nested_transaction(self) -> bool:
        """Say whether a savepoint is open."""
        return self._session.in_nested_transaction()

    def get_transaction(self) -> SessionTransaction | None:
        """Return the root transaction, or None."""
        return self._view(self._session.get_transaction())

    def get_nested_transaction(self) -> SessionTransaction | None:
        """Return the innermost savepoint, or None."""
        return self._view(self._session.get_nested_transaction())

    def _view(
        self, found: AsyncSessionTransaction | None
    ) -> SessionTransaction | None:
        return None if found is None else SessionTransaction(self, found)

    # -- attributes ----------------------------------------------------------

    @property
    @contextmanager
    def no_autoflush(self) -> Iterator[Session]:
        """A context manager: queries flush nothing meanwhile."""
        with self._session.no_autoflush:
            yield self

    @property
    def autoflush(self) -> bool:
        """Whether queries flush pending changes first."""
        return self._session.autoflush

    @autoflush.setter
    def autoflush(self, value: bool) -> None:
        self._session.autoflush = value

    @property
    def expire_on_commit(self) -> bool:
        """Whether a commit expires the attributes of instances."""
        return self._session.expire_on_commit

    @property
    def new(self) -> Any:
        """The instances that are to be inserted, a set."""
        return self._session.new

    @property
    def dirty(self) -> Any:
        """The persistent instances that something was set in, a set."""
        return self._session.dirty

    @property
    def deleted(self) -> Any:
        """The instances that are to be deleted, a set."""
        return self._session.deleted

    @property
    def identity_map(self) -> Any:
        """The instances that it has loaded, by identity key."""
        return self._session.identity_map

    @property
    def info(self) -> dict[Any, Any]:
        """A dict of the user's own, shared with the session."""
        return self._session.info

    @property
    def is_active(self) -> bool:
        """False when the transaction must be rolled back first."""
        return self._session.is_active

    @property
    def bind(self) -> Any:
        """The AsyncEngine or AsyncConnection, or None."""
        return self._session.bind

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the session is bound to."""
        return self._session.get_bind(*args, **kwargs)

    def identity_key(self, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Make a key of the identity map."""
        return self._session.identity_key(*args, **kwargs)

    @staticmethod
    def object_session(instance: object) -> AsyncSession | None:
        """Return the session that an instance is in, or None."""
        return _core.object_session(instance)


_views: weakref.WeakKeyDictionary[AsyncSession, weakref.ref[Session]] = (
    weakref.WeakKeyDictionary()
)


def sync_session(session: AsyncSession) -> Session:
    """Return the synchronous view of a session; the same while it is used.

    Args:
        session: The session.
    """
    known = _views.get(session)
    found = None if known is None else known()
    if found is None:
        found = Session(session)
        _views[session] = weakref.ref(found)
    return found


async def run_sync(
    session: AsyncSession,
    fn: Callable[..., _T],
    *args: Any,
    **kwargs: Any,
) -> _T:
    """Call ``fn(view, *args, **kwargs)`` in a thread and await it.

    Args:
        session: The session, which nobody else uses meanwhile.
        fn: Any callable; it gets the synchronous view of the session.
        *args: Its further arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What it returns.

    Raises:
        Whatever it raises. When the caller is cancelled, the statement in
        progress is stopped and the next one raises CancelledError in it.
    """
    from ...engine.sync import call_in_thread

    view = sync_session(session)
    view._cancelled = False

    def call() -> _T:
        return fn(view, *args, **kwargs)

    try:
        return await call_in_thread(call, view._cancel)
    finally:
        view._cancelled = False
