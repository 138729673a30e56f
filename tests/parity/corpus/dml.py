"""INSERT: values, defaults, RETURNING, upserts."""

from __future__ import annotations

import datetime
import decimal

from .case import facts, statements
from .core_schema import Color

add = statements("insert")
add("values", lambda q, t: q.insert(t.tags).values(id=7, label="x"))
add("method", lambda q, t: t.tags.insert().values(label="x"))
add("dictionary", lambda q, t: q.insert(t.tags).values({"label": "x"}))
add(
    "columns_as_keys",
    lambda q, t: q.insert(t.tags).values(
        {t.tags.c.label: "x", t.tags.c.id: 8}
    ),
)
add("tuple", lambda q, t: q.insert(t.tags).values((7, "x")))
add("list", lambda q, t: q.insert(t.tags).values([7, "x"]))
add(
    "order_of_columns",
    lambda q, t: q.insert(t.people).values(age=3, name="Z", id=9),
)
add("no_values", lambda q, t: q.insert(t.void))
add("empty_values", lambda q, t: q.insert(t.void).values({}))
add("null", lambda q, t: q.insert(t.void).values(value=None))
add("sql_null", lambda q, t: q.insert(t.void).values(value=q.null()))
add(
    "expression",
    lambda q, t: q.insert(t.void).values(value=q.func.length("four")),
)
add("arithmetic", lambda q, t: q.insert(t.void).values(value=q.literal(3) + 4))
add(
    "scalar_subquery",
    lambda q, t: q.insert(t.void).values(
        value=q.select(q.func.max(t.people.c.age)).scalar_subquery()
    ),
)
add("text", lambda q, t: q.insert(t.void).values(value=q.text("1 + 2")))
add(
    "bind",
    lambda q, t: q.insert(t.void).values(value=q.bindparam("given")),
    {"given": 12},
)
add(
    "values_then_values",
    lambda q, t: q.insert(t.tags).values(id=7).values(label="x"),
)
add("values_replaced", lambda q, t: q.insert(t.tags).values(id=7).values(id=8))
add(
    "odd_columns",
    lambda q, t: q.insert(t.odd).values(
        {
            "select": 1,
            "Mixed Case": "x",
            "%pct": 2,
            "a:b": 3,
            "x.y": 4,
            "(par)": 5,
            "1st": 6,
            'q"q': "w",
            "renamed": "n",
        }
    ),
)
add("schema", lambda q, t: q.insert(t.moved).values(what="x"))
add(
    "composite",
    lambda q, t: q.insert(t.scores).values(person_id=9, game="go", points=1),
)
add(
    "composite_method",
    lambda q, t: t.post_tags.insert().values(post_id=4, tag_id=1),
)
add(
    "all_types",
    lambda q, t: q.insert(t.people).values(
        name="T",
        height=1.5,
        salary=decimal.Decimal("1.5"),
        active=True,
        born=datetime.date(2020, 1, 2),
        seen=datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        wakes=datetime.time(1, 2),
        shift=datetime.timedelta(hours=3),
        color=Color.dark_green,
        data={"k": [1, None]},
        photo=b"\x01",
    ),
)
add("json_none", lambda q, t: q.insert(t.people).values(name="J", data=None))
add(
    "json_sql_null",
    lambda q, t: q.insert(t.people).values(name="J", data=q.null()),
)
add(
    "multi_dictionaries",
    lambda q, t: q.insert(t.tags).values(
        [{"id": 7, "label": "x"}, {"id": 8, "label": "y"}]
    ),
)
add("multi_tuples", lambda q, t: q.insert(t.tags).values([(7, "x"), (8, "y")]))
add(
    "multi_expressions",
    lambda q, t: q.insert(t.void).values(
        [{"value": q.func.abs(-1)}, {"value": 2}]
    ),
)
add(
    "multi_defaults",
    lambda q, t: q.insert(t.filled).values([{"note": "a"}, {"note": "b"}]),
)
add(
    "prefix",
    lambda q, t: (
        q.insert(t.tags).prefix_with("OR IGNORE").values(id=1, label="zz")
    ),
)
add(
    "prefix_replace",
    lambda q, t: (
        q.insert(t.tags).prefix_with("OR REPLACE").values(id=1, label="zz")
    ),
)
add("inline", lambda q, t: q.insert(t.void).values(value=1).inline())

add = statements("insert-parameters")
add("one", lambda q, t: q.insert(t.tags), {"id": 7, "label": "x"})
add("without_key", lambda q, t: q.insert(t.tags), {"label": "x"})
add("some", lambda q, t: q.insert(t.people), {"name": "x"})
add("list_of_one", lambda q, t: q.insert(t.tags), [{"label": "x"}])
add(
    "many",
    lambda q, t: q.insert(t.tags),
    [{"label": "x"}, {"label": "y"}, {"label": "z"}],
)
add(
    "many_with_keys",
    lambda q, t: q.insert(t.tags),
    [{"id": 8, "label": "x"}, {"id": 9, "label": "y"}],
)
add("unknown_key", lambda q, t: q.insert(t.void), {"zork": 1})
add(
    "date_as_datetime",
    lambda q, t: q.insert(t.people),
    {"name": "x", "seen": datetime.date(2020, 1, 1)},
)
add(
    "enum_as_unknown_string",
    lambda q, t: q.insert(t.people),
    {"name": "x", "color": "mauve"},
)
add(
    "extra_key_in_second",
    lambda q, t: q.insert(t.tags),
    [{"label": "x"}, {"label": "y", "id": 50}],
)
add(
    "beside_values",
    lambda q, t: q.insert(t.people).values(age=3),
    {"name": "x"},
)
add(
    "over_values",
    lambda q, t: q.insert(t.people).values(age=3),
    {"name": "x", "age": 4},
)
add(
    "many_beside_values",
    lambda q, t: q.insert(t.people).values(age=q.func.abs(-5)),
    [{"name": "x"}, {"name": "y"}],
)
add(
    "odd",
    lambda q, t: q.insert(t.odd),
    {
        "select": 1,
        "%pct": 2,
        "a:b": 3,
        "x.y": 4,
        "(par)": 5,
        "1st": 6,
        'q"q': "w",
        "renamed": "n",
    },
)
add(
    "types",
    lambda q, t: q.insert(t.people),
    [
        {"name": "x", "born": datetime.date(2020, 1, 1), "color": Color.red},
        {"name": "y", "born": None, "color": None},
    ],
)
add(
    "bind_of_other_name",
    lambda q, t: q.insert(t.void).values(value=q.bindparam("n")),
    [{"n": 4}, {"n": 5}],
)
add(
    "bind_in_expression",
    lambda q, t: q.insert(t.void).values(value=q.bindparam("n") + 1),
    {"n": 4},
)

add(
    "thousands",
    lambda q, t: q.insert(t.void),
    [{"value": n} for n in range(2000)],
)
add(
    "types_of_many",
    lambda q, t: q.insert(t.people),
    [
        {"name": str(n), "height": n / 4, "active": bool(n % 2), "data": [n]}
        for n in range(40)
    ],
)

add = statements("insert-defaults")
add("all", lambda q, t: q.insert(t.filled).values(note="n"))
add("none_given", lambda q, t: q.insert(t.filled))
add("parameters", lambda q, t: q.insert(t.filled), {"note": "n"})
add("many", lambda q, t: q.insert(t.filled), [{"note": "a"}, {"note": "b"}])
add(
    "overridden",
    lambda q, t: q.insert(t.filled).values(
        scalar=1, called="c", seen="s", computed=2, on_server="x", number=3
    ),
)
add(
    "explicit_none",
    lambda q, t: q.insert(t.filled).values(
        scalar=None, called=None, on_server=None
    ),
)
add(
    "explicit_none_many",
    lambda q, t: q.insert(t.filled),
    [{"scalar": None, "note": "a"}, {"scalar": 3, "note": "b"}],
)
add(
    "returning",
    lambda q, t: q.insert(t.filled).values(note="n").returning(t.filled),
)
add(
    "returning_computed",
    lambda q, t: (
        q.insert(t.filled)
        .values(scalar=21)
        .returning(t.filled.c.id, t.filled.c.doubled)
    ),
)

add = statements("insert-select")
add(
    "plain",
    lambda q, t: q.insert(t.void).from_select(
        ["value"], q.select(t.people.c.age)
    ),
)
add(
    "columns_as_keys",
    lambda q, t: q.insert(t.void).from_select(
        [t.void.c.id, t.void.c.value],
        q.select(t.people.c.id + 10, t.people.c.age),
    ),
)
add(
    "where",
    lambda q, t: q.insert(t.tags).from_select(
        ["label"], q.select(t.people.c.name).where(t.people.c.age > 26)
    ),
)
add(
    "literal",
    lambda q, t: q.insert(t.tags).from_select(
        ["id", "label"], q.select(q.literal(9), q.literal("nine"))
    ),
)
add(
    "defaults",
    lambda q, t: q.insert(t.filled).from_select(
        ["note"], q.select(t.tags.c.label)
    ),
)
add(
    "no_defaults",
    lambda q, t: q.insert(t.filled).from_select(
        ["note"], q.select(t.tags.c.label), include_defaults=False
    ),
)
add(
    "union",
    lambda q, t: q.insert(t.void).from_select(
        ["value"], q.union(q.select(t.tags.c.id), q.select(t.people.c.id))
    ),
)
add(
    "cte",
    lambda q, t: q.insert(t.void).from_select(
        ["value"], q.select(q.select(t.tags.c.id).cte("c").c.id)
    ),
)
add(
    "returning",
    lambda q, t: (
        q.insert(t.void)
        .from_select(["value"], q.select(t.tags.c.id))
        .returning(t.void.c.value)
    ),
)
add(
    "same_table",
    lambda q, t: q.insert(t.moved).from_select(
        ["what"], q.select(t.moved.c.what)
    ),
)

add = statements("insert-returning")
add(
    "column",
    lambda q, t: q.insert(t.tags).values(label="x").returning(t.tags.c.id),
)
add("table", lambda q, t: q.insert(t.tags).values(label="x").returning(t.tags))
add(
    "expression",
    lambda q, t: (
        q.insert(t.tags)
        .values(label="x")
        .returning(t.tags.c.id + 1, q.func.upper(t.tags.c.label))
    ),
)
add(
    "labelled",
    lambda q, t: (
        q.insert(t.tags)
        .values(label="x")
        .returning(t.tags.c.id.label("number"))
    ),
)
add(
    "literal",
    lambda q, t: q.insert(t.tags).values(label="x").returning(q.literal(5)),
)
add(
    "multi_values",
    lambda q, t: (
        q.insert(t.tags)
        .values([{"label": "x"}, {"label": "y"}])
        .returning(t.tags.c.id)
    ),
)
add(
    "many",
    lambda q, t: q.insert(t.tags).returning(t.tags.c.id),
    [{"label": "x"}, {"label": "y"}, {"label": "z"}],
)
add(
    "many_sorted",
    lambda q, t: q.insert(t.tags).returning(
        t.tags.c.id, t.tags.c.label, sort_by_parameter_order=True
    ),
    [{"label": "x"}, {"label": "y"}],
)
add(
    "types",
    lambda q, t: (
        q.insert(t.people)
        .values(name="x", born=datetime.date(2020, 1, 1), data=[1])
        .returning(t.people.c.born, t.people.c.data, t.people.c.salary)
    ),
)
add(
    "odd",
    lambda q, t: (
        q.insert(t.odd)
        .values({"1st": 4})
        .returning(t.odd.c["1st"], t.odd.c.renamed, t.odd.c["%pct"])
    ),
)
add(
    "twice",
    lambda q, t: (
        q.insert(t.tags)
        .values(label="x")
        .returning(t.tags.c.id)
        .returning(t.tags.c.label)
    ),
)
add(
    "many_defaults",
    lambda q, t: q.insert(t.filled).returning(
        t.filled.c.id, t.filled.c.seen, t.filled.c.computed
    ),
    [{"note": "a"}, {"note": "b"}],
)

add(
    "thousands",
    lambda q, t: q.insert(t.tags).returning(t.tags.c.id, t.tags.c.label),
    [{"label": f"l{n}"} for n in range(1500)],
)
add(
    "thousands_sorted",
    lambda q, t: q.insert(t.void).returning(
        t.void.c.id, sort_by_parameter_order=True
    ),
    [{"value": -n} for n in range(1200)],
)

add = statements("upsert")
add(
    "nothing",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_nothing()
    ),
)
add(
    "nothing_on",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_nothing(index_elements=["id"])
    ),
)
add(
    "nothing_on_column",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_nothing(index_elements=[t.tags.c.id])
    ),
)
add(
    "update",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_update(index_elements=["id"], set_={"label": "new"})
    ),
)
add(
    "update_column_keys",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_update(
            index_elements=[t.tags.c.id], set_={t.tags.c.label: "new"}
        )
    ),
)
add(
    "excluded",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"], set_={"label": i.excluded.label}
        )
    )(q.sqlite.insert(t.tags).values(id=1, label="zz")),
)
add(
    "excluded_expression",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"],
            set_={"label": t.tags.c.label + i.excluded.label},
        )
    )(q.sqlite.insert(t.tags).values(id=1, label="zz")),
)
add(
    "where",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"],
            set_={"label": i.excluded.label},
            where=t.tags.c.label != "red",
        )
    )(q.sqlite.insert(t.tags).values(id=1, label="zz")),
)
add(
    "index_where",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_nothing(
            index_elements=["id"], index_where=t.tags.c.id > 0
        )
    ),
)
add(
    "set_from_excluded_collection",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"], set_=i.excluded
        )
    )(q.sqlite.insert(t.tags).values(id=1, label="zz")),
)
add(
    "multi",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["label"], set_={"id": i.excluded.id}
        )
    )(
        q.sqlite.insert(t.tags).values(
            [{"id": 50, "label": "red"}, {"id": 51, "label": "x"}]
        )
    ),
)
add(
    "many",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"], set_={"label": i.excluded.label}
        )
    )(q.sqlite.insert(t.tags)),
    [{"id": 1, "label": "a"}, {"id": 9, "label": "b"}],
)
add(
    "composite",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["person_id", "game"],
            set_={"points": t.scores.c.points + i.excluded.points},
        )
    )(q.sqlite.insert(t.scores).values(person_id=1, game="go", points=100)),
)
add(
    "returning",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"], set_={"label": i.excluded.label}
        ).returning(t.tags)
    )(q.sqlite.insert(t.tags).values(id=1, label="zz")),
)
add(
    "nothing_returning",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_nothing()
        .returning(t.tags.c.id)
    ),
)
add(
    "function_in_set",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1, label="zz")
        .on_conflict_do_update(
            index_elements=["id"], set_={"label": q.func.upper("low")}
        )
    ),
)
add(
    "from_select",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .from_select(
            ["id", "label"],
            q.select(t.people.c.id, t.people.c.name).where(q.true()),
        )
        .on_conflict_do_nothing()
    ),
)
add(
    "defaults",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"], set_={"note": i.excluded.note}
        )
    )(q.sqlite.insert(t.filled).values(id=1, note="n")),
)
add(
    "odd",
    lambda q, t: (
        lambda i: i.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "%pct": i.excluded["%pct"],
                "renamed": "z",
                "select": i.excluded["1st"],
            },
        )
    )(q.sqlite.insert(t.odd).values({"id": 1, "%pct": 9})),
)

fact = facts("dml")
fact(
    "insert_columns",
    lambda q, t: str(q.insert(t.tags).compile(column_keys=["label"])),
)
fact(
    "update_columns",
    lambda q, t: str(q.update(t.people).compile(column_keys=["age", "name"])),
)
fact("insert_table", lambda q, t: q.insert(t.tags).table is t.tags)
fact("update_table", lambda q, t: q.update(t.tags).table is t.tags)
fact(
    "kinds",
    lambda q, t: [
        isinstance(made, kind)
        for made, kind in (
            (q.insert(t.tags), q.Insert),
            (q.update(t.tags), q.Update),
            (q.delete(t.tags), q.Delete),
            (q.sqlite.insert(t.tags), q.sqlite.Insert),
        )
    ],
)
fact(
    "is_flags",
    lambda q, t: [
        (s.is_insert, s.is_update, s.is_delete, s.is_select, s.is_dml)
        for s in (
            q.insert(t.tags),
            q.update(t.tags),
            q.delete(t.tags),
            q.select(t.tags),
        )
    ],
)
fact(
    "whereclause",
    lambda q, t: str(
        q.update(t.tags).where(t.tags.c.id == 1, t.tags.c.id < 3).whereclause
    ),
)
fact("excluded_keys", lambda q, t: q.sqlite.insert(t.tags).excluded.keys())
fact(
    "generative",
    lambda q, t: (lambda i: (str(i.values(label="x")), str(i)))(
        q.insert(t.tags)
    ),
)
