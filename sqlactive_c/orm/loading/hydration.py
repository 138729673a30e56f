"""From a load plan to what the core makes instances by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ... import _core, exc
from ..interfaces import MANYTOONE
from .context import plan_of
from .options import Options
from .plan import Loaded, LoadPlan

__all__ = ["entity_plan", "found_plan", "row_plan"]


def entity_plan(
    mapper: Any,
    loaded: Sequence[Any],
    positions: Sequence[int],
    below: Sequence[Any] = (),
) -> Any:
    """Return what makes instances of a class of the cells of a row.

    Args:
        mapper: The mapper of the class.
        loaded: The properties that are selected.
        positions: The cells, one for each column of each property.
        below: What derived classes add: their mappers, each with a list of
            properties and columns, whose cells come next.
    """
    cells = iter(positions)
    places = {
        column: next(cells) for prop in loaded for column in prop.columns
    }
    # Of several columns of a property, any has the value.
    first = {prop.key: places[prop.columns[0]] for prop in loaded}
    maker = _Maker(mapper, loaded, places, first)
    maker.below = tuple(
        (
            each,
            [
                (prop, min(next(cells) for _ in columns))
                for prop, columns in own
            ],
        )
        for each, own in below
    )
    return maker.plan()


def row_plan(plan: LoadPlan, place: Callable[[Any], int]) -> Any:
    """Return what makes instances of the cells of a row, and those joined.

    Args:
        plan: The load plan of the entity.
        place: Function from a selected column to its cell.
    """
    mapper = plan.entity.mapper
    places: dict[Any, int] = {}
    first: dict[str, int] = {}
    for each in plan.loaded:
        cells = [place(column) for column in each.columns]
        places.update(zip(each.prop.columns, cells, strict=False))
        first[each.prop.key] = cells[0]
    maker = _Maker(mapper, [each.prop for each in plan.loaded], places, first)
    maker.types = {each.prop.key: _type(each) for each in plan.loaded}
    maker.followers = tuple(_followers(plan, place))
    maker.notes = tuple(_notes(plan)) or None
    maker.memory = plan.memory
    maker.below = tuple(
        (each, [(one.prop, place(one.columns[0])) for one in own])
        for each, own in plan.below
    )
    return maker.plan()


def found_plan(
    entity: Any, options: Any, find: Callable[[Any], int | None]
) -> Any:
    """Return what makes instances of the rows of another statement.

    Columns that are not there are not loaded, nor is what would need a join
    that the statement has not got.

    Args:
        entity: The entity.
        options: The options of the statement.
        find: Function from a column to its cell, None where there is none.

    Raises:
        NoSuchColumnError: A column of the primary key is not there.
    """
    plan = _found(plan_of(entity, Options(options)), find)
    key = entity.mapper.primary_key
    known = {column for each in plan.loaded for column in each.prop.columns}
    for column in key:
        if column not in known:
            raise exc.NoSuchColumnError(
                f"Could not locate column in row for column '{column}'"
            )

    def place(column: Any) -> int:
        cell = find(column)
        assert cell is not None
        return cell

    return row_plan(plan, place)


def _found(plan: LoadPlan, find: Callable[[Any], int | None]) -> LoadPlan:
    loaded = []
    for each in plan.loaded:
        columns = tuple(e for e in each.columns if find(e) is not None)
        if columns:
            loaded.append(Loaded(each.prop, columns))
    joined = tuple(
        each._replace(plan=_found(each.plan, find))
        for each in plan.joined
        if each.inner is None
    )
    below = tuple(
        (
            mapper,
            tuple(each for each in own if find(each.columns[0]) is not None),
        )
        for mapper, own in plan.below
    )
    return plan._replace(loaded=tuple(loaded), joined=joined, below=below)


def _type(loaded: Loaded) -> Any:
    return loaded.columns[0].type


def _followers(plan: LoadPlan, place: Callable[[Any], int]) -> Any:
    for each in plan.joined:
        yield _follower(plan, each.prop, row_plan(each.plan, place))
    for prop in plan.empty:
        yield _follower(plan, prop, None)


def _notes(plan: LoadPlan) -> Any:
    slots = plan.entity.mapper.mapping.slots
    for each in plan.notes:
        if each.prop is None:
            yield -1, None, each
        else:
            yield slots[each.prop.key], each.prop.key, each


def _follower(plan: LoadPlan, prop: Any, below: Any) -> tuple[Any, ...]:
    mapper = plan.entity.mapper
    attribute = getattr(mapper.class_, prop.key) if prop.uselist else None
    # Of a many-to-one relationship there cannot be several.
    name = None if prop.direction is MANYTOONE else str(prop)
    return mapper.mapping.slots[prop.key], below, attribute, name


class _Maker:
    """Makes the plan of a class and those of its subclasses."""

    def __init__(
        self,
        mapper: Any,
        loaded: Sequence[Any],
        places: dict[Any, int],
        first: dict[str, int],
    ) -> None:
        self.mapper = mapper
        self.loaded = loaded
        self.places = places
        self.first = first
        self.types = {prop.key: prop.columns[0].type for prop in loaded}
        self.followers: tuple[Any, ...] = ()
        self.notes: Any = None
        self.memory: Any = None
        self.below: tuple[tuple[Any, Sequence[Any]], ...] = ()

    def plan(self) -> Any:
        mapper = self.mapper
        below = _subclasses(mapper)
        if not below:
            return self.of(mapper, None)
        column = mapper.polymorphic_on
        place = self.places.get(column)
        if place is None:
            prop = mapper._property_of(column)
            place = None if prop is None else self.first.get(prop.key)
        if place is None:
            return self.of(mapper, None)
        plans = {
            each.polymorphic_identity: self.of(each, None) for each in below
        }
        return self.of(mapper, (place, column.type.codec(), plans))

    def of(self, mapper: Any, polymorphic: Any) -> Any:
        slots = mapper.mapping.slots
        columns = tuple(
            (
                slots[prop.key],
                self.first[prop.key],
                self.types[prop.key].codec(),
            )
            for prop in self.loaded
            if prop.key in slots
        )
        columns += tuple(self._own(mapper, {each[0] for each in columns}))
        key: Any = tuple(
            self.places.get(
                column, self.first.get(mapper._property_of(column).key)
            )
            for column in mapper.primary_key
        )
        return _core.EntityPlan(
            mapper.mapping,
            key,
            columns,
            polymorphic,
            self.followers,
            self.notes,
            self.memory,
        )

    def _own(self, mapper: Any, known: set[int]) -> Iterator[Any]:
        """Yield the columns that a derived class has more."""
        slots = mapper.mapping.slots
        for each, own in self.below:
            for prop, cell in own if mapper.isa(each) else ():
                slot = slots.get(prop.key)
                if slot is not None and slot not in known:
                    known.add(slot)
                    yield slot, cell, prop.columns[0].type.codec()


def _subclasses(mapper: Any) -> list[Any]:
    if mapper.polymorphic_on is None:
        return []
    found = [
        each
        for each in mapper.self_and_descendants
        if each.polymorphic_identity is not None
    ]
    return found if len(found) > 1 or mapper not in found else []
