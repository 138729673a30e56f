"""Names of pool strategies, for ``create_async_engine(poolclass=...)``.

The pool itself is C and belongs to the engine; these classes only say how it
shall behave.  They are named as in SQLAlchemy so that programs keep working.
"""

__all__ = [
    "AsyncAdaptedQueuePool",
    "NullPool",
    "Pool",
    "QueuePool",
    "SingletonThreadPool",
    "StaticPool",
]


class Pool:
    """Base of the strategies; never instantiated."""

    def __init__(self) -> None:
        raise TypeError("a pool strategy is passed as poolclass=, not called")


class QueuePool(Pool):
    """Keep up to ``pool_size`` connections, open ``max_overflow`` more.

    This is the default.
    """


class AsyncAdaptedQueuePool(QueuePool):
    """The same as `QueuePool`."""


class NullPool(Pool):
    """Keep none: every connection is closed when it is given back."""


class StaticPool(Pool):
    """Exactly one connection, for which everybody waits in line."""


class SingletonThreadPool(StaticPool):
    """The same as `StaticPool`: connections are not bound to threads here."""
