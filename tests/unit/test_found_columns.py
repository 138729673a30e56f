"""Rows of text: their columns are found whatever SQLite says they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from sqlactive_c import create_async_engine, exc, select, text
from sqlactive_c.ext.asyncio import AsyncEngine, AsyncSession
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column
from sqlactive_c.sql import column
from sqlactive_c.types import DateTime

WHEN = datetime(2020, 1, 2, 3, 4, 5)


class Base(DeclarativeBase):
    pass


class Visit(Base):
    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]


@pytest.fixture
async def engine() -> AsyncIterator[AsyncEngine]:
    made = create_async_engine("sqlite+aiosqlite://")
    async with made.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            text("INSERT INTO visits VALUES (1, '2020-01-02 03:04:05.000000')")
        )
    yield made
    await made.dispose()


async def test_a_table_may_change_between_two_executions(engine: Any) -> None:
    query = text("SELECT * FROM visits").columns(at=DateTime)
    entity = select(Visit).from_statement(text("SELECT * FROM visits"))
    async with engine.connect() as connection:
        for extra in ((), (7,), (7, 8)):
            result = await connection.execute(query)
            assert result.one() == (1, WHEN, *extra)
            async with AsyncSession(engine) as session:
                visit = (await session.scalars(entity)).one()
                assert visit.at == WHEN
            await connection.execute(
                text(
                    f"ALTER TABLE visits ADD COLUMN x{len(extra)}"
                    f" DEFAULT {7 + len(extra)}"
                )
            )
            await connection.commit()


async def test_scalars_and_streams(engine: Any) -> None:
    query = text("SELECT at, id FROM visits").columns(at=DateTime)
    async with engine.connect() as connection:
        assert await connection.scalar(query) == WHEN
        assert (await connection.scalars(query)).all() == [WHEN]
        async with connection.stream(query) as rows:
            assert [tuple(row) async for row in rows] == [(WHEN, 1)]


async def test_what_is_missing(engine: Any) -> None:
    async with AsyncSession(engine) as session:
        for sql, name in (
            ("SELECT at FROM visits", "visits.id"),
            ("SELECT 1 AS one", "visits.id"),
        ):
            with pytest.raises(exc.NoSuchColumnError, match=name):
                await session.execute(select(Visit).from_statement(text(sql)))
        with pytest.raises(exc.NoSuchColumnError, match=r"visits\.at"):
            await session.execute(
                select(Visit.at).from_statement(text("SELECT id FROM visits"))
            )
        found = await session.scalars(
            select(Visit).from_statement(text("SELECT id FROM visits"))
        )
        visit = found.one()
        assert visit.id == 1
        with pytest.raises(exc.MissingGreenlet):
            _ = visit.at
        assert await visit.awaitable_attrs.at == WHEN


async def test_fewer_columns_than_said(engine: Any) -> None:
    query = text("SELECT id FROM visits").columns(column("a"), column("b"))
    async with engine.connect() as connection:
        with pytest.warns(exc.SAWarning, match="gives 1 columns"):
            result = await connection.execute(query)
        assert list(result.keys()) == ["id"]
