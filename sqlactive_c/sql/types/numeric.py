"""Numbers."""

from __future__ import annotations

from typing import Any

from ... import _core
from .base import TypeEngine, ValueT

__all__ = [
    "BIGINT",
    "DECIMAL",
    "DOUBLE",
    "DOUBLE_PRECISION",
    "FLOAT",
    "INT",
    "INTEGER",
    "NUMERIC",
    "REAL",
    "SMALLINT",
    "BigInteger",
    "Double",
    "Float",
    "Integer",
    "Numeric",
    "SmallInteger",
]


class Integer(TypeEngine[int]):
    """A whole number of up to 64 bits."""

    _sql_name = "INTEGER"

    def _ddl(self) -> str:
        return self._sql_name

    def _value_type(self) -> type:
        return int

    def _literal(self, value: Any) -> str:
        return str(int(value))


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


class Numeric(TypeEngine[ValueT]):
    """A decimal number; stored as a floating point number.

    Args:
        precision: Number of digits.
        scale: Number of digits behind the point.
        decimal_return_scale: Digits to read back, if not ``scale``; 10 if
            that is not given either.
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

    @property
    def _effective_decimal_return_scale(self) -> int:
        for digits in (self.decimal_return_scale, self.scale):
            if digits is not None:
                return digits
        return 10

    def _make_codec(self) -> _core.Codec:
        if not self.asdecimal:
            return _core.Codec("float")
        digits = self._effective_decimal_return_scale
        return _core.Codec("decimal", digits=digits)

    def _literal(self, value: Any) -> str:
        from decimal import Decimal

        Decimal(value)  # refuses what is no number
        return str(value)


class NUMERIC(Numeric[ValueT]):
    """SQL's NUMERIC."""


class DECIMAL(Numeric[ValueT]):
    """SQL's DECIMAL."""

    _sql_name = "DECIMAL"


class Float(Numeric[ValueT]):
    """A floating point number.

    Args:
        precision: Number of digits; not written for SQLite.
        asdecimal: Values are ``Decimal``, else float.
        decimal_return_scale: Digits to read back as ``Decimal``; 10 if it is
            not given.
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


class FLOAT(Float[ValueT]):
    """SQL's FLOAT."""


class REAL(Float[ValueT]):
    """SQL's REAL."""

    _sql_name = "REAL"


class Double(Float[ValueT]):
    """A floating point number of double precision."""

    _sql_name = "DOUBLE"


class DOUBLE(Double[ValueT]):
    """SQL's DOUBLE."""


class DOUBLE_PRECISION(Double[ValueT]):
    """SQL's DOUBLE PRECISION."""

    _sql_name = "DOUBLE PRECISION"
