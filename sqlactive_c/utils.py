"""Small helpers of the Active Record layer."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any

__all__ = ["classproperty"]


class classproperty:
    """Decorator for a property of the class, readable on instances too.

    The function receives the class on which, or on whose instance, the
    property is read.

    Args:
        func: Function of one argument, the class.
    """

    __class_getitem__: Any = classmethod(GenericAlias)

    fget: Callable[[Any], Any]

    def __init__(self, func: Callable[[Any], Any]) -> None:
        self.fget = func
        self.__doc__ = getattr(func, "__doc__", None)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self.fget(owner if owner is not None else type(instance))
