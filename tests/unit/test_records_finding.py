"""get_or_create(), update_or_create() and upsert_all()."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest

from sqlactive_c import (
    ActiveRecordBaseModel,
    DBConnection,
    ForeignKey,
    MetaData,
    String,
    exc,
    text,
)
from sqlactive_c.orm import Mapped, mapped_column


class Base(ActiveRecordBaseModel):
    __abstract__ = True
    metadata = MetaData()


class Tag(Base):
    __tablename__ = "finding_tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    size: Mapped[int] = mapped_column(default=7)


class Pet(Base):
    __tablename__ = "finding_pets"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    age: Mapped[int]
    __mapper_args__: ClassVar[Any] = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "pet",
    }


class Dog(Pet):
    __mapper_args__: ClassVar[Any] = {"polymorphic_identity": "dog"}


class Fish(Pet):
    __tablename__ = "finding_fish"

    name: Mapped[str] = mapped_column(
        ForeignKey("finding_pets.name"), primary_key=True
    )
    fins: Mapped[int]
    __mapper_args__: ClassVar[Any] = {"polymorphic_identity": "fish"}


def run(body: Callable[[], Awaitable[Any]]) -> None:
    async def main() -> None:
        conn = DBConnection("sqlite+aiosqlite://")
        await conn.init_db(Base)
        try:
            await body()
        finally:
            await conn.close(Base)

    asyncio.run(main())


def test_get_or_create_inserts_once() -> None:
    async def body() -> None:
        first, new = await Tag.get_or_create({"size": 3}, name="a")
        assert (new, first.name, first.size) == (True, "a", 3)
        again, new = await Tag.get_or_create({"size": 9}, name="a")
        assert (new, again.id, again.size) == (False, first.id, 3)
        assert await Tag.count() == 1

    run(body)


def test_of_several_tasks_one_creates() -> None:
    async def body() -> None:
        found = await asyncio.gather(
            *(Tag.get_or_create(name="a") for _ in range(8))
        )
        assert sum(new for _, new in found) == 1
        assert len({tag.id for tag, _ in found}) == 1

    run(body)


def test_a_row_that_no_constraint_lets_in() -> None:
    async def body() -> None:
        await Tag.insert(name="a")
        with pytest.raises(exc.IntegrityError):
            await Tag.get_or_create({"name": "a"}, size=1)
        assert await Tag.count() == 1

    run(body)


def test_update_or_create() -> None:
    async def body() -> None:
        tag, new = await Tag.update_or_create({"size": 3}, name="a")
        assert (new, tag.size) == (True, 3)
        tag, new = await Tag.update_or_create({"size": 4}, name="a")
        assert (new, tag.size) == (False, 4)
        assert (await Tag.all())[0].size == 4

    run(body)


def test_within_a_transaction_it_is_undone() -> None:
    async def body() -> None:
        await Tag.insert(name="b", size=1)
        with pytest.raises(ZeroDivisionError):
            async with Tag.transaction():
                await Tag.get_or_create(name="a")
                await Tag.upsert_all([{"name": "b", "size": 2}], ["name"])
                raise ZeroDivisionError
        assert [(t.name, t.size) for t in await Tag.all()] == [("b", 1)]

    run(body)


def test_upsert_all() -> None:
    async def body() -> None:
        old = await Tag.insert(name="a", size=1)
        await Tag.upsert_all(
            [{"name": "a", "size": 2}, {"name": "b"}, {"name": "c"}],
            ["name"],
        )
        tags = await Tag.order_by("id").all()
        assert [(t.name, t.size) for t in tags] == [
            ("a", 2),
            ("b", 7),
            ("c", 7),
        ]
        assert tags[0].id == old.id
        await Tag.upsert_all([{"name": "b"}], ["name"])
        await Tag.upsert_all([], ["name"])
        assert await Tag.count() == 3

    run(body)


def test_upsert_all_is_all_or_none() -> None:
    async def body() -> None:
        with pytest.raises(exc.IntegrityError):
            await Tag.upsert_all(
                [{"name": "a"}, {"size": 2, "name": None}], ["name"]
            )
        assert await Tag.count() == 0

    run(body)


def test_upsert_all_knows_the_class() -> None:
    async def body() -> None:
        await Pet.upsert_all([{"name": "a", "age": 1}], ["name"])
        await Dog.upsert_all(
            [{"name": "b", "age": 2}, {"name": "c", "age": 3}], ["name"]
        )
        await Dog.upsert_all([{"name": "b", "age": 4}], ["name"])
        found = await Pet.order_by("name").all()
        assert [(type(each), each.age) for each in found] == [
            (Pet, 1),
            (Dog, 4),
            (Dog, 3),
        ]
        assert await Dog.count() == 2
        with pytest.raises(exc.InvalidRequestError, match="Fish has its rows"):
            await Fish.upsert_all(
                [{"name": "d", "age": 1, "fins": 7}], ["name"]
            )
        with pytest.raises(exc.InvalidRequestError, match="delete_all"):
            await Fish.where(fins=7).delete_where()

    run(body)


def test_upsert_all_names() -> None:
    async def body() -> None:
        with pytest.raises(exc.ArgumentError, match="'nme'"):
            await Tag.upsert_all([{"nme": "a"}], ["name"])
        with pytest.raises(exc.OperationalError):
            await Tag.upsert_all([{"size": 1, "name": "a"}], ["size"])

    run(body)


def test_upsert_all_computes_updated_at() -> None:
    async def body() -> None:
        old = await Tag.insert(name="a")
        await execute("UPDATE finding_tags SET updated_at = '2001-01-01'")
        await Tag.upsert_all([{"name": "a"}], ["name"])
        assert (await Tag.one()).updated_at.year == 2001
        await Tag.upsert_all([{"name": "a", "size": 2}], ["name"])
        tag = await Tag.one()
        assert tag.updated_at >= old.created_at

    async def execute(sql: str) -> None:
        async with Tag.AsyncSession() as session:
            await session.execute(text(sql))
            await session.commit()

    run(body)
