"""What a compilation keeps in mind, and what comes out of it.

A node is rendered by the method ``visit_...`` of its ``__visit_name__``,
with keywords that go down the tree:

    include_table        write columns with their table (default True)
    literal_binds        write values, not parameters
    within_columns_clause, within_label_clause
                         where in the list of columns the node stands
    render_label_as_label
                         the label to write by its name alone
    eager_grouping       operands of operators get parentheses always

Parameters stand in the text as marks until the end, for a CTE is compiled
after what it is written before; only then their order is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ... import exc
from ..identifiers import RESERVED_WORDS, quote_always
from .words import GENERIC_WORDS

__all__ = [
    "BoundPlace",
    "Compiled",
    "CompilerBase",
    "LabelScope",
    "ResultColumn",
]

_LEGAL = re.compile(r"[a-z_][a-z0-9_$]*", re.ASCII)
_MARK = re.compile("\0([^\0]*)\0")
_IN_NAMES = re.compile(r"[%():. \[\]]")
_IN_BASES = re.compile(r"[%() $]+")
_ESCAPES = {"%": "P", "(": "A", ")": "Z", ":": "C"}


class BoundPlace(NamedTuple):
    """A place in the text where a parameter stands.

    Attributes:
        bind: The parameter.
        name: Its name in this statement.
        expanding: It becomes one parameter for each value of its list.
        literal_execute: Its value is written into the text.
    """

    bind: Any
    name: str
    expanding: bool
    literal_execute: bool


class ResultColumn(NamedTuple):
    """A column of the result.

    Attributes:
        keyname: Its name in the SQL.
        name: Its name in the rows.
        objects: What else it is looked up by.
        type: Its column type.
    """

    keyname: str
    name: str
    objects: tuple[Any, ...]
    type: Any


class LabelScope(NamedTuple):
    """Names that ORDER BY, GROUP BY and DISTINCT of a SELECT may use.

    Attributes:
        columns: What is selected, by name.
        froms: Columns of the FROM elements, by name.
        all: Both, what is selected first.
    """

    columns: dict[str, Any]
    froms: dict[str, Any]
    all: dict[str, Any]


class Compiled:
    """A statement as SQL.

    Attributes:
        statement: What was compiled.
        dialect: What for, or None.
        string: The SQL.
        segments: The SQL between the places of ``binds``: one more than
            there are places.
        binds: The places of the parameters, in the order of the text.
        positiontup: The names of the parameters in that order.
        result_columns: The columns of the result.
        is_select, isinsert, isupdate, isdelete: What kind it is.
        returning: The columns of RETURNING, if there are.
        result_items: For each thing that is selected or returned: the entity
            or the column, and the positions of its columns in the row.
        fit: Function from the names of the columns, as SQLite says them, to
            what decodes the rows; None: their places are known.
        bind_columns, insert_prefetch, update_prefetch, postfetch,
        implicit_returning, postfetch_lastrowid, primary_key:
            What the execution of an INSERT, UPDATE or DELETE needs: see
            :mod:`sqlactive_c.sql.compiler.dml`.
    """

    statement: Any
    dialect: Any
    string: str
    segments: tuple[str, ...]
    binds: list[BoundPlace]
    bind_names: dict[str, Any]
    result_columns: list[ResultColumn]
    is_select = False
    isinsert = False
    isupdate = False
    isdelete = False
    returning: Any = None
    fit: Any = None
    postfetch_lastrowid = False

    def __init__(self) -> None:
        self.result_items: list[tuple[Any, tuple[int, ...]]] = []
        self.bind_columns: dict[str, Any] = {}
        self.insert_prefetch: list[Any] = []
        self.update_prefetch: list[Any] = []
        self.postfetch: list[Any] = []
        self.implicit_returning: list[Any] = []
        self.primary_key: list[tuple[Any, Any]] = []

    @property
    def positiontup(self) -> list[str]:
        """The names of the parameters in the order of the text."""
        return [place.name for place in self.binds]

    @property
    def params(self) -> dict[str, Any]:
        """The values of the parameters by name."""
        return self.construct_params()

    def construct_params(
        self, params: dict[str, Any] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Return the values of the parameters, some of them replaced.

        Args:
            params: Values by key or name.
            **kwargs: Without effect.
        """
        values = {}
        given = params or {}
        for name, bind in self.bind_names.items():
            shown = escaped(name)
            if bind.key in given:
                values[shown] = given[bind.key]
            elif name in given:
                values[shown] = given[name]
            else:
                values[shown] = bind.effective_value
        return values

    def __str__(self) -> str:
        return self.string

    def __repr__(self) -> str:
        return f"<Compiled {self.string!r}>"


class CompilerBase:
    """State of one compilation.

    Attributes:
        stack: One entry for each statement that is being compiled; its end
            is the innermost.
        binds: The parameters by name.
        label_scopes: One for each SELECT whose labels may be named.
    """

    positional = False
    native_boolean = True
    reserved_words: frozenset[str] = GENERIC_WORDS

    # What the parts of a compiler have for each other.
    ordering: Callable[..., str]
    label_name: Callable[..., str]
    type_text: Callable[..., str]
    arguments: Callable[..., str]
    plain_binary: Callable[..., str]

    def __init__(
        self,
        statement: Any,
        dialect: Any = None,
        column_keys: Any = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.statement = statement
        self.dialect = dialect
        self.column_keys = column_keys
        self.options = options or {}
        self.stack: list[Any] = []
        self.label_scopes: list[LabelScope] = []
        self.binds: dict[str, Any] = {}
        self.bind_labels: dict[int, str] = {}
        self._names: dict[tuple[Any, str], str] = {}
        self._counters: dict[str, int] = {}
        self._kept: list[Any] = []
        if self.positional:
            self.reserved_words = RESERVED_WORDS
        self.result_columns: list[ResultColumn] = []
        self.compiled = Compiled()
        self.compiled.statement = statement
        self.compiled.dialect = dialect
        text = self.process(statement, **self.options)
        self._finish(self.finish_text(text))

    # ---- dispatch ----

    def process(self, node: Any, **kw: Any) -> str:
        """Return a node as SQL.

        Args:
            node: The node.
            **kw: See the module.

        Raises:
            UnsupportedCompilationError: It has no form in SQL.
        """
        visit = getattr(self, f"visit_{node.__visit_name__}", None)
        if visit is None:
            raise exc.UnsupportedCompilationError(self, type(node))
        return visit(node, **kw)  # type: ignore[no-any-return]

    def finish_text(self, text: str) -> str:
        """Return the text of the whole statement; CTEs come in here."""
        return text

    # ---- names ----

    def anon_name(self, owner: Any, base: str) -> str:
        """Return the name that is made up for an object.

        Args:
            owner: The object; it has the same name throughout a statement.
            base: What the name is made of: ``base_1``, ``base_2``...
        """
        key = (id(owner), base)
        name = self._names.get(key)
        if name is None:
            number = self._counters.get(base, 1)
            self._counters[base] = number + 1
            name = self._names[key] = f"{base}_{number}"
            self._kept.append(owner)  # nobody else may get its id
        return name

    def quote(self, name: str) -> str:
        """Return a name as SQL, in double quotes where it needs them."""
        wanted = getattr(name, "quote", None)
        if wanted is None:
            wanted = name in self.reserved_words or not _LEGAL.fullmatch(name)
        return quote_always(name) if wanted else str.__str__(name)

    # ---- parameters ----

    def add_bind(self, bind: Any) -> str:
        """Return the mark of a parameter, for the text.

        Raises:
            CompileError: There is another one of the same name.
        """
        name = self.bind_name(bind)
        return f"\0{name}\0"

    def bind_name(self, bind: Any) -> str:
        """Return the name of a parameter, which is known from now on."""
        if bind.unique:
            base = _IN_BASES.sub("_", bind._bind_base).strip("_")
            name = self.anon_name(bind, base)
        else:
            name = bind.key
        known = self.binds.get(name)
        if known is None:
            self.binds[name] = bind
        elif known is not bind:
            self._check_same(name, known, bind)
        return name

    def _check_same(self, name: str, known: Any, bind: Any) -> None:
        if known.unique or bind.unique:
            raise exc.CompileError(
                f"parameter {name!r} has the name of another one, which was"
                " made up"
            )
        if known.expanding != bind.expanding:
            raise exc.CompileError(
                f"parameter {name!r} is used both for one value and for a list"
            )

    def _finish(self, text: str) -> None:
        parts = _MARK.split(text)
        names = parts[1::2]
        places = []
        written = [parts[0]]
        for name, after in zip(names, parts[2::2], strict=True):
            bind = self.binds[name]
            expanding, late = bind.expanding, bind.literal_execute
            places.append(BoundPlace(bind, name, expanding, late))
            if expanding or late:
                mark = f"__[POSTCOMPILE_{escaped(name)}]"
            elif self.positional:
                mark = "?"
            else:
                mark = f":{escaped(name)}"
            written += (mark, after)
        compiled = self.compiled
        compiled.string = "".join(written)
        compiled.segments = tuple(parts[0::2])
        compiled.binds = places
        compiled.bind_names = {place.name: place.bind for place in places}
        compiled.result_columns = self.result_columns


def escaped(name: str) -> str:
    """Return the name of a parameter without what cannot be in one."""
    return _IN_NAMES.sub(lambda m: _ESCAPES.get(m.group(), "_"), name)
