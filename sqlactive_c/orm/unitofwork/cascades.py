"""Who else is concerned when something happens to an instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ... import _core
from ..interfaces import MANYTOONE
from ..written import Record
from . import loader
from .history import items_of, value_of

__all__ = [
    "cascade",
    "cascade_iterator",
    "cascade_save",
    "delete_cascade",
    "has_parent",
]

NO_VALUE = _core.NO_VALUE

_ATTRIBUTES = {
    "save-update": "save_update",
    "merge": "merge",
    "refresh-expire": "refresh_expire",
    "expunge": "expunge",
    "delete": "delete",
}


def cascading(mapper: Any, kind: str) -> tuple[Any, ...]:
    """Return the relationships of a mapper that cascade something.

    Args:
        mapper: The mapper.
        kind: What: ``save-update``, ``merge``, ``refresh-expire``,
            ``expunge`` or ``delete``.
    """
    known = mapper.__dict__.get("_cascading")
    if known is None:
        known = mapper.__dict__["_cascading"] = {}
    found = known.get(kind)
    if found is None:
        name = _ATTRIBUTES[kind]
        found = known[kind] = tuple(
            prop
            for prop in mapper.relationships
            if getattr(prop.cascade, name)
        )
    return found  # type: ignore[no-any-return]


def cascade_iterator(
    kind: str,
    instance: Any,
    halt_on: Callable[[Any], bool] | None = None,
) -> Iterator[Any]:
    """Yield the instances that a cascade leads to; nothing is loaded.

    Each comes once, a parent before its children; the instance itself does
    not come.

    Args:
        kind: As for the words of ``cascade=``.
        instance: Where the cascade begins.
        halt_on: Says of an instance that it is left out, with all that only
            it leads to.
    """
    seen = {id(instance)}
    to_do = [_steps(kind, instance, seen, halt_on)]
    while to_do:
        for each in to_do[-1]:
            yield each
            to_do.append(_steps(kind, each, seen, halt_on))
            break
        else:
            to_do.pop()


def _steps(
    kind: str,
    instance: Any,
    seen: set[int],
    halt_on: Callable[[Any], bool] | None,
) -> Iterator[Any]:
    """Yield what is one step away and was not seen yet."""
    for prop in cascading(type(instance).__mapper__, kind):
        found = []
        for each in _related(kind, instance, prop):
            if id(each) in seen or (halt_on is not None and halt_on(each)):
                continue
            if (
                kind == "refresh-expire"
                and not prop.cascade.delete_orphan
                and each._sac_identity is None
            ):
                continue
            seen.add(id(each))
            found.append(each)
        yield from found


def _related(kind: str, instance: Any, prop: Any) -> list[Any]:
    if kind != "save-update":
        return value_of(instance, prop.key)
    found = value_of(instance, prop.key)
    if instance._sac_identity is not None:
        old = instance._sac_changes.get(prop.key)
        if type(old) is Record:
            found += old.deleted.values()
        elif old is not None and old is not NO_VALUE:
            found += items_of(old)
    return found


def cascade(kind: str, instance: Any) -> list[Any]:
    """Return the instances that a cascade leads to; nothing is loaded.

    Args:
        kind: As for the words of ``cascade=``.
        instance: Where the cascade begins.
    """
    return list(cascade_iterator(kind, instance))


def cascade_save(session: Any, instance: Any) -> list[Any]:
    """Return what an instance brings along into a session.

    Args:
        session: The session.
        instance: The instance that is added.
    """
    return list(
        cascade_iterator(
            "save-update",
            instance,
            lambda each: (
                each._sac_session is session and each._sac_state != "deleted"
            ),
        )
    )


async def delete_cascade(session: Any, instance: Any) -> list[Any]:
    """Return what is deleted along with an instance.

    What a relationship that cascades the deletion leads to is loaded, unless
    it says ``passive_deletes``.

    Args:
        session: The session.
        instance: The instance that is deleted.
    """
    seen = {id(instance)}
    found: list[Any] = []
    await _collect_deleted(session, instance, [instance], seen, found)
    return found


async def _collect_deleted(
    session: Any,
    instance: Any,
    siblings: list[Any],
    seen: set[int],
    found: list[Any],
) -> None:
    for prop in cascading(type(instance).__mapper__, "delete"):
        if not prop.passive_deletes:
            await _load(session, prop, siblings)
        related = [
            each
            for each in value_of(instance, prop.key)
            if id(each) not in seen
        ]
        seen.update(map(id, related))
        for each in related:
            found.append(each)
            await _collect_deleted(session, each, related, seen, found)


async def _load(session: Any, prop: Any, instances: list[Any]) -> None:
    """Load a relationship as the program would: a flush comes first."""
    from ..session.refresh import load_expired

    keys = loader.local_keys(prop)
    lazy = loader.unloaded(session, prop, instances)
    for each in lazy:
        if any(each._sac_peek(key) is NO_VALUE for key in keys):
            await load_expired(session, each)
    if session.autoflush and any(
        prop.direction is not MANYTOONE
        or loader.known_before(session, prop, each) is NO_VALUE
        for each in loader.unloaded(session, prop, instances)
    ):
        await session._autoflush()
    await loader.load(session, prop, instances)
    if prop.direction is MANYTOONE:
        for each in lazy:
            for found in value_of(each, prop.key):
                await load_expired(session, found)


# -- orphans ------------------------------------------------------------------


def has_parent(prop: Any, child: Any) -> bool:
    """Say whether the other side of a relationship knows a parent.

    Args:
        prop: The relationship of the parents.
        child: The instance that may be an orphan.
    """
    for reverse in prop._reverse:
        if reverse.uselist:
            if value_of(child, reverse.key):
                return True
        else:
            parent = child._sac_peek(reverse.key)
            if parent is not NO_VALUE and parent is not None:
                items = parent._sac_peek(prop.key)
                if items is NO_VALUE or _holds(items, child):
                    return True
    return False


def _holds(value: Any, child: Any) -> bool:
    return value is not None and any(each is child for each in items_of(value))
