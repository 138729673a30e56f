"""What SELECT, UNION and their like share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .. import _core, exc
from .._core import Generative
from .aliases import CTE, Lateral, Subquery
from .base import ColumnCollection
from .elements import ClauseElement
from .expect import (
    expect_limit,
    expect_order_by,
    integer_of,
    plain_value,
)
from .from_clause import _name, computed
from .labels import LABEL_STYLE_DEFAULT, SelectLabelStyle

__all__ = [
    "Executable",
    "GenerativeSelect",
    "HasCTE",
    "ReturnsRows",
    "SelectBase",
]

_NONE: Mapping[str, Any] = MappingProxyType({})


class Executable(ClauseElement):
    """Base of what a connection or a session executes."""

    __slots__ = ()

    is_select = False
    is_insert = False
    is_update = False
    is_delete = False
    is_dml = False
    is_text = False

    @property
    def _is_executable(self) -> bool:
        return True

    def execution_options(self, **options: Any) -> Any:
        """Return a copy with options for its execution.

        Args:
            **options: The options, such as ``yield_per``.
        """
        merged = {**self.get_execution_options(), **options}
        return self._replace(_execution_options=MappingProxyType(merged))

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the options for its execution."""
        options: Mapping[str, Any] | None = self._execution_options
        return _NONE if options is None else options

    def options(self, *options: Any) -> Any:
        """Return a copy with options for what it loads.

        Args:
            *options: Loader options such as ``selectinload(User.posts)``.
        """
        counted, idle = [], []
        for each in options:
            if isinstance(each, (str, type)) or each is None:
                raise exc.ArgumentError(
                    f"an option of a statement is needed, not {each!r}"
                )
            if isinstance(each, _core.ClauseElement) or (
                getattr(each, "static_key", None) is not None
            ):
                counted.append(each)
            else:
                idle.append(each)
        return self._replace(
            _counted_options=(
                (*(self._counted_options or ()), *counted) or None
            ),
            _idle_options=((*(self._idle_options or ()), *idle) or None),
        )

    @property
    def _with_options(self) -> tuple[Any, ...]:
        return (self._counted_options or ()) + (self._idle_options or ())


# Parts of everything executable, to stand at the end of _fields.
EXECUTABLE_FIELDS = (
    "_counted_options",
    "-_idle_options",
    "-_execution_options",
)


class HasCTE(ClauseElement):
    """Base of statements that WITH can stand before."""

    __slots__ = ()

    def add_cte(self, *ctes: Any, nest_here: bool = False) -> Any:
        """Return a copy with CTEs that it has no other reference to.

        Args:
            *ctes: The CTEs.
            nest_here: Write them in this statement, not at the top.
        """
        for each in ctes:
            if not isinstance(each, CTE):
                raise exc.ArgumentError(f"a CTE is needed, not {each!r}")
        added = tuple((each, bool(nest_here)) for each in ctes)
        return self._replace(_ctes=(self._ctes or ()) + added)

    def cte(
        self,
        name: str | None = None,
        recursive: bool = False,
        nesting: bool = False,
    ) -> CTE:
        """Return it as a common table expression.

        Args:
            name: The name; None to have one made.
            recursive: It may refer to itself.
            nesting: Write it where it is used, not at the top.
        """
        return CTE._new(
            self, _name(name), bool(recursive), bool(nesting), None, None,
            None, None,
        )  # fmt: skip


class ReturnsRows(ClauseElement):
    """Base of what gives rows."""

    __slots__ = ()

    @property
    def exported_columns(self) -> ColumnCollection:
        """The columns of its rows, by key."""
        raise NotImplementedError


class SelectBase(HasCTE, ReturnsRows, Executable):
    """Base of what selects rows."""

    __slots__ = ()

    is_select = True

    def __bool__(self) -> bool:
        raise TypeError("a statement is neither true nor false")

    @computed
    def selected_columns(self) -> ColumnCollection:
        """The columns of the rows, by key, without raw text."""
        raise NotImplementedError

    @property
    def exported_columns(self) -> ColumnCollection:
        """The columns of the rows, by key."""
        columns: ColumnCollection = self.selected_columns
        return columns

    @property
    def columns(self) -> ColumnCollection:
        """The columns of it as a subquery."""
        return self.c

    @property
    def c(self) -> ColumnCollection:
        """The columns of it as a subquery."""
        warnings.warn(
            "a SELECT has no columns of its own: use selected_columns, or the"
            " columns of a subquery()",
            exc.SADeprecationWarning,
            stacklevel=2,
        )
        columns: ColumnCollection = self.subquery().c
        return columns

    def subquery(self, name: str | None = None) -> Subquery:
        """Return it as a FROM element in parentheses.

        Args:
            name: The name; None to have one made.
        """
        return Subquery._new(self._unordered(), _name(name))

    def alias(self, name: str | None = None, flat: bool = False) -> Subquery:
        """Return it as a FROM element in parentheses."""
        return self.subquery(name)

    def lateral(self, name: str | None = None) -> Lateral:
        """Return it as LATERAL, which SQLite does not have."""
        return Lateral._new(self, _name(name))

    def scalar_subquery(self) -> Any:
        """Return it as an expression: the one value it gives."""
        from .compound import ScalarSelect

        return ScalarSelect.of(self)

    def label(self, name: str | None) -> Any:
        """Return the one value it gives under a name."""
        return self.scalar_subquery().label(name)

    def exists(self) -> Any:
        """Return ``EXISTS (...)`` of it."""
        from .compound import Exists

        return Exists.of(self)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses, as an operand."""
        from .compound import SelectGrouping

        return SelectGrouping._new(self)

    def _unordered(self) -> Any:
        return self

    def _subquery_columns(self) -> Any:
        """Yield key, name and sources of each column of a subquery."""
        raise NotImplementedError

    def _scalar_type(self) -> Any:
        return next(iter(self.selected_columns)).type

    def _anonymous(self) -> str:
        return "anon"


def _chained(node: Any, field: str, clauses: tuple[Any, ...]) -> Any:
    """Add to a list of expressions; a single None or False empties it."""
    if len(clauses) == 1 and (clauses[0] is None or clauses[0] is False):
        return node._replace(**{field: None})
    added = tuple(map(expect_order_by, clauses))
    return node._replace(**{field: (getattr(node, field) or ()) + added})


def _order_by(self: Any, *clauses: Any) -> Any:
    """Return a copy with ORDER BY.

    Args:
        self: The statement.
        *clauses: Columns, expressions, or names of columns or labels; they
            come after those there are. None alone takes all away.
    """
    return _chained(self, "_order_by", clauses)


def _group_by(self: Any, *clauses: Any) -> Any:
    """Return a copy with GROUP BY.

    Args:
        self: The statement.
        *clauses: Columns, expressions, or names of columns or labels; they
            come after those there are. None alone takes all away.
    """
    return _chained(self, "_group_by", clauses)


def _limit(self: Any, limit: Any) -> Any:
    """Return a copy with LIMIT.

    Args:
        self: The statement.
        limit: A number, an expression, or None for no limit.
    """
    return self._replace(_limit=expect_limit(limit), _fetch=None)


def _offset(self: Any, offset: Any) -> Any:
    """Return a copy with OFFSET.

    Args:
        self: The statement.
        offset: A number, an expression, or None for none.
    """
    return self._replace(_offset=expect_limit(offset))


class GenerativeSelect(SelectBase):
    """Base of SELECT and UNION: order, groups, limits."""

    __slots__ = ()

    order_by = Generative("_order_by", _order_by)
    group_by = Generative("_group_by", _group_by)
    limit = Generative("_limit", _limit, single=True)
    offset = Generative("_offset", _offset, single=True)

    def slice(self, start: int | None, stop: int | None) -> Any:
        """Return a copy with LIMIT and OFFSET as in ``rows[start:stop]``."""
        limit, offset = self._limit, self._offset
        if stop is not None:
            limit = expect_limit(integer_of(stop) - integer_of(start or 0))
        if start is not None:
            before = 0 if offset is None else plain_value(offset)
            total = before + start if start else before
            offset = None if _is_zero(total) else expect_limit(total)
        return self._replace(_limit=limit, _offset=offset)

    def fetch(
        self,
        count: Any,
        with_ties: bool = False,
        percent: bool = False,
        **dialect_kw: Any,
    ) -> Any:
        """Return a copy with FETCH FIRST, which SQLite does not have.

        Args:
            count: A number or an expression; None to take it away.
            with_ties: Also the rows that are equal to the last one.
            percent: The count is a percentage.
            **dialect_kw: For other databases.
        """
        fetch = None
        if count is not None:
            fetch = (expect_limit(count), bool(with_ties), bool(percent))
        return self._replace(_fetch=fetch, _limit=None)

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: Any = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Any:
        """Return a copy with FOR UPDATE; SQLite has none and ignores it."""
        return self._replace(
            _for_update=(
                bool(nowait), bool(read), bool(skip_locked), bool(key_share)
            )
        )  # fmt: skip

    @property
    def _limit_clause(self) -> Any:
        return self._limit

    @property
    def _offset_clause(self) -> Any:
        return self._offset

    @property
    def _order_by_clauses(self) -> tuple[Any, ...]:
        return self._order_by or ()

    @property
    def _group_by_clauses(self) -> tuple[Any, ...]:
        return self._group_by or ()

    def get_label_style(self) -> SelectLabelStyle:
        """Return how it labels its columns."""
        style: Any = self._label_style
        if style is None:
            return LABEL_STYLE_DEFAULT
        return SelectLabelStyle(style)

    def set_label_style(self, style: SelectLabelStyle) -> Any:
        """Return a copy that labels its columns in another way."""
        return self._replace(_label_style=style.value)


def _is_zero(value: Any) -> bool:
    return isinstance(value, int) and value == 0
