"""Table definitions as SQL, and their creation in a database.

The text of the statements is that of SQLAlchemy's SQLite dialect, so that a
database made by the one opens with the other without a difference.

What runs statements here gets the *synchronous connection* that
``AsyncConnection.run_sync`` hands to its function: it is used through
``exec_driver_sql(sql)`` and ``.all()`` of the result alone. The exception is
:func:`create_missing`, which takes an engine.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import exc
from . import events
from .defaults import DefaultClause
from .identifiers import quote, quote_always
from .sqltypes import Integer

__all__ = [
    "create_index_sql",
    "create_missing",
    "create_script",
    "create_table_sql",
    "drop_index_sql",
    "drop_table_sql",
]

Existing = Collection[Any]

_NEEDS_PARENTHESES = re.compile(r"\W")


# -- text of the statements -------------------------------------------------


def create_table_sql(table: Any, if_not_exists: bool = False) -> str:
    """Return the CREATE TABLE statement of a table.

    Args:
        table: The table.
        if_not_exists: Make it do nothing if there is one of that name.

    Raises:
        CompileError: A column or constraint cannot be written.
        NoReferenceError: A foreign key points to something unknown.
    """
    words = "".join(prefix + " " for prefix in table._prefixes)
    text = f"\nCREATE {words}TABLE "
    if if_not_exists:
        text += "IF NOT EXISTS "
    parts = [
        _column_in_table(table, column)
        for column in table.columns
        if not column.system
    ]
    parts += _constraints(table)
    body = ", ".join("\n\t" + part for part in parts)
    options = _table_options(table)
    return f"{text}{table.ddl_name()} ({body}\n){options}\n\n"


def _column_in_table(table: Any, column: Any) -> str:
    try:
        return _column_sql(table, column)
    except exc.CompileError as error:
        raise exc.CompileError(
            f"(in table {table.description!r}, column {column.name!r}):"
            f" {error.args[0]}"
        ) from error


def _column_sql(table: Any, column: Any) -> str:
    text = f"{quote(column.name)} {column.type.sqlite_type().ddl_name()}"
    if isinstance(column.server_default, DefaultClause):
        default = column.server_default.ddl_text()
        simple = default.lstrip()[:1] in ("'", '"', "(")
        simple = simple or not _NEEDS_PARENTHESES.search(default)
        text += f" DEFAULT {default}" if simple else f" DEFAULT ({default})"
    if not column.nullable:
        text += " NOT NULL"
        text += _on_conflict(column, "on_conflict_not_null")
    if column.primary_key:
        _check_autoincrement(table, column)
        if _is_inline_key(table, column):
            text += " PRIMARY KEY"
            text += _on_conflict(column, "on_conflict_primary_key")
            text += " AUTOINCREMENT"
    if column.computed is not None:
        text += " " + column.computed.ddl_text()
    checks = sorted(column.constraints, key=lambda c: c._creation_order)
    return " ".join([text, *(check.ddl_text() for check in checks)])


def _on_conflict(column: Any, option: str) -> str:
    conflict = column.sqlite_options[option]
    return "" if conflict is None else f" ON CONFLICT {conflict}"


def _check_autoincrement(table: Any, column: Any) -> None:
    if column.autoincrement is True and len(table.primary_key) != 1:
        raise exc.CompileError(
            "SQLite numbers no rows by one column of a composite primary key"
        )


def _is_inline_key(table: Any, column: Any) -> bool:
    """Say whether the primary key stands with its column.

    That is the only place where SQLite takes AUTOINCREMENT.
    """
    return (
        table.sqlite_options["autoincrement"]
        and len(table.primary_key) == 1
        and isinstance(column.type.sqlite_type(), Integer)
        and not column.foreign_keys
    )


def _constraints(table: Any) -> Iterator[str]:
    key = table.primary_key
    ordered = [key] + [c for c in table.sorted_constraints() if c is not key]
    for constraint in ordered:
        if constraint is key and any(
            column.primary_key and _is_inline_key(table, column)
            for column in key.columns
        ):
            continue
        text = constraint.ddl_text()
        if text is not None:
            yield text


def _table_options(table: Any) -> str:
    options = []
    if not table.sqlite_options["with_rowid"]:
        options.append("WITHOUT ROWID")
    if table.sqlite_options["strict"]:
        options.append("STRICT")
    return "\n " + ",\n ".join(options) if options else ""


def create_index_sql(index: Any, if_not_exists: bool = False) -> str:
    """Return the CREATE INDEX statement of an index."""
    return str(index.ddl_text(if_not_exists))


def drop_table_sql(table: Any) -> str:
    """Return the DROP TABLE statement of a table."""
    return f"\nDROP TABLE {table.ddl_name()}"


def drop_index_sql(index: Any) -> str:
    """Return the DROP INDEX statement of an index."""
    if index.table is None:
        raise exc.CompileError(f"index {index.name!r} belongs to no table")
    return f"\nDROP INDEX {index.qualified_name()}"


def creation_sql(tables: Iterable[Any]) -> list[str]:
    """Return the statements that create tables and their indexes, in order.

    Args:
        tables: The tables.
    """
    script = []
    for table in creation_order(list(tables))[0]:
        script.append(create_table_sql(table))
        script += map(create_index_sql, table.sorted_indexes())
    return script


# -- order of the tables ----------------------------------------------------


def creation_order(tables: list[Any]) -> tuple[list[Any], set[Any]]:
    """Sort tables so that each comes after those it refers to.

    Tables without an order between them stay as they were given. Foreign
    keys of tables that refer to each other in a circle do not count; SQLite
    lets a foreign key point to a table that does not exist yet.

    Args:
        tables: The tables.

    Returns:
        The sorted tables, and those that are in a circle.
    """
    fixed = _explicit_edges(tables)
    edges = {table: _referred(table) for table in tables}
    ordered = _sorted_by(tables, edges, fixed)
    if ordered is not None:
        return ordered, set()
    circle = _in_circle(tables, edges, fixed)
    for table in circle:
        edges[table] = set()
    ordered = _sorted_by(tables, edges, fixed)
    if ordered is None:
        raise exc.CircularDependencyError(
            "tables depend on each other through add_is_dependent_on()",
            circle,
            [(parent, table) for table in tables for parent in fixed[table]],
        )
    return ordered, circle


def _explicit_edges(tables: Iterable[Any]) -> dict[Any, set[Any]]:
    return {table: set(table._dependencies) for table in tables}


def _referred(table: Any) -> set[Any]:
    return {
        each.referred_table
        for each in table.foreign_key_constraints
        if not each.use_alter and each.referred_table is not table
    }


def _sorted_by(
    tables: list[Any], edges: dict[Any, set[Any]], fixed: dict[Any, set[Any]]
) -> list[Any] | None:
    """Return the sorted tables, None if there is a circle."""
    ordered: list[Any] = []
    todo = list(tables)
    while todo:
        waiting = set(todo)
        ready = [
            table
            for table in todo
            if waiting.isdisjoint(edges[table] | fixed[table])
        ]
        if not ready:
            return None
        ordered += ready
        done = set(ready)
        todo = [table for table in todo if table not in done]
    return ordered


def _in_circle(
    tables: list[Any], edges: dict[Any, set[Any]], fixed: dict[Any, set[Any]]
) -> set[Any]:
    """Return the tables that reach themselves."""
    among = set(tables)
    circle = set()
    for start in tables:
        seen: set[Any] = set()
        todo = [start]
        while todo:
            table = todo.pop()
            parents = (edges[table] | fixed[table]) & among
            todo += parents - seen
            seen |= parents
        if start in seen:
            circle.add(start)
    return circle


# -- what there is in the database ------------------------------------------


def master_sql(schema: str | None) -> list[str]:
    """Return the queries for the tables and views of a schema.

    Args:
        schema: Name of the schema; None for the main one, to which the
            temporary tables belong as well.
    """
    schemas = ("main", "temp") if schema is None else (schema,)
    return [
        f"SELECT name FROM {quote_always(name)}.sqlite_master"
        " WHERE type IN ('table', 'view')"
        for name in schemas
    ]


def _fold(name: str) -> str:
    # SQLite compares names without regard to the case of ASCII letters.
    return "".join(c.lower() if c.isascii() else c for c in name)


def _existing(bind: Any, tables: Iterable[Any]) -> set[Any]:
    found = set()
    for schema in _schemas(tables):
        for sql in master_sql(schema):
            for row in bind.exec_driver_sql(sql).all():
                found.add((schema, row[0]))
    return found


def _schemas(tables: Iterable[Any]) -> list[str | None]:
    return list(dict.fromkeys(table.schema for table in tables))


def _folded(existing: Existing) -> set[tuple[str | None, str]]:
    pairs = (
        (None, each) if isinstance(each, str) else each for each in existing
    )
    return {(s if s is None else _fold(s), _fold(n)) for s, n in pairs}


def _is_in(table: Any, folded: set[tuple[str | None, str]]) -> bool:
    schema = None if table.schema is None else _fold(table.schema)
    return (schema, _fold(table.name)) in folded


def _check_bind(bind: Any) -> None:
    if hasattr(bind, "run_sync"):
        raise exc.InvalidRequestError(
            "an AsyncConnection was given; write"
            " 'await connection.run_sync(metadata.create_all)'"
        )
    if not hasattr(bind, "exec_driver_sql"):
        raise exc.ArgumentError(
            "the bind is the connection that AsyncConnection.run_sync()"
            f" passes to its function, not {bind!r}"
        )


# -- creating and dropping --------------------------------------------------


def create_tables(
    bind: Any, tables: list[Any], checkfirst: bool, metadata: Any = None
) -> None:
    """Create tables and their indexes through a synchronous connection.

    Args:
        bind: The connection.
        tables: The tables.
        checkfirst: Leave out the tables that are there.
        metadata: Whose listeners are told of the whole, if any.
    """
    _check_bind(bind)
    if checkfirst:
        existing = _folded(_existing(bind, tables))
        tables = [table for table in tables if not _is_in(table, existing)]
    with _told(metadata, "create", bind, checkfirst, tables=tables):
        for table in creation_order(tables)[0]:
            with _told(table, "create", bind, checkfirst):
                bind.exec_driver_sql(create_table_sql(table))
                for index in table.sorted_indexes():
                    bind.exec_driver_sql(create_index_sql(index))


def drop_tables(
    bind: Any, tables: list[Any], checkfirst: bool, metadata: Any = None
) -> None:
    """Drop tables through a synchronous connection, referring ones first.

    Args:
        bind: The connection.
        tables: The tables.
        checkfirst: Leave out the tables that are not there.
        metadata: Whose listeners are told of the whole, if any.
    """
    _check_bind(bind)
    if checkfirst:
        existing = _folded(_existing(bind, tables))
        tables = [table for table in tables if _is_in(table, existing)]
    with _told(metadata, "drop", bind, checkfirst, tables=tables):
        for table in drop_order(tables):
            with _told(table, "drop", bind, checkfirst):
                bind.exec_driver_sql(drop_table_sql(table))


@contextmanager
def _told(
    target: Any, verb: str, bind: Any, checkfirst: bool, **kw: Any
) -> Iterator[None]:
    """Tell listeners of a table or metadata before and after something."""
    if target is not None:
        events.fire(
            target, f"before_{verb}", bind, checkfirst=checkfirst, **kw
        )
    yield
    if target is not None:
        events.fire(target, f"after_{verb}", bind, checkfirst=checkfirst, **kw)


def drop_order(tables: list[Any]) -> list[Any]:
    """Sort tables so that each comes before those it refers to.

    Where tables refer to each other in a circle, all stay as they were
    given, with a warning.
    """
    ordered, circle = creation_order(tables)
    if not circle:
        return ordered[::-1]
    names = ", ".join(sorted(table.fullname for table in circle))
    warnings.warn(
        f"these tables refer to each other in a circle: {names}; tables are"
        " dropped in the order of their definition (use_alter=True on the"
        " foreign keys of the circle gives an order back)",
        exc.SAWarning,
        stacklevel=4,
    )
    return list(tables)


def create_index(bind: Any, index: Any, checkfirst: bool) -> None:
    """Create an index through a synchronous connection."""
    _check_bind(bind)
    sql = create_index_sql(index)
    if not (checkfirst and _index_exists(bind, index)):
        bind.exec_driver_sql(sql)


def drop_index(bind: Any, index: Any, checkfirst: bool) -> None:
    """Drop an index through a synchronous connection."""
    _check_bind(bind)
    sql = drop_index_sql(index)
    if not checkfirst or _index_exists(bind, index):
        bind.exec_driver_sql(sql)


def _index_exists(bind: Any, index: Any) -> bool:
    wanted = _fold(index.name)
    return any(
        _fold(row[0]) == wanted
        for sql in master_sql(index.table.schema)
        for row in bind.exec_driver_sql(
            sql.replace("('table', 'view')", "('index')")
        ).all()
    )


def create_script(metadata: Any, existing: Existing = ()) -> list[str]:
    """Return the statements that create the missing tables of a metadata.

    Args:
        metadata: The metadata.
        existing: Names of the tables and views that are there: a str, or a
            pair of schema (None for the main one) and name.

    Returns:
        CREATE TABLE and CREATE INDEX, in the order of dependency; empty if
        nothing is missing.

    Raises:
        CompileError: A table cannot be written.
        NoReferenceError: A foreign key points to something unknown.
    """
    folded = _folded(existing)
    return creation_sql(
        table
        for table in metadata.tables.values()
        if not _is_in(table, folded)
    )


async def create_missing(engine: Any, metadatas: Iterable[Any]) -> None:
    """Create the missing tables of metadatas, all of them or none.

    It first looks without a lock; only if something is missing it takes the
    write lock, looks again and creates, so two processes that start at the
    same time do not get in each other's way.

    Args:
        engine: An ``AsyncEngine``.
        metadatas: The metadatas.

    Raises:
        DBAPIError: The database refused; nothing was created.
        CompileError: A table cannot be written; nothing was created.
        NoReferenceError: A foreign key points to something unknown.
    """
    metadatas = list(dict.fromkeys(metadatas))
    if events.listened():
        await _create_told(engine, metadatas)
        return
    if not any(metadata.tables for metadata in metadatas):
        return
    async with engine.connect() as connection:
        if not await _missing(connection, metadatas):
            return
    async with engine.connect() as connection:
        # The write lock is taken by the look itself, not by the first CREATE.
        await connection.execution_options(isolation_level="IMMEDIATE")
        async with connection.begin():
            for sql in await _missing(connection, metadatas):
                await connection.exec_driver_sql(sql)


async def _create_told(engine: Any, metadatas: list[Any]) -> None:
    """Create the missing tables, and tell who listens."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="IMMEDIATE")
        async with connection.begin():
            for metadata in metadatas:
                await connection.run_sync(metadata.create_all)


async def _missing(connection: Any, metadatas: list[Any]) -> list[str]:
    script = []
    existing: set[Any] = set()
    for metadata in metadatas:
        for schema in _schemas(metadata.tables.values()):
            for sql in master_sql(schema):
                result = await connection.exec_driver_sql(sql)
                existing.update((schema, row[0]) for row in result.all())
        script += create_script(metadata, existing)
        existing.update((t.schema, t.name) for t in metadata.tables.values())
    return script
