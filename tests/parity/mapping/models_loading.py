"""The models of the tests of loading: many kinds of relationships.

A module as users write it; it is run once with the names of each library.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Table, Text
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    deferred,
    mapped_column,
    relationship,
)

intpk = Annotated[int, mapped_column(primary_key=True)]


class Base(DeclarativeBase):
    pass


marks = Table(
    "marks",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    Column("weight", Text),
)


class User(Base):
    __tablename__ = "users"

    id: Mapped[intpk]
    name: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    about: Mapped[str | None] = mapped_column(deferred=True)
    secret: Mapped[str | None] = mapped_column(
        deferred=True, deferred_group="hidden", deferred_raiseload=True
    )
    motto: Mapped[str | None] = mapped_column(
        deferred=True, deferred_group="hidden"
    )

    posts: Mapped[list[Post]] = relationship(
        back_populates="user",
        order_by="Post.id",
        foreign_keys="Post.user_id",
    )
    team: Mapped[Team | None] = relationship(back_populates="users")
    card: Mapped[Card | None] = relationship(
        back_populates="user", lazy="joined", uselist=False
    )
    comments: Mapped[list[Comment]] = relationship(back_populates="user")


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[intpk]
    name: Mapped[str]

    users: Mapped[set[User]] = relationship(back_populates="team")


class Card(Base):
    __tablename__ = "cards"

    id: Mapped[intpk]
    number: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = relationship(
        back_populates="card", lazy="joined", innerjoin=True
    )


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[intpk]
    title: Mapped[str]
    stars: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    body: Mapped[str | None] = deferred(mapped_column(Text))

    user: Mapped[User | None] = relationship(
        back_populates="posts", foreign_keys=[user_id]
    )
    editor: Mapped[User | None] = relationship(foreign_keys=[editor_id])
    comments: Mapped[list[Comment]] = relationship(
        back_populates="post", order_by="(desc(Comment.stars), Comment.id)"
    )
    tags: Mapped[set[Tag]] = relationship(
        secondary=marks, back_populates="posts", order_by="Tag.word"
    )


Post.double = column_property(Post.stars * 2)


class Comment(Base):
    __tablename__ = "comments"

    id: Mapped[intpk]
    text: Mapped[str]
    stars: Mapped[int]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    post: Mapped[Post] = relationship(
        back_populates="comments", innerjoin=True
    )
    user: Mapped[User | None] = relationship(back_populates="comments")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[intpk]
    word: Mapped[str]

    posts: Mapped[list[Post]] = relationship(
        secondary=marks, back_populates="tags"
    )


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[intpk] = mapped_column()
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))

    children: Mapped[list[Node]] = relationship(
        back_populates="parent", lazy="joined", join_depth=2
    )
    parent: Mapped[Node | None] = relationship(
        back_populates="children", remote_side=[id]
    )


class Wire(Base):
    __tablename__ = "wires"

    id: Mapped[intpk] = mapped_column()
    next_id: Mapped[int | None] = mapped_column(ForeignKey("wires.id"))

    next: Mapped[Wire | None] = relationship(lazy="joined", remote_side=[id])
    hidden: Mapped[list[Wire]] = relationship(lazy="noload", viewonly=True)
    closed: Mapped[list[Wire]] = relationship(lazy="raise", viewonly=True)


class Place(Base):
    __tablename__ = "places"

    x: Mapped[intpk]
    y: Mapped[intpk]
    kind: Mapped[str]

    __mapper_args__: ClassVar = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "place",
    }


class House(Place):
    floors: Mapped[int | None]

    people: Mapped[list[Person]] = relationship(back_populates="house")

    __mapper_args__: ClassVar = {"polymorphic_identity": "house"}


class Person(Base):
    __tablename__ = "people"

    id: Mapped[intpk]
    kind: Mapped[str]
    name: Mapped[str]
    x: Mapped[int | None]
    y: Mapped[int | None]

    __table_args__ = (
        ForeignKeyConstraint(["x", "y"], ["places.x", "places.y"]),
    )

    house: Mapped[House | None] = relationship(back_populates="people")

    __mapper_args__: ClassVar = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "person",
    }


class Boss(Person):
    __tablename__ = "bosses"

    id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    car: Mapped[str | None]
    clerks: Mapped[list[Clerk]] = relationship(
        back_populates="boss", foreign_keys="Clerk.boss_id"
    )

    __mapper_args__: ClassVar = {"polymorphic_identity": "boss"}


class Clerk(Person):
    __tablename__ = "clerks"

    id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    desk: Mapped[str | None]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("bosses.id"))
    boss: Mapped[Boss | None] = relationship(
        back_populates="clerks", foreign_keys=[boss_id]
    )

    __mapper_args__: ClassVar = {
        "polymorphic_identity": "clerk",
        "inherit_condition": id == Person.id,
    }
