"""All rows of a large result at once."""

from __future__ import annotations

from contextlib import AsyncExitStack

from sqlalchemy import text as peer_text

from sqlactive_c import text

from .dataset import (
    aiosqlite_connection,
    our_engine,
    peer_engine,
    stdlib_connection,
)
from .runner import OURS, Bench, Row, Side, at_most, compare, versus

__all__ = ["fetch_all"]

ROWS = 100_000
QUERY = "SELECT id, name, price, stock, note, weight FROM items"


def check(rows: list) -> None:
    last = (ROWS, f"item number {ROWS}", ROWS * 0.25)
    if len(rows) != ROWS or tuple(rows[-1])[:3] != last:
        raise AssertionError("not all rows have come")


async def fetch_all(bench: Bench) -> list[Row]:
    """The time includes the end of the list, on all sides."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(our_engine(None, ROWS))
        connection = await enter(engine.connect())
        stdlib = await enter(stdlib_connection(None, ROWS))
        driver = await enter(aiosqlite_connection(None, ROWS))
        peer = await enter(peer_engine(None, ROWS))
        peer_connection = await enter(peer.connect())

        async def ours(count: int) -> None:
            for _ in range(count):
                check((await connection.execute(text(QUERY))).all())

        async def theirs(count: int) -> None:
            for _ in range(count):
                check(stdlib.execute(QUERY).fetchall())

        async def drivers(count: int) -> None:
            for _ in range(count):
                check(list(await driver.execute_fetchall(QUERY)))

        async def peers(count: int) -> None:
            for _ in range(count):
                check((await peer_connection.execute(peer_text(QUERY))).all())

        samples = await compare(
            bench,
            Side(OURS, ours),
            Side("stdlib sqlite3", theirs),
            Side("aiosqlite", drivers),
            Side("SQLAlchemy", peers),
        )
    work = "fetch 100,000 rows x 6 columns"
    return [
        versus(work, samples, "stdlib sqlite3", at_most(1.3)),
        versus(work, samples, "aiosqlite"),
        versus(work, samples, "SQLAlchemy"),
    ]
