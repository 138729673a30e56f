"""Dates, times and lengths of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import _core
from .base import TypeEngine

if TYPE_CHECKING:
    import datetime  # noqa: F401 (in the bases below)

__all__ = [
    "DATE",
    "DATETIME",
    "TIME",
    "TIMESTAMP",
    "Date",
    "DateTime",
    "Interval",
    "Time",
]


class Date(TypeEngine["datetime.date"]):
    """A calendar date, stored as ``YYYY-MM-DD``."""

    def _ddl(self) -> str:
        return "DATE"

    def _value_type(self) -> type:
        from datetime import date

        return date

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("date")


class DATE(Date):
    """SQL's DATE."""


class DateTime(TypeEngine["datetime.datetime"]):
    """Date and time of day, stored as ``YYYY-MM-DD HH:MM:SS.ffffff``.

    Args:
        timezone: Keep what instant a value with a time zone means: it is
            stored in UTC with ``+00:00`` behind it and comes back in UTC.
            Otherwise the zone is dropped. Values without a zone are the same
            in both.
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

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("instant" if self.timezone else "datetime")


class DATETIME(DateTime):
    """SQL's DATETIME."""


class TIMESTAMP(DateTime):
    """SQL's TIMESTAMP."""

    _sql_name = "TIMESTAMP"


class Time(TypeEngine["datetime.time"]):
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

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("time")


class TIME(Time):
    """SQL's TIME."""


class Interval(TypeEngine["datetime.timedelta"]):
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

    def _make_codec(self) -> _core.Codec:
        return _core.Codec("interval")

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type that a value has as the other operand."""
        found = super().coerce_compared_value(op, value)
        return DateTime() if isinstance(found, DateTime) else found
