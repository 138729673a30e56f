"""What a target of ``listen()`` is, and who keeps its listeners."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import _core, exc
from . import names
from .registry import Registry

__all__ = ["Place", "place_of"]


class Place(NamedTuple):
    """Where the listeners of a target are kept.

    Attributes:
        registry: Who keeps them.
        target: What they are kept by.
        names: The events there are, with the names of their arguments.
        prefix: Stands before the name of the event there.
    """

    registry: Registry
    target: Any
    names: dict[str, tuple[str, ...]]
    prefix: str = ""


def place_of(target: Any, name: str) -> Place:
    """Return where listeners of an event are kept.

    Args:
        target: What was given to ``listen()``.
        name: Name of the event.

    Raises:
        InvalidRequestError: The target has no such event.
    """
    place = _place(target)
    if place is None or name not in place.names:
        raise exc.InvalidRequestError(
            f"{target!s} has no event that is called {name!r}: No such event"
        )
    return place


def _place(target: Any) -> Place | None:
    if isinstance(target, type):
        return _place_of_class(target)
    for find in (_engine_place, _session_place, _ddl_place):
        place = find(target)
        if place is not None:
            return place
    return _orm_place(target)


def _engine_place(target: Any) -> Place | None:
    from .engines import registry

    if isinstance(target, _core.DBConnection):
        target = target.async_engine
    elif isinstance(target, _core.AsyncConnection):
        target = target.engine
    if not isinstance(target, _core.AsyncEngine):
        return None
    return Place(registry, target._origin or target, names.ENGINE)


def _session_place(target: Any) -> Place | None:
    from ..orm.events import session_registry

    if isinstance(target, _core.async_scoped_session):
        target = target.session_factory
    if isinstance(target, _core.async_sessionmaker):
        target = _class_of_maker(target)
    elif not isinstance(target, _session_classes()):
        return None
    # The synchronous side of a session comes and goes.
    target = getattr(target, "_session", target)
    return Place(session_registry, target, names.SESSION)


def _session_classes() -> tuple[type, ...]:
    import sqlactive_c.orm as orm

    found = getattr(orm, "Session", None)
    if isinstance(found, type):
        return (_core.AsyncSession, found)
    return (_core.AsyncSession,)


def _class_of_maker(maker: Any) -> type:
    """Return the class that only this factory makes sessions of."""
    cls: type = maker.class_
    if getattr(cls, "_sac_maker", None) is None:
        cls = type(
            cls.__name__,
            (cls,),
            {"__module__": cls.__module__, "_sac_maker": True},
        )
        maker.class_ = cls
    return cls


def _ddl_place(target: Any) -> Place | None:
    from ..sql.events import registry
    from ..sql.metadata import MetaData
    from ..sql.table import Table

    if isinstance(target, (MetaData, Table)):
        return Place(registry, target, names.DDL)
    return None


def _orm_place(target: Any) -> Place | None:
    from ..orm.events import attribute_registry, mapper_registry
    from ..orm.mapper import Mapper

    if isinstance(target, Mapper):
        return Place(mapper_registry, target.class_, names.MAPPER)
    if isinstance(target, _core.InstrumentedAttribute):
        return Place(
            attribute_registry,
            target.class_,
            names.ATTRIBUTE,
            f"{target.key}.",
        )
    return None


def _place_of_class(cls: type) -> Place:
    if issubclass(cls, _core.AsyncEngine):
        from .engines import registry as engines

        return Place(engines, cls, names.ENGINE)
    if issubclass(cls, _session_classes()):
        from ..orm.events import session_registry

        return Place(session_registry, cls, names.SESSION)
    from ..sql.metadata import MetaData
    from ..sql.table import Table

    if issubclass(cls, (MetaData, Table)):
        from ..sql.events import registry as tables

        return Place(tables, cls, names.DDL)
    from ..orm.events import mapper_registry

    return Place(mapper_registry, cls, names.MAPPER)
