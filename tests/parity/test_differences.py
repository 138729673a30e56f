"""What is done here where the peer does something else, on purpose.

The programs are those of the corpus that differences.txt names.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity import databases
from parity.corpus import BAD, CASES, core_schema
from parity.library import SELF, ours
from parity.rendering import all_texts
from sqlactive_c import exc

pytestmark = pytest.mark.skipif(SELF, reason="the peer compared with itself")
PROGRAMS = {case.name: case for case in (*CASES, *BAD)}


@pytest.fixture(scope="module")
def tables() -> Any:
    return core_schema.tables(ours)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    databases.make_template(path)
    return path


def run(name: str, path: Path, tables: Any) -> Any:
    case = PROGRAMS[name]
    statement = case.statement(ours, tables)
    return databases.run_ours(path, statement, case.parameters)


def literal(name: str, tables: Any) -> str:
    return str(
        all_texts(ours, PROGRAMS[name].statement(ours, tables))["literal"]
    )


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("text-columns_cte", "JOIN c ON c.id = people.id"),
        ("insert-json_none", "VALUES ('J', 'null')"),
        ("bits-op_xor", "((people.age | 3) - (people.age & 3))"),
        ("json-is_json_null", "people.data = 'null'"),
        ("in-tuples_empty", "IN (SELECT 1, 1 FROM (SELECT 1, 1) WHERE 1!=1)"),
    ],
)
def test_text(name: str, part: str, tables: Any, path: Path) -> None:
    """The text is as documented, and SQLite takes it."""
    text = literal(name, tables)
    assert part in text
    connection = sqlite3.connect(path)
    try:
        connection.execute(text)
    finally:
        connection.close()


def test_xor_of_the_literal_text(tables: Any, path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute(literal("bits-op_xor", tables)).fetchall()
        ages = connection.execute("SELECT age FROM people").fetchall()
    finally:
        connection.close()
    assert [x for (x,) in found] == [
        None if age is None else age ^ 3 for (age,) in ages
    ]


def test_names_of_expanded_parameters(tables: Any) -> None:
    case = PROGRAMS["select-odd_names_where"]
    texts = all_texts(ours, case.statement(ours, tables))
    before, after = (set(texts[key][1]) for key in ("prepared", "expanded"))
    assert before - after == {"aCb_1"}  # the list
    assert after - before == {"aCb_1_1"}


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("build-case_nothing", exc.ArgumentError, "at least one"),
        ("build-case_not_pair", exc.ArgumentError, "pairs"),
        ("build-text_not_string", exc.ArgumentError, "not int"),
        ("build-iterate_column", TypeError, "not iterable"),
        ("build-delete_column", AttributeError, "remove"),
    ],
)
def test_refused_where_it_is_made(
    name: str, error: type[Exception], words: str, tables: Any
) -> None:
    with pytest.raises(error, match=words):
        PROGRAMS[name].build(ours, tables)


def test_returning_of_many_updates(path: Path, tables: Any) -> None:
    told = run("compile-returning_many_update", path, tables)
    assert told["rows"] == [(("int", 1),), (("int", 2),)]


def test_literal_of_an_enum(path: Path, tables: Any) -> None:
    told = run("execute-literal_of_enum", path, tables)
    assert told["rows"] == [(("Color", core_schema.Color.red),)]
