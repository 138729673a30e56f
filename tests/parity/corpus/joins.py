"""Joins and aliases."""

from __future__ import annotations

from .case import facts, statements

add = statements("join")
add(
    "inferred",
    lambda q, t: q.select(t.people.c.name, t.posts.c.title).join(t.posts),
)
add("inferred_reverse", lambda q, t: q.select(t.posts.c.title).join(t.people))
add(
    "from_two_columns",
    lambda q, t: q.select(t.people.c.name, t.posts.c.id).join_from(
        t.people, t.posts
    ),
)
add(
    "onclause",
    lambda q, t: q.select(t.people.c.name).join(
        t.posts, t.posts.c.author_id == t.people.c.id
    ),
)
add(
    "onclause_and",
    lambda q, t: q.select(t.people.c.name).join(
        t.posts,
        q.and_(t.posts.c.author_id == t.people.c.id, t.posts.c.rating > 3),
    ),
)
add(
    "onclause_or",
    lambda q, t: q.select(t.people.c.name).join(
        t.posts,
        q.or_(t.posts.c.author_id == t.people.c.id, t.posts.c.rating > 4),
    ),
)
add(
    "outer",
    lambda q, t: q.select(t.people.c.name, t.posts.c.title).outerjoin(t.posts),
)
add(
    "isouter",
    lambda q, t: q.select(t.people.c.name, t.posts.c.title).join(
        t.posts, isouter=True
    ),
)
add(
    "full",
    lambda q, t: q.select(t.people.c.name, t.posts.c.title).join(
        t.posts, full=True
    ),
)
add(
    "outer_full",
    lambda q, t: q.select(t.people.c.name).outerjoin(
        t.posts, t.posts.c.author_id == t.people.c.id, full=True
    ),
)
add(
    "join_from_onclause",
    lambda q, t: q.select(t.people.c.name).join_from(
        t.people, t.posts, t.people.c.id == t.posts.c.author_id
    ),
)
add(
    "outerjoin_from",
    lambda q, t: q.select(t.people.c.name).outerjoin_from(t.people, t.posts),
)
add(
    "chain",
    lambda q, t: (
        q.select(t.people.c.name, t.tags.c.label)
        .select_from(t.people)
        .join(t.posts)
        .join(t.post_tags)
        .join(t.tags)
    ),
)
add(
    "chain_mixed",
    lambda q, t: (
        q.select(t.people.c.name, t.tags.c.label)
        .select_from(t.people)
        .outerjoin(t.posts)
        .outerjoin(t.post_tags)
        .outerjoin(t.tags, t.tags.c.id == t.post_tags.c.tag_id)
    ),
)
add(
    "where",
    lambda q, t: (
        q.select(t.people.c.name)
        .join(t.posts)
        .where(t.posts.c.rating > 3)
        .order_by(t.posts.c.id)
    ),
)
add(
    "select_from_join",
    lambda q, t: q.select(t.people.c.name).select_from(t.people.join(t.posts)),
)
add(
    "select_from_outerjoin",
    lambda q, t: q.select(t.people.c.name, t.posts.c.id).select_from(
        t.people.outerjoin(t.posts)
    ),
)
add(
    "join_function",
    lambda q, t: q.select(t.people.c.name).select_from(
        q.join(t.people, t.posts, t.people.c.id == t.posts.c.author_id)
    ),
)
add(
    "outerjoin_function",
    lambda q, t: q.select(t.people.c.name).select_from(
        q.outerjoin(t.people, t.posts)
    ),
)
add("select_of_join", lambda q, t: q.select(t.tags.join(t.post_tags)))
add("join_select_method", lambda q, t: t.tags.join(t.post_tags).select())
add(
    "join_in_join",
    lambda q, t: q.select(t.people.c.id).select_from(
        t.people.join(t.posts.join(t.post_tags))
    ),
)
add(
    "join_in_outer_join",
    lambda q, t: q.select(t.people.c.id, t.post_tags.c.tag_id).select_from(
        t.people.outerjoin(
            t.posts.join(t.post_tags), t.people.c.id == t.posts.c.author_id
        )
    ),
)
add(
    "two_foreign_keys",
    lambda q, t: q.select(t.messages.c.body).join(
        t.people, t.messages.c.sender_id == t.people.c.id
    ),
)
add(
    "composite",
    lambda q, t: q.select(t.scores.c.points, t.people.c.name).join_from(
        t.scores, t.people
    ),
)
add(
    "cross_where",
    lambda q, t: q.select(t.tags.c.id, t.moved.c.id).where(
        t.tags.c.id == t.moved.c.id
    ),
)
add(
    "on_true",
    lambda q, t: q.select(t.tags.c.id, t.moved.c.id).join(t.moved, q.true()),
)
add(
    "on_text",
    lambda q, t: q.select(t.people.c.name).join(
        t.posts, q.text("posts.author_id = people.id")
    ),
)
add(
    "odd_table",
    lambda q, t: q.select(t.odd.c["Mixed Case"]).join(
        t.tags, t.tags.c.id == t.odd.c["select"]
    ),
)
add(
    "schema_table",
    lambda q, t: q.select(t.tags.c.label, t.moved.c.what).join(
        t.moved, t.moved.c.id == t.tags.c.id
    ),
)
add(
    "then_more_columns",
    lambda q, t: (
        q.select(t.people.c.name)
        .join(t.posts)
        .add_columns(t.posts.c.title, t.posts.c.id)
    ),
)
add(
    "with_only_columns",
    lambda q, t: (
        q.select(t.people.c.name)
        .join(t.posts)
        .with_only_columns(q.func.count(t.posts.c.id))
    ),
)
add(
    "limit",
    lambda q, t: (
        q.select(t.people.c.name)
        .join(t.posts)
        .order_by(t.posts.c.id.desc())
        .limit(2)
    ),
)

add = statements("alias")
add(
    "anonymous",
    lambda q, t: (lambda a: q.select(a.c.id, a.c.name))(t.people.alias()),
)
add("whole", lambda q, t: q.select(t.tags.alias()))
add(
    "named",
    lambda q, t: (lambda a: q.select(a.c.id).where(a.c.name == "Ann"))(
        t.people.alias("p")
    ),
)
add(
    "odd_name",
    lambda q, t: (lambda a: q.select(a.c.id))(t.tags.alias("My Alias")),
)
add(
    "function", lambda q, t: (lambda a: q.select(a.c.id))(q.alias(t.tags, "x"))
)
add(
    "two",
    lambda q, t: (
        lambda a, b: q.select(a.c.id, b.c.id).where(a.c.id == b.c.boss_id)
    )(t.people.alias(), t.people.alias()),
)
add(
    "order_of_numbers",
    lambda q, t: (lambda a, b: q.select(b.c.id).where(a.c.id == b.c.boss_id))(
        t.people.alias(), t.people.alias()
    ),
)
add(
    "numbers_per_name",
    lambda q, t: (
        lambda a, b, c: q.select(a.c.id, b.c.id, c.c.id).where(
            a.c.id == b.c.id, c.c.id == 1
        )
    )(t.people.alias(), t.tags.alias(), t.tags.alias()),
)
add(
    "with_table",
    lambda q, t: (
        lambda boss: q.select(t.people.c.name, boss.c.name).join(
            boss, boss.c.id == t.people.c.boss_id
        )
    )(t.people.alias("boss")),
)
add(
    "self_outer",
    lambda q, t: (
        lambda boss: (
            q.select(t.people.c.name, boss.c.name.label("boss"))
            .outerjoin(boss, boss.c.id == t.people.c.boss_id)
            .order_by(t.people.c.id)
        )
    )(t.people.alias()),
)
add(
    "join_inferred",
    lambda q, t: (lambda p: q.select(p.c.title).join_from(t.people, p))(
        t.posts.alias()
    ),
)
add(
    "odd_table",
    lambda q, t: (
        lambda a: q.select(a.c["select"], a.c.renamed).where(a.c["%pct"] == 3)
    )(t.odd.alias()),
)
add(
    "schema_table",
    lambda q, t: (lambda a: q.select(a.c.what))(t.moved.alias()),
)
add(
    "of_alias",
    lambda q, t: (lambda a: q.select(a.c.id))(t.tags.alias("a").alias("b")),
)
add(
    "same_name_twice",
    lambda q, t: (lambda a, b: q.select(a.c.id, b.c.id))(
        t.tags.alias("x"), t.moved.alias("x")
    ),
    runs=False,
)
add(
    "tablesample",
    lambda q, t: q.select(t.tags.tablesample(10, name="s").c.id),
    runs=False,
)
add(
    "binds",
    lambda q, t: (
        lambda a: q.select(a.c.id).where(
            a.c.id > 1, t.people.c.id > 2, a.c.boss_id == t.people.c.id
        )
    )(t.people.alias()),
)

fact = facts("join")
fact("columns", lambda q, t: list(t.tags.join(t.post_tags).c.keys()))
fact("text", lambda q, t: str(t.tags.join(t.post_tags)))
fact("outer_text", lambda q, t: str(t.tags.outerjoin(t.post_tags)))
fact("onclause", lambda q, t: str(t.tags.join(t.post_tags).onclause))
fact(
    "sides",
    lambda q, t: (lambda j: (j.left.name, j.right.name, j.isouter, j.full))(
        t.tags.join(t.post_tags)
    ),
)
fact("alias_columns", lambda q, t: t.tags.alias("x").c.keys())
fact("alias_name", lambda q, t: t.tags.alias("x").name)
fact("alias_text", lambda q, t: str(t.tags.alias("x").c.id))
fact("alias_element", lambda q, t: t.tags.alias("x").element is t.tags)
fact(
    "corresponding",
    lambda q, t: str(t.tags.alias("x").corresponding_column(t.tags.c.id)),
)
