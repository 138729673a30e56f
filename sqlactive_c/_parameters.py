"""Parameters as text: for messages of errors and for the echo log.

Long values, many parameters and many parameter sets are abbreviated, so that
a failed bulk insert does not print the bulk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_MAX_CHARS = 300
_MAX_PARAMS = 100
_MAX_SETS = 10
_LAST_SETS = 2


def _value(value: Any) -> str:
    text = repr(value)
    extra = len(text) - _MAX_CHARS
    if extra <= 0:
        return text
    half = _MAX_CHARS // 2
    return (
        f"{text[:half]} ... ({extra} characters truncated) ... {text[-half:]}"
    )


def _elided(items: list[Any], render: Any) -> str:
    extra = len(items) - _MAX_PARAMS
    if extra <= 0:
        return ", ".join(map(render, items))
    half = _MAX_PARAMS // 2
    head = ", ".join(map(render, items[:half]))
    tail = ", ".join(map(render, items[-half:]))
    return f"{head} ... {extra} parameters truncated ... {tail}"


def _pair(item: tuple[Any, Any]) -> str:
    return f"{item[0]!r}: {_value(item[1])}"


def _one_set(params: Any) -> str:
    if isinstance(params, dict):
        return "{" + _elided(list(params.items()), _pair) + "}"
    if isinstance(params, tuple):
        comma = "," if len(params) == 1 else ""
        return "(" + _elided(list(params), _value) + comma + ")"
    if isinstance(params, list):
        return "[" + _elided(params, _value) + "]"
    return _value(params)


def _sets(sets: Iterable[Any]) -> str:
    return ", ".join(map(_one_set, sets))


def render_params(params: Any, ismulti: bool | None = None) -> str:
    """Return parameters as abbreviated text.

    Args:
        params: A dict, tuple or list; a list of them for many sets.
        ismulti: True for many sets, False for one, None when not known.

    Returns:
        Python syntax, with the middle left out where it is long: 300
        characters a value, 100 parameters a set, 10 sets.
    """
    if ismulti is None or not isinstance(params, (dict, list, tuple)):
        return _value(params)
    if not ismulti or isinstance(params, dict):
        return _one_set(params)
    count = len(params)
    if count <= _MAX_SETS:
        return "[" + _sets(params) + "]"
    head = _sets(params[: _MAX_SETS - _LAST_SETS])
    tail = _sets(params[-_LAST_SETS:])
    return (
        f"[{head}  ... displaying {_MAX_SETS} of {count} total bound"
        f" parameter sets ...  {tail}]"
    )
