"""Functions: any name, known ones, those of users."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sqlactive_c import (
    Date,
    DateTime,
    Integer,
    String,
    column,
    exc,
    func,
    literal_column,
    over,
)
from sqlactive_c.sql import functions
from sqlactive_c.sql.sqltypes import NullType

x = column("x", Integer)


def test_any_name() -> None:
    assert str(func.lower(x)) == "lower(x)"
    assert str(func.if_(x, 1)) == "if(x, :if_1)"
    assert str(func.pkg.sub.f("a")) == "pkg.sub.f(:f_1)"
    assert str(getattr(func, "odd name")()) == '"odd name"()'
    assert repr(func.a.b) == "func.a.b"
    assert func.lower(x).name == "lower"
    assert func.a.b().packagenames == ("a",)


def test_bad_calls() -> None:
    with pytest.raises(TypeError):
        func()
    with pytest.raises(TypeError):
        func.f(1, other=2)
    with pytest.raises(TypeError):
        func.count(1, other=2)
    with pytest.raises(exc.ArgumentError):
        getattr(func, "a\0b")()
    with pytest.raises(AttributeError):
        func.__wrapped__  # noqa: B018


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (lambda: func.count(), Integer),
        (lambda: func.max(x), Integer),
        (lambda: func.sum(column("s", String)), String),
        (lambda: func.coalesce(None, x), Integer),
        (lambda: func.now(), DateTime),
        (lambda: func.current_date(), Date),
        (lambda: func.anything(x), NullType),
        (lambda: func.anything(x, type_=Integer), Integer),
        (lambda: func.count(x, type_=String), String),
        (lambda: func.count(x).over(), Integer),
        (lambda: func.count(x).filter(x > 1), Integer),
        (lambda: func.mode().within_group(x.desc()), Integer),
    ],
)
def test_types(made: Any, kind: type) -> None:
    assert type(made().type) is kind


def test_known_functions_have_classes() -> None:
    assert isinstance(func.count(), functions.count)
    assert isinstance(func.COUNT(x), functions.GenericFunction)
    assert type(func.lower(x)) is functions.Function
    assert str(functions.count(x)) == "count(x)"


def test_functions_of_users() -> None:
    class spread(functions.GenericFunction):
        type = Integer()
        name = "MySpread"
        package = "stats"
        identifier = "spread"

    class plain_one(functions.GenericFunction):
        type = String

    made = func.stats.spread(x)
    assert isinstance(made, spread)
    assert str(made) == "stats.MySpread(x)" or str(made) == "MySpread(x)"
    assert isinstance(made.type, Integer)
    assert isinstance(func.PLAIN_ONE().type, String)
    assert str(func.spread(x)) == "spread(x)"
    assert isinstance(func.plain_one(), plain_one)


def test_windows() -> None:
    assert str(func.f(x).over(order_by=x.desc(), rows=(None, 0))) == (
        "f(x) OVER (ORDER BY x DESC ROWS BETWEEN UNBOUNDED PRECEDING AND"
        " CURRENT ROW)"
    )
    for wrong in ({"rows": 3}, {"rows": (1, "a")}, {"rows": (1, 2, 3)},
                  {"rows": (1, 2), "range_": (1, 2)}):  # fmt: skip
        with pytest.raises(exc.ArgumentError):
            over(func.f(x), **wrong)


def test_calls_are_pickled() -> None:
    made = pickle.loads(pickle.dumps(func.count(x)))
    assert isinstance(made, functions.count)
    assert str(made) == "count(x)"


def test_arguments_are_named_after_the_function() -> None:
    assert str(func.f(1, "a")) == "f(:f_1, :f_2)"
    assert str(func.f(literal_column("1"), None)) == "f(1, NULL)"
    assert str(func.length(x) > 3) == "length(x) > :length_1"


def test_index_of_an_array() -> None:
    call = func.array_agg(column("x", Integer))
    assert str(call[1]) == "(array_agg(x))[:array_agg_1]"
