"""Random programs about sessions do the same through both libraries."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parity.library import ours, peer
from parity.random_units.comparison import differences
from parity.random_units.player import Player, Step
from parity.random_units.stage import Stage
from parity.random_units.worlds import WORLDS

EXAMPLES = int(os.environ.get("SAC_RANDOM_UNITS", "300"))
SEEDED = "SAC_RANDOM_UNITS" in os.environ

WEIGHTS = {
    "new": 8, "add": 2, "set": 5, "key": 3, "del": 1, "one": 5, "append": 5,
    "remove": 3, "replace": 2, "delete": 4, "flush": 6, "commit": 4,
    "rollback": 2, "begin": 2, "release": 2, "back": 2, "expire": 2,
    "expire_all": 1, "expunge": 2, "refresh": 2, "load": 5, "read": 2,
    "get": 2, "select": 2, "merge": 2,
}  # fmt: skip
NUMBERS = st.integers(0, 60)
STEPS = st.builds(
    Step,
    st.sampled_from([name for name in WEIGHTS for _ in range(WEIGHTS[name])]),
    NUMBERS,
    NUMBERS,
    NUMBERS,
)


class Pair:
    """Both libraries with the classes of a world."""

    def __init__(self, world: str) -> None:
        self.runner = asyncio.Runner()
        self.peer = Stage(peer._package, world)
        self.ours = Stage(ours._package, world)
        for stage in (self.peer, self.ours):
            self.runner.run(stage.open())

    def close(self) -> None:
        for stage in (self.peer, self.ours):
            self.runner.run(stage.engine.dispose())
        self.runner.close()


async def _play(
    pair: Pair, options: dict[str, Any], program: list[Step]
) -> None:
    """Play a program with both, step by step."""
    players = [Player(each, options) for each in (pair.peer, pair.ours)]
    told = []
    try:
        for at, step in enumerate(program, 1):
            expected, found = [await each.play(step) for each in players]
            told.append(expected["step"])
            told += differences(expected, found)
            assert len(told) == at, "\n".join(told)
    finally:
        for each in players:
            await each.close()
            await each.stage.clear()


@pytest.mark.parametrize("world", sorted(WORLDS))
def test_random_unit_of_work(world: str) -> None:
    pair = Pair(world)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not SEEDED,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        options=st.fixed_dictionaries(
            {"expire_on_commit": st.booleans(), "autoflush": st.booleans()}
        ),
        program=st.lists(STEPS, min_size=6, max_size=30),
    )
    def run(options: dict[str, Any], program: list[Step]) -> None:
        pair.runner.run(_play(pair, options, program))

    try:
        run()
    finally:
        pair.close()
