"""How collections of related instances are made and filled."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import ForeignKey, _core, select, text
from sqlactive_c.ext.asyncio import AsyncSession, create_async_engine
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlactive_c.orm.collections import InstrumentedList


class Own(list[Any]):
    """A list of a program's own."""

    made = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        Own.made += 1


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(back_populates="user")
    marks: Mapped[list[Mark]] = relationship(collection_class=Own)
    notes: Mapped[set[Note]] = relationship()


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="posts")


class Mark(Base):
    __tablename__ = "marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


POSTS, MARKS, NOTES = [1, 2, 3], [11, 12], [21, 22, 23]


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine("sqlite:///:memory:")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            User.__table__.insert(), [{"id": 1}, {"id": 2}]
        )
        for model, ids in (Post, POSTS), (Mark, MARKS), (Note, NOTES):
            await connection.execute(
                model.__table__.insert(),
                [{"id": each, "user_id": 1} for each in ids],
            )
    async with AsyncSession(engine) as session:
        yield session
    await engine.dispose()


def ids(items: Any) -> list[int]:
    return sorted(each.id for each in items)


def test_the_list() -> None:
    made: Any = _core.RelatedList([1, 2])
    assert made == [1, 2]
    assert made._owner is None
    assert made._events is None
    made._owner, made._events = len, made  # a cycle
    del made
    assert gc.collect() > 0


def test_lists_are_as_others() -> None:
    user = User(posts=[Post(id=1)])
    assert type(user.posts) is InstrumentedList
    assert user.posts._owner() is user
    assert copy.copy(user.posts) == user.posts
    assert pickle.loads(pickle.dumps(InstrumentedList([1, 2]))) == [1, 2]
    assert InstrumentedList([3])._owner is None
    other = User()
    assert type(other.posts) is InstrumentedList
    post = Post()
    other.posts.append(post)
    assert post.user is other
    other.posts.remove(post)
    assert post.user is None


def test_owners_go() -> None:
    user = User()
    posts, gone = user.posts, weakref.ref(user)
    del user
    gc.collect()
    assert gone() is None
    posts.append(Post())
    assert len(posts) == 1


def test_what_an_attribute_says_is_checked() -> None:
    attribute: Any = User.posts
    assert User().posts == []  # it says so now
    said = attribute._collection
    assert said[0] is InstrumentedList
    try:
        for wrong in (None, 5, (), (list, said[1]), (5, 5), (int, 1, 2)):
            attribute._collection = wrong
            assert type(User().posts) is InstrumentedList
    finally:
        attribute._collection = said


@pytest.mark.parametrize("load", [joinedload, selectinload])
async def test_kinds(session: AsyncSession, load: Any) -> None:
    options = [load(each) for each in (User.posts, User.marks, User.notes)]
    statement = select(User).options(*options).order_by(User.id)
    before = Own.made
    one, two = (await session.scalars(statement)).unique().all()
    assert (ids(one.posts), ids(one.marks), ids(one.notes)) == (
        POSTS,
        MARKS,
        NOTES,
    )
    assert (two.posts, two.marks, two.notes) == ([], [], set())
    assert Own.made >= before + 2
    assert isinstance(one.marks, Own)
    assert one.posts._owner() is one
    assert two.posts._owner() is two


@pytest.mark.parametrize("known", [[], [1], [2], [3], [1, 3], [1, 2, 3]])
async def test_rows_that_repeat(
    session: AsyncSession, known: list[int]
) -> None:
    held = [await session.get(Post, each) for each in known]
    other = aliased(Mark)
    statement = (
        select(User)
        .join(User.posts)
        .join(other, text("true"))
        .options(contains_eager(User.posts))
        .order_by(other.id, Post.id)
    )
    rows = (await session.execute(statement)).unique().all()
    assert [[each.id for each in user.posts] for (user,) in rows] == [POSTS]
    assert len(held) == len(known)


async def test_rows_that_repeat_each_child(session: AsyncSession) -> None:
    statement = (
        select(User)
        .join(User.posts)
        .join(Mark, text("true"))
        .options(contains_eager(User.posts))
        .order_by(Post.id, Mark.id)
    )
    (user,) = (await session.scalars(statement)).unique().all()
    assert [each.id for each in user.posts] == POSTS


async def test_parents_by_turns(session: AsyncSession) -> None:
    await session.execute(
        Post.__table__.insert(),
        [{"id": each, "user_id": 2} for each in (4, 5, 6)],
    )
    statement = (
        select(User)
        .join(User.posts)
        .join(Mark, text("true"))
        .options(contains_eager(User.posts))
        .order_by(Mark.id, Post.id % 3, Post.id)
    )
    users = (await session.scalars(statement)).unique().all()
    assert {each.id: ids(each.posts) for each in users} == {
        1: POSTS,
        2: [4, 5, 6],
    }


async def rows_of(session: AsyncSession) -> list[Any]:
    statement = select(Post.user_id, Post).order_by(Post.id)
    return list((await session.execute(statement)).all())


async def test_distributing(session: AsyncSession) -> None:
    rows = await rows_of(session)
    users: Any = (await session.scalars(select(User))).all()
    _core.distribute(list(users), User.posts, (), rows, False)
    assert [ids(each.posts) for each in users] == [POSTS, []]
    posts = users[0].posts
    _core.distribute(list(users), User.posts, (), [], False)
    assert users[0].posts is posts
    _core.distribute(list(users), User.posts, (), rows[:1], True)
    assert (users[0].posts is posts, ids(users[0].posts)) == (False, [1])


async def test_instances_with_one_key(session: AsyncSession) -> None:
    rows = await rows_of(session)
    user: Any = await session.get(User, 1)
    one: Any = await session.get(User, 2)
    _core.distribute([user, one, user, user], User.posts, (), rows, False)
    assert (ids(user.posts), ids(one.posts)) == (POSTS, [])


async def test_distributing_what_is_no_row(session: AsyncSession) -> None:
    rows: Any = [*(await rows_of(session)), 5]
    users: Any = list((await session.scalars(select(User))).all())
    with pytest.raises(TypeError, match="no row"):
        _core.distribute(users, User.posts, (), rows, False)
    assert all("posts" in each._sac_unloaded for each in users)
    with pytest.raises(TypeError, match="no instance"):
        _core.distribute([*users, 5], User.posts, (), [], False)
    assert all("posts" in each._sac_unloaded for each in users)
    empty = _core.InstrumentedAttribute.__new__(_core.InstrumentedAttribute)
    with pytest.raises(TypeError, match="no mapped attribute"):
        _core.distribute(users, empty, (), [], False)


async def test_a_collection_that_fails(session: AsyncSession) -> None:
    rows = await rows_of(session)
    users: Any = list((await session.scalars(select(User))).all())
    attribute: Any = User.marks
    fails = property(lambda self: 1 / 0)
    try:
        Own.__init__, kept = fails, Own.__init__  # type: ignore[assignment,method-assign]
        with pytest.raises(ZeroDivisionError):
            _core.distribute(users, attribute, (), rows, False)
    finally:
        Own.__init__ = kept  # type: ignore[method-assign]
    assert all("marks" in each._sac_unloaded for each in users)
