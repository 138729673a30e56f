"""Expressions as they stand in the definition of a table.

Values are written, because SQLite takes no parameters there; columns have no
table in front, because there is but one.
"""

from __future__ import annotations

from typing import Any

from ... import exc
from ..._core import ClauseElement, TextClause
from ..ddl_clauses import clause_of, plain_text
from .full import SQLiteCompiler

__all__ = ["ddl_text"]


class DDLExpressionCompiler(SQLiteCompiler):
    """How expressions are written in a definition."""

    def visit_textual_label_reference(
        self, node: Any, within_columns_clause: bool = False, **kw: Any
    ) -> str:
        """Return the name of a column."""
        return self.quote(node.element)

    def visit_text_fragment(self, node: Any, **kw: Any) -> str:
        """Return SQL text; SQLite refuses what would be a parameter."""
        return plain_text(node.text)


def ddl_text(element: Any, table: Any = None) -> str:
    """Return an expression as it stands in a definition.

    Args:
        element: The expression, or SQL text as a str.
        table: The table that is defined; it is not written.

    Raises:
        CompileError: It is no expression, or one that cannot stand there.
    """
    if isinstance(element, str):
        return plain_text(element)
    if isinstance(element, TextClause):
        return plain_text(element.text)
    node = clause_of(element)
    if not isinstance(node, ClauseElement):
        raise exc.CompileError(
            f"{element!r} cannot be written into a table definition"
        )
    options = {"literal_binds": True, "include_table": False}
    return DDLExpressionCompiler(node, None, None, options).compiled.string
