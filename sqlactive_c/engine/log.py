"""``echo``: statements and transactions through `logging`.

The C side calls in here only for an engine whose logger is enabled.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Literal

from ..exc import ArgumentError

if TYPE_CHECKING:
    from .._core import Result

__all__ = ["EngineLogger"]

_ROOT = "sqlactive_c"
_NAME = "sqlactive_c.engine.Engine"
_LIMIT = 500  # texts whose first use we remember

Echo = bool | Literal["debug"] | None


class EngineLogger:
    """The logger of one engine: its level and what it has seen.

    Args:
        echo: None (the logger's own level decides), True, False or
            ``"debug"``.
        logging_name: appended to the logger's name, to tell engines apart.
        hide_parameters: log no parameter values.
    """

    echo: Echo
    level: int

    def __init__(
        self, echo: Echo, logging_name: str | None, hide_parameters: bool
    ) -> None:
        name = f"{_NAME}.{logging_name}" if logging_name else _NAME
        self.logger = logging.getLogger(name)
        self.hide_parameters = hide_parameters
        self.seen: dict[tuple[str, bool], float] = {}
        self.set_echo(echo)

    def set_echo(self, echo: Echo) -> None:
        """Change the level as ``engine.echo = ...`` does.

        Raises:
            ArgumentError: it is not one of the values that `echo` has.
        """
        if echo not in (None, True, False, "debug"):
            raise ArgumentError(
                f"echo must be True, False, None or 'debug', got {echo!r}"
            )
        self.echo = echo
        if echo:
            _add_default_handler()
        level = self.logger.getEffectiveLevel()
        if echo == "debug":
            level = logging.DEBUG
        elif echo:
            level = min(level, logging.INFO)
        elif echo is False:
            level = max(level, logging.WARNING)
        self.level = level

    def enabled(self, debug: bool = False) -> bool:
        """Is a statement (or, with ``debug``, a row) to be logged?"""
        wanted = logging.DEBUG if debug else logging.INFO
        return self.level <= wanted and self.logger.manager.disable < wanted

    def _write(self, level: int, message: str, *args: Any) -> None:
        # Past the logger's own level: the engine's echo has decided.
        logger = self.logger
        logger.handle(
            logger.makeRecord(
                logger.name, level, "(sqlactive_c)", 0, message, args, None
            )
        )

    def event(self, text: str) -> None:
        """Log BEGIN (implicit), COMMIT, ROLLBACK, SAVEPOINT ..."""
        self._write(logging.INFO, "%s", text)

    def _origin(self, sql: str, many: bool, raw: bool) -> str:
        if raw:
            return "raw sql"
        now = time.monotonic()
        first = self.seen.get((sql, many))
        if first is not None:
            return f"cached since {now - first:.4g}s ago"
        if len(self.seen) >= _LIMIT:
            self.seen.clear()
        self.seen[sql, many] = now
        return "generated"

    def statement(
        self, sql: str, parameters: Any, many: bool, raw: bool
    ) -> None:
        """Log a statement and its parameters, as they go to SQLite."""
        if self.hide_parameters:
            shown = "[SQL parameters hidden due to hide_parameters=True]"
        else:
            from .._parameters import render_params

            shown = render_params(parameters, many)
        self._write(logging.INFO, "%s", sql)
        self._write(
            logging.INFO, "[%s] %s", self._origin(sql, many, raw), shown
        )

    def rows(self, result: Result[Any]) -> None:
        """Log the columns and rows of a buffered result (``"debug"``)."""
        if not result.returns_rows:
            return
        self._write(logging.DEBUG, "Col %r", tuple(result.keys()))
        for row in result._buffered():
            self._write(logging.DEBUG, "Row %r", row)


def _add_default_handler() -> None:
    root = logging.getLogger(_ROOT)
    if root.hasHandlers():
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    root.addHandler(handler)
