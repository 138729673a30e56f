"""What an element looks like as SQL."""

from __future__ import annotations

from typing import Any

from parity.databases import outcome
from parity.library import Library


def compiled(lib: Library, element: Any, **keywords: Any) -> Any:
    """Return the text for SQLite, and the parameters."""
    made = element.compile(
        dialect=lib.sqlite.dialect(), compile_kwargs=keywords
    )
    return str(made), dict(made.params)


def alike(actual: Any, expected: Any) -> bool:
    """Say whether both have the same texts.

    The text with its values is left out where the peer cannot write it: it
    has no literal for some types, and leaves "?" or unexpanded lists behind
    some operators.
    """
    if isinstance(actual, str) and isinstance(expected, str):
        # Neither can be made; the peer refuses some names while it builds.
        return actual == expected or (
            actual.startswith("raises") and expected.startswith("raises")
        )
    if isinstance(actual, dict) and isinstance(expected, dict):
        unwritten = {
            key: expected[key]
            for key, marks in (
                ("literal", ("?", "POSTCOMPILE", "raises CompileError")),
                ("expanded", ("POSTCOMPILE",)),
            )
            if any(mark in str(expected.get(key)) for mark in marks)
        }
        actual = {**actual, **unwritten}
    return bool(actual == expected)


def all_texts(lib: Library, element: Any) -> dict[str, Any]:
    """Return the texts for SQLite: prepared, expanded, with its values."""
    return {
        "prepared": compiled(lib, element),
        "expanded": outcome(
            lambda: compiled(lib, element, render_postcompile=True)
        ),
        "literal": outcome(
            lambda: compiled(lib, element, literal_binds=True)[0]
        ),
    }
