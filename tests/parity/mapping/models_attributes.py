"""Models with attributes that are more than a column or a relationship."""

from __future__ import annotations

from parity.mapping.library import case

HYBRIDS = """
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    last: Mapped[str]
    age: Mapped[Optional[int]]

    @hybrid_property
    def full(self) -> str:
        "First and last name."
        return self.first + " " + self.last

    @hybrid_property
    def adult(self):
        return self.age >= 18

    @hybrid_property
    def initial(self):
        return self.first[:1]

    @initial.expression
    def initial(cls):
        return func.substr(cls.first, 1, 1)

    @hybrid_property
    def years(self):
        return self.age

    @years.setter
    def years(self, value):
        self.age = value + 100

    @years.deleter
    def years(self):
        self.age = None

    @hybrid_property
    def shout(self):
        return self.first.upper()

    @shout.inplace.expression
    @classmethod
    def _shout_expression(cls):
        return func.upper(cls.first)

    @shout.inplace.setter
    def _shout_setter(self, value):
        self.first = value.lower()

    @hybrid_method
    def older_than(self, other, by=0):
        return self.age > other.age + by

    @hybrid_method
    def named(self, name):
        return self.first == name

    @named.expression
    def named(cls, name):
        return func.lower(cls.first) == name.lower()
"""
case(
    "hybrids",
    HYBRIDS,
    "str(User.full)",
    "str(User.adult)",
    "str(User.initial)",
    "str(User.shout == 'A')",
    "str(User.years > 3)",
    "str(User.older_than(User))",
    "str(User.older_than(User(age=30)))",
    "str(User.named('Ann'))",
    "str(select(User.full).order_by(User.full.desc()))",
    "str(select(User.initial, User.adult, User.years))",
    "list(select(User.full, User.years, User.initial)"
    ".selected_columns.keys())",
    "str(select(User.full.label('x')))",
    "str(aliased(User).full)",
    "str(aliased(User, name='u').years == 1)",
    "str(select(aliased(User).initial))",
    "str(aliased(User).older_than(aliased(User)))",
    "User(first='A', last='B').full",
    "User(age=17).adult, User(age=18).adult",
    "User(first='xyz').initial",
    "(u := User(), setattr(u, 'years', 1), u.age, u.years)[-2:]",
    "(u := User(age=1), delattr(u, 'years'), u.age)[-1]",
    "(u := User(), setattr(u, 'shout', 'ABC'), u.first, u.shout)[-2:]",
    "User(years=5).age",
    "error(lambda: User(full='x'))",
    "error(lambda: setattr(User(), 'full', 'x'))",
    "User(age=35).older_than(User(age=30))",
    "User(age=35).older_than(User(age=30), by=9)",
    "User(first='Ann').named('Ann')",
    "User.full.key, User.full.class_, User.full.__doc__",
    "inspect(User).all_orm_descriptors['full'].__name__",
    "inspect(User).all_orm_descriptors['full'].extension_type.name",
    "inspect(User).all_orm_descriptors['named'].extension_type.name",
    "type(inspect(User).all_orm_descriptors['full']) is hybrid_property",
    "type(inspect(User).all_orm_descriptors['named']) is hybrid_method",
    "type(vars(User)['named']) is hybrid_method, vars(User)['named'].func"
    ".__name__",
    "'full' in inspect(User).attrs",
)
case(
    "hybrids_future_on_a_mixin",
    """
class Sized:
    a: Mapped[int]
    b: Mapped[int]

    @hybrid_property
    def area(self) -> int:
        return self.a * self.b

    @hybrid_method
    def larger(self, than: int) -> bool:
        return self.area > than

class One(Sized, Base):
    __tablename__ = "ones"
    id: Mapped[int] = mapped_column(primary_key=True)

class Two(Sized, Base):
    __tablename__ = "twos"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def area(self) -> int:
        return self.a + self.b
""",
    "str(One.area), str(Two.area)",
    "One(a=2, b=3).area, Two(a=2, b=3).area",
    "str(select(One).where(One.larger(5)))",
    "Two(a=2, b=3).larger(5), One(a=2, b=3).larger(5)",
    header="future",
)
case(
    "hybrid_comparator",
    """
class NoCase(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)

class Word(Base):
    __tablename__ = "words"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]

    @hybrid_property
    def nocase(self):
        return self.word.lower()

    @nocase.comparator
    def nocase(cls):
        return NoCase(cls.word)
""",
    "str(Word.nocase == 'A')",
    "str(aliased(Word, name='w').nocase == 'A')",
    "Word(word='Ab').nocase",
)
case(
    "hybrid_over_a_relation",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[List["Order"]] = relationship(back_populates="user")

    @hybrid_property
    def spent(self):
        return sum(order.price for order in self.orders)

    @spent.inplace.expression
    @classmethod
    def _spent(cls):
        return (
            select(func.sum(Order.price))
            .where(Order.user_id == cls.id)
            .label("spent")
        )

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="orders")
""",
    "str(select(User, User.spent))",
    "str(select(User).where(User.spent > 3))",
    "User(orders=[Order(price=2), Order(price=5)]).spent",
)
case(
    "synonyms",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("user_name")
    nick: Mapped[str] = synonym("name")
    orders: Mapped[List["Order"]] = relationship()
    bought = synonym("orders")

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
""",
    "User(nick='a').name",
    "(u := User(name='a'), setattr(u, 'nick', 'b'), u.name, u.nick)[-2:]",
    "str(User.nick == 'a')",
    "str(select(User.nick))",
    "str(select(User).filter_by(nick='a'))",
    "str(aliased(User, name='u').nick)",
    "inspect(User).synonyms.keys()",
    "inspect(User).synonyms['nick'].name",
    "len(User(bought=[Order()]).orders)",
    "str(select(User).join(User.bought))",
)
case(
    "column_properties",
    """
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column(String(9))
    last: Mapped[str] = mapped_column()
    full: Mapped[str] = column_property(first + " " + last)
    kept = column_property(func.lower(first), deferred=True)
    orders: Mapped[int] = column_property(
        select(func.count(Order.id))
        .where(Order.user_id == id)
        .correlate_except(Order)
        .scalar_subquery()
    )
""",
    "str(select(User))",
    "str(select(User.full).where(User.full == 'a b'))",
    "str(select(User.orders))",
    "str(select(User.kept))",
    "str(select(aliased(User)))",
    "str(select(aliased(User, name='u').full))",
    "User(first='a', last='b').full",
    "User().orders",
    "inspect(User).attrs.full.columns[0].type",
)
case(
    "validators",
    """
seen = []

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    mail: Mapped[Optional[str]]
    other: Mapped[Optional[str]]
    orders: Mapped[List["Order"]] = relationship(back_populates="user")

    @validates("name")
    def _name(self, key, value):
        seen.append((key, value))
        if not value:
            raise ValueError("empty")
        return value.strip()

    @validates("mail", "other")
    def _lower(self, key, value):
        return value and key + value.lower()

    @validates("orders")
    def _orders(self, key, order):
        seen.append((key, type(order).__name__))
        order.number = 7
        return order

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Optional[int]]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="orders")

    @validates("user", include_backrefs=False)
    def _user(self, key, user):
        seen.append((key, type(user).__name__))
        return user
""",
    "User(name=' a ').name",
    "error(lambda: User(name=''))",
    "(u := User(name='a'), error(lambda: setattr(u, 'name', '')), u.name)[1:]",
    "User(mail='A', other='B').mail, User(mail='A', other='B').other",
    "User(mail=None).mail",
    "(o := Order(), u := User(), u.orders.append(o), o.number)[-1]",
    "(seen.clear(), Order(user=User(name='b')), seen)[-1]",
    "(seen.clear(), User(orders=[Order(), Order()]), seen)[-1]",
)
case(
    "composites",
    """
class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (
            other.x, other.y
        )

class Vertex(Base):
    __tablename__ = "vertices"
    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[Optional[int]] = mapped_column()
    y: Mapped[Optional[int]] = mapped_column("why")
    point: Mapped[Point] = composite(Point, x, y)
""",
    "Vertex(point=Point(1, 2)).x",
    "Vertex(x=3, y=4).point == Point(3, 4)",
    "str(Vertex.point == Point(1, 2))",
    "str(select(Vertex.point))",
    "list(inspect(Vertex).composites.keys())",
)
case(
    "plain_python_beside",
    """
class User(Base):
    __tablename__ = "users"
    CONSTANT: ClassVar[int] = 3
    __private = 4
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]]
    count = 5

    @property
    def loud(self):
        return self.name.upper()

    @loud.setter
    def loud(self, value):
        self.name = value.lower()

    @classmethod
    def make(cls, name):
        return cls(name=name)

    @staticmethod
    def twice(x):
        return 2 * x
""",
    "User.CONSTANT, User.count, User(count=7).count, User.count",
    "User(loud='ABC').name",
    "User.make('a').loud",
    "User.twice(4)",
    "(u := User(), setattr(u, 'anything', 1), u.anything)[-1]",
    "error(lambda: User(anything=1))",
    "error(lambda: delattr(User(), 'name'))",
    "(u := User(name='a'), delattr(u, 'name'), u.name)[-1]",
    "User(make=1).make",
)
case(
    "reserved_looking_names",
    """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[Optional[str]]
    keys: Mapped[Optional[str]]
    query: Mapped[Optional[str]]
    self: Mapped[Optional[str]]
    label: Mapped[Optional[str]]
    in_: Mapped[Optional[str]]
""",
    "Thing(type='a').type",
    "str(select(Thing).where(Thing.keys == Thing.label))",
)
case(
    "instance_states",
    """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]] = mapped_column(default="x")
    age: Mapped[Optional[int]] = mapped_column(server_default="3")
    orders: Mapped[List["Order"]] = relationship()

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
""",
    "(s := inspect(User()), s.transient, s.pending, s.persistent,"
    " s.detached, s.session, s.identity, s.key)[1:]",
    "inspect(User(name='a')).unloaded",
    "(u := User(name='a'), inspect(u).dict['name'])[-1]",
    "inspect(User()).dict",
    "(u := User(), u.name, u.orders, 'name' in inspect(u).dict)[1:]",
    "(u := User(name='a'), inspect(u).attrs.name.value)[-1]",
    "(u := User(name='a'), inspect(u).attrs.name.history)[-1]",
    "inspect(User()).attrs.name.history",
    "(u := User(name='a'), setattr(u, 'name', 'b'),"
    " inspect(u).attrs.name.history)[-1]",
    "inspect(u := User()).object is u, inspect(u).class_, inspect(u).mapper"
    " is inspect(User)",
    "inspect(User()).modified, inspect(User(name='a')).modified",
    "User().name, User().age, User().id",
    "(u := pickle.loads(pickle.dumps(User(name='a'))), u.name, u.age,"
    " inspect(u).transient)[1:]",
    "(u := User(name='a'), v := copy.copy(u), v.name, v is u)[2:]",
    "hasattr(User(), 'orders'), hasattr(User(), 'nope')",
    "error(lambda: inspect(object()))",
    "inspect(object(), raiseerr=False)",
)
