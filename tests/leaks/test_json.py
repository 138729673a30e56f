"""Plain data and JSON again and again: blocks stay as many as they are."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from faults.test_json import KINDS, NAMES, SAMPLE, SQL, VALUE
from sqlactive_c import _core, create_async_engine, text
from sqlactive_c._core import json_text, rows_to_json
from sqlactive_c.exc import OperationalError

REPEAT = 300
NESTED = (("more", 0, {1: b"[1]"}, b"[]"), ("one", 0, {2: b"1"}, None))


class Broken:
    def __str__(self) -> str:
        raise ValueError


def plain() -> None:
    SAMPLE.to_dict(exclude=["id"])
    SAMPLE.to_json(indent=1, sort_keys=True)
    SAMPLE.from_json(SAMPLE.to_json())
    with suppress(TypeError):
        SAMPLE.to_dict(exclude=3)  # type: ignore[arg-type]


def values() -> None:
    for ascii_ in (True, False):
        json_text(VALUE, ascii_, 2, True)
    with suppress(TypeError):
        json_text([{(1,): 2}], False, None, False)
    with suppress(TypeError):
        json_text({1: 2, "a": 3}, False, None, True)
    with suppress(ValueError):
        json_text({"a": [Broken()]}, False, None, False)
    with suppress(TypeError):
        json_text({}, False, 1.5, False)  # type: ignore[arg-type]


async def rows(connection: Any) -> None:
    query = text(SQL).columns(**KINDS)

    async def result() -> Any:
        return await connection.execute(query)

    refuse: Any = rows_to_json
    rows_to_json(await result(), NAMES)
    rows_to_json((await result()).scalars("name"), ("name",))
    rows_to_json(await result(), (None,) * 6, by=0, nested=NESTED)
    (await result()).unique()
    with suppress(ValueError):
        refuse(await result(), ("a",))
    with suppress(TypeError):
        refuse(await result(), (*NAMES[:5], 1))
    with suppress(TypeError):
        refuse(await result(), NAMES, nested=(("a", 0, {}, 1),))
    with suppress(IndexError):
        refuse(await result(), NAMES, by=9)
    with suppress(OperationalError):
        refuse(
            await connection.execute(text("SELECT CAST(x'ff' AS TEXT)")),
            ("a",),
        )


def blocks() -> tuple[int, int, int]:
    gc.collect()
    return (
        sys.getallocatedblocks(),
        len(gc.get_objects()),
        _core.live_blocks(),
    )


def check(run: Callable[[], Any]) -> None:
    for _ in range(10):
        before = blocks()
        run()
        after = blocks()
        grown = [new - old for old, new in zip(before, after, strict=True)]
        if all(number < REPEAT // 2 for number in grown[:2]) and not grown[2]:
            return
    raise AssertionError(f"each round adds {grown}")


@pytest.mark.parametrize("operation", [plain, values])
def test_nothing_grows(operation: Callable[[], Any]) -> None:
    def run() -> None:
        for _ in range(REPEAT):
            operation()

    check(run)


def test_rows_leave_nothing() -> None:
    async def main() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as connection:
            for _ in range(10):
                before = blocks()
                for _ in range(REPEAT):
                    await rows(connection)
                after = blocks()
                grown = [b - a for a, b in zip(before, after, strict=True)]
                if all(number < REPEAT // 2 for number in grown):
                    break
            else:
                raise AssertionError(f"each round adds {grown}")
        await engine.dispose()

    asyncio.run(main())
