"""Creating and dropping tables: ``sqlactive_c.sql.ddl``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from sqlactive_c import exc
from sqlactive_c.sql.ddl import create_missing, create_script
from sqlactive_c.sql.schema import Column, ForeignKey, Index, MetaData, Table
from sqlactive_c.sql.sqltypes import Integer


class Result:
    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def all(self) -> list[Any]:
        return self.rows


class Connection:
    """The synchronous connection of ``run_sync``, on stdlib sqlite3."""

    def __init__(self) -> None:
        self.driver = sqlite3.connect(":memory:", isolation_level=None)
        self.statements: list[str] = []

    def exec_driver_sql(self, sql: str, parameters: Any = None) -> Result:
        self.statements.append(sql)
        return Result(self.driver.execute(sql).fetchall())

    def writes(self) -> list[str]:
        """Return the first words of the statements that are no queries."""
        return [
            " ".join(sql.split()[:3])
            for sql in self.statements
            if not sql.lstrip().startswith("SELECT")
        ]


@pytest.fixture
def connection() -> Iterator[Connection]:
    connection = Connection()
    yield connection
    connection.driver.close()


def two_tables(**kwargs: Any) -> MetaData:
    metadata = MetaData(**kwargs)
    Table(
        "child",
        metadata,
        Column("id", Integer, primary_key=True, index=True),
        Column("parent", ForeignKey("parent.id")),
    )
    Table("parent", metadata, Column("id", Integer, primary_key=True))
    return metadata


def names(connection: Connection, master: str = "sqlite_master") -> list[str]:
    sql = f"SELECT name FROM {master} ORDER BY name"
    return [row[0] for row in connection.driver.execute(sql)]


def test_create_all_and_drop_all(connection: Connection) -> None:
    metadata = two_tables()
    metadata.create_all(connection)
    assert connection.writes() == [
        "CREATE TABLE parent",
        "CREATE TABLE child",
        "CREATE INDEX ix_child_id",
    ]
    metadata.drop_all(connection)
    assert connection.writes()[3:] == ["DROP TABLE child", "DROP TABLE parent"]
    assert names(connection) == []


def test_what_exists_is_left_alone(connection: Connection) -> None:
    metadata = two_tables()
    connection.driver.execute("CREATE TABLE PARENT (other)")
    metadata.create_all(connection)
    metadata.create_all(connection)
    assert connection.writes() == [
        "CREATE TABLE child",
        "CREATE INDEX ix_child_id",
    ]
    metadata.drop_all(connection)
    metadata.drop_all(connection)
    assert names(connection) == []


def test_views_and_temporary_tables_exist_too(connection: Connection) -> None:
    connection.driver.execute("CREATE VIEW child AS SELECT 1")
    connection.driver.execute("CREATE TEMP TABLE parent (a)")
    two_tables().create_all(connection)
    assert connection.writes() == []


def test_without_looking_first(connection: Connection) -> None:
    metadata = two_tables()
    metadata.create_all(connection, checkfirst=False)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        metadata.create_all(connection, checkfirst=False)
    metadata.drop_all(connection, checkfirst=False)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        metadata.drop_all(connection, checkfirst=False)


def test_chosen_tables(connection: Connection) -> None:
    metadata = two_tables()
    metadata.create_all(connection, tables=[metadata.tables["parent"]])
    assert names(connection) == ["parent"]
    metadata.drop_all(connection, tables=[])
    assert names(connection) == ["parent"]


def test_one_table(connection: Connection) -> None:
    parent = two_tables().tables["parent"]
    parent.create(connection)
    parent.create(connection, checkfirst=True)
    with pytest.raises(sqlite3.OperationalError):
        parent.create(connection)
    parent.drop(connection)
    parent.drop(connection, checkfirst=True)
    with pytest.raises(sqlite3.OperationalError):
        parent.drop(connection)


def test_one_index(connection: Connection) -> None:
    metadata = two_tables()
    metadata.create_all(connection)
    index = Index("extra", metadata.tables["child"].c.parent)
    index.create(connection)
    index.create(connection, checkfirst=True)
    assert "extra" in names(connection)
    index.drop(connection)
    index.drop(connection, checkfirst=True)
    assert "extra" not in names(connection)
    with pytest.raises(sqlite3.OperationalError):
        index.drop(connection)


def test_attached_database(connection: Connection) -> None:
    connection.driver.execute("ATTACH ':memory:' AS \"other db\"")
    connection.driver.execute("CREATE TABLE child (a)")
    metadata = two_tables(schema="other db")
    metadata.create_all(connection)
    metadata.create_all(connection)
    assert len(connection.writes()) == 3
    assert names(connection, '"other db".sqlite_master') == [
        "child",
        "ix_other db_child_id",
        "parent",
    ]
    metadata.drop_all(connection)
    assert names(connection, '"other db".sqlite_master') == []
    assert names(connection) == ["child"]


def test_temp_schema(connection: Connection) -> None:
    metadata = two_tables(schema="temp")
    metadata.create_all(connection)
    metadata.create_all(connection)
    assert names(connection) == []
    metadata.drop_all(connection)


def test_unknown_reference_creates_nothing(connection: Connection) -> None:
    metadata = MetaData()
    Table("a", metadata, Column("id", Integer, primary_key=True))
    Table("b", metadata, Column("a", Integer, ForeignKey("nope.id")))
    with pytest.raises(exc.NoReferencedTableError, match="nope"):
        metadata.create_all(connection)
    assert names(connection) == []


class Awaitable:
    """Looks like an AsyncConnection."""

    async def run_sync(self, function: Any) -> None: ...

    async def exec_driver_sql(self, sql: str) -> None: ...


@pytest.mark.parametrize("bind", [None, "x", object()])
def test_binds_that_are_none(bind: Any) -> None:
    with pytest.raises(exc.ArgumentError, match="run_sync"):
        two_tables().create_all(bind)


def test_an_async_connection_is_explained() -> None:
    with pytest.raises(exc.InvalidRequestError, match="run_sync"):
        two_tables().create_all(Awaitable())


def test_create_script() -> None:
    metadata = two_tables()
    assert len(create_script(metadata)) == 3
    assert len(create_script(metadata, {"parent"})) == 2
    assert len(create_script(metadata, {(None, "Child")})) == 1
    assert len(create_script(metadata, {("other", "parent")})) == 3
    assert create_script(metadata, ["parent", "child"]) == []
    assert create_script(MetaData()) == []


# -- create_missing ---------------------------------------------------------


class AsyncConnection:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.immediate = False

    async def __aenter__(self) -> AsyncConnection:
        return self

    async def __aexit__(self, *raised: Any) -> None:
        pass

    async def execution_options(
        self, *, isolation_level: str
    ) -> AsyncConnection:
        assert isolation_level == "IMMEDIATE"
        self.immediate = True
        return self

    def begin(self) -> Transaction:
        return Transaction(self)

    async def exec_driver_sql(self, sql: str) -> Result:
        self.engine.before(sql)
        return self.engine.connection.exec_driver_sql(sql)


class Transaction:
    def __init__(self, connection: AsyncConnection) -> None:
        self.engine = connection.engine
        self.begin = "BEGIN IMMEDIATE" if connection.immediate else "BEGIN"

    async def __aenter__(self) -> None:
        self.engine.began.append(self.begin)
        self.engine.connection.driver.execute(self.begin)

    async def __aexit__(self, kind: Any, *rest: Any) -> None:
        end = "COMMIT" if kind is None else "ROLLBACK"
        self.engine.connection.driver.execute(end)
        self.engine.ended.append(kind is None)


class Engine:
    """An engine as ``create_missing`` uses it, on stdlib sqlite3."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.began: list[str] = []
        self.ended: list[bool] = []
        self.fail_at = ""
        self.opened = 0

    def before(self, sql: str) -> None:
        if self.fail_at and self.fail_at in sql:
            raise RuntimeError("injected")

    def connect(self) -> AsyncConnection:
        self.opened += 1
        return AsyncConnection(self)


async def test_missing_tables_are_created_at_once(
    connection: Connection,
) -> None:
    engine = Engine(connection)
    await create_missing(engine, [two_tables()])
    assert engine.began == ["BEGIN IMMEDIATE"]
    assert engine.ended == [True]
    assert names(connection) == ["child", "ix_child_id", "parent"]


async def test_nothing_missing_takes_no_lock(connection: Connection) -> None:
    engine = Engine(connection)
    metadata = two_tables()
    metadata.create_all(connection)
    await create_missing(engine, [metadata])
    assert engine.opened == 1
    assert engine.began == []


async def test_no_tables_need_no_connection(connection: Connection) -> None:
    engine = Engine(connection)
    await create_missing(engine, [MetaData(), MetaData()])
    await create_missing(engine, [])
    assert engine.opened == 0


async def test_one_failure_undoes_all(connection: Connection) -> None:
    engine = Engine(connection)
    engine.fail_at = "CREATE INDEX"
    with pytest.raises(RuntimeError, match="injected"):
        await create_missing(engine, [two_tables()])
    assert engine.ended == [False]
    assert names(connection) == []


async def test_a_broken_metadata_undoes_the_others(
    connection: Connection,
) -> None:
    broken = MetaData()
    Table("b", broken, Column("a", Integer, ForeignKey("nope.id")))
    with pytest.raises(exc.NoReferencedTableError):
        await create_missing(Engine(connection), [two_tables(), broken])
    assert names(connection) == []


async def test_metadatas_that_share_a_name(connection: Connection) -> None:
    other = MetaData()
    Table("PARENT", other, Column("x", Integer))
    first = two_tables()
    await create_missing(Engine(connection), [first, other, first])
    assert names(connection) == ["child", "ix_child_id", "parent"]
