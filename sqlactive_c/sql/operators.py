"""Operators of SQL expressions: their functions, names and precedence.

Comparisons and arithmetic are the functions of Python's ``operator`` module;
what Python has no operator for is a function here that calls the method of
its first argument.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import (
    add,
    and_,
    contains,
    eq,
    floordiv,
    ge,
    getitem,
    gt,
    inv,
    le,
    lshift,
    lt,
    matmul,
    mod,
    mul,
    ne,
    neg,
    or_,
    pow,
    rshift,
    sub,
    truediv,
    xor,
)
from typing import Any, Protocol

from .column_operators import ColumnOperators, Operators

__all__ = [
    "ColumnOperators",
    "OperatorType",
    "Operators",
    "add",
    "all_op",
    "and_",
    "any_op",
    "as_",
    "asc_op",
    "between_op",
    "bitwise_and_op",
    "bitwise_lshift_op",
    "bitwise_not_op",
    "bitwise_or_op",
    "bitwise_rshift_op",
    "bitwise_xor_op",
    "collate",
    "comma_op",
    "concat_op",
    "contains",
    "contains_op",
    "custom_op",
    "desc_op",
    "distinct_op",
    "endswith_op",
    "eq",
    "exists",
    "filter_op",
    "floordiv",
    "from_",
    "function_as_comparison_op",
    "ge",
    "getitem",
    "gt",
    "icontains_op",
    "iendswith_op",
    "ilike_op",
    "in_op",
    "inv",
    "is_",
    "is_associative",
    "is_boolean",
    "is_commutative",
    "is_comparison",
    "is_distinct_from",
    "is_false",
    "is_natural_self_precedent",
    "is_not",
    "is_not_distinct_from",
    "is_order_by_modifier",
    "is_ordering_modifier",
    "is_precedent",
    "is_true",
    "isnot",
    "isnot_distinct_from",
    "istartswith_op",
    "json_getitem_op",
    "json_path_getitem_op",
    "le",
    "like_op",
    "lshift",
    "lt",
    "match_op",
    "matmul",
    "mirror",
    "mod",
    "mul",
    "ne",
    "neg",
    "not_between_op",
    "not_contains_op",
    "not_endswith_op",
    "not_icontains_op",
    "not_iendswith_op",
    "not_ilike_op",
    "not_in_op",
    "not_istartswith_op",
    "not_like_op",
    "not_match_op",
    "not_regexp_match_op",
    "not_startswith_op",
    "notbetween_op",
    "notcontains_op",
    "notendswith_op",
    "notilike_op",
    "notin_op",
    "notlike_op",
    "notmatch_op",
    "notstartswith_op",
    "nulls_first_op",
    "nulls_last_op",
    "nullsfirst_op",
    "nullslast_op",
    "or_",
    "pow",
    "regexp_match_op",
    "regexp_replace_op",
    "rshift",
    "startswith_op",
    "sub",
    "truediv",
    "xor",
]


class OperatorType(Protocol):
    """What an operator is: a function with a name."""

    __name__: str

    def __call__(self, left: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply the operator."""


class custom_op:
    """An operator that is spelled by its user.

    Args:
        opstring: How it is written in SQL.
        precedence: Its place among the operators.
        is_comparison: It is a comparison, with a truth value as its result.
        return_type: Type of its result.
        natural_self_precedent: ``a op b op c`` needs no parentheses.
        eager_grouping: Operands of operators get parentheses always.
        python_impl: A function that does the same for Python values.
    """

    __name__ = "custom_op"
    __visit_name__ = "custom_op"

    def __init__(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        natural_self_precedent: bool = False,
        eager_grouping: bool = False,
        python_impl: Callable[..., Any] | None = None,
    ) -> None:
        self.opstring = opstring
        self.precedence = precedence
        self.is_comparison = is_comparison
        self.return_type = (
            return_type() if isinstance(return_type, type) else return_type
        )
        self.natural_self_precedent = natural_self_precedent
        self.eager_grouping = eager_grouping
        self.python_impl = python_impl

    @property
    def _key(self) -> tuple[Any, ...]:
        kind = self.return_type
        return (
            self.opstring,
            self.precedence,
            self.is_comparison,
            self.natural_self_precedent,
            self.eager_grouping,
            None if kind is None else getattr(kind, "static_key", id(kind)),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, custom_op) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __call__(self, left: Any, right: Any, **kwargs: Any) -> Any:
        """Apply it to two operands."""
        if hasattr(left, "operate"):
            return left.operate(self, right, **kwargs)
        if self.python_impl is not None:
            return self.python_impl(left, right, **kwargs)
        raise NotImplementedError(f"{left!r} {self.opstring} {right!r}")


def _calls(name: str, method: str, *, doc: str = "") -> Callable[..., Any]:
    """Return an operator that calls a method of its first operand."""

    def operator(left: Any, *other: Any, **kwargs: Any) -> Any:
        return getattr(left, method)(*other, **kwargs)

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = doc or f"Call the method ``{method}``."
    return operator


def _marks(name: str) -> Callable[..., Any]:
    """Return an operator that only stands in expressions."""

    def operator(*operands: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{name} cannot be called")

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = "An operator that is never called."
    return operator


concat_op = _calls("concat_op", "concat")
in_op = _calls("in_op", "in_")
not_in_op = _calls("not_in_op", "not_in")
is_ = _calls("is_", "is_")
is_not = _calls("is_not", "is_not")
is_distinct_from = _calls("is_distinct_from", "is_distinct_from")
is_not_distinct_from = _calls("is_not_distinct_from", "is_not_distinct_from")
like_op = _calls("like_op", "like")
not_like_op = _calls("not_like_op", "not_like")
ilike_op = _calls("ilike_op", "ilike")
not_ilike_op = _calls("not_ilike_op", "not_ilike")
between_op = _calls("between_op", "between")
startswith_op = _calls("startswith_op", "startswith")
istartswith_op = _calls("istartswith_op", "istartswith")
endswith_op = _calls("endswith_op", "endswith")
iendswith_op = _calls("iendswith_op", "iendswith")
contains_op = _calls("contains_op", "contains")
icontains_op = _calls("icontains_op", "icontains")
match_op = _calls("match_op", "match")
regexp_match_op = _calls("regexp_match_op", "regexp_match")
regexp_replace_op = _calls("regexp_replace_op", "regexp_replace")
distinct_op = _calls("distinct_op", "distinct")
any_op = _calls("any_op", "any_")
all_op = _calls("all_op", "all_")
desc_op = _calls("desc_op", "desc")
asc_op = _calls("asc_op", "asc")
nulls_first_op = _calls("nulls_first_op", "nulls_first")
nulls_last_op = _calls("nulls_last_op", "nulls_last")
collate = _calls("collate", "collate")
bitwise_xor_op = _calls("bitwise_xor_op", "bitwise_xor")
bitwise_or_op = _calls("bitwise_or_op", "bitwise_or")
bitwise_and_op = _calls("bitwise_and_op", "bitwise_and")
bitwise_not_op = _calls("bitwise_not_op", "bitwise_not")
bitwise_lshift_op = _calls("bitwise_lshift_op", "bitwise_lshift")
bitwise_rshift_op = _calls("bitwise_rshift_op", "bitwise_rshift")
filter_op = _calls("filter_op", "filter")

as_ = _marks("as_")
asbool = _marks("asbool")
comma_op = _marks("comma_op")
exists = _marks("exists")
from_ = _marks("from_")
function_as_comparison_op = _marks("function_as_comparison_op")
is_true = _marks("is_true")
is_false = _marks("is_false")
json_getitem_op = _marks("json_getitem_op")
json_path_getitem_op = _marks("json_path_getitem_op")


def _not(name: str, operator: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operator that gives the opposite of another."""

    def negated(left: Any, *other: Any, **kwargs: Any) -> Any:
        return ~operator(left, *other, **kwargs)

    negated.__name__ = negated.__qualname__ = name
    negated.__doc__ = f"Return the opposite of ``{operator.__name__}``."
    return negated


not_between_op = _not("not_between_op", between_op)
not_startswith_op = _not("not_startswith_op", startswith_op)
not_istartswith_op = _not("not_istartswith_op", istartswith_op)
not_endswith_op = _not("not_endswith_op", endswith_op)
not_iendswith_op = _not("not_iendswith_op", iendswith_op)
not_contains_op = _not("not_contains_op", contains_op)
not_icontains_op = _not("not_icontains_op", icontains_op)
not_match_op = _not("not_match_op", match_op)
not_regexp_match_op = _not("not_regexp_match_op", regexp_match_op)

# Earlier names of the same operators.
isnot = is_not
isnot_distinct_from = is_not_distinct_from
notbetween_op = not_between_op
notcontains_op = not_contains_op
notendswith_op = not_endswith_op
notilike_op = not_ilike_op
notin_op = not_in_op
notlike_op = not_like_op
notmatch_op = not_match_op
notstartswith_op = not_startswith_op
nullsfirst_op = nulls_first_op
nullslast_op = nulls_last_op

_COMPARISONS = frozenset(
    (eq, ne, gt, lt, ge, le, between_op, not_between_op, like_op, is_, is_not)
)
_COMMUTATIVE = frozenset((eq, ne, add, mul))
_ASSOCIATIVE = frozenset((add, mul, concat_op, and_, or_))
_SELF_PRECEDENT = _ASSOCIATIVE | {
    getitem,
    json_getitem_op,
    json_path_getitem_op,
}
_BOOLEANS = frozenset((inv, is_true, is_false, and_, or_))
_ORDERINGS = frozenset((desc_op, asc_op, nulls_first_op, nulls_last_op))
_MIRROR: dict[Any, Any] = {gt: lt, ge: le, lt: gt, le: ge}

# The higher, the tighter an operator binds.
_LEVELS: tuple[tuple[int, tuple[Any, ...]], ...] = (
    (15, (from_, function_as_comparison_op, any_op, all_op, getitem)),
    (15, (json_getitem_op, json_path_getitem_op)),
    (8, (mul, truediv, floordiv, mod, neg, bitwise_not_op)),
    (7, (add, sub, bitwise_xor_op, bitwise_or_op, bitwise_and_op)),
    (7, (bitwise_lshift_op, bitwise_rshift_op)),
    (6, (filter_op,)),
    (5, (concat_op, match_op, not_match_op, regexp_match_op)),
    (5, (not_regexp_match_op, regexp_replace_op, ilike_op, not_ilike_op)),
    (5, (like_op, not_like_op, in_op, not_in_op, is_, is_not, eq, ne)),
    (5, (is_distinct_from, is_not_distinct_from, gt, lt, ge, le)),
    (5, (between_op, not_between_op, distinct_op, inv, is_true, is_false)),
    (4, (collate,)),
    (3, (and_, desc_op, asc_op)),
    (2, (or_,)),
    (0, (exists,)),
    (-1, (comma_op, as_)),
    (-10, (asbool,)),
)
_PRECEDENCE: dict[Any, int] = {
    operator: level for level, group in _LEVELS for operator in group
}
_LOWEST, _HIGHEST = -100, 100


def is_comparison(op: Any) -> bool:
    """Say whether an operator compares."""
    return op in _COMPARISONS or (
        isinstance(op, custom_op) and op.is_comparison
    )


def is_commutative(op: Any) -> bool:
    """Say whether the operands can change places."""
    return op in _COMMUTATIVE


def is_associative(op: Any) -> bool:
    """Say whether it does not matter which of two is applied first."""
    return op in _ASSOCIATIVE


def is_boolean(op: Any) -> bool:
    """Say whether the result is a truth value by nature."""
    return is_comparison(op) or op in _BOOLEANS


def is_ordering_modifier(op: Any) -> bool:
    """Say whether it is one of ASC, DESC, NULLS FIRST, NULLS LAST."""
    return op in _ORDERINGS


is_order_by_modifier = is_ordering_modifier


def is_natural_self_precedent(op: Any) -> bool:
    """Say whether ``a op b op c`` needs no parentheses."""
    return op in _SELF_PRECEDENT or (
        isinstance(op, custom_op) and op.natural_self_precedent
    )


def mirror(op: Any) -> Any:
    """Return the operator for exchanged operands."""
    return _MIRROR.get(op, op)


def is_precedent(operator: Any, against: Any) -> bool:
    """Say whether an expression needs parentheses as an operand.

    Args:
        operator: Of the expression.
        against: What it is an operand of.
    """
    if operator is against and is_natural_self_precedent(operator):
        return False
    if against is None:
        return True
    return _level(operator, _LOWEST) <= _level(against, _HIGHEST)


def _level(operator: Any, default: int) -> int:
    level = _PRECEDENCE.get(operator)
    if level is None:
        level = getattr(operator, "precedence", default)
    return level
