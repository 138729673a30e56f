"""Contract 2.7: reading through the class."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


def ids(rows: object) -> list[int]:
    return [row.id for row in rows]  # type: ignore[attr-defined]


def test_2_7_query(lib: SimpleNamespace) -> None:
    assert isinstance(lib.User.query, lib.Select)
    assert lib.User.query is not lib.User.query
    assert str(lib.User.query) == str(lib.select(lib.User))


def test_2_7_get_async_query(lib: SimpleNamespace) -> None:
    query = lib.User.get_async_query()
    assert isinstance(query, lib.AsyncQuery)
    assert str(query) == str(lib.select(lib.User))
    own = lib.select(lib.Post.id)
    assert lib.User.get_async_query(own).query is own
    assert lib.User.get_async_query(query=own).query is own


# -- get ----------------------------------------------------------------------


async def test_2_7_get(ns: SimpleNamespace) -> None:
    user = await ns.User.get(11)
    assert type(user) is ns.User
    assert (user.id, user.name) == (11, "Mike Turner")
    assert await ns.User.get(99) is None
    assert await ns.User.get(None) is None


async def test_2_7_get_by_a_natural_key(ns: SimpleNamespace) -> None:
    await ns.Country.insert(code="fr", name="France")
    assert (await ns.Country.get("fr")).name == "France"
    assert await ns.Country.get("xx") is None


async def test_2_7_get_by_a_dict(ns: SimpleNamespace) -> None:
    sell = await ns.Sell.get({"id": 2, "product_id": 3})
    assert sell.quantity == 6
    user = await ns.User.get({"name__like": "%Turner", "age__gt": 1})
    assert user.id == 11
    assert await ns.User.get({"age": 1}) is None


async def test_2_7_get_of_several(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.MultipleResultsFound):
        await ns.User.get({"age": 27})
    with pytest.raises(ns.CompositePrimaryKeyError):
        await ns.Sell.get(1)


async def test_2_7_get_with_join(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1, join=[ns.User.posts])
    assert ids(user.posts) == [1]
    user = await ns.User.get(1, join=[ns.User.posts, (ns.User.comments, True)])
    assert sorted(ids(user.comments)) == [1, 2, 15]
    assert await ns.User.get(3, join=[(ns.User.comments, True)]) is None


async def test_2_7_get_with_subquery(ns: SimpleNamespace) -> None:
    user = await ns.User.get(
        1, subquery=[ns.User.posts, (ns.User.comments, True)]
    )
    assert (ids(user.posts), ids(user.comments)) == ([1], [1, 2, 15])


async def test_2_7_get_with_a_schema(ns: SimpleNamespace) -> None:
    user = await ns.User.get(
        1,
        schema={
            ns.User.posts: ns.JOINED,
            ns.User.comments: (ns.SUBQUERY, {ns.Comment.post: ns.SELECT_IN}),
        },
    )
    assert ids(user.posts) == [1]
    assert [comment.post.id for comment in user.comments] == [1, 1, 14]


async def test_2_7_get_with_a_path_of_another_class(
    ns: SimpleNamespace,
) -> None:
    with pytest.raises(ns.ArgumentError):
        await ns.User.get(1, join=[ns.Post.comments])


async def test_2_7_get_or_fail(ns: SimpleNamespace) -> None:
    assert (await ns.User.get_or_fail(1)).id == 1
    user = await ns.User.get_or_fail(1, join=[ns.User.posts])
    assert ids(user.posts) == [1]
    with pytest.raises(ns.NoResultFound):
        await ns.User.get_or_fail(99)


# -- the rest -----------------------------------------------------------------


async def test_2_7_scalars(ns: SimpleNamespace) -> None:
    result = await ns.User.scalars()
    assert len(result.all()) == 34


async def test_2_7_first(ns: SimpleNamespace) -> None:
    assert (await ns.User.first()).id == 1
    row = await ns.User.first(scalar=False)
    assert (len(row), row[0].id) == (1, 1)
    assert await ns.Country.first() is None
    assert await ns.Country.first(scalar=False) is None


async def test_2_7_one(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.MultipleResultsFound):
        await ns.User.one()
    with pytest.raises(ns.NoResultFound):
        await ns.Country.one()
    await ns.Country.insert(code="fr", name="France")
    assert (await ns.Country.one()).code == "fr"
    row = await ns.Country.one(scalar=False)
    assert (len(row), row[0].code) == (1, "fr")


async def test_2_7_one_or_none(ns: SimpleNamespace) -> None:
    with pytest.raises(ns.MultipleResultsFound):
        await ns.User.one_or_none()
    assert await ns.Country.one_or_none() is None
    await ns.Country.insert(code="fr", name="France")
    assert (await ns.Country.one_or_none()).code == "fr"
    assert len(await ns.Country.one_or_none(scalar=False)) == 1


async def test_2_7_all(ns: SimpleNamespace) -> None:
    users = await ns.User.all()
    assert type(users) is list
    assert ids(users) == list(range(1, 35))
    rows = await ns.User.all(scalars=False)
    assert [row[0].id for row in rows] == list(range(1, 35))
    assert await ns.Country.all() == []


async def test_2_7_count(ns: SimpleNamespace) -> None:
    assert await ns.User.count() == 34
    assert await ns.Country.count() == 0


async def test_2_7_unique(ns: SimpleNamespace) -> None:
    assert len((await ns.User.unique()).all()) == 34
    assert len((await ns.User.unique(scalars=False)).all()) == 34
    assert (await ns.User.unique_first()).id == 1
    assert (await ns.User.unique_first(scalar=False))[0].id == 1
    assert ids(await ns.User.unique_all()) == list(range(1, 35))
    assert len(await ns.User.unique_all(scalars=False)) == 34
    assert await ns.User.unique_count() == 34
    with pytest.raises(ns.MultipleResultsFound):
        await ns.User.unique_one()
    with pytest.raises(ns.MultipleResultsFound):
        await ns.User.unique_one_or_none()
    with pytest.raises(ns.NoResultFound):
        await ns.Country.unique_one()
    assert await ns.Country.unique_one_or_none() is None
    await ns.Country.insert(code="fr", name="France")
    assert (await ns.Country.unique_one()).code == "fr"
    assert (await ns.Country.unique_one(scalar=False))[0].code == "fr"
    assert (await ns.Country.unique_one_or_none()).code == "fr"


BUILDERS = {
    "select": lambda ns, query: query.select(ns.User.name, ns.User.age),
    "distinct": lambda ns, query: query.distinct(),
    "options": lambda ns, query: query.options(ns.joinedload(ns.User.posts)),
    "where": lambda ns, query: query.where(ns.User.age > 3, name="x"),
    "filter": lambda ns, query: query.filter(ns.User.age > 3, name="x"),
    "find": lambda ns, query: query.find(ns.User.age > 3, name="x"),
    "search": lambda ns, query: query.search("x", columns=["name"]),
    "search all": lambda ns, query: query.search(search_term="x"),
    "order_by": lambda ns, query: query.order_by("-age", ns.User.name),
    "sort": lambda ns, query: query.sort("-age", ns.User.name),
    "group_by": lambda ns, query: query.group_by(
        "age", select_columns=(ns.User.age, ns.func.count(ns.User.id))
    ),
    "offset": lambda ns, query: query.offset(3),
    "skip": lambda ns, query: query.skip(3),
    "limit": lambda ns, query: query.limit(3),
    "take": lambda ns, query: query.take(3),
    "top": lambda ns, query: query.top(3),
    "join": lambda ns, query: query.join(ns.User.posts),
    "join inner": lambda ns, query: query.join((ns.User.posts, True)),
    "with_subquery": lambda ns, query: query.with_subquery(ns.User.posts),
    "with_schema": lambda ns, query: query.with_schema(
        {ns.User.posts: ns.JOINED}
    ),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_2_7_class_builds_as_the_query(
    lib: SimpleNamespace, name: str
) -> None:
    build = BUILDERS[name]
    by_class = build(lib, lib.User)
    assert isinstance(by_class, lib.AsyncQuery)
    by_query = build(lib, lib.AsyncQuery(lib.select(lib.User)))
    assert str(by_class) == str(by_query)
    if name not in ("with_subquery",):
        assert str(by_class) != str(lib.User.query)


@pytest.mark.parametrize(
    "names",
    [
        ("where", "filter", "find"),
        ("order_by", "sort"),
        ("offset", "skip"),
        ("limit", "take", "top"),
    ],
)
def test_2_7_aliases(lib: SimpleNamespace, names: tuple[str, ...]) -> None:
    texts = {str(BUILDERS[name](lib, lib.User)) for name in names}
    assert len(texts) == 1


@pytest.mark.parametrize("name", ["join", "with_subquery"])
def test_2_7_paths_belong_to_the_model(
    lib: SimpleNamespace, name: str
) -> None:
    with pytest.raises(lib.RelationError) as caught:
        getattr(lib.User, name)(lib.Post.comments)
    assert str(caught.value) == "no such relation: 'comments' in model User"


def test_2_7_smart_query(lib: SimpleNamespace) -> None:
    query = lib.User.smart_query(
        criteria=(lib.User.age > 3,),
        filters={"name": "x"},
        sort_columns=(lib.User.id,),
        sort_attrs=("-age",),
        group_columns=(lib.User.age,),
        group_attrs=("name",),
        schema={lib.User.posts: lib.SUBQUERY},
    )
    assert isinstance(query, lib.AsyncQuery)
    text = str(query)
    assert "WHERE users.age > :age_1 AND users.name = :name_1" in text
    assert "GROUP BY users.age, users.name" in text
    assert text.endswith("ORDER BY users.id, users.age DESC")
    assert str(lib.User.smart_query()) == str(lib.User.query)


async def test_2_7_smart_query_reads(ns: SimpleNamespace) -> None:
    query = ns.User.smart_query(
        filters={"age__between": [27, 28]}, sort_attrs=["-age", "name"]
    )
    assert ids(await query.all()) == [9, 10, 11, 6, 7, 8]


def test_2_7_get_primary_key_name(lib: SimpleNamespace) -> None:
    with pytest.warns(DeprecationWarning, match="get_primary_key_name"):
        assert lib.User.get_primary_key_name() == "id"
    with pytest.warns(DeprecationWarning, match="primary_key_name"):
        with pytest.raises(lib.CompositePrimaryKeyError):
            lib.Sell.get_primary_key_name()


async def test_2_7_a_column_hides_a_method(
    lib: SimpleNamespace, memory_url: str
) -> None:
    class Base(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    class Odd(Base):
        __tablename__ = "odd"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        first = lib.mapped_column(lib.Integer)

    conn = lib.DBConnection(memory_url)
    await conn.init_db(Base)
    await Odd.insert(first=3)
    assert (await Odd.where(Odd.first > 2).all())[0].first == 3
    assert (await Odd.where(first=3).one()).first == 3
    await conn.close()
