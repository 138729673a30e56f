"""Contract 6: the subtle points, by their numbers.

What another file of this folder proves is not repeated: texts (1, 2), joined
collections (3), timestamps (26), notes (27), temporary records (30).
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


# -- 1, 2: texts --------------------------------------------------------------


def test_6_1_layout(lib: SimpleNamespace) -> None:
    query = (
        lib.User.select(lib.User.id)
        .where(lib.User.age > 3, age__lt=9)
        .group_by("id")
        .order_by("-created_at")
        .limit(3)
        .offset(4)
    )
    assert str(query) == (
        "SELECT users.id \nFROM users \nWHERE users.age > :age_1"
        " AND users.age < :age_2 GROUP BY users.id"
        " ORDER BY users.created_at DESC"
        "\n LIMIT :param_1 OFFSET :param_2"
    )
    text = str(lib.User.select(lib.User.id).offset(4))
    assert text.endswith("\n LIMIT -1 OFFSET :param_1")


def test_6_1_all_columns(lib: SimpleNamespace) -> None:
    assert str(lib.User.query) == (
        "SELECT users.id, users.username, users.name, users.age,"
        " users.created_at, users.updated_at \nFROM users"
    )


def test_6_2_named_alias(lib: SimpleNamespace) -> None:
    alias = lib.aliased(lib.User, name="u")
    assert str(lib.select(alias.id)) == "SELECT u.id \nFROM users AS u"


def test_6_2_numbers_by_place(lib: SimpleNamespace) -> None:
    first, second = lib.aliased(lib.User), lib.aliased(lib.User)
    query = lib.select(second.id, first.id)
    assert str(query) == (
        "SELECT users_1.id, users_2.id AS id_1"
        " \nFROM users AS users_1, users AS users_2"
    )
    assert str(lib.select(first.id)).startswith("SELECT users_1.id")


# -- 3, 4: joined collections -------------------------------------------------


async def test_6_3_one_object_for_a_row(ns: SimpleNamespace) -> None:
    comments = await ns.Comment.join(ns.Comment.user).order_by("id").all()
    assert comments[0].user is comments[1].user
    users = await ns.User.join(ns.User.comments).unique_all()
    assert len({id(user) for user in users}) == 34


async def test_6_4_limit_takes_parents(ns: SimpleNamespace) -> None:
    query = ns.User.join(ns.User.comments).order_by("id").limit(2)
    users = await query.unique_all()
    assert ids(users) == [1, 2]
    assert sorted(ids(users[0].comments)) == [1, 2, 15]
    assert sorted(ids(users[1].comments)) == [3, 16]


# -- 5, 6, 7: detached, expired -----------------------------------------------


async def test_6_5_unloaded_relations(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    for read in (
        lambda: user.posts,
        lambda: hasattr(user, "posts"),
        lambda: user["posts"],
        lambda: user.posts.append(ns.Post()),
        lambda: user.fill(posts=[]),
    ):
        with pytest.raises(ns.DetachedInstanceError) as caught:
            read()
        text = str(caught.value)
        assert "Parent instance <User at 0x" in text
        assert "is not bound to a Session" in text
        assert "'posts'" in text
    note = await ns.Note.insert(words="no article")
    with pytest.raises(ns.DetachedInstanceError):
        assert note.article


async def test_6_5_setting_is_allowed(ns: SimpleNamespace) -> None:
    user, post = await ns.User.get(1), await ns.Post.get(2)
    post.user = user
    with pytest.raises(ns.DetachedInstanceError):
        assert user.posts
    await post.save()
    assert post.user_id == 1
    assert (await ns.Post.get(2)).user_id == 1


async def test_6_6_a_session_loads_what_it_is_asked(
    ns: SimpleNamespace,
) -> None:
    async with ns.User.AsyncSession() as session:
        user = await session.get(ns.User, 1)
        await session.refresh(user, ["posts"])
        assert ids(user.posts) == [1]
        loaded = await session.run_sync(lambda _: ids(user.comments))
        assert sorted(loaded) == [1, 2, 15]


async def test_6_7_save_unloads_relations(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    post = ns.Post(title="t", body="b", rating=1, user=user)
    await post.save()
    assert post.user_id == 1
    with pytest.raises(ns.DetachedInstanceError):
        assert post.user


async def test_6_7_save_of_a_graph(ns: SimpleNamespace) -> None:
    user = ns.User(
        username="u",
        name="u",
        age=1,
        posts=[
            ns.Post(title="a", body="b", rating=1),
            ns.Post(title="c", body="d", rating=2),
        ],
    )
    await user.save()
    with pytest.raises(ns.DetachedInstanceError):
        assert user.posts
    found = await ns.User.get(user.id, join=[ns.User.posts])
    assert sorted(post.title for post in found.posts) == ["a", "c"]


@pytest.mark.parametrize("how", ["join", "subquery"])
async def test_6_7_eager_collections_stay(
    ns: SimpleNamespace, how: str
) -> None:
    user = await ns.User.get(1, **{how: [ns.User.posts]})
    user.posts.append(ns.Post(title="new", body="b", rating=1))
    user.posts[0].title = "changed"
    user.name = "Changed"
    await user.save()
    assert sorted(post.title for post in user.posts) == ["changed", "new"]
    assert (await ns.Post.get(1)).title == "changed"
    assert (await ns.Post.get(25)).user_id == 1


# -- 8: rollback --------------------------------------------------------------


async def test_6_8_a_failed_update_expires(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    user.username = "bob"
    user.age = 77
    with pytest.raises(ns.IntegrityError):
        await user.save()
    for read in (
        lambda: user.age,
        lambda: repr(user),
        lambda: user.to_dict(),
        lambda: user.id,
    ):
        with pytest.raises(ns.DetachedInstanceError):
            read()
    await user.save()
    assert (user.username, user.age) == ("ada", 19)


async def test_6_8_a_failed_insert_can_be_mended(ns: SimpleNamespace) -> None:
    good = ns.User(username="good", name="g", age=1)
    twin = ns.User(username="ada", name="t", age=2)
    with pytest.raises(ns.IntegrityError):
        await ns.User.save_all([good, twin])
    for user in (good, twin):
        assert ns.inspect(user).transient
        assert (user.id, user.created_at) == (None, None)
    assert (good.username, twin.name, twin.age) == ("good", "t", 2)
    twin.username = "twin"
    await ns.User.save_all([good, twin])
    assert [good.id, twin.id] == [35, 36]


# -- 9: delete ----------------------------------------------------------------


async def test_6_9_children_lose_their_parent(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    with pytest.raises(ns.IntegrityError) as caught:
        await user.delete()
    assert "NOT NULL constraint failed" in str(caught.value)
    assert await ns.User.count() == 34
    assert await ns.Post.count() == 24


async def test_6_9_delete_orphan(ns: SimpleNamespace) -> None:
    article = await ns.Article.insert(
        title="a", notes=[ns.Note(words="x"), ns.Note(words="y")]
    )
    other = await ns.Article.insert(title="b", notes=[ns.Note(words="z")])
    await article.delete()
    assert [note.words for note in await ns.Note.all()] == ["z"]
    loaded = await ns.Article.get(other.id, join=[ns.Article.notes])
    loaded.notes.clear()
    await loaded.save()
    assert await ns.Note.count() == 0


async def test_6_9_viewonly_is_left_alone(ns: SimpleNamespace) -> None:
    product = await ns.Product.get(1)
    await product.delete()
    assert await ns.Sell.where(product_id=1).count() == 1


async def test_6_9_many_to_many_rows_go(ns: SimpleNamespace) -> None:
    tag = ns.Tag(label="x")
    first = ns.Article(title="a", tags=[tag])
    second = ns.Article(title="b", tags=[tag])
    await ns.Article.save_all([first, second])
    count = ns.text("SELECT count(*) FROM article_tags")
    session = ns.conn.async_scoped_session
    assert (await ns.execute(session, count)).scalar_one() == 2
    await (await ns.Article.get(first.id)).delete()
    assert (await ns.execute(session, count)).scalar_one() == 1
    assert await ns.Tag.count() == 1


async def test_6_9_deletes_in_order(ns: SimpleNamespace) -> None:
    comments = await ns.Comment.where(post_id=1).all()
    post = await ns.Post.get(1)
    await ns.Post.delete_all([post, *comments])
    assert await ns.Post.get(1) is None
    assert await ns.Comment.count() == 15


# -- 10 to 16 -----------------------------------------------------------------


async def test_6_10_values_stay_after_commit(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    user.age = 50
    await ns.User.save_all([user])
    assert (user.age, user.username) == (50, "ada")


async def test_6_11_tables_of_all_models(ns: SimpleNamespace) -> None:
    found = await ns.execute(
        ns.conn.async_scoped_session,
        ns.text("SELECT name FROM sqlite_master WHERE type = 'table'"),
    )
    assert set(found.scalars()) == set(ns.BaseModel.metadata.tables)


async def test_6_14_tasks_have_their_sessions(ns: SimpleNamespace) -> None:
    here = ns.User.AsyncSession()
    assert ns.User.AsyncSession() is here

    async def there() -> Any:
        session = ns.User.AsyncSession()
        await ns.User.AsyncSession.remove()
        return session

    assert await asyncio.create_task(there()) is not here
    await ns.User.AsyncSession.remove()


async def test_6_16_a_query_is_changed_in_place(ns: SimpleNamespace) -> None:
    query = ns.User.filter(age__gt=30)
    query.find(age__lt=32)
    assert ids(await query.all()) == [19, 20]
    query.limit(1).offset(1)
    assert ids(await query.all()) == [20]
    query.offset(0)
    assert ids(await query.all()) == [19]


# -- 18: hybrids --------------------------------------------------------------


async def test_6_18_hybrids(ns: SimpleNamespace) -> None:
    assert (ns.User(age=35).is_adult, ns.User(age=5).is_adult) == (True, False)
    query = ns.User.select(ns.User.id, ns.User.is_adult.label("adult"))
    row = await query.order_by(ns.User.is_adult.desc()).first(scalar=False)
    assert (row.id, row.adult) == (1, True)
    assert ns.User(age=35).older_than(ns.User(age=30)) is True
    alias = ns.aliased(ns.User)
    query = ns.select(alias.id).where(alias.is_adult, ns.User.is_adult)
    assert "WHERE users_1.age > :age_1 AND users.age > :age_2" in str(query)


# -- 20 to 25 -----------------------------------------------------------------


def test_6_20_falsy_values_leave_the_query(lib: SimpleNamespace) -> None:
    plain = str(lib.User.query)
    assert str(lib.User.where()) == plain
    assert str(lib.User.with_schema({})) == plain
    assert str(lib.User.with_schema(None)) == plain
    assert str(lib.User.smart_query(filters={}, schema={})) == plain


def test_6_21_attributes_are_hashed_by_identity(lib: SimpleNamespace) -> None:
    assert lib.User.age in [lib.User.id, lib.User.age]
    assert lib.User.age not in [lib.User.id, lib.User.name]
    assert len({lib.User.age, lib.User.id, lib.User.age}) == 2
    with pytest.raises(TypeError, match="Boolean value of this clause"):
        bool(lib.User.age > 3)


async def test_6_22_rows_are_like_tuples(ns: SimpleNamespace) -> None:
    query = ns.User.select(ns.User.age, ns.User.name).where(id=11)
    row = await query.one(scalar=False)
    assert (28, "Mike Turner") == row  # noqa: SIM300
    assert row == (28, "Mike Turner")
    assert (row[0], row[-1], row.age, len(row)) == (28, "Mike Turner", 28, 2)
    age, name = row
    assert (age, name) == (28, "Mike Turner")
    assert hash(row) == hash((28, "Mike Turner"))
    assert row._asdict() == {"age": 28, "name": "Mike Turner"}
    with pytest.raises(TypeError):
        row["age"]


async def test_6_22_results_outlive_their_session(
    ns: SimpleNamespace,
) -> None:
    result = await ns.User.select(ns.User.id).execute()
    assert await ns.User.count() == 34
    assert next(result) == (1,)
    assert len(result.all()) == 33


async def test_6_23_one_of_a_joined_collection(ns: SimpleNamespace) -> None:
    query = ns.User.join(ns.User.posts).where(id=1)
    with pytest.raises(ns.InvalidRequestError):
        await query.one()
    assert (await query.unique_one()).id == 1


async def test_6_24_types_of_results(ns: SimpleNamespace) -> None:
    query = ns.User.select(ns.func.max(ns.User.created_at))
    [moment] = await query.all()
    assert (moment.year, moment.month, moment.day) == (2024, 2, 29)
    assert await ns.User.where(created_at="2024-02-29 10:20:30").count() == 34


async def test_6_25_natural_order(ns: SimpleNamespace) -> None:
    assert (await ns.User.all())[10].name == "Mike Turner"
    found = await ns.User.with_subquery(ns.User.comments).all()
    assert ids(found[0].comments) == [1, 2, 15]


# -- 28 to 30 -----------------------------------------------------------------


def test_6_29_class_methods_of_an_alias(lib: SimpleNamespace) -> None:
    alias = lib.aliased(lib.Post)
    assert alias.__mapper__.class_ is lib.Post
    assert alias.__name__ == "aliased(Post)"
    assert type(alias) is type(lib.aliased(lib.User))
    nested = lib.aliased(lib.User)
    query = (
        lib.select(lib.Comment.id)
        .outerjoin(alias, lib.Comment.post)
        .outerjoin(nested, alias.user)
        .where(*nested.filter_expr(age__gt=3))
    )
    assert str(query).endswith(
        "FROM comments LEFT OUTER JOIN posts AS posts_1"
        " ON posts_1.id = comments.post_id"
        " LEFT OUTER JOIN users AS users_1 ON users_1.id = posts_1.user_id"
        " \nWHERE users_1.age > :age_1"
    )


async def test_6_30_temporary_records(
    ns: SimpleNamespace, sql: list[str]
) -> None:
    sql.clear()
    async with (
        ns.Product(name="a", description="b", price=1) as product,
        ns.Country(code="fr", name="France") as country,
    ):
        assert product.id == 9
        assert await ns.Country.count() == 1
    writes = [
        each.split("(")[0].split(" WHERE")[0].strip()
        for each in sql
        if each.startswith(("INSERT", "DELETE"))
    ]
    assert writes == [
        "INSERT INTO products",
        "INSERT INTO countries",
        "DELETE FROM countries",
        "DELETE FROM products",
    ]
    assert (product.name, country.name) == ("a", "France")
