"""Writing: an instance, or many, each call as one unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from .. import exc
from ..exceptions import ModelAttributeError, NoSettableError
from ..inspection import InspectionMixin, facts_of
from ..orm.unitofwork.flush import read_back
from ..session import SessionMixin
from ..sql.selectable import select
from .deleting import delete_rows
from .scope import current_unit, scope

__all__ = ["WritingMixin"]


class WritingMixin(SessionMixin, InspectionMixin):
    """Instances that write themselves."""

    __abstract__ = True

    def fill(self, **kwargs: Any) -> Self:
        """Set attributes.

        Args:
            kwargs: The values; those in front of one that cannot be set stay
                set.

        Raises:
            ModelAttributeError: There is no such attribute.
            NoSettableError: It cannot be set.
        """
        facts = facts_of(type(self))
        for name, value in kwargs.items():
            attribute = facts.settable.get(name)
            if attribute is None:
                if hasattr(self, name):
                    raise NoSettableError(name, type(self).__name__)
                raise ModelAttributeError(name, type(self).__name__)
            if name not in facts.columns:
                # A relation that cannot be loaded, or a hybrid that cannot be
                # computed, raises here.
                hasattr(self, name)
            setattr(self, attribute, value)
        return self

    async def save(self) -> Self:
        """Write the instance, commit, and read it again.

        Raises:
            IntegrityError: A constraint does not hold.
            InvalidRequestError: The instance was deleted.
        """
        registry = self.AsyncSession
        unit = current_unit(registry)
        async with scope(registry, True) as session:
            try:
                await _save(session, unit, self)
            except exc.SQLAlchemyError:
                if unit is None:
                    await session.rollback()
                raise
        return self

    async def update(self, **kwargs: Any) -> Self:
        """Set attributes and save.

        Args:
            kwargs: As :meth:`fill` takes them.
        """
        return await self.fill(**kwargs).save()

    async def delete(self) -> None:
        """Delete the row of the instance.

        Raises:
            InvalidRequestError: It has none.
        """
        await self._delete([self])

    async def remove(self) -> None:
        """The same as :meth:`delete`."""
        await self.delete()

    async def __aenter__(self) -> Self:
        """Save the instance for the time of a block."""
        return await self.save()

    async def __aexit__(self, *error: object) -> None:
        """Delete the instance."""
        await self.delete()

    def __getitem__(self, key: str) -> Any:
        if not hasattr(self, key):
            raise ModelAttributeError(key, type(self).__name__)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self.fill(**{key: value})

    @classmethod
    async def insert(cls, **kwargs: Any) -> Self:
        """Make an instance and save it.

        Args:
            kwargs: As :meth:`fill` takes them.
        """
        return await cls().fill(**kwargs).save()

    @classmethod
    async def create(cls, **kwargs: Any) -> Self:
        """The same as :meth:`insert`."""
        return await cls.insert(**kwargs)

    @classmethod
    async def save_all(
        cls, rows: Sequence[Self], refresh: bool = False
    ) -> None:
        """Write instances and commit, all or none.

        Args:
            rows: The instances.
            refresh: Read them again, too.
        """
        registry = cls.AsyncSession
        unit = current_unit(registry)
        async with scope(registry, True) as session:
            try:
                session.add_all(rows)
                if unit is None:
                    await session.commit()
                else:
                    await session.flush()
                if refresh:
                    for each in rows:
                        await _read_again(session, each)
            except exc.SQLAlchemyError:
                if unit is None:
                    await session.rollback()
                raise

    @classmethod
    async def insert_all(
        cls, rows: Sequence[Self], refresh: bool = False
    ) -> None:
        """The same as :meth:`save_all`."""
        await cls.save_all(rows, refresh)

    @classmethod
    async def update_all(
        cls, rows: Sequence[Self], refresh: bool = False
    ) -> None:
        """The same as :meth:`save_all`."""
        await cls.save_all(rows, refresh)

    @classmethod
    async def delete_all(cls, rows: Sequence[Self]) -> None:
        """Delete the rows of instances, all or none.

        Args:
            rows: The instances.

        Raises:
            InvalidRequestError: One of them has no row.
        """
        await cls._delete(rows)

    @classmethod
    async def destroy(cls, *ids: object) -> None:
        """Delete rows by primary key, all or none.

        Args:
            ids: The keys; those that no row has are passed over.

        Raises:
            CompositePrimaryKeyError: The key has several columns.
        """
        key = getattr(cls, cls.primary_key_name)
        registry = cls.AsyncSession
        unit = current_unit(registry)
        async with scope(registry, True) as session:
            try:
                found = await session.scalars(select(cls).where(key.in_(ids)))
                await delete_rows(session, found.unique().all())
                await _end(session, unit)
            except exc.SQLAlchemyError:
                if unit is None:
                    await session.rollback()
                raise

    @classmethod
    async def _delete(cls, rows: Iterable[Any]) -> None:
        registry = cls.AsyncSession
        unit = current_unit(registry)
        async with scope(registry, True) as session:
            try:
                await delete_rows(session, list(rows))
                await _end(session, unit)
            except exc.SQLAlchemyError:
                if unit is None:
                    await session.rollback()
                raise


async def _end(session: Any, unit: Any) -> None:
    if unit is None:
        await session.commit()
    else:
        await session.flush()


async def _save(session: Any, unit: Any, instance: Any) -> None:
    """Write an instance and read it again, by one statement if that can be."""
    facts = facts_of(type(instance))
    if facts.reads_back is None:
        facts.reads_back = _can_read_back(type(instance).__mapper__)
    whole = (
        facts.reads_back
        and instance._sac_options is None
        and not session.expire_on_commit
    )
    key = id(instance)
    if whole:
        read_back.add(key)
    try:
        session.add(instance)
        await _end(session, unit)
        if not whole or key in read_back:
            await _read_again(session, instance)
        elif facts.relations:
            instance._sac_expire(facts.relations)
    finally:
        read_back.discard(key)


def _can_read_back(mapper: Any) -> bool:
    """Say whether all that a refresh reads are the columns of one row.

    RETURNING gives an integer for what a column of reals will give as 6.0.
    """
    from ..sql.sqltypes import Float, Numeric, TypeDecorator

    return (
        mapper.inherits is None
        and mapper.polymorphic_on is None
        and len(mapper.tables) == 1
        and not any(
            prop.deferred or not prop.is_column for prop in mapper.column_attrs
        )
        and not any(
            isinstance(column.type, (Float, Numeric, TypeDecorator))
            for column in mapper.local_table.c
        )
        and all(
            prop.lazy in ("select", "raise", "raise_on_sql") or prop.written
            for prop in mapper.relationships
        )
    )


async def _read_again(session: Any, instance: Any) -> None:
    """Load what the database made of an instance, as refresh() does."""
    if instance._sac_options is None and facts_of(type(instance)).reads_back:
        # get() loads what is expired in one call.
        identity = instance._sac_identity
        session.expire(instance)
        if await session.get(type(instance), identity) is instance:
            return
    await session.refresh(instance)
