"""Models and rows for the tests of queries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlactive_c import (
    ActiveRecordBaseModel,
    DBConnection,
    ForeignKey,
    Mapped,
    MetaData,
    mapped_column,
)
from sqlactive_c.ext.hybrid import hybrid_method, hybrid_property
from sqlactive_c.orm import relationship
from sqlactive_c.sql import insert

__all__ = ["Base", "Post", "Tag", "User", "blog"]


class Base(ActiveRecordBaseModel):
    __abstract__ = True
    metadata = MetaData()


class User(Base):
    __tablename__ = "blog_users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int]
    nick: Mapped[str | None] = mapped_column("nick_name")
    posts: Mapped[list[Post]] = relationship(
        lambda: Post, back_populates="user"
    )

    @hybrid_property
    def is_adult(self) -> Any:
        return self.age > 18

    @hybrid_method
    def older_than(self, other: Any) -> Any:
        return self.age > other.age


class Post(Base):
    __tablename__ = "blog_posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    rating: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("blog_users.id"))
    user: Mapped[User | None] = relationship(
        lambda: User, back_populates="posts"
    )
    tags: Mapped[list[Tag]] = relationship(lambda: Tag)


class Tag(Base):
    __tablename__ = "blog_tags"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("blog_posts.id"), primary_key=True
    )
    word: Mapped[str] = mapped_column(primary_key=True)


# Ada 17, Bob 30, Cy 45, Dee 30; posts 1 to 6 of 1, 1, 2, 3, 3 and nobody.
USERS = [("Ada", 17), ("Bob", 30), ("Cy", 45), ("Dee", 30)]
POSTS = [(1, 5), (1, 3), (2, 4), (3, 5), (3, 1), (None, 2)]


@asynccontextmanager
async def blog(url: str) -> AsyncIterator[DBConnection]:
    """The models on a database with a few rows."""
    conn = DBConnection(url)
    await conn.init_db(Base)
    async with conn.async_engine.begin() as connection:
        await connection.execute(
            insert(User),
            [
                {"id": at, "name": name, "age": age, "nick": name.lower()}
                for at, (name, age) in enumerate(USERS, 1)
            ],
        )
        await connection.execute(
            insert(Post),
            [
                {"id": at, "title": f"T{at}", "rating": rate, "user_id": user}
                for at, (user, rate) in enumerate(POSTS, 1)
            ],
        )
        await connection.execute(
            insert(Tag),
            [{"post_id": 1, "word": "b"}, {"post_id": 1, "word": "a"}],
        )
    try:
        yield conn
    finally:
        await conn.close(Base)
