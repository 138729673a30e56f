"""WITH: common table expressions as SQL.

A CTE is compiled where it is met first, and written before the outermost
statement, or before the one it is nested in.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ... import exc
from ..labels import AnonymousName, JoinedName
from .expressions import ExpressionCompiler

__all__ = ["CTECompiler"]


class _Place(NamedTuple):
    level: int
    name: str
    nested: bool


class CTECompiler(ExpressionCompiler):
    """How CTEs are written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The texts of the CTEs met so far.
        self.ctes: dict[Any, str] = {}
        self._cte_names: dict[tuple[int, str], Any] = {}
        self._cte_places: dict[Any, _Place] = {}
        self._repeated: dict[AnonymousName, AnonymousName] = {}
        super().__init__(*args, **kwargs)

    def resolved_name(self, name: Any) -> str:
        """Return a name, numbered now if it is an anonymous one."""
        if isinstance(name, JoinedName):
            return f"{self.resolved_name(name.owner)}_{name.again}"
        if not isinstance(name, AnonymousName):
            return name  # type: ignore[no-any-return]
        if not name.again:
            return self.anon_name(name.owner, name.base)
        known = self._repeated.setdefault(name, name)
        return self.anon_name(known, name.base)

    def phrases(self, words: Any, **kw: Any) -> str:
        """Return the words that are for this database, and a space."""
        mine = (None, "*", getattr(self.dialect, "name", "default"))
        written = " ".join(
            self.process(each, **kw)
            for each, dialect in words or ()
            if dialect in mine
        )
        return written + " " if written else ""

    def visit_cte(
        self,
        cte: Any,
        asfrom: bool = False,
        visiting_cte: Any = None,
        nest_here: bool = False,
        **kw: Any,
    ) -> str:
        """Return the name of a CTE; its text is kept for later."""
        name = self.resolved_name(cte.name)
        nested = cte.nesting or nest_here
        known = self._known_cte(cte, name, nested)
        new = known is None
        if known is not None and known is not cte:
            if known is cte._restates or _same(known, cte):
                new = known is cte._restates
                if new:
                    self.ctes.pop(known, None)
                    self._cte_places.pop(known._reference(), None)
            elif known._restates is not cte and not _derived(known, cte):
                raise exc.CompileError(f"two CTEs have the same name {name!r}")
        if new and cte._alias_of is not None:
            if cte._alias_of not in self.ctes:
                self.process(cte._alias_of, **kw)
        elif new:
            self._compile_cte(cte, name, nested, **kw)
            if not self.stack:
                return self._alone(cte, **kw)
        if not asfrom:
            return ""
        if cte._alias_of is None:
            return self.quote(name)
        original = self.resolved_name(cte._alias_of.name)
        return f"{self.quote(original)} AS {self.quote(name)}"

    def _known_cte(self, cte: Any, name: str, nested: bool) -> Any:
        place = self._cte_places.get(cte._reference())
        if place is not None:
            return self._cte_names.get((place.level, place.name))
        level = len(self.stack) if nested else 1
        return self._cte_names.get((level, name))

    def _compile_cte(
        self, cte: Any, name: str, nested: bool, **kw: Any
    ) -> None:
        level = len(self.stack) if nested else 1
        self._cte_names[level, name] = cte
        self._cte_places[cte._reference()] = _Place(level, name, nested)
        if not self.stack:
            return
        text = self.quote(name)
        if cte.recursive or cte.element.__visit_name__ == "values":
            text += f"({self._cte_columns(cte.element)})"
        words = self.phrases(cte._prefixes, **kw)
        inner = self.process(cte.element, asfrom=True, visiting_cte=cte, **kw)
        text += f" AS {words}\n({inner})"
        if cte._suffixes:
            text += " " + self.phrases(cte._suffixes, **kw)
        self.ctes[cte] = text

    def _cte_columns(self, statement: Any) -> str:
        if statement.__visit_name__ == "values":
            names = [column.name for column in statement._column_args]
        else:
            names = [
                each.key if each.fallback is None else each.fallback
                for each in statement._plan
                if not each.repeated
            ]
        return ", ".join(
            self.quote(self.resolved_name(name)) for name in names
        )

    def _alone(self, cte: Any, **kw: Any) -> str:
        """Return the statement of a CTE that is compiled by itself."""
        return self.process(cte.element, **kw)

    def with_clause(self, outermost: bool, following: bool = False) -> str:
        """Return WITH and the CTEs that are written at this level.

        Args:
            outermost: Before the whole; all that are left.
            following: Also those of the next level.
        """
        level = None if outermost else len(self.stack)
        ctes = self.ctes
        if level is not None and level > 1:
            levels = (level, level + 1) if following else (level,)
            ctes = {
                cte: text
                for cte, text in self.ctes.items()
                if self._cte_places[cte._reference()].nested
                and self._cte_places[cte._reference()].level in levels
            }
        if not ctes:
            return ""
        word = "WITH RECURSIVE" if any(c.recursive for c in ctes) else "WITH"
        text = f"{word} " + ", \n".join(ctes.values()) + "\n "
        if level is not None and level > 1:
            for cte in list(ctes):
                place = self._cte_places.pop(cte._reference())
                self._cte_names.pop((place.level, place.name), None)
                del self.ctes[cte]
        return text


def _derived(known: Any, cte: Any) -> bool:
    """Say whether a CTE is a restatement of another, however far back."""
    each = known
    while each is not None:
        if each is cte:
            return True
        each = each._restates
    return False


def _same(known: Any, cte: Any) -> bool:
    return known is cte or (
        known._restates is None
        and cte._restates is None
        and known._alias_of is cte._alias_of
        and known._given == cte._given
        and known._given is not None
        and bool(known.compare(cte))
    )
