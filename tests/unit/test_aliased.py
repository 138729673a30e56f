"""Aliases of mapped classes, bundles and options of what is loaded."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sqlactive_c import ForeignKey, exc, select, update
from sqlactive_c.ext.asyncio import AsyncSession, create_async_engine
from sqlactive_c.ext.hybrid import hybrid_property
from sqlactive_c.orm import (
    Bundle,
    DeclarativeBase,
    Load,
    Mapped,
    aliased,
    defaultload,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    undefer_group,
)


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "alias_rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    plan: Mapped[str | None] = mapped_column(deferred_group="papers")
    lease: Mapped[str | None] = mapped_column(deferred_group="papers")
    chairs: Mapped[list[Chair]] = relationship(back_populates="room")

    @hybrid_property
    def loud(self) -> Any:
        return self.name + "!"


class Chair(Base):
    __tablename__ = "alias_chairs"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("alias_rooms.id"))
    room: Mapped[Room] = relationship(back_populates="chairs")


def test_attributes_of_an_alias_are_the_same_each_time() -> None:
    room = aliased(Room)
    assert room.name is room.name
    assert room.name is not Room.name
    assert str(room) == "aliased(Room)"
    assert str(room.name) == "aliased(Room).name"


def test_an_alias_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        _ = aliased(Room).nothing


def test_adapt_on_names_is_for_classes() -> None:
    with pytest.raises(exc.ArgumentError):
        aliased(Room.__table__, adapt_on_names=True)


def test_statements_of_two_aliases_have_the_same_fingerprint() -> None:
    def made() -> Any:
        room = aliased(Room)
        return select(room).where(room.name == "a")._fingerprint()[0]

    assert made() == made()
    assert made() is not None


def test_what_is_loaded_counts_for_the_fingerprint() -> None:
    plain = select(Room)
    fewer = plain.options(load_only(Room.name))
    other = plain.options(load_only(Room.plan))
    prints = {each._fingerprint()[0] for each in (plain, fewer, other)}
    assert len(prints) == 3


def test_undefer_group() -> None:
    text = str(select(Room).options(undefer_group("papers")))
    assert "plan" in text
    assert "lease" in text
    assert "plan" not in str(select(Room))


def test_options_that_follow_relationships_do_not_touch_the_root() -> None:
    plain = str(select(Room))
    option = defaultload(Room.chairs).load_only(Chair.id)
    assert str(select(Room).options(option)) == plain
    option = Load(Room).options(joinedload(Room.chairs).defer(Chair.room_id))
    assert option.steps[-1][0] == (Room.chairs,)


def test_an_option_needs_an_attribute() -> None:
    with pytest.raises(exc.ArgumentError):
        load_only("name")
    with pytest.raises(exc.ArgumentError):
        joinedload(Room.name)


def test_values_by_attribute_names() -> None:
    assert "name" in str(update(Room).values({Room.name: "b"}))
    with pytest.raises(exc.CompileError):
        str(update(Room).values(nothing=1))


async def test_rows_of_bundles_and_options() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    try:
        async with AsyncSession(engine) as session:
            connection = await session.connection()
            await connection.run_sync(Base.metadata.create_all)
            await session.execute(
                Room.__table__.insert(), [{"id": 1, "name": "hall"}]
            )
            bundle = Bundle("b", Room.id, Room.name)
            row = (await session.execute(select(bundle))).one()
            assert row.b == (1, "hall")
            assert row.b.name == "hall"
            assert row.b._asdict() == {"id": 1, "name": "hall"}
            assert pickle.loads(pickle.dumps(row.b)) == row.b
            with pytest.raises(AttributeError):
                _ = row.b.nothing
            made = select(Room, Room.loud).options(load_only(Room.id))
            row = (await session.execute(made)).one()
            assert row[1] == "hall!"
            assert row._mapping[Room] is row.Room
    finally:
        await engine.dispose()
