"""Relationships set in memory: both sides stay in step.

``post.user = user`` puts the post into ``user.posts``, and the other way
round. A side that is not loaded is left alone; it will be read as the
database has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from .. import _core, exc
from .attribute_events import fire_append, fire_remove, fire_set
from .collections import Events, InstrumentedList, make_collection
from .events import attribute_registry
from .interfaces import MANYTOONE
from .written import Record, record_of

__all__ = ["events_of", "new_collection", "set_related"]

NO_VALUE = _core.NO_VALUE


def new_collection(attribute: Any, instance: Any) -> Any:
    """Return an empty collection for an attribute of an instance.

    Args:
        attribute: The attribute.
        instance: Whose collection it is.
    """
    made = make_collection(attribute.property)
    events = events_of(attribute)
    made._adopt(instance, events)
    if attribute.property._make_collection is InstrumentedList:
        attribute._collection = InstrumentedList, events
    return made


def events_of(attribute: Any) -> Events:
    """Return what is called when a collection changes.

    Args:
        attribute: The attribute whose collections they are.
    """
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
        if attribute.property.single_parent:
            _check_alone(attribute.property, item)
        _note(owner, attribute)
        _bring_in(attribute.property, owner, item)
        _tell_added(attribute.property, owner, item)
        return item

    def removed(owner: Any, item: Any) -> None:
        _validate_removed(owner, attribute, item)
        _send_away(attribute.property, owner, item)
        _tell_removed(attribute.property, owner, item)

    return Events(check, changing, added, removed)


def _note(owner: Any, attribute: Any) -> None:
    """Remember what a collection was before it changed."""
    if attribute.property.written:
        return
    key = attribute.key
    value = owner._sac_peek(key)
    if (
        value is NO_VALUE
        or owner._sac_identity is None
        or key in owner._sac_changes
    ):
        owner._sac_note(key)
    else:
        owner._sac_note(key, type(value)._copy_of(value))


def _bring_in(prop: Any, owner: Any, item: Any) -> None:
    """Add what was linked to an instance to the instance's session."""
    if prop.cascade.delete_orphan:
        item._sac_orphan = False
    if prop.single_parent:
        item._sac_owned = True
    session = owner._sac_session
    if (
        session is not None
        and prop.cascade.save_update
        and (item._sac_session is not session or item._sac_state == "deleted")
    ):
        session.add(item)


def _send_away(prop: Any, owner: Any, item: Any) -> None:
    """Make an orphan of an instance that was taken away from a parent.

    One that is pending is expunged, also where it gets another parent in the
    same breath.
    """
    if prop.single_parent:
        item._sac_owned = False
    if not prop.cascade.delete_orphan:
        return
    session = owner._sac_session
    if item._sac_identity is not None:
        item._sac_orphan = True
    elif (
        session is not None
        and item._sac_state == "pending"
        and item._sac_session is session
    ):
        session.expunge(item)


def _validated(
    owner: Any, attribute: Any, item: Any, other_side: bool = False
) -> Any:
    key = attribute.key
    found = attribute.parent.validators.get(key)
    if found is not None:
        function, options = found
        if other_side and not options.get("include_backrefs", True):
            pass
        elif options.get("include_removes"):
            item = function(owner, key, item, False)
        else:
            item = function(owner, key, item)
    if not attribute_registry.armed:
        return item
    if attribute.property.uselist:
        return fire_append(owner, key, item)
    return fire_set(owner, key, item, owner._sac_peek(key))


def _validate_removed(owner: Any, attribute: Any, item: Any) -> None:
    found = attribute.parent.validators.get(attribute.key)
    if found is not None and found[1].get("include_removes"):
        found[0](owner, attribute.key, item, True)
    if attribute_registry.armed:
        fire_remove(owner, attribute.key, item)


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


def _check_alone(prop: Any, item: Any) -> None:
    if item is None or item is NO_VALUE or not item._sac_owned:
        return
    raise exc.InvalidRequestError(
        f"{type(item).__name__} at 0x{id(item):x} has a parent by {prop}"
        " already, which lets it have only one (single_parent=True)"
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
    if old is NO_VALUE:
        old = _known(prop, instance)
    if prop.single_parent and value is not old:
        _check_alone(prop, value)
    given = value is not NO_VALUE and value is not None and value is not old
    if given:
        _bring_in(prop, instance, value)
    if old is not NO_VALUE and old is not None and old is not value:
        _send_away(prop, instance, old)
        _tell_removed(prop, instance, old)
    if given:
        _tell_added(prop, instance, value)
    return value


def _known(prop: Any, instance: Any) -> Any:
    """Return what a relationship would load if the session has it already.

    It is noted as what was there before.
    """
    found = _look(prop, instance)
    if found is not NO_VALUE:
        instance._sac_note(prop.key, found)
    return found


def _look(prop: Any, instance: Any) -> Any:
    """Return the same; nothing is noted."""
    session = instance._sac_session
    if (
        session is None
        or prop.direction is not MANYTOONE
        or instance._sac_identity is None
        or prop.key in instance._sac_changes
    ):
        return NO_VALUE
    from .unitofwork.loader import known_before

    return known_before(session, prop, instance)


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
            _bring_in(attribute.property, instance, item)
        else:
            new._raw_add(new._add(item))
    kept = {id(each) for each in items}
    for item in had:
        if id(item) not in kept:
            _validate_removed(instance, attribute, item)
            _send_away(attribute.property, instance, item)
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
        if reverse.cascade.delete_orphan:
            owner._sac_orphan = False
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
    if old is NO_VALUE:
        if _look(reverse, item) is owner:
            return
        old = _known(reverse, item)
    if old is owner:
        return
    item._sac_set(
        reverse.key, _validated(item, reverse.class_attribute, owner, True)
    )
    if old is NO_VALUE or old is None:
        return
    if prop.uselist:
        collection = _collection(prop, old)
        if collection is not None and _may_have(collection, item):
            _note(old, prop.class_attribute)
            collection._raw_remove(item)
            _send_away(prop, old, item)
            if attribute_registry.armed:
                fire_remove(old, prop.key, item)
    else:
        _send_away(reverse, item, old)


def _tell_removed(prop: Any, owner: Any, item: Any) -> None:
    for reverse in prop._reverse:
        if reverse.uselist:
            collection = _collection(reverse, item)
            _send_away(reverse, item, owner)
            if collection is not None and _may_have(collection, owner):
                _note(item, reverse.class_attribute)
                collection._raw_remove(owner)
                if attribute_registry.armed:
                    fire_remove(item, reverse.key, owner)
        elif _may_be(reverse, item, owner):
            if attribute_registry.armed:
                fire_set(item, reverse.key, None, owner)
            item._sac_set(reverse.key, None)
            _send_away(reverse, item, owner)


def _may_be(prop: Any, item: Any, owner: Any) -> bool:
    """Say whether an instance refers to another, as far as is known."""
    value = item._sac_peek(prop.key)
    if value is NO_VALUE and item._sac_identity is not None:
        value = _look(prop, item)
        if value is owner:
            return _known(prop, item) is owner
        return value is NO_VALUE
    return value is owner


def _collection(prop: Any, instance: Any) -> Any:
    """Return a collection that is there or can be made without reading."""
    if prop.written:
        return record_of(instance, prop.key)
    found = instance._sac_peek(prop.key)
    if found is not NO_VALUE:
        return found
    if instance._sac_state in ("transient", "pending"):
        return getattr(instance, prop.key)
    return None


def _has(collection: Any, item: Any) -> bool:
    return any(each is item for each in collection._copy_of())


def _may_have(collection: Any, item: Any) -> bool:
    """Say whether an instance can be removed: one that is not read has all."""
    return type(collection) is Record or _has(collection, item)
