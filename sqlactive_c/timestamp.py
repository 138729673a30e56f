"""Times of creation and of the last change."""

from __future__ import annotations

from datetime import datetime

from .orm.base import Mapped
from .orm.properties import mapped_column
from .sql.functions import func
from .sql.sqltypes import TIMESTAMP

__all__ = ["TimestampMixin"]


class TimestampMixin:
    """Adds ``created_at`` and ``updated_at``, in UTC and whole seconds.

    Both are filled in by the database when a row is inserted, and
    ``updated_at`` again whenever it is changed; a value that is given goes
    first. The names and the function are read where this class is defined:
    setting them in a subclass has no effect.
    """

    __created_at_name__ = "created_at"
    __updated_at_name__ = "updated_at"
    __datetime_func__ = func.now()

    created_at: Mapped[datetime] = mapped_column(
        __created_at_name__,
        TIMESTAMP(timezone=False),
        default=__datetime_func__,
        nullable=False,
    )
    updated_at: Mapped[datetime] = mapped_column(
        __updated_at_name__,
        TIMESTAMP(timezone=False),
        default=__datetime_func__,
        onupdate=__datetime_func__,
        nullable=False,
    )
