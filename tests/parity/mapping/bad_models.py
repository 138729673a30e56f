"""Bad mappings and bad uses: when the peer refuses, and with which class."""

from __future__ import annotations

from typing import NamedTuple


class Bad(NamedTuple):
    """A mistake.

    Attributes:
        name: Name of the case.
        moment: "define" if the models are refused, "use" if the expression
            is, "text" if its text is.
        error: Name of the class of the exception.
        source: The models.
        use: The expression, for the later moments.
    """

    name: str
    moment: str
    error: str
    source: str
    use: str = ""


BASE = "class Base(DeclarativeBase):\n    pass\n"
USER = """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    {more}
"""
ORDER = """
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    {more}
"""
LINKED = USER.format(
    more='orders: Mapped[List["Order"]] = relationship(back_populates="user")'
) + ORDER.format(
    more="""user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="orders")"""
)


def _model(body: str) -> str:
    return f'class Thing(Base):\n    __tablename__ = "things"\n{body}'


def _user(more: str) -> str:
    return USER.format(more=more)


def _related(more: str, foreign: str = 'ForeignKey("users.id")') -> str:
    return _user(more) + ORDER.format(
        more=f"user_id: Mapped[int] = mapped_column({foreign})"
    )


_KEY = "    id: Mapped[int] = mapped_column(primary_key=True)\n"

DEFINITIONS = [
    Bad(
        "no_primary_key",
        "define",
        "ArgumentError",
        _model("    a: Mapped[int]\n"),
    ),
    Bad(
        "no_table_name",
        "define",
        "InvalidRequestError",
        "class Thing(Base):\n" + _KEY,
    ),
    Bad(
        "table_twice",
        "define",
        "InvalidRequestError",
        _model(_KEY) + _model(_KEY).replace("class Thing", "class Other"),
    ),
    Bad(
        "column_named_metadata",
        "define",
        "InvalidRequestError",
        _model(_KEY + "    metadata: Mapped[int]\n"),
    ),
    Bad(
        "annotation_without_mapped",
        "define",
        "MappedAnnotationError",
        _model(_KEY + "    a: int\n"),
    ),
    Bad(
        "annotation_without_mapped_but_a_column",
        "define",
        "MappedAnnotationError",
        _model(_KEY + "    a: int = mapped_column()\n"),
    ),
    Bad(
        "annotation_of_no_type",
        "define",
        "MappedAnnotationError",
        _model(_KEY + "    a: Mapped[object]\n"),
    ),
    Bad(
        "annotation_of_two_types",
        "define",
        "MappedAnnotationError",
        _model(_KEY + "    a: Mapped[int | str]\n"),
    ),
    Bad(
        "annotation_of_a_list",
        "define",
        "MappedAnnotationError",
        _model(_KEY + "    a: Mapped[list[int]]\n"),
    ),
    Bad(
        "annotation_nobody_knows",
        "define",
        "MappedAnnotationError",
        _model(_KEY + '    a: Mapped["Nobody"] = mapped_column()\n'),
    ),
    Bad(
        "no_type_at_all",
        "define",
        "ArgumentError",
        _model(_KEY + "    a = mapped_column()\n"),
    ),
    Bad(
        "table_args_list",
        "define",
        "ArgumentError",
        _model(_KEY + "    __table_args__ = [UniqueConstraint('id')]\n"),
    ),
    Bad(
        "table_args_unknown_option",
        "define",
        "TypeError",
        _model(_KEY + "    __table_args__ = {'nonsense': 1}\n"),
    ),
    Bad(
        "mapper_args_unknown",
        "define",
        "TypeError",
        _model(_KEY + "    __mapper_args__ = {'nonsense': 1}\n"),
    ),
    Bad(
        "constraint_of_an_unknown_column",
        "define",
        "ConstraintColumnNotFoundError",
        _model(_KEY + "    __table_args__ = (UniqueConstraint('x'),)\n"),
    ),
    Bad(
        "index_of_an_unknown_column",
        "define",
        "ConstraintColumnNotFoundError",
        _model(_KEY + "    __table_args__ = (Index('i', 'x'),)\n"),
    ),
    Bad(
        "foreign_key_constraint_of_unequal_lengths",
        "define",
        "ArgumentError",
        _model(
            _KEY + "    __table_args__ = (ForeignKeyConstraint("
            "['id'], ['a.x', 'a.y']),)\n"
        ),
    ),
    Bad(
        "column_object_twice",
        "define",
        "ArgumentError",
        "shared = Column(Integer)\n"
        + _model(_KEY + "    a = shared\n")
        + _model(_KEY + "    a = shared\n").replace("hing", "hong"),
    ),
    Bad(
        "base_with_a_table",
        "define",
        "InvalidRequestError",
        'class Wrong(DeclarativeBase):\n    __tablename__ = "x"\n' + _KEY,
    ),
    Bad(
        "direct_use_of_the_base",
        "define",
        "InvalidRequestError",
        'class Wrong(DeclarativeBase):\n    __tablename__ = "x"\n',
    ),
    Bad(
        "polymorphic_on_nothing",
        "define",
        "ArgumentError",
        _model(_KEY + "    __mapper_args__ = {'polymorphic_on': 'kind'}\n"),
    ),
    Bad(
        "joined_without_a_foreign_key",
        "define",
        "NoForeignKeysError",
        _user("") + "class Sub(User):\n    __tablename__ = 'subs'\n" + _KEY,
    ),
    Bad(
        "single_table_column_twice",
        "define",
        "ArgumentError",
        _user("") + "class A(User):\n    x: Mapped[Optional[int]]\n"
        "class B(User):\n    x: Mapped[Optional[int]]\n",
    ),
    Bad(
        "single_table_with_constraints",
        "define",
        "ArgumentError",
        _user("") + "class A(User):\n"
        "    __table_args__ = (UniqueConstraint('name'),)\n",
    ),
    Bad(
        "validates_a_name_twice",
        "define",
        "InvalidRequestError",
        _user(
            '@validates("name")\n    def a(self, key, value): pass\n'
            '    @validates("name")\n    def b(self, key, value): pass\n'
        )
        + "User()\n",
    ),
    Bad(
        "relation_argument_unknown",
        "define",
        "TypeError",
        _related('orders = relationship("Order", nonsense=1)'),
    ),
    Bad(
        "relation_lazy_unknown",
        "use",
        "LoaderStrategyException",
        _related('orders = relationship("Order", lazy="nonsense")'),
        "User()",
    ),
    Bad(
        "relation_cascade_unknown",
        "define",
        "ArgumentError",
        _related('orders = relationship("Order", cascade="nonsense")'),
    ),
    Bad(
        "relation_backref_and_populates",
        "define",
        "ArgumentError",
        _related(
            'orders = relationship("Order", backref="a", back_populates="b")'
        ),
    ),
    Bad(
        "mixin_relation_without_declared_attr",
        "define",
        "InvalidRequestError",
        "class Mixin:\n    user = relationship('User')\n"
        + _user("")
        + "class Thing(Mixin, Base):\n    __tablename__ = 'things'\n"
        + _KEY,
    ),
    Bad(
        "synonym_of_nothing",
        "use",
        "AttributeError",
        _user('nick = synonym("nobody")'),
        "User.nick == 1",
    ),
    Bad(
        "positional_type_twice",
        "define",
        "ArgumentError",
        _model(_KEY + "    a = mapped_column(Integer, String)\n"),
    ),
    Bad(
        "server_default_of_a_number",
        "define",
        "ArgumentError",
        _model(_KEY + "    a = mapped_column(Integer, server_default=5)\n"),
    ),
]

_ORDERS = 'orders: Mapped[List["Order"]] = relationship({})'
MAPPERS = [
    Bad(
        "target_unknown",
        "use",
        "InvalidRequestError",
        _user('x = relationship("Nobody")'),
        "User()",
    ),
    Bad(
        "target_unknown_in_annotation",
        "use",
        "InvalidRequestError",
        _user('x: Mapped["Nobody"] = relationship()'),
        "User()",
    ),
    Bad(
        "target_unknown_at_inspection",
        "use",
        "InvalidRequestError",
        _user('x = relationship("Nobody")'),
        "inspect(User).relationships",
    ),
    Bad(
        "target_unknown_at_select",
        "text",
        "InvalidRequestError",
        _user('x = relationship("Nobody")'),
        "select(User)",
    ),
    Bad(
        "target_unknown_elsewhere",
        "use",
        "InvalidRequestError",
        _user('x = relationship("Nobody")') + ORDER.format(more=""),
        "Order()",
    ),
    Bad(
        "target_is_no_class",
        "use",
        "ArgumentError",
        _user("x = relationship(lambda: 3)"),
        "User()",
    ),
    Bad(
        "target_is_not_mapped",
        "use",
        "UnmappedClassError",
        "class Plain: pass\n" + _user("x = relationship(Plain)"),
        "User()",
    ),
    Bad(
        "no_target",
        "define",
        "ArgumentError",
        _user("x = relationship()"),
        "User()",
    ),
    Bad(
        "no_foreign_key",
        "use",
        "NoForeignKeysError",
        _related(_ORDERS.format(""), foreign=""),
        "User()",
    ),
    Bad(
        "two_foreign_keys",
        "use",
        "AmbiguousForeignKeysError",
        _related(_ORDERS.format("")).replace(
            "user_id:",
            "other: Mapped[int] = mapped_column("
            'ForeignKey("users.id"))\n    user_id:',
        ),
        "User()",
    ),
    Bad(
        "foreign_key_to_an_unknown_table",
        "use",
        "NoForeignKeysError",
        _related(_ORDERS.format(""), 'ForeignKey("nobody.id")'),
        "User()",
    ),
    Bad(
        "foreign_key_to_an_unknown_column",
        "use",
        "NoReferencedColumnError",
        _related(_ORDERS.format(""), 'ForeignKey("users.nobody")'),
        "User()",
    ),
    Bad(
        "back_populates_nothing",
        "use",
        "InvalidRequestError",
        _related(_ORDERS.format('back_populates="nobody"')),
        "User()",
    ),
    Bad(
        "back_populates_the_same_direction",
        "use",
        "ArgumentError",
        _user(
            'boss_id = mapped_column(ForeignKey("users.id"))\n'
            '    boss = relationship("User", back_populates="staff")\n'
            '    staff = relationship("User", back_populates="boss")'
        ),
        "User()",
    ),
    Bad(
        "backref_name_taken",
        "use",
        "ArgumentError",
        _related('orders = relationship("Order", backref="user_id")'),
        "User()",
    ),
    Bad(
        "delete_orphan_on_many_to_one",
        "use",
        "ArgumentError",
        _user("")
        + ORDER.format(
            more="user_id = mapped_column(ForeignKey('users.id'))\n"
            "    user = relationship(User, cascade='all, delete-orphan')"
        ),
        "Order()",
    ),
    Bad(
        "primaryjoin_that_does_not_parse",
        "use",
        "InvalidRequestError",
        _related(_ORDERS.format('primaryjoin="Nobody.id == User.id"')),
        "User()",
    ),
    Bad(
        "primaryjoin_without_foreign_columns",
        "use",
        "ArgumentError",
        _related(
            _ORDERS.format('primaryjoin="User.id == Order.id"'), foreign=""
        ),
        "User()",
    ),
    Bad(
        "foreign_keys_of_an_unknown_column",
        "use",
        "AttributeError",
        _related(_ORDERS.format('foreign_keys="Order.nobody"')),
        "User()",
    ),
    Bad(
        "secondary_unknown",
        "use",
        "InvalidRequestError",
        _related(_ORDERS.format('secondary="nobody"')),
        "User()",
    ),
    Bad(
        "secondary_without_foreign_keys",
        "use",
        "NoForeignKeysError",
        'link = Table("link", Base.metadata, Column("a", Integer))\n'
        + _related(_ORDERS.format("secondary=link")),
        "User()",
    ),
    Bad(
        "order_by_unknown",
        "use",
        "AttributeError",
        _related(_ORDERS.format('order_by="Order.nobody"')),
        "User()",
    ),
    Bad(
        "same_class_name_in_two_modules",
        "use",
        "InvalidRequestError",
        _user("")
        + "class Order(Base):\n    __tablename__ = 'o1'\n"
        + _KEY
        + "    __module__ = 'one'\nOne = Order\n"
        "class Order(Base):\n    __tablename__ = 'o2'\n"
        + _KEY
        + "    __module__ = 'two'\n"
        "class Third(Base):\n    __tablename__ = 'thirds'\n"
        + _KEY
        + "    x = relationship('Order')\n",
        "Third()",
    ),
    Bad(
        "circular_metadata_sorted",
        "use",
        "SAWarning",
        "metadata = MetaData()\n"
        'Table("a", metadata, Column("id", Integer, primary_key=True),'
        ' Column("b", ForeignKey("b.id")))\n'
        'Table("b", metadata, Column("id", Integer, primary_key=True),'
        ' Column("a", ForeignKey("a.id")))\n',
        "metadata.sorted_tables",
    ),
    Bad(
        "sorted_tables_with_an_unknown_table",
        "use",
        "NoReferencedTableError",
        "metadata = MetaData()\n"
        'Table("a", metadata, Column("b", ForeignKey("b.id")))\n',
        "metadata.sorted_tables",
    ),
]

_CROSS = (
    LINKED
    + """
class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int] = mapped_column(ForeignKey("users.id"))
    b: Mapped[int] = mapped_column(ForeignKey("users.id"))

class Apart(Base):
    __tablename__ = "aparts"
    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[Optional[str]] = mapped_column(Enum("red", name="c"))
"""
)


def _use(name: str, error: str, use: str, moment: str = "use") -> Bad:
    return Bad(name, moment, error, _CROSS, use)


USES = [
    _use("keyword_unknown", "TypeError", "User(nobody=1)"),
    _use("attribute_unknown", "AttributeError", "User.nobody"),
    _use("alias_attribute_unknown", "AttributeError", "aliased(User).nobody"),
    _use(
        "filter_by_unknown",
        "InvalidRequestError",
        "select(User).filter_by(nobody=1)",
    ),
    _use(
        "filter_by_of_nothing",
        "InvalidRequestError",
        "select(text('1')).filter_by(name='a')",
    ),
    _use("where_a_text", "ArgumentError", "select(User).where('id = 1')"),
    _use("select_a_text", "ArgumentError", "select('users.id')"),
    _use("select_an_instance", "ArgumentError", "select(User())"),
    _use("select_a_plain_class", "ArgumentError", "select(int)"),
    _use(
        "order_by_unknown_text",
        "CompileError",
        "select(User).order_by('nobody; drop')",
        "text",
    ),
    _use("order_by_a_number", "ArgumentError", "select(User).order_by(3)"),
    _use("limit_a_text", "ValueError", "select(User).limit('x')"),
    _use("bool_of_an_expression", "TypeError", "bool(User.id > 1)"),
    _use("and_of_expressions", "TypeError", "User.id > 1 and User.id < 3"),
    _use("in_a_number", "ArgumentError", "User.id.in_(3)"),
    _use("less_than_none", "ArgumentError", "User.id < None"),
    _use(
        "join_without_a_condition",
        "InvalidRequestError",
        "select(User).join(Apart)",
        "text",
    ),
    _use(
        "join_ambiguous",
        "AmbiguousForeignKeysError",
        "select(User).join(Line)",
        "text",
    ),
    _use(
        "join_left_side_ambiguous",
        "InvalidRequestError",
        "select(User, Order, Line).join(Apart)",
        "text",
    ),
    _use(
        "join_a_column",
        "ArgumentError",
        "select(User).join(User.name)",
        "text",
    ),
    _use("join_a_text", "ArgumentError", "select(User).join('orders')"),
    _use(
        "join_an_onclause_text",
        "ArgumentError",
        "select(User).join(Order, 'x')",
    ),
    _use(
        "orm_join_without_a_condition",
        "NoForeignKeysError",
        "join(User, Apart)",
    ),
    _use(
        "orm_join_ambiguous", "AmbiguousForeignKeysError", "join(User, Line)"
    ),
    _use(
        "relation_from_an_unrelated_root",
        "ArgumentError",
        "select(Apart).join(User.orders).join(Apart, Order)",
    ),
    _use("any_on_a_scalar", "InvalidRequestError", "Order.user.any()"),
    _use("has_on_a_collection", "InvalidRequestError", "User.orders.has()"),
    _use(
        "contains_on_a_scalar",
        "InvalidRequestError",
        "Order.user.contains(User())",
    ),
    _use(
        "collection_equals_an_object",
        "InvalidRequestError",
        "User.orders == Order()",
    ),
    _use("relation_in", "NotImplementedError", "Order.user.in_([User()])"),
    _use("relation_is_none", "NotImplementedError", "Order.user.is_(None)"),
    _use("relation_less", "NotImplementedError", "Order.user < 3"),
    _use("relation_equals_a_number", "ArgumentError", "Order.user == 3"),
    _use("aliased_of_no_class", "NoInspectionAvailable", "aliased(3)"),
    _use("aliased_of_a_plain_class", "NoInspectionAvailable", "aliased(int)"),
    _use("inspect_a_plain_class", "NoInspectionAvailable", "inspect(int)"),
    _use("inspect_a_number", "NoInspectionAvailable", "inspect(3)"),
    _use(
        "mapper_relation_unknown",
        "KeyError",
        "inspect(User).relationships['nobody']",
    ),
    _use(
        "mapper_attribute_unknown",
        "AttributeError",
        "inspect(User).attrs.nobody",
    ),
    _use(
        "mapper_property_unknown",
        "InvalidRequestError",
        "inspect(User).get_property('nobody')",
    ),
    _use("column_collection_unknown", "KeyError", "User.__table__.c['no']"),
    _use(
        "column_collection_attribute_unknown",
        "AttributeError",
        "User.__table__.c.nobody",
    ),
    _use(
        "subquery_column_unknown",
        "AttributeError",
        "select(User.id).subquery().c.name",
    ),
    _use(
        "values_of_an_unknown_column",
        "CompileError",
        "update(User).values(nobody=1)",
        "text",
    ),
    _use(
        "insert_of_an_unknown_column",
        "CompileError",
        "insert(User).values(nobody=1)",
        "text",
    ),
    _use(
        "union_of_unequal_columns",
        "CompileError",
        "union(select(User.id), select(User.id, User.name))",
        "text",
    ),
    _use("load_only_of_a_text", "ArgumentError", "load_only('name')"),
    _use("joinedload_of_a_text", "ArgumentError", "joinedload('orders')"),
    _use(
        "joinedload_of_a_column",
        "LoaderStrategyException",
        "select(User).options(joinedload(User.name))",
        "text",
    ),
    _use(
        "joinedload_of_another_class",
        "ArgumentError",
        "select(User).options(joinedload(Order.user))",
        "text",
    ),
    _use(
        "defer_without_the_entity",
        "ArgumentError",
        "select(User.name).options(defer(User.id))",
        "text",
    ),
    _use("options_of_a_text", "ArgumentError", "select(User).options('x')"),
    _use(
        "append_the_wrong_class", "AttributeError", "User().orders.append(3)"
    ),
    _use("assign_the_wrong_class", "AttributeError", "Order(user=3)"),
    _use("collection_of_a_dict", "TypeError", "User(orders={})"),
    _use("collection_of_none", "TypeError", "User(orders=None)"),
    _use("delete_a_column", "ArgumentError", "delete(User.id)"),
    _use("update_a_text", "ArgumentError", "update('users')"),
    _use("insert_a_number", "ArgumentError", "insert(3)"),
]
