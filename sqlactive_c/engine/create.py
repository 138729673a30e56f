"""From a URL and keywords to what the C engine opens.

Runs once per engine.  Every keyword is checked here, so the C side may trust
what it gets.
"""

from __future__ import annotations

import os
from typing import Any

from ..exc import ArgumentError
from ..sql.dialect import dialect
from .log import EngineLogger
from .sqlite_url import resolve_url
from .url import URL, make_url

__all__ = ["isolation_of", "resolve_engine"]

_Spec = dict[str, Any]

_ISOLATION = {
    "SERIALIZABLE": "lazy",
    "READ UNCOMMITTED": "lazy",
    "AUTOCOMMIT": "autocommit",
    "IMMEDIATE": "immediate",
    "SNAPSHOT": "snapshot",
}
_JOURNAL_MODES = ("WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF")
_SYNCHRONOUS = {"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3}
_TEMP_STORE = ("DEFAULT", "FILE", "MEMORY")
# Part of the peer's signature, with nothing left to decide here.
_ACCEPTED: dict[str, tuple[Any, ...] | None] = {
    "future": (True,),
    "pool_use_lifo": (True, False),
    "pool_reset_on_return": ("rollback", True),
    "insertmanyvalues_page_size": None,
}
_DRIVER_KEYWORDS = (
    "timeout",
    "isolation_level",
    "check_same_thread",
    "detect_types",
    "cached_statements",
    "uri",
)


def _integer(name: str, value: Any, minimum: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ArgumentError(f"{name} must be an int, got {value!r}")
    if minimum is not None and value < minimum:
        raise ArgumentError(f"{name} must be >= {minimum}, got {value!r}")
    return value


def _seconds(name: str, value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not 0 <= value <= 1e6
    ):
        raise ArgumentError(
            f"{name} must be a number of seconds from 0 to 1e6, got {value!r}"
        )
    return float(value)


def _lazy_inline(word: Any) -> bool:
    if word not in ("error", "inline"):
        raise ArgumentError(
            f"lazy_loading must be 'error' or 'inline', not {word!r}"
        )
    return bool(word == "inline")


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ArgumentError(f"{name} must be True or False, got {value!r}")
    return value


def _choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    chosen = str(value).upper()
    if chosen not in choices:
        raise ArgumentError(
            f"{name} must be one of {', '.join(choices)}; got {value!r}"
        )
    return chosen


def isolation_of(name: str, value: Any) -> str:
    """The C engine's word for an ``isolation_level``.

    Raises:
        ArgumentError: the level is not one of ours.
    """
    level = str(value).upper().replace("_", " ")
    if level not in _ISOLATION:
        raise ArgumentError(
            f"{name} must be one of {', '.join(sorted(_ISOLATION))};"
            f" got {value!r}"
        )
    return _ISOLATION[level]


def _pool(spec: _Spec, keywords: _Spec) -> None:
    strategy = keywords.pop("poolclass", None)
    name = (
        getattr(strategy, "__name__", None)
        if strategy is not None
        else "QueuePool"
    )
    size, overflow = 5, 10
    if name in ("QueuePool", "AsyncAdaptedQueuePool"):
        size = _integer("pool_size", keywords.pop("pool_size", size), 0)
        overflow = _integer(
            "max_overflow", keywords.pop("max_overflow", overflow), -1
        )
    elif name in ("StaticPool", "SingletonThreadPool"):
        size, overflow = 1, 0
    elif name == "NullPool":
        size, overflow = 0, -1
    else:
        raise ArgumentError(
            "poolclass must be one of the classes of sqlactive_c.pool,"
            f" got {strategy!r}"
        )
    spec["pool_size"] = size
    spec["max_overflow"] = overflow
    spec["keep_none"] = name == "NullPool"
    spec["poolclass"] = name
    spec["pool_timeout"] = _seconds(
        "pool_timeout", keywords.pop("pool_timeout", 30.0)
    )
    recycle = keywords.pop("pool_recycle", -1)
    spec["recycle_ns"] = (
        -1 if recycle == -1 else int(_seconds("pool_recycle", recycle) * 1e9)
    )
    spec["check_moved"] = _boolean(
        "pool_pre_ping", keywords.pop("pool_pre_ping", False)
    )


def _pragma(name: Any, value: Any) -> str:
    if (
        not isinstance(name, str)
        or not name.isidentifier()
        or not name.isascii()
    ):
        raise ArgumentError(f"pragmas: {name!r} is not the name of a pragma")
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, str):
        if not value.replace("_", "").isalnum() or not value.isascii():
            raise ArgumentError(
                f"pragmas: {value!r} is not a value for {name}"
            )
    elif not isinstance(value, int):
        raise ArgumentError(
            f"pragmas: the value of {name} must be an int or a word,"
            f" got {value!r}"
        )
    return f"PRAGMA {name}={value}"


def _setup(spec: _Spec, keywords: _Spec, isolation_level: Any) -> None:
    """The statements that every new connection runs."""
    memory = spec["path"] is None
    journal = keywords.pop("journal_mode", None)
    synchronous = keywords.pop("synchronous", "FULL")
    setup = []
    if journal is not None:
        journal = _choice("journal_mode", journal, _JOURNAL_MODES)
    spec["wal"] = memory or journal in (None, "WAL")
    if not spec["wal"]:
        setup.append(f"PRAGMA journal_mode={journal}")
    level = _choice("synchronous", synchronous, tuple(_SYNCHRONOUS))
    setup.append(f"PRAGMA synchronous={level}")
    spec["slow_commit"] = not memory and level != "OFF"
    if _boolean("foreign_keys", keywords.pop("foreign_keys", False)):
        setup.append("PRAGMA foreign_keys=1")
    for name in ("cache_size", "mmap_size"):
        value = keywords.pop(name, None)
        if value is not None:
            setup.append(f"PRAGMA {name}={_integer(name, value)}")
    temp_store = keywords.pop("temp_store", None)
    if temp_store is not None:
        where = _choice("temp_store", temp_store, _TEMP_STORE)
        setup.append(f"PRAGMA temp_store={where}")
    if str(isolation_level).upper().replace("_", " ") == "READ UNCOMMITTED":
        setup.append("PRAGMA read_uncommitted=1")
    pragmas = keywords.pop("pragmas", None)
    if pragmas is not None:
        if not isinstance(pragmas, dict):
            raise ArgumentError(
                f"pragmas must be a dict, got {type(pragmas).__name__}"
            )
        setup.extend(_pragma(name, value) for name, value in pragmas.items())
    spec["setup"] = setup


def _driver(spec: _Spec, keywords: _Spec, from_url: _Spec) -> str | None:
    """``connect_args``: what the peer hands to its driver."""
    given = keywords.pop("connect_args", None)
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise ArgumentError(
            f"connect_args must be a dict, got {type(given).__name__}"
        )
    for name in given:
        if name not in _DRIVER_KEYWORDS:
            raise TypeError(f"connect_args got an unexpected keyword {name!r}")
    args = {**from_url, **given}
    timeout = args.get("timeout", 5.0)
    spec["busy_timeout_ms"] = int(_seconds("timeout", timeout) * 1000)
    spec["statement_cache"] = _integer(
        "cached_statements", args.get("cached_statements", 128), 0
    )
    level = args.get("isolation_level", "")
    if level is None:
        return "AUTOCOMMIT"
    if str(level).upper() == "IMMEDIATE" or str(level).upper() == "EXCLUSIVE":
        return "IMMEDIATE"
    return None


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _workers(spec: _Spec, keywords: _Spec) -> None:
    spec["inline_budget"] = _integer(
        "inline_budget", keywords.pop("inline_budget", 20_000), 0
    )
    readers = keywords.pop("readers", None)
    if readers is None:
        readers = max(2, min(4, _processors()))
    spec["readers"] = _integer("readers", readers, 1)
    nice = _integer("reader_nice", keywords.pop("reader_nice", 15), 0)
    spec["reader_nice"] = min(nice, 19)
    spec["checkpoint_frames"] = _integer(
        "wal_autocheckpoint", keywords.pop("wal_autocheckpoint", 1000), 0
    )
    spec["plan_cache"] = _integer(
        "query_cache_size", keywords.pop("query_cache_size", 500), 0
    )
    spec["writer_timeout"] = _seconds(
        "writer_timeout", keywords.pop("writer_timeout", 30.0)
    )


def _logging(spec: _Spec, keywords: _Spec) -> tuple[Any, str | None, bool]:
    echo = keywords.pop("echo", None)
    logging_name = keywords.pop("logging_name", None)
    if logging_name is not None and not isinstance(logging_name, str):
        raise ArgumentError(
            f"logging_name must be a str, got {logging_name!r}"
        )
    hide = _boolean("hide_parameters", keywords.pop("hide_parameters", False))
    spec["hide_parameters"] = hide
    spec["lazy_inline"] = _lazy_inline(keywords.pop("lazy_loading", "error"))
    return echo, logging_name, hide


def _path(where: _Spec) -> str | None:
    """What SQLite opens; None in memory.

    A plain name is made absolute now: after a change of the current directory
    the next connection must not open another file.
    """
    if where["memory"]:
        return None
    path: str = where["path"]
    return path if where["uri"] else os.path.abspath(path)


def _json(keywords: _Spec) -> tuple[Any, Any] | None:
    """Return what writes and what reads JSON, if any of it is given."""
    functions = []
    for name in ("json_serializer", "json_deserializer"):
        function = keywords.pop(name, None)
        if function is not None and not callable(function):
            raise ArgumentError(f"{name} must be callable, got {function!r}")
        functions.append(function)
    return (functions[0], functions[1]) if any(functions) else None


def resolve_engine(url: str | URL, keywords: _Spec) -> _Spec:
    """Check an engine's arguments and spell them out.

    Args:
        url: a str or a `URL`.
        keywords: the keyword arguments of ``create_async_engine``.

    Returns:
        A dict with everything the C engine needs, all values checked.

    Raises:
        ArgumentError: a malformed URL or a value that does not fit.
        NoSuchModuleError: a dialect other than SQLite.
        TypeError: an unknown keyword, by its name.
    """
    keywords = dict(keywords)
    url = make_url(url)
    where = resolve_url(url)
    spec: _Spec = {
        "url": url,
        "path": _path(where),
        "uri": where["uri"],
        "read_only": where["read_only"],
        "create": where["create"],
    }
    driver_isolation = _driver(spec, keywords, where["connect_args"])
    execution_options = keywords.pop("execution_options", None) or {}
    if not isinstance(execution_options, dict):
        raise ArgumentError("execution_options must be a dict")
    level = keywords.pop("isolation_level", None)
    if level is None:
        level = execution_options.get("isolation_level", driver_isolation)
    if level is None:
        level = "SERIALIZABLE"
    spec["isolation"] = isolation_of("isolation_level", level)
    spec["isolation_level"] = str(level).upper().replace("_", " ")
    spec["execution_options"] = dict(execution_options)
    _pool(spec, keywords)
    _setup(spec, keywords, level)
    _workers(spec, keywords)
    log = _logging(spec, keywords)
    json = _json(keywords)
    spec["allow_extensions"] = _boolean(
        "allow_extensions", keywords.pop("allow_extensions", False)
    )
    for name, allowed in _ACCEPTED.items():
        if (
            name in keywords
            and allowed is not None
            and keywords[name] not in allowed
        ):
            raise ArgumentError(f"{name}={keywords[name]!r} is not supported")
        keywords.pop(name, None)
    if keywords:
        raise TypeError(
            "create_async_engine() got an unexpected keyword argument "
            + ", ".join(repr(name) for name in keywords)
        )
    spec["dialect"] = dialect
    spec["json"] = json
    spec["log"] = EngineLogger(*log)
    return spec
