"""Methods of everything that has SQL operators, by way of ``operate()``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["ColumnOperators", "Operators"]


class Operators:
    """Base of what SQL operators apply to."""

    __slots__ = ()

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator.

        Args:
            op: A function of :mod:`sqlactive_c.sql.operators`.
            *other: The other operands.
            **kwargs: What the operator takes besides.
        """
        raise NotImplementedError(f"{op.__name__} on {type(self).__name__}")

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply an operator whose left operand is the other one."""
        raise NotImplementedError(f"{op.__name__} on {type(self).__name__}")

    def op(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        python_impl: Callable[..., Any] | None = None,
    ) -> Callable[[Any], Any]:
        """Return a function that applies an operator of any spelling.

        Args:
            opstring: How it is written in SQL.
            precedence: Its place among the operators, 0 for the lowest.
            is_comparison: Its result is a truth value.
            return_type: Type of its result.
            python_impl: A function that does the same for Python values.
        """
        operator = ops.custom_op(
            opstring, precedence, is_comparison, return_type,
            python_impl=python_impl,
        )  # fmt: skip
        return lambda other: operator(self, other)

    def bool_op(
        self,
        opstring: str,
        precedence: int = 0,
        python_impl: Callable[..., Any] | None = None,
    ) -> Callable[[Any], Any]:
        """Return a function that applies a comparison of any spelling."""
        return self.op(opstring, precedence, True, python_impl=python_impl)


class ColumnOperators(Operators):
    """Operators of column expressions."""

    __slots__ = ()

    def concat(self, other: Any) -> Any:
        """Return ``a || b``."""
        return self.operate(ops.concat_op, other)

    def in_(self, other: Any) -> Any:
        """Return ``a IN (...)``, for a list of values or a SELECT."""
        return self.operate(ops.in_op, other)

    def not_in(self, other: Any) -> Any:
        """Return ``a NOT IN (...)``, for a list of values or a SELECT."""
        return self.operate(ops.not_in_op, other)

    def is_(self, other: Any) -> Any:
        """Return ``a IS b``."""
        return self.operate(ops.is_, other)

    def is_not(self, other: Any) -> Any:
        """Return ``a IS NOT b``."""
        return self.operate(ops.is_not, other)

    def is_distinct_from(self, other: Any) -> Any:
        """Return a comparison that takes NULL for a value."""
        return self.operate(ops.is_distinct_from, other)

    def is_not_distinct_from(self, other: Any) -> Any:
        """Return a comparison in which NULL equals NULL."""
        return self.operate(ops.is_not_distinct_from, other)

    def like(self, other: Any, escape: str | None = None) -> Any:
        """Return ``a LIKE b``."""
        return self.operate(ops.like_op, other, escape=escape)

    def not_like(self, other: Any, escape: str | None = None) -> Any:
        """Return ``a NOT LIKE b``."""
        return self.operate(ops.not_like_op, other, escape=escape)

    def ilike(self, other: Any, escape: str | None = None) -> Any:
        """Return ``lower(a) LIKE lower(b)``."""
        return self.operate(ops.ilike_op, other, escape=escape)

    def not_ilike(self, other: Any, escape: str | None = None) -> Any:
        """Return ``lower(a) NOT LIKE lower(b)``."""
        return self.operate(ops.not_ilike_op, other, escape=escape)

    def startswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """Return a test for text at the beginning.

        Args:
            other: The text.
            escape: The character that takes ``%`` and ``_`` their meaning.
            autoescape: Put it in front of those in the text.
        """
        return _pattern(self, ops.startswith_op, other, escape, autoescape)

    def istartswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """Return a test for text at the beginning, whatever its case."""
        return _pattern(self, ops.istartswith_op, other, escape, autoescape)

    def endswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """Return a test for text at the end."""
        return _pattern(self, ops.endswith_op, other, escape, autoescape)

    def iendswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """Return a test for text at the end, whatever its case."""
        return _pattern(self, ops.iendswith_op, other, escape, autoescape)

    def contains(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """Return a test for text anywhere."""
        return _pattern(self, ops.contains_op, other, escape, autoescape)

    def icontains(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> Any:
        """Return a test for text anywhere, whatever its case."""
        return _pattern(self, ops.icontains_op, other, escape, autoescape)

    def match(self, other: Any, **kwargs: Any) -> Any:
        """Return ``a MATCH b``."""
        return self.operate(ops.match_op, other, **kwargs)

    def regexp_match(self, pattern: Any, flags: str | None = None) -> Any:
        """Return ``a REGEXP b``."""
        return self.operate(ops.regexp_match_op, pattern, flags=flags)

    def regexp_replace(
        self, pattern: Any, replacement: Any, flags: str | None = None
    ) -> Any:
        """Return the text with what matches replaced."""
        return self.operate(
            ops.regexp_replace_op, pattern, replacement, flags=flags
        )

    def between(self, cleft: Any, cright: Any, symmetric: bool = False) -> Any:
        """Return ``a BETWEEN b AND c``."""
        if symmetric:
            return self.operate(
                ops.between_op, cleft, cright, symmetric=symmetric
            )
        return self.operate(ops.between_op, cleft, cright)

    def desc(self) -> Any:
        """Return ``a DESC``."""
        return self.operate(ops.desc_op)

    def asc(self) -> Any:
        """Return ``a ASC``."""
        return self.operate(ops.asc_op)

    def nulls_first(self) -> Any:
        """Return ``a NULLS FIRST``."""
        return self.operate(ops.nulls_first_op)

    def nulls_last(self) -> Any:
        """Return ``a NULLS LAST``."""
        return self.operate(ops.nulls_last_op)

    def collate(self, collation: str) -> Any:
        """Return ``a COLLATE collation``."""
        return self.operate(ops.collate, collation)

    def distinct(self) -> Any:
        """Return ``DISTINCT a``."""
        return self.operate(ops.distinct_op)

    def any_(self) -> Any:
        """Return ``ANY (a)``."""
        return self.operate(ops.any_op)

    def all_(self) -> Any:
        """Return ``ALL (a)``."""
        return self.operate(ops.all_op)

    def bitwise_xor(self, other: Any) -> Any:
        """Return the bits that are in one of the two."""
        return self.operate(ops.bitwise_xor_op, other)

    def bitwise_or(self, other: Any) -> Any:
        """Return ``a | b``."""
        return self.operate(ops.bitwise_or_op, other)

    def bitwise_and(self, other: Any) -> Any:
        """Return ``a & b``."""
        return self.operate(ops.bitwise_and_op, other)

    def bitwise_not(self) -> Any:
        """Return ``~a``."""
        return self.operate(ops.bitwise_not_op)

    def bitwise_lshift(self, other: Any) -> Any:
        """Return ``a << b``."""
        return self.operate(ops.bitwise_lshift_op, other)

    def bitwise_rshift(self, other: Any) -> Any:
        """Return ``a >> b``."""
        return self.operate(ops.bitwise_rshift_op, other)

    # Earlier names of the same methods.
    notin_ = not_in
    isnot = is_not
    isnot_distinct_from = is_not_distinct_from
    notlike = not_like
    notilike = not_ilike
    nullsfirst = nulls_first
    nullslast = nulls_last


def _pattern(
    subject: Any, op: Any, other: Any, escape: str | None, autoescape: bool
) -> Any:
    if autoescape:
        if autoescape is not True:
            import warnings

            from ..exc import SAWarning

            warnings.warn(
                "autoescape is True or False; the character is `escape`",
                SAWarning,
                stacklevel=3,
            )
        if escape is None:
            escape = "/"
        if not isinstance(other, str):
            raise TypeError("autoescape needs the text as a str")
        if escape not in ("%", "_"):
            other = other.replace(escape, escape + escape)
        other = other.replace("%", escape + "%").replace("_", escape + "_")
        return subject.operate(op, other, escape=escape)
    return subject.operate(op, other, escape=escape)


# At the end, because the operators call the methods above.
from . import operators as ops  # noqa: E402
