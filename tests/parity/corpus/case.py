"""What a program of the corpus is, and the lists that the tests go through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Build = Callable[[Any, Any], Any]


class Case(NamedTuple):
    """A program: a function of a library and of its tables.

    Attributes:
        name: Group and name, unique in its list.
        build: Called with the library and the tables.
        parameters: Given to ``execute`` beside the statement.
        runs: Whether SQLite takes the statement.
        volatile: Values differ from run to run, only their types count.
        expression: The program makes an expression, not a statement.
    """

    name: str
    build: Build
    parameters: Any = None
    runs: bool = True
    volatile: bool = False
    expression: bool = False

    def statement(self, lib: Any, tables: Any) -> Any:
        """Return what is executed: an expression is selected."""
        made = self.build(lib, tables)
        return lib.select(made) if self.expression else made


# Programs that make statements or expressions.
CASES: list[Case] = []
# Programs that return plain values.
FACTS: list[Case] = []
# Programs that raise; what they return is executed, if they return.
BAD: list[Case] = []


def _adder(
    target: list[Case], name: str, defaults: dict[str, Any]
) -> Callable[..., None]:
    def add(
        case: str, build: Build, parameters: Any = None, **flags: Any
    ) -> None:
        target.append(
            Case(f"{name}-{case}", build, parameters, **(defaults | flags))
        )

    return add


def statements(name: str, **flags: Any) -> Callable[..., None]:
    """Return a function that adds programs that make statements."""
    return _adder(CASES, name, flags)


def expressions(name: str, **flags: Any) -> Callable[..., None]:
    """Return a function that adds programs that make expressions."""
    return _adder(CASES, name, {"expression": True, **flags})


def facts(name: str) -> Callable[..., None]:
    """Return a function that adds programs that return plain values."""
    return _adder(FACTS, name, {})


def bad(name: str) -> Callable[..., None]:
    """Return a function that adds programs that raise."""
    return _adder(BAD, name, {})
