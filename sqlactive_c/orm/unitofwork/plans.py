"""What is known of a mapper once and for all of its flushes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .dependencies import Dependency, dependency_of
from .order import Component, relationships_of
from .savers import make_saver, make_whole_saver

__all__ = ["Plan", "by_mapper", "looking", "plan_of"]


class Plan:
    """How instances of a mapper are written.

    Args:
        mapper: The mapper.

    Attributes:
        mapper: The mapper.
        base: The base mapper of its hierarchy.
        tables: Its tables, that of the base first.
        dependencies: What a flush does for its relationships.
        written: Names of its collections that are never in memory.
        followed: Names of the attributes that rows of others follow.
        others_followed: Those that are not part of the primary key.
        version: Name of the attribute with the version, or None.
        equated: Pairs of attributes, by table, of which the second gets the
            value of the first before a row is inserted there.
    """

    def __init__(self, mapper: Any) -> None:
        self.mapper = mapper
        self.base = mapper.base_mapper
        self.tables = tuple(mapper.tables)
        self.dependencies: list[Dependency] = [
            dependency_of(prop) for prop in relationships_of(mapper)
        ]
        self.written = tuple(
            prop.key for prop in mapper.relationships if prop.written
        )
        self.followed = {
            key for each in self.dependencies for key in each.followed
        }
        self.others_followed = self.followed.difference(
            mapper.mapping.primary_key
        )
        version = mapper.version_id_col
        self.version: str | None = (
            None
            if version is None
            else mapper.get_property_by_column(version).key
        )
        self.equated = {
            table: pairs
            for table in self.tables[1:]
            if (pairs := _equated(mapper, table))
        }
        self._savers: dict[Any, Any] = {}

    @property
    def simple(self) -> bool:
        """Whether each instance is one row."""
        return len(self.tables) == 1

    def saver(self, table: Any) -> Any:
        """Return what writes the rows in one of the tables.

        Args:
            table: The table.
        """
        found = self._savers.get(table)
        if found is None:
            found = self._savers[table] = self._make_saver(table)
        return found

    @property
    def whole_saver(self) -> Any:
        """What writes a row of the only table and reads it back."""
        found = self._savers.get("whole")
        if found is None:
            found = make_whole_saver(self.mapper, self.tables[0])
            self._savers["whole"] = found
        return found

    def _make_saver(self, table: Any) -> Any:
        above = self.mapper.inherits
        if (
            above is not None
            and table in above.tables
            and _attributes(above, table) == _attributes(self.mapper, table)
        ):
            return plan_of(above).saver(table)
        return make_saver(self.mapper, table)


def _attributes(mapper: Any, table: Any) -> dict[Any, Any]:
    return {
        column: prop.key
        for column in table.c
        if (prop := mapper._property_of(column)) is not None
    }


def _equated(mapper: Any, table: Any) -> list[tuple[str, str]]:
    found = []
    for column in table.primary_key:
        for key in column.foreign_keys:
            source = mapper._property_of(key.column)
            own = mapper._property_of(column)
            if (
                source is not None
                and own is not None
                and source.key != own.key
                and key.column.table in mapper.tables
            ):
                found.append((source.key, own.key))
    return found


def plan_of(mapper: Any) -> Plan:
    """Return the plan of a mapper, made when it is first asked for.

    Args:
        mapper: The mapper.
    """
    found: Plan | None = mapper.__dict__.get("_plan")
    if found is None:
        found = mapper.__dict__["_plan"] = Plan(mapper)
    return found


def by_mapper(
    instances: Iterable[Any],
) -> Iterator[tuple[Plan, list[Any]]]:
    """Yield instances by their mapper, in the order of the first of each.

    Args:
        instances: The instances.
    """
    grouped: dict[Any, list[Any]] = {}
    for each in instances:
        grouped.setdefault(type(each).__mapper__, []).append(each)
    for mapper, group in grouped.items():
        yield plan_of(mapper), group


def looking(instances: Iterable[Any], part: Component) -> set[int]:
    """Return the ids of those that look for a foreign key first.

    Nobody has to where no instance is related to one of the same part.

    Args:
        instances: Instances that are saved.
        part: The tables they are in.
    """
    inside = [
        (each, group)
        for plan, group in by_mapper(instances)
        for each in plan.dependencies
        if each.target.base_mapper in part.bases
    ]
    if not any(each.leads(group) for each, group in inside):
        return set()
    return {
        id(found) for each, group in inside for found in each.looking(group)
    }
