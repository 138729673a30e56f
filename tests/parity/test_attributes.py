"""Attributes by name, marks and histories: as the peer has them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from parity.library import Library, ours, peer

PROGRAMS: dict[str, Callable[..., Any]] = {}


def program(function: Callable[..., Any]) -> Any:
    PROGRAMS[function.__name__] = function
    return function


class World:
    """One library, its models, and what a program tells."""

    def __init__(self, lib: Library) -> None:
        self.lib = lib
        self.attributes = import_module(f"{lib._package}.orm.attributes")
        self.told: list[Any] = []
        column = lib.orm.mapped_column

        class Base(lib.orm.DeclarativeBase):  # type: ignore[misc, name-defined]
            pass

        class User(Base):
            __tablename__ = "users"
            id = column(lib.Integer, primary_key=True)
            name = column(lib.String)
            data = column(lib.JSON)
            posts = lib.orm.relationship(
                "Post", back_populates="user", order_by="Post.id"
            )

            @property
            def shout(self) -> str:
                return self.name.upper()

        class Post(Base):
            __tablename__ = "posts"
            id = column(lib.Integer, primary_key=True)
            user_id = column(lib.Integer, lib.ForeignKey("users.id"))
            user = lib.orm.relationship("User", back_populates="posts")

        self.Base, self.User, self.Post = Base, User, Post

    def tell(self, *values: Any) -> None:
        self.told.append(values)

    def fails(self, function: Callable[..., Any], *args: Any) -> None:
        try:
            function(*args)
        except Exception as error:
            self.tell(type(error).__name__)
        else:
            self.tell("no error")

    def history(self, instance: Any, key: str) -> None:
        found = self.attributes.get_history(instance, key)
        self.tell(
            key,
            *(list(each or ()) for each in found),
            found.has_changes(),
            found.empty(),
        )

    async def data_of(self) -> Any:
        async with self.engine.connect() as connection:
            found = await connection.execute(
                self.lib.text("SELECT name, data FROM users ORDER BY id")
            )
            return [tuple(each) for each in found]

    async def run(self, function: Callable[..., Any]) -> list[Any]:
        self.engine = self.lib.asyncio.create_async_engine(
            "sqlite+aiosqlite://", poolclass=self.lib.StaticPool
        )
        async with self.engine.begin() as connection:
            await connection.run_sync(self.Base.metadata.create_all)
        async with self.lib.asyncio.AsyncSession(
            self.engine, expire_on_commit=False
        ) as session:
            user = self.User(id=1, name="a", data={"n": [1]})
            session.add(user)
            await session.commit()
            await function(self, session, user)
        await self.engine.dispose()
        return self.told


@program
async def in_place(w: World, session: Any, user: Any) -> None:
    user.data["n"].append(2)
    w.tell(user in session.dirty, session.is_modified(user))
    w.attributes.flag_modified(user, "data")
    w.tell(user in session.dirty, session.is_modified(user))
    w.history(user, "data")
    await session.commit()
    w.tell(user in session.dirty, await w.data_of())


@program
async def set_back(w: World, session: Any, user: Any) -> None:
    value = user.data
    user.data = {"other": 1}
    user.data = value
    value["n"] = 5
    w.attributes.flag_modified(user, "data")
    await session.commit()
    w.tell(await w.data_of())


@program
async def flagged_wrongly(w: World, session: Any, user: Any) -> None:
    flag = w.attributes.flag_modified
    w.fails(flag, user, "nothing")
    w.fails(flag, user, "shout")
    w.fails(flag, object(), "name")
    session.expire(user, ["data"])
    w.fails(flag, user, "data")
    w.fails(flag, w.User(), "name")
    w.fails(flag, w.User(name="b"), "name")
    w.fails(w.attributes.flag_dirty, object())


@program
async def dirty(w: World, session: Any, user: Any) -> None:
    event = import_module(f"{w.lib._package}.event")
    seen = []

    @event.listens_for(session.sync_session, "before_flush")  # type: ignore[untyped-decorator]
    def before(inner: Any, context: Any, instances: Any) -> None:
        seen.append([each.name for each in inner.dirty])
        for each in inner.dirty:
            each.name = "heard"

    w.attributes.flag_dirty(user)
    w.tell(user in session.dirty, session.is_modified(user))
    await session.commit()
    w.tell(seen, user in session.dirty, await w.data_of())


@program
async def by_name(w: World, session: Any, user: Any) -> None:
    a = w.attributes
    a.set_attribute(user, "name", "z")
    w.tell(a.get_attribute(user, "name"), user in session.dirty)
    w.history(user, "name")
    await session.commit()
    w.tell(await w.data_of())
    a.del_attribute(user, "name")
    w.tell("name" in a.instance_dict(user), user in session.dirty)
    for call in (a.get_attribute, a.del_attribute, a.get_history):
        w.fails(call, user, "nothing")
    w.fails(a.set_attribute, user, "nothing", 1)


@program
async def committed(w: World, session: Any, user: Any) -> None:
    a = w.attributes
    a.set_committed_value(user, "name", "given")
    w.tell(user.name, user in session.dirty)
    user.name = "set"
    a.set_committed_value(user, "name", "given")
    post = w.Post(id=1)
    a.set_committed_value(user, "posts", [post])
    w.tell(len(user.posts), post in session, post.user is None)
    w.history(user, "name")
    w.tell(sorted(a.instance_dict(user))[-4:-1])
    w.fails(a.set_committed_value, user, "nothing", 1)
    await session.commit()
    w.tell(await w.data_of())


@program
async def collections(w: World, session: Any, user: Any) -> None:
    a = w.attributes
    adapter = a.init_collection(user, "posts")
    one, two = w.Post(id=1), w.Post(id=2)
    adapter.append_without_event(one)
    w.tell(user.posts == [one], one.user is None, user in session.dirty)
    user.posts.append(two)
    w.tell(two.user is user, two in session)
    found = a.get_history(user, "posts")
    w.tell(found.added == [two], found.unchanged == [one], found.deleted)
    w.tell(len(list(adapter)))


@program
async def histories(w: World, session: Any, user: Any) -> None:
    a = w.attributes
    new = w.User(name="n")
    for key in ("name", "data", "posts"):
        w.history(new, key)
    w.history(user, "name")
    user.name = "b"
    w.history(user, "name")
    user.name = "a"
    w.history(user, "name")
    session.expire(user, ["data"])
    found = a.get_history(user, "data", a.PASSIVE_NO_INITIALIZE)
    w.tell([list(each or ()) for each in found])
    await session.run_sync(lambda _: w.history(user, "data"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_same(name: str) -> None:
    told = [
        asyncio.run(World(lib).run(PROGRAMS[name])) for lib in (ours, peer)
    ]
    assert told[0] == told[1]
    assert told[0]
