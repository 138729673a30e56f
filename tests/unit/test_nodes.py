"""Nodes of statements: parts, fingerprints, riders, the C fast paths."""

from __future__ import annotations

import copy
import operator
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlactive_c import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    literal,
    select,
)
from sqlactive_c._core import ClauseElement, ColumnElement

metadata = MetaData()
users = Table(
    "nodes_users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(30)),
    Column("age", Integer),
)


class Pair(ColumnElement):
    __slots__ = ()
    _fields = ("left", "right", "-note")


class Value(ColumnElement):
    __slots__ = ()
    _fields = ("-value",)
    _rides = "value"


class Name(ClauseElement):
    __slots__ = ()
    _fields = ("element",)
    _rides = "name"


class Thing(ClauseElement):
    _identity = True
    _fields = ()


def print_of(node: Any) -> str:
    found, _ = node._fingerprint()
    assert found is not None
    return str(found)


def riders_of(node: Any) -> list[Any]:
    return list(node._fingerprint()[1])


def test_parts_by_name() -> None:
    pair = Pair._new(1, "two", None)
    assert (pair.left, pair.right, pair.note) == (1, "two", None)
    assert pair._parts == (1, "two", None)
    assert Pair._kind.fields == ("left", "right", "note")


def test_the_number_of_parts_is_checked() -> None:
    with pytest.raises(TypeError, match="Pair has 3 parts, not 2"):
        Pair._new(1, 2)


def test_replace_gives_a_copy() -> None:
    pair = Pair._new(1, 2, 3)
    other = pair._replace(right=5)
    assert (other.left, other.right, other.note) == (1, 5, 3)
    assert pair.right == 2
    with pytest.raises(AttributeError, match="'middle'"):
        pair._replace(middle=1)
    with pytest.raises(TypeError, match="keywords"):
        pair._replace(1)


def test_copies_and_pickles() -> None:
    pair = Pair._new(1, ("a", None), 2.5)
    assert pickle.loads(pickle.dumps(pair))._parts == pair._parts
    assert copy.copy(pair)._parts == pair._parts


def test_what_does_not_count() -> None:
    assert print_of(Pair._new(1, 2, "x")) == print_of(Pair._new(1, 2, "y"))
    hidden = Pair._new(1, 2, Value._new(7))
    assert riders_of(hidden) == []


DIFFERENT: list[Any] = [
    None, True, False, 0, 1, 2, -1, 0.0, 1.0, 1.5, "", "a", "b", "ab", "é",
    "\u20ac", "a\0", (), (1,), (1, 2), ((1,), 2), (1, (2,)), ("a", "b"),
    ("ab",), int, str, operator.eq, operator.ne, 2**70, 2**71,
]  # fmt: skip


def test_different_parts_have_different_fingerprints() -> None:
    prints = {
        print_of(Pair._new(left, right, None))
        for left in DIFFERENT
        for right in DIFFERENT
    }
    assert len(prints) == len(DIFFERENT) ** 2


def test_the_class_counts() -> None:
    class Other(ColumnElement):
        __slots__ = ()
        _fields = ("left", "right", "-note")

    class Derived(Pair):
        __slots__ = ()

    made = [each._new(1, 2, None) for each in (Pair, Other, Derived)]
    assert len({print_of(each) for each in made}) == 3


plain = st.none() | st.booleans() | st.integers() | st.text() | st.floats()
parts = st.recursive(
    plain,
    lambda inner: st.tuples(inner, inner) | st.lists(inner).map(tuple),
    max_leaves=8,
)


@given(parts, parts)
def test_equal_fingerprints_mean_equal_parts(one: Any, other: Any) -> None:
    same = print_of(Pair._new(one, 0, None)) == print_of(
        Pair._new(other, 0, None)
    )
    assert same == (repr(one) == repr(other))


def test_things_are_what_they_are() -> None:
    one, other = Thing(), Thing()
    assert print_of(one) != print_of(other)
    assert print_of(Pair._new(one, 1, None)) == print_of(
        Pair._new(one, 1, None)
    )
    assert print_of(Pair._new(one, 1, None)) != print_of(
        Pair._new(other, 1, None)
    )


def test_values_ride_in_order() -> None:
    a, b, c = (Value._new(each) for each in "abc")
    tree = Pair._new((a, Pair._new(b, 1, None)), c, None)
    assert [each.value for each in riders_of(tree)] == ["a", "b", "c"]
    same = Pair._new(
        (Value._new(1), Pair._new(Value._new(2), 1, None)),
        Value._new(3),
        None,
    )
    assert print_of(tree) == print_of(same)


def test_a_rider_that_comes_twice_is_told() -> None:
    a, b = Value._new(1), Value._new(1)
    assert print_of(Pair._new(a, a, None)) != print_of(Pair._new(a, b, None))
    assert print_of(Pair._new(a, b, None)) == print_of(Pair._new(b, a, None))


def test_names_are_numbered_within_the_whole() -> None:
    inner = Pair._new(1, Value._new(5), None)

    def whole(first: Any, second: Any) -> Any:
        return Pair._new((first, second), first, None)

    one, other = Name._new(inner), Name._new(inner)
    assert print_of(whole(one, other)) == print_of(whole(other, one))
    assert print_of(whole(one, one)) != print_of(whole(one, other))
    # What is under a name is walked once.
    assert len(riders_of(whole(one, other))) == 5


def test_many_riders() -> None:
    values = tuple(Value._new(each) for each in range(1000))
    tree = Pair._new(values, values, None)
    riders = riders_of(tree)
    assert len(riders) == 2000
    assert [each.value for each in riders[:1000]] == list(range(1000))


@pytest.mark.parametrize("part", [[1], {"a": 1}, {1}, bytearray(b"x")])
def test_what_has_no_fingerprint(part: Any) -> None:
    tree = Pair._new((1, Pair._new(part, 2, None)), Value._new(1), None)
    found, riders = tree._fingerprint()
    assert found is None
    assert len(riders) == 1


def test_static_keys() -> None:
    class Typed:
        def __init__(self, key: Any) -> None:
            self.static_key = key

    def made(key: Any) -> Any:
        return Pair._new(Typed(key), 1, None)

    assert print_of(made(("a", 1))) == print_of(made(("a", 1)))
    assert print_of(made(("a", 1))) != print_of(made(("a", 2)))
    assert made(None)._fingerprint()[0] is None


def test_a_static_key_that_raises() -> None:
    class Broken:
        @property
        def static_key(self) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Pair._new(Broken(), 1, None)._fingerprint()


def test_depth_is_limited_by_an_exception() -> None:
    tree: Any = 1
    for _ in range(200_000):
        tree = Pair._new(tree, 1, None)
    with pytest.raises(RecursionError):
        tree._fingerprint()
    del tree  # and it goes without using up the stack


def test_no_truth_and_no_iteration() -> None:
    pair = Pair._new(1, 2, None)
    with pytest.raises(TypeError, match="and_"):
        bool(pair)
    with pytest.raises(TypeError, match="not iterable"):
        iter(pair)


def test_hashes_are_of_identity() -> None:
    one, other = users.c.id, users.c.age
    found = {one: 1, other: 2}
    assert found[one] == 1
    assert one in [other, one]
    assert users.c.name not in [other, one]


# -- the fast paths give what the others give --------------------------------

COMPARISONS = [
    operator.lt, operator.le, operator.eq, operator.ne, operator.gt,
    operator.ge,
]  # fmt: skip


@pytest.mark.parametrize("op", COMPARISONS, ids=lambda op: op.__name__)
@pytest.mark.parametrize("value", [1, "a", 1.5, b"x"], ids=repr)
def test_fast_comparisons_are_those_of_python(op: Any, value: Any) -> None:
    column = users.c.age
    assert column._plain
    fast = op(column, value)
    column._plain = False
    try:
        slow = op(column, value)
    finally:
        column._plain = True
    assert str(fast) == str(slow)
    assert fast.compile().params == slow.compile().params


@pytest.mark.parametrize("op", COMPARISONS, ids=lambda op: op.__name__)
def test_reflected_comparisons(op: Any) -> None:
    assert str(op(5, users.c.age)).startswith("nodes_users.age ")


def test_classes_of_values_count() -> None:
    assert print_of(users.c.age == 1) == print_of(users.c.age == 2)
    assert print_of(users.c.age == 1) != print_of(users.c.age == "1")


def test_fast_methods_are_those_of_python() -> None:
    fast = (
        select(users.c.id, users.c.name)
        .where(users.c.age > 3)
        .where(users.c.id > 1, users.c.name == "x")
        .order_by(users.c.name)
        .group_by(users.c.age)
        .limit(10)
        .offset(5)
    )
    cls = type(fast)
    slow = select.__wrapped__(users.c.id, users.c.name)
    slow = cls.where.__wrapped__(slow, users.c.age > 3)
    slow = cls.where.__wrapped__(slow, users.c.id > 1, users.c.name == "x")
    slow = cls.order_by.__wrapped__(slow, users.c.name)
    slow = cls.group_by.__wrapped__(slow, users.c.age)
    slow = cls.limit.__wrapped__(slow, 10)
    slow = cls.offset.__wrapped__(slow, 5)
    assert str(fast) == str(slow)
    assert print_of(fast) == print_of(slow)


def test_methods_do_not_change_what_they_are_called_on() -> None:
    before = select(users.c.id)
    text = str(before)
    before.where(users.c.id == 1).limit(3).order_by(users.c.id)
    assert str(before) == text


def test_fast_methods_have_name_and_documentation() -> None:
    method = type(select(users.c.id)).where
    assert method.__name__ == "where"
    assert "condition" in (method.__doc__ or "")
    assert select.__name__ == "select"


def test_equal_statements_share_a_fingerprint() -> None:
    def statement(age: int, limit: int) -> Any:
        return (
            select(users)
            .where(users.c.age > age, users.c.name.in_(["a"] * limit))
            .where(func.lower(users.c.name) == literal("x"))
            .order_by(users.c.name.desc())
            .limit(limit)
        )

    assert print_of(statement(1, 2)) == print_of(statement(30, 4))


def test_anonymous_aliases_share_a_fingerprint() -> None:
    def statement() -> Any:
        one, other = users.alias(), users.alias()
        return select(one.c.id, other.c.id).where(one.c.id == other.c.age)

    assert print_of(statement()) == print_of(statement())


def test_names_of_parameters_count() -> None:
    one = select(users).where(users.c.id == bindparam("a"))
    other = select(users).where(users.c.id == bindparam("b"))
    assert print_of(one) != print_of(other)
