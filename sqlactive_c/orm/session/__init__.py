"""Sessions, as far as Python makes them.

The core has the session itself. What is here it calls: once for each mapper,
or where a query says more than a primary key.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .get import is_mapped, load_by_key, make_get_shape
from .identity_set import IdentitySet
from .objects import identity_key, invalidate, is_modified, session_event

__all__ = [
    "METHODS",
    "IdentitySet",
    "identity_key",
    "is_mapped",
    "is_modified",
    "load_by_key",
    "make_get_shape",
    "session_event",
]


def _first_use(module: str, name: str) -> Callable[..., Any]:
    """Return a function that is imported when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        function = getattr(import_module(f"{__name__}.{module}"), name)
        return function(*args, **kwargs)

    return call


def follow_dml(*args: Any) -> Any:
    """Return what executes an UPDATE or DELETE; see ``dml.follow_dml``."""
    from .dml import follow_dml as follow

    return follow(*args)


#: Methods of `AsyncSession` that are Python's, by name. They are called with
#: the session and the arguments of the method.
METHODS: dict[str, Callable[..., Any]] = {
    "identity_key": identity_key,
    "invalidate": invalidate,
    "is_modified": is_modified,
    "merge": _first_use("merge", "merge"),
    "refresh": _first_use("refresh", "refresh"),
    "run_sync": _first_use("sync", "run_sync"),
    "sync_session": _first_use("sync", "sync_session"),
}
