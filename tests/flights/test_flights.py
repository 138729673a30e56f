"""A year of real flights: what we store and answer is what others do."""

from __future__ import annotations

import datetime as dt
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flights import tables
from flights.load import ROWS, rows
from flights.queries import QUERIES, Query
from flights.tables import Airline, Airport, Flight, Plane, Weather
from sqlactive_c import (
    AsyncEngine,
    create_async_engine,
    func,
    inspect,
    select,
)
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import aliased

SAMPLE = 1000


@pytest.fixture
async def engine(database: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite:///{database}")
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session:
        yield session


def values(instance: Any) -> dict[str, Any]:
    """Return what an instance of either library has, by attribute."""
    keys = inspect_any(instance).mapper.column_attrs.keys()
    return {key: getattr(instance, key) for key in keys}


def inspect_any(instance: Any) -> Any:
    if isinstance(instance, tables.Base):
        return inspect(instance)
    import sqlalchemy

    return sqlalchemy.inspect(instance)


def stored(value: Any) -> Any:
    """Return the value as its column keeps it."""
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, dt.time):
        return value.isoformat("microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def flat(row: Any) -> tuple[Any, ...]:
    """Return the stored values of a row, those of its instances in place."""
    found: list[Any] = []
    for value in row:
        if isinstance(value, tables.Base):
            found += values(value).values()
        else:
            found.append(value)
    return tuple(map(stored, found))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
async def test_answers_are_those_of_the_standard_library(
    query: Query, session: AsyncSession, stdlib: sqlite3.Connection
) -> None:
    expected = stdlib.execute(query.sql).fetchall()
    result = await session.execute(query.statement())
    ours = [flat(row) for row in result]
    assert len(ours) == query.rows
    assert ours == expected


def test_the_questions_are_ten() -> None:
    assert len(QUERIES) == 10
    assert max(query.rows for query in QUERIES) >= 50_000


@pytest.mark.parametrize("model", tables.MODELS, ids=lambda m: m.__name__)
async def test_every_row_is_there(model: Any, session: AsyncSession) -> None:
    count = select(func.count()).select_from(model)
    assert await session.scalar(count) == ROWS[model.__tablename__]


async def test_known_facts(session: AsyncSession) -> None:
    first = (await session.scalars(select(Flight).where(Flight.id == 1))).one()
    assert values(first) == {
        "id": 1,
        "date": dt.date(2013, 1, 1),
        "dep_time": 517,
        "sched_dep": dt.time(5, 15),
        "dep_delay": 2,
        "arr_time": 830,
        "sched_arr_time": 819,
        "arr_delay": 11,
        "carrier": "UA",
        "number": 1545,
        "tailnum": "N14228",
        "origin": "EWR",
        "dest": "IAH",
        "air_time": 227,
        "distance": 1400,
        "time_hour": dt.datetime(2013, 1, 1, 10),
    }
    cancelled = select(func.count()).where(Flight.dep_time.is_(None))
    assert await session.scalar(cancelled) == 8_255
    worst = select(Flight).order_by(Flight.dep_delay.desc()).limit(1)
    latest = (await session.scalars(worst)).one()
    assert (latest.carrier, latest.dep_delay) == ("HA", 1_301)
    assert latest.date == dt.date(2013, 1, 9)
    last = await session.scalar(select(func.max(Flight.time_hour)))
    assert last == dt.datetime(2014, 1, 1, 4)
    total = await session.scalar(select(func.sum(Flight.distance)))
    assert total == 350_217_607
    for column, unknown in (
        (Flight.tailnum, 2_512),
        (Flight.arr_delay, 9_430),
        (Weather.temp, 1),
        (Weather.wind_gust, 20_778),
        (Plane.speed, 3_299),
        (Airport.tzone, 3),
    ):
        absent = select(func.count()).where(column.is_(None))
        assert await session.scalar(absent) == unknown


# Flights that a relation finds a row for; the rest has none in the data.
FOUND = {
    "airline": 336_776,
    "plane": 284_170,
    "origin_airport": 336_776,
    "dest_airport": 329_174,
    "weather": 335_220,
}


@pytest.mark.parametrize("name", FOUND)
async def test_joins_along_relations(name: str, session: AsyncSession) -> None:
    relation = getattr(Flight, name)
    statement = select(func.count()).select_from(Flight)
    assert await session.scalar(statement.join(relation)) == FOUND[name]
    target = relation.property.mapper
    other = aliased(target.class_)
    key = target.primary_key[0].key
    missing = statement.outerjoin(relation.of_type(other)).where(
        getattr(other, key).is_(None)
    )
    none = ROWS["flights"] - FOUND[name]
    assert await session.scalar(missing) == none


async def test_joins_along_collections(session: AsyncSession) -> None:
    to_hawaii = (
        select(Airline.carrier)
        .join(Airline.flights)
        .where(Flight.dest == "HNL")
        .distinct()
        .order_by(Airline.carrier)
    )
    assert (await session.scalars(to_hawaii)).all() == ["HA", "UA"]
    for relation, count in (
        (Airport.departures, 3),
        (Airport.arrivals, 101),
        (Airport.weather, 3),
    ):
        reached = select(func.count(Airport.faa.distinct())).join(relation)
        assert await session.scalar(reached) == count
    unused = (
        select(func.count()).select_from(Plane).where(~Plane.flights.any())
    )
    assert await session.scalar(unused) == 0
    cold = select(func.count()).where(
        Flight.weather.has(Weather.temp < 15), Flight.origin == "JFK"
    )
    joined = (
        select(func.count())
        .select_from(Flight)
        .join(Flight.weather)
        .where(Weather.temp < 15, Weather.origin == "JFK")
    )
    assert await session.scalar(cold) == await session.scalar(joined) > 0


async def test_one_instance_for_each_plane(session: AsyncSession) -> None:
    statement = (
        select(Flight, Plane)
        .join(Flight.plane)
        .where(Flight.date == dt.date(2013, 7, 4))
    )
    pairs = (await session.execute(statement)).all()
    assert len(pairs) == 623
    assert all(flight.tailnum == plane.tailnum for flight, plane in pairs)
    planes = {id(plane) for _, plane in pairs}
    assert len(planes) == len({flight.tailnum for flight, _ in pairs}) < 623


# The same module, mapped by the peer.


@pytest.fixture(scope="module")
def theirs() -> Iterator[ModuleType]:
    pytest.importorskip("sqlalchemy")
    text = Path(tables.__file__).read_text()
    module = ModuleType("flights.their_tables")
    sys.modules[module.__name__] = module  # annotations are looked up there
    code = compile(
        text.replace("sqlactive_c", "sqlalchemy"), tables.__file__, "exec"
    )
    exec(code, module.__dict__)
    yield module
    del sys.modules[module.__name__]


@pytest.fixture(scope="module")
def sample(
    theirs: ModuleType,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A file with the tables and some rows of each, made by the peer."""
    import sqlalchemy

    path = tmp_path_factory.mktemp("peer") / "flights.db"
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        theirs.Base.metadata.create_all(connection)
        for model in theirs.MODELS:
            name = model.__tablename__
            step = max(1, ROWS[name] // SAMPLE)
            some = islice(rows(folder, name), 0, None, step)
            connection.execute(
                sqlalchemy.insert(model), list(islice(some, SAMPLE))
            )
    engine.dispose()
    return path


def content(
    connection: sqlite3.Connection, schema: str, name: str
) -> list[list[tuple[str, Any]]]:
    """Return the sampled rows: values and their types, texts as bytes."""
    key = KEYS[name]
    found = connection.execute(
        f"SELECT * FROM {schema}.{name}"
        f" WHERE {key} IN (SELECT {key} FROM sample.{name}) ORDER BY {key}"
    )
    return [[(type(value).__name__, value) for value in row] for row in found]


KEYS = {
    "airlines": "carrier",
    "airports": "faa",
    "planes": "tailnum",
    "weather": "origin || time_hour",
    "flights": "id",
}


@pytest.mark.parametrize("name", ROWS)
def test_stored_bytes_are_those_of_the_peer(
    name: str, sample: Path, stdlib: sqlite3.Connection
) -> None:
    stdlib.execute("ATTACH ? AS sample", [str(sample)])
    stdlib.text_factory = bytes
    expected = content(stdlib, "sample", name)
    assert len(expected) == min(SAMPLE, ROWS[name])
    assert content(stdlib, "main", name) == expected


def test_the_schema_is_that_of_the_peer(
    sample: Path, stdlib: sqlite3.Connection
) -> None:
    query = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    with closing(sqlite3.connect(sample)) as connection:
        expected = connection.execute(query).fetchall()
    assert stdlib.execute(query).fetchall() == expected


@pytest.mark.parametrize("model", tables.MODELS, ids=lambda m: m.__name__)
async def test_either_reads_what_the_other_wrote(
    model: Any, theirs: ModuleType, sample: Path, database: Path
) -> None:
    import sqlalchemy
    from sqlalchemy.orm import Session

    peer_model = getattr(theirs, model.__name__)
    peer = sqlalchemy.create_engine(f"sqlite:///{database}")
    ours = create_async_engine(f"sqlite:///{sample}")
    async with AsyncSession(ours) as session:
        read = (await session.scalars(select(model))).all()
        assert len(read) == min(SAMPLE, ROWS[model.__tablename__])
        with Session(peer) as other:
            for instance in read:
                key = inspect(instance).identity
                same = other.get_one(peer_model, key)
                assert values(instance) == values(same)
    await ours.dispose()
    peer.dispose()
