"""What all tests share: the checks after each test, and the databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import sqlactive_c._core
from sqlactive_c import AsyncEngine, create_async_engine

pytest_plugins = ["plugins.leftovers", "plugins.tasks"]


def pytest_report_header() -> str:
    return f"extension: {sqlactive_c._core.__file__}"


@pytest.fixture
def memory_url() -> str:
    return "sqlite+aiosqlite://"


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/test.db"


@pytest.fixture
async def engine(memory_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a database in memory."""
    engine = create_async_engine(memory_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def file_engine(file_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a file."""
    engine = create_async_engine(file_url)
    yield engine
    await engine.dispose()


@pytest.fixture(params=["memory", "file"])
async def any_engine(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[AsyncEngine]:
    """An engine on a database in memory, then one on a file."""
    url = "sqlite+aiosqlite://"
    if request.param == "file":
        url += f"/{tmp_path}/test.db"
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()
