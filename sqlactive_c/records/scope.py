"""The session of one call of Active Record.

Outside a transaction it is the scoped session of the task, which is closed
when the call ends; within one it is the transaction's.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .units import Unit

__all__ = ["current_unit", "scope", "units"]

units: ContextVar[dict[Any, Unit] | None] = ContextVar(
    "sqlactive_c.units", default=None
)
"""By scoped session: the transaction that a task is in."""


def scope(registry: Any, writes: bool = False) -> Any:
    """Return the context manager that gives a call its session.

    Args:
        registry: The ``async_scoped_session`` of the model.
        writes: What the call did is undone when it raises, and within a
            transaction no more than that.
    """
    known = units.get()
    unit = None if known is None else known.get(registry)
    return registry() if unit is None else unit.call(writes)


def current_unit(registry: Any) -> Unit | None:
    """Return the transaction that the task is in, None if it is in none.

    Args:
        registry: The ``async_scoped_session`` of the model.
    """
    found = units.get()
    return None if found is None else found.get(registry)
