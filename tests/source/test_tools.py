"""The tools that judge must be able to say no."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from source.tree import ROOT

OURS = """
==1==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 33 byte(s) in 1 object(s) allocated from:
    #0 0x7f in __interceptor_malloc asan_malloc_linux.cpp:69
    #1 0x7f in sac_malloc src/base/memory.c:51

SUMMARY: AddressSanitizer: 33 byte(s) leaked in 1 allocation(s).
"""
FOREIGN = OURS.replace("sac_malloc src/base/memory.c", "g Objects/object.c")
ERROR = """
==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x6
    #0 0x7f in elsewhere other.c:8

SUMMARY: AddressSanitizer: heap-use-after-free other.c:8 in elsewhere
"""


@pytest.fixture
def leak_filter() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "lsan_filter", ROOT / "tools/lsan_filter.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ([], 0),
        ([FOREIGN], 0),
        ([OURS], 1),
        ([ERROR], 1),
        ([FOREIGN, FOREIGN + OURS], 1),
    ],
)
def test_leak_filter(
    leak_filter: ModuleType, tmp_path: Path, reports: list[str], status: int
) -> None:
    for number, report in enumerate(reports):
        (tmp_path / f"asan.{number}").write_text(report)
    assert leak_filter.main(tmp_path) == status
