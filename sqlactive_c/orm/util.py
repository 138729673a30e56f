"""Aliases of mapped classes, and what goes with them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import FunctionType
from typing import Any

from .. import exc
from .._core import ClauseElement
from ..sql.inspect import inspects
from ..sql.nodes import ColumnElement
from .attributes import InstrumentedAttribute
from .bundle import Bundle
from .comparators import RelationshipOperators, _all_of
from .entity import AliasedEntity, EntityNode, PolymorphicEntity, entity_of
from .mapper import Mapper
from .relationships import RelationshipProperty

__all__ = [
    "AliasedClass",
    "AliasedInsp",
    "Bundle",
    "aliased",
    "join",
    "outerjoin",
    "with_parent",
]

AliasedInsp = AliasedEntity


class AliasedClass:
    """A mapped class under another name; made by :func:`aliased`.

    Its attributes are those of the class, rooted at the alias; class methods
    are called with the alias in place of the class.
    """

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def __init__(
        self,
        mapped_class_or_ac: Any,
        alias: Any = None,
        name: str | None = None,
        flat: bool = False,
        adapt_on_names: bool = False,
        below: Iterable[Mapper] | None = None,
    ) -> None:
        entity = entity_of(mapped_class_or_ac)
        if isinstance(entity, AliasedEntity):
            entity = entity.entity
        if alias is None:
            alias = _alias_of(entity._selectable, name, flat)
        if below is None:
            below = entity._below()
        nodes = tuple(entity_of(each) for each in below)
        node = (
            PolymorphicEntity._new(entity, alias, name, adapt_on_names, nodes)
            if nodes
            else AliasedEntity._new(entity, alias, name, adapt_on_names)
        )
        node._memo["alias"] = self
        self.__dict__["__entity_node__"] = node
        self.__dict__["__mapper__"] = entity.mapper
        self.__dict__["__name__"] = f"aliased({entity.mapper.class_.__name__})"
        self.__dict__["__module__"] = entity.mapper.class_.__module__

    def __getattr__(self, key: str) -> Any:
        node = self.__dict__.get("__entity_node__")
        if node is None:
            raise AttributeError(key)
        found = node._memo.get(("attribute", key))
        if found is None:
            if isinstance(node, PolymorphicEntity) and node.has_part(key):
                return self._part(node, key)
            found = _attribute_of(self, node, key)
            if isinstance(found, ClauseElement):
                node._memo["attribute", key] = found
        return found

    def _part(self, node: Any, key: str) -> Any:
        """Return a derived class as it is selected along."""
        parts = node._memo.setdefault("parts", {})
        found = parts.get(key)
        if found is None:
            (cls,) = (
                each.mapper.class_
                for each in node.below
                if each.mapper.class_.__name__ == key
            )
            found = parts[key] = AliasedClass(
                cls,
                node.selectable,
                node.name,
                adapt_on_names=node.adapt_on_names,
            )
        return found

    @property
    def __table__(self) -> Any:
        return self.__entity_node__.selectable

    def __str__(self) -> str:
        return str(self.__name__)

    def __repr__(self) -> str:
        return f"<{self.__name__} at 0x{id(self):x}>"


@inspects(AliasedClass)
def _entity_of_alias(alias: AliasedClass) -> Any:
    return alias.__entity_node__


@inspects(AliasedEntity, InstrumentedAttribute, Mapper)
def _itself(subject: Any) -> Any:
    return subject


def _alias_of(selectable: Any, name: str | None, flat: bool) -> Any:
    return selectable.alias(name, flat=flat)


def _attribute_of(alias: Any, node: AliasedEntity, key: str) -> Any:
    cls = node.mapper.class_
    prop = node.mapper._properties.get(key)
    if prop is not None and not prop.is_descriptor:
        if isinstance(prop, RelationshipProperty):
            return AliasedRelationship._new(node, key, None, ())
        made = AliasedAttribute._new(node, key)
        made._plain = getattr(cls, key)._plain
        return made
    return _rooted_at(alias, cls, key)


def _rooted_at(alias: Any, cls: Any, key: str) -> Any:
    """Return an attribute that is no column, as the alias has it."""
    raw = inspect.getattr_static(cls, key)
    if isinstance(raw, FunctionType):
        return getattr(cls, key)
    if isinstance(raw, staticmethod):
        return raw.__func__
    if isinstance(raw, classmethod):
        function = raw.__func__
        if hasattr(function, "__get__"):
            return function.__get__(alias, alias)
        return function
    getter = getattr(raw, "__get__", None)
    if getter is None or isinstance(raw, type):
        return raw
    return getter(None, alias)


class AliasedAttribute(ColumnElement):
    """An attribute of an alias: ``aliased(User).age``."""

    __slots__ = ()
    __visit_name__ = "attribute"
    _fields = ("entity", "key")

    def __bool__(self) -> bool:
        return True

    def _resolve(self) -> Any:
        return self.entity._of_property(self.property)

    @property
    def _bind_name(self) -> Any:
        return self._resolve()._bind_name

    @property
    def _entity(self) -> Any:
        return self.entity

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand: an expression may need parentheses."""
        resolved = self._resolve()
        grouped = resolved.self_group(against)
        return self if grouped is resolved else grouped

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.class_

    @property
    def parent(self) -> Any:
        """The alias's entity."""
        return self.entity

    @property
    def class_(self) -> Any:
        """The alias."""
        return self.entity.entity_class

    @property
    def expression(self) -> Any:
        """The column of the alias."""
        return self._resolve()

    def __clause_element__(self) -> Any:
        return self._resolve()

    @property
    def type(self) -> Any:
        """The type of the column."""
        return self.property.columns[0].type

    @property
    def name(self) -> Any:
        """The name of the column."""
        return self._resolve().name

    @property
    def table(self) -> Any:
        """What the column is a column of."""
        return self._resolve().table

    def __str__(self) -> str:
        return f"{self.class_}.{self.key}"

    def __repr__(self) -> str:
        return f"<attribute {self.entity!r}.{self.key}>"

    # Last, because the name is needed above.
    @property
    def property(self) -> Any:
        """What the mapping knows about it."""
        return self.entity.mapper._properties[self.key]


class AliasedRelationship(RelationshipOperators, ColumnElement):
    """A relationship of an alias, or one that was narrowed.

    What ``aliased(User).posts``, ``User.posts.of_type(...)`` and
    ``User.posts.and_(...)`` give.
    """

    __slots__ = ()
    __visit_name__ = "attribute"
    _fields = ("_root", "key", "_narrowed", "_extra")

    __hash__ = RelationshipOperators.__hash__
    __eq__ = RelationshipOperators.__eq__
    __ne__ = RelationshipOperators.__ne__
    in_ = RelationshipOperators.in_

    @property
    def parent(self) -> Any:
        """The entity it is an attribute of."""
        return self._root

    @property
    def class_(self) -> Any:
        """The class or alias it is an attribute of."""
        return self._root.entity_class

    @property
    def mapper(self) -> Any:
        """The mapper of the related class."""
        return self.property.mapper

    @property
    def entity(self) -> Any:
        """The related entity."""
        return self._target()

    def of_type(self, entity: Any) -> AliasedRelationship:
        """Return it narrowed to a derived class or an alias."""
        return self._replace(_narrowed=entity_of(entity))

    def and_(self, *criteria: Any) -> AliasedRelationship:
        """Return it with further conditions on the related class."""
        from ..sql.coercions import coerce

        extra = tuple(coerce("where", each) for each in criteria)
        return self._replace(_extra=(*self._extra, *extra))

    def _resolve(self) -> Any:
        return self._as_condition()

    @property
    def expression(self) -> Any:
        """The join condition."""
        return self._resolve()

    def __clause_element__(self) -> Any:
        return self._resolve()

    def __str__(self) -> str:
        return str(self.property)

    # Last, because the name is needed above.
    @property
    def property(self) -> Any:
        """What the mapping knows about it."""
        return self._root.mapper._properties[self.key]


def aliased(
    element: Any,
    alias: Any = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any:
    """Return a mapped class under another name.

    Args:
        element: The class, an alias of it, or a FROM clause.
        alias: What to select from instead: a subquery, an alias of a table.
        name: The name; made up where there is none.
        flat: Name the tables of a join, not the join as a subquery.
        adapt_on_names: Match columns of ``alias`` by their names, too.

    Raises:
        NoInspectionAvailable: It is nothing that can have another name.
        ArgumentError: ``adapt_on_names`` without a class.
    """
    if isinstance(element, ClauseElement) and not isinstance(
        element, (EntityNode, AliasedEntity)
    ):
        if adapt_on_names:
            raise exc.ArgumentError(
                "adapt_on_names only applies to mapped classes"
            )
        return _alias_of(element, name, flat)
    if not (
        hasattr(element, "__entity_node__")
        or isinstance(element, ClauseElement)
        or getattr(element, "is_mapper", False)
    ):
        raise exc.NoInspectionAvailable(
            f"{element!r} is no mapped class: only classes, aliases of them"
            " and FROM clauses have aliases"
        )
    return AliasedClass(element, alias, name, flat, adapt_on_names)


def join(
    left: Any, right: Any, onclause: Any = None, isouter: bool = False,
    full: bool = False,
) -> Any:  # fmt: skip
    """Return the join of two mapped classes, for ``select_from()``.

    Args:
        left: A class, an alias or a FROM clause.
        right: The other one.
        onclause: The condition, or a relationship; follows from the foreign
            keys if left out.
        isouter: LEFT OUTER JOIN.
        full: FULL OUTER JOIN.
    """
    from ..sql.selectable import join as join_froms

    def with_criteria(condition: Any, entity: Any) -> Any:
        node = getattr(entity, "__entity_node__", entity)
        find = getattr(node, "_criteria", tuple)
        return _all_of(condition, *find())

    if not isinstance(onclause, RelationshipOperators):
        left, target = _from_of(left), _from_of(right)
        made = join_froms(left, target, onclause, isouter, full)
        return made._replace(onclause=with_criteria(made.onclause, right))
    first, *rest = onclause._join_parts(None, right)
    found = _from_of(left)
    if not rest:
        target, condition = first
        condition = with_criteria(condition, target)
        return join_froms(found, _from_of(target), condition, isouter, full)
    middle, condition = first
    target, inner = rest[0]
    inner = with_criteria(inner, target)
    target = _from_of(target)
    if isouter or full:
        both = join_froms(middle, target, inner)
        return join_froms(found, both, condition, isouter, full)
    return join_froms(join_froms(found, middle, condition), target, inner)


def _from_of(subject: Any) -> Any:
    """Return what is selected from for a class, an alias or an entity."""
    node = getattr(subject, "__entity_node__", subject)
    return getattr(node, "_selectable", node)


def outerjoin(
    left: Any, right: Any, onclause: Any = None, full: bool = False
) -> Any:
    """Return the outer join of two mapped classes.

    Args:
        left: As for :func:`join`.
        right: As for :func:`join`.
        onclause: As for :func:`join`.
        full: As for :func:`join`.
    """
    return join(left, right, onclause, True, full)


def with_parent(instance: Any, prop: Any, from_entity: Any = None) -> Any:
    """Return the condition that rows are related to an instance.

    Args:
        instance: The parent.
        prop: The relationship, an attribute of the parent's class.
        from_entity: An alias that the attribute is meant of.
    """
    from ..sql.coercions import value_bind
    from ..sql.visitors import transform

    relation = prop.property
    mapper = relation.parent
    target = prop._target(from_entity)
    first, second = prop._conditions(target, prop._middle())
    local = set(relation.local_columns)

    def replace(node: Any) -> Any:
        if node in local and hasattr(node, "table"):
            key = mapper.get_property_by_column(node).key
            return value_bind(getattr(instance, key), node.type)
        return None

    return _all_of(transform(first, replace), second)
