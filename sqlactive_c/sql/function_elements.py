"""What SQL functions are as elements of statements: calls, and ``func``.

Any name of ``func`` is a function. Those that have a class (functions.py)
have a type that is known, or are written in a way of their own.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .. import exc
from . import operators as ops
from .coercions import expression, unwrap
from .columns import FunctionFilter, Over, WithinGroup
from .literals import NULL, BindParameter
from .nodes import ColumnElement
from .sqltypes import ARRAY, NULLTYPE, Boolean, to_instance

__all__ = [
    "Function",
    "FunctionAsBinary",
    "FunctionElement",
    "GenericFunction",
    "ScalarFunctionColumn",
    "argument",
    "func",
    "register_function",
]

_FIELDS = ("name", "packagenames", "clauses", "_type")


class FunctionElement(ColumnElement):
    """Base of calls of functions.

    Attributes:
        name: Name of the function.
        packagenames: Names in front of it.
        clauses: The arguments.
        type: Type of the result.
    """

    __slots__ = ()
    __visit_name__ = "function"
    _fields: ClassVar[tuple[str, ...]] = _FIELDS
    _is_from = True
    # The name by which the compiler knows a function of its own spelling.
    _known_name: ClassVar[str | None] = None

    name: Any
    packagenames: Any
    clauses: Any
    _type: Any

    @property
    def type(self) -> Any:
        """Type of the result."""
        kind = self._type
        return NULLTYPE if kind is None else kind

    @property
    def _bind_name(self) -> Any:
        return self.name

    @property
    def columns(self) -> Any:
        """The one column that a call in FROM gives."""
        from .base import ColumnCollection

        return ColumnCollection.from_items([(self.name, self.label(None))])

    c = columns

    def _own_froms(self) -> tuple[Any, ...]:
        from .froms import froms_of

        return froms_of(self.clauses)

    def over(
        self,
        *,
        partition_by: Any = None,
        order_by: Any = None,
        rows: Any = None,
        range_: Any = None,
        groups: Any = None,
    ) -> Over:
        """Return the call over a window; see ``over()``."""
        return Over.of(self, partition_by, order_by, range_, rows, groups)

    def filter(self, *criterion: Any) -> Any:
        """Return the call with a condition for its rows."""
        if not criterion:
            return self
        return FunctionFilter._new(self, None).filter(*criterion)

    def within_group(self, *order_by: Any) -> WithinGroup:
        """Return the call with an order of its rows."""
        return WithinGroup.of(self, *order_by)

    def within_group_type(self, within_group: Any) -> Any:
        """Return the type of a call with an order, None for its own."""
        return None

    def _within_group_type(self, within_group: Any) -> Any:
        return self.within_group_type(within_group)

    def as_comparison(self, left_index: int, right_index: int) -> Any:
        """Return the call as a comparison of two of its arguments."""
        return FunctionAsBinary._new(self, left_index, right_index)

    def select(self) -> Any:
        """Return a SELECT of the call."""
        from .selectable import select

        return select(self)

    def alias(
        self, name: str | None = None, joins_implicitly: bool = False
    ) -> Any:
        """Return the call as a FROM element with a name."""
        from .selectable import TableValuedAlias

        return TableValuedAlias._construct(
            self, name=name, table_value_type=None,
            joins_implicitly=joins_implicitly,
        )  # fmt: skip

    def table_valued(self, *expr: Any, **kw: Any) -> Any:
        """Return the call as a FROM element with columns.

        Args:
            *expr: Names of the columns, or columns.
            **kw: ``name`` of the element, ``with_ordinality``: name of one
                more column, ``joins_implicitly``.
        """
        from .selectable import TableValuedAlias

        return TableValuedAlias.of_function(self, expr, **kw)

    def column_valued(
        self, name: str | None = None, joins_implicitly: bool = False
    ) -> Any:
        """Return the one column of the call as a FROM element."""
        return self.alias(name=name, joins_implicitly=joins_implicitly).column

    def scalar_table_valued(self, name: str, type_: Any = None) -> Any:
        """Return one column of the call: ``(call).name``."""
        return ScalarFunctionColumn._new(self, name, to_instance(type_))

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand, in parentheses if it needs them."""
        if against is ops.getitem and isinstance(self.type, ARRAY):
            from .predicates import Grouping

            return Grouping._new(self)
        return ColumnElement.self_group(self, against)


class ScalarFunctionColumn(ColumnElement):
    """One column of a call that gives a row."""

    __slots__ = ()
    __visit_name__ = "scalar_function_column"
    _fields = ("fn", "name", "type")

    fn: Any
    name: Any

    @property
    def key(self) -> Any:
        """The name."""
        return self.name


class FunctionAsBinary(ColumnElement):
    """A call that is a comparison of two of its arguments."""

    __slots__ = ()
    __visit_name__ = "function_as_comparison"
    _fields = ("sql_function", "left_index", "right_index")

    sql_function: Any
    left_index: int
    right_index: int
    type: Any = Boolean()
    operator = ops.function_as_comparison_op

    @property
    def left(self) -> Any:
        """The left one of the two."""
        return self.sql_function.clauses[self.left_index - 1]

    @property
    def right(self) -> Any:
        """The right one of the two."""
        return self.sql_function.clauses[self.right_index - 1]


def argument(value: Any, name: str) -> Any:
    """Return an argument of a call; a value is a parameter named after it.

    Args:
        value: An expression or a value.
        name: Name of the function.
    """
    node = unwrap(value)
    if node is None:
        return NULL
    if hasattr(node, "self_group"):
        return expression(node).self_group(ops.comma_op)
    if isinstance(node, type):
        return expression(node)
    return BindParameter._new(
        name, node, type(node), None, ("unique",), None, None
    )


class Function(FunctionElement):
    """A call of a function of any name; made by :data:`func`.

    Args:
        name: Name of the function.
        *clauses: The arguments.
        type_: Type of the result.
        packagenames: Names in front of it.
    """

    __slots__ = ()
    _fields = _FIELDS

    def __new__(
        cls,
        name: str,
        *clauses: Any,
        type_: Any = None,
        packagenames: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Make the call."""
        if kwargs:
            raise TypeError(
                f"a function takes no keyword {next(iter(kwargs))!r}"
            )
        if "\0" in name:
            raise exc.ArgumentError(
                f"the name of a function contains a NUL character: {name!r}"
            )
        return cls._new(
            name,
            tuple(packagenames or ()),
            tuple([argument(each, name) for each in clauses]),
            to_instance(type_),
        )


class GenericFunction(Function):
    """Base of functions that are known by a class; ``func`` finds them.

    A subclass has a ``type``, and may have a ``name`` that is written, a
    ``package`` that is named in front and an ``identifier`` to find it by.
    """

    __slots__ = ()
    _fields = _FIELDS
    _of_class: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class, for ``func``."""
        given = cls.__dict__
        own = {
            name: given[name]
            for name in ("name", "type", "package", "identifier")
            if name in given and not isinstance(given[name], property)
        }
        for name in own:
            delattr(cls, name)
        super().__init_subclass__(**kwargs)
        kind = own.get("type")
        cls._of_class = {**cls._of_class, **own}
        cls._of_class["name"] = own.get("name", cls.__name__)
        if kind is not None:
            cls._of_class["type"] = to_instance(kind)
        if given.get("_register", True):
            package = own.get("package", "_default")
            identifier = own.get("identifier", cls._of_class["name"])
            register_function(identifier, cls, package)

    def __new__(cls, *args: Any, type_: Any = None, **kwargs: Any) -> Any:
        """Make the call.

        Args:
            *args: The arguments.
            type_: Type of the result, if it is not the known one.
            **kwargs: ``packagenames``.
        """
        name = cls._of_class["name"]
        clauses = cls._arguments(name, args)
        kind = cls._result_type(clauses) if type_ is None else type_
        packages = kwargs.pop("packagenames", None) or ()
        if kwargs:
            raise TypeError(
                f"{name}() takes no keyword {next(iter(kwargs))!r}"
            )
        return cls._new(name, tuple(packages), clauses, to_instance(kind))

    @classmethod
    def _arguments(cls, name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([argument(each, name) for each in args])

    @classmethod
    def _result_type(cls, clauses: tuple[Any, ...]) -> Any:
        return cls._of_class.get("type")


_registry: dict[str, dict[str, type[Any]]] = {}


def register_function(
    identifier: str, fn: type[Any], package: str = "_default"
) -> None:
    """Make a class of calls known to :data:`func`.

    Args:
        identifier: The name by which ``func`` finds it.
        fn: The class.
        package: The name in front of that.
    """
    _registry.setdefault(package, {})[str(identifier).lower()] = fn


class _FunctionNamespace:
    """Makes functions by attribute access: ``func.lower(x)``."""

    __slots__ = ("_names",)

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self._names = names

    def __getattr__(self, name: str) -> _FunctionNamespace:
        if name.startswith("__"):
            raise AttributeError(name)
        # A trailing underscore helps with Python's keywords: func.if_().
        plain = name[:-1] if name.endswith("_") else name
        return _FunctionNamespace((*self._names, plain))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        names = self._names
        if not names:
            raise TypeError("func is called through a name: func.now()")
        name = names[-1]
        package = "_default" if len(names) == 1 else names[-2]
        known = _registry.get(package)
        if known is not None and len(names) < 3:
            cls = known.get(name.lower())
            if cls is not None:
                return cls(*args, **kwargs)
        return Function(name, *args, packagenames=names[:-1], **kwargs)

    def __repr__(self) -> str:
        return ".".join(("func", *self._names))


func = _FunctionNamespace()
