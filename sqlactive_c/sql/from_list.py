"""The FROM list of a SELECT: joins put together, correlation."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import exc
from .._core import ClauseElement
from .aliases import Subquery
from .from_clause import FromClause
from .froms import can_join, entity_of, froms_of, selectable_of, unique
from .froms import join_condition as condition_of_keys
from .joins import Join

__all__ = ["FromList"]


class FromList:
    """What a SELECT selects from.

    Attributes:
        froms: The FROM elements, those that a join has in it left out.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._options = (
            *(statement._counted_options or ()),
            *(
                each
                for _, _, options in statement._memoized or ()
                for each in options or ()
            ),
        )
        self._joined: set[Any] = set()  # entities that are joined to others
        self._explicit = tuple(
            selectable_of(each) for each in statement._from_obj or ()
        )
        for columns, steps, _ in statement._memoized or ():
            self._columns = columns
            for step in steps or ():
                self._join(*step)
        self._columns = statement._raw_columns
        for step in statement._setup_joins or ():
            self._join(*step)
        found = unique((*self._explicit, *self._implied()))
        for each in found:
            if isinstance(each, Subquery) and each.element is statement:
                raise exc.InvalidRequestError(
                    "a SELECT cannot select from itself"
                )
        self.froms = _visible(found)

    @property
    def explicit(self) -> tuple[Any, ...]:
        """What was named by ``select_from()`` and joins."""
        return self._explicit

    @property
    def criteria(self) -> tuple[Any, ...]:
        """The conditions that entities bring along for WHERE."""
        statement = self._statement
        entities = unique(
            (
                *map(entity_of, statement._raw_columns or ()),
                *(statement._from_obj or ()),
            )
        )
        return tuple(
            condition
            for each in entities
            if each not in self._joined
            for condition in _criteria(each, self._options)
        )

    def _implied(self) -> tuple[Any, ...]:
        """Return what columns and conditions are selected from."""
        statement = self._statement
        return unique(
            (
                *(
                    found
                    for each in self._columns or ()
                    for found in _froms_of_column(each)
                ),
                *froms_of(statement._where or ()),
            )
        )

    # ---- correlation -------------------------------------------------------

    def displayed(
        self, explicit: Collection[Any], implicit: Collection[Any]
    ) -> list[Any]:
        """Return what is written after FROM.

        Args:
            explicit: What enclosing SELECTs select from, for a SELECT that
                says what it takes from there.
            implicit: The same, for one that does not.

        Raises:
            InvalidRequestError: Nothing would be left.
        """
        statement = self._statement
        froms = list(self.froms)
        if statement._correlate:
            outer = set(explicit) & set(statement._correlate)
            froms = [each for each in froms if each not in outer]
        if statement._correlate_except is not None:
            outer = set(explicit) - set(statement._correlate_except)
            froms = [each for each in froms if each not in outer]
        automatic = (
            statement._correlate is None
            and statement._correlate_except is None
        )
        if automatic and implicit and len(froms) > 1:
            froms = [each for each in froms if each not in implicit]
            if not froms:
                raise exc.InvalidRequestError(
                    "everything that this SELECT selects from belongs to an"
                    " enclosing one; say with correlate() what is taken from"
                    " there"
                )
        return froms

    # ---- joins -------------------------------------------------------------

    def _join(
        self, target: Any, onclause: Any, left: Any, outer: bool, full: bool
    ) -> None:
        right = None
        parts = getattr(target, "_join_parts", None)
        if parts is None:
            right = target
            parts = getattr(onclause, "_join_parts", None)
        if parts is None:
            self._place(left, right, onclause, outer, full)
            return
        if target is not right and onclause is not None:
            raise exc.InvalidRequestError(
                "a relationship is a target or a condition, not both"
            )
        steps = list(parts(left, right))
        if len(steps) > 1 and (outer or full):
            (middle, condition), (last, inner) = steps
            self._joined.add(last)
            inner = _with_criteria(inner, last, self._options)
            both = Join._new(middle, selectable_of(last), inner, False, False)
            steps = [(both, condition)]
        for each, condition in steps:
            self._place(left, each, condition, outer, full)
            left = None

    def _place(
        self, left: Any, right: Any, onclause: Any, outer: bool, full: bool
    ) -> None:
        froms = self._explicit
        self._joined.add(right)
        entity = right
        right = selectable_of(right)
        if left is not None:
            left = selectable_of(left)
            at = self._place_of(left)
        else:
            candidates = froms or self._implied()
            at = _choose(candidates, right, onclause)
            left = candidates[at]
            if not froms:
                at = -1
        if onclause is None:
            onclause = condition_of_keys(left if at < 0 else froms[at], right)
        onclause = _with_criteria(onclause, entity, self._options)
        joined = Join._new(
            left if at < 0 else froms[at], right, onclause, outer, full
        )
        if at < 0:
            self._explicit = (*froms, joined)
        else:
            self._explicit = (*froms[:at], joined, *froms[at + 1 :])

    def _place_of(self, left: Any) -> int:
        """Return which of the FROM elements has the left side in it."""
        found = [
            at
            for at, each in enumerate(self._explicit)
            if each is left or each.is_derived_from(left)
        ]
        if len(found) > 1:
            raise exc.InvalidRequestError(
                "the left side of a join is in FROM more than once"
            )
        return found[0] if found else -1


def _criteria(entity: Any, options: Any) -> tuple[Any, ...]:
    find = getattr(entity, "_criteria", None)
    if find is None:
        return ()
    more = (
        condition
        for each in options
        if hasattr(each, "conditions")
        for condition in each.conditions(entity)
    )
    return (*find(), *more)


def _with_criteria(onclause: Any, entity: Any, options: Any) -> Any:
    from .elements import and_

    more = _criteria(entity, options)
    return and_(onclause, *more) if more else onclause


def _froms_of_column(column: Any) -> tuple[Any, ...]:
    """Return what a thing in ``select()`` is selected from.

    An attribute of a class with several tables needs them all.
    """
    found = froms_of(column)
    whole = selectable_of(entity_of(column))
    if isinstance(whole, Join) and set(froms_of(whole)) & set(found):
        return (whole,)
    return found


def _visible(froms: tuple[Any, ...]) -> tuple[Any, ...]:
    hidden = _hidden(froms)
    return tuple(each for each in froms if each not in hidden)


def _hidden(froms: tuple[Any, ...]) -> set[Any]:
    """Return what stands in a join; text and calls have nothing in them."""
    return {
        other
        for each in froms
        if isinstance(each, FromClause)
        for other in each._hidden_froms()
    }


def _choose(froms: tuple[Any, ...], right: Any, onclause: Any) -> int:
    """Return the place of the FROM element that a join goes on from."""
    found = _joinable(froms, right, onclause)
    if len(found) > 1:
        hidden = _hidden(froms)
        found = [at for at in found if froms[at] not in hidden]
    if not found and onclause is not None:
        found = list(range(len(froms)))
    if len(found) > 1:
        raise exc.InvalidRequestError(
            f"{_name(right)!r} can be joined to more than one of the FROM"
            " elements; name the left side with join_from() or select_from()"
        )
    if not found:
        raise exc.InvalidRequestError(
            f"nothing that is selected from can be joined to"
            f" {_name(right)!r}; name the left side with select_from() and"
            " pass the condition"
        )
    return found[0]


def _joinable(froms: tuple[Any, ...], right: Any, onclause: Any) -> list[int]:
    columns: set[Any] = set()
    if len(froms) > 1 and onclause is not None:
        columns = set(_columns_in(onclause))
    found = []
    for at, left in enumerate(froms):
        for each in froms_of(right):
            if each is left:
                continue
            if columns:
                if columns <= {*left.c, *each.c}:
                    found.append(at)
                    break
            elif onclause is not None or can_join(left, each):
                found.append(at)
                break
    return found


def _columns_in(node: Any) -> Any:
    if isinstance(node, tuple):
        for each in node:
            yield from _columns_in(each)
        return
    if not isinstance(node, ClauseElement):
        return
    resolve = getattr(node, "_resolve", None)
    column = node if resolve is None else resolve()
    if getattr(column, "table", None) is not None:
        yield column
        return
    yield from _columns_in(node._parts)


def _name(selectable: Any) -> str:
    return str(getattr(selectable, "description", selectable))
