"""Sessions behave as those of SQLAlchemy: one program, run on both.

A program gets the names of one side and yields what it saw; both sides must
have seen the same.  The driver of the peer leaves BEGIN to the first write,
so programs write before they set a savepoint.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio

import sqlactive_c

NAMES = (
    "AsyncSession",
    "async_scoped_session",
    "async_sessionmaker",
    "create_async_engine",
    "text",
)


def ours() -> dict[str, Any]:
    return {name: getattr(sqlactive_c, name) for name in NAMES}


def peers() -> dict[str, Any]:
    names = vars(sqlalchemy) | vars(sqlalchemy.ext.asyncio)
    return {name: names[name] for name in NAMES}


class Program(SimpleNamespace):
    """What a program works with: the names of a side, an engine, a factory."""

    async def rows(self) -> list[Any]:
        async with self.engine.connect() as connection:
            sql = self.text("SELECT a FROM t ORDER BY a")
            result = await connection.execute(sql)
            return list(result.scalars())

    def insert(self, value: Any) -> tuple[Any, dict[str, Any]]:
        return self.text("INSERT INTO t VALUES (:a)"), {"a": value}


async def attempt(call: Callable[[], Any]) -> str:
    """The class of what is raised, or that nothing is."""
    try:
        result = call()
        if isinstance(result, Awaitable):
            await result
    except Exception as error:
        return type(error).__name__
    return "fine"


def facts(session: Any) -> tuple[Any, ...]:
    return (
        session.in_transaction(),
        session.in_nested_transaction(),
        session.is_active,
        session.get_transaction() is not None,
        session.get_nested_transaction() is not None,
    )


PROGRAMS: dict[str, Callable[[Program], AsyncIterator[Any]]] = {}


def program(function: Callable[[Program], AsyncIterator[Any]]) -> Any:
    PROGRAMS[function.__name__] = function
    return function


@program
async def attributes(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    yield facts(session)
    yield session.bind is p.engine
    yield session.info
    yield session.autoflush
    yield p.maker.kw == {
        "bind": p.engine,
        "autoflush": True,
        "expire_on_commit": False,
    }
    yield p.maker.class_ is p.AsyncSession
    other = p.async_sessionmaker(p.engine, info={"a": 1})
    yield other(info={"b": 2}).info, other.kw["info"]
    yield repr(p.async_sessionmaker())
    yield await attempt(lambda: p.maker(colour=1))
    yield await attempt(lambda: p.AsyncSession(colour=1))
    yield await attempt(lambda: p.AsyncSession(3))


@program
async def results(p: Program) -> AsyncIterator[Any]:
    async with p.maker() as session:
        await session.execute(*p.insert(1))
        insert = p.text("INSERT INTO t VALUES (:a)")
        await session.execute(insert, [{"a": 2}, {"a": 3}])
        result = await session.execute(p.text("SELECT a, a + 1 AS b FROM t"))
        yield list(result.keys()), [tuple(row) for row in result]
        yield await session.scalar(p.text("SELECT a FROM t ORDER BY a DESC"))
        yield await session.scalar(p.text("SELECT a FROM t WHERE 0"))
        yield (await session.scalars(p.text("SELECT a FROM t"))).all()
        result = await session.stream(p.text("SELECT a FROM t"))
        yield [tuple(row) async for row in result]
        result = await session.stream_scalars(p.text("SELECT a FROM t"))
        yield await result.all()
        result = await session.execute(p.text("UPDATE t SET a = a + 1"))
        yield result.rowcount


@program
async def not_executable(p: Program) -> AsyncIterator[Any]:
    async with p.maker() as session:
        yield await attempt(lambda: session.execute("SELECT 1"))
        yield facts(session)
        yield await attempt(lambda: session.scalar("SELECT 1"))
        yield await attempt(lambda: session.execute(p.text("SELECT nope")))
        yield facts(session)
        yield await attempt(lambda: session.execute(p.text("SELECT :a")))
        yield await attempt(lambda: session.execute(p.text("SELECT 1")))


@program
async def autobegin(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    await session.execute(*p.insert(1))
    yield facts(session)
    await session.commit()
    yield facts(session)
    await session.execute(*p.insert(2))
    await session.rollback()
    yield facts(session)
    await session.execute(*p.insert(3))
    await session.close()
    yield facts(session)
    await session.commit()
    await session.rollback()
    await session.close()
    yield facts(session)
    yield await p.rows()


@program
async def without_autobegin(p: Program) -> AsyncIterator[Any]:
    session = p.AsyncSession(p.engine, autobegin=False)
    yield await attempt(lambda: session.execute(p.text("SELECT 1")))
    yield await attempt(session.commit)
    yield await attempt(session.rollback)
    yield await attempt(session.connection)
    async with session.begin():
        yield await attempt(lambda: session.execute(*p.insert(1)))
    yield await p.rows()


@program
async def closed_for_good(p: Program) -> AsyncIterator[Any]:
    session = p.AsyncSession(p.engine, close_resets_only=False)
    await session.reset()
    yield await attempt(lambda: session.execute(p.text("SELECT 1")))
    await session.close()
    yield await attempt(lambda: session.execute(p.text("SELECT 1")))
    yield await attempt(session.begin)
    yield await attempt(session.close)


@program
async def begin(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    transaction = session.begin()
    yield await attempt(transaction.commit) != "fine"
    yield (await transaction) is transaction
    yield facts(session), transaction.is_active, transaction.nested
    yield session.get_transaction() is transaction
    yield await attempt(session.begin)
    yield await attempt(lambda: transaction)
    await session.execute(*p.insert(1))
    await transaction.commit()
    yield facts(session), transaction.is_active
    yield await attempt(transaction.commit)
    yield await attempt(transaction.rollback)
    await session.execute(p.text("SELECT 1"))
    yield await attempt(session.begin)
    await session.close()
    yield await p.rows()


@program
async def begin_block(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    async with session.begin() as transaction:
        yield transaction is session.get_transaction()
        await session.execute(*p.insert(1))
    yield facts(session)
    try:
        async with session.begin():
            await session.execute(*p.insert(2))
            raise LookupError
    except LookupError:
        yield "raised"
    yield facts(session)
    async with p.maker() as other, other.begin():
        await other.execute(*p.insert(3))
    async with p.maker.begin() as other:
        await other.execute(*p.insert(4))
    yield facts(other)
    try:
        async with p.maker.begin() as other:
            await other.execute(*p.insert(5))
            raise LookupError
    except LookupError:
        yield facts(other)
    yield await p.rows()


@program
async def ended_inside_its_block(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    for end in ("commit", "rollback", "close"):
        async with session.begin() as transaction:
            await session.execute(*p.insert(1))
            await getattr(session, end)()
            yield facts(session), transaction.is_active
            yield await attempt(lambda: session.execute(p.text("SELECT 1")))
            yield await attempt(session.begin)
            yield await attempt(session.begin_nested)
            yield await attempt(session.rollback)
        yield facts(session)
        yield await attempt(lambda: session.execute(p.text("SELECT 1")))
        await session.close()
    async with session.begin():
        await session.execute(*p.insert(2))
        async with session.begin_nested() as nested:
            await nested.rollback()
            yield await attempt(lambda: session.execute(p.text("SELECT 1")))
        yield await attempt(lambda: session.execute(*p.insert(3)))
    async with session.begin() as transaction:
        async with session.begin_nested():
            await session.rollback()
            yield transaction.is_active
        yield await attempt(lambda: session.execute(p.text("SELECT 1")))
    yield await p.rows()


@program
async def savepoints(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    await session.execute(*p.insert(1))
    async with session.begin_nested() as nested:
        yield facts(session), nested.nested
        yield session.get_nested_transaction() is nested
        await session.execute(*p.insert(2))
    yield facts(session), nested.is_active
    try:
        async with session.begin_nested():
            await session.execute(*p.insert(3))
            raise LookupError
    except LookupError:
        yield facts(session)
    nested = await session.begin_nested()
    await session.execute(*p.insert(4))
    await nested.rollback()
    yield await attempt(nested.commit)
    yield await attempt(nested.rollback)
    await session.execute(*p.insert(5))
    await session.commit()
    yield await p.rows()


@program
async def savepoints_in_savepoints(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    for end in ("commit", "rollback"):
        await session.execute(*p.insert(1))
        outer = await session.begin_nested()
        inner = await session.begin_nested()
        await session.execute(*p.insert(2))
        await getattr(outer, end)()
        yield facts(session), outer.is_active, inner.is_active
        yield await attempt(inner.commit)
        yield await attempt(inner.rollback)
        await session.commit()
        yield facts(session)
    for end in ("commit", "rollback", "close"):
        await session.execute(*p.insert(3))
        outer = await session.begin_nested()
        inner = await session.begin_nested()
        await session.execute(*p.insert(4))
        await getattr(session, end)()
        yield facts(session), outer.is_active, inner.is_active
    yield await p.rows()


@program
async def the_whole_ends_under_a_savepoint(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    for end in ("commit", "rollback"):
        transaction = await session.begin()
        await session.execute(*p.insert(1))
        nested = await session.begin_nested()
        await getattr(transaction, end)()
        yield facts(session), nested.is_active, transaction.is_active
        yield await attempt(nested.commit)
    yield await p.rows()


@program
async def connection(p: Program) -> AsyncIterator[Any]:
    session = p.maker()
    connection = await session.connection()
    yield facts(session), connection.in_transaction()
    yield (await session.connection()) is connection
    await connection.execute(*p.insert(1))
    await session.commit()
    yield facts(session)
    await session.close()
    yield await p.rows()


@program
async def unbound(p: Program) -> AsyncIterator[Any]:
    session = p.AsyncSession()
    yield await attempt(lambda: session.execute(p.text("SELECT 1")))
    yield await attempt(lambda: session.scalar(p.text("SELECT 1")))
    yield await attempt(session.connection)
    yield await attempt(session.get_bind)
    yield await attempt(session.commit)
    yield await attempt(session.close)


MODES = (
    "conditional_savepoint",
    "rollback_only",
    "control_fully",
    "create_savepoint",
)


@program
async def joined_to_a_connection(p: Program) -> AsyncIterator[Any]:
    async with p.engine.connect() as host:
        for mode in MODES:
            for begun in (False, True):
                for end in ("commit", "rollback", "close"):
                    if begun:
                        await host.begin()
                        await host.execute(*p.insert(mode))
                    session = p.AsyncSession(host, join_transaction_mode=mode)
                    await session.execute(*p.insert(f"{mode} {begun} {end}"))
                    yield host.in_transaction(), facts(session)
                    await getattr(session, end)()
                    yield mode, begun, end, host.in_transaction()
                    if host.in_transaction():
                        await host.commit()
                    yield host.closed
    yield await p.rows()


@program
async def joined_to_a_savepoint(p: Program) -> AsyncIterator[Any]:
    async with p.engine.connect() as host:
        for mode in ("conditional_savepoint", "create_savepoint"):
            for end in ("commit", "rollback", "close"):
                await host.begin()
                await host.execute(*p.insert(mode))
                savepoint = await host.begin_nested()
                session = p.AsyncSession(host, join_transaction_mode=mode)
                await session.execute(*p.insert(f"{mode} {end}"))
                await getattr(session, end)()
                yield mode, end, savepoint.is_active
                yield host.in_nested_transaction()
                await host.commit()
    yield await p.rows()


@program
async def a_guest_with_a_savepoint(p: Program) -> AsyncIterator[Any]:
    async with p.engine.connect() as host:
        for end in ("commit", "rollback", "close"):
            await host.begin()
            await host.execute(*p.insert(0))
            session = p.AsyncSession(host)
            nested = await session.begin_nested()
            await session.execute(*p.insert(end))
            await getattr(session, end)()
            yield end, nested.is_active, host.in_transaction()
            if host.in_transaction():
                await host.commit()
    yield await p.rows()


@program
async def scoped(p: Program) -> AsyncIterator[Any]:
    scoped = p.async_scoped_session(p.maker, asyncio.current_task)
    yield scoped.registry.has()
    session = scoped()
    yield scoped() is session, scoped.registry.has()
    yield scoped.registry() is session
    yield await attempt(lambda: scoped(info={"a": 1}))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        scoped.configure(info={"a": 1})
    yield [warning.category.__name__ for warning in seen]
    yield scoped.info
    await scoped.execute(*p.insert(1))
    yield await scoped.scalar(p.text("SELECT count(*) FROM t"))
    await scoped.commit()
    await scoped.execute(*p.insert(2))
    await scoped.rollback()
    async with scoped.begin():
        await scoped.execute(*p.insert(3))
    await scoped.close()
    yield scoped() is session
    await scoped.remove()
    await scoped.remove()
    yield scoped.registry.has()
    with warnings.catch_warnings(record=True) as seen:
        scoped.configure(info={"a": 2})
    yield seen
    yield scoped().info
    await scoped.remove()
    yield scoped(info={"b": 1}).info
    sessions = await asyncio.gather(*(in_a_task(scoped) for _ in range(3)))
    yield len(set(sessions)), scoped() in sessions
    async with scoped() as session:
        await session.execute(*p.insert(4))
    yield facts(session), scoped() is session
    await scoped.remove()
    yield await attempt(lambda: p.async_scoped_session(p.maker))
    yield await p.rows()


async def in_a_task(scoped: Any) -> Any:
    session = scoped()
    await asyncio.sleep(0)
    assert scoped() is session
    await scoped.remove()
    return session


async def run(names: dict[str, Any], url: str, name: str) -> list[Any]:
    p = Program(**names)
    p.engine = p.create_async_engine(url)
    p.maker = p.async_sessionmaker(p.engine, expire_on_commit=False)
    try:
        async with p.engine.begin() as connection:
            await connection.execute(p.text("CREATE TABLE t (a)"))
        return [seen async for seen in PROGRAMS[name](p)]
    finally:
        await p.engine.dispose()


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("kind", ["memory", "file"])
@pytest.mark.parametrize("name", PROGRAMS)
async def test_program(name: str, kind: str, tmp_path: Any) -> None:
    seen = []
    for number, side in enumerate((ours(), peers())):
        url = "sqlite+aiosqlite://"
        if kind == "file":
            url += f"/{tmp_path}/{number}.db"
        seen.append(await run(side, url, name))
    assert seen[0] == seen[1]
    assert seen[0]
