"""Relationships set in memory: both sides stay in step.

``post.user = user`` puts the post into ``user.posts``, and the other way
round. A side that is not loaded is left alone; it will be read as the
database has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from .. import _core, exc
from .collections import Events, make_collection

__all__ = ["new_collection", "set_related"]

NO_VALUE = _core.NO_VALUE


def new_collection(attribute: Any, instance: Any) -> Any:
    """Return an empty collection for an attribute of an instance.

    Args:
        attribute: The attribute.
        instance: Whose collection it is.
    """
    made = make_collection(attribute.property)
    made._adopt(instance, _events_of(attribute))
    return made


def _events_of(attribute: Any) -> Events:
    memo = attribute._memo
    found = memo.get("events")
    if found is None:
        found = memo["events"] = _make_events(attribute)
    return found  # type: ignore[no-any-return]


def _make_events(attribute: Any) -> Events:
    def check(item: Any) -> None:
        _check_class(attribute.property, item)

    def changing(owner: Any) -> None:
        _note(owner, attribute)

    def added(owner: Any, item: Any) -> Any:
        item = _validated(owner, attribute, item)
        check(item)
        _note(owner, attribute)
        _tell_added(attribute.property, owner, item)
        return item

    def removed(owner: Any, item: Any) -> None:
        _validate_removed(owner, attribute, item)
        _tell_removed(attribute.property, owner, item)

    return Events(check, changing, added, removed)


def _note(owner: Any, attribute: Any) -> None:
    """Remember what a collection was before it changed."""
    value = owner._sac_peek(attribute.key)
    old = NO_VALUE if value is NO_VALUE else type(value)._copy_of(value)
    owner._sac_note(attribute.key, old)


def _validated(
    owner: Any, attribute: Any, item: Any, other_side: bool = False
) -> Any:
    found = attribute.parent.validators.get(attribute.key)
    if found is None:
        return item
    function, options = found
    if other_side and not options.get("include_backrefs", True):
        return item
    if options.get("include_removes"):
        return function(owner, attribute.key, item, False)
    return function(owner, attribute.key, item)


def _validate_removed(owner: Any, attribute: Any, item: Any) -> None:
    found = attribute.parent.validators.get(attribute.key)
    if found is not None and found[1].get("include_removes"):
        found[0](owner, attribute.key, item, True)


def _check_class(prop: Any, value: Any) -> None:
    mapper = getattr(type(value), "__mapper__", None)
    if mapper is not None and mapper.isa(prop.mapper):
        return
    if mapper is None and not isinstance(value, _core.Instance):
        raise AttributeError(
            f"{type(value).__name__!r} object has no attribute"
            f" '_sa_instance_state': {prop} takes instances of"
            f" {prop.mapper.class_.__name__}"
        )
    raise exc.SQLAlchemyError(
        f"{prop} takes instances of {prop.mapper.class_.__name__}, not"
        f" {type(value).__name__}"
    )


def set_related(attribute: Any, instance: Any, value: Any, old: Any) -> Any:
    """Tell the other side of a relationship that is set.

    Args:
        attribute: The attribute.
        instance: Whose attribute is set.
        value: What it is set to; NO_VALUE when it is deleted.
        old: What it was; NO_VALUE when that is not known.

    Returns:
        What is to be stored; NO_VALUE for nothing.

    Raises:
        TypeError: A collection is set to something else.
    """
    prop = attribute.property
    if prop.uselist:
        return _set_collection(attribute, instance, value, old)
    if value is not None and value is not NO_VALUE:
        _check_class(prop, value)
    if old is not NO_VALUE and old is not None and old is not value:
        _tell_removed(prop, instance, old)
    if value is not NO_VALUE and value is not None and value is not old:
        _tell_added(prop, instance, value)
    return value


def _set_collection(
    attribute: Any, instance: Any, value: Any, old: Any
) -> Any:
    new = new_collection(attribute, instance)
    if value is NO_VALUE:
        value = {}
    else:
        _check_collection(attribute, new, value)
    items = list(new._items_of(value))
    had = [] if old is NO_VALUE else old._copy_of()
    before = {id(each) for each in had}
    instance._sac_note(attribute.key, NO_VALUE if old is NO_VALUE else had)
    for item in items:
        if id(item) in before:
            new._raw_add(item)
        else:
            new._raw_add(new._add(item))
    kept = {id(each) for each in items}
    for item in had:
        if id(item) not in kept:
            _tell_removed(attribute.property, instance, item)
    if old is not NO_VALUE:
        old._release()
    return new


def _check_collection(attribute: Any, new: Any, value: Any) -> None:
    """Refuse what is no collection of the kind that an attribute has."""
    if isinstance(new, dict):
        kind, fits = "dict", isinstance(value, Mapping)
    elif isinstance(new, set):
        kind, fits = "set", isinstance(value, Set)
    else:
        kind = "list"
        fits = hasattr(value, "__iter__") and not isinstance(
            value, (str, bytes, Mapping, Set)
        )
    if not fits:
        raise TypeError(
            f"Incompatible collection type: {type(value).__name__} is not"
            f" {kind}-like, as {attribute} needs"
        )


# -- the other side ---------------------------------------------------------


def _tell_added(prop: Any, owner: Any, item: Any) -> None:
    for reverse in prop._reverse:
        if reverse.uselist:
            collection = _collection(reverse, item)
            if collection is not None and not _has(collection, owner):
                attribute = reverse.class_attribute
                added = _validated(item, attribute, owner, True)
                _note(item, attribute)
                collection._raw_add(added)
        else:
            _set_scalar(prop, reverse, item, owner)


def _set_scalar(prop: Any, reverse: Any, item: Any, owner: Any) -> None:
    """Make ``item.<reverse>`` the owner; leave the collection it was in."""
    old = item._sac_peek(reverse.key)
    if old is owner:
        return
    item._sac_note(reverse.key, old)
    item._sac_put(
        reverse.key, _validated(item, reverse.class_attribute, owner, True)
    )
    if old is NO_VALUE or old is None:
        return
    if prop.uselist:
        collection = _collection(prop, old)
        if collection is not None and _has(collection, item):
            _note(old, prop.class_attribute)
            collection._raw_remove(item)
    elif old._sac_peek(prop.key) is item:
        old._sac_note(prop.key, item)
        old._sac_put(prop.key, None)


def _tell_removed(prop: Any, owner: Any, item: Any) -> None:
    for reverse in prop._reverse:
        if reverse.uselist:
            collection = _collection(reverse, item)
            if collection is not None and _has(collection, owner):
                _note(item, reverse.class_attribute)
                collection._raw_remove(owner)
        elif item._sac_peek(reverse.key) is owner:
            item._sac_note(reverse.key, owner)
            item._sac_put(reverse.key, None)


def _collection(prop: Any, instance: Any) -> Any:
    """Return a collection that is there or can be made without reading."""
    found = instance._sac_peek(prop.key)
    if found is not NO_VALUE:
        return found
    if instance._sac_state in ("transient", "pending"):
        return getattr(instance, prop.key)
    return None


def _has(collection: Any, item: Any) -> bool:
    return any(each is item for each in collection._copy_of())
