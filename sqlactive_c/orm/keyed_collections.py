"""Dictionaries of related instances, whose keys the instances tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import _core, exc
from .collections import _Collection

__all__ = [
    "KeyFuncDict",
    "MappedCollection",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "column_keyed_dict",
    "column_mapped_collection",
    "keyfunc_mapping",
    "mapped_collection",
]

_MISSING: Any = object()


class KeyFuncDict(_Collection, dict[Any, Any]):
    """A dict of related instances under keys that a function finds.

    Args:
        keyfunc: Function of an instance that returns its key.
        ignore_unpopulated_attribute: Leave out instances whose attribute has
            no value yet, which is an error otherwise.
    """

    _owner: Callable[[], Any] | None = None

    def __init__(
        self,
        keyfunc: Callable[[Any], Any],
        *,
        ignore_unpopulated_attribute: bool = False,
    ) -> None:
        super().__init__()
        self.keyfunc = keyfunc
        self.ignore_unpopulated_attribute = ignore_unpopulated_attribute

    def _key(self, item: Any) -> Any:
        key = self.keyfunc(item)
        if key is _core.NO_VALUE and not self.ignore_unpopulated_attribute:
            raise exc.InvalidRequestError(
                f"{item!r} has no value yet for the attribute that is its key"
                " in a dictionary: set it first, or pass"
                " ignore_unpopulated_attribute=True"
            )
        return key

    def set(self, value: Any) -> None:
        """Add an instance under its key."""
        key = self._key(value)
        if key is not _core.NO_VALUE:
            self[key] = value

    def remove(self, value: Any) -> None:
        """Remove an instance.

        Raises:
            InvalidRequestError: Another one has its key.
            KeyError: None has its key.
        """
        key = self._key(value)
        if key is _core.NO_VALUE:
            return
        if self[key] is not value:
            raise exc.InvalidRequestError(
                f"cannot remove {value!r}: under its key {key!r} is another"
                " one; possibly the key changed while it was there"
            )
        del self[key]

    # -- what changes a dict ------------------------------------------------

    def __setitem__(self, key: Any, value: Any) -> None:
        old = self.get(key, _MISSING)
        if old is value:
            return
        self._changing()
        value = self._add(value)
        super().__setitem__(key, value)
        if old is not _MISSING:
            self._take(old)

    def __delitem__(self, key: Any) -> None:
        self.pop(key)

    def pop(self, key: Any, *default: Any) -> Any:
        """Remove and return the instance under a key."""
        if key not in self:
            return super().pop(key, *default)
        self._changing()
        item = super().pop(key)
        self._take(item)
        return item

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return the last key and its instance."""
        self._changing()
        key, item = super().popitem()
        self._take(item)
        return key, item

    def clear(self) -> None:
        """Remove all instances."""
        for key in list(self):
            self.pop(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the instance under a key; add one if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **items: Any) -> None:
        """Add instances, given as to :meth:`dict.update`."""
        for key, item in dict(*others, **items).items():
            self[key] = item

    def __ior__(self, other: Any) -> KeyFuncDict:  # type: ignore[misc]
        self.update(other)
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        options = self.keyfunc, self.ignore_unpopulated_attribute
        return _restored, (type(self), options, dict(self))

    # -- what the other side does -------------------------------------------

    def _copy_of(self) -> list[Any]:
        return list(self.values())

    def _items_of(self, given: dict[Any, Any]) -> Iterable[Any]:
        return given.values()

    def _raw_add(self, item: Any) -> None:
        key = self._key(item)
        if key is not _core.NO_VALUE:
            dict.__setitem__(self, key, item)

    def _raw_remove(self, item: Any) -> None:
        for key, each in self.items():
            if each is item:
                dict.__delitem__(self, key)
                return


def _restored(kind: Any, options: Any, items: dict[Any, Any]) -> Any:
    made = kind.__new__(kind)
    made.keyfunc, made.ignore_unpopulated_attribute = options
    dict.update(made, items)
    return made


class _KeyOf:
    """The value of an attribute, or of several in a tuple."""

    def __init__(self, names: Sequence[str], single: bool) -> None:
        self.names = names
        self.single = single

    def __call__(self, item: Any) -> Any:
        for name in self.names:
            if item._sac_peek(name) is _core.NO_VALUE and (
                item._sac_state in ("transient", "pending")
            ):
                return _core.NO_VALUE
        if self.single:
            return getattr(item, self.names[0])
        return tuple([getattr(item, name) for name in self.names])


class _KeyOfColumns:
    """The value of columns: of the attributes that have them."""

    def __init__(self, columns: Sequence[Any], single: bool) -> None:
        self.columns = columns
        self.single = single

    def __call__(self, item: Any) -> Any:
        mapper = type(item).__mapper__
        names = [mapper.get_property_by_column(c).key for c in self.columns]
        return _KeyOf(names, self.single)(item)


def keyfunc_mapping(
    keyfunc: Callable[[Any], Any],
    *,
    ignore_unpopulated_attribute: bool = False,
) -> Callable[[], KeyFuncDict]:
    """Return a ``collection_class``: a dict by what a function finds.

    Args:
        keyfunc: Function of an instance that returns its key.
        ignore_unpopulated_attribute: As for :class:`KeyFuncDict`.
    """

    def make() -> KeyFuncDict:
        return KeyFuncDict(
            keyfunc, ignore_unpopulated_attribute=ignore_unpopulated_attribute
        )

    return make


def attribute_keyed_dict(
    attr_name: str, *, ignore_unpopulated_attribute: bool = False
) -> Callable[[], KeyFuncDict]:
    """Return a ``collection_class``: a dict by the values of an attribute.

    Args:
        attr_name: Name of the attribute of the related class.
        ignore_unpopulated_attribute: As for :class:`KeyFuncDict`.
    """
    return keyfunc_mapping(
        _KeyOf((attr_name,), True),
        ignore_unpopulated_attribute=ignore_unpopulated_attribute,
    )


def column_keyed_dict(
    mapping_spec: Any, *, ignore_unpopulated_attribute: bool = False
) -> Callable[[], KeyFuncDict]:
    """Return a ``collection_class``: a dict by the values of a column.

    Args:
        mapping_spec: The column, or a list of them for tuples as keys.
        ignore_unpopulated_attribute: As for :class:`KeyFuncDict`.
    """
    single = not isinstance(mapping_spec, (list, tuple))
    given = [mapping_spec] if single else list(mapping_spec)
    columns = [getattr(each, "expression", each) for each in given]
    columns = [getattr(each, "column", each) for each in columns]
    return keyfunc_mapping(
        _KeyOfColumns(columns, single),
        ignore_unpopulated_attribute=ignore_unpopulated_attribute,
    )


MappedCollection = KeyFuncDict
mapped_collection = keyfunc_mapping
attribute_mapped_collection = attribute_keyed_dict
column_mapped_collection = column_keyed_dict
