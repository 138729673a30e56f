"""A whole table as instances, and the memory that an instance takes.

Every run loads in a session of its own, so that each row becomes a new
instance.  The raw tuples of the standard library are the floor: their dates
are text.  Memory is what the interpreter's allocators hand out while the list
is filled, each side in an interpreter of its own:
`python -m benchmarks.hydrate SIDE FILE`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from .runner import OURS, Bench, Row, Side, at_least, at_most, compare, versus

__all__ = ["hydrate"]

ROWS = 100_000
PEER = "SQLAlchemy"
STDLIB = "stdlib sqlite3"
QUERY = "SELECT id, name, email, age, created_at, updated_at FROM users"

CREATE = """
CREATE TABLE users (
    id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    email VARCHAR NOT NULL,
    age INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id)
)"""
FILL = f"""
INSERT INTO users
WITH RECURSIVE number(x) AS (
    VALUES (1) UNION ALL SELECT x + 1 FROM number WHERE x < {ROWS}
)
SELECT x, 'user number ' || x, 'user' || x || '@example.org', x % 90,
    datetime(x * 7919, 'unixepoch') || '.000000',
    datetime(x * 7919 + 86400, 'unixepoch') || '.123456'
FROM number"""


def fill(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(CREATE)
        connection.execute(FILL)
        connection.commit()
    return path


def check(users: list[Any]) -> None:
    last = users[-1]
    name = last[1] if isinstance(last, tuple) else last.name
    if len(users) != ROWS or name != f"user number {ROWS}":
        raise AssertionError("not all rows have come")


# Each side: an open engine, and a function that makes a session on it and
# loads all.


@asynccontextmanager
async def our_loader(path: Path) -> AsyncIterator[Any]:
    from sqlactive_c import DateTime, Integer, String, select
    from sqlactive_c.ext.asyncio import AsyncSession, create_async_engine
    from sqlactive_c.orm import DeclarativeBase, mapped_column

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String, nullable=False)
        email = mapped_column(String, nullable=False)
        age = mapped_column(Integer, nullable=False)
        created_at = mapped_column(DateTime, nullable=False)
        updated_at = mapped_column(DateTime, nullable=False)

    engine = create_async_engine(f"sqlite:///{path}")

    async def load() -> Any:
        async with AsyncSession(engine) as session:
            users = (await session.scalars(select(User))).all()
            check(users)
        return users

    yield load
    await engine.dispose()


@asynccontextmanager
async def peer_loader(path: Path) -> AsyncIterator[Any]:
    from sqlalchemy import DateTime, Integer, String, create_engine, select
    from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String, nullable=False)
        email = mapped_column(String, nullable=False)
        age = mapped_column(Integer, nullable=False)
        created_at = mapped_column(DateTime, nullable=False)
        updated_at = mapped_column(DateTime, nullable=False)

    # Synchronous: it has no thread to wait for.
    engine = create_engine(f"sqlite:///{path}")

    async def load() -> Any:
        with Session(engine) as session:
            users = session.scalars(select(User)).all()
            check(users)
        return users

    yield load
    engine.dispose()


@asynccontextmanager
async def stdlib_loader(path: Path) -> AsyncIterator[Any]:
    with closing(sqlite3.connect(path)) as connection:

        async def load() -> Any:
            users = connection.execute(QUERY).fetchall()
            check(users)
            return users

        yield load


LOADERS = {OURS: our_loader, PEER: peer_loader, STDLIB: stdlib_loader}


async def memory(side: str, path: Path) -> float:
    """Return the bytes that an instance takes, values included."""
    async with LOADERS[side](path) as load:
        await load()
        gc.collect()
        tracemalloc.start()
        users = await load()
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
        return used / len(users)


def in_a_child(side: str, path: Path) -> float:
    command = [sys.executable, "-m", __name__, side, str(path)]
    output = subprocess.run(command, check=True, capture_output=True)
    return float(json.loads(output.stdout))


def repeated(load: Any) -> Any:
    async def run(count: int) -> None:
        for _ in range(count):
            await load()

    return run


async def hydrate(bench: Bench) -> list[Row]:
    """The time includes the end of the session and of the list."""
    with bench.files() as folder:
        path = fill(folder / "users")
        async with (
            our_loader(path) as ours,
            peer_loader(path) as peer,
            stdlib_loader(path) as stdlib,
        ):
            samples = await compare(
                bench,
                Side(OURS, repeated(ours)),
                Side(STDLIB, repeated(stdlib)),
                Side(PEER, repeated(peer)),
            )
        used = {}
        for side in (OURS, PEER):
            bench.say(f"memory, {side}")
            used[side] = in_a_child(side, path)
    work = "select(User), 100,000 rows x 6 columns"
    share = used[OURS] / used[PEER]
    bar = at_most(0.5, "x its memory")
    return [
        versus(work, samples, STDLIB, at_most(1.6)),
        versus(work, samples, PEER, at_least(4)),
        Row(
            "memory of a loaded instance",
            f"{used[OURS]:.0f} bytes",
            f"{PEER} {used[PEER]:.0f} bytes",
            f"{share:.2g}x its memory",
            bar.text,
            bar.is_met(share),
            {"unit": "bytes, values included", "used": used, "ratio": share},
        ),
    ]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(memory(sys.argv[1], Path(sys.argv[2])))))
