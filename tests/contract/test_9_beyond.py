"""Beyond sqlactive: values, JSON, streams, changes by condition."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


async def test_9_values(ours: SimpleNamespace) -> None:
    query = ours.User.where(age=26)
    assert await query.values("id", "name") == [
        {"id": 4, "name": "Alice Brook"},
        {"id": 5, "name": "Dan Fisher"},
    ]
    [first, _] = await query.values()
    assert list(first) == ours.User.columns
    [row, *_] = await ours.User.values("is_adult", ours.User.age)
    assert row == {"is_adult": True, "age": 19}
    assert ids(await query.all()) == [4, 5]  # the query stays as it is


async def test_9_pluck(ours: SimpleNamespace) -> None:
    query = ours.User.where(age=26).order_by("-id")
    assert await query.pluck("name") == ["Dan Fisher", "Alice Brook"]
    assert await query.pluck("id", "age") == [(5, 26), (4, 26)]
    assert await query.pluck() == [5, 4]
    assert await ours.User.pluck("id") == list(range(1, 35))


async def test_9_exists(ours: SimpleNamespace, memory_url: str) -> None:
    assert await ours.User.exists()
    assert await ours.User.where(age=26).exists()
    assert await ours.User.where(posts___rating=5).order_by("age").exists()
    assert not await ours.User.where(age=1).exists()
    assert not await ours.User.offset(40).exists()
    assert not await ours.Country.exists()


async def test_9_first_or_fail(ours: SimpleNamespace) -> None:
    assert (await ours.User.first_or_fail()).id == 1
    assert (await ours.User.where(age=26).first_or_fail()).id == 4
    with pytest.raises(ours.NoResultFound):
        await ours.User.where(age=1).first_or_fail()


async def test_9_async_for(ours: SimpleNamespace) -> None:
    query = ours.User.where(age__ge=34).order_by("id")
    assert [user.id async for user in query] == list(range(26, 35))
    found = [user async for user in query.iterate(size=2)]
    assert ids(found) == list(range(26, 35))
    assert all(ours.inspect(user).detached for user in found)
    assert [user.id async for user in ours.User.iterate()] == list(
        range(1, 35)
    )


async def test_9_in_batches(ours: SimpleNamespace) -> None:
    query = ours.User.where(age__ge=34)
    sizes = [len(batch) async for batch in query.in_batches(4)]
    assert sizes == [4, 4, 1]
    sizes = [len(batch) async for batch in ours.User.in_batches(30)]
    assert sizes == [30, 4]
    with pytest.raises(ValueError, match="batch"):
        async for _ in query.in_batches(0):
            pass


async def test_9_to_json(ours: SimpleNamespace) -> None:
    query = ours.User.where(age__between=(25, 27)).order_by("-id")
    found = await query.to_json()
    assert type(found) is bytes
    users = await query.all()
    assert json.loads(found) == [json.loads(each.to_json()) for each in users]
    found = await query.to_json(exclude=["created_at", "updated_at"])
    assert list(json.loads(found)[0]) == ["id", "username", "name", "age"]
    assert await ours.User.where(age=1).to_json() == b"[]"


async def test_9_to_json_of_columns(ours: SimpleNamespace) -> None:
    query = ours.User.select(ours.User.age, ours.func.count().label("many"))
    found = await query.group_by("age").limit(2).to_json()
    assert json.loads(found) == [
        {"age": 19, "many": 1},
        {"age": 24, "many": 1},
    ]


async def test_9_to_json_with_relations(ours: SimpleNamespace) -> None:
    stamps = ["created_at", "updated_at"]
    schema = {ours.User.posts: {ours.Post.comments: None}}
    found = await ours.User.where(id__in=[1, 30]).to_json(schema, stamps)
    first, last = json.loads(found)
    assert last["posts"] == []
    assert [post["title"] for post in first["posts"]] == ["Lorem ipsum 1"]
    comments = first["posts"][0]["comments"]
    assert sorted(each["id"] for each in comments) == [1, 2]
    found = await ours.Post.where(id=3).to_json([ours.Post.user])
    assert json.loads(found)[0]["user"]["name"] == "Carl Adams"


async def test_9_update_where(ours: SimpleNamespace) -> None:
    assert await ours.User.where(age=26).update_where(age=99) == 2
    assert (await ours.User.get(4)).age == 99
    user = await ours.User.get(5)
    assert user.updated_at > user.created_at
    changed = await ours.User.where(posts___rating=5).update_where(
        age=ours.User.age + 1
    )
    assert changed == 4
    assert (await ours.User.get(10)).age == 29
    assert await ours.User.where(age=1).update_where(age=2) == 0


async def test_9_delete_where(ours: SimpleNamespace) -> None:
    assert await ours.Comment.where(post_id=1).delete_where() == 2
    assert await ours.Comment.where(user___age=28).delete_where() == 3
    assert await ours.Comment.count() == 12
    assert await ours.Comment.order_by("-id").limit(2).delete_where() == 2
    assert max(await ours.Comment.pluck("id")) == 15


async def test_9_changes_are_part_of_a_transaction(
    ours: SimpleNamespace,
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with ours.User.transaction():
            await ours.User.where(age=26).update_where(age=99)
            await ours.Comment.where(post_id=1).delete_where()
            raise ZeroDivisionError
    assert await ours.User.where(age=26).count() == 2
    assert await ours.Comment.count() == 17
