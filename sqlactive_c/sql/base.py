"""What the objects of a schema share: collections, options, order."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any, ClassVar

from .. import exc

__all__ = ["ColumnCollection", "SchemaItem"]

# Definitions are written in the order in which their objects were made.
_creation_order = count()

# Prefixes of keywords that are meant for other databases.
_OTHER_DATABASES = frozenset(("mariadb", "mssql", "mysql", "oracle"))
_POSTGRESQL = frozenset(("postgresql", "postgres"))


class SchemaItem:
    """Base of what can be an argument of ``Table`` or ``Column``."""

    # Names of the options, without ``sqlite_``, and their defaults.
    _sqlite_defaults: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def _init_item(self, info: Mapping[Any, Any] | None) -> None:
        self._creation_order = next(_creation_order)
        self._info = None if info is None else dict(info)

    @property
    def info(self) -> dict[Any, Any]:
        """A dict for the user's own purposes."""
        if self._info is None:
            self._info = {}
        return self._info

    @info.setter
    def info(self, value: dict[Any, Any]) -> None:
        self._info = value

    def _set_parent(self, parent: Any) -> None:
        raise exc.ArgumentError(
            f"{self!r} cannot be part of {type(parent).__name__} {parent}"
        )

    def _init_options(self, kwargs: Mapping[str, Any]) -> None:
        self.sqlite_options = dict(self._sqlite_defaults)
        self._update_options(kwargs)

    def _update_options(self, kwargs: Mapping[str, Any]) -> None:
        """Take ``sqlite_...`` keywords; those of other databases are idle."""
        owner = type(self).__name__
        for keyword, value in kwargs.items():
            database, underscore, option = keyword.partition("_")
            if not underscore or not database:
                raise TypeError(
                    f"{owner}() got an unexpected keyword argument {keyword!r}"
                )
            if database == "sqlite":
                if option not in self._sqlite_defaults:
                    raise exc.ArgumentError(
                        f"{owner}() has no option {keyword!r}; there are "
                        + _names(self._sqlite_defaults)
                    )
                self.sqlite_options[option] = value
            elif database not in _OTHER_DATABASES | _POSTGRESQL:
                warnings.warn(
                    f"{owner}() ignores {keyword!r}: no database named"
                    f" {database!r} is known",
                    exc.SAWarning,
                    stacklevel=4,
                )


def _names(options: Iterable[str]) -> str:
    return ", ".join(f"'sqlite_{name}'" for name in options) or "none"


class ColumnCollection:
    """Columns in order, by key, by position and as attributes.

    Iteration gives the columns; ``in`` takes a key.
    """

    __slots__ = ("_by_key",)

    _by_key: dict[str, Any]

    def __init__(self, columns: Iterable[Any] = ()) -> None:
        by_key = {column.key: column for column in columns}
        object.__setattr__(self, "_by_key", by_key)

    @classmethod
    def from_items(cls, items: Iterable[tuple[str, Any]]) -> ColumnCollection:
        """Return a collection with columns under keys of its own."""
        self = cls()
        self._by_key.update(items)
        return self

    def keys(self) -> list[str]:
        """Return the keys of the columns, in order."""
        return list(self._by_key)

    def values(self) -> list[Any]:
        """Return the columns, in order."""
        return list(self._by_key.values())

    def items(self) -> list[tuple[str, Any]]:
        """Return pairs of key and column, in order."""
        return list(self._by_key.items())

    def get(self, key: str, default: Any = None) -> Any:
        """Return the column with a key, or the default."""
        return self._by_key.get(key, default)

    def contains_column(self, column: Any) -> bool:
        """Say whether this very column is among them."""
        return any(each is column for each in self._by_key.values())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._by_key[key]
        if isinstance(key, (int, slice)):
            found = self.values()[key]
            return tuple(found) if isinstance(key, slice) else found
        if isinstance(key, tuple):
            return tuple(self[each] for each in key)
        raise exc.ArgumentError(
            f"a column is looked up by key or position, not by {key!r}"
        )

    def __getattr__(self, key: str) -> Any:
        try:
            return self._by_key[key]
        except KeyError:
            raise AttributeError(key) from None

    def __setattr__(self, key: str, value: Any) -> None:
        raise TypeError("columns cannot be assigned to a collection")

    def __contains__(self, key: Any) -> bool:
        if not isinstance(key, str):
            raise exc.ArgumentError(
                "'in' takes the key of a column; use contains_column() for"
                " the column itself"
            )
        return key in self._by_key

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._by_key]

    def __getstate__(self) -> Any:
        return None, {"_by_key": self._by_key}

    def __setstate__(self, state: Any) -> None:
        object.__setattr__(self, "_by_key", state[1]["_by_key"])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._by_key)})"

    def _put(self, column: Any) -> None:
        self._by_key[column.key] = column

    def _discard(self, key: str) -> None:
        self._by_key.pop(key, None)
