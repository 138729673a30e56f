"""Names that programs import do what the peer's do."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import pytest

from parity.library import Library, ours, peer

LIBRARIES = pytest.mark.parametrize("lib", [ours, peer], ids=str)


def _expression(lib: Library) -> Any:
    return import_module(f"{lib._package}.sql.expression")


def test_a_cte_by_its_function() -> None:
    texts = []
    for lib in (ours, peer):
        e = _expression(lib)
        one = e.cte(e.select(e.literal_column("1").label("x")), "one")
        texts.append(str(e.select(one.c.x)))
    assert texts[0] == texts[1]
    assert texts[0].startswith("WITH one AS")


@LIBRARIES
def test_expression_names(lib: Library) -> None:
    e = _expression(lib)
    assert e.text is lib.text
    column = e.column("x")
    assert isinstance(column, e.ColumnOperators)
    assert isinstance(column, e.Operators)
    assert isinstance(e.select(column).subquery(), e.AliasedReturnsRows)
    assert str(column.operate(e.custom_op("%%%"), 1)).startswith("x %%%")


@LIBRARIES
def test_an_engine_of_a_configuration(lib: Library) -> None:
    async def main() -> Any:
        engine = lib.asyncio.async_engine_from_config(
            {
                "db.url": "sqlite+aiosqlite://",
                "db.echo": "no",
                "db.pool_pre_ping": "yes",
                "other": 1,
            },
            prefix="db.",
        )
        async with engine.connect() as connection:
            found = await connection.scalar(lib.text("SELECT 7"))
        await engine.dispose()
        return engine.echo, found

    assert asyncio.run(main()) == (False, 7)


@LIBRARIES
def test_a_configuration_that_says_nothing(lib: Library) -> None:
    make = lib.asyncio.async_engine_from_config
    with pytest.raises(KeyError, match="url"):
        make({"url": "sqlite+aiosqlite://"})
    with pytest.raises(ValueError, match="true/false"):
        make(
            {
                "sqlalchemy.url": "sqlite+aiosqlite://",
                "sqlalchemy.echo": "perhaps",
            }
        )


@LIBRARIES
def test_the_session_behind_a_session(lib: Library) -> None:
    assert lib.orm.Session  # a program with models has it imported

    async def main() -> bool:
        engine = lib.asyncio.create_async_engine("sqlite+aiosqlite://")
        async with lib.asyncio.AsyncSession(engine) as session:
            same = await session.run_sync(
                lambda inner: lib.asyncio.async_session(inner) is session
            )
        await engine.dispose()
        return bool(same)

    assert asyncio.run(main())
