"""The table that everything reads and writes, and how each side opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiosqlite
from sqlalchemy import event
from sqlalchemy import text as peer_text
from sqlalchemy.ext.asyncio import AsyncEngine as PeerEngine
from sqlalchemy.ext.asyncio import create_async_engine as create_peer_engine

from sqlactive_c import AsyncEngine, create_async_engine, text

__all__ = [
    "INSERT",
    "INSERT_POSITIONAL",
    "aiosqlite_connection",
    "fill_file",
    "our_engine",
    "peer_engine",
    "stdlib_connection",
]

CREATE = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    price REAL NOT NULL,
    stock INTEGER NOT NULL,
    note TEXT,
    weight REAL
)"""

# Integers, floats, text, and NULL in every third note and seventh weight.
FILL = """
INSERT INTO items
WITH RECURSIVE number(x) AS (
    VALUES (1) UNION ALL SELECT x + 1 FROM number WHERE x < {rows}
)
SELECT x, 'item number ' || x, x * 0.25, x * 7919 % 1000,
    CASE WHEN x % 3 THEN 'a note about ' || x END,
    CASE WHEN x % 7 THEN x / 3.0 END
FROM number"""

INSERT = (
    "INSERT INTO items (name, price, stock) VALUES (:name, :price, :stock)"
)
INSERT_POSITIONAL = "INSERT INTO items (name, price, stock) VALUES (?, ?, ?)"

PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")


def fill_file(path: Path, rows: int) -> Path:
    """Make a database file in WAL mode, nothing left in its log."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(PRAGMAS[0])
        connection.execute(CREATE)
        connection.execute(FILL.format(rows=rows))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@asynccontextmanager
async def our_engine(
    path: Path | None, rows: int = 0, **keywords: object
) -> AsyncIterator[AsyncEngine]:
    """Open our engine on a filled file, or on memory that it fills."""
    engine = create_async_engine(f"sqlite:///{path or ':memory:'}", **keywords)
    try:
        if path is None:
            async with engine.begin() as connection:
                await connection.execute(text(CREATE))
                await connection.execute(text(FILL.format(rows=rows)))
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def peer_engine(
    path: Path | None, rows: int = 0, **keywords: int
) -> AsyncIterator[PeerEngine]:
    """Open SQLAlchemy's engine with the same settings."""
    url = f"sqlite+aiosqlite:///{path or ':memory:'}"
    engine = create_peer_engine(url, **keywords)

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        if path is not None:
            for pragma in PRAGMAS:
                connection.execute(pragma)

    try:
        if path is None:
            async with engine.begin() as connection:
                await connection.execute(peer_text(CREATE))
                await connection.execute(peer_text(FILL.format(rows=rows)))
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def aiosqlite_connection(
    path: Path | None, rows: int = 0
) -> AsyncIterator[aiosqlite.Connection]:
    """Open an aiosqlite connection with the same settings."""
    async with aiosqlite.connect(path or ":memory:") as connection:
        if path is None:
            await connection.execute(CREATE)
            await connection.execute(FILL.format(rows=rows))
            await connection.commit()
        else:
            for pragma in PRAGMAS:
                await connection.execute(pragma)
        yield connection


@asynccontextmanager
async def stdlib_connection(
    path: Path | None, rows: int = 0
) -> AsyncIterator[sqlite3.Connection]:
    """Open a connection of the standard library with the same settings."""
    with closing(sqlite3.connect(path or ":memory:")) as connection:
        if path is None:
            connection.execute(CREATE)
            connection.execute(FILL.format(rows=rows))
            connection.commit()
        else:
            for pragma in PRAGMAS:
                connection.execute(pragma)
        yield connection
