"""Contract 3.3, 3.5 and 3.6: relation paths, sorting, grouping, search."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


# -- 3.3 ----------------------------------------------------------------------


def test_3_3_one_join_for_a_path(lib: SimpleNamespace) -> None:
    text = str(
        lib.Comment.where(
            post___user___name__startswith="Bob",
            post___rating=3,
            user___age=2,
        )
    )
    assert text.split("FROM ", 1)[1] == (
        "comments LEFT OUTER JOIN posts AS posts_1"
        " ON posts_1.id = comments.post_id"
        " LEFT OUTER JOIN users AS users_1 ON users_1.id = posts_1.user_id"
        " LEFT OUTER JOIN users AS users_2 ON users_2.id = comments.user_id"
        " \nWHERE (users_1.name LIKE :name_1 || '%')"
        " AND posts_1.rating = :rating_1 AND users_2.age = :age_1"
    )


def test_3_3_one_to_many(lib: SimpleNamespace) -> None:
    text = str(lib.User.where(posts___title="x"))
    assert text.split("FROM ", 1)[1] == (
        "users LEFT OUTER JOIN posts AS posts_1 ON users.id = posts_1.user_id"
        " \nWHERE posts_1.title = :title_1"
    )


def test_3_3_filter_sort_and_group_share_the_join(
    lib: SimpleNamespace,
) -> None:
    query = lib.Post.smart_query(
        filters={"user___age": 3},
        sort_attrs=("-user___name",),
        group_attrs=("user___name",),
    )
    text = str(query)
    assert text.count("JOIN") == 1
    assert text.endswith("GROUP BY users_1.name ORDER BY users_1.name DESC")


def test_3_3_each_call_joins_anew(lib: SimpleNamespace) -> None:
    text = str(lib.Post.where(user___age=3).order_by("user___name"))
    assert text.count("JOIN") == 2
    assert "WHERE users_1.age = :age_1 ORDER BY users_2.name ASC" in text


def test_3_3_eager_joins_are_numbered_first(lib: SimpleNamespace) -> None:
    text = str(lib.Post.join(lib.Post.user).where(user___name="x"))
    assert "SELECT posts.id" in text
    assert "users_1.username" in text
    assert text.endswith("WHERE users_2.name = :name_1")


def test_3_3_a_statement_is_numbered_alike_each_time(
    lib: SimpleNamespace,
) -> None:
    query = lib.Post.where(user___age=3).order_by("user___name")
    assert str(query) == str(query)


async def test_3_3_rows(ns: SimpleNamespace) -> None:
    found = await ns.Comment.where(
        post___user___name__startswith="Bob", post___rating=3, user___age=24
    ).all()
    assert ids(found) == [3]
    found = await ns.Post.where(comments___user___name="Alice Brook").all()
    assert sorted(ids(found)) == [3, 4]
    found = await ns.Comment.where(post___user___is_adult=True, id=1).all()
    assert ids(found) == [1]


async def test_3_3_rows_repeat(ns: SimpleNamespace) -> None:
    # Post 1 has two comments.
    found = await ns.Post.where(comments___id__le=2).all()
    assert ids(found) == [1, 1]
    found = await ns.Post.where(comments___id__le=2).unique_all()
    assert ids(found) == [1]


async def test_3_3_outer_joins(ns: SimpleNamespace) -> None:
    found = await ns.User.where(comments___id=None, id__le=4).all()
    assert ids(found) == [3]


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda m: m.where(nope___x=1), "RelationError"),
        (lambda m: m.where(post___nope___x=1), "RelationError"),
        (lambda m: m.where(post___nope=1), "NoFilterableError"),
        (lambda m: m.order_by("nope___x"), "RelationError"),
        (lambda m: m.order_by("post___nope"), "NoSortableError"),
        (lambda m: m.group_by("nope___x"), "RelationError"),
        (lambda m: m.group_by("post___nope"), "NoColumnOrHybridPropertyError"),
    ],
)
def test_3_3_refused(lib: SimpleNamespace, build: Any, error: str) -> None:
    with pytest.raises(getattr(lib, error)):
        build(lib.Comment)


# -- 3.5 ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (["age"], "users.age ASC"),
        (["-age"], "users.age DESC"),
        (["-age", "name"], "users.age DESC, users.name ASC"),
        (["is_adult"], "users.age > :age_1 ASC"),
        (["-is_adult"], "users.age > :age_1 DESC"),
        (["posts___title"], "posts_1.title ASC"),
        (["-posts___title"], "posts_1.title DESC"),
    ],
)
def test_3_5_sort_text(
    lib: SimpleNamespace, columns: list[str], text: str
) -> None:
    assert str(lib.User.order_by(*columns)).split("ORDER BY ")[1] in (
        text,
        text.replace("users.age > :age_1", "(users.age > :age_1)"),
    )


def test_3_5_sort_objects(lib: SimpleNamespace) -> None:
    query = lib.User.order_by(
        lib.User.age, lib.User.name.desc(), lib.asc(lib.User.id)
    )
    assert str(query).endswith(
        "ORDER BY users.age, users.name DESC, users.id ASC"
    )


@pytest.mark.parametrize(
    "name", ["nope", "--age", "-nope", "posts", "older_than", "count_1"]
)
def test_3_5_sort_refused(lib: SimpleNamespace, name: str) -> None:
    with pytest.raises(lib.NoSortableError):
        lib.User.order_by(name)


async def test_3_5_sort_rows(ns: SimpleNamespace) -> None:
    found = await ns.User.sort("-age", "name").limit(3).all()
    assert [each.name for each in found] == [
        "Dora South",
        "Emil East",
        "Bob Zimmer",
    ]
    found = await ns.Post.order_by("-rating", "-user___name").limit(3).all()
    assert ids(found) == [20, 15, 10]
    found = await ns.User.order_by(ns.User.is_adult, "-id").limit(2).all()
    assert ids(found) == [34, 33]


async def test_3_5_sort_by_a_label(ns: SimpleNamespace) -> None:
    amount = ns.func.count(ns.User.id).label("amount")
    query = ns.User.group_by("age", select_columns=(ns.User.age, amount))
    rows = await query.order_by(ns.desc("amount"), "age").all(scalars=False)
    assert rows[:2] == [(27, 3), (28, 3)]


def test_3_5_group_text(lib: SimpleNamespace) -> None:
    query = lib.Post.group_by(
        "rating",
        "user___name",
        select_columns=(lib.Post.rating, lib.func.count(lib.Post.id)),
    )
    assert str(query) == (
        "SELECT posts.rating, count(posts.id) AS count_1 \nFROM posts"
        " LEFT OUTER JOIN users AS users_1 ON users_1.id = posts.user_id"
        " GROUP BY posts.rating, users_1.name"
    )


@pytest.mark.parametrize("name", ["-age", "nope", "posts", "older_than"])
def test_3_5_group_refused(lib: SimpleNamespace, name: str) -> None:
    with pytest.raises(lib.NoColumnOrHybridPropertyError):
        lib.User.group_by(name)


async def test_3_5_group_by_a_hybrid(ns: SimpleNamespace) -> None:
    query = ns.User.group_by(
        "is_adult",
        select_columns=(ns.User.is_adult, ns.func.count(ns.User.id)),
    )
    assert await query.all(scalars=False) == [(True, 34)]


async def test_3_5_having(ns: SimpleNamespace) -> None:
    query = ns.User.group_by(
        "age", select_columns=(ns.User.age, ns.func.count(ns.User.id))
    )
    query.query = query.query.having(ns.func.count(ns.User.id) == 1)
    assert await query.all(scalars=False) == [(19, 1), (24, 1)]


# -- 3.6 ----------------------------------------------------------------------


def test_3_6_text(lib: SimpleNamespace) -> None:
    assert str(lib.User.search("x")).endswith(
        "WHERE lower(users.username) LIKE lower(:username_1)"
        " OR lower(users.name) LIKE lower(:name_1)"
    )
    text = str(lib.User.search("x", columns=(lib.User.name,)).where(age=1))
    assert text.endswith(
        "WHERE lower(users.name) LIKE lower(:name_1) AND users.age = :age_1"
    )
    text = str(lib.User.where(age=1).search("x", columns=("name", "username")))
    assert text.endswith(
        "WHERE users.age = :age_1 AND (lower(users.name) LIKE lower(:name_1)"
        " OR lower(users.username) LIKE lower(:username_1))"
    )


async def test_3_6_rows(ns: SimpleNamespace) -> None:
    assert ids(await ns.User.search("BOB").all()) == [2, 31]
    assert ids(await ns.User.search("bobby").all()) == [31]
    found = await ns.User.search("bobby", columns=["name"]).all()
    assert ids(found) == []
    assert ids(await ns.User.search("m_ke").all()) == [11]
    assert await ns.User.search("").count() == 34
    assert await ns.Post.search("ipsum dolor", columns=["body"]).count() == 24


def test_3_6_refused(lib: SimpleNamespace) -> None:
    for column in ("nope", "age", lib.User.age, "posts"):
        with pytest.raises(lib.NoSearchableError):
            lib.User.search("x", columns=[column])
    with pytest.raises(lib.NoSearchableColumnsError) as caught:
        lib.Sell.search("x")
    assert str(caught.value) == "model Sell has no searchable columns"
