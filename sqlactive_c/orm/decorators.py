"""Decorators for methods of mapped classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["reconstructor", "validates"]

_F = TypeVar("_F", bound=Callable[..., Any])


def validates(
    *names: str, include_removes: bool = False, include_backrefs: bool = True
) -> Callable[[_F], _F]:
    """Decorator for a method that looks at values before they are set.

    The method receives the name of the attribute and the value, for a
    collection each item, and returns the value to set.

    Args:
        *names: Names of the attributes.
        include_removes: Look at items that are removed, too; the method gets
            a third argument that says so.
        include_backrefs: Look at values that are set through the other side
            of a relationship, too.
    """
    options = {
        "include_removes": include_removes,
        "include_backrefs": include_backrefs,
    }

    def register(function: _F) -> _F:
        known = getattr(function, "__sac_validates__", ())
        function.__sac_validates__ = (*known, (names, options))  # type: ignore[attr-defined]
        return function

    return register


def reconstructor(function: _F) -> _F:
    """Decorator for a method that is called when an instance was loaded.

    Args:
        function: The method.
    """
    function.__sac_reconstructor__ = True  # type: ignore[attr-defined]
    return function
