"""The properties of a mapper, by name and as attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["PropertyCollection"]


class PropertyCollection(Mapping[str, Any]):
    """Properties by key, also as attributes; iteration gives properties."""

    def __init__(self, properties: dict[str, Any]) -> None:
        self._properties = properties

    def __getitem__(self, key: str) -> Any:
        return self._properties[key]

    def __getattr__(self, key: str) -> Any:
        try:
            return self.__dict__["_properties"][key]
        except KeyError:
            raise AttributeError(key) from None

    def keys(self) -> Any:
        """Return the keys."""
        return list(self._properties)

    def values(self) -> Any:
        """Return the properties."""
        return list(self._properties.values())

    def items(self) -> Any:
        """Return pairs of key and property."""
        return list(self._properties.items())

    def __contains__(self, key: object) -> bool:
        return key in self._properties

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values())

    def __len__(self) -> int:
        return len(self._properties)
