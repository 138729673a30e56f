"""Small helpers of the Active Record layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .definitions import JOINED, SELECT_IN, SUBQUERY
from .exceptions import (
    FilterTypeError,
    InvalidJoinMethodError,
    RootClassNotFoundError,
)

if TYPE_CHECKING:
    from .types import EagerSchema

__all__ = [
    "classproperty",
    "create_eager_load_option",
    "eager_expr_from_schema",
    "flatten_nested_filter_keys",
    "get_query_root_cls",
]

_T = TypeVar("_T")


class classproperty(Generic[_T]):
    """Decorator for a property of the class, readable on instances too.

    The function receives the class on which, or on whose instance, the
    property is read.

    Args:
        func: Function of one argument, the class.
    """

    fget: Callable[[Any], _T]

    def __init__(self, func: Callable[[Any], _T]) -> None:
        self.fget = func
        self.__doc__ = getattr(func, "__doc__", None)

    def __get__(self, instance: object, owner: type | None = None) -> _T:
        return self.fget(owner if owner is not None else type(instance))


def get_query_root_cls(query: Any, raise_on_none: bool = False) -> Any:
    """Return the first mapped class, or alias of one, that a query selects.

    Args:
        query: A SELECT.
        raise_on_none: Whether to raise if there is none.

    Returns:
        The class, or None.

    Raises:
        RootClassNotFoundError: There is none and ``raise_on_none`` is set.
    """
    for described in query.column_descriptions:
        entity = described.get("entity")
        if entity is not None:
            return entity
    if raise_on_none:
        raise RootClassNotFoundError(repr(query))
    return None


def flatten_nested_filter_keys(filters: Any) -> Iterator[str]:
    """Yield the names in filters, those below ``and_`` and ``or_`` too.

    Args:
        filters: A dict of filters, or a list of them.

    Raises:
        FilterTypeError: Something there is neither a dict nor a list.
    """
    if isinstance(filters, dict):
        for key, value in filters.items():
            if callable(key):
                yield from flatten_nested_filter_keys(value)
            else:
                yield key
    elif isinstance(filters, list):
        for each in filters:
            yield from flatten_nested_filter_keys(each)
    else:
        raise FilterTypeError(filters)


def create_eager_load_option(attr: Any, join_method: str) -> Any:
    """Return the loader option of a relationship.

    Args:
        attr: The relationship's attribute of the class.
        join_method: ``JOINED``, ``SUBQUERY`` or ``SELECT_IN``.

    Raises:
        InvalidJoinMethodError: It is none of them.
    """
    from .orm import strategy_options

    if join_method == JOINED:
        return strategy_options.joinedload(attr)
    if join_method == SUBQUERY:
        return strategy_options.subqueryload(attr)
    if join_method == SELECT_IN:
        return strategy_options.selectinload(attr)
    raise InvalidJoinMethodError(attr.key, join_method)


def eager_expr_from_schema(schema: EagerSchema) -> list[Any]:
    """Return the loader options of an eager loading schema.

    Args:
        schema: A dict from attributes to a way to load; or to a dict, which
            is loaded by ``JOINED`` with a schema of its own; or to a tuple
            of way and schema.

    Raises:
        InvalidJoinMethodError: A way to load is unknown.
    """
    options = []
    for attr, value in schema.items():
        method: Any
        inner: Any
        if isinstance(value, tuple):
            method, inner = value
        elif isinstance(value, dict):
            method, inner = JOINED, value
        else:
            method, inner = value, None
        option = create_eager_load_option(attr, method)
        if inner:
            option = option.options(*eager_expr_from_schema(inner))
        options.append(option)
    return options
