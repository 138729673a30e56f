"""The connection helper, under the path that users of sqlactive know."""

from ._core import DBConnection

__all__ = ["DBConnection"]
