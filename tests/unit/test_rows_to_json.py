"""Rows of a result as JSON, without instances between."""

from __future__ import annotations

import enum
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from sqlactive_c import (
    ActiveRecordMixin,
    AsyncSession,
    DBConnection,
    Mapped,
    MetaData,
    SerializationMixin,
    func,
    mapped_column,
    select,
    text,
)
from sqlactive_c._core import rows_to_json
from sqlactive_c.exc import (
    InvalidRequestError,
    OperationalError,
    ResourceClosedError,
)
from sqlactive_c.types import (
    JSON,
    DateTime,
    Enum,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    TypeDecorator,
    Uuid,
)


class Base(ActiveRecordMixin, SerializationMixin):
    __abstract__ = True
    metadata = MetaData()


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


class Shout(TypeDecorator):
    impl = String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.upper()


class Sample(Base):
    __tablename__ = "json_samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    number: Mapped[float | None]
    flag: Mapped[bool | None]
    moment: Mapped[datetime | None]
    instant: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    day: Mapped[date | None]
    clock: Mapped[time | None]
    span: Mapped[timedelta | None] = mapped_column(Interval)
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    fine: Mapped[Decimal | None]
    uuid: Mapped[UUID | None]
    uuid_text: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    color: Mapped[Color | None]
    word: Mapped[str | None] = mapped_column(Enum("a", "b"))
    data: Mapped[Any] = mapped_column(JSON, nullable=True)
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    shout: Mapped[str | None] = mapped_column(Shout)


KEYS = tuple(Sample.columns)
COLUMNS = [Sample.__table__.c[key] for key in KEYS]

FULL: dict[str, Any] = {
    "text": 'a "b" \\ \n\x01é日𝄞' + "x" * 30,
    "number": 1 / 3,
    "flag": True,
    "moment": datetime(2026, 2, 28, 1, 2, 3),
    "instant": datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=UTC),
    "day": date(2024, 2, 29),
    "clock": time(1, 2, 3, 400),
    "span": timedelta(days=1, seconds=2),
    "price": Decimal("12.50"),
    "fine": Decimal("0.0000001"),
    "uuid": UUID(int=2**127 + 5),
    "uuid_text": str(UUID(int=77)),
    "color": Color.BLUE,
    "word": "b",
    "data": {"a": [1, 2.5, None, {"é": True}]},
    "blob": b"\x00\xff",
    "shout": "quiet",
}


@pytest_asyncio.fixture
async def session() -> AsyncIterator[AsyncSession]:
    connection = DBConnection("sqlite+aiosqlite://")
    await connection.init_db(Base)
    async with connection.async_sessionmaker() as session:
        yield session
    await connection.close()


async def raw(session: AsyncSession, sql: str, **columns: Any) -> Any:
    """Return the result of text, some of its columns of a type."""
    return await session.execute(text(sql).columns(**columns))


def listed(rows: list[Any], **options: Any) -> str:
    return json.dumps(rows, default=str, ensure_ascii=False, **options)


async def test_as_to_json_of_the_instances(session: AsyncSession) -> None:
    rows = [
        Sample(**FULL),
        Sample(),
        Sample(flag=False, number=-0.0, fine=Decimal(3), text=""),
        Sample(moment=datetime(1, 1, 1, 0, 0, 0, 9), clock=time(0)),
        Sample(fine=Decimal("0.00001"), price=Decimal("-0.01")),
        Sample(number=float("inf"), data=[float("nan")]),
    ]
    session.add_all(rows)
    await session.commit()
    session.expunge_all()
    query = select(Sample).order_by(Sample.id)
    models = [one.to_dict() for one in await session.scalars(query)]
    chosen = select(*COLUMNS).order_by(Sample.id)
    found = rows_to_json(await session.execute(chosen), KEYS, compact=False)
    assert found.decode() == listed(models)
    found = rows_to_json(await session.execute(chosen), KEYS)
    assert found.decode() == listed(models, separators=(",", ":"))


FORMS = [
    ("DateTime", "2026-01-02T03:04:05"),
    ("DateTime", "2026-01-02 03:04"),
    ("DateTime", "2026-01-02"),
    ("DateTime", "2026-01-02 03:04:05.120"),
    ("DateTime", "2026-01-02 03:04:05.000000+00:00"),
    ("DateTime", "2026-01-02 03:04:05+02:00"),
    ("Date", "2000-02-29"),
    ("Date", "20000229"),
    ("Time", "03:04"),
    ("Time", "03:04:05.000000"),
    ("Boolean", 1),
    ("Uuid", "0123456789ABCDEF0123456789abcdef"),
    ("Uuid", "01234567-89ab-cdef-0123-456789abcdef"),
    ("Numeric", 1),
    ("Numeric", 1e300),
    ("Numeric", 0),
    ("Float", 5),
    ("Integer", "text"),
    ("String", 7),
    ("JSON", "[1, 2]"),
    ("LargeBinary", b"ab"),
]


@pytest.mark.parametrize(("kind", "stored"), FORMS)
async def test_forms(session: AsyncSession, kind: str, stored: Any) -> None:
    from sqlactive_c import types

    for compact in (True, False):
        pair = []
        for _ in range(2):
            clause = text("SELECT :x AS x").bindparams(x=stored)
            pair.append(
                await session.execute(clause.columns(x=getattr(types, kind)()))
            )
        value = pair[0].scalar_one()
        found = rows_to_json(pair[1], ("x",), compact=compact)
        separators = (",", ":") if compact else None
        wanted = listed([{"x": value}], separators=separators)
        assert found.decode() == wanted


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("DateTime", "2026-02-30 00:00:00"),
        ("DateTime", "2025-02-29 00:00:00.000000"),
        ("DateTime", "1900-02-29 00:00:00"),
        ("DateTime", "2026-13-01 00:00:00"),
        ("DateTime", "2026-01-01 24:61:00"),
        ("DateTime", "0000-01-01 00:00:00"),
        ("DateTime", "nonsense"),
        ("DateTime", 3),
        ("Date", "2026-04-31"),
        ("Time", "25:00:00"),
        ("Time", "00:60:00"),
        ("Uuid", "xyz"),
        ("Numeric", "x"),
        ("JSON", "{"),
    ],
)
async def test_what_cannot_be_read(
    session: AsyncSession, kind: str, stored: Any
) -> None:
    from sqlactive_c import types

    async def result() -> Any:
        clause = text("SELECT :x AS x").bindparams(x=stored)
        kinds = {"x": getattr(types, kind)()}
        return await session.execute(clause.columns(**kinds))

    try:
        value = (await result()).scalar_one()
    except Exception as error:
        with pytest.raises(type(error)) as caught:
            rows_to_json(await result(), ("x",))
        assert str(caught.value) == str(error)
    else:  # some versions of Python read more than others
        assert json.loads(rows_to_json(await result(), ("x",))) == [
            {"x": str(value)}
        ]


async def test_text(session: AsyncSession) -> None:
    given = ["", "a", '"', "\\" * 9, "1234567" + "\n", "é" * 5000, "𝄞\x7f"]
    given += ["x" * size + "\x1f" for size in range(20)]
    given += ["x" * (4096 - size) + "é" * 9 for size in range(5)]
    given += ["x" * (4096 - size) + "𝄞" * 9 for size in range(5)]
    for value in given:
        result = await session.execute(
            text("SELECT :x AS x, 1 AS y").bindparams(x=value)
        )
        found = rows_to_json(result, ("x", "y"), compact=False)
        assert found.decode() == listed([{"x": value, "y": 1}])


@pytest.mark.parametrize(
    "stored",
    ["ff", "c080", "c1bf", "e08080", "eda080", "f4908080", "f8", "c3", "80",
     "f08080", "e2", "78" * 5000 + "c3", "f0808080", "e28228"],
)  # fmt: skip
async def test_text_that_is_no_utf8(
    session: AsyncSession, stored: str
) -> None:
    result = await session.execute(text(f"SELECT CAST(x'{stored}' AS TEXT)"))
    with pytest.raises(OperationalError, match="not valid UTF-8"):
        rows_to_json(result, ("x",))


async def test_plain_values(session: AsyncSession) -> None:
    result = await session.execute(
        text(
            "SELECT 9223372036854775807 AS a, -9223372036854775808 AS b,"
            " 9e999 AS c, -9e999 AS d, x'00' AS e, NULL AS f, 0.1 AS g"
        )
    )
    assert rows_to_json(result, tuple("abcdefg")) == (
        b'[{"a":9223372036854775807,"b":-9223372036854775808,"c":Infinity,'
        b'"d":-Infinity,"e":"b\'\\\\x00\'","f":null,"g":0.1}]'
    )


async def test_shapes_of_results(session: AsyncSession) -> None:
    sql = "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 1, 'x'"

    async def result() -> Any:
        return await session.execute(text(sql))

    row = '{"a":1,"b":"x"}'
    one = f"[{row}]".encode()
    two = f"[{row},{row}]".encode()
    assert rows_to_json(await result(), ("a", "b")) == two
    assert rows_to_json((await result()).unique(), ("a", "b")) == one
    assert rows_to_json((await result()).mappings(), ("a", "b")) == two
    assert rows_to_json((await result()).scalars("b"), ("k",)) == (
        b'[{"k":"x"},{"k":"x"}]'
    )
    assert rows_to_json((await result()).columns("b"), ("k",)) == (
        b'[{"k":"x"},{"k":"x"}]'
    )
    unique = (await result()).scalars("a").unique()
    assert rows_to_json(unique, ("a",)) == b'[{"a":1}]'
    frozen = (await result()).freeze()
    assert rows_to_json(frozen(), ("a", "b")) == two
    rest = await result()
    rest.fetchone()
    assert rows_to_json(rest, ("a", "b")) == one
    assert rows_to_json(rest, ("a", "b")) == b"[]"
    assert rest.all() == []


async def test_no_rows(session: AsyncSession) -> None:
    result = await session.execute(select(*COLUMNS))
    assert rows_to_json(result, KEYS) == b"[]"


async def test_many_columns(session: AsyncSession) -> None:
    names = tuple(f"c{number}" for number in range(50))
    sql = "SELECT " + ", ".join(f"{n[1:]} AS {n}" for n in names)
    rows = " UNION ALL ".join([sql] * 40)
    found = json.loads(rows_to_json(await session.execute(text(rows)), names))
    assert found == [{name: int(name[1:]) for name in names}] * 40


async def test_keys(session: AsyncSession) -> None:
    sql = "SELECT 1 AS a, 2 AS b"
    result = await session.execute(text(sql))
    assert rows_to_json(result, ('é"', None)) == '[{"é\\"":1}]'.encode()
    result = await session.execute(text(sql))
    assert rows_to_json(result, (None, None)) == b"[{}]"
    result = await session.execute(text(sql))
    assert rows_to_json(result, (None, "b")) == b'[{"b":2}]'


async def test_what_is_refused(session: AsyncSession) -> None:
    sql = "SELECT 1 AS a, 2 AS b"

    async def result() -> Any:
        return await session.execute(text(sql))

    refuse: Any = rows_to_json
    with pytest.raises(ValueError, match="1 keys for the 2 columns"):
        refuse(await result(), ("a",))
    with pytest.raises(TypeError, match="a key is a str"):
        refuse(await result(), ("a", 1))
    with pytest.raises(TypeError):
        refuse(await result(), ["a", "b"])
    with pytest.raises(TypeError, match="takes a Result, not list"):
        refuse([], ("a",))
    with pytest.raises(IndexError):
        refuse(await result(), ("a", "b"), by=2)
    with pytest.raises(TypeError):
        refuse(await result(), ("a", "b"), nested=(1,))
    with pytest.raises(IndexError):
        refuse(await result(), ("a", "b"), nested=(("x", 9, {}, None),))
    with pytest.raises(TypeError):
        refuse(await result(), ("a", "b"), nested=(("x", 0, {}, 1),))
    with pytest.raises(TypeError):
        refuse(await result(), ("a", "b"), nested=(("x", 0, {1: 1}, None),))
    closed = await result()
    closed.close()
    with pytest.raises(ResourceClosedError):
        refuse(closed, ("a", "b"))
    with pytest.raises(ResourceClosedError):
        refuse(await session.execute(text("CREATE TABLE t (x)")), ("a",))
    session.add(Sample())
    await session.flush()
    with pytest.raises(TypeError, match="item 0 of the rows is an instance"):
        refuse(await session.execute(select(Sample)), ("a",))


async def test_nested_rows(session: AsyncSession) -> None:
    children = await session.execute(
        text("SELECT 1 AS p, 'x' AS n UNION ALL SELECT 1, 'y'"
             " UNION ALL SELECT 2, 'z' UNION ALL SELECT NULL, 'w'")
    )  # fmt: skip
    groups = rows_to_json(children, (None, "n"), by=0)
    assert groups == {
        1: [b'{"n":"x"}', b'{"n":"y"}'], 2: [b'{"n":"z"}'],
        None: [b'{"n":"w"}'],
    }  # fmt: skip
    found = {
        key: b"[" + b",".join(rows) + b"]" for key, rows in groups.items()
    }
    parents = await session.execute(
        text("SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3")
    )
    nested = (
        ("many", 0, found, b"[]"),
        ("one", 0, {2: b'{"a":1}'}, None),
    )
    assert rows_to_json(parents, ("id",), nested=nested) == (
        b'[{"id":1,"many":[{"n":"x"},{"n":"y"}]},'
        b'{"id":2,"many":[{"n":"z"}],"one":{"a":1}},'
        b'{"id":3,"many":[]}]'
    )


async def test_groups_of_rows_that_were_made(session: AsyncSession) -> None:
    sql = "SELECT 1 AS a, 2 AS b UNION ALL SELECT 1, 2 UNION ALL SELECT 2, 3"
    result = (await session.execute(text(sql))).unique()
    nested = (("n", 1, {2: b"0"}, b"1"),)
    assert rows_to_json(result, ("a", None), by=1, nested=nested) == {
        2: [b'{"a":1,"n":0}'], 3: [b'{"a":2,"n":1}'],
    }  # fmt: skip


async def test_groups_by_a_typed_column(session: AsyncSession) -> None:
    session.add_all([Sample(uuid=UUID(int=1)), Sample(uuid=UUID(int=1))])
    await session.commit()
    result = await session.execute(select(Sample.uuid, Sample.id))
    assert rows_to_json(result, (None, "id"), by=0) == {
        UUID(int=1): [b'{"id":1}', b'{"id":2}']
    }
    result = await session.execute(select(Sample.data, Sample.id))
    assert len(rows_to_json(result, (None, "id"), by=0)) == 1
    session.add(Sample(data=[]))
    await session.commit()
    result = await session.execute(select(Sample.data, Sample.id))
    with pytest.raises(TypeError, match="unhashable"):
        rows_to_json(result, (None, "id"), by=0)


async def test_code_that_fetches_meanwhile(session: AsyncSession) -> None:
    held: list[Any] = []

    class Greedy(TypeDecorator):
        impl = Integer
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            if held:
                with pytest.raises(InvalidRequestError):
                    held[0].fetchone()
                held[0].close()
            return value

    sql = "SELECT 1 AS x, 'kept' AS y UNION ALL SELECT 2, 'gone'"
    held.append(await raw(session, sql, x=Greedy, y=String))
    assert rows_to_json(held[0], ("x", "y")) == b'[{"x":1,"y":"kept"}]'


async def test_expressions(session: AsyncSession) -> None:
    session.add_all([Sample(number=1.5), Sample(number=2.0)])
    await session.commit()
    query = select(func.sum(Sample.number), func.max(Sample.moment))
    result = await session.execute(query)
    assert rows_to_json(result, ("sum", "last")) == (
        b'[{"sum":3.5,"last":null}]'
    )
