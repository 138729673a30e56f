"""Two reads that need a processor, at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from hashlib import pbkdf2_hmac
from pathlib import Path

from sqlactive_c import text

from .dataset import aiosqlite_connection, fill_file, our_engine
from .runner import OURS, Bench, Row, Sample, Side, at_least, compare

__all__ = ["two_reads"]

ROWS = 20_000
# Builds strings, which is what a read with a sort or a LIKE does most.
QUERY = """
SELECT sum(length(upper(a.name) || b.id)) FROM items AS a, items AS b
WHERE b.id <= {times}"""


def sides(name: str, reads: list[Callable[[], Awaitable[None]]]) -> list[Side]:
    async def one(count: int) -> None:
        for _ in range(count):
            await reads[0]()

    async def two(count: int) -> None:
        for _ in range(count):
            await asyncio.gather(*(read() for read in reads))

    return [Side(f"{name}, one", one), Side(f"{name}, two", two)]


async def hash_something() -> None:
    """Keep a processor busy in a thread that needs no GIL."""
    await asyncio.to_thread(pbkdf2_hmac, "sha256", b"", b"", 50_000)


def gain(samples: dict[str, Sample], name: str) -> float:
    one, two = samples[f"{name}, one"], samples[f"{name}, two"]
    return 2 * one.median / two.median


def told(samples: dict[str, Sample], name: str) -> str:
    one, two = samples[f"{name}, one"], samples[f"{name}, two"]
    return f"1: {one}, 2: {two}"


async def reads_on(bench: Bench, path: Path | None, where: str) -> Row:
    query = QUERY.format(times=6 if bench.quick else 20)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(our_engine(path, ROWS))
        ours = [await enter(engine.connect()) for _ in range(2)]
        drivers = [
            await enter(aiosqlite_connection(path, ROWS)) for _ in range(2)
        ]

        def our_read(connection):  # type: ignore[no-untyped-def]
            async def read() -> None:
                (await connection.execute(text(query))).all()

            return read

        def driver_read(connection):  # type: ignore[no-untyped-def]
            async def read() -> None:
                await connection.execute_fetchall(query)

            return read

        samples = await compare(
            bench,
            *sides(OURS, [our_read(connection) for connection in ours]),
            *sides("aiosqlite", [driver_read(each) for each in drivers]),
            *sides("threads", [hash_something, hash_something]),
        )
    mine, theirs = gain(samples, OURS), gain(samples, "aiosqlite")
    machine = gain(samples, "threads")
    bar = at_least(1.8, "x of one")
    return Row(
        f"two CPU-bound reads, {where}",
        told(samples, OURS),
        f"aiosqlite {theirs:.3g}x, plain threads {machine:.3g}x of one",
        f"{mine:.3g}x of one",
        bar.text,
        bar.is_met(mine) if bar.is_met(machine) else None,
        {
            "unit": "seconds, a value a round",
            "samples": {name: each.values for name, each in samples.items()},
            "ratio": mine,
            "peer": {"name": "aiosqlite", "ratio": theirs},
            "plain threads": machine,
        },
    )


async def two_reads(bench: Bench) -> list[Row]:
    """In memory ours share one database; aiosqlite's are two copies.

    Plain threads that hash are what the machine has to give in this run; where
    these do not clear the bar either, it says nothing about us.
    """
    with bench.files() as folder:
        path = fill_file(folder / "items", ROWS)
        return [
            await reads_on(bench, None, "memory"),
            await reads_on(bench, path, "WAL file"),
        ]
