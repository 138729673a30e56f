"""Expressions made of operators and their operands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from . import operators as ops
from .nodes import ClauseElement, ColumnElement
from .sqltypes import BOOLEANTYPE, NULLTYPE, TypeEngine
from .type_rules import is_boolean

__all__ = [
    "AsBoolean",
    "BinaryExpression",
    "BooleanClauseList",
    "ClauseList",
    "CollectionAggregate",
    "ExpressionClauseList",
    "Grouping",
    "OperatorExpression",
    "UnaryExpression",
]


class OperatorExpression(ColumnElement):
    """Base of expressions with an operator."""

    __slots__ = ()

    operator: Any

    @property
    def _is_implicitly_boolean(self) -> bool:
        return ops.is_boolean(self.operator)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses if the other operator binds tighter."""
        if ops.is_precedent(self.operator, against):
            return Grouping._new(self)
        return self


class BinaryExpression(OperatorExpression):
    """Two operands with an operator between them.

    Attributes:
        left: The left operand.
        operator: The function that stands for the operator.
        right: The right operand.
        negate: The opposite operator, None if there is none.
        modifiers: What the operator takes besides, as pairs.
    """

    __slots__ = ()
    __visit_name__ = "binary"
    _fields = ("left", "operator", "right", "negate", "modifiers", "-_type")

    left: Any
    operator: Any
    right: Any
    negate: Any
    modifiers: Any
    _type: Any

    @classmethod
    def of(
        cls,
        left: Any,
        operator: Any,
        right: Any,
        type_: TypeEngine | None = None,
        negate: Any = None,
        modifiers: tuple[tuple[str, Any], ...] | None = None,
    ) -> Self:
        """Make one; the operands get parentheses where they need them."""
        return cls._new(
            left.self_group(operator),
            operator,
            right.self_group(operator),
            negate,
            modifiers,
            type_,
        )

    @property
    def type(self) -> Any:
        """Type of the result; the comparisons' is Boolean."""
        kind = self._type
        return BOOLEANTYPE if kind is None else kind

    def modifier(self, name: str) -> Any:
        """Return one of the modifiers, None if it is not there."""
        for key, value in self.modifiers or ():
            if key == name:
                return value
        return None

    def _negate(self) -> Any:
        negate = self.negate
        if negate is None:
            negate = _OPPOSITES.get(self.operator)
        if negate is None or self.right._is_collection_aggregate:
            return self.self_group()._negate()
        return self._replace(
            operator=negate,
            negate=self.operator,
            right=self.right._negate_in_binary(negate, self.operator),
        )

    def __bool__(self) -> bool:
        """Say whether both operands are the same object, for == and !=.

        That is what makes lists and dicts of columns work.
        """
        if self.operator is ops.eq:
            return self.left is self.right
        if self.operator is ops.ne:
            return self.left is not self.right
        return super().__bool__()


# What comparisons that are made in C are negated to.
_OPPOSITES: dict[Any, Any] = {
    ops.eq: ops.ne,
    ops.ne: ops.eq,
    ops.lt: ops.ge,
    ops.ge: ops.lt,
    ops.gt: ops.le,
    ops.le: ops.gt,
}


class UnaryExpression(OperatorExpression):
    """One operand with an operator in front, or behind: a modifier.

    Attributes:
        element: The operand.
        operator: The operator in front, or None.
        modifier: The operator behind, or None.
    """

    __slots__ = ()
    __visit_name__ = "unary"
    _fields = ("element", "operator", "modifier", "-_type")

    element: Any
    operator: Any
    modifier: Any
    _type: Any

    @classmethod
    def of(
        cls, element: Any, operator: Any, modifier: Any, type_: Any = None
    ) -> Self:
        """Make one; the operand gets parentheses where it needs them."""
        return cls._new(
            element.self_group(operator or modifier), operator, modifier, type_
        )

    @property
    def type(self) -> Any:
        """Type of the value."""
        kind = self._type
        return NULLTYPE if kind is None else kind

    @property
    def _order_by_label(self) -> Any:
        if ops.is_ordering_modifier(self.modifier):
            return self.element._order_by_label
        return None

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses if the other operator binds tighter."""
        if self.operator is not None and ops.is_precedent(
            self.operator, against
        ):
            return Grouping._new(self)
        return self

    def _negate(self) -> Any:
        if is_boolean(self.type):
            return UnaryExpression.of(self, ops.inv, None, BOOLEANTYPE)
        return ColumnElement._negate(self)


class AsBoolean(UnaryExpression):
    """A boolean column as a condition: ``active``, ``active = 1``."""

    __slots__ = ()
    __visit_name__ = "as_boolean"
    _fields = ("element", "operator", "negate")  # type: ignore[assignment]

    negate: Any
    modifier: Any = None
    type: Any = BOOLEANTYPE
    _is_implicitly_boolean = True

    def self_group(self, against: Any = None) -> Any:
        """Return itself: it needs no parentheses."""
        return self

    def _negate(self) -> Any:
        return self._new(self.element, self.negate, self.operator)


class ExpressionClauseList(OperatorExpression):
    """Any number of operands with the same operator between them.

    Attributes:
        operator: The operator.
        clauses: The operands, a tuple.
        group: Whether it ever gets parentheses.
    """

    __slots__ = ()
    __visit_name__ = "expression_clauselist"
    _fields = ("operator", "clauses", "group", "-_type")

    operator: Any
    clauses: Any
    group: Any
    _type: Any

    @property
    def type(self) -> Any:
        """Type of the value."""
        kind = self._type
        return NULLTYPE if kind is None else kind

    def __iter__(self) -> Any:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses if the other operator binds tighter."""
        if self.group and ops.is_precedent(self.operator, against):
            return Grouping._new(self)
        return self

    def _negate(self) -> Any:
        return UnaryExpression.of(self, ops.inv, None, NULLTYPE)


def _constant(clause: Any) -> Any:
    """Return a constant without what made it a condition."""
    if isinstance(clause, AsBoolean) and isinstance(
        clause.element, (True_, False_)
    ):
        element = clause.element
        return element if clause.operator is ops.is_true else ~element
    return clause


class BooleanClauseList(ExpressionClauseList):
    """Conditions joined by AND or by OR."""

    __slots__ = ()
    _is_implicitly_boolean = True

    @property
    def type(self) -> Any:
        """Type of the value: Boolean."""
        return BOOLEANTYPE

    @classmethod
    def of(cls, operator: Any, clauses: Iterable[Any]) -> Any:
        """Join conditions.

        What decides nothing is left out; what decides all remains alone;
        lists of the same operator become part of this one.

        Args:
            operator: ``and_`` or ``or_``.
            clauses: The conditions; elements.
        """
        neutral, final = (
            (True_, False_) if operator is ops.and_ else (False_, True_)
        )
        kept: list[Any] = []
        left_out = None
        for clause in clauses:
            clause = _constant(clause)
            if isinstance(clause, neutral):
                left_out = clause
            elif isinstance(clause, final):
                return clause.self_group(ops.asbool)
            elif isinstance(clause, BooleanClauseList) and (
                clause.operator is operator or not clause.clauses
            ):
                kept.extend(clause.clauses)
            elif not (
                isinstance(clause, BooleanClauseList) and not clause.clauses
            ):
                kept.append(clause)
        if not kept and left_out is not None:
            return left_out.self_group(ops.asbool)
        if len(kept) == 1:
            return kept[0].self_group(ops.asbool)
        return cls._new(
            operator,
            tuple([each.self_group(operator) for each in kept]),
            True,
            None,
        )

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses if the other operator binds tighter."""
        if not self.clauses:
            return self
        return ExpressionClauseList.self_group(self, against)


class ClauseList(ClauseElement):
    """Elements with commas between them.

    Attributes:
        clauses: The elements, a tuple.
        operator: What stands between them.
        group: Whether it ever gets parentheses.
    """

    __slots__ = ()
    __visit_name__ = "clauselist"
    _fields = ("clauses", "operator", "group")

    clauses: Any
    operator: Any
    group: Any

    @classmethod
    def of(
        cls,
        clauses: Iterable[Any],
        operator: Any = ops.comma_op,
        group: bool = True,
    ) -> Self:
        """Make one of elements."""
        return cls._new(
            tuple([each.self_group(operator) for each in clauses]),
            operator,
            group,
        )

    def __iter__(self) -> Any:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses if the other operator binds tighter."""
        if self.group and ops.is_precedent(self.operator, against):
            return Grouping._new(self)
        return self

    def _negate_in_binary(self, negated: Any, original: Any) -> Any:
        return self


class Grouping(ColumnElement):
    """An element in parentheses.

    Attributes:
        element: The element.
    """

    __slots__ = ()
    __visit_name__ = "grouping"
    _fields = ("element",)

    element: Any

    @property
    def type(self) -> Any:
        """Type of what is in the parentheses."""
        return getattr(self.element, "type", NULLTYPE)

    @property
    def key(self) -> Any:
        """The key of what is in the parentheses."""
        return getattr(self.element, "key", None)

    @property
    def _anon_base(self) -> str:
        return getattr(self.element, "_anon_base", "anon")

    @property
    def _is_implicitly_boolean(self) -> bool:
        return bool(getattr(self.element, "_is_implicitly_boolean", False))

    def self_group(self, against: Any = None) -> Any:
        """Return itself: it has its parentheses."""
        return self

    def _negate_in_binary(self, negated: Any, original: Any) -> Any:
        return self


class CollectionAggregate(UnaryExpression):
    """``ANY (...)`` and ``ALL (...)``."""

    __slots__ = ()
    __visit_name__ = "unary"
    _is_collection_aggregate = True

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Compare it; it comes to stand on the right side."""
        return comparisons.apply(ops.mirror(op), self, other, True, kwargs)


# At the end, because they build on the classes above.
from . import comparisons  # noqa: E402
from .literals import False_, True_  # noqa: E402
