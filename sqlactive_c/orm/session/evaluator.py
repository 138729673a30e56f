"""Conditions and values of UPDATE and DELETE, evaluated for instances.

What SQL would say about the row of an instance, said in Python: None is NULL.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ... import _core, exc
from ...sql import operators
from ...sql.sqltypes import Integer, Numeric, String

__all__ = ["UNKNOWN", "UnevaluatableError", "evaluator"]

NO_VALUE = _core.NO_VALUE

Evaluate = Callable[[Any], Any]


class UnevaluatableError(exc.InvalidRequestError):
    """Only the database can tell."""


class _Unknown:
    """What an expression is that looks at something not loaded."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


def evaluator(
    mapper: Any, clauses: Sequence[Any], params: Mapping[str, Any] | None
) -> Evaluate:
    """Return a function that evaluates conditions for an instance.

    It returns True, False, None or :data:`UNKNOWN`; of a single expression
    that is no condition its value.

    Args:
        mapper: The mapper of the instances.
        clauses: The expressions; of several all have to hold.
        params: Values of parameters by name.

    Raises:
        UnevaluatableError: Python cannot evaluate them.
    """
    compiler = _Compiler(mapper, params or {})
    if not clauses:
        return lambda instance: True
    found = [compiler.compile(each) for each in clauses]
    return found[0] if len(found) == 1 else _all(found)


class _Compiler:
    def __init__(self, mapper: Any, params: Mapping[str, Any]) -> None:
        self.mapper = mapper
        self.params = params

    def compile(self, node: Any) -> Evaluate:
        """Return a function of an instance for an expression."""
        name = getattr(node, "__visit_name__", None)
        visit = getattr(self, f"_{name}", None)
        if visit is None:
            raise UnevaluatableError(f"{type(node).__name__}: {node}")
        found: Evaluate = visit(node)
        return found

    # -- leaves --------------------------------------------------------------

    def _null(self, node: Any) -> Evaluate:
        return lambda instance: None

    def _true(self, node: Any) -> Evaluate:
        return lambda instance: True

    def _false(self, node: Any) -> Evaluate:
        return lambda instance: False

    def _bindparam(self, node: Any) -> Evaluate:
        if node.key is not None and node.key in self.params:
            value = self.params[node.key]
        elif node.callable is not None:
            value = node.callable()
        else:
            value = node._value
        return lambda instance: value

    def _attribute(self, node: Any) -> Evaluate:
        root = node._entity
        if root._is_alias or not self.mapper.isa(root.mapper):
            raise UnevaluatableError(f"{node} belongs to another class")
        columns = getattr(node.property, "columns", None)
        if not columns or node.key not in self.mapper.mapping.slots:
            raise UnevaluatableError(f"{node} is no column")
        return _reader(node.key)

    def _column(self, node: Any) -> Evaluate:
        prop = self.mapper._property_of(node)
        if prop is None:
            raise UnevaluatableError(f"{node} is no column of {self.mapper}")
        return _reader(prop.key)

    # -- around others -------------------------------------------------------

    def _grouping(self, node: Any) -> Evaluate:
        return self.compile(node.element)

    def _tuple(self, node: Any) -> Evaluate:
        return _tuple(list(map(self.compile, node.clauses)))

    def _expression_clauselist(self, node: Any) -> Evaluate:
        parts = list(map(self.compile, node.clauses))
        if node.operator is operator.and_:
            return _all(parts)
        if node.operator is operator.or_:
            return _any(parts)
        if node.operator is operators.comma_op:
            return _tuple(parts)
        function = _STRAIGHT.get(node.operator)
        if function is None:
            raise UnevaluatableError(_named(node.operator))
        self._check_types(node.operator, node.clauses)
        found = parts[0]
        for each in parts[1:]:
            found = _strict(function, found, each)
        return found

    def _unary(self, node: Any) -> Evaluate:
        inner = self.compile(node.element)
        if node.operator is not operators.inv:
            raise UnevaluatableError(_named(node.operator))

        def evaluate(instance: Any) -> Any:
            value = inner(instance)
            return value if value in (None, UNKNOWN) else not value

        return evaluate

    def _binary(self, node: Any) -> Evaluate:
        left, right = self.compile(node.left), self.compile(node.right)
        if node.operator is operators.is_:
            return _identity(left, right, operator.eq)
        if node.operator is operators.is_not:
            return _identity(left, right, operator.ne)
        function = getattr(node.operator, "python_impl", None)
        if function is None:
            function = _STRAIGHT.get(node.operator)
        if function is None or node.modifiers:
            raise UnevaluatableError(_named(node.operator))
        self._check_types(node.operator, (node.left, node.right))
        return _strict(function, left, right)

    def _check_types(self, used: Any, nodes: Sequence[Any]) -> None:
        kinds: Any = ()
        if used in _NUMERIC:
            kinds = (Integer, Numeric)
        elif used is operators.concat_op:
            kinds = (String,)
        if kinds and not all(
            isinstance(getattr(each, "type", None), kinds) for each in nodes
        ):
            raise UnevaluatableError(_named(used))


def _named(used: Any) -> str:
    return f"the operator {getattr(used, '__name__', used)}"


# -- functions of instances --------------------------------------------------


def _reader(key: str) -> Evaluate:
    def evaluate(instance: Any) -> Any:
        value = instance._sac_peek(key)
        return UNKNOWN if value is NO_VALUE else value

    return evaluate


def _all(parts: Sequence[Evaluate]) -> Evaluate:
    def evaluate(instance: Any) -> Any:
        result: Any = True
        for each in parts:
            value = each(instance)
            if value is UNKNOWN:
                result = UNKNOWN
            elif value is None:
                result = None if result is True else result
            elif not value:
                return False
        return result

    return evaluate


def _any(parts: Sequence[Evaluate]) -> Evaluate:
    def evaluate(instance: Any) -> Any:
        result: Any = False
        for each in parts:
            value = each(instance)
            if value is UNKNOWN:
                result = UNKNOWN
            elif value is None:
                result = None if result is False else result
            elif value:
                return True
        return result

    return evaluate


def _tuple(parts: Sequence[Evaluate]) -> Evaluate:
    def evaluate(instance: Any) -> Any:
        values = tuple(each(instance) for each in parts)
        if any(each is UNKNOWN for each in values):
            return UNKNOWN
        return None if None in values else values

    return evaluate


def _strict(
    function: Callable[[Any, Any], Any], left: Evaluate, right: Evaluate
) -> Evaluate:
    """Return one that is NULL if either side is."""

    def evaluate(instance: Any) -> Any:
        a, b = left(instance), right(instance)
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        return None if a is None or b is None else function(a, b)

    return evaluate


def _identity(
    left: Evaluate, right: Evaluate, function: Callable[[Any, Any], Any]
) -> Evaluate:
    def evaluate(instance: Any) -> Any:
        a, b = left(instance), right(instance)
        return UNKNOWN if UNKNOWN in (a, b) else function(a, b)

    return evaluate


def _in(value: Any, items: Any) -> Any:
    if value in items:
        return True
    return None if None in items else False


def _not_in(value: Any, items: Any) -> Any:
    found = _in(value, items)
    return None if found is None else not found


def _begins(value: str, part: str) -> Any:
    return _folded(value).startswith(_folded(part))


def _ends(value: str, part: str) -> Any:
    return _folded(value).endswith(_folded(part))


def _folded(value: str) -> str:
    """Return a text as LIKE compares it, which knows ASCII only."""
    if value.isascii():
        return value.lower()
    return "".join(c.lower() if c.isascii() else c for c in value)


_NUMERIC = frozenset(
    (
        operator.add,
        operator.mul,
        operator.sub,
        operator.mod,
        operator.truediv,
    )
)

_STRAIGHT: dict[Any, Callable[[Any, Any], Any]] = {
    **{each: each for each in _NUMERIC},
    operator.lt: operator.lt,
    operator.le: operator.le,
    operator.ne: operator.ne,
    operator.gt: operator.gt,
    operator.ge: operator.ge,
    operator.eq: operator.eq,
    operators.concat_op: operator.add,
    operators.in_op: _in,
    operators.not_in_op: _not_in,
    operators.startswith_op: _begins,
    operators.endswith_op: _ends,
}
