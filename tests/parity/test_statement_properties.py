"""Random expressions and selects: the same text and rows as the peer's.

A program is drawn as a tree of plain tuples, a name and its arguments, and
then built through either library.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity import databases
from parity.corpus import core_schema
from parity.databases import outcome
from parity.library import Library, ours, peer
from parity.rendering import alike, all_texts

pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SAWarning",
    "ignore:.*:DeprecationWarning:sqlalchemy",
)

Tree = tuple[Any, ...]
INFIX = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
}
# Methods of an operand: what follows are arguments of the method.
METHODS = frozenset(
    "in_ not_in between is_ is_not is_distinct_from like not_like ilike"
    " startswith endswith contains icontains concat bitwise_and"
    " bitwise_or bitwise_lshift label asc desc nulls_first nulls_last"
    " collate".split()
)
# Names of the library itself.
FUNCTIONS = frozenset("and_ or_ not_ literal null true false".split())


def build(lib: Library, tables: Any, tree: Any) -> Any:
    """Return what a tree stands for in a library."""
    if not isinstance(tree, tuple):
        return tree
    name, *arguments = tree
    made = [build(lib, tables, each) for each in arguments]
    if name in INFIX:
        return INFIX[name](*made)
    if name in METHODS:
        return getattr(made[0], name)(*made[1:])
    if name in FUNCTIONS:
        return getattr(lib, name)(*made)
    return BUILDERS[name](lib, tables, *made)


def _column(lib: Library, tables: Any, table: str, name: str) -> Any:
    return getattr(tables, table).c[name]


def _escaped(
    lib: Library, tables: Any, method: str, operand: Any, part: str
) -> Any:
    return getattr(operand, method)(part, autoescape=True)


def _case(lib: Library, tables: Any, when: Any, then: Any, other: Any) -> Any:
    return lib.case((when, then), else_=other)


def _function(lib: Library, tables: Any, name: str, *operands: Any) -> Any:
    return getattr(lib.func, name)(*operands)


def _cast(lib: Library, tables: Any, operand: Any, name: str) -> Any:
    return lib.cast(operand, getattr(lib, name))


def _over(
    lib: Library, tables: Any, name: str, operand: Any, order: Any, rows: Any
) -> Any:
    call = getattr(lib.func, name)(operand)
    frame = {} if rows is None else {"rows": tuple(rows)}
    return call.over(order_by=[order, tables.people.c.id], **frame)


def _has_posts(lib: Library, tables: Any, condition: Any) -> Any:
    posts, people = tables.posts.alias(), tables.people
    return lib.exists().where(posts.c.author_id == people.c.id, condition)


def _count_of_posts(lib: Library, tables: Any, condition: Any) -> Any:
    posts, people = tables.posts.alias(), tables.people
    return (
        lib.select(lib.func.count(posts.c.id))
        .where(posts.c.author_id == people.c.id, condition)
        .scalar_subquery()
    )


BUILDERS: dict[str, Callable[..., Any]] = {
    "column": _column,
    "escaped": _escaped,
    "case": _case,
    "function": _function,
    "cast": _cast,
    "negative": lambda lib, tables, operand: -operand,
    "invert": lambda lib, tables, operand: ~operand,
    "over": _over,
    "has_posts": _has_posts,
    "count_of_posts": _count_of_posts,
}


def build_select(lib: Library, tables: Any, parts: dict[str, Any]) -> Any:
    """Return the select that the parts describe."""

    def made(tree: Any) -> Any:
        return build(lib, tables, tree)

    statement = lib.select(
        tables.people.c.id, *(made(each) for each in parts["columns"])
    )
    statement = statement.select_from(tables.people)
    if parts["join"] is not None:
        isouter, onclause = parts["join"]
        statement = statement.join(
            tables.posts,
            lib.and_(
                tables.posts.c.author_id == tables.people.c.id,
                made(onclause),
            ),
            isouter=isouter,
        )
    for condition in parts["where"]:
        statement = statement.where(made(condition))
    if parts["distinct"]:
        statement = statement.distinct()
    for order in parts["order"]:
        statement = statement.order_by(made(order))
    statement = statement.order_by(tables.people.c.id)
    if parts["limit"] is not None:
        statement = statement.limit(parts["limit"])
    if parts["offset"] is not None:
        statement = statement.offset(parts["offset"])
    if parts["wrap"] == "subquery":
        return lib.select(statement.subquery())
    if parts["wrap"] == "cte":
        inner = statement.cte("c")
        return lib.select(inner).where(inner.c.id > 1)
    if parts["wrap"] == "union":
        inner = statement.subquery()
        return lib.union(lib.select(inner.c.id), lib.select(tables.tags.c.id))
    return statement


# -- what is drawn ----------------------------------------------------------


def columns(*names: str) -> st.SearchStrategy[Tree]:
    return st.sampled_from([("column", "people", name) for name in names])


INTEGERS = st.integers(-9, 99)
TEXTS = st.text("aAnN%_/'\":?\\ é", max_size=4)
NUMBER_LEAVES = st.one_of(
    columns("id", "age", "boss_id", "height"),
    st.tuples(st.just("literal"), INTEGERS),
    st.just(("column", "people", "age")),
)
TEXT_LEAVES = st.one_of(
    columns("name", "nick"), st.tuples(st.just("literal"), TEXTS)
)


def number_or_value(numbers: st.SearchStrategy[Tree]) -> Any:
    return numbers | INTEGERS | st.sampled_from([0.5, -2.25])


def draw_terms(
    depth: int,
) -> tuple[st.SearchStrategy[Tree], ...]:
    """Return the strategies of numbers, texts and conditions."""
    if depth == 0:
        # The constants true and false are in the corpus: what is folded with
        # them differs (see the documentation).
        conditions: st.SearchStrategy[Tree] = st.one_of(
            columns("active"),
            st.tuples(
                st.sampled_from(["==", "!=", "<", ">="]),
                columns("id", "age"),
                INTEGERS,
            ),
        )
        return NUMBER_LEAVES, TEXT_LEAVES, conditions
    numbers, texts, conditions = draw_terms(depth - 1)
    return (
        _numbers(numbers, texts, conditions),
        _texts(numbers, texts, conditions),
        _conditions(numbers, texts, conditions),
    )


def _numbers(numbers: Any, texts: Any, conditions: Any) -> Any:
    value = number_or_value(numbers)
    bits = st.sampled_from(["bitwise_and", "bitwise_or", "bitwise_lshift"])
    aggregate = st.sampled_from(["sum", "max", "count"])
    rows = st.sampled_from([None, [None, 0], [-1, 1], [0, None]])
    return st.one_of(
        numbers,
        st.tuples(st.sampled_from("+ - * / %".split()), numbers, value),
        # The peer's floor() fails for NULL.
        st.tuples(st.just("//"), columns("id"), st.integers(1, 9)),
        st.tuples(st.sampled_from("+ - *".split()), INTEGERS, numbers),
        st.tuples(st.just("negative"), numbers),
        st.tuples(bits, columns("id", "age"), st.integers(0, 7)),
        st.tuples(st.just("case"), conditions, numbers, value),
        st.tuples(st.just("function"), st.just("abs"), numbers),
        st.tuples(st.just("function"), st.just("coalesce"), numbers, value),
        st.tuples(st.just("function"), st.just("length"), texts),
        st.tuples(st.just("cast"), texts, st.just("Integer")),
        st.tuples(st.just("count_of_posts"), conditions),
        st.tuples(st.just("over"), aggregate, numbers, numbers, rows),
    )


def _texts(numbers: Any, texts: Any, conditions: Any) -> Any:
    names = st.sampled_from(["lower", "upper", "trim"])
    return st.one_of(
        texts,
        st.tuples(st.just("+"), texts, texts | TEXTS),
        st.tuples(st.just("+"), TEXTS, texts),
        st.tuples(st.just("concat"), texts, texts | TEXTS),
        st.tuples(st.just("case"), conditions, texts, texts | TEXTS),
        st.tuples(st.just("function"), names, texts),
        st.tuples(st.just("cast"), numbers, st.just("String")),
        st.tuples(st.just("collate"), texts, st.just("NOCASE")),
    )


def _conditions(numbers: Any, texts: Any, conditions: Any) -> Any:
    compare = st.sampled_from("== != < <= > >=".split())
    member = st.sampled_from(["in_", "not_in"])
    likes = st.sampled_from(
        "like not_like ilike startswith endswith contains icontains".split()
    )
    parts = st.sampled_from("startswith endswith contains".split())
    junction = st.sampled_from(["and_", "or_"])
    is_ = st.sampled_from(["is_", "is_not", "==", "!="])
    value = number_or_value(numbers)
    return st.one_of(
        conditions,
        st.tuples(compare, numbers, value),
        st.tuples(compare, texts, texts | TEXTS),
        st.tuples(is_, numbers | texts, st.none()),
        # Of plain columns: the peer expands no list inside of it.
        st.tuples(st.just("is_distinct_from"), columns("id", "age"), INTEGERS),
        # Empty lists are in the corpus: the peer forgets to expand some.
        st.tuples(member, numbers, st.lists(INTEGERS, min_size=1, max_size=4)),
        st.tuples(member, texts, st.lists(TEXTS, min_size=1, max_size=3)),
        st.tuples(st.just("between"), numbers, value, value),
        st.tuples(likes, texts, texts | TEXTS),
        st.tuples(st.just("escaped"), parts, texts, TEXTS),
        st.tuples(st.sampled_from(["&", "|"]), conditions, conditions),
        st.tuples(junction, conditions, conditions, conditions),
        st.tuples(st.sampled_from(["not_", "invert"]), conditions),
        st.tuples(st.just("has_posts"), conditions),
    )


NUMBERS, WORDS, CONDITIONS = draw_terms(3)
TERMS = st.one_of(NUMBERS, WORDS, CONDITIONS)
# Window functions belong to the columns; conditions have none of them.
PLAIN = draw_terms(1)[2]


def without_windows(tree: Any) -> bool:
    if isinstance(tree, tuple):
        return tree[0] != "over" and all(map(without_windows, tree))
    return True


WHERE = CONDITIONS.filter(without_windows)
ORDERS = st.one_of(
    TERMS,
    st.tuples(st.sampled_from(["asc", "desc"]), TERMS),
    st.tuples(
        st.sampled_from(["nulls_first", "nulls_last"]),
        st.tuples(st.sampled_from(["asc", "desc"]), TERMS),
    ),
)
SELECTS = st.fixed_dictionaries(
    {
        "columns": st.lists(
            st.one_of(
                TERMS,
                st.tuples(
                    st.just("label"),
                    TERMS,
                    st.sampled_from(["x", "id", "Odd L", "a:b", "50%"]),
                ),
            ),
            max_size=3,
        ),
        "join": st.none() | st.tuples(st.booleans(), PLAIN),
        "where": st.lists(WHERE, max_size=2),
        "distinct": st.booleans(),
        "order": st.lists(ORDERS, max_size=2),
        "limit": st.none() | st.integers(0, 4),
        "offset": st.none() | st.integers(0, 2),
        "wrap": st.sampled_from([None, "subquery", "cte", "union"]),
    }
)


def examples(number: int) -> settings:
    """Return the settings of a test with a number of examples."""
    return settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
        ],
    )


@pytest.fixture(scope="module")
def our_tables() -> Any:
    return core_schema.tables(ours)


@pytest.fixture(scope="module")
def peer_tables() -> Any:
    return core_schema.tables(peer)


def texts_of(lib: Library, element: Any) -> dict[str, Any]:
    return {"generic": str(element), **all_texts(lib, element)}


def test_text_of_expressions(our_tables: Any, peer_tables: Any) -> None:
    @examples(500)
    @given(TERMS)
    def check(tree: Tree) -> None:
        expected = outcome(
            lambda: texts_of(peer, build(peer, peer_tables, tree))
        )
        actual = outcome(lambda: texts_of(ours, build(ours, our_tables, tree)))
        assert alike(actual, expected), (actual, expected)

    check()


def test_text_of_selects(our_tables: Any, peer_tables: Any) -> None:
    @examples(250)
    @given(SELECTS)
    def check(parts: dict[str, Any]) -> None:
        expected = outcome(
            lambda: texts_of(peer, build_select(peer, peer_tables, parts))
        )
        actual = outcome(
            lambda: texts_of(ours, build_select(ours, our_tables, parts))
        )
        assert alike(actual, expected), (actual, expected)

    check()


def test_rows_of_selects(
    our_tables: Any, peer_tables: Any, tmp_path: Path
) -> None:
    path = tmp_path / "test.db"
    databases.make_template(path)
    answered = set()

    @examples(300)
    @given(SELECTS)
    def check(parts: dict[str, Any]) -> None:
        expected = outcome(
            lambda: on_peer.execute(build_select(peer, peer_tables, parts))
        )
        actual = outcome(
            lambda: on_ours.execute(build_select(ours, our_tables, parts))
        )
        assert alike(actual, expected), (actual, expected)
        answered.add(isinstance(expected, dict))

    with databases.Peer(path) as on_peer, databases.Ours(path) as on_ours:
        check()
    assert True in answered, "no select was answered"
