"""Subqueries: in FROM, scalar, EXISTS, correlated, CTEs."""

from __future__ import annotations

from functools import reduce

from .case import expressions, facts, statements

add = statements("subquery")
add(
    "anonymous",
    lambda q, t: (lambda s: q.select(s.c.id).where(s.c.name != "Ann"))(
        q.select(t.people.c.id, t.people.c.name).subquery()
    ),
)
add(
    "named",
    lambda q, t: (lambda s: q.select(s))(q.select(t.tags).subquery("s")),
)
add(
    "alias_method",
    lambda q, t: q.select(q.select(t.tags.c.id).alias("s").c.id),
)
add(
    "alias_of_subquery",
    lambda q, t: (lambda s: q.select(s.c.id))(
        q.select(t.tags.c.id).subquery().alias("again")
    ),
)
add(
    "two",
    lambda q, t: (
        lambda a, b: q.select(a.c.id, b.c.id).where(a.c.id == b.c.id)
    )(q.select(t.tags).subquery(), q.select(t.moved).subquery()),
)
add(
    "nested",
    lambda q, t: (lambda a: q.select(a.c.id))(
        q.select(q.select(t.tags.c.id).subquery()).subquery()
    ),
)
add(
    "duplicate_keys",
    lambda q, t: q.select(q.select(t.tags, t.moved).subquery()),
)
add(
    "duplicate_key_used",
    lambda q, t: (lambda s: q.select(s.c.id_1, s.c.id))(
        q.select(t.tags, t.moved).subquery()
    ),
)
add(
    "thrice",
    lambda q, t: q.select(
        q.select(t.tags.c.id, t.moved.c.id, t.people.c.id).subquery("s")
    ),
)
add(
    "expression_labelled",
    lambda q, t: (lambda s: q.select(s.c.n + 1))(
        q.select((t.tags.c.id * 2).label("n")).subquery()
    ),
)
add(
    "anonymous_expression",
    lambda q, t: q.select(
        q.select(t.tags.c.id * 2, t.tags.c.id + 1).subquery()
    ),
)
add(
    "function",
    lambda q, t: (lambda s: q.select(s.c.max))(
        q.select(q.func.max(t.tags.c.id)).subquery()
    ),
)
add(
    "types_pass",
    lambda q, t: (
        lambda s: q.select(s.c.born, s.c.salary, s.c.data, s.c.active)
    )(q.select(t.people).subquery()),
)
add(
    "join",
    lambda q, t: (
        lambda s: q.select(t.people.c.name, s.c.n).join(
            s, s.c.author_id == t.people.c.id
        )
    )(
        q.select(t.posts.c.author_id, q.func.count().label("n"))
        .group_by(t.posts.c.author_id)
        .subquery()
    ),
)
add(
    "join_inferred",
    lambda q, t: (lambda s: q.select(t.people.c.name, s.c.title).join(s))(
        q.select(t.posts).where(t.posts.c.rating > 3).subquery()
    ),
)
add(
    "limit_inside",
    lambda q, t: (lambda s: q.select(s.c.id).where(s.c.id > 1).limit(3))(
        q.select(t.people.c.id).order_by(t.people.c.id).limit(4).subquery()
    ),
)
add(
    "binds_inside_and_outside",
    lambda q, t: (lambda s: q.select(s.c.id).where(s.c.id < 5))(
        q.select(t.people.c.id).where(t.people.c.id > 1).subquery()
    ),
)
add(
    "odd_names",
    lambda q, t: (
        lambda s: q.select(s.c["select"], s.c["Mixed Case"], s.c.renamed)
    )(q.select(t.odd).subquery("Odd Sub")),
)
add(
    "tablename_labels",
    lambda q, t: q.select(
        q.select(t.tags, t.moved)
        .set_label_style(q.LABEL_STYLE_TABLENAME_PLUS_COL)
        .subquery()
    ),
)
add(
    "corresponding",
    lambda q, t: (lambda s: q.select(s.corresponding_column(t.tags.c.label)))(
        q.select(t.tags).subquery()
    ),
)
add(
    "count_of",
    lambda q, t: q.select(q.func.count()).select_from(
        q.select(t.people.c.age).distinct().subquery()
    ),
)
add(
    "lateral",
    lambda q, t: (
        lambda s: (
            q.select(t.people.c.id, s.c.id)
            .select_from(t.people)
            .join(s, q.true())
        )
    )(
        q.select(t.posts.c.id)
        .where(t.posts.c.author_id == t.people.c.id)
        .lateral()
    ),
    runs=False,
)
add(
    "values",
    lambda q, t: q.select(
        q.values(
            q.column("a", q.Integer), q.column("b", q.String), name="v"
        ).data([(1, "x"), (2, "y")])
    ),
    runs=False,
)
add(
    "values_literal",
    lambda q, t: q.select(
        q.values(q.column("a", q.Integer), name="v", literal_binds=True).data(
            [(1,), (2,)]
        )
    ),
    runs=False,
)
add(
    "values_cte",
    lambda q, t: q.select(
        q.values(q.column("a", q.Integer), q.column("b", q.String), name="v")
        .data([(1, "x"), (2, "y")])
        .cte("c")
    ),
)

add = statements("scalar")
add(
    "column",
    lambda q, t: q.select(
        t.tags.c.id, q.select(q.func.count(t.people.c.id)).scalar_subquery()
    ),
)
add(
    "labelled",
    lambda q, t: q.select(
        q.select(q.func.max(t.people.c.age)).scalar_subquery().label("oldest")
    ),
)
add(
    "correlated",
    lambda q, t: q.select(
        t.people.c.id,
        q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .scalar_subquery(),
    ),
)
add(
    "label_method",
    lambda q, t: q.select(
        t.people.c.id,
        q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .label("posts"),
    ),
)
add(
    "where",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.age
        == q.select(q.func.max(t.people.alias("p").c.age)).scalar_subquery()
    ),
)
add(
    "where_bare_select",
    lambda q, t: q.select(t.tags.c.id).where(
        t.tags.c.id == q.select(q.func.max(t.moved.c.id)).scalar_subquery()
    ),
)
add(
    "order_by",
    lambda q, t: q.select(t.people.c.id).order_by(
        q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .scalar_subquery()
        .desc(),
        t.people.c.id,
    ),
)
add(
    "arithmetic",
    lambda q, t: q.select(
        q.select(q.func.max(t.people.c.age)).scalar_subquery() + 1
    ),
)
add(
    "in_list",
    lambda q, t: q.select(t.tags.c.id).where(
        t.tags.c.id.in_([q.select(q.func.min(t.moved.c.id)).scalar_subquery()])
    ),
)
add(
    "compared_left",
    lambda q, t: q.select(t.tags.c.id).where(
        q.select(q.func.max(t.moved.c.id)).scalar_subquery() < t.tags.c.id
    ),
)
add(
    "correlate",
    lambda q, t: q.select(t.people.c.id).where(
        q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .correlate(t.people)
        .scalar_subquery()
        > 1
    ),
)
add(
    "correlate_none",
    lambda q, t: q.select(t.people.c.id).where(
        q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .correlate(None)
        .scalar_subquery()
        > 1
    ),
)
add(
    "correlate_except",
    lambda q, t: q.select(t.people.c.id).where(
        q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .correlate_except(t.posts)
        .scalar_subquery()
        > 1
    ),
)
add(
    "correlate_except_none",
    lambda q, t: q.select(t.people.c.id).where(
        q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .correlate_except(None)
        .scalar_subquery()
        > 1
    ),
)
add(
    "not_all_correlated",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id
        == q.select(q.func.max(t.people.c.id))
        .where(t.people.c.age > 3)
        .correlate(None)
        .scalar_subquery()
    ),
)
add(
    "correlate_own_table",
    lambda q, t: q.select(t.tags.c.id).where(
        q.select(t.tags.c.id).correlate(t.tags).scalar_subquery() == 1
    ),
)
add(
    "two_levels",
    lambda q, t: q.select(t.people.c.id).where(
        q.exists().where(
            t.posts.c.author_id == t.people.c.id,
            q.exists().where(t.post_tags.c.post_id == t.posts.c.id),
        )
    ),
)
add(
    "limit_one",
    lambda q, t: q.select(
        t.people.c.id,
        q.select(t.posts.c.title)
        .where(t.posts.c.author_id == t.people.c.id)
        .order_by(t.posts.c.rating.desc())
        .limit(1)
        .scalar_subquery()
        .label("best"),
    ),
)

add = expressions("exists")
add(
    "negated_in_case",
    lambda q, t: q.case((~q.exists(q.select(t.tags)), 1), else_=2),
)
for number in range(4):
    add(
        f"negated_{number}_times",
        lambda q, t, number=number: reduce(
            lambda made, _: ~made, range(number), q.exists(q.select(t.tags))
        ),
    )
add(
    "select",
    lambda q, t: q.exists(q.select(t.posts.c.id).where(t.posts.c.id == 1)),
)
add(
    "method",
    lambda q, t: q.select(t.posts.c.id).where(t.posts.c.id == 99).exists(),
)
add("negated", lambda q, t: ~q.select(t.posts.c.id).exists())
add("column", lambda q, t: q.exists(t.posts.c.id))
add("select_from", lambda q, t: q.exists().select_from(t.posts))
add("literal", lambda q, t: q.exists(q.literal(1)))
add(
    "and",
    lambda q, t: q.and_(
        q.exists(q.select(t.posts.c.id)), q.exists(q.select(t.tags.c.id))
    ),
)
add("label", lambda q, t: q.exists(q.select(t.tags.c.id)).label("any"))

add = statements("exists")
add(
    "where",
    lambda q, t: q.select(t.people.c.id).where(
        q.exists().where(t.posts.c.author_id == t.people.c.id)
    ),
)
add(
    "not_where",
    lambda q, t: q.select(t.people.c.id).where(
        ~q.exists().where(t.posts.c.author_id == t.people.c.id)
    ),
)
add(
    "method_where",
    lambda q, t: q.select(t.people.c.id).where(
        q.select(t.posts.c.id)
        .where(t.posts.c.author_id == t.people.c.id)
        .exists()
    ),
)
add("exists_select", lambda q, t: q.exists(q.select(t.posts.c.id)).select())
add(
    "correlate",
    lambda q, t: q.select(t.people.c.id).where(
        q.exists(t.posts.c.id)
        .where(t.posts.c.author_id == t.people.c.id)
        .correlate(t.people)
    ),
)
add(
    "correlate_except",
    lambda q, t: q.select(t.people.c.id).where(
        q.select(t.posts.c.id)
        .where(t.posts.c.author_id == t.people.c.id)
        .exists()
        .correlate_except(t.posts)
    ),
)
add(
    "select_where",
    lambda q, t: q.select(q.exists().where(t.posts.c.rating > 4)),
)

add = statements("cte")
add(
    "plain",
    lambda q, t: (lambda c: q.select(c.c.id))(q.select(t.tags.c.id).cte("c")),
)
add(
    "anonymous",
    lambda q, t: (lambda c: q.select(c.c.id))(q.select(t.tags.c.id).cte()),
)
add(
    "two",
    lambda q, t: (
        lambda a, b: q.select(a.c.id, b.c.what).where(a.c.id == b.c.id)
    )(q.select(t.tags).cte("a"), q.select(t.moved).cte("b")),
)
add(
    "of_cte",
    lambda q, t: (
        lambda a: (lambda b: q.select(b.c.id))(
            q.select(a.c.id).where(a.c.id > 1).cte("b")
        )
    )(q.select(t.tags).cte("a")),
)
add(
    "used_twice",
    lambda q, t: (lambda a: q.select(a.c.id, a.alias("z").c.label))(
        q.select(t.tags).cte("a")
    ),
)
add(
    "alias_anonymous",
    lambda q, t: (
        lambda a: (
            lambda b: q.select(a.c.id, b.c.id).join(b, a.c.id < b.c.id)
        )(a.alias())
    )(q.select(t.tags).cte("a")),
)
add(
    "in_subquery",
    lambda q, t: (
        lambda a: q.select(t.people.c.id).where(
            t.people.c.id.in_(q.select(a.c.id))
        )
    )(q.select(t.tags.c.id).cte("a")),
)
add(
    "nesting",
    lambda q, t: (lambda a: q.select(q.select(a.c.id).subquery().c.id))(
        q.select(t.tags.c.id).cte("a", nesting=True)
    ),
)
add(
    "nested_in_cte",
    lambda q, t: q.select(
        q.select(q.select(t.tags.c.id).cte("inside", nesting=True)).cte(
            "outside"
        )
    ),
)
add(
    "binds",
    lambda q, t: (lambda a: q.select(a.c.id).where(a.c.id < 2))(
        q.select(t.tags).where(t.tags.c.id > 0).cte("a")
    ),
)
add(
    "numbers",
    lambda q, t: (
        lambda c: q.select(c.union_all(q.select(c.c.n + 1).where(c.c.n < 5)))
    )(q.select(q.literal(1).label("n")).cte("c", recursive=True)),
)
add(
    "recursive_union",
    lambda q, t: (
        lambda c: (lambda r: q.select(r.c.n).order_by(r.c.n.desc()))(
            c.union(q.select(c.c.n % 3 + 1))
        )
    )(q.select(q.literal(1).label("n")).cte("c", recursive=True)),
)
add(
    "tree",
    lambda q, t: (
        lambda top: (lambda tree: q.select(tree.c.name, tree.c.depth))(
            top.union_all(
                q.select(t.people.c.id, t.people.c.name, top.c.depth + 1).join(
                    top, top.c.id == t.people.c.boss_id
                )
            )
        )
    )(
        q.select(t.people.c.id, t.people.c.name, q.literal(0).label("depth"))
        .where(t.people.c.boss_id.is_(None))
        .cte("tree", recursive=True)
    ),
)
add(
    "tree_aliased",
    lambda q, t: (
        lambda top: (
            lambda p: q.select(
                top.union_all(
                    q.select(t.people.c.id).where(t.people.c.boss_id == p.c.id)
                )
            )
        )(top.alias("parent"))
    )(
        q.select(t.people.c.id)
        .where(t.people.c.id == 1)
        .cte("tree", recursive=True)
    ),
)
add("odd_name", lambda q, t: q.select(q.select(t.odd).cte("Odd Cte")))
add(
    "add_cte",
    lambda q, t: q.select(t.tags.c.id).add_cte(
        q.select(t.moved.c.id).cte("unused")
    ),
)
add(
    "materialized",
    lambda q, t: q.select(
        q.select(t.tags.c.id).cte("m").prefix_with("NOT MATERIALIZED")
    ),
    runs=False,
)
add(
    "in_union",
    lambda q, t: (
        lambda a: q.union_all(q.select(a.c.id), q.select(a.c.id + 1))
    )(q.select(t.tags.c.id).cte("a")),
)
add(
    "of_union",
    lambda q, t: q.select(
        q.union(q.select(t.tags.c.id), q.select(t.people.c.id)).cte("u")
    ),
)
add(
    "in_scalar",
    lambda q, t: (
        lambda a: q.select(q.select(q.func.max(a.c.id)).scalar_subquery())
    )(q.select(t.tags.c.id).cte("a")),
)
add(
    "duplicate_keys", lambda q, t: q.select(q.select(t.tags, t.moved).cte("d"))
)
add(
    "anonymous_two",
    lambda q, t: (
        lambda a, b: q.select(a.c.id, b.c.id).where(a.c.id == b.c.id)
    )(q.select(t.tags.c.id).cte(), q.select(t.moved.c.id).cte()),
)

fact = facts("subquery")
fact("keys", lambda q, t: q.select(t.tags, t.moved).subquery().c.keys())
fact("names", lambda q, t: [c.name for c in q.select(t.odd).subquery().c])
fact("key_of_renamed", lambda q, t: "renamed" in q.select(t.odd).subquery().c)
fact(
    "primary_key",
    lambda q, t: [c.name for c in q.select(t.tags).subquery().primary_key],
)
fact(
    "foreign_keys",
    lambda q, t: sorted(
        f.target_fullname for f in q.select(t.posts).subquery().foreign_keys
    ),
)
fact("text", lambda q, t: str(q.select(t.tags.c.id).subquery("s")))
fact("column_text", lambda q, t: str(q.select(t.tags).subquery("s").c.label))
fact("cte_name", lambda q, t: q.select(t.tags).cte("c").name)
fact("cte_text", lambda q, t: str(q.select(t.tags.c.id).cte("c")))
fact(
    "scalar_type",
    lambda q, t: (
        type(q.select(t.people.c.born).scalar_subquery().type).__name__
    ),
)
fact(
    "types",
    lambda q, t: [
        type(c.type).__name__ for c in q.select(t.people).subquery().c
    ],
)
fact(
    "selected_column_is_own",
    lambda q, t: q.select(t.tags).selected_columns.label is t.tags.c.label,
)
