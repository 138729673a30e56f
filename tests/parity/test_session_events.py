"""The events of sessions and of what they write come in the same order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from parity.test_events import OURS, PEER, models

SESSION = (
    "after_transaction_create",
    "after_transaction_end",
    "after_begin",
    "before_commit",
    "after_commit",
    "after_rollback",
    "after_soft_rollback",
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_transient",
    "pending_to_persistent",
    "persistent_to_transient",
    "persistent_to_deleted",
    "persistent_to_detached",
    "deleted_to_persistent",
    "deleted_to_detached",
    "detached_to_persistent",
    "loaded_as_persistent",
)
MAPPER = tuple(
    f"{when}_{what}"
    for when in ("before", "after")
    for what in ("insert", "update", "delete")
)
INSTANCE = ("load", "refresh", "expire")


class World:
    """One side: its models, a session, and a log of all that is told."""

    def __init__(self, lib: Any) -> None:
        self.lib = lib
        self.log: list[Any] = []
        self.seen: list[Any] = []
        self.places: list[Any] = []
        self.Base, self.User, self.Post = models(lib)
        self.engine = lib.aio.create_async_engine("sqlite+aiosqlite://")
        self.session = self.new_session()

    def new_session(self, **keywords: Any) -> Any:
        return self.lib.aio.AsyncSession(self.engine, **keywords)

    @property
    def target(self) -> Any:
        if self.lib is PEER:
            return self.session.sync_session
        return self.session

    def listen(self, name: str, function: Callable[..., Any]) -> None:
        self._listen(self.target, name, function)

    def _listen(self, *place: Any) -> None:
        self.lib.event.listen(*place)
        self.places.append(place)

    def ignore(self) -> None:
        for place in self.places:
            self.lib.event.remove(*place)
        self.places.clear()

    def watch(self) -> None:
        for name in SESSION:
            self.listen(name, self._of_session(name))
        for cls in (self.User, self.Post):
            for name in MAPPER:
                self._listen(cls, name, self._of_mapper(name))
            for name in INSTANCE:
                self._listen(cls, name, self._of_instance(name))

    def _shown(self, value: Any) -> Any:
        if isinstance(value, (self.User, self.Post)):
            if value not in self.seen:
                self.seen.append(value)
            return type(value).__name__, self.seen.index(value)
        if hasattr(value, "nested"):
            return "nested" if value.nested else value.parent is None
        return type(value).__name__

    def _of_session(self, name: str) -> Any:
        def tell(session: Any, *args: Any) -> None:
            self.log.append((name, *map(self._shown, args[:1])))
            if name == "after_begin":
                one = args[1].execute(self.lib.core.text("SELECT 1"))
                self.log.append(one.scalar())

        if "flush" in name:
            return lambda session, *args: self.log.append(name)
        return tell

    def _of_mapper(self, name: str) -> Any:
        def tell(mapper: Any, connection: Any, target: Any) -> None:
            one = connection.execute(self.lib.core.text("SELECT 1"))
            self.log.append((name, self._shown(target), one.scalar()))

        return tell

    def _of_instance(self, name: str) -> Any:
        return lambda target, *args: self.log.append(
            (name, self._shown(target))
        )

    def mark(self) -> None:
        self.log.append("--")


async def begin_nested(w: World) -> Any:
    """Begin a savepoint where the transaction has begun: the peer waits."""
    await w.session.execute(w.lib.core.text("SELECT 3"))
    return await w.session.begin_nested()


Program = Callable[[World], Awaitable[Any]]


async def add(w: World) -> None:
    w.session.add(w.User(name="a", posts=[w.Post(title="p")]))
    w.mark()
    await w.session.commit()
    w.mark()
    await w.session.commit()
    w.mark()
    await w.session.rollback()


async def update(w: World) -> None:
    user = w.User(name="a")
    w.session.add(user)
    await w.session.flush()
    w.mark()
    user.name = "b"
    await w.session.flush()
    w.mark()
    await w.session.flush()
    w.mark()
    user.name = "c"
    await w.session.commit()


async def load(w: World) -> None:
    w.session.add_all([w.User(name="a"), w.User(name="b")])
    await w.session.commit()
    w.session.expunge_all()
    w.mark()
    user = await w.session.get(w.User, 1)
    w.mark()
    await w.session.refresh(user)
    w.mark()
    w.session.expire(user)
    statement = w.lib.core.select(w.User).order_by(w.User.id)
    (await w.session.scalars(statement)).all()
    w.mark()
    w.session.expunge(user)
    w.session.add(user)
    await w.session.close()


async def delete(w: World) -> None:
    user, other = w.User(name="a"), w.User(name="b")
    w.session.add_all([user, other])
    await w.session.commit()
    w.mark()
    await w.session.delete(await w.session.get(w.User, 1))
    await w.session.flush()
    w.mark()
    await w.session.rollback()
    w.mark()
    await w.session.delete(await w.session.get(w.User, 1))
    await w.session.commit()


async def rollback(w: World) -> None:
    w.session.add(w.User(name="a"))
    await w.session.flush()
    w.session.add(w.User(name="b"))
    w.mark()
    await w.session.rollback()
    w.mark()
    await w.session.rollback()
    async with w.session.begin():
        w.session.add(w.User(name="c"))
        w.mark()
    w.mark()
    with pytest.raises(ValueError, match="enough"):
        async with w.session.begin():
            await w.session.execute(w.lib.core.text("SELECT 2"))
            raise ValueError("enough")


async def savepoint(w: World) -> None:
    w.session.add(w.User(name="a"))
    w.mark()
    async with w.session.begin_nested():
        w.mark()
        w.session.add(w.User(name="b"))
        await w.session.flush()
    w.mark()
    nested = await w.session.begin_nested()
    w.session.add(w.User(name="c"))
    await w.session.flush()
    w.mark()
    await nested.rollback()
    w.mark()
    async with w.session.begin_nested():
        w.session.add(w.User(name="d"))
    await w.session.commit()


async def savepoints_at_once(w: World) -> None:
    """The ends of a session end what is open inside."""
    await begin_nested(w)
    await begin_nested(w)
    w.session.add(w.User(name="a"))
    w.mark()
    await w.session.commit()
    w.mark()
    await begin_nested(w)
    w.session.add(w.User(name="b"))
    await w.session.flush()
    w.mark()
    await w.session.rollback()
    w.mark()
    outer = await begin_nested(w)
    await begin_nested(w)
    w.mark()
    await outer.rollback()
    w.mark()
    outer = await begin_nested(w)
    await begin_nested(w)
    w.session.add(w.User(name="c"))
    w.mark()
    await outer.commit()
    w.mark()
    root = w.session.get_transaction()
    await begin_nested(w)
    w.mark()
    await root.commit()


async def failing(w: World) -> None:
    w.session.add(w.User(id=1, name="a"))
    await w.session.commit()
    w.session.expunge_all()
    w.session.add(w.User(id=1, name="b"))
    w.mark()
    with pytest.raises(w.lib.core.exc.IntegrityError):
        await w.session.flush()
    w.mark()
    with pytest.raises(w.lib.core.exc.PendingRollbackError):
        await w.session.commit()
    w.mark()
    await w.session.rollback()
    w.mark()
    with pytest.raises(w.lib.core.exc.IntegrityError):
        nested = await begin_nested(w)
        w.session.add(w.User(id=1, name="c"))
        try:
            w.mark()
            await nested.commit()
        finally:
            await nested.rollback()
    w.mark()
    await w.session.commit()
    w.session.add(w.User(id=1, name="d"))
    with pytest.raises(w.lib.core.exc.IntegrityError):
        await w.session.commit()
    w.mark()
    await w.session.rollback()


async def closing(w: World) -> None:
    w.session.add(w.User(name="a"))
    await w.session.flush()
    await w.session.begin_nested()
    w.session.add(w.User(name="b"))
    w.mark()
    await w.session.close()
    w.mark()
    await w.session.close()


async def names(w: World) -> list[Any]:
    column = w.User.__table__.c.name
    async with w.engine.connect() as connection:
        rows = await connection.scalars(w.lib.core.select(column))
        return sorted(rows.all())


async def changing(w: World) -> None:
    """Listeners change what is about to be written."""

    def in_flush(session: Any, context: Any, instances: Any) -> None:
        for each in list(session.new):
            each.name = f"{each.name}!"
            if len(each.name) < 4:
                session.add(w.User(name="more"))

    def in_commit(session: Any) -> None:
        session.add(w.User(name="last"))

    w.listen("before_flush", in_flush)
    w.listen("before_commit", in_commit)
    w.session.add(w.User(name="a"))
    await w.session.flush()
    w.mark()
    await w.session.commit()
    w.log.append(await names(w))


async def emptying(w: World) -> None:
    """A listener leaves nothing to flush."""

    def expunge(session: Any, context: Any, instances: Any) -> None:
        for each in list(session.new):
            session.expunge(each)

    w.listen("before_flush", expunge)
    w.session.add(w.User(name="a"))
    await w.session.commit()
    w.log.append(await names(w))


def refusing(name: str) -> Program:
    async def program(w: World) -> None:
        def refuse(*args: Any) -> None:
            raise ValueError(name)

        w.session.add(w.User(name="a"))
        w.listen(name, refuse)
        with pytest.raises(ValueError, match=name):
            await w.session.commit()
        w.mark()
        w.log.append(w.session.is_active)
        w.lib.event.remove(*w.places.pop())
        await w.session.rollback()
        w.log.append(await names(w))

    program.__name__ = f"refusing_{name}"
    return program


PROGRAMS: list[Program] = [
    *(add, update, load, delete, rollback, savepoint, savepoints_at_once),
    *(failing, closing, changing, emptying),
    *map(
        refusing,
        (
            "before_flush",
            "after_flush",
            "after_flush_postexec",
            "before_commit",
        ),
    ),
]


async def told(lib: Any, program: Program) -> list[Any]:
    world = World(lib)
    async with world.engine.begin() as connection:
        await connection.run_sync(world.Base.metadata.create_all)
    world.watch()
    try:
        await program(world)
    finally:
        await world.session.close()
        await world.engine.dispose()
        world.ignore()
    return in_runs(world.log)


def in_runs(log: list[Any]) -> list[Any]:
    """Sort what happens to several instances at once: the peer uses sets."""

    def name(entry: Any) -> Any:
        if not isinstance(entry, tuple):
            return None
        changed = entry[0].rpartition("_to_")
        return changed[2] if changed[1] or entry[0] == "expire" else None

    found: list[Any] = []
    for key, run in itertools.groupby(log, name):
        entries = list(run)
        found += entries if key is None else sorted(entries)
    return found


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_order(program: Program) -> None:
    theirs = asyncio.run(told(PEER, program))
    assert asyncio.run(told(OURS, program)) == theirs
    assert len(theirs) > 4
