"""``write_only`` and ``dynamic`` relationships: the peer's rows and results.

Each program runs through both libraries; compared are what it yields, the
warnings, the exception that it ends with and all rows that are there then.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from parity.library import Library, ours, peer


def models(lib: Library) -> SimpleNamespace:
    """Return classes whose collections are written, of each kind."""
    orm, F = lib.orm, lib.ForeignKey

    class Base(orm.DeclarativeBase):
        inspected = staticmethod(lib.inspect)

    def key() -> Any:
        return orm.mapped_column(lib.Integer, primary_key=True)

    def owner(name: str = "users.id") -> Any:
        return orm.mapped_column(lib.Integer, F(name))

    def text() -> Any:
        return orm.mapped_column(lib.String)

    post_tags = lib.Table(
        "post_tags",
        Base.metadata,
        lib.Column("post_id", F("posts.id"), primary_key=True),
        lib.Column("tag_id", F("tags.id"), primary_key=True),
    )
    post_labels = lib.Table(
        "post_labels",
        Base.metadata,
        lib.Column("post_id", F("posts.id"), primary_key=True),
        lib.Column("tag_id", F("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        id = key()
        name = text()
        posts = orm.relationship(
            "Post",
            lazy="write_only",
            back_populates="user",
            order_by="Post.id",
            passive_deletes=True,
        )
        notes = orm.relationship(
            "Note", lazy="dynamic", back_populates="user", order_by="Note.id"
        )
        items = orm.relationship(
            "Item",
            lazy="write_only",
            cascade="all, delete-orphan",
            passive_deletes=True,
            order_by="Item.id",
        )
        drafts = orm.relationship(
            "Draft",
            lazy="dynamic",
            cascade="all, delete-orphan",
            backref="user",
        )
        cards = orm.relationship("Card", lazy="write_only")
        coins = orm.relationship(
            "Coin", lazy="write_only", cascade="all, delete-orphan"
        )
        views = orm.relationship(
            "Post", lazy="dynamic", viewonly=True, order_by="Post.id"
        )

    class Post(Base):
        __tablename__ = "posts"
        id = key()
        title = text()
        user_id = owner()
        user = orm.relationship("User", back_populates="posts")
        tags = orm.relationship(
            "Tag",
            secondary=post_tags,
            lazy="write_only",
            back_populates="posts",
            order_by="Tag.id",
            passive_deletes=True,
        )
        labels = orm.relationship(
            "Tag", secondary=post_labels, lazy="dynamic", order_by="Tag.id"
        )

    class Tag(Base):
        __tablename__ = "tags"
        id = key()
        posts = orm.relationship(
            "Post",
            secondary=post_tags,
            lazy="dynamic",
            back_populates="tags",
            order_by="Post.id",
        )

    class Note(Base):
        __tablename__ = "notes"
        id = key()
        text_ = text()
        user_id = owner()
        user = orm.relationship("User", back_populates="notes")

    class Item(Base):
        __tablename__ = "items"
        id = key()
        user_id = owner()

    class Draft(Base):
        __tablename__ = "drafts"
        id = key()
        user_id = owner()

    class Card(Base):
        __tablename__ = "cards"
        id = key()
        user_id = owner()

    class Coin(Base):
        __tablename__ = "coins"
        id = key()
        user_id = owner()

    class Node(Base):
        __tablename__ = "nodes"
        id = key()
        parent_id = owner("nodes.id")
        children = orm.relationship(
            "Node",
            lazy="dynamic",
            backref=orm.backref("parent", remote_side=id),
        )

    found = dict(locals())
    found.update(inspect=lib.inspect, orm=orm, lib=lib, select=lib.select)
    return SimpleNamespace(**found)


PROGRAMS: dict[str, Callable[..., AsyncIterator[Any]]] = {}


def program(function: Any) -> Any:
    PROGRAMS[function.__name__] = function
    return function


def ids(items: Any) -> list[Any]:
    return [each.id for each in items]


def facts(session: Any) -> list[Any]:
    """Return what is in a session, without reading what is expired."""

    def name(each: Any) -> str:
        known = each.inspected(each).identity
        return f"{type(each).__name__} {known[0] if known else each.id}"

    return [
        sorted(map(name, part))
        for part in (session.new, session.dirty, session.deleted)
    ]


async def filled(m: Any, s: Any) -> Any:
    """Return a user with two of everything, committed."""
    user = m.User(
        id=1,
        name="a",
        posts=[m.Post(id=1, title="x"), m.Post(id=2, title="y")],
        notes=[m.Note(id=1, text_="x"), m.Note(id=2, text_="y")],
        items=[m.Item(id=1), m.Item(id=2)],
        drafts=[m.Draft(id=1), m.Draft(id=2)],
    )
    s.add_all([user, m.User(id=2, name="b"), m.Tag(id=1), m.Tag(id=2)])
    await s.commit()
    return user


@program
async def added_to_new(m: Any, s: Any) -> AsyncIterator[Any]:
    user = m.User(id=1)
    post = m.Post(id=1)
    user.posts.add(post)
    user.posts.add_all([m.Post(id=2), m.Post(id=3)])
    user.notes.append(m.Note(id=1))
    user.notes.extend([m.Note(id=2)])
    user.notes.add(m.Note(id=3))
    user.notes.add_all([m.Note(id=4)])
    yield post.user is user, ids(user.notes), user.notes.count()
    yield user.notes[1].id, ids(user.notes[1:])
    user.posts.remove(post)
    yield post.user
    s.add(user)
    yield facts(s)
    await s.flush()
    yield facts(s)
    yield ids(await s.scalars(user.posts.select()))
    await s.commit()
    yield ids(await s.scalars(user.posts.select()))
    await s.rollback()


@program
async def replaced_before_the_row(m: Any, s: Any) -> AsyncIterator[Any]:
    one, two, three = m.Post(id=1), m.Post(id=2), m.Post(id=3)
    user = m.User(id=1, posts=[one, two])
    user.posts = [two, three]
    yield one.user is None, two.user is user, three.user is user
    user.notes = {m.Note(id=1)}
    user.notes = (m.Note(id=2), m.Note(id=3))
    s.add(user)
    yield facts(s)
    await s.commit()


@program
async def replaced_with_a_row(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)

    def replace(_: Any) -> list[Any]:
        first = user.notes.first()
        user.notes = [first, m.Note(id=9)]
        return ids(user.notes)

    yield await s.run_sync(replace)
    await s.commit()
    user.posts = []


@program
async def added_and_removed(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    post = await s.get(m.Post, 1)
    user.posts.remove(post)
    user.posts.add(m.Post(id=3))
    note = await s.get(m.Note, 1)
    user.notes.remove(note)
    user.notes.append(m.Note(id=3))
    yield facts(s)
    await s.flush()
    yield facts(s), post.user_id, note.user_id
    user.posts.add(post)
    await s.commit()
    yield [
        tuple(each)
        for each in await s.execute(m.select(m.Post.id, m.Post.user_id))
    ]


@program
async def removed_and_added_again(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    post = await s.get(m.Post, 1)
    user.posts.remove(post)
    user.posts.add(post)
    draft = await s.get(m.Draft, 1)
    user.drafts.remove(draft)
    user.drafts.append(draft)
    yield facts(s)
    await s.commit()


@program
async def moved(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    await s.refresh(user)
    other = await s.get(m.User, 2)
    post = await s.get(m.Post, 1)
    other.posts.add(post)
    note = await s.get(m.Note, 1)
    note.user = other
    yield facts(s)
    await s.commit()
    yield ids(await s.scalars(user.posts.select()))
    yield ids(await s.scalars(other.posts.select()))


@program
async def from_the_other_side(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    s.add(m.Post(id=5, user=user))
    fresh = m.User(id=3)
    m.Note(id=5, user=fresh)
    yield ids(fresh.notes)
    s.add(fresh)
    yield facts(s)
    post = await s.get(m.Post, 1)
    post.user = None
    await s.commit()
    yield ids(await s.scalars(user.posts.select()))
    yield ids(await s.scalars(user.posts.select().where(m.Post.id > 4)))


@program
async def loaded_other_side(m: Any, s: Any) -> AsyncIterator[Any]:
    await filled(m, s)
    s.expunge_all()
    post = await s.get(m.Post, 1, options=[m.orm.selectinload(m.Post.user)])
    user, other = post.user, await s.get(m.User, 2)
    other.posts.add(post)
    yield facts(s), post.user is other
    history = m.inspect(user).attrs.posts.history
    yield [ids(part) for part in history]
    await s.commit()


@program
async def orphans(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    user.items.remove(await s.get(m.Item, 1))
    user.drafts.remove(await s.get(m.Draft, 2))
    pending = m.Item(id=7)
    user.items.add(pending)
    yield facts(s)
    user.items.remove(pending)
    yield pending in s.new
    await s.commit()
    yield ids(await s.scalars(user.items.select()))


@program
async def deleted_parent(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    for each in ("cards", "coins"):
        del each
    user.posts.add(m.Post(id=8))
    yield facts(s)
    await s.delete(user)
    yield facts(s)
    await s.commit()


@program
async def refused_cascade(m: Any, s: Any) -> AsyncIterator[Any]:
    await filled(m, s)
    user = m.User(id=5, coins=[m.Coin(id=1)])
    s.add(user)
    await s.commit()
    yield user.id
    await s.delete(user)
    yield "not reached"


@program
async def many_to_many(m: Any, s: Any) -> AsyncIterator[Any]:
    await filled(m, s)
    post = await s.get(m.Post, 1)
    one, two = await s.get(m.Tag, 1), await s.get(m.Tag, 2)
    post.tags.add_all([one, two])
    post.labels.append(one)
    yield facts(s)
    await s.flush()
    yield ids(await s.scalars(post.tags.select()))
    yield await s.run_sync(lambda _: (ids(one.posts), one.posts.count()))
    post.tags.remove(one)
    post.labels.remove(one)
    post.labels.append(two)
    await s.commit()
    yield ids(await s.scalars(post.tags.select()))
    yield await s.run_sync(lambda _: ids(post.labels.filter(m.Tag.id > 1)))
    two.posts.remove(post)
    two.posts.append(await s.get(m.Post, 2))
    await s.commit()
    post.tags.insert()


@program
async def deleted_many_to_many(m: Any, s: Any) -> AsyncIterator[Any]:
    await filled(m, s)
    post = await s.get(m.Post, 1)
    one, two = await s.get(m.Tag, 1), await s.get(m.Tag, 2)
    post.labels.extend([one, two])
    one.posts.append(post)
    await s.commit()
    await s.delete(one)
    await s.flush()
    yield facts(s)
    await s.delete(post)
    await s.commit()


@program
async def missing_link(m: Any, s: Any) -> AsyncIterator[Any]:
    await filled(m, s)
    post, tag = await s.get(m.Post, 1), await s.get(m.Tag, 1)
    post.tags.remove(tag)
    await s.flush()
    yield "not reached"


@program
async def rolled_back(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    user.posts.add(m.Post(id=3))
    user.notes.remove(await s.get(m.Note, 1))
    await s.rollback()
    yield facts(s)
    await s.commit()
    user.posts.add(m.Post(id=4))
    await s.flush()
    await s.rollback()
    yield facts(s)
    yield ids(await s.scalars(user.posts.select()))
    await s.commit()


@program
async def savepoints(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    nested = await s.begin_nested()
    user.posts.add(m.Post(id=3))
    await s.flush()
    await nested.rollback()
    yield facts(s), ids(await s.scalars(user.posts.select()))
    async with s.begin_nested():
        user.posts.add(m.Post(id=4))
    await s.commit()


@program
async def expired(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    user.posts.add(m.Post(id=3))
    yield facts(s)
    s.expire(user)
    yield [list(part) for part in m.inspect(user).attrs.posts.history]
    await s.commit()
    user.posts.add(m.Post(id=4))
    s.expire(user, ["posts"])
    await s.commit()
    user.posts.add(m.Post(id=5))
    await s.refresh(user)
    await s.commit()


@program
async def merged(m: Any, s: Any) -> AsyncIterator[Any]:
    await filled(m, s)
    s.expunge_all()
    user = await s.merge(
        m.User(id=1, name="c", posts=[m.Post(id=7)], notes=[m.Note(id=7)])
    )
    yield facts(s), user.name
    fresh = await s.merge(m.User(id=8, posts=[m.Post(id=8)]))
    yield facts(s), fresh.id
    await s.commit()


@program
async def detached(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    yield user.id
    s.expunge(user)
    yield ids(user.notes)
    user.posts.add(m.Post(id=3))
    s.add(user)
    yield facts(s)
    await s.commit()
    s.expunge(user)
    user.notes.filter_by(id=1).all()


@program
async def without_autoflush(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    s.autoflush = False
    user.notes.append(m.Note(id=3))
    yield await s.run_sync(lambda _: ids(user.notes))
    fresh = m.User(id=3, notes=[m.Note(id=4)])
    s.add(fresh)
    yield ids(fresh.notes), fresh.notes.count()


@program
async def queries(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)

    def ask(_: Any) -> list[Any]:
        notes = user.notes
        return [
            ids(notes),
            ids(notes.all()),
            notes.count(),
            notes.first().id,
            ids(notes.filter_by(text_="y")),
            ids(notes.where(m.Note.id == 2)),
            notes.filter(m.Note.id == 2).one().text_,
            notes.filter(m.Note.id == 3).one_or_none(),
            notes.filter(m.Note.id == 3).first(),
            ids(notes.order_by(None).order_by(m.Note.id.desc())),
            ids(notes.limit(1)),
            ids(notes.offset(1).limit(1)),
            notes.limit(1).count(),
            notes[0].id,
            ids(notes[0:1]),
            ids(notes.join(m.Note.user).filter(m.User.name == "a")),
            notes.filter(m.Note.id > 5).count(),
            ids(user.views),
            ids(notes.options(m.orm.joinedload(m.Note.user)).distinct()),
        ]

    yield await s.run_sync(ask)
    await s.run_sync(lambda _: user.notes.one())


@program
async def no_result(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    yield user.id
    await s.run_sync(lambda _: user.notes.filter_by(id=9).one())


@program
async def bulk(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    await s.execute(
        user.posts.insert(),
        [{"id": 10, "title": "p"}, {"id": 11, "title": "q"}],
    )
    found = await s.scalars(
        user.posts.insert().returning(m.Post), [{"id": 12, "title": "r"}]
    )
    yield ids(found)
    result = await s.execute(
        user.posts.update().where(m.Post.id > 10).values(title="z")
    )
    yield result.rowcount
    result = await s.execute(user.posts.delete().where(m.Post.title == "z"))
    yield result.rowcount
    yield ids(await s.scalars(user.posts.select()))
    await s.commit()


@program
async def texts(m: Any, s: Any) -> AsyncIterator[Any]:
    user, post = m.User(id=1), m.Post(id=1)
    yield str(user.posts.select())
    yield str(user.posts.select().where(m.Post.title == "x").limit(3))
    yield str(user.posts.insert()), str(user.posts.delete())
    yield str(user.posts.update().values(title="x"))
    yield str(post.tags.select())
    yield str(user.notes.statement)
    yield str(m.Node(id=1).children.statement)
    yield str(m.User.posts.any(m.Post.title == "x"))
    yield str(m.select(m.User).join(m.User.notes))


@program
async def pending_select(m: Any, s: Any) -> AsyncIterator[Any]:
    user = m.User(name="new", posts=[m.Post(title="x")])
    s.add(user)
    statement = user.posts.select()
    yield [each.title for each in await s.scalars(statement)]
    fresh = m.User(name="without")
    await s.scalars(fresh.posts.select())


@program
async def trees(m: Any, s: Any) -> AsyncIterator[Any]:
    root = m.Node(id=1)
    root.children.append(m.Node(id=2))
    root.children.extend([m.Node(id=3), m.Node(id=4)])
    root.children[0].children.append(m.Node(id=5))
    s.add(root)
    yield facts(s)
    await s.commit()
    yield await s.run_sync(
        lambda _: sorted(ids(root.children.filter(m.Node.id != 3)))
    )
    child = await s.get(m.Node, 2)
    root.children.remove(child)
    await s.commit()
    await s.delete(root)
    await s.commit()


@program
async def eager_options(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    for name in (
        "joinedload",
        "selectinload",
        "subqueryload",
    ):
        for attribute in (m.User.posts, m.User.notes):
            load = getattr(m.orm, name)
            try:
                await s.scalars(m.select(m.User).options(load(attribute)))
                yield name
            except Exception as error:
                yield name, type(error).__name__
    found = (await s.scalars(m.select(m.User).order_by(m.User.id))).all()
    yield ids(found), found[0] is user


@program
async def refused(m: Any, s: Any) -> AsyncIterator[Any]:
    user = m.User(id=1)
    for action in (
        lambda: list(user.posts),
        lambda: len(user.posts),
        lambda: user.posts[0],
        lambda: delattr(user, "posts"),
        lambda: setattr(user, "posts", None),
        lambda: setattr(user, "notes", 3),
        lambda: m.User(posts=3),
    ):
        try:
            yield action()
        except Exception as error:
            yield type(error).__name__
    yield bool(user.posts), type(user.posts).__name__
    yield type(user.notes).__name__ == "AppenderQuery"
    yield isinstance(user.posts, m.orm.WriteOnlyCollection)
    yield isinstance(user.notes, m.orm.AppenderQuery)


@program
async def not_in_session(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    post = m.Post(id=9, user=user)
    yield post in s, facts(s)
    await s.commit()


@program
async def key_changes(m: Any, s: Any) -> AsyncIterator[Any]:
    user = await filled(m, s)
    await s.refresh(user)
    post = await s.get(m.Post, 1)
    user.id = 7
    user.posts.add(m.Post(id=5))
    await s.commit()
    yield ids(await s.scalars(user.posts.select()))
    yield post.user_id


def cause(error: BaseException) -> str:
    """Return the name of an exception, without what the peer wraps it in."""
    return type(getattr(error, "orig", None) or error).__name__


async def rows(m: Any, s: Any) -> dict[str, list[Any]]:
    found = {}
    for table in m.Base.metadata.sorted_tables:
        result = await s.execute(m.select(table).order_by(*table.c))
        found[table.name] = [tuple(each) for each in result]
    return found


async def told(lib: Library, name: str, path: Path, expire: bool) -> list[Any]:
    """Return what a program yields, what ends it, and the rows."""
    m = models(lib)
    engine = lib.asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(m.Base.metadata.create_all)
    found: list[Any] = []
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", lib.exc.SAWarning)
        async with lib.asyncio.AsyncSession(
            engine, expire_on_commit=expire
        ) as session:
            try:
                async for each in PROGRAMS[name](m, session):
                    found.append(each)
            except Exception as error:
                found.append(cause(error))
    found.append(sorted({each.category.__name__ for each in heard}))
    async with lib.asyncio.AsyncSession(engine) as session:
        found.append(await rows(m, session))
    await engine.dispose()
    return found


@pytest.mark.parametrize("expire", [True, False], ids=["expire", "keep"])
@pytest.mark.parametrize("name", PROGRAMS)
async def test_program(name: str, expire: bool, tmp_path: Path) -> None:
    expected = await told(peer, name, tmp_path / "peer.db", expire)
    found = await told(ours, name, tmp_path / "ours.db", expire)
    assert found == expected
