"""What is not as the peer has it: tests that must fail.

``differences.txt`` lists differences on purpose: the id of a test as pytest
prints it without the folder, two spaces, the reason.  What is done here
instead is tested in test_differences.py or in tests/unit.  ``gaps.txt`` lists
the ids of what is to be closed still.
"""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def lines(name: str) -> list[str]:
    """Return the lines of a list beside this file, without its comments."""
    text = (FOLDER / name).read_text()
    return [each for each in text.splitlines() if each[:1] not in ("", "#")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reasons = dict(line.split("  ", 1) for line in lines("differences.txt"))
    reasons |= dict.fromkeys(lines("gaps.txt"), "see gaps.txt")
    for item in items:
        if item.path.parent != FOLDER:
            continue
        reason = reasons.get(f"{item.path.name}::{item.name}")
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
