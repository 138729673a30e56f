"""Rows whose columns are to be found, by what they are or by name.

They are those of text, and of what is given to ``Select.from_statement()``.

A SELECT knows the place of each of its columns. Of text only SQLite knows
which columns there are, once it is prepared: the core asks a :class:`Fit` for
what decodes them, and keeps the answer as long as the columns are the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ... import _core, exc
from ..labels import resolved
from ..types.base import NULLTYPE
from .base import ResultColumn

__all__ = ["Cell", "Fit", "Part", "Placed", "finder", "located"]

Find = Callable[[Any], "int | None"]


class Cell(NamedTuple):
    """A column of the rows.

    Attributes:
        name: Its name there.
        columns: The columns that it is known to be, if any.
        type: Its column type.
    """

    name: str
    columns: tuple[Any, ...]
    type: Any


class Part(NamedTuple):
    """Something that is selected from such rows.

    Attributes:
        name: Its name in the result.
        targets: What it can be asked for by.
        item: Function from a :data:`Find` to what the decoder makes it of.
    """

    name: str
    targets: tuple[Any, ...]
    item: Callable[[Find], Any]


class Placed:
    """A part whose rows are known when the statement is compiled.

    Args:
        part: The part.
        find: Where its columns are.
    """

    def __init__(self, part: Part, find: Find) -> None:
        self._part = part
        self._find = find

    def _result_item(self, positions: Any) -> Any:
        return self._part.item(self._find)

    @property
    def _result_name(self) -> str:
        return self._part.name

    @property
    def _targets(self) -> tuple[Any, ...]:
        return self._part.targets


def finder(cells: Iterable[Cell]) -> Find:
    """Return the function that finds the cell of a column, None without one.

    It is that which is known to be the column, or else has its name, which may
    have the table's in front.

    Args:
        cells: The columns of the rows.
    """
    by_column: dict[Any, int] = {}
    by_name: dict[str, int] = {}
    for at, cell in enumerate(cells):
        for column in cell.columns:
            by_column.setdefault(resolved(column), at)
        by_name.setdefault(cell.name, at)

    def find(column: Any) -> int | None:
        plain = resolved(column)
        found = by_column.get(plain)
        name = getattr(plain, "name", None)
        if found is None and name is not None:
            found = by_name.get(name)
            table = getattr(getattr(plain, "table", None), "name", None)
            if found is None and table is not None:
                found = by_name.get(f"{table}_{name}")
        return found

    return find


def located(find: Find, column: Any) -> int:
    """Return the cell of a column.

    Args:
        find: Where columns are.
        column: The column.

    Raises:
        NoSuchColumnError: There is none.
    """
    found = find(column)
    if found is None:
        raise exc.NoSuchColumnError(
            f"Could not locate column in row for column '{resolved(column)}'"
        )
    return found


class Fit:
    """How the rows of a text are decoded.

    Args:
        columns: The columns that the text is said to have.
        positional: They are in the order of the text; else they are those of
            their names.
        parts: What is selected from the rows; None: all there is.
        things: The riders of the statement.
    """

    def __init__(
        self,
        columns: Sequence[ResultColumn] = (),
        positional: bool = False,
        parts: Sequence[Part] | None = None,
        things: tuple[Any, ...] = (),
    ) -> None:
        self._columns = tuple(columns)
        self._positional = positional
        self._parts = parts
        self._things = things

    def select(self, parts: Sequence[Part]) -> Fit:
        """Return the same for what is selected from the rows.

        Args:
            parts: That.
        """
        return Fit(self._columns, self._positional, parts)

    def of(self, things: tuple[Any, ...]) -> Fit:
        """Return the same for a statement with these riders.

        Args:
            things: The riders.
        """
        return Fit(self._columns, self._positional, self._parts, things)

    def __call__(self, names: tuple[str, ...]) -> _core.Decoder:
        """Return what decodes the rows.

        Args:
            names: The names of their columns, as SQLite says them.

        Raises:
            NoSuchColumnError: One that is selected is not there.
        """
        cells = self._cells(names)
        if self._parts is None:
            keys = names
            items = tuple(
                (at, each.type.codec()) for at, each in enumerate(cells)
            )
            targets = tuple((*each.columns, each.name) for each in cells)
        else:
            find = finder(cells)
            keys = tuple(each.name for each in self._parts)
            items = tuple(each.item(find) for each in self._parts)
            targets = tuple(each.targets for each in self._parts)
        return _core.Decoder(keys, items, len(names), targets, self._things)

    def _cells(self, names: tuple[str, ...]) -> list[Cell]:
        columns = self._columns
        if not self._positional:
            by_name = {each.keyname: each for each in columns}
            return [_cell(name, by_name.get(name)) for name in names]
        if len(columns) > len(names):
            warnings.warn(
                f"the text gives {len(names)} columns, fewer than the"
                f" {len(columns)} that it is said to have",
                exc.SAWarning,
                stacklevel=2,
            )
        return list(map(_cell, names, columns)) + [
            _cell(name, None) for name in names[len(columns) :]
        ]


def _cell(name: str, known: ResultColumn | None) -> Cell:
    if known is None:
        return Cell(name, (), NULLTYPE)
    return Cell(name, known.objects, known.type)
