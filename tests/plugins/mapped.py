"""Mapped classes made by hand of the types of the core, without a mapper.

They are those of a second instance of the module, which has hooks of its own
that the rest of the package does not know.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlactive_c._core as first


def _second() -> Any:
    loader = importlib.machinery.ExtensionFileLoader(
        "sqlactive_c._core", first.__file__
    )
    spec = importlib.util.spec_from_loader("sqlactive_c._core", loader)
    assert spec is not None
    core = importlib.util.module_from_spec(spec)
    loader.exec_module(core)
    return core


core = _second()
watchers: list[list[tuple[Any, ...]]] = []
answers: dict[str, Callable[..., Any]] = {}

DEFAULTS: dict[str, Callable[..., Any]] = {
    "configure_mappers": lambda mapping: None,
    "load_attribute": lambda instance, attribute: "loaded",
    "set_related": lambda attribute, instance, value, old: value,
    "make_collection": lambda attribute, instance: [],
}


def _hook(name: str) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        for calls in watchers:
            calls.append((name, *args))
        return answers.get(name, DEFAULTS[name])(*args)

    return call


core.configure(**{name: _hook(name) for name in DEFAULTS})


@contextmanager
def hooks(**given: Callable[..., Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Answer hooks otherwise for a while; gives the list of calls."""
    calls: list[tuple[Any, ...]] = []
    watchers.append(calls)
    answers.update(given)
    try:
        yield calls
    finally:
        answers.clear()
        watchers.clear()


class Base(core.Instance):
    """Base of the classes."""


def mapped(
    name: str,
    *keys: str,
    bases: tuple[type, ...] = (Base,),
    parent: Any = None,
    pk: tuple[str, ...] = ("id",),
    **namespace: Any,
) -> Any:
    """Return a mapped class; ``key:kind`` says the kind of an attribute."""
    namespace = {"__module__": __name__, **namespace}
    cls: Any = types.new_class(
        name, bases, {}, lambda ns: ns.update(namespace)
    )
    mapping = core.Mapping(cls, parent and parent.__mapping__)
    inherited = [] if parent is None else list(parent.__mapping__.slots)
    for text in [*inherited, *keys]:
        key, _, kind = text.partition(":")
        add(cls, key, kind or "column")
    mapping.primary_key = pk
    return cls


def add(cls: Any, key: str, kind: str = "column", **options: Any) -> Any:
    """Map one more attribute."""
    made = core.InstrumentedAttribute(cls.__mapping__, key, kind, **options)
    setattr(cls, key, made)
    return made


def plan(cls: Any, **codecs: Any) -> Any:
    """Return the plan for rows whose cells stand as the slots do."""
    mapping = cls.__mapping__
    columns = tuple(
        (slot, slot, codecs.get(key)) for key, slot in mapping.slots.items()
    )
    pk = tuple(mapping.slots[key] for key in mapping.primary_key)
    return core.EntityPlan(mapping, pk, columns)


class User(Base):
    """A class that can be pickled: this module has it."""


core.Mapping(User)
for _key in ("id", "name", "age"):
    add(User, _key)
User.__mapping__.primary_key = ("id",)
