"""Contract 5: what sqlactive's users write of SQLAlchemy, with its queries.

The rest of that section is compared in tests/parity.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def base(lib: SimpleNamespace) -> Any:
    class Base(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    return Base


def node(lib: SimpleNamespace, base: Any) -> Any:
    class Node(base):  # type: ignore[misc]
        __tablename__ = "nodes"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        name = lib.mapped_column(lib.String)
        parent_id = lib.mapped_column(lib.ForeignKey("nodes.id"))
        children = lib.relationship("Node", back_populates="parent")
        parent = lib.relationship(
            "Node", back_populates="children", remote_side=[id]
        )

    return Node


def test_5_1_self_referential_text(lib: SimpleNamespace, base: Any) -> None:
    Node = node(lib, base)
    assert "FROM nodes LEFT OUTER JOIN nodes AS nodes_1 ON" in str(
        Node.where(parent___name="x")
    )
    text = str(Node.where(children=None))
    assert "NOT (EXISTS (SELECT 1 \nFROM nodes AS nodes_1" in text
    assert Node.relations == ["children", "parent"]


async def test_5_1_self_referential_rows(
    lib: SimpleNamespace, base: Any, memory_url: str
) -> None:
    Node = node(lib, base)
    conn = lib.DBConnection(memory_url)
    await conn.init_db(base)
    await Node.insert(
        name="root",
        children=[
            Node(name="left", children=[Node(name="leaf")]),
            Node(name="right"),
        ],
    )

    async def names(query: Any) -> list[str]:
        return sorted(each.name for each in await query.unique_all())

    assert await names(Node.where(parent=None)) == ["root"]
    assert await names(Node.where(children=None)) == ["leaf", "right"]
    assert await names(Node.where(parent___parent___name="root")) == ["leaf"]
    assert await names(Node.where(children___name__like="%e%")) == [
        "left",
        "root",
    ]
    for method in (lib.JOINED, lib.SUBQUERY, lib.SELECT_IN):
        schema = {Node.children: (method, {Node.children: method})}
        query = Node.with_schema(schema).where(name="root")
        root = await query.unique_one()
        found = {
            child.name: [leaf.name for leaf in child.children]
            for child in root.children
        }
        assert found == {"left": ["leaf"], "right": []}
    await conn.close()


def test_5_1_backrefs_come_last(lib: SimpleNamespace, base: Any) -> None:
    class House(base):  # type: ignore[misc]
        __tablename__ = "houses"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        owner_id = lib.mapped_column(lib.ForeignKey("owners.id"))
        owner = lib.relationship("Owner", backref="houses")

    class Owner(base):  # type: ignore[misc]
        __tablename__ = "owners"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        home_id = lib.mapped_column(lib.Integer)
        home = lib.relationship(
            "House",
            primaryjoin="foreign(Owner.home_id) == House.id",
            viewonly=True,
        )

    assert str(Owner.where(houses___id=3)).count("JOIN") == 1
    assert Owner.relations == ["home", "houses"]
    assert Owner.settable_relations == ["houses"]


async def test_5_1_lazy_strategies(
    lib: SimpleNamespace, base: Any, memory_url: str
) -> None:
    class Parent(base):  # type: ignore[misc]
        __tablename__ = "parents"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        eager = lib.relationship("Child", lazy="selectin", viewonly=True)
        never = lib.relationship("Child", lazy="raise", viewonly=True)

    class Child(base):  # type: ignore[misc]
        __tablename__ = "children"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        parent_id = lib.mapped_column(lib.ForeignKey("parents.id"))

    conn = lib.DBConnection(memory_url)
    await conn.init_db(base)
    parent = await Parent.insert()
    await Child.insert(parent_id=parent.id)
    found = await Parent.get(1)
    assert [child.id for child in found.eager] == [1]
    with pytest.raises(lib.InvalidRequestError):
        found.to_dict(nested=True)
    assert "id" in found.to_dict()
    await found.save()
    assert [child.id for child in found.eager] == [1]
    await conn.close()


def test_5_1_synonyms_are_in_no_list(lib: SimpleNamespace, base: Any) -> None:
    class Thing(base):  # type: ignore[misc]
        __tablename__ = "things"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        name = lib.mapped_column(lib.String)
        title = lib.synonym("name")
        long = lib.column_property(name + "!")

    assert Thing.columns[:2] == ["id", "name"]
    for listed in (
        Thing.columns,
        Thing.filterable_attributes,
        Thing.sortable_attributes,
        Thing.settable_attributes,
    ):
        assert "title" not in listed
        assert "long" not in listed


async def test_5_1_hybrid_expression_and_setter(
    lib: SimpleNamespace, base: Any, memory_url: str
) -> None:
    class Person(base):  # type: ignore[misc]
        __tablename__ = "persons"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        first_name = lib.mapped_column(lib.String)
        last_name = lib.mapped_column(lib.String)

        @lib.hybrid_property
        def name(self) -> Any:
            return f"{self.first_name} {self.last_name}"

        @name.setter
        def name(self, value: str) -> None:
            self.first_name, self.last_name = value.split()

        @name.expression
        def name(cls) -> Any:
            return cls.first_name + " " + cls.last_name

    conn = lib.DBConnection(memory_url)
    await conn.init_db(base)
    person = await Person.insert(name="Ann Lee")
    assert (person.first_name, person.last_name) == ("Ann", "Lee")
    await Person.insert(first_name="Bob", last_name="Ray")
    assert (await Person.where(name="Bob Ray").one()).id == 2
    found = await Person.order_by("-name").all()
    assert [each.name for each in found] == ["Bob Ray", "Ann Lee"]
    assert "name" in Person.settable_attributes
    assert person.to_dict(hybrid_attributes=True)["name"] == "Ann Lee"
    await conn.close()
