"""Records that live as long as a block."""

import asyncio
import sys

from sqlactive import (
    ActiveRecordMixin,
    DBConnection,
    SerializationMixin,
)
from sqlalchemy import ForeignKey
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column, relationship


class BaseModel(ActiveRecordMixin, SerializationMixin):
    """No timestamps here."""

    __abstract__ = True


class Lock(BaseModel):
    __tablename__ = "locks"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(default="nobody")

    uses: Mapped[list["Use"]] = relationship(
        back_populates="lock", passive_deletes=True
    )


class Use(BaseModel):
    __tablename__ = "uses"

    id: Mapped[int] = mapped_column(primary_key=True)
    lock_name: Mapped[str | None] = mapped_column(ForeignKey("locks.name"))
    purpose: Mapped[str | None]

    lock: Mapped["Lock | None"] = relationship(back_populates="uses")


async def counts() -> tuple[int, int]:
    return await Lock.count(), await Use.count()


async def main() -> None:
    conn = DBConnection(f"sqlite+aiosqlite:///{sys.argv[1]}")
    await conn.init_db(BaseModel)

    async with Lock(name="a") as lock:
        print(lock, lock.owner, await counts())
    print(lock, lock.owner, lock.to_dict(), await counts())

    async with Lock(name="a") as lock, Use(lock_name=lock.name) as use:
        print(use.id, await counts())
        again = await Use.get(1, join=[Use.lock])
        print(again.lock.name)
        await use.update(purpose="test")
    print(use, use.purpose, await counts())

    try:
        async with Lock(name="b", owner="me") as lock:
            await lock.update(owner="you")
            raise KeyError("in the block")
    except KeyError as error:
        print(error, lock.owner, await counts())

    await Lock.insert(name="c")
    try:
        async with Lock(name="c"):
            print("not reached")
    except IntegrityError as error:
        print(type(error).__name__, error.orig, await counts())

    try:
        async with Lock(name="d") as lock:
            await lock.delete()
            print(await counts())
    except (IntegrityError, SQLAlchemyError) as error:
        print(type(error).__name__)
    except Warning as error:
        print(type(error).__name__)
    print(await counts())

    lock = Lock(name="e")
    for turn in range(2):
        try:
            async with lock:
                print(turn, await counts())
        except SQLAlchemyError as error:
            print(turn, type(error).__name__)
    print(await counts())

    async def worker(number: int) -> str:
        async with Lock(name=f"worker {number}", owner=str(number)) as lock:
            found = await Lock.get(lock.name)
            return found.owner

    print(await asyncio.gather(*[worker(number) for number in range(8)]))
    print(await counts())
    await conn.close()


asyncio.run(main())
