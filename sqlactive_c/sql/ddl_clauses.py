"""Expressions that a table definition has: what they are, their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._core import ClauseElement, TextClause

__all__ = ["clause_of", "columns_of", "ddl_text", "is_expression"]


def clause_of(obj: Any) -> Any:
    """Return the element that an object stands for; others as they are."""
    if isinstance(obj, (str, ClauseElement, type)):
        return obj
    get = getattr(obj, "__clause_element__", None)
    return obj if get is None else get()


def is_expression(obj: Any) -> bool:
    """Say whether an object can stand in a definition as SQL."""
    return isinstance(clause_of(obj), (ClauseElement, TextClause))


def columns_of(element: Any) -> Iterator[Any]:
    """Yield the columns of tables that an expression refers to."""
    node = clause_of(element)
    if not isinstance(node, ClauseElement):
        return
    from .visitors import iterate

    for each in iterate(node):
        resolve = getattr(each, "_resolve", None)
        column = each if resolve is None else resolve()
        if hasattr(column, "_when_attached"):
            yield column


def plain_text(text: str) -> str:
    r"""Return SQL text as it goes into a definition: ``\:`` is a colon."""
    return text.replace("\\:", ":")


def ddl_text(element: Any) -> str:
    """Return an expression, or SQL text, as it stands in a definition.

    Raises:
        CompileError: It is no expression, or one that cannot stand there.
    """
    if isinstance(element, str):
        return plain_text(element)
    from .compiler.ddl_expressions import ddl_text

    return ddl_text(element)
