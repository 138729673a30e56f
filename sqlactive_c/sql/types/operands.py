"""The types of expressions: what two operands make of an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import TypeEngine

__all__ = ["adapted", "operator_name"]

_COMMUTATIVE = frozenset(("add", "mul"))

_BOOLEAN = frozenset(
    "and_ or_ not_ inv exists truth is_true istrue is_false isfalse"
    " eq ne lt le gt ge is_ is_not isnot between_op not_between_op"
    " notbetween_op is_distinct_from is_not_distinct_from"
    " isnot_distinct_from in_op not_in_op notin_op"
    " like_op not_like_op notlike_op ilike_op not_ilike_op notilike_op"
    " startswith_op not_startswith_op notstartswith_op istartswith_op"
    " not_istartswith_op endswith_op not_endswith_op notendswith_op"
    " iendswith_op not_iendswith_op contains_op not_contains_op"
    " notcontains_op icontains_op not_icontains_op regexp_match_op"
    " not_regexp_match_op match_op not_match_op notmatch_op".split()
)

# Family of the left operand -> operator -> family of the right one -> type of
# the result; "self" is the class of the left one. What is not here has the
# type of the left one.
_WHOLE = {"Integer": "self", "Numeric": "Numeric"}
_DECIMAL = {"Integer": "self", "Numeric": "self"}
_RESULTS: dict[str, dict[str, dict[str, str]]] = {
    "Integer": {
        "add": {"Date": "Date", **_WHOLE},
        "sub": _WHOLE,
        "mul": {"Interval": "Interval", **_WHOLE},
        "truediv": {"Integer": "Numeric", "Numeric": "Numeric"},
        "floordiv": _WHOLE,
    },
    "Numeric": {
        "add": _DECIMAL,
        "sub": _DECIMAL,
        "mul": {"Interval": "Interval", **_DECIMAL},
        "truediv": _DECIMAL,
    },
    "Date": {
        "add": {"Integer": "self", "Interval": "DateTime", "Time": "DateTime"},
        "sub": {
            "Integer": "self",
            "Date": "Integer",
            "Interval": "DateTime",
            "DateTime": "Interval",
        },
    },
    "DateTime": {
        "add": {"Interval": "self"},
        "sub": {"Interval": "self", "DateTime": "Interval"},
    },
    "Time": {
        "add": {"Date": "DateTime", "Interval": "self"},
        "sub": {"Time": "Interval", "Interval": "self"},
    },
    "Interval": {
        "add": {
            "Date": "DateTime",
            "DateTime": "DateTime",
            "Interval": "self",
            "Time": "Time",
        },
        "sub": {"Interval": "self"},
        "mul": {"Numeric": "self"},
        "truediv": {"Numeric": "self"},
    },
}


def operator_name(op: Any) -> str:
    """Return the name by which rules know an operator."""
    name: str = op if isinstance(op, str) else op.__name__
    return "concat_op" if name == "concat" else name


def adapted(
    left: TypeEngine[Any], op: Any, right: TypeEngine[Any]
) -> tuple[str, TypeEngine[Any]]:
    """Say what an operator between two types really is, and gives.

    Args:
        left: Type of the left operand.
        op: The operator, or its name.
        right: Type of the right operand.

    Returns:
        The name of the operator, ``concat_op`` for the ``add`` of texts, and
        the type of the result.
    """
    from .base import NullType
    from .boolean import BOOLEANTYPE

    name = operator_name(op)
    if name in _BOOLEAN:
        return name, BOOLEANTYPE
    if isinstance(left, NullType):
        if isinstance(right, NullType) or name not in _COMMUTATIVE:
            return name, left
        return adapted(right, op, left)
    concatenated = left._concatenates and name == "add"
    if concatenated and (right._concatenates or isinstance(right, NullType)):
        name = "concat_op"
    return name, _result(left, name, right)


def _result(
    left: TypeEngine[Any], name: str, right: TypeEngine[Any]
) -> TypeEngine[Any]:
    from .. import sqltypes

    if name == "concat_op" and isinstance(left, sqltypes.Enum):
        return sqltypes.String(left.length)
    ours, theirs = left._type_affinity, right._type_affinity
    results = _RESULTS.get(ours.__name__, {}).get(name, {})
    wanted = results.get(theirs.__name__)
    if wanted is None or ours is not getattr(sqltypes, ours.__name__, None):
        return left
    found: type[Any]
    if wanted == "self":
        base: Any = getattr(left, "impl_instance", left)
        found = base.__class__
    else:
        found = getattr(sqltypes, wanted)
    if found is theirs:
        return right
    if found is ours:
        return left
    made: TypeEngine[Any] = found()
    return made
