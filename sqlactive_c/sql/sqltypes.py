"""Column types.

A type knows the name that it has in a table definition, the Python type of
its values and its own parameters. Names in mixed case are the types to
choose; names in upper case are SQL's own and are written as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .. import exc
from .dialect import dialect as sqlite_dialect
from .identifiers import quote_always

__all__ = [
    "BIGINT",
    "BINARY",
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "CLOB",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "DOUBLE",
    "DOUBLE_PRECISION",
    "FLOAT",
    "INT",
    "INTEGER",
    "JSON",
    "NCHAR",
    "NULLTYPE",
    "NUMERIC",
    "NVARCHAR",
    "REAL",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "UUID",
    "VARBINARY",
    "VARCHAR",
    "BigInteger",
    "Boolean",
    "Date",
    "DateTime",
    "Double",
    "Enum",
    "Float",
    "Integer",
    "Interval",
    "LargeBinary",
    "NullType",
    "Numeric",
    "PickleType",
    "SmallInteger",
    "String",
    "Text",
    "Time",
    "TypeDecorator",
    "TypeEngine",
    "Unicode",
    "UnicodeText",
    "Uuid",
    "to_instance",
]


class TypeEngine:
    """Base of the column types."""

    # Parameters that the repr shows when they differ from their default.
    _parameters: tuple[tuple[str, Any], ...] = ()
    _variants: Mapping[str, TypeEngine] = MappingProxyType({})

    def ddl_name(self) -> str:
        """Return the type as written in ``CREATE TABLE``.

        Raises:
            CompileError: The type has no name in SQL.
        """
        return self._ddl()

    def _ddl(self) -> str:
        raise NotImplementedError

    @property
    def python_type(self) -> type:
        """The Python type of the values.

        Raises:
            NotImplementedError: The type takes values of any type.
        """
        return self._value_type()

    def _value_type(self) -> type:
        raise NotImplementedError(
            f"{type(self).__name__} has no Python type of its own"
        )

    def sqlite_type(self) -> TypeEngine:
        """Return the type that is really used on SQLite."""
        return self._variants.get("sqlite", self)

    def with_variant(self, type_: Any, *dialect_names: str) -> TypeEngine:
        """Return a copy that is another type on the named databases.

        Args:
            type_: The other type, as a class or an instance.
            *dialect_names: Databases, as in ``"sqlite"``.

        Raises:
            ArgumentError: No name is given, or one has a variant already.
        """
        if not dialect_names:
            raise exc.ArgumentError("with_variant() needs a database name")
        new = self._copy()
        variants = dict(self._variants)
        for name in dialect_names:
            if name in variants:
                raise exc.ArgumentError(
                    f"database {name!r} already has a variant of {self!r}"
                )
            variants[name] = to_instance(type_)
        new._variants = variants
        return new

    def _copy(self) -> TypeEngine:
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new

    def copy(self, **kw: Any) -> TypeEngine:
        """Return a copy of the type."""
        return self._copy()

    def __str__(self) -> str:
        return self.ddl_name()

    def _repr_arguments(self) -> list[str]:
        shown = []
        for name, default in self._parameters:
            value = getattr(self, name)
            if value != default:
                shown.append(f"{name}={value!r}")
        return shown

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._repr_arguments())})"


def to_instance(type_: Any) -> TypeEngine:
    """Return a column type as an instance; None is the null type.

    Raises:
        ArgumentError: It is no column type.
    """
    if type_ is None:
        return NULLTYPE
    if isinstance(type_, type) and issubclass(type_, TypeEngine):
        return type_()
    if isinstance(type_, TypeEngine):
        return type_
    raise exc.ArgumentError(f"{type_!r} is not a column type")


def is_type(obj: Any) -> bool:
    """Say whether an object is a column type, as class or instance."""
    return isinstance(obj, TypeEngine) or (
        isinstance(obj, type) and issubclass(obj, TypeEngine)
    )


class NullType(TypeEngine):
    """The type of a column whose type is not known."""

    def _ddl(self) -> str:
        raise exc.CompileError(
            "the column has no type: give it one, or a foreign key to a"
            " column that has one"
        )

    def __str__(self) -> str:
        return "NULL"


NULLTYPE = NullType()


class _Named(TypeEngine):
    """A type whose name in SQL is fixed, as is its Python type."""

    _sql_name: str
    _python_type: type

    def _ddl(self) -> str:
        return self._sql_name

    def _value_type(self) -> type:
        return self._python_type


class Integer(_Named):
    """A whole number of up to 64 bits."""

    _sql_name = "INTEGER"
    _python_type = int


class BigInteger(Integer):
    """A whole number; the same as :class:`Integer` but for its name."""

    _sql_name = "BIGINT"


class SmallInteger(Integer):
    """A whole number; the same as :class:`Integer` but for its name."""

    _sql_name = "SMALLINT"


class INTEGER(Integer):
    """SQL's INTEGER."""


INT = INTEGER


class BIGINT(BigInteger):
    """SQL's BIGINT."""


class SMALLINT(SmallInteger):
    """SQL's SMALLINT."""


class String(TypeEngine):
    """Text.

    Args:
        length: Number of characters the definition names; SQLite does not
            enforce it.
        collation: Name of the collation that comparisons use.
    """

    _sql_name = "VARCHAR"
    _parameters = (("length", None), ("collation", None))

    def __init__(
        self, length: int | None = None, collation: str | None = None
    ) -> None:
        self.length = length
        self.collation = collation

    def _ddl(self) -> str:
        name = self._sql_name
        if self.length:
            name += f"({self.length})"
        if self.collation:
            name += f" COLLATE {quote_always(self.collation)}"
        return name

    def _value_type(self) -> type:
        return str


class Text(String):
    """Text without a length."""

    _sql_name = "TEXT"


class Unicode(String):
    """Text; the same as :class:`String`."""


class UnicodeText(Text):
    """Text without a length; the same as :class:`Text`."""


class VARCHAR(String):
    """SQL's VARCHAR."""


class CHAR(String):
    """SQL's CHAR."""

    _sql_name = "CHAR"


class NCHAR(Unicode):
    """SQL's NCHAR."""

    _sql_name = "NCHAR"


class NVARCHAR(Unicode):
    """SQL's NVARCHAR."""

    _sql_name = "NVARCHAR"


class TEXT(Text):
    """SQL's TEXT."""


class CLOB(Text):
    """SQL's CLOB."""

    _sql_name = "CLOB"


class Boolean(TypeEngine):
    """True or false, stored as 1 or 0.

    Args:
        create_constraint: Add a CHECK that allows only 0 and 1.
        name: Name of that CHECK.
    """

    _parameters = (("create_constraint", False), ("name", None))

    def __init__(
        self, create_constraint: bool = False, name: str | None = None
    ) -> None:
        self.create_constraint = create_constraint
        self.name = name

    def _ddl(self) -> str:
        return "BOOLEAN"

    def _value_type(self) -> type:
        return bool

    def check_values(self) -> list[Any] | None:
        """Return the values a CHECK shall allow, None for no CHECK."""
        return [0, 1] if self.create_constraint else None


class BOOLEAN(Boolean):
    """SQL's BOOLEAN."""


class Numeric(TypeEngine):
    """A decimal number; stored as a floating point number.

    Args:
        precision: Number of digits.
        scale: Number of digits behind the point.
        decimal_return_scale: Digits to read back, if not ``scale``.
        asdecimal: Values are ``Decimal``, else float.
    """

    _sql_name = "NUMERIC"
    _parameters: tuple[tuple[str, Any], ...] = (
        ("precision", None),
        ("scale", None),
        ("decimal_return_scale", None),
        ("asdecimal", True),
    )

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        decimal_return_scale: int | None = None,
        asdecimal: bool = True,
    ) -> None:
        self.precision = precision
        self.scale = scale
        self.decimal_return_scale = decimal_return_scale
        self.asdecimal = asdecimal

    def _ddl(self) -> str:
        if self.precision is None:
            return self._sql_name
        if self.scale is None:
            return f"{self._sql_name}({self.precision})"
        return f"{self._sql_name}({self.precision}, {self.scale})"

    def _value_type(self) -> type:
        if not self.asdecimal:
            return float
        from decimal import Decimal

        return Decimal


class NUMERIC(Numeric):
    """SQL's NUMERIC."""


class DECIMAL(Numeric):
    """SQL's DECIMAL."""

    _sql_name = "DECIMAL"


class Float(Numeric):
    """A floating point number.

    Args:
        precision: Number of digits; not written for SQLite.
        asdecimal: Values are ``Decimal``, else float.
        decimal_return_scale: Digits to read back as ``Decimal``.
    """

    _sql_name = "FLOAT"
    _parameters = (
        ("precision", None),
        ("asdecimal", False),
        ("decimal_return_scale", None),
    )

    def __init__(
        self,
        precision: int | None = None,
        asdecimal: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        super().__init__(precision, None, decimal_return_scale, asdecimal)

    def _ddl(self) -> str:
        return self._sql_name


class FLOAT(Float):
    """SQL's FLOAT."""


class REAL(Float):
    """SQL's REAL."""

    _sql_name = "REAL"


class Double(Float):
    """A floating point number of double precision."""

    _sql_name = "DOUBLE"


class DOUBLE(Double):
    """SQL's DOUBLE."""


class DOUBLE_PRECISION(Double):
    """SQL's DOUBLE PRECISION."""

    _sql_name = "DOUBLE PRECISION"


class Date(TypeEngine):
    """A calendar date, stored as ``YYYY-MM-DD``."""

    def _ddl(self) -> str:
        return "DATE"

    def _value_type(self) -> type:
        from datetime import date

        return date


class DATE(Date):
    """SQL's DATE."""


class DateTime(TypeEngine):
    """Date and time of day, stored as ``YYYY-MM-DD HH:MM:SS.ffffff``.

    Args:
        timezone: Kept for its meaning elsewhere; SQLite stores no zone.
    """

    _sql_name = "DATETIME"
    _parameters = (("timezone", False),)

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    def _ddl(self) -> str:
        return self._sql_name

    def _value_type(self) -> type:
        from datetime import datetime

        return datetime


class DATETIME(DateTime):
    """SQL's DATETIME."""


class TIMESTAMP(DateTime):
    """SQL's TIMESTAMP."""

    _sql_name = "TIMESTAMP"


class Time(TypeEngine):
    """A time of day, stored as ``HH:MM:SS.ffffff``.

    Args:
        timezone: Kept for its meaning elsewhere; SQLite stores no zone.
    """

    _parameters = (("timezone", False),)

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    def _ddl(self) -> str:
        return "TIME"

    def _value_type(self) -> type:
        from datetime import time

        return time


class TIME(Time):
    """SQL's TIME."""


class Interval(TypeEngine):
    """A length of time, stored as that long after the epoch.

    Args:
        native: Kept for its meaning elsewhere.
        second_precision: Kept for its meaning elsewhere.
        day_precision: Kept for its meaning elsewhere.
    """

    def __init__(
        self,
        native: bool = True,
        second_precision: int | None = None,
        day_precision: int | None = None,
    ) -> None:
        self.native = native
        self.second_precision = second_precision
        self.day_precision = day_precision

    def _ddl(self) -> str:
        return "DATETIME"

    def _value_type(self) -> type:
        from datetime import timedelta

        return timedelta


class LargeBinary(TypeEngine):
    """Bytes.

    Args:
        length: Kept for its meaning elsewhere; not written for SQLite.
    """

    _sql_name = "BLOB"
    _parameters = (("length", None),)

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    def _ddl(self) -> str:
        return self._sql_name

    def _value_type(self) -> type:
        return bytes


class BLOB(LargeBinary):
    """SQL's BLOB."""


class BINARY(LargeBinary):
    """SQL's BINARY."""

    _sql_name = "BINARY"

    def _ddl(self) -> str:
        return self._sql_name + (f"({self.length})" if self.length else "")


class VARBINARY(BINARY):
    """SQL's VARBINARY."""

    _sql_name = "VARBINARY"


class JSON(TypeEngine):
    """Anything that the ``json`` module can write, stored as its text.

    Args:
        none_as_null: Store None as SQL's NULL, not as the text ``null``.
    """

    _parameters = (("none_as_null", False),)

    def __init__(self, none_as_null: bool = False) -> None:
        self.none_as_null = none_as_null

    def _ddl(self) -> str:
        return "JSON"

    def _value_type(self) -> type:
        return dict


class Uuid(TypeEngine):
    """A UUID, stored as 32 hexadecimal digits.

    Args:
        as_uuid: Values are ``uuid.UUID``, else str.
        native_uuid: Kept for its meaning elsewhere.
    """

    _parameters: tuple[tuple[str, Any], ...] = (
        ("as_uuid", True),
        ("native_uuid", True),
    )

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    def _ddl(self) -> str:
        return "CHAR(32)"

    def _value_type(self) -> type:
        if not self.as_uuid:
            return str
        from uuid import UUID as PythonUUID

        return PythonUUID


class UUID(Uuid):
    """SQL's UUID.

    Args:
        as_uuid: Values are ``uuid.UUID``, else str.
    """

    _parameters = (("as_uuid", True),)

    def __init__(self, as_uuid: bool = True) -> None:
        super().__init__(as_uuid)

    def _ddl(self) -> str:
        return "UUID"


class Enum(String):
    """One of a fixed set of strings, or a member of a Python enum.

    A member of a Python enum is stored by its name.

    Args:
        *enums: The strings, or one class derived from ``enum.Enum``.
        name: Name of the type, which is the name of its CHECK as well; that
            of the class in lower case if it is not given.
        length: Number of characters the definition names; that of the
            longest string if it is not given.
        create_constraint: Add a CHECK that allows only these strings.
        native_enum: Kept for its meaning elsewhere.
        validate_strings: Refuse strings that are not among these.
        values_callable: Function from the class to the strings to store, in
            the order of its members.
        omit_aliases: Leave out second names of a member.
        sort_key_function: Function that gives a member's sort key.
        **idle: ``schema``, ``metadata``, ``inherit_schema`` and ``quote``
            have a meaning in other databases only.

    Raises:
        ValueError: ``length`` is too small for the longest string.
        ArgumentError: A value is no str.
        TypeError: An unknown keyword.
    """

    _IDLE = frozenset(("inherit_schema", "metadata", "quote", "schema"))

    def __init__(
        self,
        *enums: Any,
        name: str | None = None,
        length: int | None = None,
        create_constraint: bool = False,
        native_enum: bool = True,
        validate_strings: bool = False,
        values_callable: Callable[[Any], Sequence[str]] | None = None,
        omit_aliases: bool = True,
        sort_key_function: Callable[[Any], Any] | None = None,
        **idle: Any,
    ) -> None:
        for keyword in idle:
            if keyword not in self._IDLE:
                raise TypeError(
                    f"Enum() got an unexpected keyword argument {keyword!r}"
                )
        self.enum_class: Any = None
        self.omit_aliases = omit_aliases
        self.values_callable = values_callable
        self.sort_key_function = sort_key_function
        self.create_constraint = create_constraint
        self.native_enum = native_enum
        self.validate_strings = validate_strings
        self.enums = self._strings(enums)
        if name is None and self.enum_class is not None:
            name = self.enum_class.__name__.lower()
        self.name = name
        longest = max(map(len, self.enums), default=0)
        if length is not None and length < longest:
            raise ValueError(
                f"length {length} of an Enum is less than that of its longest"
                f" value, {longest}"
            )
        self._length_given = length is not None
        super().__init__(longest if length is None else length)

    def _strings(self, enums: tuple[Any, ...]) -> list[str]:
        members = getattr(enums[0], "__members__", None) if enums else None
        if len(enums) == 1 and members is not None:
            self.enum_class = enums[0]
            if self.omit_aliases:
                members = {
                    name: member
                    for name, member in members.items()
                    if member.name == name
                }
            if self.values_callable is not None:
                return list(self.values_callable(self.enum_class))
            return list(members)
        for each in enums:
            if not isinstance(each, str):
                raise exc.ArgumentError(
                    "Enum takes strings, or one class derived from"
                    f" enum.Enum, not {each!r}"
                )
        return list(enums)

    def _for_class(self, enum_class: Any) -> Enum:
        """Return the same type for another Python enum."""
        return type(self)(
            enum_class,
            length=self.length if self._length_given else None,
            create_constraint=self.create_constraint,
            native_enum=self.native_enum,
            validate_strings=self.validate_strings,
            values_callable=self.values_callable,
            omit_aliases=self.omit_aliases,
            sort_key_function=self.sort_key_function,
        )

    def _value_type(self) -> type:
        return self.enum_class or str

    def check_values(self) -> list[Any] | None:
        """Return the values a CHECK shall allow, None for no CHECK."""
        return list(self.enums) if self.create_constraint else None

    def _repr_arguments(self) -> list[str]:
        shown = [repr(each) for each in self.enums]
        if self.name is not None:
            shown.append(f"name={self.name!r}")
        if not self.native_enum:
            shown.append("native_enum=False")
        if self.create_constraint:
            shown.append("create_constraint=True")
        if self._length_given:
            shown.append(f"length={self.length}")
        return shown


class PickleType(TypeEngine):
    """Any Python object that the ``pickle`` module can write.

    Args:
        protocol: Version of the pickle format; None for the newest.
        pickler: Object with ``dumps`` and ``loads`` to use instead.
        comparator: Function of two values that says whether they are equal.
    """

    def __init__(
        self,
        protocol: int | None = None,
        pickler: Any = None,
        comparator: Callable[[Any, Any], bool] | None = None,
    ) -> None:
        self.protocol = protocol
        self.pickler = pickler
        self.comparator = comparator

    def _ddl(self) -> str:
        return "BLOB"


class TypeDecorator(TypeEngine):
    """A type of the user's own, built on another one.

    A subclass sets ``impl`` to the type it is built on; arguments of its
    constructor go to that type.

    Attributes:
        impl: The type it is built on; a class or instance on the subclass,
            an instance on its instances.
        cache_ok: Whether statements with this type may be cached.
    """

    impl: Any = None
    cache_ok: bool | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        impl = type(self).impl
        if impl is None:
            raise exc.ArgumentError(
                f"{type(self).__name__} derives from TypeDecorator and needs"
                " a class attribute 'impl', the type it is built on"
            )
        self.impl = to_instance(
            impl(*args, **kwargs) if isinstance(impl, type) else impl
        )

    def load_dialect_impl(self, dialect: Any) -> Any:
        """Return the type to build on for a database.

        Args:
            dialect: Has ``name``, ``"sqlite"``, and ``type_descriptor()``.
        """
        return self.impl

    def sqlite_type(self) -> TypeEngine:
        """Return the type that is really used on SQLite."""
        variant = self._variants.get("sqlite")
        if variant is not None:
            return variant
        loaded = to_instance(self.load_dialect_impl(sqlite_dialect))
        return loaded.sqlite_type()

    def _ddl(self) -> str:
        return self.sqlite_type().ddl_name()

    def _value_type(self) -> type:
        impl: TypeEngine = self.impl
        return impl.python_type

    def _repr_arguments(self) -> list[str]:
        impl: TypeEngine = self.impl
        return impl._repr_arguments()
