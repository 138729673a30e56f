"""The database of the flights, made once for all processes of a session."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flights.load import MISSING, data_folder, load


def pytest_report_header() -> str | None:
    return None if data_folder() else f"flights: skipped, {MISSING}"


@pytest.fixture(scope="session")
def folder() -> Path:
    """The data of the package."""
    found = data_folder()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="session")
def database(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the workers of one session share it
    path = base / "flights.db"
    with (base / "flights.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            half = base / "flights.half"
            asyncio.run(load(half, folder))
            half.rename(path)
    return path


@pytest.fixture
def stdlib(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database)) as connection:
        yield connection
