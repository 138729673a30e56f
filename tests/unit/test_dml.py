"""INSERT, UPDATE and DELETE: nodes, text, and what an execution needs."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sqlactive_c import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    exc,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlactive_c.dialects import sqlite

metadata = MetaData()
plain = Table(
    "plain",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("size", Integer, key="width"),
)
filled = Table(
    "filled",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scalar", Integer, default=3, onupdate=4),
    Column("called", String, default=lambda: "x", onupdate=lambda: "y"),
    Column("sql", String, default=func.lower("A"), onupdate=func.upper("b")),
    Column("server", Integer, server_default="7"),
)
coded = Table(
    "coded",
    metadata,
    Column("code", String, primary_key=True, default=func.hex(1)),
    Column("plain_id", ForeignKey("plain.id"), primary_key=True),
)


def flat(statement: Any) -> str:
    return re.sub(r"\s+", " ", str(statement))


def compiled(statement: Any, *keys: str, given: bool = True) -> Any:
    return statement.compile(
        dialect=sqlite.dialect(), column_keys=list(keys) if given else None
    )


# ---- INSERT ----------------------------------------------------------------


def test_an_insert_of_parameters() -> None:
    made = compiled(insert(plain), "name", "width")
    assert str(made) == "INSERT INTO plain (name, size) VALUES (?, ?)"
    assert made.positiontup == ["name", "width"]
    assert made.bind_columns == {
        "name": plain.c.name,
        "width": plain.c.width,
    }
    assert all(place.bind.required for place in made.binds)
    assert made.isinsert
    assert not made.isupdate


def test_an_insert_of_nothing() -> None:
    assert str(compiled(insert(plain))) == "INSERT INTO plain DEFAULT VALUES"
    assert flat(insert(plain)) == (
        "INSERT INTO plain (id, name, size) VALUES (:id, :name, :width)"
    )


def test_values_ride_beside_the_statement() -> None:
    one = insert(plain).values(name="a", width=1)
    other = insert(plain).values(name=None).values({plain.c.width: 5})
    assert one._fingerprint()[0] == other._fingerprint()[0]
    made = compiled(other)
    assert [place.bind for place in made.binds] == other._fingerprint()[1]
    assert made.params == {"name": None, "width": 5}
    assert [each.value for each in other._fingerprint()[1]] == [None, 5]


def test_values_in_order_of_the_columns() -> None:
    assert compiled(insert(plain).values((1, "a", 2))).params == {
        "id": 1,
        "name": "a",
        "width": 2,
    }


def test_rows_of_values() -> None:
    made = compiled(
        insert(plain).values([{"name": "a"}, {"name": func.lower("B")}])
    )
    assert str(made) == "INSERT INTO plain (name) VALUES (?), (lower(?))"
    assert made.positiontup == ["name_m0", "lower_1"]
    with pytest.raises(exc.CompileError):
        compiled(insert(plain).values([{"name": "a"}, {"id": 1}]))


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: insert(plain).values({"id": 1}, id=2), exc.ArgumentError),
        (lambda: insert(plain).values({}, {}), exc.ArgumentError),
        (
            lambda: insert(plain).values(id=1).values([{"id": 1}]),
            exc.InvalidRequestError,
        ),
        (
            lambda: insert(plain).values([{"id": 1}]).values(id=1),
            exc.InvalidRequestError,
        ),
        (
            lambda: (
                insert(plain)
                .values(id=1)
                .from_select(["id"], select(plain.c.id))
            ),
            exc.InvalidRequestError,
        ),
        (
            lambda: (
                insert(plain)
                .from_select(["id"], select(plain.c.id))
                .values(id=1)
            ),
            exc.InvalidRequestError,
        ),
        (lambda: insert("plain"), exc.ArgumentError),
        (lambda: compiled(insert(plain).values(nope=1)), exc.CompileError),
        (lambda: update(plain).values([{"id": 1}]), exc.InvalidRequestError),
    ],
)
def test_values_that_make_no_sense(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_defaults_of_an_insert() -> None:
    made = compiled(insert(filled))
    assert str(made) == (
        "INSERT INTO filled (scalar, called, sql) VALUES (?, ?, lower(?))"
    )
    assert [each[:3] for each in made.insert_prefetch] == [
        (filled.c.scalar, "scalar", "scalar"),
        (filled.c.called, "called", "callable"),
    ]
    assert made.insert_prefetch[0].value == 3
    assert made.insert_prefetch[1].value(None) == "x"
    assert made.postfetch == [filled.c.sql, filled.c.server]
    assert made.postfetch_lastrowid
    assert made.primary_key == [("lastrowid", None)]


def test_defaults_of_rows() -> None:
    made = compiled(insert(filled).values([{"id": 1}, {"id": 2}]))
    assert [each.name for each in made.insert_prefetch] == [
        "scalar",
        "called",
        "scalar_m1",
        "called_m1",
    ]


def test_the_primary_key_that_was_given() -> None:
    assert compiled(insert(plain), "id").primary_key == [("bind", "id")]
    made = compiled(insert(plain).values(id=4))
    assert made.primary_key == [("bind", "id")]
    assert not made.postfetch_lastrowid


def test_a_primary_key_by_sql_is_asked_for() -> None:
    made = compiled(insert(coded), "plain_id")
    assert str(made) == (
        "INSERT INTO coded (code, plain_id) VALUES (hex(?), ?) RETURNING code"
    )
    assert made.implicit_returning == [coded.c.code]
    assert made.primary_key == [("returning", 0), ("bind", "plain_id")]
    assert made.returning is None
    assert made.result_columns == []


def test_nothing_is_asked_for_when_somebody_else_asks() -> None:
    made = compiled(insert(coded).returning(coded.c.code), "plain_id")
    assert str(made).endswith("RETURNING code")
    assert made.implicit_returning == []
    assert [each.keyname for each in made.result_columns] == ["code"]
    assert made.returning == (coded.c.code,)


def test_a_primary_key_that_nobody_knows() -> None:
    with pytest.warns(exc.SAWarning, match="primary key"):
        compiled(insert(coded))


def test_insert_from_select() -> None:
    statement = insert(filled).from_select(["id"], select(plain.c.id))
    made = compiled(statement)
    assert flat(made) == (
        "INSERT INTO filled (id, scalar, called, sql) SELECT plain.id, ? AS"
        " anon_1, ? AS anon_2, lower(?) AS lower_1 FROM plain"
    )
    assert [each.name for each in made.insert_prefetch] == [
        "scalar",
        "called",
    ]
    bare = insert(filled).from_select(
        ["id"], select(plain.c.id), include_defaults=False
    )
    assert "(id) SELECT" in flat(bare)


def test_a_parameter_with_the_name_of_a_column() -> None:
    statement = insert(plain).values(name=bindparam("n"), width=literal(3))
    assert compiled(statement).params == {"n": None, "width": 3}
    assert compiled(statement, "n", given=True).positiontup == ["n", "width"]
    clash = (
        update(plain).values(name="a").where(plain.c.id == bindparam("name"))
    )
    with pytest.raises(exc.CompileError):
        compiled(clash)


# ---- UPDATE and DELETE -----------------------------------------------------


def test_an_update() -> None:
    statement = update(plain).where(plain.c.id == 1).values(name="a")
    made = compiled(statement)
    assert str(made) == "UPDATE plain SET name=? WHERE plain.id = ?"
    assert made.params == {"name": "a", "id_1": 1}
    assert [place.bind.value for place in made.binds] == ["a", 1]
    assert made.isupdate


def test_values_in_the_order_given() -> None:
    statement = update(plain).ordered_values(("width", 1), (plain.c.name, 2))
    assert str(compiled(statement)) == "UPDATE plain SET size=?, name=?"
    with pytest.raises(exc.ArgumentError):
        statement.ordered_values(("id", 1))
    with pytest.raises(exc.ArgumentError):
        statement.values(id=1)


def test_defaults_of_an_update() -> None:
    made = compiled(update(filled).values(server=1))
    assert str(made) == (
        "UPDATE filled SET scalar=?, called=?, sql=upper(?), server=?"
    )
    assert [each[1:3] for each in made.update_prefetch] == [
        ("scalar", "scalar"),
        ("called", "callable"),
    ]
    assert made.update_prefetch[1].value(None) == "y"
    assert made.postfetch == [filled.c.sql]


def test_an_update_that_reads_other_tables() -> None:
    statement = (
        update(plain)
        .values(name=filled.c.called)
        .where(plain.c.id == filled.c.id)
    )
    assert flat(compiled(statement)) == (
        "UPDATE plain SET name=filled.called FROM filled WHERE plain.id ="
        " filled.id"
    )
    with pytest.raises(exc.CompileError):
        compiled(update(plain).values({filled.c.called: "x"}))


def test_a_subquery_in_an_update_takes_its_table_from_it() -> None:
    inner = (
        select(filled.c.called)
        .where(filled.c.id == plain.c.id)
        .scalar_subquery()
    )
    assert flat(update(plain).values(name=inner)) == (
        "UPDATE plain SET name=(SELECT filled.called FROM filled WHERE"
        " filled.id = plain.id)"
    )


def test_a_delete() -> None:
    statement = delete(plain).where(plain.c.id > 1).filter_by(name="a")
    made = compiled(statement.returning(plain.c.id, plain))
    assert str(made) == (
        "DELETE FROM plain WHERE plain.id > ? AND plain.name = ? RETURNING"
        " id, id AS id__1, name, size"
    )
    assert made.isdelete
    assert [positions for _, positions in made.result_items] == [
        (0,),
        (1,),
        (2,),
        (3,),
    ]
    other = delete(plain).where(plain.c.id == filled.c.id)
    with pytest.raises(NotImplementedError):
        compiled(other)


def test_methods_of_the_table() -> None:
    assert plain.insert().compare(insert(plain))
    assert plain.update().compare(update(plain))
    assert plain.delete().compare(delete(plain))


def test_params_are_not_for_these() -> None:
    with pytest.raises(NotImplementedError):
        insert(plain).params(id=1)


def test_changes_in_a_cte() -> None:
    gone = delete(plain).returning(plain.c.id).cte("gone")
    assert flat(select(gone.c.id)) == (
        "WITH gone AS (DELETE FROM plain RETURNING plain.id) SELECT gone.id"
        " FROM gone"
    )


# ---- ON CONFLICT -----------------------------------------------------------


def test_on_conflict() -> None:
    statement = sqlite.insert(plain).values(id=1, name="a")
    changed = statement.on_conflict_do_update(
        index_elements=["id"],
        set_={"name": statement.excluded.name, "width": 3},
        where=plain.c.width > 1,
    )
    assert str(compiled(changed)) == (
        "INSERT INTO plain (id, name) VALUES (?, ?) ON CONFLICT (id) DO"
        " UPDATE SET name = excluded.name, size = ? WHERE plain.size > ?"
    )
    assert str(changed) == str(compiled(changed, given=False))
    by_key = statement.on_conflict_do_update(
        constraint=plain.primary_key, set_={plain.c.name: "x"}
    )
    assert "ON CONFLICT (id) DO UPDATE SET name = ?" in str(compiled(by_key))
    with pytest.raises(exc.InvalidRequestError):
        changed.on_conflict_do_nothing()
    with pytest.raises(ValueError, match="set_"):
        statement.on_conflict_do_update(index_elements=["id"], set_={})
    with pytest.warns(exc.SAWarning, match="nope"):
        compiled(
            statement.on_conflict_do_update(
                index_elements=["id"], set_={"nope": 1}
            )
        )


def test_on_conflict_of_a_partial_index() -> None:
    statement = sqlite.insert(plain).on_conflict_do_nothing(
        index_elements=[plain.c.id], index_where=text("name IS NOT NULL")
    )
    assert str(compiled(statement, "id")) == (
        "INSERT INTO plain (id) VALUES (?) ON CONFLICT (id) WHERE name IS NOT"
        " NULL DO NOTHING"
    )
