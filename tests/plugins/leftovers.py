"""After a test that passed, the process is as it was before it.

Compared are the blocks that the code below the bridge holds and the threads
of the process.  Hence an engine lives in a test or in a fixture of function
scope, never longer.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator

import pytest

from sqlactive_c import _core

# A thread that was joined is listed a moment longer.
PATIENCE = 2.0

BEFORE = pytest.StashKey[dict[str, int]]()
FAILED = pytest.StashKey[bool]()
# The module whose last test ended with a collection.
CLEAN_AFTER = pytest.StashKey[pytest.Module | None]()


def count() -> dict[str, int]:
    # Texts keep their last plan, and ports wait for the next event loop.
    _core.collect()
    return {
        "blocks of the engine": _core.live_blocks(),
        "threads": len(os.listdir("/proc/self/task")),
    }


def grown(before: dict[str, int]) -> dict[str, int]:
    now = count()
    return {
        what: now[what] - before[what]
        for what in before
        if now[what] > before[what]
    }


def pytest_collection_finish() -> None:
    # What the imports made stays: a collection need not look at it again.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    # Cycles of an earlier test must not be collected during this one; what
    # the tests of another module left for good need not be looked at again.
    before = item.session.stash.get(CLEAN_AFTER, None)
    if before is not item.getparent(pytest.Module):
        gc.collect()
        gc.freeze()
    item.session.stash[CLEAN_AFTER] = None
    item.stash[BEFORE] = count()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    report = yield
    if not report.passed:
        # A traceback keeps the variables of the test alive.
        item.stash[FAILED] = True
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    result = yield
    if item.stash.get(FAILED, False):
        return result
    # What fixtures gave is kept by pytest until after this hook.
    getattr(item, "funcargs", {}).clear()
    before = item.stash[BEFORE]
    gc.collect()
    deadline = time.monotonic() + PATIENCE
    while left := grown(before):
        if time.monotonic() > deadline:
            raise AssertionError(
                "left behind: "
                + ", ".join(f"{n} {what}" for what, n in left.items())
            )
        time.sleep(0.001)
        gc.collect()
    item.session.stash[CLEAN_AFTER] = item.getparent(pytest.Module)
    return result
