"""FROM elements with another name: aliases, subqueries, CTEs, functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .elements import ClauseElement, ColumnClause
from .from_clause import (
    ColumnProxy,
    NamedFromClause,
    _name,
    computed,
    make_proxies,
)
from .sqltypes import NULLTYPE, Integer

__all__ = [
    "CTE",
    "Alias",
    "AliasedReturnsRows",
    "Lateral",
    "Subquery",
    "TableSample",
    "TableValuedAlias",
    "alias",
    "lateral",
    "tablesample",
]


class AliasedReturnsRows(NamedFromClause):
    """Base of what gives a name to something else.

    Attributes:
        element: What it names.
        name: The name; when it was given none, one that every compilation
            makes anew.
    """

    __slots__ = ()
    _rides = "name"

    @property
    def name(self) -> Any:
        """The name."""
        if self._given is not None:
            return self._given
        return self._anonymous_name

    @computed
    def _anonymous_name(self) -> Any:
        from .labels import AnonymousName

        return AnonymousName(self, self._base_name())

    def _base_name(self) -> str:
        anonymous = getattr(self.element, "_anonymous", None)
        return "anon" if anonymous is None else anonymous()

    def _anonymous(self) -> str:
        return "anon" if self._given is None else str(self._given)

    @property
    def original(self) -> Any:
        """What it names; for aliases of aliases the same."""
        return self.element

    @property
    def description(self) -> str:
        """A name for messages."""
        return str(self.name)

    def _make_columns(self) -> Iterator[tuple[str, Any]]:
        columns = getattr(self.element, "_subquery_columns", None)
        if columns is not None:
            return make_proxies(self, columns())
        return make_proxies(
            self,
            (
                (key, column.name, (column,))
                for key, column in self.element.c.items()
            ),
        )

    def is_derived_from(self, fromclause: Any) -> bool:
        """Say whether this is made from another FROM element."""
        if fromclause is self:
            return True
        derived = getattr(self.element, "is_derived_from", None)
        return derived is not None and bool(derived(fromclause))


class Alias(AliasedReturnsRows):
    """A table under another name."""

    __slots__ = ()
    __visit_name__ = "alias"
    _fields = ("element", "_given")

    def _criteria(self) -> tuple[Any, ...]:
        return ()


class Subquery(AliasedReturnsRows):
    """A SELECT in parentheses, with a name."""

    __slots__ = ()
    __visit_name__ = "subquery"
    _fields = ("element", "_given")

    def as_scalar(self) -> Any:
        """Return the SELECT as a scalar subquery."""
        return self.element.scalar_subquery()


class Lateral(AliasedReturnsRows):
    """A subquery that sees what stands before it."""

    __slots__ = ()
    __visit_name__ = "lateral"
    _fields = ("element", "_given")


class TableSample(AliasedReturnsRows):
    """A sample of the rows of a table.

    Attributes:
        sampling: How much of it, a percentage or a function.
        seed: An expression, or None.
    """

    __slots__ = ()
    __visit_name__ = "tablesample"
    _fields = ("element", "_given", "sampling", "seed")


class CTE(AliasedReturnsRows):
    """A statement that stands in WITH.

    Attributes:
        element: The statement.
        recursive: Whether it may refer to itself.
        nesting: Whether it is written where it is used, not at the top.
    """

    __slots__ = ()
    __visit_name__ = "cte"
    _fields = (
        "element",
        "_given",
        "recursive",
        "nesting",
        "_restates",
        "_alias_of",
        "_prefixes",
        "_suffixes",
    )

    def _reference(self) -> CTE:
        """Return what all restatements of it have in common."""
        return self if self._restates is None else self._restates._reference()

    def _make_columns(self) -> Iterator[tuple[str, Any]]:
        if self._alias_of is not None:
            return make_proxies(
                self,
                (
                    (key, column.name, (column,))
                    for key, column in self._alias_of.c.items()
                ),
            )
        return super()._make_columns()

    def alias(self, name: str | None = None, flat: bool = False) -> CTE:
        """Return the CTE under another name."""
        return CTE._new(
            self.element,
            _name(name),
            self.recursive,
            self.nesting,
            None,
            self,
            self._prefixes,
            self._suffixes,
        )

    def _base_name(self) -> str:
        return "anon"

    def union(self, *other: Any) -> CTE:
        """Return the CTE with its statement UNIONed with others."""
        return self._restated(self.element.union(*other))

    def union_all(self, *other: Any) -> CTE:
        """Return the CTE with its statement joined by UNION ALL."""
        return self._restated(self.element.union_all(*other))

    def _restated(self, element: Any) -> CTE:
        return CTE._new(
            element,
            self._given if self._given is not None else self.name,
            self.recursive,
            self.nesting,
            self,
            None,
            self._prefixes,
            self._suffixes,
        )

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> CTE:
        """Return it with words after AS."""
        from .expect import phrases

        return self._replace(
            _prefixes=(self._prefixes or ()) + phrases(prefixes, dialect),
            _restates=self,
        )

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> CTE:
        """Return it with words after the closing parenthesis."""
        from .expect import phrases

        return self._replace(
            _suffixes=(self._suffixes or ()) + phrases(suffixes, dialect),
            _restates=self,
        )


class TableValuedAlias(AliasedReturnsRows):
    """A function that returns rows, as a FROM element.

    Attributes:
        element: The function.
        joins_implicitly: Kept for the user; nothing is warned about.
    """

    __slots__ = ()
    __visit_name__ = "table_valued_alias"
    _fields = (
        "element",
        "_given",
        "_columns",
        "_derived",
        "_derived_types",
        "_ordinality",
        "joins_implicitly",
    )

    @classmethod
    def _construct(
        cls,
        element: Any,
        name: str | None = None,
        table_value_type: Any = None,
        joins_implicitly: bool = False,
    ) -> Any:
        """Return a call as a FROM element.

        Args:
            element: The call.
            name: The name; None to have one made.
            table_value_type: Pairs of name and type of its columns.
            joins_implicitly: Kept for the user.
        """
        return cls._new(
            element, _name(name), table_value_type, False, False, False,
            bool(joins_implicitly),
        )  # fmt: skip

    @classmethod
    def of_function(
        cls, element: Any, columns: tuple[Any, ...], **options: Any
    ) -> Any:
        """Return a call as a FROM element with columns.

        Args:
            element: The call.
            columns: Names of the columns, or columns.
            **options: ``name``, ``with_ordinality``, ``joins_implicitly``.
        """
        ordinality = options.pop("with_ordinality", None)
        if ordinality is not None:
            columns = (*columns, ColumnClause.of(ordinality, Integer, False))
        pairs = tuple(
            (each, NULLTYPE)
            if isinstance(each, str)
            else (each.name, each.type)
            for each in columns
        )
        made = cls._construct(element, table_value_type=pairs, **options)
        return made if ordinality is None else made._replace(_ordinality=True)

    def _make_columns(self) -> Iterator[tuple[str, Any]]:
        for position, (name, type_) in enumerate(self._columns or ()):
            yield name, ColumnProxy._new(self, position, name, name, (), type_)

    def _base_name(self) -> str:
        return "anon"

    @computed
    def column(self) -> Any:
        """The whole as a column."""
        return ColumnProxy._new(
            self, -1, self.name, str(self.name), (), self.element.type
        )

    def alias(
        self, name: str | None = None, joins_implicitly: bool = False
    ) -> TableValuedAlias:
        """Return it under another name."""
        return self._replace(
            _given=_name(name), joins_implicitly=joins_implicitly
        )

    def render_derived(
        self, name: str | None = None, with_types: bool = False
    ) -> TableValuedAlias:
        """Return it with the names of its columns written after its name."""
        return self._replace(
            _given=self._given if name is None else _name(name),
            _derived=True,
            _derived_types=bool(with_types),
        )


def alias(selectable: Any, name: str | None = None, flat: bool = False) -> Any:
    """Return a FROM element under another name.

    Args:
        selectable: The FROM element.
        name: The name; None to have one made.
        flat: Of a join: make an alias of each of its sides.
    """
    from .expect import expect_from

    return expect_from(selectable).alias(name, flat)


def lateral(selectable: Any, name: str | None = None) -> Lateral:
    """Return a SELECT as LATERAL, which SQLite does not have."""
    return selectable.lateral(name)  # type: ignore[no-any-return]


def tablesample(
    selectable: Any, sampling: Any, name: str | None = None, seed: Any = None
) -> TableSample:
    """Return a sample of a table, which SQLite does not have.

    Args:
        selectable: The table.
        sampling: A percentage, or a function.
        name: The name; None to have one made.
        seed: For the same sample every time.
    """
    from .expect import expect_from, expect_value
    from .functions import func

    if not isinstance(sampling, ClauseElement):
        sampling = func.system(sampling)
    return TableSample._new(
        expect_from(selectable),
        _name(name),
        sampling,
        None if seed is None else expect_value(seed),
    )
