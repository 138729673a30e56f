"""Queries made at random: one text, one result, one class of error.

A chain is a list of steps; both libraries take the same steps.  The seed is
in the id of the test, so that a failure can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from contract.conftest import closed, names, opened
from contract.library import OURS, PEER

Step = Callable[[SimpleNamespace, Any], Any]

MODELS = ("User", "Post", "Comment")
NUMBERS = {
    "User": ("id", "age", "posts___rating", "comments___id"),
    "Post": ("id", "rating", "user_id", "user___age", "comments___user_id"),
    "Comment": ("id", "post_id", "post___rating", "post___user___age"),
}
TEXTS = {
    "User": ("name", "username", "posts___topic", "comments___body"),
    "Post": ("title", "topic", "user___name", "comments___body"),
    "Comment": ("body", "user___name", "post___topic", "post___user___name"),
}
RELATIONS = {
    "User": ("posts", "comments"),
    "Post": ("user", "comments"),
    "Comment": ("post", "user"),
}
BAD = (
    "nope",
    "age__nope",
    "nope___id",
    "user___nope",
    "posts___rating__nope",
    "id__in",
    "id__between",
    "name__like",
)
COMPARISONS = ("", "__exact", "__eq", "__ne", "__gt", "__ge", "__lt", "__le")
MATCHES = (
    "__like",
    "__ilike",
    "__startswith",
    "__istartswith",
    "__endswith",
    "__iendswith",
    "__contains",
)


def one_filter(chance: random.Random, model: str) -> tuple[str, Any]:
    kind = chance.randrange(7)
    if kind == 0:
        name = chance.choice(TEXTS[model]) + chance.choice(MATCHES)
        return name, chance.choice(["%o%", "a", "Lorem%", "news", "B_b", ""])
    if kind == 1:
        name = chance.choice(NUMBERS[model])
        few = chance.sample(range(1, 41), chance.randrange(5))
        return name + chance.choice(["__in", "__notin"]), few
    if kind == 2:
        pair = sorted(chance.sample(range(1, 41), 2))
        return chance.choice(NUMBERS[model]) + "__between", pair
    if kind == 3:
        name = chance.choice(TEXTS[model] + RELATIONS[model])
        return name + "__isnull", chance.random() < 0.5
    if kind == 4:
        name = "created_at__" + chance.choice(["year", "month_gt", "day_le"])
        return name, chance.choice([2, 29, 2024])
    if kind == 5 and chance.random() < 0.15:
        return chance.choice(BAD), None
    name = chance.choice(NUMBERS[model]) + chance.choice(COMPARISONS)
    return name, chance.randrange(1, 30)


def some_filters(chance: random.Random, model: str) -> dict[str, Any]:
    count = chance.choice([1, 1, 1, 2, 3])
    return dict(one_filter(chance, model) for _ in range(count))


def filtering(chance: random.Random, model: str) -> Step:
    filters = some_filters(chance, model)
    return lambda _, query: query.where(**filters)


def nesting(chance: random.Random, model: str) -> Step:
    inner, outer = some_filters(chance, model), some_filters(chance, model)
    first, second = chance.choice(["or_", "and_"]), chance.choice(["", "not_"])

    def step(ns: SimpleNamespace, query: Any) -> Any:
        filters: dict[Any, Any] = {getattr(ns, first): inner, **outer}
        if second:
            filters = {ns.not_: {ns.or_: filters}}
        query.query = ns.SmartQueryMixin.smart_query(
            query.query, filters=filters
        )
        return query

    return step


def criteria(chance: random.Random, model: str) -> Step:
    number = chance.randrange(1, 30)

    def step(ns: SimpleNamespace, query: Any) -> Any:
        id_ = getattr(ns, model).id
        return query.where(ns.or_(id_ > number, id_ == 1, id_.in_([2, 3])))

    return step


def sorting(chance: random.Random, model: str) -> Step:
    attrs = [
        chance.choice(["", "-"]) + chance.choice(NUMBERS[model] + TEXTS[model])
        for _ in range(chance.randrange(1, 3))
    ]
    return lambda _, query: query.order_by(*attrs, "id")


def searching(chance: random.Random, model: str) -> Step:
    term = chance.choice(["o", "bob", "LOREM", "%", "words"])
    return lambda _, query: query.search(term)


def cutting(chance: random.Random, model: str) -> Step:
    limit, offset = chance.randrange(0, 30), chance.randrange(0, 9)
    kind = chance.randrange(3)

    def step(_: SimpleNamespace, query: Any) -> Any:
        query.order_by("id")
        if kind != 1:
            query.limit(limit)
        return query.offset(offset) if kind else query

    return step


def joining(chance: random.Random, model: str) -> Step:
    relations = chance.sample(RELATIONS[model], chance.randrange(1, 3))
    inner = chance.random() < 0.3

    def step(ns: SimpleNamespace, query: Any) -> Any:
        attrs = [getattr(getattr(ns, model), name) for name in relations]
        return query.join(*((attr, inner) for attr in attrs))

    return step


def loading(chance: random.Random, model: str) -> Step:
    relation, is_in = chance.choice(RELATIONS[model]), chance.random() < 0.5

    def step(ns: SimpleNamespace, query: Any) -> Any:
        attr = getattr(getattr(ns, model), relation)
        return query.with_subquery((attr, is_in))

    return step


def narrowing(chance: random.Random, model: str) -> Step:
    is_distinct = chance.random() < 0.5

    def step(ns: SimpleNamespace, query: Any) -> Any:
        cls = getattr(ns, model)
        query.select(cls.id, cls.created_at, ns.func.length(cls.id))
        return query.distinct() if is_distinct else query

    return step


STEPS = (
    [filtering] * 5
    + [nesting] * 2
    + [criteria, sorting, sorting, searching, cutting, joining, loading]
    + [narrowing]
)
ENDS = ("unique_all", "unique_all", "unique_all", "rows", "first", "count")


def chain(seed: int) -> tuple[str, list[Step], str]:
    chance = random.Random(seed)
    model = chance.choice(MODELS)
    makers = [chance.choice(STEPS) for _ in range(chance.randrange(1, 5))]
    # Two ways to load one relation: the peer refuses, here the last one wins.
    eager = [maker for maker in makers if maker in (joining, loading)]
    for maker in eager[1:]:
        makers.remove(maker)
    return model, [make(chance, model) for make in makers], chance.choice(ENDS)


def plain(value: Any) -> Any:
    """Return a result as values that both libraries have."""
    if hasattr(value, "to_dict"):
        found = value.to_dict(nested=True)
        for key, each in found.items():
            if isinstance(each, list):
                found[key] = sorted(each, key=lambda row: row["id"])
        return type(value).__name__, found
    if hasattr(value, "_mapping"):
        return tuple(plain(each) for each in value)
    return value


async def outcome(ns: SimpleNamespace, seed: int) -> tuple[Any, ...]:
    """Return the text of a query and its rows, or the class of the error."""
    model, steps, end = chain(seed)
    query = getattr(ns, model).get_async_query()
    text = ""
    try:
        for step in steps:
            query = step(ns, query)
        text = str(query)
        if end == "count":
            return text, await query.count()
        if end == "first":
            return text, plain(await query.first())
        rows = await query.unique_all(scalars=end != "rows")
        return text, [plain(row) for row in rows]
    except Exception as error:
        return text, type(error).__name__


@pytest.fixture
async def both(
    memory_url: str,
) -> AsyncIterator[tuple[SimpleNamespace, SimpleNamespace]]:
    pair = names(OURS), names(PEER)
    for ns in pair:
        ns.conn = await opened(ns, memory_url)
    yield pair
    for ns in pair:
        await closed(ns)


@pytest.mark.parametrize("hundred", range(8))
async def test_chains(
    both: tuple[SimpleNamespace, SimpleNamespace], hundred: int
) -> None:
    for seed in range(hundred * 100, hundred * 100 + 100):
        mine, theirs = [await outcome(ns, seed) for ns in both]
        assert mine == theirs, seed


async def test_chains_find_rows_and_errors(ns: SimpleNamespace) -> None:
    """The chains are worth their name: most of them find something."""
    found = [(await outcome(ns, seed))[1] for seed in range(100)]
    errors = [each for each in found if isinstance(each, str)]
    assert 1 <= len(errors) <= 30
    assert len([each for each in found if each]) - len(errors) >= 40
