"""What programs pass to the methods of statements, as parts of these."""

from __future__ import annotations

import operator
from typing import Any

from .. import _core, exc
from . import coercions
from .elements import BindParameter, ColumnElement, TextFragment

__all__ = [
    "as_expression",
    "expect_column",
    "expect_criterion",
    "expect_from",
    "expect_limit",
    "expect_onclause",
    "expect_order_by",
    "expect_statement",
    "expect_subquery",
    "expect_value",
    "integer_of",
    "phrases",
    "plain_value",
    "textual",
]

expect_column = coercions.columns_clause
expect_criterion = coercions.where
expect_from = coercions.from_clause
expect_order_by = coercions.order_by


def as_expression(value: Any) -> Any:
    """Return the element for an expression, None for a value of Python."""
    if coercions.is_literal(value):
        return None
    return coercions.expression(value)


def expect_onclause(obj: Any) -> Any:
    """Return the condition of a join, or what knows it: a relationship."""
    if getattr(obj, "_join_parts", None) is not None:
        return obj
    node = coercions.unwrap(obj)
    if getattr(node, "_join_parts", None) is not None:
        return node
    return coercions.where(node)


def expect_limit(obj: Any) -> Any:
    """Return the element for a number of rows.

    Args:
        obj: A number, an expression, or None.

    Raises:
        TypeError: It is none of these.
    """
    if obj is None:
        return None
    node = coercions.unwrap(obj)
    if isinstance(node, _core.ClauseElement):
        return coercions.expression(node)
    return BindParameter._new(
        None, integer_of(obj), int, None, None, None, None
    )


def integer_of(obj: Any) -> int:
    """Return a number of rows, also from what is written as one."""
    if isinstance(obj, str):
        return int(obj)
    return operator.index(obj)


def plain_value(element: Any) -> Any:
    """Return the number behind a limit, or the expression itself."""
    if isinstance(element, BindParameter) and element.key is None:
        return element.effective_value
    return element


def expect_statement(obj: Any) -> Any:
    """Return what gives rows: a SELECT, a UNION, text, DML.

    Raises:
        ArgumentError: It is none of these.
    """
    node = coercions.unwrap(obj)
    if isinstance(node, TextFragment):
        return node
    if getattr(node, "_is_executable", False):
        return node
    if isinstance(node, ColumnElement) and hasattr(node, "element"):
        inner = node.element
        if getattr(inner, "_is_executable", False):
            return inner
    raise exc.ArgumentError(
        f"a statement that gives rows is needed here, not {obj!r}"
    )


def expect_subquery(obj: Any) -> Any:
    """Return the SELECT for EXISTS or a scalar subquery."""
    statement = expect_statement(obj)
    element = getattr(statement, "element", None)
    if type(statement).__name__ == "SelectGrouping":
        return element
    return statement


def expect_value(value: Any, type_: Any = None) -> Any:
    """Return the element for a value, or for an expression as it is."""
    return coercions.expression(value, type_=type_)


def textual(text: Any) -> Any:
    """Return a phrase of SQL as an element; elements are left alone."""
    if isinstance(text, str):
        text = _core.text(text)
    return coercions.unwrap(text)


def phrases(words: tuple[Any, ...], dialect: str) -> tuple[Any, ...]:
    """Return phrases with the name of the database they are for."""
    return tuple((textual(each), dialect) for each in words)
