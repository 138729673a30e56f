"""Databases for programs of the corpus, and what a statement did to one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parity.corpus import core_schema
from parity.library import ours, peer


def make_template(path: Path) -> None:
    """Write a database with the tables of the corpus and their rows."""
    tables = core_schema.tables(peer)
    engine = peer.create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            for name, rows in core_schema.DATA.items():
                connection.execute(getattr(tables, name).insert(), rows)
    finally:
        engine.dispose()


def contents(path: Path) -> dict[str, list[Any]]:
    """Return all rows of all tables, as SQLite stores them."""
    connection = sqlite3.connect(path)
    try:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
        )
        return {
            name: [
                tuple(typed(value) for value in row)
                for row in connection.execute(f'SELECT * FROM "{name}"')
            ]
            for (name,) in names.fetchall()
        }
    finally:
        connection.close()


def typed(value: Any) -> tuple[str, Any]:
    """Return a value with its type, so that 1, 1.0 and True differ."""
    return type(value).__name__, value


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the name of what it raises."""
    try:
        return call()
    except Exception as error:
        return f"raises {type(error).__name__}"


def described(lib: Any, statement: Any, result: Any) -> dict[str, Any]:
    """Return what a result says, as plain values."""
    told: dict[str, Any] = {"returns_rows": result.returns_rows}
    if result.returns_rows:
        told["keys"] = list(result.keys())
        told["rows"] = [tuple(typed(v) for v in row) for row in result]
        return told
    told["rowcount"] = result.rowcount
    if isinstance(statement, (lib.Insert, lib.Update, lib.Delete)):
        told["inserted_primary_key"] = outcome(
            lambda: tuple(result.inserted_primary_key)
        )
        told["inserted_primary_key_rows"] = outcome(
            lambda: [tuple(row) for row in result.inserted_primary_key_rows]
        )
    # After several sets of parameters it means nothing.
    if isinstance(told.get("inserted_primary_key"), tuple):
        told["lastrowid"] = result.lastrowid
    return told


class Peer:
    """A database file, opened by the peer."""

    def __init__(self, path: Path) -> None:
        self._engine = peer.create_engine(f"sqlite:///{path}")

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *error: object) -> None:
        self._engine.dispose()

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Execute a statement, commit, and return what the result says."""
        with self._engine.begin() as connection:
            result = connection.execute(statement, parameters)
            return described(peer, statement, result)


class Ours:
    """A database file, opened by this package."""

    def __init__(self, path: Path) -> None:
        self._runner = asyncio.Runner()
        self._engine = ours.asyncio.create_async_engine(
            f"sqlite+aiosqlite:///{path}"
        )

    def __enter__(self) -> Ours:
        return self

    def __exit__(self, *error: object) -> None:
        with self._runner:
            self._runner.run(self._engine.dispose())

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Execute a statement, commit, and return what the result says."""
        return self._runner.run(self._execute(statement, parameters))

    async def _execute(self, statement: Any, parameters: Any) -> Any:
        async with self._engine.begin() as connection:
            result = await connection.execute(statement, parameters)
            return described(ours, statement, result)


def run_peer(path: Path, statement: Any, parameters: Any) -> dict[str, Any]:
    """Execute one statement through the peer."""
    with Peer(path) as database:
        return database.execute(statement, parameters)


def run_ours(path: Path, statement: Any, parameters: Any) -> dict[str, Any]:
    """Execute one statement through this package."""
    with Ours(path) as database:
        return database.execute(statement, parameters)
