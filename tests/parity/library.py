"""The names of one library, looked up when a program asks for them.

A program written once, against a :class:`Library`, runs through this package
and through the peer: their import paths differ in the first word only.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

PEER = "sqlalchemy"
# With SAC_PARITY_SELF=1 the peer stands on both sides, which shows that the
# programs themselves are sound.
SELF = os.environ.get("SAC_PARITY_SELF") == "1"
OURS = PEER if SELF else "sqlactive_c"

_MODULES = {
    "asyncio": "ext.asyncio",
    "elements": "sql.elements",
    "engine": "engine",
    "exc": "exc",
    "functions": "sql.functions",
    "hybrid": "ext.hybrid",
    "operators": "sql.operators",
    "orm": "orm",
    "schema": "schema",
    "selectable": "sql.selectable",
    "sql": "sql",
    "sqlite": "dialects.sqlite",
    "types": "types",
}


class Library:
    """Top-level names and common modules of a package, as attributes."""

    def __init__(self, package: str) -> None:
        self._package = package

    def __getattr__(self, name: str) -> Any:
        if name in _MODULES:
            return importlib.import_module(f"{self._package}.{_MODULES[name]}")
        return getattr(importlib.import_module(self._package), name)

    def __repr__(self) -> str:
        return f"<Library {self._package}>"


ours = Library(OURS)
peer = Library(PEER)
