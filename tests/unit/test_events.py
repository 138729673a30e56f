"""Listening: who is called when, and that nobody else is."""

from __future__ import annotations

import gc
import pickle
import weakref
from typing import Any

import pytest

from sqlactive_c import create_async_engine, event, exc, select, text
from sqlactive_c.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
)
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    Mapper,
    configure_mappers,
    events,
    mapped_column,
    relationship,
)
from sqlactive_c.schema import Column, ForeignKey, MetaData, Table
from sqlactive_c.types import Integer


class Calls(list[Any]):
    """Remembers what it was called with."""

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.append(kwargs or args)


def make_models() -> tuple[Any, Any, Any]:
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str | None] = mapped_column(default=None)
        name: Mapped[str | None]
        posts: Mapped[list[Post]] = relationship(back_populates="user")
        __mapper_args__ = {  # noqa: RUF012
            "polymorphic_on": "kind",
            "polymorphic_identity": "user",
        }

    class Admin(User):
        __mapper_args__ = {"polymorphic_identity": "admin"}  # noqa: RUF012

    class Post(Base):
        __tablename__ = "post"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
        user: Mapped[User | None] = relationship(back_populates="posts")

    configure_mappers()
    return User, Admin, Post


# -- listen, remove, contains -------------------------------------------------


def test_listen_remove_contains() -> None:
    User, _, _ = make_models()
    calls = Calls()
    assert not event.contains(User, "before_insert", calls)
    event.listen(User, "before_insert", calls)
    event.listen(User, "before_insert", calls)
    assert event.contains(User, "before_insert", calls)
    events.fire(User.__mapper__, "before_insert", "connection", "user")
    assert calls == [(User.__mapper__, "connection", "user")]
    event.remove(User, "before_insert", calls)
    assert not events.has(User.__mapper__, "before_insert")
    events.fire(User.__mapper__, "before_insert", "connection", "user")
    assert len(calls) == 1
    with pytest.raises(exc.InvalidRequestError, match="No listeners found"):
        event.remove(User, "before_insert", calls)


def test_decorator_order_once_and_named() -> None:
    User, _, _ = make_models()
    order: list[str] = []

    @event.listens_for(User, "after_insert")
    def second(mapper: Any, connection: Any, target: Any) -> None:
        order.append("second")

    @event.listens_for(User, "after_insert", insert=True)
    def first(mapper: Any, connection: Any, target: Any) -> None:
        order.append("first")

    @event.listens_for(User, "after_insert", once=True)
    def once(mapper: Any, connection: Any, target: Any) -> None:
        order.append("once")

    @event.listens_for(User, "after_insert", named=True)
    def named(**kw: Any) -> None:
        order.append(kw["target"])

    events.fire(User.__mapper__, "after_insert", None, "one")
    events.fire(User.__mapper__, "after_insert", None, "two")
    assert order == [
        *("first", "second", "once", "one"),
        *("first", "second", "two"),
    ]


def test_propagation() -> None:
    User, Admin, _ = make_models()
    own, below, everybody = Calls(), Calls(), Calls()
    event.listen(User, "before_update", own)
    event.listen(User, "before_update", below, propagate=True)
    event.listen(Mapper, "before_update", everybody)
    try:
        events.fire(Admin.__mapper__, "before_update", None, "admin")
        assert (len(own), len(below), len(everybody)) == (0, 1, 1)

        class Later(User):
            __mapper_args__ = {  # noqa: RUF012
                "polymorphic_identity": "later"
            }

        events.fire(Later.__mapper__, "before_update", None, "later")
        assert (len(own), len(below), len(everybody)) == (0, 2, 2)
        events.fire(User.__mapper__, "before_update", None, "user")
        assert (len(own), len(below), len(everybody)) == (1, 3, 3)
    finally:
        event.remove(Mapper, "before_update", everybody)


def test_unmapped_classes_propagate() -> None:
    class Mixin:
        pass

    calls = Calls()
    event.listen(Mixin, "before_delete", calls, propagate=True)

    class Base(DeclarativeBase):
        pass

    class Thing(Mixin, Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert events.has(Thing.__mapper__, "before_delete")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (Mapper, "nope"),
        (AsyncSession, "before_insert"),
        (MetaData(), "connect"),
        (object(), "before_insert"),
        (async_sessionmaker(), "nope"),
    ],
)
def test_unknown_events(target: Any, name: str) -> None:
    with pytest.raises(exc.InvalidRequestError, match="No such event"):
        event.listen(target, name, print)


def test_unknown_events_of_attributes() -> None:
    User, _, _ = make_models()
    with pytest.raises(exc.InvalidRequestError, match="No such event"):
        event.listen(User.name, "before_insert", print)
    with pytest.raises(exc.ArgumentError, match="raw"):
        event.listen(User.name, "set", print, raw=True)


def test_listening_keeps_no_target_alive() -> None:
    metadata = MetaData()
    gone = weakref.ref(metadata)
    calls = Calls()
    event.listen(metadata, "before_create", calls)
    del metadata
    gc.collect()
    assert gone() is None
    from sqlactive_c.sql import events as tables

    assert not tables.listened()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (MetaData, "before_create"),
        (lambda: Table("t", MetaData()), "after_drop"),
        (lambda: create_async_engine("sqlite+aiosqlite://"), "begin"),
        (AsyncSession, "after_commit"),
        (async_sessionmaker, "after_commit"),
        (
            lambda: async_scoped_session(async_sessionmaker(), int),
            "after_commit",
        ),
    ],
)
def test_a_listener_that_refers_to_its_target(make: Any, name: str) -> None:
    target = make()

    def listener(*args: Any, kept: Any = target) -> None:
        raise AssertionError(kept)

    event.listen(target, name, listener)
    assert event.contains(target, name, listener)
    gone = weakref.ref(target)
    heard = weakref.ref(listener)
    del target, listener
    gc.collect()
    assert gone() is None
    assert heard() is None


def test_copies_have_no_listeners() -> None:
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, primary_key=True))
    calls = Calls()

    def listener(*args: Any, **kwargs: Any) -> None:
        calls(*args)

    event.listen(metadata, "before_create", listener)
    copied = pickle.loads(pickle.dumps(metadata))
    assert not event.contains(copied, "before_create", listener)
    event.listen(copied, "before_create", listener)
    event.remove(copied, "before_create", listener)
    assert event.contains(metadata, "before_create", listener)


# -- attributes ---------------------------------------------------------------


def test_set_with_and_without_retval() -> None:
    User, Admin, _ = make_models()
    calls = Calls()
    event.listen(User.name, "set", calls)

    @event.listens_for(User.name, "set", retval=True, propagate=True)
    def upper(target: Any, value: Any, old: Any, initiator: Any) -> Any:
        return value.upper()

    user = User(name="a")
    user.name = "b"
    assert user.name == "B"
    assert [(c[0], c[1], c[2]) for c in calls][1:] == [(user, "b", "A")]
    assert calls[0][3].key == "name"
    assert Admin(name="c").name == "C"
    assert len(calls) == 2
    event.remove(User.name, "set", upper)
    event.remove(User.name, "set", calls)
    user.name = "d"
    assert user.name == "d"
    assert User.name._validator is None


def test_collections_tell_both_sides() -> None:
    User, _, Post = make_models()
    log: list[Any] = []
    for target, name in (
        (User.posts, "append"),
        (User.posts, "remove"),
    ):
        event.listen(
            target,
            name,
            lambda o, v, i, name=name: log.append((name, o, v)),
        )
    event.listen(
        Post.user, "set", lambda o, v, old, i: log.append(("set", o, v))
    )
    user, post = User(), Post()
    user.posts.append(post)
    assert sorted(log, key=lambda e: e[0]) == [
        ("append", user, post),
        ("set", post, user),
    ]
    log.clear()
    post.user = None
    assert sorted(log, key=lambda e: e[0]) == [
        ("remove", user, post),
        ("set", post, None),
    ]
    log.clear()
    user.posts = [post]
    user.posts.remove(post)
    assert [e[0] for e in log if e[0] != "set"] == ["append", "remove"]


# -- instances ----------------------------------------------------------------


def test_init_may_change_the_arguments() -> None:
    User, _, _ = make_models()

    @event.listens_for(User, "init")
    def init(target: Any, args: Any, kwargs: Any) -> None:
        kwargs["name"] = "given"

    assert User(id=1).name == "given"
    event.remove(User, "init", init)
    assert User(id=1).name is None


async def test_load_refresh_and_expire() -> None:
    User, _, _ = make_models()
    loaded, refreshed, expired = Calls(), Calls(), Calls()
    event.listen(User, "load", loaded)
    event.listen(User, "refresh", refreshed)
    event.listen(User, "expire", expired)
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(User.metadata.create_all)
        await connection.execute(
            User.__table__.insert(), [{"id": 1, "kind": "user", "name": "a"}]
        )
    async with AsyncSession(engine) as session:
        from sqlactive_c.sql import select

        user = (await session.scalars(select(User))).one()
        assert loaded == [(user, None)]
        (await session.scalars(select(User))).one()
        assert len(loaded) == 1
        assert refreshed == []
        user._sac_expire()
        assert expired == [(user, None)]
        (await session.scalars(select(User))).one()
        assert [r[0] for r in refreshed] == [user]
        user._sac_expire(["name"])
        assert expired[1] == (user, ["name"])
    await engine.dispose()


def test_configuration() -> None:
    log: list[Any] = []

    class Base(DeclarativeBase):
        pass

    def note(name: str) -> Any:
        return lambda mapper, cls: log.append((name, cls.__name__))

    names = (
        "instrument_class",
        "after_mapper_constructed",
        "before_mapper_configured",
        "mapper_configured",
    )
    for name in names:
        event.listen(Base, name, note(name), propagate=True)

    def after() -> None:
        log.append("after")

    event.listen(Mapper, "after_configured", after)
    try:

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)

        configure_mappers()
    finally:
        event.remove(Mapper, "after_configured", after)
    assert log == [*((name, "Thing") for name in names), "after"]


# -- sessions -----------------------------------------------------------------


def test_sessions_their_classes_and_factories() -> None:
    calls: list[str] = []

    class Own(AsyncSession):
        pass

    maker = async_sessionmaker(expire_on_commit=False)
    scoped = async_scoped_session(maker, scopefunc=lambda: 1)
    session = AsyncSession()
    targets = {
        "all": AsyncSession,
        "own": Own,
        "maker": scoped,
        "one": session,
    }
    listeners = {}
    for name, target in targets.items():
        listeners[name] = lambda s, name=name: calls.append(name)
        event.listen(target, "before_commit", listeners[name])
    try:
        found = {}
        for name, one in (
            ("plain", AsyncSession()),
            ("own", Own()),
            ("maker", maker()),
            ("one", session),
        ):
            calls.clear()
            assert events.session_has(one, "before_commit")
            assert not events.session_has(one, "after_commit")
            events.fire_session(one, "before_commit")
            found[name] = list(calls)
        assert found == {
            "plain": ["all"],
            "own": ["all", "own"],
            "maker": ["all", "maker"],
            "one": ["all", "one"],
        }
        assert isinstance(maker(), AsyncSession)
        assert maker().expire_on_commit is False
    finally:
        for name, target in targets.items():
            event.remove(target, "before_commit", listeners[name])
    assert not events.session_has(session, "before_commit")


# -- tables -------------------------------------------------------------------


async def test_tables_are_told_of_create_and_drop() -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer, primary_key=True))
    log: list[Any] = []
    for target in (metadata, table, Table):
        for name in ("before_create", "after_create", "before_drop"):

            def tell(
                t: Any, connection: Any, name: str = name, **kw: Any
            ) -> None:
                log.append((name, t, kw.get("tables")))

            event.listen(target, name, tell, once=target is Table)
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(table.drop)
    await engine.dispose()
    assert log == [
        ("before_create", metadata, [table]),
        ("before_create", table, None),
        ("before_create", table, None),
        ("after_create", table, None),
        ("after_create", table, None),
        ("after_create", metadata, [table]),
        ("before_create", metadata, []),
        ("after_create", metadata, []),
        ("before_drop", table, None),
        ("before_drop", table, None),
    ]


# -- engines ------------------------------------------------------------------


async def test_statements_are_told_before_and_after() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    other = create_async_engine("sqlite+aiosqlite://")
    log: list[Any] = []

    def before(
        conn: Any, cursor: Any, sql: Any, params: Any, context: Any, many: Any
    ) -> None:
        conn.info["began"] = sql
        context.note = len(log)
        log.append(("before", sql, params, many))

    def after(
        conn: Any, cursor: Any, sql: Any, params: Any, context: Any, many: Any
    ) -> None:
        assert conn.info["began"] == sql
        assert context.note == len(log) - 1
        log.append(("after", cursor.rowcount, cursor.lastrowid))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    async with other.connect() as connection:
        await connection.execute(text("SELECT 1"))
    assert log == []
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (x)"))
        await connection.execute(
            text("INSERT INTO t VALUES (:x)"), [{"x": 1}, {"x": 2}]
        )
        assert await connection.scalar(text("SELECT max(x) FROM t")) == 2
        async with connection.stream(text("SELECT x FROM t")) as rows:
            assert [row.x async for row in rows] == [1, 2]
    options = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with AsyncSession(options) as session:
        await session.execute(text("DELETE FROM t WHERE x = :x"), {"x": 1})
    assert log[2:4] == [
        ("before", "INSERT INTO t VALUES (?)", [(1,), (2,)], True),
        ("after", 2, 2),
    ]
    assert [each[0] for each in log] == ["before", "after"] * 5
    assert log[-2:] == [
        ("before", "DELETE FROM t WHERE x = ?", (1,), False),
        ("after", 1, 2),
    ]
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    assert len(log) == 10
    await engine.dispose()
    await other.dispose()


async def test_a_listener_may_change_the_statement() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def change(
        conn: Any, cursor: Any, sql: str, params: Any, context: Any, many: Any
    ) -> Any:
        return sql.replace("1 + ?", "? * ?"), (*params, 5)

    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1 + :x"), {"x": 3}) == 15
        result = await connection.execute(text("SELECT 1 + :x"), {"x": 3})
        assert result.scalar_one() == 15
        async with connection.stream(text("SELECT 1 + :x"), {"x": 4}) as rows:
            assert [row[0] async for row in rows] == [20]
    await engine.dispose()


async def test_a_listener_that_raises_stops_the_statement() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")

    @event.listens_for(engine, "before_cursor_execute")
    def refuse(*args: Any) -> None:
        raise ValueError("not today")

    async with engine.connect() as connection:
        with pytest.raises(ValueError, match="not today"):
            await connection.execute(text("SELECT 1"))
        event.remove(engine, "before_cursor_execute", refuse)
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_listener_that_raises_stops_the_flush(when: str) -> None:
    class Base(DeclarativeBase):
        pass

    class One(Base):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Two(Base):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(primary_key=True)

    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    log: list[str] = []

    def refuse(
        conn: Any, cursor: Any, sql: str, params: Any, context: Any, many: Any
    ) -> None:
        log.append(sql)
        if sql.startswith("INSERT INTO two"):
            raise ValueError("not today")

    event.listen(engine, f"{when}_cursor_execute", refuse)
    async with AsyncSession(engine) as session:
        one, two = One(), Two()
        session.add_all([one, two])
        with pytest.raises(ValueError, match="not today"):
            await session.commit()
        assert [each.split()[2] for each in log] == ["one", "two"]
        await session.rollback()
        assert one not in session
        assert two.id is None
        event.remove(engine, f"{when}_cursor_execute", refuse)
        session.add_all([one, two])
        await session.commit()
        assert len((await session.scalars(select(One))).all()) == 1
        assert len((await session.scalars(select(Two))).all()) == 1
    await engine.dispose()


async def test_errors_are_told() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    contexts = Calls()
    event.listen(engine, "handle_error", contexts)
    async with engine.connect() as connection:
        with pytest.raises(exc.OperationalError):
            await connection.execute(text("SELECT nosuch"))
        (context,) = contexts[0]
        assert context.statement == "SELECT nosuch"
        assert isinstance(context.sqlalchemy_exception, exc.OperationalError)
        assert context.original_exception is context.sqlalchemy_exception.orig

        @event.listens_for(engine, "handle_error", retval=True)
        def other(context: Any) -> Exception:
            return KeyError("mine")

        with pytest.raises(KeyError, match="mine") as caught:
            await connection.execute(text("SELECT nosuch"))
        assert isinstance(caught.value.__cause__, exc.OperationalError)
    contexts.clear()
    await engine.dispose()


async def test_transactions_are_told() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    log: list[str] = []
    for name in ("begin", "commit", "rollback"):
        event.listen(engine, name, lambda conn, name=name: log.append(name))
    async with engine.begin() as connection:
        await connection.execute(text("SELECT 1"))
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    assert log == ["begin", "commit", "begin", "rollback"]
    await engine.dispose()


async def test_first_connect_comes_once() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    log: list[str] = []
    for name in ("first_connect", "connect"):
        event.listen(engine, name, lambda c, r, name=name: log.append(name))
    async with engine.connect(), engine.connect():
        pass
    async with engine.connect():
        pass
    assert log == ["first_connect", "connect", "connect"]
    await engine.dispose()
