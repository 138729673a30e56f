"""Mappers of derived classes: which are loaded along, and their tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import exc

__all__ = ["joined_with", "loading_word", "mappers_of"]


def loading_word(arguments: dict[str, Any]) -> Any:
    """Return how a class is loaded with the one it derives from.

    Args:
        arguments: Its ``__mapper_args__``.

    Raises:
        ArgumentError: It is another word than there are.
    """
    word = arguments.get("polymorphic_load")
    if word not in (None, "inline", "selectin"):
        raise exc.ArgumentError(
            f"polymorphic_load is 'inline' or 'selectin', not {word!r}"
        )
    return word


def mappers_of(mapper: Any, classes: Any) -> tuple[Any, ...]:
    """Return the mappers of classes, and those between them and another one.

    Args:
        mapper: The other one, which comes first.
        classes: Classes that derive from its class, or their names; ``"*"``
            for all of them.

    Raises:
        ArgumentError: A class does not derive from it.
    """
    if isinstance(classes, str):
        if classes == "*":
            return tuple(mapper.self_and_descendants)
        classes = (classes,)
    wanted = {mapper}
    for each in classes:
        found = _mapper_named(mapper, each)
        if not found.isa(mapper):
            raise exc.ArgumentError(
                f"{found.class_.__name__} does not derive from"
                f" {mapper.class_.__name__}"
            )
        wanted.update(e for e in found.iterate_to_root() if e.isa(mapper))
    return tuple(e for e in mapper.self_and_descendants if e in wanted)


def _mapper_named(mapper: Any, thing: Any) -> Any:
    from .entity import entity_of

    if not isinstance(thing, str):
        return entity_of(thing).mapper
    for each in mapper.self_and_descendants:
        if each.class_.__name__ == thing:
            return each
    raise exc.ArgumentError(
        f"no class {thing!r} derives from {mapper.class_.__name__}"
    )


def joined_with(mapper: Any, mappers: Iterable[Any], inner: bool) -> Any:
    """Return the tables of a class, joined to those of derived classes.

    Args:
        mapper: The mapper of the class.
        mappers: Those of the derived classes.
        inner: By inner joins: rows of the derived classes only.

    Raises:
        InvalidRequestError: One is mapped concretely.
    """
    found = mapper.persist_selectable
    for each in mappers:
        if each is mapper or each.single:
            continue
        if each.concrete:
            raise exc.InvalidRequestError(
                f"{each.class_.__name__} is mapped concretely: its rows are no"
                f" rows of {mapper.class_.__name__}"
            )
        found = found.join(
            each.local_table, each.inherit_condition, isouter=not inner
        )
    return found
