"""Contract 4.4: created_at and updated_at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

EARLY = datetime(2024, 2, 29, 10, 20, 30)


def is_now(moment: datetime) -> bool:
    now = datetime.now(UTC).replace(tzinfo=None)
    return abs(now - moment) < timedelta(seconds=10)


def test_4_4_columns(lib: SimpleNamespace) -> None:
    assert lib.User.columns[-2:] == ["created_at", "updated_at"]
    table = lib.User.__table__
    for name in ("created_at", "updated_at"):
        column = table.columns[name]
        assert not column.nullable
        assert str(column.type) == "TIMESTAMP"
        assert column.server_default is None
        assert column.default is not None
    assert table.columns["created_at"].onupdate is None
    assert table.columns["updated_at"].onupdate is not None


def test_4_4_class_variables(lib: SimpleNamespace) -> None:
    assert lib.TimestampMixin.__created_at_name__ == "created_at"
    assert lib.TimestampMixin.__updated_at_name__ == "updated_at"
    assert str(lib.TimestampMixin.__datetime_func__) == "now()"


async def test_4_4_insert(ns: SimpleNamespace) -> None:
    user = await ns.User.insert(username="x", name="x", age=1)
    assert user.created_at == user.updated_at
    assert user.created_at.tzinfo is None
    assert user.created_at.microsecond == 0
    assert is_now(user.created_at)


async def test_4_4_an_explicit_value_wins(ns: SimpleNamespace) -> None:
    user = await ns.User.insert(
        username="x", name="x", age=1, created_at=EARLY
    )
    assert user.created_at == EARLY
    assert is_now(user.updated_at)


async def test_4_4_none_is_no_value(ns: SimpleNamespace) -> None:
    user = await ns.User.insert(
        username="x", name="x", age=1, created_at=None, updated_at=None
    )
    assert is_now(user.created_at)
    assert is_now(user.updated_at)


async def test_4_4_update(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    await user.update(age=77)
    assert user.created_at == EARLY
    assert is_now(user.updated_at)


async def test_4_4_update_with_an_explicit_value(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    moment = datetime(2030, 1, 2, 3, 4, 5, 6)
    await user.update(age=77, updated_at=moment)
    assert user.updated_at == moment
    assert (await ns.User.get(1)).updated_at == moment


async def test_4_4_no_change_no_update(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    await user.save()
    assert user.updated_at == EARLY


async def test_4_4_update_by_a_statement(ns: SimpleNamespace) -> None:
    async with ns.User.AsyncSession() as session:
        await session.execute(
            ns.update(ns.User).where(ns.User.id == 2).values(age=3)
        )
        await session.commit()
    user = await ns.User.get(2)
    assert (user.age, user.created_at) == (3, EARLY)
    assert is_now(user.updated_at)


async def test_4_4_a_child_that_loses_its_parent(ns: SimpleNamespace) -> None:
    article = await ns.Article.insert(title="a")
    note = await ns.Note.insert(
        words="w", article_id=article.id, created_at=EARLY, updated_at=EARLY
    )
    # Not by the relation with delete-orphan, but by the key.
    await note.update(article_id=None)
    assert note.created_at == EARLY
    assert is_now(note.updated_at)


def test_4_4_year_of_no_model(lib: SimpleNamespace) -> None:
    with pytest.raises(AttributeError):
        assert lib.BaseModel.columns
