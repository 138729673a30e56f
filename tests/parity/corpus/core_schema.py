"""The tables that the programs speak of, and what is in them."""

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any


class Color(enum.Enum):
    red = 1
    dark_green = 2


def tables(lib: Any) -> SimpleNamespace:
    """Return the tables made by a library, and their metadata."""
    metadata = lib.MetaData()

    def table(name: str, *items: Any, **keywords: Any) -> Any:
        return lib.Table(name, metadata, *items, **keywords)

    col, fk = lib.Column, lib.ForeignKey
    return SimpleNamespace(
        metadata=metadata,
        people=table(
            "people",
            col("id", lib.Integer, primary_key=True),
            col("name", lib.String(30), nullable=False),
            col("nick", lib.String),
            col("age", lib.Integer),
            col("height", lib.Float),
            col("salary", lib.Numeric(10, 2)),
            col("active", lib.Boolean),
            col("born", lib.Date),
            col("seen", lib.DateTime),
            col("wakes", lib.Time),
            col("shift", lib.Interval),
            col("color", lib.Enum(Color)),
            col("data", lib.JSON),
            col("photo", lib.LargeBinary),
            col("token", lib.Uuid),
            col("boss_id", lib.Integer, fk("people.id")),
        ),
        posts=table(
            "posts",
            col("id", lib.Integer, primary_key=True),
            col("author_id", lib.Integer, fk("people.id"), nullable=False),
            col("title", lib.Text),
            col("rating", lib.Integer),
        ),
        tags=table(
            "tags",
            col("id", lib.Integer, primary_key=True),
            col("label", lib.String(20), unique=True),
        ),
        post_tags=table(
            "post_tags",
            col("post_id", lib.Integer, fk("posts.id"), primary_key=True),
            col("tag_id", lib.Integer, fk("tags.id"), primary_key=True),
        ),
        scores=table(
            "scores",
            col("person_id", lib.Integer, fk("people.id"), primary_key=True),
            col("game", lib.String(10), primary_key=True),
            col("points", lib.Integer),
            col("ratio", lib.Float),
        ),
        messages=table(
            "messages",
            col("id", lib.Integer, primary_key=True),
            col("sender_id", lib.Integer, fk("people.id")),
            col("reader_id", lib.Integer, fk("people.id")),
            col("body", lib.String(50)),
        ),
        odd=table(
            "Odd Table",
            col("id", lib.Integer, primary_key=True),
            col("select", lib.Integer),
            col("Mixed Case", lib.String(9)),
            col('q"q', lib.String(9)),
            col("%pct", lib.Integer),
            col("a:b", lib.Integer),
            col("x.y", lib.Integer),
            col("(par)", lib.Integer),
            col("1st", lib.Integer),
            col("real_name", lib.String(9), key="renamed"),
        ),
        filled=table(
            "filled",
            col("id", lib.Integer, primary_key=True),
            col("note", lib.String(9)),
            col("scalar", lib.Integer, default=5, onupdate=6),
            col("called", lib.String(9), default=lambda: "made"),
            col(
                "seen",
                lib.String(30),
                default=lambda context: (
                    f"{context.get_current_parameters().get('note')}!"
                ),
                onupdate=lambda: "changed",
            ),
            col(
                "computed",
                lib.Integer,
                default=lib.func.length("abc"),
                onupdate=lib.func.length("abcd"),
            ),
            col("on_server", lib.String(9), server_default="srv"),
            col("number", lib.Integer, server_default=lib.text("7")),
            col("doubled", lib.Integer, lib.Computed("scalar * 2")),
            col("truth", lib.Boolean, default=True),
        ),
        void=table(
            "void",
            col("id", lib.Integer, primary_key=True),
            col("value", lib.Integer),
        ),
        moved=table(
            "moved",
            col("id", lib.Integer, primary_key=True),
            col("what", lib.String(9)),
            schema="main",
        ),
    )


def _person(
    number: int, name: str, age: int | None, **values: Any
) -> dict[str, Any]:
    person: dict[str, Any] = dict.fromkeys(
        "nick height salary active born seen wakes shift color photo token"
        " boss_id".split()
    )
    return {"id": number, "name": name, "age": age, **person, **values}


DATA: dict[str, list[dict[str, Any]]] = {
    "people": [
        _person(
            1,
            "Ann",
            30,
            nick="ann%",
            height=1.7,
            salary=Decimal("1200.50"),
            active=True,
            born=datetime.date(1990, 2, 28),
            seen=datetime.datetime(2024, 1, 31, 12, 30, 15, 250000),
            wakes=datetime.time(6, 30),
            shift=datetime.timedelta(hours=8),
            color=Color.red,
            data={"a": 1, "list": [1, "two", None], "deep": {"x": 2.5}},
            photo=b"\x00\xff",
            token=uuid.UUID(int=7),
        ),
        _person(
            2,
            "Bob",
            25,
            nick="b_b",
            height=1.8,
            salary=Decimal("900.00"),
            active=False,
            seen=datetime.datetime(2023, 12, 1),
            color=Color.dark_green,
            data={"a": "text", "list": []},
            boss_id=1,
        ),
        _person(
            3,
            "Cid",
            None,
            active=True,
            born=datetime.date(2001, 12, 31),
            data=[10, 20, 30],
            boss_id=1,
        ),
        _person(
            4,
            "ann/b",
            30,
            nick="Ann",
            height=-0.5,
            salary=Decimal("-3.25"),
            active=False,
            data={"a": True, "deep": {"x": {"y": "z"}}},
            boss_id=2,
        ),
        _person(5, "Élise", 77, height=0.0, active=None, data=None),
    ],
    "posts": [
        {"id": 1, "author_id": 1, "title": "first", "rating": 5},
        {"id": 2, "author_id": 1, "title": "second", "rating": 3},
        {"id": 3, "author_id": 2, "title": "third", "rating": None},
        {"id": 4, "author_id": 3, "title": None, "rating": 4},
    ],
    "tags": [{"id": 1, "label": "red"}, {"id": 2, "label": "blue"}],
    "post_tags": [
        {"post_id": 1, "tag_id": 1},
        {"post_id": 1, "tag_id": 2},
        {"post_id": 3, "tag_id": 2},
    ],
    "scores": [
        {"person_id": 1, "game": "chess", "points": 10, "ratio": 0.5},
        {"person_id": 1, "game": "go", "points": 7, "ratio": 0.25},
        {"person_id": 2, "game": "chess", "points": 10, "ratio": 1.5},
        {"person_id": 3, "game": "go", "points": 2, "ratio": None},
    ],
    "messages": [
        {"id": 1, "sender_id": 1, "reader_id": 2, "body": "hello"},
        {"id": 2, "sender_id": 2, "reader_id": 1, "body": "bye"},
    ],
    "odd": [
        {
            "id": number,
            "select": number,
            "Mixed Case": "m",
            'q"q': "q'q",
            "%pct": 3,
            "a:b": 4,
            "x.y": 5,
            "(par)": 6,
            "1st": 7,
            "renamed": "r",
        }
        for number in (1, 2)
    ],
    "filled": [{"id": 1, "note": "old"}, {"id": 2, "note": "older"}],
    "moved": [{"id": 1, "what": "here"}],
}
