"""Models whose matter is their relationships."""

from __future__ import annotations

from parity.mapping.library import case

ONE_TO_MANY = """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]]
    orders: Mapped[List["Order"]] = relationship(back_populates="user")

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    user: Mapped[Optional["User"]] = relationship(back_populates="orders")
"""
ONE_TO_MANY_PROBES = (
    "User().orders, Order().user",
    "type(User().orders).__name__",
    "(u := User()).orders is u.orders",
    "(o := Order(user=User(name='a'))).user.orders[0] is o",
    "(u := User(orders=[Order(), Order()])).orders[1].user is u",
    "(u := User(), u.orders.append(o := Order()), o.user is u)[-1]",
    "(o := Order(), u := User(orders=[o]), u.orders.remove(o), o.user)[-1]",
    "(o := Order(), u := User(orders=[o]), setattr(o, 'user', None),"
    " u.orders)[-1]",
    "(o := Order(), u := User(orders=[o]), v := User(),"
    " setattr(o, 'user', v), u.orders, o in v.orders)[-2:]",
    "(a := Order(), u := User(orders=[a]), b := Order(),"
    " setattr(u, 'orders', [b]), a.user, b.user is u)[-2:]",
    "(a := Order(), u := User(), u.orders.extend([a, Order()]),"
    " u.orders.pop().user, len(u.orders))[-2:]",
    "(a := Order(), u := User(), u.orders.insert(0, a), u.orders.clear(),"
    " a.user)[-1]",
    "(a := Order(), b := Order(), u := User(orders=[a]),"
    " u.orders.__setitem__(0, b), a.user, b.user is u)[-2:]",
    "(a := Order(), u := User(orders=[a]), u.orders.__delitem__(0),"
    " a.user)[-1]",
    "(u := User(), u.orders.__iadd__([Order()]), u.orders[0].user is u)[-1]",
    "(u := User(orders=[Order()]), v := User(), setattr(v, 'orders',"
    " u.orders), u.orders, len(v.orders))[-2:]",
    "(u := User(orders=[Order()]), delattr(u, 'orders'), u.orders)[-1]",
    "(o := Order(user=User()), delattr(o, 'user'), o.user)[-1]",
    "error(lambda: User(orders=Order()))",
    "error(lambda: User(orders=None))",
    "error(lambda: User(orders=[1]))",
    "error(lambda: User().orders.append('x'))",
    "error(lambda: Order(user='x'))",
    "error(lambda: Order(user=[User()]))",
    "User(orders=(Order() for _ in range(1))).orders"
    " if False else len(User(orders=[Order()] * 2).orders)",
    "(u := User(name='a', orders=[Order()]), c := copy.copy(u), c.name)[-1]",
    "(u := pickle.loads(pickle.dumps(User(name='a', orders=[Order(id=7)]))),"
    " u.name, u.orders[0].id, u.orders[0].user is u, u.id)[1:]",
    "repr(User()).startswith('<'), 'User object' in repr(User())",
    "User() == User(), len({User(), User()})",
)
case("one_to_many", ONE_TO_MANY, *ONE_TO_MANY_PROBES)
case("one_to_many_future", ONE_TO_MANY, *ONE_TO_MANY_PROBES, header="future")

case(
    "many_to_one_only",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
""",
    "Order(user=(u := User())).user is u",
    "Order().user",
    "hasattr(User, 'orders')",
)
case(
    "one_to_one",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped["Address"] = relationship(back_populates="user")
    desk: Mapped[Optional["Desk"]] = relationship(
        back_populates="user", uselist=False
    )

class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    user: Mapped["User"] = relationship(
        back_populates="address", single_parent=True
    )

class Desk(Base):
    __tablename__ = "desks"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))
    user = relationship("User", back_populates="desk")
""",
    "User().address",
    "(a := Address(), u := User(address=a), a.user is u)[-1]",
    "(a := Address(), u := User(address=a), b := Address(),"
    " setattr(u, 'address', b), a.user, b.user is u)[-2:]",
    "(a := Address(), u := User(), setattr(a, 'user', u), u.address is a)[-1]",
    "str(User.address == None)",
    "Desk.__table__.c.user_id.type",
)
case(
    "many_to_many",
    """
link = Table(
    "links", Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[List["Tag"]] = relationship(
        secondary=link, back_populates="users"
    )

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    users: Mapped[Set["User"]] = relationship(
        secondary="links", back_populates="tags"
    )
""",
    "Tag().users, type(Tag().users).__name__",
    "(t := Tag(), u := User(tags=[t]), u in t.users)[-1]",
    "(t := Tag(), u := User(), t.users.add(u), t.users.add(u),"
    " len(u.tags))[-1]",
    "(u := User(), t := Tag(users={u}), t.users.discard(u), u.tags)[-1]",
    "(u := User(), t := Tag(users={u}), t.users.clear(), u.tags)[-1]",
    "(u := User(), t := Tag(users={u}), v := User(),"
    " setattr(t, 'users', {v}), u.tags, v.tags[0] is t)[-2:]",
    "(u := User(), t := Tag(), t.users.update([u, User()]),"
    " t.users.remove(u), u.tags, len(t.users))[-2:]",
    "(u := User(), t := Tag(), t.users.__ior__({u}), u.tags[0] is t)[-1]",
    "error(lambda: Tag(users=[User()]))",
    "error(lambda: Tag().users.remove(User()))",
    "str(select(User).join(User.tags))",
    "str(User.tags.any(Tag.id == 1))",
    "str(Tag.users.contains(User(id=1)))",
)
case(
    "association_object",
    """
class Left(Base):
    __tablename__ = "lefts"
    id: Mapped[int] = mapped_column(primary_key=True)
    links: Mapped[List["Link"]] = relationship(
        back_populates="left", cascade="all, delete-orphan"
    )
    rights: Mapped[List["Right"]] = relationship(
        secondary="links", viewonly=True
    )

class Link(Base):
    __tablename__ = "links"
    left_id: Mapped[int] = mapped_column(
        ForeignKey("lefts.id"), primary_key=True
    )
    right_id: Mapped[int] = mapped_column(
        ForeignKey("rights.id"), primary_key=True
    )
    note: Mapped[Optional[str]]
    left: Mapped["Left"] = relationship(back_populates="links")
    right: Mapped["Right"] = relationship(back_populates="links")

class Right(Base):
    __tablename__ = "rights"
    id: Mapped[int] = mapped_column(primary_key=True)
    links: Mapped[List["Link"]] = relationship(back_populates="right")
""",
    "(r := Right(), l := Left(links=[Link(right=r, note='x')]),"
    " r.links[0].left is l, l.rights)[-2:]",
    "str(select(Left.id, Right.id).join(Left.links).join(Link.right))",
)
TREE = """
class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    parent: Mapped[Optional["Node"]] = relationship(
        back_populates="children", remote_side=[id]
    )
    children: Mapped[List["Node"]] = relationship(back_populates="parent")
"""
TREE_PROBES = (
    "(n := Node(), p := Node(children=[n]), n.parent is p)[-1]",
    "(n := Node(), p := Node(), setattr(n, 'parent', p),"
    " p.children[0] is n, p.parent, n.children)[-3:]",
    "str(Node.parent.has(Node.id == 1))",
    "str(Node.children.any())",
    "str(Node.parent == Node(id=4))",
)
case("self_referential", TREE, *TREE_PROBES)
case(
    "self_referential_future",
    TREE.replace("[id]", '"Node.id"'),
    *TREE_PROBES,
    header="future",
)
case(
    "self_referential_backref",
    """
class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    children = relationship(
        "Node",
        backref=backref("parent", remote_side=[id]),
        order_by="Node.id.desc()",
    )
""",
    *TREE_PROBES[:2],
)
case(
    "self_referential_many_to_many",
    """
follows = Table(
    "follows", Base.metadata,
    Column("who_id", ForeignKey("users.id"), primary_key=True),
    Column("whom_id", ForeignKey("users.id"), primary_key=True),
)

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    following: Mapped[List["User"]] = relationship(
        secondary=follows,
        primaryjoin=id == follows.c.who_id,
        secondaryjoin=id == follows.c.whom_id,
        back_populates="followers",
    )
    followers: Mapped[List["User"]] = relationship(
        secondary="follows",
        primaryjoin="User.id == follows.c.whom_id",
        secondaryjoin="User.id == follows.c.who_id",
        back_populates="following",
    )
""",
    "(a := User(), b := User(following=[a]), a.followers[0] is b)[-1]",
    "str(User.following.any())",
    "str(select(User).join(User.followers.of_type(aliased(User))))",
)
case(
    "backrefs",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders = relationship("Order", backref="user")
    notes = relationship(
        "Note",
        backref=backref("author", lazy="joined", uselist=False),
        order_by="desc(Note.id)",
    )

class Order(Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))

class Note(Base):
    __tablename__ = "notes"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))
""",
    "(o := Order(), u := User(orders=[o]), o.user is u)[-1]",
    "(u := User(), o := Order(user=u), u.orders[0] is o)[-1]",
    "Note(author=(u := User())).author is u",
    "str(Order.user)",
)
case(
    "targets",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    by_string = relationship("Order", viewonly=True)
    by_lambda = relationship(lambda: Order, viewonly=True)
    by_annotation: Mapped[List["Order"]] = relationship(viewonly=True)
    by_argument: Mapped[List[Any]] = relationship("Order", viewonly=True)
    in_builtin_list: Mapped[list["Order"]] = relationship(viewonly=True)

class Order(Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))
    by_class = relationship(User, viewonly=True)
    by_union: Mapped["User | None"] = relationship(viewonly=True)
    by_type: Mapped[Optional[User]] = relationship(viewonly=True)
    wrote = relationship("User", foreign_keys="Order.user_id", viewonly=True)
""",
)
case(
    "relationship_options",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[List["Order"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", passive_deletes=True
    )
    b: Mapped[List["Order"]] = relationship(
        lazy="joined", order_by="Order.id", overlaps="a", innerjoin=True
    )
    c: Mapped[List["Order"]] = relationship(
        lazy="subquery", order_by=lambda: Order.id.desc(), viewonly=True
    )
    d: Mapped[List["Order"]] = relationship(
        lazy="raise", viewonly=True, doc="said"
    )
    e: Mapped[List["Order"]] = relationship(
        lazy="immediate", order_by="[Order.user_id, Order.id]", overlaps="a,b",
        cascade="save-update, merge", info={"x": 1},
    )
    f: Mapped[List["Order"]] = relationship(
        overlaps="a,b,e", cascade="all", passive_deletes="all"
        if False else False,
    )
    g = relationship(
        "Order", collection_class=set, lazy="select", viewonly=True
    )

class Order(Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))
""",
    "User().g",
    "inspect(User).relationships['e'].info",
    "User.d.__doc__",
    "inspect(User).relationships['b'].innerjoin",
    "inspect(User).relationships['a'].passive_deletes",
    "inspect(User).relationships['a'].cascade.delete_orphan",
    "inspect(User).relationships['g'].collection_class",
)
case(
    "several_foreign_keys",
    """
class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)

class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("addresses.id"))
    ship_id: Mapped[int] = mapped_column(ForeignKey("addresses.id"))
    work_id: Mapped[int] = mapped_column(ForeignKey("addresses.id"))
    bill: Mapped["Address"] = relationship(foreign_keys=[bill_id])
    ship: Mapped["Address"] = relationship(foreign_keys="Customer.ship_id")
    work: Mapped["Address"] = relationship(
        foreign_keys=lambda: Customer.work_id
    )
""",
    "str(select(Customer).join(Customer.ship))",
    "str(select(Customer).join(Customer.bill.of_type(aliased(Address))))",
)
case(
    "joins_without_foreign_keys",
    """
class City(Base):
    __tablename__ = "cities"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    people = relationship(
        "Person",
        primaryjoin="City.code == foreign(Person.city_code)",
        back_populates="city",
    )
    old = relationship(
        "Person",
        primaryjoin="and_(City.code == foreign(Person.city_code),"
        " Person.age > 60)",
        viewonly=True,
    )

class Person(Base):
    __tablename__ = "persons"
    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]
    city_code: Mapped[str]
    city = relationship(
        City,
        primaryjoin=lambda: remote(City.code) == foreign(Person.city_code),
        back_populates="people",
    )
    namesakes = relationship(
        "Person",
        primaryjoin="foreign(Person.age) == remote(Person.id)",
        uselist=True,
        viewonly=True,
    )
    by_keys = relationship(
        "City",
        primaryjoin="City.code == Person.city_code",
        foreign_keys="Person.city_code",
        remote_side="City.code",
        viewonly=True,
    )
""",
    "str(select(City).join(City.old))",
    "str(City.old.any())",
    "str(Person.city == City(code='x'))",
)
case(
    "composite_foreign_key",
    """
class Parent(Base):
    __tablename__ = "parents"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column(primary_key=True)
    children: Mapped[List["Child"]] = relationship(back_populates="parent")

class Child(Base):
    __tablename__ = "children"
    __table_args__ = (
        ForeignKeyConstraint(["p_a", "p_b"], ["parents.a", "parents.b"]),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    p_a: Mapped[Optional[int]]
    p_b: Mapped[Optional[int]]
    parent: Mapped[Optional["Parent"]] = relationship(
        back_populates="children"
    )
""",
    "str(select(Child).join(Child.parent))",
    "str(Child.parent == Parent(a=1, b=2))",
    "str(Child.parent == None)",
    "str(Child.parent != None)",
    "str(Parent.children.any())",
)
case(
    "mutual_foreign_keys",
    """
class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[Optional[int]] = mapped_column(
        ForeignKey("members.id", use_alter=True, name="fk_lead")
    )
    lead: Mapped[Optional["Member"]] = relationship(
        foreign_keys=[lead_id], post_update=True
    )
    members: Mapped[List["Member"]] = relationship(
        back_populates="team", foreign_keys="Member.team_id"
    )

class Member(Base):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped["Team"] = relationship(
        back_populates="members", foreign_keys=[team_id]
    )
""",
    "(m := Member(), t := Team(members=[m], lead=m), m.team is t)[-1]",
)
case(
    "secondary_with_joins_given",
    """
class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
    b_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
    d: Mapped[Optional["D"]] = relationship(
        secondary="join(B, C, B.id == C.b_id)",
        primaryjoin="A.b_id == B.id",
        secondaryjoin="C.d_id == D.id",
        uselist=False,
        viewonly=True,
    )

class B(Base):
    __tablename__ = "b"
    id: Mapped[int] = mapped_column(primary_key=True)

class C(Base):
    __tablename__ = "c"
    id: Mapped[int] = mapped_column(primary_key=True)
    b_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
    d_id: Mapped[int] = mapped_column(ForeignKey("d.id"))

class D(Base):
    __tablename__ = "d"
    id: Mapped[int] = mapped_column(primary_key=True)
""",
    "str(select(A).join(A.d))",
)
case(
    "mixin_relation",
    """
class HasUser:
    @declared_attr
    def user_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("users.id"))

    @declared_attr
    def user(cls) -> Mapped["User"]:
        return relationship(
            "User", back_populates=cls.__tablename__,
            primaryjoin=lambda: User.id == cls.user_id,
        )

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    cars: Mapped[List["Car"]] = relationship(back_populates="user")
    boats: Mapped[Set["Boat"]] = relationship(back_populates="user")

class Car(HasUser, Base):
    __tablename__ = "cars"
    id: Mapped[int] = mapped_column(primary_key=True)

class Boat(HasUser, Base):
    __tablename__ = "boats"
    id: Mapped[int] = mapped_column(primary_key=True)
""",
    "(u := User(cars=[Car()]), u.cars[0].user is u)[-1]",
    "(b := Boat(), u := User(boats={b}), b.user is u)[-1]",
    header="future",
)
case(
    "relation_assigned_later",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

User.orders = relationship(Order, back_populates="user")
Order.user = relationship(User, back_populates="orders")
""",
    "(o := Order(), u := User(orders=[o]), o.user is u)[-1]",
)
case(
    "dict_collection",
    """
from sqlalchemy.orm import attribute_keyed_dict

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    notes: Mapped[dict[str, "Note"]] = relationship(
        collection_class=attribute_keyed_dict("key"), back_populates="user"
    )

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="notes")
""",
    "list(User(notes={'a': Note(key='a')}).notes)",
    "(u := User(), n := Note(key='k', user=u), u.notes['k'] is n)[-1]",
)
