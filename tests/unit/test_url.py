"""URLs: ``sqlactive_c.engine.url`` and what they mean for SQLite."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from sqlactive_c.engine.sqlite_url import resolve_url
from sqlactive_c.engine.url import URL, make_url
from sqlactive_c.exc import ArgumentError, NoSuchModuleError


def test_parts_of_a_url() -> None:
    url = make_url("pg+x://us%40er:p%3Aw@host:5432/db?a=1&b=2&a=3")
    assert url.drivername == "pg+x"
    assert (url.username, url.password) == ("us@er", "p:w")
    assert (url.host, url.port, url.database) == ("host", 5432, "db")
    assert dict(url.query) == {"a": ("1", "3"), "b": "2"}
    assert (url.get_backend_name(), url.get_driver_name()) == ("pg", "x")


@pytest.mark.parametrize("show", [str, repr, lambda u: u.render_as_string()])
def test_the_password_is_hidden(show: Any) -> None:
    url = make_url("pg://u:secret@h/d")
    assert show(url) == "pg://u:***@h/d"
    assert url.render_as_string(hide_password=False) == "pg://u:secret@h/d"


def test_the_password_is_in_no_message() -> None:
    with pytest.raises(ArgumentError) as caught:
        make_url("bad url://u:secret@h")
    assert "secret" not in str(caught.value)
    with pytest.raises(ArgumentError) as caught:
        resolve_url("sqlite://u:secret@h/d")
    assert "secret" not in str(caught.value)


def test_urls_are_values() -> None:
    a, b = make_url("sqlite:///x?a=1&b=2"), make_url("sqlite:///x?b=2&a=1")
    assert a == b
    assert not a != b  # noqa: SIM202
    assert hash(a) == hash(b)
    assert a != "sqlite:///x?a=1&b=2"
    assert make_url(a) is a
    assert pickle.loads(pickle.dumps(a)) == a
    assert copy.deepcopy(a) is a


def test_urls_cannot_change() -> None:
    url = make_url("sqlite:///x?a=1")
    with pytest.raises(AttributeError):
        url.database = "y"  # type: ignore[misc]
    for change in (
        lambda q: q.update(a="2"),
        lambda q: q.pop("a"),
        lambda q: q.clear(),
        lambda q: q.setdefault("b", "2"),
        lambda q: q.__setitem__("a", "2"),
        lambda q: q.__delitem__("a"),
    ):
        with pytest.raises(TypeError):
            change(url.query)
    assert dict(url.query) == {"a": "1"}


def test_set_keeps_what_is_not_given() -> None:
    url = make_url("pg://u:p@h:1/d?a=1").set(database="e", port=2)
    assert url == make_url("pg://u:p@h:2/e?a=1")


@pytest.mark.parametrize("text", ["pg://h:abc/d", "sqlite:/x", "", "x"])
def test_malformed(text: str) -> None:
    with pytest.raises(ArgumentError):
        make_url(text)


def test_driver_name_of_plain_names() -> None:
    assert make_url("sqlite://").get_driver_name() == "aiosqlite"
    with pytest.raises(NoSuchModuleError, match="foo"):
        make_url("foo://").get_driver_name()


# -- resolve_url ------------------------------------------------------------

DEFAULTS = {
    "memory": False,
    "memory_name": None,
    "path": None,
    "file": None,
    "uri": False,
    "read_only": False,
    "create": True,
    "immutable": False,
    "nolock": False,
    "cache": None,
    "vfs": None,
    "connect_args": {},
}

RESOLVED: dict[str, dict[str, Any]] = {
    "sqlite://": {"memory": True},
    "sqlite:///": {"memory": True},
    "sqlite:///:memory:": {"memory": True},
    "sqlite+aiosqlite://": {"memory": True},
    "sqlite+pysqlite://": {"memory": True},
    "sqlite:///?uri=true": {"memory": True},
    "sqlite:///file::memory:?uri=true": {"memory": True},
    "sqlite:///file:?uri=true": {"memory": True},
    "sqlite:///file:x?mode=memory&uri=true": {"memory": True},
    "sqlite:///file:x?mode=memory&cache=shared&uri=true": {
        "memory": True,
        "memory_name": "x",
    },
    "sqlite:///file:/x?vfs=memdb&uri=true": {
        "memory": True,
        "memory_name": "/x",
    },
    "sqlite:///rel.db": {"path": "rel.db", "file": "rel.db"},
    "sqlite:////abs.db": {"path": "/abs.db", "file": "/abs.db"},
    "sqlite:///a%20b.db": {"path": "a%20b.db", "file": "a%20b.db"},
    "sqlite:///file:x.db": {"path": "./file:x.db", "file": "./file:x.db"},
    "sqlite:///x?uri=false": {"path": "x", "file": "x"},
    "sqlite:///file:a%20b.db?uri=true": {
        "path": "file:a%20b.db",
        "file": "a b.db",
        "uri": True,
    },
    "sqlite:///file:x?mode=ro&uri=true": {
        "path": "file:x?mode=ro",
        "file": "x",
        "uri": True,
        "read_only": True,
        "create": False,
    },
    "sqlite:///file:x?mode=rw&uri=1": {
        "path": "file:x?mode=rw",
        "file": "x",
        "uri": True,
        "create": False,
    },
    "sqlite:///file:x?mode=rwc&cache=private&uri=on": {
        "path": "file:x?cache=private&mode=rwc",
        "file": "x",
        "uri": True,
        "cache": "private",
    },
    "sqlite:///file:x?immutable=1&nolock=1&uri=1": {
        "path": "file:x?immutable=1&nolock=1",
        "file": "x",
        "uri": True,
        "read_only": True,
        "create": False,
        "immutable": True,
        "nolock": True,
    },
    "sqlite:///file:///dir/x?uri=1": {
        "path": "file:/dir/x",
        "file": "/dir/x",
        "uri": True,
    },
    "sqlite:///file://localhost/dir/x?uri=1": {
        "path": "file:/dir/x",
        "file": "/dir/x",
        "uri": True,
    },
    "sqlite:///a b?mode=rw&uri=1": {
        "path": "file:a%20b?mode=rw",
        "file": "a b",
        "uri": True,
        "create": False,
    },
    "sqlite:///x?timeout=2.5&detect_types=3&isolation_level=IMMEDIATE"
    "&check_same_thread=no&cached_statements=9": {
        "path": "x",
        "file": "x",
        "connect_args": {
            "timeout": 2.5,
            "detect_types": 3,
            "isolation_level": "IMMEDIATE",
            "check_same_thread": False,
            "cached_statements": 9,
        },
    },
}


@pytest.mark.parametrize("text", RESOLVED)
def test_resolved(text: str) -> None:
    result = resolve_url(text)
    for name, value in {**DEFAULTS, **RESOLVED[text]}.items():
        if name == "path" and value and "?" in value:
            base, _, query = value.partition("?")
            path, _, found = result[name].partition("?")
            assert (path, set(found.split("&"))) == (
                base,
                set(query.split("&")),
            )
        else:
            assert result[name] == value, name
    assert result["url"] == make_url(text)
    assert set(result) == {*DEFAULTS, "url"}


def test_options_inside_the_database() -> None:
    url = URL.create(
        "sqlite", database="file:x?mode=ro#part", query={"uri": "true"}
    )
    result = resolve_url(url)
    assert (result["path"], result["read_only"]) == ("file:x?mode=ro", True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sqlite:///x?nope=1", "nope"),
        ("sqlite:///file:x?nope=1&uri=true", "nope"),
        ("sqlite:///file:x?mode=ro", "uri=true"),
        ("sqlite:///file:x?mode=odd&uri=true", "odd"),
        ("sqlite:///file:x?cache=odd&uri=true", "odd"),
        ("sqlite:///file:x?immutable=odd&uri=true", "odd"),
        ("sqlite:///x?uri=odd", "odd"),
        ("sqlite:///x?timeout=odd", "odd"),
        ("sqlite:///x?timeout=-1", "-1"),
        ("sqlite:///x?timeout=nan", "nan"),
        ("sqlite:///x?cached_statements=1.5", "1.5"),
        ("sqlite:///x?timeout=1&timeout=2", "more than once"),
        ("sqlite:///file://host/x?uri=true", "host"),
        ("sqlite://host/x", "slashes"),
        ("sqlite://u:p@/x", "slashes"),
        ("sqlite:///a\0b", "NUL"),
        ("sqlite:///file:a%00b?uri=true", "NUL"),
        ("sqlite:///file:x?vfs=&uri=true", ""),
    ],
)
def test_refused(text: str, word: str) -> None:
    if text.endswith("vfs=&uri=true"):
        # A blank option is as good as none, as everywhere in URLs.
        assert resolve_url(text)["vfs"] is None
        return
    with pytest.raises(ArgumentError, match=word):
        resolve_url(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("foo://", "foo"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql"),
        ("sqlite+unknown://", "unknown"),
        ("sqlite+://", "driver"),
    ],
)
def test_unknown_database(text: str, word: str) -> None:
    with pytest.raises(NoSuchModuleError, match=word):
        resolve_url(text)
