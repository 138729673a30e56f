"""refresh(): the values of an instance read again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import AsyncEngine, event, exc, select, text
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    deferred,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlactive_c.schema import ForeignKey


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    bio: Mapped[str | None] = deferred(mapped_column())
    twice: Mapped[int] = column_property(id * 2)
    posts: Mapped[list[Post]] = relationship(order_by="Post.id")
    eager: Mapped[list[Post]] = relationship(
        lazy="joined", viewonly=True, order_by="Post.id"
    )


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(viewonly=True)


class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a"}  # noqa: RUF012


class Dog(Animal):
    __tablename__ = "dogs"
    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    bark: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "d"}  # noqa: RUF012


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all(
            [
                User(name="a", posts=[Post(title="x"), Post(title="y")]),
                Dog(bark="wuff"),
            ]
        )
        await session.commit()
        session.expunge_all()
        yield session


@pytest.fixture
def seen(engine: AsyncEngine) -> list[str]:
    statements: list[str] = []

    def note(conn: Any, cursor: Any, sql: str, *rest: Any) -> None:
        statements.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    return statements


async def test_one_statement(session: AsyncSession, seen: list[str]) -> None:
    user = await session.get_one(User, 1)
    seen.clear()
    await session.refresh(user)
    assert len(seen) == 1
    assert user.name == "a"
    assert user.twice == 2
    assert [each.title for each in user.eager] == ["x", "y"]
    assert "posts" in user._sac_unloaded


async def test_names_are_all_that_is_read(
    session: AsyncSession, seen: list[str]
) -> None:
    user = await session.get_one(User, 1)
    seen.clear()
    await session.refresh(user, ["name"])
    assert len(seen) == 1
    assert "posts" not in seen[0]
    seen.clear()
    await session.refresh(user, iter(["posts"]))
    assert user.posts[0].title == "x"
    assert "bio" in user._sac_unloaded
    await session.refresh(user, ["bio", "twice"])
    assert user.bio is None
    assert user.twice == 2


async def test_options_of_the_query_count_again(
    session: AsyncSession,
) -> None:
    query = select(User).options(
        selectinload(User.posts).joinedload(Post.user)
    )
    user = (await session.scalars(query)).unique().one()
    posts = list(user.posts)
    await session.execute(text("UPDATE posts SET title = title || '!'"))
    await session.refresh(user)
    assert user.posts == posts
    assert [each.title for each in posts] == ["x", "y"]
    assert user.posts[0].user is user
    post = user.posts[0]
    await session.refresh(post)
    assert post.title == "x!"
    assert post.user is user


async def test_names_leave_the_options_alone(session: AsyncSession) -> None:
    query = select(User).options(joinedload(User.posts))
    user = (await session.scalars(query)).unique().one()
    await session.refresh(user, ["name"])
    await session.refresh(user)
    assert len(user.posts) == 2


async def test_a_derived_class(session: AsyncSession) -> None:
    dog = await session.get_one(Animal, 1)
    assert isinstance(dog, Dog)
    await session.execute(text("UPDATE dogs SET bark = 'wau'"))
    await session.refresh(dog)
    assert dog.bark == "wau"
    await session.execute(text("UPDATE dogs SET bark = 'woof'"))
    await session.refresh(dog, ["bark"])
    assert dog.bark == "woof"


async def test_unknown_names(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    with pytest.raises(KeyError):
        await session.refresh(user, ["name", "nothing"])
    assert user.name == "a"


async def test_a_row_that_is_gone(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    await session.execute(text("DELETE FROM users"))
    with pytest.raises(exc.InvalidRequestError, match="Could not refresh"):
        await session.refresh(user)


async def test_not_persistent(session: AsyncSession) -> None:
    with pytest.raises(exc.InvalidRequestError, match="not persistent"):
        await session.refresh(User())


async def test_populate_existing_reads_at_once(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    await session.execute(text("UPDATE users SET name = 'new'"))
    await session.execute(
        select(User).execution_options(populate_existing=True)
    )
    assert user.name == "new"
