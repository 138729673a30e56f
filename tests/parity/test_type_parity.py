"""Column types: the same repr, DDL and Python type as the peer's."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.namespaces import ours, peers


class Color(enum.Enum):
    red = 1
    green = "g"
    scarlet = 1  # noqa: PIE796


TYPES: list[Callable[[Any], Any]] = [
    lambda t: t.Integer(),
    lambda t: t.BigInteger(),
    lambda t: t.SmallInteger(),
    lambda t: t.INT(),
    lambda t: t.String(),
    lambda t: t.String(5),
    lambda t: t.String(5, collation="NOCASE"),
    lambda t: t.String(-1),
    lambda t: t.Text(),
    lambda t: t.Text(5),
    lambda t: t.Text(collation="x"),
    lambda t: t.Unicode(4),
    lambda t: t.UnicodeText(),
    lambda t: t.VARCHAR(3),
    lambda t: t.TEXT(),
    lambda t: t.NVARCHAR(3),
    lambda t: t.NCHAR(2),
    lambda t: t.CHAR(2),
    lambda t: t.CLOB(),
    lambda t: t.Numeric(),
    lambda t: t.Numeric(5),
    lambda t: t.Numeric(5, 2),
    lambda t: t.Numeric(scale=2),
    lambda t: t.Numeric(asdecimal=False),
    lambda t: t.Numeric(5, 2, decimal_return_scale=4),
    lambda t: t.DECIMAL(4, 1),
    lambda t: t.NUMERIC(4, 1),
    lambda t: t.Float(),
    lambda t: t.Float(5),
    lambda t: t.Float(asdecimal=True),
    lambda t: t.FLOAT(3),
    lambda t: t.REAL(),
    lambda t: t.Double(),
    lambda t: t.DOUBLE(4),
    lambda t: t.DOUBLE_PRECISION(),
    lambda t: t.Uuid(),
    lambda t: t.Uuid(as_uuid=False),
    lambda t: t.Uuid(native_uuid=False),
    lambda t: t.UUID(),
    lambda t: t.UUID(as_uuid=False),
    lambda t: t.LargeBinary(),
    lambda t: t.LargeBinary(5),
    lambda t: t.BLOB(3),
    lambda t: t.BINARY(4),
    lambda t: t.VARBINARY(3),
    lambda t: t.PickleType(),
    lambda t: t.JSON(),
    lambda t: t.JSON(none_as_null=True),
    lambda t: t.Interval(),
    lambda t: t.Interval(native=False, second_precision=3),
    lambda t: t.Date(),
    lambda t: t.DATE(),
    lambda t: t.DateTime(),
    lambda t: t.DateTime(timezone=True),
    lambda t: t.DATETIME(),
    lambda t: t.TIMESTAMP(),
    lambda t: t.TIMESTAMP(timezone=True),
    lambda t: t.Time(timezone=True),
    lambda t: t.TIME(),
    lambda t: t.Boolean(),
    lambda t: t.Boolean(create_constraint=True, name="b"),
    lambda t: t.BOOLEAN(),
    lambda t: t.Enum("a", "bbb"),
    lambda t: t.Enum("a", "b", name="x", native_enum=False),
    lambda t: t.Enum("a", "b", name="x", create_constraint=True),
    lambda t: t.Enum(),
    lambda t: t.Enum(Color),
    lambda t: t.Enum(Color, name="c"),
    lambda t: t.Enum(Color, values_callable=lambda e: ["x", "yy"]),
    lambda t: t.Enum(Color, schema=None),
]


def described(make: Callable[[Any], Any], namespace: Any) -> Any:
    from sqlalchemy.dialects import sqlite

    type_ = make(namespace)
    if hasattr(type_, "ddl_name"):
        ddl = type_.ddl_name()
    else:
        ddl = type_.compile(dialect=sqlite.dialect())
    try:
        python_type = type_.python_type
    except NotImplementedError:
        python_type = NotImplementedError
    return repr(type_), ddl, python_type


@pytest.mark.parametrize("index", range(len(TYPES)))
def test_same_type(index: int) -> None:
    make = TYPES[index]
    assert described(make, ours()) == described(make, peers())


BAD: list[Callable[[Any], Any]] = [
    lambda t: t.Enum("abc", length=2),
    lambda t: t.Integer(5),
    lambda t: t.Date(5),
    lambda t: (
        t.String()
        .with_variant(t.Text(), "sqlite")
        .with_variant(t.Text(), "sqlite")
    ),
    lambda t: t.NullType().python_type,
]


@pytest.mark.parametrize("index", range(len(BAD)))
def test_same_class_of_error(index: int) -> None:
    errors = []
    for namespace in (peers(), ours()):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            BAD[index](namespace)
        errors.append(type(caught.value).__name__)
    assert errors[0] == errors[1]


def test_same_enum_values() -> None:
    for given in ({}, {"omit_aliases": False}):
        theirs, mine = (
            ns.Enum(Color, **given).enums for ns in (peers(), ours())
        )
        assert list(theirs) == list(mine)


def test_every_name_of_the_peer_that_we_have_is_a_type() -> None:
    from sqlalchemy import types as their_types

    from sqlactive_c import types as our_types

    extra = {"NULLTYPE", "TypeEngine", "to_instance"}
    assert set(our_types.__all__) - extra <= set(dir(their_types))
