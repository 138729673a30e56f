"""Compares what the players of both libraries have seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return what differs and should not, one line for each.

    Args:
        expected: What the peer's player has seen.
        found: What ours has seen.
    """
    _level(expected, found)
    return list(_compared("", expected, found))


def _level(expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Take out what differs on purpose.

    An attribute that is set to what it is leaves our instance unmodified,
    and nobody counts the changes of what has no row.
    """
    if expected["raises"]:  # it may have come before a warning
        expected["warns"] = found["warns"] = []
    if not found["transaction"]:  # one that only set what was there
        expected["transaction"] = False
    for at, (one, other) in enumerate(
        zip(expected["objects"], found["objects"], strict=False)
    ):
        if one is None or other is None:
            continue
        if one["modified"] and not other["modified"]:
            one["modified"] = one["really"] = False
            if at in expected["dirty"]:
                expected["dirty"].remove(at)
        for each in (one, other):
            if each["is"] != ["persistent"]:
                each["modified"] = each["really"] = None
        if one["is"] == ["deleted"] or one["was_deleted"]:
            for each in (one, other):  # what was looked up, and followed
                each["related"] = each["values"] = None
            continue
        for this, that in ((one, other), (other, one)):
            for key, value in list(this["related"].items()):
                if value is None and key not in that["related"]:
                    del this["related"][key]
        if one["really"] is None:
            other["really"] = None
        if one["is"] != ["persistent"]:
            for each in (one, other):
                each["values"] = {
                    key: value
                    for key, value in each["values"].items()
                    if value is not None
                }


def _compared(path: str, one: Any, other: Any) -> Iterator[str]:
    if one == other and repr(one) == repr(other):
        return
    if type(one) is dict and type(other) is dict:
        for key in sorted({*one, *other}):
            yield from _compared(
                f"{path}.{key}", one.get(key, "-"), other.get(key, "-")
            )
    elif path == ".objects" and len(one) == len(other):
        for at, pair in enumerate(zip(one, other, strict=True)):
            yield from _compared(f"{path}.{at}", *pair)
    else:
        yield f"{path}: {one!r} in the peer, {other!r} here"
