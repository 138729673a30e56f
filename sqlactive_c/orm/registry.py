"""What the classes of one declarative base share."""

from __future__ import annotations

import typing
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

from .. import _core, exc
from ..sql import sqltypes
from ..sql.metadata import MetaData
from . import events
from .annotations import MappedType, _without_none
from .exc import MappedAnnotationError

__all__ = ["registry"]

# Column types by module and name of the Python type, so that a type's module
# is not imported for those who do not use it.
_DEFAULT_TYPES: dict[tuple[str, str], sqltypes.TypeEngine] = {
    ("builtins", "int"): sqltypes.Integer(),
    ("builtins", "str"): sqltypes.String(),
    ("builtins", "float"): sqltypes.Float(),
    ("builtins", "bool"): sqltypes.Boolean(),
    ("builtins", "bytes"): sqltypes.LargeBinary(),
    ("builtins", "NoneType"): sqltypes.NULLTYPE,
    ("datetime", "date"): sqltypes.Date(),
    ("datetime", "datetime"): sqltypes.DateTime(),
    ("datetime", "time"): sqltypes.Time(),
    ("datetime", "timedelta"): sqltypes.Interval(),
    ("decimal", "Decimal"): sqltypes.Numeric(),
    ("uuid", "UUID"): sqltypes.Uuid(),
}


_registries: weakref.WeakSet[registry] = weakref.WeakSet()


def all_registries() -> list[registry]:
    """Return the registries there are."""
    return list(_registries)


class registry:
    """Metadata, column types by Python type, and the mapped classes.

    Args:
        metadata: Where the tables go; a new one if not given.
        type_annotation_map: Column types for annotations, by Python type;
            they go before the usual ones.

    Attributes:
        metadata: The metadata.
        type_annotation_map: The given types.
    """

    def __init__(
        self,
        *,
        metadata: MetaData | None = None,
        type_annotation_map: Mapping[Any, Any] | None = None,
    ) -> None:
        self.metadata = MetaData() if metadata is None else metadata
        self.type_annotation_map: dict[Any, Any] = {}
        self._mappers: weakref.WeakSet[Any] = weakref.WeakSet()
        self._to_configure = False
        self._configuring = False
        _registries.add(self)
        if type_annotation_map:
            self.update_type_annotation_map(type_annotation_map)

    @property
    def mappers(self) -> frozenset[Any]:
        """The mappers of all classes."""
        return frozenset(self._mappers)

    def _mappers_in_order(self) -> list[Any]:
        """Return the mappers in the order in which they were made."""
        return sorted(self._mappers, key=lambda mapper: mapper.number)

    def _add(self, mapper: Any) -> None:
        self._mappers.add(mapper)
        self._to_configure = True

    def configure(self, cascade: bool = False) -> None:
        """Resolve the relationships of the mapped classes.

        Args:
            cascade: Accepted for its meaning elsewhere.

        Raises:
            InvalidRequestError: A name in a declaration stands for nothing,
                or an earlier attempt has failed.
            ArgumentError: A relationship makes no sense.
        """
        if not self._to_configure or self._configuring:
            return
        self._configuring = True
        try:
            events.fire_mappers("before_configured")
            for mapper in self._mappers_in_order():
                if not mapper.configured:
                    self._configure(mapper)
            self._to_configure = False
        finally:
            self._configuring = False
        events.fire_mappers("after_configured")

    def _configure(self, mapper: Any) -> None:
        earlier = mapper.failure
        if earlier is not None:
            raise exc.InvalidRequestError(
                f"One or more mappers failed to initialize: {mapper} could"
                f" not be configured before: {earlier}"
            )
        try:
            mapper.configure()
        except Exception as error:
            mapper.failure = error
            raise

    def dispose(self, cascade: bool = False) -> None:
        """Forget the mapped classes; they cannot be used any more.

        Args:
            cascade: Accepted for its meaning elsewhere.
        """
        self._mappers.clear()

    def generate_base(
        self, mapper: Any = None, cls: type = object, name: str = "Base"
    ) -> Any:
        """Return a new base class whose classes belong to this registry.

        Args:
            mapper: Accepted for its meaning elsewhere.
            cls: What the base class derives from besides.
            name: Name of the base class.
        """
        from .declarative import DeclarativeBase, DeclarativeMeta

        bases = (DeclarativeBase,) if cls is object else (cls, DeclarativeBase)
        body = {"registry": self, "metadata": self.metadata}
        return DeclarativeMeta(name, bases, body)

    def as_declarative_base(self, **kwargs: Any) -> Any:
        """Return a decorator that makes a class a base for mapped ones.

        Args:
            **kwargs: As for :meth:`generate_base`.
        """

        def decorate(cls: type) -> Any:
            name = kwargs.pop("name", cls.__name__)
            return self.generate_base(cls=cls, name=name, **kwargs)

        return decorate

    def mapped(self, cls: Any) -> Any:
        """Decorator that maps a class that has no declarative base.

        The instances of mapped classes have a layout of their own, so what
        comes out is a new class with the same body.

        Args:
            cls: The class.
        """
        from .declarative import mapped_copy

        return mapped_copy(self, cls)

    def map_declaratively(self, cls: Any) -> Any:
        """Map a class by what its body declares.

        Args:
            cls: The class; it derives from ``sqlactive_c.orm.Instance``.

        Returns:
            The mapper.

        Raises:
            ArgumentError: The class has no room for mapped attributes.
        """
        from .declarative import map_class

        self._check_layout(cls, "decorate it with @registry.mapped, or ")
        self._claim(cls)
        return map_class(cls)

    def map_imperatively(
        self, class_: Any, local_table: Any = None, **kwargs: Any
    ) -> Any:
        """Map a class to a table that is given beside it.

        Args:
            class_: The class; it derives from ``sqlactive_c.orm.Instance``.
            local_table: The table; that of the parent if left out.
            **kwargs: ``properties``, a dict of further attributes, and the
                other words of ``__mapper_args__``.

        Returns:
            The mapper.

        Raises:
            ArgumentError: The class has no room for mapped attributes.
        """
        from .declarative import map_class

        self._check_layout(class_, "")
        self._claim(class_)
        if local_table is not None:
            class_.__table__ = local_table
        for key, prop in (kwargs.pop("properties", None) or {}).items():
            setattr(class_, key, prop)
        return map_class(class_, kwargs)

    def _claim(self, cls: Any) -> None:
        cls._registry = cls.registry = self
        cls.metadata = self.metadata

    @staticmethod
    def _check_layout(cls: Any, instead: str) -> None:
        if not issubclass(cls, _core.Instance):
            raise exc.ArgumentError(
                f"class {cls.__name__} cannot be mapped as it is, for mapped"
                f" instances have a layout of their own: {instead}derive it"
                " from sqlactive_c.orm.Instance"
            )

    def update_type_annotation_map(
        self, type_annotation_map: Mapping[Any, Any]
    ) -> None:
        """Add column types for annotations, by Python type."""
        self.type_annotation_map.update(
            normalized_type_map(type_annotation_map)
        )

    def column_type(
        self, cls: type, key: str, mapped: MappedType
    ) -> sqltypes.TypeEngine:
        """Return the column type for an annotation.

        Args:
            cls: The class that is being mapped.
            key: Name of the attribute, for the message.
            mapped: The annotation.

        Raises:
            MappedAnnotationError: There is none.
        """
        maps = [*_own_type_maps(cls), self.type_annotation_map]
        for python_type in _candidates(mapped.python_type):
            found: sqltypes.TypeEngine | None = _lookup(python_type, maps)
            if found is not None:
                return found
        raise MappedAnnotationError(
            f"no column type is known for {mapped.python_type!r}, the"
            f" annotation of {cls.__name__}.{key}: give mapped_column() a"
            " type, or add one to type_annotation_map of the base class"
        )


def normalized_type_map(types: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a map whose keys allow no None, as the look-ups do."""
    return {
        _without_none(python_type, object, "type_annotation_map")[0]: (
            sqltypes.to_instance(column_type)
        )
        for python_type, column_type in types.items()
    }


def _own_type_maps(cls: type) -> Iterator[dict[Any, Any]]:
    """Yield the type maps of the base classes between cls and its root."""
    for each in cls.__mro__:
        types = each.__dict__.get("type_annotation_map")
        if isinstance(types, Mapping):
            yield normalized_type_map(types)


def _candidates(python_type: Any) -> Iterator[Any]:
    """Yield a type and what it stands for: Annotated, NewType, an alias."""
    while python_type is not None:
        yield python_type
        if hasattr(python_type, "__metadata__"):
            python_type = python_type.__origin__
            python_type = _without_none(python_type, object, "")[0]
        elif hasattr(python_type, "__supertype__"):
            python_type = python_type.__supertype__
        elif hasattr(python_type, "__value__"):
            python_type = _without_none(python_type.__value__, object, "")[0]
        else:
            return


def _lookup(python_type: Any, maps: list[dict[Any, Any]]) -> Any:
    for types in maps:
        found = types.get(python_type) if _hashable(python_type) else None
        if found is not None:
            return found
    if typing.get_origin(python_type) is typing.Literal:
        values = list(python_type.__args__)
        if all(isinstance(each, str) for each in values):
            return sqltypes.Enum(*values, native_enum=False)
        return None
    if not isinstance(python_type, type):
        return None
    if hasattr(python_type, "__members__"):
        return _enum_type(python_type, maps)
    name = (python_type.__module__, python_type.__qualname__)
    return _DEFAULT_TYPES.get(name)


def _hashable(python_type: Any) -> bool:
    try:
        hash(python_type)
    except TypeError:
        return False
    return True


def _enum_type(python_type: Any, maps: list[dict[Any, Any]]) -> Any:
    for types in maps:
        for base in python_type.__mro__:
            template = types.get(base)
            if isinstance(template, sqltypes.Enum):
                return template._for_class(python_type)
    return sqltypes.Enum(python_type)
