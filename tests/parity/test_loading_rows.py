"""Instances that statements load along: those of the peer, and no others."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy
from sqlalchemy.orm import Session

from parity.mapping.library import OURS, PEERS, Library
from parity.mapping.loading import STATEMENTS, create, statement
from parity.mapping.shop import Described
from parity.mapping.statements import Statement

every = pytest.mark.parametrize(
    "given", [pytest.param(each, id=each.name) for each in STATEMENTS]
)
# How a result is read; first() stands for those that need no unique().
READINGS = {
    "unique": lambda result: result.unique().all(),
    "all": lambda result: result.all(),
    "scalars": lambda result: result.scalars().all(),
    "unique_scalars": lambda result: result.scalars().unique().all(),
    "first": lambda result: result.first(),
    "scalar": lambda result: result.scalar(),
    "one": lambda result: result.one(),
    "unique_one": lambda result: result.unique().one(),
    "one_or_none": lambda result: result.one_or_none(),
    "iteration": list,
    "fetchmany": lambda result: result.fetchmany(2),
    "fetchone": lambda result: result.fetchone(),
    "unique_fetchmany": lambda result: result.unique().fetchmany(2),
    "partitions": lambda result: [list(p) for p in result.partitions(2)],
    "unique_partitions": lambda result: [
        list(p) for p in result.unique().partitions(2)
    ],
    "mappings": lambda result: [list(m.items()) for m in result.mappings()],
    "unique_mappings": lambda result: [
        list(m.values()) for m in result.unique().mappings()
    ],
}


class Graph(Described):
    """Rows with all that is loaded of their instances, and what is not."""

    def __call__(self, value: Any) -> Any:
        """Return a value in plain words."""
        if isinstance(value, tuple) or type(value).__name__ == "Row":
            return [self(each) for each in value]
        return super().__call__(value)

    def _instance(self, value: Any) -> Any:
        told = super()._instance(value)
        told["unloaded"] = sorted(self._inspect(value).unloaded)
        return told


def told(lib: Library, read: Any, result: Any) -> Any:
    """Return what a reading gives, or the exception that it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Graph(lib, related=True)(read(result))
        except Exception as error:
            return type(error).__name__, str(error).partition("(Back")[0]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loading") / "loading.db"
    create(path)
    return path


def peers(path: Path, given: Statement, read: Any) -> Any:
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    try:
        with Session(engine) as session:
            return told(PEERS, read, session.execute(statement(PEERS, given)))
    finally:
        engine.dispose()


async def ours(path: Path, given: Statement, read: Any) -> Any:
    asyncio = OURS.ext.asyncio
    engine = asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}")
    try:
        async with asyncio.AsyncSession(engine) as session:
            result = await session.execute(statement(OURS, given))
            return told(OURS, read, result)
    finally:
        await engine.dispose()


@every
async def test_instances(given: Statement, stored: Path) -> None:
    read = READINGS["unique"]
    expected = peers(stored, given, read)
    assert await ours(stored, given, read) == expected
    assert expected or "nothing" in given.name


SOME = [
    each
    for each in STATEMENTS
    if each.name
    in (
        "joined_many",
        "joined_one",
        "joined_nothing",
        "joined_two_entities",
        "joined_entity_and_column",
        "joined_chain",
        "joined_two_collections_deep",
        "wrapped_limit",
        "contains_many",
        "joined_lazy_joined",
        "joined_count",
    )
]


@pytest.mark.parametrize("how", READINGS)
@pytest.mark.parametrize(
    "given", [pytest.param(each, id=each.name) for each in SOME]
)
async def test_readings(given: Statement, how: str, stored: Path) -> None:
    expected = peers(stored, given, READINGS[how])
    actual = await ours(stored, given, READINGS[how])
    if isinstance(expected, tuple):
        actual, expected = actual[0], expected[0]
    assert actual == expected
