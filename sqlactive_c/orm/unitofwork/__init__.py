"""The unit of work: what a flush writes, and in which order.

The core gathers what a session has to write and turns instances into
statements; here is decided what belongs to the unit, what comes first and
which foreign keys follow whom. Everything runs once for a mapper or a unit of
work; where no relationship takes part, nothing of it runs for an instance.
"""

from __future__ import annotations

from .cascades import (
    cascade,
    cascade_iterator,
    cascade_save,
    delete_cascade,
)
from .flush import flush_unit

__all__ = [
    "cascade",
    "cascade_iterator",
    "cascade_save",
    "delete_cascade",
    "flush_unit",
]
