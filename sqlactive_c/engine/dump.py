"""A database as SQL, line by line, in the form that ``sqlite3`` gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

__all__ = ["iterdump"]

_OBJECTS = "SELECT name, sql FROM sqlite_master WHERE sql NOT NULL AND type {}"


async def iterdump(connection: Any) -> AsyncIterator[str]:
    """Give the statements that make a database anew.

    Args:
        connection: An `AsyncConnection`; rows are fetched in batches.
    """
    yield "BEGIN TRANSACTION;"
    sequences: list[str] = []
    virtual = False
    for name, sql in await _rows(
        connection, _OBJECTS.format("= 'table' ORDER BY name")
    ):
        if name == "sqlite_sequence":
            sequences = await _sequences(connection)
            continue
        if name == "sqlite_stat1":
            yield 'ANALYZE "sqlite_master";'
        elif name.startswith("sqlite_"):
            continue
        elif sql.startswith("CREATE VIRTUAL TABLE"):
            if not virtual:
                virtual = True
                yield "PRAGMA writable_schema=ON;"
            yield _virtual_table(name, sql)
            continue  # its rows are in tables that stand here, too
        else:
            yield f"{sql};"
        async with connection.stream(await _inserts(connection, name)) as rows:
            async for row in rows:
                yield f"{row[0]};"
    for _, sql in await _rows(
        connection, _OBJECTS.format("IN ('index', 'trigger', 'view')")
    ):
        yield f"{sql};"
    if virtual:
        yield "PRAGMA writable_schema=OFF;"
    for line in sequences:
        yield line
    yield "COMMIT;"


async def _rows(connection: Any, sql: str) -> list[Any]:
    result = await connection.exec_driver_sql(sql)
    rows: list[Any] = result.all()
    return rows


async def _sequences(connection: Any) -> list[str]:
    """Return what makes the counters of AUTOINCREMENT anew."""
    rows = await _rows(connection, "SELECT name, seq FROM sqlite_sequence")
    return [
        'DELETE FROM "sqlite_sequence";',
        *(
            f'INSERT INTO "sqlite_sequence" VALUES({_literal(name)},{number});'
            for name, number in rows
        ),
    ]


async def _inserts(connection: Any, table: str) -> Any:
    """Return the query for the INSERT statements of a table's rows."""
    from .. import _core

    name = _identifier(table)
    columns = await _rows(connection, f"PRAGMA table_info({name})")
    head = _literal(f"INSERT INTO {name} VALUES(")
    values = "||','||".join(f"quote({_identifier(row[1])})" for row in columns)
    sql = f"SELECT {head}||{values}||')' FROM {name}"
    return _core.text(sql.replace(":", "\\:"))


def _virtual_table(name: str, sql: str) -> str:
    quoted = _literal(name)
    return (
        "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)"
        f"VALUES('table',{quoted},{quoted},0,{_literal(sql)});"
    )


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
