"""Models whose matter is their columns: annotations, mixins, keys, tables."""

from __future__ import annotations

from parity.mapping.library import case

PLAIN_COLUMNS = """
class Color(enum.Enum):
    red = 1
    dark_green = 2

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    age: Mapped[Optional[int]]
    score: Mapped[float | None] = mapped_column(default=1.5)
    seen: Mapped[datetime.datetime]
    born: Mapped[datetime.date | None]
    at: Mapped[datetime.time | None]
    took: Mapped[datetime.timedelta | None]
    price: Mapped[decimal.Decimal] = mapped_column(Numeric(8, 2))
    key: Mapped[uuid.UUID]
    data: Mapped[bytes | None]
    on: Mapped[bool] = mapped_column(default=True)
    color: Mapped[Color]
    size: Mapped[Literal["s", "xl"]]
"""
PLAIN_PROBES = (
    "Thing(name='a').name",
    "Thing().age",
    "Thing().score",
    "Thing(color=Color.red).color is Color.red",
    "error(lambda: Thing(nope=1))",
    "error(lambda: Thing('positional'))",
    "error(lambda: Thing().nope)",
    "[c.name for c in Thing.__table__.columns]",
    "Thing.__table__.c.color.type.enums",
    "Thing.__table__.c.size.type.enums",
    "str(Thing.color == Color.red)",
    "(Thing.color == Color.red).right.value",
    "str(Thing.price + 1 > Thing.score)",
)

case("plain_columns", PLAIN_COLUMNS, *PLAIN_PROBES)
case("plain_columns_future", PLAIN_COLUMNS, *PLAIN_PROBES, header="future")

case(
    "string_annotations",
    """
class Thing(Base):
    __tablename__ = "things"
    id: "Mapped[int]" = mapped_column(primary_key=True)
    name: "Mapped[str | None]"
    inner: Mapped["str"] = mapped_column(String(5))
    other: Mapped["Optional[int]"]
    when: Mapped["datetime.datetime"]
""",
)
case(
    "annotated_types",
    """
intpk = Annotated[int, mapped_column(primary_key=True)]
name50 = Annotated[str, mapped_column(String(50), index=True)]
stamp = Annotated[
    datetime.datetime, mapped_column(server_default=text("CURRENT_TIMESTAMP"))
]
owner = Annotated[int, mapped_column(ForeignKey("owners.id"))]

class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[intpk]

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[intpk]
    name: Mapped[name50]
    nick: Mapped[Optional[name50]]
    made: Mapped[stamp]
    seen: Mapped[stamp] = mapped_column(nullable=True)
    owner_id: Mapped[owner]
""",
    "Thing.__table__.c.name is not Thing.__table__.c.nick",
    "[i.name for i in sorted(Thing.__table__.indexes, key=str)] != []",
)
case(
    "annotated_future",
    """
intpk = Annotated[int, mapped_column(primary_key=True)]
short = Annotated[str, 10]

class Base(DeclarativeBase):
    type_annotation_map = {short: String(10)}

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[intpk]
    name: Mapped[short]
    nick: Mapped[Optional[short]]
    other: Mapped[str]
""",
    header="future",
)
case(
    "type_annotation_map",
    """
class Base(DeclarativeBase):
    type_annotation_map = {
        str: String(100),
        int: BigInteger,
        datetime.datetime: DateTime(timezone=True),
        dict[str, Any]: JSON,
        list[str]: JSON(none_as_null=True),
    }

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str]
    short: Mapped[str] = mapped_column(String(3))
    big: Mapped[int]
    when: Mapped[datetime.datetime]
    data: Mapped[dict[str, Any]]
    tags: Mapped[Optional[list[str]]]
""",
    "Thing.__table__.c.tags.type.none_as_null",
    "Thing.__table__.c.when.type.timezone",
    "Thing(data={'a': [1]}).data",
)
case(
    "json_columns",
    """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict] = mapped_column(JSON)
    tags: Mapped[list[str] | None] = mapped_column(JSON, default=list)
""",
    "str(Thing.data['a'])",
    "str(Thing.data['a']['b'].as_string() == 'x')",
    "Thing().tags",
)
case(
    "types_and_options",
    """
def compute():
    return 7

class Thing(Base):
    __tablename__ = "things"
    id = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    a = mapped_column(String(7), unique=True, comment="said")
    b = mapped_column(Integer, default=compute, onupdate=compute)
    c = mapped_column(Integer, server_default="5", nullable=False)
    d = mapped_column(Text, index=True)
    e = mapped_column(Boolean, server_default=text("1"))
    f = mapped_column(DateTime, default=func.now(), onupdate=func.now())
    g: Mapped[int] = mapped_column(CheckConstraint("g > 0"))
    h: Mapped[int] = mapped_column(unique=True, index=True)
""",
    "Thing.__table__.c.b.default.is_callable",
    "Thing.__table__.c.b.onupdate.is_callable",
    "Thing.__table__.c.f.default.is_clause_element",
    "str(Thing.__table__.c.f.onupdate.arg)",
    "Thing.__table__.c.c.server_default.arg",
    "Thing.__table__.c.a.comment",
    "Thing().b, Thing().c",
)
case(
    "computed_column",
    """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int]
    twice: Mapped[int] = mapped_column(Computed("a * 2"))
""",
)
case(
    "old_style_columns",
    """
class Thing(Base):
    __tablename__ = "things"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False, default="x")
    other = Column("other_name", Integer)
""",
    "Thing(name='a', other=2).other",
    "error(lambda: Thing(other_name=1))",
)
case(
    "renamed_columns",
    """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column("thing_id", primary_key=True)
    name: Mapped[str] = mapped_column("thing_name", String(9))
    odd: Mapped[int] = mapped_column(name="select")
    keyed: Mapped[Optional[int]] = mapped_column("k", key="kk")
""",
    "Thing.name.key, Thing.name.expression.name",
    "Thing.keyed.key, Thing.keyed.expression.key",
    "list(Thing.__table__.c.keys())",
    "list(inspect(Thing).columns.keys())",
    "str(select(Thing))",
    "inspect(Thing).get_property_by_column(Thing.__table__.c.thing_id).key",
    "str(Thing.odd == 1)",
)
case(
    "sort_order",
    """
class Mixin:
    made: Mapped[int] = mapped_column(sort_order=-5)
    last: Mapped[int] = mapped_column(sort_order=99)
    plain: Mapped[int]

class Thing(Mixin, Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
""",
)
case(
    "mixins_in_mro_order",
    """
class Stamps:
    created: Mapped[datetime.datetime] = mapped_column(default=func.now())
    updated: Mapped[Optional[datetime.datetime]]

class Named:
    name: Mapped[str] = mapped_column(String(40))

    def shout(self):
        return self.name.upper()

class One(Named, Stamps, Base):
    __tablename__ = "ones"
    id: Mapped[int] = mapped_column(primary_key=True)
    own: Mapped[int]

class Two(Stamps, Named, Base):
    __tablename__ = "twos"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(4))
""",
    "One.__table__.c.name is not Two.__table__.c.name",
    "Two.__table__.c.name.type.length",
    "One(name='a').shout()",
    "One.name.class_, Two.name.class_",
)
case(
    "mixins_future",
    """
class Stamps:
    created: Mapped[datetime.datetime] = mapped_column(default=func.now())
    updated: Mapped[Optional[datetime.datetime]]

class One(Stamps, Base):
    __tablename__ = "ones"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: ClassVar[str] = "kept"
""",
    "One.note, One().note",
    header="future",
)
case(
    "abstract_bases",
    """
class WithId(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)

class WithNote(WithId):
    __abstract__ = True
    note: Mapped[Optional[str]]

class One(WithNote):
    __tablename__ = "ones"
    a: Mapped[int]

class Two(WithId):
    __tablename__ = "twos"
    b: Mapped[int]
""",
    "hasattr(WithId, '__mapper__'), hasattr(WithId, '__table__')",
    "issubclass(One, WithNote)",
    "error(lambda: inspect(WithId))",
    "inspect(Two, raiseerr=False) is not None",
    "inspect(WithNote, raiseerr=False) is None",
)
case(
    "columns_on_the_base",
    """
class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()

class User(Base):
    name: Mapped[str]

class Order(Base):
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
""",
    "User.__tablename__, Order.__tablename__",
    "User.__table__.name",
)
case(
    "declared_attr_columns",
    """
class OwnedMixin:
    @declared_attr
    def owner_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("owners.id"), index=True)

    @declared_attr
    def owner(cls) -> Mapped["Owner"]:
        return relationship("Owner")

    @declared_attr
    def label(cls) -> Mapped[str]:
        return column_property(cls.name + "!")

class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)

class Car(OwnedMixin, Base):
    __tablename__ = "cars"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column()

class Boat(OwnedMixin, Base):
    __tablename__ = "boats"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column()
""",
    "str(select(Car))",
    "str(select(Boat.label))",
    "str(select(Boat).join(Boat.owner))",
    "Boat.owner.property is not Car.owner.property",
)
case(
    "declared_attr_directives",
    """
class Mixin:
    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower() + "s"

    @declared_attr.directive
    def __table_args__(cls):
        return (
            Index(f"ix_{cls.__name__}", "a"), {"sqlite_autoincrement": True}
        )

    @declared_attr.directive
    def __mapper_args__(cls):
        return {"eager_defaults": True}

class One(Mixin, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int]

class Two(Mixin, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int]
""",
    "inspect(One).eager_defaults",
)
case(
    "declared_attr_cascading",
    """
class HasId:
    @declared_attr.cascading
    def id(cls) -> Mapped[int]:
        for base in cls.__mro__[1:]:
            if "__mapper__" in base.__dict__:
                return mapped_column(
                    ForeignKey(base.__table__.c.id), primary_key=True
                )
        return mapped_column(primary_key=True)

class Person(HasId, Base):
    __tablename__ = "persons"
    kind: Mapped[str]
    __mapper_args__ = {
        "polymorphic_on": "kind", "polymorphic_identity": "person"
    }

class Worker(Person):
    __tablename__ = "workers"
    wage: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "worker"}
""",
    "str(select(Worker))",
)
case(
    "table_args_tuple",
    """
class Other(Base):
    __tablename__ = "others"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column(primary_key=True)

class Thing(Base):
    __tablename__ = "things"
    __table_args__ = (
        UniqueConstraint("x", "y", name="uq_xy"),
        CheckConstraint("x > 0", name="positive"),
        ForeignKeyConstraint(
            ["x", "y"], ["others.a", "others.b"], ondelete="CASCADE"
        ),
        Index("ix_y_x", "y", desc("x"), unique=True),
        {"comment": "no column", "sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[int]
    y: Mapped[int]
""",
    "Thing.__table__.comment",
    "sorted(str(f.target_fullname) for f in Thing.__table__.foreign_keys)",
)
case(
    "table_args_dict",
    """
class Thing(Base):
    __tablename__ = "things"
    __table_args__ = {"schema": "other", "info": {"a": 1}}
    id: Mapped[int] = mapped_column(primary_key=True)
""",
    "Thing.__table__.fullname, Thing.__table__.schema",
    "Thing.__table__.info",
    "str(select(Thing))",
    "list(Base.metadata.tables)",
)
case(
    "naming_convention",
    """
class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    })

class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)

class Thing(Base):
    __tablename__ = "things"
    __table_args__ = (CheckConstraint("a > 0", name="plus"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int] = mapped_column(unique=True)
    b: Mapped[int] = mapped_column(index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
""",
    "Base.metadata is Base.registry.metadata",
)
case(
    "composite_key",
    """
class Line(Base):
    __tablename__ = "lines"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
""",
    "inspect(Line(order_id=1, number=2)).identity",
    "inspect(Line).primary_key_from_instance(Line(order_id=1, number=2))",
)
case(
    "natural_key",
    """
class Country(Base):
    __tablename__ = "countries"
    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str]
""",
)
case(
    "key_by_mapper_args",
    """
class Log(Base):
    __table__ = Table(
        "logs", Base.metadata,
        Column("a", Integer), Column("b", String), Column("c", Integer),
    )
    __mapper_args__ = {"primary_key": [__table__.c.a, __table__.c.b]}
""",
    "[c.name for c in Log.__table__.primary_key.columns]",
)
case(
    "imperative_table",
    """
class Thing(Base):
    __table__ = Table(
        "things", Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(7), nullable=False),
        Column("odd name", Integer, key="odd"),
    )

class Renamed(Base):
    __table__ = Table(
        "renamed", Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("label", String(7)),
    )
    title = __table__.c.label
""",
    "str(select(Thing))",
    "str(select(Renamed.title))",
    "hasattr(Renamed, 'label')",
    "Renamed(title='a').title",
)
case(
    "imperative_registry",
    """
mapper_registry = registry()
table = Table(
    "things", mapper_registry.metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(7)),
)

class Thing:
    def shout(self):
        return self.name.upper()

mapper_registry.map_imperatively(Thing, table)
Base = mapper_registry.generate_base()
""",
    "Thing(name='a').shout()",
    "str(select(Thing).where(Thing.name == 'a'))",
)
case(
    "exclude_properties",
    """
class Thing(Base):
    __table__ = Table(
        "things", Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer), Column("b", Integer),
    )
    __mapper_args__ = {"exclude_properties": ["b"]}
""",
    "str(select(Thing))",
    "hasattr(Thing, 'b')",
)
case(
    "deferred_columns",
    """
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(Text, deferred=True)
    photo: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    notes: Mapped[str | None] = mapped_column(
        deferred=True, deferred_group="extra"
    )
""",
    "inspect(Book).attrs.summary.deferred",
    "str(select(Book))",
    "str(select(Book).options(undefer(Book.summary)))",
    "str(select(Book.summary))",
    "Book().summary, Book(summary='x').summary",
)
case(
    "custom_init_and_repr",
    """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    def __init__(self, name, twice=False):
        super().__init__(name=name * 2 if twice else name)

    def __repr__(self):
        return f"Thing({self.name!r}, {self.id!r})"
""",
    "Thing('a', twice=True)",
    "repr(Thing('a'))",
    "error(lambda: Thing())",
)
case(
    "attribute_added_later",
    """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)

Thing.extra = mapped_column(String(3))
Thing.more = Column("more_name", Integer)
Thing.sum = column_property(Thing.id + 1)
""",
    "str(select(Thing))",
    "Thing(extra='a', more=1).more",
)
case(
    "class_without_annotations_and_names",
    """
class Thing(Base):
    __tablename__ = "Thing Table"
    id = mapped_column(Integer, primary_key=True)
    Upper = mapped_column(Integer)
    order = mapped_column(Integer)
    quote = mapped_column('with"quote', Integer)
    _private = mapped_column(Integer)
""",
    "str(select(Thing))",
    "Thing(_private=1)._private",
)
case(
    "type_decorator",
    """
class Upper(TypeDecorator):
    impl = String(12)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.upper()

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Upper)
""",
    "str(Thing.name == 'a')",
    "Thing(name='a').name",
    "Thing.name.type",
)
