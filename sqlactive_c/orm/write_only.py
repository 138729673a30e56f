"""Collections that are only written to: ``lazy="write_only"``."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeVar

from .. import _core, exc
from .attributes import RelationshipAttribute
from .interfaces import ONETOMANY
from .written import known, record_of

if TYPE_CHECKING:
    from ..sql.dml import Delete, Insert, Update
    from ..sql.selectable import Select

__all__ = ["WriteOnlyAttribute", "WriteOnlyCollection"]

NO_VALUE = _core.NO_VALUE

_T = TypeVar("_T")


class CollectionWriter(Generic[_T]):
    """What both kinds of collections have that are never in memory.

    Attributes:
        instance: Whose collection it is.
        attr: The attribute of the class.
    """

    if not TYPE_CHECKING:
        __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, attr: Any, instance: Any) -> None:
        self.attr = attr
        self.instance = instance

    def add(self, item: _T) -> None:
        """Add an instance; the next flush writes that.

        Args:
            item: The instance.
        """
        from .backrefs import events_of

        item = events_of(self.attr).added(self.instance, item)
        record_of(self.instance, self.attr.key)._raw_add(item)

    def add_all(self, iterator: Iterable[_T]) -> None:
        """Add instances; the next flush writes that.

        Args:
            iterator: The instances.
        """
        for item in iterator:
            self.add(item)

    def remove(self, item: _T) -> None:
        """Remove an instance; the next flush writes that.

        Nothing happens to one that is known to belong elsewhere.

        Args:
            item: The instance.
        """
        from .backrefs import events_of

        if _is_elsewhere(self.attr.property, self.instance, item):
            return
        record_of(self.instance, self.attr.key)._raw_remove(item)
        events_of(self.attr).removed(self.instance, item)

    def select(self) -> Select:
        """Return a SELECT of the instances in the collection.

        The keys of its owner are read when it is executed.
        """
        from ..sql.selectable import select

        prop = self.attr.property
        cls = prop.mapper.class_
        statement: Select = select(cls)
        if prop.secondary is not None:
            statement = statement.select_from(cls, prop.secondary)
        statement = statement.where(*self._conditions())
        if prop.order_by:
            statement = statement.order_by(*prop.order_by)
        return statement

    def _conditions(self) -> list[Any]:
        prop = self.attr.property

        def bound(column: Any) -> Any:
            if column not in prop.local_columns:
                return None
            return key_of(self.instance, prop, column)

        found = prop.condition.adapted(
            bound, lambda column: None, lambda column: None
        )
        return [each for each in found if each is not None]


def _is_elsewhere(prop: Any, owner: Any, item: Any) -> bool:
    """Say whether the row of an instance refers to another owner."""
    from .unitofwork.sync import stored

    record = known(owner, prop.key)
    if record is not None and id(item) in record.added:
        return False
    if owner._sac_identity is None:
        return True
    if prop.direction is not ONETOMANY or item._sac_identity is None:
        return False
    for local, remote in prop.synchronize_pairs:
        here = stored(owner, prop.parent.get_property_by_column(local).key)
        there = stored(item, prop.mapper.get_property_by_column(remote).key)
        if NO_VALUE not in (here, there) and here != there:
            return True
    return False


def key_of(instance: Any, prop: Any, column: Any) -> Any:
    """Return a parameter: a key of an instance, read when it is needed.

    Args:
        instance: The instance.
        prop: The relationship.
        column: A column of the instance's table.
    """
    from ..sql.literals import bindparam

    mapper = prop.parent
    key = mapper.get_property_by_column(column).key

    def value() -> Any:
        found = instance._sac_peek(key)
        if found is NO_VALUE and instance._sac_identity is not None:
            if column in mapper.primary_key:
                at = list(mapper.primary_key).index(column)
                found = instance._sac_identity[at]
            else:
                found = getattr(instance, key)
        if found is NO_VALUE:
            raise exc.InvalidRequestError(
                f"{mapper.class_.__name__}.{key} has no value yet, which"
                f" {prop} needs"
            )
        if found is None:
            warnings.warn(
                f"{mapper.class_.__name__}.{key} is None, so that nothing"
                f" can be related by {prop}",
                exc.SAWarning,
                stacklevel=2,
            )
        return found

    return bindparam("param", unique=True, callable_=value, type_=column.type)


class WriteOnlyCollection(CollectionWriter[_T]):
    """A collection that is written to and read by statements only.

    It is the value of an attribute that is mapped with
    ``relationship(lazy="write_only")`` or annotated as ``WriteOnlyMapped``.
    """

    def __iter__(self) -> NoReturn:
        raise TypeError(
            f"{self.attr} is write-only and cannot be iterated; read it by"
            " 'await session.scalars(obj."
            f"{self.attr.key}.select())'"
        )

    def insert(self) -> Insert:
        """Return an INSERT of instances that belong to the collection.

        Raises:
            InvalidRequestError: It is a many-to-many relationship.
        """
        from ..sql.dml import insert

        prop = self.attr.property
        if prop.direction is not ONETOMANY:
            raise exc.InvalidRequestError(
                f"insert() is for one-to-many collections, and {prop} is"
                " many-to-many: insert the rows, then add_all() them"
            )
        made: Insert = insert(prop.mapper.class_).values(
            {
                remote: key_of(self.instance, prop, local)
                for local, remote in prop.synchronize_pairs
            }
        )
        return made

    def update(self) -> Update:
        """Return an UPDATE of all that belongs to the collection."""
        from ..sql.dml import update

        cls = self.attr.property.mapper.class_
        made: Update = update(cls).where(*self._conditions())
        return made

    def delete(self) -> Delete:
        """Return a DELETE of all that belongs to the collection."""
        from ..sql.dml import delete

        cls = self.attr.property.mapper.class_
        made: Delete = delete(cls).where(*self._conditions())
        return made


class WriteOnlyAttribute(RelationshipAttribute):
    """An attribute with a collection that is never in memory."""

    __visit_name__ = "attribute"
    _identity = True
    _fields = ()

    _makes: ClassVar[Any] = WriteOnlyCollection

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else self._makes(self, instance)

    def __set__(self, instance: Any, value: Any) -> None:
        items = list(value)
        collection = self._makes(self, instance)
        had = {id(each): each for each in self._present(instance, collection)}
        kept = {id(each) for each in items}
        for item in items:
            if id(item) not in had:
                collection.add(item)
        for key, item in had.items():
            if key not in kept:
                collection.remove(item)

    def __delete__(self, instance: Any) -> None:
        raise NotImplementedError(f"{self} cannot be deleted")

    def _present(self, instance: Any, collection: Any) -> Iterator[Any]:
        """Return what a collection has that is replaced."""
        if instance._sac_identity is not None:
            raise exc.InvalidRequestError(
                f"collection {self} does not support implicit iteration: it"
                " is write-only, and so it cannot be replaced once its owner"
                " has a row"
            )
        return iter(record_of(instance, self.key))
