"""Parameters of execute() and exec_driver_sql(): values, names, containers."""

from __future__ import annotations

import collections
import datetime
import decimal
import types
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import AsyncConnection, AsyncEngine, exc, text


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        await connection.execute(text("create table t (a, b)"))
        yield connection


class Int(int):
    pass


class Str(str):
    pass


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, None),
        (0, 0),
        (True, 1),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (1.5, 1.5),
        (float("inf"), float("inf")),
        ("", ""),
        ("gr\u00fc\u00df \U0001f642", "gr\u00fc\u00df \U0001f642"),
        ("a\0b", "a\0b"),
        (b"", b""),
        (b"\0\xff", b"\0\xff"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[::2], b"ac"),
        (Int(7), 7),
        (Str("seven"), "seven"),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        (datetime.datetime(2020, 1, 2, 3, 4), "2020-01-02 03:04:00"),
    ],
)
async def test_values(
    connection: AsyncConnection, value: Any, stored: Any
) -> None:
    result = await connection.execute(text("select :x"), {"x": value})
    (found,) = result.one()
    assert found == stored
    assert type(found) is type(stored)
    result = await connection.exec_driver_sql("select ?", (value,))
    assert result.scalar() == stored


async def test_text_is_not_cut_at_a_nul(connection: AsyncConnection) -> None:
    query = text("select length(cast(:x as blob))")
    assert (await connection.execute(query, {"x": "a\0bc"})).scalar() == 4


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        (2**63, OverflowError, "SQLite INTEGER"),
        (-(2**63) - 1, OverflowError, "SQLite INTEGER"),
        ("\ud800", UnicodeEncodeError, "surrogates"),
        (decimal.Decimal(1), exc.ProgrammingError, "decimal.Decimal"),
        (datetime.time(1), exc.ProgrammingError, "datetime.time"),
        ([1], exc.ProgrammingError, "list"),
        (object(), exc.ProgrammingError, "parameter 1 .*object"),
    ],
)
async def test_refused_values(
    connection: AsyncConnection, value: Any, error: type, says: str
) -> None:
    with pytest.raises(error, match=says):
        await connection.execute(text("select :x"), {"x": value})
    with pytest.raises(error, match=says):
        await connection.exec_driver_sql("select :x", {"x": value})
    assert (await connection.execute(text("select 1"))).scalar() == 1


async def test_refused_value_has_statement_and_params(
    connection: AsyncConnection,
) -> None:
    value = object()
    with pytest.raises(exc.ProgrammingError) as caught:
        await connection.execute(text("select :x"), {"x": value})
    assert caught.value.statement == "select ?"
    assert caught.value.params == (value,)


@pytest.mark.parametrize("count", [1, 4, 5, 9, 40])
async def test_many_parameters(
    connection: AsyncConnection, count: int
) -> None:
    names = [f"p{i}" for i in range(count)]
    query = text("select " + ", ".join(":" + name for name in names))
    values = {name: name * 3 for name in names}
    row = (await connection.execute(query, values)).one()
    assert row == tuple(values.values())


async def test_names(connection: AsyncConnection) -> None:
    execute = connection.execute
    query = text("select :x, :y, :x")
    given = {"x": 1, "y": 2, "unknown": object()}
    assert (await execute(query, given)).one() == (1, 2, 1)
    proxy = types.MappingProxyType({"x": 1, "y": 2})
    assert (await execute(query, proxy)).one() == (1, 2, 1)
    chain = collections.ChainMap({"x": 1}, {"y": 2})
    assert (await execute(query, chain)).one() == (1, 2, 1)
    with pytest.raises(exc.StatementError, match="'y'") as caught:
        await execute(query, {"x": 1})
    assert isinstance(caught.value.orig, exc.InvalidRequestError)
    with pytest.raises(exc.StatementError, match="'x'"):
        await execute(query)
    with pytest.raises(exc.StatementError, match="'x'"):
        await execute(query, {1: 2})


@pytest.mark.parametrize(
    "value", [(1,), [(1,)], [1], 5, "abc", {1}, [{"x": 1}, (2,)]]
)
async def test_wrong_containers_for_text(
    connection: AsyncConnection, value: Any
) -> None:
    with pytest.raises(exc.ArgumentError):
        await connection.execute(text("insert into t values (:x, 1)"), value)


@pytest.mark.parametrize("value", [[1], [[1]], 5, "a", {1}, [(1,), {"x": 1}]])
async def test_wrong_containers_for_driver_sql(
    connection: AsyncConnection, value: Any
) -> None:
    with pytest.raises(exc.ArgumentError):
        await connection.exec_driver_sql("insert into t values (?, 1)", value)


async def test_many_sets(connection: AsyncConnection) -> None:
    sets = [{"a": i, "b": str(i)} for i in range(100)]
    await connection.execute(text("insert into t values (:a, :b)"), sets)
    await connection.exec_driver_sql(
        "insert into t values (?, ?)", [(i, str(i)) for i in range(100)]
    )
    await connection.exec_driver_sql("insert into t values (:a, :b)", sets)
    query = text("select count(*), sum(a), sum(b) from t")
    assert (await connection.execute(query)).one() == (300, 14850, 14850)
    with pytest.raises(exc.StatementError, match="set 1"):
        await connection.execute(
            text("insert into t values (:a, 1)"), [{"a": 1}, {"b": 1}]
        )


async def test_empty_list_is_no_parameters(
    connection: AsyncConnection,
) -> None:
    assert (await connection.execute(text("select 1"), [])).scalar() == 1
    assert (await connection.exec_driver_sql("select 1", [])).scalar() == 1


async def test_changing_the_list_later(connection: AsyncConnection) -> None:
    sets = [{"a": "x" * 10, "b": bytearray(b"y" * 10)}]
    pending = connection.execute(text("insert into t values (:a, :b)"), sets)
    sets[0]["b"][:] = b"z" * 10  # type: ignore[index]
    sets[0]["a"] = "gone"
    sets.clear()
    await pending
    row = (await connection.execute(text("select a, b from t"))).one()
    assert row in [("x" * 10, b"y" * 10), ("gone", b"z" * 10)]


@pytest.mark.parametrize(
    ("sql", "given", "row"),
    [
        ("select ?, ?", (1, 2), (1, 2)),
        ("select ?2, ?1", (1, 2), (2, 1)),
        ("select ?2, ?", (1, 2, 3), (2, 3)),
        ("select :a, @b, $c", {"a": 1, "b": 2, "c": 3}, (1, 2, 3)),
        ("select :a, :b, :a", {"a": 1, "b": 2}, (1, 2, 1)),
        ("select :a, @a", {"a": 1}, (1, 1)),
        ("select $a::b", {"a::b": 1}, (1,)),
        ("select :a, ':b', \"t\".a from t", {"a": 1}, None),
        ("select :a -- :b\n", {"a": 1}, (1,)),
        ("select ?1", {"1": 5}, (5,)),
        ("select 'it''s ?', :x", {"x": 1}, ("it's ?", 1)),
        ("select x'00', :x", {"x": 1}, (b"\0", 1)),
    ],
)
async def test_driver_sql(
    connection: AsyncConnection, sql: str, given: Any, row: Any
) -> None:
    assert (await connection.exec_driver_sql(sql, given)).first() == row


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        ("select ?", None),
        ("select ?, ?", (1,)),
        ("select ?", (1, 2)),
        ("select ?", {"a": 1}),
        ("select :a", {"b": 1}),
        ("select ?2", {"2": 1}),
    ],
)
async def test_driver_sql_misfits(
    connection: AsyncConnection, sql: str, given: Any
) -> None:
    with pytest.raises(exc.ProgrammingError) as caught:
        await connection.exec_driver_sql(sql, given)
    assert caught.value.statement == sql
