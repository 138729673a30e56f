"""Attributes that show what other attributes hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import exc
from .interfaces import MapperProperty

__all__ = [
    "Composite",
    "CompositeProperty",
    "Synonym",
    "SynonymProperty",
    "composite",
    "synonym",
]


class SynonymProperty(MapperProperty):
    """Another name of an attribute.

    Attributes:
        name: Name of the attribute it stands for.
        descriptor: What instances use instead, or None.
    """

    is_descriptor = True

    def __init__(
        self,
        name: str,
        descriptor: Any = None,
        doc: str | None = None,
        info: dict[Any, Any] | None = None,
    ) -> None:
        super().__init__(doc, info)
        self.name = name
        self.descriptor = descriptor

    def copy(self) -> SynonymProperty:
        """Return a synonym of no mapper for the same name."""
        return type(self)(self.name, self.descriptor, self.doc, self._info)

    def for_subclass(self, mapper: Any) -> SynonymProperty:
        """Return the property that a derived class has in its place."""
        return self.copy()

    @property
    def columns(self) -> list[Any]:
        """The columns of the attribute it stands for."""
        found: list[Any] = self.parent.attrs[self.name].columns
        return found

    def configure(self) -> None:
        """Check that the other attribute is there."""
        if not hasattr(self.parent.class_, self.name):
            raise exc.ArgumentError(
                f"synonym {self} stands for {self.name!r}, which"
                f" {self.parent.class_.__name__} does not have"
            )


Synonym = SynonymProperty


class CompositeProperty(MapperProperty):
    """Several columns as one object.

    Attributes:
        composite_class: Makes the object from the values of the columns.
        attrs: Names of the attributes or columns, as given.
    """

    is_descriptor = True

    def __init__(
        self,
        class_or_attr: Any,
        *attrs: Any,
        doc: str | None = None,
        info: dict[Any, Any] | None = None,
    ) -> None:
        super().__init__(doc, info)
        self.composite_class = class_or_attr
        self.attrs = attrs

    def copy(self) -> CompositeProperty:
        """Return a composite of no mapper over the same columns."""
        return type(self)(
            self.composite_class, *self.attrs, doc=self.doc, info=self._info
        )

    def for_subclass(self, mapper: Any) -> CompositeProperty:
        """Return the property that a derived class has in its place."""
        return self.copy()

    @property
    def keys(self) -> list[str]:
        """Names of the attributes of its parts."""
        found = []
        for each in self.attrs:
            column = getattr(each, "column", each)
            if isinstance(column, str):
                found.append(column)
            else:
                prop = self.parent.get_property_by_column(
                    getattr(column, "expression", column)
                )
                found.append(prop.key)
        return found

    @property
    def columns(self) -> list[Any]:
        """The columns of its parts."""
        return [self.parent.attrs[key].columns[0] for key in self.keys]

    def values_of(self, value: Any) -> tuple[Any, ...]:
        """Return the values of the parts of an object; None for no object."""
        if value is None:
            return (None,) * len(self.attrs)
        parts = getattr(value, "__composite_values__", None)
        if parts is not None:
            return tuple(parts())
        fields = getattr(value, "__dataclass_fields__", None)
        if fields is None:
            raise exc.ArgumentError(
                f"{type(value).__name__} of composite {self} is no dataclass"
                " and has no method __composite_values__()"
            )
        return tuple(getattr(value, name) for name in fields)

    def read(self, instance: Any) -> Any:
        """Return the object for the values of an instance."""
        return self.of_values([getattr(instance, key) for key in self.keys])

    def of_values(self, values: list[Any]) -> Any:
        """Return the object for the values of the parts."""
        if all(value is None for value in values):
            return None
        return self.composite_class(*values)

    def write(self, instance: Any, value: Any) -> None:
        """Set the parts of an instance to those of an object."""
        for key, part in zip(self.keys, self.values_of(value), strict=True):
            setattr(instance, key, part)


Composite = CompositeProperty


def synonym(
    name: str,
    *,
    map_column: bool | None = None,
    descriptor: Any = None,
    comparator_factory: Any = None,
    doc: str | None = None,
    info: dict[Any, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Declare another name of an attribute.

    Args:
        name: Name of the attribute it stands for.
        map_column: Map the column of the synonym's own name under ``name``.
        descriptor: A property that instances use instead of the attribute.
        comparator_factory: Accepted for its meaning elsewhere.
        doc: Documentation of the attribute.
        info: A dict for the user's own purposes.
        **kwargs: Keywords for dataclasses, without effect here.
    """
    made = Synonym(name, descriptor, doc, info)
    made.map_column = bool(map_column)  # type: ignore[attr-defined]
    return made


def composite(
    _class_or_attr: Callable[..., Any] | Any = None,
    /,
    *attrs: Any,
    doc: str | None = None,
    info: dict[Any, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Declare several columns as one object.

    Args:
        _class_or_attr: Makes the object from the values; a dataclass or a
            class with a method ``__composite_values__()``. It may be left
            out when the annotation names the class.
        *attrs: The columns: names, columns or ``mapped_column()``.
        doc: Documentation of the attribute.
        info: A dict for the user's own purposes.
        **kwargs: Further keywords, without effect here.
    """
    return Composite(_class_or_attr, *attrs, doc=doc, info=info)
