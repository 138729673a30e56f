"""Attributes that are computed: in Python on instances, in SQL on classes."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from ..sql.nodes import ColumnElement

__all__ = [
    "Comparator",
    "ExprComparator",
    "HybridExtensionType",
    "hybrid_method",
    "hybrid_property",
]


class HybridExtensionType(Enum):
    """What ``extension_type`` of the two kinds of hybrids is."""

    HYBRID_METHOD = "HYBRID_METHOD"
    HYBRID_PROPERTY = "HYBRID_PROPERTY"


class Comparator:
    """Base of comparators of hybrids: operators of the user's own.

    Args:
        expression: What the operators apply to.
    """

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def __clause_element__(self) -> Any:
        resolve = getattr(self.expression, "__clause_element__", None)
        return self.expression if resolve is None else resolve()

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator."""
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator whose left operand is the other one."""
        return op(other, self.__clause_element__(), **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__clause_element__(), name)


def _operator(name: str) -> Callable[[Any, Any], Any]:
    def apply(self: Any, other: Any) -> Any:
        import operator

        return self.operate(getattr(operator, name), other)

    apply.__name__ = f"__{name}__"
    return apply


for _name in ("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "mod"):
    setattr(Comparator, f"__{_name}__", _operator(_name))
Comparator.__hash__ = object.__hash__  # type: ignore[method-assign]
ExprComparator = Comparator


# What has a name of its own in a SELECT.
_NAMED = frozenset(
    ("column", "function", "label", "proxy", "scalar_select", "text_fragment")
)


class _HybridAttribute(ColumnElement):
    """A hybrid property on a class: its expression, under its name."""

    __slots__ = ()
    __visit_name__ = "attribute"
    _fields = ("element", "key", "-class_", "-hybrid", "-operators")

    def __bool__(self) -> bool:
        return True

    def _resolve(self) -> Any:
        resolve = getattr(self.element, "_resolve", None)
        return self.element if resolve is None else resolve()

    @property
    def _label_key(self) -> Any:
        """The name of the column, unless the expression has its own."""
        kind = self._resolve().__visit_name__
        if kind in _NAMED:
            return None
        return self.key

    @property
    def entity_namespace(self) -> Any:
        """What ``filter_by`` finds names in."""
        return self.class_

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand, in parentheses if it needs them."""
        return self.element.self_group(against=against)

    def _negate(self) -> Any:
        return self.element._negate()

    def label(self, name: str | None) -> Any:
        """Return the expression under a name."""
        return self.element.label(name)

    @property
    def _bind_name(self) -> Any:
        return self.element._bind_name

    @property
    def _entity(self) -> Any:
        return getattr(self.class_, "__entity_node__", None)

    @property
    def parent(self) -> Any:
        """The mapper or the alias's entity."""
        from ..orm.entity import entity_of

        entity = entity_of(self.class_)
        return getattr(entity, "mapper", entity)

    @property
    def expression(self) -> Any:
        """The SQL expression."""
        return self.element

    def __clause_element__(self) -> Any:
        return self.element

    @property
    def type(self) -> Any:
        """The type of the expression."""
        return self.element.type

    @property
    def name(self) -> Any:
        """The name of the hybrid."""
        return self.key

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the expression."""
        return self.element.operate(op, *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator whose left operand is the other one."""
        return self.element.reverse_operate(op, other, **kwargs)

    def _assignments(self, value: Any) -> list[tuple[Any, Any]]:
        """Return what an INSERT or UPDATE sets for a value of the hybrid."""
        update = self.hybrid.update_expr
        if update is None:
            return [(self.element, value)]
        return list(update(self.class_, value))

    @property
    def info(self) -> dict[Any, Any]:
        """The dict for the user's own purposes."""
        return self.hybrid.info  # type: ignore[no-any-return]

    @property
    def __name__(self) -> str:
        return str(self.key)

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return getattr(self.hybrid, "__doc__", None)

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"


class hybrid_method:
    """Decorator for a method that works on instances and in SQL.

    Args:
        func: The method.
        expr: Another function for the class, or None.
    """

    is_hybrid = True
    is_attribute = True
    extension_type = HybridExtensionType.HYBRID_METHOD

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def __init__(
        self,
        func: Callable[..., Any],
        expr: Callable[..., Any] | None = None,
    ) -> None:
        self.func = func
        self.expr = expr if expr is not None else func
        self.__name__ = func.__name__
        self.__doc__ = func.__doc__
        self.__wrapped__ = func

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self.expr.__get__(owner, type(owner))
        return self.func.__get__(instance, owner)

    @property
    def inplace(self) -> Any:
        """Decorators that change this hybrid and return it."""
        return _InplaceMethod(self)

    def expression(self, expr: Callable[..., Any]) -> hybrid_method:
        """Decorator for the function that is used on the class."""
        self.expr = expr
        return self


class _InplaceMethod:
    def __init__(self, hybrid: hybrid_method) -> None:
        self._hybrid = hybrid

    def expression(self, expr: Callable[..., Any]) -> hybrid_method:
        return self._hybrid.expression(expr)


class hybrid_property:
    """Decorator for a property that works on instances and in SQL.

    Args:
        fget: Computes the value; on the class it gets the class.
        fset: Sets it on an instance.
        fdel: Deletes it from an instance.
        expr: Another function for the class, or None.
        custom_comparator: Function from the class to a :class:`Comparator`.
        update_expr: Function from class and value to the assignments of an
            UPDATE.
    """

    is_hybrid = True
    is_attribute = True
    extension_type = HybridExtensionType.HYBRID_PROPERTY

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def __init__(
        self,
        fget: Callable[[Any], Any],
        fset: Callable[[Any, Any], None] | None = None,
        fdel: Callable[[Any], None] | None = None,
        expr: Callable[[Any], Any] | None = None,
        custom_comparator: Callable[[Any], Any] | None = None,
        update_expr: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        self.fget = fget
        self.fset = fset
        self.fdel = fdel
        self.expr = expr
        self.custom_comparator = custom_comparator
        self.update_expr = update_expr
        self.info: dict[Any, Any] = {}
        self.__name__ = fget.__name__
        self.__doc__ = fget.__doc__

    @property
    def func(self) -> Callable[[Any], Any]:
        """The function that computes the value."""
        return self.fget

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is not None:
            return self.fget(instance)
        return self._on_class(owner)

    def _on_class(self, owner: Any) -> Any:
        name = self.__name__
        if self.custom_comparator is not None:
            made = self.custom_comparator(owner)
            if isinstance(made, Comparator):
                return _ComparedHybrid._new(
                    made.__clause_element__(), name, owner, self, made
                )
        else:
            made = (self.expr or self.fget)(owner)
        element = made
        resolve = getattr(made, "__clause_element__", None)
        if resolve is not None and not isinstance(made, ColumnElement):
            element = resolve()
        if not isinstance(element, ColumnElement):
            return made
        return _HybridAttribute._new(element, name, owner, self, None)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.fset is None:
            raise AttributeError("can't set attribute")
        self.fset(instance, value)

    def __delete__(self, instance: Any) -> None:
        if self.fdel is None:
            raise AttributeError("can't delete attribute")
        self.fdel(instance)

    def _copy(self, **changed: Any) -> hybrid_property:
        given = {
            name: getattr(self, name)
            for name in (
                "fget", "fset", "fdel", "expr", "custom_comparator",
                "update_expr",
            )
        }  # fmt: skip
        return type(self)(**{**given, **changed})

    @property
    def overrides(self) -> hybrid_property:
        """The hybrid of the parent class, to be changed for a derived one."""
        return self

    @property
    def inplace(self) -> Any:
        """Decorators that change this hybrid and return it."""
        return _InplaceProperty(self)

    def getter(self, fget: Callable[[Any], Any]) -> hybrid_property:
        """Decorator for the function that computes the value."""
        return self._copy(fget=fget)

    def setter(self, fset: Callable[[Any, Any], None]) -> hybrid_property:
        """Decorator for the function that sets the value."""
        return self._copy(fset=fset)

    def deleter(self, fdel: Callable[[Any], None]) -> hybrid_property:
        """Decorator for the function that deletes the value."""
        return self._copy(fdel=fdel)

    def expression(self, expr: Callable[[Any], Any]) -> hybrid_property:
        """Decorator for the function that is used on the class."""
        return self._copy(expr=_plain_function(expr))

    def comparator(self, comparator: Callable[[Any], Any]) -> hybrid_property:
        """Decorator for the function that gives a :class:`Comparator`."""
        return self._copy(custom_comparator=_plain_function(comparator))

    def update_expression(self, meth: Callable[..., Any]) -> hybrid_property:
        """Decorator for the function that gives an UPDATE's assignments."""
        return self._copy(update_expr=_plain_function(meth))


def _plain_function(function: Any) -> Any:
    if isinstance(function, classmethod):
        return function.__func__
    return function


class _InplaceProperty:
    def __init__(self, hybrid: hybrid_property) -> None:
        self._hybrid = hybrid

    def _put(self, name: str, function: Any) -> hybrid_property:
        setattr(self._hybrid, name, _plain_function(function))
        return self._hybrid

    def getter(self, fget: Any) -> hybrid_property:
        return self._put("fget", fget)

    def setter(self, fset: Any) -> hybrid_property:
        return self._put("fset", fset)

    def deleter(self, fdel: Any) -> hybrid_property:
        return self._put("fdel", fdel)

    def expression(self, expr: Any) -> hybrid_property:
        return self._put("expr", expr)

    def comparator(self, comparator: Any) -> hybrid_property:
        return self._put("custom_comparator", comparator)

    def update_expression(self, meth: Any) -> hybrid_property:
        return self._put("update_expr", meth)


class _ComparedHybrid(_HybridAttribute):
    """A hybrid property with operators of its own."""

    __slots__ = ()

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator, as the comparator has it."""
        return self.operators.operate(op, *other, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.operators, name)

    def __eq__(self, other: Any) -> Any:
        return self.operators == other

    def __ne__(self, other: Any) -> Any:
        return self.operators != other

    def __lt__(self, other: Any) -> Any:
        return self.operators < other

    def __le__(self, other: Any) -> Any:
        return self.operators <= other

    def __gt__(self, other: Any) -> Any:
        return self.operators > other

    def __ge__(self, other: Any) -> Any:
        return self.operators >= other

    def __hash__(self) -> int:
        return object.__hash__(self)
