"""The generic type of annotations: ``Mapped[...]``."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

__all__ = ["DynamicMapped", "Mapped", "WriteOnlyMapped"]

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .dynamic import AppenderQuery
    from .write_only import WriteOnlyCollection

    T = TypeVar("T")

    class Mapped(Generic[T]):
        """What a type checker sees: a column, or its value."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Any: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> T: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: T) -> None: ...

    class WriteOnlyMapped(Generic[T]):
        """What a type checker sees: a relationship, or its collection."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Any: ...
        @overload
        def __get__(
            self, instance: object, owner: Any
        ) -> WriteOnlyCollection[T]: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: Iterable[T]) -> None: ...

    class DynamicMapped(Generic[T]):
        """What a type checker sees: a relationship, or its query."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Any: ...
        @overload
        def __get__(
            self, instance: object, owner: Any
        ) -> AppenderQuery[T]: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: Iterable[T]) -> None: ...

else:

    class Mapped:
        """Marks an annotated attribute as mapped to the database.

        ``Mapped[str]`` is a column of text that is NOT NULL,
        ``Mapped[str | None]`` one that may be NULL.
        """

        __slots__ = ()

        __class_getitem__ = classmethod(GenericAlias)

    class WriteOnlyMapped(Mapped):
        """Marks a relationship whose collection is only written to.

        As ``relationship(lazy="write_only")`` says it, too.
        """

        __slots__ = ()

    class DynamicMapped(Mapped):
        """Marks a relationship whose collection is a query.

        As ``relationship(lazy="dynamic")`` says it, too.
        """

        __slots__ = ()
