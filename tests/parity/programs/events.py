"""Mixins of mapped classes, and listeners that see what sessions do."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from sqlalchemy import ForeignKey, String, event, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    declared_attr,
    mapped_column,
    relationship,
    validates,
)


class Base(DeclarativeBase):
    pass


class Keyed:
    id: Mapped[int] = mapped_column(primary_key=True)

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower() + "s"


class Versioned:
    version: Mapped[int] = mapped_column(nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Owned:
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    @declared_attr
    def owner(cls) -> Mapped[User | None]:
        return relationship("User", lazy="joined")


class User(Keyed, Base):
    name: Mapped[str] = mapped_column(String(20))

    @validates("name")
    def check_name(self, key: str, value: str) -> str:
        if not value:
            raise ValueError(f"{key} is empty")
        return value.strip()


class Note(Keyed, Versioned, Owned, Base):
    body: Mapped[str]
    slug: Mapped[str | None]


class Photo(Keyed, Owned, Base):
    path: Mapped[str]


log: list[str] = []


@event.listens_for(Note, "before_insert")
@event.listens_for(Note, "before_update")
def make_slug(mapper: Any, connection: Any, note: Note) -> None:
    note.slug = note.body.lower().replace(" ", "-")


@event.listens_for(Base, "after_insert", propagate=True)
def inserted(mapper: Any, connection: Any, target: Any) -> None:
    log.append(f"inserted {mapper.class_.__name__} {target.id}")


@event.listens_for(Base, "after_delete", propagate=True)
def deleted(mapper: Any, connection: Any, target: Any) -> None:
    log.append(f"deleted {mapper.class_.__name__} {target.id}")


@event.listens_for(Note, "load")
def loaded(note: Note, context: Any) -> None:
    log.append(f"loaded {note.body}")


@event.listens_for(Note.body, "set")
def body_set(note: Note, value: str, old: Any, initiator: Any) -> None:
    log.append(f"set {value!r}")


def listen(session: AsyncSession) -> None:
    sync = session.sync_session

    @event.listens_for(sync, "before_flush")
    def before(session: Any, context: Any, instances: Any) -> None:
        counts = len(session.new), len(session.dirty), len(session.deleted)
        log.append(f"flush {counts}")

    @event.listens_for(sync, "after_commit")
    def after_commit(session: Any) -> None:
        log.append("commit")

    @event.listens_for(sync, "after_rollback")
    def after_rollback(session: Any) -> None:
        log.append("rollback")


def tell(title: str) -> None:
    print(f"-- {title}")
    for line in log:
        print(line)
    log.clear()


async def work(session: AsyncSession) -> None:
    ann = User(name="  Ann ")
    note = Note(body="Buy Two Lamps", owner=ann)
    session.add_all([note, Photo(path="a.png", owner=ann)])
    await session.commit()
    tell("added")
    await session.refresh(note)
    print(note.slug, note.version, note.owner.name)
    note.body = "Buy Three"
    await session.commit()
    tell("changed")
    await session.refresh(note)
    print(note.slug, note.version)
    note.body = "Never Mind"
    await session.flush()
    await session.rollback()
    tell("taken back")
    session.expunge_all()
    for each in (await session.scalars(select(Note))).all():
        print(each.body, each.version, each.owner.name)
        await session.delete(each)
    await session.commit()
    tell("deleted")
    try:
        User(name="")
    except ValueError as error:
        print(error)


async def main(url: str) -> None:
    log.clear()
    engine = create_async_engine(url)
    statements = 0

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def count(*args: Any) -> None:
        nonlocal statements
        statements += 1

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    print(statements > 0, sorted(Base.metadata.tables))
    async with AsyncSession(engine) as session:
        listen(session)
        await work(session)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
