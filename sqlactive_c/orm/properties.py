"""Columns as attributes of a class: ``mapped_column`` and what it becomes."""

from __future__ import annotations

import operator
from typing import Any

from .. import exc
from ..sql.column import Column
from ..sql.column_operators import ColumnOperators
from ..sql.constructors import null
from ..sql.elements import BindParameter
from ..sql.visitors import transform
from .interfaces import MapperProperty

__all__ = [
    "ColumnProperty",
    "MappedColumn",
    "column_property",
    "deferred",
    "mapped_column",
    "query_expression",
]

_DATACLASS_ONLY = (
    "compare",
    "dataclass_metadata",
    "default_factory",
    "hash",
    "init",
    "kw_only",
    "repr",
)


class MappedColumn(ColumnOperators):
    """A column as it stands in the body of a class.

    Made by :func:`mapped_column`.

    Attributes:
        column: The column; its name, type and nullability may still come
            from the attribute's name and annotation.
        sort_order: Columns are sorted by it, else they stay in order.
    """

    def __init__(
        self,
        column: Column,
        sort_order: int | None = None,
        deferred: bool | None = None,
        deferred_group: str | None = None,
        deferred_raiseload: bool | None = None,
        active_history: bool = False,
        use_existing_column: bool = False,
    ) -> None:
        self.column = column
        self.use_existing_column = use_existing_column
        self.sort_order = sort_order
        self.deferred = deferred
        self.deferred_group = deferred_group
        self.deferred_raiseload = deferred_raiseload
        self.active_history = active_history

    def __clause_element__(self) -> Column:
        return self.column

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the column."""
        return op(self.column, *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator whose left operand is the other one."""
        return op(other, self.column, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self.column[key]

    def __invert__(self) -> Any:
        return ~self.column

    def __neg__(self) -> Any:
        return -self.column

    @property
    def is_deferred(self) -> bool:
        """Whether the column is loaded only when it is asked for."""
        if self.deferred is None:
            return bool(self.deferred_group or self.deferred_raiseload)
        return self.deferred

    def copy(self) -> MappedColumn:
        """Return a copy with a column of its own, for another class."""
        return MappedColumn(
            self.column._copy(),
            self.sort_order,
            self.deferred,
            self.deferred_group,
            self.deferred_raiseload,
            self.active_history,
            self.use_existing_column,
        )

    def fill_from(self, other: MappedColumn) -> None:
        """Take over what this one leaves open, from ``Annotated[...]``."""
        self.column._fill_from(other.column)
        for name in (
            "sort_order",
            "deferred",
            "deferred_group",
            "deferred_raiseload",
        ):
            if getattr(self, name) is None:
                setattr(self, name, getattr(other, name))
        self.active_history = self.active_history or other.active_history

    def __repr__(self) -> str:
        return f"<MappedColumn {self.column!r}>"


def _unnamed(column: Column, made: Any) -> Any:
    """Name parameters for what they are: the column has no name yet."""
    if column.key is not None:
        return made

    def replace(node: Any) -> Any:
        if isinstance(node, BindParameter) and node.peer is column:
            return node._replace(key="param", flags=("unique",))
        return None

    return transform(made, replace)


def _operator(name: str) -> Any:
    apply = getattr(operator, name)

    def method(self: MappedColumn, other: Any) -> Any:
        return _unnamed(self.column, apply(self.column, other))

    def reversed_method(self: MappedColumn, other: Any) -> Any:
        return _unnamed(self.column, apply(other, self.column))

    return method, reversed_method


for _name in ("lt", "le", "gt", "ge"):
    setattr(MappedColumn, f"__{_name}__", _operator(_name)[0])
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod"):
    _method, _reversed = _operator(_name)
    setattr(MappedColumn, f"__{_name}__", _method)
    setattr(MappedColumn, f"__r{_name}__", _reversed)
for _name in ("eq", "ne", "and_", "or_"):
    setattr(MappedColumn, f"__{_name.strip('_')}__", _operator(_name)[0])
MappedColumn.__hash__ = object.__hash__  # type: ignore[method-assign]


def mapped_column(
    *args: Any,
    default: Any = None,
    insert_default: Any = None,
    nullable: bool | None = None,
    primary_key: bool = False,
    deferred: bool | None = None,
    deferred_group: str | None = None,
    deferred_raiseload: bool | None = None,
    active_history: bool = False,
    sort_order: int | None = None,
    use_existing_column: bool = False,
    **kwargs: Any,
) -> Any:
    """Declare a column in the body of a mapped class.

    Args:
        *args: Name, type, foreign keys, constraints, as for ``Column``. The
            name is that of the attribute if left out; the type follows from
            the annotation.
        default: Value, function or SQL expression for INSERT.
        insert_default: The same; wins over ``default``.
        nullable: Whether NULL is allowed; follows from the annotation.
        primary_key: The column is part of the primary key.
        deferred: Load the column only when it is asked for.
        deferred_group: Name of deferred columns that are loaded together.
        deferred_raiseload: Raise instead of loading a deferred column.
        active_history: Keep the old value when the attribute is replaced.
        sort_order: Place among the columns of the table; 0 if left out.
        use_existing_column: In a class that shares the table of its parent:
            take the column of that name if the table has one already.
        **kwargs: As for ``Column``: ``autoincrement``, ``comment``, ``doc``,
            ``index``, ``info``, ``key``, ``name``, ``onupdate``, ``quote``,
            ``server_default``, ``server_onupdate``, ``system``, ``type_``,
            ``unique``, ``sqlite_on_conflict_...``.

    Returns:
        The declaration, a :class:`MappedColumn`, to be assigned to the
        attribute.

    Raises:
        ArgumentError: An argument makes no sense.
        TypeError: An unknown keyword.
    """
    for name in _DATACLASS_ONLY:
        if name in kwargs:
            raise exc.ArgumentError(
                f"mapped_column() takes {name!r} only for dataclasses, which"
                " mapped classes are not"
            )
    column = Column(
        *args,
        default=default if insert_default is None else insert_default,
        nullable=nullable,
        primary_key=primary_key,
        **kwargs,
    )
    return MappedColumn(
        column,
        sort_order,
        deferred,
        deferred_group,
        deferred_raiseload,
        active_history,
        use_existing_column,
    )


class ColumnProperty(MapperProperty):
    """What a mapper knows about an attribute that is a column.

    Also made by :func:`column_property`, for an SQL expression.

    Attributes:
        columns: The columns of the attribute; several when a derived class
            has a column of that name in its own table as well. Its own comes
            first.
        deferred, deferred_group, deferred_raiseload, active_history: As for
            :func:`mapped_column`.
        by_statement: It has a value only where a statement gives one.
    """

    by_statement = False

    def __init__(
        self,
        *columns: Any,
        group: str | None = None,
        deferred: bool = False,
        raiseload: bool = False,
        active_history: bool = False,
        expire_on_flush: bool = True,
        doc: str | None = None,
        info: dict[Any, Any] | None = None,
    ) -> None:
        super().__init__(doc, info)
        self.columns: list[Any] = list(columns)
        self.deferred = deferred or bool(group) or raiseload
        self.deferred_group = group
        self.deferred_raiseload = raiseload
        self.active_history = active_history
        self.expire_on_flush = expire_on_flush

    @classmethod
    def of(cls, declared: MappedColumn | Column) -> ColumnProperty:
        """Return the property of a declared column."""
        if isinstance(declared, Column):
            return cls(declared, doc=declared.doc)
        return cls(
            declared.column,
            deferred=declared.is_deferred,
            group=declared.deferred_group,
            raiseload=bool(declared.deferred_raiseload),
            active_history=declared.active_history,
            doc=declared.column.doc,
        )

    def copy(self, *columns: Any) -> ColumnProperty:
        """Return a property of no mapper with the same options.

        Args:
            *columns: Its columns; those of this one if left out.
        """
        return type(self)(
            *(columns or self.columns),
            deferred=self.deferred,
            group=self.deferred_group,
            raiseload=self.deferred_raiseload,
            active_history=self.active_history,
            doc=self.doc,
            info=self._info,
        )

    @property
    def expression(self) -> Any:
        """The column, or the expression."""
        return self.columns[0]

    @property
    def info(self) -> dict[Any, Any]:
        """A dict for the user's own purposes, by default the column's."""
        if self._info is None and self.is_column:
            return self.columns[0].info  # type: ignore[no-any-return]
        return super().info

    @property
    def is_column(self) -> bool:
        """Whether it is a column of a table, no expression."""
        return isinstance(self.columns[0], Column)


class QueryExpression(ColumnProperty):
    """An attribute that a statement may give an expression for.

    Made by :func:`query_expression`. It is never loaded without one: an
    instance that has none reads as None.
    """

    by_statement = True


def query_expression(
    default_expr: Any = None,
    *,
    doc: str | None = None,
    info: dict[Any, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Declare an attribute that ``with_expression()`` gives a value.

    Args:
        default_expr: The expression where a statement says none; None: the
            attribute is None then.
        doc: Documentation of the attribute.
        info: A dict for the user's own purposes.
        **kwargs: Keywords for dataclasses, without effect here.

    Returns:
        The declaration, a :class:`ColumnProperty`.
    """
    _check_dataclass_only("query_expression", kwargs)
    if default_expr is not None:
        default_expr = getattr(default_expr, "column", default_expr)
        return ColumnProperty(default_expr, doc=doc, info=info)
    return QueryExpression(null(), deferred=True, doc=doc, info=info)


def _check_dataclass_only(function: str, kwargs: dict[str, Any]) -> None:
    for name in kwargs:
        if name not in _DATACLASS_ONLY:
            raise TypeError(
                f"{function}() got an unexpected keyword argument {name!r}"
            )


def column_property(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    deferred: bool = False,
    raiseload: bool = False,
    active_history: bool = False,
    expire_on_flush: bool = True,
    doc: str | None = None,
    info: dict[Any, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Declare an attribute that is a column or an SQL expression.

    Args:
        column: The column, or the expression, which cannot be written to.
        *additional_columns: Further columns with the same value.
        group: Name of deferred attributes that are loaded together.
        deferred: Load it only when it is asked for.
        raiseload: Raise instead of loading it when it is deferred.
        active_history: Keep the old value when the attribute is replaced.
        expire_on_flush: Read an expression again after a flush.
        doc: Documentation of the attribute.
        info: A dict for the user's own purposes.
        **kwargs: Keywords for dataclasses, without effect here.

    Returns:
        The declaration, a :class:`ColumnProperty`.
    """
    _check_dataclass_only("column_property", kwargs)
    columns = (getattr(c, "column", c) for c in (column, *additional_columns))
    return ColumnProperty(
        *columns,
        group=group,
        deferred=deferred,
        raiseload=raiseload,
        active_history=active_history,
        expire_on_flush=expire_on_flush,
        doc=doc,
        info=info,
    )


def deferred(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    raiseload: bool = False,
    **kwargs: Any,
) -> Any:
    """Declare a column that is loaded only when it is asked for.

    Args:
        column: The column, or what :func:`mapped_column` gives.
        *additional_columns: As for :func:`column_property`.
        group: Name of deferred attributes that are loaded together.
        raiseload: Raise instead of loading it.
        **kwargs: As for :func:`column_property`.
    """
    if isinstance(column, MappedColumn):
        # An annotation forbids no NULL of what stands in here.
        if column.column._user_nullable is None:
            column.column._user_nullable = column.column.nullable
        column.deferred = True
        column.deferred_group = group or column.deferred_group
        column.deferred_raiseload = raiseload or column.deferred_raiseload
        return column
    return column_property(
        column,
        *additional_columns,
        deferred=True,
        group=group,
        raiseload=raiseload,
        **kwargs,
    )
