"""Columns that come as one item of a row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from ..sql.nodes import ColumnElement

__all__ = ["Bundle", "BundleRow"]


class BundleRow(Sequence[Any]):
    """The item of a row that a bundle gives: its values, also by name.

    Args:
        names: Names of the values.
        values: The values.
    """

    __slots__ = ("_fields", "_values")

    def __init__(
        self, names: tuple[str, ...], values: tuple[Any, ...]
    ) -> None:
        self._fields = names
        self._values = values

    def __getitem__(self, index: Any) -> Any:
        return self._values[index]

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[self._fields.index(name)]
        except ValueError:
            raise AttributeError(name) from None

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self._values, strict=True))

    def __reduce__(self) -> Any:
        return BundleRow, (self._fields, self._values)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, BundleRow):
            return self._values == other._values
        if isinstance(other, tuple):
            return self._values == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


class Bundle(ColumnElement):
    """Columns that come as one item of a row.

    Args:
        name: Name of the item.
        *exprs: The columns.
        single_entity: Rows of a select of this alone are the bundle itself.
    """

    __visit_name__ = "bundle"
    _fields = ("name", "exprs", "single_entity", "-_row")
    is_bundle = True

    def __new__(
        cls, name: str, *exprs: Any, single_entity: bool = False, **kw: Any
    ) -> Bundle:
        """Return it, made of its parts."""
        made: Bundle = cls._new(name, exprs, single_entity, None)
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Everything is done in __new__."""

    def _selected_columns(self) -> list[Any]:
        return [
            column
            for each in self.exprs
            for column in (
                each._selected_columns()
                if hasattr(each, "_selected_columns")
                else (each,)
            )
        ]

    def _result_item(self, positions: Any) -> Any:
        """Return what the decoder makes it of: a function, and items."""
        items: list[Any] = []
        at = 0
        for each in self.exprs:
            if hasattr(each, "_selected_columns"):
                width = len(each._selected_columns())
                items.append(each._result_item(positions[at : at + width]))
                at += width
            else:
                items.append((positions[at], each.type.codec()))
                at += 1
        labels = self.c.keys()
        getters = [operator.itemgetter(i) for i in range(len(items))]
        make = self.create_row_processor(None, getters, labels)
        return (lambda *cells: make(cells)), tuple(items)

    @property
    def _result_name(self) -> Any:
        return self.name

    def _description(self) -> dict[str, Any]:
        """Return what ``column_descriptions`` says of it."""
        from ..sql.froms import entity_of as first_entity

        entity = first_entity(self.exprs)
        return {
            "name": self.name,
            "type": type(self),
            "aliased": getattr(entity, "is_aliased_class", False),
            "expr": self,
            "entity": getattr(entity, "entity_class", None),
        }

    @property
    def c(self) -> Any:
        """The columns by name."""
        from ..sql.base import ColumnCollection

        return ColumnCollection.from_items(
            (getattr(each, "key", None) or str(at), each)
            for at, each in enumerate(self.exprs)
        )

    columns = c

    def create_row_processor(
        self, query: Any, procs: Any, labels: list[str]
    ) -> Callable[[Any], Any]:
        """Return the function that makes the item; may be overridden."""
        names = tuple(map(str, labels))

        def make(row: Any) -> Any:
            return BundleRow(names, tuple([proc(row) for proc in procs]))

        return make

    def __str__(self) -> str:
        return repr(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self.c.get(name)
        if found is None:
            raise AttributeError(name)
        return found
