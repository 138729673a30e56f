"""The column type that a type name in an existing table stands for."""

from __future__ import annotations

import re
import warnings
from typing import Any

from .. import exc
from . import sqltypes as types

__all__ = ["type_of_name"]

_KNOWN: dict[str, Any] = {
    "BIGINT": types.BIGINT,
    "BLOB": types.BLOB,
    "BOOL": types.BOOLEAN,
    "BOOLEAN": types.BOOLEAN,
    "CHAR": types.CHAR,
    "DATE": types.DATE,
    "DATE_CHAR": types.DATE,
    "DATETIME": types.DATETIME,
    "DATETIME_CHAR": types.DATETIME,
    "DECIMAL": types.DECIMAL,
    "DOUBLE": types.DOUBLE,
    "FLOAT": types.FLOAT,
    "INT": types.INTEGER,
    "INTEGER": types.INTEGER,
    "JSON": types.JSON,
    "NCHAR": types.NCHAR,
    "NUMERIC": types.NUMERIC,
    "NVARCHAR": types.NVARCHAR,
    "REAL": types.REAL,
    "SMALLINT": types.SMALLINT,
    "TEXT": types.TEXT,
    "TIME": types.TIME,
    "TIMESTAMP": types.TIMESTAMP,
    "TIME_CHAR": types.TIME,
    "VARCHAR": types.VARCHAR,
}

# SQLite's rules for the affinity of a column, in their order.
_AFFINITIES: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("INT",), types.INTEGER),
    (("CHAR", "CLOB", "TEXT"), types.TEXT),
    (("BLOB",), types.NullType),
    (("REAL", "FLOA", "DOUB"), types.REAL),
)

# What stands in parentheses here is no parameter of the Python type.
_WITHOUT_ARGUMENTS = (types.Boolean, types.DateTime, types.Time)

_NAME = re.compile(r"([\w ]+)(?:\((.*?)\))?")


def type_of_name(name: str) -> types.TypeEngine:
    """Return the column type for a type name.

    Names that are no type here go by SQLite's rules for affinity: one with
    ``INT`` in it is an INTEGER, and so on; any other is NUMERIC, and none at
    all is the null type.

    Args:
        name: The name as it stands in the definition, with its arguments.
    """
    match = _NAME.match(name.upper())
    word, arguments = match.groups() if match else ("", None)
    cls = _KNOWN.get(word) or _by_affinity(word)
    if arguments is None or issubclass(cls, _WITHOUT_ARGUMENTS):
        return cls()  # type: ignore[no-any-return]
    numbers = [int(each) for each in re.findall(r"[0-9]+", arguments)]
    try:
        return cls(*numbers)  # type: ignore[no-any-return]
    except TypeError:
        warnings.warn(
            f"type {cls.__name__} does not take the arguments of {name!r};"
            " they are left out",
            exc.SAWarning,
            stacklevel=2,
        )
        return cls()  # type: ignore[no-any-return]


def _by_affinity(word: str) -> Any:
    if not word:
        return types.NullType
    for parts, cls in _AFFINITIES:
        if any(part in word for part in parts):
            return cls
    return types.NUMERIC
