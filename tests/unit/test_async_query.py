"""AsyncQuery and the reads of models that start one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sqlactive_c import AsyncQuery, DBConnection, desc, func, select
from sqlactive_c.exc import (
    InvalidRequestError,
    MultipleResultsFound,
    NoResultFound,
)
from sqlactive_c.exceptions import (
    CompositePrimaryKeyError,
    RootClassNotFoundError,
)
from sqlactive_c.orm import aliased
from sqlactive_c.sql.inspect import inspect
from unit.blog import Post, Tag, User, blog


@pytest_asyncio.fixture(autouse=True)
async def conn(memory_url: str) -> AsyncIterator[DBConnection]:
    async with blog(memory_url) as conn:
        yield conn


# -- one row ------------------------------------------------------------------


@pytest.mark.parametrize("pk", [2, "2", {"id": 2}, {"name__like": "B%"}])
async def test_get(pk: Any) -> None:
    user = await User.get(pk)
    assert user is not None
    assert (user.id, user.name) == (2, "Bob")
    assert inspect(user).detached


@pytest.mark.parametrize("pk", [9, "x", None, {"id": 9}])
async def test_get_what_is_not_there(pk: Any) -> None:
    assert await User.get(pk) is None


async def test_get_gives_a_new_instance_each_time() -> None:
    assert await User.get(1) is not await User.get(1)


async def test_get_loads_along() -> None:
    for keywords in (
        {"join": [User.posts]},
        {"subquery": [(User.posts, True)]},
        {"schema": {User.posts: "joined"}},
    ):
        user = await User.get(1, **keywords)  # type: ignore[arg-type]
        assert user is not None
        assert [post.id for post in user.posts] == [1, 2]


async def test_get_by_several_columns() -> None:
    for pk in (1, (1, "a")):
        with pytest.raises(CompositePrimaryKeyError):
            await Tag.get(pk)
    tag = await Tag.get({"post_id": 1, "word": "a"})
    assert tag is not None


async def test_get_or_fail_says_what() -> None:
    assert (await User.get_or_fail(1)).name == "Ada"
    with pytest.raises(NoResultFound, match=r"User.*9"):
        await User.get_or_fail(9)


async def test_first_or_fail_says_what() -> None:
    assert (await User.order_by("-id").first_or_fail()).name == "Dee"
    assert (await User.first_or_fail()).name == "Ada"
    with pytest.raises(NoResultFound, match=r"blog_users\.age > "):
        await User.where(age__gt=99).first_or_fail()


async def test_first_of_a_joined_collection_is_whole() -> None:
    user = await User.join(User.posts).first()
    assert user is not None
    assert len(user.posts) == 2


async def test_first_as_a_row() -> None:
    row = await User.select(User.name, User.age).first(scalar=False)
    assert row == ("Ada", 17)
    assert await User.where(id=9).first(scalar=False) is None


async def test_one() -> None:
    with pytest.raises(MultipleResultsFound):
        await User.where(age=30).one()
    with pytest.raises(NoResultFound):
        await User.where(age=31).one()
    assert await User.where(age=31).one_or_none() is None
    assert (await User.where(age=45).one()).name == "Cy"


# -- the query ----------------------------------------------------------------


async def test_it_changes_and_returns_itself() -> None:
    query = User.where(age=30)
    assert query.order_by("-id") is query
    assert [user.id for user in await query.all()] == [4, 2]
    assert [user.id for user in await query.limit(1).all()] == [4]
    assert [user.id for user in await query.offset(1).all()] == [2]


async def test_after_a_count_it_counts() -> None:
    query = User.where(age=30)
    assert await query.count() == 2
    assert await query.all() == [2]
    with pytest.raises(RootClassNotFoundError):
        query.where(id=1)


async def test_the_query_can_be_set() -> None:
    query: AsyncQuery[Any] = User.where(age=30)
    query.query = select(Post)
    assert [post.id for post in await query.where(rating=5).all()] == [1, 4]


async def test_of_a_select() -> None:
    query = AsyncQuery[User](select(User).where(User.id > 2))
    assert [user.id for user in await query.where(age=30).all()] == [4]
    assert str(query) == repr(query) == str(query.query)


async def test_of_an_alias() -> None:
    alias = aliased(User)
    query: AsyncQuery[User] = AsyncQuery(select(alias))
    assert [user.id for user in await query.where(age=30).all()] == [2, 4]
    assert await query.update_where(age=31) == 2
    assert await User.pluck("age") == [17, 31, 45, 31]


async def test_a_result_outlives_its_session() -> None:
    result = await User.where(age=30).execute()
    rows = result.scalars().all()
    assert [row.name for row in rows] == ["Bob", "Dee"]
    assert all(inspect(row).detached for row in rows)


async def test_no_session() -> None:
    query = AsyncQuery(select(func.count()).select_from(User))
    assert await query.all() == [4]


# -- projections --------------------------------------------------------------


async def test_values() -> None:
    found = await User.where(age=30).order_by("id").values("id", "is_adult")
    assert found == [
        {"id": 2, "is_adult": True},
        {"id": 4, "is_adult": True},
    ]
    [row] = await User.where(id=1).values()
    assert list(row) == User.columns
    assert row["nick_name"] == "ada"
    [row] = await User.where(id=1).values(User.name, func.max(User.age))
    assert row == {"name": "Ada", "max": 17}


async def test_pluck() -> None:
    query = User.where(age=30).order_by(desc(User.id))
    assert await query.pluck("name") == ["Dee", "Bob"]
    assert await query.pluck() == [4, 2]
    assert await query.pluck("id", "age") == [(4, 30), (2, 30)]
    assert await query.distinct().order_by().pluck(User.age) == [30]
    assert await User.pluck("id") == [1, 2, 3, 4]
    assert await Tag.pluck() == [(1, "a"), (1, "b")]
    with pytest.raises(AttributeError):
        await query.pluck("foo")


async def test_a_projection_leaves_the_query_as_it_is() -> None:
    query = User.where(age=30).join(User.posts)
    text = str(query)
    await query.values("id")
    await query.pluck()
    await query.exists()
    await query.to_json()
    assert str(query) == text


async def test_exists() -> None:
    assert await User.exists()
    assert await User.where(age=30).order_by("name").exists()
    assert not await User.where(age=31).exists()
    assert await Post.where(user___age=17).exists()
    assert not await User.limit(0).exists()
    assert not await User.offset(4).exists()


# -- JSON ---------------------------------------------------------------------


async def test_to_json_is_what_the_instances_give() -> None:
    for query in (User.where(age=30), User.order_by("-id").limit(3)):
        rows = [row.to_dict() for row in await query.all()]
        for row in rows:
            row["nick_name"] = row["name"].lower()
        found = json.loads(await query.to_json())
        assert found == json.loads(json.dumps(rows, default=str))
    assert await User.where(id=9).to_json() == b"[]"


async def test_to_json_leaves_out() -> None:
    text = await User.where(id=1).to_json(
        exclude=["created_at", "updated_at", "nick_name"]
    )
    assert text == b'[{"id":1,"name":"Ada","age":17}]'


async def test_to_json_nests() -> None:
    exclude = {"created_at", "updated_at", "nick_name", "age", "id"}
    text = await User.order_by("-id").to_json([User.posts], exclude)
    found = json.loads(text)
    assert [row["name"] for row in found] == ["Dee", "Cy", "Bob", "Ada"]
    assert [[p["id"] for p in row["posts"]] for row in found] == [
        [],
        [4, 5],
        [3],
        [1, 2],
    ]
    assert found[3]["posts"][0]["title"] == "T1"
    assert list(found[0]) == ["name", "posts"]


async def test_to_json_nests_deeply() -> None:
    schema = {User.posts: ("joined", {Post.tags: "selectin", Post.user: {}})}
    found = json.loads(await User.where(id__in=[1, 3]).to_json(schema))
    posts = found[0]["posts"]
    assert [tag["word"] for tag in posts[0]["tags"]] == ["a", "b"]
    assert posts[1]["tags"] == []
    assert [post["user"]["name"] for post in posts] == ["Ada", "Ada"]
    assert [p["user"]["name"] for p in found[1]["posts"]] == ["Cy", "Cy"]


async def test_to_json_of_one_relation_that_is_not_there() -> None:
    found = json.loads(await Post.order_by("id").to_json([Post.user]))
    assert [row.get("user", {}).get("name") for row in found] == [
        "Ada",
        "Ada",
        "Bob",
        "Cy",
        "Cy",
        None,
    ]
    assert "user" not in found[5]


async def test_to_json_nests_only_what_a_limit_leaves() -> None:
    query = User.order_by("-id").limit(2)
    found = json.loads(await query.to_json([User.posts]))
    assert [(row["id"], len(row["posts"])) for row in found] == [
        (4, 0),
        (3, 2),
    ]


async def test_to_json_of_columns() -> None:
    query = User.select(User.age, func.count().label("n")).group_by("age")
    assert await query.to_json() == (
        b'[{"age":17,"n":1},{"age":30,"n":2},{"age":45,"n":1}]'
    )


# -- one statement ------------------------------------------------------------


async def test_update_where() -> None:
    before = (await User.get_or_fail(2)).updated_at
    assert await User.where(age=30).update_where(age=User.age + 1) == 2
    assert await User.pluck("age") == [17, 31, 45, 31]
    assert await User.where(id=1).update_where(nick="x", name="y") == 1
    user = await User.get_or_fail(1)
    assert (user.nick, user.name) == ("x", "y")
    assert (await User.get_or_fail(2)).updated_at >= before


async def test_update_where_behind_a_path() -> None:
    assert await Post.where(user___age=45).update_where(rating=9) == 2
    assert await Post.order_by("id").pluck("rating") == [5, 3, 4, 9, 9, 2]


async def test_delete_where() -> None:
    assert await Post.where(rating__lt=3).delete_where() == 2
    assert await Post.order_by("id").pluck() == [1, 2, 3, 4]
    assert await Post.order_by("-rating", "id").limit(1).delete_where() == 1
    assert await Post.order_by("id").pluck() == [2, 3, 4]
    assert await Tag.where(word="a").limit(5).delete_where() == 1
    assert await Tag.pluck("word") == ["b"]


async def test_changes_in_a_transaction() -> None:
    with pytest.raises(ZeroDivisionError):
        async with User.transaction():
            assert await User.where(age=30).update_where(age=1) == 2
            assert await User.where(age=1).count() == 2
            raise ZeroDivisionError
    assert await User.where(age=1).count() == 0


async def test_one_unit_one_instance() -> None:
    async with User.transaction():
        assert await User.get(1) is await User.where(id=1).first()


async def test_a_joined_collection_wants_unique() -> None:
    with pytest.raises(InvalidRequestError):
        await User.join(User.posts).all()
