"""Expressions: operators, precedence, constants, casts, labels, JSON."""

# What users compare with is the subject:
# ruff: noqa: E711, E712, SIM300

from __future__ import annotations

import datetime
import decimal
import functools
import operator
import uuid

from .case import expressions, facts
from .core_schema import Color

add = expressions("compare")
add("eq", lambda q, t: t.people.c.id == 1)
add("ne", lambda q, t: t.people.c.name != "Ann")
add("lt", lambda q, t: t.people.c.age < 30)
add("le", lambda q, t: t.people.c.age <= 30)
add("gt", lambda q, t: t.people.c.age > 30)
add("ge", lambda q, t: t.people.c.age >= 30)
add("columns", lambda q, t: t.people.c.age == t.people.c.id)
add("reflected", lambda q, t: 30 < t.people.c.age)
add("reflected_eq", lambda q, t: 30 == t.people.c.age)
add("eq_none", lambda q, t: t.people.c.age == None)
add("ne_none", lambda q, t: t.people.c.age != None)
add("eq_null", lambda q, t: t.people.c.age == q.null())
add("ne_null", lambda q, t: t.people.c.age != q.null())
add("eq_true", lambda q, t: t.people.c.active == True)
add("eq_false", lambda q, t: t.people.c.active == False)
add("ne_true", lambda q, t: t.people.c.active != True)
add("eq_sql_true", lambda q, t: t.people.c.active == q.true())
add("integer_eq_true", lambda q, t: t.people.c.age == True)
add("text_with_number", lambda q, t: t.people.c.name == 3)
add("number_with_text", lambda q, t: t.people.c.age > "3")
add("number_with_float", lambda q, t: t.people.c.age > 29.5)
add("float", lambda q, t: t.people.c.height >= 1)
add("decimal", lambda q, t: t.people.c.salary > decimal.Decimal("900.5"))
add("date", lambda q, t: t.people.c.born < datetime.date(2000, 1, 1))
add(
    "datetime",
    lambda q, t: t.people.c.seen >= datetime.datetime(2024, 1, 1, 0, 0, 0, 5),
)
add("datetime_with_text", lambda q, t: t.people.c.seen > "2024-01-01")
add("date_with_text", lambda q, t: t.people.c.born < "2000-01-01")
add("time", lambda q, t: t.people.c.wakes == datetime.time(6, 30))
add("interval", lambda q, t: t.people.c.shift == datetime.timedelta(hours=8))
add("enum", lambda q, t: t.people.c.color == Color.dark_green)
add("enum_number", lambda q, t: t.people.c.color == 3)
add("enum_name", lambda q, t: t.people.c.color == "red")
add("bytes", lambda q, t: t.people.c.photo == b"\x00\xff")
add("uuid", lambda q, t: t.people.c.token == uuid.UUID(int=7))
add("of_comparison", lambda q, t: (t.people.c.id == 1) == True)
add(
    "two_comparisons",
    lambda q, t: (t.people.c.id == 1) == (t.people.c.age > 3),
)
add("same_name_twice", lambda q, t: (t.people.c.id == 1) | (t.posts.c.id == 2))
add(
    "three_of_a_name",
    lambda q, t: q.or_(*(t.people.c.id == n for n in (4, 5, 6))),
)
add(
    "generated_name_is_taken",
    lambda q, t: q.or_(
        t.people.c.id == 1, t.people.c.age == q.bindparam("id_2", 30)
    ),
)

add = expressions("is")
add("none", lambda q, t: t.people.c.age.is_(None))
add("not_none", lambda q, t: t.people.c.age.is_not(None))
add("isnot", lambda q, t: t.people.c.age.isnot(None))
add("true", lambda q, t: t.people.c.active.is_(True))
add("false", lambda q, t: t.people.c.active.is_(False))
add("not_true", lambda q, t: t.people.c.active.is_not(True))
add("sql_true", lambda q, t: t.people.c.active.is_(q.true()))
add("sql_null", lambda q, t: t.people.c.active.is_(q.null()))
add("value", lambda q, t: t.people.c.age.is_(30))
add("distinct_from", lambda q, t: t.people.c.age.is_distinct_from(30))
add("distinct_from_none", lambda q, t: t.people.c.age.is_distinct_from(None))
add("not_distinct", lambda q, t: t.people.c.age.is_not_distinct_from(None))
add(
    "distinct_columns",
    lambda q, t: t.people.c.age.is_distinct_from(t.people.c.id),
)
add("negated_distinct", lambda q, t: ~t.people.c.age.is_distinct_from(30))
add("negated_is", lambda q, t: ~t.people.c.age.is_(None))
add("negated_is_not", lambda q, t: ~t.people.c.age.is_not(None))

add = expressions("constant")
add("true", lambda q, t: q.true())
add("false", lambda q, t: q.false())
add("null", lambda q, t: q.null())
add("not_true", lambda q, t: q.not_(q.true()))
add("not_null", lambda q, t: q.not_(q.null()))
add("and_true", lambda q, t: q.and_(t.people.c.id == 1, q.true()))
add("and_false", lambda q, t: q.and_(t.people.c.id == 1, q.false()))
add("or_true", lambda q, t: q.or_(t.people.c.id == 1, q.true()))
add("or_false", lambda q, t: q.or_(t.people.c.id == 1, q.false()))
add("and_python_true", lambda q, t: q.and_(True, t.people.c.id == 1))
add("and_python_false", lambda q, t: q.and_(t.people.c.id == 1, False))
add("or_python_false", lambda q, t: q.or_(False, t.people.c.id == 1))
add("and_none", lambda q, t: q.and_(t.people.c.id == 1, None))
add("only_true", lambda q, t: q.and_(q.true(), q.true()))
add("boolean_and", lambda q, t: t.people.c.active & q.true())
add("literal_true", lambda q, t: q.literal(True))
add("literal_none", lambda q, t: q.literal(None))

add = expressions("logic")
add("and", lambda q, t: (t.people.c.id > 1) & (t.people.c.age > 2))
add("or", lambda q, t: (t.people.c.id > 1) | (t.people.c.age > 2))
add("not", lambda q, t: ~(t.people.c.id > 1))
add("not_function", lambda q, t: q.not_(t.people.c.age == 30))
add("not_python_string", lambda q, t: q.not_("x"))
add("not_boolean", lambda q, t: ~t.people.c.active)
add("not_not_boolean", lambda q, t: ~~t.people.c.active)
add("not_and", lambda q, t: ~((t.people.c.id > 1) & (t.people.c.age > 2)))
add("not_or", lambda q, t: ~q.or_(t.people.c.id > 1, t.people.c.age > 2))
add(
    "not_not_and",
    lambda q, t: ~~q.and_(t.people.c.id > 1, t.people.c.age > 2),
)
add(
    "and_in_or",
    lambda q, t: (
        (t.people.c.id > 1) & (t.people.c.age > 2) | (t.people.c.name == "x")
    ),
)
add(
    "or_in_and",
    lambda q, t: (
        (t.people.c.id > 1) & ((t.people.c.age > 2) | (t.people.c.name == "x"))
    ),
)
add(
    "nary_and",
    lambda q, t: q.and_(
        t.people.c.id > 1, t.people.c.age > 2, t.people.c.name != "x"
    ),
)
add(
    "flattens_and",
    lambda q, t: q.and_(
        q.and_(t.people.c.id > 1, t.people.c.age > 2),
        q.and_(t.people.c.id < 9, t.people.c.age < 90),
    ),
)
add(
    "flattens_or",
    lambda q, t: q.or_(
        q.or_(t.people.c.id > 1, t.people.c.age > 2), t.people.c.id < 9
    ),
)
add("and_of_one", lambda q, t: q.and_(t.people.c.id > 1))
add(
    "or_of_one_in_and",
    lambda q, t: q.and_(q.or_(t.people.c.id > 1), t.people.c.age > 2),
)
add("booleans", lambda q, t: q.or_(t.people.c.active, ~t.people.c.active))
add(
    "numbers",
    lambda q, t: q.and_(t.people.c.active, t.people.c.age == 30),
)
add("not_in", lambda q, t: ~t.people.c.id.in_([1, 2]))
add("not_like", lambda q, t: ~t.people.c.name.like("A%"))
add("not_between", lambda q, t: ~t.people.c.id.between(1, 2))
add("not_eq", lambda q, t: ~(t.people.c.id == 1))
add("not_lt", lambda q, t: ~(t.people.c.id < 1))
add("not_label", lambda q, t: ~t.people.c.active.label("x"))
add("self_group", lambda q, t: q.or_(t.people.c.id > 1).self_group())
add(
    "generator",
    lambda q, t: q.and_(*[t.people.c.id != n for n in range(3)]),
)

add = expressions("many")
add(
    "conditions",
    lambda q, t: q.or_(*(t.people.c.id == n for n in range(120))),
)
add(
    "nested_conditions",
    lambda q, t: functools.reduce(
        lambda made, n: q.or_(q.and_(made, t.people.c.id > n), q.false()),
        range(20),
        t.people.c.active,
    ),
)
add(
    "mixed_nested",
    lambda q, t: functools.reduce(
        lambda made, n: (
            (made & (t.people.c.id > n))
            if n % 2
            else (made | (t.people.c.age > n))
        ),
        range(12),
        t.people.c.active,
    ),
)
add(
    "terms",
    lambda q, t: sum((t.people.c.age + n for n in range(30)), q.literal(0)),
)
add(
    "pieces",
    lambda q, t: functools.reduce(
        operator.add, [f"{n}%" for n in range(30)], t.people.c.name
    ),
)
add(
    "cases",
    lambda q, t: q.case(
        *((t.people.c.id == n, str(n)) for n in range(25)), else_="?"
    ),
)

add = expressions("in")
add("list", lambda q, t: t.people.c.id.in_([1, 3]))
add("one", lambda q, t: t.people.c.id.in_([3]))
add("tuple", lambda q, t: t.people.c.name.in_(("Ann", "Bob")))
add("set", lambda q, t: t.people.c.id.in_({3}))
add("empty", lambda q, t: t.people.c.id.in_([]))
add("not_empty", lambda q, t: t.people.c.id.not_in([]))
add("not", lambda q, t: t.people.c.id.not_in([1, 2]))
add("notin", lambda q, t: t.people.c.id.notin_([1, 2]))
add("negated_not", lambda q, t: ~t.people.c.id.not_in([1, 2]))
add("with_none", lambda q, t: t.people.c.age.in_([30, None]))
add("large", lambda q, t: t.people.c.id.in_(list(range(2, 700))))
add("expressions", lambda q, t: t.people.c.id.in_([t.people.c.boss_id, 3]))
add("literals", lambda q, t: t.people.c.id.in_([q.literal(1), q.literal(5)]))
add("enum", lambda q, t: t.people.c.color.in_([Color.red]))
add("dates", lambda q, t: t.people.c.born.in_([datetime.date(1990, 2, 28)]))
add("subquery", lambda q, t: t.people.c.id.in_(q.select(t.posts.c.author_id)))
add(
    "not_subquery",
    lambda q, t: t.people.c.id.not_in(
        q.select(t.posts.c.author_id).where(t.posts.c.rating > 3)
    ),
)
add(
    "tuples",
    lambda q, t: q.tuple_(t.people.c.id, t.people.c.name).in_(
        [(1, "Ann"), (2, "x")]
    ),
)
add(
    "tuples_empty",
    lambda q, t: q.tuple_(t.people.c.id, t.people.c.name).in_([]),
)
add(
    "tuples_not",
    lambda q, t: q.tuple_(t.people.c.id, t.people.c.age).not_in([(1, 30)]),
)
add(
    "tuple_subquery",
    lambda q, t: q.tuple_(t.people.c.id, t.people.c.boss_id).in_(
        q.select(t.messages.c.sender_id, t.messages.c.reader_id)
    ),
)
add(
    "twice",
    lambda q, t: t.people.c.id.in_([1, 2]) & t.people.c.id.in_([2, 3]),
)
add("of_expression", lambda q, t: (t.people.c.id + 1).in_([2, 4]))
add("of_function", lambda q, t: q.func.lower(t.people.c.name).in_(["ann"]))
add(
    "expanding",
    lambda q, t: t.people.c.id.in_(q.bindparam("ids", expanding=True)),
    {"ids": [1, 5]},
)
add(
    "expanding_empty",
    lambda q, t: t.people.c.id.in_(q.bindparam("ids", expanding=True)),
    {"ids": []},
)
add(
    "expanding_given",
    lambda q, t: t.people.c.id.in_(q.bindparam("ids", [2, 3], expanding=True)),
)
add(
    "parameter_becomes_expanding",
    lambda q, t: t.people.c.name.in_(q.bindparam("names")),
    {"names": ["Ann"]},
)
add(
    "expanding_tuples",
    lambda q, t: q.tuple_(t.people.c.id, t.people.c.age).in_(
        q.bindparam("pairs", expanding=True)
    ),
    {"pairs": [(1, 30), (2, 25)]},
)
add(
    "literal_execute",
    lambda q, t: t.people.c.id.in_(
        q.bindparam("ids", [1, 2], expanding=True, literal_execute=True)
    ),
)

add = expressions("like")
add("like", lambda q, t: t.people.c.name.like("A%"))
add("like_escape", lambda q, t: t.people.c.name.like("ann/_%", escape="!"))
add("not_like", lambda q, t: t.people.c.name.not_like("A%"))
add("notlike", lambda q, t: t.people.c.name.notlike("A%", escape="^"))
add("ilike", lambda q, t: t.people.c.name.ilike("a%"))
add("ilike_escape", lambda q, t: t.people.c.name.ilike("a/%", escape="/"))
add("not_ilike", lambda q, t: t.people.c.name.not_ilike("a%"))
add("negated_ilike", lambda q, t: ~t.people.c.name.ilike("a%"))
add("negated_like", lambda q, t: ~t.people.c.name.like("a%", escape="/"))
add("like_column", lambda q, t: t.people.c.name.like(t.people.c.nick))
add(
    "like_expression", lambda q, t: t.people.c.name.like("A" + t.people.c.nick)
)
add("like_number", lambda q, t: t.people.c.age.like("3%"))
for (
    name
) in "startswith endswith contains istartswith iendswith icontains".split():
    add(name, lambda q, t, n=name: getattr(t.people.c.name, n)("n"))
    add(
        f"{name}_autoescape",
        lambda q, t, n=name: getattr(t.people.c.nick, n)(
            "n%", autoescape=True
        ),
    )
    add(
        f"{name}_escape",
        lambda q, t, n=name: getattr(t.people.c.nick, n)("b^_", escape="^"),
    )
    add(
        f"{name}_autoescape_escape",
        lambda q, t, n=name: getattr(t.people.c.nick, n)(
            "a_/", autoescape=True, escape="#"
        ),
    )
    add(
        f"{name}_column",
        lambda q, t, n=name: getattr(t.people.c.name, n)(t.people.c.nick),
    )
    add(
        f"not_{name}",
        lambda q, t, n=name: ~getattr(t.people.c.name, n)("n", escape="/"),
    )
add("contains_of_concat", lambda q, t: (t.people.c.name + "x").contains("nx"))
add("regexp", lambda q, t: t.people.c.name.regexp_match("^A.n"))
add("not_regexp", lambda q, t: ~t.people.c.name.regexp_match("^A"))
add("match", lambda q, t: t.people.c.name.match("x"), runs=False)

add = expressions("between")
add("between", lambda q, t: t.people.c.age.between(25, 30))
add("columns", lambda q, t: t.people.c.age.between(t.people.c.id, 70))
add("function", lambda q, t: q.between(t.people.c.age, 25, 30))
add(
    "symmetric",
    lambda q, t: t.people.c.age.between(9, 3, symmetric=True),
    runs=False,
)
add("of_sum", lambda q, t: (t.people.c.age + 1).between(26, 31))
add("with_sum", lambda q, t: t.people.c.age.between(t.people.c.id + 1, 2 * 40))
add("of_literal", lambda q, t: q.literal(3).between(t.people.c.id, 5))
add(
    "and",
    lambda q, t: t.people.c.age.between(1, 30) & (t.people.c.id > 1),
)
add(
    "dates",
    lambda q, t: t.people.c.born.between(
        datetime.date(1980, 1, 1), datetime.date(1999, 1, 1)
    ),
)
add("is_true", lambda q, t: t.people.c.age.between(1, 30) == True)

add = expressions("arithmetic")
add("add", lambda q, t: t.people.c.age + 1)
add("subtract", lambda q, t: t.people.c.age - 1)
add("multiply", lambda q, t: t.people.c.age * 2)
add("divide", lambda q, t: t.people.c.age / 4)
add("divide_columns", lambda q, t: t.people.c.age / t.people.c.id)
add("floor_divide", lambda q, t: t.people.c.age // 4)
add("floor_divide_float", lambda q, t: t.scores.c.points // 2.5)
add("modulo", lambda q, t: t.people.c.age % 7)
add("reflected_add", lambda q, t: 1 + t.people.c.age)
add("reflected_subtract", lambda q, t: 100 - t.people.c.age)
add("reflected_multiply", lambda q, t: 2 * t.people.c.age)
add("reflected_divide", lambda q, t: 100 / t.people.c.age)
add("reflected_floor", lambda q, t: 100 // t.people.c.age)
add("reflected_modulo", lambda q, t: 100 % t.people.c.age)
add("float_add", lambda q, t: t.people.c.height + 1)
add("float_divide", lambda q, t: t.people.c.height / 2)
add("integer_plus_float", lambda q, t: t.people.c.age + t.people.c.height)
add("integer_times_float_value", lambda q, t: t.people.c.age * 1.5)
add("decimal_add", lambda q, t: t.people.c.salary + decimal.Decimal("0.25"))
add("decimal_times_integer", lambda q, t: t.people.c.salary * t.people.c.age)
add("decimal_divide", lambda q, t: t.people.c.salary / 3)
add("divide_by_zero", lambda q, t: t.people.c.age / 0)
add("sum_times", lambda q, t: (t.people.c.age + 1) * 2)
add("times_sum", lambda q, t: 2 * (t.people.c.age + t.people.c.id))
add("times_plus", lambda q, t: t.people.c.age * 2 + t.people.c.id)
add("minus_minus", lambda q, t: t.people.c.age - (t.people.c.id - 1))
add("minus_chain", lambda q, t: t.people.c.age - t.people.c.id - 1)
add("plus_chain", lambda q, t: t.people.c.age + (t.people.c.id + 1))
add("times_chain", lambda q, t: t.people.c.age * (t.people.c.id * 2))
add("divide_chain", lambda q, t: t.people.c.age / t.people.c.id / 2)
add("divide_in_divide", lambda q, t: t.people.c.age / (t.people.c.id / 2))
add("divide_sum", lambda q, t: t.people.c.age / (t.people.c.id + 1))
add("modulo_chain", lambda q, t: t.people.c.age % (t.people.c.id % 3 + 1))
add("negative", lambda q, t: -t.people.c.age)
add("negative_sum", lambda q, t: -(t.people.c.age + 1))
add("negative_twice", lambda q, t: -(-(t.people.c.age)))  # noqa: B002
add("negative_in_product", lambda q, t: 2 * -t.people.c.age)
add("comparison_of_sums", lambda q, t: t.people.c.age + 1 > t.people.c.id * 9)
add("sum_of_comparisons", lambda q, t: (t.people.c.id > 1) + 1)
add("sum_with_none", lambda q, t: t.people.c.age + None)
add(
    "date_minus_date",
    lambda q, t: t.people.c.born - t.people.c.born,
)
add("true_division_of_literals", lambda q, t: q.literal(7) / q.literal(2))
add("floor_of_literals", lambda q, t: q.literal(7) // q.literal(2))

add = expressions("bits")
add("op_and", lambda q, t: t.people.c.age.bitwise_and(6))
add("op_or", lambda q, t: t.people.c.age.bitwise_or(1))
add("op_not", lambda q, t: t.people.c.age.bitwise_not())
add("shift_left", lambda q, t: t.people.c.age.bitwise_lshift(2))
add("shift_right", lambda q, t: t.people.c.age.bitwise_rshift(1))
add("op_xor", lambda q, t: t.people.c.age.bitwise_xor(3), runs=False)
add("compared", lambda q, t: t.people.c.age.bitwise_and(2) == 2)
add("in_sum", lambda q, t: t.people.c.age.bitwise_and(6) + 1)
add("of_sum", lambda q, t: (t.people.c.age + 1).bitwise_or(8))
add("by_op", lambda q, t: t.people.c.age.op("&")(4))
add("shift_operators", lambda q, t: t.people.c.age.op("<<")(1))

add = expressions("custom")
add("op", lambda q, t: t.people.c.name.op("||")("x"))
add("op_precedence", lambda q, t: t.people.c.age.op("+", precedence=9)(1) * 2)
add("op_without_precedence", lambda q, t: t.people.c.age.op("+")(1) * 2)
add("op_of_sum", lambda q, t: (t.people.c.age + 1).op("%")(4))
add("bool_op", lambda q, t: t.people.c.name.bool_op("GLOB")("A*"))
add("not_bool_op", lambda q, t: ~t.people.c.name.bool_op("GLOB")("A*"))
add(
    "is_comparison", lambda q, t: t.people.c.age.op(">", is_comparison=True)(3)
)
add(
    "return_type",
    lambda q, t: t.people.c.age.op("||", return_type=q.String())("x"),
)
add("percent", lambda q, t: t.people.c.age.op("%")(4))
add("reverse", lambda q, t: q.literal(5).op("-")(t.people.c.id))

add = expressions("strings")
add("concat", lambda q, t: t.people.c.name + "!")
add("concat_reflected", lambda q, t: "<" + t.people.c.name)
add("concat_both", lambda q, t: "<" + t.people.c.name + ">")
add("concat_columns", lambda q, t: t.people.c.name + t.people.c.nick)
add("concat_method", lambda q, t: t.people.c.name.concat("x"))
add("concat_number", lambda q, t: t.people.c.age.concat("x"))
add("concat_compared", lambda q, t: t.people.c.name + "b" == "Bobb")
add("concat_chain", lambda q, t: t.people.c.name + ("-" + t.people.c.nick))
add("collate", lambda q, t: t.people.c.name.collate("NOCASE"))
add(
    "collate_compared", lambda q, t: t.people.c.name.collate("NOCASE") == "ANN"
)
add(
    "collate_operand",
    lambda q, t: t.people.c.name == q.collate("ANN", "NOCASE"),
)
add("collate_function", lambda q, t: q.collate(t.people.c.name, "RTRIM"))
add(
    "collate_odd_name",
    lambda q, t: t.people.c.name.collate("My Coll"),
    runs=False,
)
add("collate_concat", lambda q, t: (t.people.c.name + "x").collate("NOCASE"))
add(
    "collate_order",
    lambda q, t: t.people.c.name.collate("NOCASE").desc(),
    runs=False,
)
add("quote_in_value", lambda q, t: t.people.c.name == "it's 100% \\ :x")

add = expressions("cast")
add("cast", lambda q, t: q.cast(t.people.c.age, q.String))
add("cast_method", lambda q, t: t.people.c.age.cast(q.String(5)))
add("cast_value", lambda q, t: q.cast("12", q.Integer))
add("cast_none", lambda q, t: q.cast(None, q.Integer))
add("cast_float", lambda q, t: q.cast(t.people.c.age, q.Float))
add("cast_numeric", lambda q, t: q.cast(t.people.c.height, q.Numeric(10, 2)))
add("cast_text", lambda q, t: q.cast(t.people.c.age, q.Text()) + "x")
add("cast_in_sum", lambda q, t: q.cast(t.people.c.name, q.Integer) + 1)
add("cast_of_sum", lambda q, t: q.cast(t.people.c.age + 1, q.String))
add("cast_compared", lambda q, t: q.cast(t.people.c.age, q.String) == "30")
add("cast_boolean", lambda q, t: q.cast(t.people.c.age, q.Boolean))
add(
    "cast_datetime",
    lambda q, t: q.cast(t.people.c.born, q.DateTime),
    runs=False,
)
add("cast_date", lambda q, t: q.cast(t.people.c.seen, q.Date), runs=False)
add("cast_json", lambda q, t: q.cast(t.people.c.data, q.JSON))
add("try_cast", lambda q, t: q.cast(q.literal(5), q.BigInteger))
add("coerce", lambda q, t: q.type_coerce(t.people.c.age, q.String))
add("coerce_value", lambda q, t: q.type_coerce("2020-01-01", q.String))
add(
    "coerce_boolean", lambda q, t: q.type_coerce(t.people.c.id == 1, q.Boolean)
)
add("coerce_number", lambda q, t: q.type_coerce(t.people.c.id, q.Boolean))
add("coerce_float", lambda q, t: q.type_coerce(t.people.c.salary, q.Float))
add(
    "coerce_compared",
    lambda q, t: q.type_coerce(t.people.c.age, q.String) == "x",
)
add(
    "coerce_json",
    lambda q, t: q.type_coerce({"a": [1]}, q.JSON),
)
add(
    "coerce_date",
    lambda q, t: q.type_coerce(datetime.date(2020, 1, 2), q.Date),
)

add = expressions("literal")
add("integer", lambda q, t: q.literal(5))
add("string", lambda q, t: q.literal("x"))
add("float", lambda q, t: q.literal(2.5))
add("boolean", lambda q, t: q.literal(False))
add("bytes", lambda q, t: q.literal(b"ab"))
add("decimal", lambda q, t: q.literal(decimal.Decimal("2.5")))
add("date", lambda q, t: q.literal(datetime.date(2020, 2, 3)))
add("datetime", lambda q, t: q.literal(datetime.datetime(2020, 2, 3, 4)))
add("time", lambda q, t: q.literal(datetime.time(2, 3)))
add("interval", lambda q, t: q.literal(datetime.timedelta(days=1)))
add("uuid", lambda q, t: q.literal(uuid.UUID(int=3)))
add("enum", lambda q, t: q.literal(Color.red), runs=False)
add("typed", lambda q, t: q.literal("5", q.Integer))
add("typed_string", lambda q, t: q.literal(5, q.String))
add("sum", lambda q, t: q.literal(5) + q.literal(3))
add("concat", lambda q, t: q.literal("a") + "b")
add("labelled", lambda q, t: q.literal(5).label("five"))
add("column", lambda q, t: q.literal_column("1 + 2"))
add("column_typed", lambda q, t: q.literal_column("'x'", q.String) + "y")
add("column_labelled", lambda q, t: q.literal_column("3").label("three"))
add("column_compared", lambda q, t: q.literal_column("3") == 3)
add("column_percent", lambda q, t: q.literal_column("7 % 4"))
add("execute", lambda q, t: q.literal(7, literal_execute=True))
add("huge", lambda q, t: q.literal(2**62) + 1)

add = expressions("case")
add("search", lambda q, t: q.case((t.people.c.age > 29, "old"), else_="young"))
add("no_else", lambda q, t: q.case((t.people.c.age > 29, "old")))
add(
    "several",
    lambda q, t: q.case(
        (t.people.c.age > 50, 3),
        (t.people.c.age > 26, 2),
        (t.people.c.age.is_(None), 0),
        else_=1,
    ),
)
add("simple", lambda q, t: q.case((1, "one"), (2, "two"), value=t.people.c.id))
add(
    "mapping",
    lambda q, t: q.case(
        {"Ann": "A", "Bob": "B"}, value=t.people.c.name, else_="?"
    ),
)
add("mapping_of_conditions", lambda q, t: q.case({1: 2}, value=t.people.c.id))
add(
    "columns",
    lambda q, t: q.case(
        (t.people.c.active, t.people.c.name), else_=t.people.c.nick
    ),
)
add("else_none", lambda q, t: q.case((t.people.c.id == 1, 1), else_=None))
add("then_none", lambda q, t: q.case((t.people.c.id == 1, None), else_=2))
add("then_null", lambda q, t: q.case((t.people.c.id == 1, q.null()), else_=2))
add("compared", lambda q, t: q.case((t.people.c.id == 1, 1), else_=2) > 1)
add("summed", lambda q, t: q.case((t.people.c.id == 1, 1), else_=2) + 5)
add(
    "in_case",
    lambda q, t: q.case(
        (t.people.c.id > 1, q.case((t.people.c.id > 2, "b"), else_="c")),
        else_="a",
    ),
)
add(
    "with_and",
    lambda q, t: q.case(
        (q.and_(t.people.c.id > 1, t.people.c.age > 1), 1), else_=0
    ),
)
add("labelled", lambda q, t: q.case((t.people.c.id == 1, 1)).label("first"))
add(
    "dates",
    lambda q, t: q.case(
        (t.people.c.born.is_(None), datetime.date(2000, 1, 1)),
        else_=t.people.c.born,
    ),
)
add("string_condition", lambda q, t: q.case(("x", 2), else_=3))
add("python_true", lambda q, t: q.case((q.true(), 1), else_=2))

add = expressions("extract")
for field in (
    "year month day hour minute second dow doy week epoch milliseconds".split()
):
    add(field, lambda q, t, f=field: q.extract(f, t.people.c.seen))
add("compared", lambda q, t: q.extract("year", t.people.c.seen) == 2024)
add("date", lambda q, t: q.extract("month", t.people.c.born))
add("value", lambda q, t: q.extract("day", datetime.date(2020, 3, 9)))
add("summed", lambda q, t: q.extract("year", t.people.c.seen) + 1)

add = expressions("json")
add("column", lambda q, t: t.people.c.data)
add("key", lambda q, t: t.people.c.data["a"])
add("index", lambda q, t: t.people.c.data[1])
add("path", lambda q, t: t.people.c.data["deep", "x"])
add("path_tuple", lambda q, t: t.people.c.data[("list", 1)])
add("chained", lambda q, t: t.people.c.data["deep"]["x"])
add("as_string", lambda q, t: t.people.c.data["a"].as_string())
add("as_integer", lambda q, t: t.people.c.data["a"].as_integer())
add("as_float", lambda q, t: t.people.c.data["deep", "x"].as_float())
add("as_boolean", lambda q, t: t.people.c.data["a"].as_boolean())
add("as_numeric", lambda q, t: t.people.c.data["list", 0].as_numeric(10, 2))
add("as_json", lambda q, t: t.people.c.data["deep"].as_json())
add("compared", lambda q, t: t.people.c.data["a"].as_integer() == 1)
add("string_compared", lambda q, t: t.people.c.data["a"].as_string() == "text")
add("compared_with_json", lambda q, t: t.people.c.data["list"] == [])
add("eq_none", lambda q, t: t.people.c.data["a"] == None)
add("is_none", lambda q, t: t.people.c.data.is_(None))
add("is_json_null", lambda q, t: t.people.c.data == q.JSON.NULL)
add("odd_key", lambda q, t: t.people.c.data["a b\"c.d'"])
add("column_key", lambda q, t: t.people.c.data[t.people.c.nick], runs=False)
add("literal", lambda q, t: q.literal({"a": [1, None]}, q.JSON))
add("in_list", lambda q, t: t.people.c.data["a"].as_integer().in_([1, 2]))
add("value", lambda q, t: t.people.c.data == {"a": 1})
add("cast", lambda q, t: q.cast(t.people.c.data["a"], q.String))
add("label", lambda q, t: t.people.c.data["a"].label("first"))

add = expressions("operators")
for name in "eq ne lt le gt ge add sub mul truediv mod".split():
    add(
        name,
        lambda q, t, n=name: getattr(q.operators, n)(t.people.c.age, 30),
    )
add("in_op", lambda q, t: q.operators.in_op(t.people.c.id, [1]))
add("not_in_op", lambda q, t: q.operators.not_in_op(t.people.c.id, [1]))
add("notin_op", lambda q, t: q.operators.notin_op(t.people.c.id, [1]))
add("between_op", lambda q, t: q.operators.between_op(t.people.c.id, 2, 3))
add(
    "not_between_op",
    lambda q, t: q.operators.not_between_op(t.people.c.id, 2, 3),
)
for name in (
    "like_op",
    "not_like_op",
    "ilike_op",
    "not_ilike_op",
    "startswith_op",
    "endswith_op",
    "contains_op",
    "not_contains_op",
    "istartswith_op",
    "iendswith_op",
    "icontains_op",
):
    add(
        name,
        lambda q, t, n=name: getattr(q.operators, n)(t.people.c.name, "a"),
    )
add("is", lambda q, t: q.operators.is_(t.people.c.age, None))
add("is_not", lambda q, t: q.operators.is_not(t.people.c.age, None))
add("concat_op", lambda q, t: q.operators.concat_op(t.people.c.name, "x"))
add("desc_op", lambda q, t: q.operators.desc_op(t.people.c.name), runs=False)
add("and", lambda q, t: q.operators.and_(t.people.c.id > 1, t.people.c.id < 3))
add("or", lambda q, t: q.operators.or_(t.people.c.id > 1, t.people.c.id < 3))
add("operate", lambda q, t: t.people.c.age.operate(q.operators.gt, 3))
add(
    "distinct_op", lambda q, t: q.operators.is_distinct_from(t.people.c.age, 3)
)

add = expressions("label")
add("column", lambda q, t: t.people.c.id.label("number"))
add("none", lambda q, t: t.people.c.id.label(None))
add("expression", lambda q, t: (t.people.c.age + 1).label("next"))
add("odd", lambda q, t: t.people.c.id.label("Odd Name"))
add("reserved", lambda q, t: t.people.c.id.label("select"))
add("of_label", lambda q, t: t.people.c.id.label("a").label("b"))
add("compared", lambda q, t: t.people.c.id.label("a") == 2)
add("summed", lambda q, t: t.people.c.id.label("a") + 2)
add("percent", lambda q, t: t.people.c.id.label("50%"))
add("colon", lambda q, t: t.people.c.id.label("a:b"))
add("in_function", lambda q, t: q.func.abs(t.people.c.id.label("a")))
add("column_element", lambda q, t: q.column("x").label("y"), runs=False)
add("function", lambda q, t: q.label("z", t.people.c.age + 1))

add = expressions("quantified", runs=False)
add(
    "any",
    lambda q, t: (
        t.people.c.id
        == q.any_(q.select(t.posts.c.author_id).scalar_subquery())
    ),
)
add(
    "all",
    lambda q, t: (
        t.people.c.id > q.all_(q.select(t.posts.c.author_id).scalar_subquery())
    ),
)
add(
    "any_left",
    lambda q, t: q.any_(q.select(t.posts.c.id).scalar_subquery()) == 3,
)
add(
    "not_any",
    lambda q, t: (
        ~(
            t.people.c.id
            == q.any_(q.select(t.posts.c.author_id).scalar_subquery())
        )
    ),
)

add = expressions("name")
add("plain", lambda q, t: q.column("x"), runs=False)
add("typed", lambda q, t: q.column("x", q.Integer) + 1, runs=False)
add("reserved", lambda q, t: q.column("order") == 1, runs=False)
add("mixed_case", lambda q, t: q.column("AbC") == 1, runs=False)
add("of_table", lambda q, t: q.table("people", q.column("id")).c.id + 1)
add(
    "quoted", lambda q, t: q.column(q.sql.quoted_name("abc", True)), runs=False
)
for name in (
    "select",
    "Mixed Case",
    'q"q',
    "%pct",
    "a:b",
    "x.y",
    "(par)",
    "1st",
    "renamed",
):
    add(f"odd_{name}", lambda q, t, n=name: t.odd.c[n])
    add(f"odd_{name}_compared", lambda q, t, n=name: t.odd.c[n] == 4)
    add(f"odd_{name}_in", lambda q, t, n=name: t.odd.c[n].in_([4, 5]))

fact = facts("expression")
fact("key", lambda q, t: (t.people.c.age + 1).label("x").key)
fact("name", lambda q, t: t.people.c.age.label("x").name)
fact("same_column", lambda q, t: bool(t.people.c.id == t.people.c.id))
fact("other_column", lambda q, t: bool(t.people.c.id == t.people.c.age))
fact("not_same", lambda q, t: bool(t.people.c.id != t.people.c.age))
fact("member", lambda q, t: t.people.c.id in [t.people.c.age, t.people.c.id])
fact("hash", lambda q, t: len({t.people.c.id, t.people.c.age, t.people.c.id}))
fact("and_is_operator", lambda q, t: q.operators.and_.__name__)
fact("str_of_column", lambda q, t: str(t.people.c.id))
fact("str_of_odd", lambda q, t: str(t.odd.c["Mixed Case"]))
fact("left", lambda q, t: (t.people.c.id == 1).left is t.people.c.id)
fact("right_value", lambda q, t: (t.people.c.id == 1).right.value)
fact("operator", lambda q, t: (t.people.c.id == 1).operator.__name__)
fact(
    "clauses",
    lambda q, t: [
        str(c) for c in q.and_(t.people.c.id > 1, t.people.c.id < 3).clauses
    ],
)
fact("compare", lambda q, t: (t.people.c.id == 1).compare(t.people.c.id == 1))
fact("bind_value", lambda q, t: q.literal(3).value)
for name, build in {
    "integer": lambda q, t: t.people.c.age + 1,
    "division": lambda q, t: t.people.c.age / 2,
    "floor": lambda q, t: t.people.c.age // 2,
    "float": lambda q, t: t.people.c.age * 1.5,
    "mixed": lambda q, t: t.people.c.age + t.people.c.height,
    "decimal": lambda q, t: t.people.c.salary * 2,
    "string": lambda q, t: t.people.c.name + "x",
    "boolean": lambda q, t: t.people.c.age > 2,
    "not": lambda q, t: ~t.people.c.active,
    "label": lambda q, t: t.people.c.born.label("b"),
    "case": lambda q, t: q.case((t.people.c.id == 1, "x")),
    "case_none": lambda q, t: q.case(
        (t.people.c.id == 1, None), else_=t.people.c.id
    ),
    "cast": lambda q, t: q.cast(t.people.c.id, q.String(3)),
    "literal_none": lambda q, t: q.literal(None),
    "literal_str": lambda q, t: q.literal("x"),
    "date_difference": lambda q, t: t.people.c.born - t.people.c.born,
    "datetime_plus": lambda q, t: t.people.c.seen + t.people.c.shift,
    "json_key": lambda q, t: t.people.c.data["a"],
    "json_string": lambda q, t: t.people.c.data["a"].as_string(),
    "extract": lambda q, t: q.extract("year", t.people.c.seen),
    "scalar_subquery": lambda q, t: q.select(
        t.people.c.name
    ).scalar_subquery(),
    "op": lambda q, t: t.people.c.age.op("@")(2),
    "negative": lambda q, t: -t.people.c.height,
}.items():
    fact(
        f"type_of_{name}",
        lambda q, t, b=build: type(b(q, t).type).__name__,
    )
