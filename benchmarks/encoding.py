"""Models as plain data and as JSON, and rows as JSON without models.

The peer of the models is sqlactive; 5,000 of them are at hand.  Rows come
from a file, which both sides read again in every run: the standard library
fetches them, makes dicts and gives these to `orjson`, where it is installed,
or else to `json`.
"""

from __future__ import annotations

import importlib
import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from .runner import OURS, Bench, Row, Side, at_least, compare, versus

__all__ = ["models", "rows"]

PEER = "sqlactive"
ROWS = 5_000
QUERY = (
    "SELECT id, username, name, age, created_at, updated_at FROM json_users"
)


def library() -> tuple[str, Any]:
    """Return the fastest encoder there is, and its name."""
    try:
        found = importlib.import_module("orjson")
    except ImportError:
        return "stdlib sqlite3 + json", lambda rows: json.dumps(rows).encode()
    return "stdlib sqlite3 + orjson", found.dumps


def make_model(package: str, orm: str) -> Any:
    base = importlib.import_module(package).ActiveRecordBaseModel
    lib = importlib.import_module(orm)
    column = importlib.import_module(f"{orm}.orm").mapped_column
    return type(
        "JsonUser",
        (base,),
        {
            "__tablename__": "json_users",
            "__module__": f"{__name__}.{package}",
            "metadata": lib.MetaData(),
            "id": column(lib.Integer, primary_key=True),
            "username": column(lib.String),
            "name": column(lib.String),
            "age": column(lib.Integer),
        },
    )


def values() -> list[dict[str, Any]]:
    moment = datetime(2026, 1, 2, 3, 4, 5)
    return [
        {
            "id": number,
            "username": f"user{number}",
            "name": f"User number {number}",
            "age": number % 90,
            "created_at": moment,
            "updated_at": moment,
        }
        for number in range(1, ROWS + 1)
    ]


def calling(name: str, users: list[Any], method: str) -> Side:
    def work() -> None:
        for user in users:
            getattr(user, method)()

    async def run(count: int) -> None:
        for _ in range(count):
            work()

    return Side(name, run)


async def models(bench: Bench) -> list[Row]:
    """Instances that are at hand, all columns."""
    sides = {OURS: (OURS, OURS), PEER: (PEER, "sqlalchemy")}
    users = {
        name: [cls(**each) for each in values()]
        for name, cls in (
            (name, make_model(*packages)) for name, packages in sides.items()
        )
    }
    if users[OURS][7].to_json() != users[PEER][7].to_json():
        raise AssertionError("not the same text")
    lines = []
    for method, bar in (("to_dict", at_least(6)), ("to_json", at_least(8))):
        samples = await compare(
            bench,
            *[calling(name, each, method) for name, each in users.items()],
        )
        work = f"{method}(), 5,000 instances x 6 columns"
        lines.append(versus(work, samples, PEER, bar))
    return lines


def stdlib(path: Path, dumps: Any) -> Any:
    connection = sqlite3.connect(path)

    def work() -> bytes:
        found = [
            {
                "id": a,
                "username": b,
                "name": c,
                "age": d,
                "created_at": e,
                "updated_at": f,
            }
            for a, b, c, d, e, f in connection.execute(QUERY).fetchall()
        ]
        return dumps(found)

    return connection, work


async def fill(path: Path, user: Any) -> Any:
    from sqlactive_c.ext.asyncio import AsyncSession, create_async_engine

    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(user.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all([user(**each) for each in values()])
        await session.commit()
    return engine


async def rows(bench: Bench) -> list[Row]:
    """The result of a SELECT of columns, to the bytes of a JSON array."""
    from sqlactive_c import select
    from sqlactive_c._core import rows_to_json
    from sqlactive_c.ext.asyncio import AsyncSession

    user = make_model(OURS, OURS)
    peer, dumps = library()
    with bench.files() as folder:
        path = folder / "users"
        engine = await fill(path, user)
        connection, fetch = stdlib(path, dumps)
        keys = tuple(user.columns)
        query = select(*user.__table__.columns)

        async def ours() -> bytes:
            async with AsyncSession(engine) as session:
                return rows_to_json(await session.execute(query), keys)

        async def run_ours(count: int) -> None:
            for _ in range(count):
                await ours()

        async def run_peer(count: int) -> None:
            for _ in range(count):
                fetch()

        with closing(connection):
            mine, theirs = json.loads(await ours()), json.loads(fetch())
            if len(mine) != ROWS or mine[7]["name"] != theirs[7]["name"]:
                raise AssertionError("not the same rows")
            samples = await compare(
                bench, Side(OURS, run_ours), Side(peer, run_peer)
            )
        await engine.dispose()
    work = "SELECT to JSON bytes, 5,000 rows x 6 columns"
    return [versus(work, samples, peer, at_least(1))]
