"""What happens to instances: the functions that C calls when somebody listens.

Each mapping has a place for a function to call when an instance is made,
loaded, refreshed or expired; as long as nobody listens it is empty.
"""

from __future__ import annotations

from typing import Any

from .. import _core
from . import events

__all__ = ["arm", "arm_all", "hooks"]


def arm(mapper: Any) -> None:
    """Give the mapping of a class what C calls.

    Args:
        mapper: The mapper of the class.
    """
    mapping, cls = mapper.mapping, mapper.class_
    mapping.on_load = _on_load(cls)
    for name, (place, make) in hooks.items():
        if name != "load":
            wanted = events.has_instance(cls, name)
            setattr(mapping, place, make if wanted else None)


def arm_all() -> None:
    """Do it for all mapped classes, because a listener came or went."""
    from .registry import all_registries

    for registry in all_registries():
        for mapper in registry.mappers:
            if mapper.class_.__dict__.get("__mapping__") is not None:
                arm(mapper)


def _on_load(cls: type) -> Any:
    reconstruct = _reconstructor(cls)
    told = "loaded_as_persistent" in events.session_registry.armed
    if not told and not events.has_instance(cls, "load"):
        return reconstruct

    def loaded(instance: Any) -> None:
        if reconstruct is not None:
            reconstruct(instance)
        events.fire_instance(instance, "load", None)
        session = _core.object_session(instance) if told else None
        if session is not None:
            events.fire_session(session, "loaded_as_persistent", instance)

    return loaded


def _reconstructor(cls: type) -> Any:
    for owner in cls.__mro__:
        for value in owner.__dict__.values():
            if getattr(value, "__sac_reconstructor__", False):
                return value
    return None


def _initialised(instance: Any, args: Any, kwargs: Any) -> None:
    events.fire_instance(instance, "init", args, kwargs)


def _refreshed(instance: Any, keys: Any) -> None:
    events.fire_instance(instance, "refresh", None, keys)


def _expired(instance: Any, keys: Any) -> None:
    events.fire_instance(instance, "expire", keys)


#: Names of the events, where the mapping keeps their functions, and these.
hooks: dict[str, tuple[str, Any]] = {
    "load": ("on_load", _on_load),
    "init": ("on_init", _initialised),
    "refresh": ("on_refresh", _refreshed),
    "expire": ("on_expire", _expired),
}
