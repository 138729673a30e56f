"""What all column types have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self

from ... import _core, exc
from ..dialect import dialect as sqlite_dialect
from .comparator import Comparator as _Comparator
from .keys import constructor_copy, hashable_of, key_of

if TYPE_CHECKING:
    from ..._core import _ValueT as ValueT
else:
    from typing import TypeVar

    ValueT = TypeVar("ValueT")

__all__ = [
    "NULLTYPE",
    "NullType",
    "TypeEngine",
    "TypeEngineMixin",
    "ValueT",
    "engine_functions",
    "is_type",
    "quoted",
    "to_instance",
]

# While a statement is compiled for an engine that has them: what writes and
# what reads JSON, None each for the usual functions.
engine_functions: ContextVar[tuple[Any, Any] | None] = ContextVar(
    "engine_functions", default=None
)

# What an instance remembers of itself, and a copy must not.
_REMEMBERED = ("_codec", "_static_key")


class TypeEngineMixin:
    """Base of classes that add something to column types."""

    __slots__ = ()


class TypeEngine(Generic[ValueT]):
    """Base of the column types.

    Attributes:
        hashable: Whether the values are.
        should_evaluate_none: Whether None, given on purpose, is a value that
            the type writes in its own way.
        comparator_factory: What gives expressions of this type their
            operators; a class derived from ``TypeEngine.Comparator``.
    """

    Comparator: ClassVar[type[_Comparator]] = _Comparator
    comparator_factory: Any = _Comparator
    hashable: bool = True
    should_evaluate_none: bool = False

    # Parameters that the repr shows when they differ from their default.
    _parameters: tuple[tuple[str, Any], ...] = ()
    _variants: Mapping[str, TypeEngine[Any]] = MappingProxyType({})
    # Whether `+` means concatenation.
    _concatenates: bool = False

    # ---- in a definition ----

    def ddl_name(self) -> str:
        """Return the type as written in ``CREATE TABLE``.

        Raises:
            CompileError: The type has no name in SQL.
        """
        return self._ddl()

    def _ddl(self) -> str:
        raise exc.CompileError(
            f"type {type(self).__name__} cannot be written on SQLite"
        )

    def compile(self, dialect: Any = None) -> str:
        """Return the type as written in SQL.

        Args:
            dialect: Which SQL; there is that of SQLite only.

        Raises:
            CompileError: The type has no name in SQL.
        """
        return self.sqlite_type().ddl_name()

    @property
    def python_type(self) -> type:
        """The Python type of the values.

        Raises:
            NotImplementedError: The type takes values of any type.
        """
        return self._value_type()

    def _value_type(self) -> type:
        raise NotImplementedError(
            f"{type(self).__name__} has no Python type of its own"
        )

    # ---- variants and copies ----

    def sqlite_type(self) -> TypeEngine[Any]:
        """Return the type that is really used on SQLite."""
        return self._variants.get("sqlite", self)

    def dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """Return the type that is really used on a database.

        Args:
            dialect: The database; there is SQLite only.
        """
        return self.sqlite_type()

    def with_variant(self, type_: Any, *dialect_names: str) -> Self:
        """Return a copy that is another type on the named databases.

        Args:
            type_: The other type, as a class or an instance.
            *dialect_names: Databases, as in ``"sqlite"``.

        Raises:
            ArgumentError: No name is given, one has a variant already, or
                the other type has variants itself.
        """
        if not dialect_names:
            raise exc.ArgumentError("with_variant() needs a database name")
        other = to_instance(type_)
        if other._variants:
            raise exc.ArgumentError(
                "a type with variants cannot be a variant itself"
            )
        new = self._copy()
        variants = dict(self._variants)
        for name in dialect_names:
            if name in variants:
                raise exc.ArgumentError(
                    f"database {name!r} already has a variant of {self!r}"
                )
            variants[name] = other
        new._variants = variants
        return new

    def _copy(self) -> Self:
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        for name in _REMEMBERED:
            new.__dict__.pop(name, None)
        return new

    def copy(self, **kw: Any) -> Self:
        """Return a copy of the type."""
        return self._copy()

    def adapt(self, cls: type[Any], **kw: Any) -> Any:
        """Return another type with the parameters of this one.

        Args:
            cls: The other type.
            **kw: Its parameters that shall differ.
        """
        new = constructor_copy(self, cls, **kw)
        new._variants = self._variants
        return new

    def evaluates_none(self) -> Self:
        """Return a copy whose ``should_evaluate_none`` is set."""
        new = self._copy()
        new.should_evaluate_none = True
        return new

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:
        """Return the same as a type in mixed case.

        Args:
            allow_nulltype: Return the null type where there is none.

        Raises:
            NotImplementedError: There is none.
        """
        generic = self._generic_class()
        if generic is NullType and not allow_nulltype:
            raise NotImplementedError(
                f"there is no generic type for {type(self).__name__}"
            )
        return self._as_generic(generic)

    def _as_generic(self, generic: type[Any]) -> TypeEngine[Any]:
        new: TypeEngine[Any] = constructor_copy(self, generic)
        return new

    def _generic_class(self) -> type[Any]:
        ours = __name__.rpartition(".")[0]
        upper: type[Any] = NullType
        for each in type(self).__mro__:
            if each is TypeEngine:
                break
            if not each.__module__.startswith(ours):
                continue
            if not each.__name__.isupper():
                return each
            if upper is NullType:
                upper = each
        return upper

    # ---- values ----

    def codec(self) -> _core.Codec | None:
        """Return how values are stored on SQLite; None is: as they are."""
        if engine_functions.get() is not None:
            return self._new_codec()  # for that engine alone
        if "_codec" not in self.__dict__:
            self.__dict__["_codec"] = self._new_codec()
        found: _core.Codec | None = self.__dict__["_codec"]
        return found

    def _new_codec(self) -> _core.Codec | None:
        variant = self._variants.get("sqlite")
        if variant is not None:
            return variant.codec()
        return self._codec_of_processors()

    def _codec_of_processors(self) -> _core.Codec | None:
        """The codec, of the user's processors if a subclass has some."""
        cls = type(self)
        if (
            cls.bind_processor is TypeEngine.bind_processor
            and cls.result_processor is TypeEngine.result_processor
        ):
            return self._make_codec()
        return _core.Codec(
            "callable",
            to_db=self.bind_processor(sqlite_dialect),
            from_db=self.result_processor(sqlite_dialect, None),
        )

    def _make_codec(self) -> _core.Codec | None:
        """Return the type's own codec, without what a subclass adds."""
        return None

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any] | None:
        """Return the function from values to what is stored, or None.

        Args:
            dialect: The database; there is SQLite only.
        """
        made = self._make_codec()
        return None if made is None else made.encode

    def result_processor(
        self, dialect: Any, coltype: Any
    ) -> Callable[[Any], Any] | None:
        """Return the function from what is stored to values, or None.

        Args:
            dialect: The database; there is SQLite only.
            coltype: The driver's type code; not used.
        """
        made = self._make_codec()
        if made is None or made.kind in ("float", "bytes"):
            return None
        return made.decode

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        """Return the function from values to SQL, None if there is none.

        Args:
            dialect: The database; there is SQLite only.
        """
        return self._literal

    def _literal(self, value: Any) -> str:
        """Return a value, which is not None, as it is written in SQL."""
        made = self.codec()
        stored = value if made is None else made.encode(value)
        if stored is None:
            return "NULL"
        if isinstance(stored, (bytes, bytearray, memoryview)):
            stored = bytes(stored).decode()
        if isinstance(stored, str):
            return quoted(stored)
        return repr(stored)

    def literal_sql(self, value: Any) -> str:
        """Return a value as it is written in a statement without parameters.

        Raises:
            CompileError: The type cannot write it.
        """
        if value is None and not self.should_evaluate_none:
            return "NULL"
        used = self._variants.get("sqlite", self)
        write = used.literal_processor(sqlite_dialect)
        if write is None:
            raise exc.CompileError(
                f"{value!r} cannot be written into SQL: {self!r} has no form"
                " for it"
            )
        try:
            return write(value)
        except Exception as error:
            raise exc.CompileError(
                f"{value!r} cannot be written into SQL as {self!r}: {error}"
            ) from error

    def bind_expression(self, bindvalue: Any) -> Any:
        """Return SQL to put around a parameter, None for none.

        Args:
            bindvalue: The parameter.
        """
        return None

    def column_expression(self, colexpr: Any) -> Any:
        """Return SQL to select instead of a column, None for none.

        Args:
            colexpr: The column.
        """
        return None

    @property
    def _has_bind_expression(self) -> bool:
        return type(self).bind_expression is not TypeEngine.bind_expression

    @property
    def _has_column_expression(self) -> bool:
        return type(self).column_expression is not TypeEngine.column_expression

    @property
    def sort_key_function(self) -> Callable[[Any], Any] | None:
        """Function that gives the sort key of a value; None: itself."""
        return None

    def compare_values(self, x: Any, y: Any) -> bool:
        """Say whether two values are the same."""
        return bool(x == y)

    def copy_value(self, value: Any) -> Any:
        """Return a value of its own for one that might be changed."""
        return value

    # ---- in expressions ----

    @property
    def _type_affinity(self) -> type[Any]:
        """The class at the root of the family that the type belongs to."""
        found: type[Any] = type(self)
        for each in type(self).__mro__:
            if each is TypeEngine:
                break
            if "_abstract" in each.__dict__ or not issubclass(
                each, TypeEngine
            ):
                continue
            found = each
        return found

    def _compare_type_affinity(self, other: TypeEngine[Any]) -> bool:
        return self._type_affinity is other._type_affinity

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type that a value has as the other operand.

        Args:
            op: The operator.
            value: The Python value.
        """
        from .resolve import type_of_value

        found = type_of_value(value)
        if found is NULLTYPE or found._type_affinity is self._type_affinity:
            return self
        return found

    def result_type_of(self, op: Any, other_type: Any) -> TypeEngine[Any]:
        """Return the type of an expression with this as its left operand.

        Args:
            op: An operator, as in the modules of operators.
            other_type: The type of the right operand.
        """
        from .operands import adapted

        return adapted(self, op, to_instance(other_type))[1]

    @property
    def static_key(self) -> tuple[Any, ...] | None:
        """What two types have in common if they work alike; hashable.

        None if it is not known that they do: a statement with it may not be
        cached.
        """
        if "_static_key" not in self.__dict__:
            made = self._make_static_key()
            variant = self._variants.get("sqlite")
            if made is not None and variant is not None:
                made = hashable_of((made, variant))
            self.__dict__["_static_key"] = made
        found: tuple[Any, ...] | None = self.__dict__["_static_key"]
        return found

    def _make_static_key(self) -> tuple[Any, ...] | None:
        return key_of(self)

    @property
    def _static_cache_key(self) -> tuple[Any, ...] | None:
        return self.static_key

    def __str__(self) -> str:
        return self.compile()

    def _repr_arguments(self) -> list[str]:
        shown = []
        for name, default in self._parameters:
            value = getattr(self, name)
            if value != default:
                shown.append(f"{name}={value!r}")
        return shown

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._repr_arguments())})"


def quoted(text: str) -> str:
    """Return text as a string literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def to_instance(type_: Any, *args: Any, **kwargs: Any) -> TypeEngine[Any]:
    """Return a column type as an instance; None is the null type.

    Args:
        type_: A column type, as a class or an instance, or None.
        *args: Arguments, if it is a class.
        **kwargs: Arguments, if it is a class.

    Raises:
        ArgumentError: It is no column type.
    """
    if type_ is None:
        return NULLTYPE
    if isinstance(type_, type) and issubclass(type_, TypeEngine):
        return type_(*args, **kwargs)
    if isinstance(type_, TypeEngine):
        return type_
    raise exc.ArgumentError(f"{type_!r} is not a column type")


def is_type(obj: Any) -> bool:
    """Say whether an object is a column type, as class or instance."""
    return isinstance(obj, TypeEngine) or (
        isinstance(obj, type) and issubclass(obj, TypeEngine)
    )


class NullType(TypeEngine[None]):
    """The type of a column whose type is not known."""

    def _ddl(self) -> str:
        raise exc.CompileError(
            "the column has no type: give it one, or a foreign key to a"
            " column that has one"
        )

    def literal_processor(self, dialect: Any) -> None:
        """Return None: what is not known cannot be written."""
        return

    def __str__(self) -> str:
        return "NULL"


NULLTYPE = NullType()
