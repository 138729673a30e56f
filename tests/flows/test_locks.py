"""Locks: who has the one that others wait for, and transactions that nobody
ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import ADD, BOOK, at_rest, count, until
from sqlactive_c import AsyncEngine, create_async_engine, text
from sqlactive_c.exc import (
    DatabaseLocked,
    OperationalError,
    PendingRollbackError,
)
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column


@pytest.fixture(params=["memory", "file"])
async def hasty(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    """An engine whose writers do not wait for long."""
    where = "" if request.param == "memory" else f"/{tmp_path}/test.db"
    engine = create_async_engine(
        f"sqlite+aiosqlite://{where}", writer_timeout=0.05
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    yield engine
    await engine.dispose()


class Base(DeclarativeBase):
    """Base of the classes."""


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]


async def write(engine: AsyncEngine, owner: str = "late") -> None:
    async with engine.begin() as conn:
        await conn.execute(ADD, {"owner": owner})


def line_of(function: Any, text: str) -> str:
    """Return "file:line" of the line of a function that has the text."""
    code = function.__code__
    lines = Path(code.co_filename).read_text().splitlines()
    found = [
        number
        for number, line in enumerate(lines, 1)
        if number > code.co_firstlineno and text in line
    ]
    return f"{code.co_filename}:{found[0]}"


# ---- who has it -------------------------------------------------------------


async def hold(engine: AsyncEngine, free: asyncio.Event) -> None:
    async with engine.begin() as conn:
        await conn.execute(ADD, {"owner": "held"})  # this one begins
        await conn.execute(text("UPDATE book SET owner = 'x'"))
        await free.wait()


async def test_the_error_names_the_task(hasty: AsyncEngine) -> None:
    free = asyncio.Event()
    task = asyncio.create_task(hold(hasty, free), name="the holder")
    await until(lambda: hasty.pool.checkedout() == 1)
    await asyncio.sleep(0.05)
    with pytest.raises(DatabaseLocked, match="database is locked") as caught:
        await write(hasty)
    error = caught.value
    assert isinstance(error, OperationalError)
    assert isinstance(error.orig, sqlite3.OperationalError)
    assert error.orig.sqlite_errorname == "SQLITE_BUSY"
    holder = error.holder
    assert holder is not None
    assert holder.task == "the holder"
    assert holder.ended is False
    assert holder.running is False
    assert holder.statement == "UPDATE book SET owner = 'x'"
    assert 0.05 <= holder.seconds < 30
    assert holder.place == line_of(hold, "this one begins")
    message = str(error)
    assert "task 'the holder' holds the write transaction for 0." in message
    assert "it ran last: UPDATE book" in message
    assert f"begun at {holder.place}" in message
    assert pickle.loads(pickle.dumps(error)).holder == holder
    free.set()
    await task
    await write(hasty)
    at_rest(hasty)


async def test_the_error_names_what_runs(tmp_path: Path) -> None:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path}/test.db", writer_timeout=0.05
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " INSERT INTO book (owner) SELECT 'endless' FROM n WHERE i < 0"
    )

    async def run() -> None:
        async with AsyncSession(engine) as session:
            await session.execute(text(endless))

    task = asyncio.create_task(run(), name="runner")
    await asyncio.sleep(0.02)
    with pytest.raises(DatabaseLocked, match=r"'runner'.* it runs: WITH"):
        await write(engine)
    task.cancel()
    await asyncio.wait([task])
    await engine.dispose()


async def test_a_flush_of_a_session_says_where(hasty: AsyncEngine) -> None:
    async def work() -> None:
        async with AsyncSession(hasty) as session:
            session.add(Book(owner="x"))
            await session.flush()  # by the unit of work
            await free.wait()

    async def sync_work() -> None:
        async with AsyncSession(hasty) as session:
            await session.run_sync(
                lambda sync: sync.execute(ADD, {"owner": "x"})  # in a lambda
            )
            await free.wait()

    for each, where in ((work, "by the unit"), (sync_work, "in a lambda")):
        free = asyncio.Event()
        task = asyncio.create_task(each())
        await until(lambda: hasty.pool.checkedout() == 1)
        await asyncio.sleep(0.02)
        with pytest.raises(DatabaseLocked) as caught:
            await write(hasty)
        assert caught.value.holder is not None
        assert caught.value.holder.place == line_of(each, f"# {where}")
        free.set()
        await task


async def test_nobody_in_this_process(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}", connect_args={"timeout": 0.05}
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseLocked, match="another process") as caught:
        await write(engine)
    assert caught.value.holder is None
    assert "late" in str(caught.value)  # the parameters, as ever
    other.execute("ROLLBACK")
    other.close()
    await write(engine)
    await engine.dispose()


async def test_other_errors_are_not_of_locks(hasty: AsyncEngine) -> None:
    with pytest.raises(OperationalError) as caught:
        async with hasty.connect() as conn:
            await conn.execute(text("SELECT * FROM nowhere"))
    assert type(caught.value) is OperationalError


def test_a_thread_that_holds_it(tmp_path: Path) -> None:
    """Another event loop, in another thread."""
    url = f"sqlite+aiosqlite:///{tmp_path}/test.db"
    holds, free = threading.Event(), threading.Event()

    async def holding() -> None:
        engine = create_async_engine(url)
        async with engine.begin() as conn:
            await conn.execute(BOOK)
        async with engine.begin() as conn:
            await conn.execute(text("CREATE INDEX i ON book (owner)"))
            holds.set()
            await asyncio.to_thread(free.wait)
        await engine.dispose()

    async def waiting() -> None:
        engine = create_async_engine(url, writer_timeout=0.05)
        with pytest.raises(DatabaseLocked, match="ran last: CREATE INDEX"):
            await write(engine)
        await engine.dispose()

    thread = threading.Thread(target=lambda: asyncio.run(holding()))
    thread.start()
    holds.wait()
    try:
        asyncio.run(waiting())
    finally:
        free.set()
        thread.join()


# ---- what nobody ends -------------------------------------------------------


@pytest.fixture(params=["memory", "file"])
async def patient(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    where = "" if request.param == "memory" else f"/{tmp_path}/test.db"
    engine = create_async_engine(f"sqlite+aiosqlite://{where}")
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    yield engine
    await engine.dispose()


async def forget(kept: list[Any], engine: AsyncEngine) -> None:
    session = AsyncSession(engine)
    kept.append(session)
    await session.execute(ADD, {"owner": "forgotten"})  # forgotten here
    if len(kept) > 1:
        await asyncio.sleep(3600)


@pytest.mark.parametrize("how", ["ended", "cancelled"])
async def test_a_task_that_ended_is_rolled_back(
    patient: AsyncEngine, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    kept: list[Any] = [None] if how == "cancelled" else []
    task = asyncio.create_task(forget(kept, patient), name="forgetful")
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    assert patient.pool.checkedout() == 1
    with caplog.at_level(logging.ERROR, "sqlactive_c.pool"):
        async with asyncio.timeout(10):
            await write(patient)
    (record,) = caplog.records
    assert record.name == "sqlactive_c.pool"
    message = record.getMessage()
    assert message.startswith("task 'forgetful' has ended")
    assert line_of(forget, "forgotten here") in message
    assert "INSERT INTO book" in message
    assert await count(patient, "forgotten") == 0
    session = kept[-1]
    with pytest.raises(PendingRollbackError):
        await session.execute(ADD, {"owner": "again"})
    with pytest.raises(PendingRollbackError):
        await session.commit()
    await session.rollback()
    await session.execute(ADD, {"owner": "again"})
    await session.commit()
    await session.close()
    assert await count(patient, "again") == 1
    at_rest(patient)


async def test_another_task_may_go_on_with_it(
    patient: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """A fixture, say, whose task has ended: it is used, so it is left."""
    kept: list[Any] = []
    await asyncio.create_task(forget(kept, patient))
    waiter = asyncio.create_task(write(patient))
    for _ in range(8):
        await asyncio.sleep(0.2)
        await kept[0].execute(ADD, {"owner": "forgotten"})
    assert not waiter.done()
    await kept[0].commit()
    await waiter
    await kept[0].close()
    assert await count(patient, "forgotten") == 9
    assert not caplog.records


async def test_a_task_that_lives_is_waited_for(patient: AsyncEngine) -> None:
    free = asyncio.Event()
    task = asyncio.create_task(hold(patient, free))
    await until(lambda: patient.pool.checkedout() == 1)
    waiter = asyncio.create_task(write(patient))
    await asyncio.sleep(1.3)
    assert not waiter.done()
    free.set()
    await asyncio.gather(task, waiter)
    at_rest(patient)


async def in_a_task(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await asyncio.create_task(work())
    gc.collect()


async def test_a_forgotten_session_warns(patient: AsyncEngine) -> None:
    async def work() -> None:
        session = AsyncSession(patient)
        await session.execute(ADD, {"owner": "forgotten"})  # in a session

    async def works() -> None:
        conn = await patient.connect()
        await conn.execute(ADD, {"owner": "forgotten"})  # in a connection

    for each, where in ((work, "in a session"), (works, "in a connection")):
        with pytest.warns(ResourceWarning) as caught:
            await in_a_task(each)
        (warning,) = caught.list
        assert line_of(each, f"# {where}") in str(warning.message)
        await write(patient)
    assert await count(patient, "forgotten") == 0


async def test_a_forgotten_session_that_only_read_does_not(
    patient: AsyncEngine,
) -> None:
    async def work() -> None:
        await AsyncSession(patient).execute(text("SELECT 1"))

    await asyncio.create_task(work())
    gc.collect()
    at_rest(patient)
