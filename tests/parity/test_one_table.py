"""Classes that share a table: a query of one never has rows of another."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.library import Library, ours, peer


def models(lib: Library) -> tuple[Any, Any, Any]:
    orm = lib.orm

    class Base(orm.DeclarativeBase):
        pass

    def identity(name: str) -> dict[str, Any]:
        return {"polymorphic_identity": name}

    class Pet(Base):
        __tablename__ = "pets"
        name = orm.mapped_column(lib.String, primary_key=True)
        kind = orm.mapped_column(lib.String)
        age = orm.mapped_column(lib.Integer)
        __mapper_args__ = {"polymorphic_on": "kind", **identity("pet")}  # noqa: RUF012

    class Dog(Pet):
        __mapper_args__ = identity("dog")

    return Pet, Dog, orm.aliased(Dog)


STATEMENTS: dict[str, Any] = {
    "count_of": lambda q, p, d, a: q.select(d).with_only_columns(
        q.func.count(), maintain_column_froms=True
    ),
    "count_from": lambda q, p, d, a: q.select(q.func.count()).select_from(d),
    "count_column": lambda q, p, d, a: q.select(q.func.count(d.name)),
    "count_where": lambda q, p, d, a: q.select(q.func.count()).where(
        d.age > 1
    ),
    "column": lambda q, p, d, a: q.select(d.age),
    "other": lambda q, p, d, a: q.select(d).with_only_columns(q.func.count()),
    "alias": lambda q, p, d, a: q.select(a).with_only_columns(
        q.func.count(), maintain_column_froms=True
    ),
    "alias_column": lambda q, p, d, a: q.select(a.age).with_only_columns(
        q.func.count(), maintain_column_froms=True
    ),
    "sum": lambda q, p, d, a: q.select(d.age + 1),
    "exists": lambda q, p, d, a: q.select(q.exists().where(d.age > 1)),
    "exists_in": lambda q, p, d, a: q.select(p).where(
        q.exists(q.select(a.name).where(a.age == p.age))
    ),
    "subquery": lambda q, p, d, a: q.select(q.func.count()).select_from(
        q.select(d).subquery()
    ),
    "join": lambda q, p, d, a: q.select(p.name).join(a, a.age == p.age),
    "join_then_count": lambda q, p, d, a: (
        q.select(d)
        .join(p, p.age == d.age)
        .with_only_columns(q.func.count(), maintain_column_froms=True)
    ),
    "literal": lambda q, p, d, a: q.select(d).with_only_columns(
        q.literal(1), maintain_column_froms=True
    ),
    "columns": lambda q, p, d, a: (
        q.select(d).where(d.age > 0).with_only_columns(d.name)
    ),
    "exists_of": lambda q, p, d, a: q.select(d).exists().select(),
    "scalar": lambda q, p, d, a: q.select(q.select(d.age).scalar_subquery()),
    "twice": lambda q, p, d, a: (
        q.select(d)
        .with_only_columns(d.name, maintain_column_froms=True)
        .with_only_columns(q.func.count(), maintain_column_froms=True)
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_same_sql(name: str) -> None:
    mine = str(STATEMENTS[name](ours, *models(ours)))
    assert mine == str(STATEMENTS[name](peer, *models(peer)))


def test_criteria_stay_with_the_entity() -> None:
    """The peer counts what the statement itself would not give."""
    Pet, Dog, _ = models(ours)
    found = (
        ours.select(Dog)
        .options(ours.orm.with_loader_criteria(Pet, Pet.age > 3))
        .with_only_columns(ours.func.count(), maintain_column_froms=True)
    )
    assert "pets.age > :age_1" in str(found)
