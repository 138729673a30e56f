"""Puts the attributes of a mapping on its class."""

from __future__ import annotations

from typing import Any, Literal

from .. import _core, exc
from ..ext.async_attrs import AwaitableAttrs
from .attribute_events import setter_check
from .attributes import (
    InstrumentedAttribute,
    ProxyAttribute,
    RelationshipAttribute,
)
from .bundle import Bundle
from .descriptor_props import CompositeProperty, SynonymProperty
from .entity import EntityNode
from .instance_events import arm
from .properties import ColumnProperty
from .relationships import RelationshipProperty

__all__ = ["instrument", "instrument_class", "make_attribute"]


def instrument_class(mapper: Any) -> None:
    """Give a class its layout, its entity and its attributes.

    Args:
        mapper: The mapper of the class.
    """
    cls = mapper.class_
    above = None if mapper.inherits is None else mapper.inherits.mapping
    mapping = _core.Mapping(cls, above)
    mapping.mapper = mapper
    mapper.mapping = mapping
    cls.__mapping__ = mapping
    cls.__entity_node__ = EntityNode(mapper)
    if not hasattr(cls, "awaitable_attrs"):
        type.__setattr__(cls, "awaitable_attrs", property(AwaitableAttrs))
    for key, prop in mapper._properties.items():
        instrument(mapper, key, prop)
    mapping.primary_key = tuple(
        mapper._property_of(column).key for column in mapper.primary_key
    )
    mapping.on_new = _discriminator(mapper)
    arm(mapper)


def _discriminator(mapper: Any) -> Any:
    """Return what tells a new instance of which class of its family it is."""
    if mapper.polymorphic_on is None:
        return None
    if mapper.polymorphic_abstract:

        def refuse(instance: Any) -> None:
            raise exc.InvalidRequestError(
                f"class {type(instance).__name__} is polymorphic_abstract:"
                " make instances of the classes that derive from it"
            )

        return refuse
    prop = mapper._property_of(mapper.polymorphic_on)
    identity = mapper.polymorphic_identity
    if prop is None or identity is None:
        return None

    def set_identity(instance: Any) -> None:
        setattr(instance, prop.key, identity)

    return set_identity


def instrument(mapper: Any, key: str, prop: Any) -> None:
    """Put one attribute on a class.

    Args:
        mapper: The mapper of the class.
        key: Name of the attribute.
        prop: Its property.
    """
    made = make_attribute(mapper, key, prop)
    if made is not None:
        type.__setattr__(mapper.class_, key, made)


def instrument_scalar(mapper: Any, prop: RelationshipProperty) -> None:
    """Make a relationship's attributes anew: it leads to one instance.

    Args:
        mapper: The mapper whose relationship it is; those of derived classes
            that share it follow.
        prop: The relationship.
    """
    for each in mapper.self_and_descendants:
        if each._properties.get(prop.key) is prop:
            instrument(each, prop.key, prop)


def make_attribute(mapper: Any, key: str, prop: Any) -> Any:
    """Return the attribute of a property; None to leave what there is."""
    if isinstance(prop, ColumnProperty):
        made = InstrumentedAttribute(
            mapper.mapping,
            key,
            "column",
            property=prop,
            parent=mapper,
            active_history=prop.active_history,
        )
        type_ = prop.columns[0].type
        made._plain = getattr(prop.columns[0], "_plain", False)
        compare = _comparison(type_)
        if compare is not None:
            made._compare = compare
    elif isinstance(prop, RelationshipProperty):
        kind: Literal["related", "collection"] = (
            "related" if _is_scalar(prop) else "collection"
        )
        made = _class_of(prop)(
            mapper.mapping, key, kind, property=prop, parent=mapper
        )
    elif isinstance(prop, SynonymProperty):
        return SynonymAttribute(prop)
    elif isinstance(prop, CompositeProperty):
        return CompositeAttribute(prop)
    else:
        return None
    if prop.doc is not None:
        made.__doc__ = prop.doc
    validator = setter_check(mapper, key, made)
    if validator is not None:
        made._validator = validator
    return made


def _class_of(prop: RelationshipProperty) -> Any:
    if prop.lazy == "write_only":
        from .write_only import WriteOnlyAttribute

        return WriteOnlyAttribute
    if prop.lazy == "dynamic":
        from .dynamic import DynamicAttribute

        return DynamicAttribute
    return RelationshipAttribute


def _is_scalar(prop: RelationshipProperty) -> bool:
    """Say whether a relationship leads to one instance.

    Where neither the annotation nor an argument says so it follows from the
    foreign keys, which are known once the mappers are configured; then the
    attribute is made again.
    """
    return prop.uselist is False


def _comparison(type_: Any) -> Any:
    """Return what compares values of a type, None for ``==``."""
    compare = getattr(type(type_), "compare_values", None)
    plain = getattr(_type_engine(), "compare_values", None)
    return None if compare is plain else type_.compare_values


def _type_engine() -> Any:
    from ..sql.sqltypes import TypeEngine

    return TypeEngine


class SynonymAttribute:
    """An attribute that is another name of one."""

    is_synonym = True

    def __init__(self, prop: SynonymProperty) -> None:
        self.property = prop
        self.key = prop.key

    def __get__(self, instance: Any, owner: Any) -> Any:
        name = self.property.name
        if instance is None:
            found = getattr(owner, name)
            kind = getattr(found, "__visit_name__", None)
            if kind != "attribute" or hasattr(found, "_join_parts"):
                return found
            return ProxyAttribute._new(found, self.key, owner)
        if self.property.descriptor is not None:
            return self.property.descriptor.__get__(instance, owner)
        return getattr(instance, name)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.property.descriptor is not None:
            self.property.descriptor.__set__(instance, value)
        else:
            setattr(instance, self.property.name, value)

    def __delete__(self, instance: Any) -> None:
        delattr(instance, self.property.name)


class CompositeAttribute:
    """An attribute that is an object made of several columns."""

    def __init__(self, prop: CompositeProperty) -> None:
        self.property = prop
        self.key = prop.key

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return CompositeExpression(self.property, owner)
        return self.property.read(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        self.property.write(instance, value)

    def __delete__(self, instance: Any) -> None:
        self.property.write(instance, None)


class CompositeExpression:
    """A composite in a statement: compared part by part."""

    def __init__(self, prop: CompositeProperty, owner: Any) -> None:
        self.property = prop
        self.key = prop.key
        self.parts = [getattr(owner, key) for key in prop.keys]

    def __eq__(self, other: Any) -> Any:
        from ..sql.expression import and_

        values = self.property.values_of(other)
        return and_(*(a == b for a, b in zip(self.parts, values, strict=True)))

    def __ne__(self, other: Any) -> Any:
        from ..sql.expression import not_

        return not_(self == other)

    def __hash__(self) -> int:
        return object.__hash__(self)

    @property
    def info(self) -> Any:
        """The dict for the user's own purposes."""
        return self.property.info

    def _assignments(self, value: Any) -> list[tuple[Any, Any]]:
        """Return what an INSERT or UPDATE sets for an object."""
        values = self.property.values_of(value)
        return list(zip(self.parts, values, strict=True))

    def __clause_element__(self) -> Any:
        return CompositeBundle.of(self.property, self.parts)

    def __str__(self) -> str:
        return str(self.property)


class CompositeBundle(Bundle):
    """A composite that is selected: its columns come as one object."""

    @classmethod
    def of(cls, prop: CompositeProperty, parts: list[Any]) -> Any:
        """Return the bundle of some columns.

        Args:
            prop: The composite.
            parts: The columns, of the class or of an alias.
        """
        return cls._new(prop.key, tuple(parts), False, prop)

    def create_row_processor(
        self, query: Any, procs: Any, labels: list[str]
    ) -> Any:
        """Return the function that makes the object."""
        make = self._row.of_values

        def read(row: Any) -> Any:
            return make([proc(row) for proc in procs])

        return read
