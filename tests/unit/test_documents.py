"""The programs that the documents show run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from plugins.environment import without_remarks

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
ONE_PROGRAM = "<!-- The blocks of this page are one program. -->"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def programs(text: str) -> list[str]:
    found: list[str] = BLOCK.findall(text)
    return ["\n\n".join(found)] if ONE_PROGRAM in text else found


def blocks() -> list[object]:
    return [
        pytest.param(code, id=f"{path.relative_to(ROOT)}-{number}")
        for path in DOCUMENTS
        for number, code in enumerate(programs(path.read_text()))
    ]


def run(*arguments: object, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *map(str, arguments)],
        env=without_remarks(),
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("code", blocks())
def test_block_of_a_document(code: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(code)
    run(program, folder=tmp_path)


def test_quickstart(tmp_path: Path) -> None:
    file = tmp_path / "given.db"
    printed = run(ROOT / "examples/quickstart.py", file, folder=tmp_path)
    assert file.exists()
    assert "harbour: 6,667 readings" in printed
    assert "still 3 stations" in printed
    assert printed.rstrip().endswith("Closed.")
