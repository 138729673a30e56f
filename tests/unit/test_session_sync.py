"""The synchronous side of a session, and run_sync()."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import AsyncEngine, event, exc, select, text
from sqlactive_c.ext.asyncio import (
    AsyncSession,
    async_object_session,
    close_all_sessions,
)
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    object_session,
    relationship,
)
from sqlactive_c.schema import ForeignKey


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    posts: Mapped[list[Post]] = relationship(back_populates="user")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="posts")


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add(User(name="a", posts=[Post(), Post()]))
        await session.commit()
        yield session


async def test_it_runs_in_a_thread(session: AsyncSession) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(7)

    def work(view: Session, *args: Any, **kwargs: Any) -> Any:
        return view, threading.get_ident(), variable.get(), args, kwargs

    view, thread, value, args, kwargs = await session.run_sync(work, 1, x=2)
    assert isinstance(view, Session)
    assert view is session.sync_session
    assert thread != threading.get_ident()
    assert (value, args, kwargs) == (7, (1,), {"x": 2})


async def test_attributes_load_when_they_are_read(
    session: AsyncSession,
) -> None:
    def work(view: Session) -> Any:
        user = view.get_one(User, 1)
        view.expire(user)
        first = user.name, [each.user is user for each in user.posts]
        view.commit()
        return first, user.name

    assert await session.run_sync(work) == (("a", [True, True]), "a")


async def test_its_views(session: AsyncSession) -> None:
    def work(view: Session) -> None:
        user = view.scalars(select(User)).one()
        new = User()
        view.add_all([new])
        user.name = "changed"
        assert list(view.new) == [new]
        assert list(view.dirty) == [user]
        assert user in view
        assert user in set(view)
        assert view.is_modified(user)
        with view.no_autoflush as same:
            assert same is view
            view.execute(select(User.id))
            assert view.new
        view.expunge(new)
        view.delete(user)
        assert list(view.deleted) == [user]
        assert view.identity_map
        view.info["x"] = 1
        view.autoflush = False
        assert view.bind is session.bind is view.get_bind()
        assert view.is_active
        assert view.expire_on_commit
        view.expunge_all()
        assert view.connection().scalar(text("SELECT 3")) == 3
        assert view.get(User, 99) is None
        assert view.identity_key(User, 1) == (User, (1,), None)
        view.reset()

    await session.run_sync(work)
    assert session.info == {"x": 1}
    assert session.autoflush is False


async def test_what_it_raises_comes_out(session: AsyncSession) -> None:
    def work(view: Session) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await session.run_sync(work)


async def test_the_loop_goes_on(session: AsyncSession) -> None:
    begun, done = threading.Event(), threading.Event()

    def work(view: Session) -> bool:
        begun.set()
        return done.wait(10)

    task = asyncio.ensure_future(session.run_sync(work))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    done.set()
    assert await task is True


async def test_cancelled(session: AsyncSession) -> None:
    begun, ended = threading.Event(), threading.Event()
    slow = text(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
        " SELECT count(*) FROM n"
    )

    def work(view: Session) -> None:
        begun.set()
        try:
            view.execute(slow)
        finally:
            ended.set()

    task = asyncio.ensure_future(session.run_sync(work))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    await session.rollback()
    assert await session.scalar(select(User.name)) == "a"
    assert await session.run_sync(lambda view: view.get(User, 1)) is not None


async def test_on_the_loop_it_refuses_to_wait(session: AsyncSession) -> None:
    with pytest.raises(exc.MissingGreenlet):
        session.sync_session.commit()
    user = User()
    session.sync_session.add(user)
    assert user in session
    assert session.sync_session is session.sync_session


async def test_listeners_may_use_it(session: AsyncSession) -> None:
    def before(view: Session, context: Any, instances: Any) -> None:
        if any(isinstance(each, User) for each in view.new):
            view.delete(view.scalars(select(Post)).first())
            view.add(Post())

    event.listen(session.sync_session, "before_flush", before)
    gc.collect()
    session.add(User(name="b"))
    await session.commit()
    assert sorted(await session.scalars(select(Post.id))) == [2, 3]


async def test_it_keeps_no_session_alive(engine: AsyncEngine) -> None:
    gc.disable()
    try:
        session = AsyncSession(engine)
        assert session.sync_session.new is not None
        known = weakref.ref(session)
        del session
        assert known() is None
    finally:
        gc.enable()


async def test_close_all_sessions(engine: AsyncEngine) -> None:
    sessions = [AsyncSession(engine) for _ in range(3)]
    for each in sessions:
        await each.execute(text("SELECT 1"))
    await close_all_sessions()
    assert not any(each.in_transaction() for each in sessions)


async def test_invalidate(session: AsyncSession) -> None:
    await session.execute(text("SELECT 1"))
    await session.invalidate()
    assert not session.in_transaction()
    await session.invalidate()


async def test_whose_an_instance_is(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    assert object_session(user) is session
    assert async_object_session(user) is session
    assert Session.object_session(user) is session
