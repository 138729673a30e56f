"""Mapped attributes: reading, writing, history, and what Python is asked."""

from __future__ import annotations

import math
from typing import Any

import pytest

from plugins.mapped import User, add, core, hooks, mapped, plan


def load(cls: Any = User, row: tuple[Any, ...] = (1, "ann", 30)) -> Any:
    return plan(cls).load(row, None)


def test_on_the_class() -> None:
    assert User.name is User.__dict__["name"]
    assert User.name.key == "name"
    assert User.name.class_ is User
    assert User.name.mapping is User.__mapping__
    assert User.name.property is None
    User.name.property = 3
    assert User.name.property == 3
    User.name.property = None


def test_is_a_node() -> None:
    assert isinstance(User.name, core.ColumnElement)
    assert User.name._parts == ()
    name, age = User.name._fingerprint(), User.age._fingerprint()
    assert name[0] != age[0]
    assert hash(User.name) != hash(User.age)


def test_subclass_in_python() -> None:
    class Attribute(core.InstrumentedAttribute):
        def __init__(self, *args: Any, **kw: Any) -> None:
            super().__init__(*args, **kw)
            self.extra = 1

    made = mapped("Made", "id")
    made.x = Attribute(made.__mapping__, "x")
    assert made.x.extra == 1
    assert made(x=5).x == 5
    with pytest.raises(TypeError):
        made.x.__init__(made.__mapping__, "x")


def test_made_wrong() -> None:
    with pytest.raises(ValueError, match="no kind"):
        core.InstrumentedAttribute(User.__mapping__, "name", "odd")
    with pytest.raises(TypeError):
        core.InstrumentedAttribute(User, "name")
    empty = core.InstrumentedAttribute.__new__(core.InstrumentedAttribute)
    with pytest.raises(AttributeError):
        empty.__get__(User(), User)
    assert empty.__get__(None, User) is empty


def test_transient_has_no_history() -> None:
    user = User(name="a")
    user.name = "b"
    assert user._sac_changes == {}
    assert user._sac_modified


def test_first_change_is_kept() -> None:
    user = load()
    assert not user._sac_modified
    user.name = "lee"
    user.name = "kim"
    assert user._sac_changes == {"name": "ann"}
    assert user._sac_modified
    user._sac_commit()
    assert user._sac_changes == {}
    assert not user._sac_modified
    assert user.name == "kim"


def test_equal_value_is_no_change() -> None:
    user = load()
    user.name = "".join(["a", "nn"])
    user.age = 30.0
    assert not user._sac_modified
    assert user._sac_changes == {}
    assert type(user.age) is float


def test_values_that_do_not_compare() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

        __hash__ = None  # type: ignore[assignment]

    class Stop(BaseException):
        pass

    class Worse:
        def __eq__(self, other: object) -> bool:
            raise Stop

        __hash__ = None  # type: ignore[assignment]

    user = load()
    first = Odd()
    user._sac_put("age", first)
    user.age = Odd()
    assert user._sac_changes == {"age": first}
    user = load()
    user._sac_put("age", Worse())
    with pytest.raises(Stop):
        user.age = Worse()
    user = load()
    user._sac_put("age", math.nan)
    user.age = math.nan
    assert not user._sac_modified
    user.age = float("nan")
    assert user._sac_modified


def test_compare_of_the_type() -> None:
    made = mapped("Made", "id", "tags")
    made.tags._compare = lambda old, new: old.lower() == new.lower()
    one = load(made, (1, "a"))
    one.tags = "A"
    assert not one._sac_modified
    one.tags = "B"
    assert one._sac_changes == {"tags": "A"}


def test_comparing_may_change_the_slot() -> None:
    class Sly:
        def __eq__(self, other: object) -> bool:
            user._sac_put("age", None)
            return False

        __hash__ = None  # type: ignore[assignment]

    user = load()
    user._sac_put("age", Sly())
    user.age = 3
    assert user.age == 3


def test_unloaded_is_loaded() -> None:
    user = load()
    user._sac_expire()
    with hooks(load_attribute=lambda i, a: a.key.upper()) as calls:
        assert user.name == "NAME"
        assert calls == [("load_attribute", user, User.name)]


def test_set_of_an_unloaded_one() -> None:
    user = load()
    user._sac_expire()
    with hooks() as calls:
        user.name = "x"
        assert calls == []
    assert user._sac_changes == {"name": core.NO_VALUE}


def test_active_history_loads_first() -> None:
    made = mapped("Made", "id")
    add(made, "name", active_history=True)
    one = load(made, (1, "a"))
    one._sac_expire()
    with hooks(load_attribute=lambda i, a: "old") as calls:
        one.name = "new"
        assert len(calls) == 1
    assert one._sac_changes == {"name": "old"}
    one._sac_expire()

    def fail(instance: Any, attribute: Any) -> Any:
        raise LookupError("detached")

    with hooks(load_attribute=fail), pytest.raises(LookupError):
        one.name = "new"
    assert one._sac_changes == {}


def test_delete() -> None:
    user = User(name="a")
    del user.name
    assert user.name is None
    with pytest.raises(AttributeError):
        del user.name
    user = load()
    del user.name
    assert user._sac_changes == {"name": "ann"}
    assert user._sac_unloaded == set()
    with hooks() as calls:
        assert user.name is None
        assert calls == []
    with pytest.raises(AttributeError):
        del user.name
    user = load()
    user._sac_expire()
    del user.name
    assert user._sac_changes == {"name": core.NO_VALUE}
    assert user.name is None


def test_validator() -> None:
    made = mapped("Made", "id", "name")

    def check(instance: Any, key: str, value: Any) -> Any:
        if not value:
            raise ValueError(f"{key} is empty")
        return value.strip()

    made.name._validator = check
    assert made(name=" a ").name == "a"
    with pytest.raises(ValueError, match="name is empty"):
        made(name="")
    assert load(made, (1, " as it is ")).name == " as it is "
    made.name._validator = None
    assert made(name="").name == ""


def test_related() -> None:
    made = mapped("Made", "id", "other:related")
    a, b = made(id=1), made(id=2)
    assert a.other is None
    assert a._sac_unloaded == {"other"}
    with hooks() as calls:
        a.other = b
        assert calls == [
            ("set_related", made.other, a, b, core.NO_VALUE),
        ]
    assert a.other is b
    with hooks() as calls:
        del a.other
        assert calls == [("set_related", made.other, a, core.NO_VALUE, b)]
    assert a.other is None
    with pytest.raises(AttributeError):
        del a.other


def test_related_history() -> None:
    made = mapped("Made", "id", "other:related")
    one, two = made(id=2), made(id=3)
    a = core.EntityPlan(made.__mapping__, (0,), ((0, 0, None),)).load((1,))
    assert a.other == "loaded"
    a._sac_put("other", one)
    a.other = one
    assert not a._sac_modified
    a.other = two
    assert a._sac_changes == {"other": one}

    def refuse(*args: Any) -> Any:
        raise TypeError("no instance")

    with hooks(set_related=refuse), pytest.raises(TypeError):
        a.other = 3
    assert a.other is two


def test_collection() -> None:
    made = mapped("Made", "id", "items:collection")
    one = made()
    with hooks() as calls:
        items = one.items
        assert one.items is items
        assert calls == [("make_collection", made.items, one)]
    items.append(1)
    with hooks(set_related=lambda a, i, value, old: [*old, *value]):
        one.items = [2]
    assert one.items == [1, 2]
    assert items == [1]
    del one.items
    assert one._sac_peek("items") is not items
    del one.items
    row = plan(made).load((1, None))
    row._sac_put("items", [])
    row.items = [1]
    assert row._sac_changes == {}
    row._sac_note("items", [])
    assert row._sac_changes == {"items": []}
    row._sac_note("items", [1])
    assert row._sac_changes == {"items": []}


def test_hooks_that_are_not_there() -> None:
    from plugins.mapped import _second

    bare = _second()
    cls = type("Bare", (bare.Instance,), {})
    mapping = bare.Mapping(cls)
    for key, kind in (("id", "column"), ("a", "related"), ("c", "collection")):
        setattr(cls, key, bare.InstrumentedAttribute(mapping, key, kind))
    mapping.primary_key = ("id",)
    one = cls(id=1)
    assert (one.id, one.a) == (1, None)
    with pytest.raises(RuntimeError):
        _ = one.c
    with pytest.raises(RuntimeError):
        one.a = one


def test_an_inherited_attribute() -> None:
    parent = mapped("Parent", "id", "name")
    child = mapped("Child", bases=(parent,), parent=parent)
    unmapped = type("Unmapped", (child,), {})
    for cls in (child, unmapped):
        one = cls(name="a")
        assert parent.name.__get__(one, cls) == "a"
        parent.name.__set__(one, "b")
        assert one.name == "b"
    with pytest.raises(AttributeError):
        child.name.__get__(parent(), parent)
