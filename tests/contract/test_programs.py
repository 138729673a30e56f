"""Whole programs give the same output and the same database."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from contract.library import HERE, OURS, PEER, source

PROGRAMS = sorted(path.stem for path in (HERE / "programs").glob("*.py"))
# The time of the run: two runs need not be in one second.
NOW = re.compile(r"'20[2-9]\d-\d\d-\d\d \d\d:\d\d:\d\d'")


def run(program: str, library: str, folder: Path) -> tuple[str, list[str]]:
    """Return what a program prints, and the database that it leaves."""
    file, database = folder / f"by_{library}.py", folder / f"{library}.db"
    file.write_text(source(f"programs/{program}.py", library))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(file), database.name],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{library}:\n{done.stdout}{done.stderr}"
    with closing(sqlite3.connect(database)) as connection:
        dump = [NOW.sub("now", line) for line in connection.iterdump()]
    return done.stdout, sorted(dump)


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program: str, tmp_path: Path) -> None:
    theirs, their_rows = run(program, PEER, tmp_path)
    assert theirs
    ours, our_rows = run(program, OURS, tmp_path)
    assert ours.splitlines() == theirs.splitlines()
    assert our_rows == their_rows
