"""What all properties of a mapper have in common."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = [
    "MANYTOMANY",
    "MANYTOONE",
    "ONETOMANY",
    "MapperProperty",
    "RelationshipDirection",
]


class RelationshipDirection(Enum):
    """On which side of a relationship the foreign key is."""

    ONETOMANY = 1
    MANYTOONE = 2
    MANYTOMANY = 3


ONETOMANY = RelationshipDirection.ONETOMANY
MANYTOONE = RelationshipDirection.MANYTOONE
MANYTOMANY = RelationshipDirection.MANYTOMANY


class MapperProperty:
    """What a mapper knows about one attribute of its class.

    Attributes:
        key: Name of the attribute.
        parent: The mapper.
        doc: Documentation of the attribute, or None.
        info: A dict for the user's own purposes.
    """

    key: str
    parent: Any = None
    doc: str | None = None
    # Whether the attribute holds what other attributes show.
    is_descriptor = False

    def __init__(
        self, doc: str | None = None, info: dict[Any, Any] | None = None
    ) -> None:
        self.doc = doc
        self._info = info

    @property
    def info(self) -> dict[Any, Any]:
        """A dict for the user's own purposes."""
        if self._info is None:
            self._info = {}
        return self._info

    @property
    def class_attribute(self) -> Any:
        """The attribute on the class."""
        return getattr(self.parent.class_, self.key)

    def attach(self, parent: Any, key: str) -> None:
        """Become the property of an attribute of a mapper."""
        self.parent = parent
        self.key = key

    def configure(self) -> None:
        """Resolve what needs other mappers; called once."""

    def for_subclass(self, mapper: Any) -> MapperProperty:
        """Return the property that a derived class has in its place."""
        return self

    def __str__(self) -> str:
        return f"{self.parent.class_.__name__}.{self.key}"

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"<{name} at 0x{id(self):x}; {getattr(self, 'key', 'no key')}>"
