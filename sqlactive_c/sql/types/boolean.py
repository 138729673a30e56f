"""True and false."""

from __future__ import annotations

from typing import Any

from ... import _core
from .base import TypeEngine

__all__ = ["BOOLEAN", "BOOLEANTYPE", "Boolean", "MatchType"]


class Boolean(TypeEngine[bool]):
    """True or false, stored as 1 or 0.

    Args:
        create_constraint: Add a CHECK that allows only 0 and 1.
        name: Name of that CHECK.
    """

    _parameters = (("create_constraint", False), ("name", None))

    def __init__(
        self, create_constraint: bool = False, name: str | None = None
    ) -> None:
        self.create_constraint = create_constraint
        self.name = name

    def _ddl(self) -> str:
        return "BOOLEAN"

    def _value_type(self) -> type:
        return bool

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("boolean")

    def check_values(self) -> list[Any] | None:
        """Return the values a CHECK shall allow, None for no CHECK."""
        return [0, 1] if self.create_constraint else None


class BOOLEAN(Boolean):
    """SQL's BOOLEAN."""


class MatchType(Boolean):
    """What SQL's MATCH gives."""


BOOLEANTYPE = Boolean()
