"""Queries from keywords and strings: filters, paths, sorting, searching."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

from .exceptions import (
    NoColumnOrHybridPropertyError,
    NoSearchableColumnsError,
    NoSearchableError,
    NoSortableError,
    RelationError,
)
from .inspection import Facts, InspectionMixin, facts_of
from .orm.util import aliased
from .records.filters import (
    OPERATOR_SPLITTER as _OPERATOR_SPLITTER,  # noqa: F401
)
from .records.filters import (
    RELATION_SPLITTER as _RELATION_SPLITTER,
)
from .records.filters import class_of, expression_of, name_of
from .records.operators import OPERATORS as _OPERATORS  # noqa: F401
from .sql.constructors import and_, asc, desc, or_
from .utils import (
    eager_expr_from_schema,
    flatten_nested_filter_keys,
    get_query_root_cls,
)

__all__ = ["SmartQueryMixin"]

_DESC_PREFIX = "-"

# The alias that a path of relations leads to, and the attribute it is by.
_Aliases = dict[str, tuple[Any, Any]]


class SmartQueryMixin(InspectionMixin):
    """Makes expressions from keywords, and queries from those.

    The ``*_expr`` methods can be called on a model and on an alias of one.
    """

    __abstract__ = True

    @classmethod
    def filter_expr(cls, **filters: Any) -> list[Any]:
        """Return the expressions of filters.

        A filter is ``attribute=value`` or ``attribute__operator=value``; a
        hybrid method is called with the value.

        Args:
            filters: The filters.

        Raises:
            NoFilterableError: There is no such attribute.
            OperatorError: There is no such operator.
        """
        facts = facts_of(cls)
        return [
            expression_of(cls, facts, key, value)
            for key, value in filters.items()
        ]

    @classmethod
    def order_expr(cls, *columns: str) -> list[Any]:
        """Return what a query sorts by.

        Args:
            columns: Names of columns and hybrid properties, with ``-`` in
                front for descending order.

        Raises:
            NoSortableError: There is no such attribute.
        """
        return [_order(cls, each) for each in columns]

    @classmethod
    def columns_expr(cls, *columns: str) -> list[Any]:
        """Return attributes by name.

        Args:
            columns: Names of columns and hybrid properties.

        Raises:
            NoColumnOrHybridPropertyError: There is no such attribute.
        """
        facts = facts_of(cls)
        found = []
        for name in columns:
            attribute = _sortable(facts, name)
            if attribute is None:
                raise NoColumnOrHybridPropertyError(name, name_of(cls))
            found.append(getattr(cls, attribute))
        return found

    @classmethod
    def eager_expr(cls, schema: Any) -> list[Any]:
        """Return the loader options of an eager loading schema.

        Args:
            schema: As :func:`~sqlactive_c.utils.eager_expr_from_schema`
                takes it.
        """
        return eager_expr_from_schema(schema)

    @classmethod
    def smart_query(
        cls,
        query: Any,
        criteria: Sequence[Any] | None = None,
        filters: Any = None,
        sort_columns: Sequence[Any] | None = None,
        sort_attrs: Sequence[str] | None = None,
        group_columns: Sequence[Any] | None = None,
        group_attrs: Sequence[str] | None = None,
        schema: Any = None,
        *,
        criterion: Sequence[Any] | None = None,
    ) -> Any:
        """Return a query with filters, sorting, grouping and loading.

        Every path of relations in ``filters``, ``sort_attrs`` and
        ``group_attrs`` is one outer join, which they share.

        Args:
            query: A SELECT of a model.
            criteria: Expressions, all of which are to hold.
            filters: A dict of filters; keys may be ``and_``, ``or_`` and
                ``not_`` with dicts or lists of filters for values. Or a list
                of such dicts.
            sort_columns: Expressions to sort by.
            sort_attrs: Names to sort by, after the expressions.
            group_columns: Expressions to group by.
            group_attrs: Names to group by, after the expressions.
            schema: What to load along.
            criterion: Another name of ``criteria``.

        Raises:
            FilterTypeError: Filters are neither a dict nor a list.
            RelationError: A path leads through no relation.
            RootClassNotFoundError: The query selects no model.
        """
        filters = filters or {}
        sort_attrs = sort_attrs or ()
        group_attrs = group_attrs or ()
        root = get_query_root_cls(query, raise_on_none=True)
        aliases = cls._get_aliases(root, filters, sort_attrs, group_attrs)
        for alias, attribute in aliases.values():
            query = query.outerjoin(alias, attribute)
        criteria = criteria or criterion
        if criteria:
            query = query.filter(*criteria)
        if filters:
            query = query.filter(*cls._recurse_filters(filters, root, aliases))
        if sort_columns:
            query = query.order_by(*sort_columns)
        if sort_attrs:
            query = cls._sort_query(query, sort_attrs, root, aliases)
        if group_columns:
            query = query.group_by(*group_columns)
        if group_attrs:
            query = cls._group_query(query, group_attrs, root, aliases)
        if schema:
            query = query.options(*eager_expr_from_schema(schema))
        return query

    @classmethod
    def apply_search_filter(
        cls,
        query: Any,
        search_term: str,
        columns: Sequence[Any] | None = None,
    ) -> Any:
        """Return a query for rows with a text in one of some columns.

        Args:
            query: A SELECT of a model.
            search_term: The text; case does not matter.
            columns: Names or attributes, all that are searchable if there
                are none.

        Raises:
            NoSearchableColumnsError: The model has no columns of text.
            NoSearchableError: One of ``columns`` is not searchable.
            RootClassNotFoundError: The query selects no model.
        """
        root = get_query_root_cls(query, raise_on_none=True)
        names = cls._get_searchable_columns(root, columns)
        if not names:
            raise NoSearchableColumnsError(name_of(root))
        attributes = facts_of(root).attributes
        pattern = f"%{search_term}%"
        return query.filter(
            or_(
                *(
                    getattr(root, attributes.get(name, name)).ilike(pattern)
                    for name in names
                )
            )
        )

    @classmethod
    def _get_mapper(cls) -> tuple[Any, Any]:
        """Return the class or the alias of it, and the class itself."""
        return cls, class_of(cls)

    @classmethod
    def _get_aliases(
        cls,
        root_cls: Any,
        filters: Any,
        sort_attrs: Sequence[str],
        group_attrs: Sequence[str],
    ) -> _Aliases:
        names = [
            *flatten_nested_filter_keys(filters),
            *(each.lstrip(_DESC_PREFIX) for each in sort_attrs),
            *group_attrs,
        ]
        aliases: _Aliases = {}
        cls._make_aliases_from_attrs(root_cls, "", names, aliases)
        return aliases

    @staticmethod
    def _get_searchable_columns(
        root_cls: Any, columns: Sequence[Any] | None = None
    ) -> list[str]:
        searchable: list[str] = root_cls.searchable_attributes
        if not columns:
            return searchable
        names = [
            each if isinstance(each, str) else each.key for each in columns
        ]
        for name in names:
            if name not in searchable:
                raise NoSearchableError(name, name_of(root_cls))
        return names

    @classmethod
    def _make_aliases_from_attrs(
        cls, entity: Any, entity_path: str, attrs: Sequence[str], aliases: Any
    ) -> None:
        """Fill ``aliases`` with what the paths in ``attrs`` lead through."""
        below: dict[str, list[str]] = {}
        for each in attrs:
            relation, splitter, rest = each.partition(_RELATION_SPLITTER)
            if splitter:
                below.setdefault(relation, []).append(rest)
        for relation, rests in below.items():
            path = relation
            if entity_path:
                path = entity_path + _RELATION_SPLITTER + relation
            if relation not in facts_of(entity).relations:
                raise RelationError(
                    relation,
                    entity.__name__,
                    f"incorrect relation path: {path!r}",
                )
            attribute = getattr(entity, relation)
            alias = aliased(attribute.property.mapper.class_)
            aliases[path] = (alias, attribute)
            cls._make_aliases_from_attrs(alias, path, rests, aliases)

    @classmethod
    def _recurse_filters(
        cls, filters: Any, root_cls: Any, aliases: _Aliases
    ) -> Iterator[Any]:
        if isinstance(filters, list):
            for each in filters:
                yield from cls._recurse_filters(each, root_cls, aliases)
            return
        if not isinstance(filters, dict):
            return
        for key, value in filters.items():
            if callable(key):
                inner = list(cls._recurse_filters(value, root_cls, aliases))
                function: Any = _JOINING.get(key, key)
                joined = function(*inner)
                # Nothing, joined by and_() or or_(), is no condition.
                if inner or key not in _JOINING:
                    yield joined
                continue
            entity, name = _at_the_end(key, root_cls, aliases)
            try:
                yield expression_of(entity, facts_of(entity), name, value)
            except Exception as error:
                error.add_note(f"incorrect filter path: {key!r}")
                raise

    @classmethod
    def _sort_query(
        cls,
        query: Any,
        sort_attrs: Sequence[str],
        root_cls: Any,
        aliases: _Aliases,
    ) -> Any:
        for each in sort_attrs:
            entity, name = root_cls, each
            if _RELATION_SPLITTER in each:
                bare = each.lstrip(_DESC_PREFIX)
                entity, name = _at_the_end(bare, root_cls, aliases)
                if bare != each:
                    name = _DESC_PREFIX + name
            try:
                query = query.order_by(*entity.order_expr(name))
            except Exception as error:
                error.add_note(f"incorrect order path: {each!r}")
                raise
        return query

    @classmethod
    def _group_query(
        cls,
        query: Any,
        group_attrs: Sequence[str],
        root_cls: Any,
        aliases: _Aliases,
    ) -> Any:
        for each in group_attrs:
            entity, name = _at_the_end(each, root_cls, aliases)
            try:
                query = query.group_by(*entity.columns_expr(name))
            except Exception as error:
                error.add_note(f"incorrect group path: {each!r}")
                raise
        return query


# The functions of the module operator, which stand for and_() and or_() under
# `sql.operators`, take two expressions; these take any number.
_JOINING: dict[Any, Any] = {
    and_: and_,
    or_: or_,
    operator.and_: and_,
    operator.or_: or_,
}


def _at_the_end(key: str, root: Any, aliases: _Aliases) -> tuple[Any, str]:
    """Return what a path leads to, and the name behind it."""
    path, splitter, name = key.rpartition(_RELATION_SPLITTER)
    return (aliases[path][0], name) if splitter else (root, key)


def _order(cls: Any, name: str) -> Any:
    direction = asc
    if name.startswith(_DESC_PREFIX):
        direction, name = desc, name[1:]
    attribute = _sortable(facts_of(cls), name)
    if attribute is None:
        raise NoSortableError(name, name_of(cls))
    return direction(getattr(cls, attribute))


def _sortable(facts: Facts, name: str) -> str | None:
    found = facts.attributes.get(name)
    if found is None and name in facts.hybrid_properties:
        return name
    return found
