"""Listeners of engines: connections, statements, ends of transactions.

C asks only while somebody listens to some engine (`_core.listen_to`); here it
is decided who listens to this one.
"""

from __future__ import annotations

from typing import Any

from .. import _core
from .registry import Listener, Registry, in_order

__all__ = [
    "ConnectionRecord",
    "Cursor",
    "ExceptionContext",
    "ExecutionContext",
    "fire_connect",
    "fire_event",
    "observe",
    "registry",
]

_BITS = {
    "connect": 1,
    "first_connect": 1,
    "before_cursor_execute": 2,
    "after_cursor_execute": 2,
    "handle_error": 2,
    "begin": 4,
    "commit": 4,
    "rollback": 4,
}


def _changed(target: Any, name: str) -> None:
    mask = 0
    for armed in registry.armed:
        mask |= _BITS[armed]
    _core.listen_to(mask, None)


registry = Registry(_changed)


def _listeners(engine: Any, name: str) -> tuple[Listener, ...]:
    if name not in registry.armed:
        return ()
    origin = engine._origin or engine
    return tuple(
        in_order((registry.of(type(origin), name), registry.of(origin, name)))
    )


# -- connections and transactions ---------------------------------------------


class ConnectionRecord:
    """What listeners of ``connect`` get besides the connection.

    Attributes:
        dbapi_connection, driver_connection: The connection.
        info: A dict for notes.
    """

    def __init__(self, connection: Any) -> None:
        self.dbapi_connection = self.driver_connection = connection
        self.info: dict[Any, Any] = {}


def fire_connect(engine: Any, driver: Any) -> None:
    """Call who listens to connections that are opened.

    Args:
        engine: The `AsyncEngine`.
        driver: The `_core.Driver` of the new connection.
    """
    from ..engine.driver import DriverConnection

    connection = DriverConnection(driver)
    record = ConnectionRecord(connection)
    origin = engine._origin or engine
    for each in _listeners(engine, "first_connect"):
        if origin not in each.seen:
            each.seen.add(origin)
            each(connection, record)
    for each in _listeners(engine, "connect"):
        each(connection, record)


def fire_event(name: str, connection: Any) -> None:
    """Call who listens to the transactions of an engine.

    Args:
        name: ``begin``, ``commit`` or ``rollback``.
        connection: The `AsyncConnection`.
    """
    listeners = _listeners(connection.engine, name)
    if listeners:
        face = _face(connection)
        for each in listeners:
            each(face)


def _face(connection: Any) -> Any:
    from ..engine.sync import Connection

    return Connection(connection)


# -- statements ---------------------------------------------------------------


class Cursor:
    """What is known of a statement that ran.

    Attributes:
        rowcount: Rows changed; -1 when it returns rows.
        lastrowid: Of the connection, after it.
        description: None.
    """

    description = None
    rowcount = -1
    lastrowid: int | None = None


class ExecutionContext:
    """One execution, from before the statement runs to after it.

    Attributes:
        statement: The SQL.
        parameters: A tuple, a list of them, or a dict.
        executemany: Whether there are many sets of parameters.
        cursor: What is known of its result.
        engine: The `AsyncEngine`.
        root_connection: The connection.
    """

    def __init__(
        self, connection: Any, statement: str, parameters: Any, many: bool
    ) -> None:
        self.engine = connection.engine
        self.dialect = self.engine.dialect
        self.root_connection = _face(connection)
        self.statement = statement
        self.parameters = parameters
        self.executemany = many
        self.cursor = Cursor()

    def _arguments(self) -> tuple[Any, ...]:
        return (
            self.root_connection,
            self.cursor,
            self.statement,
            self.parameters,
            self,
            self.executemany,
        )

    def before(self) -> bool:
        """Call who listens before it runs.

        Returns:
            Whether a listener put another statement or parameters.
        """
        changed = False
        for each in _listeners(self.engine, "before_cursor_execute"):
            made = each(*self._arguments())
            if each.retval:
                self.statement, self.parameters = made
                changed = True
        return changed

    def finished(self, changes: int, rowid: int) -> None:
        """Call who listens after it ran.

        Args:
            changes: Rows changed, -1 for one that returns rows.
            rowid: The last rowid of the connection.
        """
        self.cursor.rowcount = changes
        self.cursor.lastrowid = rowid
        for each in _listeners(self.engine, "after_cursor_execute"):
            each(*self._arguments())

    def failed(self, exception: BaseException) -> BaseException | None:
        """Call who listens to errors.

        Args:
            exception: What is raised.

        Returns:
            What to raise instead, or None.
        """
        context = ExceptionContext(self, exception)
        for each in _listeners(self.engine, "handle_error"):
            made = each(context)
            if each.retval and made is not None:
                context.chained_exception = made
        return context.chained_exception


class ExceptionContext:
    """An error, for who listens to ``handle_error``.

    Attributes:
        original_exception: That of the driver.
        sqlalchemy_exception: That of this package, or None.
        chained_exception: What a listener before put in its place, or None.
        statement, parameters, execution_context, connection, engine: Where it
            happened.
        is_disconnect: False: there is nothing to be disconnected from.
    """

    is_disconnect = False
    invalidate_pool_on_disconnect = False
    is_pre_ping = False

    def __init__(
        self, context: ExecutionContext, exception: BaseException
    ) -> None:
        self.execution_context = context
        self.connection = context.root_connection
        self.engine = context.engine
        self.dialect = context.dialect
        self.cursor = context.cursor
        self.statement = context.statement
        self.parameters = context.parameters
        self.original_exception = getattr(exception, "orig", exception)
        self.sqlalchemy_exception = (
            exception if hasattr(exception, "orig") else None
        )
        self.chained_exception: BaseException | None = None


def observe(
    connection: Any, sql: str, parameters: Any, many: bool
) -> tuple[ExecutionContext, str | None, Any] | None:
    """Begin to observe a statement, if anybody listens to its engine.

    Args:
        connection: The `AsyncConnection`.
        sql: The statement.
        parameters: Its parameters, as the log shows them.
        many: Whether they are many sets.

    Returns:
        The context, and the statement and parameters that a listener put in
        their place, or None for these; None when nobody listens.
    """
    engine = connection.engine
    if not any(_listeners(engine, name) for name in _CURSOR_EVENTS):
        return None
    context = ExecutionContext(connection, sql, parameters, many)
    if context.before():
        return context, context.statement, context.parameters
    return context, None, None


_CURSOR_EVENTS = tuple(name for name, bit in _BITS.items() if bit == 2)
