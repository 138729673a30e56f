"""Foreign keys that are written when both rows are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...sql.dml import update
from ...sql.literals import bindparam
from .savers import mismatch_of
from .sync import value

if TYPE_CHECKING:
    from .unit import Unit

__all__ = ["PostUpdates"]


class PostUpdates:
    """Columns of instances that one more UPDATE writes."""

    def __init__(self) -> None:
        self._each: dict[int, tuple[Any, Any, dict[Any, None]]] = {}

    def add(self, instance: Any, mapper: Any, columns: Iterable[Any]) -> None:
        """Note columns of an instance.

        Args:
            instance: The instance.
            mapper: The mapper that has the columns.
            columns: The columns.
        """
        known = self._each.setdefault(id(instance), (instance, mapper, {}))
        known[2].update(dict.fromkeys(columns))

    def write(self, unit: Unit) -> None:
        """Append the statements.

        Args:
            unit: The unit of work.
        """
        grouped: dict[Any, list[tuple[Any, Any]]] = {}
        for instance, mapper, columns in self._each.values():
            by_table: dict[Any, list[Any]] = {}
            for column in columns:
                by_table.setdefault(column.table, []).append(column)
            for table, own in by_table.items():
                key = (mapper, table, tuple(own))
                grouped.setdefault(key, []).append((instance, mapper))
        for (mapper, table, columns), group in grouped.items():
            self._write(unit, mapper, table, columns, group)
        self._each.clear()

    def _write(
        self,
        unit: Unit,
        mapper: Any,
        table: Any,
        columns: tuple[Any, ...],
        group: list[tuple[Any, Any]],
    ) -> None:
        keys = list(table.primary_key)
        statement = (
            update(table)
            .where(
                *(
                    each == bindparam(f"old {each.key}", type_=each.type)
                    for each in keys
                )
            )
            .values(
                {
                    each.key: bindparam(f"new {each.key}", type_=each.type)
                    for each in columns
                }
            )
        )
        rows = []
        for instance, owner in group:
            row = {
                f"old {each.key}": _value(owner, instance, each)
                for each in keys
            }
            for each in columns:
                row[f"new {each.key}"] = _value(owner, instance, each)
            rows.append(row)
        mismatch = mismatch_of(table, False, mapper)
        unit.execute(
            statement,
            rows,
            len(rows),
            lambda matched: mismatch("update", len(rows), matched),
        )


def _value(mapper: Any, instance: Any, column: Any) -> Any:
    return value(instance, mapper.get_property_by_column(column).key)
