"""Queries for something else than instances: values, JSON, changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from .._core import rows_to_json
from ..inspection import facts_of
from ..sql.constructors import literal_column, tuple_
from ..sql.dml import delete, update
from ..sql.selectable import select
from ..utils import get_query_root_cls
from .scope import current_unit, scope
from .tables import check_one_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProjectingMixin"]


class ProjectingMixin:
    """Methods that run a variation of the query; it stays as it is."""

    _query: Any
    _root: Any

    def _registry(self) -> Any:
        raise NotImplementedError

    def _root_cls(self) -> Any:
        """Return the model, or the alias of one, that is selected.

        Raises:
            RootClassNotFoundError: There is none.
        """
        if self._root is not None:
            return self._root
        return get_query_root_cls(self._query, raise_on_none=True)

    async def _run(self, statement: Any) -> Any:
        async with scope(self._registry()) as session:
            return await session.execute(statement)

    def _only(self, columns: Sequence[Any]) -> Any:
        root = self._root_cls()
        attributes = facts_of(root).attributes
        return self._query.with_only_columns(
            *(
                getattr(root, attributes.get(each, each))
                if isinstance(each, str)
                else each
                for each in columns
            ),
            maintain_column_froms=True,
        )

    async def values(self, *columns: Any) -> list[dict[str, Any]]:
        """Return a dict for each row.

        Args:
            columns: Names of columns and hybrids, or expressions; none: the
                columns of the model.
        """
        chosen = columns or facts_of(self._root_cls()).columns
        result = await self._run(self._only(chosen))
        names = [
            each if isinstance(each, str) else key
            for each, key in zip(chosen, result.keys(), strict=True)
        ]
        return [dict(zip(names, row, strict=True)) for row in result]

    async def pluck(self, *columns: Any) -> list[Any]:
        """Return the values of a column, or tuples of several columns.

        Args:
            columns: Names of columns and hybrids, or expressions; none: the
                primary key.
        """
        chosen = columns or facts_of(self._root_cls()).primary_keys
        result = await self._run(self._only(chosen))
        if len(chosen) == 1:
            return list(result.scalars())
        return [tuple(each) for each in result]

    async def exists(self) -> bool:
        """Say whether there is a row."""
        query = self._query.order_by(None).with_only_columns(
            literal_column("1"), maintain_column_froms=True
        )
        if query._limit is None:
            query = query.limit(1)
        return (await self._run(query)).first() is not None

    async def to_json(
        self,
        schema: Collection[Any] | Mapping[Any, Any] | None = None,
        exclude: Collection[str] | None = None,
    ) -> bytes:
        """Return the rows as a JSON array of objects, in UTF-8.

        No instances are built. The keys are those of the model's columns, or
        of what is selected instead.

        Args:
            schema: Relationships to nest, each by one more query; a dict
                from relationships to schemas of their own or to a way of
                loading, which makes no difference here. A relation to one
                row that is not there has no key.
            exclude: Keys to leave out, of the rows themselves.
        """
        from .nesting import json_of

        async with scope(self._registry()) as session:
            if not self._selects_model():
                result = await session.execute(self._query)
                return rows_to_json(result, tuple(result.keys()))
            return await json_of(
                session, self._query, self._root_cls(), schema, exclude or ()
            )

    def _selects_model(self) -> bool:
        """Say whether it is instances of one class that are selected."""
        if self._root is not None:
            return True
        described = self._query.column_descriptions
        return len(described) == 1 and (
            described[0]["expr"] is described[0].get("entity")
        )

    async def update_where(self, **values: Any) -> int:
        """Change all rows that the query finds, by one UPDATE.

        Instances that a session holds, and columns with ``onupdate``, follow.

        Args:
            values: New values by attribute: plain ones or expressions.

        Returns:
            How many rows there were.
        """
        root = self._root_cls()
        attributes = facts_of(root).attributes
        given = {
            attributes.get(key, key): each for key, each in values.items()
        }
        return await self._change(update(root.__mapper__.class_).values(given))

    async def delete_where(self) -> int:
        """Delete all rows that the query finds, by one DELETE.

        Cascades of relationships are not looked at; those that the database
        has by ``ON DELETE`` are its own.

        Returns:
            How many rows there were.

        Raises:
            InvalidRequestError: The rows of the model are in several tables.
        """
        cls = self._root_cls().__mapper__.class_
        check_one_table(cls, "delete_where()", "delete_all()")
        return await self._change(delete(cls))

    async def _change(self, statement: Any) -> int:
        root = self._root_cls()
        registry = self._registry()
        statement = statement.where(*_conditions(root, self._query))
        async with scope(registry, True) as session:
            result = await session.execute(statement)
            if current_unit(registry) is None:
                await session.commit()
            return int(result.rowcount)


# What makes a SELECT more than conditions on its rows.
_MORE = (
    "_from_obj",
    "_setup_joins",
    "_memoized",
    "_group_by",
    "_having",
    "_limit",
    "_offset",
    "_fetch",
    "_distinct",
    "_ctes",
    "_from_statement",
)


def _conditions(root: Any, query: Any) -> Sequence[Any]:
    """Return the conditions of a query, for a statement on its table."""
    if isinstance(root, type) and all(
        getattr(query, each) is None for each in _MORE
    ):
        conditions: Sequence[Any] = query._where_criteria
        return conditions
    facts = facts_of(root)
    cls = root.__mapper__.class_
    names = [facts.attributes[each] for each in facts.primary_keys]
    found = query.options().with_only_columns(
        *(getattr(root, each) for each in names), maintain_column_froms=True
    )
    own = [getattr(cls, each) for each in names]
    target = own[0] if len(own) == 1 else tuple_(*own)
    return (target.in_(select(*found.subquery().c)),)
