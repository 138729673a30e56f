"""What a stored CREATE TABLE statement says beyond SQLite's pragmas.

SQLite keeps the statement as it was written, and its pragmas leave out the
names of constraints, the conditions of CHECK, the expressions of generated
columns and whether a foreign key is deferrable. The text is read word by
word here, as SQLite does it, so that comments, quotes and line breaks may
stand anywhere. Text that is no CREATE TABLE gives an empty definition; none
is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import ClassVar, NamedTuple

__all__ = [
    "ForeignKeyText",
    "TableText",
    "UniqueText",
    "as_text",
    "fold",
    "index_condition",
    "read_table",
]

# SQLite takes every character beyond ASCII as a letter, spaces included.
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z))
  | (?P<quoted>"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\])
  | (?P<string>'(?:[^']|'')*')
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
  | (?P<number>[0-9][A-Za-z0-9_.]*)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


def fold(name: str) -> str:
    """Return a name in the form in which SQLite compares names.

    The case of ASCII letters does not count.
    """
    if name.isascii():
        return name.lower()
    return "".join(c.lower() if c.isascii() else c for c in name)


class ForeignKeyText(NamedTuple):
    """A foreign key: its name, and what the pragma does not tell."""

    name: str | None
    inline: bool
    table: str
    deferrable: bool | None
    initially: str | None


class UniqueText(NamedTuple):
    """A UNIQUE constraint with the columns as they are written."""

    name: str | None
    inline: bool
    columns: tuple[str, ...]


class TableText:
    """What the statement says.

    Attributes:
        key_name: Name of the primary key's constraint.
        foreign_keys: In the order of the text.
        uniques: In the order of the text.
        checks: Pairs of name and condition, in the order of the text.
        generated: Expressions by the folded name of the column.
        with_rowid: False for WITHOUT ROWID.
        strict: True for STRICT.
    """

    def __init__(self) -> None:
        self.key_name: str | None = None
        self.foreign_keys: list[ForeignKeyText] = []
        self.uniques: list[UniqueText] = []
        self.checks: list[tuple[str | None, str]] = []
        self.generated: dict[str, str] = {}
        self.with_rowid = True
        self.strict = False


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.upper() in words

    def is_mark(self, mark: str) -> bool:
        return self.kind == "mark" and self.text == mark

    def name(self) -> str:
        """Return the name that the token stands for."""
        if self.kind not in ("quoted", "string"):
            return self.text
        inner, closing = self.text[1:-1], self.text[-1]
        return inner.replace(closing * 2, closing)


_END = _Token("end", "", 0, 0)


def _tokens(sql: str) -> list[_Token]:
    return [
        _Token(str(match.lastgroup), match.group(), *match.span())
        for match in _TOKEN.finditer(sql)
        if match.lastgroup != "space"
    ]


def _closing(tokens: list[_Token], opening: int) -> int:
    """Return the position of the parenthesis that closes another one."""
    depth = 0
    for position in range(opening, len(tokens)):
        if tokens[position].is_mark("("):
            depth += 1
        elif tokens[position].is_mark(")"):
            depth -= 1
            if depth == 0:
                return position
    return len(tokens)


def _split(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """Yield the parts between the commas that stand in no parentheses."""
    part: list[_Token] = []
    depth = 0
    for token in tokens:
        if depth == 0 and token.is_mark(","):
            yield part
            part = []
            continue
        depth += token.is_mark("(") - token.is_mark(")")
        part.append(token)
    yield part


def as_text(sql: str) -> str:
    r"""Return SQL so that ``text()`` stands for the same.

    A comment at its end would swallow what is written behind it, and a
    ``\:`` would lose its backslash.
    """
    tokens = _tokens(sql)
    if tokens:
        sql = sql[tokens[0].start : tokens[-1].end]
    return sql.replace("\\:", "\\\\:")


def index_condition(sql: str) -> str | None:
    """Return the condition of a partial index, None if there is none.

    Args:
        sql: The CREATE INDEX statement.
    """
    depth = 0
    tokens = _tokens(sql)
    for position, token in enumerate(tokens):
        if depth == 0 and token.is_word("WHERE"):
            rest = tokens[position + 1 :]
            return sql[rest[0].start : rest[-1].end] if rest else None
        depth += token.is_mark("(") - token.is_mark(")")
    return None


def read_table(sql: str | None) -> TableText:
    """Return what a statement says about its table.

    Args:
        sql: The text as SQLite keeps it; None for a table without one.
    """
    found = TableText()
    tokens = _tokens(sql or "")
    start = next((i for i, t in enumerate(tokens) if t.is_mark("(")), None)
    if (
        sql is None
        or start is None
        or not tokens[0].is_word("CREATE")
        or not tokens[1].is_word("TABLE")
    ):
        return found
    end = _closing(tokens, start)
    for part in _split(tokens[start + 1 : end]):
        _PartReader(sql, part, found).read()
    options = tokens[end + 1 :]
    found.with_rowid = not any(t.is_word("WITHOUT") for t in options)
    found.strict = any(t.is_word("STRICT") for t in options)
    return found


class _PartReader:
    """Reads one column definition, or table constraints in a row."""

    def __init__(
        self, sql: str, tokens: list[_Token], found: TableText
    ) -> None:
        self.sql = sql
        self.tokens = tokens
        self.found = found
        self.position = 0
        self.column: str | None = None
        self.name: str | None = None

    def peek(self) -> _Token:
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        return _END

    def take(self) -> _Token:
        token = self.peek()
        self.position += 1
        return token

    def take_word(self, *words: str) -> bool:
        if self.peek().is_word(*words):
            self.position += 1
            return True
        return False

    def take_group(self) -> list[_Token] | None:
        """Return the tokens in parentheses, None if there are none here."""
        if not self.peek().is_mark("("):
            return None
        end = _closing(self.tokens, self.position)
        group = self.tokens[self.position : end + 1]
        self.position = end + 1
        return group

    def take_text(self) -> str | None:
        """Return the text in parentheses, None if there is none here."""
        group = self.take_group()
        if group is None or len(group) < 3:
            return None
        text = self.sql[group[0].end : group[-1].start]
        # A comment at the end would swallow what is written behind it.
        bare = self.sql[group[1].start : group[-2].end]
        return text if text.strip() == bare else bare

    def read(self) -> None:
        first = self.peek()
        if not first.is_word(*_TABLE_CONSTRAINTS):
            self.column = self.take().name()
        while self.position < len(self.tokens):
            if self.take_word("CONSTRAINT"):
                self.name = self.take().name()
                continue
            if self.take_group() is None:
                self.read_clause(self.take())
            self.name = None

    def read_clause(self, token: _Token) -> None:
        if token.kind == "word":
            read = self._READERS.get(token.text.upper())
            if read is not None:
                read(self)

    def read_key(self) -> None:
        if self.take_word("KEY") and self.found.key_name is None:
            self.found.key_name = self.name

    def read_unique(self) -> None:
        group = self.take_group()
        if group is not None:
            columns = tuple(
                part[0].name() for part in _split(group[1:-1]) if part
            )
            unique = UniqueText(self.name, False, columns)
        elif self.column is not None:
            unique = UniqueText(self.name, True, (self.column,))
        else:
            return
        self.found.uniques.append(unique)

    def read_check(self) -> None:
        text = self.take_text()
        if text is not None:
            self.found.checks.append((self.name, text.strip()))

    def read_generated(self) -> None:
        text = self.take_text()
        if text is not None and self.column is not None:
            self.found.generated[fold(self.column)] = text

    def read_foreign_key(self) -> None:
        self.take_word("KEY")
        self.take_group()
        if self.take_word("REFERENCES"):
            self.read_references(inline=False)

    def read_references(self, inline: bool = True) -> None:
        name = self.name
        table = self.take().name()
        self.take_group()
        deferrable = initially = None
        while True:
            if self.take_word("ON"):
                self.read_action()
            elif self.take_word("MATCH"):
                self.take()
            elif self.peek().is_word("NOT"):
                if not self.next_is_deferrable():
                    break
                self.position += 2
                deferrable = False
            elif self.take_word("DEFERRABLE"):
                deferrable = True
            elif self.take_word("INITIALLY"):
                initially = self.take().text.upper()
            else:
                break
        self.found.foreign_keys.append(
            ForeignKeyText(name, inline, table, deferrable, initially)
        )

    def next_is_deferrable(self) -> bool:
        """Say whether NOT DEFERRABLE stands here, and not NOT NULL."""
        following = self.tokens[self.position + 1 : self.position + 2]
        return bool(following) and following[0].is_word("DEFERRABLE")

    def read_action(self) -> None:
        """Skip what follows ON: DELETE SET NULL, CONFLICT IGNORE."""
        self.take()
        if self.take().is_word("SET", "NO"):
            self.take()

    def read_default(self) -> None:
        if self.take_group() is None and self.take().text in ("+", "-"):
            self.take()

    def read_collate(self) -> None:
        self.take()

    _READERS: ClassVar[dict[str, Callable[[_PartReader], None]]] = {
        "PRIMARY": read_key,
        "UNIQUE": read_unique,
        "CHECK": read_check,
        "AS": read_generated,
        "FOREIGN": read_foreign_key,
        "REFERENCES": read_references,
        "ON": read_action,
        "DEFAULT": read_default,
        "COLLATE": read_collate,
    }
