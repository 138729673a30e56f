"""What deleting several rows needs to know, by a query for all of them.

A session that deletes an instance looks at its relations: to delete what
depends on it, or to take it out of there. Asked for row by row that is a query
each; here they are loaded before, a relation of all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import _core
from ..orm.loading.lazy import load_relation

__all__ = ["delete_rows"]

_NEVER_LOADED = ("dynamic", "noload", "write_only")


async def delete_rows(session: Any, rows: Sequence[Any]) -> None:
    """Mark instances as to be deleted.

    Args:
        session: The session.
        rows: The instances.

    Raises:
        InvalidRequestError: One of them has no row.
    """
    if len(rows) > 1:
        await _look_ahead(session, _in_session(session, rows), set())
    for each in rows:
        await session.delete(each)


def _in_session(session: Any, rows: Sequence[Any]) -> list[Any]:
    """Return the persistent ones; detached ones are attached before.

    What is wrong with the others is said when they are deleted.
    """
    found = []
    for each in rows:
        state = getattr(each, "_sac_state", None)
        if state == "detached" and not each._sac_gone:
            session.add(each)
            state = "persistent"
        if state == "persistent":
            found.append(each)
    return found


async def _look_ahead(session: Any, rows: list[Any], seen: set[int]) -> None:
    """Load the relations that deleting rows of any classes looks at."""
    by_class: dict[Any, list[Any]] = {}
    for each in rows:
        if id(each) not in seen:
            seen.add(id(each))
            by_class.setdefault(type(each), []).append(each)
    for cls, instances in by_class.items():
        if len(instances) < 2:
            continue
        for key, deletes in _relations(cls.__mapper__):
            await load_relation(session, instances, getattr(cls, key))
            if deletes:
                below = [one for each in instances for one in _of(each, key)]
                await _look_ahead(session, below, seen)


def _relations(mapper: Any) -> Iterator[tuple[str, bool]]:
    """Yield the relations to be loaded, and whether deleting goes on there."""
    for key, prop in mapper.relationships.items():
        deletes = bool(prop.cascade.delete)
        if (
            prop.viewonly
            or prop.passive_deletes
            or prop.lazy in _NEVER_LOADED
            or (prop.direction.name == "MANYTOONE" and not deletes)
        ):
            continue
        yield key, deletes


def _of(instance: Any, key: str) -> list[Any]:
    value = instance._sac_peek(key)
    if value is None or value is _core.NO_VALUE:
        return []
    if isinstance(value, _core.Instance):
        return [value]
    return list(value.values() if hasattr(value, "values") else value)
