"""Table definitions: the same SQL text, in the same order, as the peer's."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.definitions import DEFINITIONS, Definition
from parity.namespaces import ours, peers


class Recorder:
    """A connection that keeps the statements it is given."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def exec_driver_sql(self, sql: str, parameters: Any = None) -> None:
        self.statements.append(sql)


def our_statements(metadata: Any) -> tuple[list[str], list[str]]:
    created, dropped = Recorder(), Recorder()
    metadata.create_all(created, checkfirst=False)
    metadata.drop_all(dropped, checkfirst=False)
    return created.statements, dropped.statements


def peers_statements(metadata: Any) -> tuple[list[str], list[str]]:
    from sqlalchemy import create_mock_engine

    statements: list[str] = []

    def dump(statement: Any, *args: Any, **kwargs: Any) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine("sqlite://", dump)
    metadata.create_all(engine, checkfirst=False)
    created, statements = statements, []
    metadata.drop_all(engine, checkfirst=False)
    return created, statements


def grouped(statements: list[str]) -> list[Any]:
    """Return statements with the indexes of a table in one set each.

    The peer keeps indexes in a set; their order is not defined there.
    """
    out: list[Any] = []
    for sql in statements:
        if "INDEX" in sql.partition(" ON ")[0]:
            if not out or not isinstance(out[-1], set):
                out.append(set())
            out[-1].add(sql)
        else:
            out.append(sql)
    return out


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.name)
def test_same_statements(definition: Definition) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = peers_statements(definition.build(peers()))
        actual = our_statements(definition.build(ours()))
    assert grouped(actual[0]) == grouped(expected[0])
    assert actual[1] == expected[1]
    assert actual[0], "the definition defines nothing"


@pytest.mark.parametrize(
    "definition",
    [each for each in DEFINITIONS if each.runs],
    ids=lambda d: d.name,
)
def test_sqlite_takes_the_statements(definition: Definition) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        created, dropped = our_statements(definition.build(ours()))
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("ATTACH ':memory:' AS other")
        for sql in created + dropped:
            connection.execute(sql)
        left = "SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'sql%'"
        assert connection.execute(left).fetchone() == (0,)
    finally:
        connection.close()


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.name)
def test_same_columns(definition: Definition) -> None:
    def described(metadata: Any) -> Any:
        return {
            key: (
                [_described(column) for column in table.columns],
                [column.key for column in table.primary_key.columns],
                sorted(index.name for index in table.indexes),
                sorted(k.target_fullname for k in table.foreign_keys),
            )
            for key, table in metadata.tables.items()
        }

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert described(definition.build(ours())) == described(
            definition.build(peers())
        )


def _described(column: Any) -> tuple[Any, ...]:
    default = column.default
    return (
        column.key,
        column.name,
        repr(column.type),
        column.nullable,
        column.primary_key,
        column.index,
        column.unique,
        default is None
        or (default.is_callable, default.is_scalar, default.is_clause_element),
        column.onupdate is None,
        column.server_default is None,
        len(column.constraints),
    )


def failure(build: Callable[[Any], Any], ns: Any, run: Any) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception) as caught:  # noqa: PT011
            run(build(ns))
    return type(caught.value).__name__


def _fk_to(target: str) -> Callable[[Any], Any]:
    def build(ns: Any) -> Any:
        metadata = ns.MetaData()
        ns.Table("known", metadata, ns.Column("id", ns.Integer))
        ns.Table(
            "t", metadata, ns.Column("a", ns.Integer, ns.ForeignKey(target))
        )
        return metadata

    return build


def _table(*args: Callable[[Any], Any], **kwargs: Any) -> Any:
    def build(ns: Any) -> Any:
        metadata = ns.MetaData()
        ns.Table("t", metadata, *(make(ns) for make in args), **kwargs)
        return metadata

    return build


def _column(*args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    return lambda ns: ns.Column(*args, ns.Integer, **kwargs)


def _twice(ns: Any) -> Any:
    metadata = ns.MetaData()
    for _ in range(2):
        ns.Table("t", metadata, ns.Column("id", ns.Integer))
    return metadata


BAD: dict[str, Callable[[Any], Any]] = {
    "unknown table": _fk_to("unknown.id"),
    "unknown column": _fk_to("known.nope"),
    "phrase in ondelete": _table(
        _column("id"),
        lambda ns: ns.Column(
            "a", ns.Integer, ns.ForeignKey("t.id", ondelete="x; DROP")
        ),
    ),
    "phrase in initially": _table(
        _column("a"),
        lambda ns: ns.UniqueConstraint("a", initially="x; DROP"),
    ),
    "duplicate column": _table(_column("a"), _column("a")),
    "blank column": _table(_column("")),
    "no column type": _table(lambda ns: ns.Column("a")),
    "unknown unique": _table(lambda ns: ns.UniqueConstraint("nope")),
    "unknown index": _table(lambda ns: ns.Index("i", "nope")),
    "unknown pk": _table(lambda ns: ns.PrimaryKeyConstraint("nope")),
    "constraint first": _table(
        lambda ns: ns.UniqueConstraint("a"), _column("a")
    ),
    "fk length": _table(
        _column("a"),
        lambda ns: ns.ForeignKeyConstraint(["a"], ["t.a", "t.b"]),
    ),
    "not an item": _table(lambda ns: 5),
    "not a column item": _table(lambda ns: ns.Column("a", ns.Integer, "x")),
    "not a type": _table(lambda ns: ns.Column("a", int)),
    "server default int": _table(_column("a", server_default=5)),
    "unknown option": _table(_column("a"), sqlite_nope=True),
    "unknown keyword": _table(_column("a"), nope=True),
    "unknown column keyword": _table(_column("a", nope=True)),
    "composite autoincrement": _table(
        _column("a", primary_key=True, autoincrement=True),
        _column("b", primary_key=True),
    ),
    "table twice": _twice,
    "extend and keep": _table(
        _column("a"), extend_existing=True, keep_existing=True
    ),
    "must exist": _table(must_exist=True),
    "naming without name": lambda ns: (
        ns.Table(
            "t",
            ns.MetaData(naming_convention={"ck": "c_%(constraint_name)s"}),
            ns.Column("a", ns.Integer, ns.CheckConstraint("a > 1")),
        ).metadata
    ),
    "default function": _table(_column("a", default=lambda a, b: 1)),
    "conflict on column check": _table(
        lambda ns: ns.Column(
            "a", ns.Integer, ns.CheckConstraint("a", sqlite_on_conflict="FAIL")
        )
    ),
    "computed default": _table(
        lambda ns: ns.Column(
            "a", ns.Integer, ns.Computed("1"), server_default="1"
        )
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_same_class_of_error(name: str) -> None:
    expected = failure(BAD[name], peers(), peers_statements)
    assert failure(BAD[name], ours(), our_statements) == expected
