"""A set that tells its members apart by what they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any

__all__ = ["IdentitySet"]


class IdentitySet(Set[Any]):
    """A set of objects that may be equal, or cannot be hashed.

    Args:
        iterable: Its members, in the order in which they come out.
    """

    __slots__ = ("_members",)

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        self._members = {id(each): each for each in iterable}

    def __contains__(self, value: object) -> bool:
        return id(value) in self._members

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._members.values()))

    def __len__(self) -> int:
        return len(self._members)

    def __hash__(self) -> int:
        raise TypeError("set objects are unhashable")

    def __repr__(self) -> str:
        return f"IdentitySet({list(self)!r})"
