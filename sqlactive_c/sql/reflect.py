"""From what an Inspector tells to tables of a metadata."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from .. import exc
from .._core import text
from .base import ColumnCollection
from .column import Column
from .constraints import (
    CheckConstraint,
    Constraint,
    ForeignKeyConstraint,
    UniqueConstraint,
)
from .ddl_reader import as_text, fold
from .defaults import Computed, DefaultClause
from .indexes import Index
from .inspect import inspect
from .metadata import table_key

__all__ = ["Autoload", "load_metadata", "load_table", "sort_reflected"]


class Autoload(NamedTuple):
    """What ``Table`` is told about its loading.

    Attributes:
        bind: A connection of ``AsyncConnection.run_sync``, or an Inspector.
        include_columns: Names of the columns to take; None for all.
        resolve_fks: Also load the tables that foreign keys point to.
        replace: Columns of the database replace those the table has.
    """

    bind: Any
    include_columns: Collection[str] | None
    resolve_fks: bool
    replace: bool

    def load(self, table: Any) -> None:
        """Load a table."""
        include = self.include_columns
        if include is not None:
            for column in table.columns:
                if column.name not in include:
                    table._drop_column(column, keep_place=False)
        exclude = () if self.replace else [c.name for c in table.columns]
        load_table(
            inspect(self.bind), table, include, exclude, self.resolve_fks
        )


def load_table(
    inspector: Any,
    table: Any,
    include: Collection[str] | None = None,
    exclude: Collection[str] = (),
    resolve_fks: bool = True,
) -> None:
    """Load a table, and those that its foreign keys lead to.

    When it fails, no other table has been added to the metadata.
    """
    from .table import Table

    metadata = table.metadata
    loaders = [_Loader(inspector, table, include, exclude)]
    added = []
    try:
        loaders[0].load_columns()
        todo = loaders[0].targets()[::-1] if resolve_fks else []
        # A list of what is to do, as a chain of tables may be long.
        while todo:
            name, schema = todo.pop()
            if table_key(name, schema or metadata.schema) in metadata.tables:
                continue
            target = Table(name, metadata, schema=schema)
            added.append(target)
            loader = _Loader(inspector, target, None, ())
            loader.load_columns()
            loaders.append(loader)
            todo += loader.targets()[::-1]
        for loader in loaders:
            loader.load_constraints()
    except BaseException:
        for target in added:
            metadata.remove(target)
        raise


class _Loader:
    """Loads one table."""

    def __init__(
        self,
        inspector: Any,
        table: Any,
        include: Collection[str] | None,
        exclude: Collection[str],
    ) -> None:
        self.inspector = inspector
        self.table = table
        self.include = include
        self.exclude = exclude
        self.where = (table.name, table.schema)
        self.columns: dict[str, Any] = {}

    def forget(self) -> None:
        """Remove the constraints that were loaded before, to load them anew.

        Foreign keys of columns that stay as they are stay too.
        """
        table = self.table
        for item in [*table.indexes, *table.constraints]:
            if not getattr(item, "_reflected", False):
                continue
            if isinstance(item, ForeignKeyConstraint):
                if {each.name for each in item.columns} & set(self.exclude):
                    continue
                for key in item.elements:
                    key.parent.foreign_keys.discard(key)
                    table.foreign_keys.discard(key)
            table.indexes.discard(item)
            table.constraints.discard(item)

    def load_columns(self) -> None:
        self.forget()
        for found in self.inspector.get_columns(*self.where):
            if self.takes([found["name"]]) and (
                found["name"] not in self.exclude
            ):
                self.load_column(found)
        self.table._update_options(
            self.inspector.get_table_options(*self.where)
        )
        self.load_primary_key()

    def takes(self, names: Iterable[str]) -> bool:
        return not self.include or set(names) <= set(self.include)

    def load_column(self, found: Mapping[str, Any]) -> None:
        name = found["name"]
        items: list[Any] = []
        if found["default"] is not None:
            items.append(DefaultClause(text(as_text(found["default"]))))
        if "computed" in found:
            computed = found["computed"]
            sql = as_text(computed["sqltext"])
            items.append(Computed(sql, computed["persisted"]))
        column = Column(
            name, found["type"], *items, nullable=found["nullable"]
        )
        self.columns[name] = column
        self.table.append_column(column, replace_existing=True)

    def load_primary_key(self) -> None:
        found = self.inspector.get_pk_constraint(*self.where)
        key = self.table.primary_key
        columns = [
            self.columns[name]
            for name in found["constrained_columns"]
            if name in self.columns
        ]
        if self.exclude and not columns:
            return
        for column in columns:
            column.primary_key = True
        key.columns = ColumnCollection(columns)
        key.name = found["name"]
        if key.name is None:
            key._name_by_convention()
        else:
            key._implicit = False

    def targets(self) -> list[tuple[str, str | None]]:
        """Return name and schema of the tables that this one refers to."""
        return [
            (
                self.inspector._catalog.real_name(
                    key["referred_table"], key["referred_schema"]
                ),
                key["referred_schema"],
            )
            for key in self.inspector.get_foreign_keys(*self.where)
            if self.takes_key(key)
        ]

    def takes_key(self, key: Mapping[str, Any]) -> bool:
        names = key["constrained_columns"]
        return self.takes(names) and not set(names) & set(self.exclude)

    def load_constraints(self) -> None:
        for key in self.inspector.get_foreign_keys(*self.where):
            if self.takes_key(key):
                self.load_foreign_key(key)
        for index in self.inspector.get_indexes(*self.where):
            columns = self.find(index["column_names"])
            if columns is not None:
                made = Index(
                    index["name"],
                    *columns,
                    unique=bool(index["unique"]),
                    **index["dialect_options"],
                )
                made._reflected = True
        for unique in self.inspector.get_unique_constraints(*self.where):
            columns = self.find(unique["column_names"])
            if columns is not None:
                self.add(UniqueConstraint(*columns, name=unique["name"]))
        for check in self.inspector.get_check_constraints(*self.where):
            sql = as_text(check["sqltext"])
            self.add(CheckConstraint(sql, check["name"]))

    def add(self, constraint: Constraint) -> None:
        constraint._reflected = True
        if constraint.parent is None:  # not attached through its columns
            self.table.append_constraint(constraint)

    def find(self, names: Collection[str]) -> list[Any] | None:
        """Return columns by name, None if some have been left out."""
        by_name = {column.name: column for column in self.table.columns}
        if self.takes(names) and by_name.keys() >= set(names):
            return [by_name[name] for name in names]
        return None

    def load_foreign_key(self, key: Mapping[str, Any]) -> None:
        names = key["constrained_columns"]
        columns = self.find(names)
        referred = self.referred(key)
        if columns is None:
            return
        if len(set(names)) < len(names) or len(referred) != len(names):
            warnings.warn(
                f"a foreign key of table {self.table.fullname!r} to"
                f" {key['referred_table']!r} is left out: its columns"
                f" {', '.join(names)} do not match those of the other table",
                exc.SAWarning,
                stacklevel=2,
            )
            return
        self.add(
            ForeignKeyConstraint(
                columns,
                referred,
                key["name"],
                link_to_name=True,
                **key["options"],
            )
        )

    def referred(self, key: Mapping[str, Any]) -> list[Any]:
        """Return the referred columns, by name if names can say it."""
        table, schema = key["referred_table"], key["referred_schema"]
        names = key["referred_columns"]
        if self.inspector.has_table(table, schema):
            # SQLite does not mind the case of a name; a metadata does.
            table = self.inspector._catalog.real_name(table, schema)
            columns = self.inspector._catalog.column_names(table, schema)
            real = {fold(name): name for name in columns}
            names = [real.get(fold(name), name) for name in names]
        path = table_key(table, schema)
        target = self.table.metadata.tables.get(path)
        if target is not None and any("." in name for name in names):
            by_name = {column.name: column for column in target.columns}
            return [by_name[name] for name in names]
        return [f"{path}.{name}" for name in names]


def load_metadata(
    metadata: Any,
    bind: Any,
    schema: str | None,
    views: bool,
    only: Collection[str] | Callable[[str, Any], bool] | None,
    options: Mapping[str, Any],
) -> None:
    """Load the tables of a schema; see ``MetaData.reflect``."""
    from .table import Table

    inspector = inspect(bind)
    if schema is None:
        schema = metadata.schema
    available = inspector.get_table_names(schema)
    if views:
        available += inspector.get_view_names(schema)
    if only is None:
        wanted = available
    elif callable(only):
        wanted = [name for name in available if only(name, metadata)]
    else:
        wanted = list(only)
        missing = [name for name in wanted if name not in available]
        if missing:
            where = "" if schema is None else f" in schema {schema!r}"
            raise exc.InvalidRequestError(
                f"there is no table{where} to reflect for these names:"
                f" {', '.join(missing)}"
            )
    known = set(metadata.tables)
    for name in wanted:
        if options["extend_existing"] or table_key(name, schema) not in known:
            Table(
                name, metadata, schema=schema, autoload_with=inspector,
                **options,
            )  # fmt: skip


def sort_reflected(foreign_keys: Mapping[Any, list[Any]]) -> list[Any]:
    """Sort tables so that each comes after those it refers to.

    Args:
        foreign_keys: By schema and name of the table, what
            ``Inspector.get_foreign_keys`` gives.

    Returns:
        What ``Inspector.sort_tables_on_foreign_key_dependency`` returns.
    """
    edges = {
        key: {
            (each["referred_schema"], each["referred_table"]) for each in keys
        }
        - {key}
        for key, keys in foreign_keys.items()
    }
    names = {
        key: list(dict.fromkeys(each["name"] for each in keys))
        for key, keys in foreign_keys.items()
    }
    ordered: list[Any] = []
    later: dict[Any, None] = {}
    todo = list(foreign_keys)
    while todo:
        waiting = set(todo)
        ready = [key for key in todo if waiting.isdisjoint(edges[key])]
        if not ready:
            # A circle: no order helps, so no foreign key has to wait for it.
            ordered = list(foreign_keys)
            later = {key: None for key in ordered if edges[key]}
            break
        ordered += ready
        waiting.difference_update(ready)
        todo = [key for key in todo if key in waiting]
    pairs: list[Any] = [
        (key, [(key, name) for name in names[key] if key not in later])
        for key in ordered
    ]
    return [*pairs, (None, [(key, n) for key in later for n in names[key]])]
