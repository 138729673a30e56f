"""Foreign keys that follow the rows they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import _core, exc

__all__ = ["Association", "Pairs", "has_moved", "settle", "stored", "value"]

NO_VALUE = _core.NO_VALUE


def value(instance: Any, key: str) -> Any:
    """Return the value of a column attribute, also of an expired key.

    Args:
        instance: The instance.
        key: Name of the attribute.
    """
    found = instance._sac_peek(key)
    if found is not NO_VALUE:
        return found
    return (
        None if key in instance._sac_changes else _of_identity(instance, key)
    )


def stored(instance: Any, key: str) -> Any:
    """Return the value that the row has; NO_VALUE when it is not known.

    Args:
        instance: The instance.
        key: Name of the attribute.
    """
    changes = instance._sac_changes
    found = changes[key] if key in changes else instance._sac_peek(key)
    if found is NO_VALUE:
        found = _of_identity(instance, key)
        return NO_VALUE if found is None else found
    return found


def has_moved(instance: Any, keys: Iterable[str]) -> bool:
    """Say whether columns that others follow get another value.

    Args:
        instance: The instance.
        keys: Names of the attributes.
    """
    if instance._sac_identity is None:
        return False
    changes = instance._sac_changes
    for key in keys:
        if key not in changes:
            continue
        old = stored(instance, key)
        if old is NO_VALUE or old is None:
            continue
        if old != instance._sac_peek(key):
            return True
    return False


def _of_identity(instance: Any, key: str) -> Any:
    identity = instance._sac_identity
    if identity is not None:
        names = instance._sac_mapping.primary_key
        if key in names:
            return identity[names.index(key)]
    return None


def settle(batch: Any, instance: Any, keys: Iterable[str]) -> None:
    """Have rowids put where they stand as promises.

    Args:
        batch: The batch that gives the rowids.
        instance: An instance.
        keys: Names of its attributes.
    """
    for key in keys:
        if isinstance(instance._sac_peek(key), _core.Promise):
            batch.settle(instance, key)


class Pairs:
    """Columns of one mapper that columns of another one follow.

    Args:
        source: The mapper whose columns are followed.
        target: The mapper whose columns follow.
        pairs: (source, foreign key) columns.
        name: Of the relationship, for messages.

    Attributes:
        sources: Names of the attributes that are followed.
        columns: The columns that follow.
    """

    def __init__(
        self, source: Any, target: Any, pairs: Any, name: str
    ) -> None:
        self._each = [
            (
                source.get_property_by_column(one).key,
                target.get_property_by_column(other).key,
                one,
                other,
            )
            for one, other in pairs
        ]
        self._name = name
        self.sources = [each[0] for each in self._each]
        self.keys = [each[1] for each in self._each]
        self.columns = [each[3] for each in self._each]

    def populate(self, source: Any, target: Any) -> None:
        """Copy the values of one instance to another.

        Args:
            source: The instance that is referred to.
            target: The instance that refers to it.
        """
        for one, other, _, _ in self._each:
            target._sac_set(other, value(source, one))

    def follow(self, source: Any, target: Any) -> None:
        """Copy the values where the database has done it by itself.

        Args:
            source: The instance that is referred to.
            target: The instance that refers to it.
        """
        own = target._sac_mapping.primary_key
        for one, other, _, _ in self._each:
            put = target._sac_set if other in own else target._sac_put
            put(other, value(source, one))

    def clear(self, target: Any) -> None:
        """Take the values away.

        Args:
            target: The instance that referred to another one.

        Raises:
            AssertionError: They are part of its primary key.
        """
        for _, other, source, column in self._each:
            if column.primary_key and value(target, other) is not None:
                raise AssertionError(
                    f"relationship {self._name} would take away column"
                    f" '{column}', which is part of the primary key of"
                    f" {_shown(target)}, for it does not refer to '{source}'"
                    " any more"
                )
            target._sac_set(other, None)

    def settle(self, batch: Any, target: Any) -> None:
        """Have rowids put into an instance that no Saver reads.

        Args:
            batch: The batch that gives the rowids.
            target: The instance that refers to another one.
        """
        settle(batch, target, self.keys)


def _shown(instance: Any) -> str:
    return f"<{type(instance).__name__} at 0x{id(instance):x}>"


class Association:
    """The columns of a row of a secondary table.

    Args:
        mapper: The mapper of one side.
        pairs: (column of the mapper, column of the secondary table).
    """

    def __init__(self, mapper: Any, pairs: Any) -> None:
        self.each = [
            (mapper.get_property_by_column(one).key, other)
            for one, other in pairs
        ]
        self.sources = [key for key, _ in self.each]

    def values(self, instance: Any, old: bool, into: dict[str, Any]) -> None:
        """Put the values of an instance into a row.

        Args:
            instance: The instance.
            old: Those that its row has.
            into: The row.

        Raises:
            InvalidRequestError: A value is not known.
        """
        for key, column in self.each:
            found = stored(instance, key) if old else value(instance, key)
            if found is NO_VALUE:
                found = value(instance, key)
            if found is None and instance._sac_identity is None:
                raise exc.InvalidRequestError(
                    f"{_shown(instance)} has no value for {key!r}, which"
                    f" column '{column}' refers to"
                )
            into[column.key] = found
