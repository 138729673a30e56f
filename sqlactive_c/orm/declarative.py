"""Classes that are mapped by declaring them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .. import exc
from ..sql.column import Column
from ..sql.metadata import MetaData
from ..sql.sqltypes import NullType
from ..sql.table import Table
from .annotations import MappedType, annotated_type, mapped_type, resolve_names
from .exc import MappedAnnotationError
from .mapper import Mapper
from .properties import MappedColumn
from .registry import registry

__all__ = ["DeclarativeBase", "declared_attr"]


class declared_attr:
    """Decorator for an attribute of a mixin that is made for each class.

    The function receives the class that is being mapped and returns a
    column, or the value of a directive such as ``__tablename__``.

    Args:
        function: Function of one argument, the class.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        if isinstance(function, classmethod):
            function = function.__func__
        self.fget = function
        self.__doc__ = getattr(function, "__doc__", None)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.fget(owner)

    @classmethod
    def directive(cls, function: Callable[[Any], Any]) -> declared_attr:
        """Decorator for directives: ``__tablename__`` and the like."""
        return cls(function)


class DeclarativeBase:
    """Base of a family of mapped classes.

    Derive a base class of your own from it, then the mapped classes from
    that. On the base class these attributes have a meaning:

    - ``metadata``: where the tables go;
    - ``type_annotation_map``: column types for annotations;
    - ``registry``: what the classes share, made if not given.

    On a mapped class: ``__tablename__`` or ``__table__``,
    ``__table_args__``, ``__abstract__`` for one without a table.
    """

    registry: Any
    metadata: MetaData
    __table__: Any
    __mapper__: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if DeclarativeBase in cls.__bases__:
            _set_up_base(cls)
        elif not cls.__dict__.get("__abstract__", False):
            map_class(cls)


def _set_up_base(cls: type) -> None:
    own = cls.__dict__
    for name in ("__tablename__", "__table__"):
        if name in own:
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


def map_class(cls: Any) -> Mapper:
    """Map a class to its table: make the table, the mapper, the attributes.

    Args:
        cls: A class with the declarations.

    Returns:
        The mapper.

    Raises:
        InvalidRequestError: It has no table, or one that exists already.
        ArgumentError: A declaration makes no sense.
        MappedAnnotationError: An annotation cannot be understood.
        NotImplementedError: It derives from a mapped class.
    """
    _refuse_inheritance(cls)
    shared = cls._registry
    primary_key = _mapper_arguments(cls)
    for_key = [getattr(each, "column", each) for each in primary_key]
    declared = dict(sorted(_declared_columns(cls), key=_sort_order))
    if cls.__dict__.get("__table__") is not None:
        table = cls.__dict__["__table__"]
        declared = _columns_of_table(cls, table, declared)
        mapper = Mapper(cls, table, shared, declared, for_key)
    else:
        table = _make_table(cls, declared)
        try:
            mapper = Mapper(cls, table, shared, declared, for_key)
        except exc.ArgumentError:
            table.metadata.remove(table)
            raise
        cls.__table__ = table
    cls.__mapper__ = mapper
    mapper.instrument()
    shared._mappers.add(mapper)
    return mapper


def _refuse_inheritance(cls: type) -> None:
    for base in cls.__mro__[1:]:
        if "__mapper__" in base.__dict__:
            raise NotImplementedError(
                f"class {cls.__name__} derives from {base.__name__}, which"
                " is mapped: inheritance between mapped classes is not"
                " supported by this version"
            )


def _mapper_arguments(cls: Any) -> Iterable[Any]:
    arguments = dict(getattr(cls, "__mapper_args__", None) or {})
    primary_key = arguments.pop("primary_key", None)
    if arguments:
        raise NotImplementedError(
            f"__mapper_args__ of class {cls.__name__}:"
            f" {', '.join(map(repr, arguments))} is not supported by this"
            " version"
        )
    if primary_key is None:
        return ()
    return (
        primary_key
        if isinstance(primary_key, (list, tuple))
        else [primary_key]
    )


# -- the table --------------------------------------------------------------


def _make_table(cls: Any, declared: dict[str, Any]) -> Table:
    name = getattr(cls, "__tablename__", None)
    if name is None:
        raise exc.InvalidRequestError(
            f"class {cls.__name__} has neither __tablename__ nor __table__;"
            " a base class without a table needs '__abstract__ = True'"
        )
    args, kwargs = _table_arguments(cls)
    columns = [getattr(each, "column", each) for each in declared.values()]
    metadata = getattr(cls, "metadata", None)
    if not isinstance(metadata, MetaData):
        metadata = cls._registry.metadata
    return Table(name, metadata, *columns, *args, **kwargs)


def _sort_order(item: tuple[str, Any]) -> int:
    return getattr(item[1], "sort_order", None) or 0


def _table_arguments(cls: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    given = getattr(cls, "__table_args__", None)
    if given is None:
        return (), {}
    if isinstance(given, dict):
        return (), dict(given)
    if not isinstance(given, tuple):
        raise exc.ArgumentError(
            f"__table_args__ of class {cls.__name__} is a tuple or a dict,"
            f" not {given!r}"
        )
    if given and isinstance(given[-1], dict):
        return given[:-1], dict(given[-1])
    return given, {}


def _columns_of_table(
    cls: type, table: Any, declared: dict[str, Any]
) -> dict[str, Any]:
    """Return the columns of a given table by attribute name."""
    named = {}
    for key, each in declared.items():
        column = getattr(each, "column", each)
        if not table.c.contains_column(column):
            raise exc.ArgumentError(
                f"{cls.__name__}.{key} is a column that __table__ of the"
                " class does not have"
            )
        named[column] = key
    return {named.get(column, column.key): column for column in table.columns}


# -- the declarations -------------------------------------------------------


def _declared_columns(cls: Any) -> Iterator[tuple[str, Any]]:
    """Yield attribute names and columns: of the class, then of its bases."""
    seen: set[str] = set()
    for owner in cls.__mro__:
        if owner in (object, DeclarativeBase):
            continue
        for key in _names(owner):
            if key in seen or key.startswith(("__", "_sa_")):
                continue
            if key not in owner.__dict__ and _comes_later(cls, owner, key):
                continue
            seen.add(key)
            declared = _declaration(cls, owner, key)
            if declared is not None:
                yield key, declared


def _names(owner: type) -> list[str]:
    """Return the names of a class body, about in the order of its lines.

    Python keeps the order of the assignments and that of the annotations;
    names that are in both tie the two together.
    """
    assigned = list(owner.__dict__)
    annotated = list(inspect.get_annotations(owner))
    both = set(assigned) & set(annotated)
    merged: list[str] = []
    source, other = iter(assigned), iter(annotated)
    while True:
        for name in source:
            if name in both:
                both.discard(name)
                source, other = other, source
                break
            merged.append(name)
        else:
            return merged + list(other)


def _declaration(cls: Any, owner: Any, key: str) -> Any:
    """Return the column an attribute declares, None if it declares none."""
    value = owner.__dict__.get(key)
    mapped: MappedType | None = None
    if isinstance(value, declared_attr):
        result = value.fget(cls)
        hint = getattr(value.fget, "__annotations__", {}).get("return")
        if not isinstance(result, (MappedColumn, Column)):
            return None
        mapped = annotated_type(cls, owner, key, hint)
        value = result
    elif isinstance(value, (MappedColumn, Column)):
        mapped = mapped_type(cls, owner, key)
        if owner is not cls and not _is_in_table(cls, value):
            value = (
                value.copy()
                if isinstance(value, MappedColumn)
                else (value._copy())
            )
    elif key in owner.__dict__:
        return None
    else:
        mapped = mapped_type(cls, owner, key)
        if mapped is None:
            _check_bare(cls, owner, key)
            return None
        value = MappedColumn(Column())
    _check_reserved(cls, key)
    if isinstance(value, MappedColumn):
        _complete(cls, owner, key, value, mapped)
    column = getattr(value, "column", value)
    if column.name is None:
        column.name = key
        column.key = key if column.key is None else column.key
    return value


def _comes_later(cls: Any, owner: Any, key: str) -> bool:
    """Say whether a name that is only annotated is a column of a base."""
    later = cls.__mro__[cls.__mro__.index(owner) + 1 :]
    for base in later:
        if key in base.__dict__:
            value = base.__dict__[key]
            return isinstance(value, (MappedColumn, Column, declared_attr))
    return False


def _is_in_table(cls: Any, value: Any) -> bool:
    table = cls.__dict__.get("__table__")
    column = getattr(value, "column", value)
    return table is not None and table.c.contains_column(column)


def _check_reserved(cls: type, key: str) -> None:
    if key == "metadata":
        raise exc.InvalidRequestError(
            f"{cls.__name__}.{key} cannot be a column: the name is taken by"
            " the MetaData of the class"
        )


def _check_bare(cls: Any, owner: Any, key: str) -> None:
    """Refuse ``name: int`` in a mapped class: likely a forgotten Mapped."""
    if owner is not cls or getattr(cls, "__allow_unmapped__", False):
        return
    where = f"{cls.__name__}.{key}"
    annotation = inspect.get_annotations(owner)[key]
    annotation = resolve_names(annotation, owner, where)
    if "ClassVar" not in repr(annotation):
        raise _unmapped(where, annotation)


def _unmapped(where: str, annotation: Any) -> MappedAnnotationError:
    return MappedAnnotationError(
        f"annotation {annotation!r} of {where} is none of Mapped[...]; write"
        " Mapped[...] for a column, ClassVar[...] for anything else"
    )


def _complete(
    cls: Any, owner: Any, key: str, value: MappedColumn, mapped: Any
) -> None:
    """Give a column what follows from the annotation."""
    column = value.column
    if mapped is None:
        annotation = inspect.get_annotations(owner).get(key)
        if annotation is not None and not getattr(
            cls, "__allow_unmapped__", False
        ):
            raise _unmapped(f"{cls.__name__}.{key}", annotation)
        if isinstance(column._type, NullType) and not column.foreign_keys:
            raise exc.ArgumentError(
                f"{cls.__name__}.{key} needs a type: an annotation"
                " Mapped[...], or an argument of mapped_column()"
            )
        return
    for extra in mapped.extras:
        if isinstance(extra, MappedColumn):
            value.fill_from(extra)
    if column._user_nullable is None:
        column.nullable = mapped.optional
    if isinstance(column._type, NullType) and not column.foreign_keys:
        column.type = cls._registry.column_type(cls, key, mapped)
