"""Contract 2.8: AsyncQuery."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

UNIQUE = (
    "The unique() method must be invoked on this Result, as it contains"
    " results that include joined eager loads against collections"
)


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


def test_2_8_texts(lib: SimpleNamespace) -> None:
    query = lib.AsyncQuery(lib.select(lib.User))
    assert str(query) == repr(query) == str(query.query)
    assert isinstance(lib.AsyncQuery[lib.User](query.query), lib.AsyncQuery)


def test_2_8_chains_return_the_query_itself(lib: SimpleNamespace) -> None:
    query = lib.User.get_async_query()
    before = query.query
    for step in (
        lambda: query.select(lib.User),
        lambda: query.distinct(),
        lambda: query.options(lib.selectinload(lib.User.posts)),
        lambda: query.where(age=1),
        lambda: query.filter(age=1),
        lambda: query.find(age=1),
        lambda: query.search("x"),
        lambda: query.order_by("age"),
        lambda: query.sort("age"),
        lambda: query.group_by("age"),
        lambda: query.offset(1),
        lambda: query.skip(1),
        lambda: query.limit(1),
        lambda: query.take(1),
        lambda: query.top(1),
        lambda: query.join(lib.User.posts),
        lambda: query.with_subquery(lib.User.posts),
        lambda: query.with_schema({lib.User.posts: lib.JOINED}),
    ):
        assert step() is query
    assert query.query is not before
    assert str(before) == str(lib.select(lib.User))


async def test_2_8_query_can_be_assigned(ns: SimpleNamespace) -> None:
    query = ns.User.get_async_query()
    query.query = ns.select(ns.User).where(ns.User.id == 3)
    assert ids(await query.all()) == [3]


async def test_2_8_execute(ns: SimpleNamespace) -> None:
    result = await ns.User.where(age=26).execute()
    rows = list(result)
    assert [row[0].name for row in rows] == ["Alice Brook", "Dan Fisher"]
    result = await ns.User.select(ns.User.id, ns.User.age).limit(2).execute()
    assert next(result) == (1, 19)
    assert result.fetchone() == (2, 24)


async def test_2_8_scalars(ns: SimpleNamespace) -> None:
    result = await ns.User.where(age=26).scalars()
    assert ids(result) == [4, 5]


async def test_2_8_first_reads_all_rows(
    ns: SimpleNamespace, sql: list[str]
) -> None:
    user = await ns.User.where(age=27).first()
    assert user.id == 6
    row = await ns.User.where(age=27).first(scalar=False)
    assert row[0].id == 6
    assert await ns.User.where(age=1).first() is None


async def test_2_8_first_with_a_joined_collection(
    ns: SimpleNamespace,
) -> None:
    user = await ns.User.join(ns.User.comments).first()
    assert sorted(ids(user.comments)) == [1, 2, 15]


async def test_2_8_one(ns: SimpleNamespace) -> None:
    assert (await ns.User.where(id=3).one()).id == 3
    row = await ns.User.where(id=3).one(scalar=False)
    assert (len(row), row[0].id) == (1, 3)
    with pytest.raises(
        ns.NoResultFound, match="No row was found when one was required"
    ):
        await ns.User.where(id=99).one()
    with pytest.raises(
        ns.MultipleResultsFound,
        match="Multiple rows were found when exactly one was required",
    ):
        await ns.User.where(age=27).one()


async def test_2_8_one_or_none(ns: SimpleNamespace) -> None:
    assert (await ns.User.where(id=3).one_or_none()).id == 3
    assert await ns.User.where(id=99).one_or_none() is None
    assert await ns.User.where(id=99).one_or_none(scalar=False) is None
    with pytest.raises(
        ns.MultipleResultsFound,
        match="Multiple rows were found when one or none was required",
    ):
        await ns.User.where(age=27).one_or_none()


async def test_2_8_all_has_the_first_column(ns: SimpleNamespace) -> None:
    query = ns.User.select(ns.User.name, ns.User.age).limit(2)
    assert await query.all() == ["Ada Lovell", "Bob Williams"]
    assert await query.all(scalars=False) == [
        ("Ada Lovell", 19),
        ("Bob Williams", 24),
    ]
    row = (await query.all(scalars=False))[1]
    assert (row.name, row.age, row._mapping["age"]) == ("Bob Williams", 24, 24)


# -- count --------------------------------------------------------------------


async def test_2_8_count(ns: SimpleNamespace) -> None:
    assert await ns.User.where(age=27).count() == 3
    assert await ns.User.where(age=1).count() == 0
    assert await ns.User.order_by("-age").count() == 34
    assert await ns.Post.where(user___age=27).count() == 3
    assert await ns.User.where(posts___rating__ge=4).count() == 9


async def test_2_8_count_stays_a_count(ns: SimpleNamespace) -> None:
    query = ns.User.where(age=27)
    assert await query.count() == 3
    assert "count(*)" in str(query)
    assert await query.all() == [3]


async def test_2_8_count_keeps_limit_and_offset(ns: SimpleNamespace) -> None:
    assert await ns.User.limit(5).count() == 34
    with pytest.raises(ns.NoResultFound):
        await ns.User.offset(1).count()
    with pytest.raises(ns.NoResultFound):
        await ns.User.limit(0).count()


async def test_2_8_count_of_groups(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.MultipleResultsFound):
        await ns.User.group_by("age").count()


async def test_2_8_count_of_distinct(ns: SimpleNamespace) -> None:
    query = ns.User.select(ns.User.age).distinct()
    assert await query.count() == 34
    assert str(query).startswith("SELECT DISTINCT count(*)")


async def test_2_8_count_ignores_eager_loads(ns: SimpleNamespace) -> None:
    assert await ns.User.join(ns.User.posts).count() == 34
    assert await ns.User.with_subquery(ns.User.posts).count() == 34
    assert await ns.User.join(ns.User.posts).unique_count() == 34


# -- unique -------------------------------------------------------------------


async def test_2_8_joined_collections_need_unique(
    ns: SimpleNamespace,
) -> None:
    def query() -> Any:
        return ns.User.where(id__le=2).join(ns.User.comments)

    for call in (
        lambda: query().all(),
        lambda: query().all(scalars=False),
        lambda: query().where(id=1).one(),
        lambda: query().where(id=1).one_or_none(),
    ):
        with pytest.raises(ns.InvalidRequestError) as caught:
            await call()
        assert UNIQUE in str(caught.value)
    result = await query().execute()
    with pytest.raises(ns.InvalidRequestError):
        list(result)


async def test_2_8_unique(ns: SimpleNamespace) -> None:
    def query() -> Any:
        return ns.User.where(id__le=2).join(ns.User.comments)

    assert ids(await query().unique_all()) == [1, 2]
    rows = await query().unique_all(scalars=False)
    assert ids(row[0] for row in rows) == [1, 2]
    assert ids((await query().unique()).all()) == [1, 2]
    assert len((await query().unique(scalars=False)).all()) == 2
    assert (await query().unique_first()).id == 1
    assert (await query().unique_first(scalar=False))[0].id == 1
    assert (await query().where(id=1).unique_one()).id == 1
    assert (await query().where(id=1).unique_one(scalar=False))[0].id == 1
    assert (await query().where(id=1).unique_one_or_none()).id == 1
    assert await query().where(id=9).unique_one_or_none() is None
    with pytest.raises(ns.MultipleResultsFound):
        await query().unique_one()


async def test_2_8_to_one_joins_need_no_unique(ns: SimpleNamespace) -> None:
    posts = await ns.Post.join(ns.Post.user).all()
    assert [post.user.id for post in posts] == list(range(1, 25))


async def test_2_8_columns_need_no_unique(ns: SimpleNamespace) -> None:
    query = ns.User.join(ns.User.posts).select(ns.User.id).limit(3)
    assert await query.all() == [1, 2, 3]


# -- builders -----------------------------------------------------------------


def test_2_8_select(lib: SimpleNamespace) -> None:
    query = lib.User.get_async_query()
    before = query.query
    assert query.select().query is before
    query.select(lib.User.name, lib.User.age)
    assert "SELECT users.name, users.age" in str(query)


def test_2_8_select_keeps_the_tables(lib: SimpleNamespace) -> None:
    text = str(lib.User.select(lib.Post.title))
    assert text.split("\n") == [
        "SELECT posts.title ",
        "FROM posts, users",
    ] or text.split("\n") == ["SELECT posts.title ", "FROM users, posts"]


def test_2_8_distinct(lib: SimpleNamespace) -> None:
    text = str(lib.User.distinct())
    assert "DISTINCT users.id, users.username, users.name" in text


def test_2_8_options(lib: SimpleNamespace) -> None:
    text = str(lib.User.options(lib.joinedload(lib.User.posts)))
    assert "LEFT OUTER JOIN posts AS posts_1" in text
    assert "ON users.id = posts_1.user_id" in text


def test_2_8_where_needs_a_root(lib: SimpleNamespace) -> None:
    query = lib.AsyncQuery(lib.select(lib.func.count()))
    with pytest.raises(lib.RootClassNotFoundError):
        query.where(lib.User.age > 3)


def test_2_8_where_accumulates(lib: SimpleNamespace) -> None:
    query = lib.User.where(age=1).filter(lib.User.name == "x").find(id=3)
    assert str(query).endswith(
        "WHERE users.age = :age_1 AND users.name = :name_1"
        " AND users.id = :id_1"
    )


def test_2_8_objects_before_strings(lib: SimpleNamespace) -> None:
    query = lib.User.order_by("-age", lib.User.name.desc(), "id", lib.User.id)
    assert str(query).endswith(
        "ORDER BY users.name DESC, users.id, users.age DESC, users.id ASC"
    )
    query = lib.User.group_by("age", lib.User.name)
    assert str(query).endswith("GROUP BY users.name, users.age")


def test_2_8_sorting_accumulates(lib: SimpleNamespace) -> None:
    query = lib.User.order_by("age").sort("-name")
    assert str(query).endswith("ORDER BY users.age ASC, users.name DESC")


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("offset", "offset"),
        ("skip", "offset"),
        ("limit", "limit"),
        ("take", "limit"),
        ("top", "limit"),
    ],
)
def test_2_8_negative_bounds(
    lib: SimpleNamespace, method: str, name: str
) -> None:
    with pytest.raises(lib.NegativeIntegerError) as caught:
        getattr(lib.User, method)(-1)
    assert str(caught.value) == f"{name} must be >= 0, got -1"
    with pytest.raises(TypeError):
        getattr(lib.User, method)(None)


async def test_2_8_bounds(ns: SimpleNamespace) -> None:
    assert ids(await ns.User.offset(3).limit(2).all()) == [4, 5]
    assert ids(await ns.User.skip(32).all()) == [33, 34]
    assert ids(await ns.User.take(0).all()) == []
    assert ids(await ns.User.top(5).top(2).skip(9).skip(1).all()) == [2, 3]


async def test_2_8_with_schema_of_none(ns: SimpleNamespace) -> None:
    assert str(ns.User.with_schema(None)) == str(ns.User.query)


async def test_2_8_session(ns: SimpleNamespace) -> None:
    query = ns.User.where(id=1)
    assert query.AsyncSession is ns.conn.async_scoped_session
    query.set_session(ns.conn.async_scoped_session)
    assert (await query.one()).id == 1


async def test_2_8_one_query_many_times(ns: SimpleNamespace) -> None:
    query = ns.User.where(age__ge=35)
    assert len(await query.all()) == 6
    assert len(await query.all()) == 6
    assert ids(await query.where(age=40).all()) == [33, 34]
    assert ids(await query.order_by("-id").limit(1).all()) == [34]
