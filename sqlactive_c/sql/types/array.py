"""Types that SQLite has none of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import TypeEngine, ValueT, to_instance

__all__ = ["ARRAY", "TupleType"]


class ARRAY(TypeEngine[Sequence[ValueT]]):
    """SQL's ARRAY, which SQLite does not have: no table can have one.

    With ``with_variant(JSON(), "sqlite")`` it is something that SQLite has.

    Args:
        item_type: Type of what is in it.
        as_tuple: Values are tuples, else lists.
        dimensions: Number of dimensions.
        zero_indexes: Indexes begin with 0, else with 1.

    Raises:
        ValueError: ``item_type`` is an ARRAY.
    """

    _parameters: tuple[tuple[str, Any], ...] = (
        ("as_tuple", False),
        ("dimensions", None),
        ("zero_indexes", False),
    )
    _concatenates = True

    def __init__(
        self,
        item_type: Any,
        as_tuple: bool = False,
        dimensions: int | None = None,
        zero_indexes: bool = False,
    ) -> None:
        if isinstance(item_type, ARRAY):
            raise ValueError("an ARRAY of ARRAY is an ARRAY of dimensions=2")
        self.item_type = to_instance(item_type)
        self.as_tuple = as_tuple
        self.dimensions = dimensions
        self.zero_indexes = zero_indexes

    @property
    def hashable(self) -> bool:  # type: ignore[override]
        """Whether the values are hashable."""
        return self.as_tuple

    def _value_type(self) -> type:
        return list

    def __str__(self) -> str:
        return f"{self.item_type}[]"

    def _repr_arguments(self) -> list[str]:
        return [repr(self.item_type), *super()._repr_arguments()]


class TupleType(TypeEngine[Any]):
    """The type of several values in parentheses.

    Args:
        *types: Their types.
    """

    def __init__(self, *types: Any) -> None:
        self.types = [to_instance(each) for each in types]

    def _make_static_key(self) -> tuple[Any, ...] | None:
        keys = tuple(each.static_key for each in self.types)
        return None if None in keys else (type(self), keys)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type that a tuple has as the other operand."""
        return TupleType(
            *(
                each.coerce_compared_value(op, part)
                for each, part in zip(self.types, value, strict=False)
            )
        )
