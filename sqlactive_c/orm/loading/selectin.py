"""Loading a relationship of many instances by ``IN``.

A query gives rows of a key and a related instance; the core hands them out.
The key is the primary key of the parent or, many-to-one, what the parent's
foreign key refers to.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

from ... import _core
from ...sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    bindparam,
    tuple_,
)
from ...sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL, select
from ..interfaces import MANYTOMANY, MANYTOONE
from .context import plan_of
from .options import Options, Origin
from .plan import Note

__all__ = [
    "CHUNK",
    "Further",
    "among",
    "is_key",
    "is_simple",
    "key_names",
    "load_in",
    "select_labelled",
]

#: So many keys go into one query; where one query is asked for, as many as
#: SQLite takes.
CHUNK = 500
WHOLE = 30_000
#: For fewer it is not worth while to find out whether rows repeat.
FEW = 100


class Further(NamedTuple):
    """A relationship that is loaded by further queries.

    Attributes:
        session: The session.
        note: What is loaded.
        options: The options of the statement it belongs to.
        again: Whether what is loaded is read again.
    """

    session: Any
    note: Note
    options: tuple[Any, ...]
    again: bool

    @property
    def attribute(self) -> Any:
        """The attribute of the class."""
        return getattr(self.note.prop.parent.class_, self.note.prop.key)

    @property
    def warning(self) -> str | None:
        """What is warned of when there are several instances."""
        prop = self.note.prop
        single = prop.uselist or prop.direction is MANYTOONE
        return None if single else str(prop)

    @property
    def chunk(self) -> int:
        """How many keys go into one query."""
        return WHOLE if self.note.action == "subquery" else CHUNK

    def hand_out(
        self, instances: list[Any], names: tuple[str, ...], rows: list[Any]
    ) -> None:
        """Put what rows have into the relationship of instances.

        Args:
            instances: The instances.
            names: Attributes that the rows' keys are compared with; none:
                the primary key.
            rows: The rows, of a key and a related instance.
        """
        _core.distribute(
            instances, self.attribute, names, rows, self.again, self.warning
        )

    def prepared(self, statement: Any, *more: Any) -> Any:
        """Return a statement with the options for what it selects.

        Args:
            statement: A SELECT of the related entity.
            *more: Further options.
        """
        root, path = self.note.root, self.note.path
        given = [each for each in self.options if not is_origin(each)]
        depth = self.note.settings.get("recursion")
        if depth is not None:
            given = [_next_level(each, path, depth) for each in given]
            path = path[:-1]
        return statement.options(*given, *more, Origin.of(root, path))

    async def rows(
        self,
        statement: Any,
        values: dict[str, Any] | None = None,
        flush: bool = False,
        repeated: bool = True,
    ) -> list[Any]:
        """Execute a statement.

        Args:
            statement: The statement.
            values: Its parameters.
            flush: Whether the session may flush first.
            repeated: Whether rows may be there twice.
        """
        options = {"populate_existing": self.again}
        if not flush:
            options["autoflush"] = False
        result = await self.session.execute(
            statement, values, execution_options=options
        )
        return list(result.unique().all() if repeated else result.all())

    def repeats(self, statement: Any) -> bool:
        """Say whether rows of a statement may be there twice.

        Args:
            statement: A SELECT that was prepared.
        """
        if self.note.prop.secondary is not None:
            return True
        options = Options(statement._counted_options or ())
        return plan_of(self.note.target, options).has_collections


def _next_level(option: Any, path: tuple[str, ...], depth: int) -> Any:
    """Return an option as it is for the instances one level below."""
    steps = getattr(option, "steps", None)
    if not steps or depth < 0:
        return option
    changed = []
    for attributes, action, keys, settings in steps:
        names = tuple(getattr(each, "key", each) for each in attributes)
        if names == path and "recursion" in dict(settings):
            if depth == 0:
                action, settings = "select", ()
            else:
                settings = (("recursion", depth - 1),)
        changed.append((attributes, action, keys, settings))
    return option._replace(steps=tuple(changed))


def is_origin(option: Any) -> bool:
    """Say whether an option is about where a statement belongs."""
    return isinstance(option, Origin)


async def load_in(further: Further, instances: Sequence[Any]) -> None:
    """Load a relationship of instances.

    Args:
        further: What is loaded, and how.
        instances: The instances.
    """
    parents = list(instances)
    if is_key(further.note.prop):
        names = key_names(further.note.prop)
        keys = _core.related_keys(parents, names)
        if keys is not None:
            await _load_by_key(further, parents, names, _in_order(keys))
            return
    await _load_by_parents(further, parents)


async def _load_by_parents(further: Further, parents: list[Any]) -> None:
    """Load by the primary keys of the parents.

    What one query gives is handed out before the next one: its rows need not
    be kept, and are at hand.
    """
    statement = further.prepared(_by_parents(further))
    repeats = further.repeats(statement)
    size = further.chunk
    for at in range(0, len(parents), size):
        some = parents[at : at + size]
        keys = _core.related_keys(some, ()) or []
        rows = await further.rows(
            statement,
            {"primary_keys": keys},
            repeated=len(some) < FEW or repeats,
        )
        further.hand_out(some, (), rows)


async def _load_by_key(
    further: Further,
    parents: list[Any],
    names: tuple[str, ...],
    keys: list[Any],
) -> None:
    """Load by what the parents' foreign keys refer to.

    Many parents may refer to one instance, so that all are loaded first.
    """
    statement = further.prepared(_by_key(further))
    rows: list[Any] = []
    repeated = len(keys) < FEW or further.repeats(statement)
    size = further.chunk
    for at in range(0, len(keys), size):
        rows += await further.rows(
            statement,
            {"primary_keys": keys[at : at + size]},
            repeated=repeated,
        )
    further.hand_out(parents, names, rows)


def _in_order(keys: list[Any]) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:
        return keys


def key_names(prop: Any) -> tuple[str, ...]:
    """Return the attributes that refer to the primary key of the target.

    Args:
        prop: A relationship of which :func:`is_key` is true.
    """
    local = {remote: local for local, remote in prop.local_remote_pairs}
    return tuple(
        prop.parent.get_property_by_column(local[column]).key
        for column in prop.mapper.primary_key
    )


# -- queries -----------------------------------------------------------------


def _by_key(further: Further) -> Any:
    """Return a query of related instances by their own primary key."""
    target = further.note.target
    columns = [target._column(each) for each in target.mapper.primary_key]
    return _of_target(further, columns)


def _by_parents(further: Further) -> Any:
    """Return a query of related instances by the key of their parents."""
    note = further.note
    prop, target = note.prop, note.target
    remote = dict(prop.local_remote_pairs)
    key = prop.parent.primary_key
    if (
        prop.direction not in (MANYTOONE, MANYTOMANY)
        and is_simple(prop)
        and set(remote) == set(key)
    ):
        columns = [target._column(remote[each]) for each in key]
        return _of_target(further, columns)
    return _joined(further)


def _of_target(further: Further, columns: list[Any]) -> Any:
    note = further.note
    target = note.target
    statement = (
        select_labelled(*columns, target.entity_class)
        .select_from(target.entity_class)
        .where(
            among(columns), *(target._adapted(each) for each in note.criteria)
        )
    )
    return _ordered(statement, note)


def _joined(further: Further) -> Any:
    from ..util import aliased

    note = further.note
    prop, target = note.prop, note.target
    parent = aliased(prop.parent.class_)
    columns = [
        parent.__entity_node__._column(each)
        for each in prop.parent.primary_key
    ]
    path = getattr(parent, prop.key).of_type(target.entity_class)
    if note.criteria:
        path = path.and_(*note.criteria)
    statement = (
        select_labelled(*columns, target.entity_class)
        .select_from(parent)
        .join(path)
        .where(among(columns))
    )
    return _ordered(statement, note)


def select_labelled(*columns: Any) -> Any:
    """Return a SELECT whose columns are labelled with their tables.

    Args:
        *columns: What it selects.
    """
    return select(*columns).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)


def among(columns: list[Any]) -> Any:
    """Return the condition that a key is one of the ``primary_keys``.

    Args:
        columns: The columns of the key.
    """
    key = columns[0] if len(columns) == 1 else tuple_(*columns)
    return key.in_(bindparam("primary_keys", expanding=True))


def _ordered(statement: Any, note: Note) -> Any:
    by = note.prop.order_by
    return (
        statement.order_by(*map(note.target._adapted, by))
        if by
        else (statement)
    )


# -- relationships -----------------------------------------------------------


def is_simple(prop: Any) -> bool:
    """Say whether a relationship is only that keys are equal.

    Args:
        prop: The relationship.
    """
    if prop.secondary is not None:
        return False
    condition = prop.primaryjoin
    parts: tuple[Any, ...] = (condition,)
    if isinstance(condition, BooleanClauseList):
        if condition.operator is not operator.and_:
            return False
        parts = tuple(condition.clauses)
    pairs = {frozenset(pair) for pair in prop.local_remote_pairs}
    return len(parts) == len(pairs) and all(
        isinstance(each, BinaryExpression)
        and each.operator is operator.eq
        and frozenset((each.left, each.right)) in pairs
        for each in parts
    )


def is_key(prop: Any) -> bool:
    """Say whether a relationship refers to a primary key, and to that only.

    Args:
        prop: The relationship.
    """
    return (
        prop.direction is MANYTOONE
        and is_simple(prop)
        and {remote for _, remote in prop.local_remote_pairs}
        == set(prop.mapper.primary_key)
    )
