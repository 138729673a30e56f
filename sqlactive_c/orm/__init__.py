"""Mapping of classes to tables."""

from .._core import NO_VALUE, Instance
from . import hooks as _hooks  # noqa: F401
from . import state as _state  # noqa: F401
from .attributes import InstrumentedAttribute, QueryableAttribute
from .base import DynamicMapped, Mapped, WriteOnlyMapped
from .bundle import Bundle
from .declarations import declared_attr
from .declarative import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    as_declarative,
    declarative_base,
)
from .decorators import reconstructor, validates
from .descriptor_props import (
    Composite,
    CompositeProperty,
    Synonym,
    SynonymProperty,
    composite,
    synonym,
)
from .dynamic import AppenderQuery
from .interfaces import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    MapperProperty,
    RelationshipDirection,
)
from .joins import foreign, remote
from .keyed_collections import (
    KeyFuncDict,
    MappedCollection,
    attribute_keyed_dict,
    attribute_mapped_collection,
    column_keyed_dict,
    column_mapped_collection,
    keyfunc_mapping,
    mapped_collection,
)
from .lookup import (
    add_mapped_attribute,
    class_mapper,
    clear_mappers,
    declarative_mixin,
    has_inherited_table,
    object_mapper,
)
from .mapper import Mapper, configure_mappers
from .polymorphic import with_polymorphic
from .properties import (
    ColumnProperty,
    MappedColumn,
    column_property,
    deferred,
    mapped_column,
    query_expression,
)
from .registry import registry
from .relationships import (
    CascadeOptions,
    Relationship,
    RelationshipProperty,
    backref,
    relationship,
)
from .session.objects import (
    make_transient,
    make_transient_to_detached,
    object_session,
)
from .session.sync import Session, SessionTransaction
from .state import AttributeState, InstanceState
from .strategy_options import (
    Load,
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    noload,
    raiseload,
    selectin_polymorphic,
    selectinload,
    subqueryload,
    undefer,
    undefer_group,
    with_expression,
    with_loader_criteria,
)
from .util import AliasedClass, aliased, join, outerjoin, with_parent
from .write_only import WriteOnlyCollection

__all__ = [
    "MANYTOMANY",
    "MANYTOONE",
    "NO_VALUE",
    "ONETOMANY",
    "AliasedClass",
    "AppenderQuery",
    "AttributeState",
    "Bundle",
    "CascadeOptions",
    "ColumnProperty",
    "Composite",
    "CompositeProperty",
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "DynamicMapped",
    "Instance",
    "InstanceState",
    "InstrumentedAttribute",
    "KeyFuncDict",
    "Load",
    "Mapped",
    "MappedCollection",
    "MappedColumn",
    "Mapper",
    "MapperProperty",
    "QueryableAttribute",
    "Relationship",
    "RelationshipDirection",
    "RelationshipProperty",
    "Session",
    "SessionTransaction",
    "Synonym",
    "SynonymProperty",
    "WriteOnlyCollection",
    "WriteOnlyMapped",
    "add_mapped_attribute",
    "aliased",
    "as_declarative",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "backref",
    "class_mapper",
    "clear_mappers",
    "column_keyed_dict",
    "column_mapped_collection",
    "column_property",
    "composite",
    "configure_mappers",
    "contains_eager",
    "declarative_base",
    "declarative_mixin",
    "declared_attr",
    "defaultload",
    "defer",
    "deferred",
    "foreign",
    "has_inherited_table",
    "immediateload",
    "join",
    "joinedload",
    "keyfunc_mapping",
    "lazyload",
    "load_only",
    "make_transient",
    "make_transient_to_detached",
    "mapped_collection",
    "mapped_column",
    "noload",
    "object_mapper",
    "object_session",
    "outerjoin",
    "query_expression",
    "raiseload",
    "reconstructor",
    "registry",
    "relationship",
    "remote",
    "selectin_polymorphic",
    "selectinload",
    "subqueryload",
    "synonym",
    "undefer",
    "undefer_group",
    "validates",
    "with_expression",
    "with_loader_criteria",
    "with_parent",
    "with_polymorphic",
]
