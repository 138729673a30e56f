"""Collections that are only written to."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import ForeignKey, inspect, select
from sqlactive_c.exc import InvalidRequestError, StatementError
from sqlactive_c.ext.asyncio import (
    AsyncAttrs,
    AsyncSession,
    create_async_engine,
)
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    WriteOnlyCollection,
    WriteOnlyMapped,
    immediateload,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
    validates,
)


class Base(AsyncAttrs, DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    posts: WriteOnlyMapped[Post] = relationship(
        lambda: Post,
        back_populates="user",
        order_by="Post.id",
        passive_deletes=True,
    )
    cards: WriteOnlyMapped[Card] = relationship(lambda: Card)

    @validates("cards")
    def no_sevens(self, key: str, card: Card) -> Card:
        if card.id == 7:
            raise ValueError(key)
        return card


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="posts")


class Card(Base):
    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """A session with one user and two posts in the database."""
    engine = create_async_engine("sqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as made:
        made.add(User(id=1, posts=[Post(id=1), Post(id=2)]))
        await made.commit()
        made.expunge_all()
        yield made
    await engine.dispose()


async def owners(session: AsyncSession) -> dict[int, int | None]:
    query = select(Post.id, Post.user_id)
    return {each.id: each.user_id for each in await session.execute(query)}


def test_annotation_and_argument_say_the_same() -> None:
    assert User.posts.property.lazy == "write_only"
    assert User.posts.property.uselist
    assert User.posts.property.written
    assert not Post.user.property.written
    assert isinstance(User().posts, WriteOnlyCollection)


def test_a_scalar_relationship_cannot_be_write_only() -> None:
    class Other(DeclarativeBase):
        pass

    class Parent(Other):
        __tablename__ = "parents"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Child(Other):
        __tablename__ = "children"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
        parent: Mapped[Parent] = relationship(Parent, lazy="write_only")

    with pytest.raises(InvalidRequestError, match=r"Child\.parent"):
        Child()


def test_a_collection_is_not_read() -> None:
    posts: Any = User().posts
    with pytest.raises(TypeError, match="select"):
        list(posts)
    with pytest.raises(TypeError):
        len(posts)


async def test_what_is_added_is_written(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    post = Post(id=3)
    user.posts.add(post)
    user.posts.add_all([Post(id=4), Post(id=5)])
    assert post.user is user
    assert len(session.new) == 3
    assert user in session.dirty
    found = await session.scalars(user.posts.select())
    assert [each.id for each in found] == [1, 2, 3, 4, 5]
    assert user not in session.dirty


async def test_what_is_removed_loses_its_owner(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    user.posts.remove(await session.get_one(Post, 1))
    await session.commit()
    assert await owners(session) == {1: None, 2: 1}


async def test_what_belongs_elsewhere_stays(session: AsyncSession) -> None:
    session.add(User(id=2))
    await session.commit()
    user = await session.get_one(User, 2)
    user.posts.remove(await session.get_one(Post, 1))
    fresh = User(id=3)
    fresh.posts.remove(await session.get_one(Post, 2))
    session.add(fresh)
    await session.commit()
    assert await owners(session) == {1: 1, 2: 1}


async def test_what_is_there_can_be_added(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    user.posts.add(await session.get_one(Post, 1))
    await session.commit()
    assert await owners(session) == {1: 1, 2: 1}


async def test_the_keys_are_read_when_it_is_executed(
    session: AsyncSession,
) -> None:
    user = User(posts=[Post(title="x")])
    session.add(user)
    query = user.posts.select()
    assert [each.title for each in await session.scalars(query)] == ["x"]
    with pytest.raises(StatementError, match=r"User\.id has no value"):
        await session.scalars(User().posts.select())


async def test_the_statements(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    await session.execute(
        user.posts.insert(), [{"id": 3, "title": "a"}, {"id": 4}]
    )
    await session.execute(user.posts.update().values(title="b"))
    await session.execute(user.posts.delete().where(Post.id == 4))
    await session.commit()
    found = await session.scalars(user.posts.select().where(Post.id > 1))
    assert [(each.id, each.title) for each in found] == [(2, "b"), (3, "b")]


async def test_replacing_needs_an_owner_without_a_row(
    session: AsyncSession,
) -> None:
    post = Post(id=3)
    user = User(id=2, posts=[post])
    user.posts = [Post(id=4)]  # type: ignore[assignment]
    assert post.user is None
    session.add(user)
    await session.commit()
    assert await owners(session) == {1: 1, 2: 1, 4: 2}
    with pytest.raises(InvalidRequestError, match="replaced"):
        user.posts = []  # type: ignore[assignment]


async def test_deleting_the_owner(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    await session.delete(user)
    with pytest.raises(InvalidRequestError, match=r"User\.cards"):
        await session.flush()
    await session.rollback()
    assert await session.get(User, 1) is user


async def test_a_rollback_forgets(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    user.posts.add(Post(id=3))
    await session.rollback()
    assert user not in session.dirty
    await session.commit()
    assert await owners(session) == {1: 1, 2: 1}


async def test_expiring_forgets(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    user.posts.add(Post(id=3))
    session.expire(user, ["posts"])
    assert not inspect(user).attrs.posts.history
    await session.refresh(user, ["posts"])


async def test_the_history(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    old, new = await session.get_one(Post, 1), Post(id=3)
    user.posts.add(new)
    user.posts.remove(old)
    history = inspect(user).attrs.posts.history
    assert history == ([new], [], [old])
    assert session.is_modified(user)


async def test_nothing_is_kept_after_the_insert(session: AsyncSession) -> None:
    user = User(id=2, posts=[Post(id=3)])
    session.add(user)
    await session.flush()
    assert "posts" in inspect(user).unloaded
    assert "posts" not in inspect(user).dict


async def test_a_merge_takes_changes_along(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    post = await session.get_one(Post, 1)
    session.expunge_all()
    user.posts.remove(post)
    user.posts.add(Post(id=3))
    await session.merge(user)
    await session.commit()
    assert await owners(session) == {1: None, 2: 1, 3: 1}


async def test_an_owner_brings_its_changes_along(
    session: AsyncSession,
) -> None:
    user = await session.get_one(User, 1)
    session.expunge(user)
    user.posts.add(Post(id=3))
    session.add(user)
    assert len(session.new) == 1
    await session.commit()
    assert await owners(session) == {1: 1, 2: 1, 3: 1}


@pytest.mark.parametrize(
    "load", [joinedload, selectinload, subqueryload, immediateload]
)
async def test_it_cannot_be_loaded(session: AsyncSession, load: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"User\.posts"):
        await session.scalars(select(User).options(load(User.posts)))


async def test_what_does_not_load_it_can_be_said(
    session: AsyncSession,
) -> None:
    query = select(User).options(lazyload(User.posts), lazyload("*"))
    user = (await session.scalars(query)).one()
    assert isinstance(user.posts, WriteOnlyCollection)
    found = await user.awaitable_attrs.posts
    assert isinstance(found, WriteOnlyCollection)


async def test_it_can_be_joined_and_asked_for(session: AsyncSession) -> None:
    query = select(User.id).join(User.posts).where(Post.id == 2)
    assert (await session.scalars(query)).all() == [1]
    query = select(User.id).where(User.posts.any(Post.id == 3))
    assert (await session.scalars(query)).all() == []


def test_validators_see_what_is_added() -> None:
    user = User()
    with pytest.raises(ValueError, match="cards"):
        user.cards.add(Card(id=7))
    assert not inspect(user).attrs.cards.history


def test_only_instances_of_the_class_are_added() -> None:
    with pytest.raises(Exception, match=r"User\.posts"):
        User().posts.add(Card())  # type: ignore[arg-type]


def test_deleting_the_attribute_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        del User().posts


async def test_a_pickle_has_what_was_added(session: AsyncSession) -> None:
    user = pickle.loads(pickle.dumps(User(id=2, posts=[Post(id=3)])))
    session.add(user)
    await session.commit()
    assert await owners(session) == {1: 1, 2: 1, 3: 2}
