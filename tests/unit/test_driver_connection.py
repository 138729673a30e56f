"""The SQLite connection itself, compared with that of ``sqlite3``."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sqlactive_c import create_async_engine, event, exc, text


@asynccontextmanager
async def opened(
    url: str = "sqlite+aiosqlite://", **kw: Any
) -> AsyncIterator[tuple[Any, Any]]:
    """A connection, and the driver's."""
    engine = create_async_engine(url, **kw)
    try:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            yield connection, raw.driver_connection
    finally:
        await engine.dispose()


def urls(tmp_path: Path) -> list[str]:
    return ["sqlite+aiosqlite://", f"sqlite+aiosqlite:///{tmp_path / 'a.db'}"]


def both(
    setup: Callable[[Any], Any], statements: list[str]
) -> tuple[Any, Any]:
    """What our connection and the standard library's give."""

    async def ours() -> list[Any]:
        found: list[Any] = []
        async with opened() as (connection, driver):
            setup(driver)
            for sql in statements:
                try:
                    result = await connection.exec_driver_sql(sql)
                    found.append(
                        [tuple(r) for r in result]
                        if result.returns_rows
                        else None
                    )
                except exc.DBAPIError as error:
                    found.append((type(error.orig), str(error.orig)))
        return found

    plain = sqlite3.connect(":memory:")
    setup(plain)
    theirs: list[Any] = []
    for sql in statements:
        try:
            cursor = plain.execute(sql)
            theirs.append(cursor.fetchall() if cursor.description else None)
        except sqlite3.Error as error:
            theirs.append((type(error), str(error)))
    plain.close()
    return asyncio.run(ours()), theirs


class Sum:
    """The sum of what it has seen."""

    def __init__(self) -> None:
        self.total = 0

    def step(self, value: Any) -> None:
        self.total += value

    def inverse(self, value: Any) -> None:
        self.total -= value

    def value(self) -> int:
        return self.total

    def finalize(self) -> int:
        return self.total


TABLE = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
    "INSERT INTO t (x) VALUES (1), (2.5), ('three'), (x'04'), (NULL)",
]


def test_functions_get_and_give_every_type() -> None:
    def setup(db: Any) -> None:
        db.create_function("same", 1, lambda value: value)
        db.create_function("count_args", -1, lambda *args: len(args))
        db.create_function("kind", 1, lambda value: type(value).__name__)
        db.create_function("empty", 0, lambda: b"")
        db.create_function("pure", 0, lambda: 1, deterministic=True)

    ours, theirs = both(
        setup,
        [
            *TABLE,
            "SELECT same(x), kind(x) FROM t ORDER BY id",
            "SELECT count_args(), count_args(1), count_args(1, 2)",
            "SELECT empty() IS NULL, length(empty())",
            "CREATE TABLE u (a, b GENERATED ALWAYS AS (pure()))",
            "SELECT nosuch(1)",
        ],
    )
    assert ours == theirs
    assert len(ours) == 7


@pytest.mark.parametrize(
    "function",
    [
        lambda: 1 / 0,
        lambda: object(),
        lambda: 2**70,
        lambda: "\ud800",
        lambda: (_ for _ in ()).throw(ValueError("no")),
    ],
)
def test_functions_that_fail(function: Callable[[], Any]) -> None:
    def setup(db: Any) -> None:
        db.create_function("bad", 0, function)

    ours, theirs = both(setup, ["SELECT bad()"])
    assert ours[0][0] is theirs[0][0]
    assert ours == theirs


async def test_the_exception_of_a_function_is_the_cause() -> None:
    async with opened() as (connection, driver):
        await driver.create_function("bad", 0, lambda: 1 / 0)
        with pytest.raises(
            exc.OperationalError, match="user-defined function raised"
        ) as caught:
            await connection.execute(text("SELECT bad()"))
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert await connection.scalar(text("SELECT 1")) == 1
        await driver.create_function("bad", 0, None)
        with pytest.raises(exc.OperationalError, match="no such function"):
            await connection.execute(text("SELECT bad()"))


def test_aggregates_and_windows() -> None:
    def setup(db: Any) -> None:
        db.create_aggregate("total_of", 1, Sum)
        db.create_window_function("sliding", 1, Sum)

    ours, theirs = both(
        setup,
        [
            "CREATE TABLE t (x)",
            "INSERT INTO t VALUES (1), (2), (3)",
            "SELECT total_of(x) FROM t",
            "SELECT total_of(x) FROM t WHERE x > 5",
            "SELECT sliding(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING"
            " AND CURRENT ROW) FROM t",
            "SELECT total_of('a') FROM t",
        ],
    )
    assert ours == theirs


@pytest.mark.parametrize("method", ["__init__", "step", "finalize"])
def test_aggregates_that_fail(method: str) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(method)

    broken = type("Broken", (Sum,), {method: fail})

    def setup(db: Any) -> None:
        db.create_aggregate("broken", 1, broken)

    ours, theirs = both(setup, [*TABLE, "SELECT broken(id) FROM t"])
    assert ours == theirs


def test_collations() -> None:
    def setup(db: Any) -> None:
        db.create_collation("backwards", lambda a, b: (a < b) - (a > b))

    ours, theirs = both(
        setup,
        [
            *TABLE,
            "SELECT id FROM t ORDER BY CAST(x AS TEXT) COLLATE backwards",
            "SELECT 'a' < 'b' COLLATE backwards",
            "SELECT 1 ORDER BY 'a' COLLATE nosuch",
        ],
    )
    assert ours == theirs


def test_progress_trace_and_authorizer() -> None:
    seen: list[Any] = []

    def setup(db: Any) -> None:
        seen.append(traced := [])
        db.set_trace_callback(traced.append)
        db.set_authorizer(
            lambda action, first, *_: (
                sqlite3.SQLITE_DENY if first == "secret" else sqlite3.SQLITE_OK
            )
        )

    ours, theirs = both(
        setup,
        ["SELECT 1 + 1", "CREATE TABLE secret (x)", "SELECT abs(-3)"],
    )
    assert [type(x) for x in ours] == [type(x) for x in theirs]
    assert ours == theirs
    assert "SELECT 1 + 1" in seen[0]
    assert "SELECT 1 + 1" in seen[1]


def test_a_progress_handler_aborts() -> None:
    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " LIMIT 100000) SELECT count(*) FROM n"
    )

    def setup(db: Any) -> None:
        db.set_progress_handler(lambda: 1, 10)

    ours, theirs = both(setup, [slow])
    assert ours == theirs
    calls: list[int] = []

    async def counted() -> int:
        async with opened() as (connection, driver):
            await driver.set_progress_handler(lambda: calls.append(1), 10)
            first = await connection.scalar(text(slow))
            await driver.set_progress_handler(None, 0)
            before = len(calls)
            await connection.scalar(text(slow))
            assert len(calls) == before > 1000
            return int(first)

    assert asyncio.run(counted()) == 100000


async def test_what_runs_long_stays_on_the_thread(tmp_path: Path) -> None:
    import threading

    for url in urls(tmp_path):
        async with opened(url, inline_budget=0) as (connection, driver):
            threads = set()

            def note(value: int, threads: set[int] = threads) -> int:
                threads.add(threading.get_ident())
                return value

            driver.create_function("note", 1, note)
            total = await connection.scalar(
                text(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                    " FROM n LIMIT 20000) SELECT sum(note(i)) FROM n"
                )
            )
            await connection.execute(text("CREATE TABLE t (x)"))
            await connection.execute(text("INSERT INTO t SELECT note(4)"))
            await connection.commit()
            assert total == 20000 * 20001 // 2
            assert threads == {threading.get_ident()}


async def test_callables_go_with_the_connection(tmp_path: Path) -> None:
    for url in urls(tmp_path):

        class Function:
            def __call__(self, *_: Any) -> int:
                return 1

        function = Function()
        gone = weakref.ref(function)
        async with opened(url) as (connection, driver):
            driver.create_function("one", 0, function)
            driver.set_trace_callback(function)
            driver.set_progress_handler(function, 100)
            driver.set_progress_handler(None, 100)
            assert await connection.scalar(text("SELECT one()")) == 1
            del function
            assert gone() is not None
        gc.collect()
        assert gone() is None


async def test_it_ends_with_its_connection() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.is_valid
        assert raw.dbapi_connection is raw.driver_connection
        assert raw.info is connection.info
    assert not raw.is_valid
    with pytest.raises(exc.ResourceClosedError):
        raw.driver_connection.create_function("f", 0, lambda: 1)
    with pytest.raises(exc.ResourceClosedError):
        await connection.get_raw_connection()
    await engine.dispose()


# -- whole databases ----------------------------------------------------------


async def filled(connection: Any) -> None:
    await connection.execute(
        text("CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    )
    await connection.execute(
        text("INSERT INTO t (x) VALUES (:x)"),
        [{"x": "é" * i} for i in range(500)],
    )
    await connection.commit()


def rows_of(path: Path) -> list[Any]:
    db = sqlite3.connect(path)
    try:
        return db.execute("SELECT id, x FROM t ORDER BY id").fetchall()
    finally:
        db.close()


class Steps(list[Any]):
    """Remembers the progress of a copy."""

    def __call__(self, *args: int) -> None:
        self.append(args)


async def test_backup_to_a_file(tmp_path: Path) -> None:
    for n, url in enumerate(urls(tmp_path)):
        target = tmp_path / f"copy{n}.db"
        steps = Steps()
        async with opened(url) as (connection, driver):
            await filled(connection)
            await driver.backup(target)
            await driver.backup(
                tmp_path / "steps.db",
                pages=5,
                progress=steps,
            )
            expected = [
                tuple(row)
                for row in await connection.execute(
                    text("SELECT id, x FROM t ORDER BY id")
                )
            ]
        assert rows_of(target) == expected == rows_of(tmp_path / "steps.db")
        assert len(steps) > 3
        assert [s[0] for s in steps[:-1]] == [0] * (len(steps) - 1)
        assert steps[-1][:2] == (101, 0)
        assert steps[0][1] == steps[0][2] - 5


async def test_backup_into_another_engine(tmp_path: Path) -> None:
    other = create_async_engine("sqlite+aiosqlite://")
    async with opened() as (connection, driver):
        await filled(connection)
        await driver.backup(other)
        async with other.connect() as copy:
            assert await copy.scalar(text("SELECT count(*) FROM t")) == 500
            await copy.execute(text("DELETE FROM t"))
            await copy.commit()
            await copy.rollback()
            await driver.backup(copy)
            assert await copy.scalar(text("SELECT count(*) FROM t")) == 500
    await other.dispose()


async def test_backup_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    async with opened() as (connection, driver):
        plain = sqlite3.connect(":memory:")
        with pytest.raises(TypeError, match="target of a backup"):
            await driver.backup(plain)
        plain.close()
        with pytest.raises(exc.OperationalError):
            await driver.backup(tmp_path / "no" / "such.db")
        with pytest.raises(exc.OperationalError, match="unknown database"):
            await driver.backup(tmp_path / "x.db", name="nosuch")
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_an_unfinished_backup_is_given_up(tmp_path: Path) -> None:
    async with opened() as (connection, driver):
        await filled(connection)

        def stop(*_: Any) -> None:
            raise KeyError("enough")

        with pytest.raises(KeyError):
            await driver.backup(tmp_path / "x.db", pages=1, progress=stop)
        await connection.execute(text("DROP TABLE t"))
        await connection.commit()


async def test_serialize(tmp_path: Path) -> None:
    for url in urls(tmp_path):
        async with opened(url) as (connection, driver):
            await filled(connection)
            data = await driver.serialize()
            await connection.execute(text("DROP TABLE t"))
            with pytest.raises(exc.InvalidRequestError, match="in progress"):
                driver.deserialize(data)
            await connection.commit()
            await driver.deserialize(data)
            async with connection.engine.connect() as other:
                count = await other.scalar(text("SELECT count(*) FROM t"))
            assert count == 500
            assert data[:15] == b"SQLite format 3"
            with pytest.raises(exc.DatabaseError):
                await driver.deserialize(b"no database" * 100)
            with pytest.raises(TypeError):
                driver.deserialize("text")
            assert await connection.scalar(text("SELECT 1")) == 1


async def test_iterdump_is_that_of_sqlite3() -> None:
    script = [
        'CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, "q""x",'
        " b BLOB)",
        "INSERT INTO a VALUES (1, 'it''s :not a parameter', x'00ff')",
        "INSERT INTO a VALUES (7, NULL, 1.5)",
        "CREATE TABLE 'weird \"name' (x TEXT DEFAULT ':x')",
        "INSERT INTO 'weird \"name' VALUES ('line\nbreak')",
        "CREATE INDEX ix ON a (b)",
        "CREATE VIEW v AS SELECT * FROM a",
        "CREATE TRIGGER tr AFTER INSERT ON a BEGIN SELECT 1; END",
    ]
    plain = sqlite3.connect(":memory:")
    for sql in script:
        plain.execute(sql)
    plain.commit()
    expected = list(plain.iterdump())
    plain.close()
    async with opened() as (connection, driver):
        for sql in script:
            await connection.exec_driver_sql(sql)
        await connection.commit()
        found = [line async for line in driver.iterdump()]
    assert found == expected


async def test_a_dump_makes_the_database_anew(tmp_path: Path) -> None:
    script = [
        """CREATE TABLE "it's" ("a'b" TEXT, "c""d" TEXT)""",
        """INSERT INTO "it's" VALUES ('x''y', 'z"w')""",
        "CREATE VIRTUAL TABLE f USING fts5(body)",
        "INSERT INTO f VALUES ('some words')",
    ]
    async with opened() as (connection, driver):
        for sql in script:
            await connection.exec_driver_sql(sql)
        await connection.commit()
        dump = "\n".join([line async for line in driver.iterdump()])
    path = tmp_path / "anew.db"
    plain = sqlite3.connect(path)
    plain.executescript(dump)
    plain.close()
    # A virtual table is one for connections that read the schema afterwards.
    plain = sqlite3.connect(path)
    assert plain.execute('SELECT * FROM "it\'s"').fetchall() == [
        ("x'y", 'z"w')
    ]
    assert plain.execute("SELECT * FROM f('words')").fetchall() == [
        ("some words",)
    ]
    plain.close()


# -- blobs --------------------------------------------------------------------


async def blob_table(connection: Any) -> None:
    await connection.execute(text("CREATE TABLE b (data BLOB)"))
    await connection.execute(
        text("INSERT INTO b VALUES (:data)"), {"data": bytes(range(20))}
    )
    await connection.commit()


async def test_blobs_read_and_write(tmp_path: Path) -> None:
    for url in urls(tmp_path):
        async with opened(url) as (connection, driver):
            await blob_table(connection)
            async with driver.blobopen("b", "data", 1) as blob:
                assert len(blob) == await blob.length() == 20
                assert await blob.read(3) == b"\0\1\2"
                assert await blob.tell() == 3
                await blob.write(b"abc")
                await blob.seek(-1, 2)
                assert await blob.read() == bytes([19])
                assert await blob.read(5) == b""
                assert blob[3:6] == b"abc"
                assert blob[-1] == 19
                assert blob[0:12:5] == bytes([0, ord("c"), 10])
                blob[0] = 255
                blob[10:12] = b"xy"
                blob[12:16:2] = b"pq"
                with pytest.raises(IndexError):
                    blob[20]
                with pytest.raises(ValueError, match="longer than"):
                    await blob.write(b"too much")
                with pytest.raises(ValueError, match="out of blob range"):
                    blob.seek(21)
            await connection.commit()
            data = await connection.scalar(text("SELECT data FROM b"))
            assert (
                data == b"\xff\1\2abc\6\7\x08\x09xyp\x0dq\x0f\x10\x11\x12\x13"
            )


async def test_blobs_that_are_read_only_or_closed() -> None:
    async with opened() as (connection, driver):
        await blob_table(connection)
        blob = await driver.blobopen("b", "data", 1, readonly=True)
        assert not connection.in_transaction()
        with pytest.raises(exc.OperationalError, match="readonly"):
            await blob.write(b"x")
        await blob.close()
        await blob.close()
        with pytest.raises(exc.ProgrammingError, match="closed blob"):
            blob.read()
        with pytest.raises(exc.OperationalError, match="no such rowid"):
            await driver.blobopen("b", "data", 9, readonly=True)


async def test_a_forgotten_blob_is_closed_with_its_connection() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        await blob_table(connection)
        raw = await connection.get_raw_connection()
        blob = await raw.driver_connection.blobopen(
            "b", "data", 1, readonly=True
        )
    with pytest.raises(exc.ProgrammingError, match="closed blob"):
        blob.read()
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE b"))
    await engine.dispose()


async def test_a_blob_that_is_written_holds_the_writer() -> None:
    engine = create_async_engine("sqlite+aiosqlite://", writer_timeout=0.05)
    async with engine.connect() as one, engine.connect() as two:
        await blob_table(one)
        raw = await one.get_raw_connection()
        blob = await raw.driver_connection.blobopen("b", "data", 1)
        assert raw.driver_connection.in_transaction
        with pytest.raises(exc.SQLAlchemyError):
            await two.execute(text("DELETE FROM b"))
        await blob.close()
        await one.rollback()
        await two.execute(text("DELETE FROM b"))
        await two.rollback()
    await engine.dispose()


# -- the rest -----------------------------------------------------------------


async def test_facts_and_limits() -> None:
    plain = sqlite3.connect(":memory:")
    async with opened() as (connection, driver):
        assert driver.total_changes == 0
        await filled(connection)
        assert driver.total_changes == 500
        assert not driver.in_transaction
        await connection.execute(text("DELETE FROM t"))
        assert driver.in_transaction
        category = sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
        assert driver.getlimit(category) == plain.getlimit(category)
        old = driver.setlimit(category, 3)
        assert old == plain.getlimit(category)
        assert driver.getlimit(category) == 3
        with pytest.raises(exc.ProgrammingError, match="out of bounds"):
            driver.getlimit(1111)
    plain.close()


async def test_extensions_need_the_keyword() -> None:
    async with opened() as (_, driver):
        with pytest.raises(exc.InvalidRequestError, match="allow_extensions"):
            driver.load_extension("no_such_library")
    async with opened(allow_extensions=True) as (connection, driver):
        await driver.enable_load_extension(True)
        with pytest.raises(exc.OperationalError, match="no_such_library"):
            driver.load_extension("no_such_library")
        with pytest.raises(exc.DBAPIError, match="not authorized"):
            await connection.execute(text("SELECT load_extension('x')"))


async def test_interrupt() -> None:
    async with opened(inline_budget=0) as (connection, driver):
        slow = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT count(*) FROM n"
        )
        task = asyncio.create_task(connection.scalar(text(slow)))
        while not task.done():
            await asyncio.sleep(0.005)
            await driver.interrupt()
        with pytest.raises(exc.OperationalError, match="interrupted"):
            await task


async def test_busy_connections_refuse() -> None:
    async with opened(inline_budget=0) as (connection, driver):
        slow = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT count(*) FROM n"
        )
        task = asyncio.create_task(connection.scalar(text(slow)))
        await asyncio.sleep(0.01)
        with pytest.raises(exc.IllegalStateChangeError):
            driver.create_function("f", 0, lambda: 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_connect_listeners_use_the_driver(tmp_path: Path) -> None:
    for url in urls(tmp_path):
        engine = create_async_engine(url)
        seen: list[Any] = []

        @event.listens_for(engine.sync_engine, "connect")
        def connect(
            dbapi_connection: Any, record: Any, seen: list[Any] = seen
        ) -> None:
            cursor = dbapi_connection.cursor()
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()
            cursor.execute("SELECT ?, ?", (1, "a"))
            seen.append((cursor.fetchall(), cursor.description[0][0]))
            dbapi_connection.create_function("twice", 1, lambda x: x * 2)
            dbapi_connection.run_async(
                lambda c: c.create_function("thrice", 1, lambda x: x * 3)
            )

        async with engine.connect() as connection:
            found = await connection.execute(
                text("SELECT twice(2), thrice('a'), 1")
            )
            assert found.one() == (4, "aaa", 1)
            assert await connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert seen == [([(1, "a")], "?")]
        await engine.dispose()


async def test_a_connect_listener_that_fails_closes_the_connection() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")

    def fail(connection: Any, record: Any) -> None:
        raise ValueError("no entry")

    event.listen(engine, "connect", fail)
    with pytest.raises(ValueError, match="no entry"):
        async with engine.connect():
            pass
    event.remove(engine, "connect", fail)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()
