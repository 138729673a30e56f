"""The two ends of a unit of work: gather() and written()."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from plugins.savers import saver
from sqlactive_c import _core, create_async_engine
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, mapped_column, relationship
from sqlactive_c.orm.exc import FlushError
from sqlactive_c.schema import ForeignKey
from sqlactive_c.types import Integer, String


class Base(DeclarativeBase):
    """Base of the classes."""


class Plain(Base):
    __tablename__ = "plain"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)


class Parent(Base):
    __tablename__ = "parents"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)
    children = relationship("Kid", back_populates="parent")


class Kid(Base):
    __tablename__ = "kids"
    id = mapped_column(Integer, primary_key=True)
    parent_id = mapped_column(ForeignKey("parents.id"))
    parent = relationship("Parent", back_populates="children")


class Pair(Base):
    __tablename__ = "pairs"
    a = mapped_column(Integer, primary_key=True)
    b = mapped_column(Integer, primary_key=True)


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as made:
        yield made
    await engine.dispose()


async def inserted(session: AsyncSession, *instances: Any) -> None:
    """Insert instances of one class, and note it."""
    batch = _core.Batch(session)
    saver(type(instances[0])).insert(batch, instances)
    await batch.run()
    _core.written(session, instances, [], [])


async def test_inserted(session: AsyncSession) -> None:
    ann = Plain(name="ann")
    assert ann._sac_modified
    await inserted(session, ann)
    assert ann._sac_state == "persistent"
    assert ann._sac_identity == (1,)
    assert ann._sac_session is session
    assert not ann._sac_modified
    assert session.identity_map.get(Plain, 1) is ann
    assert _core.gather(session) == []
    del ann
    assert len(session.identity_map) == 0


async def test_inserted_in_the_place_of_another(session: AsyncSession) -> None:
    ann = Plain(id=5)
    await inserted(session, ann)
    lee = Plain(id=5)
    _core.written(session, [lee], [], [])
    assert session.identity_map.get(Plain, 5) is lee
    assert ann._sac_state == "detached"
    _core.written(session, [lee], [], [])
    assert session.identity_map.get(Plain, 5) is lee
    # One unit may delete a row and insert it again.
    max_ = Plain(id=5)
    _core.written(session, [max_], [], [lee])
    assert lee._sac_state == "deleted"
    assert session.identity_map.get(Plain, 5) is max_


async def test_no_primary_key(session: AsyncSession) -> None:
    for wrong in (Plain(), Plain(id=None), Pair(a=1), Pair(a=None, b=None)):
        with pytest.raises(FlushError, match="no primary key is known"):
            _core.written(session, [wrong], [], [])
    pair = Pair(a=None, b=1)
    _core.written(session, [pair], [], [])
    assert pair._sac_identity == (None, 1)


async def test_updated(session: AsyncSession) -> None:
    ann, lee = Plain(name="ann"), Plain(name="lee")
    await inserted(session, ann, lee)
    lee.name = "LEE"
    ann.name = "ANN"
    ((mapper, pending, modified, doomed, related),) = _core.gather(session)
    assert mapper is Plain.__mapper__
    assert (pending, modified, doomed, related) == ([], [lee, ann], [], False)
    _core.written(session, [], [lee], [])
    assert not lee._sac_modified
    assert _core.gather(session)[0][2] == [ann]


async def test_primary_key_that_changes(session: AsyncSession) -> None:
    ann = Plain(name="ann")
    await inserted(session, ann)
    ann.id = 9
    assert session.identity_map.get(Plain, 1) is ann
    _core.written(session, [], [ann], [])
    assert ann._sac_identity == (9,)
    assert session.identity_map.get(Plain, 9) is ann
    assert session.identity_map.get(Plain, 1) is None
    assert ann._sac_state == "persistent"


async def test_deleted(session: AsyncSession) -> None:
    ann, lee = Plain(name="ann"), Plain(name="lee")
    await inserted(session, ann, lee)
    ann.name = "x"
    _core.written(session, [], [], [ann, lee])
    assert ann._sac_state == lee._sac_state == "deleted"
    assert ann._sac_session is session
    assert len(session.identity_map) == 0
    assert _core.gather(session) == []
    await session.commit()
    assert ann._sac_state == "detached"
    assert ann._sac_session is None


@pytest.mark.filterwarnings("ignore:unclosed session:ResourceWarning")
async def test_deleted_and_the_session_goes() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    session = AsyncSession(engine)
    ann = Plain(name="ann")
    await inserted(session, ann)
    _core.written(session, [], [], [ann])
    kept: Any = session.get_transaction()
    del session
    gc.collect()
    del kept
    gc.collect()
    assert ann._sac_session is None
    assert ann._sac_state == "detached"
    await engine.dispose()


async def test_related(session: AsyncSession) -> None:
    mother, kid = Parent(name="m"), Kid()
    await inserted(session, mother)
    await inserted(session, kid)
    mother.name = "M"
    assert _core.gather(session)[0][4] is False
    mother.id = 7
    assert _core.gather(session)[0][4] is True
    _core.written(session, [], [mother], [])
    kid._sac_put("parent", None)
    kid.parent_id = 7
    assert _core.gather(session)[0][4] is False
    kid.parent = mother
    found = {row[0]: row[4] for row in _core.gather(session)}
    assert found[Kid.__mapper__] is True


async def test_misuse(session: AsyncSession) -> None:
    with pytest.raises(TypeError, match="a session, not int"):
        _core.gather(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a session, not int"):
        _core.written(1, [], [], [])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an instance, not int"):
        _core.written(session, [1], [], [])
