"""What a flush does for a relationship.

Each kind answers the same questions: who belongs to the unit because of it,
who is written before whom, and which foreign keys are set when.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ... import _core, exc
from ..interfaces import MANYTOMANY, MANYTOONE
from . import loader
from .cascades import delete_cascade, has_parent
from .history import change_of, value_of
from .sync import Pairs, has_moved, stored

if TYPE_CHECKING:
    from .unit import Unit

__all__ = ["Dependency", "ManyToOne", "OneToMany", "dependency_of"]

NO_VALUE = _core.NO_VALUE


def dependency_of(prop: Any) -> Dependency:
    """Return what a flush does for a relationship.

    Args:
        prop: The relationship.
    """
    found: Dependency | None = prop.__dict__.get("_dependency")
    if found is None:
        found = prop.__dict__["_dependency"] = _make(prop)
    return found


def _make(prop: Any) -> Dependency:
    if prop.direction is MANYTOMANY:
        from .associations import ManyToMany

        return ManyToMany(prop)
    return ManyToOne(prop) if prop.direction is MANYTOONE else OneToMany(prop)


class Dependency:
    """What a flush does for a relationship.

    Args:
        prop: The relationship.

    Attributes:
        prop: The relationship.
        parent: The mapper that has it.
        target: The mapper it leads to.
        followed: Names of the parent's attributes that others follow.
        late: It is dealt with when all rows of the unit are there.
    """

    followed: Sequence[str] = ()
    late = False

    def __init__(self, prop: Any) -> None:
        self.prop = prop
        self.key = prop.key
        self.parent = prop.parent
        self.target = prop.mapper
        self.cascade = prop.cascade
        self.passive_deletes = prop.passive_deletes
        self.passive_updates = prop.passive_updates
        self.post_update = prop.post_update

    async def presort_deletes(self, unit: Unit, parents: list[Any]) -> None:
        """Bring in whom it concerns that parents are deleted."""

    async def presort_saves(self, unit: Unit, parents: list[Any]) -> None:
        """Bring in whom it concerns that parents are saved."""

    def before(self, unit: Unit, parents: Iterable[Any]) -> None:
        """Change instances before they are saved: parents are deleted."""

    def before_save(self, unit: Unit, parents: Iterable[Any]) -> None:
        """Change parents before they are saved themselves."""

    def after_save(self, unit: Unit, parents: Iterable[Any]) -> None:
        """Change others after parents were saved."""

    def after_all(self, unit: Unit, saved: list[Any], gone: list[Any]) -> None:
        """Do the rest when all saves of the unit are done."""

    def edges(self, parents: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
        """Yield (who is saved first, who is saved after) of saved parents."""
        return ()

    def leads(self, parents: Iterable[Any]) -> bool:
        """Say whether the relationship of a saved parent is set."""
        return not self.post_update and any(
            value is not NO_VALUE and (not self.prop.uselist or value)
            for value in (each._sac_peek(self.key) for each in parents)
        )

    def looking(self, parents: Iterable[Any]) -> Iterable[Any]:
        """Yield saved parents that look for a foreign key first."""
        return ()

    def delete_edges(
        self, parents: Sequence[Any], gone: Sequence[Any]
    ) -> Iterable[tuple[Any, Any]]:
        """Yield (who is deleted first, who is deleted after)."""
        return ()

    def warn(
        self, child: Any, operation: str, also_deleted: bool = False
    ) -> None:
        """Warn that a related instance is in no session.

        Args:
            child: The instance.
            operation: What will not be done.
            also_deleted: Even if it was in the session and is deleted.
        """
        if child._sac_state == "deleted" and not also_deleted:
            return
        warnings.warn(
            f"Object of type <{type(child).__name__}> not in session,"
            f" {operation} operation along '{self.prop}' will not proceed",
            exc.SAWarning,
            stacklevel=2,
        )

    async def delete_orphan(self, unit: Unit, child: Any) -> None:
        """Delete a child that has lost its parent, with what belongs to it.

        Args:
            unit: The unit.
            child: The instance.
        """
        await delete_orphan(unit, child, self)


async def delete_orphan(
    unit: Unit, child: Any, dependency: Dependency | None = None
) -> None:
    """Delete an instance that has lost its parent, with its own.

    Args:
        unit: The unit.
        child: The instance.
        dependency: Why, for warnings.
    """
    if unit.register_delete(child, dependency):
        async with loader.no_flush(unit.session):
            found = await delete_cascade(unit.session, child)
        for each in found:
            unit.register_delete(each)


class OneToMany(Dependency):
    """The foreign key is on the side of the related instances."""

    def __init__(self, prop: Any) -> None:
        super().__init__(prop)
        self.pairs = Pairs(
            self.parent, self.target, prop.synchronize_pairs, str(prop)
        )
        self.followed = self.pairs.sources
        self.late = self.post_update
        self.hands_off = self.passive_deletes == "all"

    async def presort_deletes(self, unit: Unit, parents: list[Any]) -> None:
        """Bring in children that lose their parent."""
        if not self.passive_deletes:
            await loader.load(unit.session, self.prop, parents)
        for parent in parents:
            change = change_of(parent, self.prop)
            for child in change.deleted:
                if not unit.is_added(self, child):
                    if self.cascade.delete or self.cascade.delete_orphan:
                        unit.register_delete(child, quiet=True)
                    else:
                        unit.register(child)
            if not self.cascade.delete and not self.hands_off:
                for child in change.unchanged:
                    unit.register(child, self, "delete")

    async def presort_saves(self, unit: Unit, parents: list[Any]) -> None:
        """Bring in children that come, go, or follow."""
        await self._load_replaced(unit, parents)
        changes = []
        for parent in parents:
            change = change_of(parent, self.prop)
            changes.append((parent, change))
            for child in change.added:
                if child is not None:
                    unit.register(child, self, "add", cancel_delete=True)
                    unit.note_added(self, child)
        for parent, change in changes:
            for child in change.deleted:
                await self._presort_removed(unit, child)
            if has_moved(parent, self.followed):
                await self._presort_moved(unit, parent)

    async def _load_replaced(self, unit: Unit, parents: list[Any]) -> None:
        """Find out what there was where a collection was replaced unread."""
        for parent in parents:
            if parent._sac_identity is None:
                continue
            if parent._sac_changes.get(self.key) is NO_VALUE:
                await loader.load_replaced(unit.session, self.prop, parent)

    async def _presort_removed(self, unit: Unit, child: Any) -> None:
        if not self.cascade.delete_orphan:
            if not self.hands_off:
                unit.register(child, self, "delete")
        elif not unit.is_added(self, child) and not has_parent(
            self.prop, child
        ):
            await self.delete_orphan(unit, child)

    async def _presort_moved(self, unit: Unit, parent: Any) -> None:
        if not self.passive_updates:
            await loader.load(unit.session, self.prop, [parent])
        for child in change_of(parent, self.prop).unchanged:
            if child is None:
                continue
            if self.passive_updates:
                unit.follow(child)
            else:
                unit.register(child, self, "pk change")

    def before(self, unit: Unit, parents: Iterable[Any]) -> None:
        """Take the foreign keys away from children of deleted parents."""
        if self.hands_off and not self.post_update:
            return
        for parent in parents:
            change = change_of(parent, self.prop)
            for child in change.deleted:
                if not unit.is_added(self, child) and not has_parent(
                    self.prop, child
                ):
                    self._clear(unit, child)
            if self.post_update or not self.cascade.delete:
                for child in change.unchanged:
                    if child is not None and not unit.is_added(self, child):
                        self._clear(unit, child)

    def _clear(self, unit: Unit, child: Any) -> None:
        if not self.post_update and unit.is_deleted(child):
            return
        self.pairs.clear(child)
        if self.post_update:
            unit.post_update(child, self.target, self.pairs.columns)

    def after_save(self, unit: Unit, parents: Iterable[Any]) -> None:
        """Set the foreign keys of children."""
        if not self.post_update:
            for parent in parents:
                self._synchronize(unit, parent)

    def after_all(self, unit: Unit, saved: list[Any], gone: list[Any]) -> None:
        """Set the foreign keys of children that are updated afterwards."""
        if self.post_update:
            for parent in saved:
                self._synchronize(unit, parent)

    def _synchronize(self, unit: Unit, parent: Any) -> None:
        change = change_of(parent, self.prop)
        for child in change.added:
            if child is None:
                continue
            if self.post_update or not unit.is_deleted(child):
                self.pairs.populate(parent, child)
                if self.post_update or not unit.is_saved(child):
                    unit.settle(self.pairs, child)
            if self.post_update:
                unit.post_update(child, self.target, self.pairs.columns)
        if not self.cascade.delete_orphan and not self.hands_off:
            for child in change.deleted:
                if not unit.is_added(self, child) and not self._has_other(
                    parent, child
                ):
                    self._clear(unit, child)
        if has_moved(parent, self.followed):
            for child in change.unchanged:
                if child is None or unit.is_deleted(child):
                    continue
                if self.passive_updates:
                    self.pairs.follow(parent, child)
                    unit.follow(child)
                else:
                    self.pairs.populate(parent, child)

    def _has_other(self, parent: Any, child: Any) -> bool:
        """Say whether a child has got another parent by its own attribute."""
        for reverse in self.prop._reverse:
            value = child._sac_peek(reverse.key)
            if reverse.uselist or value is NO_VALUE or value is None:
                continue
            if value is not parent:
                return True
        return False

    def edges(self, parents: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
        """Yield parents and their children."""
        if self.post_update:
            return
        for parent in parents:
            if comes_first(parent, self.followed):
                for child in value_of(parent, self.key):
                    yield parent, child

    def delete_edges(
        self, parents: Sequence[Any], gone: Sequence[Any]
    ) -> Iterable[tuple[Any, Any]]:
        """Yield children and their parents."""
        if self.post_update:
            return
        children = [
            each for each in gone if type(each).__mapper__.isa(self.target)
        ]
        yield from referring(self.pairs, children, parents)
        for parent in parents:
            for child in value_of(parent, self.key):
                yield child, parent


class ManyToOne(Dependency):
    """The foreign key is on the side of the parent."""

    def __init__(self, prop: Any) -> None:
        super().__init__(prop)
        self.pairs = Pairs(
            self.target, self.parent, prop.synchronize_pairs, str(prop)
        )
        self.late = self.post_update

    async def presort_deletes(self, unit: Unit, parents: list[Any]) -> None:
        """Delete what a deleted parent takes along."""
        if not (self.cascade.delete or self.cascade.delete_orphan):
            return
        if not self.passive_deletes:
            await loader.load(unit.session, self.prop, parents)
        for parent in parents:
            change = change_of(parent, self.prop)
            gone = [*change.added, *change.unchanged]
            if self.cascade.delete_orphan:
                gone += change.deleted
            for child in gone:
                if child is not None:
                    await self.delete_orphan(unit, child)

    async def presort_saves(self, unit: Unit, parents: list[Any]) -> None:
        """Delete orphans: the related one, or the parent itself."""
        backwards = [
            each for each in self.prop._reverse if each.cascade.delete_orphan
        ]
        if not backwards and not self.cascade.delete_orphan:
            return
        for parent in parents:
            if parent._sac_identity is None:
                continue
            change = change_of(parent, self.prop)
            if self.cascade.delete_orphan:
                for child in change.deleted:
                    if not has_parent(self.prop, child):
                        await self.delete_orphan(unit, child)
            if change.deleted and change.added and change.added[0] is None:
                for each in backwards:
                    await dependency_of(each).delete_orphan(unit, parent)

    def before_save(self, unit: Unit, parents: Iterable[Any]) -> None:
        """Set the foreign keys of parents."""
        if not self.post_update:
            for parent in parents:
                self._synchronize(unit, parent)

    def after_all(self, unit: Unit, saved: list[Any], gone: list[Any]) -> None:
        """Set the foreign keys of parents that are updated afterwards."""
        if not self.post_update:
            return
        for parent in saved:
            if self._synchronize(unit, parent):
                unit.post_update(parent, self.parent, self.pairs.columns)
        if not self.cascade.delete_orphan and self.passive_deletes != "all":
            for parent in gone:
                change = change_of(parent, self.prop)
                related = [*change.added, *change.unchanged, *change.deleted]
                if any(each is not None for each in related):
                    self.pairs.clear(parent)
                    unit.post_update(parent, self.parent, self.pairs.columns)

    def _synchronize(self, unit: Unit, parent: Any) -> bool:
        """Set the foreign key of one. -> whether there is a change."""
        change = change_of(parent, self.prop)
        if not change.added:
            return False
        child = change.added[0]
        if not self.post_update and unit.is_deleted(parent):
            return False
        if child is None:
            self.pairs.clear(parent)
        elif not unit.holds(child):
            self.warn(child, "add", also_deleted=True)
            return False
        else:
            self.pairs.populate(child, parent)
            if self.post_update:
                unit.settle(self.pairs, parent)
        return True

    def edges(self, parents: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
        """Yield those that are referred to and the parents."""
        if self.post_update:
            return
        for parent in parents:
            for child in value_of(parent, self.key):
                if comes_first(child, self.pairs.sources):
                    yield child, parent

    def looking(self, parents: Iterable[Any]) -> Iterable[Any]:
        """Yield those whose attribute was set, if only to None."""
        if self.post_update:
            return
        for parent in parents:
            if parent._sac_peek(self.key) is not NO_VALUE:
                yield parent

    def delete_edges(
        self, parents: Sequence[Any], gone: Sequence[Any]
    ) -> Iterable[tuple[Any, Any]]:
        """Yield parents and those that they refer to."""
        if self.post_update:
            return
        children = [
            each for each in gone if type(each).__mapper__.isa(self.target)
        ]
        yield from referring(self.pairs, parents, children)
        for parent in parents:
            change = change_of(parent, self.prop)
            for child in (*change.unchanged, *change.deleted):
                if child is not None:
                    yield parent, child


def comes_first(instance: Any, keys: Iterable[str]) -> bool:
    """Say whether those that refer to an instance have to wait for it.

    Args:
        instance: The instance.
        keys: Names of its attributes that they follow.
    """
    return instance._sac_identity is None or has_moved(instance, keys)


def referring(
    pairs: Pairs, children: Iterable[Any], parents: Iterable[Any]
) -> Iterable[tuple[Any, Any]]:
    """Yield children and parents whose rows refer to each other.

    Args:
        pairs: The columns of parents and those of children that follow.
        children: Instances that refer to others.
        parents: Instances that are referred to.
    """
    rows = {
        tuple(stored(each, key) for key in pairs.sources): each
        for each in parents
    }
    for child in children:
        values = tuple(stored(child, key) for key in pairs.keys)
        found = rows.get(values)
        if found is not None and found is not child:
            yield child, found
