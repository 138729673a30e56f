"""What a column stores: the same bytes as the peer, read back alike."""

from __future__ import annotations

import datetime as dt
import enum
import sqlite3
import uuid
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import types as their_types
from sqlalchemy.dialects import sqlite as their_sqlite

from sqlactive_c.dialects import sqlite as our_sqlite
from sqlactive_c.sql import sqltypes as our_types

Make = Callable[[Any], Any]


class Color(enum.Enum):
    red = 1
    green = "g"
    scarlet = 1  # noqa: PIE796


class Word(str, enum.Enum):  # noqa: UP042
    yes = "y"
    no = "n"


class Level(enum.IntEnum):
    low = 1
    high = 2


class Names:
    """The types of one side, with those of the dialect as `sqlite`."""

    def __init__(self, types: Any, sqlite: Any) -> None:
        self.types = types
        self.sqlite = sqlite

    def __getattr__(self, name: str) -> Any:
        return getattr(self.types, name)


OURS = Names(our_types, our_sqlite)
THEIRS = Names(their_types, their_sqlite)
DIALECT = their_sqlite.dialect()  # type: ignore[no-untyped-call]

UTC = dt.UTC
PARIS = dt.timezone(dt.timedelta(hours=2))
DATETIMES = [
    dt.datetime(2020, 1, 2, 3, 4, 5, 6),
    dt.datetime(2020, 1, 2),
    dt.datetime(1, 1, 1),
    dt.datetime.max,
    dt.date(2020, 1, 2),
    dt.datetime(2020, 1, 2, 3, tzinfo=PARIS),
]
NUMBERS = [0, 1, -1.5, 1e300, 1e-7, 3.14159265358979, Decimal("1.005"), "2.5"]
UUIDS = [uuid.UUID(int=0), uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")]
DOCUMENTS = [
    None,
    {},
    [],
    {"a": [1, 2.5, None, True, "é\u2028'"]},
    "text",
    5,
    1.5,
    True,
    "5",
]

CASES: dict[str, tuple[Make, list[Any]]] = {
    "Integer": (lambda t: t.Integer(), [0, -1, 2**63 - 1, "7", 1.5, True]),
    "BigInteger": (lambda t: t.BigInteger(), [2**40]),
    "SmallInteger": (lambda t: t.SmallInteger(), [3]),
    "String": (lambda t: t.String(3), ["", "longer", "é\0'%", "12"]),
    "Text": (lambda t: t.Text(), ["x" * 5000, "1e5"]),
    "Unicode": (lambda t: t.Unicode(), ["ﬀ😀"]),
    "CHAR": (lambda t: t.CHAR(2), ["ab"]),
    "Boolean": (lambda t: t.Boolean(), [True, False, 1, 0, 1.0]),
    "Float": (lambda t: t.Float(), NUMBERS),
    "Double": (lambda t: t.Double(), NUMBERS),
    "REAL": (lambda t: t.REAL(), NUMBERS),
    "Float decimal": (lambda t: t.Float(asdecimal=True), NUMBERS),
    "Numeric": (lambda t: t.Numeric(), NUMBERS),
    "Numeric 2": (lambda t: t.Numeric(10, 2), NUMBERS),
    "Numeric return": (
        lambda t: t.Numeric(10, 2, decimal_return_scale=4),
        NUMBERS,
    ),
    "Numeric float": (lambda t: t.Numeric(asdecimal=False), NUMBERS),
    "DECIMAL": (lambda t: t.DECIMAL(8, 3), NUMBERS),
    "Date": (
        lambda t: t.Date(),
        [dt.date(2020, 1, 2), dt.date.min, dt.date.max, DATETIMES[0]],
    ),
    "DateTime": (lambda t: t.DateTime(), DATETIMES),
    "TIMESTAMP": (lambda t: t.TIMESTAMP(), DATETIMES),
    "DateTime timezone": (
        lambda t: t.DateTime(timezone=True),
        DATETIMES[:-1],  # naive ones: see docs/reference/types.md
    ),
    "Time": (
        lambda t: t.Time(),
        [dt.time(1, 2, 3, 4), dt.time(), dt.time.max, dt.time(1, tzinfo=UTC)],
    ),
    "Interval": (
        lambda t: t.Interval(),
        [dt.timedelta(0), dt.timedelta(-1, 5, 7), dt.timedelta(10**5)],
    ),
    "LargeBinary": (
        lambda t: t.LargeBinary(),
        [b"", b"\0\xff", bytearray(b"ab"), memoryview(b"ab")],
    ),
    "BINARY": (lambda t: t.BINARY(4), [b"12"]),
    "JSON": (lambda t: t.JSON(), DOCUMENTS),
    "JSON none": (lambda t: t.JSON(none_as_null=True), DOCUMENTS),
    "Uuid": (lambda t: t.Uuid(), UUIDS),
    "Uuid text": (lambda t: t.Uuid(as_uuid=False), [str(UUIDS[1])]),
    "UUID": (lambda t: t.UUID(), [uuid.UUID(int=2**128 - 1)]),
    "Enum": (lambda t: t.Enum(Color), [*Color, "red", "scarlet"][:3]),
    "Enum aliases": (
        lambda t: t.Enum(Color, omit_aliases=False),
        [Color.red, Color.green, "scarlet"],
    ),
    "Enum str": (lambda t: t.Enum(Word), [Word.yes, "no"]),
    "Enum int": (lambda t: t.Enum(Level), [Level.low, 2]),
    "Enum values": (
        lambda t: t.Enum(Word, values_callable=lambda e: [w.value for w in e]),
        [Word.yes, "n"],
    ),
    "Enum strings": (lambda t: t.Enum("a", "b"), ["a", "b"]),
    "PickleType": (
        lambda t: t.PickleType(),
        [{"a": {1, 2}}, None, "x", dt.date(2020, 1, 2)],
    ),
    "variant": (
        lambda t: t.Integer().with_variant(t.Boolean(), "sqlite"),
        [True],
    ),
    "DATETIME form": (
        lambda t: t.sqlite.DATETIME(
            storage_format="%(year)04d/%(month)02d/%(day)02d %(hour)02d",
            regexp=r"(\d+)/(\d+)/(\d+) (\d+)",
        ),
        [dt.datetime(2020, 1, 2, 3), dt.date(2020, 1, 2)],
    ),
    "DATETIME digits": (
        lambda t: t.sqlite.DATETIME(
            storage_format="%(year)04d%(month)02d%(day)02d%(hour)02d",
            regexp=r"(\d{4})(\d\d)(\d\d)(\d\d)",
        ),
        [dt.datetime(2020, 1, 2, 3)],
    ),
    "DATETIME truncated": (
        lambda t: t.sqlite.DATETIME(truncate_microseconds=True),
        DATETIMES,
    ),
    "DATE form": (
        lambda t: t.sqlite.DATE(
            storage_format="%(month)02d/%(day)02d/%(year)04d",
            regexp=r"(?P<month>\d+)/(?P<day>\d+)/(?P<year>\d+)",
        ),
        [dt.date(2020, 1, 2)],
    ),
    "TIME truncated": (
        lambda t: t.sqlite.TIME(truncate_microseconds=True),
        [dt.time(1, 2, 3, 4)],
    ),
}

cases = pytest.mark.parametrize("case", CASES)


def encode(type_: Any, value: Any) -> Any:
    codec = type_.codec()
    return value if codec is None else codec.encode(value)


def decode(type_: Any, stored: Any) -> Any:
    codec = type_.codec()
    return stored if codec is None else codec.decode(stored)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Any]:
    made = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/peer.db")
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def _no_advice() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*support Decimal objects.*")
        yield


def raw(path: Path, table: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    sql = f"SELECT v, typeof(v) FROM {table} ORDER BY id"
    rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


def shown(values: list[Any]) -> list[tuple[type, str]]:
    return [(type(each), repr(each)) for each in values]


@cases
def test_same_file(case: str, engine: Any, tmp_path: Path) -> None:
    make, values = CASES[case]
    metadata = sqlalchemy.MetaData()
    theirs, mine = (
        sqlalchemy.Table(
            name,
            metadata,
            sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
            sqlalchemy.Column("v", make(THEIRS)),
        )
        for name in ("theirs", "mine")
    )
    path = tmp_path / "peer.db"
    with engine.begin() as connection:
        theirs.create(connection)
        for value in values:
            connection.execute(theirs.insert(), {"v": value})

    # The same values, written by us.
    type_ = make(OURS)
    ours = sqlite3.connect(path)
    ours.execute(
        f"CREATE TABLE mine (id INTEGER PRIMARY KEY, v {type_.ddl_name()})"
    )
    for value in values:
        stored = encode(type_, value)
        ours.execute("INSERT INTO mine (v) VALUES (?)", [stored])
    ours.commit()
    ours.close()
    assert raw(path, "mine") == raw(path, "theirs")

    # Each reads what the other has written.
    with engine.connect() as connection:
        select = sqlalchemy.select
        expected = connection.scalars(select(theirs.c.v)).all()
        from_ours = connection.scalars(select(mine.c.v)).all()
    assert shown(list(from_ours)) == shown(list(expected))
    rows = raw(path, "theirs")
    assert shown([decode(type_, row[0]) for row in rows]) == shown(
        list(expected)
    )


def attempt(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Exception as error:
        return type(error)


def processor(type_: Any, name: str, *args: Any) -> Callable[[Any], Any]:
    impl = type_.dialect_impl(DIALECT)
    found: Any = getattr(impl, name)(DIALECT, *args)
    return found or (lambda value: value)


BAD_OPERANDS: list[Any] = [
    None, 5, -1, 1.5, "x", "", b"x", [], {}, object(), "2020-01-02", True,
    dt.date(2020, 1, 2), dt.time(1), dt.timedelta(1), UUIDS[1], Color.red,
    Decimal("1.5"), "NaN",
]  # fmt: skip


@cases
def test_same_class_of_error_for_any_operand(case: str) -> None:
    make, _ = CASES[case]
    if case.startswith("LargeBinary") or case == "BINARY":
        pytest.skip("theirs depends on the driver")
    theirs = processor(make(THEIRS), "bind_processor")
    mine = make(OURS)
    for value in BAD_OPERANDS:
        expected = attempt(theirs, value)
        if mine.codec() is None:
            continue
        found = attempt(mine.codec().encode, value)
        if not isinstance(expected, type) and not isinstance(
            expected, (int, float, str, bytes, type(None))
        ):
            expected = TypeError  # the driver refuses it
        if isinstance(expected, bool):
            expected = int(expected)
        same = found == expected or repr(found) == repr(expected)
        assert same, (value, found, expected)


STORED: list[Any] = [
    None, 0, 5, -1, 1.5, 1e300, "", "x", "2020-01-02", "2020-01-02 03:04:05",
    "2020-01-02T03:04:05.5", "2020-01-02 03:04:05.000006+00:00",
    "2020-13-01 00:00:00", "2020-02-30", "03:04:05", "25:00:00", "null", "{",
    "[1, 2]", '"x"', "red", "a", "0" * 32, "zz", b"", b"[1]", b"\xff", "1.5",
]  # fmt: skip


@cases
def test_same_of_anything_stored(case: str) -> None:
    make, _ = CASES[case]
    if case == "PickleType":
        pytest.skip("pickle raises anything")
    theirs = processor(make(THEIRS), "result_processor", None)
    mine = make(OURS)
    for stored in STORED:
        expected = attempt(theirs, stored)
        found = attempt(decode, mine, stored)
        if case.startswith("BINARY") or case == "LargeBinary":
            continue
        if "timezone" in case and isinstance(expected, dt.datetime):
            assert found == expected
            continue
        if isinstance(expected, type) and isinstance(found, type):
            if expected in (TypeError, ValueError) and "form" in case:
                assert found is ValueError
            elif expected is not found:
                assert issubclass(found, expected), (stored, found, expected)
            continue
        assert shown([found]) == shown([expected]), stored


LITERALS = [case for case in CASES if case not in ("PickleType",)]


@pytest.mark.parametrize("case", LITERALS)
def test_same_literals(case: str) -> None:
    make, values = CASES[case]
    if case.startswith(("JSON", "Interval")):
        pytest.skip("the peer writes none")
    for value in [None, *values]:
        if isinstance(value, (bytearray, memoryview)):
            continue  # theirs writes bytes only
        bound = sqlalchemy.literal(value, make(THEIRS))
        try:
            expected: Any = str(
                bound.compile(
                    dialect=DIALECT, compile_kwargs={"literal_binds": True}
                )
            )
        except sqlalchemy.exc.CompileError:
            expected = "CompileError"
        found = attempt(make(OURS).literal_sql, value)
        if isinstance(found, type):
            found = found.__name__
        assert found == expected, (value, found, expected)


OPERATORS = (
    "add sub mul truediv floordiv mod concat_op bitwise_and_op"
    " bitwise_xor_op lt eq"
).split()


def test_same_types_of_results() -> None:
    from sqlalchemy import column
    from sqlalchemy.sql import operators

    makes = [make for make, _ in CASES.values()]
    makes.append(lambda t: t.NullType())
    for left in makes:
        for right in makes:
            for name in OPERATORS:
                op = getattr(operators, name)
                a, b = column("a", left(THEIRS)), column("b", right(THEIRS))
                expected = a.operate(op, b).type
                found = left(OURS).result_type_of(op, right(OURS))
                assert repr(found) == repr(expected), (a.type, name, b.type)


VALUES = [
    1, 2**31, 2**40, -(2**40), True, None, 1.5, "a", "é", b"x", Decimal(1),
    *DATETIMES, dt.date(2020, 1, 2), dt.time(1), dt.time(1, tzinfo=UTC),
    dt.timedelta(1), UUIDS[0], Level.low, Word.yes, object(),
]  # fmt: skip


@pytest.mark.parametrize("index", range(len(VALUES)))
def test_same_type_of_a_value(index: int) -> None:
    value = VALUES[index]
    expected = sqlalchemy.literal(value).type
    assert repr(our_types.type_of_value(value)) == repr(expected)


@cases
def test_same_type_of_an_operand(case: str) -> None:
    make, _ = CASES[case]
    for value in VALUES:
        known = our_types.type_of_value(value) is not our_types.NULLTYPE
        if case == "Interval" and not known:
            continue  # theirs is that of what it is stored as
        expected = make(THEIRS).coerce_compared_value(None, value)
        found = make(OURS).coerce_compared_value(None, value)
        assert repr(found) == repr(expected), value


@cases
def test_same_description(case: str) -> None:
    make, _ = CASES[case]
    theirs, mine = make(THEIRS), make(OURS)
    assert mine.compile() == theirs.compile(dialect=DIALECT)
    assert repr(mine.copy()) == repr(mine)
    assert mine.hashable == theirs.hashable
    assert mine.should_evaluate_none == theirs.should_evaluate_none
    affinity = theirs._type_affinity.__name__.replace("_Binary", "LargeBinary")
    assert mine._type_affinity.__name__ == affinity
    if "form" not in case and "digits" not in case and "trunc" not in case:
        assert repr(mine) == repr(theirs)
        if not case.startswith("Enum"):  # theirs loses the class
            assert repr(mine.as_generic()) == repr(theirs.as_generic())


ANY: dict[str, st.SearchStrategy[Any]] = {
    "DateTime": st.datetimes() | st.dates(),
    "DateTime timezone": st.datetimes(),
    "Date": st.dates(),
    "Time": st.times(),
    "Interval": st.timedeltas(
        min_value=dt.timedelta(-700000), max_value=dt.timedelta(2900000)
    ),
    "Float": st.floats(allow_nan=False),
    "Numeric": st.decimals(allow_nan=False) | st.floats(allow_nan=False),
    "Numeric 2": st.decimals(allow_nan=False, places=2),
    "Uuid": st.uuids(),
    "String": st.text(st.characters(exclude_categories=["Cs"])),
    "JSON": st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    "PickleType": st.lists(st.integers() | st.text()),
    "LargeBinary": st.binary(),
}


@pytest.mark.parametrize("case", ANY)
def test_any_value(case: str) -> None:
    make, _ = CASES[case]
    mine = make(OURS)
    to_stored = processor(make(THEIRS), "bind_processor")
    from_stored = processor(make(THEIRS), "result_processor", None)

    @settings(max_examples=150, deadline=None, database=None)
    @given(ANY[case])
    def check(value: Any) -> None:
        stored = to_stored(value)
        assert shown([encode(mine, value)]) == shown([stored])
        assert shown([decode(mine, stored)]) == shown([from_stored(stored)])

    check()


@settings(max_examples=300, deadline=None, database=None)
@given(st.text("0123456789-: .T+Z", max_size=32))
def test_any_text_as_a_time(text: str) -> None:
    for name, parse in (
        ("DateTime", dt.datetime.fromisoformat),
        ("Date", dt.date.fromisoformat),
        ("Time", dt.time.fromisoformat),
    ):
        type_ = getattr(our_types, name)()
        assert shown([attempt(decode, type_, text)]) == shown(
            [attempt(parse, text)]
        )


@settings(max_examples=150, deadline=None, database=None)
@given(st.datetimes(timezones=st.timezones()))
def test_instants_are_kept(value: dt.datetime) -> None:
    type_ = our_types.DateTime(timezone=True)
    try:
        expected = value.astimezone(UTC)
    except OverflowError:
        return
    stored = encode(type_, value)
    assert stored.endswith("+00:00")
    back = decode(type_, stored)
    assert (back, back.tzinfo) == (expected, UTC)
    # The peer can read it as well.
    theirs = processor(THEIRS.DateTime(), "result_processor", None)
    assert theirs(stored) == expected
