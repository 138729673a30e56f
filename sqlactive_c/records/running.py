"""The half of a query that runs it and gives what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from ..exc import NoResultFound
from ..sql.functions import func
from .scope import scope

if TYPE_CHECKING:
    from .._core import Result, Row, ScalarResult

__all__ = ["RunningMixin"]

T = TypeVar("T")


class RunningMixin(Generic[T]):
    """Methods that run the query.

    What was found is detached from any session, unless the task is in a
    transaction.
    """

    _query: Any
    _statement: Any
    _values: dict[str, Any] | None

    def _registry(self) -> Any:
        raise NotImplementedError

    def _counting(self) -> Any:
        """Return the SELECT that counts, in place of the columns."""
        return self._query.with_only_columns(
            func.count(), maintain_column_froms=True
        ).order_by(None)

    def _become(self, query: Any) -> None:
        self._query = query

    async def execute(self) -> Result[Any]:
        """Run the query.

        Returns:
            A buffered ``Result``, which outlives the session.
        """
        async with scope(self._registry()) as session:
            result: Result[Any] = await session.execute(
                self._statement, self._values
            )
            return result

    async def scalars(self) -> ScalarResult[T]:
        """Run the query; return a ``ScalarResult`` of the first column."""
        return (await self.execute()).scalars()

    @overload
    async def first(self, scalar: Literal[True] = True) -> T | None: ...
    @overload
    async def first(self, scalar: bool) -> Any: ...
    async def first(self, scalar: bool = True) -> Any:
        """Return the first row's first value, or None.

        The whole query runs; say ``limit(1)`` for less.

        Args:
            scalar: False: return the row.
        """
        async with scope(self._registry()) as session:
            if scalar:
                return await session.scalar(self._statement, self._values)
            return (await session.execute(self._query)).first()

    async def first_or_fail(self) -> T:
        """Return the first row's first value.

        Raises:
            NoResultFound: There is no row.
        """
        async with scope(self._registry()) as session:
            row = (await session.execute(self._query)).first()
        if row is None:
            raise NoResultFound(f"no row was found by: {self._query}")
        value: T = row[0]
        return value

    @overload
    async def one(self, scalar: Literal[True] = True) -> T: ...
    @overload
    async def one(self, scalar: bool) -> Any: ...
    async def one(self, scalar: bool = True) -> Any:
        """Return the first value of the only row.

        Args:
            scalar: False: return the row.

        Raises:
            MultipleResultsFound: There are several.
            NoResultFound: There is none.
        """
        result = await self.execute()
        return result.scalars().one() if scalar else result.one()

    @overload
    async def one_or_none(self, scalar: Literal[True] = True) -> T | None: ...
    @overload
    async def one_or_none(self, scalar: bool) -> Any: ...
    async def one_or_none(self, scalar: bool = True) -> Any:
        """Return the first value of the only row, None without a row.

        Args:
            scalar: False: return the row.

        Raises:
            MultipleResultsFound: There are several.
        """
        result = await self.execute()
        if scalar:
            return result.scalars().one_or_none()
        return result.one_or_none()

    @overload
    async def all(self, scalars: Literal[True] = True) -> list[T]: ...
    @overload
    async def all(self, scalars: Literal[False]) -> list[Row[Any]]: ...
    @overload
    async def all(self, scalars: bool) -> Sequence[Any]: ...
    async def all(self, scalars: bool = True) -> Sequence[Any]:
        """Return the first values of all rows.

        Args:
            scalars: False: return the rows.
        """
        result = await self.execute()
        return result.scalars().all() if scalars else result.all()

    async def count(self) -> int:
        """Return how many rows there are; the query counts from now on."""
        return int((await self._counted()).scalars().one())

    @overload
    async def unique(
        self, scalars: Literal[True] = True
    ) -> ScalarResult[T]: ...
    @overload
    async def unique(self, scalars: bool) -> Any: ...
    async def unique(self, scalars: bool = True) -> Any:
        """Return the result of the query without duplicates.

        Args:
            scalars: False: a ``Result`` instead of a ``ScalarResult``.
        """
        result = await self.execute()
        return result.scalars().unique() if scalars else result.unique()

    @overload
    async def unique_first(self, scalar: Literal[True] = True) -> T | None: ...
    @overload
    async def unique_first(self, scalar: bool) -> Any: ...
    async def unique_first(self, scalar: bool = True) -> Any:
        """Like :meth:`first`, without duplicates."""
        return (await self.unique(scalar)).first()

    @overload
    async def unique_one(self, scalar: Literal[True] = True) -> T: ...
    @overload
    async def unique_one(self, scalar: bool) -> Any: ...
    async def unique_one(self, scalar: bool = True) -> Any:
        """Like :meth:`one`, without duplicates."""
        return (await self.unique(scalar)).one()

    @overload
    async def unique_one_or_none(
        self, scalar: Literal[True] = True
    ) -> T | None: ...
    @overload
    async def unique_one_or_none(self, scalar: bool) -> Any: ...
    async def unique_one_or_none(self, scalar: bool = True) -> Any:
        """Like :meth:`one_or_none`, without duplicates."""
        return (await self.unique(scalar)).one_or_none()

    @overload
    async def unique_all(self, scalars: Literal[True] = True) -> list[T]: ...
    @overload
    async def unique_all(self, scalars: Literal[False]) -> list[Row[Any]]: ...
    @overload
    async def unique_all(self, scalars: bool) -> Sequence[Any]: ...
    async def unique_all(self, scalars: bool = True) -> Sequence[Any]:
        """Like :meth:`all`, without duplicates."""
        found: Sequence[Any] = (await self.unique(scalars)).all()
        return found

    async def unique_count(self) -> int:
        """Like :meth:`count`, on a result without duplicates."""
        return int((await self._counted()).scalars().unique().one())

    async def _counted(self) -> Any:
        registry = self._registry()
        self._become(self._counting())
        async with scope(registry) as session:
            return await session.execute(self._query)
