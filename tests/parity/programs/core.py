"""Core: tables, statements, transactions and savepoints of a connection."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

metadata = MetaData()
shelves = Table(
    "shelves",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", String(10), nullable=False, unique=True),
)
goods = Table(
    "goods",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("price", Numeric(8, 2), nullable=False),
    Column("stock", Integer, CheckConstraint("stock >= 0"), default=0),
    Column("fragile", Boolean, default=False),
    Column("shelf_id", ForeignKey("shelves.id")),
)


async def fill(connection: AsyncConnection) -> None:
    result = await connection.execute(insert(shelves).values(label="north"))
    print(result.inserted_primary_key, result.rowcount)
    await connection.execute(
        insert(shelves), [{"label": "south"}, {"label": "west"}]
    )
    await connection.execute(
        insert(goods),
        [
            {"name": "vase", "price": Decimal("12.50"), "stock": 3},
            {"name": "rope", "price": Decimal("4.00"), "stock": 40},
            {"name": "lamp", "price": Decimal("31.99"), "stock": 0},
        ],
    )
    for number, name in enumerate(("vase", "rope", "lamp")):
        await connection.execute(
            update(goods)
            .where(goods.c.name == name)
            .values(shelf_id=number % 2 + 1, fragile=name != "rope")
        )


async def ask(connection: AsyncConnection) -> None:
    joined = goods.join(shelves, goods.c.shelf_id == shelves.c.id)
    result = await connection.execute(
        select(shelves.c.label, goods.c.name, goods.c.price)
        .select_from(joined)
        .order_by(shelves.c.label, goods.c.name)
    )
    print(list(result.keys()))
    for label, name, price in result:
        print(label, name, price, type(price).__name__)

    worth = func.sum(goods.c.price * goods.c.stock).label("worth")
    result = await connection.execute(
        select(goods.c.fragile, worth, func.count())
        .group_by(goods.c.fragile)
        .having(func.count() > literal(0))
        .order_by(goods.c.fragile)
    )
    print([(row.fragile, row.worth, row[2]) for row in result])

    rank = case(
        (goods.c.stock == 0, "gone"), (goods.c.stock < 10, "few"), else_="many"
    ).label("rank")
    result = await connection.execute(
        select(goods.c.name, rank).order_by(goods.c.id)
    )
    print(result.mappings().all())

    cheap = (
        select(goods).where(goods.c.price < bindparam("limit")).cte("cheap")
    )
    statement = select(cheap.c.name).where(
        or_(and_(cheap.c.stock > 5, ~cheap.c.fragile), cheap.c.name == "vase")
    )
    for limit in (5, 20):
        result = await connection.execute(statement, {"limit": limit})
        print(limit, result.scalars().all())

    empty = ~exists().where(goods.c.shelf_id == shelves.c.id)
    print(await connection.scalar(select(shelves.c.label).where(empty)))
    row = (await connection.execute(text("SELECT 1 AS a, 'x' AS b"))).one()
    print(row, row._mapping["b"], row._asdict(), row == (1, "x"))


async def change(connection: AsyncConnection) -> None:
    result = await connection.execute(
        update(goods)
        .where(goods.c.name == bindparam("which"))
        .values(stock=goods.c.stock + bindparam("more")),
        [{"which": "vase", "more": 1}, {"which": "lamp", "more": 7}],
    )
    print(result.rowcount)
    try:
        async with connection.begin_nested():
            await connection.execute(update(goods).values(price=0))
            await connection.execute(update(goods).values(stock=-1))
    except IntegrityError as error:
        print(type(error).__name__, error.orig)
    async with connection.begin_nested() as savepoint:
        await connection.execute(delete(goods))
        await savepoint.rollback()
    result = await connection.execute(
        delete(goods).where(goods.c.stock > 10).returning(goods.c.name)
    )
    print(result.scalars().all())
    result = await connection.execute(
        select(goods.c.name, goods.c.price, goods.c.stock)
    )
    print(result.all())


async def main(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        await fill(connection)
    async with engine.connect() as connection:
        await ask(connection)
        print(connection.in_transaction())
        await connection.rollback()
        print(connection.in_transaction())
    try:
        async with engine.begin() as connection:
            await change(connection)
            raise LookupError("undo everything")
    except LookupError as error:
        print(error)
    async with engine.connect() as connection:
        print(await connection.scalar(select(func.sum(goods.c.stock))))
        await connection.execute(delete(goods).where(goods.c.stock == 0))
        await connection.commit()
        await connection.execute(delete(goods))  # not committed
    async with engine.connect() as connection:
        print(await connection.scalar(select(func.count(goods.c.id))))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
