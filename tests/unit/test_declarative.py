"""Mapped classes: ``sqlactive_c.orm`` and the mixins of the models."""

from __future__ import annotations

import datetime
import enum
import gc
from typing import Annotated, Any, ClassVar, NewType

import pytest

from sqlactive_c import exc
from sqlactive_c.active_record import ActiveRecordMixin
from sqlactive_c.base_model import ActiveRecordBaseModel
from sqlactive_c.exceptions import CompositePrimaryKeyError, NoSessionError
from sqlactive_c.inspection import InspectionMixin
from sqlactive_c.orm import (
    DeclarativeBase,
    Instance,
    InstrumentedAttribute,
    Mapped,
    declared_attr,
    mapped_column,
    registry,
)
from sqlactive_c.orm.exc import MappedAnnotationError, UnmappedColumnError
from sqlactive_c.records.finding import FindingMixin
from sqlactive_c.records.reading import ReadingMixin
from sqlactive_c.records.writing import WritingMixin
from sqlactive_c.serialization import SerializationMixin
from sqlactive_c.session import SessionMixin
from sqlactive_c.smart_query import SmartQueryMixin
from sqlactive_c.sql import func
from sqlactive_c.sql.ddl import create_table_sql
from sqlactive_c.sql.schema import Column, ForeignKey, Index, MetaData, Table
from sqlactive_c.sql.sqltypes import Integer, String
from sqlactive_c.timestamp import TimestampMixin
from sqlactive_c.utils import classproperty


class Color(enum.Enum):
    red = 1


Slug = NewType("Slug", str)
Key = Annotated[int, mapped_column(primary_key=True)]
date = datetime.date


def new_base(**body: Any) -> Any:
    return type("Base", (DeclarativeBase,), body)


def names(cls: Any) -> list[str]:
    return cls.__table__.columns.keys()


# Text annotations (this module defers them all) and shadowed names.
def test_annotations_as_text() -> None:
    base = new_base()

    class User(base):
        __tablename__ = "users"

        id: Mapped[Key]
        date: Mapped[date]
        name: Mapped[str | None] = mapped_column(String(5))
        color: Mapped[Color | None]
        slug: Mapped[Slug]
        flags: ClassVar[int] = 5
        other: ClassVar[int]

    assert names(User) == ["id", "date", "name", "color", "slug"]
    assert repr(User.__table__.c.date.type) == "Date()"
    assert User.__table__.c.name.nullable
    assert repr(User.__table__.c.color.type) == "Enum('red', name='color')"
    assert User.flags == 5


def test_attributes_of_the_class() -> None:
    base = new_base()

    class User(base):
        __tablename__ = "users"

        id: Mapped[Key]
        nick: Mapped[str] = mapped_column("nick_name", deferred=True)

    attribute = User.nick
    assert isinstance(attribute, InstrumentedAttribute)
    assert str(attribute) == "User.nick"
    assert (attribute.key, attribute.name) == ("nick", "nick_name")
    assert attribute.class_ is User
    assert attribute.expression is User.__table__.c.nick_name
    assert attribute.table is User.__table__
    assert attribute.type is User.__table__.c.nick_name.type
    assert attribute.parent is User.__mapper__
    assert attribute.property.deferred
    assert not User.id.property.deferred
    assert len({User.id, User.nick, User.nick}) == 2
    Index("i", User.nick, func.lower(User.nick))
    assert [i.name for i in User.__table__.indexes] == ["i"]


def test_mapper() -> None:
    base = new_base()

    class User(base):
        __tablename__ = "users"

        id: Mapped[Key]
        nick: Mapped[str] = mapped_column("nick_name")

    mapper = User.__mapper__
    assert str(mapper) == "Mapper[User(users)]"
    assert mapper.class_ is User
    assert mapper.local_table is mapper.persist_selectable is User.__table__
    assert mapper.primary_key == (User.__table__.c.id,)
    assert mapper.columns.keys() == mapper.attrs.keys() == ["id", "nick"]
    assert mapper.columns.nick is User.__table__.c.nick_name
    assert [p.key for p in mapper.attrs] == ["id", "nick"]
    assert mapper.attrs.nick is mapper.get_property("nick")
    column = User.__table__.c.nick_name
    assert mapper.get_property_by_column(column).key == "nick"
    assert base.registry.mappers == {mapper}
    with pytest.raises(exc.InvalidRequestError):
        mapper.get_property("nope")
    with pytest.raises(UnmappedColumnError):
        mapper.get_property_by_column(Column("x", Integer))
    with pytest.raises(KeyError):
        mapper.attrs["nope"]


def test_instances_take_values() -> None:
    base = new_base()

    class User(base):
        __tablename__ = "users"

        id: Mapped[Key]

    assert User(id=1).id == 1
    assert User().id is None
    with pytest.raises(TypeError, match="nope"):
        User(nope=1)


def test_mixins_are_copied() -> None:
    base = new_base()

    class Mixin:
        shared: Mapped[int] = mapped_column(
            ForeignKey("a.id"), index=True, sort_order=-1
        )

        @declared_attr
        def made(cls) -> Mapped[str]:
            return mapped_column(String(len(cls.__name__)))

        @declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower()

    class A(Mixin, base):
        id: Mapped[Key]

    class Bb(Mixin, base):
        id: Mapped[Key]

    assert names(A) == names(Bb) == ["shared", "id", "made"]
    assert A.__table__.c.shared is not Bb.__table__.c.shared
    assert A.__table__.c.made.type.length == 1
    assert Bb.__table__.c.made.type.length == 2
    assert not A.__table__.c.made.nullable
    assert [i.name for i in Bb.__table__.indexes] == ["ix_bb_shared"]
    assert Mixin.__dict__["shared"].column.table is None
    (key,) = Bb.__table__.foreign_keys
    assert key.column is A.__table__.c.id


def test_own_metadata_of_an_abstract_base() -> None:
    base = new_base()
    other = MetaData()

    class Abstract(base):
        __abstract__ = True
        metadata = other

    class A(Abstract):
        __tablename__ = "a"
        id: Mapped[Key]

    assert list(other.tables) == ["a"]
    assert not base.metadata.tables
    assert A.metadata is other


def test_type_map_of_an_abstract_base() -> None:
    base = new_base(type_annotation_map={str: String(9)})

    class Abstract(base):
        __abstract__ = True
        type_annotation_map = {str: String(30)}  # noqa: RUF012

    class A(Abstract):
        __tablename__ = "a"
        id: Mapped[Key]
        name: Mapped[str]

    class B(base):
        __tablename__ = "b"
        id: Mapped[Key]
        name: Mapped[str | None]

    assert A.__table__.c.name.type.length == 30
    assert B.__table__.c.name.type.length == 9


def test_registry_that_is_given() -> None:
    shared = registry(type_annotation_map={str: String(4)})
    base = new_base(registry=shared)
    assert base.metadata is shared.metadata
    with pytest.raises(exc.InvalidRequestError):
        new_base(registry=5)
    with pytest.raises(exc.InvalidRequestError):
        new_base(metadata=5)


def test_classes_can_go() -> None:
    base = new_base()

    def make() -> None:
        class User(base):
            __tablename__ = "users"
            id: Mapped[Key]

    make()
    gc.collect()
    assert base.registry.mappers == frozenset()


def declare(base: Any, body: dict[str, Any], annotations: Any) -> Any:
    body = {
        "__tablename__": "t",
        "id": mapped_column(Integer, primary_key=True),
        "__module__": __name__,
        **body,
        "__annotations__": annotations,
    }
    return type("T", (base,), body)


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], type]] = {
    "no table": ({"__tablename__": None}, {}, exc.InvalidRequestError),
    "empty name": ({"__tablename__": ""}, {}, exc.ArgumentError),
    "NUL in name": ({"__tablename__": "a\0"}, {}, exc.ArgumentError),
    "no key": ({"id": mapped_column(Integer)}, {}, exc.ArgumentError),
    "no type": ({"a": mapped_column()}, {}, exc.ArgumentError),
    "two of a name": (
        {"a": mapped_column("x", Integer), "b": mapped_column("x", Integer)},
        {},
        exc.DuplicateColumnError,
    ),
    "unknown type": ({}, {"a": Mapped[object]}, MappedAnnotationError),
    "unknown name": ({}, {"a": "Mapped[Nope]"}, MappedAnnotationError),
    "unknown generic": ({}, {"a": "Nope[int]"}, MappedAnnotationError),
    "syntax": ({}, {"a": "Mapped[int"}, MappedAnnotationError),
    "bare": ({}, {"a": int}, MappedAnnotationError),
    "bare Mapped": ({}, {"a": Mapped}, MappedAnnotationError),
    "not mapped": (
        {"a": mapped_column(Integer)},
        {"a": int},
        MappedAnnotationError,
    ),
    "list of int": ({}, {"a": Mapped[list[int]]}, MappedAnnotationError),
    "metadata": ({}, {"metadata": Mapped[int]}, exc.InvalidRequestError),
    "table args": ({"__table_args__": 5}, {}, exc.ArgumentError),
    "table args list": ({"__table_args__": []}, {}, exc.ArgumentError),
    "mapper args": (
        {"__mapper_args__": {"polymorphic_on": "nope"}},
        {},
        exc.ArgumentError,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_declarations_that_fail_leave_no_table(name: str) -> None:
    body, annotations, error = BAD[name]
    base = new_base()
    with pytest.raises(error):
        declare(base, body, annotations)
    assert not base.metadata.tables
    assert not base.registry.mappers


def test_one_table_name_twice() -> None:
    base = new_base()
    declare(base, {}, {})
    with pytest.raises(exc.InvalidRequestError, match="'t'"):
        declare(base, {"id": mapped_column(Integer, primary_key=True)}, {})
    assert len(base.registry.mappers) <= 1


def test_a_class_without_a_table_shares_that_of_its_parent() -> None:
    base = new_base()
    parent = declare(base, {}, {})
    child = type(parent)("U", (parent,), {"__module__": __name__})
    assert child.__mapper__.inherits is parent.__mapper__
    assert child.__mapper__.single
    assert child.__table__ is parent.__table__


def test_a_base_is_needed() -> None:
    with pytest.raises(exc.InvalidRequestError, match="DeclarativeBase"):
        new_base(__tablename__="t")


def test_dataclass_arguments() -> None:
    with pytest.raises(exc.ArgumentError, match="init"):
        mapped_column(init=False)
    with pytest.raises(TypeError, match="nope"):
        mapped_column(nope=1)


def test_unmapped_annotations_can_be_allowed() -> None:
    base = new_base(__allow_unmapped__=True)
    cls = declare(base, {"a": mapped_column(Integer)}, {"a": int, "b": int})
    assert names(cls) == ["id", "a"]


def test_primary_key_of_mapper_arguments() -> None:
    base = new_base()
    table = Table("v", base.metadata, Column("a", Integer))
    cls = type(
        "V",
        (base,),
        {"__table__": table, "__mapper_args__": {"primary_key": [table.c.a]}},
    )
    assert cls.__mapper__.primary_key == (table.c.a,)


# -- models -----------------------------------------------------------------


def model_base() -> Any:
    """Return a base model with metadata of its own."""
    return type(
        "BaseModel",
        (ActiveRecordBaseModel,),
        {"__abstract__": True, "metadata": MetaData()},
    )


def test_graph_of_the_models() -> None:
    assert ActiveRecordBaseModel.__mro__[1:] == (
        ActiveRecordMixin,
        FindingMixin,
        ReadingMixin,
        WritingMixin,
        SessionMixin,
        SmartQueryMixin,
        SerializationMixin,
        InspectionMixin,
        DeclarativeBase,
        Instance,
        TimestampMixin,
        object,
    )
    assert ActiveRecordBaseModel.metadata is InspectionMixin.metadata
    for cls in ActiveRecordBaseModel.__mro__:
        assert "__table__" not in cls.__dict__


def test_timestamps_come_last() -> None:
    class User(model_base()):
        __tablename__ = "users"

        id: Mapped[Key]
        name: Mapped[str] = mapped_column(String(50))

    assert create_table_sql(User.__table__) == (
        "\nCREATE TABLE users (\n"
        "\tid INTEGER NOT NULL, \n"
        "\tname VARCHAR(50) NOT NULL, \n"
        "\tcreated_at TIMESTAMP NOT NULL, \n"
        "\tupdated_at TIMESTAMP NOT NULL, \n"
        "\tPRIMARY KEY (id)\n)\n\n"
    )
    updated = User.__table__.c.updated_at
    assert updated.default.is_clause_element
    assert updated.onupdate.is_clause_element
    assert User.__table__.c.created_at.onupdate is None


def test_base_without_timestamps() -> None:
    base = type(
        "Base2",
        (ActiveRecordMixin, SerializationMixin),
        {"__abstract__": True, "metadata": MetaData()},
    )

    class User(base):
        __tablename__ = "users"

        id: Mapped[Key]

    assert names(User) == ["id"]


def test_inspection() -> None:
    class Post(model_base()):
        __tablename__ = "posts"

        id: Mapped[Key]
        title: Mapped[str] = mapped_column("the_title", key="t")
        rating: Mapped[int]

    assert Post.columns == ["id", "t", "rating", "created_at", "updated_at"]
    assert Post.string_columns == Post.searchable_attributes == ["t"]
    assert Post.primary_keys == ["id"]
    assert Post.primary_keys_full == (Post.__table__.c.id,)
    assert Post.primary_key_name == "id"

    class Link(model_base()):
        __tablename__ = "links"

        a: Mapped[Key]
        b: Mapped[Key]

    assert Link.primary_keys == ["a", "b"]
    with pytest.raises(CompositePrimaryKeyError, match="Link"):
        _ = Link.primary_key_name
    with pytest.raises(AttributeError):
        _ = ActiveRecordBaseModel.columns


def test_sessions_are_inherited() -> None:
    class Base(SessionMixin):
        pass

    class Model(Base):
        pass

    class Other(SessionMixin):
        pass

    assert Model.session is None
    with pytest.raises(NoSessionError):
        _ = Model.AsyncSession
    one, two = object(), object()
    Base.set_session(one)
    assert Model.session is Model.AsyncSession is Model()._session is one
    Model.set_session(two)
    assert (Base.session, Model.session) == (one, two)
    assert Other.session is None
    Model.close_session()
    assert Model.session is None
    assert Base.session is one


def test_a_column_called_session() -> None:
    class Login(model_base()):
        __tablename__ = "logins"

        id: Mapped[Key]
        session: Mapped[str]

    Login.set_session("the session")
    assert isinstance(Login.session, InstrumentedAttribute)
    assert Login.AsyncSession == Login._session == "the session"
    assert names(Login)[:2] == ["id", "session"]
    assert ActiveRecordBaseModel.session is None


def test_classproperty() -> None:
    class A:
        @classproperty
        def name(cls) -> str:
            """Doc."""
            return cls.__name__

    class B(A):
        pass

    assert (A.name, B.name, B().name) == ("A", "B", "B")
    assert A.__dict__["name"].__doc__ == "Doc."
    assert classproperty[int]


def test_foreign_key_to_an_attribute() -> None:
    base = new_base()

    class Owner(base):
        __tablename__ = "owners"
        id: Mapped[Key]

    class Pet(base):
        __tablename__ = "pets"
        id: Mapped[Key]
        owner_id = mapped_column(ForeignKey(Owner.id))

    [key] = Pet.__table__.foreign_keys
    assert key.column is Owner.__table__.c.id
    assert Pet.__table__.c.owner_id.type.python_type is int
