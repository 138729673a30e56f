"""A shop: natural keys, composite keys, money, choices."""

import asyncio
import enum
import sys
from datetime import date
from decimal import Decimal

from sqlactive import ActiveRecordBaseModel, DBConnection, execute
from sqlactive.exceptions import SQLActiveError
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Enum,
    ForeignKey,
    Numeric,
    String,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship


class State(enum.Enum):
    NEW = "new"
    PAID = "paid"
    SENT = "sent"


class BaseModel(ActiveRecordBaseModel):
    __abstract__ = True


class Currency(BaseModel):
    __tablename__ = "currencies"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str]


class Product(BaseModel):
    __tablename__ = "products"
    __table_args__ = (CheckConstraint("price >= 0", name="positive"),)

    sku: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    currency_code: Mapped[str] = mapped_column(ForeignKey("currencies.code"))
    extra: Mapped[dict | None] = mapped_column(JSON)

    currency: Mapped["Currency"] = relationship()
    lines: Mapped[list["Line"]] = relationship(
        back_populates="product", viewonly=True
    )


class Order(BaseModel):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    day: Mapped[date]
    state: Mapped[State] = mapped_column(Enum(State), default=State.NEW)

    lines: Mapped[list["Line"]] = relationship(
        back_populates="order", cascade="all, delete-orphan"
    )


class Line(BaseModel):
    __tablename__ = "lines"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    order_id: Mapped[int] = mapped_column(
        ForeignKey("orders.id"), primary_key=True
    )
    sku: Mapped[str] = mapped_column(
        ForeignKey("products.sku"), primary_key=True
    )
    position: Mapped[int]
    amount: Mapped[int]

    order: Mapped["Order"] = relationship(back_populates="lines")
    product: Mapped["Product"] = relationship(back_populates="lines")

    @hybrid_property
    def is_bulk(self) -> bool:
        return self.amount >= 10


async def attempt(what: str, call) -> None:
    try:
        print(what, await call())
    except (SQLActiveError, SQLAlchemyError) as error:
        print(what, type(error).__name__, str(error).split("\n")[0])


async def fill() -> None:
    await Currency.save_all(
        [Currency(code="EUR", name="Euro"), Currency(code="NOK", name="Krone")]
    )
    await Product.insert_all(
        [
            Product(
                sku=f"SKU{number}",
                name=name,
                price=Decimal(number) / 4,
                currency_code="EUR" if number % 2 else "NOK",
                extra={"tags": [name[0], number], "old": None}
                if number != 3
                else None,
            )
            for number, name in enumerate(
                ("Apple", "Bread", "Cheese", "Dates", "Eggs"), start=1
            )
        ]
    )
    for number in range(1, 6):
        await Order(
            customer=f"customer {number % 2}",
            day=date(2024, number, 10 + number),
            lines=[
                Line(sku=f"SKU{each}", position=each, amount=each * number)
                for each in range(1, number + 1)
            ],
        ).save()


async def keys() -> None:
    print(Line.primary_keys, Product.primary_key_name, Line.columns)
    line = await Line.get({"order_id": 4, "sku": "SKU3"})
    print(line, line.amount, line.is_bulk)
    await line.update(amount=2)
    print((await Line.get({"order_id": 4, "sku": "SKU3"})).amount)
    await attempt("get", lambda: Line.get(1))
    await attempt("destroy", lambda: Line.destroy(1))
    await attempt("get of many", lambda: Line.get({"order_id": 4}))
    euro = await Currency.get("EUR")
    print(euro, euro.to_dict(exclude=["created_at", "updated_at"]))
    await euro.update(name="The euro")
    await attempt("rename", lambda: euro.update(code="EU2"))
    await attempt("back", lambda: euro.update(code="EUR"))
    print(sorted(each.code for each in await Currency.all()))


async def errors() -> None:
    await attempt(
        "check",
        lambda: Product.insert(
            sku="BAD", name="Bad", price=Decimal(-1), currency_code="EUR"
        ),
    )
    await attempt(
        "twice",
        lambda: Line.insert(order_id=1, sku="SKU1", position=9, amount=1),
    )
    await attempt(
        "position",
        lambda: Line.insert(order_id=2, sku="SKU9", position=1, amount=1),
    )
    await attempt("viewonly", lambda: Product.insert(sku="S", lines=[]))
    await attempt("no name", lambda: Product.insert(sku="S", price=1))
    await attempt("first", lambda: Order.where(state=State.PAID).first())
    await attempt("one", lambda: Order.where(state=State.PAID).one())
    print(await Product.count(), await Line.count(), await Order.count())


async def reports(conn: DBConnection) -> None:
    orders = await Order.where(state="NEW").join(Order.lines).unique_all()
    for order in sorted(orders, key=lambda each: each.id):
        amounts = [(each.sku, each.amount) for each in order.lines]
        print(order.id, order.day, order.state, sorted(amounts))
    for query in (
        Order.where(day__month=1),
        Order.where(day__between=[date(2024, 2, 1), date(2024, 4, 30)]),
        Order.where(day__day_gt=12, lines___product___price__gt=Decimal("1")),
        Line.where(is_bulk=True).order_by("-amount", "order_id"),
        Line.where(product___currency___code="EUR", order___id=5),
        Product.where(price__gt=Decimal("0.5"), extra__isnull=False),
    ):
        print(query)
        print([repr(each) for each in await query.unique_all()])
    total = func.sum(Line.amount * Product.price)
    query = (
        select(Order.customer, func.count(Line.sku), total)
        .join(Order.lines)
        .join(Line.product)
        .group_by(Order.customer)
        .order_by(Order.customer)
    )
    for row in await execute(conn.async_scoped_session, query):
        print(row)
    products = await Product.with_subquery(
        Product.currency, (Product.lines, True)
    ).all()
    for product in products:
        print(
            product.name,
            product.price,
            product.extra,
            product.currency.name,
            sorted(line.order_id for line in product.lines),
        )


async def states() -> None:
    order = await Order.get(1, join=[Order.lines])
    await order.update(state=State.PAID)
    print(order.state, (await Order.get(1)).state, await Order.count())
    print([each.id for each in await Order.where(state=State.PAID).all()])
    order.lines.append(Line(sku="SKU5", position=5, amount=7))
    await order.save()
    print(sorted((each.sku, each.amount) for each in order.lines))
    order.lines = [each for each in order.lines if each.sku == "SKU5"]
    await order.update(state=State.SENT)
    print([repr(each) for each in order.lines])
    await (await Order.get(2)).delete()
    await Order.destroy(3, 77)
    print(await Order.count(), await Line.count())


async def main() -> None:
    conn = DBConnection(f"sqlite+aiosqlite:///{sys.argv[1]}")
    await conn.init_db(BaseModel)
    await fill()
    await keys()
    await errors()
    await reports(conn)
    await states()
    await conn.close()


asyncio.run(main())
