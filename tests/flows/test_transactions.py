"""Who sees what, who waits for whom, and what a transaction survives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import ADD, BOOK, COUNT, at_rest, count, is_sound, until
from sqlactive_c import AsyncEngine, create_async_engine, text
from sqlactive_c.exc import (
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    PendingRollbackError,
)

ALL = text("SELECT owner FROM book ORDER BY id")


@pytest.fixture
async def books(any_engine: AsyncEngine) -> AsyncEngine:
    async with any_engine.begin() as conn:
        await conn.execute(BOOK)
    return any_engine


async def owners(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as conn:
        return list((await conn.scalars(ALL)).all())


async def add(conn: Any, owner: str) -> None:
    await conn.execute(ADD, {"owner": owner})


# ---- isolation ------------------------------------------------------------


async def test_nobody_sees_what_is_not_committed(books: AsyncEngine) -> None:
    async with books.connect() as writer, books.connect() as reader:
        await add(writer, "a")
        assert await writer.scalar(COUNT, {"owner": "a"}) == 1
        assert await reader.scalar(COUNT, {"owner": "a"}) == 0
        await writer.commit()
        assert await reader.scalar(COUNT, {"owner": "a"}) == 1


async def test_readers_go_on_beside_a_writer(books: AsyncEngine) -> None:
    async with books.begin() as writer:
        await add(writer, "a")

        async def read() -> int:
            return await count(books, "a")

        async with asyncio.timeout(5):
            assert (
                await asyncio.gather(*(read() for _ in range(20))) == [0] * 20
            )
    assert await count(books, "a") == 1


async def test_a_rollback_undoes_its_own_only(books: AsyncEngine) -> None:
    async with books.connect() as one, books.connect() as two:
        await add(one, "one")
        await two.rollback()  # has nothing, and ends nothing
        await one.commit()
        await add(two, "two")
        await one.rollback()
        await two.commit()
    assert await owners(books) == ["one", "two"]


async def test_each_task_has_its_own_transaction(books: AsyncEngine) -> None:
    async def work(name: str) -> None:
        async with books.connect() as conn:
            await add(conn, name)
            await asyncio.sleep(0)
            assert (await conn.scalars(ALL)).all().count(name) == 1
            if int(name) % 2:
                await conn.rollback()
            else:
                await conn.commit()

    async with asyncio.timeout(10):
        await asyncio.gather(*(work(str(i)) for i in range(12)))
    assert sorted(map(int, await owners(books))) == [0, 2, 4, 6, 8, 10]
    await is_sound(books)


async def test_writers_are_served_in_order(books: AsyncEngine) -> None:
    async def write(name: str) -> None:
        async with books.begin() as conn:
            await add(conn, name)

    async with books.begin() as holder:
        await add(holder, "first")
        tasks = []
        for i in range(10):
            tasks.append(asyncio.create_task(write(str(i))))
            await until(lambda n=i: books.stats()["writers_waiting"] == n + 1)
    await asyncio.gather(*tasks)
    assert await owners(books) == ["first", *map(str, range(10))]


async def test_two_engines_on_one_file_share_the_queue(
    file_url: str,
) -> None:
    one, two = create_async_engine(file_url), create_async_engine(file_url)
    async with one.begin() as conn:
        await conn.execute(BOOK)

    async def write(engine: AsyncEngine, name: str) -> None:
        async with engine.begin() as conn:
            await add(conn, name)

    async with two.connect() as conn:  # opened: it knows the token
        await conn.scalar(text("SELECT 1"))
    async with one.begin() as holder:
        await add(holder, "first")
        second = asyncio.create_task(write(two, "second"))
        await until(lambda: two.stats()["writers_waiting"] == 1)
        third = asyncio.create_task(write(one, "third"))
        await until(lambda: two.stats()["writers_waiting"] == 2)
    async with asyncio.timeout(5):
        await asyncio.gather(second, third)
    assert await owners(one) == ["first", "second", "third"]
    assert two.stats()["busy_retries"] == 0
    await one.dispose()
    await two.dispose()


async def test_two_memory_engines_share_nothing() -> None:
    one, two = (create_async_engine("sqlite+aiosqlite://") for _ in range(2))
    async with one.begin() as conn:
        await conn.execute(BOOK)
        async with two.begin() as other:
            await other.execute(BOOK)
            await add(other, "two")
        await add(conn, "one")
    assert (await owners(one), await owners(two)) == (["one"], ["two"])
    await one.dispose()
    await two.dispose()


async def test_waiting_for_oneself_is_refused(books: AsyncEngine) -> None:
    async with books.begin() as one, books.connect() as two:
        await add(one, "one")
        with pytest.raises(InvalidRequestError, match="wait for itself"):
            await add(two, "two")
        # Both can be used as before.
        await add(one, "one")
        assert await two.scalar(COUNT, {"owner": "one"}) == 0
        await two.rollback()
    assert await owners(books) == ["one", "one"]
    at_rest(books)


async def test_after_the_holder_ends_the_same_task_may_write(
    books: AsyncEngine,
) -> None:
    async with books.connect() as one, books.connect() as two:
        await add(one, "one")
        await one.commit()
        await add(two, "two")
        await two.commit()
    assert await owners(books) == ["one", "two"]


async def test_the_writer_timeout(file_url: str) -> None:
    engine = create_async_engine(file_url, writer_timeout=0.05)
    async with engine.begin() as conn:
        await conn.execute(BOOK)

    async def write() -> None:
        async with engine.begin() as conn:
            await add(conn, "late")

    async with engine.begin() as holder:
        await add(holder, "holder")
        with pytest.raises(OperationalError, match="locked"):
            await asyncio.create_task(write())
    assert await owners(engine) == ["holder"]
    await is_sound(engine)
    await engine.dispose()


# ---- savepoints -----------------------------------------------------------


async def test_savepoints_in_savepoints(books: AsyncEngine) -> None:
    async with books.begin() as conn:
        await add(conn, "0")
        outer = await conn.begin_nested()
        await add(conn, "1")
        inner = await conn.begin_nested()
        await add(conn, "2")
        assert conn.in_nested_transaction()
        await inner.rollback()
        await add(conn, "3")
        again = await conn.begin_nested()
        await add(conn, "4")
        await again.commit()
        await outer.commit()
        assert not conn.in_nested_transaction()
    assert await owners(books) == ["0", "1", "3", "4"]


async def test_an_outer_savepoint_takes_the_inner_ones_along(
    books: AsyncEngine,
) -> None:
    async with books.begin() as conn:
        outer = await conn.begin_nested()
        inner = await conn.begin_nested()
        await add(conn, "gone")
        await outer.rollback()
        assert not inner.is_active
        with pytest.raises(InvalidRequestError):
            await inner.commit()
        await add(conn, "kept")
    assert await owners(books) == ["kept"]


async def test_a_savepoint_block_that_fails(books: AsyncEngine) -> None:
    async with books.begin() as conn:
        await add(conn, "kept")
        with pytest.raises(ZeroDivisionError):
            async with conn.begin_nested():
                await add(conn, "gone")
                raise ZeroDivisionError
        await add(conn, "kept too")
    assert await owners(books) == ["kept", "kept too"]


async def test_a_savepoint_alone_begins_a_transaction(
    books: AsyncEngine,
) -> None:
    async with books.connect() as conn:
        async with conn.begin_nested():
            await add(conn, "gone")
        assert conn.in_transaction()
        await conn.rollback()
        assert await owners(books) == []


# ---- errors inside --------------------------------------------------------


async def test_a_constraint_leaves_the_transaction_intact(
    books: AsyncEngine,
) -> None:
    async with books.begin() as conn:
        await conn.exec_driver_sql("CREATE UNIQUE INDEX one ON book (owner)")
        await add(conn, "a")
        with pytest.raises(IntegrityError):
            await add(conn, "a")
        await add(conn, "b")
    assert await owners(books) == ["a", "b"]


async def test_full_loses_the_transaction_and_says_so(
    books: AsyncEngine,
) -> None:
    """SQLITE_FULL rolls everything back by itself; what comes next must not
    be committed on its own."""
    async with books.connect() as conn:
        pages = await conn.scalar(text("PRAGMA page_count"))
        await conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
        await conn.rollback()
        await add(conn, "lost")
        with pytest.raises(OperationalError, match="full") as raised:
            await conn.exec_driver_sql(
                "INSERT INTO book (owner) VALUES (hex(zeroblob(20000)))"
            )
        assert raised.value.orig.sqlite_errorname == "SQLITE_FULL"
        for call in (
            lambda: add(conn, "after"),
            lambda: conn.scalar(text("SELECT 1")),
            conn.commit,
        ):
            with pytest.raises(PendingRollbackError, match="rollback"):
                await call()
        await conn.rollback()
        assert await conn.scalar(text("SELECT 1")) == 1
        await add(conn, "kept")
        await conn.commit()
        await conn.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    assert await owners(books) == ["kept"]


async def test_full_in_a_statement_with_a_journal_undoes_that_one_only(
    books: AsyncEngine,
) -> None:
    """What SQLite can undo alone, the transaction survives."""
    async with books.connect() as conn:
        pages = await conn.scalar(text("PRAGMA page_count"))
        await conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
        await conn.rollback()
        await add(conn, "kept")
        with pytest.raises(OperationalError, match="full"):
            await conn.exec_driver_sql(
                "INSERT INTO book (owner) SELECT hex(zeroblob(20000))"
            )
        await add(conn, "kept too")
        await conn.commit()
        await conn.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    assert await owners(books) == ["kept", "kept too"]


async def test_full_inside_a_savepoint(books: AsyncEngine) -> None:
    async with books.connect() as conn:
        pages = await conn.scalar(text("PRAGMA page_count"))
        await conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
        await conn.rollback()
        with pytest.raises(OperationalError, match="full"):
            async with conn.begin():
                await add(conn, "lost")
                async with conn.begin_nested():
                    await conn.exec_driver_sql(
                        "INSERT INTO book (owner) "
                        "VALUES (hex(zeroblob(20000)))"
                    )
        assert not conn.in_transaction()
        await conn.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    assert await owners(books) == []


@pytest.mark.parametrize("statement", ["insert", "raw"])
async def test_raise_rollback_loses_the_transaction(
    books: AsyncEngine, statement: str
) -> None:
    async with books.begin() as conn:
        await conn.exec_driver_sql(
            "CREATE TRIGGER no AFTER INSERT ON book WHEN new.owner = 'bad' "
            "BEGIN SELECT raise(ROLLBACK, 'not this one'); END"
        )
    async with books.connect() as conn:
        await add(conn, "lost")
        with pytest.raises(IntegrityError, match="not this one"):
            if statement == "insert":
                await add(conn, "bad")
            else:
                await conn.exec_driver_sql(
                    "INSERT INTO book (owner) VALUES ('bad')"
                )
        with pytest.raises(PendingRollbackError):
            await add(conn, "after")
        await conn.rollback()
        await add(conn, "kept")
        await conn.commit()
    assert await owners(books) == ["kept"]


async def test_on_conflict_rollback(books: AsyncEngine) -> None:
    async with books.connect() as conn:
        await conn.execute(text("INSERT INTO book VALUES (1, 'first')"))
        await conn.commit()
        await add(conn, "lost")
        with pytest.raises(IntegrityError):
            await conn.execute(
                text("INSERT OR ROLLBACK INTO book VALUES (1, 'again')")
            )
        with pytest.raises(PendingRollbackError):
            await conn.commit()
        await conn.rollback()
    assert await owners(books) == ["first"]


@pytest.mark.parametrize("where", ["memory", "file"])
async def test_a_deferred_foreign_key_fails_the_commit(
    tmp_path: Path, where: str
) -> None:
    path = "" if where == "memory" else f"/{tmp_path}/keys.db"
    engine = create_async_engine(
        f"sqlite+aiosqlite://{path}", foreign_keys=True
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
        await conn.exec_driver_sql(
            "CREATE TABLE page (id INTEGER PRIMARY KEY, book INTEGER "
            "REFERENCES book DEFERRABLE INITIALLY DEFERRED)"
        )
    page = text("INSERT INTO page (book) VALUES (:book)")
    async with engine.connect() as conn:
        await conn.execute(page, {"book": 77})
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            await conn.commit()
        # The transaction is still there, to be mended ...
        await conn.execute(text("INSERT INTO book VALUES (77, 'mended')"))
        await conn.commit()
        # ... or to be given up.
        await conn.execute(page, {"book": 78})
        with pytest.raises(IntegrityError):
            await conn.commit()
        await conn.rollback()
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        async with engine.begin() as conn:
            await conn.execute(page, {"book": 79})
    assert await owners(engine) == ["mended"]
    async with engine.connect() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM page")) == 1
    await is_sound(engine)
    await engine.dispose()


# ---- isolation levels -----------------------------------------------------


async def test_autocommit(books: AsyncEngine) -> None:
    async with books.connect() as conn:
        await conn.execution_options(isolation_level="AUTOCOMMIT")
        await add(conn, "now")
        assert await owners(books) == ["now"]
        await conn.rollback()
        await add(conn, "too")
        with pytest.raises(IntegrityError):
            await conn.execute(text("INSERT INTO book VALUES (1, 'again')"))
    assert await owners(books) == ["now", "too"]
    # The level belongs to the connection that it was set on.
    async with books.connect() as conn:
        await add(conn, "gone")
    assert await owners(books) == ["now", "too"]


async def test_autocommit_passes_the_token_on(books: AsyncEngine) -> None:
    async with books.connect() as one, books.connect() as two:
        await one.execution_options(isolation_level="AUTOCOMMIT")
        await two.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(3):
            await add(one, "one")
            await add(two, "two")
    assert await owners(books) == ["one", "two"] * 3


async def test_immediate_takes_the_token_at_the_first_read(
    books: AsyncEngine,
) -> None:
    async with books.connect() as conn:
        await conn.execution_options(isolation_level="IMMEDIATE")
        assert await conn.scalar(COUNT, {"owner": "a"}) == 0

        async def write() -> None:
            async with books.begin() as other:
                await add(other, "b")

        other = asyncio.create_task(write())
        await until(lambda: books.stats()["writers_waiting"] == 1)
        await add(conn, "a")
        await conn.commit()
        await other
    assert await owners(books) == ["a", "b"]


async def test_snapshot_sees_one_state(books: AsyncEngine) -> None:
    async with books.connect() as reader, books.connect() as writer:
        await reader.execution_options(isolation_level="SNAPSHOT")
        assert await reader.scalar(COUNT, {"owner": "a"}) == 0
        await add(writer, "a")
        await writer.commit()
        assert await reader.scalar(COUNT, {"owner": "a"}) == 0
        await reader.rollback()
        assert await reader.scalar(COUNT, {"owner": "a"}) == 1


async def test_without_snapshot_each_read_sees_the_newest(
    books: AsyncEngine,
) -> None:
    async with books.connect() as reader, books.connect() as writer:
        assert await reader.scalar(COUNT, {"owner": "a"}) == 0
        await add(writer, "a")
        await writer.commit()
        assert await reader.scalar(COUNT, {"owner": "a"}) == 1


async def test_a_snapshot_that_is_old_cannot_write(
    books: AsyncEngine,
) -> None:
    async with books.connect() as reader, books.connect() as writer:
        await reader.execution_options(isolation_level="SNAPSHOT")
        assert await reader.scalar(COUNT, {"owner": "a"}) == 0
        await add(writer, "a")
        await writer.commit()
        with pytest.raises(OperationalError) as raised:
            await add(reader, "b")
        assert raised.value.orig.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"
        await reader.rollback()
        await add(reader, "b")
        await reader.commit()
    assert await owners(books) == ["a", "b"]


async def test_a_level_cannot_change_inside(books: AsyncEngine) -> None:
    async with books.connect() as conn:
        await add(conn, "a")
        with pytest.raises(InvalidRequestError, match="isolation level"):
            await conn.execution_options(isolation_level="AUTOCOMMIT")


# ---- the user's own control statements -------------------------------------


async def test_raw_begin_and_commit(books: AsyncEngine) -> None:
    async with books.connect() as conn, books.connect() as other:
        await conn.execute(text("BEGIN"))
        await add(conn, "a")
        assert await other.scalar(COUNT, {"owner": "a"}) == 0
        await conn.execute(text("COMMIT"))
        assert await other.scalar(COUNT, {"owner": "a"}) == 1
        await other.rollback()
        # The token was given back.
        await add(other, "b")
        await other.commit()
    assert await owners(books) == ["a", "b"]


async def test_raw_rollback(books: AsyncEngine) -> None:
    async with books.connect() as conn:
        await conn.execute(text("BEGIN IMMEDIATE"))
        await add(conn, "a")
        await conn.execute(text("ROLLBACK"))
        await add(conn, "b")
        await conn.commit()
    assert await owners(books) == ["b"]


async def test_raw_savepoints(books: AsyncEngine) -> None:
    async with books.connect() as conn:
        await conn.execute(text("SAVEPOINT one"))
        await add(conn, "gone")
        await conn.execute(text("ROLLBACK TO one"))
        await add(conn, "kept")
        await conn.execute(text("RELEASE one"))
        await conn.commit()
    assert await owners(books) == ["kept"]


async def test_raw_begin_holds_the_token(books: AsyncEngine) -> None:
    async def write() -> None:
        async with books.begin() as other:
            await add(other, "second")

    async with books.connect() as conn:
        await conn.execute(text("BEGIN"))
        await add(conn, "first")
        other = asyncio.create_task(write())
        await until(lambda: books.stats()["writers_waiting"] == 1)
        await conn.execute(text("END"))
        await other
    assert await owners(books) == ["first", "second"]


async def test_begin_twice_and_commit_without_begin(
    books: AsyncEngine,
) -> None:
    async with books.connect() as conn:
        with pytest.raises(OperationalError, match="no transaction"):
            await conn.execute(text("COMMIT"))
        await conn.execute(text("BEGIN"))
        with pytest.raises(OperationalError, match="within a transaction"):
            await conn.execute(text("BEGIN"))
        await add(conn, "a")
        await conn.commit()
    assert await owners(books) == ["a"]
    await is_sound(books)


# ---- what commit means ----------------------------------------------------


@pytest.fixture
async def watched(file_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(file_url)
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    yield engine
    await engine.dispose()


async def test_a_commit_is_seen_by_others_when_it_returns(
    watched: AsyncEngine, file_url: str
) -> None:
    other = create_async_engine(file_url)
    async with watched.connect() as conn:
        for i in range(20):
            await add(conn, "x")
            await conn.commit()
            assert await count(other, "x") == i + 1
    await other.dispose()


async def test_checkpoints_keep_the_log_short(tmp_path: Path) -> None:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path}/log.db",
        wal_autocheckpoint=20,
        synchronous="OFF",
    )
    async with engine.begin() as conn:
        await conn.execute(BOOK)
    for _ in range(60):
        async with engine.begin() as conn:
            await conn.exec_driver_sql(
                "INSERT INTO book (owner) SELECT hex(zeroblob(5000))"
            )
    assert engine.stats()["checkpoints"] > 0
    assert (tmp_path / "log.db-wal").stat().st_size < 100 * 4200
    await is_sound(engine)
    await engine.dispose()
    assert not (tmp_path / "log.db-wal").exists()
