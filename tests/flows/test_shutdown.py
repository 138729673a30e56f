"""How a process ends: soon, with the right exit code, silently, and with a
database that is whole, whatever was going on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from flows.drivers import leaving_things

# Generous: the start of an interpreter on a busy machine counts as well.
SOON = 5.0

PRELUDE = """
import asyncio, os, signal, sys, threading
# A shell ignores it for what it runs in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
from sqlactive_c import create_async_engine, text
ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
               "FROM n) SELECT count(*) FROM n")
ADD = text("INSERT INTO book (owner) VALUES (:owner)")
url = "sqlite+aiosqlite://" + sys.argv[1]
engine = create_async_engine(url)

async def create():
    async with engine.begin() as conn:
        await conn.execute(text(
            "CREATE TABLE IF NOT EXISTS book "
            "(id INTEGER PRIMARY KEY, owner TEXT)"))
        await conn.execute(ADD, {"owner": "kept"})

async def scan():
    async with engine.connect() as conn:
        await conn.execute(ENDLESS)

async def busy():
    while engine.pool.checkedout() == 0:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
"""

# name: (what main.py does after the prelude, exit code)
ENDINGS: dict[str, tuple[str, int]] = {
    "forgotten close": (
        """
        async def main():
            await create()
            global conn
            conn = await engine.connect()
            await conn.execute(ADD, {"owner": "lost"})
        asyncio.run(main())
        """,
        0,
    ),
    "forgotten everything": (
        """
        async def main():
            await create()
            conn = await engine.connect()
            await conn.execute(ADD, {"owner": "lost"})
            sys.modules["keep"] = conn
        asyncio.run(main())
        del engine
        """,
        0,
    ),
    "scan in flight": (
        """
        async def main():
            await create()
            asyncio.create_task(scan())
            await busy()
        asyncio.run(main())
        """,
        0,
    ),
    "scan in a stopped loop": (
        """
        loop = asyncio.new_event_loop()
        loop.run_until_complete(create())
        task = loop.create_task(scan())
        loop.run_until_complete(busy())
        """,
        0,
    ),
    "queue and scan": (
        """
        async def main():
            await create()
            tasks = [asyncio.create_task(scan()) for _ in range(1000)]
            await busy()
            os_exit_code = 0
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        """,
        0,
    ),
    "open transactions": (
        """
        async def main():
            await create()
            global conns
            conns = [await engine.connect() for _ in range(8)]
            for conn in conns:
                await conn.execution_options(isolation_level="SNAPSHOT")
                await conn.execute(text("SELECT * FROM book"))
            await conns[0].rollback()
            await conns[0].execute(ADD, {"owner": "lost"})
        asyncio.run(main())
        """,
        0,
    ),
    "stream half read": (
        """
        async def main():
            await create()
            global conn, result
            conn = await engine.connect()
            result = await conn.stream(text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                "FROM n) SELECT i FROM n"))
            await result.fetchmany(10)
        asyncio.run(main())
        """,
        0,
    ),
    "sys.exit": (
        """
        async def main():
            await create()
            asyncio.create_task(scan())
            await busy()
            sys.exit(3)
        asyncio.run(main())
        """,
        3,
    ),
    "exception": (
        """
        async def main():
            await create()
            asyncio.create_task(scan())
            await busy()
            raise SystemError("as planned")
        try:
            asyncio.run(main())
        except SystemError:
            sys.exit(1)
        """,
        1,
    ),
    "os._exit": (
        """
        async def main():
            await create()
            asyncio.create_task(scan())
            await busy()
            os._exit(4)
        asyncio.run(main())
        """,
        4,
    ),
    "a thread with a loop": (
        """
        asyncio.run(create())
        started = threading.Event()
        async def main():
            task = asyncio.create_task(scan())
            await busy()
            started.set()
            await task
        threading.Thread(target=asyncio.run, args=(main(),),
                         daemon=True).start()
        started.wait()
        """,
        0,
    ),
    "dispose in flight": (
        """
        async def main():
            await create()
            task = asyncio.create_task(scan())
            await busy()
            await engine.dispose()
        asyncio.run(main())
        """,
        0,
    ),
    "atexit": (
        """
        import atexit
        async def main():
            await create()
            task = asyncio.create_task(scan())
            await busy()
        atexit.register(lambda: asyncio.run(engine.dispose()))
        asyncio.run(main())
        """,
        0,
    ),
}


def start(code: str, path: str, *options: str) -> subprocess.Popen[str]:
    source = PRELUDE + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, *options, "-c", source, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=leaving_things(),
        text=True,
    )


def ended(
    process: subprocess.Popen[str], since: float | None = None
) -> tuple[int, str, float]:
    """-> exit code, stderr, seconds."""
    begun = time.monotonic() if since is None else since
    try:
        _, errors = process.communicate(timeout=SOON * 3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("the process does not end")
    return process.returncode, errors, time.monotonic() - begun


def check_file(path: Path) -> None:
    """Opened by another process: nothing but what was committed."""
    code = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "assert db.execute('PRAGMA integrity_check').fetchone() == ('ok',)\n"
        "rows = db.execute('SELECT DISTINCT owner FROM book').fetchall()\n"
        "assert rows == [('kept',)], rows\n"
        "db.execute('BEGIN IMMEDIATE')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


@pytest.mark.parametrize("where", ["memory", "file"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_process_ends(tmp_path: Path, ending: str, where: str) -> None:
    code, expected = ENDINGS[ending]
    path = tmp_path / "test.db"
    process = start(code, f"/{path}" if where == "file" else "")
    returncode, errors, seconds = ended(process)
    assert returncode == expected, errors
    lines = [
        line
        for line in errors.splitlines()
        # asyncio's own words about a task that a stopped loop left behind,
        # and, in its debug mode, about one that took long
        if "Task was destroyed" not in line
        and not line.startswith(("task: ", "Executing <"))
    ]
    assert lines == []
    assert seconds < SOON
    if where == "file":
        check_file(path)


@pytest.mark.parametrize("ending", ["forgotten close", "open transactions"])
def test_what_was_forgotten_warns(tmp_path: Path, ending: str) -> None:
    process = start(
        ENDINGS[ending][0],
        f"/{tmp_path}/test.db",
        "-X",
        "dev",
        "-W",
        "always::ResourceWarning",
    )
    returncode, errors, _ = ended(process)
    assert returncode == 0, errors
    lines = [line for line in errors.splitlines() if "Warning" in line]
    assert lines
    assert all("ResourceWarning: unclosed" in line for line in lines), errors
    assert "Fatal" not in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("where", ["memory", "file"])
@pytest.mark.parametrize(
    "moment", ["scan", "inline", "commits", "stream", "queue", "sync"]
)
def test_control_c(tmp_path: Path, moment: str, where: str) -> None:
    """SIGINT ends asyncio.run() with KeyboardInterrupt, as always."""
    path = tmp_path / "test.db"
    work = {
        "scan": "await scan()",
        "inline": """
            async with engine.connect() as conn:
                while True:
                    await conn.scalar(text('SELECT 1'))""",
        "commits": """
            while True:
                async with engine.begin() as conn:
                    await conn.execute(ADD, {"owner": "kept"})""",
        "stream": """
            async with engine.connect() as conn:
                async for row in await conn.stream(text(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                    "FROM n) SELECT i FROM n")):
                    pass""",
        "queue": "await asyncio.gather(*(scan() for _ in range(100)))",
        "sync": """
            async with engine.connect() as conn:
                await conn.run_sync(lambda c: c.execute(ENDLESS))""",
    }[moment]
    code = (
        textwrap.dedent(f"""
        async def main():
            await create()
            threading.Timer(0.05, print, ("ready",), {{"flush": True}}).start()
            {work.strip()}
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            sys.exit(9)
    """)
        if "\n" not in work
        else (
            "\nasync def main():\n    await create()\n"
            "    threading.Timer(0.05, print, ('ready',), {'flush': True})"
            ".start()\n"
            + textwrap.indent(textwrap.dedent(work), "    ")
            + "\ntry:\n    asyncio.run(main())\n"
            "except KeyboardInterrupt:\n    sys.exit(9)\n"
        )
    )
    process = start(code, f"/{path}" if where == "file" else "")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    returncode, errors, seconds = ended(process, begun)
    assert (returncode, errors) == (9, "")
    assert seconds < SOON
    if where == "file":
        check_file(path)


def test_kill_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    """Each number that was printed was committed before."""
    path = tmp_path / "test.db"
    code = """
        async def main():
            await create()
            for number in range(100000):
                async with engine.begin() as conn:
                    await conn.execute(ADD, {"owner": "kept"})
                    await conn.execute(ADD, {"owner": "kept"})
                os.write(1, b"x")
        asyncio.run(main())
    """
    process = start(code, f"/{path}")
    assert process.stdout is not None
    seen = os.read(process.stdout.fileno(), 1)
    while len(seen) < 30:
        seen += os.read(process.stdout.fileno(), 1000)
    process.kill()
    rest, _ = process.communicate()
    acknowledged = len(seen) + len(rest)
    check_file(path)
    count = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; print(sqlite3.connect(sys.argv[1])"
            ".execute('SELECT count(*) FROM book').fetchone()[0])",
            str(path),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    rows = int(count.stdout) - 1
    assert rows % 2 == 0
    assert acknowledged <= rows // 2 <= acknowledged + 1
