"""The compilers, put together of their parts."""

from __future__ import annotations

from .dml import DMLCompiler
from .functions import FunctionCompiler
from .sqlite import SQLiteExpressions
from .sqlite_statements import SQLiteStatements

__all__ = ["Compiler", "GenericCompiler", "SQLiteCompiler"]


class Compiler(DMLCompiler, FunctionCompiler):
    """What all compilers do."""


class GenericCompiler(Compiler):
    """SQL of no database in particular, as ``str()`` shows it."""


class SQLiteCompiler(SQLiteExpressions, SQLiteStatements, Compiler):
    """SQL of SQLite."""

    positional = True
    native_boolean = False
