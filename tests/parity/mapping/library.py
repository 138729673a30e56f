"""One library of the two, and what is built with its names.

A definition is a source text that imports from ``sqlalchemy``; for this
package that one word is another.  Names it uses without an import of its own
are imported from where users of SQLAlchemy find them.

``SAC_PARITY_SELF=1`` compares the peer with itself, which checks the suite.
"""

from __future__ import annotations

import ast
import enum
import importlib
import itertools
import os
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import pytest

SELF = os.environ.get("SAC_PARITY_SELF") == "1"

# Groups of tests whose names this package does not have yet.
PENDING: set[str] = {"further_loaders"}

PLACES = {
    "typing": "Annotated Any ClassVar List Literal Optional Set Union",
    "sqlalchemy": """
        BigInteger Boolean CheckConstraint Column Computed Date DateTime Enum
        Float ForeignKey ForeignKeyConstraint Identity Index Integer
        Interval JSON LargeBinary MetaData Numeric PrimaryKeyConstraint
        SmallInteger String Table Text Time TypeDecorator Unicode
        UniqueConstraint Uuid and_ asc bindparam case cast delete desc
        distinct exists false func insert inspect literal literal_column not_
        null or_ select text true tuple_ union union_all update
    """,
    "sqlalchemy.orm": """
        Bundle DeclarativeBase Mapped MappedColumn Mapper Relationship
        RelationshipProperty aliased backref column_property
        composite configure_mappers contains_eager declarative_mixin
        declared_attr defaultload defer deferred foreign immediateload join
        joinedload
        lazyload load_only mapped_column noload outerjoin raiseload
        reconstructor registry relationship remote selectinload subqueryload
        synonym undefer undefer_group validates with_loader_criteria
        with_parent
    """,
    "sqlalchemy.ext.hybrid": "Comparator hybrid_method hybrid_property",
}
PLACE_OF = {
    name: place for place, names in PLACES.items() for name in names.split()
}
PLAIN = {"copy", "datetime", "decimal", "enum", "operator", "pickle", "uuid"}
HEADERS = {"future": "from __future__ import annotations\n"}

_numbers = itertools.count(1)


class Library:
    """The names of a library by attribute path, as ``lib.orm.aliased``.

    Args:
        package: The package's name.
        side: "ours" or "peers".
    """

    def __init__(self, package: str, side: str, path: str = "") -> None:
        self.package = package
        self.side = side
        self._path = path or package

    def __getattr__(self, name: str) -> Any:
        module = importlib.import_module(self._path)
        try:
            found = getattr(module, name)
        except AttributeError:
            found = importlib.import_module(f"{self._path}.{name}")
        if isinstance(found, ModuleType):
            found = Library(self.package, self.side, found.__name__)
        self.__dict__[name] = found
        return found

    def __repr__(self) -> str:
        return self.side


OURS = Library("sqlalchemy" if SELF else "sqlactive_c", "ours")
PEERS = Library("sqlalchemy", "peers")


def group(name: str) -> pytest.MarkDecorator:
    """Return the mark of tests that wait for names of this package."""
    return pytest.mark.skipif(
        name in PENDING and not SELF, reason=f"{name}: not there yet"
    )


def imports(source: str) -> str:
    """Return import lines for the names that a source uses unimported."""
    words = set(re.findall(r"\b[A-Za-z_]\w*\b", source))
    own = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    lines = [
        f"from {PLACE_OF[word]} import {word}"
        for word in sorted(words & set(PLACE_OF) - own)
    ]
    lines += [f"import {word}" for word in sorted(words & PLAIN - own)]
    return "\n".join(lines) + "\n"


def load(lib: Library, name: str, source: str, header: str = "") -> ModuleType:
    """Run a source text as a module of one of the libraries.

    Args:
        lib: Whose names it gets.
        name: What its file is called in tracebacks.
        source: The text, with ``sqlalchemy`` in its imports.
        header: "future" for annotations that are strings.  A text that
            has the future statement itself imports all it needs.

    Returns:
        The module; ``sys.modules`` has it until `unload` is called.
    """
    module = ModuleType(f"parity_{lib.side}_{next(_numbers)}")
    module.__dict__["error"] = error
    text = source
    if "from __future__" not in source:
        text = HEADERS.get(header, "") + imports(source) + source
    text = re.sub(r"\bsqlalchemy\b", lib.package, text)
    sys.modules[module.__name__] = module
    try:
        exec(_code(text, f"<{lib.side}: {name}>", "exec"), module.__dict__)
    except BaseException:
        unload(module)
        raise
    return module


def unload(module: ModuleType) -> None:
    """Forget a module that was loaded."""
    sys.modules.pop(module.__name__, None)


def value(lib: Library, module: ModuleType, source: str) -> Any:
    """Return the value of an expression, or of ``result`` after a program.

    Names come from the module, then from the library.
    """
    names = dict(module.__dict__)
    for line in filter(None, imports(source).splitlines()):
        name = line.split()[-1]
        if name not in names:
            exec(re.sub(r"\bsqlalchemy\b", lib.package, line), names)
    try:
        code = _code(source.strip(), f"<{lib.side}: {source}>", "eval")
    except SyntaxError:
        text = re.sub(r"\bsqlalchemy\b", lib.package, source)
        exec(_code(text, f"<{lib.side}: {source}>", "exec"), names)
        return names["result"]
    return eval(code, names)


def _code(source: str, name: str, mode: str) -> Any:
    # Not with the future statement of this module.
    return compile(source, name, mode, dont_inherit=True)


def error(call: Callable[[], Any]) -> str:
    """Return the name of the class of what a call raises."""
    try:
        call()
    except Exception as caught:
        return type(caught).__name__
    return "nothing raised"


# -- what is compared -------------------------------------------------------


def plain(item: Any) -> Any:
    """Return a value of either library in words that both have."""
    if isinstance(item, enum.Enum):
        return f"{type(item).__name__}.{item.name}"
    if isinstance(item, str):
        return _text(str(item))
    if item is None or isinstance(item, (bool, int, float, bytes)):
        return item
    if isinstance(item, dict):
        return {plain(key): plain(each) for key, each in item.items()}
    if isinstance(item, (set, frozenset)):
        return {"set of": sorted((plain(each) for each in item), key=repr)}
    if isinstance(item, (list, tuple)):
        return [plain(each) for each in item]
    if isinstance(item, type):
        return item.__name__
    kind = type(item)
    if kind.__module__ in ("builtins", "datetime", "decimal", "uuid"):
        return _text(repr(item))
    if kind.__module__.startswith("parity_"):
        # An instance of a model: say which, not where.
        return _text(repr(item)) if _has_repr(kind) else f"a {kind.__name__}"
    return _text(str(item))


def _has_repr(kind: type) -> bool:
    owner = next(each for each in kind.__mro__ if "__repr__" in vars(each))
    return owner.__module__.startswith("parity_")


def _text(text: str) -> str:
    text = re.sub(r"\bparity_(ours|peers)_\d+\b", "module", text)
    text = re.sub(r"\b(sqlalchemy|sqlactive_c)\b", "library", text)
    return re.sub(r"\b0x[0-9a-fA-F]+\b", "0x", text)


class Case(NamedTuple):
    """A source text of models, and what to look at beside the mapping.

    Attributes:
        name: Name of the case.
        source: The models; ``Base`` is there unless it defines one.
        probes: Expressions whose values are compared.
        header: See `load`.
    """

    name: str
    source: str
    probes: tuple[str, ...] = ()
    header: str = ""

    def define(self, lib: Library) -> ModuleType:
        """Return a fresh module of the models of this case."""
        source = self.source
        if not re.search(r"^class Base\b|^Base =", source, re.M):
            source = "class Base(DeclarativeBase):\n    pass\n" + source
        return load(lib, self.name, source, self.header)


CASES: list[Case] = []

# Cases that are other here on purpose, and why: of `Case` and of `Bad`.
OMITTED = {
    "imperative_registry": "a class is mapped only with room for its values:"
    " it derives from sqlactive_c.orm.Instance",
    "joined_with_polymorphic": "with_polymorphic is not there",
    "concrete": "columns stay in the order of the class body",
    "declared_attr_columns": "parameters of expressions over columns that"
    " have no name yet are named as those over columns with one",
    "aggregate_filtered": "FILTER has a condition as WHERE has it",
}


def parameters(given: list[Any]) -> list[Any]:
    """Return cases as parameters of a test; what is omitted is skipped."""
    return [
        pytest.param(
            each,
            id=each.name,
            marks=pytest.mark.skipif(
                each.name in OMITTED and not SELF,
                reason=OMITTED.get(each.name, ""),
            ),
        )
        for each in given
    ]


def case(name: str, source: str, *probes: str, header: str = "") -> None:
    """Register a case."""
    assert name not in {each.name for each in CASES}, name
    CASES.append(Case(name, source, probes, header))


def mapped_classes(module: ModuleType) -> list[Any]:
    """Return the mapped classes of a module, in the order of their lines."""
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and each.__module__ == module.__name__
        and "__mapper__" in vars(each)
    ]
