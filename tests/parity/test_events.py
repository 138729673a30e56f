"""The same listeners on both sides are called in the same order."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy
import sqlalchemy.event
import sqlalchemy.ext.asyncio
import sqlalchemy.orm

import sqlactive_c
import sqlactive_c.event
import sqlactive_c.ext.asyncio
import sqlactive_c.orm
import sqlactive_c.sql

PEER = SimpleNamespace(
    event=sqlalchemy.event,
    orm=sqlalchemy.orm,
    aio=sqlalchemy.ext.asyncio,
    core=sqlalchemy,
)
OURS = SimpleNamespace(
    event=sqlactive_c.event,
    orm=sqlactive_c.orm,
    aio=sqlactive_c.ext.asyncio,
    core=sqlactive_c,
)


def models(lib: Any) -> Any:
    orm, core = lib.orm, lib.core

    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id = orm.mapped_column(core.Integer, primary_key=True)
        name = orm.mapped_column(core.String)
        posts = orm.relationship("Post", back_populates="user")

    class Post(Base):
        __tablename__ = "post"
        id = orm.mapped_column(core.Integer, primary_key=True)
        title = orm.mapped_column(core.String)
        user_id = orm.mapped_column(core.ForeignKey("user.id"))
        user = orm.relationship("User", back_populates="posts")

    return Base, User, Post


def shown(value: Any) -> Any:
    """Something that is the same on both sides."""
    if isinstance(value, str | int | None):
        return value
    name = type(value).__name__
    if name in ("User", "Post"):
        key = value.__dict__.get("name", None) if name == "User" else None
        return f"{name}:{key}" if key else name
    return name


def attribute_program(lib: Any) -> list[Any]:
    """Attribute events of one-to-many edits, from both sides."""
    _, User, Post = models(lib)
    log: list[Any] = []
    names = {}

    def label(value: Any) -> Any:
        return names.get(id(value), value if value is None else "?")

    def note(where: str) -> Any:
        def listener(target: Any, value: Any, *rest: Any) -> None:
            log.append((where, label(target), label(value)))

        return listener

    lib.event.listen(User.posts, "append", note("append"))
    lib.event.listen(User.posts, "remove", note("remove"))
    lib.event.listen(Post.user, "set", note("set"))
    one, two, post, other = User(), User(), Post(), Post()
    names.update(
        {id(one): "one", id(two): "two", id(post): "post", id(other): "other"}
    )
    one.posts.append(post)
    log.append("--")
    post.user = two
    log.append("--")
    two.posts.remove(post)
    log.append("--")
    one.posts = [post, other]
    log.append("--")
    one.posts = [other]
    log.append("--")
    other.user = None
    log.append("--")
    one.posts.extend([post, other])
    log.append("--")
    one.posts.pop()
    return log


def in_sections(log: list[Any]) -> list[set[Any]]:
    sections: list[set[Any]] = [set()]
    for each in log:
        if each == "--":
            sections.append(set())
        else:
            sections[-1].add(each)
    return sections


def test_attribute_events() -> None:
    ours, theirs = attribute_program(OURS), attribute_program(PEER)
    assert in_sections(ours) == in_sections(theirs)


def scalar_program(lib: Any) -> list[Any]:
    """Old and new values of a column."""
    _, User, _ = models(lib)
    log: list[Any] = []

    @lib.event.listens_for(User.name, "set")
    def noted(target: Any, value: Any, old: Any, initiator: Any) -> None:
        known = old if isinstance(old, str | None) else "unknown"
        log.append((value, known, initiator.key))

    @lib.event.listens_for(User.name, "set", retval=True)
    def stripped(target: Any, value: Any, old: Any, initiator: Any) -> Any:
        return value.strip() if value else value

    user = User(name=" a ")
    user.name = "a"
    user.name = None
    user.name = " b"
    log.append(user.name)
    return log


def test_scalar_set_events() -> None:
    ours, theirs = scalar_program(OURS), scalar_program(PEER)
    assert ours == theirs


def configuration_program(lib: Any) -> list[Any]:
    log: list[Any] = []
    listeners = []

    def note(name: str) -> Any:
        def listener(*args: Any) -> None:
            log.append((name, args[1]))

        return listener

    for name in (
        "before_mapper_configured",
        "mapper_configured",
        "instrument_class",
        "after_mapper_constructed",
    ):
        listener = note(name)
        listeners.append((name, listener))
        lib.event.listen(lib.orm.Mapper, name, listener)
    try:
        made = models(lib)
        lib.orm.configure_mappers()
    finally:
        for name, listener in listeners:
            lib.event.remove(lib.orm.Mapper, name, listener)
    # Classes of other tests may be configured, too.
    return [(name, each.__name__) for name, each in log if each in made]


def test_configuration_events() -> None:
    assert configuration_program(OURS) == configuration_program(PEER)


async def engine_program(lib: Any) -> list[Any]:
    engine = lib.aio.create_async_engine("sqlite+aiosqlite://")
    log: list[Any] = []

    def before(c: Any, cur: Any, sql: str, params: Any, x: Any, many: Any):
        log.append(("before", sql, params, bool(many)))

    def after(c: Any, cur: Any, sql: str, params: Any, x: Any, many: Any):
        log.append(("after", sql, params, bool(many)))

    target = engine.sync_engine
    lib.event.listen(target, "before_cursor_execute", before)
    lib.event.listen(target, "after_cursor_execute", after)
    for name in ("begin", "commit", "rollback"):
        lib.event.listen(target, name, lambda c, name=name: log.append(name))
    lib.event.listen(
        target,
        "handle_error",
        lambda x: log.append(type(x.original_exception).__name__),
    )
    text = lib.core.text
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (x)"))
        await connection.execute(
            text("INSERT INTO t VALUES (:x)"), [{"x": 1}, {"x": 2}]
        )
        await connection.exec_driver_sql("SELECT x FROM t WHERE x > ?", (1,))
    async with engine.connect() as connection:
        await connection.execute(text("SELECT :a, :b"), {"a": 1, "b": "c"})
        with pytest.raises(lib.core.exc.OperationalError):
            await connection.execute(text("SELECT nosuch"))
        await connection.commit()
        await connection.execute(text("SELECT 1"))
        await connection.rollback()
        async with connection.begin():
            await connection.execute(text("SELECT 2"))
    async with lib.aio.AsyncSession(engine) as session:
        await session.execute(text("SELECT 3"))
        await session.commit()
    await engine.dispose()
    return log


def test_engine_events() -> None:
    ours = asyncio.run(engine_program(OURS))
    assert ours == asyncio.run(engine_program(PEER))
    assert len(ours) > 20


async def flush_program(lib: Any) -> list[Any]:
    """Events of the statements of flushes, in their order."""
    Base, User, Post = models(lib)
    engine = lib.aio.create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    log: list[Any] = []

    def note(when: str) -> Any:
        def listener(
            connection: Any, cursor: Any, sql: str, *rest: Any
        ) -> None:
            words = sql.replace("FROM ", "").split()
            into = words[1 + (words[1] == "INTO")]
            log.append((when, words[0], into.rstrip(",")))

        return listener

    target = engine.sync_engine
    lib.event.listen(target, "before_cursor_execute", note("before"))
    lib.event.listen(target, "after_cursor_execute", note("after"))
    for name in ("commit", "rollback"):
        lib.event.listen(target, name, lambda c, name=name: log.append(name))
    async with lib.aio.AsyncSession(engine, expire_on_commit=False) as session:
        user = User(id=1, name="a", posts=[Post(id=1, title="p")])
        session.add_all([user, User(id=2, name="b")])
        await session.commit()
        log.append("--")
        user.name = "c"
        user.posts.append(Post(title="q"))
        user.posts[0].title = "r"
        await session.flush()
        log.append("--")
        session.add_all([Post(id=1, title="again"), User(id=7)])
        with pytest.raises(lib.core.exc.IntegrityError):
            await session.commit()
        await session.rollback()
        log.append("--")
        for each in (await session.scalars(lib.core.select(Post))).all():
            await session.delete(each)
        await session.delete(await session.get(User, 2))
        await session.commit()
    await engine.dispose()
    return log


@pytest.mark.filterwarnings("ignore:New instance")
def test_events_of_flushes() -> None:
    ours = asyncio.run(flush_program(OURS))
    assert ours == asyncio.run(flush_program(PEER))
    assert ours.count("commit") == 2


async def ddl_program(lib: Any) -> list[Any]:
    Base, User, Post = models(lib)
    log: list[Any] = []
    for target in (Base.metadata, User.__table__, Post.__table__):
        for name in (
            "before_create",
            "after_create",
            "before_drop",
            "after_drop",
        ):

            def tell(
                target: Any, connection: Any, name: str = name, **kw: Any
            ) -> None:
                tables = kw.get("tables")
                log.append(
                    (
                        name,
                        getattr(target, "name", "metadata"),
                        tables and [table.name for table in tables],
                        kw["checkfirst"],
                    )
                )

            lib.event.listen(target, name, tell)
    engine = lib.aio.create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(Post.__table__.drop)
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(User.__table__.create, checkfirst=True)
    await engine.dispose()
    return [(name, who, sorted(t) if t else t, c) for name, who, t, c in log]


def test_ddl_events() -> None:
    ours = asyncio.run(ddl_program(OURS))
    theirs = asyncio.run(ddl_program(PEER))
    assert [e[:3] for e in ours] == [e[:3] for e in theirs]


async def unit_program(lib: Any) -> list[Any]:
    """Mapper and session events around a unit of work."""
    Base, User, Post = models(lib)
    log: list[Any] = []
    written = [
        f"{when}_{what}"
        for when in ("before", "after")
        for what in ("insert", "update", "delete")
    ]
    for cls in (User, Post):
        for name in written:

            def tell(
                mapper: Any, connection: Any, target: Any, name: str = name
            ) -> None:
                one = connection.execute(lib.core.text("SELECT 1")).scalar()
                log.append((name, type(target).__name__, one))

            lib.event.listen(cls, name, tell)
    engine = lib.aio.create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    session = lib.aio.AsyncSession(engine, expire_on_commit=False)
    for name in (
        "before_flush",
        "after_flush",
        "after_flush_postexec",
        "before_commit",
        "after_commit",
        "after_rollback",
        "transient_to_pending",
        "pending_to_persistent",
        "persistent_to_deleted",
        "deleted_to_detached",
        "after_attach",
    ):
        lib.event.listen(
            session.sync_session if lib is PEER else session,
            name,
            lambda *args, name=name: log.append(name),
        )
    user = User(name="a", posts=[Post(title="p"), Post(title="q")])
    session.add(user)
    await session.commit()
    log.append("--")
    user.name = "b"
    await session.flush()
    log.append("--")
    await session.commit()
    log.append("--")
    await session.delete(await session.get(Post, 1))
    await session.commit()
    log.append("--")
    user.name = "c"
    await session.flush()
    await session.rollback()
    await session.close()
    await engine.dispose()
    return log


def test_unit_of_work_events() -> None:
    theirs = asyncio.run(unit_program(PEER))
    assert asyncio.run(unit_program(OURS)) == theirs
