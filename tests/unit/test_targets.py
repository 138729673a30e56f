"""Columns of results, asked for by what was selected."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from sqlactive_c import (
    AsyncConnection,
    AsyncEngine,
    Column,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    exc,
    select,
    text,
)
from sqlactive_c.orm import DeclarativeBase, Mapped, aliased, mapped_column


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


nodes = Table(
    "nodes",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
)


@pytest.fixture
async def conn(engine: AsyncEngine) -> Any:
    async with engine.connect() as conn:
        await conn.execute(
            text("CREATE TABLE nodes (id INTEGER PRIMARY KEY, name)")
        )
        await conn.execute(
            text("INSERT INTO nodes VALUES (1, 'one'), (2, 'two')")
        )
        yield conn


def twins(kind: str) -> tuple[Any, Any]:
    if kind == "alias":
        return nodes.alias(), nodes.alias()
    if kind == "subquery":
        return tuple(select(nodes).subquery() for _ in "ab")  # type: ignore[return-value]
    return select(nodes).cte("a"), select(nodes).cte("b")


async def one_row(conn: AsyncConnection, statement: Any) -> Row[Any]:
    return (await conn.execute(statement)).one()


@pytest.mark.parametrize("kind", ["alias", "subquery", "cte"])
async def test_self_join_in_each_call(
    conn: AsyncConnection, kind: str
) -> None:
    """One shape, new aliases: each finds its own column."""
    for _ in range(3):
        a, b = twins(kind)
        row = await one_row(
            conn,
            select(a.c.id, b.c.id, b.c.name).where(a.c.id == 1, b.c.id == 2),
        )
        assert row._mapping[a.c.id] == 1
        assert row._mapping[b.c.id] == 2
        assert row._mapping[b.c.name] == "two"
        assert row._mapping["name"] == "two"


async def test_the_same_aliases_exchanged(conn: AsyncConnection) -> None:
    a, b = nodes.alias(), nodes.alias()
    for left, right in ((a, b), (b, a)):
        row = await one_row(
            conn,
            select(left.c.id, right.c.id).where(
                left.c.id == 1, right.c.id == 2
            ),
        )
        assert row._mapping[left.c.id] == 1
        assert row._mapping[right.c.id] == 2


async def test_what_was_not_selected(conn: AsyncConnection) -> None:
    """A column that looks like one that was is not found."""
    for _ in range(2):
        a, b = nodes.alias(), nodes.alias()
        row = await one_row(
            conn,
            select(a.c.id, b.c.name).where(a.c.id == 1, b.c.id == 2),
        )
        assert row._mapping[a.c.id] == 1
        assert b.c.id not in row._mapping
        with pytest.raises(exc.NoSuchColumnError):
            row._mapping[b.c.id]
        with pytest.raises(exc.NoSuchColumnError):
            row._mapping[nodes.alias().c.id]


async def test_expressions(conn: AsyncConnection) -> None:
    """Values do not count, aliases do."""
    for number in range(3):
        a, b = nodes.alias(), nodes.alias()
        row = await one_row(
            conn,
            select(a.c.id + number, b.c.id + number).where(
                a.c.id == 1, b.c.id == 2
            ),
        )
        assert row._mapping[a.c.id + number] == 1 + number
        assert row._mapping[b.c.id + number] == 2 + number


async def test_text_beside_an_alias(conn: AsyncConnection) -> None:
    for _ in range(2):
        a = nodes.alias("a")
        row = await one_row(
            conn, select(a.c.id, text("a.name AS called")).where(a.c.id == 2)
        )
        assert row._mapping[a.c.id] == 2
        assert row._mapping["called"] == "two"


async def test_picked_columns(conn: AsyncConnection) -> None:
    for _ in range(2):
        a, b = nodes.alias(), nodes.alias()
        result = await conn.execute(
            select(a.c.id, b.c.id, b.c.name).where(a.c.id == 1, b.c.id == 2)
        )
        row = result.columns(b.c.id, a.c.id).one()
        assert tuple(row) == (2, 1)
        assert row._mapping[a.c.id] == 1


async def test_aliased_classes(conn: AsyncConnection) -> None:
    for _ in range(3):
        a, b = aliased(Node), aliased(Node)
        row = await one_row(
            conn,
            select(a.id, b.id, b.name).where(a.id == 1, b.id == 2),
        )
        assert row._mapping[a.id] == 1
        assert row._mapping[b.id] == 2


async def test_aliased_instances(engine: AsyncEngine, conn: Any) -> None:
    for _ in range(3):
        a, b = aliased(Node), aliased(Node)
        row = await one_row(conn, select(a, b).where(a.id == 1, b.id == 2))
        assert row._mapping[a] is row[0]
        assert row._mapping[b] is row[1]


async def test_the_row_outlives_the_statement(conn: AsyncConnection) -> None:
    def made() -> Any:
        a = nodes.alias()
        return select(a.c.id).where(a.c.id == 1)

    await one_row(conn, made())
    row = await one_row(conn, made())
    gc.collect()
    assert row._mapping["id"] == 1
    with pytest.raises(exc.NoSuchColumnError):
        row._mapping[nodes.alias().c.id]
