"""Indexes of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .. import exc
from .base import ColumnCollection, SchemaItem
from .constraints import attach_with_columns
from .ddl_clauses import clause_of, columns_of, ddl_text, is_expression
from .identifiers import check_identifier, check_length, quote, quoted_name
from .naming import apply_convention

__all__ = ["Index"]


class Index(SchemaItem):
    """An index over columns or expressions of a table.

    Args:
        name: Name of the index; None for one by the naming convention.
        *expressions: Columns, their keys, or expressions such as
            ``desc("name")``, ``func.lower(column)`` and ``text(...)``.
        unique: No two rows may share the values.
        quote: True to quote the name always, False never.
        info: Dict for the user's own purposes.
        **kwargs: ``sqlite_where``, the condition of a partial index.

    Raises:
        ArgumentError: An expression is none.
    """

    _naming_kind = "ix"
    _sqlite_defaults: ClassVar[Mapping[str, Any]] = {"where": None}
    # True for one that was read from a database.
    _reflected = False

    parent: Any = None

    def __init__(
        self,
        name: str | None,
        *expressions: Any,
        unique: bool = False,
        quote: bool | None = None,
        info: dict[Any, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self._init_item(info)
        self._init_options(kwargs)
        if name is not None:
            check_identifier(name, "an index")
            if quote is not None:
                name = quoted_name(name, quote)
        self.name: Any = name
        self.unique = bool(unique)
        self.expressions: list[Any] = []
        for each in expressions:
            each = clause_of(each)
            if not isinstance(each, str) and not is_expression(each):
                raise exc.ArgumentError(
                    "an index is made of columns, their names and SQL"
                    f" expressions, not {each!r}"
                )
            self.expressions.append(each)
        self.columns = ColumnCollection()
        named = any(isinstance(each, str) for each in self.expressions)
        if not named:
            attach_with_columns(self, self._columns_in_expressions())

    @property
    def table(self) -> Any:
        """The table of the index, None if it belongs to none yet."""
        return self.parent

    def _columns_in_expressions(self) -> list[Any]:
        return [
            column
            for each in self.expressions
            if not isinstance(each, str)
            for column in columns_of(each)
        ]

    def _set_parent(self, parent: Any) -> None:
        if not hasattr(parent, "indexes"):
            raise exc.ArgumentError(
                f"an index belongs to a table, not to {parent!r}"
            )
        if self.parent is not None and self.parent is not parent:
            raise exc.ArgumentError(
                f"index {self.name!r} belongs to table"
                f" {self.parent.description!r} already"
            )
        resolved = [self._resolve(each, parent) for each in self.expressions]
        self.parent = parent
        self.expressions = resolved
        for column in self._columns_in_expressions():
            self.columns._put(column)
        parent.indexes.add(self)
        apply_convention(self, parent)

    def _resolve(self, expression: Any, table: Any) -> Any:
        if isinstance(expression, str):
            column = table.c.get(expression)
            if column is None:
                raise exc.ConstraintColumnNotFoundError(
                    f"index {self.name!r} of table {table.description!r}"
                    f" names a column {expression!r} that the table does not"
                    " have"
                )
            return column
        for column in columns_of(expression):
            if column.table is not table:
                raise exc.ArgumentError(
                    f"index {self.name!r} of table {table.description!r} has"
                    f" a column of another table: {column}"
                )
        return expression

    def ddl_text(self, if_not_exists: bool = False) -> str:
        """Return the CREATE INDEX statement.

        Args:
            if_not_exists: Make it do nothing if there is one of that name.

        Raises:
            CompileError: The index has no table or no name.
        """
        if self.parent is None:
            raise exc.CompileError(f"index {self.name!r} belongs to no table")
        text = "CREATE UNIQUE INDEX " if self.unique else "CREATE INDEX "
        if if_not_exists:
            text += "IF NOT EXISTS "
        columns = ", ".join(map(ddl_text, self.expressions))
        text += f"{self.qualified_name()} ON {quote(self.parent.name)}"
        text += f" ({columns})"
        where = self.sqlite_options["where"]
        if where is not None:
            text += f" WHERE {ddl_text(where)}"
        return text

    def qualified_name(self) -> str:
        """Return the name as SQL, with the schema if the table has one."""
        if self.name is None:
            raise exc.CompileError(
                f"an index of table {self.parent.description!r} has no name"
            )
        check_length(self.name)
        schema = self.parent.schema
        prefix = "" if schema is None else quote(schema) + "."
        return prefix + quote(self.name)

    def create(self, bind: Any, checkfirst: bool = False) -> None:
        """Create the index.

        Args:
            bind: The connection that ``AsyncConnection.run_sync`` gives.
            checkfirst: Do nothing if there is one of that name.
        """
        from .ddl import create_index

        create_index(bind, self, checkfirst)

    def drop(self, bind: Any, checkfirst: bool = False) -> None:
        """Drop the index.

        Args:
            bind: The connection that ``AsyncConnection.run_sync`` gives.
            checkfirst: Do nothing if there is none of that name.
        """
        from .ddl import drop_index

        drop_index(bind, self, checkfirst)

    def _copy(self) -> Index:
        """Return the same index for another table of the same columns."""
        expressions = [
            each.key if hasattr(each, "_when_attached") else each
            for each in self.expressions
        ]
        new = Index(
            self.name, *expressions, unique=self.unique, info=self._info
        )
        new.sqlite_options = dict(self.sqlite_options)
        return new

    def __repr__(self) -> str:
        shown = [repr(self.name)] + [repr(each) for each in self.expressions]
        if self.unique:
            shown.append("unique=True")
        return f"Index({', '.join(shown)})"
