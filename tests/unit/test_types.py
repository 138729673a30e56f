"""Column types as objects: their codecs, keys, copies, and those of users."""

from __future__ import annotations

import datetime as dt
import enum
import json
import pickle
from typing import Any

import pytest

from sqlactive_c import exc, types
from sqlactive_c.dialects import sqlite
from sqlactive_c.sql import sqltypes
from sqlactive_c.sql.dialect import dialect
from sqlactive_c.sql.sqltypes import (
    JSON,
    NULLTYPE,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    PickleType,
    String,
    Time,
    TypeDecorator,
    TypeEngine,
    UserDefinedType,
    Uuid,
)


class Color(enum.Enum):
    red = 1
    green = 2


class Tagged(TypeDecorator[str]):
    """Puts a tag before its texts."""

    impl = String
    cache_ok = True

    def __init__(self, tag: str, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.tag = tag

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        assert dialect.name == "sqlite"
        return None if value is None else f"{self.tag}{value}"

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return "nothing" if value is None else value.removeprefix(self.tag)


class Money(UserDefinedType[int]):
    cache_ok = True

    def __init__(self, currency: str = "EUR") -> None:
        self.currency = currency

    def get_col_spec(self, **kw: Any) -> str:
        return f"MONEY_{self.currency}"

    def bind_processor(self, dialect: Any) -> Any:
        return lambda value: None if value is None else value * 100

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return lambda value: None if value is None else value // 100


def test_what_is_stored_as_it_is_has_no_codec() -> None:
    for type_ in (Integer(), String(), sqltypes.Text(), NULLTYPE):
        assert type_.codec() is None
        assert type_.bind_processor(dialect) is None
        assert type_.result_processor(dialect, None) is None


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (Boolean(), "boolean"),
        (Float(), "float"),
        (Float(asdecimal=True), "decimal"),
        (Numeric(), "decimal"),
        (Numeric(asdecimal=False), "float"),
        (Date(), "date"),
        (DateTime(), "datetime"),
        (DateTime(timezone=True), "instant"),
        (types.TIMESTAMP(timezone=True), "instant"),
        (Time(), "time"),
        (Interval(), "interval"),
        (LargeBinary(), "bytes"),
        (JSON(), "json"),
        (Uuid(), "uuid"),
        (Uuid(as_uuid=False), "uuid_text"),
        (Enum("a"), "enum"),
        (PickleType(), "adapter"),
        (sqlite.DATETIME(), "datetime"),
        (sqlite.DATETIME(truncate_microseconds=True), "adapter"),
    ],
)
def test_kind_of_codec(type_: TypeEngine, kind: str) -> None:
    codec = type_.codec()
    assert codec is not None
    assert codec.kind == kind
    assert type_.codec() is codec
    assert type_.copy().codec() is not codec


def test_a_variant_has_the_codec() -> None:
    type_ = Integer().with_variant(Date(), "sqlite")
    codec = type_.codec()
    assert codec is not None
    assert codec.kind == "date"
    assert Date().with_variant(String(), "sqlite").codec() is None
    other = Date().with_variant(String(), "postgresql")
    assert other.dialect_impl(dialect) is other
    with pytest.raises(exc.ArgumentError, match="variants"):
        String().with_variant(type_, "mysql")


def test_processors_are_those_of_the_codec() -> None:
    bind = Date().bind_processor(dialect)
    result = Date().result_processor(dialect, None)
    assert bind is not None
    assert result is not None
    assert bind(dt.date(2020, 1, 2)) == "2020-01-02"
    assert result("2020-01-02") == dt.date(2020, 1, 2)


# ---- keys ----


def test_types_that_work_alike_have_one_key() -> None:
    for make in (
        Integer,
        lambda: String(5),
        lambda: Numeric(5, 2),
        lambda: Enum(Color),
        lambda: Enum("a", "b"),
        lambda: Tagged("x"),
        lambda: Money("USD"),
        lambda: Date().with_variant(String(3), "sqlite"),
        lambda: sqlite.DATE(storage_format="%(year)d", regexp="x"),
    ):
        one, two = make(), make()
        assert one is not two
        assert one.static_key is not None
        assert one.static_key == two.static_key
        assert hash(one.static_key) == hash(two.static_key)


def test_types_that_differ_have_other_keys() -> None:
    all_types = [
        Integer(),
        types.BigInteger(),
        String(),
        String(5),
        String(5, "NOCASE"),
        Numeric(),
        Numeric(5),
        Numeric(asdecimal=False),
        Float(),
        DateTime(),
        DateTime(timezone=True),
        JSON(),
        JSON(none_as_null=True),
        Enum("a", "b"),
        Enum("b", "a"),
        Enum(Color),
        Enum(Color, validate_strings=True),
        Enum(Color, values_callable=lambda e: ["1", "2"]),
        Tagged("x"),
        Tagged("y"),
        Tagged("x", length=5),
        Money("USD"),
        Money("EUR"),
        Date().with_variant(String(), "sqlite"),
        sqlite.DATE(),
        sqlite.DATE(storage_format="%(year)d"),
        sqlite.DATE(regexp="x"),
        sqlite.TIME(truncate_microseconds=True),
        PickleType(protocol=2),
        PickleType(protocol=3),
        types.TupleType(Integer, String),
        types.TupleType(String, Integer),
    ]
    keys = {type_.static_key for type_ in all_types}
    assert None not in keys
    assert len(keys) == len(all_types)


def test_no_key_without_cache_ok() -> None:
    class Unsaid(TypeDecorator[str]):
        impl = String

    class Inherited(Tagged):
        pass

    class Refused(UserDefinedType[str]):
        cache_ok = False

    assert Unsaid().static_key is None
    assert Inherited("x").static_key is None
    assert Refused().static_key is None


def test_no_key_with_a_parameter_that_has_none() -> None:
    class Weird:
        __hash__ = None  # type: ignore[assignment]

    class Choosy(String):
        def __init__(self, choice: Any) -> None:
            super().__init__()
            self.choice = choice

    assert Choosy(Weird()).static_key is None
    assert Choosy([Weird()]).static_key is None
    one, two = Choosy([1, {"a": 2}]), Choosy([1, {"a": 2}])
    assert one.static_key == two.static_key is not None


# ---- types of users ----


def test_a_decorator() -> None:
    type_ = Tagged("x:", length=7)
    codec = type_.codec()
    assert codec is not None
    assert codec.encode("a") == "x:a"
    assert codec.decode("x:a") == "a"
    assert codec.decode(None) == "nothing"
    assert type_.ddl_name() == "VARCHAR(7)"
    assert type_.length == 7
    assert type_.python_type is str
    assert type_.literal_sql("it's") == "'x:it''s'"
    assert type_._type_affinity is String
    assert type_.coerce_compared_value(None, 5) is type_
    assert type_.coerce_to_is_types == (type(None),)
    with pytest.raises(AttributeError):
        _ = type_.nonsense


def test_a_decorator_without_functions_is_its_impl() -> None:
    class Plain(TypeDecorator[dt.date]):
        impl = Date

    codec = Plain().codec()
    assert codec is not None
    assert codec.kind == "date"
    assert Plain().literal_sql(dt.date(2020, 1, 2)) == "'2020-01-02'"


def test_a_decorator_of_a_decorator() -> None:
    class Twice(TypeDecorator[str]):
        impl = Tagged("a")

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value.upper()

    codec = Twice().codec()
    assert codec is not None
    assert codec.encode("x") == "aX"
    assert codec.decode("aX") == "X"


def test_a_decorator_chooses_by_dialect() -> None:
    class Guid(TypeDecorator[str]):
        impl = types.CHAR
        cache_ok = True

        def load_dialect_impl(self, dialect: Any) -> Any:
            if dialect.name == "sqlite":
                return dialect.type_descriptor(LargeBinary())
            return dialect.type_descriptor(types.CHAR(36))

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value.encode()

    codec = Guid().codec()
    assert codec is not None
    assert codec.encode("x") == b"x"
    assert Guid().compile() == "BLOB"


def test_a_decorator_of_json() -> None:
    class Point(TypeDecorator[tuple[int, int]]):
        impl = JSON
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return list(value)

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return tuple(value)

    codec = Point().codec()
    assert codec is not None
    assert codec.decode(codec.encode((1, 2))) == (1, 2)
    assert not Point().hashable


def test_literal_param_of_a_decorator() -> None:
    class Loud(TypeDecorator[str]):
        impl = String

        def process_literal_param(self, value: Any, dialect: Any) -> str:
            return str(value).upper()

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            raise AssertionError

    assert Loud().literal_sql("a") == "'A'"


def test_a_decorator_needs_an_impl() -> None:
    class Bare(TypeDecorator[Any]):
        pass

    with pytest.raises(exc.ArgumentError, match="impl"):
        Bare()


def test_a_type_of_the_users_own() -> None:
    type_ = Money("USD")
    codec = type_.codec()
    assert codec is not None
    assert codec.encode(5) == 500
    assert codec.decode(500) == 5
    assert codec.decode(None) is None
    assert type_.ddl_name() == "MONEY_USD"
    assert type_._type_affinity is Money
    assert type_.coerce_compared_value(None, "x") is type_
    with pytest.raises(exc.CompileError, match="get_col_spec"):
        UserDefinedType().ddl_name()


def test_a_subclass_with_a_processor() -> None:
    class Lower(String):
        def bind_processor(self, dialect: Any) -> Any:
            assert super().bind_processor(dialect) is None
            return str.lower

    class Midnight(DateTime):
        def result_processor(self, dialect: Any, coltype: Any) -> Any:
            read = super().result_processor(dialect, coltype)
            assert read is not None
            return lambda value: read(value).date()

    codec = Lower().codec()
    assert codec is not None
    assert codec.encode("ABC") == "abc"
    assert codec.decode("ABC") == "ABC"
    codec = Midnight().codec()
    assert codec is not None
    assert codec.encode(dt.date(2020, 1, 2)) == "2020-01-02 00:00:00.000000"
    assert codec.decode("2020-01-02 00:00:00") == dt.date(2020, 1, 2)


def test_subclasses_belong_to_their_family() -> None:
    class Age(Integer):
        pass

    assert Age()._type_affinity is Integer
    assert Age().result_type_of("add", Integer()).python_type is int
    assert isinstance(Age().as_generic(), Integer)


def test_subscripts() -> None:
    assert isinstance(Numeric[Any](5, 2), Numeric)
    assert TypeEngine[int] is not None
    assert TypeDecorator[str] is not None


def test_hooks_for_sql() -> None:
    class Upper(String):
        def bind_expression(self, bindvalue: Any) -> Any:
            return ("upper", bindvalue)

        def column_expression(self, colexpr: Any) -> Any:
            return ("lower", colexpr)

    class Wrapped(TypeDecorator[str]):
        impl = Upper

    for type_ in (Upper(), Wrapped()):
        assert type_._has_bind_expression
        assert type_._has_column_expression
        assert type_.bind_expression(1) == ("upper", 1)
        assert type_.column_expression(1) == ("lower", 1)
    assert not String()._has_bind_expression
    assert String().column_expression(1) is None


def test_comparator_factory() -> None:
    class Comparator(TypeEngine.Comparator):
        pass

    class Own(Integer):
        comparator_factory = Comparator

    class Wrapped(TypeDecorator[int]):
        impl = Own

    assert Own().comparator_factory is Comparator
    assert Wrapped().comparator_factory is Comparator
    assert issubclass(JSON.Comparator, TypeEngine.Comparator)


# ---- JSON ----


def test_json_null() -> None:
    for type_ in (JSON(), JSON(none_as_null=True)):
        codec = type_.codec()
        assert codec is not None
        assert codec.encode(JSON.NULL) == "null"
    assert JSON().should_evaluate_none
    assert not JSON(none_as_null=True).should_evaluate_none
    changed = JSON(none_as_null=True).evaluates_none()
    assert not changed.none_as_null
    assert repr(JSON.NULL) == "JSON.NULL"
    assert pickle.loads(pickle.dumps(JSON.NULL)) is JSON.NULL


def test_json_paths() -> None:
    assert sqltypes.json_path(("a", 1, "b c")) == '$."a"[1]."b c"'
    assert sqltypes.json_index("a") == '$."a"'
    assert sqltypes.json_index(0) == "$[0]"
    for type_, value, stored in (
        (JSON.JSONIntIndexType(), 3, "$[3]"),
        (JSON.JSONStrIndexType(), "k", '$."k"'),
        (JSON.JSONPathType(), ["k", 0], '$."k"[0]'),
    ):
        codec = type_.codec()
        assert codec is not None
        assert codec.encode(value) == stored
        assert type_.literal_sql(value) == f"'{stored}'"


def test_json_in_a_statement() -> None:
    value = {"a": "it's"}
    written = JSON().literal_sql(value)
    assert json.loads(written[1:-1].replace("''", "'")) == value
    assert JSON().literal_sql(None) == "'null'"
    assert JSON(none_as_null=True).literal_sql(None) == "NULL"


# ---- the rest ----


def test_literals_that_cannot_be_written() -> None:
    for type_, value in (
        (NULLTYPE, 5),
        (PickleType(), 5),
        (LargeBinary(), b"\xff"),
        (Date(), "2020"),
        (Integer(), "x"),
        (Boolean(), 5),
        (String(), 5),
    ):
        with pytest.raises(exc.CompileError, match="cannot be written"):
            type_.literal_sql(value)
    assert NULLTYPE.literal_sql(None) == "NULL"
    assert Interval().literal_sql(dt.timedelta(1)) == (
        "'1970-01-02 00:00:00.000000'"
    )


def test_an_array_is_nothing_for_sqlite() -> None:
    type_ = types.ARRAY(Integer)
    assert type_.python_type is list
    assert repr(type_) == "ARRAY(Integer())"
    with pytest.raises(exc.CompileError, match="ARRAY"):
        type_.ddl_name()
    with pytest.raises(exc.CompileError):
        TypeEngine().ddl_name()
    other = type_.with_variant(JSON(), "sqlite")
    assert other.compile() == "JSON"
    with pytest.raises(ValueError, match="dimensions"):
        types.ARRAY(type_)


def test_adapt() -> None:
    assert repr(String(5).adapt(types.Text)) == "Text(length=5)"
    assert repr(Enum(Color).adapt(Enum)) == repr(Enum(Color))
    assert isinstance(types.VARCHAR(5).as_generic(), String)
    assert repr(types.VARCHAR(5).as_generic()) == "String(length=5)"
    with pytest.raises(NotImplementedError):
        NULLTYPE.as_generic()
    assert isinstance(NULLTYPE.as_generic(allow_nulltype=True), type(NULLTYPE))


def test_enum_keys_for_sorting() -> None:
    sort_key = Enum("b", "a").sort_key_function
    assert sort_key is not None
    assert sort_key("a") == "a"
    own = Enum(Color, sort_key_function=lambda member: member.value)
    assert own.sort_key_function is not None
    assert own.sort_key_function(Color.green) == 2
    assert String().sort_key_function is None


def test_values_of_an_enum_have_its_type() -> None:
    found = sqltypes.type_of_value(Color.red)
    assert isinstance(found, Enum)
    assert found.enum_class is Color


def test_compare_values() -> None:
    assert PickleType(comparator=lambda x, y: True).compare_values(1, 2)
    assert not PickleType().compare_values(1, 2)
    assert String().compare_values("a", "a")


def test_forms_of_storage() -> None:
    with pytest.raises(exc.ArgumentError, match="truncate_microseconds"):
        sqlite.DATETIME(truncate_microseconds=True, storage_format="x")
    with pytest.raises(exc.ArgumentError, match="truncate_microseconds"):
        sqlite.TIME(truncate_microseconds=True, regexp="x")
    type_ = sqlite.DATE(storage_format="%(year)04d%(month)02d%(day)02d")
    assert type_.compile() == "DATE_CHAR"
    codec = sqlite.DATE(storage_format="%(year)d", regexp=r"(\d+)").codec()
    assert codec is not None
    with pytest.raises(TypeError):
        codec.encode("x")
    for stored in ("x", 5):
        with pytest.raises(ValueError, match="cannot read"):
            codec.decode(stored)


def test_all_names_are_there() -> None:
    for name in types.__all__:
        assert getattr(types, name) is getattr(sqltypes, name)
    for name in sqlite.__all__:
        assert getattr(sqlite, name).__doc__
    with pytest.raises(AttributeError):
        _ = sqlite.nonsense
    with pytest.raises(NotImplementedError, match="with_variant"):
        types.Variant()
