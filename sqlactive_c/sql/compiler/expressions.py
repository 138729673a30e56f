"""Expressions as SQL."""

from __future__ import annotations

from typing import Any

from ... import exc
from .. import operators as ops
from .parameters import ParameterCompiler

__all__ = ["ExpressionCompiler"]

OPERATORS: dict[Any, str] = {
    ops.and_: " AND ",
    ops.or_: " OR ",
    ops.add: " + ",
    ops.mul: " * ",
    ops.sub: " - ",
    ops.mod: " % ",
    ops.neg: "-",
    ops.lt: " < ",
    ops.le: " <= ",
    ops.ne: " != ",
    ops.gt: " > ",
    ops.ge: " >= ",
    ops.eq: " = ",
    ops.is_distinct_from: " IS DISTINCT FROM ",
    ops.is_not_distinct_from: " IS NOT DISTINCT FROM ",
    ops.concat_op: " || ",
    ops.match_op: " MATCH ",
    ops.not_match_op: " NOT MATCH ",
    ops.in_op: " IN ",
    ops.not_in_op: " NOT IN ",
    ops.comma_op: ", ",
    ops.from_: " FROM ",
    ops.as_: " AS ",
    ops.is_: " IS ",
    ops.is_not: " IS NOT ",
    ops.collate: " COLLATE ",
    ops.exists: "EXISTS ",
    ops.distinct_op: "DISTINCT ",
    ops.inv: "NOT ",
    ops.any_op: "ANY ",
    ops.all_op: "ALL ",
    ops.desc_op: " DESC",
    ops.asc_op: " ASC",
    ops.nulls_first_op: " NULLS FIRST",
    ops.nulls_last_op: " NULLS LAST",
    ops.bitwise_xor_op: " ^ ",
    ops.bitwise_or_op: " | ",
    ops.bitwise_and_op: " & ",
    ops.bitwise_not_op: "~",
    ops.bitwise_lshift_op: " << ",
    ops.bitwise_rshift_op: " >> ",
    ops.between_op: " BETWEEN ",
    ops.not_between_op: " NOT BETWEEN ",
    ops.like_op: " LIKE ",
    ops.not_like_op: " NOT LIKE ",
    ops.regexp_match_op: " <regexp> ",
    ops.not_regexp_match_op: " <not regexp> ",
}

# operator: case is ignored, opposite, wildcard in front, wildcard behind
_PATTERNS: dict[Any, tuple[bool, bool, bool, bool]] = {
    ops.ilike_op: (True, False, False, False),
    ops.not_ilike_op: (True, True, False, False),
    ops.contains_op: (False, False, True, True),
    ops.not_contains_op: (False, True, True, True),
    ops.icontains_op: (True, False, True, True),
    ops.not_icontains_op: (True, True, True, True),
    ops.startswith_op: (False, False, False, True),
    ops.not_startswith_op: (False, True, False, True),
    ops.istartswith_op: (True, False, False, True),
    ops.not_istartswith_op: (True, True, False, True),
    ops.endswith_op: (False, False, True, False),
    ops.not_endswith_op: (False, True, True, False),
    ops.iendswith_op: (True, False, True, False),
    ops.not_iendswith_op: (True, True, True, False),
}


class ExpressionCompiler(ParameterCompiler):
    """How expressions are written."""

    # ---- names ----

    def visit_column(
        self, column: Any, include_table: bool = True, **kw: Any
    ) -> str:
        """Return a column with the name of its table."""
        name = column.name
        if name is None:
            raise exc.CompileError(
                "a column that has no name yet cannot be written"
            )
        if getattr(column, "is_literal", False):
            written = str(name)
        else:
            written = self.quote(self.column_name(column))
        table = column.table
        if table is None or not include_table:
            return written
        prefix = self.table_prefix(table)
        return written if prefix is None else f"{prefix}.{written}"

    def column_name(self, column: Any) -> str:
        """Return the name of a column, made up if it has to be."""
        name: str = column.name
        return name

    def table_prefix(self, table: Any) -> str | None:
        """Return what stands before the name of a column, or None."""
        prefix = self.quote(table.name)
        schema = getattr(table, "schema", None)
        if schema is not None:
            return f"{self.quote(schema)}.{prefix}"
        return prefix

    def visit_attribute(self, attribute: Any, **kw: Any) -> str:
        """Return the column behind a mapped attribute."""
        return self.process(attribute._resolve(), **kw)

    def visit_bundle(self, bundle: Any, **kw: Any) -> str:
        """Return the columns of several, to group or to sort by them."""
        return ", ".join(self.process(each, **kw) for each in bundle.exprs)

    def label_name(self, label: Any) -> str:
        """Return the name of a label, made up if it has none."""
        name: str | None = label.name
        if name is None:
            return self.anon_name(label, label.element._anon_base)
        return name

    def visit_label(
        self,
        label: Any,
        within_columns_clause: bool = False,
        within_label_clause: bool = False,
        render_label_as_label: Any = None,
        **kw: Any,
    ) -> str:
        """Return an expression with its name, or one of the two."""
        if within_columns_clause and not within_label_clause:
            text = self.process(
                label.element.self_group(ops.as_),
                within_columns_clause=True,
                within_label_clause=True,
                **kw,
            )
            return f"{text} AS {self.quote(self.label_name(label))}"
        if render_label_as_label is label:
            return self.quote(self.label_name(label))
        return self.process(
            label.element.self_group(ops.as_),
            within_columns_clause=False,
            **kw,
        )

    def visit_textual_label_reference(
        self, node: Any, within_columns_clause: bool = False, **kw: Any
    ) -> str:
        """Return what a name in ORDER BY stands for."""
        name = node.element
        if not self.stack:
            return str(name)  # nothing is selected that it could name
        if not self.label_scopes:
            raise self._no_label(name)
        found = self.label_scopes[-1].all.get(name)
        if found is None:
            raise self._no_label(name)
        kw["render_label_as_label"] = found
        return self.process(
            found, within_columns_clause=within_columns_clause, **kw
        )

    def _no_label(self, name: str) -> exc.CompileError:
        return exc.CompileError(
            f"ORDER BY, GROUP BY or DISTINCT names {name!r}, and nothing is"
            " selected under that name; SQL text is written as text(...)"
        )

    def ordering(self, node: Any, **kw: Any) -> str:
        """Return an element of ORDER BY or GROUP BY.

        A label that is selected is written by its name.
        """
        label = node._order_by_label
        if label is not None and self.label_scopes:
            scope = self.label_scopes[-1].columns
            if hasattr(label, "name"):
                found = scope.get(self.label_name(label))
                if found is not None and found.shares_lineage(label):
                    kw["render_label_as_label"] = label
        return self.process(node, **kw)

    # ---- lists and groups ----

    def visit_grouping(self, grouping: Any, **kw: Any) -> str:
        """Return an element in parentheses."""
        return f"({self.process(grouping.element, **kw)})"

    def visit_clauselist(self, clauses: Any, **kw: Any) -> str:
        """Return elements with commas between them."""
        between = OPERATORS[clauses.operator]
        return between.join(
            self.process(each, **kw) for each in clauses.clauses
        )

    def visit_expression_clauselist(self, clauses: Any, **kw: Any) -> str:
        """Return operands with the same operator between them."""
        between = self.operator_text(clauses.operator)
        return between.join(
            self.process(each, **kw) for each in clauses.clauses
        )

    def visit_tuple(self, node: Any, **kw: Any) -> str:
        """Return expressions as one value."""
        inside = ", ".join(self.process(each, **kw) for each in node.clauses)
        return f"({inside})"

    def operator_text(self, operator: Any) -> str:
        """Return an operator with the spaces around it."""
        if isinstance(operator, ops.custom_op):
            return f" {operator.opstring} "
        text = OPERATORS.get(operator)
        if text is None:
            raise exc.UnsupportedCompilationError(self, operator)
        return text

    # ---- operators ----

    def visit_binary(
        self, binary: Any, eager_grouping: bool = False, **kw: Any
    ) -> str:
        """Return an expression with an operator between its operands."""
        operator = binary.operator
        visit = getattr(self, f"visit_{operator.__name__}_binary", None)
        if visit is not None and not isinstance(operator, ops.custom_op):
            return visit(binary, operator, **kw)  # type: ignore[no-any-return]
        if operator in _PATTERNS:
            return self._pattern(binary, operator, **kw)
        between = self.operator_text(operator)
        if isinstance(operator, ops.custom_op):
            eager_grouping = eager_grouping or operator.eager_grouping
        return self.plain_binary(
            binary, between, eager_grouping=eager_grouping, **kw
        )

    def plain_binary(
        self,
        binary: Any,
        between: str,
        eager_grouping: bool = False,
        within_operator: bool = False,
        **kw: Any,
    ) -> str:
        """Return the operands with a text between them."""
        kw["within_operator"] = True
        left = self.process(binary.left, eager_grouping=eager_grouping, **kw)
        right = self.process(binary.right, eager_grouping=eager_grouping, **kw)
        text = f"{left}{between}{right}"
        return f"({text})" if eager_grouping and within_operator else text

    def visit_truediv_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return a division that keeps the fraction."""
        left = self.process(binary.left, **kw)
        right = self.process(binary.right, **kw)
        kind = "NUMERIC"
        if family(binary.right) == "Numeric":
            kind = self.type_text(binary.right.type)
        return f"{left} / CAST({right} AS {kind})"

    def visit_floordiv_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return a division without the fraction."""
        left = self.process(binary.left, **kw)
        right = self.process(binary.right, **kw)
        text = f"{left} / {right}"
        if family(binary) == "Integer":
            return text
        return f"FLOOR({text})"

    def visit_like_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return ``a LIKE b``."""
        return self.plain_binary(binary, " LIKE ", **kw) + self._escape(binary)

    def visit_not_like_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return ``a NOT LIKE b``."""
        return self.plain_binary(
            binary, " NOT LIKE ", **kw
        ) + self._escape(binary)  # fmt: skip

    def _escape(self, binary: Any) -> str:
        escape = binary.modifier("escape")
        if escape is None:
            return ""
        return f" ESCAPE {self.literal_text(escape)}"

    def _pattern(self, binary: Any, operator: Any, **kw: Any) -> str:
        lower, opposite, before, behind = _PATTERNS[operator]
        left = self.process(binary.left, **kw)
        right_node = binary.right.self_group(ops.concat_op)
        if not lower and right_node.__visit_name__ == "grouping":
            inner = right_node.element
            if getattr(inner, "operator", None) is ops.concat_op and (
                not before or family(inner) == "String"
            ):
                right_node = inner  # one text like the rest
        right = self.process(right_node, **kw)
        if lower:
            left, right = f"lower({left})", f"lower({right})"
        if before:
            right = f"'%' || {right}"
        if behind:
            right = f"{right} || '%'"
        word = "NOT LIKE" if opposite else "LIKE"
        return f"{left} {word} {right}{self._escape(binary)}"

    def visit_not_in_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return ``(a NOT IN b)``."""
        # In parentheses, because an empty list ends in OR.
        return f"({self.plain_binary(binary, ' NOT IN ', **kw)})"

    def visit_between_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return ``a BETWEEN b AND c``."""
        word = " BETWEEN SYMMETRIC " if binary.modifier(
            "symmetric"
        ) else " BETWEEN "  # fmt: skip
        return self.plain_binary(binary, word, **kw)

    def visit_not_between_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return ``a NOT BETWEEN b AND c``."""
        word = " NOT BETWEEN SYMMETRIC " if binary.modifier(
            "symmetric"
        ) else " NOT BETWEEN "  # fmt: skip
        return self.plain_binary(binary, word, **kw)

    def visit_regexp_replace_op_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return a text with what matches replaced."""
        left = self.process(binary.left, **kw)
        return f"<regexp replace>({left}, {self.process(binary.right, **kw)})"

    def visit_getitem_binary(
        self, binary: Any, operator: Any, **kw: Any
    ) -> str:
        """Return an index into an array or a document."""
        left = self.process(binary.left, **kw)
        return f"{left}[{self.process(binary.right, **kw)}]"

    visit_json_getitem_op_binary = visit_getitem_binary
    visit_json_path_getitem_op_binary = visit_getitem_binary

    def visit_unary(self, unary: Any, **kw: Any) -> str:
        """Return an expression with an operator on one side."""
        operator = unary.operator
        if operator is not None:
            text = (
                f"{operator.opstring} "
                if isinstance(operator, ops.custom_op)
                else OPERATORS[operator]
            )
            return text + self.process(unary.element, **kw)
        modifier = unary.modifier
        text = (
            f" {modifier.opstring}"
            if isinstance(modifier, ops.custom_op)
            else OPERATORS[modifier]
        )
        return self.process(unary.element.self_group(modifier), **kw) + text

    def visit_as_boolean(self, node: Any, **kw: Any) -> str:
        """Return a boolean expression as a condition."""
        element = node.element
        text = self.process(element, **kw)
        plain = self.native_boolean or element._is_implicitly_boolean
        if node.operator is ops.is_true:
            return text if plain else f"{text} = 1"
        return f"NOT {text}" if plain else f"{text} = 0"

    # ---- the rest ----

    def visit_ddl_element(self, node: Any, **kw: Any) -> str:
        """Return a statement of a schema."""
        text: str = node._ddl_text()
        return text

    def type_text(self, type_: Any) -> str:
        """Return a column type as SQL."""
        text: str = type_.sqlite_type().ddl_name()
        return text

    def visit_cast(self, cast: Any, **kw: Any) -> str:
        """Return ``CAST(... AS type)``."""
        clause = self.process(cast.clause, **kw)
        return f"CAST({clause} AS {self.type_text(cast.type)})"

    def visit_try_cast(self, cast: Any, **kw: Any) -> str:
        """Return ``TRY_CAST(... AS type)``."""
        clause = self.process(cast.clause, **kw)
        return f"TRY_CAST({clause} AS {self.type_text(cast.type)})"

    def visit_type_coerce(self, node: Any, **kw: Any) -> str:
        """Return the expression: the type is Python's business."""
        return self.process(node.clause, **kw)

    def visit_collation(self, node: Any, **kw: Any) -> str:
        """Return the name of a collation."""
        return self.quote(node.collation)

    def visit_extract(self, node: Any, **kw: Any) -> str:
        """Return ``EXTRACT(field FROM expr)``."""
        return f"EXTRACT({node.field} FROM {self.process(node.expr, **kw)})"

    def visit_case(self, node: Any, **kw: Any) -> str:
        """Return ``CASE WHEN ... THEN ... END``."""
        text = "CASE "
        if node.value is not None:
            text += self.process(node.value, **kw) + " "
        for condition, result in node.whens:
            text += f"WHEN {self.process(condition, **kw)} THEN "
            text += self.process(result, **kw) + " "
        if node.else_ is not None:
            text += f"ELSE {self.process(node.else_, **kw)} "
        return text + "END"


def family(node: Any) -> str:
    """Return the name of the family of types of an expression."""
    name: str = node.type._type_affinity.__name__
    return name
