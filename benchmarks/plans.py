"""Building a SELECT and finding its compiled form again.

What every execution of a statement costs before the database is asked: the
program builds it anew, with another value each time, and the text that was
compiled for the first one is found.  The peer's way there is its cache key
and its cache of compiled statements.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import orm as peer_orm
from sqlalchemy.dialects.sqlite import dialect as peer_dialect
from sqlalchemy.util import LRUCache

from sqlactive_c import _core, create_async_engine
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column
from sqlactive_c.sql.selectable import select

from .runner import (
    OURS,
    Bench,
    Row,
    Side,
    at_least,
    at_most,
    compare,
    duration,
    versus,
)

__all__ = ["statement_lookup"]

LIMIT = 5.0
WORK = "select().where().order_by().limit(): build, find its plan"


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int]


class PeerBase(peer_orm.DeclarativeBase):
    pass


class PeerUser(PeerBase):
    __tablename__ = "users"

    id: peer_orm.Mapped[int] = peer_orm.mapped_column(primary_key=True)
    name: peer_orm.Mapped[str]
    age: peer_orm.Mapped[int]


async def statement_lookup(bench: Bench) -> list[Row]:
    engine = create_async_engine("sqlite+aiosqlite://")
    look_up = _core.lookup_shape
    dialect: Any = peer_dialect()
    cache: Any = LRUCache(500)

    async def ours(count: int) -> None:
        first = None
        for age in range(count):
            found = look_up(
                engine,
                select(User)
                .where(User.age > age)
                .order_by(User.name)
                .limit(10),
            )
            first = first or found
            if found is not first:
                raise AssertionError("compiled twice")

    async def peers(count: int) -> None:
        first = None
        for age in range(count):
            statement = (
                sqlalchemy.select(PeerUser)
                .where(PeerUser.age > age)
                .order_by(PeerUser.name)
                .limit(10)
            )
            found = statement._compile_w_cache(
                dialect, compiled_cache=cache, column_keys=[]
            )[0]
            first = first or found
            if found is not first:
                raise AssertionError("compiled twice")

    for side in (ours, peers):
        await side(1)  # compiles
    samples = await compare(bench, Side(OURS, ours), Side("SQLAlchemy", peers))
    await engine.dispose()
    mine = samples[OURS]
    bar = at_most(LIMIT, " µs")
    return [
        versus(WORK, samples, "SQLAlchemy", at_least(20)),
        Row(
            f"{WORK}, in all",
            str(mine),
            ratio=duration(mine.median),
            bar=bar.text,
            met=bar.is_met(mine.median * 1e6),
            data={
                "unit": "seconds per operation, a value a round",
                "ours": mine.values,
            },
        ),
    ]
