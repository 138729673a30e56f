"""What ``session.get()`` executes."""

from __future__ import annotations

from typing import Any

from ...sql.froms import is_mapped

__all__ = ["is_mapped", "load_by_key", "make_get_shape"]


def make_get_shape(mapper: Any) -> Any:
    """Return the shape that loads an instance by its primary key.

    There is none, and None is returned, where further queries belong to it.

    Its parameters are ``pk_0``, ``pk_1``, in the order of the key.

    Args:
        mapper: The mapper.
    """
    from ...sql.compiler.shape import compile_fixed
    from ..entity import entity_of
    from ..loading.context import plan_of
    from ..loading.options import Options

    if plan_of(entity_of(mapper), Options(())).has_notes:
        return None
    return compile_fixed(_query(mapper), _names(mapper), False)


def _names(mapper: Any) -> tuple[str, ...]:
    return tuple(f"pk_{at}" for at in range(len(mapper.primary_key)))


def _query(mapper: Any) -> Any:
    from ...sql.elements import bindparam
    from ...sql.selectable import select

    statement = select(mapper.class_)
    for name, column in zip(_names(mapper), mapper.primary_key, strict=True):
        attribute = mapper.get_property_by_column(column).class_attribute
        statement = statement.where(
            attribute == bindparam(name, required=True, type_=column.type)
        )
    return statement


async def load_by_key(
    session: Any,
    mapper: Any,
    key: tuple[Any, ...],
    options: Any = None,
    populate_existing: bool = False,
    with_for_update: Any = None,
    execution_options: Any = None,
) -> Any:
    """Load an instance as ``session.get()`` says.

    Args:
        session: The session.
        mapper: The mapper of the class.
        key: The primary key.
        options: Loader options.
        populate_existing: Read what is loaded, too.
        with_for_update: The same, for rows are not locked.
        execution_options: Of the query.

    Returns:
        The instance, or None.
    """
    statement = _query(mapper)
    if options:
        statement = statement.options(*options)
    given = dict(execution_options or {})
    if populate_existing or with_for_update not in (None, False):
        given["populate_existing"] = True
    result = await session.execute(
        statement,
        dict(zip(_names(mapper), key, strict=True)),
        execution_options=given,
    )
    return result.unique().scalar_one_or_none()
