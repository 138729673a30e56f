"""Relationships between mapped classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import exc
from .cascades import CascadeOptions
from .clsregistry import evaluate, find_class
from .exc import LoaderStrategyException, UnmappedClassError
from .interfaces import MANYTOMANY, MANYTOONE, MapperProperty
from .joins import JoinCondition

__all__ = [
    "CascadeOptions",
    "Relationship",
    "RelationshipProperty",
    "backref",
    "relationship",
]

_LOADING = frozenset(
    "select joined selectin subquery immediate noload raise raise_on_sql"
    " dynamic write_only".split()
)
_WRITTEN = ("dynamic", "write_only")
_LAZY_WORDS: dict[Any, str] = {
    True: "select",
    False: "joined",
    None: "noload",
}
# Keywords that have a meaning for dataclasses only, or none here.
_IDLE = frozenset(
    "active_history bake_queries cascade_backrefs compare"
    " comparator_factory distinct_target_key enable_typechecks hash init"
    " kw_only load_on_pending omit_join overlaps"
    " query_class repr sync_backref".split()
)


class RelationshipProperty(MapperProperty):
    """What a mapper knows about an attribute with related instances.

    Made by :func:`relationship`, whose arguments it keeps.

    Attributes:
        argument: The related class, as given.
        mapper: The related class's mapper.
        direction: A ``RelationshipDirection``.
        uselist: Whether the attribute is a collection.
        secondary: The table of a many-to-many relationship, or None.
        primaryjoin, secondaryjoin: The join conditions.
        local_remote_pairs: Pairs of columns that correspond.
        local_columns, remote_side: Sets of columns.
        cascade: :class:`CascadeOptions`.
        back_populates: Name of the attribute on the other side, or None.
        written: Whether its collection is never in memory.
    """

    def __init__(self, argument: Any, options: dict[str, Any]) -> None:
        super().__init__(options.pop("doc", None), options.pop("info", None))
        self.argument = argument
        self.options = options
        self.uselist: bool | None = options.get("uselist")
        self.collection_class = options.get("collection_class")
        self.back_populates: str | None = options.get("back_populates")
        self.backref = options.get("backref")
        self.viewonly = bool(options.get("viewonly", False))
        self.lazy = _loading_word(options.get("lazy", "select"))
        self.written = self.lazy in _WRITTEN
        self.passive_deletes = options.get("passive_deletes", False)
        self.passive_updates = options.get("passive_updates", True)
        self.single_parent = bool(options.get("single_parent", False))
        self.innerjoin = options.get("innerjoin", False)
        self.post_update = bool(options.get("post_update", False))
        self.cascade = self._cascade_options(options.get("cascade", False))
        self._reverse: set[RelationshipProperty] = set()
        self._condition: JoinCondition | None = None
        self._configured = False
        self._check()

    def _check(self) -> None:
        if self.back_populates and self.backref:
            raise exc.ArgumentError(
                "a relationship has back_populates or backref, not both"
            )
        if self.viewonly and self.cascade & {
            "save-update", "delete", "delete-orphan",
        }:  # fmt: skip
            raise exc.ArgumentError(
                "a viewonly relationship changes nothing: it cannot cascade "
                + ", ".join(sorted(self.cascade))
            )

    def _cascade_options(self, given: Any) -> CascadeOptions:
        if given is not False:
            return CascadeOptions(given)
        if self.viewonly:
            return CascadeOptions("merge")
        return CascadeOptions("save-update, merge")

    def load_as(self, lazy: str) -> None:
        """Be loaded as an annotation says.

        Args:
            lazy: The word for it.
        """
        self.lazy = self.options["lazy"] = lazy
        self.written = lazy in _WRITTEN

    def copy(self) -> RelationshipProperty:
        """Return a relationship of no mapper with the same arguments."""
        return type(self)(self.argument, dict(self.options))

    # -- resolving -----------------------------------------------------------

    @property
    def entity(self) -> Any:
        """The mapper of the related class."""
        return self.mapper

    @property
    def mapper(self) -> Any:
        """The mapper of the related class."""
        found = self.__dict__.get("_mapper")
        if found is None:
            found = self.__dict__["_mapper"] = self._find_mapper()
        return found

    @property
    def target(self) -> Any:
        """What the related class selects from."""
        return self.mapper.selectable

    def _find_mapper(self) -> Any:
        argument = self.argument
        if argument is None:
            raise exc.ArgumentError(
                f"relationship {self} has no related class: give it as the"
                " first argument or in the annotation"
            )
        if callable(argument) and not isinstance(argument, type):
            argument = argument()
        if isinstance(argument, str):
            argument = self._class_of_name(argument)
        mapper = getattr(argument, "__mapper__", None)
        if mapper is None:
            if isinstance(argument, type):
                raise UnmappedClassError(argument)
            raise exc.ArgumentError(
                f"relationship {self} expects a mapped class, not {argument!r}"
            )
        return mapper.mapper

    def _class_of_name(self, name: str) -> Any:
        registry = self.parent.registry
        asker = f"relationship {self}"
        if name.replace(".", "").replace("_", "").isalnum():
            return find_class(registry, name, asker)
        return evaluate(registry, self.parent.metadata, name, asker)

    def _expression(self, name: str) -> Any:
        """Return an argument that may be text or a function."""
        given = self.options.get(name)
        if callable(given) and not hasattr(given, "__clause_element__"):
            given = given()
        return self._evaluated(given, name)

    def _columns(self, name: str) -> list[Any] | None:
        from .joins import resolved

        given = self._expression(name)
        if given is None or given is False:
            return None
        if not isinstance(given, (list, tuple, set, frozenset)):
            given = [given]
        each = (self._evaluated(one, name) for one in given)
        return [resolved(getattr(one, "column", one)) for one in each]

    @property
    def secondary(self) -> Any:
        """The table of a many-to-many relationship, or None."""
        if "_secondary" not in self.__dict__:
            found = self._expression("secondary")
            if isinstance(found, type):
                found = found.__table__  # type: ignore[attr-defined]
            self.__dict__["_secondary"] = found
        return self.__dict__["_secondary"]

    def configure(self) -> None:
        """Find the related class, the join conditions and the other side."""
        if self._configured:
            return
        self._configured = True
        try:
            self._set_up()
        except Exception:
            self._configured = False
            raise

    def _set_up(self) -> None:
        from .instrument import instrument_scalar

        self._check_loading()
        self._condition = JoinCondition(
            str(self),
            self.parent.persist_selectable,
            self.mapper.persist_selectable,
            self.parent.local_table,
            self.mapper.local_table,
            self.secondary,
            self._expression("primaryjoin"),
            self._expression("secondaryjoin"),
            self._columns("foreign_keys"),
            self._columns("remote_side"),
            self.mapper.base_mapper is self.parent.base_mapper,
        )
        if self.uselist is None:
            self.uselist = self.direction is not MANYTOONE
            if not self.uselist:
                instrument_scalar(self.parent, self)
        if self.written and (not self.uselist or self.direction is MANYTOONE):
            raise exc.InvalidRequestError(
                f"relationship {self} leads to one instance, where"
                f" lazy={self.lazy!r} is for collections"
            )
        self._check_orphans()
        self.order_by: tuple[Any, ...] = self._order_by()
        if self.backref is not None:
            self._make_backref()
        elif self.back_populates is not None:
            self._link(self.back_populates)

    def _check_loading(self) -> None:
        if self.lazy not in _LOADING:
            raise LoaderStrategyException(
                f"lazy={self.lazy!r} of relationship {self} is no way of"
                " loading; there are " + ", ".join(map(repr, sorted(_LOADING)))
            )

    def _check_orphans(self) -> None:
        if (
            self.cascade.delete_orphan
            and not self.single_parent
            and self.direction in (MANYTOMANY, MANYTOONE)
        ):
            side = self.direction.name.lower()
            raise exc.ArgumentError(
                f"relationship {self} is {side} and has the cascade"
                " 'delete-orphan', which needs single_parent=True there:"
                " an instance must not have two parents"
            )

    def _order_by(self) -> tuple[Any, ...]:
        from .joins import resolved

        given = self._expression("order_by")
        if given is None or given is False:
            return ()
        each = given if isinstance(given, (list, tuple)) else (given,)
        return tuple(
            resolved(self._evaluated(one, "order_by")) for one in each
        )

    def _evaluated(self, given: Any, name: str) -> Any:
        """Return an argument, evaluated if it is text."""
        if not isinstance(given, str):
            return given
        return evaluate(
            self.parent.registry,
            self.parent.metadata,
            given,
            f"{name} of relationship {self}",
        )

    def _make_backref(self) -> None:
        given: Any = self.backref
        key, given = (given, {}) if isinstance(given, str) else given
        mapper = self.mapper
        if mapper.has_property(key):
            raise exc.ArgumentError(
                f"the backref {key!r} of relationship {self} exists already"
                f" on {mapper}"
            )
        options = dict(given)
        if self.secondary is not None:
            options.setdefault("primaryjoin", self._condition_of(True))
            options.setdefault("secondaryjoin", self._condition_of(False))
            options.setdefault("secondary", self.secondary)
        else:
            options.setdefault("primaryjoin", self.primaryjoin)
            if (
                self.condition.given_remote
                or self.mapper.base_mapper is self.parent.base_mapper
            ):
                options.setdefault("remote_side", list(self.local_columns))
        options.setdefault("foreign_keys", self.options.get("foreign_keys"))
        options.setdefault("viewonly", self.viewonly)
        options.setdefault("post_update", self.post_update)
        options.setdefault("passive_updates", self.passive_updates)
        options["back_populates"] = self.key
        self.back_populates = key
        other = type(self)(self.parent.class_, options)
        mapper.add_property(key, other)
        other.configure()
        self._link(key)

    def _condition_of(self, second: bool) -> Any:
        return self.secondaryjoin if second else self.primaryjoin

    def _link(self, key: str) -> None:
        mapper = self.mapper
        if not mapper.has_property(key):
            raise exc.InvalidRequestError(
                f"{mapper} has no property {key!r}, which relationship"
                f" {self} names in back_populates"
            )
        other = mapper.attrs[key]
        if not isinstance(other, RelationshipProperty):
            raise exc.InvalidRequestError(
                f"back_populates of relationship {self} names {other}, which"
                " is no relationship"
            )
        self._reverse.add(other)
        other._reverse.add(self)
        if not other.mapper.common_parent(self.parent):
            raise exc.ArgumentError(
                f"relationship {other} does not lead back to {self.parent},"
                f" as back_populates of {self} says"
            )
        if other._condition is not None and (
            other.direction is self.direction
            and self.direction is not MANYTOMANY
        ):
            raise exc.ArgumentError(
                f"{other} and back-reference {self} are both of the same"
                f" direction {self.direction!r}: did you mean to set"
                " remote_side on the many-to-one side?"
            )

    # -- what is known then --------------------------------------------------

    @property
    def condition(self) -> JoinCondition:
        """The analysed join condition."""
        if self._condition is None:
            self.parent.registry.configure()
        assert self._condition is not None
        return self._condition

    @property
    def direction(self) -> Any:
        """On which side the foreign key is."""
        return self.condition.direction

    @property
    def primaryjoin(self) -> Any:
        """The condition between the parent and the related or middle table."""
        return self.condition.primaryjoin

    @property
    def secondaryjoin(self) -> Any:
        """The condition between the middle table and the related one."""
        return self.condition.secondaryjoin

    @property
    def local_remote_pairs(self) -> list[tuple[Any, Any]]:
        """Pairs of columns that correspond."""
        return self.condition.local_remote_pairs

    @property
    def synchronize_pairs(self) -> list[tuple[Any, Any]]:
        """Pairs (source, foreign key) that a flush copies along."""
        return self.condition.synchronize_pairs

    @property
    def secondary_synchronize_pairs(self) -> list[tuple[Any, Any]]:
        """The same between the related and the middle table."""
        return self.condition.secondary_synchronize_pairs

    @property
    def local_columns(self) -> set[Any]:
        """Columns of the parent side."""
        return self.condition.local_columns

    @property
    def remote_side(self) -> set[Any]:
        """Columns of the related side."""
        return self.condition.remote_columns


Relationship = RelationshipProperty


def _loading_word(given: Any) -> str:
    return str(_LAZY_WORDS.get(given, given) if _is_plain(given) else given)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, str))


def relationship(
    argument: Any = None,
    secondary: Any = None,
    *,
    uselist: bool | None = None,
    collection_class: Callable[[], Any] | type | None = None,
    primaryjoin: Any = None,
    secondaryjoin: Any = None,
    back_populates: str | None = None,
    backref: Any = None,
    order_by: Any = False,
    overlaps: str | None = None,
    post_update: bool = False,
    cascade: Any = False,
    viewonly: bool = False,
    lazy: Any = "select",
    passive_deletes: bool | str = False,
    passive_updates: bool = True,
    foreign_keys: Any = None,
    remote_side: Any = None,
    single_parent: bool = False,
    innerjoin: bool | str = False,
    join_depth: int | None = None,
    doc: str | None = None,
    info: dict[Any, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Declare a relationship to another mapped class.

    Args:
        argument: The related class, its name, or a function that returns
            it; follows from the annotation if left out.
        secondary: The table of a many-to-many relationship, its name, or a
            function that returns it.
        uselist: Whether the attribute is a collection; follows from the
            annotation or the foreign keys.
        collection_class: Type of the collection, ``list`` or ``set``.
        primaryjoin: Condition between the two tables, or between the
            parent's and ``secondary``; follows from the foreign keys.
        secondaryjoin: Condition between ``secondary`` and the related table.
        back_populates: Name of the relationship on the other side.
        backref: Name of one to be made on the other side, or the result of
            :func:`backref`.
        order_by: Order of a collection: columns, or text to evaluate.
        overlaps: Names of relationships that write the same columns on
            purpose; accepted for its meaning elsewhere.
        post_update: Write the foreign key in a second statement.
        cascade: What happens to related instances, see
            :class:`CascadeOptions`.
        viewonly: Changes of the attribute are not written.
        lazy: How the attribute is loaded: ``select``, ``joined``,
            ``selectin``, ``subquery``, ``immediate``, ``noload``,
            ``raise``, ``raise_on_sql``, ``write_only``, ``dynamic``.
        passive_deletes: Leave related rows to the database's ON DELETE.
        passive_updates: Leave key changes to the database's ON UPDATE.
        foreign_keys: Columns that hold the key.
        remote_side: Columns of the related side, for self-references.
        single_parent: Each related instance has one parent at most.
        innerjoin: Join with INNER JOIN when loading with a join.
        join_depth: How deep it is loaded along where it leads in circles.
        doc: Documentation of the attribute.
        info: A dict for the user's own purposes.
        **kwargs: Further keywords of SQLAlchemy that have no effect here.

    Returns:
        The declaration, to be assigned to an attribute.

    Raises:
        ArgumentError: An argument makes no sense.
        TypeError: An unknown keyword.
    """
    for name in kwargs:
        if name not in _IDLE:
            raise TypeError(
                f"relationship() got an unexpected keyword argument {name!r}"
            )
    options = {
        "secondary": secondary,
        "uselist": uselist,
        "collection_class": collection_class,
        "primaryjoin": primaryjoin,
        "secondaryjoin": secondaryjoin,
        "back_populates": back_populates,
        "backref": backref,
        "order_by": order_by,
        "post_update": post_update,
        "cascade": cascade,
        "viewonly": viewonly,
        "lazy": lazy,
        "passive_deletes": passive_deletes,
        "passive_updates": passive_updates,
        "foreign_keys": foreign_keys,
        "remote_side": remote_side,
        "single_parent": single_parent,
        "innerjoin": innerjoin,
        "join_depth": join_depth,
        "doc": doc,
        "info": info,
    }
    return Relationship(argument, options)


def backref(name: str, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    """Describe the relationship that ``backref=`` makes on the other side.

    Args:
        name: Name of the attribute there.
        **kwargs: Arguments of :func:`relationship`.
    """
    return name, kwargs
