"""Mapped classes in statements: what they are selected from and how.

An *entity* is a node that stands for a mapped class: the class itself, or
the class under another name (``aliased()``).  The compiler asks it for its
FROM, its columns and the conditions it brings along; see the compiler of
SELECT for the protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from .. import exc
from .._core import ClauseElement
from ..sql.elements import BindParameter
from ..sql.visitors import transform
from .properties import ColumnProperty

__all__ = ["AliasedEntity", "EntityNode", "PolymorphicEntity", "entity_of"]


class _Entity(ClauseElement):
    """What both kinds of entities can do."""

    __slots__ = ()

    mapper: Any
    is_entity = True

    @property
    def entity_class(self) -> Any:
        """What programs write: the class, or the alias."""
        raise NotImplementedError

    @property
    def _selectable(self) -> Any:
        """The FROM clause."""
        raise NotImplementedError

    def _adapt(self, column: Any) -> Any:
        """Return what a column of the class is here, None for itself."""
        raise NotImplementedError

    def _column(self, column: Any) -> Any:
        found = self._adapt(column)
        return column if found is None else found

    def _adapted(self, expression: Any) -> Any:
        """Return an expression of the class as it reads for this entity."""

        def replace(node: Any) -> Any:
            resolve = getattr(node, "_resolve", None)
            if resolve is not None:
                node = resolve()
            return self._adapt(node)

        return transform(expression, replace)

    def _of_property(self, prop: Any) -> Any:
        """Return the column of a property, always the same one."""
        known = self._memo.setdefault("properties", {})
        found = known.get(prop.key)
        if found is None:
            found = self._adapted(prop.columns[0])
            if self._is_alias and not prop.is_column:
                found = _with_own_values(found)
            known[prop.key] = found
        return found

    def _loaded(self) -> list[Any]:
        """Return the properties that a SELECT of the entity loads."""
        self.mapper._configure_all()
        return [
            prop
            for prop in self.mapper._properties.values()
            if isinstance(prop, ColumnProperty) and not prop.deferred
        ]

    def _below(self) -> Sequence[Any]:
        """Return the mappers of derived classes that are loaded along."""
        return self.mapper.with_polymorphic_mappers[1:]  # type: ignore[no-any-return]

    def _loaded_below(
        self, deferred: bool = False
    ) -> list[tuple[Any, list[tuple[Any, Any]]]]:
        """Return what derived classes add to what is loaded.

        Args:
            deferred: Whether deferred columns count, too.

        Returns:
            Pairs of a mapper and a list of its properties, each with the
            columns that no one before had.
        """
        below = self._below()
        if not below:
            return []
        seen = {
            column
            for prop in self.mapper._properties.values()
            if isinstance(prop, ColumnProperty)
            for column in prop.columns
        }
        found = []
        for mapper in below:
            own = []
            for prop in mapper._properties.values():
                if not isinstance(prop, ColumnProperty) or (
                    prop.deferred and not deferred
                ):
                    continue
                columns = [each for each in prop.columns if each not in seen]
                seen.update(columns)
                if columns:
                    own.append((prop, tuple(map(self._adapted, columns))))
            found.append((mapper, own))
        return found

    def _selected_columns(self) -> list[Any]:
        """Return the columns that a SELECT of the entity renders."""
        return [
            *self._columns_of(self._loaded()),
            *(
                column
                for _, loaded in self._loaded_below()
                for _, columns in loaded
                for column in columns
            ),
        ]

    def _every_column(self) -> list[Any]:
        """Return the columns that a subquery of the entity has.

        Those are all of its table, also deferred ones, and the expressions
        that are loaded with it.
        """
        from .attributes import ProxyAttribute

        self.mapper._configure_all()
        found = []
        for prop in self.mapper._properties.values():
            if not isinstance(prop, ColumnProperty):
                continue
            column = self._of_property(prop)
            if prop.is_column:
                # Of an alias, the one column that has the value will do.
                found += (
                    [column] if self._is_alias else self._columns_of((prop,))
                )
                continue
            if prop.deferred:
                continue
            found.append(
                ProxyAttribute._new(column, prop.key, self.entity_class)
            )
        for _, loaded in self._loaded_below(True):
            for prop, columns in loaded:
                if prop.is_column:
                    found += columns
        return found

    def _columns_of(self, loaded: Sequence[Any]) -> list[Any]:
        return [
            self._of_property(prop) if at == 0 else self._adapted(column)
            for prop in loaded
            for at, column in enumerate(prop.columns)
        ]

    def _with_options(self, options: Sequence[Any]) -> Any:
        """Return what is selected for it by a statement with options."""
        from .loading.context import loaded_columns
        from .loading.options import Options

        return _Configured(self, loaded_columns(self, Options(options)))

    def _loading(self, statement: Any, from_list: Any) -> Any:
        """Return how a statement is written that selects entities."""
        from .loading.statement import loading

        return loading(statement, from_list)

    def _criteria(self) -> tuple[Any, ...]:
        """Return the conditions that tell its rows apart."""
        mapper = self.mapper
        if not mapper.single or mapper.polymorphic_on is None:
            return ()
        column = self._column(mapper.polymorphic_on)
        return (column.in_(mapper.polymorphic_identities),)

    def _column_key(self, name: str) -> str:
        """Return the key of the column of an attribute."""
        prop = self.mapper._properties.get(name)
        columns = getattr(prop, "columns", None)
        if not columns:
            return name
        return columns[0].key or name

    def _assigned(self, key: Any, value: Any) -> list[tuple[Any, Any]]:
        """Return the columns and values that one of ``values()`` stands for.

        Args:
            key: A column, an attribute, or the name of one.
            value: What it is set to.
        """
        attribute = key
        if isinstance(key, str):
            attribute = getattr(self.entity_class, key, None)
        find = getattr(attribute, "_assignments", None)
        if find is not None:
            return [
                pair for each in find(value) for pair in self._assigned(*each)
            ]
        if isinstance(key, str):
            key = self._column_key(key)
        return [(key, value)]

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.entity_class

    @property
    def description(self) -> str:
        """A name for messages."""
        return self.mapper.class_.__name__  # type: ignore[no-any-return]

    def _description(self) -> dict[str, Any]:
        """Return what ``column_descriptions`` says of it."""
        return {
            "name": self._described_name,
            "type": self.mapper.class_,
            "aliased": self._is_alias,
            "expr": self.entity_class,
            "entity": self.entity_class,
        }

    _is_alias = False

    @property
    def _described_name(self) -> str | None:
        return self._result_name

    def _result_item(self, positions: Sequence[int]) -> Any:
        """Return what decodes the entity from those cells of a row."""
        from .loading import entity_plan

        return entity_plan(
            self.mapper, self._loaded(), positions, self._loaded_below()
        )

    def _found_item(self, options: Any, find: Any) -> Any:
        """Return what decodes the entity where another statement gives it."""
        from .loading import found_plan

        return found_plan(self, options, find)

    @property
    def _result_name(self) -> str:
        raise NotImplementedError


class EntityNode(_Entity):
    """A mapped class in a statement.

    Attributes:
        mapper: Its mapper.
    """

    _identity = True
    _fields = ()

    def __init__(self, mapper: Any) -> None:
        self.mapper = mapper

    @property
    def entity_class(self) -> Any:
        """The class."""
        return self.mapper.class_

    @property
    def _selectable(self) -> Any:
        return self.mapper.selectable

    @property
    def _local_table(self) -> Any:
        """The table that INSERT, UPDATE and DELETE are about."""
        return self.mapper.local_table

    def _adapt(self, column: Any) -> Any:
        return None

    @property
    def _result_name(self) -> str:
        return self.mapper.class_.__name__  # type: ignore[no-any-return]

    def __reduce__(self) -> Any:
        return _entity_of_class, (self.mapper.class_,)

    def __repr__(self) -> str:
        return f"<entity {self.mapper.class_.__name__}>"


def _entity_of_class(cls: Any) -> Any:
    return cls.__entity_node__


class AliasedEntity(_Entity):
    """A mapped class under another name, or read from a subquery."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = (
        "entity",
        "selectable",
        "-name",
        "-adapt_on_names",
    )

    entity: EntityNode
    selectable: Any
    name: str | None
    adapt_on_names: bool

    @property
    def mapper(self) -> Any:
        """The mapper of the class."""
        return self.entity.mapper

    _is_alias = True

    @property
    def _described_name(self) -> str | None:
        return self.name

    @property
    def is_aliased_class(self) -> bool:
        """True: what ``inspect()`` gives for an alias."""
        return True

    @property
    def class_(self) -> Any:
        """The class behind the alias."""
        return self.mapper.class_

    @property
    def entity_class(self) -> Any:
        """The alias."""
        return self._memo["alias"]

    @property
    def _selectable(self) -> Any:
        return self.selectable

    def _adapt(self, column: Any) -> Any:
        known = self._memo.setdefault("columns", {})
        if column not in known:
            known[column] = self._find(column)
        return known[column]

    def _find(self, column: Any) -> Any:
        corresponding = getattr(self.selectable, "corresponding_column", None)
        if corresponding is None or not hasattr(column, "table"):
            return None
        found = corresponding(column)
        if found is None and self.adapt_on_names:
            found = self.selectable.c.get(column.name)
        return found

    @property
    def _result_name(self) -> str:
        return self.name or self.mapper.class_.__name__

    def __repr__(self) -> str:
        return f"<aliased entity of {self.mapper.class_.__name__}>"


class PolymorphicEntity(AliasedEntity):
    """A mapped class that is selected with classes that derive from it.

    Attributes:
        below: The entities of these.
    """

    __slots__ = ()
    _fields = ("entity", "selectable", "-name", "-adapt_on_names", "below")

    below: tuple[EntityNode, ...]

    @property
    def with_polymorphic_mappers(self) -> tuple[Any, ...]:
        """The mappers of all the classes."""
        return (self.mapper, *self._below())

    def has_part(self, name: str) -> bool:
        """Say whether a derived class has a name."""
        return any(each.mapper.class_.__name__ == name for each in self.below)

    def _below(self) -> tuple[Any, ...]:
        return tuple(each.mapper for each in self.below)


class _Configured:
    """An entity of which other columns are loaded than by default."""

    def __init__(self, entity: _Entity, loaded: tuple[Any, ...]) -> None:
        self._target = entity
        self._loaded = loaded

    def _selected_columns(self) -> list[Any]:
        return [column for each in self._loaded for column in each.columns]

    def _result_item(self, positions: Sequence[int]) -> Any:
        from .loading import entity_plan

        props = [each.prop for each in self._loaded]
        return entity_plan(self._target.mapper, props, positions)

    def _found_item(self, options: Any, find: Any) -> Any:
        return self._target._found_item(options, find)

    @property
    def _result_name(self) -> str:
        return self._target._result_name


def _with_own_values(expression: Any) -> Any:
    """Return an expression whose parameters are not those of the class."""

    def replace(node: Any) -> Any:
        if isinstance(node, BindParameter) and node.unique:
            return node._replace(_value=node._value)
        return None

    return transform(expression, replace)


def entity_of(subject: Any) -> Any:
    """Return the entity of a mapped class, an alias or a mapper.

    Args:
        subject: What names it.

    Raises:
        ArgumentError: It is none of these.
    """
    if isinstance(subject, _Entity):
        return subject
    found = getattr(subject, "__entity_node__", None)
    if found is None and getattr(subject, "is_mapper", False):
        found = subject.class_.__entity_node__
    if found is None:
        raise exc.ArgumentError(
            f"{subject!r} is no mapped class and no alias of one"
        )
    return found
