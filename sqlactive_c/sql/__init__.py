"""SQL: text, schema objects, column types, expressions of definitions."""

from .._core import TextClause, text
from .elements import asc, desc, false, func, null, true
from .identifiers import quoted_name

__all__ = [
    "TextClause",
    "asc",
    "desc",
    "false",
    "func",
    "null",
    "quoted_name",
    "text",
    "true",
]
