"""Random changes of collections that are never in memory: the peer's rows.

Each step adds, removes, moves or deletes something; the rows are compared
whenever a program flushes. A step that fails is rolled back in both libraries,
and everything is read anew.
"""

from __future__ import annotations

import os
import random
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.library import Library, ours, peer

COUNT = int(os.environ.get("SAC_RANDOM_WRITTEN", "12"))
OPERATIONS = (
    ["add"] * 4
    + ["take"] * 3
    + ["set"] * 3
    + ["tag"] * 3
    + ["untag"] * 2
    + ["flush"] * 4
    + ["new"] * 2
    + ["delete_post", "delete_user", "commit", "rollback", "expire"]
)


def models(lib: Library, kind: dict[str, Any]) -> SimpleNamespace:
    """Return the classes of one world."""
    orm, F = lib.orm, lib.ForeignKey

    class Base(orm.DeclarativeBase):
        pass

    def key() -> Any:
        return orm.mapped_column(lib.Integer, primary_key=True)

    middle = lib.Table(
        "post_tags",
        Base.metadata,
        lib.Column("post_id", F("posts.id"), primary_key=True),
        lib.Column("tag_id", F("tags.id"), primary_key=True),
    )
    sided = {"back_populates": "user"} if kind["both"] else {}

    class User(Base):
        __tablename__ = "users"
        id = key()
        posts = orm.relationship(
            "Post",
            lazy=kind["lazy"],
            cascade=kind["cascade"],
            passive_deletes=kind["passive"],
            **sided,
        )

    class Post(Base):
        __tablename__ = "posts"
        id = key()
        user_id = orm.mapped_column(lib.Integer, F("users.id"))
        if kind["both"]:
            user = orm.relationship("User", back_populates="posts")
        tags = orm.relationship(
            "Tag",
            secondary=middle,
            lazy=kind["lazy"],
            passive_deletes=kind["passive"],
            back_populates="posts",
        )

    class Tag(Base):
        __tablename__ = "tags"
        id = key()
        posts = orm.relationship(
            "Post",
            secondary=middle,
            lazy="dynamic",
            back_populates="tags",
        )

    return SimpleNamespace(Base=Base, User=User, Post=Post, Tag=Tag, lib=lib)


class World:
    """One library going through a program."""

    def __init__(self, m: Any, session: Any) -> None:
        self.m, self.s = m, session
        self.told: list[Any] = []

    async def begin(self) -> None:
        """Read everything anew."""
        self.s.expunge_all()
        for name in ("User", "Post", "Tag"):
            cls = getattr(self.m, name)
            found = await self.s.scalars(self.m.lib.select(cls))
            setattr(self, name, {each.id: each for each in found})

    async def rows(self) -> list[Any]:
        """Return all rows."""
        found = []
        for table in self.m.Base.metadata.sorted_tables:
            query = self.m.lib.select(table).order_by(*table.c)
            result = await self.s.execute(query)
            found.append((table.name, [tuple(each) for each in result]))
        return found

    async def step(self, operation: str, *numbers: int) -> None:
        """Do one thing and note what comes of it."""
        try:
            done = await getattr(self, f"do_{operation}")(*numbers)
            self.told.append((operation, numbers, done))
        except Exception as error:
            name = type(getattr(error, "orig", None) or error).__name__
            self.told.append((operation, numbers, name))
            await self.s.rollback()
            await self.begin()
            self.told.append(await self.rows())

    def alive(self, name: str, number: int) -> Any:
        """Return an instance that is not deleted, nor to be."""
        found = getattr(self, name)[number]
        if found in self.s.deleted or found not in self.s:
            raise KeyError(number)
        return found

    def post(self, number: int) -> Any:
        """Return a post."""
        return self.alive("Post", number)

    def user(self, number: int) -> Any:
        """Return a user."""
        return self.alive("User", number)

    def pair(self, user: int, post: int) -> Any:
        """Return a user and a post."""
        return self.user(user), self.post(post)

    async def do_new(self, post: int, user: int) -> None:
        made = self.m.Post(id=100 + len(self.told))
        self.user(user).posts.add(made)
        self.Post[made.id] = made

    async def do_add(self, user: int, post: int) -> None:
        parent, child = self.pair(user, post)
        if not hasattr(self.m.Post, "user"):
            await self.s.flush()  # two owners at once: nobody knows which
        parent.posts.add(child)

    async def do_take(self, user: int, post: int) -> None:
        parent, child = self.pair(user, post)
        if child.user_id == user:  # elsewhere the peer takes it from others
            parent.posts.remove(child)

    async def do_set(self, user: int, post: int) -> None:
        child = self.post(post)
        child.user = self.user(user) if user else None

    async def do_tag(self, tag: int, post: int) -> None:
        self.post(post).tags.add(self.Tag[tag])

    async def do_untag(self, tag: int, post: int) -> None:
        self.Tag[tag].posts.remove(self.post(post))

    async def do_delete_post(self, user: int, post: int) -> None:
        await self.s.flush()
        await self.s.delete(self.Post[post])

    async def do_delete_user(self, user: int, post: int) -> None:
        await self.s.flush()
        await self.s.delete(self.User[user])

    async def do_flush(self, *_: int) -> Any:
        await self.s.flush()
        return await self.rows()

    async def do_commit(self, *_: int) -> Any:
        await self.s.commit()
        return await self.rows()

    async def do_rollback(self, *_: int) -> None:
        await self.s.rollback()
        await self.begin()

    async def do_expire(self, *_: int) -> None:
        await self.s.flush()
        self.s.expire_all()
        for name in ("User", "Post"):
            cls = getattr(self.m, name)
            (await self.s.scalars(self.m.lib.select(cls))).all()


async def told(
    lib: Library, kind: Any, steps: list[Any], path: Path
) -> list[Any]:
    """Return what comes of a program."""
    m = models(lib, kind)
    engine = lib.asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(m.Base.metadata.create_all)
    async with lib.asyncio.AsyncSession(
        engine, autoflush=False, expire_on_commit=False
    ) as session:
        users = [m.User(id=at, posts=[m.Post(id=at)]) for at in (1, 2, 3)]
        session.add_all([*users, m.Tag(id=1), m.Tag(id=2)])
        await session.commit()
        world = World(m, session)
        await world.begin()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lib.exc.SAWarning)
            for each in steps:
                await world.step(*each)
            await world.step("flush")
    await engine.dispose()
    return world.told


@pytest.mark.parametrize("seed", range(COUNT))
@pytest.mark.parametrize("both", [True, False], ids=["both", "one"])
@pytest.mark.parametrize("cascade", ["save-update", "all, delete-orphan"])
@pytest.mark.parametrize("lazy", ["write_only", "dynamic"])
async def test_random(
    lazy: str, cascade: str, both: bool, seed: int, tmp_path: Path
) -> None:
    kind = {
        "lazy": lazy,
        "cascade": cascade,
        "both": both,
        "passive": lazy == "write_only" or bool(seed % 3 == 0),
    }
    chance = random.Random(f"{seed} {lazy} {cascade} {both}")
    steps = [
        (
            chance.choice(OPERATIONS),
            chance.randint(0 if both else 1, 3),
            chance.randint(1, 3),
        )
        for _ in range(25)
    ]
    expected = await told(peer, kind, steps, tmp_path / "peer.db")
    assert await told(ours, kind, steps, tmp_path / "ours.db") == expected
