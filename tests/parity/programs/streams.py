"""Streams: rows in pieces, with what is loaded eagerly along with them."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import ForeignKey, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Sensor(Base):
    __tablename__ = "sensors"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    readings: Mapped[list[Reading]] = relationship(order_by="Reading.id")


class Reading(Base):
    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    sensor_id: Mapped[int] = mapped_column(ForeignKey("sensors.id"))
    value: Mapped[float]


SENSORS, EACH = 25, 3
ALL = select(Sensor).order_by(Sensor.id)


async def fill(session: AsyncSession) -> None:
    await session.execute(
        insert(Sensor), [{"place": f"room {n}"} for n in range(SENSORS)]
    )
    await session.execute(
        insert(Reading),
        [
            {"sensor_id": n % SENSORS + 1, "value": n / 4}
            for n in range(SENSORS * EACH)
        ],
    )
    await session.commit()


async def pieces(session: AsyncSession) -> None:
    statement = ALL.options(selectinload(Sensor.readings))
    stream = await session.stream_scalars(
        statement.execution_options(yield_per=10)
    )
    async for part in stream.partitions():
        values = [reading.value for each in part for reading in each.readings]
        print(len(part), len(values), sum(values), part[0].place)


async def one_by_one(session: AsyncSession) -> None:
    stream = await session.stream(
        select(Sensor.place, Reading.value)
        .join(Sensor.readings)
        .order_by(Reading.id.desc())
        .execution_options(yield_per=7)
    )
    count = 0
    async for place, value in stream:
        count += 1
        if count % 20 == 1:
            print(place, value)
    print(count)


async def leaving_early(session: AsyncSession) -> None:
    stream = await session.stream_scalars(ALL)
    print((await stream.first()).place)
    stream = await session.stream_scalars(ALL)
    async for sensor in stream:
        print(sensor.id)
        if sensor.id == 2:
            break
    await stream.close()
    stream = await session.stream(select(Reading.value).order_by(Reading.id))
    print(await stream.fetchmany(3), await stream.fetchone())
    print(len(await stream.all()), await stream.fetchone())
    stream = await session.stream(ALL.limit(2))
    print([each.place for each in await stream.scalars().all()])


async def of_a_connection(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.execute(text("CREATE TEMP TABLE t (a)"))
        await connection.execute(
            text("INSERT INTO t VALUES (:a)"), [{"a": n} for n in range(9)]
        )
        async with connection.stream(text("SELECT a FROM t")) as stream:
            async for rows in stream.partitions(4):
                print([tuple(row) for row in rows])
        stream = await connection.stream(text("SELECT a, -a AS b FROM t"))
        async for mapping in stream.mappings():
            if mapping["a"] > 6:
                print(dict(mapping))
    await engine.dispose()


async def main(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        await fill(session)
    for work in (pieces, one_by_one, leaving_early):
        async with AsyncSession(engine) as session:
            await work(session)
    await engine.dispose()
    await of_a_connection(url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
