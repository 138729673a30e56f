"""Async Active Record for SQLite: the API of sqlactive, its engine in C.

What most programs need is here; the rest stands under the module paths that
users of sqlactive and SQLAlchemy know.  Names of the mapping layer are
imported when they are first used, so that importing the package stays cheap.
"""

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

_hooks.configure()

# name -> module of the package that has it
_LAZY = {}


def _lazily(module, *names):
    _LAZY.update(dict.fromkeys(names, module))


_lazily("active_record", "ActiveRecordMixin")
_lazily("base_model", "ActiveRecordBaseModel")
_lazily("serialization", "SerializationMixin")
_lazily("timestamp", "TimestampMixin")
_lazily("orm", "DeclarativeBase", "Mapped", "declared_attr", "mapped_column")
_lazily(
    "schema",
    "CheckConstraint",
    "Column",
    "Computed",
    "ForeignKey",
    "ForeignKeyConstraint",
    "Identity",
    "Index",
    "MetaData",
    "PrimaryKeyConstraint",
    "Table",
    "UniqueConstraint",
)

__all__ = [
    "URL",
    "AsyncConnection",
    "AsyncEngine",
    "AsyncSession",
    "AsyncTransaction",
    "DBConnection",
    "TextClause",
    "__version__",
    "async_scoped_session",
    "async_sessionmaker",
    "create_async_engine",
    "make_url",
    "text",
    *sorted(_LAZY),
]


def __getattr__(name):
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_LAZY})
