"""The connection helper and `execute`, as users of sqlactive know them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._core import DBConnection, async_scoped_session, async_sessionmaker
from .records.scope import scope

if TYPE_CHECKING:
    from ._core import Result

__all__ = ["DBConnection", "execute"]


async def execute(*args: Any, **kwargs: Any) -> Result[Any]:
    """Run a statement.

    It is called in one of two ways: ``execute(async_scoped_session,
    statement, params=None)`` or ``execute(statement, base_model=None,
    params=None)``. Further keywords go to ``AsyncSession.execute()``.

    Args:
        async_scoped_session: The scoped session to use.
        statement: A statement, or ``text()``.
        base_model: The model whose session to use; ``ActiveRecordBaseModel``
            if there is none.
        params: Values of the parameters: a dict, or a list of dicts.
        *args: See above.
        **kwargs: See above.

    Returns:
        A buffered ``Result``, which outlives the session.

    Raises:
        NoSessionError: The model has no session.
        UnboundExecutionError: The connection was closed.
    """
    given = list(args)
    if "async_scoped_session" in kwargs or (given and _is_registry(given[0])):
        names = ("async_scoped_session", "statement", "params")
    else:
        names = ("statement", "base_model", "params")
    values = _by_name(names, given, kwargs)
    registry = values.get("async_scoped_session")
    if registry is None:
        registry = _session_of(values.get("base_model"))
    async with _session(registry) as session:
        result: Result[Any] = await session.execute(
            values["statement"], values.get("params"), **kwargs
        )
        return result


def _by_name(
    names: tuple[str, ...], given: list[Any], kwargs: dict[str, Any]
) -> dict[str, Any]:
    if len(given) > len(names):
        raise TypeError(
            f"execute() takes at most {len(names)} positional arguments,"
            f" got {len(given)}"
        )
    values = dict(zip(names, given, strict=False))
    for name in names:
        if name not in kwargs:
            continue
        if name in values:
            raise TypeError(f"execute() got {name!r} twice")
        values[name] = kwargs.pop(name)
    if "statement" not in values:
        raise TypeError("execute() needs a statement")
    return values


def _is_registry(value: Any) -> bool:
    return isinstance(value, (async_scoped_session, async_sessionmaker))


def _session_of(base_model: Any) -> Any:
    if base_model is None:
        from .base_model import ActiveRecordBaseModel

        base_model = ActiveRecordBaseModel
    return base_model.AsyncSession


def _session(registry: Any) -> Any:
    if isinstance(registry, async_scoped_session):
        return scope(registry)
    return registry()
