"""The Python package: what it imports, what it exports, how large it is."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import sqlactive_c
from source.tree import PACKAGE, name, python_files

MAX_LINES = 1000
MAX_FUNCTION = 100


def modules() -> list[str]:
    return ["sqlactive_c"] + [
        module.name
        for module in pkgutil.walk_packages(
            sqlactive_c.__path__, "sqlactive_c."
        )
        if module.name != "sqlactive_c._core"
    ]


def imports(path: Path) -> Iterator[str]:
    """Absolute names of the modules that a file imports, anywhere in it."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            parts = [*base, *filter(None, [node.module])]
            yield ".".join(parts if node.level else [node.module or ""])


@pytest.mark.parametrize("path", python_files(), ids=name)
def test_imports_nothing_but_the_standard_library(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "sqlactive_c"}
    assert not {m for m in imports(path) if m.split(".")[0] not in allowed}


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "sql").glob("*.py")), ids=name
)
def test_the_sql_layer_does_not_know_the_orm(path: Path) -> None:
    assert not [m for m in imports(path) if m.startswith("sqlactive_c.orm")]


@pytest.mark.parametrize("path", python_files(), ids=name)
def test_files_and_functions_are_of_a_size_to_read(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MAX_FUNCTION, node.name


def missing_docs(owner: object, label: str) -> Iterator[str]:
    """Names of public functions, classes and methods without a docstring."""
    if inspect.isclass(owner):
        if not vars(owner).get("__doc__"):
            yield label
        for key, value in vars(owner).items():
            if key.startswith("_"):
                continue
            if isinstance(value, staticmethod | classmethod):
                value = value.__func__
            if inspect.isroutine(value) and not value.__doc__:
                yield f"{label}.{key}"
    elif inspect.isroutine(owner) and not owner.__doc__:
        yield label


def exported(module: ModuleType) -> list[str]:
    names: list[str] = module.__all__
    return names


@pytest.mark.parametrize("module_name", modules())
def test_exported_names_exist_and_are_documented(module_name: str) -> None:
    module = importlib.import_module(module_name)
    assert module.__doc__
    if not hasattr(module, "__all__"):
        return
    names = exported(module)
    assert len(names) == len(set(names))
    undocumented = []
    for export in names:
        undocumented += missing_docs(getattr(module, export), export)
    assert not undocumented


def test_the_package_says_its_version_and_its_names() -> None:
    assert sqlactive_c.__version__
    assert sqlactive_c.__all__


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
