"""Exceptions of the Active Record layer.

Every class takes a trailing ``note``; a note that is not blank is attached
with ``add_note`` and shows up below the message in a traceback.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "CompositePrimaryKeyError",
    "EagerLoadPathTupleError",
    "FilterTypeError",
    "InvalidJoinMethodError",
    "ModelAttributeError",
    "NegativeIntegerError",
    "NoColumnOrHybridPropertyError",
    "NoFilterableError",
    "NoSearchableColumnsError",
    "NoSearchableError",
    "NoSessionError",
    "NoSettableError",
    "NoSortableError",
    "OperatorError",
    "RelationError",
    "RootClassNotFoundError",
    "SQLActiveError",
]


class SQLActiveError(Exception):
    """Root of the exceptions of the Active Record layer.

    Args:
        message: The sentence for the user.
        note: Attached with ``add_note`` when it is not blank.
    """

    def __init__(self, message: str, note: str = "") -> None:
        super().__init__(message)
        note = note.strip()
        if note:
            self.add_note(note)

    def __reduce__(self) -> Any:
        # The constructors of the subclasses take parts, not the message.
        return _restore, (type(self), self.args, dict(self.__dict__))


def _restore(cls: type, args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class CompositePrimaryKeyError(SQLActiveError, ValueError):
    """The model's primary key has more than one column."""

    def __init__(self, class_name: str, note: str = "") -> None:
        super().__init__(
            f"model {class_name} has a composite primary key", note
        )
        self.class_name = class_name


class EagerLoadPathTupleError(SQLActiveError, ValueError):
    """The second element of a ``(path, innerjoin)`` tuple is no bool."""

    def __init__(self, path: Any, note: str = "") -> None:
        super().__init__(
            f"expected boolean for second element of tuple in {path!r}", note
        )
        self.path = path


class FilterTypeError(SQLActiveError, TypeError):
    """Filters are neither a dict nor a list."""

    def __init__(self, filters: Any, note: str = "") -> None:
        super().__init__(
            "expected dict or list in filters, got"
            f" {type(filters).__name__}: {filters!r}",
            note,
        )
        self.filters = filters


class InvalidJoinMethodError(SQLActiveError, ValueError):
    """An eager loading schema names an unknown way to load."""

    def __init__(
        self, attr_name: str, join_method: Any, note: str = ""
    ) -> None:
        super().__init__(
            f"invalid join method {join_method!r} for {attr_name!r}", note
        )
        self.attr_name = attr_name
        self.join_method = join_method


class _AttributeOfModelError(SQLActiveError, AttributeError):
    """What the errors about one attribute of one model share."""

    _what = ""

    def __init__(
        self, attr_name: str, class_name: str, note: str = ""
    ) -> None:
        super().__init__(
            f"{self._what}: {attr_name!r} in model {class_name}", note
        )
        self.attr_name = attr_name
        self.class_name = class_name


class ModelAttributeError(_AttributeOfModelError):
    """The model has no attribute of that name."""

    _what = "no such attribute"


class NegativeIntegerError(SQLActiveError, ValueError):
    """A number that counts something is negative."""

    def __init__(self, name: str, value: int, note: str = "") -> None:
        super().__init__(f"{name} must be >= 0, got {value}", note)
        self.name = name
        self.value = value


class NoColumnOrHybridPropertyError(_AttributeOfModelError):
    """The attribute is neither a column nor a hybrid property."""

    _what = "no such column or hybrid property"


class NoFilterableError(_AttributeOfModelError):
    """The attribute cannot be used in a filter."""

    _what = "attribute not filterable"


class NoSessionError(SQLActiveError, RuntimeError):
    """The model has no session yet."""

    def __init__(self, note: str = "") -> None:
        super().__init__(
            "cannot get session; set_session() must be called first", note
        )


class NoSearchableColumnsError(SQLActiveError, RuntimeError):
    """The model has no column of text to search in."""

    def __init__(self, class_name: str, note: str = "") -> None:
        super().__init__(f"model {class_name} has no searchable columns", note)
        self.class_name = class_name


class NoSearchableError(_AttributeOfModelError):
    """The attribute cannot be searched in."""

    _what = "attribute not searchable"


class NoSettableError(_AttributeOfModelError):
    """The attribute cannot be assigned to."""

    _what = "attribute not settable"


class NoSortableError(_AttributeOfModelError):
    """The attribute cannot be sorted by."""

    _what = "attribute not sortable"


class OperatorError(SQLActiveError, ValueError):
    """A filter names an unknown operator."""

    def __init__(self, op_name: str, note: str = "") -> None:
        super().__init__(f"no such operator: {op_name!r}", note)
        self.op_name = op_name


class RelationError(SQLActiveError, AttributeError):
    """The model has no relationship of that name."""

    def __init__(
        self, relation_name: str, class_name: str, note: str = ""
    ) -> None:
        super().__init__(
            f"no such relation: {relation_name!r} in model {class_name}", note
        )
        self.relation_name = relation_name
        self.class_name = class_name


class RootClassNotFoundError(SQLActiveError, ValueError):
    """A query selects from no mapped class."""

    def __init__(self, query: str, note: str = "") -> None:
        super().__init__(f"could not find root class of query: {query}", note)
        self.query = query
