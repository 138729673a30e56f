"""Models whose attributes take part in statements in uncommon places."""

from __future__ import annotations

from parity.mapping.library import case

case(
    "hybrids_that_are_set",
    """
from sqlalchemy.ext.hybrid import hybrid_property

class P(Base):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[str]
    b: Mapped[str] = mapped_column("col_b")
    syn = synonym("b")

    @hybrid_property
    def full(self):
        return self.a + " " + self.b

    @full.inplace.setter
    def _set_full(self, value):
        self.a, self.b = value.split(" ")

    @full.inplace.update_expression
    @classmethod
    def _update_full(cls, value):
        a, b = value.split(" ")
        return [(cls.a, a), (cls.b, b)]

    @hybrid_property
    def alias(self):
        return self.b
""",
    "str(update(P).values({P.full: 'x y'}))",
    "update(P).values({P.full: 'x y'}).compile().params",
    "str(update(P).values(full='x y', id=3))",
    "update(P).values(full='x y').compile().params",
    "str(update(P).values({'alias': 'x'}))",
    "str(update(P).values({P.alias: func.upper(P.alias)}))",
    "str(update(P).values(syn='x'))",
    "str(update(P).values({P.syn: 'x'}))",
    "str(update(aliased(P)).values(syn='x', full='x y'))",
    "str(insert(P).values(full='x y'))",
    "str(insert(P).values({P.alias: 'x', P.a: 'y'}))",
    "str(insert(P).values([{'full': 'x y'}, {'full': 'z z'}]))",
    "str(update(P).ordered_values((P.alias, 'x'), (P.a, 'y')))",
    "P.full.info",
)
case(
    "composites_that_are_set",
    """
import dataclasses

@dataclasses.dataclass
class Point:
    x: int
    y: int

class P(Base):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    px: Mapped[int]
    py: Mapped[int] = mapped_column("p_y")
    point: Mapped[Point] = composite("px", "py")
""",
    "str(update(P).values({P.point: Point(1, 2)}))",
    "update(P).values(point=Point(1, 2)).compile().params",
    "str(update(P).values({P.point: None}))",
    "str(insert(P).values(point=Point(1, 2)))",
    "str(select(P).order_by(P.point))",
    "str(select(P.px).group_by(P.point))",
    "str(select(aliased(P).point))",
    "P.point.info",
)
case(
    "deferred_in_subqueries",
    """
class P(Base):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[str] = mapped_column()
    big: Mapped[str] = deferred(mapped_column(Text))
    note: Mapped[str] = mapped_column(deferred=True, deferred_group="g")
    length = column_property(func.length(big), deferred=True)
    short = column_property(func.length(a))
""",
    "str(select(P))",
    "sorted(select(P).subquery().c.keys())",
    "sorted(select(P).selected_columns.keys())",
    "sorted(select(P).cte().c.keys())",
    "str(select(select(P).subquery().c.big))",
    "str(select(aliased(P, select(P).subquery())))",
    "str(select(aliased(P, select(P).cte('x'))))",
    "str(select(P).union_all(select(P)))",
    "str(select(P).options(undefer(P.big)).union(select(P)))",
    "str(select(aliased(P, select(P).union_all(select(P)).subquery())))",
    "str(select(select(P).options(undefer(P.big)).subquery().c.a))",
    "str(select(select(P).options(load_only(P.a)).subquery().c.a))",
    "str(select(exists(select(P))))",
    "str(select(P.id).where(select(P).exists()))",
    "str(select(P.id).where(P.id.in_(select(P.id).options(defer(P.id)))))",
    "str(select(P).options(load_only(P.a)))",
    "str(select(P).options(undefer_group('g')))",
)
case(
    "relations_as_conditions",
    """
link = Table(
    "links", Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
    boss: Mapped[Optional["User"]] = relationship(remote_side="User.id")
    tags: Mapped[List["Tag"]] = relationship(secondary=link)

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    users: Mapped[List["User"]] = relationship(
        secondary=link, viewonly=True
    )

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
    "str(select(User).where(User.tags))",
    "str(select(User).where(User.tags, Tag.id == 3))",
    "str(select(Tag, User.tags))",
    "str(select(User).where(User.boss))",
    "str(select(User).order_by(User.boss))",
    "str(User.boss.expression)",
    "str(aliased(User).tags.expression)",
    "str(aliased(User).boss.expression)",
    "str(User.tags.of_type(aliased(Tag)).expression)",
    "str(User.tags.and_(Tag.id > 3).expression)",
    "str(Company.managers.and_(Manager.id > 3).expression)",
    "str(User.tags.label('x'))",
    "str(not_(User.tags))",
    "str(not_(User.boss))",
    "str(or_(User.tags, User.id == 1))",
    "str(func.count(User.tags))",
    "str(case((User.tags, 1), else_=2))",
    "str(User.tags.contains(Tag(id=1)))",
    "str(User.tags.any(Tag.id == 2))",
    "str(with_parent(Tag(id=2), Tag.users))",
    "str(outerjoin(User, Tag, User.tags))",
    "str(join(User, aliased(Tag), User.tags))",
    "str(join(join(User, Tag, User.tags), Company, User.id == Company.id))",
    "str(join(User, aliased(User), User.boss))",
    "str(join(Company, Manager))",
    "str(join(Company, Manager, Company.managers))",
    "str(join(Company, Manager, Company.id == Manager.company_id))",
    "str(join(Company, aliased(Manager), Company.managers))",
    "str(select(Company).select_from("
    "outerjoin(Company, Manager, Company.managers)))",
    "str(select(Company).join(Manager, Company.managers))",
    "str(select(User).outerjoin(User.tags))",
)
