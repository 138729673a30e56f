"""What a random program leaves out: where the libraries differ on purpose."""

from __future__ import annotations

from typing import Any

from parity.random_units.watcher import Watcher


class Rules(Watcher):
    """Says what may be done to an instance."""

    def is_unset(self, instance: Any, name: str) -> bool:
        """Say whether a collection would be made by looking at it."""
        state = self.stage.lib.inspect(instance)
        return (
            not state.persistent
            and name in self.kind(instance).many
            and name not in state.dict
        )

    def may_take(self, value: Any) -> bool:
        """Say whether what is in no session may have it as its parent.

        We keep no list of what comes into a collection that is not loaded.
        """
        state = self.stage.lib.inspect(value)
        kind = self.kind(value)
        return state.transient or all(each in state.dict for each in kind.many)

    def may_give(self, parent: Any, name: str, child: Any) -> bool:
        """Say whether a child may come into a relationship of its parent.

        Not if it has a row and the parent is in no session, and a single
        child not from another parent: the peer counts who is an orphan.
        """
        state = self.stage.lib.inspect(child)
        mapper = self.stage.lib.inspect(type(parent))
        prop = mapper.relationships[name]
        if prop.direction.name == "MANYTOONE":
            return not state.transient or not self.loses(parent)
        if not self.stage.lib.inspect(parent).has_identity and (
            state.has_identity and prop.cascade.delete_orphan
        ):
            return False
        if parent not in self.session and state.has_identity:
            return False
        if prop.direction.name == "ONETOMANY" and not self.kind(child).one:
            return not any(
                child in self.stage.lib.inspect(each).dict.get(name, ())
                for each in self.objects
                if isinstance(each, type(parent)) and each is not parent
            )
        if not prop.uselist:
            others = [state.dict.get(key) for key in self.kind(child).one]
            return all(each is None or each is parent for each in others)
        return True

    def leads_to(self, value: Any, name: str, instance: Any) -> bool:
        """Say whether a link may make a circle; the peer refuses some."""
        while value is not None and value is not instance:
            state = self.stage.lib.inspect(value)
            if name not in self.kind(value).one:
                return False
            if state.has_identity and name not in state.dict:
                return type(value) is type(instance)
            value = state.dict.get(name)
        return value is not None

    def loses(self, instance: Any) -> bool:
        """Say whether a row could become an orphan."""
        name = type(instance).__name__
        return self.stage.lib.inspect(instance).has_identity and any(
            prop.cascade.delete_orphan
            for kind in self.stage.kinds.values()
            for prop in self.stage.lib.inspect(kind.cls).relationships
            if prop.mapper.class_.__name__ == name
        )

    def is_taken(self, kind: Any, values: dict[str, Any]) -> bool:
        """Say whether a new instance would have the key of another one."""
        return bool(kind.keys) and any(
            type(each) is kind.cls
            and all(
                self.stage.lib.inspect(each).dict.get(key) == values[key]
                for key in kind.keys
            )
            for each in self.session.new
        )

    def primary(self, name: str) -> list[str]:
        mapper = self.stage.lib.inspect(self.stage.kinds[name].cls)
        columns = list(mapper.primary_key)
        if mapper.polymorphic_on is not None:
            columns.append(mapper.polymorphic_on)
        if mapper.version_id_col is not None:
            columns.append(mapper.version_id_col)
        return [mapper.get_property_by_column(each).key for each in columns]
