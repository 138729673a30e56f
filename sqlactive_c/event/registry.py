"""Who listens to what: functions by target and by the name of an event.

Nothing here knows what a target is.  A target that can be referenced weakly
is, and what listens to it is kept by the target itself: a function that
refers to its target, as the function of a short-lived session does, is a
cycle that the garbage collector sees.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

__all__ = ["Listener", "Registry", "in_order"]

_serials = count(1)
_registries = count(1)  # a target may be one of several registries


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


class _Lists:
    """What listens to one target, by the name of the event.

    A copy of the target, as a pickle is, has no listeners.
    """

    __slots__ = ("__weakref__", "by_name")

    def __init__(self) -> None:
        self.by_name: dict[str, list[Listener]] = {}

    def __reduce__(self) -> Any:
        return _Lists, ()


class _Target:
    """What is known of one target.

    Attributes:
        kept: A weak reference to it, or the target.
        lists: Gives what listens to it, None when it is just going.
        counts: How many functions listen, by the name of the event.
    """

    __slots__ = ("counts", "kept", "lists")

    def __init__(self, target: Any, kept: Any, place: str) -> None:
        lists = _Lists()
        self.kept = kept
        self.counts: dict[str, int] = {}
        self.lists: Callable[[], _Lists | None] = lambda: lists
        if kept is not target and _entrust(target, place, lists):
            self.lists = weakref.ref(lists)

    def named(self, name: str) -> list[Listener]:
        """Return who listens to an event."""
        lists = self.lists()
        return [] if lists is None else lists.by_name.setdefault(name, [])


def _entrust(target: Any, place: str, lists: _Lists) -> bool:
    """Let a target keep what listens to it, if it can."""
    try:
        if isinstance(target, type):
            type.__setattr__(target, place, lists)
        elif hasattr(target, "__dict__"):
            vars(target)[place] = lists
        else:
            target._listeners = lists
    except (AttributeError, TypeError):  # such as a class made in C
        return False
    return True


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
        self._place = f"_sac_listeners_{next(_registries)}"
        self._changed = changed

    def add(self, target: Any, name: str, listener: Listener) -> None:
        """Let a function listen.

        A function listens to an event of a target once; again is no change.

        Args:
            target: Whose event it is.
            name: Name of the event.
            listener: The function.
        """
        listeners = self._at(target).named(name)
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
            found = self._targets[number] = _Target(target, kept, self._place)
        return found

    def _forgetter(self, number: int) -> Callable[[Any], None]:
        registry = weakref.ref(self)

        def forget(_: Any) -> None:
            alive = registry()
            if alive is None or sys.is_finalizing() or not sys.meta_path:
                return  # at the end of the interpreter there is no import
            gone = alive._targets.pop(number, None)
            if gone is not None:
                for name, number_of in gone.counts.items():
                    alive._count(None, name, -number_of)

        return forget

    def _count(self, target: Any, name: str, change: int) -> None:
        if target is not None:
            counts = self._targets[id(target)].counts
            counts[name] = counts.get(name, 0) + change
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
        return [] if found is None else found.named(name)

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
