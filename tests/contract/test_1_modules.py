"""Contract 1: modules, names, what both published versions agree on."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest

from contract.library import HERE

MODULES = {
    "": "ActiveRecordBaseModel ActiveRecordMixin SerializationMixin"
    " TimestampMixin DBConnection execute JOINED SELECT_IN SUBQUERY",
    ".active_record": "ActiveRecordMixin",
    ".async_query": "AsyncQuery EagerLoadPath",
    ".base_model": "ActiveRecordBaseModel",
    ".conn": "DBConnection execute",
    ".definitions": "JOINED SUBQUERY SELECT_IN",
    ".exceptions": "SQLActiveError CompositePrimaryKeyError"
    " EagerLoadPathTupleError FilterTypeError InvalidJoinMethodError"
    " ModelAttributeError NegativeIntegerError NoColumnOrHybridPropertyError"
    " NoFilterableError NoSearchableColumnsError NoSearchableError"
    " NoSessionError NoSettableError NoSortableError OperatorError"
    " RelationError RootClassNotFoundError",
    ".inspection": "InspectionMixin",
    ".serialization": "SerializationMixin",
    ".session": "SessionMixin",
    ".smart_query": "SmartQueryMixin _OPERATORS _RELATION_SPLITTER"
    " _OPERATOR_SPLITTER _DESC_PREFIX",
    ".timestamp": "TimestampMixin",
    ".types": "Self T Query EagerLoadPath ColumnElementOrAttr"
    " ColumnExpressionOrStrLabelArgument DjangoFilters EagerSchema"
    " OperationFunction RowType",
    ".utils": "classproperty get_query_root_cls flatten_nested_filter_keys"
    " create_eager_load_option eager_expr_from_schema",
}


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module in MODULES for name in MODULES[module].split()],
)
def test_name(lib: SimpleNamespace, module: str, name: str) -> None:
    assert hasattr(importlib.import_module(lib.library + module), name)


def test_all_of_the_package(lib: SimpleNamespace) -> None:
    package = importlib.import_module(lib.library)
    assert set(MODULES[""].split()) <= set(package.__all__)
    assert isinstance(package.__version__, str)


def test_one_object_under_all_its_names(lib: SimpleNamespace) -> None:
    package = importlib.import_module(lib.library)
    for module, names in MODULES.items():
        found = importlib.import_module(lib.library + module)
        for name in set(names.split()) & set(MODULES[""].split()):
            assert getattr(found, name) is getattr(package, name)


def test_join_methods(lib: SimpleNamespace) -> None:
    assert (lib.JOINED, lib.SUBQUERY, lib.SELECT_IN) == (
        "joined",
        "subquery",
        "selectin",
    )


def test_splitters(lib: SimpleNamespace) -> None:
    module = importlib.import_module(f"{lib.library}.smart_query")
    assert module._RELATION_SPLITTER == "___"
    assert module._OPERATOR_SPLITTER == "__"
    assert module._DESC_PREFIX == "-"


def test_operators(lib: SimpleNamespace) -> None:
    module = importlib.import_module(f"{lib.library}.smart_query")
    dates = {
        f"{part}{suffix}"
        for part in ("year", "month", "day")
        for suffix in ("", "_ne", "_gt", "_ge", "_lt", "_le")
    }
    plain = (
        "isnull exact eq ne gt ge lt le in notin between like ilike"
        " startswith istartswith endswith iendswith contains"
    )
    assert set(module._OPERATORS) >= {*plain.split(), *dates}


# -- connections --------------------------------------------------------------


async def test_init_db_of_several_models(lib: SimpleNamespace) -> None:
    class One(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    class Two(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    class Left(One):
        __tablename__ = "left"
        id = lib.mapped_column(lib.Integer, primary_key=True)

    class Right(Two):
        __tablename__ = "right"
        id = lib.mapped_column(lib.Integer, primary_key=True)

    conn = lib.DBConnection("sqlite+aiosqlite://")
    await conn.init_db(One, Two)
    assert One.AsyncSession is conn.async_scoped_session
    assert Two.AsyncSession is conn.async_scoped_session
    await Left.insert()
    await Right.insert()
    assert (await Left.count(), await Right.count()) == (1, 1)
    await conn.close()


async def test_init_db_twice_keeps_the_rows(ns: SimpleNamespace) -> None:
    await ns.conn.init_db(ns.BaseModel)
    assert await ns.User.count() == 34


async def test_init_db_sets_the_session_of_its_model_only(
    ns: SimpleNamespace,
) -> None:
    assert ns.BaseModel.AsyncSession is ns.conn.async_scoped_session
    with pytest.raises(ns.NoSessionError):
        assert ns.ActiveRecordBaseModel.AsyncSession


async def test_session_of_the_parent_serves_its_models(
    lib: SimpleNamespace, memory_url: str
) -> None:
    class Base(lib.ActiveRecordBaseModel, lib.DeclarativeBase):
        __abstract__ = True

    conn = lib.DBConnection(memory_url)
    lib.ActiveRecordBaseModel.set_session(conn.async_scoped_session)
    try:
        assert Base.AsyncSession is conn.async_scoped_session
    finally:
        lib.ActiveRecordBaseModel._session = None
        await conn.close()


async def test_query_after_close_is_unbound(ns: SimpleNamespace) -> None:
    query = ns.select(ns.User)
    await ns.conn.close()
    with pytest.raises(ns.UnboundExecutionError):
        await ns.execute(ns.conn.async_scoped_session, query)


async def test_execute_with_a_session(ns: SimpleNamespace) -> None:
    session = ns.conn.async_scoped_session
    query = ns.select(ns.User.name).where(ns.User.id == 11)
    assert (await ns.execute(session, query)).scalar() == "Mike Turner"


async def test_execute_with_parameters(ns: SimpleNamespace) -> None:
    statement = ns.text("SELECT name FROM users WHERE id = :id")
    session = ns.conn.async_scoped_session
    result = await ns.execute(session, statement, {"id": 11})
    assert result.scalar_one() == "Mike Turner"
    result = await ns.execute(session, statement, params={"id": 14})
    assert result.scalar_one() == "Jane Doe"


async def test_execute_with_keywords(ns: SimpleNamespace) -> None:
    result = await ns.execute(
        async_scoped_session=ns.conn.async_scoped_session,
        statement=ns.select(ns.func.count(ns.User.id)),
    )
    assert result.scalar_one() == 34


async def test_execute_of_a_compound(ns: SimpleNamespace) -> None:
    few = ns.select(ns.User.id).where(ns.User.id < 3)
    more = ns.select(ns.User.id).where(ns.User.id.in_([3, 4]))
    result = await ns.execute(
        ns.conn.async_scoped_session, few.union_all(more)
    )
    assert sorted(result.scalars()) == [1, 2, 3, 4]


async def test_execute_does_not_commit(ns: SimpleNamespace) -> None:
    session = ns.conn.async_scoped_session
    result = await ns.execute(
        session,
        ns.update(ns.User).where(ns.User.id == 1).values(age=99),
    )
    assert result.rowcount == 1
    assert (await ns.User.get(1)).age == 19
    await ns.execute(
        session,
        ns.insert(ns.Country).values(code="fr", name="France"),
    )
    await ns.execute(session, ns.delete(ns.Sell))
    assert (await ns.Country.count(), await ns.Sell.count()) == (0, 8)


# -- the older form, which the peer of today has no more ----------------------


async def test_0_3_6_execute(ours: SimpleNamespace) -> None:
    query = ours.select(ours.func.count(ours.User.id))
    assert (await ours.execute(query, ours.BaseModel)).scalar_one() == 34
    assert (await ours.execute(query, base_model=ours.User)).scalar_one() == 34
    with pytest.raises(ours.NoSessionError):
        await ours.execute(query)
    ours.ActiveRecordBaseModel.set_session(ours.conn.async_scoped_session)
    try:
        assert (await ours.execute(query)).scalar_one() == 34
    finally:
        ours.ActiveRecordBaseModel.close_session()


async def test_0_3_6_execute_with_parameters(ours: SimpleNamespace) -> None:
    statement = ours.text("SELECT name FROM users WHERE id = :id")
    result = await ours.execute(statement, ours.User, {"id": 14})
    assert result.scalar_one() == "Jane Doe"


async def test_0_3_6_close_of_a_model(ours: SimpleNamespace) -> None:
    await ours.conn.close(ours.BaseModel)
    with pytest.raises(ours.NoSessionError):
        assert ours.User.AsyncSession
    with pytest.raises(ours.NoSessionError):
        await ours.User.insert(username="x", name="x", age=1)


async def test_0_3_6_close_session(ours: SimpleNamespace) -> None:
    ours.BaseModel.close_session()
    with pytest.raises(ours.NoSessionError):
        assert ours.BaseModel.AsyncSession


async def test_0_3_6_init_db_by_keyword_and_none(
    ours: SimpleNamespace, memory_url: str
) -> None:
    conn = ours.DBConnection(memory_url)
    await conn.init_db(base_model=ours.BaseModel)
    assert ours.BaseModel.AsyncSession is conn.async_scoped_session
    await conn.init_db(None)
    kept = ours.ActiveRecordBaseModel.AsyncSession
    assert kept is conn.async_scoped_session
    await conn.close(base_model=ours.BaseModel)


async def test_0_3_6_init_db_after_close(ours: SimpleNamespace) -> None:
    await ours.conn.close(ours.BaseModel)
    await ours.conn.init_db(ours.BaseModel)
    assert await ours.User.count() == 0
    await ours.User.insert(username="x", name="x", age=1)
    assert await ours.User.count() == 1


def test_the_file_of_the_models_is_the_peers() -> None:
    text = (HERE / "models.py").read_text()
    assert "sqlactive_c" not in text.split('"""', 2)[2]
