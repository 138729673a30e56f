"""Queries whose rows are read bit by bit, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Generic, TypeVar

from .scope import scope

__all__ = ["BatchesMixin"]

T = TypeVar("T")


class BatchesMixin(Generic[T]):
    """Methods that give the rows of the query while it runs.

    The connection is theirs until the loop ends. Leave a loop early inside
    of ``contextlib.aclosing()`` to give it back at once.
    """

    _query: Any

    def _registry(self) -> Any:
        raise NotImplementedError

    async def iterate(
        self, size: int = 1000, scalars: bool = True
    ) -> AsyncGenerator[T, None]:
        """Yield the first value of each row.

        ``async for user in User.where(...)`` does the same.

        Args:
            size: How many rows are in memory at a time.
            scalars: False: yield the rows.
        """
        from contextlib import aclosing

        async with aclosing(self.in_batches(size, scalars)) as batches:
            async for batch in batches:
                for each in batch:
                    yield each

    def __aiter__(self) -> AsyncGenerator[T, None]:
        return self.iterate()

    async def in_batches(
        self, size: int = 1000, scalars: bool = True
    ) -> AsyncGenerator[list[T], None]:
        """Yield lists of the first values of rows.

        Args:
            size: How many rows a list has; the last one may have fewer.
            scalars: False: yield lists of rows.

        Raises:
            ValueError: ``size`` is less than 1.
        """
        if size < 1:
            raise ValueError(f"a batch has one row or more, not {size}")
        async with scope(self._registry()) as session:
            run = session.stream_scalars if scalars else session.stream
            result = await run(
                self._query, execution_options={"yield_per": size}
            )
            try:
                async for batch in result.partitions(size):
                    yield batch
            finally:
                await result.close()
