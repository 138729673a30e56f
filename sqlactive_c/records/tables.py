"""Where the rows of a model are."""

from __future__ import annotations

from typing import Any

from ..exc import InvalidRequestError

__all__ = ["check_one_table"]


def check_one_table(cls: Any, method: str, instead: str) -> None:
    """Refuse what writes one table, where a row has parts in several.

    Args:
        cls: The model.
        method: What is refused.
        instead: What can be called.

    Raises:
        InvalidRequestError: Part of its rows are in the table of a class that
            it derives from.
    """
    mapper = cls.__mapper__
    if mapper.local_table is not mapper.base_mapper.local_table:
        raise InvalidRequestError(
            f"{method} writes one table, and {cls.__name__} has its rows in"
            f" several: use {instead}"
        )
