"""Universally unique identifiers."""

from __future__ import annotations

from typing import Any

from ... import _core
from .base import TypeEngine, ValueT, quoted

__all__ = ["UUID", "Uuid"]


class Uuid(TypeEngine[ValueT]):
    """A UUID, stored as 32 hexadecimal digits.

    Args:
        as_uuid: Values are ``uuid.UUID``, else str.
        native_uuid: Kept for its meaning elsewhere.
    """

    _parameters: tuple[tuple[str, Any], ...] = (
        ("as_uuid", True),
        ("native_uuid", True),
    )

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    def _ddl(self) -> str:
        return "CHAR(32)"

    def _value_type(self) -> type:
        if not self.as_uuid:
            return str
        from uuid import UUID as PythonUUID

        return PythonUUID

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("uuid" if self.as_uuid else "uuid_text")

    def _literal(self, value: Any) -> str:
        if self.as_uuid:
            return quoted(value.hex)
        return quoted(value.replace("-", ""))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type that a value has as the other operand."""
        if isinstance(value, str):
            return self
        return super().coerce_compared_value(op, value)


class UUID(Uuid[ValueT]):
    """SQL's UUID.

    SQLite takes a column of this name for one of numbers: a value of 32
    decimal digits would become one and be lost. Prefer :class:`Uuid`.

    Args:
        as_uuid: Values are ``uuid.UUID``, else str.
    """

    _parameters = (("as_uuid", True),)

    def __init__(self, as_uuid: bool = True) -> None:
        super().__init__(as_uuid)

    def _ddl(self) -> str:
        return "UUID"
