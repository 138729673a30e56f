"""Classes that are mapped by declaring them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core, exc
from ..sql.column import Column
from ..sql.metadata import MetaData
from . import events
from .declarations import Declarations, declared_attr
from .instrument import instrument_class
from .interfaces import MapperProperty
from .mapper import Mapper
from .properties import MappedColumn
from .registry import registry
from .tables import table_for

__all__ = [
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "as_declarative",
    "declarative_base",
    "declared_attr",
]


class DeclarativeMeta(type):
    """Type of declarative classes: knows attributes that come later."""

    def __setattr__(cls, key: str, value: Any) -> None:
        if "__mapper__" in cls.__dict__ and is_declaration(value):
            add_attribute(cls, key, value)
        else:
            if getattr(value, "is_hybrid", False):
                Mapper.layout += 1
            super().__setattr__(key, value)

    def __delattr__(cls, key: str) -> None:
        mapper = cls.__dict__.get("__mapper__")
        if mapper is not None and key in mapper._properties:
            raise NotImplementedError(
                f"{cls.__name__}.{key} is mapped: it cannot be taken out"
            )
        Mapper.layout += 1
        super().__delattr__(key)


class DeclarativeBase(_core.Instance, metaclass=DeclarativeMeta):
    """Base of a family of mapped classes.

    Derive a base class of your own from it, then the mapped classes from
    that. On the base class these attributes have a meaning:

    - ``metadata``: where the tables go;
    - ``type_annotation_map``: column types for annotations;
    - ``registry``: what the classes share, made if not given.

    On a mapped class: ``__tablename__`` or ``__table__``,
    ``__table_args__``, ``__abstract__`` for one without a table.

    Attributes may be added to a mapped class later: ``User.x =
    mapped_column(...)``, ``User.posts = relationship(...)``.
    """

    __declarative_root__ = True

    registry: Any
    metadata: MetaData
    __table__: Any
    __mapper__: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _declare(cls, DeclarativeBase)


class DeclarativeBaseNoMeta(_core.Instance):
    """A :class:`DeclarativeBase` whose type is ``type``.

    For base classes that need a metaclass of their own. Attributes are
    added later by ``inspect(User).add_property(name, column)``.
    """

    __declarative_root__ = True

    registry: Any
    metadata: MetaData
    __table__: Any
    __mapper__: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _declare(cls, DeclarativeBaseNoMeta)


def _declare(cls: Any, root: type) -> None:
    """Set up a class that derives from a root: as a base, or mapped."""
    if root in cls.__bases__:
        _set_up_base(cls)
    elif not cls.__dict__.get("__abstract__", False):
        map_class(cls)


def add_attribute(cls: Any, key: str, value: Any) -> None:
    """Map one more attribute of a class that is mapped already.

    Args:
        cls: The class.
        key: Name of the attribute.
        value: What ``mapped_column()``, ``relationship()`` and the like give.
    """
    column = getattr(value, "column", value)
    if isinstance(column, Column) and column.name is None:
        column.name = key
        column.key = key if column.key is None else column.key
    cls.__mapper__.add_property(key, value)


def is_declaration(value: Any) -> bool:
    """Say whether a value declares a mapped attribute."""
    return isinstance(value, (MapperProperty, MappedColumn, Column))


def _set_up_base(cls: type) -> None:
    own = cls.__dict__
    for name in ("__tablename__", "__table__"):
        if name in own and not isinstance(own[name], declared_attr):
            raise exc.InvalidRequestError(
                f"class {cls.__name__} derives from DeclarativeBase itself"
                f" and so cannot have {name}; derive it from a base class of"
                " yours that derives from DeclarativeBase"
            )
    shared = own.get("registry")
    metadata = own.get("metadata")
    types = own.get("type_annotation_map")
    if shared is None:
        shared = registry(metadata=metadata, type_annotation_map=types)
    elif not isinstance(shared, registry):
        raise exc.InvalidRequestError(
            f"'registry' of class {cls.__name__} is no registry"
        )
    elif types:
        shared.update_type_annotation_map(types)
    cls._registry = cls.registry = shared  # type: ignore[attr-defined]
    if metadata is None:
        cls.metadata = shared.metadata  # type: ignore[attr-defined]
    elif not isinstance(metadata, MetaData):
        raise exc.InvalidRequestError(
            f"'metadata' of class {cls.__name__} is no MetaData"
        )


def mapped_copy(shared: Any, cls: type) -> Any:
    """Return a mapped class with the body of one that is not.

    Args:
        shared: The registry it belongs to.
        cls: The class.
    """
    body = {
        key: value
        for key, value in cls.__dict__.items()
        if key not in ("__dict__", "__weakref__")
    }
    bases = tuple(base for base in cls.__bases__ if base is not object)
    if not issubclass(cls, _core.Instance):
        bases = (*bases, _core.Instance)
    made: Any = type(cls)(cls.__name__, bases, body)
    shared._claim(made)
    map_class(made)
    return made


def map_class(
    cls: Any, given_arguments: dict[str, Any] | None = None
) -> Mapper:
    """Map a class to its table: make the table, the mapper, the attributes.

    Args:
        cls: A class with the declarations.
        given_arguments: What goes before its ``__mapper_args__``.

    Returns:
        The mapper.

    Raises:
        InvalidRequestError: It has no table, or one that exists already.
        ArgumentError: A declaration makes no sense.
        MappedAnnotationError: An annotation cannot be understood.
    """
    inherits = _mapper_above(cls)
    declared = Declarations(cls, inherits)
    arguments = {
        **_mapper_arguments(cls, declared), **(given_arguments or {}),
    }  # fmt: skip
    _add_given_properties(declared, arguments)
    table, columns, made = table_for(cls, declared, inherits, arguments)
    try:
        mapper = Mapper(
            cls,
            table,
            cls._registry,
            declared.properties,
            columns,
            inherits,
            arguments,
        )
    except exc.ArgumentError:
        if made:
            table.metadata.remove(table)
        raise
    if inherits is None or table is not inherits.local_table:
        cls.__table__ = table
    cls.__mapper__ = mapper
    mapper.validators = declared.validators
    events.fire_mapper(mapper, "instrument_class")
    instrument_class(mapper)
    cls._registry._add(mapper)
    events.fire_mapper(mapper, "after_mapper_constructed")
    return mapper


def _add_given_properties(
    declared: Declarations, arguments: dict[str, Any]
) -> None:
    """Add the attributes that ``__mapper_args__`` has in ``properties``."""
    for key, value in dict(arguments.pop("properties", None) or {}).items():
        if isinstance(value, (Column, MappedColumn)):
            declared.columns[key] = value
        else:
            declared.properties[key] = value


def _mapper_above(cls: Any) -> Mapper | None:
    for base in cls.__mro__[1:]:
        if "__mapper__" in base.__dict__:
            return base.__mapper__  # type: ignore[no-any-return]
    return None


_MAPPER_ARGUMENTS = frozenset(
    "allow_partial_pks always_refresh batch column_prefix concrete"
    " confirm_deleted_rows eager_defaults exclude_properties"
    " include_properties inherit_condition inherit_foreign_keys"
    " passive_deletes passive_updates polymorphic_abstract"
    " polymorphic_identity polymorphic_load polymorphic_on primary_key"
    " properties version_id_col version_id_generator with_polymorphic".split()
)


def _mapper_arguments(cls: Any, declared: Declarations) -> dict[str, Any]:
    """Return ``__mapper_args__``, of the class or of a mixin."""
    for owner in declared.owners:
        given = owner.__dict__.get("__mapper_args__")
        if given is None:
            continue
        if isinstance(given, declared_attr):
            given = given.fget(cls)
        elif isinstance(given, (classmethod, property)):
            given = getattr(cls, "__mapper_args__")  # noqa: B009
        arguments = dict(given)
        for name in arguments:
            if name not in _MAPPER_ARGUMENTS:
                raise TypeError(
                    f"__mapper_args__ of class {cls.__name__} has an"
                    f" unexpected {name!r}"
                )
        return {
            name: declared.copy_of(value) for name, value in arguments.items()
        }
    return {}


def declarative_base(
    *,
    metadata: MetaData | None = None,
    cls: type = object,
    name: str = "Base",
    registry: Any = None,
    type_annotation_map: Any = None,
) -> Any:
    """Return a new base class for mapped classes.

    Args:
        metadata: Where the tables go; new if not given.
        cls: What it derives from besides.
        name: Its name.
        registry: What its classes share; new if not given.
        type_annotation_map: Column types for annotations.
    """
    if registry is None:
        registry = _registry_class(
            metadata=metadata, type_annotation_map=type_annotation_map
        )
    return registry.generate_base(cls=cls, name=name)


def as_declarative(**kwargs: Any) -> Callable[[type], Any]:
    """Decorator that makes a class a base class for mapped classes.

    Args:
        **kwargs: As for :func:`declarative_base`.
    """
    shared = kwargs.pop("registry", None) or registry(**kwargs)
    return shared.as_declarative_base()  # type: ignore[no-any-return]


_registry_class = registry
