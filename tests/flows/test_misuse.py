"""Bad input and misuse: a specific exception, a message that helps, and a
connection that goes on or is cleanly gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import (
    ADD,
    BOOK,
    ENDLESS,
    at_rest,
    is_sound,
    until,
)
from sqlactive_c import AsyncEngine, create_async_engine, text
from sqlactive_c.exc import (
    ArgumentError,
    DataError,
    IllegalStateChangeError,
    InterfaceError,
    InvalidRequestError,
    ObjectNotExecutableError,
    OperationalError,
    ProgrammingError,
    ResourceClosedError,
    StatementError,
)
from sqlactive_c.exc import TimeoutError as PoolTimeout

# ---- statements and parameters ----------------------------------------------


@pytest.fixture
async def conn(any_engine: AsyncEngine) -> AsyncIterator[Any]:
    async with any_engine.connect() as conn:
        await conn.execute(BOOK)
        await conn.commit()
        yield conn
        # After whatever it was, the connection goes on.
        assert await conn.scalar(text("SELECT 3")) == 3
        await conn.rollback()
        await conn.execute(ADD, {"owner": "after"})
        await conn.commit()
    at_rest(any_engine)


STATEMENTS: list[tuple[str, Any, type[Exception], str]] = [
    ("SELEKT 1", None, OperationalError, "syntax error"),
    ("SELECT", None, OperationalError, "incomplete input"),
    ("SELECT * FROM nowhere", None, OperationalError, "no such table"),
    ("SELECT missing FROM book", None, OperationalError, "no such column"),
    ("SELECT nofunc(1)", None, OperationalError, "no such function"),
    ("", None, ProgrammingError, "no SQL"),
    ("  ; -- nothing\n", None, ProgrammingError, "no SQL"),
    ("SELECT 1; SELECT 2", None, ProgrammingError, "one statement"),
    ("SELECT 1; DROP TABLE book", None, ProgrammingError, "one statement"),
    ("SELECT '\0'", None, ProgrammingError, "null character"),
    ("SELECT :a", None, StatementError, "'a'"),
    ("SELECT :a", {}, StatementError, "'a'"),
    ("SELECT :a", {"b": 1}, StatementError, "'a'"),
    ("SELECT :a", {"a": object()}, ProgrammingError, "object"),
    ("SELECT :a", {"a": [1]}, ProgrammingError, "list"),
    ("SELECT :a", {"a": {}}, ProgrammingError, "dict"),
    ("SELECT :a", {"a": 1 + 2j}, ProgrammingError, "complex"),
    ("SELECT :a", [{"a": 1}, {}], StatementError, "set 1"),
    ("SELECT :a", 5, ArgumentError, "dictionary"),
    ("SELECT :a", [5], ArgumentError, "dictionar"),
    ("SELECT :a", "text", ArgumentError, "dictionary"),
    ("SELECT abs(:a)", {"a": -(2**63)}, OperationalError, "overflow"),
    (
        "SELECT zeroblob(:a)",
        {"a": 2**31},
        DataError,
        "too big",
    ),
    (
        f"SELECT 1 IN ({', '.join(f':a{i}' for i in range(260_000))})",
        {f"a{i}": i for i in range(260_000)},
        OperationalError,
        "too many SQL variables",
    ),
    (
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        None,
        OperationalError,
        "overflow|too large",
    ),
]


@pytest.mark.parametrize(
    ("sql", "parameters", "error", "message"),
    STATEMENTS,
    ids=[f"{i}-{case[0][:20]!r}" for i, case in enumerate(STATEMENTS)],
)
async def test_bad_statements(
    conn: Any,
    sql: str,
    parameters: Any,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message) as raised:
        await conn.execute(text(sql), parameters)
    if isinstance(raised.value, StatementError) and len(sql) < 100:
        assert "SQL" in str(raised.value)
    await conn.rollback()


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
async def test_an_integer_over_64_bits(conn: Any, number: int) -> None:
    with pytest.raises((OverflowError, StatementError), match=r"int|64|large"):
        await conn.execute(text("SELECT :a"), {"a": number})
    for edge in (2**63 - 1, -(2**63)):
        assert await conn.scalar(text("SELECT :a"), {"a": edge}) == edge


async def test_lone_surrogates(conn: Any) -> None:
    with pytest.raises((UnicodeEncodeError, StatementError)):
        await conn.execute(text("SELECT :a"), {"a": "\ud800"})
    with pytest.raises((UnicodeEncodeError, StatementError)):
        await conn.execute(text("SELECT '\ud800'"))
    with pytest.raises((UnicodeEncodeError, StatementError)):
        await conn.exec_driver_sql("SELECT '\ud800'")


async def test_null_characters_in_values_are_kept(conn: Any) -> None:
    for value in ("a\0b", "\0", b"\0\0", ""):
        assert await conn.scalar(text("SELECT :a"), {"a": value}) == value


async def test_a_string_over_the_limit(conn: Any) -> None:
    with pytest.raises(DataError, match="too big"):
        await conn.scalar(text("SELECT hex(zeroblob(:n))"), {"n": 900_000_000})


@pytest.mark.parametrize("thing", ["SELECT 1", None, 5, object()])
async def test_what_cannot_be_executed(conn: Any, thing: Any) -> None:
    with pytest.raises(ObjectNotExecutableError):
        await conn.execute(thing)


@pytest.mark.parametrize(
    ("sql", "parameters", "error"),
    [
        ("SELECT ?", None, (ProgrammingError, InterfaceError)),
        ("SELECT ?", (1, 2), ProgrammingError),
        ("SELECT ?, ?", (1,), ProgrammingError),
        ("SELECT :a", {"b": 1}, (ProgrammingError, StatementError)),
        ("SELECT 1; SELECT 2", None, ProgrammingError),
        ("", None, ProgrammingError),
    ],
)
async def test_bad_driver_sql(
    conn: Any, sql: str, parameters: Any, error: Any
) -> None:
    with pytest.raises(error):
        await conn.exec_driver_sql(sql, parameters)


async def test_the_parameter_of_a_class_of_the_user(conn: Any) -> None:
    class Angry:
        def __conform__(self, protocol: object) -> object:
            raise ZeroDivisionError

        def isoformat(self) -> str:
            raise ZeroDivisionError

    with pytest.raises((ProgrammingError, ZeroDivisionError)):
        await conn.execute(text("SELECT :a"), {"a": Angry()})


async def test_a_mapping_that_raises(conn: Any) -> None:
    class Angry(dict[str, Any]):
        def keys(self) -> Any:
            raise ZeroDivisionError

        def __getitem__(self, key: str) -> Any:
            raise ZeroDivisionError

    class Mapping:
        keys = Angry().keys

    with pytest.raises(ZeroDivisionError):
        await conn.execute(text("SELECT :a"), Mapping())


# ---- closed, shared, exhausted ----------------------------------------------


CLOSED: dict[str, Callable[[Any], Any]] = {
    "execute": lambda conn: conn.execute(text("SELECT 1")),
    "scalar": lambda conn: conn.scalar(text("SELECT 1")),
    "driver": lambda conn: conn.exec_driver_sql("SELECT 1"),
    "stream": lambda conn: conn.stream(text("SELECT 1")),
    "commit": lambda conn: conn.commit(),
    "rollback": lambda conn: conn.rollback(),
    "begin": lambda conn: conn.begin(),
    "nested": lambda conn: conn.begin_nested(),
    "run_sync": lambda conn: conn.run_sync(lambda sync: None),
    "start": lambda conn: conn.start(),
    "options": lambda conn: conn.execution_options(x=1),
}


@pytest.mark.parametrize("use", CLOSED)
async def test_a_closed_connection(any_engine: AsyncEngine, use: str) -> None:
    async with any_engine.connect() as conn:
        pass
    with pytest.raises(ResourceClosedError, match="closed"):
        await CLOSED[use](conn)
    await conn.close()  # harmless
    assert conn.closed


async def test_a_disposed_engine_opens_anew(file_engine: AsyncEngine) -> None:
    async with file_engine.begin() as conn:
        await conn.execute(BOOK)
    await file_engine.dispose()
    await file_engine.dispose()
    await is_sound(file_engine)


async def test_dispose_under_a_connection(any_engine: AsyncEngine) -> None:
    async with any_engine.connect() as conn:
        await conn.execute(BOOK)
        await any_engine.dispose()
        await conn.execute(ADD, {"owner": "x"})
        await conn.commit()
        assert await conn.scalar(text("SELECT count(*) FROM book")) == 1
    at_rest(any_engine)
    assert any_engine.pool.checkedin() == 0


async def test_two_tasks_on_one_connection(file_engine: AsyncEngine) -> None:
    async with file_engine.connect() as conn:

        async def scan() -> None:
            await conn.execute(ENDLESS)

        task = asyncio.create_task(scan())
        await until(lambda: file_engine.stats()["worker_runs"] >= 2)
        for use in ("execute", "commit", "rollback"):
            with pytest.raises(IllegalStateChangeError, match="concurrent"):
                await CLOSED[use](conn)
        task.cancel()
        await asyncio.wait([task])
        assert await conn.scalar(text("SELECT 1")) == 1


async def test_closing_under_another_task(file_engine: AsyncEngine) -> None:
    """Refused; the connection is as it was and can be closed later."""
    conn = await file_engine.connect()

    async def scan() -> None:
        await conn.execute(ENDLESS)

    task = asyncio.create_task(scan())
    await until(lambda: file_engine.stats()["worker_runs"] >= 2)
    with pytest.raises(IllegalStateChangeError):
        await conn.close()
    assert not conn.closed
    assert conn.in_transaction()
    task.cancel()
    await asyncio.wait([task])
    assert await conn.scalar(text("SELECT 1")) == 1
    await conn.close()
    assert conn.closed
    at_rest(file_engine)


async def test_use_from_another_thread(any_engine: AsyncEngine) -> None:
    """With a loop of its own that is allowed, one call at a time; without a
    loop, what has to wait says so."""
    async with any_engine.connect() as conn:
        await conn.execute(BOOK)
        await conn.commit()
        seen: list[Any] = []

        def thread() -> None:
            async def use() -> None:
                seen.append(await conn.scalar(text("SELECT 41 + 1")))

            try:
                asyncio.run(use())
            except BaseException as error:
                seen.append(error)

        other = threading.Thread(target=thread, daemon=True)
        other.start()
        other.join(10)
        assert seen == [42]


async def test_an_exhausted_pool(tmp_path: Path) -> None:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path}/test.db",
        pool_size=1,
        max_overflow=1,
        pool_timeout=0.05,
    )
    async with engine.connect(), engine.connect():
        with pytest.raises(PoolTimeout, match="pool_timeout"):
            await engine.connect()
        with pytest.raises(PoolTimeout):
            async with engine.begin():
                pass
    async with engine.connect():
        pass
    at_rest(engine)
    await engine.dispose()


async def test_a_pool_of_timeout_zero(any_engine: AsyncEngine) -> None:
    engine = create_async_engine(
        "sqlite+aiosqlite://", pool_size=1, max_overflow=0, pool_timeout=0
    )
    async with engine.connect():
        with pytest.raises(PoolTimeout):
            await engine.connect()
    await engine.dispose()


async def test_a_second_await(any_engine: AsyncEngine) -> None:
    async with any_engine.connect() as conn:
        call = conn.execute(text("SELECT 1"))
        await call
        with pytest.raises(RuntimeError, match="already awaited"):
            await call


async def test_never_awaited_warns(any_engine: AsyncEngine) -> None:
    async with any_engine.connect() as conn:
        with pytest.warns(RuntimeWarning, match="execute.*never awaited"):
            conn.execute(text("SELECT 1"))


async def test_an_unclosed_connection_warns(any_engine: AsyncEngine) -> None:
    conn = await any_engine.connect()
    await conn.execute(BOOK)
    with pytest.warns(ResourceWarning, match="unclosed"):
        del conn
    await until(lambda: any_engine.pool.checkedout() == 0)
    async with any_engine.connect() as conn:
        assert (
            await conn.scalar(text("SELECT count(*) FROM sqlite_master")) == 0
        )


async def test_begin_twice(any_engine: AsyncEngine) -> None:
    async with any_engine.connect() as conn:
        transaction = await conn.begin()
        with pytest.raises(InvalidRequestError):
            await conn.begin()
        await transaction.rollback()
        with pytest.raises(InvalidRequestError):
            await transaction.commit()


async def test_a_closed_stream(any_engine: AsyncEngine) -> None:
    async with any_engine.connect() as conn:
        result = await conn.stream(text("SELECT 1"))
        await result.close()
        with pytest.raises(ResourceClosedError):
            await result.fetchone()
