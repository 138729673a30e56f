"""Functions that make expressions: ``and_()``, ``case()``, ``cast()``..."""

from __future__ import annotations

from typing import Any

from .. import exc
from . import operators as ops
from .coercions import expression, order_by, unwrap, where
from .columns import (
    Case,
    Cast,
    ColumnClause,
    Extract,
    FunctionFilter,
    Over,
    TryCast,
    Tuple,
    TypeCoerce,
    WithinGroup,
)
from .literals import FALSE, NULL, TRUE, BindParameter, bindparam
from .predicates import BooleanClauseList, UnaryExpression
from .sqltypes import NULLTYPE, to_instance

__all__ = [
    "all_",
    "and_",
    "any_",
    "asc",
    "between",
    "bindparam",
    "bitwise_not",
    "case",
    "cast",
    "collate",
    "column",
    "desc",
    "distinct",
    "extract",
    "false",
    "funcfilter",
    "label",
    "literal",
    "literal_column",
    "not_",
    "null",
    "nulls_first",
    "nulls_last",
    "nullsfirst",
    "nullslast",
    "or_",
    "over",
    "true",
    "try_cast",
    "tuple_",
    "type_coerce",
    "within_group",
]


def and_(*clauses: Any) -> Any:
    """Return the conjunction of conditions.

    Args:
        *clauses: The conditions; True and False are taken for constants.
    """
    if not clauses:
        return _none_given(ops.and_)
    return BooleanClauseList.of(ops.and_, [where(each) for each in clauses])


def or_(*clauses: Any) -> Any:
    """Return the disjunction of conditions.

    Args:
        *clauses: The conditions; True and False are taken for constants.
    """
    if not clauses:
        return _none_given(ops.or_)
    return BooleanClauseList.of(ops.or_, [where(each) for each in clauses])


def _none_given(op: Any) -> Any:
    import warnings

    warnings.warn(
        f"{op.__name__}() without a condition is deprecated: begin with"
        " true() or false()",
        exc.SADeprecationWarning,
        stacklevel=3,
    )
    return BooleanClauseList._new(op, (), True, None)


def not_(clause: Any) -> Any:
    """Return the opposite of a condition."""
    return ~expression(clause)


def null() -> Any:
    """Return the SQL constant NULL."""
    return NULL


def true() -> Any:
    """Return the SQL constant for true, which SQLite stores as 1."""
    return TRUE


def false() -> Any:
    """Return the SQL constant for false, which SQLite stores as 0."""
    return FALSE


def asc(column: Any) -> Any:
    """Return an expression that sorts upwards.

    Args:
        column: An expression, or the name of a label or a column.
    """
    return UnaryExpression._new(order_by(column), None, ops.asc_op, None)


def desc(column: Any) -> Any:
    """Return an expression that sorts downwards.

    Args:
        column: An expression, or the name of a label or a column.
    """
    return UnaryExpression._new(order_by(column), None, ops.desc_op, None)


def nulls_first(column: Any) -> Any:
    """Return an expression that sorts with the NULLs first."""
    return UnaryExpression._new(
        order_by(column), None, ops.nulls_first_op, None
    )


def nulls_last(column: Any) -> Any:
    """Return an expression that sorts with the NULLs last."""
    return UnaryExpression._new(
        order_by(column), None, ops.nulls_last_op, None
    )


nullsfirst = nulls_first
nullslast = nulls_last


def literal(
    value: Any, type_: Any = None, literal_execute: bool = False
) -> Any:
    """Return the parameter for a value.

    Args:
        value: The value.
        type_: Its column type, by default the one that goes with it.
        literal_execute: Write it into the statement.
    """
    kind = None if type_ is None else to_instance(type_)
    if value is None and kind is None:
        kind = NULLTYPE
    return BindParameter._new(
        None,
        value,
        type(value),
        kind,
        ("literal_execute",) if literal_execute else None,
        None,
        None,
    )


def literal_column(text: str, type_: Any = None) -> ColumnClause:
    """Return a column expression that is SQL text.

    Args:
        text: The text.
        type_: Its column type.
    """
    return ColumnClause.of(text, type_, True)


def column(
    text: str,
    type_: Any = None,
    is_literal: bool = False,
    _selectable: Any = None,
) -> ColumnClause:
    """Return a column by its name alone.

    Args:
        text: The name.
        type_: Its column type.
        is_literal: The name is SQL text.
        _selectable: What it is selected from.
    """
    return ColumnClause.of(text, type_, is_literal, _selectable)


def label(name: str | None, element: Any, type_: Any = None) -> Any:
    """Return an expression under a name.

    Args:
        name: The name; None for one that is made up.
        element: The expression.
        type_: Its column type.
    """
    made = expression(element)
    if type_ is not None:
        made = TypeCoerce.of(made, type_)
    return made.label(name)


def case(*whens: Any, value: Any = None, else_: Any = None) -> Case:
    """Return ``CASE WHEN ... THEN ... END``.

    Args:
        *whens: Pairs of condition and result, or one dict of them.
        value: What the conditions, now values, are compared with.
        else_: The result if no condition holds.

    Raises:
        ArgumentError: A pair is none.
    """
    pairs = _pairs(whens)
    if not pairs:
        raise exc.ArgumentError("case() needs at least one condition")
    subject = None
    if value is not None:
        subject = expression(value)
    kind = None
    made = []
    for given, result in pairs:
        condition = expression(given).self_group()
        then = expression(result)
        if kind is None or kind is NULLTYPE:
            kind = then.type
        made.append((condition, then))
    otherwise = None
    if else_ is not None:
        otherwise = expression(else_)
        if kind is NULLTYPE:
            kind = otherwise.type
    return Case._new(subject, tuple(made), otherwise, kind)


def _pairs(whens: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    if len(whens) == 1 and isinstance(whens[0], dict):
        return list(whens[0].items())
    pairs = []
    for each in whens:
        try:
            condition, result = each
        except (TypeError, ValueError):
            raise exc.ArgumentError(
                "case() takes pairs of condition and result, as in"
                f" case((condition, result), ...), not {each!r}"
            ) from None
        pairs.append((condition, result))
    return pairs


def cast(expression: Any, type_: Any) -> Cast:
    """Return ``CAST(... AS type)``.

    Args:
        expression: What is converted.
        type_: What it is converted to.
    """
    return Cast.of(expression, type_)


def try_cast(expression: Any, type_: Any) -> TryCast:
    """Return ``TRY_CAST(... AS type)``, which SQLite does not know."""
    return TryCast.of(expression, type_)


def type_coerce(expression: Any, type_: Any) -> TypeCoerce:
    """Return an expression that Python takes to be of another type.

    Args:
        expression: The expression, or a value.
        type_: The type.
    """
    return TypeCoerce.of(expression, type_)


def extract(field: str, expr: Any) -> Extract:
    """Return a part of a date or time.

    Args:
        field: Its name: ``"year"``, ``"month"``, ``"day"``, ``"hour"``...
        expr: The date or time.
    """
    return Extract._new(field, expression(expr))


def between(
    expr: Any, lower_bound: Any, upper_bound: Any, symmetric: bool = False
) -> Any:
    """Return ``expr BETWEEN lower AND upper``."""
    return expression(expr).between(lower_bound, upper_bound, symmetric)


def collate(expression_: Any, collation: str) -> Any:
    """Return an expression with a collation."""
    return comparisons.collated(expression(expression_), collation)


def distinct(expr: Any) -> Any:
    """Return ``DISTINCT expr``, as an argument of an aggregate function."""
    made = expression(expr)
    return UnaryExpression._new(made, ops.distinct_op, None, made.type)


def bitwise_not(expr: Any) -> Any:
    """Return ``~expr``."""
    return expression(expr).bitwise_not()


def tuple_(*clauses: Any, types: Any = None) -> Tuple:
    """Return several expressions as one value.

    Args:
        *clauses: The expressions.
        types: Their column types.
    """
    return Tuple.of(clauses, types)


def any_(expr: Any) -> Any:
    """Return ``ANY (...)``."""
    return comparisons.collection(unwrap(expr), ops.any_op)


def all_(expr: Any) -> Any:
    """Return ``ALL (...)``."""
    return comparisons.collection(unwrap(expr), ops.all_op)


def over(
    element: Any,
    partition_by: Any = None,
    order_by: Any = None,
    range_: Any = None,
    rows: Any = None,
    groups: Any = None,
) -> Over:
    """Return a call over a window of rows.

    Args:
        element: The call.
        partition_by: What divides the rows; an expression or a list.
        order_by: What orders them; an expression or a list.
        range_: First and last of the frame, by value; None is unbounded.
        rows: The same, by number of rows.
        groups: The same, by number of groups.

    Raises:
        ArgumentError: More than one frame is given, or one that is none.
    """
    return Over.of(element, partition_by, order_by, range_, rows, groups)


def within_group(element: Any, *order_by: Any) -> WithinGroup:
    """Return a call of an aggregate with an order of its rows."""
    return WithinGroup.of(element, *order_by)


def funcfilter(func: Any, *criterion: Any) -> FunctionFilter:
    """Return a call of an aggregate with a condition for its rows."""
    made = FunctionFilter._new(func, None)
    result: FunctionFilter = made.filter(*criterion)
    return result


from . import comparisons  # noqa: E402
