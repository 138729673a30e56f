"""Instances: layout, constructor, copies, garbage, and how they go."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from typing import Any, Generic, TypeVar

import pytest

from plugins.mapped import Base, User, add, core, hooks, mapped, plan
from sqlactive_c import _core

T = TypeVar("T")


def test_new_instance_has_nothing() -> None:
    user = User()
    assert (user.id, user.name, user.age) == (None, None, None)
    assert user._sac_state == "transient"
    assert user._sac_unloaded == {"id", "name", "age"}
    assert user._sac_identity is None
    assert user._sac_changes == {}
    assert user._sac_session is None
    assert user._sac_map is None
    assert user._sac_mapping is User.__mapping__
    assert not user._sac_modified
    assert user.__dict__ == {}


def test_constructor_sets_keywords() -> None:
    user = User(id=1, name="ann")
    assert (user.id, user.name, user.age) == (1, "ann", None)
    assert user._sac_unloaded == {"age"}
    assert user._sac_primary_key() == (1,)


def test_constructor_refuses_strangers() -> None:
    with pytest.raises(TypeError) as caught:
        User(nickname="x")
    assert str(caught.value) == (
        "'nickname' is an invalid keyword argument for User"
    )
    with pytest.raises(TypeError, match="1 positional argument but 2"):
        User(1)


def test_constructor_takes_what_the_class_has() -> None:
    class Mixin:
        note = "none"

        @property
        def loud(self) -> str:
            return self.name.upper()

        @loud.setter
        def loud(self, value: str) -> None:
            self.name = value.lower()

    made = mapped("Made", "id", "name", bases=(Mixin, Base))
    one = made(note="some", loud="ANN")
    assert (one.note, one.name, one.loud) == ("some", "ann", "ANN")
    assert one.__dict__ == {"note": "some"}


def test_constructor_calls_setattr() -> None:
    seen = []

    class Watched(User):
        def __setattr__(self, key: str, value: Any) -> None:
            seen.append(key)
            object.__setattr__(self, key, value)

    one = Watched(name="ann", age=3)
    assert seen == ["name", "age"]
    assert (one.name, one.age) == ("ann", 3)


def test_own_init() -> None:
    class Own(User):
        def __init__(self, first: str, last: str) -> None:
            super().__init__(name=f"{first} {last}")

    assert Own("ann", "lee").name == "ann lee"


def test_unmapped_class() -> None:
    class Abstract(Base):
        color = None

    one = Abstract(color="red")
    assert one.color == "red"
    assert one._sac_mapping is None
    assert one._sac_unloaded == set()
    assert one._sac_primary_key() is None
    one._sac_expire()
    assert copy.copy(one).color == "red"
    with pytest.raises(TypeError):
        Abstract(size=1)
    with pytest.raises(KeyError):
        one._sac_peek("color")


def test_configure_once() -> None:
    made = mapped("Made", "id")
    with hooks() as calls:
        made()
        made()
        assert calls == [("configure_mappers", made.__mapping__)]
    assert made.__mapping__.configured


def test_configure_that_fails_is_repeated() -> None:
    made = mapped("Made", "id")

    def fail(mapping: Any) -> None:
        raise LookupError("no such class")

    with hooks(configure_mappers=fail):
        for _ in range(2):
            with pytest.raises(LookupError):
                made()
    assert made().id is None


def test_own_attributes_and_dict() -> None:
    user = User(id=1)
    user.nickname = "an"
    assert user.__dict__ == {"nickname": "an"}
    user.__dict__["more"] = 1
    assert user.more == 1
    del user.nickname
    with pytest.raises(AttributeError):
        _ = user.nickname


def test_mixins() -> None:
    class Plain:
        def hello(self) -> str:
            return f"I am {self.name}"

    class Typed(Generic[T]):
        pass

    made = mapped("Made", "id", "name", bases=(Plain, Base, Typed[int]))
    one = made(name="ann")
    one.x = 1
    assert one.hello() == "I am ann"
    assert weakref.ref(one)() is one


def test_attribute_added_later_spills() -> None:
    made = mapped("Made", "id")
    old = made(id=1)
    add(made, "name")
    new = made(id=2)
    for one in (old, new):
        assert one.name is None
        one.name = "ann"
        assert one.name == "ann"
        assert copy.copy(one).name == "ann"
    assert old.__dict__ == {"name": "ann"}
    assert new.__dict__ == {}
    assert old._sac_unloaded == set()
    del old.name, new.name
    assert (old.name, new.name) == (None, None)
    assert old.__dict__ == {}


def test_attribute_added_to_a_parent_later() -> None:
    parent = mapped("Parent", "id")
    child = mapped("Child", "size", bases=(parent,), parent=parent)
    other = mapped("Other", bases=(parent,), parent=parent)
    grandchild = mapped("Grandchild", "x", bases=(child,), parent=child)
    slot = add(parent, "late")._slot
    assert slot == 3
    for cls in (child, other, grandchild):
        assert cls.__mapping__.slots["late"] == slot
        assert cls.__mapping__.root is parent.__mapping__
        assert cls.__mapping__.isa(parent.__mapping__)
        one = cls(id=1, late="l")
        assert (one.id, one.late) == (1, "l")
    one = grandchild(size=2, x=3, late=4)
    assert (one.size, one.x, one.late) == (2, 3, 4)
    assert add(other, "own")._slot == 4
    assert not parent.__mapping__.isa(child.__mapping__)


def test_mapping_is_checked() -> None:
    with pytest.raises(TypeError):
        core.Mapping(object)
    with pytest.raises(TypeError):
        core.Mapping(User, "parent")
    mapping = User.__mapping__
    with pytest.raises(TypeError):
        mapping.add(3)
    with pytest.raises(KeyError):
        mapping.primary_key = ("nothing",)
    assert mapping.primary_key == ("id",)
    assert dict(mapping.slots) == {"id": 0, "name": 1, "age": 2}
    assert mapping.count == 3


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol: int) -> None:
    user = User(id=1, name="ann")
    user.nickname = "an"
    again = pickle.loads(pickle.dumps(user, protocol))
    assert type(again) is User
    assert (again.id, again.name, again.nickname) == (1, "ann", "an")
    assert again._sac_state == "transient"
    assert again._sac_unloaded == {"age"}


def test_copies_of_a_row_are_detached() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((1, "ann", 30), identities)
    user.age = 31
    for again in (
        copy.copy(user),
        copy.deepcopy(user),
        pickle.loads(pickle.dumps(user)),
    ):
        assert again is not user
        assert again._sac_state == "detached"
        assert again._sac_identity == (1,)
        assert again._sac_changes == {"age": 30}
        assert again._sac_modified
        assert again._sac_map is None
        assert (again.id, again.name, again.age) == (1, "ann", 31)
    assert identities.values() == [user]


def test_deep_copy_of_a_cycle() -> None:
    a, b = User(name="a"), User(name="b")
    a.age, b.age = b, a
    again = copy.deepcopy(a)
    assert again.age.age is again
    assert again.age is not b
    assert again.age.name == "b"


def test_state_of_other_forms() -> None:
    user = User()
    user.__setstate__({"name": "ann", "other": 1})
    assert user.name == "ann"
    assert user.__dict__ == {"other": 1}
    for wrong in (
        3,
        {"_sac_values": 3},
        {"_sac_changes": ()},
    ):
        with pytest.raises(TypeError):
            User().__setstate__(wrong)
    pair = mapped("Pair", "a", "b", pk=("a", "b"))
    with pytest.raises(TypeError):
        pair().__setstate__({"_sac_identity": 1})
    here = plan(User).load((1, "ann", 30), identities := core.IdentityMap())
    with pytest.raises(ValueError, match="in a session"):
        here.__setstate__({})
    assert len(identities) == 1


def test_overridden_getstate() -> None:
    class Own(User):
        def __getstate__(self) -> dict[str, Any]:
            return {**super().__getstate__(), "extra": 7}

    again = copy.copy(Own(name="ann"))
    assert (again.name, again.extra) == ("ann", 7)


def test_repr_eq_hash() -> None:
    user = User()
    assert repr(user).startswith("<plugins.mapped.User object at 0x")
    assert user == user
    assert user != User()
    assert len({user, user, User()}) == 2


def test_no_value() -> None:
    value = _core.NO_VALUE
    assert repr(value) == "NO_VALUE"
    assert not value
    assert copy.copy(value) is value
    assert pickle.loads(pickle.dumps(value)) is value


def test_expire() -> None:
    identities = core.IdentityMap()
    user = plan(User).load((1, "ann", 30), identities)
    user.name = "lee"
    user._sac_expire(["age"])
    assert user._sac_unloaded == {"age"}
    assert user._sac_changes == {"name": "ann"}
    assert not user._sac_expired
    user._sac_expire()
    assert user._sac_expired
    assert user._sac_unloaded == {"id", "name", "age"}
    assert user._sac_changes == {}
    assert not user._sac_modified
    assert user._sac_identity == (1,)
    assert user.age == "loaded"


def test_put_and_peek() -> None:
    user = plan(User).load((1, "ann", 30), core.IdentityMap())
    user.age = 31
    user._sac_put("age", 32)
    assert (user.age, user._sac_changes) == (32, {})
    user._sac_put("age", core.NO_VALUE)
    assert user._sac_peek("age") is core.NO_VALUE
    assert user._sac_peek("age", 5) == 5
    assert user._sac_peek("name") == "ann"
    with pytest.raises(KeyError):
        user._sac_put("nothing", 1)
    user._sac_options = ["lazy"]
    assert user._sac_options == ["lazy"]
    user._sac_options = None
    assert user._sac_options is None


def test_cycles_are_collected() -> None:
    seen = []
    made = mapped("Made", "id", "other")
    a, b = made(id=1), made(id=2)
    a.other, b.other = b, a
    b.own = [a, b]
    weakref.finalize(a, seen.append, "a")
    weakref.finalize(b, seen.append, "b")
    del a, b
    gc.collect()
    assert sorted(seen) == ["a", "b"]


def test_classes_are_collected() -> None:
    def make() -> weakref.ref[Any]:
        parent = mapped("Parent", "id", "name")
        child = mapped("Child", "size", bases=(parent,), parent=parent)
        parent.__mapping__.mapper = [parent, child]
        child.__mapping__.on_load = lambda instance: child
        plan(child).load((1, "x", 2), core.IdentityMap())
        return weakref.ref(child)

    child = make()
    gc.collect()
    assert child() is None


def test_a_child_that_goes_leaves_its_parent() -> None:
    parent = mapped("Parent", "id")
    for i in range(50):
        mapped(f"Child{i}", "x", "y", bases=(parent,), parent=parent)
        if i % 10 == 0:
            gc.collect()
    gc.collect()
    assert add(parent, "late")._slot == 1


def test_many_subclasses() -> None:
    cls = mapped("C0", "id")
    for depth in range(1, 60):
        cls = mapped(f"C{depth}", f"a{depth}", bases=(cls,), parent=cls)
    one = cls(id=1, **{f"a{depth}": depth for depth in range(1, 60)})
    assert [getattr(one, f"a{d}") for d in range(1, 60)] == [*range(1, 60)]


def test_long_chain_goes() -> None:
    for own in (False, True):
        head = None
        for i in range(100_000):
            link = User(id=i, age=head)
            if own:
                link = User(id=i)
                link.next = head
            head = link
        del head, link
    gc.collect()


def test_weakrefs_and_finalizers() -> None:
    seen = []

    class Loud(User):
        def __del__(self) -> None:
            seen.append(self.name)

    one = Loud(name="ann")
    ref = weakref.ref(one, lambda ref: seen.append("ref"))
    del one
    assert ref() is None
    assert sorted(seen) == ["ann", "ref"]


def test_references_balance() -> None:
    value = object()
    before = sys.getrefcount(value)
    classes = sys.getrefcount(User)
    for _ in range(10):
        user = User(name=value)
        user.name = value
        user.age = value
        user.extra = value
        del user.age
        assert user.name is value
        again = copy.copy(user)
        again.name = None
        del user, again
    assert sys.getrefcount(value) == before
    assert sys.getrefcount(User) == classes


def test_slots_of_another_class() -> None:
    other = mapped("Other", "id", "title")
    with pytest.raises(AttributeError):
        other.title.__get__(User(), User)
    with pytest.raises(AttributeError):
        other.title.__set__(User(), 1)
    with pytest.raises(AttributeError):
        other.title.__get__(3, int)


def test_class_of_an_instance_changes() -> None:
    wide = mapped("Wide", "id", *(f"x{i}" for i in range(40)))
    user = User(id=1)
    user.__class__ = wide
    with pytest.raises(AttributeError):
        _ = user.x39
