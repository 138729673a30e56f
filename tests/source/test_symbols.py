"""What the linker sees: exports, mutable globals, Python below the bridge."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from source.tree import BELOW_THE_BRIDGE, SRC, c_files, name
from sqlactive_c import _core

CC = os.environ.get("CC") or "cc"
FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O0", f"-I{SRC}"]

# What the C API wants non-const: tables of types, modules and argument names,
# and docstrings that stand in a table of slots.
TABLE = re.compile(
    r"\w*(_?[Dd]ef|_slots|_spec|_?[Mm]ethods?|_?[Mm]embers|_?[Gg]et_?[Ss]et"
    r"|_functions|_doc|\bnames)(\.\d+)?$"
)
# They describe the heap, of which a process has one.
COUNTERS = {"live_blocks", "fail_countdown", "fail_forever", "fail_count"}
# Made by the compiler and the linker.
MADE = re.compile(
    r"(completed(\.\d+)?|__dso_handle|__TMC_END__|__bss_start|_edata|_end"
    r"|__do_global_dtors_aux_fini_array_entry"
    r"|__frame_dummy_init_array_entry)$"
)
MUTABLE = re.compile(r"\.(data|bss|tdata|tbss)\b(?!\.rel\.ro)")

pytestmark = pytest.mark.skipif(
    not (shutil.which(CC) and shutil.which("nm")), reason="needs cc and nm"
)


def run(*command: object) -> str:
    return subprocess.run(
        [str(word) for word in command],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def table(nm_output: str) -> list[tuple[str, str, str]]:
    """Rows of `nm -f sysv`: name, type, section."""
    rows = []
    for line in nm_output.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 7:
            rows.append((cells[0], cells[3], cells[6]))
    return rows


def mutable_globals(binary: str | Path) -> set[str]:
    return {
        symbol
        for symbol, kind, section in table(run("nm", "-f", "sysv", binary))
        if MUTABLE.match(section)
        and kind in ("OBJECT", "TLS", "COMMON")
        and not MADE.match(symbol)
    }


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """base and engine, compiled without Python on the include path."""
    folder = tmp_path_factory.mktemp("objects")
    sources = c_files(".c", layers=BELOW_THE_BRIDGE)

    def compile_one(source: Path) -> Path:
        target = folder / (name(source).replace("/", "-") + ".o")
        run(CC, *FLAGS, "-c", "-o", target, source)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(compile_one, sources))


def test_one_exported_symbol() -> None:
    exported = run("nm", "-D", "--defined-only", "-f", "posix", _core.__file__)
    names = {line.split()[0] for line in exported.splitlines()}
    assert names == {"PyInit__core"}


def test_no_mutable_globals() -> None:
    found = mutable_globals(_core.__file__)
    assert not {
        symbol for symbol in found - COUNTERS if not TABLE.match(symbol)
    }


def test_the_lint_sees_a_mutable_global(tmp_path: Path) -> None:
    source = tmp_path / "planted.c"
    source.write_text(
        "static int planted; static const int constant = 1;\n"
        "const int *use(void) { planted++; return &constant; }\n"
    )
    run(CC, "-c", "-fPIC", "-o", tmp_path / "planted.o", source)
    assert mutable_globals(tmp_path / "planted.o") == {"planted"}


def test_no_python_symbol_below_the_bridge(objects: list[Path]) -> None:
    for path in objects:
        undefined = run("nm", "-u", "-f", "posix", path)
        assert not re.findall(r"^_?Py\w*", undefined, re.M), path.name


def test_no_mutable_globals_below_the_bridge(objects: list[Path]) -> None:
    for path in objects:
        found = mutable_globals(path)
        assert found == (COUNTERS if "memory.c" in path.name else set())


@pytest.mark.parametrize("path", c_files(".h"), ids=name)
def test_a_header_stands_alone_and_defines_nothing(
    path: Path, tmp_path: Path
) -> None:
    header = path.relative_to(SRC)
    python = []
    if header.parts[0] not in BELOW_THE_BRIDGE:
        python = [f"-I{sysconfig.get_path('include')}"]
    source = tmp_path / "alone.c"
    source.write_text(f'#include "{header}"\n#include "{header}"\n')
    target = tmp_path / "alone.o"
    run(CC, *FLAGS, *python, "-Wall", "-Werror", "-c", "-o", target, source)
    defined = run("nm", "--defined-only", "-f", "posix", target)
    # A static inline function that the header itself uses would show as "t".
    assert not [
        line for line in defined.splitlines() if line.split()[1] != "t"
    ]
