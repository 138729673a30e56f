"""Names in declarations: ``"Child"``, ``"Child.id == Parent.child_id"``.

A name is looked up when mappers are configured: among the mapped classes of
the registry, then among its tables.  Expressions are Python and are evaluated
with these names, those of the modules of the classes, and the functions that
a join condition is written with.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from .. import exc

__all__ = ["evaluate", "find_class"]


def find_class(registry: Any, name: str, asker: str) -> Any:
    """Return the mapped class of a name, which may have its module in front.

    Args:
        registry: Where the class is mapped.
        name: ``Child`` or ``package.module.Child``.
        asker: What needs it, for the message.

    Raises:
        InvalidRequestError: There is none, or more than one.
    """
    path, _, last = name.rpartition(".")
    found = [
        mapper.class_
        for mapper in registry._mappers_in_order()
        if mapper.class_.__name__ == last
        and (
            not path
            or f".{mapper.class_.__module__}".endswith(f".{path}")
        )
    ]  # fmt: skip
    if not found:
        raise exc.InvalidRequestError(
            f"When initializing mapper, {asker} needs the class {name!r}, and"
            " no mapped class has that name: import the module that defines"
            " it before the mappers are used"
        )
    modules = {each.__module__ for each in found}
    if len(modules) > 1:
        raise exc.InvalidRequestError(
            f"Multiple classes found for path {name!r} in the registry of"
            f" {asker}: {', '.join(sorted(modules))}; write the module in"
            " front of the name"
        )
    return found[-1]


class _Names(Mapping[str, Any]):
    """What the names in an expression stand for."""

    def __init__(self, registry: Any, metadata: Any, asker: str) -> None:
        self.registry = registry
        self.metadata = metadata
        self.asker = asker
        self.helpers = _helpers()

    def __getitem__(self, name: str) -> Any:
        for mapper in self.registry._mappers_in_order():
            if mapper.class_.__name__ == name:
                return find_class(self.registry, name, self.asker)
        if name in self.metadata.tables:
            return self.metadata.tables[name]
        if name in self.helpers:
            return self.helpers[name]
        modules = [
            each.class_.__module__
            for each in self.registry._mappers_in_order()
        ]
        if any(each.split(".")[0] == name for each in modules):
            return _Package(self.registry, name, self.asker)
        schemas = {table.schema for table in self.metadata.tables.values()}
        if name in schemas:
            return _Schema(self.metadata, name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Package:
    """A dotted name on its way to a class."""

    def __init__(self, registry: Any, path: str, asker: str) -> None:
        self._place = registry, path, asker

    def __getattr__(self, name: str) -> Any:
        registry, path, asker = self._place
        longer = f"{path}.{name}"
        for mapper in registry._mappers_in_order():
            module = mapper.class_.__module__
            if module == longer or module.startswith(f"{longer}."):
                return _Package(registry, longer, asker)
        return find_class(registry, longer, asker)


class _Schema:
    """The tables of an attached database."""

    def __init__(self, metadata: Any, name: str) -> None:
        self._place = metadata, name

    def __getattr__(self, name: str) -> Any:
        metadata, schema = self._place
        return metadata.tables[f"{schema}.{name}"]


def _helpers() -> dict[str, Any]:
    from .. import sql
    from .joins import foreign, remote

    names = (
        "and_ or_ not_ func desc asc text case cast null true false literal"
        " literal_column select exists between bindparam join outerjoin"
    ).split()
    helpers = {name: getattr(sql, name) for name in names}
    helpers.update(foreign=foreign, remote=remote, list=list, set=set)
    return helpers


def evaluate(registry: Any, metadata: Any, text: str, asker: str) -> Any:
    """Return what an expression in a declaration stands for.

    Args:
        registry: Where the classes are mapped.
        metadata: Where the tables are.
        text: The expression.
        asker: What needs it, for the message.

    Raises:
        InvalidRequestError: A name is unknown, or the text is no expression.
    """
    names: typing.Any = _Names(registry, metadata, asker)
    try:
        return eval(text, {"__builtins__": {}}, names)
    except (exc.InvalidRequestError, AttributeError):
        raise
    except Exception as error:
        raise exc.InvalidRequestError(
            f"When initializing mapper, the expression {text!r} of {asker}"
            f" cannot be evaluated: {type(error).__name__}: {error}"
        ) from error
