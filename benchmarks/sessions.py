"""Sessions: instances read, added, changed and written back.

Both sides run the same functions; what a run makes anew (a session, its
statement, its instances) is inside the time.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count as numbers
from pathlib import Path
from typing import Any

from .dataset import fill_file
from .models import CHILDREN, PARENTS, Library, add_families, libraries
from .points import ROWS, keys
from .runner import (
    Bench,
    Row,
    Sample,
    Side,
    at_least,
    compare,
    duration,
    versus,
)

__all__ = [
    "add_and_commit_file",
    "add_and_commit_memory",
    "add_many",
    "change_many",
    "get",
    "joinedload",
    "selectinload",
]

PEER = "SQLAlchemy"
MANY = 10_000
ROW_TIME = 3e-6  # seconds for a row that add_all() writes

Run = Callable[[int], Any]


async def both(
    bench: Bench, sides: tuple[Library, Library], make: Callable[..., Run]
) -> dict[str, Sample]:
    return await compare(
        bench, *[Side(each.name, make(each)) for each in sides]
    )


# -- get ----------------------------------------------------------------------


def check(item: Any, key: int) -> None:
    if (item.id, item.name) != (key, f"item number {key}"):
        raise AssertionError(f"not the row of {key}: {item}")


def misses(library: Library, session: Any) -> Run:
    Item = library.Item

    async def run(count: int) -> None:
        # The map holds nobody: an instance is gone when the next one comes.
        for key in keys(count):
            item = await session.get(Item, key)
        check(item, key)

    return run


def hits(library: Library, session: Any, held: list[Any]) -> Run:
    Item = library.Item

    async def run(count: int) -> None:
        for key in keys(count):
            item = await session.get(Item, key)
        check(item, key)
        if item is not held[key - 1]:
            raise AssertionError("not the instance that the session has")

    return run


async def get(bench: Bench) -> list[Row]:
    """Get by primary key what a session does not have, and what it has."""
    async with (
        libraries(None, ROWS) as (ours, peer),
        ours.sessions() as mine,
        peer.sessions() as theirs,
    ):
        sides = [(ours, mine), (peer, theirs)]
        missed = await compare(
            bench, *[Side(lib.name, misses(lib, s)) for lib, s in sides]
        )
        found = []
        for library, session in sides:
            every = library.sql.select(library.Item).order_by(library.Item.id)
            held = list((await session.scalars(every)).all())
            found.append(Side(library.name, hits(library, session, held)))
        hit = await compare(bench, *found)
    return [
        versus("session.get, a miss, memory", missed, PEER, at_least(60)),
        versus("session.get, a hit, memory", hit, PEER, at_least(30)),
    ]


# -- writing ------------------------------------------------------------------


def adding(library: Library) -> Run:
    Item, sessions, serial = library.Item, library.sessions, numbers(1)

    async def run(count: int) -> None:
        for _ in range(count):
            async with sessions() as session:
                session.add(Item(name="new", price=1.5, stock=next(serial)))
                await session.commit()

    return run


async def add_and_commit_memory(bench: Bench) -> list[Row]:
    """A session that adds one instance and commits, as a handler does."""
    async with libraries(None) as sides:
        samples = await both(bench, sides, adding)
    return [versus("add and commit, memory", samples, PEER, at_least(60))]


async def add_and_commit_file(bench: Bench) -> list[Row]:
    """The same on a file that is synced at each commit, on both sides."""
    with bench.files() as folder:
        paths: tuple[Path, Path] = (
            fill_file(folder / "ours", 0),
            fill_file(folder / "theirs", 0),
        )
        async with libraries(paths) as sides:
            samples = await both(bench, sides, adding)
    work = "add and commit, WAL file, synchronous=FULL"
    return [versus(work, samples, PEER, at_least(1.5))]


def adding_many(library: Library) -> Run:
    Item, sessions = library.Item, library.sessions

    async def run(count: int) -> None:
        for _ in range(count):
            async with sessions() as session:
                session.add_all(
                    [
                        Item(name="new", price=number / 4, stock=number)
                        for number in range(MANY)
                    ]
                )
                await session.commit()

    return run


async def add_many(bench: Bench) -> list[Row]:
    """The instances are made inside the time."""
    async with libraries(None) as sides:
        samples = await both(bench, sides, adding_many)
    work = "add_all of 10,000 and commit, memory"
    each = [value / MANY for value in samples[sides[0].name].values]
    row = Sample(each)
    return [
        versus(work, samples, PEER, at_least(15)),
        Row(
            f"{work}, a row",
            str(row),
            bar=f"≤ {duration(ROW_TIME)}",
            met=row.median <= ROW_TIME,
            data={"unit": "seconds a row, a value a round", "ours": each},
        ),
    ]


def changing(session: Any, held: list[Any], serial: Any) -> Run:
    async def run(count: int) -> None:
        for _ in range(count):
            turn = next(serial)
            for item in held:
                item.stock = turn
            await session.commit()

    return run


async def change_many(bench: Bench) -> list[Row]:
    """Instances that stay loaded: `expire_on_commit` is off."""
    async with libraries(None, MANY) as sides:
        made = []
        for library in sides:
            session = library.sessions(expire_on_commit=False)
            every = library.sql.select(library.Item)
            held = list((await session.scalars(every)).all())
            run = changing(session, held, numbers(10_000))
            made.append((Side(library.name, run), session))
        samples = await compare(bench, *[side for side, _ in made])
        for _, session in made:
            await session.close()
    work = "change 10,000 loaded rows and commit, memory"
    return [versus(work, samples, PEER, at_least(10))]


# -- loading ------------------------------------------------------------------


def loading(library: Library, option: str) -> Run:
    Parent, sessions = library.Parent, library.sessions
    select, load = library.sql.select, getattr(library.orm, option)

    async def run(count: int) -> None:
        for _ in range(count):
            async with sessions() as session:
                every = select(Parent).options(load(Parent.children))
                result = await session.scalars(every)
                parents = result.unique().all()
                if len(parents) != PARENTS:
                    raise AssertionError(f"{len(parents)} parents")
        children = sum(len(parent.children) for parent in parents)
        if children != CHILDREN:
            raise AssertionError(f"{children} children")

    return run


async def eager(bench: Bench, option: str, bar: float) -> list[Row]:
    async with libraries(None) as sides:
        for library in sides:
            await add_families(library)
        samples = await both(bench, sides, lambda lib: loading(lib, option))
    work = f"{option}, 5,000 parents with 10,000 children"
    return [versus(work, samples, PEER, at_least(bar))]


async def joinedload(bench: Bench) -> list[Row]:
    """Each run loads into a session of its own."""
    return await eager(bench, "joinedload", 8)


async def selectinload(bench: Bench) -> list[Row]:
    """Each run loads into a session of its own."""
    return await eager(bench, "selectinload", 12)
