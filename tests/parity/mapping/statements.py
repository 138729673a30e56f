"""ORM statements over the shop, each the source text of an expression.

A text that is no expression is a program that leaves it in ``result``.
"""

from __future__ import annotations

from typing import NamedTuple


class Statement(NamedTuple):
    """A named statement; ``rows`` says whether it is also executed."""

    name: str
    source: str
    rows: bool = True


SELECTS: list[Statement] = []
LOADERS: list[Statement] = []
CHANGES: list[Statement] = []


def _add(into: list[Statement], prefix: str, rows: bool, sources: str) -> None:
    """Register the statements of a text: ``name: source`` and indented."""
    for block in sources.strip().split("\n\n"):
        name, _, source = block.partition(":")
        lines = [line.strip() for line in source.strip().split("\n")]
        joiner = "\n" if "result = " in source else " "
        text = joiner.join(lines).replace("\n.", ".")
        full = f"{prefix}_{name.strip()}"
        assert full not in {each.name for each in into}, full
        into.append(Statement(full, text, rows))


def selects(prefix: str, sources: str, rows: bool = True) -> None:
    """Register SELECT statements."""
    _add(SELECTS, prefix, rows, sources)


selects(
    "entity",
    """
model: select(User)

one_attribute: select(User.name)

attributes: select(User.name, User.age)

two_models: select(User, Order).where(User.id == Order.user_id)

model_and_attribute: select(User, Order.total)
    .where(User.id == Order.user_id).order_by(Order.total, User.id)

the_same_model_twice: select(User, User)

the_same_attribute_twice: select(User.id, User.id, User.name)

same_name_of_two_models: select(User.id, Order.id, User.name)
    .join(User.orders)

renamed_column: select(Order.paid, Order.id).where(Order.paid)

label: select(User.name.label("who"), User.age)

label_used_again: select(User.age.label("years")).order_by("years")

label_desc: select(User.age.label("years")).order_by(desc("years"))

arithmetic: select(User.age + 1, (User.age * 2).label("twice"))

core_columns_of_the_table: select(User.__table__.c.name, User.id)

the_table: select(User.__table__)

text_column: select(User, text("users.age + 1"))

literal_column: select(User.name, literal_column("7").label("seven"))

function: select(func.upper(User.name), func.length(User.name))

bundle: select(Bundle("b", User.id, User.name), User.age)

bundle_alone: select(Bundle("b", Order.total, Order.placed))

bundle_filter: result = Bundle("b", User.id, User.name)
    result = select(result).where(result.c.name == "ann")

key_part_model: select(Line)

deferred_column: select(Product)

deferred_column_by_name: select(Product.blurb, Product.id)

column_property: select(Product.double).where(Product.double > 8)

column_property_in_order: select(Product.id).order_by(Product.double.desc())

column_property_of_a_subquery: select(Shelf)

column_property_subquery_filter: select(Shelf.id).where(Shelf.tags > 2)

synonym: select(User.login).where(User.login == "ann")

synonym_order: select(User).order_by(User.login.desc())

json_path: select(Profile.user_id, Profile.data["lang"])

json_path_filter: select(Profile.user_id)
    .where(Profile.data["lang"].as_string() == "en")

json_index: select(Profile.data["tags"][0])
    .where(Profile.data["n"].as_integer() == 3)

values_of_types: select(
    User.joined, User.level, Order.total, Order.placed, Order.paid
    ).join(User.orders)

no_rows: select(User).where(false())
""",
)
selects(
    "filter",
    """
by_key: select(User).where(User.id == 1)

by_keys: select(Line).where(Line.order_id == 1, Line.product_id == 2)

where_twice: select(User).where(User.age > 17).where(User.age < 41)

filter_is_where: select(User).filter(User.age > 17, User.name != "eve")

filter_by: select(User).filter_by(name="ann", age=41)

filter_by_none: select(User).filter_by(age=None)

filter_by_of_the_last_join: select(User).join(User.orders)
    .filter_by(paid=True)

filter_by_relation: select(Order).filter_by(user=User(id=2))

filter_by_after_select_from: select(func.count(User.id))
    .select_from(User).filter_by(age=30)

filter_by_attribute_only: select(User.name).filter_by(id=3)

filter_by_hybrid: select(User.name).filter_by(shout="ANN")

is_null: select(User.name).where(User.age == None)

is_not_null: select(User.name).where(User.age.is_not(None))

in_list: select(User.name).where(User.id.in_([1, 3, 5]))

in_empty: select(User.name).where(User.id.in_([]))

not_in: select(User.name).where(User.id.not_in([1, 2]))

in_select: select(User.name)
    .where(User.id.in_(select(Order.user_id).where(Order.paid)))

tuple_in: select(Line.amount)
    .where(tuple_(Line.order_id, Line.product_id).in_([(1, 1), (3, 1)]))

like: select(User.name).where(User.name.like("%o%"))

startswith_escaped: select(Product.name)
    .where(Product.name.contains("k%t", autoescape=True))

or_and: select(User.id).where(
    or_(User.age > 40, and_(User.age < 20, User.name.like("b%"))))

not_: select(User.id).where(not_(or_(User.age > 40, User.name == "bob")))

operators: select(User.id)
    .where((User.age > 40) | (User.age < 20) & ~(User.name == "bob"))

between: select(User.id).where(User.age.between(18, 30))

enum_member: select(User.id).where(User.level == Level.high)

enum_name: select(User.id).where(User.level == "low")

datetime_value: select(User.id)
    .where(User.joined >= datetime.datetime(2024, 3, 4))

date_value: select(Order.id).where(Order.placed == datetime.date(2024, 4, 2))

decimal_value: select(Order.id).where(Order.total > decimal.Decimal("10"))

boolean_column: select(Order.id).where(Order.paid)

not_boolean_column: select(Order.id).where(~Order.paid)

boolean_is: select(Order.id).where(Order.paid.is_(False))

quote_in_value: select(User.id).where(User.name == "o'neil")

attribute_against_attribute: select(Line).where(
    Line.order_id == Line.product_id)

true: select(User.id).where(true())

case: select(User.name, case((User.age > 20, "old"), else_="young"))

cast: select(cast(User.age, String)).where(User.id == 1)

coalesce: select(func.coalesce(User.age, 0))

bindparam: select(User.id).where(User.age == bindparam("years", 30))

text_clause: select(User.id).where(text("users.age = 30"))

distinct: select(User.age).distinct().order_by(User.age)

order_limit_offset: select(User).order_by(User.name.desc()).limit(2).offset(1)

slice: select(User.id).order_by(User.id).slice(1, 3)

nulls_last: select(User.id).order_by(User.age.desc().nulls_last(), User.id)

order_by_reset: select(User.id).order_by(User.name).order_by(None)

order_by_name: select(User.id, User.age).order_by("age", User.id)
""",
)
selects(
    "join",
    """
relation: select(User).join(User.orders)

relation_columns: select(User.name, Order.total).join(User.orders)

relation_many_to_one: select(Order).join(Order.user)

outer: select(User.name, Order.id).outerjoin(User.orders)

isouter: select(User.name, Order.id).join(User.orders, isouter=True)

full: select(User.name, Order.id).join(User.orders, full=True)

target: select(User).join(Order)

target_onclause: select(User).join(Order, User.id == Order.user_id)

target_and_relation: select(User.id).join(Order, User.orders)

target_outer: select(User.id, Profile.data).outerjoin(Profile)

chain: select(User.name, Product.name)
    .join(User.orders).join(Order.lines).join(Line.product)

chain_of_targets: select(User.name, Line.amount)
    .select_from(User).join(Order).join(Line)

secondary: select(Product.name, Tag.word).join(Product.tags)

secondary_reverse: select(Tag).join(Tag.products).where(Product.price < 10)

secondary_outer: select(Tag.word, Product.id).outerjoin(Tag.products)

one_to_one: select(User.name).join(User.profile)

self_with_alias: result = aliased(User)
    result = select(User.name, result.name).join(User.boss.of_type(result))

self_target_alias: result = aliased(User, name="chief")
    result = select(User.name, result.name).join(result, User.boss)

self_onclause: result = aliased(User)
    result = select(User.name).join(result, User.boss_id == result.id)

self_staff: result = aliased(User)
    result = select(result.name).select_from(User)
    .join(User.staff.of_type(result)).where(User.name == "ann")

two_levels_up: a, b = aliased(User), aliased(User)
    result = select(User.name, a.name, b.name).join(User.boss.of_type(a))
    result = result.outerjoin(a.boss.of_type(b))

relation_and_: select(User.name, Order.id)
    .outerjoin(User.orders.and_(Order.paid == True))

of_type_and_: result = aliased(Order)
    result = select(User.id).join(User.orders.of_type(result)
    .and_(result.total > 5))

alias_of_parent: result = aliased(User)
    result = select(result).join(result.orders)

alias_on_both_sides: u, o = aliased(User), aliased(Order)
    result = select(u.name, o.total).join(u.orders.of_type(o))
    result = result.order_by(o.total, u.id)

select_from: select(Order.total).select_from(User).join(User.orders)

select_from_two: select(func.count()).select_from(User).join(Order)

join_from: select(User.name, Order.total).join_from(User, Order)

join_from_relation: select(User.name).join_from(User, User.orders)

join_from_alias: result = aliased(User)
    result = select(result.name).join_from(result, result.orders)

orm_join: select(User.name).select_from(join(User, Order, User.orders))

orm_outerjoin: select(User.name, Order.id)
    .select_from(outerjoin(User, Order))

table_target: select(Product.name)
    .join(product_tags, product_tags.c.product_id == Product.id)

subquery_target: result = select(Order.user_id,
    func.count().label("n")).group_by(Order.user_id).subquery()
    result = select(User.name, result.c.n).join(
    result, User.id == result.c.user_id)

subquery_inferred: result = select(Order).where(Order.paid).subquery()
    result = select(User.name, result.c.total).join(result)

same_relation_by_two_aliases: a, b = aliased(Order), aliased(Order)
    result = select(User.id, a.id, b.id).join(User.orders.of_type(a))
    result = result.join(User.orders.of_type(b)).where(a.id < b.id)
""",
)
selects(
    "secondary",
    """
alias_of_the_target: t = aliased(Tag)
    result = select(Product.id, t.word).join(Product.tags.of_type(t))

twice: a, b = aliased(Tag), aliased(Tag)
    result = select(Product.name).join(Product.tags.of_type(a))
    result = result.join(Product.tags.of_type(b)).where(
    a.word == "office", b.word == "blue")

target_and_relation: t = aliased(Tag)
    result = select(Product.id, t.word).join(t, Product.tags)
""",
)
selects(
    "alias",
    """
plain: select(aliased(User))

named: select(aliased(User, name="u"))

attribute: result = aliased(User)
    result = select(result.name).where(result.id == 1)

beside_its_model: result = aliased(User)
    result = select(User, result).where(User.boss_id == result.id)

two: a, b = aliased(User), aliased(User)
    result = select(a.name, b.name).where(a.id == b.boss_id)

renamed_column: result = aliased(Order)
    result = select(result.paid, result)

order: result = aliased(User, name="u")
    result = select(result).order_by(result.age.desc(), result.id).limit(2)

hybrid: result = aliased(User)
    result = select(result.shout).where(result.adult, result.older_than(20))

synonym: result = aliased(User, name="u")
    result = select(result.login)

column_property: result = aliased(Product, name="p")
    result = select(result.double, result).where(result.double > 8)

any: result = aliased(User)
    result = select(result.name).where(result.orders.any(Order.paid))

filter_by: result = aliased(User)
    result = select(result).filter_by(name="bob")

of_a_subquery: q = select(User).where(User.age > 17).subquery()
    u = aliased(User, q)
    result = select(u).where(u.name != "ann").order_by(u.id)

of_a_named_subquery: u = aliased(User, select(User).limit(3).subquery("few"))
    result = select(u.name, u)

of_a_cte: u = aliased(User, select(User).where(User.age > 17).cte("grown"))
    result = select(u)

of_a_union: q = union_all(select(User).where(User.id == 1),
    select(User).where(User.id == 2)).subquery()
    result = select(aliased(User, q))

of_a_subquery_joined: q = select(Order).where(Order.paid).subquery()
    o = aliased(Order, q)
    result = select(User.name, o.total).join(User.orders.of_type(o))

of_a_subquery_adapted: u = aliased(User, select(User).subquery(),
    adapt_on_names=True)
    result = select(u.id)

group: result = aliased(Order, name="o")
    result = select(result.user_id, func.count(result.id))
    .group_by(result.user_id)
""",
)
selects(
    "relation",
    """
equals: select(Order.id).where(Order.user == User(id=1))

equals_none: select(Order.id).where(Order.user == None)

not_equals: select(Order.id).where(Order.user != User(id=1))

not_equals_none: select(Order.id).where(Order.user != None)

collection_is_empty: select(User.name).where(~User.orders.any())

scalar_side_equals_none: select(User.name).where(User.profile == None)

any: select(User.name).where(User.orders.any())

any_criterion: select(User.name).where(User.orders.any(Order.total > 50))

any_keywords: select(User.name).where(User.orders.any(paid=True))

has: select(Order.id).where(Order.user.has(User.name == "ann"))

has_nothing: select(Order.id).where(~Order.user.has())

has_keywords: select(Order.id).where(Order.user.has(name="bob"))

contains: select(User.name).where(User.orders.contains(Order(id=3, user_id=2)))

secondary_any: select(Product.name).where(Product.tags.any(Tag.word == "blue"))

secondary_contains: select(Product.name)
    .where(Product.tags.contains(Tag(id=1)))

secondary_not_contains: select(Product.name)
    .where(~Product.tags.contains(Tag(id=1)))

nested: select(User.name)
    .where(User.orders.any(Order.lines.any(Line.amount > 3)))

nested_to_one: select(Line).where(
    Line.order.has(Order.user.has(User.name == "ann")))

self_any: select(User.name).where(User.staff.any(User.age < 18))

self_has: select(User.name).where(User.boss.has(User.name == "ann"))

self_equals: select(User.name).where(User.boss == User(id=1))

any_of_type: result = aliased(Order)
    result = select(User.name).where(
    User.orders.of_type(result).any(result.total > 50))

with_parent: select(Order).where(with_parent(User(id=1), User.orders))

with_parent_to_one: select(User).where(
    with_parent(Order(user_id=4), Order.user))

with_parent_secondary: select(Tag).where(
    with_parent(Product(id=1), Product.tags))

in_or: select(User.name).where(
    or_(User.orders.any(Order.paid), User.profile.has()))

exists_written_out: select(User.name)
    .where(exists().where(Order.user_id == User.id))

exists_of_a_column: select(User.name)
    .where(exists(Order.id).where(Order.user_id == User.id, Order.paid))

exists_method: select(User.name)
    .where(select(Order).where(Order.user_id == User.id).exists())

not_exists: select(User.name)
    .where(~select(Order.id).where(Order.user_id == User.id).exists())
""",
)
selects(
    "hybrid",
    """
where: select(User.name).where(User.adult)

selected: select(User.adult, User.shout)

order: select(User.id).order_by(User.shout.desc())

compared: select(User.id).where(User.shout == "BOB")

label: select(User.shout.label("loud"))

method: select(User.id).where(User.older_than(20))

group: select(User.adult, func.count()).group_by(User.adult)

negated: select(User.id).where(~User.adult)
""",
)
selects(
    "aggregate",
    """
count_from: select(func.count()).select_from(User)

count_column: select(func.count(User.id))

count_distinct: select(func.count(distinct(User.age)))

count_subquery: select(func.count()).select_from(
    select(User).where(User.age > 17).subquery())

group: select(User.age, func.count(User.id)).group_by(User.age)

having: select(User.age, func.count(User.id)).group_by(User.age)
    .having(func.count(User.id) > 1)

sums: select(func.sum(Order.total), func.min(Order.placed),
    func.max(User.joined), func.avg(User.age)).join(Order.user)

per_user: select(User, func.count(Order.id)).outerjoin(User.orders)
    .group_by(User.id).order_by(func.count(Order.id).desc(), User.id)

group_over_a_join: select(Tag.word, func.sum(Product.price).label("sum"))
    .join(Tag.products).group_by(Tag.word).order_by("sum")

window: select(User.name, func.row_number().over(
    partition_by=User.age, order_by=User.name))

filtered: select(func.count(Order.id).filter(Order.paid))

max_of_entity: select(User).where(
    User.age == select(func.max(User.age)).scalar_subquery())
""",
)
selects(
    "subquery",
    """
scalar: select(User.name, select(func.count(Order.id))
    .where(Order.user_id == User.id).scalar_subquery())

scalar_label: select(User.name, select(func.max(Order.total))
    .where(Order.user_id == User.id).label("most"))

scalar_filter: select(User.name).where(select(func.count(Order.id))
    .where(Order.user_id == User.id).scalar_subquery() > 1)

columns: result = select(User.id, User.name).subquery()
    result = select(result.c.name).where(result.c.id > 3)

of_entity: result = select(User).subquery()
    result = select(result)

of_entity_with_renamed: result = select(Order).subquery()
    result = select(result.c.is_paid, result.c.id)

of_two_entities: result = select(User, Order).join(User.orders).subquery()
    result = select(result)

named: result = select(User.id).subquery("ids")
    result = select(result)

cte: result = select(User).where(User.age > 20).cte()
    result = select(result.c.name).order_by(result.c.id)

cte_joined: result = select(Order.user_id, func.sum(Order.total)
    .label("sum")).group_by(Order.user_id).cte("sums")
    result = select(User, result.c.sum).join(
    result, result.c.user_id == User.id)

cte_recursive: top = select(User.id, User.name).where(User.boss_id == None)
    top = top.cte("tree", recursive=True)
    top = top.union_all(select(User.id, User.name).where(
    User.boss_id == top.c.id))
    result = select(top)

cte_recursive_entity: top = select(User).where(User.id == 1)
    top = top.cte("tree", recursive=True)
    top = top.union_all(select(User).join(top, User.boss_id == top.c.id))
    result = select(aliased(User, top))

correlate: result = aliased(User)
    result = select(User.name).where(select(result.id).where(
    result.boss_id == User.id).correlate(User).exists())

lateral_free_in: select(Order.id).where(Order.user_id.in_(
    select(User.id).where(User.adult)))

from_statement_text: select(User).from_statement(
    text("SELECT * FROM users WHERE age = 30 ORDER BY id"))

from_statement_columns: select(User.id, User.name).from_statement(
    text("SELECT id, name FROM users ORDER BY id DESC"))

from_statement_union: select(User).from_statement(
    union(select(User).where(User.age == 30), select(User).where(
    User.name == "ann")).order_by("name"))

union: union(select(User.name), select(Product.name))

union_all_ordered: union_all(select(User.id), select(Order.id)).order_by("id")

union_of_entities: select(User).where(User.id == 1).union(
    select(User).where(User.id == 2))

intersect: select(User.id).intersect(select(Order.user_id))

except_: select(User.id).except_(select(Order.user_id)).order_by("id")

union_in_a_subquery: result = union(select(User.name), select(Product.name))
    result = select(result.subquery().c.name)
""",
)
selects(
    "shape",
    """
with_only_columns: select(User).where(User.age > 20)
    .with_only_columns(User.id, User.name)

with_only_count: select(User).where(User.age > 20)
    .with_only_columns(func.count(), maintain_column_froms=True)

add_columns: select(User.id).add_columns(User.name, Order.total)
    .join(User.orders)

with_for_update: select(User).where(User.id == 1).with_for_update()

execution_options: select(User).execution_options(anything=1)

group_by_none: select(User.age).group_by(User.age).group_by(None)

limit_none: select(User.id).limit(3).limit(None)

distinct_entity: select(User).join(User.orders).distinct()

filter_on_an_outer_join: select(User.name).outerjoin(User.orders)
    .where(Order.id == None)
""",
)
selects(
    "single",
    """
base: select(Animal)

subclass: select(Dog)

leaf: select(Puppy)

subclass_column: select(Dog.bark)

subclass_inherited_column: select(Cat.name)

subclass_filter: select(Cat).where(Cat.lives > 7)

subclass_filter_by: select(Cat).filter_by(name="tom")

base_filter_on_a_subclass: select(Animal).where(Dog.bark == "wuff")

alias: select(aliased(Dog))

alias_attribute: result = aliased(Cat, name="c")
    result = select(result.name, result.lives)

join_to_owner: select(Cat, User).join(Cat.owner)

join_target: select(User.name, Dog.name).join(
    Dog, Dog.owner_id == User.id)

outerjoin_target: select(User.name, Cat.name).outerjoin(
    Cat, Cat.owner_id == User.id)

count: select(func.count(Dog.id))

count_from: select(func.count()).select_from(Cat)

subquery: select(select(Dog).subquery())

exists: select(User.name).where(exists().where(Cat.owner_id == User.id))

by_discriminator: select(Animal).where(Animal.kind.in_(["cat", "animal"]))
""",
)
selects(
    "joined",
    """
base: select(Employee)

subclass: select(Manager)

subclass_filter: select(Manager).where(
    Manager.name == "mia", Manager.budget > 10)

subclass_columns: select(Engineer.name, Engineer.level)

subclass_own_column: select(Manager.budget)

subclass_base_column: select(Manager.name)

subclass_key: select(Manager.id)

order: select(Manager).order_by(Manager.name)

alias: select(aliased(Manager))

alias_flat: select(aliased(Manager, flat=True))

alias_flat_filter: result = aliased(Engineer, flat=True)
    result = select(result.name).where(result.level > 1)

alias_filter: result = aliased(Manager)
    result = select(result.id, result.budget).where(result.name == "max")

join_to_desk: select(Manager, Desk).join(Manager.desk)

join_from_desk: select(Desk.place, Employee.name).join(Desk.employees)

join_of_type: select(Desk.place, Engineer.level)
    .join(Desk.employees.of_type(Engineer))

any_of_type: select(Desk.place)
    .where(Desk.employees.of_type(Manager).any(Manager.budget > 10))

join_target: select(Desk.place, Manager.budget).join(
    Manager, Manager.desk_id == Desk.id)

filter_by: select(Manager).filter_by(budget=50)

count: select(func.count(Manager.id))

count_from: select(func.count()).select_from(Engineer)

subquery: result = select(Manager).subquery()
    result = select(result)

base_and_subclass: result = aliased(Employee)
    result = select(Manager.name, result.name).where(
    Manager.desk_id == result.desk_id)
""",
)
selects(
    "option",
    """
load_only: select(User).options(load_only(User.name))

load_only_two: select(User).options(load_only(User.name, User.age))

defer: select(User).options(defer(User.age), defer(User.joined))

undefer: select(Product).options(undefer(Product.blurb))

load_only_of_deferred: select(Product).options(load_only(Product.blurb))

defer_column_property: select(Product).options(defer(Product.double))

defer_on_alias: result = aliased(User)
    result = select(result).options(defer(result.joined))

load_only_two_entities: select(User, Order).join(User.orders)
    .options(load_only(User.id), load_only(Order.total))

raiseload_column: select(User).options(defer(User.age, raiseload=True))

with_loader_criteria: select(User).options(
    with_loader_criteria(User, User.age > 20))

with_loader_criteria_join: select(User.name, Order.id).join(User.orders)
    .options(with_loader_criteria(Order, Order.paid == True))
""",
)

_add(
    LOADERS,
    "loader",
    True,
    """
joined_many: select(User).options(joinedload(User.orders))

joined_one: select(Order).options(joinedload(Order.user))

joined_inner: select(Order).options(joinedload(Order.user, innerjoin=True))

joined_inner_many: select(User).options(
    joinedload(User.orders, innerjoin=True))

joined_secondary: select(Product).options(joinedload(Product.tags))

joined_self: select(User).options(joinedload(User.boss))

joined_twice: select(User).options(
    joinedload(User.orders), joinedload(User.staff))

joined_order_is_that_of_the_model: select(User).options(
    joinedload(User.profile), joinedload(User.orders))

joined_chain: select(User).options(
    joinedload(User.orders).joinedload(Order.lines))

joined_chain_inner: select(User).options(
    joinedload(User.orders).joinedload(Order.lines, innerjoin=True))

joined_options: select(User).options(
    joinedload(User.orders).options(joinedload(Order.lines)))

joined_limit_many: select(User).options(joinedload(User.orders))
    .order_by(User.name).limit(2).offset(1)

joined_limit_one: select(Order).options(joinedload(Order.user)).limit(2)

joined_where: select(User).where(User.age > 17).options(
    joinedload(User.orders)).order_by(User.age, User.id)

joined_and_join: select(User).join(User.orders).where(Order.paid)
    .options(joinedload(User.orders))

joined_on_alias: result = aliased(User)
    result = select(result).options(joinedload(result.orders))

joined_load_only: select(User).options(
    load_only(User.name), joinedload(User.orders).load_only(Order.total))

joined_one_to_one: select(User).options(joinedload(User.profile))

joined_on_subclass: select(Manager).options(joinedload(Manager.desk))

joined_distinct: select(User).options(joinedload(User.orders)).distinct()

contains_eager: select(User).join(User.orders).where(Order.paid)
    .options(contains_eager(User.orders))

contains_eager_alias: o = aliased(Order)
    result = select(User).join(User.orders.of_type(o)).options(
    contains_eager(User.orders.of_type(o)))

contains_eager_one: select(Order).join(Order.user).options(
    contains_eager(Order.user))

selectin: select(User).options(selectinload(User.orders))

selectin_one: select(Order).options(selectinload(Order.user))

selectin_secondary: select(Product).options(selectinload(Product.tags))

selectin_chain: select(User).options(
    selectinload(User.orders).selectinload(Order.lines))

selectin_limit: select(User).order_by(User.id).limit(2).options(
    selectinload(User.orders))

subquery: select(User).options(subqueryload(User.orders))

subquery_one: select(Order).options(subqueryload(Order.user))

subquery_limit: select(User).order_by(User.id.desc()).limit(3).options(
    subqueryload(User.orders))

mixed: select(User).options(selectinload(User.orders)
    .joinedload(Order.lines).subqueryload(Line.product))

immediate: select(Order).options(immediateload(Order.user))

noload_of_others: select(User).options(joinedload(User.boss), lazyload("*"))

criteria_in_the_relation: select(User).options(
    selectinload(User.orders.and_(Order.paid == True)))

joined_criteria: select(User).options(
    joinedload(User.orders.and_(Order.paid == True)))
""",
)

_add(
    CHANGES,
    "change",
    True,
    """
insert: insert(Tag).values(word="new")

insert_with_key: insert(Tag).values(id=40, word="new")

insert_rows: insert(Tag).values([{"word": "a"}, {"word": "b"}])

insert_renamed: insert(Order).values(
    user_id=1, total=decimal.Decimal("1.25"),
    placed=datetime.date(2025, 1, 1), paid=True)

insert_default: insert(Order).values(
    total=decimal.Decimal("2"), placed=datetime.date(2025, 1, 1))

insert_types: insert(User).values(name="z", level=Level.high, age=None,
    joined=datetime.datetime(2025, 1, 1))

insert_json: insert(Profile).values(user_id=3, data={"a": [1, None]})

insert_from_select: insert(Tag).from_select(
    ["word"], select(User.name).where(User.age > 20))

insert_attribute_keys: insert(Tag).values({Tag.word: "keyed"})

insert_returning: insert(Tag).values(word="new").returning(Tag.id, Tag.word)

insert_returning_entity: insert(Tag).values(word="new").returning(Tag)

insert_expression: insert(Tag).values(word=func.upper("abc"))

update: update(User).where(User.id == 2).values(name="robert")

update_all: update(Product).values(price=Product.price + 1)

update_renamed: update(Order).where(Order.id == 2).values(paid=True)

update_attribute_keys: update(User).where(User.id == 2).values(
    {User.name: "x", User.age: User.age + 1})

update_by_relation: update(User).where(User.orders.any()).values(age=1)

update_from_a_subquery: update(User).values(age=select(
    func.count(Order.id)).where(Order.user_id == User.id)
    .scalar_subquery())

update_in_select: update(Order).where(Order.user_id.in_(
    select(User.id).where(User.name == "ann"))).values(paid=False)

update_to_none: update(User).where(User.boss_id == 1).values(boss_id=None)

update_returning: update(User).where(User.age == 30).values(age=31)
    .returning(User.id, User.age)

update_subclass: update(Dog).values(bark="grr")

update_filter_by: update(User).filter_by(name="bob").values(age=99)

delete: delete(Tag).where(Tag.id == 4)

delete_all: delete(Line)

delete_by_relation: delete(Tag).where(~Tag.products.any())

delete_in_select: delete(Line).where(Line.order_id.in_(
    select(Order.id).where(Order.paid)))

delete_returning: delete(Tag).where(Tag.id > 2).returning(Tag.word)

delete_subclass: delete(Cat)

delete_filter_by: delete(Tag).filter_by(word="rare")
""",
)
