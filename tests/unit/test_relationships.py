"""Relationships in memory: both sides, collections, validators, messages."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from sqlactive_c import (
    AsyncEngine,
    Column,
    ForeignKey,
    Integer,
    Table,
    exc,
    inspect,
    select,
)
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    attribute_keyed_dict,
    backref,
    composite,
    mapped_column,
    relationship,
    selectinload,
    validates,
)


@dataclass
class Point:
    x: int
    y: int


def shop() -> Any:
    class Base(DeclarativeBase):
        pass

    links = Table(
        "links",
        Base.metadata,
        Column("order_id", ForeignKey("orders.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        orders = relationship("Order", back_populates="user")
        card = relationship("Card", back_populates="user", uselist=False)

        @validates("orders", include_removes=True)
        def _orders(self, key: str, order: Any, removed: bool) -> Any:
            log.append((key, order.id, removed))
            return order

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
        user = relationship(User, back_populates="orders")
        tags = relationship(
            "Tag",
            secondary=links,
            collection_class=set,
            backref=backref("orders", collection_class=set),
        )

    class Tag(Base):
        __tablename__ = "tags"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Card(Base):
        __tablename__ = "cards"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
        user = relationship(User, back_populates="card")

    log: list[Any] = []
    return SimpleNamespace(
        Base=Base, User=User, Order=Order, Tag=Tag, Card=Card, log=log
    )


# -- one to many --------------------------------------------------------------


def test_a_child_that_is_moved_leaves_its_first_parent() -> None:
    m = shop()
    one, two, order = m.User(id=1), m.User(id=2), m.Order(id=3)
    one.orders.append(order)
    two.orders.append(order)
    assert order.user is two
    assert one.orders == []
    order.user = one
    assert one.orders == [order]
    assert two.orders == []
    order.user = None
    assert one.orders == []


async def test_a_child_that_is_added_once_more_keeps_its_parent(
    engine: AsyncEngine,
) -> None:
    m = shop()
    async with engine.begin() as conn:
        await conn.run_sync(m.Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add(m.User(id=1, orders=[m.Order(id=2)]))
        await session.commit()
    async with AsyncSession(engine) as session:
        query = select(m.User).options(selectinload(m.User.orders))
        user = (await session.scalars(query)).one()
        user.orders.append(user.orders[0])
        await session.commit()
        assert await session.scalar(select(m.Order.user_id)) == 1


async def test_a_child_that_had_not_read_its_parent_loses_it(
    engine: AsyncEngine,
) -> None:
    m = shop()
    async with engine.begin() as conn:
        await conn.run_sync(m.Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all([m.User(id=1, orders=[m.Order(id=2)]), m.User(id=3)])
        await session.commit()
    async with AsyncSession(engine) as session:
        query = select(m.User).options(selectinload(m.User.orders))
        one, two = (await session.scalars(query.order_by(m.User.id))).all()
        (order,) = one.orders
        two.orders = []
        assert order not in session.dirty
        one.orders.remove(order)
        assert order in session.dirty
        assert order.user is None
        history = inspect(order).attrs.user.history
        assert (history.added, history.deleted) == ([None], [one])
        await session.commit()
        assert await session.scalar(select(m.Order.user_id)) is None


CHANGES = {
    "append": (lambda c, new: c.append(new), "012n"),
    "insert": (lambda c, new: c.insert(1, new), "0n12"),
    "extend": (lambda c, new: c.extend([new]), "012n"),
    "iadd": (lambda c, new: c.__iadd__([new]), "012n"),
    "remove": (lambda c, new: c.remove(c[1]), "02"),
    "pop": (lambda c, new: c.pop(), "01"),
    "pop first": (lambda c, new: c.pop(0), "12"),
    "clear": (lambda c, new: c.clear(), ""),
    "set": (lambda c, new: c.__setitem__(0, new), "n12"),
    "set slice": (lambda c, new: c.__setitem__(slice(0, 2), [new]), "n2"),
    "delete": (lambda c, new: c.__delitem__(2), "01"),
    "delete slice": (lambda c, new: c.__delitem__(slice(1, 3)), "0"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_a_list_reach_the_other_side(name: str) -> None:
    change, left = CHANGES[name]
    m = shop()
    orders = {str(at): m.Order(id=at) for at in range(3)}
    user = m.User(id=1, orders=list(orders.values()))
    orders["n"] = m.Order(id=9)
    change(user.orders, orders["n"])
    assert user.orders == [orders[each] for each in left]
    for key, order in orders.items():
        assert (order.user is user) == (key in left)


def test_a_list_that_is_replaced() -> None:
    m = shop()
    kept, gone, new = m.Order(id=1), m.Order(id=2), m.Order(id=3)
    user = m.User(orders=[kept, gone])
    old = user.orders
    user.orders = [new, kept]
    assert (kept.user, gone.user, new.user) == (user, None, user)
    old.append(gone)
    assert gone.user is None


def test_a_collection_outlives_its_owner() -> None:
    m = shop()
    orders = m.User().orders
    gc.collect()
    orders.append(m.Order(id=1))
    with pytest.raises(AttributeError, match="Order"):
        orders.append(3)


# -- sets, many to many -------------------------------------------------------


def test_both_sides_of_many_to_many() -> None:
    m = shop()
    order, one, two = m.Order(), m.Tag(), m.Tag()
    order.tags.update([one, two])
    assert one.orders == {order}
    order.tags -= {one}
    assert one.orders == set()
    two.orders.discard(order)
    assert order.tags == set()
    order.tags ^= {one, two}
    assert two.orders == {order}
    order.tags &= {one}
    assert two.orders == set()
    assert order.tags.pop() is one
    assert one.orders == set()


@pytest.mark.parametrize("value", [None, 3, "ab", {}])
def test_a_collection_is_no_other_thing(value: Any) -> None:
    m = shop()
    with pytest.raises(TypeError, match="list-like"):
        m.User(orders=value)
    with pytest.raises(TypeError, match="set-like"):
        m.Order(tags=[])


# -- one to one ---------------------------------------------------------------


def test_one_to_one() -> None:
    m = shop()
    one, two, card = m.User(), m.User(), m.Card()
    one.card = card
    assert card.user is one
    two.card = card
    assert card.user is two
    assert one.card is card  # who has lost it is not told
    two.card = None
    assert card.user is None


# -- validators ---------------------------------------------------------------


def test_a_validator_sees_each_item() -> None:
    m = shop()
    user, order = m.User(), m.Order(id=1)
    user.orders.append(order)
    user.orders.remove(order)
    order.user = user
    assert m.log == [
        ("orders", 1, False),
        ("orders", 1, True),
        ("orders", 1, False),
    ]


# -- declarations -------------------------------------------------------------


def test_where_the_direction_says_one() -> None:
    m = shop()
    assert m.Order().user is None
    assert inspect(m.Order).relationships["user"].uselist is False
    assert m.User().orders == []


def test_a_relationship_assigned_later() -> None:
    m = shop()

    class Note(m.Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    m.User.notes = relationship(Note, backref="author")
    note = Note()
    user = m.User(notes=[note])
    assert note.author is user


def test_the_wrong_class_is_named() -> None:
    m = shop()
    with pytest.raises(exc.SQLAlchemyError, match=r"Order, not\s+User|Order"):
        m.User().orders.append(m.User())
    with pytest.raises(AttributeError, match="User"):
        m.Order(user=3)


def test_a_lone_name_of_an_attribute_is_said() -> None:
    m = shop()

    class Bad(m.Base):
        __tablename__ = "bads"
        id: Mapped[int] = mapped_column(Integer, primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        user = relationship("User", order_by="User.nobody")

    with pytest.raises(AttributeError, match="nobody"):
        Bad()


def notes() -> Any:
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes = relationship(
            "Note",
            back_populates="user",
            collection_class=attribute_keyed_dict("key"),
        )

    class Note(Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        key: Mapped[str]
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        user = relationship("User", back_populates="notes")

    return SimpleNamespace(User=User, Note=Note)


def test_a_dictionary_lets_go_of_what_has_another_key_now() -> None:
    m = notes()
    user = m.User()
    note = m.Note(key="a", user=user)
    note.key = "b"
    note.user = None
    assert not user.notes


def test_a_dictionary_that_takes_another_one_tells_the_other_side() -> None:
    m = notes()
    user, note = m.User(), m.Note(key="a")
    user.notes |= {"a": note}
    assert note.user is user


def test_the_methods_of_a_dictionary_say_what_is_wrong() -> None:
    m = notes()
    user = m.User()
    with pytest.raises(exc.InvalidRequestError, match="ignore_unpopulated"):
        m.Note(user=user)
    note = m.Note(key="a", user=user)
    with pytest.raises(exc.InvalidRequestError, match="another"):
        user.notes.remove(m.Note(key="a"))
    assert user.notes == {"a": note}


def test_a_mapped_attribute_stays() -> None:
    m = notes()
    with pytest.raises(NotImplementedError, match="mapped"):
        del m.User.notes


def test_composites_are_different_when_one_part_is() -> None:
    class Base(DeclarativeBase):
        pass

    class Place(Base):
        __tablename__ = "places"
        id: Mapped[int] = mapped_column(primary_key=True)
        x: Mapped[int]
        y: Mapped[int]
        point = composite(Point, "x", "y")

    assert str(Place.point != Point(1, 2)) == (
        "NOT (places.x = :x_1 AND places.y = :y_1)"
    )
