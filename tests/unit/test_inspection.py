"""What a model says about itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from sqlactive_c import (
    ActiveRecordMixin,
    ForeignKey,
    Mapped,
    MetaData,
    SerializationMixin,
    mapped_column,
)
from sqlactive_c.exceptions import CompositePrimaryKeyError, RelationError
from sqlactive_c.ext.hybrid import hybrid_method, hybrid_property
from sqlactive_c.inspection import InspectionMixin, facts_of
from sqlactive_c.orm import (
    DeclarativeBase,
    aliased,
    backref,
    relationship,
    synonym,
)
from sqlactive_c.types import (
    CHAR,
    Enum,
    PickleType,
    String,
    TypeDecorator,
    Uuid,
)


class Base(ActiveRecordMixin, SerializationMixin):
    __abstract__ = True
    metadata = MetaData()


class Odd(TypeDecorator):
    impl = String
    cache_ok = True


class User(Base):
    __tablename__ = "insp_users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    nick: Mapped[str | None] = mapped_column("nick_name", String(9))
    age: Mapped[int | None]
    word: Mapped[str | None] = mapped_column(Enum("a", "b"))
    code: Mapped[str | None] = mapped_column(CHAR(3))
    key: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    uuid: Mapped[UUID | None]
    blob: Mapped[Any] = mapped_column(PickleType, nullable=True)
    odd: Mapped[Any] = mapped_column(Odd, nullable=True)
    called = synonym("name")
    posts: Mapped[list[Post]] = relationship(
        lambda: Post, back_populates="user"
    )
    seen: Mapped[list[Post]] = relationship(lambda: Post, viewonly=True)

    @hybrid_property
    def adult(self) -> Any:
        return self.age >= 18

    @adult.inplace.expression
    def _adult_expression(cls) -> Any:
        return cls.age >= 18

    @hybrid_method
    def older(self, other: Any) -> Any:
        return self.age > other.age


class Post(Base):
    __tablename__ = "insp_posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("insp_users.id"))
    user: Mapped[User] = relationship(lambda: User, back_populates="posts")
    writer: Mapped[User] = relationship(
        lambda: User, viewonly=True, backref=backref("written", viewonly=True)
    )


class Pair(Base):
    __tablename__ = "insp_pairs"

    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[str] = mapped_column(primary_key=True)


COLUMNS = [
    "id", "name", "nick_name", "age", "word", "code", "key", "uuid", "blob",
    "odd",
]  # fmt: skip


def test_columns() -> None:
    assert User.columns == COLUMNS
    assert User(name="x").columns == COLUMNS


def test_string_columns() -> None:
    wanted = ["name", "nick_name", "word", "code", "key"]
    assert [c for c in User.string_columns if c != "odd"] == wanted
    assert User.searchable_attributes == User.string_columns


def test_primary_keys() -> None:
    assert User.primary_keys == ["id"]
    assert User.primary_key_name == "id"
    assert User.primary_keys_full == (User.__table__.c.id,)
    assert Pair.primary_keys == ["a", "b"]
    with pytest.raises(CompositePrimaryKeyError, match="model Pair has"):
        Pair.primary_key_name  # noqa: B018


def test_relations() -> None:
    assert User.relations == ["posts", "seen", "written"]
    assert User.settable_relations == ["posts"]
    assert Post.relations == ["user", "writer"]
    assert Pair.relations == []


def test_hybrids() -> None:
    assert User.hybrid_properties == ["adult"]
    assert User.hybrid_methods == ["older"]
    assert User.hybrid_methods_full == {"older": User.__dict__["older"]}
    assert Pair.hybrid_properties == []


def test_lists_of_attributes() -> None:
    relations = ["posts", "seen", "written"]
    assert User.filterable_attributes == [
        *COLUMNS, *relations, "adult", "older"
    ]  # fmt: skip
    assert User.sortable_attributes == [*COLUMNS, "adult"]
    assert User.settable_attributes == [*COLUMNS, "posts", "adult"]


def test_the_lists_are_the_caller_s() -> None:
    for name in ("columns", "relations", "hybrid_properties"):
        getattr(User, name).append("junk")
        assert "junk" not in getattr(User, name)
    User.hybrid_methods_full.clear()
    assert User.hybrid_methods == ["older"]


def test_class_of_a_relation() -> None:
    assert User.get_class_of_relation("posts") is Post
    assert Post.get_class_of_relation("user") is User
    for wrong in ("name", "nothing"):
        with pytest.raises(RelationError, match="in model User"):
            User.get_class_of_relation(wrong)


def test_aliases() -> None:
    alias = aliased(User)
    for name in (
        "columns", "string_columns", "primary_keys", "primary_key_name",
        "relations", "settable_relations", "hybrid_properties",
        "hybrid_methods", "filterable_attributes", "sortable_attributes",
        "settable_attributes", "searchable_attributes",
    ):  # fmt: skip
        assert getattr(alias, name) == getattr(User, name)
    assert alias.get_class_of_relation("posts") is Post


@pytest.mark.parametrize("cls", [Base, InspectionMixin])
@pytest.mark.parametrize("name", ["columns", "primary_keys", "relations"])
def test_abstract_classes_have_none(cls: Any, name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(cls, name)


def test_what_comes_later_is_seen() -> None:
    class Late(Base):
        __tablename__ = "insp_late"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Late.columns == ["id"]
    assert Late.relations == Late.hybrid_properties == []
    Late.more = mapped_column(String)
    Late.owner_id = mapped_column(ForeignKey("insp_users.id"))
    Late.owner = relationship(User)

    def same(self: Any) -> Any:
        return self.id

    late: Any = Late
    late.same = hybrid_property(same)
    late.than = hybrid_method(same)
    assert Late.columns == ["id", "more", "owner_id"]
    assert Late.string_columns == ["more"]
    assert Late.relations == ["owner"]
    assert Late.hybrid_properties == ["same"]
    assert Late.hybrid_methods == ["same"]
    del late.same
    assert Late.hybrid_properties == []


def test_facts_are_kept() -> None:
    assert facts_of(User) is facts_of(User)
    assert facts_of(aliased(User)) is facts_of(User)
    facts = facts_of(User)
    assert facts.attributes["nick_name"] == facts.attributes["nick"] == "nick"
    assert facts.attributes["id"] == "id"
    assert "posts" not in facts.attributes


def test_lists_may_be_overridden() -> None:
    class Chosen(Base):
        __tablename__ = "insp_chosen"
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[str]
        searchable_attributes = ("a",)  # type: ignore[assignment]

    assert Chosen.searchable_attributes == ("a",)


def test_inherited_models() -> None:
    class Upper(Base):
        __tablename__ = "insp_upper"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012

    class Joined(Upper):
        __tablename__ = "insp_joined"
        upper_id: Mapped[int] = mapped_column(
            ForeignKey("insp_upper.id"), primary_key=True
        )
        extra: Mapped[str]
        __mapper_args__ = {"polymorphic_identity": "j"}  # noqa: RUF012

    class Single(Upper):
        __mapper_args__ = {"polymorphic_identity": "s"}  # noqa: RUF012

    assert Joined.columns == ["upper_id", "extra"]
    assert Single.columns == ["id", "kind"]
    assert Joined.primary_keys == ["id"]
    assert repr(Joined(id=3)) == "Joined(id=3)"


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (User(id=1), "id=1"),
        (User(), "id=None"),
        (User(id=True), "id=True"),
        (User(id=1.5), "id=1.5"),
        (User(id=Decimal("1.0")), "id=1.0"),
        (User(id="x"), 'id="x"'),
        (Pair(a=1, b="y"), 'a=1, b="y"'),
        (Pair(), "a=None, b=None"),
    ],
)
def test_id_str(model: Any, shown: str) -> None:
    assert model.id_str == shown
    assert repr(model) == f"{type(model).__name__}({shown})"


def test_it_is_the_declarative_base() -> None:
    assert DeclarativeBase in InspectionMixin.__bases__
    assert User.registry is InspectionMixin.registry
    assert Base.metadata is not InspectionMixin.metadata
    assert ActiveRecordMixin.metadata is InspectionMixin.metadata
