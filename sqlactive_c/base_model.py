"""The base class of models."""

from __future__ import annotations

from .active_record import ActiveRecordMixin
from .serialization import SerializationMixin
from .timestamp import TimestampMixin

__all__ = ["ActiveRecordBaseModel"]


class ActiveRecordBaseModel(
    ActiveRecordMixin, SerializationMixin, TimestampMixin
):
    """Base class of models: session, inspection and timestamps."""

    __abstract__ = True
