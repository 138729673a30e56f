"""Waking event loops that cannot watch a descriptor.

Most loops have ``add_reader``; for one that has not, a thread blocks on the
port's descriptor (without the GIL) and passes each wake-up on.
"""

from __future__ import annotations

import threading
import weakref
from asyncio import AbstractEventLoop
from typing import Protocol

__all__ = ["watch_port"]

_PERIOD = 1.0  # seconds between two looks whether the loop is still there


class Port(Protocol):
    """What the core hands over: a descriptor that becomes readable."""

    def wait(self, seconds: float, /) -> bool:
        """Block until there is something to deliver, or the time is over."""

    def pass_on(self) -> None:
        """Let the next thread that waits be told."""

    def __call__(self) -> None:
        """Deliver; on the loop's thread."""


def _watch(reference: weakref.ref[AbstractEventLoop], port: Port) -> None:
    while True:
        ready = port.wait(_PERIOD)
        loop = reference()
        if loop is None or loop.is_closed():
            break
        if ready:
            try:
                loop.call_soon_threadsafe(port)
            except RuntimeError:  # closed just now
                break
        del loop
    port.pass_on()  # the port may be another loop's by now


def watch_port(loop: AbstractEventLoop, port: Port) -> None:
    """Start the thread that watches ``port`` for ``loop``.

    It ends soon after the loop is closed or gone.

    Args:
        loop: the event loop.
        port: the core's Port: ``wait(seconds)`` blocks until there is
            something to deliver; calling it delivers.
    """
    threading.Thread(
        target=_watch,
        args=(weakref.ref(loop), port),
        name="sqlactive_c-port",
        daemon=True,
    ).start()
