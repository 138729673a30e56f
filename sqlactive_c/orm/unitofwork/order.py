"""What is written first: of tables, and of rows that refer to each other."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any

from ... import exc
from ..interfaces import MANYTOONE, ONETOMANY
from ..relationships import RelationshipProperty

__all__ = [
    "Component",
    "components",
    "levels",
    "relationships_of",
    "sorted_rows",
]

_KEPT = 64


class Component:
    """Hierarchies of mappers that can only be written together.

    Attributes:
        bases: Their base mappers.
        cyclic: Rows of them may refer to each other either way, so that the
            rows have to be ordered, not the tables.
    """

    __slots__ = ("bases", "cyclic")

    def __init__(self, bases: tuple[Any, ...], cyclic: bool) -> None:
        self.bases = bases
        self.cyclic = cyclic


def components(bases: Sequence[Any], layout: int) -> list[Component]:
    """Return hierarchies in the order in which they are inserted.

    Args:
        bases: The base mappers.
        layout: Changes whenever a mapping does.
    """
    orders = bases[0].__dict__.setdefault("_orders", {}) if bases else {}
    key = (layout, *bases)
    found: list[Component] | None = orders.get(key)
    if found is None:
        if len(orders) >= _KEPT:
            orders.clear()
        found = orders[key] = _components(bases)
    return found


def relationships_of(mapper: Any) -> list[Any]:
    """Return the relationships of a mapper that a flush looks at.

    Args:
        mapper: The mapper.
    """
    return [
        prop
        for prop in mapper._properties.values()
        if isinstance(prop, RelationshipProperty) and not prop.viewonly
    ]


def _components(bases: Sequence[Any]) -> list[Component]:
    place = {base: at for at, base in enumerate(bases)}
    after: dict[int, set[int]] = {at: set() for at in place.values()}
    itself: set[int] = set()
    for base, at in place.items():
        for first, then in _references(base):
            one, other = place.get(first), place.get(then)
            if one is None or other is None:
                continue
            if one == other:
                itself.add(at)
            else:
                after[one].add(other)
    _add_foreign_keys(place, after)
    return [
        Component(
            tuple(bases[at] for at in sorted(group)),
            len(group) > 1 or group[0] in itself,
        )
        for group in _strongly_connected(after)
    ]


def _references(base: Any) -> Iterable[tuple[Any, Any]]:
    """Yield base mappers: (the one that is referred to, the referring)."""
    for mapper in base.self_and_descendants:
        for prop in relationships_of(mapper):
            if prop.post_update or prop.parent is not mapper:
                continue
            other = prop.mapper.base_mapper
            if prop.direction is ONETOMANY:
                yield base, other
            elif prop.direction is MANYTOONE:
                yield other, base


def _add_foreign_keys(
    place: dict[Any, int], after: dict[int, set[int]]
) -> None:
    """Respect foreign keys without a relationship where that is possible."""
    owners = {
        table: at
        for base, at in place.items()
        for mapper in base.self_and_descendants
        for table in mapper.tables
    }
    for table, at in owners.items():
        for key in getattr(table, "foreign_keys", ()):
            try:
                other = owners.get(key.column.table)
            except exc.NoReferenceError:
                continue
            if other is None or other == at or at in after[other]:
                continue
            if not _leads(after, at, other):
                after[other].add(at)


def _leads(after: dict[int, set[int]], start: int, end: int) -> bool:
    seen, to_do = {start}, [start]
    while to_do:
        for each in after[to_do.pop()]:
            if each == end:
                return True
            if each not in seen:
                seen.add(each)
                to_do.append(each)
    return False


def _strongly_connected(after: dict[int, set[int]]) -> list[list[int]]:
    """Return groups that are connected both ways, in topological order.

    Of several orders it is the one that leaves most where it was.
    """
    reach = {at: _reachable(after, at) for at in after}
    groups: list[list[int]] = []
    group_of: dict[int, int] = {}
    for at in after:
        if at in group_of:
            continue
        group = [
            each
            for each in after
            if each == at or (each in reach[at] and at in reach[each])
        ]
        for each in group:
            group_of[each] = len(groups)
        groups.append(group)
    done: list[list[int]] = []
    left = list(range(len(groups)))
    while left:
        for number in left:
            if not any(
                groups[number][0] in reach[groups[other][0]]
                for other in left
                if other != number
            ):
                done.append(groups[number])
                left.remove(number)
                break
    return done


def _reachable(after: dict[int, set[int]], start: int) -> set[int]:
    seen: set[int] = set()
    to_do = [start]
    while to_do:
        for each in after[to_do.pop()]:
            if each not in seen:
                seen.add(each)
                to_do.append(each)
    return seen


def levels(
    instances: Sequence[Any],
    edges: Iterable[tuple[Any, Any]],
    describe: Callable[[Any], str],
    looking: Container[int] = (),
) -> list[list[Any]]:
    """Return instances in groups, each after those that it refers to.

    A foreign key is copied between two groups; who only looks whether there
    is one to copy comes half a step later than those that do not look.

    Args:
        instances: The instances; in a group they stay in this order.
        edges: (the one that comes first, the one that comes after).
        describe: Gives the name of an instance, for messages.
        looking: The ids of instances that look for a foreign key.

    Raises:
        CircularDependencyError: They refer to each other.
    """
    level = {id(each): int(id(each) in looking) for each in instances}
    after: dict[int, list[int]] = {}
    before = dict.fromkeys(level, 0)
    for first, then in edges:
        one, other = id(first), id(then)
        if one in level and other in level:
            after.setdefault(one, []).append(other)
            before[other] += 1
    ready = [key for key, count in before.items() if not count]
    done = 0
    while ready:
        key = ready.pop()
        done += 1
        for each in after.get(key, ()):
            level[each] = max(level[each], level[key] + 2)
            before[each] -= 1
            if not before[each]:
                ready.append(each)
    if done < len(level):
        names = [describe(each) for each in instances if before[id(each)] > 0]
        raise exc.CircularDependencyError(
            f"Circular dependency: {', '.join(names)} refer to each other;"
            " post_update=True on one of the relationships lets the rows be"
            " written first and linked afterwards",
            set(names),
            set(),
        )
    found: list[list[Any]] = [
        [] for _ in range(max(level.values(), default=-1) + 1)
    ]
    for each in instances:
        found[level[id(each)]].append(each)
    return [each for each in found if each]


def sorted_rows(instances: list[Any]) -> list[Any]:
    """Return persistent instances in the order of their primary keys.

    Args:
        instances: The instances, of one hierarchy.

    Raises:
        InvalidRequestError: The keys cannot be compared.
    """
    if len(instances) < 2:
        return instances
    try:
        return sorted(instances, key=_identity)
    except TypeError as error:
        raise exc.InvalidRequestError(
            "instances are written in the order of their primary keys, but"
            f" these cannot be compared: {error}"
        ) from error


def _identity(instance: Any) -> Any:
    return instance._sac_identity
