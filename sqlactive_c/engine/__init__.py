"""Engines: where statements run, and the URLs that name them."""

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

__all__ = [
    "URL",
    "CursorResult",
    "FrozenResult",
    "MappingResult",
    "Result",
    "Row",
    "RowMapping",
    "ScalarResult",
    "make_url",
]
