"""Async Active Record for SQLite: the API of sqlactive, its engine in C.

What most programs need is here; the rest stands under the module paths that
users of sqlactive and SQLAlchemy know.  Names of the mapping layer are
imported when they are first used, so that importing the package stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _hooks
from ._core import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    AsyncTransaction,
    DBConnection,
    TextClause,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
    text,
)
from ._version import __version__
from .engine.url import URL, make_url

if TYPE_CHECKING:
    from .active_record import ActiveRecordMixin
    from .base_model import ActiveRecordBaseModel
    from .orm import DeclarativeBase, Mapped, declared_attr, mapped_column
    from .schema import (
        CheckConstraint,
        Column,
        Computed,
        ForeignKey,
        ForeignKeyConstraint,
        Identity,
        Index,
        MetaData,
        PrimaryKeyConstraint,
        Table,
        UniqueConstraint,
    )
    from .serialization import SerializationMixin
    from .timestamp import TimestampMixin

_hooks.configure()

# name -> module of the package that has it
_LAZY = {
    "ActiveRecordBaseModel": "base_model",
    "ActiveRecordMixin": "active_record",
    "CheckConstraint": "schema",
    "Column": "schema",
    "Computed": "schema",
    "DeclarativeBase": "orm",
    "ForeignKey": "schema",
    "ForeignKeyConstraint": "schema",
    "Identity": "schema",
    "Index": "schema",
    "Mapped": "orm",
    "MetaData": "schema",
    "PrimaryKeyConstraint": "schema",
    "SerializationMixin": "serialization",
    "Table": "schema",
    "TimestampMixin": "timestamp",
    "UniqueConstraint": "schema",
    "declared_attr": "orm",
    "mapped_column": "orm",
}

__all__ = [
    "URL",
    "ActiveRecordBaseModel",
    "ActiveRecordMixin",
    "AsyncConnection",
    "AsyncEngine",
    "AsyncSession",
    "AsyncTransaction",
    "CheckConstraint",
    "Column",
    "Computed",
    "DBConnection",
    "DeclarativeBase",
    "ForeignKey",
    "ForeignKeyConstraint",
    "Identity",
    "Index",
    "Mapped",
    "MetaData",
    "PrimaryKeyConstraint",
    "SerializationMixin",
    "Table",
    "TextClause",
    "TimestampMixin",
    "UniqueConstraint",
    "__version__",
    "async_scoped_session",
    "async_sessionmaker",
    "create_async_engine",
    "declared_attr",
    "make_url",
    "mapped_column",
    "text",
]


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
