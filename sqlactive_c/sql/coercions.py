"""What programs pass to the functions of the expression language, as nodes.

Anything with ``__clause_element__()`` stands for the node that it returns, a
mapped class for its entity; ``text()`` is a fragment of SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from typing import Any

from .. import _core, exc
from .literals import (
    FALSE,
    NULL,
    TRUE,
    BindParameter,
    TextFragment,
    TextualLabelReference,
    class_of,
)
from .predicates import ClauseList

__all__ = [
    "coerce",
    "columns_clause",
    "expression",
    "from_clause",
    "in_list",
    "is_literal",
    "order_by",
    "order_by_list",
    "statement",
    "unwrap",
    "value_bind",
    "where",
]

_Column = _core.ColumnElement
_Node = _core.ClauseElement
_Text = _core.TextClause


def unwrap(obj: Any) -> Any:
    """Return the node that an object stands for; others as they are."""
    for _ in range(16):
        if isinstance(obj, _Node):
            return obj
        if isinstance(obj, _Text):
            return TextFragment.of(obj)
        get = getattr(obj, "__clause_element__", None)
        if get is None:
            if hasattr(type(obj), "__entity_node__"):
                return obj  # an instance of a mapped class
            entity = getattr(obj, "__entity_node__", None)
            return obj if entity is None else entity
        if isinstance(obj, type):
            entity = getattr(obj, "__entity_node__", None)
            if entity is not None:
                return entity
        obj = get()
    raise exc.ArgumentError(f"{obj!r} has no clause element")


def is_literal(obj: Any) -> bool:
    """Say whether an object is a plain value."""
    return not isinstance(unwrap(obj), _Node)


def value_bind(
    value: Any, type_: Any = None, peer: Any = None, op: Any = None
) -> Any:
    """Return the parameter for a value, whatever it is."""
    return BindParameter._new(None, value, type(value), type_, None, peer, op)


def expression(
    obj: Any, peer: Any = None, op: Any = None, type_: Any = None
) -> Any:
    """Return the column expression for an operand or an argument.

    Args:
        obj: An expression, or a value.
        peer: The expression that it is an operand beside.
        op: The operator.
        type_: The type of the value, if it is known.

    Raises:
        ArgumentError: It cannot be one.
    """
    if not isinstance(obj, _Column):
        obj = unwrap(obj)
    if isinstance(obj, _Column):
        if type(obj) is BindParameter:
            return _typed(obj, peer, op, type_)
        return obj
    if isinstance(obj, _Node):
        return _from_other(obj)
    if isinstance(obj, type) or _is_namespace(obj):
        raise _expected("a column expression", obj)
    if peer is not None:
        return peer._bind(op, obj, type_)
    if obj is None and not (type_ is not None and type_.should_evaluate_none):
        return NULL
    return value_bind(obj, type_)


def _typed(bind: Any, peer: Any, op: Any, type_: Any) -> Any:
    """A parameter of unknown type has that of what it is compared with."""
    kind = bind.type_
    if kind is None or type(kind).__name__ != "NullType":
        return bind
    if type_ is not None:
        return bind._replace(type_=type_)
    if peer is None:
        return bind
    value = bind.value
    if bind.expanding:
        value = next(iter(value), None) if value else None
    if value is None:
        return bind._replace(type_=peer.type)
    return bind._replace(type_=peer.type.coerce_compared_value(op, value))


def _is_namespace(obj: Any) -> bool:
    return type(obj).__name__ == "_FunctionNamespace"


def _from_other(obj: Any) -> Any:
    scalar = getattr(obj, "scalar_subquery", None)
    if scalar is not None:
        return scalar()
    if isinstance(obj, ClauseList):
        return obj
    raise _expected("a column expression", obj)


def _expected(what: str, obj: Any, hint: str = "") -> exc.ArgumentError:
    return exc.ArgumentError(f"{what} is needed here, not {obj!r}{hint}")


def where(obj: Any) -> Any:
    """Return the condition for an argument of ``where()`` or ``and_()``.

    Raises:
        ArgumentError: It is no condition; a str is not.
    """
    if isinstance(obj, _Column):
        return obj
    if obj is None:
        return NULL
    if obj is True:
        return TRUE
    if obj is False:
        return FALSE
    obj = unwrap(obj)
    if isinstance(obj, _Column):
        return obj
    hint = ""
    if isinstance(obj, str):
        hint = "; SQL text is written as text(...)"
    raise _expected("a condition for WHERE or HAVING", obj, hint)


def order_by(obj: Any) -> Any:
    """Return the element for an argument of ``order_by()`` and the like.

    A str is the name of a label or a column.

    Raises:
        ArgumentError: It cannot be ordered by.
    """
    if isinstance(obj, _Column):
        return obj
    if isinstance(obj, str):
        return TextualLabelReference._new(str.__str__(obj))
    obj = unwrap(obj)
    if isinstance(obj, (_Column, ClauseList)):
        return obj
    if isinstance(obj, _Node):
        return _from_other(obj)
    raise _expected("an expression for ORDER BY or GROUP BY", obj)


def order_by_list(given: Any) -> list[Any]:
    """Return elements for one argument that may be a list of them."""
    if isinstance(given, (list, tuple, Set)) or (
        isinstance(given, Iterable)
        and not isinstance(given, (str, _Node))
        and not hasattr(given, "__clause_element__")
    ):
        return [order_by(each) for each in given]
    return [order_by(given)]


def columns_clause(obj: Any) -> Any:
    """Return the element for an argument of ``select()``.

    Raises:
        ArgumentError: It cannot be selected; a str cannot.
    """
    if isinstance(obj, _Node):
        return obj
    if obj is None:
        return NULL
    if obj is True or obj is False:
        return TRUE if obj else FALSE
    obj = unwrap(obj)
    if isinstance(obj, _Node):
        return obj
    if isinstance(obj, (int, float)):
        return columns.ColumnClause.of(str(obj), None, True)
    hint = ""
    if isinstance(obj, str):
        hint = "; SQL text is written as text(...)"
    raise _expected("a column expression or a FROM element", obj, hint)


def from_clause(obj: Any) -> Any:
    """Return the FROM element for a table, an entity, a subquery.

    Raises:
        ArgumentError: It is none.
    """
    node = unwrap(obj)
    if isinstance(node, _Node) and (
        getattr(node, "_is_from", False)
        or getattr(node, "_selectable", None) is not None
        or isinstance(node, TextFragment)
    ):
        return node
    raise _expected("a table, an entity or another FROM element", obj)


def statement(obj: Any) -> Any:
    """Return the node of a statement.

    Raises:
        ArgumentError: It is none.
    """
    node = unwrap(obj)
    if isinstance(node, _Node):
        return node
    raise _expected("a statement", obj)


def literal(obj: Any) -> Any:
    """Return the element for a value, or for an expression as it is."""
    return expression(obj)


def in_list(obj: Any, peer: Any, op: Any) -> Any:
    """Return the right side of IN.

    Args:
        obj: Values, a SELECT, a parameter, text.
        peer: The left side.
        op: ``in_op`` or ``not_in_op``.

    Raises:
        ArgumentError: It is none of these.
    """
    flags = _IN_FLAGS if op is ops.in_op else _NOT_IN_FLAGS
    if type(obj) is list or type(obj) is tuple:
        return _in_values(list(obj), peer, op, flags)
    node = unwrap(obj)
    if isinstance(node, _Node):
        if isinstance(node, BindParameter):
            return _typed(node, peer, op, None).with_flags(*flags)
        return _in_node(node, obj)
    if isinstance(node, (Sequence, Set)) and not isinstance(
        node, (str, bytes)
    ):
        return _in_values(list(node), peer, op, flags)
    if isinstance(node, Iterable) and not isinstance(node, (str, bytes)):
        return _in_values(list(node), peer, op, flags)
    raise _expected("a list, a tuple or a SELECT for IN", obj)


def _in_node(node: Any, obj: Any) -> Any:
    if getattr(node, "_is_from", False):
        from .selectable import select

        node = select(node)
    elif isinstance(node, columns.NamedColumn):
        raise _expected("a list, a tuple or a SELECT for IN", obj)
    scalar = getattr(node, "scalar_subquery", None)
    return node if scalar is None else scalar()


_IN_FLAGS = ("expanding",)
_NOT_IN_FLAGS = ("expanding", "not_in")


def _in_values(values: Any, peer: Any, op: Any, flags: Any) -> Any:
    for each in values:
        if not isinstance(each, _PLAIN) and isinstance(unwrap(each), _Node):
            return _in_elements(values, peer, op)
    return BindParameter._new(
        None, values, class_of(values, True), None, flags, peer, op
    )


_PLAIN = (int, str, float, bytes, type(None))


def _in_elements(values: Any, peer: Any, op: Any) -> Any:
    made = []
    for each in values:
        node = unwrap(each)
        if isinstance(node, _Node):
            if not isinstance(node, _Column):
                node = _from_other(node)
            made.append(node)
        else:
            made.append(peer._bind(op, each))
    return ClauseList.of(made)


_ROLES: dict[str, Callable[..., Any]] = {
    "columns": columns_clause,
    "expression": expression,
    "from": from_clause,
    "in_list": in_list,
    "literal": literal,
    "order_by": order_by,
    "statement": statement,
    "where": where,
}


def coerce(role: str, obj: Any, **kwargs: Any) -> Any:
    """Return the node for an argument.

    Args:
        role: What it is for: ``columns``, ``expression``, ``from``,
            ``in_list``, ``literal``, ``order_by``, ``statement``, ``where``.
        obj: The argument.
        **kwargs: What the function for the role takes besides.

    Raises:
        ArgumentError: It cannot be that.
    """
    return _ROLES[role](obj, **kwargs)


from . import columns  # noqa: E402
from . import operators as ops  # noqa: E402
