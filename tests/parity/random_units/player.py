"""Plays a random program through one library."""

from __future__ import annotations

from typing import Any

from parity.random_units.rules import Rules
from parity.random_units.watcher import Step

__all__ = ["Player", "Step"]

LIMIT = 14  # instances of a program
ENOUGH = 10  # more are only read


class Player(Rules):
    """Plays one program: its steps.

    Each takes three numbers, which choose among what there is.
    """

    # -- instances and their attributes --------------------------------------

    def do_new(self, a: int, b: int, c: int) -> None:
        """Make an instance, sometimes with relationships, mostly added."""
        if len(self.objects) >= ENOUGH:
            return
        name = list(self.stage.kinds)[a % len(self.stage.kinds)]
        kind = self.stage.kinds[name]
        values = {
            key: known[b % len(known)] for key, known in kind.values.items()
        }
        for at, (key, known) in enumerate(kind.keys.items()):
            values[key] = known[(b >> at) % len(known)]
        if c % 3 == 0:
            for key, target in kind.one.items():
                found = self.of(target, b)
                if found is None:
                    continue
                prop = self.stage.lib.inspect(kind.cls).relationships[key]
                single = prop.direction.name != "MANYTOONE"
                if single and self.kind(found).one:
                    continue
                if self.may_take(found):
                    values[key] = found
        if c % 3 == 1:
            for key, target in kind.many.items():
                found = self.of(target, b)
                if found is not None and not self.kind(found).one:
                    found = None  # it may have a parent
                if found is not None and c % 5 == 0:
                    state = self.stage.lib.inspect(found)
                    found = None if state.has_identity else found
                values[key] = [] if found is None else [found]
        if self.is_taken(kind, values):
            return
        self.told = f"{name} {sorted(values)}, {'' if c % 5 else 'not '}added"
        instance = kind.cls(**values)
        self.given[self.number(instance)].update(values)
        if c % 5:
            self.session.add(instance)

    def do_add(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is not None:
            self.told = self.shown(instance)
            self.session.add(instance)

    def do_set(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is None:
            return
        values = self.kind(instance).values
        name = list(values)[b % len(values)]
        value = values[name][c % len(values[name])]
        self.told = f"{self.shown(instance)}.{name} = {value!r}"
        known = self.stage.lib.inspect(instance).dict
        if name in known and known[name] == value:
            return  # for us nothing happens
        self.set(instance, name, value)

    def do_key(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is None or not (keys := self.kind(instance).keys):
            return
        name = list(keys)[b % len(keys)]
        value = keys[name][c % len(keys[name])]
        state = self.stage.lib.inspect(instance)
        if state.has_identity and name not in state.dict:
            return  # the peer reads it at once
        self.told = f"{self.shown(instance)}.{name} = {value!r}"
        self.set(instance, name, value)

    def do_del(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is None:
            return
        kind = self.kind(instance)
        names = [*kind.values, *kind.one]
        name = names[b % len(names)]
        self.told = f"del {self.shown(instance)}.{name}"
        state = self.stage.lib.inspect(instance)
        if state.has_identity or instance in self.session:
            return  # the peer cannot flush it
        if name in kind.one and state.dict.get(name) is None:
            return  # the peer reads it at once, or not at all
        delattr(instance, name)

    def do_one(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is None or not (kinds := self.kind(instance).one):
            return
        if self.came_back(instance):
            return
        name = list(kinds)[b % len(kinds)]
        value = self.of(kinds[name], c) if c % 4 else None
        known = self.stage.lib.inspect(instance).dict
        if name in known and known[name] is value:
            return  # for us nothing happens
        prop = self.stage.lib.inspect(type(instance)).relationships[name]
        if name not in known and value is not None:
            kind = self.kind(value)
            there = self.stage.lib.inspect(value).dict
            if any(instance in there.get(each, ()) for each in kind.many):
                return  # the peer would have it there twice
        if (
            (prop.direction.name != "MANYTOONE" or prop.cascade.delete_orphan)
            and name not in known
            and self.stage.lib.inspect(instance).has_identity
        ):
            return  # the peer does not find out what was there
        state = self.stage.lib.inspect(instance)
        if value is not None and state.transient and not self.may_take(value):
            return
        if value is not None and not self.may_give(instance, name, value):
            return
        if self.leads_to(value, name, instance):
            return
        self.told = f"{self.shown(instance)}.{name} = {self.shown(value)}"
        self.set(instance, name, value)

    def do_append(self, a: int, b: int, c: int) -> None:
        found = self._many(a, b, c)
        if found is not None:
            instance, name, child = found
            self.told += ".append"
            items = getattr(instance, name)
            if child not in items:
                items.append(child)

    def do_remove(self, a: int, b: int, c: int) -> None:
        found = self._many(a, b, c)
        if found is not None:
            instance, name, _ = found
            self.told += f".pop({c})"
            if self.is_unset(instance, name):
                return
            items = getattr(instance, name)
            if items:
                del items[c % len(items)]

    def do_replace(self, a: int, b: int, c: int) -> None:
        found = self._many(a, b, c)
        if found is not None:
            instance, name, child = found
            self.told += " ="
            known = self.stage.lib.inspect(instance)
            if name not in known.dict and not known.transient:
                return  # the peer reads it at once
            self.set(instance, name, [child] if c % 3 else [])

    def _many(self, a: int, b: int, c: int) -> Any:
        instance = self.any(a)
        if instance is None or not (kinds := self.kind(instance).many):
            return None
        if self.came_back(instance):
            return None
        name = list(kinds)[b % len(kinds)]
        child = self.of(kinds[name], c)
        if child is None:
            return None
        self.told = f"{self.shown(instance)}.{name} {self.shown(child)}"
        if not self.may_give(instance, name, child):
            return None
        below = self.stage.lib.inspect(child).dict.get("children", ())
        if self.leads_to(instance, "parent", child) or instance in below:
            return None
        return instance, name, child

    # -- the session ---------------------------------------------------------

    async def do_delete(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is not None:
            self.told = self.shown(instance)
            state = self.stage.lib.inspect(instance)
            await self.link(instance)  # else the peer forgets to
            related = [
                each
                for key in self.kind(instance).many
                for each in state.dict.get(key, ())
            ]
            if any(self.stage.lib.inspect(x).was_deleted for x in related):
                return  # the peer deletes them again
            if not state.was_deleted:
                await self.session.delete(instance)

    async def link(self, instance: Any) -> None:
        """Flush when the instance has got another parent."""
        state = self.stage.lib.inspect(instance)
        if state.has_identity and any(
            state.attrs[each].history.has_changes()
            for each in self.kind(instance).one
            if each in state.dict
        ):
            await self.session.flush()

    async def do_flush(self, a: int, b: int, c: int) -> bool:
        await self.session.flush()
        return True

    async def do_commit(self, a: int, b: int, c: int) -> bool:
        self.nested.clear()
        await self.session.commit()
        return True

    async def do_rollback(self, a: int, b: int, c: int) -> bool:
        self.nested.clear()
        await self.session.rollback()
        return True

    async def do_begin(self, a: int, b: int, c: int) -> None:
        if len(self.nested) < 3:
            self.nested.append(await self.session.begin_nested())

    async def do_release(self, a: int, b: int, c: int) -> bool:
        if self.nested:
            await self.nested.pop().commit()
        return True

    async def do_back(self, a: int, b: int, c: int) -> bool:
        """Roll a savepoint back."""
        if self.nested:
            await self.nested.pop().rollback()
        return True

    async def do_expire(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is not None:
            names = self._some(instance, b, True) if c % 2 else None
            self.told = f"{self.shown(instance)} {names}"
            await self.session.flush()
            self.session.expire(instance, names)

    def do_expire_all(self, a: int, b: int, c: int) -> None:
        self.session.expire_all()

    async def do_expunge(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is not None:
            self.told = self.shown(instance)
            await self.link(instance)
            state = self.stage.lib.inspect(instance)
            if state.pending and any(
                state.dict.get(key)
                for key in self.stage.relations[type(instance).__name__]
            ):
                await self.session.flush()
            self.session.expunge(instance)

    async def do_refresh(self, a: int, b: int, c: int) -> None:
        instance = self.any(a)
        if instance is not None:
            names = self._some(instance, b) if c % 4 else None
            self.told = f"{self.shown(instance)} {names}"
            if names is not None:
                names += self.primary(type(instance).__name__)
            await self.session.flush()  # the peer keeps some in other places
            await self.session.refresh(instance, names)

    async def do_load(self, a: int, b: int, c: int) -> None:
        """Load the relationships of an instance."""
        instance = self.any(a)
        if instance is not None:
            names = self.stage.relations[type(instance).__name__]
            self.told = f"{self.shown(instance)} {names}"
            await self.freshen()
            await self.session.flush()  # the peer keeps some in other places
            await self.session.refresh(instance, names or None)

    def _some(self, instance: Any, b: int, other: bool = False) -> list[str]:
        name = type(instance).__name__
        names = self.stage.columns[name] + self.stage.relations[name]
        if other:
            names = [x for x in names if x not in self.primary(name)]
        return [names[b % len(names)]]

    def do_read(self, a: int, b: int, c: int) -> None:
        """Read an attribute."""
        instance = self.any(a)
        if instance is not None:
            (name,) = self._some(instance, b)
            self.told = f"{self.shown(instance)}.{name}"
            if self.is_unset(instance, name):
                return
            getattr(instance, name)

    async def do_get(self, a: int, b: int, c: int) -> None:
        name, kind = list(self.stage.kinds.items())[a % len(self.stage.kinds)]
        if kind.keys:
            key = tuple(
                known[(b >> at) % len(known)]
                for at, known in enumerate(kind.keys.values())
            )
        else:
            key = (b % 5 + 1,)
        options = []
        if c % 3 == 1:
            orm = self.stage.lib.orm
            options = [
                orm.selectinload(getattr(kind.cls, each))
                for each in self.stage.relations[name]
            ]
        self.told = f"{name} {key} {len(options)} {c % 4 == 3}"
        if c % 4 == 3:
            await self.session.flush()
        found = await self.session.get(
            kind.cls, key, options=options, populate_existing=c % 4 == 3
        )
        if found is not None:
            self.told += f" {self.shown(found)}"

    async def do_select(self, a: int, b: int, c: int) -> None:
        name, kind = list(self.stage.kinds.items())[a % len(self.stage.kinds)]
        lib = self.stage.lib
        statement = lib.select(kind.cls)
        for column in lib.inspect(kind.cls).primary_key:
            statement = statement.order_by(column)
        if c % 3 == 1:
            for each in self.stage.relations[name]:
                statement = statement.options(
                    lib.orm.selectinload(getattr(kind.cls, each))
                )
        if c % 4 == 3:
            statement = statement.execution_options(populate_existing=True)
        if "children" in kind.many and c % 4 == 3:
            c = 3  # what is loaded first would be forgotten again
        self.told = f"{name} {c % 3 == 1} {c % 4 == 3}"
        if c % 4 == 3:
            await self.session.flush()
        found = (await self.session.scalars(statement)).all()
        self.told += f" {[self.shown(each) for each in found]}"

    async def do_merge(self, a: int, b: int, c: int) -> None:
        """Merge an instance, or a copy of one with another value."""
        instance = self.any(a)
        if instance is None or len(self.objects) >= LIMIT:
            return
        if (
            self.stage.lib.inspect(instance).was_deleted
            or instance in self.session.deleted
        ):
            return
        await self.session.connection()  # it begins a transaction
        if c % 3:
            kind = self.kind(instance)
            mapper = self.stage.lib.inspect(kind.cls)
            known = self.stage.lib.inspect(instance)
            keys = [
                mapper.get_property_by_column(each).key
                for each in mapper.primary_key
            ]
            key = known.identity or [known.dict.get(each) for each in keys]
            copy = kind.cls(
                **{
                    name: value
                    for name, value in zip(keys, key, strict=True)
                    if value is not None
                }
            )
            name = list(kind.values)[b % len(kind.values)]
            value = kind.values[name][c % len(kind.values[name])]
            if known.dict.get(name) == value:
                return  # for us nothing happens
            setattr(copy, name, kind.values[name][c % len(kind.values[name])])
            self.told = f"a copy of {self.shown(instance)} {name}"
            instance = copy
        else:
            self.told = self.shown(instance)
        found = await self.session.merge(instance, load=c % 7 != 0)
        self.told += f" -> {self.shown(found)}"
        known = self.stage.lib.inspect(found).dict
        self.given[self.number(found)].update(known)
