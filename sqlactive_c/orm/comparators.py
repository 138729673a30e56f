"""Conditions on relationships: ``User.posts.any()``, ``Post.user == user``."""

from __future__ import annotations

from typing import Any

from .. import exc
from ..sql.nodes import ColumnElement
from .interfaces import MANYTOONE

__all__ = ["RelationshipOperators"]


class RelationshipOperators:
    """What a relationship can do in a statement.

    A mixin of the attributes that stand for one: on the class, on an alias.
    """

    __slots__ = ()

    property: Any
    _memo: Any
    _root: Any  # the entity it is an attribute of
    _narrowed: Any  # the entity of of_type(), or None
    _extra: Any  # the conditions of and_(), a tuple

    def __bool__(self) -> bool:
        return True

    # -- joins ---------------------------------------------------------------

    def _target(self, given: Any = None) -> Any:
        from .entity import entity_of

        if given is not None:
            return entity_of(given)
        if self._narrowed is not None:
            return self._narrowed
        return entity_of(self.property.mapper)

    def _join_target(self) -> Any:
        """Return the entity that a JOIN along the relationship adds."""
        return self._target()

    def _join_parts(
        self, left: Any = None, right: Any = None
    ) -> list[tuple[Any, Any]]:
        """Return what a JOIN along the relationship adds.

        Args:
            left: What it is joined to, None to find out.
            right: The entity or FROM clause to join to, None for the related
                class.

        Returns:
            Pairs of what is joined and its condition; two of them where
            there is a table between.
        """
        target = self._target(right)
        middle = self._middle()
        first, second = self._conditions(target, middle)
        extra = [target._adapted(each) for each in self._extra]
        if middle is None:
            return [(target, _all_of(first, *extra))]
        return [(middle, first), (target, _all_of(second, *extra))]

    def _middle(self) -> Any:
        """Return the table between under another name, None without one."""
        secondary = self.property.secondary
        return None if secondary is None else secondary.alias(flat=True)

    def _as_condition(self) -> Any:
        """Return what it is where a condition is expected, always the same."""
        found = self._memo.get("condition")
        if found is None:
            target = self._target()
            found = self._memo["condition"] = _all_of(
                *self._conditions(target, self._middle()),
                *target._criteria(),
                *(target._adapted(each) for each in self._extra),
            )
        return found

    def _conditions(self, target: Any, middle: Any) -> tuple[Any, Any]:
        found: tuple[Any, Any] = self.property.condition.adapted(
            self._root._adapt,
            target._adapt,
            None if middle is None else middle.corresponding_column,
        )
        return found

    # -- EXISTS --------------------------------------------------------------

    def _exists(self, criterion: Any, filters: dict[str, Any]) -> Any:
        from ..sql.coercions import coerce
        from ..sql.expression import exists, literal_column, select
        from .util import aliased

        prop = self.property
        target = self._target()
        middle = prop.secondary
        if (
            self._narrowed is None
            and prop.mapper.base_mapper is prop.parent.base_mapper
        ):
            target = aliased(prop.mapper.class_).__entity_node__
            if middle is not None:
                middle = self._middle()
        first, second = self._conditions(target, middle)
        conditions = [first]
        if second is not None:
            conditions.append(second)
        conditions += [target._adapted(each) for each in self._extra]
        conditions += target._criteria()
        if criterion is not None:
            conditions.append(target._adapted(coerce("where", criterion)))
        for key, value in filters.items():
            attribute = getattr(target.entity_class, key)
            conditions.append(target._adapted(attribute == value))
        froms = [target._selectable]
        if middle is not None:
            froms.append(middle)
        inner = (
            select(literal_column("1"))
            .select_from(*froms)
            .where(*conditions)
            .correlate_except(*froms)
        )
        return exists(inner)

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return whether the collection has an instance that fits.

        Args:
            criterion: A condition on the related class; None for any.
            **kwargs: Values of attributes of the related class.

        Raises:
            InvalidRequestError: The attribute is no collection.
        """
        if not self._is_collection():
            raise exc.InvalidRequestError(
                f"'any()' not implemented for scalar attributes: {self} leads"
                " to one instance; use has()"
            )
        return self._exists(criterion, kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return whether the related instance is there and fits.

        Args:
            criterion: A condition on the related class; None for any.
            **kwargs: Values of attributes of the related class.

        Raises:
            InvalidRequestError: The attribute is a collection.
        """
        if self._is_collection():
            raise exc.InvalidRequestError(
                f"'has()' not implemented for collections: {self} leads to"
                " many instances; use any()"
            )
        return self._exists(criterion, kwargs)

    def _is_collection(self) -> bool:
        self.property.parent._configure_all()
        return bool(self.property.uselist)

    # -- comparisons with instances ------------------------------------------

    def contains(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """Return whether the collection has that instance.

        Args:
            other: An instance of the related class.
            escape: Accepted for its meaning for columns.
            autoescape: The same.

        Raises:
            InvalidRequestError: The attribute is no collection.
        """
        if not self._is_collection():
            raise exc.InvalidRequestError(
                f"'contains' not implemented for scalar attributes: {self}"
                " leads to one instance; use =="
            )
        prop = self.property
        if prop.secondary is None:
            return self._matches(other)
        middle = self._middle()
        first, second = self._conditions(self._target(), middle)
        found = _all_of(
            first, self._with_values(second, other, self._target())
        )
        mapper = prop.mapper
        absent = ~self._exists(
            _all_of(
                *(
                    column
                    == getattr(
                        other, mapper.get_property_by_column(column).key
                    )
                    for column in mapper.primary_key
                )
            ),
            {},
        )
        return _Membership._new(found, absent)

    def _with_values(self, condition: Any, other: Any, target: Any) -> Any:
        """Return a condition with an instance's values for its columns."""
        from ..sql.coercions import value_bind
        from ..sql.visitors import transform

        mapper = self.property.mapper
        tables = set(mapper.tables)

        def replace(node: Any) -> Any:
            table = getattr(node, "table", None)
            if table is None or table not in tables:
                return None
            if node in self.property.condition.remote_columns:
                return None
            prop = mapper._property_of(node)
            if prop is None:
                return None
            value = getattr(other, prop.key)
            return value_bind(value, node.type)

        return transform(condition, replace)

    def _matches(self, other: Any) -> Any:
        """Return the condition that an instance is the related one."""
        from ..sql.coercions import value_bind
        from ..sql.column import Column
        from ..sql.visitors import transform

        self._check_instance(other)
        mapper = self.property.mapper
        condition = self.property.condition

        def replace(node: Any) -> Any:
            if not isinstance(node, Column):
                return None
            if node not in condition.remote_columns:
                return self._root._column(node)
            value = getattr(other, mapper.get_property_by_column(node).key)
            return value_bind(value, node.type)

        return transform(condition.primaryjoin, replace)

    def _check_instance(self, other: Any) -> None:
        mapper = getattr(type(other), "__mapper__", None)
        if mapper is None or not mapper.isa(self.property.mapper):
            raise exc.ArgumentError(
                f"Mapped instance expected for relationship comparison to"
                f" object: {self} is compared with {other!r}, which is no"
                f" {self.property.mapper.class_.__name__}"
            )

    def __eq__(self, other: Any) -> Any:
        if other is None:
            if self.property.direction is MANYTOONE:
                return self._all_null()
            return ~self._exists(None, {})
        if _is_attribute(other):
            return self._joined_with(other)
        if self._is_collection():
            raise exc.InvalidRequestError(
                f"Can't compare a collection to an object or collection:"
                f" {self} == ...; use contains() to test for membership"
            )
        return self._matches(other)

    def __ne__(self, other: Any) -> Any:
        if other is None:
            if self.property.direction is MANYTOONE:
                return ~self._all_null()
            return self._exists(None, {})
        if self._is_collection():
            raise exc.InvalidRequestError(
                f"Can't compare a collection to an object or collection:"
                f" {self} != ...; use contains() to test for membership"
            )
        if self.property.direction is not MANYTOONE:
            return ~self._matches(other)
        from ..sql.expression import and_, or_

        self._check_instance(other)
        mapper = self.property.mapper
        each = []
        for local, remote in self.property.local_remote_pairs:
            value = getattr(other, mapper.get_property_by_column(remote).key)
            column = self._root._column(local)
            each.append(or_(column != value, column.is_(None)))
        return each[0] if len(each) == 1 else and_(*each)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def _all_null(self) -> Any:
        return _all_of(
            *(
                self._root._column(local).is_(None)
                for local, _ in self.property.local_remote_pairs
            )
        )

    def _joined_with(self, other: Any) -> Any:
        first, _ = self._conditions(self._target(), self.property.secondary)
        return first

    def _refuse(self, other: Any) -> Any:
        """Refuse: a relationship is compared by == and != only.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            f"relationship {self} is no value: it can be compared by == and"
            " != with an instance or None"
        )

    is_ = is_not = _refuse
    __and__ = __or__ = __rand__ = __ror__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse

    def _negate(self) -> Any:
        return ~self._as_condition()

    def in_(self, other: Any) -> Any:
        """Refuse: a relationship has no single value to look for.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            f"in_() is not there for relationship {self}; use it on the"
            " foreign key's column, or any() and has()"
        )


class _Membership(ColumnElement):
    """That a collection has an instance; the opposite is no mere NOT."""

    __slots__ = ()
    __visit_name__ = "attribute"
    _fields = ("element", "absent")

    def _resolve(self) -> Any:
        return self.element

    @property
    def type(self) -> Any:
        """The type of a condition."""
        return self.element.type

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand, in parentheses if it needs them."""
        return self.element.self_group(against=against)

    def _negate(self) -> Any:
        return self.absent


def _is_attribute(other: Any) -> bool:
    return isinstance(other, RelationshipOperators)


def _all_of(*conditions: Any) -> Any:
    from ..sql.expression import and_

    given = [each for each in conditions if each is not None]
    return given[0] if len(given) == 1 else and_(*given)
