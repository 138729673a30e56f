"""Questions about instances, and the states they have without a session."""

from __future__ import annotations

from typing import Any

from ... import _core, exc
from ..._core import make_transient, make_transient_to_detached, object_session
from ...sql.inspect import inspect
from .. import events

__all__ = [
    "identity_key",
    "invalidate",
    "is_modified",
    "make_transient",
    "make_transient_to_detached",
    "object_session",
    "session_event",
]


def is_modified(
    session: Any, instance: Any, include_collections: bool = True
) -> bool:
    """Say whether an instance differs from its row, as far as is known.

    Nothing is loaded: where the old value is not known, what was set counts
    as a change.

    Args:
        session: The session; the instance need not be in it.
        instance: The instance.
        include_collections: Look at collections, too.
    """
    from ..lookup import object_mapper

    mapper = object_mapper(instance)
    if not instance._sac_modified:
        return False
    state = inspect(instance)
    for attribute in state.attrs:
        prop = mapper._properties[attribute.key]
        if not include_collections and getattr(prop, "uselist", False):
            continue
        if attribute.history.has_changes():
            return True
    return False


def identity_key(
    session: Any,
    class_: Any = None,
    ident: Any = None,
    *,
    instance: Any = None,
    row: Any = None,
    identity_token: Any = None,
) -> tuple[Any, ...]:
    """Return a key of the identity map.

    Args:
        session: A session.
        class_: A mapped class, with `ident` or `row`.
        ident: A primary key.
        instance: An instance, in place of a class.
        row: A row that has the columns of the primary key.
        identity_token: Part of the key.

    Raises:
        ArgumentError: Neither a class nor an instance is given.
    """
    if class_ is not None:
        mapper = class_.__mapper__
        if ident is None:
            if row is None:
                raise exc.ArgumentError("ident or row is required")
            ident = tuple(
                row._mapping[column] for column in mapper.primary_key
            )
        values = ident if isinstance(ident, (tuple, list)) else (ident,)
        return mapper.base_mapper.class_, tuple(values), identity_token
    if instance is None:
        raise exc.ArgumentError("class or instance is required")
    mapper = type(instance).__mapper__
    return (
        mapper.base_mapper.class_,
        tuple(mapper.primary_key_from_instance(instance)),
        identity_token,
    )


async def invalidate(session: Any) -> None:
    """Close a session and the connection that it works on.

    Args:
        session: The session.
    """
    if session.in_transaction():
        connection = await session.connection()
        await connection.invalidate()
    await session.close()


def session_event(session: Any, name: str, *args: Any) -> None:
    """Tell who listens to a session: the hook of the core.

    Args:
        session: The session.
        name: Name of the event.
        *args: What goes with it.
    """
    if name == "after_begin" and events.session_has(session, name):
        # It does not wait: the session has just entered its transaction.
        args = (*args, _core.drive(events.connection_of(session)))
    events.fire_session(session, name, *args)
