"""The exceptions of the package, under the names users of SQLAlchemy know.

The hierarchy is the one table of errors: every other module re-exports from
here. The mapping-related ones are published as :mod:`sqlactive_c.orm.exc`.

The C core makes its exceptions through :func:`make_database_error` and
:func:`make_programming_error`. An error of the database always carries, as
``orig``, an instance of the exception class that the standard library's
``sqlite3`` would have raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.locks import LockHolder

__all__ = [
    "AmbiguousForeignKeysError",
    "ArgumentError",
    "AwaitRequired",
    "CircularDependencyError",
    "CompileError",
    "ConstraintColumnNotFoundError",
    "DBAPIError",
    "DataError",
    "DatabaseError",
    "DatabaseLocked",
    "DisconnectionError",
    "DuplicateColumnError",
    "IdentifierError",
    "IllegalStateChangeError",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "InvalidRequestError",
    "InvalidatePoolError",
    "MissingGreenlet",
    "MultipleResultsFound",
    "NoForeignKeysError",
    "NoInspectionAvailable",
    "NoReferenceError",
    "NoReferencedColumnError",
    "NoReferencedTableError",
    "NoResultFound",
    "NoSuchColumnError",
    "NoSuchModuleError",
    "NoSuchTableError",
    "NotSupportedError",
    "ObjectNotExecutableError",
    "OperationalError",
    "PendingRollbackError",
    "ProgrammingError",
    "ResourceClosedError",
    "SADeprecationWarning",
    "SAPendingDeprecationWarning",
    "SAWarning",
    "SQLAlchemyError",
    "StatementError",
    "TimeoutError",
    "UnboundExecutionError",
    "UnreflectableTableError",
    "UnsupportedCompilationError",
    "make_database_error",
    "make_programming_error",
]


class _Coded:
    """Adds ``code``, the short stable name of a kind of error."""

    code: str | None = None

    def __init__(self, *args: Any, code: str | None = None) -> None:
        if code is not None:
            self.code = code
        super().__init__(*args)


class SQLAlchemyError(_Coded, Exception):
    """Root of every exception raised by the package.

    Args:
        *args: The message, as for any exception.
        code: Short stable name of the kind of error; None keeps the class's.
    """

    def _message(self) -> str:
        if len(self.args) == 1:
            return str(self.args[0])
        return str(self.args)

    def __str__(self) -> str:
        return self._message()


class ArgumentError(SQLAlchemyError):
    """A function was called with an argument that makes no sense there."""


class DuplicateColumnError(ArgumentError):
    """A column replaces another of the same name without permission."""


class ObjectNotExecutableError(ArgumentError):
    """Something that is no SQL statement was passed to ``execute``."""

    def __init__(self, target: Any) -> None:
        hint = "; wrap SQL in text()" if isinstance(target, str) else ""
        super().__init__(f"Not an executable object: {target!r}{hint}")
        self.target = target

    def __reduce__(self) -> Any:
        return self.__class__, (self.target,)


class NoSuchModuleError(ArgumentError):
    """A URL names a database or a driver that is not supported."""


class NoForeignKeysError(ArgumentError):
    """A join has no foreign key to follow between its two sides."""


class AmbiguousForeignKeysError(ArgumentError):
    """A join has more than one foreign key to follow."""


class ConstraintColumnNotFoundError(ArgumentError):
    """A constraint names a column that its table does not have."""


class CircularDependencyError(SQLAlchemyError):
    """Objects depend on each other in a circle.

    Args:
        message: What was being sorted.
        cycles: The objects in the circle.
        edges: Pairs ``(parent, child)`` between them.
        msg: Replaces the whole message when given.
    """

    def __init__(
        self,
        message: str,
        cycles: Any,
        edges: Any,
        msg: str | None = None,
        code: str | None = None,
    ) -> None:
        if msg is None:
            names = ", ".join(repr(each) for each in cycles)
            message = f"{message} (cycle: {names})"
        else:
            message = msg
        super().__init__(message, code=code)
        self.cycles = cycles
        self.edges = edges

    def __reduce__(self) -> Any:
        args = (None, self.cycles, self.edges, self.args[0])
        return self.__class__, args, {"code": self.code}


class CompileError(SQLAlchemyError):
    """A construct cannot be written as SQL."""


class UnsupportedCompilationError(CompileError):
    """This compiler has no SQL for that kind of construct."""

    code = "l7de"

    def __init__(
        self, compiler: Any, element_type: type, message: str | None = None
    ) -> None:
        text = f"{compiler!r} cannot render {element_type!r}"
        super().__init__(f"{text}: {message}" if message else text)
        self.compiler = compiler
        self.element_type = element_type
        self.message = message

    def __reduce__(self) -> Any:
        return self.__class__, (
            self.compiler,
            self.element_type,
            self.message,
        )


class IdentifierError(SQLAlchemyError):
    """A name of a schema object is not usable."""


class DisconnectionError(SQLAlchemyError):
    """A connection of the pool turned out to be dead."""

    invalidate_pool = False


class InvalidatePoolError(DisconnectionError):
    """A dead connection that says the rest of the pool is dead too."""

    invalidate_pool = True


class TimeoutError(SQLAlchemyError):
    """No connection of the pool became free in time."""


class InvalidRequestError(SQLAlchemyError):
    """The call is not possible in the state things are in."""


class IllegalStateChangeError(InvalidRequestError):
    """A session is used while another of its operations is under way."""


class NoInspectionAvailable(InvalidRequestError):
    """``inspect()`` has nothing to say about this object."""


class PendingRollbackError(InvalidRequestError):
    """The transaction failed and has to be rolled back first."""


class ResourceClosedError(InvalidRequestError):
    """A closed connection, result or engine was used."""


class NoSuchColumnError(InvalidRequestError, KeyError):
    """A row has no column of that name."""


class NoResultFound(InvalidRequestError):
    """A result was required and there was none."""


class MultipleResultsFound(InvalidRequestError):
    """One result was required and there were several."""


class NoReferenceError(InvalidRequestError):
    """A foreign key points to something unknown.

    Attributes:
        table_name: Name of the table that was looked for.
    """

    table_name: str


class AwaitRequired(InvalidRequestError):
    """A synchronous facade was left without awaiting what it needs."""

    code = "xd1r"


class MissingGreenlet(InvalidRequestError):
    """Implicit loading was attempted where no loading can be awaited."""

    code = "xd2s"


class NoReferencedTableError(NoReferenceError):
    """A foreign key points to a table that is not in the metadata.

    Args:
        message: The sentence for the user.
        tname: Name of the table that was looked for.
    """

    def __init__(self, message: str, tname: str) -> None:
        super().__init__(message)
        self.table_name = tname

    def __reduce__(self) -> Any:
        return self.__class__, (self.args[0], self.table_name)


class NoReferencedColumnError(NoReferenceError):
    """A foreign key points to a column that its table does not have.

    Args:
        message: The sentence for the user.
        tname: Name of the table.
        cname: Name of the column that was looked for.
    """

    def __init__(self, message: str, tname: str, cname: str) -> None:
        super().__init__(message)
        self.table_name = tname
        self.column_name = cname

    def __reduce__(self) -> Any:
        return self.__class__, (
            self.args[0],
            self.table_name,
            self.column_name,
        )


class NoSuchTableError(InvalidRequestError):
    """The database has no table of that name."""


class UnreflectableTableError(InvalidRequestError):
    """A table exists and its definition cannot be read."""


class UnboundExecutionError(InvalidRequestError):
    """A statement has no engine or connection to run on."""


class StatementError(SQLAlchemyError):
    """Something went wrong while a statement was prepared or run.

    Args:
        message: The sentence for the user.
        statement: SQL text, or None.
        params: Its parameters: a dict, a tuple, or a list of them.
        orig: The exception that caused this one, or None.
        hide_parameters: Leave the parameters out of the message.
        code: Short stable name of the kind of error.
        ismulti: Whether ``params`` is a list of parameter sets; None when
            that is not known.
    """

    statement: str | None = None
    params: Any = None
    orig: BaseException | None = None
    hide_parameters: bool = False
    ismulti: bool | None = None
    connection_invalidated: bool = False

    def __init__(
        self,
        message: str,
        statement: str | None,
        params: Any,
        orig: BaseException | None,
        hide_parameters: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.statement = statement
        self.params = params
        self.orig = orig
        self.hide_parameters = hide_parameters
        self.ismulti = ismulti
        self.detail: list[str] = []

    def add_detail(self, msg: str) -> None:
        """Add a line that the message shows, in parentheses, first."""
        self.detail.append(msg)

    def __reduce__(self) -> Any:
        args = (
            self.args[0],
            self.statement,
            self.params,
            self.orig,
            self.hide_parameters,
            self.__dict__.get("code"),
            self.ismulti,
        )
        return self.__class__, args, {"detail": self.detail}

    def _message(self) -> str:
        lines = [f"({each})" for each in self.detail]
        lines.append(str(self.args[0]) if self.args else "")
        if self.statement:
            lines.append(f"[SQL: {self.statement}]")
            if self.params:
                lines.append(self._params_line())
        return "\n".join(lines)

    def _params_line(self) -> str:
        if self.hide_parameters:
            return "[SQL parameters hidden due to hide_parameters=True]"
        from ._parameters import render_params

        return f"[parameters: {render_params(self.params, self.ismulti)}]"


class DBAPIError(StatementError):
    """The database refused a statement; ``orig`` is what it said.

    Args:
        statement: SQL text, or None.
        params: Its parameters.
        orig: Exception of the standard library's ``sqlite3``.
        hide_parameters: Leave the parameters out of the message.
        connection_invalidated: The connection is gone with this error.
        code: Short stable name of the kind of error.
        ismulti: Whether ``params`` is a list of parameter sets.
    """

    code = "dbapi"

    def __init__(
        self,
        statement: str | None,
        params: Any,
        orig: BaseException,
        hide_parameters: bool = False,
        connection_invalidated: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        kind = type(orig)
        message = f"({kind.__module__}.{kind.__name__}) {orig}"
        super().__init__(
            message, statement, params, orig, hide_parameters, code, ismulti
        )
        self.connection_invalidated = connection_invalidated

    def __reduce__(self) -> Any:
        args = (
            self.statement,
            self.params,
            self.orig,
            self.hide_parameters,
            self.connection_invalidated,
            self.__dict__.get("code"),
            self.ismulti,
        )
        return self.__class__, args, {"detail": self.detail}


class InterfaceError(DBAPIError):
    """The database's programming interface was misused."""

    code = "rvf5"


class DatabaseError(DBAPIError):
    """An error of the database with no more specific class."""

    code = "4xp6"


class DataError(DatabaseError):
    """A value is too large for the database."""

    code = "9h9h"


class OperationalError(DatabaseError):
    """SQL is wrong, or the database is locked, full, unreadable, gone."""

    code = "e3q8"


class DatabaseLocked(OperationalError):
    """A lock did not come free in time; the message says who has it.

    Attributes:
        holder: Who in this process has the write transaction that was in the
            way, or None: somebody else has.
    """

    holder: LockHolder | None = None

    def __reduce__(self) -> Any:
        made, args, state = super().__reduce__()
        return made, args, {**state, "holder": self.holder}


class IntegrityError(DatabaseError):
    """A constraint of the schema is violated."""

    code = "gkpj"


class InternalError(DatabaseError):
    """The database found itself in an impossible state."""

    code = "2j85"


class ProgrammingError(DatabaseError):
    """Statement and parameters do not fit together."""

    code = "f405"


class NotSupportedError(DatabaseError):
    """The database cannot do this at all."""

    code = "tw8g"


class SADeprecationWarning(_Coded, DeprecationWarning):
    """A feature that a later version removes was used."""


class SAPendingDeprecationWarning(PendingDeprecationWarning):
    """A feature that a later version deprecates was used."""


class SAWarning(_Coded, RuntimeWarning):
    """Something suspicious that is no error."""


# SQLite's primary result codes (sqlite3.h) by the class that the standard
# library raises for them; what is not listed is a DatabaseError.
_OPERATIONAL = frozenset((1, 3, 4, 5, 6, 8, 9, 10, 13, 14, 15, 16, 17))
_CLASS_BY_CODE: dict[int, type[DBAPIError]] = {
    2: InternalError,  # INTERNAL
    12: InternalError,  # NOTFOUND
    18: DataError,  # TOOBIG
    19: IntegrityError,  # CONSTRAINT
    20: IntegrityError,  # MISMATCH
    21: InterfaceError,  # MISUSE
    25: InterfaceError,  # RANGE
}
_NOMEM = 7
# Names of result codes start with one of these; the same module has names
# of limits and authorizer actions whose numbers overlap with them.
_RESULT_WORDS = frozenset(
    "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR"
    " CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT"
    " MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB NOTICE WARNING ROW"
    " DONE".split()
)


def _class_for_code(code: int) -> type[DBAPIError]:
    if code in _OPERATIONAL:
        return OperationalError
    return _CLASS_BY_CODE.get(code, DatabaseError)


def _error_name(xcode: int) -> str:
    import sqlite3

    for name in dir(sqlite3):
        if (
            name.startswith("SQLITE_")
            and getattr(sqlite3, name) == xcode
            and name.split("_")[1] in _RESULT_WORDS
        ):
            return name
    return "unknown"


def make_database_error(
    code: int,
    xcode: int,
    message: str,
    offset: int,
    statement: str | None,
    params: Any,
    hide_parameters: bool,
    ismulti: bool,
    holder: tuple[Any, ...] | None = None,
) -> DBAPIError | MemoryError:
    """Make the exception for a result code of SQLite.

    Args:
        code: Primary result code.
        xcode: Extended result code.
        message: SQLite's message.
        offset: Byte offset of the error in the statement, -1 if unknown.
        statement: SQL text, or None.
        params: Its parameters.
        hide_parameters: Leave the parameters out of the message.
        ismulti: Whether ``params`` is a list of parameter sets.
        holder: Who has the lock that was in the way: the fields of a
            LockHolder, none if nobody in this process; None: it was no lock.

    Returns:
        The exception, not raised. ``orig`` has ``sqlite_errorcode`` (the
        extended code) and ``sqlite_errorname``; the exception itself has
        ``sql_offset``, an int or None. Out of memory is a ``MemoryError``.
    """
    if code == _NOMEM:
        return MemoryError(message) if message else MemoryError()
    import sqlite3

    cls = _class_for_code(code)
    raised = cls
    if holder is not None:
        from .engine.locks import LockHolder, tell_holder

        who = LockHolder(*holder) if holder else None
        message = f"{message}: {tell_holder(who)}"
        raised = DatabaseLocked
    orig = getattr(sqlite3, cls.__name__)(message)
    orig.sqlite_errorcode = xcode
    orig.sqlite_errorname = _error_name(xcode)
    error = raised(
        statement, params, orig, hide_parameters, ismulti=bool(ismulti)
    )
    if isinstance(error, DatabaseLocked):
        error.holder = who
    error.sql_offset = offset if offset >= 0 else None  # type: ignore
    return error


def make_programming_error(
    message: str,
    statement: str | None,
    params: Any,
    hide_parameters: bool,
    ismulti: bool,
) -> ProgrammingError:
    """Make the exception for a misuse that SQLite itself never sees.

    That is: a wrong number of parameters, a missing name, a value of an
    unsupported type, two statements in one string, a NUL in the SQL, a
    query given to executemany. The standard library raises its
    ``ProgrammingError`` for all of these, without an error code. An integer
    of more than 64 bits (``OverflowError``) and text that is not UTF-8
    (``UnicodeEncodeError``) are raised as they are.

    Args:
        message: What is wrong.
        statement: SQL text, or None.
        params: Its parameters.
        hide_parameters: Leave the parameters out of the message.
        ismulti: Whether ``params`` is a list of parameter sets.

    Returns:
        The exception, not raised.
    """
    import sqlite3

    orig = sqlite3.ProgrammingError(message)
    return ProgrammingError(
        statement, params, orig, hide_parameters, ismulti=bool(ismulti)
    )
