"""What a URL means for SQLite: file name, open flags, driver options.

:func:`resolve_url` is called once per engine, with the URL the user gave.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import exc
from .url import URL, make_url, unknown_database

__all__ = ["resolve_url"]

_DRIVERS = ("", "aiosqlite", "pysqlite")
_TRUE = frozenset(("true", "yes", "on", "y", "t", "1"))
_FALSE = frozenset(("false", "no", "off", "n", "f", "0"))
_MODES = ("ro", "rw", "rwc", "memory")
_CACHES = ("shared", "private")


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("expected true or false")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError("expected a number of seconds, 0 or more")
    return value


# Options of the driver, with how their text becomes a value.
_DRIVER_OPTIONS: dict[str, Callable[[str], Any]] = {
    "cached_statements": int,
    "check_same_thread": _flag,
    "detect_types": int,
    "isolation_level": str,
    "timeout": _seconds,
}
# Options that SQLite itself reads from a 'file:' URI.
_FILE_OPTIONS = ("cache", "immutable", "mode", "nolock", "psow", "vfs")


def resolve_url(url: str | URL) -> dict[str, Any]:
    """Return what SQLite has to be told to open a URL.

    Args:
        url: A URL of the forms ``sqlite://``, ``sqlite+aiosqlite://`` and
            ``sqlite+pysqlite://``, in memory (no file, or ``:memory:``), with
            a file (``///relative.db``, ``////absolute.db``) or with a
            ``file:`` URI and ``uri=true``.

    Returns:
        A dict with the keys

        - ``url``: the parsed :class:`URL`;
        - ``memory``: True for a database in memory;
        - ``memory_name``: name under which connections of one process share
          a database in memory, None for one private to its engine;
        - ``path``: what ``sqlite3_open_v2`` gets, None in memory;
        - ``file``: the plain file name, None in memory; differs from
          ``path`` where that is a URI;
        - ``uri``: True when ``path`` is a URI;
        - ``read_only``, ``create``: from ``mode``;
        - ``immutable``, ``nolock``: bool;
        - ``cache``, ``vfs``: str or None;
        - ``connect_args``: options of the driver, converted.

    Raises:
        ArgumentError: No URL, an unknown or malformed option, a host or a
            user name, a NUL character.
        NoSuchModuleError: Another database, or an unknown driver.
    """
    url = make_url(url)
    _check_driver(url)
    if url.username or url.password or url.host or url.port:
        raise exc.ArgumentError(
            f"a SQLite URL has no user, password, host or port: {url!s}"
            " (a relative file has three slashes, 'sqlite:///file.db', an"
            " absolute one four, 'sqlite:////dir/file.db')"
        )
    options = _single_options(url)
    database = url.database or ""
    if "\0" in database or any("\0" in each for each in options.values()):
        raise exc.ArgumentError("a SQLite URL cannot contain a NUL character")
    is_uri = "uri" in options and _convert("uri", options.pop("uri"), _flag)
    connect_args = {
        name: _convert(name, options.pop(name), convert)
        for name, convert in _DRIVER_OPTIONS.items()
        if name in options
    }
    if is_uri:
        target = _resolve_uri(database, options)
    else:
        target = _resolve_plain(database, options)
    return {"url": url, **target, "connect_args": connect_args}


def _check_driver(url: URL) -> None:
    backend, plus, driver = url.drivername.partition("+")
    if backend != "sqlite":
        raise exc.NoSuchModuleError(unknown_database(backend))
    if (plus and not driver) or driver not in _DRIVERS:
        raise exc.NoSuchModuleError(
            f"no SQLite driver {driver!r}: write 'sqlite://' or"
            " 'sqlite+aiosqlite://'"
        )


def _single_options(url: URL) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in url.query.items():
        if not isinstance(value, str):
            raise exc.ArgumentError(
                f"option {name!r} of a SQLite URL is given more than once"
            )
        options[name] = value
    return options


def _convert(name: str, text: str, convert: Callable[[str], Any]) -> Any:
    try:
        return convert(text)
    except ValueError as error:
        raise exc.ArgumentError(
            f"option {name!r} of a SQLite URL cannot be {text!r}: {error}"
        ) from None


def _unknown_option(name: str) -> exc.ArgumentError:
    known = sorted((*_DRIVER_OPTIONS, *_FILE_OPTIONS, "uri"))
    return exc.ArgumentError(
        f"unknown option {name!r} in a SQLite URL; known are"
        f" {', '.join(known)}"
    )


def _target(**parts: Any) -> dict[str, Any]:
    target = {
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
    }
    target.update(parts)
    return target


def _resolve_plain(database: str, options: dict[str, str]) -> dict[str, Any]:
    for name in options:
        if name in _FILE_OPTIONS:
            raise exc.ArgumentError(
                f"option {name!r} of a SQLite URL needs 'uri=true' and a"
                " database that begins with 'file:'"
            )
        raise _unknown_option(name)
    if database in ("", ":memory:"):
        return _target(memory=True)
    path = database
    if path.startswith("file:"):
        # SQLite must not mistake a plain file of that name for a URI.
        path = "./" + path
    return _target(path=path, file=path)


def _resolve_uri(database: str, options: dict[str, str]) -> dict[str, Any]:
    from urllib.parse import quote, unquote, urlencode

    if not database.startswith("file:"):
        if database in ("", ":memory:") and not options:
            return _target(memory=True)
        database = "file:" + quote(database, safe="/:\\")
    rest = database[len("file:") :].partition("#")[0]
    rest, _, inner = rest.partition("?")
    options = {**_inner_options(inner), **options}
    checked = _file_options(options)
    path = _without_authority(rest)
    name = unquote(path)
    if "\0" in name:
        raise exc.ArgumentError("a SQLite URL cannot contain a NUL character")
    if (
        name in ("", ":memory:")
        or options.get("mode") == "memory"
        or options.get("vfs") == "memdb"
    ):
        return _target(memory=True, memory_name=_memory_name(name, options))
    query = "?" + urlencode(options, quote_via=quote) if options else ""
    return _target(path=f"file:{path}{query}", file=name, uri=True, **checked)


def _inner_options(text: str) -> dict[str, str]:
    from urllib.parse import parse_qsl

    options: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in options:
            raise exc.ArgumentError(
                f"option {name!r} of a SQLite URL is given more than once"
            )
        options[name] = value
    return options


def _without_authority(rest: str) -> str:
    """Strip ``//localhost`` from the path of a URI, as SQLite does."""
    if not rest.startswith("//"):
        return rest
    authority, slash, path = rest[2:].partition("/")
    if authority not in ("", "localhost"):
        raise exc.ArgumentError(
            f"a SQLite 'file:' URI cannot name the host {authority!r}: write"
            " 'file:name' or 'file:/dir/name'"
        )
    return slash + path


def _memory_name(name: str, options: dict[str, str]) -> str | None:
    """Return the name that two connections must share to share the data."""
    if options.get("vfs") == "memdb":
        # The memdb file system shares names that begin with a slash.
        return name if name.startswith("/") else None
    return name if options.get("cache") == "shared" else None


def _file_options(options: dict[str, str]) -> dict[str, Any]:
    for name in options:
        if name not in _FILE_OPTIONS:
            raise _unknown_option(name)
    mode = _one_of("mode", options, _MODES)
    immutable = _file_flag("immutable", options)
    nolock = _file_flag("nolock", options)
    _file_flag("psow", options)
    vfs = options.get("vfs")
    if vfs == "":
        raise exc.ArgumentError("option 'vfs' of a SQLite URL is empty")
    return {
        "read_only": mode == "ro" or immutable,
        "create": mode in (None, "rwc") and not immutable,
        "immutable": immutable,
        "nolock": nolock,
        "cache": _one_of("cache", options, _CACHES),
        "vfs": vfs,
    }


def _one_of(
    name: str, options: dict[str, str], allowed: tuple[str, ...]
) -> str | None:
    value = options.get(name)
    if value is not None and value not in allowed:
        raise exc.ArgumentError(
            f"option {name!r} of a SQLite URL cannot be {value!r}; allowed"
            f" are {', '.join(allowed)}"
        )
    return value


def _file_flag(name: str, options: dict[str, str]) -> bool:
    return name in options and _convert(name, options[name], _flag)
