"""Whole programs print the same with both libraries.

Those in ``programs/`` are written against the peer, in the manner of its
documentation.  Here they run as they are and, with another first word in their
imports, on this package: on a file and in memory.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

import pytest

from parity.library import OURS, PEER

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
IMPORT = re.compile(rf"^(from|import) {PEER}\b", re.MULTILINE)


@contextmanager
def loaded(path: Path, package: str) -> Iterator[ModuleType]:
    """Import a program with a package in the place of the peer."""
    source, imports = IMPORT.subn(rf"\1 {package}", path.read_text())
    assert imports > 0
    name = f"{package}_{path.stem}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
        yield module
    finally:
        del sys.modules[name]


def printed(path: Path, package: str, url: str) -> str:
    """Run a program.

    Returns:
        What it printed.
    """
    out = io.StringIO()
    with loaded(path, package) as module, redirect_stdout(out):
        asyncio.run(module.main(url))
    return out.getvalue()


@pytest.mark.parametrize("where", ["file", "memory"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path, where: str, tmp_path: Path) -> None:
    texts = []
    for package in (PEER, OURS):
        url = "sqlite+aiosqlite://"
        if where == "file":
            url += f"/{tmp_path / package}.db"
        texts.append(printed(path, package, url))
    assert texts[1] == texts[0]
    assert len(texts[0].splitlines()) >= 8
