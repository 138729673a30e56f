"""Loading what was not loaded with the instance, afterwards.

:func:`load_relation` and :func:`load_columns` are coroutines; what they need
of the database they await.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ... import _core
from ..entity import entity_of
from ..exc import ObjectDeletedError
from ..interfaces import MANYTOONE
from ..relationships import RelationshipProperty
from .access import check_refusal, remembered
from .plan import Note
from .selectin import Further, is_key, key_names, load_in, select_labelled

__all__ = [
    "from_map",
    "load_columns",
    "load_one",
    "load_relation",
    "read",
    "read_and_close",
    "unset",
    "value_of",
]

NO_VALUE = _core.NO_VALUE


async def load_relation(
    session: Any, instances: Iterable[Any], attribute: Any
) -> None:
    """Load a relationship of instances where it is not loaded.

    Of one instance it takes a query, of several one for each 500; none where
    the identity map has what a foreign key refers to.

    Args:
        session: The session.
        instances: Instances of its class, or of classes that derive from it.
        attribute: The attribute of the class.
    """
    prop = attribute.property
    if prop.written:
        return
    wanted = [each for each in instances if unset(each, prop.key)]
    if len(wanted) == 1:
        await load_one(session, wanted[0], attribute)
        return
    left: dict[int, tuple[Any, list[Any]]] = {}
    for each in wanted:
        if from_map(session, prop, each) is NO_VALUE:
            known = each._sac_options
            left.setdefault(id(known), (known, []))[1].append(each)
    for _, group in left.values():
        further = _further(session, group[0], prop)
        await load_in(further, group)


async def load_one(
    session: Any,
    instance: Any,
    attribute: Any,
    further: Further | None = None,
) -> Any:
    """Load a relationship of one instance, and return its value.

    Args:
        session: The session.
        instance: The instance.
        attribute: The attribute of the class.
        further: How it is loaded; None: as the instance remembers.
    """
    prop = attribute.property
    names = [
        prop.parent.get_property_by_column(column).key
        for column in prop.local_columns
    ]
    await load_columns(
        session, instance, [key for key in names if unset(instance, key)]
    )
    found = from_map(session, prop, instance)
    if found is not NO_VALUE:
        return found
    if further is None:
        further = _further(session, instance, prop)
    statement = _query(further, instance)
    rows: list[Any] = []
    if statement is not None:
        prepared = further.prepared(statement, *_way_back(further.note))
        rows = await further.rows(prepared, flush=True)
    _core.distribute([instance], attribute, (), rows, False, further.warning)
    return instance._sac_peek(prop.key)


async def load_columns(
    session: Any, instance: Any, keys: Sequence[str]
) -> None:
    """Load columns of an instance; all that is not loaded if it is expired.

    Args:
        session: The session.
        instance: The instance.
        keys: Names of the attributes; nothing happens without any.

    Raises:
        ObjectDeletedError: Its row is gone.
    """
    from ..session.get import load_by_key
    from ..strategy_options import Load

    if not keys:
        return
    mapper = type(instance).__mapper__
    load = Load(type(instance))
    if instance._sac_expired:
        for key in keys:
            if mapper._properties[key].deferred:
                load = load.undefer(getattr(type(instance), key))
    else:
        load = load.load_only(*(getattr(type(instance), key) for key in keys))
    found = await load_by_key(
        session,
        mapper,
        instance._sac_identity,
        options=[load] if load.steps else None,
        execution_options={"autoflush": False},
    )
    if found is instance:
        return
    if found is None or instance._sac_session is not None:
        raise ObjectDeletedError(instance)
    for key in keys:  # a detached instance: its session found another
        instance._sac_put(key, getattr(found, key))


async def read(
    session: Any, instance: Any, attribute: Any, siblings: Sequence[Any]
) -> Any:
    """Load an attribute where it was read.

    Args:
        session: The session, or what makes one.
        instance: The instance.
        attribute: The attribute of the class.
        siblings: Instances that were loaded with it; what it lacks is loaded
            for them, too.

    Returns:
        The value.
    """
    key = attribute.key
    if not isinstance(attribute.property, RelationshipProperty):
        await load_columns(session, instance, [key])
    else:
        state = instance._sac_state
        others = [
            each
            for each in siblings
            if each._sac_state == state and each is not instance
        ]
        await load_relation(session, [instance, *others], attribute)
    return getattr(instance, key)


async def read_and_close(
    session: Any, instance: Any, attribute: Any, siblings: Sequence[Any]
) -> Any:
    """Load an attribute of a detached instance, by a session of its own.

    Args:
        session: The session, which is closed: what was loaded is detached.
        instance: The instance.
        attribute: The attribute of the class.
        siblings: Instances that were loaded with it.

    Returns:
        The value.
    """
    try:
        value = await read(session, instance, attribute, siblings)
    finally:
        await session.close()
    _lead_back(attribute.property, (instance, *siblings))
    return value


def _lead_back(prop: Any, parents: Iterable[Any]) -> None:
    """Let what was loaded refer to its parents.

    A session finds them in its identity map; without one they would be loaded
    a second time.
    """
    if not isinstance(prop, RelationshipProperty) or not prop.uselist:
        return
    keys = [
        each.key for each in prop._reverse if is_key(each) and not each.uselist
    ]
    for parent in parents if keys else ():
        value = parent._sac_peek(prop.key)
        for child in () if value is NO_VALUE else value._copy_of():
            for key in keys:
                if unset(child, key):
                    child._sac_put(key, parent)


async def value_of(instance: Any, name: str) -> Any:
    """Return the value of an attribute, loaded if need be.

    Args:
        instance: The instance.
        name: Name of the attribute.
    """
    prop = type(instance).__mapper__._properties.get(name)
    session = instance._sac_session
    if (
        prop is not None
        and session is not None
        and not getattr(prop, "written", False)
        and not getattr(prop, "by_statement", False)
        and instance._sac_identity is not None
        and name in type(instance).__mapping__.slots
        and unset(instance, name)
    ):
        check_refusal(instance, prop)
        await read(session, instance, getattr(type(instance), name), ())
    return getattr(instance, name)


def unset(instance: Any, key: str) -> bool:
    """Say whether an attribute is neither loaded nor set.

    Args:
        instance: The instance.
        key: Name of the attribute.
    """
    return (
        instance._sac_peek(key) is NO_VALUE
        and key not in instance._sac_changes
    )


def from_map(session: Any, prop: Any, instance: Any) -> Any:
    """Fill in what needs no query: a reference to what the session has.

    Args:
        session: The session.
        prop: The relationship.
        instance: The instance.

    Returns:
        The value, or NO_VALUE: a query is needed.
    """
    if not is_key(prop) or prop.uselist:
        return NO_VALUE
    values = tuple(instance._sac_peek(key) for key in key_names(prop))
    if NO_VALUE in values:
        return NO_VALUE
    if None in values:
        instance._sac_put(prop.key, None)
        return None
    base = prop.mapper.base_mapper.class_
    found = session.identity_map.get((base, values, None))
    if found is None or found._sac_expired:
        return NO_VALUE
    if not isinstance(found, prop.mapper.class_):
        found = None
    instance._sac_put(prop.key, found)
    return found


def _further(session: Any, instance: Any, prop: Any) -> Further:
    """Return how the statement that loaded an instance goes on."""
    options, root, path = remembered(instance)
    if root is None:
        root = entity_of(type(instance))
    path = (*path, prop.key)
    setting = options.relation(root, path)
    attribute = None if setting is None else setting.attribute
    target = getattr(attribute, "_narrowed", None)
    note = Note(
        "select",
        prop,
        root,
        path,
        entity_of(prop.mapper) if target is None else target,
        getattr(attribute, "_extra", ()),
        {},
    )
    return Further(session, note, options.nodes, False)


def _way_back(note: Note) -> Iterator[Any]:
    """Yield options not to join what is the instance itself."""
    from ..strategy_options import Load

    for other in note.prop._reverse:
        if other.lazy != "select" and is_key(other):
            step = (*note.path, other.key), "select", (), ()
            yield Load._new(note.root, (), (step,))


def _query(further: Further, instance: Any) -> Any:
    """Return the query for one instance; None if there cannot be any."""
    from ...sql.constructors import literal

    note = further.note
    prop, target = note.prop, note.target
    values = {}
    for column in prop.local_columns:
        key = prop.parent.get_property_by_column(column).key
        value = instance._sac_changes.get(key, NO_VALUE)
        if value is NO_VALUE or prop.direction is MANYTOONE:
            value = instance._sac_peek(key)
        if value is NO_VALUE or value is None:
            return None
        values[column] = value

    def bound(column: Any) -> Any:
        if column not in values:
            return None
        return literal(values[column], column.type)

    primary, secondary = prop.condition.adapted(
        bound, target._adapt, lambda column: None
    )
    statement = select_labelled(target.entity_class)
    if prop.secondary is not None:
        statement = statement.select_from(target.entity_class, prop.secondary)
    conditions = [primary] if secondary is None else [primary, secondary]
    conditions += [target._adapted(each) for each in note.criteria]
    statement = statement.where(*conditions)
    by = prop.order_by
    return statement.order_by(*map(target._adapted, by)) if by else statement
