"""An import job: batches, what fails, what is left, a second try."""

import asyncio
import csv
import io
import sys

from sqlactive import ActiveRecordBaseModel, DBConnection
from sqlactive.exceptions import SQLActiveError
from sqlalchemy import CheckConstraint, ForeignKey, String, inspect
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.exc import DetachedInstanceError


class BaseModel(ActiveRecordBaseModel):
    __abstract__ = True


class City(BaseModel):
    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), unique=True)

    readings: Mapped[list["Reading"]] = relationship(back_populates="city")


class Reading(BaseModel):
    __tablename__ = "readings"
    __table_args__ = (CheckConstraint("value < 100"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float]
    note: Mapped[str | None] = mapped_column(unique=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("cities.id"))

    city: Mapped["City"] = relationship(back_populates="readings")


DATA = """city,value,note
Oslo,3.5,a
Bergen,7.25,b
Oslo,-1,
Narvik,0,c
Bergen,8.5,a
Oslo,250,d
Narvik,-12.5,e
Bergen,,f
Oslo,4.75,g
Narvik,1e2,h
Bergen,6,
"""


async def city_of(name: str, known: dict[str, City]) -> City:
    if name not in known:
        found = await City.where(name=name).one_or_none()
        known[name] = found or await City.insert(name=name)
    return known[name]


async def batch(rows: list[dict[str, str]], known: dict[str, City]) -> None:
    made = []
    for row in rows:
        city = await city_of(row["city"], known)
        made.append(
            Reading(
                value=float(row["value"]) if row["value"] else None,
                note=row["note"] or None,
                city_id=city.id,
            )
        )
    try:
        await Reading.save_all(made)
    except IntegrityError as error:
        print("  batch refused:", error.orig)
        states = [inspect(each).transient for each in made]
        print("  ", states, [each.id for each in made])
        for reading in made:
            try:
                await reading.save()
            except IntegrityError as error:
                print("  row refused:", reading.note, error.orig)
            else:
                print("  row taken:", reading, reading.value)
    else:
        print("  batch taken:", [each.id for each in made])


async def update_all() -> None:
    rows = await Reading.where(value__lt=5).order_by("id").all()
    for row in rows:
        row.value += 0.5
    await Reading.update_all(rows)
    print([row.value for row in rows])
    try:
        print(rows[0].updated_at)
    except DetachedInstanceError as error:
        print(type(error).__name__)
    await Reading.save_all(rows, refresh=True)
    print([row.updated_at >= row.created_at for row in rows])

    rows[0].value, rows[1].value = 50, 500
    before = rows[2].value
    rows[2].value = before + 1
    try:
        await Reading.update_all(rows)
    except IntegrityError as error:
        print("update refused:", error.orig)
    for row in rows:
        try:
            print(row.value)
        except DetachedInstanceError:
            again = await row.save()
            print("again", again.id, again.value)
    print([row.value for row in await Reading.order_by("id").all()])


async def delete_all() -> None:
    rows = await Reading.where(city___name="Oslo").all()
    try:
        await Reading.delete_all([*rows, Reading(value=1)])
    except SQLAlchemyError as error:
        print("delete refused:", type(error).__name__)
    print(await Reading.count())
    await Reading.delete_all(rows)
    print(await Reading.count())
    try:
        await City.destroy(2, 1)
    except IntegrityError as error:
        print("destroy refused:", error.orig)
    print([city.name for city in await City.all()])
    await City.destroy(1)
    print([city.name for city in await City.all()])


async def odd() -> None:
    for rows in ([], None, [1], [City(name="Bergen"), Reading(value=1)]):
        try:
            await City.save_all(rows)
            print("saved")
        except (TypeError, SQLActiveError, SQLAlchemyError) as error:
            print(type(error).__name__)
    tree = City(
        name="Hamar", readings=[Reading(value=n, note=f"h{n}") for n in (1, 2)]
    )
    await City.save_all([tree])
    print(tree.id, [(each.id, each.city_id) for each in tree.readings])
    gathered = await asyncio.gather(
        *[Reading.insert(value=n, city_id=tree.id) for n in range(10)],
        Reading.insert(value=1, note="h1", city_id=tree.id),
        return_exceptions=True,
    )
    print([type(each).__name__ for each in gathered])
    print(await Reading.where(city_id=tree.id).count())


async def main() -> None:
    conn = DBConnection(f"sqlite+aiosqlite:///{sys.argv[1]}")
    await conn.init_db(BaseModel)
    rows = list(csv.DictReader(io.StringIO(DATA)))
    known: dict[str, City] = {}
    for start in range(0, len(rows), 4):
        print("batch", start)
        await batch(rows[start : start + 4], known)
    await update_all()
    await delete_all()
    await odd()
    await Reading.delete_all(await Reading.where(note=None).all())
    await conn.close()


asyncio.run(main())
