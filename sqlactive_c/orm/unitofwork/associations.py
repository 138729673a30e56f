"""Rows of secondary tables: many-to-many relationships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import _core
from ...sql.dml import delete, insert, update
from ...sql.literals import bindparam
from ..exc import StaleDataError
from . import loader
from .cascades import has_parent
from .dependencies import Dependency
from .history import change_of
from .sync import Association, has_moved

if TYPE_CHECKING:
    from .unit import Unit

__all__ = ["ManyToMany"]

NO_VALUE = _core.NO_VALUE


class ManyToMany(Dependency):
    """Rows of a secondary table link both sides."""

    late = True

    def __init__(self, prop: Any) -> None:
        super().__init__(prop)
        self.table = prop.secondary
        self.near = Association(self.parent, prop.synchronize_pairs)
        self.far = Association(self.target, prop.secondary_synchronize_pairs)
        self.followed = self.near.sources
        self.columns = [
            column for _, column in (*self.near.each, *self.far.each)
        ]

    async def presort_deletes(self, unit: Unit, parents: list[Any]) -> None:
        """Load what deleted parents are linked with."""
        if not self.passive_deletes:
            await loader.load(unit.session, self.prop, parents)

    async def presort_saves(self, unit: Unit, parents: list[Any]) -> None:
        """Delete orphans, load what the rows of a moved parent are."""
        for parent in parents:
            if parent._sac_identity is None:
                continue
            if parent._sac_changes.get(self.key) is NO_VALUE:
                await loader.load_replaced(unit.session, self.prop, parent)
            if not self.passive_updates and has_moved(parent, self.followed):
                await loader.load(unit.session, self.prop, [parent])
            if self.cascade.delete_orphan:
                for child in change_of(parent, self.prop).deleted:
                    if not has_parent(self.prop, child):
                        await self.delete_orphan(unit, child)

    def after_all(self, unit: Unit, saved: list[Any], gone: list[Any]) -> None:
        """Write the rows of the secondary table."""
        inserts: list[dict[str, Any]] = []
        deletes: list[dict[str, Any]] = []
        updates: list[dict[str, Any]] = []
        for parent in gone:
            change = change_of(parent, self.prop)
            for child in (*change.unchanged, *change.deleted):
                self._row(unit, parent, child, True, deletes)
        for parent in saved:
            change = change_of(parent, self.prop)
            for child in change.added:
                self._row(unit, parent, child, False, inserts)
            for child in change.deleted:
                self._row(unit, parent, child, True, deletes)
            if not self.passive_updates and has_moved(parent, self.followed):
                for child in change.unchanged:
                    self._moved(unit, parent, child, updates)
        self._write(unit, inserts, deletes, updates)

    def _row(
        self,
        unit: Unit,
        parent: Any,
        child: Any,
        old: bool,
        rows: list[dict[str, Any]],
    ) -> None:
        if child is None or not unit.first_pair(self.prop, parent, child):
            return
        if not unit.holds(child):
            self.warn(child, "delete" if old else "add")
            return
        row: dict[str, Any] = {}
        self.near.values(parent, old, row)
        self.far.values(child, old, row)
        rows.append(row)

    def _moved(
        self, unit: Unit, parent: Any, child: Any, rows: list[dict[str, Any]]
    ) -> None:
        if child is None or not unit.first_pair(self.prop, parent, child):
            return
        row: dict[str, Any] = {}
        self.near.values(parent, True, row)
        self.far.values(child, True, row)
        row = {f"old {key}": value for key, value in row.items()}
        self.near.values(parent, False, row)
        self.far.values(child, False, row)
        rows.append(row)

    def _write(
        self,
        unit: Unit,
        inserts: list[dict[str, Any]],
        deletes: list[dict[str, Any]],
        updates: list[dict[str, Any]],
    ) -> None:
        if deletes:
            rows = [
                {f"old {key}": value for key, value in row.items()}
                for row in deletes
            ]
            unit.execute(
                delete(self.table).where(*self._where()),
                rows,
                len(rows),
                self._mismatch("delete", len(rows)),
            )
        if updates:
            values = {
                each.key: bindparam(f"new {each.key}", type_=each.type)
                for each in self.columns
            }
            rows = [
                {
                    (key if key.startswith("old ") else f"new {key}"): value
                    for key, value in row.items()
                }
                for row in updates
            ]
            unit.execute(
                update(self.table).where(*self._where()).values(values),
                rows,
                len(rows),
                self._mismatch("update", len(rows)),
            )
        if inserts:
            unit.execute(insert(self.table), inserts)

    def _where(self) -> list[Any]:
        return [
            each == bindparam(f"old {each.key}", type_=each.type)
            for each in self.columns
        ]

    def _mismatch(self, kind: str, expected: int) -> Any:
        def error(matched: int) -> BaseException:
            return StaleDataError(
                f"{kind.upper()} of {expected} row(s) of table"
                f" {self.table.name!r} met {matched} row(s)."
            )

        return error
