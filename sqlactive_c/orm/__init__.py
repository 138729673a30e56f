"""Mapping of classes to tables."""

from .attributes import InstrumentedAttribute
from .base import Mapped
from .declarative import DeclarativeBase, declared_attr
from .mapper import Mapper
from .properties import ColumnProperty, MappedColumn, mapped_column
from .registry import registry

__all__ = [
    "ColumnProperty",
    "DeclarativeBase",
    "InstrumentedAttribute",
    "Mapped",
    "MappedColumn",
    "Mapper",
    "declared_attr",
    "mapped_column",
    "registry",
]
