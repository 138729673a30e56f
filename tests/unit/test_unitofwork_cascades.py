"""Where cascades lead, and in which order."""

from __future__ import annotations

from typing import Any

from sqlactive_c import _core
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
)
from sqlactive_c.orm.unitofwork import cascade, cascade_iterator
from sqlactive_c.schema import ForeignKey


class Base(DeclarativeBase):
    """Base of the classes."""


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    label_id: Mapped[int | None] = mapped_column(ForeignKey("labels.id"))
    children: Mapped[list[Node]] = relationship(
        back_populates="parent", cascade="all, delete-orphan"
    )
    parent: Mapped[Node | None] = relationship(
        back_populates="children", remote_side=[id]
    )
    label: Mapped[Label | None] = relationship(cascade="merge")


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)


def _tree() -> tuple[Any, ...]:
    leaf, other = Node(), Node()
    middle = Node(children=[leaf])
    root = Node(children=[middle, other], label=Label())
    return root, middle, leaf, other


def test_each_child_is_followed_by_its_own() -> None:
    root, middle, leaf, other = _tree()
    assert cascade("save-update", root) == [middle, leaf, other]
    assert cascade("delete", root) == [middle, leaf, other]


def test_it_goes_both_ways() -> None:
    root, middle, leaf, other = _tree()
    assert cascade("save-update", leaf) == [middle, root, other]
    assert cascade("delete", leaf) == []


def test_only_what_the_word_is_given_for() -> None:
    root, *_ = _tree()
    assert root.label in cascade("merge", root)
    assert root.label not in cascade("save-update", root)
    assert cascade("expunge", root.label) == []


def test_halt() -> None:
    root, middle, _, other = _tree()
    found = cascade_iterator("save-update", root, lambda each: each is middle)
    assert list(found) == [other]


def test_circle_ends() -> None:
    one, two = Node(), Node()
    one.children.append(two)
    two.children.append(one)
    assert cascade("delete", one) == [two]


def test_what_was_taken_out_is_saved_too() -> None:
    identities = _core.IdentityMap()
    root, middle, leaf, other = _tree()
    for number, each in enumerate((root, middle, leaf, other)):
        each.id = number
        identities.add(each, (number,))
        each._sac_commit()
    root.children.remove(other)
    assert cascade("save-update", root) == [middle, leaf, other]
    assert cascade("delete", root) == [middle, leaf]


def test_nothing_is_made_or_loaded() -> None:
    node = Node()
    assert cascade("save-update", node) == []
    assert "children" in node._sac_unloaded
