"""Options of statements: what is loaded with an entity, and how.

An option is a node, so that it counts for what a statement is; it consists
of steps: a path of relationships from an entity, and what is done there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import exc
from .._core import ClauseElement
from .entity import entity_of

__all__ = [
    "Load",
    "LoaderCriteria",
    "contains_eager",
    "defaultload",
    "defer",
    "immediateload",
    "joinedload",
    "lazyload",
    "load_only",
    "noload",
    "raiseload",
    "selectin_polymorphic",
    "selectinload",
    "subqueryload",
    "undefer",
    "undefer_group",
    "with_expression",
    "with_loader_criteria",
]

Settings = tuple[tuple[str, Any], ...]


class Load(ClauseElement):
    """Options for the attributes of an entity; methods add to them.

    Args:
        entity: A mapped class or an alias of one.
    """

    _fields = ("entity", "path", "steps")

    def __new__(cls, entity: Any) -> Load:
        """Return it, made of its parts."""
        made: Load = cls._new(entity_of(entity), (), ())
        return made

    def __init__(self, *args: Any) -> None:
        """Everything is done in __new__."""

    def _loading(self, statement: Any, from_list: Any) -> Any:
        """Return how a statement is written that may select no entity."""
        from .loading.statement import loading

        return loading(statement, from_list)

    # -- how it grows --------------------------------------------------------

    def _columns(
        self, action: str, attributes: tuple[Any, ...], **settings: Any
    ) -> Load:
        step = (self.path, action, attributes, tuple(settings.items()))
        made: Load = self._replace(steps=(*self.steps, step))
        return made

    def _relation(self, action: str, attribute: Any, **settings: Any) -> Load:
        attribute = _relationship(attribute, action)
        if not isinstance(attribute, str):
            self._check_link(attribute)
        path = (*self.path, attribute)
        step = (path, action, (), tuple(settings.items()))
        made: Load = self._replace(path=path, steps=(*self.steps, step))
        return made

    def _check_link(self, attribute: Any) -> None:
        """Refuse a relationship that does not go on from the path."""
        last = self.path[-1] if self.path else None
        if isinstance(last, str):
            return
        at = self.entity if last is None else last._target()
        root = attribute._root
        if at is None or at is root:
            return
        narrowed = getattr(last, "_narrowed", None)
        of_alias = root._is_alias or getattr(narrowed, "_is_alias", False)
        if not of_alias and (
            at.mapper.isa(root.mapper) or root.mapper.isa(at.mapper)
        ):
            return
        where = at if last is None else last
        raise exc.ArgumentError(
            f'ORM mapped attribute "{attribute}" does not link from "{where}":'
            " it belongs to another class or alias"
        )

    def options(self, *opts: Load) -> Load:
        """Return it with options for the entity at the end of its path.

        Args:
            *opts: The options.
        """
        added = tuple(
            (self.path + path, *rest)
            for each in opts
            for path, *rest in each.steps
        )
        made: Load = self._replace(steps=(*self.steps, *added))
        return made

    # -- columns -------------------------------------------------------------

    def load_only(self, *attrs: Any, raiseload: bool = False) -> Load:
        """Load these columns only; see :func:`load_only`."""
        return self._columns("load_only", _keys(attrs), raiseload=raiseload)

    def defer(self, key: Any, raiseload: bool = False) -> Load:
        """Do not load a column; see :func:`defer`."""
        return self._columns("defer", _keys((key,)), raiseload=raiseload)

    def undefer(self, key: Any) -> Load:
        """Load a deferred column; see :func:`undefer`."""
        return self._columns("undefer", _keys((key,)))

    def undefer_group(self, name: str) -> Load:
        """Load a group of deferred columns; see :func:`undefer_group`."""
        return self._columns("undefer_group", (name,))

    def with_expression(self, key: Any, expression: Any) -> Load:
        """Load an expression as an attribute."""
        from ..sql.coercions import expression as coerce

        return self._columns(
            "with_expression", _keys((key,)), expression=coerce(expression)
        )

    def selectin_polymorphic(self, classes: Any) -> Load:
        """Load the columns of derived classes by further SELECTs."""
        return self._columns(
            "selectin_polymorphic", tuple(entity_of(c) for c in classes)
        )

    # -- relationships -------------------------------------------------------

    def joinedload(self, attr: Any, innerjoin: Any = None) -> Load:
        """Load a relationship by a join; see :func:`joinedload`."""
        return self._relation("joined", attr, innerjoin=innerjoin)

    def selectinload(self, attr: Any, recursion_depth: Any = None) -> Load:
        """Load a relationship by IN; see :func:`selectinload`."""
        return self._relation("selectin", attr, recursion=recursion_depth)

    def subqueryload(self, attr: Any) -> Load:
        """Load a relationship by a subquery."""
        return self._relation("subquery", attr)

    def immediateload(self, attr: Any, recursion_depth: Any = None) -> Load:
        """Load a relationship by a SELECT for each instance."""
        return self._relation("immediate", attr, recursion=recursion_depth)

    def lazyload(self, attr: Any) -> Load:
        """Do not load a relationship with the statement."""
        return self._relation("select", attr)

    def noload(self, attr: Any) -> Load:
        """Let a relationship be empty."""
        return self._relation("noload", attr)

    def raiseload(self, attr: Any, sql_only: bool = False) -> Load:
        """Raise when a relationship is read that is not loaded."""
        return self._relation("raise", attr, sql_only=sql_only)

    def defaultload(self, attr: Any) -> Load:
        """Leave a relationship as it is, to go on from it."""
        return self._relation("default", attr)

    def contains_eager(self, attr: Any, alias: Any = None) -> Load:
        """Load a relationship from the columns of a join there is."""
        target = None if alias is None else entity_of(alias)
        return self._relation("contains_eager", attr, alias=target)


class LoaderCriteria(ClauseElement):
    """Conditions that go with an entity wherever a statement has it."""

    _fields = ("target", "criteria", "include_aliases")

    def conditions(self, entity: Any) -> tuple[Any, ...]:
        """Return the conditions for an entity of a statement."""
        if getattr(entity, "is_aliased_class", False) and (
            not self.include_aliases and not _same(entity, self.target)
        ):
            return ()
        mapper = getattr(entity, "mapper", None)
        if mapper is None or not _concerns(self.target, mapper):
            return ()
        found = self.criteria
        if not isinstance(found, ClauseElement):
            found = found(entity.entity_class)
        return (entity._adapted(found),)


def _same(entity: Any, target: Any) -> bool:
    return entity is target


def _concerns(target: Any, mapper: Any) -> bool:
    if isinstance(target, type):
        return issubclass(mapper.class_, target)
    return bool(mapper.isa(target.mapper))


# -- arguments ---------------------------------------------------------------


def _key_of(attribute: Any) -> str:
    if isinstance(attribute, str):
        if attribute == "*":
            return attribute
        raise exc.ArgumentError(
            f"an attribute of a mapped class is needed, not {attribute!r}"
        )
    key = getattr(attribute, "key", None)
    if not isinstance(key, str):
        raise exc.ArgumentError(
            f"an attribute of a mapped class is needed, not {attribute!r}"
        )
    return key


def _keys(attributes: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(map(_key_of, attributes))


def _relationship(attribute: Any, action: str) -> Any:
    if attribute == "*" if isinstance(attribute, str) else False:
        return attribute
    if getattr(attribute, "_join_parts", None) is None:
        raise exc.ArgumentError(
            f"{action} loading is for a relationship, not {attribute!r}"
        )
    return attribute


def _load(attribute: Any) -> Load:
    """Return options without steps for the entity of an attribute."""
    entity = None
    if not isinstance(attribute, str):
        entity = getattr(attribute, "_entity", None)
        if entity is None:
            entity = getattr(attribute, "_root", None)
        if entity is None:
            raise exc.ArgumentError(
                f"an attribute of a mapped class is needed, not {attribute!r}"
            )
    made: Load = Load._new(entity, (), ())
    return made


def _chain(method: str, keys: tuple[Any, ...], **settings: Any) -> Load:
    made = _load(keys[0])
    for each in keys[:-1]:
        made = made.defaultload(each)
    last: Load = getattr(made, method)(keys[-1], **settings)
    return last


# -- functions ---------------------------------------------------------------


def load_only(*attrs: Any, raiseload: bool = False) -> Load:
    """Return the option to load these columns of an entity only.

    Args:
        *attrs: The attributes; those of the primary key are loaded, too.
        raiseload: Raise when another one is read.
    """
    return _load(attrs[0]).load_only(*attrs, raiseload=raiseload)


def defer(key: Any, *addl_attrs: Any, raiseload: bool = False) -> Load:
    """Return the option not to load a column.

    Args:
        key: The attribute.
        *addl_attrs: Attributes that follow a relationship.
        raiseload: Raise when it is read.
    """
    return _chain("defer", (key, *addl_attrs), raiseload=raiseload)


def undefer(key: Any, *addl_attrs: Any) -> Load:
    """Return the option to load a deferred column.

    Args:
        key: The attribute.
        *addl_attrs: Attributes that follow a relationship.
    """
    return _chain("undefer", (key, *addl_attrs))


def undefer_group(name: str) -> Load:
    """Return the option to load a group of deferred columns.

    Args:
        name: Its name.
    """
    return _load("*").undefer_group(name)


def with_expression(key: Any, expression: Any) -> Load:
    """Return the option to load an expression as an attribute.

    Args:
        key: The attribute.
        expression: The SQL expression.
    """
    return _load(key).with_expression(key, expression)


def selectin_polymorphic(base_cls: Any, classes: Any) -> Load:
    """Return the option to load the columns of derived classes.

    Args:
        base_cls: The class that is selected.
        classes: The derived classes.
    """
    return Load(base_cls).selectin_polymorphic(classes)


def _of_relationships(method: str, summary: str) -> Callable[..., Load]:
    def option(*keys: Any, **settings: Any) -> Load:
        return _chain(method, keys, **settings)

    option.__name__ = option.__qualname__ = method
    option.__doc__ = f"""{summary}

    Args:
        *keys: The relationship, after those that lead to it.
        **settings: As for the method of :class:`Load`.
    """
    return option


joinedload = _of_relationships(
    "joinedload", "Return the option to load a relationship by a join."
)
selectinload = _of_relationships(
    "selectinload", "Return the option to load a relationship by IN."
)
subqueryload = _of_relationships(
    "subqueryload", "Return the option to load a relationship by a subquery."
)
immediateload = _of_relationships(
    "immediateload", "Return the option to load a relationship at once."
)
lazyload = _of_relationships(
    "lazyload", "Return the option to load a relationship when it is read."
)
noload = _of_relationships(
    "noload", "Return the option to let a relationship be empty."
)
raiseload = _of_relationships(
    "raiseload", "Return the option to raise when a relationship is read."
)
defaultload = _of_relationships(
    "defaultload", "Return the option to go on from a relationship."
)
contains_eager = _of_relationships(
    "contains_eager", "Return the option to load from a join there is."
)


def with_loader_criteria(
    entity_or_base: Any,
    where_criteria: Any,
    loader_only: bool = False,
    include_aliases: bool = False,
    propagate_to_loaders: bool = True,
    track_closure_variables: bool = True,
) -> LoaderCriteria:
    """Return the option to add conditions wherever an entity stands.

    Args:
        entity_or_base: A mapped class, or a base of several.
        where_criteria: The condition, or a function from class to condition.
        loader_only: Accepted for compatibility.
        include_aliases: Aliases of the class are meant, too.
        propagate_to_loaders: Accepted for compatibility.
        track_closure_variables: Accepted for compatibility.
    """
    from ..sql.coercions import where

    target = getattr(entity_or_base, "__entity_node__", entity_or_base)
    if isinstance(where_criteria, ClauseElement) or not callable(
        where_criteria
    ):
        where_criteria = where(where_criteria)
    made: LoaderCriteria = LoaderCriteria._new(
        target, where_criteria, bool(include_aliases)
    )
    return made
