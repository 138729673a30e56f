"""Text."""

from __future__ import annotations

from typing import Any, Self

from ..identifiers import quote_always
from .base import TypeEngine, quoted

__all__ = [
    "CHAR",
    "CLOB",
    "NCHAR",
    "NVARCHAR",
    "TEXT",
    "VARCHAR",
    "String",
    "Text",
    "Unicode",
    "UnicodeText",
]


class String(TypeEngine[str]):
    """Text.

    Args:
        length: Number of characters the definition names; SQLite does not
            enforce it.
        collation: Name of the collation that comparisons use.
    """

    _sql_name = "VARCHAR"
    _parameters = (("length", None), ("collation", None))
    _concatenates = True

    def __init__(
        self, length: int | None = None, collation: str | None = None
    ) -> None:
        self.length = length
        self.collation = collation

    def _ddl(self) -> str:
        name = self._sql_name
        if self.length:
            name += f"({self.length})"
        if self.collation:
            name += f" COLLATE {quote_always(self.collation)}"
        return name

    def _value_type(self) -> type:
        return str

    def _literal(self, value: Any) -> str:
        made = self.codec()
        stored: Any = value if made is None else made.encode(value)
        return quoted(stored)

    def _with_collation(self, collation: str) -> Self:
        new = self._copy()
        new.collation = collation
        return new


class Text(String):
    """Text without a length."""

    _sql_name = "TEXT"


class Unicode(String):
    """Text; the same as :class:`String`."""


class UnicodeText(Text):
    """Text without a length; the same as :class:`Text`."""


class VARCHAR(String):
    """SQL's VARCHAR."""


class CHAR(String):
    """SQL's CHAR."""

    _sql_name = "CHAR"


class NCHAR(Unicode):
    """SQL's NCHAR."""

    _sql_name = "NCHAR"


class NVARCHAR(Unicode):
    """SQL's NVARCHAR."""

    _sql_name = "NVARCHAR"


class TEXT(Text):
    """SQL's TEXT."""


class CLOB(Text):
    """SQL's CLOB."""

    _sql_name = "CLOB"
