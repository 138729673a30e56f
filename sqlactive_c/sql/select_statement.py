"""SELECT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .. import exc
from .._core import Constructor, Generative
from .base import ColumnCollection
from .expect import (
    expect_column,
    expect_criterion,
    expect_from,
    expect_onclause,
    expect_order_by,
    phrases,
    textual,
)
from .from_clause import FromClause, computed
from .froms import entity_of, froms_of, selectable_of, unique
from .labels import (
    LABEL_STYLE_DEFAULT,
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    is_text,
    plan_columns,
    proxy_name,
    resolved,
    selected_keys,
)
from .select_base import EXECUTABLE_FIELDS, GenerativeSelect

__all__ = [
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "Select",
    "select",
]


def _select(*entities: Any, **kwargs: Any) -> Select:
    """Return a SELECT.

    Args:
        *entities: Mapped classes, their attributes, columns, tables and
            other expressions.
        **kwargs: None.

    Returns:
        The :class:`Select`.

    Raises:
        ArgumentError: Something cannot be selected.
    """
    if kwargs:
        raise TypeError(f"select() takes no keyword {next(iter(kwargs))!r}")
    return _make(tuple(map(expect_column, entities)))


def _make(columns: tuple[Any, ...]) -> Select:
    nothing = (None,) * (len(Select._fields) - 1)
    return Select._new(columns, *nothing)


def _where(self: Any, *whereclause: Any) -> Any:
    """Return a copy with more conditions, all of which have to hold.

    Args:
        self: The statement.
        *whereclause: The conditions.
    """
    added = tuple(map(expect_criterion, whereclause))
    return self._replace(_where=(self._where or ()) + added)


def _having(self: Any, *having: Any) -> Any:
    """Return a copy with more conditions on its groups.

    Args:
        self: The statement.
        *having: The conditions.
    """
    added = tuple(map(expect_criterion, having))
    return self._replace(_having=(self._having or ()) + added)


class Select(GenerativeSelect):
    """A SELECT statement; made by :func:`select`.

    It never changes: every method returns a changed copy.
    """

    __slots__ = ()
    __visit_name__ = "select"
    _fields = (
        "_raw_columns",
        "_where",
        "_from_obj",
        "_setup_joins",
        "_memoized",
        "_group_by",
        "_having",
        "_order_by",
        "_limit",
        "_offset",
        "_fetch",
        "_distinct",
        "_correlate",
        "_correlate_except",
        "_label_style",
        "_prefixes",
        "_suffixes",
        "_for_update",
        "_ctes",
        "_from_statement",
        *EXECUTABLE_FIELDS,
    )

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    where = Generative("_where", _where)
    filter = Generative("_where", _where)
    having = Generative("_having", _having)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses, unless as a plain part of a UNION."""
        from .compound import CompoundSelect

        if against is CompoundSelect and not (
            self._order_by or self._limit is not None
            or self._offset is not None or self._fetch is not None
        ):  # fmt: skip
            return self
        return super().self_group(against)

    # ---- columns -----------------------------------------------------------

    @computed
    def _columns_in_order(self) -> tuple[Any, ...]:
        """The columns one by one: tables and entities taken apart."""
        return tuple(expanded(self._raw_columns or (), True))

    @computed
    def _plan(self) -> Any:
        return plan_columns(
            self._columns_in_order, self.get_label_style(), True
        )

    @computed
    def selected_columns(self) -> ColumnCollection:
        """The columns of the rows, by key, without raw text."""
        columns = self._columns_in_order
        keys = selected_keys(columns, self.get_label_style())
        return ColumnCollection.from_items(
            (key, resolved(column))
            for key, column in zip(keys, columns, strict=True)
            if key is not None
        )

    @property
    def inner_columns(self) -> Iterator[Any]:
        """The columns, one by one."""
        return iter(self._columns_in_order)

    @property
    def columns_clause_froms(self) -> list[Any]:
        """What the columns are selected from."""
        return list(froms_of(self._raw_columns or ()))

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """Name, type and expression of each thing that is selected."""
        from .describe import describe_columns

        return describe_columns(self)

    def _subquery_columns(self) -> Iterator[Any]:
        plan = plan_columns(
            self._columns_in_order, self.get_label_style(), False
        )
        for each in plan:
            if is_text(each.column):
                continue
            yield each.key, proxy_name(each), (each.column,)

    def add_columns(self, *entities: Any) -> Select:
        """Return a copy with more columns at the end."""
        added = tuple(map(expect_column, entities))
        return self._replace(_raw_columns=(self._raw_columns or ()) + added)

    def column(self, column: Any) -> Select:
        """Return a copy with one more column."""
        return self.add_columns(column)

    def with_only_columns(
        self, *entities: Any, maintain_column_froms: bool = False
    ) -> Select:
        """Return a copy with other columns.

        Args:
            *entities: The columns.
            maintain_column_froms: Select from the same tables still.
        """
        parts: dict[str, Any] = {
            "_raw_columns": tuple(map(expect_column, entities))
        }
        if maintain_column_froms:
            parts["_from_obj"] = unique(
                (*(self._from_obj or ()), *_sources(self._raw_columns or ()))
            )
        if self._setup_joins or self._counted_options:
            # The joins go on from what was selected when they were made, and
            # options are about that.
            done = (
                self._raw_columns,
                self._setup_joins,
                self._counted_options,
            )
            parts["_memoized"] = (*(self._memoized or ()), done)
            parts["_setup_joins"] = parts["_counted_options"] = None
        return self._replace(**parts)

    def distinct(self, *expr: Any) -> Select:
        """Return a copy that leaves out repeated rows.

        Args:
            *expr: What other databases can tell them by; SQLite ignores it.
        """
        on = tuple(map(expect_order_by, expr))
        return self._replace(_distinct=on or True)

    def reduce_columns(self, only_synonyms: bool = True) -> Select:
        """Return a copy without columns that are equal to another one."""
        from .joins import _without_references

        kept = _without_references(list(self._columns_in_order))
        return self.with_only_columns(*kept, maintain_column_froms=True)

    # ---- tables ------------------------------------------------------------

    def select_from(self, *froms: Any) -> Select:
        """Return a copy that selects from these, too.

        Args:
            *froms: Tables, joins, subqueries or mapped classes.
        """
        added = tuple(map(expect_from, froms))
        return self._replace(_from_obj=(self._from_obj or ()) + added)

    def join(
        self,
        target: Any,
        onclause: Any = None,
        *,
        isouter: bool = False,
        full: bool = False,
    ) -> Select:
        """Return a copy joined to something.

        Args:
            target: A table, a mapped class or a relationship.
            onclause: The condition or a relationship; by the foreign key if
                None.
            isouter: Make it a LEFT OUTER JOIN.
            full: Make it a FULL OUTER JOIN.
        """
        return self._joined(None, target, onclause, isouter, full)

    def outerjoin(
        self, target: Any, onclause: Any = None, *, full: bool = False
    ) -> Select:
        """Return a copy joined to something by LEFT OUTER JOIN."""
        return self._joined(None, target, onclause, True, full)

    def join_from(
        self,
        from_: Any,
        target: Any,
        onclause: Any = None,
        *,
        isouter: bool = False,
        full: bool = False,
    ) -> Select:
        """Return a copy with a join whose left side is named."""
        return self._joined(
            expect_from(from_), target, onclause, isouter, full
        )

    def outerjoin_from(
        self, from_: Any, target: Any, onclause: Any = None, *,
        full: bool = False,
    ) -> Select:  # fmt: skip
        """Return a copy with a LEFT OUTER JOIN whose left side is named."""
        return self._joined(expect_from(from_), target, onclause, True, full)

    def _joined(
        self, left: Any, target: Any, onclause: Any, outer: bool, full: bool
    ) -> Select:
        parts = getattr(target, "_join_parts", None)
        target = target if parts is not None else expect_from(target)
        if onclause is not None:
            onclause = expect_onclause(onclause)
        step = (target, onclause, left, bool(outer), bool(full))
        return self._replace(_setup_joins=(self._setup_joins or ()) + (step,))

    @property
    def froms(self) -> list[Any]:
        """What it selects from, as it will be written."""
        return self.get_final_froms()

    def get_final_froms(self) -> list[Any]:
        """Return what it selects from, as it will be written."""
        from .from_list import FromList

        return FromList(self).displayed((), ())

    def get_children(self, **kwargs: Any) -> list[Any]:
        """Return the elements that are parts of this one."""
        return [*super().get_children(**kwargs)]

    # ---- conditions --------------------------------------------------------

    @property
    def whereclause(self) -> Any:
        """The conditions as one expression, None if there are none."""
        return _conjunction(self._where)

    @property
    def _whereclause(self) -> Any:
        return _conjunction(self._where)

    @property
    def _having_criteria(self) -> tuple[Any, ...]:
        return self._having or ()

    @property
    def _where_criteria(self) -> tuple[Any, ...]:
        return self._where or ()

    def filter_by(self, **kwargs: Any) -> Select:
        """Return a copy with conditions on the entity joined last.

        Args:
            **kwargs: Values by the names of columns or attributes.

        Raises:
            InvalidRequestError: It has no attribute of that name.
        """
        entity = self._last_entity()
        return self.where(  # type: ignore[no-any-return]
            *(attribute_of(entity, key) == value
              for key, value in kwargs.items())
        )  # fmt: skip

    def _last_entity(self) -> Any:
        if self._setup_joins:
            target = self._setup_joins[-1][0]
            parts = getattr(target, "_join_target", None)
            return target if parts is None else parts()
        if self._from_obj:
            return self._from_obj[0]
        if not self._raw_columns:
            raise exc.InvalidRequestError(
                "filter_by() needs a SELECT from something"
            )
        return self._raw_columns[0]

    def correlate(self, *fromclauses: Any) -> Select:
        """Return a copy that takes these from an enclosing SELECT.

        Args:
            *fromclauses: Tables; None alone to take none.
        """
        if len(fromclauses) == 1 and fromclauses[0] in (None, False):
            return self._replace(_correlate=())
        added = tuple(selectable_of(expect_from(f)) for f in fromclauses)
        return self._replace(_correlate=(self._correlate or ()) + added)

    def correlate_except(self, *fromclauses: Any) -> Select:
        """Return a copy that takes all but these from an enclosing SELECT."""
        if len(fromclauses) == 1 and fromclauses[0] in (None, False):
            return self._replace(_correlate_except=())
        added = tuple(selectable_of(expect_from(f)) for f in fromclauses)
        return self._replace(
            _correlate_except=(self._correlate_except or ()) + added
        )

    # ---- words -------------------------------------------------------------

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Select:
        """Return a copy with words after SELECT.

        Args:
            *prefixes: The words.
            dialect: Name of the one database they are for.
        """
        added = phrases(prefixes, dialect)
        return self._replace(_prefixes=(self._prefixes or ()) + added)

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Select:
        """Return a copy with words at its end."""
        added = phrases(suffixes, dialect)
        return self._replace(_suffixes=(self._suffixes or ()) + added)

    def with_hint(
        self, selectable: Any, text: str, dialect_name: str = "*"
    ) -> Select:
        """Return a copy; hints are for other databases."""
        return self._replace()

    def with_statement_hint(
        self, text: str, dialect_name: str = "*"
    ) -> Select:
        """Return a copy; hints are for other databases, or follow at ``*``."""
        if dialect_name != "*":
            return self._replace()
        return self.suffix_with(textual(text))

    def from_statement(self, statement: Any) -> Select:
        """Return a copy whose rows another statement gives.

        Args:
            statement: A SELECT, a UNION, text, or DML with RETURNING.
        """
        from .expect import expect_statement

        return self._replace(_from_statement=expect_statement(statement))

    # ---- sets --------------------------------------------------------------

    def union(self, *other: Any) -> Any:
        """Return the UNION of it and others."""
        from .compound import union

        return union(self, *other)

    def union_all(self, *other: Any) -> Any:
        """Return the UNION ALL of it and others."""
        from .compound import union_all

        return union_all(self, *other)

    def except_(self, *other: Any) -> Any:
        """Return the EXCEPT of it and others."""
        from .compound import except_

        return except_(self, *other)

    def except_all(self, *other: Any) -> Any:
        """Return the EXCEPT ALL of it and others."""
        from .compound import except_all

        return except_all(self, *other)

    def intersect(self, *other: Any) -> Any:
        """Return the INTERSECT of it and others."""
        from .compound import intersect

        return intersect(self, *other)

    def intersect_all(self, *other: Any) -> Any:
        """Return the INTERSECT ALL of it and others."""
        from .compound import intersect_all

        return intersect_all(self, *other)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether it selects from a FROM element."""
        return any(
            each.is_derived_from(fromclause)
            for each in self.columns_clause_froms
        )


select = Constructor(Select, "_raw_columns", _select)


def expanded(columns: tuple[Any, ...], whole: bool = False) -> Iterator[Any]:
    """Yield the columns of tables and entities, and the others.

    Args:
        columns: What is selected.
        whole: Of entities, yield also what is not loaded with them.
    """
    for each in columns:
        selected = getattr(each, "_selected_columns", None)
        if whole:
            selected = getattr(each, "_every_column", selected)
        if selected is not None:
            yield from selected()
        elif isinstance(each, FromClause):
            yield from each.c
        else:
            yield each


def attribute_of(entity: Any, key: str) -> Any:
    """Return what ``filter_by`` compares.

    Args:
        entity: A FROM element, an entity, or a column of one.
        key: The name.

    Raises:
        InvalidRequestError: There is no such attribute.
    """
    namespace = getattr(entity, "entity_namespace", None)
    if namespace is None:
        table = getattr(entity, "table", None)
        namespace = getattr(table, "entity_namespace", None)
    if namespace is None:
        raise exc.InvalidRequestError(
            f"filter_by() finds no attributes in {entity!r}"
        )
    try:
        return getattr(namespace, key)
    except AttributeError:
        raise exc.InvalidRequestError(
            f"{getattr(entity, 'description', None) or namespace!r} has no"
            f" attribute {key!r}"
        )


def _conjunction(criteria: tuple[Any, ...] | None) -> Any:
    if not criteria:
        return None
    from .elements import and_

    return and_(*criteria)


def _sources(columns: Iterable[Any]) -> Iterator[Any]:
    """Yield what columns are selected from: entities, whose criteria count."""
    for column in columns:
        entity = entity_of(column)
        for each in froms_of(column):
            known = entity is not None and selectable_of(entity) is each
            yield entity if known else each
