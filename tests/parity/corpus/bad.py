"""Programs that must raise: where they are made, compiled or executed."""

from __future__ import annotations

from .case import bad
from .core_schema import Color

add = bad("build")
add("where_string", lambda q, t: q.select(t.people).where("id = 1"))
add("where_number", lambda q, t: q.select(t.people).where(3))
add("where_object", lambda q, t: q.select(t.people).where(object()))
add("select_string", lambda q, t: q.select("id"))
add("select_list", lambda q, t: q.select([t.people.c.id]))
add("select_from_string", lambda q, t: q.select(t.people).select_from("tags"))
add("order_by_number", lambda q, t: q.select(t.people).order_by(3))
add("order_by_object", lambda q, t: q.select(t.people).order_by(object()))
add("group_by_list", lambda q, t: q.select(t.people).group_by([object()]))
add("limit_string", lambda q, t: q.select(t.people).limit("many"))
add("limit_float", lambda q, t: q.select(t.people).limit(object()))
add("unknown_column", lambda q, t: t.people.c.nothing)
add("unknown_key", lambda q, t: t.people.c["nothing"])
add("unknown_attribute", lambda q, t: t.people.c.id.nothing)
add("unknown_method", lambda q, t: q.select(t.people).nothing())
add("lt_true", lambda q, t: t.people.c.age < True)
add("like_none", lambda q, t: t.people.c.name.like(None))
add(
    "union_of_union",
    lambda q, t: (
        q.select(t.tags.c.id)
        .union(q.select(t.people.c.id))
        .union_all(q.select(t.posts.c.id))
    ),
)
add(
    "upsert_twice",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1)
        .on_conflict_do_nothing(index_elements=["label"])
        .on_conflict_do_update(index_elements=["id"], set_={"label": "n"})
    ),
)
add("bool_of_expression", lambda q, t: bool(t.people.c.id > 1))
add(
    "bool_of_and",
    lambda q, t: bool(q.and_(t.people.c.id == 1, t.people.c.id == 2)),
)
add("bool_of_column", lambda q, t: bool(t.people.c.id))
add("bool_of_select", lambda q, t: bool(q.select(t.people)))
add("python_and", lambda q, t: t.people.c.id > 1 and t.people.c.id < 3)
add("chained_comparison", lambda q, t: 1 < t.people.c.id < 3)
add("in_string", lambda q, t: t.people.c.name.in_("abc"))
add("in_number", lambda q, t: t.people.c.id.in_(3))
add("in_none", lambda q, t: t.people.c.id.in_(None))
add("in_python", lambda q, t: 1 in t.people.c.id)
add("iterate_column", lambda q, t: list(t.people.c.id))
add("len_column", lambda q, t: len(t.people.c.id))
add("index_integer_column", lambda q, t: t.people.c.id["a"])
add("lt_none", lambda q, t: t.people.c.id < None)
add("ge_none", lambda q, t: t.people.c.age >= None)
add("gt_null", lambda q, t: t.people.c.id > q.null())
add(
    "compare_object",
    lambda q, t: q.select(t.people.c.id).where(t.people.c.id == object()),
)
add("and_string", lambda q, t: q.and_("a = 1", t.people.c.id == 1))
add("or_number", lambda q, t: q.or_(t.people.c.id == 1, 5))
add("case_nothing", lambda q, t: q.select(q.case()))
add("case_list", lambda q, t: q.case([(t.people.c.id == 1, 2)]))
add("case_not_pair", lambda q, t: q.case((t.people.c.id == 1,)))
add("func_attribute", lambda q, t: q.func.__nothing__)
add("func_object", lambda q, t: q.select(q.func.abs(object())))
add("join_unrelated", lambda q, t: q.select(t.people).join(t.tags).compile())
add(
    "join_ambiguous",
    lambda q, t: q.select(t.messages).join(t.people).compile(),
)
add("join_table_unrelated", lambda q, t: t.people.join(t.tags))
add("join_table_ambiguous", lambda q, t: t.messages.join(t.people))
add("join_string", lambda q, t: q.select(t.people).join("posts").compile())
add(
    "join_column", lambda q, t: q.select(t.people).join(t.posts.c.id).compile()
)
add(
    "join_nothing_left",
    lambda q, t: q.select(q.literal(1)).join(t.posts).compile(),
)
add("filter_by_unknown", lambda q, t: q.select(t.people).filter_by(zork=1))
add("filter_by_no_from", lambda q, t: q.select(q.literal(1)).filter_by(x=1))
add("subquery_column", lambda q, t: q.select(t.tags).subquery().c.zork)
add("select_has_no_c_column", lambda q, t: q.select(t.tags).c.zork)
add("union_string", lambda q, t: q.union(q.select(t.tags.c.id), "x"))
add("union_table", lambda q, t: q.union(q.select(t.tags), t.tags))
add("insert_string", lambda q, t: q.insert("tags"))
add("insert_class", lambda q, t: q.insert(object))
add("values_mixed", lambda q, t: q.insert(t.tags).values({"id": 1}, id=2))
add("values_two", lambda q, t: q.insert(t.tags).values({"id": 1}, {"id": 2}))
add("update_string", lambda q, t: q.update("tags"))
add(
    "update_multi",
    lambda q, t: q.update(t.tags).values([{"id": 1}, {"id": 2}]),
)
add("update_tuple", lambda q, t: q.update(t.tags).values((1, 2)))
add("delete_select", lambda q, t: q.delete(q.select(t.tags)))
add(
    "from_select_string",
    lambda q, t: q.insert(t.tags).from_select(["id"], "SELECT 1"),
)
add(
    "values_after_from_select",
    lambda q, t: (
        q.insert(t.tags)
        .from_select(["id"], q.select(t.people.c.id))
        .values(id=1)
    ),
)
add(
    "from_select_after_values",
    lambda q, t: (
        q.insert(t.tags)
        .values(id=1)
        .from_select(["id"], q.select(t.people.c.id))
    ),
)
add("text_not_string", lambda q, t: q.text(3))
add("text_unknown_bind", lambda q, t: q.text("SELECT :a").bindparams(b=1))
add(
    "over_rows_and_range",
    lambda q, t: q.func.rank().over(rows=(1, 2), range_=(1, 2)),
)
add("over_rows_not_pair", lambda q, t: q.func.rank().over(rows=(1,)))
add("over_rows_object", lambda q, t: q.func.rank().over(rows=("a", "b")))
add(
    "upsert_no_set",
    lambda q, t: q.sqlite.insert(t.tags).on_conflict_do_update(
        index_elements=["id"]
    ),
)
add(
    "upsert_empty_set",
    lambda q, t: q.sqlite.insert(t.tags).on_conflict_do_update(
        index_elements=["id"], set_={}
    ),
)
add(
    "upsert_set_list",
    lambda q, t: q.sqlite.insert(t.tags).on_conflict_do_update(
        index_elements=["id"], set_=[1]
    ),
)
add("generic_upsert", lambda q, t: q.insert(t.tags).on_conflict_do_nothing())
add("slice_negative", lambda q, t: q.select(t.people).slice(-1))
add(
    "autoescape_none",
    lambda q, t: t.people.c.name.contains(None, autoescape=True),
)
add(
    "autoescape_column",
    lambda q, t: t.people.c.name.contains(t.people.c.nick, autoescape=True),
)
add("distinct_on_string", lambda q, t: q.select(t.tags).distinct(3))
add("correlate_string", lambda q, t: q.select(t.tags).correlate("x"))
add(
    "with_only_list",
    lambda q, t: q.select(t.tags).with_only_columns([t.tags.c.id]),
)
add(
    "tuple_compare_scalar",
    lambda q, t: q.select(t.tags.c.id).where(
        q.tuple_(t.tags.c.id, t.tags.c.label).in_([1, 2])
    ),
)
add("literal_object", lambda q, t: q.select(q.literal(object())))
add("exists_string", lambda q, t: q.exists("x"))
add(
    "recursive_union_of_plain",
    lambda q, t: q.select(t.tags.c.id).subquery().union(q.select(t.tags.c.id)),
)
add("label_without_name", lambda q, t: t.people.c.id.label())
add("column_call", lambda q, t: t.people.c.id())
add("set_column", lambda q, t: setattr(t.people.c, "id", 3))
add("delete_column", lambda q, t: t.people.c.remove(t.people.c.id))

add = bad("compile")
add(
    "delete_using",
    lambda q, t: q.delete(t.people).where(
        t.people.c.id == t.posts.c.author_id
    ),
)
add("unknown_value", lambda q, t: q.insert(t.tags).values(zork=1))
add("unknown_update", lambda q, t: q.update(t.tags).values(zork=1))
add(
    "unknown_upsert_index",
    lambda q, t: (
        q.sqlite.insert(t.tags)
        .values(id=1)
        .on_conflict_do_nothing(index_elements=["zork"])
    ),
)
add(
    "order_by_unknown_name",
    lambda q, t: q.select(t.tags.c.id).order_by("zork zork"),
)
add(
    "group_by_unknown_name",
    lambda q, t: q.select(t.tags.c.id).group_by("zork"),
)
add(
    "desc_unknown_name",
    lambda q, t: q.select(t.tags.c.id).order_by(q.desc("zork")),
)
add(
    "extract_unknown",
    lambda q, t: q.select(q.extract("zork", t.people.c.seen)),
)
add(
    "regexp_replace",
    lambda q, t: q.select(t.people.c.name.regexp_replace("a", "b")),
)
add(
    "missing_bind",
    lambda q, t: q.select(t.tags.c.id).where(t.tags.c.id == q.bindparam("n")),
)
add("missing_text_bind", lambda q, t: q.text("SELECT :n"))
add(
    "bind_name_of_column",
    lambda q, t: (
        q.update(t.tags).where(t.tags.c.id == q.bindparam("id")).values(id=3)
    ),
)
add(
    "union_of_other_width",
    lambda q, t: q.union(
        q.select(t.tags.c.id), q.select(t.tags.c.id, t.tags.c.label)
    ),
)
add(
    "scalar_of_two",
    lambda q, t: q.select(
        q.select(t.tags.c.id, t.tags.c.label).scalar_subquery()
    ),
)
add(
    "no_such_type",
    lambda q, t: q.select(q.cast(t.tags.c.id, q.types.NullType())),
)
add(
    "two_ctes_of_a_name",
    lambda q, t: q.select(
        q.select(t.tags.c.id).cte("c"), q.select(t.moved.c.id).cte("c")
    ),
)
add("lateral", lambda q, t: q.select(q.select(t.tags.c.id).lateral("s")))
add(
    "multi_values_and_parameters",
    lambda q, t: q.insert(t.tags).values([{"id": 7}, {"id": 8}]),
    [{"label": "x"}, {"label": "y"}],
)
add(
    "multi_values_uneven",
    lambda q, t: q.insert(t.people).values(
        [{"name": "a", "age": 1}, {"name": "b"}]
    ),
)
add(
    "executemany_uneven",
    lambda q, t: q.insert(t.people),
    [{"name": "a", "age": 1}, {"name": "b"}],
)
add(
    "select_many",
    lambda q, t: q.select(t.tags.c.id).where(t.tags.c.id == q.bindparam("n")),
    [{"n": 1}, {"n": 2}],
)
add(
    "returning_many_update",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.id == q.bindparam("n"))
        .values(age=1)
        .returning(t.people.c.id)
    ),
    [{"n": 1}, {"n": 2}],
)
add(
    "any",
    lambda q, t: q.select(t.tags.c.id).where(
        t.tags.c.id == q.any_(q.select(t.moved.c.id).scalar_subquery())
    ),
)

add = bad("execute")
add("string", lambda q, t: "SELECT 1")
add("number", lambda q, t: 3)
add("table", lambda q, t: t.people)
add("column", lambda q, t: t.people.c.id)
add("comparison", lambda q, t: t.people.c.id == 1)
add("unique", lambda q, t: q.insert(t.tags).values(label="red"))
add("not_null", lambda q, t: q.insert(t.people).values(age=3))
add("explicit_null", lambda q, t: q.insert(t.people).values(name=None))
add("primary_key", lambda q, t: q.insert(t.people).values(id=1, name="x"))
add(
    "composite_key",
    lambda q, t: q.insert(t.post_tags).values(post_id=1, tag_id=1),
)
add(
    "composite_key_missing",
    lambda q, t: q.insert(t.post_tags).values(post_id=1),
)
add(
    "many_unique",
    lambda q, t: q.insert(t.tags),
    [{"label": "fine"}, {"label": "red"}],
)
add("no_such_table", lambda q, t: q.select(q.table("zork", q.column("a"))))
add(
    "no_such_column",
    lambda q, t: q.select(q.column("zork")).select_from(t.tags),
)
add("no_such_function", lambda q, t: q.select(q.func.zork(1)))
add("syntax", lambda q, t: q.text("SELEKT 1"))
add("two_statements", lambda q, t: q.text("SELECT 1; SELECT 2"))
add(
    "boolean_string",
    lambda q, t: q.insert(t.people).values(name="x", active="yes"),
)
add(
    "boolean_number",
    lambda q, t: q.insert(t.people).values(name="x", active=5),
)
add(
    "date_string",
    lambda q, t: q.insert(t.people).values(name="x", born="2020-01-01"),
)
add(
    "time_string",
    lambda q, t: q.insert(t.people).values(name="x", wakes="12:30"),
)
add(
    "json_object",
    lambda q, t: q.insert(t.people).values(name="x", data=object()),
)
add(
    "uuid_string",
    lambda q, t: q.insert(t.people).values(name="x", token="not a uuid"),
)
add(
    "integer_object",
    lambda q, t: q.insert(t.people).values(name="x", age=object()),
)
add(
    "integer_huge", lambda q, t: q.insert(t.people).values(name="x", age=2**70)
)
add(
    "list_as_value",
    lambda q, t: q.insert(t.people).values(name="x", age=[1, 2]),
)
add(
    "bytes_string",
    lambda q, t: q.insert(t.people).values(name="x", photo="text"),
)
add(
    "column_of_bad_date",
    lambda q, t: q.select(q.type_coerce("not a date", q.Date)),
)
add(
    "column_of_bad_datetime",
    lambda q, t: q.select(q.type_coerce(t.people.c.name, q.DateTime)),
)
add(
    "column_of_number_as_date",
    lambda q, t: q.select(q.cast(t.people.c.seen, q.Date)),
)
add("literal_of_enum", lambda q, t: q.select(q.literal(Color.red)))
add(
    "column_of_bad_json",
    lambda q, t: q.select(q.literal_column("'{'", q.JSON)),
)
add(
    "column_of_bad_enum",
    lambda q, t: q.select(q.literal_column("'mauve'", t.people.c.color.type)),
)
add("computed_written", lambda q, t: q.insert(t.filled).values(doubled=3))
add(
    "default_that_raises",
    lambda q, t: q.insert(
        q.Table(
            "tags",
            q.MetaData(),
            q.Column("id", q.Integer, primary_key=True),
            q.Column("label", q.String, default=lambda: 1 / 0),
        )
    ).values(id=9),
)
add(
    "callable_bind_raises",
    lambda q, t: q.select(q.bindparam("n", callable_=lambda: 1 / 0)),
)
add("positional_parameters", lambda q, t: q.text("SELECT :n"), (1,))
add("parameters_not_mapping", lambda q, t: q.text("SELECT :n"), 3)
