"""What distinguishes two column types: their class and its parameters."""

from __future__ import annotations

from typing import Any

__all__ = ["constructor_copy", "constructor_names", "hashable_of", "key_of"]


def constructor_names(cls: type[Any]) -> tuple[str, ...]:
    """Return the parameters of a constructor.

    Those of the base class come with them if it passes keywords on.
    """
    names: dict[str, None] = {}
    for each in cls.__mro__:
        function = each.__dict__.get("__init__")
        code = getattr(function, "__code__", None)
        if code is None:
            continue
        count = code.co_argcount + code.co_kwonlyargcount
        names.update(dict.fromkeys(code.co_varnames[1:count]))
        if not code.co_flags & 0x08:  # no **keywords
            break
    return tuple(names)


def constructor_copy(obj: Any, cls: type[Any], **kw: Any) -> Any:
    """Make an object of a class with the parameters that another one has."""
    for name in constructor_names(cls):
        if name not in kw and name in obj.__dict__:
            kw[name] = obj.__dict__[name]
    return cls(**kw)


def hashable_of(value: Any) -> Any:
    """Return a hashable stand-in for a parameter, None if there is none."""
    if isinstance(value, (list, tuple)):
        parts = tuple([hashable_of(each) for each in value])
        for made, given in zip(parts, value, strict=True):
            if made is None and given is not None:
                return None
        return parts
    if isinstance(value, dict):
        return hashable_of(list(value.items()))
    if isinstance(value, (set, frozenset)):
        return frozenset(value)
    if hasattr(type(value), "static_key"):
        return value.static_key
    try:
        hash(value)
    except TypeError:
        return None
    return value


def key_of(type_: Any) -> tuple[Any, ...] | None:
    """Return the class and the parameters of a type.

    None if one of the parameters has no stand-in.
    """
    found = type_.__dict__
    parameters = [
        (name, type(found[name]), found[name])
        for name in constructor_names(type(type_))
        if name in found and not name.startswith("_")
    ]
    key: tuple[Any, ...] | None = hashable_of((type(type_), *parameters))
    return key
