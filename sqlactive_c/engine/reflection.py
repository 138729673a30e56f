"""What there is in a database: tables, columns, keys, indexes, views."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from .. import exc
from .._core import text
from ..sql.affinity import type_of_name
from ..sql.ddl_reader import as_text, fold, index_condition
from ..sql.inspect import inspects
from .catalog import Catalog
from .several_tables import (
    ObjectKind,
    ObjectScope,
    SeveralTables,
    TableKey,
)
from .sync import Connection

if TYPE_CHECKING:
    from ..sql.dialect import SQLiteDialect
    from ..sql.table import Table

__all__ = ["Inspector", "ObjectKind", "ObjectScope"]


class Inspector(SeveralTables):
    """Tells what there is in a database.

    Get one with ``inspect(connection)`` inside ``AsyncConnection.run_sync``.
    It keeps what it has read until :meth:`clear_cache`. ``schema`` is
    everywhere the name of an attached database, ``temp``, or None for the
    main one together with temporary tables and views.

    Args:
        bind: The connection that ``AsyncConnection.run_sync`` gives.

    Attributes:
        bind: The connection.
        engine: Its engine.
        dialect: Its dialect.
        info_cache: What has been read.
    """

    default_schema_name = "main"

    def __init__(self, bind: Any) -> None:
        if not hasattr(bind, "exec_driver_sql") or hasattr(bind, "run_sync"):
            raise exc.NoInspectionAvailable(
                "an Inspector needs the connection that"
                f" AsyncConnection.run_sync() gives, not {bind!r}"
            )
        self.bind = bind
        self.engine: Any = bind.engine
        self.dialect: SQLiteDialect = bind.dialect
        self._catalog = Catalog(bind)
        self.info_cache = self._catalog.cache

    @classmethod
    def from_engine(cls, bind: Any) -> Inspector:
        """Return an inspector; the same as ``Inspector(bind)``."""
        return cls(bind)

    def clear_cache(self) -> None:
        """Forget what has been read."""
        self.info_cache.clear()

    # -- names --------------------------------------------------------------

    def get_schema_names(self, **kw: Any) -> list[str]:
        """Return the names of the databases, without ``temp``."""
        return [name for name in self._catalog.databases() if name != "temp"]

    def has_schema(self, schema_name: str, **kw: Any) -> bool:
        """Say whether there is an attached database of a name."""
        return schema_name in self.get_schema_names()

    def get_table_names(
        self,
        schema: str | None = None,
        sqlite_include_internal: bool = False,
        **kw: Any,
    ) -> list[str]:
        """Return the names of the tables, sorted; not the temporary ones.

        Args:
            schema: Name of an attached database.
            sqlite_include_internal: With SQLite's own tables.
            **kw: Ignored, here and in the other methods.
        """
        return self._catalog.names(
            schema or "main", "table", sqlite_include_internal
        )

    def get_view_names(
        self,
        schema: str | None = None,
        sqlite_include_internal: bool = False,
        **kw: Any,
    ) -> list[str]:
        """Return the names of the views, sorted; not the temporary ones."""
        return self._catalog.names(
            schema or "main", "view", sqlite_include_internal
        )

    def get_temp_table_names(
        self, sqlite_include_internal: bool = False, **kw: Any
    ) -> list[str]:
        """Return the names of the temporary tables, sorted."""
        return self._catalog.names("temp", "table", sqlite_include_internal)

    def get_temp_view_names(
        self, sqlite_include_internal: bool = False, **kw: Any
    ) -> list[str]:
        """Return the names of the temporary views, sorted."""
        return self._catalog.names("temp", "view", sqlite_include_internal)

    def get_materialized_view_names(
        self, schema: str | None = None, **kw: Any
    ) -> list[str]:
        """Raise NotImplementedError: SQLite has none."""
        raise NotImplementedError("SQLite has no materialized views")

    def get_sequence_names(
        self, schema: str | None = None, **kw: Any
    ) -> list[str]:
        """Return an empty list: SQLite has no sequences."""
        return []

    def has_sequence(
        self, sequence_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        """Return False: SQLite has no sequences."""
        return False

    def has_table(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        """Say whether there is a table or view of a name."""
        if schema is not None:
            known = {"temp", *map(fold, self._catalog.databases())}
            if fold(schema) not in known:
                return False
        return self._catalog.find(table_name, schema) is not None

    def has_index(
        self,
        table_name: str,
        index_name: str,
        schema: str | None = None,
        **kw: Any,
    ) -> bool:
        """Say whether a table is there and has an index of a name."""
        return self.has_table(table_name, schema) and any(
            each["name"] == index_name
            for each in self.get_indexes(table_name, schema)
        )

    def get_view_definition(
        self, view_name: str, schema: str | None = None, **kw: Any
    ) -> str:
        """Return the CREATE VIEW statement of a view.

        Raises:
            NoSuchTableError: There is no such view.
        """
        for each in ("main", "temp") if schema is None else (schema,):
            sql = self._catalog.sql(each, view_name, "view")
            if sql is not None:
                return sql
        shown = view_name if schema is None else f"{schema}.{view_name}"
        raise exc.NoSuchTableError(f"there is no view {shown!r}")

    # -- one table ----------------------------------------------------------

    def get_columns(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the columns of a table or view.

        Returns:
            Dicts with ``name``, ``type``, ``nullable``, ``default`` (its
            SQL text or None), ``primary_key`` (the place in the key from 1,
            or 0) and, for a generated column, ``computed``: a dict with
            ``sqltext`` and ``persisted``.

        Raises:
            NoSuchTableError: There is no such table.
        """
        where = self._catalog.locate(table_name, schema)
        rows = self._catalog.pragma(where, "table_xinfo", table_name)
        return [
            self._column(row, table_name, schema)
            for row in rows
            if row[6] != 1
        ]

    def _column(
        self, row: Any, table_name: str, schema: str | None
    ) -> dict[str, Any]:
        _, name, type_name, notnull, default, position, hidden = row
        if hidden:
            # Older versions of SQLite take these words for a part of it.
            type_name = type_name.upper().removesuffix("GENERATED ALWAYS")
        column = {
            "name": name,
            "type": type_of_name(type_name.rstrip() if hidden else type_name),
            "nullable": not notnull,
            "default": None if default is None else str(default),
            "primary_key": position,
        }
        if hidden:
            generated = self._catalog.text(table_name, schema).generated
            column["computed"] = {
                "sqltext": generated.get(fold(name), ""),
                "persisted": hidden == 3,
            }
        return column

    def get_pk_constraint(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return the primary key of a table.

        Returns:
            A dict with ``constrained_columns`` in the order of the key,
            empty if there is none, and ``name``.

        Raises:
            NoSuchTableError: There is no such table.
        """
        where = self._catalog.locate(table_name, schema)
        rows = self._catalog.pragma(where, "table_xinfo", table_name)
        key = sorted((row[5], row[1]) for row in rows if row[5])
        name = self._catalog.text(table_name, schema).key_name if key else None
        return {
            "constrained_columns": [name for _, name in key],
            "name": name,
        }

    def get_foreign_keys(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the foreign keys of a table.

        Constraints of the table come first, in the order of the definition,
        then those of columns, the last one first.

        Returns:
            Dicts with ``name``, ``constrained_columns``,
            ``referred_schema``, ``referred_table``, ``referred_columns`` and
            ``options``: those given of ``ondelete``, ``onupdate``,
            ``deferrable`` and ``initially``.

        Raises:
            NoSuchTableError: There is no such table.
        """
        where = self._catalog.locate(table_name, schema)
        rows = self._catalog.pragma(where, "foreign_key_list", table_name)
        by_id: dict[int, list[Any]] = {}
        for row in rows:
            by_id.setdefault(row[0], []).append(row)
        # SQLite numbers them from the last to the first.
        written = self._catalog.text(table_name, schema).foreign_keys[::-1]
        of_table: list[dict[str, Any]] = []
        of_columns: list[dict[str, Any]] = []
        for number, parts in sorted(by_id.items()):
            key = self._foreign_key(parts, schema)
            inline = True
            if len(written) == len(by_id):
                details = written[number]
                inline = details.inline
                key["name"] = details.name
                for option in ("deferrable", "initially"):
                    if getattr(details, option) is not None:
                        key["options"][option] = getattr(details, option)
            (of_columns if inline else of_table).append(key)
        return of_table[::-1] + of_columns

    def _foreign_key(
        self, parts: list[Any], schema: str | None
    ) -> dict[str, Any]:
        _, _, table, _, referred, on_update, on_delete, _ = parts[0]
        actions = (("ondelete", on_delete), ("onupdate", on_update))
        if referred is not None:
            columns = [part[4] for part in parts]
        elif self.has_table(table, schema):
            # It names no columns: the primary key is meant.
            columns = self.get_pk_constraint(table, schema)[
                "constrained_columns"
            ]
        else:
            columns = []
        return {
            "name": None,
            "constrained_columns": [part[3] for part in parts],
            "referred_schema": schema,
            "referred_table": table,
            "referred_columns": columns,
            "options": {k: v for k, v in actions if v != "NO ACTION"},
        }

    def get_indexes(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the indexes of a table, sorted by name.

        Those that SQLite makes for constraints are left out, and, with a
        warning, those over expressions.

        Returns:
            Dicts with ``name``, ``column_names``, ``unique`` (0 or 1) and
            ``dialect_options``: ``sqlite_where`` for a partial index.

        Raises:
            NoSuchTableError: There is no such table.
        """
        where = self._catalog.locate(table_name, schema)
        indexes = []
        for row in self._catalog.pragma(where, "index_list", table_name):
            name = row[1]
            if name.startswith("sqlite_autoindex"):
                continue
            columns = self._catalog.index_columns(where, name)
            if None in columns:
                warnings.warn(
                    f"index {name!r} of table {table_name!r} is left out: it"
                    " is over an expression",
                    exc.SAWarning,
                    stacklevel=2,
                )
                continue
            options = {}
            if row[4]:
                condition = index_condition(
                    self._catalog.sql(where, name, "index") or ""
                )
                if condition is not None:
                    options["sqlite_where"] = text(as_text(condition))
            indexes.append(
                {
                    "name": name,
                    "column_names": columns,
                    "unique": row[2],
                    "dialect_options": options,
                }
            )
        return sorted(indexes, key=lambda each: each["name"])

    def get_unique_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the UNIQUE constraints of a table.

        Constraints of the table come first, then those of columns, each in
        the order of the definition.

        Returns:
            Dicts with ``name`` and ``column_names``.

        Raises:
            NoSuchTableError: There is no such table.
        """
        where = self._catalog.locate(table_name, schema)
        # Not all that is written has an index: the same may stand twice.
        found = {}
        for row in self._catalog.pragma(where, "index_list", table_name):
            if row[1].startswith("sqlite_autoindex"):
                columns = self._catalog.index_columns(where, row[1])
                found[tuple(map(fold, columns))] = columns
        constraints = []
        written = self._catalog.text(table_name, schema).uniques
        for each in sorted(written, key=lambda unique: unique.inline):
            real = found.pop(tuple(map(fold, each.columns)), None)
            if real is not None:
                constraints.append({"name": each.name, "column_names": real})
        return constraints

    def get_check_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return the CHECK constraints of a table, those with names first.

        Returns:
            Dicts with ``sqltext`` and ``name``.

        Raises:
            NoSuchTableError: There is no such table.
        """
        checks = self._catalog.text(table_name, schema).checks
        found = [{"sqltext": sql, "name": name} for name, sql in checks]
        return sorted(found, key=lambda each: each["name"] or "~")

    def get_table_options(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return ``sqlite_with_rowid`` and ``sqlite_strict``, where given.

        Raises:
            NoSuchTableError: There is no such table.
        """
        written = self._catalog.text(table_name, schema)
        options = {}
        if not written.with_rowid:
            options["sqlite_with_rowid"] = False
        if written.strict:
            options["sqlite_strict"] = True
        return options

    def get_table_comment(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Raise NotImplementedError: SQLite stores no comments."""
        raise NotImplementedError("SQLite stores no comments")

    # -- order and tables ---------------------------------------------------

    def get_sorted_table_and_fkc_names(
        self, schema: str | None = None, **kw: Any
    ) -> list[tuple[str | None, list[tuple[str, str | None]]]]:
        """Return tables after those they refer to, and their foreign keys.

        Returns:
            Pairs of a table's name and a list of pairs of that name and the
            name of a foreign key. The last one has None for a name and, if
            tables refer to each other in a circle, the foreign keys that
            have to be made after the tables.
        """
        return [
            (
                None if key is None else key[1],
                [(name, key_name) for (_, name), key_name in keys],
            )
            for key, keys in self.sort_tables_on_foreign_key_dependency(
                (schema,)
            )
        ]

    def sort_tables_on_foreign_key_dependency(
        self, consider_schemas: Collection[str | None] = (None,), **kw: Any
    ) -> list[tuple[TableKey | None, list[tuple[TableKey, str | None]]]]:
        """Do as :meth:`get_sorted_table_and_fkc_names`, for several schemas.

        Args:
            consider_schemas: The schemas.
            **kw: Ignored.

        Returns:
            The same, with pairs of schema and name in place of names.
        """
        from ..sql.reflect import sort_reflected

        return sort_reflected(
            {
                key: keys
                for schema in consider_schemas
                for key, keys in self.get_multi_foreign_keys(schema).items()
            }
        )

    def reflect_table(
        self,
        table: Table,
        include_columns: Collection[str] | None = None,
        exclude_columns: Collection[str] = (),
        resolve_fks: bool = True,
    ) -> None:
        """Give a table the columns, keys and indexes it has in the database.

        Args:
            table: The table.
            include_columns: Names of the columns to take; None for all.
            exclude_columns: Names of columns to leave out.
            resolve_fks: Also load the tables that foreign keys point to.

        Raises:
            NoSuchTableError: It, or one that it refers to, is not there.
        """
        from ..sql.reflect import load_table

        load_table(self, table, include_columns, exclude_columns, resolve_fks)


@inspects(Connection)
def _inspector(connection: Connection) -> Inspector:
    return Inspector(connection)


@inspects(Inspector)
def _itself(inspector: Inspector) -> Inspector:
    return inspector
