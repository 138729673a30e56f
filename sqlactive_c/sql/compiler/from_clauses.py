"""What statements select from, as SQL."""

from __future__ import annotations

from typing import Any

from .ctes import CTECompiler

__all__ = ["FromCompiler", "grouped", "inherited"]

# Keywords that go from a statement into the statements in it.
_INHERITED = ("literal_binds", "literal_execute", "render_postcompile")

_JOINS = {
    (False, False): " JOIN ",
    (True, False): " LEFT OUTER JOIN ",
    (False, True): " FULL OUTER JOIN ",
    (True, True): " FULL OUTER JOIN ",
}


class FromCompiler(CTECompiler):
    """How FROM elements are written."""

    # ---- names -------------------------------------------------------------

    def table_prefix(self, table: Any) -> str | None:
        """Return what stands before the name of a column, or None."""
        if not table.named_with_column:
            return None
        name = getattr(table, "name", None)
        if name is None:
            return None
        prefix = self.quote(self.resolved_name(name))
        schema = getattr(table, "schema", None)
        if schema is not None:
            return f"{self.quote(schema)}.{prefix}"
        return prefix

    def visit_proxy(
        self, column: Any, include_table: bool = True, **kw: Any
    ) -> str:
        """Return a column of an alias or a subquery."""
        name = self.quote(self.resolved_name(column.name))
        if not include_table or column.position < 0:
            return name
        prefix = self.table_prefix(column.table)
        return name if prefix is None else f"{prefix}.{name}"

    # ---- FROM --------------------------------------------------------------

    def visit_table(self, table: Any, asfrom: bool = True, **kw: Any) -> str:
        """Return the name of a table."""
        if table.schema is not None:
            return f"{self.quote(table.schema)}.{self.quote(table.name)}"
        return self.quote(table.name)

    def visit_join(self, join: Any, asfrom: bool = False, **kw: Any) -> str:
        """Return a join with its condition."""
        left = self.process(join.left, asfrom=True, **kw)
        word = _JOINS[bool(join.isouter), bool(join.full)]
        right = self.process(join.right, asfrom=True, **kw)
        if join.right.__visit_name__ == "join":
            right = f"({right})"
        onclause = self.process(grouped(join.onclause), **kw)
        return f"{left}{word}{right} ON {onclause}"

    def alias_name(self, alias: Any) -> str:
        """Return the name of an alias as SQL."""
        return self.quote(self.resolved_name(alias.name))

    def visit_alias(self, alias: Any, asfrom: bool = False, **kw: Any) -> str:
        """Return what an alias names, and its name."""
        inner = _unaliased(alias.element)
        if not asfrom:
            return self.process(inner, **kw)
        # The name is numbered before what is in it.
        name = self.alias_name(alias)
        text = self.process(inner, asfrom=True, **kw)
        if hasattr(inner, "_is_executable"):
            text = f"({text})"
        return f"{text} AS {name}"

    visit_subquery = visit_alias

    def visit_lateral(
        self, alias: Any, asfrom: bool = False, **kw: Any
    ) -> str:
        """Return a subquery that sees what stands before it."""
        name = self.alias_name(alias)
        inner = _unaliased(alias.element)
        text = self.process(inner, asfrom=True, lateral=True, **kw)
        if hasattr(inner, "_is_executable"):
            text = f"({text})"
        return f"LATERAL {text} AS {name}"

    def visit_tablesample(
        self, sample: Any, asfrom: bool = False, **kw: Any
    ) -> str:
        """Return a table and how much of it."""
        text = self.visit_alias(sample, asfrom=True, **kw)
        text += f" TABLESAMPLE {self.process(sample.sampling, **kw)}"
        if sample.seed is not None:
            text += f" REPEATABLE ({self.process(sample.seed, **kw)})"
        return text

    def visit_table_valued_alias(
        self, alias: Any, asfrom: bool = False, **kw: Any
    ) -> str:
        """Return a function that gives rows, and its name."""
        if not asfrom:
            return self.process(alias.element, **kw)
        name = self.alias_name(alias)
        text = self.process(alias.element, **kw)
        if alias._ordinality:
            text += " WITH ORDINALITY"
        text += f" AS {name}"
        if alias._derived:
            text += "({})".format(
                ", ".join(
                    self.quote(column.name)
                    + (
                        f" {self.type_text(column.type)}"
                        if alias._derived_types
                        else ""
                    )
                    for column in alias.c
                )
            )
        return text

    # ---- VALUES ------------------------------------------------------------

    def _rows(self, node: Any, **kw: Any) -> str:
        kw = inherited(kw)
        if node.literal_binds:
            kw["literal_binds"] = True
        rows = ", ".join(
            "({})".format(", ".join(self.process(each, **kw) for each in row))
            for row in node._data or ()
        )
        return f"VALUES {rows}"

    def visit_values(
        self,
        values: Any,
        asfrom: bool = False,
        visiting_cte: Any = None,
        **kw: Any,
    ) -> str:
        """Return rows of values, as a FROM element with names."""
        text = self._rows(values, **kw)
        if not asfrom or visiting_cte is not None:
            return text
        text = f"({text})"
        if values._is_lateral:
            text = f"LATERAL {text}"
        if values._given is None:
            return text
        columns = ", ".join(
            self.quote(column.name) for column in values._column_args
        )
        return f"{text} AS {self.alias_name(values)} ({columns})"

    def visit_scalar_values(self, values: Any, **kw: Any) -> str:
        """Return rows of values as an expression."""
        return f"({self._rows(values, **kw)})"


def inherited(kw: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords that go into a statement inside of another."""
    return {key: kw[key] for key in _INHERITED if key in kw}


def grouped(condition: Any) -> Any:
    """Return a condition as it stands alone in WHERE or ON."""
    from .. import operators as ops

    return condition.self_group(ops.asbool)


def _unaliased(element: Any) -> Any:
    while element.__visit_name__ in ("alias", "subquery"):
        element = element.element
    return element
