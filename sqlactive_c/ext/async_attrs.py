"""``AsyncAttrs``: a base for models whose attributes can be awaited."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

__all__ = ["AsyncAttrs", "AwaitableAttrs"]


class AwaitableAttrs:
    """The attributes of an instance, each to be awaited.

    Args:
        instance: The instance.
    """

    __slots__ = ("_instance",)

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    def __getattr__(self, name: str) -> Coroutine[Any, Any, Any]:
        """Return what gives the value of an attribute when it is awaited."""
        return _value_of(self._instance, name)

    def __repr__(self) -> str:
        return f"<awaitable attributes of {self._instance!r}>"


async def _value_of(instance: Any, name: str) -> Any:
    from ..orm.loading.lazy import value_of

    return await value_of(instance, name)


class AsyncAttrs:
    """Mixin of a declarative base: attributes that are awaited.

    ``await user.awaitable_attrs.posts`` gives ``user.posts``, and loads it
    before if need be.
    """

    @property
    def awaitable_attrs(self) -> AwaitableAttrs:
        """The attributes, to be awaited."""
        return AwaitableAttrs(self)
