"""Small worlds: a few mapped classes that have much to do with each other.

Each function maps its classes with one library and returns the description of
the world: what a random program may do with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Kind:
    """What a random program may do with a class.

    Attributes:
        cls: The class.
        values: Values of its columns that a program assigns.
        keys: Columns of the primary key that a program assigns, too.
        one: Relationships to one, with the names of the classes they take.
        many: Relationships to many, likewise.
    """

    cls: Any
    values: dict[str, tuple[Any, ...]]
    keys: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    one: dict[str, str] = field(default_factory=dict)
    many: dict[str, str] = field(default_factory=dict)


World = dict[str, Kind]


def shop(lib: Any, orm: Any, Base: Any) -> World:
    """One-to-many, orphans, a single child, many-to-many."""
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
        posts = orm.relationship(
            "Post", back_populates="user", order_by="Post.id"
        )
        notes = orm.relationship(
            "Note",
            back_populates="user",
            order_by="Note.id",
            cascade="all, delete-orphan",
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
            "Tag",
            secondary=post_tags,
            back_populates="posts",
            order_by="Tag.id",
        )

    class Tag(Base):
        __tablename__ = "tags"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String, unique=True)
        posts = orm.relationship(
            "Post",
            secondary=post_tags,
            back_populates="tags",
            order_by="Post.id",
        )

    class Note(Base):
        __tablename__ = "notes"
        id = Column(lib.Integer, primary_key=True)
        body = Column(lib.String)
        user_id = Column(key("users.id"), nullable=False)
        user = orm.relationship("User", back_populates="notes")

    class Profile(Base):
        __tablename__ = "profiles"
        id = Column(lib.Integer, primary_key=True)
        bio = Column(lib.String)
        user_id = Column(key("users.id"))
        user = orm.relationship("User", back_populates="profile")

    return {
        "User": Kind(
            User,
            {"name": ("a", "b", None)},
            one={"profile": "Profile"},
            many={"posts": "Post", "notes": "Note"},
        ),
        "Post": Kind(
            Post,
            {"title": ("p", "q", None)},
            one={"user": "User"},
            many={"tags": "Tag"},
        ),
        "Tag": Kind(
            Tag, {"name": ("s", "t", "u", None)}, many={"posts": "Post"}
        ),
        "Note": Kind(Note, {"body": ("m", "n")}, one={"user": "User"}),
        "Profile": Kind(Profile, {"bio": ("x", "y")}, one={"user": "User"}),
    }


def trees(lib: Any, orm: Any, Base: Any) -> World:
    """Rows that refer to rows of their own table; one with a late update."""
    Column, key = lib.Column, lib.ForeignKey

    class Node(Base):
        __tablename__ = "nodes"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        parent_id = Column(key("nodes.id"))
        children = orm.relationship(
            "Node", back_populates="parent", cascade="all", order_by=id
        )
        parent = orm.relationship(
            "Node", back_populates="children", remote_side=[id]
        )

    class Ball(Base):
        __tablename__ = "balls"
        id = Column(lib.Integer, primary_key=True)
        color = Column(lib.String)
        person_id = Column(key("persons.id"))

    class Person(Base):
        __tablename__ = "persons"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        favorite_id = Column(key("balls.id"))
        balls = orm.relationship(
            "Ball",
            primaryjoin=id == Ball.__table__.c.person_id,
            foreign_keys=[Ball.__table__.c.person_id],
            order_by=Ball.__table__.c.id,
        )
        favorite = orm.relationship(
            "Ball",
            primaryjoin=favorite_id == Ball.__table__.c.id,
            foreign_keys=[favorite_id],
            post_update=True,
        )

    return {
        "Node": Kind(
            Node,
            {"name": ("a", "b", None)},
            one={"parent": "Node"},
            many={"children": "Node"},
        ),
        "Ball": Kind(Ball, {"color": ("red", "blue")}),
        "Person": Kind(
            Person,
            {"name": ("x", "y")},
            one={"favorite": "Ball"},
            many={"balls": "Ball"},
        ),
    }


def staff(lib: Any, orm: Any, Base: Any) -> World:
    """Joined-table and single-table inheritance."""
    Column, key = lib.Column, lib.ForeignKey

    class Company(Base):
        __tablename__ = "companies"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        staff = orm.relationship(
            "Employee", back_populates="company", order_by="Employee.id"
        )

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
        id = Column(key("employees.id"), primary_key=True)
        language = Column(lib.String)
        __mapper_args__ = {  # noqa: RUF012
            "polymorphic_identity": "engineer",
        }

    class Manager(Employee):
        __tablename__ = "managers"
        id = Column(key("employees.id"), primary_key=True)
        grade = Column(lib.Integer)
        __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012

    class Clerk(Employee):
        __mapper_args__ = {"polymorphic_identity": "clerk"}  # noqa: RUF012

    name = {"name": ("a", "b", None)}
    company = {"company": "Company"}
    return {
        "Company": Kind(Company, name, many={"staff": "Employee"}),
        "Employee": Kind(Employee, name, one=company),
        "Engineer": Kind(
            Engineer,
            {**name, "language": ("c", "d")},
            one=company,
        ),
        "Manager": Kind(
            Manager,
            {**name, "grade": (1, 2)},
            one=company,
        ),
        "Clerk": Kind(Clerk, name, one=company),
    }


def keys(lib: Any, orm: Any, Base: Any) -> World:
    """Keys that the program makes and changes, of one and two columns."""
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
            "City",
            back_populates="country",
            passive_updates=False,
            order_by="City.id",
        )
        langs = orm.relationship(
            "Lang",
            secondary=country_langs,
            passive_updates=False,
            order_by="Lang.code",
        )

    class Lang(Base):
        __tablename__ = "langs"
        code = Column(lib.String, primary_key=True)
        name = Column(lib.String)

    class City(Base):
        __tablename__ = "cities"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        country_code = Column(key("countries.code"))
        country = orm.relationship("Country", back_populates="cities")

    class Place(Base):
        __tablename__ = "places"
        x = Column(lib.Integer, primary_key=True)
        y = Column(lib.Integer, primary_key=True)
        what = Column(lib.String)
        guests = orm.relationship(
            "Guest", back_populates="place", order_by="Guest.id"
        )

    class Guest(Base):
        __tablename__ = "guests"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        x = Column(lib.Integer)
        y = Column(lib.Integer)
        place = orm.relationship("Place", back_populates="guests")
        __table_args__ = (
            lib.ForeignKeyConstraint(["x", "y"], ["places.x", "places.y"]),
        )

    return {
        "Country": Kind(
            Country,
            {"name": ("a", "b")},
            {"code": ("at", "de", "fr")},
            many={"cities": "City", "langs": "Lang"},
        ),
        "Lang": Kind(Lang, {"name": ("l", "m")}, {"code": ("de", "en")}),
        "City": Kind(City, {"name": ("v", "w")}, one={"country": "Country"}),
        "Place": Kind(
            Place,
            {"what": ("inn", "bar")},
            {"x": (1, 2), "y": (1, 2)},
            many={"guests": "Guest"},
        ),
        "Guest": Kind(Guest, {"name": ("g", "h")}, one={"place": "Place"}),
    }


def rules(lib: Any, orm: Any, Base: Any) -> World:
    """Versions, orphans without a way back, rows nobody looks after."""
    Column, key = lib.Column, lib.ForeignKey

    class Paper(Base):
        __tablename__ = "papers"
        id = Column(lib.Integer, primary_key=True)
        text = Column(lib.String)
        holder_id = Column(key("holders.id"))
        version = Column(lib.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    class Passive(Base):
        __tablename__ = "passives"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        owner_id = Column(key("owners.id"))

    class Loose(Base):
        __tablename__ = "looses"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        owner_id = Column(key("owners.id"))

    class Owner(Base):
        __tablename__ = "owners"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String, default="made")
        passive = orm.relationship(
            Passive, passive_deletes=True, order_by=Passive.id
        )
        loose = orm.relationship(Loose, cascade="", order_by=Loose.id)

    class Holder(Base):
        __tablename__ = "holders"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        papers = orm.relationship(
            Paper, cascade="all, delete-orphan", order_by=Paper.id
        )

    class Wheel(Base):
        __tablename__ = "wheels"
        id = Column(lib.Integer, primary_key=True)
        size = Column(lib.Integer, onupdate=7)

    class Bike(Base):
        __tablename__ = "bikes"
        id = Column(lib.Integer, primary_key=True)
        name = Column(lib.String)
        wheel_id = Column(key("wheels.id"))
        wheel = orm.relationship(
            Wheel, cascade="all, delete-orphan", single_parent=True
        )

    name = {"name": ("a", "b", None)}
    return {
        "Paper": Kind(Paper, {"text": ("a", "b")}),
        "Passive": Kind(Passive, name),
        "Loose": Kind(Loose, name),
        "Owner": Kind(
            Owner, name, many={"passive": "Passive", "loose": "Loose"}
        ),
        "Holder": Kind(Holder, name, many={"papers": "Paper"}),
        "Wheel": Kind(Wheel, {"size": (1, 2)}),
        "Bike": Kind(Bike, name, one={"wheel": "Wheel"}),
    }


WORLDS = {each.__name__: each for each in (shop, trees, staff, keys, rules)}
