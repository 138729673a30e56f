"""Attributes that a statement gives an expression for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.library import Library, ours, peer


def model(lib: Library) -> tuple[Any, Any]:
    orm = lib.orm

    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id = orm.mapped_column(lib.Integer, primary_key=True)
        size = orm.mapped_column(lib.Integer)
        twice = orm.query_expression()
        fixed = orm.query_expression(lib.literal(7))

    return Base, User


async def told(lib: Library) -> list[Any]:
    Base, User = model(lib)
    twice = lib.orm.with_expression(User.twice, User.size * 2)
    engine = lib.asyncio.create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    other = lib.orm.aliased(User)
    found: list[Any] = [
        str(lib.select(User)),
        str(lib.select(User).options(twice)),
        str(lib.select(User).subquery().select()),
    ]
    fresh = User(id=0, size=1)
    found.append((fresh.twice, fresh.fixed))
    async with lib.asyncio.AsyncSession(engine) as session:

        async def note(*options: Any, entity: Any = User) -> Any:
            query = lib.select(entity).options(*options).order_by(entity.id)
            users = (await session.scalars(query)).all()
            found.append([(each.twice, each.fixed) for each in users])
            return users[0]

        session.add_all([User(id=1, size=5), User(id=2, size=6)])
        await session.flush()
        await note()
        await note(twice)
        user = await note()
        user.size = 9
        await session.flush()
        await note(twice)
        await session.commit()
        await session.refresh(user)
        found.append((user.twice, user.fixed, user.size))
        session.expunge_all()
        user = await session.get(User, 2)
        found.append((user.twice, user.fixed))
        session.expunge_all()
        await note(
            twice, lib.orm.with_expression(User.fixed, lib.func.abs(-3))
        )
        session.expunge_all()
        await note(
            lib.orm.with_expression(other.twice, other.size + 1), entity=other
        )
        found.append(lib.inspect(user).session is None)
    await engine.dispose()
    return found


def test_the_same_values() -> None:
    assert asyncio.run(told(ours)) == asyncio.run(told(peer))


async def test_it_is_read_without_the_database() -> None:
    Base, User = model(ours)
    engine = ours.asyncio.create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with ours.asyncio.AsyncSession(engine) as session:
        user = User(id=1, size=1)
        session.add(user)
        await session.commit()
        assert user.twice is None
        assert await user.awaitable_attrs.twice is None
    assert user.twice is None
    await engine.dispose()


def test_keywords() -> None:
    with pytest.raises(TypeError, match="'nope'"):
        ours.orm.query_expression(nope=1)
    assert ours.orm.query_expression(repr=False).deferred
