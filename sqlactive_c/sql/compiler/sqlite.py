"""How SQLite writes expressions."""

from __future__ import annotations

from typing import Any

from ... import exc
from .base import CompilerBase

__all__ = ["SQLiteExpressions"]

_FIELDS = {
    "month": "%m",
    "day": "%d",
    "year": "%Y",
    "second": "%S",
    "hour": "%H",
    "doy": "%j",
    "minute": "%M",
    "epoch": "%s",
    "dow": "%w",
    "week": "%W",
}
_GENERIC_FIELDS = frozenset(
    "quarter milliseconds microseconds timezone_hour timezone_minute".split()
)


class SQLiteExpressions(CompilerBase):
    """What SQLite writes in its own way."""

    def visit_true(self, node: Any, **kw: Any) -> str:
        """Return the number that stands for true."""
        return "1"

    def visit_false(self, node: Any, **kw: Any) -> str:
        """Return the number that stands for false."""
        return "0"

    def visit_regexp_replace_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Raise CompileError: SQLite has nothing of the kind."""
        raise exc.CompileError("SQLite cannot replace what matches a pattern")

    def visit_truediv_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return a division that keeps the fraction."""
        left = self.process(binary.left, **kw)
        return f"{left} / ({self.process(binary.right, **kw)} + 0.0)"

    def visit_is_distinct_from_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return IS NOT, which takes NULL for a value here."""
        left = self.process(binary.left, **kw)
        return f"{left} IS NOT {self.process(binary.right, **kw)}"

    def visit_is_not_distinct_from_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return IS, which takes NULL for a value here."""
        left = self.process(binary.left, **kw)
        return f"{left} IS {self.process(binary.right, **kw)}"

    def visit_regexp_match_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return ``a REGEXP b``."""
        return self.plain_binary(binary, " REGEXP ", **kw)

    def visit_not_regexp_match_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return ``a NOT REGEXP b``."""
        return self.plain_binary(binary, " NOT REGEXP ", **kw)

    def visit_bitwise_xor_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return the exclusive or by what SQLite has."""
        kw["eager_grouping"] = kw["within_operator"] = True
        either = self.plain_binary(binary, " | ", **kw)
        both = self.plain_binary(binary, " & ", **kw)
        return f"({either} - {both})"

    def visit_json_getitem_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return a part of a document."""
        left = self.process(binary.left, **kw)
        text = f"JSON_EXTRACT({left}, {self.process(binary.right, **kw)})"
        if binary.type._type_affinity.__name__ == "JSON":
            return f"JSON_QUOTE({text})"
        return text

    visit_json_path_getitem_op_binary = visit_json_getitem_op_binary

    def visit_extract(self, node: Any, **kw: Any) -> str:
        """Return a part of a date or time."""
        field = _FIELDS.get(node.field)
        if field is None and node.field in _GENERIC_FIELDS:
            field = node.field
        if field is None:
            raise exc.CompileError(
                f"extract() knows no field {node.field!r}; there are "
                + ", ".join(sorted(_FIELDS))
            )
        expr = self.process(node.expr, **kw)
        return f"CAST(STRFTIME('{field}', {expr}) AS INTEGER)"

    def empty_set(self, width: int) -> str:
        """Return a SELECT of no rows."""
        ones = ", ".join("1" for _ in range(width))
        return f"SELECT {ones} FROM (SELECT {ones}) WHERE 1!=1"

    def rows_word(self, kinds: Any) -> str:
        """Return what stands before a list of tuples."""
        return "" if kinds is None else "VALUES "

    def empty_list(self, bind: Any) -> str:
        """Return what stands for a list without elements."""
        return f"({self.empty_set(len(getattr(bind.type, 'types', (1,))))})"

    def visit_now_func(self, call: Any, **kw: Any) -> str:
        """Return the time of now."""
        return "CURRENT_TIMESTAMP"

    def visit_localtimestamp_func(self, call: Any, **kw: Any) -> str:
        """Return the local time of now."""
        return "DATETIME(CURRENT_TIMESTAMP, 'localtime')"

    def visit_char_length_func(self, call: Any, **kw: Any) -> str:
        """Return the number of characters."""
        return f"length{self.arguments(call, **kw)}"

    def visit_aggregate_strings_func(self, call: Any, **kw: Any) -> str:
        """Return texts put together."""
        return f"group_concat{self.arguments(call, **kw)}"
