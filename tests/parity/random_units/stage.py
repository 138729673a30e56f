"""The engine and the classes of a world, with one library."""

from __future__ import annotations

from typing import Any

from parity.library import PEER, Library
from parity.random_units.worlds import WORLDS, Kind


class Stage:
    """A world of a library and an engine with its tables.

    Args:
        package: The library.
        world: Name of the world.
    """

    def __init__(self, package: str, world: str) -> None:
        self.lib = lib = Library(package)
        Base = lib.orm.declarative_base()
        self.kinds: dict[str, Kind] = WORLDS[world](lib, lib.orm, Base)
        self.metadata = Base.metadata
        self.columns = {
            name: sorted(each.key for each in mapper.column_attrs)
            for name, mapper in self._mappers()
        }
        self.relations = {
            name: sorted(each.key for each in mapper.relationships)
            for name, mapper in self._mappers()
        }
        # Columns that are None where the program gives no value.
        self.empty = {
            name: [
                each.key
                for each in mapper.column_attrs
                if not _is_filled(mapper, each.columns[0])
            ]
            for name, mapper in self._mappers()
        }
        self.engine = lib.asyncio.create_async_engine("sqlite+aiosqlite://")
        if package == PEER:
            _begin_by_itself(lib, self.engine)

    def _mappers(self) -> Any:
        for name, kind in self.kinds.items():
            yield name, self.lib.inspect(kind.cls)

    def takers(self, target: str) -> list[str]:
        """Return the names of the classes a relationship to one takes."""
        cls = self.kinds[target].cls
        return [
            name
            for name, kind in self.kinds.items()
            if issubclass(kind.cls, cls)
        ]

    async def open(self) -> None:
        """Make the tables."""
        async with self.engine.begin() as connection:
            await connection.run_sync(self.metadata.create_all)

    async def clear(self) -> None:
        """Make the tables empty."""
        async with self.engine.begin() as connection:
            for name in self.metadata.tables:
                await connection.exec_driver_sql(f'DELETE FROM "{name}"')

    async def rows(self, session: Any) -> dict[str, list[Any]]:
        """Return what the transaction of a session sees, or what is there."""
        if session.in_transaction():
            return await self._rows(await session.connection())
        async with self.engine.connect() as connection:
            return await self._rows(connection)

    async def _rows(self, connection: Any) -> dict[str, list[Any]]:
        found = {}
        for name in sorted(self.metadata.tables):
            result = await connection.exec_driver_sql(
                f'SELECT * FROM "{name}"'
            )
            rows = sorted((tuple(row) for row in result), key=repr)
            if rows:
                found[name] = rows
        return found


def _is_filled(mapper: Any, column: Any) -> bool:
    return (
        column.primary_key
        or column.default is not None
        or column is mapper.version_id_col
        or column is mapper.polymorphic_on
    )


def _begin_by_itself(lib: Any, engine: Any) -> None:
    """Have the peer's driver leave transactions to its engine."""
    from sqlalchemy import event

    def connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None

    def begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)
