"""FromClause, what can stand in FROM, its columns, and light tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from .. import exc
from .base import ColumnCollection
from .elements import ClauseElement, ColumnClause, ColumnElement
from .froms import corresponding, lineage
from .identifiers import quoted_name

__all__ = [
    "ColumnProxy",
    "FromClause",
    "NamedFromClause",
    "TableClause",
    "table",
]


class computed:
    """An attribute of a node, computed once; instances may set their own."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        self._name = function.__name__
        self.__doc__ = function.__doc__

    def __get__(self, node: Any, owner: Any = None) -> Any:
        if node is None:
            return self
        memo = node._memo
        if self._name not in memo:
            memo[self._name] = self._function(node)
        return memo[self._name]


class FromClause(ClauseElement):
    """Base of what can stand in FROM."""

    __slots__ = ()
    __visit_name__ = "fromclause"

    named_with_column: ClassVar[bool] = False
    schema: Any = None
    _is_from: ClassVar[bool] = True

    @computed
    def columns(self) -> ColumnCollection:
        """The columns, by key."""
        return ColumnCollection.from_items(self._make_columns())

    @property
    def exported_columns(self) -> ColumnCollection:
        """The columns, by key."""
        columns: ColumnCollection = self.c
        return columns

    @computed
    def c(self) -> ColumnCollection:
        """The columns, by key; the same as ``columns``."""
        columns: ColumnCollection = self.columns
        return columns

    def _make_columns(self) -> Iterator[tuple[str, Any]]:
        return iter(())

    @computed
    def primary_key(self) -> ColumnCollection:
        """The columns that stand for the primary key."""
        return ColumnCollection(
            each for each in self.c if getattr(each, "primary_key", False)
        )

    @computed
    def foreign_keys(self) -> set[Any]:
        """The foreign keys of the columns."""
        return {
            key
            for each in self.c
            for key in getattr(each, "foreign_keys", ())
        }  # fmt: skip

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.c

    @property
    def description(self) -> str:
        """A name for messages."""
        return str(getattr(self, "name", type(self).__name__))

    def _own_froms(self) -> tuple[Any, ...]:
        return (self,)

    def _hidden_froms(self) -> tuple[Any, ...]:
        """Return what is not to be listed in FROM beside this."""
        return ()

    def _criteria(self) -> tuple[Any, ...]:
        """Return conditions that every SELECT from it has to have."""
        return ()

    def corresponding_column(self, column: Any) -> Any:
        """Return the column here that stands for another one, or None."""
        return corresponding(self.c, column)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether this is made from another FROM element."""
        return fromclause is self

    def select(self) -> Any:
        """Return a SELECT of all columns."""
        from .select_statement import select

        return select(self)

    def join(
        self,
        right: Any,
        onclause: Any = None,
        isouter: bool = False,
        full: bool = False,
    ) -> Any:
        """Return a join with another FROM element.

        Args:
            right: The right side.
            onclause: The condition; by the foreign key if None.
            isouter: Make it a LEFT OUTER JOIN.
            full: Make it a FULL OUTER JOIN.
        """
        from .joins import join

        return join(self, right, onclause, isouter, full)

    def outerjoin(
        self, right: Any, onclause: Any = None, full: bool = False
    ) -> Any:
        """Return a LEFT OUTER JOIN with another FROM element."""
        from .joins import join

        return join(self, right, onclause, True, full)

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """Return an alias.

        Args:
            name: The name; None to have one made.
            flat: Of a join: make an alias of each of its sides.
        """
        from .aliases import Alias

        return Alias._new(self, _name(name))

    def lateral(self, name: str | None = None) -> Any:
        """Return it as LATERAL, which SQLite does not have."""
        from .aliases import Lateral

        return Lateral._new(self, _name(name))

    def tablesample(
        self, sampling: Any, name: str | None = None, seed: Any = None
    ) -> Any:
        """Return a sample, which SQLite does not have."""
        from .aliases import tablesample

        return tablesample(self, sampling, name, seed)

    def _anonymous(self) -> str:
        """Return what an alias without a name is numbered by."""
        return "anon"


def _name(name: Any) -> Any:
    if name is None or isinstance(name, quoted_name):
        return name
    return str(name)


class NamedFromClause(FromClause):
    """Base of what has a name in FROM."""

    __slots__ = ()
    named_with_column = True

    def table_valued(self) -> Any:
        """Return the whole as a column, which some databases allow."""
        return ColumnClause.of(str(self.name), None, False)


# ---- columns of what is derived --------------------------------------------


class ColumnProxy(ColumnElement):
    """A column of a subquery or an alias.

    Attributes:
        table: What it is a column of.
        position: Where it stands there.
        name: Its name; an :class:`AnonymousName` for an expression without.
        key: Its key in the collection of columns.
    """

    __slots__ = ()
    __visit_name__ = "proxy"
    _fields = ("table", "position", "-name", "-key", "-_sources", "-_type")

    is_literal = False

    @property
    def type(self) -> Any:
        """The type of what it stands for."""
        return self._sources[0].type if self._type is None else self._type

    @property
    def element(self) -> Any:
        """What it stands for."""
        return self._sources[0]

    @property
    def primary_key(self) -> bool:
        """Whether it stands for a column of a primary key."""
        return any(_bare(each).primary_key for each in self._sources[:1])

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of what it stands for."""
        if not self._sources:
            return ()
        return getattr(_bare(self._sources[0]), "foreign_keys", ())

    @property
    def nullable(self) -> bool:
        """Whether it can be NULL."""
        if not self._sources:
            return True
        return bool(getattr(_bare(self._sources[0]), "nullable", True))

    @property
    def _bind_name(self) -> Any:
        return None if self.key is None else str(self.key)

    @property
    def base_columns(self) -> Any:
        """The columns of tables that it goes back to."""
        return frozenset(
            each for each in lineage(self) if not hasattr(each, "_sources")
        )

    @property
    def proxy_set(self) -> Any:
        """The columns it stands for."""
        return frozenset(lineage(self))

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.table.entity_namespace

    def _own_froms(self) -> tuple[Any, ...]:
        return (self.table,)


def _bare(element: Any) -> Any:
    """Return what a label or an attribute of a class stands for."""
    while True:
        if hasattr(element, "_resolve"):
            element = element._resolve()
        elif getattr(element, "__visit_name__", None) == "label":
            element = element.element
        else:
            return element


def make_proxies(
    table: Any, items: Iterable[tuple[str, Any, tuple[Any, ...]]]
) -> Iterator[tuple[str, ColumnProxy]]:
    """Yield key and column for triples of key, name and sources."""
    for position, (key, name, sources) in enumerate(items):
        proxy = ColumnProxy._new(table, position, name, key, sources, None)
        if getattr(_bare(sources[0]), "_plain", False):
            proxy._plain = True
        yield key, proxy


# ---- tables without a schema -----------------------------------------------


class TableClause(NamedFromClause):
    """A table of which only names are known; made by :func:`table`.

    Attributes:
        name: The name.
        schema: The schema, or None.
    """

    __visit_name__ = "table"
    _identity = True
    _fields = ()

    name: str
    implicit_returning = False

    def __init__(
        self, name: str, *columns: Any, schema: str | None = None
    ) -> None:
        self.name = name
        self.schema = schema
        self.fullname = name if schema is None else f"{schema}.{name}"
        self.columns = self.c = ColumnCollection()
        self.primary_key = ColumnCollection()
        self.foreign_keys = set()
        for each in columns:
            self.append_column(each)

    def append_column(self, column: Any) -> None:
        """Add a column, which becomes one of this table."""
        if column.table is not None:
            raise exc.ArgumentError(
                f"column {column.name!r} belongs to a table already"
            )
        self.columns._put(column._replace(table=self))

    @property
    def description(self) -> str:
        """The name."""
        return str(self.name)

    def insert(self) -> Any:
        """Return an INSERT into the table."""
        from .dml import insert

        return insert(self)

    def update(self) -> Any:
        """Return an UPDATE of the table."""
        from .dml import update

        return update(self)

    def delete(self) -> Any:
        """Return a DELETE from the table."""
        from .dml import delete

        return delete(self)

    def _anonymous(self) -> str:
        return str(self.name)

    def __reduce__(self) -> Any:
        return _blank_table, (type(self),), self.__dict__


def _blank_table(cls: Any) -> Any:
    return cls.__new__(cls)


def table(name: str, *columns: Any, schema: str | None = None) -> TableClause:
    """Return a table of which only names are known.

    Args:
        name: The name.
        *columns: Its columns, made by ``column()``.
        schema: The schema.
    """
    return TableClause(name, *columns, schema=schema)
