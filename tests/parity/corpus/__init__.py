"""Programs in the expression language, each run through both libraries.

Names of a library are looked up inside the programs, so that the corpus can
be imported whatever a library lacks.
"""

from . import (  # noqa: F401
    bad,
    changes,
    compound,
    dml,
    expressions,
    functions,
    joins,
    selects,
    subqueries,
    texts,
    windows,
)
from .case import BAD, CASES, FACTS, Case

__all__ = ["BAD", "CASES", "FACTS", "Case"]

for _cases in (BAD, CASES, FACTS):
    _names = [case.name for case in _cases]
    _twice = {name for name in _names if _names.count(name) > 1}
    assert not _twice, f"names of programs given twice: {_twice}"
