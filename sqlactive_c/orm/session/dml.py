"""UPDATE and DELETE of mapped classes: the session's instances follow.

Which ones are concerned is evaluated in Python, or told by the database;
values that Python cannot know are expired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ... import _core, exc
from ...sql.froms import entity_of
from ...sql.selectable import select
from ..exc import StaleDataError
from .evaluator import UNKNOWN, UnevaluatableError, evaluator

__all__ = ["follow_dml"]

NO_VALUE = _core.NO_VALUE
_WAYS = ("auto", "evaluate", "fetch", False)
_STRATEGIES = ("auto", "orm", "bulk", "core_only")
_DONE = "_sac_followed"


def follow_dml(
    session: Any, statement: Any, params: Any, options: Any
) -> Follower | None:
    """Return what executes a statement, or None: it is executed as it is.

    The hook of the core for UPDATE and DELETE, and for an INSERT of several
    rows that have not all the same columns.

    Args:
        session: The session.
        statement: The statement.
        params: Its parameters: a mapping, a list of them, or None.
        options: The execution options of the call, or None.

    Raises:
        ArgumentError: There is no such way to synchronize the session.
        InvalidRequestError: That way is not possible here.
    """
    given = {**(statement._execution_options or {}), **(options or {})}
    entity = entity_of(statement.table, True)
    if entity is None or _DONE in given:
        return None
    if statement.is_insert:
        return _Split(session, statement, params, options, entity.mapper, None)
    how = given.get("synchronize_session", "auto")
    if how is not None and how not in _WAYS:
        raise exc.ArgumentError(
            "synchronize_session is 'auto', 'evaluate', 'fetch' or False,"
            f" not {how!r}"
        )
    strategy = given.get("dml_strategy", "auto")
    if strategy not in _STRATEGIES:
        raise exc.ArgumentError(
            "dml_strategy is 'auto', 'orm', 'bulk' or 'core_only', not"
            f" {strategy!r}"
        )
    if strategy == "core_only":
        return None
    several = isinstance(params, (list, tuple))
    if strategy == "bulk" and not several:
        raise exc.InvalidRequestError(
            "dml_strategy='bulk' needs a list of parameters"
        )
    kind: type[Follower] = Follower
    if several and strategy != "orm":
        _check_bulk(statement, how)
        kind = _Bulk
    elif how in (None, False):
        return None
    return kind(session, statement, params, options, entity.mapper, how)


def _check_bulk(statement: Any, how: Any) -> None:
    if statement.is_delete:
        raise exc.InvalidRequestError(
            "a delete() of a class takes no list of parameters; use"
            " session.connection() for that"
        )
    if how == "fetch":
        raise exc.InvalidRequestError(
            "synchronize_session='fetch' is not possible with a list of"
            " parameters"
        )
    if how and statement._where:
        raise exc.InvalidRequestError(
            "with a list of parameters and further conditions the session's"
            " instances cannot follow: set synchronize_session=None"
        )


class Follower:
    """One execution of a statement, with what follows from it.

    Args:
        session: The session.
        statement: The statement.
        params: Its parameters.
        options: The execution options of the call.
        mapper: The mapper of the class it is about.
        how: ``auto``, ``evaluate`` or ``fetch``.
    """

    def __init__(
        self,
        session: Any,
        statement: Any,
        params: Any,
        options: Any,
        mapper: Any,
        how: Any,
    ) -> None:
        self.session = session
        self.statement = statement
        self.params = params
        self.options = {**(options or {}), _DONE: True}
        self.mapper = mapper
        self.how = how

    async def run(self) -> Any:
        """Execute the statement.

        Returns:
            Its result.
        """
        matched = self._evaluated()
        if matched is not None:
            result = await self._execute(self.statement)
        else:
            result, matched = await self._fetched()
        if self.statement.is_delete:
            self._forget(matched)
        else:
            self._update(matched, result)
        return result

    async def _execute(self, statement: Any) -> Any:
        return await self.session.execute(
            statement, self.params, execution_options=self.options
        )

    # -- which instances -----------------------------------------------------

    def _instances(self) -> list[Any]:
        cls = self.mapper.class_
        return [
            each
            for each in self.session.identity_map.values()
            if isinstance(each, cls) and not each._sac_expired
        ]

    def _evaluated(self) -> list[tuple[Any, bool]] | None:
        """Return instances and whether that is sure; None: to be fetched."""
        if self.how == "fetch":
            return None
        try:
            if self._has_criteria():
                raise UnevaluatableError("with_loader_criteria()")
            where = self.statement._where or ()
            check = evaluator(self.mapper, where, self.params)
        except UnevaluatableError as error:
            if self.how == "auto":
                return None
            raise exc.InvalidRequestError(
                f"the condition cannot be evaluated in Python ({error}):"
                " synchronize_session is to be 'fetch' or False"
            ) from error
        found = [(each, check(each)) for each in self._instances()]
        if self.how == "auto" and any(sure is UNKNOWN for _, sure in found):
            return None
        return [
            (each, sure is not UNKNOWN)
            for each, sure in found
            if sure is True or sure is UNKNOWN
        ]

    def _has_criteria(self) -> bool:
        options = self.statement._counted_options or ()
        return any(hasattr(each, "conditions") for each in options)

    async def _fetched(self) -> tuple[Any, list[tuple[Any, bool]]]:
        """Execute, and let the database tell which rows are concerned."""
        key = tuple(self.statement._table.primary_key)
        if self.statement._returning:
            query = select(*self.mapper.primary_key).select_from(
                self.mapper.class_
            )
            query = query.where(*(self.statement._where or ()))
            found = await self.session.execute(
                query, self.params, execution_options={"autoflush": False}
            )
            rows = found.all()
            result = await self._execute(self.statement)
        else:
            result = await self._execute(self.statement.return_defaults(*key))
            rows = result.returned_defaults_rows or ()
        base = self.mapper.base_mapper.class_
        known = self.session.identity_map
        matched = [known.get((base, tuple(row), None)) for row in rows]
        return result, [(each, True) for each in matched if each is not None]

    # -- what becomes of them ------------------------------------------------

    def _forget(self, matched: list[tuple[Any, bool]]) -> None:
        for each, sure in matched:
            if not sure:
                each._sac_expire()
        gone = [each for each, sure in matched if sure]
        if gone:
            _core.written(self.session, [], [], gone)

    def _update(self, matched: list[tuple[Any, bool]], result: Any) -> None:
        values = self._values()
        made = self._made_up(values, result) if matched else {}
        for each, sure in matched:
            changes = each._sac_changes
            new, unknown = {}, []
            for key, value in (*values.items(), *made.items()):
                found = UNKNOWN if value is None else value(each)
                if each._sac_peek(key) is NO_VALUE:
                    continue
                if not sure or key in changes or found is UNKNOWN:
                    unknown.append(key)
                else:
                    new[key] = found
            _take(each, new, unknown)

    def _values(self) -> dict[str, Any]:
        """Return functions of instances by attribute; None: not known."""
        found: dict[str, Any] = {}
        for name, value in self.statement._values or ():
            key = self._key(name)
            if key is None:
                continue
            try:
                found[key] = evaluator(self.mapper, (value,), self.params)
            except UnevaluatableError:
                found[key] = None
        return found

    def _made_up(self, values: dict[str, Any], result: Any) -> dict[str, Any]:
        """Return the same for what ``onupdate`` sets."""
        found: dict[str, Any] = {}
        for column in self.statement._table.c:
            if column.onupdate is None and column.server_onupdate is None:
                continue
            key = self._key(column.key)
            if key is None or key in values:
                continue
            bound = result.last_updated_params()
            found[key] = None
            if isinstance(bound, Mapping) and column.key in bound:
                found[key] = _constant(bound[column.key])
        return found

    def _key(self, name: Any) -> str | None:
        column = name
        if isinstance(name, str):
            column = self.statement._table.c.get(name)
        prop = None if column is None else self.mapper._property_of(column)
        return None if prop is None else prop.key


class _Split(Follower):
    """An INSERT of rows that have different columns: by neighbours.

    Attributes:
        splits: For the core: this is no UPDATE or DELETE.
    """

    splits = True

    async def run(self) -> Any:
        """Execute the statement once for each run of the same columns.

        Returns:
            The result, with the rows of all.
        """
        results = [
            await self.session.execute(
                self.statement, list(sets), execution_options=self.options
            )
            for _, sets in groupby(self.params, frozenset)
        ]
        if not self.statement._returning:
            return results[-1]
        frozen = [each.freeze() for each in results]
        rows = [row for each in frozen for row in each.data]
        restore, (keys, _) = frozen[0].__reduce__()
        return restore(keys, rows)()


class _Bulk(Follower):
    """An UPDATE of many rows by their primary keys."""

    async def run(self) -> Any:
        """Execute the statement.

        Returns:
            Its result.

        Raises:
            StaleDataError: There is no row with one of the keys.
        """
        result = await self._execute(self.statement)
        by_key = not self.statement._where
        if by_key and result.rowcount != len(self.params):
            raise StaleDataError(
                f"the UPDATE of {self.statement._table.name!r} was to change"
                f" {len(self.params)} rows, and has found {result.rowcount}"
            )
        if self.how:
            self._follow(self.params)
        return result

    def _follow(self, sets: Sequence[Mapping[str, Any]]) -> None:
        mapper, known = self.mapper, self.session.identity_map
        names = [
            mapper.get_property_by_column(column).key
            for column in mapper.primary_key
        ]
        base = mapper.base_mapper.class_
        for given in sets:
            values = {self._attribute(key): given[key] for key in given}
            key = tuple(values.get(name) for name in names)
            instance = known.get((base, key, None))
            if instance is None:
                continue
            changes, new, unknown = instance._sac_changes, {}, []
            for name, value in values.items():
                if name in names or name not in mapper.mapping.slots:
                    continue
                if instance._sac_peek(name) is NO_VALUE:
                    continue
                if name in changes:
                    unknown.append(name)
                else:
                    new[name] = value
            _take(instance, new, unknown)

    def _attribute(self, name: str) -> str:
        if name in self.mapper.mapping.slots:
            return name
        return self._key(name) or name


def _constant(value: Any) -> Any:
    return lambda instance: value


def _take(instance: Any, new: dict[str, Any], unknown: list[str]) -> None:
    """Give an instance values that its row has now."""
    for key, value in new.items():
        instance._sac_put(key, value)
    if unknown:
        instance._sac_expire(unknown)
    tell = type(instance).__mapping__.on_refresh
    if new and tell is not None:
        tell(instance, set(new))
