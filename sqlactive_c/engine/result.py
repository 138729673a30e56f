"""Results and rows: what statements give.

The classes are C; here they get their names and their places among the
abstract base classes, so that a row is a ``Sequence`` and a row mapping a
``Mapping`` to everybody who asks.
"""

from collections.abc import KeysView, Mapping, Sequence

from .._core import (
    AsyncMappingResult,
    AsyncResult,
    AsyncScalarResult,
    FrozenResult,
    MappingResult,
    Result,
    ResultKeys,
    Row,
    RowMapping,
    ScalarResult,
)

__all__ = [
    "AsyncMappingResult",
    "AsyncResult",
    "AsyncScalarResult",
    "CursorResult",
    "FrozenResult",
    "MappingResult",
    "Result",
    "ResultKeys",
    "Row",
    "RowMapping",
    "ScalarResult",
]

#: There is one class of buffered results.
CursorResult = Result

Sequence.register(Row)
Mapping.register(RowMapping)
KeysView.register(ResultKeys)
