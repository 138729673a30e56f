"""INSERT, UPDATE and DELETE as SQL.

What the compiled form has for the execution, beside the text:

``binds``
    as for all statements. Their names: a value of ``values()`` and a
    parameter of ``execute()`` have the key of the column, in the n-th of
    several rows ``key_mN``, counted from 0; for a column of another table in
    an UPDATE it is ``table_key``.
``bind_columns``
    by the name of a parameter, the column it is a value for.
``insert_prefetch``, ``update_prefetch``
    one :class:`Prefetch` for each parameter whose value the execution makes
    up for every row: a default or an ``onupdate`` of Python.
``postfetch``
    columns whose values the database makes up and nobody asked for.
``implicit_returning``
    columns of the RETURNING that was added for the primary key; the rows
    are not for the user.
``postfetch_lastrowid``
    whether the last row id is the primary key.
``primary_key``
    for an INSERT of one row: for each column of the primary key, where its
    value comes from: ``("bind", name)``, ``("lastrowid", None)``,
    ``("returning", position)`` or ``(None, None)``.
``result_columns``, ``result_items``
    of RETURNING, as of a SELECT; ``returning`` is whether there is one that
    the user asked for.
"""

from __future__ import annotations

from typing import Any

from ... import exc
from ..elements import BindParameter
from ..froms import froms_of
from .dml_values import Assigned, Prefetch, State, ValuesCompiler
from .from_clauses import inherited
from .selects import Frame

__all__ = ["DMLCompiler", "Prefetch"]


class DMLCompiler(ValuesCompiler):
    """How statements that change rows are written."""

    # How an INSERT without a column is written.
    no_values = " () VALUES ()"

    # ---- INSERT ------------------------------------------------------------

    def visit_insert(
        self, insert: Any, visiting_cte: Any = None, **kw: Any
    ) -> str:
        """Return an INSERT."""
        kw.pop("asfrom", None)
        kw = inherited(kw)
        state = self._begin(insert, visiting_cte)
        self.stack.append(Frame(insert))
        if insert.select is not None:
            assigned, select = self._from_select(insert, state, **kw)
        else:
            assigned, select = self._insert_values(insert, state, **kw), None
        text = "INSERT " + self.phrases(insert._prefixes, **kw) + "INTO "
        for cte, nested in insert._ctes or ():
            self.process(cte, nest_here=nested, **kw)
        text += self.process(insert._table, asfrom=True, **kw)
        if assigned:
            text += f" ({', '.join(each.target for each in assigned)})"
        if select is not None:
            text += " " + self.process(select, insert_into=True, **kw)
        elif not assigned:
            text += self.no_values
        else:
            text += " VALUES " + self._rows_of(insert, assigned, state, **kw)
        if insert._post_values_clause is not None:
            text += " " + self.process(insert._post_values_clause, **kw)
        text += self._returning(insert, state, **kw)
        return self._end(text, state)

    # ---- UPDATE ------------------------------------------------------------

    def visit_update(
        self, update: Any, visiting_cte: Any = None, **kw: Any
    ) -> str:
        """Return an UPDATE."""
        kw.pop("asfrom", None)
        kw = inherited(kw)
        state = self._begin(update, visiting_cte)
        others = update._extra_froms()
        around = {*froms_of(update._table), *others}
        self.stack.append(Frame(update, around, around))
        text = "UPDATE " + self.phrases(update._prefixes, **kw)
        table = self.process(update._table, asfrom=True, **kw)
        assigned = self._update_values(update, others, state, **kw)
        for cte, nested in update._ctes or ():
            self.process(cte, nest_here=nested, **kw)
        text += f"{table} SET " + ", ".join(
            f"{each.target}={each.value}" for each in assigned
        )
        if others:
            text += " " + self.update_from(others, **kw)
        text += self._where_of(update, **kw)
        text += self._returning(update, state, **kw)
        return self._end(text, state)

    def update_from(self, others: tuple[Any, ...], **kw: Any) -> str:
        """Return FROM with what else an UPDATE reads."""
        return "FROM " + ", ".join(
            self.process(each, asfrom=True, **kw) for each in others
        )

    def _update_values(
        self, update: Any, others: tuple[Any, ...], state: State, **kw: Any
    ) -> list[Assigned]:
        if update._values is None and self.column_keys is None:
            return self._all_required(update, state, **kw)
        given = dict(update._values or ())
        for key in given:
            if not isinstance(key, str):
                raise exc.CompileError(
                    f"SET cannot change {key}: it is of another table"
                )
        keys = self._parameter_keys(given, update._table)
        columns = list(update._table.c)
        if update._ordered:
            first = [
                update._table.c[key] for key in given if key in update._table.c
            ]
            columns = first + [each for each in columns if each not in first]
        assigned, used = [], set()
        for column in columns:
            key = column.key
            target = self.quote(column.name)
            if key in given:
                used.add(key)
                text = self._value(column, given[key], key, state, **kw)
                if not isinstance(given[key], BindParameter):
                    self.compiled.postfetch.append(column)
            elif key in keys:
                used.add(key)
                text = self._required(column, key, state, **kw)
            else:
                found = self._onupdate(column, state, **kw)
                if found is None:
                    continue
                text = found
            assigned.append(Assigned(column, target, text))
        self._check_used(given, used, update)
        return assigned

    def _onupdate(self, column: Any, state: State, **kw: Any) -> str | None:
        onupdate = getattr(column, "onupdate", None)
        if onupdate is not None:
            if not onupdate.is_clause_element:
                return self._made_up(column, column.key, state, **kw)
            self.compiled.postfetch.append(column)
            return self._expression(onupdate.arg, **kw)
        if getattr(column, "server_onupdate", None) is not None:
            self.compiled.postfetch.append(column)
        return None

    # ---- DELETE ------------------------------------------------------------

    def visit_delete(
        self, delete: Any, visiting_cte: Any = None, **kw: Any
    ) -> str:
        """Return a DELETE."""
        kw.pop("asfrom", None)
        kw = inherited(kw)
        state = self._begin(delete, visiting_cte)
        others = delete._extra_froms()
        around = {*froms_of(delete._table), *others}
        self.stack.append(Frame(delete, around, around))
        text = "DELETE " + self.phrases(delete._prefixes, **kw) + "FROM "
        for cte, nested in delete._ctes or ():
            self.process(cte, nest_here=nested, **kw)
        text += self.process(delete._table, asfrom=True, **kw)
        if others:
            text += self.delete_from(others, **kw)
        text += self._where_of(delete, **kw)
        text += self._returning(delete, state, **kw)
        return self._end(text, state)

    def delete_from(self, others: tuple[Any, ...], **kw: Any) -> str:
        """Return what else a DELETE reads."""
        return ", " + ", ".join(
            self.process(each, asfrom=True, **kw) for each in others
        )

    # ---- what they share ---------------------------------------------------

    def _begin(self, statement: Any, visiting_cte: Any) -> State:
        compiled = self.compiled
        outermost = not self.stack and visiting_cte is None
        if outermost:
            compiled.isinsert = statement.is_insert
            compiled.isupdate = statement.is_update
            compiled.isdelete = statement.is_delete
        return State(statement.is_insert, outermost, visiting_cte is not None)

    def _end(self, text: str, state: State) -> str:
        if self.ctes:
            text = self.with_clause(state.outermost, True) + text
        statement = self.stack.pop().statement
        compiled = self.compiled
        if state.outermost and state.insert:
            compiled.primary_key = [
                self._key_sources.get(column, (None, None))
                for column in statement._table.primary_key
            ]
        return text

    def _where_of(self, statement: Any, **kw: Any) -> str:
        find = getattr(statement.table, "_criteria", None)
        where = (*(statement._where or ()), *(find() if find else ()))
        if not where:
            return ""
        text = self.conjunction(where, **kw)
        return f" WHERE {text}" if text else ""

    def _returning(self, statement: Any, state: State, **kw: Any) -> str:
        asked = statement._returning
        implicit = self.compiled.implicit_returning
        if asked:
            plan, items = self._planned(statement, asked)
            if state.outermost:
                self.compiled.result_items = items
                self.compiled.returning = asked
            columns = [
                self._select_column(
                    each, False, state.outermost, **self.returning_words(kw)
                )
                for each in plan
            ]
            return f" RETURNING {', '.join(columns)}"
        wanted = statement._return_defaults
        if not state.insert and isinstance(wanted, tuple):
            implicit.extend(wanted)
        if implicit and state.outermost:
            names = ", ".join(self.quote(each.name) for each in implicit)
            return f" RETURNING {names}"
        return ""

    def returning_words(self, kw: dict[str, Any]) -> dict[str, Any]:
        """Return the keywords that columns of RETURNING are written with."""
        return {key: kw[key] for key in kw if key != "literal_binds"}
