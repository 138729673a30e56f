"""A registry of sessions, one for each task."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str]
    count: Mapped[int] = mapped_column(default=1)


class Counter:
    """Part of a program that is given the registry, not a session."""

    def __init__(self, session: async_scoped_session[AsyncSession]) -> None:
        self.session = session

    async def visit(self, page: str) -> int:
        statement = select(Visit).where(Visit.page == page)
        found = (await self.session.scalars(statement)).one_or_none()
        if found is None:
            found = Visit(page=page)
            self.session.add(found)
        else:
            found.count += 1
        await self.session.commit()
        return found.count


async def request(counter: Counter, pages: str) -> tuple[bool, int]:
    """Serve one request: its session is its own, and is put away after it."""
    registry = counter.session
    before = registry()
    for page in pages:
        await counter.visit(page)
    same = registry() is before
    total = await registry.scalar(select(func.sum(Visit.count)))
    await registry.remove()
    return same and registry() is not before, total or 0


async def main(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    registry = async_scoped_session(
        async_sessionmaker(engine, expire_on_commit=False),
        scopefunc=asyncio.current_task,
    )
    counter = Counter(registry)
    for pages in ("abca", "b", "aab"):
        # Each in a task of its own, one after the other.
        print(await asyncio.create_task(request(counter, pages)))

    mine = registry()
    await asyncio.sleep(0)
    print(registry() is mine)
    query = select(Visit).order_by(Visit.count.desc(), Visit.page)
    for visit in await registry.scalars(query):
        print(visit.page, visit.count)
    visit = await registry.get_one(Visit, 1)
    visit.count = 100
    print(visit in registry, visit in registry.dirty, len(registry.new))
    await registry.rollback()
    await registry.refresh(visit)
    print(visit.count)
    await registry.close()
    await registry.remove()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
