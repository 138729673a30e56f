"""SQL: schema objects, column types and expressions of definitions."""

from .elements import asc, desc, false, func, null, true
from .identifiers import quoted_name

__all__ = ["asc", "desc", "false", "func", "null", "quoted_name", "true"]
