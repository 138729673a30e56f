"""Columns as attributes of a class: ``mapped_column`` and what it becomes."""

from __future__ import annotations

from typing import Any

from .. import exc
from ..sql.column import Column

__all__ = ["ColumnProperty", "MappedColumn", "mapped_column"]

_DATACLASS_ONLY = (
    "compare",
    "dataclass_metadata",
    "default_factory",
    "hash",
    "init",
    "kw_only",
    "repr",
)


class MappedColumn:
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
    ) -> None:
        self.column = column
        self.sort_order = sort_order
        self.deferred = deferred
        self.deferred_group = deferred_group
        self.deferred_raiseload = deferred_raiseload
        self.active_history = active_history

    def __clause_element__(self) -> Column:
        return self.column

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
    )


class ColumnProperty:
    """What a mapper knows about an attribute that is a column.

    Attributes:
        key: Name of the attribute.
        columns: List of its one column.
        parent: The mapper.
        deferred, deferred_group, deferred_raiseload, active_history: As for
            :func:`mapped_column`.
    """

    def __init__(
        self, parent: Any, key: str, declared: MappedColumn | Column
    ) -> None:
        self.parent = parent
        self.key = key
        if isinstance(declared, Column):
            declared = MappedColumn(declared)
        self.columns = [declared.column]
        self.deferred = declared.is_deferred
        self.deferred_group = declared.deferred_group
        self.deferred_raiseload = declared.deferred_raiseload
        self.active_history = declared.active_history

    @property
    def expression(self) -> Column:
        """The column."""
        return self.columns[0]

    def __str__(self) -> str:
        return f"{self.parent.class_.__name__}.{self.key}"

    def __repr__(self) -> str:
        return f"<ColumnProperty {self}>"
