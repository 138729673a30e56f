"""What the classes of one declarative base share."""

from __future__ import annotations

import typing
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

from ..sql import sqltypes
from ..sql.metadata import MetaData
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
        if type_annotation_map:
            self.update_type_annotation_map(type_annotation_map)

    @property
    def mappers(self) -> frozenset[Any]:
        """The mappers of all classes."""
        return frozenset(self._mappers)

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
