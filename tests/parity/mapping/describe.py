"""What a mapping is, in words that both libraries have."""

from __future__ import annotations

from typing import Any

from parity.mapping.library import plain


def texts(items: Any) -> list[str]:
    """Return the texts of expressions, in their order."""
    return [str(each) for each in items or ()]


def mapper_facts(mapper: Any) -> dict[str, Any]:
    """Return what every mapper says."""
    return {
        "class": mapper.class_.__name__,
        "text": str(mapper),
        "attrs": sorted(mapper.attrs.keys()),
        "column_attrs": sorted(mapper.column_attrs.keys()),
        # A key is there once, also for columns of two tables.
        "columns": sorted(set(mapper.columns.keys())),
        "column of": {
            key: texts(each.columns)
            for key, each in mapper.column_attrs.items()
        },
        "primary_key": texts(mapper.primary_key),
        "relationships": sorted(mapper.relationships.keys()),
        "descriptors": sorted(mapper.all_orm_descriptors.keys()),
        "synonyms": sorted(mapper.synonyms.keys()),
        "local_table": mapper.local_table.name,
        "is the same": mapper.class_.__mapper__ is mapper,
    }


def attribute_order(mapper: Any) -> dict[str, Any]:
    """Return the keys in their order, relationships apart."""
    return {
        "columns": list(dict.fromkeys(mapper.columns.keys())),
        "column_attrs": list(mapper.column_attrs.keys()),
        "relationships": list(mapper.relationships.keys()),
    }


def inheritance_facts(mapper: Any) -> dict[str, Any]:
    """Return where a mapper stands among those of its bases."""
    on = mapper.polymorphic_on
    return {
        "inherits": mapper.inherits and mapper.inherits.class_.__name__,
        "base": mapper.base_mapper.class_.__name__,
        "single": mapper.single,
        "concrete": mapper.concrete,
        "on": None if on is None else str(on),
        "identity": plain(mapper.polymorphic_identity),
        "map": {
            plain(key): each.class_.__name__
            for key, each in mapper.polymorphic_map.items()
        },
        "below": [m.class_.__name__ for m in mapper.self_and_descendants],
        "above": [m.class_.__name__ for m in mapper.iterate_to_root()],
        "tables": sorted(table.name for table in mapper.tables),
        "selectable": str(mapper.persist_selectable),
        "join": str(mapper.inherit_condition),
        "isa": [
            mapper.isa(each)
            for each in mapper.base_mapper.self_and_descendants
        ],
    }


def relationship_facts(prop: Any) -> dict[str, Any]:
    """Return what a relationship says."""
    secondary = prop.secondary
    return {
        "text": str(prop),
        "key": prop.key,
        "parent": prop.parent.class_.__name__,
        "target": prop.mapper.class_.__name__,
        "entity": prop.entity.class_.__name__,
        "table": str(prop.target),
        "direction": prop.direction.name,
        "uselist": prop.uselist,
        "viewonly": prop.viewonly,
        "lazy": prop.lazy,
        "back_populates": prop.back_populates,
        "cascade": sorted(prop.cascade),
        "secondary": None if secondary is None else str(secondary),
        "primaryjoin": str(prop.primaryjoin),
        "secondaryjoin": str(prop.secondaryjoin),
        "local": sorted(texts(prop.local_columns)),
        "remote": sorted(texts(prop.remote_side)),
        "pairs": sorted(map(texts, prop.local_remote_pairs)),
        "order_by": texts(prop.order_by),
        "passive_deletes": prop.passive_deletes,
        "post_update": prop.post_update,
    }


def attribute_facts(cls: Any, key: str) -> dict[str, Any]:
    """Return what a class attribute says, of a column or a relationship."""
    attribute = getattr(cls, key)
    return {
        "text": str(attribute),
        "key": attribute.key,
        "class_": attribute.class_.__name__,
        "parent": attribute.parent.class_.__name__,
        "property": str(attribute.property),
        "property key": attribute.property.key,
        "expression": str(attribute.expression),
        "hashable": hash(attribute) == hash(getattr(cls, key)),
        "same": getattr(cls, key) is attribute,
    }


def column_facts(column: Any) -> dict[str, Any]:
    """Return what a column of a table says."""
    return {
        "key": column.key,
        "name": column.name,
        "text": str(column),
        "type": repr(column.type),
        "nullable": column.nullable,
        "primary_key": column.primary_key,
        "index": column.index,
        "unique": column.unique,
        "foreign": sorted(k.target_fullname for k in column.foreign_keys),
        "default": _default(column.default),
        "onupdate": _default(column.onupdate),
        "server_default": column.server_default is not None,
    }


def _default(default: Any) -> Any:
    if default is None:
        return None
    if default.is_callable:
        return "callable"
    return plain(default.arg)
