"""Sessions, their factories, scoped sessions and DBConnection."""

import asyncio
from typing import Any, assert_type

from sqlactive_c import (
    ActiveRecordBaseModel,
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    DBConnection,
    async_scoped_session,
    async_sessionmaker,
    text,
)
from sqlactive_c.engine import Result, ScalarResult
from sqlactive_c.engine.result import AsyncResult
from sqlactive_c.ext.asyncio import AsyncSessionTransaction


class MySession(AsyncSession):
    """A session class of a user."""

    def hello(self) -> str:
        return "hello"


async def factories(engine: AsyncEngine) -> None:
    plain = async_sessionmaker(engine, expire_on_commit=False)
    assert_type(plain, async_sessionmaker[AsyncSession])
    assert_type(plain(), AsyncSession)
    own = async_sessionmaker(bind=engine, class_=MySession)
    assert_type(own, async_sessionmaker[MySession])
    async with own() as session:
        assert_type(session, MySession)
        assert_type(session.hello(), str)
    async with own.begin() as session:
        assert_type(session, MySession)
    annotated: async_sessionmaker[AsyncSession] = async_sessionmaker(engine)
    annotated.configure(info={"a": 1})


async def sessions(session: AsyncSession) -> None:
    clause = text("SELECT 1")
    assert_type(await session.execute(clause, {"a": 1}), Result[Any])
    assert_type(await session.scalar(clause), Any)
    assert_type(await session.scalars(clause), ScalarResult[Any])
    assert_type(await session.stream(clause), AsyncResult[Any])
    assert_type(await session.connection(), AsyncConnection)
    assert_type(session.bind, AsyncEngine | AsyncConnection | None)
    assert_type(session.get_bind(), AsyncEngine | AsyncConnection)
    assert_type(session.info, dict[Any, Any])
    assert_type(await session.begin(), AsyncSessionTransaction)
    async with session.begin_nested() as savepoint:
        assert_type(savepoint, AsyncSessionTransaction)
        assert_type(savepoint.session, AsyncSession)
    assert_type(await session.commit(), None)
    assert_type(await session.close(), None)
    await asyncio.gather(session.rollback(), session.reset())


async def scoped(maker: async_sessionmaker[MySession]) -> None:
    session = async_scoped_session(maker, scopefunc=asyncio.current_task)
    assert_type(session, async_scoped_session[MySession])
    assert_type(session(), MySession)
    assert_type(session.registry(), MySession)
    assert_type(session.session_factory, async_sessionmaker[MySession])
    assert_type(await session.execute(text("SELECT 1")), Result[Any])
    assert_type(session.is_active, bool)
    assert_type(await session.remove(), None)


async def helper() -> None:
    db = DBConnection("sqlite+aiosqlite://", echo=True)
    assert_type(db.async_engine, AsyncEngine)
    assert_type(db.async_sessionmaker, async_sessionmaker[AsyncSession])
    assert_type(db.async_scoped_session, async_scoped_session[AsyncSession])
    assert_type(await db.init_db(ActiveRecordBaseModel), None)
    assert_type(await db.close(base_model=ActiveRecordBaseModel), None)
    async with DBConnection("sqlite+aiosqlite://") as entered:
        assert_type(entered, DBConnection)


def without_a_loop(db: DBConnection) -> None:
    assert_type(asyncio.run(db.init_db()), None)


async def refused(engine: AsyncEngine, session: AsyncSession) -> None:
    AsyncSession(engine, colour=1)  # type: ignore[call-arg]
    AsyncSession("sqlite://")  # type: ignore[arg-type]
    AsyncSession(engine, join_transaction_mode="x")  # type: ignore[arg-type]
    async_sessionmaker(engine, class_=int)  # type: ignore[type-var]
    async_sessionmaker(engine, colour=1)  # type: ignore[call-overload]
    async_scoped_session(async_sessionmaker())  # type: ignore[call-arg]
    DBConnection()  # type: ignore[call-arg]
    DBConnection("sqlite://", colour=1)  # type: ignore[call-arg]
    await DBConnection("sqlite://").init_db(5)  # type: ignore[arg-type]
    await session.execute("SELECT 1")  # type: ignore[arg-type]
    session.bind = engine  # type: ignore[misc]
    session.commit()  # type: ignore[unused-coroutine]
    with session:  # type: ignore[attr-defined]
        pass
