"""The class side of reading: every method starts a query of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from ..async_query import AsyncQuery
from ..exc import NoResultFound
from ..exceptions import CompositePrimaryKeyError
from ..inspection import facts_of
from ..session import SessionMixin
from ..smart_query import SmartQueryMixin
from ..sql.selectable import select
from ..utils import classproperty
from .scope import scope

if TYPE_CHECKING:
    from .._core import ScalarResult

__all__ = ["ReadingMixin"]

# Keys of these types mean the same to AsyncSession.get() as to a filter.
_PLAIN_KEYS = frozenset((int, str))


class ReadingMixin(SessionMixin, SmartQueryMixin):
    """Queries of a model, started from the class."""

    __abstract__ = True

    @classproperty
    def query(cls: Any) -> Any:
        """A SELECT of the model."""
        return select(cls)

    @classmethod
    def _registry_of(cls) -> Any:
        """Return the scoped session of queries of the model."""
        found = cls._session
        return AsyncQuery.AsyncSession if found is None else found

    @classmethod
    def get_async_query(cls, query: Any = None) -> AsyncQuery[Self]:
        """Return a query of the model.

        Args:
            query: A SELECT; None: one of all rows.
        """
        if query is not None:
            return AsyncQuery(query)
        made: AsyncQuery[Self] = AsyncQuery._of(cls, select(cls))
        return made

    @classmethod
    async def get(
        cls,
        pk: object,
        join: Sequence[Any] | None = None,
        subquery: Sequence[Any] | None = None,
        schema: Any = None,
    ) -> Self | None:
        """Return the row with a primary key, or None.

        Args:
            pk: The primary key; or a dict of filters.
            join: What to load by a join, see :meth:`AsyncQuery.join`.
            subquery: What to load by further queries, see
                :meth:`AsyncQuery.with_subquery`.
            schema: What to load, see :meth:`AsyncQuery.with_schema`.

        Raises:
            CompositePrimaryKeyError: The key has several columns: give a
                dict.
            MultipleResultsFound: A dict of filters fits several rows.
        """
        if type(pk) in _PLAIN_KEYS and not (join or subquery or schema):
            if len(facts_of(cls).primary_keys) > 1:
                raise CompositePrimaryKeyError(cls.__name__)
            async with scope(cls._registry_of()) as session:
                row: Self | None = await session.get(cls, pk)
                return row
        found = cls.get_async_query()
        if isinstance(pk, dict):
            found.where(**pk)
        else:
            found.where(**{cls.primary_key_name: pk})
        if join:
            found.join(*join)
        if subquery:
            found.with_subquery(*subquery)
        if schema:
            found.with_schema(schema)
        return await found.unique_one_or_none()

    @classmethod
    async def get_or_fail(
        cls,
        pk: object,
        join: Sequence[Any] | None = None,
        subquery: Sequence[Any] | None = None,
        schema: Any = None,
    ) -> Self:
        """Like :meth:`get`, for a row that is there.

        Raises:
            NoResultFound: It is not.
        """
        found = await cls.get(pk, join, subquery, schema)
        if found is None:
            raise NoResultFound(f"no {cls.__name__} has the key {pk!r}")
        return found

    @classmethod
    async def scalars(cls) -> ScalarResult[Self]:
        """See :meth:`AsyncQuery.scalars`."""
        return await cls.get_async_query().scalars()

    @overload
    @classmethod
    async def first(cls, scalar: Literal[True] = True) -> Self | None: ...
    @overload
    @classmethod
    async def first(cls, scalar: bool) -> Any: ...
    @classmethod
    async def first(cls, scalar: bool = True) -> Any:
        """See :meth:`AsyncQuery.first`."""
        return await cls.get_async_query().first(scalar)

    @classmethod
    async def first_or_fail(cls) -> Self:
        """See :meth:`AsyncQuery.first_or_fail`."""
        return await cls.get_async_query().first_or_fail()

    @overload
    @classmethod
    async def one(cls, scalar: Literal[True] = True) -> Self: ...
    @overload
    @classmethod
    async def one(cls, scalar: bool) -> Any: ...
    @classmethod
    async def one(cls, scalar: bool = True) -> Any:
        """See :meth:`AsyncQuery.one`."""
        return await cls.get_async_query().one(scalar)

    @overload
    @classmethod
    async def one_or_none(
        cls, scalar: Literal[True] = True
    ) -> Self | None: ...
    @overload
    @classmethod
    async def one_or_none(cls, scalar: bool) -> Any: ...
    @classmethod
    async def one_or_none(cls, scalar: bool = True) -> Any:
        """See :meth:`AsyncQuery.one_or_none`."""
        return await cls.get_async_query().one_or_none(scalar)

    @overload
    @classmethod
    async def all(cls, scalars: Literal[True] = True) -> list[Self]: ...
    @overload
    @classmethod
    async def all(cls, scalars: bool) -> Sequence[Any]: ...
    @classmethod
    async def all(cls, scalars: bool = True) -> Any:
        """See :meth:`AsyncQuery.all`."""
        return await cls.get_async_query().all(scalars)

    @classmethod
    async def count(cls) -> int:
        """Return how many rows there are."""
        return await cls.get_async_query().count()

    @overload
    @classmethod
    async def unique(
        cls, scalars: Literal[True] = True
    ) -> ScalarResult[Self]: ...
    @overload
    @classmethod
    async def unique(cls, scalars: bool) -> Any: ...
    @classmethod
    async def unique(cls, scalars: bool = True) -> Any:
        """See :meth:`AsyncQuery.unique`."""
        return await cls.get_async_query().unique(scalars)

    @overload
    @classmethod
    async def unique_first(
        cls, scalar: Literal[True] = True
    ) -> Self | None: ...
    @overload
    @classmethod
    async def unique_first(cls, scalar: bool) -> Any: ...
    @classmethod
    async def unique_first(cls, scalar: bool = True) -> Any:
        """See :meth:`AsyncQuery.unique_first`."""
        return await cls.get_async_query().unique_first(scalar)

    @overload
    @classmethod
    async def unique_one(cls, scalar: Literal[True] = True) -> Self: ...
    @overload
    @classmethod
    async def unique_one(cls, scalar: bool) -> Any: ...
    @classmethod
    async def unique_one(cls, scalar: bool = True) -> Any:
        """See :meth:`AsyncQuery.unique_one`."""
        return await cls.get_async_query().unique_one(scalar)

    @overload
    @classmethod
    async def unique_one_or_none(
        cls, scalar: Literal[True] = True
    ) -> Self | None: ...
    @overload
    @classmethod
    async def unique_one_or_none(cls, scalar: bool) -> Any: ...
    @classmethod
    async def unique_one_or_none(cls, scalar: bool = True) -> Any:
        """See :meth:`AsyncQuery.unique_one_or_none`."""
        return await cls.get_async_query().unique_one_or_none(scalar)

    @overload
    @classmethod
    async def unique_all(cls, scalars: Literal[True] = True) -> list[Self]: ...
    @overload
    @classmethod
    async def unique_all(cls, scalars: bool) -> Sequence[Any]: ...
    @classmethod
    async def unique_all(cls, scalars: bool = True) -> Any:
        """See :meth:`AsyncQuery.unique_all`."""
        return await cls.get_async_query().unique_all(scalars)

    @classmethod
    async def unique_count(cls) -> int:
        """See :meth:`AsyncQuery.unique_count`."""
        return await cls.get_async_query().unique_count()

    @classmethod
    async def exists(cls) -> bool:
        """Say whether there is a row."""
        return await cls.get_async_query().exists()

    @classmethod
    async def values(cls, *columns: Any) -> list[dict[str, Any]]:
        """See :meth:`AsyncQuery.values`."""
        return await cls.get_async_query().values(*columns)

    @classmethod
    async def pluck(cls, *columns: Any) -> list[Any]:
        """See :meth:`AsyncQuery.pluck`."""
        return await cls.get_async_query().pluck(*columns)

    @classmethod
    def iterate(cls, size: int = 1000) -> AsyncGenerator[Self, None]:
        """See :meth:`AsyncQuery.iterate`."""
        return cls.get_async_query().iterate(size)

    @classmethod
    def in_batches(cls, size: int = 1000) -> AsyncGenerator[list[Self], None]:
        """See :meth:`AsyncQuery.in_batches`."""
        return cls.get_async_query().in_batches(size)

    @classmethod
    def select(cls, *entities: Any) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.select`."""
        return cls.get_async_query().select(*entities)

    @classmethod
    def distinct(cls) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.distinct`."""
        return cls.get_async_query().distinct()

    @classmethod
    def options(cls, *args: Any) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.options`."""
        return cls.get_async_query().options(*args)

    @classmethod
    def where(cls, *criteria: Any, **filters: Any) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.where`."""
        made: AsyncQuery[Self] = AsyncQuery._filtering(cls, criteria, filters)
        return made

    @classmethod
    def filter(cls, *criteria: Any, **filters: Any) -> AsyncQuery[Self]:
        """The same as :meth:`where`."""
        return cls.where(*criteria, **filters)

    @classmethod
    def find(cls, *criteria: Any, **filters: Any) -> AsyncQuery[Self]:
        """The same as :meth:`where`."""
        return cls.where(*criteria, **filters)

    @classmethod
    def search(
        cls, search_term: str, columns: Sequence[Any] | None = None
    ) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.search`."""
        return cls.get_async_query().search(search_term, columns)

    @classmethod
    def order_by(cls, *columns: Any) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.order_by`."""
        return cls.get_async_query().order_by(*columns)

    @classmethod
    def sort(cls, *columns: Any) -> AsyncQuery[Self]:
        """The same as :meth:`order_by`."""
        return cls.order_by(*columns)

    @classmethod
    def group_by(
        cls, *columns: Any, select_columns: Sequence[Any] | None = None
    ) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.group_by`."""
        return cls.get_async_query().group_by(
            *columns, select_columns=select_columns
        )

    @classmethod
    def offset(cls, offset: int) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.offset`."""
        return cls.get_async_query().offset(offset)

    @classmethod
    def skip(cls, skip: int) -> AsyncQuery[Self]:
        """The same as :meth:`offset`."""
        return cls.offset(skip)

    @classmethod
    def limit(cls, limit: int) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.limit`."""
        return cls.get_async_query().limit(limit)

    @classmethod
    def take(cls, take: int) -> AsyncQuery[Self]:
        """The same as :meth:`limit`."""
        return cls.limit(take)

    @classmethod
    def top(cls, top: int) -> AsyncQuery[Self]:
        """The same as :meth:`limit`."""
        return cls.limit(top)

    @classmethod
    def join(cls, *paths: Any) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.join`; the paths are of this model."""
        return cls.get_async_query().join(*paths, model=cls)

    @classmethod
    def with_subquery(cls, *paths: Any) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.with_subquery`, of this model."""
        return cls.get_async_query().with_subquery(*paths, model=cls)

    @classmethod
    def with_schema(cls, schema: Any) -> AsyncQuery[Self]:
        """See :meth:`AsyncQuery.with_schema`."""
        return cls.get_async_query().with_schema(schema)
