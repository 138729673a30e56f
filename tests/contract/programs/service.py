"""A service layer: pages, search, sorting by what a client sends."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlactive import ActiveRecordBaseModel, DBConnection
from sqlactive.exceptions import SQLActiveError
from sqlactive.types import EagerSchema
from sqlalchemy import ForeignKey, String
from sqlalchemy.exc import IntegrityError, NoResultFound, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column, relationship


class BaseModel(ActiveRecordBaseModel):
    __abstract__ = True


class Team(BaseModel):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), unique=True)

    people: Mapped[list[Person]] = relationship(back_populates="team")


class Person(BaseModel):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    mail: Mapped[str] = mapped_column(String(40), unique=True)
    age: Mapped[int | None]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))

    team: Mapped[Team | None] = relationship(back_populates="people")


M = TypeVar("M", bound=BaseModel)


@dataclass
class Page(Generic[M]):
    items: list[M]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return -(-self.total // self.size)


class Service(Generic[M]):
    model: type[M]
    schema: EagerSchema | None = None

    async def page(
        self,
        number: int = 1,
        size: int = 5,
        search: str | None = None,
        sort: list[str] | None = None,
        **filters: Any,
    ) -> Page[M]:
        def build() -> Any:
            query = self.model.where(**filters)
            return query.search(search) if search else query

        query = build().order_by(*(sort or ["id"]))
        query.with_schema(self.schema)
        query.offset((number - 1) * size).limit(size)
        total = await build().count()
        return Page(await query.unique_all(), total, number, size)

    async def one(self, key: Any) -> M:
        return await self.model.get_or_fail(key, schema=self.schema)

    async def add(self, **values: Any) -> M:
        return await self.model.insert(**values)

    async def change(self, key: Any, **values: Any) -> M:
        return await (await self.one(key)).update(**values)

    async def drop(self, key: Any) -> None:
        await (await self.model.get_or_fail(key)).delete()


class People(Service[Person]):
    model = Person
    schema = {Person.team: "joined"}  # noqa: RUF012


class Teams(Service[Team]):
    model = Team
    schema = {Team.people: "selectin"}  # noqa: RUF012


async def tried(call: Any) -> None:
    try:
        print("fine:", repr(await call))
    except NoResultFound as error:
        print(type(error).__name__)
    except IntegrityError as error:
        print(type(error).__name__, error.orig)
    except SQLActiveError as error:
        notes = getattr(error, "__notes__", [])
        print(type(error).__name__, error, notes)
    except SQLAlchemyError as error:
        print(type(error).__name__)


def show(page: Page[Any]) -> None:
    print(page.number, "of", page.pages, "with", page.total)
    for item in page.items:
        print("  ", item.to_dict(exclude=["created_at", "updated_at"]))


async def main() -> None:
    conn = DBConnection(f"sqlite+aiosqlite:///{sys.argv[1]}")
    await conn.init_db(BaseModel)
    people, teams = People(), Teams()
    for name in ("red", "green", "blue"):
        await teams.add(name=name)
    for number in range(1, 18):
        await people.add(
            name=f"Person {number:02}",
            mail=f"p{number}@example.com",
            age=20 + number * 7 % 11 if number % 5 else None,
            team_id=number % 4 or None,
        )

    for number in (1, 2, 4, 5):
        show(await people.page(number))
    show(await people.page(sort=["-age", "name"], age__isnull=False))
    show(await people.page(search="p1", sort=["-team___name", "id"]))
    show(await people.page(team___name__in=["red", "blue"], size=3))
    show(await people.page(2, 3, team___name="green", sort=["-id"]))
    show(await people.page(team=None))
    show(await teams.page(size=2, people___age__gt=24))
    for team in (await teams.page(sort=["-name"])).items:
        print(team.name, sorted(person.id for person in team.people))
    for person in (await people.page(3)).items:
        print(person.name, person.team.name if person.team else None)
        print(
            person.to_dict(nested=True, nested_exclude=["created_at"]).keys()
        )

    await tried(people.one(3))
    await tried(people.one(99))
    await tried(people.change(3, name="Renamed", age=99))
    await tried(people.change(3, mail="p4@example.com"))
    await tried(people.change(3, nothing=1))
    await tried(people.change(3, save=1))
    await tried(people.add(name="Twin", mail="p4@example.com"))
    await tried(people.add(name="No mail"))
    await tried(people.page(sort=["nothing"]))
    await tried(people.page(sort=["-team___nothing"]))
    await tried(people.page(nothing=1))
    await tried(people.page(age__nothing=1))
    await tried(people.page(team___nothing___x=1))
    await tried(people.page(number=-3))
    await tried(people.page(size=0, number=0, age__gt=None))
    await people.drop(17)
    await tried(people.drop(17))
    await teams.drop(3)
    print([(each.id, each.team_id) for each in await Person.all()])
    found = await asyncio.gather(*[people.one(key) for key in range(1, 17)])
    print([person.name for person in found])
    await conn.close()


asyncio.run(main())
