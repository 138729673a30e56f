"""What every awaitable of the package is: a coroutine, lazy, used once."""

from __future__ import annotations

import asyncio
import collections.abc
import gc
import weakref
from typing import Any

import pytest

from sqlactive_c import (
    AsyncConnection,
    AsyncEngine,
    _core,
    create_async_engine,
    exc,
    text,
)

ENDLESS = text(
    "with recursive c(n) as (select 1 union all select n + 1 from c)"
    " select count(*) from c"
)
ONE = text("select 1")


async def until_free(connection: Any) -> None:
    """Wait until a call that was left behind has ended."""
    while True:
        try:
            await connection.execute(ONE)
        except exc.IllegalStateChangeError:
            await asyncio.sleep(0)
        else:
            return


async def test_is_a_coroutine(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for pending in (connection.execute(ONE), connection.commit()):
            assert asyncio.iscoroutine(pending)
            assert isinstance(pending, collections.abc.Coroutine)
            assert pending.__qualname__.startswith("AsyncConnection.")
            assert pending.__name__ in pending.__qualname__
            assert pending.__qualname__ in repr(pending)
            assert not pending.cr_running
            assert pending.cr_await is None
            assert weakref.ref(pending)() is pending
            pending.close()


async def test_asyncio_takes_it(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        task = asyncio.create_task(connection.execute(ONE))
        assert "AsyncConnection.execute" in repr(task)
        assert (await task).scalar() == 1
        result = await asyncio.wait_for(connection.execute(ONE), 60)
        assert result.scalar() == 1
        results = await asyncio.gather(*map(connection.execute, [ONE] * 3))
        assert [each.scalar() for each in results] == [1, 1, 1]


async def test_lazy(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(text("create table t (a)"))
        query = text("select count(*) from sqlite_master")
        assert (await connection.execute(query)).scalar() == 0
        await pending
        assert (await connection.execute(query)).scalar() == 1


async def test_once(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(ONE)
        await pending
        with pytest.raises(RuntimeError, match="already awaited"):
            await pending
        pending.close()
        with pytest.raises(RuntimeError, match="already awaited"):
            pending.throw(KeyError)


async def test_protocol_before_the_start(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(ONE)
        with pytest.raises(TypeError, match="just-started"):
            pending.send(1)
        with pytest.raises(KeyError, match="why"):
            pending.throw(KeyError("why"))
        with pytest.raises(RuntimeError, match="already awaited"):
            pending.send(None)
        pending = connection.execute(ONE)
        with pytest.raises(TypeError, match="takes an exception"):
            pending.throw(1)
        pending.close()
        pending.close()


async def test_send_ends_with_stop_iteration(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(ONE)
        with pytest.raises(StopIteration) as caught:
            while True:  # on a slow machine the loop may get a turn first
                assert pending.send(None) is None
        assert caught.value.value.scalar() == 1


async def test_never_awaited_warns(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        says = "'AsyncConnection.execute' was never awaited"
        with pytest.warns(RuntimeWarning, match=says):
            connection.execute(ONE)


async def test_awaited_by_two(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(ENDLESS)
        task = asyncio.create_task(pending)
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="being awaited already"):
            await pending
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await connection.execute(ONE)).scalar() == 1


async def test_cancelled_call_has_ended(engine: AsyncEngine) -> None:
    """The exception comes only when nothing runs on the connection."""
    async with engine.connect() as connection:
        for _ in range(20):
            task = asyncio.create_task(connection.execute(ENDLESS))
            await asyncio.sleep(0)
            task.cancel("enough")
            with pytest.raises(asyncio.CancelledError, match="enough"):
                await task
            assert (await connection.execute(ONE)).scalar() == 1


async def test_cancelled_twice(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        task = asyncio.create_task(connection.execute(ENDLESS))
        await asyncio.sleep(0)
        task.cancel("first")
        await asyncio.sleep(0)
        task.cancel("second")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await connection.execute(ONE)).scalar() == 1


async def test_thrown_exception_comes_back(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(ENDLESS)
        future = pending.send(None)
        assert asyncio.isfuture(future)
        try:
            again = pending.throw(KeyError("mine"))
        except KeyError:
            pass  # it was still in a queue
        else:
            again._asyncio_future_blocking = False  # as a task does
            await again
            with pytest.raises(KeyError, match="mine"):
                pending.send(None)
        assert (await connection.execute(ONE)).scalar() == 1


async def test_closed_while_it_waits(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(ENDLESS)
        pending.send(None)
        pending.close()
        with pytest.raises(RuntimeError, match="already awaited"):
            pending.send(None)
        await until_free(connection)


async def test_dropped_while_it_waits(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        pending = connection.execute(ENDLESS)
        future = pending.send(None)
        del pending, future
        gc.collect()
        await until_free(connection)


def test_a_loop_that_died_with_work_in_flight(file_url: str) -> None:
    engine = create_async_engine(file_url)
    kept = []

    async def leave() -> None:
        connection = await engine.connect()
        pending = connection.execute(ENDLESS)
        kept.append((connection, pending, pending.send(None)))

    async def use() -> None:
        connection, pending, _ = kept.pop()
        pending.close()
        del pending, _
        await until_free(connection)
        await connection.close()
        await engine.dispose()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    loop.close()
    asyncio.run(use())


class DeafLoop(asyncio.SelectorEventLoop):
    """A loop that cannot watch descriptors for others."""

    def add_reader(self, *args: Any) -> None:
        raise NotImplementedError


def test_a_loop_without_add_reader(file_url: str) -> None:
    async def use() -> None:
        engine = create_async_engine(file_url)
        async with engine.connect() as connection:
            for _ in range(3):
                task = asyncio.create_task(connection.execute(ENDLESS))
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert (await connection.execute(ONE)).scalar() == 1
        await engine.dispose()

    with asyncio.Runner(loop_factory=DeafLoop) as runner:
        runner.run(use())


def test_drive_without_a_loop(file_url: str) -> None:
    engine = create_async_engine(file_url)
    connection = _core.drive(engine.connect().start())
    assert _core.drive(connection.execute(ONE)).scalar() == 1
    _core.drive(connection.close())
    _core.drive(engine.dispose())
    with pytest.raises(TypeError, match="can't be awaited"):
        _core.drive(1)


def test_drive_through_coroutines(file_url: str) -> None:
    """What a coroutine of Python's awaits knows that there is no loop."""
    engine = create_async_engine(file_url)

    async def inner(connection: AsyncConnection) -> int:
        nested = await outer(engine.connect())
        found = await connection.execute(ONE)
        return nested + int(found.scalar_one())

    async def outer(connection: AsyncConnection) -> int:
        async with connection:
            return int((await connection.execute(ONE)).scalar_one())

    async def both() -> int:
        async with engine.connect() as connection:
            found = await inner(connection)
            # A file: there are two connections, and one waits for the other.
            return found + _core.drive(inner(connection))

    assert _core.drive(both()) == 4
    with pytest.raises(ZeroDivisionError):
        _core.drive(_fails())
    _core.drive(engine.dispose())


async def _fails() -> None:
    raise ZeroDivisionError


async def test_the_loop_gets_its_turn(engine: AsyncEngine) -> None:
    """Calls that never wait still let other tasks run."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counter = asyncio.create_task(count())
    async with engine.connect() as connection:
        while turns < 10:
            await connection.execute(ONE)
    counter.cancel()
