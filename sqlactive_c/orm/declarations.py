"""What the bodies of a class and its mixins declare."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .. import exc
from ..sql.column import Column
from ..sql.sqltypes import NullType
from .annotations import (
    MappedType,
    annotated_type,
    mapped_type,
    related_type,
    related_type_of,
    resolve_names,
)
from .descriptor_props import CompositeProperty
from .exc import MappedAnnotationError
from .interfaces import MapperProperty
from .mapper import Mapper
from .properties import ColumnProperty, MappedColumn
from .relationships import RelationshipProperty

__all__ = ["Declarations", "declared_attr"]


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
        self.cascading_to_all = False
        self.__doc__ = getattr(function, "__doc__", None)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.fget(owner)

    @classmethod
    def cascading(cls, function: Callable[[Any], Any]) -> declared_attr:
        """Decorator for attributes that each derived class has anew."""
        self = cls(function)
        self.cascading_to_all = True
        return self

    @classmethod
    def directive(cls, function: Callable[[Any], Any]) -> declared_attr:
        """Decorator for directives: ``__tablename__`` and the like."""
        return cls(function)


class Declarations:
    """What the body of a class declares, and those of its mixins.

    Attributes:
        owners: The class and the bases whose bodies count.
        columns: Columns by attribute name.
        properties: Relationships, expressions, synonyms and the like.
        validators: Functions of ``validates()`` by attribute name.
    """

    def __init__(self, cls: Any, inherits: Mapper | None) -> None:
        self.cls = cls
        above = () if inherits is None else inherits.class_.__mro__
        self.owners = [
            owner
            for owner in cls.__mro__
            if owner is not object
            and not owner.__dict__.get("__declarative_root__", False)
            and owner not in above
        ]
        self.columns: dict[str, Any] = {}
        self.properties: dict[str, MapperProperty] = {}
        self.validators: dict[str, tuple[Any, dict[str, Any]]] = (
            {} if inherits is None else dict(inherits.validators)
        )
        self._validated_here: dict[str, tuple[Any, Any]] = {}
        self._copies: dict[int, Any] = {}
        self._scan()
        for owner in above:
            self._take_cascading(owner)

    def _scan(self) -> None:
        seen: set[str] = set()
        for owner in self.owners:
            for key in _names(owner):
                if key in seen or key.startswith(("__", "_sa_")):
                    continue
                if key not in owner.__dict__ and _comes_later(
                    self.cls, owner, key
                ):
                    continue
                seen.add(key)
                self._take(owner, key)

    def _take_cascading(self, owner: Any) -> None:
        """Make anew what each class has of its own, inherited or not."""
        for key, value in owner.__dict__.items():
            if (
                isinstance(value, declared_attr)
                and value.cascading_to_all
                and key not in self.columns
                and key not in self.properties
            ):
                self._take(owner, key)

    def _take(self, owner: Any, key: str) -> None:
        value = owner.__dict__.get(key)
        for names, options in getattr(value, "__sac_validates__", ()):
            for name in names:
                self._add_validator(owner, name, value, options)
        hint = None
        if isinstance(value, declared_attr):
            hint = getattr(value.fget, "__annotations__", {}).get("return")
            value = value.fget(self.cls)
        if isinstance(value, MapperProperty):
            self._take_property(owner, key, value, hint)
            return
        declared = _declaration(self.cls, owner, key, self._copies)
        if declared is not None:
            self.columns[key] = declared

    def _add_validator(
        self, owner: Any, name: str, function: Any, options: dict[str, Any]
    ) -> None:
        known = self._validated_here.setdefault(name, (owner, function))
        if known[1] is not function and known[0] is owner:
            raise exc.InvalidRequestError(
                f"two methods of {owner.__name__} validate {name!r}:"
                f" {known[1].__name__}() and {function.__name__}()"
            )
        if known[1] is function:
            self.validators[name] = function, options

    def _take_property(
        self, owner: Any, key: str, value: Any, hint: Any
    ) -> None:
        _check_reserved(self.cls, key)
        original = value
        if owner is not self.cls and not isinstance(
            owner.__dict__.get(key), declared_attr
        ):
            if isinstance(value, RelationshipProperty):
                raise exc.InvalidRequestError(
                    f"relationship {key!r} of mixin {owner.__name__} must"
                    " be the result of a function under @declared_attr, so"
                    " that each class gets its own"
                )
            value = value.copy()
        if isinstance(value, RelationshipProperty):
            _complete_relationship(owner, key, value, hint)
        elif isinstance(value, ColumnProperty) and value.is_column:
            column = value.columns[0]
            if column.table is None:
                if column.name is None:
                    column.name = column.key = key
                self.columns[key] = column
        elif isinstance(value, CompositeProperty):
            self._take_composite(owner, key, value)
        self._copies[id(original)] = value
        self.properties[key] = value

    def _take_composite(self, owner: Any, key: str, value: Any) -> None:
        """Map the columns that are declared inside of composite()."""
        if value.composite_class is None or isinstance(
            value.composite_class, (str, MappedColumn, Column)
        ):
            if value.composite_class is not None:
                value.attrs = (value.composite_class, *value.attrs)
            found = related_type(owner, key)
            if found is None:
                raise exc.ArgumentError(
                    f"composite {self.cls.__name__}.{key} has no class: give"
                    " it as the first argument or in the annotation"
                )
            value.composite_class = found.argument
        fields = list(
            getattr(value.composite_class, "__dataclass_fields__", {}).items()
        )
        for at, each in enumerate(value.attrs):
            if isinstance(each, (MappedColumn, Column)):
                name, field = fields[at] if at < len(fields) else (None, None)
                self._take_part(key, each, name, field)

    def _take_part(self, key: str, part: Any, name: Any, field: Any) -> None:
        """Map a column of a composite if the class does not have it yet."""
        column: Any = getattr(part, "column", part)
        for known in self.columns.values():
            if getattr(known, "column", known) is column:
                return
        if column.name is None:
            column.name = column.key = name
        if isinstance(column._type, NullType) and field is not None:
            mapped = MappedType(field.type, False, ())
            column.type = self.cls._registry.column_type(self.cls, key, mapped)
        self.columns[column.key or column.name] = part

    def copy_of(self, value: Any) -> Any:
        """Return what a class has in the place of a mixin's column."""
        return self._copies.get(id(value), value)


def _complete_relationship(
    owner: Any, key: str, value: Any, hint: Any
) -> None:
    """Give a relationship what follows from the annotation."""
    found = (
        related_type(owner, key)
        if hint is None
        else related_type_of(owner, hint)
    )
    if found is None:
        if value.argument is None:
            raise exc.ArgumentError(
                f"relationship {owner.__name__}.{key} has no related class:"
                " give it as the first argument or in the annotation"
            )
        return
    if value.argument is None:
        value.argument = found.argument
    if found.lazy is not None:
        value.load_as(found.lazy)
        value.uselist = True if value.uselist is None else value.uselist
    elif found.collection_class is None:
        if value.uselist is None:
            value.uselist = False
    else:
        value.uselist = True
        if value.collection_class is None:
            value.collection_class = found.collection_class


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


def _declaration(
    cls: Any, owner: Any, key: str, copies: dict[int, Any]
) -> Any:
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
            original = value
            value = (
                value.copy()
                if isinstance(value, MappedColumn)
                else value._copy()
            )
            copies[id(original)] = value
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
