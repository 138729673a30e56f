"""What the expression language hands to the core, once, when imported."""

from __future__ import annotations

from typing import Any

from .. import _core
from . import operators as ops
from .comparisons import operate
from .elements import BinaryExpression, BindParameter

__all__ = ["configure"]


def _compile_shape(*args: Any) -> Any:
    from .compiler.shape import compile_shape

    return compile_shape(*args)


def configure() -> None:
    """Give the core the operators and the classes of what they make."""
    _core.configure(
        operate=operate,
        operators=(
            *(ops.lt, ops.le, ops.eq, ops.ne, ops.gt, ops.ge),
            *(ops.add, ops.sub, ops.mul, ops.truediv, ops.floordiv, ops.mod),
            *(ops.and_, ops.or_, ops.xor, ops.lshift, ops.rshift),
            *(ops.pow, ops.matmul, ops.neg, ops.inv, ops.getitem),
            ops.contains,
        ),
        compile_shape=_compile_shape,
        binary_class=BinaryExpression,
        bind_class=BindParameter,
    )
