"""A tour of what there is: models, a connection, text SQL, transactions.

    python examples/quickstart.py [FILE]

Without FILE the database is made in a temporary folder.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlactive_c import ActiveRecordMixin, DBConnection, ForeignKey, text
from sqlactive_c.exc import IntegrityError
from sqlactive_c.orm import Mapped, mapped_column
from sqlactive_c.types import String

READINGS = 20_000


class Model(ActiveRecordMixin):
    """The base of the models here."""

    __abstract__ = True


class Station(Model):
    """A place where the temperature is measured."""

    __tablename__ = "stations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)


class Reading(Model):
    """One temperature, in degrees Celsius."""

    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(
        ForeignKey("stations.id"), index=True
    )
    celsius: Mapped[float]


@contextmanager
def told(what: str) -> Iterator[None]:
    """Print what the block did and how long it took."""
    begin = time.perf_counter()
    yield
    took = (time.perf_counter() - begin) * 1e3
    print(f"{took:8.2f} ms  {what}")


async def fill(db: DBConnection) -> None:
    """Insert stations and readings, in one transaction."""
    async with db.async_engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO stations (name) VALUES (:name)"),
            [{"name": name} for name in ("harbour", "hill", "forest")],
        )
        await conn.execute(
            text(
                "INSERT INTO readings (station_id, celsius) "
                "VALUES (:station, :celsius)"
            ),
            [
                {"station": 1 + n % 3, "celsius": (n * 37 % 400) / 10 - 10}
                for n in range(READINGS)
            ],
        )


async def averages(db: DBConnection) -> list[str]:
    """Return a sentence about each station, read in a session."""
    async with db.async_sessionmaker() as session:
        result = await session.execute(
            text(
                "SELECT name, count(*) AS readings, avg(celsius) AS mean "
                "FROM stations JOIN readings ON station_id = stations.id "
                "GROUP BY name ORDER BY name"
            )
        )
        return [
            f"{row.name}: {row.readings:,} readings, {row.mean:.1f} °C"
            for row in result
        ]


async def warmest(db: DBConnection) -> float:
    """Return the highest temperature, from rows that are streamed."""
    highest = float("-inf")
    async with db.async_engine.connect() as conn:
        result = await conn.stream(text("SELECT celsius FROM readings"))
        async for row in result:
            highest = max(highest, row.celsius)
    return highest


async def fail_halfway(db: DBConnection) -> str:
    """Begin a transaction that cannot succeed; return the database's word."""
    add = text("INSERT INTO stations (name) VALUES (:name)")
    try:
        async with db.async_engine.begin() as conn:
            await conn.execute(add, {"name": "desert"})
            await conn.execute(add, {"name": "harbour"})  # is there already
    except IntegrityError as error:
        return str(error.orig)
    raise AssertionError("the second insert must fail")


async def lookups(db: DBConnection, count: int) -> None:
    """Await `count` look-ups by primary key, one after the other."""
    find = text("SELECT celsius FROM readings WHERE id = :id")
    async with db.async_engine.connect() as conn:
        for n in range(count):
            await conn.scalar(find, {"id": 1 + n % READINGS})


async def main(path: Path) -> None:
    """Run the tour on the file at `path`."""
    db = DBConnection(f"sqlite+aiosqlite:///{path}")
    with told(f"made the tables in {path.name}"):
        await db.init_db(Model)
    with told(f"inserted {READINGS:,} readings, committed to the disk"):
        await fill(db)
    with told("read the averages"):
        sentences = await averages(db)
    print(*(f"             {line}" for line in sentences), sep="\n")
    with told(f"streamed {READINGS:,} rows"):
        highest = await warmest(db)
    print(f"             the highest was {highest:.1f} °C")
    with told("rolled a transaction back"):
        reason = await fail_halfway(db)
    async with db.async_engine.connect() as conn:
        left = await conn.scalar(text("SELECT count(*) FROM stations"))
    print(f"             {reason}; still {left} stations")
    with told("looked 1,000 readings up, one by one"):
        await lookups(db, 1_000)
    await db.close(Model)
    print("Closed.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(main(Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(main(Path(folder) / "quickstart.db"))
