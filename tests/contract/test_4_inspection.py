"""Contract 4.5: what a model says of itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

COLUMNS = ["id", "username", "name", "age", "created_at", "updated_at"]


async def test_4_5_id_str_and_repr(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    assert (user.id_str, repr(user)) == ("id=1", "User(id=1)")
    assert repr(ns.User()) == "User(id=None)"
    country = ns.Country(code="fr")
    assert (country.id_str, repr(country)) == (
        'code="fr"',
        'Country(code="fr")',
    )
    sell = await ns.Sell.get({"id": 2, "product_id": 3})
    assert (sell.id_str, repr(sell)) == (
        "id=2, product_id=3",
        "Sell(id=2, product_id=3)",
    )


def test_4_5_columns(lib: SimpleNamespace) -> None:
    assert lib.User.columns == COLUMNS
    assert lib.User().columns == COLUMNS
    assert type(lib.User.columns) is list


def test_4_5_string_columns(lib: SimpleNamespace) -> None:
    assert lib.User.string_columns == ["username", "name"]
    assert lib.User.searchable_attributes == ["username", "name"]
    assert lib.Post.searchable_attributes == ["title", "body", "topic"]
    assert lib.Sell.searchable_attributes == []


def test_4_5_string_columns_by_type(lib: SimpleNamespace) -> None:
    class Base(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    class Kinds(Base):
        __tablename__ = "kinds"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        plain = lib.mapped_column(lib.String(3))
        long = lib.mapped_column(lib.Text)
        choice = lib.mapped_column(lib.Enum("a", "b"))
        data = lib.mapped_column(lib.JSON)
        price = lib.mapped_column(lib.Numeric)

    assert Kinds.searchable_attributes == ["plain", "long", "choice"]


def test_4_5_primary_keys(lib: SimpleNamespace) -> None:
    assert [each.key for each in lib.User.primary_keys_full] == ["id"]
    assert lib.User.primary_keys_full[0] is lib.User.__table__.c.id
    assert type(lib.User.primary_keys_full) is tuple
    assert list(lib.User.primary_keys) == ["id"]
    assert list(lib.Sell.primary_keys) == ["id", "product_id"]
    assert lib.User.primary_key_name == "id"
    assert lib.Country.primary_key_name == "code"
    with pytest.raises(lib.CompositePrimaryKeyError) as caught:
        assert lib.Sell.primary_key_name
    assert str(caught.value) == "model Sell has a composite primary key"


def test_4_5_relations(lib: SimpleNamespace) -> None:
    assert list(lib.User.relations) == ["posts", "comments"]
    assert list(lib.Post.relations) == ["user", "comments"]
    assert list(lib.Product.relations) == ["sells"]
    assert list(lib.Product.settable_relations) == []
    assert list(lib.Sell.settable_relations) == ["product"]
    assert list(lib.Country.relations) == []


def test_4_5_hybrids(lib: SimpleNamespace) -> None:
    assert lib.User.hybrid_properties == ["is_adult"]
    assert lib.User.hybrid_methods == ["older_than"]
    [(name, found)] = lib.User.hybrid_methods_full.items()
    assert name == "older_than"
    assert type(found) is lib.hybrid_method
    assert lib.Post.hybrid_properties == []
    assert lib.Post.hybrid_methods_full == {}


def test_4_5_attributes_by_use(lib: SimpleNamespace) -> None:
    relations = ["posts", "comments"]
    assert lib.User.filterable_attributes == [
        *COLUMNS,
        *relations,
        "is_adult",
        "older_than",
    ] or set(lib.User.filterable_attributes) == {
        *COLUMNS,
        *relations,
        "is_adult",
        "older_than",
    }
    assert lib.User.sortable_attributes == [*COLUMNS, "is_adult"]
    assert set(lib.User.settable_attributes) == {
        *COLUMNS,
        *relations,
        "is_adult",
    }
    assert "sells" not in lib.Product.settable_attributes


def test_4_5_get_class_of_relation(lib: SimpleNamespace) -> None:
    assert lib.User.get_class_of_relation("posts") is lib.Post
    assert lib.Comment.get_class_of_relation("user") is lib.User
    for name in ("nope", "id"):
        with pytest.raises(lib.RelationError) as caught:
            lib.User.get_class_of_relation(name)
        assert str(caught.value) == (
            f"no such relation: {name!r} in model User"
        )


@pytest.mark.parametrize(
    "name",
    [
        "columns",
        "string_columns",
        "primary_keys_full",
        "primary_keys",
        "filterable_attributes",
        "sortable_attributes",
        "settable_attributes",
    ],
)
def test_4_5_abstract_class(lib: SimpleNamespace, name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(lib.BaseModel, name)


def test_4_5_inheritance(lib: SimpleNamespace) -> None:
    class Base(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    class Animal(Base):
        __tablename__ = "animals"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        kind = lib.mapped_column(lib.String)
        __mapper_args__ = {  # noqa: RUF012
            "polymorphic_on": "kind",
            "polymorphic_identity": "animal",
        }

    class Dog(Animal):
        __tablename__ = "dogs"
        id = lib.mapped_column(lib.ForeignKey("animals.id"), primary_key=True)
        tricks = lib.mapped_column(lib.Integer)
        __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012

    assert Animal.columns == ["id", "kind", "created_at", "updated_at"]
    assert Dog.columns[:2] == ["id", "tricks"]
    assert "kind" not in Dog.columns


def test_4_5_on_an_alias(lib: SimpleNamespace) -> None:
    alias = lib.aliased(lib.User)
    assert alias.columns == COLUMNS
    assert list(alias.relations) == ["posts", "comments"]
