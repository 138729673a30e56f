"""Constraints of tables, and the foreign keys of columns."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from .. import exc
from .base import ColumnCollection, SchemaItem
from .ddl_clauses import clause_of, columns_of, ddl_text, is_expression
from .identifiers import check_identifier, check_length, conv, quote
from .naming import apply_convention

__all__ = [
    "CheckConstraint",
    "ColumnCollectionConstraint",
    "Constraint",
    "ForeignKey",
    "ForeignKeyConstraint",
    "PrimaryKeyConstraint",
    "UniqueConstraint",
]

_PHRASE = re.compile(r"\w+(?:\s+\w+)*")


def sql_phrase(text: str) -> str:
    """Return words of SQL, such as ``SET NULL``, if they are only that.

    Raises:
        CompileError: There is more in it than words.
    """
    if not isinstance(text, str) or not _PHRASE.fullmatch(text):
        raise exc.CompileError(
            f"{text!r} is no SQL phrase: only words and spaces are allowed"
        )
    return text


class Constraint(SchemaItem):
    """Base of the constraints.

    Args:
        name: Name of the constraint.
        deferrable: True for DEFERRABLE, False for NOT DEFERRABLE.
        initially: ``DEFERRED`` or ``IMMEDIATE``.
        info: Dict for the user's own purposes.
        comment: Kept; SQLite stores no comments.
        **kwargs: ``sqlite_on_conflict``.
    """

    _sqlite_defaults: ClassVar[Mapping[str, Any]] = {"on_conflict": None}
    # True for a CHECK that a column type added.
    _of_type = False
    # True for one that was read from a database.
    _reflected = False

    parent: Any = None

    def __init__(
        self,
        name: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._init_item(info)
        self._init_options(kwargs)
        self.name: Any = (
            None if name is None else check_identifier(name, "a constraint")
        )
        self.deferrable = deferrable
        self.initially = initially
        self.comment = comment

    @property
    def table(self) -> Any:
        """The table that the constraint belongs to.

        Raises:
            InvalidRequestError: It belongs to none yet.
        """
        if self.parent is None:
            raise exc.InvalidRequestError(
                f"{self!r} does not belong to a table yet"
            )
        return self.parent

    def _set_parent(self, parent: Any) -> None:
        _require_table(self, parent)
        self.parent = parent
        parent.constraints.add(self)
        self._name_by_convention()

    def _name_by_convention(self) -> None:
        apply_convention(self, self.table)

    def ddl_text(self) -> str | None:
        """Return the constraint as SQL; None if there is nothing to write.

        Raises:
            CompileError: A part of it is not valid.
        """
        body = self._ddl_body()
        if body is None:
            return None
        return self._ddl_name() + body + self._ddl_tail()

    def _ddl_body(self) -> str | None:
        raise NotImplementedError

    def _ddl_name(self) -> str:
        if self.name is None:
            return ""
        check_length(self.name)
        return f"CONSTRAINT {quote(self.name)} "

    def _ddl_tail(self) -> str:
        text = ""
        if self.deferrable is not None:
            text += " DEFERRABLE" if self.deferrable else " NOT DEFERRABLE"
        if self.initially is not None:
            text += f" INITIALLY {sql_phrase(self.initially)}"
        conflict = self._on_conflict()
        if conflict is not None:
            text += f" ON CONFLICT {sql_phrase(conflict)}"
        return text

    def _on_conflict(self) -> Any:
        return self.sqlite_options["on_conflict"]

    def _kwargs(self) -> dict[str, Any]:
        """Return the keywords that make a copy."""
        # A name that a convention made is made again for the copy's table.
        name = None if isinstance(self.name, conv) else self.name
        kwargs = {
            "name": name,
            "deferrable": self.deferrable,
            "initially": self.initially,
            "info": self._info,
            "comment": self.comment,
        }
        conflict = self.sqlite_options.get("on_conflict")
        if conflict is not None:
            kwargs["sqlite_on_conflict"] = conflict
        return kwargs

    def __repr__(self) -> str:
        name = "" if self.name is None else f"name={self.name!r}"
        return f"{type(self).__name__}({name})"


def _require_table(item: Any, parent: Any) -> None:
    if not hasattr(parent, "constraints") or not hasattr(parent, "metadata"):
        raise exc.ArgumentError(
            f"{type(item).__name__} belongs to a table, not to {parent!r}"
        )


class CheckConstraint(Constraint):
    """A condition that every row has to meet.

    Args:
        sqltext: The condition, as SQL text or as an expression.
        name: Name of the constraint.
        deferrable: True for DEFERRABLE, False for NOT DEFERRABLE.
        initially: ``DEFERRED`` or ``IMMEDIATE``.
        info: Dict for the user's own purposes.
        **kwargs: ``sqlite_on_conflict``.
    """

    _naming_kind = "ck"

    def __init__(self, sqltext: Any, name: str | None = None, **kwargs: Any):
        super().__init__(name, **kwargs)
        if not isinstance(sqltext, str) and not is_expression(sqltext):
            raise exc.ArgumentError(
                "CheckConstraint takes SQL text or an expression, not"
                f" {sqltext!r}"
            )
        self.sqltext = sqltext
        self.is_column_level = False

    @property
    def columns(self) -> ColumnCollection:
        """The columns of the expression; none if it is text."""
        return ColumnCollection(columns_of(self.sqltext))

    def _set_parent(self, parent: Any) -> None:
        if not hasattr(parent, "_when_attached"):
            super()._set_parent(parent)
            return
        self.is_column_level = True
        parent.constraints.add(self)

        def attached(column: Any, table: Any) -> None:
            self.parent = table
            self._name_by_convention()

        parent._when_attached(attached)

    def _ddl_body(self) -> str:
        if self.is_column_level and self._on_conflict() is not None:
            raise exc.CompileError(
                "SQLite takes no ON CONFLICT on the CHECK of a column; put"
                " the constraint on the table"
            )
        return f"CHECK ({ddl_text(self.sqltext)})"

    def _copy(self) -> CheckConstraint:
        return CheckConstraint(self.sqltext, **self._kwargs())


class ColumnCollectionConstraint(Constraint):
    """Base of the constraints over a list of columns.

    Args:
        *columns: Columns, or their keys.
        **kwargs: As for :class:`Constraint`.
    """

    def __init__(self, *columns: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._pending = [_column_or_key(self, each) for each in columns]
        self.columns = ColumnCollection()
        attach_with_columns(self, self._pending)

    def _set_parent(self, parent: Any) -> None:
        _require_table(self, parent)
        self.columns = resolve_columns(self, self._pending, parent)
        super()._set_parent(parent)

    def contains_column(self, column: Any) -> bool:
        """Say whether a column is part of the constraint."""
        return self.columns.contains_column(column)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __bool__(self) -> bool:
        return True

    def _quoted_columns(self) -> str:
        return ", ".join(quote(each.name) for each in self.columns)

    def _column_option(self, option: str) -> Any:
        """Return the conflict clause of the one column that has it."""
        conflict = super()._on_conflict()
        if conflict is None and len(self.columns) == 1:
            return self.columns[0].sqlite_options[option]
        return conflict

    def _copy(self) -> Any:
        keys = [_key_of(each) for each in self._pending]
        return type(self)(*keys, **self._kwargs())


def _key_of(column: Any) -> str:
    return column if isinstance(column, str) else column.key


def _column_or_key(owner: Any, column: Any) -> Any:
    column = clause_of(column)
    if isinstance(column, str) or hasattr(column, "_when_attached"):
        return column
    raise exc.ArgumentError(
        f"{type(owner).__name__} takes columns or their names, not {column!r}"
    )


def attach_with_columns(item: Any, columns: Iterable[Any]) -> None:
    """Attach an item to the table of its columns once all have one.

    Nothing happens if one of them is known by name only: then the item has
    to be an argument of ``Table``.
    """
    wanted = [each for each in columns if not isinstance(each, str)]
    if not wanted or len(wanted) < len(list(columns)):
        return

    def attached(column: Any, table: Any) -> None:
        if item.parent is None and all(each.table for each in wanted):
            item._set_parent(table)

    for each in wanted:
        each._when_attached(attached)


def resolve_columns(
    item: Any, columns: Iterable[Any], table: Any
) -> ColumnCollection:
    """Return the columns of a table that are meant by keys or columns.

    Raises:
        ConstraintColumnNotFoundError: The table has no such column.
        ArgumentError: A column belongs to another table.
    """
    found = ColumnCollection()
    for each in columns:
        if isinstance(each, str):
            column = table.c.get(each)
            if column is None:
                raise exc.ConstraintColumnNotFoundError(
                    f"{type(item).__name__} of table {table.description!r}"
                    f" names a column {each!r} that the table does not have"
                )
        elif each.table is not table:
            raise exc.ArgumentError(
                f"{type(item).__name__} of table {table.description!r} has a"
                f" column of another table: {each}"
            )
        else:
            column = each
        found._put(column)
    return found


class UniqueConstraint(ColumnCollectionConstraint):
    """Values that no two rows may share.

    Args:
        *columns: Columns, or their keys.
        **kwargs: ``name``, ``deferrable``, ``initially``, ``info``,
            ``comment``, ``sqlite_on_conflict``.
    """

    _naming_kind = "uq"

    def _ddl_body(self) -> str | None:
        if not self.columns:
            return None
        return f"UNIQUE ({self._quoted_columns()})"

    def _on_conflict(self) -> Any:
        return self._column_option("on_conflict_unique")


class PrimaryKeyConstraint(ColumnCollectionConstraint):
    """The primary key.

    Args:
        *columns: Columns, or their keys; none for those that say
            ``primary_key=True`` themselves.
        **kwargs: ``name``, ``deferrable``, ``initially``, ``info``,
            ``comment``, ``sqlite_on_conflict``.
    """

    _naming_kind = "pk"

    # True for the one that a table makes from its columns.
    _implicit = False

    def _set_parent(self, parent: Any) -> None:
        _require_table(self, parent)
        old = parent.primary_key
        if old is not self:
            parent.constraints.discard(old)
            parent.primary_key = self
        super()._set_parent(parent)
        marked = [each for each in parent.columns if each.primary_key]
        if self.columns and marked and set(marked) != set(self.columns):
            warnings.warn(
                f"table {parent.description!r} has the primary key"
                f" {_list(self.columns)}; primary_key=True of"
                f" {_list(marked)} is ignored",
                exc.SAWarning,
                stacklevel=3,
            )
        for column in self.columns:
            column.primary_key = True
            if column._user_nullable is None:
                column.nullable = False
        if not self.columns:
            for column in marked:
                self.columns._put(column)
            self._name_again()

    def _add_column(self, column: Any) -> None:
        self.columns._put(column)
        self._name_again()

    def _discard_column(self, column: Any) -> None:
        if self.columns.contains_column(column):
            self.columns._discard(column.key)

    def _name_again(self) -> None:
        """Make the name anew: tokens of the columns may have changed."""
        if self._implicit:
            self.name = None
        self._name_by_convention()

    def _ddl_body(self) -> str | None:
        if not self.columns:
            return None
        columns = list(self.columns)
        first = self.table.autoincrement_column if self._implicit else None
        if first is not None:
            columns.sort(key=lambda each: each is not first)
        names = ", ".join(quote(each.name) for each in columns)
        return f"PRIMARY KEY ({names})"

    def _on_conflict(self) -> Any:
        return self._column_option("on_conflict_primary_key")


def _list(columns: Iterable[Any]) -> str:
    return ", ".join(repr(each.name) for each in columns)


class ForeignKey(SchemaItem):
    """A column's reference to a column of another table.

    Args:
        column: The other column: ``"table.column"``, ``"schema.table.column"``
            or the column itself.
        name: Name of the constraint.
        onupdate: What happens when the other value changes, as in
            ``CASCADE``, ``SET NULL``, ``RESTRICT``.
        ondelete: What happens when the other row is deleted.
        deferrable: True for DEFERRABLE, False for NOT DEFERRABLE.
        initially: ``DEFERRED`` or ``IMMEDIATE``.
        link_to_name: The text names the column by its name, not its key.
        match: ``FULL``, ``PARTIAL`` or ``SIMPLE``.
        use_alter: Leave this reference out when tables are put in order.
        info: Dict for the user's own purposes.
        comment: Kept; SQLite stores no comments.
    """

    parent: Any = None
    constraint: ForeignKeyConstraint | None = None

    def __init__(
        self,
        column: Any,
        _constraint: ForeignKeyConstraint | None = None,
        use_alter: bool = False,
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        link_to_name: bool = False,
        match: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
    ) -> None:
        self._init_item(info)
        self._target = _checked_target(column)
        self.constraint = _constraint
        self.use_alter = use_alter
        self.name = name
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.deferrable = deferrable
        self.initially = initially
        self.link_to_name = link_to_name
        self.match = match
        self.comment = comment
        self._column: Any = None

    @property
    def target_fullname(self) -> str:
        """The other column as ``table.column``, with the schema if any."""
        if isinstance(self._target, str):
            return self._target
        return f"{self._target.table.fullname}.{self._target.key}"

    def _target_parts(self) -> tuple[str, str | None]:
        """Return key of the table and key of the column, if it is named."""
        names: list[str] = self._target.split(".")
        # Without a dot it is a table; the column is named as ours.
        column = names.pop() if len(names) > 1 else None
        table = names.pop()
        own = None
        if self.parent is not None:
            own = self.parent.table.metadata.schema
        if not names and own is not None:
            names = [own]
        return ".".join((*names, table)), column

    def _target_table_name(self) -> str:
        if not isinstance(self._target, str):
            return str(self._target.table.name)
        return self._target_parts()[0].rpartition(".")[2]

    def _find_column(self) -> Any:
        """Return the other column, None if it is not known (yet)."""
        try:
            return self.column
        except exc.NoReferenceError:
            return None

    @property
    def column(self) -> Any:
        """The other column.

        Raises:
            NoReferencedTableError: Its table is not in the metadata.
            NoReferencedColumnError: Its table has no such column.
            InvalidRequestError: This foreign key belongs to no table yet.
        """
        if self._column is None:
            self._column = self._resolve()
        return self._column

    def _resolve(self) -> Any:
        if self.parent is None or self.parent.table is None:
            raise exc.NoReferenceError(
                f"{self!r} does not belong to a table yet"
            )
        if not isinstance(self._target, str):
            if self._target.table is None:
                raise exc.NoReferencedTableError(
                    f"foreign key of column {self.parent} points to a column"
                    f" {self._target.name!r} that belongs to no table",
                    "",
                )
            return self._target
        table_key, column_key = self._target_parts()
        table = self.parent.table.metadata.tables.get(table_key)
        if table is None:
            raise exc.NoReferencedTableError(
                f"foreign key of column {self.parent} points to column"
                f" {column_key!r} of table {table_key!r}, which is not in the"
                " metadata",
                table_key,
            )
        found = self._column_of(table, column_key)
        if found is None:
            raise exc.NoReferencedColumnError(
                f"foreign key of column {self.parent} points to column"
                f" {column_key!r}, which table {table_key!r} does not have",
                table_key,
                str(column_key),
            )
        return found

    def _column_of(self, table: Any, key: str | None) -> Any:
        if key is None:
            return table.c.get(self.parent.key)
        if self.link_to_name:
            return next((c for c in table.c if c.name == key), None)
        return table.c.get(key)

    def references(self, table: Any) -> bool:
        """Say whether the other column belongs to a table."""
        return self.column.table is table

    def get_referent(self, table: Any) -> Any:
        """Return the other column if it belongs to a table, else None."""
        return self.column if self.column.table is table else None

    def _set_parent(self, parent: Any) -> None:
        if self.parent is not None and self.parent is not parent:
            raise exc.InvalidRequestError(
                f"{self!r} belongs to column {self.parent} already"
            )
        if not hasattr(parent, "_when_attached"):
            raise exc.ArgumentError(
                f"{self!r} belongs to a column, not to {parent!r}"
            )
        self.parent = parent
        parent.foreign_keys.add(self)
        parent._when_attached(self._attached)

    def _attached(self, column: Any, table: Any) -> None:
        if self.constraint is None:
            self.constraint = ForeignKeyConstraint(
                (), (), _element=self, **self._constraint_options()
            )
            self.constraint._set_parent(table)
        table.foreign_keys.add(self)

    def _constraint_options(self) -> dict[str, Any]:
        return {
            "use_alter": self.use_alter,
            "name": self.name,
            "onupdate": self.onupdate,
            "ondelete": self.ondelete,
            "deferrable": self.deferrable,
            "initially": self.initially,
            "match": self.match,
            "comment": self.comment,
        }

    def _copy(self) -> ForeignKey:
        return ForeignKey(
            self._target,
            link_to_name=self.link_to_name,
            info=self._info,
            **self._constraint_options(),
        )

    def __repr__(self) -> str:
        return f"ForeignKey({self.target_fullname!r})"


def _checked_target(column: Any) -> Any:
    column = clause_of(column)
    if not isinstance(column, str) and hasattr(column, "expression"):
        column = column.expression  # of an attribute of a model
    if isinstance(column, str):
        parts = column.split(".")
        if not all(parts):
            raise exc.ArgumentError(
                "a foreign key names its target as 'table.column', not"
                f" {column!r}"
            )
        check_identifier(column, "the target of a foreign key")
        return column
    if hasattr(column, "_when_attached"):
        return column
    raise exc.ArgumentError(
        f"a foreign key points to a column or its name, not to {column!r}"
    )


class ForeignKeyConstraint(ColumnCollectionConstraint):
    """A reference of one or more columns to those of another table.

    Args:
        columns: Columns of this table, or their keys.
        refcolumns: The other columns, as for :class:`ForeignKey`.
        name: Name of the constraint.
        onupdate: What happens when the other values change.
        ondelete: What happens when the other row is deleted.
        deferrable: True for DEFERRABLE, False for NOT DEFERRABLE.
        initially: ``DEFERRED`` or ``IMMEDIATE``.
        use_alter: Leave this reference out when tables are put in order.
        link_to_name: Texts name the columns by name, not by key.
        match: ``FULL``, ``PARTIAL`` or ``SIMPLE``.
        info: Dict for the user's own purposes.
        comment: Kept; SQLite stores no comments.

    Raises:
        ArgumentError: The two lists differ in length.
    """

    _naming_kind = "fk"

    def __init__(
        self,
        columns: Sequence[Any],
        refcolumns: Sequence[Any],
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        use_alter: bool = False,
        link_to_name: bool = False,
        match: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        _element: ForeignKey | None = None,
        **kwargs: Any,
    ) -> None:
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.use_alter = use_alter
        self.link_to_name = link_to_name
        self.match = match
        if len(columns) != len(refcolumns):
            raise exc.ArgumentError(
                "ForeignKeyConstraint has as many columns as referenced"
                f" columns, not {len(columns)} and {len(refcolumns)}"
            )
        if _element is not None:
            self.elements = [_element]
            columns = [_element.parent]
        else:
            self.elements = [
                ForeignKey(each, self, link_to_name=link_to_name)
                for each in refcolumns
            ]
        if not self.elements:
            raise exc.ArgumentError("ForeignKeyConstraint needs a column")
        self._is_single = _element is not None
        super().__init__(
            name=name,
            deferrable=deferrable,
            initially=initially,
            info=info,
            comment=comment,
            **kwargs,
        )
        self._pending = [_column_or_key(self, each) for each in columns]
        if _element is None:
            attach_with_columns(self, self._pending)

    @property
    def column_keys(self) -> list[str]:
        """The keys of this table's columns."""
        return [_key_of(each) for each in self._pending]

    @property
    def referred_table(self) -> Any:
        """The other table.

        Raises:
            NoReferenceError: It is not in the metadata.
        """
        return self.elements[0].column.table

    def _set_parent(self, parent: Any) -> None:
        _require_table(self, parent)
        columns = resolve_columns(self, self._pending, parent)
        if not self._is_single:
            for column, element in zip(columns, self.elements, strict=True):
                element._set_parent(column)
        self.columns = columns
        Constraint._set_parent(self, parent)

    def _name_by_convention(self) -> None:
        try:
            super()._name_by_convention()
        except exc.NoReferenceError:
            # A token needs the other table, which may come later; the name
            # is made when it is needed.
            pass

    def _ddl_name(self) -> str:
        super()._name_by_convention()
        return super()._ddl_name()

    def _ddl_body(self) -> str | None:
        remote = [each.column for each in self.elements]
        table = remote[0].table
        if table.schema != self.table.schema:
            # SQLite has no references between database files.
            return None
        names = ", ".join(quote(each.name) for each in remote)
        text = (
            f"FOREIGN KEY({self._quoted_columns()}) REFERENCES"
            f" {quote(table.name)} ({names})"
        )
        if self.match is not None:
            text += f" MATCH {sql_phrase(self.match)}"
        if self.ondelete is not None:
            text += f" ON DELETE {sql_phrase(self.ondelete)}"
        if self.onupdate is not None:
            text += f" ON UPDATE {sql_phrase(self.onupdate)}"
        return text

    def _copy(self) -> ForeignKeyConstraint:
        return ForeignKeyConstraint(
            self.column_keys,
            [each._target for each in self.elements],
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            use_alter=self.use_alter,
            link_to_name=self.link_to_name,
            match=self.match,
            **self._kwargs(),
        )
