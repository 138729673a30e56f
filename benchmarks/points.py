"""Point selects: one row by its primary key, in memory, on a file, by workers.

Each side uses its fastest spelling: the peers `?` and a tuple; ours what its
users write, `text()` and a dict made anew for every call.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import cycle, islice
from pathlib import Path

import aiosqlite
from sqlalchemy import text as peer_text
from sqlalchemy.ext.asyncio import AsyncConnection as PeerConnection
from sqlalchemy.ext.asyncio import AsyncEngine as PeerEngine
from sqlalchemy.ext.asyncio import AsyncSession as PeerSession
from sqlalchemy.ext.asyncio import async_sessionmaker as peer_sessionmaker

from sqlactive_c import (
    AsyncConnection,
    AsyncEngine,
    async_sessionmaker,
    text,
)

from .dataset import (
    aiosqlite_connection,
    fill_file,
    our_engine,
    peer_engine,
    stdlib_connection,
)
from .runner import OURS, Bench, Row, Side, at_least, at_most, compare, versus

__all__ = ["gathered", "on_file", "on_memory", "on_worker", "sessions"]

ROWS = 10_000
TASKS = 1_000
CONNECTIONS = 15
NAMED = "SELECT id, name, price FROM items WHERE id = :id"
POSITIONAL = "SELECT id, name, price FROM items WHERE id = ?"

# In an order that has no pattern, the same for all.
IDS = [number * 7919 % ROWS + 1 for number in range(1_000)]


def keys(count: int) -> Iterator[int]:
    return islice(cycle(IDS), count)


def check(row: tuple, key: int) -> None:
    if tuple(row) != (key, f"item number {key}", key * 0.25):
        raise AssertionError(f"not the row of {key}: {row}")


def our_side(connection: AsyncConnection, name: str = OURS) -> Side:
    async def run(count: int) -> None:
        for key in keys(count):
            row = (await connection.execute(text(NAMED), {"id": key})).first()
        check(row, key)

    return Side(name, run)


def stdlib_side(connection: sqlite3.Connection) -> Side:
    async def run(count: int) -> None:
        for key in keys(count):
            row = connection.execute(POSITIONAL, (key,)).fetchone()
        check(row, key)

    return Side("stdlib sqlite3", run)


def aiosqlite_side(connection: aiosqlite.Connection) -> Side:
    async def run(count: int) -> None:
        for key in keys(count):
            async with connection.execute(POSITIONAL, (key,)) as cursor:
                row = await cursor.fetchone()
        check(row, key)

    return Side("aiosqlite", run)


def one_hop_side(connection: aiosqlite.Connection) -> Side:
    async def run(count: int) -> None:
        for key in keys(count):
            [row] = await connection.execute_fetchall(POSITIONAL, (key,))
        check(row, key)

    return Side("aiosqlite execute_fetchall", run)


def peer_side(connection: PeerConnection) -> Side:
    async def run(count: int) -> None:
        for key in keys(count):
            result = await connection.execute(peer_text(NAMED), {"id": key})
            row = result.first()
        check(row, key)

    return Side("SQLAlchemy", run)


async def on_memory(bench: Bench) -> list[Row]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(our_engine(None, ROWS))
        peer = await enter(peer_engine(None, ROWS))
        driver = await enter(aiosqlite_connection(None, ROWS))
        samples = await compare(
            bench,
            our_side(await enter(engine.connect())),
            stdlib_side(await enter(stdlib_connection(None, ROWS))),
            aiosqlite_side(driver),
            one_hop_side(driver),
            peer_side(await enter(peer.connect())),
        )
    work = "point select, memory"
    return [
        versus(work, samples, "stdlib sqlite3", at_most(3)),
        versus(work, samples, "aiosqlite", at_least(25)),
        versus(work, samples, "aiosqlite execute_fetchall"),
        versus(work, samples, "SQLAlchemy"),
    ]


async def on_file(bench: Bench) -> list[Row]:
    with bench.files() as folder:
        paths = [fill_file(folder / str(name), ROWS) for name in range(4)]
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            engine = await enter(our_engine(paths[0]))
            driver = await enter(aiosqlite_connection(paths[1]))
            peer = await enter(peer_engine(paths[2]))
            samples = await compare(
                bench,
                our_side(await enter(engine.connect())),
                aiosqlite_side(driver),
                one_hop_side(driver),
                stdlib_side(await enter(stdlib_connection(paths[3]))),
                peer_side(await enter(peer.connect())),
            )
    work = "point select, WAL file"
    return [
        versus(work, samples, "aiosqlite", at_least(15)),
        versus(work, samples, "aiosqlite execute_fetchall"),
        versus(work, samples, "stdlib sqlite3"),
        versus(work, samples, "SQLAlchemy"),
    ]


async def worker_samples(bench: Bench, path: Path | None, work: str) -> Row:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(our_engine(path, ROWS, inline_budget=0))
        driver = await enter(aiosqlite_connection(path, ROWS))
        samples = await compare(
            bench,
            our_side(await enter(engine.connect())),
            aiosqlite_side(driver),
        )
    return versus(work, samples, "aiosqlite", at_least(2))


async def on_worker(bench: Bench) -> list[Row]:
    """The same with no inline budget: every call goes to a worker."""
    with bench.files() as folder:
        path = fill_file(folder / "items", ROWS)
        return [
            await worker_samples(bench, None, "point select, worker, memory"),
            await worker_samples(
                bench, path, "point select, worker, WAL file"
            ),
        ]


def at_once(name: str, one: Callable[[int], Awaitable[None]]) -> Side:
    async def run(count: int) -> None:
        for _ in range(count):
            await asyncio.gather(*map(one, keys(TASKS)))

    return Side(name, run)


def our_gathered(engine: AsyncEngine, name: str = OURS) -> Side:
    async def one(key: int) -> None:
        async with engine.connect() as connection:
            row = (await connection.execute(text(NAMED), {"id": key})).first()
        check(row, key)

    return at_once(name, one)


def peer_gathered(engine: PeerEngine) -> Side:
    async def one(key: int) -> None:
        async with engine.connect() as connection:
            result = await connection.execute(peer_text(NAMED), {"id": key})
            row = result.first()
        check(row, key)

    return at_once("SQLAlchemy", one)


def pooled_gathered(connections: list[aiosqlite.Connection]) -> Side:
    pool: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
    for connection in connections:
        pool.put_nowait(connection)

    async def one(key: int) -> None:
        connection = await pool.get()
        try:
            async with connection.execute(POSITIONAL, (key,)) as cursor:
                row = await cursor.fetchone()
        finally:
            pool.put_nowait(connection)
        check(row, key)

    return at_once("aiosqlite, a pool", one)


def shared_gathered(connection: aiosqlite.Connection) -> Side:
    async def one(key: int) -> None:
        async with connection.execute(POSITIONAL, (key,)) as cursor:
            row = await cursor.fetchone()
        check(row, key)

    return at_once("aiosqlite, one shared", one)


def nothing_gathered() -> Side:
    async def one(key: int) -> None:
        pass

    return at_once("asyncio, empty tasks", one)


async def gathered(bench: Bench) -> list[Row]:
    """A thousand tasks at once, each with a point select of its own.

    The bar compares equals: while a task queries, a connection is its own,
    so that it could open a transaction.  There are as many connections on
    each side; ours and SQLAlchemy's are their engines' pools, aiosqlite's
    wait in a queue.  "One shared" is what aiosqlite does best and ours
    refuses: all tasks on one connection, in one another's transactions.
    The empty tasks are what asyncio itself takes.
    """
    size = {"pool_size": CONNECTIONS, "max_overflow": 0}
    with bench.files() as folder:
        path = fill_file(folder / "items", ROWS)
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            workers = await enter(our_engine(path, inline_budget=0, **size))
            inline = await enter(our_engine(path, **size))
            peer = await enter(peer_engine(path, **size))
            drivers = [
                await enter(aiosqlite_connection(path))
                for _ in range(CONNECTIONS)
            ]
            samples = await compare(
                bench,
                our_gathered(workers),
                our_gathered(inline, "inline"),
                peer_gathered(peer),
                pooled_gathered(drivers),
                shared_gathered(drivers[0]),
                nothing_gathered(),
            )
    work = "1,000 gathered selects, worker"
    inline_work = "1,000 gathered selects, inline"
    pool, shared = "aiosqlite, a pool", "aiosqlite, one shared"
    return [
        versus(work, samples, pool, at_least(8)),
        versus(work, samples, shared),
        versus(work, samples, "SQLAlchemy"),
        versus(inline_work, samples, pool, ours="inline"),
        versus(inline_work, samples, shared, ours="inline"),
        versus(inline_work, samples, "asyncio, empty tasks", ours="inline"),
    ]


def our_session_side(maker: async_sessionmaker) -> Side:
    async def run(count: int) -> None:
        for key in keys(count):
            async with maker() as session:
                result = await session.execute(text(NAMED), {"id": key})
                row = result.first()
        check(row, key)

    return Side(OURS, run)


def peer_session_side(maker: peer_sessionmaker[PeerSession]) -> Side:
    async def run(count: int) -> None:
        for key in keys(count):
            async with maker() as session:
                result = await session.execute(peer_text(NAMED), {"id": key})
                row = result.first()
        check(row, key)

    return Side("SQLAlchemy", run)


async def sessions(bench: Bench) -> list[Row]:
    """A session for each point select, as a request handler has it."""
    async with (
        our_engine(None, ROWS) as engine,
        peer_engine(None, ROWS) as peer,
    ):
        samples = await compare(
            bench,
            our_session_side(async_sessionmaker(engine)),
            peer_session_side(peer_sessionmaker(peer)),
        )
    return [versus("a session and its select, memory", samples, "SQLAlchemy")]
