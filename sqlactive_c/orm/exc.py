"""Exceptions of the mapping layer."""

from __future__ import annotations

from typing import Any

from ..exc import (
    ArgumentError,
    InvalidRequestError,
    MultipleResultsFound,
    NoResultFound,
    SQLAlchemyError,
)

__all__ = [
    "ConcurrentModificationError",
    "DetachedInstanceError",
    "FlushError",
    "LoaderStrategyException",
    "MappedAnnotationError",
    "MultipleResultsFound",
    "NoResultFound",
    "ObjectDeletedError",
    "ObjectDereferencedError",
    "StaleDataError",
    "UnmappedClassError",
    "UnmappedColumnError",
    "UnmappedError",
    "UnmappedInstanceError",
]


class StaleDataError(SQLAlchemyError):
    """A write matched another number of rows than there are instances."""


ConcurrentModificationError = StaleDataError


class FlushError(SQLAlchemyError):
    """Instances cannot be written as they are."""


class MappedAnnotationError(ArgumentError):
    """A ``Mapped[...]`` annotation cannot be turned into a column."""


class UnmappedError(InvalidRequestError):
    """Something that is not mapped was used as if it were."""


class ObjectDereferencedError(SQLAlchemyError):
    """An instance was garbage collected while it was still needed."""


class DetachedInstanceError(SQLAlchemyError):
    """An attribute needs the database and its instance has no session."""

    code = "bhk3"


def _class_path(cls: Any) -> str:
    if isinstance(cls, type):
        return f"{cls.__module__}.{cls.__qualname__}"
    return repr(cls)


class UnmappedInstanceError(UnmappedError):
    """An instance of a class that is not mapped was given to a session.

    Args:
        obj: The instance.
        msg: Replaces the message when given.
    """

    def __init__(self, obj: object, msg: str | None = None) -> None:
        if msg is None:
            msg = f"Class {_class_path(type(obj))!r} is not mapped"
            if isinstance(obj, type):
                msg = (
                    f"Class {_class_path(obj)!r} was given where an instance"
                    " of a mapped class is needed"
                )
        super().__init__(msg)

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class UnmappedClassError(UnmappedError):
    """A class that is not mapped was used as if it were.

    Args:
        cls: The class.
        msg: Replaces the message when given.
    """

    def __init__(self, cls: Any, msg: str | None = None) -> None:
        super().__init__(msg or f"Class {_class_path(cls)!r} is not mapped")

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class ObjectDeletedError(InvalidRequestError):
    """The row of an instance is gone.

    Args:
        state: The instance, or the object that keeps its state.
        msg: Replaces the message when given.
    """

    def __init__(self, state: Any, msg: str | None = None) -> None:
        if not msg:
            msg = f"The row of instance {state!r} does not exist any more"
        super().__init__(msg)

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class UnmappedColumnError(InvalidRequestError):
    """A column does not belong to any attribute of the mapped class."""


class LoaderStrategyException(InvalidRequestError):
    """A loading option does not fit the attribute it is used on."""
