"""INSERT, UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import exc
from .._core import Generative
from .base import ColumnCollection
from .elements import BindParameter, ClauseElement
from .expect import (
    as_expression,
    expect_column,
    expect_criterion,
    expect_from,
    expect_statement,
    phrases,
)
from .from_clause import computed
from .froms import froms_of, selectable_of, unique
from .labels import (
    LABEL_STYLE_DEFAULT,
    plan_columns,
    proxy_name,
    selected_keys,
)
from .select_base import EXECUTABLE_FIELDS, Executable, HasCTE, ReturnsRows
from .select_statement import _conjunction, attribute_of, expanded
from .sqltypes import NullType

__all__ = [
    "Delete",
    "Insert",
    "Update",
    "UpdateBase",
    "ValuesBase",
    "delete",
    "insert",
    "update",
]


def _where(self: Any, *whereclause: Any) -> Any:
    """Return a copy with more conditions, all of which have to hold.

    Args:
        self: The statement.
        *whereclause: The conditions.
    """
    added = tuple(map(expect_criterion, whereclause))
    return self._replace(_where=(self._where or ()) + added)


class UpdateBase(HasCTE, ReturnsRows, Executable):
    """Base of the statements that change rows.

    Attributes:
        table: The table, as it was given.
    """

    __slots__ = ()

    is_dml = True

    @classmethod
    def of(cls, table: Any) -> Any:
        """Return a statement about a table.

        Args:
            table: A table or a mapped class.
        """
        nothing = (None,) * (len(cls._fields) - 1)
        return cls._new(expect_from(table), *nothing)

    @property
    def _table(self) -> Any:
        """The table, where ``table`` may be an entity."""
        table = getattr(self.table, "_local_table", None)
        return selectable_of(self.table) if table is None else table

    def params(self, *args: Any, **kwargs: Any) -> Any:
        """Not for these statements; use ``values()``.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "params() is not for INSERT, UPDATE and DELETE; use values()"
        )

    def with_dialect_options(self, **opt: Any) -> Any:
        """Return a copy; options are for other databases."""
        return self._replace()

    def with_hint(
        self, text: str, selectable: Any = None, dialect_name: str = "*"
    ) -> Any:
        """Return a copy; hints are for other databases."""
        return self._replace()

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Any:
        """Return a copy with words after its first one.

        Args:
            *prefixes: The words, such as ``OR IGNORE``.
            dialect: Name of the one database they are for.
        """
        added = phrases(prefixes, dialect)
        return self._replace(_prefixes=(self._prefixes or ()) + added)

    def returning(
        self, *cols: Any, sort_by_parameter_order: bool = False
    ) -> Any:
        """Return a copy that gives columns of the rows it changes.

        Args:
            *cols: Columns, tables, mapped classes or expressions.
            sort_by_parameter_order: Rows of many come in the order of their
                parameters, as they always do here.
        """
        added = tuple(map(expect_column, cols))
        return self._replace(
            _returning=(self._returning or ()) + added,
            _sorted=bool(sort_by_parameter_order),
        )

    def return_defaults(self, *cols: Any, **kwargs: Any) -> Any:
        """Return a copy whose result knows what the database made up.

        Args:
            *cols: The columns; all that have defaults if there are none.
            **kwargs: For the mapping layer.
        """
        added = tuple(map(expect_column, cols))
        return self._replace(_return_defaults=added or True)

    @computed
    def _columns_in_order(self) -> tuple[Any, ...]:
        """The columns of RETURNING one by one."""
        return tuple(expanded(self._returning or ()))

    @computed
    def _plan(self) -> Any:
        return plan_columns(self._columns_in_order, LABEL_STYLE_DEFAULT, True)

    @computed
    def _raw_returning(self) -> tuple[Any, ...]:
        return self._returning or ()

    @computed
    def exported_columns(self) -> ColumnCollection:
        """The columns of RETURNING, by key."""
        columns = self._columns_in_order
        return ColumnCollection.from_items(
            (key, column)
            for key, column in zip(
                selected_keys(columns), columns, strict=True
            )
            if key is not None
        )

    def _subquery_columns(self) -> Any:
        plan = plan_columns(self._columns_in_order, LABEL_STYLE_DEFAULT, False)
        for each in plan:
            yield each.key, proxy_name(each), (each.column,)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether it is about a table."""
        return bool(self._table.is_derived_from(fromclause))

    @property
    def returning_column_descriptions(self) -> list[dict[str, Any]]:
        """Name, type and expression of each column of RETURNING."""
        from .describe import describe_returning

        return describe_returning(self)

    @property
    def entity_description(self) -> dict[str, Any]:
        """Name and table of what it is about."""
        return {
            "name": self._table.name,
            "table": self._table,
        }


class _Where(UpdateBase):
    """What UPDATE and DELETE share."""

    __slots__ = ()

    @property
    def whereclause(self) -> Any:
        """The conditions as one expression, None if there are none."""
        return _conjunction(self._where)

    def filter_by(self, **kwargs: Any) -> Any:
        """Return a copy with conditions by the names of columns.

        Args:
            **kwargs: Values by name.

        Raises:
            InvalidRequestError: There is no such column.
        """
        return self.where(
            *(attribute_of(self.table, key) == value
              for key, value in kwargs.items())
        )  # fmt: skip

    def _extra_froms(self) -> tuple[Any, ...]:
        """Return what it takes values from beside its table."""
        values = tuple(
            value for _, value in getattr(self, "_values", None) or ()
        )
        found = (*froms_of(self._where or ()), *froms_of(values))
        return unique(each for each in found if each is not self._table)


# ---- values ----------------------------------------------------------------

Pair = tuple[Any, Any]


class ValuesBase(UpdateBase):
    """Base of INSERT and UPDATE."""

    __slots__ = ()

    def values(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy with values for columns.

        Args:
            *args: One dict or tuple of values; for INSERT also a list of
                them, for several rows.
            **kwargs: Values by the names of columns.

        Raises:
            ArgumentError: The arguments make no sense together.
            InvalidRequestError: They do not fit those given before.
        """
        self._check_values(args, kwargs)
        given = args[0] if args else kwargs
        if isinstance(given, Sequence) and given:
            first = given[0]
            if isinstance(first, Mapping):
                return self._with_rows(given)
            if isinstance(first, (list, tuple)):
                names = [column.key for column in self._table.c]
                return self._with_rows(
                    [dict(zip(names, row, strict=False)) for row in given]
                )
        if isinstance(given, Sequence):
            names = [column.key for column in self._table.c]
            given = dict(zip(names, given, strict=False))
        if not isinstance(given, Mapping):
            raise exc.ArgumentError(
                f"values() takes a dict or a tuple, not {given!r}"
            )
        if getattr(self, "_multi_values", None):
            raise exc.InvalidRequestError(
                "values for one row and for several cannot be mixed"
            )
        return self._replace(_values=self._merged(given))

    def _check_values(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if getattr(self, "select", None) is not None:
            raise exc.InvalidRequestError(
                "an INSERT takes its rows from a SELECT or from values(), not"
                " from both"
            )
        if getattr(self, "_ordered", None):
            raise exc.ArgumentError("values() cannot follow ordered_values()")
        if len(args) > 1:
            raise exc.ArgumentError(
                "values() takes one dict, tuple or list of them"
            )
        if args and kwargs:
            raise exc.ArgumentError(
                "values() takes a dict or keywords, not both"
            )

    def _with_rows(self, rows: Sequence[Mapping[Any, Any]]) -> Any:
        raise exc.InvalidRequestError(
            f"{type(self).__name__} takes values for one row"
        )

    def _merged(self, given: Mapping[Any, Any]) -> tuple[Pair, ...]:
        pairs = dict(self._values or ())
        pairs.update(self._pairs(given.items()))
        return tuple(pairs.items())

    def _pairs(self, items: Any) -> list[Pair]:
        table = self._table
        assigned = getattr(self.table, "_assigned", None)
        if assigned is not None:
            items = [pair for item in items for pair in assigned(*item)]
        pairs = []
        for key, value in items:
            name = column_key(table, key)
            column = name
            if isinstance(name, str):
                column = table.c.get(name)
            pairs.append((name, as_value(column, value)))
        return pairs

    def inline(self) -> Any:
        """Return a copy after which no defaults are asked for."""
        return self._replace(_inline=True)


def column_key(table: Any, key: Any) -> Any:
    """Return the key of a column of the table; a column of another as it is.

    Args:
        table: The table of the statement.
        key: A name, a column or an attribute of a class.
    """
    if isinstance(key, str):
        return key
    resolve = getattr(key, "__clause_element__", None)
    if resolve is not None:
        key = resolve()
    resolve = getattr(key, "_resolve", None)
    if resolve is not None:
        key = resolve()
    name = getattr(key, "key", None)
    if name is None:
        raise exc.ArgumentError(
            f"a column or the name of one is needed, not {key!r}"
        )
    owner = getattr(key, "table", None)
    if owner is None or owner is table or key in _own_columns(table):
        return str(name)
    return key


def _own_columns(table: Any) -> set[Any]:
    return set(table.c)


def as_value(column: Any, value: Any) -> Any:
    """Return what stands in VALUES or SET: a parameter or an expression.

    Args:
        column: What it is for, or None.
        value: A value of Python or an expression.
    """
    type_ = None if column is None else column.type
    if type(value) not in _PLAIN:
        expression = as_expression(value)
        if (
            type_ is not None
            and isinstance(expression, BindParameter)
            and isinstance(expression.type_, NullType)
        ):
            return expression._replace(type_=type_)
        if expression is not None:
            return expression
    # The type is the column's, whatever the value is: one statement for all.
    return BindParameter._new(
        None, value, None if type_ is not None else type(value), type_,
        None, None, None,
    )  # fmt: skip


_PLAIN = frozenset((int, str, float, bytes, bool, type(None)))


# ---- the statements --------------------------------------------------------


class Insert(ValuesBase):
    """An INSERT statement; made by :func:`insert`."""

    __slots__ = ()
    __visit_name__ = "insert"
    _fields = (
        "table",
        "_values",
        "_multi_values",
        "_select_names",
        "select",
        "include_insert_from_select_defaults",
        "_returning",
        "_post_values_clause",
        "_inline",
        "_return_defaults",
        "_sorted",
        "_prefixes",
        "_ctes",
        *EXECUTABLE_FIELDS,
    )

    is_insert = True

    def from_select(
        self, names: Sequence[Any], select: Any, include_defaults: bool = True
    ) -> Insert:
        """Return a copy that takes its rows from a SELECT.

        Args:
            names: The columns.
            select: The statement.
            include_defaults: Add the defaults of the other columns to it.
        """
        if self._values is not None or self._multi_values:
            raise exc.InvalidRequestError(
                "an INSERT takes its rows from a SELECT or from values(), not"
                " from both"
            )
        table = self._table
        return self._replace(
            _select_names=tuple(column_key(table, name) for name in names),
            select=expect_statement(select),
            include_insert_from_select_defaults=bool(include_defaults),
            _inline=True,
        )

    def _with_rows(self, rows: Sequence[Mapping[Any, Any]]) -> Any:
        if self._values is not None:
            raise exc.InvalidRequestError(
                "values for one row and for several cannot be mixed"
            )
        added = tuple(tuple(self._pairs(row.items())) for row in rows)
        return self._replace(_multi_values=(self._multi_values or ()) + added)


class Update(_Where, ValuesBase):
    """An UPDATE statement; made by :func:`update`."""

    __slots__ = ()
    __visit_name__ = "update"
    _fields = (
        "table",
        "_values",
        "_where",
        "_ordered",
        "_returning",
        "_inline",
        "_return_defaults",
        "_sorted",
        "_prefixes",
        "_ctes",
        *EXECUTABLE_FIELDS,
    )

    is_update = True

    where = Generative("_where", _where)

    def ordered_values(self, *args: tuple[Any, Any]) -> Update:
        """Return a copy with values that are SET in the order given.

        Args:
            *args: Pairs of column and value.
        """
        if self._values:
            raise exc.ArgumentError(
                f"{'ordered_' if self._ordered else ''}values() is called"
                " already"
            )
        return self._replace(_values=tuple(self._pairs(args)), _ordered=True)


class Delete(_Where):
    """A DELETE statement; made by :func:`delete`."""

    __slots__ = ()
    __visit_name__ = "delete"
    _fields = (
        "table",
        "_where",
        "_returning",
        "_return_defaults",
        "_sorted",
        "_prefixes",
        "_ctes",
        *EXECUTABLE_FIELDS,
    )

    is_delete = True

    where = Generative("_where", _where)


def insert(table: Any) -> Insert:
    """Return an INSERT.

    Args:
        table: A table or a mapped class.
    """
    return Insert.of(table)  # type: ignore[no-any-return]


def update(table: Any) -> Update:
    """Return an UPDATE.

    Args:
        table: A table or a mapped class.
    """
    return Update.of(table)  # type: ignore[no-any-return]


def delete(table: Any) -> Delete:
    """Return a DELETE.

    Args:
        table: A table or a mapped class.
    """
    return Delete.of(table)  # type: ignore[no-any-return]


def is_clause(value: Any) -> bool:
    """Say whether a value is an expression."""
    return isinstance(value, ClauseElement)
