"""Models that know how to store themselves."""

from __future__ import annotations

from typing import Any, Self

from .async_query import AsyncQuery
from .records.finding import FindingMixin
from .records.units import Unit, transaction

__all__ = ["ActiveRecordMixin"]


class ActiveRecordMixin(FindingMixin):
    """A model that reads and writes its rows.

    Every call is a transaction of its own, unless it is made within
    :meth:`transaction`.
    """

    __abstract__ = True

    @classmethod
    def set_session(cls, session: Any) -> None:
        """Set the session of the class, and of queries without a model.

        Args:
            session: An ``async_scoped_session``.
        """
        super().set_session(session)
        AsyncQuery.set_session(session)

    @classmethod
    def close_session(cls) -> None:
        """Take the session away from the class, and from such queries."""
        if AsyncQuery._session is cls._session:
            AsyncQuery.close_session()
        super().close_session()

    @classmethod
    def smart_query(  # type: ignore[override]
        cls,
        criteria: Any = None,
        filters: Any = None,
        sort_columns: Any = None,
        sort_attrs: Any = None,
        group_columns: Any = None,
        group_attrs: Any = None,
        schema: Any = None,
        *,
        criterion: Any = None,
    ) -> AsyncQuery[Self]:
        """Return a query of the model with filters, sorting and grouping.

        The arguments are those of :meth:`SmartQueryMixin.smart_query`.
        """
        query = super().smart_query(
            cls.query,
            criteria,
            filters,
            sort_columns,
            sort_attrs,
            group_columns,
            group_attrs,
            schema,
            criterion=criterion,
        )
        return cls.get_async_query(query)

    @classmethod
    def transaction(cls) -> Unit:
        """Return a transaction that all calls of a block are part of.

        Leaving the block commits, an exception rolls back. It holds for the
        task and for those started in the block; a transaction within another
        is a savepoint.

        Raises:
            NoSessionError: The model has no session.
        """
        return transaction(cls.AsyncSession)

    @classmethod
    def get_primary_key_name(cls) -> str:
        """Return the key of the primary key's only column.

        Deprecated: read :attr:`primary_key_name`.
        """
        import warnings

        warnings.warn(
            "Call to deprecated class method get_primary_key_name."
            " (Use 'primary_key_name' property instead.)"
            " -- Deprecated since version 0.2.",
            DeprecationWarning,
            stacklevel=2,
        )
        name: str = cls.primary_key_name
        return name
