"""Joins of FROM elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .base import ColumnCollection
from .from_clause import FromClause, computed
from .froms import froms_of, join_condition, selectable_of

__all__ = ["Join", "join", "outerjoin"]


class Join(FromClause):
    """Two FROM elements, joined.

    Attributes:
        left, right: The sides.
        onclause: The condition.
        isouter: Whether it is a LEFT OUTER JOIN.
        full: Whether it is a FULL OUTER JOIN.
    """

    __slots__ = ()
    __visit_name__ = "join"
    _fields = ("left", "right", "onclause", "isouter", "full")

    @property
    def description(self) -> str:
        """A name for messages."""
        return (
            f"Join object on {_described(self.left)}"
            f" and {_described(self.right)}"
        )

    @property
    def _near(self) -> Any:
        return self.right

    def _make_columns(self) -> Iterator[tuple[str, Any]]:
        for side in (self.left, self.right):
            for column in side.c:
                yield f"{_anonymous_of(column.table)}_{column.key}", column

    @computed
    def primary_key(self) -> ColumnCollection:
        """The columns that stand for the primary key."""
        keys = [each for each in self.c if getattr(
            each, "primary_key", False)]  # fmt: skip
        return ColumnCollection(_without_references(keys))

    def _own_froms(self) -> tuple[Any, ...]:
        return (self, *self._hidden_froms())

    def _hidden_froms(self) -> tuple[Any, ...]:
        return (*froms_of(self.left), *froms_of(self.right))

    def _criteria(self) -> tuple[Any, ...]:
        return (*self.left._criteria(), *self.right._criteria())

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether this is made from another FROM element."""
        return (
            fromclause is self
            or self.left.is_derived_from(fromclause)
            or self.right.is_derived_from(fromclause)
        )

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.left.entity_namespace

    def select(self) -> Any:
        """Return a SELECT of all columns of both sides."""
        from .select_statement import select

        return select(self.left, self.right).select_from(self)

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """Return a subquery of the join, or a join of aliases if ``flat``."""
        if flat:
            return self._of_aliases(name)
        from .select_statement import LABEL_STYLE_TABLENAME_PLUS_COL

        return (
            self.select()
            .set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
            .subquery(name)
        )

    def _of_aliases(self, name: str | None) -> Join:
        from .visitors import transform

        def named(side: Any) -> str | None:
            return None if name is None else f"{name}_{_described(side)}"

        sides = [
            side.alias(named(side), flat=isinstance(side, Join))
            for side in (self.left, self.right)
        ]

        def replace(node: Any) -> Any:
            if getattr(node, "table", None) is None:
                return None
            for side in sides:
                found = side.corresponding_column(node)
                if found is not None:
                    return found
            return None

        return Join._new(
            *sides, transform(self.onclause, replace), self.isouter, self.full
        )


def _described(selectable: Any) -> str:
    return str(getattr(selectable, "description", selectable))


def _anonymous_of(selectable: Any) -> str:
    name = getattr(selectable, "name", None)
    return "anon" if name is None else str(name)


def _without_references(columns: list[Any]) -> list[Any]:
    """Leave out columns that are equal to another one by a foreign key."""
    return [
        each
        for each in columns
        if not any(
            key.column is other
            for key in getattr(each, "foreign_keys", ())
            for other in columns
            if other is not each
        )
    ]


def join(
    left: Any,
    right: Any,
    onclause: Any = None,
    isouter: bool = False,
    full: bool = False,
) -> Join:
    """Return a join of two FROM elements.

    Args:
        left: The left side.
        right: The right side.
        onclause: The condition; by the foreign key if None.
        isouter: Make it a LEFT OUTER JOIN.
        full: Make it a FULL OUTER JOIN.

    Raises:
        NoForeignKeysError: There is no foreign key to join by.
        AmbiguousForeignKeysError: There are several.
    """
    from .expect import expect_from, expect_onclause

    left = selectable_of(expect_from(left))
    right = selectable_of(expect_from(right))
    if onclause is None:
        onclause = join_condition(left, right)
    else:
        onclause = expect_onclause(onclause)
    return Join._new(left, right, onclause, bool(isouter), bool(full))


def outerjoin(
    left: Any, right: Any, onclause: Any = None, full: bool = False
) -> Join:
    """Return a LEFT OUTER JOIN of two FROM elements."""
    return join(left, right, onclause, True, full)
