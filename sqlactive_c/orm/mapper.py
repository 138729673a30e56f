"""The link between a class and its table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from .. import exc
from ..sql.base import ColumnCollection
from . import events
from .descriptor_props import CompositeProperty, SynonymProperty
from .inheritance import joined_with, loading_word, mappers_of
from .interfaces import MapperProperty
from .properties import ColumnProperty
from .property_collection import PropertyCollection
from .relationships import RelationshipProperty

__all__ = ["Mapper", "configure_mappers"]


_numbers = count()


class Mapper:
    """The mapping of one class.

    Attributes:
        class_, entity: The class.
        local_table: Its table; that of its parent for single-table
            inheritance.
        persist_selectable, selectable: What it is selected from; a join for
            joined-table inheritance.
        registry: What it shares with the classes of its base.
        inherits: The mapper of the class it derives from, or None.
        base_mapper: The mapper at the root of its hierarchy.
        single: Whether it shares the table of its parent.
        primary_key: Tuple of the columns of the primary key.
        polymorphic_on: The column that tells the classes apart, or None.
        polymorphic_identity: The value of that column for this class.
        polymorphic_map: The mappers of the hierarchy by that value.
        tables: The tables that hold its rows.
        columns, c: The columns by attribute name.
    """

    # Changes whenever something is added to the mapping of a class.
    layout = 0

    def __init__(
        self,
        class_: type,
        table: Any,
        registry: Any,
        properties: Mapping[str, MapperProperty],
        columns: Mapping[str, ColumnProperty],
        inherits: Mapper | None,
        arguments: dict[str, Any],
    ) -> None:
        self.class_ = self.entity = class_
        self.registry = registry
        self.inherits = inherits
        self.single = inherits is not None and table is inherits.local_table
        self.local_table: Any = table
        self.concrete = bool(arguments.get("concrete", False))
        self.batch = bool(arguments.get("batch", True))
        self.eager_defaults = arguments.get("eager_defaults", "auto")
        self.version_id_generator = arguments.get("version_id_generator")
        self.confirm_deleted_rows = arguments.get("confirm_deleted_rows", True)
        self.passive_updates = arguments.get("passive_updates", True)
        self.polymorphic_load = loading_word(arguments)
        self._with_polymorphic = arguments.get("with_polymorphic")
        self.base_mapper: Mapper = inherits.base_mapper if inherits else self
        self.number = next(_numbers)
        self.configured = False
        self.failure: Exception | None = None
        self.validators: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._subclasses: list[Mapper] = []
        self._properties: dict[str, MapperProperty] = {}
        self._set_tables(arguments)
        self._set_properties(properties, columns)
        self.primary_key = self._find_primary_key(arguments)
        self._set_polymorphic(arguments)
        self.version_id_col: Any = self._column_argument(
            arguments, "version_id_col"
        )
        if self.version_id_col is None and inherits is not None:
            self.version_id_col = inherits.version_id_col
        if inherits is not None:
            inherits._subclasses.append(self)

    # -- the tables ----------------------------------------------------------

    def _set_tables(self, arguments: dict[str, Any]) -> None:
        parent, table = self.inherits, self.local_table
        self.inherit_condition: Any = None
        if parent is None or self.concrete:
            self.persist_selectable, self.tables = table, [table]
        elif self.single:
            self.persist_selectable = parent.persist_selectable
            self.tables = list(parent.tables)
        else:
            self.inherit_condition = self._inherit_condition(arguments)
            self.persist_selectable = parent.persist_selectable.join(
                table, self.inherit_condition
            )
            self.tables = [*parent.tables, table]

    @property
    def selectable(self) -> Any:
        """What it is selected from: the tables of those loaded with it."""
        mappers = self.with_polymorphic_mappers
        if len(mappers) < 2:
            return self.persist_selectable
        known = self.__dict__.setdefault("_selectables", {})
        found = known.get(mappers)
        if found is None:
            found = known[mappers] = joined_with(self, mappers, False)
        return found

    def _inherit_condition(self, arguments: dict[str, Any]) -> Any:
        from ..sql.selectable import join_condition
        from .joins import resolved

        assert self.inherits is not None
        given = arguments.get("inherit_condition")
        if given is not None:
            return resolved(given)
        try:
            return join_condition(self.inherits.local_table, self.local_table)
        except exc.NoForeignKeysError as error:
            raise exc.NoForeignKeysError(
                f"Can't determine the inherit condition between inherited"
                f" table '{self.inherits.local_table}' and inheriting table"
                f" '{self.local_table}' of class {self.class_.__name__}: add"
                " a ForeignKey, or inherit_condition to __mapper_args__"
            ) from error

    def _find_primary_key(self, arguments: dict[str, Any]) -> tuple[Any, ...]:
        given = arguments.get("primary_key")
        if given is not None:
            each = given if isinstance(given, (list, tuple)) else [given]
            return tuple(self._as_column(one) for one in each)
        if self.inherits is not None and not self.concrete:
            return self.inherits.primary_key
        found = tuple(self.local_table.primary_key)
        if not found:
            raise exc.ArgumentError(
                f"class {self.class_.__name__} cannot be mapped to table"
                f" {str(self.local_table)!r}, which has no primary key"
            )
        return found

    def _as_column(self, given: Any) -> Any:
        from .joins import resolved

        if isinstance(given, str):
            return self._properties[given].columns[0]  # type: ignore[attr-defined]
        return resolved(getattr(given, "column", given))

    def _column_argument(self, arguments: dict[str, Any], name: str) -> Any:
        given = arguments.get(name)
        if given is None:
            return None
        try:
            return self._as_column(given)
        except KeyError:
            raise exc.ArgumentError(
                f"Can't determine {name} value {given!r} of class"
                f" {self.class_.__name__}: no attribute is mapped to this name"
            ) from None

    # -- the properties ------------------------------------------------------

    def _set_properties(
        self,
        explicit: Mapping[str, MapperProperty],
        columns: Mapping[str, ColumnProperty],
    ) -> None:
        inherited = dict(self.inherits._properties) if self.inherits else {}
        if self.concrete:
            inherited = {
                key: prop
                for key, prop in inherited.items()
                if not isinstance(prop, ColumnProperty)
            }
        own = {**explicit}
        for key, prop in inherited.items():
            if key not in own and not isinstance(prop, ColumnProperty):
                own[key] = self._inherited(key, prop)
        for key, prop in inherited.items():
            if isinstance(prop, ColumnProperty) and key not in own:
                if prop.is_column:
                    continue
                own[key] = self._inherited(key, prop)
        for key, prop in inherited.items():
            if isinstance(prop, ColumnProperty) and prop.is_column:
                if key in explicit:
                    continue
                here = columns.get(key)
                if here is None:
                    own[key] = self._inherited(key, prop)
                else:
                    own[key] = here.copy(*here.columns, *prop.columns)
        for key, prop in columns.items():
            own.setdefault(key, prop)
        for key, prop in own.items():
            if prop.parent is None:
                prop.attach(self, key)
            self._properties[key] = prop

    def _inherited(self, key: str, prop: MapperProperty) -> Any:
        return prop.for_subclass(self)

    def add_property(self, key: str, prop: Any) -> None:
        """Add an attribute to the mapping.

        Args:
            key: Name of the attribute.
            prop: A column, or what ``relationship()`` and the like give.
        """
        from .instrument import instrument

        if not isinstance(prop, MapperProperty):
            column = getattr(prop, "column", prop)
            if column.table is None:
                if column.name is None:
                    column.name = key
                self.local_table.append_column(column)
            prop = ColumnProperty.of(prop)
        prop.attach(self, key)
        self._properties[key] = prop
        self._forget()
        instrument(self, key, prop)
        for each in self._subclasses:
            if key not in each._properties:
                each._adopt(key, prop)
        if self.configured:
            prop.configure()

    def _adopt(self, key: str, prop: MapperProperty) -> None:
        from .instrument import instrument

        mine = prop.for_subclass(self)
        if mine.parent is None:
            mine.attach(self, key)
        self._properties[key] = mine
        self._forget()
        instrument(self, key, mine)
        for each in self._subclasses:
            each._adopt(key, prop)

    def _forget(self) -> None:
        Mapper.layout += 1
        for name in (
            "_by_column",
            "_cascading",
            "_columns",
            "_plan",
        ):
            self.__dict__.pop(name, None)

    def _of_kind(self, *kinds: type) -> PropertyCollection:
        self._configure_all()
        return PropertyCollection(
            {
                key: prop
                for key, prop in self._properties.items()
                if isinstance(prop, kinds)
            }
        )

    def _configure_all(self) -> None:
        if not self.configured:
            self.registry.configure()

    @property
    def attrs(self) -> PropertyCollection:
        """The properties, by attribute name."""
        self._configure_all()
        return PropertyCollection(self._properties)

    @property
    def iterate_properties(self) -> Iterator[Any]:
        """The properties, one after the other."""
        return iter(self.attrs)

    @property
    def column_attrs(self) -> PropertyCollection:
        """The properties that are columns or expressions."""
        return self._of_kind(ColumnProperty)

    @property
    def relationships(self) -> PropertyCollection:
        """The properties that are relationships."""
        return self._of_kind(RelationshipProperty)

    @property
    def synonyms(self) -> PropertyCollection:
        """The properties that are synonyms."""
        return self._of_kind(SynonymProperty)

    @property
    def composites(self) -> PropertyCollection:
        """The properties that are composites."""
        return self._of_kind(CompositeProperty)

    @property
    def all_orm_descriptors(self) -> PropertyCollection:
        """The attributes of the class that the mapping knows, by name.

        Mapped attributes and hybrids, of the class and of its bases.
        """
        self._configure_all()
        found: dict[str, Any] = {}
        for owner in self.class_.__mro__:
            for key, value in owner.__dict__.items():
                if key in found:
                    continue
                if key in self._properties and owner is self.class_:
                    if "__mapper__" in owner.__dict__:
                        found[key] = getattr(self.class_, key)
                elif getattr(value, "is_hybrid", False):
                    found[key] = value
        own = [k for k in found if k in self._own_keys]
        rest = [k for k in found if k not in self._own_keys]
        return PropertyCollection({key: found[key] for key in own + rest})

    @property
    def _own_keys(self) -> frozenset[str]:
        parent = self.inherits
        if parent is None:
            return frozenset(self._properties)
        return frozenset(self._properties) - frozenset(parent._properties)

    @property
    def columns(self) -> ColumnCollection:
        """The columns, by attribute name."""
        found = self.__dict__.get("_columns")
        if found is None:
            found = self.__dict__["_columns"] = ColumnCollection.from_items(
                (key, each.columns[0])
                for key, each in self._properties.items()
                if isinstance(each, ColumnProperty)
            )
        return found

    @property
    def c(self) -> ColumnCollection:
        """The columns, by attribute name."""
        return self.columns

    @property
    def metadata(self) -> Any:
        """The metadata of the table."""
        return getattr(self.local_table, "metadata", self.registry.metadata)

    def has_property(self, key: str) -> bool:
        """Say whether an attribute of that name is mapped."""
        return key in self._properties

    def get_property(self, key: str, _configure_mappers: bool = True) -> Any:
        """Return the property of an attribute.

        Raises:
            InvalidRequestError: There is none of that name.
        """
        if _configure_mappers:
            self._configure_all()
        try:
            return self._properties[key]
        except KeyError:
            raise exc.InvalidRequestError(
                f"Mapper '{self}' has no property {key!r}"
            ) from None

    def get_property_by_column(self, column: Any) -> ColumnProperty:
        """Return the property that a column belongs to.

        Raises:
            UnmappedColumnError: It belongs to none.
        """
        found = self._property_of(column)
        if found is None:
            from .exc import UnmappedColumnError

            raise UnmappedColumnError(
                f"No column {column} is configured on mapper {self}"
            )
        return found

    def _property_of(self, column: Any) -> ColumnProperty | None:
        by_column = self.__dict__.get("_by_column")
        if by_column is None:
            by_column = self.__dict__["_by_column"] = {}
            for prop in self._properties.values():
                if isinstance(prop, ColumnProperty):
                    for each in prop.columns:
                        by_column.setdefault(each, prop)
        return by_column.get(column)

    # -- the hierarchy -------------------------------------------------------

    def _set_polymorphic(self, arguments: dict[str, Any]) -> None:
        parent = self.inherits
        self.polymorphic_on = self._polymorphic_column(arguments)
        self.polymorphic_identity = arguments.get("polymorphic_identity")
        self.polymorphic_abstract = bool(
            arguments.get("polymorphic_abstract", False)
        )
        self.polymorphic_map: dict[Any, Mapper] = (
            parent.polymorphic_map if parent is not None else {}
        )
        if self.polymorphic_identity is not None:
            self.polymorphic_map[self.polymorphic_identity] = self

    def _polymorphic_column(self, arguments: dict[str, Any]) -> Any:
        found = self._column_argument(arguments, "polymorphic_on")
        if found is None and self.inherits is not None:
            return self.inherits.polymorphic_on
        return found

    @property
    def mapper(self) -> Mapper:
        """The mapper itself, as attributes and aliases have one, too."""
        return self

    @property
    def is_mapper(self) -> bool:
        """True: what ``inspect()`` gives for a class."""
        return True

    @property
    def is_aliased_class(self) -> bool:
        """False: it is no alias."""
        return False

    @property
    def self_and_descendants(self) -> Iterable[Mapper]:
        """The mapper and those of all classes that derive from its class."""
        found, at = [self], 0
        while at < len(found):
            found.extend(found[at]._subclasses)
            at += 1
        return tuple(found)

    @property
    def polymorphic_identities(self) -> list[Any]:
        """The discriminator's values of this class and its descendants."""
        return [
            each.polymorphic_identity
            for each in self.self_and_descendants
            if each.polymorphic_identity is not None
        ]

    @property
    def with_polymorphic_mappers(self) -> tuple[Mapper, ...]:
        """Those whose columns are loaded with its rows, itself the first."""
        given = self._with_polymorphic
        inline = [
            e for e in self._subclasses if e.polymorphic_load == "inline"
        ]
        if given is None and not inline:
            return (self,)
        if given == "*":
            return tuple(self.self_and_descendants)
        return mappers_of(self, [*(given or ()), *inline])

    def iterate_to_root(self) -> Iterator[Mapper]:
        """Yield the mapper and those it derives from."""
        mapper: Mapper | None = self
        while mapper is not None:
            yield mapper
            mapper = mapper.inherits

    def isa(self, other: Mapper) -> bool:
        """Say whether it is another mapper or derives from it."""
        return any(each is other for each in self.iterate_to_root())

    def common_parent(self, other: Mapper) -> bool:
        """Say whether both belong to one hierarchy."""
        return self.base_mapper is other.base_mapper

    def primary_key_from_instance(self, instance: Any) -> list[Any]:
        """Return the values of the primary key of an instance."""
        return [
            getattr(instance, self.get_property_by_column(column).key)
            for column in self.primary_key
        ]

    def configure(self) -> None:
        """Resolve what the properties need of other mappers."""
        events.fire_mapper(self, "before_mapper_configured")
        for prop in list(self._properties.values()):
            if prop.parent is self:
                prop.configure()
        self.configured = True
        events.fire_mapper(self, "mapper_configured")

    def __str__(self) -> str:
        name = getattr(self.local_table, "description", None)
        return f"Mapper[{self.class_.__name__}({name})]"

    def __repr__(self) -> str:
        return f"<Mapper at 0x{id(self):x}; {self.class_.__name__}>"


def configure_mappers() -> None:
    """Resolve the relationships of all mapped classes.

    It happens by itself when a mapping is first used.

    Raises:
        InvalidRequestError: A name in a declaration stands for nothing.
        ArgumentError: A relationship makes no sense.
    """
    from .registry import all_registries

    for each in all_registries():
        each.configure()
