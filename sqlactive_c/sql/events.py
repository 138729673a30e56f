"""Listeners of tables: what is called around CREATE and DROP."""

from __future__ import annotations

from typing import Any

from ..event.registry import Registry, in_order

__all__ = ["fire", "listened", "registry"]

registry = Registry()


def listened() -> bool:
    """Say whether anybody listens to any table."""
    return bool(registry.armed)


def fire(target: Any, name: str, connection: Any, **kw: Any) -> None:
    """Call who listens to a table or a metadata.

    Args:
        target: The table or metadata.
        name: Name of the event.
        connection: The synchronous connection.
        **kw: What else is told: ``checkfirst``, ``tables``.
    """
    if name not in registry.armed:
        return
    groups = [registry.of(cls, name) for cls in reversed(type(target).__mro__)]
    for each in tuple(in_order((*groups, registry.of(target, name)))):
        each(target, connection, **kw)
