"""``echo``: what an engine tells `logging`, as the peer would."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio

import sqlactive_c
from plugins.environment import without_remarks
from sqlactive_c import AsyncEngine, create_async_engine, exc, text

OURS = "sqlactive_c.engine.Engine"
PEERS = "sqlalchemy.engine.Engine"
URL = "sqlite+aiosqlite://"


def lines(caplog: pytest.LogCaptureFixture, name: str = OURS) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(name)
    ]


async def run_a_little(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await conn.execute(text("SELECT :a AS a"), {"a": "value"})
    await engine.dispose()


async def test_statements_and_parameters(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await run_a_little(create_async_engine(URL, echo=True))
    assert lines(caplog) == [
        "BEGIN (implicit)",
        "SELECT ? AS a",
        "[generated] ('value',)",
        "ROLLBACK",
    ]
    assert {record.levelno for record in caplog.records} == {logging.INFO}


async def test_rows(caplog: pytest.LogCaptureFixture) -> None:
    await run_a_little(create_async_engine(URL, echo="debug"))
    rows = [r for r in caplog.records if r.levelno == logging.DEBUG]
    assert [r.getMessage() for r in rows] == ["Col ('a',)", "Row ('value',)"]


async def test_rows_are_still_there_for_the_caller() -> None:
    engine = create_async_engine(URL, echo="debug")
    sql = text("SELECT 1 AS a UNION ALL SELECT 2")
    async with engine.connect() as conn:
        assert (await conn.execute(sql)).all() == [(1,), (2,)]
        assert (await conn.execute(sql)).fetchmany(1) == [(1,)]
        assert (await conn.scalars(sql)).all() == [1, 2]
        assert await conn.scalar(sql) == 1
        assert (await conn.execute(text("CREATE TABLE t (a)"))).rowcount == -1
        async with conn.stream(sql) as streamed:
            assert await streamed.all() == [(1,), (2,)]
    await engine.dispose()


async def test_hidden_parameters(caplog: pytest.LogCaptureFixture) -> None:
    await run_a_little(
        create_async_engine(URL, echo=True, hide_parameters=True)
    )
    assert any("hide_parameters" in line for line in lines(caplog))
    assert "value" not in caplog.text


async def test_logging_name(caplog: pytest.LogCaptureFixture) -> None:
    await run_a_little(create_async_engine(URL, echo=True, logging_name="w"))
    assert {record.name for record in caplog.records} == {f"{OURS}.w"}


@pytest.mark.parametrize(
    ("echo", "level", "expected"),
    [
        (None, logging.NOTSET, set()),
        (None, logging.INFO, {logging.INFO}),
        (None, logging.DEBUG, {logging.INFO, logging.DEBUG}),
        (False, logging.DEBUG, set()),
        (True, logging.ERROR, {logging.INFO}),
        ("debug", logging.ERROR, {logging.INFO, logging.DEBUG}),
    ],
    ids=str,
)
async def test_echo_and_the_level_of_the_logger(
    echo: Any, level: int, expected: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(OURS)
    before = logger.level
    logger.setLevel(level)
    try:
        await run_a_little(create_async_engine(URL, echo=echo))
    finally:
        logger.setLevel(before)
    assert {record.levelno for record in caplog.records} == expected


async def test_echo_can_change(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_async_engine(URL)
    async with engine.connect() as conn:
        await conn.execute(text("SELECT 1"))
        assert not lines(caplog)
        engine.echo = "debug"
        assert engine.echo == "debug"
        await conn.execute(text("SELECT 2"))
        assert "Row (2,)" in lines(caplog)
        caplog.clear()
        engine.echo = False
        await conn.execute(text("SELECT 3"))
        with pytest.raises(exc.ArgumentError, match="echo"):
            engine.echo = "loud"  # type: ignore[assignment]
        assert engine.echo is False
    assert not lines(caplog)
    await engine.dispose()


async def test_a_text_is_generated_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = create_async_engine(URL, echo=True)
    async with engine.connect() as conn:
        await conn.execute(text("SELECT 1"))
        await conn.execute(text("SELECT 1"))
        await conn.exec_driver_sql("SELECT 1")
    await engine.dispose()
    notes = [line for line in lines(caplog) if line.startswith("[")]
    assert notes[0] == "[generated] ()"
    assert re.fullmatch(r"\[cached since \S+s ago\] \(\)", notes[1])
    assert notes[2] == "[raw sql] ()"


def test_without_a_handler_it_goes_to_the_standard_output(
    tmp_path: Path,
) -> None:
    code = f"""
import asyncio, sqlactive_c
async def main():
    engine = sqlactive_c.create_async_engine({URL!r}, echo=True)
    async with engine.connect() as conn:
        await conn.execute(sqlactive_c.text("SELECT 7"))
    await engine.dispose()
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=without_remarks(),
        cwd=tmp_path,
    )
    assert not done.stderr
    assert [line.split(OURS)[1] for line in done.stdout.splitlines()] == [
        " BEGIN (implicit)",
        " SELECT 7",
        " [generated] ()",
        " ROLLBACK",
    ]


# ---- as the peer ------------------------------------------------------------


async def program(side: Any, aio: Any) -> None:
    text = side.text
    engine = aio.create_async_engine(URL, echo="debug", logging_name="x")
    insert = text("INSERT INTO t VALUES (:a, :b)")
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE t (a INTEGER, b TEXT)"))
        many = [{"a": i, "b": "x" * i} for i in range(15)]
        await conn.execute(insert, many)
        await conn.execute(insert, {"a": 20, "b": "y" * 400})
        async with conn.begin_nested():
            await conn.execute(text("UPDATE t SET a = a"))
        savepoint = await conn.begin_nested()
        await savepoint.rollback()
        found = await conn.execute(
            text("SELECT a, b FROM t WHERE a < :a"), {"a": 3}
        )
        found.all()
        found = await conn.exec_driver_sql("SELECT a FROM t WHERE a < ?", (2,))
        found.all()
        await conn.scalar(text("SELECT count(*) FROM t"))
    async with engine.connect() as conn:
        (await conn.execute(text("SELECT 1 AS one"))).all()
        await conn.rollback()
        (await conn.execute(text("SELECT 1 AS one"))).all()
    async with engine.connect() as conn:
        await conn.commit()
    async with aio.async_sessionmaker(engine)() as session:
        await session.execute(text("INSERT INTO t VALUES (1, 'b')"))
        await session.commit()
        (await session.scalars(text("SELECT max(a) FROM t"))).all()
    await engine.dispose()


def normalised(messages: list[str]) -> list[str]:
    """Without times, and without notes of statements that have no cache key.

    The peer adds such a note, with an empty list of parameters, to what it
    does with savepoints.
    """
    kept = [line for line in messages if not line.startswith("[no key")]
    return [
        re.sub(r"^\[(generated|cached)[^\]]*\]", r"[\1]", line)
        for line in kept
    ]


async def test_the_same_messages_as_the_peer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await program(sqlalchemy, sqlalchemy.ext.asyncio)
    await program(sqlactive_c, sqlactive_c)
    expected = normalised(lines(caplog, PEERS))
    assert len(expected) > 40
    assert normalised(lines(caplog)) == expected
    levels = {
        name: [r.levelno for r in caplog.records if r.name.startswith(name)]
        for name in (OURS, PEERS)
    }
    assert set(levels[OURS]) == set(levels[PEERS])
