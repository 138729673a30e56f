"""Models that know how to store themselves."""

from __future__ import annotations

from .inspection import InspectionMixin
from .session import SessionMixin

__all__ = ["ActiveRecordMixin"]


class ActiveRecordMixin(SessionMixin, InspectionMixin):
    """A model with a session."""

    __abstract__ = True
