"""Measure sqlactive_c against its peers, both sides in one run.

    python -m benchmarks [--quick] [--only NAME] [--uvloop]
                         [--json FILE] [--plot DIR]

Prints one table: what the work is, what it costs us and a peer, how that
compares, and the bar it has to clear where there is one.  A number is the
median over the rounds, ± half the interquartile range; see runner.py for how
rounds are made.  Every sample is in the JSON file.
"""

from __future__ import annotations

# First of all: it switches SQLite's memory statistics off, which can only be
# done before anything else uses SQLite.  The peers profit from it, too.
import sqlactive_c  # noqa: F401  isort: skip

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from . import (
    attributes,
    cores,
    encoding,
    fetching,
    flights,
    hydrate,
    importing,
    latency,
    plans,
    plots,
    points,
    records,
    sessions,
    streaming,
    writing,
)
from .report import table, write_json
from .runner import Bench, Row
from .settings import is_busy, settings, settings_lines

SUBJECTS: dict[str, Callable[[Bench], Awaitable[list[Row]]]] = {
    "point-memory": points.on_memory,
    "point-file": points.on_file,
    "point-worker": points.on_worker,
    "point-gathered": points.gathered,
    "plans": plans.statement_lookup,
    "fetch": fetching.fetch_all,
    "hydrate": hydrate.hydrate,
    "json-models": encoding.models,
    "json-rows": encoding.rows,
    "flights": flights.analyst,
    "latency": latency.on_loop,
    "cores": cores.two_reads,
    "streaming": streaming.resident_memory,
    "import": importing.import_time,
    "session": points.sessions,
    "session-get": sessions.get,
    "session-add-memory": sessions.add_and_commit_memory,
    "session-add-file": sessions.add_and_commit_file,
    "session-add-many": sessions.add_many,
    "session-change-many": sessions.change_many,
    "session-joinedload": sessions.joinedload,
    "session-selectinload": sessions.selectinload,
    "record-get": records.get,
    "record-first": records.first,
    "record-gathered": records.gathered,
    "record-insert": records.insert,
    "record-update": records.update,
    "record-insert-all": records.insert_all,
    "record-all": records.every,
    "record-eager": records.eager,
    "record-to-dict": records.to_dict,
    "record-to-json": records.to_json,
    "record-query-json": records.json_of_a_query,
    "attributes": attributes.attributes,
    "commit-memory": writing.on_memory,
    "commit-file": writing.on_file,
    "executemany": writing.executemany,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure sqlactive_c against its peers.",
        epilog=f"names: {', '.join(SUBJECTS)}",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few short rounds: a rough idea"
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="subjects whose name contains NAME; may be given again",
    )
    parser.add_argument(
        "--uvloop", action="store_true", help="both sides on uvloop"
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        default=Path("build/bench/results.json"),
        help="where the samples go (%(default)s)",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="DIR",
        default=Path("build/bench"),
        help="where the pictures go (%(default)s)",
    )
    return parser.parse_args()


def chosen(names: list[str] | None) -> list[str]:
    if not names:
        return list(SUBJECTS)
    found = [s for s in SUBJECTS if any(name in s for name in names)]
    if not found:
        known = ", ".join(SUBJECTS)
        sys.exit(f"nothing is called {', '.join(names)}; there are: {known}")
    return found


def runner(is_uvloop: bool) -> asyncio.Runner:
    if is_uvloop:
        import uvloop

        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()


def main() -> None:
    options = arguments()
    subjects = chosen(options.only)
    folder = options.json.parent.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.quick, folder)
    loop = "uvloop" if options.uvloop else "asyncio"
    with runner(options.uvloop) as run:
        known = run.run(settings(folder, loop))
    print("\n".join(settings_lines(known)), flush=True)
    if is_busy():
        print("NOTE: the machine is busy; absolute times and cores suffer")
    rows: dict[str, list[Row]] = {}
    for number, name in enumerate(subjects, start=1):
        bench.label = f"[{number}/{len(subjects)}] {name}"
        if not sys.stderr.isatty():
            print(bench.label, file=sys.stderr, flush=True)
        with runner(options.uvloop) as run:
            rows[name] = run.run(SUBJECTS[name](bench))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    every = [row for measured in rows.values() for row in measured]
    print(f"\n{table(every)}\n")
    write_json(options.json, known, rows)
    for path in [options.json, *plots.draw(options.plot, rows)]:
        print(f"written: {path}")
    missed = [row.work for row in every if row.met is False]
    print(f"bars missed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
