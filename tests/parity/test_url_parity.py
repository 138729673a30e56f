"""URLs: the same parts and the same text as the peer's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy.engine
import sqlalchemy.exc

from sqlactive_c.engine.url import URL, make_url

TEXTS = [
    "sqlite://",
    "sqlite:///",
    "sqlite:///a.db",
    "sqlite:////abs/x.db",
    "sqlite+aiosqlite://",
    "sqlite+aiosqlite:///a%20b.db",
    "sqlite+aiosqlite:///:memory:",
    "sqlite+aiosqlite:///file:x.db?mode=ro&uri=true",
    "sqlite:///x.db?timeout=5",
    "sqlite:///x?",
    "sqlite:///x?a",
    "sqlite:///x?a=",
    "sqlite:///x?a=1&b=2&a=3",
    "SQLite:///x",
    "sqlite:///é ü.db",
    "sqlite:///a#b.db",
    "sqlite:///a?b?c=d",
    "sqlite:///C:\\path\\x.db",
    "sqlite://h/db",
    "sqlite://u:p@/db",
    "sqlite+aio+x://",
    "postgresql+asyncpg://u:p%40ss@h:5432/db?a=1&a=2&b=%20x",
    "postgresql://u@h/db",
    "mysql://u:p@[::1]:33/db",
    "pg://user:pa:ss@host/db",
    "pg://u:p@x@h/db",
    "pg://u:@h",
    "pg://:p@h",
    "pg://@h",
    "pg://u@",
    "pg:///db?x=é",
    "pg://u:p@h:99999/db",
    "pg://u+x:p+y@h/d+b",
    "pg://u:a/b@h",
    "pg://h?x=y",
    "pg://h:5?x=y",
    "pg://h#x",
    "é://x",
    "foo://",
    "foo",
    "",
    "sqlite:/x",
    "sq lite://",
    " sqlite://",
    "a-b://",
]


def parts(make: Callable[[str], Any], text: str) -> Any:
    try:
        url = make(text)
    except Exception as error:
        return type(error).__name__
    return (
        tuple(url)[:6],
        dict(url.query),
        {k: tuple(v) for k, v in url.normalized_query.items()},
        repr(url),
        str(url),
        url.render_as_string(hide_password=False),
        url.get_backend_name(),
    )


@pytest.mark.parametrize("text", TEXTS)
def test_same_parts(text: str) -> None:
    assert parts(make_url, text) == parts(sqlalchemy.engine.make_url, text)


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "create": lambda cls, u: cls.create("sqlite", query={"a": ["1", "2"]}),
    "create all": lambda cls, u: cls.create(
        "pg", "a b/@:", "c d/@:+%", "h", 5, "x y?#", {"a b": "c&d=é+ %"}
    ),
    "create ipv6": lambda cls, u: cls.create("pg", host="::1", port=5),
    "create port text": lambda cls, u: cls.create("pg", port="12"),
    "create no name": lambda cls, u: cls.create(None),
    "create number": lambda cls, u: cls.create(5),
    "create bad database": lambda cls, u: cls.create("sqlite", database=5),
    "create bad query": lambda cls, u: cls.create("sqlite", query={"a": 1}),
    "create bad key": lambda cls, u: cls.create("sqlite", query={5: "a"}),
    "positional": lambda cls, u: cls("x"),
    "set": lambda cls, u: u.set(drivername="b", database="d", port=7),
    "set query": lambda cls, u: u.set(query={}),
    "set unknown": lambda cls, u: u.set(foo=1),
    "string": lambda cls, u: u.update_query_string("a=9&c=3"),
    "string append": lambda cls, u: u.update_query_string("a=9", append=True),
    "dict": lambda cls, u: u.update_query_dict({"a": "5", "z": ["1", "2"]}),
    "dict None": lambda cls, u: u.update_query_dict({"a": None}),
    "pairs": lambda cls, u: u.update_query_pairs([("a", "7"), ("a", "8")]),
    "pairs append": lambda cls, u: u.update_query_pairs(
        [("a", "7"), ("b", "8")], append=True
    ),
    "difference": lambda cls, u: u.difference_update_query(["a", "zz"]),
    "difference none": lambda cls, u: u.difference_update_query(["zz"]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_same_operation(name: str) -> None:
    def outcome(cls: Any, make: Callable[[str], Any]) -> Any:
        text = "sqlite+x://u:p@h/d?a=1&a=2&b=x"
        try:
            return OPERATIONS[name](cls, make(text)).render_as_string(False)
        except Exception as error:
            return type(error).__name__

    expected = outcome(sqlalchemy.engine.URL, sqlalchemy.engine.make_url)
    assert outcome(URL, make_url) == expected


def test_a_url_of_the_peer_is_taken() -> None:
    theirs = sqlalchemy.engine.make_url("sqlite+aiosqlite:///a.db?timeout=3")
    assert make_url(theirs) == make_url(str(theirs))


@pytest.mark.parametrize("value", [5, None, object(), b"sqlite://"])
def test_no_url(value: Any) -> None:
    from sqlactive_c.exc import ArgumentError

    with pytest.raises(sqlalchemy.exc.ArgumentError):
        sqlalchemy.engine.make_url(value)
    with pytest.raises(ArgumentError):
        make_url(value)


# What the driver is given: (file, keywords), against ours.
DRIVER = [
    "sqlite+aiosqlite:////dir/x",
    "sqlite+aiosqlite:////dir/x?timeout=3.5&cached_statements=7",
    "sqlite+aiosqlite:////dir/x?detect_types=1&check_same_thread=false",
    "sqlite+aiosqlite:////dir/x?check_same_thread=ON",
    "sqlite+aiosqlite:////dir/x?uri=no",
]


@pytest.mark.parametrize("text", DRIVER)
def test_same_driver_options(text: str) -> None:
    from sqlalchemy.dialects.sqlite import aiosqlite

    from sqlactive_c.engine.sqlite_url import resolve_url

    url = sqlalchemy.engine.make_url(text)
    (filename,), keywords = aiosqlite.dialect().create_connect_args(url)
    ours = resolve_url(text)
    assert ours["path"] == filename
    keywords.pop("uri", None)
    if "check_same_thread" not in ours["connect_args"]:
        keywords.pop("check_same_thread")
    assert ours["connect_args"] == keywords
