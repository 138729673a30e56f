"""One unit of work: who belongs to it and the order of their statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ... import _core
from .. import events
from . import loader
from .dependencies import Dependency
from .order import Component, components, levels, sorted_rows
from .plans import by_mapper, looking, plan_of
from .post_update import PostUpdates
from .row_switch import row_switches, write_switched
from .rows import groups_of_savers
from .sync import Pairs

__all__ = ["Unit"]

NO_VALUE = _core.NO_VALUE


class Unit:
    """What a flush writes.

    Listeners get it as ``flush_context``.

    Args:
        session: The session.

    Attributes:
        session: The session.
    """

    def __init__(self, session: Any) -> None:
        self.session = session
        self.saves: dict[int, Any] = {}
        self.deletes: dict[int, Any] = {}
        self.listed: dict[int, Any] = {}
        self.inserted: list[Any] = []
        self.updated: list[Any] = []
        self.switched: list[Any] = []
        self._fresh_saves: list[Any] = []
        self._fresh_deletes: list[Any] = []
        self._added: set[tuple[Any, int]] = set()
        self._pairs: set[tuple[int, int, int]] = set()
        self._post_updates = PostUpdates()
        self._batch = _core.Batch(session)
        self._doomed: set[int] = set()
        self._connection: Any = None
        self._positions: dict[int, int] | None = None
        self.told = False

    # -- who belongs to it ---------------------------------------------------

    def holds(self, instance: Any) -> bool:
        """Say whether an instance is in the session, with a row to come.

        Args:
            instance: The instance.
        """
        return (
            instance._sac_session is self.session
            and instance._sac_state != "deleted"
        )

    def register(
        self,
        instance: Any,
        dependency: Dependency | None = None,
        operation: str = "",
        cancel_delete: bool = False,
    ) -> bool:
        """Make an instance one that is saved.

        Args:
            instance: The instance.
            dependency: Why, for warnings.
            operation: What is done to it, for warnings.
            cancel_delete: Even if it was to be deleted as an orphan.

        Returns:
            Whether it is in the session at all.
        """
        if instance is None:
            return False
        if not self.holds(instance):
            if dependency is not None:
                dependency.warn(instance, operation)
            return False
        key = id(instance)
        if key in self.deletes:
            if cancel_delete and id(instance) not in self._doomed:
                del self.deletes[key]
            else:
                return True
        if key not in self.saves:
            self.saves[key] = instance
            self._fresh_saves.append(instance)
        return True

    def doom(self, instance: Any) -> None:
        """Take in an instance that the program has deleted.

        Args:
            instance: The instance.
        """
        self._doomed.add(id(instance))
        self.register_delete(instance)

    def register_delete(
        self,
        instance: Any,
        dependency: Dependency | None = None,
        quiet: bool = False,
    ) -> bool:
        """Make an instance one that is deleted.

        Args:
            instance: The instance.
            dependency: Why, for warnings.
            quiet: Do not warn.

        Returns:
            Whether it was not one before.
        """
        if not self.holds(instance):
            if dependency is not None and not quiet:
                dependency.warn(instance, "delete")
            return False
        key = id(instance)
        if key in self.deletes or instance._sac_identity is None:
            return False
        self.saves.pop(key, None)
        self.deletes[key] = instance
        self._fresh_deletes.append(instance)
        return True

    def follow(self, instance: Any) -> None:
        """Keep an instance that is changed only where its row is already.

        Args:
            instance: The instance.
        """
        if self.holds(instance):
            self.listed[id(instance)] = instance

    def is_deleted(self, instance: Any) -> bool:
        """Say whether an instance is one that is deleted."""
        return id(instance) in self.deletes

    def is_saved(self, instance: Any) -> bool:
        """Say whether an instance is one that is saved."""
        return id(instance) in self.saves

    def settle(self, pairs: Pairs, instance: Any) -> None:
        """Have rowids put into an instance that no Saver reads.

        Args:
            pairs: The columns.
            instance: The instance.
        """
        pairs.settle(self._batch, instance)

    def note_added(self, dependency: Dependency, child: Any) -> None:
        """Note that an instance has got a parent."""
        self._added.add((dependency.prop, id(child)))

    def is_added(self, dependency: Dependency, child: Any) -> bool:
        """Say whether an instance has got a parent in this unit."""
        return (dependency.prop, id(child)) in self._added

    def first_pair(self, prop: Any, parent: Any, child: Any) -> bool:
        """Say whether two instances were not linked from the other side.

        Args:
            prop: A many-to-many relationship.
            parent: An instance that has it.
            child: An instance it leads to.
        """
        for reverse in prop._reverse:
            if (id(reverse), id(child), id(parent)) in self._pairs:
                return False
        self._pairs.add((id(prop), id(parent), id(child)))
        return True

    async def presort(self) -> None:
        """Bring in who belongs to the unit because of relationships."""
        while self._fresh_saves or self._fresh_deletes:
            deletes, self._fresh_deletes = self._fresh_deletes, []
            for plan, instances in by_mapper(deletes):
                for each in plan.dependencies:
                    await each.presort_deletes(self, instances)
            saves, self._fresh_saves = self._fresh_saves, []
            saves = [each for each in saves if id(each) in self.saves]
            for plan, instances in by_mapper(saves):
                for each in plan.dependencies:
                    await each.presort_saves(self, instances)
                if plan.version is not None:
                    await loader.load_columns(
                        self.session, instances, [plan.version]
                    )
        for plan, instances in by_mapper(self.deletes.values()):
            if plan.version is not None:
                await loader.load_columns(
                    self.session, instances, [plan.version]
                )

    # -- statements ----------------------------------------------------------

    def execute(
        self,
        statement: Any,
        parameters: Any,
        expect: int | None = None,
        error: Any = None,
    ) -> None:
        """Append a statement of a relationship.

        Args:
            statement: The statement.
            parameters: Its parameters.
            expect: How many rows it changes.
            error: Gives the exception when it changes another number.
        """
        self._batch.execute(statement, parameters, expect, error)

    def post_update(
        self, instance: Any, mapper: Any, columns: Iterable[Any]
    ) -> None:
        """Note columns that are written when all rows are there.

        Args:
            instance: The instance.
            mapper: The mapper that has the columns.
            columns: The columns.
        """
        if self.holds(instance):
            self._post_updates.add(instance, mapper, columns)

    async def run(self, commit: bool) -> bool:
        """Write everything.

        Args:
            commit: Commit the transaction, too.

        Returns:
            Whether that was done.
        """
        saves, deletes = list(self.saves.values()), list(self.deletes.values())
        for plan, instances in by_mapper(deletes):
            for each in plan.dependencies:
                each.before(self, instances)
        parts = self._components(saves, deletes)
        for part in parts:
            for instances in self._save_order(part):
                await self._save_related(instances)
        self._finish(saves, deletes)
        for part in reversed(parts):
            for instances in self._delete_order(part):
                await self._delete(instances)
        done = await self._batch.run(commit=commit and not self.told)
        return bool(done)

    def _components(
        self, saves: list[Any], deletes: list[Any]
    ) -> list[Component]:
        from ..mapper import Mapper

        bases = dict.fromkeys(
            type(each).__mapper__.base_mapper for each in (*saves, *deletes)
        )
        return components(tuple(bases), Mapper.layout)

    def _finish(self, saves: list[Any], deletes: list[Any]) -> None:
        """Write what links rows once they are all there."""
        by_prop: dict[int, _Late] = {}
        for at, group in enumerate((saves, deletes)):
            for plan, instances in by_mapper(group):
                for each in plan.dependencies:
                    if each.late:
                        late = by_prop.setdefault(id(each), _Late(each))
                        late.groups[at].extend(instances)
        for late in by_prop.values():
            late.dependency.after_all(self, *late.groups)
        self._post_updates.write(self)

    # -- saving --------------------------------------------------------------

    def _of(self, part: Component, group: Iterable[Any]) -> list[Any]:
        return [
            each
            for each in group
            if type(each).__mapper__.base_mapper in part.bases
        ]

    def _save_order(self, part: Component) -> Iterator[list[Any]]:
        instances = self._of(part, self.saves.values())
        if not part.cyclic:
            if instances:
                yield instances
            return
        instances = self._in_order(instances)
        edges = [
            edge
            for plan, group in by_mapper(instances)
            for each in plan.dependencies
            for edge in each.edges(group)
            if edge[0] is not edge[1] or edge[0]._sac_identity is None
        ]
        late = looking(instances, part)
        for level in levels(instances, edges, _shown, late):
            for base in part.bases:
                found = [
                    each
                    for each in level
                    if type(each).__mapper__.base_mapper is base
                ]
                if found:
                    yield found

    def _in_order(self, instances: list[Any]) -> list[Any]:
        """Return updates by primary key, then inserts as they were added."""
        fresh = [each for each in instances if each._sac_identity is None]
        known = [each for each in instances if each._sac_identity is not None]
        if len({type(each) for each in fresh}) > 1:
            fresh.sort(key=self._position)
        if len({type(each).__mapper__.base_mapper for each in known}) == 1:
            known = sorted_rows(known)
        return known + fresh

    def _position(self, instance: Any) -> int:
        if self._positions is None:
            self._positions = {
                id(each): at for at, each in enumerate(self.session.new)
            }
        return self._positions.get(id(instance), 0)

    async def _save_related(self, instances: list[Any]) -> None:
        """Save instances between the foreign keys they follow and lead."""
        grouped = list(by_mapper(instances))
        for plan, group in grouped:
            for each in plan.dependencies:
                each.before_save(self, group)
        await self.save(instances)
        if any(each._sac_primary_key() is None for each in instances):
            await self._batch.run()  # the database makes their keys
        for plan, group in grouped:
            for each in plan.dependencies:
                each.after_save(self, group)

    async def save(self, instances: list[Any]) -> None:
        """Write instances of one hierarchy, without their relationships.

        Args:
            instances: The instances.
        """
        ordered = self._in_order(instances)
        inserts = [each for each in ordered if each._sac_identity is None]
        updates = [each for each in ordered if each._sac_identity is not None]
        switches = row_switches(self, inserts)
        if switches:
            inserts = [each for each in inserts if id(each) not in switches]
        listeners = self._listeners(ordered, ("insert", "update"))
        if listeners:
            await self._tell("before_insert", inserts)
            await self._tell("before_update", updates)
        self._write_rows(inserts, updates)
        for old, new in switches.values():
            write_switched(self, self._batch, old, new)
            self.inserted.append(new)
        self.inserted += inserts
        self.updated += updates
        if listeners:
            await self._batch.run()
            await self._tell("after_insert", inserts)
            await self._tell("after_update", updates)

    def _write_rows(self, inserts: list[Any], updates: list[Any]) -> None:
        batch = self._batch
        forced = _forced(updates)
        for saver, group in groups_of_savers(updates):
            saver.update(batch, group, forced)
        for saver, group in groups_of_savers(inserts):
            saver.insert(batch, group)

    # -- deleting ------------------------------------------------------------

    def _delete_order(self, part: Component) -> Iterator[list[Any]]:
        instances = self._of(part, self.deletes.values())
        if not part.cyclic:
            if instances:
                yield sorted_rows(instances)
            return
        by_base = [
            sorted_rows(
                [
                    each
                    for each in instances
                    if type(each).__mapper__.base_mapper is base
                ]
            )
            for base in part.bases
        ]
        ordered = [each for group in by_base for each in group]
        edges = [
            edge
            for plan, group in by_mapper(ordered)
            for each in plan.dependencies
            for edge in each.delete_edges(group, ordered)
            if edge[0] is not edge[1]
        ]
        for level in levels(ordered, edges, _shown):
            for base in part.bases:
                found = [
                    each
                    for each in level
                    if type(each).__mapper__.base_mapper is base
                ]
                if found:
                    yield found

    async def _delete(self, instances: list[Any]) -> None:
        listeners = self._listeners(instances, ("delete",))
        if listeners:
            await self._tell("before_delete", instances)
        gone = [each for each in instances if id(each) in self.deletes]
        for saver, group in groups_of_savers(gone, backwards=True):
            saver.delete(self._batch, group)
        if listeners:
            await self._batch.run()
            await self._tell("after_delete", gone)

    # -- listeners -----------------------------------------------------------

    def _listeners(
        self, instances: Iterable[Any], names: tuple[str, ...]
    ) -> bool:
        mappers = {type(each).__mapper__ for each in instances}
        return any(
            events.has(mapper, f"{when}_{name}")
            for mapper in mappers
            for name in names
            for when in ("before", "after")
        )

    async def _tell(self, name: str, instances: list[Any]) -> None:
        """Call who listens; what was written before is there by then."""
        told = [
            each
            for each in instances
            if events.has(type(each).__mapper__, name)
        ]
        if not told:
            return
        self.told = True
        await self._batch.run()
        if self._connection is None:
            self._connection = await events.connection_of(self.session)
        for each in told:
            mapper = type(each).__mapper__
            events.fire(mapper, name, self._connection, each)


class _Late:
    """A relationship that is dealt with last, with saved and deleted ones."""

    def __init__(self, dependency: Dependency) -> None:
        self.dependency = dependency
        self.groups: tuple[list[Any], list[Any]] = ([], [])


def _forced(updates: list[Any]) -> bool:
    """Say whether versions count although another table has the change."""
    for each in updates:
        plan = plan_of(type(each).__mapper__)
        if plan.version is not None and not plan.simple:
            return True
    return False


def _shown(instance: Any) -> str:
    return f"<{type(instance).__name__} at 0x{id(instance):x}>"
