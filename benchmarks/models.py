"""The same mapped classes by either library: only the imports differ."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from .dataset import our_engine, peer_engine
from .runner import OURS

__all__ = ["CHILDREN", "PARENTS", "Library", "add_families", "libraries"]

PARENTS = 5_000
CHILDREN = 10_000

FAMILIES = (
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    """
CREATE TABLE children (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER NOT NULL REFERENCES parents (id),
    name TEXT NOT NULL
)""",
    "CREATE INDEX children_of ON children (parent_id)",
    f"""
INSERT INTO parents
WITH RECURSIVE number(x) AS (
    VALUES (1) UNION ALL SELECT x + 1 FROM number WHERE x < {PARENTS}
)
SELECT x, 'parent ' || x FROM number""",
    f"""
INSERT INTO children
WITH RECURSIVE number(x) AS (
    VALUES (1) UNION ALL SELECT x + 1 FROM number WHERE x < {CHILDREN}
)
SELECT x, x % {PARENTS} + 1, 'child ' || x FROM number""",
)


@dataclass(frozen=True)
class Library:
    """One side: its modules, its engine, and its classes.

    `Item` is a row of dataset.py's table; a `Parent` has `children`.
    """

    name: str
    sql: Any
    orm: Any
    engine: Any
    sessions: Any
    Item: Any
    Parent: Any


def mapped(sql: Any, orm: Any) -> tuple[Any, Any]:
    class Base(orm.DeclarativeBase):
        pass

    column = orm.mapped_column

    class Item(Base):
        __tablename__ = "items"
        id = column(sql.Integer, primary_key=True)
        name = column(sql.Text, nullable=False)
        price = column(sql.Float, nullable=False)
        stock = column(sql.Integer, nullable=False)
        note = column(sql.Text)
        weight = column(sql.Float)

    class Parent(Base):
        __tablename__ = "parents"
        id = column(sql.Integer, primary_key=True)
        name = column(sql.Text, nullable=False)
        children = orm.relationship("Child", back_populates="parent")

    class Child(Base):
        __tablename__ = "children"
        id = column(sql.Integer, primary_key=True)
        parent_id = column(sql.ForeignKey("parents.id"), nullable=False)
        name = column(sql.Text, nullable=False)
        parent = orm.relationship("Parent", back_populates="children")

    orm.configure_mappers()
    return Item, Parent


def opened(name: str, package: str, engine: Any) -> Library:
    sql = import_module(package)
    orm = import_module(f"{package}.orm")
    aio = import_module(f"{package}.ext.asyncio")
    return Library(
        name,
        sql,
        orm,
        engine,
        aio.async_sessionmaker(engine),
        *mapped(sql, orm),
    )


@asynccontextmanager
async def libraries(
    paths: tuple[Path, Path] | None, rows: int = 0
) -> AsyncIterator[tuple[Library, Library]]:
    """Open both sides, on filled files or on memory that this fills.

    Yields:
        Ours, and SQLAlchemy.
    """
    ours, theirs = paths or (None, None)
    async with (
        our_engine(ours, rows) as mine,
        peer_engine(theirs, rows) as peer,
    ):
        yield (
            opened(OURS, "sqlactive_c", mine),
            opened("SQLAlchemy", "sqlalchemy", peer),
        )


async def add_families(library: Library) -> None:
    """Make and fill the tables of parents and children."""
    async with library.engine.begin() as connection:
        for statement in FAMILIES:
            await connection.execute(library.sql.text(statement))
