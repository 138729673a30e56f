"""The generic type of annotations: ``Mapped[...]``."""

from __future__ import annotations

from types import GenericAlias

__all__ = ["Mapped"]


class Mapped:
    """Marks an annotated attribute as mapped to the database.

    ``Mapped[str]`` is a column of text that is NOT NULL,
    ``Mapped[str | None]`` one that may be NULL.
    """

    __slots__ = ()

    __class_getitem__ = classmethod(GenericAlias)
