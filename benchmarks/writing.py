"""Transactions and executemany."""

from __future__ import annotations

from contextlib import AsyncExitStack
from itertools import count as numbers
from pathlib import Path

from sqlalchemy import text as peer_text

from sqlactive_c import text

from .dataset import (
    INSERT,
    INSERT_POSITIONAL,
    aiosqlite_connection,
    fill_file,
    our_engine,
    peer_engine,
    stdlib_connection,
)
from .runner import OURS, Bench, Row, Side, compare, versus

__all__ = ["executemany", "on_file", "on_memory"]

MANY = 10_000


async def transactions(
    bench: Bench, work: str, paths: list[Path | None]
) -> list[Row]:
    """Insert a row and commit: the whole of a unit of work."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(our_engine(paths[0]))
        driver = await enter(aiosqlite_connection(paths[1]))
        peer = await enter(peer_engine(paths[2]))
        stdlib = await enter(stdlib_connection(paths[3]))
        serial = numbers(1)

        async def ours(count: int) -> None:
            for _ in range(count):
                async with engine.begin() as connection:
                    await connection.execute(
                        text(INSERT),
                        {"name": "new", "price": 1.5, "stock": next(serial)},
                    )

        async def drivers(count: int) -> None:
            for _ in range(count):
                await driver.execute(
                    INSERT_POSITIONAL, ("new", 1.5, next(serial))
                )
                await driver.commit()

        async def peers(count: int) -> None:
            for _ in range(count):
                async with peer.begin() as connection:
                    await connection.execute(
                        peer_text(INSERT),
                        {"name": "new", "price": 1.5, "stock": next(serial)},
                    )

        async def theirs(count: int) -> None:
            for _ in range(count):
                stdlib.execute(INSERT_POSITIONAL, ("new", 1.5, next(serial)))
                stdlib.commit()

        samples = await compare(
            bench,
            Side(OURS, ours),
            Side("aiosqlite", drivers),
            Side("SQLAlchemy", peers),
            Side("stdlib sqlite3", theirs),
        )
    return [
        versus(work, samples, "aiosqlite"),
        versus(work, samples, "SQLAlchemy"),
        versus(work, samples, "stdlib sqlite3"),
    ]


async def on_memory(bench: Bench) -> list[Row]:
    return await transactions(bench, "insert and commit, memory", [None] * 4)


async def on_file(bench: Bench) -> list[Row]:
    with bench.files() as folder:
        paths: list[Path | None] = [
            fill_file(folder / str(name), 0) for name in range(4)
        ]
        return await transactions(bench, "insert and commit, WAL file", paths)


async def executemany(bench: Bench) -> list[Row]:
    """The rows are taken back at the end of each run, on all sides."""
    rows = [
        {"name": f"new {number}", "price": number / 4, "stock": number}
        for number in range(MANY)
    ]
    tuples = [tuple(row.values()) for row in rows]
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(our_engine(None))
        connection = await enter(engine.connect())
        driver = await enter(aiosqlite_connection(None))
        peer = await enter(peer_engine(None))
        peer_connection = await enter(peer.connect())
        stdlib = await enter(stdlib_connection(None))

        async def ours(count: int) -> None:
            for _ in range(count):
                await connection.execute(text(INSERT), rows)
                await connection.rollback()

        async def drivers(count: int) -> None:
            for _ in range(count):
                await driver.executemany(INSERT_POSITIONAL, tuples)
                await driver.rollback()

        async def peers(count: int) -> None:
            for _ in range(count):
                await peer_connection.execute(peer_text(INSERT), rows)
                await peer_connection.rollback()

        async def theirs(count: int) -> None:
            for _ in range(count):
                stdlib.executemany(INSERT_POSITIONAL, tuples)
                stdlib.rollback()

        samples = await compare(
            bench,
            Side(OURS, ours),
            Side("aiosqlite", drivers),
            Side("SQLAlchemy", peers),
            Side("stdlib sqlite3", theirs),
        )
    work = "executemany, 10,000 rows, memory"
    return [
        versus(work, samples, "stdlib sqlite3"),
        versus(work, samples, "aiosqlite"),
        versus(work, samples, "SQLAlchemy"),
    ]
