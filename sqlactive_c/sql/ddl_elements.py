"""Statements that make and drop what a schema has, one by one.

``metadata.create_all()`` is what most programs call; these are for those that
want the text, or one statement of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import exc
from . import ddl
from .select_base import EXECUTABLE_FIELDS, Executable

__all__ = [
    "DDL",
    "CreateIndex",
    "CreateTable",
    "DDLElement",
    "DropIndex",
    "DropTable",
    "ExecutableDDLElement",
    "sort_tables",
]


class ExecutableDDLElement(Executable):
    """Base of the statements of a schema.

    What a table is may change until it is created, so none of them is kept
    compiled: the subject stands in a list, which has no fingerprint.
    """

    __slots__ = ()
    __visit_name__ = "ddl_element"
    _fields = ("_subject", "-_conditional", *EXECUTABLE_FIELDS)

    _subject: list[Any]
    _conditional: bool

    @classmethod
    def _about(cls, subject: Any, conditional: bool = False) -> Any:
        nothing = (None,) * len(EXECUTABLE_FIELDS)
        return cls._new([subject], conditional, *nothing)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Everything is done in __new__."""

    @property
    def element(self) -> Any:
        """The table or index."""
        return self._subject[0]

    def _ddl_text(self) -> str:
        """Return the SQL."""
        raise NotImplementedError

    def __call__(self, target: Any, bind: Any, **kw: Any) -> Any:
        """Execute it.

        Args:
            target: Accepted for listeners of events.
            bind: A connection inside of ``run_sync``.
            **kw: The same as for target.
        """
        return bind.execute(self)


DDLElement = ExecutableDDLElement


class CreateTable(ExecutableDDLElement):
    """CREATE TABLE.

    Args:
        element: The table.
        include_foreign_key_constraints: Refused unless None: SQLite adds no
            foreign keys later.
        if_not_exists: Do nothing if there is one of that name.
    """

    __slots__ = ()

    def __new__(
        cls,
        element: Any,
        include_foreign_key_constraints: Any = None,
        if_not_exists: bool = False,
    ) -> CreateTable:
        """Return it, made of its parts."""
        if include_foreign_key_constraints is not None:
            raise exc.ArgumentError(
                "include_foreign_key_constraints must be None: SQLite cannot"
                " add a foreign key to a table that is there"
            )
        made: CreateTable = cls._about(element, if_not_exists)
        return made

    def _ddl_text(self) -> str:
        return ddl.create_table_sql(self.element, self._conditional)


class DropTable(ExecutableDDLElement):
    """DROP TABLE.

    Args:
        element: The table.
        if_exists: Do nothing if there is none of that name.
    """

    __slots__ = ()

    def __new__(cls, element: Any, if_exists: bool = False) -> DropTable:
        """Return it, made of its parts."""
        made: DropTable = cls._about(element, if_exists)
        return made

    def _ddl_text(self) -> str:
        return _if_exists(ddl.drop_table_sql(self.element), self)


class CreateIndex(ExecutableDDLElement):
    """CREATE INDEX.

    Args:
        element: The index.
        if_not_exists: Do nothing if there is one of that name.
    """

    __slots__ = ()

    def __new__(cls, element: Any, if_not_exists: bool = False) -> CreateIndex:
        """Return it, made of its parts."""
        made: CreateIndex = cls._about(element, if_not_exists)
        return made

    def _ddl_text(self) -> str:
        return ddl.create_index_sql(self.element, self._conditional)


class DropIndex(ExecutableDDLElement):
    """DROP INDEX.

    Args:
        element: The index.
        if_exists: Do nothing if there is none of that name.
    """

    __slots__ = ()

    def __new__(cls, element: Any, if_exists: bool = False) -> DropIndex:
        """Return it, made of its parts."""
        made: DropIndex = cls._about(element, if_exists)
        return made

    def _ddl_text(self) -> str:
        return _if_exists(ddl.drop_index_sql(self.element), self)


class DDL(ExecutableDDLElement):
    """A statement of a schema as text.

    Args:
        statement: The SQL; ``%(name)s`` stands for a value of the context and
            ``%%`` for a percent sign.
        context: Values, which are put into the text as they are.

    Raises:
        ArgumentError: The statement is no str.
    """

    __slots__ = ()

    def __new__(
        cls, statement: str, context: Mapping[str, Any] | None = None
    ) -> DDL:
        """Return it, made of its parts."""
        if not isinstance(statement, str):
            raise exc.ArgumentError(
                f"the SQL of DDL() is a str, not {statement!r}"
            )
        made: DDL = cls._about((statement, dict(context or {})))
        return made

    @property
    def statement(self) -> str:
        """The SQL as it was given."""
        text: str = self.element[0]
        return text

    @property
    def context(self) -> dict[str, Any]:
        """The values for the text."""
        values: dict[str, Any] = self.element[1]
        return values

    def _ddl_text(self) -> str:
        return self.statement % self.context


def _if_exists(text: str, node: ExecutableDDLElement) -> str:
    if not node._conditional:
        return text
    words = text.split(" ", 2)  # DROP, what, its name
    return f"{words[0]} {words[1]} IF EXISTS {words[2]}"


def sort_tables(
    tables: Iterable[Any],
    skip_fn: Any = None,
    extra_dependencies: Iterable[tuple[Any, Any]] | None = None,
) -> list[Any]:
    """Return tables in the order in which they can be created.

    Args:
        tables: The tables.
        skip_fn: Refused unless None.
        extra_dependencies: Refused unless None.

    Raises:
        ArgumentError: An argument that has no meaning here.
    """
    if skip_fn is not None or extra_dependencies is not None:
        raise exc.ArgumentError(
            "sort_tables() takes tables only; Table.add_is_dependent_on()"
            " tells of other dependencies"
        )
    return ddl.creation_order(list(tables))[0]
