"""The module paths that users know lead to the same objects, and are cheap."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import sqlactive_c

PATHS = {
    "sqlactive_c": (
        "URL AsyncConnection AsyncEngine AsyncSession AsyncTransaction"
        " DBConnection TextClause async_scoped_session async_sessionmaker"
        " create_async_engine make_url text"
        " ActiveRecordBaseModel ActiveRecordMixin SerializationMixin"
        " TimestampMixin DeclarativeBase Mapped declared_attr mapped_column"
        " CheckConstraint Column Computed ForeignKey ForeignKeyConstraint"
        " Identity Index MetaData PrimaryKeyConstraint Table"
        " UniqueConstraint Inspector inspect"
    ),
    "sqlactive_c.conn": "DBConnection",
    "sqlactive_c.base_model": "ActiveRecordBaseModel",
    "sqlactive_c.active_record": "ActiveRecordMixin",
    "sqlactive_c.serialization": "SerializationMixin",
    "sqlactive_c.timestamp": "TimestampMixin",
    "sqlactive_c.session": "SessionMixin",
    "sqlactive_c.definitions": "JOINED SELECT_IN SUBQUERY",
    "sqlactive_c.utils": (
        "classproperty create_eager_load_option eager_expr_from_schema"
        " flatten_nested_filter_keys get_query_root_cls"
    ),
    "sqlactive_c.ext.asyncio": (
        "AsyncConnection AsyncEngine AsyncMappingResult AsyncResult"
        " AsyncScalarResult AsyncSession AsyncSessionTransaction"
        " AsyncTransaction async_scoped_session async_sessionmaker"
        " create_async_engine"
    ),
    "sqlactive_c.engine": (
        "URL make_url CursorResult FrozenResult Inspector MappingResult"
        " Result Row RowMapping ScalarResult"
    ),
    "sqlactive_c.engine.url": "URL make_url",
    "sqlactive_c.engine.result": (
        "AsyncMappingResult AsyncResult AsyncScalarResult CursorResult"
        " FrozenResult MappingResult Result ResultKeys Row RowMapping"
        " ScalarResult"
    ),
    "sqlactive_c.engine.reflection": "Inspector",
    "sqlactive_c.inspection": "InspectionMixin inspect",
    "sqlactive_c.sql.inspect": "inspect",
    "sqlactive_c.sql": "TextClause text func null true false asc desc",
    "sqlactive_c.orm": (
        "DeclarativeBase Mapped as_declarative attribute_keyed_dict"
        " declarative_base declared_attr has_inherited_table mapped_column"
    ),
    "sqlactive_c.orm.keyed_collections": "attribute_keyed_dict",
    "sqlactive_c.ext.declarative": (
        "as_declarative declarative_base declared_attr has_inherited_table"
    ),
    "sqlactive_c.schema": "Column ForeignKey Index MetaData Table",
    "sqlactive_c.pool": "NullPool QueuePool StaticPool",
}
CASES = [
    (module, name) for module, names in PATHS.items() for name in names.split()
]


@pytest.mark.parametrize(("path", "name"), CASES)
def test_a_name_is_one_object_under_all_its_paths(
    path: str, name: str
) -> None:
    found = getattr(importlib.import_module(path), name)
    for other, names in PATHS.items():
        if name in names.split():
            assert getattr(importlib.import_module(other), name) is found


@pytest.mark.parametrize("path", PATHS)
def test_what_a_module_exports_it_has(path: str) -> None:
    module = importlib.import_module(path)
    assert set(PATHS[path].split()) <= set(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


def test_a_buffered_result_has_one_class() -> None:
    module: ModuleType = importlib.import_module("sqlactive_c.engine")
    assert module.CursorResult is module.Result


def test_names_that_are_imported_late_are_listed() -> None:
    assert set(sqlactive_c.__all__) <= set(dir(sqlactive_c))
    with pytest.raises(AttributeError, match="nothing"):
        sqlactive_c.nothing  # noqa: B018


def imported(statement: str, folder: Path) -> set[str]:
    """Modules that a statement imports in a new interpreter."""
    code = f"""
import sys, asyncio
before = set(sys.modules)
{statement}
print(*(set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import sqlactive_c",
        "from sqlactive_c.ext.asyncio import create_async_engine",
        "from sqlactive_c.conn import DBConnection",
        "from sqlactive_c.engine import Row",
    ],
)
def test_importing_is_cheap(statement: str, tmp_path: Path) -> None:
    modules = imported(statement, tmp_path)
    assert "sqlactive_c._core" in modules
    dear = {
        "dataclasses",
        "datetime",
        "decimal",
        "inspect",
        "json",
        "sqlite3",
        "sqlalchemy",
        "urllib.parse",
        "uuid",
        "sqlactive_c.orm",
        "sqlactive_c.schema",
        "sqlactive_c.sql",
        "sqlactive_c.types",
    }
    assert not modules & dear


def test_a_session_brings_in_what_it_needs(tmp_path: Path) -> None:
    modules = imported(
        """
from sqlactive_c import text
from sqlactive_c.ext.asyncio import AsyncSession, create_async_engine
assert "sqlactive_c.orm" not in sys.modules
async def main():
    async with AsyncSession(create_async_engine("sqlite://")) as session:
        ask = lambda sync: sync.execute(text("SELECT 7")).scalar()
        assert await session.run_sync(ask) == 7
asyncio.run(main())
""",
        tmp_path,
    )
    assert "sqlactive_c.orm" in modules
