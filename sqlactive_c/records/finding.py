"""Rows that are written only where there are none, or over those there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from .. import exc
from .reading import ReadingMixin
from .scope import current_unit, scope
from .tables import check_one_table
from .writing import WritingMixin

__all__ = ["FindingMixin"]


class FindingMixin(ReadingMixin, WritingMixin):
    """Writing that depends on what is there."""

    __abstract__ = True

    @classmethod
    async def get_or_create(
        cls, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[Self, bool]:
        """Return the first row with some values; insert it if there is none.

        Of several tasks that do so at once one inserts, where a unique
        constraint covers the values.

        Args:
            defaults: Further values of a new row.
            kwargs: The values to look for, which a new row has, too.

        Returns:
            The instance, and whether it is new.

        Raises:
            IntegrityError: A constraint forbids the new row.
        """
        found = await cls.where(**kwargs).first()
        if found is not None:
            return found, False
        try:
            return await cls.insert(**{**kwargs, **(defaults or {})}), True
        except exc.IntegrityError:
            # Another task may have been faster.
            found = await cls.where(**kwargs).first()
            if found is None:
                raise
            return found, False

    @classmethod
    async def update_or_create(
        cls, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[Self, bool]:
        """Update the first row with some values; insert it if there is none.

        Args:
            defaults: The values to set.
            kwargs: The values to look for, which a new row has, too.

        Returns:
            The instance, and whether it is new.

        Raises:
            IntegrityError: A constraint does not hold.
        """
        found, new = await cls.get_or_create(defaults, **kwargs)
        if not new and defaults:
            await found.update(**defaults)
        return found, new

    @classmethod
    async def upsert_all(
        cls, rows: Sequence[Mapping[str, Any]], conflict: Sequence[str]
    ) -> None:
        """Insert rows; where one is there already, update it. All or none.

        No instances are made. Columns with an SQL ``onupdate`` get its value
        in rows that are updated, unless the row names them; a row that names
        nothing but ``conflict`` changes nothing.

        Args:
            rows: The values by attribute.
            conflict: The attributes that tell whether a row is there: those
                of the primary key, or of a unique constraint.

        Raises:
            ArgumentError: A name is not a column of the model.
            InvalidRequestError: The rows of the model are in several tables.
            OperationalError: No unique constraint covers ``conflict``.
        """
        fixed = _discriminator(cls)
        groups: dict[frozenset[str], list[dict[str, Any]]] = {}
        keys = [_column(cls, name).key for name in conflict]
        for row in rows:
            values = {_column(cls, name).key: row[name] for name in row}
            values = {**fixed, **values}
            groups.setdefault(frozenset(values), []).append(values)
        if not groups:
            return
        registry = cls.AsyncSession
        unit = current_unit(registry)
        async with scope(registry, True) as session:
            for names, group in groups.items():
                await session.execute(_upsert(cls, names, keys), group)
            if unit is None:
                await session.commit()


def _discriminator(cls: Any) -> dict[str, Any]:
    """Return what tells rows of a class from those of others in its table."""
    check_one_table(cls, "upsert_all()", "insert_all() and save_all()")
    mapper = cls.__mapper__
    column = mapper.polymorphic_on
    if column is None or mapper.polymorphic_identity is None:
        return {}
    return {column.key: mapper.polymorphic_identity}


def _column(cls: Any, name: str) -> Any:
    try:
        return cls.__mapper__.column_attrs[name].columns[0]
    except KeyError:
        raise exc.ArgumentError(
            f"{cls.__name__} has no column {name!r}"
        ) from None


def _upsert(cls: Any, names: frozenset[str], keys: list[str]) -> Any:
    from ..sql.sqlite_dml import insert

    table = cls.__table__
    made = insert(table)
    changed = {name: made.excluded[name] for name in names if name not in keys}
    elements = [table.c[key] for key in keys]
    if not changed:
        return made.on_conflict_do_nothing(index_elements=elements)
    for column in table.columns:
        default = column.onupdate
        if column.key in names or default is None:
            continue
        if default.is_clause_element:
            changed[column.key] = default.arg
    return made.on_conflict_do_update(index_elements=elements, set_=changed)
