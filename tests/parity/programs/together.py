"""Several sessions at once, one for each task, gathered."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Station(Base):
    __tablename__ = "stations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    trains: Mapped[list[Train]] = relationship(
        back_populates="station", order_by="Train.number"
    )


class Train(Base):
    __tablename__ = "trains"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    late: Mapped[int] = mapped_column(default=0)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    station: Mapped[Station] = relationship(back_populates="trains")


NAMES = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel")
Sessions = async_sessionmaker[AsyncSession]


async def build(sessions: Sessions, name: str) -> str:
    async with sessions() as session:
        trains = [Train(number=f"{name[0]}{n}") for n in range(1, 4)]
        session.add(Station(name=name, trains=trains))
        await session.commit()
    return name


async def board(sessions: Sessions, name: str) -> str:
    async with sessions() as session:
        station = await session.scalar(
            select(Station)
            .where(Station.name == name)
            .options(selectinload(Station.trains))
        )
        assert station is not None
        numbers = " ".join(train.number for train in station.trains)
        return f"{name}: {numbers}"


async def train(sessions: Sessions, number: str) -> str:
    async with sessions() as session:
        query = select(Train).where(Train.number == number)
        found = await session.scalar(query.options(joinedload(Train.station)))
        return f"{number} at {found.station.name if found else 'none'}"


async def total(sessions: Sessions) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count(Train.id))) or 0


async def main(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    for name in NAMES:
        print("built", await build(sessions, name))
    for line in await asyncio.gather(
        *(board(sessions, name) for name in NAMES)
    ):
        print(line)
    for answer in await asyncio.gather(
        train(sessions, "A2"),
        train(sessions, "H3"),
        train(sessions, "Z1"),
        total(sessions),
        board(sessions, "Nowhere"),
        return_exceptions=True,
    ):
        print(
            type(answer).__name__ if isinstance(answer, Exception) else answer
        )
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(total(sessions)) for _ in range(8)]
    print([task.result() for task in tasks])
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
