"""Expressions: operators, coercion, copies, compiled forms."""

# What users compare with is the subject:
# ruff: noqa: E711, SIM201, SIM300

from __future__ import annotations

import copy
import operator
import pickle
import warnings
from typing import Any

import pytest

from sqlactive_c import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    case,
    column,
    exc,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    text,
    true,
    tuple_,
    type_coerce,
)
from sqlactive_c.dialects import sqlite
from sqlactive_c.sql import operators
from sqlactive_c.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    ColumnElement,
    Grouping,
)
from sqlactive_c.sql.nodes import replace
from sqlactive_c.types import JSON, TypeDecorator

x = column("x", Integer)
y = column("y", Integer)
flag = column("flag", Boolean)


@pytest.fixture
def people() -> Table:
    return Table(
        "people",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("name", String),
        Column("boss", ForeignKey("people.id")),
    )


def on_sqlite(element: Any, **keywords: Any) -> str:
    return str(
        element.compile(dialect=sqlite.dialect(), compile_kwargs=keywords)
    )


# ---- made in C and in Python -----------------------------------------------


@pytest.mark.parametrize(
    "op",
    [operator.eq, operator.ne, operator.lt, operator.le, operator.gt,
     operator.ge],
)  # fmt: skip
def test_fast_comparison_is_the_same(op: Any, people: Table) -> None:
    plain = people.c.id
    slow = column("id", Integer, _selectable=people)
    assert plain._plain
    assert not slow._plain
    for made in (op(plain, 5), op(slow, 5)):
        assert type(made) is BinaryExpression
        assert made.operator is op
        assert type(made.right) is BindParameter
        assert made.right.value == 5
        assert type(made.type) is Boolean
        assert str(made.right.compile()) == ":id_1"
    assert str(op(plain, 5)) == str(op(slow, 5))
    assert str(~op(plain, 5)) == str(~op(slow, 5))


def test_type_of_a_foreign_key_is_found_late(people: Table) -> None:
    assert not people.c.boss._plain
    assert isinstance((people.c.boss == 1).right.type, Integer)
    assert people.c.boss._plain


def test_truth_of_equality_is_identity(people: Table) -> None:
    one, other = people.c.id, people.c.name
    assert one == one
    assert not (one == other)
    assert one != other
    assert one in [other, one]
    assert {one: 1, other: 2}[one] == 1
    with pytest.raises(TypeError, match="not defined"):
        bool(one > 3)
    with pytest.raises(TypeError, match="not iterable"):
        iter(one)


@pytest.mark.parametrize(
    "apply",
    [
        lambda: x << 1,
        lambda: 3 in x,
        lambda: x["a"],
        lambda: operators.lshift(x, 1),
    ],
)
def test_operators_that_do_not_apply(apply: Any) -> None:
    with pytest.raises(NotImplementedError):
        apply()


def test_power_is_no_operator() -> None:
    with pytest.raises(TypeError):
        x**2


# ---- constants and conditions ----------------------------------------------


def test_none_becomes_is_null() -> None:
    assert str(x == None) == "x IS NULL"
    assert str(None != x) == "x IS NOT NULL"
    assert str(x == null()) == "x IS NULL"
    for op in (operator.lt, operators.like_op):
        with pytest.raises(exc.ArgumentError):
            op(x, None)


def test_conditions_are_flattened() -> None:
    both = and_(x > 1, and_(y > 2, and_(x < 3)))
    assert isinstance(both, BooleanClauseList)
    assert len(both.clauses) == 3
    assert str(both | (x == 9)) == (
        "x > :x_1 AND y > :y_1 AND x < :x_2 OR x = :x_3"
    )
    assert str((both | (x == 9)) & flag) == (
        "(x > :x_1 AND y > :y_1 AND x < :x_2 OR x = :x_3) AND flag"
    )


def test_what_decides_nothing_is_left_out() -> None:
    condition = x > 1
    assert and_(condition, true()) is condition
    assert or_(condition, False) is condition
    assert str(and_(condition, False)) == "false"
    assert on_sqlite(or_(condition, true())) == "1 = 1"


def test_conditions_must_be_conditions() -> None:
    for wrong in ("x = 1", 5, Integer):
        with pytest.raises(exc.ArgumentError):
            and_(x > 1, wrong)
    with pytest.warns(exc.SADeprecationWarning):
        and_()


def test_boolean_columns_are_compared_on_sqlite() -> None:
    assert on_sqlite(flag & (x > 1)) == "flag = 1 AND x > ?"
    assert on_sqlite(~flag) == "flag = 0"
    assert on_sqlite(~~flag) == "flag = 1"
    assert str(~flag) == "NOT flag"
    assert on_sqlite(not_(and_(flag, x == 1))) == "NOT (flag = 1 AND x = ?)"


@pytest.mark.parametrize(
    ("one", "opposite"),
    [
        (lambda: x.in_([1]), "(x NOT IN (__[POSTCOMPILE_x_1]))"),
        (lambda: x.is_(None), "x IS NOT NULL"),
        (lambda: x.like("a", escape="/"), "x NOT LIKE :x_1 ESCAPE '/'"),
        (lambda: x.between(1, 2), "x NOT BETWEEN :x_1 AND :x_2"),
        (lambda: x + 1 > y, "x + :x_1 <= y"),
        (lambda: x.op("@")(1), "NOT (x @ :x_1)"),
    ],
)
def test_opposites(one: Any, opposite: str) -> None:
    assert str(~one()) == opposite
    assert str(~~one()).replace("NOT NOT", "") == str(one()) or "@" in opposite


# ---- parameters ------------------------------------------------------------


def test_names_of_parameters() -> None:
    made = and_(x == 1, x == 2, literal(3) == y, bindparam("z", 4) == x)
    compiled = made.compile()
    assert str(compiled) == (
        "x = :x_1 AND x = :x_2 AND :param_1 = y AND :z = x"
    )
    assert compiled.params == {"x_1": 1, "x_2": 2, "param_1": 3, "z": 4}
    assert compiled.positiontup == ["x_1", "x_2", "param_1", "z"]
    assert compiled.segments[0] == "x = "


def test_one_name_is_one_parameter() -> None:
    one = bindparam("n", 1)
    compiled = and_(x == one, y == one).compile(dialect=sqlite.dialect())
    assert str(compiled) == "x = ? AND y = ?"
    assert compiled.positiontup == ["n", "n"]
    with pytest.raises(exc.CompileError):
        str(and_(x == 1, y == bindparam("x_1", 2)))


def test_values_are_replaced_in_copies() -> None:
    made = x == bindparam("n", 1)
    assert made.params(n=2).compile().params == {"n": 2}
    assert made.params({"n": 3}).compile().params == {"n": 3}
    assert made.compile().params == {"n": 1}
    assert made.compile().construct_params({"n": 4}) == {"n": 4}
    unique = made.unique_params(n=5)
    assert str(unique) == "x = :n_1"


def test_value_of_a_function() -> None:
    values = iter((7, 8))
    made = x == bindparam("n", callable_=lambda: next(values))
    assert made.right.value is None
    assert made.compile().params == {"n": 7}
    assert made.compile().params == {"n": 8}


def test_literal_values() -> None:
    made = and_(x.in_([1, 2]), y == None, column("s", String) == "it's")
    assert on_sqlite(made, literal_binds=True) == (
        "x IN (1, 2) AND y IS NULL AND s = 'it''s'"
    )
    assert on_sqlite(x.in_([]), literal_binds=True) == (
        "x IN (SELECT 1 FROM (SELECT 1) WHERE 1!=1)"
    )


def test_lists() -> None:
    made = x.in_((1, 2))
    assert made.right.value == [1, 2]
    assert made.right.value_class == (int,)
    assert made.right.expanding
    assert made.right.expand_op is operators.in_op
    assert (~made).right.expand_op is operators.not_in_op
    assert isinstance(made.right.type, Integer)
    mixed = x.in_([1, "a", 2.5]).right.value_class
    assert [each.__name__ for each in mixed] == ["float", "int", "str"]
    for wrong in ("ab", 5, x, None):
        with pytest.raises(exc.ArgumentError):
            x.in_(wrong)


def test_list_of_tuples() -> None:
    made = tuple_(x, y).in_([(1, 2), (3, 4)])
    compiled = made.compile(
        dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}
    )
    assert str(compiled) == "(x, y) IN (VALUES (?, ?), (?, ?))"
    assert list(compiled.params.values()) == [1, 2, 3, 4]


# ---- fingerprints ----------------------------------------------------------


def test_values_do_not_count() -> None:
    assert (x == 1)._fingerprint()[0] == (x == 2)._fingerprint()[0]
    assert (x == 1)._fingerprint()[0] != (x == "2")._fingerprint()[0]
    assert (x == 1)._fingerprint()[0] != (x != 1)._fingerprint()[0]
    assert x.in_([1])._fingerprint()[0] == x.in_([2, 3])._fingerprint()[0]
    assert x.in_([1])._fingerprint()[0] != x.not_in([1])._fingerprint()[0]
    _, riders = and_(x == 1, y == 2)._fingerprint()
    assert [each.value for each in riders] == [1, 2]


def test_what_is_written_counts() -> None:
    document = column("d", JSON)
    for one, other in (
        (document["a"], document["a"].as_integer()),
        (x.label("a"), x.label("b")),
        (x.op("+")(1), x.op("-")(1)),
        (x.like("a"), x.like("a", escape="/")),
        (x.cast(String(5)), x.cast(String(6))),
        (type_coerce(x, String), type_coerce(x, Integer)),
        (x.desc(), x.asc()),
        (func.a(1), func.b(1)),
        (func.now(), func.now().over()),
        (text("a"), text("b")),
    ):
        first, second = (and_(True, each).self_group() if False else each
                         for each in (one, other))  # fmt: skip
        if not isinstance(first, ClauseElement):
            first, second = x + first, x + second
        assert first._fingerprint()[0] is not None
        assert first._fingerprint()[0] != second._fingerprint()[0]


def test_compare() -> None:
    assert (x == 1).compare(x == 1)
    assert not (x == 1).compare(x == 2)
    assert not (x == 1).compare(y == 1)
    assert not (x == 1).compare(5)


# ---- types -----------------------------------------------------------------


class Loud(TypeDecorator[str]):
    impl = String
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator):
        def __add__(self, other: Any) -> Any:
            return self.op("+!")(other)

        def __radd__(self, other: Any) -> Any:
            return literal(other).op("!+")(self.expr)

        def __eq__(self, other: Any) -> Any:
            return super().__eq__(func.upper(other))

        __hash__ = None  # type: ignore[assignment]

        def shout(self, times: int) -> Any:
            return func.shout(self.expr, times)


def test_types_with_operators_of_their_own() -> None:
    table = Table("t", MetaData(), Column("a", Loud))
    a = table.c.a
    assert not a._plain
    assert str(a + "x") == "t.a +! :a_1"
    assert str("x" + a) == ":param_1 !+ t.a"
    assert str(a == "x") == "t.a = upper(:upper_1)"
    assert str(a.shout(3)) == "shout(t.a, :shout_1)"
    assert str(a > "x") == "t.a > :a_1"
    with pytest.raises(AttributeError):
        a.whisper()


class Wrapped(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def bind_expression(self, bindvalue: Any) -> Any:
        return func.wrap(bindvalue)


def test_sql_around_parameters() -> None:
    made = column("w", Wrapped) == "a"
    assert str(made) == "w = wrap(:w_1)"


def test_json() -> None:
    document = column("d", JSON)
    assert on_sqlite(document["a"]) == "JSON_QUOTE(JSON_EXTRACT(d, ?))"
    assert on_sqlite(document["a", 1].as_integer() == 3) == (
        "JSON_EXTRACT(d, ?) = ?"
    )
    with pytest.raises(exc.InvalidRequestError):
        document.as_integer()
    with pytest.raises(AttributeError):
        x.as_integer()


# ---- columns of tables -----------------------------------------------------


def test_columns_of_tables(people: Table) -> None:
    assert isinstance(people.c.id, ColumnElement)
    assert str(people.c.id) == "people.id"
    assert str(people.c.id.label("n")) == "people.id"
    assert people.c.id.label("n").name == "n"
    assert people.c.id.compile().params == {}


def test_columns_are_pickled(people: Table) -> None:
    again = pickle.loads(pickle.dumps(people))
    assert again is not people
    assert again.c.id.table is again
    assert again.c.id._plain
    assert again.c.boss.references(again.c.id)
    assert str(again.c.id == 1) == "people.id = :id_1"
    condition = pickle.loads(pickle.dumps(column("x") == 4))
    assert str(condition) == "x = :x_1"
    assert condition.compile().params == {"x_1": 4}


def test_columns_go_to_other_tables(people: Table) -> None:
    other = Table("copies", MetaData(), *(each._copy() for each in people.c))
    assert str(other.c.name == "a") == "copies.name = :name_1"
    assert str(people.c.name == "a") == "people.name = :name_1"
    blank = copy.copy(people.c.name)
    assert blank is not people.c.name
    assert blank.name == "name"


# ---- the rest --------------------------------------------------------------


def test_nodes_are_replaced() -> None:
    made = and_(x == 1, func.f(x))
    new = replace(made, lambda each: y if each is x else None)
    assert str(new) == "y = :x_1 AND f(y)"
    assert str(made) == "x = :x_1 AND f(x)"
    assert replace(made, lambda each: None) is made


def test_self_group() -> None:
    sum_ = x + 1
    assert isinstance(sum_.self_group(operators.mul), Grouping)
    assert sum_.self_group(operators.add) is sum_
    assert sum_.self_group(operators.eq) is sum_


def test_custom_operators() -> None:
    a = x.op("->", precedence=9)
    assert str(a(1) * 2) == "x -> :x_1 * :param_1"
    assert str(x.op("->")(1) * 2) == "(x -> :x_1) * :param_1"
    same, other = (operators.custom_op(each) for each in ("->", "->>"))
    assert same == operators.custom_op("->")
    assert same != other
    assert same(x, 1).type is x.type
    assert operators.custom_op("^", python_impl=pow)(2, 3) == 8
    with pytest.raises(NotImplementedError):
        same(2, 3)


def test_autoescape() -> None:
    made = x.contains("a%b/c", autoescape=True)
    assert made.right.value == "a/%b//c"
    with pytest.raises(TypeError):
        x.contains(5, autoescape=True)


def test_case_must_have_conditions() -> None:
    for wrong in ((), (3,), ((x > 1,),)):
        with pytest.raises(exc.ArgumentError):
            case(*wrong)


def test_values_of_unknown_kinds_are_parameters() -> None:
    thing = object()
    assert (x == thing).right.value is thing
    with pytest.raises(exc.ArgumentError):
        x == Integer  # noqa: B015
    with pytest.raises(exc.ArgumentError):
        x == func  # noqa: B015


def test_constants_stand_alone() -> None:
    assert str(true()) == "true"
    assert on_sqlite(false()) == "0"
    assert on_sqlite(literal_column("a || b") == 1) == "a || b = ?"
    assert true() is true()


def test_no_warnings_by_the_way() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        str(or_(false(), x == 1))
