"""Models: the same tables, mappers, attributes and instances as the peer's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.mapping import (
    describe,
    models_attributes,
    models_collections,
    models_columns,
    models_facts,
    models_inheritance,
    models_relationships,
    models_statements,
)
from parity.mapping.library import (
    CASES,
    OURS,
    PEERS,
    SELF,
    Case,
    Library,
    group,
    mapped_classes,
    parameters,
    plain,
    unload,
    value,
)
from parity.test_ddl_parity import grouped, our_statements, peers_statements

SOURCES = (
    models_attributes,
    models_collections,
    models_columns,
    models_facts,
    models_inheritance,
    models_relationships,
    models_statements,
)

pytestmark = group("mapping")
all_cases = pytest.mark.parametrize("case", parameters(CASES))


@contextmanager
def built(case: Case, lib: Library) -> Iterator[ModuleType]:
    module = case.define(lib)
    try:
        yield module
    finally:
        unload(module)


def on_both(case: Case, look: Callable[[ModuleType], Any]) -> tuple[Any, Any]:
    """Return what is seen in the models of either library."""
    seen = []
    for lib in (OURS, PEERS):
        with built(case, lib) as module:
            seen.append(look(module))
    return seen[0], seen[1]


def mappers(module: ModuleType) -> list[Any]:
    return [each.__mapper__ for each in mapped_classes(module)]


@all_cases
def test_same_ddl(case: Case) -> None:
    with built(case, PEERS) as module:
        expected = peers_statements(module.Base.metadata)
    ours = peers_statements if SELF else our_statements
    with built(case, OURS) as module:
        actual = ours(module.Base.metadata)
    assert grouped(actual[0]) == grouped(expected[0])
    assert actual[1] == expected[1]
    assert actual[0], "the case defines no table"


@all_cases
def test_same_columns(case: Case) -> None:
    def look(module: ModuleType) -> Any:
        return {
            table.fullname: [describe.column_facts(c) for c in table.columns]
            for table in module.Base.metadata.sorted_tables
        }

    actual, expected = on_both(case, look)
    assert list(actual) == list(expected)
    assert actual == expected


@all_cases
def test_same_mappers(case: Case) -> None:
    def look(module: ModuleType) -> Any:
        return [describe.mapper_facts(each) for each in mappers(module)]

    actual, expected = on_both(case, look)
    assert expected
    assert actual == expected


@all_cases
def test_same_order_of_attributes(case: Case) -> None:
    def look(module: ModuleType) -> Any:
        return [describe.attribute_order(each) for each in mappers(module)]

    actual, expected = on_both(case, look)
    assert actual == expected


@all_cases
def test_same_class_attributes(case: Case) -> None:
    def look(module: ModuleType) -> Any:
        return {
            f"{mapper.class_.__name__}.{key}": describe.attribute_facts(
                mapper.class_, key
            )
            for mapper in mappers(module)
            for names in (mapper.column_attrs, mapper.relationships)
            for key in names.keys()  # noqa: SIM118
        }

    actual, expected = on_both(case, look)
    assert expected
    assert actual == expected


@pytest.mark.parametrize(
    "case",
    parameters([case for case in CASES if "relationship(" in case.source]),
)
def test_same_relationships(case: Case) -> None:
    def look(module: ModuleType) -> Any:
        return {
            str(prop): describe.relationship_facts(prop)
            for mapper in mappers(module)
            for prop in mapper.relationships
        }

    actual, expected = on_both(case, look)
    assert expected
    assert actual == expected


@pytest.mark.parametrize(
    "case",
    parameters([case for case in CASES if "polymorphic_" in case.source]),
)
def test_same_inheritance(case: Case) -> None:
    def look(module: ModuleType) -> Any:
        return [describe.inheritance_facts(each) for each in mappers(module)]

    actual, expected = on_both(case, look)
    assert any(each["inherits"] for each in expected)
    assert actual == expected


def probed(case: Case, lib: Library) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    with built(case, lib) as module:
        for probe in case.probes:
            try:
                seen[probe] = plain(value(lib, module, probe))
            except Exception as error:
                seen[probe] = f"raised {error!r}"
    return seen


@pytest.mark.parametrize(
    "case", parameters([case for case in CASES if case.probes])
)
def test_same_behaviour(case: Case) -> None:
    expected = probed(case, PEERS)
    refused = [probe for probe, seen in expected.items() if _raised(seen)]
    assert not refused, [expected[probe] for probe in refused]
    actual = probed(case, OURS)
    different = {
        probe: (actual[probe], expected[probe])
        for probe in expected
        if actual[probe] != expected[probe]
    }
    assert not different, "(ours, the peer's) by expression"


def _raised(seen: Any) -> bool:
    return isinstance(seen, str) and seen.startswith("raised ")


def test_the_cases_are_all_there() -> None:
    assert len(CASES) > 60
    assert sum(len(case.probes) for case in CASES) > 200
    assert all(source.__doc__ for source in SOURCES)
