"""Gives the core what it calls when instances are used."""

from __future__ import annotations

from .. import _core
from .backrefs import new_collection, set_related
from .loading import configure_mapping, load_attribute

_core.configure(
    configure_mappers=configure_mapping,
    load_attribute=load_attribute,
    set_related=set_related,
    make_collection=new_collection,
)
