"""The joins that a load plan adds to a SELECT.

A join of a relationship is made outside of all that is there, unless it is an
inner join of something that is itself joined by an outer join: it then stands
in parentheses with that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...sql.elements import and_
from ...sql.joins import Join
from ...sql.visitors import transform
from .plan import Joined

__all__ = ["Chain", "Request"]

Pair = tuple[Any, Any]  # a FROM element and the condition to join it by


class Request(NamedTuple):
    """A place that rows are read for, and how it is joined.

    Attributes:
        root: The entity that the statement selects.
        parent: The place it is joined to; None at the root.
        joined: The relationship; None at the root.
        entity: What is read.
        chained: An outer join is on the way from the root.
        criteria: Further conditions of the join.
    """

    root: Any
    parent: Request | None
    joined: Joined | None
    entity: Any
    chained: bool
    criteria: tuple[Any, ...]


class _Element(NamedTuple):
    """One relationship's part of the joins: one FROM element, or two."""

    request: Request
    pairs: tuple[Pair, ...]


class Chain:
    """The joins that begin at one FROM element.

    Attributes:
        order_by: How the relationships order their rows.
    """

    def __init__(self) -> None:
        self.order_by: list[Any] = []
        # What is joined outside, each with what stands in parentheses.
        self._groups: list[tuple[bool, list[_Element]]] = []

    def attach(self, request: Request) -> None:
        """Add a join.

        Args:
            request: What to join; its parent is there already.
        """
        assert request.joined is not None
        element = _Element(request, tuple(self._pairs(request)))
        inner = request.joined.inner
        if request.chained and inner and inner != "unnested":
            for _, elements in self._groups:
                for at, each in enumerate(elements):
                    if each.request is request.parent:
                        elements.insert(at + 1, element)
                        return
        outer = not inner or request.chained
        self._groups.append((outer, [element]))

    def _pairs(self, request: Request) -> list[Pair]:
        assert request.joined is not None
        assert request.parent is not None
        prop, target = request.joined.prop, request.entity
        middle = None if prop.secondary is None else prop.secondary.alias()
        between = None if middle is None else middle.corresponding_column
        first, second = prop.condition.adapted(
            request.parent.entity._adapt, target._adapt, between
        )

        def here(node: Any) -> Any:
            if getattr(node, "table", None) is None:
                return None
            found = target._adapt(node)
            if found is None and between is not None:
                found = between(node)
            return found

        self.order_by += [transform(each, here) for each in prop.order_by]
        if middle is None:
            return [(target._selectable, _all(first, request.criteria))]
        return [
            (middle, first),
            (target._selectable, _all(second, request.criteria)),
        ]

    def joins(self, start: Any, outward: Callable[[Any], Any] | None) -> Any:
        """Return the FROM element with all the joins.

        Args:
            start: What it begins with.
            outward: Function from a node of a condition to what stands for
                it outside of a subquery, or None; None for no subquery.
        """

        def condition(given: Any) -> Any:
            return given if outward is None else transform(given, outward)

        found = start
        for outer, elements in self._groups:
            if not outer:
                for each, onclause in elements[0].pairs:
                    found = Join._new(
                        found, each, condition(onclause), False, False
                    )
                continue
            right, onclause = elements[0].pairs[0]
            inside = [
                *elements[0].pairs[1:],
                *(pair for each in elements[1:] for pair in each.pairs),
            ]
            for each, inner in inside:
                right = Join._new(right, each, inner, False, False)
            found = Join._new(found, right, condition(onclause), True, False)
        return found


def _all(first: Any, more: tuple[Any, ...]) -> Any:
    return and_(first, *more) if more else first
