"""The budget of the loop's thread: who runs there, who moves to a worker, and
that nobody can tell from the results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import ADD, BOOK, count, rows, ticking
from sqlactive_c import AsyncEngine, create_async_engine, text

BUDGETS = (0, 1000, 5000, 20_000, 10**9)
SCHEMA = (
    "CREATE TABLE item (id INTEGER PRIMARY KEY, kind INTEGER, name TEXT)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 3000) INSERT INTO item SELECT i, i % 7, 'item ' || i FROM n",
)
QUERIES = {
    "point": "SELECT * FROM item WHERE id = 1234",
    "none": "SELECT * FROM item WHERE id = -1",
    "all": "SELECT id, name FROM item ORDER BY id",
    "aggregate": "SELECT kind, count(*), sum(id) FROM item GROUP BY kind",
    "sorted": "SELECT name FROM item ORDER BY name DESC",
    "join": "SELECT a.id, b.id FROM item a JOIN item b ON b.id = a.id * 2",
    "late": "SELECT id FROM item WHERE id % 1000 = 999 OR id > 2990",
    "long": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 20000) SELECT count(*), sum(i) FROM n",
    "wide": "SELECT id, hex(zeroblob(300)) FROM item",
}


@pytest.fixture
async def memory() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as conn:
        await conn.execute(BOOK)
        for statement in SCHEMA:
            await conn.exec_driver_sql(statement)
    yield engine
    await engine.dispose()


async def test_cheap_reads_run_inline(memory: AsyncEngine) -> None:
    async with memory.connect() as conn:
        await conn.execute(text(QUERIES["point"]))
        before = memory.stats()
        for _ in range(100):
            await conn.execute(text(QUERIES["point"]))
        after = memory.stats()
    assert after["inline_runs"] - before["inline_runs"] == 100
    assert after["worker_runs"] == before["worker_runs"]


async def test_long_reads_move_and_are_remembered(memory: AsyncEngine) -> None:
    statement = text(QUERIES["long"])
    async with memory.connect() as conn:
        before = memory.stats()
        await conn.execute(statement)
        once = memory.stats()
        await conn.execute(statement)
        twice = memory.stats()
    assert once["handovers"] == before["handovers"] + 1
    assert twice["handovers"] == once["handovers"]  # it went there directly
    assert twice["worker_runs"] == once["worker_runs"] + 1
    assert twice["inline_runs"] == before["inline_runs"]


async def test_what_became_cheap_comes_back(memory: AsyncEngine) -> None:
    statement = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < :limit) SELECT count(*) FROM n"
    )
    async with memory.connect() as conn:
        await conn.execute(statement, {"limit": 30_000})
        for _ in range(20):
            await conn.execute(statement, {"limit": 3})
        before = memory.stats()["inline_runs"]
        await conn.execute(statement, {"limit": 3})
        assert memory.stats()["inline_runs"] == before + 1


@pytest.mark.parametrize("where", ["memory", "file"])
async def test_results_do_not_depend_on_the_budget(
    tmp_path: Path, where: str
) -> None:
    seen: dict[str, list[Any]] = {name: [] for name in QUERIES}
    for budget in BUDGETS:
        path = "" if where == "memory" else f"/{tmp_path}/{budget}.db"
        engine = create_async_engine(
            f"sqlite+aiosqlite://{path}", inline_budget=budget
        )
        async with engine.begin() as conn:
            for statement in SCHEMA:
                await conn.exec_driver_sql(statement)
        async with engine.connect() as conn:
            for _ in range(2):  # unknown, then known to be slow or not
                for name, query in QUERIES.items():
                    result = await conn.execute(text(query))
                    seen[name].append((tuple(result.keys()), result.all()))
                    streamed = await conn.stream(text(query))
                    seen[name].append(
                        (tuple(streamed.keys()), await streamed.all())
                    )
        stats = engine.stats()
        if budget == 0:
            assert stats["inline_runs"] == 0
        if budget == 1000:
            assert stats["handovers"] > 0
        await engine.dispose()
    for name, answers in seen.items():
        assert len(answers) == 4 * len(BUDGETS)
        assert all(answer == answers[0] for answer in answers), name
    assert len(seen["all"][0][1]) == 3000


@pytest.mark.parametrize("limit", [1, 100, 1000, 5000, 20_000, 50_000])
async def test_a_result_handed_over_keeps_all_rows(
    memory: AsyncEngine, limit: int
) -> None:
    async with memory.connect() as conn:
        result = await conn.execute(rows(limit))
        assert result.scalars().all() == list(range(1, limit + 1))
    if limit >= 5000:
        assert memory.stats()["handovers"] >= 1


async def test_a_handed_over_read_inside_a_transaction(
    memory: AsyncEngine,
) -> None:
    async with memory.begin() as conn:
        await conn.execute(ADD, {"owner": "mine"})
        result = await conn.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                "FROM n WHERE i < 20000) "
                "SELECT n.i, book.owner FROM n, book"
            )
        )
        found = result.all()
        assert len(found) == 20_000
        assert {row.owner for row in found} == {"mine"}
        assert conn.in_transaction()
    assert memory.stats()["handovers"] == 1


async def test_writes_with_loops_go_to_a_worker(memory: AsyncEngine) -> None:
    """An interrupted write would roll the transaction back, so one that may
    be long never begins on the loop's thread."""
    async with memory.begin() as conn:
        await conn.execute(ADD, {"owner": "one"})  # bounded
        before = memory.stats()
        for statement in (
            "UPDATE item SET name = name || '!'",
            "DELETE FROM item WHERE kind = 3",
            "INSERT INTO book (owner) SELECT name FROM item",
            "CREATE INDEX item_name ON item (name)",
        ):
            await conn.execute(text(statement))
        after = memory.stats()
    assert after["inline_runs"] == before["inline_runs"]
    assert after["worker_runs"] - before["worker_runs"] == 4
    assert after["handovers"] == before["handovers"]


async def test_bounded_writes_run_inline_in_memory(
    memory: AsyncEngine,
) -> None:
    async with memory.begin() as conn:
        await conn.execute(ADD, {"owner": "x"})
        before = memory.stats()
        for _ in range(10):
            await conn.execute(ADD, {"owner": "x"})
        assert memory.stats()["inline_runs"] - before["inline_runs"] == 10
    assert await count(memory, "x") == 11


async def test_many_sets_of_a_bounded_write_are_all_written(
    memory: AsyncEngine,
) -> None:
    """Handed over between two sets: each is written once."""
    async with memory.begin() as conn:
        result = await conn.execute(
            ADD, [{"owner": f"set {i}"} for i in range(20_000)]
        )
        assert result.rowcount == 20_000
    async with memory.connect() as conn:
        both = await conn.execute(
            text("SELECT count(*), count(DISTINCT owner) FROM book")
        )
        assert both.one() == (20_000, 20_000)


async def test_commits_on_a_file_never_run_inline(
    file_engine: AsyncEngine,
) -> None:
    async with file_engine.connect() as conn:
        await conn.execute(BOOK)
        await conn.commit()
        await conn.execute(ADD, {"owner": "x"})
        before = file_engine.stats()
        await conn.commit()
        after = file_engine.stats()
    assert after["inline_runs"] == before["inline_runs"]
    assert after["worker_runs"] > before["worker_runs"]


async def test_a_hundred_thousand_inline_awaits_do_not_starve_the_loop(
    memory: AsyncEngine,
) -> None:
    statement = text("SELECT 1")
    async with memory.connect() as conn, ticking() as ticker:
        before = memory.stats()["worker_runs"]
        for _ in range(100_000):
            await conn.scalar(statement)
        # one that the machine interrupted for long may be taken for slow
        assert memory.stats()["worker_runs"] - before < 5000
    assert ticker.ticks >= 5
    assert ticker.longest < 0.5


async def test_the_loop_turns_while_long_reads_run(
    memory: AsyncEngine,
) -> None:
    async def scan() -> None:
        async with memory.connect() as conn:
            for _ in range(3):
                await conn.execute(
                    text(QUERIES["long"].replace("20000", "300000"))
                )

    async with ticking() as ticker:
        await asyncio.gather(scan(), scan())
    assert ticker.ticks >= 10
    assert ticker.longest < 0.5


async def test_a_huge_row_count_of_tiny_cost_is_not_inline_for_ever(
    memory: AsyncEngine,
) -> None:
    """Bytes count as well as instructions."""
    async with memory.connect() as conn:
        result = await conn.execute(
            text("SELECT zeroblob(200000) FROM item WHERE id <= 20")
        )
        assert sum(len(row[0]) for row in result) == 4_000_000
    assert memory.stats()["handovers"] == 1
