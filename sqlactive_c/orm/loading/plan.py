"""What a statement loads with an entity: the resolved load plan.

A plan is decided once for each shape of a statement, when it is compiled,
and never changes.  It is a tree: a :class:`LoadPlan` for each entity that is
read from the rows, with a :class:`Joined` for each relationship that comes
with the same rows, and a :class:`Note` for each that takes another query.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Joined", "LoadPlan", "Loaded", "Memory", "Note"]


class Loaded(NamedTuple):
    """A property whose value comes with the row.

    Attributes:
        prop: The property.
        columns: The columns to select for it; any of them has the value.
    """

    prop: Any
    columns: tuple[Any, ...]


class Note(NamedTuple):
    """A relationship, or what else is loaded by a further query.

    Attributes:
        action: ``selectin``, ``subquery``, ``immediate``, or
            ``selectin_polymorphic``.
        prop: The relationship; None for ``selectin_polymorphic``.
        root: The entity at which the options are rooted.
        path: Keys of the relationships from the root of the options to it,
            its own the last.
        target: The entity to load; the related class or what ``of_type()``
            says.
        criteria: Conditions of ``and_()``.
        settings: What else the option says, as a dict: ``recursion``, the
            ``classes`` of ``selectin_polymorphic``.
    """

    action: str
    prop: Any
    root: Any
    path: tuple[str, ...]
    target: Any
    criteria: tuple[Any, ...]
    settings: dict[str, Any]


class Memory(NamedTuple):
    """What an instance remembers of the statement that loaded it.

    The instance has a pair of this and of the statement's options, whose
    values are those of the execution (``instance._sac_options``).

    Attributes:
        root: The entity at which the options are rooted.
        path: Keys of the relationships from there to the instance.
    """

    root: Any
    path: tuple[str, ...]


class LoadPlan(NamedTuple):
    """What is loaded for one entity, at one place in the statement.

    Attributes:
        entity: The entity: where the columns are read from.
        loaded: The properties that come with the row.
        joined: The relationships that come with the row.
        empty: Relationships that are set to nothing.
        notes: What is loaded by further queries.
        memory: What instances remember, or None.
        below: What comes with the row for derived classes: their mappers, each
            with what it adds.
    """

    entity: Any
    loaded: tuple[Loaded, ...]
    joined: tuple[Joined, ...]
    empty: tuple[Any, ...]
    notes: tuple[Note, ...]
    memory: Memory | None
    below: tuple[tuple[Any, tuple[Loaded, ...]], ...] = ()

    @property
    def has_collections(self) -> bool:
        """Whether rows repeat because a collection is joined to them."""
        return any(
            each.prop.uselist or each.plan.has_collections
            for each in self.joined
        )

    @property
    def has_notes(self) -> bool:
        """Whether further queries load something of it."""
        return bool(self.notes) or any(
            each.plan.has_notes for each in self.joined
        )


class Joined(NamedTuple):
    """A relationship whose instances come with the rows of the parent.

    Attributes:
        prop: The relationship.
        plan: What is loaded of the related entity.
        inner: How it is joined: True, False (an outer join), ``unnested``;
            None: the statement has the join already.
        criteria: Further conditions of the join.
    """

    prop: Any
    plan: LoadPlan
    inner: Any
    criteria: tuple[Any, ...]
