"""The table on the screen and the JSON file."""

from __future__ import annotations

import json
from pathlib import Path

from .runner import Row

__all__ = ["table", "write_json"]

HEAD = ("work", "ours", "peer", "ratio", "bar", "met?")
SAID = {True: "yes", False: "NO", None: "-"}


def table(rows: list[Row]) -> str:
    """Lay the rows out; the spread (±) is half the interquartile range."""
    lines = [HEAD] + [
        (row.work, row.ours, row.peer, row.ratio, row.bar, SAID[row.met])
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def write_json(
    path: Path, settings: dict[str, object], rows: dict[str, list[Row]]
) -> None:
    """Write everything that was measured, sample by sample."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "settings": settings,
        "results": [
            {"name": name, **vars(row)}
            for name, measured in rows.items()
            for row in measured
        ],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
