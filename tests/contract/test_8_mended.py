"""Contract 8: defects of the peer that are mended, and documented forms.

Where a documented form differs from what the published code does, both work.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


# -- defects ------------------------------------------------------------------


async def test_8_two_databases_at_once(
    ours: SimpleNamespace, memory_url: str
) -> None:
    class Other(ours.ActiveRecordBaseModel, ours.DeclarativeBase):
        __abstract__ = True

    class Thing(Other):
        __tablename__ = "users"  # a name that the first one has, too
        id = ours.mapped_column(ours.Integer, primary_key=True)
        name = ours.mapped_column(ours.String)

    second = ours.DBConnection(memory_url)
    await second.init_db(Other)
    await Thing.insert(name="x")
    assert await Thing.count() == 1
    assert await ours.User.count() == 34
    assert (await ours.User.get(1)).name == "Ada Lovell"
    assert (await Thing.get(1)).name == "x"
    assert (await Thing.where(name="x").one()).id == 1
    found = await asyncio.gather(
        *[model.count() for model in (ours.User, Thing) for _ in range(5)]
    )
    assert found == [34] * 5 + [1] * 5
    await second.close(Other)
    assert await ours.User.count() == 34


async def test_8_hybrid_method_behind_a_relation(
    ours: SimpleNamespace,
) -> None:
    query = ours.Post.where(user___older_than=ours.User(age=32))
    assert "users_1.age > " in str(query)
    assert sorted(ids(await query.all())) == [23, 24]


def test_8_operators_take_any_number(ours: SimpleNamespace) -> None:
    three = {"age": 1, "id": 2, "name": "x"}
    for operator, word in (("or_", "OR"), ("and_", "AND")):
        query = ours.User.smart_query(
            filters={getattr(ours.operators, operator): three}
        )
        assert str(query).endswith(
            f"WHERE users.age = :age_1 {word} users.id = :id_1"
            f" {word} users.name = :name_1"
        )


async def test_8_search_leaves_odd_types_out(
    ours: SimpleNamespace, memory_url: str
) -> None:
    from sqlactive_c.types import PickleType

    class Base(ours.ActiveRecordBaseModel, ours.DeclarativeBase):
        __abstract__ = True

    class Odd(Base):
        __tablename__ = "odd"
        id = ours.mapped_column(ours.Integer, primary_key=True)
        name = ours.mapped_column(ours.String)
        what = ours.mapped_column(PickleType)

    conn = ours.DBConnection(memory_url)
    await conn.init_db(Base)
    await Odd.insert(name="fish", what={1})
    assert Odd.searchable_attributes == ["name"]
    assert ids(await Odd.search("IS").all()) == [1]
    await conn.close(Base)


async def test_8_tasks_in_memory_have_transactions_of_their_own(
    ours: SimpleNamespace,
) -> None:
    def insert(number: int) -> Any:
        name = "ada" if number % 3 == 0 else f"new{number}"
        return ours.User.insert(username=name, name="x", age=number)

    made = await asyncio.gather(
        *map(insert, range(30)), return_exceptions=True
    )
    for number, each in enumerate(made):
        if number % 3 == 0:
            assert isinstance(each, ours.IntegrityError)
        else:
            assert (each.age, each.username) == (number, f"new{number}")
    assert await ours.User.count() == 54


async def test_8_get_or_fail_says_what(ours: SimpleNamespace) -> None:
    with pytest.raises(ours.NoResultFound) as caught:
        await ours.User.get_or_fail(99)
    assert "User" in str(caught.value)
    assert "99" in str(caught.value)


# -- documented forms ---------------------------------------------------------


def test_8_documented_names_of_operators(ours: SimpleNamespace) -> None:
    for documented, published in (("gte", "ge"), ("lte", "le")):
        assert str(ours.User.where(**{f"age__{documented}": 3})) == str(
            ours.User.where(**{f"age__{published}": 3})
        )


def test_8_criterion(ours: SimpleNamespace) -> None:
    condition = ours.User.age > 3
    assert str(ours.User.smart_query(criterion=(condition,))) == str(
        ours.User.smart_query(criteria=(condition,))
    )


async def test_8_names_of_timestamps(
    ours: SimpleNamespace, memory_url: str
) -> None:
    class Base(ours.ActiveRecordBaseModel, ours.DeclarativeBase):
        __abstract__ = True
        __created_at_name__ = "made"
        __updated_at_name__ = "touched"

    class Thing(Base):
        __tablename__ = "things"
        id = ours.mapped_column(ours.Integer, primary_key=True)

    assert Thing.columns == ["id", "made", "touched"]
    conn = ours.DBConnection(memory_url)
    await conn.init_db(Base)
    thing = await Thing.insert()
    assert thing.created_at == thing.updated_at is not None
    await conn.close(Base)


# -- transactions across calls ------------------------------------------------


@pytest.fixture(params=["model", "connection"])
def transaction(request: pytest.FixtureRequest, ours: SimpleNamespace) -> Any:
    if request.param == "model":
        return ours.User.transaction
    return ours.conn.transaction


async def test_8_transaction_commits(
    ours: SimpleNamespace, transaction: Any
) -> None:
    async with transaction():
        user = await ours.User.insert(username="a", name="a", age=1)
        await ours.Post.insert(title="t", body="b", rating=1, user_id=user.id)
        assert await ours.User.count() == 35
    assert await ours.Post.count() == 25


async def test_8_transaction_rolls_back(
    ours: SimpleNamespace, transaction: Any
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await ours.User.insert(username="a", name="a", age=1)
            await ours.Comment.destroy(1, 2)
            await (await ours.User.get(1)).update(age=99)
            assert await ours.User.count() == 35
            raise ZeroDivisionError
    assert await ours.User.count() == 34
    assert await ours.Comment.count() == 17
    assert (await ours.User.get(1)).age == 19


async def test_8_transaction_is_invisible_outside(
    ours: SimpleNamespace,
) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def writer() -> None:
        async with ours.User.transaction():
            await ours.User.insert(username="a", name="a", age=1)
            entered.set()
            await leave.wait()

    task = asyncio.create_task(writer())
    await entered.wait()
    assert await ours.User.count() == 34
    leave.set()
    await task
    assert await ours.User.count() == 35


async def test_8_transaction_has_the_tasks_it_starts(
    ours: SimpleNamespace,
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with ours.User.transaction():
            await asyncio.gather(
                *[
                    ours.User.insert(username=f"new{n}", name="x", age=n)
                    for n in range(5)
                ]
            )
            assert await asyncio.create_task(ours.User.count()) == 39
            raise ZeroDivisionError
    assert await ours.User.count() == 34


async def test_8_nested_transaction_is_a_savepoint(
    ours: SimpleNamespace,
) -> None:
    async with ours.User.transaction():
        await ours.User.insert(username="outer", name="x", age=1)
        with pytest.raises(ZeroDivisionError):
            async with ours.User.transaction():
                await ours.User.insert(username="inner", name="x", age=1)
                assert await ours.User.count() == 36
                raise ZeroDivisionError
        assert await ours.User.count() == 35
        async with ours.User.transaction():
            await ours.User.insert(username="kept", name="x", age=1)
    names = await ours.User.where(age=1).select(ours.User.username).all()
    assert names == ["outer", "kept"]


async def test_8_an_error_inside_can_be_survived(
    ours: SimpleNamespace,
) -> None:
    async with ours.User.transaction():
        await ours.User.insert(username="a", name="x", age=1)
        with pytest.raises(ours.IntegrityError):
            await ours.User.insert(username="ada", name="x", age=1)
        await ours.User.insert(username="b", name="x", age=1)
    assert await ours.User.count() == 36
