"""Statements of a schema, one by one: the same text as the peer's."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy
import sqlalchemy.schema

import sqlactive_c
import sqlactive_c.schema
from sqlactive_c import AsyncEngine, exc


def build(lib: Any) -> list[Any]:
    schema = lib.schema
    table = lib.Table(
        "odd name",
        lib.MetaData(),
        lib.Column("id", lib.Integer, primary_key=True),
        lib.Column("a", lib.String(9), index=True),
    )
    index = next(iter(table.indexes))
    return [
        schema.CreateTable(table),
        schema.CreateTable(table, if_not_exists=True),
        schema.CreateIndex(index),
        schema.CreateIndex(index, if_not_exists=True),
        schema.DDL(
            "CREATE VIEW v AS SELECT %(what)s, 5 %% 2 AS m FROM 'odd name'",
            context={"what": "id"},
        ),
        schema.DDL("DROP VIEW v"),
        schema.DropIndex(index, if_exists=True),
        schema.DropIndex(index),
        schema.DropTable(table, if_exists=True),
        schema.DropTable(table),
    ]


def test_text() -> None:
    from sqlalchemy.dialects import sqlite as peers

    from sqlactive_c.dialects import sqlite as ours

    here, there = build(sqlactive_c), build(sqlalchemy)
    assert [str(each) for each in here] == [str(each) for each in there]
    assert [str(each.compile(dialect=ours.dialect())) for each in here] == [
        str(each.compile(dialect=peers.dialect())) for each in there
    ]


async def test_executed(engine: AsyncEngine) -> None:
    statements = build(sqlactive_c)
    async with engine.connect() as connection:
        for at in (0, 1, 2, 3, 4):
            await connection.execute(statements[at])
        names = await connection.scalars(
            sqlactive_c.text("SELECT name FROM sqlite_master")
        )
        assert {"odd name", "v", "ix_odd name_a"} <= set(names)
        for at in (5, 7, 9):
            await connection.execute(statements[at])
        with pytest.raises(exc.OperationalError, match="no such index"):
            await connection.execute(statements[7])


async def test_a_table_that_grows_is_written_anew(engine: AsyncEngine) -> None:
    schema = sqlactive_c.schema
    table = schema.Table(
        "t", schema.MetaData(), schema.Column("a", sqlactive_c.Integer)
    )
    async with engine.connect() as connection:
        await connection.execute(schema.CreateTable(table))
        await connection.execute(schema.DropTable(table))
        table.append_column(schema.Column("b", sqlactive_c.Integer))
        await connection.execute(schema.CreateTable(table))
        await connection.execute(table.insert(), {"a": 1, "b": 2})


def test_refused() -> None:
    schema = sqlactive_c.schema
    with pytest.raises(exc.ArgumentError):
        schema.DDL(3)  # type: ignore[arg-type]
    with pytest.raises(exc.ArgumentError):
        schema.sort_tables([], skip_fn=bool)


def test_sort_tables() -> None:
    def order(lib: Any) -> list[str]:
        metadata = lib.MetaData()
        tables = [
            lib.Table(
                "child",
                metadata,
                lib.Column("p", lib.ForeignKey("parent.id")),
            ),
            lib.Table(
                "parent",
                metadata,
                lib.Column("id", lib.Integer, primary_key=True),
            ),
        ]
        return [each.name for each in lib.schema.sort_tables(tables)]

    assert order(sqlactive_c) == order(sqlalchemy) == ["parent", "child"]
