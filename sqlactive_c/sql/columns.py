"""Expressions with a name, and what is written around expressions."""

from __future__ import annotations

from typing import Any, Self

from .. import exc
from . import operators as ops
from .coercions import expression
from .nodes import ColumnElement
from .predicates import ClauseList, Grouping
from .sqltypes import NULLTYPE, Integer, TupleType, to_instance

__all__ = [
    "Case",
    "Cast",
    "CollationClause",
    "ColumnClause",
    "Extract",
    "FunctionFilter",
    "Label",
    "NamedColumn",
    "Over",
    "TryCast",
    "Tuple",
    "TypeCoerce",
    "WithinGroup",
]

_INTEGER = Integer()


class NamedColumn(ColumnElement):
    """Base of what has a name of its own."""

    __slots__ = ()

    name: Any

    @property
    def key(self) -> Any:
        """Name under which Python knows it."""
        return self.name

    @property
    def _bind_name(self) -> Any:
        return self.key


class ColumnClause(NamedColumn):
    """A column, by its name alone; made by :func:`column`.

    Attributes:
        name: Its name, or SQL text.
        table: What it is selected from, or None.
        is_literal: The name is SQL text.
    """

    __slots__ = ()
    __visit_name__ = "column"
    _fields = ("name", "table", "is_literal", "type")

    table: Any
    is_literal: Any

    @classmethod
    def of(
        cls, name: str, type_: Any, is_literal: bool, table: Any = None
    ) -> Self:
        """Make one."""
        if not isinstance(name, str):
            raise exc.ArgumentError(f"a name is a str, not {name!r}")
        return cls._new(name, table, is_literal, to_instance(type_))

    @property
    def description(self) -> str:
        """The name."""
        return str(self.name)

    def _own_froms(self) -> tuple[Any, ...]:
        return () if self.table is None else (self.table,)


class Label(NamedColumn):
    """An expression under a name.

    Attributes:
        name: The name; None for one that is made up.
        element: The expression.
    """

    __slots__ = ()
    __visit_name__ = "label"
    _fields = ("name", "element", "-_type")

    element: Any
    _type: Any

    @property
    def type(self) -> Any:
        """Type of the expression."""
        kind = self._type
        return self.element.type if kind is None else kind

    @property
    def primary_key(self) -> Any:
        """Whether the expression is part of a primary key."""
        return self.element.primary_key

    @property
    def foreign_keys(self) -> Any:
        """Foreign keys of the expression."""
        return self.element.foreign_keys

    @property
    def _anon_base(self) -> Any:
        return self.name or self.element._anon_base

    @property
    def _bind_name(self) -> Any:
        return None

    @property
    def _order_by_label(self) -> Any:
        return self

    @property
    def _sources(self) -> tuple[Any, ...]:
        return (self.element,)

    @property
    def proxy_set(self) -> Any:
        """The columns it stands for."""
        return self.element.proxy_set | {self}

    def self_group(self, against: Any = None) -> Any:
        """Return it with parentheses around the expression if needed."""
        inner = self.element.self_group(against)
        return self if inner is self.element else self._replace(element=inner)

    def _negate(self) -> Any:
        return ColumnElement._negate(self)


class Cast(ColumnElement):
    """``CAST(clause AS type)``.

    Attributes:
        clause: What is converted.
        type: What it is converted to.
    """

    __slots__ = ()
    __visit_name__ = "cast"
    _fields = ("clause", "type")

    clause: Any

    @classmethod
    def of(cls, clause: Any, type_: Any) -> Self:
        """Make one; a plain value becomes a parameter of that type."""
        kind = to_instance(type_)
        return cls._new(expression(clause, type_=kind), kind)

    @property
    def _anon_base(self) -> str:
        return _base_of(self.clause)

    @property
    def typeclause(self) -> Any:
        """The type."""
        return self.type


class TryCast(Cast):
    """``TRY_CAST(clause AS type)``; SQLite has none."""

    __slots__ = ()
    __visit_name__ = "try_cast"


class TypeCoerce(ColumnElement):
    """An expression that Python takes to be of another type.

    Attributes:
        clause: The expression.
        type: The type.
    """

    __slots__ = ()
    __visit_name__ = "type_coerce"
    _fields = ("clause", "type")

    clause: Any

    @classmethod
    def of(cls, clause: Any, type_: Any) -> Self:
        """Make one; a plain value becomes a parameter of that type."""
        kind = to_instance(type_)
        made = expression(clause, type_=kind)
        if type(made).__name__ == "BindParameter":
            made = made._replace(type_=kind)
        return cls._new(made, kind)

    @property
    def key(self) -> Any:
        """The key of the expression."""
        return self.clause.key

    @property
    def _anon_base(self) -> str:
        return _base_of(self.clause)

    def self_group(self, against: Any = None) -> Any:
        """Return it with parentheses around the expression if needed."""
        inner = self.clause.self_group(against)
        return self if inner is self.clause else self._replace(clause=inner)


def _base_of(clause: Any) -> str:
    name: str = clause._anon_base
    return name if isinstance(clause, NamedColumn) else "anon"


class Case(ColumnElement):
    """``CASE WHEN ... THEN ... ELSE ... END``.

    Attributes:
        value: What is compared, or None.
        whens: Pairs of condition and result.
        else_: The result otherwise, or None.
    """

    __slots__ = ()
    __visit_name__ = "case"
    _fields = ("value", "whens", "else_", "-type")

    value: Any
    whens: Any
    else_: Any


class Tuple(ColumnElement):
    """Several expressions in parentheses.

    Attributes:
        clauses: The expressions.
    """

    __slots__ = ()
    __visit_name__ = "tuple"
    _fields = ("clauses", "types")

    clauses: Any
    types: Any

    @classmethod
    def of(cls, clauses: tuple[Any, ...], types: Any = None) -> Self:
        """Make one of anything that can be an expression."""
        if types is None:
            made = [expression(each) for each in clauses]
            kinds = tuple([each.type for each in made])
        else:
            kinds = tuple([to_instance(each) for each in types])
            if len(kinds) != len(clauses):
                raise exc.ArgumentError(
                    f"tuple_() has {len(clauses)} elements and"
                    f" {len(kinds)} types"
                )
            made = [
                expression(each, type_=kind)
                for each, kind in zip(clauses, kinds, strict=True)
            ]
        grouped = tuple([each.self_group(ops.comma_op) for each in made])
        return cls._new(grouped, kinds)

    @property
    def type(self) -> Any:
        """Type of the whole."""
        return TupleType(*self.types)

    def __iter__(self) -> Any:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def self_group(self, against: Any = None) -> Any:
        """Return itself: it has its parentheses."""
        return self

    def _bind(self, op: Any, value: Any, type_: Any = None) -> Any:
        from .coercions import value_bind

        values = [
            value_bind(each, kind, self, op)
            for each, kind in zip(value, self.types, strict=False)
        ]
        return Tuple._new(tuple(values), self.types)


class Extract(ColumnElement):
    """``EXTRACT(field FROM expr)``.

    Attributes:
        field: Name of the part, as in ``"year"``.
        expr: A date or time.
    """

    __slots__ = ()
    __visit_name__ = "extract"
    _fields = ("field", "expr")

    field: str
    expr: Any
    type: Any = _INTEGER


class CollationClause(ColumnElement):
    """The name of a collation.

    Attributes:
        collation: The name.
    """

    __slots__ = ()
    __visit_name__ = "collation"
    _fields = ("collation",)

    collation: Any
    type: Any = NULLTYPE


class Over(ColumnElement):
    """A call over a window of rows.

    Attributes:
        element: The call.
        partition_by: What divides the rows, or None.
        order_by: What orders them, or None.
        range_, rows, groups: Bounds of the frame, two numbers, or None.
    """

    __slots__ = ()
    __visit_name__ = "over"
    _fields = (
        "element",
        "partition_by",
        "order_by",
        "range_",
        "rows",
        "groups",
    )

    element: Any
    partition_by: Any
    order_by: Any
    range_: Any
    rows: Any
    groups: Any

    @classmethod
    def of(
        cls,
        element: Any,
        partition_by: Any = None,
        order_by: Any = None,
        range_: Any = None,
        rows: Any = None,
        groups: Any = None,
    ) -> Self:
        """Make one; see :func:`over`."""
        if sum(each is not None for each in (range_, rows, groups)) > 1:
            raise exc.ArgumentError(
                "only one of 'range_', 'rows' and 'groups' can be given"
            )
        return cls._new(
            element,
            _list_of(partition_by),
            _list_of(order_by),
            _bounds(range_, "range_"),
            _bounds(rows, "rows"),
            _bounds(groups, "groups"),
        )

    @property
    def type(self) -> Any:
        """Type of the call."""
        return self.element.type

    @property
    def _anon_base(self) -> str:
        return "anon"


def _list_of(given: Any) -> Any:
    from .coercions import order_by_list

    if given is None:
        return None
    return ClauseList.of(order_by_list(given))


def _bounds(given: Any, name: str) -> Any:
    if given is None:
        return None
    if not isinstance(given, tuple) or len(given) != 2:
        raise exc.ArgumentError(f"{name} is a tuple of two numbers or None")
    bounds = []
    for each in given:
        try:
            bounds.append(None if each is None else int(each))
        except (TypeError, ValueError):
            raise exc.ArgumentError(
                f"a bound of {name} is a number or None, not {each!r}"
            ) from None
    return tuple(bounds)


class FunctionFilter(ColumnElement):
    """``func(...) FILTER (WHERE ...)``.

    Attributes:
        func: The call.
        criterion: The condition.
    """

    __slots__ = ()
    __visit_name__ = "funcfilter"
    _fields = ("func", "criterion")

    func: Any
    criterion: Any

    @property
    def type(self) -> Any:
        """Type of the call."""
        return self.func.type

    def filter(self, *criterion: Any) -> Any:
        """Return it with more conditions."""
        from .coercions import where
        from .constructors import and_

        conditions = [where(each) for each in criterion]
        if not conditions:
            return self
        if self.criterion is not None:
            conditions.insert(0, self.criterion)
        return self._replace(criterion=and_(*conditions))

    def over(self, **kwargs: Any) -> Any:
        """Return the call over a window; see :func:`over`."""
        return Over.of(self, **kwargs)

    def within_group(self, *order_by: Any) -> Any:
        """Return the call with an order of its rows."""
        return WithinGroup.of(self, *order_by)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses if the other operator binds tighter."""
        if ops.is_precedent(ops.filter_op, against):
            return Grouping._new(self)
        return self


class WithinGroup(ColumnElement):
    """``func(...) WITHIN GROUP (ORDER BY ...)``.

    Attributes:
        element: The call.
        order_by: The order.
    """

    __slots__ = ()
    __visit_name__ = "withingroup"
    _fields = ("element", "order_by")

    element: Any
    order_by: Any

    @classmethod
    def of(cls, element: Any, *order_by: Any) -> Self:
        """Make one."""
        return cls._new(element, _list_of(list(order_by)))

    @property
    def type(self) -> Any:
        """Type of the call, which may be that of what is ordered."""
        found = getattr(self.element, "_within_group_type", lambda _: None)(
            self
        )
        return self.element.type if found is None else found

    def over(self, **kwargs: Any) -> Any:
        """Return the call over a window; see :func:`over`."""
        return Over.of(self, **kwargs)

    def filter(self, *criterion: Any) -> Any:
        """Return the call with a condition for its rows."""
        from .constructors import funcfilter

        return funcfilter(self, *criterion) if criterion else self
