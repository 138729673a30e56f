"""Values in expressions: parameters, constants, text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import _core
from . import operators as ops
from .nodes import ColumnElement
from .sqltypes import (
    BOOLEANTYPE,
    NULLTYPE,
    TupleType,
    to_instance,
    type_of_value,
)

__all__ = [
    "BindParameter",
    "False_",
    "Null",
    "TextFragment",
    "TextualLabelReference",
    "True_",
    "bindparam",
]


class BindParameter(ColumnElement):
    """A parameter, with its value beside it.

    Attributes:
        key: Its name; None for one that is made up.
        value: The value, or the function that returns it.
        value_class: Class of the value; a tuple of classes for a list.
        flags: Names of what is special about it, a tuple, or None.
    """

    __slots__ = ()
    __visit_name__ = "bindparam"
    _rides = "value"
    _fields = (
        "key",
        "-_value",
        "value_class",
        "type_",
        "flags",
        "-peer",
        "-peer_operator",
    )

    _value: Any
    value_class: Any
    type_: Any
    flags: Any
    peer: Any
    peer_operator: Any

    @classmethod
    def of(cls, value: Any, type_: Any = None) -> BindParameter:
        """Make one whose name is made up.

        Args:
            value: The value.
            type_: Its column type; None for the one that goes with it.
        """
        return cls._new(None, value, type(value), type_, None, None, None)

    @property
    def value(self) -> Any:
        """The value; a function is called for it by the execution."""
        return None if "callable" in (self.flags or ()) else self._value

    @property
    def effective_value(self) -> Any:
        """The value, from the function if it has one."""
        value = self._value
        return value() if "callable" in (self.flags or ()) else value

    @property
    def callable(self) -> Callable[[], Any] | None:
        """The function that returns the value, if it has one."""
        return self._value if "callable" in (self.flags or ()) else None

    @property
    def type(self) -> Any:
        """Its type: the one given, or what goes with its neighbour."""
        kind = self.type_
        if kind is not None:
            return kind
        memo = self._memo
        kind = memo.get("type")
        if kind is None:
            kind = memo["type"] = self._find_type()
        return kind

    def _find_type(self) -> Any:
        value = self._value
        if self.flags is not None:
            if "callable" in self.flags:
                value = None
            elif self.expanding:
                value = next(iter(value), None) if value else None
        peer = self.peer
        if value is None and peer is not None and self.expanding:
            return peer.type
        if peer is None:
            if isinstance(value, tuple):
                return TupleType(*[type_of_value(each) for each in value])
            return type_of_value(value)
        return peer.type.coerce_compared_value(self.peer_operator, value)

    @property
    def expanding(self) -> bool:
        """Whether its value is a list that becomes several parameters."""
        return self.flags is not None and "expanding" in self.flags

    @property
    def required(self) -> bool:
        """Whether its value has to be given to the execution."""
        return self.flags is not None and "required" in self.flags

    @property
    def unique(self) -> bool:
        """Whether its name is made up."""
        return self.key is None or "unique" in (self.flags or ())

    @property
    def literal_execute(self) -> bool:
        """Whether its value is written into the statement."""
        return self.flags is not None and "literal_execute" in self.flags

    @property
    def expand_op(self) -> Any:
        """``in_op`` or ``not_in_op``, for one whose value is a list."""
        if not self.expanding:
            return None
        return ops.not_in_op if "not_in" in self.flags else ops.in_op

    @property
    def _bind_base(self) -> str:
        """What its name is made of, when it is made up."""
        key = self.key
        if key is None and self.peer is not None:
            key = self.peer._bind_name
        return key or "param"

    def with_flags(self, *added: str) -> Any:
        """Return a copy with more flags."""
        flags = self.flags or ()
        new = [each for each in added if each not in flags]
        return self._replace(flags=(*flags, *new)) if new else self

    def without_flag(self, flag: str) -> Any:
        """Return a copy with one flag less."""
        flags = tuple(each for each in self.flags or () if each != flag)
        return self._replace(flags=flags or None)

    def render_literal_execute(self) -> Any:
        """Return a copy whose value is written into the statement."""
        return self.with_flags("literal_execute")

    def _with_value(self, value: Any, unique: bool = False) -> Any:
        flags = tuple(
            each
            for each in self.flags or ()
            if each not in ("required", "callable")
        )
        if unique and "unique" not in flags:
            flags = (*flags, "unique")
        return self._replace(
            _value=value,
            value_class=class_of(value, "expanding" in flags),
            flags=flags or None,
        )

    def _negate_in_binary(self, negated: Any, original: Any) -> Any:
        if self.expand_op is not original:
            return self
        if negated is ops.not_in_op:
            return self.with_flags("not_in")
        return self.without_flag("not_in")


def class_of(value: Any, expanding: bool) -> Any:
    """Return the class of a value, of a list those of its elements."""
    if not expanding or isinstance(value, (str, bytes)):
        return type(value)
    if value is None:
        return None
    try:
        classes = {type(each) for each in value}
    except TypeError:
        return type(value)
    if len(classes) < 2:
        return tuple(classes)
    return tuple(sorted(classes, key=lambda each: each.__qualname__))


_NOT_GIVEN: Any = object()


def bindparam(
    key: str | None,
    value: Any = _NOT_GIVEN,
    type_: Any = None,
    unique: bool = False,
    required: Any = _NOT_GIVEN,
    quote: bool | None = None,
    callable_: Callable[[], Any] | None = None,
    expanding: bool = False,
    isoutparam: bool = False,
    literal_execute: bool = False,
) -> BindParameter:
    """Return a parameter.

    Args:
        key: Its name; None for one that is made up.
        value: The value, unless the execution gives one.
        type_: Its column type; by default that of the value, or of what it
            is compared with.
        unique: Make its name different from all others.
        required: The execution must give the value; so without a value.
        quote: No effect.
        callable_: A function that returns the value.
        expanding: The value is a list that becomes several parameters.
        isoutparam: No effect.
        literal_execute: Write the value into the statement.
    """
    if required is _NOT_GIVEN:
        required = value is _NOT_GIVEN and callable_ is None
    flags = [
        name
        for name, wanted in (
            ("unique", unique and key is not None),
            ("required", required),
            ("callable", callable_ is not None),
            ("expanding", expanding),
            ("literal_execute", literal_execute),
        )
        if wanted
    ]
    if callable_ is not None:
        value = callable_
    missing = value is _NOT_GIVEN
    if missing:
        value = None
    kind = None if type_ is None else to_instance(type_)
    if kind is None and (missing or callable_ is not None or value is None):
        kind = NULLTYPE
    return BindParameter._new(
        key if key is None else str.__str__(key),
        value,
        None if missing else class_of(value, expanding),
        kind,
        tuple(flags) or None,
        None,
        None,
    )


class Null(ColumnElement):
    """The constant NULL."""

    __slots__ = ()
    __visit_name__ = "null"
    _fields = ()

    type: Any = NULLTYPE


class True_(ColumnElement):
    """The constant for true."""

    __slots__ = ()
    __visit_name__ = "true"
    _fields = ()

    type: Any = BOOLEANTYPE

    def _negate(self) -> Any:
        return FALSE


class False_(ColumnElement):
    """The constant for false."""

    __slots__ = ()
    __visit_name__ = "false"
    _fields = ()

    type: Any = BOOLEANTYPE

    def _negate(self) -> Any:
        return TRUE


def constant(value: Any) -> Any:
    """Return the constant for None, True or False."""
    if value is None:
        return NULL
    if value is True:
        return TRUE
    return FALSE if value is False else value


NULL = Null._new()
TRUE = True_._new()
FALSE = False_._new()


class TextFragment(ColumnElement):
    """What ``text()`` is inside of other statements.

    Attributes:
        text: The SQL as it was given.
        binds: Its parameters, in the order of their first use.
    """

    __slots__ = ()
    __visit_name__ = "text_fragment"
    _fields = ("text", "binds", "-clause")

    text: str
    binds: Any
    clause: Any

    @classmethod
    def of(cls, clause: _core.TextClause) -> Any:
        """Return the element for a text.

        Args:
            clause: What ``text()`` made.
        """
        values: Mapping[str, Any] = getattr(clause, "_preset", None) or {}
        binds = []
        for name in text_names(clause.text):
            given = values.get(name, _NOT_GIVEN)
            if isinstance(given, BindParameter):
                binds.append(given)
            else:
                binds.append(bindparam(name, given))
        return cls._new(clause.text, tuple(binds), clause)

    def self_group(self, against: Any = None) -> Any:
        """Return it in parentheses as the right side of IN."""
        if against is ops.in_op or against is ops.not_in_op:
            return Grouping._new(self)
        return self

    def _negate_in_binary(self, negated: Any, original: Any) -> Any:
        return self


class TextualLabelReference(ColumnElement):
    """A name in ORDER BY or GROUP BY, of a label or a column."""

    __slots__ = ()
    __visit_name__ = "textual_label_reference"
    _fields = ("element",)

    element: str

    @property
    def _order_by_label(self) -> Any:
        return self


def text_names(text: str) -> list[str]:
    """Return the names of the parameters in a text, each once."""
    names = [
        part
        for kind, part in split_text(text)
        if kind == "name"
    ]  # fmt: skip
    return list(dict.fromkeys(names))


def split_text(text: str) -> list[tuple[str, str]]:
    """Return a text as pieces: ``("sql", ...)`` and ``("name", ...)``."""
    pieces: list[tuple[str, str]] = []
    at = 0
    for match in _pattern().finditer(text):
        if match.start() > at:
            pieces.append(("sql", text[at : match.start()]))
        name = match.group("name")
        if name is not None:
            pieces.append(("name", name))
        else:
            pieces.append(("sql", match.group().replace("\\:", ":")))
        at = match.end()
    if at < len(text):
        pieces.append(("sql", text[at:]))
    return pieces


def _pattern() -> Any:
    """What text() leaves alone, and what it takes for a parameter."""
    import re

    return re.compile(
        r"'(?:[^']|'')*(?:'|\Z)"
        r'|"(?:[^"]|"")*(?:"|\Z)'
        r"|`(?:[^`]|``)*(?:`|\Z)"
        r"|\[[^\]]*(?:\]|\Z)"
        r"|--[^\n]*"
        r"|/\*.*?(?:\*/|\Z)"
        r"|\\:"
        r"|(?<![:\w\\]):(?P<name>\w+)(?!:)(?!\w)",
        re.DOTALL | re.ASCII,
    )


from .predicates import Grouping  # noqa: E402
