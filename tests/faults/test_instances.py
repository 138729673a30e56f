"""Memory runs out while instances are made, changed, copied and loaded:
MemoryError, and afterwards everything is whole."""

from __future__ import annotations

import copy
import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plugins.mapped import Base, User, core, mapped, plan
from sqlactive_c import _core

LOADER = plan(User)
DATES = plan(User, age=core.Codec("datetime"))
PAIR = mapped("Pair", "a", "b", pk=("a", "b"))
PAIRS = plan(PAIR)


def hydrate() -> None:
    identities = core.IdentityMap()
    users = [LOADER.load((i, f"n{i}", i), identities) for i in range(12)]
    users.append(DATES.load((99, None, "2024-01-01 00:00:00"), identities))
    pairs = [PAIRS.load((i, "x"), identities) for i in range(5)]
    users[0]._sac_expire()
    LOADER.load((0, "again", 7), identities)
    assert len(identities) == len(users) + len(pairs)


def change() -> None:
    identities = core.IdentityMap()
    user = LOADER.load((1, "ann", 30), identities)
    user.name = "lee"
    user.extra = 1
    user._sac_expire(["name"])
    del user.age
    assert set(user._sac_changes) == {"age"}
    copy.copy(user)
    identities.items()
    user._sac_unloaded  # noqa: B018


def make() -> None:
    user = User(id=1, name="ann")
    user.other = [user]
    identities = core.IdentityMap()
    identities.add(user)


UPPER = type("Upper", (Base,), {})
LOWER = type("Lower", (Base,), {})


def define() -> None:
    # No classes: to make them without memory crashes Python 3.12 and 3.13.
    upper = core.Mapping(UPPER)
    core.InstrumentedAttribute(upper, "id")
    lower = core.Mapping(LOWER, upper)
    core.InstrumentedAttribute(lower, "x", "related", parent=lower)
    upper.primary_key = lower.primary_key = ("id",)
    upper.add("late")
    columns = ((0, 0, None), (1, 1, core.Codec("datetime")))
    below = core.EntityPlan(lower, (0,), columns)
    whole = core.EntityPlan(upper, (0,), columns[:1], (2, None, {"x": below}))
    whole.load((1, "2024-01-01 00:00:00", "x"))


ITEM = mapped("Item", "id", "other:related", "items:collection")
CHILD = core.EntityPlan(ITEM.__mapping__, (1,), ((0, 1, None),))


def follow() -> None:
    identities = core.IdentityMap()
    followers = (
        (1, CHILD, None, "Item.other"),
        (2, CHILD, ITEM.items, None),
    )
    whole = core.EntityPlan(
        ITEM.__mapping__, (0,), ((0, 0, None),), None, followers, None, "m"
    )
    for number in range(10):
        item = whole.load((number, number + 100), identities)
        assert item.items == [item.other]
        assert item._sac_options == ("m", None)


OPERATIONS = [hydrate, change, make, define, follow]


def test_table_does_not_grow() -> None:
    identities = core.IdentityMap()
    users: list[Any] = []
    failed = 0
    while len(users) < 200:
        _core.fail_allocation_after(0, False)
        try:
            users.append(LOADER.load((len(users), "n", 1), identities))
        except MemoryError:
            failed += 1
            _core.fail_allocation_after(-1, False)
            users.append(LOADER.load((len(users), "n", 1), identities))
        finally:
            _core.fail_allocation_after(-1, False)
        assert len(identities) == len(users)
    assert failed >= 3
    assert {id(u) for u in identities.values()} == {id(u) for u in users}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.__name__)
def test_python_runs_out(operation: Any) -> None:
    pytest.importorskip("_testcapi")
    code = f"""
import gc, sys, _testcapi
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from faults.test_instances import OPERATIONS
operation = {{o.__name__: o for o in OPERATIONS}}[{operation.__name__!r}]
sys.unraisablehook = lambda *args: None
for _ in range(3):
    operation()
gc.collect()
gc.disable()
points = quiet = 0
for after in range(20_000):
    failed = False
    _testcapi.set_nomemory(after, after + 1)
    try:
        operation()
    except Exception:
        failed = True
    finally:
        _testcapi.remove_mem_hooks()
    points += failed
    quiet = 0 if failed else quiet + 1
    if quiet > 100:
        break
    if after % 50 == 0:
        gc.collect()
gc.enable()
gc.collect()
operation()
assert points > 3, points
"""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    gc.collect()
