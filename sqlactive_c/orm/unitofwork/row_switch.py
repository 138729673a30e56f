"""A new instance that takes the row of one that is deleted in its unit."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ... import _core, exc
from ...sql.dml import update
from ...sql.literals import bindparam
from ..properties import ColumnProperty
from .savers import mismatch_of, version_generator
from .sync import settle, stored

if TYPE_CHECKING:
    from .unit import Unit

__all__ = ["row_switches", "write_switched"]

NO_VALUE = _core.NO_VALUE


def row_switches(unit: Unit, inserts: list[Any]) -> dict[int, tuple[Any, Any]]:
    """Find new instances that take the row of a deleted one.

    Args:
        unit: The unit of work.
        inserts: New instances of one hierarchy.

    Returns:
        Pairs (the deleted one, the new one) by the id of the new one; the
        deleted ones do not belong to the deletes of the unit any more.
    """
    found: dict[int, tuple[Any, Any]] = {}
    for each in inserts:
        identity = each._sac_primary_key()
        if identity is None or _is_promised(identity):
            continue
        base = type(each).__mapper__.base_mapper.class_
        there = unit.session.identity_map.get((base, identity, None))
        if there is None:
            continue
        if id(there) not in unit.deletes:
            warnings.warn(
                f"New instance {_shown(each)} has the identity key"
                f" {identity!r} of persistent instance {_shown(there)}",
                exc.SAWarning,
                stacklevel=2,
            )
            continue
        del unit.deletes[id(there)]
        unit.switched.append(there)
        found[id(each)] = (there, each)
    return found


def _is_promised(identity: tuple[Any, ...]) -> bool:
    return any(isinstance(each, _core.Promise) for each in identity)


def _shown(instance: Any) -> str:
    return f"<{type(instance).__name__} at 0x{id(instance):x}>"


def write_switched(unit: Unit, batch: Any, old: Any, new: Any) -> None:
    """Append the UPDATEs that make one row of another.

    Args:
        unit: The unit of work.
        batch: Its batch.
        old: The instance that was to be deleted.
        new: The instance that was to be inserted.
    """
    mapper = type(new).__mapper__
    for table in mapper.tables:
        _write_table(batch, mapper, table, old, new)


def _write_table(
    batch: Any, mapper: Any, table: Any, old: Any, new: Any
) -> None:
    values: dict[str, Any] = {}
    keys: dict[str, Any] = {}
    where = []
    versioned = False
    for prop in mapper._properties.values():
        if not isinstance(prop, ColumnProperty):
            continue
        for column in prop.columns:
            if getattr(column, "table", None) is not table:
                continue
            value = new._sac_peek(prop.key)
            if column is mapper.version_id_col:
                versioned = True
                generator = version_generator(mapper)
                if generator is not None:
                    value = generator(stored(old, prop.key))
                    new._sac_set(prop.key, value)
                values[column.key] = value
            elif not column.primary_key:
                if value is not NO_VALUE:
                    values[column.key] = value
                    settle(batch, new, (prop.key,))
                continue
            keys[f"old {column.key}"] = stored(old, prop.key)
            where.append(
                column == bindparam(f"old {column.key}", type_=column.type)
            )
    if not values:
        return
    mismatch = mismatch_of(table, versioned, mapper)
    batch.execute(
        update(table).where(*where).values(values),
        keys,
        1,
        lambda matched: mismatch("update", 1, matched),
    )
