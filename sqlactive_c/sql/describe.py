"""What a SELECT says of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .from_clause import FromClause
from .froms import entity_of, is_mapped
from .labels import LABEL_STYLE_DEFAULT, selected_keys

__all__ = ["describe_columns", "describe_returning"]


def describe_columns(statement: Any) -> list[dict[str, Any]]:
    """Return name, type and expression of each thing that is selected.

    Args:
        statement: A SELECT.
    """
    return _describe(
        statement._raw_columns or (),
        statement.get_label_style(),
        is_mapped(statement),
    )


def describe_returning(statement: Any) -> list[dict[str, Any]]:
    """Return name, type and expression of each column of RETURNING.

    Args:
        statement: An INSERT, UPDATE or DELETE.
    """
    return _describe(
        statement._returning or (), LABEL_STYLE_DEFAULT, is_mapped(statement)
    )


def _describe(
    raw: tuple[Any, ...], style: Any, mapped: bool
) -> list[dict[str, Any]]:
    columns: list[Any] = []
    for each in raw:
        columns.extend(each.c if isinstance(each, FromClause) else (each,))
    plain = [each for each in columns if _own(each) is None]
    keys = selected_keys(plain, style)
    return [
        _described(each, keys, mapped) if _own(each) is None else _own(each)()
        for each in columns
    ]


def _own(element: Any) -> Any:
    """Return the function by which an entity describes itself, or None."""
    return getattr(element, "_description", None)


def _entity_of(element: Any) -> Any:
    return None if isinstance(element, FromClause) else entity_of(element)


def _described(
    column: Any, keys: Iterator[Any], mapped: bool
) -> dict[str, Any]:
    found = {
        "name": next(keys),
        "type": getattr(column, "type", None),
        "expr": column,
    }
    if mapped:
        entity = _entity_of(column)
        found["aliased"] = getattr(entity, "is_aliased_class", False)
        found["entity"] = getattr(entity, "entity_class", None)
    return found
