"""Tools of the flow tests: cancelling at a chosen point, watching a loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from typing import Any

from sqlactive_c import AsyncEngine, text

# Never ends by itself, and holds a worker until it is cancelled.
ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) FROM n"
)
ENDLESS_WRITE = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "INSERT INTO book (owner) SELECT 'endless' FROM n WHERE i < 0"
)
BOOK = text("CREATE TABLE book (id INTEGER PRIMARY KEY, owner TEXT)")
ADD = text("INSERT INTO book (owner) VALUES (:owner)")
COUNT = text("SELECT count(*) FROM book WHERE owner = :owner")

Work = Coroutine[Any, Any, Any]


def rows(limit: int) -> Any:
    """A SELECT of the numbers from 1 to `limit`."""
    return text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        f"WHERE i < {limit}) SELECT i FROM n"
    )


class Boom(Exception):
    """What a sibling in a task group fails with."""


class Trap:
    """Awaits a coroutine, and springs at the chosen ones of its waits."""

    def __init__(
        self, work: Work, at: tuple[int, ...], spring: Callable[[], object]
    ) -> None:
        self.work = work
        self.at = at
        self.spring = spring
        self.seen = 0
        self.end: BaseException | str = "nothing"

    @property
    def sprung(self) -> bool:
        return self.seen > self.at[0]

    def __await__(self) -> Generator[Any, Any, Any]:
        throw: BaseException | None = None
        try:
            while True:
                if throw is None:
                    waited = self.work.send(None)
                else:
                    waited = self.work.throw(throw)
                if self.seen in self.at:
                    self.spring()
                self.seen += 1
                try:
                    yield waited
                    throw = None
                except BaseException as error:
                    throw = error
        except StopIteration as stop:
            self.end = "done"
            return stop.value
        except BaseException as error:
            self.end = error
            raise


def right_away(cancel: Callable[[], object]) -> Callable[[], object]:
    """In the very step that waits: what was submitted has hardly begun."""
    return cancel


def next_turn(cancel: Callable[[], object]) -> Callable[[], object]:
    """One turn of the loop later: the worker is somewhere in its job."""
    return lambda: asyncio.get_running_loop().call_soon(cancel)


def too_late(cancel: Callable[[], object]) -> Callable[[], object]:
    """When the worker is through and the loop has not heard of it yet."""

    def spring() -> None:
        time.sleep(0.001)  # not to synchronise: to let the worker be first
        cancel()

    return spring


TIMINGS = {"at once": right_away, "next turn": next_turn, "late": too_late}
Timing = Callable[[Callable[[], object]], Callable[[], object]]


async def plain(work: Work, at: int, timing: Timing) -> Trap:
    """task.cancel()."""
    trap = Trap(work, (at,), timing(lambda: task.cancel()))
    task = asyncio.create_task(_await(trap))
    await asyncio.wait([task])
    if trap.sprung and timing is not next_turn:
        assert task.cancelled()
        assert isinstance(trap.end, asyncio.CancelledError)
    return trap


async def twice(work: Work, at: int, timing: Timing) -> Trap:
    """A second cancel() while the first one is still being waited for."""
    trap = Trap(work, (at, at + 1), timing(lambda: task.cancel()))
    task = asyncio.create_task(_await(trap))
    await asyncio.wait([task])
    if trap.sprung and timing is not next_turn:
        assert task.cancelled()
    return trap


async def under_timeout(work: Work, at: int, timing: Timing) -> Trap:
    """asyncio.timeout() that expires."""
    trap = Trap(work, (at,), lambda: None)
    try:
        async with asyncio.timeout(None) as limit:
            trap.spring = timing(lambda: limit.reschedule(0))
            await trap
    except TimeoutError:
        assert limit.expired()
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0
    return trap


async def under_wait_for(work: Work, at: int, timing: Timing) -> Trap:
    """asyncio.wait_for() that is cancelled from outside."""
    trap = Trap(work, (at,), timing(lambda: task.cancel()))

    async def outer() -> None:
        await asyncio.wait_for(_await(trap), 3600)

    task = asyncio.create_task(outer())
    await asyncio.wait([task])
    if trap.sprung and timing is not next_turn:
        assert task.cancelled()
    return trap


async def beside_failure(work: Work, at: int, timing: Timing) -> Trap:
    """A sibling in the task group fails."""
    failure = asyncio.Event()
    trap = Trap(work, (at,), timing(failure.set))

    async def sibling() -> None:
        await failure.wait()
        raise Boom

    async def sure() -> None:
        try:
            await trap
        finally:
            failure.set()

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sibling())
            group.create_task(sure())
    except* Boom:
        pass
    return trap


WAYS = {
    "cancel": plain,
    "twice": twice,
    "timeout": under_timeout,
    "wait_for": under_wait_for,
    "sibling": beside_failure,
}
Way = Callable[[Work, int, Timing], Coroutine[Any, Any, Trap]]


async def _await(trap: Trap) -> Any:
    return await trap


class Ticker:
    """Counts the turns of the loop, and the longest pause between two."""

    def __init__(self) -> None:
        self.ticks = 0
        self.longest = 0.0

    async def run(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            now = time.monotonic()
            self.longest = max(self.longest, now - last)
            last = now
            self.ticks += 1


@asynccontextmanager
async def ticking() -> AsyncIterator[Ticker]:
    ticker = Ticker()
    task = asyncio.create_task(ticker.run())
    try:
        yield ticker
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Gives the loop turns until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0)


async def count(engine: AsyncEngine, owner: str) -> int:
    async with engine.connect() as conn:
        number = await conn.scalar(COUNT, {"owner": owner})
    assert isinstance(number, int)
    return number


def at_rest(engine: AsyncEngine) -> None:
    """Nothing is checked out, and nobody waits."""
    stats = engine.stats()
    assert engine.pool.checkedout() == 0
    assert stats["waiting"] == 0
    assert stats["writers_waiting"] == 0


async def is_sound(engine: AsyncEngine) -> None:
    """Everything came back, reads and writes are answered, the file is
    whole."""
    at_rest(engine)
    async with asyncio.timeout(5):
        async with engine.begin() as conn:
            assert await conn.scalar(text("SELECT 7")) == 7
            await conn.execute(ADD, {"owner": "probe"})
        async with engine.connect() as conn:
            state = await conn.scalar(text("PRAGMA integrity_check"))
    assert state == "ok"
    at_rest(engine)


def leaving_things() -> dict[str, str]:
    """Return an environment for processes that end with things in use.

    What a fork inherited is its parent's to free, and what still runs when the
    interpreter ends is left behind on purpose: LeakSanitizer shall not look.
    """
    options = os.environ.get("ASAN_OPTIONS", "")
    return {**os.environ, "ASAN_OPTIONS": f"{options}:detect_leaks=0"}
