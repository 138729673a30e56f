"""What sessions do at the edges is what the peer does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from parity.library import ours, peer
from parity.random_units.stage import Stage

CASES: dict[str, Callable[..., Awaitable[Any]]] = {}


def case(function: Callable[..., Awaitable[Any]]) -> Any:
    CASES[function.__name__] = function
    return function


def _shown(lib: Any, instance: Any, *names: str) -> Any:
    state = lib.inspect(instance)
    words = ("transient", "pending", "persistent", "deleted", "detached")
    return (
        [word for word in words if getattr(state, word)],
        {name: state.dict.get(name, "-") for name in names},
    )


async def _raised(function: Callable[..., Any], *args: Any) -> str:
    try:
        await function(*args)
    except Exception as error:
        return type(error).__name__
    return "nothing"


@case
async def expire_unknown_attribute(lib: Any, m: Any, s: Any) -> Any:
    user = m["User"](name="a")
    s.add(user)
    await s.flush()
    with pytest.raises(KeyError) as caught:
        s.expire(user, ["unknown"])
    return str(caught.value), _shown(lib, user, "name")


@case
async def insert_uneven_rows(lib: Any, m: Any, s: Any) -> Any:
    User = m["User"]
    rows = [{"name": "a"}, {"id": 7}, {"name": "c", "id": 9}, {"name": "d"}]
    await s.execute(lib.insert(User), rows)
    query = lib.select(User.id, User.name).order_by(User.id)
    there = [tuple(row) for row in await s.execute(query)]
    await s.rollback()
    made = await s.scalars(lib.insert(User).returning(User), rows)
    instances = made.all()
    made = await s.execute(
        lib.insert(User).returning(User.id, User.name),
        [{"name": "x"}, {"id": 70}],
    )
    return (
        there,
        [(each.id, each.name, each in s) for each in instances],
        [tuple(row) for row in made],
    )


@case
async def insert_uneven_rows_of_a_table(lib: Any, m: Any, s: Any) -> Any:
    table = m["User"].__table__
    rows = [{"name": "a"}, {"id": 7}]
    return await _raised(s.execute, lib.insert(table), rows)


@case
async def statements_of_a_table(lib: Any, m: Any, s: Any) -> Any:
    table = m["User"].__table__
    user = m["User"](name="a")
    s.add(user)
    await s.commit()
    told = [(await s.execute(table.delete())).rowcount]
    await s.execute(table.insert().values(name="q"))
    told.append((await s.execute(table.update().values(name="z"))).rowcount)
    told += (await s.scalars(lib.select(table.c.name))).all()
    return told, user in s


@case
async def detail_of_an_autoflush(lib: Any, m: Any, s: Any) -> Any:
    told = []
    for query in ("get", "execute", "flush", "commit"):
        s.add(m["Note"](body="x"))
        try:
            if query == "get":
                await s.get(m["User"], 1)
            elif query == "execute":
                await s.execute(lib.select(m["User"]))
            else:
                await getattr(s, query)()
        except lib.exc.IntegrityError as error:
            told.append((query, len(error.detail)))
        await s.rollback()
    return told


@case
async def deleted_expired(lib: Any, m: Any, s: Any) -> Any:
    user = m["User"](name="a")
    s.add(user)
    await s.commit()
    await s.delete(user)
    told = [_shown(lib, user, "id", "name")]
    await s.rollback()
    await s.execute(lib.delete(m["User"]))
    s.expire_all()
    return told, await _raised(s.delete, user)


@case
async def delete_flushes_first(lib: Any, m: Any, s: Any) -> Any:
    user, note = m["User"](name="a"), m["Note"](body="n")
    note.user = user
    s.add(user)
    await s.commit()
    await s.refresh(user)
    other = m["User"](name="b")
    s.add(other)
    await s.delete(user)
    return other.id, len(s.new), sorted(type(x).__name__ for x in s.deleted)


@case
async def expunged_and_rolled_back(lib: Any, m: Any, s: Any) -> Any:
    told = []
    for again in (False, True):
        user = m["User"](name="a")
        s.add(user)
        await s.flush()
        s.expunge(user)
        if again:
            s.add(user)
        await s.rollback()
        told.append(_shown(lib, user, "name"))
    return told


@case
async def expunged_after_its_deletion(lib: Any, m: Any, s: Any) -> Any:
    async with lib.asyncio.AsyncSession(
        s.bind, expire_on_commit=False
    ) as other:
        user = m["User"](name="a")
        other.add(user)
        await other.commit()
        await other.delete(user)
        await other.commit()
        other.expunge(user)
        return _shown(lib, user)


@case
async def orphan_of_a_pending_parent(lib: Any, m: Any, s: Any) -> Any:
    user = m["User"](name="a", notes=[m["Note"](body="n")])
    s.add(user)
    (note,) = user.notes
    note.user = m["User"](name="b")
    return _shown(lib, note), note.user in s, user.notes


@case
async def single_child_replaced_twice(lib: Any, m: Any, s: Any) -> Any:
    user, one = m["User"](name="a", profile=None), m["Profile"](bio="1")
    s.add_all([user, one])
    await s.flush()
    user.profile = one
    user.profile = m["Profile"](bio="2")
    await s.flush()
    query = lib.select(m["Profile"].bio)
    return _shown(lib, one), (await s.scalars(query)).all()


@case
async def single_child_set_unread(lib: Any, m: Any, s: Any) -> Any:
    user = m["User"](name="a")
    s.add(user)
    await s.flush()
    user.profile = None
    await s.flush()
    return _shown(lib, user, "profile")


@case
async def row_of_a_deleted_parent(lib: Any, m: Any, s: Any) -> Any:
    user = m["User"](name="a", posts=[])
    s.add(user)
    await s.flush()
    await s.delete(user)
    await s.flush()
    post = m["Post"](title="p", user=user)
    with pytest.raises(lib.exc.InvalidRequestError):
        s.add(post)
    return _shown(lib, post), _shown(lib, user)


@case
async def populate_existing_forgets_relations(lib: Any, m: Any, s: Any) -> Any:
    user = m["User"](name="a", posts=[m["Post"](title="p")])
    s.add(user)
    await s.flush()
    await s.get(m["User"], user.id, populate_existing=True)
    told = _shown(lib, user, "posts", "notes")
    query = lib.select(m["User"]).execution_options(populate_existing=True)
    await s.scalars(query.options(lib.orm.selectinload(m["User"].posts)))
    return told, [each.title for each in user.posts]


@case
async def merged_into_expired(lib: Any, m: Any, s: Any) -> Any:
    user = m["User"](name="a")
    s.add(user)
    await s.flush()
    s.expire(user)
    await s.merge(m["User"](id=user.id if "id" in vars(user) else 1, name="a"))
    return s.is_modified(user), _shown(lib, user, "id", "name")


@case
async def row_that_refers_to_itself(lib: Any, m: Any, s: Any) -> Any:
    node = m["Node"](name="a")
    s.add(node)
    await s.flush()
    await s.refresh(node)
    other = m["Node"](name="b")
    other.parent = other
    s.add(other)
    told = await _raised(s.flush)
    await s.rollback()
    return told, _shown(lib, other, "name", "parent_id")


async def _told(package: str, name: str) -> Any:
    world = "trees" if name == "row_that_refers_to_itself" else "shop"
    stage = Stage(package, world)
    classes = {key: kind.cls for key, kind in stage.kinds.items()}
    try:
        await stage.open()
        async with stage.lib.asyncio.AsyncSession(stage.engine) as session:
            return await CASES[name](stage.lib, classes, session)
    finally:
        await stage.engine.dispose()


@pytest.mark.parametrize("name", sorted(CASES))
def test_case(name: str) -> None:
    expected = asyncio.run(_told(peer._package, name))
    assert asyncio.run(_told(ours._package, name)) == expected
