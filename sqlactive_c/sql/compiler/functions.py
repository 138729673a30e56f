"""Calls of functions as SQL."""

from __future__ import annotations

import re
from typing import Any

from ... import exc
from ..identifiers import quote_always
from .base import CompilerBase

__all__ = ["FunctionCompiler"]

_PLAIN_NAME = re.compile(r"[a-zA-Z0-9_$]+", re.ASCII)
# Functions of standard SQL that are written without parentheses.
_NO_PARENTHESES = {
    "current_date": "CURRENT_DATE",
    "current_time": "CURRENT_TIME",
    "current_timestamp": "CURRENT_TIMESTAMP",
    "current_user": "CURRENT_USER",
    "localtime": "LOCALTIME",
    "localtimestamp": "LOCALTIMESTAMP",
    "session_user": "SESSION_USER",
    "sysdate": "sysdate",
    "user": "USER",
}
_SPELLING = {
    "cube": "CUBE",
    "rollup": "ROLLUP",
    "grouping_sets": "GROUPING SETS",
}


class FunctionCompiler(CompilerBase):
    """How calls are written."""

    def visit_function(self, call: Any, **kw: Any) -> str:
        """Return a call with its arguments."""
        name = call.name
        known = call._known_name
        if known is not None:
            visit = getattr(self, f"visit_{known}_func", None)
            if visit is not None:
                return visit(call, **kw)  # type: ignore[no-any-return]
            if known in _NO_PARENTHESES:
                return _NO_PARENTHESES[known]
            if known in _SPELLING:
                return _SPELLING[known] + self.arguments(call, **kw)
        names = [self._function_name(each) for each in call.packagenames]
        names.append(self._function_name(name))
        return ".".join(names) + self.arguments(call, **kw)

    def _function_name(self, name: str) -> str:
        wanted = getattr(name, "quote", None)
        if wanted is None:
            wanted = not _PLAIN_NAME.fullmatch(name)
        if wanted:
            return quote_always(name)
        return str.__str__(name)

    def arguments(self, call: Any, **kw: Any) -> str:
        """Return the arguments of a call in their parentheses."""
        inside = ", ".join(self.process(each, **kw) for each in call.clauses)
        return f"({inside})"

    def visit_next_value_func(self, call: Any, **kw: Any) -> str:
        """Raise: there are no sequences."""
        raise exc.CompileError("there are no sequences: next_value()")

    def visit_scalar_function_column(self, column: Any, **kw: Any) -> str:
        """Return one column of a call that gives a row."""
        call = self.process(column.fn, **kw)
        return f"({call}).{self.quote(column.name)}"

    def visit_function_as_comparison(self, node: Any, **kw: Any) -> str:
        """Return a call that is a comparison."""
        return self.visit_function(node.sql_function, **kw)

    def visit_over(self, over: Any, **kw: Any) -> str:
        """Return a call over a window."""
        text = self.process(over.element, **kw)
        # Its parameters have the lower numbers, as the peer's have.
        frames = [
            f"{word} BETWEEN {self._frame(bounds, **kw)}"
            for word, bounds in (
                ("RANGE", over.range_),
                ("ROWS", over.rows),
                ("GROUPS", over.groups),
            )
            if bounds is not None
        ]
        parts = []
        for word, clauses in (
            ("PARTITION BY", over.partition_by),
            ("ORDER BY", over.order_by),
        ):
            if clauses is not None and clauses.clauses:
                inside = ", ".join(
                    self.ordering(each, **kw) for each in clauses.clauses
                )
                parts.append(f"{word} {inside}")
        return f"{text} OVER ({' '.join((*parts, *frames))})"

    def _frame(self, bounds: tuple[Any, Any], **kw: Any) -> str:
        low, high = bounds
        first = self._bound(low, "UNBOUNDED PRECEDING", **kw)
        return f"{first} AND {self._bound(high, 'UNBOUNDED FOLLOWING', **kw)}"

    def _bound(self, bound: Any, unbounded: str, **kw: Any) -> str:
        if bound is None:
            return unbounded
        if bound == 0:
            return "CURRENT ROW"
        from ..constructors import literal

        word = "PRECEDING" if bound < 0 else "FOLLOWING"
        return f"{self.process(literal(abs(bound)), **kw)} {word}"

    def visit_withingroup(self, node: Any, **kw: Any) -> str:
        """Return a call with an order of its rows."""
        order = ", ".join(
            self.ordering(each, **kw) for each in node.order_by.clauses
        )
        call = self.process(node.element, **kw)
        return f"{call} WITHIN GROUP (ORDER BY {order})"

    def visit_funcfilter(self, node: Any, **kw: Any) -> str:
        """Return a call with a condition for its rows."""
        call = self.process(node.func, **kw)
        return f"{call} FILTER (WHERE {self.process(node.criterion, **kw)})"
