"""Writes docs/reference/names.md: which names of SQLAlchemy are there.

    .venv/bin/python tools/names.py

Needs the peer.  A name counts when it stands under the same path; what it
does is for the tests to say.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "names.md"
MODULES = """
    sqlalchemy sqlalchemy.orm sqlalchemy.sql sqlalchemy.types
    sqlalchemy.schema sqlalchemy.exc sqlalchemy.orm.exc sqlalchemy.engine
    sqlalchemy.engine.url sqlalchemy.engine.reflection sqlalchemy.pool
    sqlalchemy.ext.asyncio sqlalchemy.ext.hybrid sqlalchemy.event
    sqlalchemy.inspection sqlalchemy.dialects.sqlite
    sqlalchemy.sql.expression sqlalchemy.sql.operators
    sqlalchemy.sql.functions sqlalchemy.orm.attributes
    sqlalchemy.orm.collections
""".split()
# Modules that are there for what they import.
COLLECTIONS = {
    "sqlalchemy.types",
    "sqlalchemy.schema",
    "sqlalchemy.sql.expression",
}
HEAD = """\
# Names

Which public names of SQLAlchemy 2.0 are there, by module: write `sqlactive_c`
for `sqlalchemy` in the import line. What behaves otherwise is listed under
[Differences](differences.md). This page is written by `tools/names.py`.
"""


def public(module: ModuleType) -> list[str]:
    """Return the names of a module of the peer that programs use."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        listed = [
            name
            for name, value in vars(module).items()
            if not name.startswith("_")
            and not isinstance(value, ModuleType)
            and _is_own(module, value)
        ]
    return sorted(listed)


def _is_own(module: ModuleType, value: object) -> bool:
    """Leave out what a module only imports for its own use."""
    home = getattr(value, "__module__", None) or ""
    if module.__name__ in COLLECTIONS or hasattr(module, "__path__"):
        return home.startswith("sqlalchemy")
    return home == module.__name__


def section(name: str) -> list[str]:
    """Return the lines about one module."""
    peer = importlib.import_module(name)
    path = name.replace("sqlalchemy", "sqlactive_c")
    try:
        ours: object = importlib.import_module(path)
    except ImportError:
        ours = None
    there, missing = [], []
    for each in public(peer):
        (there if hasattr(ours, each) else missing).append(f"`{each}`")
    lines = ["", f"## {path}", ""]
    if there:
        lines += [f"There ({len(there)}): {', '.join(there)}."]
    if missing:
        lines += ["", f"Left out ({len(missing)}): {', '.join(missing)}."]
    return lines


def page() -> str:
    """Return the whole page."""
    lines = [line for name in MODULES for line in section(name)]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
