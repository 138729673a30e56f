"""Bytes."""

from __future__ import annotations

from typing import Any

from ... import _core
from .base import TypeEngine

__all__ = ["BINARY", "BLOB", "VARBINARY", "LargeBinary"]


class LargeBinary(TypeEngine[bytes]):
    """Bytes.

    Args:
        length: Kept for its meaning elsewhere; not written for SQLite.
    """

    _sql_name = "BLOB"
    _parameters = (("length", None),)

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    def _ddl(self) -> str:
        return self._sql_name

    def _value_type(self) -> type:
        return bytes

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("bytes")

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type that a value has as the other operand."""
        if isinstance(value, str):
            return self
        return super().coerce_compared_value(op, value)


class BLOB(LargeBinary):
    """SQL's BLOB."""


class BINARY(LargeBinary):
    """SQL's BINARY."""

    _sql_name = "BINARY"

    def _ddl(self) -> str:
        return self._sql_name + (f"({self.length})" if self.length else "")


class VARBINARY(BINARY):
    """SQL's VARBINARY."""

    _sql_name = "VARBINARY"
