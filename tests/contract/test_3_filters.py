"""Contract 3.1, 3.2 and 3.4: root classes, filter keywords, nesting."""

from __future__ import annotations

import warnings
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest


def where(query: Any) -> str:
    """Return what stands behind WHERE."""
    return str(query).split("WHERE ", 1)[1]


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


# -- 3.1 ----------------------------------------------------------------------


async def test_3_1_root_by_a_function(ns: SimpleNamespace) -> None:
    query = ns.AsyncQuery(ns.select(ns.func.count(ns.User.id)))
    assert await query.where(age=27).all() == [3]
    query = ns.AsyncQuery(ns.select((ns.User.age + 1).label("next")))
    assert await query.where(id=1).order_by("id").all() == [20]


@pytest.mark.parametrize(
    "build",
    [
        lambda query, m: query.where(age=1),
        lambda query, m: query.order_by("age"),
        lambda query, m: query.group_by("age"),
        lambda query, m: query.search("x"),
    ],
)
@pytest.mark.parametrize("columns", ["count", "star", "text", "table"])
def test_3_1_no_root(lib: SimpleNamespace, build: Any, columns: str) -> None:
    column = {
        "count": lambda: lib.func.count(),
        "star": lambda: lib.func.count("*"),
        "text": lambda: lib.text("1"),
        "table": lambda: lib.User.__table__.c.age,
    }[columns]()
    with pytest.raises(lib.RootClassNotFoundError):
        build(lib.AsyncQuery(lib.select(column)), lib)


# -- 3.2 the operators --------------------------------------------------------

TEXTS = [
    ({"age": 1}, "users.age = :age_1"),
    ({"age__exact": 1}, "users.age = :age_1"),
    ({"age__eq": 1}, "users.age = :age_1"),
    ({"age": None}, "users.age IS NULL"),
    ({"age__ne": 1}, "users.age != :age_1"),
    ({"age__ne": None}, "users.age IS NOT NULL"),
    ({"age": True}, "users.age = true"),
    ({"age__gt": 1}, "users.age > :age_1"),
    ({"age__ge": 1}, "users.age >= :age_1"),
    ({"age__lt": 1}, "users.age < :age_1"),
    ({"age__le": 1}, "users.age <= :age_1"),
    ({"age__isnull": True}, "users.age IS NULL"),
    ({"age__isnull": 0}, "users.age IS NOT NULL"),
    ({"age__in": [1, 2]}, "users.age IN (__[POSTCOMPILE_age_1])"),
    ({"age__notin": [1]}, "(users.age NOT IN (__[POSTCOMPILE_age_1]))"),
    ({"age__between": [1, 2]}, "users.age BETWEEN :age_1 AND :age_2"),
    ({"name__like": "a%"}, "users.name LIKE :name_1"),
    ({"name__ilike": "a%"}, "lower(users.name) LIKE lower(:name_1)"),
    ({"name__startswith": "a"}, "(users.name LIKE :name_1 || '%')"),
    ({"name__endswith": "a"}, "(users.name LIKE '%' || :name_1)"),
    ({"name__istartswith": "a"}, "lower(users.name) LIKE lower(:name_1)"),
    ({"name__iendswith": "a"}, "lower(users.name) LIKE lower(:name_1)"),
    ({"name__contains": "a"}, "lower(users.name) LIKE lower(:name_1)"),
    (
        {"created_at__year": 2},
        "EXTRACT(year FROM users.created_at) = :param_1",
    ),
    (
        {"created_at__month_ne": 2},
        "EXTRACT(month FROM users.created_at) != :param_1",
    ),
    (
        {"created_at__day_gt": 2},
        "EXTRACT(day FROM users.created_at) > :param_1",
    ),
    (
        {"created_at__year_ge": 2},
        "EXTRACT(year FROM users.created_at) >= :param_1",
    ),
    (
        {"created_at__month_lt": 2},
        "EXTRACT(month FROM users.created_at) < :param_1",
    ),
    (
        {"created_at__day_le": 2},
        "EXTRACT(day FROM users.created_at) <= :param_1",
    ),
    ({"is_adult": True}, "(users.age > :age_1) = true"),
    (
        {"posts": None},
        "NOT (EXISTS (SELECT 1 \nFROM posts"
        " \nWHERE users.id = posts.user_id))",
    ),
    (
        {"age": 1, "name__like": "x"},
        "users.age = :age_1 AND users.name LIKE :name_1",
    ),
]


@pytest.mark.parametrize(
    ("filters", "text"), TEXTS, ids=["_".join(each[0]) for each in TEXTS]
)
def test_3_2_text(
    lib: SimpleNamespace, filters: dict[str, Any], text: str
) -> None:
    found = where(lib.User.where(**filters))
    # The one term of a WHERE may stand without its parentheses.
    assert found in (text, text.removeprefix("(").removesuffix(")"))


ROWS = [
    ({"age": 26}, [4, 5]),
    ({"age__exact": 26}, [4, 5]),
    ({"age__ne": 26, "id__lt": 7}, [1, 2, 3, 6]),
    ({"age__gt": 36}, [33, 34]),
    ({"age__ge": 36}, [31, 32, 33, 34]),
    ({"age__lt": 25}, [1, 2]),
    ({"age__le": 25}, [1, 2, 3, 14]),
    ({"age": None}, []),
    ({"age__isnull": True}, []),
    ({"age__isnull": False, "id": 1}, [1]),
    ({"id__in": [3, 1, 99]}, [1, 3]),
    ({"id__in": (3, 1)}, [1, 3]),
    ({"id__in": {3, 1}}, [1, 3]),
    ({"id__in": range(1, 4)}, [1, 2, 3]),
    ({"id__in": []}, []),
    ({"id__in": [None, 1]}, [1]),
    ({"id__notin": range(3, 40)}, [1, 2]),
    ({"id__notin": [], "age": 19}, [1]),
    ({"id__between": [2, 4]}, [2, 3, 4]),
    ({"id__between": (4, 2)}, []),
    ({"id__between": [2, None]}, []),
    ({"name__like": "Bob%"}, [2, 31]),
    ({"name__like": "bob%"}, [2, 31]),
    ({"name__ilike": "BOB%"}, [2, 31]),
    ({"name__startswith": "Bo"}, [2, 31]),
    ({"name__startswith": "_ob"}, [2, 31]),
    ({"name__istartswith": "BO"}, [2, 31]),
    ({"name__endswith": "st"}, [15, 23, 34]),
    ({"name__iendswith": "TURNER"}, [11]),
    ({"name__contains": "MIKE"}, [11]),
    ({"age__contains": 9, "id__lt": 13}, [1, 12]),
    ({"created_at__year": 2024, "id": 1}, [1]),
    ({"created_at__year_ne": 2024}, []),
    ({"created_at__year_gt": 2023, "id": 1}, [1]),
    ({"created_at__year_ge": 2025}, []),
    ({"created_at__year_lt": 2024}, []),
    ({"created_at__year_le": 2024, "id": 1}, [1]),
    ({"created_at__month": 2, "id": 1}, [1]),
    ({"created_at__month_gt": 2}, []),
    ({"created_at__day": 29, "id": 1}, [1]),
    ({"created_at__day_lt": 29}, []),
    ({"is_adult": True, "id__lt": 3}, [1, 2]),
    ({"is_adult": False}, []),
    ({"is_adult__ne": True}, []),
    ({"posts": None, "id__lt": 27}, [25, 26]),
    ({"posts__isnull": True, "id__lt": 27}, [25, 26]),
    ({"posts__isnull": False, "id__gt": 22}, [23, 24]),
    ({"comments": None, "id__lt": 5}, [3]),
]


@pytest.mark.parametrize(
    ("filters", "found"),
    ROWS,
    ids=[f"{number}_{'_'.join(each[0])}" for number, each in enumerate(ROWS)],
)
async def test_3_2_rows(
    ns: SimpleNamespace, filters: dict[str, Any], found: list[int]
) -> None:
    assert ids(await ns.User.where(**filters).order_by("id").all()) == found


REFUSED = [
    ({"age__unknown": 1}, "OperatorError"),
    ({"age__year_eq": 1}, "OperatorError"),
    ({"posts___title__nope": 1}, "OperatorError"),
    ({"foo": 1}, "NoFilterableError"),
    ({"save": 1}, "NoFilterableError"),
    ({"foo__gt": 1}, "NoFilterableError"),
    ({"nope___x": 1}, "RelationError"),
    ({"age___x": 1}, "RelationError"),
    ({"age__gt": None}, "ArgumentError"),
    ({"age__lt": True}, "ArgumentError"),
    ({"age__in": 1}, "ArgumentError"),
    ({"name__in": "abc"}, "ArgumentError"),
    ({"name__like": None}, "ArgumentError"),
    ({"name__ilike": None}, "ArgumentError"),
    ({"name__startswith": None}, "ArgumentError"),
    ({"name__endswith": None}, "ArgumentError"),
]


@pytest.mark.parametrize(
    ("filters", "error"),
    REFUSED,
    ids=[f"{number}_{each[1]}" for number, each in enumerate(REFUSED)],
)
def test_3_2_refused(
    lib: SimpleNamespace, filters: dict[str, Any], error: str
) -> None:
    with pytest.raises(getattr(lib, error)):
        lib.User.where(**filters)


def test_3_2_refused_by_python(lib: SimpleNamespace) -> None:
    with pytest.raises(TypeError):
        lib.User.where(age__between=3)
    with pytest.raises(TypeError):
        lib.User.where(name__istartswith=3)


async def test_3_2_operands_may_be_columns(ns: SimpleNamespace) -> None:
    users = await ns.User.where(age__gt=ns.User.id, id__gt=33).all()
    assert ids(users) == [34]
    users = await ns.User.where(ns.User.age == ns.User.id + 18).all()
    assert ids(users) == [1, 10]
    text = where(ns.User.where(age__gt=ns.User.id))
    assert text == "users.age > users.id"


async def test_3_2_operand_may_be_a_select(ns: SimpleNamespace) -> None:
    wanted = ns.select(ns.Post.user_id).where(ns.Post.rating == 1)
    users = await ns.User.where(id__in=wanted).all()
    assert ids(users) == [4, 9, 14, 19, 24]


async def test_3_2_a_generator(ns: SimpleNamespace) -> None:
    users = await ns.User.where(id__in=(n for n in (1, 2))).all()
    assert ids(users) == [1, 2]


async def test_3_2_datetime(ns: SimpleNamespace) -> None:
    before, after = datetime(2024, 2, 29, 10), datetime(2024, 2, 29, 11)
    assert await ns.User.where(created_at__lt=before).count() == 0
    assert await ns.User.where(created_at__lt=after).count() == 34
    found = await ns.User.where(created_at__between=(before, after)).count()
    assert found == 34


async def test_3_2_hybrid_method(ns: SimpleNamespace) -> None:
    users = await ns.User.where(older_than=ns.User(age=36)).all()
    assert ids(users) == [33, 34]
    assert ns.User(age=35).older_than(ns.User(age=30)) is True


async def test_3_2_many_to_one(ns: SimpleNamespace) -> None:
    user = await ns.User.get(3)
    assert ids(await ns.Post.where(user=user).all()) == [3]
    found = await ns.Post.where(user__ne=user, id__le=4).all()
    assert ids(found) == [1, 2, 4]
    assert await ns.Post.where(user=None).all() == []
    assert await ns.Post.where(user__isnull=False).count() == 24
    note = await ns.Note.insert(words="alone")
    assert (await ns.Note.where(article=None).one()).id == note.id
    assert where(ns.Post.where(user=None)) == "posts.user_id IS NULL"
    with pytest.raises(NotImplementedError):
        ns.Post.where(user__in=[user])


async def test_3_2_collection_refuses_an_object(ns: SimpleNamespace) -> None:
    post = await ns.Post.get(3)
    with pytest.raises(ns.InvalidRequestError):
        ns.User.where(posts=post)


async def test_3_2_many_to_many(ns: SimpleNamespace) -> None:
    tag = ns.Tag(label="x")
    await ns.Article.save_all(
        [ns.Article(title="a", tags=[tag]), ns.Article(title="b")]
    )
    found = await ns.Article.where(tags=None).all()
    assert [each.title for each in found] == ["b"]
    found = await ns.Article.where(tags__isnull=False).all()
    assert [each.title for each in found] == ["a"]
    found = await ns.Article.where(tags___label="x").all()
    assert [each.title for each in found] == ["a"]
    text = str(ns.Article.where(tags___label="x"))
    assert (
        "LEFT OUTER JOIN (article_tags AS article_tags_1 JOIN tags AS tags_1"
        " ON tags_1.id = article_tags_1.tag_id)"
        " ON articles.id = article_tags_1.article_id"
    ) in text


async def test_3_2_criteria(ns: SimpleNamespace) -> None:
    users = await ns.User.where(
        ns.User.age > 26, ns.User.name.like("%e%"), id__lt=9
    ).all()
    assert ids(users) == [6, 7, 8]
    found = await ns.User.where(
        ns.or_(ns.User.id == 1, ns.User.id == 4), age__gt=20
    ).all()
    assert ids(found) == [4]


# -- 3.4 nesting --------------------------------------------------------------


def smart(lib: SimpleNamespace, filters: Any) -> Any:
    return lib.User.smart_query(filters=filters)


def test_3_4_order_of_parts(lib: SimpleNamespace) -> None:
    text = str(
        lib.Post.smart_query(
            criteria=(lib.Post.id > 1,),
            filters={"user___age": 3, "title": "x"},
        )
    )
    assert text.endswith(
        "FROM posts LEFT OUTER JOIN users AS users_1"
        " ON users_1.id = posts.user_id \nWHERE posts.id > :id_1"
        " AND users_1.age = :age_1 AND posts.title = :title_1"
    )


def nested(lib: SimpleNamespace) -> list[tuple[Any, str]]:
    op = lib.operators
    two = {"age__gt": 1, "name": "x"}
    either = "users.age > :age_1 OR users.name = :name_1"
    both = "users.age > :age_1 AND users.name = :name_1"
    return [
        (two, both),
        ([{"age__gt": 1}, {"name": "x"}], both),
        ({lib.or_: two}, either),
        ({lib.and_: two}, both),
        ({lib.or_: [{"age__gt": 1}, {"name": "x"}]}, either),
        ({op.or_: two}, either),
        ({op.and_: two}, both),
        ({lib.not_: {"age": 1}}, "users.age != :age_1"),
        ({op.inv: {"age": 1}}, "users.age != :age_1"),
        ({lib.or_: {"age": 1}}, "users.age = :age_1"),
        (
            {lib.or_: {"age__gt": 1, lib.and_: {"id__lt": 2, "name": "x"}}},
            "users.age > :age_1 OR users.id < :id_1 AND users.name = :name_1",
        ),
        (
            {lib.or_: {"age__gt": 1, "id": 2}, "username": "x"},
            "(users.age > :age_1 OR users.id = :id_1)"
            " AND users.username = :username_1",
        ),
        (
            {lib.or_: {"age": 1, lib.or_: {"id": 2, "name": "x"}}},
            "users.age = :age_1 OR users.id = :id_1 OR users.name = :name_1",
        ),
        (
            {lib.not_: {lib.or_: {"age": 1, "id": 2}}},
            "NOT (users.age = :age_1 OR users.id = :id_1)",
        ),
    ]


@pytest.mark.parametrize("number", range(14))
def test_3_4_nesting(lib: SimpleNamespace, number: int) -> None:
    filters, text = nested(lib)[number]
    assert where(smart(lib, filters)) == text


def test_3_4_or_of_nothing(lib: SimpleNamespace) -> None:
    with warnings.catch_warnings():  # the peer warns of its own or_()
        warnings.simplefilter("ignore", DeprecationWarning)
        text = str(smart(lib, {lib.or_: {}, "age": 1}))
    assert text.endswith("WHERE users.age = :age_1")


@pytest.mark.parametrize("filters", [{}, [], None])
def test_3_4_no_filters(lib: SimpleNamespace, filters: Any) -> None:
    assert str(smart(lib, filters)) == str(lib.User.query)
    assert str(lib.User.where()) == str(lib.User.query)


@pytest.mark.parametrize("filters", ["x", 3, ("a",), [1]])
def test_3_4_refused_types(lib: SimpleNamespace, filters: Any) -> None:
    with pytest.raises(lib.FilterTypeError):
        smart(lib, filters)


def test_3_4_binary_operators_need_two(lib: SimpleNamespace) -> None:
    for filters in ({"age": 1}, {"age": 1, "id": 2, "name": "x"}):
        if lib.library == "sqlactive":
            with pytest.raises(TypeError):
                smart(lib, {lib.operators.or_: filters})


async def test_3_4_rows(ns: SimpleNamespace) -> None:
    found = await smart(
        ns,
        {
            ns.or_: {
                "age__gt": 36,
                ns.and_: {"age": 27, "name__startswith": "E"},
            },
            "id__lt": 34,
        },
    ).all()
    assert ids(found) == [6, 33]
    found = await ns.Comment.smart_query(
        filters={
            ns.or_: {
                "post___rating": 5,
                ns.and_: {"user___age": 24, "body__like": "Good%"},
            }
        },
        sort_attrs=["id"],
    ).all()
    assert ids(found) == [3, 5, 10]
