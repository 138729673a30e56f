"""Savers made by hand for declared classes, as the unit of work makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlactive_c import _core
from sqlactive_c.orm import DeclarativeBase, mapped_column
from sqlactive_c.sql.compiler.shape import compile_shape
from sqlactive_c.sql.dml import delete, insert, update
from sqlactive_c.sql.elements import bindparam
from sqlactive_c.types import Integer, String

PRIMARY, OPTIONAL, ROWID, VERSION, NONE_IS_VALUE, READONLY = 1, 2, 4, 8, 16, 32


def saver(
    cls: Any,
    after: Callable[[str, tuple[str, ...]], tuple[Any, ...]] | None = None,
    returning: tuple[str, ...] = (),
    flags: dict[str, int] | None = None,
    compiled: list[Any] | None = None,
    **options: Any,
) -> Any:
    """Return a Saver for the table of a class.

    Args:
        cls: The class.
        after: What happens after a statement.
        returning: Names of columns that come back.
        flags: Those of columns that are not what they look like.
        compiled: Every (kind, keys, many) that is compiled is added to it.
        options: The Saver's.
    """
    table = cls.__table__
    flags = flags or {}

    def flags_of(column: Any) -> int:
        if column.key in flags:
            return flags[column.key]
        if column.primary_key:
            return PRIMARY | ROWID
        default = column.default or column.server_default
        return 0 if default is None else OPTIONAL

    def compile(kind: str, keys: tuple[str, ...], many: bool) -> Any:
        if compiled is not None:
            compiled.append((kind, keys, many))
        values = {
            key: bindparam(key, required=True, type_=table.c[key].type)
            for key in keys
        }
        statement: Any
        if kind == "insert":
            statement = insert(table)
        else:
            statement = update(table) if kind == "update" else delete(table)
            for column in table.columns:
                if flags_of(column) & (PRIMARY | VERSION):
                    statement = statement.where(
                        column
                        == bindparam(
                            f"old {column.key}",
                            required=True,
                            type_=column.type,
                        )
                    )
        if values:
            statement = statement.values(values)
        if returning:
            statement = statement.returning(*(table.c[k] for k in returning))
        shape = compile_shape(statement, None, many)
        return shape, () if after is None else after(kind, keys)

    columns = tuple(
        (column.key, column.key, column.type.codec(), flags_of(column))
        for column in table.columns
    )
    return _core.Saver(
        cls.__mapping__, table.name, columns, compile, **options
    )


def stored(identities: Any, *instances: Any) -> None:
    """Take instances that were inserted for rows, in an identity map."""
    for instance in instances:
        identities.add(instance, instance._sac_primary_key())


class _Base(DeclarativeBase):
    pass


class Book(_Base):
    """The table of the drivers of flows."""

    __tablename__ = "book"
    id = mapped_column(Integer, primary_key=True)
    owner = mapped_column(String)


BOOKS = saver(Book)


async def write_books(session: Any, owner: str, commit: bool) -> None:
    """Insert books, change one by its promised key, and note it all."""
    batch = _core.Batch(session)
    books = [Book(owner=owner) for _ in range(20)]
    try:
        BOOKS.insert(batch, books)
        batch.execute(
            update(Book)
            .where(Book.id == bindparam("key"))
            .values(owner=bindparam("new")),
            {"key": books[3].id, "new": owner},
            1,
            LookupError,
        )
        await batch.run(commit)
        _core.written(session, books, [], [])
        for each in books[:5]:
            each.owner = owner + owner
            each.owner = owner
        books[7].owner = "x"
        books[7].owner = owner
        books[8].id = books[8].id + 1000
        assert len(_core.gather(session)) == 1
        assert BOOKS.update(batch, books) == [books[8]]
        await batch.run()
        _core.written(session, [], books, [])
        BOOKS.delete(batch, books[:8])
        await batch.run(commit)
        _core.written(session, [], [], books[:8])
    finally:
        kinds = {type(each._sac_peek("id")) for each in books}
        assert _core.Promise not in kinds
