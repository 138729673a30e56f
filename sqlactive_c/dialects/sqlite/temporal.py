"""Dates and times in a form of storage that the user chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import _core, exc
from ...sql import sqltypes

if TYPE_CHECKING:
    import re

__all__ = ["DATE", "DATETIME", "TIME"]

_DATE_FORM = "%(year)04d-%(month)02d-%(day)02d"
_CLOCK_FORM = "%(hour)02d:%(minute)02d:%(second)02d"
_DATE_PARTS = ("year", "month", "day")
_CLOCK_PARTS = ("hour", "minute", "second", "microsecond")


class _Stored(sqltypes.TypeEngine[Any]):
    """Base of the types below.

    Attributes:
        storage_format: Format of ``%`` with named parts; None for the one
            that the type has anyway.
        regexp: Pattern that reads what is stored; None for the ISO form.
    """

    _abstract = True
    _parts: tuple[str, ...]
    _normal_form: str
    storage_format: str | None = None
    regexp: re.Pattern[str] | None = None

    def _choose(
        self,
        storage_format: str | None,
        regexp: str | re.Pattern[str] | None,
        truncate: bool = False,
    ) -> None:
        if truncate:
            if storage_format is not None or regexp is not None:
                raise exc.ArgumentError(
                    "truncate_microseconds is a form of storage itself: give"
                    " it, or storage_format and regexp"
                )
            storage_format = self._normal_form
        self.storage_format = storage_format
        if regexp is not None:
            import re

            self.regexp = re.compile(regexp)

    @property
    def format_is_text_affinity(self) -> bool:
        """Whether what is stored is text, not digits alone."""
        if self.storage_format is None:
            return True
        written = self.storage_format % dict.fromkeys(self._all_parts(), 0)
        return not (written.isascii() and written.isdigit())

    def _all_parts(self) -> tuple[str, ...]:
        return _DATE_PARTS + _CLOCK_PARTS

    def ddl_name(self) -> str:
        """Return the type as written in ``CREATE TABLE``."""
        name = super().ddl_name()
        return name if self.format_is_text_affinity else f"{name}_CHAR"

    def _own_codec(self) -> _core.Codec:
        own = super()._make_codec()
        assert own is not None
        return own

    def _make_codec(self) -> _core.Codec:
        own = self._own_codec()
        if self.storage_format is None and self.regexp is None:
            return own
        return _core.Codec(
            "adapter",
            to_db=own.encode if self.storage_format is None else self._write,
            from_db=own.decode if self.regexp is None else self._read,
        )

    def _write(self, value: Any) -> str:
        self._own_codec().encode(value)  # refuses what is of another type
        parts = {
            part: getattr(value, part, 0)  # a date has no hours
            for part in self._parts
        }
        form = self.storage_format or ""
        return form % parts

    def _read(self, stored: Any) -> Any:
        pattern = self.regexp
        found = (
            pattern.match(stored)
            if pattern is not None and isinstance(stored, str)
            else None
        )
        if found is None:
            raise ValueError(
                f"cannot read {stored!r} as a {self.python_type.__name__}:"
                f" it is not of the form {pattern and pattern.pattern!r}"
            )
        named = found.groupdict(0)
        if named:
            return self.python_type(
                **{part: int(text) for part, text in named.items()}
            )
        return self.python_type(*map(int, found.groups(0)))


class DATETIME(_Stored, sqltypes.DateTime):
    """Date and time of day, in a form of one's own.

    Args:
        timezone: See :class:`sqlactive_c.types.DateTime`; only in the form
            that it has anyway.
        storage_format: Format of ``%`` with year, month, day, hour, minute,
            second and microsecond.
        regexp: Pattern that reads what is stored; its groups are arguments
            of ``datetime``, by name if they have one.
        truncate_microseconds: Store whole seconds.

    Raises:
        ArgumentError: ``truncate_microseconds`` with another form.
    """

    _parts = _DATE_PARTS + _CLOCK_PARTS
    _normal_form = f"{_DATE_FORM} {_CLOCK_FORM}"

    def __init__(
        self,
        timezone: bool = False,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
        truncate_microseconds: bool = False,
    ) -> None:
        super().__init__(timezone=timezone)
        self._choose(storage_format, regexp, truncate_microseconds)


class DATE(_Stored, sqltypes.Date):
    """A calendar date, in a form of one's own.

    Args:
        storage_format: Format of ``%`` with year, month and day.
        regexp: Pattern that reads what is stored; its groups are arguments
            of ``date``, by name if they have one.
    """

    _parts = _DATE_PARTS
    _normal_form = _DATE_FORM

    def __init__(
        self,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
    ) -> None:
        self._choose(storage_format, regexp)


class TIME(_Stored, sqltypes.Time):
    """A time of day, in a form of one's own.

    Args:
        timezone: Kept for its meaning elsewhere.
        storage_format: Format of ``%`` with hour, minute, second and
            microsecond.
        regexp: Pattern that reads what is stored; its groups are arguments
            of ``time``, by name if they have one.
        truncate_microseconds: Store whole seconds.

    Raises:
        ArgumentError: ``truncate_microseconds`` with another form.
    """

    _parts = _CLOCK_PARTS
    _normal_form = _CLOCK_FORM

    def __init__(
        self,
        timezone: bool = False,
        storage_format: str | None = None,
        regexp: str | re.Pattern[str] | None = None,
        truncate_microseconds: bool = False,
    ) -> None:
        super().__init__(timezone=timezone)
        self._choose(storage_format, regexp, truncate_microseconds)
