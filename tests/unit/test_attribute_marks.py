"""`sqlactive_c.orm.attributes`: marks, and attributes by name."""

from __future__ import annotations

import pytest

from sqlactive_c import exc, inspect
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column
from sqlactive_c.orm.attributes import (
    NEVER_SET,
    NO_VALUE,
    flag_modified,
    init_collection,
    instance_dict,
    instance_state,
    set_committed_value,
)


class Base(DeclarativeBase):
    """Base of the classes."""


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


def test_what_is_not_there_cannot_be_flagged() -> None:
    with pytest.raises(exc.InvalidRequestError, match="name"):
        flag_modified(Thing(), "name")
    with pytest.raises(KeyError, match="nothing"):
        flag_modified(Thing(), "nothing")


def test_a_committed_value_is_no_change() -> None:
    thing = Thing(id=1)
    set_committed_value(thing, "name", "x")
    assert thing.name == "x"
    assert instance_dict(thing) == {"id": 1, "name": "x"}


def test_the_dict_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        instance_dict(Thing())["name"] = "x"  # type: ignore[index]


def test_a_column_is_no_collection() -> None:
    with pytest.raises(AttributeError, match="no collection"):
        init_collection(Thing(), "name")


def test_states() -> None:
    thing = Thing(id=1)
    assert instance_state(thing).instance is thing
    assert inspect(thing).attrs.id.load_history().added == [1]
    assert NEVER_SET is NO_VALUE
    with pytest.raises(AttributeError, match="not mapped"):
        instance_state(object())
