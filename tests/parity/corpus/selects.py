"""Selects: columns, order, groups, limits, and what a select tells of it."""

from __future__ import annotations

import functools
import itertools

from .case import facts, statements

add = statements("select")
add("table", lambda q, t: q.select(t.people))
add("columns", lambda q, t: q.select(t.people.c.id, t.people.c.name))
add("column_collection", lambda q, t: q.select(*t.tags.c))
add("some_columns", lambda q, t: q.select(*t.people.c["id", "name"]))
add("table_method", lambda q, t: t.tags.select())
add("two_tables", lambda q, t: q.select(t.tags, t.moved))
add("same_column_twice", lambda q, t: q.select(t.tags.c.id, t.tags.c.id))
add("same_names", lambda q, t: q.select(t.tags.c.id, t.moved.c.id))
add(
    "same_names_thrice",
    lambda q, t: q.select(
        t.tags.c.id, t.moved.c.id, t.tags.c.id, t.people.c.id
    ),
)
add(
    "name_like_generated",
    lambda q, t: q.select(
        t.tags.c.id, t.moved.c.id.label("id_1"), t.people.c.id
    ),
)
add(
    "same_label_twice",
    lambda q, t: q.select(t.tags.c.id.label("x"), t.tags.c.label.label("x")),
)
add("no_from", lambda q, t: q.select(q.literal(1), q.literal("a")))
add("nothing", lambda q, t: q.select(), runs=False)
add("number", lambda q, t: q.select(3))
add("python_none", lambda q, t: q.select(None))
add("python_true", lambda q, t: q.select(True))
add(
    "anonymous_expressions",
    lambda q, t: q.select(t.tags.c.id + 1, t.tags.c.id + 2, t.tags.c.id * 3),
)
add(
    "expression_and_column",
    lambda q, t: q.select(t.tags.c.id, t.tags.c.id + 1),
)
add("condition", lambda q, t: q.select(t.people.c.id > 2))
add(
    "label_collides",
    lambda q, t: q.select((t.tags.c.id + 5).label("id"), t.tags.c.id),
)
add("odd_names", lambda q, t: q.select(t.odd))
add(
    "odd_names_where",
    lambda q, t: q.select(t.odd).where(
        t.odd.c["select"] == 1,
        t.odd.c["%pct"] > 2,
        t.odd.c["a:b"].in_([4]),
        t.odd.c["x.y"] < 9,
        t.odd.c["(par)"] != 3,
        t.odd.c["1st"] >= 0,
        t.odd.c.renamed == "r",
        t.odd.c["Mixed Case"] == "m",
        t.odd.c['q"q'] == "q'q",
    ),
)
add("schema", lambda q, t: q.select(t.moved).where(t.moved.c.id == 1))
add("select_from", lambda q, t: q.select(q.literal(1)).select_from(t.tags))
add(
    "select_from_two",
    lambda q, t: q.select(t.tags.c.id).select_from(t.tags, t.moved),
)
add(
    "add_columns",
    lambda q, t: q.select(t.tags.c.id).add_columns(
        t.tags.c.label, q.literal(3)
    ),
)
add(
    "with_only_columns",
    lambda q, t: (
        q.select(t.tags)
        .where(t.tags.c.id > 1)
        .with_only_columns(t.tags.c.label)
    ),
)
add(
    "with_only_count",
    lambda q, t: q.select(t.tags).with_only_columns(q.func.count(t.tags.c.id)),
)
add(
    "with_only_maintain",
    lambda q, t: q.select(t.tags).with_only_columns(
        q.func.count(), maintain_column_froms=True
    ),
)
add(
    "with_only_loses_from",
    lambda q, t: q.select(t.tags.c.id).with_only_columns(q.literal(7)),
)
add("distinct", lambda q, t: q.select(t.people.c.age).distinct())
add(
    "distinct_several",
    lambda q, t: q.select(t.people.c.age, t.people.c.active).distinct(),
)
add("distinct_in_column", lambda q, t: q.select(q.distinct(t.people.c.age)))
add("distinct_method", lambda q, t: q.select(t.people.c.age.distinct()))
add(
    "distinct_label",
    lambda q, t: q.select(t.people.c.age.distinct().label("a")),
)
add(
    "distinct_where",
    lambda q, t: (
        q.select(t.people.c.age)
        .where(t.people.c.age > 20)
        .distinct()
        .order_by(t.people.c.age)
        .limit(2)
    ),
)
add("prefix", lambda q, t: q.select(t.tags.c.id).prefix_with("ALL"))
add(
    "prefix_of_dialect",
    lambda q, t: q.select(t.tags.c.id).prefix_with(
        "STRAIGHT_JOIN", dialect="mysql"
    ),
)
add("suffix", lambda q, t: q.select(t.tags.c.id).suffix_with("LIMIT 1"))
add(
    "hint_ignored",
    lambda q, t: q.select(t.tags.c.id).with_hint(t.tags, "INDEX(x)", "mysql"),
)
add("for_update", lambda q, t: q.select(t.tags.c.id).with_for_update())
add(
    "for_update_options",
    lambda q, t: q.select(t.tags.c.id).with_for_update(nowait=True, read=True),
)
add(
    "execution_options",
    lambda q, t: q.select(t.tags.c.id).execution_options(stream_results=False),
)
add(
    "label_style_tables",
    lambda q, t: q.select(t.tags, t.moved).set_label_style(
        q.LABEL_STYLE_TABLENAME_PLUS_COL
    ),
)
add(
    "label_style_none",
    lambda q, t: q.select(t.tags.c.id, t.moved.c.id).set_label_style(
        q.LABEL_STYLE_NONE
    ),
)
add(
    "light_table",
    lambda q, t: q.select(
        q.table("tags", q.column("id"), q.column("label")).c.label
    ),
)
add(
    "light_columns",
    lambda q, t: q.select(q.column("label"), q.column("id")).select_from(
        q.table("tags")
    ),
)
add(
    "light_schema",
    lambda q, t: q.select(
        q.table("moved", q.column("what"), schema="main").c.what
    ),
)
add(
    "boolean_column",
    lambda q, t: q.select(t.people.c.active).where(t.people.c.active),
)

add = statements("many")
add(
    "columns",
    lambda q, t: q.select(*(t.tags.c.id + n for n in range(40))),
)
add(
    "same_columns",
    lambda q, t: q.select(*([t.tags.c.id] * 12)),
)
add(
    "wheres",
    lambda q, t: functools.reduce(
        lambda made, n: made.where(t.people.c.id != n),
        range(10, 60),
        q.select(t.people.c.id),
    ),
)
add(
    "subqueries",
    lambda q, t: functools.reduce(
        lambda made, n: (
            lambda inner: q.select(inner.c.id).where(inner.c.id > n)
        )(made.subquery()),
        range(-10, 0),
        q.select(t.people.c.id),
    ),
)
add(
    "unions",
    lambda q, t: q.union_all(
        *(q.select(t.tags.c.id, q.literal(n)) for n in range(20))
    ),
)
add(
    "ctes",
    lambda q, t: functools.reduce(
        lambda made, n: q.select(made.cte(f"c{n}")),
        range(8),
        q.select(t.people.c.id),
    ),
)
add(
    "aliases",
    lambda q, t: functools.reduce(
        lambda made, alias: made.add_columns(alias.c.id).where(
            alias.c.id == 1
        ),
        [t.tags.alias() for _ in range(12)],
        q.select(t.tags.c.label),
    ),
)
add(
    "joins",
    lambda q, t: functools.reduce(
        lambda made, alias: made.outerjoin(
            alias, alias.c.boss_id == t.people.c.id
        ),
        [t.people.alias() for _ in range(6)],
        q.select(t.people.c.id),
    ),
)

add = statements("where")
add("one", lambda q, t: q.select(t.tags.c.id).where(t.tags.c.id == 1))
add(
    "two",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id > 1, t.people.c.age == 30
    ),
)
add(
    "chained",
    lambda q, t: (
        q.select(t.people.c.id)
        .where(t.people.c.id > 1)
        .where(t.people.c.age == 30)
    ),
)
add(
    "chained_or",
    lambda q, t: (
        q.select(t.people.c.id)
        .where(q.or_(t.people.c.id > 1, t.people.c.id < 0))
        .where(t.people.c.age == 30)
    ),
)
add("filter", lambda q, t: q.select(t.people.c.id).filter(t.people.c.id > 1))
add(
    "filter_by",
    lambda q, t: (
        q.select(t.people)
        .filter_by(name="Ann", age=30)
        .with_only_columns(t.people.c.id)
    ),
)
add("none", lambda q, t: q.select(t.tags.c.id).where(None))
add("true", lambda q, t: q.select(t.tags.c.id).where(True))
add("false", lambda q, t: q.select(t.tags.c.id).where(False))
add("sql_true", lambda q, t: q.select(t.tags.c.id).where(q.true()))
add("sql_false", lambda q, t: q.select(t.tags.c.id).where(q.false()))
add(
    "true_and",
    lambda q, t: q.select(t.tags.c.id).where(q.true(), t.tags.c.id == 1),
)
add(
    "false_and",
    lambda q, t: q.select(t.tags.c.id).where(q.false(), t.tags.c.id == 1),
)
add("nothing", lambda q, t: q.select(t.tags.c.id).where())
add(
    "not_column",
    lambda q, t: q.select(t.people.c.id).where(~t.people.c.active),
)
add("text", lambda q, t: q.select(t.tags.c.id).where(q.text("id > 1")))
add(
    "text_and",
    lambda q, t: q.select(t.tags.c.id).where(
        q.text("id > 0 OR id > 1"), t.tags.c.id == 1
    ),
)
add(
    "label",
    lambda q, t: q.select(t.tags.c.id.label("n")).where(
        t.tags.c.id.label("n") == 1
    ),
)
add(
    "from_of_condition",
    lambda q, t: q.select(t.tags.c.id).where(t.tags.c.id == t.moved.c.id),
)

add = statements("order")
add("column", lambda q, t: q.select(t.people.c.id).order_by(t.people.c.name))
add(
    "asc", lambda q, t: q.select(t.people.c.id).order_by(t.people.c.name.asc())
)
add(
    "desc",
    lambda q, t: q.select(t.people.c.id).order_by(q.desc(t.people.c.name)),
)
add(
    "several",
    lambda q, t: q.select(t.people.c.id).order_by(
        t.people.c.age.desc(), t.people.c.id
    ),
)
add(
    "chained",
    lambda q, t: (
        q.select(t.people.c.id)
        .order_by(t.people.c.age)
        .order_by(t.people.c.id.desc())
    ),
)
add(
    "reset",
    lambda q, t: (
        q.select(t.people.c.id).order_by(t.people.c.age).order_by(None)
    ),
)
add(
    "reset_and_new",
    lambda q, t: (
        q.select(t.people.c.id)
        .order_by(t.people.c.age)
        .order_by(None)
        .order_by(t.people.c.name)
    ),
)
for place, way in itertools.product(("first", "last"), ("", "asc", "desc")):
    add(
        f"nulls_{place}_{way or 'plain'}",
        lambda q, t, p=place, w=way: q.select(t.people.c.id).order_by(
            getattr(
                getattr(t.people.c.age, w)() if w else t.people.c.age,
                f"nulls_{p}",
            )(),
            t.people.c.id,
        ),
    )
    add(
        f"nulls_{place}_function_{way or 'plain'}",
        lambda q, t, p=place, w=way: q.select(t.people.c.id).order_by(
            getattr(q, f"nulls_{p}")(
                getattr(q, w)(t.people.c.age) if w else t.people.c.age
            ),
            t.people.c.id,
        ),
    )
add(
    "nullsfirst",
    lambda q, t: q.select(t.people.c.id).order_by(
        t.people.c.age.nullsfirst(), t.people.c.id
    ),
)
add(
    "desc_outside_nulls",
    lambda q, t: q.select(t.people.c.id).order_by(
        t.people.c.age.nulls_last().desc()
    ),
    runs=False,
)
add(
    "expression", lambda q, t: q.select(t.people.c.id).order_by(-t.people.c.id)
)
add(
    "expression_desc",
    lambda q, t: q.select(t.people.c.id).order_by(
        (t.people.c.id * -1 + 2).desc()
    ),
)
add(
    "condition_desc",
    lambda q, t: q.select(t.people.c.id).order_by(
        (t.people.c.id == 3).desc(), t.people.c.id
    ),
)
add(
    "label_object",
    lambda q, t: (lambda x: q.select(x).order_by(x))(
        (-t.people.c.id).label("x")
    ),
)
add(
    "label_object_desc",
    lambda q, t: (lambda x: q.select(x).order_by(x.desc()))(
        (-t.people.c.id).label("x")
    ),
)
add(
    "label_not_selected",
    lambda q, t: q.select(t.people.c.id).order_by((-t.people.c.id).label("x")),
)
add(
    "label_name",
    lambda q, t: q.select((-t.people.c.id).label("x")).order_by("x"),
)
add(
    "label_name_desc",
    lambda q, t: q.select((-t.people.c.id).label("x")).order_by(q.desc("x")),
)
add(
    "label_name_nulls",
    lambda q, t: q.select(t.people.c.age.label("x")).order_by(
        q.nulls_last(q.desc("x"))
    ),
)
add("column_name", lambda q, t: q.select(t.people.c.name).order_by("name"))
add(
    "column_name_desc",
    lambda q, t: q.select(t.people.c.name).order_by(q.desc("name")),
)
add(
    "column_not_selected",
    lambda q, t: q.select(t.people.c.id).order_by("name"),
)
add(
    "labelled_column_by_column",
    lambda q, t: q.select(t.people.c.name.label("n")).order_by(
        t.people.c.name
    ),
)
add(
    "label_in_expression",
    lambda q, t: (lambda x: q.select(x).order_by(x + 1))(
        (-t.people.c.id).label("x")
    ),
)
add(
    "name_of_two_tables",
    lambda q, t: q.select(t.tags.c.id, t.moved.c.id).order_by("id"),
    runs=False,
)
add(
    "case",
    lambda q, t: q.select(t.people.c.id).order_by(
        q.case((t.people.c.id == 3, 0), else_=t.people.c.id)
    ),
)
add(
    "collate",
    lambda q, t: q.select(t.people.c.name).order_by(
        t.people.c.name.collate("NOCASE").desc(), t.people.c.id
    ),
)
add(
    "collate_function",
    lambda q, t: q.select(t.people.c.name).order_by(
        q.collate(t.people.c.name, "NOCASE"), t.people.c.id.desc()
    ),
)
add(
    "function",
    lambda q, t: q.select(t.people.c.name).order_by(
        q.func.lower(t.people.c.name)
    ),
)
add(
    "text",
    lambda q, t: q.select(t.people.c.id).order_by(q.text("people.id DESC")),
)
add(
    "number",
    lambda q, t: q.select(t.people.c.name).order_by(q.literal_column("1")),
)
add(
    "odd_column",
    lambda q, t: q.select(t.odd.c.id).order_by(
        t.odd.c["%pct"], t.odd.c.id.desc()
    ),
)
add(
    "list_of_elements",
    lambda q, t: q.select(t.people.c.id).order_by(
        *[t.people.c.age, t.people.c.id]
    ),
)
add(
    "duplicate_label",
    lambda q, t: q.select(t.tags.c.id, t.moved.c.id).order_by(t.moved.c.id),
)

add = statements("group")
add("column", lambda q, t: q.select(t.people.c.age).group_by(t.people.c.age))
add(
    "two",
    lambda q, t: q.select(
        t.people.c.age, t.people.c.active, q.func.count()
    ).group_by(t.people.c.age, t.people.c.active),
)
add(
    "chained",
    lambda q, t: (
        q.select(q.func.count(t.people.c.id))
        .group_by(t.people.c.age)
        .group_by(t.people.c.active)
    ),
)
add(
    "reset",
    lambda q, t: (
        q.select(t.people.c.id).group_by(t.people.c.age).group_by(None)
    ),
)
add(
    "label_name",
    lambda q, t: q.select(
        (t.people.c.age + 1).label("x"), q.func.count()
    ).group_by("x"),
)
add(
    "label_object",
    lambda q, t: (
        lambda x: q.select(x, q.func.count()).group_by(x).order_by(x)
    )((t.people.c.age + 1).label("x")),
)
add("column_name", lambda q, t: q.select(t.people.c.age).group_by("age"))
add(
    "expression",
    lambda q, t: q.select(q.func.count(t.people.c.id)).group_by(
        t.people.c.age % 2
    ),
)
add(
    "having",
    lambda q, t: (
        q.select(t.people.c.age)
        .group_by(t.people.c.age)
        .having(q.func.count(t.people.c.id) > 1)
    ),
)
add(
    "having_two",
    lambda q, t: (
        q.select(t.people.c.age)
        .group_by(t.people.c.age)
        .having(q.func.count() >= 1, t.people.c.age > 26)
    ),
)
add(
    "having_chained",
    lambda q, t: (
        q.select(t.people.c.age)
        .group_by(t.people.c.age)
        .having(q.func.count() >= 1)
        .having(t.people.c.age > 26)
    ),
)
add(
    "having_alone",
    lambda q, t: q.select(q.func.sum(t.people.c.age)).having(
        q.func.count() > 1
    ),
    runs=False,
)
add(
    "having_label",
    lambda q, t: (
        lambda n: (
            q.select(t.people.c.age, n).group_by(t.people.c.age).having(n > 1)
        )
    )(q.func.count(t.people.c.id).label("n")),
)
add(
    "all_parts",
    lambda q, t: (
        q.select(t.people.c.age, q.func.count())
        .where(t.people.c.id > 0)
        .group_by(t.people.c.age)
        .having(q.func.count() > 0)
        .order_by(t.people.c.age.desc())
        .limit(2)
        .offset(1)
        .distinct()
    ),
)

add = statements("limit")
for limit, offset in itertools.product((None, 0, 2), (None, 0, 2)):
    add(
        f"{limit}_offset_{offset}",
        lambda q, t, n=limit, o=offset: (
            q.select(t.people.c.id).order_by(t.people.c.id).limit(n).offset(o)
        ),
    )
for start, stop in ((0, 2), (1, 3), (2, None), (None, 2), (0, 0)):
    add(
        f"slice_{start}_{stop}",
        lambda q, t, a=start, b=stop: (
            q.select(t.people.c.id).order_by(t.people.c.id).slice(a, b)
        ),
    )
add("then_slice", lambda q, t: q.select(t.people.c.id).limit(9).slice(1, 2))
add(
    "slice_then_slice",
    lambda q, t: q.select(t.people.c.id).slice(1, 4).slice(1, 2),
)
add("replaced", lambda q, t: q.select(t.people.c.id).limit(4).limit(1))
add("removed", lambda q, t: q.select(t.people.c.id).limit(4).limit(None))
add(
    "bind",
    lambda q, t: (
        q.select(t.people.c.id)
        .limit(q.bindparam("n"))
        .offset(q.bindparam("o"))
    ),
    {"n": 2, "o": 1},
)
add("expression", lambda q, t: q.select(t.people.c.id).limit(q.literal(1) + 1))
add(
    "literal_column",
    lambda q, t: q.select(t.people.c.id).limit(q.literal_column("2")),
)
add(
    "subquery",
    lambda q, t: q.select(t.people.c.id).limit(
        q.select(q.func.count(t.tags.c.id)).scalar_subquery()
    ),
)
add("fetch", lambda q, t: q.select(t.people.c.id).fetch(2), runs=False)
add(
    "where_param_names",
    lambda q, t: (
        q.select(t.people.c.id)
        .where(q.literal(3) > t.people.c.id, t.people.c.age > q.literal(1))
        .limit(2)
        .offset(1)
    ),
)
add("one_text", lambda q, t: q.select(t.people.c.id).limit("2"))

fact = facts("select")
for name, build in {
    "table": lambda q, t: q.select(t.tags),
    "columns": lambda q, t: q.select(t.tags.c.id, t.tags.c.label),
    "label": lambda q, t: q.select(t.tags.c.id.label("x")),
    "expression": lambda q, t: q.select(t.tags.c.id + 1, t.tags.c.id == 2),
    "function": lambda q, t: q.select(q.func.count(), q.func.lower("x")),
    "same_names": lambda q, t: q.select(t.tags.c.id, t.moved.c.id, t.odd),
    "literal": lambda q, t: q.select(q.literal(1), q.null()),
    "literal_column": lambda q, t: q.select(q.literal_column("1")),
    "cast": lambda q, t: q.select(q.cast(t.tags.c.id, q.String)),
    "case": lambda q, t: q.select(q.case((t.tags.c.id == 1, 1))),
    "over": lambda q, t: q.select(q.func.rank().over()),
    "scalar_subquery": lambda q, t: q.select(
        q.select(t.tags.c.id).scalar_subquery()
    ),
    "text": lambda q, t: q.select(q.text("a")).select_from(t.tags),
}.items():
    fact(
        f"keys_of_{name}",
        lambda q, t, b=build: list(b(q, t).selected_columns.keys()),
    )
    fact(
        f"exported_keys_of_{name}",
        lambda q, t, b=build: list(b(q, t).exported_columns.keys()),
    )
    if name != "text":
        fact(
            f"subquery_keys_of_{name}",
            lambda q, t, b=build: list(b(q, t).subquery("s").c.keys()),
        )
    fact(
        f"descriptions_of_{name}",
        lambda q, t, b=build: [
            (each["name"], type(each["type"]).__name__, sorted(each))
            for each in b(q, t).column_descriptions
        ],
    )
fact("whereclause_none", lambda q, t: q.select(t.tags).whereclause)
fact(
    "whereclause",
    lambda q, t: str(
        q.select(t.tags).where(t.tags.c.id > 1, t.tags.c.id < 3).whereclause
    ),
)
fact(
    "froms",
    lambda q, t: [
        f.name for f in q.select(t.tags.c.id, t.moved.c.id).get_final_froms()
    ],
)
fact(
    "columns_clause_froms",
    lambda q, t: [f.name for f in q.select(t.tags.c.id).columns_clause_froms],
)
fact(
    "generative",
    lambda q, t: (lambda s: (str(s.where(t.tags.c.id > 1)), str(s)))(
        q.select(t.tags.c.id)
    ),
)
fact("is_select", lambda q, t: isinstance(q.select(t.tags), q.Select))
fact(
    "execution_options",
    lambda q, t: dict(
        q.select(t.tags).execution_options(a=1).get_execution_options()
    ),
)
fact(
    "str_twice",
    lambda q, t: (
        lambda a: (lambda s: str(s) == str(s))(q.select(a.c.id, a.c.id + 1))
    )(t.tags.alias()),
)
fact(
    "compiled_string",
    lambda q, t: (
        q.select(t.tags.c.id).where(t.tags.c.id == 4).compile().string
    ),
)
fact(
    "compiled_params",
    lambda q, t: dict(
        q.select(t.tags.c.id)
        .where(t.tags.c.id == 4, t.tags.c.label == "x")
        .compile()
        .params
    ),
)
fact(
    "params_method",
    lambda q, t: dict(
        q.select(t.tags.c.id)
        .where(t.tags.c.id == q.bindparam("x"))
        .params(x=9)
        .compile()
        .params
    ),
)
fact(
    "construct_params",
    lambda q, t: dict(
        q.select(t.tags.c.id)
        .where(t.tags.c.id == q.bindparam("x", 1))
        .compile()
        .construct_params({"x": 3})
    ),
)
