"""What is SQLite's own: its types, with their forms of storage."""

from __future__ import annotations

from typing import Any

from ...sql.dialect import SQLiteDialect as dialect
from ...sql.sqltypes import (
    BLOB,
    BOOLEAN,
    CHAR,
    DECIMAL,
    FLOAT,
    INTEGER,
    JSON,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    TIMESTAMP,
    VARCHAR,
)
from .temporal import DATE, DATETIME, TIME

__all__ = [
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "FLOAT",
    "INTEGER",
    "JSON",
    "NUMERIC",
    "REAL",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "VARCHAR",
    "dialect",
]


def __getattr__(name: str) -> Any:
    """Import ``insert`` and ``Insert`` when they are asked for."""
    if name in ("Insert", "insert"):
        from importlib import import_module

        return getattr(import_module("sqlactive_c.sql.sqlite_dml"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
