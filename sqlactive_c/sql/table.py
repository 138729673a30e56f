"""Tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from .. import exc
from .base import ColumnCollection, SchemaItem
from .column import Column
from .constraints import (
    Constraint,
    ForeignKey,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
)
from .from_clause import NamedFromClause
from .identifiers import check_identifier, check_length, quote, quoted_name
from .indexes import Index
from .metadata import MetaData, table_key
from .sqltypes import Integer

if TYPE_CHECKING:
    from .reflect import Autoload

__all__ = ["Table"]


class Table(SchemaItem, NamedFromClause):
    """A table of a :class:`MetaData`.

    There is one object per name and metadata: calling ``Table`` with a name
    that is known and nothing else returns the one there is.

    Args:
        name: The name.
        metadata: The metadata it belongs to.
        *args: Columns, constraints and indexes.
        schema: Name of an attached database, or ``temp``.
        quote: True to quote the name always, False never.
        quote_schema: The same for the schema.
        extend_existing: Add to the table of that name, if there is one.
        keep_existing: Leave the table of that name as it is, if there is one.
        must_exist: Raise if there is no table of that name.
        autoload_with: Load the columns, keys and indexes that the table has
            in the database: the connection that ``AsyncConnection.run_sync``
            gives, or an ``Inspector``. Columns among ``args`` come on top.
        autoload_replace: False to keep the columns of a table that is known.
        include_columns: Names of the columns to load; None for all.
        resolve_fks: Also load the tables that foreign keys point to.
        prefixes: Words between CREATE and TABLE, as in ``TEMPORARY``.
        info: Dict for the user's own purposes.
        comment: Kept; SQLite stores no comments.
        **kwargs: ``sqlite_autoincrement``, ``sqlite_with_rowid``,
            ``sqlite_strict``.

    Raises:
        InvalidRequestError: There is a table of that name already, or none
            with ``must_exist``.
        ArgumentError: An argument makes no sense.
        DuplicateColumnError: Two columns have the same name.
        NoSuchTableError: The table to load is not there.
    """

    _sqlite_defaults: ClassVar[Mapping[str, Any]] = {
        "autoincrement": False,
        "with_rowid": True,
        "strict": False,
    }

    __visit_name__ = "table"
    _fields = ()
    _identity = True
    implicit_returning = True

    name: str
    key: str
    schema: str | None
    metadata: MetaData
    primary_key: PrimaryKeyConstraint

    def __new__(
        cls,
        name: str,
        metadata: MetaData,
        *args: Any,
        schema: str | None = None,
        quote: bool | None = None,
        quote_schema: bool | None = None,
        extend_existing: bool = False,
        keep_existing: bool = False,
        must_exist: bool = False,
        autoload_with: Any = None,
        autoload_replace: bool = True,
        include_columns: Collection[str] | None = None,
        resolve_fks: bool = True,
        **kwargs: Any,
    ) -> Table:
        """Make the table, or return the one there is."""
        if keep_existing and extend_existing:
            raise exc.ArgumentError(
                "keep_existing and extend_existing exclude each other"
            )
        check_identifier(name, "a table")
        if not isinstance(metadata, MetaData):
            raise exc.ArgumentError(
                f"table {name!r} needs a MetaData, not {metadata!r}"
            )
        if schema is None:
            schema = metadata.schema
        else:
            check_identifier(schema, "a schema")
        if quote_schema is not None and schema is not None:
            schema = quoted_name(schema, quote_schema)
        autoload = None
        if autoload_with is not None:
            from .reflect import Autoload

            autoload = Autoload(
                autoload_with, include_columns, resolve_fks, autoload_replace
            )
        key = table_key(name, schema)
        old: Table | None = metadata.tables.get(key)
        if old is not None:
            old._define_again(
                args, kwargs, extend_existing, keep_existing, autoload
            )
            return old
        if must_exist:
            raise exc.InvalidRequestError(f"there is no table {key!r}")
        self = super().__new__(cls)
        self.name = quoted_name(name, quote) if quote is not None else name
        self.schema = schema
        self.metadata = metadata
        metadata._add_table(key, self)
        try:
            self._define(args, kwargs, autoload)
        except BaseException:
            metadata._remove_table(key)
            raise
        return self

    def _define(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        autoload: Autoload | None,
    ) -> None:
        self._init_item(None)
        self.key = table_key(self.name, self.schema)
        self.columns = self.c = ColumnCollection()
        self.constraints: set[Constraint] = set()
        self.indexes: set[Index] = set()
        self.foreign_keys: set[ForeignKey] = set()
        self._dependencies: set[Table] = set()
        self._prefixes: list[str] = []
        self.comment: str | None = None
        self.sqlite_options = dict(self._sqlite_defaults)
        primary_key = PrimaryKeyConstraint()
        primary_key._implicit = True
        self.primary_key = primary_key
        primary_key._set_parent(self)
        self._take_keywords(kwargs)
        if autoload is not None:
            autoload.load(self)
        self._take(args, replace=autoload is not None)

    def _define_again(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        extend: bool,
        keep: bool,
        autoload: Autoload | None,
    ) -> None:
        if keep or not (args or kwargs or extend):
            return
        if not extend:
            raise exc.InvalidRequestError(
                f"table {self.key!r} is defined already in this MetaData; use"
                " extend_existing=True to add to it"
            )
        if autoload is not None:
            autoload.load(self)
        self._take_keywords(kwargs)
        self._take(args, replace=True)

    def _take_keywords(self, kwargs: dict[str, Any]) -> None:
        kwargs = dict(kwargs)
        if "info" in kwargs:
            self._info = dict(kwargs.pop("info") or {})
        if "comment" in kwargs:
            self.comment = kwargs.pop("comment")
        if "prefixes" in kwargs:
            self._prefixes = list(kwargs.pop("prefixes"))
        self._update_options(kwargs)

    def _take(self, args: Sequence[Any], replace: bool) -> None:
        for item in args:
            if isinstance(item, Column):
                self.append_column(item, replace_existing=replace)
            elif isinstance(item, (Constraint, Index)):
                item._set_parent(self)
            else:
                raise exc.ArgumentError(
                    "a table takes columns, constraints and indexes, not"
                    f" {item!r}"
                )

    def append_column(
        self, column: Column, replace_existing: bool = False
    ) -> None:
        """Add a column.

        Args:
            column: The column.
            replace_existing: It may replace one of the same name or key.

        Raises:
            DuplicateColumnError: There is one already.
        """
        if not isinstance(column, Column):
            raise exc.ArgumentError(f"{column!r} is not a column")
        clash = [
            each
            for each in self.columns
            if each.name == column.name or each.key == (
                column.key or column.name
            )
        ]  # fmt: skip
        if clash and not replace_existing:
            raise exc.DuplicateColumnError(
                f"table {self.description!r} has a column"
                f" {clash[0].name!r} already"
            )
        for old in clash:
            self._drop_column(old, keep_place=old.key == column.key)
        column._set_parent(self)

    def _drop_column(self, old: Column, keep_place: bool) -> None:
        for key in old.foreign_keys:
            self.foreign_keys.discard(key)
            if key.constraint is not None and key.constraint._is_single:
                self.constraints.discard(key.constraint)
        self.primary_key._discard_column(old)
        if not keep_place:
            self.columns._discard(old.key)

    def _put_column(self, column: Column) -> None:
        self.columns._put(column)
        if column.primary_key:
            self.primary_key._add_column(column)

    def append_constraint(self, constraint: Constraint) -> None:
        """Add a constraint."""
        constraint._set_parent(self)

    def add_is_dependent_on(self, table: Table) -> None:
        """Say that another table has to be created first."""
        self._dependencies.add(table)

    @property
    def description(self) -> str:
        """The name without the schema."""
        return self.name

    @property
    def fullname(self) -> str:
        """The name with the schema in front, if there is one."""
        return table_key(self.name, self.schema)

    @property
    def foreign_key_constraints(self) -> set[ForeignKeyConstraint]:
        """The constraints behind the foreign keys."""
        return {
            each
            for each in self.constraints
            if isinstance(each, ForeignKeyConstraint)
        }

    @property
    def autoincrement_column(self) -> Column | None:
        """The column that the database numbers the rows by, if any."""
        columns: list[Column] = list(self.primary_key.columns)
        for column in columns:
            if column.autoincrement is True:
                return column if _is_numbered(column, True) else None
        if len(columns) == 1 and _is_numbered(columns[0], False):
            return columns[0]
        return None

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

    def sorted_constraints(self) -> list[Constraint]:
        """Return the constraints in the order of their making."""
        return sorted(self.constraints, key=lambda c: c._creation_order)

    def sorted_indexes(self) -> list[Index]:
        """Return the indexes in the order of their making."""
        return sorted(self.indexes, key=lambda i: i._creation_order)

    def ddl_name(self) -> str:
        """Return the name as SQL, with the schema if there is one."""
        check_length(self.name)
        if self.schema is None:
            return quote(self.name)
        check_length(self.schema)
        return f"{quote(self.schema)}.{quote(self.name)}"

    def create(self, bind: Any, checkfirst: bool = False) -> None:
        """Create the table and its indexes.

        Args:
            bind: The connection that ``AsyncConnection.run_sync`` gives.
            checkfirst: Do nothing if the table is there.
        """
        from .ddl import create_tables

        create_tables(bind, [self], checkfirst)

    def drop(self, bind: Any, checkfirst: bool = False) -> None:
        """Drop the table.

        Args:
            bind: The connection that ``AsyncConnection.run_sync`` gives.
            checkfirst: Do nothing if the table is not there.
        """
        from .ddl import drop_tables

        drop_tables(bind, [self], checkfirst)

    def __reduce__(self) -> Any:
        return _blank, (), self.__dict__

    def __str__(self) -> str:
        return self.fullname

    def __repr__(self) -> str:
        shown = [repr(self.name), repr(self.metadata)]
        shown += [repr(column) for column in self.columns]
        shown.append(f"schema={self.schema!r}")
        return f"Table({', '.join(shown)})"


def _blank() -> Table:
    """Return a table for unpickling, which must not look one up."""
    blank: Table = NamedFromClause.__new__(Table)
    return blank


def _is_numbered(column: Column, asked: bool) -> bool:
    """Say whether a primary key column is numbered by the database."""
    if not isinstance(column.type.sqlite_type(), Integer):
        if asked:
            raise exc.ArgumentError(
                f"column {column} has autoincrement=True and its type"
                f" {column.type!r} is no integer"
            )
        return False
    if asked:
        return True
    if column.autoincrement not in ("auto", "ignore_fk"):
        return False
    if column.foreign_keys and column.autoincrement != "ignore_fk":
        return False
    return column.server_default is None or column.identity is not None
