"""Times of creation and of the last change, filled in by the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from sqlactive_c import (
    ActiveRecordBaseModel,
    AsyncSession,
    DBConnection,
    Mapped,
    MetaData,
    func,
    mapped_column,
    text,
    update,
)
from sqlactive_c.orm import DeclarativeBase
from sqlactive_c.timestamp import TimestampMixin
from sqlactive_c.types import TIMESTAMP, DateTime


class Base(ActiveRecordBaseModel):
    __abstract__ = True
    metadata = MetaData()


class Note(Base):
    __tablename__ = "stamped"
    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str | None]


class Own(Base):
    __tablename__ = "stamped_own"
    __created_at_name__ = "made"
    __updated_at_name__ = "changed"
    __datetime_func__ = func.datetime("2001-02-03 04:05:06", type_=DateTime())
    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str | None]


@pytest_asyncio.fixture
async def session() -> AsyncIterator[AsyncSession]:
    connection = DBConnection("sqlite+aiosqlite://")
    await connection.init_db(Base)
    maker: Any = connection.async_sessionmaker
    async with maker(expire_on_commit=True) as session:
        yield session
    await connection.close()


def test_columns() -> None:
    assert Note.columns == ["id", "words", "created_at", "updated_at"]
    for name in ("created_at", "updated_at"):
        column = Note.__table__.c[name]
        assert isinstance(column.type, TIMESTAMP)
        assert not column.type.timezone
        assert not column.nullable
        assert column.server_default is None
        assert str(column.default.arg) == "now()"
    assert Note.__table__.c.created_at.onupdate is None
    assert str(Note.__table__.c.updated_at.onupdate.arg) == "now()"


def test_defaults_of_the_mixin() -> None:
    assert TimestampMixin.__created_at_name__ == "created_at"
    assert TimestampMixin.__updated_at_name__ == "updated_at"
    assert str(TimestampMixin.__datetime_func__) == "now()"


def test_each_class_has_columns_of_its_own() -> None:
    assert Note.__table__.c.created_at.table is Note.__table__
    assert Own.__table__.c.made.table is Own.__table__
    assert Note.created_at is not Own.created_at


def test_names_and_function_of_a_model() -> None:
    assert Own.columns == ["id", "words", "made", "changed"]
    assert Own.created_at.key == "created_at"
    moment = datetime(2020, 1, 1)
    own = Own(created_at=moment)
    assert own.to_dict()["made"] == moment
    assert Own.from_dict({"made": moment}).created_at == moment


def test_names_of_a_base_class() -> None:
    class Other(DeclarativeBase):
        pass

    class Stamped(TimestampMixin):
        __created_at_name__ = "born"

    class Row(Stamped, Other):
        __tablename__ = "stamped_row"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Row.__table__.columns.keys() == ["id", "born", "updated_at"]


async def test_insert_fills_in(session: AsyncSession) -> None:
    before = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    note = Note(words="a", created_at=None)
    session.add(note)
    await session.commit()
    await session.refresh(note)
    assert note.created_at == note.updated_at
    assert before <= note.created_at <= before + timedelta(minutes=1)
    assert note.created_at.microsecond == 0
    assert note.created_at.tzinfo is None


async def test_given_values_go_first(session: AsyncSession) -> None:
    moment = datetime(2020, 1, 1, 2, 3, 4, 5)
    note = Note(created_at=moment, updated_at=moment)
    session.add(note)
    await session.commit()
    await session.refresh(note)
    assert (note.created_at, note.updated_at) == (moment, moment)


async def test_update_fills_in(session: AsyncSession) -> None:
    moment = datetime(2020, 1, 1)
    note = Note(created_at=moment, updated_at=moment)
    session.add(note)
    await session.commit()
    await session.refresh(note)
    await session.commit()
    await session.refresh(note)
    assert note.updated_at == moment
    note.words = "b"
    await session.commit()
    await session.refresh(note)
    assert note.created_at == moment
    assert note.updated_at > moment
    note.words = "c"
    note.updated_at = moment
    await session.commit()
    await session.refresh(note)
    assert note.updated_at == moment
    await session.execute(update(Note).values(words="d"))
    await session.commit()
    await session.refresh(note)
    assert note.updated_at > moment


async def test_function_of_a_model_is_used(session: AsyncSession) -> None:
    own = Own()
    session.add(own)
    await session.commit()
    await session.refresh(own)
    assert own.created_at == datetime(2001, 2, 3, 4, 5, 6)
    stored = await session.execute(text("SELECT made FROM stamped_own"))
    assert stored.scalar_one() == "2001-02-03 04:05:06"
