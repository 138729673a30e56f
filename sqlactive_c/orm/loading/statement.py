"""A SELECT of entities, as it is written with what is loaded along.

The relationships that a load plan joins become joins of the SELECT, under
names of their own, and their columns come after all others. Where rows are
counted or compared (LIMIT, OFFSET, DISTINCT, GROUP BY) and a collection is
joined, the SELECT becomes a subquery to which the joins are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...sql.froms import entity_of, is_mapped, selectable_of, unique
from ...sql.labels import is_text, resolved
from ...sql.literals import TextualLabelReference
from ...sql.nodes import ColumnElement
from ...sql.select_statement import expanded, select
from ...sql.visitors import iterate, transform
from ..properties import ColumnProperty
from .context import plan_of
from .hydration import row_plan
from .joining import Chain, Request
from .options import Options
from .plan import Joined, LoadPlan

__all__ = ["Loading", "loading"]


def loading(statement: Any, from_list: Any) -> Loading | None:
    """Return how a SELECT is written whose rows are a result.

    Args:
        statement: The SELECT.
        from_list: What it selects from.

    Returns:
        None if it selects no entities.

    Raises:
        ArgumentError: An option is for an entity that is not selected.
    """
    for columns, _, given in statement._memoized or ():
        replaced = _entities(columns)
        if replaced:
            Options(given or ()).check(replaced)
    entities = _entities(statement._raw_columns)
    options = Options(statement._counted_options or ())
    if entities or is_mapped(statement):
        options.check(entities)
    if not entities:
        return None
    return Loading(statement, from_list, options)


def _entities(columns: Any) -> list[Any]:
    return [
        each for each in columns or () if getattr(each, "is_entity", False)
    ]


class Read:
    """An entity among what is selected, with its plan.

    Args:
        loading: The statement.
        plan: The load plan.
    """

    def __init__(self, loading: Loading, plan: LoadPlan) -> None:
        self._target = plan.entity
        self._loading = loading
        self._plan = plan

    def _result_item(self, positions: Any) -> Any:
        return row_plan(self._plan, self._loading.place)

    @property
    def _result_name(self) -> Any:
        return self._target._result_name


class Loading:
    """How a SELECT of entities is written.

    Args:
        statement: The SELECT.
        from_list: What it selects from.
        options: Its options.

    Attributes:
        select: What is written.
        columns: Its columns, one by one.
        items: For each thing selected, it and its places in the row.
    """

    def __init__(
        self, statement: Any, from_list: Any, options: Options
    ) -> None:
        self.select = statement
        self.primary: list[Any] = []
        self.secondary: list[Any] = []
        self._places: dict[Any, tuple[bool, int]] = {}
        self._shift = 0  # of what was added before the secondary columns
        self._options = options
        self._requests: list[Request] = []
        self._many = False
        self._joins = False
        self._things: list[tuple[Any, Any]] = []
        for each in statement._raw_columns:
            self._take(each)
        for request in self._requests:
            assert request.parent is not None
            if request.parent.joined is None:
                self._undefer(request)
        if self._requests:
            self._join(from_list)

    # -- columns -------------------------------------------------------------

    def _take(self, thing: Any) -> None:
        if getattr(thing, "is_entity", False):
            plan = plan_of(thing, self._options)
            root = Request(thing, None, None, thing, False, ())
            self._walk(plan, root, True, False)
            self._things.append((Read(self, plan), ()))
            return
        whole = hasattr(thing, "_selected_columns")
        found = []
        for column in expanded((thing,)):
            key = resolved(column)
            if not whole or key not in self._places:
                self._places[key] = True, len(self.primary)
                self.primary.append(column)
            found.append(self._places[key][1])
        if whole:
            self._things.append((thing, tuple(found)))
        else:
            self._things += [
                (column, (at,))
                for column, at in zip(expanded((thing,)), found, strict=True)
            ]

    def _walk(
        self, plan: LoadPlan, at: Request, primary: bool, outer: bool
    ) -> None:
        """Collect the columns of an entity and of what is joined to it."""
        loaded = {each.prop: each.columns for each in plan.loaded}
        joined = {each.prop: each for each in plan.joined}
        for prop in plan.entity.mapper._properties.values():
            if isinstance(prop, ColumnProperty):
                for column in loaded.get(prop, ()):
                    self._add(column, primary)
            elif prop in joined:
                self._follow(joined[prop], at, primary, outer)
        for _, below in plan.below:
            for each in below:
                for column in each.columns:
                    self._add(column, primary)

    def _follow(
        self, joined: Joined, at: Request, primary: bool, outer: bool
    ) -> None:
        self._many = self._many or bool(joined.prop.uselist)
        adds = joined.inner is not None
        below = Request(
            at.root, at, joined, joined.plan.entity, outer, self._extra(joined)
        )
        if adds:
            outer = outer or not joined.inner
            below = below._replace(chained=outer)
            self._requests.append(below)
        self._walk(joined.plan, below, primary and not adds, outer)

    def _extra(self, joined: Joined) -> tuple[Any, ...]:
        """Return the further conditions of a join."""
        target = joined.plan.entity
        plain = target.mapper.class_.__entity_node__
        return (
            *target._criteria(),
            *(target._adapted(each) for each in joined.criteria),
            *(
                target._adapted(condition)
                for each in self._options.criteria
                for condition in each.conditions(plain)
            ),
        )

    def _add(self, column: Any, primary: bool) -> None:
        key = resolved(column)
        if key not in self._places:
            columns = self.primary if primary else self.secondary
            self._places[key] = primary, len(columns)
            columns.append(column)

    def place(self, column: Any) -> int:
        """Return the cell of a column.

        Args:
            column: One of those that the load plan asked for.
        """
        primary, at = self._places[resolved(column)]
        return at if primary else self._shift + at

    @property
    def columns(self) -> list[Any]:
        """The columns of the SELECT, one by one."""
        return (
            [*expanded(self.select._raw_columns)]
            if self._joins
            else (self.primary)
        )

    @property
    def items(self) -> list[tuple[Any, Any]]:
        """What the rows consist of."""
        return self._things

    # -- joins ---------------------------------------------------------------

    def _undefer(self, request: Request) -> None:
        """Select the columns that the join needs."""
        assert request.joined is not None
        prop, root = request.joined.prop, request.root
        selectable = root.mapper.persist_selectable
        for node in iterate(prop.primaryjoin):
            if getattr(node, "table", None) is not None and (
                selectable.c.contains_column(node)
            ):
                self._add(root._column(node), True)

    def _join(self, from_list: Any) -> None:
        statement = self.select
        self._joins = True
        base = statement._replace(
            _raw_columns=tuple(self.primary),
            _where=(*(statement._where or ()), *from_list.criteria) or None,
            _setup_joins=None,
            _memoized=None,
            _counted_options=None,
        )
        explicit = from_list.explicit
        froms = explicit or unique(
            selectable_of(found)
            for found in map(entity_of, statement._raw_columns)
            if found is not None
        )
        if self._many and _counts_rows(statement):
            chains = self._chains(lambda root: root)
            self._nest(base._replace(_from_obj=tuple(froms)), chains.values())
            return
        chains = self._chains(lambda root: _start(explicit, root))
        joined = [chain.joins(start, None) for start, chain in chains.items()]
        made = base._replace(
            _raw_columns=(*self.primary, *self.secondary),
            _from_obj=(*froms, *joined),
        )
        self._shift = len(self.primary)
        self.select = _ordered(made, chains.values())

    def _chains(self, start: Callable[[Any], Any]) -> dict[Any, Chain]:
        """Return the joins by what they begin with."""
        chains: dict[Any, Chain] = {}
        for each in self._requests:
            chains.setdefault(start(each.root), Chain()).attach(each)
        return chains

    def _nest(self, base: Any, chains: Iterable[Chain]) -> None:
        """Make the SELECT a subquery and join to that."""
        ordering = base._order_by or ()
        present = {resolved(each) for each in self.primary}
        extra = unique(
            each for each in _ordered_by(ordering) if each not in present
        )
        inner = base._replace(_raw_columns=(*self.primary, *extra)).subquery()
        columns = list(inner.c)
        sources = [
            resolved(each)
            for each in (*self.primary, *extra)
            if not is_text(each)
        ]
        outside = dict(zip(sources, columns, strict=True))

        def outward(node: Any) -> Any:
            if isinstance(node, TextualLabelReference):
                return inner.c.get(node.element)
            return outside.get(resolved(node))

        joined: Any = inner
        for chain in chains:
            joined = chain.joins(joined, outward)
        made = select(inner, *self.secondary)._replace(
            _from_obj=(joined,),
            _label_style=base._label_style,
            _for_update=base._for_update,
            _order_by=tuple(transform(each, outward) for each in ordering)
            or None,
        )
        self._shift = len(columns)
        self.select = _ordered(made, chains)


def _counts_rows(statement: Any) -> bool:
    return bool(
        statement._limit is not None
        or statement._offset is not None
        or statement._distinct
        or statement._group_by
    )


def _start(froms: tuple[Any, ...], root: Any) -> Any:
    """Return what of the FROM list has an entity in it."""
    selectable = root._selectable
    for each in froms:
        if each is selectable or each.is_derived_from(selectable):
            return each
    return selectable


def _ordered(statement: Any, chains: Iterable[Chain]) -> Any:
    ordering = [by for chain in chains for by in chain.order_by]
    return statement.order_by(*ordering) if ordering else statement


def _ordered_by(ordering: Any) -> Iterator[Any]:
    """Yield what rows are ordered by, without directions."""
    for each in ordering:
        node = each
        while getattr(node, "__visit_name__", None) in _DIRECTIONS:
            node = node.element
        node = resolved(node)
        if isinstance(node, ColumnElement) and not isinstance(
            node, TextualLabelReference
        ):
            yield node


_DIRECTIONS = frozenset(("unary", "label_reference", "grouping"))
