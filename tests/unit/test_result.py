"""Buffered results, beyond what the parity tests compare."""

from __future__ import annotations

import gc
import pickle
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sqlactive_c import create_async_engine, text
from sqlactive_c._core import _restore_frozen, _restore_keys, _restore_row
from sqlactive_c.engine.result import (
    CursorResult,
    FrozenResult,
    Result,
    ScalarResult,
)
from sqlactive_c.exc import (
    ArgumentError,
    MultipleResultsFound,
    NoResultFound,
    OperationalError,
    ResourceClosedError,
)

NUMBERS = (
    "with recursive n (i) as (select 1 union all select i + 1 from n "
    "limit 20000) select i, 'number ' || i as name, i % 7 as rest from n"
)


@pytest_asyncio.fixture
async def connection() -> AsyncIterator[Any]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


def thawed(names: tuple[str, ...], *rows: tuple[Any, ...]) -> Any:
    """A result of any objects."""
    keys = _restore_keys(names, False)
    return _restore_frozen(keys, [_restore_row(keys, r) for r in rows])()


async def test_large_result(connection: Any) -> None:
    expected = [(i, f"number {i}", i % 7) for i in range(1, 20001)]
    result = await connection.execute(text(NUMBERS))
    assert result.all() == expected
    result = await connection.execute(text(NUMBERS))
    assert list(result) == expected
    result = await connection.execute(text(NUMBERS))
    assert [len(part) for part in result.partitions(3000)] == [3000] * 6 + [
        2000
    ]
    result = await connection.execute(text(NUMBERS))
    assert result.scalars("name").all() == [name for _, name, _ in expected]
    result = await connection.execute(text(NUMBERS))
    assert result.columns("rest", "i").all()[-1] == (20000 % 7, 20000)
    result = await connection.execute(text(NUMBERS))
    assert result.scalars("rest").unique().all() == [1, 2, 3, 4, 5, 6, 0]


async def test_outlives_connection_and_engine() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        result = await connection.execute(text("select 1 a, 'x' b"))
    await engine.dispose()
    assert result.all() == [(1, "x")]


async def test_nothing_is_lost_by_asking_for_nothing(connection: Any) -> None:
    result = await connection.execute(text("select 1"))
    assert result.fetchmany(0) == result.fetchmany(-3) == []
    assert list(result.partitions(0)) == []
    assert result.all() == [(1,)]


async def test_messages(connection: Any) -> None:
    async def result(rows: str) -> Any:
        return await connection.execute(text(rows))

    none, two = "select 1 where 0", "select 1 union all select 2"
    for name in "one", "scalar_one":
        with pytest.raises(NoResultFound) as caught:
            getattr(await result(none), name)()
        assert str(caught.value) == "No row was found when one was required"
        with pytest.raises(MultipleResultsFound) as many:
            getattr(await result(two), name)()
        assert str(many.value) == (
            "Multiple rows were found when exactly one was required"
        )
    for name in "one_or_none", "scalar_one_or_none":
        with pytest.raises(MultipleResultsFound) as many:
            getattr(await result(two), name)()
        assert str(many.value) == (
            "Multiple rows were found when one or none was required"
        )


async def test_closed_and_rowless_are_told_apart(connection: Any) -> None:
    result = await connection.execute(text("select 1"))
    result.close()
    result.close()
    with pytest.raises(ResourceClosedError, match="closed"):
        result.all()
    result = await connection.execute(text("create table t (a)"))
    with pytest.raises(ResourceClosedError, match="returns none"):
        result.all()
    with pytest.raises(ResourceClosedError, match="returns none"):
        result.freeze()


async def test_arguments(connection: Any) -> None:
    result = await connection.execute(text("select 1 a"))
    for wrong in (
        lambda: result.fetchmany("a"),
        lambda: result.fetchmany(1, 2),
        lambda: result.fetchmany(many=1),
        lambda: result.partitions(1.5),
        lambda: result.unique(1, 2),
        lambda: result.yield_per("x"),
        lambda: result.scalars(0, 1),
    ):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ArgumentError):
        result.columns()
    assert result.scalars(index="a").all() == [1]


async def test_text_that_is_not_utf8(connection: Any) -> None:
    sql = "select 1 a, cast(x'ff' as text) b, 2 c union all select 3, 'x', 4"
    result = await connection.execute(text(sql))
    with pytest.raises(OperationalError, match="UTF-8"):
        result.fetchone()
    assert result.fetchone() == (3, "x", 4)
    result = await connection.execute(text(sql))
    with pytest.raises(OperationalError, match="UTF-8"):
        result.all()
    result = await connection.execute(text(sql))
    assert result.columns("c", "a").all() == [(2, 1), (4, 3)]
    result = await connection.execute(text(sql))
    with pytest.raises(OperationalError, match="UTF-8"):
        result.scalars("b").all()


def test_unique_counts_what_cannot_be_hashed_by_identity() -> None:
    one, equal = [1], [1]
    rows = [("a", one), ("a", equal), ("a", one)]
    assert thawed(("n", "v"), *rows).unique().all() == rows[:2]
    assert thawed(("n", "v"), *rows).scalars("v").unique().all() == [[1], [1]]
    assert len(thawed(("n", "v"), *rows).scalars("n").unique().all()) == 1


def test_failing_strategy() -> None:
    result = thawed(("n",), (1,), (2,)).unique(lambda row: 1 / (row[0] - 1))
    with pytest.raises(ZeroDivisionError):
        result.all()
    result = thawed(("n",), (1,), (2,)).unique(lambda row: [])
    with pytest.raises(TypeError):
        result.all()


def test_strategy_that_fetches_from_the_same_result() -> None:
    result = thawed(("n",), *((i,) for i in range(10)))
    seen = []

    def strategy(row: Any) -> Any:
        seen.append(row[0])
        if row[0] == 2:
            result.unique(None)
            seen.extend(result.scalars().all())
        return row[0]

    taken = result.unique(strategy).all()
    assert sorted(seen) == list(range(10))
    assert [row[0] for row in taken] == [0, 1, 2]


def test_strategy_that_closes_the_result() -> None:
    result = thawed(("n",), *((i,) for i in range(10)))
    rows = result.unique(lambda row: result.close()).all()
    assert rows == [(0,)]


async def test_filters_share_the_rows(connection: Any) -> None:
    result = await connection.execute(text(NUMBERS))
    scalars = result.scalars()
    mappings = result.mappings()
    assert next(scalars) == 1
    assert next(mappings)["i"] == 2
    assert next(result)[0] == 3
    result.columns("rest")  # holds for the result, not for its filters
    assert scalars.fetchmany(2) == [4, 5]
    assert mappings.fetchone() == {"i": 6, "name": "number 6", "rest": 6}
    assert result.fetchone() == (0,)
    del result
    assert next(scalars) == 8
    scalars.close()
    assert mappings.closed


async def test_frozen(connection: Any) -> None:
    result = await connection.execute(text("select 1 a, 'x' b"))
    frozen = result.freeze()
    assert isinstance(frozen, FrozenResult)
    assert result.all() == []
    again = pickle.loads(pickle.dumps(frozen))
    for source in frozen, again:
        assert source.data == [(1, "x")]
        assert source().all() == [(1, "x")]
        assert source().one().b == "x"
        assert source().scalars("b").all() == ["x"]
        assert source().mappings().all() == [{"a": 1, "b": "x"}]
        assert source().columns("b").first() == ("x",)
        assert source().keys() == ["a", "b"]
        assert source().rowcount == -1
        assert source().lastrowid is None
    with pytest.raises(TypeError):
        frozen(1)
    frozen.data.clear()
    assert len(frozen.data) == 1


def test_damaged_pickles_are_refused() -> None:
    keys = _restore_keys(("a",), False)
    other = _restore_row(_restore_keys(("a", "b"), False), (1, 2))
    for rows in [(1,)], [other], [None]:
        with pytest.raises(ValueError, match="rows"):
            _restore_frozen(keys, rows)


async def test_lastrowid(connection: Any) -> None:
    await connection.execute(text("create table t (id integer primary key)"))
    result = await connection.execute(text("insert into t values (7)"))
    assert (result.lastrowid, result.rowcount) == (7, 1)
    result = await connection.execute(text("update t set id = 8"))
    assert (result.lastrowid, result.rowcount) == (None, 1)
    result = await connection.execute(text("select 1"))
    assert (result.lastrowid, result.rowcount) == (None, -1)


def test_types() -> None:
    assert CursorResult is Result
    for type_ in Result, ScalarResult, FrozenResult:
        assert type_[int].__origin__ is type_
        with pytest.raises(TypeError):
            type_()


def test_cycles_are_collected() -> None:
    class Thing:
        held: Any

    gc.collect()
    gone = []
    for make in (
        lambda r: r,
        lambda r: r.scalars(),
        lambda r: r.mappings(),
        lambda r: r.freeze(),
        lambda r: r.partitions(2),
        lambda r: r.unique(lambda row: id(r)),
    ):
        thing = Thing()
        thing.held = make(thawed(("a",), (thing,)))
        gone.append(weakref.ref(thing))
        del thing
    gc.collect()
    assert [thing() for thing in gone] == [None] * len(gone)
