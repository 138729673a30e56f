"""What the C sources may say, read as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from source.tree import (
    BELOW_THE_BRIDGE,
    LAYERS,
    ROOT,
    SRC,
    c_files,
    code_of,
    name,
)

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)

# Twice the habit: beyond it a file or a function is too large.
MAX_LINES = {".c": 800, ".h": 240}
MAX_FUNCTION = 100

NOT_BELOW_THE_BRIDGE = (
    "malloc", "calloc", "realloc", "free", "strdup", "strndup", "asprintf",
)  # fmt: skip
NOWHERE = (
    "strcpy", "strcat", "sprintf", "vsprintf", "gets", "strtok", "alloca",
    "abort", "exit", "system", "sleep", "usleep", "nanosleep", "sched_yield",
    "thrd_sleep", "clock_nanosleep", "sqlite3_sleep", "sqlite3_interrupt",
    "Py_Exit", "Py_FatalError",
)  # fmt: skip
# (file, function): SQLite cannot wait for another process but by trying again;
# users may ask for SQLite's own interrupt of a connection.
EXCEPTIONS = {
    ("src/engine/user.c", "sqlite3_interrupt"),
    ("src/engine/handle.c", "nanosleep"),
    ("src/base/memory.c", "malloc"),
    ("src/base/memory.c", "calloc"),
    ("src/base/memory.c", "realloc"),
    ("src/base/memory.c", "free"),
}

ALL = [*c_files(), SRC / "module.c"]


def files(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=name)


def layer_of(path: str) -> str:
    return path.split("/")[0]


@files(c_files())
def test_includes_point_downward(path: Path) -> None:
    layer = layer_of(str(path.relative_to(SRC)))
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    for ours, _ in INCLUDE.findall(path.read_text()):
        if ours:
            assert layer_of(ours) in allowed, f"{ours} is above {layer}"
            assert (SRC / ours).is_file(), f"{ours} is not written from src/"


@files(c_files(layers=BELOW_THE_BRIDGE))
def test_no_python_below_the_bridge(path: Path) -> None:
    for ours, system in INCLUDE.findall(path.read_text()):
        assert not re.search("python|structmember", (ours or system).lower())
    found = re.findall(r"\b_?Py[A-Z_]\w*|\bSac_\w+", code_of(path.read_text()))
    assert not found


@files(c_files(layers=("bridge", "types")))
def test_no_sqlite_calls_above_the_bridge(path: Path) -> None:
    called = set(re.findall(r"\bsqlite3_\w+(?=\()", code_of(path.read_text())))
    assert not called - {"sqlite3_libversion", "sqlite3_libversion_number"}


@files(ALL)
def test_banned_functions(path: Path) -> None:
    code = code_of(path.read_text())
    banned = [*NOWHERE]
    if layer_of(str(path.relative_to(SRC))) in BELOW_THE_BRIDGE:
        banned += NOT_BELOW_THE_BRIDGE
    called = set(re.findall(r"(?<![\w.>])(\w+)\s*\(", code))
    assert not re.findall(r"\bPyGILState_\w+", code)
    found = {
        word
        for word in called.intersection(banned)
        if (name(path), word) not in EXCEPTIONS
    }
    assert not found


@files([path for path in ALL if path.suffix == ".c"])
def test_a_source_opens_with_a_comment(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("/*")
    opening = text[: text.index("*/")]
    assert 2 <= opening.count("\n") + 1 <= 40


@files([path for path in ALL if path.suffix == ".h"])
def test_a_header_has_a_guard_of_its_own_name(path: Path) -> None:
    guard = "SAC_" + re.sub(
        r"\W", "_", str(path.relative_to(SRC)).upper()
    ).removeprefix("SRC_")
    lines = code_of(path.read_text()).split("\n")
    directives = [line for line in lines if line.startswith("#")]
    assert directives[:2] == [f"#ifndef {guard}", f"#define {guard}"]
    assert directives[-1].startswith("#endif")


@files(ALL)
def test_files_are_of_a_size_to_read(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= MAX_LINES[path.suffix]


@files([path for path in ALL if path.suffix == ".c"])
def test_functions_are_of_a_size_to_read(path: Path) -> None:
    begin = None
    for number, line in enumerate(
        code_of(path.read_text()).split("\n"), start=1
    ):
        if line.startswith("{"):
            begin = number
        elif line.startswith("}") and begin is not None:
            assert number - begin < MAX_FUNCTION, f"the function at {begin}"
            begin = None


def test_every_source_is_in_a_layer() -> None:
    strays = set(SRC.rglob("*.[ch]")) - set(ALL)
    assert not strays


def test_the_c_tests_know_no_python() -> None:
    for path in (ROOT / "tests/c").glob("*.[ch]"):
        assert "Python.h" not in code_of(path.read_text())
