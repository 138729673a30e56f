"""The rounds: who is timed when, and what the samples say.

Sides are timed in turns (A B C, C B A, A B C, ...) in one process, so that a
slow moment of the machine meets all of them.  Before the first round each
side runs until its count fills a slice of time; that is the warm-up, too.
As `timeit` does, a timed run has the garbage collector off, unless a side asks
for it.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

__all__ = [
    "OURS",
    "Bar",
    "Bench",
    "Row",
    "Sample",
    "Side",
    "at_least",
    "at_most",
    "collector",
    "compare",
    "duration",
    "versus",
]

OURS = "sqlactive_c"


@dataclass(frozen=True)
class Side:
    """One way to do the work: `run(count)` does it `count` times.

    `collected`: with the garbage collector on, where what it costs is part of
    the work, as for thousands of instances.
    """

    name: str
    run: Callable[[int], Awaitable[None]]
    collected: bool = False


@dataclass(frozen=True)
class Sample:
    """Seconds for one operation, one value a round."""

    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half the interquartile range, as a fraction of the median."""
        if len(self.values) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.values, method="inclusive")
        return (high - low) / 2 / self.median

    def __str__(self) -> str:
        return f"{duration(self.median)} ±{self.spread:.0%}"


@dataclass(frozen=True)
class Bar:
    """What a number has to be, and how the table says it."""

    limit: float
    is_minimum: bool
    text: str

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.is_minimum else value <= self.limit


def at_least(limit: float, unit: str = "x faster") -> Bar:
    return Bar(limit, True, f"≥ {limit:g}{unit}")


def at_most(limit: float, unit: str = "x its time") -> Bar:
    return Bar(limit, False, f"≤ {limit:g}{unit}")


@dataclass
class Row:
    """A line of the table; `data` goes to the JSON file with it."""

    work: str
    ours: str
    peer: str = "-"
    ratio: str = "-"
    bar: str = "-"
    met: bool | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Bench:
    """One run of the program: how thorough, where files go, what it says."""

    quick: bool
    folder: Path
    label: str = ""

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 15

    @property
    def slice(self) -> float:
        """Seconds that a timed run should take."""
        return 0.02 if self.quick else 0.1

    @contextmanager
    def files(self):  # type: ignore[no-untyped-def]
        """Make a folder for databases, on the disk that the results are on."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield Path(folder)

    def say(self, text: str) -> None:
        """Show what runs now: one line that changes, on a terminal only."""
        if sys.stderr.isatty():
            line = f"{self.label}: {text}"[:78]
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Spell out a time with three digits and a unit that suits it."""
    for unit, scale in (("ns", 1e9), ("µs", 1e6), ("ms", 1e3)):
        if abs(seconds) * scale < 1000:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds:.3g} s"


@contextmanager
def collector(on: bool):  # type: ignore[no-untyped-def]
    """Begin with nothing to collect: each side pays for its own objects."""
    gc.collect()
    if not on:
        gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def timed(side: Side, count: int) -> float:
    with collector(side.collected):
        begin = perf_counter()
        await side.run(count)
        return perf_counter() - begin


async def calibrated(bench: Bench, side: Side) -> int:
    """Find the count that fills a slice of time."""
    await side.run(1)  # what happens once only: imports, statements
    count = 1
    while (took := await timed(side, count)) < bench.slice / 4:
        count *= 2
    return max(1, round(count * bench.slice / took))


async def compare(bench: Bench, *sides: Side) -> dict[str, Sample]:
    """Time the sides in turns.

    Returns:
        The samples by the side's name.
    """
    turns = []
    for side in sides:
        bench.say(f"warm-up, {side.name}")
        turns.append((side, await calibrated(bench, side)))
    values: dict[str, list[float]] = {side.name: [] for side in sides}
    for number in range(bench.rounds):
        bench.say(f"round {number + 1} of {bench.rounds}")
        for side, count in turns:
            values[side.name].append(await timed(side, count) / count)
        turns.reverse()
    return {name: Sample(times) for name, times in values.items()}


def compared(ratio: float, faster: bool) -> str:
    """Say a ratio as the bar does, and never "0.2x faster"."""
    if not faster:
        return f"{ratio:.3g}x its time"
    if ratio < 1:
        return f"{1 / ratio:.3g}x slower"
    return f"{ratio:.3g}x faster"


def versus(
    work: str,
    samples: dict[str, Sample],
    peer: str,
    bar: Bar | None = None,
    ours: str = OURS,
) -> Row:
    """Make a line from the medians of two sides."""
    mine, other = samples[ours], samples[peer]
    faster = bar is None or bar.is_minimum
    ratio = other.median / mine.median
    shown = ratio if faster else 1 / ratio
    return Row(
        work,
        str(mine),
        f"{peer} {other}",
        compared(shown, faster),
        bar.text if bar else "-",
        bar.is_met(shown) if bar else None,
        {
            "unit": "seconds per operation, a value a round",
            "ours": mine.values,
            "peer": {"name": peer, "values": other.values},
            "ratio": shown,
        },
    )
