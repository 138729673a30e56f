"""What operators make of their operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import exc
from . import operators as ops
from .coercions import expression, in_list
from .columns import CollationClause
from .constructors import and_, or_
from .json_index import json_index
from .literals import False_, Null, True_, constant
from .predicates import (
    BinaryExpression,
    CollectionAggregate,
    ExpressionClauseList,
    UnaryExpression,
)
from .sqltypes import (
    BOOLEANTYPE,
    JSON,
    NULLTYPE,
    MatchType,
    TypeEngine,
    adapted,
)
from .types.comparator import Comparator

__all__ = ["apply", "comparator_of", "operate", "type_method"]

_MATCH = MatchType()
Kwargs = dict[str, Any]


def operate(op: Any, left: Any, right: Any, reverse: bool) -> Any:
    """Apply an operator; called by the nodes.

    Args:
        op: The operator.
        left: An expression.
        right: The other operand; None for an operator of one.
        reverse: The other operand is the left one.
    """
    if op is ops.neg or op is ops.inv:
        return apply(op, left, (), False, {})
    if left._is_collection_aggregate:
        return left.operate(op, right)
    return apply(op, left, (right,), reverse, {})


def apply(
    op: Any, expr: Any, other: tuple[Any, ...], reverse: bool, kwargs: Kwargs
) -> Any:
    """Apply an operator to any number of operands.

    Args:
        op: The operator.
        expr: The expression that it is a method of.
        other: The other operands.
        reverse: The expression is the right operand.
        kwargs: What the operator takes besides.
    """
    factory = expr.type.comparator_factory
    if factory is not Comparator and _is_own(factory, op, reverse):
        comparator = factory(expr)
        if reverse:
            return op(other[0], comparator, **kwargs)
        return op(comparator, *other, **kwargs)
    return apply_rule(op, expr, other, reverse, kwargs)


def apply_rule(
    op: Any, expr: Any, other: tuple[Any, ...], reverse: bool, kwargs: Kwargs
) -> Any:
    """Apply an operator, whatever the type of the expression says."""
    rule = _RULES.get(op)
    if rule is None:
        if isinstance(op, ops.custom_op):
            rule = _custom
        elif op in (ops.pow, ops.matmul, ops.xor):
            raise TypeError(
                f"operator {op.__name__!r} is none of SQL's, for {expr!r}"
            )
        else:
            raise NotImplementedError(
                f"operator {op.__name__!r} does not apply to {expr!r}"
            )
    if expr._is_collection_aggregate and not ops.is_comparison(op):
        raise exc.ArgumentError("ANY and ALL can only be compared")
    return rule(expr, op, other, reverse, kwargs)


# ---- operators of types ----------------------------------------------------


def comparator_of(expr: Any) -> Any:
    """Return what the type of an expression adds to its operators."""
    return expr.type.comparator_factory(expr)


def _is_own(factory: Any, op: Any, reverse: bool) -> bool:
    """Say whether a type has a method of its own for an operator."""
    if factory.operate is not Comparator.operate:
        return True
    name = _METHODS.get(op)
    if name is None:
        name = op.__name__.strip("_")
        name = f"__r{name}__" if reverse else f"__{name}__"
    return getattr(factory, name, None) is not getattr(Comparator, name, None)


def type_method(expr: Any, name: str) -> Any:
    """Return a method that the type of an expression gives it, or None."""
    kind = expr.type
    if kind._type_affinity is JSON:
        from .json_index import METHODS

        method = METHODS.get(name)
        if method is not None:
            return method.__get__(expr)
    factory = kind.comparator_factory
    if factory is Comparator:
        return None
    return (
        getattr(factory(expr), name, None) if hasattr(factory, name) else None
    )


# ---- comparisons -----------------------------------------------------------


def _compare(negate: Any, types: tuple[Any, ...] = ()) -> Callable[..., Any]:
    """Return the rule of a comparison with its opposite."""

    def rule(
        expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
    ) -> Any:
        (obj,) = other
        if isinstance(obj, (bool, type(None), Null, True_, False_)):
            return _compare_constant(expr, op, obj, negate, reverse, kw)
        right = expression(obj, expr, op)
        return _binary(expr, op, right, reverse, negate, None, kw)

    return rule


def _binary(
    expr: Any,
    op: Any,
    right: Any,
    reverse: bool,
    negate: Any,
    type_: TypeEngine | None,
    kw: Kwargs,
) -> Any:
    if reverse:
        expr, right = right, expr
    return BinaryExpression.of(expr, op, right, type_, negate, _modifiers(kw))


def _modifiers(kw: Kwargs) -> Any:
    found = tuple([pair for pair in kw.items() if pair[1] is not None])
    return found or None


def _compare_constant(
    expr: Any, op: Any, obj: Any, negate: Any, reverse: bool, kw: Kwargs
) -> Any:
    right = constant(obj)
    if op in (ops.eq, ops.ne) and not isinstance(right, Null):
        return BinaryExpression.of(expr, op, right, None, negate)
    if op in (ops.is_distinct_from, ops.is_not_distinct_from):
        return BinaryExpression.of(expr, op, right, None, negate)
    if expr._is_collection_aggregate:
        return _binary(expr, op, right, reverse, negate, None, kw)
    if op in (ops.eq, ops.is_):
        return BinaryExpression.of(expr, ops.is_, right, None, ops.is_not)
    if op in (ops.ne, ops.is_not):
        return BinaryExpression.of(expr, ops.is_not, right, None, ops.is_)
    raise exc.ArgumentError(
        "None, True and False are compared by '=', '!=', is_(), is_not(),"
        " is_distinct_from() and is_not_distinct_from() only"
    )


def _in(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    right = in_list(other[0], expr, op)
    negate = ops.not_in_op if op is ops.in_op else ops.in_op
    return BinaryExpression._new(
        expr.self_group(op), op, right.self_group(op), negate, None, None
    )


def _between(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    low, high = (
        expression(each, expr, ops.and_).self_group(ops.and_) for each in other
    )
    pair = ExpressionClauseList._new(ops.and_, (low, high), False, None)
    negate = ops.not_between_op
    if op is ops.not_between_op:
        negate = ops.between_op
    return BinaryExpression.of(
        expr, op, pair, NULLTYPE, negate, _modifiers(kw)
    )


def _match(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    negate = ops.not_match_op if op is ops.match_op else ops.match_op
    right = expression(other[0], expr, op)
    return BinaryExpression.of(expr, op, right, _MATCH, negate, _modifiers(kw))


def _regexp(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    right = expression(other[0], expr, ops.comma_op)
    negate = ops.not_regexp_match_op
    if op is ops.not_regexp_match_op:
        negate = ops.regexp_match_op
    return BinaryExpression.of(
        expr, op, right, NULLTYPE, negate, _modifiers(kw)
    )


def _regexp_replace(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    pair = tuple([expression(each, expr, ops.comma_op) for each in other])
    right = ExpressionClauseList._new(ops.comma_op, pair, False, None)
    return BinaryExpression.of(
        expr, op, right, expr.type, None, _modifiers(kw)
    )


# ---- arithmetic ------------------------------------------------------------


def _arithmetic(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    right = expression(other[0], expr, op)
    left = expr
    if reverse:
        left, right = right, left
    name, kind = adapted(left.type, op, right.type)
    if name == "concat_op":
        op = ops.concat_op
    return BinaryExpression.of(left, op, right, kind, None, _modifiers(kw))


def _custom(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    right = expression(other[0], expr, op)
    left = expr
    if reverse:
        left, right = right, left
    kind = op.return_type
    if kind is None:
        kind = BOOLEANTYPE if op.is_comparison else adapted(
            left.type, op, right.type
        )[1]  # fmt: skip
    return BinaryExpression.of(left, op, right, kind, None, _modifiers(kw))


def _unary(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    return UnaryExpression.of(expr, op, None, expr.type)


def _invert(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    return expr._negate()


def _join(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    join = and_ if op is ops.and_ else or_
    return join(other[0], expr) if reverse else join(expr, other[0])


def _order(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    return UnaryExpression._new(expr, None, op, None)


def _collection(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    return collection(expr, op)


def collection(expr: Any, op: Any) -> Any:
    """Return ``ANY (...)`` or ``ALL (...)`` of an expression or SELECT."""
    made = expression(expr).self_group(op)
    return CollectionAggregate._new(made, op, None, made.type)


def _collate(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    return collated(expr, other[0])


def collated(expr: Any, name: str) -> Any:
    """Return an expression with a collation."""
    return BinaryExpression.of(
        expr, ops.collate, CollationClause._new(name), expr.type
    )


def _getitem(
    expr: Any, op: Any, other: tuple[Any, ...], reverse: bool, kw: Kwargs
) -> Any:
    if expr.type._type_affinity is JSON:
        return json_index(expr, other[0])
    if hasattr(expr.type, "item_type"):
        right = expression(other[0], expr, op)
        return BinaryExpression.of(expr, op, right, expr.type.item_type)
    raise NotImplementedError(
        f"operator 'getitem' does not apply to {type(expr).__name__} of type"
        f" {expr.type!r}"
    )


Rule = Callable[[Any, Any, tuple[Any, ...], bool, Kwargs], Any]

_OPPOSITES: tuple[tuple[Any, Any], ...] = (
    (ops.eq, ops.ne),
    (ops.lt, ops.ge),
    (ops.gt, ops.le),
    (ops.is_distinct_from, ops.is_not_distinct_from),
    (ops.is_, ops.is_not),
    (ops.like_op, ops.not_like_op),
    (ops.ilike_op, ops.not_ilike_op),
    (ops.contains_op, ops.not_contains_op),
    (ops.icontains_op, ops.not_icontains_op),
    (ops.startswith_op, ops.not_startswith_op),
    (ops.istartswith_op, ops.not_istartswith_op),
    (ops.endswith_op, ops.not_endswith_op),
    (ops.iendswith_op, ops.not_iendswith_op),
)

_RULES: dict[Any, Rule] = {
    ops.and_: _join,
    ops.or_: _join,
    ops.neg: _unary,
    ops.bitwise_not_op: _unary,
    ops.distinct_op: _unary,
    ops.inv: _invert,
    ops.in_op: _in,
    ops.not_in_op: _in,
    ops.between_op: _between,
    ops.not_between_op: _between,
    ops.match_op: _match,
    ops.not_match_op: _match,
    ops.regexp_match_op: _regexp,
    ops.not_regexp_match_op: _regexp,
    ops.regexp_replace_op: _regexp_replace,
    ops.collate: _collate,
    ops.getitem: _getitem,
    ops.any_op: _collection,
    ops.all_op: _collection,
}
for _one, _opposite in _OPPOSITES:
    _RULES[_one] = _compare(_opposite)
    _RULES[_opposite] = _compare(_one)
for _op in (
    ops.add,
    ops.sub,
    ops.mul,
    ops.truediv,
    ops.floordiv,
    ops.mod,
    ops.concat_op,
    ops.bitwise_xor_op,
    ops.bitwise_or_op,
    ops.bitwise_and_op,
    ops.bitwise_lshift_op,
    ops.bitwise_rshift_op,
    ops.json_getitem_op,
    ops.json_path_getitem_op,
):
    _RULES[_op] = _arithmetic
for _op in (
    ops.desc_op,
    ops.asc_op,
    ops.nulls_first_op,
    ops.nulls_last_op,
):
    _RULES[_op] = _order

# The methods of the operators that Python has no symbol for.
_METHODS: dict[Any, str] = {
    getattr(ops, name): method
    for name, method in (
        *((f"{each}_op", each) for each in (
            "like ilike not_like not_ilike startswith istartswith endswith"
            " iendswith contains icontains match between desc asc nulls_first"
            " nulls_last regexp_match distinct concat"
        ).split()),
        ("in_op", "in_"),
        ("not_in_op", "not_in"),
        ("is_", "is_"),
        ("is_not", "is_not"),
        ("inv", "__invert__"),
    )
}  # fmt: skip
