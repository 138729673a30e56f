"""The shop of either library: its models, its statements, its database."""

from __future__ import annotations

import functools
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.mapping import library
from parity.mapping.data_shop import ROWS
from parity.mapping.library import Library, load, plain
from parity.mapping.statements import Statement

SOURCE = Path(__file__).with_name("models_shop.py")


@functools.cache
def shop(lib: Library) -> ModuleType:
    """Return the module of the shop's models with the names of a library."""
    return load(lib, "models_shop", SOURCE.read_text())


def statement(lib: Library, given: Statement) -> Any:
    """Return a statement made with the names of a library."""
    return library.value(lib, shop(lib), given.source)


def create(path: Path) -> None:
    """Make the database of the shop, by the peer."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    metadata = shop(library.PEERS).Base.metadata
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, rows in ROWS.items():
            table = metadata.tables[name]
            named = [
                {table.c[key].name: value for key, value in row.items()}
                for row in rows
            ]
            connection.execute(table.insert(), named)
    engine.dispose()


# -- what a result is -------------------------------------------------------


class Described:
    """Rows in plain words; an instance is told in full where it comes first.

    Later it is only its number, so that two instances for one identity are
    seen.

    Args:
        lib: The library the instances are of.
        related: Whether to follow relationships that are loaded.
    """

    def __init__(self, lib: Library, related: bool = False) -> None:
        self._inspect = lib.inspect
        self._related = related
        self._seen: list[Any] = []

    def rows(self, result: Any, unique: bool = False) -> Any:
        """Return the keys and the rows of a result."""
        keys = list(result.keys())
        if unique:
            result = result.unique()
        return keys, [[self(value) for value in row] for row in result.all()]

    def __call__(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self(each) for each in value]
        if isinstance(value, (set, frozenset)):
            # Numbered in an order that is not the set's.
            return [self(each) for each in sorted(value, key=self._key)]
        if not hasattr(type(value), "__mapper__"):
            return plain(value) if not isinstance(value, dict) else value
        for number, each in enumerate(self._seen):
            if each is value:
                return f"{type(value).__name__} no. {number}"
        self._seen.append(value)
        return self._instance(value)

    def _key(self, value: Any) -> Any:
        return self._inspect(value).identity

    def _instance(self, value: Any) -> Any:
        state = self._inspect(value)
        mapper = type(value).__mapper__
        unloaded = set(state.unloaded)
        keys = list(mapper.column_attrs.keys())
        if self._related:
            keys += mapper.relationships.keys()
        seen = {
            key: self(getattr(value, key))
            for key in sorted(keys)
            if key not in unloaded
        }
        unique = sorted(plain(each) for each in state.identity or ())
        return {
            "class": type(value).__name__,
            "number": len(self._seen),
            "identity": unique,
            **seen,
        }
