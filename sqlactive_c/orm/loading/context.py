"""From the options of a statement to a load plan.

:func:`plan_of` decides for every attribute of an entity whether it comes with
the row, by which column, or by which further query; and so on for the
entities that are joined to it.
"""

from __future__ import annotations

from typing import Any

from ...exc import InvalidRequestError
from ..entity import entity_of
from ..properties import ColumnProperty
from ..relationships import RelationshipProperty
from .options import Options, Setting
from .plan import Joined, Loaded, LoadPlan, Memory, Note

__all__ = ["loaded_columns", "plan_of"]

_FURTHER = frozenset(("selectin", "subquery", "immediate"))
_WITH_THE_ROW = frozenset(("joined", "contains_eager"))


def plan_of(entity: Any, options: Options) -> LoadPlan:
    """Return the load plan of an entity that a statement selects.

    Args:
        entity: The entity.
        options: The options of the statement.
    """
    origin = options.origin
    if origin is None:
        return _Place(options.rooted_at(entity), entity, (), ()).plan(entity)
    return _Place(
        options.rooted_at(origin.root),
        origin.root,
        origin.keys_from_root,
        origin.mappers,
        len(origin.keys_from_root),
    ).plan(entity)


def loaded_columns(entity: Any, options: Options) -> tuple[Loaded, ...]:
    """Return what is loaded of an entity itself.

    Args:
        entity: The entity.
        options: The options of the statement.
    """
    entity.mapper._configure_all()
    place = _Place(options.rooted_at(entity), entity, (), ())
    return place.loaded(entity)


class _Place:
    """Where in the tree an entity is: the root and the way from there.

    Args:
        options: The options, rooted at ``root``.
        root: The entity they are rooted at.
        path: Keys of the relationships.
        mappers: The mappers on the way, without the last.
        before: How many steps of the way are those of other statements.
    """

    def __init__(
        self,
        options: Options,
        root: Any,
        path: tuple[str, ...],
        mappers: tuple[Any, ...],
        before: int = 0,
    ) -> None:
        self.options = options
        self.root = root
        self.path = path
        self.mappers = mappers
        self.before = before

    def plan(self, entity: Any) -> LoadPlan:
        """Return the plan of the entity at the place."""
        mapper = entity.mapper
        mapper._configure_all()
        joined, empty, notes = [], [], []
        for prop in mapper._properties.values():
            if not isinstance(prop, RelationshipProperty):
                continue
            setting = self.options.relation(self.root, (*self.path, prop.key))
            action = prop.lazy if setting is None else setting.action
            if prop.written:
                _check_written(prop, action)
            elif action == "noload":
                empty.append(prop)
            elif action in _WITH_THE_ROW:
                found = self._joined(prop, mapper, setting)
                if found is not None:
                    joined.append(found)
            elif action in _FURTHER and self._goes_on(prop, mapper):
                notes.append(self._note(prop, action, setting))
        notes += self._subclasses(entity)
        memory = None
        if self.options.nodes:
            memory = Memory(self.root, self.path)
        return LoadPlan(
            entity,
            self.loaded(entity),
            tuple(joined),
            tuple(empty),
            tuple(notes),
            memory,
            tuple(
                (each, tuple(Loaded(*pair) for pair in loaded))
                for each, loaded in entity._loaded_below()
            ),
        )

    # -- columns -------------------------------------------------------------

    def loaded(self, entity: Any) -> tuple[Loaded, ...]:
        """Return what is loaded of the entity itself."""
        mapper = entity.mapper
        groups = self.options.groups(self.root, self.path)
        always = {
            mapper.get_property_by_column(column).key
            for column in (
                *mapper.primary_key,
                mapper.polymorphic_on,
                mapper.version_id_col,
            )
            if column is not None and mapper._property_of(column) is not None
        }
        found = []
        for prop in mapper._properties.values():
            if not isinstance(prop, ColumnProperty):
                continue
            setting = self.options.column(self.root, (*self.path, prop.key))
            columns = self._columns(entity, prop, setting, always, groups)
            if columns:
                found.append(Loaded(prop, columns))
        return tuple(found)

    @staticmethod
    def _columns(
        entity: Any,
        prop: Any,
        setting: Setting | None,
        always: set[str],
        groups: set[str],
    ) -> tuple[Any, ...]:
        if setting is not None and setting.action == "with_expression":
            return (entity._adapted(setting.settings["expression"]),)
        wanted = not prop.deferred
        if setting is not None:
            wanted = setting.action != "defer" or prop.key in always
        if prop.deferred and prop.deferred_group in groups:
            wanted = True
        return tuple(entity._columns_of((prop,))) if wanted else ()

    # -- relationships -------------------------------------------------------

    def _goes_on(self, prop: Any, mapper: Any, before: int = 0) -> bool:
        """Say whether a relationship is loaded that no option names."""
        if self.options.is_named(self.root, (*self.path, prop.key)):
            return True
        depth = prop.options.get("join_depth")
        if depth:
            return len(self.path) - before + 1 <= int(depth)
        related = prop.mapper
        passed = (*self.mappers[before:], mapper)
        return not any(each.isa(related) for each in passed)

    def _joined(
        self, prop: Any, mapper: Any, setting: Setting | None
    ) -> Joined | None:
        given = {} if setting is None else setting.settings
        attribute = None if setting is None else setting.attribute
        adds = setting is None or setting.action == "joined"
        if adds and not self._goes_on(prop, mapper, self.before):
            return None
        target = given.get("alias") or getattr(attribute, "_narrowed", None)
        if target is None or (adds and not target._is_alias):
            target = entity_of(prop.mapper if target is None else target)
            if adds:
                target = _alias_of(target)
        inner = None
        if adds:
            inner = given.get("innerjoin")
            inner = prop.innerjoin if inner is None else inner
        below = _Place(
            self.options,
            self.root,
            (*self.path, prop.key),
            (*self.mappers, mapper),
            self.before,
        )
        return Joined(
            prop, below.plan(target), inner, getattr(attribute, "_extra", ())
        )

    def _note(self, prop: Any, action: str, setting: Setting | None) -> Note:
        attribute = None if setting is None else setting.attribute
        target = getattr(attribute, "_narrowed", None)
        return Note(
            action,
            prop,
            self.root,
            (*self.path, prop.key),
            entity_of(prop.mapper) if target is None else target,
            getattr(attribute, "_extra", ()),
            {} if setting is None else setting.settings,
        )

    def _subclasses(self, entity: Any) -> list[Note]:
        classes = [
            *self.options.subclasses(self.root, self.path),
            *(
                entity_of(each)
                for each in entity.mapper.self_and_descendants[1:]
                if each.polymorphic_load == "selectin"
            ),
        ]
        if not classes:
            return []
        return [
            Note(
                "selectin_polymorphic",
                None,
                self.root,
                self.path,
                entity,
                (),
                {"classes": classes},
            )
        ]


def _check_written(prop: Any, action: str) -> None:
    """Refuse to load a collection that is never in memory."""
    if action in _FURTHER or action in _WITH_THE_ROW:
        raise InvalidRequestError(
            f"'{prop}' does not support object population: its collection is"
            f" never in memory, which lazy={prop.lazy!r} means"
        )


def _alias_of(entity: Any) -> Any:
    from ..util import aliased

    return aliased(entity.mapper.class_, flat=True).__entity_node__
