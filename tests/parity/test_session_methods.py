"""refresh, merge, run_sync and ORM-enabled UPDATE and DELETE of sessions.

The same programs run through both libraries. A program yields instances and
plain values by name; states, values, relationships and the views of the
session are compared after each step.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from parity.library import Library, ours, peer

Told = AsyncIterator[dict[str, Any]]
PROGRAMS: dict[str, Callable[[Any, Any], Told]] = {}


def program(function: Callable[[Any, Any], Told]) -> Any:
    PROGRAMS[function.__name__] = function
    return function


@cache
def _models(package: str) -> Any:
    lib = Library(package)
    orm, column = lib.orm, lib.orm.mapped_column
    integer, string = lib.Integer, lib.String

    class Base(orm.DeclarativeBase):  # type: ignore[misc, name-defined]
        pass

    links = lib.Table(
        "links",
        Base.metadata,
        lib.Column("post_id", lib.ForeignKey("posts.id"), primary_key=True),
        lib.Column("tag_id", lib.ForeignKey("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        id = column(integer, primary_key=True)
        name = column(string)
        age = column("user_age", integer)
        touched = column(integer, onupdate=lambda: 77)
        bio = orm.deferred(column(string))
        posts = orm.relationship(
            "Post", back_populates="user", cascade="all", order_by="Post.id"
        )
        card = orm.relationship("Card", back_populates="user", uselist=False)

        @lib.hybrid.hybrid_property
        def years(self) -> Any:
            return self.age

        @years.update_expression
        def years(cls, value: Any) -> Any:
            return [(cls.age, value)]

    class Card(Base):
        __tablename__ = "cards"
        id = column(integer, primary_key=True)
        number = column(string)
        user_id = column(integer, lib.ForeignKey("users.id"))
        user = orm.relationship("User", back_populates="card")

    class Post(Base):
        __tablename__ = "posts"
        id = column(integer, primary_key=True)
        title = column(string)
        user_id = column(integer, lib.ForeignKey("users.id"))
        user = orm.relationship("User", back_populates="posts")
        tags = orm.relationship("Tag", secondary=links, collection_class=set)

    class Tag(Base):
        __tablename__ = "tags"
        id = column(integer, primary_key=True)
        name = column(string)

    class Pair(Base):
        __tablename__ = "pairs"
        a = column(integer, primary_key=True)
        b = column(integer, primary_key=True, autoincrement=False)
        name = column(string)

    class Versioned(Base):
        __tablename__ = "versioned"
        id = column(integer, primary_key=True)
        name = column(string)
        version = column(integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    class Alone(Base):
        __tablename__ = "alone"
        id = column(integer, primary_key=True)
        user_id = column(integer, lib.ForeignKey("users.id"))
        user = orm.relationship("User", cascade="save-update")

    return SimpleNamespace(**{"lib": lib, **locals()})


async def _raised(lib: Any, awaitable: Any) -> str:
    """Return the name of what is raised."""
    try:
        await awaitable
    except lib.exc.SQLAlchemyError as error:
        return type(error).__name__
    return "nothing"


async def _executed(s: Any, m: Any, *args: Any) -> str:
    """Return the name of what execute() raises, also when it is called."""

    async def execute() -> None:
        statement, params, options = args
        await s.execute(statement, params, execution_options=options)

    return await _raised(m.lib, execute())


async def _filled(s: Any, m: Any) -> tuple[Any, Any]:
    a = m.User(name="a", age=1, posts=[m.Post(title="x"), m.Post(title="y")])
    b = m.User(name="b", age=2)
    s.add_all([a, b])
    await s.commit()
    await s.refresh(a)
    await s.refresh(b)
    return a, b


# -- refresh ------------------------------------------------------------------


@program
async def refreshed(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    yield {"a": a, "b": b}
    await s.execute(m.lib.text("UPDATE users SET name = 'new'"))
    yield {"a": a}
    await s.refresh(a, ["age"])
    yield {"a": a}
    await s.refresh(a, ["name"])
    yield {"a": a}
    b.name, b.age = "lost", 9
    await s.refresh(b)
    yield {"b": b}


@program
async def refreshed_relations(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    await s.refresh(a, ["posts"])
    yield {"a": a, "p": a.posts[0]}
    await s.refresh(a.posts[0], ["user", "title"])
    yield {"a": a, "p": a.posts[0]}
    await s.execute(m.lib.text("UPDATE posts SET user_id = 2 WHERE id = 1"))
    await s.refresh(a, ["posts", "name"])
    await s.refresh(b, attribute_names=("posts", "card"))
    yield {"a": a, "b": b}
    await s.refresh(a)
    yield {"a": a, "b": b}


@program
async def refreshed_eagerly(s: Any, m: Any) -> Told:
    await _filled(s, m)
    s.expunge_all()
    for load in (m.lib.orm.selectinload, m.lib.orm.joinedload):
        query = m.lib.select(m.User).options(load(m.User.posts))
        a, b = (await s.scalars(query.order_by(m.User.id))).unique().all()
        yield {"a": a, "b": b}
        await s.refresh(a)
        yield {"a": a, "b": b}
        await s.commit()
        await s.refresh(b)
        yield {"b": b}
        await s.refresh(b, ["name"])
        yield {"b": b}
        s.expunge_all()


@program
async def refreshed_deferred(s: Any, m: Any) -> Told:
    a, _ = await _filled(s, m)
    s.expunge_all()
    a = await s.get(m.User, 1)
    yield {"a": a}
    await s.refresh(a)
    yield {"a": a}
    await s.refresh(a, ["bio"])
    yield {"a": a}
    await s.refresh(a)
    yield {"a": a}


@program
async def refreshed_in_vain(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    await s.execute(m.lib.text("DELETE FROM users WHERE id = 2"))
    yield {"raised": await _raised(m.lib, s.refresh(b)), "b": b}
    yield {"raised": await _raised(m.lib, s.refresh(b, ["name"])), "b": b}
    new = m.User(name="new")
    yield {"raised": await _raised(m.lib, s.refresh(new)), "new": new}
    s.add(new)
    yield {"raised": await _raised(m.lib, s.refresh(new)), "new": new}
    s.expunge(a)
    yield {"raised": await _raised(m.lib, s.refresh(a)), "a": a}
    yield {"raised": await _raised(m.lib, s.refresh(5))}
    await s.flush()
    wrong = s.refresh(new, with_for_update={})
    yield {"raised": await _raised(m.lib, wrong)}
    await s.refresh(new, with_for_update=True)
    yield {"new": new}


@program
async def refresh_flushes(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    b.name = "flushed"
    a.name = "lost"
    await s.refresh(a)
    yield {"a": a, "b": b}
    b.name = "again"
    with s.no_autoflush:
        await s.refresh(a)
    yield {"a": a, "b": b}


@program
async def expired_with_posts(s: Any, m: Any) -> Told:
    a, _ = await _filled(s, m)
    await s.refresh(a, ["posts"])
    new = m.Post(title="new")
    a.posts.append(new)
    s.expire(a)
    yield {"a": a, "new": new}
    await s.refresh(a)
    await s.refresh(a, ["name", "posts"])
    yield {"a": a, "new": new}


# -- merge --------------------------------------------------------------------


@program
async def merged_new(s: Any, m: Any) -> Told:
    a = m.User(name="a", posts=[m.Post(title="x")])
    merged = await s.merge(a)
    yield {"a": a, "merged": merged, "p": a.posts[0]}
    await s.commit()
    yield {"a": a, "merged": merged}
    again = await s.merge(m.User(id=5, name="five"))
    yield {"again": again}
    await s.flush()
    yield {"again": again}


@program
async def merged_detached(s: Any, m: Any) -> Told:
    a, _ = await _filled(s, m)
    await s.refresh(a, ["posts"])
    s.expunge_all()
    a.name = "changed"
    a.posts[0].title = "changed too"
    a.posts.pop()
    a.posts.append(m.Post(title="third"))
    merged = await s.merge(a)
    yield {"a": a, "merged": merged, "same": merged is a}
    yield {f"p{at}": each for at, each in enumerate(merged.posts)}
    await s.flush()
    yield {"a": a, "merged": merged}
    await s.refresh(merged, ["posts"])
    yield {"merged": merged, "again": (await s.merge(merged)) is merged}


@program
async def merged_unchanged(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    s.expunge_all()
    merged = await s.merge(a)
    yield {"merged": merged}
    await s.flush()
    yield {"merged": merged}
    known = await s.get(m.User, 2)
    merged = await s.merge(b)
    yield {"merged": merged, "same": merged is known}


@program
async def merged_with_less(s: Any, m: Any) -> Told:
    await _filled(s, m)
    s.expunge_all()
    partial = m.User(id=1, name="partial")
    merged = await s.merge(partial)
    yield {"merged": merged, "partial": partial}
    await s.commit()
    await s.refresh(merged, ["name", "age", "posts"])
    yield {"merged": merged}
    emptied = await s.merge(m.User(id=1, posts=[], age=None))
    yield {"merged": emptied}
    await s.commit()
    await s.refresh(merged, ["name", "age", "posts"])
    yield {"merged": merged}
    yield {"posts": (await s.scalars(m.lib.select(m.Post.id))).all()}


@program
async def merged_without_loading(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    await s.refresh(a, ["posts"])
    s.expunge_all()
    merged = await s.merge(a, load=False)
    yield {"merged": merged, "p": merged.posts[0]}
    await s.flush()
    yield {"merged": merged}
    b.name = "changed"
    yield {"raised": await _raised(m.lib, s.merge(b, load=False))}
    new = m.User(name="new")
    yield {"raised": await _raised(m.lib, s.merge(new, load=False))}
    s.expire_all()
    s.expunge_all()
    merged = await s.merge(a, load=False)
    yield {"merged": merged}
    await s.refresh(merged)
    yield {"merged": merged}


@program
async def merged_many_to_one(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    await s.refresh(a, ["posts"])
    post = a.posts[0]
    s.expunge_all()
    post.user = b
    merged = await s.merge(post)
    yield {"post": merged, "user": merged.user}
    await s.flush()
    yield {"post": merged, "user": merged.user}
    alone = m.Alone(id=3, user=m.User(id=9, name="not merged"))
    merged = await s.merge(alone)
    yield {"merged": merged}
    none = await s.merge(m.Post(id=2, user=None))
    yield {"none": none}
    await s.flush()
    yield {"none": none}


@program
async def merged_many_to_many(s: Any, m: Any) -> Told:
    tag = m.Tag(id=1, name="t")
    post = m.Post(id=1, title="x", tags={tag, m.Tag(id=2, name="u")})
    merged = await s.merge(post)
    yield {"post": merged}
    await s.commit()
    s.expunge_all()
    other = m.Post(id=1, title="y", tags={m.Tag(id=2), m.Tag(id=3, name="n")})
    merged = await s.merge(other)
    yield {"post": merged}
    await s.commit()
    rows = await s.execute(m.lib.select(m.links))
    yield {"rows": sorted(tuple(row) for row in rows)}


@program
async def merged_one_to_one(s: Any, m: Any) -> Told:
    await _filled(s, m)
    s.add(m.Card(id=1, number="one", user_id=1))
    await s.flush()
    s.expunge_all()
    merged = await s.merge(m.User(id=1, card=m.Card(id=2, number="two")))
    yield {"card": merged.card.number}
    await s.flush()
    cards = await s.execute(m.lib.select(m.Card.id, m.Card.user_id))
    yield {"cards": sorted(tuple(row) for row in cards)}


@program
async def merged_twice(s: Any, m: Any) -> Told:
    user = m.User(id=1, name="a")
    posts = [m.Post(id=1, user=user), m.Post(id=2, user=m.User(id=1))]
    one = await s.merge(posts[0])
    two = await s.merge(posts[1])
    yield {"one": one, "two": two, "same": one.user is two.user}
    await s.commit()
    both = m.User(id=7, posts=[m.Post(id=5, title="x"), m.Post(id=5)])
    merged = await s.merge(both)
    yield {"merged": merged}


@program
async def merged_composite_key(s: Any, m: Any) -> Told:
    s.add(m.Pair(a=1, b=2, name="x"))
    await s.commit()
    s.expunge_all()
    yield {"pair": await s.merge(m.Pair(a=1, b=2, name="y"))}
    yield {"pair": await s.merge(m.Pair(a=1, b=3, name="z"))}
    await s.commit()


@program
async def merged_pending(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    with s.no_autoflush, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        # Both flush first where autoflush is on.
        merged = await s.merge(a)
    yield {"same": merged is a, "a": a, "warned": len(seen)}
    merged = await s.merge(a)
    yield {"same": merged is a, "a": a}


@program
async def merged_versions(s: Any, m: Any) -> Told:
    a = m.Versioned(name="a")
    s.add(a)
    await s.commit()
    await s.refresh(a)
    s.expunge_all()
    await s.execute(m.lib.text("UPDATE versioned SET version = 5"))
    yield {"raised": await _raised(m.lib, s.merge(a))}
    merged = await s.merge(m.Versioned(id=1, name="b"))
    yield {"merged": merged}
    await s.flush()
    yield {"merged": merged}


@program
async def merged_wrongly(s: Any, m: Any) -> Told:
    for wrong in (None, 5, object()):
        yield {"raised": await _raised(m.lib, s.merge(wrong))}


@program
async def merged_with_options(s: Any, m: Any) -> Told:
    await _filled(s, m)
    s.expunge_all()
    load = m.lib.orm.selectinload(m.User.posts)
    merged = await s.merge(m.User(id=1, name="q"), options=[load])
    yield {"merged": merged}


# -- run_sync -----------------------------------------------------------------


@program
async def in_a_thread(s: Any, m: Any) -> Told:
    def work(session: Any, name: str, *, age: int) -> Any:
        user = m.User(name=name, age=age)
        session.add(user)
        session.flush()
        with session.begin_nested():
            user.posts.append(m.Post(title="x"))
        try:
            with session.begin_nested():
                session.add(m.User(id=user.id))
                with session.no_autoflush:
                    seen = session.scalar(m.lib.select(m.lib.func.count()))
                session.flush()
        except m.lib.exc.IntegrityError:
            session.expire_all()
        titles = [each.title for each in user.posts]
        session.commit()
        return (
            titles,
            user.name,
            seen,
            session.get(m.User, user.id) is user,
            session.get(m.User, 99),
            user in session,
            len(session.new),
            session.in_transaction(),
            session.scalars(m.lib.select(m.User.name)).all(),
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield {"done": await s.run_sync(work, "a", age=3)}

    def lazily(session: Any) -> Any:
        user = session.get_one(m.User, 1)
        session.expire(user)
        merged = session.merge(m.User(id=1, age=9))
        session.refresh(user, ["bio"])
        found = user.posts[0].user is user
        session.delete(user.posts[0])
        session.flush()
        session.rollback()
        return found, merged is user, user.age, len(user.posts)

    yield {"done": await s.run_sync(lazily)}

    def fails(session: Any) -> None:
        session.get_one(m.User, 1000)

    yield {"raised": await _raised(m.lib, s.run_sync(fails))}

    def on_connection(session: Any) -> Any:
        return session.connection().scalar(m.lib.text("SELECT 5"))

    yield {"done": await s.run_sync(on_connection)}


# -- UPDATE and DELETE --------------------------------------------------------


async def _several(s: Any, m: Any) -> list[Any]:
    users = [m.User(name=name, age=at) for at, name in enumerate("abcd")]
    s.add_all(users)
    await s.commit()
    for each in users:
        await s.refresh(each)
    return users


def _as_dict(users: list[Any], **more: Any) -> dict[str, Any]:
    return {f"u{at}": each for at, each in enumerate(users)} | more


@program
async def updated_all_ways(s: Any, m: Any) -> Told:
    users = await _several(s, m)
    for how in ("auto", "evaluate", "fetch", False, None):
        statement = (
            m.lib.update(m.User)
            .where(m.User.age >= 2)
            .values(name=f"{how}")
            .execution_options(synchronize_session=how)
        )
        result = await s.execute(statement)
        yield _as_dict(users, count=result.rowcount)
    s.expire_all()
    await s.refresh(users[3])
    yield _as_dict(users)


CONDITIONS: list[Callable[[Any, Any], Any]] = [
    lambda lib, u: u.age == 1,
    lambda lib, u: u.age != 1,
    lambda lib, u: lib.or_(u.age < 1, u.age > 2),
    lambda lib, u: lib.and_(u.age < 2, u.name == "b"),
    lambda lib, u: lib.not_(u.age == 1),
    lambda lib, u: ~lib.or_(u.age == 1, u.name == "a"),
    lambda lib, u: u.age.in_([0, 3]),
    lambda lib, u: u.age.not_in([0, 3]),
    lambda lib, u: u.name.is_(None),
    lambda lib, u: u.age.is_not(None),
    lambda lib, u: u.age.between(1, 2),
    lambda lib, u: u.name.startswith("a"),
    lambda lib, u: u.name.endswith("b"),
    lambda lib, u: u.name.contains("c"),
    lambda lib, u: u.name.like("d%"),
    lambda lib, u: u.age + 1 == 2,
    lambda lib, u: u.age * 2 > 3,
    lambda lib, u: u.age % 2 == 1,
    lambda lib, u: u.name + "x" == "ax",
    lambda lib, u: lib.tuple_(u.age, u.name).in_([(1, "b"), (2, "x")]),
    lambda lib, u: lib.func.lower(u.name) == "c",
    lambda lib, u: -u.age == -2,
    lambda lib, u: u.years == 2,
    lambda lib, u: u.posts.any(),
    lambda lib, u: lib.true(),
    lambda lib, u: lib.false(),
    lambda lib, u: u.name == u.name,
]


@program
async def evaluated_conditions(s: Any, m: Any) -> Told:
    users = await _several(s, m)
    for at, make in enumerate(CONDITIONS):
        update = m.lib.update(m.User).where(make(m.lib, m.User))
        result = await s.execute(update.values(touched=at))
        yield _as_dict(users, at=at, count=result.rowcount)
        statement = update.values(touched=-at).execution_options(
            synchronize_session="evaluate"
        )
        raised = await _raised(m.lib, s.execute(statement))
        yield _as_dict(users, at=at, raised=raised)


@program
async def evaluated_values(s: Any, m: Any) -> Told:
    users = await _several(s, m)
    u = m.User
    for values in (
        {"name": "plain"},
        {"age": u.age + 10},
        {u.name: u.name + "!"},
        {"name": m.lib.func.upper(u.name)},
        {u.years: 5},
        {"age": None},
        {"touched": 3},
        {"bio": "bio"},
    ):
        await s.execute(m.lib.update(u).where(u.id < 3).values(values))
        yield _as_dict(users)
        for each in users:
            await s.refresh(each)
        yield _as_dict(users)


@program
async def deleted_all_ways(s: Any, m: Any) -> Told:
    users = await _several(s, m)
    for at, how in enumerate(("auto", "evaluate", "fetch", False)):
        statement = m.lib.delete(m.User).where(m.User.age == at)
        result = await s.execute(
            statement, execution_options={"synchronize_session": how}
        )
        yield _as_dict(users, count=result.rowcount)
    await s.rollback()
    yield _as_dict(users)
    for each in users:
        await s.refresh(each)
    await s.execute(m.lib.delete(m.User).where(m.User.name.contains("b")))
    yield _as_dict(users)
    await s.execute(m.lib.delete(m.User))
    yield _as_dict(users)
    await s.commit()
    yield _as_dict(users)


@program
async def updated_with_returning(s: Any, m: Any) -> Told:
    users = await _several(s, m)
    for how in ("auto", "fetch", False):
        statement = (
            m.lib.update(m.User)
            .where(m.User.age > 1)
            .values(name=f"r{how}")
            .returning(m.User.id, m.User.name)
        )
        result = await s.execute(
            statement, execution_options={"synchronize_session": how}
        )
        yield _as_dict(users, rows=sorted(tuple(row) for row in result))
    statement = (
        m.lib.update(m.User).values(name="all").returning(m.User)
    ).execution_options(populate_existing=True)
    found = (await s.scalars(statement)).all()
    yield _as_dict(users, same=[any(x is y for y in users) for x in found])
    statement = m.lib.delete(m.User).where(m.User.age == 0)
    found = await s.scalar(statement.returning(m.User.name))
    yield _as_dict(users, found=found)


@program
async def updated_what_is_expired(s: Any, m: Any) -> Told:
    users = await _several(s, m)
    s.expire(users[0])
    s.expire(users[1], ["name"])
    users[2].name = "set"
    with s.no_autoflush:
        await s.execute(m.lib.update(m.User).values(name="new"))
    yield _as_dict(users)
    users[3].age = 50
    statement = m.lib.update(m.User).values(age=60)
    await s.execute(statement, execution_options={"autoflush": False})
    yield _as_dict(users)
    users[3].name = "flushed"
    statement = m.lib.update(m.User).where(m.User.id > 3).values(age=1)
    await s.execute(statement)
    yield _as_dict(users)


@program
async def updated_in_bulk(s: Any, m: Any) -> Told:
    users = await _several(s, m)
    await s.execute(
        m.lib.update(m.User),
        [{"id": 1, "name": "x"}, {"id": 3, "name": "y"}],
    )
    yield _as_dict(users)
    await s.execute(m.lib.update(m.User), [{"id": 2, "age": 70}])
    yield _as_dict(users)
    names = [{"id": 2, "name": "unseen"}]
    for options in (
        {"synchronize_session": False},
        {"synchronize_session": None},
        {"synchronize_session": "evaluate"},
    ):
        await s.execute(m.lib.update(m.User), names, execution_options=options)
        yield _as_dict(users)
        names[0]["name"] += "!"
    missing = [{"id": 2, "name": "x"}, {"id": 99, "name": "y"}]
    yield {
        "raised": await _raised(
            m.lib, s.execute(m.lib.update(m.User), missing)
        )
    }
    pairs = [m.Pair(a=1, b=1, name="p"), m.Pair(a=1, b=2, name="q")]
    s.add_all(pairs)
    await s.flush()
    await s.execute(m.lib.update(m.Pair), [{"a": 1, "b": 2, "name": "z"}])
    yield {"p": pairs[0], "q": pairs[1]}


@program
async def refused_ways(s: Any, m: Any) -> Told:
    update, delete = m.lib.update(m.User), m.lib.delete(m.User)
    sets = [{"id": 1, "name": "x"}]
    await s.connection()
    for statement, params, options in (
        (update.values(name="x"), None, {"synchronize_session": "wrong"}),
        (delete, None, {"synchronize_session": True}),
        (update, sets, {"synchronize_session": "fetch"}),
        (delete, [{"a": 1}, {"a": 2}], {}),
        (
            update.where(m.User.name == m.lib.bindparam("n")),
            [{"n": "a", "name": "b"}, {"n": "b", "name": "c"}],
            {},
        ),
        (update.values(name="x"), None, {"dml_strategy": "bulk"}),
        (update.values(name="x"), None, {"dml_strategy": "other"}),
    ):
        yield {"raised": await _executed(s, m, statement, params, options)}


@program
async def inserted_in_bulk(s: Any, m: Any) -> Told:
    sets = [{"name": each, "age": at} for at, each in enumerate("xyz")]
    users = (
        await s.scalars(m.lib.insert(m.User).returning(m.User), sets)
    ).all()
    yield _as_dict(users, n=len(users))
    users = (
        await s.scalars(
            m.lib.insert(m.User).returning(
                m.User, sort_by_parameter_order=True
            ),
            [{"id": 50 - at, "name": "n"} for at in range(4)],
        )
    ).all()
    yield _as_dict(users, ids=[each.id for each in users])
    one = await s.scalar(
        m.lib.insert(m.User).values(name="one").returning(m.User)
    )
    yield {"one": one}
    same = await s.get(m.User, one.id)
    yield {"same": same is one}


# -- options of execute() -----------------------------------------------------


@program
async def populated_again(s: Any, m: Any) -> Told:
    a, b = await _filled(s, m)
    await s.execute(m.lib.text("UPDATE users SET name = 'new'"))
    a.age = 55
    query = m.lib.select(m.User).order_by(m.User.id)
    with s.no_autoflush:
        await s.scalars(query)
        yield {"a": a, "b": b}
        await s.scalars(query.execution_options(populate_existing=True))
        yield {"a": a, "b": b}
    await s.execute(m.lib.text("UPDATE users SET name = 'newer'"))
    found = await s.execute(
        query, execution_options={"populate_existing": True}
    )
    yield {"a": a, "b": b, "same": found.scalars().first() is a}
    await s.execute(m.lib.text("UPDATE users SET name = 'newest'"))
    found = await s.get(m.User, 1, populate_existing=True)
    yield {"a": a, "same": found is a}


@program
async def yielded(s: Any, m: Any) -> Told:
    await _several(s, m)
    query = m.lib.select(m.User.name).order_by(m.User.id)
    for execute in (
        s.stream(query.execution_options(yield_per=3)),
        s.stream(query, execution_options={"yield_per": 3}),
    ):
        result = await execute
        sizes = [len(part) async for part in result.partitions()]
        yield {"sizes": sizes}
    result = await s.execute(query, execution_options={"identity_token": "x"})
    yield {"names": result.scalars().all()}


# -- the comparison -----------------------------------------------------------


def _label(value: Any) -> Any:
    """Return what tells a related instance from others."""
    if value is None:
        return None
    seen = value.__dict__ if hasattr(value, "_sa_instance_state") else None
    names = ("id", "name", "title", "number")
    if seen is None:
        seen = {
            key: value._sac_peek(key, None)
            for key in names
            if key in type(value).__mapping__.slots
        }
    return type(value).__name__, *(seen.get(key) for key in names)


def _related(value: Any) -> Any:
    if isinstance(value, (list, set)):
        kind = "list" if isinstance(value, list) else "set"
        return kind, sorted(map(_label, value), key=repr)
    return _label(value)


def _described(lib: Any, session: Any, thing: Any) -> Any:
    if not hasattr(type(thing), "__mapper__"):
        return thing
    state = lib.inspect(thing)
    words = ("transient", "pending", "persistent", "deleted", "detached")
    columns = {each.key for each in state.mapper.column_attrs}
    loaded = sorted(state.dict.items())
    return {
        "is": [word for word in words if getattr(state, word)],
        "identity": state.identity,
        "differs": session.is_modified(thing),
        "expired": state.expired,
        "within": thing in session,
        "new": thing in session.new,
        # Whether a column is None or was left out is a question of flushes.
        "values": {
            key: value
            for key, value in loaded
            if key in columns and value is not None
        },
        "related": {
            key: _related(value)
            for key, value in loaded
            if key in state.mapper.relationships
        },
    }


async def _run(lib: Any, name: str) -> list[Any]:
    m = _models(lib._package)
    engine = lib.asyncio.create_async_engine("sqlite+aiosqlite://")
    told: list[Any] = []
    try:
        async with engine.begin() as connection:
            await connection.run_sync(m.Base.metadata.create_all)
        async with lib.asyncio.AsyncSession(engine) as session:
            held = []
            async for things in PROGRAMS[name](session, m):
                held.append(things)
                told.append(
                    {
                        key: _described(lib, session, each)
                        for key, each in things.items()
                    }
                )
                told.append(
                    (
                        len(session.new),
                        len(session.deleted),
                        session.in_transaction(),
                    )
                )
    finally:
        await engine.dispose()
    return told


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    told = asyncio.run(_run(ours, name))
    expected = asyncio.run(_run(peer, name))
    for at, (one, other) in enumerate(zip(told, expected, strict=False)):
        assert one == other, f"step {at // 2}"
    assert len(told) == len(expected) > 0
