"""async_scoped_session and its registry."""

import asyncio
import gc
import weakref

import pytest

from sqlactive_c import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    exc,
    text,
)


@pytest.fixture
async def engine(engine):
    async with engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (a)")
    return engine


@pytest.fixture
def scoped(engine):
    return async_scoped_session(
        async_sessionmaker(engine), asyncio.current_task
    )


class Scope:
    """What a scope function returns, set by the test."""

    def __init__(self, current):
        self.current = current

    def __call__(self):
        return self.current


class Key:
    pass


# ---- scopes -----------------------------------------------------------------


async def test_one_session_for_each_task(scoped):
    async def mine():
        assert not scoped.registry.has()
        session = scoped()
        await asyncio.sleep(0)
        assert scoped() is session
        return session

    first, second = await asyncio.gather(mine(), mine())
    assert type(first) is AsyncSession
    assert first is not second
    assert scoped() not in (first, second)


async def test_a_task_that_ends_leaves_nothing_behind(scoped):
    async def work():
        session = scoped()
        await session.execute(text("SELECT 1"))
        return weakref.ref(session)

    gc.collect()
    gc.disable()
    try:
        reference = await asyncio.create_task(work())
        await asyncio.sleep(0)  # the loop lets go of the task
        assert reference() is None
        assert len(scoped.registry) == 0
    finally:
        gc.enable()


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_a_task_that_ends_in_a_transaction_gives_it_back(scoped, engine):
    async def work():
        await scoped().execute(text("INSERT INTO t VALUES (1)"))
        return weakref.ref(scoped())

    gc.collect()
    gc.disable()
    try:
        reference = await asyncio.create_task(work())
        await asyncio.sleep(0)
        assert reference() is None
        assert len(scoped.registry) == 0
        # the writer's turn is free again, and nothing was kept
        async with asyncio.timeout(10), engine.begin() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM t")) == 0
            await connection.execute(text("INSERT INTO t VALUES (2)"))
    finally:
        gc.enable()


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_an_open_transaction_object_does_not_keep_the_task(scoped):
    async def work():
        await scoped().begin()
        await scoped().begin_nested()
        return weakref.ref(scoped())

    gc.collect()
    gc.disable()
    try:
        reference = await asyncio.create_task(work())
        await asyncio.sleep(0)
        assert reference() is None
    finally:
        gc.enable()


def test_keys_that_take_no_weak_reference_are_held_until_remove():
    scope = Scope(1)
    scoped = async_scoped_session(async_sessionmaker(), scope)
    first = scoped()
    scope.current = "b"
    second = scoped()
    scope.current = None
    third = scoped()
    assert len({first, second, third}) == 3
    scope.current = 1
    assert scoped() is first
    assert scoped.registry.registry == {1: first, "b": second, None: third}
    asyncio.run(scoped.remove())
    assert set(scoped.registry.registry) == {"b", None}


def test_a_weak_key_goes_with_its_object():
    scope = Scope(Key())
    scoped = async_scoped_session(async_sessionmaker(), scope)
    reference = weakref.ref(scoped())
    assert scoped.registry.has()
    assert len(scoped.registry) == 1
    scope.current = Key()
    assert reference() is None
    assert len(scoped.registry) == 0
    assert not scoped.registry.has()


def test_a_registry_that_goes_before_its_scopes():
    key = Key()
    scoped = async_scoped_session(async_sessionmaker(), Scope(key))
    reference = weakref.ref(scoped())
    del scoped
    gc.collect()
    assert reference() is None
    del key


def test_an_unhashable_scope_is_an_error():
    scoped = async_scoped_session(async_sessionmaker(), Scope([]))
    with pytest.raises(TypeError):
        scoped()


def test_outside_a_loop():
    scoped = async_scoped_session(async_sessionmaker(), asyncio.current_task)
    with pytest.raises(RuntimeError, match="no running event loop"):
        scoped()


def test_several_loops():
    scoped = async_scoped_session(async_sessionmaker(), asyncio.current_task)

    async def mine():
        return weakref.ref(scoped())

    for _ in range(3):
        reference = asyncio.run(mine())
        gc.collect()
        assert reference() is None
    assert len(scoped.registry) == 0


# ---- registry ---------------------------------------------------------------


def test_registry():
    scope = Scope(Key())
    made = []

    def create():
        made.append(object())
        return made[-1]

    scoped = async_scoped_session(create, scope)
    registry = scoped.registry
    assert registry.createfunc is create
    assert registry.scopefunc is scope
    assert not registry.has()
    assert registry() is made[0]
    assert registry() is made[0]
    assert registry.has()
    assert registry.set("other") is None
    assert registry() == "other"
    assert registry.clear() is None
    assert registry.clear() is None
    assert not registry.has()
    assert registry() is made[1]
    assert len(made) == 2
    with pytest.raises(TypeError):
        registry(1)
    with pytest.raises(TypeError):
        registry(a=1)


def test_registry_type_can_be_used_alone():
    kind = type(async_scoped_session(dict, Scope(1)).registry)
    registry = kind(dict, scopefunc=Scope(1))
    assert registry() == {}
    with pytest.raises(TypeError):
        kind(dict)


def test_a_scope_function_that_fails():
    def scopefunc():
        raise LookupError("nowhere")

    scoped = async_scoped_session(async_sessionmaker(), scopefunc)
    for use in (
        scoped,
        scoped.registry.has,
        scoped.registry.clear,
        scoped.begin,
    ):
        with pytest.raises(LookupError):
            use()
    with pytest.raises(LookupError):
        asyncio.run(scoped.remove())


def test_a_factory_that_fails():
    def factory():
        raise LookupError("no session")

    scoped = async_scoped_session(factory, Scope(1))
    with pytest.raises(LookupError):
        scoped()
    assert not scoped.registry.has()


# ---- calling and configuring ------------------------------------------------


async def test_keywords_for_a_new_session_only(scoped):
    session = scoped(info={"a": 1})
    assert session.info == {"a": 1}
    assert scoped() is session
    with pytest.raises(exc.InvalidRequestError):
        scoped(info={"a": 2})
    await scoped.remove()
    assert scoped(info={"a": 2}).info == {"a": 2}
    with pytest.raises(TypeError):
        scoped(1)


async def test_keywords_that_do_not_fit_register_nothing(scoped):
    with pytest.raises(TypeError, match="colour"):
        scoped(colour="red")
    assert not scoped.registry.has()


async def test_configure(scoped, engine):
    scoped.configure(bind=None)
    assert scoped().bind is None
    with pytest.warns(exc.SAWarning):
        scoped.configure(bind=engine)
    assert scoped().bind is None
    await scoped.remove()
    assert scoped().bind is engine


@pytest.mark.parametrize(
    "arguments",
    [(), (async_sessionmaker(),), (1, Scope(1)), (async_sessionmaker(), 1)],
)
def test_wrong_arguments(arguments):
    with pytest.raises(TypeError):
        async_scoped_session(*arguments)


def test_uninitialized():
    scoped = async_scoped_session.__new__(async_scoped_session)
    for use in (
        scoped,
        scoped.begin,
        lambda: scoped(info={}),
        lambda: scoped.info,
    ):
        with pytest.raises(RuntimeError):
            use()
    with pytest.raises(RuntimeError):
        asyncio.run(scoped.remove())


def test_attributes_subclass_and_subscript():
    maker = async_sessionmaker()

    class Scoped(async_scoped_session[AsyncSession]):
        pass

    scoped = Scoped(maker, scopefunc=Scope(1))
    scoped.note = 1
    assert scoped.note == 1
    assert scoped.session_factory is maker


# ---- remove -----------------------------------------------------------------


async def test_remove_closes_and_forgets(scoped):
    session = scoped()
    await session.execute(text("INSERT INTO t VALUES (1)"))
    assert await scoped.remove() is None
    assert not session.in_transaction()
    assert not scoped.registry.has()
    assert scoped() is not session
    assert await scoped.scalar(text("SELECT count(*) FROM t")) == 0
    await scoped.remove()
    await scoped.remove()


async def test_remove_forgets_what_does_not_close():
    class Stubborn:
        def close(self):
            raise LookupError("not now")

    scoped = async_scoped_session(Stubborn, Scope(1))
    scoped()
    with pytest.raises(LookupError):
        await scoped.remove()
    assert not scoped.registry.has()


# ---- the session's methods --------------------------------------------------


async def test_proxied_methods(scoped, engine):
    result = await scoped.execute(text("SELECT :a"), {"a": 3})
    assert result.scalar_one() == 3
    assert await scoped.scalar(text("SELECT :a"), params={"a": 4}) == 4
    result = await scoped.scalars(text("SELECT 1 UNION SELECT 2"))
    assert result.all() == [1, 2]
    stream = await scoped.stream(text("SELECT 1"))
    assert [tuple(row) async for row in stream] == [(1,)]
    stream = await scoped.stream_scalars(text("SELECT 1"))
    assert [value async for value in stream] == [1]
    assert scoped.in_transaction()
    assert not scoped.in_nested_transaction()
    await scoped.execute(text("INSERT INTO t VALUES (1)"))
    async with scoped.begin_nested() as nested:
        assert scoped.in_nested_transaction()
        assert scoped.get_nested_transaction() is nested
    assert (await scoped.connection()).engine is engine
    await scoped.commit()
    await scoped.rollback()
    async with scoped.begin() as transaction:
        assert scoped.get_transaction() is transaction
    assert scoped.get_bind() is engine
    assert scoped.bind is engine
    assert scoped.is_active
    scoped.info["a"] = 1
    assert scoped().info == {"a": 1}
    scoped.autoflush = False
    assert scoped().autoflush is False
    for name in ("close", "aclose", "reset"):
        session = scoped()
        assert await getattr(scoped, name)() is None
        assert scoped() is session


async def test_a_method_works_in_the_task_that_runs_it(scoped):
    coroutine = scoped.scalar(text("SELECT 1"))
    assert not scoped.registry.has()
    assert await asyncio.create_task(coroutine) == 1
    assert not scoped.registry.has()
    assert await asyncio.gather(
        *(scoped.scalar(text("SELECT :a"), {"a": a}) for a in range(5))
    ) == list(range(5))


async def test_errors_of_a_method_come_when_it_is_awaited(scoped):
    for coroutine in (
        scoped.execute(),
        scoped.execute(1, 2, 3),
        scoped.commit(a=1),
    ):
        with pytest.raises(TypeError):
            await coroutine
    with pytest.raises(exc.ArgumentError):
        await scoped.execute("SELECT 1")


async def test_async_with_closes_and_keeps_the_session(scoped):
    async with scoped() as session:
        await session.execute(text("INSERT INTO t VALUES (1)"))
    assert not session.in_transaction()
    assert scoped() is session
    assert await scoped.scalar(text("SELECT count(*) FROM t")) == 0
