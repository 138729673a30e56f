"""An async test ends with the asyncio tasks that it began with."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest


def checked(test: Callable[..., Awaitable[None]]) -> Callable[..., Any]:
    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        before = asyncio.all_tasks()
        await test(*args, **kwargs)
        # What the test cancelled last may need one turn to end.
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - before
        assert not left, f"tasks still running: {left}"

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        test = getattr(item, "obj", None)
        # Hypothesis calls the inner function many times over: not wrapped.
        if inspect.iscoroutinefunction(test) and not hasattr(
            test, "hypothesis"
        ):
            item.obj = checked(test)  # type: ignore[attr-defined]
