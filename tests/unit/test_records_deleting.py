"""Rows that are deleted together: how many statements that takes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sqlactive_c import (
    ActiveRecordBaseModel,
    DBConnection,
    ForeignKey,
    MetaData,
    event,
    exc,
)
from sqlactive_c.orm import Mapped, mapped_column, relationship


class Base(ActiveRecordBaseModel):
    __abstract__ = True
    metadata = MetaData()


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    boxes: Mapped[list[Box]] = relationship(
        lambda: Box, cascade="all, delete-orphan"
    )
    signs: Mapped[list[Sign]] = relationship(lambda: Sign)


class Box(Base):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey(Shelf.id))
    things: Mapped[list[Thing]] = relationship(
        lambda: Thing, cascade="all, delete-orphan"
    )


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int] = mapped_column(ForeignKey(Box.id))


class Sign(Base):
    __tablename__ = "signs"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey(Shelf.id))


@pytest.fixture
async def said() -> AsyncIterator[list[str]]:
    """A full house; what is said to the database from then on."""
    async with DBConnection("sqlite+aiosqlite://") as conn:
        await conn.init_db(Base)
        for _ in range(5):
            boxes = [Box(things=[Thing(), Thing()]) for _ in range(3)]
            await Shelf(boxes=boxes, signs=[Sign()]).save()
        said: list[str] = []

        @event.listens_for(
            conn.async_engine.sync_engine, "before_cursor_execute"
        )
        def note(_c: object, _k: object, sql: str, *_: object) -> None:
            said.append(sql)

        yield said
        await conn.close(Base)


async def counts() -> list[int]:
    return [await each.count() for each in (Shelf, Box, Thing, Sign)]


def begins(said: list[str]) -> list[str]:
    return [each.split()[0] for each in said]


async def test_destroy(said: list[str]) -> None:
    await Shelf.destroy(1, 2, 3, 99)
    assert begins(said) == [
        *["SELECT"] * 4,  # shelves, boxes, things, signs
        "UPDATE",
        *["DELETE"] * 3,
    ]
    assert await counts() == [2, 6, 12, 5]
    assert await Sign.where(shelf_id=None).count() == 3


async def test_delete_all(said: list[str]) -> None:
    rows = await Shelf.order_by("id").all()
    said.clear()
    await Shelf.delete_all(rows[1:])
    assert begins(said).count("SELECT") == 3
    assert begins(said).count("DELETE") == 3
    assert await counts() == [1, 3, 6, 5]


async def test_one_that_has_no_row(said: list[str]) -> None:
    rows = await Shelf.all()
    with pytest.raises(exc.InvalidRequestError, match="is not persisted"):
        await Shelf.delete_all([*rows, Shelf()])
    assert await counts() == [5, 15, 30, 5]


async def test_one_that_is_gone(said: list[str]) -> None:
    rows = (await Shelf.order_by("id").all())[:3]
    await Shelf.destroy(1)
    with pytest.warns(exc.SAWarning, match="met 2 row"):
        await Shelf.delete_all(rows)
    assert await counts() == [2, 6, 12, 5]
