"""A session and its instances, from the first to the last."""

from __future__ import annotations

from typing import Any

from plugins.savers import Book
from sqlactive_c import AsyncEngine, exc
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.sql.selectable import select


async def use_session(engine: AsyncEngine, owner: str) -> None:
    """Do with books what a session can do.

    Args:
        engine: The engine; it has the table of books.
        owner: Of the books that are left.
    """
    async with AsyncSession(engine) as session:
        books = [Book(owner=owner) for _ in range(5)]
        session.add_all(books)
        await session.commit()
        keys = [await _key(session, each) for each in books]
        for key in keys:
            assert await session.get(Book, key) in books
        session.expire_all()
        books[0].owner = "other"
        async with session.begin_nested():
            session.add(Book(owner="inner"))
        point = await session.begin_nested()
        await session.delete(books[1])
        books[2].owner = "undone"
        found = await session.scalars(select(Book).where(Book.id.in_(keys)))
        assert len(found.all()) == 4
        await point.rollback()
        books[3].id = keys[3] + 100_000
        await session.flush()
        await session.rollback()
        assert await session.get(Book, keys[3]) is books[3]
        session.expunge(books[4])
        await fail_to_flush(session, keys[0])
        session.add(books[4])
        for key in keys:
            await session.delete(await session.get_one(Book, key))
        await session.commit()
        session.add(Book(owner="never"))
    forgotten = AsyncSession(engine)
    forgotten.add(Book(owner="forgotten"))
    await forgotten.flush()
    forgotten.add(Book(owner="forgotten"))


async def _key(session: AsyncSession, book: Any) -> int:
    (key,) = book._sac_identity
    assert await session.get(Book, key) is book
    return int(key)


async def fail_to_flush(session: AsyncSession, key: int) -> None:
    """Insert a row that is there already.

    Args:
        session: The session.
        key: Its primary key.
    """
    session.expunge_all()
    session.add(Book(id=key, owner="twice"))
    try:
        await session.commit()
    except exc.IntegrityError:
        await session.rollback()
    else:
        raise AssertionError("it is there twice")
