"""Makes what writes the rows of a mapper: one Saver for each of its tables.

A Saver of the core asks once for each set of columns for the statement; from
then on values go straight from the slots of instances to SQLite.
"""

from __future__ import annotations

import warnings
from typing import Any

from ... import _core, exc
from ...sql.dml import delete, insert, update
from ...sql.literals import bindparam
from ..exc import StaleDataError
from ..properties import ColumnProperty
from .sync import settle, stored

__all__ = ["make_saver", "make_whole_saver", "mismatch_of"]

PRIMARY = 1
OPTIONAL = 2
ROWID = 4
VERSION = 8
NONE_IS_VALUE = 16


def make_saver(mapper: Any, table: Any) -> Any:
    """Return what writes the rows of a mapper in one of its tables.

    Args:
        mapper: The mapper.
        table: The table.
    """
    return _Maker(mapper, table).saver()


def make_whole_saver(mapper: Any, table: Any) -> Any:
    """Return what writes a row and reads it back with the same statement.

    Args:
        mapper: The mapper.
        table: The table.
    """
    return _WholeMaker(mapper, table).saver()


def _is_version(mapper: Any, table: Any) -> bool:
    column = mapper.version_id_col
    return column is not None and column.table is table


def _keys_of_rows(mapper: Any, table: Any) -> set[Any]:
    """Return the columns that tell the rows of a table apart."""
    own = {each for each in mapper.primary_key if each.table is table}
    return own or set(table.primary_key)


class _Maker:
    """What a Saver asks for statements.

    Args:
        mapper: The mapper.
        table: The table.
        fixed: SQL expressions by the key of the column, which are written
            instead of values.
    """

    def __init__(
        self, mapper: Any, table: Any, fixed: dict[str, Any] | None = None
    ) -> None:
        self.mapper = mapper
        self.table = table
        self.fixed = fixed or {}
        self.keys = _keys_of_rows(mapper, table)
        self.versioned = _is_version(mapper, table)
        self.attributes: dict[Any, str] = {}
        for prop in mapper._properties.values():
            if not isinstance(prop, ColumnProperty):
                continue
            for column in prop.columns:
                if getattr(column, "table", None) is table:
                    self.attributes.setdefault(column, prop.key)

    def saver(self) -> Any:
        mapper = self.mapper
        columns = tuple(
            (key, column.key, column.type.codec(), self.flags(column))
            for column, key in self.attributes.items()
            if column.key not in self.fixed
        )
        return _core.Saver(
            mapper.mapping,
            self.table.name,
            columns,
            self.compile,
            None if self.fixed else self.special,
            version_generator(mapper) if self.versioned else None,
            mismatch_of(self.table, self.versioned, mapper),
        )

    def flags(self, column: Any) -> int:
        flags = 0
        if column in self.keys:
            flags |= PRIMARY
        if self.is_rowid(column):
            flags |= ROWID | OPTIONAL
        if column.default is not None or column.server_default is not None:
            flags |= OPTIONAL
        if column is self.mapper.version_id_col:
            flags |= VERSION
        if column.type.should_evaluate_none:
            flags |= NONE_IS_VALUE
        return flags

    def is_rowid(self, column: Any) -> bool:
        table = self.table
        if getattr(table, "autoincrement_column", None) is not column:
            return False
        options = getattr(table, "dialect_options", None) or {}
        return options.get("sqlite", {}).get("with_rowid", True) is not False

    # -- statements ----------------------------------------------------------

    def compile(
        self, kind: str, keys: tuple[str, ...], many: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the statement for a set of columns: the Saver's hook."""
        if kind == "insert":
            return self.insert(keys, many)
        if kind == "update":
            return self.update(keys, many)
        statement = delete(self.table).where(*self.where())
        return _shape(statement, (), many), ()

    def where(self) -> list[Any]:
        columns = [each for each in self.attributes if each in self.keys]
        if self.versioned:
            columns.append(self.mapper.version_id_col)
        return [
            each == bindparam(f"old {each.key}", type_=each.type)
            for each in columns
        ]

    def insert(
        self, keys: tuple[str, ...], many: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        statement = insert(self.table)
        if self.fixed:
            statement = statement.values(self.fixed)
        after: list[Any] = []
        returned: list[Any] = []
        eager = self.mapper.eager_defaults is not False
        for column, key in self.attributes.items():
            if column.key in keys:
                continue
            default = column.default
            if column.key in self.fixed:
                by_database = True
            elif default is not None and not default.is_clause_element:
                after.append(("bind", key, column.key))
                continue
            else:
                by_database = (
                    default is not None or column.server_default is not None
                )
            if not by_database:
                continue
            if eager or column in self.keys:
                after.append(
                    ("cell", key, (len(returned), column.type.codec()))
                )
                returned.append(column)
            else:
                after.append(("expire", key, None))
        if returned:
            statement = statement.returning(*returned)
        after += self.expressions()
        return _shape(statement, keys, many), tuple(after)

    def update(
        self, keys: tuple[str, ...], many: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        statement = update(self.table).where(*self.where())
        after: list[Any] = []
        returned: list[Any] = []
        eager = self.mapper.eager_defaults is True
        for column, key in self.attributes.items():
            if column.key in keys:
                continue
            made = column.onupdate
            if made is not None and not made.is_clause_element:
                after.append(("bind", key, column.key))
            elif made is not None or column.server_onupdate is not None:
                if eager:
                    after.append(
                        ("cell", key, (len(returned), column.type.codec()))
                    )
                    returned.append(column)
                else:
                    after.append(("expire", key, None))
        if returned:
            statement = statement.returning(*returned)
        after += self.expressions()
        return _shape(statement, keys, many), tuple(after)

    def expressions(self) -> list[Any]:
        """Return that attributes which are SQL expressions are read again."""
        return [
            ("expire", prop.key, None)
            for prop in self.mapper._properties.values()
            if isinstance(prop, ColumnProperty)
            and not prop.is_column
            and prop.expire_on_flush
            and prop.key in self.mapper.mapping.slots
        ]

    # -- SQL expressions as values -------------------------------------------

    def special(self, batch: Any, kind: str, instance: Any) -> None:
        """Write an instance that has SQL expressions as values."""
        fixed = {}
        for column, key in self.attributes.items():
            value = instance._sac_peek(key)
            if isinstance(value, _core.ClauseElement) or hasattr(
                value, "__clause_element__"
            ):
                fixed[column.key] = value
        if kind == "insert":
            maker = _Maker(self.mapper, self.table, fixed)
            maker.saver().insert(batch, [instance])
            return
        self.write_expressions(batch, instance, fixed)

    def make_up(self, instance: Any, values: dict[str, Any]) -> None:
        """Add the values that functions of Python give for an UPDATE."""
        from ...sql.compiler.shape import DefaultContext

        for column, key in self.attributes.items():
            made = column.onupdate
            if column.key in values or made is None or made.is_clause_element:
                continue
            value = made.arg
            if made.is_callable:
                value = value(DefaultContext(values))
            instance._sac_set(key, value)
            values[column.key] = value

    def write_expressions(
        self, batch: Any, instance: Any, fixed: dict[str, Any]
    ) -> None:
        values = dict(fixed)
        changes = instance._sac_changes
        old = {}
        for column, key in self.attributes.items():
            if key in changes and column.key not in fixed:
                values[column.key] = instance._sac_peek(key)
            if column in self.keys or column is self.mapper.version_id_col:
                old[f"old {column.key}"] = stored(instance, key)
        self.make_up(instance, values)
        generator = version_generator(self.mapper) if self.versioned else None
        if generator is not None:
            column = self.mapper.version_id_col
            version = generator(old[f"old {column.key}"])
            instance._sac_set(self.attributes[column], version)
            values[column.key] = version
        statement = update(self.table).where(*self.where()).values(values)
        mismatch = mismatch_of(self.table, self.versioned, self.mapper)
        settle(batch, instance, self.attributes.values())
        batch.execute(
            statement, old, 1, lambda matched: mismatch("update", 1, matched)
        )
        gone = [
            key
            for column, key in self.attributes.items()
            if column.key in fixed
            or (
                column.key not in values
                and (
                    column.onupdate is not None
                    or column.server_onupdate is not None
                )
            )
        ]
        gone += [key for _, key, _ in self.expressions()]
        instance._sac_expire(gone)


class _WholeMaker(_Maker):
    """Statements that return every column of what they wrote."""

    def insert(
        self, keys: tuple[str, ...], many: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        statement = insert(self.table)
        if self.fixed:
            statement = statement.values(self.fixed)
        return self.returning(statement, keys, many)

    def update(
        self, keys: tuple[str, ...], many: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        statement = update(self.table).where(*self.where())
        return self.returning(statement, keys, many)

    def returning(
        self, statement: Any, keys: tuple[str, ...], many: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the statement with what it returns, and where that goes."""
        after = tuple(
            ("cell", key, (at, column.type.codec()))
            for at, (column, key) in enumerate(self.attributes.items())
        )
        statement = statement.returning(*self.attributes)
        return _shape(statement, keys, many), after


def version_generator(mapper: Any) -> Any:
    """Return the function from a version to the next, None for none.

    Args:
        mapper: A mapper with a version column.
    """
    given = mapper.version_id_generator
    if given is False:
        return None
    return _next_number if given is None or given is True else given


def _next_number(version: Any) -> int:
    return (version or 0) + 1


def mismatch_of(table: Any, versioned: bool, mapper: Any) -> Any:
    """Return what judges statements that met another number of rows.

    Args:
        table: The table.
        versioned: It has a version column.
        mapper: The mapper.
    """

    def mismatch(
        kind: str, expected: int, matched: int
    ) -> BaseException | None:
        message = (
            f"{kind.upper()} of {expected} row(s) of table {table.name!r}"
            f" met {matched} row(s)."
        )
        if kind == "delete" and not versioned:
            if mapper.confirm_deleted_rows:
                warnings.warn(
                    f"{message} confirm_deleted_rows=False in the arguments"
                    " of the mapper allows that",
                    exc.SAWarning,
                    stacklevel=2,
                )
            return None
        return StaleDataError(message)

    return mismatch


def _shape(statement: Any, keys: tuple[str, ...], many: bool) -> Any:
    from ...sql.compiler.shape import compile_fixed

    return compile_fixed(statement, keys, many)
