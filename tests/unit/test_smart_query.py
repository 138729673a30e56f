"""Filters, sorting and grouping from keywords and strings."""

from __future__ import annotations

import operator
from typing import Any

import pytest

from sqlactive_c import and_, func, not_, or_, select
from sqlactive_c.exc import ArgumentError, SADeprecationWarning
from sqlactive_c.exceptions import (
    NoFilterableError,
    NoSortableError,
    OperatorError,
    RelationError,
    RootClassNotFoundError,
)
from sqlactive_c.orm import aliased
from sqlactive_c.smart_query import SmartQueryMixin
from unit.blog import Post, Tag, User


def where(query: Any) -> str:
    return str(query).partition("WHERE ")[2]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("age__gte", 3, "blog_users.age >= :age_1"),
        ("age__lte", 3, "blog_users.age <= :age_1"),
        ("name__icontains", "a", "lower({name}) LIKE lower(:name_1)"),
        ("name__iexact", "a", "lower({name}) = lower(:lower_1)"),
        ("name__regex", "a", "{name} <regexp> :name_1"),
        ("created_at__year_gte", 1, "EXTRACT(year FROM {at}) >= :param_1"),
        ("created_at__hour", 1, "EXTRACT(hour FROM {at}) = :param_1"),
        ("created_at__minute_lt", 1, "EXTRACT(minute FROM {at}) < :param_1"),
        ("created_at__second_ne", 1, "EXTRACT(second FROM {at}) != :param_1"),
        ("nick", "a", "blog_users.nick_name = :nick_name_1"),
        ("nick_name__ne", "a", "blog_users.nick_name != :nick_name_1"),
        ("is_adult", True, "(blog_users.age > :age_1) = true"),
    ],
)
def test_operators_beyond_the_peer(key: str, value: Any, text: str) -> None:
    text = text.format(name="blog_users.name", at="blog_users.created_at")
    assert where(User.where(**{key: value})) == text


def test_week_day_counts_from_sunday() -> None:
    found = where(User.where(created_at__week_day=1))
    assert (
        found
        == "EXTRACT(dow FROM blog_users.created_at) + :param_1 = :param_2"
    )


@pytest.mark.parametrize("value", [None, True])
def test_operands_that_have_no_order(value: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        User.where(age__gt=value)
    assert caught.value.__notes__ == ["incorrect filter path: 'age__gt'"]


def test_notes_name_the_keyword() -> None:
    with pytest.raises(OperatorError) as caught:
        User.where(name="x", age__foo=1)
    assert caught.value.__notes__ == [
        "expression 'age__foo' has incorrect operator: 'foo'",
        "incorrect filter path: 'age__foo'",
    ]
    with pytest.raises(NoFilterableError) as caught:
        User.where(foo=1)
    assert caught.value.__notes__[-1] == "incorrect filter path: 'foo'"
    with pytest.raises(RelationError) as caught:
        Post.where(user___foo___bar=1)
    assert caught.value.__notes__ == ["incorrect relation path: 'user___foo'"]


def test_a_method_behind_a_path_is_of_the_alias() -> None:
    found = str(Post.where(user___older_than=User(age=3)))
    assert found.endswith("WHERE blog_users_1.age > :age_1")
    assert ", blog_users" not in found


@pytest.mark.parametrize("function", [or_, operator.or_])
def test_any_number_of_conditions(function: Any) -> None:
    def text(filters: Any) -> str:
        return where(User.smart_query(filters={function: filters}))

    assert text({"age": 1}) == "blog_users.age = :age_1"
    assert text([{"age": 1}, {"age": 2}, {"id": 3}]) == (
        "blog_users.age = :age_1 OR blog_users.age = :age_2"
        " OR blog_users.id = :id_1"
    )


def test_nothing_joined_is_no_condition() -> None:
    with pytest.warns(SADeprecationWarning):
        query = User.smart_query(filters={or_: {}, and_: [], "age": 1})
    assert where(query) == "blog_users.age = :age_1"


def test_nesting() -> None:
    query = User.smart_query(
        filters=[{"id": 1}, {not_: {or_: {"age": 1, "name": "x"}}}]
    )
    assert where(query) == (
        "blog_users.id = :id_1 AND NOT (blog_users.age = :age_1"
        " OR blog_users.name = :name_1)"
    )


def test_criterion_as_documented() -> None:
    mine = User.smart_query(criterion=(User.age > 3,))
    assert str(mine) == str(User.smart_query(criteria=(User.age > 3,)))


def test_expressions_of_an_alias() -> None:
    alias = aliased(User)
    [one] = alias.filter_expr(is_adult=True)
    assert str(one) == "(blog_users_1.age > :age_1) = true"
    [two] = alias.order_expr("-is_adult")
    assert str(two) == "blog_users_1.age > :age_1 DESC"
    [three] = alias.filter_expr(older_than=User(age=3))
    assert str(three) == "blog_users_1.age > :age_1"


def test_sorting_by_what_there_is_not() -> None:
    with pytest.raises(NoSortableError) as caught:
        Post.order_by("user___posts")
    assert caught.value.__notes__ == ["incorrect order path: 'user___posts'"]


def test_each_call_joins_anew() -> None:
    query = Post.where(user___age=1).where(user___age=2)
    assert where(query) == (
        "blog_users_1.age = :age_1 AND blog_users_2.age = :age_2"
    )


def test_no_root() -> None:
    with pytest.raises(RootClassNotFoundError):
        SmartQueryMixin.smart_query(select(func.count()), filters={"a": 1})


def test_a_relation_with_a_composite_key() -> None:
    found = str(Post.where(tags___word="a"))
    assert "LEFT OUTER JOIN blog_tags AS blog_tags_1" in found
    assert where(Tag.where(post_id=1, word="a")) == (
        "blog_tags.post_id = :post_id_1 AND blog_tags.word = :word_1"
    )
