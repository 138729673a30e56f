"""How late a 1 ms ticker is while another task uses the database.

A row's number is what the busy loop adds to the idle one, whose turns come in
between: the difference of the 99th percentiles and of the maxima over all
rounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count as numbers
from time import perf_counter

import aiosqlite

from sqlactive_c import AsyncConnection, AsyncEngine, text

from .dataset import (
    INSERT,
    INSERT_POSITIONAL,
    aiosqlite_connection,
    fill_file,
    our_engine,
)
from .runner import OURS, Bench, Row, collector

__all__ = ["on_loop", "percentile"]

TICK = 0.001
P99_LIMIT = 0.002
MAX_LIMIT = 0.010
BAR = "p99 ≤ +2 ms, max ≤ +10 ms"

SCAN = "SELECT count(*), sum(price) FROM items WHERE name LIKE '%no such%'"
READ = "SELECT id, name, price, stock, note, weight FROM items"

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """What the other task does, on either side; `bar` marks the issue's."""

    work: str
    ours: Work
    driver: Work
    has_bar: bool = True


async def ticker(stop: asyncio.Event) -> list[float]:
    late = []
    while not stop.is_set():
        begin = perf_counter()
        await asyncio.sleep(TICK)
        late.append(round(perf_counter() - begin - TICK, 7))
    return late


async def lateness(work: Work) -> list[float]:
    """Run the work beside the ticker."""
    stop = asyncio.Event()
    with collector(False):
        task = asyncio.create_task(ticker(stop))
        await asyncio.sleep(0.01)
        await work()
        stop.set()
        return await task


def percentile(values: list[float], fraction: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))]


def our_scenarios(
    engine: AsyncEngine, connection: AsyncConnection, seconds: float, many: int
) -> list[Work]:
    serial = numbers(1)

    async def scan() -> None:
        end = perf_counter() + seconds
        while perf_counter() < end:
            (await connection.execute(text(SCAN))).all()

    async def commit() -> None:
        for _ in range(many):
            async with engine.begin() as writer:
                await writer.execute(
                    text(INSERT),
                    {"name": "new", "price": 1.5, "stock": next(serial)},
                )

    async def stream() -> None:
        end = perf_counter() + seconds
        while perf_counter() < end:
            async for _row in await connection.stream(text(READ)):
                if perf_counter() >= end:
                    break

    async def fetch() -> None:
        end = perf_counter() + seconds
        while perf_counter() < end:
            (await connection.execute(text(READ))).all()

    return [scan, commit, stream, fetch]


def driver_scenarios(
    connection: aiosqlite.Connection, seconds: float, many: int
) -> list[Work]:
    serial = numbers(1)

    async def scan() -> None:
        end = perf_counter() + seconds
        while perf_counter() < end:
            await connection.execute_fetchall(SCAN)

    async def commit() -> None:
        for _ in range(many):
            await connection.execute(
                INSERT_POSITIONAL, ("new", 1.5, next(serial))
            )
            await connection.commit()

    async def stream() -> None:
        end = perf_counter() + seconds
        while perf_counter() < end:
            async with connection.execute(READ) as cursor:
                async for _row in cursor:
                    if perf_counter() >= end:
                        break

    async def fetch() -> None:
        end = perf_counter() + seconds
        while perf_counter() < end:
            await connection.execute_fetchall(READ)

    return [scan, commit, stream, fetch]


def added(busy: list[float], idle: list[float]) -> tuple[float, float]:
    return (
        percentile(busy, 0.99) - percentile(idle, 0.99),
        max(busy) - max(idle),
    )


def told(values: tuple[float, float]) -> str:
    return f"p99 {values[0] * 1e3:+.2f}, max {values[1] * 1e3:+.2f} ms"


def row(
    scenario: Scenario,
    idle: list[float],
    ours: list[float],
    driver: list[float],
) -> Row:
    mine, theirs = added(ours, idle), added(driver, idle)
    met = mine[0] <= P99_LIMIT and mine[1] <= MAX_LIMIT
    return Row(
        f"loop latency: {scenario.work}",
        told(mine),
        f"aiosqlite {told(theirs)}",
        bar=BAR if scenario.has_bar else "-",
        met=met if scenario.has_bar else None,
        data={
            "unit": "seconds late, a value a tick",
            "idle": idle,
            "ours": ours,
            "peer": {"name": "aiosqlite", "values": driver},
            "added": {OURS: mine, "aiosqlite": theirs},
        },
    )


async def on_loop(bench: Bench) -> list[Row]:
    """Idle, ours and aiosqlite in turns, scenario by scenario."""
    seconds, many, rounds, rows = 2.0, 1_000, 3, 200_000
    if bench.quick:
        seconds, many, rounds, rows = 0.3, 50, 1, 50_000
    with bench.files() as folder:
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            engine = await enter(our_engine(fill_file(folder / "ours", rows)))
            connection = await enter(engine.connect())
            driver = await enter(
                aiosqlite_connection(fill_file(folder / "theirs", rows))
            )
            works = zip(
                our_scenarios(engine, connection, seconds, many),
                driver_scenarios(driver, seconds, many),
                strict=True,
            )
            scan, commit, stream, fetch = works
            return await measured(
                bench,
                rounds,
                seconds,
                [
                    Scenario(f"a scan for {seconds:g} s", *scan),
                    Scenario(f"{many:,} file commits", *commit),
                    Scenario(f"streaming for {seconds:g} s", *stream, False),
                    Scenario(f"fetches of {rows:,} rows", *fetch, False),
                ],
            )


async def measured(
    bench: Bench, rounds: int, seconds: float, scenarios: list[Scenario]
) -> list[Row]:
    async def idle_work() -> None:
        await asyncio.sleep(seconds)

    late: list[list[list[float]]] = [[[], [], []] for _ in scenarios]
    for number in range(rounds):
        for scenario, values in zip(scenarios, late, strict=True):
            bench.say(f"{scenario.work}, round {number + 1} of {rounds}")
            works = [idle_work, scenario.ours, scenario.driver]
            turns = list(zip(values, works, strict=True))
            for side, work in turns if number % 2 == 0 else turns[::-1]:
                side.extend(await lateness(work))
    return [
        row(scenario, *values)
        for scenario, values in zip(scenarios, late, strict=True)
    ]
