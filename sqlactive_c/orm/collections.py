"""Collections of related instances, which keep the other side in step."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, SupportsIndex

from .. import _core, exc

__all__ = [
    "Events",
    "InstrumentedList",
    "InstrumentedSet",
    "make_collection",
]


class Events(NamedTuple):
    """What a collection calls when it changes.

    Attributes:
        check: Function of an item: refuses what does not belong there.
        changing: Function of the owner, called before a change.
        added: Function of owner and item that returns what to add.
        removed: Function of owner and item, called afterwards.
    """

    check: Callable[[Any], None]
    changing: Callable[[Any], None]
    added: Callable[[Any, Any], Any]
    removed: Callable[[Any, Any], None]


class _Collection:
    """What both kinds have: whose they are, and who is told.

    A collection keeps its owner by a weak reference: the owner keeps the
    collection.
    """

    _owner: Callable[[], Any] | None
    _events: Events

    def _adopt(self, owner: Any, events: Events) -> None:
        self._owner = weakref.ref(owner)
        self._events = events

    def _release(self) -> None:
        self._owner = None

    def _items_of(self, given: Any) -> Iterable[Any]:
        """Return the instances in what the attribute is set to."""
        return given  # type: ignore[no-any-return]

    def _add(self, item: Any) -> Any:
        if self._owner is None:
            return item
        owner = self._owner()
        if owner is None:
            self._events.check(item)
            return item
        return self._events.added(owner, item)

    def _changing(self) -> None:
        """Remember what is there, before something is removed."""
        owner = None if self._owner is None else self._owner()
        if owner is not None:
            self._events.changing(owner)

    def _take(self, item: Any) -> None:
        owner = None if self._owner is None else self._owner()
        if owner is not None:
            self._events.removed(owner, item)


class InstrumentedList(_Collection, _core.RelatedList):
    """A list of related instances."""

    def append(self, item: Any) -> None:
        """Add an instance at the end."""
        super().append(self._add(item))

    def insert(self, index: SupportsIndex, item: Any) -> None:
        """Add an instance before a position."""
        super().insert(index, self._add(item))

    def extend(self, items: Iterable[Any]) -> None:
        """Add instances at the end."""
        for item in list(items):
            self.append(item)

    def remove(self, item: Any) -> None:
        """Remove the first that equals an instance."""
        self._changing()
        super().remove(item)
        self._take(item)

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Remove and return the instance at a position."""
        self._changing()
        item = super().pop(index)
        self._take(item)
        return item

    def clear(self) -> None:
        """Remove all instances."""
        self._changing()
        gone = list(self)
        super().clear()
        for item in gone:
            self._take(item)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._changing()
        if isinstance(index, slice):
            old = self[index]
            new = [item if item in old else self._add(item) for item in value]
            super().__setitem__(index, new)
        else:
            old, new = [self[index]], [self._add(value)]
            super().__setitem__(index, new[0])
        for item in old:
            if not any(item is each for each in new):
                self._take(item)

    def __delitem__(self, index: Any) -> None:
        self._changing()
        gone = self[index] if isinstance(index, slice) else [self[index]]
        super().__delitem__(index)
        for item in gone:
            self._take(item)

    def __iadd__(self, items: Iterable[Any]) -> InstrumentedList:  # type: ignore[misc]
        self.extend(items)
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return InstrumentedList, (), None, iter(list(self))

    def _copy_of(self) -> list[Any]:
        return list(self)

    def _raw_add(self, item: Any) -> None:
        list.append(self, item)

    def _raw_remove(self, item: Any) -> None:
        for at, each in enumerate(self):
            if each is item:
                list.__delitem__(self, at)
                return


class InstrumentedSet(_Collection, set[Any]):
    """A set of related instances."""

    _owner: Callable[[], Any] | None = None

    def add(self, item: Any) -> None:
        """Add an instance."""
        if item not in self:
            super().add(self._add(item))

    def update(self, *others: Iterable[Any]) -> None:
        """Add instances."""
        for other in others:
            for item in list(other):
                self.add(item)

    def remove(self, item: Any) -> None:
        """Remove an instance.

        Raises:
            KeyError: It is not there.
        """
        self._changing()
        super().remove(item)
        self._take(item)

    def discard(self, item: Any) -> None:
        """Remove an instance if it is there."""
        if item in self:
            self.remove(item)

    def pop(self) -> Any:
        """Remove and return an instance."""
        self._changing()
        item = super().pop()
        self._take(item)
        return item

    def clear(self) -> None:
        """Remove all instances."""
        for item in list(self):
            self.remove(item)

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Remove instances that are in other collections."""
        for other in others:
            for item in list(other):
                self.discard(item)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep instances that are in all other collections."""
        kept = self.intersection(*others)
        for item in list(self):
            if item not in kept:
                self.remove(item)

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        """Keep instances that are in one of the two collections."""
        for item in set(other):
            if item in self:
                self.remove(item)
            else:
                self.add(item)

    def __ior__(self, other: Any) -> InstrumentedSet:  # type: ignore[misc]
        self.update(other)
        return self

    def __isub__(self, other: Any) -> InstrumentedSet:  # type: ignore[misc]
        self.difference_update(other)
        return self

    def __iand__(self, other: Any) -> InstrumentedSet:  # type: ignore[misc]
        self.intersection_update(other)
        return self

    def __ixor__(self, other: Any) -> InstrumentedSet:  # type: ignore[misc]
        self.symmetric_difference_update(other)
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return _set_of, (list(self),)

    def _copy_of(self) -> list[Any]:
        return list(self)

    def _raw_add(self, item: Any) -> None:
        set.add(self, item)

    def _raw_remove(self, item: Any) -> None:
        set.discard(self, item)


def _set_of(items: list[Any]) -> InstrumentedSet:
    made = InstrumentedSet()
    set.update(made, items)
    return made


def make_collection(prop: Any) -> Any:
    """Return an empty collection of the kind that a relationship has.

    Args:
        prop: The relationship.

    Raises:
        ArgumentError: Its ``collection_class`` is of no known kind.
    """
    make = prop.__dict__.get("_make_collection")
    if make is None:
        make = prop._make_collection = _maker(prop)
    return make()


_LISTS = ("Sequence", "MutableSequence", "Collection", "Iterable")
_SETS = ("MutableSet", "AbstractSet", "Set")


def _maker(prop: Any) -> Callable[[], Any]:
    """Return what makes collections of a relationship."""
    given = prop.collection_class
    if given is None:
        return InstrumentedList
    name = getattr(given, "__name__", "")
    if name in _LISTS:
        return InstrumentedList
    if name in _SETS:
        return InstrumentedSet
    kind = given if isinstance(given, type) else type(given())
    if hasattr(kind, "_raw_add"):
        return given  # type: ignore[no-any-return]
    for base, instrumented in (list, InstrumentedList), (set, InstrumentedSet):
        if kind is base:
            return instrumented
        if issubclass(kind, base):
            # A class of the user's own: its methods, our events.
            return type(kind.__name__, (instrumented, kind), {})
    raise exc.ArgumentError(
        f"relationship {prop} has collection_class={given!r}: there are"
        " lists, sets, and dictionaries by attribute_keyed_dict() and its"
        " relatives"
    )


def __getattr__(name: str) -> Any:
    # The dictionaries are made of what is here.
    from . import keyed_collections

    if name not in keyed_collections.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(keyed_collections, name)
