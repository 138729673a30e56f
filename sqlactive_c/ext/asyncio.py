"""Engines and sessions, under the path that users of SQLAlchemy know."""

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
    "async_object_session",
    "async_scoped_session",
    "async_sessionmaker",
    "close_all_sessions",
    "create_async_engine",
]


async def close_all_sessions() -> None:
    """Close all sessions that are there, whoever made them."""
    import gc

    for each in gc.get_objects():
        if isinstance(each, AsyncSession):
            await each.close()
