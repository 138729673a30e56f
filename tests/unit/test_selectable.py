"""SELECT and what it selects from: nodes, names, the protocol of entities."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest

from sqlactive_c import (
    Alias,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Select,
    String,
    Subquery,
    Table,
    and_,
    case,
    column,
    exc,
    exists,
    func,
    join,
    literal_column,
    select,
    table,
    text,
    union,
    union_all,
    values,
)
from sqlactive_c.dialects import sqlite
from sqlactive_c.sql.elements import ClauseElement, ColumnElement
from sqlactive_c.sql.selectable import CTE

metadata = MetaData()
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20)),
    Column("age", Integer),
)
posts = Table(
    "posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id")),
    Column("editor_id", Integer),
    Column("title", String),
)
links = Table(
    "links",
    metadata,
    Column("a_id", Integer, ForeignKey("users.id")),
    Column("b_id", Integer, ForeignKey("users.id")),
)


def flat(statement: Any) -> str:
    return re.sub(r"\s+", " ", str(statement))


def compiled(statement: Any) -> Any:
    return statement.compile(dialect=sqlite.dialect())


# ---- statements never change -----------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.where(users.c.id == 1),
        lambda s: s.filter_by(name="x"),
        lambda s: s.order_by(users.c.id),
        lambda s: s.group_by("name"),
        lambda s: s.having(func.count() > 1),
        lambda s: s.limit(1),
        lambda s: s.offset(1),
        lambda s: s.slice(1, 2),
        lambda s: s.distinct(),
        lambda s: s.join(posts),
        lambda s: s.select_from(posts),
        lambda s: s.add_columns(posts.c.id),
        lambda s: s.with_only_columns(users.c.age),
        lambda s: s.prefix_with("ALL"),
        lambda s: s.with_for_update(),
        lambda s: s.correlate(posts),
    ],
)
def test_a_method_returns_a_changed_copy(change: Any) -> None:
    before = select(users.c.id, users.c.name)
    text_before = str(before)
    after = change(before)
    assert after is not before
    assert isinstance(after, Select)
    assert str(before) == text_before
    assert after._fingerprint()[0] != before._fingerprint()[0]


def test_options_of_the_execution_are_no_part_of_the_statement() -> None:
    plain = select(users)
    other = plain.execution_options(yield_per=3).execution_options(b=1)
    assert dict(other.get_execution_options()) == {"yield_per": 3, "b": 1}
    assert dict(plain.get_execution_options()) == {}
    assert other._fingerprint()[0] == plain._fingerprint()[0]


def test_options_count_when_they_say_so() -> None:
    class Option:
        static_key: Any = None

    class Loading(Option):
        static_key = ("load", 1)

    plain = select(users)
    idle, counted = Option(), Loading()
    assert plain.options(idle)._with_options == (idle,)
    assert plain.options(idle)._fingerprint()[0] == plain._fingerprint()[0]
    assert plain.options(counted)._with_options == (counted,)
    assert plain.options(counted)._fingerprint()[0] != plain._fingerprint()[0]
    with pytest.raises(exc.ArgumentError):
        plain.options("posts")


# ---- fingerprints ----------------------------------------------------------


def _shape(n: int, alias_name: Any = None) -> Any:
    alias = users.alias(alias_name)
    inner = select(posts.c.user_id).where(posts.c.id > n).subquery()
    return (
        select(alias.c.name, inner.c.user_id)
        .join(inner, inner.c.user_id == alias.c.id)
        .where(alias.c.age.in_([n, n]))
        .limit(n)
    )


def test_equal_statements_have_equal_fingerprints() -> None:
    one, other = _shape(1), _shape(2)
    assert one._fingerprint()[0] == other._fingerprint()[0]
    assert str(one) == str(other)
    assert not one.compare(other)
    assert one.compare(_shape(1))


def test_names_count() -> None:
    assert _shape(1)._fingerprint()[0] != _shape(1, "u")._fingerprint()[0]


def test_the_same_alias_and_another_one_differ() -> None:
    a, b = users.alias(), users.alias()
    one = select(a.c.id).where(a.c.age == 1)
    two = select(a.c.id).where(b.c.age == 1)
    assert one._fingerprint()[0] != two._fingerprint()[0]


def test_binds_are_riders_in_the_order_of_the_text() -> None:
    statement = select(users.c.id, case((users.c.id == 1, 2), else_=3)).where(
        users.c.name == "x"
    )
    _, riders = statement._fingerprint()
    assert [place.bind for place in compiled(statement).binds] == riders


# ---- columns ---------------------------------------------------------------


def test_columns_of_a_subquery_are_the_same_objects_each_time() -> None:
    inner = select(users).subquery()
    assert isinstance(inner, Subquery)
    assert inner.c.id is inner.c.id
    assert inner.c.keys() == ["id", "name", "age"]
    assert inner.primary_key.keys() == ["id"]
    assert inner.corresponding_column(users.c.age) is inner.c.age
    assert inner.corresponding_column(posts.c.id) is None


def test_a_column_of_a_subquery_leads_back_to_the_table() -> None:
    outer = select(select(users).subquery()).subquery()
    assert outer.c.id.base_columns == {users.c.id}
    assert outer.c.id.shares_lineage(users.c.id)
    assert not outer.c.id.shares_lineage(users.c.age)


def test_columns_without_a_name_follow_their_number() -> None:
    inner = select(func.count(), users.c.id + 1).subquery()
    assert flat(select(inner)) == (
        "SELECT anon_1.count_1, anon_1.anon_2 FROM (SELECT count(*) AS"
        " count_1, users.id + :id_1 AS anon_2 FROM users) AS anon_1"
    )


def test_selected_columns_leave_out_text() -> None:
    statement = select(users.c.id, text("now"), users.c.id)
    assert statement.selected_columns.keys() == ["id", "id_1"]


def test_alias_of_a_join() -> None:
    flat_join = join(users, posts).alias(flat=True)
    assert flat(select(flat_join.left.c.id).select_from(flat_join)) == (
        "SELECT users_1.id FROM users AS users_1 JOIN posts AS posts_1 ON"
        " users_1.id = posts_1.user_id"
    )


def test_light_tables() -> None:
    light = table("t", column("a", Integer), column("b"))
    assert flat(light.select().where(light.c.a == 1)) == (
        "SELECT t.a, t.b FROM t WHERE t.a = :a_1"
    )
    assert flat(light.insert()) == "INSERT INTO t (a, b) VALUES (:a, :b)"
    with pytest.raises(exc.ArgumentError):
        table("u", light.c.a)


def test_tables_can_be_pickled_and_selected() -> None:
    copy = pickle.loads(pickle.dumps(metadata)).tables["users"]
    assert flat(select(copy).where(copy.c.id == 1)) == flat(
        select(users).where(users.c.id == 1)
    )
    light = pickle.loads(pickle.dumps(table("t", column("a"))))
    assert flat(select(light)) == "SELECT t.a FROM t"


# ---- joins -----------------------------------------------------------------


def test_joins_find_their_condition_through_aliases() -> None:
    alias = posts.alias("p")
    inner = select(users).subquery("u")
    assert str(join(inner, alias).onclause) == "u.id = p.user_id"


@pytest.mark.parametrize(
    ("left", "right", "error"),
    [
        (users, links, exc.AmbiguousForeignKeysError),
        (posts, links, exc.NoForeignKeysError),
    ],
)
def test_joins_without_one_condition(
    left: Any, right: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        left.join(right)
    with pytest.raises((error, exc.InvalidRequestError)):
        str(select(left).join(right))


def test_the_left_side_has_to_be_clear() -> None:
    statement = select(users.c.id, links.c.a_id).join(posts, text("1"))
    with pytest.raises(exc.InvalidRequestError):
        str(statement)
    with pytest.raises(exc.InvalidRequestError):
        str(select(literal_column("1")).join(posts, text("1")))


def test_filter_by_speaks_of_what_was_joined_last() -> None:
    statement = select(users).join(posts).filter_by(title="x")
    assert flat(statement).endswith("WHERE posts.title = :title_1")
    with pytest.raises(exc.InvalidRequestError):
        statement.filter_by(name="x")
    with pytest.raises(exc.InvalidRequestError):
        select(func.count()).filter_by(name="x")


# ---- correlation -----------------------------------------------------------


def test_a_scalar_subquery_takes_the_table_of_the_outer_one() -> None:
    inner = (
        select(func.count(posts.c.id))
        .where(posts.c.user_id == users.c.id)
        .scalar_subquery()
    )
    assert inner.type.python_type is int
    assert "FROM posts WHERE" in flat(select(users.c.id, inner))
    assert "FROM posts, users" in flat(select(inner))


def test_nothing_left_to_select_from() -> None:
    inner = select(users.c.id).select_from(posts)
    inner = inner.scalar_subquery()
    with pytest.raises(exc.InvalidRequestError):
        str(select(inner).select_from(users, posts))


def test_correlate_none() -> None:
    inner = (
        exists(posts.c.id).where(posts.c.user_id == users.c.id).correlate(None)
    )
    assert "FROM posts, users" in flat(select(users.c.id).where(inner))


# ---- sets, CTEs, values ----------------------------------------------------


def test_parts_of_a_union_have_equally_many_columns() -> None:
    with pytest.raises(exc.CompileError):
        str(union(select(users.c.id), select(users.c.id, users.c.age)))


def test_columns_of_a_union_stand_for_those_of_all_parts() -> None:
    both = union_all(select(users.c.id), select(posts.c.user_id)).subquery()
    assert both.c.keys() == ["id"]
    assert both.corresponding_column(posts.c.user_id) is both.c.id


def test_ctes_of_one_name_are_one() -> None:
    with pytest.raises(exc.CompileError):
        str(
            select(select(users.c.id).cte("c"), select(posts.c.title).cte("c"))
        )


def test_a_recursive_cte() -> None:
    numbers = select(literal_column("1").label("n")).cte(
        "numbers", recursive=True
    )
    numbers = numbers.union_all(select(numbers.c.n + 1))
    assert isinstance(numbers, CTE)
    assert flat(select(numbers)).startswith(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 AS n UNION ALL SELECT"
        " numbers.n + :n_1 AS anon_1 FROM numbers) SELECT numbers.n"
    )


def test_a_nested_cte_stays_where_it_is() -> None:
    inner = select(users.c.id).cte("c", nesting=True)
    outer = select(inner.c.id).subquery("s")
    assert flat(select(outer)) == (
        "SELECT s.id FROM (WITH c AS (SELECT users.id AS id FROM users)"
        " SELECT c.id AS id FROM c) AS s"
    )


def test_values() -> None:
    rows = values(column("a", Integer), column("b", String), name="v").data(
        [(1, "x"), (2, "y")]
    )
    assert flat(select(rows.c.b).where(rows.c.a > 1)) == (
        "SELECT v.b FROM (VALUES (:param_1, :param_2), (:param_3, :param_4))"
        " AS v (a, b) WHERE v.a > :a_1"
    )


def test_text_with_columns() -> None:
    rows = text("SELECT id, name FROM users WHERE id > :n").columns(
        users.c.id, users.c.name
    )
    assert rows.selected_columns.keys() == ["id", "name"]
    inner = rows.subquery("s")
    assert isinstance(rows.cte("c"), CTE)
    assert flat(select(inner.c.name)) == (
        "SELECT s.name FROM (SELECT id, name FROM users WHERE id > :n) AS s"
    )
    with pytest.raises(exc.ArgumentError):
        text("SELECT 1").columns("a")


# ---- entities of the mapping layer -----------------------------------------


class FakeAttribute(ColumnElement):
    """An attribute of a mapped class, as the mapping layer will have it."""

    _fields = ()
    _identity = True
    __visit_name__ = "attribute"

    def __init__(self, entity: Any, key: str, real: Any) -> None:
        self._entity = entity
        self.key = self._bind_name = key
        self._real = real

    @property
    def type(self) -> Any:
        return self._real.type

    def _resolve(self) -> Any:
        return self._real


class FakeEntity(ClauseElement):
    """A mapped class, as the mapping layer will have it."""

    _fields = ()
    _identity = True
    __visit_name__ = "entity"
    is_entity = True

    def __init__(self, name: str, selectable: Any, *only: Any) -> None:
        self._result_name = name
        self._selectable = selectable
        self.attributes = {
            key: FakeAttribute(self, key, real)
            for key, real in selectable.c.items()
        }
        self._only = only

    def _selected_columns(self) -> list[Any]:
        return list(self.attributes.values())

    def _result_item(self, positions: tuple[int, ...]) -> Any:
        return (self._result_name, positions)

    def _criteria(self) -> tuple[Any, ...]:
        return self._only

    def _description(self) -> dict[str, Any]:
        return {"name": self._result_name, "type": type(self)}

    @property
    def entity_namespace(self) -> Any:
        return type("namespace", (), self.attributes)


class Relationship:
    """A relationship, as the mapping layer will have it."""

    def __init__(self, *steps: Any) -> None:
        self._steps = steps

    def _join_parts(self, left: Any, right: Any) -> Any:
        *others, (target, condition) = self._steps
        yield from others
        yield (target if right is None else right), condition

    def _join_target(self) -> Any:
        return self._steps[-1][0]


USER = FakeEntity("User", users)
POST = FakeEntity("Post", posts)
OWNS = Relationship((POST, users.c.id == posts.c.user_id))


class User:
    __entity_node__ = USER


def test_an_entity_is_selected_by_its_columns() -> None:
    statement = select(User, POST.attributes["title"])
    made = compiled(statement.join(OWNS))
    assert flat(made) == (
        "SELECT users.id, users.name, users.age, posts.title FROM users JOIN"
        " posts ON users.id = posts.user_id"
    )
    (entity, positions), (attribute, at) = made.result_items
    assert (entity, positions) == (USER, (0, 1, 2))
    assert (attribute, at) == (POST.attributes["title"], (3,))
    assert statement.column_descriptions[0]["name"] == "User"


def test_columns_of_entities_are_written_once() -> None:
    made = compiled(select(USER.attributes["age"], User))
    assert flat(made) == "SELECT users.age, users.id, users.name FROM users"
    assert [positions for _, positions in made.result_items] == [
        (0,),
        (1, 2, 0),
    ]


def test_entities_are_filtered_and_joined() -> None:
    adults = FakeEntity("Adult", users, users.c.age > 17)
    assert flat(select(adults).filter_by(name="x")) == (
        "SELECT users.id, users.name, users.age FROM users WHERE users.name ="
        " :name_1 AND users.age > :age_1"
    )
    statement = select(POST.attributes["id"]).join(
        adults, posts.c.user_id == users.c.id
    )
    assert flat(statement) == (
        "SELECT posts.id FROM posts JOIN users ON posts.user_id = users.id"
        " AND users.age > :age_1"
    )


def test_a_relationship_may_lead_over_another_table() -> None:
    a = users.alias("friend")
    friends = Relationship(
        (links, users.c.id == links.c.a_id),
        (FakeEntity("Friend", a), links.c.b_id == a.c.id),
    )
    assert flat(select(USER.attributes["id"]).join(friends)) == (
        "SELECT users.id FROM users JOIN links ON users.id = links.a_id JOIN"
        " users AS friend ON links.b_id = friend.id"
    )


def test_a_relationship_as_the_condition_of_another_target() -> None:
    p = posts.alias("p")
    way = Relationship((POST, and_(users.c.id == p.c.user_id)))
    assert flat(select(users.c.id).join(p, way)) == (
        "SELECT users.id FROM users JOIN posts AS p ON users.id = p.user_id"
    )


def test_an_entity_of_an_alias() -> None:
    alias = users.alias()
    assert isinstance(alias, Alias)
    entity = FakeEntity("User", alias)
    assert flat(select(entity).where(entity.attributes["id"] == 1)) == (
        "SELECT users_1.id, users_1.name, users_1.age FROM users AS users_1"
        " WHERE users_1.id = :id_1"
    )


def test_rows_of_another_statement() -> None:
    made = compiled(select(User).from_statement(text("SELECT * FROM x")))
    assert str(made) == "SELECT * FROM x"
    assert made.result_items == [(USER, (0, 1, 2))]
    assert [each.keyname for each in made.result_columns] == [
        "id",
        "name",
        "age",
    ]
