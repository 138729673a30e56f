"""Reading of SQLite's own tables and pragmas, each query once."""

from __future__ import annotations

from typing import Any

from .. import exc
from ..sql.ddl_reader import TableText, read_table
from ..sql.identifiers import quote_always

__all__ = ["Catalog"]


class Catalog:
    """What SQLite says about the objects of a connection's databases.

    A ``schema`` of None stands for the main database and, where it has no
    such object, for the temporary one.

    Args:
        bind: The connection that ``AsyncConnection.run_sync`` gives.

    Attributes:
        cache: What has been read.
    """

    def __init__(self, bind: Any) -> None:
        self.bind = bind
        self.cache: dict[Any, Any] = {}

    def rows(self, sql: str, *parameters: Any) -> list[Any]:
        """Return the rows of a query."""
        key = (sql, *parameters)
        if key not in self.cache:
            result = self.bind.exec_driver_sql(sql, parameters or None)
            self.cache[key] = result.all()
        rows: list[Any] = self.cache[key]
        return rows

    def databases(self) -> list[str]:
        """Return the names of the databases that are attached."""
        return [row[1] for row in self.rows("PRAGMA database_list")]

    def pragma(self, schema: str, pragma: str, name: str) -> list[Any]:
        """Return the rows of a pragma about an object."""
        return self.rows(
            f"PRAGMA {quote_always(schema)}.{pragma}({quote_always(name)})"
        )

    def names(self, schema: str, kind: str, internal: bool) -> list[str]:
        """Return the sorted names of the objects of a kind."""
        where = "" if internal else " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        rows = self.rows(
            f"SELECT name FROM {quote_always(schema)}.sqlite_master"
            f" WHERE type = ?{where} ORDER BY name",
            kind,
        )
        return [row[0] for row in rows]

    def sql(self, schema: str, name: str, kind: str) -> str | None:
        """Return the statement that made an object, None if there is none."""
        rows = self.rows(
            f"SELECT sql FROM {quote_always(schema)}.sqlite_master"
            " WHERE name = ? COLLATE NOCASE AND type = ?",
            name,
            kind,
        )
        return rows[0][0] if rows else None

    def find(self, name: str, schema: str | None) -> str | None:
        """Return the schema that a table or view is in, None if in none."""
        if "\0" in name:
            return None  # no SQL can contain it, so no name can
        for each in ("main", "temp") if schema is None else (schema,):
            # SQLite's own tables and some virtual ones have no entry.
            if self._entry(each, name) or self.pragma(
                each, "table_xinfo", name
            ):
                return each
        return None

    def _entry(self, schema: str, name: str) -> list[Any]:
        return self.rows(
            f"SELECT name FROM {quote_always(schema)}.sqlite_master"
            " WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
            name,
        )

    def locate(self, name: str, schema: str | None) -> str:
        """Return the schema that a table or view is in.

        Raises:
            NoSuchTableError: There is none of that name.
        """
        found = self.find(name, schema)
        if found is None:
            shown = name if schema is None else f"{schema}.{name}"
            raise exc.NoSuchTableError(f"there is no table or view {shown!r}")
        return found

    def text(self, name: str, schema: str | None) -> TableText:
        """Return what the statement of a table says.

        Raises:
            NoSuchTableError: There is no such table.
        """
        sql = self.sql(self.locate(name, schema), name, "table")
        key = ("text", sql)
        if key not in self.cache:
            self.cache[key] = read_table(sql)
        found: TableText = self.cache[key]
        return found

    def column_names(self, name: str, schema: str | None) -> list[str]:
        """Return the names of a table's columns.

        Raises:
            NoSuchTableError: There is no such table.
        """
        where = self.locate(name, schema)
        return [row[1] for row in self.pragma(where, "table_xinfo", name)]

    def index_columns(self, schema: str, name: str) -> list[Any]:
        """Return the columns of an index; None stands for an expression."""
        return [row[2] for row in self.pragma(schema, "index_info", name)]

    def real_name(self, name: str, schema: str | None) -> str:
        """Return a table's name in the case in which it was made.

        Raises:
            NoSuchTableError: There is no such table.
        """
        rows = self._entry(self.locate(name, schema), name)
        return rows[0][0] if rows else name
