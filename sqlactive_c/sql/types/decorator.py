"""Types that users make, out of others or from the ground."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import _core, exc
from ..dialect import dialect as sqlite_dialect
from .base import TypeEngine, TypeEngineMixin, ValueT, to_instance
from .binary import LargeBinary
from .comparator import Comparator as _Comparator
from .keys import constructor_copy

__all__ = [
    "ExternalType",
    "PickleType",
    "TypeDecorator",
    "UserDefinedType",
    "Variant",
]


class ExternalType(TypeEngineMixin):
    """Base of types whose author says whether they may be cached.

    Attributes:
        cache_ok: Whether types with the same arguments work alike, so that a
            statement with one may be kept for another. Each class says it for
            itself.
    """

    cache_ok: bool | None = None

    def _make_static_key(self) -> tuple[Any, ...] | None:
        if type(self).__dict__.get("cache_ok") is not True:
            return None
        key: tuple[Any, ...] | None = super()._make_static_key()  # type: ignore[misc]
        return key


class UserDefinedType(ExternalType, TypeEngine[ValueT]):
    """Base of types with a name and functions of their own.

    A subclass has ``get_col_spec()`` and, if values are not stored as they
    are, ``bind_processor()`` and ``result_processor()``.
    """

    _abstract = True

    def get_col_spec(self, **kw: Any) -> str:
        """Return the type as written in ``CREATE TABLE``.

        Raises:
            CompileError: The subclass does not say.
        """
        raise exc.CompileError(
            f"{type(self).__name__} needs a get_col_spec(): how it is"
            " written in CREATE TABLE"
        )

    def _ddl(self) -> str:
        return self.get_col_spec()

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type that a value has as the other operand: this."""
        return self


class TypeDecorator(ExternalType, TypeEngine[ValueT]):
    """A type of the user's own, built on another one.

    A subclass sets ``impl`` to the type it is built on; arguments of its
    constructor go to that type.

    Attributes:
        impl: The type it is built on; a class or instance on the subclass,
            an instance on its instances.
        cache_ok: Whether statements with this type may be cached.
        coerce_to_is_types: Python types whose values are compared with IS.
    """

    class Comparator(_Comparator):
        """Operators of a decorated type: those of what it is built on."""

        __slots__ = ()

    _abstract = True
    impl: Any = None
    coerce_to_is_types: Any = (type(None),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        impl = type(self).impl
        if impl is None:
            raise exc.ArgumentError(
                f"{type(self).__name__} derives from TypeDecorator and needs"
                " a class attribute 'impl', the type it is built on"
            )
        self.impl = to_instance(impl, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "impl" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            )
        return getattr(self.__dict__["impl"], name)

    @property
    def impl_instance(self) -> TypeEngine[Any]:
        """The type it is built on."""
        impl: TypeEngine[Any] = self.impl
        return impl

    # ---- for subclasses ----

    def load_dialect_impl(self, dialect: Any) -> Any:
        """Return the type to build on for a database.

        Args:
            dialect: Has ``name``, ``"sqlite"``, and ``type_descriptor()``.
        """
        return self.impl

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Return what the type it is built on shall store for a value.

        Args:
            value: The value; also None.
            dialect: Has ``name``, ``"sqlite"``.
        """
        raise NotImplementedError

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Return the value of what the type it is built on has read.

        Args:
            value: What that has read; also None.
            dialect: Has ``name``, ``"sqlite"``.
        """
        raise NotImplementedError

    def process_literal_param(self, value: Any, dialect: Any) -> str:
        """Return what to write into a statement without parameters.

        Args:
            value: The value; also None.
            dialect: Has ``name``, ``"sqlite"``.
        """
        raise NotImplementedError

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return the type that a value has as the other operand.

        It is this one; a subclass may return that of ``impl``.

        Args:
            op: The operator.
            value: The Python value.
        """
        return self

    # ---- what is made of that ----

    def _overrides(self, name: str) -> bool:
        mine = getattr(type(self), name)
        return mine is not getattr(TypeDecorator, name)

    def sqlite_type(self) -> TypeEngine[Any]:
        """Return the type that is really used on SQLite."""
        variant = self._variants.get("sqlite")
        return self._loaded() if variant is None else variant

    def _loaded(self) -> TypeEngine[Any]:
        return to_instance(
            self.load_dialect_impl(sqlite_dialect)
        ).sqlite_type()

    def _ddl(self) -> str:
        return self.sqlite_type().ddl_name()

    def _value_type(self) -> type:
        return self.impl_instance.python_type

    def _function(self, name: str) -> Callable[..., Any] | None:
        function: Callable[..., Any] = getattr(self, name)
        return function if self._overrides(name) else None

    def _make_codec(self) -> _core.Codec | None:
        to_db = self._function("process_bind_param")
        from_db = self._function("process_result_value")
        inner = to_instance(self.load_dialect_impl(sqlite_dialect)).codec()
        if to_db is None and from_db is None:
            return inner
        return _core.Codec(
            "callable",
            to_db=to_db,
            from_db=from_db,
            argument=sqlite_dialect,
            inner=inner,
        )

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        """Return the function from values to SQL, None if there is none.

        Args:
            dialect: The database; there is SQLite only.
        """
        loaded = to_instance(self.load_dialect_impl(sqlite_dialect))
        write = loaded.literal_processor(dialect)
        change = self._function("process_literal_param")
        if change is None:
            if write is None:
                return None
            change = self._function("process_bind_param")
        if change is None:
            return write

        def process(value: Any) -> str:
            changed = change(value, dialect)
            if write is None:
                made: str = changed
                return made
            return "NULL" if changed is None else write(changed)

        return process

    def bind_expression(self, bindvalue: Any) -> Any:
        """Return SQL to put around a parameter, None for none."""
        return self.impl_instance.bind_expression(bindvalue)

    def column_expression(self, colexpr: Any) -> Any:
        """Return SQL to select instead of a column, None for none."""
        return self.impl_instance.column_expression(colexpr)

    @property
    def _has_bind_expression(self) -> bool:
        impl = self.impl_instance
        return self._overrides("bind_expression") or impl._has_bind_expression

    @property
    def _has_column_expression(self) -> bool:
        impl = self.impl_instance
        return (
            self._overrides("column_expression") or impl._has_column_expression
        )

    def _make_static_key(self) -> tuple[Any, ...] | None:
        key = super()._make_static_key()
        impl = self.impl_instance.static_key
        return None if key is None or impl is None else (*key, impl)

    @property
    def comparator_factory(self) -> Any:
        """What gives expressions of this type their operators."""
        return self.impl_instance.comparator_factory

    @property
    def hashable(self) -> bool:  # type: ignore[override]
        """Whether the values are hashable."""
        return self.impl_instance.hashable

    @property
    def sort_key_function(self) -> Callable[[Any], Any] | None:
        """Function that gives the sort key of a value; None: itself."""
        return self.impl_instance.sort_key_function

    def compare_values(self, x: Any, y: Any) -> bool:
        """Say whether two values are the same."""
        return self.impl_instance.compare_values(x, y)

    @property
    def _type_affinity(self) -> type[Any]:
        return self.impl_instance._type_affinity

    @property
    def _concatenates(self) -> bool:  # type: ignore[override]
        return self.impl_instance._concatenates

    def _generic_class(self) -> type[Any]:
        return self.impl_instance._generic_class()

    def _as_generic(self, generic: type[Any]) -> TypeEngine[Any]:
        return self.impl_instance._as_generic(generic)

    def _with_collation(self, collation: str) -> Any:
        new = self._copy()
        new.impl = self.impl_instance._with_collation(collation)  # type: ignore[attr-defined]
        return new

    def _repr_arguments(self) -> list[str]:
        return self.impl_instance._repr_arguments()


class PickleType(TypeDecorator[object]):
    """Any Python object that the ``pickle`` module can write.

    Who can write to the file can run code where it is read.

    Args:
        protocol: Version of the pickle format; None for the newest.
        pickler: Object with ``dumps`` and ``loads`` to use instead.
        comparator: Function of two values that says whether they are equal.
        impl: Type that stores the bytes.
    """

    impl: Any = LargeBinary
    cache_ok = True

    def __init__(
        self,
        protocol: int | None = None,
        pickler: Any = None,
        comparator: Callable[[Any, Any], bool] | None = None,
        impl: Any = None,
    ) -> None:
        super().__init__()
        self.protocol = protocol
        self.pickler = pickler
        self.comparator = comparator
        if impl is not None:
            self.impl = to_instance(impl)

    def _value_type(self) -> type:
        raise NotImplementedError("PickleType takes values of any type")

    def _generic_class(self) -> type[Any]:
        return PickleType

    def _as_generic(self, generic: type[Any]) -> TypeEngine[Any]:
        made: TypeEngine[Any] = constructor_copy(self, generic)
        return made

    def _make_codec(self) -> _core.Codec:
        import pickle

        pickler = self.pickler or pickle
        protocol = self.protocol
        if protocol is None:
            protocol = pickle.HIGHEST_PROTOCOL

        def dumps(value: Any) -> Any:
            return pickler.dumps(value, protocol)

        return _core.Codec(
            "adapter",
            to_db=dumps,
            from_db=pickler.loads,
            inner=self.impl_instance.codec(),
        )

    def literal_processor(self, dialect: Any) -> None:
        """Return None: a pickle cannot be written into a statement."""
        return

    def compare_values(self, x: Any, y: Any) -> bool:
        """Say whether two values are the same."""
        return bool(self.comparator(x, y) if self.comparator else x == y)

    def _repr_arguments(self) -> list[str]:
        return []


class Variant(TypeDecorator[ValueT]):
    """No longer a type: see ``TypeEngine.with_variant()``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "Variant is no type any more: use TypeEngine.with_variant()"
        )
