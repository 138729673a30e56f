"""merge(): the state of instances copied onto those of a session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sqlactive_c import AsyncEngine, event, exc, func, select
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    attribute_keyed_dict,
    mapped_column,
    relationship,
    validates,
)
from sqlactive_c.orm.exc import UnmappedInstanceError
from sqlactive_c.schema import ForeignKey


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[list[Node]] = relationship(
        back_populates="parent", cascade="all"
    )
    parent: Mapped[Node | None] = relationship(
        back_populates="children", remote_side=[id]
    )
    notes: Mapped[dict[str, Note]] = relationship(
        collection_class=attribute_keyed_dict("word"), cascade="all"
    )

    @validates("name")
    def _check(self, key: str, value: Any) -> Any:
        if value == "bad":
            raise ValueError(value)
        return value


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    node_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))


class Part(Base):
    __tablename__ = "parts"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        yield session


async def test_a_tree_with_cycles(session: AsyncSession) -> None:
    root = Node(id=1, name="root")
    root.children = [Node(id=2, name="a"), Node(id=3, name="b")]
    root.children[0].children.append(Node(id=4, name="deep"))
    merged = await session.merge(root)
    assert merged is not root
    assert [each.name for each in merged.children] == ["a", "b"]
    assert merged.children[0].children[0].parent is merged.children[0]
    assert root not in session
    assert root.children[0] not in session
    await session.commit()
    count = select(func.count()).select_from(Node)
    assert await session.scalar(count) == 4


async def test_itself_in_its_own_collection(session: AsyncSession) -> None:
    node = Node(id=1, name="self")
    node.parent = node
    merged = await session.merge(node)
    assert merged.parent is merged


async def test_a_dictionary(session: AsyncSession) -> None:
    node = Node(id=1, notes={"x": Note(id=1, word="x")})
    merged = await session.merge(node)
    assert {key: each.id for key, each in merged.notes.items()} == {"x": 1}
    assert merged.notes["x"] is not node.notes["x"]
    await session.commit()
    session.expunge_all()
    other = Node(id=1, notes={"y": Note(id=2, word="y")})
    merged = await session.merge(other)
    assert list(merged.notes) == ["y"]
    await session.commit()
    rows = await session.execute(select(Note.id, Note.node_id))
    assert sorted(tuple(row) for row in rows) == [(1, None), (2, 1)]


async def test_into_another_session(
    session: AsyncSession, engine: AsyncEngine
) -> None:
    node = Node(id=1, name="here")
    session.add(node)
    await session.commit()
    await session.refresh(node)
    async with AsyncSession(engine) as other:
        merged = await other.merge(node)
        assert merged is not node
        assert merged in other
        assert node in session
        merged.name = "there"
        await other.commit()
    await session.refresh(node)
    assert node.name == "there"


async def test_validators_run(session: AsyncSession) -> None:
    node = Node(id=1)
    node._sac_put("name", "bad")
    with pytest.raises(ValueError, match="bad"):
        await session.merge(node)


async def test_autoflush_is_back_after_a_failure(
    session: AsyncSession,
) -> None:
    with pytest.raises(UnmappedInstanceError):
        await session.merge(object())
    node = Node(id=1)
    node._sac_put("name", "bad")
    with pytest.raises(ValueError, match="bad"):
        await session.merge(node)
    assert session.autoflush is True


async def test_one_query_for_each_instance(
    session: AsyncSession, engine: AsyncEngine
) -> None:
    session.add_all([Part(a=1, b=at, name="old") for at in range(3)])
    await session.commit()
    session.expunge_all()
    seen: list[str] = []

    def note(conn: Any, cursor: Any, sql: str, *rest: Any) -> None:
        seen.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    one = await session.merge(Part(a=1, b=1, name="new"))
    two = await session.merge(Part(a=1, b=1, name="newer"))
    assert one is two
    event.remove(engine, "before_cursor_execute", note)
    # The second one flushes first.
    assert [sql.split()[0] for sql in seen] == ["SELECT", "UPDATE"]


async def test_a_new_one_is_told_as_loaded(session: AsyncSession) -> None:
    told: list[Any] = []

    def loaded(target: Any, context: Any) -> None:
        told.append(target)

    event.listen(Part, "load", loaded)
    merged = await session.merge(Part(a=1, b=1))
    event.remove(Part, "load", loaded)
    assert told == [merged]


async def test_a_part_of_the_key(session: AsyncSession) -> None:
    merged = await session.merge(Part(name="no key"))
    assert merged in session.new
    session.expunge_all()
    merged = await session.merge(Part(a=1, name="half"))
    assert merged in session.new


async def test_without_loading(session: AsyncSession) -> None:
    node = Node(id=1, name="x", children=[Node(id=2)])
    session.add(node)
    await session.commit()
    await session.refresh(node, ["name", "children"])
    session.expunge_all()
    merged = await session.merge(node, load=False)
    assert merged.name == "x"
    assert merged.children[0]._sac_state == "persistent"
    assert not session.dirty
    merged.children.append(Node(id=3))
    assert len(session.new) == 1
    with pytest.raises(exc.InvalidRequestError):
        await session.merge(Node(), load=False)
