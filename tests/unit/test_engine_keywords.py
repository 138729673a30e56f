"""The keywords of engines: good values act, others are refused.

One section for each table of docs/reference/engine.md.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sqlactive_c import (
    AsyncConnection,
    AsyncEngine,
    create_async_engine,
    exc,
    pool,
    text,
)

MEMORY = "sqlite+aiosqlite://"
SELECT = text("SELECT 1")
INSERT = text("INSERT INTO t VALUES (1)")
COUNT = text("SELECT count(*) FROM t")


@asynccontextmanager
async def engine_of(url: str, **keywords: Any) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url, **keywords)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def table_of(url: str, **keywords: Any) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with the empty table t."""
    async with engine_of(url, **keywords) as engine:
        async with engine.begin() as conn:
            await conn.execute(text("CREATE TABLE IF NOT EXISTS t (a)"))
        yield engine


async def pragma(where: AsyncEngine | AsyncConnection, name: str) -> Any:
    if isinstance(where, AsyncEngine):
        async with where.connect() as conn:
            return await pragma(conn, name)
    return await where.scalar(text(f"PRAGMA {name}"))


# ---- the pool ---------------------------------------------------------------


async def test_pool_size_and_max_overflow(file_url: str) -> None:
    async with engine_of(
        file_url, pool_size=1, max_overflow=1, pool_timeout=0.01
    ) as engine:
        assert engine.pool.size() == 1
        assert engine.pool.timeout() == 0.01
        async with engine.connect() as first, engine.connect() as second:
            await first.execute(SELECT)
            await second.execute(SELECT)
            assert engine.pool.checkedout() == 2
            assert engine.pool.overflow() == 1
            with pytest.raises(exc.TimeoutError):
                await engine.connect()
        assert engine.pool.checkedin() == 1


@pytest.mark.parametrize(
    "keywords", [{"max_overflow": -1}, {"pool_size": 0}], ids=str
)
async def test_a_pool_without_a_limit(keywords: Any, file_url: str) -> None:
    async with engine_of(file_url, **keywords) as engine:
        connections = [await engine.connect() for _ in range(17)]
        assert engine.pool.checkedout() == 17
        for conn in connections:
            await conn.close()


async def cache_size_survives(engine: AsyncEngine) -> bool:
    """Does the next checkout give the connection that was given back?"""
    async with engine.connect() as conn:
        await conn.execute(text("PRAGMA cache_size=77"))
    return bool(await pragma(engine, "cache_size") == 77)


async def test_pool_recycle(file_url: str) -> None:
    async with engine_of(file_url) as engine:
        assert await cache_size_survives(engine)
    async with engine_of(file_url, pool_recycle=3600) as engine:
        assert await cache_size_survives(engine)
    async with engine_of(file_url, pool_recycle=0) as engine:
        assert not await cache_size_survives(engine)


async def test_pool_pre_ping_sees_a_replaced_file(tmp_path: Path) -> None:
    file, other = tmp_path / "a.db", tmp_path / "b.db"
    url = "sqlite+aiosqlite:///"
    async with table_of(f"{url}{other}", journal_mode="DELETE") as engine:
        async with engine.begin() as conn:
            await conn.execute(INSERT)
    async with table_of(
        f"{url}{file}", journal_mode="DELETE", pool_pre_ping=True
    ) as engine:
        async with engine.connect() as conn:
            assert await conn.scalar(COUNT) == 0
        other.replace(file)
        async with engine.connect() as conn:
            assert await conn.scalar(COUNT) == 1


async def test_poolclass(file_url: str) -> None:
    async with engine_of(file_url, poolclass=pool.NullPool) as engine:
        assert not await cache_size_survives(engine)
        assert engine.stats()["connections"] == 0
    async with engine_of(
        file_url, poolclass=pool.StaticPool, pool_timeout=0.01
    ) as engine:
        assert await cache_size_survives(engine)
        async with engine.connect() as conn:
            await conn.execute(SELECT)
            with pytest.raises(exc.TimeoutError):
                await engine.connect()
    for name in ("QueuePool", "AsyncAdaptedQueuePool"):
        kind = getattr(pool, name)
        async with engine_of(file_url, poolclass=kind, pool_size=2) as engine:
            assert engine.pool.size() == 2
            assert name in repr(engine.pool)


def test_a_pool_strategy_is_not_called() -> None:
    with pytest.raises(TypeError, match="poolclass"):
        pool.NullPool()


# ---- isolation --------------------------------------------------------------


async def test_serializable_reads_outside_a_transaction(file_url: str) -> None:
    async with table_of(file_url, isolation_level="SERIALIZABLE") as engine:
        async with engine.connect() as reader, engine.connect() as writer:
            assert await reader.scalar(COUNT) == 0
            await writer.execute(INSERT)
            assert await reader.scalar(COUNT) == 0
            await writer.commit()
            assert await reader.scalar(COUNT) == 1


async def test_snapshot_reads_one_state(file_url: str) -> None:
    async with table_of(file_url, isolation_level="SNAPSHOT") as engine:
        async with engine.connect() as reader, engine.connect() as writer:
            assert await reader.scalar(COUNT) == 0
            await writer.execute(INSERT)
            await writer.commit()
            assert await reader.scalar(COUNT) == 0
            with pytest.raises(exc.OperationalError):
                await reader.execute(INSERT)
            await reader.rollback()
            assert await reader.scalar(COUNT) == 1


async def test_immediate_begins_to_write_at_once(file_url: str) -> None:
    async with table_of(
        file_url, isolation_level="IMMEDIATE", writer_timeout=0.01
    ) as engine:
        async with engine.connect() as conn:
            await conn.scalar(COUNT)
            with pytest.raises(exc.OperationalError):
                await asyncio.create_task(write(engine))
        await asyncio.create_task(write(engine))


async def write(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(INSERT)


@pytest.mark.parametrize(
    "keywords",
    [
        {"isolation_level": "AUTOCOMMIT"},
        {"isolation_level": "autocommit"},
        {"execution_options": {"isolation_level": "AUTOCOMMIT"}},
        {"connect_args": {"isolation_level": None}},
    ],
    ids=str,
)
async def test_autocommit(keywords: Any, file_url: str) -> None:
    async with table_of(file_url, **keywords) as engine:
        async with engine.connect() as conn:
            await conn.execute(INSERT)
            await conn.rollback()
            assert await conn.scalar(COUNT) == 1


async def test_read_uncommitted_sets_its_pragma(file_url: str) -> None:
    for level in ("READ UNCOMMITTED", "READ_UNCOMMITTED"):
        async with engine_of(file_url, isolation_level=level) as engine:
            assert await pragma(engine, "read_uncommitted") == 1
    async with engine_of(file_url) as engine:
        assert await pragma(engine, "read_uncommitted") == 0


# ---- the driver -------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "keywords"),
    [
        ("", {"connect_args": {"timeout": 0.05}}),
        ("?timeout=0.05", {}),
        ("?timeout=60", {"connect_args": {"timeout": 0.05}}),
    ],
    ids=str,
)
async def test_timeout_is_for_locks_of_others(
    query: str, keywords: Any, file_url: str
) -> None:
    import sqlite3

    async with table_of(file_url + query, **keywords) as engine:
        other = sqlite3.connect(engine.url.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(exc.OperationalError, match="locked"):
                async with asyncio.timeout(30), engine.connect() as conn:
                    await conn.execute(INSERT)
        finally:
            other.close()


async def test_keywords_of_the_driver_without_a_meaning_here() -> None:
    async with engine_of(
        MEMORY,
        connect_args={
            "check_same_thread": False,
            "detect_types": 0,
            "cached_statements": 0,
            "uri": True,
        },
        future=True,
        pool_use_lifo=True,
        pool_reset_on_return="rollback",
        insertmanyvalues_page_size=7,
    ) as engine:
        async with engine.connect() as conn:
            assert await conn.scalar(SELECT) == 1


# ---- SQLite -----------------------------------------------------------------


async def test_what_a_file_has_by_default(file_url: str) -> None:
    async with engine_of(file_url) as engine, engine.connect() as conn:
        assert await pragma(conn, "journal_mode") == "wal"
        assert await pragma(conn, "synchronous") == 2
        assert await pragma(conn, "foreign_keys") == 0


@pytest.mark.parametrize(
    ("keywords", "name", "value"),
    [
        ({"journal_mode": "delete"}, "journal_mode", "delete"),
        ({"journal_mode": "TRUNCATE"}, "journal_mode", "truncate"),
        ({"journal_mode": "PERSIST"}, "journal_mode", "persist"),
        ({"journal_mode": "MEMORY"}, "journal_mode", "memory"),
        ({"journal_mode": "OFF"}, "journal_mode", "off"),
        ({"journal_mode": "WAL"}, "journal_mode", "wal"),
        ({"synchronous": "OFF"}, "synchronous", 0),
        ({"synchronous": "normal"}, "synchronous", 1),
        ({"synchronous": "EXTRA"}, "synchronous", 3),
        ({"foreign_keys": True}, "foreign_keys", 1),
        ({"cache_size": -4000}, "cache_size", -4000),
        ({"mmap_size": 65536}, "mmap_size", 65536),
        ({"temp_store": "FILE"}, "temp_store", 1),
        ({"temp_store": "memory"}, "temp_store", 2),
        ({"pragmas": {"secure_delete": True}}, "secure_delete", 1),
        ({"pragmas": {"recursive_triggers": "on"}}, "recursive_triggers", 1),
        ({"pragmas": {"cache_size": 123}}, "cache_size", 123),
    ],
    ids=str,
)
async def test_pragmas(
    keywords: Any, name: str, value: Any, file_url: str
) -> None:
    async with engine_of(file_url, **keywords) as engine:
        async with engine.connect() as one, engine.connect() as two:
            assert await pragma(one, name) == value
            assert await pragma(two, name) == value


async def test_wal_autocheckpoint(file_url: str) -> None:
    for pages, happens in ((0, False), (1, True)):
        async with table_of(file_url, wal_autocheckpoint=pages) as engine:
            for _ in range(5):
                async with engine.begin() as conn:
                    await conn.execute(INSERT)
            assert (engine.stats()["checkpoints"] > 0) == happens


async def test_writer_timeout(any_engine: AsyncEngine) -> None:
    url = any_engine.url
    async with table_of(url, writer_timeout=0.01) as engine:  # type: ignore[arg-type]
        async with engine.connect() as one, engine.connect() as two:
            await one.execute(INSERT)
            with pytest.raises(exc.OperationalError):
                await asyncio.create_task(run(two, INSERT))


async def run(conn: AsyncConnection, statement: Any) -> None:
    await conn.execute(statement)


# ---- threads and plans ------------------------------------------------------


async def test_inline_budget() -> None:
    async with engine_of(MEMORY, inline_budget=0) as engine:
        async with engine.connect() as conn:
            await conn.execute(SELECT)
        stats = engine.stats()
        assert (stats["inline_runs"], stats["worker_runs"]) == (0, 1)
    async with engine_of(MEMORY) as engine:
        async with engine.connect() as conn:
            await conn.execute(SELECT)
        stats = engine.stats()
        assert (stats["inline_runs"], stats["worker_runs"]) == (1, 0)


def niceness() -> list[int]:
    """Nice values of the threads of this process."""
    values = []
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rpartition(") ")[2].split()
        values.append(int(fields[16]))
    return values


async def read_side_by_side(engine: AsyncEngine, many: int) -> None:
    async def read() -> None:
        async with engine.connect() as conn:
            await conn.execute(SELECT)

    await asyncio.gather(*(read() for _ in range(many)))


async def test_readers_and_reader_nice(file_url: str) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    before = len(niceness())
    async with engine_of(
        file_url, inline_budget=0, readers=1, reader_nice=3
    ) as engine:
        await read_side_by_side(engine, 5)
        assert engine.stats()["threads"] == 1
        assert len(niceness()) == before + 1
        assert sorted(niceness())[-1] == own + 3
    async with engine_of(
        file_url, inline_budget=0, readers=3, reader_nice=0
    ) as engine:
        await read_side_by_side(engine, 5)
        assert 1 <= engine.stats()["threads"] <= 3
        assert set(niceness()) == {own}


async def test_query_cache_size() -> None:
    async with engine_of(MEMORY, query_cache_size=3) as engine:
        async with engine.connect() as conn:
            for number in range(9):
                await conn.exec_driver_sql(f"SELECT {number}")
        stats = engine.stats()
        assert stats["plans_limit"] == 3
        assert stats["plans"] <= 3


# ---- messages ---------------------------------------------------------------


@pytest.mark.parametrize("hide", [True, False])
async def test_hide_parameters_in_errors(hide: bool) -> None:
    async with engine_of(MEMORY, hide_parameters=hide) as engine:
        async with engine.connect() as conn:
            with pytest.raises(exc.OperationalError) as caught:
                await conn.execute(text("SELECT :a FROM no"), {"a": "secret"})
    assert ("secret" in str(caught.value)) is not hide


# ---- a relative file --------------------------------------------------------


async def test_a_relative_file_stays_where_the_engine_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    async with engine_of("sqlite+aiosqlite:///file.db") as engine:
        monkeypatch.chdir(there)
        async with engine.begin() as conn:
            await conn.execute(text("CREATE TABLE t (a)"))
        assert engine.url.database == "file.db"
    assert (here / "file.db").exists()
    assert not list(there.iterdir())


# ---- refused ----------------------------------------------------------------

BAD = {
    "allow_extensions": ["yes", 1, None],
    "echo": ["yes", 2],
    "logging_name": [1],
    "hide_parameters": [1, None],
    "pool_size": [-1, 1.5, "5", True],
    "max_overflow": [-2, "1"],
    "pool_timeout": [-1, "1", True, float("nan"), float("inf")],
    "pool_recycle": [-2, "x"],
    "pool_pre_ping": [1],
    "poolclass": [int, "QueuePool"],
    "pool_reset_on_return": ["commit", None],
    "pool_use_lifo": ["no"],
    "future": [False],
    "isolation_level": ["REPEATABLE READ", 3],
    "connect_args": [[], {"timeout": -1}, {"cached_statements": "x"}],
    "execution_options": [[1], {"isolation_level": "NONE"}],
    "query_cache_size": [-1, "x"],
    "journal_mode": ["NONE", 1],
    "synchronous": ["HIGH", None],
    "foreign_keys": ["on"],
    "cache_size": ["big", 1.5],
    "mmap_size": ["x"],
    "temp_store": ["DISK"],
    "pragmas": [
        [],
        {"a b": 1},
        {"cache_size; DROP TABLE t": 1},
        {"cache_size": "1; DROP TABLE t"},
        {"cache_size": 1.5},
        {1: 1},
    ],
    "wal_autocheckpoint": [-1, "x"],
    "writer_timeout": [-1, None],
    "inline_budget": [-1, 1.5],
    "readers": [0, "x"],
    "reader_nice": [-1],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD.items() for value in values],
)
def test_values_that_do_not_fit(name: str, value: Any) -> None:
    keywords: Any = {name: value}
    with pytest.raises(exc.ArgumentError) as caught:
        create_async_engine(MEMORY, **keywords)
    known = {"connect_args": "timeout|cached_statements|connect_args"}
    words = known.get(name, name).split("|")
    if isinstance(value, dict) and "isolation_level" in value:
        words = ["isolation_level"]
    assert any(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    "keywords",
    [
        {"colour": 1},
        {"pool_sizes": 1},
        {"poolclass": pool.StaticPool, "pool_size": 3},
        {"poolclass": pool.NullPool, "max_overflow": 3},
        {"connect_args": {"colour": 1}},
        {"strategy": "plain"},
    ],
    ids=str,
)
def test_unknown_keywords(keywords: Any) -> None:
    with pytest.raises(TypeError) as caught:
        create_async_engine(MEMORY, **keywords)
    last = list(keywords)[-1]
    assert (last if last != "connect_args" else "colour") in str(caught.value)


def test_every_keyword_of_the_reference_page_is_tested() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs/reference/engine.md").read_text()
    names: set[str] = set()
    for line in page.split("\n"):
        if line.startswith("| `"):
            cell = line.split("|")[1]
            names.update(part.strip(" `") for part in cell.split(","))
    keywords = {name for name in names if name.isidentifier()}
    keywords -= {level for level in keywords if level.isupper()}
    mine = {*BAD, "insertmanyvalues_page_size"}
    assert keywords == mine


async def test_a_copy_with_other_options() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    assert autocommit is not engine
    async with autocommit.connect() as conn:
        await conn.execute(text("CREATE TABLE t (a)"))
        await conn.execute(text("INSERT INTO t VALUES (1)"))
    async with engine.connect() as conn:  # the same database
        assert await conn.scalar(text("SELECT count(*) FROM t")) == 1
        await conn.execute(text("INSERT INTO t VALUES (2)"))
    async with autocommit.connect() as conn:  # the original commits nothing
        assert await conn.scalar(text("SELECT count(*) FROM t")) == 1
    with pytest.raises(exc.ArgumentError, match="isolation_level"):
        engine.execution_options(isolation_level="CHAOS")
    assert "isolation_level" not in engine.get_execution_options()
    await engine.dispose()


# ---- JSON -------------------------------------------------------------------


async def test_json_functions() -> None:
    import json

    from sqlactive_c import JSON, Column, MetaData, Table, insert, select

    table = Table("t", MetaData(), Column("a", JSON))
    written = {
        "json_serializer": lambda value: f" {json.dumps(value)}",
        "json_deserializer": lambda raw: ("read", raw),
    }
    for keywords, raw, found in (
        (written, " [1]", ("read", " [1]")),
        ({}, "[1]", [1]),
        ({"json_serializer": written["json_serializer"]}, " [1]", [1]),
    ):
        async with table_of(MEMORY, **keywords) as engine:
            async with engine.connect() as conn:
                await conn.execute(insert(table), {"a": [1]})
                assert await conn.scalar(text("SELECT a FROM t")) == raw
                assert await conn.scalar(select(table.c.a)) == found
                held = select(table.c.a).where(table.c.a == [1])
                assert await conn.scalar(held) == found


async def test_json_functions_must_be_callable() -> None:
    with pytest.raises(exc.ArgumentError, match="json_serializer"):
        create_async_engine(MEMORY, json_serializer="dumps")
