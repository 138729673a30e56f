"""Constants, parameters, lists of them, and texts, as SQL."""

from __future__ import annotations

from typing import Any

from ... import exc
from .. import operators as ops
from ..literals import split_text
from ..sqltypes import TupleType
from .base import CompilerBase

__all__ = ["ParameterCompiler"]


class ParameterCompiler(CompilerBase):
    """What stands for values."""

    def visit_null(self, node: Any, **kw: Any) -> str:
        """Return NULL."""
        return "NULL"

    def visit_true(self, node: Any, **kw: Any) -> str:
        """Return the constant for true."""
        return "true"

    def visit_false(self, node: Any, **kw: Any) -> str:
        """Return the constant for false."""
        return "false"

    def visit_bindparam(
        self,
        bind: Any,
        literal_binds: bool = False,
        literal_execute: bool = False,
        render_postcompile: bool = False,
        skip_bind_expression: bool = False,
        within_columns_clause: bool = False,
        **kw: Any,
    ) -> str:
        """Return the mark of a parameter, or its value."""
        kind = bind.type
        if (
            not skip_bind_expression
            and kind._has_bind_expression
            and not bind.expanding
        ):
            wrapped = kind.bind_expression(bind)
            if wrapped is not None and wrapped is not bind:
                return self.process(
                    wrapped,
                    skip_bind_expression=True,
                    literal_binds=literal_binds,
                    literal_execute=literal_execute,
                    **kw,
                )
        if literal_binds:
            return self.literal_bind(bind)
        if literal_execute:
            bind = bind.with_flags("literal_execute")
        if render_postcompile and bind.literal_execute:
            return self.literal_bind(bind)
        if render_postcompile and bind.expanding:
            return self._expanded(bind)
        mark = self.add_bind(bind)
        return f"({mark})" if bind.expanding else mark

    def _expanded(self, bind: Any) -> str:
        """Return a list with one parameter for each of its values."""
        from ..literals import BindParameter

        if bind.required:
            raise exc.InvalidRequestError(
                f"a value is required for parameter {bind.key!r}"
            )
        values = list(bind.effective_value or ())
        name = self.bind_name(bind)  # an empty list has its number, too
        del self.binds[name]
        if not values:
            return self.empty_list(bind)
        marks = []
        for number, value in enumerate(values, 1):
            parts = value if isinstance(value, tuple) else (value,)
            kinds = getattr(bind.type, "types", None)
            row = []
            for at, part in enumerate(parts, 1):
                key = f"{name}_{number}"
                if len(parts) > 1:
                    key = f"{key}_{at}"
                kind = bind.type if kinds is None else kinds[at - 1]
                row.append(
                    self.add_bind(
                        BindParameter._new(
                            key, part, type(part), kind, None, None, None
                        )
                    )
                )
            text = ", ".join(row)
            marks.append(f"({text})" if isinstance(value, tuple) else text)
        return f"({self.rows_word(kinds)}{', '.join(marks)})"

    def literal_bind(self, bind: Any) -> str:
        """Return the value of a parameter as SQL.

        One without a value is NULL.

        Raises:
            CompileError: The value cannot be written.
        """
        value = bind.effective_value
        if not bind.expanding:
            return self.literal_value(value, bind.type)
        if value is None:
            return "(NULL)"
        if not value:
            return self.empty_list(bind)
        kinds = getattr(bind.type, "types", None)
        if kinds is None:
            texts = [self.literal_value(each, bind.type) for each in value]
        else:
            texts = [
                "(" + ", ".join(map(self.literal_value, each, kinds)) + ")"
                for each in value
            ]
        return f"({self.rows_word(kinds)}{', '.join(texts)})"

    def rows_word(self, kinds: Any) -> str:
        """Return what stands before a list of tuples."""
        return ""

    def empty_list(self, bind: Any) -> str:
        """Return what stands for a list without elements."""
        kinds = (
            bind.type.types if isinstance(bind.type, TupleType) else (None,)
        )
        if bind.expand_op is ops.not_in_op:
            nulls = "(" + ", ".join("NULL" for _ in kinds) + ")"
            return f"({nulls if len(kinds) > 1 else 'NULL'}) OR (1 = 1)"
        if bind.expand_op is ops.in_op:
            nulls = "(" + ", ".join("NULL" for _ in kinds) + ")"
            return f"({nulls if len(kinds) > 1 else 'NULL'}) AND (1 != 1)"
        return f"({self.empty_set(len(kinds))})"

    def empty_set(self, width: int) -> str:
        """Return a SELECT of no rows."""
        ones = ", ".join("1" for _ in range(width))
        return f"SELECT {ones} WHERE 1!=1"

    def literal_text(self, value: str) -> str:
        """Return text as SQL, or a node of text."""
        if not isinstance(value, str):
            return self.process(value, literal_binds=True)
        return "'" + value.replace("'", "''") + "'"

    def literal_value(self, value: Any, type_: Any) -> str:
        """Return a value as SQL."""
        if value is None and not type_.should_evaluate_none:
            return "NULL"
        text: str = type_.literal_sql(value)
        return text

    def visit_text_fragment(self, node: Any, **kw: Any) -> str:
        """Return SQL text with its parameters."""
        binds = {bind.key: bind for bind in node.binds}
        return "".join(
            part if kind == "sql" else self.process(binds[part], **kw)
            for kind, part in split_text(node.text)
        )
