"""Statements that load relationships along: the text of the peer's."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.mapping.library import OURS, PEERS, Library
from parity.mapping.loading import STATEMENTS, statement
from parity.mapping.statements import Statement

every = pytest.mark.parametrize(
    "given", [pytest.param(each, id=each.name) for each in STATEMENTS]
)


def texts(lib: Library, given: Statement) -> Any:
    made = statement(lib, given)
    compiled = made.compile(dialect=lib.dialects.sqlite.dialect())
    return str(made), str(compiled), dict(compiled.params)


@every
def test_text(given: Statement) -> None:
    expected = texts(PEERS, given)
    assert texts(OURS, given) == expected


@every
def test_text_is_the_same_each_time(given: Statement) -> None:
    made = statement(OURS, given)
    assert str(made) == str(made) == str(statement(OURS, given))


REFUSED = [
    "select(Post).options(joinedload(User.posts))",
    "select(User.name).options(joinedload(User.posts))",
    "select(Post, Team).options(load_only(User.name))",
    "select(aliased(User)).options(joinedload(User.posts))",
    "select(User).options(joinedload(aliased(User).posts))",
    "select(User).options(joinedload(User.posts))"
    ".with_only_columns(Post).select_from(Post)"
    ".options(joinedload(User.team))",
    "select(Post).options(joinedload(User.posts))"
    ".with_only_columns(func.count())",
    "select(User).options(joinedload(User.posts).joinedload(User.team))",
    "select(User).options(joinedload(User.posts)"
    ".joinedload(aliased(Post).tags))",
]


@pytest.mark.parametrize("source", REFUSED)
def test_option_for_something_else_is_refused(source: str) -> None:
    def outcome(lib: Library) -> str:
        try:
            return str(statement(lib, Statement("refused", source)))
        except Exception as error:
            return type(error).__name__

    expected = outcome(PEERS)
    assert outcome(OURS) == expected == "ArgumentError"


ALLOWED = [
    "select(Person).options(joinedload(Boss.clerks))",
    "select(Boss).options(joinedload(Person.house))",
    "select(func.count(text('*'))).options(joinedload(User.posts))",
    "select(Post).options(defaultload(User.posts))",
    "select(User).options(joinedload(User.posts))"
    ".with_only_columns(func.count(), maintain_column_froms=True)",
]


@pytest.mark.parametrize("source", ALLOWED)
def test_option_that_says_nothing_is_let_be(source: str) -> None:
    given = Statement("allowed", source)
    assert texts(OURS, given) == texts(PEERS, given)
