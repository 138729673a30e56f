"""INSERT and UPDATE of mapped classes: parameters are named by attributes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import AsyncEngine, bindparam, exc, insert, select, update
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column("person_id", primary_key=True)
    name: Mapped[str] = mapped_column("person_name")
    age: Mapped[int | None] = mapped_column("person_age", default=3)


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        yield session


async def rows(session: AsyncSession) -> list[tuple[Any, ...]]:
    statement = select(Person.id, Person.name, Person.age).order_by(Person.id)
    return [tuple(row) for row in await session.execute(statement)]


@pytest.mark.parametrize("name", ["name", "person_name"])
async def test_insert_one(session: AsyncSession, name: str) -> None:
    result = await session.execute(insert(Person), {name: "Ann"})
    assert result.inserted_primary_key == (1,)
    assert await rows(session) == [(1, "Ann", 3)]


async def test_insert_many(session: AsyncSession) -> None:
    result = await session.execute(
        insert(Person), [{"id": 4, "name": "Ann"}, {"id": 5, "name": "Bob"}]
    )
    assert [tuple(key) for key in result.inserted_primary_key_rows] == [
        (4,),
        (5,),
    ]
    assert await rows(session) == [(4, "Ann", 3), (5, "Bob", 3)]


async def test_insert_many_with_values_and_returning(
    session: AsyncSession,
) -> None:
    result = await session.execute(
        insert(Person).values(age=7).returning(Person.id, Person.name),
        [{"name": "Ann"}, {"name": "Bob"}],
    )
    assert [tuple(row) for row in result] == [(1, "Ann"), (2, "Bob")]
    assert await rows(session) == [(1, "Ann", 7), (2, "Bob", 7)]


async def test_values(session: AsyncSession) -> None:
    await session.execute(insert(Person).values({"name": "Ann"}))
    await session.execute(insert(Person).values([{Person.name: "Bob"}]))
    await session.execute(
        update(Person).values({"name": "Zoe"}).where(Person.id == 2)
    )
    assert await rows(session) == [(1, "Ann", 3), (2, "Zoe", 3)]


async def test_update_with_a_condition(session: AsyncSession) -> None:
    await session.execute(insert(Person), [{"name": "Ann"}, {"name": "Bob"}])
    await session.execute(
        update(Person).where(Person.id == bindparam("which")),
        {"which": 2, "name": "Zoe"},
    )
    assert await rows(session) == [(1, "Ann", 3), (2, "Zoe", 3)]


@pytest.mark.parametrize("count", [1, 2])
async def test_update_by_primary_key(
    session: AsyncSession, count: int
) -> None:
    await session.execute(
        insert(Person), [{"name": "Ann"}, {"name": "Bob"}, {"name": "Cid"}]
    )
    sets = [{"id": 3, "name": "Zoe"}, {"id": 2, "name": "Yan"}]
    result = await session.execute(update(Person), sets[:count])
    assert result.rowcount == count
    assert await rows(session) == [
        (1, "Ann", 3),
        (2, "Bob" if count == 1 else "Yan", 3),
        (3, "Zoe", 3),
    ]


async def test_update_of_many_needs_the_keys(session: AsyncSession) -> None:
    with pytest.raises(exc.InvalidRequestError, match="primary key"):
        await session.execute(
            update(Person), [{"name": "Zoe"}, {"name": "Yan"}]
        )


async def test_update_of_all(session: AsyncSession) -> None:
    await session.execute(insert(Person), [{"name": "Ann"}, {"name": "Bob"}])
    await session.execute(update(Person), {"name": "Zoe"})
    assert await rows(session) == [(1, "Zoe", 3), (2, "Zoe", 3)]
