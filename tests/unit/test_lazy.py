"""Reading what was not loaded with the instance."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from sqlactive_c import ForeignKey, event, select, text
from sqlactive_c.exc import (
    ArgumentError,
    InvalidRequestError,
    MissingGreenlet,
)
from sqlactive_c.ext.asyncio import (
    AsyncAttrs,
    AsyncEngine,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    defer,
    lazyload,
    mapped_column,
    raiseload,
    relationship,
    selectinload,
)
from sqlactive_c.orm.exc import DetachedInstanceError, ObjectDeletedError
from sqlactive_c.orm.loading.lazy import load_relation


class Base(AsyncAttrs, DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list[Post]] = relationship(
        back_populates="user", order_by="Post.id"
    )


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="posts")


class Plain(DeclarativeBase):
    metadata = Base.metadata


class Member(Plain):
    """A user; its base has no AsyncAttrs, but a session like Active Record."""

    __table__ = User.__table__
    _session: ClassVar[Any] = None

    posts: Mapped[list[Letter]] = relationship(
        back_populates="user", order_by="Letter.id"
    )


class Letter(Plain):
    __table__ = Post.__table__
    _session: ClassVar[Any] = None

    user: Mapped[Member | None] = relationship(back_populates="posts")


@pytest.fixture
def with_session(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
        made = async_sessionmaker(engine, expire_on_commit=False)
        scoped = async_scoped_session(made, scopefunc=lambda: 1)
        monkeypatch.setattr(Member, "_session", scoped)
        monkeypatch.setattr(Letter, "_session", scoped)
        return made

    return give


async def filled(**options: Any) -> AsyncEngine:
    engine = create_async_engine("sqlite:///:memory:", **options)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            User.__table__.insert(),
            [{"id": at, "name": f"u{at}"} for at in range(1, 5)],
        )
        await connection.execute(
            Post.__table__.insert(),
            [
                {"id": at, "title": f"p{at}", "user_id": at % 4 or None}
                for at in range(1, 9)
            ],
        )
    return engine


class Count:
    """Statements that an engine has executed since it was asked last."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.statements: list[str] = []
        event.listen(engine, "before_cursor_execute", self._seen)

    def _seen(self, *args: Any) -> None:
        self.statements.append(args[2])

    def __call__(self) -> int:
        found = len(self.statements)
        self.statements.clear()
        return found


@pytest.fixture
async def engine() -> AsyncIterator[AsyncEngine]:
    made = await filled()
    yield made
    await made.dispose()


@pytest.fixture
async def inline() -> AsyncIterator[AsyncEngine]:
    made = await filled(lazy_loading="inline")
    yield made
    await made.dispose()


# -- without inline loading ---------------------------------------------------


async def test_an_unloaded_relation_is_refused(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        user = await session.get(User, 1)
        assert user is not None
        with pytest.raises(
            MissingGreenlet, match=r"User\.posts.*selectinload\(User\.posts\)"
        ):
            _ = user.posts


async def test_what_is_in_the_identity_map_needs_no_query(
    engine: AsyncEngine,
) -> None:
    count = Count(engine)
    async with AsyncSession(engine) as session:
        user = await session.get(User, 1)
        post = await session.get(Post, 1)
        nobody = await session.get(Post, 4)
        assert post is not None
        assert nobody is not None
        assert count() == 3
        assert post.user is user
        assert nobody.user is None
        assert count() == 0


async def test_awaitable_attributes(engine: AsyncEngine) -> None:
    count = Count(engine)
    async with AsyncSession(engine) as session:
        user = await session.get(User, 1)
        assert user is not None
        posts = await user.awaitable_attrs.posts
        assert [each.id for each in posts] == [1, 5]
        assert count() == 2
        assert await user.awaitable_attrs.posts is posts is user.posts
        assert await user.awaitable_attrs.name == "u1"
        assert count() == 0
        post = await session.get(Post, 2)
        assert post is not None
        assert (await post.awaitable_attrs.user).name == "u2"


async def test_awaitable_attributes_of_any_model(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        user: Any = await session.get(Member, 1)
        assert [e.id for e in await user.awaitable_attrs.posts] == [1, 5]
        session.expire(user)
        assert await user.awaitable_attrs.name == "u1"
        query = select(Member).options(defer(Member.name))
        user = (await session.scalars(query.where(Member.id == 2))).one()
        assert user._sac_unloaded >= {"name"}
        assert await user.awaitable_attrs.name == "u2"
    with pytest.raises(DetachedInstanceError, match="not bound"):
        await user.awaitable_attrs.posts
    assert await user.awaitable_attrs.name == "u2"


def test_a_model_may_have_its_own_awaitable_attrs() -> None:
    class Own(DeclarativeBase):
        pass

    class Column(Own):
        __tablename__ = "column"
        id: Mapped[int] = mapped_column(primary_key=True)
        awaitable_attrs: Mapped[str]

    class Method(Own):
        __tablename__ = "method"
        id: Mapped[int] = mapped_column(primary_key=True)

        def awaitable_attrs(self) -> str:
            return "mine"

    assert Column(awaitable_attrs="text").awaitable_attrs == "text"
    assert Method().awaitable_attrs() == "mine"


async def test_expired_attributes(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        user = await session.get(User, 1)
        assert user is not None
        session.expire(user)
        with pytest.raises(MissingGreenlet, match=r"User\.name is expired"):
            _ = user.name
        assert await user.awaitable_attrs.name == "u1"
        assert user.name == "u1"


async def test_a_row_that_is_gone(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        user = await session.get(User, 4)
        assert user is not None
        session.expire(user)
        await session.execute(text("DELETE FROM users WHERE id = 4"))
        with pytest.raises(ObjectDeletedError):
            await user.awaitable_attrs.name


async def test_raiseload(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        query = select(User).options(raiseload(User.posts))
        user = (await session.scalars(query)).first()
        assert user is not None
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = user.posts
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            await user.awaitable_attrs.posts


async def test_options_go_on_with_later_queries(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        query = select(User).options(
            lazyload(User.posts).options(defer(Post.title))
        )
        user = (await session.scalars(query)).first()
        assert user is not None
        (first, *_) = await user.awaitable_attrs.posts
        assert first._sac_unloaded >= {"title"}
        assert await first.awaitable_attrs.title == "p1"


async def test_many_at_once(engine: AsyncEngine) -> None:
    count = Count(engine)
    async with AsyncSession(engine) as session:
        users = (await session.scalars(select(User))).all()
        posts = (await session.scalars(select(Post))).all()
        count()
        await load_relation(session, users, User.posts)
        assert count() == 1
        assert [len(each.posts) for each in users] == [2, 2, 2, 0]
        await load_relation(session, posts, Post.user)
        assert count() == 0
        assert posts[0].user is users[0]


# -- inline loading -----------------------------------------------------------


async def test_the_option_has_two_values() -> None:
    with pytest.raises(ArgumentError, match="lazy_loading"):
        create_async_engine("sqlite://", lazy_loading="always")


async def test_inline_loads_for_the_whole_cohort(inline: AsyncEngine) -> None:
    count = Count(inline)
    async with AsyncSession(inline) as session:
        users = (await session.scalars(select(User))).all()
        count()
        assert [len(each.posts) for each in users] == [2, 2, 2, 0]
        assert count() == 1


async def test_inline_references(inline: AsyncEngine) -> None:
    count = Count(inline)
    async with AsyncSession(inline) as session:
        posts = (await session.scalars(select(Post))).all()
        count()
        names = [each.user and each.user.name for each in posts]
        assert names == ["u1", "u2", "u3", None] * 2
        assert count() == 1


async def test_inline_knows_the_cohort_of_further_queries(
    inline: AsyncEngine,
) -> None:
    count = Count(inline)
    async with AsyncSession(inline) as session:
        query = select(Post).options(selectinload(Post.user))
        posts = (await session.scalars(query)).all()
        count()
        assert [len(p.user.posts) for p in posts if p.user] == [2] * 6
        assert count() == 1


async def test_inline_expired_attributes(inline: AsyncEngine) -> None:
    async with AsyncSession(inline) as session:
        user = (await session.scalars(select(User))).first()
        assert user is not None
        session.expire(user)
        assert user.name == "u1"


async def test_inline_without_a_session(inline: AsyncEngine) -> None:
    async with AsyncSession(inline) as session:
        users = (await session.scalars(select(User))).all()
    with pytest.raises(DetachedInstanceError, match="not bound"):
        _ = users[0].posts


async def test_inline_detached_collections(
    inline: AsyncEngine, with_session: Any
) -> None:
    count = Count(inline)
    async with with_session(inline)() as session:
        users = (await session.scalars(select(Member))).all()
    assert users[0]._sac_session is None
    count()
    assert [len(each.posts) for each in users] == [2, 2, 2, 0]
    assert count() == 1
    assert [each.title for each in users[0].posts] == ["p1", "p5"]


async def test_inline_detached_leaves_no_transaction(
    inline: AsyncEngine, with_session: Any
) -> None:
    async with with_session(inline)() as session:
        users = (await session.scalars(select(Member))).all()
    count = Count(inline)
    assert len(users[0].posts) == 2
    assert not Member._session.in_transaction()
    assert users[0].posts[0]._sac_session is None
    assert users[0].posts[0].user is users[0]
    assert users[1].posts[0].user is users[1]
    assert count() == 1


async def test_inline_detached_within_a_transaction(
    inline: AsyncEngine, with_session: Any
) -> None:
    async with with_session(inline)() as session:
        user = (await session.scalars(select(Member))).first()
    async with Member._session() as session:
        session.add(Letter(user_id=user.id, title="new"))
        await session.flush()
        assert [each.title for each in user.posts] == ["p1", "p5", "new"]
        assert all(each in session for each in user.posts)


async def test_inline_detached_references(
    inline: AsyncEngine, with_session: Any
) -> None:
    count = Count(inline)
    async with with_session(inline)() as session:
        posts = (await session.scalars(select(Letter))).all()
    count()
    names = [each.user and each.user.name for each in posts]
    assert names == ["u1", "u2", "u3", None] * 2
    assert count() == 1


async def test_inline_detached_columns(
    inline: AsyncEngine, with_session: Any
) -> None:
    async with with_session(inline)() as session:
        query = select(Member).options(defer(Member.name))
        users = (await session.scalars(query)).all()
    assert users[1].name == "u2"


async def test_detached_without_the_option(
    engine: AsyncEngine, with_session: Any
) -> None:
    async with with_session(engine)() as session:
        users = (await session.scalars(select(Member))).all()
    with pytest.raises(DetachedInstanceError, match="posts"):
        _ = users[0].posts


async def test_a_cohort_keeps_nobody_alive(inline: AsyncEngine) -> None:
    async with AsyncSession(inline) as session:
        users = list((await session.scalars(select(User))).all())
        last = users.pop()
        del users
        assert len(session.identity_map) == 1
        assert last.posts == []
