"""async_sessionmaker: what it stores, what it makes, what it refuses."""

import pytest

from sqlactive_c import (
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
    exc,
    text,
)


class MySession(AsyncSession):
    pass


def test_what_it_stores(engine):
    maker = async_sessionmaker(engine, expire_on_commit=False, info={"a": 1})
    assert maker.class_ is AsyncSession
    assert maker.kw == {
        "bind": engine,
        "autoflush": True,
        "expire_on_commit": False,
        "info": {"a": 1},
    }


def test_without_info_there_is_no_keyword_for_it():
    assert async_sessionmaker().kw == {
        "bind": None,
        "autoflush": True,
        "expire_on_commit": True,
    }
    assert "info" not in async_sessionmaker(info=None).kw


def test_what_it_makes(engine):
    maker = async_sessionmaker(
        bind=engine, expire_on_commit=False, autoflush=False, info={"a": 1}
    )
    session = maker()
    assert type(session) is AsyncSession
    assert session.bind is engine
    assert session.expire_on_commit is False
    assert session.autoflush is False
    assert session.info == {"a": 1}
    assert session.info is not maker.kw["info"]
    assert maker() is not session


def test_a_call_prefers_its_own_keywords(engine):
    maker = async_sessionmaker(engine, info={"a": 1, "b": 1})
    session = maker(expire_on_commit=False, info={"b": 2})
    assert session.expire_on_commit is False
    assert session.info == {"a": 1, "b": 2}
    assert maker.kw["expire_on_commit"] is True
    assert maker.kw["info"] == {"a": 1, "b": 1}


@pytest.mark.parametrize("class_", [AsyncSession, MySession])
def test_class(engine, class_):
    maker = async_sessionmaker(engine, class_=class_)
    assert type(maker()) is class_
    assert maker().bind is engine
    assert maker(bind=None).bind is None
    assert "class_" not in maker.kw


def test_a_class_with_arguments_of_its_own():
    class Tagged(AsyncSession):
        def __init__(self, *args, tag, **kw):
            super().__init__(*args, **kw)
            self.tag = tag

    assert async_sessionmaker(class_=Tagged, tag="x")().tag == "x"


def test_configure_changes_the_next_session(engine):
    maker = async_sessionmaker(engine)
    old = maker()
    assert maker.configure(bind=None, autoflush=False) is None
    assert old.bind is engine
    assert maker().bind is None
    assert maker().autoflush is False


def test_kw_and_class_are_the_users_to_change(engine):
    maker = async_sessionmaker()
    maker.kw["bind"] = engine
    maker.class_ = MySession
    assert maker().bind is engine
    assert type(maker()) is MySession
    with pytest.raises(TypeError):
        maker.kw = 3
    with pytest.raises(TypeError):
        maker.class_ = 3


@pytest.mark.parametrize("class_", [AsyncSession, MySession])
def test_an_unknown_keyword_is_named_when_a_session_is_made(class_):
    maker = async_sessionmaker(class_=class_, colour="red")
    with pytest.raises(TypeError, match="colour"):
        maker()
    with pytest.raises(TypeError, match="shape"):
        async_sessionmaker(class_=class_)(shape="round")


def test_bad_bind():
    with pytest.raises(exc.ArgumentError, match="sqlite://"):
        async_sessionmaker("sqlite://")()


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: async_sessionmaker(engine, bind=engine),
        lambda engine: async_sessionmaker(engine, 1),
        lambda engine: async_sessionmaker(engine)(engine),
        lambda engine: async_sessionmaker(engine).configure(engine),
        lambda engine: async_sessionmaker(engine).begin(1),
    ],
)
def test_wrong_calls(engine, call):
    with pytest.raises(TypeError):
        call(engine)


def test_repr(engine):
    maker = async_sessionmaker(engine, class_=MySession, info={"a": 1})
    assert repr(maker) == (
        f"async_sessionmaker(class_='MySession', bind={engine!r}, "
        "autoflush=True, expire_on_commit=True, info={'a': 1})"
    )


def test_subscript_subclass_and_attributes(engine):
    class Maker(async_sessionmaker[AsyncSession]):
        extra = 1

    maker = Maker(engine)
    maker.note = "kept"
    assert maker.note == "kept"
    assert type(maker()) is AsyncSession
    assert repr(maker).startswith("Maker(")


def test_uninitialized():
    maker = async_sessionmaker.__new__(async_sessionmaker)
    for use in (lambda: maker(), lambda: maker.kw, lambda: repr(maker)):
        with pytest.raises(RuntimeError):
            use()


async def test_begin_commits_and_closes(engine):
    maker = async_sessionmaker(engine)
    async with maker.begin() as session:
        assert type(session) is AsyncSession
        assert session.in_transaction()
        await session.execute(text("CREATE TABLE t (a)"))
        await session.execute(text("INSERT INTO t VALUES (1)"))
    assert not session.in_transaction()
    async with maker() as session:
        assert await session.scalar(text("SELECT count(*) FROM t")) == 1


async def test_begin_rolls_back_and_closes(engine):
    maker = async_sessionmaker(engine)
    async with maker.begin() as session:
        await session.execute(text("CREATE TABLE t (a)"))
    sessions = []

    async def fail():
        async with maker.begin() as session:
            sessions.append(session)
            await session.execute(text("INSERT INTO t VALUES (1)"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert not sessions[0].in_transaction()
    async with maker() as session:
        assert await session.scalar(text("SELECT count(*) FROM t")) == 0


async def test_begin_closes_when_the_commit_fails():
    engine = create_async_engine("sqlite+aiosqlite://", foreign_keys=True)
    maker = async_sessionmaker(engine)
    async with maker.begin() as session:
        await session.execute(text("CREATE TABLE p (a INTEGER PRIMARY KEY)"))
        await session.execute(
            text(
                "CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)"
            )
        )
    with pytest.raises(exc.IntegrityError, match="FOREIGN KEY"):
        async with maker.begin() as session:
            await session.execute(text("INSERT INTO c VALUES (7)"))
    assert not session.in_transaction()
    async with maker() as session:
        assert await session.scalar(text("SELECT count(*) FROM c")) == 0
    await engine.dispose()


async def test_begin_of_a_foreign_class():
    with pytest.raises(TypeError, match="AsyncSession"):
        async_sessionmaker(class_=dict).begin()
