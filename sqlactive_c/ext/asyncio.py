"""Engines and sessions, under the path that users of SQLAlchemy know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._core import (
    AsyncConnection,
    AsyncEngine,
    AsyncMappingResult,
    AsyncResult,
    AsyncScalarResult,
    AsyncSession,
    AsyncSessionTransaction,
    AsyncTransaction,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from .._core import object_session as async_object_session
from .async_attrs import AsyncAttrs

if TYPE_CHECKING:
    from ..orm import Session

__all__ = [
    "AsyncAttrs",
    "AsyncConnection",
    "AsyncEngine",
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "AsyncSession",
    "AsyncSessionTransaction",
    "AsyncTransaction",
    "async_engine_from_config",
    "async_object_session",
    "async_scoped_session",
    "async_session",
    "async_sessionmaker",
    "close_all_sessions",
    "create_async_engine",
]

_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "y", "t", "1"), True),
    **dict.fromkeys(("false", "no", "off", "n", "f", "0"), False),
}
_NUMBERS = ("pool_size", "max_overflow", "pool_recycle", "pool_timeout")
_SWITCHES = ("echo", "echo_pool", "pool_pre_ping", "pool_use_lifo", "future")


def async_engine_from_config(
    configuration: Mapping[str, Any],
    prefix: str = "sqlalchemy.",
    **kwargs: Any,
) -> AsyncEngine:
    """Make an engine of what a configuration file says.

    Args:
        configuration: Words of `create_async_engine`, with the prefix. Where
            they are strings, numbers and truth values are read from them.
        prefix: What the words begin with; others are left alone.
        **kwargs: Further words, which come before those.

    Raises:
        KeyError: There is no ``url``.
        ValueError: A string says neither a number nor yes or no.
    """
    words: dict[str, Any] = {
        name.removeprefix(prefix): _read(name.removeprefix(prefix), value)
        for name, value in configuration.items()
        if name.startswith(prefix)
    }
    words.update(kwargs)
    url = words.pop("url")
    return create_async_engine(url, **words)


def _read(name: str, value: Any) -> Any:
    """Return what a word of a configuration file means."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name in _NUMBERS:
        return float(text) if "." in text else int(text)
    if name in _SWITCHES and text != "debug":
        try:
            return _WORDS[text.lower()]
        except KeyError:
            raise ValueError(f"String is not true/false: {value!r}") from None
    return value


def async_session(session: Session) -> AsyncSession:
    """Return the session that a synchronous one is the face of.

    Args:
        session: What `run_sync()` or a listener was given.
    """
    return session._session


async def close_all_sessions() -> None:
    """Close all sessions that are there, whoever made them."""
    import gc

    for each in gc.get_objects():
        if isinstance(each, AsyncSession):
            await each.close()
