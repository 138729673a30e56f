"""``inspect()``: from an object to the one that tells about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .. import exc
from .._core import AsyncConnection, AsyncEngine

__all__ = ["inspect", "inspects"]

_F = TypeVar("_F", bound=Callable[[Any], Any])

_inspectors: dict[type, Callable[[Any], Any]] = {}


def inspects(*types: type) -> Callable[[_F], _F]:
    """Register a function that tells about objects of some types.

    It is a decorator. The function gets the object and returns the one that
    tells about it, or None if there is none. It serves subclasses too.

    Args:
        *types: The types; for classes themselves their metaclass.
    """

    def register(function: _F) -> _F:
        for each in types:
            _inspectors[each] = function
        return function

    return register


def inspect(subject: Any, raiseerr: bool = True) -> Any:
    """Return the object that tells about another one.

    Args:
        subject: The connection that ``AsyncConnection.run_sync`` gives, for
            an :class:`~sqlactive_c.engine.reflection.Inspector`; a mapped
            class, for its mapper.
        raiseerr: False for None if there is none.

    Raises:
        NoInspectionAvailable: There is none.
    """
    found = _find(subject)
    if found is None:
        # Connections are rarely inspected; what knows them is loaded late.
        from ..engine import reflection

        assert reflection is not None
        found = _find(subject)
    if found is None and raiseerr:
        hint = ""
        if isinstance(subject, (AsyncConnection, AsyncEngine)):
            hint = (
                "; write 'await connection.run_sync(lambda sync:"
                " inspect(sync).get_table_names())'"
            )
        raise exc.NoInspectionAvailable(
            f"nothing tells about objects of type {type(subject).__name__!r}"
            f"{hint}"
        )
    return found


def _find(subject: Any) -> Any:
    for each in type(subject).__mro__:
        function = _inspectors.get(each)
        found = None if function is None else function(subject)
        if found is not None:
            return found
    return None


@inspects(type)
def _mapper(cls: type) -> Any:
    # Not an inherited one: an abstract subclass has no mapper of its own.
    return cls.__dict__.get("__mapper__")
