"""Unions and their like."""

from __future__ import annotations

from .case import facts, statements

add = statements("compound")
for name in "union union_all intersect except_".split():
    add(
        name,
        lambda q, t, n=name: getattr(q, n)(
            q.select(t.tags.c.id), q.select(t.people.c.id)
        ),
    )
    add(
        f"{name}_method",
        lambda q, t, n=name: getattr(q.select(t.people.c.id), n)(
            q.select(t.tags.c.id)
        ),
    )
    add(
        f"{name}_where_order_limit",
        lambda q, t, n=name: (
            getattr(q, n)(
                q.select(t.people.c.id, t.people.c.name).where(
                    t.people.c.id > 1
                ),
                q.select(t.tags.c.id, t.tags.c.label).where(t.tags.c.id > 0),
            )
            .order_by(q.desc("id"))
            .limit(3)
            .offset(1)
        ),
    )
add(
    "three",
    lambda q, t: q.union(
        q.select(t.tags.c.id), q.select(t.people.c.id), q.select(t.posts.c.id)
    ),
)
add(
    "method_many",
    lambda q, t: q.select(t.tags.c.id).union(
        q.select(t.people.c.id), q.select(t.posts.c.id)
    ),
)
add(
    "nested",
    lambda q, t: q.union(
        q.select(t.tags.c.id),
        q.union_all(q.select(t.people.c.id), q.select(t.posts.c.id)),
    ),
    runs=False,
)
add(
    "nested_subquery",
    lambda q, t: q.union(
        q.select(t.tags.c.id),
        q.select(
            q.union_all(q.select(t.people.c.id), q.select(t.posts.c.id))
            .subquery()
            .c.id
        ),
    ),
)
add(
    "nested_select",
    lambda q, t: q.except_(
        q.select(t.people.c.id),
        q.intersect(q.select(t.people.c.id), q.select(t.tags.c.id))
        .subquery()
        .select(),
    ),
)
add(
    "limited_parts",
    lambda q, t: q.union(
        q.select(t.tags.c.id).limit(1), q.select(t.people.c.id).limit(2)
    ),
    runs=False,
)
add(
    "ordered_part",
    lambda q, t: q.union(
        q.select(t.tags.c.id).order_by(t.tags.c.id), q.select(t.people.c.id)
    ),
    runs=False,
)
add(
    "limited_subqueries",
    lambda q, t: q.union_all(
        q.select(t.tags.c.id).limit(1).subquery().select(),
        q.select(t.people.c.id).limit(2).subquery().select(),
    ),
)
add(
    "order_by_column",
    lambda q, t: q.union(
        q.select(t.tags.c.id), q.select(t.people.c.id)
    ).order_by(t.tags.c.id),
)
add(
    "order_by_name",
    lambda q, t: q.union(
        q.select(t.tags.c.id.label("n")), q.select(t.people.c.id)
    ).order_by("n"),
)
add(
    "order_by_selected",
    lambda q, t: (lambda u: u.order_by(u.selected_columns.id.desc()))(
        q.union(q.select(t.tags.c.id), q.select(t.people.c.id))
    ),
)
add(
    "limit",
    lambda q, t: q.union_all(
        q.select(t.tags.c.id), q.select(t.people.c.id)
    ).limit(2),
)
add(
    "offset",
    lambda q, t: q.union_all(
        q.select(t.tags.c.id), q.select(t.people.c.id)
    ).offset(2),
)
add(
    "group_by",
    lambda q, t: q.union_all(
        q.select(t.people.c.age, q.func.count()).group_by(t.people.c.age),
        q.select(t.tags.c.id, q.literal(0)),
    ),
)
add(
    "subquery",
    lambda q, t: (lambda u: q.select(u.c.id).where(u.c.id > 1))(
        q.union(q.select(t.tags.c.id), q.select(t.people.c.id)).subquery()
    ),
)
add(
    "alias",
    lambda q, t: (lambda u: q.select(q.func.sum(u.c.id)))(
        q.union(q.select(t.tags.c.id), q.select(t.people.c.id)).alias("u")
    ),
)
add(
    "in_list",
    lambda q, t: q.select(t.people.c.id).where(
        t.people.c.id.in_(
            q.union(q.select(t.tags.c.id), q.select(t.posts.c.id))
        )
    ),
)
add(
    "scalar",
    lambda q, t: q.select(
        q.union(
            q.select(t.moved.c.id), q.select(t.moved.c.id)
        ).scalar_subquery()
    ),
)
add(
    "exists",
    lambda q, t: q.select(
        q.exists(
            q.union(q.select(t.moved.c.id), q.select(t.tags.c.id))
            .subquery()
            .select()
        )
    ),
)
add(
    "same_binds",
    lambda q, t: q.union(
        q.select(t.tags.c.id).where(t.tags.c.id == 1),
        q.select(t.tags.c.id).where(t.tags.c.id == 2),
    ),
)
add(
    "literals",
    lambda q, t: q.union_all(
        q.select(q.literal(1).label("n"), q.literal("a").label("s")),
        q.select(q.literal(2), q.literal("b")),
    ),
)
add(
    "expressions",
    lambda q, t: q.union_all(
        q.select(t.tags.c.id + 1), q.select(t.tags.c.id + 2)
    ),
)
add(
    "duplicate_names",
    lambda q, t: q.union(
        q.select(t.tags.c.id, t.moved.c.id), q.select(t.tags.c.id, t.tags.c.id)
    ),
)
add(
    "types_of_first",
    lambda q, t: q.union_all(
        q.select(t.people.c.born), q.select(t.people.c.born)
    ),
)
add(
    "text",
    lambda q, t: q.union(
        q.select(t.tags.c.id), q.text("SELECT 77").columns(q.column("id"))
    ),
)
add(
    "of_text_columns",
    lambda q, t: q.union_all(
        q.select(q.literal_column("1").label("x")),
        q.select(q.literal_column("2")),
    ).order_by(q.desc("x")),
)
add("one", lambda q, t: q.union(q.select(t.tags.c.id)))
add(
    "for_update",
    lambda q, t: q.union(
        q.select(t.tags.c.id), q.select(t.people.c.id)
    ).with_for_update(),
)

fact = facts("compound")
fact(
    "keys",
    lambda q, t: q.union(
        q.select(t.tags), q.select(t.moved)
    ).selected_columns.keys(),
)
fact(
    "subquery_keys",
    lambda q, t: (
        q.union(q.select(t.tags), q.select(t.moved)).subquery().c.keys()
    ),
)
fact(
    "class",
    lambda q, t: isinstance(
        q.union(q.select(t.tags), q.select(t.moved)), q.CompoundSelect
    ),
)
fact(
    "selects",
    lambda q, t: len(q.union(q.select(t.tags), q.select(t.moved)).selects),
)
