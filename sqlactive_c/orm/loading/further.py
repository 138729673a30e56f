"""What the core asks for when the rows of a statement are read."""

from __future__ import annotations

from typing import Any

from .lazy import load_one, unset
from .selectin import Further, load_in

__all__ = ["load_more"]


async def load_more(
    session: Any,
    work: list[tuple[Any, list[Any]]],
    options: Any,
    again: bool,
) -> None:
    """Load what a statement says is loaded by further queries.

    Args:
        session: The session.
        work: Pairs of a note and the instances that it is about.
        options: The options of the statement, or None.
        again: Whether what is loaded is read again.
    """
    for note, instances in work:
        further = Further(session, note, tuple(options or ()), again)
        if note.action == "selectin_polymorphic":
            await _load_subclasses(further, instances)
        elif note.action == "immediate":
            await _load_each(further, instances)
        else:
            await load_in(further, instances)


async def _load_each(further: Further, instances: list[Any]) -> None:
    """Load a relationship by a query for each instance."""
    key = further.note.prop.key
    for each in instances:
        if further.again:
            each._sac_expire((key,))
        if unset(each, key):
            await load_one(further.session, each, further.attribute, further)


async def _load_subclasses(further: Further, instances: list[Any]) -> None:
    """Load the columns of derived classes, by a query for each class."""
    from .selectin import CHUNK, among, select_labelled

    for entity in further.note.settings["classes"]:
        cls = entity.mapper.class_
        keys = [
            each._sac_identity
            for each in instances
            if isinstance(each, cls) and each._sac_unloaded
        ]
        if not keys:
            continue
        columns = [entity._column(each) for each in entity.mapper.primary_key]
        if len(columns) == 1:
            keys = [key[0] for key in keys]
        query = select_labelled(entity.entity_class).where(among(columns))
        for at in range(0, len(keys), CHUNK):
            await further.rows(query, {"primary_keys": keys[at : at + CHUNK]})
