"""What an import costs, in fresh interpreters that have asyncio already."""

from __future__ import annotations

import subprocess
import sys

from .runner import OURS, Bench, Row, Sample, at_most, duration

__all__ = ["import_time"]

LIMIT = 0.030
SIDES = {
    OURS: "import sqlactive_c",
    f"{OURS} and its models": (
        "from sqlactive_c import ActiveRecordBaseModel, DBConnection, Mapped,"
        " mapped_column"
    ),
    "aiosqlite": "import aiosqlite",
    "sqlactive": "import sqlactive",
}
PROGRAM = """
import asyncio
from time import perf_counter
begin = perf_counter()
{statement}
print(perf_counter() - begin)
"""


def once(statement: str) -> float:
    program = PROGRAM.format(statement=statement)
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, check=True, capture_output=True)
    return float(output.stdout)


async def import_time(bench: Bench) -> list[Row]:
    values: dict[str, list[float]] = {side: [] for side in SIDES}
    rounds = 3 if bench.quick else 21
    for statement in SIDES.values():
        once(statement)  # compiles the modules
    for number in range(rounds):
        bench.say(f"round {number + 1} of {rounds}")
        for side, statement in SIDES.items():
            values[side].append(once(statement))
    samples = {side: Sample(times) for side, times in values.items()}
    bar = at_most(LIMIT * 1e3, " ms")
    ours = samples[OURS]
    rows = []
    for side in list(SIDES)[1:]:
        is_first = not rows
        rows.append(
            Row(
                "import, beyond asyncio",
                str(ours),
                f"{side} {samples[side]}",
                duration(ours.median) if is_first else "-",
                bar.text if is_first else "-",
                bar.is_met(ours.median * 1e3) if is_first else None,
                {
                    "unit": "seconds, a value an interpreter",
                    "ours": ours.values,
                    "peer": {"name": side, "values": values[side]},
                },
            )
        )
    return rows
