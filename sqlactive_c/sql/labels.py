"""What the columns of a SELECT are called.

A name may be an :class:`AnonymousName`: the compiler numbers those, by what
they begin with, in the order in which it meets them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, NamedTuple

__all__ = [
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "AnonymousName",
    "ColumnPlan",
    "SelectLabelStyle",
    "plan_columns",
    "selected_keys",
]


class SelectLabelStyle(Enum):
    """How a SELECT labels its columns."""

    LABEL_STYLE_NONE = 0
    LABEL_STYLE_TABLENAME_PLUS_COL = 1
    LABEL_STYLE_DISAMBIGUATE_ONLY = 2
    LABEL_STYLE_DEFAULT = LABEL_STYLE_DISAMBIGUATE_ONLY
    LABEL_STYLE_LEGACY_ORM = 3


LABEL_STYLE_NONE = SelectLabelStyle.LABEL_STYLE_NONE
LABEL_STYLE_TABLENAME_PLUS_COL = (
    SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
)
LABEL_STYLE_DISAMBIGUATE_ONLY = SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_DEFAULT = LABEL_STYLE_DISAMBIGUATE_ONLY


# What is no good in a name that is made up.
_UNSAFE = re.compile(r"[%\(\) \$]+")


class AnonymousName:
    """A name that each compilation makes anew: a base and a number.

    Two are equal when they are of the same element, base and occurrence.

    Attributes:
        owner: What it names.
        base: What it begins with.
        again: Which repetition of the element it names, 0 for the first.
    """

    __slots__ = ("again", "base", "owner")

    def __init__(self, owner: Any, base: Any, again: Any = 0) -> None:
        self.owner = owner
        self.base = _UNSAFE.sub("_", base)
        self.again = again

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AnonymousName)
            and self.owner is other.owner
            and self.again == other.again
            and self.base == other.base
        )

    def __hash__(self) -> int:
        return hash((id(self.owner), self.again, self.base))

    def __str__(self) -> str:
        return f"%({id(self.owner)} {self.base})s"

    def __repr__(self) -> str:
        return f"AnonymousName({self.base!r})"


class ColumnPlan(NamedTuple):
    """How one column of a SELECT is written.

    Attributes:
        required: The label it has to have, or None.
        key: Its key among the columns of a subquery.
        fallback: The label if it turns out to need one.
        column: The column.
        repeated: Whether it is there already.
    """

    required: Any
    key: Any
    fallback: Any
    column: Any
    repeated: bool


# ---- names of one column ---------------------------------------------------


def resolved(column: Any) -> Any:
    """Return what is really compiled for an attribute of a class."""
    resolve = getattr(column, "_resolve", None)
    return column if resolve is None else resolve()


def is_text(column: Any) -> bool:
    """Say whether it is raw text: a column without a name."""
    return getattr(column, "__visit_name__", None) == "text_fragment"


def wrapped(column: Any) -> Any:
    """Return what a CAST or the like gives its name to, or None."""
    part = _WRAPPERS.get(getattr(column, "__visit_name__", ""))
    return None if part is None else getattr(column, part)


_WRAPPERS = {
    "as_boolean": "element",
    "cast": "clause",
    "try_cast": "clause",
    "type_coerce": "clause",
}


def is_named(column: Any) -> bool:
    """Say whether it is a column or a label."""
    return getattr(column, "__visit_name__", None) in _NAMED


_NAMED = frozenset(("column", "proxy", "label", "scalar_function_column"))


def plain_name(column: Any) -> Any:
    """Return the name of a column or a label; None for other expressions."""
    column = resolved(column)
    if not is_named(column):
        return None
    name = column.name
    if name is None or isinstance(name, AnonymousName):
        return None
    return name


def anonymous_name(column: Any, again: int = 0) -> Any:
    """Return the name made up for a column."""
    column = resolved(column)
    if is_named(column) and not again:
        name = column.name
        if isinstance(name, AnonymousName):
            return name
        if name is None:
            return AnonymousName(column, _base(column.element))
    inner = wrapped(column)
    if inner is not None and not again:
        name = plain_name(inner)
        return anonymous_name(inner) if name is None else name
    return AnonymousName(column, _base(column))


def _base(column: Any) -> str:
    return _plain_base(getattr(column, "_anon_base", None) or "anon")


def _plain_base(name: Any) -> str:
    while isinstance(name, AnonymousName):
        name = name.base
    return str(name)


def expression_label(column: Any) -> Any:
    """Return the name of a label without a name, by which it is known."""
    key = getattr(column, "_label_key", None)
    if key is not None:
        return key
    column = resolved(column)
    if getattr(column, "__visit_name__", None) == "label":
        return anonymous_name(column) if column.name is None else column.name
    return None


def qualified_label(column: Any) -> Any:
    """Return ``table_column``; None for what is of no table."""
    column = resolved(column)
    inner = wrapped(column)
    if inner is not None:
        return qualified_label(inner)
    if getattr(column, "__visit_name__", None) == "label":
        return column.name
    name = plain_name(column)
    table = getattr(column, "table", None)
    if name is None or getattr(column, "is_literal", False):
        return None
    if table is None or not table.named_with_column:
        return name
    return _qualified(table, name)


def _qualified(table: Any, name: str) -> Any:
    """Return ``table_name``, with a number if that is a column, too."""
    base = table.name
    schema = getattr(table, "schema", None)
    if isinstance(base, AnonymousName):
        return JoinedName(base, name)
    label = f"{base}_{name}"
    if schema is not None:
        label = f"{schema.replace('.', '_')}_{label}"
    if label in table.c:
        number = 1
        while f"{label}_{number}" in table.c:
            number += 1
        label = f"{label}_{number}"
    return label


class JoinedName(AnonymousName):
    """A name that begins with an anonymous one: ``anon_1_id``.

    Its owner is that name, and ``again`` what follows.
    """

    __slots__ = ()

    def __init__(self, prefix: AnonymousName, suffix: str) -> None:
        super().__init__(prefix, f"{prefix.base}_{suffix}")
        self.again: Any = suffix


def anonymous_qualified(column: Any) -> AnonymousName:
    """Return the name made up for ``table_column``."""
    return AnonymousName(
        column, _plain_base(qualified_label(column) or "anon")
    )


def repeated_name(column: Any, number: int, qualified: bool) -> AnonymousName:
    """Return the name of a column that is there for another time."""
    inner = wrapped(resolved(column))
    source = resolved(column if inner is None else inner)
    name = None if qualified else getattr(source, "name", None)
    if name is None:
        name = qualified_label(column) or "anon"
    return AnonymousName(column, f"{_plain_base(name)}_", number)


def proxy_key(column: Any) -> Any:
    """Return the key of a column among those of a subquery; None if none."""
    if getattr(column, "_resolve", None) is not None:
        key = getattr(column, "key", None)
        if key is not None:
            return key
        column = column._resolve()
    visit_name = getattr(column, "__visit_name__", None)
    if visit_name == "label":
        return column.name
    if is_named(column):
        return column.key
    inner = wrapped(column)
    if inner is not None:
        return proxy_key(inner)
    key = getattr(column, "key", None)
    return getattr(column, "name", None) if key is None else key


# ---- all columns -----------------------------------------------------------


class _Numbering:
    """Numbers anonymous names outside of a compilation."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._names: dict[Any, str] = {}

    def __call__(self, name: Any) -> str:
        if not isinstance(name, AnonymousName):
            return str(name)
        known = self._names.get(name)
        if known is None:
            number = self._counts.get(name.base, 0) + 1
            self._counts[name.base] = number
            known = self._names[name] = f"{name.base}_{number}"
        return known


def selected_keys(
    columns: Iterable[Any], style: Any = LABEL_STYLE_DEFAULT
) -> Iterator[Any]:
    """Yield the key of each column; None for text.

    Args:
        columns: The columns of a SELECT.
        style: Its label style.
    """
    qualified = style is LABEL_STYLE_TABLENAME_PLUS_COL
    dedupe = style is not LABEL_STYLE_NONE
    numbering = _Numbering()
    taken: set[str] = set()
    for column in columns:
        if is_text(column):
            yield None
            continue
        name = qualified_key(column) if qualified else proxy_key(column)
        if name is None:
            name, number = "_no_label", 0
            while dedupe and name in taken:
                number += 1
                name = f"_no_label_{number}"
        elif isinstance(name, AnonymousName):
            name = numbering(name)
        if dedupe and name in taken:
            again = AnonymousName(resolved(column), _plain_base(name))
            name = numbering(again)
            number = 1
            while name in taken:
                base = f"{_plain_base(again)}_"
                name = numbering(AnonymousName(column, base, number))
                number += 1
        taken.add(name)
        yield name


def qualified_key(column: Any) -> Any:
    """Return ``table_key`` for a column; None for what is of no table."""
    column = resolved(column)
    if getattr(column, "__visit_name__", None) == "label":
        return column.name
    key = proxy_key(column)
    table = getattr(column, "table", None)
    if key is None or table is None or not table.named_with_column:
        return key
    return _qualified(table, key)


def plan_columns(
    columns: Iterable[Any], style: Any, labels_for_repeated: bool
) -> list[ColumnPlan]:
    """Return how the columns of a SELECT are written.

    Args:
        columns: The columns, in order.
        style: The label style.
        labels_for_repeated: Give a column that comes twice another label.
    """
    columns = list(columns)
    planner = _Planner(style, labels_for_repeated)
    return [
        planner.plan(column, key)
        for column, key in zip(
            columns, selected_keys(columns, style), strict=True
        )
    ]


def proxy_name(plan: ColumnPlan) -> Any:
    """Return the name of a column as one of a subquery."""
    if plan.required is not None:
        return plan.required
    name = plain_name(plan.column)
    return anonymous_name(plan.column) if name is None else name


class _Planner:
    def __init__(self, style: Any, labels_for_repeated: bool) -> None:
        self._names: dict[Any, Any] = {}
        self._number = 0
        self._qualified = style is LABEL_STYLE_TABLENAME_PLUS_COL
        self._none = style is LABEL_STYLE_NONE
        self._label_repeated = labels_for_repeated

    def plan(self, column: Any, key: Any) -> ColumnPlan:
        if is_text(column):
            return ColumnPlan(None, key, None, column, False)
        if self._none:
            name = plain_name(column)
            if name is None:
                name = anonymous_name(column)
            return ColumnPlan(None, key, name, column, False)
        name = (
            qualified_label(column) if self._qualified else plain_name(column)
        )
        required = name if self._qualified else None
        if name is None:
            name = required = expression_label(column)
        if name is None:
            return self._unnamed(column, key)
        if name not in self._names:
            self._names[name] = column
            return ColumnPlan(required, key, name, column, False)
        if self._names[name] is not column:
            other = (
                anonymous_qualified(column)
                if self._qualified
                else AnonymousName(resolved(column), _base(resolved(column)))
            )
            if not (self._label_repeated and other in self._names):
                self._names[other] = column
                return ColumnPlan(other, key, other, column, False)
        elif not self._label_repeated:
            return ColumnPlan(required, key, name, column, False)
        again = self._again(column)
        return ColumnPlan(again, key, again, column, True)

    def _unnamed(self, column: Any, key: Any) -> ColumnPlan:
        name = anonymous_name(column)
        repeated = name in self._names
        self._names[name] = column
        if repeated:
            name = self._again(column)
        return ColumnPlan(None, key, name, column, repeated)

    def _again(self, column: Any) -> AnonymousName:
        self._number += 1
        return repeated_name(column, self._number, self._qualified)
