"""Codecs: what SQLite stores for a value, and back."""

from __future__ import annotations

import datetime as dt
import enum
import gc
import json
import math
import pickle
import sys
import uuid
import weakref
from decimal import Decimal
from typing import Any

import pytest

from sqlactive_c._core import Codec

UTC = dt.UTC
PARIS = dt.timezone(dt.timedelta(hours=2))


class Color(enum.Enum):
    red = 1
    green = "g"


class NoOffset(dt.tzinfo):
    def utcoffset(self, when: dt.datetime | None) -> None:
        return None


class OtherDate(dt.datetime):
    pass


def color_codec(**keywords: Any) -> Codec:
    return Codec(
        "enum",
        to_db={Color.red: "red", Color.green: "green", "red": "red"},
        from_db={"red": Color.red, "green": Color.green},
        name="color",
        **keywords,
    )


def json_codec(**keywords: Any) -> Codec:
    return Codec("json", to_db=json.dumps, from_db=json.loads, **keywords)


ROUND: list[tuple[Codec, Any, Any]] = [
    (Codec("raw"), 5, 5),
    (Codec("raw"), "é\0x", "é\0x"),
    (Codec("raw"), -(2**63), -(2**63)),
    (Codec("float"), 1.5, 1.5),
    (Codec("bytes"), b"\0\xff", b"\0\xff"),
    (Codec("bytes"), b"", b""),
    (Codec("boolean"), True, 1),
    (Codec("boolean"), False, 0),
    (
        Codec("datetime"),
        dt.datetime(2020, 1, 2, 3, 4, 5, 6),
        "2020-01-02 03:04:05.000006",
    ),
    (Codec("datetime"), dt.datetime.min, "0001-01-01 00:00:00.000000"),
    (Codec("datetime"), dt.datetime.max, "9999-12-31 23:59:59.999999"),
    (
        Codec("instant"),
        dt.datetime(2020, 1, 2, 3, tzinfo=UTC),
        "2020-01-02 03:00:00.000000+00:00",
    ),
    (
        Codec("instant"),
        dt.datetime(2020, 1, 2, 3),
        "2020-01-02 03:00:00.000000",
    ),
    (Codec("date"), dt.date(2020, 1, 2), "2020-01-02"),
    (Codec("date"), dt.date.min, "0001-01-01"),
    (Codec("time"), dt.time(1, 2, 3, 4), "01:02:03.000004"),
    (Codec("time"), dt.time.max, "23:59:59.999999"),
    (Codec("interval"), dt.timedelta(1), "1970-01-02 00:00:00.000000"),
    (Codec("interval"), dt.timedelta(-1), "1969-12-31 00:00:00.000000"),
    (Codec("decimal", digits=2), Decimal("1.25"), 1.25),
    (Codec("decimal"), Decimal("-0.1000000000"), -0.1),
    (Codec("uuid"), uuid.UUID(int=255), "0" * 30 + "ff"),
    (
        Codec("uuid_text"),
        "00000000-0000-0000-0000-0000000000ff",
        "0" * 30 + "ff",
    ),
    (color_codec(), Color.green, "green"),
    (json_codec(), {"a": [1, None]}, '{"a": [1, null]}'),
    (json_codec(), "x", '"x"'),
    (Codec("adapter", to_db=str, from_db=int), 5, "5"),
    (Codec("callable", to_db=str, from_db=int), 5, "5"),
]


@pytest.mark.parametrize("index", range(len(ROUND)))
def test_there_and_back(index: int) -> None:
    codec, value, stored = ROUND[index]
    made = codec.encode(value)
    assert (made, type(made)) == (stored, type(stored))
    back = codec.decode(stored)
    assert (back, type(back)) == (value, type(value))


ONE_WAY: list[tuple[Codec, Any, Any]] = [
    (Codec("float"), 1, 1.0),
    (Codec("float"), Decimal("0.5"), 0.5),
    (Codec("float"), "1e3", 1000.0),
    (Codec("bytes"), bytearray(b"ab"), b"ab"),
    (Codec("bytes"), memoryview(b"ab"), b"ab"),
    (Codec("boolean"), 1, 1),
    (Codec("boolean"), 0.0, 0),
    (Codec("datetime"), dt.date(2020, 1, 2), "2020-01-02 00:00:00.000000"),
    (Codec("datetime"), OtherDate(2020, 1, 2), "2020-01-02 00:00:00.000000"),
    (
        Codec("datetime"),
        dt.datetime(2020, 1, 2, 3, tzinfo=PARIS),
        "2020-01-02 03:00:00.000000",
    ),
    (
        Codec("instant"),
        dt.datetime(2020, 1, 2, 3, tzinfo=PARIS),
        "2020-01-02 01:00:00.000000+00:00",
    ),
    (
        Codec("instant"),
        dt.datetime(2020, 1, 2, 3, tzinfo=NoOffset()),
        "2020-01-02 03:00:00.000000",
    ),
    (Codec("instant"), dt.date(2020, 1, 2), "2020-01-02 00:00:00.000000"),
    (Codec("date"), dt.datetime(2020, 1, 2, 3), "2020-01-02"),
    (Codec("time"), dt.time(1, tzinfo=UTC), "01:00:00.000000"),
    (Codec("decimal"), 5, 5.0),
    (Codec("uuid_text"), "ABC-def", "ABCdef"),
    (color_codec(), "red", "red"),
    (color_codec(), "an operand", "an operand"),
    (json_codec(), None, "null"),
    (json_codec(strict=True), None, None),
    (json_codec(strict=True, argument=Color.red), Color.red, "null"),
    (Codec("adapter", to_db=str), None, None),
    (Codec("callable", to_db=str), None, "None"),
    (Codec("callable", to_db=lambda v: v + 1), 1, 2),
    (Codec("callable", to_db=lambda v, a: v + a, argument=2), 1, 3),
    (Codec("callable", to_db=bool, inner=Codec("boolean")), "x", 1),
    (Codec("callable", inner=Codec("float")), 1, 1.0),
]


@pytest.mark.parametrize("index", range(len(ONE_WAY)))
def test_there(index: int) -> None:
    codec, value, stored = ONE_WAY[index]
    made = codec.encode(value)
    assert (made, type(made)) == (stored, type(stored))


READ: list[tuple[Codec, Any, Any]] = [
    (Codec("float"), 5, 5),
    (Codec("bytes"), "as it is", "as it is"),
    (Codec("boolean"), 2, True),
    (Codec("boolean"), 0.0, False),
    (Codec("boolean"), "x", True),
    (Codec("boolean"), "", False),
    (
        Codec("datetime"),
        "2020-01-02 03:04:05",
        dt.datetime(2020, 1, 2, 3, 4, 5),
    ),
    (Codec("datetime"), "2020-01-02T03:04:05.5", None),
    (Codec("datetime"), "2020-01-02", dt.datetime(2020, 1, 2)),
    (Codec("datetime"), "2020-01-02 03:04:05.123", None),
    (Codec("datetime"), "2020-01-02 03:04:05.000006+00:00", None),
    (Codec("datetime"), "2020-01-02 03:04:05.000006+02:00", None),
    (Codec("instant"), "2020-01-02 03:04:05+02:00", None),
    (Codec("interval"), "1970-01-01 00:00:01", dt.timedelta(seconds=1)),
    (Codec("time"), "01:02:03", dt.time(1, 2, 3)),
    (Codec("time"), "01:02", dt.time(1, 2)),
    (Codec("decimal", digits=0), 2, Decimal(2)),
    (Codec("decimal", digits=1), 0.25, Decimal("0.2")),
    (Codec("decimal"), math.inf, Decimal("inf")),
    (
        Codec("uuid"),
        "{00000000-0000-0000-0000-0000000000FF}",
        uuid.UUID(int=255),
    ),
    (json_codec(), 5, 5),
    (json_codec(), 1.5, 1.5),
    (json_codec(), b"[1]", [1]),
    (Codec("callable", from_db=lambda v: [v]), None, [None]),
    (Codec("callable", from_db=str, inner=Codec("boolean")), 1, "True"),
]


@pytest.mark.parametrize("index", range(len(READ)))
def test_back(index: int) -> None:
    codec, stored, value = READ[index]
    if value is None:
        value = dt.datetime.fromisoformat(stored)
    back = codec.decode(stored)
    assert (back, type(back)) == (value, type(value))


def test_an_instant_comes_back_in_utc() -> None:
    codec = Codec("instant")
    back = codec.decode(codec.encode(dt.datetime(2020, 1, 2, tzinfo=PARIS)))
    assert back == dt.datetime(2020, 1, 2, tzinfo=PARIS)
    assert back.tzinfo is UTC


def test_a_uuid_is_a_real_one() -> None:
    value = uuid.uuid4()
    codec = Codec("uuid")
    for stored in (value.hex, value.hex.upper(), str(value), value.urn):
        back = codec.decode(stored)
        assert back == value
        assert hash(back) == hash(value)
        assert (str(back), back.version) == (str(value), 4)
        assert back.is_safe is value.is_safe
        assert pickle.loads(pickle.dumps(back)) == value
        with pytest.raises(TypeError):
            back.int = 5
        assert Codec("uuid_text").decode(stored) == str(value)

    class Own(uuid.UUID):
        pass

    assert codec.encode(Own(int=255)) == "0" * 30 + "ff"


def test_none_is_null() -> None:
    for codec, *_ in ROUND:
        if codec.kind != "callable":
            assert codec.decode(None) is None
        if codec.kind not in ("callable", "json"):
            assert codec.encode(None) is None


REFUSED: list[tuple[Codec, Any, type[Exception]]] = [
    (Codec("raw"), 2**63, OverflowError),
    (Codec("raw"), object(), TypeError),
    (Codec("raw"), "\ud800", UnicodeEncodeError),
    (Codec("float"), "x", ValueError),
    (Codec("float"), [], TypeError),
    (Codec("bytes"), "x", TypeError),
    (Codec("boolean"), 2, ValueError),
    (Codec("boolean"), "true", TypeError),
    (Codec("boolean"), [], TypeError),
    (Codec("datetime"), "2020-01-02", TypeError),
    (Codec("datetime"), 5, TypeError),
    (Codec("instant"), 5, TypeError),
    (Codec("instant"), dt.datetime.min.replace(tzinfo=PARIS), OverflowError),
    (Codec("date"), "2020-01-02", TypeError),
    (Codec("date"), dt.time(), TypeError),
    (Codec("time"), dt.datetime.now(), TypeError),
    (Codec("interval"), 5, TypeError),
    (Codec("interval"), dt.timedelta.max, OverflowError),
    (Codec("decimal"), "x", ValueError),
    (Codec("uuid"), "00", AttributeError),
    (Codec("uuid"), 1.5, TypeError),
    (Codec("uuid_text"), uuid.UUID(int=1), AttributeError),
    (color_codec(), 5, LookupError),
    (color_codec(), [], TypeError),
    (color_codec(strict=True), "blue", LookupError),
    (json_codec(), {1, 2}, TypeError),
    (Codec("adapter", to_db=lambda v: [v]), 1, TypeError),
    (Codec("callable", to_db=lambda v: 1 / v), 0, ZeroDivisionError),
]


@pytest.mark.parametrize("index", range(len(REFUSED)))
def test_refused(index: int) -> None:
    codec, value, error = REFUSED[index]
    with pytest.raises(error):
        codec.encode(value)


UNREADABLE: list[tuple[Codec, Any, type[Exception]]] = [
    (Codec("datetime"), "yesterday", ValueError),
    (Codec("datetime"), "", ValueError),
    (Codec("datetime"), "2020-13-02 03:04:05", ValueError),
    (Codec("datetime"), "2020-02-30 03:04:05.000000", ValueError),
    (Codec("datetime"), "0000-01-01 00:00:00", ValueError),
    (Codec("datetime"), "2020-01-02 25:04:05", ValueError),
    (Codec("datetime"), "2020-01-02 03:60:05", ValueError),
    (Codec("datetime"), "2020-01-02 03:04:05.00000x", ValueError),
    (Codec("datetime"), "2020-01-02 03:04:05.\0000000", ValueError),
    (Codec("datetime"), "\uff12020-01-02 03:04:05", ValueError),
    (Codec("datetime"), 1577934245, TypeError),
    (Codec("datetime"), 1.5, TypeError),
    (Codec("datetime"), b"2020-01-02 03:04:05", TypeError),
    (Codec("date"), "2020-01-02 00:00:00", ValueError),
    (Codec("date"), "2020-02-30", ValueError),
    (Codec("date"), 5, TypeError),
    (Codec("time"), "noon", ValueError),
    (Codec("time"), "24:00:01", ValueError),
    (Codec("time"), 5, TypeError),
    (Codec("interval"), "x", ValueError),
    (Codec("interval"), "1970-01-01 00:00:00+00:00", TypeError),
    (Codec("decimal"), "x", TypeError),
    (Codec("decimal"), b"1", TypeError),
    (Codec("uuid"), "xyz", ValueError),
    (Codec("uuid"), 5, AttributeError),
    (Codec("uuid_text"), "", ValueError),
    (color_codec(), "blue", LookupError),
    (color_codec(), 1, LookupError),
    (json_codec(), "{", ValueError),
    (json_codec(), "", ValueError),
    (json_codec(), b"\xff", ValueError),
    (Codec("callable", from_db=lambda v: v.x), 0, AttributeError),
]


@pytest.mark.parametrize("index", range(len(UNREADABLE)))
def test_unreadable(index: int) -> None:
    codec, stored, error = UNREADABLE[index]
    with pytest.raises(error):
        codec.decode(stored)


def test_messages_name_the_value() -> None:
    with pytest.raises(TypeError, match=r"DateTime column takes .*'soon'"):
        Codec("datetime").encode("soon")
    with pytest.raises(LookupError, match=r"'blue'.*color.*'red', 'green'"):
        color_codec().decode("blue")
    with pytest.raises(ValueError, match=r"Boolean column .* not 5"):
        Codec("boolean").encode(5)


def test_kind_and_repr() -> None:
    assert Codec("date").kind == "date"
    assert repr(Codec("date")) == "Codec('date')"
    assert repr(Codec("decimal", digits=3)) == "Codec('decimal', digits=3)"
    outer = Codec("callable", inner=Codec("date"))
    assert repr(outer) == "Codec('callable', inner=Codec('date'))"


@pytest.mark.parametrize(
    ("args", "keywords", "error"),
    [
        (["no such"], {}, ValueError),
        ([], {}, TypeError),
        ([5], {}, TypeError),
        (["enum"], {}, TypeError),
        (["enum"], {"to_db": {}, "from_db": len}, TypeError),
        (["json"], {"to_db": len}, TypeError),
        (["callable"], {"to_db": 5}, TypeError),
        (["callable"], {"inner": "date"}, TypeError),
        (["decimal"], {"digits": -1}, ValueError),
        (["decimal"], {"digits": 10**6}, ValueError),
        (["date"], {"nonsense": 1}, TypeError),
    ],
)
def test_bad_codecs(
    args: list[Any], keywords: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Codec(*args, **keywords)


def test_immutable() -> None:
    codec = Codec("date")
    with pytest.raises(AttributeError):
        codec.kind = "time"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        codec.x = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Codec.x = 1  # type: ignore[attr-defined]


def test_a_bool_that_raises() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ZeroDivisionError

        __hash__ = None  # type: ignore[assignment]

    with pytest.raises(ZeroDivisionError):
        Codec("boolean").encode(Odd())


def test_an_exception_of_a_function_leaves_nothing_behind() -> None:
    codec = Codec("json", to_db=json.dumps, from_db=lambda v: [][0])
    with pytest.raises(IndexError):
        codec.decode(5)
    assert json_codec().decode(5) == 5


def test_codecs_are_collected_with_what_refers_to_them() -> None:
    class Owner:
        def write(self, value: Any) -> Any:
            return value

    owner = Owner()
    owner.codec = Codec("callable", to_db=owner.write)  # type: ignore[attr-defined]
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None


def test_reference_counts() -> None:
    for codec, value, stored in ROUND + ONE_WAY:
        counts = sys.getrefcount(value), sys.getrefcount(stored)
        for _ in range(50):
            codec.encode(value)
            if codec.kind != "callable":
                codec.decode(None)
        after = sys.getrefcount(value), sys.getrefcount(stored)
        assert after[0] - counts[0] < 10, codec
        assert after[1] - counts[1] < 10, codec
    for codec, stored, value in READ:
        before = sys.getrefcount(stored)
        for _ in range(50):
            codec.decode(stored)
        assert sys.getrefcount(stored) - before < 10, (codec, value)
    for codec, value, error in REFUSED:
        before = sys.getrefcount(value)
        for _ in range(50):
            with pytest.raises(error):
                codec.encode(value)
        assert sys.getrefcount(value) - before < 10, codec
