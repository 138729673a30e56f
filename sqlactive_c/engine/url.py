"""Database URLs: the immutable :class:`URL` and the parser of its text.

What a URL means for SQLite (file name, flags, driver options) is decided in
:mod:`sqlactive_c.engine.sqlite_url`; here it is only taken apart and put
together again.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from .. import exc

__all__ = ["URL", "make_url"]

QueryValue = str | Sequence[str]

_URL_PATTERN = re.compile(
    r"(?P<drivername>[\w+]+)://"
    r"(?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?"
    r"(?::(?P<port>[^/?]*))?"
    r"(?:/(?P<database>[^?]*))?"
    r"(?:\?(?P<query>.*))?",
    re.DOTALL,
)


class _FrozenDict(dict):  # type: ignore[type-arg]
    """A dict that cannot change, so that a URL can be hashed."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the query of a URL cannot be changed in place")

    __setitem__ = __delitem__ = _refuse
    clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> Any:
        return _FrozenDict, (dict(self),)


class URL(
    namedtuple(
        "URL",
        "drivername username password host port database query",
    )
):
    """A database URL taken apart; immutable and hashable.

    Made by :func:`make_url` from text or by :meth:`create` from parts. Every
    method that "changes" a URL returns a new one.

    Attributes:
        drivername: Database and driver, as in ``sqlite+aiosqlite``.
        username: User name, or None.
        password: Password, or None.
        host: Host name or address, or None.
        port: Port number, or None.
        database: Database name; for SQLite the file, or None.
        query: Immutable mapping of the options after the question mark; a
            value is a str, or a tuple of them if the name occurs repeatedly.
    """

    __slots__ = ()

    @classmethod
    def create(
        cls,
        drivername: str,
        username: str | None = None,
        password: Any = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: Mapping[str, QueryValue] = _FrozenDict(),
    ) -> URL:
        """Make a URL from its parts.

        Args:
            drivername: Database and driver, as in ``sqlite+aiosqlite``.
            username: User name.
            password: Password; an object that is no str is converted with
                ``str()`` each time the URL is rendered.
            host: Host name or address.
            port: Port number.
            database: Database name; for SQLite the file.
            query: Options; a value is a str or a sequence of them.

        Returns:
            The URL.

        Raises:
            TypeError: A part has the wrong type.
            ArgumentError: The port is no number.
        """
        return cls(
            _text(drivername, "drivername"),
            _text_or_none(username, "username"),
            password,
            _text_or_none(host, "host"),
            _port(port),
            _text_or_none(database, "database"),
            _query(query),
        )

    def set(
        self,
        drivername: str | None = None,
        username: str | None = None,
        password: Any = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: Mapping[str, QueryValue] | None = None,
    ) -> URL:
        """Return a copy with other parts; a part given as None is kept.

        Args:
            drivername: New database and driver.
            username: New user name.
            password: New password.
            host: New host.
            port: New port number.
            database: New database name.
            query: New options, instead of all the old ones.

        Raises:
            TypeError: A part has the wrong type.
            ArgumentError: The port is no number.
        """
        given = {
            "drivername": drivername,
            "username": username,
            "password": password,
            "host": host,
            "port": port,
            "database": database,
            "query": query,
        }
        parts = self._asdict()
        parts.update(
            (name, part) for name, part in given.items() if part is not None
        )
        return type(self).create(**parts)

    def update_query_dict(
        self, query_parameters: Mapping[str, QueryValue], append: bool = False
    ) -> URL:
        """Return a copy with options added or replaced.

        Args:
            query_parameters: The options.
            append: Keep the values that an option already has.
        """
        return self.update_query_pairs(query_parameters.items(), append)

    def update_query_pairs(
        self,
        key_value_pairs: Iterable[tuple[str, QueryValue]],
        append: bool = False,
    ) -> URL:
        """Return a copy with options added or replaced.

        Args:
            key_value_pairs: Names and values; a name may occur repeatedly.
            append: Keep the values that an option already has.
        """
        new: dict[str, tuple[str, ...]] = {}
        for key, value in key_value_pairs:
            new[key] = new.get(key, ()) + _values(key, value)
        merged = {key: _values(key, old) for key, old in self.query.items()}
        for key, values in new.items():
            merged[key] = merged.get(key, ()) + values if append else values
        return self._with_query(merged)

    def update_query_string(
        self, query_string: str, append: bool = False
    ) -> URL:
        """Return a copy with options added or replaced.

        Args:
            query_string: The options as in a URL, ``a=1&b=2``.
            append: Keep the values that an option already has.
        """
        return self.update_query_pairs(_parse_query(query_string), append)

    def difference_update_query(self, names: Iterable[str]) -> URL:
        """Return a copy without the options of these names."""
        gone = frozenset(names)
        if gone.isdisjoint(self.query):
            return self
        return self._with_query(
            {k: v for k, v in self.query.items() if k not in gone}
        )

    def _with_query(self, query: Mapping[str, QueryValue]) -> URL:
        return self._replace(query=_query(query))

    @property
    def normalized_query(self) -> Mapping[str, Sequence[str]]:
        """The options with every value as a tuple of str."""
        return _FrozenDict(
            (key, _values(key, value)) for key, value in self.query.items()
        )

    def render_as_string(self, hide_password: bool = True) -> str:
        """Return the URL as text.

        Args:
            hide_password: Write ``***`` in place of the password.
        """

        def user_part(text: str) -> str:
            from urllib.parse import quote

            return quote(text, safe=" +")

        out = [self.drivername, "://"]
        if self.username is not None:
            out.append(user_part(self.username))
            if self.password is not None:
                hidden = "***" if hide_password else None
                out += [":", hidden or user_part(str(self.password))]
            out.append("@")
        if self.host is not None:
            out.append(f"[{self.host}]" if ":" in self.host else self.host)
        if self.port is not None:
            out.append(f":{self.port}")
        if self.database is not None:
            out += ["/", self.database]
        if self.query:
            from urllib.parse import quote_plus

            pairs = (
                f"{quote_plus(key)}={quote_plus(value)}"
                for key in sorted(self.query)
                for value in _values(key, self.query[key])
            )
            out += ["?", "&".join(pairs)]
        return "".join(out)

    def get_backend_name(self) -> str:
        """Return the database part of the driver name, as in ``sqlite``."""
        return str(self.drivername.partition("+")[0])

    def get_driver_name(self) -> str:
        """Return the driver part of the driver name.

        For a plain ``sqlite`` that is ``aiosqlite``: the name under which
        asynchronous access to SQLite is known.

        Raises:
            NoSuchModuleError: The URL names no driver and the database is
                not supported.
        """
        backend, plus, driver = self.drivername.partition("+")
        if plus:
            return str(driver)
        if backend == "sqlite":
            return "aiosqlite"
        raise exc.NoSuchModuleError(unknown_database(backend))

    def __str__(self) -> str:
        return self.render_as_string()

    def __repr__(self) -> str:
        return self.render_as_string()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __copy__(self) -> URL:
        return self

    def __deepcopy__(self, memo: Any) -> URL:
        return self


def unknown_database(name: str) -> str:
    """Return the message for a URL of a database that is not supported."""
    return (
        f"no support for the database {name!r}: this package speaks to SQLite"
        " only; a URL begins with 'sqlite://' or 'sqlite+aiosqlite://'"
    )


def make_url(name_or_url: str | URL) -> URL:
    """Return the URL for its text; a :class:`URL` is returned as it is.

    Args:
        name_or_url: Text like ``sqlite+aiosqlite:///file.db``, or a URL.

    Raises:
        ArgumentError: It is neither, or the text is no URL. The text itself
            is not repeated in the message: it may hold a password.
    """
    if isinstance(name_or_url, URL):
        return name_or_url
    if not isinstance(name_or_url, str):
        # An object of another library's URL class renders as its text.
        render = getattr(name_or_url, "render_as_string", None)
        if render is None:
            raise exc.ArgumentError(
                f"a database URL is a str or a URL object, not {name_or_url!r}"
            )
        name_or_url = render(hide_password=False)
    return _parse(name_or_url)


def _parse(text: str) -> URL:
    match = _URL_PATTERN.fullmatch(text)
    if match is None:
        raise exc.ArgumentError(
            "not a database URL; expected something like"
            " 'sqlite+aiosqlite:///file.db' (the value is not shown because"
            " it may contain a password)"
        )
    from urllib.parse import unquote

    part = match.groupdict()
    query: dict[str, Any] = {}
    for key, value in _parse_query(part["query"] or ""):
        query[key] = (
            (*_values(key, query[key]), value) if (key in query) else value
        )
    username, password = part["username"], part["password"]
    return URL(
        part["drivername"],
        None if username is None else unquote(username),
        None if password is None else unquote(password),
        part["ipv6"] or part["host"],
        _port(part["port"] or None),
        part["database"],
        _FrozenDict(query),
    )


def _parse_query(text: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(text)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} of a URL must be a str, not {value!r}")
    return value


def _text_or_none(value: Any, name: str) -> str | None:
    return None if value is None else _text(value, name)


def _port(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise exc.ArgumentError(
            f"the port of a URL must be a number, not {value!r}"
        ) from None


def _values(key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    try:
        values = tuple(value)
    except TypeError:
        values = (None,)
    if not all(isinstance(each, str) for each in values):
        raise TypeError(
            f"option {key!r} of a URL must be a str or a sequence of str,"
            f" not {value!r}"
        )
    return values


def _query(query: Any) -> _FrozenDict:
    if not isinstance(query, Mapping):
        raise TypeError(f"query of a URL must be a mapping, not {query!r}")
    out: dict[str, Any] = {}
    for key, value in query.items():
        if not isinstance(key, str):
            raise TypeError(f"option names of a URL are str, not {key!r}")
        values = _values(key, value)
        if values:
            out[key] = values[0] if len(values) == 1 else values
    return _FrozenDict(out)
