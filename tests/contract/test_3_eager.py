"""Contract 3.7: eager loading."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


COMMENTED = [1, 2, *range(4, 15)]


def test_3_7_join_text(lib: SimpleNamespace) -> None:
    text = str(lib.User.join(lib.User.posts))
    assert text.endswith(
        "FROM users LEFT OUTER JOIN posts AS posts_1"
        " ON users.id = posts_1.user_id"
    )
    assert str(lib.User.join((lib.User.posts, False))) == text
    inner = str(lib.User.join((lib.User.posts, True)))
    assert inner.endswith(
        "FROM users JOIN posts AS posts_1 ON users.id = posts_1.user_id"
    )


def test_3_7_joins_in_the_order_of_the_model(lib: SimpleNamespace) -> None:
    text = str(lib.User.join(lib.User.comments, lib.User.posts))
    assert text == str(lib.User.join(lib.User.posts, lib.User.comments))
    assert text.index("posts_1 ON") < text.index("comments_1 ON")


def test_3_7_a_collection_under_limit_is_wrapped(
    lib: SimpleNamespace,
) -> None:
    text = str(lib.User.join(lib.User.posts).limit(3).order_by("-age"))
    assert "FROM (SELECT users.id AS id" in text
    assert ") AS anon_1 LEFT OUTER JOIN posts AS posts_1" in text
    assert text.endswith("ORDER BY anon_1.age DESC")
    text = str(lib.Post.join(lib.Post.user).limit(3))
    assert "anon_1" not in text


@pytest.mark.parametrize("name", ["join", "with_subquery"])
def test_3_7_refused_paths(lib: SimpleNamespace, name: str) -> None:
    method = getattr(lib.User, name)
    with pytest.raises(lib.EagerLoadPathTupleError):
        method((lib.User.posts, 1))
    with pytest.raises(lib.EagerLoadPathTupleError):
        method((lib.User.posts, "x"))
    for path in ((lib.User.posts,), (lib.User.posts, True, True)):
        with pytest.raises(ValueError, match="unpack"):
            method(path)
    with pytest.raises(lib.RelationError):
        method((lib.Post.comments, True))


def ways(ns: SimpleNamespace) -> list[Any]:
    U = ns.User
    return [
        lambda: U.join(U.posts, U.comments),
        lambda: U.with_subquery(U.posts, U.comments),
        lambda: U.with_subquery((U.posts, True), (U.comments, True)),
        lambda: U.join(U.posts).with_subquery((U.comments, True)),
        lambda: U.with_schema({U.posts: ns.JOINED, U.comments: ns.SUBQUERY}),
        lambda: U.with_schema({U.posts: ns.SELECT_IN, U.comments: ns.JOINED}),
        lambda: U.with_schema({U.posts: {}, U.comments: ns.SELECT_IN}),
        lambda: U.options(
            ns.selectinload(U.posts), ns.subqueryload(U.comments)
        ),
    ]


@pytest.mark.parametrize("number", range(8))
async def test_3_7_ways_give_the_same(
    ns: SimpleNamespace, number: int
) -> None:
    query = ways(ns)[number]().order_by("id")
    users = await query.unique_all()
    assert ids(users) == list(range(1, 35))
    assert [ids(user.posts) for user in users[:25]] == [
        *([number] for number in range(1, 25)),
        [],
    ]
    assert sorted(ids(users[0].comments)) == [1, 2, 15]
    assert users[2].comments == []


@pytest.mark.parametrize("number", range(8))
async def test_3_7_ways_under_a_limit(
    ns: SimpleNamespace, number: int
) -> None:
    query = ways(ns)[number]().order_by("-id").offset(20).limit(3)
    users = await query.unique_all()
    assert ids(users) == [14, 13, 12]
    assert [ids(user.comments) for user in users] == [[14], [13], [12]]
    assert [ids(user.posts) for user in users] == [[14], [13], [12]]


async def test_3_7_inner_join_drops_parents(ns: SimpleNamespace) -> None:
    users = await ns.User.join(
        ns.User.posts, (ns.User.comments, True)
    ).unique_all()
    assert sorted(ids(users)) == COMMENTED
    query = ns.User.join((ns.User.comments, True)).order_by("id")
    assert ids(await query.unique_all()) == COMMENTED


async def test_3_7_deep_schema(ns: SimpleNamespace) -> None:
    schema = {
        ns.User.posts: (
            ns.SUBQUERY,
            {
                ns.Post.comments: (
                    ns.SELECT_IN,
                    {ns.Comment.user: ns.JOINED},
                )
            },
        ),
        ns.User.comments: {ns.Comment.post: ns.SELECT_IN},
    }
    users = await ns.User.with_schema(schema).order_by("id").unique_all()
    assert sorted(ids(users[0].posts[0].comments)) == [1, 2]
    assert users[0].posts[0].comments[0].user is users[0]
    by_id = {comment.id: comment for comment in users[0].comments}
    assert by_id[15].post is users[13].posts[0]


async def test_3_7_children_and_their_parent(ns: SimpleNamespace) -> None:
    user = await ns.User.with_subquery(ns.User.posts).first()
    with pytest.raises(ns.DetachedInstanceError):
        assert user.posts[0].user


@pytest.mark.parametrize("method", ["JOINED", "SUBQUERY", "SELECT_IN"])
async def test_3_7_to_one(ns: SimpleNamespace, method: str) -> None:
    schema = {ns.Comment.user: getattr(ns, method)}
    comments = await ns.Comment.with_schema(schema).order_by("id").all()
    assert [each.user.id for each in comments] == [
        each.user_id for each in comments
    ]
    assert comments[0].user is comments[1].user


@pytest.mark.parametrize("method", ["JOINED", "SUBQUERY", "SELECT_IN"])
async def test_3_7_order_of_a_relation(
    ns: SimpleNamespace, method: str
) -> None:
    await ns.Article.insert(
        title="a", notes=[ns.Note(words=word) for word in "xyz"]
    )
    schema = {ns.Article.notes: getattr(ns, method)}
    article = await ns.Article.with_schema(schema).unique_one()
    assert [note.words for note in article.notes] == ["z", "y", "x"]


async def test_3_7_nothing_to_load(
    ns: SimpleNamespace, sql: list[str]
) -> None:
    sql.clear()
    query = ns.User.where(id=99).with_subquery((ns.User.posts, True))
    assert await query.all() == []
    assert len(sql) <= 1


def test_3_7_schemas_are_dicts_of_attributes(lib: SimpleNamespace) -> None:
    schema = {lib.User.posts: lib.JOINED, lib.User.comments: lib.JOINED}
    copy = schema.copy()
    del copy[lib.User.posts]
    assert [each.key for each in copy] == ["comments"]
    assert schema[lib.User.posts] == lib.JOINED
    assert lib.Post.user not in schema


def test_3_7_unknown_method(lib: SimpleNamespace) -> None:
    with pytest.raises(lib.InvalidJoinMethodError):
        lib.User.with_schema({lib.User.posts: "nope"})
    with pytest.raises(lib.InvalidJoinMethodError):
        lib.User.with_schema({lib.User.posts: ("nope", {})})


async def test_3_7_schema_of_another_class(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.ArgumentError):
        await ns.User.with_schema({ns.Post.user: ns.JOINED}).all()
