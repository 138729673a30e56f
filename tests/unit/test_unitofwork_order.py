"""In which order a unit of work writes."""

from __future__ import annotations

from typing import Any

import pytest

from sqlactive_c import ForeignKey, exc
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
)
from sqlactive_c.orm.mapper import Mapper
from sqlactive_c.orm.unitofwork.order import components, levels


class Base(DeclarativeBase):
    """Base of the classes."""


class Leaf(Base):
    __tablename__ = "leaves"
    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))


class Branch(Base):
    __tablename__ = "branches"
    id: Mapped[int] = mapped_column(primary_key=True)
    tree_id: Mapped[int] = mapped_column(ForeignKey("trees.id"))
    leaves: Mapped[list[Leaf]] = relationship()
    tree: Mapped[Tree] = relationship()


class Tree(Base):
    __tablename__ = "trees"
    id: Mapped[int] = mapped_column(primary_key=True)
    best_id: Mapped[int | None] = mapped_column(ForeignKey("trees.id"))
    best: Mapped[Tree | None] = relationship(remote_side=[id])


class Stone(Base):
    """Refers to a table by its key alone, and is referred to likewise."""

    __tablename__ = "stones"
    id: Mapped[int] = mapped_column(primary_key=True)
    leaf_id: Mapped[int] = mapped_column(ForeignKey("leaves.id"))


class Hen(Base):
    __tablename__ = "hens"
    id: Mapped[int] = mapped_column(primary_key=True)
    egg_id: Mapped[int | None] = mapped_column(ForeignKey("eggs.id"))
    eggs: Mapped[list[Egg]] = relationship(foreign_keys="Egg.hen_id")
    egg: Mapped[Egg | None] = relationship(foreign_keys=[egg_id])


class Egg(Base):
    __tablename__ = "eggs"
    id: Mapped[int] = mapped_column(primary_key=True)
    hen_id: Mapped[int | None] = mapped_column(ForeignKey("hens.id"))


def _mapper(cls: Any) -> Any:
    Base.registry.configure()
    return cls.__mapper__


def _order(*classes: Any) -> list[Any]:
    found = components(tuple(map(_mapper, classes)), Mapper.layout)
    return [
        (*(base.class_ for base in part.bases), part.cyclic) for part in found
    ]


def test_parents_come_first() -> None:
    assert _order(Leaf, Branch, Tree) == [
        (Tree, True),
        (Branch, False),
        (Leaf, False),
    ]


def test_order_stays_where_nothing_refers() -> None:
    assert _order(Leaf, Tree) == [(Leaf, False), (Tree, True)]
    assert _order(Tree, Leaf) == [(Tree, True), (Leaf, False)]


def test_foreign_key_without_relationship_counts() -> None:
    assert _order(Stone, Leaf) == [(Leaf, False), (Stone, False)]


def test_tables_that_refer_to_each_other_are_one_component() -> None:
    assert _order(Leaf, Egg, Hen) == [(Leaf, False), (Egg, Hen, True)]


def test_new_relationship_gives_a_new_order() -> None:
    class Left(Base):
        __tablename__ = "lefts"
        id: Mapped[int] = mapped_column(primary_key=True)
        right_id: Mapped[int] = mapped_column()

    class Right(Base):
        __tablename__ = "rights"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert _order(Left, Right) == [(Left, False), (Right, False)]
    Left.right = relationship(  # type: ignore[attr-defined]
        Right,
        primaryjoin=Right.id == Left.right_id,
        foreign_keys=[Left.right_id],
    )
    assert _order(Left, Right) == [(Right, False), (Left, False)]


class Thing:
    def __init__(self, name: str) -> None:
        self.name = name


def _levels(names: str, *pairs: str) -> list[str]:
    things = {name: Thing(name) for name in names}
    edges = [(things[one], things[other]) for one, other in pairs]
    found = levels(list(things.values()), edges, lambda each: each.name)
    return ["".join(each.name for each in level) for level in found]


def test_levels() -> None:
    assert _levels("cab", "ab", "bc") == ["a", "b", "c"]
    assert _levels("dcab", "ab", "ac") == ["da", "cb"]
    assert _levels("abcd", "ab", "bc", "ac", "ad") == ["a", "bd", "c"]


def test_levels_of_nothing() -> None:
    assert _levels("") == []


def test_edges_to_others_do_not_count() -> None:
    stranger, one = Thing("s"), Thing("o")
    assert levels([one], [(stranger, one), (one, stranger)], repr) == [[one]]


def test_an_edge_to_itself_is_a_circle() -> None:
    one = Thing("o")
    with pytest.raises(exc.CircularDependencyError):
        levels([one], [(one, one)], repr)


def test_who_looks_comes_later() -> None:
    one, two, three = Thing("a"), Thing("b"), Thing("c")
    found = levels([one, two, three], [(one, three)], repr, {id(two)})
    assert found == [[one], [two], [three]]


def test_doubled_edges_count_once() -> None:
    assert _levels("ba", "ab", "ab") == ["a", "b"]


def test_circle() -> None:
    with pytest.raises(exc.CircularDependencyError, match="post_update"):
        _levels("abc", "ab", "bc", "cb")
