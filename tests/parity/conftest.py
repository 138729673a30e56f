"""What is known to be missing still: tests that are expected to fail.

``gaps.txt`` lists the ids of tests, one a line, as pytest prints them without
the folder. Each is a gap to be closed, not a difference on purpose. Those
behind a "!" are not run: what they find varies from run to run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

GAPS = Path(__file__).with_name("gaps.txt")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lines = GAPS.read_text().splitlines() if GAPS.exists() else []
    gaps = {line for line in lines if line and not line.startswith("#")}
    for item in items:
        name = f"{item.path.name}::{item.name}"
        if item.path.parent != GAPS.parent:
            continue
        if name in gaps or f"!{name}" in gaps:
            item.add_marker(
                pytest.mark.xfail(
                    reason="see gaps.txt", run=f"!{name}" not in gaps
                )
            )
