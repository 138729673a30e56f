"""Flushes that fail, and what rollbacks and commits make of instances."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sqlactive_c import AsyncEngine, _core, create_async_engine, exc, text
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column
from sqlactive_c.orm.exc import FlushError
from sqlactive_c.orm.unitofwork import flush_unit


class Base(DeclarativeBase):
    """Base of the classes."""


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)


@pytest.fixture
async def made(file_engine: AsyncEngine) -> AsyncEngine:
    async with file_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return file_engine


@pytest.fixture
async def session(made: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(made) as session:
        yield session


@contextmanager
def flushing_by(hook: Callable[..., Any]) -> Iterator[None]:
    """Let something else write for a while."""
    _core.configure(flush_unit=hook)
    try:
        yield
    finally:
        _core.configure(flush_unit=flush_unit)


async def test_nothing_to_do(session: AsyncSession) -> None:
    def refuse(*args: Any) -> Any:
        raise AssertionError("nothing is to be written")

    with flushing_by(refuse):
        await session.flush()
        await session.commit()
        await session.flush([])
        async with session.begin():
            pass


async def test_what_the_unit_is_told(session: AsyncSession) -> None:
    calls: list[Any] = []

    async def write(session: Any, commit: Any, objects: Any = None) -> Any:
        calls.append((commit, objects))
        return await flush_unit(session, commit, objects)

    a, b = Note(text="a"), Note(text="b")
    session.add_all([a, b])
    with flushing_by(write):
        await session.flush([a])
        await session.commit()
        session.add(Note(text="c"))
        async with session.begin_nested():
            session.add(Note(text="d"))
        a.text = "e"
        await session.commit()
    assert calls == [
        (False, [a]),
        (True, None),
        (False, None),
        (False, None),
        (True, None),
    ]


async def test_a_hook_that_fails_at_once(session: AsyncSession) -> None:
    def fail(*args: Any) -> Any:
        raise LookupError

    note = Note(text="a")
    session.add(note)
    with flushing_by(fail), pytest.raises(LookupError):
        await session.flush()
    assert note._sac_state == "pending"  # nothing was done, nothing is undone
    await session.flush()
    assert note.id == 1


async def test_flushing_within_a_flush(session: AsyncSession) -> None:
    async def write(session: Any, commit: bool) -> bool:
        with pytest.raises(exc.InvalidRequestError, match="already"):
            await session.flush()
        await session.execute(text("SELECT 1"))
        assert await session.get(Note, 5) is None
        return bool(await flush_unit(session, commit))

    session.add(Note(text="a"))
    with flushing_by(write):
        await session.commit()
    assert (await session.get_one(Note, 1)).text == "a"


async def test_a_flush_that_never_ends(session: AsyncSession) -> None:
    async def write(session: Any, commit: bool) -> bool:
        return False

    session.add(Note(text="a"))
    with flushing_by(write), pytest.raises(FlushError):
        await session.commit()
    await session.rollback()


async def test_the_writer_is_free_after_a_failure(
    session: AsyncSession, made: AsyncEngine
) -> None:
    """The rollback of a failed flush does not wait for rollback()."""
    session.add_all([Note(text="a"), Note(text="a")])
    with pytest.raises(exc.IntegrityError):
        await session.flush()
    assert not session.is_active
    async with AsyncSession(made) as other:
        other.add(Note(text="a"))
        await other.commit()
    with pytest.raises(exc.PendingRollbackError):
        await session.get(Note, 1)
    await session.rollback()
    assert session.is_active
    assert (await session.get_one(Note, 1)).text == "a"


async def test_changes_after_a_failure_are_lost(
    session: AsyncSession,
) -> None:
    session.add_all([Note(text="a"), Note(text="a")])
    with pytest.raises(exc.IntegrityError):
        await session.flush()
    late = Note(text="b")
    session.add(late)
    with pytest.warns(exc.SAWarning, match="discarded"):
        await session.rollback()
    assert late._sac_state == "transient"


async def test_autoflush_fails(session: AsyncSession) -> None:
    session.add_all([Note(text="a"), Note(text="a")])
    with pytest.raises(exc.IntegrityError):
        await session.get(Note, 1)
    with pytest.raises(exc.PendingRollbackError):
        await session.get(Note, 1)
    await session.close()
    assert await session.get(Note, 1) is None


async def test_cancelled_while_it_waits(
    session: AsyncSession, made: AsyncEngine
) -> None:
    """A flush that is cancelled leaves nothing behind."""
    async with AsyncSession(made) as writer:
        writer.add(Note(text="w"))
        await writer.flush()
        note = Note(text="a")
        session.add(note)
        task = asyncio.create_task(session.commit())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert note._sac_state == "transient"
        with pytest.raises(exc.PendingRollbackError):
            await session.get(Note, 1)
        await writer.commit()
    await session.rollback()
    session.add(note)
    await session.commit()
    assert note._sac_identity == (2,)


async def test_dropped_while_it_waits(
    session: AsyncSession, made: AsyncEngine
) -> None:
    """A commit whose coroutine is closed can be rolled back."""
    async with AsyncSession(made) as writer:
        writer.add(Note(text="w"))
        await writer.flush()
        note = Note(text="a")
        session.add(note)
        awaitable = session.commit()
        awaitable.send(None)
        awaitable.close()
        # What the unit held may be in a cycle.
        del awaitable
        gc.collect()
        assert note._sac_state == "transient"
        assert not session.is_active
        await writer.rollback()
    await session.rollback()
    session.add(note)
    await session.commit()


async def test_the_next_call_waits_for_one_that_was_dropped(
    tmp_path: Path,
) -> None:
    """The worker still opens the connection for it."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/new.db")
    async with AsyncSession(engine) as session:
        for _ in range(3):  # the next, one that is dropped too, and the last
            awaitable = session.execute(text("SELECT 1"))
            awaitable.send(None)
            awaitable.close()
        task = asyncio.create_task(session.execute(text("SELECT 2")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await session.scalar(text("SELECT 3")) == 3
    await engine.dispose()


async def test_savepoints_restore_what_they_touched(
    session: AsyncSession,
) -> None:
    kept, changed = Note(text="kept"), Note(text="changed")
    session.add_all([kept, changed])
    await session.commit()
    for each in (1, 2):
        await session.get(Note, each)
    point = await session.begin_nested()
    changed.text = "other"
    await session.flush()
    await point.rollback()
    assert kept._sac_expired is False
    assert changed._sac_expired is True
    assert (await session.get_one(Note, 2)).text == "changed"
    released = await session.begin_nested()
    changed.text = "other"
    await released.commit()
    await session.rollback()
    assert kept._sac_expired


async def test_nested_savepoints(session: AsyncSession) -> None:
    notes = [Note(text=str(at)) for at in range(4)]
    session.add(notes[0])
    outer = await session.begin_nested()
    session.add(notes[1])
    inner = await session.begin_nested()
    session.add(notes[2])
    await inner.commit()
    await session.delete(notes[0])
    third = await session.begin_nested()
    session.add(notes[3])
    await session.delete(notes[2])
    await third.commit()
    assert [each._sac_state for each in notes] == [
        "deleted",
        "persistent",
        "deleted",
        "persistent",
    ]
    await outer.rollback()
    assert [each._sac_state for each in notes] == [
        "persistent",
        "transient",
        "transient",
        "transient",
    ]
    await session.rollback()
    assert notes[0]._sac_state == "transient"


async def test_keys_that_are_swapped(session: AsyncSession) -> None:
    a, b = Note(id=1, text="a"), Note(id=2, text="b")
    session.add_all([a, b])
    await session.commit()
    for each in (1, 2):
        await session.get(Note, each)
    for note, key in ((a, 3), (b, 1), (a, 2)):
        note.id = key
        await session.flush()
    assert (await session.get(Note, 2)) is a
    assert (await session.get(Note, 1)) is b
    await session.rollback()
    assert (await session.get(Note, 1)) is a
    assert (await session.get(Note, 2)) is b
    assert (a.text, b.text) == ("a", "b")


async def test_rollback_of_nothing(session: AsyncSession) -> None:
    await session.rollback()
    note = Note(text="a")
    session.add(note)
    await session.rollback()
    assert note._sac_state == "transient"
    assert not list(session)


async def test_commit_keeps_or_expires(made: AsyncEngine) -> None:
    for expire in (True, False):
        async with AsyncSession(made, expire_on_commit=expire) as session:
            note = Note(text=str(expire))
            session.add(note)
            await session.commit()
            assert note._sac_expired is expire
            await session.delete(note)
            await session.commit()
            assert note._sac_gone
            with pytest.raises(exc.InvalidRequestError, match="deleted"):
                session.add(note)


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_a_writer_that_is_forgotten(made: AsyncEngine) -> None:
    """Its rollback is waited for, also by the task that forgot it."""
    for at in range(5):
        session = AsyncSession(made)
        session.add(Note(text="a"))
        await session.flush()
        del session
        async with AsyncSession(made) as other:
            other.add(Note(text=str(at)))
            await other.commit()
