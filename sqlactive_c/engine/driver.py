"""The SQLite connection itself, as users of ``sqlite3`` know it.

``(await conn.get_raw_connection()).driver_connection`` is one, and listeners
of the event ``connect`` get one.  What does no input or output acts at once,
and can be awaited as well.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

from .. import _core
from ..exc import InvalidRequestError

__all__ = ["Blob", "Cursor", "Done", "DriverConnection", "PooledConnection"]

_T = TypeVar("_T")


class Done(Generic[_T]):
    """Something that was done already: awaiting it gives the result."""

    __slots__ = ("_result",)

    def __init__(self, result: _T) -> None:
        self._result = result

    def __await__(self) -> Generator[Any, Any, _T]:
        return self._result
        yield


class PooledConnection:
    """What ``get_raw_connection()`` gives: a connection of the pool.

    Attributes:
        driver_connection, dbapi_connection: The `DriverConnection`.
        info: The dict of notes of the connection.
    """

    def __init__(self, driver: Any, connection: Any) -> None:
        self.driver_connection = DriverConnection(driver, connection)
        self.dbapi_connection = self.driver_connection
        self._connection = connection

    @property
    def info(self) -> dict[Any, Any]:
        """The dict of notes of the connection."""
        found: dict[Any, Any] = self._connection.info
        return found

    @property
    def is_valid(self) -> bool:
        """Whether it is open, and not given back to its pool."""
        return bool(self.driver_connection.is_valid)


class DriverConnection:
    """A SQLite connection.

    It is valid until the connection that gave it is closed.  What is
    registered on it stays until SQLite's connection is closed, which may be
    used by others after it was given back to its pool; so functions that all
    queries need are best registered in a listener of ``connect``.

    A connection with Python callables runs all its statements on the thread
    of the event loop.
    """

    def __init__(self, driver: Any, connection: Any = None) -> None:
        self._driver = driver
        self._connection = connection
        self.isolation_level: Any = ""  # transactions are the engine's
        self.row_factory: Any = None

    # -- callables ------------------------------------------------------------

    def create_function(
        self,
        name: str,
        narg: int,
        func: Callable[..., Any] | None,
        *,
        deterministic: bool = False,
    ) -> Done[None]:
        """Make a SQL function of a callable.

        Args:
            name: Its name in SQL.
            narg: How many arguments it takes; -1 for any number.
            func: The callable; None takes the function away.
            deterministic: It gives the same for the same arguments, so SQLite
                may use it in indexes and call it less often.
        """
        return Done(
            self._driver.create_function(name, narg, func, deterministic)
        )

    def create_aggregate(
        self, name: str, n_arg: int, aggregate_class: type[Any] | None
    ) -> Done[None]:
        """Make an aggregate function of a class.

        Args:
            name: Its name in SQL.
            n_arg: How many arguments it takes; -1 for any number.
            aggregate_class: Has ``step(*args)`` and ``finalize()``; None
                takes the function away.
        """
        return Done(
            self._driver.create_aggregate(name, n_arg, aggregate_class, False)
        )

    def create_window_function(
        self, name: str, num_params: int, aggregate_class: type[Any] | None
    ) -> Done[None]:
        """Make an aggregate window function of a class.

        Args:
            name: Its name in SQL.
            num_params: How many arguments it takes; -1 for any number.
            aggregate_class: Has ``step(*args)``, ``inverse(*args)``,
                ``value()`` and ``finalize()``; None takes it away.
        """
        return Done(
            self._driver.create_aggregate(
                name, num_params, aggregate_class, True
            )
        )

    def create_collation(
        self, name: str, callable: Callable[[str, str], int] | None
    ) -> Done[None]:
        """Make a collation of a callable that compares two strings.

        Args:
            name: Its name in SQL.
            callable: Gives a negative number, 0 or a positive one; None takes
                the collation away.
        """
        return Done(self._driver.create_collation(name, callable))

    def set_progress_handler(
        self, handler: Callable[[], Any] | None, n: int
    ) -> Done[None]:
        """Call something every ``n`` instructions of SQLite.

        Args:
            handler: What it returns aborts the statement if it is true; None
                takes the handler away.
            n: Instructions; more than 1000 count as 1000.
        """
        return Done(self._driver.set_progress_handler(handler, n))

    def set_trace_callback(
        self, trace_callback: Callable[[str], Any] | None
    ) -> Done[None]:
        """Call something with each statement that runs.

        Args:
            trace_callback: Gets the SQL with its values; None takes it away.
        """
        return Done(self._driver.set_trace_callback(trace_callback))

    def set_authorizer(
        self, authorizer_callback: Callable[..., int] | None
    ) -> Done[None]:
        """Ask something whether statements may do what they do.

        Args:
            authorizer_callback: As that of ``sqlite3``; None takes it away.
        """
        return Done(self._driver.set_authorizer(authorizer_callback))

    # -- extensions and facts -------------------------------------------------

    def enable_load_extension(self, enabled: bool) -> Done[None]:
        """Accepted; the engine's ``allow_extensions=True`` decides.

        Args:
            enabled: Whether extensions are to be loaded.
        """
        return Done(None)

    def load_extension(
        self, path: str, *, entrypoint: str | None = None
    ) -> Done[None]:
        """Load an extension of SQLite.

        Args:
            path: The shared library.
            entrypoint: The function in it, None for SQLite's own guess.

        Raises:
            InvalidRequestError: The engine was made without
                ``allow_extensions=True``.
            OperationalError: It cannot be loaded.
        """
        return Done(self._driver.load_extension(os.fspath(path), entrypoint))

    def interrupt(self) -> Done[None]:
        """Abort what runs on the connection just now."""
        return Done(self._driver.interrupt())

    def getlimit(self, category: int) -> int:
        """Return a limit of the connection.

        Args:
            category: One of ``sqlite3.SQLITE_LIMIT_...``.
        """
        found: int = self._driver.limit(category)
        return found

    def setlimit(self, category: int, limit: int) -> int:
        """Set a limit of the connection; return the old one.

        Args:
            category: One of ``sqlite3.SQLITE_LIMIT_...``.
            limit: The new limit.
        """
        found: int = self._driver.limit(category, limit)
        return found

    @property
    def total_changes(self) -> int:
        """Rows changed since the connection was opened."""
        found: int = self._driver.total_changes
        return found

    @property
    def in_transaction(self) -> bool:
        """Whether SQLite has a transaction open."""
        found: bool = self._driver.in_transaction
        return found

    @property
    def is_valid(self) -> bool:
        """Whether it is open, and not given back to its pool."""
        found: bool = self._driver.valid
        return found

    @property
    def driver_connection(self) -> DriverConnection:
        """The connection itself."""
        return self

    def run_async(self, fn: Callable[[Any], Any]) -> Any:
        """Call a function with the connection, from synchronous code.

        Args:
            fn: Gives an awaitable that is done at once, or anything.

        Returns:
            What the function gives, awaited.
        """
        made = fn(self)
        return made._result if isinstance(made, Done) else made

    # -- statements -----------------------------------------------------------

    def cursor(self) -> Cursor:
        """Return a cursor, for listeners of ``connect``."""
        return Cursor(self._driver)

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run a statement.

        In a listener of ``connect`` it runs at once.  Else it is run by the
        connection, and must be awaited.

        Args:
            sql: The statement.
            parameters: A sequence; later also a dict.

        Returns:
            A cursor, or an awaitable that gives the connection's result.
        """
        if self._connection is None:
            return Cursor(self._driver).execute(sql, parameters)
        given = parameters if isinstance(parameters, dict) else None
        return self._connection.exec_driver_sql(
            sql, tuple(parameters) if given is None else given
        )

    # -- whole databases ------------------------------------------------------

    async def backup(
        self,
        target: Any,
        *,
        pages: int = -1,
        progress: Callable[[int, int, int], Any] | None = None,
        name: str = "main",
        sleep: float = 0.25,
    ) -> None:
        """Copy the database while it is in use.

        Args:
            target: A path, or an engine or connection of this package whose
                database is replaced.
            pages: Copy so many pages at once; all if not positive.
            progress: Called with status, remaining and total pages after each
                step.
            name: Which database: ``main``, ``temp`` or an attached one.
            sleep: Seconds to wait when the database is locked, and between
                two steps.

        Raises:
            TypeError: The target is something else.
        """
        import asyncio

        transfer = self._driver.backup(_target_of(target), name)
        while True:
            done, locked, remaining, total = await transfer.step(pages)
            if progress is not None:
                # SQLITE_DONE, SQLITE_BUSY, SQLITE_OK
                progress(101 if done else 5 if locked else 0, remaining, total)
            if done:
                return
            await asyncio.sleep(sleep if locked else 0)

    def serialize(self, *, name: str = "main") -> Awaitable[bytes]:
        """Give the database as bytes.

        Args:
            name: Which database: ``main``, ``temp`` or an attached one.
        """
        made: Awaitable[bytes] = self._driver.serialize(name)
        return made

    def deserialize(self, data: Any, *, name: str = "main") -> Awaitable[None]:
        """Replace the database, for all its connections, by a serialised one.

        Args:
            data: What `serialize` gave.
            name: Which database: ``main``, ``temp`` or an attached one.

        Raises:
            InvalidRequestError: A transaction is in progress.
        """
        made: Awaitable[None] = self._driver.deserialize(bytes(data), name)
        return made

    def iterdump(self) -> AsyncIterator[str]:
        """Give the statements that make this database anew."""
        from .dump import iterdump

        return iterdump(self._connected())

    def _connected(self) -> Any:
        if self._connection is None:
            raise InvalidRequestError(
                "the connection is being opened: use it once it is"
            )
        return self._connection

    def blobopen(
        self,
        table: str,
        column: str,
        row: int,
        *,
        readonly: bool = False,
        name: str = "main",
    ) -> _BlobOpener:
        """Open one value for reading and writing in pieces.

        One that is written begins a transaction: commit it.

        Args:
            table: The table.
            column: The column.
            row: The rowid of the row.
            readonly: Open it for reading only.
            name: Which database: ``main``, ``temp`` or an attached one.

        Returns:
            What is awaited, or entered with ``async with``: a `Blob`.
        """
        return _BlobOpener(self._driver, table, column, row, readonly, name)


def _target_of(target: Any) -> Any:
    if isinstance(target, (str, os.PathLike)):
        return os.fspath(target)
    if isinstance(target, _core.AsyncEngine):
        return target
    if isinstance(target, _core.AsyncConnection):
        return target.engine
    if isinstance(target, _core.DBConnection):
        return target.async_engine
    if isinstance(target, (DriverConnection, PooledConnection)):
        return target.driver_connection._driver.engine
    raise TypeError(
        "the target of a backup is a path, an engine or a connection of"
        f" this package, not {type(target).__name__}"
    )


class Cursor:
    """Runs statements on a connection that is being opened.

    Attributes:
        description: Names of the columns, as ``sqlite3`` has them, or None.
        rowcount: Rows changed, or -1.
        lastrowid: Of the connection.
    """

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._rows: list[tuple[Any, ...]] = []
        self.description: tuple[Any, ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        """Run a statement; give the cursor.

        Args:
            sql: The statement.
            parameters: A sequence.
        """
        rows, names, self.rowcount, self.lastrowid = self._driver.run(
            sql, parameters
        )
        self._rows = rows
        self.description = (
            None
            if names is None
            else tuple((name, *(None,) * 6) for name in names)
        )
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, None after the last."""
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    def __iter__(self) -> Generator[tuple[Any, ...], None, None]:
        while self._rows:
            yield self._rows.pop(0)

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []


class _BlobOpener:
    """Opens a blob when it is awaited or entered."""

    def __init__(
        self,
        driver: Any,
        table: str,
        column: str,
        row: int,
        readonly: bool,
        name: str,
    ) -> None:
        self._driver = driver
        self._place = table, column, row, not readonly, name
        self._blob: Blob | None = None

    async def _open(self) -> Blob:
        if self._place[3]:
            await self._driver.begin_write()
        return Blob(self._driver.open_blob(*self._place))

    def __await__(self) -> Generator[Any, Any, Blob]:
        return self._open().__await__()

    async def __aenter__(self) -> Blob:
        self._blob = await self._open()
        return self._blob

    async def __aexit__(self, *error: Any) -> None:
        assert self._blob is not None
        self._blob.close()


class Blob:
    """A value of one row, read and written in pieces; its size is fixed.

    What a method gives can be awaited, or taken as it is by ``[]``.
    """

    def __init__(self, blob: Any) -> None:
        self._blob = blob
        self._at = 0

    def __len__(self) -> int:
        size: int = self._blob.size
        return size

    def length(self) -> Done[int]:
        """Give its size in bytes."""
        return Done(len(self))

    def read(self, length: int = -1) -> Done[bytes]:
        """Give the next bytes.

        Args:
            length: How many; negative for all.
        """
        left = len(self) - self._at
        count = left if length < 0 else min(length, left)
        data: bytes = self._blob.read(count, self._at)
        self._at += count
        return Done(data)

    def write(self, data: Any) -> Done[None]:
        """Replace the next bytes.

        Args:
            data: Bytes.

        Raises:
            ValueError: They reach beyond the end.
        """
        self._blob.write(data, self._at)
        self._at += len(data)
        return Done(None)

    def seek(self, offset: int, origin: int = os.SEEK_SET) -> Done[None]:
        """Set the position.

        Args:
            offset: Bytes.
            origin: From where: ``os.SEEK_SET``, ``SEEK_CUR`` or ``SEEK_END``.

        Raises:
            ValueError: It is not within the blob, or no such origin.
        """
        size = len(self)
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: size}
        if origin not in bases:
            raise ValueError(
                "'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END"
            )
        at = bases[origin] + offset
        if not 0 <= at <= size:
            raise ValueError("offset out of blob range")
        self._at = at
        return Done(None)

    def tell(self) -> Done[int]:
        """Give the position."""
        len(self)
        return Done(self._at)

    def close(self) -> Done[None]:
        """Close it."""
        return Done(self._blob.close())

    async def __aenter__(self) -> Blob:
        len(self)
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.close()

    def _index(self, index: int) -> int:
        size = len(self)
        at = index + size if index < 0 else index
        if not 0 <= at < size:
            raise IndexError("Blob index out of range")
        return at

    def __getitem__(self, index: int | slice) -> Any:
        if not isinstance(index, slice):
            return self._blob.read(1, self._index(index))[0]
        start, stop, step = index.indices(len(self))
        if step == 1:
            data: bytes = self._blob.read(max(stop - start, 0), start)
            return data
        places = range(start, stop, step)
        if not places:
            return b""
        first = min(places[0], places[-1])
        last = max(places[0], places[-1])
        found = self._blob.read(last - first + 1, first)
        return bytes(found[at - first] for at in places)

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if not isinstance(index, slice):
            self._blob.write(bytes((value,)), self._index(index))
            return
        places = range(*index.indices(len(self)))
        if len(value) != len(places):
            raise IndexError("Blob slice assignment is wrong size")
        if places.step == 1:
            self._blob.write(value, places.start)
            return
        for at, byte in zip(places, bytes(value), strict=True):
            self._blob.write(bytes((byte,)), at)
