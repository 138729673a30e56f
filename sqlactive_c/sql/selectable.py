"""What rows are selected from, and statements that select, by one path.

Statements build on FROM elements, and these have methods that return
statements: what of them is here is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .aliases import (
    CTE,
    Alias,
    AliasedReturnsRows,
    Lateral,
    Subquery,
    TableSample,
    TableValuedAlias,
    alias,
    lateral,
    tablesample,
)
from .from_clause import (
    ColumnProxy,
    FromClause,
    NamedFromClause,
    TableClause,
    table,
)
from .froms import join_condition
from .joins import Join, join, outerjoin
from .row_values import ScalarValues, Values, values

if TYPE_CHECKING:
    from .compound import (
        CompoundSelect,
        Exists,
        ScalarSelect,
        TextualSelect,
        exists,
    )
    from .labels import (
        LABEL_STYLE_DEFAULT,
        LABEL_STYLE_DISAMBIGUATE_ONLY,
        LABEL_STYLE_NONE,
        LABEL_STYLE_TABLENAME_PLUS_COL,
        SelectLabelStyle,
    )
    from .select_base import (
        Executable,
        GenerativeSelect,
        HasCTE,
        ReturnsRows,
        SelectBase,
    )
    from .select_statement import Select, select

__all__ = [
    "CTE",
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "Alias",
    "AliasedReturnsRows",
    "ColumnProxy",
    "CompoundSelect",
    "Executable",
    "Exists",
    "FromClause",
    "GenerativeSelect",
    "HasCTE",
    "Join",
    "Lateral",
    "NamedFromClause",
    "ReturnsRows",
    "ScalarSelect",
    "ScalarValues",
    "Select",
    "SelectBase",
    "SelectLabelStyle",
    "Subquery",
    "TableClause",
    "TableSample",
    "TableValuedAlias",
    "TextualSelect",
    "Values",
    "alias",
    "cte",
    "exists",
    "join",
    "join_condition",
    "lateral",
    "outerjoin",
    "select",
    "table",
    "tablesample",
    "values",
]

_ELSEWHERE = {
    "LABEL_STYLE_DEFAULT": "labels",
    "LABEL_STYLE_DISAMBIGUATE_ONLY": "labels",
    "LABEL_STYLE_NONE": "labels",
    "LABEL_STYLE_TABLENAME_PLUS_COL": "labels",
    "exists": "compound",
    "select": "select_statement",
    "Executable": "select_base",
    "HasCTE": "select_base",
    "ReturnsRows": "select_base",
    "CompoundSelect": "compound",
    "Exists": "compound",
    "GenerativeSelect": "select_base",
    "ScalarSelect": "compound",
    "Select": "select_statement",
    "SelectBase": "select_base",
    "SelectLabelStyle": "labels",
    "TextualSelect": "compound",
}


def __getattr__(name: str) -> Any:
    module = _ELSEWHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{module}", __package__), name)
    globals()[name] = value
    return value


def cte(element: Any, name: str | None = None, recursive: bool = False) -> CTE:
    """Return a statement as a common table expression.

    Args:
        element: The statement.
        name: The name; None to have one made.
        recursive: It may refer to itself.
    """
    made: CTE = element.cte(name=name, recursive=recursive)
    return made
