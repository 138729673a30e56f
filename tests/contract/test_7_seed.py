"""Contract 7: the facts that the published suites rely on."""

from __future__ import annotations

from types import SimpleNamespace

from contract.seed import USERS


async def test_7_counts(ns: SimpleNamespace) -> None:
    assert await ns.User.count() == 34
    assert await ns.Post.count() == 24
    assert await ns.Comment.count() == 17
    assert await ns.Product.count() == 8
    assert await ns.Sell.count() == 8


async def test_7_ratings(ns: SimpleNamespace) -> None:
    posts = await ns.Post.all()
    assert [post.rating for post in posts] == ([4, 3, 2, 1, 5] * 5)[:24]
    assert [post.user_id for post in posts] == list(range(1, 25))


async def test_7_insert_all_numbers_in_order(ns: SimpleNamespace) -> None:
    users = [
        ns.User(username=f"{username}2", name=name, age=age)
        for username, name, age in USERS
    ]
    await ns.User.insert_all(users)
    assert [user.id for user in users] == list(range(35, 69))
    assert [user.created_at is not None for user in users] == [True] * 34
    found = await ns.User.offset(34).all()
    assert [user.username for user in found] == [
        user.username for user in users
    ]


async def test_7_names_and_ages(ns: SimpleNamespace) -> None:
    assert (await ns.User.all())[10].name == "Mike Turner"
    ages = await ns.User.select(ns.User.age).distinct().all()
    assert len(ages) == 15


async def test_7_search(ns: SimpleNamespace) -> None:
    assert await ns.Post.search("lorem").count() == 24


async def test_7_groups(ns: SimpleNamespace) -> None:
    query = ns.User.group_by(
        "age", select_columns=(ns.User.age, ns.func.count(ns.User.id))
    )
    rows = await query.all(scalars=False)
    assert rows[3] == (26, 2)
    query = ns.User.group_by(
        ns.User.age,
        "name",
        select_columns=(ns.User.age, ns.User.name, ns.func.count(ns.User.id)),
    )
    assert (await query.all(scalars=False))[3] == (25, "Jane Doe", 1)


async def test_7_groups_over_a_path(ns: SimpleNamespace) -> None:
    query = ns.Post.group_by(
        "rating",
        "user___name",
        select_columns=(
            ns.Post.rating,
            ns.text("users_1.name"),
            ns.func.count(ns.Post.id),
        ),
    )
    rows = await query.all(scalars=False)
    assert len(rows) == 24
    assert rows[2] == (1, "Jane Doe", 1)


async def test_7_execute(ns: SimpleNamespace) -> None:
    query = ns.select(ns.User.age, ns.func.count(ns.User.id)).group_by(
        ns.User.age
    )
    result = await ns.execute(ns.conn.async_scoped_session, query)
    for row in ((19, 1), (24, 1), (25, 2), (26, 2), (27, 3)):
        assert row == next(result)


async def test_7_inner_join(ns: SimpleNamespace) -> None:
    users = await ns.User.join(
        ns.User.posts, (ns.User.comments, True)
    ).unique_all()
    assert sorted(user.id for user in users) == [1, 2, *range(4, 15)]
