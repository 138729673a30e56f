"""What happens to a collection that is written and never in memory.

The attribute of a relationship with ``lazy="write_only"`` or ``"dynamic"``
has no value. What the program adds and removes stands in a :class:`Record`
until the next flush: an instance without a row has it in the slot of the
attribute, one with a row among its changes, which a flush and a rollback
forget.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .. import _core

__all__ = ["Record", "forget", "known", "record_of"]

NO_VALUE = _core.NO_VALUE


class Record:
    """What was added to a collection, and what was removed from it.

    Attributes:
        added: The instances that were added, by their ids.
        deleted: Those that were removed, by their ids.
        found: Those that the database has, None where nobody has asked.
    """

    __slots__ = ("added", "deleted", "found")

    def __init__(self, added: Iterable[Any] = ()) -> None:
        self.added = {id(each): each for each in added}
        self.deleted: dict[int, Any] = {}
        self.found: list[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        """Yield what belongs to the collection, as far as is known."""
        yield from self.added.values()
        for each in self.found or ():
            if id(each) not in self.added:
                yield each

    def __reduce__(self) -> Any:
        # Instances that are read from a pickle have other ids.
        return Record, (list(self.added.values()),)

    def change(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Return what was added, what stayed and what was removed."""
        if self.found is None:
            return [*self.added.values()], [], [*self.deleted.values()]
        had = {id(each) for each in self.found}
        return (
            [each for key, each in self.added.items() if key not in had],
            [each for each in self.found if id(each) not in self.deleted],
            [each for key, each in self.deleted.items() if key in had],
        )

    # As collections have it, for the other side of a relationship.

    def _copy_of(self) -> list[Any]:
        return list(self.added.values())

    def _raw_add(self, item: Any) -> None:
        self.added[id(item)] = item

    def _raw_remove(self, item: Any) -> None:
        if self.added.pop(id(item), None) is None:
            self.deleted[id(item)] = item


def known(instance: Any, key: str) -> Record | None:
    """Return what happened to a collection since the last flush.

    Args:
        instance: Whose collection it is.
        key: Name of the attribute.
    """
    if instance._sac_identity is None:
        found = instance._sac_peek(key)
    else:
        found = instance._sac_changes.get(key)
    return found if type(found) is Record else None


def record_of(instance: Any, key: str) -> Record:
    """Return where to note a change of a collection; its owner is modified.

    Args:
        instance: Whose collection it is.
        key: Name of the attribute.
    """
    found = known(instance, key)
    if found is None:
        found = Record()
        if instance._sac_identity is None:
            instance._sac_put(key, found)
    instance._sac_note(key, found)
    return found


def forget(instances: Iterable[Any], keys: Iterable[str]) -> None:
    """Empty the slots of instances that have got their rows.

    Args:
        instances: The instances.
        keys: Names of the attributes.
    """
    for each in instances:
        for key in keys:
            if each._sac_peek(key) is not NO_VALUE:
                each._sac_put(key, NO_VALUE)
