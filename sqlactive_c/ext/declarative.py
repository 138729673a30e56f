"""Where declarative mapping was imported from in the past."""

from ..orm import (
    as_declarative,
    declarative_base,
    declared_attr,
    has_inherited_table,
)

__all__ = [
    "as_declarative",
    "declarative_base",
    "declared_attr",
    "has_inherited_table",
]
