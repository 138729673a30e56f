"""Instances that come into a session and leave it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import _core, create_async_engine, exc, select, text
from sqlactive_c.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_object_session,
    async_scoped_session,
    async_sessionmaker,
)
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    make_transient,
    mapped_column,
    object_session,
    relationship,
)
from sqlactive_c.orm.exc import UnmappedInstanceError
from sqlactive_c.schema import ForeignKey


class Base(DeclarativeBase):
    """Base of the classes."""


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    posts: Mapped[list[Post]] = relationship(
        back_populates="user", cascade="all"
    )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, User)

    __hash__ = None  # type: ignore[assignment]


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="posts")


@pytest.fixture
async def made() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(made: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(made) as session:
        yield session


def test_views_go_by_what_instances_are() -> None:
    session = AsyncSession()
    users = [User(), User()]
    session.add_all(instances=iter(users))
    assert len(session.new) == 2
    assert all(any(a is b for b in session.new) for a in users)
    assert User() not in session.new
    assert list(session) == users
    assert not session.dirty
    assert not session.deleted
    session.expunge(instance=users[0])
    assert [each is users[1] for each in session] == [True]
    session.expunge_all()
    assert not list(session)
    assert users[0]._sac_state == users[1]._sac_state == "transient"
    session.add(instance=users[0])
    assert users[0]._sac_state == "pending"


def test_gaps_among_pending_instances() -> None:
    session = AsyncSession()
    posts = [Post(id=at) for at in range(6)]
    session.add_all(posts)
    for at in (1, 5, 3, 4):
        session.expunge(posts[at])
    assert list(session.new) == [posts[0], posts[2]]
    session.add(posts[4])
    assert list(session) == [posts[0], posts[2], posts[4]]
    for at in (0, 2, 4):
        session.expunge(posts[at])
    assert not session.new


def test_cascades_come_and_go() -> None:
    session = AsyncSession()
    user = User(posts=[Post(), Post()])
    session.add(user)
    assert all(post in session for post in user.posts)
    session.expunge(user)
    assert not list(session)


def test_what_is_no_instance() -> None:
    session = AsyncSession()
    for thing in (None, 5, User, object()):
        with pytest.raises(UnmappedInstanceError):
            session.add(thing)
        with pytest.raises(UnmappedInstanceError):
            _ = thing in session
        with pytest.raises(UnmappedInstanceError):
            object_session(thing)
        with pytest.raises(UnmappedInstanceError):
            make_transient(thing)
    with pytest.raises(TypeError):
        session.add_all(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        session.add()  # type: ignore[call-arg]


def test_one_session_for_an_instance() -> None:
    one, other, post = AsyncSession(), AsyncSession(), Post()
    one.add(post)
    one.add(post)
    assert len(one.new) == 1
    with pytest.raises(exc.InvalidRequestError, match="already attached"):
        other.add(post)
    assert object_session(post) is async_object_session(post) is one
    assert AsyncSession.object_session(post) is one
    make_transient(post)
    assert object_session(post) is None
    other.add(post)


def test_adding_begins() -> None:
    session = AsyncSession(autobegin=False)
    with pytest.raises(exc.InvalidRequestError, match="begin"):
        session.add(Post())
    session = AsyncSession()
    session.add(Post())
    assert session.in_transaction()


async def test_setting_begins(session: AsyncSession) -> None:
    post = Post()
    session.add(post)
    await session.commit()
    assert not session.in_transaction()
    post.user_id = 7
    assert session.in_transaction()
    await session.rollback()
    assert (await session.get_one(Post, 1)).user_id is None


async def test_deleting_loads_what_goes_along(session: AsyncSession) -> None:
    session.add(User(posts=[Post(), Post()]))
    await session.commit()
    session.expunge_all()
    user = await session.get_one(User, 1)
    assert list(session.deleted) == []
    await session.delete(user)
    assert len(session.deleted) == 3
    await session.commit()
    assert (await session.execute(text("SELECT 1 FROM posts"))).all() == []


async def test_unawaited_delete_does_nothing(session: AsyncSession) -> None:
    post = Post()
    session.add(post)
    await session.flush()
    awaitable = session.delete(post)
    assert not session.deleted
    with pytest.warns(RuntimeWarning, match="never awaited"):
        del awaitable
    with pytest.raises(exc.InvalidRequestError, match="no row"):
        await session.delete(Post())


async def test_expire(session: AsyncSession) -> None:
    user = User(name="a", posts=[Post()])
    session.add(user)
    await session.commit()
    user = await session.get_one(User, 1)
    session.expire(user, ["name"])
    assert user._sac_unloaded == {"name", "posts"}
    session.expire(user)
    assert user._sac_expired
    with pytest.raises(exc.InvalidRequestError, match="not persistent"):
        session.expire(User())


async def test_is_modified(session: AsyncSession) -> None:
    user = User(name="a", posts=[])
    assert session.is_modified(user)
    session.add(user)
    await session.flush()
    assert not session.is_modified(user)
    user.name = "b"
    assert session.is_modified(user)
    user.name = "a"
    assert not session.is_modified(user)
    user.posts.append(Post())
    assert session.is_modified(user)
    assert not session.is_modified(user, include_collections=False)


async def test_instances_of_a_result_alone(made: AsyncEngine) -> None:
    """They are in no session, and may come into one."""
    async with AsyncSession(made) as session:
        session.add(Post())
        await session.commit()
    async with made.connect() as connection:
        (post,) = (await connection.execute(select(Post))).scalars()
    async with AsyncSession(made) as session:
        assert object_session(post) is None
        session.add(post)
        assert await session.get(Post, 1) is post


async def test_no_autoflush(session: AsyncSession) -> None:
    with pytest.raises(LookupError), session.no_autoflush as same:
        assert same is session
        assert not session.autoflush
        raise LookupError
    assert session.autoflush
    session.autoflush = False
    with session.no_autoflush:
        pass
    assert not session.autoflush


async def test_missing_methods_say_so(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlactive_c.orm.session import METHODS

    def merge(session: Any, *args: Any, **kwargs: Any) -> Any:
        return session, args, kwargs

    monkeypatch.setitem(METHODS, "merge", merge)
    found: Any = session.merge(1, 2, load=3)  # type: ignore[call-arg]
    assert found == (session, (1, 2), {"load": 3})
    monkeypatch.delitem(METHODS, "merge")
    with pytest.raises(AttributeError, match="merge"):
        session.merge(1)


async def test_scoped_session(made: AsyncEngine) -> None:
    scoped = async_scoped_session(
        async_sessionmaker(made), asyncio.current_task
    )
    post = Post()
    scoped.add(post)
    assert post in scoped
    assert list(scoped) == [post]
    assert list(scoped.new) == [post]
    await scoped.flush()
    assert await scoped.get(Post, post.id) is post
    assert await scoped.get_one(Post, post.id) is post
    post.user_id = 9
    assert scoped.is_modified(post)
    assert list(scoped.dirty) == [post]
    with scoped.no_autoflush as session:
        assert session is scoped()
    await scoped.delete(post)
    assert list(scoped.deleted) == [post]
    scoped.expire(post)
    scoped.expire_all()
    scoped.expunge(post)
    scoped.add_all([post])
    scoped.expunge_all()
    assert scoped.object_session(post) is None
    assert scoped.identity_key(Post, 1) == (Post, (1,), None)
    await scoped.remove()


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_a_session_that_is_forgotten(made: AsyncEngine) -> None:
    session = AsyncSession(made)
    kept, doomed, fresh = Post(), Post(), Post()
    session.add_all([kept, doomed])
    await session.flush()
    kept.user_id = 5
    await session.delete(doomed)
    session.add(fresh)
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None
    states = [each._sac_state for each in (kept, doomed, fresh)]
    assert states == ["detached", "detached", "transient"]
    assert not doomed._sac_doomed
    async with AsyncSession(made) as other:
        assert await other.get(Post, 1) is None
        other.add(fresh)


async def test_events_are_told(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlactive_c.orm.session import session_event

    told: list[str] = []

    def listen(session: Any, name: str, *args: Any) -> None:
        if "_to_" in name or "attach" in name:
            told.append(name)

    _core.configure(session_event=listen)
    _core.listen_to(None, True)
    try:
        post = Post()
        session.add(post)
        session.expunge(post)
        session.add(post)
        await session.flush()
        session.expunge(post)
        session.add(post)
        await session.rollback()
    finally:
        _core.listen_to(None, False)
        _core.configure(session_event=session_event)
    assert told == [
        "before_attach",
        "after_attach",
        "transient_to_pending",
        "pending_to_transient",
        "before_attach",
        "after_attach",
        "transient_to_pending",
        "persistent_to_detached",
        "before_attach",
        "after_attach",
        "detached_to_persistent",
        "persistent_to_transient",
    ]
