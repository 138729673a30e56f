"""Reflection: the same data, and the same tables made from it, as the peer."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite as peers_sqlite
from sqlalchemy.engine import reflection as peers_reflection
from sqlalchemy.pool import NullPool

import sqlactive_c
import sqlactive_c.exc
from parity.schemas import SCHEMAS, Schema
from sqlactive_c.engine import reflection as our_reflection

OF_TABLES = (
    "get_columns",
    "get_pk_constraint",
    "get_foreign_keys",
    "get_indexes",
    "get_unique_constraints",
    "get_check_constraints",
    "get_table_options",
    "has_table",
)
OF_SCHEMAS = (
    "get_table_names",
    "get_view_names",
    "get_sorted_table_and_fkc_names",
)


def plain(value: Any) -> Any:
    """Return a value of an inspector as data that both can have."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, sqlalchemy.types.NullType):
        return "NullType()"
    if isinstance(value, sqlalchemy.types.TypeEngine):
        name = value.compile(dialect=peers_sqlite.dialect())
        return f"{value!r} {name}"
    if hasattr(value, "ddl_name"):
        name = repr(value)
        return name if name == "NullType()" else f"{name} {value.ddl_name()}"
    return str(value)  # text()


def result(method: Callable[..., Any], *args: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(method(*args))
        except Exception as error:
            return type(error).__name__


def names_in_order(found: Any) -> Any:
    """Sort the names of foreign keys: the peer keeps them in a set."""
    if not isinstance(found, list):
        return found
    return [
        [table, sorted(keys, key=lambda key: [k or "" for k in key])]
        for table, keys in found
    ]


def tables_of(inspector: Any, schema: Any, kind: str, scope: str) -> Any:
    """Return the keys that a ``get_multi_...`` method gives."""
    library = peers_reflection
    if isinstance(inspector, sqlactive_c.Inspector):
        library = our_reflection
    return list(
        inspector.get_multi_pk_constraint(
            schema,
            kind=getattr(library.ObjectKind, kind),
            scope=getattr(library.ObjectScope, scope),
        )
    )


def snapshot(inspector: Any, schemas: tuple[str | None, ...]) -> Any:
    """Return what all methods say about all there is."""
    found: dict[str, Any] = {
        name: result(getattr(inspector, name))
        for name in (
            "get_schema_names",
            "get_temp_table_names",
            "get_temp_view_names",
        )
    }
    for schema in schemas:
        where = schema or "main"
        for name in OF_SCHEMAS:
            found[f"{name} {where}"] = result(getattr(inspector, name), schema)
        key = f"get_sorted_table_and_fkc_names {where}"
        found[key] = names_in_order(found[key])
        for kind in ("TABLE", "VIEW", "ANY"):
            for scope in ("DEFAULT", "TEMPORARY", "ANY"):
                found[f"get_multi {where} {kind} {scope}"] = result(
                    tables_of, inspector, schema, kind, scope
                )
        tables = [*inspector.get_table_names(schema), "sqlite_master", "nob'"]
        views = inspector.get_view_names(schema)
        if schema is None:
            tables += inspector.get_temp_table_names()
            views += inspector.get_temp_view_names()
        for table in tables + views:
            for name in OF_TABLES:
                found[f"{name} {where} {table}"] = result(
                    getattr(inspector, name), table, schema
                )
        for view in [*views, "nobody"]:
            found[f"get_view_definition {where} {view}"] = result(
                inspector.get_view_definition, view, schema
            )
    return found


def master(path: Path) -> list[Any]:
    """Return the statements of a file; indexes have no order at the peer."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master"
        ).fetchall()
    finally:
        connection.close()
    tables = [row for row in rows if row[0] != "index"]
    return tables + sorted(row for row in rows if row[0] == "index" and row[2])


def make(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.executescript(script)
    finally:
        connection.close()


def session_of(schema: Schema, folder: Path) -> list[str]:
    """Make the files; return the statements that a connection begins with."""
    make(folder / "main.db", schema.script)
    if not schema.attached:
        return list(schema.session)
    make(folder / "aux.db", schema.attached)
    return [f"ATTACH '{folder / 'aux.db'}' AS aux", *schema.session]


def with_peer(path: Path, session: list[str], function: Any) -> Any:
    """Call a function with a connection of the peer's."""
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        for sql in session:
            connection.exec_driver_sql(sql)
        found = function(connection)
        connection.commit()
    return found


def with_ours(path: Path, session: list[str], function: Any) -> Any:
    """Call a function with a connection of ours, in ``run_sync``."""

    async def main() -> Any:
        engine = sqlactive_c.create_async_engine(f"sqlite:///{path}")
        try:
            async with engine.connect() as connection:
                for sql in session:
                    await connection.exec_driver_sql(sql)
                found = await connection.run_sync(function)
                await connection.commit()
        finally:
            await engine.dispose()
        return found

    return asyncio.run(main())


def both_snapshots(schema: Schema, folder: Path) -> tuple[Any, Any]:
    session = session_of(schema, folder)
    schemas = (None, "aux") if schema.attached else (None,)
    path = folder / "main.db"
    return (
        with_ours(
            path, session, lambda c: snapshot(sqlactive_c.inspect(c), schemas)
        ),
        with_peer(
            path, session, lambda c: snapshot(sqlalchemy.inspect(c), schemas)
        ),
    )


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda each: each.name)
def test_same_data(schema: Schema, tmp_path: Path) -> None:
    ours, peers = both_snapshots(schema, tmp_path)
    for key, expected in schema.differs.items():
        assert ours.pop(key) == expected
        assert peers.pop(key) != expected, "it does not differ"
    assert ours == peers


def recreated(
    library: Any, run: Any, source: Path, target: Path, session: list[str]
) -> list[Any]:
    """Return the statements of a file made from what a library reflected."""
    metadata = library.MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(source, session, metadata.reflect)
        run(target, [], metadata.create_all)
    return master(target)


@pytest.mark.parametrize(
    "schema", [s for s in SCHEMAS if s.created], ids=lambda each: each.name
)
def test_same_tables_made_from_it(schema: Schema, tmp_path: Path) -> None:
    session = session_of(schema, tmp_path)
    path = tmp_path / "main.db"
    ours = recreated(
        sqlactive_c, with_ours, path, tmp_path / "ours.db", session
    )
    peers = recreated(
        sqlalchemy, with_peer, path, tmp_path / "peers.db", session
    )
    assert ours == peers


def tables_in(path: Path) -> Any:
    def look(connection: Any) -> Any:
        inspector = sqlactive_c.inspect(connection)
        found = {}
        for table in inspector.get_table_names():
            for name in OF_TABLES:
                data = result(getattr(inspector, name), table)
                found[name, table] = (
                    sorted(data, key=repr) if "fore" in name else data
                )
        return found

    return with_ours(path, [], look)


@pytest.mark.parametrize(
    "schema", [s for s in SCHEMAS if s.again], ids=lambda each: each.name
)
def test_nothing_is_lost_in_between(schema: Schema, tmp_path: Path) -> None:
    session_of(schema, tmp_path)
    path, copy = tmp_path / "main.db", tmp_path / "copy.db"
    recreated(sqlactive_c, with_ours, path, copy, [])
    assert tables_in(copy) == tables_in(path)


def test_a_peers_error_is_ours(tmp_path: Path) -> None:
    """A column without a type is reflected and cannot be created."""
    path = tmp_path / "main.db"
    make(path, "CREATE TABLE t (a)")
    with pytest.raises(sqlalchemy.exc.CompileError):
        recreated(sqlalchemy, with_peer, path, tmp_path / "peers.db", [])
    with pytest.raises(sqlactive_c.exc.CompileError):
        recreated(sqlactive_c, with_ours, path, tmp_path / "ours.db", [])


# -- ways to load tables ----------------------------------------------------

SHOP = """
    CREATE TABLE customer (
        id INTEGER NOT NULL, name VARCHAR(20), code VARCHAR(5),
        PRIMARY KEY (id), CONSTRAINT uq_code UNIQUE (code),
        CHECK (length(name) > 1)
    );
    CREATE TABLE purchase (
        id INTEGER NOT NULL, customer_id INTEGER, amount NUMERIC(8, 2),
        CONSTRAINT pk PRIMARY KEY (id),
        FOREIGN KEY(customer_id) REFERENCES customer (id)
    );
    CREATE INDEX ix_customer ON purchase (customer_id);
    CREATE INDEX ix_both ON purchase (customer_id, amount);
    CREATE VIEW big AS SELECT id, amount FROM purchase WHERE amount > 9;
"""


def one_table(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table("customer", metadata, autoload_with=bind)


def with_target(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table("purchase", metadata, autoload_with=bind)


def without_target(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table("purchase", metadata, autoload_with=bind, resolve_fks=False)
    lib.Table("customer", metadata, autoload_with=bind)


def some_columns(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table(
        "purchase",
        metadata,
        autoload_with=bind,
        include_columns=["id", "customer_id"],
    )


def some_columns_without_key(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table(
        "purchase", metadata, autoload_with=bind, include_columns=["amount"]
    )


def column_on_top(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table(
        "customer",
        metadata,
        lib.Column("name", _integer(lib)),
        lib.Column("more", _integer(lib), nullable=False),
        autoload_with=bind,
    )


def key_on_top(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table(
        "big",
        metadata,
        lib.Column("id", _integer(lib), primary_key=True),
        autoload_with=bind,
    )


def twice(lib: Any, metadata: Any, bind: Any) -> None:
    first = lib.Table("customer", metadata, autoload_with=bind)
    assert lib.Table("customer", metadata, autoload_with=bind) is first


def extended(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table(
        "customer",
        metadata,
        lib.Column("id", _integer(lib), primary_key=True),
        lib.Column("name", _integer(lib), nullable=False),
        lib.Column("own", _integer(lib)),
    )
    lib.Table("customer", metadata, autoload_with=bind, extend_existing=True)


def extended_around(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table(
        "customer", metadata, lib.Column("name", _integer(lib), nullable=False)
    )
    lib.Table(
        "customer",
        metadata,
        autoload_with=bind,
        extend_existing=True,
        autoload_replace=False,
    )


def reflected_at_once(lib: Any, metadata: Any, bind: Any) -> None:
    metadata.reflect(bind, extend_existing=True)


def reflected_around(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table("purchase", metadata, lib.Column("id", _integer(lib)))
    metadata.reflect(bind)


def with_views(lib: Any, metadata: Any, bind: Any) -> None:
    metadata.reflect(bind, views=True)


def only_names(lib: Any, metadata: Any, bind: Any) -> None:
    metadata.reflect(bind, only=["customer"])


def only_by_function(lib: Any, metadata: Any, bind: Any) -> None:
    metadata.reflect(bind, only=lambda name, meta: name.startswith("cu"))


def only_missing(lib: Any, metadata: Any, bind: Any) -> None:
    metadata.reflect(bind, only=["customer", "nobody"])


def missing(lib: Any, metadata: Any, bind: Any) -> None:
    lib.Table("nobody", metadata, autoload_with=bind)


def by_inspector(lib: Any, metadata: Any, bind: Any) -> None:
    table = lib.Table("purchase", metadata)
    lib.inspect(bind).reflect_table(table, None)


def missing_for_inspector(lib: Any, metadata: Any, bind: Any) -> None:
    lib.inspect(bind).reflect_table(lib.Table("nobody", metadata), None)


def _integer(lib: Any) -> Any:
    if lib is sqlalchemy:
        return sqlalchemy.Integer
    from sqlactive_c.sql.sqltypes import Integer

    return Integer


LOADERS = [
    one_table, with_target, without_target, some_columns,
    some_columns_without_key, column_on_top, key_on_top, twice, extended,
    extended_around, reflected_at_once, reflected_around,
    with_views, only_names,
    only_by_function, only_missing, missing, by_inspector,
    missing_for_inspector,
]  # fmt: skip


_ERRORS = (sqlalchemy.exc.SQLAlchemyError, sqlactive_c.exc.SQLAlchemyError)


def loaded(lib: Any, run: Any, load: Any, metadata: Any, folder: Path) -> Any:
    target = folder / f"{lib.__name__}.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run(folder / "main.db", [], lambda c: load(lib, metadata, c))
            run(target, [], metadata.create_all)
        except _ERRORS as error:
            return type(error).__name__, list(metadata.tables)
    return master(target), list(metadata.tables)


@pytest.mark.parametrize("load", LOADERS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("convention", [None, "names"])
def test_same_tables_loaded(
    load: Any, convention: str | None, tmp_path: Path
) -> None:
    make(tmp_path / "main.db", SHOP)
    names = convention and {
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
    ours, peers = (
        loaded(lib, run, load, lib.MetaData(naming_convention=names), tmp_path)
        for lib, run in ((sqlactive_c, with_ours), (sqlalchemy, with_peer))
    )
    assert ours == peers


# -- generated tables -------------------------------------------------------

WORDS = st.sampled_from(
    "id name a b c order group key check unique Mixed UPPER with_under x1"
    " select from".split()
)
ODD_WORDS = WORDS | st.sampled_from(["a b", "a-b", "ü", "1st", "a'b"])
TYPES = st.sampled_from(
    [
        sqlalchemy.Integer(), sqlalchemy.String(7), sqlalchemy.Text(),
        sqlalchemy.Numeric(6, 2), sqlalchemy.DateTime(), sqlalchemy.Boolean(),
        sqlalchemy.LargeBinary(), sqlalchemy.Float(), sqlalchemy.JSON(),
    ]
)  # fmt: skip
DEFAULTS = st.none() | st.sampled_from(["5", "a'b", "CURRENT_TIMESTAMP"])
ACTIONS = st.sampled_from([None, "CASCADE", "SET NULL", "RESTRICT"])


@st.composite
def peers_tables(draw: Any) -> Any:
    """Return a metadata of the peer's with up to four tables."""
    metadata = sqlalchemy.MetaData()
    folded = {"min_size": 1, "unique_by": str.lower}
    for number, name in enumerate(
        draw(st.lists(ODD_WORDS, max_size=4, **folded))
    ):
        names = draw(st.lists(ODD_WORDS, max_size=5, **folded))
        table = sqlalchemy.Table(name, metadata)
        keys = set(draw(st.lists(st.sampled_from(names), max_size=2)))
        for each in names:
            default = draw(DEFAULTS)
            table.append_column(
                sqlalchemy.Column(
                    each,
                    draw(TYPES),
                    primary_key=each in keys,
                    nullable=each not in keys and draw(st.booleans()),
                    server_default=default,
                )
            )
        add_constraints(draw, metadata, table, f"{number}")
    return metadata


def add_constraints(draw: Any, metadata: Any, table: Any, tag: str) -> None:
    columns = st.sampled_from(list(table.columns))
    several = st.lists(columns, min_size=1, max_size=3, unique=True)
    for i in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from([None, f"uq{tag}{i}", f"u q {tag}{i}"]))
        table.append_constraint(
            sqlalchemy.UniqueConstraint(*draw(several), name=name)
        )
    if draw(st.booleans()):
        where = draw(columns).isnot(None) if draw(st.booleans()) else None
        sqlalchemy.Index(
            f"ix {tag}",
            *draw(several),
            unique=draw(st.booleans()),
            sqlite_where=where,
        )
    if draw(st.booleans()):
        name = draw(st.sampled_from([None, f"ck{tag}", f"c k {tag}"]))
        table.append_constraint(
            sqlalchemy.CheckConstraint(draw(columns).isnot(None), name=name)
        )
    if draw(st.booleans()):
        target = draw(st.sampled_from(list(metadata.tables.values())))
        table.append_constraint(
            sqlalchemy.ForeignKeyConstraint(
                [draw(columns)],
                [draw(st.sampled_from(list(target.columns)))],
                name=draw(st.sampled_from([None, f"fk{tag}", f"f k {tag}"])),
                ondelete=draw(ACTIONS),
                onupdate=draw(ACTIONS),
                deferrable=draw(st.sampled_from([None, True])),
            )
        )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(peers_tables())
def test_generated_tables(metadata: Any) -> None:
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        path = folder / "main.db"
        with_peer(path, [], metadata.create_all)
        ours, peers = (
            run(path, [], lambda c, lib=lib: snapshot(lib.inspect(c), (None,)))
            for lib, run in ((sqlactive_c, with_ours), (sqlalchemy, with_peer))
        )
        assert ours == peers
        assert recreated(
            sqlactive_c, with_ours, path, folder / "ours.db", []
        ) == recreated(sqlalchemy, with_peer, path, folder / "peers.db", [])
