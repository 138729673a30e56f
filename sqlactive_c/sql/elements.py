"""SQL expressions that a table definition can contain.

Server defaults, CHECK conditions, computed columns, expressions of an index:
text, SQL functions, the constants, ``asc``/``desc`` and columns. They are
rendered with their values inlined, because SQLite takes no parameters in a
table definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .. import exc
from .identifiers import quote, quote_string

__all__ = [
    "ClauseElement",
    "Function",
    "UnaryExpression",
    "asc",
    "desc",
    "false",
    "func",
    "null",
    "true",
]

_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_$]*", re.ASCII)
# Functions of standard SQL that are written without parentheses.
_NO_PARENTHESES = frozenset(
    "current_date current_time current_timestamp current_user localtime"
    " session_user user".split()
)
_SPELLING = {
    "sysdate": "sysdate",
    "now": "CURRENT_TIMESTAMP",
    "localtimestamp": "DATETIME(CURRENT_TIMESTAMP, 'localtime')",
}


class ClauseElement:
    """Base of the expressions that are defined in Python."""

    def ddl_text(self) -> str:
        """Return the expression as SQL for a table definition."""
        raise NotImplementedError

    def ddl_columns(self) -> Iterator[Any]:
        """Yield the columns the expression refers to."""
        return iter(())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.ddl_text()!r}>"


class _Constant(ClauseElement):
    def __init__(self, name: str, sql: str) -> None:
        self._name = name
        self._sql = sql

    def ddl_text(self) -> str:
        """Return the constant as SQL."""
        return self._sql

    def __str__(self) -> str:
        return self._name


_NULL = _Constant("NULL", "NULL")
_TRUE = _Constant("true", "1")
_FALSE = _Constant("false", "0")


def null() -> ClauseElement:
    """Return the SQL constant NULL."""
    return _NULL


def true() -> ClauseElement:
    """Return the SQL constant for true, which SQLite stores as 1."""
    return _TRUE


def false() -> ClauseElement:
    """Return the SQL constant for false, which SQLite stores as 0."""
    return _FALSE


class Function(ClauseElement):
    """A call of an SQL function; made by :data:`func`.

    Attributes:
        name: Name of the function without its package.
        packagenames: Names in front of it, for ``func.package.name()``.
        args: The arguments.
    """

    def __init__(
        self, name: str, *args: Any, packagenames: tuple[str, ...] = ()
    ) -> None:
        if "\0" in name:
            raise exc.ArgumentError(
                f"the name of a function contains a NUL character: {name!r}"
            )
        self.name = name
        self.packagenames = packagenames
        self.args = args

    def ddl_text(self) -> str:
        """Return the call as SQL."""
        lowered = self.name.lower()
        if not self.packagenames:
            if lowered in _SPELLING:
                return _SPELLING[lowered]
            if lowered in _NO_PARENTHESES:
                return lowered.upper()
        name = "length" if lowered == "char_length" else self.name
        names = (*self.packagenames, name)
        args = ", ".join(map(render_value, self.args))
        if not args and lowered == "count":
            args = "*"
        return ".".join(map(_function_name, names)) + f"({args})"

    def ddl_columns(self) -> Iterator[Any]:
        """Yield the columns among the arguments."""
        for each in self.args:
            yield from columns_of(each)

    def __str__(self) -> str:
        args = ", ".join(map(str, self.args))
        return f"{'.'.join((*self.packagenames, self.name))}({args})"


def _function_name(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return name
    return quote(name)


class _FunctionNamespace:
    """Makes functions by attribute access: ``func.lower(x)``."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self._names = names

    def __getattr__(self, name: str) -> _FunctionNamespace:
        if name.startswith("__"):
            raise AttributeError(name)
        # A trailing underscore helps with Python's keywords: func.if_().
        plain = name[:-1] if name.endswith("_") else name
        return _FunctionNamespace((*self._names, plain))

    def __call__(self, *args: Any) -> Function:
        if not self._names:
            raise TypeError("func is called through a name: func.now()")
        *packages, name = self._names
        return Function(name, *args, packagenames=tuple(packages))

    def __repr__(self) -> str:
        return ".".join(("func", *self._names))


func = _FunctionNamespace()


class UnaryExpression(ClauseElement):
    """A column or expression of an index with a direction.

    Attributes:
        element: What is sorted by.
        modifier: ``ASC`` or ``DESC``.
    """

    def __init__(self, element: Any, modifier: str) -> None:
        self.element = element
        self.modifier = modifier

    def ddl_text(self) -> str:
        """Return what is sorted by and the direction as SQL."""
        if isinstance(self.element, str):
            return f"{quote(self.element)} {self.modifier}"
        return f"{render(self.element)} {self.modifier}"

    def ddl_columns(self) -> Iterator[Any]:
        """Yield the columns that are sorted by."""
        return columns_of(self.element)


def asc(column: Any) -> UnaryExpression:
    """Return an expression that sorts upwards.

    Args:
        column: A column, its name, or an expression.
    """
    return UnaryExpression(column, "ASC")


def desc(column: Any) -> UnaryExpression:
    """Return an expression that sorts downwards.

    Args:
        column: A column, its name, or an expression.
    """
    return UnaryExpression(column, "DESC")


def unwrap(element: Any) -> Any:
    """Return the column behind an attribute of a mapped class."""
    resolve = getattr(element, "__clause_element__", None)
    return element if resolve is None else resolve()


def is_expression(element: Any) -> bool:
    """Say whether an object can stand in a table definition as SQL."""
    element = unwrap(element)
    return (
        hasattr(element, "ddl_text") or text_of(element) is not None
    ) and not isinstance(element, type)


def text_of(element: Any) -> str | None:
    """Return the SQL of a ``text()`` object, None for anything else."""
    text = getattr(element, "text", None)
    return text if isinstance(text, str) else None


def literal_sql(text: str) -> str:
    r"""Return SQL text as it goes into a definition: ``\:`` is a colon.

    Nothing else is touched. A parameter (``:name``) has no value in a table
    definition; SQLite refuses it.
    """
    return text.replace("\\:", ":")


def render(element: Any) -> str:
    """Return an expression as SQL; a str is SQL text already.

    Raises:
        CompileError: It is no expression.
    """
    if isinstance(element, str):
        return literal_sql(element)
    element = unwrap(element)
    if hasattr(element, "ddl_text"):
        return str(element.ddl_text())
    text = text_of(element)
    if text is None:
        raise exc.CompileError(
            f"{element!r} cannot be written into a table definition"
        )
    return literal_sql(text)


def render_value(value: Any) -> str:
    """Return an argument of a function as SQL; a str is a value here.

    Raises:
        CompileError: There is no SQL literal for such a value.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return quote_string(value)
    return render(value)


def columns_of(element: Any) -> Iterator[Any]:
    """Yield the columns an expression refers to."""
    walk = getattr(unwrap(element), "ddl_columns", None)
    return iter(()) if walk is None else walk()
