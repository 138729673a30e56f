"""From a statement to what the core needs to run it, once for each shape.

The core keeps what comes out of here by the fingerprint of the statement, so
nothing in it may depend on a value that rides beside: such a value is taken
from the statement at hand each time, by the place of its rider.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ... import _core, exc
from ..dialect import dialect
from ..froms import is_mapped
from ..labels import selected_keys
from ..literals import TextFragment, bindparam
from ..types.base import engine_functions
from . import compile_statement
from .base import BoundPlace, Compiled

_ROW = re.compile(r"_m\d+\Z")  # the n-th of several rows

__all__ = ["DefaultContext", "compile_fixed", "compile_shape"]


class DefaultContext:
    """What a default function is called with that takes an argument.

    Attributes:
        current_parameters: The values of the execution by name, as far as
            they are known.
    """

    def __init__(
        self, current_parameters: Mapping[str, Any], suffix: str = ""
    ) -> None:
        self.current_parameters = current_parameters
        self._suffix = suffix

    def get_current_parameters(
        self, isolate_multiinsert_groups: bool = True
    ) -> dict[str, Any]:
        """Return the values of the row by name.

        Args:
            isolate_multiinsert_groups: Of ``values()`` with several rows,
                give those of the one row only, under their usual names.
        """
        known = self.current_parameters
        if not (isolate_multiinsert_groups and self._suffix):
            return dict(known)
        return {
            name.removesuffix(self._suffix): value
            for name, value in known.items()
            if name.endswith(self._suffix)
        }


def compile_shape(
    statement: Any,
    names: tuple[str, ...] | None,
    many: bool,
    json: tuple[Any, Any] | None = None,
) -> _core.Shape:
    """Return the shape of a statement: the core's hook.

    Args:
        statement: The statement.
        names: Names of the parameters of the execution, None for none.
        many: There are several sets of them.
        json: What the engine writes and reads JSON with, None each for the
            usual functions; None for both of them.

    Raises:
        ObjectNotExecutableError: It is no statement.
        CompileError: It cannot be written.
    """
    if json is None:
        return _builder(statement, names, many).shape()
    before = engine_functions.set(json)
    try:
        return _builder(statement, names, many).shape()
    finally:
        engine_functions.reset(before)


def compile_fixed(
    statement: Any, names: tuple[str, ...], many: bool
) -> _core.Shape:
    """Return the shape of a statement that is executed without it.

    Values in the statement are part of the shape, then: there is none at hand
    to take them from.

    Args:
        statement: The statement.
        names: Names of the parameters of the execution.
        many: There are several sets of them.

    Raises:
        CompileError: It cannot be written.
    """
    builder = _builder(statement, names, many)
    builder.riders = {}
    return builder.shape()


def _builder(
    statement: Any, names: tuple[str, ...] | None, many: bool
) -> _Builder:
    root = _executable(statement)
    if not getattr(root, "is_dml", False):
        compiled = compile_statement(root, dialect=dialect)
        return _Builder(statement, root, compiled, {})
    given = {name: name for name in names or ()}
    rename = getattr(root.table, "_column_key", None)
    if rename is not None:  # parameters have the names of attributes
        given = {rename(name): name for name in given}
        root = _by_primary_key(root, given, many)
    compiled = compile_statement(
        root,
        dialect=dialect,
        column_keys=tuple(given),
        compile_kwargs={"for_executemany": True} if many else None,
    )
    return _Builder(statement, root, compiled, given)


def _by_primary_key(root: Any, given: dict[str, str], many: bool) -> Any:
    """Return an UPDATE of a class for the row that its parameters name.

    Args:
        root: The statement; what is no UPDATE of all rows stays as it is.
        given: Names of parameters by the keys of columns; those of the
            primary key are taken out.
        many: There are several sets of parameters.

    Raises:
        InvalidRequestError: Several sets lack the primary key.
    """
    if not root.is_update or root._where or not given:
        return root
    key = root._table.primary_key
    if all(column.key in given for column in key):
        return root.where(
            *(
                column == bindparam(given.pop(column.key), type_=column.type)
                for column in key
            )
        )
    if many:
        raise exc.InvalidRequestError(
            "several sets of parameters for an update() of all rows: each"
            " needs the primary key of its row"
        )
    return root


def _executable(statement: Any) -> Any:
    """Return what is executed for a statement.

    Raises:
        ObjectNotExecutableError: Nothing is.
    """
    from ..functions import FunctionElement

    if getattr(statement, "_is_executable", False):
        return statement
    if isinstance(statement, TextFragment):
        return statement
    if isinstance(statement, FunctionElement):
        from ..selectable import select

        return select(statement)
    raise exc.ObjectNotExecutableError(statement)


def _codec(kind: Any) -> Any:
    """Return the codec of a type; of a tuple of types one for each."""
    kinds = getattr(kind, "types", None)
    if kinds is not None:
        return tuple(each.codec() for each in kinds)
    return kind.codec()


class _Builder:
    def __init__(
        self,
        statement: Any,
        root: Any,
        compiled: Compiled,
        given: Mapping[str, str],
    ) -> None:
        self.root = root
        self.compiled = compiled
        self.given = given
        self.things = tuple(statement._fingerprint()[1])
        self.riders = {id(each): at for at, each in enumerate(self.things)}
        self.defaults: dict[str, Any] = {}
        for each in getattr(compiled, "insert_prefetch", ()):
            self.defaults[each.name] = each.column.default
        for each in getattr(compiled, "update_prefetch", ()):
            self.defaults[each.name] = each.column.onupdate
        self.implicit = tuple(getattr(compiled, "implicit_returning", ()))

    def shape(self) -> _core.Shape:
        compiled = self.compiled
        pieces, expansions = self.text()
        decoder, textual = self.decoder()
        fit = None
        if compiled.fit is not None:
            fit = compiled.fit.of(self.things)
            decoder = fit(tuple(e.keyname for e in compiled.result_columns))
        return _core.Shape(
            pieces,
            tuple(map(self.bind, compiled.binds)),
            kind=self.kind(),
            decoder=decoder,
            expansions=expansions,
            primary_key=self.primary_key(),
            implicit=bool(self.implicit),
            returning=bool(compiled.returning),
            textual=textual,
            fit=fit,
        )

    def kind(self) -> str:
        compiled = self.compiled
        if compiled.isinsert:
            return "insert"
        if compiled.isupdate:
            return "update"
        if compiled.isdelete:
            return "delete"
        return "select" if compiled.is_select else "other"

    # ---- parameters ----

    def text(self) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Return the SQL in pieces, and what stands between them."""
        segments = self.compiled.segments
        pieces = []
        expansions = []
        piece = segments[0]
        places = zip(self.compiled.binds, segments[1:], strict=True)
        for at, (place, after) in enumerate(places):
            if place.expanding:
                pieces.append(piece)
                expansions.append(self.expansion(at, place))
                piece = after
            else:
                piece += "?" + after
        return (*pieces, piece), tuple(expansions)

    def expansion(self, at: int, place: BoundPlace) -> tuple[Any, ...]:
        bind = place.bind
        kinds = getattr(bind.type, "types", None)
        width = 0 if kinds is None else len(kinds)
        first = "?"
        if width:
            first = "(" + ", ".join("?" * width) + ")"
        else:
            first = self.wrapped(bind)
        ones = ", ".join("1" * (width or 1))
        return (
            at,
            width,
            bind.peer is not None,  # it is the right side of an IN
            "VALUES " if width else "",
            first,
            f", {first}",
            f"SELECT {ones} FROM (SELECT {ones}) WHERE 1!=1",
        )

    def wrapped(self, bind: Any) -> str:
        """Return a parameter of a list with what its type puts around it."""
        kind = bind.type
        if not kind._has_bind_expression:
            return "?"
        single = bindparam("value", required=True, type_=kind)
        around = compile_statement(single, dialect=dialect)
        if len(around.binds) != 1:
            raise exc.CompileError(
                f"the type of {bind!r} cannot stand in a list: its"
                " bind_expression() uses the value more than once"
            )
        return "?".join(around.segments)

    def bind(self, place: BoundPlace) -> tuple[Any, ...]:
        bind = place.bind
        codec = _codec(bind.type)
        default = self.defaults.get(place.name)
        if default is not None:
            return (place.name, None, codec, *self.default(place, default))
        key = bind.key or self.given.get(place.name, place.name)
        return (place.name, key, codec, *self.source(bind))

    def source(self, bind: Any) -> tuple[str, Any]:
        at = self.riders.get(id(bind))
        called = bind.callable is not None
        if bind.required:
            return "given", None
        if at is not None:
            return ("called" if called else "rider"), at
        return ("call" if called else "constant"), bind._value

    def default(self, place: BoundPlace, default: Any) -> tuple[str, Any]:
        """Return the source of a value that nobody gave."""
        if not default.is_callable:
            return "constant", default.arg
        if default.arg is not default._given:  # it takes no argument
            return "call", default._given
        function: Callable[[Any], Any] = default.arg
        suffix = ""
        if getattr(self.root, "_multi_values", None):
            found = _ROW.search(place.name)
            suffix = found.group() if found else "_m0"
        return "context", lambda known: function(DefaultContext(known, suffix))

    # ---- rows ----

    def decoder(self) -> tuple[_core.Decoder | None, bool]:
        """Return what decodes the rows, and whether SQLite names them."""
        columns = self.compiled.result_columns
        if self.compiled.fit is not None:
            return None, True
        if self.implicit:
            names = tuple(str.__str__(each.key) for each in self.implicit)
            codecs = tuple(each.type.codec() for each in self.implicit)
            return _core.Decoder(names, codecs), False
        if not columns:
            return None, False
        textual = any(_is_text(each.objects) for each in columns)
        pairs = getattr(self.compiled, "result_items", None)
        if not pairs:
            pairs = [
                (each.objects[0] if each.objects else None, (at,))
                for at, each in enumerate(columns)
            ]
        names = self.names(pairs)
        keys, items, targets = [], [], []
        for thing, positions in pairs:
            if hasattr(thing, "_result_item"):
                keys.append(thing._result_name)
                items.append(thing._result_item(positions))
                target = getattr(thing, "_target", thing)
                targets.append(getattr(thing, "_targets", (target,)))
                continue
            column = columns[positions[0]]
            name = next(names) if names is not None else None
            keys.append(str.__str__(column.keyname if name is None else name))
            items.append((positions[0], column.type.codec()))
            targets.append((thing, *column.objects, column.name))
        decoder = _core.Decoder(
            tuple(keys),
            tuple(items),
            len(columns),
            tuple(targets),
            self.things,
        )
        return decoder, textual

    def names(self, pairs: Any) -> Any:
        """Return the names of columns where mapped classes take part."""
        if not is_mapped(self.root):
            return None
        plain = [
            thing for thing, _ in pairs if not hasattr(thing, "_result_item")
        ]
        return iter(list(selected_keys(plain)))

    def primary_key(self) -> Any:
        """Return names and sources of the primary key that is inserted."""
        if not self.compiled.isinsert:
            return None
        binds: dict[str, int] = {}
        for at, place in enumerate(self.compiled.binds):
            binds.setdefault(place.name, at)
        words = {"bind": "bind", "returning": "cell"}
        sources: list[Any] = []
        for kind, which in self.compiled.primary_key:
            if kind == "bind":
                which = binds.get(which)
            if kind in words and which is not None:
                sources.append((words[kind], which))
            else:
                sources.append("rowid" if kind == "lastrowid" else None)
        root = getattr(self.root, "_from_statement", None) or self.root
        names = tuple(
            str.__str__(each.key) for each in root._table.primary_key
        )
        return names, tuple(sources)


def _is_text(objects: tuple[Any, ...]) -> bool:
    first = objects[0] if objects else None
    return getattr(first, "__visit_name__", None) == "text_fragment"
