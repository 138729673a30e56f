"""Pictures of the loop's latency and of the memory while streaming."""

from __future__ import annotations

from pathlib import Path

from .runner import OURS, Row

__all__ = ["draw"]

IDLE, MINE, OTHERS = "0.6", "C0", ("C1", "C2")


def draw(folder: Path, rows: dict[str, list[Row]]) -> list[Path]:
    """Draw what was measured.

    Returns:
        The files written; none where matplotlib is missing.
    """
    if not {"latency", "streaming"}.intersection(rows):
        return []
    try:
        import matplotlib
    except ImportError:
        return []
    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    if "latency" in rows:
        drawn.append(draw_latency(folder / "latency.png", rows["latency"]))
    if "streaming" in rows:
        drawn.append(draw_memory(folder / "streaming.png", rows["streaming"]))
    return drawn


def draw_latency(path: Path, rows: list[Row]) -> Path:
    """Show how many ticks are later than x, a picture for each scenario."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, len(rows), figsize=(4 * len(rows), 4), sharey=True, squeeze=False
    )
    for axis, row in zip(axes[0], rows, strict=True):
        peer = row.data["peer"]
        for name, values, colour in (
            ("idle", row.data["idle"], IDLE),
            (OURS, row.data["ours"], MINE),
            (peer["name"], peer["values"], OTHERS[0]),
        ):
            late = sorted(max(value, 1e-6) * 1e3 for value in values)
            share = [1 - at / len(late) for at in range(len(late))]
            axis.step(late, share, where="post", label=name, color=colour)
        axis.set(xscale="log", yscale="log", xlabel="late by more than (ms)")
        axis.set_title(row.work.removeprefix("loop latency: "))
        axis.axhline(0.01, color="0.9", zorder=0)
        axis.legend()
    axes[0][0].set_ylabel("share of the ticks")
    figure.suptitle("A 1 ms ticker beside a task that uses the database")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path


def draw_memory(path: Path, rows: list[Row]) -> Path:
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(8, 4))
    curves = [(OURS, rows[0].data["ours"], MINE)] + [
        (row.data["peer"]["name"], row.data["peer"], colour)
        for row, colour in zip(rows, OTHERS, strict=True)
    ]
    for name, curve, colour in curves:
        step = curve["rows"] // len(curve["kib"])
        at = [
            step * (number + 1) / 1000 for number in range(len(curve["kib"]))
        ]
        mib = [kib / 1024 for kib in curve["kib"]]
        axis.plot(at, mib, label=name, color=colour)
    axis.set(xlabel="thousand rows", ylabel="resident memory (MiB)")
    axis.set_title("Streaming a table")
    axis.margins(y=0.25)
    axis.set_ylim(bottom=0)
    axis.legend(ncols=3, loc="upper center")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path
