"""Exceptions: names, bases, codes and messages as the peer's."""

from __future__ import annotations

import inspect
import sqlite3
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy.exc as their_exc
import sqlalchemy.orm.exc as their_orm_exc

import sqlactive_c.exc as our_exc
import sqlactive_c.orm.exc as our_orm_exc

# What the peer does not have.
ADDED = {"DatabaseLocked"}


def classes(module: Any) -> dict[str, type]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, BaseException)
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(our_exc, their_exc), (our_orm_exc, their_orm_exc)],
    ids=["exc", "orm"],
)
def test_same_hierarchy(ours: Any, theirs: Any) -> None:
    known = classes(theirs)
    for name in set(ours.__all__) & set(classes(ours)) - ADDED:
        cls, peer = getattr(ours, name), known[name]
        names = [
            base.__name__
            for base in cls.__mro__
            if not base.__name__.startswith("_")
        ]
        expected = [
            base.__name__
            for base in peer.__mro__
            if base.__name__ not in ("HasDescriptionCode", "DontWrapMixin")
        ]
        assert names == expected
        assert getattr(cls, "code", None) == getattr(peer, "code", None)


def test_nothing_is_missing() -> None:
    without = {
        "Base20DeprecationWarning",
        "LegacyAPIWarning",
        "MovedIn20Warning",
        "SATestSuiteWarning",
    }
    assert set(classes(their_exc)) - set(classes(our_exc)) == without
    missing = set(classes(their_orm_exc)) - set(classes(our_orm_exc))
    assert missing == set()


PARAMETERS: list[tuple[Any, bool | None]] = [
    ({}, False),
    ((), False),
    (None, False),
    ((1,), False),
    ((1, 2, "a"), False),
    ({"a": 1, "b": "x" * 400}, False),
    (tuple(range(100)), False),
    (tuple(range(101)), False),
    (tuple(range(150)), False),
    ({f"k{i}": i for i in range(150)}, False),
    ([(i,) for i in range(10)], True),
    ([(i,) for i in range(11)], True),
    ([{"a": i} for i in range(25)], True),
    ([tuple(range(150))] * 2, True),
    ([[1, 2], [3, 4]], True),
    (("x" * 298,), False),
    (("x" * 299,), False),
    ((b"y" * 500, "z" * 500), False),
    ((tuple(range(200)),), False),
    (tuple("z" * 200 for _ in range(120)), False),
    ([{"a": "x" * 400, **{f"k{i}": i for i in range(150)}}] * 12, True),
    ([(i,) for i in range(500)], None),
    ((1, 2), None),
    (5, False),
    ([], True),
]


@pytest.mark.parametrize("index", range(len(PARAMETERS)))
def test_same_message(index: int) -> None:
    params, many = PARAMETERS[index]
    texts = [
        str(
            module.StatementError(
                "what", "SELECT 1", params, None, ismulti=many
            )
        )
        for module in (their_exc, our_exc)
    ]
    assert texts[1] == texts[0]


@pytest.mark.parametrize("hide", [False, True])
def test_same_message_of_the_database(hide: bool) -> None:
    texts = []
    for module in (their_exc, our_exc):
        error = module.IntegrityError(
            "INSERT", {"a": 1}, sqlite3.IntegrityError("bad"), hide
        )
        error.add_detail("more")
        texts.append(str(error))
    lines = texts[0].splitlines()
    assert lines.pop().startswith("(Background on")
    assert texts[1].splitlines() == lines


@pytest.mark.parametrize("args", [(), ("a",), ("a", "b"), (5,)])
def test_same_str(args: Any) -> None:
    theirs, ours = (
        module.InvalidRequestError(*args) for module in (their_exc, our_exc)
    )
    assert str(ours) == str(theirs)
    assert repr(ours) == repr(theirs)


class FullDisk:
    """A connection on a database that may not grow."""

    def __enter__(self) -> sqlite3.Connection:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("CREATE TABLE t (a)")
        self.connection.execute("PRAGMA max_page_count = 2")
        return self.connection

    def __exit__(self, *exc: Any) -> None:
        self.connection.close()


def stdlib_errors(tmp_path: Path) -> list[sqlite3.Error]:
    """Return errors that SQLite reports with a result code."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "PRAGMA foreign_keys = ON;"
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c CHECK (c > 1),"
        " d NOT NULL DEFAULT 0, e REFERENCES t (a));"
        "INSERT INTO t (a, b) VALUES (1, 1);"
    )
    errors = []
    for sql in (
        "INSERT INTO t (b) VALUES (1)",
        "INSERT INTO t (a) VALUES (1)",
        "INSERT INTO t (c) VALUES (0)",
        "INSERT INTO t (d) VALUES (NULL)",
        "INSERT INTO t (e) VALUES (99)",
        "INSERT INTO t (a) VALUES ('x')",
        "SELECT * FROM nope",
        "nonsense",
        "SELECT zeroblob(2000000000)",
        "SELECT json('x')",
        "SELECT abs(-9223372036854775808)",
        "SELECT load_extension('x')",
        "ATTACH '/no/such/directory/x' AS y",
        "RELEASE nothing",
    ):
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute(sql)
        errors.append(caught.value)
    connection.close()
    with FullDisk() as full, pytest.raises(sqlite3.Error) as caught:
        full.execute("INSERT INTO t VALUES (zeroblob(100000))")
    errors.append(caught.value)
    path = tmp_path / "no.db"
    path.write_bytes(b"this is not a database file" * 100)
    broken = sqlite3.connect(path)
    with pytest.raises(sqlite3.Error) as caught:
        broken.execute("SELECT * FROM sqlite_master")
    errors.append(caught.value)
    broken.close()
    read_only = tmp_path / "ro.db"
    sqlite3.connect(read_only).close()
    closed = sqlite3.connect(f"file:{read_only}?mode=ro", uri=True)
    with pytest.raises(sqlite3.Error) as caught:
        closed.execute("CREATE TABLE t (a)")
    errors.append(caught.value)
    closed.close()
    return errors


def test_codes_give_the_class_of_the_standard_library(tmp_path: Path) -> None:
    for stdlib in stdlib_errors(tmp_path):
        code = stdlib.sqlite_errorcode
        error = our_exc.make_database_error(
            code & 0xFF, code, str(stdlib), 3, "S", (1,), False, False
        )
        assert type(error.orig) is type(stdlib)
        assert type(error).__name__ == type(stdlib).__name__
        assert error.orig.sqlite_errorcode == code
        assert error.orig.sqlite_errorname == stdlib.sqlite_errorname
        wrapped = their_exc.DBAPIError.instance(
            "S", (1,), stdlib, sqlite3.Error, ismulti=False
        )
        assert type(wrapped).__name__ == type(error).__name__
        assert str(wrapped).splitlines()[:3] == str(error).splitlines()


def test_exceptions_of_the_active_record_layer() -> None:
    theirs = pytest.importorskip("sqlactive.exceptions")
    import sqlactive_c.exceptions as ours

    arguments = {
        "SQLActiveError": ("m",),
        "CompositePrimaryKeyError": ("X",),
        "EagerLoadPathTupleError": ((1, 2),),
        "FilterTypeError": (5,),
        "InvalidJoinMethodError": ("a", "b"),
        "NegativeIntegerError": ("limit", -1),
        "NoSessionError": (),
        "NoSearchableColumnsError": ("X",),
        "OperatorError": ("op",),
        "RootClassNotFoundError": ("SELECT",),
    }
    for name in ours.__all__:
        args = arguments.get(name, ("attr", "X"))
        for note in ("", "  ", " a note "):
            mine = getattr(ours, name)(*args, note=note)
            peer = getattr(theirs, name)(*args, note=note)
            assert str(mine) == str(peer)
            assert getattr(mine, "__notes__", []) == getattr(
                peer, "__notes__", []
            )
            for base in (ValueError, AttributeError, TypeError, RuntimeError):
                assert isinstance(mine, base) == isinstance(peer, base)
    assert set(classes(theirs)) == set(ours.__all__)
