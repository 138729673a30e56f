"""Gives the core what it calls when instances are used."""

from __future__ import annotations

from typing import Any

from .. import _core
from . import exc, session
from .backrefs import new_collection, set_related
from .loading import configure_mapping, load_attribute


def _unit_of_work(name: str) -> Any:
    """Return a hook that imports the unit of work when it is first needed."""

    def first(*args: Any) -> Any:
        from . import unitofwork

        _core.configure(
            **{each: getattr(unitofwork, each) for each in _UNIT_OF_WORK}
        )
        return getattr(unitofwork, name)(*args)

    return first


def _load_more(*args: Any) -> Any:
    """Import what loads further when it is first needed."""
    from .loading.further import load_more as load

    _core.configure(load_more=load)
    return load(*args)


_UNIT_OF_WORK = ("cascade", "cascade_save", "delete_cascade", "flush_unit")


_core.configure(
    is_mapped=session.is_mapped,
    load_by_key=session.load_by_key,
    make_get_shape=session.make_get_shape,
    follow_dml=session.follow_dml,
    session_event=session.session_event,
    session_methods=session.METHODS,
    identity_set=session.IdentitySet,
    **{each: _unit_of_work(each) for each in _UNIT_OF_WORK},
    orm_exc={
        name: value
        for name, value in vars(exc).items()
        if isinstance(value, type)
    },
    configure_mappers=configure_mapping,
    load_attribute=load_attribute,
    load_more=_load_more,
    set_related=set_related,
    make_collection=new_collection,
)
