"""Results and rows, buffered."""

from collections.abc import Iterator
from typing import Any, assert_type

from sqlactive_c import AsyncConnection, text
from sqlactive_c.engine import (
    CursorResult,
    FrozenResult,
    MappingResult,
    Result,
    Row,
    RowMapping,
    ScalarResult,
)


async def untyped(conn: AsyncConnection) -> None:
    result = await conn.execute(text("SELECT 1 AS a"), {"a": 1})
    assert_type(result, Result[Any])
    assert_type(result.first(), Row[Any] | None)
    assert_type(result.all(), list[Row[Any]])
    assert_type(result.rowcount, int)
    assert_type(result.lastrowid, int | None)
    assert_type(result.returns_rows, bool)
    assert_type(result.closed, bool)
    assert_type(result.close(), None)
    assert_type(list(result.keys()), list[str])
    assert_type(result.scalars("a"), ScalarResult[Any])
    assert_type(result.mappings(), MappingResult)
    assert_type(result.mappings().all(), list[RowMapping])
    assert_type(result.partitions(5), Iterator[list[Row[Any]]])
    assert_type(result.unique(lambda row: row[0]), Result[Any])
    assert_type(result.yield_per(10), Result[Any])
    with result as entered:
        assert_type(entered, Result[Any])
    for row in result:
        assert_type(row, Row[Any])
    same: CursorResult[Any] = result
    same.close()


def typed(result: Result[tuple[int, str]]) -> None:
    assert_type(result.one(), Row[tuple[int, str]])
    assert_type(result.one()._tuple(), tuple[int, str])
    assert_type(result.one().t, tuple[int, str])
    assert_type(result.tuples().all(), list[tuple[int, str]])
    assert_type(result.t.fetchone(), tuple[int, str] | None)
    assert_type(result.scalar(), int | None)
    assert_type(result.scalar_one(), int)
    assert_type(result.scalar_one_or_none(), int | None)
    assert_type(result.scalars(), ScalarResult[int])
    assert_type(result.scalars().all(), list[int])
    assert_type(result.scalars().first(), int | None)
    assert_type(result.scalars(1), ScalarResult[Any])
    assert_type(result.freeze(), FrozenResult[tuple[int, str]])
    assert_type(result.freeze()(), Result[tuple[int, str]])
    assert_type(result.columns("a"), Result[Any])


def rows(row: Row[tuple[int, str]]) -> None:
    assert_type(row.name, Any)
    assert_type(row[0], Any)
    assert_type(row._fields, tuple[str, ...])
    assert_type(row._asdict(), dict[str, Any])
    assert_type(row._mapping, RowMapping)
    assert_type(row._mapping["name"], Any)
    assert_type(dict(row._mapping), dict[str, Any])
    assert_type(row < (1, "a"), bool)
    number, name = row._tuple()
    assert_type(number, int)
    assert_type(name, str)


def refused(result: Result[tuple[int, str]], row: Row[Any]) -> None:
    result.rowcount = 1  # type: ignore[misc]
    result.scalars().keys()  # type: ignore[attr-defined]
    result.scalars().fetchone()  # type: ignore[attr-defined]
    result.fetchmany("5")  # type: ignore[arg-type]
    result.yield_per()  # type: ignore[call-arg]
    result.columns(1.5)  # type: ignore[arg-type]
    row._mapping["a"] = 1  # type: ignore[index]
    number = result.scalar_one()
    number.upper()  # type: ignore[attr-defined]
