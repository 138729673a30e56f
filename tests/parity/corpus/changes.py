"""UPDATE and DELETE: values, criteria, RETURNING."""

from __future__ import annotations

from .case import statements

add = statements("update")
add("all_rows", lambda q, t: q.update(t.tags).values(label=q.null()))
add(
    "where",
    lambda q, t: (
        q.update(t.people).where(t.people.c.id == 1).values(name="Changed")
    ),
)
add(
    "method",
    lambda q, t: t.people.update().where(t.people.c.id == 1).values(age=5),
)
add(
    "dictionary",
    lambda q, t: (
        q.update(t.people)
        .values({"name": "x", "age": 3})
        .where(t.people.c.id > 3)
    ),
)
add(
    "columns_as_keys",
    lambda q, t: (
        q.update(t.people)
        .values({t.people.c.name: "x"})
        .where(t.people.c.id == 2)
    ),
)
add(
    "two_where",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.id > 1, t.people.c.age > 26)
        .values(age=1)
    ),
)
add(
    "where_chained",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.id > 1)
        .where(t.people.c.age > 26)
        .values(age=1)
    ),
)
add(
    "expression",
    lambda q, t: q.update(t.people).values(age=t.people.c.age + 1),
)
add(
    "several_expressions",
    lambda q, t: q.update(t.people).values(
        age=t.people.c.id * 2, name=t.people.c.name + "!"
    ),
)
add(
    "same_column_in_where",
    lambda q, t: (
        q.update(t.people).where(t.people.c.name == "Ann").values(name="Anna")
    ),
)
add("none", lambda q, t: q.update(t.people).values(age=None))
add(
    "case",
    lambda q, t: q.update(t.people).values(
        age=q.case((t.people.c.id > 2, 1), else_=2)
    ),
)
add(
    "parameters",
    lambda q, t: q.update(t.people).where(t.people.c.id == 1),
    {"name": "x", "age": 2},
)
add(
    "many",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.id == q.bindparam("number"))
        .values(name=q.bindparam("title"))
    ),
    [{"number": 1, "title": "a"}, {"number": 3, "title": "b"}],
)
add(
    "many_columns",
    lambda q, t: q.update(t.people).where(
        t.people.c.id == q.bindparam("number")
    ),
    [{"number": 1, "name": "a"}, {"number": 3, "name": "b"}],
)
add(
    "no_match",
    lambda q, t: q.update(t.people).where(t.people.c.id == 99).values(age=1),
)
add(
    "in_list",
    lambda q, t: (
        q.update(t.people).where(t.people.c.id.in_([1, 2])).values(age=0)
    ),
)
add(
    "subquery_value",
    lambda q, t: q.update(t.people).values(
        age=q.select(q.func.max(t.posts.c.rating)).scalar_subquery()
    ),
)
add(
    "correlated",
    lambda q, t: q.update(t.people).values(
        age=q.select(q.func.count(t.posts.c.id))
        .where(t.posts.c.author_id == t.people.c.id)
        .scalar_subquery()
    ),
)
add(
    "exists",
    lambda q, t: (
        q.update(t.people)
        .where(q.exists().where(t.posts.c.author_id == t.people.c.id))
        .values(age=0)
    ),
)
add(
    "in_subquery",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.id.in_(q.select(t.posts.c.author_id)))
        .values(age=0)
    ),
)
add(
    "from",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.id == t.posts.c.author_id, t.posts.c.rating > 4)
        .values(nick=t.posts.c.title)
    ),
)
add(
    "from_alias",
    lambda q, t: (
        lambda b: (
            q.update(t.people)
            .where(t.people.c.boss_id == b.c.id)
            .values(nick=b.c.name)
        )
    )(t.people.alias("b")),
)
add(
    "cte",
    lambda q, t: (
        lambda c: (
            q.update(t.people)
            .where(t.people.c.id.in_(q.select(c.c.author_id)))
            .values(age=7)
        )
    )(q.select(t.posts.c.author_id).cte("authors")),
)
add(
    "add_cte",
    lambda q, t: (
        q.update(t.tags)
        .where(t.tags.c.id == 1)
        .values(label="q")
        .add_cte(q.select(t.moved.c.id).cte("spare"))
    ),
)
add(
    "returning",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.id < 3)
        .values(age=9)
        .returning(t.people.c.id, t.people.c.age)
    ),
)
add(
    "returning_expression",
    lambda q, t: (
        q.update(t.people)
        .values(age=9)
        .returning((t.people.c.age * 2).label("twice"))
    ),
)
add(
    "onupdate",
    lambda q, t: q.update(t.filled).where(t.filled.c.id == 1).values(note="n"),
)
add(
    "onupdate_overridden",
    lambda q, t: q.update(t.filled).values(scalar=50, seen="kept", computed=1),
)
add(
    "onupdate_parameters",
    lambda q, t: q.update(t.filled).where(t.filled.c.id == 2),
    {"note": "n"},
)
add(
    "onupdate_many",
    lambda q, t: (
        q.update(t.filled)
        .where(t.filled.c.id == q.bindparam("n"))
        .values(note=q.bindparam("v"))
    ),
    [{"n": 1, "v": "x"}, {"n": 2, "v": "y"}],
)
add(
    "onupdate_returning",
    lambda q, t: (
        q.update(t.filled)
        .values(note="n")
        .returning(t.filled.c.scalar, t.filled.c.doubled)
    ),
)
add(
    "ordered",
    lambda q, t: q.update(t.people).ordered_values(
        (t.people.c.nick, "n"), (t.people.c.age, 5)
    ),
)
add(
    "odd",
    lambda q, t: (
        q.update(t.odd)
        .where(t.odd.c["%pct"] == 3)
        .values(
            {"select": 9, "a:b": t.odd.c["x.y"] + 1, "renamed": "q", "%pct": 0}
        )
    ),
)
add("schema", lambda q, t: q.update(t.moved).values(what="w"))
add(
    "json",
    lambda q, t: (
        q.update(t.people)
        .values(data={"z": [1]})
        .where(t.people.c.data["a"].as_integer() == 1)
    ),
)
add(
    "prefix",
    lambda q, t: q.update(t.tags).prefix_with("OR IGNORE").values(id=1),
)
add(
    "true",
    lambda q, t: (
        q.update(t.tags)
        .where(q.true())
        .values(label="x")
        .where(t.tags.c.id == 1)
    ),
)
add("false", lambda q, t: q.update(t.tags).where(False).values(label="x"))
add(
    "values_twice",
    lambda q, t: (
        q.update(t.people)
        .values(age=1)
        .values(nick="x")
        .where(t.people.c.id == 1)
    ),
)
add(
    "bind_names",
    lambda q, t: (
        q.update(t.people)
        .where(t.people.c.age > 20, t.people.c.age < 50)
        .values(age=33)
    ),
)

add = statements("delete")
add("all", lambda q, t: q.delete(t.post_tags))
add("where", lambda q, t: q.delete(t.people).where(t.people.c.id == 2))
add("method", lambda q, t: t.people.delete().where(t.people.c.age > 29))
add(
    "two_where",
    lambda q, t: q.delete(t.people).where(
        t.people.c.id > 1, t.people.c.age > 26
    ),
)
add("no_match", lambda q, t: q.delete(t.people).where(t.people.c.id == 99))
add(
    "in_subquery",
    lambda q, t: q.delete(t.posts).where(
        t.posts.c.author_id.in_(
            q.select(t.people.c.id).where(t.people.c.name == "Ann")
        )
    ),
)
add(
    "exists",
    lambda q, t: q.delete(t.people).where(
        ~q.exists().where(t.posts.c.author_id == t.people.c.id)
    ),
)
add(
    "returning",
    lambda q, t: (
        q.delete(t.people)
        .where(t.people.c.id > 3)
        .returning(t.people.c.id, t.people.c.name)
    ),
)
add("returning_table", lambda q, t: q.delete(t.tags).returning(t.tags))
add(
    "many",
    lambda q, t: q.delete(t.people).where(t.people.c.id == q.bindparam("n")),
    [{"n": 1}, {"n": 4}],
)
add(
    "bind",
    lambda q, t: q.delete(t.people).where(t.people.c.id == q.bindparam("n")),
    {"n": 1},
)
add(
    "cte",
    lambda q, t: (
        lambda c: q.delete(t.people).where(
            t.people.c.id.in_(q.select(c.c.author_id))
        )
    )(q.select(t.posts.c.author_id).cte("authors")),
)
add("odd", lambda q, t: q.delete(t.odd).where(t.odd.c["a:b"] == 4))
add("schema", lambda q, t: q.delete(t.moved))
add("none", lambda q, t: q.delete(t.tags).where(t.tags.c.label == q.null()))
add(
    "correlated",
    lambda q, t: q.delete(t.people).where(
        t.people.c.age
        > q.select(q.func.avg(t.posts.c.rating))
        .where(t.posts.c.author_id == t.people.c.id)
        .scalar_subquery()
    ),
)
