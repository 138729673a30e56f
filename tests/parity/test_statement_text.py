"""Statements: the same text and the same parameters as the peer's."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.corpus import CASES, FACTS, Case, core_schema
from parity.databases import outcome
from parity.library import ours, peer
from parity.rendering import alike, all_texts, compiled

pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SAWarning",
    "ignore:.*:DeprecationWarning:sqlalchemy",
)


@pytest.fixture(scope="module")
def our_tables() -> Any:
    return core_schema.tables(ours)


@pytest.fixture(scope="module")
def peer_tables() -> Any:
    return core_schema.tables(peer)


cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@cases
def test_generic_text(case: Case, our_tables: Any, peer_tables: Any) -> None:
    expected = case.build(peer, peer_tables)
    actual = case.build(ours, our_tables)
    assert outcome(lambda: str(actual)) == outcome(lambda: str(expected))


@cases
def test_sqlite_text(case: Case, our_tables: Any, peer_tables: Any) -> None:
    expected = all_texts(peer, case.statement(peer, peer_tables))
    actual = all_texts(ours, case.statement(ours, our_tables))
    assert alike(actual, expected), (actual, expected)


@pytest.mark.parametrize("case", FACTS, ids=lambda case: case.name)
def test_facts(case: Case, our_tables: Any, peer_tables: Any) -> None:
    assert case.build(ours, our_tables) == case.build(peer, peer_tables)


def test_building_leaves_no_trace(our_tables: Any) -> None:
    """The text of a statement is the same however often it is made."""
    for case in CASES:
        first, second = (
            str(compiled(ours, case.statement(ours, our_tables))[0])
            for _ in range(2)
        )
        assert first == second, case.name
