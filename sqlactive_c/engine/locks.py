"""What is said of locks: who has the one that others wait for.

The C side calls in here only when something went wrong.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

__all__ = ["LockHolder", "report_forgotten", "tell_holder"]

_LOGGER = "sqlactive_c.pool"


class LockHolder(NamedTuple):
    """Who in this process has the write transaction of a database.

    Attributes:
        task: Name of the task that began it, or None if no task did or it is
            gone.
        ended: Whether that task has ended.
        statement: SQL that runs in it, or ran last; or None.
        running: Whether it runs now.
        seconds: Age of the transaction.
        place: ``file:line`` of the program that began it, or None.
    """

    task: str | None
    ended: bool
    statement: str | None
    running: bool
    seconds: float
    place: str | None

    def __str__(self) -> str:
        if self.task is not None:
            who = f"task {self.task!r}"
        else:
            who = "a task" if self.ended else "a thread without a task"
        if self.ended:
            who += ", which has ended,"
        text = f"{who} holds the write transaction for {self.seconds:.3g} s"
        if self.place is not None:
            text += f", begun at {self.place}"
        if self.statement is not None:
            verb = "runs" if self.running else "ran last"
            text += f"; it {verb}: {_short(self.statement)}"
        return text


def _short(sql: str, width: int = 200) -> str:
    sql = " ".join(sql.split())
    return sql if len(sql) <= width else f"{sql[: width - 3]}..."


def tell_holder(holder: LockHolder | None) -> str:
    """Say who has the lock that was in the way.

    Args:
        holder: Who has it, None if nobody in this process.
    """
    if holder is None:
        return (
            "no write transaction of this process's engines is in the way:"
            " another process holds the lock, or a connection that was opened"
            " otherwise, or, where the journal is no WAL, one that reads"
        )
    return str(holder)


def report_forgotten(about: tuple[Any, ...]) -> None:
    """Log that a transaction was rolled back because nobody ends it.

    Args:
        about: The fields of a LockHolder.
    """
    holder = LockHolder(*about)
    name = "a task" if holder.task is None else f"task {holder.task!r}"
    logging.getLogger(_LOGGER).error(
        "%s has ended and left its write transaction open, which others wait"
        " for: it was rolled back after %.3g s (begun at %s; ran last: %s)",
        name,
        holder.seconds,
        holder.place or "an unknown place",
        _short(holder.statement or "nothing"),
    )
