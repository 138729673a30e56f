"""The names of a model module, from this package and from the peer.

A definition is written once, as a function of a namespace, and built twice.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class _Text:
    """Stands in for ``text()``: an object with the SQL as ``text``."""

    def __init__(self, text: str) -> None:
        self.text = text


def ours() -> SimpleNamespace:
    """Return the names of this package."""
    import sqlactive_c.orm as orm
    from sqlactive_c.sql import elements, func, schema, sqltypes
    from sqlactive_c.sql.identifiers import conv, quoted_name

    try:
        from sqlactive_c._core import text
    except ImportError:
        text = _Text
    names: dict[str, Any] = {}
    for module in (elements, sqltypes, schema, orm):
        names.update((name, getattr(module, name)) for name in module.__all__)
    names.update(conv=conv, func=func, quoted_name=quoted_name, text=text)
    return SimpleNamespace(**names)


def peers() -> SimpleNamespace:
    """Return the names of the peer."""
    import sqlalchemy
    from sqlalchemy import orm, schema, types

    names = {
        name: getattr(module, name)
        for module in (types, schema, orm, sqlalchemy)
        for name in dir(module)
        if not name.startswith("_")
    }
    return SimpleNamespace(**names)


def make_class(
    ns: Any,
    name: str,
    bases: tuple[type, ...],
    body: dict[str, Any],
    annotations: dict[str, Any] | None = None,
) -> Any:
    """Return a class made of a body and annotations."""
    namespace = {**body, "__annotations__": annotations or {}}
    # Names in annotations are looked up there.
    namespace.setdefault("__module__", "parity.definitions")
    return type(name, bases, namespace)
