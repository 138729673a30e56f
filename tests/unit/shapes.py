"""Statements of a kind of their own, whose shapes a test makes by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlactive_c import _core


class Value(_core.ClauseElement):
    __slots__ = ()
    _fields = ("key", "-value")
    _rides = "value"


class Statement(_core.ClauseElement):
    __slots__ = ()
    _fields = ("name", "values")


class Thing:
    """A part without a fingerprint."""

    static_key = None


def statement(name: str, *values: Any) -> Statement:
    riders = tuple(Value._new(None, value) for value in values)
    return Statement._new(name, riders)


def rider(name: str, at: int, codec: Any = None) -> tuple[Any, ...]:
    return (name, name, codec, "rider", at)


class Compiler:
    """The hook; remembers what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, bool]] = []
        self.shapes: dict[str, Callable[[Any, bool], Any]] = {}

    def add(self, name: str, *args: Any, **kwargs: Any) -> None:
        self.shapes[name] = lambda names, many: _core.Shape(*args, **kwargs)

    def __call__(self, node: Any, names: Any, many: bool, json: Any) -> Any:
        self.calls.append((node.name, names, many))
        return self.shapes[node.name](names, many)


@contextmanager
def compiler() -> Iterator[Compiler]:
    made = Compiler()
    _core.configure(compile_shape=made)
    try:
        yield made
    finally:
        from sqlactive_c.sql.compiler.shape import compile_shape

        _core.configure(compile_shape=compile_shape)
