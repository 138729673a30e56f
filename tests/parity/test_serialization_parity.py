"""Models as plain data: the same calls here and with the peer."""

from __future__ import annotations

import importlib
import json
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.library import PEER, SELF


class Color(Enum):
    RED = "r"
    BLUE = 2


def models(package: str, orm: str) -> SimpleNamespace:
    """Return the same models, made with one of the libraries."""
    base = importlib.import_module(package).ActiveRecordBaseModel
    lib = importlib.import_module(orm)
    relations = importlib.import_module(f"{orm}.orm")
    hybrids = importlib.import_module(f"{orm}.ext.hybrid")
    types = importlib.import_module(f"{orm}.types")
    column = relations.mapped_column
    number = f"{package}_{__name__}".replace(".", "_")

    class Base(base):  # type: ignore[misc, valid-type]
        __abstract__ = True
        metadata = lib.MetaData()

    writer, paper = f"Writer_{number}", f"Paper_{number}"

    def twice(self: Any) -> Any:
        return self.age * 2 if self.age is not None else None

    Writer = type(
        writer,
        (Base,),
        {
            "__tablename__": "writers",
            "__module__": __name__,
            "id": column(types.Integer, primary_key=True),
            "name": column(types.String),
            "age": column(types.Integer),
            "value": column(types.PickleType),
            "twice": hybrids.hybrid_property(twice),
            "papers": relations.relationship(
                paper, back_populates="writer", uselist=True
            ),
        },
    )
    Paper = type(
        paper,
        (Base,),
        {
            "__tablename__": "papers",
            "__module__": __name__,
            "id": column(types.Integer, primary_key=True),
            "title": column(types.String),
            "writer_id": column(lib.ForeignKey("writers.id")),
            "writer": relations.relationship(
                writer, back_populates="papers", uselist=False
            ),
        },
    )
    return SimpleNamespace(Writer=Writer, Paper=Paper)


THEIRS = models("sqlactive", PEER)
OURS = THEIRS if SELF else models("sqlactive_c", "sqlactive_c")

plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc", "Lo"]))
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.decimals()
    | st.uuids()
    | st.binary()
    | st.sampled_from(Color)
    | st.timedeltas()
)
keys = st.text() | st.integers() | st.floats() | st.booleans() | st.none()
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(keys, inner)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)
writers = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(),
        "name": st.text(),
        "age": st.none() | st.integers(0, 99),
        "value": values,
        "created_at": st.datetimes(),
    },
)
excluded = st.none() | st.lists(
    st.sampled_from(
        ["id", "name", "value", "twice", "papers", "created_at", "no"]
    )
)
options = st.fixed_dictionaries(
    {},
    optional={
        "nested": st.booleans(),
        "hybrid_attributes": st.booleans(),
        "exclude": excluded,
        "nested_exclude": excluded,
    },
)
layouts = st.fixed_dictionaries(
    {},
    optional={
        "ensure_ascii": st.booleans(),
        "indent": st.none() | st.integers(-1, 4) | st.sampled_from(["\t", ""]),
    },
)
few = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def make(side: Any, data: dict[str, Any], titles: list[str]) -> Any:
    papers = [side.Paper(title=title) for title in titles]
    return side.Writer(papers=papers, **data)


def outcome(call: Any) -> Any:
    """Return what a call gives, or the class and text of what it raises."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__, str(error)


@few
@given(writers, st.lists(st.text(), max_size=3), options)
def test_to_dict(
    data: dict[str, Any], titles: list[str], given: dict[str, Any]
) -> None:
    ours = make(OURS, data, titles).to_dict(**given)
    theirs = make(THEIRS, data, titles).to_dict(**given)
    assert list(ours) == list(theirs)
    assert repr(ours) == repr(theirs)


@few
@given(writers, st.lists(st.text(), max_size=3), options, layouts)
def test_to_json(
    data: dict[str, Any],
    titles: list[str],
    given: dict[str, Any],
    layout: dict[str, Any],
) -> None:
    ours = make(OURS, data, titles).to_json(**given, **layout)
    theirs = make(THEIRS, data, titles).to_json(**given, **layout)
    assert ours == theirs


@few
@given(values, st.none() | st.integers(0, 3))
def test_sorted_keys(value: Any, indent: int | None) -> None:
    made = [side.Writer(value=value) for side in (OURS, THEIRS)]
    ours, theirs = (
        outcome(lambda one=one: one.to_json(sort_keys=True, indent=indent))
        for one in made
    )
    assert ours == theirs


@few
@given(writers, st.lists(st.text(), max_size=3))
def test_there_and_back(data: dict[str, Any], titles: list[str]) -> None:
    text = make(THEIRS, data, titles).to_json(nested=True)
    ours = OURS.Writer.from_json(text).to_json(nested=True)
    theirs = THEIRS.Writer.from_json(text).to_json(nested=True)
    assert ours == theirs


GIVEN: list[Any] = [
    {},
    {"name": "x", "twice": 3},
    {"papers": [{"title": "a"}, {"title": "b", "writer": {"name": "y"}}]},
    {"papers": []},
    [{"id": 1}, {"id": 2}],
    [[{"id": 1}]],
    [],
    {"no": 1},
    {"papers": None},
    {"papers": [{"no": 1}]},
    {"created_at": "2026-01-01"},
    {"papers": 3},
    3,
]


@pytest.mark.parametrize("data", GIVEN, ids=str)
@pytest.mark.parametrize(
    "options",
    [{}, {"exclude": ["no", "name"]}, {"nested_exclude": ["no", "title"]}],
    ids=str,
)
def test_from_dict(data: Any, options: dict[str, Any]) -> None:
    def run(side: Any) -> Any:
        def call() -> Any:
            made = side.Writer.from_dict(data, **options)

            def plain(one: Any) -> Any:
                if isinstance(one, list):
                    return [plain(each) for each in one]
                return one.to_dict(nested=True)

            return plain(made)

        found = outcome(call)
        return repr(found).replace("sqlactive_c", "sqlactive")

    assert run(OURS) == run(THEIRS)


def test_common_values() -> None:
    given = {
        "value": {
            "moment": datetime(2026, 1, 2, 3, 4, 5),
            "day": date(2026, 1, 2),
            "clock": time(3, 4, 5),
            "number": Decimal("1.50"),
            "uuid": UUID(int=1),
            "blob": b"x",
            "color": Color.RED,
        }
    }
    ours = OURS.Writer(**given).to_json(exclude=["created_at"])
    assert ours == THEIRS.Writer(**given).to_json(exclude=["created_at"])
    value = json.loads(ours)["value"]
    assert value["moment"] == "2026-01-02 03:04:05"
    assert value["color"] == "Color.RED"
    assert value["blob"] == "b'x'"


LISTS = (
    "columns", "string_columns", "primary_keys", "primary_key_name",
    "relations", "settable_relations", "hybrid_properties", "hybrid_methods",
    "filterable_attributes", "sortable_attributes", "settable_attributes",
    "searchable_attributes",
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_inspection(name: str) -> None:
    # The peer cannot tell the Python type of a pickled column.
    ours, theirs = (
        outcome(lambda side=side: getattr(side.Paper, name))
        for side in (OURS, THEIRS)
    )
    assert ours == theirs
    if name not in ("string_columns", "searchable_attributes"):
        assert getattr(OURS.Writer, name) == getattr(THEIRS.Writer, name)


@given(st.none() | st.integers() | st.text() | st.floats() | st.decimals())
def test_id_str(key: Any) -> None:
    assert OURS.Paper(id=key).id_str == THEIRS.Paper(id=key).id_str
