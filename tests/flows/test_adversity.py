"""Bad surroundings and bad input: a specific exception, a message that helps,
and a connection that goes on or is cleanly gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flows.drivers import (
    ADD,
    BOOK,
    ENDLESS,
    at_rest,
    count,
    is_sound,
    ticking,
    until,
)
from sqlactive_c import AsyncEngine, create_async_engine, text
from sqlactive_c.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IllegalStateChangeError,
    InterfaceError,
    InvalidRequestError,
    NoSuchModuleError,
    ObjectNotExecutableError,
    OperationalError,
    ProgrammingError,
    ResourceClosedError,
    StatementError,
)
from sqlactive_c.exc import TimeoutError as PoolTimeout

ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may do anything")


async def attempt(url: str, write: bool = True, **keywords: Any) -> Any:
    """One connection, one write and one read; -> what is read."""
    engine = create_async_engine(url, **keywords)
    try:
        async with engine.begin() as conn:
            if write:
                await conn.execute(
                    text("CREATE TABLE IF NOT EXISTS t (a INTEGER)")
                )
            return await conn.scalar(
                text("SELECT count(*) FROM sqlite_master")
            )
    finally:
        at_rest(engine)
        await engine.dispose()


# ---- URLs and keywords ------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("", ArgumentError, "URL"),
        ("not a url", ArgumentError, "database URL"),
        ("sqlite:/half", ArgumentError, "database URL"),
        ("sqlite+aiosqlite://host/db", ArgumentError, "host"),
        ("postgresql+asyncpg://h/db", NoSuchModuleError, "postgresql"),
        ("mysql://h/db", NoSuchModuleError, "mysql"),
        ("sqlite+nosuch:///x.db", NoSuchModuleError, "nosuch"),
        (None, ArgumentError, "None"),
        (7, ArgumentError, "7"),
    ],
)
def test_a_wrong_url(url: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        create_async_engine(url)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"pool_sise": 3}, TypeError, "pool_sise"),
        ({"connect_args": {"timeoot": 3}}, TypeError, "timeoot"),
        ({"pool_size": -1}, ArgumentError, "pool_size"),
        ({"pool_size": "5"}, ArgumentError, "pool_size"),
        ({"isolation_level": "CHAOS"}, ArgumentError, "CHAOS"),
        ({"synchronous": "SOMETIMES"}, ArgumentError, "SOMETIMES"),
        ({"inline_budget": -5}, ArgumentError, "inline_budget"),
        ({"pool_timeout": -1}, ArgumentError, "pool_timeout"),
        ({"echo": "loud"}, ArgumentError, "loud"),
        ({"pragmas": {"x; DROP TABLE t": 1}}, ArgumentError, "pragma"),
    ],
)
def test_a_wrong_keyword(
    keywords: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        create_async_engine("sqlite+aiosqlite://", **keywords)


# ---- files ------------------------------------------------------------------


async def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="unable to open") as raised:
        await attempt(f"sqlite+aiosqlite:///{tmp_path}/no/where/test.db")
    assert raised.value.orig.sqlite_errorname.startswith("SQLITE_CANTOPEN")


async def test_a_directory_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="unable to open"):
        await attempt(f"sqlite+aiosqlite:///{tmp_path}")


async def test_the_engine_recovers_when_the_directory_appears(
    tmp_path: Path,
) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/d/test.db")
    for _ in range(3):
        with pytest.raises(OperationalError):
            await engine.connect()
    at_rest(engine)
    (tmp_path / "d").mkdir()
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    await is_sound(engine)
    await engine.dispose()


async def test_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear Sir or Madam, " * 200)
    with pytest.raises(DatabaseError, match="not a database") as raised:
        await attempt(f"sqlite+aiosqlite:///{path}")
    assert raised.value.orig.sqlite_errorname == "SQLITE_NOTADB"
    assert path.read_bytes().startswith(b"Dear Sir")


async def test_a_database_cut_short(tmp_path: Path, file_url: str) -> None:
    engine = create_async_engine(file_url)
    async with engine.begin() as conn:
        await conn.execute(BOOK)
        await conn.execute(ADD, [{"owner": "x" * 1000}] * 200)
    await engine.dispose()
    path = tmp_path / "test.db"
    os.truncate(path, 8192)
    engine = create_async_engine(file_url)
    with pytest.raises(DatabaseError, match="malformed") as raised:
        async with engine.connect() as conn:
            await conn.execute(text("SELECT * FROM book"))
    assert raised.value.orig.sqlite_errorname == "SQLITE_CORRUPT"
    at_rest(engine)
    await engine.dispose()


async def test_a_read_only_url(tmp_path: Path, file_url: str) -> None:
    await attempt(file_url)
    url = f"sqlite+aiosqlite:///file:{tmp_path}/test.db?mode=ro&uri=true"
    assert await attempt(url, write=False) == 1
    engine = create_async_engine(url)
    async with engine.connect() as conn:
        with pytest.raises(OperationalError, match="readonly") as raised:
            await conn.execute(text("INSERT INTO t VALUES (1)"))
        assert raised.value.orig.sqlite_errorname.startswith("SQLITE_READONLY")
        assert await conn.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_read_only_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="unable to open"):
        await attempt(
            f"sqlite+aiosqlite:///file:{tmp_path}/no.db?mode=rw&uri=true"
        )
    assert not (tmp_path / "no.db").exists()


@ROOT
async def test_a_read_only_file(tmp_path: Path, file_url: str) -> None:
    await attempt(file_url)
    (tmp_path / "test.db").chmod(0o444)
    with pytest.raises(OperationalError, match="readonly"):
        await attempt(file_url)


@ROOT
async def test_a_read_only_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OperationalError, match="unable to open|readonly"):
            await attempt(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    finally:
        tmp_path.chmod(0o755)


async def test_the_file_is_deleted_while_open(
    tmp_path: Path, file_url: str
) -> None:
    """Nothing crashes, and a new engine begins anew."""
    engine = create_async_engine(file_url)
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    for path in tmp_path.glob("test.db*"):
        path.unlink()
    async with engine.connect() as conn:
        await conn.execute(ADD, {"owner": "x"})
        await conn.commit()
    await engine.dispose()
    assert await attempt(file_url) == 1


async def test_pre_ping_notices_a_file_that_was_replaced(
    tmp_path: Path, file_url: str
) -> None:
    other = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/other.db")
    async with other.begin() as conn:
        await conn.execute(BOOK)
        await conn.execute(ADD, {"owner": "new"})
    await other.dispose()
    engine = create_async_engine(file_url, pool_pre_ping=True)
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    for path in tmp_path.glob("test.db*"):
        path.unlink()
    shutil.copy(tmp_path / "other.db", tmp_path / "test.db")
    assert await count(engine, "new") == 1
    await engine.dispose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    where = tmp_path / "small"
    where.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(where)],
            capture_output=True,
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("cannot mount a file system here")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


async def test_a_full_disk(small_disk: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{small_disk}/test.db")
    async with engine.begin() as conn:
        await conn.execute(BOOK)
        await conn.execute(ADD, {"owner": "kept"})
    with pytest.raises(OperationalError, match="full|I/O") as raised:
        async with engine.begin() as conn:
            for _ in range(100):
                await conn.execute(ADD, {"owner": "x" * 50_000})
    assert raised.value.orig.sqlite_errorname.startswith(
        ("SQLITE_FULL", "SQLITE_IOERR")
    )
    assert await count(engine, "kept") == 1
    assert await count(engine, "x" * 50_000) == 0
    at_rest(engine)
    await engine.dispose()
    # Room again: it goes on where it was.
    engine = create_async_engine(f"sqlite+aiosqlite:///{small_disk}/test.db")
    await is_sound(engine)
    await engine.dispose()


# ---- other processes --------------------------------------------------------


class Holder:
    """A process with stock SQLite that locks the file."""

    def __init__(self, path: Path, alone: bool = False) -> None:
        """alone: nobody else can even open the file."""
        mode = "EXCLUSIVE" if alone else "NORMAL"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sqlite3, sys\n"
                "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                f"db.execute('PRAGMA locking_mode = {mode}')\n"
                "db.execute('BEGIN EXCLUSIVE')\n"
                "db.execute('INSERT INTO book (owner) VALUES (\"other\")')\n"
                "print('locked', flush=True)\n"
                "sys.stdin.readline()\n"
                "db.execute('COMMIT')\n"
                "db.close()\n",
                str(path),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "locked\n"

    def let_go(self) -> None:
        self.process.communicate("\n", timeout=20)
        assert self.process.returncode == 0


@pytest.mark.parametrize("opened", [True, False])
async def test_locked_by_another_process(
    tmp_path: Path, file_url: str, opened: bool
) -> None:
    """The busy timeout is kept, and the loop turns meanwhile."""
    engine = create_async_engine(file_url, connect_args={"timeout": 0.3})
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    if not opened:
        await engine.dispose()
    holder = Holder(tmp_path / "test.db", alone=not opened)
    loop = asyncio.get_running_loop()
    try:
        async with ticking() as ticker:
            begun = loop.time()
            with pytest.raises(OperationalError, match="locked") as raised:
                async with engine.begin() as conn:
                    await conn.execute(ADD, {"owner": "mine"})
            waited = loop.time() - begun
    finally:
        holder.let_go()
    assert raised.value.orig.sqlite_errorname.startswith("SQLITE_BUSY")
    assert 0.25 <= waited < 3.0
    assert ticker.ticks > 20
    assert ticker.longest < 0.25
    assert await count(engine, "other") == 1
    assert await count(engine, "mine") == 0
    await is_sound(engine)
    await engine.dispose()


async def test_a_lock_that_goes_away_in_time(
    tmp_path: Path, file_url: str
) -> None:
    engine = create_async_engine(file_url, connect_args={"timeout": 20})
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    holder = Holder(tmp_path / "test.db")

    async def write() -> None:
        async with engine.begin() as conn:
            await conn.execute(ADD, {"owner": "mine"})

    task = asyncio.create_task(write())
    await until(lambda: engine.stats()["worker_runs"] > 4)
    await asyncio.to_thread(holder.let_go)
    await asyncio.wait_for(task, 20)
    assert (await count(engine, "other"), await count(engine, "mine")) == (
        1,
        1,
    )
    await engine.dispose()


async def test_waiting_for_a_lock_can_be_cancelled(
    tmp_path: Path, file_url: str
) -> None:
    engine = create_async_engine(file_url, connect_args={"timeout": 60})
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    holder = Holder(tmp_path / "test.db")
    try:
        async with asyncio.timeout(5), engine.connect() as conn:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(conn.execute(ADD, {"owner": "x"}), 0.05)
    finally:
        holder.let_go()
    await is_sound(engine)
    await engine.dispose()


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
    ("SELECT nothing FROM book", None, OperationalError, "no such column"),
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
        f"SELECT 1 IN ({', '.join(f':a{i}' for i in range(40_000))})",
        {f"a{i}": i for i in range(40_000)},
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
    with pytest.raises((OverflowError, StatementError), match="int|64|large"):
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
        await conn.scalar(
            text("SELECT hex(zeroblob(:n))"), {"n": 900_000_000}
        )


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
    task.cancel()
    await asyncio.wait([task])
    await conn.close()
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

        other = threading.Thread(target=thread)
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
    await attempt(f"sqlite+aiosqlite:///{tmp_path}/test.db")
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
        assert await conn.scalar(text("SELECT count(*) FROM sqlite_master")) == 0


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
