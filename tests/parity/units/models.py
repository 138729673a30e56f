"""Mapped classes for programs about the unit of work."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def models(lib: Any) -> SimpleNamespace:
    """Return the classes, mapped by a library."""
    found = SimpleNamespace(lib=lib)
    for part in (_shop, _trees, _families, _keys, _rules):
        Base = lib.orm.declarative_base()
        classes = part(lib, lib.orm, Base)
        vars(found).update(classes)
        setattr(found, part.__name__[1:], Base.metadata)
    found.metadatas = [
        getattr(found, name)
        for name in ("shop", "trees", "families", "keys", "rules")
    ]
    return found


def _shop(lib: Any, orm: Any, Base: Any) -> dict[str, Any]:
    Column, key = lib.Column, lib.ForeignKey
    post_tags = lib.Table(
        "post_tags",
        Base.metadata,
        Column("post_id", key("posts.id"), primary_key=True),
        Column("tag_id", key("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        age = Column(lib.Integer)
        made = Column(lib.String, server_default="now")
        kind = Column(lib.String, default=lambda: "plain")
        touched = Column(lib.Integer, onupdate=7)
        counted = Column(
            lib.Integer, default=lib.text("1 + 1"), onupdate=lib.text("3 + 4")
        )
        posts = orm.relationship("Post", back_populates="user")
        notes = orm.relationship(
            "Note", back_populates="user", cascade="all, delete-orphan"
        )
        profile = orm.relationship(
            "Profile",
            back_populates="user",
            uselist=False,
            cascade="all, delete-orphan",
        )

    class Post(Base):
        __tablename__ = "posts"
        id = Column(lib.Integer, primary_key=True)
        title = Column(lib.String)
        user_id = Column(key("users.id"))
        user = orm.relationship("User", back_populates="posts")
        tags = orm.relationship(
            "Tag", secondary=post_tags, back_populates="posts"
        )

    class Tag(Base):
        __tablename__ = "tags"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String, unique=True)
        posts = orm.relationship(
            "Post", secondary=post_tags, back_populates="tags"
        )

    class Note(Base):
        __tablename__ = "notes"
        id = Column(lib.Integer, primary_key=True)
        body = Column(lib.String)
        user_id = Column(key("users.id"), nullable=False)
        user = orm.relationship("User", back_populates="notes")
        lines = orm.relationship("Line", cascade="all, delete-orphan")

    class Line(Base):
        __tablename__ = "lines"
        id = Column(lib.Integer, primary_key=True)
        text = Column(lib.String)
        note_id = Column(key("notes.id"))

    class Profile(Base):
        __tablename__ = "profiles"
        id = Column(lib.Integer, primary_key=True)
        bio = Column(lib.String)
        user_id = Column(key("users.id"))
        user = orm.relationship("User", back_populates="profile")

    return {
        each.__name__: each for each in (User, Post, Tag, Note, Line, Profile)
    }


def _trees(lib: Any, orm: Any, Base: Any) -> dict[str, Any]:
    Column, key = lib.Column, lib.ForeignKey

    class Node(Base):
        __tablename__ = "nodes"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        parent_id = Column(key("nodes.id"))
        children = orm.relationship(
            "Node", back_populates="parent", cascade="all"
        )
        parent = orm.relationship(
            "Node", back_populates="children", remote_side=[id]
        )

    class Ball(Base):
        __tablename__ = "balls"
        id = Column(lib.Integer, primary_key=True)
        person_id = Column(key("persons.id"))

    class Person(Base):
        __tablename__ = "persons"
        id = Column(lib.Integer, primary_key=True)
        favorite_id = Column(key("balls.id"))
        balls = orm.relationship(
            "Ball",
            primaryjoin=id == Ball.__table__.c.person_id,
            foreign_keys=[Ball.__table__.c.person_id],
        )
        favorite = orm.relationship(
            "Ball",
            primaryjoin=favorite_id == Ball.__table__.c.id,
            foreign_keys=[favorite_id],
            post_update=True,
        )

    return {each.__name__: each for each in (Node, Ball, Person)}


def _families(lib: Any, orm: Any, Base: Any) -> dict[str, Any]:
    Column, key = lib.Column, lib.ForeignKey

    class Company(Base):
        __tablename__ = "companies"
        id = Column(lib.Integer, primary_key=True)
        staff = orm.relationship("Employee", back_populates="company")

    class Employee(Base):
        __tablename__ = "employees"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        type = Column(lib.String)
        company_id = Column(key("companies.id"))
        company = orm.relationship("Company", back_populates="staff")
        __mapper_args__ = {  # noqa: RUF012
            "polymorphic_on": type,
            "polymorphic_identity": "employee",
        }

    class Engineer(Employee):
        __tablename__ = "engineers"
        engineer_id = Column(key("employees.id"), primary_key=True)
        language = Column(lib.String)
        __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012

    class Manager(Employee):
        __tablename__ = "managers"
        id = Column(key("employees.id"), primary_key=True)
        grade = Column(lib.Integer)
        __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012

    class Animal(Base):
        __tablename__ = "animals"
        id = Column(lib.Integer, primary_key=True)
        type = Column(lib.String)
        name = Column(lib.String)
        __mapper_args__ = {  # noqa: RUF012
            "polymorphic_on": type,
            "polymorphic_identity": "animal",
        }

    class Dog(Animal):
        bark = Column(lib.String)
        __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012

    class Cat(Animal):
        purr = Column(lib.String)
        __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012

    return {
        each.__name__: each
        for each in (Company, Employee, Engineer, Manager, Animal, Dog, Cat)
    }


def _keys(lib: Any, orm: Any, Base: Any) -> dict[str, Any]:
    Column, key = lib.Column, lib.ForeignKey
    country_langs = lib.Table(
        "country_langs",
        Base.metadata,
        Column("country", key("countries.code"), primary_key=True),
        Column("lang", key("langs.code"), primary_key=True),
    )

    class Country(Base):
        __tablename__ = "countries"
        code = Column(lib.String, primary_key=True)
        name = Column(lib.String)
        cities = orm.relationship(
            "City", back_populates="country", passive_updates=False
        )
        langs = orm.relationship(
            "Lang", secondary=country_langs, passive_updates=False
        )

    class Lang(Base):
        __tablename__ = "langs"
        code = Column(lib.String, primary_key=True)

    class City(Base):
        __tablename__ = "cities"
        id = Column(lib.Integer, primary_key=True)
        country_code = Column(key("countries.code"))
        country = orm.relationship("Country", back_populates="cities")

    class Place(Base):
        __tablename__ = "places"
        x = Column(lib.Integer, primary_key=True)
        y = Column(lib.Integer, primary_key=True)
        what = Column(lib.String)
        guests = orm.relationship("Guest", back_populates="place")

    class Guest(Base):
        __tablename__ = "guests"
        id = Column(lib.Integer, primary_key=True)
        x = Column(lib.Integer)
        y = Column(lib.Integer)
        place = orm.relationship("Place", back_populates="guests")
        __table_args__ = (
            lib.ForeignKeyConstraint(["x", "y"], ["places.x", "places.y"]),
        )

    return {
        each.__name__: each for each in (Country, Lang, City, Place, Guest)
    }


def _rules(lib: Any, orm: Any, Base: Any) -> dict[str, Any]:
    Column, key = lib.Column, lib.ForeignKey

    class Paper(Base):
        __tablename__ = "papers"
        id = Column(lib.Integer, primary_key=True)
        text = Column(lib.String)
        version = Column(lib.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    class Owner(Base):
        __tablename__ = "owners"
        id = Column(lib.Integer, primary_key=True)
        passive = orm.relationship("Passive", passive_deletes=True)
        untouched = orm.relationship("Untouched", passive_deletes="all")
        loose = orm.relationship("Loose", cascade="")

    class Passive(Base):
        __tablename__ = "passives"
        id = Column(lib.Integer, primary_key=True)
        owner_id = Column(key("owners.id"))

    class Untouched(Base):
        __tablename__ = "untoucheds"
        id = Column(lib.Integer, primary_key=True)
        owner_id = Column(key("owners.id"))

    class Loose(Base):
        __tablename__ = "looses"
        id = Column(lib.Integer, primary_key=True)
        owner_id = Column(key("owners.id"))

    class Item(Base):
        __tablename__ = "items"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        holder_id = Column(key("holders.id"))

    class Holder(Base):
        __tablename__ = "holders"
        id = Column(lib.Integer, primary_key=True)
        items = orm.relationship("Item", cascade="all, delete-orphan")

    class Wheel(Base):
        __tablename__ = "wheels"
        id = Column(lib.Integer, primary_key=True)

    class Bike(Base):
        __tablename__ = "bikes"
        id = Column(lib.Integer, primary_key=True)
        wheel_id = Column(key("wheels.id"))
        wheel = orm.relationship(
            "Wheel", cascade="all, delete-orphan", single_parent=True
        )

    return {
        each.__name__: each
        for each in (
            Paper, Owner, Passive, Untouched, Loose, Item, Holder, Wheel, Bike,
        )
    }  # fmt: skip
