"""Listening to what happens: ``listen``, ``listens_for``, ``remove``.

Targets are mapped classes and their attributes, sessions and what makes
them, engines, tables and collections of tables.  What nobody listens to costs
nothing.

    from sqlactive_c import event

    @event.listens_for(User, "before_insert")
    def set_slug(mapper, connection, user):
        user.slug = slugify(user.name)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .. import exc
from . import names
from .registry import Listener
from .targets import place_of

__all__ = ["contains", "listen", "listens_for", "remove"]

_F = TypeVar("_F", bound=Callable[..., Any])


def listen(
    target: Any,
    identifier: str,
    fn: Callable[..., Any],
    *,
    propagate: bool = False,
    once: bool = False,
    insert: bool = False,
    named: bool = False,
    retval: bool = False,
    active_history: bool = False,
    raw: bool = False,
) -> None:
    """Call a function whenever something happens.

    Args:
        target: A mapped class or a class above ones, ``Mapper`` for all, a
            mapped attribute, a session, a session factory or class, an
            engine, a table or a ``MetaData``.
        identifier: Name of the event, as in SQLAlchemy.
        fn: The function; it is called as SQLAlchemy calls it.
        propagate: Listen to the classes that derive from the target, too.
        once: Call it for the first time only.
        insert: Call it before those that listen already.
        named: Pass the arguments by keyword.
        retval: What the function returns counts: the value that is set or
            added, the statement and parameters that are executed.
        active_history: Load the old value of an attribute before it is set.
        raw: Accepted when false.

    Raises:
        InvalidRequestError: The target has no such event.
    """
    place = place_of(target, identifier)
    if raw:
        raise exc.ArgumentError(
            "raw=True asks for the state of an instance: inspect(obj) gives"
            " it, listeners get the instance"
        )
    listener = Listener(
        fn,
        propagate=propagate,
        retval=retval and identifier in names.RETVAL,
        insert=insert,
        once=once,
        named=named,
        names=place.names[identifier],
    )
    if active_history:
        target._active_history = True
    place.registry.add(place.target, place.prefix + identifier, listener)


def listens_for(target: Any, identifier: str, **kw: Any) -> Callable[[_F], _F]:
    """Decorate a function: it listens.

    Args:
        target: As for `listen`.
        identifier: Name of the event.
        **kw: As for `listen`.

    Returns:
        A decorator that gives the function back as it is.
    """

    def decorate(fn: _F) -> _F:
        listen(target, identifier, fn, **kw)
        return fn

    return decorate


def remove(target: Any, identifier: str, fn: Callable[..., Any]) -> None:
    """Let a function listen no more.

    Args:
        target: What was given to `listen`.
        identifier: Name of the event.
        fn: The function.

    Raises:
        InvalidRequestError: It does not listen.
    """
    place = place_of(target, identifier)
    name = place.prefix + identifier
    if not place.registry.remove(place.target, name, fn):
        raise exc.InvalidRequestError(
            f"{fn!r} does not listen to {identifier!r} of {target!s}:"
            " No listeners found"
        )


def contains(target: Any, identifier: str, fn: Callable[..., Any]) -> bool:
    """Say whether a function listens.

    Args:
        target: What was given to `listen`.
        identifier: Name of the event.
        fn: The function.
    """
    place = place_of(target, identifier)
    name = place.prefix + identifier
    return place.registry.contains(place.target, name, fn)
