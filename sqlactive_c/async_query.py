"""A query that runs itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self, TypeVar

from .exceptions import (
    EagerLoadPathTupleError,
    NegativeIntegerError,
    RelationError,
)
from .inspection import facts_of
from .records.batches import BatchesMixin
from .records.filters import shape_of
from .records.projecting import ProjectingMixin
from .records.running import RunningMixin
from .session import SessionMixin
from .smart_query import SmartQueryMixin
from .sql.selectable import select
from .types import EagerLoadPath as EagerLoadPath
from .utils import get_query_root_cls

__all__ = ["AsyncQuery", "EagerLoadPath"]

T = TypeVar("T")


class AsyncQuery(
    RunningMixin[T],
    BatchesMixin[T],
    ProjectingMixin,
    SessionMixin,
    SmartQueryMixin,
    Generic[T],
):
    """A SELECT with methods that change it, and methods that run it.

    The first kind changes this object and returns it. The session is that of
    the model which the query selects, else the one set on this class.

    Args:
        query: The SELECT.
    """

    __abstract__ = True

    # It is mapped to nothing, and need not be asked for each query.
    __mapping__ = None

    # The model, where it is known without looking at the query.
    _root: Any = None

    # Where filters only give values to the parameters of a statement, that
    # one is run with these: it is the same for all who use the filters.
    _values: dict[str, Any] | None = None

    def __init__(self, query: Any) -> None:
        self._statement = query

    @classmethod
    def _of(cls, model: Any, query: Any) -> Any:
        """Return one whose model is known."""
        made = cls.__new__(cls)
        made._statement = query
        made._root = model
        return made

    @classmethod
    def _filtering(
        cls, model: Any, criteria: tuple[Any, ...], filters: dict[str, Any]
    ) -> Any:
        """Return one of the rows of a model that meet conditions."""
        facts = facts_of(model)
        shape = facts.shapes.get(tuple(filters))
        if (
            shape is None
            or criteria
            or facts.cls is not model
            or shape.types != tuple(map(type, filters.values()))
        ):
            return cls._of(model, select(model))._filtered(criteria, filters)
        made = cls.__new__(cls)
        made._statement = shape.statement
        made._values = filters
        made._root = model
        return made

    @property
    def _query(self) -> Any:
        """The SELECT, with the values in it."""
        if self._values is not None:
            values, self._values = self._values, None
            self._statement = select(self._root)
            self._filtered((), values)
        return self._statement

    @_query.setter
    def _query(self, query: Any) -> None:
        self._statement = query
        self._values = None

    @property
    def query(self) -> Any:
        """The SELECT; may be set."""
        return self._query

    @query.setter
    def query(self, query: Any) -> None:
        self._query = query
        self._root = None

    def __repr__(self) -> str:
        return str(self._query)

    __str__ = __repr__

    def _registry(self) -> Any:
        """Return the scoped session to work with."""
        root = self._root
        if root is None:
            root = get_query_root_cls(self._query)
            if root is None:
                return self.AsyncSession
            root = root.__mapper__.class_
        found = getattr(root, "_session", None)
        return self.AsyncSession if found is None else found

    def _become(self, query: Any) -> None:
        self.query = query

    # -- what it selects -----------------------------------------------------

    def select(self, *entities: Any) -> Self:
        """Select something else from the same tables.

        Args:
            entities: Columns and classes; none: nothing changes.
        """
        if entities:
            self.query = self._query.with_only_columns(
                *entities, maintain_column_froms=True
            )
        return self

    def distinct(self) -> Self:
        """Leave out duplicate rows."""
        self._query = self._query.distinct()
        return self

    def options(self, *args: Any) -> Self:
        """Add loader options.

        Args:
            args: The options.
        """
        self._query = self._query.options(*args)
        return self

    def where(self, *criteria: Any, **filters: Any) -> Self:
        """Add conditions, all of which are to hold.

        Args:
            criteria: Expressions.
            filters: As :meth:`smart_query` takes them.

        Raises:
            NoFilterableError: There is no such attribute.
            OperatorError: There is no such operator.
            RelationError: A path leads through no relation.
            RootClassNotFoundError: The query selects no model.
        """
        return self._filtered(criteria, filters)

    filter = where
    find = where

    def _filtered(
        self, criteria: tuple[Any, ...], filters: dict[str, Any]
    ) -> Self:
        root = self._root
        shape = None
        if root is not None:
            shape = shape_of(facts_of(root), tuple(filters))
        if shape is None:
            self._query = self.smart_query(self._query, criteria, filters)
            return self
        conditions = [*criteria]
        pairs = zip(shape.parts, filters.values(), strict=True)
        try:
            for (name, operator), value in pairs:
                conditions.append(operator(getattr(root, name), value))
        except Exception as error:
            key = list(filters)[len(conditions) - len(criteria)]
            error.add_note(f"incorrect filter path: {key!r}")
            raise
        if conditions:
            self._query = self._query.where(*conditions)
        return self

    def search(
        self, search_term: str, columns: Sequence[Any] | None = None
    ) -> Self:
        """Add that one of some columns has a text in it.

        Args:
            search_term: The text; case does not matter.
            columns: Names or attributes; None: all columns of text.

        Raises:
            NoSearchableColumnsError: The model has no columns of text.
            NoSearchableError: One of ``columns`` is not searchable.
        """
        self._query = self.apply_search_filter(
            self._query, search_term, columns
        )
        return self

    def order_by(self, *columns: Any) -> Self:
        """Sort: by the expressions first, by the names then.

        Args:
            columns: Expressions; names of attributes, with ``-`` in front
                for descending order, and with a path of relations.

        Raises:
            NoSortableError: There is no such attribute.
        """
        names, expressions = _sorted_out(columns)
        self._query = self.smart_query(
            self._query, sort_columns=expressions, sort_attrs=names
        )
        return self

    sort = order_by

    def group_by(
        self, *columns: Any, select_columns: Sequence[Any] | None = None
    ) -> Self:
        """Group: by the expressions first, by the names then.

        Args:
            columns: Expressions, and names of attributes, with a path of
                relations.
            select_columns: What to select instead.

        Raises:
            NoColumnOrHybridPropertyError: There is no such attribute.
        """
        if select_columns:
            self.select(*select_columns)
        names, expressions = _sorted_out(columns)
        self._query = self.smart_query(
            self._query, group_columns=expressions, group_attrs=names
        )
        return self

    def offset(self, offset: int) -> Self:
        """Leave out the first rows.

        Args:
            offset: How many.

        Raises:
            NegativeIntegerError: It is negative.
        """
        if offset < 0:
            raise NegativeIntegerError("offset", offset)
        self._query = self._query.offset(offset)
        return self

    skip = offset

    def limit(self, limit: int) -> Self:
        """Take no more rows than that.

        Args:
            limit: How many.

        Raises:
            NegativeIntegerError: It is negative.
        """
        if limit < 0:
            raise NegativeIntegerError("limit", limit)
        self._query = self._query.limit(limit)
        return self

    take = limit
    top = limit

    # -- what it loads along -------------------------------------------------

    def join(self, *paths: Any, model: Any = None) -> Self:
        """Load relations by a join.

        Args:
            paths: Relationships; ``(relationship, True)`` for an inner join.
            model: The class which the relationships are to belong to.

        Raises:
            EagerLoadPathTupleError: The second item is no bool.
            RelationError: A relationship is another model's.
        """
        from .orm.strategy_options import joinedload

        return self._load(
            [
                joinedload(attribute, innerjoin=flag)
                for attribute, flag in _paths(paths, model)
            ]
        )

    def with_subquery(self, *paths: Any, model: Any = None) -> Self:
        """Load relations by further queries.

        Args:
            paths: Relationships; ``(relationship, True)`` to ask for the
                rows by the keys that were found, in place of the query as a
                subquery.
            model: The class which the relationships are to belong to.

        Raises:
            EagerLoadPathTupleError: The second item is no bool.
            RelationError: A relationship is another model's.
        """
        from .orm.strategy_options import selectinload, subqueryload

        return self._load(
            [
                (selectinload if flag else subqueryload)(attribute)
                for attribute, flag in _paths(paths, model)
            ]
        )

    def with_schema(self, schema: Any) -> Self:
        """Load what a schema says.

        Args:
            schema: As :func:`~sqlactive_c.utils.eager_expr_from_schema`
                takes it; None: nothing.
        """
        return self._load(self.eager_expr(schema)) if schema else self

    def _load(self, options: list[Any]) -> Self:
        if options:
            self._query = self._query.options(*options)
        return self


def _sorted_out(columns: Sequence[Any]) -> tuple[list[str], list[Any]]:
    names = [each for each in columns if isinstance(each, str)]
    return names, [each for each in columns if not isinstance(each, str)]


def _paths(paths: Sequence[Any], model: Any) -> list[tuple[Any, bool]]:
    found = []
    for path in paths:
        attribute, flag = path if isinstance(path, tuple) else (path, False)
        if not isinstance(flag, bool):
            raise EagerLoadPathTupleError(path)
        if model is not None and attribute.class_ is not model:
            raise RelationError(attribute.key, model.__name__)
        found.append((attribute, flag))
    return found
