"""Collections that are queries: ``lazy="dynamic"``."""

from __future__ import annotations

import warnings
from asyncio import _get_running_loop
from collections.abc import Coroutine, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from .. import _core, exc
from .exc import DetachedInstanceError
from .write_only import CollectionWriter, WriteOnlyAttribute
from .written import known

if TYPE_CHECKING:
    from ..sql.selectable import Select

__all__ = ["AppenderQuery", "DynamicAttribute"]

_T = TypeVar("_T")
_Q = TypeVar("_Q", bound="AppenderQuery[Any]")


class AppenderQuery(CollectionWriter[_T]):
    """A query of what belongs to an instance, which can be added to.

    It is the value of an attribute that is mapped with
    ``relationship(lazy="dynamic")`` or annotated as ``DynamicMapped``. What
    asks the database, as iterating, :meth:`all` and :meth:`count`, works
    inside of ``run_sync()``; elsewhere :meth:`select` gives a statement.
    """

    def __init__(
        self, attr: Any, instance: Any, statement: Select | None = None
    ) -> None:
        super().__init__(attr, instance)
        self._statement = statement

    # -- changing the collection ---------------------------------------------

    def append(self, item: _T) -> None:
        """Add an instance; the next flush writes that.

        Args:
            item: The instance.
        """
        self.add(item)

    def extend(self, iterator: Iterable[_T]) -> None:
        """Add instances; the next flush writes that.

        Args:
            iterator: The instances.
        """
        self.add_all(iterator)

    # -- building the query --------------------------------------------------

    @property
    def statement(self) -> Select:
        """The query as a SELECT."""
        return super().select() if self._statement is None else self._statement

    def select(self) -> Select:
        """Return the query as a SELECT, to be executed by a session."""
        return self.statement

    def _with(self: _Q, statement: Any) -> _Q:
        return type(self)(self.attr, self.instance, statement)

    def where(self: _Q, *criteria: Any) -> _Q:
        """Return the query with further conditions.

        Args:
            *criteria: The conditions.
        """
        return self._with(self.statement.where(*criteria))

    filter = where

    def filter_by(self: _Q, **values: Any) -> _Q:
        """Return the query of those whose attributes have given values.

        Args:
            **values: The values, by the names of the attributes.
        """
        return self._with(self.statement.filter_by(**values))

    def order_by(self: _Q, *columns: Any) -> _Q:
        """Return the query in an order.

        Args:
            *columns: What to order by; None alone: as it comes.
        """
        return self._with(self.statement.order_by(*columns))

    def limit(self: _Q, count: Any) -> _Q:
        """Return the query of so many instances at most.

        Args:
            count: How many.
        """
        return self._with(self.statement.limit(count))

    def offset(self: _Q, count: Any) -> _Q:
        """Return the query without the first ones.

        Args:
            count: How many are left out.
        """
        return self._with(self.statement.offset(count))

    def join(self: _Q, target: Any, *args: Any, **kwargs: Any) -> _Q:
        """Return the query joined with something.

        Args:
            target: As for ``Select.join()``.
            *args: The same.
            **kwargs: The same.
        """
        return self._with(self.statement.join(target, *args, **kwargs))

    def distinct(self: _Q) -> _Q:
        """Return the query without rows that repeat."""
        return self._with(self.statement.distinct())

    def options(self: _Q, *options: Any) -> _Q:
        """Return the query with loader options.

        Args:
            *options: The options.
        """
        return self._with(self.statement.options(*options))

    # -- asking --------------------------------------------------------------

    def __iter__(self) -> Iterator[_T]:
        return iter(self.all())

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> list[_T]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.all()[index]

    def all(self) -> list[_T]:
        """Return the instances."""
        return self._ask(self.statement, "all", list)  # type: ignore[no-any-return]

    def first(self) -> _T | None:
        """Return the first instance, None if there is none."""
        return self._ask(  # type: ignore[no-any-return]
            self.statement.limit(1),
            "first",
            lambda items: items[0] if items else None,
        )

    def one_or_none(self) -> _T | None:
        """Return the only instance, None if there is none.

        Raises:
            MultipleResultsFound: There are several.
        """
        return self._ask(  # type: ignore[no-any-return]
            self.statement, "one_or_none", _one_or_none
        )

    def one(self) -> _T:
        """Return the only instance.

        Raises:
            MultipleResultsFound: There are several.
            NoResultFound: There is none.
        """
        return self._ask(self.statement, "one", _one)  # type: ignore[no-any-return]

    def count(self) -> int:
        """Return how many instances there are."""
        from ..sql.functions import func
        from ..sql.selectable import select

        found = select(func.count()).select_from(self.statement.subquery())
        return self._ask(found, "one", len)  # type: ignore[no-any-return]

    def _ask(self, statement: Any, method: str, pending: Any) -> Any:
        """Execute a statement.

        Args:
            statement: The statement.
            method: What is asked of its scalars.
            pending: Function of the instances that were added where the owner
                has no row that could be asked for.
        """
        instance = self.instance
        session = instance._sac_session
        if session is None or (
            instance._sac_identity is None and not session.autoflush
        ):
            return pending(self._added())
        return self._drive(self._asked(session, statement, method, pending))

    async def _asked(
        self, session: Any, statement: Any, method: str, pending: Any
    ) -> Any:
        if session.autoflush:
            await session._autoflush()
        if self.instance._sac_identity is None:
            return pending(self._added())
        result = await session.scalars(statement)
        return getattr(result.unique(), method)()

    def _added(self) -> list[Any]:
        instance = self.instance
        if self._statement is not None:
            raise DetachedInstanceError(
                f"<{type(instance).__name__} at 0x{id(instance):x}> is in no"
                f" session that {self.attr} could ask"
            )
        if instance._sac_state == "detached":
            warnings.warn(
                f"<{type(instance).__name__} at 0x{id(instance):x}> is"
                f" detached: {self.attr} knows nothing of its rows",
                exc.SAWarning,
                stacklevel=2,
            )
        found = known(instance, self.attr.key)
        return [] if found is None else list(found.added.values())

    def _drive(self, asked: Coroutine[Any, Any, Any]) -> Any:
        """Wait for the database, where nothing else can run meanwhile."""
        from .loading.access import cohort_of
        from .session.sync import sync_session

        if cohort_of(self.instance) is not None:
            return _core.drive(asked)
        view = sync_session(self.instance._sac_session)
        if not view._listening and _get_running_loop() is not None:
            asked.close()
            name = f"obj.{self.attr.key}"
            raise exc.MissingGreenlet(
                f"{self.attr} is dynamic, and reading it needs the database,"
                f" which is awaited: write 'await session.scalars({name}"
                ".select())', or read it inside 'await session.run_sync()'"
            )
        return view._drive(asked)


def _one_or_none(items: list[Any]) -> Any:
    if len(items) > 1:
        raise exc.MultipleResultsFound("there are several instances, not one")
    return items[0] if items else None


def _one(items: list[Any]) -> Any:
    if not items:
        raise exc.NoResultFound("there is no instance where one was required")
    return _one_or_none(items)


class DynamicAttribute(WriteOnlyAttribute):
    """An attribute whose value is a query."""

    __visit_name__ = "attribute"
    _identity = True
    _fields = ()

    _makes: ClassVar[Any] = AppenderQuery

    def _present(self, instance: Any, collection: Any) -> Iterator[Any]:
        return iter(collection.all())
