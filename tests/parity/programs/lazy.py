"""run_sync: code of the synchronous kind, with lazy loading."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import Column, ForeignKey, Table, inspect, select
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    pass


membership = Table(
    "membership",
    Base.metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("club_id", ForeignKey("clubs.id"), primary_key=True),
)


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    mother_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    mother: Mapped[Person | None] = relationship(
        remote_side=[id], back_populates="children"
    )
    children: Mapped[list[Person]] = relationship(
        back_populates="mother", order_by="Person.name"
    )
    clubs: Mapped[list[Club]] = relationship(
        secondary=membership, back_populates="members", order_by="Club.title"
    )


class Club(Base):
    __tablename__ = "clubs"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    members: Mapped[list[Person]] = relationship(
        secondary=membership, back_populates="clubs", order_by="Person.name"
    )


def fill(session: Session) -> None:
    chess, rowing = Club(title="chess"), Club(title="rowing")
    ada = Person(name="Ada", clubs=[chess])
    ada.children = [
        Person(name="Cem", clubs=[rowing, chess]),
        Person(name="Bea", children=[Person(name="Dan")]),
    ]
    session.add(ada)
    session.commit()


def tree(person: Person, depth: int = 0) -> None:
    """Walk down as far as it goes: each step is loaded when it is taken."""
    clubs = ", ".join(club.title for club in person.clubs)
    print("  " * depth + person.name, f"[{clubs}]")
    for child in person.children:
        tree(child, depth + 1)


def show(session: Session, name: str) -> str:
    person = session.scalars(select(Person).filter_by(name=name)).one()
    tree(person)
    top = person
    while top.mother is not None:
        top = top.mother
    return top.name


def edit(session: Session, title: str, *, leave: str) -> list[str]:
    club = session.scalars(select(Club).where(Club.title == title)).one()
    club.members = [each for each in club.members if each.name != leave]
    session.flush()
    session.expire(club)
    left = [each.name for each in club.members]
    for person in session.scalars(select(Person).order_by(Person.name)):
        print(person.name, [each.title for each in person.clubs])
    session.commit()
    return left


def tables(connection: AsyncConnection) -> list[str]:
    return sorted(inspect(connection).get_table_names())


async def main(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        print(await connection.run_sync(tables))
    sessions = async_sessionmaker(engine)
    async with sessions() as session:
        await session.run_sync(fill)
    async with sessions() as session:
        print(await session.run_sync(show, "Ada"))
        print(await session.run_sync(show, "Dan"))
        print(await session.run_sync(edit, "chess", leave="Ada"))
        try:
            await session.run_sync(show, "Eve")
        except Exception as error:
            print(type(error).__name__)
        await session.run_sync(lambda sync: sync.rollback())
        print(session.in_transaction())
        print(await session.run_sync(lambda s: s.get(Person, 1).name))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
