"""What is written for a mapper, by the Savers that the unit of work makes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import _core, create_async_engine, exc, func, text
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    mapped_column,
)
from sqlactive_c.orm.exc import StaleDataError
from sqlactive_c.orm.unitofwork.plans import plan_of
from sqlactive_c.orm.unitofwork.rows import groups_of_savers
from sqlactive_c.schema import Column, ForeignKey
from sqlactive_c.types import JSON, Integer, String


class Base(DeclarativeBase):
    """Base of the classes."""


class Page(Base):
    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    slug: Mapped[str] = mapped_column(default=lambda: "slug")
    made: Mapped[str] = mapped_column(server_default="now")
    hits: Mapped[int] = mapped_column(
        default=text("2 + 3"), onupdate=text("hits + 1")
    )
    note = Column(JSON)
    seen: Mapped[int | None] = mapped_column(onupdate=lambda: 9)
    double = column_property(hits * 2)


class Lazy(Base):
    __tablename__ = "lazies"
    id: Mapped[int] = mapped_column(primary_key=True)
    made: Mapped[str] = mapped_column(server_default="now")
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012


class Eager(Base):
    __tablename__ = "eagers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    hits: Mapped[int] = mapped_column(default=0, onupdate=text("hits + 1"))
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012


class Word(Base):
    """The database makes its primary key."""

    __tablename__ = "words"
    id = Column(String, primary_key=True, server_default=text("('w' || 1)"))
    size = Column(Integer)


class Paper(Base):
    __tablename__ = "papers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    version = mapped_column(String, nullable=False)
    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": lambda old: (old or "") + "v",
    }


class Pet(Base):
    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    kind: Mapped[str]
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": "kind",
        "polymorphic_identity": "pet",
    }


class Dog(Pet):
    __tablename__ = "dogs"
    dog_id: Mapped[int] = mapped_column(
        ForeignKey("pets.id"), primary_key=True
    )
    bark: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class Cat(Pet):
    purr: Mapped[str | None] = mapped_column()
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Unit:
    """A batch, filled by the Savers of the instances."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.batch = _core.Batch(session)
        self.identities = _core.IdentityMap()

    async def insert(self, *instances: Any) -> None:
        for saver, group in groups_of_savers(instances):
            saver.insert(self.batch, group)
        await self.batch.run()
        for each in instances:
            self.identities.add(each, each._sac_primary_key())
            each._sac_commit()

    async def update(self, *instances: Any) -> int:
        for saver, group in groups_of_savers(instances):
            saver.update(self.batch, group)
        count = len(self.batch)
        await self.batch.run()
        for each in instances:
            each._sac_commit()
        return count

    async def delete(self, *instances: Any) -> None:
        for saver, group in groups_of_savers(instances, backwards=True):
            saver.delete(self.batch, group)
        await self.batch.run()

    async def rows(self, table: str) -> list[tuple[Any, ...]]:
        result = await self.session.execute(text(f"SELECT * FROM {table}"))
        return [tuple(row) for row in result]


@pytest.fixture
async def unit() -> AsyncIterator[Unit]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        await session.connection()
        yield Unit(session)
    await engine.dispose()


async def test_defaults_of_an_insert(unit: Unit) -> None:
    page = Page(title="t")
    await unit.insert(page)
    assert (page.id, page.slug, page.made, page.hits) == (1, "slug", "now", 5)
    assert page.seen is None
    assert await unit.rows("pages") == [(1, "t", "slug", "now", 5, None, None)]


async def test_json_none_is_a_value(unit: Unit) -> None:
    await unit.insert(Page(note=None), Page())
    assert [row[5] for row in await unit.rows("pages")] == ["null", None]


async def test_only_changes_are_updated(unit: Unit) -> None:
    page = Page(title="t")
    await unit.insert(page)
    page._sac_put("double", 10)
    page.title = "t"
    assert await unit.update(page) == 0
    page.title = "u"
    assert await unit.update(page) == 1
    assert page.seen == 9
    assert {"hits", "double"} <= page._sac_unloaded
    assert (await unit.rows("pages"))[0][4] == 6


async def test_expressions_as_values(unit: Unit) -> None:
    page = Page(title=func.lower("ABC"))
    await unit.insert(page)
    assert page.title == "abc"
    page.title = Page.title + "d"
    page.made = "then"
    assert await unit.update(page) == 1
    assert "title" in page._sac_unloaded
    assert (await unit.rows("pages"))[0][1:4] == ("abcd", "slug", "then")


async def test_defaults_that_are_not_fetched(unit: Unit) -> None:
    lazy = Lazy()
    await unit.insert(lazy)
    assert "made" in lazy._sac_unloaded


async def test_defaults_that_are_fetched_from_an_update(unit: Unit) -> None:
    eager = Eager()
    await unit.insert(eager)
    eager.name = "n"
    await unit.update(eager)
    assert eager.hits == 1


async def test_key_made_by_the_database(unit: Unit) -> None:
    word = Word(size=1)
    await unit.insert(word)
    assert word.id == "w1"


async def test_versions(unit: Unit) -> None:
    paper = Paper(name="a")
    await unit.insert(paper)
    assert paper.version == "v"
    paper.name = "b"
    await unit.update(paper)
    assert paper.version == "vv"
    await unit.session.execute(text("UPDATE papers SET version = 'x'"))
    paper.name = "c"
    with pytest.raises(StaleDataError, match="papers"):
        await unit.update(paper)
    with pytest.raises(StaleDataError, match="DELETE"):
        await unit.delete(paper)


async def test_deleting_what_is_not_there(unit: Unit) -> None:
    lazy = Lazy()
    await unit.insert(lazy)
    await unit.delete(lazy)
    with pytest.warns(exc.SAWarning, match="confirm_deleted_rows"):
        await unit.delete(lazy)


async def test_tables_of_a_hierarchy(unit: Unit) -> None:
    made = [
        Dog(name="1", bark="w"),
        Cat(name="2"),
        Pet(name="3"),
        Dog(name="4"),
    ]
    await unit.insert(*made)
    assert [each.id for each in made] == [1, 2, 3, 4]
    assert made[3].dog_id == 4
    assert await unit.rows("dogs") == [(1, "w"), (4, None)]
    made[0].bark, made[1].purr, made[3].name = "b", "p", "n"
    assert await unit.update(*made) == 3
    assert (await unit.rows("pets"))[1:] == [
        (2, "2", "cat", "p"),
        (3, "3", "pet", None),
        (4, "n", "dog", None),
    ]
    await unit.delete(*made)
    assert await unit.rows("pets") == await unit.rows("dogs") == []


def test_savers_are_shared_where_the_columns_are_the_same() -> None:
    pets, dogs, cats = (plan_of(each.__mapper__) for each in (Pet, Dog, Cat))
    table = Pet.__table__
    assert dogs.saver(table) is pets.saver(table)
    assert cats.saver(table) is not pets.saver(table)
