"""From classes and instances to their mappers, and the other way round."""

from __future__ import annotations

from typing import Any, TypeVar

from .. import exc
from .declarative import add_attribute
from .exc import UnmappedClassError, UnmappedInstanceError

__all__ = [
    "add_mapped_attribute",
    "class_mapper",
    "clear_mappers",
    "declarative_mixin",
    "has_inherited_table",
    "object_mapper",
]

_T = TypeVar("_T", bound=type)


def class_mapper(class_: Any, configure: bool = True) -> Any:
    """Return the mapper of a class.

    Args:
        class_: The class.
        configure: Resolve the relationships of all classes first.

    Raises:
        ArgumentError: It is no class.
        UnmappedClassError: The class is not mapped.
    """
    if not isinstance(class_, type):
        raise exc.ArgumentError(f"{class_!r} is no class")
    mapper: Any = class_.__dict__.get("__mapper__")
    if mapper is None:
        raise UnmappedClassError(class_)
    if configure:
        mapper._configure_all()
    return mapper


def object_mapper(instance: Any) -> Any:
    """Return the mapper of the class of an instance.

    Args:
        instance: The instance.

    Raises:
        UnmappedInstanceError: Its class is not mapped.
    """
    mapper = getattr(type(instance), "__mapper__", None)
    if mapper is None:
        raise UnmappedInstanceError(instance)
    return mapper


def has_inherited_table(cls: type) -> bool:
    """Say whether a base of a class is mapped, for ``declared_attr``.

    Args:
        cls: The class.
    """
    return any("__mapper__" in base.__dict__ for base in cls.__mro__[1:])


def add_mapped_attribute(target: type, key: str, attr: Any) -> None:
    """Map one more attribute of a class that is mapped already.

    Args:
        target: The class.
        key: Name of the attribute.
        attr: What ``mapped_column()``, ``relationship()`` and the like give.
    """
    add_attribute(target, key, attr)


def declarative_mixin(cls: _T) -> _T:
    """Decorator that marks a class as a mixin; it changes nothing.

    Args:
        cls: The class.
    """
    return cls


def clear_mappers() -> None:
    """Forget all mapped classes; they cannot be used any more."""
    from .registry import all_registries

    for each in all_registries():
        each.dispose()
