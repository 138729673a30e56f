"""Savers: what is written of an instance, and what comes back."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from typing import Any

import pytest

from plugins.savers import (
    NONE_IS_VALUE,
    OPTIONAL,
    PRIMARY,
    READONLY,
    ROWID,
    VERSION,
    saver,
    stored,
)
from sqlactive_c import _core, create_async_engine, exc, text
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, mapped_column
from sqlactive_c.schema import Column
from sqlactive_c.sql.functions import func
from sqlactive_c.types import JSON, DateTime, Integer, String


class Base(DeclarativeBase):
    """Base of the classes."""


class User(Base):
    __tablename__ = "users"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)
    age = mapped_column(Integer)
    data = mapped_column(JSON)
    at = mapped_column(DateTime)


class Child(Base):
    __tablename__ = "children"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(Integer)


class Default(Base):
    __tablename__ = "defaults"
    id = mapped_column(Integer, primary_key=True)
    one = mapped_column(Integer, default=1)
    two = mapped_column(Integer, default=lambda: 2)
    three = mapped_column(
        Integer,
        default=lambda ctx: ctx.get_current_parameters()["given"] + 1,
    )
    given = mapped_column(Integer)
    server = mapped_column(Integer, server_default=text("7"))


class Pair(Base):
    __tablename__ = "pairs"
    a = mapped_column(Integer, primary_key=True)
    b = mapped_column(String, primary_key=True)
    c = mapped_column(Integer)


class Wide(Base):
    __tablename__ = "wide"
    id = mapped_column(Integer, primary_key=True)
    locals().update({f"c{i}": Column(f"c{i}", Integer) for i in range(130)})


REFILLED: list[Any] = []


class Sly(Base):
    __tablename__ = "sly"
    id = mapped_column(Integer, primary_key=True)
    x = mapped_column(
        Integer, default=lambda: saver(User).insert(REFILLED[0], [User()])
    )


class Refuses(Base):
    __tablename__ = "refuses"
    id = mapped_column(Integer, primary_key=True)
    x = mapped_column(Integer, default=lambda: 1 // 0)


NOW = datetime.datetime(2020, 1, 2, 3, 4, 5)
KEYS = {"a": PRIMARY, "b": PRIMARY}


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as made:
        yield made
    await engine.dispose()


async def rows(session: AsyncSession, table: str) -> list[Any]:
    result = await session.execute(text(f"SELECT * FROM {table}"))
    return [tuple(row) for row in result]


async def test_insert(session: AsyncSession) -> None:
    compiled: list[Any] = []
    users = saver(User, compiled=compiled)
    batch = _core.Batch(session)
    one = User(name="ann", age=3, at=NOW)
    two = User(name="lee")
    assert users.insert(batch, [one, two]) is None
    assert compiled == [
        ("insert", ("name", "age", "data", "at"), True),
    ]
    assert len(batch) == 1
    assert type(one.id) is type(two.id) is _core.Promise
    assert repr(two.id) == "<rowid of row 2 of statement 1>"
    assert await batch.run() is False
    assert len(batch) == 0
    assert (one.id, two.id) == (1, 2)
    assert await rows(session, "users") == [
        (1, "ann", 3, "null", "2020-01-02 03:04:05.000000"),
        (2, "lee", None, "null", None),
    ]


async def test_neighbours_with_the_same_columns(session: AsyncSession) -> None:
    compiled: list[Any] = []
    flags = {"name": OPTIONAL, "data": READONLY, "at": READONLY}
    users = saver(User, flags=flags, compiled=compiled)
    batch = _core.Batch(session)
    users.insert(batch, [User(age=1), User(age=2), User(name="x"), User()])
    assert [keys for _, keys, _ in compiled] == [
        ("age",),
        ("name", "age"),
        ("age",),
    ]
    assert [many for *_, many in compiled] == [True, False, False]
    assert len(batch) == 3
    users.insert(batch, [User(name="y"), User(age=5), User(age=6)])
    assert len(compiled) == 3
    await batch.run()
    found = await rows(session, "users")
    assert [row[:3] for row in found] == [
        (1, None, 1),
        (2, None, 2),
        (3, "x", None),
        (4, None, None),
        (5, "y", None),
        (6, None, 5),
        (7, None, 6),
    ]


async def test_none(session: AsyncSession) -> None:
    flags = {"name": OPTIONAL, "data": NONE_IS_VALUE, "at": READONLY}
    compiled: list[Any] = []
    users = saver(User, flags=flags, compiled=compiled)
    batch = _core.Batch(session)
    users.insert(batch, [User(id=None, name=None, data=None, at=NOW)])
    users.insert(batch, [User(id=5)])
    assert [keys for _, keys, _ in compiled] == [
        ("age", "data"),
        ("id", "age"),
    ]
    await batch.run()
    assert await rows(session, "users") == [
        (1, None, None, "null", None),
        (5, None, None, None, None),
    ]


async def test_promises(session: AsyncSession) -> None:
    users, children = saver(User), saver(Child)
    batch = _core.Batch(session)
    ann, lee = User(name="ann"), User(name="lee")
    users.insert(batch, [User(id=40), ann, lee])
    kids = [Child(user_id=lee.id), Child(user_id=ann.id), Child(user_id=9)]
    children.insert(batch, kids)
    await batch.run()
    assert (ann.id, lee.id) == (41, 42)
    assert [kid.user_id for kid in kids] == [42, 41, 9]
    assert await rows(session, "children") == [(1, 42), (2, 41), (3, 9)]


async def test_promise_of_another_batch(session: AsyncSession) -> None:
    users, children = saver(User), saver(Child)
    one, two = _core.Batch(session), _core.Batch(session)
    ann = User(name="ann")
    users.insert(one, [ann])
    kid = Child(user_id=ann.id)
    with pytest.raises(exc.StatementError, match="'user_id' is not known yet"):
        children.insert(two, [kid])
    await one.run()
    assert ann.id == 1


async def test_key_that_is_a_primary_key_too(session: AsyncSession) -> None:
    users = saver(User)
    children = saver(Child, flags={"id": PRIMARY})
    batch = _core.Batch(session)
    ann = User(id=9)
    bob = User()
    users.insert(batch, [ann, bob])
    kid = Child(id=bob.id)
    children.insert(batch, [kid])
    assert not batch.blocked
    await batch.run()
    assert kid.id == bob.id == 10


async def test_update(session: AsyncSession) -> None:
    compiled: list[Any] = []
    users = saver(User, compiled=compiled)
    batch = _core.Batch(session)
    all_ = [User(name=str(i), age=i) for i in range(6)]
    users.insert(batch, all_)
    await batch.run()
    identities = _core.IdentityMap()
    stored(identities, *all_)
    del compiled[:]
    assert users.update(batch, all_) == []
    assert len(batch) == 0
    all_[0].age = 10
    all_[1].age = 11
    all_[2].age, all_[2].name = 12, "two"
    all_[3].age = 13
    all_[3].age = 3
    del all_[4].age
    assert users.update(batch, all_) == [*all_[:3], all_[4]]
    assert compiled == [
        ("update", ("age",), True),
        ("update", ("name", "age"), False),
        ("update", ("age",), False),
    ]
    await batch.run()
    found = await rows(session, "users")
    assert [row[1:3] for row in found] == [
        ("0", 10),
        ("1", 11),
        ("two", 12),
        ("3", 3),
        ("4", None),
        ("5", 5),
    ]


async def test_update_compares_as_the_attribute_does(
    session: AsyncSession,
) -> None:
    users = saver(User)
    batch = _core.Batch(session)
    ann = User(name="ann")
    users.insert(batch, [ann])
    await batch.run()
    stored(_core.IdentityMap(), ann)
    ann.name = "lee"
    attribute: Any = User.__dict__["name"]
    attribute._compare = lambda old, new: old != new
    try:
        assert users.update(batch, [ann]) == []
    finally:
        attribute._compare = None
    assert users.update(batch, [ann]) == [ann]


async def test_update_what_was_never_read(session: AsyncSession) -> None:
    users = saver(User)
    batch = _core.Batch(session)
    ann = User(name="ann")
    users.insert(batch, [ann])
    await batch.run()
    identities = _core.IdentityMap()
    stored(identities, ann)
    ann._sac_expire()
    ann.name = "ann"
    assert users.update(batch, [ann]) == [ann]
    await batch.run()
    assert (await rows(session, "users"))[0][1] == "ann"


async def test_primary_key_changes(session: AsyncSession) -> None:
    pairs = saver(Pair, flags=KEYS)
    batch = _core.Batch(session)
    one, two = Pair(a=1, b="x", c=1), Pair(a=1, b="y", c=2)
    pairs.insert(batch, [one, two])
    await batch.run()
    identities = _core.IdentityMap()
    stored(identities, one, two)
    one.b = "z"
    two.c = 3
    pairs.update(batch, [one, two])
    await batch.run()
    assert await rows(session, "pairs") == [(1, "z", 1), (1, "y", 3)]
    pairs.delete(batch, [two])
    await batch.run()
    assert await rows(session, "pairs") == [(1, "z", 1)]


async def test_delete(session: AsyncSession) -> None:
    compiled: list[Any] = []
    users = saver(User, compiled=compiled)
    batch = _core.Batch(session)
    all_ = [User(name=str(i)) for i in range(3)]
    users.insert(batch, all_)
    await batch.run()
    stored(_core.IdentityMap(), *all_)
    all_[0].id = 77
    assert users.delete(batch, all_[:2]) is None
    assert compiled[1:] == [("delete", (), True)]
    await batch.run()
    assert [row[1] for row in await rows(session, "users")] == ["2"]


async def test_defaults(session: AsyncSession) -> None:
    def after(kind: str, keys: tuple[str, ...]) -> tuple[Any, ...]:
        names = [n for n in ("one", "two", "three") if n not in keys]
        return (
            *(("bind", name, name) for name in names),
            ("expire", "server", None),
        )

    defaults = saver(Default, after)
    batch = _core.Batch(session)
    one, two = Default(given=5), Default(given=6, one=9)
    defaults.insert(batch, [one, two])
    assert one._sac_unloaded >= {"one", "two", "three"}
    await batch.run()
    assert (one.one, one.two, one.three) == (1, 2, 6)
    assert (two.one, two.two, two.three) == (9, 2, 7)
    assert one._sac_unloaded == {"server"}
    assert await rows(session, "defaults") == [
        (1, 1, 2, 6, 5, 7),
        (2, 9, 2, 7, 6, 7),
    ]


async def test_default_of_a_key(session: AsyncSession) -> None:
    """It is known at once, and forgotten when nothing comes of it."""

    def after(kind: str, keys: tuple[str, ...]) -> tuple[Any, ...]:
        return (("bind", "one", "one"),)

    defaults = saver(
        Default, after, flags={"id": READONLY, "one": PRIMARY | OPTIONAL}
    )
    batch = _core.Batch(session)
    one = Default(given=1)
    defaults.insert(batch, [one])
    assert not batch.blocked
    assert one.one == 1
    del batch
    assert "one" in one._sac_unloaded


async def test_returning(session: AsyncSession) -> None:
    def after(kind: str, keys: tuple[str, ...]) -> tuple[Any, ...]:
        return (
            ("cell", "server", (1, None)),
            ("cell", "id", (0, _core.Codec("raw"))),
        )

    defaults = saver(
        Default,
        after,
        returning=("id", "server"),
        flags={"id": PRIMARY | OPTIONAL},
    )
    batch = _core.Batch(session)
    all_ = [Default(given=i) for i in range(3)]
    defaults.insert(batch, all_)
    assert batch.blocked
    await batch.run()
    assert not batch.blocked
    assert [each.id for each in all_] == [1, 2, 3]
    assert [each.server for each in all_] == [7, 7, 7]


async def test_version(session: AsyncSession) -> None:
    mismatches: list[Any] = []

    def mismatch(kind: str, expected: int, matched: int) -> Exception:
        mismatches.append((kind, expected, matched))
        return LookupError(kind)

    users = saver(
        User,
        flags={"age": VERSION},
        version=lambda old: 1 if old is None else old + 1,
        mismatch=mismatch,
    )
    batch = _core.Batch(session)
    ann, lee = User(name="ann"), User(name="lee")
    users.insert(batch, [ann, lee])
    assert ann.age is None
    await batch.run()
    assert (ann.age, lee.age) == (1, 1)
    identities = _core.IdentityMap()
    stored(identities, ann, lee)
    ann.name = "x"
    assert users.update(batch, [ann, lee]) == [ann]
    assert users.update(batch, [lee], True) == [lee]
    await batch.run(commit=True)
    assert (ann.age, lee.age) == (2, 2)
    ann._sac_commit()
    ann.age = 9  # set by hand: as it is
    users.update(batch, [ann])
    await batch.run(commit=True)
    assert [row[2] for row in await rows(session, "users")] == [9, 2]
    ann._sac_commit()
    await session.execute(text("UPDATE users SET age = 20"))
    await session.commit()
    ann.name = "y"
    users.update(batch, [ann])
    with pytest.raises(LookupError, match="update"):
        await batch.run(commit=True)
    assert ann.age == 9
    await session.rollback()
    users.delete(batch, [ann, lee])
    with pytest.raises(LookupError, match="delete"):
        await batch.run(commit=True)
    await session.rollback()
    assert mismatches == [("update", 1, 0), ("delete", 2, 0)]
    assert len(await rows(session, "users")) == 2


async def test_delete_of_what_is_gone(session: AsyncSession) -> None:
    calls: list[Any] = []
    users = saver(User, mismatch=lambda *args: calls.append(args))
    batch = _core.Batch(session)
    ann = User(id=7)
    stored(_core.IdentityMap(), ann)
    users.delete(batch, [ann])
    assert await batch.run() is False
    assert calls == [("delete", 1, 0)]


async def test_expressions(session: AsyncSession) -> None:
    calls: list[Any] = []

    def special(batch: Any, kind: str, instance: Any) -> None:
        calls.append((len(batch), kind, instance))

    users = saver(User, special=special)
    batch = _core.Batch(session)
    ann = User(name="ann")
    odd = User(name=func.lower("ODD"))
    lee = User(name="lee")
    users.insert(batch, [ann, odd, lee])
    assert calls == [(1, "insert", odd)]
    assert len(batch) == 2
    await batch.run()
    stored(_core.IdentityMap(), ann, lee)
    ann.age = func.length("x")
    lee.age = 3
    assert users.update(batch, [ann, lee]) == [ann, lee]
    assert calls[1:] == [(0, "update", ann)]
    with pytest.raises(TypeError, match="SQL expression"):
        saver(User).insert(batch, [odd])


async def test_what_a_codec_refuses(session: AsyncSession) -> None:
    users = saver(User)
    batch = _core.Batch(session)
    ann, lee = User(name="ann", at=NOW), User(name="lee", at="now")
    users.insert(batch, [User(name="first"), User(name="second", at=NOW)])
    with pytest.raises(exc.StatementError) as caught:
        users.insert(batch, [ann, lee])
    assert "INSERT INTO users" in str(caught.value)
    assert "'name': 'lee'" in str(caught.value)
    assert len(batch) == 0
    assert "id" in ann._sac_unloaded
    assert "id" in lee._sac_unloaded
    assert await rows(session, "users") == []


async def test_what_sqlite_has_no_type_for(session: AsyncSession) -> None:
    users = saver(User)
    batch = _core.Batch(session)
    with pytest.raises(exc.ProgrammingError, match="cannot store: object"):
        users.insert(batch, [User(name=object())])


async def test_default_that_raises(session: AsyncSession) -> None:
    batch = _core.Batch(session)
    with pytest.raises(exc.StatementError, match="ZeroDivisionError"):
        saver(Refuses).insert(batch, [Refuses()])


async def test_wide_table(session: AsyncSession) -> None:
    wide = saver(Wide)
    batch = _core.Batch(session)
    one, two = Wide(c0=1, c64=2, c129=3), Wide(c128=4)
    wide.insert(batch, [one, two])
    assert len(batch) == 1
    await batch.run()
    stored(_core.IdentityMap(), one, two)
    one.c129 = 5
    two.c64 = 6
    wide.update(batch, [one, two])
    assert len(batch) == 2
    await batch.run()
    found = await rows(session, "wide")
    assert (found[0][1], found[0][65], found[0][130]) == (1, 2, 5)
    assert (found[1][65], found[1][129]) == (6, 4)


async def test_misuse(session: AsyncSession) -> None:
    users = saver(User)
    batch = _core.Batch(session)
    with pytest.raises(TypeError, match="'users' has no rows of Child"):
        users.insert(batch, [Child()])
    with pytest.raises(TypeError, match="no rows of int"):
        users.insert(batch, [1])
    with pytest.raises(KeyError, match="nothing"):
        _core.Saver(
            User.__mapping__, "users", (("nothing", "x", None, 0),), print
        )
    with pytest.raises(TypeError, match="compile"):
        _core.Saver(
            User.__mapping__,
            "users",
            (("id", "id", None, PRIMARY | ROWID),),
            lambda *args: None,
        ).insert(batch, [User()])


async def test_filled_by_whom_it_calls(session: AsyncSession) -> None:
    """A function that is called while the batch is filled cannot fill it."""

    batch = _core.Batch(session)
    with pytest.raises(exc.StatementError, match="is being filled"):
        REFILLED.append(batch)
        try:
            saver(Sly).insert(batch, [Sly()])
        finally:
            REFILLED.clear()
