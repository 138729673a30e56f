"""What sessions make of instances: the same programs through both libraries.

A program yields instances by name; after each step their states, values and
the views of the session are compared. What it raises is told by its class.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from parity.library import Library, ours, peer

Told = AsyncIterator[dict[str, Any]]
PROGRAMS: dict[str, Callable[[Any, Any], Told]] = {}


def program(function: Callable[[Any, Any], Told]) -> Any:
    PROGRAMS[function.__name__] = function
    return function


@cache
def _models(package: str) -> Any:
    lib = Library(package)

    class Base(lib.orm.DeclarativeBase):  # type: ignore[misc, name-defined]
        pass

    class User(Base):
        __tablename__ = "users"
        id = lib.orm.mapped_column(lib.Integer, primary_key=True)
        name = lib.orm.mapped_column(lib.String, unique=True)
        age = lib.orm.mapped_column(lib.Integer, default=5)
        made = lib.orm.mapped_column(lib.String, server_default="now")

    class Pair(Base):
        __tablename__ = "pairs"
        a = lib.orm.mapped_column(lib.Integer, primary_key=True)
        b = lib.orm.mapped_column(
            lib.Integer, primary_key=True, autoincrement=False
        )
        name = lib.orm.mapped_column(lib.String)

    return SimpleNamespace(lib=lib, Base=Base, User=User, Pair=Pair)


# -- programs -----------------------------------------------------------------


@program
async def flushed_and_rolled_back(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    yield {"a": a}
    s.add(a)
    yield {"a": a}
    await s.flush()
    yield {"a": a}
    await s.rollback()
    yield {"a": a}
    s.add(a)
    await s.commit()
    yield {"a": a}


@program
async def closed(s: Any, m: Any) -> Told:
    a, b = m.User(name="a"), m.User(name="b")
    s.add(a)
    await s.commit()
    s.add(b)
    await s.close()
    yield {"a": a, "b": b}
    s.add_all([a, b])
    yield {"a": a, "b": b}


@program
async def failed_flush(s: Any, m: Any) -> Told:
    old = m.User(name="old")
    s.add(old)
    await s.commit()
    await s.get(m.User, 1)
    old.age = 7
    a, b = m.User(name="a"), m.User(name="a")
    s.add_all([a, b])
    try:
        await s.flush()
    except m.lib.exc.IntegrityError:
        yield {"old": old, "a": a, "b": b}
    late = m.User(name="late")
    s.add(late)
    yield {"late": late}
    for use in (s.flush, s.commit, s.begin_nested, s.connection):
        try:
            await use()
        except m.lib.exc.PendingRollbackError:
            yield {"late": late}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await s.rollback()
    yield {"old": old, "late": late}
    b.name = "b"
    s.add_all([a, b])
    await s.commit()
    yield {"a": a, "b": b}


@program
async def failed_commit(s: Any, m: Any) -> Told:
    a, b = m.User(name="a"), m.User(name="a")
    s.add_all([a, b])
    try:
        await s.commit()
    except m.lib.exc.IntegrityError:
        yield {"a": a, "b": b}
    await s.rollback()
    yield {}
    s.add(a)
    await s.commit()
    yield {"a": a}


@program
async def deleted(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.flush()
    await s.delete(a)
    yield {"a": a}
    s.add(a)
    yield {"a": a}
    await s.delete(a)
    await s.flush()
    yield {"a": a}
    await s.rollback()
    yield {"a": a}


@program
async def deletion_rolled_back(s: Any, m: Any) -> Told:
    a, b = m.User(name="a"), m.User(name="b")
    s.add_all([a, b])
    await s.commit()
    for each in (1, 2):
        await s.get(m.User, each)
    await s.delete(a)
    await s.flush()
    await s.delete(b)
    yield {"a": a, "b": b}
    await s.rollback()
    yield {"a": a, "b": b}
    await s.get(m.User, 1)
    await s.delete(a)
    await s.commit()
    yield {"a": a}
    try:
        s.add(a)
    except m.lib.exc.InvalidRequestError:
        m.lib.orm.make_transient(a)
    yield {"a": a}
    a.name = "c"
    s.add(a)
    await s.commit()
    yield {"a": a}


@program
async def savepoints(s: Any, m: Any) -> Told:
    a, b = m.User(name="a"), m.User(name="b")
    s.add(a)
    outer = await s.begin_nested()
    yield {"a": a}
    s.add(b)
    inner = await s.begin_nested()
    c = m.User(name="c")
    s.add(c)
    a.age = 8
    await inner.commit()
    yield {"a": a, "b": b, "c": c}
    await outer.rollback()
    yield {"a": a, "b": b, "c": c}
    await s.commit()
    yield {"a": a}


@program
async def savepoint_deletes(s: Any, m: Any) -> Told:
    a, b = m.User(name="a"), m.User(name="b")
    s.add_all([a, b])
    await s.flush()
    async with s.begin_nested():
        await s.delete(a)
    yield {"a": a}
    point = await s.begin_nested()
    await s.delete(b)
    await s.flush()
    yield {"b": b}
    await point.rollback()
    yield {"a": a, "b": b}
    await s.rollback()
    yield {"a": a, "b": b}


@program
async def savepoint_fails(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.flush()
    b = m.User(name="a")
    try:
        async with s.begin_nested():
            s.add(b)
    except m.lib.exc.IntegrityError:
        yield {"a": a, "b": b}
    c = m.User(name="c")
    s.add(c)
    await s.commit()
    yield {"a": a, "b": b, "c": c}


@program
async def primary_key_changes(s: Any, m: Any) -> Told:
    a, b = m.Pair(a=1, b=1, name="a"), m.Pair(a=2, b=2, name="b")
    s.add_all([a, b])
    await s.commit()
    for each in ((1, 1), (2, 2)):
        await s.get(m.Pair, each)
    a.a = 3
    await s.flush()
    yield {"a": a, "b": b}
    found = await s.get(m.Pair, (3, 1))
    yield {"found": found}
    b.a, b.b = 1, 1
    await s.flush()
    yield {"b": b}
    await s.rollback()
    yield {"a": a, "b": b}
    yield {
        "one": await s.get(m.Pair, {"a": 1, "b": 1}),
        "two": await s.get(m.Pair, (2, 2)),
    }


@program
async def expunged(s: Any, m: Any) -> Told:
    a, b, c = m.User(name="a"), m.User(name="b"), m.User(name="c")
    s.add_all([a, b])
    await s.flush()
    s.add(c)
    s.expunge(a)
    s.expunge(c)
    yield {"a": a, "b": b, "c": c}
    s.expunge_all()
    yield {"b": b}
    s.add(b)
    await s.commit()
    yield {"a": a, "b": b}


@program
async def expired(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.flush()
    a.age = 9
    s.expire(a, ["name"])
    yield {"a": a}
    s.expire(a)
    yield {"a": a}
    await s.get(m.User, 1)
    yield {"a": a}
    s.expire_all()
    a.age = 3
    yield {"a": a}
    await s.get(m.User, 1)
    yield {"a": a}


@program
async def rows_that_go(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.commit()
    s.expire_all()
    await s.execute(m.lib.text("DELETE FROM users"))
    found = await s.get(m.User, 1)
    yield {"a": a, "found": found}
    await s.rollback()
    yield {"a": a}


@program
async def populated(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.commit()
    await s.get(m.User, 1)
    await s.execute(m.lib.text("UPDATE users SET name = 'z'"))
    await s.get(m.User, 1)
    yield {"a": a}
    with s.no_autoflush:
        a.age = 1
        await s.get(m.User, 1, populate_existing=True)
    yield {"a": a}
    await s.execute(m.lib.text("UPDATE users SET name = 'y'"))
    query = m.lib.select(m.User)
    (await s.execute(query)).scalars().all()
    yield {"a": a}
    (
        await s.execute(query.execution_options(populate_existing=True))
    ).scalars().all()
    yield {"a": a}


@program
async def autoflushed(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    with s.no_autoflush:
        await s.execute(m.lib.select(m.User))
    yield {"a": a}
    await s.execute(m.lib.text("SELECT 1"))
    yield {"a": a}
    await s.execute(
        m.lib.select(m.User), execution_options={"autoflush": False}
    )
    yield {"a": a}
    await s.execute(m.lib.select(m.User.id))
    yield {"a": a}
    a.name = "b"
    await s.get(m.User, 9)
    yield {"a": a}
    await s.delete(a)
    await s.scalars(m.lib.select(m.User))
    yield {"a": a}


@program
async def another_with_its_key(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.commit()
    twin = m.User(id=1, name="twin")
    m.lib.orm.make_transient_to_detached(twin)
    yield {"twin": twin}
    for use in (s.add, s.delete):
        try:
            done = use(twin)
            if done is not None:
                await done
        except m.lib.exc.InvalidRequestError:
            yield {"twin": twin}
    s.expunge(a)
    s.add(twin)
    twin.name = "other"
    await s.commit()
    yield {"twin": twin}


@program
async def wrong_uses(s: Any, m: Any) -> Told:
    user, errors = m.User(name="a"), m.lib.exc.InvalidRequestError
    for use in (s.delete, s.expunge, s.expire):
        try:
            done = use(user)
            if done is not None:
                await done
        except errors:
            yield {"user": user}
    for thing in (None, 5, m.User, object()):
        for use in (s.add, s.delete, s.expunge, s.expire, s.is_modified):
            try:
                done = use(thing)
                if done is not None:
                    await done
            except m.lib.orm.exc.UnmappedInstanceError:
                yield {}
    for ident in ((1, 2), (), {"x": 1}, {"id": 1, "name": 2}):
        try:
            await s.get(m.User, ident)
        except errors:
            yield {}
    try:
        await s.get_one(m.User, 77)
    except m.lib.exc.NoResultFound:
        yield {}
    try:
        await s.get(int, 1)
    except m.lib.exc.NoInspectionAvailable:
        yield {}


@program
async def in_a_block(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    async with s.begin():
        s.add(a)
    yield {"a": a}
    b = m.User(name="a")
    try:
        async with s.begin():
            s.add(b)
    except m.lib.exc.IntegrityError:
        yield {"a": a, "b": b}
    a.name = "c"
    yield {"a": a}
    await s.rollback()
    yield {"a": a}


# -- the comparison -----------------------------------------------------------


def _described(lib: Any, session: Any, instance: Any) -> Any:
    if instance is None:
        return None
    state = lib.inspect(instance)
    words = ("transient", "pending", "persistent", "deleted", "detached")
    columns = {each.key for each in state.mapper.column_attrs}
    return {
        "is": [word for word in words if getattr(state, word)],
        "identity": state.identity,
        "modified": state.modified,
        "differs": session.is_modified(instance),
        "expired": state.expired,
        "was deleted": state.was_deleted and not state.transient,
        "within": instance in session,
        "new": instance in session.new,
        "dirty": instance in session.dirty,
        "doomed": instance in session.deleted,
        "values": {
            key: value
            for key, value in sorted(state.dict.items())
            if key in columns
        },
    }


def _counts(session: Any) -> tuple[Any, ...]:
    return (
        len(session.new),
        len(session.dirty),
        len(session.deleted),
        len(list(session)),
        len(session.identity_map),
        session.is_active,
        session.in_transaction(),
        session.in_nested_transaction(),
    )


async def _run(lib: Any, name: str, expire: bool) -> list[Any]:
    m = _models(lib._package)
    engine = lib.asyncio.create_async_engine("sqlite+aiosqlite://")
    told: list[Any] = []
    try:
        async with engine.begin() as connection:
            await connection.run_sync(m.Base.metadata.create_all)
        async with lib.asyncio.AsyncSession(
            engine, expire_on_commit=expire
        ) as session:
            held = []
            async for instances in PROGRAMS[name](session, m):
                held.append(instances)
                told.append(
                    {
                        key: _described(lib, session, each)
                        for key, each in instances.items()
                    }
                )
                told.append(_counts(session))
    finally:
        await engine.dispose()
    return told


@pytest.mark.parametrize("expire", [True, False], ids=["expire", "keep"])
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_states(name: str, expire: bool) -> None:
    expected = asyncio.run(_run(peer, name, expire))
    found = asyncio.run(_run(ours, name, expire))
    for at, (one, other) in enumerate(zip(expected, found, strict=False)):
        assert other == one, f"step {at}"
    assert found == expected
