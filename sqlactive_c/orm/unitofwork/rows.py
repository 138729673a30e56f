"""Which Saver writes which instances, table by table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .plans import Plan, plan_of

__all__ = ["groups_of_savers"]


def groups_of_savers(
    instances: Sequence[Any], backwards: bool = False
) -> Iterator[tuple[Any, list[Any]]]:
    """Yield what writes instances of one hierarchy, and which of them.

    The table of the base class comes first, and in each table the instances
    stay in order.

    Args:
        instances: The instances.
        backwards: The table of the base class comes last.
    """
    if not instances:
        return
    plans = {type(each): plan_of(type(each).__mapper__) for each in instances}
    if len(plans) == 1:
        (plan,) = plans.values()
        for table in plan.tables[::-1] if backwards else plan.tables:
            _equate(plan, table, instances, backwards)
            yield plan.saver(table), list(instances)
        return
    tables = _tables(list(plans.values()))
    for table in tables[::-1] if backwards else tables:
        yield from _runs(table, instances, plans, backwards)


def _runs(
    table: Any,
    instances: Sequence[Any],
    plans: dict[Any, Plan],
    backwards: bool,
) -> Iterator[tuple[Any, list[Any]]]:
    saver: Any = None
    run: list[Any] = []
    for each in instances:
        plan = plans[type(each)]
        if table not in plan.tables:
            continue
        _equate(plan, table, (each,), backwards)
        found = plan.saver(table)
        if found is not saver:
            if run:
                yield saver, run
            saver, run = found, []
        run.append(each)
    if run:
        yield saver, run


def _equate(
    plan: Plan, table: Any, instances: Sequence[Any], backwards: bool
) -> None:
    """Give rows of a derived class's table the key of the base row."""
    pairs = plan.equated.get(table)
    if pairs is None or backwards:
        return
    for each in instances:
        for source, own in pairs:
            value = each._sac_peek(source)
            if each._sac_identity is None or source in each._sac_changes:
                each._sac_set(own, value)


def _tables(plans: Sequence[Plan]) -> list[Any]:
    """Return the tables of several mappers, parents first."""
    found: dict[Any, None] = {}
    for plan in sorted(plans, key=lambda each: len(each.tables)):
        found.update(dict.fromkeys(plan.tables))
    return list(found)
