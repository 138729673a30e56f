"""How rows become instances, and what is loaded with them.

``plan``
    the load plan: what is loaded of an entity and what is joined to it;
``options``
    the options of a statement, looked up by paths;
``context``
    from options to a plan;
``statement``, ``joining``
    from a plan to the SELECT that is written;
``hydration``
    from a plan to what the core makes instances by;
``access``
    what happens when something is read that is not loaded.
"""

from __future__ import annotations

from .access import configure_mapping, load_attribute
from .hydration import entity_plan, found_plan

__all__ = [
    "configure_mapping",
    "entity_plan",
    "found_plan",
    "load_attribute",
]
