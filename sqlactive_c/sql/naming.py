"""Names of constraints and indexes that follow a convention.

A convention is the ``naming_convention`` of a ``MetaData``: templates by kind
(``ix``, ``uq``, ``ck``, ``fk``, ``pk``, or the class) with tokens such as
``%(table_name)s`` and ``%(column_0_name)s``.
"""

from __future__ import annotations

import re
from typing import Any

from .. import exc
from .identifiers import conv

__all__ = ["DEFAULT_NAMING_CONVENTION", "apply_convention"]

DEFAULT_NAMING_CONVENTION = {"ix": "ix_%(column_0_label)s"}

# Groups: how far to go (N for all), with or without separator; what of it.
_COLUMN_TOKEN = re.compile(
    r"(referred_)?column_(\d+)(_?N)?_(name|key|label)", re.ASCII
)


class _Tokens:
    """The values of a template's tokens, looked up as it is filled in."""

    def __init__(self, item: Any, table: Any, convention: Any) -> None:
        self._item = item
        self._table = table
        self._convention = convention

    def __getitem__(self, token: str) -> Any:
        if token in self._convention:
            return self._convention[token](self._item, self._table)
        if token == "table_name":
            return self._table.name
        if token == "constraint_name":
            return self._given_name()
        if token == "referred_table_name":
            return self._item.elements[0]._target_table_name()
        match = _COLUMN_TOKEN.fullmatch(token)
        if match is None:
            raise exc.InvalidRequestError(
                f"unknown token {token!r} in a naming convention"
            )
        referred, index, many, attribute = match.groups()
        columns = self._referred() if referred else self._columns()
        if many is None:
            chosen = columns[int(index) : int(index) + 1]
        else:
            chosen = columns[int(index) :]
        separator = "_" if many == "_N" else ""
        return separator.join(_part(each, attribute) for each in chosen)

    def _given_name(self) -> Any:
        name = self._item.name
        if name is None:
            raise exc.InvalidRequestError(
                "the naming convention uses %(constraint_name)s and a"
                f" constraint of table {self._table.fullname} has no name"
            )
        return name

    def _columns(self) -> list[Any]:
        return list(self._item.columns)

    def _referred(self) -> list[Any]:
        return [key.column for key in self._item.elements]


def _part(column: Any, attribute: str) -> Any:
    return (
        column.ddl_label
        if attribute == "label"
        else getattr(column, attribute)
    )


def _template(item: Any, convention: Any) -> Any:
    for cls in type(item).__mro__:
        kind = cls.__dict__.get("_naming_kind")
        if kind is not None and kind in convention:
            return convention[kind]
        if cls in convention:
            return convention[cls]
    return None


def apply_convention(item: Any, table: Any) -> None:
    """Give a constraint or index the name that the convention says.

    A name made by ``conv()`` stays; so does a given name, unless the
    template has the token ``constraint_name``.

    Raises:
        InvalidRequestError: The template cannot be filled in.
        NoReferenceError: A token needs a table that is not known yet.
    """
    convention = table.metadata.naming_convention
    template = _template(item, convention)
    if template is None or isinstance(item.name, conv):
        return
    if item.name is None or "constraint_name" in template:
        item.name = conv(template % _Tokens(item, table, convention))
