"""Table definitions, each a function of a namespace that returns metadata."""

# Both spellings of a type are what users write:
# ruff: noqa: PIE796, UP042, UP045

from __future__ import annotations

import datetime
import decimal
import enum
import typing
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple, Optional

from parity.namespaces import make_class


class Definition(NamedTuple):
    """A named definition; ``runs`` if SQLite takes it as it is."""

    name: str
    build: Callable[[Any], Any]
    runs: bool


DEFINITIONS: list[Definition] = []


class Color(enum.Enum):
    """An enum for columns."""

    red = 1
    dark_green = 2
    crimson = 1


class Size(str, enum.Enum):
    """An enum of strings for columns."""

    small = "s"
    large = "l"


Name = typing.NewType("Name", str)


def define(build: Any = None, *, runs: bool = True) -> Any:
    """Register a function of a namespace as a definition."""
    if build is None:
        return lambda function: define(function, runs=runs)
    DEFINITIONS.append(Definition(build.__name__.strip("_"), build, runs))
    return build


def table(name: str, *columns: Any, runs: bool = True, **kwargs: Any) -> None:
    """Register one table; its arguments are functions of a namespace."""

    def build(ns: Any) -> Any:
        metadata = ns.MetaData()
        ns.Table("t", metadata, *(make(ns) for make in columns), **kwargs)
        return metadata

    DEFINITIONS.append(Definition(name, build, runs))


def model(name: str, body: Any, runs: bool = True) -> None:
    """Register one mapped class.

    Args:
        name: Name of the definition.
        body: Function of a namespace that returns annotations and
            attributes; ``id`` and ``__tablename__`` are added.
        runs: Whether SQLite takes it as it is.
    """

    def build(ns: Any) -> Any:
        base = make_class(ns, "Base", (ns.DeclarativeBase,), {})
        annotations, attributes = body(ns)
        make_class(
            ns,
            "User",
            (base,),
            {
                "__tablename__": "users",
                "id": ns.mapped_column(primary_key=True),
                **attributes,
            },
            {"id": ns.Mapped[int], **annotations},
        )
        return base.metadata

    DEFINITIONS.append(Definition(name, build, runs))


def col(*args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    """Return a function of a namespace that makes an integer column."""
    name, *rest = args

    def make(ns: Any) -> Any:
        given = [each(ns) if callable(each) else each for each in rest]
        keywords = {
            key: value(ns) if key == "server_default" and callable(value)
            else value
            for key, value in kwargs.items()
        }  # fmt: skip
        if not given or not _is_type(ns, given[0]):
            given.insert(0, ns.Integer)
        return ns.Column(name, *given, **keywords)

    return make


def _is_type(ns: Any, item: Any) -> bool:
    return isinstance(item, ns.Integer().__class__.__mro__[-2]) or hasattr(
        item, "python_type"
    )


def pk(name: str = "id", **kwargs: Any) -> Callable[[Any], Any]:
    """Return a function of a namespace that makes a primary key column."""
    return col(name, primary_key=True, **kwargs)


def fk(target: str, **kwargs: Any) -> Callable[[Any], Any]:
    """Return a function of a namespace that makes a foreign key."""
    return lambda ns: ns.ForeignKey(target, **kwargs)


# -- columns and types ------------------------------------------------------

table("plain", pk(), col("a"), col("b", nullable=False))
table("no_key", col("a"))
table(
    "integers",
    pk(),
    col("a", lambda ns: ns.BigInteger()),
    col("b", lambda ns: ns.SmallInteger()),
    col("c", lambda ns: ns.BIGINT()),
    col("d", lambda ns: ns.INT()),
)
table(
    "strings",
    col("a", lambda ns: ns.String()),
    col("b", lambda ns: ns.String(18)),
    col("c", lambda ns: ns.Text()),
    col("d", lambda ns: ns.Text(7)),
    col("e", lambda ns: ns.Unicode(4)),
    col("f", lambda ns: ns.UnicodeText()),
    col("g", lambda ns: ns.CHAR(2)),
    col("h", lambda ns: ns.NCHAR(2)),
    col("i", lambda ns: ns.NVARCHAR(3)),
    col("j", lambda ns: ns.CLOB()),
    col("k", lambda ns: ns.VARCHAR(5)),
)
table(
    "collations",
    col("a", lambda ns: ns.String(5, collation="NOCASE")),
    col("b", lambda ns: ns.Text(collation="RTRIM")),
)
table(
    "numbers",
    col("a", lambda ns: ns.Numeric()),
    col("b", lambda ns: ns.Numeric(10)),
    col("c", lambda ns: ns.Numeric(10, 2)),
    col("d", lambda ns: ns.DECIMAL(4, 1)),
    col("e", lambda ns: ns.Float()),
    col("f", lambda ns: ns.Float(5)),
    col("g", lambda ns: ns.REAL()),
    col("h", lambda ns: ns.Double()),
    col("i", lambda ns: ns.DOUBLE_PRECISION()),
    col("j", lambda ns: ns.FLOAT(3)),
    col("k", lambda ns: ns.Numeric(scale=3)),
)
table(
    "times",
    col("a", lambda ns: ns.Date()),
    col("b", lambda ns: ns.DateTime()),
    col("c", lambda ns: ns.DateTime(timezone=True)),
    col("d", lambda ns: ns.TIMESTAMP()),
    col("e", lambda ns: ns.Time()),
    col("f", lambda ns: ns.Interval()),
    col("g", lambda ns: ns.DATETIME()),
)
table(
    "others",
    col("a", lambda ns: ns.Boolean()),
    col("b", lambda ns: ns.LargeBinary(9)),
    col("c", lambda ns: ns.BLOB()),
    col("d", lambda ns: ns.JSON()),
    col("e", lambda ns: ns.Uuid()),
    col("f", lambda ns: ns.UUID()),
    col("g", lambda ns: ns.PickleType()),
    col("h", lambda ns: ns.BINARY(4)),
    col("i", lambda ns: ns.VARBINARY(4)),
    col("j", lambda ns: ns.Uuid(as_uuid=False)),
)
table(
    "enums",
    col("a", lambda ns: ns.Enum("a", "bbb")),
    col("b", lambda ns: ns.Enum(Color)),
    col("c", lambda ns: ns.Enum(Size, name="size", length=20)),
    col("d", lambda ns: ns.Enum(Color, omit_aliases=False)),
    col(
        "e",
        lambda ns: ns.Enum(
            Size, values_callable=lambda e: [x.value for x in e]
        ),
    ),
)
table(
    "checked_types",
    col("a", lambda ns: ns.Boolean(create_constraint=True, name="is_bool")),
    col("b", lambda ns: ns.Enum("x", "y'z", create_constraint=True, name="e")),
    col("c", lambda ns: ns.Boolean(create_constraint=True)),
)


@define
def type_decorator(ns: Any) -> Any:
    class Lower(ns.TypeDecorator):  # type: ignore[name-defined]
        impl = ns.String
        cache_ok = True

    class Guid(ns.TypeDecorator):  # type: ignore[name-defined]
        impl = ns.CHAR(3)
        cache_ok = True

        def load_dialect_impl(self, dialect: Any) -> Any:
            assert dialect.name == "sqlite"
            return dialect.type_descriptor(ns.CHAR(36))

    class Number(ns.TypeDecorator):  # type: ignore[name-defined]
        impl = ns.Integer
        cache_ok = True

    metadata = ns.MetaData()
    ns.Table(
        "t",
        metadata,
        ns.Column("id", Number, primary_key=True),
        ns.Column("a", Lower(12)),
        ns.Column("b", Guid),
        sqlite_autoincrement=True,
    )
    return metadata


table(
    "variants",
    col("a", lambda ns: ns.String(5).with_variant(ns.Text(), "sqlite")),
    col("b", lambda ns: ns.String(5).with_variant(ns.Text(), "mysql")),
)

# -- names ------------------------------------------------------------------

table(
    "quoting",
    col("select"),
    col("Mixed"),
    col("1a"),
    col("a b"),
    col('q"q'),
    col("$x"),
    col("x$"),
    col("é"),
    col("_a"),
    col("%(a)s"),
    col("a:b"),
    col("a.b"),
    col("fine", quote=True),
    col("Nope", quote=False),
    col("it's"),
    col("rowid"),
    col("query"),
    col("window"),
)


@define
def reserved_table_names(ns: Any) -> Any:
    metadata = ns.MetaData()
    for name in ("order", "Group", "a b", 'x"y', "user", "plan", "données"):
        ns.Table(
            name,
            metadata,
            ns.Column("id", ns.Integer, primary_key=True),
            ns.Column("value", ns.Integer, index=True, nullable=False),
        )
    return metadata


@define
def quoted_name_objects(ns: Any) -> Any:
    metadata = ns.MetaData()
    ns.Table(
        ns.quoted_name("plain", True),
        metadata,
        ns.Column(ns.quoted_name("col", True), ns.Integer),
        ns.Column(ns.quoted_name("Up", False), ns.Integer),
    )
    ns.Table("t2", metadata, ns.Column("a", ns.Integer), quote=True)
    return metadata


table("case_of_names", col("a"), col("A_"), col("aB", key="x"))

# -- keys -------------------------------------------------------------------

table("composite_key", pk("a"), pk("b"), col("c"))
table("nullable_key", pk(nullable=True))
table("string_key", col("a", lambda ns: ns.String(5), primary_key=True))
table("autoincrement", pk(), col("a"), sqlite_autoincrement=True)
table(
    "autoincrement_bigint",
    col("id", lambda ns: ns.BigInteger(), primary_key=True),
    sqlite_autoincrement=True,
    runs=False,
)
table("autoincrement_composite", pk("a"), pk("b"), sqlite_autoincrement=True)
table("autoincrement_true", pk(autoincrement=True))
table("autoincrement_false", pk(autoincrement=False))
table("without_rowid", pk(), sqlite_with_rowid=False)
table("strict", pk(), sqlite_strict=True)
table(
    "strict_without_rowid", pk(), sqlite_strict=True, sqlite_with_rowid=False
)
table(
    "named_key", col("a"), lambda ns: ns.PrimaryKeyConstraint("a", name="pk_t")
)
table(
    "key_order", pk("a"), pk("b"), lambda ns: ns.PrimaryKeyConstraint("b", "a")
)
table(
    "key_named_only",
    pk("a"),
    pk("b"),
    lambda ns: ns.PrimaryKeyConstraint(name="k"),
)
table(
    "key_mismatch", col("a"), pk("b"), lambda ns: ns.PrimaryKeyConstraint("a")
)
table(
    "autoincrement_first",
    col("a", lambda ns: ns.String(), primary_key=True),
    pk("b", autoincrement="auto"),
)
table("identity", col("id", lambda ns: ns.Identity(start=3), primary_key=True))
table("identity_alone", col("id", lambda ns: ns.Identity(always=True)))

# -- constraints and indexes ------------------------------------------------

table("unique_column", pk(), col("a", unique=True), col("b", unique=True))
table("index_column", pk(index=True), col("a", index=True))
table("unique_index_column", pk(), col("a", index=True, unique=True))
table(
    "constraint_order",
    pk(),
    col("a", unique=True),
    lambda ns: ns.UniqueConstraint("a", "id", name="u1"),
    col("b", lambda ns: ns.CheckConstraint("b > 1")),
    lambda ns: ns.CheckConstraint("a > b", name="ck1"),
    lambda ns: ns.UniqueConstraint("b"),
)
table(
    "named_constraints",
    pk(),
    col("a", lambda ns: ns.CheckConstraint("a > 1", name="Odd Name")),
    lambda ns: ns.UniqueConstraint("a", name="select"),
    lambda ns: ns.CheckConstraint("a < 9", name="x-y"),
)
table(
    "check_escapes",
    col("a"),
    lambda ns: ns.CheckConstraint("a % 2 = 0 AND a NOT LIKE '%\\:x%'"),
    lambda ns: ns.CheckConstraint(ns.text("a > 1 AND '12:30' <> a")),
)
table(
    "deferrable",
    pk(),
    col("a", fk("t.id", deferrable=True, initially="DEFERRED")),
    col("b", fk("t.id", deferrable=False, initially="IMMEDIATE")),
    col("c", fk("t.id", initially="deferred")),
    runs=False,
)
table(
    "actions",
    pk(),
    col("a", fk("t.id", ondelete="CASCADE")),
    col("b", fk("t.id", onupdate="SET NULL", ondelete="SET DEFAULT")),
    col("c", fk("t.id", onupdate="NO ACTION", ondelete="RESTRICT", name="f")),
    col("d", fk("t.id", match="FULL", ondelete="CASCADE")),
)
table(
    "conflict_clauses",
    pk("a", sqlite_on_conflict_primary_key="ROLLBACK"),
    col("b", unique=True, sqlite_on_conflict_unique="FAIL"),
    col("c", nullable=False, sqlite_on_conflict_not_null="IGNORE"),
    lambda ns: ns.UniqueConstraint("b", "c", sqlite_on_conflict="REPLACE"),
    lambda ns: ns.CheckConstraint("c > 1", sqlite_on_conflict="ABORT"),
)
table(
    "conflict_key",
    col("a"),
    lambda ns: ns.PrimaryKeyConstraint("a", sqlite_on_conflict="FAIL"),
)
table(
    "indexes",
    pk(),
    col("a"),
    col("b", lambda ns: ns.String()),
    lambda ns: ns.Index("i1", "a", "b"),
    lambda ns: ns.Index("i2", "a", unique=True),
    lambda ns: ns.Index("i3", ns.desc("a"), "b"),
    lambda ns: ns.Index("i4", ns.text("lower(b)"), ns.text("a DESC")),
    lambda ns: ns.Index("I 5", "b"),
    lambda ns: ns.Index("plain", "b", quote=True),
    lambda ns: ns.Index(None, "b"),
    lambda ns: ns.Index("part", "a", sqlite_where=ns.text("a > 5")),
)


@define
def indexes_of_columns(ns: Any) -> Any:
    metadata = ns.MetaData()
    t = ns.Table(
        "t",
        metadata,
        ns.Column("id", ns.Integer, primary_key=True),
        ns.Column("Name", ns.String),
    )
    ns.Index("i1", t.c.Name)
    ns.Index("i2", ns.func.lower(t.c.Name), t.c.id)
    ns.Index("i3", ns.desc(t.c.Name), ns.asc(t.c.id), unique=True)
    ns.Index("i4", ns.func.coalesce(t.c.Name, "it's", 5, None))
    return metadata


@define
def constraints_before_table(ns: Any) -> Any:
    metadata = ns.MetaData()
    a, b = ns.Column("a", ns.Integer), ns.Column("b", ns.Integer)
    ns.UniqueConstraint(a, b, name="u")
    ns.Index("i", a)
    ns.Table("t", metadata, a, b)
    return metadata


# -- defaults ---------------------------------------------------------------

table(
    "server_defaults",
    col("a", lambda ns: ns.String(), server_default="it's"),
    col("b", lambda ns: ns.String(), server_default=""),
    col("c", lambda ns: ns.String(), server_default="a%b:c\\:d"),
    col("d", server_default=lambda ns: ns.text("0")),
    col("e", server_default=lambda ns: ns.text("1 + 1")),
    col("f", server_default=lambda ns: ns.text("(random())")),
    col("g", server_default=lambda ns: ns.text("'x y'")),
    col("h", server_default=lambda ns: ns.text("CURRENT_TIMESTAMP")),
    col("i", server_default=lambda ns: ns.text("-1")),
    col("j", server_default=lambda ns: ns.text("  'q'")),
    col("k", server_default="5", nullable=False),
)
table(
    "server_default_functions",
    col(
        "a", lambda ns: ns.DateTime(), server_default=lambda ns: ns.func.now()
    ),
    col("b", server_default=lambda ns: ns.func.current_timestamp()),
    col("c", server_default=lambda ns: ns.func.current_date()),
    col("d", server_default=lambda ns: ns.func.random()),
    col("e", server_default=lambda ns: ns.func.lower("X'Y")),
    col("f", server_default=lambda ns: ns.func.coalesce(None, 1, 2.5)),
    col("g", server_default=lambda ns: ns.func.strftime("%s", "now")),
    col("h", server_default=lambda ns: ns.func.localtimestamp()),
    col("i", server_default=lambda ns: ns.func.abs(ns.func.random())),
    col("j", server_default=lambda ns: ns.func.Round(2)),
)
table(
    "server_default_constants",
    col("a", lambda ns: ns.Boolean(), server_default=lambda ns: ns.true()),
    col("b", lambda ns: ns.Boolean(), server_default=lambda ns: ns.false()),
    col("c", server_default=lambda ns: ns.null()),
)
table(
    "server_default_objects",
    col("a", lambda ns: ns.DefaultClause("5")),
    col("b", lambda ns: ns.FetchedValue()),
    col("c", server_default=lambda ns: ns.FetchedValue()),
)
table(
    "computed",
    col("a"),
    col("b", lambda ns: ns.Computed("a + 1")),
    col("c", lambda ns: ns.Computed("a * 2", persisted=True)),
    col("d", lambda ns: ns.Computed("a", persisted=False), nullable=False),
    col("e", lambda ns: ns.Computed(ns.text("a - 1"))),
)
table(
    "python_defaults",
    col("a", default=5),
    col("b", default=lambda: 5),
    col("c", default=lambda context: 5),
    col("d", default=dict, onupdate=list),
    col("e", onupdate=6, insert_default=7),
)

# -- tables -----------------------------------------------------------------

table("temporary", pk(), prefixes=["TEMPORARY"], runs=False)
table(
    "kept_only", pk(comment="c"), comment="c", info={"a": 1}, mysql_engine="x"
)
table("schema", pk(), col("a", index=True), schema="other")
table("system_column", pk(), col("xmin", system=True))


@define
def schema_of_metadata(ns: Any) -> Any:
    metadata = ns.MetaData(schema="other")
    ns.Table("a", metadata, ns.Column("id", ns.Integer, primary_key=True))
    ns.Table(
        "b",
        metadata,
        ns.Column("a_id", ns.ForeignKey("a.id"), index=True, unique=True),
        ns.Column("x", ns.Integer, ns.ForeignKey("other.a.id")),
    )
    return metadata


@define
def reference_across_schemas(ns: Any) -> Any:
    metadata = ns.MetaData()
    ns.Table("a", metadata, ns.Column("id", ns.Integer, primary_key=True))
    ns.Table(
        "b",
        metadata,
        ns.Column("id", ns.Integer, ns.ForeignKey("a.id")),
        schema="other",
    )
    return metadata


@define
def extend_existing(ns: Any) -> Any:
    metadata = ns.MetaData()
    ns.Table(
        "t",
        metadata,
        ns.Column("id", ns.Integer, primary_key=True),
        ns.Column("a", ns.Integer),
    )
    ns.Table(
        "t",
        metadata,
        ns.Column("a", ns.String(5), index=True),
        ns.Column("b", ns.Integer, unique=True),
        extend_existing=True,
        sqlite_autoincrement=True,
    )
    ns.Table("t", metadata, ns.Column("no", ns.Integer), keep_existing=True)
    return metadata


@define
def append_column(ns: Any) -> Any:
    metadata = ns.MetaData()
    t = ns.Table("t", metadata)
    t.append_column(ns.Column("id", ns.Integer, primary_key=True))
    t.append_column(ns.Column("a", ns.Integer, ns.ForeignKey("t.id")))
    t.append_constraint(ns.UniqueConstraint("a", name="u"))
    return metadata


# -- foreign keys and order -------------------------------------------------


def _references(ns: Any, spec: dict[str, list[str]], **kwargs: Any) -> Any:
    metadata = ns.MetaData()
    for name, targets in spec.items():
        ns.Table(
            name,
            metadata,
            ns.Column("id", ns.Integer, primary_key=True),
            *(
                ns.Column(f"{t}_id", ns.ForeignKey(f"{t}.id", **kwargs))
                for t in targets
            ),
        )
    return metadata


@define
def order_of_references(ns: Any) -> Any:
    return _references(
        ns,
        {
            "d": ["c"],
            "c": ["b", "a"],
            "a": [],
            "b": ["a"],
            "z": [],
            "y": ["d"],
        },
    )


@define
def self_reference(ns: Any) -> Any:
    return _references(ns, {"a": ["a"], "b": ["a", "b"]})


@define
def circle_of_two(ns: Any) -> Any:
    return _references(ns, {"b": ["a"], "a": ["b"], "c": ["a"], "d": []})


@define
def circle_of_three(ns: Any) -> Any:
    return _references(
        ns,
        {
            "x": ["a"], "c": ["a"], "a": ["b", "root"], "b": ["c"],
            "root": [], "y": ["x"],
        },
    )  # fmt: skip


@define
def circle_with_use_alter(ns: Any) -> Any:
    metadata = ns.MetaData()
    ns.Table(
        "b",
        metadata,
        ns.Column("id", ns.Integer, primary_key=True),
        ns.Column("a_id", ns.ForeignKey("a.id", name="fk_a")),
    )
    ns.Table(
        "a",
        metadata,
        ns.Column("id", ns.Integer, primary_key=True),
        ns.Column("b_id", ns.ForeignKey("b.id", name="fk_b", use_alter=True)),
    )
    return metadata


@define
def explicit_dependency(ns: Any) -> Any:
    metadata = _references(ns, {"a": [], "b": [], "c": []})
    metadata.tables["a"].add_is_dependent_on(metadata.tables["c"])
    return metadata


@define
def composite_reference(ns: Any) -> Any:
    metadata = ns.MetaData()
    ns.Table(
        "child",
        metadata,
        ns.Column("x", ns.Integer),
        ns.Column("y", ns.String(3)),
        ns.ForeignKeyConstraint(
            ["x", "y"], ["parent.a", "parent.b"], name="fk", ondelete="CASCADE"
        ),
        ns.ForeignKeyConstraint(["x"], ["child.x"], match="SIMPLE"),
    )
    ns.Table(
        "parent",
        metadata,
        ns.Column("a", ns.Integer, primary_key=True),
        ns.Column("b", ns.String(3), primary_key=True),
    )
    return metadata


@define
def types_through_references(ns: Any) -> Any:
    metadata = ns.MetaData()
    ns.Table("c", metadata, ns.Column("id", ns.ForeignKey("b.id")))
    ns.Table(
        "b", metadata, ns.Column("id", ns.ForeignKey("a.id"), primary_key=True)
    )
    a = ns.Table(
        "a", metadata, ns.Column("id", ns.String(7), primary_key=True)
    )
    ns.Table("d", metadata, ns.Column("id", ns.ForeignKey(a.c.id)))
    return metadata


@define
def reference_by_key(ns: Any) -> Any:
    metadata = ns.MetaData()
    ns.Table("a", metadata, ns.Column("x y", ns.Integer, key="k"))
    ns.Table(
        "b",
        metadata,
        ns.Column("p", ns.Integer, ns.ForeignKey("a.k")),
        ns.Column("q", ns.Integer, ns.ForeignKey("a.x y", link_to_name=True)),
    )
    return metadata


@define
def association_table(ns: Any) -> Any:
    base = make_class(ns, "Base", (ns.DeclarativeBase,), {})
    ns.Table(
        "links",
        base.metadata,
        ns.Column("l", ns.ForeignKey("users.id"), primary_key=True),
        ns.Column("r", ns.ForeignKey("users.id"), primary_key=True),
    )
    make_class(
        ns,
        "User",
        (base,),
        {"__tablename__": "users", "id": ns.mapped_column(primary_key=True)},
        {"id": ns.Mapped[int]},
    )
    return base.metadata


# -- naming conventions -----------------------------------------------------

USUAL = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _named(ns: Any, convention: Any) -> Any:
    metadata = ns.MetaData(naming_convention=convention)
    ns.Table(
        "t",
        metadata,
        ns.Column("a", ns.Integer, primary_key=True),
        ns.Column(
            "b",
            ns.Integer,
            ns.ForeignKey("t.a"),
            ns.CheckConstraint("b > 1", name="foo"),
            unique=True,
        ),
        ns.Column("c", ns.Integer, index=True),
        ns.Column("z", ns.Boolean(create_constraint=True, name="zb")),
        ns.CheckConstraint("b > 2", name="bar"),
        ns.UniqueConstraint("b", "c"),
        ns.UniqueConstraint("c", name="given"),
        ns.UniqueConstraint("a", "c", name=ns.conv("kept")),
    )
    return metadata


@define
def usual_convention(ns: Any) -> Any:
    return _named(ns, USUAL)


@define
def convention_by_class(ns: Any) -> Any:
    return _named(
        ns,
        {
            ns.UniqueConstraint: "u_%(column_0_N_name)s",
            ns.Index: "i_%(column_0_key)s",
            ns.PrimaryKeyConstraint: "p_%(column_0_name)s",
        },
    )


@define
def convention_tokens(ns: Any) -> Any:
    return _named(
        ns,
        {
            "uq": "uq_%(column_0N_key)s_%(column_1_label)s",
            "pk": "pk_%(column_0_name)s_%(column_0_N_label)s",
            "fk": "fk_%(referred_table_name)s_%(referred_column_0_name)s",
            "ix": "i_%(mine)s",
            "mine": lambda item, table: f"{table.name}_mine",
        },
    )


@define
def convention_of_nothing(ns: Any) -> Any:
    return _named(ns, {"ix": "only_%(column_0_name)s"})


# -- mapped classes ---------------------------------------------------------

model(
    "annotated_types",
    lambda ns: (
        {
            "a": ns.Mapped[str],
            "b": ns.Mapped[Optional[str]],
            "c": ns.Mapped["int | None"],
            "d": ns.Mapped[float],
            "e": ns.Mapped[bool],
            "f": ns.Mapped[bytes],
            "g": ns.Mapped[decimal.Decimal],
            "h": ns.Mapped[datetime.date],
            "i": ns.Mapped[datetime.datetime],
            "j": ns.Mapped[datetime.time],
            "k": ns.Mapped[datetime.timedelta],
            "l": ns.Mapped[uuid.UUID],
            "m": ns.Mapped[Color],
            "n": ns.Mapped[Size | None],
            "o": ns.Mapped[typing.Literal["a", "bcd"]],
            "p": ns.Mapped[Name],
        },
        {},
    ),
)
model(
    "given_types",
    lambda ns: (
        {
            "a": ns.Mapped[str],
            "b": ns.Mapped[dict[str, Any]],
            "c": ns.Mapped[Optional[list[int]]],
            "d": ns.Mapped[Any],
            "e": ns.Mapped[Optional[Color]],
        },
        {
            "a": ns.mapped_column(ns.String(50), unique=True),
            "b": ns.mapped_column(ns.JSON),
            "c": ns.mapped_column(ns.JSON),
            "d": ns.mapped_column(ns.String),
            "e": ns.mapped_column(ns.Enum(Color, name="c")),
        },
    ),
)
model(
    "nullability",
    lambda ns: (
        {"a": ns.Mapped[str], "b": ns.Mapped[Optional[str]]},
        {
            "a": ns.mapped_column(nullable=True),
            "b": ns.mapped_column(nullable=False),
            "c": ns.mapped_column(ns.String),
            "d": ns.mapped_column(ns.String, nullable=False),
            "e": ns.Column(ns.Integer),
        },
    ),
)
model(
    "optional_key",
    lambda ns: ({"id": ns.Mapped[Optional[int]]}, {}),
)
model(
    "interleaved",
    lambda ns: (
        {"a": ns.Mapped[str], "c": ns.Mapped[int], "e": ns.Mapped[int]},
        {
            "b": ns.Column(ns.Integer),
            "c": ns.mapped_column(),
            "d": ns.mapped_column(ns.Integer),
        },
    ),
)
model(
    "sort_order",
    lambda ns: (
        {"a": ns.Mapped[str], "b": ns.Mapped[int], "c": ns.Mapped[int]},
        {
            "b": ns.mapped_column(sort_order=-5),
            "c": ns.mapped_column(sort_order=-5),
            "a": ns.mapped_column(sort_order=3),
        },
    ),
)
model(
    "named_columns",
    lambda ns: (
        {"a": ns.Mapped[str], "b": ns.Mapped[int], "_c": ns.Mapped[int]},
        {
            "a": ns.mapped_column("nick_name", key="kk"),
            "b": ns.mapped_column("x y", index=True),
        },
    ),
)
model(
    "references",
    lambda ns: (
        {"a": ns.Mapped[int], "b": ns.Mapped[Optional[int]]},
        {
            "a": ns.mapped_column(
                ns.ForeignKey("users.id", ondelete="CASCADE")
            ),
            "b": ns.mapped_column(ns.ForeignKey("users.id"), index=True),
            "c": ns.mapped_column(ns.ForeignKey("users.id")),
        },
    ),
)
model(
    "table_arguments",
    lambda ns: (
        {"a": ns.Mapped[str], "b": ns.Mapped[int]},
        {
            "__table_args__": (
                ns.UniqueConstraint("a", "b", name="q"),
                ns.Index("ixx", "a", ns.desc("b")),
                ns.CheckConstraint("b > 1"),
                {"sqlite_autoincrement": True},
            )
        },
    ),
)
model(
    "table_argument_dict",
    lambda ns: (
        {"a": ns.Mapped[str]},
        {"__table_args__": {"schema": "other", "sqlite_with_rowid": False}},
    ),
)


def _with_index(ns: Any) -> Any:
    column = ns.mapped_column(ns.String)
    return {}, {"a": column, "__table_args__": (ns.Index("ia", column),)}


model("index_of_mapped_column", _with_index)
model(
    "server_side",
    lambda ns: (
        {"a": ns.Mapped[bool], "b": ns.Mapped[datetime.datetime]},
        {
            "a": ns.mapped_column(default=False, server_default=ns.false()),
            "b": ns.mapped_column(
                server_default=ns.func.now(), onupdate=ns.func.now()
            ),
        },
    ),
)
model(
    "text_annotations",
    lambda ns: (
        {
            "a": ns.Mapped["str"],
            "b": ns.Mapped[Optional["str"]],
            "c": ns.Mapped["Optional[int]"],
        },
        {},
    ),
)


def _annotated(ns: Any) -> Any:
    text50 = typing.Annotated[
        str,
        ns.mapped_column(
            ns.String(50), nullable=True, index=True, server_default="x"
        ),
    ]
    link = typing.Annotated[
        int, ns.mapped_column(ns.ForeignKey("users.id", ondelete="CASCADE"))
    ]
    return (
        {
            "id": ns.Mapped[
                typing.Annotated[int, ns.mapped_column(primary_key=True)]
            ],
            "a": ns.Mapped[text50],
            "b": ns.Mapped[Optional[text50]],
            "c": ns.Mapped[text50],
            "d": ns.Mapped[link],
            "e": ns.Mapped[Optional[link]],
            "f": ns.Mapped[typing.Annotated[str, 50]],
        },
        {
            "id": ns.mapped_column(),
            "c": ns.mapped_column(nullable=False, unique=True),
        },
    )


model("annotated", _annotated)


@define
def annotation_map(ns: Any) -> Any:
    short = typing.Annotated[str, 50]
    base = make_class(
        ns,
        "Base",
        (ns.DeclarativeBase,),
        {
            "type_annotation_map": {
                short: ns.String(50),
                str: ns.Text,
                dict[str, int]: ns.JSON,
                datetime.datetime: ns.TIMESTAMP(timezone=True),
                enum.Enum: ns.Enum(enum.Enum, native_enum=False, length=40),
            }
        },
    )
    make_class(
        ns,
        "User",
        (base,),
        {"__tablename__": "users", "id": ns.mapped_column(primary_key=True)},
        {
            "id": ns.Mapped[int],
            "a": ns.Mapped[short],
            "b": ns.Mapped[Optional[short]],
            "c": ns.Mapped[str],
            "d": ns.Mapped[Optional[str]],
            "e": ns.Mapped[dict[str, int]],
            "f": ns.Mapped[Optional[datetime.datetime]],
            "g": ns.Mapped[Color],
        },
    )
    return base.metadata


def _mixins(ns: Any) -> tuple[type, type]:
    stamped = make_class(
        ns,
        "Stamped",
        (),
        {
            "created": ns.mapped_column(default=ns.func.now()),
            "x": ns.mapped_column(
                ns.CheckConstraint("x > 5", name="ck1"),
                ns.ForeignKey("users.id", name="fkk", ondelete="CASCADE"),
                index=True,
                unique=True,
            ),
            "z": ns.Column("zz", ns.Integer, ns.CheckConstraint("zz > 1")),
        },
        {"created": ns.Mapped[datetime.datetime], "x": ns.Mapped[int]},
    )

    class Declared:
        @ns.declared_attr
        def d(cls) -> ns.Mapped[int]:  # type: ignore[name-defined]
            return ns.mapped_column(ns.Integer)

        @ns.declared_attr
        def e(cls) -> Any:
            return ns.Column(ns.String(len(cls.__name__)))

        @ns.declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower() + "s"

        @ns.declared_attr
        def __table_args__(cls) -> Any:
            return (ns.UniqueConstraint("d", "e"), {"sqlite_strict": False})

    Declared.__dict__["d"].fget.__annotations__["return"] = ns.Mapped[int]
    Declared.__dict__["e"].fget.__annotations__.clear()
    return stamped, Declared


def _with_mixins(ns: Any, pick: Callable[[Any], Any], body: Any) -> Any:
    base = make_class(ns, "Base", (ns.DeclarativeBase,), {})
    annotations, attributes = body
    make_class(
        ns,
        "User",
        (*pick(_mixins(ns)), base),
        {
            "__tablename__": "users",
            "id": ns.mapped_column(primary_key=True),
            **attributes,
        },
        {"id": ns.Mapped[int], **annotations},
    )
    return base.metadata


@define
def mixin(ns: Any) -> Any:
    return _with_mixins(
        ns,
        lambda m: m[:1],
        ({"a": ns.Mapped[str]}, {"b": ns.mapped_column(ns.String)}),
    )


@define
def mixin_declared(ns: Any) -> Any:
    return _with_mixins(ns, lambda m: m[1:], ({}, {}))


@define
def mixins_both(ns: Any) -> Any:
    return _with_mixins(ns, lambda m: m, ({"k": ns.Mapped[int]}, {}))


@define
def mixin_overridden(ns: Any) -> Any:
    body = {"x": ns.mapped_column(ns.String(3)), "z": None}
    return _with_mixins(ns, lambda m: m[:1], ({"x": ns.Mapped[str]}, body))


@define
def mixin_reannotated(ns: Any) -> Any:
    return _with_mixins(ns, lambda m: m[:1], ({"x": ns.Mapped[int]}, {}))


@define
def mixin_twice(ns: Any) -> Any:
    base = make_class(ns, "Base", (ns.DeclarativeBase,), {})
    stamped = _mixins(ns)[0]
    for name in ("users", "others"):
        make_class(
            ns,
            name.title(),
            (stamped, base),
            {"__tablename__": name, "id": ns.mapped_column(primary_key=True)},
            {"id": ns.Mapped[int]},
        )
    return base.metadata


@define
def abstract_base(ns: Any) -> Any:
    base = make_class(
        ns,
        "Base",
        (ns.DeclarativeBase,),
        {"on_base": ns.mapped_column(ns.Integer)},
    )
    abstract = make_class(
        ns,
        "Abstract",
        (base,),
        {
            "__abstract__": True,
            "__table_args__": {"sqlite_autoincrement": True},
            "id": ns.mapped_column(primary_key=True),
            "n": ns.mapped_column(ns.String(9)),
        },
        {"id": ns.Mapped[int], "k": ns.Mapped[str]},
    )
    for name in ("U", "V"):
        make_class(
            ns,
            name,
            (abstract,),
            {"__tablename__": name.lower()},
            {"v": ns.Mapped[int]},
        )
    return base.metadata


@define
def own_metadata(ns: Any) -> Any:
    base = make_class(ns, "Base", (ns.DeclarativeBase,), {})
    metadata = ns.MetaData(naming_convention=USUAL)
    abstract = make_class(
        ns, "A", (base,), {"__abstract__": True, "metadata": metadata}
    )
    make_class(
        ns,
        "U",
        (abstract,),
        {
            "__tablename__": "u",
            "id": ns.mapped_column(primary_key=True),
            "a": ns.mapped_column(unique=True),
        },
        {"id": ns.Mapped[int], "a": ns.Mapped[int]},
    )
    assert not base.metadata.tables
    return metadata


@define
def explicit_table(ns: Any) -> Any:
    base = make_class(ns, "Base", (ns.DeclarativeBase,), {})
    table = ns.Table(
        "t",
        base.metadata,
        ns.Column("id", ns.Integer, primary_key=True),
        ns.Column("b", ns.String),
    )
    user = make_class(ns, "U", (base,), {"__table__": table, "bb": table.c.b})
    assert user.__table__ is table
    assert sorted(user.__mapper__.attrs.keys()) == ["bb", "id"]
    return base.metadata


@define
def several_models(ns: Any) -> Any:
    base = make_class(ns, "Base", (ns.DeclarativeBase,), {})
    for name, target in (
        ("comments", "posts"),
        ("posts", "users"),
        ("users", None),
    ):
        body = {
            "__tablename__": name,
            "id": ns.mapped_column(primary_key=True, index=True),
        }
        annotations = {"id": ns.Mapped[int]}
        if target is not None:
            body["parent_id"] = ns.mapped_column(ns.ForeignKey(target + ".id"))
            annotations["parent_id"] = ns.Mapped[int]
        make_class(ns, name.title(), (base,), body, annotations)
    return base.metadata
