"""The options of a statement, looked up by the path to an attribute.

An option says something about an attribute at the end of a path of
relationships, or about all attributes there (``*``), or about all attributes
anywhere; what is said more closely counts, and of equals the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ... import exc
from ..._core import ClauseElement

__all__ = ["Options", "Origin", "Setting", "corresponds"]

# Actions of options on columns, and whether the column is loaded.
_COLUMNS = {"load_only": True, "undefer": True, "defer": False}


class Setting(NamedTuple):
    """What an option says about an attribute.

    Attributes:
        action: What is done, such as ``joined`` or ``defer``.
        settings: The keywords of the option.
        attribute: The relationship as the option names it, or None.
    """

    action: str
    settings: dict[str, Any]
    attribute: Any = None


Path = tuple[str, ...]


class Origin(ClauseElement):
    """That what is selected is loaded for a relationship of something else.

    An option for statements of loaders: the other options are rooted at an
    entity of the statement that the loader works for.

    Attributes:
        root: That entity.
        keys_from_root: Keys of the relationships from there to the entity
            that is selected.
    """

    _fields = ("root", "keys_from_root")

    root: Any
    keys_from_root: Path

    @classmethod
    def of(cls, root: Any, keys: Path) -> Origin:
        """Return the option.

        Args:
            root: The entity.
            keys: Keys of the relationships.
        """
        made: Origin = cls._new(root, keys)
        return made

    @property
    def mappers(self) -> tuple[Any, ...]:
        """The mappers on the way, those at both ends left out last."""
        found = [self.root.mapper]
        for key in self.keys_from_root[:-1]:
            found.append(found[-1].get_property(key).mapper)
        return tuple(found)


class Options:
    """The options of one statement.

    Args:
        options: The option nodes.
    """

    def __init__(self, options: Iterable[Any]) -> None:
        self.nodes = tuple(options)
        self.origin: Any = None
        self._relations: dict[tuple[Any, Path], Setting] = {}
        self._columns: dict[tuple[Any, Path], Setting] = {}
        self._groups: dict[tuple[Any, Path], set[str]] = {}
        self._subclasses: dict[tuple[Any, Path], list[Any]] = {}
        self._conflict: exc.InvalidRequestError | None = None
        for each in self.nodes:
            for step in getattr(each, "steps", ()):
                self._take(each.entity, *step)
            if hasattr(each, "keys_from_root"):
                self.origin = each

    @property
    def criteria(self) -> tuple[Any, ...]:
        """The options that add conditions to an entity."""
        return tuple(e for e in self.nodes if hasattr(e, "conditions"))

    # -- taking them in ------------------------------------------------------

    def _take(
        self,
        root: Any,
        attributes: tuple[Any, ...],
        action: str,
        keys: tuple[Any, ...],
        given: tuple[tuple[str, Any], ...],
    ) -> None:
        path = tuple(
            each if isinstance(each, str) else each.key for each in attributes
        )
        settings = dict(given)
        if action in _COLUMNS or action == "with_expression":
            self._take_columns((root, path), action, keys, settings)
        elif action == "undefer_group":
            self._groups.setdefault((root, path), set()).update(keys)
        elif action == "selectin_polymorphic":
            self._subclasses.setdefault((root, path), []).extend(keys)
        elif action != "default":
            made = Setting(action, settings, attributes[-1])
            before = self._relations.get((root, path), made)
            if before[:2] != made[:2] and path[-1] != "*":
                self._conflict = _conflict(before, made, path)
            self._relations[root, path] = made

    def _take_columns(
        self,
        place: tuple[Any, Path],
        action: str,
        keys: tuple[str, ...],
        settings: dict[str, Any],
    ) -> None:
        root, path = place
        if action == "load_only":
            self._columns[root, (*path, "*")] = Setting("defer", settings)
        for key in keys:
            made = Setting(action, settings)
            self._columns[root, (*path, key)] = made

    # -- asking --------------------------------------------------------------

    def relation(self, root: Any, path: Path) -> Setting | None:
        """Return what is said about a relationship.

        Args:
            root: The entity where the path begins.
            path: Keys of the relationships that lead to it, and its own.
        """
        return self._find(self._relations, root, path)

    def column(self, root: Any, path: Path) -> Setting | None:
        """Return what is said about a column; as :meth:`relation`."""
        return self._find(self._columns, root, path)

    def is_named(self, root: Any, path: Path) -> bool:
        """Say whether an option is about just this relationship."""
        return (root, path) in self._relations

    def groups(self, root: Any, path: Path) -> set[str]:
        """Return the groups of deferred columns to load of an entity."""
        return {
            *self._groups.get((root, path), ()),
            *self._groups.get((None, ()), ()),
        }

    def subclasses(self, root: Any, path: Path) -> tuple[Any, ...]:
        """Return the entities of ``selectin_polymorphic`` for an entity."""
        return tuple(self._subclasses.get((root, path), ()))

    @staticmethod
    def _find(
        table: dict[tuple[Any, Path], Setting], root: Any, path: Path
    ) -> Setting | None:
        for place in (
            (root, path),
            (root, (*path[:-1], "*")),
            (None, ("*",)),
        ):
            found = table.get(place)
            if found is not None:
                return found
        return None

    # -- roots ---------------------------------------------------------------

    def check(self, entities: Sequence[Any]) -> None:
        """Refuse options for entities that are not selected.

        Args:
            entities: The entities that are selected.

        Raises:
            ArgumentError: An option is rooted elsewhere.
            InvalidRequestError: Two of them say different things about one
                relationship.
        """
        if self.origin is not None:
            return
        for each in self.nodes:
            root = getattr(each, "entity", None)
            if root is None or not hasattr(each, "steps"):
                continue
            if all(step[1] == "default" for step in each.steps):
                continue
            if not any(_is_akin(entity, root) for entity in entities):
                raise _refusal(root, entities)
        if self._conflict is not None:
            raise self._conflict

    def rooted_at(self, entity: Any) -> Options:
        """Return them for one entity, which is the root of all of them.

        Args:
            entity: The entity.
        """
        made = Options(())
        made.nodes, made.origin = self.nodes, self.origin
        for name in ("_relations", "_columns", "_groups", "_subclasses"):
            table = getattr(self, name)
            for (root, path), value in table.items():
                if root is None:
                    getattr(made, name)[None, path] = value
                elif corresponds(entity, root):
                    getattr(made, name)[entity, path] = value
        return made


def _conflict(
    one: Setting, other: Setting, path: Path
) -> exc.InvalidRequestError:
    return exc.InvalidRequestError(
        f"Loader strategies for {'.'.join(path)} conflict:"
        f" {one.action!r} and {other.action!r}; leave one of them out"
    )


def corresponds(entity: Any, root: Any) -> bool:
    """Say whether options for one entity apply to another.

    Args:
        entity: What is selected.
        root: What the options are rooted at.
    """
    if entity is root:
        return True
    if entity._is_alias or root._is_alias:
        return False
    return bool(entity.mapper.isa(root.mapper))


def _is_akin(entity: Any, root: Any) -> bool:
    """Say whether options for an entity are allowed where another is."""
    if entity is root:
        return True
    if entity._is_alias or root._is_alias:
        return False
    return bool(entity.mapper.common_parent(root.mapper))


def _refusal(root: Any, entities: Sequence[Any]) -> exc.ArgumentError:
    if not entities:
        return exc.ArgumentError(
            "Query has only expression-based entities; attribute loader"
            f" options for {_name(root)} can't be applied here."
        )
    names = ", ".join(map(_name, entities))
    return exc.ArgumentError(
        f"Mapped class {_name(root)} does not apply to any of the root"
        f" entities in this query, e.g. {names}. Please give the full path of"
        " the option, from one of them on."
    )


def _name(entity: Any) -> str:
    return repr(entity) if entity._is_alias else str(entity.mapper)
