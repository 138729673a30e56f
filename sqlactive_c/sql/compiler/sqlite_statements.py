"""How SQLite writes statements."""

from __future__ import annotations

import warnings
from typing import Any

from ... import exc
from .base import CompilerBase

__all__ = ["SQLiteStatements"]


class SQLiteStatements(CompilerBase):
    """What SQLite writes in its own way."""

    returning_for_keys = True
    no_values = " DEFAULT VALUES"

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """Return LIMIT and OFFSET, always both."""
        from ..constructors import literal

        limit, offset = select._limit, select._offset
        plain = {key: kw[key] for key in kw if key != "literal_binds"}
        if limit is None:
            text = "\n LIMIT " + self.process(literal(-1), **plain)
        else:
            text = "\n LIMIT " + self.process(limit, **kw)
        if offset is None:
            return text + " OFFSET " + self.process(literal(0), **kw)
        return text + " OFFSET " + self.process(offset, **kw)

    def for_update_clause(self, select: Any, **kw: Any) -> str:
        """Return nothing: the database is locked as a whole."""
        return ""

    def returning_words(self, kw: dict[str, Any]) -> dict[str, Any]:
        """Return keywords: RETURNING names columns without their table."""
        words: dict[str, Any] = super().returning_words(kw)  # type: ignore[misc]
        return {**words, "include_table": False}

    def delete_from(self, others: tuple[Any, ...], **kw: Any) -> str:
        """Raise: DELETE has one table.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "a DELETE cannot read other tables here but in a subquery"
        )

    # ---- ON CONFLICT -------------------------------------------------------

    def visit_on_conflict_do_nothing(self, node: Any, **kw: Any) -> str:
        """Return ON CONFLICT DO NOTHING."""
        target = self._conflict_target(node, **kw)
        return f"ON CONFLICT{target} DO NOTHING"

    def visit_on_conflict_do_update(self, node: Any, **kw: Any) -> str:
        """Return ON CONFLICT DO UPDATE."""
        target = self._conflict_target(node, **kw)
        table = self.stack[-1].statement._table
        given = dict(node.values)
        settings = []
        for column in table.c:
            if column.key not in given:
                continue
            value = given.pop(column.key).self_group()
            settings.append((column.name, self.process(value, **kw)))
        if given:
            warnings.warn(
                f"table {table.description!r} has no columns "
                + ", ".join(str(key) for key in given),
                exc.SAWarning,
                stacklevel=2,
            )
            settings += [
                (str(key), self.process(value, **kw))
                for key, value in given.items()
            ]
        text = f"ON CONFLICT{target} DO UPDATE SET " + ", ".join(
            f"{self.quote(name)} = {value}" for name, value in settings
        )
        if node.where is not None:
            text += " WHERE " + self.process(node.where, **kw)
        return text

    def _conflict_target(self, node: Any, **kw: Any) -> str:
        if node.targets is None:
            return ""
        kw = {**kw, "include_table": False, "literal_execute": True}
        names = ", ".join(
            self.quote(each)
            if isinstance(each, str)
            else self.process(each, **kw)
            for each in node.targets
        )
        text = f" ({names})"
        if node.target_where is not None:
            text += " WHERE " + self.process(node.target_where, **kw)
        return text
