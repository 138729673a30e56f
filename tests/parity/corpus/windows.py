"""Window functions."""

from __future__ import annotations

from .case import expressions, statements

add = expressions("over")
add("empty", lambda q, t: q.func.row_number().over())
add("order", lambda q, t: q.func.row_number().over(order_by=t.people.c.age))
add(
    "order_desc",
    lambda q, t: q.func.rank().over(order_by=t.people.c.age.desc()),
)
add(
    "order_two",
    lambda q, t: q.func.rank().over(
        order_by=[t.people.c.age.desc().nulls_last(), t.people.c.id]
    ),
)
add(
    "order_text_name",
    lambda q, t: q.func.rank().over(order_by=q.text("age")),
    runs=False,
)
add(
    "partition",
    lambda q, t: q.func.count(t.people.c.id).over(partition_by=t.people.c.age),
)
add(
    "partition_two",
    lambda q, t: q.func.count(t.people.c.id).over(
        partition_by=[t.people.c.age, t.people.c.active]
    ),
)
add(
    "both",
    lambda q, t: q.func.sum(t.scores.c.points).over(
        partition_by=t.scores.c.game, order_by=t.scores.c.person_id
    ),
)
for name, bounds in {
    "unbounded": (None, None),
    "to_current": (None, 0),
    "from_current": (0, None),
    "around": (-1, 1),
    "before": (-2, -1),
    "after": (1, 2),
    "current": (0, 0),
}.items():
    for kind in ("rows", "range_", "groups"):
        add(
            f"{kind.strip('_')}_{name}",
            lambda q, t, k=kind, b=bounds: q.func.sum(t.people.c.id).over(
                order_by=t.people.c.id, **{k: b}
            ),
        )
add(
    "expression",
    lambda q, t: (
        q.func.sum(t.people.c.age + 1).over(order_by=t.people.c.id) * 2
    ),
)
add(
    "order_by_expression",
    lambda q, t: q.func.rank().over(order_by=-t.people.c.id),
)
add(
    "label",
    lambda q, t: q.func.rank().over(order_by=t.people.c.id).label("place"),
)
add(
    "filter",
    lambda q, t: (
        q.func.count(t.people.c.id)
        .filter(t.people.c.age > 26)
        .over(order_by=t.people.c.id)
    ),
)
add("standalone", lambda q, t: q.over(q.func.rank(), order_by=t.people.c.id))
add(
    "lag",
    lambda q, t: q.func.lag(t.people.c.name).over(order_by=t.people.c.id),
)
add(
    "lead_default",
    lambda q, t: q.func.lead(t.people.c.id, 2, -1).over(
        order_by=t.people.c.id
    ),
)
add(
    "first_value",
    lambda q, t: q.func.first_value(t.people.c.name).over(
        partition_by=t.people.c.age, order_by=t.people.c.id
    ),
)
add("ntile", lambda q, t: q.func.ntile(2).over(order_by=t.people.c.id))
add(
    "percent_rank",
    lambda q, t: q.func.percent_rank().over(order_by=t.people.c.id),
)
add("cume_dist", lambda q, t: q.func.cume_dist().over(order_by=t.people.c.id))
add(
    "dense_rank",
    lambda q, t: q.func.dense_rank().over(order_by=t.people.c.age),
)
add("compared", lambda q, t: q.func.rank().over(order_by=t.people.c.id) > 2)
add(
    "within_group",
    lambda q, t: (
        q.func.mode()
        .within_group(t.people.c.id)
        .over(partition_by=t.people.c.age)
    ),
    runs=False,
)

add = statements("window")
add(
    "in_subquery",
    lambda q, t: (lambda s: q.select(s.c.name).where(s.c.place <= 2))(
        q.select(
            t.people.c.name,
            q.func.row_number()
            .over(order_by=t.people.c.id.desc())
            .label("place"),
        ).subquery()
    ),
)
add(
    "order_by_label",
    lambda q, t: q.select(
        t.people.c.id,
        q.func.row_number().over(order_by=t.people.c.name).label("place"),
    ).order_by("place"),
)
add(
    "two_windows",
    lambda q, t: q.select(
        q.func.row_number().over(order_by=t.people.c.id),
        q.func.rank().over(order_by=t.people.c.age),
    ),
)
add(
    "over_aggregate",
    lambda q, t: q.select(
        t.people.c.age,
        q.func.sum(q.func.count(t.people.c.id)).over(order_by=t.people.c.age),
    ).group_by(t.people.c.age),
)
