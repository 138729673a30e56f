"""Type checkers see what the samples say, and the stub fits the extension.

The samples hold their expectations: `assert_type` for what must be accepted,
``type: ignore[code]`` for what must be an error of that code, since an ignore
that nothing needs is itself an error.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sqlactive_c

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SAMPLES = sorted((HERE / "samples").glob("*.py"))
# Where the package under test is: an installed one need not be beside us.
PLACE = Path(sqlactive_c.__file__).parents[1]


def mypy(
    cache: Path, *arguments: object, module: str = "mypy"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cache,
        env={"MYPYPATH": str(PLACE), "MYPY_CACHE_DIR": str(cache)},
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="module")
def complaints(cache: Path) -> list[str]:
    done = mypy(
        cache,
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
        "--config-file=",
        *SAMPLES,
    )
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_sample(sample: Path, complaints: list[str]) -> None:
    assert not [line for line in complaints if sample.name in line]


def test_there_is_no_other_complaint(complaints: list[str]) -> None:
    assert not complaints


def test_every_sample_has_something_that_is_refused() -> None:
    for sample in SAMPLES:
        assert re.search(r"# type: ignore\[[\w-]+\]", sample.read_text())


def test_the_stub_fits_the_extension(cache: Path) -> None:
    done = mypy(
        cache,
        "sqlactive_c._core",
        f"--mypy-config-file={ROOT / 'pyproject.toml'}",
        f"--allowlist={HERE / 'stubtest_allowlist.txt'}",
        module="mypy.stubtest",
    )
    assert done.returncode == 0, done.stdout + done.stderr
