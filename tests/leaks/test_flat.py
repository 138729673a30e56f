"""Every operation again and again: blocks of the engine, blocks of Python,
objects, descriptors and threads stay as many as they are; and a unit of work
makes no reference cycles."""

from __future__ import annotations

import asyncio
import datetime
import gc
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import ADD, BOOK, COUNT, ENDLESS, rows
from plugins.objects import use_session
from plugins.savers import BOOKS, Book, write_books
from plugins.trees import change_trees, load_trees
from sqlactive_c import (
    AsyncEngine,
    DBConnection,
    _core,
    create_async_engine,
    text,
)
from sqlactive_c.exc import SQLAlchemyError
from sqlactive_c.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
)
from sqlactive_c.schema import Column, MetaData, Table
from sqlactive_c.sql.dml import insert
from sqlactive_c.sql.elements import literal
from sqlactive_c.sql.selectable import select
from sqlactive_c.types import Integer, String

NOW = datetime.datetime(2020, 1, 1)
book = Table(
    "book",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("owner", String),
)

REPEAT = 60
# What is made once, a thread or a cache, may come in any round, and the heap
# takes a while to find its shape; a leak comes in each round.
ROUNDS = 40


def counters() -> dict[str, int]:
    gc.collect()
    return {
        "engine blocks": _core.live_blocks(),
        "objects": len(gc.get_objects()),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")),
        "blocks": sys.getallocatedblocks(),
    }


# What a single allocation somewhere in the interpreter may add by chance; a
# leak adds at least REPEAT.
SLACK = {"blocks": REPEAT // 2, "objects": REPEAT // 2}


async def flat(operation: Callable[[], Awaitable[None]]) -> None:
    grown = {"": 1}
    for _ in range(ROUNDS):
        before = counters()
        for _ in range(REPEAT):
            await operation()
        after = counters()
        grown = {
            name: after[name] - before[name]
            for name in before
            if after[name] - before[name] > SLACK.get(name, 0)
        }
        if not grown:
            return
    raise AssertionError(f"grows with every round: {grown}")


@pytest.fixture(params=["inline", "workers", "file"])
async def engine(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    path = f"/{tmp_path}/test.db" if request.param == "file" else ""
    engine = create_async_engine(
        f"sqlite+aiosqlite://{path}",
        inline_budget=0 if request.param == "workers" else 20_000,
        synchronous="OFF",
        wal_autocheckpoint=16,  # the log, too, is memory
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    yield engine
    await engine.dispose()


async def connecting(engine: AsyncEngine) -> None:
    async with engine.connect():
        pass


async def reading(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        (await conn.execute(rows(50))).all()
        (await conn.execute(COUNT, {"owner": "x"})).scalar_one()
        (await conn.execute(rows(5))).mappings().all()
        await conn.scalar(COUNT, {"owner": "x"})
        (await conn.scalars(rows(5))).unique().all()


async def unread(engine: AsyncEngine) -> None:
    """Results that nobody reads, or half."""
    async with engine.connect() as conn:
        await conn.execute(rows(50))
        (await conn.execute(rows(50))).fetchone()
        result = await conn.execute(rows(50))
        next(iter(result))


async def writing(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await conn.execute(ADD, {"owner": "x"})
        await conn.execute(ADD, [{"owner": "x"}, {"owner": "y"}])
        await conn.execute(text("DELETE FROM book"))
        await conn.commit()
        await conn.execute(ADD, {"owner": "x"})
        await conn.rollback()


async def savepoints(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        async with conn.begin_nested():
            inner = await conn.begin_nested()
            await inner.rollback()
        raised = False
        try:
            async with conn.begin_nested():
                raise KeyError
        except KeyError:
            raised = True
        assert raised
        await conn.execute(text("DELETE FROM book"))


async def streaming(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        async with conn.stream(rows(300)) as result:
            async for _ in result:
                pass
        half = await conn.stream(rows(300))
        await half.fetchmany(10)
        await conn.stream_scalars(rows(300))


async def errors(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        for sql, parameters in (
            ("SELEKT", None),
            ("SELECT * FROM nowhere", None),
            ("SELECT :a", {"a": object()}),
            ("SELECT :a", {}),
            ("SELECT 1; SELECT 2", None),
            ("COMMIT", None),
        ):
            try:
                await conn.execute(text(sql), parameters)
            except SQLAlchemyError:
                pass
            await conn.rollback()
    try:
        await conn.execute(text("SELECT 1"))
    except SQLAlchemyError:
        pass


async def cancelling(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:

        async def scan() -> None:
            await conn.execute(ENDLESS)

        task = asyncio.create_task(scan())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        call = conn.execute(rows(3))
        call.close()


async def timing_out(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        try:
            await asyncio.wait_for(conn.execute(ENDLESS), 0.0001)
        except TimeoutError:
            pass


async def sessions(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(ADD, {"owner": "x"})
        async with session.begin_nested():
            await session.scalar(COUNT, {"owner": "x"})
        await session.rollback()
    make = async_sessionmaker(engine)
    async with make.begin() as session:
        await session.execute(text("DELETE FROM book"))


async def scoped(engine: AsyncEngine) -> None:
    registry = async_scoped_session(
        async_sessionmaker(engine), scopefunc=asyncio.current_task
    )

    async def request() -> None:
        await registry.execute(ADD, {"owner": "x"})
        await registry.rollback()
        await registry.remove()

    async def forgetful() -> None:
        await registry.scalar(text("SELECT 1"))
        await registry.rollback()

    await asyncio.gather(request(), request(), forgetful())


async def synchronous(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.run_sync(lambda c: c.execute(rows(5)).all())


async def nodes(engine: AsyncEngine) -> None:
    """Kept shapes, one that is compiled each time, and one that is wrong."""
    async with engine.connect() as conn:
        for owners in ([], ["x"], ["x"] * 20):
            found = await conn.execute(
                select(book).where(book.c.owner.in_(owners))
            )
            found.all()
        result = await conn.execute(insert(book).values(owner="x"))
        result.inserted_primary_key  # noqa: B018
        await conn.execute(insert(book), [{"owner": "x"}, {"owner": "y"}])
        row = (await conn.execute(select(book).limit(1))).first()
        row._mapping[book.c.owner]
        async with conn.stream(select(book)) as rows:
            await rows.fetchone()
        for values in ({"owner": object()}, {"nope": 1}):
            try:
                await conn.execute(insert(book).values(values))
            except SQLAlchemyError:
                pass
        await conn.rollback()


async def instances(engine: AsyncEngine) -> None:
    await use_session(engine, "x")


async def trees(engine: AsyncEngine) -> None:
    await load_trees(engine)


async def tree_changes(engine: AsyncEngine) -> None:
    await change_trees(engine)


async def units(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await write_books(session, "x", True)
        await session.execute(text("DELETE FROM book"))
        await session.commit()
        await write_books(session, "x", False)
        batch = _core.Batch(session)
        book = Book(owner="x")
        BOOKS.insert(batch, [book])
        batch.run().close()
        BOOKS.insert(batch, [book, Book(id=1), Book(id=1)])
        with pytest.raises(SQLAlchemyError):
            await batch.run()


async def uncached(engine: AsyncEngine) -> None:
    other = create_async_engine("sqlite+aiosqlite://", query_cache_size=0)
    async with other.connect() as conn:
        await conn.execute(select(literal(1), literal(NOW)))
    await other.dispose()
    _core.collect()


async def engines(engine: AsyncEngine) -> None:
    other = create_async_engine("sqlite+aiosqlite://", inline_budget=0)
    async with other.connect() as conn:
        await conn.execute(text("SELECT 1"))
    await other.dispose()
    _core.collect()


async def connections(engine: AsyncEngine) -> None:
    async with DBConnection("sqlite+aiosqlite://") as db:
        async with db.async_sessionmaker() as session:
            await session.execute(text("SELECT 1"))
    _core.collect()


async def disposing(engine: AsyncEngine) -> None:
    path = engine.url.database
    await engine.dispose()
    async with engine.begin() as conn:
        if path is None:
            await conn.execute(BOOK)


async def crowding(engine: AsyncEngine) -> None:
    async def one() -> None:
        async with engine.begin() as conn:
            await conn.execute(ADD, {"owner": "x"})
            await conn.execute(text("DELETE FROM book"))

    await asyncio.gather(*(one() for _ in range(5)))


OPERATIONS = [
    connecting,
    reading,
    unread,
    writing,
    savepoints,
    streaming,
    errors,
    cancelling,
    timing_out,
    sessions,
    scoped,
    synchronous,
    nodes,
    instances,
    trees,
    tree_changes,
    units,
    uncached,
    engines,
    connections,
    disposing,
    crowding,
]


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.__name__)
async def test_nothing_grows(
    engine: AsyncEngine, operation: Callable[[AsyncEngine], Awaitable[None]]
) -> None:
    await flat(lambda: operation(engine))


@pytest.mark.parametrize(
    "operation",
    [
        *(reading, writing, savepoints, streaming, sessions, scoped),
        *(nodes, crowding),
    ],
    ids=lambda o: o.__name__,
)
async def test_a_unit_of_work_makes_no_cycles(
    engine: AsyncEngine, operation: Callable[[AsyncEngine], Awaitable[None]]
) -> None:
    for _ in range(3):
        await operation(engine)
    gc.collect()
    gc.disable()
    try:
        await operation(engine)
        # asyncio's own tasks may hold a cycle for the turn in which they end
        await asyncio.sleep(0)
        found = collected()
    finally:
        gc.enable()
    assert not [kind for kind in found if "sqlactive_c" in kind], found


def collected() -> list[str]:
    """The types of what the collector finds."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return [
            f"{type(item).__module__}.{type(item).__qualname__}"
            for item in gc.garbage
        ]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.collect()


async def test_distinct_texts_do_not_fill_the_memory(
    engine: AsyncEngine,
) -> None:
    """Caches of texts, plans and statements are bounded."""

    async def many(start: int) -> None:
        async with engine.connect() as conn:
            for i in range(start, start + 1200):
                await conn.execute(text(f"SELECT {i}"))

    await many(0)
    gc.collect()
    before = _core.live_blocks()
    blocks = sys.getallocatedblocks()
    await many(5000)
    gc.collect()
    assert _core.live_blocks() <= before + 50
    assert sys.getallocatedblocks() <= blocks + 600


async def test_memory_is_flat_while_rows_stream(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        result = await conn.stream(rows(60_000))
        seen = 0
        highest = lowest = None
        async for _ in result:
            seen += 1
            if seen % 5000 == 0:
                now = _core.live_blocks()
                if seen > 10_000:
                    highest = max(now, highest or now)
                    lowest = min(now, lowest or now)
        assert seen == 60_000
    assert highest is not None
    assert lowest is not None
    assert highest - lowest < 20


def test_the_detector_detects() -> None:
    kept: list[Any] = []

    async def leak() -> None:
        kept.append([object()])

    async def main() -> None:
        await flat(leak)

    with pytest.raises(AssertionError):
        asyncio.run(main())
