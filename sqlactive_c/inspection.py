"""What a model says about itself."""

from __future__ import annotations

from typing import Any

from .exceptions import CompositePrimaryKeyError, RelationError
from .ext.hybrid import hybrid_method, hybrid_property
from .orm.declarative import DeclarativeBase
from .orm.mapper import Mapper
from .sql.inspect import inspect
from .utils import classproperty

__all__ = ["InspectionMixin", "inspect"]


class InspectionMixin(DeclarativeBase):
    """Names of a model's columns, relations and hybrids.

    This is the declarative base of all models: they share its registry and
    its metadata, unless a base class sets a metadata of its own.

    The lists are new ones at every access. They follow what is added to the
    class later, and may be read from an alias.
    """

    __abstract__ = True

    @property
    def id_str(self) -> str:
        """The primary key as text: ``id=1``, ``id=1, code="x"``."""
        facts = facts_of(type(self))
        return ", ".join(
            f"{key}={_quoted(getattr(self, facts.attributes[key]))}"
            for key in facts.primary_keys
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id_str})"

    @classproperty
    def columns(cls: Any) -> list[str]:
        """Keys of the columns, in the order of the table."""
        keys: list[str] = cls.__table__.columns.keys()
        return keys

    @classproperty
    def string_columns(cls: Any) -> list[str]:
        """Keys of the columns whose values are text."""
        return [c.key for c in cls.__table__.columns if _is_text(c)]

    @classproperty
    def searchable_attributes(cls: Any) -> list[str]:
        """The attributes that a search looks into: the columns of text."""
        return list(cls.string_columns)

    @classproperty
    def primary_keys_full(cls: Any) -> tuple[Any, ...]:
        """The columns of the primary key."""
        keys: tuple[Any, ...] = cls.__mapper__.primary_key
        return keys

    @classproperty
    def primary_keys(cls: Any) -> list[str]:
        """Keys of the columns of the primary key."""
        return [column.key for column in cls.primary_keys_full]

    @classproperty
    def primary_key_name(cls: Any) -> str:
        """Key of the one column of the primary key.

        Raises:
            CompositePrimaryKeyError: There are several.
        """
        keys: list[str] = cls.primary_keys
        if len(keys) > 1:
            raise CompositePrimaryKeyError(cls.__name__)
        return keys[0]

    @classproperty
    def relations(cls: Any) -> list[str]:
        """Names of the relationships, in the order of their definition."""
        return list(facts_of(cls).relations)

    @classproperty
    def settable_relations(cls: Any) -> list[str]:
        """Names of the relationships that are not ``viewonly``."""
        return list(facts_of(cls).settable_relations)

    @classproperty
    def hybrid_properties(cls: Any) -> list[str]:
        """Names of the hybrid properties."""
        return list(facts_of(cls).hybrid_properties)

    @classproperty
    def hybrid_methods_full(cls: Any) -> dict[str, Any]:
        """The hybrid methods by name."""
        return dict(facts_of(cls).hybrid_methods)

    @classproperty
    def hybrid_methods(cls: Any) -> list[str]:
        """Names of the hybrid methods."""
        return list(facts_of(cls).hybrid_methods)

    @classproperty
    def filterable_attributes(cls: Any) -> list[str]:
        """What filters take: columns, relations and hybrids."""
        return [
            *cls.columns,
            *cls.relations,
            *cls.hybrid_properties,
            *cls.hybrid_methods,
        ]

    @classproperty
    def sortable_attributes(cls: Any) -> list[str]:
        """What a query sorts by: columns and hybrid properties."""
        return [*cls.columns, *cls.hybrid_properties]

    @classproperty
    def settable_attributes(cls: Any) -> list[str]:
        """What can be set: columns, settable relations, hybrid properties."""
        return [
            *cls.columns,
            *cls.settable_relations,
            *cls.hybrid_properties,
        ]

    @classmethod
    def get_class_of_relation(cls, relation_name: str) -> type[Any]:
        """Return the class that a relationship leads to.

        Args:
            relation_name: Name of the relationship.

        Raises:
            RelationError: The model has none of that name.
        """
        found = cls.__mapper__.relationships.get(relation_name)
        if found is None:
            raise RelationError(relation_name, cls.__name__)
        related: type[Any] = found.mapper.class_
        return related


class Facts:
    """What is known of a model's attributes, until its mapping changes.

    Attributes:
        cls: The model.
        columns: Keys of the columns.
        count: How many there were.
        known: The columns that the table has now, by key.
        attributes: Column keys and attribute names, to attribute names. The
            two differ where ``mapped_column()`` is given another name; a
            column that has no attribute is not there.
        primary_keys: Keys of the columns of the primary key.
        relations: Names of the relationships.
        settable_relations: Those which are not ``viewonly``.
        hybrid_properties: Names of the hybrid properties.
        hybrid_methods: The hybrid methods by name.
        filters: What the keywords of filters were found to mean.
        shapes: The same for sets of keywords that were used together.
        settable: Names that can be set, to the names of attributes.
        reads_back: Whether the statement that writes a row can read all of
            it back, once that was found out.
    """

    def __init__(self, cls: Any, mapper: Any) -> None:
        self.cls = cls
        relationships = mapper.relationships
        self.layout = Mapper.layout
        self.table = cls.__table__.columns
        self.columns = tuple(self.table.keys())
        self.count = len(self.columns)
        self.known = self.table._by_key
        self.attributes = _attributes(cls, mapper, self.table)
        self.primary_keys = tuple(c.key for c in mapper.primary_key)
        self.relations = tuple(relationships.keys())
        self.settable_relations = tuple(
            key for key, each in relationships.items() if not each.viewonly
        )
        hybrids = list(mapper.all_orm_descriptors)
        self.hybrid_properties = tuple(
            dict.fromkeys(
                each.__name__
                for each in hybrids
                if isinstance(each, hybrid_property)
            )
        )
        self.hybrid_methods = {
            each.func.__name__: each
            for each in hybrids
            if isinstance(each, hybrid_method)
        }
        self.filters: dict[str, Any] = {}
        self.shapes: dict[tuple[str, ...], Any] = {}
        self.reads_back: bool | None = None
        self.settable = {
            **self.attributes,
            **{key: key for key in self.settable_relations},
            **{key: key for key in self.hybrid_properties},
        }


def facts_of(cls: Any) -> Facts:
    """Return what is known of a mapped class, or of an alias of one.

    Args:
        cls: The class.

    Raises:
        AttributeError: It is not mapped.
    """
    mapper = cls.__mapper__
    facts: Facts | None = mapper.__dict__.get("_facts")
    # Whether the mapping is still the one that was looked at.
    if (
        facts is None
        or facts.layout != Mapper.layout
        or facts.count != len(facts.known)
    ):
        facts = Facts(mapper.class_, mapper)
        mapper.__dict__["_facts"] = facts
    return facts


def _attributes(cls: Any, mapper: Any, columns: Any) -> dict[str, str]:
    """Map names to attributes; what the class has by that name goes first."""
    found = {key: key for key in mapper.column_attrs.keys()}  # noqa: SIM118
    for column in columns:
        prop = mapper._property_of(column)
        if any(column.key in each.__dict__ for each in cls.__mro__):
            found[column.key] = column.key
        elif prop is not None:
            found[column.key] = prop.key
    for column in mapper.primary_key:
        prop = mapper._property_of(column)
        found.setdefault(column.key, prop.key)
    return found


def _is_text(column: Any) -> bool:
    try:
        return column.type.python_type is str
    except NotImplementedError:
        return False


def _quoted(value: Any) -> str:
    if value is None or isinstance(value, (int, float)):
        return str(value)
    from numbers import Number

    return str(value) if isinstance(value, Number) else f'"{value}"'
