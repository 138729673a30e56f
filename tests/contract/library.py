"""Programs written for sqlactive, and the same with other import lines.

A file here is written as its user would write it, against ``sqlactive`` and
``sqlalchemy``.  For this package both first words become ``sqlactive_c`` and
nothing else changes.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

__all__ = ["HERE", "LIBRARIES", "OURS", "PEER", "load", "source"]

HERE = Path(__file__).resolve().parent
PEER = "sqlactive"
OURS = "sqlactive_c"
LIBRARIES = (PEER, OURS)

IMPORT = re.compile(r"^(\s*(?:from|import)\s+)sql(?:active|alchemy)\b", re.M)


def source(file: str, library: str) -> str:
    """Return a file of this folder with the imports of a library."""
    text = (HERE / file).read_text()
    return text if library == PEER else IMPORT.sub(rf"\1{OURS}", text)


@cache
def load(file: str, library: str) -> ModuleType:
    """Import a file of this folder with the imports of a library."""
    name = f"contract_{Path(file).stem}_{library}"
    module = ModuleType(name)
    module.__file__ = str(HERE / file)
    sys.modules[name] = module
    code = compile(source(file, library), f"{file} with {library}", "exec")
    exec(code, vars(module))
    return module
