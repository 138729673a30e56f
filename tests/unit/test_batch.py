"""Batches: the statements of a unit of work, in one call."""

from __future__ import annotations

import asyncio
import gc
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from plugins.savers import saver, stored
from sqlactive_c import AsyncEngine, _core, create_async_engine, exc, text
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, mapped_column
from sqlactive_c.schema import ForeignKey
from sqlactive_c.sql.dml import delete, insert, update
from sqlactive_c.sql.elements import bindparam
from sqlactive_c.sql.selectable import select
from sqlactive_c.types import Integer, String


class Base(DeclarativeBase):
    """Base of the classes."""


class User(Base):
    __tablename__ = "users"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String, nullable=False)


class Child(Base):
    __tablename__ = "children"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(
        Integer,
        ForeignKey("users.id", deferrable=True, initially="DEFERRED"),
    )


USERS, CHILDREN = saver(User), saver(Child)
PATHS = {"memory": "", "workers": "", "file": "/{}/test.db"}


@pytest.fixture(params=list(PATHS))
async def engine(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    path = PATHS[request.param].format(tmp_path)
    made = create_async_engine(
        f"sqlite+aiosqlite://{path}",
        inline_budget=0 if request.param == "workers" else 20_000,
    )
    async with made.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    yield made
    await made.dispose()


async def names(engine: AsyncEngine) -> list[str]:
    """Return what others see."""
    async with engine.connect() as conn:
        return list(await conn.scalars(select(User.name).order_by(User.id)))


async def test_commit(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        ann = User(name="ann")
        USERS.insert(batch, [ann])
        assert await batch.run() is False
        assert await names(engine) == []
        USERS.insert(batch, [User(name="lee")])
        assert await batch.run(commit=True) is True
        assert await names(engine) == ["ann", "lee"]
        # The transaction that Python sees is the session's to end.
        await session.commit()
        USERS.insert(batch, [User(name="max")])
        await batch.run()
    assert await names(engine) == ["ann", "lee"]


async def test_nothing_to_run(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        assert await batch.run() is False
        assert await batch.run(commit=True) is False
        batch.execute(delete(User))
        assert await batch.run(commit=True) is True
        # A list of no parameters at all is none.
        batch.execute(select(User.id))
        assert await batch.run(commit=True) is False


async def test_no_commit_in_a_savepoint(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        async with session.begin_nested():
            USERS.insert(batch, [User(name="ann")])
            assert await batch.run(commit=True) is False
        assert await names(engine) == []
        USERS.insert(batch, [User(name="lee")])
        assert await batch.run(commit=True) is True
    assert await names(engine) == ["ann", "lee"]


@pytest.mark.parametrize("nested", [False, True])
async def test_session_on_a_connection(
    engine: AsyncEngine, nested: bool
) -> None:
    async with engine.connect() as conn:
        await conn.begin()
        if nested:
            await conn.begin_nested()
        ann = User(name="ann")
        async with AsyncSession(conn) as session:
            batch = _core.Batch(session)
            USERS.insert(batch, [ann])
            assert await batch.run(commit=True) is False
            await session.commit()
        assert ann.id == 1
        assert await names(engine) == []
        await conn.commit()
    assert await names(engine) == ["ann"]


async def test_it_ends_at_once() -> None:
    """In memory nothing waits for the loop, the commit neither."""
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        ann = User(name="ann")
        USERS.insert(batch, [ann])
        CHILDREN.insert(batch, [Child(user_id=ann.id)])
        run = batch.run(commit=True)
        sent: Any = None
        for _ in range(2):  # the loop may be given a turn
            try:
                sent = run.send(None)
            except StopIteration as stop:
                assert stop.value is True
                break
            assert sent is None
        else:
            raise AssertionError
    await engine.dispose()


async def test_failed_statement(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        ann, lee, max_ = User(name="ann"), User(name=None), User(name="max")
        child = Child()
        CHILDREN.insert(batch, [child])
        USERS.insert(batch, [ann, lee, max_])
        with pytest.raises(exc.IntegrityError) as caught:
            await batch.run(commit=True)
        assert isinstance(caught.value.orig, sqlite3.IntegrityError)
        assert caught.value.statement == "INSERT INTO users (name) VALUES (?)"
        assert caught.value.params == (None,)
        assert "[parameters: (None,)]" in str(caught.value)
        for each in (ann, lee, max_, child):
            assert "id" in each._sac_unloaded
        await session.rollback()
        USERS.insert(batch, [ann])
        await batch.run(commit=True)
    assert ann.id == 1
    assert await names(engine) == ["ann"]


async def test_failed_commit(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:////{tmp_path}/x.db")
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        await session.execute(text("PRAGMA foreign_keys=ON"))
        batch = _core.Batch(session)
        child = Child(user_id=5)
        # The pragma and the unit must meet on one connection.
        await session.connection()
        await session.execute(text("PRAGMA foreign_keys=ON"))
        CHILDREN.insert(batch, [child])
        with pytest.raises(exc.IntegrityError) as caught:
            await batch.run(commit=True)
        assert caught.value.statement is None
        assert "SQL:" not in str(caught.value)
        assert "id" in child._sac_unloaded
        await session.rollback()
        assert await session.scalar(text("SELECT count(*) FROM children")) == 0
    await engine.dispose()


async def test_statements(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        ann, lee = User(name="ann"), User(name="lee")
        USERS.insert(batch, [ann, lee])
        batch.execute(insert(Child), [{"user_id": u.id} for u in (lee, ann)])
        batch.execute(insert(Child), {"user_id": ann.id})
        batch.execute(
            update(User)
            .where(User.id == bindparam("key"))
            .values(name=bindparam("new")),
            {"key": lee.id, "new": "LEE"},
        )
        assert len(batch) == 4
        await batch.run(commit=True)
        found = await session.scalars(select(Child.user_id))
        assert found.all() == [2, 1, 1]
    assert await names(engine) == ["ann", "LEE"]


async def test_expected_rows(engine: AsyncEngine) -> None:
    def error(matched: int) -> Exception:
        return LookupError(f"{matched} rows")

    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        USERS.insert(batch, [User(name="ann"), User(name="lee")])
        batch.execute(update(User), {"name": "x"}, 2, error)
        await batch.run(commit=True)
        batch.execute(update(User), {"name": "y"}, expect=1, error=error)
        batch.execute(insert(User), {"name": "never"})
        with pytest.raises(LookupError, match="2 rows"):
            await batch.run(commit=True)
        await session.rollback()
        assert await names(engine) == ["x", "x"]
        batch.execute(
            update(User), {"name": "z"}, 3, lambda matched: None, strict=False
        )
        assert await batch.run(commit=True) is True
        assert await names(engine) == ["z", "z"]
        batch.execute(update(User), {"name": "z"}, 3)
        with pytest.raises(exc.SQLAlchemyError, match="another number"):
            await batch.run(commit=True)
        await session.rollback()
        batch.execute(update(User), {"name": "z"}, 3, lambda matched: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await batch.run(commit=True)


async def test_settle(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch = _core.Batch(session)
        ann = User(name="ann")
        with pytest.raises(KeyError):
            batch.settle(Child(), "user_id")
        for commit in (False, True):
            child = Child()
            USERS.insert(batch, [ann])
            child._sac_put("user_id", ann.id)
            with pytest.raises(KeyError):
                batch.settle(child, "nothing")
            batch.settle(child, "user_id")
            if commit:
                await batch.run(commit)
                assert child.user_id == ann.id == 1
            else:
                batch.run(commit).close()
                assert "user_id" in child._sac_unloaded
                assert "id" in ann._sac_unloaded


# ---- what never comes to an end ----


def filled(session: AsyncSession, count: int = 1) -> tuple[Any, list[Any]]:
    """Return a batch and what is in it."""
    batch = _core.Batch(session)
    users = [User(name=str(i)) for i in range(count)]
    USERS.insert(batch, users)
    child = Child(user_id=users[0].id)
    CHILDREN.insert(batch, [child])
    return batch, [*users, child]


def is_unset(instances: list[Any]) -> bool:
    return all("id" in each._sac_unloaded for each in instances) and (
        "user_id" in instances[-1]._sac_unloaded
    )


async def test_dropped(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch, instances = filled(session)
        assert not is_unset(instances)
        del batch
        assert is_unset(instances)


async def test_never_awaited(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch, instances = filled(session)
        with pytest.warns(RuntimeWarning, match="never awaited"):
            batch.run()
        assert is_unset(instances)
        assert len(batch) == 0


async def test_cycle(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch, instances = filled(session)
        instances[0].batch = batch
        kept = instances[-1]
        del batch, instances
        gc.collect()
        assert "user_id" in kept._sac_unloaded


async def hold(
    engine: AsyncEngine, held: asyncio.Event, leave: asyncio.Event
) -> None:
    """Write, and take a while to commit."""
    async with AsyncSession(engine) as session:
        await session.execute(insert(User), {"name": "first"})
        held.set()
        await leave.wait()
        await session.commit()


@pytest.mark.parametrize("end", ["close", "cancel"])
async def test_given_up_in_the_queue(engine: AsyncEngine, end: str) -> None:
    held, leave = asyncio.Event(), asyncio.Event()
    holder = asyncio.ensure_future(hold(engine, held, leave))
    await held.wait()
    async with AsyncSession(engine) as session:
        batch, instances = filled(session, 50)
        run = batch.run(commit=True)
        if end == "cancel":
            task = asyncio.ensure_future(run)
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            assert run.send(None) is not None
            run.close()
        assert is_unset(instances)
    leave.set()
    await holder
    assert await names(engine) == ["first"]


async def test_cancelled_while_it_runs() -> None:
    engine = create_async_engine("sqlite+aiosqlite://", inline_budget=0)
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    for _ in range(20):
        async with AsyncSession(engine) as session:
            batch, instances = filled(session, 2000)
            task = asyncio.ensure_future(batch.run(commit=True))
            await asyncio.sleep(0.0005)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                committed = len(await names(engine)) > 0
                assert committed is not is_unset(instances)
            else:
                committed = True
            await session.rollback()
        async with engine.begin() as conn:
            await conn.execute(text("DELETE FROM users"))
            await conn.execute(text("DELETE FROM children"))
    await engine.dispose()


# ---- the log ----


async def test_echo(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    caplog.set_level(logging.INFO, "sqlalchemy.engine")
    noisy = create_async_engine("sqlite+aiosqlite://", echo=True)
    async with noisy.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    caplog.clear()
    async with AsyncSession(noisy) as session:
        batch, _ = filled(session, 2)
        await batch.run(commit=True)
    lines = [record.getMessage() for record in caplog.records]
    kept = [line for line in lines if "ROLLBACK" not in line]
    assert kept[0] == "BEGIN (implicit)"
    assert kept[1] == "INSERT INTO users (name) VALUES (?)"
    assert kept[2].endswith("[('0',), ('1',)]")
    assert kept[3] == "INSERT INTO children (user_id) VALUES (?)"
    assert kept[4].endswith("(<rowid of row 1 of statement 1>,)")
    assert kept[5] == "COMMIT"
    await noisy.dispose()
    await engine.dispose()


async def test_misuse(engine: AsyncEngine) -> None:
    wrong: list[tuple[type[Exception], Callable[[], Any]]] = [
        (TypeError, lambda: _core.Batch(1)),  # type: ignore[arg-type]
        (TypeError, lambda: batch.execute("SELECT 1")),
        (TypeError, lambda: batch.execute(select(User), None, "x")),
        (exc.StatementError, lambda: batch.execute(insert(User), {"id": []})),
        (TypeError, lambda: USERS.insert(1, [])),
    ]
    async with AsyncSession(engine) as session:
        batch: Any = _core.Batch(session)
        for error, call in wrong:
            with pytest.raises(error):
                call()
        assert len(batch) == 0


async def test_identities_that_are_stored(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        batch, instances = filled(session)
        await batch.run(commit=True)
    identities = _core.IdentityMap()
    stored(identities, *instances)
    assert identities.get(User, 1) is instances[0]
