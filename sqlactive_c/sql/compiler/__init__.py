"""From nodes to SQL."""

from __future__ import annotations

from typing import Any

from .base import BoundPlace, Compiled, ResultColumn

__all__ = ["BoundPlace", "Compiled", "ResultColumn", "compile_statement"]


def compile_statement(
    node: Any,
    dialect: Any = None,
    column_keys: Any = None,
    literal_binds: bool = False,
    compile_kwargs: Any = None,
    **kwargs: Any,
) -> Compiled:
    """Return the compiled form of a statement or an expression.

    Args:
        node: The statement or expression.
        dialect: What the SQL is for: SQLite, or None for the generic one.
        column_keys: Keys of the parameters of an INSERT or UPDATE.
        literal_binds: Write the values into the text.
        compile_kwargs: ``literal_binds`` and the like, as a dict.
        **kwargs: Without effect here.

    Raises:
        CompileError: It cannot be written.
    """
    from .full import GenericCompiler, SQLiteCompiler

    options = dict(compile_kwargs or ())
    if literal_binds:
        options["literal_binds"] = True
    generic = dialect is None or getattr(dialect, "name", "") != "sqlite"
    cls = GenericCompiler if generic else SQLiteCompiler
    return cls(node, dialect, column_keys, options).compiled
