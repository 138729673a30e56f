"""Rows of models as JSON, with relations nested, without instances."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from .._core import rows_to_json
from ..exc import InvalidRequestError
from ..inspection import facts_of
from ..orm.util import aliased
from ..sql.selectable import select

__all__ = ["json_of"]


async def json_of(
    session: Any, query: Any, root: Any, schema: Any, exclude: Container[str]
) -> bytes:
    """Return the rows of a query as JSON.

    Args:
        session: The session to run it in.
        query: A SELECT of a model.
        root: The model, or the alias of it that is selected.
        schema: What to nest: relationships, or a dict of them.
        exclude: Keys to leave out.
    """
    keys, columns = _columns(root)
    nested = await _nested(session, query, keys, columns, schema)
    needed = {each[1] for each in nested}
    kept = [
        at for at, key in enumerate(keys) if key not in exclude or at in needed
    ]
    result = await session.execute(
        query.with_only_columns(
            *(columns[at] for at in kept), maintain_column_froms=True
        )
    )
    return rows_to_json(
        result,
        tuple(None if keys[at] in exclude else keys[at] for at in kept),
        nested=tuple(
            (name, kept.index(at), *rest) for name, at, *rest in nested
        ),
    )


async def _nested(
    session: Any, query: Any, keys: list[str], columns: list[Any], schema: Any
) -> list[Any]:
    """Return what rows_to_json() nests: names, places and what is there."""
    made = []
    for relation, inner in _relations(schema):
        at = keys.index(_local_key(relation))
        many = relation.property.uselist
        groups = await _children(session, query, columns[at], relation, inner)
        found = {
            value: b"[" + b",".join(rows) + b"]" if many else rows[0]
            for value, rows in groups.items()
        }
        made.append((relation.key, at, found, b"[]" if many else None))
    return made


async def _children(
    session: Any, query: Any, column: Any, relation: Any, schema: Any
) -> dict[Any, list[bytes]]:
    """Return the related rows, by the value of a column of their parents."""
    parent = aliased(relation.property.parent.class_)
    child = relation.property.mapper.class_
    key = getattr(parent, column.key)
    found = query.with_only_columns(column, maintain_column_froms=True)
    children = (
        select(child)
        .select_from(parent)
        .join(child, getattr(parent, relation.key))
        .where(key.in_(select(*found.subquery().c)))
    )
    if not relation.property.uselist:
        children = children.distinct()
    keys, columns = _columns(child)
    nested = await _nested(session, children, keys, columns, schema)
    facts = facts_of(child)
    order = relation.property.order_by or [
        getattr(child, facts.attributes[each]) for each in facts.primary_keys
    ]
    result = await session.execute(
        children.order_by(*order).with_only_columns(
            *columns, key, maintain_column_froms=True
        )
    )
    return rows_to_json(
        result, (*keys, None), nested=tuple(nested), by=len(keys)
    )


def _columns(root: Any) -> tuple[list[str], list[Any]]:
    """Return the keys of a model's columns, and their attributes."""
    facts = facts_of(root)
    keys = [each for each in facts.columns if each in facts.attributes]
    return keys, [getattr(root, facts.attributes[each]) for each in keys]


def _relations(schema: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the relationships of a schema, each with the schema below it."""
    if not isinstance(schema, dict):
        schema = dict.fromkeys(schema or ())
    for relation, below in schema.items():
        if isinstance(below, tuple):
            below = below[1]
        yield relation, below if not isinstance(below, str) else None


def _local_key(relation: Any) -> str:
    """Return the key of the column that related rows are found by."""
    local = relation.property.local_columns
    if len(local) != 1:
        raise InvalidRequestError(
            f"{relation} hangs on {len(local)} columns: JSON nests relations"
            " that hang on one"
        )
    [column] = local
    key: str = column.key
    return key
