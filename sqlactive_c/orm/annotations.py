"""Annotations of mapped attributes, taken apart."""

from __future__ import annotations

import inspect
import sys
import typing
from types import NoneType, UnionType
from typing import Any

from .base import DynamicMapped, Mapped, WriteOnlyMapped
from .exc import MappedAnnotationError

__all__ = ["MappedType", "mapped_type", "resolve_names"]

_UNIONS = (typing.Union, UnionType)
_LAZY: dict[Any, str] = {
    DynamicMapped: "dynamic",
    WriteOnlyMapped: "write_only",
}


class MappedType:
    """The type inside ``Mapped[...]``.

    Attributes:
        python_type: The type without None.
        optional: Whether None is allowed.
        extras: What ``Annotated`` adds to it.
    """

    __slots__ = ("extras", "optional", "python_type")

    def __init__(
        self, python_type: Any, optional: bool, extras: tuple[Any, ...]
    ) -> None:
        self.python_type = python_type
        self.optional = optional
        self.extras = extras


def mapped_type(cls: type, owner: type, key: str) -> MappedType | None:
    """Return the type of an attribute's annotation.

    Args:
        cls: The class that is being mapped, for messages.
        owner: The class whose annotation it is.
        key: Name of the attribute.

    Returns:
        The type; None if the annotation is none of ``Mapped[...]``.

    Raises:
        MappedAnnotationError: The annotation names something unknown.
    """
    annotation = inspect.get_annotations(owner).get(key)
    return annotated_type(cls, owner, key, annotation)


def annotated_type(
    cls: type, owner: type, key: str, annotation: Any
) -> MappedType | None:
    """Return the type of an annotation, None if it is not ``Mapped[...]``.

    Args:
        cls: The class that is being mapped, for messages.
        owner: The class in whose module names are looked up.
        key: Name of the attribute, for messages.
        annotation: The annotation.

    Raises:
        MappedAnnotationError: The annotation names something unknown.
    """
    where = f"{cls.__name__}.{key}"
    annotation = resolve_names(annotation, owner, where)
    origin = typing.get_origin(annotation)
    if not isinstance(origin, type) or not issubclass(origin, Mapped):
        return None
    return _split(annotation.__args__[0], owner, where)


def _split(inner: Any, owner: type, where: str) -> MappedType:
    inner = resolve_names(inner, owner, where)
    optional = False
    extras: tuple[Any, ...] = ()
    while True:
        bare, none = _without_none(inner, owner, where)
        optional = optional or none
        metadata = getattr(bare, "__metadata__", None)
        if metadata is None or extras:
            return MappedType(bare, optional, extras)
        extras = metadata
        inner_none = _without_none(bare.__origin__, owner, where)[1]
        return MappedType(bare, optional or inner_none, extras)


def _without_none(
    annotation: Any, owner: type, where: str
) -> tuple[Any, bool]:
    """Return a type without None, and whether None was part of it."""
    if typing.get_origin(annotation) not in _UNIONS:
        return annotation, False
    members = []
    for each in annotation.__args__:
        members.append(resolve_names(each, owner, where))
    rest = [each for each in members if each is not NoneType]
    if not rest:
        return NoneType, True
    bare = rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]  # noqa: UP007
    return bare, len(rest) < len(members)


def resolve_names(annotation: Any, owner: type, where: str) -> Any:
    """Return what an annotation that is text stands for.

    Names are looked up in the module of the class, then in the class.

    Args:
        annotation: The annotation; returned as it is if it is no text.
        owner: The class whose annotation it is.
        where: Class and attribute, for the message.

    Raises:
        MappedAnnotationError: A name is unknown, or the text is no type.
    """
    while True:
        if isinstance(annotation, typing.ForwardRef):
            annotation = annotation.__forward_arg__
        if not isinstance(annotation, str):
            return annotation
        annotation = _evaluate(annotation, owner, where)


def _evaluate(text: str, owner: type, where: str) -> Any:
    module = sys.modules.get(owner.__module__)
    names = dict(vars(module)) if module is not None else {}
    try:
        try:
            return eval(text, names)
        except NameError:
            inner = {**vars(owner), owner.__name__: owner}
            return eval(text, names, inner)
    except Exception as error:
        raise MappedAnnotationError(
            f"annotation {text!r} of {where} cannot be understood: {error}"
            " (names must be defined or imported in the module of the class"
            " when it is defined)"
        ) from error


# -- relationships ----------------------------------------------------------


class RelatedType:
    """The class, and the collection of it, inside ``Mapped[...]``.

    Attributes:
        argument: The related class, or its name.
        collection_class: ``list``, ``set`` or what the annotation names;
            None where there is one instance.
        lazy: How it is loaded, None where the annotation does not say.
    """

    __slots__ = ("argument", "collection_class", "lazy")

    def __init__(
        self, argument: Any, collection_class: Any, lazy: str | None
    ) -> None:
        self.argument = argument
        self.collection_class = collection_class
        self.lazy = lazy


class _Later:
    """A name in an annotation that stands for nothing yet."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> _Later:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Later(f"{self.name}.{name}")

    def __or__(self, other: Any) -> _Later:
        return self

    __ror__ = __or__

    def __call__(self) -> None:
        """Be what ``typing`` takes for a type."""


class _Lenient(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        import builtins

        if hasattr(builtins, name):
            return getattr(builtins, name)
        return _Later(name)


def related_type(owner: type, key: str) -> RelatedType | None:
    """Return what a relationship's annotation says, None without one.

    Names that are not defined yet are left for later.

    Args:
        owner: The class whose annotation it is.
        key: Name of the attribute.
    """
    annotation = inspect.get_annotations(owner).get(key)
    return related_type_of(owner, annotation)


def related_type_of(owner: type, annotation: Any) -> RelatedType | None:
    """Return what an annotation of a relationship says.

    Args:
        owner: The class in whose module names are looked up.
        annotation: The annotation.
    """
    annotation = _evaluate_leniently(annotation, owner)
    origin = typing.get_origin(annotation)
    if not isinstance(origin, type) or not issubclass(origin, Mapped):
        return None
    lazy = _LAZY.get(origin)
    inner = _one_of(_evaluate_leniently(annotation.__args__[0], owner), owner)
    collection = typing.get_origin(inner)
    if isinstance(collection, type):
        element = _evaluate_leniently(typing.get_args(inner)[-1], owner)
        return RelatedType(_named(_one_of(element, owner)), collection, lazy)
    return RelatedType(_named(inner), None, lazy)


def _evaluate_leniently(annotation: Any, owner: type) -> Any:
    while True:
        if isinstance(annotation, typing.ForwardRef):
            annotation = annotation.__forward_arg__
        if not isinstance(annotation, str):
            return annotation
        module = sys.modules.get(owner.__module__)
        names = _Lenient({} if module is None else vars(module))
        annotation = eval(annotation, {}, names)


def _one_of(annotation: Any, owner: type) -> Any:
    """Return an annotation without None."""
    if typing.get_origin(annotation) in _UNIONS:
        for each in annotation.__args__:
            if each is not NoneType:
                return _evaluate_leniently(each, owner)
    return annotation


def _named(argument: Any) -> Any:
    return argument.name if isinstance(argument, _Later) else argument
