"""What a flush has to read before it can write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ... import _core
from ...exc import InvalidRequestError
from ..interfaces import MANYTOONE
from ..written import known as known_record
from ..written import record_of
from .sync import stored

__all__ = [
    "known_before",
    "load",
    "load_columns",
    "load_replaced",
    "local_keys",
    "no_flush",
    "unloaded",
]

NO_VALUE = _core.NO_VALUE


async def load(session: Any, prop: Any, instances: Iterable[Any]) -> None:
    """Load a relationship of instances where it is not loaded yet.

    Args:
        session: The session; it is not flushed.
        prop: The relationship.
        instances: Instances of its class or of classes that derive from it.
    """
    wanted = unloaded(session, prop, instances)
    if not wanted:
        return
    if prop.lazy == "write_only":
        raise InvalidRequestError(
            f"{prop} is write-only, and what its collection has cannot be"
            " loaded for this; to delete its owner say passive_deletes=True"
        )
    async with no_flush(session):
        await load_columns(session, wanted, local_keys(prop))
        for each in wanted:
            found = await _related(session, prop, each)
            if prop.written:
                record_of(each, prop.key).found = found
                continue
            each._sac_put(prop.key, _as_value(prop, each, found))


def unloaded(session: Any, prop: Any, instances: Iterable[Any]) -> list[Any]:
    """Return the instances whose relationship has to be read.

    Args:
        session: The session.
        prop: The relationship.
        instances: Instances of its class or of classes that derive from it.
    """
    return [
        each
        for each in instances
        if each._sac_identity is not None
        and each._sac_session is session
        and (
            not _is_found(each, prop.key)
            if prop.written
            else prop.key in each._sac_unloaded
        )
    ]


def _is_found(instance: Any, key: str) -> bool:
    record = known_record(instance, key)
    return record is not None and record.found is not None


async def load_replaced(session: Any, prop: Any, instance: Any) -> None:
    """Find out what was in a relationship that was replaced unread.

    Args:
        session: The session; it is not flushed.
        prop: The relationship.
        instance: The instance.
    """
    async with no_flush(session):
        await load_columns(session, [instance], local_keys(prop))
        before: Any = await _related(session, prop, instance)
    now = instance._sac_peek(prop.key)
    if not prop.uselist:
        before = before[0] if before else None
    instance._sac_put(prop.key, before)
    instance._sac_set(prop.key, now)


async def load_columns(
    session: Any, instances: Sequence[Any], keys: Sequence[str]
) -> None:
    """Load columns of instances where they are not loaded.

    Args:
        session: The session; it is not flushed.
        instances: The instances.
        keys: Names of the attributes.
    """
    from ...sql.selectable import select

    for each in instances:
        missing = [key for key in keys if stored(each, key) is NO_VALUE]
        if not missing or each._sac_identity is None:
            continue
        mapper = type(each).__mapper__
        columns = [mapper._properties[key].columns[0] for key in missing]
        query = select(*columns).select_from(mapper.class_)
        for column, value in zip(
            mapper.primary_key, each._sac_identity, strict=True
        ):
            query = query.where(column == value)
        async with no_flush(session):
            row = (await session.execute(query)).first()
        if row is not None:
            for key, value in zip(missing, row, strict=True):
                _put_stored(each, key, value)


def _put_stored(instance: Any, key: str, value: Any) -> None:
    """Note what the row has, behind what the program has set."""
    if key not in instance._sac_changes:
        instance._sac_put(key, value)
        return
    now = instance._sac_peek(key)
    instance._sac_put(key, value)
    instance._sac_set(key, now)


@asynccontextmanager
async def no_flush(session: Any) -> AsyncIterator[None]:
    """Keep a session from flushing by itself.

    Args:
        session: The session.
    """
    before = session.autoflush
    session.autoflush = False
    try:
        yield
    finally:
        session.autoflush = before


def local_keys(prop: Any) -> list[str]:
    """Return the names of the columns that a relationship begins at.

    Args:
        prop: The relationship.
    """
    return [
        prop.parent.get_property_by_column(column).key
        for column in prop.local_columns
    ]


async def _related(session: Any, prop: Any, instance: Any) -> list[Any]:
    from ...sql.selectable import select

    mapper = prop.parent
    values = {}
    for column in prop.local_columns:
        value = stored(instance, mapper.get_property_by_column(column).key)
        if value is NO_VALUE or value is None:
            return []
        values[column] = value
    there = known(session, prop, values)
    if there is not None:
        return [there]

    def bound(column: Any) -> Any:
        from ...sql.expression import literal

        if column not in values:
            return None
        return literal(values[column], column.type)

    primary, secondary = prop.condition.adapted(
        bound, lambda column: None, lambda column: None
    )
    query = select(prop.mapper.class_).where(primary)
    if secondary is not None:
        query = query.where(secondary)
    if prop.order_by:
        query = query.order_by(*prop.order_by)
    return list((await session.execute(query)).scalars().unique().all())


def known(session: Any, prop: Any, values: dict[Any, Any]) -> Any:
    """Return the one instance that a key means, if the session has it.

    Args:
        session: The session.
        prop: A relationship; other kinds than many-to-one have no such key.
        values: The values of the foreign key, by its columns.
    """
    if prop.direction is not MANYTOONE:
        return None
    by_remote = {
        remote: values[local] for local, remote in prop.local_remote_pairs
    }
    if set(by_remote) != set(prop.mapper.primary_key):
        return None
    identity = tuple(by_remote[each] for each in prop.mapper.primary_key)
    base = prop.mapper.base_mapper.class_
    found = session.identity_map.get((base, identity, None))
    return found if isinstance(found, prop.mapper.class_) else None


def known_before(session: Any, prop: Any, instance: Any) -> Any:
    """Return what the row of an instance refers to, if the session has it.

    Args:
        session: The session.
        prop: A many-to-one relationship that is not loaded.
        instance: The instance.

    Returns:
        The instance; None where the row refers to nothing; NO_VALUE where
        that is not known without reading.
    """
    mapper = prop.parent
    values = {
        column: stored(instance, mapper.get_property_by_column(column).key)
        for column in prop.local_columns
    }
    if all(each is None for each in values.values()):
        return None
    if any(each is NO_VALUE or each is None for each in values.values()):
        return NO_VALUE
    found = known(session, prop, values)
    return NO_VALUE if found is None else found


def _as_value(prop: Any, instance: Any, found: list[Any]) -> Any:
    from ..backrefs import new_collection

    if not prop.uselist:
        return found[0] if found else None
    made = new_collection(getattr(type(instance), prop.key), instance)
    for each in found:
        made._raw_add(each)
    return made
