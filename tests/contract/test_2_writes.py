"""Contract 2.6: writing through the class."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


def users(ns: SimpleNamespace, count: int = 3) -> list[Any]:
    return [
        ns.User(username=f"new{number}", name=f"New {number}", age=number)
        for number in range(count)
    ]


@pytest.mark.parametrize("name", ["insert", "create"])
async def test_2_6_insert(ns: SimpleNamespace, name: str) -> None:
    user = await getattr(ns.User, name)(username="x", name="X", age=4)
    assert (user.id, user.name, user.age) == (35, "X", 4)
    assert (await ns.User.get(35)).username == "x"


async def test_2_6_insert_refuses_as_fill_does(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.ModelAttributeError):
        await ns.User.insert(foo=1)
    with pytest.raises(ns.NoSettableError):
        await ns.Product.insert(sells=[])
    assert await ns.User.count() == 34


@pytest.mark.parametrize("name", ["save_all", "insert_all", "update_all"])
async def test_2_6_save_all_of_new_rows(
    ns: SimpleNamespace, name: str
) -> None:
    rows = users(ns)
    assert await getattr(ns.User, name)(rows) is None
    assert [row.id for row in rows] == [35, 36, 37]
    assert all(row.created_at and row.updated_at for row in rows)
    assert await ns.User.count() == 37


@pytest.mark.parametrize("name", ["save_all", "insert_all", "update_all"])
async def test_2_6_save_all_with_refresh(
    ns: SimpleNamespace, name: str
) -> None:
    rows = await ns.User.where(id__in=[1, 2, 3]).all()
    for row in rows:
        row.age += 1
    await getattr(ns.User, name)(rows, refresh=True)
    assert [row.age for row in rows] == [20, 25, 26]
    assert all(row.updated_at > row.created_at for row in rows)


async def test_2_6_save_all_leaves_computed_values_expired(
    ns: SimpleNamespace,
) -> None:
    row = await ns.User.get(1)
    row.age += 1
    await ns.User.save_all([row])
    assert (row.age, row.name) == (20, "Ada Lovell")
    with pytest.raises(ns.DetachedInstanceError):
        assert row.updated_at
    with pytest.raises(ns.DetachedInstanceError):
        row.to_dict()
    with pytest.raises(ns.DetachedInstanceError):
        row.to_json()


async def test_2_6_save_all_of_what_is_not_changed(
    ns: SimpleNamespace, sql: list[str]
) -> None:
    rows = await ns.User.all()
    sql.clear()
    await ns.User.save_all(rows)
    assert not [each for each in sql if not each.startswith("SELECT")]


async def test_2_6_save_all_is_one_unit(ns: SimpleNamespace) -> None:
    rows = [*users(ns), ns.User(username="ada", name="x", age=1)]
    with pytest.raises(ns.IntegrityError):
        await ns.User.save_all(rows)
    assert await ns.User.count() == 34
    rows[-1].username = "fresh"
    await ns.User.save_all(rows)
    assert await ns.User.count() == 38


async def test_2_6_save_all_of_several_models(ns: SimpleNamespace) -> None:
    user = users(ns, 1)[0]
    post = ns.Post(title="t", body="b", rating=1, user=user)
    product = ns.Product(name="p", description="d", price=1)
    await ns.User.save_all([product, post])
    assert (user.id, post.id, product.id) == (35, 25, 9)
    assert post.user_id == 35


async def test_2_6_save_all_of_nothing(ns: SimpleNamespace) -> None:
    await ns.User.save_all([])
    with pytest.raises(TypeError):
        await ns.User.save_all(None)
    with pytest.raises(ns.UnmappedInstanceError):
        await ns.User.save_all([object()])


async def test_2_6_delete_all(ns: SimpleNamespace) -> None:
    rows = await ns.Comment.where(id__le=5).all()
    assert await ns.Comment.delete_all(rows) is None
    assert await ns.Comment.count() == 12


async def test_2_6_delete_all_is_one_unit(ns: SimpleNamespace) -> None:
    rows = await ns.Comment.where(id__le=5).all()
    with pytest.raises(ns.InvalidRequestError):
        await ns.Comment.delete_all([*rows, ns.Comment(body="new")])
    assert await ns.Comment.count() == 17


async def test_2_6_destroy(ns: SimpleNamespace) -> None:
    assert await ns.Comment.destroy(1, 2, 99) is None
    assert await ns.Comment.count() == 15
    await ns.Comment.destroy()
    assert await ns.Comment.count() == 15
    await ns.Comment.destroy(*range(1, 18))
    assert await ns.Comment.count() == 0


async def test_2_6_destroy_by_a_natural_key(ns: SimpleNamespace) -> None:
    await ns.Country.save_all(
        [ns.Country(code=code, name=code) for code in ("fr", "be", "nl")]
    )
    await ns.Country.destroy("fr", "nl")
    assert [each.code for each in await ns.Country.all()] == ["be"]


async def test_2_6_destroy_with_a_composite_key(
    ns: SimpleNamespace, sql: list[str]
) -> None:
    with pytest.raises(ns.CompositePrimaryKeyError) as caught:
        await ns.Sell.destroy(1)
    assert str(caught.value) == "model Sell has a composite primary key"
    assert not sql


async def test_2_6_destroy_of_a_parent_is_one_unit(
    ns: SimpleNamespace,
) -> None:
    with pytest.raises(ns.IntegrityError) as caught:
        await ns.User.destroy(34, 1)
    assert "NOT NULL constraint failed" in str(caught.value)
    assert await ns.User.count() == 34
    await ns.User.destroy(34, 33)
    assert await ns.User.count() == 32


async def test_2_6_two_copies_of_one_row(ns: SimpleNamespace) -> None:
    first, second = await ns.User.get(1), await ns.User.get(1)
    first.age, second.age = 50, 60
    with pytest.raises(ns.InvalidRequestError, match="already present"):
        await ns.User.save_all([first, second])
    assert (await ns.User.get(1)).age == 19


async def test_2_6_removed_from_a_collection(ns: SimpleNamespace) -> None:
    article = await ns.Article.insert(title="a", tags=[ns.Tag(label="x")])
    loaded = await ns.Article.get(article.id, subquery=[ns.Article.tags])
    loaded.tags = []
    await loaded.save()
    assert await ns.Article.where(tags=None).count() == 1
    assert await ns.Tag.count() == 1
    user = await ns.User.get(5, subquery=[ns.User.posts])
    user.posts = []
    with pytest.raises(ns.IntegrityError, match="NOT NULL"):
        await user.save()
