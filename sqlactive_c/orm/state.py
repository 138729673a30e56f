"""What ``inspect()`` gives for an instance of a mapped class."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import _core
from ..sql.inspect import inspects
from .properties import ColumnProperty
from .written import Record, known

__all__ = ["AttributeState", "History", "InstanceState"]

NO_VALUE = _core.NO_VALUE
#: What `get_history()` may do for what is not loaded: load it, or nothing.
PASSIVE_OFF = 1
PASSIVE_NO_INITIALIZE = 0


class History(NamedTuple):
    """What happened to an attribute since its row was read.

    Attributes:
        added: What is there now and was not.
        unchanged: What was there and still is.
        deleted: What was there and is not any more.
    """

    added: Any
    unchanged: Any
    deleted: Any

    def __bool__(self) -> bool:
        return any(self)

    def empty(self) -> bool:
        """Say whether nothing is known."""
        return not bool(self)

    def has_changes(self) -> bool:
        """Say whether something was added or deleted."""
        return bool(self.added or self.deleted)

    def sum(self) -> list[Any]:
        """Return all three, joined."""
        return [
            *(self.added or ()),
            *(self.unchanged or ()),
            *(self.deleted or ()),
        ]

    def non_deleted(self) -> list[Any]:
        """Return what is there now."""
        return [*(self.added or ()), *(self.unchanged or ())]

    def non_added(self) -> list[Any]:
        """Return what was there."""
        return [*(self.unchanged or ()), *(self.deleted or ())]


class AttributeState:
    """One attribute of one instance.

    Attributes:
        key: Name of the attribute.
        state: The state of the instance.
    """

    def __init__(self, state: InstanceState, key: str) -> None:
        self.state = state
        self.key = key

    @property
    def loaded_value(self) -> Any:
        """The value as it is, NO_VALUE if it is not loaded."""
        return self.state.instance._sac_peek(self.key)

    @property
    def value(self) -> Any:
        """The value, as reading the attribute gives it."""
        return getattr(self.state.instance, self.key)

    @property
    def history(self) -> History:
        """What happened to it since its row was read."""
        instance = self.state.instance
        prop = self.state.mapper._properties[self.key]
        if getattr(prop, "written", False):
            record = known(instance, self.key)
            return History(*(((),) * 3 if record is None else record.change()))
        now = instance._sac_peek(self.key)
        changes = instance._sac_changes
        if not self.state.has_identity:
            was: Any = NO_VALUE
            changed = now is not NO_VALUE
        else:
            changed = self.key in changes
            was = changes.get(self.key, NO_VALUE)
        if _is_collection(now) or isinstance(was, list):
            return _of_collections(now, was, changed)
        if now is NO_VALUE and not changed:
            return History((), (), ())
        if not changed or self._is_same(was, now):
            return History((), [now], ())
        return History(
            () if now is NO_VALUE else [now],
            (),
            () if was is NO_VALUE else [was],
        )

    def load_history(self) -> History:
        """Return what happened to it, with what was there before loaded.

        Raises:
            MissingGreenlet: It is not loaded, and the program has not said
                where to wait for that.
        """
        return get_history(self.state.instance, self.key)

    def _is_same(self, was: Any, now: Any) -> bool:
        if was is NO_VALUE or now is NO_VALUE:
            return False
        columns = getattr(self.state.mapper.attrs[self.key], "columns", None)
        if was is now or not columns:
            return was is now
        try:
            return bool(columns[0].type.compare_values(was, now))
        except Exception:  # values that refuse to be compared are others
            return False


def _is_collection(value: Any) -> bool:
    return hasattr(value, "_raw_add")


def _of_collections(now: Any, was: Any, changed: bool) -> History:
    current = [] if now is NO_VALUE else now._copy_of()
    if not changed:
        return History((), current, ())
    before = [] if was is NO_VALUE else list(was)
    had, has = {id(each) for each in before}, {id(each) for each in current}
    return History(
        [each for each in current if id(each) not in had],
        [each for each in current if id(each) in had],
        [each for each in before if id(each) not in has],
    )


def get_history(
    instance: Any, key: str, passive: int = PASSIVE_OFF
) -> History:
    """Return what happened to an attribute since its row was read.

    Args:
        instance: The instance.
        key: Name of the attribute.
        passive: PASSIVE_NO_INITIALIZE to load nothing.

    Raises:
        KeyError: There is no such attribute.
        AttributeError: The class of the instance is not mapped.
    """
    state = state_of(instance)
    if passive == PASSIVE_OFF and key in state.mapper._properties:
        loaded = instance._sac_peek(key) is not NO_VALUE
        if state.has_identity and not loaded:
            getattr(instance, key)
    return state.attrs[key].history


def state_of(instance: Any) -> InstanceState:
    """Return the state of an instance.

    Args:
        instance: The instance.

    Raises:
        AttributeError: Its class is not mapped.
    """
    if getattr(type(instance), "__mapper__", None) is None:
        raise AttributeError(
            f"{type(instance).__name__!r} object has no attribute"
            " '_sa_instance_state': its class is not mapped"
        )
    return InstanceState(instance)


class _AttributeStates:
    """The attributes of an instance, by name and as attributes."""

    def __init__(self, state: InstanceState) -> None:
        self._state = state

    def keys(self) -> list[str]:
        """Return the names."""
        return list(self._state.mapper._properties)

    def __getitem__(self, key: str) -> AttributeState:
        if key not in self._state.mapper._properties:
            raise KeyError(key)
        return AttributeState(self._state, key)

    def __getattr__(self, key: str) -> AttributeState:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None

    def __contains__(self, key: str) -> bool:
        return key in self._state.mapper._properties

    def __iter__(self) -> Any:
        return iter([self[key] for key in self.keys()])

    def __len__(self) -> int:
        return len(self.keys())


class InstanceState:
    """The state of an instance of a mapped class.

    Attributes:
        instance: The instance.
    """

    is_instance = True

    def __init__(self, instance: Any) -> None:
        self.instance = instance

    def obj(self) -> Any:
        """Return the instance."""
        return self.instance

    @property
    def object(self) -> Any:
        """The instance."""
        return self.instance

    @property
    def class_(self) -> Any:
        """The class of the instance."""
        return type(self.instance)

    @property
    def mapper(self) -> Any:
        """The mapper of the class."""
        return type(self.instance).__mapper__

    @property
    def attrs(self) -> _AttributeStates:
        """The attributes, by name."""
        return _AttributeStates(self)

    @property
    def transient(self) -> bool:
        """Whether it was made by the program and is in no session."""
        return bool(self.instance._sac_state == "transient")

    @property
    def pending(self) -> bool:
        """Whether it is to be inserted by its session."""
        return bool(self.instance._sac_state == "pending")

    @property
    def persistent(self) -> bool:
        """Whether it is a row, in a session."""
        return bool(self.instance._sac_state == "persistent")

    @property
    def deleted(self) -> bool:
        """Whether its DELETE was sent and is not committed yet."""
        return bool(self.instance._sac_state == "deleted")

    @property
    def detached(self) -> bool:
        """Whether it is a row, in no session any more."""
        return bool(self.instance._sac_state == "detached")

    @property
    def was_deleted(self) -> bool:
        """Whether its row was deleted by a session."""
        return self.deleted or bool(self.instance._sac_gone)

    @property
    def identity(self) -> Any:
        """The primary key of its row, a tuple, or None."""
        return self.instance._sac_identity

    @property
    def identity_key(self) -> Any:
        """Class, primary key and None; None without a row."""
        identity = self.identity
        if identity is None:
            return None
        return self.mapper.base_mapper.class_, identity, None

    key = identity_key

    @property
    def has_identity(self) -> bool:
        """Whether it is, or was, a row."""
        return self.identity is not None

    @property
    def session(self) -> Any:
        """Its session, or None."""
        return self.instance._sac_session

    async_session = session

    @property
    def modified(self) -> bool:
        """Whether something was set since the last flush or load."""
        return bool(self.instance._sac_modified)

    @property
    def expired(self) -> bool:
        """Whether it is to be loaded anew."""
        return bool(self.instance._sac_expired)

    @property
    def unloaded(self) -> set[str]:
        """Names of the attributes that have no value."""
        return set(self.instance._sac_unloaded)

    @property
    def unmodified(self) -> set[str]:
        """Names of the attributes that did not change."""
        return set(self.mapper._properties) - set(self.instance._sac_changes)

    @property
    def expired_attributes(self) -> set[str]:
        """Names of the columns that are to be loaded anew."""
        if not self.has_identity:
            return set()
        known = self.mapper._properties
        return {
            key
            for key in self.unloaded
            if isinstance(found := known.get(key), ColumnProperty)
            and (self.expired or not found.deferred)
        }

    @property
    def dict(self) -> dict[str, Any]:
        """The values that are there, by name."""
        peek = self.instance._sac_peek
        return {
            key: value
            for key in self.instance._sac_mapping.slots
            if (value := peek(key)) is not NO_VALUE
            and type(value) is not Record
        }

    def __repr__(self) -> str:
        return f"<InstanceState of {self.instance!r}>"


@inspects(_core.Instance)
def _of_instance(instance: Any) -> InstanceState | None:
    if getattr(type(instance), "__mapper__", None) is None:
        return None
    return InstanceState(instance)
