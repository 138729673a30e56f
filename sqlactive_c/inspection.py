"""What a model says about itself."""

from __future__ import annotations

from typing import Any

from .exceptions import CompositePrimaryKeyError
from .orm.declarative import DeclarativeBase
from .sql.inspect import inspect
from .utils import classproperty

__all__ = ["InspectionMixin", "inspect"]


class InspectionMixin(DeclarativeBase):
    """Names and columns of a model.

    This is the declarative base of all models: they share its metadata,
    unless a base class sets one of its own.
    """

    __abstract__ = True

    @classproperty
    def columns(cls) -> Any:
        """Keys of the columns, in the order of the table."""
        return cls.__table__.columns.keys()

    @classproperty
    def string_columns(cls) -> list[str]:
        """Keys of the columns whose values are text."""
        return [c.key for c in cls.__table__.columns if _is_text(c)]

    @classproperty
    def searchable_attributes(cls) -> Any:
        """The attributes that a search looks into."""
        return cls.string_columns

    @classproperty
    def primary_keys_full(cls) -> Any:
        """The columns of the primary key."""
        return cls.__mapper__.primary_key

    @classproperty
    def primary_keys(cls) -> list[str]:
        """Keys of the columns of the primary key."""
        return [column.key for column in cls.primary_keys_full]

    @classproperty
    def primary_key_name(cls: Any) -> Any:
        """Key of the one column of the primary key.

        Raises:
            CompositePrimaryKeyError: There are several.
        """
        keys = cls.primary_keys
        if len(keys) > 1:
            raise CompositePrimaryKeyError(cls.__name__)
        return keys[0]


def _is_text(column: Any) -> bool:
    try:
        return column.type.python_type is str
    except NotImplementedError:
        return False
