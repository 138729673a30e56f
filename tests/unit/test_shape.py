"""Shapes, decoders and the cache, with shapes that are made by hand."""

from __future__ import annotations

import asyncio
import functools
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from sqlactive_c import AsyncEngine, _core, create_async_engine, exc
from unit.shapes import Compiler, Thing, Value, compiler, rider, statement


@pytest.fixture
def hook() -> Iterator[Compiler]:
    with compiler() as made:
        yield made


def failing(*args: Any) -> Any:
    raise ValueError("no good")


UPPER = _core.Codec(
    "adapter", to_db=lambda v: v.upper(), from_db=lambda v: v.lower()
)
FAILING = _core.Codec("adapter", to_db=failing, from_db=failing)


async def test_values_of_riders(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("add", ("SELECT ? + ? * 10",), (rider("a", 0), rider("b", 1)))
    async with engine.connect() as conn:
        assert await conn.scalar(statement("add", 1, 2)) == 21
        assert await conn.scalar(statement("add", 3, 4)) == 43
    assert hook.calls == [("add", None, False)]


async def test_values_by_name(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("add", ("SELECT ? + ? * 10",), (rider("a", 0), rider("b", 1)))
    async with engine.connect() as conn:
        assert await conn.scalar(statement("add", 1, 2), {"b": 3}) == 31
        # Another order, the same shape; other names, another one.
        two = {"a": 5, "b": 6}
        assert await conn.scalar(statement("add", 1, 2), two) == 65
        two = {"b": 7, "a": 8}
        assert await conn.scalar(statement("add", 1, 2), two) == 78
        assert await conn.scalar(statement("add", 1, 2), [{"a": 0}]) == 20
        assert await conn.scalar(statement("add", 1, 2), []) == 21
    assert hook.calls == [
        ("add", ("b",), False),
        ("add", ("a", "b"), False),
        ("add", ("a",), False),
        ("add", None, False),
    ]


async def test_key_and_name(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("one", ("SELECT ?",), (("x_1", "x", None, "rider", 0),))
    async with engine.connect() as conn:
        assert await conn.scalar(statement("one", 1), {"x": 2}) == 2
        assert await conn.scalar(statement("one", 1), {"x_1": 3}) == 3


async def test_sources(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add(
        "all",
        ("SELECT ?, ?, ?, ?, ?",),
        (
            ("a", None, None, "constant", 7),
            ("b", None, None, "call", lambda: 8),
            ("c", None, None, "context", lambda known: sorted(known)),
            ("d", "d", None, "given", None),
            ("e", None, None, "called", 0),
        ),
    )
    hook.shapes["ctx"] = lambda names, many: _core.Shape(
        ("SELECT ?, ?, ?",),
        (
            ("c", None, None, "context", lambda known: known["a"] * 2),
            rider("a", 0),
            ("d", None, None, "context", lambda known: known["c"] * 2),
        ),
    )
    async with engine.connect() as conn:
        row = (await conn.execute(statement("ctx", 5))).one()
        assert row == (10, 5, 20)
        with pytest.raises(exc.ProgrammingError, match="list"):
            await conn.execute(statement("all", lambda: 9), {"d": 1})


async def test_missing_value(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("given", ("SELECT ?",), (("x", "x", None, "given", None),))
    async with engine.connect() as conn:
        with pytest.raises(exc.StatementError, match="'x'") as caught:
            await conn.execute(statement("given"))
        assert isinstance(caught.value.orig, exc.InvalidRequestError)
        assert caught.value.statement == "SELECT ?"
        with pytest.raises(exc.StatementError, match="group 1"):
            await conn.execute(statement("given"), [{"x": 1}, {"y": 2}])


async def test_codecs(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add(
        "shout",
        ("SELECT ?, ?",),
        (rider("a", 0, UPPER), rider("b", 1)),
        decoder=_core.Decoder(("x", "y"), (None, UPPER)),
    )
    async with engine.connect() as conn:
        result = await conn.execute(statement("shout", "up", "DOWN"))
        assert result.one() == ("UP", "down")
        assert await conn.scalar(statement("shout", "up", "DOWN")) == "UP"
        scalars = await conn.scalars(statement("shout", "a", "B"))
        assert scalars.all() == ["A"]
        result = await conn.execute(statement("shout", "a", "B"))
        assert result.scalars("y").all() == ["b"]
        result = await conn.execute(statement("shout", "a", "B"))
        assert result.columns("y", 0).all() == [("b", "A")]
        result = await conn.execute(statement("shout", "a", "B"))
        assert result.mappings().all() == [{"x": "A", "y": "b"}]


async def test_codec_that_fails(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("in", ("SELECT ?",), (rider("a", 0, FAILING),))
    hook.add(
        "out",
        ("SELECT 1, 2",),
        (),
        decoder=_core.Decoder(("x", "y"), (None, FAILING)),
    )
    async with engine.connect() as conn:
        with pytest.raises(exc.StatementError) as caught:
            await conn.execute(statement("in", 1), {"z": 3})
        error = caught.value
        assert isinstance(error.orig, ValueError)
        assert error.__cause__ is error.orig
        assert str(error).startswith("(builtins.ValueError) no good")
        assert error.params == [{"z": 3}]
        result = await conn.execute(statement("out"))
        with pytest.raises(ValueError, match="no good"):
            result.all()


async def test_unknown_type(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("two", ("SELECT ?, ?",), (rider("a", 0), rider("b", 1)))
    async with engine.connect() as conn:
        with pytest.raises(exc.ProgrammingError, match="parameter 2") as info:
            await conn.execute(statement("two", 1, {}))
        assert info.value.params == (1, {})
        with pytest.raises(OverflowError):
            await conn.execute(statement("two", 1, 1 << 70))


async def test_database_error(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("bad", ("SELECT ? FROM nowhere",), (rider("a", 0, UPPER),))
    async with engine.connect() as conn:
        with pytest.raises(exc.OperationalError) as caught:
            await conn.execute(statement("bad", "up"))
    assert caught.value.statement == "SELECT ? FROM nowhere"
    assert caught.value.params == ("UP",)


def in_list(hook: Compiler, width: int = 0, **kwargs: Any) -> None:
    first = "(?, ?)" if width else "?"
    table = "(VALUES (1, 2), (3, 4), (5, 6))"
    left = "(column1, column2)" if width else "column1"
    hook.add(
        "in",
        (f"SELECT column1 FROM {table} WHERE {left} IN (", ") AND 1 = ?"),
        (rider("list", 0), rider("one", 1)),
        expansions=(
            (
                0,
                width,
                True,
                "VALUES " if width else "",
                first,
                ", " + first,
                "SELECT 1, 1 WHERE 0" if width else "SELECT 1 WHERE 0",
            ),
        ),
        **kwargs,
    )


async def test_lists(engine: AsyncEngine, hook: Compiler) -> None:
    in_list(hook)
    async with engine.connect() as conn:
        for values, found in (
            ([1, 3], [1, 3]),
            ((5,), [5]),
            ([], []),
            (range(2, 6), [3, 5]),
            ({3: 4}, [3]),
            (list(range(5000)), [1, 3, 5]),
            (list(range(32_700)), [1, 3, 5]),
        ):
            result = await conn.scalars(statement("in", values, 1))
            assert result.all() == found
        with pytest.raises(exc.StatementError, match="is a list"):
            await conn.scalars(statement("in", "abc", 1))
        with pytest.raises(exc.StatementError, match="not iterable"):
            await conn.scalars(statement("in", 5, 1))
        with pytest.raises(exc.StatementError, match="one"):
            await conn.execute(statement("in", [1], 1), [{"a": 1}, {"a": 2}])


async def test_lists_have_few_lengths(
    engine: AsyncEngine, hook: Compiler
) -> None:
    in_list(hook)
    async with engine.connect() as conn:
        for count in range(100):
            await conn.scalars(statement("in", list(range(count)), 1))
    assert engine.stats()["shapes"] == 1
    assert engine.stats()["plans"] <= 12


async def test_lists_of_tuples(engine: AsyncEngine, hook: Compiler) -> None:
    in_list(hook, 2)
    async with engine.connect() as conn:
        for values, found in (
            ([(1, 2), [3, 5]], [1]),
            ([], []),
            ([(5, 6)] * 9, [5]),
        ):
            result = await conn.scalars(statement("in", values, 1))
            assert result.all() == found
        with pytest.raises(exc.StatementError, match="tuples of 2"):
            await conn.scalars(statement("in", [(1, 2, 3)], 1))


async def test_many_sets(engine: AsyncEngine, hook: Compiler) -> None:
    numbers = iter(range(100))
    hook.add("create", ("CREATE TABLE t (a, b)",), ())
    hook.add(
        "insert",
        ("INSERT INTO t VALUES (?, ?)",),
        (
            ("a", "a", None, "given", None),
            ("b", None, None, "call", lambda: next(numbers)),
        ),
        kind="insert",
    )
    hook.add("select", ("SELECT a, b FROM t",), ())
    async with engine.begin() as conn:
        await conn.execute(statement("create"))
        result = await conn.execute(
            statement("insert"), [{"a": "x"}, {"a": "y", "more": 1}]
        )
        assert result.rowcount == 2
        result = await conn.execute(statement("insert"), ({"a": "z"},))
        assert result.rowcount == 1
        rows = (await conn.execute(statement("select"))).all()
        assert rows == [("x", 0), ("y", 1), ("z", 2)]
        for wrong in ([1], [{"a": 1}, 2], 5, "abc", [{1: 2}]):
            with pytest.raises(exc.ArgumentError):
                await conn.execute(statement("insert"), wrong)
    assert ("insert", ("a",), True) in hook.calls


async def test_inserted(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("create", ("CREATE TABLE t (id INTEGER PRIMARY KEY, b)",), ())
    hook.add(
        "rowid",
        ("INSERT INTO t (b) VALUES (?)",),
        (("b", "b", None, "given", None),),
        kind="insert",
        primary_key=(("id",), ("rowid",)),
    )
    hook.add(
        "bound",
        ("INSERT INTO t (id, b) VALUES (?, ?)",),
        (
            ("id", "id", None, "given", None),
            ("b", "b", None, "given", None),
        ),
        kind="insert",
        primary_key=(("id", "no"), (("bind", 0), None)),
    )
    hook.add(
        "implicit",
        ("INSERT INTO t (b) VALUES (?) RETURNING b, id",),
        (("b", "b", None, "given", None),),
        kind="insert",
        decoder=_core.Decoder(("b", "id"), (None, None)),
        primary_key=(("id",), (("cell", 1),)),
        implicit=True,
    )
    async with engine.begin() as conn:
        await conn.execute(statement("create"))
        result = await conn.execute(statement("rowid"), {"b": 1})
        assert result.is_insert
        assert not result.returns_rows
        assert result.inserted_primary_key == (1,)
        assert result.inserted_primary_key.id == 1
        assert result.inserted_primary_key_rows == [(1,)]
        assert result.last_inserted_params() == {"b": 1}
        assert result.supports_sane_rowcount()
        assert result.lastrowid == 1
        result = await conn.execute(statement("bound"), {"b": 1, "id": 7})
        assert result.inserted_primary_key == (7, None)
        assert result.returned_defaults is None
        result = await conn.execute(statement("implicit"), {"b": 5})
        assert not result.returns_rows
        assert result.inserted_primary_key == (8,)
        assert result.returned_defaults == (5, 8)
        assert result.returned_defaults_rows == [(5, 8)]
        result = await conn.execute(
            statement("bound"), [{"b": 1, "id": 10}, {"b": 1, "id": 11}]
        )
        rows = result.inserted_primary_key_rows
        assert rows == [(10, None), (11, None)]
        with pytest.raises(exc.InvalidRequestError, match="several"):
            _ = result.inserted_primary_key
        result = await conn.exec_driver_sql("SELECT 1")
        with pytest.raises(exc.InvalidRequestError, match="text"):
            _ = result.inserted_primary_key
        assert not result.is_insert
        with pytest.raises(exc.InvalidRequestError):
            result.last_updated_params()


async def test_targets(engine: AsyncEngine, hook: Compiler) -> None:
    one, two, three = (Value._new(name, None) for name in "abc")
    alike = statement("alike", 1)
    hook.add(
        "row",
        ("SELECT 1, 2, 3",),
        (),
        decoder=_core.Decoder(
            ("x", "y", "x"),
            (None, None, None),
            targets=((one, two), ("y", alike), (three, two)),
        ),
    )
    async with engine.connect() as conn:
        row = (await conn.execute(statement("row"))).one()
        mapping = row._mapping
        assert mapping[one] == 1
        assert mapping[three] == 3
        assert mapping[statement("alike", 99)] == 2
        assert statement("other", 1) not in mapping
        assert one in mapping
        with pytest.raises(exc.InvalidRequestError, match="ambiguous"):
            mapping[two]
        with pytest.raises(exc.InvalidRequestError, match="ambiguous"):
            mapping["x"]
        with pytest.raises(exc.NoSuchColumnError):
            mapping[statement("other", 1)]
        with pytest.raises(exc.NoSuchColumnError):
            mapping[[]]
        result = await conn.execute(statement("row"))
        row = result.columns(alike, three).one()
        assert row == (2, 3)
        assert row._mapping[three] == 3
        assert one not in row._mapping
        result = await conn.execute(statement("row"))
        assert result.scalars(three).all() == [3]


async def test_bundles_and_places(engine: AsyncEngine, hook: Compiler) -> None:
    def pair(*items: Any) -> Any:
        return ("pair", *items)

    hook.add(
        "row",
        ("SELECT 1, 'A', 3",),
        (),
        decoder=_core.Decoder(
            ("p", "z"), ((pair, ((2, None), (1, UPPER))), (0, None)), cells=3
        ),
    )
    async with engine.connect() as conn:
        row = (await conn.execute(statement("row"))).one()
        assert row == (("pair", 3, "a"), 1)
        hook.add(
            "short",
            ("SELECT 1",),
            (),
            decoder=_core.Decoder(("x",), ((5, None),)),
        )
        result = await conn.execute(statement("short"))
        with pytest.raises(exc.InvalidRequestError, match="6"):
            result.all()


async def test_decoding_is_not_disturbed(
    engine: AsyncEngine, hook: Compiler
) -> None:
    """A codec may close its result, but fetches nothing from it."""
    results: list[Any] = []
    seen: list[Any] = []

    def meddle(value: Any) -> Any:
        result = results[0]
        for act in (result.fetchone, lambda: result.columns(0)):
            try:
                act()
            except exc.InvalidRequestError as error:
                seen.append(type(error))
        result.close()
        return value

    meddling = _core.Codec("adapter", to_db=meddle, from_db=meddle)
    hook.add(
        "row",
        ("SELECT 'a', 'b' || hex(zeroblob(9000)), 'c'",),
        (),
        decoder=_core.Decoder(("x", "y", "z"), (meddling, None, None)),
    )
    async with engine.connect() as conn:
        results.append(await conn.execute(statement("row")))
        row = results[0].fetchone()
        assert (row.x, row.y[:3], len(row.y), row.z) == (
            *("a", "b00", 18001, "c"),
        )
        assert seen == [exc.InvalidRequestError] * 2
        assert results[0].closed
        del results[:]


async def test_streams(engine: AsyncEngine, hook: Compiler) -> None:
    sql = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < ?) SELECT i, 'ROW' FROM n"
    )
    hook.add(
        "rows",
        (sql,),
        (rider("n", 0),),
        decoder=_core.Decoder(("i", "t"), (None, UPPER)),
    )
    async with engine.connect() as conn:
        async with conn.stream(statement("rows", 500)) as result:
            rows = [row async for row in result]
        assert rows == [(i, "row") for i in range(1, 501)]
        async with conn.stream_scalars(statement("rows", 300)) as result:
            assert await result.all() == list(range(1, 301))


async def test_cache_is_bounded(hook: Compiler) -> None:
    engine = create_async_engine("sqlite+aiosqlite://", query_cache_size=3)
    for i in range(5):
        hook.add(f"s{i}", (f"SELECT {i}",), ())
    async with engine.connect() as conn:
        for name in ("s0", "s1", "s2", "s0", "s3", "s0", "s1"):
            await conn.execute(statement(name))
    await engine.dispose()
    stats = engine.stats()
    assert [call[0] for call in hook.calls] == ["s0", "s1", "s2", "s3", "s1"]
    assert (stats["shapes"], stats["shapes_limit"]) == (3, 3)
    assert (stats["shape_hits"], stats["shape_misses"]) == (2, 5)


async def test_cache_that_is_off(hook: Compiler) -> None:
    engine = create_async_engine("sqlite+aiosqlite://", query_cache_size=0)
    hook.add("s", ("SELECT 1",), ())
    async with engine.connect() as conn:
        for _ in range(3):
            assert await conn.scalar(statement("s")) == 1
    await engine.dispose()
    assert len(hook.calls) == 3
    assert engine.stats()["shapes"] == 0


async def test_uncacheable(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("s", ("SELECT 1",), ())
    node = statement("s")._replace(values=(Thing(),))
    async with engine.connect() as conn:
        for _ in range(3):
            assert await conn.scalar(node) == 1
    assert len(hook.calls) == 3
    assert engine.stats()["shapes"] == 0
    assert engine.stats()["shape_misses"] == 3


async def test_engines_have_their_own(
    engine: AsyncEngine, hook: Compiler
) -> None:
    hook.add("s", ("SELECT 1",), ())
    other = create_async_engine("sqlite+aiosqlite://")
    copy = engine.execution_options(isolation_level="AUTOCOMMIT")
    for one in (engine, copy, other):
        async with one.connect() as conn:
            await conn.execute(statement("s"))
    assert len(hook.calls) == 2
    assert copy.stats()["shape_hits"] == 1
    await other.dispose()


async def test_one_shape_for_two_engines(
    engine: AsyncEngine, hook: Compiler
) -> None:
    shape = _core.Shape(("SELECT 1",), ())
    hook.shapes["s"] = lambda names, many: shape
    other = create_async_engine("sqlite+aiosqlite://")
    for one in (engine, other, engine, other):
        async with one.connect() as conn:
            assert await conn.scalar(statement("s")) == 1
    await other.dispose()
    assert len(hook.calls) == 3


async def test_compiler_that_fails(
    engine: AsyncEngine, hook: Compiler
) -> None:
    hook.shapes["bad"] = failing
    hook.shapes["none"] = lambda names, many: None
    async with engine.connect() as conn:
        with pytest.raises(ValueError, match="no good"):
            await conn.execute(statement("bad"))
        with pytest.raises(TypeError, match="None"):
            await conn.execute(statement("none"))
    assert engine.stats()["shapes"] == 0


async def test_shape_that_does_not_fit(
    engine: AsyncEngine, hook: Compiler
) -> None:
    hook.add("s", ("SELECT ?",), (rider("a", 3),))
    async with engine.connect() as conn:
        with pytest.raises(SystemError):
            await conn.execute(statement("s", 1))


def test_lookup(hook: Compiler) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    hook.add("s", ("SELECT ?",), (rider("a", 0),))
    shape = _core.lookup_shape(engine, statement("s", 1))
    assert shape is _core.lookup_shape(engine, statement("s", 2))
    assert shape.sql == "SELECT ?"
    assert shape.decoder is None


@pytest.mark.parametrize(
    ("args", "kwargs", "error"),
    [
        (((), ()), {}, ValueError),
        (((1,), ()), {}, TypeError),
        ((("a", "b"), ()), {}, ValueError),
        ((("a",), (1,)), {}, TypeError),
        ((("a",), (("a", None, None, "what", None),)), {}, ValueError),
        ((("a",), (("a", None, None, "rider", -1),)), {}, ValueError),
        ((("a",), (("a", None, None, "rider", "x"),)), {}, TypeError),
        ((("a",), ()), {"kind": "what"}, ValueError),
        ((("a",), ()), {"decoder": 5}, TypeError),
        ((("a",), ()), {"primary_key": (("a",), ())}, ValueError),
        ((("a",), ()), {"primary_key": (("a",), ("x",))}, ValueError),
        ((("a",), ()), {"primary_key": (("a",), (("bind", 0),))}, ValueError),
        ((("a",), ()), {"primary_key": 5}, TypeError),
        ((("a", "b"), ()), {"expansions": (1,)}, TypeError),
        (
            (("a", "b"), ()),
            {"expansions": ((0, 0, True, "", "", "", ""),)},
            ValueError,
        ),
    ],
)
def test_wrong_shapes(args: Any, kwargs: Any, error: type) -> None:
    with pytest.raises(error):
        _core.Shape(*args, **kwargs)


@pytest.mark.parametrize(
    ("args", "kwargs", "error"),
    [
        ((("a",), ()), {}, ValueError),
        ((("a",), ((-1, None),)), {}, ValueError),
        ((("a",), ((1, 5),)), {}, TypeError),
        ((("a",), ((len, 5),)), {}, TypeError),
        ((("a",), (None,)), {"targets": 5}, TypeError),
        ((("a",), (None,)), {"targets": (5,)}, TypeError),
        ((("a",), (None,)), {"cells": "x"}, TypeError),
    ],
)
def test_wrong_decoders(args: Any, kwargs: Any, error: type) -> None:
    with pytest.raises(error):
        _core.Decoder(*args, **kwargs)


def shapes() -> set[int]:
    """Return the shapes that there are; mapped classes keep some."""
    gc.collect()
    return {
        id(each) for each in gc.get_objects() if isinstance(each, _core.Shape)
    }


async def test_statement_and_default_in_a_cycle(hook: Compiler) -> None:
    """What an engine keeps goes with the engine."""
    before = shapes()
    engine = create_async_engine("sqlite+aiosqlite://")
    default = functools.partial(getattr, engine, "name")
    hook.add("s", ("SELECT ?",), (("a", None, None, "call", default),))
    async with engine.connect() as conn:
        assert await conn.scalar(statement("s")) == "sqlite"
    await engine.dispose()
    hook.shapes.clear()
    del engine, default, conn
    gc.collect()
    assert shapes() <= before


async def test_parallel_tasks(engine: AsyncEngine, hook: Compiler) -> None:
    hook.add("one", ("SELECT ?",), (rider("a", 0),))

    async def ask(number: int) -> Any:
        async with engine.connect() as conn:
            return await conn.scalar(statement("one", number))

    numbers = list(range(20))
    assert await asyncio.gather(*map(ask, numbers)) == numbers
