"""Entity plans: rows become instances."""

from __future__ import annotations

import datetime
import threading
from typing import Any

import pytest

from plugins.mapped import Base, User, add, core, mapped, plan


def test_row_becomes_instance() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((7, "ann", None), identities)
    assert type(user) is User
    assert (user.id, user.name, user.age) == (7, "ann", None)
    assert user._sac_state == "detached"
    assert user._sac_identity == (7,)
    assert user._sac_unloaded == set()
    assert not user._sac_modified
    assert user._sac_changes == {}
    assert identities.values() == [user]


def test_init_is_not_called() -> None:
    class Shy(Base):
        def __init__(self) -> None:
            raise AssertionError

    made = mapped("Made", "id", bases=(Shy,))
    assert plan(made).load((1,)).id == 1


def test_without_a_map() -> None:
    one, two = (plan(User).load((1, "a", 2)) for _ in range(2))
    assert one is not two
    assert one._sac_state == "detached"
    assert one._sac_identity == (1,)


def test_known_identity() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((1, "ann", 30), identities)
    user.age = 31
    assert plan(User).load((1, "lee", 32), identities) is user
    assert (user.name, user.age) == ("ann", 31)
    assert user._sac_changes == {"age": 30}
    assert plan(User).load((1, "lee", 32), identities, True) is user
    assert (user.name, user.age) == ("lee", 32)
    assert user._sac_changes == {}
    assert not user._sac_modified


def test_unloaded_is_filled() -> None:
    identities = core.IdentityMap()
    mapping = User.__mapping__
    part = core.EntityPlan(mapping, (0,), ((0, 0, None), (1, 1, None)))
    user = part.load((1, "ann"), identities)
    assert user._sac_unloaded == {"age"}
    assert plan(User).load((1, "lee", 30), identities) is user
    assert (user.name, user.age) == ("ann", 30)


def test_expired_is_filled() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((1, "ann", 30), identities)
    user._sac_expire()
    user.name = "set since"
    del user.age
    plan(User).load((1, "lee", 31), identities)
    assert not user._sac_expired
    assert (user.id, user.name, user.age) == (1, "set since", None)
    assert user._sac_changes == {
        "name": core.NO_VALUE,
        "age": core.NO_VALUE,
    }


def test_null_key_is_none() -> None:
    identities = core.IdentityMap()
    assert plan(User).load((None, "a", 1), identities) is None
    pair = mapped("Pair", "a", "b", pk=("a", "b"))
    assert plan(pair).load((None, None), identities) is None
    half = plan(pair).load((1, None), identities)
    assert half._sac_identity == (1, None)
    assert plan(pair).load((1, None), identities) is half
    assert len(identities) == 1


def test_keys_of_all_types() -> None:
    identities = core.IdentityMap()
    for pk in (1, "x", b"x", 1.5, "1", -1):
        user = plan(User).load((pk, "a", 1), identities)
        assert user.id == pk
        assert type(user.id) is type(pk)
        assert identities.get(User, pk) is user
        assert plan(User).load((pk, "b", 1), identities) is user


def test_composite_key() -> None:
    identities = core.IdentityMap()
    pair = mapped("Pair", "a", "b", "c", pk=("b", "a"))
    one = plan(pair).load((1, "x", 2), identities)
    two = plan(pair).load((1, "y", 2), identities)
    assert one._sac_identity == ("x", 1)
    assert identities.get(pair, ("y", 1)) is two
    assert plan(pair).load((1, "x", 3), identities) is one


def test_key_is_decoded_once_and_shared() -> None:
    decoded = []

    def decode(value: Any) -> Any:
        decoded.append(value)
        return f"<{value}>"

    codec = core.Codec("adapter", to_db=str, from_db=decode)
    user = plan(User, id=codec).load((5, "a", 1), core.IdentityMap())
    assert decoded == [5]
    assert user.id == "<5>"
    assert user._sac_identity[0] is user.id


def test_codecs() -> None:
    codec = core.Codec("datetime")
    loader = plan(User, age=codec, name=core.Codec("raw"))
    user = loader.load((1, "a", "2024-05-06 07:08:09.000010"))
    assert user.age == datetime.datetime(2024, 5, 6, 7, 8, 9, 10)
    assert user.name == "a"
    identities = core.IdentityMap()
    with pytest.raises(ValueError, match="isoformat"):
        loader.load((1, "a", "yesterday"), identities)
    assert len(identities) == 0


def test_decoding_adds_the_same_row() -> None:
    identities = core.IdentityMap()
    other = []

    def decode(value: Any) -> Any:
        if not other:
            other.append(plan(User).load((1, "inner", 1), identities))
        return value

    codec = core.Codec("adapter", to_db=str, from_db=decode)
    outer = plan(User, age=codec).load((1, "outer", 1), identities)
    assert [outer] == other
    assert outer.name == "inner"
    assert len(identities) == 1


def test_key_at_another_cell_than_its_column() -> None:
    mapping = User.__mapping__
    loader = core.EntityPlan(mapping, (2,), ((1, 0, None), (2, 1, None)))
    user = loader.load(("ann", 30, 4))
    assert (user._sac_identity, user.name, user.age) == ((4,), "ann", 30)
    assert user._sac_unloaded == {"id"}


def test_attribute_that_came_later() -> None:
    made = mapped("Made", "id")
    identities = core.IdentityMap()
    old = plan(made).load((1,), identities)
    add(made, "late")
    new = plan(made).load((2, "new"), identities)
    assert plan(made).load((1, "old"), identities) is old
    assert (old.late, new.late) == ("old", "new")


def test_on_load() -> None:
    made = mapped("Made", "id", "name")
    seen = []
    made.__mapping__.on_load = lambda one: seen.append((one, one.name))
    identities = core.IdentityMap()
    one = plan(made).load((1, "a"), identities)
    plan(made).load((1, "b"), identities)
    assert seen == [(one, "a")]

    def fail(instance: Any) -> None:
        raise LookupError

    made.__mapping__.on_load = fail
    with pytest.raises(LookupError):
        plan(made).load((2, "a"), identities)
    assert identities.values() == [one]
    made.__mapping__.on_load = None
    assert plan(made).load((2, "a"), identities).id == 2


def test_polymorphic() -> None:
    parent = mapped("Parent", "id", "type")
    child = mapped("Child", "size", bases=(parent,), parent=parent)
    whole = core.EntityPlan(
        child.__mapping__,
        (0,),
        ((0, 0, None), (1, 1, None), (2, 2, None)),
    )
    plain = plan(parent)
    loader = core.EntityPlan(
        parent.__mapping__,
        (0,),
        ((0, 0, None), (1, 1, None)),
        (1, None, {"parent": plain, "child": whole}),
    )
    identities = core.IdentityMap()
    one = loader.load((1, "child", 9), identities)
    two = loader.load((2, "parent", None), identities)
    three = loader.load((3, None, None), identities)
    assert [type(x) for x in (one, two, three)] == [child, parent, parent]
    assert one.size == 9
    assert loader.load((1, "parent", 0), identities) is one
    assert loader.load((None, "child", 1), identities) is None
    with pytest.raises(AssertionError, match=r"'odd'.* Parent"):
        loader.load((4, "odd", None), identities)
    with pytest.raises(ValueError, match="short"):
        loader.load((1, "child"), identities)


@pytest.mark.parametrize(
    ("pk", "columns", "polymorphic", "error"),
    [
        ((), (), None, ValueError),
        ((0, 1), (), None, ValueError),
        ((-1,), (), None, ValueError),
        (("x",), (), None, TypeError),
        ((0,), ((99, 0, None),), None, ValueError),
        ((0,), ((-1, 0, None),), None, ValueError),
        ((0,), ((0, -1, None),), None, ValueError),
        ((0,), ((0, 0),), None, TypeError),
        ((0,), (5,), None, TypeError),
        ((0,), ((0, 0, "codec"),), None, TypeError),
        ((0,), (), 3, TypeError),
        ((0,), (), (0, None, {"x": 3}), TypeError),
        ((0,), (), (-1, None, {}), ValueError),
        ((0,), (), (0, 3, {}), TypeError),
    ],
)
def test_wrong_plans(
    pk: Any, columns: Any, polymorphic: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        core.EntityPlan(User.__mapping__, pk, columns, polymorphic)


def test_wrong_loads() -> None:
    loader = plan(User)
    with pytest.raises(ValueError, match="short"):
        loader.load((1, "a"))
    with pytest.raises(TypeError):
        loader.load((1, "a", object()))
    with pytest.raises(TypeError):
        loader.load((1, "a", 2), {})


def test_many_rows() -> None:
    identities = core.IdentityMap()
    loader = plan(User)
    users = [loader.load((i, f"n{i}", i), identities) for i in range(20_000)]
    assert len(identities) == 20_000
    assert all(
        loader.load((i, "", 0), identities) is user
        for i, user in enumerate(users)
    )
    del users[::2]
    assert len(identities) == 10_000
    users.clear()
    assert len(identities) == 0


def test_threads() -> None:
    """Threads that take turns with the GIL find one instance for a row."""
    identities = core.IdentityMap()
    loader = plan(User)
    held: list[list[Any]] = [[] for _ in range(4)]

    def work(mine: list[Any]) -> None:
        for turn in range(20):
            for i in range(200):
                one = loader.load((i, "n", turn), identities)
                one.age = turn
                if turn == 19:
                    mine.append(one)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(identities) == 200
    for same in zip(*held, strict=True):
        assert len({id(one) for one in same}) == 1
