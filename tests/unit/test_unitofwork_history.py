"""What a unit of work sees of a relationship's past."""

from __future__ import annotations

from typing import Any

import pytest

from sqlactive_c import _core
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
)
from sqlactive_c.orm.unitofwork.history import NOTHING, change_of
from sqlactive_c.orm.unitofwork.sync import has_moved, stored, value
from sqlactive_c.schema import ForeignKey


class Base(DeclarativeBase):
    """Base of the classes."""


class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    children: Mapped[list[Child]] = relationship(back_populates="parent")


class Child(Base):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent | None] = relationship(back_populates="children")


@pytest.fixture
def identities() -> Any:
    return _core.IdentityMap()


CHILDREN: Any = Parent.__mapper__.attrs.children
PARENT: Any = Child.__mapper__.attrs.parent


def _row(identities: Any, cls: Any, key: int, **values: Any) -> Any:
    """Return an instance that stands for a row, nothing of it changed."""
    made = cls(id=key, **values)
    identities.add(made, (key,))
    made._sac_commit()
    return made


def test_new_parent() -> None:
    parent = Parent()
    assert change_of(parent, CHILDREN) == NOTHING
    child = Child()
    parent.children.append(child)
    assert change_of(parent, CHILDREN) == ([child], (), ())
    assert change_of(child, PARENT) == ([parent], (), ())


def test_new_child_with_none() -> None:
    assert change_of(Child(), PARENT) == NOTHING
    assert change_of(Child(parent=None), PARENT) == ([None], (), ())


def test_collection_of_a_row(identities: Any) -> None:
    one, two, three = (_row(identities, Child, at) for at in range(3))
    parent = _row(identities, Parent, 1, children=[one, two])
    assert change_of(parent, CHILDREN) == ((), [one, two], ())
    parent.children.remove(one)
    parent.children.append(three)
    assert change_of(parent, CHILDREN) == ([three], [two], [one])
    parent.children.append(one)
    assert change_of(parent, CHILDREN) == ([three, one][:1], [two, one], [])


def test_collection_that_is_not_loaded(identities: Any) -> None:
    parent = _row(identities, Parent, 1)
    parent._sac_put("children", _core.NO_VALUE)
    assert change_of(parent, CHILDREN) == NOTHING


def test_scalar_of_a_row(identities: Any) -> None:
    one, two = _row(identities, Parent, 1), _row(identities, Parent, 2)
    child = _row(identities, Child, 1, parent=one)
    assert change_of(child, PARENT) == ((), [one], ())
    child.parent = two
    assert change_of(child, PARENT) == ([two], (), [one])
    child.parent = None
    assert change_of(child, PARENT) == ([None], (), [one])
    child.parent = one
    assert change_of(child, PARENT) == ((), [one], ())


def test_backref_keeps_the_past(identities: Any) -> None:
    child = _row(identities, Child, 1)
    parent = _row(identities, Parent, 1, children=[child])
    child._sac_commit()
    parent.children.remove(child)
    assert child.parent is None
    assert change_of(child, PARENT) == ([None], (), [parent])
    assert change_of(parent, CHILDREN) == ([], [], [child])


def test_values_of_columns(identities: Any) -> None:
    parent = _row(identities, Parent, 7, name="n")
    assert stored(parent, "id") == value(parent, "id") == 7
    parent.id = 8
    assert (stored(parent, "id"), value(parent, "id")) == (7, 8)
    assert has_moved(parent, ["id"])
    assert not has_moved(parent, ["name"])
    parent.id = 7
    assert not has_moved(parent, ["id"])


def test_expired_key_is_known(identities: Any) -> None:
    parent = _row(identities, Parent, 7)
    parent._sac_expire()
    assert stored(parent, "id") == value(parent, "id") == 7
    assert stored(parent, "name") is _core.NO_VALUE
    parent.id = 9
    assert stored(parent, "id") == 7
