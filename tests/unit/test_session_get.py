"""get() and get_one()."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from sqlactive_c import (
    AsyncEngine,
    _core,
    create_async_engine,
    exc,
    select,
    text,
)
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    load_only,
    mapped_column,
    relationship,
)
from sqlactive_c.schema import ForeignKey
from sqlactive_c.sql.ddl import create_table_sql
from sqlactive_c.types import String


class Base(DeclarativeBase):
    """Base of the classes."""


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int | None]
    posts: Mapped[list[Post]] = relationship()


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Pair(Base):
    __tablename__ = "pairs"
    a: Mapped[int] = mapped_column("first", primary_key=True)
    b: Mapped[str] = mapped_column("second", primary_key=True)
    name: Mapped[str | None]


class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__: ClassVar[dict[str, str]] = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "-",
    }


class Cat(Animal):
    __mapper_args__: ClassVar[dict[str, str]] = {"polymorphic_identity": "cat"}


class Dog(Animal):
    __mapper_args__: ClassVar[dict[str, str]] = {"polymorphic_identity": "dog"}


@pytest.fixture
async def made() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for sql in (
            "INSERT INTO users VALUES (1, 'a', 10), (2, 'b', NULL)",
            "INSERT INTO posts VALUES (1, 1), (2, 1), (3, 2)",
            "INSERT INTO pairs VALUES (1, 'x', 'one'), (2, 'x', 'two')",
            "INSERT INTO animals VALUES (1, 'cat'), (2, 'dog'), (3, '-')",
        ):
            await connection.execute(text(sql))
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(made: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(made) as session:
        yield session


def without_waiting(awaitable: Any) -> Any:
    """Return what an awaitable gives at once; it may wait for nothing."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


async def test_hit_and_miss(session: AsyncSession) -> None:
    assert not session.in_transaction()
    user = await session.get(User, 1)
    assert user is not None
    assert (user.id, user.name, user.age) == (1, "a", 10)
    assert session.in_transaction()
    await session.execute(text("DELETE FROM users"))
    assert without_waiting(session.get(User, 1)) is user
    assert without_waiting(session.get_one(User, (1,))) is user
    assert await session.get(User, 2) is None
    with pytest.raises(exc.NoResultFound):
        await session.get_one(User, 2)


async def test_identifiers(session: AsyncSession) -> None:
    pair = await session.get_one(Pair, (1, "x"))
    assert pair.name == "one"
    for ident in ([1, "x"], {"a": 1, "b": "x"}, {"b": "x", "a": 1}):
        assert await session.get(Pair, ident) is pair
    assert await session.get(Pair, (1, "y")) is None
    user = await session.get_one(User, {"id": 1})
    assert await session.get(User, "1") is user
    assert await session.get(User, 1.0) is user
    assert await session.get(User, True) is user
    assert await session.get(User.__mapper__, 1) is user
    assert await session.get(User, 2**70 % 2**62) is None


@pytest.mark.parametrize(
    ("entity", "ident"),
    [
        (User, (1, 2)),
        (User, ()),
        (User, {"name": "a"}),
        (User, {"id": 1, "name": "a"}),
        (Pair, 1),
        (Pair, "xy"),
        (Pair, (1,)),
        (Pair, {"a": 1}),
        (Pair, {"a": 1, "second": "x"}),
    ],
)
async def test_wrong_identifiers(
    session: AsyncSession, entity: Any, ident: Any
) -> None:
    with pytest.raises(exc.InvalidRequestError, match="primary key"):
        await session.get(entity, ident)


@pytest.mark.parametrize("entity", [None, 5, "User", int, object()])
async def test_no_entity(session: AsyncSession, entity: Any) -> None:
    with pytest.raises(exc.NoInspectionAvailable):
        await session.get(entity, 1)


async def test_no_key_at_all(session: AsyncSession) -> None:
    for ident in (None, (None,), {"id": None}):
        with pytest.warns(exc.SAWarning, match="None"):
            assert await session.get(User, ident) is None
    assert await session.get(Pair, (1, None)) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(exc.SAWarning):
            await session.get(User, None)
    with (
        pytest.warns(exc.SAWarning),
        pytest.raises(exc.NoResultFound),
    ):
        await session.get_one(User, None)


async def test_keys_that_cannot_be_hashed(session: AsyncSession) -> None:
    pair = await session.get_one(Pair, (1, "x"))
    with pytest.raises(TypeError):
        await session.get(Pair, (1, []))
    assert pair in session


async def test_hierarchies(session: AsyncSession) -> None:
    cat = await session.get(Animal, 1)
    assert type(cat) is Cat
    assert await session.get(Cat, 1) is cat
    assert await session.get(Dog, 1) is None
    assert await session.get(Cat, 2) is None
    dog = await session.get_one(Dog, 2)
    assert await session.get(Animal, 2) is dog
    assert type(await session.get(Animal, 3)) is Animal
    session.expire(dog)
    assert await session.get(Animal, 2) is dog
    assert dog.kind == "dog"


async def test_expired(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    await session.execute(text("UPDATE users SET name = 'z'"))
    session.expire(user)
    assert await session.get(User, 1) is user
    assert (user.name, user._sac_expired) == ("z", False)
    await session.commit()
    assert user._sac_expired
    assert (await session.get_one(User, 1)).name == "z"
    await session.execute(text("DELETE FROM users"))
    session.expire(user)
    assert await session.get(User, 1) is None
    assert user._sac_state == "deleted"
    await session.rollback()
    assert user in session
    assert await session.get(User, 1) is user


async def test_other_ways_to_load(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    await session.execute(text("UPDATE users SET age = 77"))
    assert await session.get(User, 1, options=[joinedload(User.posts)]) is user
    assert user.age == 10
    found = await session.get(User, 1, populate_existing=True)
    assert found is user
    assert user.age == 77
    await session.execute(text("UPDATE users SET age = 78"))
    await session.get(User, 1, with_for_update=True)
    assert user.age == 78
    session.expunge_all()
    user = await session.get_one(
        User, 1, options=[joinedload(User.posts)], identity_token=None
    )
    assert [post.id for post in user.posts] == [1, 2]
    other = await session.get_one(
        User,
        2,
        options=[load_only(User.name)],
        execution_options={"anything": 1},
    )
    assert other._sac_unloaded == {"age", "posts"}
    with pytest.raises(exc.NoResultFound):
        await session.get_one(User, 9, options=[load_only(User.name)])
    with pytest.raises(TypeError):
        await session.get(User)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        await session.get(User, 1, nothing=1)  # type: ignore[call-arg]


async def test_a_column_that_comes_later(session: AsyncSession) -> None:
    class Growing(Base):
        __tablename__ = "growing"
        id: Mapped[int] = mapped_column(primary_key=True)

    await session.execute(text("CREATE TABLE growing (id INTEGER, more TEXT)"))
    await session.execute(
        text("INSERT INTO growing VALUES (1, 'm'), (2, 'n')")
    )
    await session.get(Growing, 1)
    Growing.more = mapped_column(String)  # type: ignore[attr-defined]
    found = await session.get_one(Growing, 2)
    assert found.more == "n"  # type: ignore[attr-defined]


async def test_misses_flush(session: AsyncSession) -> None:
    user = User(name="c")
    session.add(user)
    with session.no_autoflush:
        assert await session.get(User, 3) is None
    assert await session.get(User, 3) is user
    user.name = "d"
    assert without_waiting(session.get(User, 3)) is user
    assert session.dirty
    await session.get(User, 99)
    assert not session.dirty


async def test_two_databases(made: AsyncEngine) -> None:
    """What is kept for a class serves every engine."""
    other = create_async_engine("sqlite+aiosqlite://")
    async with other.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(made) as one, AsyncSession(other) as two:
        for _ in range(2):
            assert await one.get(User, 1) is not None
            assert await two.get(User, 1) is None
            one.expunge_all()
    await other.dispose()


async def test_in_a_savepoint_of_a_connection(made: AsyncEngine) -> None:
    async with made.connect() as connection:
        await connection.begin()
        await connection.begin_nested()
        async with AsyncSession(connection) as session:
            assert (await session.get_one(User, 1)).name == "a"
        async with AsyncSession(connection) as session:
            session.add(User(name="x"))
            found = (await session.execute(select(User.name))).scalars()
            assert found.all() == ["a", "b", "x"]
            await session.rollback()
            assert await session.get(User, 3) is None


async def test_unbound() -> None:
    session = AsyncSession()
    with pytest.raises(exc.UnboundExecutionError):
        await session.get(User, 1)


async def test_without_a_loop() -> None:
    """A query that Python makes is driven, too."""
    url = "sqlite+aiosqlite://"

    async def use() -> list[int]:
        engine = create_async_engine(url)
        async with AsyncSession(engine) as session:
            for table in Base.metadata.sorted_tables:
                await session.execute(text(create_table_sql(table)))
            session.add(User(name="a", posts=[Post(), Post()]))
            await session.commit()
            session.expunge_all()
            user = await session.get_one(
                User, 1, options=[joinedload(User.posts)]
            )
            found = [post.id for post in user.posts]
        await engine.dispose()
        return found

    assert _core.drive(use()) == [1, 2]
