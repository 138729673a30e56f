"""Reading the values of an instance again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import exc
from ..exc import ObjectDeletedError
from ..relationships import RelationshipProperty

__all__ = ["load_expired", "refresh"]


async def refresh(
    session: Any,
    instance: Any,
    attribute_names: Iterable[str] | None = None,
    with_for_update: Any = None,
) -> None:
    """Read the values of an instance again.

    What was set and not flushed is lost, of the attributes that are read.

    Args:
        session: The session.
        instance: A persistent instance.
        attribute_names: Names of columns and relationships; None: all
            columns, and the relationships that are loaded eagerly.
        with_for_update: Accepted; SQLite locks no rows.

    Raises:
        ArgumentError: ``with_for_update`` is empty.
        InvalidRequestError: It is not persistent, or has no row any more.
        KeyError: There is no such attribute.
    """
    names = None if attribute_names is None else list(attribute_names)
    mapping = getattr(type(instance), "__mapping__", None)
    for each in names or ():
        if mapping is not None and each not in mapping.slots:
            raise KeyError(each)
    session.expire(instance, names)
    if session.autoflush:
        await session._autoflush()
    if with_for_update == {}:
        raise exc.ArgumentError(
            "with_for_update is True or a dictionary of options, not an empty"
            " one"
        )
    try:
        await _load(session, instance, names or None)
    except ObjectDeletedError:
        raise exc.InvalidRequestError(
            f"Could not refresh instance '{_name(instance)}'"
        ) from None


async def _load(session: Any, instance: Any, names: list[str] | None) -> None:
    from ..loading.lazy import load_relation
    from ..strategy_options import Load

    cls = type(instance)
    properties = cls.__mapper__._properties
    options: list[Any] = []
    related: list[str] = []
    if names is not None:
        relations = {
            key
            for key, prop in properties.items()
            if isinstance(prop, RelationshipProperty)
        }
        related = [each for each in names if each in relations]
        if _reads_others(instance, [properties[each] for each in related]):
            await load_expired(session, instance)
        columns = [
            getattr(cls, each) for each in names if each not in relations
        ]
        options = [Load(cls).lazyload(getattr(cls, k)) for k in relations]
        options.append(Load(cls).load_only(*columns))
    await _load_columns(session, instance, options, names is None)
    for each in related:
        await load_relation(session, [instance], getattr(cls, each))


def _reads_others(instance: Any, related: list[Any]) -> bool:
    """Say whether relationships begin at columns that are expired."""
    from ..state import InstanceState

    expired = InstanceState(instance).expired_attributes
    mapper = type(instance).__mapper__
    return any(
        mapper.get_property_by_column(column).key in expired
        for prop in related
        for column in prop.local_columns
        if column not in mapper.primary_key
    )


async def load_expired(session: Any, instance: Any) -> None:
    """Read the columns of an instance that are expired; nothing is flushed.

    Args:
        session: The session.
        instance: A persistent instance.

    Raises:
        ObjectDeletedError: It has no row any more.
    """
    from ..state import InstanceState
    from ..strategy_options import Load

    if not InstanceState(instance).expired_attributes:
        return
    cls = type(instance)
    options = [
        Load(cls).lazyload(getattr(cls, each.key))
        for each in cls.__mapper__.relationships
    ]
    await _load_columns(session, instance, options, False)


async def _load_columns(
    session: Any, instance: Any, options: list[Any], all_of_it: bool
) -> None:
    from ..loading.access import remembered as options_of
    from ..loading.options import Origin
    from .get import load_by_key

    known, root, path = options_of(instance)
    if all_of_it and root is not None:
        options = [*known.nodes]
        if path:
            options.append(Origin.of(root, path))
    kept = instance._sac_options
    found = await load_by_key(
        session,
        type(instance).__mapper__,
        instance._sac_identity,
        options=options,
        execution_options={"autoflush": False},
    )
    if not all_of_it:
        instance._sac_options = kept
    if found is not instance:
        raise ObjectDeletedError(instance)


def _name(instance: Any) -> str:
    return f"<{type(instance).__name__} at 0x{id(instance):x}>"
