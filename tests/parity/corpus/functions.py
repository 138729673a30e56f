"""Functions: any name, the known ones, filters, table-valued ones."""

from __future__ import annotations

from .case import expressions, facts, statements

add = expressions("func")
add("any_name", lambda q, t: q.func.lower(t.people.c.name))
add("upper_case_name", lambda q, t: q.func.LOWER(t.people.c.name))
add("mixed_case_name", lambda q, t: q.func.GroupThing(1), runs=False)
add("odd_name", lambda q, t: getattr(q.func, "odd name")(1), runs=False)
add("reserved_name", lambda q, t: q.func.select(1), runs=False)
add("package", lambda q, t: q.func.pkg.sub.name(1, 2), runs=False)
add(
    "trailing_underscore", lambda q, t: q.func.max_(t.people.c.age), runs=False
)
add("no_arguments", lambda q, t: q.func.changes())
add("values", lambda q, t: q.func.substr("abcdef", 2, 3))
add("none_value", lambda q, t: q.func.coalesce(None, 3))
add("true_value", lambda q, t: q.func.abs(True))
add("type_keyword", lambda q, t: q.func.lower("X", type_=q.String))
add(
    "type_keyword_class",
    lambda q, t: q.func.date(t.people.c.seen, type_=q.Date),
)
add("type_of_comparison", lambda q, t: q.func.abs(1, type_=q.Integer) + 1)
add("nested", lambda q, t: q.func.upper(q.func.lower(t.people.c.name)))
add("expression", lambda q, t: q.func.abs(t.people.c.age - 50))
add(
    "boolean_expression",
    lambda q, t: q.func.ifnull(t.people.c.age > 26, False),
)
add(
    "or_argument",
    lambda q, t: q.func.abs((t.people.c.id == 1) | (t.people.c.id == 2)),
)
add("summed", lambda q, t: q.func.abs(t.people.c.age) + 1)
add("compared", lambda q, t: q.func.length(t.people.c.name) > 3)
add(
    "subquery_argument",
    lambda q, t: q.func.abs(
        q.select(q.func.max(t.posts.c.id)).scalar_subquery()
    ),
)
add(
    "select_argument",
    lambda q, t: q.func.coalesce(
        q.select(q.func.max(t.posts.c.id)).scalar_subquery(), 0
    ),
)
add("label", lambda q, t: q.func.lower(t.people.c.name).label("low"))
add("concat", lambda q, t: q.func.lower(t.people.c.name) + "x")
add("in_list", lambda q, t: q.func.length(t.people.c.name).in_([3, 5]))
add("cast", lambda q, t: q.func.length(t.people.c.name).cast(q.String))
add("replace", lambda q, t: q.func.replace(t.people.c.name, "n", "%"))
add("date", lambda q, t: q.func.strftime("%Y:%m", t.people.c.seen))
add("negative", lambda q, t: -q.func.abs(t.people.c.age))
add(
    "generic_concat",
    lambda q, t: q.func.concat(t.people.c.name, "x"),
    runs=False,
)
add("char_length", lambda q, t: q.func.char_length(t.people.c.name))
add("coalesce", lambda q, t: q.func.coalesce(t.people.c.nick, t.people.c.name))
add("coalesce_value", lambda q, t: q.func.coalesce(t.people.c.age, 0) + 1)
add("json_extract", lambda q, t: q.func.json_extract(t.people.c.data, "$.a"))
add("random", lambda q, t: q.func.random(), volatile=True)
for name in (
    "now current_timestamp current_date current_time localtimestamp"
    " localtime sysdate".split()
):
    add(
        name,
        lambda q, t, n=name: getattr(q.func, n)(),
        volatile=True,
        runs=name not in {"sysdate", "localtime"},
    )
for name in "current_user session_user user".split():
    add(name, lambda q, t, n=name: getattr(q.func, n)(), runs=False)
add("rollup", lambda q, t: q.func.rollup(t.people.c.id), runs=False)
add(
    "cube", lambda q, t: q.func.cube(t.people.c.id, t.people.c.age), runs=False
)
add(
    "grouping_sets",
    lambda q, t: q.func.grouping_sets(
        q.tuple_(t.people.c.id, t.people.c.age), t.people.c.id
    ),
    runs=False,
)

add = expressions("aggregate")
add("count", lambda q, t: q.func.count(t.people.c.id))
add("count_nothing", lambda q, t: q.func.count(), runs=False)
add("count_distinct", lambda q, t: q.func.count(t.people.c.age.distinct()))
add(
    "count_distinct_function",
    lambda q, t: q.func.count(q.distinct(t.people.c.age)),
)
add("count_one", lambda q, t: q.func.count(1))
add("count_star", lambda q, t: q.func.count("*"))
add("count_text", lambda q, t: q.func.count(q.text("*")))
add("count_literal_column", lambda q, t: q.func.count(q.literal_column("*")))
add("sum", lambda q, t: q.func.sum(t.people.c.age))
add("sum_float", lambda q, t: q.func.sum(t.people.c.height))
add("sum_decimal", lambda q, t: q.func.sum(t.people.c.salary))
add("sum_distinct", lambda q, t: q.func.sum(t.people.c.age.distinct()))
add("avg", lambda q, t: q.func.avg(t.people.c.age))
add("min", lambda q, t: q.func.min(t.people.c.name))
add("max_datetime", lambda q, t: q.func.max(t.people.c.seen))
add("max_date", lambda q, t: q.func.max(t.people.c.born))
add("max_enum", lambda q, t: q.func.max(t.people.c.color))
add("total", lambda q, t: q.func.total(t.people.c.age))
add("of_sum", lambda q, t: q.func.max(t.people.c.age + 1))
add(
    "difference",
    lambda q, t: q.func.max(t.people.c.age) - q.func.min(t.people.c.age),
)
add("group_concat", lambda q, t: q.func.group_concat(t.tags.c.label, "+"))
add(
    "aggregate_strings",
    lambda q, t: q.func.aggregate_strings(t.tags.c.label, ", "),
)
add(
    "filter",
    lambda q, t: q.func.count(t.people.c.id).filter(t.people.c.age > 26),
)
add(
    "filter_two",
    lambda q, t: q.func.sum(t.people.c.age).filter(
        t.people.c.age > 26, t.people.c.id < 4
    ),
)
add(
    "filter_twice",
    lambda q, t: (
        q.func.sum(t.people.c.age)
        .filter(t.people.c.age > 26)
        .filter(t.people.c.id < 4)
    ),
)
add("filter_nothing", lambda q, t: q.func.sum(t.people.c.age).filter())
add(
    "filter_or",
    lambda q, t: q.func.count(t.people.c.id).filter(
        q.or_(t.people.c.age > 70, t.people.c.id == 1)
    ),
)
add(
    "filter_label",
    lambda q, t: (
        q.func.count(t.people.c.id).filter(t.people.c.age > 26).label("many")
    ),
)
add(
    "filter_summed",
    lambda q, t: q.func.count(t.people.c.id).filter(t.people.c.age > 26) + 1,
)
add(
    "funcfilter",
    lambda q, t: q.funcfilter(
        q.func.count(t.people.c.id), t.people.c.age > 26
    ),
)
add(
    "within_group",
    lambda q, t: q.func.percentile_cont(0.5).within_group(
        t.people.c.age.desc()
    ),
    runs=False,
)
add(
    "mode", lambda q, t: q.func.mode().within_group(t.people.c.age), runs=False
)
add("array_agg", lambda q, t: q.func.array_agg(t.people.c.age), runs=False)
add(
    "in_case", lambda q, t: q.func.sum(q.case((t.people.c.active, 1), else_=0))
)

add = statements("func-statement")
add("count_from", lambda q, t: q.select(q.func.count()).select_from(t.people))
add(
    "count_where",
    lambda q, t: (
        q.select(q.func.count())
        .select_from(t.people)
        .where(t.people.c.age > 26)
    ),
)
add(
    "two_counts",
    lambda q, t: q.select(
        q.func.count(t.people.c.id), q.func.count(t.people.c.age)
    ),
)
add(
    "same_function_thrice",
    lambda q, t: q.select(
        q.func.lower("A"), q.func.lower("B"), q.func.lower("C")
    ),
)
add("select_of_function", lambda q, t: q.func.lower("A").select())
add(
    "group_by",
    lambda q, t: q.select(
        t.people.c.age, q.func.count(t.people.c.id)
    ).group_by(t.people.c.age),
)
add(
    "group_by_function",
    lambda q, t: q.select(
        q.func.lower(t.people.c.name), q.func.count()
    ).group_by(q.func.lower(t.people.c.name)),
)
add(
    "order_by_count",
    lambda q, t: (
        q.select(t.people.c.age)
        .group_by(t.people.c.age)
        .order_by(q.func.count().desc(), t.people.c.age)
    ),
)
add(
    "having_count",
    lambda q, t: (
        q.select(t.people.c.age)
        .group_by(t.people.c.age)
        .having(q.func.count() > 1)
    ),
)
add(
    "table_valued",
    lambda q, t: q.select(
        q.func.json_each('["a","b"]').table_valued("key", "value")
    ),
)
add(
    "table_valued_columns",
    lambda q, t: (lambda f: q.select(f.c.value, f.c.key).where(f.c.key > 0))(
        q.func.json_each("[5,6,7]").table_valued("key", "value")
    ),
)
add(
    "table_valued_named",
    lambda q, t: (lambda f: q.select(f.c.value).select_from(f))(
        q.func.json_each("[5,6]").table_valued("value", name="parts")
    ),
)
add(
    "table_valued_typed",
    lambda q, t: (lambda f: q.select(f.c.value + 1))(
        q.func.json_each("[5,6]").table_valued(q.column("value", q.Integer))
    ),
)
add(
    "table_valued_with_table",
    lambda q, t: (
        lambda f: (
            q.select(t.people.c.id, f.c.value)
            .select_from(t.people)
            .join(f, q.true())
            .where(t.people.c.id == 3)
        )
    )(q.func.json_each(t.people.c.data).table_valued("value")),
)
add(
    "column_valued",
    lambda q, t: q.select(q.func.json_each("[1]").column_valued("x")),
    runs=False,
)
add(
    "scalar_table_valued",
    lambda q, t: q.select(q.func.f("[1]").scalar_table_valued("x")),
    runs=False,
)
add(
    "alias",
    lambda q, t: (
        q.select(q.text("*"))
        .select_from(q.func.json_each("[1,2]").alias("j"))
        .with_only_columns(q.literal_column("j.value"))
    ),
)
add(
    "function_as_from",
    lambda q, t: q.select(q.literal_column("value")).select_from(
        q.func.json_each("[1,2]")
    ),
)
add(
    "generate_series",
    lambda q, t: q.select(
        q.func.generate_series(1, 3).table_valued("value").c.value
    ),
    runs=False,
)
add(
    "with_ordinality",
    lambda q, t: q.select(
        q.func.unnest(1).table_valued("v", with_ordinality="n")
    ),
    runs=False,
)

fact = facts("func")
for name in (
    "count sum max min coalesce lower upper length char_length concat now"
    " current_date current_timestamp avg random anything rank percent_rank"
    " cume_dist dense_rank".split()
):
    fact(
        f"type_{name}",
        lambda q, t, n=name: (
            type(getattr(q.func, n)(t.people.c.height).type).__name__
            if not n.startswith(
                (
                    "now",
                    "current",
                    "random",
                    "rank",
                    "percent",
                    "cume",
                    "dense",
                )
            )
            else type(getattr(q.func, n)().type).__name__
        ),
    )
fact("name", lambda q, t: q.func.lower("x").name)
fact("key", lambda q, t: q.func.lower("x").key)
fact("package_names", lambda q, t: q.func.a.b.c("x").packagenames)
fact(
    "keys",
    lambda q, t: list(
        q.select(
            q.func.count(), q.func.count(), q.func.lower("x")
        ).selected_columns.keys()
    ),
)
fact(
    "is_function",
    lambda q, t: isinstance(q.func.zork(1), q.functions.FunctionElement),
)
fact(
    "class_of_count",
    lambda q, t: isinstance(q.func.count(), q.functions.count),
)
