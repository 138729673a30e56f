"""Times of creation and of the last change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from .orm.base import Mapped
from .orm.declarations import declared_attr
from .orm.properties import mapped_column
from .sql.functions import func
from .sql.sqltypes import TIMESTAMP

__all__ = ["TimestampMixin"]


class TimestampMixin:
    """Adds ``created_at`` and ``updated_at``, in UTC and whole seconds.

    Both are filled in by the database when a row is inserted, and
    ``updated_at`` again whenever it is changed; a value that is given goes
    first.

    A model, or a base class of models, may set

    - ``__created_at_name__``, ``__updated_at_name__``: the names of the two
      columns; the attributes stay ``created_at`` and ``updated_at``;
    - ``__datetime_func__``: the function that gives the time.
    """

    __created_at_name__: ClassVar[str] = "created_at"
    __updated_at_name__: ClassVar[str] = "updated_at"
    __datetime_func__: ClassVar[Any] = func.now()

    if TYPE_CHECKING:
        created_at: Mapped[datetime]
        updated_at: Mapped[datetime]
    else:

        @declared_attr
        def created_at(cls) -> Mapped[datetime]:
            """When the row was inserted."""
            return mapped_column(
                cls.__created_at_name__,
                TIMESTAMP(timezone=False),
                default=cls.__datetime_func__,
                nullable=False,
            )

        @declared_attr
        def updated_at(cls) -> Mapped[datetime]:
            """When the row was inserted or changed last."""
            return mapped_column(
                cls.__updated_at_name__,
                TIMESTAMP(timezone=False),
                default=cls.__datetime_func__,
                onupdate=cls.__datetime_func__,
                nullable=False,
            )
