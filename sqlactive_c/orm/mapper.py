"""The link between a class and its table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import exc
from ..sql.base import ColumnCollection
from ..sql.column import Column
from .attributes import InstrumentedAttribute
from .properties import ColumnProperty, MappedColumn

__all__ = ["Mapper"]


class _Attributes(Mapping[str, Any]):
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


class Mapper:
    """The mapping of one class.

    Attributes:
        class_: The class.
        local_table: Its table.
        registry: What it shares with the classes of its base.
        primary_key: Tuple of the columns of the primary key.
        columns: The columns by attribute name.
        attrs, column_attrs: The properties, by attribute name.
    """

    def __init__(
        self,
        class_: type,
        table: Any,
        registry: Any,
        declared: dict[str, MappedColumn | Column],
        primary_key: Any = None,
    ) -> None:
        self.class_ = class_
        self.local_table = self.persist_selectable = table
        self.registry = registry
        self.tables = [table]
        properties = {
            key: ColumnProperty(self, key, column)
            for key, column in declared.items()
        }
        self.attrs = self.column_attrs = _Attributes(properties)
        self.columns = self.c = ColumnCollection.from_items(
            (key, each.columns[0]) for key, each in properties.items()
        )
        self.primary_key = tuple(primary_key or table.primary_key.columns)
        if not self.primary_key:
            raise exc.ArgumentError(
                f"class {class_.__name__} cannot be mapped to table"
                f" {table.fullname!r}, which has no primary key"
            )

    def instrument(self) -> None:
        """Put the attributes on the class."""
        for key, prop in self.attrs.items():
            attribute = InstrumentedAttribute(self.class_, key, prop)
            type.__setattr__(self.class_, key, attribute)

    def get_property(self, key: str) -> ColumnProperty:
        """Return the property of an attribute.

        Raises:
            InvalidRequestError: There is none of that name.
        """
        try:
            found: ColumnProperty = self.attrs[key]
        except KeyError:
            raise exc.InvalidRequestError(
                f"{self} has no property {key!r}"
            ) from None
        return found

    def get_property_by_column(self, column: Column) -> ColumnProperty:
        """Return the property that a column belongs to.

        Raises:
            UnmappedColumnError: It belongs to none.
        """
        prop: ColumnProperty
        for prop in self.attrs.values():
            if prop.columns[0] is column:
                return prop
        from .exc import UnmappedColumnError

        raise UnmappedColumnError(f"{self} has no column {column}")

    def __str__(self) -> str:
        name = self.class_.__name__
        return f"Mapper[{name}({self.local_table.name})]"

    def __repr__(self) -> str:
        return f"<{self}>"
