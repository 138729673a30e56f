"""Column types, and aliases for annotations.

The column types stand here under the path that users of SQLAlchemy know, the
aliases under the one that users of sqlactive know.  The aliases are made when
they are first asked for: what they name need not be imported for a type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from .sql.sqltypes import *  # noqa: F403
from .sql.sqltypes import __all__ as __all__

T = TypeVar("T")
RowType = TypeVar("RowType", bound=Any)

if TYPE_CHECKING:
    from typing import Self as Self

    from .orm.attributes import InstrumentedAttribute
    from .sql.elements import ColumnElement
    from .sql.select_statement import Select

    class _SelectOf(Select, Generic[T]):
        """A SELECT whose first entity is known."""

    Query: TypeAlias = Select | _SelectOf[T]
    EagerLoadPath: TypeAlias = (
        InstrumentedAttribute | tuple[InstrumentedAttribute, bool]
    )
    ColumnElementOrAttr: TypeAlias = ColumnElement | InstrumentedAttribute
    ColumnExpressionOrStrLabelArgument: TypeAlias = str | ColumnElementOrAttr
    OperatorType: TypeAlias = Callable[..., Any]
    DjangoFilters: TypeAlias = (
        dict[str, Any]
        | dict[OperatorType, Any]
        | list[dict[str, Any]]
        | list[dict[OperatorType, Any]]
    )
    EagerSchema: TypeAlias = dict[
        InstrumentedAttribute,
        str | tuple[str, dict[InstrumentedAttribute, Any]] | dict[Any, Any],
    ]
    OperationFunction: TypeAlias = Callable[
        [ColumnElementOrAttr, Any], ColumnElement
    ]


def _make_aliases() -> dict[str, Any]:
    from typing import Self

    from .orm import attributes
    from .sql import elements, select_statement

    # Type checkers see no parameters in these.
    classes: Any = attributes, elements, select_statement
    attribute = classes[0].InstrumentedAttribute[Any]
    element = classes[1].ColumnElement[Any]
    column = element | attribute
    filters = dict[str, Any]
    inner = dict[attribute, Any]  # type: ignore[valid-type]
    nested = dict[Callable[..., Any], Any]
    return {
        "Self": Self,
        "Query": classes[2].Select[tuple[T, ...]],  # type: ignore[valid-type]
        "EagerLoadPath": attribute | tuple[attribute, bool],  # type: ignore[valid-type]
        "ColumnElementOrAttr": column,
        "ColumnExpressionOrStrLabelArgument": str | column,
        "DjangoFilters": filters | nested | list[filters] | list[nested],
        "EagerSchema": dict[
            attribute,  # type: ignore[valid-type]
            str | tuple[str, inner] | dict[Any, Any],
        ],
        "OperationFunction": Callable[[column, Any], element],
    }


def __getattr__(name: str) -> Any:
    if name not in _ALIASES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals().update(_make_aliases())
    return globals()[name]


_ALIASES = frozenset(
    (
        "ColumnElementOrAttr",
        "ColumnExpressionOrStrLabelArgument",
        "DjangoFilters",
        "EagerLoadPath",
        "EagerSchema",
        "OperationFunction",
        "Query",
        "Self",
    )
)
