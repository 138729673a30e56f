"""Reading an attribute again: what the first time found is still so."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from plugins.mapped import Base, add, core, hooks, mapped, plan


def read(one: Any, key: str, times: int = 40) -> Any:
    """Return what reading gives, every time the same."""
    values = [getattr(one, key) for _ in range(times)]
    assert all(value is values[0] for value in values)
    return values[0]


def test_values_that_change() -> None:
    made = mapped("Made", "id", "name")
    one, two = made(name="a"), made(name="b")
    assert (read(one, "name"), read(two, "name")) == ("a", "b")
    one.name = "c"
    assert (read(one, "name"), read(two, "name")) == ("c", "b")
    del one.name
    assert read(one, "name") is None


def test_unset_again_is_loaded() -> None:
    one = plan(mapped("Made", "id", "name")).load((1, "ann"), None)
    assert read(one, "name") == "ann"
    one._sac_expire(["name"])
    with hooks(load_attribute=lambda instance, attribute: attribute.key):
        assert read(one, "name") == "name"


def test_the_class_changes() -> None:
    made: Any = mapped("Made", "id", "name")
    one = made(name="a")
    assert read(one, "name") == "a"
    attribute = made.name
    made.name = property(lambda self: "p")
    assert read(one, "name") == "p"
    del made.name
    with pytest.raises(AttributeError):
        _ = one.name
    made.name = 5
    assert read(one, "name") == 5
    made.name = attribute
    assert read(one, "name") == "a"
    made.other = attribute
    assert read(one, "other") == "a"


def test_subclasses_see_their_own() -> None:
    parent = mapped("Parent", "id", "name")
    child: Any = type("Child", (parent,), {})
    other: Any = type("Other", (parent,), {"name": "theirs"})
    one, two, three = parent(name="a"), child(name="b"), other()
    for _ in range(3):
        assert [each.name for each in (one, two, three)] == [
            "a",
            "b",
            "theirs",
        ]
    child.name = "mine"
    assert [each.name for each in (one, two)] == ["a", "mine"]
    del child.name
    assert two.name == "b"


def test_parents_change() -> None:
    parent: Any = mapped("Parent", "id", "name")
    child = mapped("Child", "size", bases=(parent,), parent=parent)
    del child.name
    one = child(name="a")
    assert read(one, "name") == "a"
    parent.name = 7
    assert read(one, "name") == 7


def test_many_attributes() -> None:
    keys = [f"attribute_{number}" for number in range(300)]
    made = mapped("Made", "id", *keys)
    one = made(**{key: number for number, key in enumerate(keys)})
    for _ in range(3):
        assert [getattr(one, key) for key in keys] == list(range(300))


def test_names_that_are_equal_only() -> None:
    made = mapped("Made", "id", "name")
    one = made(name="a")
    assert read(one, "name") == "a"
    assert getattr(one, "".join(["na", "me"])) == "a"

    class Name(str):
        __slots__ = ()

    assert getattr(one, Name("name")) == "a"
    with pytest.raises(TypeError):
        getattr(one, 5)  # type: ignore[call-overload]


def test_objects_without_the_slot() -> None:
    made = mapped("Made", "id")
    old = made(id=1)
    add(made, "name")
    new = made(id=2, name="new")
    assert read(new, "name") == "new"
    assert read(old, "name") is None
    old.name = "old"
    assert (read(old, "name"), read(new, "name")) == ("old", "new")


def test_mapped_after_it_was_made() -> None:
    cls: Any = type("Made", (Base,), {})
    old = cls()
    core.Mapping(cls)
    add(cls, "id")
    add(cls, "name")
    assert read(cls(name="a"), "name") == "a"
    with pytest.raises(AttributeError, match="no mapped attribute"):
        _ = old.name


def test_another_class() -> None:
    one, other = (
        mapped("One", "id", "name"),
        mapped("Other", "x", "name", pk=("x",)),
    )
    item: Any = one(id=1, name="a")
    assert (read(item, "id"), read(item, "name")) == (1, "a")
    assert read(other(x=2, name="b"), "name") == "b"
    item.__class__ = other
    with pytest.raises(AttributeError, match="no mapped attribute"):
        _ = item.name
    item.__class__ = one
    assert read(item, "name") == "a"


def test_what_else_there_is() -> None:
    class Extra:
        limit = 3

        def hello(self) -> Any:
            return self.limit

        @property
        def twice(self) -> int:
            return self.limit * 2

        @classmethod
        def of(cls) -> str:
            return cls.__name__

    made: Any = mapped("Made", "id", bases=(Base, Extra))
    one = made()
    for _ in range(3):
        assert (one.limit, one.hello(), one.twice, one.of()) == (
            3, 3, 6, "Made",
        )  # fmt: skip
        assert not hasattr(one, "nothing")
    one.limit, one.own = 4, 5
    for _ in range(3):
        assert (one.limit, one.hello(), one.twice, one.own) == (4, 4, 8, 5)
    assert one.__dict__ == {"limit": 4, "own": 5}
    with pytest.raises(AttributeError, match="'Made' object has no"):
        _ = one.nothing


def test_getattr_of_the_class() -> None:
    class Fallback(Base):
        def __getattr__(self, name: str) -> str:
            return f"no {name}"

    class Guard(Base):
        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            return "guarded" if name == "name" else found

    one: Any = mapped("Made", "id", "name", bases=(Fallback,))(name="a")
    assert (read(one, "name"), read(one, "id")) == ("a", None)
    assert one.other == "no other"
    two: Any = mapped("Made", "id", "name", bases=(Guard,))(id=1, name="a")
    assert (read(two, "name"), read(two, "id")) == ("guarded", 1)


def test_descriptors_of_subclasses() -> None:
    class Attribute(core.InstrumentedAttribute):  # type: ignore[misc]
        def __get__(self, instance: Any, owner: Any) -> Any:
            found = super().__get__(instance, owner)
            return found if instance is None else ("own", found)

    made: Any = mapped("Made", "id")
    made.x = Attribute(made.__mapping__, "x")
    one = made(x=5)
    assert [one.x for _ in range(3)] == [("own", 5)] * 3


def test_classes_still_go() -> None:
    for _ in range(3):
        made = mapped("Made", "id", "name")
        assert read(made(name="a"), "name") == "a"
        del made
        gc.collect()
