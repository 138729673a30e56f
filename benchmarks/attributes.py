"""Attributes of an instance: what reading and writing one costs."""

from __future__ import annotations

from typing import Any

from .models import libraries
from .runner import (
    OURS,
    Bench,
    Row,
    Sample,
    Side,
    at_least,
    at_most,
    compare,
    versus,
)

__all__ = ["attributes"]

PEER = "SQLAlchemy"
PLAIN = "plain __slots__"
UNROLLED = 10  # in one turn of a loop, so that it hides little of the time


class Plain:
    __slots__ = ("name", "stock")

    def __init__(self, name: str, stock: int) -> None:
        self.name = name
        self.stock = stock


def reading(name: str, item: Any) -> Side:
    # A function for each side: the interpreter specializes its instructions
    # for what it meets.
    space: dict[str, Any] = {}
    body = "        item.name\n" * UNROLLED
    exec(
        f"async def run(item, count):\n    for _ in range(count):\n{body}",
        space,
    )
    return Side(name, lambda count: space["run"](item, count))


def writing(name: str, item: Any) -> Side:
    space: dict[str, Any] = {}
    body = "        item.stock = turn\n" * UNROLLED
    exec(
        f"async def run(item, count):\n    for turn in range(count):\n{body}",
        space,
    )
    return Side(name, lambda count: space["run"](item, count))


def single(samples: dict[str, Sample]) -> dict[str, Sample]:
    return {
        name: Sample([value / UNROLLED for value in sample.values])
        for name, sample in samples.items()
    }


async def attributes(bench: Bench) -> list[Row]:
    """Of a loaded instance in a session."""
    plain = Plain("item number 1", 1)
    async with (
        libraries(None, 10) as (ours, peer),
        ours.sessions() as mine,
        peer.sessions() as theirs,
    ):
        items = {
            OURS: await mine.get(ours.Item, 1),
            PLAIN: plain,
            PEER: await theirs.get(peer.Item, 1),
        }
        read, written = [
            single(
                await compare(
                    bench, *[side(name, of) for name, of in items.items()]
                )
            )
            for side in (reading, writing)
        ]
    return [
        versus("attribute, get", read, PLAIN, at_most(1.5)),
        versus("attribute, get", read, PEER),
        versus("attribute, set", written, PEER, at_least(5)),
        versus("attribute, set", written, PLAIN),
    ]
