"""Resident memory while the rows of a large table go by.

Each side streams in an interpreter of its own, where no earlier work has left
free memory behind: `python -m benchmarks.streaming SIDE FILE STEP`.  It reads
the whole table once before, so that SQLite's page cache is full; what the
first 10,000 rows take besides is where the curve starts.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter
from typing import Any

from .runner import OURS, Bench, Row, at_most, duration

__all__ = ["resident_memory"]

QUERY = "SELECT id, name, price, stock, note, weight FROM items"
WARM = "SELECT count(*), sum(price) FROM items"
STEP = 10_000
LIMIT = 1024  # KiB; what the allocator's own pages may come and go by
SIDES = (OURS, "aiosqlite", "SQLAlchemy")


def resident() -> int:
    """Return the resident memory of this process, in KiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


async def our_rows(path: Path) -> AsyncIterator[object]:
    from sqlactive_c import create_async_engine, text

    engine = create_async_engine(f"sqlite:///{path}")
    async with engine.connect() as connection:
        (await connection.execute(text(WARM))).all()
        async for row in await connection.stream(text(QUERY)):
            yield row
    await engine.dispose()


async def driver_rows(path: Path) -> AsyncIterator[object]:
    import aiosqlite

    async with aiosqlite.connect(path) as connection:
        await connection.execute_fetchall(WARM)
        async with connection.execute(QUERY) as cursor:
            async for row in cursor:
                yield row


async def peer_rows(path: Path) -> AsyncIterator[object]:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.connect() as connection:
        (await connection.execute(text(WARM))).all()
        async for row in await connection.stream(text(QUERY)):
            yield row
    await engine.dispose()


async def stream(side: str, path: Path, step: int) -> dict[str, Any]:
    """Stream the table and look at the memory after every `step` rows."""
    rows = {OURS: our_rows, "aiosqlite": driver_rows, "SQLAlchemy": peer_rows}
    kib = []
    count = 0
    begin = perf_counter()
    async for _row in rows[side](path):
        count += 1
        if count % step == 0:
            kib.append(resident())
    seconds = perf_counter() - begin
    return {"rows": count, "kib": kib, "seconds": seconds}


def in_a_child(side: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__, side, path, str(STEP)]
    output = subprocess.run(command, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(output.stdout)
    return found


async def resident_memory(bench: Bench) -> list[Row]:
    from .dataset import fill_file

    rows = 50_000 if bench.quick else 1_000_000
    found = {}
    with bench.files() as folder:
        path = fill_file(folder / "items", rows)
        for side in SIDES:
            bench.say(f"streaming, {side}")
            found[side] = in_a_child(side, path)
    growth = {}
    for side, result in found.items():
        if result["rows"] != rows:
            raise AssertionError(f"{side} streamed {result['rows']} rows")
        growth[side] = max(result["kib"]) - result["kib"][0]
    bar = at_most(LIMIT, " KiB")
    seconds = duration(found[OURS]["seconds"])
    return [
        Row(
            f"memory growth, streaming {rows:,} rows",
            f"{growth[OURS]:,} KiB ({seconds})",
            f"{side} {growth[side]:,} KiB "
            f"({duration(found[side]['seconds'])})",
            bar=bar.text if side == "aiosqlite" else "-",
            met=bar.is_met(growth[OURS]) if side == "aiosqlite" else None,
            data={
                "unit": f"KiB resident, a value every {STEP} rows",
                "ours": found[OURS],
                "peer": {"name": side, **found[side]},
            },
        )
        for side in SIDES[1:]
    ]


if __name__ == "__main__":
    result = asyncio.run(
        stream(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    )
    print(json.dumps(result))
