"""The models of the contract by each library, on a database with the seed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from contract.library import LIBRARIES, OURS, load
from contract.seed import ROWS

pytest.importorskip("sqlactive")


def names(library: str) -> SimpleNamespace:
    """Return the models and the imported names, as attributes."""
    return SimpleNamespace(library=library, **vars(load("models.py", library)))


async def opened(ns: SimpleNamespace, url: str) -> Any:
    conn = ns.DBConnection(url)
    await conn.init_db(ns.BaseModel)
    async with conn.async_engine.begin() as connection:
        for table, rows in ROWS.items():
            columns = ", ".join(rows[0])
            marks = ", ".join(f":{name}" for name in rows[0])
            insert = (
                f"INSERT INTO {table} ({columns}, created_at, updated_at)"
                f" VALUES ({marks}, '2024-02-29 10:20:30',"
                " '2024-02-29 10:20:30')"
            )
            await connection.execute(ns.text(insert), rows)
    return conn


async def closed(ns: SimpleNamespace) -> None:
    await ns.conn.close()
    ns.BaseModel._session = None


@pytest.fixture(params=LIBRARIES)
def lib(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The names of a library, and no database."""
    return names(request.param)


@pytest.fixture
async def ns(
    lib: SimpleNamespace, memory_url: str
) -> AsyncIterator[SimpleNamespace]:
    """The names of a library, its models on a database with the seed."""
    lib.conn = await opened(lib, memory_url)
    yield lib
    await closed(lib)


@pytest.fixture
async def ours(memory_url: str) -> AsyncIterator[SimpleNamespace]:
    """The same by this package alone, for what the peer does not have."""
    ns = names(OURS)
    ns.conn = await opened(ns, memory_url)
    yield ns
    await closed(ns)


@pytest.fixture
def sql(ns: SimpleNamespace) -> Iterator[list[str]]:
    """The statements that the test has executed so far."""
    seen: list[str] = []
    engine = ns.conn.async_engine.sync_engine

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    ns.event.listen(engine, "before_cursor_execute", note)
    yield seen
    ns.event.remove(engine, "before_cursor_execute", note)
