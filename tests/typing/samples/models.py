"""Names of the mapping layer, imported late at run time."""

from typing import assert_type

from sqlactive_c import (
    ActiveRecordBaseModel,
    AsyncConnection,
    Column,
    DeclarativeBase,
    ForeignKey,
    Index,
    Mapped,
    MetaData,
    Table,
    mapped_column,
)


class Base(DeclarativeBase):
    """The base of a user."""


class User(Base):
    """A model."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Note(ActiveRecordBaseModel):
    """A model of the package's own base."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user: Mapped[int] = mapped_column(ForeignKey("users.id"))


def values(user: User, note: Note) -> None:
    assert_type(user.id, int)
    assert_type(user.name, str | None)
    assert_type(note.user, int)
    user.name = "Ann"


async def tables(conn: AsyncConnection) -> None:
    assert_type(Base.metadata, MetaData)
    await conn.run_sync(Base.metadata.create_all)
    await conn.run_sync(Base.metadata.drop_all, checkfirst=False)
    table = Table("t", MetaData(), Column("a"), Index("i", "a"))
    assert_type(table.name, str)


def refused(user: User) -> None:
    user.id = "1"  # type: ignore[assignment]
    user.nothing  # type: ignore[attr-defined]  # noqa: B018
