"""Models that inherit from mapped classes."""

from __future__ import annotations

from parity.mapping.library import case

case(
    "single_table",
    """
class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    __mapper_args__ = {
        "polymorphic_on": "type", "polymorphic_identity": "employee"
    }

class Manager(Employee):
    budget: Mapped[Optional[int]]
    __mapper_args__ = {"polymorphic_identity": "manager"}

class Boss(Manager):
    __mapper_args__ = {"polymorphic_identity": "boss"}

class Engineer(Employee):
    info: Mapped[Optional[str]] = mapped_column(nullable=True)
    __mapper_args__ = {"polymorphic_identity": "engineer"}
""",
    "Manager(name='a').type",
    "Employee().type, Boss().type",
    "Manager.__table__ is Employee.__table__",
    "'__table__' in vars(Manager)",
    "hasattr(Employee, 'budget')",
    "str(select(Employee))",
    "str(select(Manager))",
    "str(select(Boss))",
    "str(select(Manager.budget))",
    "str(select(Employee, Engineer))",
    "str(Manager.name == 'a')",
    "Manager.name.class_, Manager.name.parent",
    "error(lambda: Engineer(budget=1))",
    "Boss(budget=1).budget",
    "isinstance(Boss(), Employee)",
)
case(
    "single_table_future",
    """
class Kind(enum.Enum):
    plain = 1
    extra = 2

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column()
    __mapper_args__ = {
        "polymorphic_on": kind, "polymorphic_identity": Kind.plain
    }

class Extra(Item):
    more: Mapped[Optional[int]]
    __mapper_args__ = {"polymorphic_identity": Kind.extra}
""",
    "Extra().kind",
    "str(select(Extra))",
    header="future",
)
case(
    "single_table_keywords",
    """
class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[int]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

class Dog(Animal):
    __mapper_args__ = {"polymorphic_identity": 1}
    bark: Mapped[Optional[str]] = mapped_column(use_existing_column=True)

class Wolf(Animal):
    __mapper_args__ = {"polymorphic_identity": 2}
    bark: Mapped[Optional[str]] = mapped_column(use_existing_column=True)
""",
    "Dog().kind, Wolf().kind",
    "str(select(Wolf))",
    "error(lambda: Animal())",
)
case(
    "single_table_without_discriminator",
    """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)

class Special(Thing):
    def special(self):
        return True
""",
    "Special(id=1).special()",
    "str(select(Special))",
)
JOINED = """
class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    __mapper_args__ = {
        "polymorphic_on": "type", "polymorphic_identity": "employee"
    }

class Manager(Employee):
    __tablename__ = "managers"
    id: Mapped[int] = mapped_column(
        ForeignKey("employees.id"), primary_key=True
    )
    budget: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "manager"}

class Engineer(Employee):
    __tablename__ = "engineers"
    id: Mapped[int] = mapped_column(
        ForeignKey("employees.id"), primary_key=True
    )
    level: Mapped[Optional[int]]
    __mapper_args__ = {"polymorphic_identity": "engineer"}
"""
JOINED_PROBES = (
    "str(select(Employee))",
    "str(select(Manager))",
    "str(select(Manager.name, Manager.budget))",
    "str(select(Manager.budget))",
    "str(select(Manager).where(Manager.name == 'a').order_by(Manager.id))",
    "str(select(aliased(Manager)))",
    "str(select(aliased(Manager, flat=True)))",
    "str(Manager.id), str(Manager.id.expression)",
    "[str(c) for c in inspect(Manager).attrs.id.columns]",
    "Manager(name='a', budget=2).name",
    "Manager().type",
    "isinstance(Manager(), Employee)",
)
case("joined", JOINED, *JOINED_PROBES)
case("joined_future", JOINED, *JOINED_PROBES, header="future")
case(
    "joined_renamed_key",
    """
class Base(DeclarativeBase):
    pass

class Vehicle(Base):
    __tablename__ = "vehicles"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    __mapper_args__ = {"polymorphic_on": kind}

class Truck(Vehicle):
    __tablename__ = "trucks"
    truck_id: Mapped[int] = mapped_column(
        ForeignKey("vehicles.id"), primary_key=True
    )
    axles: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "truck"}

class Dumper(Truck):
    __tablename__ = "dumpers"
    dumper_id: Mapped[int] = mapped_column(
        ForeignKey("trucks.truck_id"), primary_key=True
    )
    tons: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "dumper"}
""",
    "str(select(Dumper))",
    "str(select(Truck).where(Truck.axles > 2))",
    "Dumper(tons=1, axles=2, kind='x').kind",
)
case(
    "joined_with_polymorphic",
    """
class Shape(Base):
    __tablename__ = "shapes"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "shape",
        "with_polymorphic": "*",
    }

class Circle(Shape):
    __tablename__ = "circles"
    id: Mapped[int] = mapped_column(ForeignKey("shapes.id"), primary_key=True)
    radius: Mapped[float]
    __mapper_args__ = {"polymorphic_identity": "circle"}
""",
    "str(select(Shape))",
    "str(select(Shape.id))",
)
case(
    "relation_to_a_subclass",
    """
class Company(Base):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    managers: Mapped[List["Manager"]] = relationship(back_populates="company")

class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    __mapper_args__ = {
        "polymorphic_on": "type", "polymorphic_identity": "employee"
    }

class Manager(Employee):
    company_id: Mapped[Optional[int]] = mapped_column(
        ForeignKey("companies.id")
    )
    company: Mapped["Company"] = relationship(back_populates="managers")
    __mapper_args__ = {"polymorphic_identity": "manager"}
""",
    "str(select(Company).join(Company.managers))",
    "hasattr(Employee, 'company')",
    "[type(m) for m in Company(managers=[Manager()]).managers]",
)
case(
    "inherited_relation_and_mixin",
    """
class Tagged:
    tag: Mapped[Optional[str]] = mapped_column(String(5))

class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[List["Pet"]] = relationship(back_populates="owner")

class Pet(Tagged, Base):
    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner] = relationship(back_populates="pets")
    __mapper_args__ = {"polymorphic_on": "kind"}

class Cat(Pet):
    __mapper_args__ = {"polymorphic_identity": "cat"}
""",
    "str(select(Cat).join(Cat.owner))",
    "str(Cat.owner)",
    "Cat.owner.parent, Cat.owner.class_, Cat.owner.property is "
    "Pet.owner.property",
    "str(Cat.tag == 'x')",
    "type(Owner(pets=[Cat()]).pets[0])",
    "Cat(owner=(o := Owner())) in o.pets",
)
case(
    "concrete",
    """
class Base(DeclarativeBase):
    pass

class One(Base):
    __tablename__ = "ones"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

class Two(One):
    __tablename__ = "twos"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    __mapper_args__ = {"concrete": True}
""",
    "str(select(Two))",
    "str(select(One))",
)
