"""The one SQL dialect there is, as an object that types can ask."""

from __future__ import annotations

from typing import Any

__all__ = ["SQLiteDialect", "dialect"]


class SQLiteDialect:
    """SQLite, as seen by ``TypeDecorator.load_dialect_impl``.

    Attributes:
        name: ``sqlite``.
        driver: ``aiosqlite``, the name of asynchronous SQLite in URLs.
        paramstyle: ``qmark``.
    """

    name = "sqlite"
    driver = "aiosqlite"
    paramstyle = "qmark"

    def type_descriptor(self, typeobj: Any) -> Any:
        """Return an instance of a column type.

        Args:
            typeobj: The type, as a class or an instance.
        """
        return typeobj() if isinstance(typeobj, type) else typeobj


dialect = SQLiteDialect()
