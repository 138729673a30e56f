"""DBConnection: what it makes, which models it attaches, and when not."""

import asyncio
import gc
import weakref

import pytest

from sqlactive_c import (
    ActiveRecordBaseModel,
    AsyncSession,
    DBConnection,
    MetaData,
    async_scoped_session,
    async_sessionmaker,
    exc,
    text,
)
from sqlactive_c.exceptions import NoSessionError
from sqlactive_c.orm import Mapped, mapped_column
from sqlactive_c.session import SessionMixin

MEMORY = "sqlite+aiosqlite://"
COUNT = text("SELECT count(*) FROM thing")
TABLES = text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
INSERT = text("INSERT INTO thing VALUES (1, 'x', 0, 0)")


@pytest.fixture(autouse=True)
def nothing_attached():
    yield
    ActiveRecordBaseModel.close_session()


@pytest.fixture
def base():
    """A base model with tables of its own."""

    class Base(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = MetaData()

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    Base.thing = Thing
    return Base


@pytest.fixture
def broken(base):
    """A base model whose tables cannot be created."""

    class Broken(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = MetaData(schema="nowhere")

    class Lost(Broken):
        __tablename__ = "lost"
        id: Mapped[int] = mapped_column(primary_key=True)

    return Broken


async def tables(db):
    async with db.async_engine.connect() as connection:
        return (await connection.scalars(TABLES)).all()


# ---- making one -------------------------------------------------------------


async def test_what_it_has():
    db = DBConnection(MEMORY, echo=False)
    assert isinstance(db.async_sessionmaker, async_sessionmaker)
    assert db.async_sessionmaker.kw["bind"] is db.async_engine
    assert db.async_sessionmaker.kw["expire_on_commit"] is False
    assert isinstance(db.async_scoped_session, async_scoped_session)
    assert db.async_scoped_session.session_factory is db.async_sessionmaker
    assert db.async_scoped_session.registry.scopefunc is asyncio.current_task
    session = db.async_scoped_session()
    assert type(session) is AsyncSession
    assert session.expire_on_commit is False
    assert session.bind is db.async_engine
    await db.close()


@pytest.mark.parametrize(
    ("arguments", "keywords", "error"),
    [
        ((), {}, TypeError),
        ((MEMORY, 1), {}, TypeError),
        ((MEMORY,), {"url": MEMORY}, TypeError),
        ((MEMORY,), {"colour": 1}, TypeError),
        (("nothing",), {}, exc.ArgumentError),
        ((3,), {}, exc.ArgumentError),
        (("oracle://host/db",), {}, exc.NoSuchModuleError),
    ],
)
def test_wrong_arguments(arguments, keywords, error):
    with pytest.raises(error):
        DBConnection(*arguments, **keywords)


def test_url_by_name():
    assert str(DBConnection(url=MEMORY).async_engine.url) == MEMORY


def test_repr_and_subclass():
    class Mine(DBConnection):
        pass

    db = Mine("sqlite+aiosqlite:///some.db")
    assert repr(db) == "Mine(sqlite+aiosqlite:///some.db)"
    db.note = 1
    assert db.note == 1


def test_uninitialized():
    db = DBConnection.__new__(DBConnection)
    for use in (db.init_db, db.close, db.__aenter__):
        with pytest.raises(RuntimeError):
            use()
    assert repr(db) == "DBConnection(None)"


def test_goes_without_a_trace():
    db = DBConnection(MEMORY)
    db.me = db
    reference = weakref.ref(db)
    del db
    gc.collect()
    assert reference() is None


# ---- init_db and close ------------------------------------------------------


def test_from_one_loop_to_the_next(base, tmp_path):
    db = DBConnection(f"sqlite+aiosqlite:///{tmp_path}/a.db")
    assert asyncio.run(db.init_db(base)) is None
    assert base.session is db.async_scoped_session

    async def insert():
        async with db.async_scoped_session() as session:
            await session.execute(INSERT)
            await session.commit()

    asyncio.run(insert())

    async def count():
        return await base.AsyncSession.scalar(COUNT)

    assert asyncio.run(count()) == 1
    assert asyncio.run(db.close(base)) is None
    assert base.session is None


def test_memory_outlives_a_loop(base):
    db = DBConnection(MEMORY)
    asyncio.run(db.init_db(base))
    assert asyncio.run(tables(db)) == ["thing"]
    asyncio.run(db.close())


async def test_nothing_happens_before_it_is_awaited(base):
    db = DBConnection(MEMORY)
    coroutine = db.init_db(base)
    assert base.session is None
    await coroutine
    coroutine = db.close()
    assert base.session is db.async_scoped_session
    await coroutine


async def test_default_is_the_base_model():
    for arguments in ((), (None,), (None, None)):
        db = DBConnection(MEMORY)
        await db.init_db(*arguments)
        assert ActiveRecordBaseModel.session is db.async_scoped_session
        await db.close()
        assert ActiveRecordBaseModel.session is None
    await db.init_db(base_model=None)
    assert ActiveRecordBaseModel.session is db.async_scoped_session
    await db.close()


async def test_several_and_by_name(base):
    class Other(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = MetaData()

    class Item(Other):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Same(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = Other.metadata

    db = DBConnection(MEMORY)
    await db.init_db(base, None, Other, base, Same, base_model=Other)
    for model in (base, Other, Same):
        assert model.session is db.async_scoped_session
    assert ActiveRecordBaseModel.session is None
    assert await tables(db) == ["item", "thing"]
    await db.close()
    assert base.session is Other.session is Same.session is None


async def test_init_again_is_harmless(base):
    db = DBConnection(MEMORY)
    await db.init_db(base)
    async with db.async_scoped_session() as session:
        await session.execute(INSERT)
        await session.commit()
    await db.init_db(base)
    assert await db.async_scoped_session.scalar(COUNT) == 1
    await db.close()


async def test_a_metadata_without_tables(memory_url):
    class Empty(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = MetaData()

    db = DBConnection(memory_url)
    await db.init_db(Empty)
    assert Empty.session is db.async_scoped_session
    assert await tables(db) == []
    await db.close()


class NoMetadata(SessionMixin):
    pass


class OddMetadata(SessionMixin):
    metadata = "none"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (3, "3"),
        ("Base", "'Base'"),
        ([ActiveRecordBaseModel], "class"),
        (int, "set_session"),
        (NoMetadata, "metadata"),
        (OddMetadata, "metadata"),
    ],
)
async def test_what_is_no_base_model(base, model, message):
    db = DBConnection(MEMORY)
    with pytest.raises(TypeError, match=message):
        await db.init_db(base, model)
    with pytest.raises(TypeError, match=message):
        await db.init_db(base_model=model)
    assert base.session is None
    assert ActiveRecordBaseModel.session is None
    await db.close()


async def test_unknown_keyword():
    db = DBConnection(MEMORY)
    for function in (db.init_db, db.close):
        with pytest.raises(TypeError, match="base_modle"):
            function(base_modle=None)
    with pytest.raises(TypeError, match="class"):
        db.close(3)


async def test_close_then_use(base):
    db = DBConnection(MEMORY)
    await db.init_db(base)
    await db.async_scoped_session.execute(INSERT)
    await db.close(base)
    assert db.async_sessionmaker.kw["bind"] is None
    with pytest.raises(exc.UnboundExecutionError):
        await db.async_scoped_session.execute(text("SELECT 1"))
    await db.async_scoped_session.remove()
    with pytest.raises(NoSessionError):
        base.AsyncSession  # noqa: B018


async def test_close_twice_then_init_again(base):
    db = DBConnection(MEMORY)
    await db.close()
    await db.close(base)
    for _ in range(2):
        await db.init_db(base)
        assert base.session is db.async_scoped_session
        assert await tables(db) == ["thing"]
        async with base.AsyncSession() as session:
            await session.execute(INSERT)
            await session.commit()
        await db.close()
        await db.close()
        assert base.session is None


async def test_close_detaches_what_was_attached_by_hand(base):
    db = DBConnection(MEMORY)
    await db.init_db(base)
    ActiveRecordBaseModel.set_session(db.async_scoped_session)
    await db.close(base)
    assert ActiveRecordBaseModel.session is None
    assert base.session is None


async def test_one_connection_does_not_detach_anothers(base):
    first, second = DBConnection(MEMORY), DBConnection(MEMORY)
    await first.init_db(base)
    await first.init_db()
    await second.init_db(base)
    await second.init_db()
    await first.close(base, ActiveRecordBaseModel)
    assert base.session is second.async_scoped_session
    assert ActiveRecordBaseModel.session is second.async_scoped_session
    await second.close()
    assert base.session is None
    assert ActiveRecordBaseModel.session is None


async def test_close_leaves_a_session_of_the_users(base):
    db = DBConnection(MEMORY)
    mine = async_scoped_session(async_sessionmaker(), asyncio.current_task)
    await db.init_db(base)
    base.set_session(mine)
    await db.close(base)
    assert base.session is mine


async def test_close_ends_this_tasks_session(base, file_url):
    db = DBConnection(file_url)
    await db.init_db(base)
    session = db.async_scoped_session()
    await session.execute(INSERT)
    await db.close()
    assert not session.in_transaction()
    await db.init_db(base)
    assert db.async_scoped_session() is not session
    assert await db.async_scoped_session.scalar(COUNT) == 0
    await db.close()


async def test_close_forgets_the_sessions_of_other_tasks(base, file_url):
    db = DBConnection(file_url)
    await db.init_db(base)
    ready, closed = asyncio.Event(), asyncio.Event()

    async def work():
        session = db.async_scoped_session()
        ready.set()
        await closed.wait()
        assert db.async_scoped_session() is not session
        with pytest.raises(exc.UnboundExecutionError):
            await db.async_scoped_session.execute(text("SELECT 1"))

    task = asyncio.create_task(work())
    await ready.wait()
    await db.close()
    closed.set()
    await task


async def test_async_with(base):
    async with DBConnection(MEMORY) as db:
        assert ActiveRecordBaseModel.session is db.async_scoped_session
        await db.init_db(base)
    assert ActiveRecordBaseModel.session is None
    assert base.session is None

    async def fail():
        async with db:
            assert ActiveRecordBaseModel.session is db.async_scoped_session
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert ActiveRecordBaseModel.session is None


async def test_async_with_calls_what_a_subclass_says(base):
    class Mine(DBConnection):
        async def init_db(self):
            await super().init_db(base)

        async def close(self):
            self.closed = True
            await super().close()

    async with Mine(MEMORY) as db:
        assert base.session is db.async_scoped_session
    assert db.closed
    assert base.session is None


async def test_async_with_that_fails_gives_the_engine_back(tmp_path):
    db = DBConnection(f"sqlite+aiosqlite:///{tmp_path}/no/such/dir.db")

    class Base(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = MetaData()

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Mine(DBConnection):
        async def init_db(self):
            await super().init_db(Base)

    db = Mine(f"sqlite+aiosqlite:///{tmp_path}/no/such/dir.db")
    with pytest.raises(exc.OperationalError):
        async with db:
            raise AssertionError("not entered")
    assert db.async_engine.stats()["connections"] == 0
    assert Base.session is None


# ---- all or nothing ---------------------------------------------------------


async def test_failure_to_create_attaches_nothing(base, broken):
    db = DBConnection(MEMORY)
    with pytest.raises(exc.DBAPIError):
        await db.init_db(base, broken)
    assert base.session is None
    assert broken.session is None
    assert await tables(db) == []
    await db.close()


async def test_failure_to_create_leaves_what_was_there(base, broken):
    other, db = DBConnection(MEMORY), DBConnection(MEMORY)
    await other.init_db(base)
    with pytest.raises(exc.DBAPIError):
        await db.init_db(base, broken)
    assert base.session is other.async_scoped_session
    await db.init_db(base)
    with pytest.raises(exc.DBAPIError):
        await db.init_db(base, broken)
    assert base.session is db.async_scoped_session
    await db.close()
    assert base.session is None
    await other.close()


async def test_failure_after_close_stays_unbound(base, broken):
    db = DBConnection(MEMORY)
    await db.close()
    with pytest.raises(exc.DBAPIError):
        await db.init_db(broken)
    assert db.async_scoped_session().bind is None
    await db.close()


async def test_a_model_that_refuses_takes_the_others_back(base):
    class Refuses(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = MetaData()

        @classmethod
        def set_session(cls, session):
            super().set_session(session)
            if session is not None:
                raise LookupError("not me")

    class Inherits(base):
        __abstract__ = True

    other, db = DBConnection(MEMORY), DBConnection(MEMORY)
    await other.init_db(base)
    await db.close()
    with pytest.raises(LookupError):
        await db.init_db(base, Inherits, Refuses)
    assert base.session is other.async_scoped_session
    assert Inherits.session is other.async_scoped_session
    assert "_session" not in vars(Inherits)
    assert Refuses.session is None
    assert db.async_sessionmaker.kw["bind"] is None
    await other.close()
    assert Inherits.session is None
    await db.close()


async def cancel_at(coroutine, step):
    """Runs it, cancelled at its suspension number `step`; True: it was."""
    for _ in range(step):
        try:
            future = coroutine.send(None)
        except StopIteration:
            return False
        future._asyncio_future_blocking = False
        while not future.done():
            await asyncio.sleep(0)
    try:
        coroutine.send(None)._asyncio_future_blocking = False
        future = coroutine.throw(asyncio.CancelledError())
        while True:
            future._asyncio_future_blocking = False
            while not future.done():
                await asyncio.sleep(0)
            future = coroutine.send(None)
    except asyncio.CancelledError:
        return True
    except StopIteration:
        return False


async def test_init_cancelled_at_every_await(base, tmp_path):
    for step in range(100):
        db = DBConnection(
            f"sqlite+aiosqlite:///{tmp_path}/{step}.db", inline_budget=0
        )
        cancelled = await cancel_at(db.init_db(base), step)
        attached = base.session is db.async_scoped_session
        assert attached is not cancelled
        await db.init_db(base)
        assert await tables(db) == ["thing"]
        await db.close()
        assert base.session is None
        if not cancelled:
            break
    assert step > 0
    assert not cancelled


async def test_close_cancelled_at_every_await(base, tmp_path):
    for step in range(100):
        db = DBConnection(
            f"sqlite+aiosqlite:///{tmp_path}/{step}.db", inline_budget=0
        )
        await db.init_db(base)
        session = db.async_scoped_session()
        await session.execute(INSERT)
        cancelled = await cancel_at(db.close(), step)
        assert base.session is None
        assert not db.async_scoped_session.registry.has()
        assert db.async_sessionmaker.kw["bind"] is None
        assert not session.in_transaction()
        del session
        assert db.async_engine.stats()["connections"] == 0
        await db.close()
        if not cancelled:
            break
    assert not cancelled


async def test_init_cancelled_while_it_waits_for_the_writer(base, file_url):
    other = DBConnection(file_url)
    db = DBConnection(file_url)
    async with other.async_sessionmaker() as session:
        await session.execute(text("CREATE TABLE mine (a)"))
        waiting = asyncio.create_task(db.init_db(base))
        while not db.async_engine.stats()["writers_waiting"]:
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert base.session is None
        await session.commit()
    await db.init_db(base)
    assert base.session is db.async_scoped_session
    await db.close()
    await other.close()


# ---- closing whatever happens -----------------------------------------------


async def test_close_goes_on_after_an_error(base):
    class Stubborn(ActiveRecordBaseModel):
        __abstract__ = True
        metadata = MetaData()

        @classmethod
        def close_session(cls):
            raise LookupError("no")

    db = DBConnection(MEMORY)
    await db.init_db(Stubborn, base)
    with pytest.raises(LookupError):
        await db.close()
    assert base.session is None
    assert db.async_sessionmaker.kw["bind"] is None
    assert db.async_engine.stats()["connections"] == 0


async def test_a_factory_of_the_users(base):
    class Mine(AsyncSession):
        pass

    class MyConnection(DBConnection):
        def __init__(self, url, **kw):
            super().__init__(url, **kw)
            self.async_sessionmaker = async_sessionmaker(
                self.async_engine, class_=Mine
            )
            self.async_scoped_session = async_scoped_session(
                self.async_sessionmaker, asyncio.current_task
            )

    db = MyConnection(MEMORY)
    await db.init_db(base)
    assert type(base.AsyncSession()) is Mine
    await db.close()
    assert db.async_sessionmaker().bind is None
    await db.init_db(base)
    assert base.AsyncSession().bind is db.async_engine
    await db.close()
