"""Models as plain data."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Self, overload

from . import _core
from ._core import columns_dict, columns_json, json_text
from .exceptions import ModelAttributeError
from .inspection import InspectionMixin, facts_of
from .orm.attributes import InstrumentedAttribute

__all__ = ["SerializationMixin"]


class SerializationMixin(InspectionMixin):
    """Conversion of a model to and from plain data."""

    __abstract__ = True

    def to_dict(
        self,
        nested: bool = False,
        hybrid_attributes: bool = False,
        exclude: Container[str] | None = None,
        nested_exclude: Container[str] | None = None,
    ) -> dict[str, Any]:
        """Return the values of the columns, by the keys of the columns.

        Args:
            nested: Also the relations that are loaded, one level of them.
            hybrid_attributes: Also the hybrid properties.
            exclude: Keys of columns to leave out.
            nested_exclude: The same for the related objects.

        Raises:
            DetachedInstanceError: A column is not loaded.
        """
        result = columns_dict(self, exclude)
        if hybrid_attributes or nested:
            facts = facts_of(type(self))
            if hybrid_attributes:
                for key in facts.hybrid_properties:
                    result[key] = getattr(self, key, None)
            if nested:
                self._add_relations(
                    facts.relations, result, hybrid_attributes, nested_exclude
                )
        return result

    def _add_relations(
        self,
        relations: Iterable[str],
        result: dict[str, Any],
        hybrid_attributes: bool,
        exclude: Container[str] | None,
    ) -> None:
        from .orm.exc import DetachedInstanceError

        def plain(each: SerializationMixin) -> dict[str, Any]:
            return each.to_dict(
                hybrid_attributes=hybrid_attributes, exclude=exclude
            )

        for key in relations:
            if getattr(type(self), key).property.written:
                continue
            try:
                related = getattr(self, key)
                if isinstance(related, SerializationMixin):
                    result[key] = plain(related)
                elif isinstance(related, Iterable):
                    result[key] = [
                        plain(each)
                        for each in related
                        if isinstance(each, SerializationMixin)
                    ]
            except DetachedInstanceError:
                continue

    def to_json(
        self,
        nested: bool = False,
        hybrid_attributes: bool = False,
        exclude: Container[str] | None = None,
        nested_exclude: Container[str] | None = None,
        ensure_ascii: bool = False,
        indent: int | str | None = None,
        sort_keys: bool = False,
    ) -> str:
        """Return what :meth:`to_dict` gives as JSON.

        Values that JSON does not have are written as ``str()`` gives them.

        Args:
            nested: Also the relations that are loaded, one level of them.
            hybrid_attributes: Also the hybrid properties.
            exclude: Keys of columns to leave out.
            nested_exclude: The same for the related objects.
            ensure_ascii: Whether to escape what is not ASCII.
            indent: As for :func:`json.dumps`.
            sort_keys: Whether to sort the keys.

        Raises:
            DetachedInstanceError: A column is not loaded.
        """
        if not (nested or hybrid_attributes or sort_keys) and (
            exclude is None and indent is None
        ):
            text = columns_json(self, ensure_ascii)
            if text is not None:
                return text
        return json_text(
            self.to_dict(nested, hybrid_attributes, exclude, nested_exclude),
            ensure_ascii,
            indent,
            sort_keys,
        )

    @overload
    @classmethod
    def from_dict(
        cls,
        data: dict[str, Any],
        exclude: Container[str] | None = None,
        nested_exclude: Container[str] | None = None,
    ) -> Self: ...

    @overload
    @classmethod
    def from_dict(
        cls,
        data: list[dict[str, Any]],
        exclude: Container[str] | None = None,
        nested_exclude: Container[str] | None = None,
    ) -> list[Self]: ...

    @classmethod
    def from_dict(
        cls,
        data: Any,
        exclude: Container[str] | None = None,
        nested_exclude: Container[str] | None = None,
    ) -> Any:
        """Return a new object, or a list of them, made of plain data.

        Hybrid properties are passed over, relations become objects of the
        related class; values are taken as they are.

        Args:
            data: A dict by the names of columns and relations, or a list.
            exclude: Names to pass over.
            nested_exclude: The same for the related objects.

        Raises:
            ModelAttributeError: The model has no such column or relation.
        """
        if isinstance(data, list):
            return [
                cls.from_dict(one, exclude, nested_exclude) for one in data
            ]
        facts = facts_of(cls)
        made = cls()
        for key in data:
            if exclude is not None and key in exclude:
                continue
            if key in facts.hybrid_properties:
                continue
            value = data[key]
            if key in facts.relations:
                related: Any = cls.get_class_of_relation(key)
                value = related.from_dict(value, exclude=nested_exclude)
                setattr(made, key, value)
            elif key in facts.attributes:
                setattr(made, facts.attributes[key], value)
            elif key in facts.columns:
                setattr(made, key, value)
            else:
                raise ModelAttributeError(key, cls.__name__)
        return made

    @classmethod
    def from_json(
        cls,
        json_string: str | bytes,
        exclude: Container[str] | None = None,
        nested_exclude: Container[str] | None = None,
    ) -> Any:
        """Return a new object, or a list of them, made of JSON.

        Args:
            json_string: The text.
            exclude: Names to pass over.
            nested_exclude: The same for the related objects.

        Raises:
            JSONDecodeError: It is no JSON.
            ModelAttributeError: The model has no such column or relation.
        """
        import json

        return cls.from_dict(json.loads(json_string), exclude, nested_exclude)


def _serial_plan(
    cls: Any,
) -> tuple[tuple[Any, ...], dict[str, Any], bool]:
    """Return what ``columns_dict`` and ``columns_json`` read of a class.

    Returns:
        Keys and where the values are, in turns; the dict with no values yet;
        whether the class has no ``to_dict()`` of its own.
    """
    facts = facts_of(cls)
    plain = cls.__getattribute__ is _core.Instance.__getattribute__
    plan = []
    for key in facts.columns:
        name = facts.attributes.get(key, key)
        found = _static(cls, name) if plain else None
        if type(found) is not InstrumentedAttribute:
            found = name
        plan += [key, found]
    is_ours = cls.to_dict is _TO_DICT
    return tuple(plan), dict.fromkeys(plan[::2]), is_ours


def _static(cls: type, name: str) -> Any:
    """Return what a class has under a name, as it stands there."""
    for each in cls.__mro__:
        if name in each.__dict__:
            return each.__dict__[name]
    return None


_TO_DICT = SerializationMixin.to_dict

_core.configure(serial_plan=_serial_plan)
