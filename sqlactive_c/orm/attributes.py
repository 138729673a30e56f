"""Mapped attributes, as programs use them on the class."""

from __future__ import annotations

from typing import Any

from .. import _core
from ..sql.nodes import ColumnElement
from .comparators import RelationshipOperators
from .marks import (
    CollectionAdapter,
    del_attribute,
    flag_dirty,
    flag_modified,
    get_attribute,
    init_collection,
    instance_dict,
    set_attribute,
    set_committed_value,
)
from .state import (
    NO_VALUE,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_OFF,
    History,
    get_history,
)
from .state import state_of as instance_state

__all__ = [
    "HISTORY_BLANK",
    "NEVER_SET",
    "NO_VALUE",
    "PASSIVE_NO_INITIALIZE",
    "PASSIVE_OFF",
    "CollectionAdapter",
    "History",
    "InstrumentedAttribute",
    "QueryableAttribute",
    "RelationshipAttribute",
    "del_attribute",
    "flag_dirty",
    "flag_modified",
    "get_attribute",
    "get_history",
    "init_collection",
    "instance_dict",
    "instance_state",
    "set_attribute",
    "set_committed_value",
]

NEVER_SET = NO_VALUE
HISTORY_BLANK = History((), (), ())


class InstrumentedAttribute(_core.InstrumentedAttribute, ColumnElement):
    """A mapped attribute: ``User.name`` in statements, ``user.name`` too.

    Attributes:
        class_: The mapped class.
        key: Name of the attribute.
        property: What the mapping knows about it.
        parent: The mapper.
    """

    __visit_name__ = "attribute"
    _identity = True
    _fields = ()

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def __bool__(self) -> bool:
        # It is there: ``getattr(User, name, None) or User.id``.
        return True

    def _resolve(self) -> Any:
        return self.property.columns[0]

    def __clause_element__(self) -> Any:
        return self.property.columns[0]

    @property
    def _entity(self) -> Any:
        return self.class_.__entity_node__

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand: an expression may need parentheses."""
        resolved = self._resolve()
        grouped = resolved.self_group(against)
        return self if grouped is resolved else grouped

    @property
    def _bind_name(self) -> Any:
        return self._resolve()._bind_name

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.class_

    @property
    def prop(self) -> Any:
        """What the mapping knows about it."""
        return self.property

    @property
    def impl(self) -> Any:
        """The attribute itself, which is its own implementation."""
        return self

    @property
    def expression(self) -> Any:
        """The column, or the expression."""
        return self.property.columns[0]

    @property
    def name(self) -> Any:
        """The name of the column."""
        return getattr(self.expression, "name", self.key)

    @property
    def type(self) -> Any:
        """The type of the column."""
        return self.expression.type

    @property
    def table(self) -> Any:
        """The table of the column."""
        return getattr(self.expression, "table", None)

    @property
    def info(self) -> Any:
        """The dict for the user's own purposes."""
        return self.property.info

    @property
    def nullable(self) -> Any:
        """Whether the column may be NULL."""
        return getattr(self.expression, "nullable", True)

    @property
    def primary_key(self) -> Any:
        """Whether the column is part of the primary key."""
        return getattr(self.expression, "primary_key", False)

    @property
    def foreign_keys(self) -> Any:
        """The foreign keys of the column."""
        return getattr(self.expression, "foreign_keys", frozenset())

    def adapt_to_entity(self, entity: Any) -> Any:
        """Return the same attribute of an alias."""
        return getattr(entity.entity_class, self.key)

    def __reduce__(self) -> Any:
        return getattr, (self.class_, self.key)

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    def __repr__(self) -> str:
        return f"<InstrumentedAttribute {self}>"


class ProxyAttribute(ColumnElement):
    """An expression that a class has under a name: of a synonym, say."""

    __slots__ = ()
    __visit_name__ = "attribute"
    _fields = ("element", "key", "-class_")

    def __bool__(self) -> bool:
        return True

    def _resolve(self) -> Any:
        resolve = getattr(self.element, "_resolve", None)
        return self.element if resolve is None else resolve()

    def __clause_element__(self) -> Any:
        return self._resolve()

    @property
    def _bind_name(self) -> Any:
        return self.element._bind_name

    @property
    def _entity(self) -> Any:
        return getattr(self.class_, "__entity_node__", None)

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.class_

    @property
    def parent(self) -> Any:
        """The mapper or the alias's entity."""
        return self.element.parent

    def label(self, name: str | None) -> Any:
        """Return the expression under a name."""
        return self.element.label(name)

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand, in parentheses if it needs them."""
        return self._resolve().self_group(against=against)

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    @property
    def type(self) -> Any:
        """The type of the expression."""
        return self.element.type

    @property
    def name(self) -> Any:
        """The name of the column."""
        return getattr(self._resolve(), "name", self.key)

    # Last, because the name is needed above.
    @property
    def property(self) -> Any:
        """What the mapping knows about the attribute it stands for."""
        return self.element.property


QueryableAttribute = InstrumentedAttribute


class RelationshipAttribute(RelationshipOperators, InstrumentedAttribute):
    """An attribute with related instances."""

    __visit_name__ = "attribute"
    _identity = True
    _fields = ()
    _narrowed: Any = None
    _extra: Any = ()

    __hash__ = RelationshipOperators.__hash__
    __eq__ = RelationshipOperators.__eq__
    __ne__ = RelationshipOperators.__ne__
    in_ = RelationshipOperators.in_

    @property
    def _root(self) -> Any:
        return self.class_.__entity_node__

    @property
    def mapper(self) -> Any:
        """The mapper of the related class."""
        return self.property.mapper

    @property
    def entity(self) -> Any:
        """The related entity."""
        return self.property.mapper

    def of_type(self, entity: Any) -> Any:
        """Return it narrowed to a derived class or an alias.

        Args:
            entity: The derived class, or an alias of the related class.
        """
        return self._narrow(entity, ())

    def and_(self, *criteria: Any) -> Any:
        """Return it with further conditions on the related class.

        Args:
            *criteria: The conditions.
        """
        from ..sql.coercions import where

        return self._narrow(None, tuple(map(where, criteria)))

    def _narrow(self, entity: Any, extra: tuple[Any, ...]) -> Any:
        from .entity import entity_of
        from .util import AliasedRelationship

        target = None if entity is None else entity_of(entity)
        return AliasedRelationship._new(self._root, self.key, target, extra)

    def _resolve(self) -> Any:
        return self._as_condition()

    def __clause_element__(self) -> Any:
        return self._resolve()

    @property
    def expression(self) -> Any:
        """The join condition."""
        return self._resolve()

    @property
    def type(self) -> Any:
        """The type of a condition."""
        return self._resolve().type
