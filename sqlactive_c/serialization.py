"""Models as plain data."""

from __future__ import annotations

from .inspection import InspectionMixin

__all__ = ["SerializationMixin"]


class SerializationMixin(InspectionMixin):
    """Place of a model's conversion to and from plain data."""

    __abstract__ = True
