"""Transactions across calls.

The transaction that a task is in stands in a context variable, so tasks that
are started within it are in it, too. What it does goes through one session,
one call at a time, in the order in which the calls came.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

from .. import exc
from .scope import current_unit, units

__all__ = ["Unit", "transaction"]


def transaction(registry: Any) -> Unit:
    """Return a transaction, to be entered with ``async with``.

    Args:
        registry: The ``async_scoped_session`` whose calls are to be part of
            it.
    """
    return Unit(registry)


class Unit:
    """A transaction that every call of a task is part of.

    Leaving the block commits, an exception rolls back. Within another one it
    is a savepoint.

    Args:
        registry: The ``async_scoped_session``.
    """

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._outer: Unit | None = None
        self._session: Any = None
        self._savepoint: Any = None
        self._turn = asyncio.Lock()
        self._token: Any = None
        self._over = False
        self._abandoned = False

    @property
    def session(self) -> Any:
        """The session that the transaction works with, None before it began.

        It is not to be closed, nor to be used while another task calls.
        """
        return self._session

    @property
    def is_active(self) -> bool:
        """Whether calls are part of it now."""
        return self._session is not None and not self._over

    async def __aenter__(self) -> Self:
        if self._session is not None:
            raise exc.InvalidRequestError(
                "this transaction has been entered already: make a new one"
            )
        self._outer = current_unit(self._registry)
        if self._outer is None:
            self._session = self._registry.session_factory()
        else:
            await self._nest(self._outer)
        known: dict[Any, Unit] = units.get() or {}
        self._token = units.set({**known, self._registry: self})
        return self

    async def _nest(self, outer: Unit) -> None:
        # The savepoint is the outer transaction's until it is released: what
        # other tasks do there waits.
        outer.check()
        await outer._turn.acquire()
        try:
            outer.check()
            self._savepoint = await outer._session.begin_nested()
        except BaseException:
            outer._turn.release()
            raise
        self._session = outer._session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # A call of another task that is in progress comes to its end.
            await self._turn.acquire()
        except BaseException:
            self._over = self._abandoned = True
            self._leave()
            raise
        self._over = True
        try:
            await self._end(kind is None)
        finally:
            self._turn.release()
            self._leave()

    async def pass_on(self) -> None:
        """End the turn of a call, and a transaction that was left meanwhile.

        Its block was cancelled while it waited for this call.
        """
        try:
            if self._abandoned:
                self._abandoned = False
                await self._end(False)
        finally:
            self._turn.release()

    async def _end(self, well: bool) -> None:
        if self._outer is not None:
            try:
                if well:
                    await self._savepoint.commit()
                elif self._savepoint.is_active:
                    await self._savepoint.rollback()
            finally:
                self._outer._turn.release()
            return
        try:
            if well:
                await self._session.commit()
            else:
                await self._session.rollback()
        finally:
            await self._session.close()

    def _leave(self) -> None:
        try:
            units.reset(self._token)
        except ValueError:  # left in another context than it was entered in
            known = {**(units.get() or {})}
            known.pop(self._registry, None)
            units.set(known)

    def check(self) -> None:
        """Raise if no call can be part of it any more.

        Raises:
            InvalidRequestError: It is over.
        """
        if self._over:
            raise exc.InvalidRequestError(
                "the transaction in which this task was started is over:"
                " await the tasks that are started in a transaction before"
                " its end"
            )

    def call(self, writes: bool = False) -> Call:
        """Return the context manager of one call.

        Args:
            writes: It is undone as a whole when it raises.
        """
        return Call(self, writes)


class Call:
    """The turn of one call; gives the session of the transaction.

    Args:
        unit: The transaction.
        writes: The call has a savepoint of its own.
    """

    __slots__ = ("_savepoint", "_unit", "_writes")

    def __init__(self, unit: Unit, writes: bool) -> None:
        self._unit = unit
        self._writes = writes
        self._savepoint: Any = None

    async def __aenter__(self) -> Any:
        unit = self._unit
        unit.check()
        await unit._turn.acquire()
        try:
            unit.check()
            if self._writes:
                self._savepoint = await unit._session.begin_nested()
        except BaseException:
            await unit.pass_on()
            raise
        return unit._session

    async def __aexit__(
        self, kind: type[BaseException] | None, *error: object
    ) -> None:
        try:
            if self._savepoint is None:
                return
            if kind is None:
                await self._savepoint.commit()
            else:
                await self._savepoint.rollback()
        finally:
            await self._unit.pass_on()
