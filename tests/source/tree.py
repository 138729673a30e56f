"""The files that the source lints read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGE = ROOT / "sqlactive_c"

# Lowest first; a file includes its own layer and those below.
LAYERS = ("base", "engine", "bridge", "types")
BELOW_THE_BRIDGE = ("base", "engine")

SKIPPED = {
    ".git", ".venv", "build", "dist", "__pycache__", ".pytest_cache",
    ".mypy_cache", ".ruff_cache", ".hypothesis",
}  # fmt: skip


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def c_files(*suffixes: str, layers: Iterable[str] = LAYERS) -> list[Path]:
    return sorted(
        path
        for layer in layers
        for path in (SRC / layer).rglob("*")
        if path.suffix in (suffixes or (".c", ".h"))
    )


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def text_files() -> Iterator[tuple[Path, str]]:
    """Every file of the project that is text, with its text."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if not path.is_file() or SKIPPED.intersection(parts):
            continue
        if any(part.endswith(".egg-info") for part in parts):
            continue
        try:
            yield path, path.read_text()
        except UnicodeDecodeError:
            continue


TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.VERBOSE | re.DOTALL,
)


def code_of(text: str) -> str:
    """C text without comments and literals; lines keep their numbers."""

    def blank(match: re.Match[str]) -> str:
        lines = "\n" * match.group().count("\n")
        return lines or (" " if match["comment"] else '""')

    return TOKEN.sub(blank, text)
