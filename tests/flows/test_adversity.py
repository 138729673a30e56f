"""Bad surroundings: wrong URLs, broken files, full disks, foreign locks; each
a specific exception, with a message that helps."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.drivers import (
    ADD,
    BOOK,
    at_rest,
    count,
    is_sound,
    ticking,
    until,
)
from sqlactive_c import create_async_engine, text
from sqlactive_c.exc import (
    ArgumentError,
    DatabaseError,
    NoSuchModuleError,
    OperationalError,
)

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
        with pytest.raises(OperationalError, match=r"unable to open|readonly"):
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
    with pytest.raises(OperationalError, match=r"full|I/O") as raised:
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

    before = engine.stats()["worker_runs"]
    task = asyncio.create_task(write())
    await until(lambda: engine.stats()["worker_runs"] > before)
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
