"""Walking and rebuilding trees of expression nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._core import ClauseElement
from .nodes import replace

__all__ = ["iterate", "transform"]


def iterate(node: ClauseElement) -> Iterator[ClauseElement]:
    """Yield a node and all nodes below it, parents first.

    Args:
        node: The root.
    """
    stack: list[Any] = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, tuple):
            stack.extend(reversed(each))
        elif isinstance(each, ClauseElement):
            yield each
            stack.append(each._parts)


def transform(node: Any, function: Callable[[Any], Any]) -> Any:
    """Return an expression, or None, with some nodes replaced.

    Args:
        node: The root; None is returned as it is.
        function: Receives each node, parents first; returns what stands for
            it, whose own parts are left alone, or None to look at its parts.
    """
    return None if node is None else replace(node, function)
