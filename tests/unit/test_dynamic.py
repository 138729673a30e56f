"""Collections that are queries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sqlactive_c import (
    ActiveRecordBaseModel,
    DBConnection,
    ForeignKey,
    MetaData,
    select,
)
from sqlactive_c.exc import (
    MissingGreenlet,
    MultipleResultsFound,
    NoResultFound,
    SAWarning,
)
from sqlactive_c.ext.asyncio import AsyncSession, create_async_engine
from sqlactive_c.orm import (
    AppenderQuery,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    mapped_column,
    relationship,
)
from sqlactive_c.orm.exc import DetachedInstanceError


class Base(ActiveRecordBaseModel):
    __abstract__ = True
    metadata = MetaData()


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    notes: DynamicMapped[Note] = relationship(
        lambda: Note, back_populates="user", order_by="Note.id"
    )
    cards: WriteOnlyMapped[Card] = relationship(
        lambda: Card, passive_deletes=True
    )


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="notes")


class Card(Base):
    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


async def _session(**keywords: Any) -> AsyncIterator[AsyncSession]:
    engine = create_async_engine("sqlite://", **keywords)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as made:
        notes = [Note(id=1, text="a"), Note(id=2, text="b")]
        made.add(User(id=1, notes=notes))
        await made.commit()
        made.expunge_all()
        yield made
    await engine.dispose()


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """A session with one user and two notes in the database."""
    async for each in _session():
        yield each


@pytest.fixture
async def inline() -> AsyncIterator[AsyncSession]:
    """The same, where reading loads at once."""
    async for each in _session(lazy_loading="inline"):
        yield each


async def asked(session: AsyncSession, ask: Callable[[], Any]) -> Any:
    return await session.run_sync(lambda _: ask())


def ids(items: Any) -> list[int]:
    return [each.id for each in items]


async def test_it_is_read_where_reading_waits(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    assert isinstance(user.notes, AppenderQuery)
    assert await asked(session, lambda: ids(user.notes)) == [1, 2]
    assert await asked(session, lambda: user.notes.count()) == 2
    with pytest.raises(MissingGreenlet, match=r"obj\.notes\.select"):
        list(user.notes)
    with pytest.raises(MissingGreenlet):
        user.notes.count()
    found = await session.scalars(user.notes.select())
    assert ids(found) == [1, 2]
    found = await session.scalars(user.notes.where(Note.id > 1).select())
    assert ids(found) == [2]


async def test_it_is_read_inline(inline: AsyncSession) -> None:
    user = (await inline.scalars(select(User))).one()
    assert ids(user.notes) == [1, 2]
    assert user.notes.filter_by(text="b").one().id == 2
    user.notes.append(Note(id=3))
    assert user.notes.count() == 3


async def test_the_queries(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)

    def ask() -> None:
        notes = user.notes
        assert ids(notes.filter(Note.text == "b")) == [2]
        assert ids(notes.order_by(None).order_by(Note.id.desc())) == [2, 1]
        assert ids(notes.limit(1)) == [1]
        assert ids(notes.offset(1).limit(5)) == [2]
        assert notes.limit(1).count() == 1
        assert notes.first() is notes[0]
        assert notes.filter_by(id=3).first() is None
        assert notes.filter_by(id=3).one_or_none() is None
        assert ids(notes[1:]) == [2]
        assert ids(notes.join(Note.user).where(User.id == 2)) == []
        with pytest.raises(MultipleResultsFound):
            notes.one()
        with pytest.raises(NoResultFound):
            notes.filter_by(id=3).one()

    await asked(session, ask)
    assert "ORDER BY notes.id" in str(user.notes.statement)


async def test_reading_writes_first(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    user.notes.append(Note(id=3))
    user.notes.extend([Note(id=4)])
    user.notes.add(Note(id=5))
    user.notes.add_all([Note(id=6)])
    user.notes.remove(await session.get_one(Note, 1))
    assert await asked(session, lambda: ids(user.notes)) == [2, 3, 4, 5, 6]


async def test_replacing_reads_what_there_is(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)

    def replace() -> None:
        user.notes = [user.notes[1], Note(id=3)]  # type: ignore[assignment]

    await asked(session, replace)
    await session.commit()
    rows = await session.execute(select(Note.id, Note.user_id))
    assert dict(rows.all()) == {1: None, 2: 1, 3: 1}  # type: ignore[arg-type]
    with pytest.raises(MissingGreenlet):
        user.notes = []  # type: ignore[assignment]


def test_without_a_row_it_has_what_was_added() -> None:
    user = User(notes=[Note(id=1), Note(id=2)])
    user.notes.remove(user.notes[0])
    assert ids(user.notes) == [2]
    assert user.notes.count() == 1
    assert user.notes.one() is user.notes.first()
    assert user.notes.one_or_none() is not None
    with pytest.raises(DetachedInstanceError, match=r"User\.notes"):
        user.notes.filter_by(id=2).all()
    user.notes.append(Note(id=3))
    with pytest.raises(MultipleResultsFound):
        user.notes.one()
    with pytest.raises(NoResultFound):
        User().notes.one()
    assert User().notes.first() is None


async def test_detached_it_knows_nothing(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    session.expunge(user)
    with pytest.warns(SAWarning, match="detached"):
        assert list(user.notes) == []


async def test_deleting_the_owner_takes_its_key_away(
    session: AsyncSession,
) -> None:
    user = await session.get_one(User, 1)
    user.notes.append(Note(id=3))
    user.notes.remove(await session.get_one(Note, 1))
    await session.delete(user)
    await session.commit()
    rows = await session.execute(select(Note.id, Note.user_id))
    assert dict(rows.all()) == {1: None, 2: None, 3: None}  # type: ignore[arg-type]


@pytest.fixture
async def connection() -> AsyncIterator[DBConnection]:
    async with DBConnection("sqlite+aiosqlite://") as made:
        await made.init_db(Base)
        yield made
        await made.close(Base)


@pytest.mark.usefixtures("connection")
async def test_active_record() -> None:
    user = await User.create(notes=[Note(), Note()], cards=[Card()])
    assert User.relations == ["notes", "cards"]
    nested = user.to_dict(nested=True)
    assert nested == user.to_dict()
    assert "cards" not in nested
    user.cards.add(Card())
    await user.save()
    assert await Card.where(user_id=user.id).count() == 2
    assert ids(await User.where(notes___id=2).all()) == [user.id]
    await User.delete_all([user, await User.create()])
    assert [each.user_id for each in await Note.all()] == [None, None]


async def test_merging_replaces_what_there_is(session: AsyncSession) -> None:
    await session.merge(User(id=1, notes=[Note(id=2), Note(id=3)]))
    await session.commit()
    rows = await session.execute(select(Note.id, Note.user_id))
    assert dict(rows.all()) == {1: None, 2: 1, 3: 1}  # type: ignore[arg-type]
