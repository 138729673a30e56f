"""Mistakes in mappings and statements: refused as, and when, the peer does."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy
from sqlalchemy.orm import Session

from parity.mapping.bad_models import BASE, DEFINITIONS, MAPPERS, USES, Bad
from parity.mapping.library import (
    OURS,
    PEERS,
    SELF,
    Library,
    group,
    load,
    plain,
    unload,
    value,
)
from parity.test_ddl_parity import our_statements, peers_statements

pytestmark = group("errors")
ALL = [*DEFINITIONS, *MAPPERS, *USES]


def outcome(lib: Library, bad: Bad) -> tuple[str, str]:
    """Return when a mistake is noticed, and the exception's class."""
    moment = "define"
    module = None
    try:
        module = load(lib, bad.name, BASE + bad.source)
        moment = "use"
        made = value(lib, module, bad.use) if bad.use else None
        moment = "text"
        str(made)
    except Exception as error:
        return moment, type(error).__name__
    finally:
        if module is not None:
            # One broken mapper is in the way of every other one.
            module.Base.registry.dispose()
            unload(module)
    return "never", "nothing raised"


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_refused(bad: Bad) -> None:
    stated = bad.moment, bad.error
    assert outcome(PEERS, bad) == stated, "the peer does otherwise"
    assert outcome(OURS, bad) == stated


def test_the_names_are_different() -> None:
    names = [bad.name for bad in ALL]
    assert len(set(names)) == len(names) > 100


# -- what the database holds ------------------------------------------------

STORED = """
class Color(enum.Enum):
    red = 1

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[Optional[Color]]
    size: Mapped[Optional[str]] = mapped_column(Enum("s", "xl"))
    seen: Mapped[Optional[datetime.datetime]]
    day: Mapped[Optional[datetime.date]]
    at: Mapped[Optional[datetime.time]]
    data: Mapped[Optional[dict]] = mapped_column(JSON)
    key: Mapped[Optional[uuid.UUID]]
    on: Mapped[Optional[bool]]
    took: Mapped[Optional[datetime.timedelta]]
    price: Mapped[Optional[decimal.Decimal]]
    name: Mapped[Optional[str]]
"""
CREATE = (
    "CREATE TABLE things (id INTEGER PRIMARY KEY, color, size, seen, day,"
    ' at, data, "key", "on", took, price, name)'
)
# column -> what is stored -> the class of the exception, or None
READS: list[tuple[str, Any, str | None]] = [
    ("color", "red", None),
    ("color", "blue", "LookupError"),
    ("color", "RED", "LookupError"),
    ("color", "", "LookupError"),
    ("size", "m", "LookupError"),
    ("seen", "2024-01-02 03:04:05", None),
    ("seen", "2024-01-02 03:04:05.5", None),
    ("seen", "2024-01-02", None),
    ("seen", "yesterday", "ValueError"),
    ("seen", "", "ValueError"),
    ("seen", "2024-13-02 03:04:05", "ValueError"),
    ("seen", 17, "TypeError"),
    ("day", "2024-01-02", None),
    ("day", "2024-02-30", "ValueError"),
    ("day", "02.01.2024", "ValueError"),
    ("at", "10:11:12", None),
    ("at", "25:00:00", "ValueError"),
    ("at", "noon", "ValueError"),
    ("data", '{"a": [1, null]}', None),
    ("data", '{"a": ', "JSONDecodeError"),
    ("data", "", "JSONDecodeError"),
    ("data", "null", None),
    ("key", "0" * 32, None),
    ("key", "not hexadecimal", "ValueError"),
    ("on", 1, None),
    ("on", 7, None),
    ("took", "1970-01-02 00:00:00.000000", None),
    ("took", "long", "ValueError"),
    ("price", 1.25, None),
    ("name", 5, None),
    ("name", b"\xff", None),
]
# column -> a value in Python -> the class of the exception, or None
WRITES: list[tuple[str, str, str | None]] = [
    ("color", "Color.red", None),
    ("color", "'red'", None),
    ("color", "'blue'", None),
    ("color", "3", "StatementError"),
    ("size", "'m'", None),
    ("seen", "'2024-01-02'", "StatementError"),
    ("seen", "datetime.date(2024, 1, 2)", None),
    ("day", "'2024-01-02'", "StatementError"),
    ("day", "datetime.datetime(2024, 1, 2, 3)", None),
    ("at", "'10:11'", "StatementError"),
    ("data", "{'a': object()}", "StatementError"),
    ("key", "'text'", "StatementError"),
    ("key", "3", "StatementError"),
    ("on", "'yes'", "StatementError"),
    ("on", "2", "StatementError"),
    ("on", "1", None),
    ("took", "3", "StatementError"),
    ("price", "'1.5'", None),
    ("name", "5", None),
    ("name", "object()", "ProgrammingError"),
    ("name", "[1]", "ProgrammingError"),
    ("id", "2 ** 63", "OverflowError"),
]


@pytest.fixture
def things(tmp_path: Path) -> Path:
    path = tmp_path / "things.db"
    run(path, CREATE)
    return path


def run(path: Path, sql: str, values: Any = ()) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def at_peer(path: Path, act: Any) -> Any:
    module = load(PEERS, "things", BASE + STORED)
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    try:
        with Session(engine) as session:
            try:
                return act(PEERS, module, session.execute, session.commit)
            except Exception as error:
                return type(error).__name__
    finally:
        engine.dispose()
        unload(module)


async def at_ours(path: Path, act: Any) -> Any:
    module = load(OURS, "things", BASE + STORED)
    asyncio = OURS.ext.asyncio
    engine = asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}")
    try:
        async with asyncio.AsyncSession(engine) as session:
            try:
                steps = act(OURS, module, None, None)
                result = await session.execute(steps[0])
                await session.commit() if steps[1] else None
                return plain(result.all()) if not steps[1] else "done"
            except Exception as error:
                return type(error).__name__
    finally:
        await engine.dispose()
        unload(module)


@pytest.mark.parametrize(
    ("column", "stored", "error"),
    READS,
    ids=[f"{column}-{stored!r}" for column, stored, _ in READS],
)
async def test_read(
    column: str, stored: Any, error: str | None, things: Path
) -> None:
    run(things, f'INSERT INTO things ("{column}") VALUES (?)', (stored,))

    def act(lib: Library, module: Any, execute: Any, commit: Any) -> Any:
        made = lib.select(getattr(module.Thing, column))
        if execute is None:
            return made, False
        return plain(execute(made).all())

    expected = at_peer(things, act)
    if error is None:
        assert isinstance(expected, list)
    else:
        assert expected == error, "the peer does otherwise"
    assert await at_ours(things, act) == expected


@pytest.mark.parametrize(
    ("column", "given", "error"),
    WRITES,
    ids=[f"{column}-{given}" for column, given, _ in WRITES],
)
async def test_write(
    column: str, given: str, error: str | None, things: Path
) -> None:
    def act(lib: Library, module: Any, execute: Any, commit: Any) -> Any:
        made = lib.insert(module.Thing).values(
            {column: value(lib, module, given)}
        )
        if execute is None:
            return made, True
        execute(made)
        commit()
        return "done"

    expected = at_peer(things, act)
    assert expected == (error or "done"), "the peer does otherwise"
    kept = f'SELECT "{column}", typeof("{column}") FROM things'
    by_peer = run(things, kept)
    run(things, "DELETE FROM things")
    assert await at_ours(things, act) == expected
    assert run(things, kept) == by_peer
    assert len(by_peer) == (error is None)


# -- identifiers ------------------------------------------------------------

NASTY = [
    'with"quote',
    "with'apostrophe",
    "with`backtick",
    "with]bracket",
    "with space",
    "with;semicolon -- comment",
    'x" INTEGER); DROP TABLE other; --',
    "sélect",
    "select",
    "Mixed",
    "1st",
    "100%",
    ":colon",
    "a.b",
    "with\nnewline",
    "",
]


@pytest.mark.parametrize("name", NASTY, ids=repr)
def test_identifiers(name: str) -> None:
    source = f"""
class Thing(Base):
    __tablename__ = {("t" + name)!r}
    id: Mapped[int] = mapped_column({("i" + name)!r}, primary_key=True)
    b: Mapped[Optional[int]] = mapped_column({("b" + name)!r})
"""

    ddl = peers_statements if SELF else our_statements

    def look(lib: Library) -> list[str]:
        module = load(lib, "nasty", BASE + source)
        thing, dialect = module.Thing, lib.dialects.sqlite.dialect()
        create = peers_statements if lib is PEERS else ddl
        try:
            made = [
                lib.select(thing).where(thing.b == 1).order_by(thing.id),
                lib.select(thing.b.label(name or "x")),
                lib.select(lib.orm.aliased(thing, name="a" + name).b),
                lib.insert(thing).values(b=1),
                lib.update(thing).where(thing.id == 1).values(b=2),
                lib.delete(thing).where(thing.id == 1),
            ]
            texts = [str(each.compile(dialect=dialect)) for each in made]
            return [*create(module.Base.metadata)[0], *texts]
        finally:
            unload(module)

    expected = look(PEERS)
    assert look(OURS) == expected
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(expected[0])
        rows = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert rows == [("t" + name,)]
    finally:
        connection.close()
