"""Copying the state of instances onto those of a session."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from ... import _core, exc
from ..collections import make_collection
from ..exc import StaleDataError
from ..interfaces import MANYTOONE
from ..lookup import object_mapper
from ..properties import ColumnProperty
from ..relationships import RelationshipProperty
from ..unitofwork.loader import load
from ..written import known, record_of

__all__ = ["merge"]

NO_VALUE = _core.NO_VALUE


async def merge(
    session: Any,
    instance: Any,
    *,
    load: bool = True,
    options: Iterable[Any] | None = None,
) -> Any:
    """Copy the state of an instance onto the session's one.

    That is the one with its primary key: in the session, in the database, or
    else a new one. Relationships with the cascade ``merge`` are followed.

    Args:
        session: The session.
        instance: The instance, which stays as it is.
        load: False: nothing is read; what is not in the session becomes
            persistent as it is.
        options: Loader options for what is read.

    Returns:
        The instance of the session.

    Raises:
        InvalidRequestError: Without `load`: it has no row, or changes.
        StaleDataError: Its version is not that of the session's.
        UnmappedInstanceError: Its class is not mapped.
    """
    object_mapper(instance)
    if load and session.autoflush:
        await session._autoflush()
    with session.no_autoflush:
        return await _Merge(session, load, options).merge(instance)


class _Merge:
    """One call of :func:`merge`.

    Args:
        session: The session.
        load: Whether something may be read.
        options: Loader options.
    """

    def __init__(self, session: Any, load: bool, options: Any) -> None:
        self.session = session
        self.load = load
        self.options = None if options is None else list(options)
        # Instances and what they became; the first keep their ids taken.
        self.merged: dict[int, tuple[Any, Any]] = {}
        self.by_key: dict[Any, Any] = {}
        # Relationships on the way to an instance.
        self.ways: set[tuple[int, Any]] = set()

    async def merge(self, source: Any) -> Any:
        """Merge one instance.

        Args:
            source: The instance.

        Returns:
            The instance of the session.
        """
        if id(source) in self.merged:
            return self.merged[id(source)][1]
        if source._sac_identity is None:
            if source in self.session:
                _warn_pending(source)
            if not self.load:
                raise exc.InvalidRequestError(
                    "merge(load=False) takes no instances without a row:"
                    " flush them first"
                )
        key = _key_of(source)
        target = await self._find(source, key)
        made = target is None
        if made:
            target = _new(source)
            self.session.add(target)
        self.merged[id(source)] = source, target
        if key is not None:
            self.by_key[key] = target
        if target is not source:
            await self._copy(source, target)
        if not self.load:
            target._sac_commit()
        tell = type(target).__mapping__.on_load
        if made and tell is not None:
            tell(target)
        return target

    async def _find(self, source: Any, key: Any) -> Any:
        """Return what is merged with an instance, None if it is new."""
        if key is None:
            return None
        found = self.session.identity_map.get(key)
        if found is None:
            found = self.by_key.get(key)
        if found is not None:
            return found
        if not self.load:
            return self._take_over(source)
        return await self.session.get(
            type(source), key[1], options=self.options
        )

    def _take_over(self, source: Any) -> Any:
        """Return a persistent instance, which nobody has looked for."""
        if source._sac_modified:
            raise exc.InvalidRequestError(
                "merge(load=False) takes no instances with changes: flush"
                " them first"
            )
        target = _new(source)
        for column, value in zip(
            type(source).__mapper__.primary_key,
            source._sac_identity,
            strict=True,
        ):
            target._sac_put(_key_for(source, column), value)
        _core.make_transient_to_detached(target)
        self.session.add(target)
        return target

    # -- attributes ----------------------------------------------------------

    async def _copy(self, source: Any, target: Any) -> None:
        from .refresh import load_expired

        mapper = type(source).__mapper__
        if self.load and _sets_key(mapper, source, target):
            await load_expired(self.session, target)
        _check_version(mapper, source, target)
        if source._sac_options is not None:
            target._sac_options = source._sac_options
        for prop in mapper._properties.values():
            if isinstance(prop, ColumnProperty):
                value = source._sac_peek(prop.key)
                if value is not NO_VALUE:
                    self._set(target, prop.key, value)
            elif isinstance(prop, RelationshipProperty):
                await self._copy_relation(prop, source, target)

    def _set(self, target: Any, key: str, value: Any) -> None:
        if self.load:
            setattr(target, key, value)
        else:
            target._sac_put(key, value)

    async def _copy_relation(
        self, prop: Any, source: Any, target: Any
    ) -> None:
        if self.load and any(
            (id(source), each) in self.ways for each in prop._reverse
        ):
            return
        if prop.written:
            await self._copy_record(prop, source, target)
            return
        value = source._sac_peek(prop.key)
        if "merge" not in prop.cascade or value is NO_VALUE:
            return
        if self.load:
            await self._load(prop, target)
        if not prop.uselist:
            self._set(target, prop.key, await self._follow(prop, value))
            return
        merged = [await self._follow(prop, each) for each in value._copy_of()]
        if self.load:
            collection = make_collection(prop)
        else:
            target._sac_put(prop.key, NO_VALUE)
            collection = _collection_for(prop, target)
        for each in merged:
            collection._raw_add(each)
        self._set(target, prop.key, collection)

    async def _copy_record(self, prop: Any, source: Any, target: Any) -> None:
        """Add and remove what was added and removed, or replace it all."""
        record = known(source, prop.key)
        if record is None or "merge" not in prop.cascade or not self.load:
            return
        added = [await self._follow(prop, each) for each in record._copy_of()]
        gone = [*record.deleted.values()]
        if source._sac_identity is None and target._sac_identity is None:
            setattr(target, prop.key, added)
            return
        collection = getattr(target, prop.key)
        if source._sac_identity is None:
            await load(self.session, prop, [target])
            had = record_of(target, prop.key).found or []
            gone = [each for each in had if each not in added]
            added = [each for each in added if each not in had]
        else:
            gone = [await self._follow(prop, each) for each in gone]
        collection.add_all(added)
        for each in gone:
            collection.remove(each)

    async def _follow(self, prop: Any, child: Any) -> Any:
        if child is None:
            return None
        self.ways.add((id(child), prop))
        return await self.merge(child)

    async def _load(self, prop: Any, target: Any) -> None:
        """Load what is replaced, so that it is known what was there."""
        from ..loading.lazy import load_relation

        if target._sac_state == "persistent" and (
            prop.uselist or prop.direction is not MANYTOONE
        ):
            attribute = getattr(type(target), prop.key)
            await load_relation(self.session, [target], attribute)


def _sets_key(mapper: Any, source: Any, target: Any) -> bool:
    """Say whether a primary key is set that is not loaded."""
    return target._sac_state == "persistent" and any(
        source._sac_peek(key) is not NO_VALUE
        and target._sac_peek(key) is NO_VALUE
        for column in mapper.primary_key
        for key in [_key_for(source, column)]
    )


def _collection_for(prop: Any, target: Any) -> Any:
    from ..backrefs import new_collection

    return new_collection(getattr(type(target), prop.key), target)


def _new(source: Any) -> Any:
    cls: Any = type(source)
    make: Any = cls.__new__
    return make(cls)


def _key_for(source: Any, column: Any) -> str:
    return str(type(source).__mapper__.get_property_by_column(column).key)


def _key_of(source: Any) -> Any:
    """Return the key in the identity map; None if it cannot be there."""
    mapper = type(source).__mapper__
    key = source._sac_identity
    if key is None:
        key = tuple(
            source._sac_peek(_key_for(source, column), None)
            for column in mapper.primary_key
        )
        partial = getattr(mapper, "allow_partial_pks", True)
        missing = [value is None for value in key]
        if all(missing) or (any(missing) and not partial):
            return None
    return mapper.base_mapper.class_, key, None


def _check_version(mapper: Any, source: Any, target: Any) -> None:
    column = mapper.version_id_col
    if column is None:
        return
    key = mapper.get_property_by_column(column).key
    there, here = target._sac_peek(key), source._sac_peek(key)
    if NO_VALUE not in (there, here) and there != here:
        raise StaleDataError(
            f"{_name(source)} has version {here!r}, but the one of the"
            f" session has version {there!r}: unset it to merge all the same"
        )


def _warn_pending(instance: Any) -> None:
    warnings.warn(
        f"{_name(instance)} is pending in this session already, and is merged"
        " into it once more; this is probably not what is meant",
        exc.SAWarning,
        stacklevel=2,
    )


def _name(instance: Any) -> str:
    return f"<{type(instance).__name__} at 0x{id(instance):x}>"
