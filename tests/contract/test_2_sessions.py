"""Contract 2.1 to 2.4: the class graph, sessions, connections, their scope."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

# -- 2.1 the class graph ------------------------------------------------------


def test_2_1_bases(lib: SimpleNamespace) -> None:
    assert issubclass(lib.ActiveRecordMixin, lib.SessionMixin)
    assert issubclass(lib.ActiveRecordMixin, lib.SmartQueryMixin)
    assert issubclass(lib.SmartQueryMixin, lib.InspectionMixin)
    assert issubclass(lib.InspectionMixin, lib.DeclarativeBase)
    assert issubclass(lib.SerializationMixin, lib.InspectionMixin)
    assert issubclass(lib.AsyncQuery, lib.SessionMixin)
    assert issubclass(lib.AsyncQuery, lib.SmartQueryMixin)
    assert not issubclass(lib.TimestampMixin, lib.DeclarativeBase)
    assert not issubclass(lib.SessionMixin, lib.DeclarativeBase)
    for base in (
        lib.ActiveRecordMixin,
        lib.SerializationMixin,
        lib.TimestampMixin,
    ):
        assert issubclass(lib.ActiveRecordBaseModel, base)


def test_2_1_one_registry_and_metadata(lib: SimpleNamespace) -> None:
    class First(lib.ActiveRecordMixin):
        __abstract__ = True

    class Second(lib.ActiveRecordBaseModel):
        __abstract__ = True

    shared = lib.ActiveRecordBaseModel
    assert First.registry is Second.registry is shared.registry
    assert First.metadata is Second.metadata is shared.metadata


def test_2_1_metadata_of_its_own(lib: SimpleNamespace) -> None:
    class Base(lib.ActiveRecordMixin, lib.SerializationMixin):
        __abstract__ = True
        metadata = lib.MetaData()

    class Alone(Base):
        __tablename__ = "alone"
        id = lib.mapped_column(lib.Integer, primary_key=True)

    assert list(Base.metadata.tables) == ["alone"]
    assert "alone" not in lib.ActiveRecordBaseModel.metadata.tables
    assert Alone.columns == ["id"]


async def test_2_1_model_without_timestamps(
    lib: SimpleNamespace, memory_url: str
) -> None:
    class Base(
        lib.ActiveRecordMixin, lib.SerializationMixin, lib.DeclarativeBase
    ):
        __abstract__ = True

    class Plain(Base):
        __tablename__ = "plain"
        id = lib.mapped_column(lib.Integer, primary_key=True)
        name = lib.mapped_column(lib.String)

    conn = lib.DBConnection(memory_url)
    await conn.init_db(Base)
    plain = await Plain.insert(name="x")
    assert plain.to_dict() == {"id": 1, "name": "x"}
    await conn.close()


# -- 2.2 SessionMixin ---------------------------------------------------------


def test_2_2_session_of_a_plain_class(lib: SimpleNamespace) -> None:
    class Holder(lib.SessionMixin):
        pass

    with pytest.raises(lib.NoSessionError, match="set_session"):
        assert Holder.AsyncSession
    marker = object()
    assert Holder.set_session(marker) is None
    assert Holder.AsyncSession is marker
    assert Holder().AsyncSession is marker


def test_2_2_nearest_class_wins(lib: SimpleNamespace) -> None:
    class Above(lib.SessionMixin):
        pass

    class Below(Above):
        pass

    above, below = object(), object()
    Above.set_session(above)
    assert Below.AsyncSession is above
    Below.set_session(below)
    assert (Above.AsyncSession, Below.AsyncSession) == (above, below)


async def test_2_2_no_session(lib: SimpleNamespace) -> None:
    class Base(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    class Lost(Base):
        __tablename__ = "lost"
        id = lib.mapped_column(lib.Integer, primary_key=True)

    with pytest.raises(lib.NoSessionError):
        await Lost().save()
    with pytest.raises(lib.NoSessionError):
        await Lost.insert()


# -- 2.3 DBConnection ---------------------------------------------------------


def test_2_3_attributes(lib: SimpleNamespace, memory_url: str) -> None:
    conn = lib.DBConnection(memory_url, echo=False)
    assert conn.async_engine.dialect.name == "sqlite"
    assert isinstance(conn.async_sessionmaker, lib.async_sessionmaker)
    assert isinstance(conn.async_scoped_session, lib.async_scoped_session)
    asyncio.run(conn.close())


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("nothing://", "NoSuchModuleError"),
        ("not a url", "ArgumentError"),
    ],
)
def test_2_3_refused_urls(lib: SimpleNamespace, url: str, error: str) -> None:
    with pytest.raises(getattr(lib, error)):
        lib.DBConnection(url)


def test_2_3_unknown_keyword(lib: SimpleNamespace, memory_url: str) -> None:
    with pytest.raises(TypeError):
        lib.DBConnection(memory_url, no_such_keyword=1)


# -- 2.4 the session of a call ------------------------------------------------


async def test_2_4_instances_are_new_in_each_call(
    ns: SimpleNamespace,
) -> None:
    first, second = await ns.User.get(1), await ns.User.get(1)
    assert first is not second
    assert first != second
    assert first.to_dict() == second.to_dict()


async def test_2_4_instances_are_detached(ns: SimpleNamespace) -> None:
    user = await ns.User.get(1)
    assert ns.inspect(user).detached
    saved = await ns.User.insert(username="x", name="x", age=1)
    assert ns.inspect(saved).detached
    assert ns.inspect(ns.User()).transient


async def test_2_4_own_session_is_the_one_of_the_task(
    ns: SimpleNamespace,
) -> None:
    async with ns.User.AsyncSession() as session:
        assert ns.User.AsyncSession() is session
        user = await session.get(ns.User, 1)
        user.age = 99
        await session.commit()
    assert (await ns.User.get(1)).age == 99


def test_2_4_no_running_loop(lib: SimpleNamespace, memory_url: str) -> None:
    conn = lib.DBConnection(memory_url)
    with pytest.raises(RuntimeError, match="no running event loop"):
        conn.async_scoped_session()
    asyncio.run(conn.close())


async def test_2_4_an_error_leaves_the_next_call_alone(
    ns: SimpleNamespace,
) -> None:
    twin = ns.User(username="ada", name="x", age=1)
    with pytest.raises(ns.IntegrityError):
        await twin.save()
    assert await ns.User.count() == 34
    fine = await ns.User.insert(username="fine", name="x", age=1)
    assert fine.id == 35


async def test_2_4_tasks_on_a_file(
    lib: SimpleNamespace, file_url: str
) -> None:
    conn = lib.DBConnection(file_url)
    await conn.init_db(lib.BaseModel)
    names = [f"user{number}" for number in range(20)]
    made = await asyncio.gather(
        *[lib.User.insert(username=n, name=n, age=1) for n in names]
    )
    assert sorted(user.id for user in made) == list(range(1, 21))
    found = await asyncio.gather(
        *[lib.User.where(username=name).one() for name in names]
    )
    assert [user.name for user in found] == names
    await conn.close()
    lib.BaseModel._session = None


def test_2_4_several_loops_on_one_database(
    lib: SimpleNamespace, memory_url: str
) -> None:
    conn = lib.DBConnection(memory_url)
    asyncio.run(conn.init_db(lib.BaseModel))
    asyncio.run(lib.User(username="a", name="a", age=1).save())
    assert asyncio.run(lib.User.count()) == 1
    assert asyncio.run(lib.User.get(1)).name == "a"
    asyncio.run(conn.close())
    lib.BaseModel._session = None


async def test_2_4_rows_stay_on_a_file(
    lib: SimpleNamespace, file_url: str, tmp_path: Path
) -> None:
    for turn in (1, 2):
        conn = lib.DBConnection(file_url)
        await conn.init_db(lib.BaseModel)
        await lib.Product.insert(name="a", description="b", price=turn)
        assert await lib.Product.count() == turn
        await conn.close()
    lib.BaseModel._session = None
    assert (tmp_path / "test.db").exists()


def test_2_3_url_object(lib: SimpleNamespace, memory_url: str) -> None:
    url = lib.make_url(memory_url)
    conn = lib.DBConnection(url)
    assert conn.async_engine.url == url
    asyncio.run(conn.close())


async def test_2_4_a_call_inside_ends_the_session_of_the_task(
    ns: SimpleNamespace,
) -> None:
    async with ns.User.AsyncSession() as session:
        user = await session.get(ns.User, 1)
        assert ns.inspect(user).persistent
        assert await ns.User.count() == 34
        assert ns.inspect(user).detached
