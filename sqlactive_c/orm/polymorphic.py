"""Classes that are loaded together with those that derive from them.

The rows of a class in joined tables have no columns of derived classes, nor
has a class that shares its table those of the others. ``with_polymorphic()``,
``"with_polymorphic"`` and ``"polymorphic_load"`` in ``__mapper_args__`` say
which derived classes are selected along: their tables are joined, and what
their mappers have more is loaded for instances of theirs.
"""

from __future__ import annotations

from typing import Any

from .. import exc
from .entity import entity_of
from .inheritance import joined_with, mappers_of
from .util import AliasedClass

__all__ = ["with_polymorphic"]


def with_polymorphic(
    base: Any,
    classes: Any,
    selectable: Any = False,
    flat: bool = False,
    polymorphic_on: Any = None,
    aliased: bool = False,
    innerjoin: bool = False,
    adapt_on_names: bool = False,
    name: str | None = None,
) -> Any:
    """Return a mapped class with classes that derive from it.

    What it gives is selected as a class. Attributes of a derived class are
    those of the attribute of its name: ``with_polymorphic(Ship,
    [Ferry]).Ferry.cars``.

    Args:
        base: The class, or an alias of it.
        classes: The derived classes; ``"*"`` for all of them.
        selectable: What to select from instead of the joined tables.
        flat: Name the tables of the join anew.
        polymorphic_on: Not supported: the column is that of the mapper.
        aliased: Make the join a subquery with a name.
        innerjoin: Rows of the derived classes only, by an inner join.
        adapt_on_names: Match columns of ``selectable`` by their names, too.
        name: What it is called in the rows.

    Raises:
        ArgumentError: A class does not derive from the first one, or
            ``polymorphic_on`` is given.
    """
    if polymorphic_on is not None:
        raise exc.ArgumentError(
            "polymorphic_on of with_polymorphic() is not supported: say it in"
            " __mapper_args__"
        )
    mapper = entity_of(base).mapper
    mapper._configure_all()
    mappers = (
        mappers_of(mapper, classes)
        if classes
        else mapper.with_polymorphic_mappers
    )
    if selectable is False or selectable is None:
        selectable = joined_with(mapper, mappers, innerjoin)
        if aliased or flat:
            selectable = selectable.alias(flat=flat)
    below = [each for each in mappers if each is not mapper]
    return AliasedClass(
        base, selectable, name, adapt_on_names=adapt_on_names, below=below
    )
