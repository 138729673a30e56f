"""Exceptions of the Active Record layer: bases, messages, notes."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sqlactive_c import exceptions

CASES: list[tuple[str, type, tuple[Any, ...], str]] = [
    (
        "CompositePrimaryKeyError",
        ValueError,
        ("Sell",),
        "model Sell has a composite primary key",
    ),
    (
        "EagerLoadPathTupleError",
        ValueError,
        (("a", 1),),
        "expected boolean for second element of tuple in ('a', 1)",
    ),
    (
        "FilterTypeError",
        TypeError,
        (5,),
        "expected dict or list in filters, got",
    ),
    (
        "InvalidJoinMethodError",
        ValueError,
        ("posts", "odd"),
        "invalid join method 'odd' for 'posts'",
    ),
    (
        "ModelAttributeError",
        AttributeError,
        ("x", "User"),
        "no such attribute: 'x' in model User",
    ),
    (
        "NegativeIntegerError",
        ValueError,
        ("limit", -1),
        "limit must be >= 0, got -1",
    ),
    (
        "NoColumnOrHybridPropertyError",
        AttributeError,
        ("x", "User"),
        "no such column or hybrid property: 'x' in model User",
    ),
    (
        "NoFilterableError",
        AttributeError,
        ("x", "User"),
        "attribute not filterable: 'x' in model User",
    ),
    (
        "NoSessionError",
        RuntimeError,
        (),
        "cannot get session; set_session() must be called first",
    ),
    (
        "NoSearchableColumnsError",
        RuntimeError,
        ("User",),
        "model User has no searchable columns",
    ),
    (
        "NoSearchableError",
        AttributeError,
        ("x", "User"),
        "attribute not searchable: 'x' in model User",
    ),
    (
        "NoSettableError",
        AttributeError,
        ("x", "User"),
        "attribute not settable: 'x' in model User",
    ),
    (
        "NoSortableError",
        AttributeError,
        ("x", "User"),
        "attribute not sortable: 'x' in model User",
    ),
    ("OperatorError", ValueError, ("odd",), "no such operator: 'odd'"),
    (
        "RelationError",
        AttributeError,
        ("x", "User"),
        "no such relation: 'x' in model User",
    ),
    (
        "RootClassNotFoundError",
        ValueError,
        ("SELECT 1",),
        "could not find root class of query: SELECT 1",
    ),
]
NAMES = [case[0] for case in CASES]


def test_all_are_here() -> None:
    assert {*NAMES, "SQLActiveError"} == set(exceptions.__all__)


@pytest.mark.parametrize(("name", "base", "args", "message"), CASES, ids=NAMES)
def test_class(
    name: str, base: type, args: tuple[Any, ...], message: str
) -> None:
    cls = getattr(exceptions, name)
    error = cls(*args)
    assert isinstance(error, base)
    assert isinstance(error, exceptions.SQLActiveError)
    assert str(error).startswith(message)
    assert not hasattr(error, "__notes__")
    for blank in ("", "  \n"):
        assert not hasattr(cls(*args, blank), "__notes__")
    noted = cls(*args, note=" further ")
    assert noted.__notes__ == ["further"]
    assert str(noted) == str(error)
    copy = pickle.loads(pickle.dumps(noted))
    assert type(copy) is cls
    assert str(copy) == str(error)
    assert copy.__notes__ == ["further"]


@pytest.mark.parametrize(("name", "base", "args", "message"), CASES, ids=NAMES)
def test_as_the_peer(
    name: str, base: type, args: tuple[Any, ...], message: str
) -> None:
    peer = pytest.importorskip("sqlactive.exceptions")
    theirs = getattr(peer, name)(*args, "n")
    mine = getattr(exceptions, name)(*args, "n")
    assert str(mine) == str(theirs)
    assert mine.__notes__ == theirs.__notes__
    assert builtin_bases(mine) == builtin_bases(theirs)


def builtin_bases(error: Exception) -> list[type]:
    return [
        each for each in type(error).__mro__ if each.__module__ == "builtins"
    ]


def test_root() -> None:
    error = exceptions.SQLActiveError("message", "note")
    assert str(error) == "message"
    assert error.__notes__ == ["note"]
