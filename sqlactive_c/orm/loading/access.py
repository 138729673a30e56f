"""What happens when something is read that is not loaded."""

from __future__ import annotations

from asyncio import _get_running_loop
from typing import Any

from ... import _core, exc
from ..exc import DetachedInstanceError
from ..relationships import RelationshipProperty
from .options import Options

__all__ = [
    "check_refusal",
    "cohort_of",
    "configure_mapping",
    "load_attribute",
    "remembered",
]


def configure_mapping(mapping: Any) -> None:
    """Resolve the mappers before a class is used for the first time."""
    mapper = mapping.mapper
    if mapper is not None:
        mapper.registry.configure()


def load_attribute(instance: Any, attribute: Any) -> Any:
    """Give the value of an attribute that is not loaded.

    What a foreign key refers to is taken from the identity map. A query is
    made where nothing else can run meanwhile: in a thread without an event
    loop, as in ``run_sync()``, or where the engine is made with
    ``lazy_loading="inline"``.

    Args:
        instance: An instance that has, or had, a row.
        attribute: The attribute.

    Raises:
        DetachedInstanceError: It has no session.
        InvalidRequestError: ``raiseload()`` says so.
        MissingGreenlet: Its session can read only where it is awaited.
    """
    prop = attribute.property
    from .lazy import from_map, read, read_and_close

    how = read
    related = isinstance(prop, RelationshipProperty)
    if getattr(prop, "by_statement", False):
        return None
    if related:
        _check_relation(instance, prop, "raise")
    session = instance._sac_session
    cohort = cohort_of(instance)
    if session is None:
        session = None if cohort is None else _other_session(instance)
        if session is None:
            raise _detached(instance, attribute, prop)
        how = read if session.in_transaction() else read_and_close
    elif related:
        found = from_map(session, prop, instance)
        if found is not _core.NO_VALUE:
            return found
    if related:
        _check_relation(instance, prop, "raise_on_sql")
    else:
        _check_column(instance, prop)
    if cohort is None and _get_running_loop() is not None:
        raise _missing(instance, attribute, related)
    return _core.drive(how(session, instance, attribute, cohort or []))


def cohort_of(instance: Any) -> list[Any] | None:
    """Return what was loaded with an instance; None if it is not known.

    Args:
        instance: The instance.
    """
    known = instance._sac_options
    if known is None or len(known) < 3:
        return None
    return [each for each in (ref() for ref in known[2]) if each is not None]


def _other_session(instance: Any) -> Any:
    """Return a session for an instance of an Active Record class, or None.

    It is the one whose transaction is open, or else a new one.
    """
    given = getattr(type(instance), "_session", None)
    if isinstance(given, _core.async_scoped_session):
        current = given()
        return current if current.in_transaction() else given.session_factory()
    return given if isinstance(given, _core.AsyncSession) else None


def _missing(instance: Any, attribute: Any, related: bool) -> Exception:
    name = f"{type(instance).__name__}.{attribute.key}"
    hint = f"selectinload({name})" if related else f"undefer({name})"
    if not related and instance._sac_expired:
        return exc.MissingGreenlet(
            f"{name} is expired, and reading it needs the database, which is"
            f" awaited: write 'await session.refresh(obj)', or 'await"
            f" obj.awaitable_attrs.{attribute.key}', or make the session with"
            " expire_on_commit=False"
        )
    return exc.MissingGreenlet(
        f"{name} is not loaded, and reading it needs the database, which is"
        " awaited: load it with the query, as by"
        f" .options({hint}), or by"
        f" 'await session.refresh(obj, [{attribute.key!r}])', or by"
        f" 'await obj.awaitable_attrs.{attribute.key}'"
    )


def remembered(instance: Any) -> tuple[Options, Any, tuple[str, ...]]:
    """Return the options an instance was loaded with, and its place.

    Args:
        instance: The instance.

    Returns:
        The options, the entity they are rooted at (None without options) and
        the path of keys from there to the instance.
    """
    known = instance._sac_options
    if known is None:
        return Options(()), None, ()
    memory, nodes = known[:2]
    if memory is None:
        return Options(()), None, ()
    options = Options(nodes or ()).rooted_at(memory.root)
    return options, memory.root, memory.path


def check_refusal(instance: Any, prop: Any) -> None:
    """Refuse to load what ``raiseload()`` says must not be.

    Args:
        instance: The instance.
        prop: The property that is read.

    Raises:
        InvalidRequestError: It must not be loaded.
    """
    if isinstance(prop, RelationshipProperty):
        _check_relation(instance, prop, "raise")
        _check_relation(instance, prop, "raise_on_sql")
    else:
        _check_column(instance, prop)


def _check_relation(instance: Any, prop: Any, word: str) -> None:
    options, root, path = remembered(instance)
    setting = options.relation(root, (*path, prop.key))
    action = prop.lazy if setting is None else setting.action
    if setting is not None and setting.settings.get("sql_only"):
        action = "raise_on_sql"
    if action == word:
        raise exc.InvalidRequestError(
            f"'{prop}' is not available due to lazy='{word}'"
        )


def _check_column(instance: Any, prop: Any) -> None:
    options, root, path = remembered(instance)
    setting = options.column(root, (*path, prop.key))
    if setting is None:
        refused = prop.deferred_raiseload
    else:
        refused = setting.settings.get("raiseload")
    if refused and not instance._sac_expired:
        raise exc.InvalidRequestError(
            f"'{prop}' is not available due to raiseload=True"
        )


def _detached(instance: Any, attribute: Any, prop: Any) -> Exception:
    where = f"<{type(instance).__name__} at 0x{id(instance):x}>"
    if isinstance(prop, RelationshipProperty):
        return DetachedInstanceError(
            f"Parent instance {where} is not bound to a Session; lazy load"
            f" operation of attribute {attribute.key!r} cannot proceed"
        )
    if prop.deferred and not instance._sac_expired:
        return DetachedInstanceError(
            f"Parent instance {where} is not bound to a Session; deferred load"
            f" operation of attribute {attribute.key!r} cannot proceed"
        )
    return DetachedInstanceError(
        f"Instance {where} is not bound to a Session; attribute refresh"
        " operation cannot proceed"
    )
