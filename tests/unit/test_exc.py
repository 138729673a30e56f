"""Exceptions: ``sqlactive_c.exc``, ``orm.exc`` and ``exceptions``."""

from __future__ import annotations

import pickle
import sqlite3
from typing import Any

import pytest

import sqlactive_c.exceptions as active
from sqlactive_c import exc
from sqlactive_c.orm import exc as orm_exc


def make(code: int, xcode: int | None = None, **kwargs: Any) -> Any:
    arguments: dict[str, Any] = {
        "message": "what SQLite says",
        "offset": -1,
        "statement": "SELECT ?",
        "params": (1,),
        "hide_parameters": False,
        "ismulti": False,
        **kwargs,
    }
    return exc.make_database_error(
        code, code if xcode is None else xcode, **arguments
    )


CLASSES = {
    1: "OperationalError",
    2: "InternalError",
    3: "OperationalError",
    4: "OperationalError",
    5: "OperationalError",
    6: "OperationalError",
    8: "OperationalError",
    9: "OperationalError",
    10: "OperationalError",
    11: "DatabaseError",
    12: "InternalError",
    13: "OperationalError",
    14: "OperationalError",
    15: "OperationalError",
    16: "OperationalError",
    17: "OperationalError",
    18: "DataError",
    19: "IntegrityError",
    20: "IntegrityError",
    21: "InterfaceError",
    23: "DatabaseError",
    25: "InterfaceError",
    26: "DatabaseError",
    99: "DatabaseError",
}


@pytest.mark.parametrize("code", CLASSES)
def test_class_for_a_code(code: int) -> None:
    error = make(code)
    assert type(error) is getattr(exc, CLASSES[code])
    assert type(error.orig) is getattr(sqlite3, CLASSES[code])
    assert error.orig.sqlite_errorcode == code


def test_out_of_memory() -> None:
    assert isinstance(make(7), MemoryError)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1, "SQLITE_ERROR"),
        (9, "SQLITE_INTERRUPT"),
        (20, "SQLITE_MISMATCH"),
        (517, "SQLITE_BUSY_SNAPSHOT"),
        (2067, "SQLITE_CONSTRAINT_UNIQUE"),
        (99999, "unknown"),
    ],
)
def test_name_of_the_extended_code(code: int, name: str) -> None:
    error = make(code & 0xFF, code)
    assert error.orig.sqlite_errorcode == code
    assert error.orig.sqlite_errorname == name


def test_attributes_of_a_database_error() -> None:
    error = make(19, 2067, offset=7, ismulti=True, params=[(1,), (2,)])
    assert error.statement == "SELECT ?"
    assert error.params == [(1,), (2,)]
    assert error.ismulti is True
    assert error.hide_parameters is False
    assert error.connection_invalidated is False
    assert error.sql_offset == 7
    assert make(1).sql_offset is None
    assert str(error) == (
        "(sqlite3.IntegrityError) what SQLite says\n"
        "[SQL: SELECT ?]\n"
        "[parameters: [(1,), (2,)]]"
    )


def test_hidden_parameters() -> None:
    text = str(make(1, params=("secret",), hide_parameters=True))
    assert "secret" not in text
    assert text.endswith("[SQL parameters hidden due to hide_parameters=True]")


def test_no_statement() -> None:
    assert str(make(1, statement=None)) == (
        "(sqlite3.OperationalError) what SQLite says"
    )


def test_misuse() -> None:
    error = exc.make_programming_error("odd", "SELECT ?", (), False, False)
    assert type(error) is exc.ProgrammingError
    assert type(error.orig) is sqlite3.ProgrammingError
    assert not hasattr(error.orig, "sqlite_errorcode")
    assert str(error) == "(sqlite3.ProgrammingError) odd\n[SQL: SELECT ?]"


def test_messages_name_no_website() -> None:
    for name in exc.__all__:
        cls = getattr(exc, name)
        if isinstance(cls, type) and issubclass(cls, exc.DBAPIError):
            text = str(cls("SELECT 1", (1,), sqlite3.Error("x")))
            assert "http" not in text


SAMPLES: list[Any] = [
    exc.InvalidRequestError("a", code="abcd"),
    exc.InvalidRequestError("a", "b"),
    exc.NoSuchColumnError("x"),
    exc.NoReferencedTableError("m", "t"),
    exc.NoReferencedColumnError("m", "t", "c"),
    exc.CircularDependencyError("m", {1}, {(1, 2)}),
    exc.ObjectNotExecutableError(5),
    exc.UnsupportedCompilationError("c", int, "m"),
    exc.StatementError(
        "m", "SELECT 1", {"a": 1}, ValueError("v"), ismulti=False
    ),
    exc.DBAPIError("S", (1,), sqlite3.Error("x"), True, True, "zzzz", True),
    exc.IntegrityError("S", [(1,)], sqlite3.IntegrityError("x"), ismulti=True),
    exc.SAWarning("w", code="abcd"),
    orm_exc.DetachedInstanceError("d"),
    orm_exc.UnmappedInstanceError(5),
    orm_exc.UnmappedClassError(int),
    orm_exc.ObjectDeletedError(5),
    orm_exc.MappedAnnotationError("m"),
    active.ModelAttributeError("a", "B", note="n"),
    active.NoSessionError(),
    active.NegativeIntegerError("limit", -1),
    active.FilterTypeError(5),
    active.SQLActiveError("m", "n"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_pickle(error: Any) -> None:
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert getattr(other, "code", None) == getattr(error, "code", None)
    assert getattr(other, "__notes__", []) == getattr(error, "__notes__", [])
    for name in ("statement", "params", "ismulti", "hide_parameters"):
        assert getattr(other, name, None) == getattr(error, name, None)
    if isinstance(error, exc.DBAPIError):
        assert type(other.orig) is type(error.orig)
        assert other.connection_invalidated == error.connection_invalidated


def test_details_survive_pickle() -> None:
    error = make(1)
    error.add_detail("more")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(error).startswith("(more)\n")


def test_some_bases() -> None:
    assert issubclass(exc.NoSuchColumnError, KeyError)
    assert issubclass(exc.SAWarning, RuntimeWarning)
    assert not issubclass(
        orm_exc.DetachedInstanceError, exc.InvalidRequestError
    )
    assert orm_exc.NoResultFound is exc.NoResultFound
    assert str(exc.NoSuchColumnError("x")) == "x"


@pytest.mark.parametrize("name", active.__all__)
def test_every_class_takes_a_note(name: str) -> None:
    cls = getattr(active, name)
    count = {
        "NoSessionError": 0,
        "SQLActiveError": 1,
        "CompositePrimaryKeyError": 1,
        "EagerLoadPathTupleError": 1,
        "FilterTypeError": 1,
        "NoSearchableColumnsError": 1,
        "OperatorError": 1,
        "RootClassNotFoundError": 1,
    }.get(name, 2)
    error = cls(*["x"] * count, note=" look here ")
    assert error.__notes__ == ["look here"]
    assert not hasattr(cls(*["x"] * count, note="  "), "__notes__")
