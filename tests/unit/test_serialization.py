"""Models to and from plain data and JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from json import JSONDecodeError
from typing import Any
from uuid import UUID

import pytest

from sqlactive_c import (
    ActiveRecordMixin,
    DBConnection,
    ForeignKey,
    Mapped,
    MetaData,
    SerializationMixin,
    mapped_column,
    select,
)
from sqlactive_c._core import columns_dict, columns_json, json_text
from sqlactive_c.exceptions import ModelAttributeError
from sqlactive_c.ext.hybrid import hybrid_property
from sqlactive_c.orm import relationship
from sqlactive_c.orm.exc import DetachedInstanceError
from sqlactive_c.types import JSON


class Base(ActiveRecordMixin, SerializationMixin):
    __abstract__ = True
    metadata = MetaData()


class Author(Base):
    __tablename__ = "ser_authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    nick: Mapped[str | None] = mapped_column("nick_name")
    books: Mapped[list[Book]] = relationship(
        lambda: Book, back_populates="author"
    )
    shown: Mapped[list[Book]] = relationship(lambda: Book, viewonly=True)

    @hybrid_property
    def loud(self) -> Any:
        return self.name + "!"


class Book(Base):
    __tablename__ = "ser_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    tags: Mapped[Any] = mapped_column(JSON, nullable=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("ser_authors.id"))
    author: Mapped[Author | None] = relationship(
        lambda: Author, back_populates="books"
    )


class Color(Enum):
    RED = "r"


class Number(IntEnum):
    TWO = 2


class Text(str):
    __slots__ = ()


def detached(model: Any) -> Any:
    """Return an instance as it is after a query, nothing loaded."""

    async def load() -> Any:
        connection = DBConnection("sqlite+aiosqlite://")
        await connection.init_db(Base)
        async with connection.async_sessionmaker() as session:
            session.add(model)
            await session.commit()
            session.expire_all()
            session.expunge_all()
        await connection.close()
        return model

    import asyncio

    return asyncio.run(load())


# ---- to_dict ---------------------------------------------------------------


def test_columns_in_order_by_column_key() -> None:
    author = Author(id=1, name="Ann", nick="a")
    assert author.to_dict() == {"id": 1, "name": "Ann", "nick_name": "a"}
    assert list(author.to_dict()) == ["id", "name", "nick_name"]


def test_unset_columns_of_new_objects_are_none() -> None:
    assert Author().to_dict() == {"id": None, "name": None, "nick_name": None}


@pytest.mark.parametrize("kind", [list, set, tuple, dict.fromkeys])
def test_exclude_takes_any_container(kind: Any) -> None:
    author = Author(id=1, name="Ann")
    given = kind(["name", "nick_name", "nothing"])
    assert author.to_dict(exclude=given) == {"id": 1}


def test_exclude_is_for_columns_only() -> None:
    author = Author(name="Ann")
    found = author.to_dict(
        nested=True, hybrid_attributes=True, exclude=["loud", "books", "name"]
    )
    assert found == {
        "id": None, "nick_name": None, "loud": "Ann!", "books": [],
        "shown": [],
    }  # fmt: skip


def test_hybrids_come_after_columns() -> None:
    found = Author(name="Ann").to_dict(hybrid_attributes=True)
    assert list(found) == ["id", "name", "nick_name", "loud"]
    assert found["loud"] == "Ann!"


def test_one_level_of_relations() -> None:
    author = Author(name="Ann", books=[Book(title="x"), Book(title="y")])
    books = author.to_dict(nested=True, nested_exclude=["tags"])["books"]
    assert books == [
        {"id": None, "title": "x", "author_id": None},
        {"id": None, "title": "y", "author_id": None},
    ]
    book = author.books[0].to_dict(nested=True, hybrid_attributes=True)
    assert book["author"]["loud"] == "Ann!"
    assert "books" not in book["author"]


def test_a_relation_to_nothing_is_left_out() -> None:
    assert "author" not in Book(title="x").to_dict(nested=True)


def test_relations_that_are_not_loaded_are_left_out() -> None:
    author = detached(Author(name="Ann", nick=None))
    for name in ("id", "name", "nick"):
        setattr(author, name, None)
    assert set(author.to_dict(nested=True)) == {"id", "name", "nick_name"}


def test_a_column_that_is_not_loaded_raises() -> None:
    author = detached(Author(name="Ann"))
    with pytest.raises(DetachedInstanceError):
        author.to_dict()
    with pytest.raises(DetachedInstanceError):
        author.to_json()


def test_what_shadows_a_column_goes_first() -> None:
    class Shadow(Base):
        __tablename__ = "ser_shadows"
        id: Mapped[int] = mapped_column(primary_key=True)
        _secret: Mapped[str] = mapped_column("secret")

        @property
        def secret(self) -> str:
            return "*" * len(self._secret)

    assert Shadow(_secret="abc").to_dict()["secret"] == "***"


def test_an_attribute_error_is_none() -> None:
    class Broken(Base):
        __tablename__ = "ser_broken"
        id: Mapped[int] = mapped_column(primary_key=True)
        _x: Mapped[str] = mapped_column("x")

        @property
        def x(self) -> str:
            raise AttributeError("x")

    assert Broken(_x="1").to_dict() == {"id": None, "x": None}


def test_getattribute_of_the_class_is_asked() -> None:
    class Asked(Base):
        __tablename__ = "ser_asked"
        id: Mapped[int] = mapped_column(primary_key=True)

        def __getattribute__(self, name: str) -> Any:
            if name == "id":
                return 7
            return super().__getattribute__(name)

    assert Asked(id=1).to_dict() == {"id": 7}


def test_changes_of_the_class_are_followed() -> None:
    class Changed(Base):
        __tablename__ = "ser_changed"
        id: Mapped[int] = mapped_column(primary_key=True)

    row = Changed(id=1)
    assert row.to_dict() == {"id": 1}
    Changed.late = mapped_column(JSON)
    assert row.to_dict() == {"id": 1, "late": None}
    late: Any = Changed(id=2, late=3)
    assert late.to_dict() == {"id": 2, "late": 3}
    plain: Any = Changed
    plain.twice = hybrid_property(lambda self: 2 * self.id)
    plain.twice.__class__  # noqa: B018
    assert Changed.hybrid_properties == ["<lambda>"]
    type.__setattr__(Changed, "id", property(lambda self: "mine"))
    assert row.to_dict()["id"] == "mine"


def test_to_dict_of_a_subclass_is_used_for_json() -> None:
    class Own(Base):
        __tablename__ = "ser_own"
        id: Mapped[int] = mapped_column(primary_key=True)

        def to_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            return {"own": super().to_dict(*args, **kwargs)}

    assert Own(id=1).to_json() == '{"own": {"id": 1}}'


def test_inheritance() -> None:
    class Person(Base):
        __tablename__ = "ser_people"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {  # noqa: RUF012
            "polymorphic_on": "kind", "polymorphic_identity": "p"
        }  # fmt: skip

    class Pupil(Person):
        __tablename__ = "ser_pupils"
        id: Mapped[int] = mapped_column(
            ForeignKey("ser_people.id"), primary_key=True
        )
        grade: Mapped[int]
        __mapper_args__ = {"polymorphic_identity": "u"}  # noqa: RUF012

    assert Pupil(id=1, grade=2).to_dict() == {"id": 1, "grade": 2}
    assert Person(id=1).to_dict() == {"id": 1, "kind": "p"}


def test_columns_dict_checks_its_arguments() -> None:
    with pytest.raises(TypeError, match="is no instance"):
        columns_dict(object(), None)
    with pytest.raises(TypeError, match="is no instance"):
        columns_json(object(), False)
    with pytest.raises(TypeError, match="2 arguments"):
        columns_json()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Author(name="x").to_dict(exclude=3)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        type("Bare", (Base,), {"__abstract__": True})().to_dict()


# ---- to_json ---------------------------------------------------------------

VALUES = [
    None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, 10**400, Number.TWO,
    0.0, -0.0, 1.0, 0.1, 1e16, 1e22, 123456.7891, 1e-5, 0.0001, -2.5, 1e308,
    99999999999.9999, 5e-324, float("nan"), float("inf"), -float("inf"),
    "", "plain", 'quote " and \\', "\x00\x1f\x7f", "\b\f\n\r\t", "é", "日本",
    "𝄞", "\ud800", "a\udfffb", "x" * 9000, "é" * 5000, Text("sub"),
    datetime(2026, 1, 2, 3, 4, 5), datetime(1, 1, 1, 0, 0, 0, 7),
    datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 2), time(1, 2, 3),
    time(1, 2, 3, 4), time(1, tzinfo=UTC), timedelta(1), Decimal("1.50"),
    UUID(int=1), b"x\x00", Color.RED, Fraction(1, 3), set(),
    [], (), {}, [[]], {"a": {}}, [1, [2, (3,)]], {"a": [1, {"b": None}]},
    {1: 2, 1.5: 3, None: 4}, {True: 5, False: 6}, {Text("k"): Text("v")},
    object,
]  # fmt: skip
OPTIONS = [
    {},
    {"ensure_ascii": True},
    {"indent": 2},
    {"indent": 0},
    {"indent": "\té"},
    {"indent": -1},
    {"indent": True, "ensure_ascii": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_text_is_that_of_the_json_module(options: dict[str, Any]) -> None:
    given = {"ensure_ascii": False, "indent": None, **options}
    for value in [*VALUES, VALUES, {"values": VALUES}]:
        wanted = json.dumps(value, default=str, **given)
        found = json_text(value, given["ensure_ascii"], given["indent"], False)
        assert found == wanted


def test_sorted_keys() -> None:
    author = Author(id=1, name="Ann", nick=None)
    assert author.to_json(sort_keys=True) == (
        '{"id": 1, "name": "Ann", "nick_name": null}'
    )
    value = {"b": 1, "a": {"d": 1, "c": 2}}
    for indent in (None, 2):
        assert json_text(value, False, indent, True) == json.dumps(
            value, indent=indent, sort_keys=True
        )
    with pytest.raises(TypeError, match="'<' not supported"):
        json_text({1: 1, "a": 2}, False, None, True)


def test_what_json_refuses() -> None:
    with pytest.raises(TypeError, match="keys must be str"):
        json_text({(1,): 1}, False, None, False)
    circle: list[Any] = []
    circle.append([circle])
    with pytest.raises(ValueError, match="Circular reference"):
        json_text(circle, False, None, False)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        json_text(deep, False, None, False)
    with pytest.raises(TypeError):
        json_text({}, False, 1.5, False)  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        json_text({}, False, 10**30, False)


def test_str_that_raises() -> None:
    class Broken:
        def __str__(self) -> str:
            raise KeyError("broken")

    for value in (Broken(), [Broken()], {"a": Broken()}):
        with pytest.raises(KeyError, match="broken"):
            json_text(value, False, None, False)


def test_str_that_changes_what_is_written() -> None:
    values: dict[str, Any] = {}

    class Clears:
        def __str__(self) -> str:
            values.clear()
            return "gone"

    values.update(a=Clears(), b="x" * 100, c=[1])
    assert json_text(values, False, None, False).startswith('{"a": "gone"')
    items: list[Any] = []

    class Empties:
        def __str__(self) -> str:
            items.clear()
            return "gone"

    items += [Empties(), "y" * 100]
    assert json_text(items, False, None, False).startswith('["gone", "yyy')


def test_the_same_object_twice_is_no_circle() -> None:
    inner: list[Any] = []
    assert json_text([inner, inner], False, None, False) == "[[], []]"


@pytest.mark.parametrize("ascii", [False, True])
def test_a_model_is_written_as_its_dict(ascii: bool) -> None:
    for value in VALUES:
        book = Book(id=1, title='"é"', tags=value)
        assert book.to_json(ensure_ascii=ascii) == json.dumps(
            book.to_dict(), default=str, ensure_ascii=ascii
        )
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular reference"):
        Book(tags=circle).to_json()
    with pytest.raises(DetachedInstanceError):
        detached(Book(title="x")).to_json()


def test_a_to_dict_that_comes_later() -> None:
    class Later(Base):
        __tablename__ = "ser_later"
        id: Mapped[int] = mapped_column(primary_key=True)

    row = Later(id=1)
    assert row.to_json() == '{"id": 1}'
    changed: Any = Later
    changed.to_dict = lambda self, *args: {"later": self.id}
    assert row.to_json() == '{"later": 1}'
    del changed.to_dict
    assert row.to_json() == '{"id": 1}'


def test_options_of_a_model() -> None:
    author = Author(id=1, name="Zoë", books=[Book(title="x")])
    assert author.to_json(exclude=["nick_name"]) == '{"id": 1, "name": "Zoë"}'
    assert json.loads(
        author.to_json(True, True, None, ["tags"], True, 2, True)
    ) == author.to_dict(True, True, None, ["tags"])


def test_dates_are_known_before_a_column_has_any() -> None:
    code = (
        "import datetime as d; from sqlactive_c import _core;"
        "print(_core.json_text(d.time(1, 2, 3), False, None, False))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True
    )
    assert done.stdout == '"01:02:03"\n', done.stderr


# ---- from_dict, from_json --------------------------------------------------


def test_from_dict() -> None:
    author = Author.from_dict(
        {"id": 1, "name": "Ann", "loud": "?", "books": [{"title": "x"}]}
    )
    assert author.id == 1
    assert author.books[0].title == "x"
    assert author.books[0].author is author
    book = Book.from_dict({"author": {"name": "Ann"}})
    assert book.author is not None
    assert book.author.name == "Ann"


def test_from_dict_takes_both_names_of_a_column() -> None:
    assert Author.from_dict({"nick_name": "a"}).nick == "a"
    assert Author.from_dict({"nick": "a"}).nick == "a"


def test_from_dict_of_a_list() -> None:
    assert [one.name for one in Author.from_dict([{"name": "a"}])] == ["a"]
    assert Author.from_dict([]) == []


def test_from_dict_leaves_out() -> None:
    given = {"name": "Ann", "no": 1, "books": [{"title": "x", "no": 2}]}
    author = Author.from_dict(given, exclude=["no"], nested_exclude=["no"])
    assert author.books[0].title == "x"


def test_from_dict_refuses() -> None:
    with pytest.raises(ModelAttributeError, match="no such attribute: 'no'"):
        Author.from_dict({"no": 1})
    with pytest.raises(TypeError):
        Book.from_dict({"author": None})


def test_viewonly_relations_are_set() -> None:
    made = Author.from_dict({"shown": [{"title": "x"}]})
    assert made.shown[0].title == "x"


def test_from_json() -> None:
    author = Author(id=1, name="Ann", nick="é")
    assert Author.from_json(author.to_json()).to_dict() == author.to_dict()
    text = "[" + author.to_json() + "]"
    assert Author.from_json(text)[0].nick == "é"
    assert Author.from_json(text.encode())[0].nick == "é"
    with pytest.raises(JSONDecodeError):
        Author.from_json("{")


def test_values_are_taken_as_they_are() -> None:
    assert Author.from_dict({"id": "1"}).id == "1"
    assert select(Author) is not None
