"""The methods of an Inspector that tell about several tables at once."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from typing import Any

from .. import exc
from .catalog import Catalog

__all__ = ["ObjectKind", "ObjectScope", "SeveralTables"]

TableKey = tuple[str | None, str]


class ObjectKind(enum.Flag):
    """Which kind of objects the ``get_multi_...`` methods tell about."""

    TABLE = enum.auto()
    VIEW = enum.auto()
    MATERIALIZED_VIEW = enum.auto()
    ANY_VIEW = VIEW | MATERIALIZED_VIEW
    ANY = TABLE | VIEW | MATERIALIZED_VIEW


class ObjectScope(enum.Flag):
    """Whether the ``get_multi_...`` methods tell about temporary objects."""

    DEFAULT = enum.auto()
    TEMPORARY = enum.auto()
    ANY = DEFAULT | TEMPORARY


class SeveralTables:
    """Base of ``Inspector``: one ``get_multi_...`` for each ``get_...``.

    They take the name of a schema, the names of the tables (None for all),
    the kind of objects and whether temporary ones are meant. With names,
    ``ObjectKind.ANY`` and ``ObjectScope.ANY``, SQLite's own tables can be
    among them. A name that is not there is left out.
    """

    _catalog: Catalog

    def get_multi_columns(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, list[dict[str, Any]]]:
        """Return the columns by schema and name of the table."""
        return self._multi("get_columns", schema, filter_names, kind, scope)

    def get_multi_pk_constraint(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, dict[str, Any]]:
        """Return the primary keys by schema and name of the table."""
        return self._multi(
            "get_pk_constraint", schema, filter_names, kind, scope
        )

    def get_multi_foreign_keys(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, list[dict[str, Any]]]:
        """Return the foreign keys by schema and name of the table."""
        return self._multi(
            "get_foreign_keys", schema, filter_names, kind, scope
        )

    def get_multi_indexes(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, list[dict[str, Any]]]:
        """Return the indexes by schema and name of the table."""
        return self._multi("get_indexes", schema, filter_names, kind, scope)

    def get_multi_unique_constraints(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, list[dict[str, Any]]]:
        """Return the UNIQUE constraints by schema and name of the table."""
        return self._multi(
            "get_unique_constraints", schema, filter_names, kind, scope
        )

    def get_multi_check_constraints(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, list[dict[str, Any]]]:
        """Return the CHECK constraints by schema and name of the table."""
        return self._multi(
            "get_check_constraints", schema, filter_names, kind, scope
        )

    def get_multi_table_options(
        self,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[TableKey, dict[str, Any]]:
        """Return the options by schema and name of the table."""
        return self._multi(
            "get_table_options", schema, filter_names, kind, scope
        )

    def _multi(
        self,
        method: str,
        schema: str | None,
        filter_names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[TableKey, Any]:
        names: Iterable[str]
        if (
            filter_names
            and kind is ObjectKind.ANY
            and scope is ObjectScope.ANY
        ):
            names = filter_names  # SQLite's own tables can be asked for
        else:
            wanted = self._names_of(schema, kind, scope)
            names = [
                n for n in wanted if not filter_names or n in filter_names
            ]
        found = {}
        for name in names:
            try:
                found[schema, name] = getattr(self, method)(name, schema)
            except exc.NoSuchTableError:
                pass
        return found

    def _names_of(
        self, schema: str | None, kind: ObjectKind, scope: ObjectScope
    ) -> list[str]:
        schemas = []
        if ObjectScope.DEFAULT in scope:
            schemas.append(schema or "main")
        if ObjectScope.TEMPORARY in scope:
            schemas.append("temp")
        kinds = []
        if ObjectKind.TABLE in kind:
            kinds.append("table")
        if ObjectKind.VIEW in kind:
            kinds.append("view")
        return [
            name
            for each in schemas
            for word in kinds
            for name in self._catalog.names(each, word, False)
        ]
