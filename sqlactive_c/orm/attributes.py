"""Mapped attributes, as seen on the class."""

from __future__ import annotations

from typing import Any

from .base import Mapped

__all__ = ["InstrumentedAttribute"]


class InstrumentedAttribute(Mapped[Any]):
    """A mapped attribute of a class: ``User.name``.

    Attributes:
        class_: The mapped class.
        key: Name of the attribute.
        property: What the mapping knows about it.
    """

    __slots__ = ("__weakref__", "class_", "key", "property")

    def __init__(self, class_: type, key: str, property: Any) -> None:
        self.class_ = class_
        self.key = key
        self.property = property

    def __clause_element__(self) -> Any:
        return self.property.columns[0]

    @property
    def parent(self) -> Any:
        """The mapper of the class."""
        return self.property.parent

    @property
    def expression(self) -> Any:
        """The column."""
        return self.property.columns[0]

    @property
    def name(self) -> Any:
        """The name of the column."""
        return self.expression.name

    @property
    def type(self) -> Any:
        """The type of the column."""
        return self.expression.type

    @property
    def table(self) -> Any:
        """The table of the column."""
        return self.expression.table

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        raise self._unsupported()

    def __set__(self, instance: Any, value: Any) -> None:
        raise self._unsupported()

    def _unsupported(self) -> NotImplementedError:
        return NotImplementedError(
            f"instances of {self.class_.__name__} hold no values: this"
            " version maps classes to tables only"
        )

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    def __repr__(self) -> str:
        return f"<InstrumentedAttribute {self}>"
