"""Statements that select, and what they select from, as SQL.

How the mapping layer takes part, without this module knowing it:

entity
    A node that may stand where a table may: in ``select()``, in
    ``select_from()``, as the target of a join. It has

    ``_selectable``
        what is selected from: a table, an alias, a join, a subquery;
    ``_selected_columns()``
        the columns to select for it, in order: attributes or columns;
    ``_result_item(positions)``
        what the decoder of rows makes of it; ``positions`` tells for each of
        those columns which column of the row it is. Called by who makes the
        decoder, with what ``Compiled.result_items`` has;
    ``_found_item(options, find)``
        the same for the rows of another statement (``from_statement()``);
        ``find`` gives the cell of a column, or None;
    ``_result_name``
        its name in the rows;
    ``_criteria()``
        conditions that go with it: in WHERE, or in ON where it is joined;
    ``entity_namespace``
        where ``filter_by()`` looks for attributes;
    ``_loading(statement, from_list)`` (also of options)
        how a SELECT of entities is written whose rows are a result, or None
        for no difference; with ``select``, the SELECT to write, ``columns``,
        what it selects, and ``items``, as ``Compiled.result_items``;
    ``_with_options(options)``
        the entity as another statement with options selects it;
    ``_description()``
        a dict for ``column_descriptions``.

attribute
    A ``ColumnElement`` with ``_resolve()``, the column that is compiled for
    it, ``_entity``, the entity it is of, and ``_bind_name``, what parameters
    are called that are compared with it.

relationship
    What is passed as a target or a condition of a join and has
    ``_join_parts(left, right)``: yields pairs of a FROM element or entity to
    join, and the condition; ``left`` is what ``join_from()`` named, ``right``
    the target given, or None. ``_join_target()`` is the entity it leads to.

An entity selects no column again that is there already: it reads the same
position. Columns and attributes are written as often as they are asked for.

``Compiled.result_items`` has one pair for each thing that is selected: the
entity, or the column, and the positions of its columns in the row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ... import exc
from ..from_list import FromList
from ..froms import froms_of
from ..labels import (
    AnonymousName,
    ColumnPlan,
    is_named,
    is_text,
    plain_name,
    plan_columns,
    qualified_label,
    resolved,
)
from ..select_statement import expanded
from .base import LabelScope, ResultColumn
from .found import Cell, Fit, Part, Placed, finder, located
from .from_clauses import FromCompiler, grouped, inherited

__all__ = ["Frame", "SelectCompiler"]


@dataclass
class Frame:
    """What is known of a statement while it is being compiled.

    Attributes:
        statement: The statement.
        correlated: What it and those around it select from.
        own: What it selects from itself.
        results: Its columns are those of the result.
        first: The first part of a UNION.
    """

    statement: Any
    correlated: set[Any] = field(default_factory=set)
    own: set[Any] = field(default_factory=set)
    results: bool = False
    first: Any = None


class SelectCompiler(FromCompiler):
    """How statements that select are written."""

    # ---- SELECT ------------------------------------------------------------

    def visit_select(
        self,
        select: Any,
        asfrom: bool = False,
        lateral: bool = False,
        compound_index: int | None = None,
        insert_into: bool = False,
        **kw: Any,
    ) -> str:
        """Return a SELECT."""
        kw = inherited(kw)
        if select._from_statement is not None and not self.stack:
            return self._from_statement(select, **kw)
        outer = self.stack[-1] if self.stack else None
        results = outer is None or (
            bool(outer.results) and compound_index == 0
        )
        from_list = FromList(select)
        loading = None
        if outer is None and compound_index is None and not insert_into:
            loading = _loading(select, from_list)
        if loading is not None and loading.select is not select:
            select = loading.select
            from_list = FromList(select)
        froms = self._displayed(from_list, outer, asfrom and not lateral)
        self._push(select, froms, outer)
        for cte, nested in select._ctes or ():
            self.process(cte, nest_here=nested, **kw)
        if loading is None:
            plan, items = self._planned(select, whole=outer is not None)
        else:
            style = select.get_label_style()
            plan = plan_columns(loading.columns, style, True)
            items = loading.items
        self._check_width(outer, compound_index, select, len(plan))
        text = "SELECT " + self.phrases(select._prefixes, **kw)
        text += self.precolumns(select, **kw)
        scope = self._scope(select, from_list.froms)
        columns = [
            self._select_column(each, asfrom, results, **kw) for each in plan
        ]
        text += ", ".join(columns)
        if results and compound_index is None:
            self.compiled.result_items = items
        if not columns:
            text = text.rstrip()
        if froms:
            text += " \nFROM " + ", ".join(
                self.process(each, asfrom=True, **kw) for each in froms
            )
        self.label_scopes.append(scope)
        text += self._body(select, from_list, **kw)
        self.label_scopes.pop()
        embedded = compound_index is not None or insert_into
        if self.ctes and (not embedded or outer is None):
            text = self.with_clause(outer is None) + text
        if select._suffixes:
            text += " " + self.phrases(select._suffixes, **kw)
        self.stack.pop()
        return text

    def _from_statement(self, select: Any, **kw: Any) -> str:
        """Return another statement whose rows are read as this one's."""
        other = select._from_statement
        text = self.process(other, **kw)
        plan, items = self._planned(select)
        columns = [self._result_column(each) for each in plan]
        parts = [
            self._part(select, thing, [columns[at] for at in places])
            for thing, places in items
        ]
        given = self.result_columns
        fit = self.compiled.fit
        if fit is not None or not given:
            self.compiled.fit = (fit or Fit()).select(parts)
        else:
            find = finder(
                Cell(each.keyname, each.objects, each.type) for each in given
            )
            items = [(Placed(each, find), ()) for each in parts]
        if not given:
            given.extend(columns)
        self.compiled.result_items = items
        return text

    def _part(
        self, select: Any, thing: Any, columns: list[ResultColumn]
    ) -> Part:
        """Return how something is read from another statement's rows."""
        if hasattr(thing, "_found_item"):
            options = select._counted_options or ()
            return Part(
                thing._result_name,
                (getattr(thing, "_target", thing),),
                partial(thing._found_item, options),
            )
        if hasattr(thing, "_result_item"):
            return Part(
                thing._result_name,
                (thing,),
                lambda find: thing._result_item(
                    [located(find, each.objects[0]) for each in columns]
                ),
            )
        (column,) = columns
        return Part(
            column.name,
            (thing, *column.objects, column.name),
            lambda find: (located(find, thing), column.type.codec()),
        )

    def _displayed(
        self, from_list: FromList, outer: Any, in_from: bool
    ) -> list[Any]:
        if outer is None:
            return from_list.displayed((), ())
        if in_from:
            return from_list.displayed(outer.correlated - outer.own, ())
        return from_list.displayed(outer.correlated, outer.own)

    def _push(self, select: Any, froms: list[Any], outer: Any) -> None:
        own = set(froms_of(tuple(froms)))
        around = outer.correlated if outer is not None else set()
        self.stack.append(Frame(select, own | around, own))

    def _check_width(
        self, outer: Any, compound_index: int | None, select: Any, width: int
    ) -> None:
        if compound_index is None:
            return
        if compound_index == 0 or outer.first is None:
            outer.first = width
        elif outer.first != width:
            raise exc.CompileError(
                "all parts of a UNION or the like have the same number of"
                f" columns: the first has {outer.first}, part"
                f" {compound_index + 1} has {width}"
            )

    def _body(self, select: Any, from_list: FromList, **kw: Any) -> str:
        """Return what comes after FROM."""
        text = ""
        where = (*(select._where or ()), *from_list.criteria)
        if where:
            written = self.conjunction(where, **kw)
            if written:
                text += f" \nWHERE {written}"
        text += self.group_by_clause(select, **kw)
        if select._having:
            written = self.conjunction(select._having, **kw)
            if written:
                text += f" \nHAVING {written}"
        text += self.order_by_clause(select, **kw)
        text += self.row_limit(select, **kw)
        if select._for_update is not None:
            text += self.for_update_clause(select, **kw)
        return text

    def conjunction(self, criteria: tuple[Any, ...], **kw: Any) -> str:
        """Return conditions joined by AND."""
        from ..elements import and_

        return self.process(
            grouped(and_(*criteria)), **kw
        )  # fmt: skip

    def precolumns(self, select: Any, **kw: Any) -> str:
        """Return DISTINCT, if it is."""
        return "DISTINCT " if select._distinct else ""

    def group_by_clause(self, select: Any, **kw: Any) -> str:
        """Return GROUP BY, if there is one."""
        if not select._group_by:
            return ""
        return " GROUP BY " + ", ".join(
            self.process(each, **kw) for each in select._group_by
        )

    def order_by_clause(self, select: Any, **kw: Any) -> str:
        """Return ORDER BY, if there is one."""
        if not select._order_by:
            return ""
        return " ORDER BY " + ", ".join(
            self.ordering(each, **kw) for each in select._order_by
        )

    def row_limit(self, select: Any, **kw: Any) -> str:
        """Return LIMIT and OFFSET, or FETCH."""
        if select._fetch is not None:
            return self.fetch_clause(select, **kw)
        if select._limit is None and select._offset is None:
            return ""
        return self.limit_clause(select, **kw)

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """Return LIMIT and OFFSET."""
        text = ""
        if select._limit is not None:
            text += "\n LIMIT " + self.process(select._limit, **kw)
        if select._offset is not None:
            if select._limit is None:
                text += "\n LIMIT -1"
            text += " OFFSET " + self.process(select._offset, **kw)
        return text

    def fetch_clause(self, select: Any, **kw: Any) -> str:
        """Return OFFSET and FETCH."""
        count, ties, percent = select._fetch
        text = ""
        if select._offset is not None:
            offset = self.process(select._offset, **kw)
            text += f"\n OFFSET {offset} ROWS"
        text += f"\n FETCH FIRST {self.process(count, **kw)}"
        text += " PERCENT" if percent else ""
        return text + f" ROWS {'WITH TIES' if ties else 'ONLY'}"

    def for_update_clause(self, select: Any, **kw: Any) -> str:
        """Return FOR UPDATE."""
        return " FOR UPDATE"

    # ---- columns -----------------------------------------------------------

    def _planned(
        self, select: Any, raw: Any = None, whole: bool = False
    ) -> tuple[list[ColumnPlan], list[tuple[Any, tuple[int, ...]]]]:
        """Return how columns are written, and where things are in the row.

        What is loaded with an entity is for the rows of the result: inside of
        another statement, an entity has all its columns.
        """
        if raw is None:
            raw = getattr(select, "_raw_columns", None) or ()
            if not whole:
                raw = _with_options(raw, select._counted_options)
        mapped = any(
            hasattr(each, "_selected_columns") or hasattr(each, "_resolve")
            for each in raw
        )
        items: list[tuple[Any, tuple[int, ...]]] = []
        if not mapped:
            plan = select._plan
            items = [(each.column, (at,)) for at, each in enumerate(plan)]
            return plan, items
        columns: list[Any] = []
        places: dict[Any, int] = {}
        for each in raw:
            found = []
            entity = hasattr(each, "_selected_columns")
            for column in expanded((each,), whole):
                key = resolved(column)
                if entity and key in places:
                    found.append(places[key])
                    continue
                places[key] = len(columns)
                found.append(len(columns))
                columns.append(column)
            if entity:
                items.append((each, tuple(found)))
            else:
                items.extend(
                    (column, (at,))
                    for column, at in zip(
                        expanded((each,), whole), found, strict=True
                    )
                )
        style = getattr(select, "get_label_style", None)
        plan = plan_columns(columns, style and style(), True)
        return plan, items

    def _select_column(
        self, plan: ColumnPlan, asfrom: bool, results: bool, **kw: Any
    ) -> str:
        """Return a column, with a label where it needs one."""
        column = resolved(plan.column)
        if results:
            self.result_columns.append(self._result_column(plan))
        if column.__visit_name__ == "label":
            if asfrom and plan.required not in (None, column.name):
                raise exc.InvalidRequestError(
                    f"two columns of a subquery have the label"
                    f" {column.name!r}: give one of them another"
                )
            return self.process(
                _with_expression(column), within_columns_clause=True, **kw
            )
        wrapped = _column_expression(column)
        label = plan.required
        if label is None and self._wants_label(column, wrapped, asfrom):
            label = plan.fallback
        if label is None:
            return self.process(wrapped, within_columns_clause=True, **kw)
        # The name is numbered before what is in the expression.
        name = self.quote(self.resolved_name(label))
        text = self.process(
            wrapped,
            within_columns_clause=True,
            within_label_clause=True,
            **kw,
        )
        return f"{text} AS {name}"

    def _wants_label(self, column: Any, wrapped: Any, asfrom: bool) -> bool:
        if wrapped is not column:
            return True
        kind = column.__visit_name__
        if kind in ("column", "proxy"):
            return (
                asfrom and not column.is_literal and column.table is not None
            )
        if is_text(column):
            return False
        if kind in ("unary", "as_boolean"):
            return (
                asfrom
                or (kind == "as_boolean" and not self.native_boolean)
                or _wraps_unnamed(column)
            )
        return not is_named(column)

    def _result_column(self, plan: ColumnPlan) -> ResultColumn:
        column = plan.column
        plain = resolved(column)
        if is_text(plain):
            return ResultColumn(plain.text, plain.text, (column,), plain.type)
        shown = self._shown(plain)
        if plain.__visit_name__ == "label":
            keyname = self.label_name(plain)
        elif shown is not plain and plan.required is None:
            keyname = self.resolved_name(shown.name)
        elif is_named(plain) and plan.required is None:
            keyname = self.resolved_name(plain.name)
        else:
            keyname = self.resolved_name(
                plan.fallback if plan.required is None else plan.required
            )
        name = plan.key
        if plan.repeated:
            return ResultColumn(keyname, name, (keyname,), plain.type)
        objects = [column, plain, keyname]
        if plain.__visit_name__ == "label":
            objects.append(plain.element)
        elif is_named(plain):
            objects += [plain.key, qualified_label(plain)]
        objects.append(name)
        kept = tuple(
            each for each in dict.fromkeys(objects) if each is not None
        )
        return ResultColumn(keyname, name, kept, plain.type)

    def _shown(self, column: Any) -> Any:
        """Return the column whose name an expression without a label has."""
        if column.__visit_name__ not in ("unary", "as_boolean"):
            return column
        if self._wants_label(column, column, False):
            return column
        inner = column.element
        while inner.__visit_name__ == "grouping":
            inner = inner.element
        return resolved(inner)

    def _scope(self, select: Any, froms: tuple[Any, ...]) -> LabelScope:
        columns: dict[str, Any] = {}
        for each in expanded(select._raw_columns or ()):
            plain = resolved(each)
            if is_text(plain):
                continue
            if plain.__visit_name__ == "label":
                columns[self.label_name(plain)] = plain
                continue
            name = qualified_label(plain)
            if name is None:
                name = getattr(plain, "key", None)
            if name is not None and not isinstance(name, AnonymousName):
                columns[name] = plain
        by_key = {
            str(column.key): column
            for each in froms
            if getattr(each, "_is_from", False)
            for column in each.c
        }
        return LabelScope(columns, by_key, {**by_key, **columns})

    # ---- UNION and its like ------------------------------------------------

    def visit_compound_select(
        self,
        compound: Any,
        asfrom: bool = False,
        compound_index: int | None = None,
        **kw: Any,
    ) -> str:
        """Return statements with UNION or the like between them."""
        kw = inherited(kw)
        outer = self.stack[-1] if self.stack else None
        results = outer is None or (outer.results and compound_index == 0)
        frame = Frame(compound, results=results)
        if outer is not None:
            frame.correlated, frame.own = outer.correlated, outer.own
        self.stack.append(frame)
        for cte, nested in compound._ctes or ():
            self.process(cte, nest_here=nested, **kw)
        text = f" {compound.keyword} ".join(
            self.process(each, asfrom=asfrom, compound_index=at, **kw)
            for at, each in enumerate(compound.selects)
        )
        if compound_index is not None:
            self._check_width(outer, compound_index, compound, frame.first)
        self.label_scopes.append(self._compound_scope(compound))
        text += self.group_by_clause(compound, include_table=False, **kw)
        text += self.order_by_clause(compound, include_table=False, **kw)
        self.label_scopes.pop()
        text += self.row_limit(compound, include_table=False, **kw)
        if self.ctes:
            text = self.with_clause(outer is None, True) + text
        self.stack.pop()
        return text

    def _compound_scope(self, compound: Any) -> LabelScope:
        if not (compound._order_by or compound._group_by):
            return LabelScope({}, {}, {})
        columns = {
            str(self.resolved_name(key)): column
            for key, column in compound.subquery().c.items()
        }
        return LabelScope(columns, columns, columns)

    def visit_select_grouping(self, grouping: Any, **kw: Any) -> str:
        """Return a statement in parentheses."""
        return f"({self.process(grouping.element, **kw)})"

    def visit_textual_select(
        self, select: Any, asfrom: bool = False, **kw: Any
    ) -> str:
        """Return text that gives rows."""
        first = kw.pop("compound_index", None) == 0
        kw = inherited(kw)
        outer = self.stack[-1] if self.stack else None
        self.stack.append(Frame(select))
        for cte, nested in select._ctes or ():
            self.process(cte, nest_here=nested, **kw)
        if outer is None or (outer.results and first):
            plan, items = self._planned(select, select.column_args)
            self.result_columns.extend(map(self._result_column, plan))
            self.compiled.result_items = items
            if outer is None:
                self.compiled.fit = Fit(self.result_columns, select.positional)
        text = self.process(select.element, **kw)
        if self.ctes:
            text = self.with_clause(outer is None) + text
        self.stack.pop()
        return text

    # ---- as expressions ----------------------------------------------------

    def visit_scalar_select(self, node: Any, **kw: Any) -> str:
        """Return a SELECT in parentheses."""
        return f"({self.process(node.element, **inherited(kw))})"

    def visit_exists(self, node: Any, **kw: Any) -> str:
        """Return EXISTS of a SELECT."""
        text = f"EXISTS ({self.process(node.element, **inherited(kw))})"
        return f"NOT ({text})" if node.negated else text


def _loading(select: Any, from_list: FromList) -> Any:
    """Return how a SELECT of entities is written, None if it has none."""
    named = (
        select._raw_columns,
        select._counted_options,
        *(columns for columns, *_ in select._memoized or ()),
    )
    for part in named:
        for each in part or ():
            found = getattr(each, "_loading", None)
            if found is not None:
                return found(select, from_list)
    return None


def _with_options(raw: tuple[Any, ...], options: Any) -> tuple[Any, ...]:
    """Return what is selected, entities as the options have them."""
    if not options:
        return raw
    return tuple(
        each._with_options(options)
        if getattr(each, "is_entity", False)
        else each
        for each in raw
    )


def _column_expression(column: Any) -> Any:
    """Return what is selected for a column whose type wraps it in SQL."""
    type_: Any = getattr(column, "type", None)
    if getattr(type_, "_has_column_expression", False):
        wrapped = type_.column_expression(column)
        return column if wrapped is None else wrapped
    return column


def _with_expression(label: Any) -> Any:
    wrapped = _column_expression(label.element)
    return label if wrapped is label.element else label._replace(
        element=wrapped
    )  # fmt: skip


def _wraps_unnamed(column: Any) -> bool:
    inner = column.element
    while getattr(inner, "__visit_name__", None) == "grouping":
        inner = inner.element
    return plain_name(inner) is None
