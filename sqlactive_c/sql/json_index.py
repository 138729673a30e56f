"""Indexes and paths into JSON documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import exc
from . import operators as ops
from .literals import BindParameter
from .predicates import BinaryExpression
from .sqltypes import JSON, Boolean, Float, Integer, Numeric, Unicode

__all__ = ["METHODS", "json_index"]


def json_index(expr: Any, index: Any) -> Any:
    """Return a part of a JSON document.

    Args:
        expr: The document.
        index: A key, a position, or a sequence of them.
    """
    from .coercions import expression, is_literal

    kind: Any
    if isinstance(index, str):
        op, kind = ops.json_getitem_op, JSON.JSONStrIndexType()
    elif isinstance(index, int):
        op, kind = ops.json_getitem_op, JSON.JSONIntIndexType()
    elif isinstance(index, Sequence):
        op, kind = ops.json_path_getitem_op, JSON.JSONPathType()
    elif is_literal(index):
        raise exc.ArgumentError(f"{index!r} is no index into a document")
    else:
        right = expression(index, expr, ops.json_getitem_op)
        return _made(expr, ops.json_getitem_op, right, expr.type)
    if isinstance(index, list):
        index = tuple(index)
    right = BindParameter._new(None, index, type(index), kind, None, expr, op)
    return _made(expr, op, right, expr.type)


def _made(expr: Any, op: Any, right: Any, type_: Any) -> Any:
    # The type decides what is written: it is a part that counts.
    return BinaryExpression.of(
        expr, op, right, type_, None, (("type", type_),)
    )


def _converted(type_: Any) -> Callable[..., Any]:
    def method(self: Any) -> Any:
        return _with_type(self, type_())

    method.__doc__ = f"Return the part of the document as {type_.__name__}."
    return method


def _with_type(expr: Any, type_: Any) -> Any:
    if not isinstance(expr, BinaryExpression) or expr.operator not in (
        ops.json_getitem_op,
        ops.json_path_getitem_op,
    ):
        raise exc.InvalidRequestError(
            "as_string() and the like follow an index into a JSON document:"
            " column['key'].as_string()"
        )
    return expr._replace(_type=type_, modifiers=(("type", type_),))


def _as_numeric(
    self: Any, precision: int, scale: int, asdecimal: bool = True
) -> Any:
    """Return the part of the document as a decimal number."""
    return _with_type(self, Numeric(precision, scale, asdecimal=asdecimal))


def _as_json(self: Any) -> Any:
    """Return the part of the document as a document."""
    return self


METHODS: dict[str, Callable[..., Any]] = {
    "as_boolean": _converted(Boolean),
    "as_string": _converted(Unicode),
    "as_integer": _converted(Integer),
    "as_float": _converted(Float),
    "as_numeric": _as_numeric,
    "as_json": _as_json,
}
