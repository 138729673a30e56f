"""Statements of the expression language, executed."""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import AsyncEngine, create_async_engine, exc, text
from sqlactive_c.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
)
from sqlactive_c.schema import Column, MetaData, Table
from sqlactive_c.sql.dml import delete, insert, update
from sqlactive_c.sql.elements import bindparam, literal
from sqlactive_c.sql.functions import func
from sqlactive_c.sql.selectable import select
from sqlactive_c.types import DateTime, Integer, String, Uuid

metadata = MetaData()
numbers = iter(range(1_000_000))
NOON = datetime.datetime(2020, 1, 1, 12)

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), default="nobody"),
    Column("born", DateTime, default=lambda: NOON),
    Column(
        "shout",
        String,
        default=lambda context: context.get_current_parameters()[
            "name"
        ].upper(),
        onupdate="updated",
    ),
)
keys = Table(
    "keys",
    metadata,
    Column("id", Uuid, primary_key=True, default=uuid.uuid4),
    Column("x", Integer),
)
made_keys = Table(
    "made_keys",
    metadata,
    Column("id", String, primary_key=True, server_default=text("'made'")),
    Column("x", Integer),
)

TABLES = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name, born, shout)",
    "CREATE TABLE keys (id CHAR(32) PRIMARY KEY, x)",
    "CREATE TABLE made_keys (id VARCHAR DEFAULT 'made' PRIMARY KEY, x)",
)


@pytest.fixture
async def conn(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as conn:
        for sql in TABLES:
            await conn.execute(text(sql))
        await conn.execute(
            insert(people),
            [{"name": "ann"}, {"name": "bob"}, {"name": "cid"}],
        )
        await conn.commit()
        yield conn


async def test_rows(conn: AsyncConnection) -> None:
    row = (await conn.execute(select(people).where(people.c.id == 1))).one()
    assert row == (1, "ann", NOON, "ANN")
    assert row.born == NOON
    assert row._mapping[people.c.name] == "ann"
    assert row._mapping["name"] == "ann"
    assert people.c.id in row._mapping
    assert keys.c.x not in row._mapping
    with pytest.raises(exc.NoSuchColumnError):
        row._mapping[keys.c.x]


async def test_values_are_not_part_of_the_shape(
    engine: AsyncEngine, conn: AsyncConnection
) -> None:
    before = engine.stats()
    for name, number in (("ann", 1), ("bob", 2), ("dan", None)):
        statement = select(people.c.id).where(people.c.name == name)
        assert await conn.scalar(statement) == number
    after = engine.stats()
    assert after["shape_misses"] - before["shape_misses"] == 1
    assert after["shape_hits"] - before["shape_hits"] == 2


@pytest.mark.parametrize(
    "names",
    [[], ["ann"], ["ann", "bob"], ["bob"] * 40, ("cid", "x", "y", "z", "zz")],
)
async def test_in(conn: AsyncConnection, names: Any) -> None:
    every = {"ann", "bob", "cid"}
    found = await conn.scalars(
        select(people.c.name).where(people.c.name.in_(names))
    )
    assert set(found) == set(names) & every
    found = await conn.scalars(
        select(people.c.name).where(people.c.name.not_in(names))
    )
    assert set(found) == every - set(names)


async def test_in_parameter(conn: AsyncConnection) -> None:
    statement = select(people.c.name).where(
        people.c.name.in_(bindparam("names", expanding=True))
    )
    found = await conn.scalars(statement, {"names": ["ann", "cid"]})
    assert found.all() == ["ann", "cid"]
    found = await conn.scalars(statement, {"names": []})
    assert found.all() == []


async def test_codec_of_the_column(conn: AsyncConnection) -> None:
    statement = select(people.c.id).where(people.c.born == NOON)
    assert (await conn.scalars(statement)).all() == [1, 2, 3]
    statement = select(people.c.id).where(people.c.born.in_([NOON]))
    assert (await conn.scalars(statement)).all() == [1, 2, 3]
    statement = select(func.max(people.c.born))
    assert await conn.scalar(statement) == NOON


async def test_named_parameters(conn: AsyncConnection) -> None:
    statement = select(people.c.id).where(people.c.name == bindparam("who"))
    assert await conn.scalar(statement, {"who": "bob"}) == 2
    with pytest.raises(exc.StatementError, match="'who'") as caught:
        await conn.scalar(statement)
    assert "SELECT" in caught.value.statement
    preset = select(people.c.id).where(
        people.c.name == bindparam("who", "ann")
    )
    assert await conn.scalar(preset) == 1
    assert await conn.scalar(preset, {"who": "cid"}) == 3
    called = select(people.c.id).where(
        people.c.name == bindparam("who", callable_=lambda: "bob")
    )
    assert await conn.scalar(called) == 2


async def test_functions_are_selected(conn: AsyncConnection) -> None:
    assert await conn.scalar(func.lower("ABC")) == "abc"
    assert await conn.scalar(func.lower("DEF")) == "def"
    assert isinstance(await conn.scalar(func.now()), datetime.datetime)


@pytest.mark.parametrize(
    "what", [people.c.id, people, literal(1), people.c.id == 1, 5, "x", None]
)
async def test_what_is_not_executable(
    conn: AsyncConnection, what: Any
) -> None:
    for _ in range(2):
        with pytest.raises(exc.ObjectNotExecutableError):
            await conn.execute(what)


async def test_insert(conn: AsyncConnection) -> None:
    result = await conn.execute(insert(people).values(name="dan"))
    assert result.is_insert
    assert not result.returns_rows
    assert (result.rowcount, result.lastrowid) == (1, 4)
    assert result.inserted_primary_key == (4,)
    assert result.inserted_primary_key.id == 4
    assert result.last_inserted_params() == {
        "name": "dan",
        "born": NOON,
        "shout": "DAN",
    }
    result = await conn.execute(insert(people))
    assert result.inserted_primary_key == (5,)
    result = await conn.execute(insert(people), {"id": 9, "name": "eve"})
    assert result.inserted_primary_key == (9,)
    rows = await conn.execute(
        select(people.c.name, people.c.shout).where(people.c.id > 3)
    )
    assert rows.all() == [
        ("dan", "DAN"),
        ("nobody", "NOBODY"),
        ("eve", "EVE"),
    ]


async def test_insert_keys_of_other_kinds(conn: AsyncConnection) -> None:
    result = await conn.execute(insert(keys), {"x": 1})
    key = result.inserted_primary_key[0]
    assert isinstance(key, uuid.UUID)
    assert await conn.scalar(select(keys.c.id)) == key
    result = await conn.execute(insert(made_keys), {"x": 1})
    assert result.inserted_primary_key == ("made",)
    assert result.returned_defaults == ("made",)
    assert not result.returns_rows
    with pytest.raises(exc.ResourceClosedError):
        result.all()


async def test_insert_returning(conn: AsyncConnection) -> None:
    statement = insert(people).returning(people.c.id, people.c.born)
    result = await conn.execute(statement, {"name": "x"})
    assert result.all() == [(4, NOON)]
    with pytest.raises(exc.InvalidRequestError):
        _ = result.inserted_primary_key
    result = await conn.execute(statement, [{"name": "y"}, {"name": "z"}])
    assert result.all() == [(5, NOON), (6, NOON)]


async def test_several_rows(conn: AsyncConnection) -> None:
    statement = insert(people).values([{"name": "x"}, {"name": "y"}])
    assert (await conn.execute(statement)).rowcount == 2
    rows = await conn.execute(
        select(people.c.name, people.c.shout).where(people.c.id > 3)
    )
    assert rows.all() == [("x", "X"), ("y", "Y")]


async def test_many_sets(conn: AsyncConnection) -> None:
    """Further names are ignored, missing ones are an error."""
    sets = [{"name": "x"}, {"name": "y", "more": 1}]
    result = await conn.execute(insert(people), sets)
    assert result.rowcount == 2
    assert len(result.inserted_primary_key_rows) == 2
    with pytest.raises(exc.InvalidRequestError, match="several"):
        _ = result.inserted_primary_key
    with pytest.raises(exc.StatementError, match="'name'"):
        await conn.execute(insert(people), [{"name": "x"}, {"id": 70}])
    assert await conn.scalar(select(func.count()).select_from(people)) == 5


async def test_names_of_the_first_set_decide(conn: AsyncConnection) -> None:
    """The same statement with other parameters is another one."""
    statement = insert(people)
    await conn.execute(statement, {"name": "x"})
    await conn.execute(statement, {"id": 20})
    await conn.execute(statement, {"id": 30, "name": "y"})
    await conn.execute(statement, {"name": "z", "id": 40})
    rows = await conn.execute(
        select(people.c.id, people.c.name).where(people.c.id > 3)
    )
    assert rows.all() == [
        (4, "x"),
        (20, "nobody"),
        (30, "y"),
        (40, "z"),
    ]
    with pytest.raises(exc.CompileError, match="nope"):
        await conn.execute(statement.values(nope=1))


async def test_update_and_delete(conn: AsyncConnection) -> None:
    statement = update(people).where(people.c.id == 1).values(name="new")
    result = await conn.execute(statement)
    assert result.rowcount == 1
    assert not result.is_insert
    assert result.last_updated_params()["name"] == "new"
    statement = select(people.c.name, people.c.shout)
    row = (await conn.execute(statement.where(people.c.id == 1))).one()
    assert row == ("new", "updated")
    result = await conn.execute(
        update(people)
        .where(people.c.id == bindparam("number"))
        .values(name=bindparam("word")),
        [{"number": 1, "word": "a"}, {"number": 2, "word": "b"}],
    )
    assert result.rowcount == 2
    result = await conn.execute(delete(people).where(people.c.id.in_([1, 9])))
    assert result.rowcount == 1


async def test_codec_errors(conn: AsyncConnection) -> None:
    with pytest.raises(exc.StatementError) as caught:
        await conn.execute(insert(people), {"born": "not a date"})
    error = caught.value
    assert isinstance(error.orig, TypeError)
    assert error.__cause__ is error.orig
    assert error.statement.startswith("INSERT INTO people")
    assert error.params == [{"born": "not a date"}]


async def test_default_that_fails(conn: AsyncConnection) -> None:
    with pytest.raises(exc.StatementError) as caught:
        await conn.execute(insert(people), {"name": 5})
    assert isinstance(caught.value.orig, AttributeError)


async def test_database_errors(conn: AsyncConnection) -> None:
    with pytest.raises(exc.IntegrityError) as caught:
        await conn.execute(insert(people).values(id=1, name="x"))
    assert caught.value.params[:2] == (1, "x")
    assert caught.value.statement.startswith("INSERT INTO people (id,")
    with pytest.raises(exc.IntegrityError) as caught:
        await conn.execute(
            insert(people), [{"id": 50, "name": "x"}, {"id": 1, "name": "y"}]
        )
    assert [each[:2] for each in caught.value.params] == [(50, "x"), (1, "y")]


async def test_text_columns(conn: AsyncConnection) -> None:
    result = await conn.execute(
        select(text("count(*) AS n"), people.c.born).select_from(people)
    )
    assert list(result.keys()) == ["n", "born"]
    assert result.one() == (3, NOON)
    result = await conn.execute(select(text("*")).select_from(people))
    assert list(result.keys()) == ["id", "name", "born", "shout"]
    assert len(result.all()) == 3


async def test_repeated_names(conn: AsyncConnection) -> None:
    other = people.alias()
    result = await conn.execute(
        select(people.c.id, other.c.id).where(people.c.id < other.c.id)
    )
    row = result.first()
    assert (row._mapping[people.c.id], row._mapping[other.c.id]) == (1, 2)
    result = await conn.execute(
        select(people.c.id.label("x"), people.c.name.label("x"))
    )
    row = result.first()
    assert row[:] == (1, "ann")
    with pytest.raises(exc.InvalidRequestError, match="ambiguous"):
        _ = row.x


async def test_choosing_columns(conn: AsyncConnection) -> None:
    statement = select(people).order_by(people.c.id)
    result = await conn.execute(statement)
    assert result.scalars("name").all() == ["ann", "bob", "cid"]
    result = await conn.execute(statement)
    assert result.scalars(people.c.born).first() == NOON
    result = await conn.execute(statement)
    assert result.columns(people.c.name, people.c.id).first() == ("ann", 1)
    result = await conn.execute(statement)
    assert result.mappings().first()["shout"] == "ANN"
    result = await conn.execute(statement)
    assert result.unique().all()[0] == (1, "ann", NOON, "ANN")
    frozen = (await conn.execute(statement)).freeze()
    assert frozen().first() == (1, "ann", NOON, "ANN")


async def test_streams(conn: AsyncConnection) -> None:
    statement = select(people.c.name, people.c.born).order_by(people.c.id)
    async with conn.stream(statement) as result:
        rows = [row async for row in result]
    assert rows == [("ann", NOON), ("bob", NOON), ("cid", NOON)]
    result = await conn.stream_scalars(select(people.c.born))
    assert await result.all() == [NOON] * 3


async def test_sessions(engine: AsyncEngine, conn: AsyncConnection) -> None:
    statement = select(people.c.name).where(people.c.id == 1)
    async with AsyncSession(engine) as session:
        assert (await session.execute(statement)).one() == ("ann",)
        assert await session.scalar(statement) == "ann"
        assert (await session.scalars(statement)).all() == ["ann"]
        result = await session.stream(statement)
        assert await result.all() == [("ann",)]
        result = await session.stream_scalars(statement)
        assert await result.all() == ["ann"]
        await session.execute(insert(people), {"name": "dan"})
        await session.rollback()
        with pytest.raises(exc.ObjectNotExecutableError):
            await session.execute(people)
    scoped = async_scoped_session(async_sessionmaker(engine), lambda: 1)
    assert await scoped.scalar(statement) == "ann"
    await scoped.remove()


async def test_run_sync(conn: AsyncConnection) -> None:
    def work(sync: Any) -> Any:
        sync.execute(insert(people).values(name="dan"))
        statement = select(people.c.name).where(people.c.id == 4)
        assert sync.scalars(statement).all() == ["dan"]
        return sync.scalar(statement), sync.execute(statement).one()

    assert await conn.run_sync(work) == ("dan", ("dan",))


async def test_log(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_async_engine("sqlite+aiosqlite://", echo="debug")
    caplog.set_level(logging.DEBUG, "sqlactive_c")
    async with engine.connect() as conn:
        for sql in TABLES:
            await conn.execute(text(sql))
        await conn.execute(insert(people).values(name="dan", id=5))
        await conn.execute(insert(people), [{"name": "x"}, {"name": "y"}])
        assert await conn.scalar(select(people.c.born)) == NOON
    await engine.dispose()
    messages = [record.getMessage() for record in caplog.records]
    values = "(5, 'dan', '2020-01-01 12:00:00.000000', 'DAN')"
    assert any(
        line.startswith("[generated") and line.endswith(values)
        for line in messages
    )
    assert any("('x', '2020" in line for line in messages)
    assert any(line.startswith("Row (datetime") for line in messages)


async def test_large_statements(conn: AsyncConnection) -> None:
    total: Any = literal(0)
    for number in range(60):
        total = total + literal(number)
    assert await conn.scalar(select(total)) == sum(range(60))


@pytest.mark.parametrize(
    ("argument", "value"),
    [("2.5", 2), ("-2.5", -3), ("7", 7), ("1e300", 1e300), ("NULL", None)],
)
async def test_floor(
    conn: AsyncConnection, argument: str, value: float | None
) -> None:
    found = await conn.scalar(text(f"SELECT floor({argument})"))
    assert (type(found), found) == (type(value), value)
