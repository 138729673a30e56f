"""What happened to a relationship of an instance since the last flush."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ... import _core
from ..written import Record, known

__all__ = ["NOTHING", "Change", "change_of", "value_of"]

NO_VALUE = _core.NO_VALUE


class Change(NamedTuple):
    """Related instances, by what happened to them.

    Attributes:
        added: They are there now and were not. None among them: the
            relationship to one instance was set to None.
        unchanged: They were there and still are.
        deleted: They were there and are not any more.
    """

    added: Sequence[Any]
    unchanged: Sequence[Any]
    deleted: Sequence[Any]


NOTHING = Change((), (), ())


def value_of(instance: Any, key: str) -> list[Any]:
    """Return the related instances that are loaded, None left out.

    Args:
        instance: The instance.
        key: Name of the relationship.
    """
    value = instance._sac_peek(key)
    if value is NO_VALUE:
        value = instance._sac_changes.get(key)
        return list(value) if type(value) is Record else []
    return [] if value is None else items_of(value)


def items_of(value: Any) -> list[Any]:
    """Return what a value of a relationship consists of.

    Args:
        value: An instance or a collection.
    """
    if isinstance(value, _core.Instance):
        return [value]
    if isinstance(value, dict):
        return list(value.values())
    return list(value)


def change_of(instance: Any, prop: Any) -> Change:
    """Return what happened to a relationship, reading nothing.

    Args:
        instance: The instance.
        prop: The relationship.
    """
    key = prop.key
    if prop.written:
        record = known(instance, key)
        return NOTHING if record is None else Change(*record.change())
    now = instance._sac_peek(key)
    if instance._sac_identity is None:
        if now is NO_VALUE:
            return NOTHING
        return Change(items_of(now) if now is not None else [None], (), ())
    changes = instance._sac_changes
    if prop.uselist:
        return _of_collection(now, changes.get(key, changes))
    if key not in changes:
        return NOTHING if now is NO_VALUE else Change((), [now], ())
    was = changes[key]
    if now is NO_VALUE:
        now = None
    if was is now:
        return Change((), [now], ())
    return Change([now], (), () if was is NO_VALUE or was is None else [was])


def _of_collection(now: Any, was: Any) -> Change:
    """Compare what there is with what there was; a dict: the same."""
    items = [] if now is NO_VALUE or now is None else items_of(now)
    if type(was) is dict:
        return Change((), items, ()) if items else NOTHING
    before = [] if was is NO_VALUE else list(was)
    had = {id(each) for each in before}
    has = {id(each) for each in items}
    return Change(
        [each for each in items if id(each) not in had],
        [each for each in items if id(each) in had],
        [each for each in before if id(each) not in has],
    )
