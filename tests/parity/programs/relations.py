"""The ORM: relations, eager options, awaitable attributes, cascades."""

from __future__ import annotations

import asyncio
import sys
from datetime import date

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.ext.asyncio import (
    AsyncAttrs,
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


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Band(Base):
    __tablename__ = "bands"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    founded: Mapped[date | None]
    records: Mapped[list[Record]] = relationship(
        back_populates="band",
        cascade="all, delete-orphan",
        order_by="Record.year",
    )

    def __repr__(self) -> str:
        return f"Band({self.name})"


class Record(Base):
    __tablename__ = "records"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    year: Mapped[int]
    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id"))
    band: Mapped[Band] = relationship(back_populates="records")
    songs: Mapped[list[Song]] = relationship(
        order_by="Song.id", cascade="all, delete-orphan"
    )

    def __repr__(self) -> str:
        return f"Record({self.title}, {self.year})"


class Song(Base):
    __tablename__ = "songs"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"))
    title: Mapped[str]
    seconds: Mapped[int] = mapped_column(default=180)

    def __repr__(self) -> str:
        return f"Song({self.title})"


Sessions = async_sessionmaker[AsyncSession]


async def fill(sessions: Sessions) -> None:
    async with sessions() as session, session.begin():
        session.add_all(
            [
                Band(
                    name="Tidal Clock",
                    founded=date(1971, 3, 2),
                    records=[
                        Record(
                            title="Harbour",
                            year=1975,
                            songs=[Song(title="Ropes"), Song(title="Salt")],
                        ),
                        Record(title="Low Water", year=1972),
                    ],
                ),
                Band(name="Nine Owls"),
                Band(
                    name="Paper Lanterns",
                    records=[
                        Record(
                            title="Street", year=1999, songs=[Song(title="A")]
                        )
                    ],
                ),
            ]
        )


async def read(sessions: Sessions) -> None:
    async with sessions() as session:
        statement = (
            select(Band)
            .order_by(Band.name)
            .options(selectinload(Band.records).selectinload(Record.songs))
        )
        for band in (await session.scalars(statement)).all():
            print(band, band.founded, band.records)
            for record in band.records:
                print(" ", record, record.songs, record.band is band)
        result = await session.execute(
            select(Band.name, func.count(Record.id))
            .outerjoin(Band.records)
            .group_by(Band.name)
            .order_by(func.count(Record.id).desc(), Band.name)
        )
        print(result.all())
        statement = select(Record).options(joinedload(Record.band))
        for record in await session.scalars(statement.order_by(Record.year)):
            print(record, record.band.name)


async def change(sessions: Sessions) -> None:
    async with sessions() as session:
        band = (
            await session.scalars(select(Band).where(Band.name.like("T%")))
        ).one()
        records = await band.awaitable_attrs.records
        print(records)
        for song in await records[1].awaitable_attrs.songs:
            song.seconds += 20
        records.append(Record(title="Far Pier", year=1978))
        removed = records.pop(0)
        band.name = "Tidal Clocks"
        print(sorted(map(str, session.new)), removed in session.dirty)
        await session.commit()
        print(band.name, band.records)

        await session.refresh(band, attribute_names=["records"])
        print(band.records, [r.id for r in band.records])


async def remove(sessions: Sessions) -> None:
    async with sessions() as session:
        band = await session.get_one(Band, 1)
        await session.delete(band)
        await session.flush()
        print(await session.scalar(select(func.count()).select_from(Song)))
        await session.rollback()
        print(await session.scalar(select(func.count()).select_from(Song)))
        print(await session.scalar(select(func.sum(Song.seconds))))
        await session.delete(await session.get_one(Band, 1))
        await session.commit()
        print((await session.scalars(select(Song.title))).all())
        print(await session.get(Band, 1))


async def main(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    # After a commit everything stays readable without a visit to the database.
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    await fill(sessions)
    await read(sessions)
    await change(sessions)
    await remove(sessions)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
