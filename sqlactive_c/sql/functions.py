"""SQL functions that are known: their types, and how they are written."""

from __future__ import annotations

from typing import Any

from .constructors import literal_column
from .function_elements import (
    Function,
    FunctionAsBinary,
    FunctionElement,
    GenericFunction,
    ScalarFunctionColumn,
    func,
    register_function,
)
from .sqltypes import (
    ARRAY,
    NULLTYPE,
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    Time,
)

__all__ = [
    "AnsiFunction",
    "Function",
    "FunctionAsBinary",
    "FunctionElement",
    "GenericFunction",
    "OrderedSetAgg",
    "ReturnTypeFromArgs",
    "ScalarFunctionColumn",
    "aggregate_strings",
    "array_agg",
    "char_length",
    "coalesce",
    "concat",
    "count",
    "cube",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "dense_rank",
    "func",
    "grouping_sets",
    "localtime",
    "localtimestamp",
    "max",
    "min",
    "mode",
    "next_value",
    "now",
    "percent_rank",
    "percentile_cont",
    "percentile_disc",
    "random",
    "rank",
    "register_function",
    "rollup",
    "session_user",
    "sum",
    "sysdate",
    "user",
]


class AnsiFunction(GenericFunction):
    """Base of functions that are written without parentheses."""

    __slots__ = ()
    _register = False


class ReturnTypeFromArgs(GenericFunction):
    """Base of functions whose result has the type of their arguments."""

    __slots__ = ()
    _register = False

    @classmethod
    def _result_type(cls, clauses: tuple[Any, ...]) -> Any:
        return _type_of(clauses)


class OrderedSetAgg(GenericFunction):
    """Base of aggregates of an ordered set of rows."""

    __slots__ = ()
    _register = False

    def within_group_type(self, within_group: Any) -> Any:
        """Return the type of what the rows are ordered by."""
        ordered = within_group.order_by.clauses[0]
        while getattr(ordered, "modifier", None) is not None:
            ordered = ordered.element
        return ordered.type


def _type_of(clauses: tuple[Any, ...]) -> Any:
    for each in clauses:
        if each.type is not NULLTYPE and type(each.type) is not type(NULLTYPE):
            return each.type
    return NULLTYPE


class coalesce(ReturnTypeFromArgs):
    """The first argument that is not NULL."""

    __slots__ = ()


class max(ReturnTypeFromArgs):
    """The greatest value."""

    __slots__ = ()


class min(ReturnTypeFromArgs):
    """The least value."""

    __slots__ = ()


class sum(ReturnTypeFromArgs):
    """The sum of the values."""

    __slots__ = ()


class now(GenericFunction):
    """The time of now; CURRENT_TIMESTAMP on SQLite."""

    __slots__ = ()
    type = DateTime()
    _known_name = "now"


class concat(GenericFunction):
    """Texts put together."""

    __slots__ = ()
    type = String()


class char_length(GenericFunction):
    """Number of characters; ``length`` on SQLite."""

    __slots__ = ()
    type = Integer()
    _known_name = "char_length"


class random(GenericFunction):
    """A random number."""

    __slots__ = ()


class count(GenericFunction):
    """Number of rows, or of values that are not NULL."""

    __slots__ = ()
    type = Integer()

    @classmethod
    def _arguments(cls, name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if not args or args[0] is None:
            return (literal_column("*"),)
        return super()._arguments(name, args)


class current_date(AnsiFunction):
    """The date of today."""

    __slots__ = ()
    type = Date()
    _known_name = "current_date"


class current_time(AnsiFunction):
    """The time of day."""

    __slots__ = ()
    type = Time()
    _known_name = "current_time"


class current_timestamp(AnsiFunction):
    """The time of now."""

    __slots__ = ()
    type = DateTime()
    _known_name = "current_timestamp"


class current_user(AnsiFunction):
    """Name of the user; SQLite has none."""

    __slots__ = ()
    type = String()
    _known_name = "current_user"


class localtime(AnsiFunction):
    """The local time; SQLite has none."""

    __slots__ = ()
    type = DateTime()
    _known_name = "localtime"


class localtimestamp(AnsiFunction):
    """The local date and time."""

    __slots__ = ()
    type = DateTime()
    _known_name = "localtimestamp"


class session_user(AnsiFunction):
    """Name of the user; SQLite has none."""

    __slots__ = ()
    type = String()
    _known_name = "session_user"


class sysdate(AnsiFunction):
    """The time of now; SQLite has none."""

    __slots__ = ()
    type = DateTime()
    _known_name = "sysdate"


class user(AnsiFunction):
    """Name of the user; SQLite has none."""

    __slots__ = ()
    type = String()
    _known_name = "user"


class array_agg(GenericFunction):
    """An array of the values; SQLite has none."""

    __slots__ = ()

    @classmethod
    def _result_type(cls, clauses: tuple[Any, ...]) -> Any:
        inner = _type_of(clauses)
        return inner if isinstance(inner, ARRAY) else ARRAY(inner)


class aggregate_strings(GenericFunction):
    """Texts put together, with a separator; ``group_concat`` on SQLite."""

    __slots__ = ()
    type = String()
    _known_name = "aggregate_strings"


class mode(OrderedSetAgg):
    """The most frequent value; SQLite has none."""

    __slots__ = ()


class percentile_cont(OrderedSetAgg):
    """A percentile, interpolated; SQLite has none."""

    __slots__ = ()


class percentile_disc(OrderedSetAgg):
    """A percentile, one of the values; SQLite has none."""

    __slots__ = ()


class rank(GenericFunction):
    """Place among the rows, with gaps."""

    __slots__ = ()
    type = Integer()


class dense_rank(GenericFunction):
    """Place among the rows, without gaps."""

    __slots__ = ()
    type = Integer()


class percent_rank(GenericFunction):
    """Place among the rows, from 0 to 1."""

    __slots__ = ()
    type = Numeric()


class cume_dist(GenericFunction):
    """Share of the rows that are not behind."""

    __slots__ = ()
    type = Numeric()


class cube(GenericFunction):
    """CUBE of GROUP BY; SQLite has none."""

    __slots__ = ()
    _known_name = "cube"


class rollup(GenericFunction):
    """ROLLUP of GROUP BY; SQLite has none."""

    __slots__ = ()
    _known_name = "rollup"


class grouping_sets(GenericFunction):
    """GROUPING SETS of GROUP BY; SQLite has none."""

    __slots__ = ()
    _known_name = "grouping_sets"


class next_value(GenericFunction):
    """Next value of a sequence; SQLite has none."""

    __slots__ = ()
    type = Integer()
    _known_name = "next_value"
