"""One session, several tasks at once: an error that says so, and no harm."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import at_rest
from sqlactive_c import AsyncEngine, create_async_engine, func, select, text
from sqlactive_c.exc import (
    IllegalStateChangeError,
    InvalidRequestError,
    PendingRollbackError,
)
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of the classes."""


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


@pytest.fixture(params=["memory", "file"])
async def slow(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    """An engine whose every statement is a wait."""
    where = "" if request.param == "memory" else f"/{tmp_path}/test.db"
    engine = create_async_engine(
        f"sqlite+aiosqlite://{where}", inline_budget=0
    )
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    yield engine
    at_rest(engine)
    await engine.dispose()


async def stored(engine: AsyncEngine) -> list[str]:
    async with AsyncSession(engine) as session:
        query = select(Note.text).order_by(Note.text)
        return list((await session.scalars(query)).all())


def kinds(results: list[Any]) -> list[type]:
    return [type(each) for each in results]


async def test_two_statements(slow: AsyncEngine) -> None:
    async with AsyncSession(slow) as session:
        one, two = await asyncio.gather(
            session.scalar(text("SELECT 1")),
            session.scalar(text("SELECT 2")),
            return_exceptions=True,
        )
        assert one == 1
        assert isinstance(two, IllegalStateChangeError)
        assert "concurrent tasks need one each" in str(two)
        assert await session.scalar(text("SELECT 3")) == 3


async def test_leaving_the_block_waits_for_the_other(
    slow: AsyncEngine,
) -> None:
    """gather() leaves the first one running when the second one fails."""
    session = AsyncSession(slow)
    with pytest.raises(IllegalStateChangeError, match="another operation"):
        async with session:
            session.add(Note(text="a"))
            await asyncio.gather(
                session.flush(), session.scalar(text("SELECT 2"))
            )
    assert not session.in_transaction()
    at_rest(slow)
    assert await stored(slow) == []


@pytest.mark.parametrize("second", ["commit", "rollback", "flush", "close"])
@pytest.mark.parametrize("first", ["commit", "flush"])
async def test_two_ends(slow: AsyncEngine, first: str, second: str) -> None:
    async with AsyncSession(slow, expire_on_commit=False) as session:
        note = Note(text="a")
        session.add(note)
        one, two = await asyncio.gather(
            getattr(session, first)(),
            getattr(session, second)(),
            return_exceptions=True,
        )
        assert one is None
        if second in ("commit", "flush"):
            assert isinstance(two, InvalidRequestError)
            assert note in session
            assert note._sac_state == "persistent"
            assert note.id == 1
            note.text = "b"
            await session.commit()
            assert await stored(slow) == ["b"]
        else:  # these wait for the first
            assert two is None
            assert (note in session) == (
                first == "commit" and second == "rollback"
            )
            assert await stored(slow) == ["a"] * (first == "commit")


async def test_commit_beside_a_read(slow: AsyncEngine) -> None:
    async with AsyncSession(slow) as session:
        note = Note(text="a")
        session.add(note)
        await session.flush()
        one, two = await asyncio.gather(
            session.scalar(text("SELECT 1")),
            session.commit(),
            return_exceptions=True,
        )
        assert one == 1
        assert isinstance(two, IllegalStateChangeError)
        assert session.in_transaction()
        await session.commit()
    assert await stored(slow) == ["a"]


async def test_waiting_for_its_turn(slow: AsyncEngine) -> None:
    """The first task waits for the writer; the second one must not go in
    between."""
    async with AsyncSession(slow) as writer, AsyncSession(slow) as session:
        writer.add(Note(text="w"))
        await writer.flush()
        session.add(Note(text="a"))
        task = asyncio.create_task(session.commit())
        await asyncio.sleep(0.02)
        for second in (session.commit, session.flush):
            with pytest.raises(InvalidRequestError):
                await second()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.rollback(), 0.02)
        with pytest.raises(InvalidRequestError):
            await session.scalar(text("SELECT 1"))
        await writer.commit()
        await task
    assert await stored(slow) == ["a", "w"]


@pytest.mark.filterwarnings("ignore:the session was changed after")
async def test_whatever_they_do(slow: AsyncEngine) -> None:
    """Nothing hangs, nothing is written twice, and it works after it."""
    seed = random.SystemRandom().getrandbits(32)
    print("seed", seed)
    rng = random.Random(seed)
    session = AsyncSession(slow)
    made = 0

    async def act() -> None:
        nonlocal made
        actions: list[Callable[[], Coroutine[Any, Any, Any]]] = [
            session.commit,
            session.commit,
            session.flush,
            session.rollback,
            lambda: session.scalar(select(func.count(Note.id))),
            lambda: session.get(Note, rng.randint(1, 20)),
            lambda: session.execute(text("SELECT 1")),
        ]
        for _ in range(rng.randint(1, 4)):
            if rng.random() < 0.5:
                made += 1
                session.add(Note(text=str(made)))
            try:
                await rng.choice(actions)()
            except (IllegalStateChangeError, PendingRollbackError):
                pass
            except InvalidRequestError as error:
                assert "already" in str(error)  # being flushed

    async with asyncio.timeout(30):
        for _ in range(30):
            await asyncio.gather(*(act() for _ in range(4)))
            await session.rollback()
            for note in session:  # what was added during a commit waits
                assert note._sac_state in ("persistent", "pending")
        session.expunge_all()
        before = await stored(slow)
        session.add(Note(text="last"))
        await session.commit()
        await session.close()
    assert await stored(slow) == sorted([*before, "last"])
    assert len(set(before)) == len(before)
