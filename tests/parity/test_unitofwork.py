"""Programs about the unit of work do the same through both libraries."""

from __future__ import annotations

import asyncio
import sqlite3
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from parity.library import Library, ours, peer
from parity.units.models import models
from parity.units.programs import PROGRAMS


@cache
def _models(package: str) -> Any:
    return models(Library(package))


def _contents(path: Path) -> dict[str, list[Any]]:
    connection = sqlite3.connect(path)
    try:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
        ).fetchall()
        found = {
            name: sorted(
                connection.execute(f'SELECT * FROM "{name}"'), key=repr
            )
            for (name,) in names
        }
        return {name: rows for name, rows in found.items() if rows}
    finally:
        connection.close()


async def _rows(session: Any, metadatas: Any) -> Any:
    """Return what the transaction of a session sees; nothing is flushed."""
    connection = await session.connection()
    found = {}
    for metadata in metadatas:
        for name in sorted(metadata.tables):
            result = await connection.exec_driver_sql(
                f'SELECT * FROM "{name}"'
            )
            rows = sorted((tuple(row) for row in result), key=repr)
            if rows:
                found[name] = rows
    return found


def _described(lib: Any, instance: Any) -> Any:
    state = lib.inspect(instance)
    words = ("transient", "pending", "persistent", "deleted", "detached")
    # A primary key is told by the identity.
    columns = {
        each.key
        for each in state.mapper.column_attrs
        if not each.columns[0].primary_key
    }
    return {
        "is": [word for word in words if getattr(state, word)],
        "identity": state.identity,
        "modified": state.modified and not state.deleted,
        "values": {
            key: value
            for key, value in sorted(state.dict.items())
            if key in columns
        },
    }


async def _run(lib: Any, name: str, path: Path, expire: bool) -> list[Any]:
    m = _models(lib._package)
    engine = lib.asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}")
    told: list[Any] = []
    try:
        async with engine.begin() as connection:
            for metadata in m.metadatas:
                await connection.run_sync(metadata.create_all)
        async with lib.asyncio.AsyncSession(
            engine, expire_on_commit=expire
        ) as session:
            try:
                async for instances in PROGRAMS[name](session, m):
                    told.append(
                        {
                            key: _described(lib, each)
                            for key, each in instances.items()
                        }
                    )
                    if session.is_active:
                        told.append(await _rows(session, m.metadatas))
            except Exception as error:
                told.append(f"raises {type(error).__name__}")
    finally:
        await engine.dispose()
    told.append(_contents(path))
    return told


def _told(lib: Any, name: str, path: Path, expire: bool) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        told = asyncio.run(_run(lib, name, path, expire))
    return told, sorted({each.category.__name__ for each in caught})


@pytest.mark.parametrize("expire", [True, False], ids=["expire", "keep"])
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_unit_of_work(name: str, expire: bool, tmp_path: Path) -> None:
    expected = _told(peer, name, tmp_path / "peer.db", expire)
    found = _told(ours, name, tmp_path / "ours.db", expire)
    _forget_more(expected[0], found[0])
    for at, (one, other) in enumerate(
        zip(expected[0], found[0], strict=False)
    ):
        assert other == one, f"step {at}"
    assert found == expected


def _forget_more(expected: list[Any], found: list[Any]) -> None:
    """Take out the values that only this package has without asking."""
    for one, other in zip(expected, found, strict=False):
        if not isinstance(one, dict) or not isinstance(other, dict):
            continue
        for name, instance in one.items():
            if "values" in instance and name in other:
                known, more = instance["values"], other[name]["values"]
                for key in [key for key in more if key not in known]:
                    del more[key]
