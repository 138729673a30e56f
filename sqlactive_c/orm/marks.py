"""Attributes of instances by name: read, set, and marked as changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from .. import _core, exc
from .state import state_of

__all__ = [
    "CollectionAdapter",
    "del_attribute",
    "flag_dirty",
    "flag_modified",
    "get_attribute",
    "init_collection",
    "instance_dict",
    "set_attribute",
    "set_committed_value",
]

NO_VALUE = _core.NO_VALUE


def _attribute(instance: Any, key: str) -> Any:
    """Return the attribute that keeps a value.

    Raises:
        KeyError: There is none of that name.
        AttributeError: The class of the instance is not mapped.
    """
    state_of(instance)
    found = getattr(type(instance), key, None)
    if not isinstance(found, _core.InstrumentedAttribute):
        raise KeyError(key)
    return found


def get_attribute(instance: Any, key: str) -> Any:
    """Return the value of an attribute, as reading it does.

    Args:
        instance: The instance.
        key: Name of the attribute.

    Raises:
        KeyError: There is no such attribute.
    """
    return _attribute(instance, key).__get__(instance, type(instance))


def set_attribute(
    instance: Any, key: str, value: Any, initiator: Any = None
) -> None:
    """Set an attribute, as an assignment does.

    Args:
        instance: The instance.
        key: Name of the attribute.
        value: What it is set to.
        initiator: Accepted for its meaning elsewhere.

    Raises:
        KeyError: There is no such attribute.
    """
    _attribute(instance, key).__set__(instance, value)


def del_attribute(instance: Any, key: str) -> None:
    """Delete the value of an attribute, as ``del`` does.

    Args:
        instance: The instance.
        key: Name of the attribute.

    Raises:
        KeyError: There is no such attribute.
    """
    _attribute(instance, key).__delete__(instance)


def set_committed_value(instance: Any, key: str, value: Any) -> None:
    """Set an attribute as if it had been loaded: nothing has changed then.

    Args:
        instance: The instance.
        key: Name of the attribute.
        value: The value; for a collection what is in it.

    Raises:
        KeyError: There is no such attribute.
    """
    attribute = _attribute(instance, key)
    if getattr(attribute.property, "uselist", False):
        adapter = init_collection(instance, key)
        for item in _items_of(value):
            adapter.append_without_event(item)
    else:
        instance._sac_put(key, value)


def _items_of(value: Any) -> Any:
    if value is None:
        return ()
    return value.values() if isinstance(value, Mapping) else value


class CollectionAdapter:
    """A collection of an instance, by way of those who fill it.

    Args:
        data: The collection.
    """

    def __init__(self, data: Any) -> None:
        self._data = data

    @property
    def data(self) -> Any:
        """The collection itself."""
        return self._data

    def append_with_event(self, item: Any, initiator: Any = None) -> None:
        """Add an item as the program does.

        Args:
            item: The item.
            initiator: Accepted for its meaning elsewhere.
        """
        self._data._raw_add(self._data._add(item))

    def append_without_event(self, item: Any) -> None:
        """Add an item as if it had been loaded.

        Args:
            item: The item.
        """
        self._data._raw_add(item)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data._copy_of())

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return True


def init_collection(instance: Any, key: str) -> CollectionAdapter:
    """Give an instance an empty collection, as if it had been loaded.

    Args:
        instance: The instance.
        key: Name of the relationship.

    Returns:
        What fills the collection.

    Raises:
        KeyError: There is no such attribute.
        AttributeError: It is no collection.
    """
    from .backrefs import new_collection

    attribute = _attribute(instance, key)
    if not getattr(attribute.property, "uselist", False):
        raise AttributeError(f"{attribute} is no collection")
    made = new_collection(attribute, instance)
    old = instance._sac_peek(key)
    if old is not NO_VALUE:
        old._release()
    instance._sac_put(key, made)
    return CollectionAdapter(made)


def instance_dict(instance: Any) -> Mapping[str, Any]:
    """Return the values that are there, by name; they cannot be set there.

    Args:
        instance: The instance.

    Raises:
        AttributeError: Its class is not mapped.
    """
    return MappingProxyType(state_of(instance).dict)


def flag_modified(instance: Any, key: str) -> None:
    """Mark an attribute as changed: the next flush writes it.

    That is for values that were changed in place.

    Args:
        instance: The instance.
        key: Name of the attribute.

    Raises:
        KeyError: There is no such attribute.
        InvalidRequestError: It has no value, or is not loaded.
    """
    attribute = _attribute(instance, key)
    value = instance._sac_peek(key)
    if value is NO_VALUE:
        raise exc.InvalidRequestError(
            f"Can't flag attribute {key!r} modified: it is not loaded in"
            f" {type(instance).__name__}"
        )
    if hasattr(attribute.property, "columns"):
        # Whatever was noted before: what the row has is not known.
        instance._sac_put(key, value)
        instance._sac_note(key)
    elif hasattr(value, "_copy_of"):
        instance._sac_note(key, type(value)._copy_of(value))
    else:
        instance._sac_note(key, value)


def flag_dirty(instance: Any) -> None:
    """Mark an instance as modified, without saying what has changed.

    It is in ``session.dirty`` then, and listeners to ``before_flush`` see it;
    it is not written unless something has changed.

    Args:
        instance: The instance.

    Raises:
        AttributeError: Its class is not mapped.
    """
    state_of(instance)
    instance._sac_touch()
