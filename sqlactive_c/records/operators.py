"""The operators of filters: what stands behind ``__`` in ``age__gt``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..sql import operators
from ..sql.constructors import extract
from ..sql.functions import func

__all__ = ["COMPARISONS", "OPERATORS", "equals"]

Operator = Callable[[Any, Any], Any]

equals: Operator = operator.eq
"""What a filter without an operator means."""


def _is_null(column: Any, value: Any) -> Any:
    return column == None if value else column != None  # noqa: E711


def _between(column: Any, value: Any) -> Any:
    return column.between(value[0], value[1])


def _starts(column: Any, value: str) -> Any:
    return column.ilike(value + "%")


def _ends(column: Any, value: str) -> Any:
    return column.ilike("%" + value)


def _contains(column: Any, value: Any) -> Any:
    return column.ilike(f"%{value}%")


def _matches(column: Any, value: Any) -> Any:
    return column.regexp_match(value)


def _equals_folded(column: Any, value: Any) -> Any:
    if value is None:
        return equals(column, value)
    return func.lower(column) == func.lower(value)


def _week_day(column: Any) -> Any:
    # Sunday is 0 to the database, and 1 to those who say week_day.
    return extract("dow", column) + 1


def _part(field: str, compare: Operator) -> Operator:
    if field == "week_day":
        return lambda column, value: compare(_week_day(column), value)
    return lambda column, value: compare(extract(field, column), value)


_COMPARISONS: dict[str, Operator] = {
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    # The spellings of Django, which users of the documentation try.
    "gte": operator.ge,
    "lte": operator.le,
}

COMPARISONS = frozenset((equals, *_COMPARISONS.values()))
"""Those that compare a column with the value as it is."""

OPERATORS: dict[str, Operator] = {
    "isnull": _is_null,
    "exact": equals,
    "eq": equals,
    **_COMPARISONS,
    "in": operators.in_op,
    "notin": operators.notin_op,
    "between": _between,
    "like": operators.like_op,
    "ilike": operators.ilike_op,
    "startswith": operators.startswith_op,
    "istartswith": _starts,
    "endswith": operators.endswith_op,
    "iendswith": _ends,
    "contains": _contains,
    # These are Django's, too.
    "iexact": _equals_folded,
    "icontains": _contains,
    "regex": _matches,
}
"""By name; each takes a column and a value and gives an expression."""

for _field in (
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "week_day",
):
    OPERATORS[_field] = _part(_field, equals)
    for _name, _compare in _COMPARISONS.items():
        OPERATORS[f"{_field}_{_name}"] = _part(_field, _compare)
