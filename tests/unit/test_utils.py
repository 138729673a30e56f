"""Helpers of the Active Record layer, its constants and type aliases."""

from __future__ import annotations

from typing import Any

import pytest

import sqlactive_c.types
from sqlactive_c import (
    ActiveRecordMixin,
    ForeignKey,
    Mapped,
    MetaData,
    and_,
    func,
    mapped_column,
    or_,
    select,
    text,
)
from sqlactive_c.definitions import JOINED, SELECT_IN, SUBQUERY
from sqlactive_c.exceptions import (
    FilterTypeError,
    InvalidJoinMethodError,
    RootClassNotFoundError,
)
from sqlactive_c.orm import aliased, relationship
from sqlactive_c.utils import (
    classproperty,
    create_eager_load_option,
    eager_expr_from_schema,
    flatten_nested_filter_keys,
    get_query_root_cls,
)


class Base(ActiveRecordMixin):
    __abstract__ = True
    metadata = MetaData()


class Owner(Base):
    __tablename__ = "util_owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[list[Pet]] = relationship(lambda: Pet, back_populates="owner")


class Pet(Base):
    __tablename__ = "util_pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("util_owners.id"))
    owner: Mapped[Owner | None] = relationship(
        lambda: Owner, back_populates="pets"
    )


# ---- classproperty ---------------------------------------------------------


def test_classproperty() -> None:
    class Thing:
        @classproperty
        def name(cls: Any) -> str:
            """What it is called."""
            return str(cls.__name__).lower()

    class Derived(Thing):
        pass

    assert Thing.name == "thing"
    assert Thing().name == "thing"
    assert Derived.name == "derived"
    assert Thing.__dict__["name"].__doc__ == "What it is called."
    thing = Thing()
    thing.name = "own"  # type: ignore[assignment]
    assert thing.name == "own"


def test_classproperty_is_generic() -> None:
    assert classproperty[int] is not None
    assert classproperty(lambda cls: cls).__get__(3) is int


# ---- get_query_root_cls ----------------------------------------------------


def test_root_class() -> None:
    alias = aliased(Owner)
    assert get_query_root_cls(select(Owner)) is Owner
    assert get_query_root_cls(select(Pet.id, Owner.id)) is Pet
    assert get_query_root_cls(select(func.count(Owner.id))) is Owner
    assert get_query_root_cls(select(alias)) is alias
    assert get_query_root_cls(select(Owner).join(Owner.pets)) is Owner


def test_no_root_class() -> None:
    query = select(func.count("*"))
    assert get_query_root_cls(query) is None
    with pytest.raises(RootClassNotFoundError) as caught:
        get_query_root_cls(query, raise_on_none=True)
    assert repr(query) in str(caught.value)
    assert get_query_root_cls(select(text("1"))) is None


# ---- flatten_nested_filter_keys --------------------------------------------


def test_keys_of_filters() -> None:
    filters = [
        {"a": 1, or_: [{"b": 1}, {and_: {"c": 1, "d": 2}}]},
        [{"e": 1}],
        {},
    ]
    assert list(flatten_nested_filter_keys(filters)) == list("abcde")
    assert list(flatten_nested_filter_keys({})) == []


@pytest.mark.parametrize("wrong", [1, "a", None, ({"a": 1},), [1], {or_: 1}])
def test_keys_of_no_filters(wrong: Any) -> None:
    found = flatten_nested_filter_keys(wrong)
    with pytest.raises(FilterTypeError):
        list(found)


# ---- eager loading schemas -------------------------------------------------


def test_constants() -> None:
    assert (JOINED, SUBQUERY, SELECT_IN) == ("joined", "subquery", "selectin")


@pytest.mark.parametrize("method", [JOINED, SUBQUERY, SELECT_IN])
def test_option(method: str) -> None:
    assert create_eager_load_option(Owner.pets, method) is not None


@pytest.mark.parametrize("method", ["odd", None, 1])
def test_unknown_option(method: Any) -> None:
    with pytest.raises(InvalidJoinMethodError, match="'pets'"):
        create_eager_load_option(Owner.pets, method)
    with pytest.raises(InvalidJoinMethodError):
        eager_expr_from_schema({Owner.pets: {Pet.owner: method}})


def test_schema() -> None:
    schema: Any = {
        Owner.pets: (JOINED, {Pet.owner: {Owner.pets: JOINED}}),
    }
    options = eager_expr_from_schema(schema)
    assert len(options) == 1
    assert str(select(Owner).options(*options)).count("LEFT OUTER JOIN") == 3
    assert eager_expr_from_schema({}) == []
    both = eager_expr_from_schema({Owner.pets: JOINED, Pet.owner: SELECT_IN})
    assert len(both) == 2


# ---- types -----------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(sqlactive_c.types._ALIASES))
def test_alias(name: str) -> None:
    assert getattr(sqlactive_c.types, name) is not None


def test_aliases_are_types() -> None:
    types: Any = sqlactive_c.types
    assert types.Query[Owner] is not None
    assert types.EagerSchema.__origin__ is dict
    assert types.RowType.__name__ == "RowType"
    with pytest.raises(AttributeError):
        types.Nothing  # noqa: B018
