"""Columns of tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .. import exc
from .base import SchemaItem
from .columns import NamedColumn
from .constraints import (
    CheckConstraint,
    Constraint,
    ForeignKey,
    UniqueConstraint,
)
from .constructors import literal
from .defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    FetchedValue,
    Identity,
)
from .identifiers import check_identifier, quoted_name
from .indexes import Index
from .sqltypes import (
    NULLTYPE,
    NullType,
    TypeEngine,
    is_type,
    to_instance,
    type_of_value,
)
from .types.comparator import Comparator

__all__ = ["Column"]

_DEFAULTS = ("default", "onupdate", "server_default", "server_onupdate")
_ITEMS = (ForeignKey, Constraint, ColumnDefault, FetchedValue)


class Column(SchemaItem, NamedColumn):
    """A column of a table.

    Args:
        *args: Name, type and then :class:`ForeignKey`,
            :class:`CheckConstraint`, :class:`Computed` and the like. Name
            and type may be left out: the name where the column is an
            attribute of a class, the type where it has a foreign key.
        name: The name, as keyword.
        type_: The type, as keyword.
        autoincrement: True, False, ``"auto"`` or ``"ignore_fk"``: whether
            the database numbers the rows by this column.
        default: Value, function or SQL expression for INSERT.
        insert_default: The same as ``default``.
        doc: Documentation of the attribute.
        key: Name under which Python knows the column.
        index: Make an index of this column.
        unique: Make a constraint, or make the index unique.
        info: Dict for the user's own purposes.
        nullable: Whether NULL is allowed; not for primary keys by default.
        onupdate: Value, function or SQL expression for UPDATE.
        primary_key: The column is part of the primary key.
        server_default: DEFAULT of the definition.
        server_onupdate: Marks a value the database computes on UPDATE.
        quote: True to quote the name always, False never.
        system: The column exists by itself and is not created.
        comment: Kept; SQLite stores no comments.
        **kwargs: ``sqlite_on_conflict_primary_key``,
            ``sqlite_on_conflict_not_null``, ``sqlite_on_conflict_unique``.

    Raises:
        ArgumentError: An argument makes no sense.
        TypeError: An unknown keyword.
    """

    _sqlite_defaults: ClassVar[Mapping[str, Any]] = {
        "on_conflict_primary_key": None,
        "on_conflict_not_null": None,
        "on_conflict_unique": None,
    }

    __visit_name__ = "column"
    _fields = ()
    _identity = True
    is_literal = False

    key: Any = None
    table: Any = None

    def __init__(
        self,
        *args: Any,
        name: str | None = None,
        type_: Any = None,
        autoincrement: Any = "auto",
        default: Any = None,
        insert_default: Any = None,
        doc: str | None = None,
        key: str | None = None,
        index: bool | None = None,
        unique: bool | None = None,
        info: dict[Any, Any] | None = None,
        nullable: bool | None = None,
        onupdate: Any = None,
        primary_key: bool = False,
        server_default: Any = None,
        server_onupdate: Any = None,
        quote: bool | None = None,
        system: bool = False,
        comment: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._init_item(info)
        self._init_options(kwargs)
        name, type_, items = _split_arguments(args, name, type_)
        if name is not None:
            name = check_identifier(name, "a column")
            if quote is not None or isinstance(name, quoted_name):
                name = quoted_name(name, quote)
        elif quote is not None:
            raise exc.ArgumentError("quote without a name of the column")
        self.name: Any = name
        self.key: Any = key if key is not None else name
        self._set_type(to_instance(type_))
        self.primary_key = bool(primary_key)
        self._user_nullable = nullable
        self.nullable = not primary_key if nullable is None else nullable
        self.index = index
        self.unique = unique
        self.system = system
        self.doc = doc
        self.comment = comment
        self.autoincrement = autoincrement
        self.table = None
        self.constraints: set[Constraint] = set()
        self.foreign_keys: set[ForeignKey] = set()
        self.computed: Computed | None = None
        self.identity: Identity | None = None
        self.default: ColumnDefault | None = None
        self.onupdate: ColumnDefault | None = None
        self.server_default: FetchedValue | None = None
        self.server_onupdate: FetchedValue | None = None
        self._on_attach: list[Callable[[Column, Any], None]] = []
        self._set_defaults(
            insert_default if default is None else default,
            onupdate,
            server_default,
            server_onupdate,
        )
        for item in items:
            self._take(item)

    def _set_defaults(
        self,
        default: Any,
        onupdate: Any,
        server_default: Any,
        server_onupdate: Any,
    ) -> None:
        if default is not None:
            _as_default(default, False)._set_parent(self)
        if onupdate is not None:
            _as_default(onupdate, True)._set_parent(self)
        if server_default is not None:
            _as_clause(server_default, False)._set_parent(self)
        if server_onupdate is not None:
            _as_clause(server_onupdate, True)._set_parent(self)

    def _take(self, item: Any) -> None:
        if not isinstance(item, _ITEMS):
            raise exc.ArgumentError(
                "a column takes a name, a type and then foreign keys,"
                f" constraints and defaults, not {item!r}"
            )
        item._set_parent(self)

    @property
    def type(self) -> TypeEngine:
        """The type; that of the referenced column if none was given."""
        if isinstance(self._type, NullType) and self.foreign_keys:
            found = self._referenced_type(frozenset())
            if found is not None:
                self._set_type(found)
        return self._type

    @type.setter
    def type(self, type_: Any) -> None:
        self._set_type(to_instance(type_))

    def _set_type(self, type_: TypeEngine) -> None:
        self._type = type_
        # Comparisons need no thought if the type adds nothing to them; of
        # one that is not known yet, nobody can say.
        self._plain = type_.comparator_factory is Comparator and not (
            isinstance(type_, NullType)
        )

    def _referenced_type(self, seen: frozenset[Any]) -> TypeEngine | None:
        if not isinstance(self._type, NullType):
            return self._type
        if self in seen:
            return None
        for key in _in_order(self.foreign_keys):
            target = key._find_column()
            if target is not None:
                found: TypeEngine | None = target._referenced_type(
                    seen | {self}
                )
                if found is not None:
                    return found
        return None

    def references(self, column: Column) -> bool:
        """Say whether a foreign key of this column points to another."""
        return any(key.column is column for key in self.foreign_keys)

    @property
    def ddl_label(self) -> str:
        """The name with that of its table, joined by underscores."""
        return f"{self.table.fullname.replace('.', '_')}_{self.name}"

    def _own_froms(self) -> tuple[Any, ...]:
        return () if self.table is None else (self.table,)

    def _when_attached(self, action: Callable[[Column, Any], None]) -> None:
        if self.table is not None:
            action(self, self.table)
        else:
            self._on_attach.append(action)

    def _set_parent(self, parent: Any) -> None:
        """Become a column of a table; called by the table alone."""
        if not self.name:
            raise exc.ArgumentError(f"a column of table {parent} has no name")
        if self.key is None:
            self.key = self.name
        if self.table is not None and self.table is not parent:
            raise exc.ArgumentError(
                f"column {self.name!r} belongs to table {self.table} already"
            )
        self.table = parent
        parent._put_column(self)
        if self.index:
            Index(None, self.key, unique=bool(self.unique))._set_parent(parent)
        elif self.unique:
            UniqueConstraint(self.key)._set_parent(parent)
        self._attach_check_of_type()
        actions, self._on_attach = self._on_attach, []
        for action in actions:
            action(self, parent)

    def _attach_check_of_type(self) -> None:
        check_values = getattr(self._type.sqlite_type(), "check_values", None)
        values = None if check_values is None else check_values()
        if values is not None:
            name = getattr(self._type.sqlite_type(), "name", None)
            allowed = [literal(each, type_of_value(each)) for each in values]
            check = CheckConstraint(self.in_(allowed), name=name)
            check._of_type = True
            check._set_parent(self.table)

    def _copy(self) -> Column:
        """Return a column of no table with the same definition."""
        items = [
            each._copy()
            for each in _in_order(self.constraints | self.foreign_keys)
        ]
        for extra in (self.computed, self.identity):
            if extra is not None:
                items.append(extra._copy())
        generated = bool(self.computed or self.identity)
        new = Column(
            self.name,
            self._type,
            *items,
            autoincrement=self.autoincrement,
            default=_copied(self.default),
            doc=self.doc,
            key=self.key,
            index=self.index,
            unique=self.unique,
            info=self._info,
            nullable=self._user_nullable,
            onupdate=_copied(self.onupdate),
            primary_key=self.primary_key,
            server_default=None if generated else _copied(self.server_default),
            server_onupdate=(
                None if generated else _copied(self.server_onupdate)
            ),
            system=self.system,
            comment=self.comment,
        )
        new.nullable = self.nullable
        new.sqlite_options = dict(self.sqlite_options)
        return new

    def _fill_from(self, other: Column) -> None:
        """Take over what this column leaves open from another one."""
        if self.name is None and other.name is not None:
            self.name, self.key = other.name, self.key or other.key
        if isinstance(self._type, NullType):
            self._set_type(other._type)
        if other.primary_key:
            self.primary_key = True
        if self._user_nullable is None and other._user_nullable is not None:
            self._user_nullable = self.nullable = other._user_nullable
        for name in ("index", "unique", "doc", "comment"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(other, name))
        if self.autoincrement == "auto":
            self.autoincrement = other.autoincrement
        self.system = self.system or other.system
        for name in _DEFAULTS:
            if getattr(self, name) is None and getattr(other, name):
                getattr(other, name)._copy()._set_parent(self)
        for option, value in other.sqlite_options.items():
            if self.sqlite_options[option] is None:
                self.sqlite_options[option] = value
        if other._info:
            self._info = {**other._info, **(self._info or {})}
        for each in _in_order(other.constraints | other.foreign_keys):
            each._copy()._set_parent(self)

    def __reduce__(self) -> Any:
        return _blank, (type(self),), self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_type(self._type)

    def __str__(self) -> str:
        if self.table is None:
            return str(self.name)
        return f"{self.table.name}.{self.name}"

    def __repr__(self) -> str:
        shown = [repr(self.name), repr(self.type)]
        shown += [repr(key) for key in self.foreign_keys]
        shown += [repr(each) for each in self.constraints]
        shown.append(
            "table=None" if self.table is None else f"table=<{self.table}>"
        )
        if self.key != self.name:
            shown.append(f"key={self.key!r}")
        if self.primary_key:
            shown.append("primary_key=True")
        if not self.nullable:
            shown.append("nullable=False")
        for name in ("onupdate", "default", "server_default", "comment"):
            value = getattr(self, name)
            if value is not None:
                shown.append(f"{name}={value!r}")
        return f"Column({', '.join(shown)})"


def _blank(cls: type[Column]) -> Column:
    """Return a column for unpickling, which gets its state later."""
    return cls.__new__(cls)


def _split_arguments(
    args: tuple[Any, ...], name: Any, type_: Any
) -> tuple[Any, Any, list[Any]]:
    items = list(args)
    if items and isinstance(items[0], str):
        if name is not None:
            raise exc.ArgumentError("the name of a column is given twice")
        name = items.pop(0)
    elif items and items[0] is None:
        items.pop(0)
    if items and (is_type(items[0]) or items[0] is None):
        if type_ is not None:
            raise exc.ArgumentError("the type of a column is given twice")
        type_ = items.pop(0)
    return name, NULLTYPE if type_ is None else type_, items


def _as_default(value: Any, for_update: bool) -> ColumnDefault:
    if isinstance(value, ColumnDefault):
        return value
    return ColumnDefault(value, for_update)


def _as_clause(value: Any, for_update: bool) -> FetchedValue:
    if isinstance(value, FetchedValue):
        return value
    return DefaultClause(value, for_update)


def _in_order(items: Any) -> list[Any]:
    return sorted(items, key=lambda each: each._creation_order)


def _copied(item: Any) -> Any:
    return None if item is None else item._copy()
