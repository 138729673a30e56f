"""Engines: where statements run, and the URLs that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .result import (
    CursorResult,
    FrozenResult,
    MappingResult,
    Result,
    Row,
    RowMapping,
    ScalarResult,
)
from .url import URL, make_url

if TYPE_CHECKING:
    from .reflection import Inspector

__all__ = [
    "URL",
    "CursorResult",
    "FrozenResult",
    "Inspector",
    "MappingResult",
    "Result",
    "Row",
    "RowMapping",
    "ScalarResult",
    "make_url",
]


def __getattr__(name: str) -> Any:
    if name != "Inspector":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .reflection import Inspector

    return Inspector
