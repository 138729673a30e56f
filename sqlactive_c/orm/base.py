"""The generic type of annotations: ``Mapped[...]``."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

__all__ = ["Mapped"]

if TYPE_CHECKING:
    T = TypeVar("T")

    class Mapped(Generic[T]):
        """What a type checker sees: a column, or its value."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Any: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> T: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: T) -> None: ...

else:

    class Mapped:
        """Marks an annotated attribute as mapped to the database.

        ``Mapped[str]`` is a column of text that is NOT NULL,
        ``Mapped[str | None]`` one that may be NULL.
        """

        __slots__ = ()

        __class_getitem__ = classmethod(GenericAlias)
