"""Streamed results, beyond what the parity tests compare."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
import pytest_asyncio

from sqlactive_c import create_async_engine, text
from sqlactive_c.exc import (
    InvalidRequestError,
    MultipleResultsFound,
    OperationalError,
    ResourceClosedError,
)

COUNT = 5000  # several batches
NUMBERS = (
    "with recursive n (i) as (select 1 union all select i + 1 from n "
    f"limit {COUNT}) select i, 'number ' || i as name, i % 7 as rest from n"
)


@pytest_asyncio.fixture
async def connection() -> AsyncIterator[Any]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@pytest_asyncio.fixture
async def numbers(connection: Any) -> AsyncIterator[Any]:
    result = await connection.stream(text(NUMBERS))
    yield result
    await result.close()


def expected() -> list[tuple[int, str, int]]:
    return [(i, f"number {i}", i % 7) for i in range(1, COUNT + 1)]


async def test_all(numbers: Any) -> None:
    assert await numbers.all() == expected()
    assert await numbers.all() == []


async def test_iteration(numbers: Any) -> None:
    assert [row async for row in numbers] == expected()
    assert [row async for row in numbers] == []


async def test_fetchmany_over_batches(numbers: Any) -> None:
    rows = []
    while part := await numbers.fetchmany(1001):
        rows += part
    assert rows == expected()


@pytest.mark.parametrize("size", [1, 64, 65, 999, COUNT, COUNT + 1])
async def test_partitions(numbers: Any, size: int) -> None:
    parts = [part async for part in numbers.partitions(size)]
    assert [row for part in parts for row in part] == expected()
    assert {len(part) for part in parts[:-1]} <= {size}


async def test_mixed(numbers: Any) -> None:
    assert await numbers.fetchone() == expected()[0]
    assert (await anext(numbers)).i == 2
    assert await numbers.scalars().fetchmany(98) == list(range(3, 101))
    assert (await numbers.mappings().fetchone())["name"] == "number 101"
    assert await numbers.columns("i").fetchone() == (102,)
    assert await numbers.yield_per(3).fetchmany() == [(103,), (104,), (105,)]
    assert len((await numbers.freeze()).data) == COUNT - 105


async def test_unique_over_batches(numbers: Any) -> None:
    rests = numbers.scalars("rest").unique()
    assert await rests.all() == [1, 2, 3, 4, 5, 6, 0]


async def test_one_closes_the_statement(connection: Any) -> None:
    result = await connection.stream(text(NUMBERS))
    with pytest.raises(MultipleResultsFound):
        await result.one()
    assert result.closed
    with pytest.raises(ResourceClosedError):
        await result.fetchone()
    result = await connection.stream(text(NUMBERS))
    assert await result.scalar() == 1
    assert result.closed
    await result.close()


async def test_left_early(connection: Any) -> None:
    await connection.execute(text("create table t (a)"))
    await connection.execute(text("insert into t values (1)"))
    await connection.commit()
    for leave in "close", "context", "forget":
        if leave == "context":
            async with connection.stream(text(NUMBERS)) as result:
                async for _ in result:
                    break
            assert result.closed
        else:
            result = await connection.stream(text(NUMBERS))
            async for _ in result:
                break
            if leave == "close":
                await result.close()
                await result.close()
        del result
        gc.collect()
        # A statement that is still read would lock its table.
        await connection.execute(text("drop table t"))
        await connection.rollback()


async def test_errors_come_with_the_await(numbers: Any) -> None:
    await numbers.close()
    step = numbers.__anext__()
    with pytest.raises(ResourceClosedError):
        await step
    with pytest.raises(ResourceClosedError):
        await anext(numbers, None)
    with pytest.raises(ResourceClosedError):
        await anext(numbers.partitions(2))


async def test_error_in_a_later_batch(connection: Any) -> None:
    sql = (
        "with recursive n (i) as (select 1 union all select i + 1 from n "
        "limit 1000) select i, case when i = 900 then abs(i - 901 + "
        "-9223372036854775807) else i end as bad from n"
    )
    result = await connection.stream(text(sql))
    with pytest.raises(OperationalError, match="integer overflow"):
        await result.all()
    assert result.closed
    await result.close()
    assert await connection.scalar(text("select 1")) == 1


async def test_text_that_is_not_utf8(connection: Any) -> None:
    sql = "select cast(x'ff' as text) a union all select 'x'"
    result = await connection.stream(text(sql))
    with pytest.raises(OperationalError, match="UTF-8"):
        await anext(result)
    assert await anext(result) == ("x",)
    await result.close()


async def test_two_tasks_do_not_lose_rows(connection: Any) -> None:
    result = await connection.stream(text(NUMBERS))

    async def take() -> list[int]:
        return [row.i async for row in result]

    taken = await asyncio.gather(take(), take(), return_exceptions=True)
    assert all(isinstance(part, (list, InvalidRequestError)) for part in taken)
    rows = [i for part in taken if isinstance(part, list) for i in part]
    assert len(rows) == len(set(rows))
    await result.close()


async def test_steps_are_coroutines(numbers: Any) -> None:
    step = numbers.__anext__()
    assert isinstance(step, Coroutine)
    assert (await asyncio.create_task(step)).i == 1
    with pytest.raises(RuntimeError):
        await step
    assert (await asyncio.wait_for(numbers.__anext__(), 5)).i == 2
    step = numbers.__anext__()
    with pytest.raises(StopIteration) as stop:
        step.send(None)
    assert stop.value.value.i == 3
    step = numbers.__anext__()
    with pytest.raises(KeyError):
        step.throw(KeyError("x"))
    step = numbers.__anext__()
    step.close()
    with pytest.raises(RuntimeError):
        step.send(None)


async def test_memory_is_that_of_one_batch(connection: Any) -> None:
    sql = (
        "with recursive n (i) as (select 1 union all select i + 1 from n "
        "limit 20000) select i, printf('%0500d', i) as wide from n"
    )
    from sqlactive_c._core import live_blocks

    result = await connection.stream(text(sql))
    before, most, rows = live_blocks(), 0, 0
    async for row in result:
        rows += 1
        assert row.i == rows
        most = max(most, live_blocks())
    assert rows == 20000
    # 10 MB would be forty pages of the largest size.
    assert most - before < 20
    await result.close()


async def test_no_rows(connection: Any) -> None:
    result = await connection.stream(text("create table t (a)"))
    for fetch in result.all, result.first, result.freeze, result.fetchone:
        with pytest.raises(ResourceClosedError):
            await fetch()
    with pytest.raises(ResourceClosedError):
        result.scalars()
    with pytest.raises(ResourceClosedError):
        result.keys()
    await result.close()
