"""Instances that lead to others: loading them, and statements about them."""

from __future__ import annotations

from typing import Any

from sqlactive_c import AsyncEngine, delete, exc, insert, select, text, update
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    WriteOnlyMapped,
    contains_eager,
    immediateload,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)
from sqlactive_c.schema import Column, ForeignKey, Table

TABLES = [
    text("CREATE TABLE IF NOT EXISTS tree (id INTEGER PRIMARY KEY, name)"),
    text(
        "CREATE TABLE IF NOT EXISTS leaf"
        " (id INTEGER PRIMARY KEY, tree_id, size)"
    ),
    text("CREATE TABLE IF NOT EXISTS bird (id INTEGER PRIMARY KEY, name)"),
    text("CREATE TABLE IF NOT EXISTS nest (tree_id, bird_id)"),
]


class Base(DeclarativeBase):
    pass


nests = Table(
    "nest",
    Base.metadata,
    Column("tree_id", ForeignKey("tree.id")),
    Column("bird_id", ForeignKey("bird.id")),
)


class Tree(Base):
    __tablename__ = "tree"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    leaves: Mapped[list[Leaf]] = relationship(
        back_populates="tree", cascade="all, delete-orphan"
    )
    birds: Mapped[set[Bird]] = relationship(secondary=nests)
    visitors: WriteOnlyMapped[Bird] = relationship(
        secondary=nests, passive_deletes=True, overlaps="birds"
    )


class Leaf(Base):
    __tablename__ = "leaf"
    id: Mapped[int] = mapped_column(primary_key=True)
    tree_id: Mapped[int | None] = mapped_column(ForeignKey("tree.id"))
    size: Mapped[int | None]
    tree: Mapped[Tree | None] = relationship(back_populates="leaves")


class Bird(Base):
    __tablename__ = "bird"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


OPTIONS = [
    (selectinload(Tree.leaves), selectinload(Tree.birds)),
    (joinedload(Tree.leaves), joinedload(Tree.birds)),
    (subqueryload(Tree.leaves).load_only(Leaf.tree_id), load_only(Tree.name)),
    (immediateload(Tree.birds),),
]


async def load_trees(engine: AsyncEngine) -> None:
    """Load what belongs together, in all ways there are.

    Args:
        engine: The engine; no row is left.
    """
    async with AsyncSession(engine) as session:
        await _plant(session)
        session.expunge_all()
        for options in OPTIONS:
            query = select(Tree).options(*options).order_by(Tree.id)
            found = (await session.scalars(query)).unique().all()
            assert len(found) == 3
            session.expunge_all()
        query = select(Leaf).options(
            joinedload(Leaf.tree).selectinload(Tree.birds)
        )
        leaves = (await session.scalars(query)).all()
        assert sum(len(each.tree.birds) for each in leaves if each.tree) == 6
        session.expunge_all()
        tree = await session.get_one(Tree, 1)
        assert len(await tree.awaitable_attrs.leaves) == 2
        await session.refresh(tree, ["birds", "name"])
        trees = select(Tree).join(Tree.leaves).where(Leaf.size > 0)
        trees = trees.options(contains_eager(Tree.leaves))
        result = await session.stream_scalars(trees)
        assert len(await result.unique().all()) == 3
        await session.run_sync(lambda _: tree.leaves[0].tree)
        await session.rollback()


async def change_trees(engine: AsyncEngine) -> None:
    """Execute statements about mapped classes.

    Args:
        engine: The engine; no row is left.
    """
    async with AsyncSession(engine) as session:
        trees = await _plant(session)
        made = await session.scalars(
            insert(Leaf).returning(Leaf),
            [{"tree_id": 1, "size": 7}, {"tree_id": 2, "size": 8}],
        )
        assert [each.size for each in made.all()] == [7, 8]
        await session.execute(
            update(Tree).where(Tree.id < 3).values(name=Tree.name + "!")
        )
        await session.execute(
            update(Tree)
            .where(Tree.id > 1)
            .values(name="x")
            .execution_options(synchronize_session="fetch")
        )
        await session.execute(
            update(Leaf), [{"id": 1, "size": 3}, {"id": 2, "size": 4}]
        )
        await session.execute(delete(Leaf).where(Leaf.size > 6))
        trees[0].visitors.add(Bird(name="owl"))
        await session.flush()
        query = text("SELECT name, 1 AS more, id FROM tree ORDER BY id")
        again = await session.scalars(select(Tree).from_statement(query))
        assert again.all() == trees
        row = await session.execute(
            text("SELECT name, id FROM tree").columns(Tree.name, Tree.id)
        )
        assert len(row.all()) == 3
        owls = trees[0].visitors.select().where(Bird.name.regexp_match("^o"))
        assert len((await session.scalars(owls)).all()) == 1
        try:
            await session.execute(insert(Tree).values(id=1))
        except exc.IntegrityError:
            pass
        else:
            raise AssertionError("it is there twice")
        await session.merge(Tree(id=2, name="y"))
        await session.delete(trees[0])
        await session.flush()
        await session.rollback()


async def _plant(session: AsyncSession) -> list[Any]:
    for each in TABLES:
        await session.execute(each)
    birds = [Bird(name="jay"), Bird(name="kite")]
    trees = [
        Tree(
            id=at,
            name=f"t{at}",
            leaves=[Leaf(size=at), Leaf(size=at + 1)],
            birds={birds[at % 2]},
        )
        for at in range(1, 4)
    ]
    session.add_all(trees)
    await session.flush()
    return trees
