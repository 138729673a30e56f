"""What the join condition of a relationship says.

Which columns correspond, on which side the foreign key is, and how the
condition reads when either side stands under another name.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from .. import exc
from .._core import ClauseElement
from ..sql.column import Column
from ..sql.elements import BinaryExpression, and_
from ..sql.nodes import ColumnElement
from ..sql.visitors import iterate, transform
from .interfaces import MANYTOMANY, MANYTOONE, ONETOMANY

__all__ = ["JoinCondition", "foreign", "remote"]


class _Marked(ColumnElement):
    """A column of a condition, marked by foreign() or remote()."""

    __slots__ = ()
    _fields = ("element", "is_foreign", "is_remote")


def _mark(element: Any, **marks: bool) -> Any:
    resolve = getattr(element, "__clause_element__", None)
    element = element if resolve is None else resolve()
    if isinstance(element, _Marked):
        return element._replace(**marks)
    given = {"is_foreign": False, "is_remote": False, **marks}
    return _Marked._new(element, *given.values())


def foreign(expr: Any) -> Any:
    """Mark a column in a primaryjoin as the one that holds the key.

    Args:
        expr: The column.
    """
    return _mark(expr, is_foreign=True)


def remote(expr: Any) -> Any:
    """Mark a column in a primaryjoin as being on the related side.

    Args:
        expr: The column.
    """
    return _mark(expr, is_remote=True)


def resolved(element: Any) -> Any:
    """Return an expression with the columns behind attributes in it."""

    def replace(node: ClauseElement) -> ClauseElement | None:
        resolve = getattr(node, "_resolve", None)
        return None if resolve is None else resolve()

    return transform(element, replace)


class JoinCondition:
    """The analysed condition between two tables.

    Args:
        name: The relationship, for messages.
        parent: What the parent side selects from.
        target: What the related side selects from.
        parent_table: The parent's own table.
        target_table: The related class's own table.
        secondary: The table between the two, or None.
        primaryjoin, secondaryjoin: The conditions, or None to find them.
        foreign_keys: Columns that hold the key, or None.
        remote_side: Columns of the related side, or None.
        self_referential: Both sides are the same hierarchy.

    Attributes:
        primaryjoin, secondaryjoin: The conditions.
        direction: A ``RelationshipDirection``.
        local_remote_pairs: Pairs of columns that correspond.
        synchronize_pairs: Pairs (source, foreign) of the primaryjoin.
        secondary_synchronize_pairs: The same of the secondaryjoin.
        remote_columns, local_columns: Sets.
    """

    def __init__(
        self,
        name: str,
        parent: Any,
        target: Any,
        parent_table: Any,
        target_table: Any,
        secondary: Any,
        primaryjoin: Any,
        secondaryjoin: Any,
        foreign_keys: Iterable[Any] | None,
        remote_side: Iterable[Any] | None,
        self_referential: bool,
    ) -> None:
        self.name = name
        self.parent, self.target = parent, target
        self.parent_table, self.target_table = parent_table, target_table
        self.secondary = secondary
        self.self_referential = self_referential
        self.given_foreign = set(foreign_keys or ())
        self.given_remote = set(remote_side or ())
        self._find_conditions(primaryjoin, secondaryjoin)
        self._take_marks()
        self._find_pairs()
        self._find_direction()

    # -- the conditions ------------------------------------------------------

    def _find_conditions(self, primaryjoin: Any, secondaryjoin: Any) -> None:
        if secondaryjoin is not None and self.secondary is None:
            raise exc.ArgumentError(
                f"Property {self.name} has a secondaryjoin and no secondary"
            )
        if self.secondary is not None and secondaryjoin is None:
            secondaryjoin = self._between(
                self.target, self.target_table, self.secondary
            )
        if primaryjoin is None:
            other = self.target if self.secondary is None else self.secondary
            primaryjoin = self._between(self.parent, self.parent_table, other)
        self.primaryjoin = resolved(primaryjoin)
        self.secondaryjoin = resolved(secondaryjoin)

    def _between(self, left: Any, left_table: Any, right: Any) -> Any:
        """Return the condition that the foreign keys between two give."""
        found = self._linked(left, right)
        if len(found) > 1:
            near = {
                constraint: pairs
                for constraint, pairs in found.items()
                if any(left_table.c.contains_column(c) for c in pairs[0])
            }
            found = near or found
        if len({tuple(pairs) for pairs in found.values()}) > 1:
            raise exc.AmbiguousForeignKeysError(
                f"Could not determine join condition for {self.name}: several"
                f" foreign keys link {left} and {right}; give foreign_keys="
                " with the columns that are meant"
            )
        if not found:
            raise exc.NoForeignKeysError(
                f"Could not determine join condition for {self.name}: no"
                f" foreign key links {left} and {right}; give primaryjoin=,"
                " or add a ForeignKey"
            )
        pairs = next(iter(found.values()))
        criteria = [a == b for a, b in pairs]
        return criteria[0] if len(criteria) == 1 else and_(*criteria)

    def _linked(
        self, left: Any, right: Any
    ) -> dict[Any, list[tuple[Any, Any]]]:
        """Return pairs of linked columns by foreign key constraint."""
        found: dict[Any, list[tuple[Any, Any]]] = {}
        sides = [(left, right)] if left is right else [
            (left, right), (right, left),
        ]  # fmt: skip
        for target, source in sides:
            for column in source.c:
                if self.given_foreign and column not in self.given_foreign:
                    continue
                for key in sorted(
                    getattr(column, "foreign_keys", ()),
                    key=lambda key: key._creation_order,
                ):
                    referred = self._referred(key)
                    if referred is None or not target.c.contains_column(
                        referred
                    ):
                        continue
                    found.setdefault(key.constraint, []).append(
                        (referred, column)
                    )
        return found

    @staticmethod
    def _referred(key: Any) -> Any:
        try:
            return key.column
        except exc.NoReferencedTableError:
            return None

    def _take_marks(self) -> None:
        """Collect what foreign() and remote() say, and take them out."""
        marked_remote: set[Any] = set()

        def replace(node: ClauseElement) -> ClauseElement | None:
            if not isinstance(node, _Marked):
                return None
            if node.is_foreign:
                self.given_foreign.add(node.element)
            if node.is_remote:
                marked_remote.add(node.element)
            return node.element  # type: ignore[no-any-return]

        self.primaryjoin = transform(self.primaryjoin, replace)
        self.secondaryjoin = transform(self.secondaryjoin, replace)
        self.given_remote |= marked_remote

    # -- the columns ---------------------------------------------------------

    def _is_foreign(self, column: Any, other: Any) -> bool:
        if self.given_foreign:
            return column in self.given_foreign
        if self.secondary is not None:
            return bool(self.secondary.c.contains_column(column))
        return bool(column.references(other))

    def _find_pairs(self) -> None:
        self.local_remote_pairs: list[tuple[Any, Any]] = []
        self.synchronize_pairs = self._pairs_of(self.primaryjoin)
        self.secondary_synchronize_pairs = (
            []
            if self.secondaryjoin is None
            else self._pairs_of(self.secondaryjoin)
        )
        if not self.synchronize_pairs:
            raise exc.ArgumentError(
                "Could not locate any relevant foreign key columns for"
                f" primary join condition '{self.primaryjoin}' on relationship"
                f" {self.name}: the condition must compare columns that are"
                " linked by ForeignKey, or marked by foreign()"
            )

    def _pairs_of(self, condition: Any) -> list[tuple[Any, Any]]:
        pairs: list[tuple[Any, Any]] = []
        for node in iterate(condition):
            if not isinstance(node, BinaryExpression):
                continue
            left, right = node.left, node.right
            if not isinstance(left, Column) or not isinstance(right, Column):
                continue
            if self._is_foreign(right, left):
                pairs.append((left, right))
            elif self._is_foreign(left, right):
                pairs.append((right, left))
        return pairs

    def _find_direction(self) -> None:
        if self.secondary is not None:
            self.direction = MANYTOMANY
            self.remote_columns = {
                column
                for pairs in (
                    self.synchronize_pairs,
                    self.secondary_synchronize_pairs,
                )
                for _, column in pairs
            }
            self.local_remote_pairs = [
                *self.synchronize_pairs,
                *self.secondary_synchronize_pairs,
            ]
            self.local_columns = {a for a, _ in self.synchronize_pairs}
            return
        foreign = {column for _, column in self.synchronize_pairs}
        in_target = {c for c in foreign if self._has(self.target, c)}
        in_parent = {c for c in foreign if self._has(self.parent, c)}
        if in_target and in_parent:
            both = self.given_remote
            many_to_one = bool(both) and not (both & foreign)
            self.direction = MANYTOONE if many_to_one else ONETOMANY
        elif in_target:
            self.direction = ONETOMANY
        elif in_parent:
            self.direction = MANYTOONE
        else:
            raise exc.ArgumentError(
                f"Can't determine relationship direction for {self.name}: its"
                " foreign key columns are in neither of the two tables"
            )
        if self.direction is ONETOMANY:
            self.local_remote_pairs = list(self.synchronize_pairs)
        else:
            self.local_remote_pairs = [
                (b, a) for a, b in self.synchronize_pairs
            ]
        self.remote_columns = {b for _, b in self.local_remote_pairs}
        self.local_columns = {a for a, _ in self.local_remote_pairs}
        if not self.given_remote and not self.self_referential:
            self.remote_columns |= {
                node
                for node in iterate(self.primaryjoin)
                if isinstance(node, Column)
                and self._has(self.target, node)
                and not self._has(self.parent, node)
            }

    @staticmethod
    def _has(selectable: Any, column: Any) -> bool:
        tables = getattr(selectable, "_tables", None)
        if tables is None:
            return bool(selectable.c.contains_column(column))
        return column.table in tables

    # -- other names ---------------------------------------------------------

    def adapted(self, local: Any, target: Any, secondary: Any = None) -> Any:
        """Return the conditions with other names of the two sides.

        Args:
            local: Function from a column of the parent side to what stands
                for it, or None when it stands for itself.
            target: The same for the related side.
            secondary: The same for the table between.

        Returns:
            The primaryjoin and the secondaryjoin (None without secondary).
        """
        return (
            self._adapt(self.primaryjoin, local, secondary or target),
            None
            if self.secondaryjoin is None
            else self._adapt(self.secondaryjoin, target, secondary),
        )

    def _adapt(self, condition: Any, one: Any, other: Any) -> Any:
        remote = self.remote_columns

        def replace(node: ClauseElement) -> ClauseElement | None:
            if not isinstance(node, Column):
                return None
            side = other if self._is_remote_side(node, remote) else one
            found = None if side is None else side(node)
            return node if found is None else found

        # A column compared with itself: the sides differ by place only.
        def binary(node: ClauseElement) -> ClauseElement | None:
            if (
                isinstance(node, BinaryExpression)
                and node.left is node.right
                and node.operator is operator.eq
            ):
                left = one(node.left) if one else None
                right = other(node.right) if other else None
                return node._replace(
                    left=node.left if left is None else left,
                    right=node.right if right is None else right,
                )
            return replace(node)

        return transform(condition, binary)

    def _is_remote_side(self, column: Any, remote: set[Any]) -> bool:
        if self.secondary is not None:
            return bool(self.secondary.c.contains_column(column))
        if column in remote:
            return True
        if column in self.local_columns:
            return False
        return self._has(self.target, column) and not (
            self.self_referential and self._has(self.parent, column)
        )
