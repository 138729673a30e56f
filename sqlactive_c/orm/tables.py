"""The table of a mapped class: new, given, or that of its parent."""

from __future__ import annotations

from typing import Any

from .. import exc
from ..sql.metadata import MetaData
from ..sql.table import Table
from .declarations import Declarations, declared_attr
from .mapper import Mapper
from .properties import ColumnProperty

__all__ = ["table_for"]


def table_for(
    cls: Any,
    declared: Declarations,
    inherits: Mapper | None,
    arguments: dict[str, Any],
) -> tuple[Any, dict[str, ColumnProperty], bool]:
    """Return the table of a class, its columns, and whether it is new."""
    columns = dict(sorted(declared.columns.items(), key=_sort_order))
    given = cls.__dict__.get("__table__")
    if isinstance(given, declared_attr):
        given = given.fget(cls)
    if given is not None:
        named = _columns_of_table(cls, given, columns, declared)
        return given, _properties_of(_mapped(named, arguments)), False
    name = _table_name(cls, declared, inherits)
    if name is not None:
        table = _make_table(cls, name, columns, declared)
        return table, _properties_of(_mapped(columns, arguments)), True
    if inherits is None:
        raise exc.InvalidRequestError(
            f"class {cls.__name__} has neither __tablename__ nor __table__;"
            " a base class without a table needs '__abstract__ = True'"
        )
    if arguments.get("concrete"):
        raise exc.InvalidRequestError(
            f"class {cls.__name__} is concrete and has no table of its own"
        )
    return _shared_table(cls, columns, inherits, declared)


def _mapped(
    columns: dict[str, Any], arguments: dict[str, Any]
) -> dict[str, Any]:
    """Return the columns that the class has attributes for."""
    prefix = arguments.get("column_prefix") or ""
    excluded = arguments.get("exclude_properties") or ()
    included = arguments.get("include_properties")
    found = {}
    for key, each in columns.items():
        column = getattr(each, "column", each)
        names = {key, column}
        if not names.isdisjoint(excluded):
            continue
        if included is not None and names.isdisjoint(included):
            continue
        found[prefix + key if each is column else key] = each
    return found


def _properties_of(columns: dict[str, Any]) -> dict[str, ColumnProperty]:
    return {key: ColumnProperty.of(each) for key, each in columns.items()}


def _table_name(
    cls: Any, declared: Declarations, inherits: Mapper | None
) -> Any:
    """Return the name of the table; None to share that of the parent."""
    for owner in declared.owners:
        given = owner.__dict__.get("__tablename__")
        if isinstance(given, declared_attr):
            return given.fget(cls)
        if isinstance(given, (classmethod, property)):
            return getattr(cls, "__tablename__")  # noqa: B009
        if "__tablename__" in owner.__dict__:
            return given
    if inherits is not None:
        return None
    return getattr(cls, "__tablename__", None)


def _shared_table(
    cls: Any,
    columns: dict[str, Any],
    inherits: Mapper,
    declared: Declarations,
) -> tuple[Any, dict[str, ColumnProperty], bool]:
    """Add the columns of a class to the table that its parent has."""
    if _table_arguments(cls, declared) != ((), {}):
        raise exc.ArgumentError(
            f"Can't place __table_args__ on an inherited class with no table:"
            f" {cls.__name__} shares the table of"
            f" {inherits.class_.__name__}"
        )
    table = inherits.local_table
    for key, each in columns.items():
        column = getattr(each, "column", each)
        if column.primary_key:
            raise exc.ArgumentError(
                f"Can't place primary key columns on an inherited class with"
                f" no table: {cls.__name__}.{key}"
            )
        existing = table.c.get(column.key or column.name)
        if existing is None:
            table.append_column(column)
        elif existing is not column:
            if not getattr(each, "use_existing_column", False):
                raise exc.ArgumentError(
                    f"Column {column.name!r} on class {cls.__name__} conflicts"
                    f" with existing column '{existing}'; use_existing_column="
                    "True shares it"
                )
            each.column = existing
    return table, _properties_of(columns), False


def _make_table(
    cls: Any, name: str, columns: dict[str, Any], declared: Declarations
) -> Table:
    args, kwargs = _table_arguments(cls, declared)
    metadata = getattr(cls, "metadata", None)
    if not isinstance(metadata, MetaData):
        metadata = cls._registry.metadata
    each = [getattr(one, "column", one) for one in columns.values()]
    return Table(name, metadata, *each, *args, **kwargs)


def _sort_order(item: tuple[str, Any]) -> int:
    return getattr(item[1], "sort_order", None) or 0


def _table_arguments(
    cls: Any, declared: Declarations
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    given = None
    for owner in declared.owners:
        given = owner.__dict__.get("__table_args__")
        if isinstance(given, declared_attr):
            given = given.fget(cls)
        elif isinstance(given, (classmethod, property)):
            given = getattr(cls, "__table_args__")  # noqa: B009
        if given is not None:
            break
    if given is None:
        return (), {}
    if isinstance(given, dict):
        return (), dict(given)
    if not isinstance(given, tuple):
        raise exc.ArgumentError(
            f"__table_args__ of class {cls.__name__} is a tuple or a dict,"
            f" not {given!r}"
        )
    if given and isinstance(given[-1], dict):
        return given[:-1], dict(given[-1])
    return given, {}


def _columns_of_table(
    cls: type, table: Any, columns: dict[str, Any], declared: Declarations
) -> dict[str, Any]:
    """Return the columns of a given table by attribute name."""
    named = {}
    for key, each in columns.items():
        column = getattr(each, "column", each)
        if not table.c.contains_column(column):
            raise exc.ArgumentError(
                f"Can't add additional column {key!r} when specifying"
                f" __table__: {cls.__name__}.{key} is not in it"
            )
        named[column] = key, each
    taken = {
        column
        for prop in declared.properties.values()
        if isinstance(prop, ColumnProperty)
        for column in prop.columns
    }
    found = {}
    for column in table.c:
        key, each = named.get(column, (column.key, column))
        if column not in taken:
            found[key] = each
    return found
