"""Reflection: ``inspect()``, ``Inspector``, tables loaded from a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sqlactive_c
from sqlactive_c import (
    Column,
    DeclarativeBase,
    Index,
    Inspector,
    Mapped,
    MetaData,
    Table,
    create_async_engine,
    exc,
    inspect,
    mapped_column,
)
from sqlactive_c.engine.reflection import ObjectKind, ObjectScope
from sqlactive_c.sql.affinity import type_of_name
from sqlactive_c.sql.ddl import create_table_sql, creation_sql
from sqlactive_c.sql.ddl_reader import index_condition, read_table
from sqlactive_c.sql.dialect import SQLiteDialect
from sqlactive_c.sql.inspect import inspects


class Result:
    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def all(self) -> list[Any]:
        return self.rows


class Connection:
    """The synchronous connection of ``run_sync``, on stdlib sqlite3."""

    engine = None
    dialect = SQLiteDialect()

    def __init__(self) -> None:
        self.driver = sqlite3.connect(":memory:", isolation_level=None)
        self.statements: list[str] = []

    def exec_driver_sql(self, sql: str, parameters: Any = None) -> Result:
        self.statements.append(sql)
        return Result(self.driver.execute(sql, parameters or ()).fetchall())


Look = Callable[..., Inspector]


@pytest.fixture
def connection() -> Iterator[Connection]:
    connection = Connection()
    yield connection
    connection.driver.close()


@pytest.fixture
def look(connection: Connection) -> Look:
    """Run scripts and return an inspector of the database."""

    def run(*scripts: str) -> Inspector:
        for script in scripts:
            connection.driver.executescript(script)
        return Inspector(connection)

    return run


def names(columns: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in columns]


# -- inspect() --------------------------------------------------------------


async def test_inspect_gives_an_inspector_of_a_connection(
    tmp_path: Path,
) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    async with engine.connect() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (a INT)")

        def use(sync: Any) -> tuple[Any, ...]:
            inspector = inspect(sync)
            assert isinstance(inspector, Inspector)
            assert inspect(inspector) is inspector
            assert inspector.bind is sync
            return (
                inspector.get_table_names(),
                inspector.engine is engine,
                inspector.dialect.name,
                inspector.default_schema_name,
            )

        assert await connection.run_sync(use) == (
            ["t"],
            True,
            "sqlite",
            "main",
        )
    await engine.dispose()


async def test_what_is_asynchronous_says_how_to_inspect_it() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        for subject in (engine, connection):
            with pytest.raises(exc.NoInspectionAvailable, match="run_sync"):
                inspect(subject)
            with pytest.raises(exc.NoInspectionAvailable, match="run_sync"):
                Inspector(subject)
            assert inspect(subject, raiseerr=False) is None
        with pytest.raises(exc.NoInspectionAvailable, match="run_sync"):
            MetaData().reflect(connection)
        with pytest.raises(exc.NoInspectionAvailable, match="run_sync"):
            Table("t", MetaData(), autoload_with=connection)
    await engine.dispose()


def test_inspect_gives_the_mapper_of_a_class() -> None:
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Plain:
        pass

    assert inspect(Thing) is Thing.__mapper__
    for subject in (Base, Plain, Plain(), 3, None):
        with pytest.raises(exc.NoInspectionAvailable):
            inspect(subject)
        assert inspect(subject, raiseerr=False) is None


def test_other_types_can_be_registered() -> None:
    class Thing:
        pass

    class More(Thing):
        pass

    @inspects(Thing)
    def tell(thing: Thing) -> Any:
        return ("told", thing)

    more = More()
    assert inspect(more) == ("told", more)
    assert sqlactive_c.inspect is inspect


# -- names ------------------------------------------------------------------


def test_names(look: Look) -> None:
    inspector = look(
        "ATTACH ':memory:' AS other",
        "CREATE TABLE b (x); CREATE TABLE a (x INTEGER PRIMARY KEY"
        " AUTOINCREMENT); CREATE VIEW v AS SELECT 1;"
        " CREATE TEMP TABLE tt (x); CREATE TEMP VIEW tv AS SELECT 2;"
        " CREATE TABLE other.o (x); CREATE VIEW other.ov AS SELECT 3",
    )
    assert inspector.get_schema_names() == ["main", "other"]
    assert inspector.has_schema("other")
    assert not inspector.has_schema("temp")
    assert inspector.get_table_names() == ["a", "b"]
    assert inspector.get_table_names(sqlite_include_internal=True) == [
        "a",
        "b",
        "sqlite_sequence",
    ]
    assert inspector.get_table_names("other") == ["o"]
    assert inspector.get_view_names() == ["v"]
    assert inspector.get_view_names(schema="other") == ["ov"]
    assert inspector.get_temp_table_names() == ["tt"]
    assert inspector.get_temp_view_names() == ["tv"]
    assert inspector.get_view_definition("tv") == (
        "CREATE VIEW tv AS SELECT 2"
    )
    with pytest.raises(exc.NoSuchTableError, match=r"no view 'other\.v'"):
        inspector.get_view_definition("v", "other")


def test_has_table(look: Look) -> None:
    inspector = look(
        "ATTACH ':memory:' AS other; CREATE TABLE t (a); CREATE TEMP TABLE"
        " tt (a); CREATE VIEW v AS SELECT 1; CREATE TABLE other.o (x)"
    )
    for name in ("t", "T", "tt", "v", "sqlite_master"):
        assert inspector.has_table(name), name
    for name in ("o", "", "t'", 't"; DROP TABLE t; --', "t\0"):
        assert not inspector.has_table(name), name
    assert inspector.has_table("o", "other")
    assert inspector.has_table("o", "OTHER")
    assert inspector.has_table("tt", "temp")
    assert not inspector.has_table("t", "temp")
    assert not inspector.has_table("o", "nobody")
    assert not inspector.has_table("o", 'other"; DROP TABLE t; --')
    assert inspector.has_table("t")


def test_has_index(look: Look) -> None:
    inspector = look("CREATE TABLE t (a); CREATE INDEX i ON t (a)")
    assert inspector.has_index("t", "i")
    assert not inspector.has_index("t", "j")
    assert not inspector.has_index("nobody", "i")


def test_what_sqlite_has_not(look: Look) -> None:
    inspector = look("CREATE TABLE t (a)")
    assert inspector.get_sequence_names() == []
    assert not inspector.has_sequence("s")
    with pytest.raises(NotImplementedError):
        inspector.get_table_comment("t")
    with pytest.raises(NotImplementedError):
        inspector.get_materialized_view_names()


@pytest.mark.parametrize(
    "method",
    [
        "get_columns",
        "get_pk_constraint",
        "get_foreign_keys",
        "get_indexes",
        "get_unique_constraints",
        "get_check_constraints",
        "get_table_options",
    ],
)
def test_a_missing_table(look: Look, method: str) -> None:
    inspector = look("CREATE TABLE t (a)")
    with pytest.raises(exc.NoSuchTableError, match=r"main\.nobody"):
        getattr(inspector, method)("nobody", "main")
    with pytest.raises(exc.NoSuchTableError, match="x; DROP TABLE t"):
        getattr(inspector, method)("x; DROP TABLE t")


def test_a_name_in_another_case_is_the_same_table(look: Look) -> None:
    inspector = look(
        "CREATE TABLE Tab (A INTEGER CONSTRAINT pk PRIMARY KEY, b TEXT,"
        " UNIQUE (B), CHECK (b > ''), FOREIGN KEY (b) REFERENCES tab (A))"
    )
    assert inspector.get_pk_constraint("TAB")["name"] == "pk"
    assert inspector.get_check_constraints("TAB") == [
        {"sqltext": "b > ''", "name": None}
    ]
    assert inspector.get_unique_constraints("tab") == [
        {"name": None, "column_names": ["b"]}
    ]
    metadata = MetaData()
    table = Table("Tab", metadata, autoload_with=inspector)
    assert list(metadata.tables) == ["Tab"]
    (key,) = table.foreign_keys
    assert key.column is table.c.A


def test_the_temporary_table_of_a_name_is_the_second_choice(
    look: Look,
) -> None:
    inspector = look(
        "CREATE TABLE t (a); CREATE TEMP TABLE t (b UNIQUE, CHECK (b > 1));"
        " CREATE INDEX temp.i ON t (b)"
    )
    assert names(inspector.get_columns("t")) == ["a"]
    assert inspector.get_indexes("t") == []
    assert inspector.get_check_constraints("t") == []
    assert names(inspector.get_columns("t", "temp")) == ["b"]
    assert names(inspector.get_indexes("t", "temp")) == ["i"]
    assert names(inspector.get_check_constraints("t", "temp")) == [None]


# -- the cache --------------------------------------------------------------


def test_what_was_read_is_kept_until_it_is_cleared(
    look: Look, connection: Connection
) -> None:
    inspector = look("CREATE TABLE t (a)")
    first = inspector.get_columns("t")
    connection.statements.clear()
    first[0]["name"] = "changed by the caller"
    first.clear()
    assert names(inspector.get_columns("t")) == ["a"]
    assert connection.statements == []
    look("ALTER TABLE t ADD COLUMN b")
    assert names(inspector.get_columns("t")) == ["a"]
    inspector.clear_cache()
    assert names(inspector.get_columns("t")) == ["a", "b"]
    assert not inspector.has_table("u")
    look("CREATE TABLE u (a)")
    assert not inspector.has_table("u")
    inspector.clear_cache()
    assert inspector.has_table("u")


# -- several tables ---------------------------------------------------------


def test_kinds_and_scopes(look: Look) -> None:
    inspector = look(
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT 1 AS b;"
        " CREATE TEMP TABLE tt (c); CREATE TEMP VIEW tv AS SELECT 1 AS d"
    )

    def keys(**kwargs: Any) -> list[Any]:
        return [name for _, name in inspector.get_multi_columns(**kwargs)]

    any_kind, any_scope = ObjectKind.ANY, ObjectScope.ANY
    assert keys() == ["t"]
    assert keys(kind=ObjectKind.VIEW) == ["v"]
    assert keys(scope=ObjectScope.TEMPORARY) == ["tt"]
    assert keys(kind=any_kind, scope=any_scope) == ["t", "v", "tt", "tv"]
    assert keys(filter_names=["tt", "t"]) == ["t"]
    assert keys(
        filter_names=["tv", "nobody", "t"], kind=any_kind, scope=any_scope
    ) == ["tv", "t"]
    assert inspector.get_multi_pk_constraint("main") == {
        ("main", "t"): {"constrained_columns": [], "name": None}
    }


def test_several_schemas_are_sorted_together(look: Look) -> None:
    inspector = look(
        "ATTACH ':memory:' AS other; CREATE TABLE a (x REFERENCES b (x));"
        " CREATE TABLE b (x); CREATE TABLE other.c (x REFERENCES b (x))"
    )
    assert inspector.sort_tables_on_foreign_key_dependency(
        (None, "other")
    ) == [
        ((None, "b"), []),
        (("other", "c"), [(("other", "c"), None)]),
        ((None, "a"), [((None, "a"), None)]),
        (None, []),
    ]


# -- reading of the text ----------------------------------------------------


def test_a_condition_does_not_end_in_a_comment(look: Look) -> None:
    inspector = look(
        "CREATE TABLE t (a INT, b INT AS (a /* x */ + 1 -- next\n));"
        "CREATE INDEX i ON t (a) WHERE a > 5 -- five\n"
    )
    assert inspector.get_columns("t")[1]["computed"]["sqltext"] == (
        "a /* x */ + 1"
    )
    (index,) = inspector.get_indexes("t")
    assert str(index["dialect_options"]["sqlite_where"]) == "a > 5"
    assert read_table("CREATE TABLE t (CHECK (a > 1 -- x\n))").checks == [
        (None, "a > 1")
    ]


def test_what_is_loaded_is_written_as_it_was(look: Look) -> None:
    inspector = look(
        r"""
        CREATE TABLE t (a TEXT DEFAULT ":x", b TEXT DEFAULT (1 -- one
            ), [c:d] INT, `e:f` INT CHECK (`e:f` <> '\:'), g TEXT DEFAULT '\:',
            h TEXT AS ([c:d] || '\:'), i TEXT DEFAULT '\\:y :z');
        CREATE INDEX i ON t (a) WHERE `e:f` <> '\:' AND a <> ':z';
        """
    )
    metadata = MetaData()
    metadata.reflect(inspector)
    again = Connection()
    for sql in creation_sql(metadata.tables.values()):
        again.driver.execute(sql)
    copy = Inspector(again)

    def data(inspector: Inspector) -> str:
        return repr(
            [inspector.get_columns("t"), inspector.get_check_constraints("t")]
        ) + str(inspector.get_indexes("t")[0]["dialect_options"])

    assert data(copy) == data(inspector).replace("1 -- one", "1")
    again.driver.close()


@pytest.mark.parametrize(
    "sql",
    [
        None,
        "",
        "CREATE",
        "CREATE TABLE",
        "CREATE TABLE t",
        "CREATE VIRTUAL TABLE t USING fts5(CHECK (x), UNIQUE (y))",
        "CREATE VIEW v AS SELECT CHECK (a)",
        "))((",
    ],
)
def test_what_is_no_table_says_nothing(sql: str | None) -> None:
    found = read_table(sql)
    said = [found.checks, found.uniques, found.foreign_keys, found.generated]
    assert said == [[], [], [], {}]
    options = (found.key_name, found.with_rowid, found.strict)
    assert options == (None, True, False)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            "( ) , a \"q\" [b] `c` 's' 1 CONSTRAINT PRIMARY KEY UNIQUE CHECK"
            " FOREIGN REFERENCES NOT NULL DEFERRABLE INITIALLY ON DELETE SET"
            " DEFAULT - MATCH GENERATED ALWAYS AS COLLATE ; ' \" [ /* -- \n"
            " WITHOUT ROWID STRICT WHERE".split(" ")
        )
    )
)
def test_no_text_breaks_the_reader(words: list[str]) -> None:
    text = " ".join(words)
    read_table("CREATE TABLE t (" + text)
    read_table(text)
    index_condition(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "NullType()"),
        ("blob", "BLOB()"),
        ("FOO", "NUMERIC()"),
        ("BIGFOOINT", "INTEGER()"),
        ("VARCHAR(20)", "VARCHAR(length=20)"),
        ("decimal(10, 2)", "DECIMAL(precision=10, scale=2)"),
        ("DOUBLE PRECISION", "REAL()"),
        ("BOOLEAN(1)", "BOOLEAN()"),
        ("DATETIME(6)", "DATETIME()"),
        ("[odd]", "NullType()"),
        ("VARCHAR(", "VARCHAR()"),
        ("VARCHAR(MAX)", "VARCHAR()"),
    ],
)
def test_types(name: str, expected: str) -> None:
    assert repr(type_of_name(name)) == expected


def test_arguments_that_a_type_does_not_take() -> None:
    with pytest.warns(exc.SAWarning, match=r"INTEGER .* 'INTEGER\(11\)'"):
        assert repr(type_of_name("INTEGER(11)")) == "INTEGER()"


def test_an_index_over_an_expression_is_left_out(look: Look) -> None:
    inspector = look(
        "CREATE TABLE t (a); CREATE INDEX i ON t (lower(a));"
        " CREATE INDEX j ON t (a)"
    )
    with pytest.warns(exc.SAWarning, match="'i' of table 't'"):
        assert names(inspector.get_indexes("t")) == ["j"]


# -- tables -----------------------------------------------------------------


def test_a_table_is_loaded_with_what_it_refers_to(look: Look) -> None:
    inspector = look(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INT REFERENCES b (id));"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INT REFERENCES a (id));"
        "CREATE TABLE c (id INTEGER PRIMARY KEY)"
    )
    metadata = MetaData()
    a = Table("a", metadata, autoload_with=inspector)
    assert list(metadata.tables) == ["a", "b"]
    b = metadata.tables["b"]
    assert next(iter(a.c.b.foreign_keys)).column is b.c.id
    assert next(iter(b.c.a.foreign_keys)).column is a.c.id
    assert Table("a", metadata, autoload_with=inspector) is a
    alone = MetaData()
    Table("a", alone, autoload_with=inspector, resolve_fks=False)
    assert list(alone.tables) == ["a"]


def test_a_long_chain_of_tables(look: Look) -> None:
    inspector = look(
        *(
            f"CREATE TABLE t{i} (id INTEGER PRIMARY KEY, x INT"
            f" REFERENCES t{i + 1} (id))"
            for i in range(1500)
        ),
        "CREATE TABLE t1500 (id INTEGER PRIMARY KEY)",
    )
    metadata = MetaData()
    Table("t0", metadata, autoload_with=inspector)
    assert len(metadata.tables) == 1501


def test_a_table_that_cannot_be_loaded_leaves_nothing(look: Look) -> None:
    inspector = look(
        "CREATE TABLE a (x INT REFERENCES b (x));"
        "CREATE TABLE b (x INT REFERENCES nobody (x));"
    )
    metadata = MetaData()
    kept = Table("kept", metadata)
    for name in ("a", "b", "nobody"):
        with pytest.raises(exc.NoSuchTableError, match="nobody"):
            Table(name, metadata, autoload_with=inspector)
        assert list(metadata.tables.values()) == [kept]


def test_foreign_keys_that_match_no_columns_are_left_out(look: Look) -> None:
    inspector = look(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (a INT, b INT, FOREIGN KEY (a, b) REFERENCES p);"
        "CREATE TABLE u (a INT, FOREIGN KEY (a, a) REFERENCES p (id, id))"
    )
    metadata = MetaData()
    for name in ("t", "u"):
        with pytest.warns(exc.SAWarning, match="foreign key"):
            table = Table(name, metadata, autoload_with=inspector)
        assert not table.foreign_keys


def test_excluded_columns_take_their_indexes_along(look: Look) -> None:
    inspector = look(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT REFERENCES p (id),"
        " b INT, UNIQUE (a, b), UNIQUE (b)); CREATE INDEX i ON t (a);"
        " CREATE INDEX j ON t (b)"
    )
    table = Table("t", MetaData())
    inspector.reflect_table(table, exclude_columns=["a"])
    assert table.c.keys() == ["id", "b"]
    assert [index.name for index in table.indexes] == ["j"]
    assert not table.foreign_keys
    assert "UNIQUE (a" not in create_table_sql(table)
    assert "UNIQUE (b)" in create_table_sql(table)


def test_columns_with_dots_can_be_referred_to(look: Look) -> None:
    inspector = look(
        'CREATE TABLE "a.b" ("c.d" INTEGER PRIMARY KEY);'
        'CREATE TABLE t (x INT REFERENCES "a.b" ("c.d"))'
    )
    metadata = MetaData()
    table = Table("t", metadata, autoload_with=inspector)
    (key,) = table.foreign_keys
    assert key.column is metadata.tables["a.b"].c["c.d"]


def test_reflect_an_attached_database(look: Look) -> None:
    inspector = look(
        "ATTACH ':memory:' AS other",
        "CREATE TABLE t (a); CREATE TABLE other.o (id INTEGER PRIMARY KEY);"
        " CREATE TABLE other.p (x INT REFERENCES o (id))",
    )
    by_argument, by_default = MetaData(), MetaData(schema="other")
    by_argument.reflect(inspector, schema="other")
    by_default.reflect(inspector)
    for metadata in (by_argument, by_default):
        assert list(metadata.tables) == ["other.o", "other.p"]
        (key,) = metadata.tables["other.p"].foreign_keys
        assert key.column.table is metadata.tables["other.o"]
    by_argument.reflect(inspector, schema="other", only=["o"])
    assert list(by_argument.tables) == ["other.o", "other.p"]
    with pytest.raises(exc.InvalidRequestError, match=r"'other'.*: t, x"):
        by_argument.reflect(inspector, schema="other", only=["o", "t", "x"])


def test_reflecting_again_adds_what_is_new(look: Look) -> None:
    inspector = look("CREATE TABLE t (a INT)")
    metadata = MetaData()
    metadata.reflect(inspector)
    table = metadata.tables["t"]
    look("ALTER TABLE t ADD COLUMN b TEXT; CREATE TABLE u (a INT)")
    inspector.clear_cache()
    metadata.reflect(inspector)
    assert table.c.keys() == ["a"]
    assert list(metadata.tables) == ["t", "u"]
    metadata.reflect(inspector, extend_existing=True)
    assert metadata.tables["t"] is table
    assert table.c.keys() == ["a", "b"]


@pytest.mark.parametrize("replace", [True, False])
def test_reflecting_again_doubles_nothing(look: Look, replace: bool) -> None:
    inspector = look(
        """
        CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE t (a INT, b INT UNIQUE, CHECK (a > 1),
            CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (id));
        CREATE INDEX i ON t (a);
        """
    )
    metadata = MetaData()
    metadata.reflect(inspector)
    tables = list(metadata.tables.values())
    Index("own", tables[1].c.b)
    before = creation_sql(tables)
    metadata.reflect(inspector, extend_existing=True, autoload_replace=replace)
    (key,) = tables[1].foreign_keys
    assert tables[1].c.a.foreign_keys == {key}
    after = creation_sql(tables)
    own = [sql for sql in before if " own " in sql]
    assert own == (["CREATE INDEX own ON t (b)"])
    assert sorted(after) == sorted(before)


def test_a_mapped_class_of_a_reflected_table(look: Look) -> None:
    inspector = look("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)")

    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __table__ = Table("t", Base.metadata, autoload_with=inspector)

    assert inspect(Thing).primary_key[0].name == "id"


async def test_reflect_in_run_sync(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    metadata = MetaData()
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "CREATE TABLE p (id INTEGER PRIMARY KEY)"
        )
        await connection.exec_driver_sql(
            "CREATE TABLE c (id INTEGER REFERENCES p ON DELETE CASCADE)"
        )
        await connection.run_sync(metadata.reflect)
        table = await connection.run_sync(
            lambda sync: Table("c", MetaData(), autoload_with=sync)
        )
    await engine.dispose()
    assert list(metadata.tables) == ["c", "p"]
    assert isinstance(table.c.id, Column)
    (key,) = table.foreign_keys
    assert key.constraint is not None
    assert key.constraint.ondelete == "CASCADE"


# -- generated definitions --------------------------------------------------

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1,
    max_size=8,
)  # fmt: skip
SPACES = st.sampled_from(
    [" ", "\n", "\t ", " /* , ) ' CHECK (1) */ ", ' -- ( " UNIQUE (x)\n']
)
VALUES = ["1", "-2.5", "'a, b)'", "'it''s'", "(1 + (2))", '"x"', "NULL"]
CONDITIONS = ["1", "')' <> '('", "(1) AND (2 > 1)", "'CHECK' > \"x\""]
ACTIONS = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"]


def distinct(items: list[str]) -> bool:
    folded = [item.casefold() for item in items]
    return len(set(folded)) == len(folded)


@st.composite
def definitions(draw: Any) -> tuple[str, dict[str, Any]]:
    """Return a CREATE TABLE statement and what an inspector has to say."""
    columns = draw(st.lists(NAMES, min_size=2, max_size=5).filter(distinct))
    maybe_name = st.none() | NAMES

    def space() -> str:
        return draw(SPACES)

    def quoted(name: str) -> str:
        styles = ['"' + name.replace('"', '""') + '"']
        styles.append("`" + name.replace("`", "``") + "`")
        if "]" not in name:
            styles.append(f"[{name}]")
        return draw(st.sampled_from(styles))

    def named(name: str | None) -> str:
        if name is None:
            return ""
        return f"CONSTRAINT{space()}{quoted(name)}{space()}"

    checks: list[dict[str, Any]] = []
    keys: list[dict[str, Any]] = []
    parts = []
    for column in columns:
        part = [quoted(column), "TEXT"]
        if draw(st.booleans()):
            part.append(f"DEFAULT{space()}{draw(st.sampled_from(VALUES))}")
        if draw(st.booleans()):
            name, sql = draw(maybe_name), draw(st.sampled_from(CONDITIONS))
            part.append(
                f"{named(name)}CHECK{space()}({space()}{sql}{space()})"
            )
            checks.append({"sqltext": sql, "name": name})
        parts.append(space().join(part))
    for _ in range(draw(st.integers(0, 2))):
        name, target = draw(maybe_name), draw(NAMES)
        column = draw(st.sampled_from(columns))
        action = draw(st.sampled_from(ACTIONS))
        parts.append(
            f"{named(name)}FOREIGN{space()}KEY{space()}({quoted(column)})"
            f"{space()}REFERENCES{space()}{quoted(target)}({quoted('i d')})"
            f"{space()}ON{space()}DELETE{space()}{action}{space()}"
            f"NOT{space()}DEFERRABLE"
        )
        keys.append(
            {
                "name": name,
                "constrained_columns": [column],
                "referred_schema": None,
                "referred_table": target,
                "referred_columns": ["i d"],
                "options": {"ondelete": action, "deferrable": False},
            }
        )
    wanted = draw(st.permutations(columns))
    unique = {"name": draw(maybe_name), "column_names": wanted}
    listed = f"{space()},".join(quoted(name) for name in wanted)
    parts.append(f"{named(unique['name'])}UNIQUE{space()}({listed})")
    sql = f"CREATE TABLE t{space()}({space()}{f',{space()}'.join(parts)})"
    return sql, {
        "columns": columns,
        "foreign_keys": keys,
        "unique_constraints": [unique],
        "check_constraints": sorted(checks, key=lambda c: c["name"] or "~"),
    }


@settings(max_examples=200, deadline=None)
@given(definitions())
def test_generated_definitions(case: tuple[str, dict[str, Any]]) -> None:
    sql, expected = case
    connection = Connection()
    try:
        connection.driver.execute(sql)
        inspector = Inspector(connection)
        found = {
            "columns": names(inspector.get_columns("t")),
            "foreign_keys": inspector.get_foreign_keys("t"),
            "unique_constraints": inspector.get_unique_constraints("t"),
            "check_constraints": inspector.get_check_constraints("t"),
        }
    finally:
        connection.driver.close()
    assert found == expected
