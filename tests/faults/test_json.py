"""Memory runs out while models and rows become plain data or JSON."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sqlactive_c import (
    ActiveRecordMixin,
    Mapped,
    MetaData,
    SerializationMixin,
    create_async_engine,
    mapped_column,
    text,
)
from sqlactive_c._core import json_text, rows_to_json
from sqlactive_c.types import (
    JSON,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    String,
)


class Base(ActiveRecordMixin, SerializationMixin):
    __abstract__ = True
    metadata = MetaData()


class Sample(Base):
    __tablename__ = "fault_samples"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON)


SAMPLE = Sample(id=1, name="é" * 300, data={"a": [1, 2.5, "x" * 600]})
VALUE = {
    "numbers": [1, 10**30, 0.1, 1 / 3, Decimal("1.5")],
    "texts": ["a" * 700, "é" * 700, "\ud800", "\n" * 700],
    "moment": datetime(2026, 1, 2),
    "inner": {"a": {"b": ()}},
}
SQL = """
SELECT 1 AS id, 'é' || hex(zeroblob(500)) AS name,
    '2026-01-02 03:04:05.000000' AS moment, 1.25 AS price, '[1, 2]' AS data,
    x'00' AS blob
UNION ALL SELECT 2, 'b', '2026-01-02', 1e-7, NULL, 0.1
"""
NAMES = ("id", "name", "moment", "price", "data", "blob")
KINDS: dict[str, Any] = {
    "id": Integer(), "name": String(), "moment": DateTime(),
    "price": Numeric(), "data": JSON(), "blob": LargeBinary(),
}  # fmt: skip


async def execute(times: int) -> list[Any]:
    engine = create_async_engine("sqlite+aiosqlite://")
    query = text(SQL).columns(**KINDS)
    async with engine.connect() as connection:
        results = [await connection.execute(query) for _ in range(times)]
    await engine.dispose()
    return results


RESULTS: list[Any] = []


def fill() -> None:
    """Results are used up: there are enough for all runs."""
    RESULTS.extend(asyncio.run(execute(4000)))


def to_dict() -> None:
    assert SAMPLE.to_dict(exclude=["id"])["name"] == "é" * 300


def to_json() -> None:
    SAMPLE.to_json()
    SAMPLE.to_json(indent=2, sort_keys=True, ensure_ascii=True)


def values() -> None:
    json_text(VALUE, False, None, False)
    json_text(VALUE, True, "  ", True)


def rows() -> None:
    rows_to_json(RESULTS.pop(), NAMES)


def groups() -> None:
    nested = (("more", 0, {1: b"[1]"}, b"[]"),)
    rows_to_json(RESULTS.pop(), (None, *NAMES[1:]), by=0, nested=nested)


OPERATIONS = [to_dict, to_json, values, rows, groups]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.__name__)
def test_python_runs_out(operation: Any) -> None:
    pytest.importorskip("_testcapi")
    code = f"""
import gc, sys, _testcapi
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from faults.test_json import OPERATIONS, fill
operation = {{o.__name__: o for o in OPERATIONS}}[{operation.__name__!r}]
sys.unraisablehook = lambda *args: None
if {operation.__name__ in ("rows", "groups")}:
    fill()
for _ in range(3):
    operation()
gc.collect()
gc.disable()
points = quiet = 0
for after in range(3_000):
    failed = False
    _testcapi.set_nomemory(after, after + 1)
    try:
        operation()
    except MemoryError:
        failed = True
    finally:
        _testcapi.remove_mem_hooks()
    points += failed
    quiet = 0 if failed else quiet + 1
    if quiet > 100:
        break
gc.enable()
gc.collect()
operation()
assert points > 1, points
assert quiet > 100, quiet
"""
    result = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert result.returncode == 0, result.stderr[-3000:]
