"""Rows of queries bit by bit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from sqlactive_c import DBConnection
from unit.blog import Post, User, blog


@pytest_asyncio.fixture(autouse=True)
async def conn(memory_url: str) -> AsyncIterator[DBConnection]:
    async with blog(memory_url) as conn:
        yield conn


@pytest.mark.parametrize("size", [1, 2, 6, 7])
async def test_batches(size: int) -> None:
    sizes = []
    ids = []
    async for batch in Post.order_by("id").in_batches(size):
        sizes.append(len(batch))
        ids += [post.id for post in batch]
    assert ids == [1, 2, 3, 4, 5, 6]
    assert set(sizes[:-1]) <= {size}
    assert 0 < sizes[-1] <= size


async def test_each_row() -> None:
    found = [post.id async for post in Post.where(rating=5)]
    assert found == [1, 4]
    assert [user.id async for user in User.iterate(2)] == [1, 2, 3, 4]
    assert [len(each) async for each in User.in_batches(3)] == [3, 1]


async def test_rows_instead_of_values() -> None:
    query = User.select(User.id, User.age).order_by("id")
    rows = [row async for row in query.iterate(2, scalars=False)]
    assert rows == [(1, 17), (2, 30), (3, 45), (4, 30)]


async def test_no_rows() -> None:
    assert [each async for each in User.where(id=9).in_batches()] == []


async def test_a_size_of_nothing() -> None:
    with pytest.raises(ValueError, match="not 0"):
        async for _ in User.in_batches(0):
            pass


async def test_leaving_early_gives_the_connection_back() -> None:
    async with aclosing(User.iterate(1)) as rows:
        async for user in rows:
            assert user.id == 1
            break
    await User.where(id=1).update_where(age=1)
    assert await User.count() == 4


async def test_what_was_left_is_detached() -> None:
    users = [user async for user in User.order_by("id")]
    assert [user.name for user in users] == ["Ada", "Bob", "Cy", "Dee"]


async def test_in_a_transaction() -> None:
    async with User.transaction():
        await User.where(id=1).update_where(age=1)
        assert [user.age async for user in User.where(id=1)] == [1]


async def test_calls_in_the_loop(file_url: str) -> None:
    async with blog(file_url):
        async for user in User.order_by("id").iterate(1):
            assert await Post.where(user_id=user.id).count() >= 0
