"""Cancelling at every point where a coroutine of the package waits.

A scenario runs again and again, and is cancelled at its first wait, then at
its second, until it runs through untouched.  With inline_budget=0 every
statement goes to a worker, so every statement is a wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import (
    ADD,
    BOOK,
    COUNT,
    ENDLESS,
    ENDLESS_WRITE,
    TIMINGS,
    WAYS,
    Boom,
    Timing,
    Trap,
    Way,
    at_rest,
    count,
    is_sound,
    plain,
    right_away,
    rows,
    until,
)
from sqlactive_c import AsyncEngine, create_async_engine, text
from sqlactive_c.exc import PendingRollbackError
from sqlactive_c.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    async_sessionmaker,
)

BATCH = 3  # rows that a scenario commits together


@pytest.fixture(params=["memory", "file"])
async def workers(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    """An engine that runs everything on its workers, with two places."""
    where = "" if request.param == "memory" else f"/{tmp_path}/test.db"
    engine = create_async_engine(
        f"sqlite+aiosqlite://{where}",
        inline_budget=0,
        pool_size=2,
        max_overflow=0,
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    yield engine
    await engine.dispose()


# ---- whole flows --------------------------------------------------------


async def read(engine: AsyncEngine, owner: str) -> None:
    async with engine.connect() as conn:
        for _ in range(BATCH):
            assert (await conn.execute(rows(100))).all()[-1] == (100,)


async def write(engine: AsyncEngine, owner: str) -> None:
    async with engine.connect() as conn:
        for _ in range(BATCH):
            await conn.execute(ADD, {"owner": owner})
        await conn.commit()


async def block(engine: AsyncEngine, owner: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(ADD, [{"owner": owner}] * (BATCH - 1))
        await conn.execute(ADD, {"owner": owner})


async def explicit(engine: AsyncEngine, owner: str) -> None:
    async with engine.connect() as conn:
        async with conn.begin():
            for _ in range(BATCH):
                await conn.execute(ADD, {"owner": owner})


async def nested(engine: AsyncEngine, owner: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(ADD, {"owner": owner})
        async with conn.begin_nested():
            await conn.execute(ADD, {"owner": owner})
            inner = await conn.begin_nested()
            await conn.execute(ADD, {"owner": owner})
            await inner.rollback()
        await conn.execute(ADD, {"owner": owner})


async def stream(engine: AsyncEngine, owner: str) -> None:
    async with engine.connect() as conn:
        async with conn.stream(rows(3000)) as result:
            assert [row async for row in result][-1] == (3000,)
        # two at once, and one that is left in the middle
        first = await conn.stream(rows(500))
        second = await conn.stream(rows(500))
        assert (await first.fetchone(), await second.fetchone()) == (
            (1,),
            (1,),
        )
        assert len(await first.all()) == 499


async def stream_beside_writes(engine: AsyncEngine, owner: str) -> None:
    async with engine.begin() as conn:
        result = await conn.stream(rows(200))
        written = 0
        async for _ in result:
            if written < BATCH:
                await conn.execute(ADD, {"owner": owner})
                written += 1


async def rolled_back(engine: AsyncEngine, owner: str) -> None:
    async with engine.connect() as conn:
        await conn.execute(ADD, {"owner": owner})
        await conn.rollback()
        for _ in range(BATCH):
            await conn.execute(ADD, {"owner": owner})
        await conn.commit()
        await conn.execute(ADD, {"owner": owner})


async def session(engine: AsyncEngine, owner: str) -> None:
    make = async_sessionmaker(engine)
    async with make() as session:
        await session.execute(ADD, {"owner": owner})
        await session.execute(ADD, {"owner": owner})
        await session.scalar(COUNT, {"owner": owner})
        await session.execute(ADD, {"owner": owner})
        await session.commit()


async def session_begin(engine: AsyncEngine, owner: str) -> None:
    async with AsyncSession(engine) as session, session.begin():
        for _ in range(BATCH - 1):
            await session.execute(ADD, {"owner": owner})
        async with session.begin_nested():
            await session.execute(ADD, {"owner": owner})


async def sync_code(engine: AsyncEngine, owner: str) -> None:
    def work(conn: Any) -> None:
        for _ in range(BATCH):
            conn.execute(ADD, {"owner": owner})

    async with engine.begin() as conn:
        await conn.run_sync(work)


async def two_connections(engine: AsyncEngine, owner: str) -> None:
    async with engine.connect() as reader, engine.begin() as writer:
        await writer.execute(ADD, [{"owner": owner}] * BATCH)
        await reader.scalar(COUNT, {"owner": owner})


async def invalidated(engine: AsyncEngine, owner: str) -> None:
    async with engine.connect() as conn:
        await conn.execute(ADD, {"owner": owner})
        await conn.invalidate()
        await conn.execute(ADD, [{"owner": owner}] * BATCH)
        await conn.commit()


Scenario = Callable[[AsyncEngine, str], Coroutine[Any, Any, None]]
# the least number of waits that each must have, so that none passes because
# nothing was ever cancelled
SCENARIOS: list[tuple[Scenario, int]] = [
    (read, 3),
    (write, 4),
    (block, 3),
    (explicit, 4),
    (nested, 9),
    (stream, 6),
    (stream_beside_writes, 5),
    (rolled_back, 7),
    (session, 5),
    (session_begin, 5),
    (sync_code, 2),
    (two_connections, 3),
    (invalidated, 4),
]


async def sweep(
    engine: AsyncEngine, scenario: Scenario, way: Way, timing: Timing
) -> int:
    """-> how many waits there were to cancel at."""
    at = 0
    while True:
        owner = f"{timing.__name__} {at}"
        async with asyncio.timeout(20):
            trap = await way(scenario(engine, owner), at, timing)
        await is_sound(engine)
        left = await count(engine, owner)
        if not trap.sprung:
            assert trap.end == "done"
            return at
        assert trap.end == "done" or isinstance(
            trap.end, asyncio.CancelledError
        ), trap.end
        assert left in (0, BATCH), f"half a transaction at wait {at}"
        # Nothing of what was cancelled runs later.
        assert await count(engine, owner) == left
        at += 1


@pytest.mark.parametrize(
    ("scenario", "least"), SCENARIOS, ids=[s.__name__ for s, _ in SCENARIOS]
)
async def test_a_flow_cancelled_anywhere(
    workers: AsyncEngine, scenario: Scenario, least: int
) -> None:
    for timing in TIMINGS.values():
        assert await sweep(workers, scenario, plain, timing) >= least


@pytest.mark.parametrize("way", [name for name in WAYS if name != "cancel"])
@pytest.mark.parametrize(
    "scenario", [write, nested, stream, session], ids=lambda s: s.__name__
)
async def test_every_way_to_cancel(
    workers: AsyncEngine, scenario: Scenario, way: str
) -> None:
    least = dict(SCENARIOS)[scenario]
    for timing in TIMINGS.values():
        assert await sweep(workers, scenario, WAYS[way], timing) >= least


# ---- one call, then the next on the same connection ----------------------


async def call_execute(conn: AsyncConnection) -> None:
    await conn.execute(ADD, {"owner": "call"})


async def call_many(conn: AsyncConnection) -> None:
    await conn.execute(ADD, [{"owner": "call"}] * 50)


async def call_read(conn: AsyncConnection) -> None:
    await conn.execute(rows(2000))


async def call_commit(conn: AsyncConnection) -> None:
    await conn.commit()


async def call_rollback(conn: AsyncConnection) -> None:
    await conn.rollback()


async def call_nested(conn: AsyncConnection) -> None:
    await conn.begin_nested()


async def call_stream(conn: AsyncConnection) -> None:
    result = await conn.stream(rows(1000))
    await result.fetchmany(100)
    await result.close()


async def call_pragma(conn: AsyncConnection) -> None:
    await conn.exec_driver_sql("PRAGMA user_version")


CALLS = [
    call_execute,
    call_many,
    call_read,
    call_commit,
    call_rollback,
    call_nested,
    call_stream,
    call_pragma,
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_the_connection_answers_after_a_cancelled_call(
    workers: AsyncEngine, call: Callable[[AsyncConnection], Any]
) -> None:
    for timing in TIMINGS.values():
        await sweep_call(workers, call, timing)
    await is_sound(workers)


async def sweep_call(
    workers: AsyncEngine,
    call: Callable[[AsyncConnection], Any],
    timing: Timing,
) -> None:
    at = 0
    while True:
        async with workers.connect() as conn:
            await conn.execute(ADD, {"owner": "before"})
            trap = await plain(call(conn), at, timing)
            async with asyncio.timeout(5):
                try:
                    assert await conn.scalar(text("SELECT 5")) == 5
                except PendingRollbackError:
                    # a write that was stopped in its middle
                    assert call is call_many
                    await conn.rollback()
                inside = await conn.scalar(COUNT, {"owner": "call"})
                assert inside == await conn.scalar(COUNT, {"owner": "call"})
                # executemany() may be stopped between two of its sets
                assert inside in (range(51) if call is call_many else (0, 1))
                await conn.rollback()
                assert await conn.scalar(COUNT, {"owner": "call"}) == 0
        at_rest(workers)
        if not trap.sprung:
            break
        at += 1
    assert at >= 1


async def test_an_endless_read_is_stopped(workers: AsyncEngine) -> None:
    async with workers.connect() as conn:
        for _ in range(10):
            async with asyncio.timeout(5):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(conn.execute(ENDLESS), 0.001)
                assert await conn.scalar(text("SELECT 1")) == 1
    at_rest(workers)


async def test_a_read_that_is_stopped_leaves_the_transaction(
    workers: AsyncEngine,
) -> None:
    async with workers.begin() as conn:
        await conn.execute(ADD, {"owner": "kept"})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(conn.execute(ENDLESS), 0.002)
        await conn.execute(ADD, {"owner": "kept"})
    assert await count(workers, "kept") == 2


async def test_an_endless_read_inline_is_stopped(
    any_engine: AsyncEngine,
) -> None:
    """Begun on the loop's thread, handed over, then cancelled."""
    async with any_engine.connect() as conn:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(conn.execute(ENDLESS), 0.002)
        assert any_engine.stats()["handovers"] == 1
        assert await conn.scalar(text("SELECT 1")) == 1


async def test_many_at_once(workers: AsyncEngine) -> None:
    """Two scan, one hundred wait for a connection; all are cancelled."""

    async def scan() -> None:
        async with workers.connect() as conn:
            await conn.execute(ENDLESS)

    tasks = [asyncio.create_task(scan()) for _ in range(102)]
    await until(lambda: workers.stats()["waiting"] == 100)
    for task in tasks:
        task.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    await is_sound(workers)


# ---- queues -------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_waiting_for_a_connection(
    workers: AsyncEngine, way: str
) -> None:
    one, two = await workers.connect(), await workers.connect()
    for timing in TIMINGS.values():
        trap = await WAYS[way](read(workers, "-"), 0, timing)
        assert trap.sprung
        assert workers.stats()["waiting"] == 0
        assert workers.pool.checkedout() == 2
    await one.close()
    await two.close()
    await is_sound(workers)


@pytest.mark.parametrize("timing", ["at once", "next turn"])
async def test_cancelled_when_its_connection_has_just_come(
    workers: AsyncEngine, timing: str
) -> None:
    """The place is granted in the same turn in which the waiter gives up."""
    one, two = await workers.connect(), await workers.connect()
    waiter = asyncio.create_task(workers.connect().start())
    await until(lambda: workers.stats()["waiting"] == 1)
    closing = one.close()
    if timing == "at once":
        with pytest.raises(StopIteration):
            while True:  # nothing to roll back: it does not wait
                assert closing.send(None) is None
        waiter.cancel()
    else:
        asyncio.get_running_loop().call_soon(waiter.cancel)
        await closing
    await asyncio.wait([waiter])
    if not waiter.cancelled():
        await waiter.result().close()
    await two.close()
    await is_sound(workers)


@pytest.mark.parametrize("way", WAYS)
async def test_waiting_for_the_writer(workers: AsyncEngine, way: str) -> None:
    for timing in TIMINGS.values():
        await cancel_a_waiting_writer(workers, WAYS[way], timing)


async def cancel_a_waiting_writer(
    workers: AsyncEngine, way: Way, timing: Timing
) -> None:
    async with workers.connect(), workers.connect():
        pass  # both places are open from here on: the first wait is the token
    async with workers.begin() as holder:
        await holder.execute(ADD, {"owner": "holder"})
        waiting: list[int] = []

        def timed(cancel: Callable[[], object]) -> Callable[[], object]:
            spring = timing(cancel)

            def note_and_spring() -> None:
                waiting.append(workers.stats()["writers_waiting"])
                spring()

            return note_and_spring

        # in a task of its own: the holder's would wait for itself
        trap = await asyncio.create_task(
            way(block(workers, "waiter"), 0, timed)
        )
        assert isinstance(trap.end, asyncio.CancelledError)
        assert waiting == [1]
        assert workers.stats()["writers_waiting"] == 0
        await holder.execute(ADD, {"owner": "holder"})
    assert await count(workers, "holder") % 2 == 0
    assert await count(workers, "waiter") == 0
    await is_sound(workers)


async def test_the_queue_closes_up_behind_a_cancelled_writer(
    workers: AsyncEngine,
) -> None:
    async with workers.begin() as holder:
        await holder.execute(ADD, {"owner": "holder"})
        first = asyncio.create_task(block(workers, "first"))
        await until(lambda: workers.stats()["writers_waiting"] == 1)
        second = asyncio.create_task(block(workers, "second"))
        await until(lambda: workers.stats()["waiting"] == 1)
        first.cancel()
        await until(lambda: workers.stats()["writers_waiting"] == 1)
    await second
    assert first.cancelled()
    assert await count(workers, "first") == 0
    assert await count(workers, "second") == BATCH


# ---- opening, disposing, forgetting --------------------------------------


@pytest.mark.parametrize("timing", TIMINGS)
async def test_opening_a_file(tmp_path: Path, timing: str) -> None:
    points = 0
    for attempt in range(5):
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{tmp_path}/{attempt}.db", inline_budget=0
        )
        conn = engine.connect()
        trap = await plain(conn.start(), 0, TIMINGS[timing])
        points += trap.sprung
        async with asyncio.timeout(5):
            if isinstance(trap.end, asyncio.CancelledError):
                assert await conn.scalar(text("SELECT 1")) == 1
            await conn.close()
        at_rest(engine)
        await engine.dispose()
    assert points == 5


async def test_dispose_with_a_scan_in_flight(workers: AsyncEngine) -> None:
    async def scan() -> None:
        async with workers.connect() as conn:
            await conn.execute(ENDLESS)

    task = asyncio.create_task(scan())
    await until(lambda: workers.pool.checkedout() == 1)
    async with asyncio.timeout(5):
        await workers.dispose()
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
    at_rest(workers)


@pytest.mark.parametrize("statement", [ENDLESS, ENDLESS_WRITE])
async def test_an_awaitable_that_is_closed_in_flight(
    workers: AsyncEngine, statement: Any
) -> None:
    """close() leaves the call behind; it ends by itself, and the next one
    waits for that."""
    conn = await workers.connect()
    call = conn.execute(statement)
    call.send(None)
    call.close()
    async with asyncio.timeout(5):
        assert await conn.scalar(text("SELECT 1")) == 1
        await conn.close()
    await is_sound(workers)


async def test_an_interrupted_write_loses_the_transaction(
    workers: AsyncEngine,
) -> None:
    async with workers.connect() as conn:
        await conn.execute(ADD, {"owner": "lost"})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(conn.execute(ENDLESS_WRITE), 0.005)
        for statement in (text("SELECT 1"), ADD):
            with pytest.raises(PendingRollbackError, match="rollback"):
                await conn.execute(statement, {"owner": "after"})
        with pytest.raises(PendingRollbackError):
            await conn.commit()
        await conn.rollback()
        await conn.execute(ADD, {"owner": "kept"})
        await conn.commit()
    assert await count(workers, "lost") == 0
    assert await count(workers, "after") == 0
    assert await count(workers, "kept") == 1


async def test_an_error_in_the_block_is_the_one_that_leaves(
    workers: AsyncEngine,
) -> None:
    with pytest.raises(Boom):
        async with workers.begin() as conn:
            await conn.execute(ADD, {"owner": "boom"})
            raise Boom
    assert await count(workers, "boom") == 0
    await is_sound(workers)


async def test_the_harness_counts_waits() -> None:
    """The trap would find a cancel that is swallowed."""

    async def stubborn() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

    with pytest.raises(AssertionError):
        await plain(stubborn(), 0, right_away)
    trap = Trap(stubborn(), (9,), lambda: None)
    trap.work.close()
    assert not trap.sprung
