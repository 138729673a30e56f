"""What the keywords of filters mean: ``age=3``, ``age__gt=3``."""

from __future__ import annotations

from typing import Any

from ..exceptions import NoFilterableError, OperatorError
from ..inspection import Facts
from ..orm.attributes import InstrumentedAttribute
from ..orm.properties import ColumnProperty
from ..schema import Column
from ..sql.elements import bindparam
from ..sql.selectable import select
from ..sql.sqltypes import (
    BigInteger,
    Float,
    Integer,
    SmallInteger,
    String,
    Text,
    Unicode,
    UnicodeText,
)
from .operators import COMPARISONS, OPERATORS, equals

__all__ = [
    "OPERATOR_SPLITTER",
    "RELATION_SPLITTER",
    "Shape",
    "class_of",
    "expression_of",
    "name_of",
    "shape_of",
]

RELATION_SPLITTER = "___"
OPERATOR_SPLITTER = "__"

# So many sets of keywords are remembered of a model.
_SHAPES = 500

# Values of these types are bound as they are, whatever they are compared with.
_PLAIN: dict[type, type] = {
    Integer: int,
    BigInteger: int,
    SmallInteger: int,
    String: str,
    Text: str,
    Unicode: str,
    UnicodeText: str,
    Float: float,
}


def expression_of(cls: Any, facts: Facts, key: str, value: Any) -> Any:
    """Return the expression of one filter.

    What a keyword means is found out once for each model.

    Args:
        cls: A model, or an alias of one.
        facts: What is known of the model.
        key: The keyword, without a path of relations.
        value: The value.

    Raises:
        NoFilterableError: There is no such attribute.
        OperatorError: There is no such operator.
    """
    found = facts.filters.get(key)
    if found is None:
        found = facts.filters[key] = _parse(facts, key)
    name, operator = found
    return operator(getattr(cls, name), value)


class Shape:
    """What a set of keywords means for a model.

    Attributes:
        parts: For each, the name of an attribute and an operator.
        types: The types of values that can be parameters of one statement,
            which is the same for all of them; None where it depends on the
            values.
    """

    __slots__ = ("_cls", "_keys", "_statement", "parts", "types")

    def __init__(
        self,
        cls: Any,
        keys: tuple[str, ...],
        parts: tuple[tuple[str, Any], ...],
    ) -> None:
        self.parts = parts
        self.types = _types_of(cls, parts)
        self._cls = cls
        self._keys = keys
        self._statement: Any = None

    @property
    def statement(self) -> Any:
        """The SELECT whose parameters have the names of the keywords."""
        if self._statement is None:
            conditions = []
            for key, (name, operator) in zip(
                self._keys, self.parts, strict=True
            ):
                column = getattr(self._cls, name)
                value = bindparam(key, type_=column.type)
                conditions.append(operator(column, value))
            self._statement = select(self._cls).where(*conditions)
        return self._statement


def shape_of(facts: Facts, keys: tuple[str, ...]) -> Shape | None:
    """Return what keywords mean, None with paths.

    The answer is kept for each set of keywords.

    Args:
        facts: What is known of a model.
        keys: The keywords.

    Raises:
        NoFilterableError: There is no such attribute.
        OperatorError: There is no such operator.
    """
    found: Shape | None = facts.shapes.get(keys)
    if found is None:
        if any(RELATION_SPLITTER in key for key in keys):
            return None
        if len(facts.shapes) >= _SHAPES:
            facts.shapes.clear()
        parts = tuple(_parsed(facts, key) for key in keys)
        found = facts.shapes[keys] = Shape(facts.cls, keys, parts)
    return found


def _types_of(
    cls: Any, parts: tuple[tuple[str, Any], ...]
) -> tuple[type, ...] | None:
    found = []
    for name, operator in parts:
        attribute = getattr(cls, name)
        if operator not in COMPARISONS or not _is_plain(attribute):
            return None
        found.append(_PLAIN[type(attribute.type)])
    return tuple(found)


def _is_plain(attribute: Any) -> bool:
    """Say whether comparing is nothing but SQL's own, of one column."""
    prop = getattr(attribute, "property", None)
    return (
        type(attribute) is InstrumentedAttribute
        and isinstance(prop, ColumnProperty)
        and len(prop.columns) == 1
        and isinstance(prop.columns[0], Column)
        and type(attribute.type) in _PLAIN
    )


def _parsed(facts: Facts, key: str) -> tuple[str, Any]:
    try:
        return _parse(facts, key)
    except Exception as error:
        error.add_note(f"incorrect filter path: {key!r}")
        raise


def _parse(facts: Facts, key: str) -> tuple[str, Any]:
    if key in facts.hybrid_methods:
        return key, _call
    if key in facts.attributes:
        return facts.attributes[key], equals
    name, splitter, operator_name = key.rpartition(OPERATOR_SPLITTER)
    operator = equals
    if not splitter:
        name = key
    elif operator_name in OPERATORS:
        operator = OPERATORS[operator_name]
    else:
        raise OperatorError(
            operator_name,
            f"expression {key!r} has incorrect operator: {operator_name!r}",
        )
    if name in facts.attributes:
        return facts.attributes[name], operator
    if (
        name not in facts.relations
        and name not in facts.hybrid_properties
        and name not in facts.hybrid_methods
    ):
        raise NoFilterableError(
            name,
            name_of(facts.cls),
            f"expression {key!r} has incorrect attribute: {name!r}",
        )
    return name, operator


def _call(method: Any, value: Any) -> Any:
    return method(value)


def class_of(cls: Any) -> Any:
    """Return a model itself, where there may be an alias of it.

    Args:
        cls: A model, or an alias of one.
    """
    return cls if isinstance(cls, type) else cls.__mapper__.class_


def name_of(cls: Any) -> str:
    """Return the name of a model.

    Args:
        cls: The model, or an alias of it.
    """
    name: str = class_of(cls).__name__
    return name
