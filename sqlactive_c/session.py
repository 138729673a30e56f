"""The session that the models of a base class work with."""

from __future__ import annotations

from typing import Any

from .exceptions import NoSessionError
from .utils import classproperty

__all__ = ["SessionMixin"]


class SessionMixin:
    """Holds a session for a class and those that derive from it.

    The nearest class that has a session gives it; a session set on a base
    class serves every class below that has none.
    """

    _session: Any = None

    @classmethod
    def set_session(cls, session: Any) -> None:
        """Set the session of the class.

        Args:
            session: An ``async_scoped_session``.
        """
        cls._session = session

    @classmethod
    def close_session(cls) -> None:
        """Take the session away from the class."""
        cls._session = None

    @classproperty
    def session(cls) -> Any:
        """The session, None if there is none.

        A model may have a column of that name, which then goes first.
        """
        return cls._session

    @classproperty
    def AsyncSession(cls) -> Any:
        """The session.

        Raises:
            NoSessionError: There is none.
        """
        if cls._session is None:
            raise NoSessionError
        return cls._session
