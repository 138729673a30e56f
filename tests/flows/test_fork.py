"""fork() with an open engine: the child is told at every use, and neither
process harms the other.  Each test forks in a process of its own, because
the one that runs the tests has threads."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from flows.drivers import leaving_things

PRELUDE = """
import asyncio, os, sys, warnings
from sqlactive_c import create_async_engine, text
from sqlactive_c.exc import InvalidRequestError
warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads
ADD = text("INSERT INTO book (owner) VALUES (:owner)")
COUNT = text("SELECT count(*) FROM book")
url = "sqlite+aiosqlite://" + sys.argv[1]
engine = create_async_engine(url, inline_budget=int(sys.argv[2]))

async def create():
    async with engine.begin() as conn:
        await conn.execute(text(
            "CREATE TABLE book (id INTEGER PRIMARY KEY, owner TEXT)"))

async def refused(awaitable):
    try:
        await awaitable
    except InvalidRequestError as error:
        assert "fork" in str(error), error
    else:
        raise AssertionError("not refused")

def in_child(function):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            function()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(code) if sys.argv[3] == "_exit" else None
            sys.exit(code)
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
"""


def run(
    code: str, where: Path | None, budget: int = 20_000, end: str = "_exit"
) -> None:
    path = "" if where is None else f"/{where}/test.db"
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            PRELUDE + textwrap.dedent(code),
            path,
            str(budget),
            end,
        ],
        capture_output=True,
        text=True,
        timeout=30,
        env=leaving_things(),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    # asyncio's debug mode says what took long.
    lines = result.stderr.splitlines()
    assert [x for x in lines if not x.startswith("Executing <")] == []


@pytest.fixture(params=["memory", "file"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path if request.param == "file" else None


BUDGETS = pytest.mark.parametrize("budget", [0, 20_000])
ENDS = pytest.mark.parametrize("end", ["_exit", "exit"])


@BUDGETS
@ENDS
def test_every_use_in_the_child_is_refused(
    where: Path | None, budget: int, end: str
) -> None:
    run(
        """
        async def parent():
            await create()
            conn = await engine.connect()
            await conn.execute(ADD, {"owner": "parent"})
            stream = await conn.stream(text("SELECT * FROM book"))
            return conn, stream

        async def child():
            await refused(conn.execute(text("SELECT 1")))
            await refused(conn.execute(ADD, {"owner": "child"}))
            await refused(conn.commit())
            await conn.rollback()  # nothing is ours, so nothing is undone
            await refused(engine.connect().start())
            async def begin():
                async with engine.begin():
                    pass
            await refused(begin())
            await engine.dispose()  # harmless

        conn, stream = asyncio.run(parent())
        in_child(lambda: asyncio.run(child()))

        async def rest():
            await conn.execute(ADD, {"owner": "parent"})
            await conn.commit()
            assert await conn.scalar(COUNT) == 2
            await conn.close()
            await engine.dispose()
        asyncio.run(rest())
        """,
        where,
        budget,
        end,
    )


@BUDGETS
@ENDS
def test_the_child_makes_an_engine_of_its_own(
    where: Path | None, budget: int, end: str
) -> None:
    run(
        """
        async def parent():
            await create()
            async with engine.begin() as conn:
                await conn.execute(ADD, {"owner": "parent"})

        async def child():
            mine = create_async_engine(url, inline_budget=0)
            async with mine.begin() as conn:
                if sys.argv[1]:
                    await conn.execute(ADD, {"owner": "child"})
                    assert await conn.scalar(COUNT) == 2
                else:
                    assert await conn.scalar(text("SELECT 1")) == 1
            await mine.dispose()

        asyncio.run(parent())
        if sys.argv[1]:
            # Files: the parent has none open while the child uses it.
            asyncio.run(engine.dispose())
        in_child(lambda: asyncio.run(child()))

        async def rest():
            async with engine.connect() as conn:
                expected = 2 if sys.argv[1] else 1
                assert await conn.scalar(COUNT) == expected
            await engine.dispose()
        asyncio.run(rest())
        """,
        where,
        budget,
        end,
    )


@ENDS
def test_the_child_ends_without_harm_to_a_transaction(
    where: Path | None, end: str
) -> None:
    run(
        """
        async def main():
            await create()
            async with engine.begin() as conn:
                await conn.execute(ADD, {"owner": "one"})
                in_child(lambda: None)
                await conn.execute(ADD, {"owner": "two"})
            async with engine.connect() as conn:
                assert await conn.scalar(COUNT) == 2
                state = await conn.scalar(text("PRAGMA integrity_check"))
                assert state == "ok"
            await engine.dispose()
        asyncio.run(main())
        """,
        where,
        end=end,
    )


@pytest.mark.skipif(
    "SAC_SANITIZE" in os.environ,
    reason="the sanitizer's own locks may be held by another thread",
)
def test_fork_while_workers_scan(where: Path | None) -> None:
    run(
        """
        ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
                       "i + 1 FROM n) SELECT count(*) FROM n")

        async def scan():
            async with engine.connect() as conn:
                await conn.execute(ENDLESS)

        async def main():
            await create()
            tasks = [asyncio.create_task(scan()) for _ in range(3)]
            while engine.pool.checkedout() < 3:
                await asyncio.sleep(0)
            for _ in range(20):
                pid = os.fork()
                if pid == 0:
                    os._exit(0 if dies() else 1)
                _, status = os.waitpid(pid, 0)
                assert status == 0
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await engine.dispose()

        def dies():
            # a new thread with a loop: the forked one is in the middle
            import threading
            done = []
            async def child():
                mine = create_async_engine("sqlite+aiosqlite://",
                                           inline_budget=0)
                async with mine.connect() as conn:
                    done.append(await conn.scalar(text("SELECT 1")))
                await mine.dispose()
            thread = threading.Thread(target=asyncio.run, args=(child(),))
            thread.start()
            thread.join(10)
            return done == [1]

        asyncio.run(main())
        """,
        where,
    )


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(tmp_path: Path, method: str) -> None:
    """Workers that each open the database that the parent has made."""
    module = tmp_path / "pool_job.py"
    module.write_text(
        textwrap.dedent("""
        import asyncio
        from sqlactive_c import create_async_engine, text

        def job(task):
            url, name = task
            async def main():
                engine = create_async_engine(url)
                async with engine.begin() as conn:
                    await conn.execute(
                        text("INSERT INTO book (owner) VALUES (:o)"),
                        {"o": name})
                await engine.dispose()
            asyncio.run(main())
            return name
        """)
    )
    run(
        f"""
        import multiprocessing
        sys.path.insert(0, {str(tmp_path)!r})
        from pool_job import job

        async def parent():
            await create()
            await engine.dispose()

        if __name__ == "__main__":
            asyncio.run(parent())
            context = multiprocessing.get_context({method!r})
            with context.Pool(3) as pool:
                names = [str(i) for i in range(9)]
                assert pool.map(job, [(url, n) for n in names]) == names
                pool.close()
                pool.join()

            async def check():
                async with engine.connect() as conn:
                    assert await conn.scalar(COUNT) == 9
                await engine.dispose()
            asyncio.run(check())
        """,
        tmp_path,
    )
