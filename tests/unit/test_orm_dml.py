"""UPDATE and DELETE of mapped classes: the session's instances follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import (
    AsyncEngine,
    bindparam,
    delete,
    event,
    exc,
    func,
    insert,
    select,
    text,
    update,
)
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    mapped_column,
    relationship,
    with_loader_criteria,
)
from sqlactive_c.orm.exc import StaleDataError
from sqlactive_c.orm.session.evaluator import (
    UNKNOWN,
    UnevaluatableError,
    evaluator,
)
from sqlactive_c.schema import ForeignKey


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column("user_id", primary_key=True)
    name: Mapped[str | None] = mapped_column("user_name")
    age: Mapped[int | None]
    stamp: Mapped[int | None] = mapped_column(onupdate=func.abs(-5))
    posts: Mapped[list[Post]] = relationship()


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))


class Pair(Base):
    __tablename__ = "pairs"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a"}  # noqa: RUF012


class Cat(Animal):
    lives: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "c"}  # noqa: RUF012


class Dog(Animal):
    __tablename__ = "dogs"
    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    bark: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "d"}  # noqa: RUF012


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def seen(engine: AsyncEngine) -> list[str]:
    statements: list[str] = []

    def note(conn: Any, cursor: Any, sql: str, *rest: Any) -> None:
        statements.append(sql.split()[0])

    event.listen(engine, "before_cursor_execute", note)
    return statements


async def users(session: AsyncSession, count: int = 3) -> list[User]:
    made = [User(name=name, age=at) for at, name in enumerate("abcdef")]
    session.add_all(made[:count])
    await session.commit()
    return made[:count]


FETCH: dict[str, Any] = {"synchronize_session": "fetch"}


async def test_one_statement_by_either_way(
    session: AsyncSession, seen: list[str]
) -> None:
    a, b, c = await users(session)
    seen.clear()
    await session.execute(update(User).where(User.age > 0).values(age=9))
    result = await session.execute(
        update(User).where(func.lower(User.name) == "a").values(age=8)
    )
    assert seen == ["UPDATE", "UPDATE"]
    assert (a.age, b.age, c.age) == (8, 9, 9)
    assert result.rowcount == 1
    assert not result.returns_rows
    with pytest.raises(exc.ResourceClosedError):
        result.all()


async def test_nothing_to_follow_costs_nothing(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlactive_c.orm.session import dml

    def refuse(*args: Any) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(dml, "follow_dml", refuse)
    await session.execute(update(User).values(age=9))
    await session.execute(delete(User))


async def test_tables_concern_nobody(session: AsyncSession) -> None:
    (user,) = await users(session, 1)
    await session.execute(update(User.__table__).values(user_name="new"))
    assert user.name == "a"
    await session.execute(delete(User.__table__))
    assert user in session


async def test_a_function_is_read_again(session: AsyncSession) -> None:
    (user,) = await users(session, 1)
    await session.execute(update(User).values(name=func.upper(User.name)))
    assert "name" in user._sac_unloaded
    assert "stamp" in user._sac_unloaded or user.stamp is None
    await session.refresh(user, ["name", "stamp"])
    assert (user.name, user.stamp) == ("A", 5)


async def test_values_swap(session: AsyncSession) -> None:
    pair = Pair(a=1, b=2, name="x")
    user = User(name="a", age=1)
    session.add_all([pair, user])
    await session.commit()
    await session.execute(
        update(User).values(age=User.age + 1, name=User.name + "!")
    )
    assert (user.age, user.name) == (2, "a!")


@pytest.mark.parametrize("how", ["auto", "fetch"])
async def test_an_update_from_another_table(
    session: AsyncSession, how: str
) -> None:
    a, b = await users(session, 2)
    session.add(Post(title="t", user_id=2))
    await session.flush()
    await session.execute(
        update(User).where(User.id == Post.user_id).values(name=Post.title),
        execution_options={"synchronize_session": how},
    )
    assert a.name == "a"
    assert "name" in b._sac_unloaded
    await session.refresh(b)
    assert b.name == "t"


async def test_a_subquery(session: AsyncSession) -> None:
    a, b = await users(session, 2)
    session.add(Post(title="t", user_id=2))
    await session.flush()
    wanted = select(Post.user_id).where(Post.title == "t")
    await session.execute(
        update(User).where(User.id.in_(wanted)).values(name="new")
    )
    assert (a.name, b.name) == ("a", "new")
    await session.execute(delete(User).where(~User.posts.any()))
    assert a not in session
    assert b in session


async def test_parameters_in_the_condition(session: AsyncSession) -> None:
    a, b = await users(session, 2)
    statement = update(User).where(User.name == bindparam("who"))
    await session.execute(statement.values(age=40), {"who": "b"})
    assert (a.age, b.age) == (0, 40)
    await session.execute(
        statement.values(age=50).execution_options(**FETCH), {"who": "a"}
    )
    assert (a.age, b.age) == (50, 40)


async def test_returning_and_fetch(session: AsyncSession) -> None:
    a, b = await users(session, 2)
    statement = update(User).values(age=User.age + 10).returning(User.age)
    found = await session.scalars(statement, execution_options=FETCH)
    assert sorted(found) == [10, 11]
    assert (a.age, b.age) == (10, 11)
    found = await session.scalars(
        delete(User).where(User.age == 10).returning(User.name),
        execution_options=FETCH,
    )
    assert found.all() == ["a"]
    assert a not in session
    assert b in session


async def test_composite_keys(session: AsyncSession) -> None:
    pairs = [Pair(a=1, b=at, name="x") for at in range(3)]
    session.add_all(pairs)
    await session.commit()
    statement = delete(Pair).where(func.abs(Pair.b) > 0)
    await session.execute(statement)
    assert [each in session for each in pairs] == [True, False, False]
    await session.rollback()
    assert [each in session for each in pairs] == [True, True, True]
    for each in pairs:
        await session.refresh(each)
    await session.execute(
        update(Pair),
        [{"a": 1, "b": 1, "name": "y"}, {"a": 1, "b": 2, "name": "z"}],
    )
    assert [each.name for each in pairs[1:]] == ["y", "z"]


async def test_one_class_of_a_table(session: AsyncSession) -> None:
    cat, animal = Cat(name="c", lives=9), Animal(name="a")
    session.add_all([cat, animal])
    await session.commit()
    for options in ({}, FETCH):
        await session.execute(
            update(Cat).values(name="new"), execution_options=options
        )
        assert (cat.name, animal.name) == ("new", "a")
        cat.name = "c"
        await session.flush()
    await session.execute(delete(Cat))
    assert cat not in session
    assert animal in session


async def test_a_joined_class(session: AsyncSession) -> None:
    dogs = [Dog(name="x", bark=each) for each in ("wau", "wuff")]
    session.add_all(dogs)
    await session.commit()
    await session.execute(
        update(Dog).where(Dog.bark == "wau").values(bark="woof")
    )
    assert [each.bark for each in dogs] == ["woof", "wuff"]
    await session.execute(
        update(Dog).where(func.length(Dog.bark) > 0).values(bark="?")
    )
    assert [each.bark for each in dogs] == ["?", "?"]


async def test_a_deleted_one_is_as_if_it_was_flushed(
    session: AsyncSession,
) -> None:
    a, b = await users(session, 2)
    await session.execute(delete(User).where(User.id == 1))
    assert a._sac_state == "deleted"
    nested = await session.begin_nested()
    await session.execute(delete(User))
    assert b not in session
    await nested.rollback()
    assert b in session
    assert a not in session
    await session.commit()
    assert await session.get(User, 1) is None


async def test_criteria_of_options(session: AsyncSession) -> None:
    a, b = await users(session, 2)
    statement = (
        update(User)
        .values(name="new")
        .options(with_loader_criteria(User, User.age == 1))
    )
    await session.execute(statement)
    rows = await session.execute(select(User.name).order_by(User.id))
    assert [name for (name,) in rows] == [a.name, b.name]


async def test_missing_rows(session: AsyncSession) -> None:
    await users(session, 2)
    sets = [{"id": 1, "age": 5}, {"id": 7, "age": 6}]
    with pytest.raises(StaleDataError, match="2"):
        await session.execute(update(User), sets)


async def test_instances_of_an_insert_in_order(session: AsyncSession) -> None:
    sets = [{"id": 900 - at, "name": str(at)} for at in range(700)]
    found = await session.scalars(insert(User).returning(User), sets)
    made = found.all()
    assert [each.name for each in made] == [str(at) for at in range(700)]
    assert all(each in session for each in made[:5])


async def test_the_flush_comes_first(session: AsyncSession) -> None:
    (user,) = await users(session, 1)
    user.age = 30
    await session.execute(update(User).where(User.age == 30).values(age=31))
    assert user.age == 31
    assert user not in session.dirty
    user.age = 40
    await session.execute(
        update(User).where(User.id == 1).values(name="new"),
        execution_options={"autoflush": False},
    )
    assert (user.age, user.name) == (40, "new")
    assert user in session.dirty


async def test_refresh_is_told(session: AsyncSession) -> None:
    (user,) = await users(session, 1)
    told: list[Any] = []

    def refreshed(target: Any, context: Any, names: Any) -> None:
        told.append((target, set(names)))

    event.listen(User, "refresh", refreshed)
    await session.execute(update(User).values(name="new"))
    event.remove(User, "refresh", refreshed)
    assert told == [(user, {"name"})]


async def test_scalar_and_scalars(session: AsyncSession) -> None:
    await users(session, 2)
    statement = update(User).values(age=7).returning(User.age)
    assert await session.scalar(statement) == 7
    assert (await session.scalars(statement)).all() == [7, 7]


async def test_not_awaited_nothing_happens(session: AsyncSession) -> None:
    (user,) = await users(session, 1)
    with pytest.warns(RuntimeWarning, match="never awaited"):
        session.execute(update(User).values(name="new"))
    assert user.name == "a"
    assert await session.scalar(text("SELECT user_name FROM users")) == "a"


# -- the evaluator ------------------------------------------------------------


def evaluated(condition: Any, **values: Any) -> Any:
    user = User(**values)
    return evaluator(User.__mapper__, (condition,), {})(user)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (User.age == 1, True),
        (User.age == None, False),  # noqa: E711
        (User.name.is_(None), True),
        (User.name == "x", None),
        (User.name.in_(["x"]), None),
        (User.age.in_([2, None]), None),
        (User.age.not_in([2, None]), None),
        (User.age.not_in([2]), True),
        ((User.name == "x") | (User.age == 1), True),
        ((User.name == "x") & (User.age == 1), None),
        ((User.name == "x") & (User.age == 2), False),
        (~((User.name == "x") & (User.age == 1)), None),
        (User.age / 2 == 0.5, True),
        (User.age - 1 == 0, True),
        (User.stamp > 1, UNKNOWN),
        ((User.stamp > 1) & (User.age == 2), False),
        ((User.stamp > 1) | (User.age == 1), True),
        (User.__table__.c.user_id == 5, UNKNOWN),
    ],
)
def test_three_values(condition: Any, expected: Any) -> None:
    assert evaluated(condition, age=1, name=None) is expected


def test_like_knows_no_case() -> None:
    assert evaluated(User.name.startswith("AB"), name="abc") is True
    assert evaluated(User.name.endswith("É"), name="é") is False


@pytest.mark.parametrize(
    "condition",
    [
        func.lower(User.name) == "x",
        User.name.like("x%"),
        Post.title == "x",
        aliased(User).age == 1,
        User.posts.any(),
        User.name + User.age == "x",
        -User.age == 1,
        User.name.startswith("x", autoescape=True),
        text("1 = 1"),
    ],
)
def test_what_only_the_database_can_tell(condition: Any) -> None:
    with pytest.raises(UnevaluatableError):
        evaluated(condition, age=1)
