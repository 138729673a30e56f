"""Active Record: what a model does, by sqlactive and by this package.

Both sides run the same functions over the same classes in memory; the peer is
sqlactive on SQLAlchemy and aiosqlite.  Where the bar asks for it, the standard
library runs the SQL of the same work and keeps the tuples.  Thousands of
instances are made with the garbage collector on, as in a program.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from importlib import import_module
from itertools import count as numbers
from itertools import cycle, islice
from typing import Any

from .runner import (
    OURS,
    Bar,
    Bench,
    Row,
    Sample,
    Side,
    at_least,
    at_most,
    compare,
    versus,
)

__all__ = [
    "eager",
    "every",
    "first",
    "gathered",
    "get",
    "insert",
    "insert_all",
    "json_of_a_query",
    "to_dict",
    "to_json",
    "update",
]

PEER = "sqlactive"
STDLIB = "stdlib sqlite3"
ORJSON = "stdlib sqlite3 and orjson"
USERS = 5_000
POSTS = 10_000
TASKS = 200
MOMENT = "2024-02-29 10:20:30"

# In an order that has no pattern, the same for all.
IDS = [number * 7919 % USERS + 1 for number in range(1_000)]

FILL = (
    f"""
INSERT INTO users
WITH RECURSIVE number(x) AS (
    VALUES (1) UNION ALL SELECT x + 1 FROM number WHERE x < {USERS}
)
SELECT x, 'user' || x, 'User number ' || x, x % 80, '{MOMENT}', '{MOMENT}'
FROM number""",
    f"""
INSERT INTO posts
WITH RECURSIVE number(x) AS (
    VALUES (1) UNION ALL SELECT x + 1 FROM number WHERE x < {POSTS}
)
SELECT x, 'Post number ' || x, x % 5, x % {USERS} + 1, '{MOMENT}', '{MOMENT}'
FROM number""",
)
CREATE = (
    """
CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY, username VARCHAR(18) NOT NULL,
    name VARCHAR(50) NOT NULL, age INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL
)""",
    """
CREATE TABLE posts (
    id INTEGER NOT NULL PRIMARY KEY, title VARCHAR(100) NOT NULL,
    rating INTEGER NOT NULL, user_id INTEGER NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL
)""",
    "CREATE INDEX ix_posts_user_id ON posts (user_id)",
)
NAMES = ("id", "username", "name", "age", "created_at", "updated_at")
COLUMNS = ", ".join(f"users.{name}" for name in NAMES)
POST_COLUMNS = ", ".join(
    f"posts.{name}"
    for name in (
        "id",
        "title",
        "rating",
        "user_id",
        "created_at",
        "updated_at",
    )
)
SELECT = f"SELECT {COLUMNS} FROM users"

Run = Callable[[int], Any]


@dataclass(frozen=True)
class Library:
    """One side: its two models and its connection."""

    name: str
    User: Any
    Post: Any
    conn: Any


def mapped(active: Any, sql: Any, orm: Any) -> tuple[Any, Any, Any]:
    # A registry of its own for each run of a subject.
    class Base(active.ActiveRecordBaseModel, orm.DeclarativeBase):
        __abstract__ = True

    column = orm.mapped_column

    class User(Base):
        __tablename__ = "users"
        id = column(sql.Integer, primary_key=True)
        username = column(sql.String(18), nullable=False)
        name = column(sql.String(50), nullable=False)
        age = column(sql.Integer, nullable=False)
        posts = orm.relationship("Post", back_populates="user")

    class Post(Base):
        __tablename__ = "posts"
        id = column(sql.Integer, primary_key=True)
        title = column(sql.String(100), nullable=False)
        rating = column(sql.Integer, nullable=False)
        user_id = column(
            sql.ForeignKey("users.id"), nullable=False, index=True
        )
        user = orm.relationship("User", back_populates="posts")

    return Base, User, Post


@asynccontextmanager
async def opened(name: str, sql_name: str, fill: bool) -> Any:
    active, sql = import_module(name), import_module(sql_name)
    orm = import_module(f"{sql_name}.orm")
    base, user, post = mapped(active, sql, orm)
    conn = active.DBConnection("sqlite+aiosqlite://")
    try:
        await conn.init_db(base)
        if fill:
            async with conn.async_engine.begin() as connection:
                for statement in FILL:
                    await connection.execute(sql.text(statement))
        yield Library(name, user, post, conn)
    finally:
        await conn.close()


@asynccontextmanager
async def libraries(
    fill: bool = True,
) -> AsyncIterator[tuple[Library, Library]]:
    """Open both sides, on memory that this fills.

    Yields:
        Ours, and sqlactive.
    """
    async with (
        opened(OURS, OURS, fill) as ours,
        opened(PEER, "sqlalchemy", fill) as peer,
    ):
        yield ours, peer


def stdlib() -> Any:
    """Open the standard library's connection to the same rows."""
    connection = sqlite3.connect(":memory:")
    for statement in (*CREATE, *FILL):
        connection.execute(statement)
    connection.commit()
    return closing(connection)


async def both(
    bench: Bench,
    sides: tuple[Library, Library],
    make: Callable[[Library], Run],
    *more: Side,
    collected: bool = False,
) -> dict[str, Sample]:
    runs = [Side(each.name, make(each), collected) for each in sides]
    return await compare(bench, *runs, *more)


def keys(count: int) -> Iterator[int]:
    return islice(cycle(IDS), count)


def check(user: Any, key: int) -> None:
    if (user.id, user.name) != (key, f"User number {key}"):
        raise AssertionError(f"not the row of {key}: {user}")


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


# -- one row ------------------------------------------------------------------


def getting(library: Library) -> Run:
    User = library.User

    async def run(count: int) -> None:
        for key in keys(count):
            user = await User.get(key)
        check(user, key)

    return run


def finding(library: Library) -> Run:
    User = library.User

    async def run(count: int) -> None:
        for key in keys(count):
            user = await User.where(id=key).first()
        check(user, key)

    return run


def raw_point(connection: sqlite3.Connection) -> Side:
    statement = f"{SELECT} WHERE users.id = ?"

    async def run(count: int) -> None:
        for key in keys(count):
            row = connection.execute(statement, (key,)).fetchone()
        expect(row[:2], (key, f"user{key}"))

    return Side(STDLIB, run)


async def point(
    bench: Bench, work: str, make: Callable[[Library], Run]
) -> list[Row]:
    with stdlib() as connection:
        async with libraries() as sides:
            samples = await both(bench, sides, make, raw_point(connection))
    return [
        versus(work, samples, PEER, at_least(60)),
        versus(work, samples, STDLIB, at_most(3)),
    ]


async def get(bench: Bench) -> list[Row]:
    return await point(bench, "User.get(key)", getting)


async def first(bench: Bench) -> list[Row]:
    return await point(bench, "User.where(id=key).first()", finding)


def finding_at_once(library: Library) -> Run:
    User = library.User

    async def one(key: int) -> None:
        check(await User.where(id=key).first(), key)

    async def run(count: int) -> None:
        for _ in range(count):
            await asyncio.gather(*map(one, keys(TASKS)))

    return run


async def gathered(bench: Bench) -> list[Row]:
    async with libraries() as sides:
        samples = await both(bench, sides, finding_at_once)
    work = f"{TASKS} gathered User.where(id=key).first()"
    return [versus(work, samples, PEER, at_least(30))]


# -- writing ------------------------------------------------------------------


def inserting(library: Library) -> Run:
    User, serial = library.User, numbers(1)

    async def run(count: int) -> None:
        for number in islice(serial, count):
            user = await User.insert(
                username="user", name="A user", age=number
            )
        expect((user.id, user.age), (number, number))

    return run


async def insert(bench: Bench) -> list[Row]:
    async with libraries(fill=False) as sides:
        samples = await both(bench, sides, inserting)
    return [versus("User.insert(...)", samples, PEER, at_least(60))]


async def update(bench: Bench) -> list[Row]:
    """One column of one row, with another value each time."""
    async with libraries() as sides:
        runs = []
        for library in sides:
            user, serial = await library.User.get(7), numbers(1_000)

            async def run(
                count: int, user: Any = user, serial: Any = serial
            ) -> None:
                for number in islice(serial, count):
                    await user.update(age=number)
                expect(user.age, number)

            runs.append(Side(library.name, run))
        samples = await compare(bench, *runs)
    return [versus("user.update(age=...)", samples, PEER, at_least(60))]


def inserting_all(library: Library) -> Run:
    User = library.User

    async def run(count: int) -> None:
        for _ in range(count):
            users = [
                User(username="user", name="A user", age=number)
                for number in range(USERS)
            ]
            await User.insert_all(users)
            expect(users[-1].id - users[0].id, USERS - 1)

    return run


async def insert_all(bench: Bench) -> list[Row]:
    """The instances are made inside the time."""
    async with libraries(fill=False) as sides:
        samples = await both(bench, sides, inserting_all, collected=True)
    work = f"User.insert_all of {USERS:,}"
    return [versus(work, samples, PEER, at_least(50))]


# -- many rows ----------------------------------------------------------------


def raw_rows(connection: sqlite3.Connection, *statements: str) -> Side:
    async def run(count: int) -> None:
        for _ in range(count):
            found = [
                connection.execute(statement).fetchall()
                for statement in statements
            ]
        expect(len(found[0]) >= USERS, True)

    return Side(STDLIB, run, collected=True)


async def many(
    bench: Bench,
    work: str,
    bar: Bar,
    make: Callable[[Library], Run],
    *statements: str,
) -> list[Row]:
    with stdlib() as connection:
        async with libraries() as sides:
            raw = raw_rows(connection, *statements)
            samples = await both(bench, sides, make, raw, collected=True)
    return [
        versus(work, samples, PEER, bar),
        versus(work, samples, STDLIB),
    ]


def reading(library: Library) -> Run:
    async def run(count: int) -> None:
        for _ in range(count):
            users = await library.User.all()
        expect((len(users), users[6].id), (USERS, 7))

    return run


async def every(bench: Bench) -> list[Row]:
    work = f"User.all() of {USERS:,}"
    return await many(bench, work, at_least(3), reading, SELECT)


def joining(library: Library) -> Run:
    User = library.User

    async def run(count: int) -> None:
        for _ in range(count):
            users = await User.join(User.posts).unique_all()
        posts = sum(len(user.posts) for user in users)
        expect((len(users), posts), (USERS, POSTS))

    return run


def loading(library: Library) -> Run:
    User = library.User

    async def run(count: int) -> None:
        for _ in range(count):
            users = await User.with_subquery((User.posts, True)).all()
        posts = sum(len(user.posts) for user in users)
        expect((len(users), posts), (USERS, POSTS))

    return run


async def eager(bench: Bench) -> list[Row]:
    rows = await many(
        bench,
        f"User.join(User.posts).unique_all() of {USERS:,}",
        at_least(8),
        joining,
        f"SELECT {COLUMNS}, {POST_COLUMNS} FROM users"
        " LEFT OUTER JOIN posts ON users.id = posts.user_id",
    )
    return rows + await many(
        bench,
        f"User.with_subquery((User.posts, True)).all() of {USERS:,}",
        at_least(14),
        loading,
        SELECT,
        f"SELECT {POST_COLUMNS} FROM posts WHERE posts.user_id"
        " IN (SELECT id FROM users)",
    )


# -- dicts and JSON -----------------------------------------------------------


async def converted(
    bench: Bench, work: str, bar: Bar, convert: Callable[[Any], int]
) -> list[Row]:
    async with libraries() as sides:
        runs, sizes = [], set()
        for library in sides:
            users = await library.User.all()

            async def run(count: int, users: list[Any] = users) -> None:
                for _ in range(count):
                    for user in users:
                        convert(user)

            sizes.add(convert(users[6]))
            runs.append(Side(library.name, run))
        expect(len(sizes), 1)
        samples = await compare(bench, *runs)
    return [versus(work, samples, PEER, bar)]


async def to_dict(bench: Bench) -> list[Row]:
    work = f"user.to_dict() of {USERS:,}"
    return await converted(
        bench, work, at_least(6), lambda user: len(user.to_dict())
    )


async def to_json(bench: Bench) -> list[Row]:
    work = f"user.to_json() of {USERS:,}"
    return await converted(
        bench, work, at_least(8), lambda user: len(user.to_json())
    )


async def json_of_a_query(bench: Bench) -> list[Row]:
    """Bytes of JSON from rows, with no instances in between."""
    import json

    import orjson

    statement = f"{SELECT} WHERE users.age >= ?"
    made: dict[str, bytes] = {}
    with stdlib() as connection:
        async with opened(OURS, OURS, True) as library:
            User = library.User

            async def ours(count: int) -> None:
                for _ in range(count):
                    made[OURS] = await User.where(age__ge=0).to_json()

            async def theirs(count: int) -> None:
                for _ in range(count):
                    rows = connection.execute(statement, (0,)).fetchall()
                    made[ORJSON] = orjson.dumps(
                        [dict(zip(NAMES, row, strict=True)) for row in rows]
                    )

            samples = await compare(
                bench, Side(OURS, ours), Side(ORJSON, theirs)
            )
            expect(json.loads(made[OURS]), json.loads(made[ORJSON]))
    work = f"User.where(...).to_json() of {USERS:,}"
    return [versus(work, samples, ORJSON, at_least(1))]
