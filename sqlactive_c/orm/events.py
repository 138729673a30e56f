"""What the unit of work, the loader and sessions call to fire events.

All of it is cheap when nobody listens: `has` and `session_has` are a look
into a dict.  Who calls often looks once for a class and a unit of work.

The listeners are registered by :mod:`sqlactive_c.event`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from .. import _core
from ..event.registry import Listener, Registry, in_order

__all__ = [
    "connection_of",
    "fire",
    "fire_instance",
    "fire_mapper",
    "fire_session",
    "has",
    "has_instance",
    "session_face",
    "session_has",
]

_NONE: tuple[Listener, ...] = ()


class ClassRegistry(Registry):
    """Listeners of classes: mapped ones, those above them, and all.

    A function that listens to a class listens to what derives from it only
    when it says ``propagate``; one that listens to `Mapper` listens to all.
    """

    def __init__(self, changed: Callable[[Any, str], None]) -> None:
        super().__init__(self._forget)
        self._found: dict[tuple[int, str], tuple[Any, tuple[Any, ...]]] = {}
        self._tell = changed

    def _forget(self, target: Any, name: str) -> None:
        self._found = {}
        self._tell(target, name)

    def for_class(self, cls: type, name: str) -> tuple[Listener, ...]:
        """Return who listens to an event of a mapped class, in order.

        Args:
            cls: The class.
            name: Name of the event.
        """
        if name not in self.armed:
            return _NONE
        key = (id(cls), name)
        known = self._found.get(key)
        if known is not None and known[0]() is cls:
            return known[1]
        own = list(self.of(cls, name))
        for above in cls.__mro__[1:]:
            own += [each for each in self.of(above, name) if each.propagate]
        found = tuple(in_order((self.of(_everything(), name), own)))
        self._found[key] = (weakref.ref(cls), found)
        return found


def _everything() -> Any:
    from .mapper import Mapper

    return Mapper


def _mapper_changed(target: Any, name: str) -> None:
    from .instance_events import arm_all, hooks

    if name in hooks:
        arm_all()


def _attribute_changed(target: Any, name: str) -> None:
    from .attribute_events import arm_all

    arm_all(target, name)


def _session_changed(target: Any, name: str) -> None:
    _core.listen_to(None, bool(session_registry.armed))
    if name == "loaded_as_persistent":
        from .instance_events import arm_all

        arm_all()


mapper_registry = ClassRegistry(_mapper_changed)
attribute_registry = ClassRegistry(_attribute_changed)
session_registry = Registry(_session_changed)


# -- mappers ------------------------------------------------------------------


def has(mapper: Any, name: str) -> bool:
    """Say whether anybody listens to an event of a mapper.

    Args:
        mapper: The mapper.
        name: ``before_insert``, ``after_insert``, ``before_update``,
            ``after_update``, ``before_delete`` or ``after_delete``.
    """
    return name in mapper_registry.armed and bool(
        mapper_registry.for_class(mapper.class_, name)
    )


def fire(mapper: Any, name: str, connection: Any, instance: Any) -> None:
    """Call who listens to an event of a mapper.

    Args:
        mapper: The mapper of the instance.
        name: Name of the event, see `has`.
        connection: The synchronous `Connection` of the unit of work, see
            `connection_of`.
        instance: The instance that is written.
    """
    for each in mapper_registry.for_class(mapper.class_, name):
        each(mapper, connection, instance)


def fire_mapper(mapper: Any, name: str) -> None:
    """Call who listens to a mapper that is being made or configured.

    Args:
        mapper: The mapper.
        name: ``instrument_class``, ``after_mapper_constructed``,
            ``before_mapper_configured`` or ``mapper_configured``.
    """
    for each in mapper_registry.for_class(mapper.class_, name):
        each(mapper, mapper.class_)


def fire_mappers(name: str) -> None:
    """Call who listens to the configuration of all mappers.

    Args:
        name: ``before_configured`` or ``after_configured``.
    """
    if name in mapper_registry.armed:
        for each in tuple(in_order([mapper_registry.of(_everything(), name)])):
            each()


async def connection_of(session: Any) -> Any:
    """Return what listeners of a unit of work get as its connection.

    Args:
        session: The `AsyncSession`.

    Returns:
        A synchronous `Connection` on the session's connection.
    """
    from ..engine.sync import Connection

    return Connection(await session.connection())


# -- instances ----------------------------------------------------------------


def has_instance(cls: type, name: str) -> bool:
    """Say whether anybody listens to an event of the instances of a class.

    Args:
        cls: The mapped class.
        name: ``load``, ``refresh``, ``refresh_flush``, ``expire``, ``init``.
    """
    return name in mapper_registry.armed and bool(
        mapper_registry.for_class(cls, name)
    )


def fire_instance(instance: Any, name: str, *args: Any) -> None:
    """Call who listens to an event of an instance.

    Args:
        instance: The instance.
        name: Name of the event, see `has_instance`.
        *args: What the event has besides: for ``refresh`` the context (None)
            and the names of the attributes or None, for ``expire`` the names
            or None, for ``load`` the context (None).
    """
    for each in mapper_registry.for_class(type(instance), name):
        each(instance, *args)


# -- sessions -----------------------------------------------------------------


def _session_listeners(session: Any, name: str) -> tuple[Listener, ...]:
    of = session_registry.of
    classes = [of(each, name) for each in reversed(type(session).__mro__)]
    face = session_face(session)
    if face is not session:
        classes += [of(each, name) for each in reversed(type(face).__mro__)]
        classes.append(of(face, name))
    return tuple(in_order((*classes, of(session, name))))


def session_face(session: Any) -> Any:
    """Return what listeners of a session get: its synchronous side.

    Args:
        session: An `AsyncSession` or its synchronous side.
    """
    return getattr(session, "sync_session", session)


def session_has(session: Any, name: str) -> bool:
    """Say whether anybody listens to an event of a session.

    Args:
        session: The `AsyncSession`.
        name: Name of the event, as SQLAlchemy's SessionEvents has them.
    """
    return name in session_registry.armed and bool(
        _session_listeners(session, name)
    )


def fire_session(session: Any, name: str, *args: Any) -> None:
    """Call who listens to an event of a session.

    Args:
        session: The `AsyncSession`; listeners get its synchronous side.
        name: Name of the event.
        *args: What the event has after the session: ``(flush_context,
            instances)`` for ``before_flush``, ``(flush_context,)`` for
            ``after_flush`` and ``after_flush_postexec``, ``(instance,)`` for
            what happens to an instance, ``(transaction, connection)`` for
            ``after_begin``, ``(previous_transaction,)`` for
            ``after_soft_rollback``, nothing for ``before_commit``,
            ``after_commit`` and ``after_rollback``.
    """
    if name not in session_registry.armed:
        return
    face = session_face(session)
    with face._lent():
        for each in _session_listeners(session, name):
            each(face, *args)
