"""Names of schema objects, and how they are written in SQL.

A name is quoted when SQLite would read it as something else, when it has
characters beyond ASCII letters, digits, ``_`` and ``$``, or when it has upper
case letters. That is the rule of SQLAlchemy's SQLite dialect, so that the
text of a table's definition is the same.
"""

from __future__ import annotations

import re
from typing import Any

from .. import exc

__all__ = ["check_identifier", "conv", "quote", "quoted_name"]

# Words that SQLAlchemy quotes for SQLite; SQLite knows a few more that are
# harmless as names, and quoting those would change the text.
RESERVED_WORDS = frozenset(
    """
    add after all alter analyze and as asc attach autoincrement before begin
    between by cascade case cast check collate column commit conflict
    constraint create cross current_date current_time current_timestamp
    database default deferrable deferred delete desc detach distinct drop
    each else end escape except exclusive exists explain fail false for
    foreign from full glob group having if ignore immediate in index indexed
    initially inner insert instead intersect into is isnull join key left
    like limit match natural not notnull null of offset on or order outer
    plan pragma primary query raise references reindex rename replace
    restrict right rollback row select set table temp temporary then to
    transaction trigger true union unique update using vacuum values view
    virtual when where
    """.split()
)
MAX_LENGTH = 9999

_LEGAL = re.compile(r"[a-z_][a-z0-9_$]*", re.ASCII)


class quoted_name(str):
    """A name with an explicit say in whether it is quoted.

    Args:
        value: The name.
        quote: True to quote always, False never, None as needed.
    """

    quote: bool | None

    def __new__(cls, value: str, quote: bool | None = None) -> quoted_name:
        """Make the name; one that says the same already is returned."""
        if isinstance(value, quoted_name) and quote in (None, value.quote):
            return value
        self = super().__new__(cls, value)
        self.quote = quote
        return self

    def __reduce__(self) -> Any:
        return quoted_name, (str(self), self.quote)


class conv(str):
    """A name of a constraint that no naming convention changes any more."""

    __slots__ = ()


def check_identifier(name: Any, what: str) -> str:
    """Return a name if it can be one, else raise.

    Args:
        name: The name.
        what: What it names, for the message.

    Raises:
        ArgumentError: It is no str, is empty or contains a NUL character.
    """
    if not isinstance(name, str):
        raise exc.ArgumentError(f"the name of {what} is a str, not {name!r}")
    if not name:
        raise exc.ArgumentError(f"the name of {what} is empty")
    if "\0" in name:
        raise exc.ArgumentError(
            f"the name of {what} contains a NUL character: {name!r}"
        )
    return name


def check_length(name: str) -> None:
    """Raise IdentifierError for a name that is too long to be meant."""
    if len(name) > MAX_LENGTH:
        raise exc.IdentifierError(
            f"identifier {name[:40]!r}... has {len(name)} characters; at most"
            f" {MAX_LENGTH} are allowed"
        )


def quote(name: str) -> str:
    """Return a name as SQL, in double quotes where it needs them."""
    wanted = getattr(name, "quote", None)
    if wanted is None:
        wanted = not _LEGAL.fullmatch(name) or name in RESERVED_WORDS
    return quote_always(name) if wanted else str(name)


def quote_always(name: str) -> str:
    """Return a name as SQL in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_string(text: str) -> str:
    """Return text as an SQL string literal.

    Raises:
        CompileError: It contains a NUL character, at which SQLite would stop
            reading the statement.
    """
    if "\0" in text:
        raise exc.CompileError(
            f"a string literal cannot contain a NUL character: {text!r}"
        )
    return "'" + text.replace("'", "''") + "'"
