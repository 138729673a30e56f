"""A model with much of what models have, and what it says of itself."""

from __future__ import annotations

from parity.mapping.library import case

case(
    "all_sorts",
    """
import uuid
from sqlalchemy.orm import ColumnProperty, InstrumentedAttribute
from sqlalchemy.orm import MapperProperty
from sqlalchemy.ext.hybrid import hybrid_property, hybrid_method

class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    })
    type_annotation_map = {str: String(50), bytes: LargeBinary(10)}

intpk = Annotated[int, mapped_column(primary_key=True)]
name50 = Annotated[str, mapped_column(String(50), nullable=True, index=True)]

class Color(enum.Enum):
    red = 1
    blue = 2

class Stamp:
    created: Mapped[datetime.datetime] = mapped_column(
        default=func.now(), server_default=func.now(), sort_order=900
    )
    updated: Mapped[Optional[datetime.datetime]] = mapped_column(
        onupdate=func.now(), sort_order=901
    )

class Named:
    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower() + "s"

    @declared_attr
    def upper_name(cls):
        return column_property(func.upper(cls.name))

class User(Named, Stamp, Base):
    id: Mapped[intpk]
    name: Mapped[str] = mapped_column(
        unique=True, comment="the name", info={"a": 1}
    )
    nick: Mapped[name50]
    age: Mapped[int | None] = mapped_column(default=lambda: 3, index=True)
    color: Mapped[Color] = mapped_column(default=Color.red)
    colors: Mapped[Optional[Color]] = mapped_column(
        Enum(Color, name="c", native_enum=False, create_constraint=True)
    )
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    tags: Mapped[list[str]] = mapped_column(JSON, server_default=text("'[]'"))
    big: Mapped[int] = mapped_column("big_col", BigInteger)
    uid: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    price: Mapped[Optional[decimal.Decimal]] = mapped_column(Numeric(10, 2))
    comp: Mapped[int] = mapped_column(Computed("age + 1"))
    ck: Mapped[int] = mapped_column(CheckConstraint("ck > 0", name="pos"))
    srv: Mapped[str] = mapped_column(server_default="x")
    posts: Mapped[list["Post"]] = relationship(
        back_populates="author",
        order_by="Post.id.desc()",
        cascade="all, delete-orphan",
        lazy="selectin",
        passive_deletes=True,
    )
    first: Mapped[Optional["Post"]] = relationship(
        viewonly=True,
        primaryjoin="and_(User.id == Post.author_id, Post.title == 'a')",
        uselist=False,
        overlaps="posts",
    )
    __table_args__ = (
        UniqueConstraint("nick", "age"),
        Index("ix_two", "name", desc("age"), unique=True),
        CheckConstraint("age >= 0", name="adult"),
        {"sqlite_autoincrement": True, "comment": "tc", "info": {"x": 1}},
    )
    __mapper_args__ = {"eager_defaults": True, "version_id_col": None}

    @hybrid_property
    def senior(self):
        "doc of senior"
        return self.age > 60

    @hybrid_method
    def older(self, n):
        "doc"
        return self.age > n

    @validates("name")
    def _strip(self, key, value):
        return value.strip()

    def __repr__(self):
        return f"U({self.name})"

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[intpk]
    title: Mapped[str] = mapped_column(String(80), deferred=True)
    author_id: Mapped[int] = mapped_column(
        ForeignKey(
            "users.id",
            ondelete="CASCADE",
            onupdate="SET NULL",
            name="fk_author",
        )
    )
    author: Mapped["User"] = relationship(
        back_populates="posts", innerjoin=True, lazy="select"
    )
    parent_id: Mapped[Optional[int]] = mapped_column(
        ForeignKey("posts.id")
    )
    parent: Mapped[Optional["Post"]] = relationship(
        remote_side="Post.id", backref="children"
    )
""",
    "User.__table__.columns.keys()",
    "User.__mapper__.columns.keys()",
    "User.__mapper__.attrs.keys()",
    "User.__mapper__.column_attrs.keys()",
    "User.__mapper__.relationships.keys()",
    "sorted(User.__mapper__.all_orm_descriptors.keys())",
    "User.__table__.c.age.default.is_callable",
    "User.__table__.c.name.comment",
    "User.__table__.c.name.info",
    "User.name.info",
    "User.__table__.comment",
    "User.__table__.info",
    "sorted(i.name for i in User.__table__.indexes)",
    "sorted(str(c.name) for c in User.__table__.constraints)",
    "sorted(str(c.name) for c in Post.__table__.constraints)",
    "[(c.name, str(c.type), c.nullable) for c in User.__table__.c]",
    "User.__table__.c.color.type.enums",
    "User.__table__.c.data.type.python_type",
    "User.registry is Base.registry",
    "Base.metadata is User.metadata",
    "sorted(Base.metadata.tables)",
    "[t.name for t in Base.metadata.sorted_tables]",
    "Base.__subclasses__()[0].__name__",
    'User(name=" a ").name',
    'User(name="b")',
    'repr(User(name="b"))',
    "User().age",
    "User().posts",
    "User().first",
    'User(name="x").data',
    "str(User.age)",
    "repr(type(User.age).__name__)",
    "User.age.key",
    "User.age.property.columns[0].name",
    "type(User.age.property).__name__",
    "isinstance(User.age.property, ColumnProperty)",
    "User.age.parent is User.__mapper__",
    "User.age.class_ is User",
    "User.age.type",
    "User.age.expression",
    "User.age.name",
    "User.big.key",
    "User.big.name",
    "User.big.property.key",
    'str(User.data["a"])',
    'str(User.data["a"].as_string() == "x")',
    'str(User.data[("a", 1)])',
    "User.age in [User.id, User.age]",
    "bool(User.age == User.age)",
    "bool(User.age)",
    "hash(User.age) == hash(User.age)",
    "{User.age: 1}[User.age]",
    "User.age is User.age",
    'User.__mapper__.all_orm_descriptors["senior"].__doc__',
    'User.__mapper__.all_orm_descriptors["older"].func.__name__',
    "User.older(3)",
    "str(User.older(3))",
    "User(age=5).older(3)",
    "User(age=61).senior",
    'User.__mapper__.relationships["posts"].mapper.class_ is Post',
    "User.__mapper__.relationships.posts.argument",
    "User.__mapper__.relationships.posts.direction.name",
    "User.__mapper__.relationships.first.viewonly",
    "User.__mapper__.relationships.first.uselist",
    "str(User.__mapper__.relationships.first.primaryjoin)",
    "sorted(User.__mapper__.relationships.posts.cascade)",
    "User.__mapper__.relationships.posts.lazy",
    "User.__mapper__.relationships.posts.passive_deletes",
    "User.__mapper__.relationships.posts.back_populates",
    "Post.__mapper__.relationships.keys()",
    "Post.author.property.innerjoin",
    "isinstance(User.posts.property, RelationshipProperty)",
    "isinstance(User.posts.property, MapperProperty)",
    "isinstance(User.posts, InstrumentedAttribute)",
    "inspect(User) is User.__mapper__",
    "inspect(User).class_ is User",
    "[str(c) for c in inspect(User).primary_key]",
    "inspect(User).local_table.name",
    "inspect(User).persist_selectable.name",
    'inspect(User).get_property("age").key',
    'inspect(User).has_property("age")',
    "inspect(User).polymorphic_on",
    "inspect(User).polymorphic_identity",
    "inspect(User).version_id_col",
    "inspect(User).eager_defaults",
    "inspect(User).entity is User",
    "inspect(User).mapper is inspect(User)",
    "inspect(User).is_mapper",
    "inspect(User).is_aliased_class",
    "inspect(User).selectable.name",
    "inspect(User).tables[0].name",
    "inspect(User).c.age.name",
    'inspect(User).columns["age"].name',
    "inspect(User).columns.age.name",
    "inspect(User).get_property_by_column(User.__table__.c.big_col).key",
    "inspect(User).attrs.age.key",
    'inspect(User).attrs["age"].columns[0].name',
    "inspect(User).synonyms.keys()",
    "inspect(User).composites.keys()",
    "inspect(User).isa(inspect(Post))",
    "inspect(User).common_parent(inspect(Post))",
    "inspect(User).relationships.values()[0].key",
    "len(inspect(User).relationships)",
    "[r.key for r in inspect(User).relationships]",
    '"posts" in inspect(User).relationships',
    "inspect(User).relationships.items()[0][0]",
    'inspect(User(name="x")).transient',
    'inspect(User(name="x")).persistent',
    'inspect(User(name="x")).pending',
    'inspect(User(name="x")).detached',
    'inspect(User(name="x")).deleted',
    'inspect(User(name="x")).identity',
    'inspect(User(name="x")).identity_key',
    'inspect(User(name="x")).session',
    'inspect(User(name="x")).has_identity',
    'inspect(User(name="x")).mapper.class_.__name__',
    'sorted(inspect(User(name="x")).unloaded)',
    'inspect(User(name="x")).attrs.age.history',
    'sorted(inspect(User(name="x")).attrs.keys())',
    'inspect(User(name="x")).modified',
    'inspect(User(name="x")).expired',
    'inspect(User(name="x")).expired_attributes',
    'inspect(User(name="x")).key',
    'inspect(User(name="x")).is_instance',
    'inspect(User(name="x")).async_session',
    'inspect(User(name="x")).was_deleted',
    "inspect(aliased(User)).is_aliased_class",
    "inspect(aliased(User)).mapper.class_.__name__",
    'inspect(aliased(User, name="q")).name',
    'inspect(aliased(User, name="q")).selectable.name',
    "inspect(aliased(User)).class_.__name__",
    "inspect(3, raiseerr=False)",
    "aliased(User).__name__",
    "str(aliased(User).age)",
    'str(aliased(User, name="q").age == 3)',
    "aliased(User).__mapper__ is User.__mapper__",
    "aliased(User).__table__",
    "type(aliased(User)).__name__",
    "aliased(User).older(3)",
    'str(aliased(User, name="q").senior)',
    'str(aliased(User, name="q").upper_name)',
    "str(select(User.upper_name))",
    'str(select(aliased(User, name="q")))',
    'str(select(User).join(User.posts).where(Post.title == "x"))',
    "str(select(User).join(User.first))",
    "str(User.posts.any())",
    'str(User.posts.any(title="x"))',
    'str(Post.author.has(name="x"))',
    "str(Post.author == None)",
    "str(Post.author != None)",
    "str(Post.author == User(id=3))",
    "str(User.posts == None)",
    "str(User.posts.contains(Post(id=1)))",
    "str(User.posts)",
    "User.posts.key",
    "User.posts.property.key",
    "User.posts.mapper.class_.__name__",
    "User.posts.entity.class_.__name__",
    "User.posts.parent.class_.__name__",
    "User.posts.property.entity.class_.__name__",
    "User.posts.property.target.name",
    "User.posts.info",
    "User.posts.property.doc",
    "User.age.nullable",
    "User.age.primary_key",
    "User.age.table.name",
    "User.age.foreign_keys",
    "Post.author_id.foreign_keys",
    "User.age.prop.key",
    'User.age.label("x").name',
    "User.age.asc()",
    "User.posts.of_type(Post)",
    "User.__tablename__",
    "User.__table__.name",
    "User.__table__.schema",
    "User.__table__.fullname",
    "User.__table__.primary_key.name",
    "User.__table__.key",
    "User.__mapper_args__",
    "User.__init__.__name__",
    "User.__eq__ is object.__eq__",
    "User(id=1) == User(id=1)",
    "hash(User(id=1)) is not None",
    "copy.copy(User(id=1)).id",
    '(u := User(name="a"), setattr(u, "zz", 3), u.zz)[-1]',
    '(u := User(name="a"), delattr(u, "name"), u.name)[-1]',
    '(u := User(name="a"), setattr(u, "posts", [Post(id=3)]), '
    "u.posts[0].author is u)[-1]",
    '(u := User(name="a"), p := Post(author=u), u.posts == [p], '
    "u.posts.remove(p), p.author)[-3::2]",
    '(p := Post(), setattr(p, "parent", q := Post()), q.children == [p])[-1]',
    "User.__doc__",
    "bool(User.posts)",
    "bool(aliased(User).age)",
    "bool(aliased(User).posts)",
    "bool(User.senior)",
    "inspect(User.age) is User.age",
    "inspect(inspect(User)) is inspect(User)",
    "User.age.info",
    'error(lambda: User(nam="x"))',
    "error(lambda: User(1))",
    'error(lambda: User.__mapper__.relationships["nothing"])',
    'error(lambda: inspect(User).get_property("zz"))',
    "error(lambda: aliased(User).zz)",
    "error(lambda: User.age.zz)",
    "error(lambda: User.posts.zz)",
    'error(lambda: delattr(User, "age"))',
)
