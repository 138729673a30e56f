"""Textual SQL and named parameters."""

from __future__ import annotations

import datetime

from .case import facts, statements

add = statements("text")
add("plain", lambda q, t: q.text("SELECT 1 AS x"))
add(
    "bind",
    lambda q, t: q.text("SELECT id FROM people WHERE id = :n"),
    {"n": 2},
)
add(
    "bind_twice",
    lambda q, t: q.text("SELECT :n, :n + 1, :m"),
    {"n": 2, "m": "x"},
)
add("bindparams_values", lambda q, t: q.text("SELECT :n AS n").bindparams(n=4))
add(
    "bindparams_objects",
    lambda q, t: q.text("SELECT :n AS n").bindparams(
        q.bindparam("n", 4, q.Integer)
    ),
)
add(
    "bindparams_typed",
    lambda q, t: q.text("SELECT id FROM people WHERE born = :day").bindparams(
        q.bindparam("day", type_=q.Date)
    ),
    {"day": datetime.date(1990, 2, 28)},
)
add(
    "bindparams_overridden",
    lambda q, t: q.text("SELECT :n AS n").bindparams(n=4),
    {"n": 5},
)
add(
    "expanding",
    lambda q, t: q.text("SELECT id FROM people WHERE id IN :ids").bindparams(
        q.bindparam("ids", expanding=True)
    ),
    {"ids": [1, 3]},
)
add(
    "columns_types",
    lambda q, t: q.text("SELECT born, active FROM people").columns(
        born=q.Date, active=q.Boolean
    ),
)
add(
    "columns_positional",
    lambda q, t: q.text("SELECT id, name FROM people").columns(
        t.people.c.id, t.people.c.name
    ),
)
add(
    "columns_renamed",
    lambda q, t: q.text("SELECT id AS a, data AS b FROM people").columns(
        q.column("a", q.Integer), q.column("b", q.JSON)
    ),
)
add(
    "columns_subquery",
    lambda q, t: (lambda s: q.select(s.c.id).where(s.c.id > 2))(
        q.text("SELECT id FROM people")
        .columns(q.column("id", q.Integer))
        .subquery("s")
    ),
)
add(
    "columns_cte",
    lambda q, t: (
        lambda s: q.select(t.people.c.name).join(s, s.c.id == t.people.c.id)
    )(q.text("SELECT id FROM tags").columns(q.column("id")).cte("c")),
)
add(
    "columns_subquery_binds",
    lambda q, t: (lambda s: q.select(s.c.id).where(s.c.id < 4))(
        q.text("SELECT id FROM people WHERE id > :n")
        .bindparams(n=1)
        .columns(q.column("id", q.Integer))
        .subquery()
    ),
)
add("in_columns", lambda q, t: q.select(q.text("1 AS one"), t.tags.c.id))
add(
    "in_columns_only",
    lambda q, t: q.select(q.text("id"), q.text("label")).select_from(t.tags),
)
add("from", lambda q, t: q.select(q.text("id")).select_from(q.text("tags")))
add("everything", lambda q, t: q.select(q.text("*")).select_from(t.tags))
add(
    "where_binds",
    lambda q, t: q.select(t.people.c.id).where(
        q.text("id > :low AND id < :high").bindparams(low=1, high=4)
    ),
)
add(
    "where_and_or",
    lambda q, t: q.select(t.people.c.id).where(
        q.or_(q.text("id = 1"), q.and_(q.text("id = 2"), t.people.c.age > 3))
    ),
)
add(
    "order_and_group",
    lambda q, t: (
        q.select(q.func.count())
        .select_from(t.people)
        .group_by(q.text("age"))
        .order_by(q.text("age"))
    ),
)
add("escaped_colon", lambda q, t: q.text(r"SELECT '12\:30' AS x"))
add("double_colon", lambda q, t: q.text("SELECT 'a::b' AS x"))
add("colon_in_string", lambda q, t: q.text("SELECT '12:30' AS x"))
add("percent", lambda q, t: q.text("SELECT 7 % 4, 'a%%b', '%s'"))
add("question_mark", lambda q, t: q.text("SELECT '?' AS x"))
add("comment", lambda q, t: q.text("SELECT 1 -- one\n"))
add(
    "insert",
    lambda q, t: q.text("INSERT INTO tags (label) VALUES (:l)"),
    {"l": "x"},
)
add(
    "insert_many",
    lambda q, t: q.text("INSERT INTO tags (label) VALUES (:l)"),
    [{"l": "x"}, {"l": "y"}],
)
add(
    "update",
    lambda q, t: q.text("UPDATE tags SET label = label || :s"),
    {"s": "!"},
)
add(
    "join_target",
    lambda q, t: q.select(t.people.c.name).select_from(
        q.text("people JOIN posts ON posts.author_id = people.id")
    ),
    runs=False,
)
add(
    "literal_columns",
    lambda q, t: q.select(
        q.literal_column("people.id"), q.literal_column("age + 1").label("x")
    ).select_from(t.people),
)
add(
    "literal_column_where",
    lambda q, t: q.select(t.people.c.id).where(
        q.literal_column("people.id", q.Integer) > 2
    ),
)
add(
    "literal_column_order",
    lambda q, t: q.select(t.people.c.id).order_by(
        q.literal_column("people.id", q.Integer).desc()
    ),
)
add("same_text_columns", lambda q, t: q.text("SELECT 1 AS a, 2 AS a"))
add("unnamed_columns", lambda q, t: q.text("SELECT 1 + 1, 'x'"))
add("dotted_column", lambda q, t: q.text('SELECT 1 AS "a.b"'))

add = statements("bind")
add(
    "named",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("n")
    ),
    {"n": 2},
)
add(
    "value",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("n", 3)
    ),
)
add(
    "value_overridden",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("n", 3)
    ),
    {"n": 4},
)
add(
    "none_key",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam(None, 3)
    ),
)
add(
    "unique",
    lambda q, t: q.select(t.people.c.id).where(
        q.or_(
            t.people.c.id == q.bindparam("n", 3, unique=True),
            t.people.c.id == q.bindparam("n", 4, unique=True),
        )
    ),
)
add(
    "same_twice",
    lambda q, t: (
        lambda b: q.select(t.people.c.id).where(
            q.or_(t.people.c.id == b, t.people.c.age == b)
        )
    )(q.bindparam("n", 3)),
)
add(
    "same_name_twice",
    lambda q, t: q.select(t.people.c.id).where(
        q.or_(
            t.people.c.id == q.bindparam("n"),
            t.people.c.age == q.bindparam("n"),
        )
    ),
    {"n": 30},
)
add(
    "typed",
    lambda q, t: q.select(q.bindparam("d", type_=q.Date)),
    {"d": datetime.date(2020, 1, 1)},
)
add(
    "type_of_column",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.born == q.bindparam("d")
    ),
    {"d": datetime.date(1990, 2, 28)},
)
add("select", lambda q, t: q.select(q.bindparam("x", 5)))
add(
    "callable",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("n", callable_=lambda: 2)
    ),
)
add(
    "none",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.age == q.bindparam("n")
    ),
    {"n": None},
)
add(
    "optional",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("n", required=False)
    ),
)
add(
    "unique_and_not",
    lambda q, t: q.select(t.tags.c.id).where(
        t.tags.c.id == q.bindparam("n", 1),
        t.tags.c.id == q.bindparam("n", 2, unique=True),
    ),
)
add(
    "literal_execute",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("n", 2, literal_execute=True)
    ),
)
add(
    "odd_name",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("a b", 2)
    ),
)
add(
    "percent_name",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("50%(x):.", 2)
    ),
)
add(
    "params",
    lambda q, t: (
        q.select(t.people.c.id)
        .where(t.people.c.id == q.bindparam("n"))
        .params(n=3)
    ),
)
add(
    "params_dictionary",
    lambda q, t: (
        q.select(t.people.c.id)
        .where(t.people.c.id == q.bindparam("n"))
        .params({"n": 3})
    ),
)
add(
    "like",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.name.contains(q.bindparam("part"))
    ),
    {"part": "n"},
)
add(
    "extra_parameters",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id == q.bindparam("n")
    ),
    {"n": 1, "spare": 2},
)

fact = facts("text")
fact("str", lambda q, t: str(q.text("SELECT :a, '\\:b'")))
fact("attribute", lambda q, t: q.text("SELECT :a").text)
fact(
    "compiled",
    lambda q, t: dict(q.text("SELECT :a").bindparams(a=3).compile().params),
)
fact(
    "columns_keys",
    lambda q, t: (
        q.text("SELECT 1")
        .columns(q.column("a"), q.column("b"))
        .selected_columns.keys()
    ),
)
fact(
    "bind_fields",
    lambda q, t: (
        lambda b: (b.key, b.value, b.required, b.unique, type(b.type).__name__)
    )(q.bindparam("n", 3)),
)
fact("bind_required", lambda q, t: q.bindparam("n").required)
