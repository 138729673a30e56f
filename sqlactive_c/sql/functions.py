"""SQL functions, under the path that users of SQLAlchemy know."""

from .elements import Function, func

__all__ = ["Function", "func"]
