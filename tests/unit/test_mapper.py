"""Mappers: configuring, attributes that come later, other ways to map."""

from __future__ import annotations

from typing import Any

import pytest

from sqlactive_c import (
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    exc,
    inspect,
    select,
)
from sqlactive_c.ext.asyncio import AsyncAttrs
from sqlactive_c.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    Instance,
    Mapped,
    as_declarative,
    class_mapper,
    column_property,
    has_inherited_table,
    mapped_column,
    object_mapper,
    reconstructor,
    registry,
    relationship,
    validates,
)
from sqlactive_c.orm.exc import UnmappedClassError, UnmappedInstanceError


def new_base() -> Any:
    class Base(DeclarativeBase):
        pass

    return Base


def new_user(base: Any, **body: Any) -> Any:
    body = {
        "__module__": __name__,
        "__tablename__": "users",
        "id": mapped_column(Integer, primary_key=True),
        **body,
    }
    return type(base)("User", (base,), body)


# -- configuring --------------------------------------------------------------


def test_a_mapper_that_fails_fails_again_and_says_why() -> None:
    user = new_user(new_base(), orders=relationship("Order"))
    with pytest.raises(exc.InvalidRequestError, match="'Order'") as first:
        user()
    assert "import the module" in str(first.value)
    with pytest.raises(exc.InvalidRequestError, match="'Order'") as second:
        user()
    assert "failed to initialize" in str(second.value)


def test_classes_may_come_after_those_that_name_them() -> None:
    base = new_base()
    user = new_user(base, others=relationship("Other", viewonly=True))
    type(base)(
        "Other",
        (base,),
        {
            "__module__": __name__,
            "__tablename__": "others",
            "id": mapped_column(
                Integer,
                primary_key=True,
            ),
            "__table_args__": (),
            "user_id": mapped_column(ForeignKey("users.id")),
        },
    )
    assert user().others == []


@pytest.mark.parametrize(
    ("lazy", "error"), [("nonsense", exc.InvalidRequestError)]
)
def test_an_unknown_way_of_loading_lists_the_known(
    lazy: str, error: type[Exception]
) -> None:
    user = new_user(new_base(), us=relationship("User", lazy=lazy))
    with pytest.raises(error, match="'selectin'"):
        user()


# -- attributes that come later -----------------------------------------------


def test_a_column_may_be_assigned_to_the_class() -> None:
    user = new_user(new_base())
    early = user(id=1)
    user.name = mapped_column(String(5))
    user.age = Column("years", Integer)
    user.older = column_property(user.age + 1)
    assert list(user.__table__.c.keys()) == ["id", "name", "years"]
    assert user(name="a", age=3).age == 3
    assert early.name is None
    early.name = "b"
    assert early.name == "b"
    assert "users.years + :years_1" in str(select(user))


def test_a_subclass_gets_what_is_assigned_to_its_parent() -> None:
    base = new_base()
    user = new_user(base)
    special = type(base)("Special", (user,), {"__module__": __name__})
    user.name = mapped_column(String)
    assert special(name="a").name == "a"
    assert special.name.parent is special.__mapper__


def test_other_class_attributes_stay_what_they_are() -> None:
    user = new_user(new_base())
    user.limit = 3
    assert user.limit == 3
    assert not inspect(user).has_property("limit")


def test_a_base_of_a_metaclass_of_ones_own() -> None:
    class Meta(type):
        pass

    class Base(DeclarativeBaseNoMeta, metaclass=Meta):
        pass

    user = new_user(Base)
    assert type(user) is Meta
    inspect(user).add_property("name", Column(String))
    assert user(name="a").name == "a"


def test_the_metaclass_can_be_derived() -> None:
    class Meta(DeclarativeMeta):
        pass

    class Base(DeclarativeBase, metaclass=Meta):
        pass

    user = new_user(Base)
    user.name = mapped_column(String)
    assert user(name="a").name == "a"


# -- other ways to map --------------------------------------------------------


def test_mapped_makes_a_class_of_the_same_body() -> None:
    shared = registry()

    @shared.mapped
    class Thing:
        """Said."""

        __tablename__ = "things"
        id: Mapped[int] = mapped_column(primary_key=True)

        def twice(self) -> int:
            return self.id * 2

    assert Thing(id=2).twice() == 4
    assert Thing.__doc__ == "Said."
    assert Thing.__mapper__ in shared.mappers
    assert shared.metadata.tables["things"] is Thing.__table__


def test_a_table_given_beside_the_class() -> None:
    shared = registry()
    table = Table(
        "things",
        shared.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String),
        Column("secret", String),
    )

    class Thing(Instance):
        pass

    mapper = shared.map_imperatively(
        Thing,
        table,
        properties={"title": table.c.name},
        exclude_properties=["secret"],
    )
    assert mapper is inspect(Thing)
    assert Thing(id=1, title="a").title == "a"
    assert list(mapper.columns.keys()) == ["id", "title"]


def test_a_class_without_room_is_refused() -> None:
    class Plain:
        __tablename__ = "plain"

    for call in (registry().map_declaratively, registry().map_imperatively):
        with pytest.raises(exc.ArgumentError, match=r"orm\.Instance"):
            call(Plain)
    with pytest.raises(exc.ArgumentError, match=r"@registry\.mapped"):
        registry().map_declaratively(Plain)


def test_a_class_becomes_a_base() -> None:
    @as_declarative()
    class Base:
        def hello(self) -> str:
            return "hello"

    assert Base.__name__ == "Base"
    assert new_user(Base)().hello() == "hello"


async def test_a_base_with_async_attrs() -> None:
    class Base(AsyncAttrs, DeclarativeBase):
        pass

    user = new_user(Base)(id=1)
    assert user.id == 1
    assert await user.awaitable_attrs.id == 1
    with pytest.raises(AttributeError, match="nothing"):
        await user.awaitable_attrs.nothing


# -- instances ----------------------------------------------------------------


def test_new_instances_know_their_class() -> None:
    base = new_base()
    user = new_user(
        base,
        kind=mapped_column(String),
        __mapper_args__={
            "polymorphic_on": "kind",
            "polymorphic_abstract": True,
        },
    )
    special = type(base)(
        "Special",
        (user,),
        {
            "__module__": __name__,
            "__mapper_args__": {"polymorphic_identity": "s"},
        },
    )
    assert special().kind == "s"
    assert special(kind="t").kind == "t"
    with pytest.raises(exc.InvalidRequestError, match="polymorphic_abstract"):
        user()


def test_two_validators_of_one_attribute() -> None:
    def one(self: Any, key: str, value: Any) -> Any:
        return value

    def two(self: Any, key: str, value: Any) -> Any:
        return value

    with pytest.raises(exc.InvalidRequestError, match=r"one.*two"):
        new_user(
            new_base(), one=validates("id")(one), two=validates("id")(two)
        )


def test_the_reconstructor_is_known() -> None:
    def loaded(self: Any) -> None: ...

    user = new_user(new_base(), loaded=reconstructor(loaded))
    assert user.__mapping__.on_load is loaded


def test_from_classes_and_instances_to_mappers() -> None:
    base = new_base()
    user = new_user(base)
    special = type(base)("Special", (user,), {"__module__": __name__})
    assert class_mapper(user) is object_mapper(user()) is inspect(user)
    assert has_inherited_table(special)
    assert not has_inherited_table(user)
    with pytest.raises(UnmappedClassError):
        class_mapper(int)
    with pytest.raises(exc.ArgumentError):
        class_mapper(3)
    with pytest.raises(UnmappedInstanceError):
        object_mapper(3)
