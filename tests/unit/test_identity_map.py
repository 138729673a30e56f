"""The identity map: one instance for each row, held weakly."""

from __future__ import annotations

import gc
import random
import uuid
import weakref
from typing import Any

import pytest

from plugins.mapped import User, core, mapped, plan
from sqlactive_c.ext.asyncio import AsyncSession

Pair = mapped("Pair", "a", "b", pk=("a", "b"))


def put(identities: Any, cls: Any, *pk: Any) -> Any:
    one = cls()
    identities.add(one, pk)
    return one


def test_add_and_get() -> None:
    identities = core.IdentityMap()
    assert len(identities) == 0
    assert list(identities) == []
    assert identities.get(User, 1) is None
    user = User(id=1)
    identities.add(user)
    assert user._sac_state == "detached"  # the map is no session's
    assert user._sac_identity == (1,)
    assert user._sac_map is identities
    assert len(identities) == 1
    assert identities.get(User, 1) is user
    assert identities.get(User, (1,)) is user
    assert identities.get(User, 2) is None
    assert identities.get(User, (1, 2)) is None
    assert identities.get(int, 1) is None


def test_view() -> None:
    identities = core.IdentityMap()
    user = put(identities, User, 1)
    pair = put(identities, Pair, 1, "x")
    key, other = (User, (1,), None), (Pair, (1, "x"), None)
    assert sorted(identities, key=str) == sorted([key, other], key=str)
    assert dict(identities.items()) == {key: user, other: pair}
    assert {id(v) for v in identities.values()} == {id(user), id(pair)}
    assert key in identities
    assert (User, (2,), None) not in identities
    assert 3 not in identities
    assert identities[other] is pair
    assert identities.get(key) is user
    assert identities.get((User, (2,), None)) is None
    assert identities.get((User, (2,), None), "none") == "none"
    with pytest.raises(KeyError):
        identities[(User, (2,), None)]


def test_entries_are_weak() -> None:
    identities = core.IdentityMap()
    user = put(identities, User, 1)
    ref = weakref.ref(user)
    del user
    assert ref() is None
    assert len(identities) == 0
    assert identities.get(User, 1) is None


def test_modified_ones_are_held() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((1, "ann", 30), identities)
    user.name = "lee"
    del user
    gc.collect()
    (user,) = identities.values()
    assert user.name == "lee"
    user._sac_commit()
    del user
    assert len(identities) == 0


def test_modified_before_it_was_added() -> None:
    identities = core.IdentityMap()
    identities.add(User(id=1))
    assert len(identities) == 1
    identities.clear()
    assert len(identities) == 0


def test_a_map_that_goes_detaches() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((1, "ann", 30), identities)
    changed = plan(User).load((2, "lee", 30), identities)
    changed.age = 31
    ref = weakref.ref(changed)
    del identities
    assert user._sac_state == changed._sac_state == "detached"
    assert user._sac_map is None
    assert user._sac_identity == (1,)
    assert changed._sac_changes == {"age": 30}
    del changed
    assert ref() is None


def test_a_cycle_through_a_held_one() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((1, "ann", 30), identities)
    user.name = identities
    ref = weakref.ref(user), weakref.ref(identities)
    del user, identities
    gc.collect()
    assert [r() for r in ref] == [None, None]


def test_remove_and_clear() -> None:
    identities = core.IdentityMap()
    user, other = put(identities, User, 1), put(identities, User, 2)
    identities.remove(user)
    assert user._sac_state == "detached"
    assert identities.get(User, 1) is None
    assert identities.get(User, 2) is other
    for wrong in (user, User(), 3):
        with pytest.raises(KeyError):
            identities.remove(wrong)
    with pytest.raises(KeyError):
        core.IdentityMap().remove(other)
    identities.add(user)
    identities.clear()
    assert user._sac_state == other._sac_state == "detached"
    identities.add(other)
    assert identities.values() == [other]


def test_add_refuses() -> None:
    identities = core.IdentityMap()
    user = put(identities, User, 1)
    with pytest.raises(ValueError, match="another"):
        identities.add(User(id=1))
    with pytest.raises(ValueError, match="in a map"):
        core.IdentityMap().add(user)
    with pytest.raises(ValueError, match="primary key"):
        identities.add(User())
    with pytest.raises(ValueError, match="primary key"):
        identities.add(User(id=2), (1, 2))
    with pytest.raises(TypeError):
        identities.add(User(id=[]))
    with pytest.raises(TypeError):
        identities.add(3)
    assert identities.values() == [user]


def test_hierarchy_is_one_space() -> None:
    parent = mapped("Parent", "id")
    child = mapped("Child", bases=(parent,), parent=parent)
    identities = core.IdentityMap()
    one, two = put(identities, parent, 1), put(identities, child, 2)
    other = put(identities, User, 1)
    assert identities.get(parent, 1) is one
    assert identities.get(child, 1) is None
    assert identities.get(parent, 2) is identities.get(child, 2) is two
    assert identities.get(User, 1) is other
    assert (parent, (2,), None) in list(identities)
    with pytest.raises(ValueError, match="another"):
        identities.add(child(id=1))


@pytest.mark.parametrize(
    "pk",
    [0, 1, -1, -2, 2**61 - 1, 2**61, -(2**61 - 1), 2**63 - 1, -(2**63)],
)
def test_ints_of_rows_and_of_python(pk: int) -> None:
    identities = core.IdentityMap()
    user = plan(User).load((pk, "x", 1), identities)
    assert user.id == pk
    assert identities.get(User, pk) is user
    assert plan(User).load((pk, "y", 1), identities) is user
    identities.remove(user)
    put(identities, User, pk)
    assert len(identities) == 0  # it went at once
    again = put(identities, User, pk)
    assert plan(User).load((pk, "y", 1), identities) is again


def test_equal_numbers_are_one_identity() -> None:
    identities = core.IdentityMap()
    user = put(identities, User, 1)
    for same in (1, 1.0, True):
        assert identities.get(User, same) is user
    for other in ("1", 1.5, None, 2**64 + 1):
        assert identities.get(User, other) is None
    by_float = put(identities, User, 2.0)
    assert plan(User).load((2, "x", 1), identities) is by_float
    big = put(identities, User, 2**70)
    assert identities.get(User, 2**70) is big
    with pytest.raises(TypeError):
        identities.get(User, [])


def test_other_keys() -> None:
    identities = core.IdentityMap()
    keys = ["", "x", "é", b"x", uuid.UUID(int=7), None, ("a", "tuple")]
    held = [put(identities, User, key) for key in keys]
    for key, one in zip(keys, held, strict=True):
        assert identities.get(User, (key,)) is one
        assert one._sac_identity == (key,)


def test_against_a_dict() -> None:
    """Random work: a weak dict and the map have the same at all times."""
    chance = random.Random(7)
    identities = core.IdentityMap()
    held: dict[tuple[type, Any], Any] = {}
    for _ in range(20_000):
        cls = chance.choice((User, Pair))
        number = chance.randrange(700)
        pk = (number,) if cls is User else (number % 20, str(number))
        if (cls, pk) in held:
            assert identities.get(cls, pk) is held[cls, pk]
            what = chance.random()
            if what < 0.5:
                del held[cls, pk]
            elif what < 0.6:
                identities.remove(held.pop((cls, pk)))
        else:
            assert identities.get(cls, pk) is None
            if chance.random() < 0.6:
                held[cls, pk] = put(identities, cls, *pk)
    assert len(identities) == len(held)
    assert set(identities) == {(cls, pk, None) for cls, pk in held}
    held.clear()
    assert len(identities) == 0


class Sly:
    """A key whose comparison changes the map."""

    def __init__(self, work: Any) -> None:
        self.work = work

    def __hash__(self) -> int:
        return 5

    def __eq__(self, other: object) -> bool:
        self.work()
        return self is other


@pytest.mark.parametrize("what", ["clear", "grow", "drop", "raise"])
def test_comparing_changes_the_map(what: str) -> None:
    identities = core.IdentityMap()
    done = []

    def work() -> None:
        if done:
            return
        done.append(what)
        if what == "clear":
            identities.clear()
        elif what == "grow":
            extra.extend(put(identities, User, i) for i in range(100, 200))
        elif what == "drop":
            extra.clear()
        else:
            raise LookupError

    extra = [put(identities, User, Sly(work)) for _ in range(1)]
    key = Sly(work)
    if what == "raise":
        with pytest.raises(LookupError):
            identities.get(User, key)
        return
    assert identities.get(User, key) is None
    assert done == [what]
    if what == "grow":
        assert len(identities) == 101


def test_one_that_is_going_is_not_found() -> None:
    identities = core.IdentityMap()
    user = put(identities, User, 1)
    found = []
    ref = weakref.ref(user, lambda _: found.append(identities.get(User, 1)))
    del user
    assert found == [None]
    assert ref() is None


def test_one_that_waits_to_go_is_not_found() -> None:
    """Deep chains are taken apart in steps; what waits is as good as gone."""
    identities = core.IdentityMap()
    head: Any = None
    for i in range(5000):
        one = User(id=i)
        one.age = head
        identities.add(one)
        one._sac_commit()
        head = one
    found = []

    class Spy:
        def __del__(self) -> None:
            found.extend(identities.get(User, i) for i in range(5000))
            found.extend(identities.values())
            found.append(plan(User).load((3, "x", 1), identities))

    tail = identities.get(User, 0)
    tail._sac_put("name", Spy())
    del one, tail, head
    assert [one for one in found if one is not None] == found[-1:]
    assert identities.values() == found[-1:]


def test_resurrection() -> None:
    kept = []

    class Phoenix(User):
        def __del__(self) -> None:
            kept.append(identities.get(User, 1))

    identities = core.IdentityMap()
    put(identities, Phoenix, 1)
    (one,) = kept
    assert type(one) is Phoenix
    assert identities.get(User, 1) is one


async def test_of_a_session() -> None:
    # Sessions are those of the first module; instances of theirs are tested
    # where sessions load them.
    session = AsyncSession()
    identities = session.identity_map
    assert session.identity_map is identities
    assert len(identities) == 0
    await session.close()
    assert session.identity_map is not identities
    assert len(session.identity_map) == 0
    ref = weakref.ref(session)
    del session
    assert ref() is None
    assert identities.values() == []


async def test_session_of_an_instance() -> None:
    from sqlactive_c import _core

    cls = type("Made", (_core.Instance,), {})
    mapping = _core.Mapping(cls)
    cls.id = _core.InstrumentedAttribute(mapping, "id")
    mapping.primary_key = ("id",)
    mapping.configured = True
    session = AsyncSession()
    one = cls(id=1)
    session.identity_map.add(one)
    assert one._sac_session is session
    await session.close()
    assert one._sac_session is None
    assert one._sac_state == "detached"
    session.identity_map.add(one)
    identities = session.identity_map
    del session
    assert one._sac_state == "detached"
    identities.add(one)
    assert one._sac_session is None
