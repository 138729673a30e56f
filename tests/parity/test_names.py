"""The page of names says what is there."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

TOOL = Path(__file__).parents[2] / "tools" / "names.py"


def test_the_page_is_current() -> None:
    tool = runpy.run_path(str(TOOL))
    assert tool["PAGE"].read_text() == tool["page"](), (
        "run .venv/bin/python tools/names.py"
    )
