"""JSON documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import _core
from .base import TypeEngine, engine_functions
from .comparator import Comparator as _Comparator

__all__ = ["JSON", "json_index", "json_path"]


class _Null:
    """The type of ``JSON.NULL``; no enum, which would be a type of its own."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "JSON.NULL"

    def __reduce__(self) -> str:
        return "_NULL"  # the one that is there


_NULL = _Null()


def json_index(index: int | str) -> str:
    """Return the path of one step: ``$[0]`` or ``$."key"``."""
    return json_path((index,))


def json_path(path: Sequence[int | str]) -> str:
    """Return the path of several steps: ``$."a"[1]``."""
    return "$" + "".join(
        f"[{step}]" if isinstance(step, int) else f'."{step}"' for step in path
    )


class _ElementType(TypeEngine[Any]):
    """Where in a document: a parameter of the functions that look there."""

    def _path(self, value: Any) -> str:
        return json_index(value)

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("adapter", to_db=self._path)


class JSONIndexType(_ElementType):
    """The type of an index into a JSON document."""


class JSONIntIndexType(JSONIndexType):
    """The type of an index into a JSON array."""


class JSONStrIndexType(JSONIndexType):
    """The type of a key of a JSON object."""


class JSONPathType(_ElementType):
    """The type of a path into a JSON document, a sequence of indexes."""

    def _path(self, value: Any) -> str:
        return json_path(value)


class JSON(TypeEngine[Any]):
    """Anything that the ``json`` module can write, stored as its text.

    ``JSON.NULL`` is the JSON value null, whatever None means.

    Args:
        none_as_null: Store None as SQL's NULL, not as the text ``null``.
    """

    class Comparator(_Comparator):
        """Operators of JSON documents: those of indexing."""

        __slots__ = ()

    NULL = _NULL
    JSONElementType = _ElementType
    JSONIndexType = JSONIndexType
    JSONIntIndexType = JSONIntIndexType
    JSONStrIndexType = JSONStrIndexType
    JSONPathType = JSONPathType

    comparator_factory = Comparator
    hashable = False
    _parameters = (("none_as_null", False),)
    _concatenates = True

    def __init__(self, none_as_null: bool = False) -> None:
        self.none_as_null = none_as_null

    @property
    def should_evaluate_none(self) -> bool:
        """Whether None is the JSON value null."""
        return not self.none_as_null

    @should_evaluate_none.setter
    def should_evaluate_none(self, value: bool) -> None:
        self.none_as_null = not value

    def _ddl(self) -> str:
        return "JSON"

    def _value_type(self) -> type:
        return dict

    def _functions(self) -> tuple[Callable[..., str], Callable[..., Any]]:
        from json import dumps, loads

        write, read = engine_functions.get() or (None, None)
        return write or dumps, read or loads

    def _make_codec(self) -> _core.Codec:
        dumps, loads = self._functions()
        return _core.Codec(
            "json",
            to_db=dumps,
            from_db=loads,
            argument=self.NULL,
            strict=self.none_as_null,
        )
