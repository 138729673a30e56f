"""``AsyncAttrs``: a base for models whose attributes can be awaited."""

from __future__ import annotations

from typing import Any

__all__ = ["AsyncAttrs"]


class AsyncAttrs:
    """Mixin of a declarative base: attributes that are awaited.

    It can be derived from; ``awaitable_attrs`` is not there yet.
    """

    @property
    def awaitable_attrs(self) -> Any:
        """The attributes, to be awaited.

        Raises:
            NotImplementedError: Always; load what is needed with the query.
        """
        raise NotImplementedError(
            "awaitable_attrs is not there yet: load the attribute with the"
            " query, by .options(selectinload(...)), or by 'await"
            " session.refresh(obj, [name])'"
        )
