"""ORM statements: the text and the rows of the peer's."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy
from sqlalchemy.orm import Session

from parity.mapping.library import (
    OURS,
    PEERS,
    SELF,
    Library,
    group,
    parameters,
    plain,
)
from parity.mapping.shop import Described, create, shop, statement
from parity.mapping.statements import CHANGES, LOADERS, SELECTS, Statement


def of(statements: list[Statement]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("given", parameters(statements))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    create(path)
    return path


@asynccontextmanager
async def our_session(path: Path) -> AsyncIterator[Any]:
    asyncio = OURS.ext.asyncio
    engine = asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}")
    try:
        async with asyncio.AsyncSession(engine) as session:
            yield session
    finally:
        await engine.dispose()


def texts(lib: Library, given: Statement) -> Any:
    made = statement(lib, given)
    compiled = made.compile(dialect=lib.dialects.sqlite.dialect())
    return {
        "text": str(made),
        "again": str(made) == str(statement(lib, given)),
        "sqlite": str(compiled),
        "parameters": {
            key: _parameter(value) for key, value in compiled.params.items()
        },
    }


def _parameter(value: Any) -> Any:
    if hasattr(type(value), "__mapper__"):
        return f"a {type(value).__name__}"
    return plain(value)


# -- text -------------------------------------------------------------------


@group("statements")
@of(SELECTS)
def test_text_of_select(given: Statement) -> None:
    expected = texts(PEERS, given)
    assert texts(OURS, given) == expected
    assert "SELECT" in expected["text"]


@group("statements")
@of(CHANGES)
def test_text_of_change(given: Statement) -> None:
    expected = texts(PEERS, given)
    assert texts(OURS, given) == expected


@group("loaders")
@of(LOADERS)
def test_text_with_loaders(given: Statement) -> None:
    assert texts(OURS, given) == texts(PEERS, given)


# Columns of a subquery whose names the peer makes up when it renders them:
# before, there is no text to compare.
MADE_UP = {
    "alias_column_property",
    "joined_subquery",
    "subquery_of_two_entities",
}
DESCRIBED = [
    each
    for each in SELECTS
    if "from_statement" not in each.name and each.name not in MADE_UP
]


@group("statements")
@of(DESCRIBED)
def test_column_descriptions(given: Statement) -> None:
    def look(lib: Library) -> Any:
        made = statement(lib, given)
        if not hasattr(made, "column_descriptions"):
            return "a union"
        return [
            {
                "name": each["name"],
                "type": plain(each["type"]),
                "aliased": each.get("aliased"),
                "entity": _name(each.get("entity")),
                "expr": _name(each["expr"]),
            }
            for each in made.column_descriptions
        ]

    assert look(OURS) == look(PEERS)


def _name(entity: Any) -> str | None:
    if entity is None:
        return None
    if getattr(entity, "is_bundle", False):
        return type(entity).__name__
    return plain(getattr(entity, "__name__", None) or str(entity))


@group("statements")
@of([each for each in DESCRIBED if "union" not in each.source])
def test_columns_and_criteria(given: Statement) -> None:
    def look(lib: Library) -> Any:
        made = statement(lib, given)
        if not hasattr(made, "selected_columns"):
            return str(made)
        return {
            "columns": plain(made.selected_columns.keys()),
            "texts": [_column_text(each) for each in made.selected_columns],
            "where": str(getattr(made, "whereclause", None)),
            "subquery": str(made.subquery()),
            "names": plain(made.subquery().c.keys()),
        }

    assert look(OURS) == look(PEERS)


def _column_text(column: Any) -> Any:
    # Alone, the peer describes columns of what has no name yet.
    table = getattr(column, "table", None)
    if table is not None and not hasattr(table, "metadata"):
        return plain(column.name)
    return plain(str(column))


# -- rows -------------------------------------------------------------------


def peers_rows(path: Path, given: Statement, loaders: bool) -> Any:
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    try:
        with Session(engine) as session:
            result = session.execute(statement(PEERS, given))
            described = Described(PEERS, related=loaders)
            return described.rows(result, unique=loaders)
    finally:
        engine.dispose()


async def our_rows(path: Path, given: Statement, loaders: bool) -> Any:
    async with our_session(path) as session:
        result = await session.execute(statement(OURS, given))
        described = Described(OURS, related=loaders)
        return described.rows(result, unique=loaders)


@group("rows")
@of([each for each in SELECTS if each.rows])
async def test_rows_of_select(given: Statement, stored: Path) -> None:
    expected = peers_rows(stored, given, loaders=False)
    actual = await our_rows(stored, given, loaders=False)
    assert actual[1] == expected[1]
    if not expected[1] or len(expected[0]) == len(expected[1][0]):
        # The peer leaves out names of aliases without one, and of text.
        assert actual[0] == expected[0]
    assert expected[1] or "no_rows" in given.name or "empty" in given.name


WITH_THE_ROWS = ("loader_joined", "loader_contains", "loader_noload")
JOINED = [each for each in LOADERS if each.name.startswith(WITH_THE_ROWS)]


@group("loaders")
@of(JOINED)
async def test_rows_with_joined_loaders(
    given: Statement, stored: Path
) -> None:
    expected = peers_rows(stored, given, loaders=True)
    actual = await our_rows(stored, given, loaders=True)
    assert actual[1] == expected[1]
    # The peer leaves out names of aliases without one.
    assert actual[0] == expected[0] or expected[0] == []
    assert expected[1]


@group("further_loaders")
@of([each for each in LOADERS if each not in JOINED])
async def test_rows_with_further_loaders(
    given: Statement, stored: Path
) -> None:
    expected = peers_rows(stored, given, loaders=True)
    assert await our_rows(stored, given, loaders=True) == expected
    assert expected[1]


TABLES = (
    "users",
    "profiles",
    "orders",
    "products",
    "tags",
    "lines",
    "animals",
)


def contents(path: Path) -> dict[str, list[Any]]:
    import sqlite3

    connection = sqlite3.connect(path)
    try:
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()
            for name in TABLES
        }
    finally:
        connection.close()


def returned(lib: Library, given: Statement, result: Any) -> Any:
    if ".returning(" in given.source:
        return Described(lib).rows(result)
    return result.rowcount


@group("rows")
@of(CHANGES)
async def test_rows_after_change(
    given: Statement, stored: Path, tmp_path: Path
) -> None:
    ours, peers = tmp_path / "ours.db", tmp_path / "peers.db"
    shutil.copy(stored, ours)
    shutil.copy(stored, peers)
    before = contents(peers)
    engine = sqlalchemy.create_engine(f"sqlite:///{peers}")
    with Session(engine) as session:
        expected = returned(
            PEERS, given, session.execute(statement(PEERS, given))
        )
        session.commit()
    engine.dispose()
    async with our_session(ours) as session:
        actual = returned(
            OURS, given, await session.execute(statement(OURS, given))
        )
        await session.commit()
    assert actual == expected
    assert contents(ours) == contents(peers)
    assert contents(peers) != before


@group("rows")
async def test_one_instance_for_one_identity(stored: Path) -> None:
    m = shop(OURS)
    async with our_session(stored) as session:
        made = OURS.select(m.User, m.Order).join(m.User.orders)
        rows = (await session.execute(made.order_by(m.Order.id))).all()
        assert rows[0].User is rows[1].User
        assert rows[0].User is not rows[2].User
        again = (await session.execute(OURS.select(m.User))).scalars().all()
        assert again[0] is rows[0].User
        assert rows[0].Order.id == 1
        assert rows[0]._mapping["User"] is again[0]


def test_the_statements_are_all_there() -> None:
    assert len(SELECTS) > 200
    assert len(LOADERS) > 30
    assert len(CHANGES) > 20
    assert SELF or OURS.package != PEERS.package
