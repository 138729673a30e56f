"""Values, parameters and defaults of INSERT and UPDATE, as SQL."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from ... import exc
from ..elements import BindParameter
from .selects import SelectCompiler

__all__ = ["Assigned", "Prefetch", "State", "ValuesCompiler"]


class Prefetch(NamedTuple):
    """A parameter whose value is made up for every row.

    Attributes:
        column: The column.
        name: The name of the parameter.
        kind: ``scalar``, a value; or ``callable``, a function of the context
            of the execution.
        value: The value or the function.
    """

    column: Any
    name: str
    kind: str
    value: Any


class Assigned(NamedTuple):
    """A column and what it is set to, as SQL."""

    column: Any
    target: str
    value: str


class ValuesCompiler(SelectCompiler):
    """What columns are set to."""

    # SQL defaults of primary keys are written into the statement, and asked
    # for by RETURNING.
    returning_for_keys = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Parameters that have the names of columns.
        self._reserved: dict[str, Any] = {}
        self._key_sources: dict[Any, tuple[Any, Any]] = {}
        super().__init__(*args, **kwargs)

    # ---- parameters --------------------------------------------------------

    def bind_name(self, bind: Any) -> str:
        """Return the name of a parameter, which is known from now on."""
        name = self.bind_labels.get(id(bind))
        if name is None:
            name = super().bind_name(bind)
            if name in self._reserved and self._reserved[name] is not bind:
                raise _reserved(name)
            return name
        known = self.binds.get(name)
        if known is not None and known is not bind:
            raise _reserved(name)
        self.binds[name] = bind
        self._reserved[name] = bind
        return name

    def _column_bind(
        self, column: Any, bind: Any, name: str, state: State, **kw: Any
    ) -> str:
        """Return a parameter under the name of its column."""
        if not state.in_cte:
            self.bind_labels[id(bind)] = name
            self._kept.append(bind)
            self.compiled.bind_columns[name] = column
        return self.process(bind, **kw)

    def _made_up(self, column: Any, name: str, state: State, **kw: Any) -> str:
        """Return the parameter for a default of Python."""
        default = column.default if state.insert else column.onupdate
        bind = BindParameter._new(
            None, None, None, column.type, ("default",), None, None
        )
        text = self._column_bind(column, bind, name, state, **kw)
        found = (
            self.compiled.insert_prefetch
            if state.insert
            else self.compiled.update_prefetch
        )
        kind = "callable" if default.is_callable else "scalar"
        real = self.bind_name(bind)
        found.append(Prefetch(column, real, kind, default.arg))
        return text

    def _required(
        self, column: Any, name: str, state: State, **kw: Any
    ) -> str:
        bind = BindParameter._new(
            None, None, None, column.type, ("required",), None, None
        )
        kw.pop("literal_binds", None)
        return self._column_bind(column, bind, name, state, **kw)

    # ---- values of INSERT --------------------------------------------------

    def _rows_of(
        self, insert: Any, assigned: list[Assigned], state: State, **kw: Any
    ) -> str:
        rows = [[each.value for each in assigned]]
        for number, pairs in enumerate((insert._multi_values or ())[1:], 1):
            given = dict(pairs)
            rows.append(
                [
                    self._value_of_row(each.column, given, number, state, **kw)
                    for each in assigned
                ]
            )
        return ", ".join(f"({', '.join(row)})" for row in rows)

    def _value_of_row(
        self,
        column: Any,
        given: dict[Any, Any],
        number: int,
        state: State,
        **kw: Any,
    ) -> str:
        name = f"{column.key}_m{number}"
        if column.key in given:
            return self._value(column, given[column.key], name, state, **kw)
        default = getattr(column, "default", None)
        if default is None:
            raise exc.CompileError(
                f"column {column} has a value in the first of several rows,"
                f" but none in row {number + 1}"
            )
        if default.is_clause_element:
            return self._expression(default.arg, **kw)
        return self._made_up(column, name, state, **kw)

    def _insert_values(
        self, insert: Any, state: State, **kw: Any
    ) -> list[Assigned]:
        many = insert._multi_values
        if insert._values is None and not many and self.column_keys is None:
            return self._all_required(insert, state, **kw)
        given = dict(many[0] if many else insert._values or ())
        keys = self._parameter_keys(given, insert._table)
        suffix = "_m0" if many else ""
        state.asks_for_key = (
            state.outermost
            and not insert._inline
            and not insert._returning
            and not many
            and not self.options.get("for_executemany")
        )
        assigned = []
        used = set()
        for column in insert._table.c:
            key = column.key
            name = f"{key}{suffix}"
            if key in given:
                used.add(key)
                value = given[key]
                text = self._value(column, value, name, state, **kw)
                self._note_value(column, value, name, state)
            elif key in keys:
                used.add(key)
                text = self._required(column, name, state, **kw)
                self._note_key(column, ("bind", name), state)
            else:
                found = self._default(column, key, state, **kw)
                if found is None:
                    continue
                text = found
            assigned.append(Assigned(column, self.quote(column.name), text))
        if many:
            self._key_sources.clear()
        self._check_used(given, used, insert)
        return assigned

    def _all_required(
        self, statement: Any, state: State, **kw: Any
    ) -> list[Assigned]:
        return [
            Assigned(
                column,
                self.quote(column.name),
                self._required(column, column.key, state, **kw),
            )
            for column in statement._table.c
        ]

    def _parameter_keys(self, given: dict[Any, Any], table: Any) -> set[Any]:
        return {key for key in self.column_keys or () if key not in given}

    def _check_used(self, given: Any, used: set[Any], statement: Any) -> None:
        unknown = [key for key in given if key not in used]
        if unknown:
            names = ", ".join(str(key) for key in unknown)
            raise exc.CompileError(
                f"table {statement._table.description!r} has no columns"
                f" {names}"
            )

    def _default(
        self, column: Any, name: str, state: State, **kw: Any
    ) -> str | None:
        """Return what a column is set to that nobody gave a value."""
        default = getattr(column, "default", None)
        key = column.primary_key and state.asks_for_key
        if default is not None:
            if not default.is_clause_element:
                text = self._made_up(column, name, state, **kw)
                self._note_key(column, ("bind", name), state)
                return text
            if key and self.returning_for_keys:
                self._ask_for(column)
            elif not column.primary_key:
                self.compiled.postfetch.append(column)
            return self._expression(default.arg, **kw)
        if getattr(column, "server_default", None) is not None:
            if key and self.returning_for_keys and not _numbered(column):
                self._ask_for(column)
            elif not column.primary_key:
                self.compiled.postfetch.append(column)
        elif (
            column.primary_key
            and not _numbered(column)
            and not column.nullable
        ):
            _warn_of_key(column)
        if key and _numbered(column):
            self.compiled.postfetch_lastrowid = True
            self._key_sources[column] = ("lastrowid", None)
        return None

    def _ask_for(self, column: Any) -> None:
        found = self.compiled.implicit_returning
        self._key_sources[column] = ("returning", len(found))
        found.append(column)

    def _note_key(
        self, column: Any, source: tuple[Any, Any], state: State
    ) -> None:
        if column.primary_key and state.insert:
            self._key_sources[column] = source

    def _note_value(
        self, column: Any, value: Any, name: str, state: State
    ) -> None:
        """Note what becomes of a value that a statement gives."""
        if isinstance(value, BindParameter):
            self._note_key(column, ("bind", self.bind_name(value)), state)
        elif not column.primary_key:
            self.compiled.postfetch.append(column)
        elif state.insert and state.asks_for_key:
            if self.returning_for_keys and not _numbered(column):
                self._ask_for(column)
            else:
                self.compiled.postfetch_lastrowid = True
                self._note_key(column, ("lastrowid", None), state)

    def _value(
        self, column: Any, value: Any, name: str, state: State, **kw: Any
    ) -> str:
        """Return a value that a statement gives."""
        if isinstance(value, BindParameter) and value.key is None:
            return self._column_bind(column, value, name, state, **kw)
        return self._expression(value, **kw)

    def _expression(self, value: Any, **kw: Any) -> str:
        from ..coercions import unwrap

        return self.process(unwrap(value).self_group(), **kw)

    def _from_select(
        self, insert: Any, state: State, **kw: Any
    ) -> tuple[list[Assigned], Any]:
        table = insert._table
        columns = []
        for name in insert._select_names:
            column = table.c.get(name) if isinstance(name, str) else None
            if column is None:
                raise exc.CompileError(
                    f"table {table.description!r} has no columns {name}"
                )
            columns.append(column)
        select = insert.select
        added = []
        if insert.include_insert_from_select_defaults:
            for column in table.c:
                default = getattr(column, "default", None)
                if default is None or column in columns:
                    continue
                columns.append(column)
                added.append(self._selected_default(column, default, state))
        if added:
            if select.__visit_name__ != "select":
                raise exc.CompileError(
                    "defaults can only be added to a SELECT: make a"
                    " subquery() of it, or pass include_defaults=False"
                )
            select = select.add_columns(*added)
        return [
            Assigned(column, self.quote(column.name), "") for column in columns
        ], select

    def _selected_default(
        self, column: Any, default: Any, state: State
    ) -> Any:
        from ..coercions import unwrap

        if default.is_clause_element:
            return unwrap(default.arg).self_group()
        bind = BindParameter._new(
            None, None, None, column.type, ("default",), None, None
        )
        self.bind_labels[id(bind)] = column.key
        self._kept.append(bind)
        kind = "callable" if default.is_callable else "scalar"
        self.compiled.insert_prefetch.append(
            Prefetch(column, column.key, kind, default.arg)
        )
        return bind


class State:
    """What is known of a statement that changes rows.

    Attributes:
        insert: It is an INSERT.
        outermost: It is the whole, not a CTE.
        in_cte: It is a CTE.
        asks_for_key: Its result tells the primary key.
    """

    def __init__(self, insert: bool, outermost: bool, in_cte: bool) -> None:
        self.insert = insert
        self.outermost = outermost
        self.in_cte = in_cte
        self.asks_for_key = False


def _reserved(name: str) -> exc.CompileError:
    return exc.CompileError(
        f"parameter {name!r} has the name of a column that gets a value here;"
        " use another name for bindparam()"
    )


def _numbered(column: Any) -> bool:
    table = column.table
    find = getattr(table, "autoincrement_column", None)
    return find is not None and find is column


def _warn_of_key(column: Any) -> None:
    warnings.warn(
        f"column {column} is part of the primary key, has no default, and no"
        " value is given for it",
        exc.SAWarning,
        stacklevel=2,
    )
