"""Listening and SQLite's own functions, again and again: nothing grows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from leaks.test_flat import flat
from sqlactive_c import create_async_engine, event, text
from sqlactive_c.exc import DBAPIError
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column


class Longest:
    def __init__(self) -> None:
        self.size = 0

    def step(self, value: Any) -> None:
        self.size = max(self.size, len(value))

    def finalize(self) -> int:
        return self.size


def shout(value: str) -> str:
    return value.upper()


async def callables(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.connect() as conn:
        driver = (await conn.get_raw_connection()).driver_connection
        for _ in range(2):
            driver.create_function("shout", 1, shout)
            driver.create_function("bad", 1, lambda value: [][value])
            driver.create_aggregate("longest", 1, Longest)
            driver.create_collation("same", lambda a, b: 0)
            driver.set_trace_callback(lambda sql: None)
            driver.set_progress_handler(lambda: 0, 10)
            driver.set_authorizer(lambda *args: 0)
        query = "SELECT longest(shout(:a)) ORDER BY 'x' COLLATE same"
        assert await conn.scalar(text(query), {"a": "abc"}) == 3
        failed = False
        try:
            await conn.execute(text("SELECT longest(bad(1))"))
        except DBAPIError:
            failed = True
        assert failed
    await engine.dispose()


async def copies(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.connect() as conn:
        await conn.execute(text("CREATE TABLE IF NOT EXISTS t (x)"))
        await conn.execute(text("DELETE FROM t"))
        await conn.execute(
            text("INSERT INTO t (rowid, x) VALUES (1, zeroblob(5000))")
        )
        await conn.commit()
        driver = (await conn.get_raw_connection()).driver_connection
        data = await driver.serialize()
        await driver.deserialize(data)
        other = create_async_engine("sqlite+aiosqlite://")
        await driver.backup(other, pages=1, sleep=0)
        await other.dispose()
        unfinished = driver._driver.backup(other, "main")
        await unfinished.step(1)
        async with driver.blobopen("t", "x", 1) as blob:
            blob[3] = 4
        await conn.commit()
        await driver.blobopen("t", "x", 1, readonly=True)
        assert len([line async for line in driver.iterdump()]) == 4
    await other.dispose()
    await engine.dispose()


async def listening(url: str) -> None:
    engine = create_async_engine(url)

    def change(
        conn: Any, cursor: Any, sql: str, params: Any, context: Any, many: Any
    ) -> Any:
        return sql, params

    event.listen(engine, "before_cursor_execute", change, retval=True)
    for name in ("connect", "begin", "rollback", "handle_error"):
        event.listen(engine, name, lambda *args: None)
    async with engine.connect() as conn:
        await conn.scalar(text("SELECT :x"), {"x": "abc"})
        failed = False
        try:
            await conn.execute(text("SELECT nosuch"))
        except DBAPIError:
            failed = True
        assert failed
    await engine.dispose()


class Base(DeclarativeBase):
    pass


class One(Base):
    __tablename__ = "one"
    id: Mapped[int] = mapped_column(primary_key=True)


class Two(Base):
    __tablename__ = "two"
    id: Mapped[int] = mapped_column(primary_key=True)


async def listening_to_flushes(url: str) -> None:
    engine = create_async_engine(url)
    told: list[str] = []

    def note(conn: Any, cursor: Any, sql: str, *rest: Any) -> None:
        told.append(sql)
        if len(told) == 3:
            raise ValueError

    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.drop_all)
        await conn.run_sync(Base.metadata.create_all)
    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "after_cursor_execute", note)
    async with AsyncSession(engine) as session:
        session.add_all([One(id=1), Two(id=1)])
        with suppress(ValueError):
            await session.commit()
        await session.rollback()
        session.add_all([One(id=1), Two(id=1)])
        await session.commit()
        session.add_all([One(id=2), Two(id=1)])
        failed = False
        try:
            await session.flush()
        except DBAPIError:
            failed = True
        assert failed
    assert len(told) == 10
    await engine.dispose()


@pytest.mark.parametrize("where", ["memory", "file"])
@pytest.mark.parametrize(
    "operation",
    [callables, copies, listening, listening_to_flushes],
    ids=lambda o: o.__name__,
)
async def test_nothing_grows(
    operation: Callable[[str], Awaitable[None]], where: str, tmp_path: Path
) -> None:
    path = f"/{tmp_path}/a.db" if where == "file" else ""
    url = (
        f"sqlite+aiosqlite://{path}?timeout=5"
        if path
        else ("sqlite+aiosqlite://")
    )
    await flat(lambda: operation(url))
