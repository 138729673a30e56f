"""Collections of tables."""

from __future__ import annotations

import warnings
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from types import MappingProxyType
from typing import Any

from .. import exc
from .identifiers import check_identifier
from .naming import DEFAULT_NAMING_CONVENTION

__all__ = ["MetaData"]


def table_key(name: str, schema: str | None) -> str:
    """Return the name under which a metadata keeps a table."""
    return str(name) if schema is None else f"{schema}.{name}"


class MetaData:
    """A collection of tables.

    Args:
        schema: Schema of the tables that name none: an attached database,
            or ``temp``.
        naming_convention: Templates for the names of constraints and
            indexes, by kind (``ix``, ``uq``, ``ck``, ``fk``, ``pk``).
        info: Dict for the user's own purposes.

    Attributes:
        tables: Read-only mapping of key to table, in order of definition.
            The key is the name, with the schema and a dot if there is one.
    """

    def __init__(
        self,
        schema: str | None = None,
        naming_convention: Mapping[Any, Any] | None = None,
        info: Mapping[Any, Any] | None = None,
    ) -> None:
        if schema is not None:
            check_identifier(schema, "a schema")
        self.schema = schema
        self.naming_convention: Mapping[Any, Any] = MappingProxyType(
            dict(naming_convention or DEFAULT_NAMING_CONVENTION)
        )
        self.info: dict[Any, Any] = dict(info or {})
        self._tables: dict[str, Any] = {}
        self.tables: Mapping[str, Any] = MappingProxyType(self._tables)

    def _add_table(self, key: str, table: Any) -> None:
        self._tables[key] = table

    def _remove_table(self, key: str) -> None:
        self._tables.pop(key, None)

    def remove(self, table: Any) -> None:
        """Forget a table; nothing happens in the database."""
        self._remove_table(table.key)

    def clear(self) -> None:
        """Forget all tables; nothing happens in the database."""
        self._tables.clear()

    def __contains__(self, table: Any) -> bool:
        key = table if isinstance(table, str) else table.key
        return key in self._tables

    @property
    def sorted_tables(self) -> list[Any]:
        """The tables, each after those that its foreign keys point to.

        Tables that point to each other in a circle come in the order of
        their names, with a warning.
        """
        from .ddl import creation_order

        tables = sorted(self._tables.values(), key=lambda table: table.key)
        ordered, circle = creation_order(tables)
        if circle:
            names = ", ".join(sorted(table.fullname for table in circle))
            warnings.warn(
                f"these tables refer to each other in a circle: {names};"
                " their foreign keys are left out of the order",
                exc.SAWarning,
                stacklevel=2,
            )
        return ordered

    def create_all(
        self,
        bind: Any,
        tables: Sequence[Any] | None = None,
        checkfirst: bool = True,
    ) -> None:
        """Create tables and their indexes.

        Call it as ``await connection.run_sync(metadata.create_all)``.

        Args:
            bind: The connection that ``AsyncConnection.run_sync`` gives.
            tables: The tables; None for all.
            checkfirst: Leave out the tables that are there.
        """
        from .ddl import create_tables

        create_tables(bind, self._chosen(tables), checkfirst, self)

    def drop_all(
        self,
        bind: Any,
        tables: Sequence[Any] | None = None,
        checkfirst: bool = True,
    ) -> None:
        """Drop tables.

        Call it as ``await connection.run_sync(metadata.drop_all)``.

        Args:
            bind: The connection that ``AsyncConnection.run_sync`` gives.
            tables: The tables; None for all.
            checkfirst: Leave out the tables that are not there.
        """
        from .ddl import drop_tables

        drop_tables(bind, self._chosen(tables), checkfirst, self)

    def reflect(
        self,
        bind: Any,
        schema: str | None = None,
        views: bool = False,
        only: Collection[str] | Callable[[str, MetaData], bool] | None = None,
        extend_existing: bool = False,
        autoload_replace: bool = True,
        resolve_fks: bool = True,
        **dialect_kwargs: Any,
    ) -> None:
        """Load the tables that there are in the database.

        Call it as ``await connection.run_sync(metadata.reflect)``.

        Args:
            bind: The connection that ``AsyncConnection.run_sync`` gives.
            schema: Name of an attached database.
            views: Load views as well, as tables.
            only: Names, or a function that gets a name and the metadata and
                says whether to load the table.
            extend_existing: Load also what the metadata has already.
            autoload_replace: Then replace the columns that are there.
            resolve_fks: Also load the tables that foreign keys point to.
            **dialect_kwargs: Passed to ``Table``.

        Raises:
            InvalidRequestError: There is no table of a name in ``only``.
            NoSuchTableError: A foreign key points to a missing table.
        """
        from .reflect import load_metadata

        options = {
            "extend_existing": extend_existing,
            "autoload_replace": autoload_replace,
            "resolve_fks": resolve_fks,
            **dialect_kwargs,
        }
        load_metadata(self, bind, schema, views, only, options)

    def _chosen(self, tables: Iterable[Any] | None) -> list[Any]:
        return list(self._tables.values() if tables is None else tables)

    def __getstate__(self) -> Any:
        state = dict(self.__dict__)
        state["naming_convention"] = dict(self.naming_convention)
        del state["tables"]
        return state

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)
        self.naming_convention = MappingProxyType(self.naming_convention)
        self.tables = MappingProxyType(self._tables)

    def __repr__(self) -> str:
        return "MetaData()"
