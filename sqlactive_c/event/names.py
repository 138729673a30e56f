"""The events there are: their names, and what listeners call the arguments."""

from __future__ import annotations

__all__ = ["ATTRIBUTE", "DDL", "ENGINE", "MAPPER", "RETVAL", "SESSION"]

_WRITTEN = ("mapper", "connection", "target")
_MAPPED = ("mapper", "class_")

#: Of mapped classes: writing, configuring, and what happens to instances.
MAPPER: dict[str, tuple[str, ...]] = {
    "before_insert": _WRITTEN,
    "after_insert": _WRITTEN,
    "before_update": _WRITTEN,
    "after_update": _WRITTEN,
    "before_delete": _WRITTEN,
    "after_delete": _WRITTEN,
    "instrument_class": _MAPPED,
    "after_mapper_constructed": _MAPPED,
    "before_mapper_configured": _MAPPED,
    "mapper_configured": _MAPPED,
    "before_configured": (),
    "after_configured": (),
    "init": ("target", "args", "kwargs"),
    "load": ("target", "context"),
    "refresh": ("target", "context", "attrs"),
    "refresh_flush": ("target", "flush_context", "attrs"),
    "expire": ("target", "attrs"),
}

_CHANGED = ("session", "instance")

#: Of sessions.
SESSION: dict[str, tuple[str, ...]] = {
    "after_transaction_create": ("session", "transaction"),
    "after_transaction_end": ("session", "transaction"),
    "after_begin": ("session", "transaction", "connection"),
    "before_commit": ("session",),
    "after_commit": ("session",),
    "after_rollback": ("session",),
    "after_soft_rollback": ("session", "previous_transaction"),
    "before_flush": ("session", "flush_context", "instances"),
    "after_flush": ("session", "flush_context"),
    "after_flush_postexec": ("session", "flush_context"),
    "before_attach": _CHANGED,
    "after_attach": _CHANGED,
    "transient_to_pending": _CHANGED,
    "pending_to_transient": _CHANGED,
    "pending_to_persistent": _CHANGED,
    "persistent_to_transient": _CHANGED,
    "persistent_to_deleted": _CHANGED,
    "persistent_to_detached": _CHANGED,
    "deleted_to_persistent": _CHANGED,
    "deleted_to_detached": _CHANGED,
    "detached_to_persistent": _CHANGED,
    "loaded_as_persistent": _CHANGED,
    "after_bulk_update": ("update_context",),
    "after_bulk_delete": ("delete_context",),
    "do_orm_execute": ("orm_execute_state",),
}

#: Of mapped attributes.
ATTRIBUTE: dict[str, tuple[str, ...]] = {
    "set": ("target", "value", "oldvalue", "initiator"),
    "append": ("target", "value", "initiator"),
    "remove": ("target", "value", "initiator"),
}

_CURSOR = (
    "conn",
    "cursor",
    "statement",
    "parameters",
    "context",
    "executemany",
)

#: Of engines.
ENGINE: dict[str, tuple[str, ...]] = {
    "connect": ("dbapi_connection", "connection_record"),
    "first_connect": ("dbapi_connection", "connection_record"),
    "before_cursor_execute": _CURSOR,
    "after_cursor_execute": _CURSOR,
    "handle_error": ("exception_context",),
    "begin": ("conn",),
    "commit": ("conn",),
    "rollback": ("conn",),
}

_TABLE = ("target", "connection")

#: Of tables and of collections of them.
DDL: dict[str, tuple[str, ...]] = {
    "before_create": _TABLE,
    "after_create": _TABLE,
    "before_drop": _TABLE,
    "after_drop": _TABLE,
}

#: Where what a listener returns counts, if it says ``retval=True``.
RETVAL = frozenset(("set", "append", "before_cursor_execute", "handle_error"))
