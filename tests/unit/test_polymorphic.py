"""with_polymorphic(): what it refuses, and what can be asked of it."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from sqlactive_c import ForeignKey, create_async_engine, exc, inspect, select
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    mapped_column,
    selectinload,
    with_polymorphic,
)


class Base(DeclarativeBase):
    pass


class Ship(Base):
    __tablename__ = "ships"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__: ClassVar[Any] = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "ship",
    }


class Ferry(Ship):
    __tablename__ = "ferries"
    id: Mapped[int] = mapped_column(ForeignKey("ships.id"), primary_key=True)
    cars: Mapped[int]
    __mapper_args__: ClassVar[Any] = {"polymorphic_identity": "ferry"}


class Port(Base):
    __tablename__ = "ports"
    id: Mapped[int] = mapped_column(primary_key=True)


def test_other_classes_are_refused() -> None:
    with pytest.raises(exc.ArgumentError, match="Port does not derive"):
        with_polymorphic(Ship, [Port])
    with pytest.raises(exc.ArgumentError, match="Ship does not derive"):
        with_polymorphic(Ferry, [Ship])
    with pytest.raises(exc.ArgumentError, match="no class 'Tug' derives"):
        with_polymorphic(Ship, ["Tug"])
    with pytest.raises(exc.ArgumentError, match="polymorphic_on"):
        with_polymorphic(Ship, [Ferry], polymorphic_on=Ship.kind)


def test_words_are_checked() -> None:
    with pytest.raises(exc.ArgumentError, match="'inline' or 'selectin'"):

        class Tug(Ship):
            __tablename__ = "tugs"
            id: Mapped[int] = mapped_column(
                ForeignKey("ships.id"), primary_key=True
            )
            __mapper_args__: ClassVar[Any] = {"polymorphic_load": "joined"}


def test_its_parts() -> None:
    fleet = with_polymorphic(Ship, "*")
    assert fleet.Ferry is fleet.Ferry
    assert fleet.Ferry.cars.property is Ferry.cars.property
    assert inspect(fleet).with_polymorphic_mappers == (
        Ship.__mapper__,
        Ferry.__mapper__,
    )
    assert not hasattr(fleet, "Port")
    assert not hasattr(aliased(Ship), "Ferry")
    by_name = with_polymorphic(Ship, ["Ferry"])
    assert str(select(by_name)) == str(select(fleet))


def test_what_is_loaded() -> None:
    fleet = with_polymorphic(Ship, "*")

    async def main() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add_all([Ship(id=1), Ferry(id=2, cars=3)])
            await session.commit()
            session.expunge_all()
            query = select(fleet).where(fleet.Ferry.cars > 2)
            assert [each.id for each in await session.scalars(query)] == [2]
            found = select(Ship).execution_options(populate_existing=True)
            found = found.order_by(Ship.id)
            ships = (await session.scalars(found)).all()
            with pytest.raises(exc.MissingGreenlet):
                _ = ships[1].cars
            assert await ships[1].awaitable_attrs.cars == 3
        await engine.dispose()

    asyncio.run(main())
    with pytest.raises((exc.ArgumentError, AttributeError)):
        selectinload(fleet.Ferry.nothing)
