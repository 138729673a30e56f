"""Values a column takes when none is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import exc
from .base import SchemaItem
from .ddl_clauses import clause_of, ddl_text, is_expression
from .identifiers import quote_string

__all__ = [
    "ColumnDefault",
    "Computed",
    "DefaultClause",
    "FetchedValue",
    "Identity",
]


class ColumnDefault(SchemaItem):
    """A default or onupdate value that is applied when a row is written.

    Args:
        arg: A value, a function of no argument or of one (the context of
            the execution), or an SQL expression.
        for_update: It is the value for UPDATE.

    Attributes:
        arg: The value or the expression; a function always takes one
            argument here.
        is_scalar, is_callable, is_clause_element: Which of the three it is.
        column: The column it belongs to.
    """

    column: Any = None

    def __init__(self, arg: Any, for_update: bool = False) -> None:
        self._init_item(None)
        if isinstance(arg, FetchedValue):
            raise exc.ArgumentError(
                "a server default belongs in server_default or server_onupdate"
            )
        arg = clause_of(arg) if not callable(arg) else arg
        self.for_update = for_update
        self.is_clause_element = is_expression(arg)
        self.is_callable = not self.is_clause_element and callable(arg)
        self.is_scalar = not self.is_clause_element and not self.is_callable
        self._given = arg
        self.arg = _with_context(arg) if self.is_callable else arg

    def _set_parent(self, parent: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.onupdate = self
        else:
            parent.default = self

    def _copy(self) -> ColumnDefault:
        return ColumnDefault(self._given, self.for_update)

    def __repr__(self) -> str:
        kind = (
            "CallableColumnDefault"
            if self.is_callable
            else "ColumnElementColumnDefault"
            if self.is_clause_element
            else "ScalarElementColumnDefault"
        )
        return f"{kind}({self._given!r})"


def _with_context(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return the function as one that takes the execution context."""
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        # Types and functions written in C often hide their signature; the
        # useful ones of them need no argument.
        return lambda context: function()
    positional = [
        each
        for each in parameters
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    required = [each for each in positional if each.default is each.empty]
    if len(required) > 1:
        raise exc.ArgumentError(
            "a default function takes no argument, or one, the execution"
            f" context; {function!r} takes {len(required)}"
        )
    if required or (positional and not isinstance(function, type)):
        return function
    return lambda context: function()


class FetchedValue(SchemaItem):
    """Says that the database fills in the column by itself, by a trigger.

    Args:
        for_update: It does so on UPDATE.
    """

    column: Any = None

    def __init__(self, for_update: bool = False) -> None:
        self._init_item(None)
        self.for_update = for_update

    def _set_parent(self, parent: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.server_onupdate = self
        else:
            parent.server_default = self

    def _copy(self) -> FetchedValue:
        return FetchedValue(self.for_update)

    def __repr__(self) -> str:
        return f"FetchedValue(for_update={self.for_update})"


class DefaultClause(FetchedValue):
    """The DEFAULT of a column's definition.

    Args:
        arg: A str, which is a value, or an SQL expression.
        for_update: It stands for the value on UPDATE; not written as SQL.

    Raises:
        ArgumentError: It is neither.
    """

    def __init__(self, arg: Any, for_update: bool = False) -> None:
        super().__init__(for_update)
        if not isinstance(arg, str) and not is_expression(arg):
            raise exc.ArgumentError(
                "a server default is a str or an SQL expression such as"
                f" text('0') or func.now(), not {arg!r}"
            )
        self.arg = arg

    def ddl_text(self) -> str:
        """Return what follows DEFAULT."""
        if isinstance(self.arg, str):
            return quote_string(self.arg)
        return ddl_text(self.arg)

    def _copy(self) -> DefaultClause:
        return DefaultClause(self.arg, self.for_update)

    def __repr__(self) -> str:
        return f"DefaultClause({self.arg!r}, for_update={self.for_update})"


class Computed(FetchedValue):
    """A column computed by the database from others of its row.

    Args:
        sqltext: The expression, as SQL text or as an expression.
        persisted: True to store the value, False to compute it when it is
            read, None for the database's choice.
    """

    def __init__(self, sqltext: Any, persisted: bool | None = None) -> None:
        super().__init__()
        if not isinstance(sqltext, str) and not is_expression(sqltext):
            raise exc.ArgumentError(
                f"Computed takes SQL text or an expression, not {sqltext!r}"
            )
        self.sqltext = sqltext
        self.persisted = persisted

    def _set_parent(self, parent: Any) -> None:
        for given in (parent.server_default, parent.server_onupdate):
            if given is not None and not isinstance(given, Computed):
                raise exc.ArgumentError(
                    "a computed column has no server_default and no"
                    " server_onupdate"
                )
        self.column = parent
        parent.computed = self
        parent.server_default = self
        parent.server_onupdate = self

    def ddl_text(self) -> str:
        """Return the clause of the column's definition."""
        text = f"GENERATED ALWAYS AS ({ddl_text(self.sqltext)})"
        if self.persisted is not None:
            text += " STORED" if self.persisted else " VIRTUAL"
        return text

    def _copy(self) -> Computed:
        return Computed(self.sqltext, self.persisted)

    def __repr__(self) -> str:
        return f"Computed({self.sqltext!r}, persisted={self.persisted})"


class Identity(FetchedValue):
    """Numbering by the database, in databases that have it.

    SQLite has not: there an integer primary key is numbered anyway, and the
    parameters have no effect. The column is NOT NULL.

    Args:
        always: Refuse values that are given.
        on_null: Also number rows that give NULL.
        **options: ``start``, ``increment``, ``minvalue``, ``maxvalue``,
            ``nominvalue``, ``nomaxvalue``, ``cycle``, ``cache``, ``order``.
    """

    _OPTIONS = frozenset(
        "start increment minvalue maxvalue nominvalue nomaxvalue cycle cache"
        " order".split()
    )

    def __init__(
        self,
        always: bool = False,
        on_null: bool | None = None,
        start: int | None = None,
        increment: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        for name in options:
            if name not in self._OPTIONS:
                raise TypeError(
                    f"Identity() got an unexpected keyword argument {name!r}"
                )
        self.always = always
        self.on_null = on_null
        self.start = start
        self.increment = increment
        self.options = options

    def _set_parent(self, parent: Any) -> None:
        if parent.autoincrement is False:
            raise exc.ArgumentError(
                f"column {parent.name!r} has an Identity and"
                " autoincrement=False"
            )
        if isinstance(parent.server_default, Computed):
            raise exc.ArgumentError(
                f"column {parent.name!r} has an Identity and is computed"
            )
        self.column = parent
        parent.identity = self
        if parent._user_nullable is None:
            parent.nullable = False
        parent.server_default = self

    def _copy(self) -> Identity:
        return Identity(
            self.always, self.on_null, self.start, self.increment,
            **self.options,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Identity(always={self.always}, start={self.start})"
