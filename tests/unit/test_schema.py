"""Schema objects: tables, columns, constraints, indexes."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sqlactive_c import exc
from sqlactive_c.sql import desc, func
from sqlactive_c.sql.ddl import create_index_sql, create_table_sql
from sqlactive_c.sql.schema import (
    CheckConstraint,
    Column,
    Computed,
    DefaultClause,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    quoted_name,
)
from sqlactive_c.sql.sqltypes import Boolean, Integer, NullType, String


def table(*args: Any, name: str = "t", **kwargs: Any) -> Table:
    return Table(name, MetaData(), *args, **kwargs)


def test_there_is_one_table_per_name() -> None:
    metadata = MetaData()
    one = Table("t", metadata, Column("a", Integer))
    assert Table("t", metadata) is one
    assert Table("t", MetaData()) is not one
    assert Table("t", metadata, schema="s") is not one
    assert list(metadata.tables) == ["t", "s.t"]
    with pytest.raises(exc.InvalidRequestError, match="extend_existing"):
        Table("t", metadata, Column("b", Integer))
    assert one.c.keys() == ["a"]


def test_extend_existing_replaces_a_column() -> None:
    metadata = MetaData()
    one = Table("t", metadata, Column("a", Integer, ForeignKey("t.a")))
    Table("t", metadata, Column("a", String(3)), extend_existing=True)
    assert isinstance(one.c.a.type, String)
    assert not one.foreign_keys
    assert not one.foreign_key_constraints


def test_a_table_that_fails_leaves_nothing() -> None:
    metadata = MetaData()
    with pytest.raises(exc.ArgumentError):
        Table("t", metadata, Column("a", Integer), UniqueConstraint("b"))
    assert "t" not in metadata
    assert Table("t", metadata, Column("a", Integer)).c.keys() == ["a"]


@pytest.mark.parametrize("name", ["", "a\0b", 5, None])
def test_names_that_are_none(name: Any) -> None:
    with pytest.raises(exc.ArgumentError):
        Table(name, MetaData())
    with pytest.raises(exc.ArgumentError):
        table(Column(name, Integer))
    if name is not None:
        with pytest.raises(exc.ArgumentError):
            Index(name, "a")
        with pytest.raises(exc.ArgumentError):
            UniqueConstraint("a", name=name)
        with pytest.raises(exc.ArgumentError):
            MetaData(schema=name)
        with pytest.raises(exc.ArgumentError):
            table(Column("x", Integer), schema=name)


def test_quotes_in_names() -> None:
    text = create_table_sql(table(Column('a"b', Integer), name='t"; DROP'))
    assert text == '\nCREATE TABLE "t""; DROP" (\n\t"a""b" INTEGER\n)\n\n'


def test_long_names() -> None:
    with pytest.raises(exc.IdentifierError):
        create_table_sql(table(Column("a", Integer), name="x" * 10000))


def test_metadata_that_is_none() -> None:
    with pytest.raises(exc.ArgumentError, match="MetaData"):
        Table("t", "metadata")  # type: ignore[arg-type]


def test_collection_of_columns() -> None:
    t = table(Column("a", Integer), Column("b", Integer, key="k"))
    assert t.c is t.columns
    assert t.c.keys() == ["a", "k"]
    assert t.c.a is t.c["a"] is t.c[0]
    assert t.c[-1] is t.c.k
    assert t.c["a", "k"] == (t.c.a, t.c.k)
    assert "k" in t.c
    assert "b" not in t.c
    assert t.c.contains_column(t.c.k)
    assert len(t.c) == 2
    assert [c.name for c in t.c] == ["a", "b"]
    assert t.c.get("zz") is None
    with pytest.raises(KeyError):
        t.c["zz"]
    with pytest.raises(AttributeError):
        _ = t.c.zz
    with pytest.raises(exc.ArgumentError):
        assert t.c.a in t.c
    with pytest.raises(TypeError):
        t.c.a = 5


def test_nullable_follows_primary_key() -> None:
    assert Column("a", Integer).nullable
    assert not Column("a", Integer, primary_key=True).nullable
    assert Column("a", Integer, primary_key=True, nullable=True).nullable
    t = table(Column("a", Integer), PrimaryKeyConstraint("a"))
    assert not t.c.a.nullable
    assert t.c.a.primary_key
    assert not Column("a", Integer, Identity()).nullable


def test_a_column_belongs_to_one_table() -> None:
    column = Column("a", Integer)
    table(column)
    with pytest.raises(exc.ArgumentError, match="belongs to"):
        table(column, name="u")


def test_primary_key_that_disagrees_warns() -> None:
    with pytest.warns(exc.SAWarning, match="primary"):
        table(
            Column("a", Integer),
            Column("b", Integer, primary_key=True),
            PrimaryKeyConstraint("a"),
        )


def test_unknown_database_warns() -> None:
    with pytest.warns(exc.SAWarning, match="bogus"):
        table(Column("a", Integer), bogus_engine="x")


def test_references_resolve_late() -> None:
    metadata = MetaData()
    child = Table("c", metadata, Column("p", ForeignKey("p.id")))
    (key,) = child.foreign_keys
    assert isinstance(child.c.p.type, NullType)
    with pytest.raises(exc.NoReferencedTableError) as caught:
        _ = key.column
    assert caught.value.table_name == "p"
    parent = Table("p", metadata)
    with pytest.raises(exc.NoReferencedColumnError) as caught_column:
        _ = key.column
    assert caught_column.value.column_name == "id"
    parent.append_column(Column("id", String(5), primary_key=True))
    assert key.column is parent.c.id
    assert child.c.p.type is parent.c.id.type
    assert child.c.p.references(parent.c.id)
    assert metadata.sorted_tables == [parent, child]


def test_a_reference_to_itself_has_no_type() -> None:
    t = table(Column("a", ForeignKey("t.b")), Column("b", ForeignKey("t.a")))
    with pytest.raises(exc.CompileError, match="no type"):
        create_table_sql(t)


@pytest.mark.parametrize("target", ["", ".", "t.", ".c", 5, None, "a\0.b"])
def test_targets_that_are_none(target: Any) -> None:
    with pytest.raises(exc.ArgumentError):
        ForeignKey(target)


def test_a_convention_that_needs_the_other_table() -> None:
    metadata = MetaData(
        naming_convention={
            "fk": "fk_%(referred_table_name)s_%(referred_column_0_name)s"
        }
    )
    child = Table("c", metadata, Column("p", Integer, ForeignKey("p.id")))
    Table("p", metadata, Column("id", Integer))
    assert "CONSTRAINT fk_p_id FOREIGN KEY" in create_table_sql(child)


def test_unknown_token_of_a_convention() -> None:
    metadata = MetaData(naming_convention={"ix": "%(nope)s"})
    with pytest.raises(exc.InvalidRequestError, match="nope"):
        Table("t", metadata, Column("a", Integer, index=True))


def test_circle_warns() -> None:
    metadata = MetaData()
    a = Table("a", metadata, Column("b", Integer, ForeignKey("b.a")))
    b = Table("b", metadata, Column("a", Integer, ForeignKey("a.b")))
    with pytest.warns(exc.SAWarning, match="circle"):
        assert metadata.sorted_tables == [a, b]


def test_explicit_circle_fails() -> None:
    metadata = MetaData()
    a, b = Table("a", metadata), Table("b", metadata)
    a.add_is_dependent_on(b)
    b.add_is_dependent_on(a)
    with pytest.raises(exc.CircularDependencyError):
        _ = metadata.sorted_tables


def test_index_of_another_table() -> None:
    t, u = table(Column("a", Integer)), table(Column("a", Integer), name="u")
    with pytest.raises(exc.ArgumentError, match="another table"):
        Table("v", MetaData(), Column("b", Integer), Index("i", t.c.a, "b"))
    index = Index("i", u.c.a)
    assert index.table is u
    with pytest.raises(exc.ArgumentError, match="already"):
        index._set_parent(t)


def test_index_without_table_or_name() -> None:
    with pytest.raises(exc.CompileError, match="no table"):
        create_index_sql(Index("i", "a"))
    t = Table(
        "t", MetaData(naming_convention={"uq": "x"}), Column("a", Integer)
    )
    with pytest.raises(exc.CompileError, match="no name"):
        create_index_sql(Index(None, t.c.a))


def test_index_of_expressions() -> None:
    t = table(Column("a", Integer), Column("b c", String))
    index = Index("i", func.lower(t.c["b c"]), desc(t.c.a), unique=True)
    assert create_index_sql(index) == (
        'CREATE UNIQUE INDEX i ON t (lower("b c"), a DESC)'
    )
    assert index.columns.keys() == ["b c", "a"]
    assert create_index_sql(index, if_not_exists=True).startswith(
        "CREATE UNIQUE INDEX IF NOT EXISTS i "
    )


@pytest.mark.parametrize("bad", [5, None, object(), b"x"])
def test_expressions_that_are_none(bad: Any) -> None:
    for make in (
        lambda: Index("i", bad),
        lambda: CheckConstraint(bad),
        lambda: Computed(bad),
        lambda: DefaultClause(bad),
        lambda: UniqueConstraint(bad),
    ):
        with pytest.raises(exc.ArgumentError):
            make()


def test_values_that_have_no_literal() -> None:
    t = table(Column("a", Integer, server_default=func.f(object())))
    with pytest.raises(exc.CompileError, match="'a'"):
        create_table_sql(t)


def test_nul_in_a_literal() -> None:
    t = table(Column("a", String, server_default="x\0y"))
    with pytest.raises(exc.CompileError, match="NUL"):
        create_table_sql(t)


def test_collation_is_quoted() -> None:
    t = table(Column("a", String(collation='x"y')))
    assert 'COLLATE "x""y"' in create_table_sql(t)


def test_an_empty_unique_constraint_is_left_out() -> None:
    assert create_table_sql(
        table(Column("a", Integer), UniqueConstraint())
    ) == ("\nCREATE TABLE t (\n\ta INTEGER\n)\n\n")


def test_column_checks_keep_their_order() -> None:
    t = table(
        Column(
            "a", Integer, CheckConstraint("a > 1"), CheckConstraint("a < 9")
        )
    )
    assert "CHECK (a > 1) CHECK (a < 9)" in create_table_sql(t)


def test_indexes_keep_their_order() -> None:
    t = table(*(Column(f"c{n}", Integer, index=True) for n in range(20)))
    names = [index.name for index in t.sorted_indexes()]
    assert names == [f"ix_t_c{n}" for n in range(20)]


def test_autoincrement_column() -> None:
    def of(*columns: Column) -> Any:
        found = table(*columns).autoincrement_column
        return found if found is None else found.name

    assert of(Column("a", Integer, primary_key=True)) == "a"
    assert of(Column("a", String, primary_key=True)) is None
    assert (
        of(Column("a", Integer, primary_key=True, autoincrement=False)) is None
    )
    key = Column("a", Integer, ForeignKey("t.b"), primary_key=True)
    assert of(key, Column("b", Integer)) is None
    two = [Column(n, Integer, primary_key=True) for n in "ab"]
    assert of(*two) is None
    bad = table(Column("a", String, primary_key=True, autoincrement=True))
    with pytest.raises(exc.ArgumentError, match="integer"):
        _ = bad.autoincrement_column


def test_python_defaults() -> None:
    assert Column("a", Integer, default=5).default.arg == 5
    assert Column("a", Integer, default=lambda: 5).default.arg(None) == 5
    assert Column("a", Integer, default=lambda ctx: ctx).default.arg(7) == 7
    assert Column("a", Integer, default=dict).default.arg(None) == {}
    now = Column("a", Integer, default=func.now()).default
    assert now.is_clause_element
    assert Column("a", Integer, onupdate=3).onupdate.for_update
    with pytest.raises(exc.ArgumentError):
        Column("a", Integer, default=lambda a, b: 5)


def test_copies_are_independent() -> None:
    column = Column(
        "a",
        Boolean(create_constraint=True),
        ForeignKey("t.a", ondelete="CASCADE"),
        CheckConstraint("a > 1", name="c"),
        default=5,
        server_default="1",
        index=True,
        unique=True,
        key="k",
        comment="x",
        info={"i": 1},
        sqlite_on_conflict_unique="FAIL",
    )
    for name in ("t", "u"):
        copy = column._copy()
        t = Table(name, MetaData(), copy)
        assert len(copy.foreign_keys) == len(copy.constraints) == 1
        assert copy.info == {"i": 1}
        assert copy.info is not column.info
        assert t.c.k is copy
    assert column.table is None


def test_metadata_pickles() -> None:
    metadata = MetaData(naming_convention={"ix": "i_%(column_0_name)s"})
    Table("a", metadata, Column("id", Integer, primary_key=True))
    Table("b", metadata, Column("a", ForeignKey("a.id"), index=True))
    other = pickle.loads(pickle.dumps(metadata))
    for name in metadata.tables:
        assert create_table_sql(other.tables[name]) == create_table_sql(
            metadata.tables[name]
        )


def test_names_that_say_how_to_quote() -> None:
    name = quoted_name("abc", True)
    assert quoted_name(name, True) is name
    other = pickle.loads(pickle.dumps(name))
    assert (other, other.quote) == ("abc", True)


def test_remove_and_clear() -> None:
    metadata = MetaData()
    t = Table("t", metadata)
    assert t in metadata
    metadata.remove(t)
    assert "t" not in metadata
    Table("u", metadata)
    metadata.clear()
    assert not metadata.tables


def test_tables_are_read_only() -> None:
    with pytest.raises(TypeError):
        MetaData().tables["x"] = 5  # type: ignore[index]
