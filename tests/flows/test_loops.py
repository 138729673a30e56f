"""An engine belongs to no event loop: one after the other, two at once, one
that was stopped with work in flight, other kinds of loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flows.drivers import ADD, BOOK, COUNT, ENDLESS, is_sound, rows, until
from sqlactive_c import AsyncEngine, create_async_engine, text

Main = Coroutine[Any, Any, Any]


class Deaf(asyncio.SelectorEventLoop):
    """A loop that cannot watch a descriptor, as on some platforms."""

    def add_reader(self, *args: Any) -> None:
        raise NotImplementedError

    def remove_reader(self, *args: Any) -> bool:
        raise NotImplementedError


def uvloop_loop() -> asyncio.AbstractEventLoop:
    return pytest.importorskip("uvloop").new_event_loop()


def debug_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 60.0
    return loop


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop_loop,
    "deaf": Deaf,
    "debug": debug_loop,
}


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    where = "" if request.param == "memory" else f"/{tmp_path}/test.db"
    return f"sqlite+aiosqlite://{where}"


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Iterator[Callable[[Main], Any]]:
    """Runs a coroutine on a new loop of that kind."""

    def on_new_loop(main: Main) -> Any:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(main)

    return on_new_loop


async def create(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(BOOK)


async def add_one(engine: AsyncEngine, owner: str = "a") -> int:
    async with engine.begin() as conn:
        await conn.execute(ADD, {"owner": owner})
        number = await conn.scalar(COUNT, {"owner": owner})
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize("budget", [0, 20_000])
def test_one_loop_after_the_other(
    run: Callable[[Main], Any], url: str, budget: int
) -> None:
    engine = create_async_engine(url, inline_budget=budget)
    run(create(engine))
    assert [run(add_one(engine)) for _ in range(5)] == [1, 2, 3, 4, 5]
    run(is_sound(engine))
    run(engine.dispose())


def test_the_usual_flows_on_every_loop(
    run: Callable[[Main], Any], url: str
) -> None:
    async def main() -> None:
        engine = create_async_engine(
            url, inline_budget=0, pool_size=2, max_overflow=0
        )
        await create(engine)
        await asyncio.gather(*(add_one(engine, str(i)) for i in range(20)))
        async with engine.connect() as conn:
            async with conn.stream(rows(3000)) as result:
                assert [row.i async for row in result][-1] == 3000
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(conn.execute(ENDLESS), 0.01)
            assert (await conn.execute(rows(10))).scalars().all()[-1] == 10
            await conn.run_sync(lambda c: c.execute(ADD, {"owner": "sync"}))
            await conn.commit()
        async with engine.connect(), engine.connect():
            waiter = asyncio.create_task(add_one(engine))
            await until(lambda: engine.stats()["waiting"] == 1)
            waiter.cancel()
            await asyncio.wait([waiter])
            assert waiter.cancelled()
        await is_sound(engine)
        await engine.dispose()

    run(main())


def test_a_queue_timeout_on_every_loop(run: Callable[[Main], Any]) -> None:
    from sqlactive_c.exc import TimeoutError as PoolTimeout

    async def main() -> None:
        engine = create_async_engine(
            "sqlite+aiosqlite://",
            pool_size=1,
            max_overflow=0,
            pool_timeout=0.02,
        )
        async with engine.connect():
            with pytest.raises(PoolTimeout, match="pool_size"):
                await engine.connect()
        async with engine.connect():
            pass
        await engine.dispose()

    run(main())


class Slow(asyncio.SelectorEventLoop):
    """A loop that lets other threads in wherever it is asked something."""

    watched: ClassVar[list[int]] = []

    def is_closed(self) -> bool:
        time.sleep(0.001)
        return super().is_closed()

    def add_reader(self, fd: int, *args: Any) -> None:  # type: ignore[override]
        self.watched.append(fd)
        time.sleep(0.001)
        super().add_reader(fd, *args)


def test_loops_that_start_at_once_do_not_share_a_port(url: str) -> None:
    """What a closed loop left is for one of the new ones, not for each."""
    engine = create_async_engine(url, inline_budget=0)
    done: list[int] = []
    together = threading.Barrier(4)

    async def work() -> None:
        async with engine.connect() as conn:
            for _ in range(5):
                done.append(len((await conn.execute(rows(9))).all()))
            together.wait(30)

    def thread() -> None:
        together.wait(30)
        with asyncio.Runner(loop_factory=Slow) as runner:
            runner.run(work())

    asyncio.run(create(engine))
    Slow.watched.clear()
    threads = [threading.Thread(target=thread, daemon=True) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert done == [9] * 20
    assert len(set(Slow.watched)) == len(Slow.watched) == 4
    asyncio.run(engine.dispose())


def test_two_loops_in_two_threads_at_once(url: str) -> None:
    engine = create_async_engine(url, inline_budget=0)
    asyncio.run(create(engine))
    errors: list[BaseException] = []
    start = threading.Barrier(3)

    async def work(name: str) -> None:
        for _ in range(25):
            await add_one(engine, name)
            async with engine.connect() as conn:
                await conn.execute(rows(50))

    def thread(name: str) -> None:
        start.wait()
        try:
            asyncio.run(work(name))
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=thread, args=(str(i),), daemon=True)
        for i in range(3)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert not errors

    async def check() -> None:
        async with engine.connect() as conn:
            for i in range(3):
                assert await conn.scalar(COUNT, {"owner": str(i)}) == 25
        await is_sound(engine)
        await engine.dispose()

    asyncio.run(check())


def test_a_writer_of_one_loop_waits_for_one_of_another(url: str) -> None:
    engine = create_async_engine(url)
    asyncio.run(create(engine))
    held, done = threading.Event(), []

    def thread() -> None:
        held.wait(10)
        done.append(asyncio.run(add_one(engine)))

    async def holder() -> None:
        async with engine.begin() as conn:
            await conn.execute(ADD, {"owner": "a"})
            held.set()
            while engine.stats()["writers_waiting"] != 1:
                await asyncio.sleep(0.001)
            assert not done

    other = threading.Thread(target=thread, daemon=True)
    other.start()
    asyncio.run(holder())
    other.join(10)
    assert done == [2]
    asyncio.run(engine.dispose())


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings(
    # Python's own: a block that is left by closing its coroutine cannot wait
    "ignore:.*coroutine.*:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("kind", ["scan", "write", "queue", "writer"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_loop_that_stops_with_work_in_flight(
    url: str, kind: str, closed: bool
) -> None:
    """run_until_complete() returns in the middle; the tasks never run on."""
    engine = create_async_engine(
        url, inline_budget=0, pool_size=3, max_overflow=0
    )
    asyncio.run(create(engine))
    loop = asyncio.new_event_loop()

    async def work() -> None:
        if kind == "scan":
            async with engine.connect() as conn:
                await conn.execute(ENDLESS)
        elif kind == "write":
            async with engine.begin() as conn:
                await conn.execute(ADD, {"owner": "lost"})
                await conn.execute(ENDLESS)
        elif kind == "queue":
            async with engine.connect(), engine.connect(), engine.connect():
                await engine.connect()
        else:
            async with engine.begin() as conn:
                await conn.execute(ADD, {"owner": "lost"})

                async def second() -> None:
                    await add_one(engine)

                await asyncio.create_task(second())

    async def stop_in_the_middle() -> None:
        key = {"queue": "waiting", "writer": "writers_waiting"}.get(kind)
        if key is None:
            await until(lambda: engine.pool.checkedout() == 1)
            for _ in range(20):
                await asyncio.sleep(0)
        else:
            await until(lambda: engine.stats()[key] == 1)
        loop.stop()

    tasks = [loop.create_task(work()), loop.create_task(stop_in_the_middle())]
    loop.run_forever()
    for task in tasks:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    if closed:
        loop.close()
        del tasks, task

    async def after() -> None:
        async with asyncio.timeout(10):
            if closed:
                # what was lent out to the dead tasks comes home when another
                # loop needs it
                if kind == "writer":
                    # its holder waits for another task: only the garbage
                    # collector finds that one, and then its frame
                    async with engine.connect() as conn:
                        await conn.execute(rows(1))
                    for _ in range(3):
                        gc.collect()
                        await asyncio.sleep(0)
                assert await add_one(engine, "after") == 1
                await until(lambda: engine.pool.checkedout() == 0)
                async with engine.connect() as conn:
                    assert await conn.scalar(COUNT, {"owner": "lost"}) == 0
                await is_sound(engine)
            elif kind == "scan":  # still lent out; the others are free
                assert await add_one(engine, "after") == 1

    asyncio.run(after())
    if not closed:

        async def end() -> None:
            for each in asyncio.all_tasks() - {asyncio.current_task()}:
                each.cancel()
                await asyncio.wait([each])

        loop.run_until_complete(end())
        loop.close()
        asyncio.run(is_sound(engine))
    asyncio.run(engine.dispose())


def test_a_connection_goes_on_in_the_next_loop(url: str) -> None:
    engine = create_async_engine(url)

    async def first() -> Any:
        await create(engine)
        conn = await engine.connect()
        await conn.execute(ADD, {"owner": "a"})
        return conn

    async def second(conn: Any) -> None:
        assert await conn.scalar(COUNT, {"owner": "a"}) == 1
        await conn.commit()
        await conn.close()
        await is_sound(engine)
        await engine.dispose()

    asyncio.run(second(asyncio.run(first())))


def test_debug_mode_logs_nothing(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = create_async_engine(url, inline_budget=0)

    async def main() -> None:
        await create(engine)
        await add_one(engine)
        async with engine.connect() as conn:
            task = asyncio.create_task(_execute(conn, ENDLESS))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        await engine.dispose()

    with asyncio.Runner(debug=True, loop_factory=debug_loop) as runner:
        runner.run(main())
    assert [r.getMessage() for r in caplog.records if r.levelno >= 30] == []


async def _execute(conn: Any, statement: Any) -> Any:
    return await conn.execute(statement)


def test_a_statement_without_a_loop_says_so() -> None:
    engine = create_async_engine("sqlite+aiosqlite://", inline_budget=0)
    conn = engine.connect()
    call = conn.execute(text("SELECT 1"))
    with pytest.raises(RuntimeError, match="event loop"):
        call.send(None)
    asyncio.run(conn.close())
    asyncio.run(engine.dispose())


def test_many_short_loops_leave_no_ports(url: str) -> None:
    import os

    engine = create_async_engine(url, inline_budget=0)
    asyncio.run(create(engine))
    asyncio.run(add_one(engine))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        asyncio.run(add_one(engine))
    assert len(os.listdir("/proc/self/fd")) <= before
    asyncio.run(engine.dispose())
