"""Listening to attributes: values that are set, collections that change.

Validators and listeners of single values go one road: the function that C
calls before it stores a value (`InstrumentedAttribute._validator`).  Those of
collections are called by the collections (:mod:`.backrefs`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from . import events

__all__ = [
    "Initiator",
    "arm_all",
    "fire_append",
    "fire_remove",
    "fire_set",
    "setter_check",
]


class Initiator(NamedTuple):
    """What began a change.

    Attributes:
        key: Name of the attribute that the program changed.
        op: ``set``, ``append`` or ``remove``.
    """

    key: str
    op: str


def setter_check(mapper: Any, key: str, attribute: Any) -> Any:
    """Return what is called with each value that is set, None for nothing.

    Args:
        mapper: The mapper of the class.
        key: Name of the attribute.
        attribute: The attribute.
    """
    prop = attribute.property
    if getattr(prop, "uselist", False) is not False:
        return None  # each item is checked when it is added
    check = _validator(mapper, key)
    if not events.attribute_registry.for_class(mapper.class_, f"{key}.set"):
        return check

    def checked(instance: Any, name: str, value: Any) -> Any:
        if check is not None:
            value = check(instance, name, value)
        return fire_set(instance, key, value, instance._sac_peek(key))

    return checked


def _validator(mapper: Any, key: str) -> Any:
    found = mapper.validators.get(key)
    if found is None:
        return None
    function, options = found
    if options.get("include_removes"):
        return lambda obj, name, value: function(obj, name, value, False)
    return function


def arm_all(cls: Any, name: str) -> None:
    """Renew what attributes call, because a listener came or went.

    Args:
        cls: The class whose attribute it is, None when it has gone.
        name: Name of the attribute, a dot, name of the event.
    """
    from .registry import all_registries

    key, _, kind = name.rpartition(".")
    if cls is None or kind != "set":
        return
    for registry in all_registries():
        for mapper in registry.mappers:
            attribute = mapper.class_.__dict__.get(key)
            if issubclass(mapper.class_, cls) and attribute is not None:
                attribute._validator = setter_check(mapper, key, attribute)


def fire_set(instance: Any, key: str, value: Any, old: Any) -> Any:
    """Call who listens to an attribute that is set.

    Args:
        instance: Whose attribute it is.
        key: Name of the attribute.
        value: What it is set to.
        old: What it was; NO_VALUE when that is not known.

    Returns:
        What it is set to: the value, or what a listener made of it.
    """
    listeners = events.attribute_registry.for_class(
        type(instance), f"{key}.set"
    )
    for each in listeners:
        made = each(instance, value, old, Initiator(key, "set"))
        if each.retval:
            value = made
    return value


def fire_append(instance: Any, key: str, item: Any) -> Any:
    """Call who listens to a collection that something is added to.

    Args:
        instance: Whose collection it is.
        key: Name of the attribute.
        item: What is added.

    Returns:
        What is added: the item, or what a listener made of it.
    """
    listeners = events.attribute_registry.for_class(
        type(instance), f"{key}.append"
    )
    for each in listeners:
        made = each(instance, item, Initiator(key, "append"))
        if each.retval:
            item = made
    return item


def fire_remove(instance: Any, key: str, item: Any) -> None:
    """Call who listens to a collection that something is removed from.

    Args:
        instance: Whose collection it is.
        key: Name of the attribute.
        item: What is removed.
    """
    listeners = events.attribute_registry.for_class(
        type(instance), f"{key}.remove"
    )
    for each in listeners:
        each(instance, item, Initiator(key, "remove"))
