"""Results and rows behave as those of SQLAlchemy: run on both, compared.

Every operation is tried on every query, and every operation after every
other one on the same result.  What is compared is the value, or the class of
the exception and, where the contract fixes it, its message.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from operator import add
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy
import sqlalchemy.ext.asyncio

import sqlactive_c

pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SADeprecationWarning"
)

QUERIES = {
    "none": "select 1 a, 'x' b where 0",
    "one": "select 1 a, 'x' b",
    "several": "select 1 a, 'x' b union all select 2, 'y' union all "
    "select 3, null",
    "repeated": "select 1 a, 'x' b union all select 1, 'x' union all "
    "select 2, 'y' union all select 1, 'x'",
    "same": "select 1 a, 'x' b union all select 1, 'x'",
    "no rows": "update t set v = v",
}

FETCHES: dict[str, Callable[[Any], Any]] = {
    "all": lambda r: r.all(),
    "fetchall": lambda r: r.fetchall(),
    "fetchone": lambda r: r.fetchone(),
    "fetchmany()": lambda r: r.fetchmany(),
    "fetchmany(2)": lambda r: r.fetchmany(2),
    "fetchmany(size=9)": lambda r: r.fetchmany(size=9),
    "next": lambda r: next(r),
    "list": lambda r: list(r),
    "first": lambda r: r.first(),
    "one": lambda r: r.one(),
    "one_or_none": lambda r: r.one_or_none(),
    "scalar": lambda r: r.scalar(),
    "scalar_one": lambda r: r.scalar_one(),
    "scalar_one_or_none": lambda r: r.scalar_one_or_none(),
    "partitions": lambda r: list(r.partitions(2)),
    "partitions()": lambda r: list(r.partitions()),
    "scalars.all": lambda r: r.scalars().all(),
    "scalars.one": lambda r: r.scalars().one(),
    "scalars(1).first": lambda r: r.scalars(1).first(),
    "scalars('b').list": lambda r: list(r.scalars("b")),
    "scalars(-1).fetchmany": lambda r: r.scalars(-1).fetchmany(2),
    "scalars.unique": lambda r: r.scalars().unique().all(),
    "scalars.partitions": lambda r: list(r.scalars().partitions(2)),
    "scalars.one_or_none": lambda r: r.scalars().one_or_none(),
    "scalars('z')": lambda r: r.scalars("z"),
    "scalars(7)": lambda r: r.scalars(7).all(),
    "mappings.all": lambda r: r.mappings().all(),
    "mappings.first": lambda r: r.mappings().first(),
    "mappings.one": lambda r: r.mappings().one(),
    "mappings.fetchone": lambda r: r.mappings().fetchone(),
    "mappings.unique": lambda r: r.mappings().unique().all(),
    "mappings.columns": lambda r: r.mappings().columns("b").all(),
    "mappings.keys": lambda r: r.mappings().keys(),
    "columns": lambda r: r.columns("b", 0).all(),
    "columns twice": lambda r: r.columns("b", 0).columns(1).fetchone(),
    "columns repeated": lambda r: r.columns(1, 1).first(),
    "columns('z')": lambda r: r.columns("z"),
    "columns(5)": lambda r: r.columns(5),
    "columns.keys": lambda r: r.columns(1).keys(),
    "columns.scalars": lambda r: r.columns("b").scalars().all(),
    "unique": lambda r: r.unique().all(),
    "unique(strategy)": lambda r: r.unique(lambda row: row[0] % 2).all(),
    "unique.one": lambda r: r.unique().one(),
    "unique.scalar_one": lambda r: r.unique().scalar_one(),
    "unique.one_or_none": lambda r: r.unique().one_or_none(),
    "unique.first": lambda r: r.unique().first(),
    "unique.fetchone": lambda r: r.unique().fetchone(),
    "unique.fetchmany": lambda r: r.unique().fetchmany(2),
    "unique.partitions": lambda r: list(r.unique().partitions(2)),
    "unique.scalars": lambda r: r.unique().scalars().all(),
    "unique.mappings": lambda r: r.unique().mappings().all(),
    "scalars.unique(strategy)": lambda r: (
        r.scalars().unique(lambda row: type(row).__name__).all()
    ),
    "tuples": lambda r: r.tuples().all(),
    "t": lambda r: r.t.all(),
    "yield_per": lambda r: r.yield_per(2).fetchmany(),
    "yield_per.partitions": lambda r: list(r.yield_per(2).partitions()),
    "keys": lambda r: r.keys(),
    "close": lambda r: r.close(),
    "closed": lambda r: r.closed,
    "scalars.close": lambda r: r.scalars().close(),
    "with": lambda r: r.__enter__().__exit__(None, None, None),
    "returns_rows": lambda r: r.returns_rows,
    "rowcount": lambda r: r.rowcount,
}

#: After `unique` the peer forgets for these what it has given before.
UNIQUE_BEFORE = {"unique.fetchone", "unique.fetchmany"}
ONE_OF_THEM = {
    name
    for name in FETCHES
    if name.rpartition(".")[2]
    in {
        "first",
        "one",
        "one_or_none",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "columns repeated",
    }
}


def plain(value: Any) -> Any:
    """What is compared of a value: rows say that they are rows."""
    if hasattr(value, "_fields"):
        return ("row", value._fields, [plain(item) for item in value])
    if isinstance(value, Mapping):
        return ("mapping", [(key, plain(value[key])) for key in value])
    if isinstance(value, list):
        return [plain(item) for item in value]
    if type(value).__name__ in ("RMKeyView", "ResultKeys"):
        return ("keys", list(value))
    return value


def outcome(function: Callable[[], Any]) -> Any:
    try:
        return plain(function())
    except Exception as error:
        return failure(error)


def failure(error: Exception) -> Any:
    name = type(error).__name__
    if name in ("NoResultFound", "MultipleResultsFound"):
        return ("raises", name, str(error))
    return ("raises", name)


class Side:
    """One of the two packages, with an open connection."""

    def __init__(self, connection: Any, text: Any) -> None:
        self.connection = connection
        self.text = text

    async def execute(self, sql: str) -> Any:
        return await self.connection.execute(self.text(sql))

    async def stream(self, sql: str) -> Any:
        return await self.connection.stream(self.text(sql))


async def open_side(engine: Any, text: Any) -> AsyncIterator[Side]:
    async with engine.connect() as connection:
        side = Side(connection, text)
        await side.execute("create table t (id integer primary key, v)")
        await side.execute("insert into t (v) values (1), (2)")
        yield side
    await engine.dispose()


@pytest_asyncio.fixture
async def ours() -> AsyncIterator[Side]:
    engine = sqlactive_c.create_async_engine("sqlite+aiosqlite://")
    async for side in open_side(engine, sqlactive_c.text):
        yield side


@pytest_asyncio.fixture
async def peers() -> AsyncIterator[Side]:
    engine = sqlalchemy.ext.asyncio.create_async_engine("sqlite+aiosqlite://")
    async for side in open_side(engine, sqlalchemy.text):
        yield side


async def fetched(side: Side, query: str, names: list[str]) -> Any:
    result = await side.execute(QUERIES[query])
    return [outcome(lambda n=n: FETCHES[n](result)) for n in names]


@pytest.mark.parametrize("query", QUERIES)
async def test_one_after_the_other(
    query: str, ours: Side, peers: Side
) -> None:
    for first in FETCHES:
        for second in FETCHES:
            if first in UNIQUE_BEFORE and second in ONE_OF_THEM:
                continue
            names = [first, second, "closed"]
            expected = await fetched(peers, query, names)
            assert await fetched(ours, query, names) == expected, names


FROM_A_ROW: dict[str, Callable[[Any], Any]] = {
    "index": lambda r: (r[0], r[-1]),
    "index out of range": lambda r: r[9],
    "negative index out of range": lambda r: r[-9],
    "slice": lambda r: (r[0:2], r[::-1], type(r[1:]).__name__),
    "name as index": lambda r: r["a"],
    "float as index": lambda r: r[1.0],
    "len": len,
    "list": list,
    "tuple": tuple,
    "reversed": lambda r: list(reversed(r)),
    "in": lambda r: (1 in r, 99 in r, None in r),
    "repr": repr,
    "str": str,
    "hash": lambda r: hash(r) == hash(tuple(r)),
    "in a dict": lambda r: {r: 1}[tuple(r)],
    "== tuple": lambda r: (r == tuple(r), tuple(r) == r),
    "!= tuple": lambda r: (r != tuple(r), tuple(r) != r),
    "== row": lambda r: (r == r, r != r),
    "== list": lambda r: (r == list(r), list(r) == r),
    "== int": lambda r: (r == 1, r != 1),
    "< tuple": lambda r: (r < (2,), r > (2,), r <= (1,), r >= (1,), r > ()),
    "< row": lambda r: (r < r, r <= r),
    "< int": lambda r: r < 1,
    "+ tuple": lambda r: add(r, (1,)),
    "tuple +": lambda r: add((1,), r),
    "* 2": lambda r: r * 2,
    "bool": bool,
    "unpacked": lambda r: [*r],
    "attribute": lambda r: (r.a, r.b, r.c),
    "unknown attribute": lambda r: r.zz,
    "other case": lambda r: r.A,
    "hasattr": lambda r: hasattr(r, "zz"),
    "getattr": lambda r: getattr(r, "zz", 5),
    "set attribute": lambda r: setattr(r, "a", 5),
    "delete attribute": lambda r: delattr(r, "a"),
    "count": lambda r: r.count(1),
    "position": lambda r: (r.index("x"), r.index("x", 1)),
    "position of nothing": lambda r: r.index("nothing"),
    "_asdict": lambda r: r._asdict(),
    "_fields": lambda r: r._fields,
    "_tuple": lambda r: r._tuple() == r and r._t == r,
    "t": lambda r: r.t == r and r.tuple() == r,
    "_mapping": lambda r: r._mapping,
    "mapping repr": lambda r: repr(r._mapping),
    "mapping len": lambda r: len(r._mapping),
    "mapping in": lambda r: ("a" in r._mapping, 0 in r._mapping),
    "mapping get": lambda r: (r._mapping.get("a"), r._mapping.get("z")),
    "mapping default": lambda r: r._mapping.get("z", 7),
    "mapping item": lambda r: r._mapping["a"],
    "mapping unknown": lambda r: r._mapping["z"],
    "mapping position": lambda r: r._mapping[0],
    "mapping keys": lambda r: r._mapping.keys(),
    "mapping keys == list": lambda r: r._mapping.keys() == ["a", "b", "c"],
    "mapping keys &": lambda r: r._mapping.keys() & {"a", "q"},
    "mapping values": lambda r: list(r._mapping.values()),
    "mapping items": lambda r: list(r._mapping.items()),
    "mapping item in": lambda r: ("a", 1) in r._mapping.items(),
    "mapping == dict": lambda r: (
        r._mapping == dict(r._mapping),
        dict(r._mapping) == r._mapping,
        r._mapping == {},
    ),
    "mapping == row": lambda r: r._mapping == r,
    "mapping |": lambda r: r._mapping | {"z": 1},
    "**mapping": lambda r: dict(**r._mapping),
}


@pytest.mark.parametrize("what", FROM_A_ROW)
async def test_row(what: str, ours: Side, peers: Side) -> None:
    sql = "select 1 a, 'x' b, null c"
    theirs = (await peers.execute(sql)).one()
    row = (await ours.execute(sql)).one()
    expected = outcome(lambda: FROM_A_ROW[what](theirs))
    assert outcome(lambda: FROM_A_ROW[what](row)) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 a, 2 a, 3 b",
        'select 1 count, 2 "index", 3 t, 4 keys, 5 _fields, 6 "values"',
        'select 1 "_a", 2 "__b", 3 "", 4 "a b", 5 "tuple", 6 "_mapping"',
        "select 1, 'x', 2.5, null, x'00ff', 9223372036854775807, -1e300",
        "select '', x'', 'ä€😀', char(0), 0, -0.0, 1e999",
    ],
)
async def test_names_and_values(sql: str, ours: Side, peers: Side) -> None:
    expected = (await peers.execute(sql)).one()
    row = (await ours.execute(sql)).one()
    assert plain(row) == plain(expected)
    assert repr(row) == repr(tuple(expected))
    assert row._asdict() == expected._asdict()
    for name in {*row._fields, "zz"}:
        if name not in ("_mapping", "tuple", "t", "_fields"):
            mine = outcome(lambda name=name: getattr(row, name))
            assert mine == outcome(
                lambda name=name: getattr(expected, name)
            ), name
        assert row._mapping.get(name) == expected._mapping.get(name)


async def test_after_an_insert(ours: Side, peers: Side) -> None:
    sql = "insert into t (v) values (5), (6)"
    for side in ours, peers:
        result = await side.execute(sql)
        assert (result.rowcount, result.lastrowid) == (2, 4)
        assert result.returns_rows is False
        result = await side.execute(sql + " returning id, v")
        assert result.returns_rows is True
        assert result.all() == [(5, 5), (6, 6)]


STREAMED: dict[str, Callable[[Any], Any]] = {
    "all": lambda r: r.all(),
    "fetchall": lambda r: r.fetchall(),
    "fetchone": lambda r: r.fetchone(),
    "fetchmany(2)": lambda r: r.fetchmany(2),
    "anext": lambda r: anext(r),
    "anext default": lambda r: anext(r, "end"),
    "list": lambda r: collect(r),
    "first": lambda r: r.first(),
    "one": lambda r: r.one(),
    "one_or_none": lambda r: r.one_or_none(),
    "scalar": lambda r: r.scalar(),
    "scalar_one": lambda r: r.scalar_one(),
    "scalar_one_or_none": lambda r: r.scalar_one_or_none(),
    "partitions": lambda r: collect(r.partitions(2)),
    "scalars.all": lambda r: r.scalars().all(),
    "scalars.list": lambda r: collect(r.scalars("b")),
    "scalars.first": lambda r: r.scalars().first(),
    "scalars.one": lambda r: r.scalars().one(),
    "scalars.unique": lambda r: r.scalars().unique().all(),
    "scalars.partitions": lambda r: collect(r.scalars().partitions(2)),
    "mappings.all": lambda r: r.mappings().all(),
    "mappings.list": lambda r: collect(r.mappings()),
    "mappings.fetchone": lambda r: r.mappings().fetchone(),
    "mappings.one_or_none": lambda r: r.mappings().one_or_none(),
    "columns": lambda r: r.columns("b", 0).all(),
    "unique": lambda r: r.unique().all(),
    "unique.one": lambda r: r.unique().one(),
    "unique.list": lambda r: collect(r.unique()),
    "tuples": lambda r: r.tuples().all(),
    "close": lambda r: r.close(),
    "scalars.close": lambda r: r.scalars().close(),
    "freeze": lambda r: thawed(r),
}


async def collect(iterator: Any) -> list[Any]:
    return [item async for item in iterator]


async def thawed(result: Any) -> list[Any]:
    return (await result.freeze())().all()


async def streamed(side: Side, query: str, names: list[str]) -> Any:
    result = await side.stream(QUERIES[query])
    outcomes = []
    for name in names:
        try:
            outcomes.append(plain(await STREAMED[name](result)))
        except (Exception, StopAsyncIteration) as error:
            outcomes.append(failure(error))
    outcomes.append(result.closed)
    await result.close()
    return outcomes


@pytest.mark.parametrize("query", QUERIES)
async def test_streamed(query: str, ours: Side, peers: Side) -> None:
    ways = dict(STREAMED)
    if query == "no rows":
        del ways["freeze"]  # not implemented in the peer
    for first in ways:
        for second in ways:
            names = [first, second]
            expected = await streamed(peers, query, names)
            assert await streamed(ours, query, names) == expected, names
