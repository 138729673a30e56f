"""Engines, connections, transactions and streams."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, assert_type

from sqlactive_c import (
    URL,
    AsyncConnection,
    AsyncEngine,
    AsyncTransaction,
    TextClause,
    create_async_engine,
    make_url,
    text,
)
from sqlactive_c.engine import Result, Row, ScalarResult
from sqlactive_c.engine.result import (
    AsyncMappingResult,
    AsyncResult,
    AsyncScalarResult,
)
from sqlactive_c.engine.sync import Connection
from sqlactive_c.pool import NullPool

MEMORY = "sqlite+aiosqlite://"


def engines() -> None:
    engine = create_async_engine(
        make_url(MEMORY),
        echo="debug",
        pool_size=3,
        pool_timeout=0.5,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        pragmas={"cache_size": 10},
        synchronous="NORMAL",
    )
    assert_type(engine, AsyncEngine)
    assert_type(engine.url, URL)
    assert_type(engine.name, str)
    assert_type(engine.dialect.name, str)
    assert_type(engine.pool.size(), int)
    assert_type(engine.stats(), dict[str, int])
    assert_type(engine.connect(), AsyncConnection)
    engine.echo = True


async def connections(engine: AsyncEngine) -> None:
    assert_type(await engine.connect(), AsyncConnection)
    assert_type(await engine.dispose(), None)
    async with engine.connect() as conn:
        assert_type(conn, AsyncConnection)
    async with engine.begin() as conn:
        assert_type(conn, AsyncConnection)
        assert_type(conn.engine, AsyncEngine)
        assert_type(conn.info, dict[Any, Any])
        assert_type(conn.in_transaction(), bool)
        assert_type(
            await conn.execution_options(isolation_level="SNAPSHOT"),
            AsyncConnection,
        )
    task = asyncio.create_task(conn.execute(text("SELECT 1")))
    assert_type(await task, Result[Any])
    async with asyncio.TaskGroup() as group:
        group.create_task(conn.commit())
    assert_type(await asyncio.wait_for(conn.rollback(), 1), None)


async def statements(conn: AsyncConnection) -> None:
    clause = text("SELECT :a").bindparams(a=1)
    assert_type(clause, TextClause)
    assert_type(clause.text, str)
    assert_type(await conn.execute(clause), Result[Any])
    assert_type(await conn.execute(clause, [{"a": 1}]), Result[Any])
    assert_type(await conn.exec_driver_sql("SELECT ?", (1,)), Result[Any])
    assert_type(await conn.exec_driver_sql("SELECT ?", [(1,)]), Result[Any])
    assert_type(await conn.scalar(clause), Any)
    assert_type(await conn.scalars(clause), ScalarResult[Any])


async def transactions(conn: AsyncConnection) -> None:
    transaction = await conn.begin()
    assert_type(transaction, AsyncTransaction)
    assert_type(transaction.is_active, bool)
    assert_type(await transaction.commit(), None)
    async with conn.begin_nested() as savepoint:
        assert_type(savepoint, AsyncTransaction)
        assert_type(savepoint.connection, AsyncConnection)
    assert_type(conn.get_transaction(), AsyncTransaction | None)


async def streams(conn: AsyncConnection) -> None:
    clause = text("SELECT 1 AS a")
    async with conn.stream(clause) as result:
        assert_type(result, AsyncResult[Any])
        async for row in result:
            assert_type(row, Row[Any])
        assert_type(await result.fetchone(), Row[Any] | None)
        assert_type(result.partitions(100), AsyncIterator[list[Row[Any]]])
        async for part in result.partitions(100):
            assert_type(part, list[Row[Any]])
        assert_type(result.mappings(), AsyncMappingResult)
    assert_type(await conn.stream(clause), AsyncResult[Any])
    assert_type(await conn.stream_scalars(clause), AsyncScalarResult[Any])


def count(conn: Connection, table: str, *, where: str = "1") -> int:
    found = conn.execute(text(f"SELECT count(*) FROM {table} WHERE {where}"))
    assert_type(found, Result[Any])
    with conn.begin_nested() as savepoint:
        assert_type(savepoint.is_active, bool)
    return int(found.scalar_one())


async def run_sync(conn: AsyncConnection) -> None:
    assert_type(await conn.run_sync(count, "t", where="a > 1"), int)
    assert_type(await conn.run_sync(lambda sync: sync.closed), bool)


async def refused(engine: AsyncEngine, conn: AsyncConnection) -> None:
    create_async_engine(1)  # type: ignore[arg-type]
    create_async_engine(MEMORY, colour=1)  # type: ignore[call-arg]
    create_async_engine(MEMORY, echo="loud")  # type: ignore[arg-type]
    create_async_engine(MEMORY, pool_size="5")  # type: ignore[arg-type]
    create_async_engine(MEMORY, poolclass=int)  # type: ignore[arg-type]
    create_async_engine(MEMORY, synchronous="HIGH")  # type: ignore[arg-type]
    AsyncEngine(MEMORY)  # type: ignore[call-arg]
    engine.url = make_url(MEMORY)  # type: ignore[misc]
    await conn.execute("SELECT 1")  # type: ignore[arg-type]
    await conn.execute(text("SELECT 1"), 5)  # type: ignore[arg-type]
    await conn.exec_driver_sql(text("SELECT 1"))  # type: ignore[arg-type]
    await conn.run_sync(count)  # type: ignore[call-arg]
    await conn.run_sync(count, 5)  # type: ignore[arg-type]
    conn.execute(text("SELECT 1")).all()  # type: ignore[attr-defined]
    conn.commit()  # type: ignore[unused-coroutine]
    with engine.connect():  # type: ignore[attr-defined]
        pass
    text(5)  # type: ignore[arg-type]
