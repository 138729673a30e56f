"""Contract 4.1 to 4.3: dicts and JSON."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

COLUMNS = ["id", "username", "name", "age", "created_at", "updated_at"]
MOMENT = datetime(2024, 2, 29, 10, 20, 30)

# -- 4.1 ----------------------------------------------------------------------


async def test_4_1_columns(ns: SimpleNamespace) -> None:
    user = await ns.User.get(11)
    found = user.to_dict()
    assert list(found) == COLUMNS
    assert list(found.values()) == [
        11,
        "mike",
        "Mike Turner",
        28,
        MOMENT,
        MOMENT,
    ]


def test_4_1_new_instance(lib: SimpleNamespace) -> None:
    user = lib.User(name="a")
    assert user.to_dict() == dict.fromkeys(COLUMNS) | {"name": "a"}
    assert user.to_dict(nested=True) == user.to_dict() | {
        "posts": [],
        "comments": [],
    }
    # No related object, no key.
    assert "user" not in lib.Post().to_dict(nested=True)


async def test_4_1_hybrids(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    found = user.to_dict(hybrid_attributes=True)
    assert list(found) == [*COLUMNS, "is_adult"]
    assert found["is_adult"] is True


async def test_4_1_exclude(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    assert list(user.to_dict(exclude=["name", "age"])) == [
        "id",
        "username",
        "created_at",
        "updated_at",
    ]
    found = user.to_dict(hybrid_attributes=True, exclude=["is_adult", "id"])
    assert "is_adult" in found
    assert "id" not in found


async def test_4_1_nested(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1, join=[ns.User.posts])
    found = user.to_dict(nested=True)
    assert list(found) == [*COLUMNS, "posts"]  # comments are not loaded
    assert [post["title"] for post in found["posts"]] == ["Lorem ipsum 1"]
    post = await ns.Post.get(1, join=[ns.Post.user])
    assert post.to_dict(nested=True)["user"]["name"] == "Ada Lovell"


async def test_4_1_nested_is_one_level(ns: SimpleNamespace) -> None:
    schema = {ns.User.posts: {ns.Post.comments: ns.JOINED}}
    user = await ns.User.get(1, schema=schema)
    [post] = user.to_dict(nested=True)["posts"]
    assert "comments" not in post


async def test_4_1_nested_exclude(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1, join=[ns.User.posts])
    found = user.to_dict(
        nested=True,
        hybrid_attributes=True,
        exclude=["id", "posts"],
        nested_exclude=["title"],
    )
    assert list(found) == [*COLUMNS[1:], "is_adult", "posts"]
    assert "title" not in found["posts"][0]
    assert "id" in found["posts"][0]
    assert "id" in user.posts[0].to_dict(nested_exclude=["id"])


async def test_4_1_unloaded_relations_are_left_out(
    ns: SimpleNamespace,
) -> None:
    user = await ns.User.get(1)
    assert list(user.to_dict(nested=True)) == COLUMNS


async def test_4_1_deferred_column(ns: SimpleNamespace) -> None:
    query = ns.User.options(ns.load_only(ns.User.name)).where(id=1)
    user = await query.one()
    with pytest.raises(ns.DetachedInstanceError):
        user.to_dict()


# -- 4.2 ----------------------------------------------------------------------


async def test_4_2_to_json(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    assert user.to_json() == (
        '{"id": 1, "username": "ada", "name": "Ada Lovell", "age": 19,'
        ' "created_at": "2024-02-29 10:20:30",'
        ' "updated_at": "2024-02-29 10:20:30"}'
    )


async def test_4_2_is_dumps_of_to_dict(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1, join=[ns.User.posts, ns.User.comments])
    plain = user.to_dict(nested=True, hybrid_attributes=True)
    for options in (
        {},
        {"indent": 2},
        {"sort_keys": True},
        {"indent": 1, "sort_keys": True},
    ):
        assert user.to_json(
            nested=True, hybrid_attributes=True, **options
        ) == json.dumps(plain, default=str, ensure_ascii=False, **options)
    found = user.to_json(
        nested=True, exclude=["id", "name"], nested_exclude=["body"]
    )
    assert found == json.dumps(
        user.to_dict(
            nested=True, exclude=["id", "name"], nested_exclude=["body"]
        ),
        default=str,
    )


def test_4_2_characters(lib: SimpleNamespace) -> None:
    name = 'é "quoted" \\ \n \t \x01 / 😀'
    user = lib.User(name=name)
    assert json.loads(user.to_json())["name"] == name
    plain = user.to_dict()
    assert user.to_json() == json.dumps(plain, ensure_ascii=False)
    assert user.to_json(ensure_ascii=True) == json.dumps(plain)


async def test_4_2_types(ns: SimpleNamespace) -> None:
    article = await ns.Article.insert(
        title="a", price=Decimal("1.50"), extra={"a": [1, None, "é"]}
    )
    text = article.to_json(exclude=["created_at", "updated_at"])
    assert text == (
        '{"id": 1, "title": "a", "price": "1.50",'
        ' "extra": {"a": [1, null, "é"]}}'
    )


@pytest.mark.parametrize(
    "value", [True, 1.5, 1e300, 2**70, -1, b"x", {1, 2}, float("inf")]
)
def test_4_2_values_of_any_type(lib: SimpleNamespace, value: object) -> None:
    user = lib.User(age=value)
    assert user.to_json() == json.dumps(user.to_dict(), default=str)


# -- 4.3 ----------------------------------------------------------------------


def test_4_3_from_dict(lib: SimpleNamespace) -> None:
    user = lib.User.from_dict({"name": "a", "age": 3})
    assert type(user) is lib.User
    assert (user.name, user.age, user.id) == ("a", 3, None)
    assert lib.inspect(user).transient


def test_4_3_lists(lib: SimpleNamespace) -> None:
    users = lib.User.from_dict([{"name": "a"}, {"name": "b"}])
    assert [user.name for user in users] == ["a", "b"]
    assert lib.User.from_dict([]) == []
    [[user]] = lib.User.from_dict([[{"name": "a"}]])
    assert user.name == "a"


def test_4_3_exclude(lib: SimpleNamespace) -> None:
    data = {"id": 4, "name": "a", "foo": 1, "posts": [{"id": 1, "title": "t"}]}
    user = lib.User.from_dict(
        data, exclude=["id", "foo"], nested_exclude=["id"]
    )
    assert (user.id, user.name) == (None, "a")
    assert (user.posts[0].id, user.posts[0].title) == (None, "t")


def test_4_3_hybrids_are_skipped(lib: SimpleNamespace) -> None:
    assert lib.User.from_dict({"age": 3, "is_adult": True}).age == 3


def test_4_3_relations(lib: SimpleNamespace) -> None:
    user = lib.User.from_dict({"posts": [{"title": "a"}, {"title": "b"}]})
    assert [type(post) for post in user.posts] == [lib.Post] * 2
    assert user.posts[1].user is user
    post = lib.Post.from_dict({"user": {"name": "a"}})
    assert type(post.user) is lib.User
    product = lib.Product.from_dict({"sells": [{"id": 1}]})
    assert product.sells[0].id == 1
    with pytest.raises(TypeError):
        lib.Post.from_dict({"user": None})


def test_4_3_refused(lib: SimpleNamespace) -> None:
    with pytest.raises(lib.ModelAttributeError) as caught:
        lib.User.from_dict({"foo": 1})
    assert str(caught.value) == "no such attribute: 'foo' in model User"
    with pytest.raises(lib.ModelAttributeError):
        lib.User.from_dict({"posts": [{"foo": 1}]})


def test_4_3_from_json(lib: SimpleNamespace) -> None:
    user = lib.User.from_json('{"name": "é", "posts": [{"title": "t"}]}')
    assert (user.name, user.posts[0].title) == ("é", "t")
    users = lib.User.from_json('[{"name": "a"}]', exclude=["name"])
    assert users[0].name is None
    with pytest.raises(json.JSONDecodeError):
        lib.User.from_json("{")


async def test_4_3_round_trip(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1, join=[ns.User.posts])
    again = ns.User.from_dict(user.to_dict(nested=True))
    assert again.to_dict(nested=True) == user.to_dict(nested=True) | {
        "comments": []
    }
    with pytest.raises(ns.IntegrityError):
        await again.save()


async def test_4_3_texts_are_not_converted(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    text = user.to_json(exclude=["id", "username"])
    again = ns.User.from_json(text)
    assert again.created_at == "2024-02-29 10:20:30"
    again.username = "again"
    with pytest.raises(ns.StatementError):
        await again.save()
    again = ns.User.from_json(text, exclude=["created_at", "updated_at"])
    again.username = "again"
    assert (await again.save()).id == 35
