"""Contract 2.5: what an instance does."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

# -- the constructor ----------------------------------------------------------


def test_2_5_constructor(lib: SimpleNamespace) -> None:
    user = lib.User(name="a", age=3)
    assert (user.id, user.name, user.age, user.username) == (
        None,
        "a",
        3,
        None,
    )
    assert (user.posts, lib.Post().user) == ([], None)


def test_2_5_constructor_takes_keywords_only(lib: SimpleNamespace) -> None:
    with pytest.raises(TypeError):
        lib.User("a")


def test_2_5_constructor_refuses_an_unknown_keyword(
    lib: SimpleNamespace,
) -> None:
    text = "'foo' is an invalid keyword argument for User"
    with pytest.raises(TypeError, match=text):
        lib.User(foo=1)


def test_2_5_constructor_takes_relations(lib: SimpleNamespace) -> None:
    post = lib.Post(title="a")
    user = lib.User(posts=[post])
    assert user.posts == [post]
    assert post.user is user
    assert lib.Product(sells=[]).sells == []


def test_2_5_constructor_refuses_a_hybrid_that_only_reads(
    lib: SimpleNamespace,
) -> None:
    with pytest.raises(AttributeError):
        lib.User(is_adult=True)


def test_2_5_defaults_come_with_the_insert(lib: SimpleNamespace) -> None:
    assert lib.Country(code="fr").size is None


# -- fill ---------------------------------------------------------------------


def test_2_5_fill(lib: SimpleNamespace) -> None:
    user = lib.User(name="a", age=3)
    assert user.fill(name="b", username="bb") is user
    assert (user.name, user.age, user.username) == ("b", 3, "bb")


def test_2_5_fill_of_the_key_and_a_relation(lib: SimpleNamespace) -> None:
    user = lib.User(id=4)
    post = lib.Post().fill(id=7, user=user)
    assert (post.id, post.user) == (7, user)
    assert user.fill(posts=[]).posts == []


def test_2_5_fill_refuses_unknown_names(lib: SimpleNamespace) -> None:
    user = lib.User(age=1)
    with pytest.raises(lib.ModelAttributeError) as caught:
        user.fill(age=2, foo=1, name="c")
    assert str(caught.value) == "no such attribute: 'foo' in model User"
    assert (user.age, user.name) == (2, None)  # names before it are set


@pytest.mark.parametrize("name", ["save", "id_str", "query", "older_than"])
def test_2_5_fill_refuses_what_is_not_settable(
    lib: SimpleNamespace, name: str
) -> None:
    with pytest.raises(lib.NoSettableError) as caught:
        lib.User().fill(**{name: 1})
    assert str(caught.value) == (
        f"attribute not settable: {name!r} in model User"
    )


def test_2_5_fill_refuses_a_relation_that_only_reads(
    lib: SimpleNamespace,
) -> None:
    with pytest.raises(lib.NoSettableError):
        lib.Product().fill(sells=[])


def test_2_5_fill_looks_at_the_attribute(lib: SimpleNamespace) -> None:
    with pytest.raises(TypeError):
        lib.User().fill(is_adult=True)  # None > 18


async def test_2_5_fill_of_an_unloaded_relation(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    with pytest.raises(ns.DetachedInstanceError):
        user.fill(posts=[])


# -- save ---------------------------------------------------------------------


async def test_2_5_save_inserts(ns: SimpleNamespace) -> None:
    user = ns.User(username="new", name="New", age=5)
    assert await user.save() is user
    assert user.id == 35
    assert user.created_at is not None
    assert user.created_at == user.updated_at
    assert await ns.User.count() == 35


async def test_2_5_save_updates_what_changed(
    ns: SimpleNamespace, sql: list[str]
) -> None:
    user = await ns.User.get(1)
    user.name = "Changed"
    sql.clear()
    await user.save()
    [update] = [each for each in sql if each.startswith("UPDATE")]
    changed = update.partition("WHERE")[0]
    assert "name" in changed
    assert "username" not in changed
    assert "age" not in changed
    assert (await ns.User.get(1)).name == "Changed"


async def test_2_5_save_without_a_change_reads_again(
    ns: SimpleNamespace,
) -> None:
    user = await ns.User.get(1)
    before = user.updated_at
    other = await ns.User.get(1)
    await other.update(name="From elsewhere")
    await user.save()
    assert user.name == "From elsewhere"
    assert user.updated_at == other.updated_at
    assert user.updated_at > before


async def test_2_5_save_without_a_change_updates_nothing(
    ns: SimpleNamespace, sql: list[str]
) -> None:
    user = await ns.User.get(1)
    user.name = "Ada Lovell"  # as it is
    before = user.updated_at
    sql.clear()
    await user.save()
    assert not [each for each in sql if each.startswith("UPDATE")]
    assert user.updated_at == before


async def test_2_5_save_of_a_deleted_instance(ns: SimpleNamespace) -> None:
    sell = await ns.Sell.get({"id": 1, "product_id": 1})
    await sell.delete()
    with pytest.raises(ns.InvalidRequestError, match="has been deleted"):
        await sell.save()


async def test_2_5_save_does_not_merge(ns: SimpleNamespace) -> None:
    twin = ns.User(id=1, username="twin", name="x", age=1)
    with pytest.raises(ns.IntegrityError):
        await twin.save()


async def test_2_5_save_error_has_the_message_of_the_database(
    ns: SimpleNamespace,
) -> None:
    with pytest.raises(ns.IntegrityError) as caught:
        await ns.User(username="ada", name="x", age=1).save()
    text = str(caught.value)
    assert "UNIQUE constraint failed: users.username" in text
    assert "[SQL: INSERT INTO users" in text
    with pytest.raises(ns.IntegrityError, match="NOT NULL constraint failed"):
        await ns.User(username="x").save()


async def test_2_5_save_of_a_changed_key(ns: SimpleNamespace) -> None:
    country = await ns.Country.insert(code="fr", name="France")
    country.code = "be"
    await country.save()
    assert await ns.Country.get("fr") is None
    assert (await ns.Country.get("be")).name == "France"


async def test_2_5_save_gives_the_defaults(ns: SimpleNamespace) -> None:
    country = await ns.Country(code="fr", name="France").save()
    assert country.size == 7
    assert (await ns.Country(code="be", name="B", size=3).save()).size == 3


# -- update, delete -----------------------------------------------------------


async def test_2_5_update(ns: SimpleNamespace) -> None:
    user = await ns.User.get(2)
    assert await user.update(name="B", age=50) is user
    assert ((await ns.User.get(2)).name, user.age) == ("B", 50)


async def test_2_5_update_of_nothing_is_save(ns: SimpleNamespace) -> None:
    user = ns.User(username="u", name="u", age=1)
    await user.update()
    assert user.id == 35


async def test_2_5_update_refuses_as_fill_does(ns: SimpleNamespace) -> None:
    user = await ns.User.get(2)
    with pytest.raises(ns.ModelAttributeError):
        await user.update(foo=1)
    with pytest.raises(ns.NoSettableError):
        await user.update(older_than=1)


@pytest.mark.parametrize("name", ["delete", "remove"])
async def test_2_5_delete(ns: SimpleNamespace, name: str) -> None:
    comment = await ns.Comment.get(17)
    assert await getattr(comment, name)() is None
    assert comment.body == "And again"
    assert await ns.Comment.get(17) is None
    assert await ns.Comment.count() == 16


async def test_2_5_delete_of_a_new_instance(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.InvalidRequestError, match="is not persisted"):
        await ns.User(username="x").delete()


async def test_2_5_delete_twice(ns: SimpleNamespace) -> None:
    first = await ns.Comment.get(17)
    second = await ns.Comment.get(17)
    await first.delete()
    with pytest.warns(ns.SAWarning):
        await second.delete()


# -- a record for a while -----------------------------------------------------


async def test_2_5_async_with(ns: SimpleNamespace) -> None:
    async with ns.User(username="tmp", name="T", age=1) as user:
        assert user.id == 35
        assert await ns.User.count() == 35
    assert await ns.User.count() == 34
    assert (user.id, user.name) == (35, "T")


async def test_2_5_async_with_an_error(ns: SimpleNamespace) -> None:
    with pytest.raises(ZeroDivisionError):
        async with ns.User(username="tmp", name="T", age=1):
            raise ZeroDivisionError
    assert await ns.User.count() == 34


async def test_2_5_async_with_a_failing_save(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.IntegrityError):
        async with ns.User(username="ada", name="T", age=1):
            raise AssertionError("not reached")
    assert await ns.User.where(username="ada").count() == 1


async def test_2_5_only_async_with(ns: SimpleNamespace) -> None:
    with pytest.raises((TypeError, AttributeError)):
        with ns.User(username="tmp", name="T", age=1):
            pass


# -- items, texts -------------------------------------------------------------


def test_2_5_getitem(lib: SimpleNamespace) -> None:
    user = lib.User(name="a", age=20)
    assert (user["name"], user["is_adult"], user["posts"]) == ("a", True, [])
    assert callable(user["save"])
    with pytest.raises(lib.ModelAttributeError) as caught:
        user["foo"]
    assert str(caught.value) == "no such attribute: 'foo' in model User"


def test_2_5_setitem(lib: SimpleNamespace) -> None:
    user = lib.User()
    user["name"] = "b"
    assert user.name == "b"
    with pytest.raises(lib.ModelAttributeError):
        user["foo"] = 1
    with pytest.raises(lib.NoSettableError):
        user["older_than"] = 1


async def test_2_5_getitem_of_an_unloaded_relation(
    ns: SimpleNamespace,
) -> None:
    user = await ns.User.get(1)
    with pytest.raises(ns.DetachedInstanceError):
        user["posts"]


async def test_2_5_updated_at_moves(ns: SimpleNamespace) -> None:
    user = await ns.User.insert(username="u", name="u", age=1)
    created = user.created_at
    await asyncio.sleep(1.05)
    await user.update(age=2)
    assert user.created_at == created
    assert user.updated_at > user.created_at
