"""Instances again and again: blocks and objects stay as many as they are."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from plugins.mapped import Base, User, add, core, hooks, mapped, plan
from sqlactive_c import _core

LOADER = plan(User)
REPEAT = 300
MADE = mapped("Made", "id", "other:related", "items:collection")
FOLLOWED = core.EntityPlan(
    MADE.__mapping__,
    (0,),
    ((0, 0, None),),
    None,
    (
        (1, core.EntityPlan(MADE.__mapping__, (1,), ()), None, "Made.other"),
        (2, core.EntityPlan(MADE.__mapping__, (2,), ()), MADE.items, None),
        (2, None, MADE.items, None),
    ),
    None,
    ("memory",),
)


def make() -> None:
    user = User(id=1, name="ann")
    user.extra = object()
    user.name = None
    del user.name
    with suppress(TypeError):
        User(nothing=1)


def cycle() -> None:
    a, b = User(), User()
    a.age, b.age = b, a
    b.own = a


def relate() -> None:
    with hooks():
        a, b = MADE(id=1), MADE(id=2)
        a.other = b
        b.items.append(a)
        b.items = [a]
        del a.other, b.items


def load() -> None:
    identities = core.IdentityMap()
    users = [LOADER.load((i, "n", i), identities) for i in range(20)]
    users[3].name = "changed"
    users[4]._sac_expire()
    LOADER.load((4, "again", 1), identities)
    identities.remove(users[5])
    with suppress(TypeError):
        identities.get(User, [])
    identities.items()


def follow() -> None:
    identities = core.IdentityMap()
    with hooks():
        parent = FOLLOWED.load((1, 2, 3), identities)
        FOLLOWED.load((1, 2, 3), identities)
        FOLLOWED.load((1, 3, 4), identities, True)
        FOLLOWED.load((9, None, None), identities)
        FOLLOWED.load((5, 5, 5))
    parent.other.other = parent
    with hooks(make_collection=lambda attribute, instance: 1 / 0):
        with suppress(ZeroDivisionError):
            FOLLOWED.load((6, 6, 6), identities)
    with suppress(ValueError):
        core.EntityPlan(MADE.__mapping__, (0,), (), None, ((99, None, 1, 1),))
    with suppress(TypeError):
        core.EntityPlan(MADE.__mapping__, (0,), (), None, ((1, 2, 3, "x"),))


def duplicate() -> None:
    user = LOADER.load((1, "ann", 30), core.IdentityMap())
    user.age = 31
    copy.deepcopy(user)
    pickle.loads(pickle.dumps(user))
    with suppress(TypeError):
        copy.copy(user).__setstate__({"_sac_values": 3})


def define() -> None:
    parent = mapped("Parent", "id")
    child = mapped("Child", "x", bases=(parent,), parent=parent)
    add(parent, "late")
    child(id=1, late=2)
    with suppress(TypeError):
        core.EntityPlan(child.__mapping__, (0,), ((0, 0, 3),))
    with suppress(ValueError):
        core.InstrumentedAttribute(child.__mapping__, "x", "odd")


def unmapped() -> None:
    type("Abstract", (Base,), {})().x = 1


OPERATIONS = [make, cycle, relate, load, follow, duplicate, define, unmapped]


def blocks() -> tuple[int, int, int]:
    gc.collect()
    return (
        sys.getallocatedblocks(),
        len(gc.get_objects()),
        _core.live_blocks(),
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.__name__)
def test_nothing_grows(operation: Callable[[], Any]) -> None:
    repeat = REPEAT // 10 if operation is define else REPEAT
    for _ in range(10):
        before = blocks()
        for _ in range(repeat):
            operation()
        after = blocks()
        grown = [new - old for old, new in zip(before, after, strict=True)]
        if all(number < repeat // 2 for number in grown[:2]) and not grown[2]:
            return
    raise AssertionError(f"each round adds {grown}")


def test_the_module_itself_goes() -> None:
    from plugins.mapped import _second

    before = _core.live_blocks()
    second = _second()
    cls = type("Own", (second.Instance,), {})
    mapping = second.Mapping(cls)
    cls.id = second.InstrumentedAttribute(mapping, "id")
    assert cls(id=1).id == 1
    del second, cls, mapping
    gc.collect()  # the class,
    gc.collect()  # then what it was made of
    assert _core.live_blocks() == before
