"""Transactions across calls: who is in, in which order, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import (
    ActiveRecordBaseModel,
    DBConnection,
    MetaData,
    String,
    exc,
    text,
)
from sqlactive_c.orm import Mapped, mapped_column


class Base(ActiveRecordBaseModel):
    __abstract__ = True
    metadata = MetaData()


class Coin(Base):
    __tablename__ = "coins"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)


@pytest.fixture(params=["memory", "file"])
async def conn(
    request: pytest.FixtureRequest, tmp_path: Any
) -> AsyncIterator[DBConnection]:
    path = f"/{tmp_path}/units.db" if request.param == "file" else ""
    async with DBConnection(f"sqlite+aiosqlite://{path}") as made:
        await made.init_db(Base)
        yield made
        await made.close(Base)


async def names() -> list[str]:
    return [each.name for each in await Coin.order_by("id").all()]


async def seen(conn: DBConnection) -> list[str]:
    """What another connection sees."""
    async with conn.async_engine.connect() as other:
        found = await other.execute(text("SELECT name FROM coins ORDER BY id"))
        return list(found.scalars().all())


async def test_all_or_none(conn: DBConnection) -> None:
    async with Coin.transaction():
        await Coin.insert(name="a")
        await Coin.insert_all([Coin(name="b"), Coin(name="c")])
        assert await names() == ["a", "b", "c"]
        assert await seen(conn) == []
    assert await seen(conn) == ["a", "b", "c"]
    with pytest.raises(ZeroDivisionError):
        async with conn.transaction():
            await (await Coin.get_or_fail(1)).delete()
            await Coin.insert(name="d")
            raise ZeroDivisionError
    assert await seen(conn) == ["a", "b", "c"]


async def test_calls_of_other_tasks_stay_out(conn: DBConnection) -> None:
    async def outside() -> list[str]:
        await begun.wait()
        return await names()

    begun = asyncio.Event()
    other = asyncio.create_task(outside())
    async with Coin.transaction():
        await Coin.insert(name="a")
        begun.set()
        assert await other == []
    assert await names() == ["a"]


async def test_tasks_started_inside_are_in(conn: DBConnection) -> None:
    async with Coin.transaction():
        await asyncio.gather(*(Coin.insert(name=str(i)) for i in range(20)))
        assert await seen(conn) == []
        assert await names() == [str(i) for i in range(20)]  # in their order
    assert len(await seen(conn)) == 20


async def test_nested_is_a_savepoint(conn: DBConnection) -> None:
    async with Coin.transaction():
        await Coin.insert(name="a")
        with pytest.raises(ZeroDivisionError):
            async with Coin.transaction():
                await Coin.insert(name="b")
                async with Coin.transaction():
                    await Coin.insert(name="c")
                raise ZeroDivisionError
        async with Coin.transaction():
            await Coin.insert(name="d")
    assert await seen(conn) == ["a", "d"]


async def test_nested_ones_of_tasks_take_turns(conn: DBConnection) -> None:
    async def one(name: str, fail: bool) -> None:
        async with Coin.transaction():
            await Coin.insert(name=name)
            await asyncio.sleep(0)
            await Coin.insert(name=name + name)
            if fail:
                raise ZeroDivisionError

    async with Coin.transaction():
        done = await asyncio.gather(
            *(one(name, name == "b") for name in "abc"), return_exceptions=True
        )
    assert [type(each) for each in done] == [
        type(None),
        ZeroDivisionError,
        type(None),
    ]
    assert await seen(conn) == ["a", "aa", "c", "cc"]


async def test_a_call_fails_alone(conn: DBConnection) -> None:
    async with Coin.transaction():
        first = await Coin.insert(name="a")
        with pytest.raises(exc.IntegrityError):
            await Coin.insert_all([Coin(name="b"), Coin(name="a")])
        await first.update(name="first")
        await Coin.insert(name="a")
    assert await seen(conn) == ["first", "a"]


async def test_a_task_that_outlives_it(conn: DBConnection) -> None:
    async def late() -> None:
        await over.wait()
        await Coin.insert(name="late")

    over = asyncio.Event()
    async with Coin.transaction():
        task = asyncio.create_task(late())
        await Coin.insert(name="a")
    over.set()
    with pytest.raises(exc.InvalidRequestError, match="is over"):
        await task
    assert await seen(conn) == ["a"]


async def test_twice(conn: DBConnection) -> None:
    unit = Coin.transaction()
    assert not unit.is_active
    async with unit:
        assert unit.is_active
        with pytest.raises(exc.InvalidRequestError, match="make a new one"):
            await unit.__aenter__()
    assert not unit.is_active
    with pytest.raises(exc.InvalidRequestError, match="make a new one"):
        async with unit:
            pass
    await Coin.insert(name="after")
    assert await seen(conn) == ["after"]


async def test_cancelled_in_the_block(conn: DBConnection) -> None:
    async def run() -> None:
        async with Coin.transaction():
            await Coin.insert(name="a")
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    for _ in range(50):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await Coin.insert(name="b")
    assert await seen(conn) == ["b"]


@pytest.mark.parametrize("nested", [False, True])
async def test_cancelled_while_it_waits_for_a_call(
    conn: DBConnection, nested: bool
) -> None:
    """The call of another task ends what was left."""

    async def slow() -> None:
        async with unit.call(True) as session:
            await session.execute(
                text(
                    "INSERT INTO coins (name, created_at,"
                    " updated_at) VALUES ('slow', 0, 0)"
                )
            )
            in_call.set()
            await go.wait()

    async def block() -> None:
        nonlocal unit, task
        async with Coin.transaction() as unit:
            task = asyncio.create_task(slow())
            await in_call.wait()

    async def outer() -> None:
        if not nested:
            await block()
            return
        async with Coin.transaction():
            await Coin.insert(name="outer")
            try:
                await block()
            except asyncio.CancelledError:
                pass
            go.set()
            await task
            await Coin.insert(name="after")

    unit: Any = None
    task: Any = None
    in_call, go = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(outer())
    await in_call.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()
    if nested:
        await running
    else:
        with pytest.raises(asyncio.CancelledError):
            await running
        go.set()
        await task
        await Coin.insert(name="after")
    expected = ["outer", "after"] if nested else ["after"]
    assert await seen(conn) == expected


async def test_instances_outlive_it(conn: DBConnection) -> None:
    async with Coin.transaction():
        coin = await Coin.insert(name="a")
    assert (coin.id, coin.name) == (1, "a")
    await coin.update(name="b")
    assert await names() == ["b"]


async def test_without_a_session() -> None:
    with pytest.raises(Exception, match="set_session"):
        Coin.transaction()
