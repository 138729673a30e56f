"""How rows become instances, and what happens when something is not loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _core, exc
from .exc import DetachedInstanceError
from .properties import ColumnProperty
from .relationships import RelationshipProperty

__all__ = ["entity_plan", "load_attribute"]


def entity_plan(
    mapper: Any, loaded: Sequence[ColumnProperty], positions: Sequence[int]
) -> Any:
    """Return what makes instances of a class of the cells of a row.

    Args:
        mapper: The mapper of the class.
        loaded: The properties that are selected.
        positions: The cells, one for each column of each property.
    """
    cells = iter(positions)
    places = {
        column: next(cells) for prop in loaded for column in prop.columns
    }
    # Of several columns of a property, any has the value.
    first = {prop.key: places[prop.columns[0]] for prop in loaded}
    return _plan(mapper, loaded, places, first, _subclasses(mapper))


def _plan(
    mapper: Any,
    loaded: Sequence[ColumnProperty],
    places: dict[Any, int],
    first: dict[str, int],
    below: Sequence[Any],
) -> Any:
    slots = mapper.mapping.slots
    columns = tuple(
        (slots[prop.key], first[prop.key], prop.columns[0].type.codec())
        for prop in loaded
        if prop.key in slots
    )
    key: Any = tuple(
        places.get(column, first.get(mapper._property_of(column).key))
        for column in mapper.primary_key
    )
    polymorphic = None
    if below:
        column = mapper.polymorphic_on
        plans = {
            each.polymorphic_identity: _plan(each, loaded, places, first, ())
            for each in below
        }
        place = places.get(column)
        if place is None:
            prop = mapper._property_of(column)
            place = None if prop is None else first.get(prop.key)
        if place is not None:
            polymorphic = place, column.type.codec(), plans
    return _core.EntityPlan(mapper.mapping, key, columns, polymorphic)


def _subclasses(mapper: Any) -> list[Any]:
    if mapper.polymorphic_on is None:
        return []
    found = [
        each
        for each in mapper.self_and_descendants
        if each.polymorphic_identity is not None
    ]
    return found if len(found) > 1 or mapper not in found else []


def configure_mapping(mapping: Any) -> None:
    """Resolve the mappers before a class is used for the first time."""
    mapper = mapping.mapper
    if mapper is not None:
        mapper.registry.configure()


def load_attribute(instance: Any, attribute: Any) -> Any:
    """Give the value of an attribute that is not loaded.

    Args:
        instance: An instance that has, or had, a row.
        attribute: The attribute.

    Raises:
        DetachedInstanceError: It has no session.
        MissingGreenlet: Its session can read only where it is awaited.
    """
    prop = attribute.property
    name = f"{type(instance).__name__}.{attribute.key}"
    if instance._sac_session is None:
        raise _detached(instance, attribute, prop)
    if isinstance(prop, RelationshipProperty):
        hint = f"selectinload({name})"
    else:
        hint = f"undefer({name})"
    raise exc.MissingGreenlet(
        f"{name} is not loaded, and reading it needs the database, which is"
        " awaited: load it with the query, as by"
        f" .options({hint}), or by"
        f" 'await session.refresh(obj, [{attribute.key!r}])'"
    )


def _detached(instance: Any, attribute: Any, prop: Any) -> Exception:
    where = f"<{type(instance).__name__} at 0x{id(instance):x}>"
    if isinstance(prop, RelationshipProperty):
        return DetachedInstanceError(
            f"Parent instance {where} is not bound to a Session; lazy load"
            f" operation of attribute {attribute.key!r} cannot proceed"
        )
    if prop.deferred and not instance._sac_expired:
        return DetachedInstanceError(
            f"Parent instance {where} is not bound to a Session; deferred load"
            f" operation of attribute {attribute.key!r} cannot proceed"
        )
    return DetachedInstanceError(
        f"Instance {where} is not bound to a Session; attribute refresh"
        " operation cannot proceed"
    )
