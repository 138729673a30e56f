"""UNION and its like, scalar subqueries, EXISTS, text that gives rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import exc
from . import operators as ops
from .base import ColumnCollection
from .elements import ColumnElement, Grouping, UnaryExpression
from .expect import expect_statement, expect_subquery
from .from_clause import computed
from .froms import froms_of
from .labels import plan_columns, selected_keys
from .select_base import EXECUTABLE_FIELDS, GenerativeSelect, SelectBase
from .type_rules import BOOLEAN

__all__ = [
    "CompoundSelect",
    "Exists",
    "ScalarSelect",
    "SelectGrouping",
    "TextualSelect",
    "except_",
    "except_all",
    "exists",
    "intersect",
    "intersect_all",
    "union",
    "union_all",
]


class CompoundSelect(GenerativeSelect):
    """Several SELECTs made one by UNION, INTERSECT or EXCEPT.

    Attributes:
        keyword: ``UNION``, ``UNION ALL`` and so on.
        selects: The statements.
    """

    __slots__ = ()
    __visit_name__ = "compound_select"
    _fields = (
        "keyword",
        "selects",
        "_group_by",
        "_order_by",
        "_limit",
        "_offset",
        "_fetch",
        "_label_style",
        "_for_update",
        "_ctes",
        *EXECUTABLE_FIELDS,
    )

    @classmethod
    def of(cls, keyword: str, selects: tuple[Any, ...]) -> CompoundSelect:
        """Return statements made one by a keyword."""
        parts = tuple(
            expect_statement(each).self_group(against=cls) for each in selects
        )
        nothing = (None,) * (len(cls._fields) - 2)
        return cls._new(keyword, parts, *nothing)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses, as an operand."""
        return SelectGrouping._new(self)

    @computed
    def selected_columns(self) -> ColumnCollection:
        """The columns of the first statement, by key."""
        columns: ColumnCollection = self.selects[0].selected_columns
        return columns

    @property
    def _columns_in_order(self) -> tuple[Any, ...]:
        return tuple(self.selects[0]._columns_in_order)

    @property
    def _plan(self) -> Any:
        return self.selects[0]._plan

    def _subquery_columns(self) -> Iterator[Any]:
        first, *others = [
            list(each._subquery_columns()) for each in self.selects
        ]
        for at, (key, name, sources) in enumerate(first):
            more = [
                source
                for columns in others
                if at < len(columns)
                for source in columns[at][2]
            ]
            yield key, name, (*sources, *more)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether one of them selects from a FROM element."""
        return any(each.is_derived_from(fromclause) for each in self.selects)


def union(*selects: Any) -> CompoundSelect:
    """Return the UNION of statements.

    Args:
        *selects: The statements, with as many columns each.
    """
    return CompoundSelect.of("UNION", selects)


def union_all(*selects: Any) -> CompoundSelect:
    """Return the UNION ALL of statements."""
    return CompoundSelect.of("UNION ALL", selects)


def except_(*selects: Any) -> CompoundSelect:
    """Return the EXCEPT of statements."""
    return CompoundSelect.of("EXCEPT", selects)


def except_all(*selects: Any) -> CompoundSelect:
    """Return the EXCEPT ALL of statements, which SQLite does not have."""
    return CompoundSelect.of("EXCEPT ALL", selects)


def intersect(*selects: Any) -> CompoundSelect:
    """Return the INTERSECT of statements."""
    return CompoundSelect.of("INTERSECT", selects)


def intersect_all(*selects: Any) -> CompoundSelect:
    """Return the INTERSECT ALL of statements, which SQLite has not."""
    return CompoundSelect.of("INTERSECT ALL", selects)


class SelectGrouping(SelectBase):
    """A statement in parentheses.

    Attributes:
        element: The statement.
    """

    __slots__ = ()
    __visit_name__ = "select_grouping"
    _fields = ("element",)

    _execution_options: Any = None
    _counted_options: Any = None
    _idle_options: Any = None

    def self_group(self, against: Any = None) -> Any:
        """Return itself."""
        return self

    @property
    def selected_columns(self) -> Any:
        """The columns of the statement, by key."""
        return self.element.selected_columns

    @property
    def _columns_in_order(self) -> tuple[Any, ...]:
        return tuple(self.element._columns_in_order)

    @property
    def _plan(self) -> Any:
        return self.element._plan

    @property
    def column_descriptions(self) -> Any:
        """Name, type and expression of each column."""
        return self.element.column_descriptions

    def _subquery_columns(self) -> Any:
        return self.element._subquery_columns()

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether the statement selects from a FROM element."""
        return bool(self.element.is_derived_from(fromclause))


# ---- as expressions --------------------------------------------------------


class ScalarSelect(ColumnElement):
    """A SELECT as an expression: the one value it gives.

    Attributes:
        element: The SELECT.
    """

    __slots__ = ()
    __visit_name__ = "scalar_select"
    _fields = ("element",)

    @classmethod
    def of(cls, statement: Any) -> ScalarSelect:
        """Return the value that a statement gives."""
        return cls._new(statement)

    @property
    def type(self) -> Any:
        """The type of its first column."""
        return self.element._scalar_type()

    @property
    def columns(self) -> Any:
        """It has none.

        Raises:
            InvalidRequestError: Always.
        """
        raise exc.InvalidRequestError(
            "a scalar subquery is a value and has no columns; use it as it"
            " is, or make a subquery() instead"
        )

    c = columns

    def self_group(self, against: Any = None) -> Any:
        """Return itself: it has parentheses."""
        return self

    def where(self, crit: Any) -> ScalarSelect:
        """Return a copy with one more condition."""
        return ScalarSelect._new(self.element.where(crit))

    def correlate(self, *fromclauses: Any) -> ScalarSelect:
        """Return a copy that takes these from an enclosing SELECT."""
        return ScalarSelect._new(self.element.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> ScalarSelect:
        """Return a copy that takes all but these from outside."""
        return ScalarSelect._new(self.element.correlate_except(*fromclauses))

    def scalar_subquery(self) -> ScalarSelect:
        """Return itself."""
        return self

    def _own_froms(self) -> tuple[Any, ...]:
        return ()


class Exists(ColumnElement):
    """``EXISTS (...)``.

    Attributes:
        element: The SELECT.
        negated: Whether it is NOT EXISTS.
    """

    __slots__ = ()
    __visit_name__ = "exists"
    _fields = ("element", "negated")

    type = BOOLEAN
    _is_implicitly_boolean = True

    @classmethod
    def of(cls, statement: Any) -> Exists:
        """Return EXISTS of a statement."""
        return cls._new(expect_subquery(statement), False)

    def _changed(self, statement: Any) -> Exists:
        return Exists._new(statement, self.negated)

    def _negate(self) -> Any:
        if self.negated:
            return UnaryExpression.of(
                Grouping._new(self), ops.inv, None, BOOLEAN
            )
        return Exists._new(self.element, True)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses beside AND and other operators."""
        operator = ops.inv if self.negated else ops.exists
        if ops.is_precedent(operator, against):
            return Grouping._new(self)
        return self

    def select(self) -> Any:
        """Return a SELECT of it."""
        from .select_statement import select

        return select(self)

    def where(self, *clauses: Any) -> Exists:
        """Return a copy with more conditions."""
        return self._changed(self.element.where(*clauses))

    def filter_by(self, **kwargs: Any) -> Exists:
        """Return a copy with conditions by the names of attributes."""
        return self._changed(self.element.filter_by(**kwargs))

    def select_from(self, *froms: Any) -> Exists:
        """Return a copy that selects from these, too."""
        return self._changed(self.element.select_from(*froms))

    def correlate(self, *fromclauses: Any) -> Exists:
        """Return a copy that takes these from an enclosing SELECT."""
        return self._changed(self.element.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> Exists:
        """Return a copy that takes all but these from outside."""
        return self._changed(self.element.correlate_except(*fromclauses))

    def _own_froms(self) -> tuple[Any, ...]:
        return ()


def exists(*args: Any, **kwargs: Any) -> Exists:
    """Return ``EXISTS (...)``.

    Args:
        *args: A SELECT, or columns to select; ``*`` if there are none.
        **kwargs: None.
    """
    from .elements import literal_column
    from .select_statement import select

    if len(args) == 1 and isinstance(args[0], (SelectBase, ScalarSelect)):
        return Exists.of(args[0])
    columns = args or (literal_column("*"),)
    return Exists.of(select(*columns))


# ---- text ------------------------------------------------------------------


class TextualSelect(SelectBase):
    """Text that gives rows; made by ``text(...).columns(...)``.

    Attributes:
        element: The text.
        column_args: Its columns.
        positional: Whether the columns are matched by position.
    """

    __slots__ = ()
    __visit_name__ = "textual_select"
    _fields = (
        "element",
        "column_args",
        "positional",
        "_ctes",
        *EXECUTABLE_FIELDS,
    )

    is_text = True

    @computed
    def selected_columns(self) -> ColumnCollection:
        """The columns, by key."""
        keys = selected_keys(self.column_args)
        return ColumnCollection.from_items(
            zip(keys, self.column_args, strict=True)
        )

    @property
    def _columns_in_order(self) -> tuple[Any, ...]:
        columns: tuple[Any, ...] = self.column_args
        return columns

    @computed
    def _plan(self) -> Any:
        return plan_columns(self.column_args, None, True)

    def _subquery_columns(self) -> Iterator[Any]:
        for key, column in self.selected_columns.items():
            yield key, column.name, (column,)

    def self_group(self, against: Any = None) -> Any:
        """Return itself, or in parentheses where it is an expression."""
        if against is CompoundSelect:
            return self
        return SelectGrouping._new(self)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether it selects from a FROM element: nobody knows."""
        return False

    def bindparams(self, *binds: Any, **values: Any) -> TextualSelect:
        """Return a copy with values for parameters of the text."""
        return self._replace(element=self.element.bindparams(*binds, **values))

    def _own_froms(self) -> tuple[Any, ...]:
        return froms_of(self.column_args)
