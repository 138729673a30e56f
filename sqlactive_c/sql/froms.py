"""What a statement selects from: tables behind expressions, joins by key."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from .. import exc
from .._core import ClauseElement, ColumnElement

__all__ = ["froms_of", "join_condition", "lineage", "unique"]


def froms_of(element: Any) -> tuple[Any, ...]:
    """Return what an expression would be selected from, in order.

    Args:
        element: An expression, an entity, a FROM element or what is no node
            at all.
    """
    if isinstance(element, tuple):
        return unique(each for part in element for each in froms_of(part))
    if not isinstance(element, ClauseElement):
        return ()
    own = getattr(element, "_own_froms", None)
    if own is not None:
        return tuple(own())
    memo = element._memo
    found = memo.get("froms")
    if found is None:
        found = unique(_froms_of_parts(element))
        memo["froms"] = found
    return found


def _froms_of_parts(element: ClauseElement) -> Iterator[Any]:
    resolve = getattr(element, "_resolve", None)
    if resolve is not None:
        yield from froms_of(resolve())
        return
    selectable = getattr(element, "_selectable", None)
    if selectable is not None:
        yield from froms_of(selectable)
        return
    for name, part in zip(
        getattr(element, "_fields", ()), element._parts, strict=False
    ):
        if not name.startswith("-"):
            yield from froms_of(part)


def entity_of(element: Any, deep: bool = False) -> Any:
    """Return the entity of the first attribute in an expression.

    Args:
        element: What stands in ``select()``: a column, an expression, an
            entity.
        deep: Look into subqueries, too.

    Returns:
        The entity; None where there is no attribute.
    """
    waiting = deque([element])
    seen: set[int] = set()  # one node may stand in many places
    while waiting:
        each = waiting.popleft()
        if isinstance(each, tuple):
            waiting.extend(each)
            continue
        if not isinstance(each, ClauseElement) or id(each) in seen:
            continue
        seen.add(id(each))
        if getattr(each, "is_entity", False):
            return each
        found = getattr(each, "_entity", None)
        if found is not None:
            return found
        if deep or not _is_apart(each):
            waiting.extend(each._parts)
    return None


def _is_apart(element: Any) -> bool:
    """Say whether an element is, or belongs to, a statement of its own."""
    return bool(
        getattr(element, "is_select", False)
        or (
            getattr(element, "_is_from", False)
            and not isinstance(element, ColumnElement)  # no function
        )
        or getattr(element, "__visit_name__", None) == "proxy"
    )


def is_mapped(statement: Any) -> bool:
    """Say whether mapped classes take part in a statement.

    Args:
        statement: What selects or changes rows.
    """
    parts = (
        getattr(statement, "_raw_columns", None),
        getattr(statement, "_from_obj", None),
        getattr(statement, "table", None),
        getattr(statement, "_where", None),
        *(
            columns
            for columns, *_ in getattr(statement, "_memoized", None) or ()
        ),
    )
    return any(entity_of(each, True) is not None for each in parts)


def unique(items: Iterable[Any]) -> tuple[Any, ...]:
    """Return the items without those that came before."""
    return tuple(dict.fromkeys(items))


def selectable_of(target: Any) -> Any:
    """Return the FROM element behind an entity; others as they are."""
    return getattr(target, "_selectable", None) or target


# ---- columns ---------------------------------------------------------------


def lineage(column: Any) -> set[Any]:
    """Return a column and all those that it stands for, to the table's."""
    memo = column._memo
    found = memo.get("lineage")
    if found is None:
        found = {column}
        resolve = getattr(column, "_resolve", None)
        if resolve is not None:
            found |= lineage(resolve())
        for source in getattr(column, "_sources", ()):
            found |= lineage(source)
        memo["lineage"] = found
    return found  # type: ignore[no-any-return]


def shares_lineage(one: Any, other: Any) -> bool:
    """Say whether two columns go back to the same one."""
    return bool(lineage(one) & lineage(other))


def corresponding(columns: Iterable[Any], column: Any) -> Any:
    """Return the column among some that stands for another, or None."""
    wanted = lineage(column)
    best: Any = None
    best_score = -1
    for each in columns:
        if each is column:
            return each
        score = len(lineage(each) & wanted)
        if score and score > best_score and column in lineage(each):
            best, best_score = each, score
    if best is not None:
        return best
    for each in columns:
        if lineage(each) & wanted:
            return each
    return None


# ---- joining by foreign keys -----------------------------------------------


def _age(column: Any) -> int:
    return int(
        min(getattr(each, "_creation_order", 1 << 60)
            for each in lineage(column))
    )  # fmt: skip


def _keys(selectable: Any) -> list[tuple[Any, Any]]:
    """Return pairs of column and foreign key, the oldest column first."""
    pairs = [
        (column, key)
        for column in selectable.c
        for key in getattr(column, "foreign_keys", ())
    ]
    pairs.sort(key=lambda pair: _age(pair[0]))
    return pairs


def _referent(key: Any, selectable: Any) -> Any:
    """Return the column of a FROM element that a foreign key points to."""
    try:
        target = key.column
    except exc.NoReferenceError:
        names = {
            getattr(each, "name", None) for each in _tables_in(selectable)
        }
        if getattr(key, "_target_table_name", lambda: None)() in names:
            raise
        return None
    found = corresponding(selectable.c, target)
    if found is None or target not in lineage(found):
        return None
    return found


def _tables_in(selectable: Any) -> Iterator[Any]:
    yield selectable
    for name in ("left", "right", "element"):
        part = getattr(selectable, name, None)
        if part is not None:
            yield from _tables_in(part)


def _constraints(
    left: Any, near: Any, right: Any
) -> dict[Any, list[tuple[Any, Any]]]:
    for side in (near, left):
        if side is None:
            continue
        found: dict[Any, list[tuple[Any, Any]]] = {}
        for column, key in _keys(right):
            target = _referent(key, side)
            if target is not None:
                found.setdefault(key.constraint, []).append((target, column))
        if side is not right:
            for column, key in _keys(side):
                target = _referent(key, right)
                if target is not None:
                    found.setdefault(key.constraint, []).append(
                        (target, column)
                    )
        if found:
            return found
    return {}


def can_join(left: Any, right: Any) -> bool:
    """Say whether a foreign key connects two FROM elements."""
    return bool(_constraints(left, getattr(left, "_near", None), right))


def join_condition(left: Any, right: Any) -> Any:
    """Return the condition of a join, by the one foreign key there is.

    Args:
        left: A FROM element.
        right: The other.

    Raises:
        NoForeignKeysError: None connects them.
        AmbiguousForeignKeysError: More than one does.
    """
    found = _constraints(left, getattr(left, "_near", None), right)
    if not found:
        raise exc.NoForeignKeysError(
            f"no foreign key connects {_name(left)!r} and {_name(right)!r};"
            " pass the condition of the join"
        )
    ways = {tuple(pairs) for pairs in found.values()}
    if len(ways) > 1:
        raise exc.AmbiguousForeignKeysError(
            f"{_name(left)!r} and {_name(right)!r} are connected by more than"
            " one foreign key; pass the condition of the join"
        )
    criteria = [target == column for target, column in ways.pop()]
    if len(criteria) == 1:
        return criteria[0]
    from .elements import and_

    return and_(*criteria)


def _name(selectable: Any) -> str:
    return str(getattr(selectable, "description", selectable))
