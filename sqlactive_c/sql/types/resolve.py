"""The column type of a Python value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import NULLTYPE, TypeEngine
from .binary import LargeBinary
from .boolean import BOOLEANTYPE
from .enumerated import Enum
from .numeric import BigInteger, Float, Integer, Numeric
from .temporal import Date, DateTime, Interval, Time
from .text import String, Unicode
from .uuid import Uuid

__all__ = ["type_of_value"]

INTEGERTYPE = Integer()
STRINGTYPE = String()
_UNICODE = Unicode()
_BIG_INTEGER = BigInteger()
_DATETIME = DateTime()
_INSTANT = DateTime(timezone=True)
_TIME = Time()
_ZONED_TIME = Time(timezone=True)


def _of_int(value: Any) -> TypeEngine[Any]:
    return _BIG_INTEGER if value.bit_length() >= 32 else INTEGERTYPE


def _of_str(value: Any) -> TypeEngine[Any]:
    return STRINGTYPE if value.isascii() else _UNICODE


def _of_datetime(value: Any) -> TypeEngine[Any]:
    return _DATETIME if value.tzinfo is None else _INSTANT


def _of_time(value: Any) -> TypeEngine[Any]:
    return _TIME if value.tzinfo is None else _ZONED_TIME


# By name, for their modules are not imported here.
_TYPES: dict[tuple[str, str], TypeEngine[Any] | Callable[[Any], Any]] = {
    ("builtins", "NoneType"): NULLTYPE,
    ("builtins", "bool"): BOOLEANTYPE,
    ("builtins", "bytes"): LargeBinary(),
    ("builtins", "float"): Float(),
    ("builtins", "int"): _of_int,
    ("builtins", "str"): _of_str,
    ("datetime", "date"): Date(),
    ("datetime", "datetime"): _of_datetime,
    ("datetime", "time"): _of_time,
    ("datetime", "timedelta"): Interval(),
    ("decimal", "Decimal"): Numeric(),
    ("uuid", "UUID"): Uuid(),
}


def type_of_value(value: Any) -> TypeEngine[Any]:
    """Return the column type that a Python value has in an expression.

    Args:
        value: Any object. A member of an enum has the type of its enum,
            unless it is a number or a str as well.

    Returns:
        The type; the null type if there is none for it.
    """
    cls = type(value)
    found = _TYPES.get((cls.__module__, cls.__qualname__))
    if found is not None:
        return found if isinstance(found, TypeEngine) else found(value)
    members = getattr(cls, "__members__", None)
    if members is None or isinstance(value, (int, float, str, bytes)):
        return NULLTYPE
    return Enum(cls)
