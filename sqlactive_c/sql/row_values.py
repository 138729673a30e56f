"""VALUES: rows that stand in the statement itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .aliases import CTE, AliasedReturnsRows
from .elements import ColumnElement
from .from_clause import _name, make_proxies

__all__ = ["ScalarValues", "Values", "values"]


class Values(AliasedReturnsRows):
    """Rows of values as a FROM element; made by :func:`values`."""

    __slots__ = ()
    __visit_name__ = "values"
    _fields = (
        "_column_args",
        "_given",
        "literal_binds",
        "_data",
        "_is_lateral",
    )

    element: Any = None

    def _make_columns(self) -> Iterator[tuple[str, Any]]:
        return make_proxies(
            self,
            (
                (column.key, column.name, (column,))
                for column in self._column_args
            ),
        )

    def data(self, values: Iterable[Iterable[Any]]) -> Values:
        """Return it with rows added.

        Args:
            values: The rows, tuples of values.
        """
        from .expect import expect_value

        types = [column.type for column in self._column_args]
        rows = tuple(
            tuple(
                expect_value(value, type_)
                for value, type_ in zip(row, types, strict=False)
            )
            for row in values
        )
        return self._replace(_data=(self._data or ()) + rows)

    def alias(self, name: str | None = None, flat: bool = False) -> Values:
        """Return it under another name."""
        return self._replace(_given=_name(name))

    def lateral(self, name: str | None = None) -> Any:
        """Return it as LATERAL."""
        given = self._given if name is None else _name(name)
        return self._replace(_given=given, _is_lateral=True)

    def scalar_values(self) -> Any:
        """Return the rows as an expression in parentheses."""
        return ScalarValues._new(
            self._column_args, self._data, self.literal_binds
        )

    def cte(self, name: str | None = None, **kw: Any) -> CTE:
        """Return it as a CTE."""
        return CTE._new(
            self, _name(name), False, bool(kw.get("nesting")), None, None,
            None, None,
        )  # fmt: skip

    def _subquery_columns(self) -> Iterator[Any]:
        for column in self._column_args:
            yield column.key, column.name, (column,)


class ScalarValues(ColumnElement):
    """Rows of values as an expression."""

    __slots__ = ()
    __visit_name__ = "scalar_values"
    _fields = ("_column_args", "_data", "literal_binds")

    @property
    def type(self) -> Any:
        """The type of the first column."""
        return self._column_args[0].type


def values(
    *columns: Any, name: str | None = None, literal_binds: bool = False
) -> Values:
    """Return rows of values as a FROM element.

    Args:
        *columns: The columns, made by ``column()``, with types.
        name: The name in FROM.
        literal_binds: Write the values into the SQL.
    """
    return Values._new(columns, _name(name), literal_binds, None, False)
