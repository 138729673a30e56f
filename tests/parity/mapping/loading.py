"""Statements that load relationships with the rows, and what they read."""

from __future__ import annotations

import functools
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.mapping import library
from parity.mapping.library import Library, load
from parity.mapping.statements import Statement

SOURCE = Path(__file__).with_name("models_loading.py")
STATEMENTS: list[Statement] = []


def _add(prefix: str, sources: str, rows: bool = True) -> None:
    for block in sources.strip().split("\n\n"):
        name, _, source = block.partition(":")
        lines = [line.strip() for line in source.strip().split("\n")]
        joiner = "\n" if "result = " in source else " "
        text = joiner.join(lines).replace("\n.", ".")
        STATEMENTS.append(Statement(f"{prefix}_{name.strip()}", text, rows))


@functools.cache
def models(lib: Library) -> ModuleType:
    """Return the module of the models with the names of a library."""
    return load(lib, "models_loading", SOURCE.read_text())


def statement(lib: Library, given: Statement) -> Any:
    """Return a statement made with the names of a library."""
    return library.value(lib, models(lib), given.source)


def create(path: Path) -> None:
    """Make the database, by the peer."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    metadata = models(library.PEERS).Base.metadata
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, columns, rows in ROWS:
            table = metadata.tables[name]
            names = columns.split()
            connection.execute(
                table.insert(),
                [dict(zip(names, row, strict=True)) for row in rows],
            )
    engine.dispose()


ROWS: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    ("teams", "id name", [(1, "red"), (2, "blue"), (3, "none")]),
    (
        "users",
        "id name team_id about secret motto",
        [
            (1, "ann", 1, "a1", "s1", "m1"),
            (2, "bob", 1, "a2", "s2", None),
            (3, "cid", None, None, None, None),
            (4, "dan", 2, "a4", "s4", "m4"),
        ],
    ),
    ("cards", "id number user_id", [(1, "c-1", 1), (2, "c-2", 4)]),
    (
        "posts",
        "id title stars user_id editor_id body",
        [
            (1, "one", 5, 1, 2, "b1"),
            (2, "two", 3, 1, None, "b2"),
            (3, "three", 4, 2, 1, None),
            (4, "four", 1, None, 4, "b4"),
            (5, "five", 5, 4, 4, "b5"),
        ],
    ),
    (
        "comments",
        "id text stars post_id user_id",
        [
            (1, "x", 1, 1, 2),
            (2, "y", 9, 1, 3),
            (3, "z", 9, 1, None),
            (4, "w", 2, 3, 1),
            (5, "v", 3, 5, 4),
        ],
    ),
    ("tags", "id word", [(1, "wet"), (2, "dry"), (3, "odd")]),
    (
        "marks",
        "post_id tag_id weight",
        [(1, 1, "a"), (1, 2, "b"), (2, 2, "c"), (5, 3, "d"), (5, 1, "e")],
    ),
    (
        "nodes",
        "id name parent_id",
        [
            (1, "root", None),
            (2, "a", 1),
            (3, "b", 1),
            (4, "aa", 2),
            (5, "aaa", 4),
        ],
    ),
    ("wires", "id next_id", [(1, None), (2, 1), (3, 3)]),
    (
        "places",
        "x y kind floors",
        [(1, 1, "house", 3), (1, 2, "place", None), (2, 1, "house", None)],
    ),
    (
        "people",
        "id kind name x y",
        [
            (1, "boss", "zoe", 1, 1),
            (2, "clerk", "yan", 1, 1),
            (3, "clerk", "xia", 2, 1),
            (4, "person", "wim", None, None),
        ],
    ),
    ("bosses", "id car", [(1, "fiat")]),
    ("clerks", "id desk boss_id", [(2, "left", 1), (3, "right", None)]),
]

_add(
    "joined",
    """
many: select(User).options(joinedload(User.posts))

many_and_card_left_out: select(User).options(
    joinedload(User.posts), lazyload(User.card))

lazy_joined: select(User)

lazy_joined_inner: select(Card)

lazy_joined_depth: select(Node)

lazy_joined_self: select(Wire)

two_collections: select(Post).options(
    joinedload(Post.comments), joinedload(Post.tags))

two_collections_deep: select(User).options(
    joinedload(User.posts).options(
        joinedload(Post.comments), joinedload(Post.tags)))

set_collection: select(Team).options(joinedload(Team.users))

one: select(Post).options(joinedload(Post.user))

one_of_two_ways: select(Post).options(
    joinedload(Post.user), joinedload(Post.editor))

chain: select(User).options(
    joinedload(User.posts).joinedload(Post.comments))

chain_of_three: select(Team).options(joinedload(Team.users)
    .joinedload(User.posts).joinedload(Post.tags))

chain_back: select(User).options(
    joinedload(User.posts).joinedload(Post.user))

chain_by_keys: select(User).options(joinedload(User.posts, Post.comments))

default_then_joined: select(User).options(
    joinedload(User.posts), defaultload(User.posts).joinedload(Post.tags))

inner: select(Post).options(joinedload(Post.user, innerjoin=True))

inner_many: select(User).options(joinedload(User.posts, innerjoin=True))

inner_nested: select(User).options(
    joinedload(User.posts).joinedload(Post.comments, innerjoin=True))

inner_unnested: select(User).options(joinedload(User.posts)
    .joinedload(Post.comments, innerjoin="unnested"))

inner_inner: select(User).options(joinedload(User.posts, innerjoin=True)
    .joinedload(Post.comments, innerjoin=True))

inner_then_outer: select(User).options(joinedload(User.posts, innerjoin=True)
    .joinedload(Post.comments))

inner_of_the_mapping: select(Comment).options(joinedload(Comment.post))

inner_nested_twice: select(Team).options(joinedload(Team.users)
    .joinedload(User.posts, innerjoin=True)
    .joinedload(Post.comments, innerjoin=True))

inner_nested_siblings: select(User).options(joinedload(User.posts).options(
    joinedload(Post.comments, innerjoin=True),
    joinedload(Post.tags, innerjoin=True)))

inner_nested_siblings_deep: select(Team).options(
    joinedload(Team.users).options(
    joinedload(User.posts, innerjoin=True).joinedload(
        Post.comments, innerjoin=True),
    joinedload(User.comments, innerjoin=True)))

inner_nested_and_outer: select(User).options(joinedload(User.posts).options(
    joinedload(Post.comments), joinedload(Post.tags, innerjoin=True)))

inner_secondary: select(Post).options(joinedload(Post.tags, innerjoin=True))

secondary: select(Post).options(joinedload(Post.tags))

secondary_back: select(Tag).options(
    joinedload(Tag.posts).joinedload(Post.tags))

secondary_nested_inner: select(Tag).options(
    joinedload(Tag.posts).joinedload(Post.user, innerjoin=True))

self_one_level: select(Node).options(
    lazyload(Node.children), joinedload(Node.parent))

self_three_levels: select(Node).options(joinedload(Node.children)
    .joinedload(Node.children).joinedload(Node.children))

self_back: select(Node).options(
    joinedload(Node.parent).joinedload(Node.children))

on_alias: result = aliased(User)
    result = select(result).options(joinedload(result.posts))

on_named_alias: result = aliased(User, name="u")
    result = select(result).options(
    joinedload(result.posts).joinedload(Post.tags)).order_by(result.name)

on_alias_and_class: other = aliased(User, name="other")
    result = select(User, other).join(other, other.id > User.id).options(
    joinedload(User.posts), joinedload(other.team))

two_entities: select(User, Post).join(Post, Post.user_id == User.id)
    .options(joinedload(User.team), joinedload(Post.comments))

two_entities_apart: select(User, Post).where(Post.user_id == User.id)
    .options(joinedload(Post.comments))

two_entities_the_first: select(User, Post).where(Post.user_id == User.id)
    .options(joinedload(User.posts))

entity_and_column: select(User, Post.title).join(
    Post, Post.user_id == User.id).options(joinedload(User.comments))

column_first: select(User.name, User).options(joinedload(User.posts))

of_type_alias: result = aliased(Post, name="p")
    result = select(User).options(joinedload(User.posts.of_type(result)))

and: select(User).options(joinedload(User.posts.and_(Post.stars > 3)))

and_secondary: select(Post).options(joinedload(Post.tags.and_(
    Tag.word != "dry")))

and_chain: select(User).options(joinedload(User.posts.and_(Post.stars > 3))
    .joinedload(Post.comments.and_(Comment.stars < 9)))

order_by: select(User).options(joinedload(User.posts)).order_by(
    User.name.desc())

order_by_two_relations: select(User).options(
    joinedload(User.posts).joinedload(Post.comments)).order_by(User.name)

with_join: select(User).join(Post, Post.user_id == User.id)
    .where(Post.stars > 3).options(joinedload(User.posts))

with_outer_join: select(User).outerjoin(User.comments).options(
    joinedload(User.posts))

select_from: select(User).select_from(Post).join(
    User, User.id == Post.user_id).options(joinedload(User.comments))

where_other_table: select(User).where(User.id == Post.user_id)
    .options(joinedload(User.team))

where_exists: select(User).where(User.posts.any(Post.stars == 5))
    .options(joinedload(User.posts))

wildcard_lazy: select(User).options(lazyload("*"), joinedload(User.team))

wildcard_joined: select(Team).options(joinedload("*"))

wildcard_of_entity: select(User).options(
    joinedload(User.posts).lazyload("*"))

deferred_foreign_key: select(Post).options(
    load_only(Post.title), joinedload(Post.user))

deferred_key_limit: select(Post).options(load_only(Post.title),
    joinedload(Post.user), joinedload(Post.tags)).limit(3)

composite_key: select(House).options(joinedload(House.people))

to_single_subclass: select(Person).options(joinedload(Person.house))

to_joined_subclass: select(Boss).options(joinedload(Boss.clerks))

from_joined_subclass: select(Clerk).options(joinedload(Clerk.boss))

from_joined_subclass_limit: select(Boss).options(
    joinedload(Boss.clerks)).limit(1)

subclass_chain: select(Boss).options(joinedload(Boss.clerks)
    .joinedload(Clerk.house), joinedload(Boss.house))

subclass_inner: select(Boss).options(
    joinedload(Boss.clerks).joinedload(Clerk.boss, innerjoin=True))

polymorphic_base: select(Person)

raise_of_others: select(User).options(
    joinedload(User.posts), raiseload("*"))

noload: select(User).options(noload(User.posts), noload(User.team))

nothing: select(User).where(User.id > 99).options(joinedload(User.posts))

column_only: select(User).options(joinedload(User.posts))
    .with_only_columns(User.name)

count: select(User).options(joinedload(User.posts))
    .with_only_columns(func.count())
""",
)
_add(
    "wrapped",
    """
limit: select(User).options(joinedload(User.posts)).limit(2)

offset: select(User).options(joinedload(User.posts)).offset(1)

limit_order: select(User).options(joinedload(User.posts))
    .order_by(User.name.desc()).limit(2).offset(1)

limit_order_by_expression: select(User).options(joinedload(User.posts))
    .order_by(func.lower(User.name), User.id + 1).limit(3)

limit_order_by_deferred: select(User).options(joinedload(User.posts))
    .order_by(User.about).limit(3)

limit_order_nulls: select(User).options(joinedload(User.posts))
    .order_by(User.team_id.desc().nulls_last(), User.id.desc()).limit(3)

limit_one: select(Post).options(joinedload(Post.user)).limit(2)

limit_one_and_many: select(Post).options(
    joinedload(Post.user), joinedload(Post.comments)).limit(2)

limit_chain: select(User).options(
    joinedload(User.posts).joinedload(Post.tags)).limit(2)

limit_secondary: select(Post).options(joinedload(Post.tags)).limit(2)

limit_self: select(Node).order_by(Node.id.desc()).limit(3)

limit_inner: select(User).options(
    joinedload(User.posts, innerjoin=True)).order_by(User.id).limit(2)

limit_where: select(User).where(User.name != "bob").options(
    joinedload(User.posts.and_(Post.stars > 3))).limit(2)

limit_join: select(User).join(Post, Post.user_id == User.id)
    .where(Post.stars > 3).options(joinedload(User.posts))
    .order_by(Post.stars, User.id).limit(2)

limit_alias: result = aliased(User)
    result = select(result).options(joinedload(result.posts)).limit(2)

limit_two_entities: select(User, Post).join(Post, Post.user_id == User.id)
    .options(joinedload(User.comments)).order_by(Post.id).limit(3)

limit_entity_and_column: select(User, Post.title.label("what")).join(
    Post, Post.user_id == User.id).options(joinedload(User.comments))
    .order_by("what").limit(3)

limit_entity_and_function: select(User, func.upper(User.name)).options(
    joinedload(User.comments)).limit(3)

limit_undeferred: select(User).options(undefer(User.about),
    joinedload(User.posts).undefer(Post.body)).limit(2)

distinct: select(User).options(joinedload(User.posts)).distinct()

distinct_order: select(User).options(joinedload(User.posts)).distinct()
    .order_by(User.name)

group_by: select(User, func.count(Post.id)).join(
    Post, Post.user_id == User.id).group_by(User.id).options(
    joinedload(User.posts))

two_relations_order: select(User).options(
    joinedload(User.posts).joinedload(Post.comments))
    .order_by(User.name.desc()).limit(2)
""",
)
_add(
    "contains",
    """
many: select(User).join(Post, Post.user_id == User.id)
    .where(Post.stars > 3).options(contains_eager(User.posts))

one: select(Post).join(Post.user).options(contains_eager(Post.user))

alias: result = aliased(Post)
    result = select(User).join(result, result.user_id == User.id).options(
    contains_eager(User.posts, alias=result))

of_type: result = aliased(Post, name="mine")
    result = select(User).join(User.posts.of_type(result)).options(
    contains_eager(User.posts.of_type(result)))

chain: select(User).join(User.posts).join(Post.comments).options(
    contains_eager(User.posts).contains_eager(Post.comments))

chain_of_aliases: p = aliased(Post)
    c = aliased(Comment)
    result = select(User).join(User.posts.of_type(p)).join(
    p.comments.of_type(c)).options(contains_eager(
    User.posts.of_type(p)).contains_eager(p.comments.of_type(c)))

then_joined: select(User).join(User.posts).options(
    contains_eager(User.posts).joinedload(Post.comments))

then_load_only: select(User).join(User.posts).options(
    contains_eager(User.posts).load_only(Post.title))

then_joined_limit: select(Post).join(Post.user).options(
    contains_eager(Post.user).joinedload(User.comments)).limit(2)

limit: select(User).join(User.posts).options(
    contains_eager(User.posts)).limit(2)

limit_and_joined: select(User).join(User.posts).options(
    contains_eager(User.posts), joinedload(User.comments)).limit(2)

self: result = aliased(Node, name="up")
    result = select(Node).join(Node.parent.of_type(result)).options(
    contains_eager(Node.parent.of_type(result)), lazyload(Node.children))
""",
)
_add(
    "columns",
    """
load_only: select(User).options(load_only(User.name))

load_only_raise: select(User).options(load_only(User.name, raiseload=True))

load_only_twice: select(User).options(
    load_only(User.name), load_only(User.team_id))

defer: select(User).options(defer(User.name))

defer_key: select(User).options(defer(User.id))

undefer: select(User).options(undefer(User.about))

undefer_group: select(User).options(undefer_group("hidden"))

undefer_all: select(User).options(undefer("*"))

defer_all: select(User).options(defer("*"), undefer(User.name))

of_a_relation: select(User).options(
    joinedload(User.posts).load_only(Post.title))

of_a_relation_undefer: select(User).options(
    joinedload(User.posts).undefer(Post.body))

of_a_relation_defer: select(User).options(
    joinedload(User.posts).defer(Post.title))

of_a_relation_group: select(Post).options(
    joinedload(Post.user).undefer_group("hidden"))

of_a_default: select(User).options(
    defaultload(User.card).load_only(Card.number))

on_alias: result = aliased(User)
    result = select(result).options(load_only(result.name))

on_subclass: select(Clerk).options(load_only(Clerk.desk))

load_only_and_joined: select(Post).options(
    load_only(Post.title), joinedload(Post.comments)
    .load_only(Comment.text))
""",
)
_add(
    "criteria",
    """
plain: select(User).options(with_loader_criteria(User, User.id > 1))

of_the_joined: select(User).options(joinedload(User.posts),
    with_loader_criteria(Post, Post.stars > 3))

of_both: select(User).options(joinedload(User.posts),
    with_loader_criteria(Post, Post.stars > 3),
    with_loader_criteria(User, User.id < 4))

by_function: select(User).options(joinedload(User.posts),
    with_loader_criteria(Post, lambda cls: cls.stars > 3))

of_a_join: select(User).join(User.comments).options(
    joinedload(User.posts), with_loader_criteria(Comment, Comment.stars > 1))

limit: select(User).join(User.comments).options(joinedload(User.posts),
    with_loader_criteria(Comment, Comment.stars > 1)).limit(2)

count: select(User).options(with_loader_criteria(User, User.id > 1))
    .with_only_columns(func.count())
""",
)
