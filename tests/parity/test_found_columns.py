"""Text with columns, and ``from_statement()``: the same rows as the peer's."""

from __future__ import annotations

import asyncio
import datetime
import warnings
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

pytest.importorskip("sqlalchemy")

from parity.library import Library, ours, peer

AT = "'2020-01-02 03:04:05.000000'"
WHEN = datetime.datetime(2020, 1, 2, 3, 4, 5)


def models(lib: Library) -> SimpleNamespace:
    orm, F = lib.orm, lib.ForeignKey

    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "u"
        id = orm.mapped_column(lib.Integer, primary_key=True)
        name = orm.mapped_column(lib.String)
        at = orm.mapped_column(lib.DateTime)
        kind = orm.mapped_column(lib.String)
        posts = orm.relationship("Post", order_by="Post.id")
        __mapper_args__: ClassVar[Any] = {
            "polymorphic_on": "kind",
            "polymorphic_identity": "plain",
        }

    class Admin(User):
        __mapper_args__: ClassVar[Any] = {"polymorphic_identity": "admin"}

    class Post(Base):
        __tablename__ = "p"
        id = orm.mapped_column(lib.Integer, primary_key=True)
        user_id = orm.mapped_column(F("u.id"))
        title = orm.mapped_column("headline", lib.String)

    return SimpleNamespace(lib=lib, Base=Base, U=User, A=Admin, P=Post)


STATEMENTS: dict[str, Any] = {
    # text with columns
    "typed_some": lambda q, m: q.text("SELECT 1 AS a, 2 AS b").columns(
        a=q.Integer
    ),
    "named_some": lambda q, m: q.text("SELECT 1, 2").columns(q.column("x")),
    "named_too_many": lambda q, m: q.text("SELECT 1 AS a").columns(
        q.column("x"), q.column("y")
    ),
    "typed_elsewhere": lambda q, m: q.text(
        f"SELECT 1 AS b, {AT} AS a"
    ).columns(a=q.DateTime),
    "typed_missing": lambda q, m: q.text(f"SELECT {AT} AS b, 3 AS a").columns(
        b=q.DateTime, c=q.String
    ),
    "named_first": lambda q, m: q.text(f"SELECT {AT}, 3 AS a").columns(
        q.column("b", q.DateTime)
    ),
    "named_second": lambda q, m: q.text(f"SELECT 3 AS a, {AT} AS b").columns(
        q.column("b", q.DateTime), a=q.Integer
    ),
    "all": lambda q, m: q.text("SELECT id, name, at FROM u").columns(
        m.U.id, m.U.name, m.U.at
    ),
    "turned": lambda q, m: q.text("SELECT at, name, id FROM u").columns(
        m.U.at, m.U.name, m.U.id
    ),
    "renamed": lambda q, m: q.text("SELECT id, at AS x, 4 FROM u").columns(
        m.U.id, m.U.at
    ),
    "twice": lambda q, m: q.text("SELECT 1 AS a, 2 AS a").columns(a=q.Integer),
    "case": lambda q, m: q.text("SELECT 1 AS A, 2 AS b").columns(a=q.String),
    "of_table": lambda q, m: q.text(
        "SELECT id, name, at, kind FROM u"
    ).columns(*m.U.__table__.c),
    "typed_table": lambda q, m: q.text("SELECT at, name, id FROM u").columns(
        **{each.name: each.type for each in m.U.__table__.c}
    ),
    "same_name": lambda q, m: q.text("SELECT 1, 2").columns(
        q.column("x"), q.column("x")
    ),
    "subquery": lambda q, m: (
        q.text("SELECT at, name FROM u")
        .columns(at=q.DateTime, name=q.String)
        .subquery()
        .select()
    ),
    "cte": lambda q, m: q.select(
        q.text("SELECT at, name FROM u").columns(at=q.DateTime).cte("c").c.at
    ),
    # entities
    "entity": lambda q, m: q.select(m.U).from_statement(
        q.text("SELECT at, kind, name, id FROM u ORDER BY id")
    ),
    "star": lambda q, m: q.select(m.U).from_statement(
        q.text("SELECT *, 7 AS more FROM u ORDER BY id")
    ),
    "with_table": lambda q, m: q.select(m.U).from_statement(
        q.text(
            "SELECT at AS u_at, kind AS u_kind, name AS u_name, id AS u_id"
            " FROM u ORDER BY id"
        ).columns(m.U.at, m.U.kind, m.U.name, m.U.id)
    ),
    "positional": lambda q, m: q.select(m.U).from_statement(
        q.text(
            "SELECT id AS x, name, at AS z, kind FROM u ORDER BY id"
        ).columns(m.U.id, m.U.name, m.U.at, m.U.kind)
    ),
    "column_name": lambda q, m: q.select(m.P).from_statement(
        q.text("SELECT headline, id, user_id FROM p ORDER BY id")
    ),
    "columns": lambda q, m: q.select(m.U.name, m.U.at).from_statement(
        q.text("SELECT at, name FROM u ORDER BY id")
    ),
    "columns_typed": lambda q, m: q.select(m.U.name, m.U.at).from_statement(
        q.text("SELECT at, name FROM u ORDER BY id").columns(
            at=q.DateTime, name=q.String
        )
    ),
    "no_key": lambda q, m: q.select(m.U).from_statement(
        q.text("SELECT name, at FROM u")
    ),
    "no_column": lambda q, m: q.select(m.U.name).from_statement(
        q.text("SELECT id FROM u")
    ),
    "parameters": lambda q, m: (
        q.select(m.U)
        .from_statement(
            q.text("SELECT kind, at, name, id FROM u WHERE id > :least")
        )
        .params(least=1)
    ),
    "selectin": lambda q, m: (
        q.select(m.U)
        .from_statement(q.text("SELECT at, kind, name, id FROM u ORDER BY id"))
        .options(q.orm.selectinload(m.U.posts))
    ),
    "contains": lambda q, m: (
        q.select(m.U)
        .from_statement(
            q.text(
                "SELECT headline, p.id, user_id, name, at, kind, u.id"
                " FROM u JOIN p ON p.user_id = u.id ORDER BY u.id, p.id"
            ).columns(
                m.P.title,
                m.P.id,
                m.P.user_id,
                m.U.name,
                m.U.at,
                m.U.kind,
                m.U.id,
            )
        )
        .options(q.orm.contains_eager(m.U.posts))
    ),
    "select": lambda q, m: q.select(m.U).from_statement(
        q.select(m.U.at, m.U.kind, m.U.id, m.U.name).order_by(m.U.id.desc())
    ),
    "union": lambda q, m: q.select(m.U).from_statement(
        q.union_all(
            q.select(m.U).where(m.U.id == 1), q.select(m.U).where(m.U.id == 2)
        )
    ),
    "returning": lambda q, m: q.select(m.U).from_statement(
        q.insert(m.U)
        .values(id=9, name="i", at=WHEN, kind="plain")
        .returning(m.U)
    ),
    "returning_turned": lambda q, m: q.select(m.U).from_statement(
        q.update(m.U)
        .where(m.U.id == 1)
        .values(name="v")
        .returning(m.U.kind, m.U.at, m.U.name, m.U.id)
    ),
    "two_entities": lambda q, m: q.select(m.U, m.P).from_statement(
        q.select(m.P, m.U).join(m.U, m.U.id == m.P.user_id).order_by(m.P.id)
    ),
    "entity_and_column": lambda q, m: q.select(m.U, m.P.title).from_statement(
        q.text(
            "SELECT headline, u.* FROM u JOIN p ON p.user_id = u.id"
            " ORDER BY p.id"
        )
    ),
}


def shown(m: Any, value: Any) -> Any:
    if isinstance(value, m.U):
        inspected = m.lib.inspect(value).dict
        posts = inspected.get("posts")
        return (
            type(value).__name__,
            value.id,
            inspected.get("name"),
            inspected.get("at"),
            posts and [shown(m, each) for each in posts],
        )
    if isinstance(value, m.P):
        return ("P", value.id, value.user_id, value.title)
    return value


async def told(lib: Library, name: str) -> Any:
    m = models(lib)
    engine = lib.asyncio.create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(m.Base.metadata.create_all)
        for sql in (
            f"INSERT INTO u VALUES (1, 'n', {AT}, 'plain'),"
            f" (2, 'o', {AT}, 'admin')",
            "INSERT INTO p VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 1, 'z')",
        ):
            await connection.execute(lib.text(sql))
    found: Any = None
    try:
        async with lib.asyncio.AsyncSession(engine) as session:
            for _ in range(2):
                session.expunge_all()
                statement = STATEMENTS[name](lib, m)
                try:
                    result = await session.execute(statement)
                    keys = list(result.keys())
                    rows = result.unique().all()
                except Exception as error:
                    return type(error).__name__
                again = (
                    keys,
                    [[shown(m, value) for value in row] for row in rows],
                )
                if "returning" in name:
                    await session.rollback()
                assert found in (None, again)
                found = again
    finally:
        await engine.dispose()
    return found


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_same_rows(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = asyncio.run(told(ours, name))
        theirs = asyncio.run(told(peer, name))
    assert mine == theirs
