"""text(): what is a parameter, what the SQL becomes, what execute() takes."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from sqlactive_c import JSON, AsyncEngine, bindparam, exc, text


def compiled(sql: str) -> tuple[str, tuple[str, ...]]:
    template = text(sql)._template
    return template.sql, template.names


@pytest.mark.parametrize(
    ("sql", "qmarks", "names"),
    [
        ("", "", ()),
        ("select 1", "select 1", ()),
        ("select :x", "select ?", ("x",)),
        (":x", "?", ("x",)),
        ("a=:a and b=:b or a=:a", "a=? and b=? or a=?", ("a", "b", "a")),
        ("(:x)-:y", "(?)-?", ("x", "y")),
        ("x=:_x1", "x=?", ("_x1",)),
        ("x=:1", "x=?", ("1",)),
        ("x=:caf\u00e9", "x=?", ("caf\u00e9",)),
        ("x = : y", "x = : y", ()),
        ("x :=y", "x :=y", ()),
        ("a:b", "a:b", ()),
        ("12:30", "12:30", ()),
        ("\u00e9:b", "\u00e9:b", ()),
        ("a::int", "a::int", ()),
        (":a::int", ":a::int", ()),
        (":a:b", ":a:b", ()),
        (":", ":", ()),
    ],
)
def test_where_a_parameter_is(sql: str, qmarks: str, names: tuple) -> None:
    assert compiled(sql) == (qmarks, names)


@pytest.mark.parametrize(
    "sql",
    [
        "select ':x'",
        "select 'it''s :x'",
        'select ":x"',
        "select `:x`",
        "select [a :x]",
        "select 1 -- :x",
        "select /* :x\n :y */ 1",
        "select 'open :x",
        "select /* open :x",
        "select '-- :x'",
    ],
)
def test_quotes_and_comments_have_no_parameters(sql: str) -> None:
    assert compiled(sql) == (sql, ())


@pytest.mark.parametrize(
    ("sql", "qmarks", "names"),
    [
        ("':a' = :b", "':a' = ?", ("b",)),
        ("1 -- :a\n, :b", "1 -- :a\n, ?", ("b",)),
        ("1 /* :a */, :b", "1 /* :a */, ?", ("b",)),
        ("1 / :a", "1 / ?", ("a",)),
        ("1 - :a", "1 - ?", ("a",)),
        ("[:a]:b", "[:a]?", ("b",)),
    ],
)
def test_parameters_after_them(sql: str, qmarks: str, names: tuple) -> None:
    assert compiled(sql) == (qmarks, names)


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        (r"\:x", ":x"),
        (r"'\:x'", "':x'"),
        (r"a\:\:int", "a::int"),
        ("a \\ b", "a \\ b"),
        ("\\", "\\"),
    ],
)
def test_escaped_colon(sql: str, plain: str) -> None:
    assert compiled(sql) == (plain, ())


def test_str_has_the_names() -> None:
    clause = text(r"select :x, ':y', 'a\:b', \:z")
    assert str(clause) == "select :x, ':y', 'a:b', :z"
    assert clause.text == r"select :x, ':y', 'a\:b', \:z"
    assert "select :x" in repr(clause)


def test_identity() -> None:
    one, two = text("select 1"), text("select 1")
    assert one == one
    assert one != two
    assert len({one, two}) == 2
    assert type(one).__name__ == "TextClause"
    with pytest.raises(AttributeError):
        one.text = "select 2"  # type: ignore[misc]


def test_weak_reference_and_cycle() -> None:
    class Node:
        pass

    node = Node()
    node.clause = text("select :x").bindparams(x=node)  # type: ignore
    reference = weakref.ref(node.clause)  # type: ignore[attr-defined]
    del node
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("value", [None, 1, b"select 1", ["select 1"]])
def test_not_a_str(value: Any) -> None:
    with pytest.raises(exc.ArgumentError, match=type(value).__name__):
        text(value)


def test_many_texts_stay_right() -> None:
    """More texts than the shared cache of templates keeps."""
    for i in range(1500):
        assert compiled(f"select :a{i}") == ("select ?", (f"a{i}",))
    assert compiled("select :a0") == ("select ?", ("a0",))


def test_bindparams_makes_a_new_clause() -> None:
    plain = text("select :x, :y")
    one = plain.bindparams(x=1)
    assert one is not plain
    assert str(one) == str(plain)
    with pytest.raises(exc.ArgumentError, match="'z'"):
        one.bindparams(z=1)
    with pytest.raises(TypeError):
        plain.bindparams(1)  # type: ignore[call-arg]


async def test_bindparams_values(engine: AsyncEngine) -> None:
    plain = text("select :x, :y")
    both = plain.bindparams(x=1).bindparams(y=2)
    async with engine.connect() as connection:
        assert (await connection.execute(both)).one() == (1, 2)
        row = (await connection.execute(both, {"y": 3})).one()
        assert row == (1, 3)
        with pytest.raises(exc.StatementError, match="'x'"):
            await connection.execute(plain, {"y": 3})


async def test_one_text_on_two_engines(
    engine: AsyncEngine, file_engine: AsyncEngine
) -> None:
    query = text("select count(*) from t")
    for rows, each in enumerate((engine, file_engine, engine)):
        async with each.begin() as connection:
            await connection.execute(
                text("create table if not exists t (a integer)")
            )
            await connection.execute(text("insert into t values (1)"))
            found = (await connection.execute(query)).scalar()
        assert found == (2 if rows == 2 else 1)


async def test_nul_in_sql(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        with pytest.raises(exc.ProgrammingError, match="null character"):
            await connection.execute(text("select 1\0, 2"))
        with pytest.raises(UnicodeEncodeError):
            await connection.execute(text("select '\ud800'"))
        assert (await connection.execute(text("select 1"))).scalar() == 1


# ---- parameters with types --------------------------------------------------


async def test_expanding_parameter(engine: AsyncEngine) -> None:
    clause = text(
        "SELECT value FROM json_each('[1, 2, 3]') WHERE value IN :these"
    ).bindparams(bindparam("these", expanding=True))
    async with engine.connect() as conn:
        for these in ([1, 3], [2], []):
            found = await conn.scalars(clause, {"these": these})
            assert found.all() == these


async def test_parameter_with_a_type(engine: AsyncEngine) -> None:
    clause = text("SELECT :a, :b").bindparams(
        bindparam("a", type_=JSON), b="plain"
    )
    async with engine.connect() as conn:
        row = (await conn.execute(clause, {"a": [1]})).one()
        assert tuple(row) == ("[1]", "plain")
        row = (await conn.execute(clause.bindparams(a={"x": 2}))).one()
        assert tuple(row) == ('{"x": 2}', "plain")
        with pytest.raises(exc.StatementError, match="'a'"):
            await conn.execute(clause)


def test_bindparams_are_checked() -> None:
    with pytest.raises(exc.ArgumentError, match="'b'"):
        text("SELECT :a").bindparams(bindparam("b"))
    with pytest.raises(TypeError, match="bindparam"):
        text("SELECT :a").bindparams("a")  # type: ignore[arg-type]
