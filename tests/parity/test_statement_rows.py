"""Statements: the same rows and the same changes as the peer's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity import databases
from parity.corpus import BAD, CASES, Case, core_schema
from parity.library import ours, peer

pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SAWarning",
    "ignore::sqlactive_c.exc.SAWarning",
    "ignore:.*:DeprecationWarning:sqlalchemy",
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    databases.make_template(path)
    return path


@pytest.fixture(scope="module")
def our_tables() -> Any:
    return core_schema.tables(ours)


@pytest.fixture(scope="module")
def peer_tables() -> Any:
    return core_schema.tables(peer)


def types_only(told: dict[str, Any]) -> dict[str, Any]:
    """Return what a result says without the values of the rows."""
    rows = [[kind for kind, _ in row] for row in told["rows"]]
    return {**told, "rows": rows}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.runs], ids=lambda case: case.name
)
def test_rows(
    case: Case,
    template: Path,
    tmp_path: Path,
    our_tables: Any,
    peer_tables: Any,
) -> None:
    paths = [tmp_path / "ours.db", tmp_path / "peer.db"]
    for path in paths:
        shutil.copy(template, path)
    expected = databases.run_peer(
        paths[1], case.statement(peer, peer_tables), case.parameters
    )
    actual = databases.run_ours(
        paths[0], case.statement(ours, our_tables), case.parameters
    )
    if expected.get("rowcount") == -1:
        # The driver below the peer does not count after a leading WITH.
        del expected["rowcount"], actual["rowcount"]
    if case.volatile:
        expected, actual = types_only(expected), types_only(actual)
    assert actual == expected
    assert databases.contents(paths[0]) == databases.contents(paths[1])


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_raises_alike(
    case: Case,
    template: Path,
    tmp_path: Path,
    our_tables: Any,
    peer_tables: Any,
) -> None:
    paths = [tmp_path / "ours.db", tmp_path / "peer.db"]
    for path in paths:
        shutil.copy(template, path)

    def by_peer() -> Any:
        statement = case.build(peer, peer_tables)
        return databases.run_peer(paths[1], statement, case.parameters)

    def by_ours() -> Any:
        statement = case.build(ours, our_tables)
        return databases.run_ours(paths[0], statement, case.parameters)

    expected = databases.outcome(by_peer)
    assert isinstance(expected, str), f"the peer takes it: {expected}"
    assert databases.outcome(by_ours) == expected
    assert databases.contents(paths[0]) == databases.contents(paths[1])


def test_a_difference_is_seen(template: Path, peer_tables: Any) -> None:
    """1, 1.0 and True are different answers, and so are different rows."""
    one, real = (
        databases.run_peer(template, peer.select(peer.literal(value)), None)
        for value in (1, 1.0)
    )
    assert one != real
    assert one["rows"] == [(("int", 1),)]
