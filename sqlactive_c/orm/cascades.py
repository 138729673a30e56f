"""What happens to related instances: ``cascade=`` of a relationship."""

from __future__ import annotations

import warnings
from typing import Any

from .. import exc

__all__ = ["CascadeOptions"]

_CASCADES = (
    "save-update",
    "merge",
    "refresh-expire",
    "expunge",
    "delete",
    "delete-orphan",
)


class CascadeOptions(frozenset[str]):
    """What happens to related instances: a set of words.

    Args:
        value: The words, separated by commas, or as a collection; ``all``
            stands for all but ``delete-orphan``, ``none`` for none.

    Raises:
        ArgumentError: A word is unknown.
    """

    save_update: bool
    merge: bool
    delete: bool
    delete_orphan: bool
    refresh_expire: bool
    expunge: bool

    def __new__(cls, value: Any = ()) -> CascadeOptions:  # noqa: D102
        words = value.split(",") if isinstance(value, str) else value or ()
        chosen = {word.strip() for word in words if word and word.strip()}
        unknown = chosen - {*_CASCADES, "all", "none"}
        if unknown:
            raise exc.ArgumentError(
                "Invalid cascade option(s): "
                + ", ".join(map(repr, sorted(unknown)))
            )
        if "all" in chosen:
            chosen |= set(_CASCADES) - {"delete-orphan"}
        if "none" in chosen:
            chosen.clear()
        chosen.discard("all")
        self = super().__new__(cls, chosen)
        for word in _CASCADES:
            setattr(self, word.replace("-", "_"), word in chosen)
        if self.delete_orphan and not self.delete:
            warnings.warn(
                "the cascade 'delete-orphan' should come with 'delete'",
                exc.SAWarning,
                stacklevel=4,
            )
        return self

    def __repr__(self) -> str:
        return f"CascadeOptions({','.join(sorted(self))!r})"
