"""Column types that expressions have by nature, and a question to others."""

from __future__ import annotations

from typing import Any

from .sqltypes import BOOLEANTYPE as BOOLEAN
from .sqltypes import INTEGERTYPE as INTEGER
from .sqltypes import STRINGTYPE as STRING
from .sqltypes import Boolean

__all__ = ["BOOLEAN", "INTEGER", "STRING", "is_boolean"]


def is_boolean(type_: Any) -> bool:
    """Say whether the values of a type are truth values."""
    return type_._type_affinity is Boolean
