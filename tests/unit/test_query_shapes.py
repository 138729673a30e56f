"""What is remembered of the keywords of filters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sqlactive_c import DBConnection, Mapped, mapped_column
from sqlactive_c.exceptions import NoFilterableError
from sqlactive_c.inspection import facts_of
from sqlactive_c.records import filters
from sqlactive_c.types import Integer
from unit.blog import Base, User, blog


@pytest_asyncio.fixture(autouse=True)
async def conn(memory_url: str) -> AsyncIterator[DBConnection]:
    async with blog(memory_url) as conn:
        yield conn


async def test_keywords_are_parsed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    User.where(id=1, age__gt=2)

    def refuse(*_: Any) -> Any:
        raise AssertionError("parsed again")

    monkeypatch.setattr(filters, "_parse", refuse)
    found = [
        [user.id for user in await User.where(id=key, age__gt=18).all()]
        for key in (1, 2, 3)
    ]
    assert found == [[], [2], [3]]
    with pytest.raises(AssertionError):
        User.where(age__gt=2, id__ge=1)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((30, None, True, [30]), [[2, 4], [], [], [2, 4]]),
        (([], "30", User.id + 28), [[], [2, 4], [2]]),
    ],
)
async def test_values_of_other_kinds(values: Any, found: list[Any]) -> None:
    ids = []
    for value in values:
        key = "age__in" if isinstance(value, list) else "age"
        rows = await User.where(**{key: value}).order_by("id").all()
        ids.append([row.id for row in rows])
    assert ids == found


async def test_none_after_a_value() -> None:
    assert len(await User.where(nick="ada").all()) == 1
    assert await User.where(nick=None).all() == []
    await User.where(id=2).update_where(nick=None)
    assert await User.where(nick=None).pluck() == [2]
    assert await User.where(nick__ne=None).pluck("id") == [1, 3, 4]


def test_no_more_than_a_number_of_shapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filters, "_SHAPES", 3)
    shapes = facts_of(User).shapes
    shapes.clear()
    for key in ("id", "age", "name", "nick", "id__gt", "id__lt"):
        assert str(User.where(**{key: 1})).count("WHERE") == 1
        assert len(shapes) <= 3


def test_what_failed_is_not_remembered() -> None:
    for _ in range(2):
        with pytest.raises(NoFilterableError):
            User.where(id=1, foo=2)
    assert ("id", "foo") not in facts_of(User).shapes


def test_attributes_that_come_later() -> None:
    class Later(Base):
        __tablename__ = "blog_later"

        id: Mapped[int] = mapped_column(primary_key=True)

    try:
        with pytest.raises(NoFilterableError):
            Later.where(size=1)
        assert "id = " in str(Later.where(id=1))
        Later.size = mapped_column(Integer)  # type: ignore[attr-defined]
        assert "size = " in str(Later.where(size=1))
    finally:
        Base.metadata.remove(Later.__table__)


async def test_values_of_other_types_are_no_parameters() -> None:
    """They are compared as SQL has it, not as the column's type."""
    for value in ("1", 1.0, True, None, [1]):
        made = User.where(id=value)
        assert made._values is None
    assert User.where(id=1)._values == {"id": 1}
    assert [user.id for user in await User.where(id="2").all()] == [2]
    assert await User.where(id=True).pluck() == [1]


async def test_a_query_that_goes_on_has_its_values() -> None:
    query = User.where(id=2)
    assert [user.id for user in await query.all()] == [2]
    assert "users.id = :id_1" in str(query).replace("blog_users", "users")
    assert query._values is None
    found = await User.where(age__ge=18).where(id__lt=3).order_by("id").all()
    assert all(user.id < 3 and user.age >= 18 for user in found)
    assert await User.where(id=2).count() == 1
    again = User.where(id=3)
    assert (await again.first()).id == 3  # type: ignore[union-attr]
    assert (await again.limit(1).first()).id == 3  # type: ignore[union-attr]
    with pytest.raises(OverflowError):
        await User.where(id=2**70).first()
