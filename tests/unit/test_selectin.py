"""Relationships that a statement loads by further queries."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import Column, ForeignKey, Table, event, select, text
from sqlactive_c.exc import OperationalError, SAWarning
from sqlactive_c.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


marks = Table(
    "marks",
    Base.metadata,
    Column("user_id", ForeignKey("users.id")),
    Column("tag_id", ForeignKey("tags.id")),
)


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(
        back_populates="user", order_by="Post.id"
    )
    tags: Mapped[set[Tag]] = relationship(secondary=marks, lazy="selectin")
    last: Mapped[Post | None] = relationship(uselist=False, viewonly=True)


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="posts")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)


MANY = 1100


@pytest.fixture
async def engine() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine("sqlite:///:memory:")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            User.__table__.insert(), [{"id": at} for at in range(1, MANY + 1)]
        )
        await connection.execute(
            Post.__table__.insert(),
            [{"id": at, "user_id": (at + 1) // 2} for at in range(1, MANY)],
        )
        await connection.execute(Tag.__table__.insert(), [{"id": 1}])
        await connection.execute(
            marks.insert(), [{"user_id": 1, "tag_id": 1}] * 2
        )
    yield engine
    await engine.dispose()


def counting(engine: AsyncEngine) -> list[str]:
    seen: list[str] = []

    def before(*args: Any) -> None:
        seen.append(args[2])

    event.listen(engine, "before_cursor_execute", before)
    return seen


POSTS = select(User).options(selectinload(User.posts)).order_by(User.id)


async def test_keys_go_in_chunks(engine: AsyncEngine) -> None:
    seen = counting(engine)
    async with AsyncSession(engine) as session:
        users = (await session.scalars(POSTS)).all()
        assert len(seen) == 1 + 3 + 3  # the posts, and the tags
        assert [len(each.posts) for each in users[:2]] == [2, 2]
        assert users[-1].posts == []
        assert [each.id for each in users[0].tags] == [1]


async def test_what_is_loaded_stays(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        query = POSTS.where(User.id == 1)
        user = await session.scalar(query)
        assert user is not None
        user.posts.pop()
        seen = counting(engine)
        with session.no_autoflush:
            assert (await session.scalars(query)).one() is user
        assert len(seen) == 1
        assert len(user.posts) == 1


async def test_each_form_of_a_result(engine: AsyncEngine) -> None:
    query = POSTS.where(User.id < 3)
    async with AsyncSession(engine) as session:
        result = await session.execute(query)
        assert [len(row.User.posts) for row in result] == [2, 2]
        session.expunge_all()
        user = await session.scalar(query)
        assert user is not None
        assert len(user.posts) == 2
        session.expunge_all()
        user = (await session.scalars(query)).first()
        assert user is not None
        assert len(user.posts) == 2


async def test_streams_load_by_batch(engine: AsyncEngine) -> None:
    seen = counting(engine)
    query = POSTS.where(User.id <= 5).execution_options(yield_per=2)
    async with AsyncSession(engine) as session:
        result = await session.stream_scalars(query)
        sizes = []
        async for users in result.partitions():
            sizes.append([len(each.posts) for each in users])
        assert sizes == [[2, 2], [2, 2], [2]]
        session.expunge_all()
        result = await session.stream_scalars(query)
        assert [len(each.posts) async for each in result] == [2] * 5
    assert sum("FROM posts" in each for each in seen) >= 2


async def test_get(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        user = await session.get(User, 1)
        assert user is not None
        assert [each.id for each in user.tags] == [1]


async def test_without_a_session_nothing_is_loaded(
    engine: AsyncEngine,
) -> None:
    seen = counting(engine)
    async with engine.connect() as connection:
        await connection.execute(POSTS)
    assert len(seen) == 1


async def test_several_where_one_is_expected(engine: AsyncEngine) -> None:
    query = select(User).options(selectinload(User.last)).where(User.id == 1)
    async with AsyncSession(engine) as session:
        with pytest.warns(SAWarning, match=r"uselist=False.*User\.last"):
            user = await session.scalar(query)
        assert user is not None
        assert user.last is not None


async def test_populate_existing(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        query = POSTS.where(User.id == 1)
        user = await session.scalar(query)
        assert user is not None
        await session.execute(text("DELETE FROM posts WHERE id = 1"))
        await session.scalar(
            query, execution_options={"populate_existing": True}
        )
        assert [each.id for each in user.posts] == [2]


async def test_a_query_that_fails(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(text("DROP TABLE marks"))
        with pytest.raises(OperationalError, match="marks"):
            await session.execute(POSTS)


async def test_nothing_is_kept(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        user = await session.scalar(POSTS.where(User.id == 1))
        assert user is not None
        gone = weakref.ref(user.posts[0])
        assert gone() is not None
        del user
        gc.collect()
        assert gone() is None


async def test_never_awaited_warns_once(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            session.execute(POSTS)
        assert len(caught) == 1
