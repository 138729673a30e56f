"""Who listens to what: functions by target and by the name of an event.

Nothing here knows what a target is.  A target that can be referenced weakly
is, so listening to a short-lived session keeps nothing alive.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

__all__ = ["Listener", "Registry", "in_order"]

_serials = count(1)


class Listener:
    """A function that listens, and how it wants to be called.

    Attributes:
        function: What was given to ``listen()``.
        propagate: Whether it listens to what derives from its target, too.
        retval: Whether what it returns counts.
        seen: What it was called for, where that counts.
        order: Where it stands among others; smaller is earlier.
    """

    __slots__ = (
        "_done",
        "_names",
        "_once",
        "function",
        "order",
        "propagate",
        "retval",
        "seen",
    )

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        propagate: bool = False,
        retval: bool = False,
        insert: bool = False,
        once: bool = False,
        named: bool = False,
        names: tuple[str, ...] = (),
    ) -> None:
        serial = next(_serials)
        self.function = function
        self.propagate = propagate
        self.retval = retval
        self.order = -serial if insert else serial
        self.seen: Any = weakref.WeakSet()
        self._once = once
        self._done = False
        self._names = names if named else None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, unless it was to be called once and was."""
        if self._once:
            if self._done:
                return None
            self._done = True
        if self._names is None:
            return self.function(*args, **kwargs)
        return self.function(
            **dict(zip(self._names, args, strict=False)), **kwargs
        )


class _Target:
    """What listens to one target."""

    __slots__ = ("kept", "lists")

    def __init__(self, kept: Any) -> None:
        self.kept = kept  # a weak reference, or the target
        self.lists: dict[str, list[Listener]] = {}


class Registry:
    """The listeners of one kind of targets.

    Args:
        changed: Called with target and name when something changed; the
            target is None when it has gone.

    Attributes:
        armed: How many functions listen to each event, wherever: what is not
            in it needs no further look.
    """

    def __init__(
        self, changed: Callable[[Any, str], None] | None = None
    ) -> None:
        self.armed: dict[str, int] = {}
        self._targets: dict[int, _Target] = {}
        self._changed = changed

    def add(self, target: Any, name: str, listener: Listener) -> None:
        """Let a function listen.

        A function listens to an event of a target once; again is no change.

        Args:
            target: Whose event it is.
            name: Name of the event.
            listener: The function.
        """
        listeners = self._at(target).lists.setdefault(name, [])
        if any(each.function is listener.function for each in listeners):
            return
        listeners.append(listener)
        self._count(target, name, 1)

    def _at(self, target: Any) -> _Target:
        number = id(target)
        found = self._targets.get(number)
        if found is None:
            try:
                kept: Any = weakref.ref(target, self._forgetter(number))
            except TypeError:
                kept = target
            found = self._targets[number] = _Target(kept)
        return found

    def _forgetter(self, number: int) -> Callable[[Any], None]:
        registry = weakref.ref(self)

        def forget(_: Any) -> None:
            alive = registry()
            if alive is None or sys.is_finalizing() or not sys.meta_path:
                return  # at the end of the interpreter there is no import
            gone = alive._targets.pop(number, None)
            if gone is not None:
                for name, listeners in gone.lists.items():
                    alive._count(None, name, -len(listeners))

        return forget

    def _count(self, target: Any, name: str, change: int) -> None:
        now = self.armed.get(name, 0) + change
        if now > 0:
            self.armed[name] = now
        else:
            self.armed.pop(name, None)
        if self._changed is not None:
            self._changed(target, name)

    def of(self, target: Any, name: str) -> list[Listener]:
        """Return the listeners of exactly one target, in no order.

        Args:
            target: Whose event it is.
            name: Name of the event.
        """
        found = self._targets.get(id(target))
        return [] if found is None else found.lists.get(name, [])

    def remove(self, target: Any, name: str, function: Any) -> bool:
        """Let a function listen no more.

        Args:
            target: Whose event it is.
            name: Name of the event.
            function: What was given to ``listen()``.

        Returns:
            Whether it did listen.
        """
        listeners = self.of(target, name)
        for at, each in enumerate(listeners):
            if each.function is function or each.function == function:
                del listeners[at]
                self._count(target, name, -1)
                return True
        return False

    def contains(self, target: Any, name: str, function: Any) -> bool:
        """Say whether a function listens.

        Args:
            target: Whose event it is.
            name: Name of the event.
            function: What was given to ``listen()``.
        """
        return any(
            each.function is function or each.function == function
            for each in self.of(target, name)
        )


def in_order(groups: Iterable[Iterable[Listener]]) -> Iterator[Listener]:
    """Give listeners as they are called: each group in its own order.

    Args:
        groups: Listeners, those that are called first in the first group.
    """
    for group in groups:
        yield from sorted(group, key=lambda each: each.order)
