"""What ``text()`` can do as an element of statements."""

from __future__ import annotations

from typing import Any

from .. import _core, exc
from . import coercions
from .columns import ColumnClause
from .compound import TextualSelect
from .elements import BindParameter, ColumnElement, TextFragment

__all__ = ["bindparams", "columns", "compile", "fragment"]


def bindparams(
    text: _core.TextClause, /, *binds: Any, **values: Any
) -> _core.TextClause:
    """Return a text with parameters that have types.

    Args:
        text: The text.
        *binds: What ``bindparam()`` made, under the names in the text.
        **values: Values by name; a type that was given before stays.

    Raises:
        ArgumentError: The text has no parameter of that name.
        TypeError: Something is not what ``bindparam()`` makes.
    """
    preset = dict(text._preset or {})
    for bind in binds:
        if not isinstance(bind, BindParameter):
            raise TypeError(
                "bindparams() takes what bindparam() makes, and values by"
                " keyword"
            )
        preset[_known(text, bind.key)] = bind
    for name, value in values.items():
        before = preset.get(_known(text, name))
        if isinstance(before, BindParameter):
            value = before._with_value(value)
        preset[name] = value
    return text._with(preset)


def _known(text: _core.TextClause, name: Any) -> str:
    if name not in text._template.names:
        raise exc.ArgumentError(f"this text() has no parameter {name!r}")
    return name  # type: ignore[no-any-return]


def fragment(text: _core.TextClause, /) -> TextFragment:
    """Return what stands for a text where nodes are needed.

    Args:
        text: The text.
    """
    made: TextFragment = TextFragment.of(text)
    return made


def columns(
    text: _core.TextClause, /, *given: Any, **types: Any
) -> TextualSelect:
    """Return a text as a SELECT whose columns are known.

    Args:
        text: The text.
        *given: The columns, in the order of the text; when there are types
            as well, they are matched by name.
        **types: Types by the names of columns.

    Raises:
        ArgumentError: Something is no column.
    """
    named: list[Any] = []
    positional: list[Any] = []
    for each in given:
        column = coercions.unwrap(each)
        if not isinstance(column, ColumnElement):
            raise exc.ArgumentError(f"a column is needed here, not {each!r}")
        if getattr(column, "key", None) in types:
            kind = types.pop(column.key)
            named.append(ColumnClause.of(column.key, kind, False))
        else:
            positional.append(column)
    named += [
        ColumnClause.of(name, kind, False) for name, kind in types.items()
    ]
    nothing = (None,) * (len(TextualSelect._fields) - 3)
    made: TextualSelect = TextualSelect._new(
        TextFragment.of(text),
        (*positional, *named),
        bool(positional) and not named,
        *nothing,
    )
    return made


def compile(text: _core.TextClause, /, *args: Any, **kwargs: Any) -> Any:
    """Return the compiled form of a text.

    Args:
        text: The text.
        *args: As for other statements.
        **kwargs: As for other statements.
    """
    return TextFragment.of(text).compile(*args, **kwargs)
