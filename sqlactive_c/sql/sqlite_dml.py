"""INSERT with ON CONFLICT."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import exc
from .aliases import Alias
from .dialect import dialect as sqlite_dialect
from .dml import Insert as GenericInsert
from .dml import as_value, column_key
from .elements import ClauseElement
from .expect import expect_criterion, textual
from .from_clause import computed

__all__ = ["Insert", "OnConflictDoNothing", "OnConflictDoUpdate", "insert"]


class OnConflictDoNothing(ClauseElement):
    """``ON CONFLICT ... DO NOTHING``.

    Attributes:
        targets: Names and expressions of the index, or None.
        target_where: The condition of the index, or None.
    """

    __slots__ = ()
    __visit_name__ = "on_conflict_do_nothing"
    _fields = ("targets", "target_where")


class OnConflictDoUpdate(ClauseElement):
    """``ON CONFLICT ... DO UPDATE``.

    Attributes:
        targets: Names and expressions of the index, or None.
        target_where: The condition of the index, or None.
        values: Pairs of a column's key and its value.
        where: A condition, or None.
    """

    __slots__ = ()
    __visit_name__ = "on_conflict_do_update"
    _fields = ("targets", "target_where", "values", "where")


class Insert(GenericInsert):
    """An INSERT that can say what happens on a conflict."""

    __slots__ = ()

    @computed
    def excluded(self) -> Any:
        """The columns of the row that could not be inserted."""
        return Alias._new(self._table, "excluded").c

    def compile(
        self, bind: Any = None, dialect: Any = None, **kwargs: Any
    ) -> Any:
        """Return the compiled form; ON CONFLICT is always SQLite's."""
        if dialect is None and self._post_values_clause is not None:
            dialect = sqlite_dialect
        return super().compile(bind, dialect, **kwargs)

    def on_conflict_do_nothing(
        self, index_elements: Any = None, index_where: Any = None
    ) -> Insert:
        """Return a copy that leaves out rows that are there already.

        Args:
            index_elements: Columns of the unique index that is meant; any
                if None.
            index_where: The condition of that index.
        """
        self._check_once()
        targets, where = _target(None, index_elements, index_where)
        return self._replace(
            _post_values_clause=OnConflictDoNothing._new(targets, where)
        )

    def on_conflict_do_update(
        self,
        index_elements: Any = None,
        index_where: Any = None,
        set_: Any = None,
        where: Any = None,
        constraint: Any = None,
    ) -> Insert:
        """Return a copy that changes rows that are there already.

        Args:
            index_elements: Columns of the unique index that is meant.
            index_where: The condition of that index.
            set_: Values by the names of columns; ``excluded`` has those
                that could not be inserted.
            where: Change only rows for which this holds.
            constraint: The unique or primary key constraint, instead of
                ``index_elements``.

        Raises:
            ValueError: There is nothing to set.
        """
        self._check_once()
        targets, target_where = _target(
            constraint, index_elements, index_where
        )
        values = self._set_values(set_)
        condition = None if where is None else expect_criterion(_phrase(where))
        return self._replace(
            _post_values_clause=OnConflictDoUpdate._new(
                targets, target_where, values, condition
            )
        )

    def _check_once(self) -> None:
        if self._post_values_clause is not None:
            raise exc.InvalidRequestError(
                "this INSERT has an ON CONFLICT clause already"
            )

    def _set_values(self, given: Any) -> tuple[tuple[Any, Any], ...]:
        if not isinstance(given, Mapping) and hasattr(given, "items"):
            given = dict(given.items())
        if not isinstance(given, Mapping) or not given:
            raise ValueError("set_ takes a dict of values by name")
        table = self._table
        pairs = []
        for key, value in given.items():
            name = column_key(table, key)
            column = table.c.get(name) if isinstance(name, str) else name
            pairs.append((name, as_value(column, value)))
        return tuple(pairs)


def _phrase(condition: Any) -> Any:
    return textual(condition) if isinstance(condition, str) else condition


def _target(constraint: Any, elements: Any, where: Any) -> tuple[Any, Any]:
    if constraint is not None:
        if elements is not None:
            raise ValueError(
                "constraint and index_elements exclude each other"
            )
        columns: Iterable[Any] = getattr(constraint, "columns", None) or ()
        expressions = getattr(constraint, "expressions", None)
        elements = list(expressions if expressions is not None else columns)
        if where is None:
            options = getattr(constraint, "sqlite_options", {})
            where = options.get("where")
    condition = None if where is None else expect_criterion(_phrase(where))
    if elements is None:
        return None, condition
    return tuple(map(_target_element, elements)), condition


def _target_element(element: Any) -> Any:
    if isinstance(element, str):
        return str(element)
    if not isinstance(element, ClauseElement):
        element = textual(element)
    resolve = getattr(element, "_resolve", None)
    if resolve is not None:
        element = resolve()
    return element


def insert(table: Any) -> Insert:
    """Return an INSERT with ``on_conflict_do_update()`` and the like.

    Args:
        table: A table or a mapped class.
    """
    return Insert.of(table)  # type: ignore[no-any-return]
