"""What a column type says about the operators of its expressions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..column_operators import ColumnOperators

__all__ = ["Comparator"]


class Comparator(ColumnOperators):
    """Operators of expressions of a type; subclasses add and change some.

    Attributes:
        expr: The expression.
        type: Its type.
    """

    __slots__ = ("expr", "type")

    def __init__(self, expr: Any) -> None:
        self.expr = expr
        self.type = expr.type

    def __clause_element__(self) -> Any:
        return self.expr

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator as if the type said nothing about it."""
        from ..comparisons import apply_rule

        return apply_rule(op, self.expr, other, False, kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with the expression as its right operand."""
        from ..comparisons import apply_rule

        return apply_rule(op, self.expr, (other,), True, kwargs)

    __hash__ = object.__hash__


def _method(op: Any) -> Callable[..., Any]:
    def method(self: Comparator, *other: Any) -> Any:
        return self.operate(op, *other)

    return method


def _reflected(op: Any) -> Callable[..., Any]:
    def method(self: Comparator, other: Any) -> Any:
        return self.reverse_operate(op, other)

    return method


for _name in (
    "add sub mul truediv floordiv mod and or xor lshift rshift pow matmul"
).split():
    _op = getattr(operator, f"__{_name}__")
    setattr(Comparator, f"__{_name}__", _method(_op))
    setattr(Comparator, f"__r{_name}__", _reflected(_op))
for _name in "eq ne lt le gt ge neg getitem contains".split():
    _op = getattr(operator, f"__{_name}__")
    setattr(Comparator, f"__{_name}__", _method(_op))
Comparator.__invert__ = _method(operator.inv)  # type: ignore[operator]
