"""Runs the steps of a program, and writes down what is seen."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from parity.library import PEER
from parity.random_units.stage import Stage
from parity.random_units.worlds import Kind

STATES = ("transient", "pending", "persistent", "deleted", "detached")
AT_ONCE = frozenset(
    """new add set key del one append remove replace read expire_all""".split()
)


class Step(NamedTuple):
    """One step of a program; the numbers choose among what there is."""

    name: str
    a: int
    b: int
    c: int


class Watcher:
    """Plays one program.

    Args:
        stage: Where.
        options: Arguments of the session.
    """

    def __init__(self, stage: Stage, options: dict[str, Any]) -> None:
        self.stage = stage
        self.session = stage.lib.asyncio.AsyncSession(stage.engine, **options)
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.names: list[str] = []
        self.given: list[set[str]] = []
        self.nested: list[Any] = []
        self.retired: set[int] = set()
        self.returned: set[int] = set()
        self.told = ""
        if stage.lib._package == PEER:
            stage.lib.event.listen(
                self.session.sync_session, "do_orm_execute", _check_greenlet
            )

    # -- instances -----------------------------------------------------------

    def number(self, instance: Any) -> int:
        """Return the number of an instance; a new one has the next."""
        found = self.numbers.get(id(instance))
        if found is None:
            found = self.numbers[id(instance)] = len(self.objects)
            self.objects.append(instance)
            self.names.append(type(instance).__name__)
            self.given.append(set())
        return found

    def any(self, a: int) -> Any:
        found = [
            each
            for at, each in enumerate(self.objects)
            if at not in self.retired
        ]
        return found[a % len(found)] if found else None

    def of(self, target: str, c: int) -> Any:
        """Return an instance that a relationship takes, or None."""
        takers = self.stage.takers(target)
        found = [
            each
            for at, each in enumerate(self.objects)
            if self.names[at] in takers
            and at not in self.retired
            and not self.came_back(each)
        ]
        return found[c % len(found)] if found else None

    def came_back(self, instance: Any) -> bool:
        """Say whether it was in the session and is not any more, or soon.

        The peer remembers old relationships of these, and forgets to delete
        what gets a parent.
        """
        return instance in self.session.deleted or (
            instance not in self.session
            and self.number(instance) in self.returned
        )

    def kind(self, instance: Any) -> Kind:
        return self.stage.kinds[type(instance).__name__]

    def set(self, instance: Any, name: str, value: Any) -> None:
        setattr(instance, name, value)
        self.given[self.number(instance)].add(name)

    def order(self) -> None:
        """Number what is pending; the peer does it with repetitions."""
        for at, state in enumerate(self.session.sync_session._new):
            state.insert_order = at

    def retire(self) -> None:
        """Leave alone what is in no session after a rollback.

        The peer takes values from some of it, and remembers relationships.
        """
        for at, instance in enumerate(self.objects):
            if instance not in self.session:
                self.retired.add(at)

    def fill(self) -> None:
        """Have None where a row was inserted without a value, as we have."""
        for instance in self.objects:
            state = self.stage.lib.inspect(instance)
            if not state.has_identity:
                state.expired = False
                state.expired_attributes.clear()
            if state.pending:
                for key in self.stage.empty[type(instance).__name__]:
                    state.dict.setdefault(key, None)
            if state.persistent:
                for key in state.unloaded - state.expired_attributes:
                    if key in self.stage.columns[type(instance).__name__]:
                        state.dict[key] = None

    async def freshen(self) -> None:
        """Load what is expired: one of us would, on the way to another."""
        with self.session.no_autoflush:
            for instance in self.objects:
                if self.stage.lib.inspect(instance).persistent:
                    keys = self.seen(instance)["expired_attributes"]
                    if keys:
                        await self.session.refresh(instance, keys)

    async def settle(self) -> None:
        """Load what a flush of the peer would load, and ours would not."""
        session = self.session
        if not (
            session.new
            or session.deleted
            or any(self.really(each) is not False for each in session.dirty)
        ):
            return
        await self.freshen()

    def is_flush(self, error: Exception) -> bool:
        """Say whether it is a flush that has failed."""
        lib = self.stage.lib
        return isinstance(
            error,
            (
                lib.exc.StatementError,
                lib.orm.exc.FlushError,
                lib.orm.exc.StaleDataError,
            ),
        )

    # -- what is seen --------------------------------------------------------

    async def play(self, step: Step) -> dict[str, Any]:
        """Do a step.

        Args:
            step: The step.

        Returns:
            What is there then.
        """
        self.told = ""
        raised, failed = None, False
        nested = self.session.in_nested_transaction()
        if self.stage.lib._package == PEER:
            self.order()
        states = [each in self.session for each in self.objects]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                if step.name in AT_ONCE:
                    # A flush that the peer began here could not wait.
                    with self.session.no_autoflush:
                        getattr(self, f"do_{step.name}")(*step[1:])
                    rows = False
                else:
                    await self.settle()
                    rows = await getattr(self, f"do_{step.name}")(*step[1:])
            except Exception as error:
                raised, rows = type(error).__name__, False
                failed = self.is_flush(error)
        if failed or step.name in ("rollback", "back"):
            self.retire()
            if nested:  # the peer's have got more modified ones
                self.session.expire_all()
        for at, was in enumerate(states):
            if was and self.objects[at] not in self.session:
                self.returned.add(at)
        if self.stage.lib._package == PEER:
            self.fill()
        seen = {
            "step": f"{step.name}: {self.told}",
            "raises": raised,
            "warns": sorted({each.category.__name__ for each in caught}),
            **self.session_seen(),
            "objects": [],
        }
        for instance in self.objects:  # grows
            seen["objects"].append(
                None
                if self.number(instance) in self.retired
                else self.seen(instance)
            )
        if rows and self.session.is_active:
            seen["rows"] = await self.stage.rows(self.session)
        return seen

    def session_seen(self) -> dict[str, Any]:
        session = self.session
        return {
            "new": sorted(self.number(each) for each in session.new),
            "dirty": sorted(self.number(each) for each in session.dirty),
            "deleted": sorted(self.number(each) for each in session.deleted),
            "in": sorted(self.number(each) for each in session),
            "active": session.is_active,
            "transaction": session.in_transaction(),
            "nested": session.in_nested_transaction(),
        }

    def seen(self, instance: Any) -> dict[str, Any]:
        """Describe an instance, loading nothing."""
        state = self.stage.lib.inspect(instance)
        name = type(instance).__name__
        known = state.dict
        columns = self.stage.columns[name]
        relations = self.stage.relations[name]
        return {
            "is": [each for each in STATES if getattr(state, each)],
            "was_deleted": state.was_deleted,
            "identity": state.identity,
            "modified": state.modified,
            "really": self.really(instance),
            "values": {key: known[key] for key in columns if key in known},
            "related": {
                key: self.related(known[key])
                for key in relations
                if key in known
            },
            "unloaded": sorted(state.unloaded.intersection(columns))
            if state.persistent
            else [],
            "expired_attributes": sorted(
                state.expired_attributes.intersection(columns).difference(
                    known
                )
            )
            if not state.transient
            else [],
        }

    def really(self, instance: Any) -> bool | None:
        """Say whether a flush would write something, asking nobody."""
        state = self.stage.lib.inspect(instance)
        name = type(instance).__name__
        try:
            return any(
                state.attrs[key].history.has_changes()
                for key in (
                    *self.stage.columns[name],
                    *self.stage.relations[name],
                )
                if key in state.dict or key not in self.kind(instance).many
            )
        except self.stage.lib.exc.MissingGreenlet:  # the peer looks it up
            return None

    def related(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [self.number(each) for each in value]
        return self.number(value)

    async def close(self) -> None:
        await self.session.close()

    def shown(self, instance: Any) -> str:
        if instance is None:
            return "None"
        return f"{type(instance).__name__}#{self.number(instance)}"


def _check_greenlet(state: Any) -> None:
    """Fail where the peer would, before its connection is involved."""
    import greenlet
    from sqlalchemy.exc import MissingGreenlet

    current = greenlet.getcurrent()
    if not getattr(current, "__sqlalchemy_greenlet_provider__", False):
        raise MissingGreenlet("")
