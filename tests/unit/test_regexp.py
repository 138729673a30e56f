"""``x REGEXP y``: Python's regular expressions inside of SQLite."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sqlactive_c import column, create_async_engine, event, exc, select, text
from sqlactive_c.sql import literal


@pytest.fixture(params=["memory", "file"])
async def engine(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Any]:
    path = "" if request.param == "memory" else f"/{tmp_path / 'a.db'}"
    made = create_async_engine(f"sqlite+aiosqlite://{path}")
    yield made
    await made.dispose()


async def scalar(connection: Any, sql: Any, **values: Any) -> Any:
    return (await connection.execute(text(sql), values)).scalar()


async def fill(connection: Any, count: int) -> None:
    await connection.execute(text("CREATE TABLE t (a TEXT)"))
    await connection.execute(
        text("INSERT INTO t VALUES (:a)"),
        [{"a": f"v{number}"} for number in range(count)],
    )


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("abc", "b"),
        ("abc", "^b"),
        ("abc", "B"),
        ("abc", "(?i)B"),
        ("", ""),
        ("a\nb", "a.b"),
        ("a\nb", "(?s)a.b"),
        ("Grüße", "ü.e$"),
        ("a b", r"\bb\b"),
        ("x" * 5000 + "y", "xy$"),
    ],
)
async def test_it_is_pythons_search(
    engine: Any, value: str, pattern: str
) -> None:
    async with engine.connect() as connection:
        for _ in range(2):
            found = await scalar(
                connection, "SELECT :a REGEXP :b", a=value, b=pattern
            )
            assert found == int(re.search(pattern, value) is not None)


async def test_bytes_are_searched_by_bytes(engine: Any) -> None:
    async with engine.connect() as connection:
        found = await scalar(
            connection, "SELECT :a REGEXP :b", a=b"\x00ab", b=b"\x00a"
        )
        assert found == 1


async def test_what_is_not_there_is_not_searched(engine: Any) -> None:
    async with engine.connect() as connection:
        assert await scalar(connection, "SELECT NULL REGEXP 'a'") is None
        assert await scalar(connection, "SELECT 'a' REGEXP NULL") is None
        assert await scalar(connection, "SELECT NULL REGEXP '('") is None


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 'a' REGEXP '('", "REGEXP: missing \\)"),
        ("SELECT 1 REGEXP 'a'", "REGEXP: expected string or bytes"),
        ("SELECT 'a' REGEXP 1", "REGEXP: first argument must be string"),
        ("SELECT x'00' REGEXP 'a'", "REGEXP: cannot use a string pattern"),
    ],
)
async def test_an_error_says_why(engine: Any, sql: str, words: str) -> None:
    async with engine.connect() as connection:
        assert await scalar(connection, "SELECT 'ab' REGEXP 'b'") == 1
        with pytest.raises(exc.OperationalError, match=words) as caught:
            await connection.execute(text(sql))
        assert caught.value.__cause__ is not None
        assert await scalar(connection, "SELECT 'ab' REGEXP 'b'") == 1


async def test_operators(engine: Any) -> None:
    async with engine.connect() as connection:
        is_like = literal("abc").regexp_match("^a")
        assert (await connection.execute(select(is_like))).scalar() == 1
        assert (await connection.execute(select(~is_like))).scalar() == 0


async def test_long_reads_stay_on_the_loop(engine: Any) -> None:
    async with engine.begin() as connection:
        await fill(connection, 20_000)
        for _ in range(3):
            found = await scalar(
                connection, "SELECT count(*) FROM t WHERE a REGEXP '77$'"
            )
            assert found == 200
        rows = await connection.stream(
            select(column("a"))
            .select_from(text("t"))
            .where(column("a").regexp_match("9$"))
        )
        assert len([row async for row in rows]) == 2000


async def test_views_triggers_and_constraints(engine: Any) -> None:
    async with engine.begin() as connection:
        await fill(connection, 20_000)
        for statement in (
            "CREATE VIEW w AS SELECT a FROM t WHERE a REGEXP '77$'",
            "CREATE TABLE u (a CHECK (a REGEXP '^v'))",
            "CREATE TABLE log (a)",
            "CREATE TRIGGER u_u AFTER UPDATE ON u"
            " WHEN new.a REGEXP '5z$' BEGIN INSERT INTO log VALUES (new.a);"
            " END",
        ):
            await connection.execute(text(statement))
        for _ in range(3):
            assert await scalar(connection, "SELECT count(*) FROM w") == 200
        await connection.execute(text("INSERT INTO u SELECT a FROM t"))
        await connection.execute(text("UPDATE u SET a = a || 'z'"))
        assert await scalar(connection, "SELECT count(*) FROM log") == 2000
        with pytest.raises(exc.IntegrityError):
            await connection.execute(text("UPDATE u SET a = 'w'"))


async def test_an_index_on_it(engine: Any) -> None:
    async with engine.begin() as connection:
        await fill(connection, 100)
        await connection.execute(
            text("CREATE INDEX odd ON t (a REGEXP '[13579]$')")
        )
        plan = await connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT a FROM t"
                " WHERE (a REGEXP '[13579]$') = 1"
            )
        )
        assert "USING INDEX odd" in plan.one().detail


async def test_users_may_have_their_own(engine: Any) -> None:
    def mine(pattern: str, value: str) -> str:
        return f"{pattern} in {value}"

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.create_function("regexp", 2, mine)

    async with engine.connect() as connection:
        assert await scalar(connection, "SELECT 'b' REGEXP 'a'") == "a in b"
