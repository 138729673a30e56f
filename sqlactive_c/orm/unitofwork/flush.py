"""The flush: the hook ``flush_unit``."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ... import _core
from .. import events
from ..written import forget
from .dependencies import delete_orphan
from .order import components, sorted_rows
from .plans import Plan, by_mapper, plan_of
from .unit import Unit

__all__ = ["flush_unit", "read_back"]

read_back: set[int] = set()
"""Ids of instances whose rows are to be read back as they are written.

A flush that did so takes the id out: it wrote nothing else, and no trigger
changed anything after it.
"""

_MAPPER_EVENTS = frozenset(
    f"{when}_{name}"
    for when in ("before", "after")
    for name in ("insert", "update", "delete")
)


def flush_unit(
    session: Any, commit: bool = False, objects: Any = None
) -> Coroutine[Any, Any, bool] | None:
    """Write what a session has to write.

    Listeners to ``before_flush`` are called at once: when one raises, nothing
    has been done that were to be undone.

    Args:
        session: The session.
        commit: Commit the transaction, too.
        objects: The instances it is about, None for all.

    Returns:
        To be awaited: whether the transaction was committed. None when the
        listeners left nothing to write.
    """
    if not events.session_registry.armed:
        return _flush(session, commit, objects)
    unit = Unit(session)
    events.fire_session(session, "before_flush", unit, objects)
    groups = _core.gather(session)
    return _flush_told(unit, groups, objects) if groups else None


async def _flush(session: Any, commit: bool, objects: Any) -> bool:
    groups = _core.gather(session)
    if objects is None:
        if not groups:
            return False
        if _is_plain(groups):
            batch = _core.Batch(session)
            only = _only_one(groups) if read_back else None
            if only is None:
                written = _fill_plain(batch, groups)
            else:
                written = _fill_whole(batch, groups)
            done = await batch.run(commit)
            _core.written(session, *written)
            if only is not None and not session._sac_side_effects:
                read_back.discard(id(only))
            return bool(done)
    return await _flush_related(Unit(session), groups, commit, objects)


async def _flush_told(unit: Unit, groups: Any, objects: Any) -> bool:
    """Flush a session that somebody listens to."""
    session = unit.session
    await _flush_related(unit, groups, False, objects, True)
    for each in unit.deletes.values():
        events.fire_session(session, "persistent_to_deleted", each)
    for each in unit.inserted:
        events.fire_session(session, "pending_to_persistent", each)
    events.fire_session(session, "after_flush_postexec", unit)
    return False


# -- without relationships ----------------------------------------------------


def _is_plain(groups: Any) -> bool:
    """Say whether tables, not instances, tell the order of a flush."""
    armed = events.mapper_registry.armed
    if armed and not armed.keys().isdisjoint(_MAPPER_EVENTS):
        return False
    for mapper, pending, modified, doomed, related in groups:
        plan = plan_of(mapper)
        if (
            related
            or plan.equated
            or (
                (modified or doomed)
                and (
                    (pending and doomed)
                    or plan.version is not None
                    or (plan.others_followed and _moves(plan, modified))
                )
            )
        ):
            return False
    return len(groups) == 1 or len(groups) == len(
        {each[0].base_mapper for each in groups}
    )


def _moves(plan: Plan, modified: list[Any]) -> bool:
    return any(
        not plan.others_followed.isdisjoint(each._sac_changes)
        for each in modified
    )


def _fill_plain(batch: Any, groups: Any) -> Any:
    """Append the statements. -> what they insert, update and delete."""
    if len(groups) == 1:
        mapper, pending, modified, doomed, _ = groups[0]
        _fill_saves(batch, plan_of(mapper), pending, modified)
        if doomed:
            _fill_deletes(batch, plan_of(mapper), doomed)
        return pending, modified, doomed
    inserted: list[Any] = []
    updated: list[Any] = []
    deleted: list[Any] = []
    groups = _in_order(groups)
    for mapper, pending, modified, doomed, _ in groups:
        _fill_saves(batch, plan_of(mapper), pending, modified)
        inserted += pending
        updated += modified
        deleted += doomed
    for mapper, _, _, doomed, _ in reversed(groups):
        if doomed:
            _fill_deletes(batch, plan_of(mapper), doomed)
    return inserted, updated, deleted


def _fill_saves(
    batch: Any, plan: Plan, pending: list[Any], modified: list[Any]
) -> None:
    if modified:
        modified = sorted_rows(modified)
    for table in plan.tables:
        saver = plan.saver(table)
        if modified:
            saver.update(batch, modified)
        if pending:
            saver.insert(batch, pending)


def _only_one(groups: Any) -> Any:
    """Return the instance to be read back, if it is all there is to write."""
    if len(groups) != 1:
        return None
    _, pending, modified, doomed, _ = groups[0]
    if doomed or len(pending) + len(modified) != 1:
        return None
    only = (pending or modified)[0]
    return only if id(only) in read_back else None


def _fill_whole(batch: Any, groups: Any) -> Any:
    mapper, pending, modified, _, _ = groups[0]
    saver = plan_of(mapper).whole_saver
    if modified:
        saver.update(batch, modified)
    else:
        saver.insert(batch, pending)
    return pending, modified, []


def _fill_deletes(batch: Any, plan: Plan, doomed: list[Any]) -> None:
    doomed = sorted_rows(doomed)
    for table in reversed(plan.tables):
        plan.saver(table).delete(batch, doomed)


def _in_order(groups: Any) -> list[Any]:
    from ..mapper import Mapper

    by_base = {each[0].base_mapper: each for each in groups}
    return [
        by_base[base]
        for part in components(tuple(by_base), Mapper.layout)
        for base in part.bases
    ]


# -- with relationships -------------------------------------------------------


async def _flush_related(
    unit: Unit, groups: Any, commit: bool, objects: Any, told: bool = False
) -> bool:
    chosen = None if objects is None else {id(each) for each in objects}
    for _, pending, modified, doomed, _ in groups:
        for each in doomed:
            if chosen is None or id(each) in chosen:
                unit.doom(each)
        for each in (*pending, *modified):
            if chosen is None or id(each) in chosen:
                if each._sac_orphan and each._sac_identity is not None:
                    await delete_orphan(unit, each)
                else:
                    unit.register(each)
    await unit.presort()
    done = await unit.run(commit and not told)
    session = unit.session
    for plan, inserted in by_mapper(unit.inserted):
        if plan.written:
            forget(inserted, plan.written)
    if told:
        events.fire_session(session, "after_flush", unit)
    gone = [*unit.deletes.values(), *unit.switched]
    if unit.switched:
        _core.written(session, [], [], gone)
        gone = []
    updated = {id(each): each for each in unit.updated}
    updated.update(unit.listed)
    _core.written(session, unit.inserted, list(updated.values()), gone)
    return done
