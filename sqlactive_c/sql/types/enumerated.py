"""One of a fixed set of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import _core, exc
from .base import TypeEngine
from .text import String

__all__ = ["Enum"]


class Enum(String):
    """One of a fixed set of strings, or a member of a Python enum.

    A member of a Python enum is stored by its name.

    Args:
        *enums: The strings, or one class derived from ``enum.Enum``.
        name: Name of the type, which is the name of its CHECK as well; that
            of the class in lower case if it is not given.
        length: Number of characters the definition names; that of the
            longest string if it is not given.
        create_constraint: Add a CHECK that allows only these strings.
        native_enum: Kept for its meaning elsewhere.
        validate_strings: Refuse strings that are not among these.
        values_callable: Function from the class to the strings to store, in
            the order of its members.
        omit_aliases: Leave out second names of a member.
        sort_key_function: Function that gives a member's sort key.
        **idle: ``schema``, ``metadata``, ``inherit_schema`` and ``quote``
            have a meaning in other databases only.

    Raises:
        ValueError: ``length`` is too small for the longest string.
        ArgumentError: A value is no str.
        TypeError: An unknown keyword.
    """

    _IDLE = frozenset(("inherit_schema", "metadata", "quote", "schema"))

    def __init__(
        self,
        *enums: Any,
        name: str | None = None,
        length: int | None = None,
        create_constraint: bool = False,
        native_enum: bool = True,
        validate_strings: bool = False,
        values_callable: Callable[[Any], Sequence[str]] | None = None,
        omit_aliases: bool = True,
        sort_key_function: Callable[[Any], Any] | None = None,
        **idle: Any,
    ) -> None:
        for keyword in idle:
            if keyword not in self._IDLE:
                raise TypeError(
                    f"Enum() got an unexpected keyword argument {keyword!r}"
                )
        self.enum_class: Any = None
        self.omit_aliases = omit_aliases
        self.values_callable = values_callable
        self._sort_key_function = sort_key_function
        self.create_constraint = create_constraint
        self.native_enum = native_enum
        self.validate_strings = validate_strings
        self.enums = self._strings(enums)
        if name is None and self.enum_class is not None:
            name = self.enum_class.__name__.lower()
        self.name = name
        longest = max(map(len, self.enums), default=0)
        if length is not None and length < longest:
            raise ValueError(
                f"length {length} of an Enum is less than that of its longest"
                f" value, {longest}"
            )
        self._length_given = length is not None
        super().__init__(longest if length is None else length)

    def _strings(self, enums: tuple[Any, ...]) -> list[str]:
        members = getattr(enums[0], "__members__", None) if enums else None
        if len(enums) == 1 and members is not None:
            self.enum_class = enums[0]
            if self.omit_aliases:
                members = {
                    name: member
                    for name, member in members.items()
                    if member.name == name
                }
            if self.values_callable is not None:
                return list(self.values_callable(self.enum_class))
            return list(members)
        for each in enums:
            if not isinstance(each, str):
                raise exc.ArgumentError(
                    "Enum takes strings, or one class derived from"
                    f" enum.Enum, not {each!r}"
                )
        return list(enums)

    def _for_class(self, enum_class: Any) -> Enum:
        """Return the same type for another Python enum."""
        keywords = self._keywords() | {"name": None}
        return type(self)(enum_class, **keywords)

    def _value_type(self) -> type:
        return self.enum_class or str

    def _objects(self) -> list[Any]:
        """Return the values in Python, in the order of the strings."""
        if self.enum_class is None:
            return list(self.enums)
        members = self.enum_class.__members__
        return [
            member
            for name, member in members.items()
            if not self.omit_aliases or member.name == name
        ]

    def _make_codec(self) -> _core.Codec:
        pairs = list(zip(self.enums, self._objects(), strict=False))
        from_db = dict(pairs)
        # The first of several names of a member is the one to store.
        to_db = {member: string for string, member in reversed(pairs)}
        for string, _ in pairs:
            to_db[string] = to_db[from_db[string]]
        return _core.Codec(
            "enum",
            to_db=to_db,
            from_db=from_db,
            name=self.name,
            strict=self.validate_strings,
        )

    @property
    def sort_key_function(self) -> Callable[[Any], Any] | None:
        """Function that gives the sort key of a value."""
        if self._sort_key_function is not None:
            return self._sort_key_function
        return self._make_codec().encode

    def _make_static_key(self) -> tuple[Any, ...]:
        return (
            type(self),
            self.enum_class,
            tuple(self.enums),
            tuple(self._objects()) if self.enum_class is None else None,
            self.length,
            self.collation,
            self.omit_aliases,
            self.validate_strings,
            self.native_enum,
        )

    def adapt(self, cls: type[Any], **kw: Any) -> Any:
        """Return another type with the parameters of this one."""
        if not issubclass(cls, Enum):
            return super().adapt(cls, **kw)
        values = self.enums if self.enum_class is None else [self.enum_class]
        new = cls(*values, **(self._keywords() | kw))
        new._variants = self._variants
        return new

    def _as_generic(self, generic: type[Any]) -> TypeEngine[Any]:
        values = self.enums if self.enum_class is None else [self.enum_class]
        new: TypeEngine[Any] = generic(*values, **self._keywords())
        return new

    def _keywords(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "length": self.length if self._length_given else None,
            "create_constraint": self.create_constraint,
            "native_enum": self.native_enum,
            "validate_strings": self.validate_strings,
            "values_callable": self.values_callable,
            "omit_aliases": self.omit_aliases,
            "sort_key_function": self._sort_key_function,
        }

    def check_values(self) -> list[Any] | None:
        """Return the values a CHECK shall allow, None for no CHECK."""
        return list(self.enums) if self.create_constraint else None

    def _repr_arguments(self) -> list[str]:
        shown = [repr(each) for each in self.enums]
        if self.name is not None:
            shown.append(f"name={self.name!r}")
        if not self.native_enum:
            shown.append("native_enum=False")
        if self.create_constraint:
            shown.append("create_constraint=True")
        if self._length_given:
            shown.append(f"length={self.length}")
        return shown
