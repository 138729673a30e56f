"""The models of the statements: a shop, its animals and its staff.

A module as users write it; it is run once with the names of each library.
"""

from __future__ import annotations

import datetime
import decimal
import enum
from typing import Annotated

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Numeric,
    String,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    deferred,
    mapped_column,
    relationship,
    synonym,
)

intpk = Annotated[int, mapped_column(primary_key=True)]


class Base(DeclarativeBase):
    pass


class Level(enum.Enum):
    low = 1
    high = 2


class User(Base):
    __tablename__ = "users"

    id: Mapped[intpk]
    name: Mapped[str] = mapped_column(String(30))
    age: Mapped[int | None]
    level: Mapped[Level | None]
    joined: Mapped[datetime.datetime]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    login: Mapped[str] = synonym("name")

    boss: Mapped[User | None] = relationship(
        back_populates="staff", remote_side="User.id"
    )
    staff: Mapped[list[User]] = relationship(back_populates="boss")
    orders: Mapped[list[Order]] = relationship(
        back_populates="user", order_by="Order.id"
    )
    profile: Mapped[Profile | None] = relationship(
        back_populates="user", uselist=False
    )

    @hybrid_property
    def adult(self):
        return self.age >= 18

    @hybrid_property
    def shout(self):
        return self.name.upper()

    @shout.inplace.expression
    @classmethod
    def _shout(cls):
        return func.upper(cls.name)

    @hybrid_method
    def older_than(self, age):
        return self.age > age


class Profile(Base):
    __tablename__ = "profiles"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), primary_key=True
    )
    data: Mapped[dict | None] = mapped_column(JSON)
    user: Mapped[User] = relationship(back_populates="profile")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[intpk]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    total: Mapped[decimal.Decimal] = mapped_column(Numeric(8, 2))
    placed: Mapped[datetime.date]
    paid: Mapped[bool] = mapped_column("is_paid", default=False)

    user: Mapped[User | None] = relationship(back_populates="orders")
    lines: Mapped[list[Line]] = relationship(
        back_populates="order", cascade="all, delete-orphan"
    )


product_tags = Table(
    "product_tags",
    Base.metadata,
    Column("product_id", ForeignKey("products.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Line(Base):
    __tablename__ = "lines"

    order_id: Mapped[int] = mapped_column(
        ForeignKey("orders.id"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.id"), primary_key=True
    )
    amount: Mapped[int]

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship(back_populates="lines")


class Product(Base):
    __tablename__ = "products"

    id: Mapped[intpk]
    name: Mapped[str] = mapped_column(String(20))
    price: Mapped[int] = mapped_column()
    blurb: Mapped[str | None] = deferred(mapped_column(Text))
    double = column_property(price * 2)

    lines: Mapped[list[Line]] = relationship(back_populates="product")
    tags: Mapped[set[Tag]] = relationship(
        secondary=product_tags, back_populates="products"
    )


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[intpk]
    word: Mapped[str]
    products: Mapped[list[Product]] = relationship(
        secondary="product_tags", back_populates="tags"
    )


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    full: Mapped[bool]
    tags = column_property(
        select(func.count(Tag.id))
        .where(Tag.id >= id)
        .correlate_except(Tag)
        .scalar_subquery()
    )


class Animal(Base):
    __tablename__ = "animals"

    id: Mapped[intpk]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[User | None] = relationship()

    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": "kind",
        "polymorphic_identity": "animal",
    }


class Dog(Animal):
    bark: Mapped[str | None]

    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class Puppy(Dog):
    __mapper_args__ = {"polymorphic_identity": "puppy"}  # noqa: RUF012


class Cat(Animal):
    lives: Mapped[int | None]

    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Employee(Base):
    __tablename__ = "employees"

    id: Mapped[intpk]
    name: Mapped[str]
    type: Mapped[str]
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desks.id"))
    desk: Mapped[Desk | None] = relationship(back_populates="employees")

    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": "type",
        "polymorphic_identity": "employee",
    }


class Manager(Employee):
    __tablename__ = "managers"

    id: Mapped[int] = mapped_column(
        ForeignKey("employees.id"), primary_key=True
    )
    budget: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Engineer(Employee):
    __tablename__ = "engineers"

    id: Mapped[int] = mapped_column(
        ForeignKey("employees.id"), primary_key=True
    )
    level: Mapped[int | None]

    __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012


class Desk(Base):
    __tablename__ = "desks"

    id: Mapped[intpk]
    place: Mapped[str]
    employees: Mapped[list[Employee]] = relationship(back_populates="desk")
