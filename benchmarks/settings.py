"""What was measured, on what: both sides' versions and settings."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlactive_c import _core, text

from .dataset import aiosqlite_connection, our_engine, peer_engine

__all__ = ["is_busy", "settings", "settings_lines"]

PACKAGES = (
    "sqlactive_c",
    "sqlactive",
    "sqlalchemy",
    "aiosqlite",
    "orjson",
    "uvloop",
)
BUSY = 0.25  # processes that want a processor, for each that there is
PRAGMAS = (
    "journal_mode",
    "synchronous",
    "cache_size",
    "mmap_size",
    "wal_autocheckpoint",
    "foreign_keys",
)
SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")


def versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def file_system(folder: Path) -> str:
    """Return the type of the file system that a folder is on."""
    best, kind = "", "unknown"
    try:
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return kind
    for line in mounts:
        _, point, name, *_ = line.split()
        if folder.is_relative_to(point) and len(point) > len(best):
            best, kind = point, name
    return kind


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def spelled(values: dict[str, object]) -> dict[str, object]:
    level = values["synchronous"]
    if isinstance(level, int):
        values["synchronous"] = SYNCHRONOUS[level]
    return values


async def pragmas(path: Path | None) -> dict[str, dict[str, object]]:
    """Ask the connections of all sides how they are set."""
    found: dict[str, dict[str, object]] = {}
    async with (
        our_engine(path) as engine,
        engine.connect() as ours,
        peer_engine(path) as peer,
        peer.connect() as theirs,
        aiosqlite_connection(path) as driver,
    ):
        for side, scalar in (
            ("sqlactive_c", ours.exec_driver_sql),
            ("SQLAlchemy", theirs.exec_driver_sql),
        ):
            found[side] = spelled(
                {
                    name: (await scalar(f"PRAGMA {name}")).scalar()
                    for name in PRAGMAS
                }
            )
        values = {}
        for name in PRAGMAS:
            async with driver.execute(f"PRAGMA {name}") as cursor:
                row = await cursor.fetchone()
            values[name] = row[0] if row else None
        found["aiosqlite"] = spelled(values)
    return found


async def settings(folder: Path, loop: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=folder) as where:
        on_file = await pragmas(Path(where, "file"))
    async with our_engine(None) as engine, engine.connect() as connection:
        linked = await connection.execute(text("SELECT sqlite_version()"))
        ours = linked.scalar_one()
    return {
        "python": f"{platform.python_implementation()} "
        f"{platform.python_version()}",
        "sqlite": {"sqlactive_c": ours, "peers": sqlite3.sqlite_version},
        "sqlite memory statistics": "off"
        if _core.memory_statistics_off
        else "on",
        "packages": versions(),
        "loop": f"{loop} ({type(asyncio.get_running_loop()).__module__})",
        "processors": f"{os.cpu_count()} x {processor()}",
        "load": ", ".join(f"{value:.2f}" for value in os.getloadavg()),
        "kernel": platform.release(),
        "file system": file_system(folder),
        "on a file": on_file,
        "in memory": await pragmas(None),
    }


def settings_lines(found: dict) -> list[str]:
    """Spell out the settings for the screen."""
    lines = []
    for key, value in found.items():
        if not isinstance(value, dict):
            lines.append(f"{key}: {value}")
        elif key in ("on a file", "in memory"):
            for side, pairs in value.items():
                said = ", ".join(f"{k}={v}" for k, v in pairs.items())
                lines.append(f"{key}, {side}: {said}")
        else:
            said = ", ".join(f"{k} {v}" for k, v in value.items())
            lines.append(f"{key}: {said}")
    return lines


def is_busy() -> bool:
    """Return whether others use the machine, as far as one can tell."""
    return os.getloadavg()[0] > BUSY * (os.cpu_count() or 1)
