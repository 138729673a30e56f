"""AsyncSession and AsyncSessionTransaction."""

import asyncio
import gc
import weakref
from contextlib import aclosing

import pytest

from sqlactive_c import AsyncSession, create_async_engine, exc, text

COUNT = text("SELECT count(*) FROM t")
INSERT = text("INSERT INTO t VALUES (:a)")
UNIQUE = text("CREATE TABLE u (a UNIQUE ON CONFLICT ROLLBACK)")
TWO = text("SELECT 1 UNION SELECT 2")


@pytest.fixture
async def engine(any_engine):
    async with any_engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (a)")
    return any_engine


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        yield session


async def stored(engine):
    async with engine.connect() as connection:
        result = await connection.scalars(text("SELECT a FROM t ORDER BY a"))
        return list(result)


# ---- making one -------------------------------------------------------------


def test_defaults():
    session = AsyncSession()
    assert session.bind is None
    assert session.autoflush is True
    assert session.expire_on_commit is True
    assert session.info == {}
    assert session.is_active
    assert not session.in_transaction()
    assert not session.in_nested_transaction()
    assert session.get_transaction() is None
    assert session.get_nested_transaction() is None


async def test_keywords(engine):
    info = {"a": 1}
    session = AsyncSession(
        bind=engine,
        autoflush=False,
        expire_on_commit=False,
        info=info,
        binds=None,
    )
    assert session.bind is engine
    assert session.get_bind() is engine
    assert session.autoflush is False
    assert session.expire_on_commit is False
    assert session.info == info
    assert session.info is not info
    session.info["b"] = 2
    assert session.info == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"colour": 1}, TypeError, "colour"),
        ({"bind": 3}, exc.ArgumentError, "3"),
        ({"bind": "sqlite://"}, exc.ArgumentError, "sqlite://"),
        ({"twophase": True}, exc.ArgumentError, "twophase"),
        ({"binds": {1: 2}}, exc.ArgumentError, "binds"),
        (
            {"sync_session_class": dict},
            exc.ArgumentError,
            "sync_session_class",
        ),
        ({"join_transaction_mode": "x"}, exc.ArgumentError, "rollback_only"),
        ({"info": 3}, TypeError, "info"),
    ],
)
def test_bad_keywords(keywords, error, message):
    with pytest.raises(error, match=message):
        AsyncSession(**keywords)


def test_bad_positions():
    with pytest.raises(TypeError):
        AsyncSession(None, True)
    with pytest.raises(TypeError, match="bind"):
        AsyncSession(None, bind=None)


def test_attributes_of_users_and_weak_references():
    session = AsyncSession()
    session.note = "x"
    assert session.note == "x"
    reference = weakref.ref(session)
    del session
    assert reference() is None


async def test_subclass(engine):
    class Mine(AsyncSession):
        def __init__(self, *args, **kw):
            super().__init__(*args, **kw)
            self.seen = []

        async def execute(self, statement, *args, **kw):
            self.seen.append(str(statement))
            return await super().execute(statement, *args, **kw)

    async with Mine(engine) as session:
        await session.execute(COUNT)
    assert session.seen == ["SELECT count(*) FROM t"]


# ---- executing --------------------------------------------------------------


async def test_results(session):
    result = await session.execute(text("SELECT 1 AS a, 2 AS b"))
    assert result.one()._mapping == {"a": 1, "b": 2}
    assert await session.scalar(text("SELECT :a"), {"a": "x"}) == "x"
    assert await session.scalar(text("SELECT 1 WHERE 0")) is None
    assert (await session.scalars(TWO)).all() == [1, 2]
    stream = await session.stream(TWO)
    assert [tuple(row) async for row in stream] == [(1,), (2,)]
    stream = await session.stream_scalars(TWO)
    assert await stream.all() == [1, 2]


async def test_many(session, engine):
    await session.execute(INSERT, [{"a": 2}, {"a": 1}])
    await session.commit()
    assert await stored(engine) == [1, 2]


async def test_a_result_outlives_its_session(engine):
    async with AsyncSession(engine) as session:
        result = await session.execute(TWO)
    assert result.scalars().all() == [1, 2]


@pytest.mark.parametrize("statement", ["SELECT 1", 3, None, object()])
@pytest.mark.parametrize(
    "method", ["execute", "scalar", "scalars", "stream", "stream_scalars"]
)
async def test_not_executable(session, method, statement):
    with pytest.raises(exc.ArgumentError):
        await getattr(session, method)(statement)
    assert not session.in_transaction()
    assert await session.scalar(COUNT) == 0


async def test_a_str_is_told_about_text(session):
    with pytest.raises(exc.ArgumentError, match=r"text\('SELECT 1'\)"):
        await session.execute("SELECT 1")


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.execute(),
        lambda s: s.execute(COUNT, {}, {}),
        lambda s: s.execute(COUNT, parameters={}),
        lambda s: s.execute(COUNT, execution_options=3),
        lambda s: s.execute(COUNT, bind_arguments=3),
        lambda s: s.connection(1, 2, 3),
        lambda s: s.begin(1),
        lambda s: s.commit(1),
    ],
)
async def test_wrong_calls(session, call):
    with pytest.raises(TypeError):
        await call(session)
    assert not session.in_transaction()


async def test_execution_options(session):
    options = {"populate_existing": True}
    assert await session.scalar(COUNT, execution_options=options) == 0
    with pytest.raises(exc.ArgumentError, match="isolation_level"):
        await session.scalar(
            COUNT, execution_options={"isolation_level": "SERIALIZABLE"}
        )


async def test_bind_arguments(session, engine):
    assert await session.scalar(COUNT, bind_arguments={"bind": engine}) == 0
    assert (
        await session.scalar(COUNT, bind_arguments={"mapper": object()}) == 0
    )
    with pytest.raises(exc.ArgumentError):
        await session.scalar(COUNT, bind_arguments={"bind": object()})


async def test_a_failed_statement_leaves_the_session_usable(session):
    await session.execute(INSERT, {"a": 1})
    with pytest.raises(exc.OperationalError, match="nope"):
        await session.execute(text("SELECT nope"))
    assert session.in_transaction()
    assert session.is_active
    assert await session.scalar(COUNT) == 1


async def test_a_coroutine_to_the_world(session):
    assert await asyncio.create_task(session.scalar(text("SELECT 1"))) == 1
    assert await asyncio.wait_for(session.scalar(text("SELECT 2")), 5) == 2
    with pytest.warns(RuntimeWarning, match=r"AsyncSession\.execute"):
        session.execute(COUNT)


# ---- unbound ----------------------------------------------------------------


async def test_unbound():
    session = AsyncSession()
    for use in (
        lambda: session.execute(COUNT),
        lambda: session.scalar(COUNT),
        lambda: session.stream(COUNT),
        lambda: session.connection(),
        lambda: session.begin_nested(),
    ):
        with pytest.raises(exc.UnboundExecutionError):
            await use()
        assert not session.in_transaction()
    with pytest.raises(exc.UnboundExecutionError):
        session.get_bind()
    await session.commit()
    await session.rollback()
    await session.close()


async def test_bind_can_be_set_between_transactions(engine):
    session = AsyncSession()
    session.bind = engine
    assert await session.scalar(COUNT) == 0
    with pytest.raises(exc.InvalidRequestError):
        session.bind = None
    await session.rollback()
    session.bind = None
    with pytest.raises(exc.UnboundExecutionError):
        await session.scalar(COUNT)
    with pytest.raises(exc.ArgumentError):
        session.bind = 3


# ---- transactions -----------------------------------------------------------


async def test_autobegin_commit_and_rollback(session, engine):
    await session.execute(INSERT, {"a": 1})
    assert session.in_transaction()
    await session.commit()
    assert not session.in_transaction()
    await session.execute(INSERT, {"a": 2})
    await session.rollback()
    assert not session.in_transaction()
    assert await stored(engine) == [1]


async def test_nothing_to_end(session):
    await session.commit()
    await session.rollback()
    await session.close()
    await session.close()


async def test_close_rolls_back_and_the_session_is_reusable(engine):
    session = AsyncSession(engine)
    for close in (session.close, session.aclose, session.reset):
        await session.execute(INSERT, {"a": 1})
        assert await close() is None
        assert not session.in_transaction()
    assert await session.scalar(COUNT) == 0
    await session.close()


async def test_async_with_rolls_back(engine):
    async with AsyncSession(engine) as session:
        await session.execute(INSERT, {"a": 1})

    async def fail():
        async with AsyncSession(engine) as session:
            await session.execute(INSERT, {"a": 1})
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with aclosing(AsyncSession(engine)) as session:
        await session.execute(INSERT, {"a": 1})
    assert await stored(engine) == []


async def test_a_session_that_only_reads_keeps_no_connection(session, engine):
    await session.scalar(COUNT)
    assert session.in_transaction()
    assert engine.stats()["connections"] == engine.stats()["idle"]
    await session.execute(INSERT, {"a": 1})
    assert engine.stats()["connections"] == engine.stats()["idle"] + 1
    await session.commit()
    assert engine.stats()["connections"] == engine.stats()["idle"]


async def test_begin_awaited(session, engine):
    transaction = session.begin()
    assert not transaction.is_active
    assert not session.in_transaction()
    assert await transaction is transaction
    assert transaction.is_active
    assert not transaction.nested
    assert transaction.session is session
    assert session.get_transaction() is transaction
    await session.execute(INSERT, {"a": 1})
    await transaction.commit()
    assert not transaction.is_active
    assert session.get_transaction() is None
    assert await stored(engine) == [1]
    for end in (transaction.commit, transaction.rollback):
        with pytest.raises(exc.ResourceClosedError):
            await end()


async def test_an_unbegun_transaction_has_no_end(session):
    for end in (session.begin().commit, session.begin().rollback):
        with pytest.raises(exc.InvalidRequestError):
            await end()


async def test_begin_block(session, engine):
    async with session.begin() as transaction:
        assert session.get_transaction() is transaction
        await session.execute(INSERT, {"a": 1})
    assert not transaction.is_active

    async def fail():
        async with session.begin():
            await session.execute(INSERT, {"a": 2})
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await stored(engine) == [1]


async def test_begin_again(session):
    await session.begin()
    for begin in (session.begin, session.begin().__aenter__):
        with pytest.raises(exc.InvalidRequestError):
            await begin()
    await session.rollback()
    await session.execute(COUNT)
    with pytest.raises(exc.InvalidRequestError, match="begin_nested"):
        await session.begin()


async def test_a_transaction_is_known_by_one_object(session):
    await session.execute(COUNT)
    transaction = session.get_transaction()
    assert transaction.is_active
    assert session.get_transaction() is transaction
    await session.rollback()
    assert not transaction.is_active


async def test_savepoints(session, engine):
    async def fail():
        async with session.begin_nested():
            await session.execute(INSERT, {"a": 3})
            raise LookupError

    async with session.begin():
        await session.execute(INSERT, {"a": 1})
        async with session.begin_nested() as nested:
            assert nested.nested
            assert session.in_nested_transaction()
            assert session.get_nested_transaction() is nested
            await session.execute(INSERT, {"a": 2})
        with pytest.raises(LookupError):
            await fail()
        assert not session.in_nested_transaction()
        inner = await session.begin_nested()
        await session.execute(INSERT, {"a": 4})
        await inner.rollback()
        inner = await session.begin_nested()
        await session.execute(INSERT, {"a": 5})
        await inner.commit()
    assert await stored(engine) == [1, 2, 5]


async def test_savepoint_first(session, engine):
    async with session.begin_nested():
        await session.execute(INSERT, {"a": 1})
    assert session.in_transaction()
    await session.commit()
    assert await stored(engine) == [1]


@pytest.mark.parametrize("commit", [True, False])
async def test_an_outer_end_takes_the_savepoints_in_it_along(
    session, engine, commit
):
    await session.begin()
    outer = await session.begin_nested()
    inner = await session.begin_nested()
    await session.execute(INSERT, {"a": 1})
    await (outer.commit() if commit else outer.rollback())
    assert not inner.is_active
    assert not outer.is_active
    assert not session.in_nested_transaction()
    assert session.in_transaction()
    with pytest.raises(exc.ResourceClosedError):
        await inner.commit()
    await session.commit()
    assert await stored(engine) == ([1] if commit else [])


async def test_session_commit_and_rollback_end_all(session, engine):
    nested = await session.begin_nested()
    await session.execute(INSERT, {"a": 1})
    await session.commit()
    assert not nested.is_active
    assert not session.in_transaction()
    nested = await session.begin_nested()
    await session.execute(INSERT, {"a": 2})
    await session.rollback()
    assert not nested.is_active
    assert await stored(engine) == [1]


async def test_many_savepoints_rolled_back_leave_no_stack(session):
    await session.execute(INSERT, {"a": 0})
    for _ in range(50):
        nested = await session.begin_nested()
        await session.execute(INSERT, {"a": 1})
        await nested.rollback()
    assert await session.scalar(COUNT) == 1
    await session.commit()


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
async def test_after_its_end_a_block_must_be_left(session, engine, end):
    async with session.begin() as transaction:
        await session.execute(INSERT, {"a": 1})
        await getattr(session, end)()
        assert not transaction.is_active
        for use in (
            lambda: session.execute(COUNT),
            lambda: session.connection(),
            lambda: session.begin(),
            lambda: session.begin_nested(),
            lambda: session.commit(),
        ):
            with pytest.raises(exc.InvalidRequestError, match="async with"):
                await use()
    assert await session.scalar(COUNT) == (end == "commit")


async def test_a_failed_commit_stays_open_until_it_is_rolled_back():
    engine = create_async_engine("sqlite+aiosqlite://", foreign_keys=True)
    async with AsyncSession(engine) as session:
        await session.execute(text("CREATE TABLE p (a INTEGER PRIMARY KEY)"))
        await session.execute(
            text(
                "CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)"
            )
        )
        await session.commit()
        await session.execute(text("INSERT INTO c VALUES (7)"))
        with pytest.raises(exc.IntegrityError):
            await session.commit()
        assert session.in_transaction()
        await session.execute(text("INSERT INTO p VALUES (7)"))
        await session.commit()
        with pytest.raises(exc.IntegrityError):
            async with session.begin():
                await session.execute(text("INSERT INTO c VALUES (8)"))
        assert not session.in_transaction()
        assert await session.scalar(text("SELECT count(*) FROM c")) == 1
    await engine.dispose()


async def test_a_transaction_that_sqlite_gave_up(session, engine):
    await session.execute(UNIQUE)
    await session.commit()
    transaction = await session.begin()
    nested = await session.begin_nested()
    await session.execute(text("INSERT INTO u VALUES (1)"))
    with pytest.raises(exc.IntegrityError):
        await session.execute(text("INSERT INTO u VALUES (1)"))
    assert session.in_transaction()
    assert not session.is_active
    assert not transaction.is_active
    for use in (session.scalar(COUNT), session.commit(), nested.commit()):
        with pytest.raises(exc.PendingRollbackError):
            await use
    await nested.rollback()
    assert not session.is_active
    await session.rollback()
    assert session.is_active
    assert await session.scalar(text("SELECT count(*) FROM u")) == 0


async def test_a_block_whose_transaction_was_given_up_raises(session):
    await session.execute(UNIQUE)
    await session.commit()

    async def swallow():
        async with session.begin():
            await session.execute(text("INSERT INTO u VALUES (1)"))
            with pytest.raises(exc.IntegrityError):
                await session.execute(text("INSERT INTO u VALUES (1)"))

    with pytest.raises(exc.PendingRollbackError):
        await swallow()
    assert not session.in_transaction()
    assert await session.scalar(text("SELECT count(*) FROM u")) == 0


async def test_without_autobegin(engine):
    session = AsyncSession(engine, autobegin=False)
    for use in (
        lambda: session.execute(COUNT),
        lambda: session.connection(),
        lambda: session.begin_nested(),
        lambda: session.commit(),
    ):
        with pytest.raises(exc.InvalidRequestError, match="autobegin"):
            await use()
    await session.rollback()
    async with session.begin():
        await session.execute(INSERT, {"a": 1})
    assert await stored(engine) == [1]


async def test_closed_for_good(engine):
    session = AsyncSession(engine, close_resets_only=False)
    await session.execute(INSERT, {"a": 1})
    await session.reset()
    assert await session.scalar(COUNT) == 0
    await session.close()
    await session.close()
    for use in (
        lambda: session.execute(COUNT),
        lambda: session.begin(),
        lambda: session.begin_nested(),
        lambda: session.connection(),
    ):
        with pytest.raises(exc.InvalidRequestError, match="for good"):
            await use()
    assert not session.is_active


# ---- the connection ---------------------------------------------------------


async def test_connection(session, engine):
    connection = await session.connection()
    assert connection.engine is engine
    assert connection.in_transaction()
    assert session.in_transaction()
    assert await session.connection() is connection
    await connection.execute(INSERT, {"a": 1})
    assert await session.scalar(COUNT) == 1
    await session.commit()
    assert await stored(engine) == [1]
    assert await session.connection() is not connection


async def test_connection_options(engine):
    async with AsyncSession(engine) as session:
        connection = await session.connection(
            execution_options={"isolation_level": "AUTOCOMMIT"}
        )
        assert await session.connection() is connection
        await session.execute(INSERT, {"a": 1})
        assert await stored(engine) == [1]
        await session.close()
        await session.execute(INSERT, {"a": 2})
        await session.rollback()
    assert await stored(engine) == [1]


# ---- bound to a connection --------------------------------------------------


@pytest.fixture
async def host(engine):
    async with engine.connect() as connection:
        yield connection


async def test_on_an_idle_connection_the_session_owns_the_transaction(
    host, engine
):
    session = AsyncSession(host)
    assert session.get_bind() is host
    await session.execute(INSERT, {"a": 1})
    assert host.in_transaction()
    assert await session.connection() is host
    await session.commit()
    assert not host.in_transaction()
    await session.execute(INSERT, {"a": 2})
    await session.close()
    assert not host.in_transaction()
    assert not host.closed
    assert await stored(engine) == [1]


async def test_as_a_guest(host, engine):
    await host.begin()
    session = AsyncSession(host)
    await session.execute(INSERT, {"a": 1})
    await session.commit()
    assert host.in_transaction()
    assert not session.in_transaction()
    await session.execute(INSERT, {"a": 2})
    await session.close()
    assert host.in_transaction()
    assert await host.scalar(COUNT) == 2
    await session.execute(INSERT, {"a": 3})
    await session.rollback()
    assert not host.in_transaction()
    assert await stored(engine) == []


async def test_a_guests_savepoints_are_its_own(host):
    await host.begin()
    await host.execute(INSERT, {"a": 0})
    session = AsyncSession(host)
    async with session.begin_nested():
        await session.execute(INSERT, {"a": 1})
    await session.begin_nested()
    await session.begin_nested()
    await session.execute(INSERT, {"a": 2})
    await session.close()
    assert host.in_transaction()
    assert await host.scalar(COUNT) == 2


async def test_in_a_hosts_savepoint(host, engine):
    await host.begin()
    savepoint = await host.begin_nested()
    session = AsyncSession(host)
    await session.execute(INSERT, {"a": 1})
    await session.rollback()
    assert savepoint.is_active
    await session.execute(INSERT, {"a": 2})
    await session.commit()
    await session.execute(INSERT, {"a": 3})
    await session.close()
    assert savepoint.is_active
    assert await host.scalar(COUNT) == 1
    await host.commit()
    assert await stored(engine) == [2]


@pytest.mark.parametrize(
    ("mode", "after_commit", "after_rollback"),
    [
        ("rollback_only", (True, 1), (False, 0)),
        ("control_fully", (False, 1), (False, 0)),
        ("create_savepoint", (True, 1), (True, 0)),
        ("conditional_savepoint", (True, 1), (False, 0)),
    ],
)
async def test_join_modes(host, mode, after_commit, after_rollback):
    for end, (in_transaction, count) in (
        ("rollback", after_rollback),
        ("commit", after_commit),
    ):
        await host.begin()
        async with AsyncSession(host, join_transaction_mode=mode) as session:
            await session.execute(INSERT, {"a": 1})
            await getattr(session, end)()
        assert host.in_transaction() is in_transaction
        assert await host.scalar(COUNT) == count
        await host.rollback()


async def test_create_savepoint_with_every_first_use(host):
    uses = {
        "execute": lambda s: s.execute(INSERT, {"a": 1}),
        "connection": lambda s: s.connection(),
        "begin_nested": lambda s: s.begin_nested(),
    }
    for use in uses.values():
        await host.begin()
        await host.execute(INSERT, {"a": 0})
        session = AsyncSession(host, join_transaction_mode="create_savepoint")
        await use(session)
        await session.execute(INSERT, {"a": 2})
        await session.rollback()
        assert await host.scalar(COUNT) == 1
        await host.rollback()


async def test_bound_to_a_connection_that_was_closed(engine):
    connection = await engine.connect()
    session = AsyncSession(connection)
    assert await session.scalar(COUNT) == 0
    await session.close()
    await connection.close()
    with pytest.raises(exc.ResourceClosedError):
        await session.scalar(COUNT)


# ---- tasks and cycles -------------------------------------------------------


async def test_one_call_at_a_time(engine):
    engine = create_async_engine(engine.url, inline_budget=0)
    async with AsyncSession(engine) as session:
        slow = text(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
            "WHERE n < 200000) SELECT count(*) FROM c"
        )
        results = await asyncio.gather(
            session.scalar(slow), session.scalar(slow), return_exceptions=True
        )
        assert 200000 in results
        assert [type(r) for r in results if r != 200000] == [
            exc.IllegalStateChangeError
        ]
        assert await session.scalar(text("SELECT 1")) == 1
    await engine.dispose()


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_an_open_session_is_in_no_cycle(engine):
    gc.collect()
    gc.disable()
    try:
        session = AsyncSession(engine)
        transaction = await session.begin()
        async with session.begin_nested():
            await session.execute(INSERT, {"a": 1})
        reference = weakref.ref(session)
        del session, transaction
        assert reference() is None
    finally:
        gc.enable()
    async with asyncio.timeout(10):
        assert await stored(engine) == []


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_a_session_in_a_cycle_is_collected(engine):
    session = AsyncSession(engine)
    session.me = session
    await session.execute(INSERT, {"a": 1})
    reference = weakref.ref(session)
    del session
    gc.collect()
    assert reference() is None
    assert await stored(engine) == []


def test_several_loops(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/a.db")
    session = AsyncSession(engine)

    async def begin():
        await session.execute(text("CREATE TABLE t (a)"))
        await session.commit()
        await session.execute(INSERT, {"a": 1})

    asyncio.run(begin())
    asyncio.run(session.commit())
    assert asyncio.run(session.scalar(COUNT)) == 1
    asyncio.run(session.close())
    asyncio.run(engine.dispose())


# ---- cancelling -------------------------------------------------------------


async def test_cancelled_while_it_waits_for_the_writer(engine):
    async with AsyncSession(engine) as first, AsyncSession(engine) as second:
        await first.execute(INSERT, {"a": 1})
        waiting = asyncio.create_task(second.execute(INSERT, {"a": 2}))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await first.commit()
        await second.execute(INSERT, {"a": 3})
        await second.commit()
    assert await stored(engine) == [1, 3]


async def test_a_block_that_is_cancelled_is_rolled_back(engine):
    entered = asyncio.Event()
    session = AsyncSession(engine)

    async def work():
        async with session.begin():
            await session.execute(INSERT, {"a": 1})
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not session.in_transaction()
    assert await stored(engine) == []
    assert await session.scalar(COUNT) == 0
    await session.close()


@pytest.mark.parametrize("use", ["execute", "connection", "begin_nested"])
async def test_cancelled_before_its_savepoint_it_tries_again(engine, use):
    async with engine.connect() as host, AsyncSession(engine) as other:
        await host.begin()
        await other.execute(INSERT, {"a": 0})
        session = AsyncSession(host, join_transaction_mode="create_savepoint")
        arguments = (COUNT,) if use == "execute" else ()

        async def work():
            await getattr(session, use)(*arguments)

        task = asyncio.create_task(work())
        while not engine.stats()["writers_waiting"]:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await other.commit()
        await session.execute(INSERT, {"a": 1})
        await session.commit()
        await host.commit()
    assert await stored(engine) == [0, 1]


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_dispose_waits_for_what_is_on_its_way_home(file_engine):
    """A forgotten session is rolled back by a worker; nothing is left then."""
    async with file_engine.begin() as connection:
        await connection.execute(text("CREATE TABLE homing (a)"))
    for _ in range(20):
        session = AsyncSession(file_engine)
        await session.execute(text("INSERT INTO homing VALUES (1)"))
        del session
        await file_engine.dispose()
        assert file_engine.stats()["connections"] == 0
        assert file_engine.stats()["threads"] == 0
    async with file_engine.connect() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM homing"))
        assert count == 0
