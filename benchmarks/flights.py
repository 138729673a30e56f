"""A year of real flights: what an analyst asks, against the raw tuples.

The ten queries of the tests, on the same file.  Each run builds the statement
anew in a session of its own and fetches all rows; ours are typed, and the
instances of a run are new ones.  The standard library's dates are text.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from typing import Any

from sqlactive_c import create_async_engine
from sqlactive_c.ext.asyncio import AsyncSession
from tests.flights.load import MISSING, data_folder, load
from tests.flights.queries import QUERIES, Query

from .runner import OURS, Bench, Row, Side, at_most, compare, versus

__all__ = ["analyst"]

STDLIB = "stdlib sqlite3"


def check(query: Query, rows: list[Any]) -> None:
    if len(rows) != query.rows:
        raise AssertionError(f"{query.name}: {len(rows)} rows")


def sides(query: Query, engine: Any, connection: sqlite3.Connection) -> Any:
    async def ours(count: int) -> None:
        for _ in range(count):
            async with AsyncSession(engine) as session:
                result = await session.execute(query.statement())
                check(query, result.all())

    async def stdlib(count: int) -> None:
        for _ in range(count):
            check(query, connection.execute(query.sql).fetchall())

    return Side(OURS, ours), Side(STDLIB, stdlib)


async def analyst(bench: Bench) -> list[Row]:
    """The ten queries, each with hydration."""
    folder = data_folder()
    if folder is None:
        print(f"NOTE: flights left out: {MISSING}", file=sys.stderr)
        return []
    lines = []
    with bench.files() as where:
        path = where / "flights"
        await load(path, folder, bench.say)
        engine = create_async_engine(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:
            for query in QUERIES:
                samples = await compare(
                    bench, *sides(query, engine, connection)
                )
                work = f"{query.name}, {query.rows:,} rows"
                lines.append(versus(work, samples, STDLIB, at_most(1.3)))
        await engine.dispose()
    return lines
