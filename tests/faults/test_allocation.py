"""Memory runs out at every allocation of every operation, once and from then
on: MemoryError or the right answer, and afterwards everything works.

The first half fails the engine's own allocations, one by one, until none is
left to fail; the second those of Python, where the interpreter can be told
to (a debugging module that not every build has).
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import ADD, BOOK, COUNT, at_rest, is_sound, rows
from plugins.objects import use_session
from plugins.savers import write_books
from plugins.trees import change_trees, load_trees
from sqlactive_c import (
    AsyncEngine,
    DBConnection,
    _core,
    create_async_engine,
    text,
)
from sqlactive_c.ext.asyncio import AsyncSession, async_sessionmaker
from sqlactive_c.schema import Column, MetaData, Table
from sqlactive_c.sql.dml import insert
from sqlactive_c.sql.elements import bindparam
from sqlactive_c.sql.selectable import select
from sqlactive_c.types import DateTime, Integer, String

book = Table(
    "book",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("owner", String),
)
NOW = datetime.datetime(2020, 1, 1)
WIDE = text("SELECT " + ", ".join(f"{i} AS c{i}" for i in range(60)))
POINTS = 3000  # more than any operation has: a sweep that does not end


async def connect(engine: AsyncEngine) -> None:
    async with engine.connect():
        pass


async def execute(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        result = await conn.execute(COUNT, {"owner": "x" * 100})
        assert result.all() == [(0,)]


async def fetch(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        found = (await conn.execute(rows(500))).all()
        assert [row.i for row in found] == list(range(1, 501))


async def large(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        found = await conn.scalar(
            text("SELECT :a || hex(zeroblob(200000))"), {"a": "x" * 10_000}
        )
        assert len(found) == 410_000


async def many_columns(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        row = (await conn.execute(WIDE)).one()
        assert row.c59 == 59
        assert row._mapping["c7"] == 7


async def many_parameters(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        values = {f"a{i}": str(i) for i in range(200)}
        sql = "SELECT " + " || ".join(f":{name}" for name in values)
        assert await conn.scalar(text(sql), values) == "".join(values.values())


async def executemany(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        result = await conn.execute(
            ADD, [{"owner": f"{i}" * 20} for i in range(40)]
        )
        assert result.rowcount == 40
        await conn.rollback()


async def driver(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        result = await conn.exec_driver_sql("SELECT ?, ?", (1, "two"))
        assert result.one() == (1, "two")


async def stream(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        async with conn.stream(rows(700)) as result:
            assert len([row async for row in result]) == 700


async def streams(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        one = await conn.stream(rows(300))
        two = await conn.stream_scalars(rows(300))
        assert (await one.fetchone(), await two.first()) == ((1,), 1)


async def commit(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await conn.execute(ADD, {"owner": "committed"})
        await conn.commit()


async def rollback(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await conn.execute(ADD, {"owner": "rolled back"})
        await conn.rollback()
        assert await conn.scalar(COUNT, {"owner": "rolled back"}) == 0


async def begin(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(ADD, {"owner": "committed"})


async def nested(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(ADD, {"owner": "committed"})
        async with conn.begin_nested():
            await conn.execute(ADD, {"owner": "committed"})
        back = await conn.begin_nested()
        await conn.execute(ADD, {"owner": "rolled back"})
        await back.rollback()


async def error(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        for sql in ("SELEKT", "SELECT * FROM nowhere", "SELECT 1; SELECT 2"):
            try:
                await conn.execute(text(sql))
            except MemoryError:
                raise
            except Exception as caught:
                assert type(caught).__module__.startswith("sqlactive_c")
            else:
                raise AssertionError("no error")


async def options(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await conn.execution_options(isolation_level="AUTOCOMMIT")
        await conn.execute(ADD, {"owner": "committed"})


async def invalidate(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await conn.execute(ADD, {"owner": "rolled back"})
        await conn.invalidate()
        assert await conn.scalar(text("SELECT 1")) == 1


async def run_sync(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.run_sync(lambda c: c.execute(ADD, {"owner": "committed"}))


async def session(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(ADD, {"owner": "committed"})
        async with session.begin_nested():
            await session.execute(ADD, {"owner": "committed"})
        await session.commit()
        assert await session.scalar(text("SELECT 1")) == 1


async def maker(engine: AsyncEngine) -> None:
    async with async_sessionmaker(engine).begin() as session:
        await session.execute(ADD, {"owner": "committed"})


async def nodes(engine: AsyncEngine) -> None:
    """Compiled before, or not."""
    async with engine.connect() as conn:
        for owners in (["x" * 50], [], [str(i) for i in range(30)]):
            found = await conn.execute(
                select(book).where(book.c.owner.in_(owners), book.c.id > 0)
            )
            assert isinstance(found.all(), list)
            found = await conn.scalars(
                select(book.c.id).where(book.c.owner == "nobody")
            )
            assert found.first() is None
        row = (await conn.execute(select(bindparam("now", NOW)))).one()
        assert row.now == NOW
        assert await conn.scalar(select(bindparam("now", NOW))) == NOW


async def node_writes(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        result = await conn.execute(insert(book).values(owner="rolled back"))
        assert result.inserted_primary_key[0] > 0
        result = await conn.execute(
            insert(book), [{"owner": f"{i}" * 20} for i in range(40)]
        )
        assert result.rowcount == 40
        async with conn.stream(select(book.c.owner)) as stream:
            assert len([row async for row in stream]) > 40
        await conn.rollback()


async def node_errors(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        for statement, parameters in (
            (select(book).where(book.c.id == bindparam("missing")), None),
            (select(bindparam("at", "no date", DateTime)), {"other": 1}),
            (insert(book).values(nope=1), None),
            (insert(book), [{"owner": "x"}, {}]),
            (book, None),
        ):
            try:
                await conn.execute(statement, parameters)
            except MemoryError:
                raise
            except Exception as caught:
                assert type(caught).__module__.startswith("sqlactive_c")
            else:
                raise AssertionError("no error")


async def unit(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await write_books(session, "committed", True)
    async with AsyncSession(engine) as session:
        await write_books(session, "rolled back", False)


async def instances(engine: AsyncEngine) -> None:
    await use_session(engine, "committed")


async def trees(engine: AsyncEngine) -> None:
    await load_trees(engine)


async def tree_changes(engine: AsyncEngine) -> None:
    await change_trees(engine)


async def dispose(engine: AsyncEngine) -> None:
    other = create_async_engine("sqlite+aiosqlite://")
    try:
        async with other.begin() as conn:
            await conn.execute(BOOK)
    finally:
        await other.dispose()


async def queue(engine: AsyncEngine) -> None:
    """Three tasks for two connections and one writer."""

    async def write() -> None:
        async with engine.begin() as conn:
            await conn.execute(ADD, {"owner": "committed"})
            await asyncio.sleep(0)

    outcomes = await asyncio.gather(
        write(), write(), write(), return_exceptions=True
    )
    errors = [outcome for outcome in outcomes if outcome is not None]
    try:
        if errors:
            raise errors[0]
    finally:
        # Some MemoryErrors are unknown to the garbage collector: no cycles.
        del outcomes, errors


async def cancelled(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        task = asyncio.ensure_future(_await(conn.execute(rows(100_000))))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


async def db_connection(engine: AsyncEngine) -> None:
    async with DBConnection("sqlite+aiosqlite://") as db:
        async with db.async_engine.connect() as conn:
            await conn.execute(text("SELECT 1"))


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


Operation = Callable[[AsyncEngine], Awaitable[None]]
OPERATIONS: list[Operation] = [
    connect,
    execute,
    fetch,
    large,
    many_columns,
    many_parameters,
    executemany,
    driver,
    stream,
    streams,
    commit,
    rollback,
    begin,
    nested,
    error,
    options,
    invalidate,
    run_sync,
    session,
    maker,
    nodes,
    node_writes,
    node_errors,
    unit,
    instances,
    trees,
    tree_changes,
    dispose,
    queue,
    cancelled,
    db_connection,
]


async def made(where: Path | None, budget: int) -> AsyncEngine:
    path = "" if where is None else f"/{where}/test.db"
    engine = create_async_engine(
        f"sqlite+aiosqlite://{path}",
        inline_budget=budget,
        pool_size=2,
        max_overflow=0,
        synchronous="OFF",
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    return engine


async def settled(engine: AsyncEngine) -> None:
    """Connections of failed calls may be on their way home."""
    async with asyncio.timeout(5):
        while engine.pool.checkedout() > 0:
            gc.collect()
            await asyncio.sleep(0)


async def make_fresh(
    engine: AsyncEngine, where: Path | None, stack: AsyncExitStack
) -> None:
    """What comes next opens a connection that has seen nothing."""
    _core.collect()
    await engine.dispose()
    if where is None:
        async with engine.begin() as conn:
            await conn.execute(BOOK)
        # the one that is open is lent out
        await stack.enter_async_context(engine.connect())


async def one(
    engine: AsyncEngine, operation: Operation, after: int, forever: bool
) -> bool:
    """-> whether an allocation was there to fail."""
    _core.fail_allocation_after(after, forever)
    failure: BaseException | None = None
    try:
        async with asyncio.timeout(10):
            await operation(engine)
    except MemoryError as caught:
        failure = caught
    finally:
        failed = _core.fail_allocation_after(-1, False)
    if failure is not None:
        assert failed, "MemoryError without a reason"
    del failure
    return failed > 0


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("place", ["inline", "workers", "file"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.__name__)
async def test_the_engine_runs_out_of_memory(
    tmp_path: Path, operation: Operation, place: str
) -> None:
    where = tmp_path if place == "file" else None
    budget = 0 if place == "workers" else 20_000
    engine = await made(where, budget)
    await operation(engine)  # what is made once is made
    points = 0
    for forever in (False, True):
        # With caches warm, then with an engine that has seen nothing.
        for fresh in (False, True):
            for after in range(POINTS):
                async with AsyncExitStack() as stack:
                    if fresh:
                        await make_fresh(engine, where, stack)
                    if not await one(engine, operation, after, forever):
                        break
                points += 1
                if points % 8 == 0:
                    # The interpreter has a few MemoryErrors in store.  When
                    # they lie about in cycles it gives one that never dies,
                    # and what its traceback names lives as long.
                    gc.collect()
                await settled(engine)
            else:
                pytest.fail("the sweep does not end")
    await settled(engine)
    at_rest(engine)
    await is_sound(engine)
    async with engine.connect() as conn:
        assert await conn.scalar(COUNT, {"owner": "rolled back"}) == 0
    await engine.dispose()
    assert points > 2, "nothing was ever failed"


async def test_making_an_engine() -> None:
    points = 0
    for after in range(POINTS):
        _core.fail_allocation_after(after, False)
        try:
            create_async_engine(
                "sqlite+aiosqlite:///x.db", pragmas={"cache_size": 100}
            )
        except MemoryError:
            pass
        finally:
            failed = _core.fail_allocation_after(-1, False)
        if not failed:
            break
        points += 1
    assert 3 < points < POINTS


# ---- the interpreter's allocations ---------------------------------------

# None of these waits: the loop itself must not run while memory is short.
# The last four run Python code that makes functions and frames;
# where that fails, CPython 3.12 and 3.13 crash by themselves.
PYTHON_OPERATIONS = [
    execute,
    many_columns,
    executemany,
    nested,
    session,
    error,
    nodes,
    node_writes,
    unit,
    *(
        [node_errors, instances, trees, tree_changes]
        if sys.version_info < (3, 12)
        else []
    ),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(
    "SAC_SANITIZE" in os.environ, reason="takes minutes under a sanitizer"
)
@pytest.mark.parametrize(
    "operation", PYTHON_OPERATIONS, ids=lambda o: o.__name__
)
def test_python_runs_out_of_memory(operation: Operation) -> None:
    """In a process of its own: what the interpreter itself does with a
    MemoryError in its middle is not ours to promise."""
    import subprocess

    pytest.importorskip("_testcapi")
    code = f"""
import asyncio, gc, sys, _testcapi
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from faults.test_allocation import OPERATIONS, made, settled
from flows.drivers import is_sound
operation = {{o.__name__: o for o in OPERATIONS}}[{operation.__name__!r}]
sys.unraisablehook = lambda *args: None

def drive(coroutine):
    while True:
        try:
            waited = coroutine.send(None)
        except StopIteration:
            return
        assert waited is None  # a turn for the loop, not a wait

async def main():
    engine = await made(None, 20_000)
    for _ in range(3):
        await operation(engine)
    gc.collect()
    gc.disable()
    points = 0
    for after in range(0, 20_000):
        coroutine = operation(engine)
        failed = False
        _testcapi.set_nomemory(after, after + 1)
        try:
            drive(coroutine)
        except MemoryError:
            failed = True
        except Exception as error:
            # a MemoryError that somebody turned into another error
            failed = True
        finally:
            _testcapi.remove_mem_hooks()
        coroutine.close()
        if failed:
            points += 1
            quiet = 0
        else:
            quiet += 1
        if quiet > 300:
            break
        if after % 50 == 0:
            gc.collect()
            await settled(engine)
    gc.enable()
    gc.collect()
    await settled(engine)
    await is_sound(engine)
    await engine.dispose()
    assert points > 10, points

asyncio.run(asyncio.wait_for(main(), 60))
"""
    code = code.replace("    points = 0\n", "    points = quiet = 0\n")
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert result.returncode == 0, result.stderr[-3000:]
