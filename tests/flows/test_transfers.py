"""Money moves between accounts in 500 tasks at once, and none is lost.

Each transfer changes two balances and leaves a line in a journal, in one
transaction.  Whatever happens meanwhile -- nothing, cancellation at any point,
another process that writes to the same file -- the balances are in the end
those that the journal says, and all of whom a commit was reported to are in
it.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flows.drivers import at_rest
from sqlactive_c import (
    AsyncEngine,
    ForeignKey,
    create_async_engine,
    insert,
    text,
    update,
)
from sqlactive_c.ext.asyncio import AsyncSession
from sqlactive_c.orm import DeclarativeBase, Mapped, mapped_column
from sqlactive_c.orm.exc import StaleDataError

ACCOUNTS, BALANCE, TASKS = 20, 1000, 500


class Base(DeclarativeBase):
    """Base of the classes."""


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": version}


class Transfer(Base):
    __tablename__ = "transfers"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    target: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    amount: Mapped[int]


# ---- ways to move money ---------------------------------------------------

Order = dict[str, int]


async def by_instances(engine: AsyncEngine, order: Order) -> None:
    """Read, change in Python, write; again if somebody was faster."""
    while True:
        try:
            async with AsyncSession(engine) as session:
                source = await session.get_one(Account, order["source"])
                target = await session.get_one(Account, order["target"])
                source.balance -= order["amount"]
                target.balance += order["amount"]
                session.add(Transfer(**order))
                await session.commit()
            return
        except StaleDataError:
            await asyncio.sleep(0)


async def by_locked_instances(engine: AsyncEngine, order: Order) -> None:
    """The same in a transaction that writes from its first statement on."""
    async with AsyncSession(engine) as session, session.begin():
        await session.connection(
            execution_options={"isolation_level": "IMMEDIATE"}
        )
        source = await session.get_one(Account, order["source"])
        target = await session.get_one(Account, order["target"])
        source.balance -= order["amount"]
        await session.flush()
        target.balance += order["amount"]
        session.add(Transfer(**order))


async def by_expressions(engine: AsyncEngine, order: Order) -> None:
    """UPDATEs of the session, and a savepoint that is taken back."""
    async with AsyncSession(engine) as session:
        await move(session, order, -1, "source")
        try:
            async with session.begin_nested():
                await move(session, order, 1000, "target")
                raise LookupError
        except LookupError:
            pass
        await move(session, order, 1, "target")
        await session.execute(insert(Transfer), [order])
        await session.commit()


async def by_connection(engine: AsyncEngine, order: Order) -> None:
    """Core, in a block."""
    async with engine.begin() as connection:
        await move(connection, order, -1, "source")
        await move(connection, order, 1, "target")
        await connection.execute(insert(Transfer.__table__), order)


async def move(where: Any, order: Order, sign: int, whom: str) -> None:
    await where.execute(
        update(Account.__table__)
        .where(Account.__table__.c.id == order[whom])
        .values(
            balance=Account.__table__.c.balance + sign * order["amount"],
            version=Account.__table__.c.version + 1,
        )
    )


WAYS = {
    way.__name__: way
    for way in (
        by_instances,
        by_locked_instances,
        by_expressions,
        by_connection,
    )
}

# ---- the bank -------------------------------------------------------------


@dataclass
class Bank:
    """A database of accounts, and what its tasks were told."""

    path: Path
    seed: int
    engine: AsyncEngine = field(init=False)
    done: set[int] = field(default_factory=set)
    cancelled: int = 0

    def __post_init__(self) -> None:
        print("seed", self.seed)  # shown when a test fails
        self.random = random.Random(self.seed)
        self.engine = create_async_engine(
            f"sqlite+aiosqlite:///{self.path}",
            pool_size=10,
            max_overflow=5,
            pool_timeout=60,
            writer_timeout=60,
            connect_args={"timeout": 60},
        )

    async def open(self) -> None:
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            await connection.execute(
                insert(Account.__table__),
                [{"balance": BALANCE, "version": 1} for _ in range(ACCOUNTS)],
            )

    def order(self, number: int) -> Order:
        source, target = self.random.sample(range(1, ACCOUNTS + 1), 2)
        amount = self.random.randint(1, 100)
        return {
            "id": number,
            "source": source,
            "target": target,
            "amount": amount,
        }

    async def transfer(self, order: Order, ways: list[str]) -> None:
        way = WAYS[self.random.choice(ways)]
        await way(self.engine, order)
        self.done.add(order["id"])

    async def close(self) -> None:
        """Look whether all is as it should be."""
        at_rest(self.engine)
        async with asyncio.timeout(5), self.engine.begin() as connection:
            # It can be written to still.
            await connection.execute(text("UPDATE accounts SET version = 1"))
        at_rest(self.engine)
        await self.engine.dispose()


def check(bank: Bank) -> int:
    """Compare balances, journal and reports, without the package.

    Returns:
        How many transfers there are.
    """
    connection = sqlite3.connect(bank.path)
    journal = connection.execute("SELECT * FROM transfers").fetchall()
    balances = dict(connection.execute("SELECT id, balance FROM accounts"))
    sound = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    expected = dict.fromkeys(range(1, ACCOUNTS + 1), BALANCE)
    for _, source, target, amount in journal:
        expected[source] -= amount
        expected[target] += amount
    assert sound == [("ok",)]
    assert balances == expected
    assert sum(balances.values()) == ACCOUNTS * BALANCE
    assert bank.done <= {row[0] for row in journal}
    return len(journal)


# ---- loops ----------------------------------------------------------------

Main = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Main], None]:
    """Runs a function on a new loop of that kind, and does not wait for
    ever."""
    factory: Any = asyncio.new_event_loop
    if request.param == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop

    async def limited(main: Main) -> None:
        async with asyncio.timeout(60):
            await main()

    def runner(main: Main) -> None:
        with asyncio.Runner(loop_factory=factory) as loop:
            loop.run(limited(main))

    return runner


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path / "bank.db", random.SystemRandom().getrandbits(32))


# ---- nothing special ------------------------------------------------------


@pytest.mark.parametrize("ways", [[way] for way in WAYS] + [list(WAYS)])
def test_transfers(
    bank: Bank, run: Callable[[Main], None], ways: list[str]
) -> None:
    async def main() -> None:
        await bank.open()
        orders = [bank.order(number) for number in range(1, TASKS + 1)]
        await asyncio.gather(*(bank.transfer(each, ways) for each in orders))
        await bank.close()

    run(main)
    assert check(bank) == TASKS == len(bank.done)


# ---- cancellation ---------------------------------------------------------


async def cancelled_by_its_task(bank: Bank, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    loop.call_later(bank.random.uniform(0, 0.5), task.cancel)
    await task


async def cancelled_in_a_few_turns(bank: Bank, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    for _ in range(bank.random.randint(0, 20)):
        await asyncio.sleep(0)
    task.cancel()
    await task


async def under_a_timeout(bank: Bank, work: Awaitable[None]) -> None:
    async with asyncio.timeout(bank.random.uniform(0, 0.5)):
        await work


async def under_wait_for(bank: Bank, work: Awaitable[None]) -> None:
    await asyncio.wait_for(work, bank.random.uniform(0, 0.5))


async def untouched(bank: Bank, work: Awaitable[None]) -> None:
    await work


ENDS = [
    cancelled_by_its_task,
    cancelled_in_a_few_turns,
    under_a_timeout,
    under_wait_for,
    untouched,
]


async def disturbed(bank: Bank, order: Order) -> None:
    """A transfer that may be cancelled at some point."""
    end = bank.random.choice(ENDS)
    work = bank.transfer(order, list(WAYS))
    try:
        await end(bank, work)
    except (asyncio.CancelledError, TimeoutError):
        assert end is not untouched
        bank.cancelled += 1


async def all_disturbed(bank: Bank) -> None:
    orders = [bank.order(number) for number in range(1, TASKS + 1)]
    tasks = [asyncio.create_task(disturbed(bank, each)) for each in orders]
    await asyncio.gather(*tasks)


def test_cancelled_transfers(bank: Bank, run: Callable[[Main], None]) -> None:
    async def main() -> None:
        await bank.open()
        await all_disturbed(bank)
        await bank.close()

    run(main)
    count = check(bank)
    assert len(bank.done) + bank.cancelled == TASKS
    assert 0 < bank.cancelled < TASKS
    assert len(bank.done) <= count < TASKS


# ---- another process ------------------------------------------------------

OTHER = """
import random, sqlite3, sys
path, seed, first, accounts = sys.argv[1], *map(int, sys.argv[2:])
rng = random.Random(seed)
db = sqlite3.connect(path, timeout=60, isolation_level=None)
print("ready", flush=True)
moves = 0
sys.stdin.readline()
for number in range(first, first + 100):
    source, target = rng.sample(range(1, accounts + 1), 2)
    db.execute("BEGIN IMMEDIATE")
    for who, amount in ((source, -7), (target, 7)):
        db.execute("UPDATE accounts SET balance = balance + ?,"
                   " version = version + 1 WHERE id = ?", (amount, who))
    if number % 5 == 0:
        db.execute("ROLLBACK")
        continue
    db.execute("INSERT INTO transfers VALUES (?, ?, ?, 7)",
               (number, source, target))
    db.execute("COMMIT")
    moves += 1
db.close()
print(moves)
"""


@pytest.mark.parametrize("disturbing", [False, True])
def test_transfers_beside_another_process(
    bank: Bank, run: Callable[[Main], None], disturbing: bool
) -> None:
    first = 10_000
    arguments = [bank.path, bank.seed, first, ACCOUNTS]
    others = []

    async def main() -> None:
        await bank.open()
        other = subprocess.Popen(
            [sys.executable, "-c", OTHER, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        others.append(other)
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("go\n")
        other.stdin.flush()
        if disturbing:
            await all_disturbed(bank)
        else:
            orders = [bank.order(number) for number in range(1, TASKS + 1)]
            await asyncio.gather(
                *(bank.transfer(each, list(WAYS)) for each in orders)
            )
        out, _ = await asyncio.to_thread(other.communicate)
        assert other.returncode == 0
        assert out == "80\n"
        bank.done.update(n for n in range(first, first + 100) if n % 5)
        await bank.close()

    try:
        run(main)
    finally:
        for other in others:
            other.kill()
            other.wait()
    count = check(bank)
    assert count >= len(bank.done)
    assert disturbing or count == TASKS + 80
