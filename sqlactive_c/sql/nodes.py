"""ClauseElement and ColumnElement: what all nodes of statements can do.

The nodes themselves, their parts and fingerprints are C (``_core``); what
they mean is said by the classes here and in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .. import _core, exc
from . import operators as ops
from .column_operators import ColumnOperators
from .sqltypes import NULLTYPE
from .type_rules import is_boolean

__all__ = ["ClauseElement", "ColumnElement", "SQLCoreOperations", "replace"]


class ClauseElement(_core.ClauseElement):
    """Base of everything that statements are made of."""

    __slots__ = ()

    __visit_name__: ClassVar[str] = "clause"
    _is_implicitly_boolean: Any = False

    def compile(
        self, bind: Any = None, dialect: Any = None, **kwargs: Any
    ) -> Any:
        """Return the compiled form; ``str()`` of it is the SQL.

        Args:
            bind: Something with a dialect, such as an engine.
            dialect: What the SQL is for; the generic one by default.
            **kwargs: ``compile_kwargs={"literal_binds": True}`` writes
                values into the text; ``column_keys`` names the columns of
                an INSERT or UPDATE.
        """
        from .compiler import compile_statement

        if dialect is None and bind is not None:
            dialect = getattr(bind, "dialect", None)
        return compile_statement(self, dialect=dialect, **kwargs)

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand, in parentheses if it needs them.

        Args:
            against: The operator it is an operand of.
        """
        return self

    def unique_params(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy with values for its parameters, each on its own."""
        return _with_params(self, args, kwargs, unique=True)

    def params(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy with values for its parameters.

        Args:
            *args: A dict of values.
            **kwargs: Values by the names of the parameters.
        """
        return _with_params(self, args, kwargs, unique=False)

    def compare(self, other: Any, **kwargs: Any) -> bool:
        """Say whether another element is the same, values included."""
        if other is self:
            return True
        if not isinstance(other, _core.ClauseElement):
            return False
        print_, riders = self._fingerprint()
        other_print, other_riders = other._fingerprint()
        if print_ is None or print_ != other_print:
            return False
        return all(
            getattr(left, "value", None) == getattr(right, "value", None)
            for left, right in zip(riders, other_riders, strict=True)
        )

    def get_children(self, **kwargs: Any) -> list[Any]:
        """Return the elements that are parts of this one."""
        children: list[Any] = []
        parts = list(self._parts)
        while parts:
            part = parts.pop(0)
            if isinstance(part, tuple):
                parts[:0] = part
            elif isinstance(part, _core.ClauseElement):
                children.append(part)
        return children

    @property
    def description(self) -> str | None:
        """The name, if it has one."""
        return getattr(self, "name", None)

    def _negate(self) -> Any:
        return elements.UnaryExpression.of(
            self.self_group(against=ops.inv), ops.inv, None, NULLTYPE
        )

    def __invert__(self) -> Any:
        return self._negate()

    def __str__(self) -> str:
        return str(self.compile())

    def __repr__(self) -> str:
        return (
            f"<{type(self).__module__}.{type(self).__qualname__} object at"
            f" {id(self):#x}>"
        )


class SQLCoreOperations(ColumnOperators):
    """What is common to column expressions and mapped attributes."""

    __slots__ = ()


class ColumnElement(SQLCoreOperations, _core.ColumnElement, ClauseElement):
    """Base of the expressions that give a value.

    Attributes:
        key: Name under which Python knows it, None for most.
        type: Type of the value.
    """

    __slots__ = ()

    __visit_name__ = "column_element"

    key: Any = None
    primary_key: Any = False
    foreign_keys: Any = frozenset()
    type: Any = NULLTYPE
    # What parameters that are compared with it are called.
    _bind_name: Any = None
    # What its label is called when nobody gave it a name.
    _is_collection_aggregate = False

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    @property
    def expression(self) -> Any:
        """The expression itself; mapped attributes have one, too."""
        return self

    @property
    def anon_label(self) -> Any:
        """The expression under a name that is made up."""
        return self.label(None)

    @property
    def _anon_base(self) -> str:
        return getattr(self, "name", None) or "anon"

    @property
    def _order_by_label(self) -> Any:
        """The label to sort by instead, if it is one."""
        return None

    @property
    def comparator(self) -> Any:
        """What the type adds to the operators."""
        return comparisons.comparator_of(self)

    def __getattr__(self, name: str) -> Any:
        # Types add methods: as_integer() of JSON, those of a comparator.
        if name[:1] != "_":
            found = comparisons.type_method(self, name)
            if found is not None:
                return found
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}"
        )

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator; see :class:`ColumnOperators`."""
        return comparisons.apply(op, self, other, False, kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator with this as its right operand."""
        return comparisons.apply(op, self, (other,), True, kwargs)

    def in_(self, other: Any) -> Any:
        """Return ``a IN (...)``, for a list of values or a SELECT."""
        return comparisons.apply(ops.in_op, self, (other,), False, NO_KWARGS)

    def label(self, name: str | None) -> Any:
        """Return the expression under a name.

        Args:
            name: The name; None for one that is made up.
        """
        return elements.Label._new(name, self, None)

    def desc(self) -> Any:
        """Return ``a DESC``."""
        return elements.UnaryExpression._new(self, None, ops.desc_op, None)

    def asc(self) -> Any:
        """Return ``a ASC``."""
        return elements.UnaryExpression._new(self, None, ops.asc_op, None)

    def cast(self, type_: Any) -> Any:
        """Return ``CAST(a AS type)``."""
        return elements.Cast.of(self, type_)

    def self_group(self, against: Any = None) -> Any:
        """Return it as an operand, in parentheses if it needs them."""
        if (
            against is ops.and_ or against is ops.or_ or against is ops.asbool
        ) and is_boolean(self.type):
            return elements.AsBoolean._new(self, ops.is_true, ops.is_false)
        if against is ops.any_op or against is ops.all_op:
            return elements.Grouping._new(self)
        return self

    def shares_lineage(self, other: Any) -> bool:
        """Say whether both stand for the same column of a table."""
        return bool(self.proxy_set & other.proxy_set)

    @property
    def base_columns(self) -> Any:
        """The columns it stands for, without those in between."""
        return frozenset((self,))

    @property
    def proxy_set(self) -> Any:
        """The columns it stands for."""
        return frozenset((self,))

    def _bind(self, op: Any, value: Any, type_: Any = None) -> Any:
        """Return the parameter for a value that it is compared with."""
        return elements.BindParameter._new(
            None, value, type(value), type_, None, self, op
        )

    def _negate(self) -> Any:
        if is_boolean(self.type):
            return elements.AsBoolean._new(self, ops.is_false, ops.is_true)
        return elements.UnaryExpression.of(
            self.self_group(against=ops.inv), ops.inv, None, NULLTYPE
        )

    def _negate_in_binary(self, negated: Any, original: Any) -> Any:
        return self


NO_KWARGS: dict[str, Any] = {}


def replace(node: Any, function: Callable[[Any], Any]) -> Any:
    """Return a node with some of the nodes in it replaced.

    Args:
        node: Where to begin.
        function: Receives each node, parents first; returns what stands for
            it, whose own parts are left alone, or None to look at its parts.
    """
    made: dict[int, Any] = {}

    def of_node(old: Any) -> Any:
        # One node may stand in several places and must stay one.
        new = made.get(id(old))
        if new is None:
            new = function(old)
            if new is None:
                new = old if type(old)._identity else of_parts(old)
            made[id(old)] = new
        return new

    def of_parts(old: Any) -> Any:
        changed = {
            name: of_part(part)
            for name, part in zip(old._fields, old._parts, strict=False)
            if isinstance(part, (tuple, _core.ClauseElement))
            and name[0] != "-"
        }
        if all(new is getattr(old, name) for name, new in changed.items()):
            return old
        return old._replace(**changed)

    def of_part(old: Any) -> Any:
        if isinstance(old, tuple):
            parts = tuple([of_part(each) for each in old])
            same = all(a is b for a, b in zip(parts, old, strict=True))
            return old if same else parts
        return of_node(old) if isinstance(old, _core.ClauseElement) else old

    return of_node(node)


def _with_params(
    node: Any,
    args: tuple[Mapping[str, Any], ...],
    kwargs: dict[str, Any],
    unique: bool,
) -> Any:
    if len(args) > 1:
        raise exc.ArgumentError("params() takes one dict and keywords")
    values = {**(args[0] if args else {}), **kwargs}

    def given(each: Any) -> Any:
        if isinstance(each, elements.BindParameter):
            key = each.key
            if key is not None and key in values:
                return each._with_value(values[key], unique)
            return each
        return None

    return replace(node, given)


# At the end, because they build on the classes above.
from . import comparisons, elements  # noqa: E402
