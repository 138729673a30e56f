"""What statements load along, and what instances say of what they have not."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from plugins.mapped import core, hooks, mapped
from sqlactive_c import ForeignKey, exc, insert, select
from sqlactive_c.ext.asyncio import AsyncSession, create_async_engine
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    contains_eager,
    defer,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    noload,
    raiseload,
    relationship,
    selectinload,
)
from sqlactive_c.orm.exc import DetachedInstanceError
from sqlactive_c.orm.loading.context import plan_of
from sqlactive_c.orm.loading.options import Options, Origin


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list[Post]] = relationship(back_populates="user")
    card: Mapped[Card | None] = relationship(uselist=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, User)

    def __hash__(self) -> int:
        return 1


class Card(Base):
    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User | None] = relationship(back_populates="posts")
    notes: Mapped[set[Note]] = relationship(lazy="raise")


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine("sqlite+aiosqlite:///:memory:")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for model, rows in (
            (User, [{"id": 1, "name": "ann"}, {"id": 2, "name": "bob"}]),
            (
                Post,
                [
                    {"id": 1, "title": "a", "user_id": 1},
                    {"id": 2, "title": "b", "user_id": 1},
                    {"id": 3, "title": "c", "user_id": None},
                ],
            ),
            (Note, [{"id": 1, "post_id": 1}, {"id": 2, "post_id": 1}]),
            (Card, [{"id": 1, "user_id": 2}, {"id": 2, "user_id": 2}]),
        ):
            await connection.execute(insert(model.__table__), rows)
    async with AsyncSession(engine) as opened:
        yield opened
    await engine.dispose()


async def users(session: AsyncSession, *options: Any) -> list[User]:
    found = await session.scalars(select(User).options(*options))
    return list(found.unique().all())


# -- what is filled ---------------------------------------------------------


async def test_collections_know_their_owner(session: AsyncSession) -> None:
    ann, bob = await users(session, joinedload(User.posts))
    assert [post.id for post in ann.posts] == [1, 2]
    assert bob.posts == []
    post = ann.posts[0]
    bob.posts.append(post)
    assert post.user is bob
    assert "posts" in bob._sac_changes


async def test_several_collections_repeat_nothing(
    session: AsyncSession,
) -> None:
    option = joinedload(User.posts).joinedload(Post.notes)
    ann, _ = await users(session, option)
    assert [len(post.notes) for post in ann.posts] == [2, 0]
    assert isinstance(ann.posts[0].notes, set)


async def test_what_is_loaded_stays(session: AsyncSession) -> None:
    ann, _ = await users(session, joinedload(User.posts))
    first, posts = ann.posts[0], ann.posts
    posts.remove(first)
    await users(session, joinedload(User.posts))
    assert ann.posts is posts
    assert [post.id for post in posts] == [2]


async def test_what_was_set_stays(session: AsyncSession) -> None:
    _, bob = await users(session)
    bob.posts = [Post(title="new")]
    await users(session, joinedload(User.posts))
    assert [post.title for post in bob.posts] == ["new"]


async def test_what_is_not_loaded_is_filled(session: AsyncSession) -> None:
    ann, _ = await users(session)
    assert "posts" in ann._sac_unloaded
    await users(session, joinedload(User.posts))
    assert len(ann.posts) == 2


async def test_several_rows_for_one(session: AsyncSession) -> None:
    with pytest.warns(exc.SAWarning, match="Multiple rows"):
        _, bob = await users(session, joinedload(User.card))
    assert bob.card.id == 1


async def test_instances_count_by_identity(session: AsyncSession) -> None:
    assert [user.id for user in await users(session)] == [1, 2]
    result = await session.execute(select(User, User.name))
    assert len(result.unique().all()) == 2


async def test_first_has_the_whole_collection(session: AsyncSession) -> None:
    statement = select(User).options(joinedload(User.posts))
    ann = (await session.scalars(statement)).first()
    assert len(ann.posts) == 2
    await session.close()
    assert len((await session.scalar(statement)).posts) == 2


async def test_unique_is_needed(session: AsyncSession) -> None:
    statement = select(User).options(joinedload(User.posts))
    for read in ("all", "one", "one_or_none", "fetchone", "fetchall"):
        result = await session.execute(statement)
        with pytest.raises(exc.InvalidRequestError, match=r"unique\(\)"):
            getattr(result, read)()
    result = await session.scalars(statement)
    with pytest.raises(exc.InvalidRequestError, match=r"unique\(\)"):
        list(result)
    none = await session.execute(statement.where(User.id > 5))
    assert none.all() == []


async def test_noload(session: AsyncSession) -> None:
    ann, _ = await users(session, noload(User.posts), noload(User.card))
    assert (ann.posts, ann.card) == ([], None)


async def test_nothing_is_kept_alive(session: AsyncSession) -> None:
    statement = select(User).options(joinedload(User.posts))
    result = await session.scalars(statement)
    seen = [weakref.ref(user) for user in result.unique()]
    assert len(seen) == 2
    del result
    await session.close()
    gc.collect()
    assert [each() for each in seen] == [None, None]


# -- what instances remember ------------------------------------------------


async def test_values_of_options_are_those_of_the_statement(
    session: AsyncSession,
) -> None:
    def option(title: str) -> Any:
        return joinedload(User.posts.and_(Post.title == title))

    ann, _ = await users(session, option("a"))
    assert [post.title for post in ann.posts] == ["a"]
    ann._sac_expire(["posts"])
    await users(session, option("b"))
    assert [post.title for post in ann.posts] == ["b"]
    memory, options = ann._sac_options
    assert memory.root is User.__entity_node__
    assert memory.path == ()
    assert len(options) == 1
    assert ann.posts[0]._sac_options[0].path == ("posts",)


async def test_without_options_nothing_is_noted(
    session: AsyncSession,
) -> None:
    ann, _ = await users(session)
    assert ann._sac_options is None


async def test_raiseload(session: AsyncSession) -> None:
    ann, _ = await users(session, raiseload(User.posts), defer(User.name))
    with pytest.raises(exc.InvalidRequestError, match="lazy='raise'"):
        _ = ann.posts
    with pytest.raises(exc.MissingGreenlet):
        _ = ann.card
    await session.close()
    option = joinedload(User.posts).raiseload("*")
    ann = (await users(session, lazyload("*"), option))[0]
    with pytest.raises(exc.InvalidRequestError, match="lazy='raise'"):
        _ = ann.posts[0].user
    with pytest.raises(exc.MissingGreenlet):
        _ = ann.card


async def test_raiseload_of_the_mapping(session: AsyncSession) -> None:
    (post, *_) = (await session.scalars(select(Post))).all()
    with pytest.raises(exc.InvalidRequestError, match="lazy='raise'"):
        _ = post.notes


async def test_raiseload_of_columns(session: AsyncSession) -> None:
    ann, _ = await users(session, load_only(User.id, raiseload=True))
    with pytest.raises(exc.InvalidRequestError, match="raiseload=True"):
        _ = ann.name
    await session.close()
    with pytest.raises(DetachedInstanceError):
        _ = ann.name


async def test_raise_on_sql_needs_a_session(session: AsyncSession) -> None:
    ann, _ = await users(session, raiseload(User.posts, sql_only=True))
    with pytest.raises(exc.InvalidRequestError, match="raise_on_sql"):
        _ = ann.posts
    await session.close()
    with pytest.raises(DetachedInstanceError):
        _ = ann.posts


# -- the plan ---------------------------------------------------------------


def plan(*options: Any) -> Any:
    return plan_of(User.__entity_node__, Options(options))


def test_plan_of_nothing() -> None:
    made = plan()
    assert [each.prop.key for each in made.loaded] == ["id", "name"]
    assert (made.joined, made.empty, made.notes) == ((), (), ())
    assert made.memory is None
    assert not made.has_collections


def test_plan_is_a_tree() -> None:
    made = plan(
        joinedload(User.posts, innerjoin=True).selectinload(Post.notes),
        contains_eager(User.card),
    )
    joined = {each.prop.key: each for each in made.joined}
    assert joined["posts"].inner is True
    assert joined["posts"].plan.entity._is_alias
    assert joined["card"].inner is None
    assert joined["card"].plan.entity is Card.__entity_node__
    (note,) = joined["posts"].plan.notes
    assert (note.action, note.path) == ("selectin", ("posts", "notes"))
    assert note.target is Note.__entity_node__
    assert joined["posts"].plan.memory.path == ("posts",)
    assert made.has_collections


def test_notes_ride_on_the_entity_plan() -> None:
    from sqlactive_c.sql.compiler.shape import compile_shape

    statement = select(User).options(selectinload(User.posts))
    shape = compile_shape(statement, None, False)
    assert shape.decoder is not None
    assert plan(selectinload(User.posts)).notes[0].prop.key == "posts"


def test_statement_of_a_loader_goes_on_from_its_origin() -> None:
    options = Options(
        (
            joinedload(User.posts).joinedload(Post.notes),
            Origin.of(User.__entity_node__, ("posts",)),
        )
    )
    made = plan_of(Post.__entity_node__, options)
    assert [each.prop.key for each in made.joined] == ["notes"]
    assert made.memory == (User.__entity_node__, ("posts",))
    options.check([Post.__entity_node__])


# -- in the core ------------------------------------------------------------

ITEM = mapped("Item", "id", "other:related", "items:collection")


def followed(*followers: Any) -> Any:
    return core.EntityPlan(
        ITEM.__mapping__, (0,), ((0, 0, None),), None, followers
    )


def part(cell: int) -> Any:
    return core.EntityPlan(ITEM.__mapping__, (cell,), ((0, cell, None),))


def test_followers_fill_slots() -> None:
    made = followed((1, part(1), None, None), (2, part(2), ITEM.items, None))
    assert made.has_collections
    with hooks():
        item = made.load((1, 2, 3), core.IdentityMap())
        empty = made.load((1, None, None), core.IdentityMap())
    assert (item.other.id, [each.id for each in item.items]) == (2, [3])
    assert (empty.other, empty.items) == (None, [])


def test_follower_that_is_its_own_parent() -> None:
    made = followed((1, part(1), None, None))
    item = made.load((1, 1), core.IdentityMap())
    assert item.other is item


def test_populate_existing_replaces_relations() -> None:
    made = followed((1, part(1), None, None), (2, part(2), ITEM.items, None))
    identities = core.IdentityMap()
    with hooks():
        item = made.load((1, 2, 3), identities)
        made.load((1, 4, 5), identities)
        assert (item.other.id, item.items[0].id) == (2, 3)
        made.load((1, 4, 5), identities, True)
    assert (item.other.id, [each.id for each in item.items]) == (4, [5])


def test_followers_are_checked() -> None:
    for wrong, error in (
        ((99, None, None, None), ValueError),
        ((1, 3, None, None), TypeError),
        ((1, None), TypeError),
        (5, TypeError),
    ):
        with pytest.raises(error):
            followed(wrong)


def test_error_while_following() -> None:
    made = followed((2, part(1), ITEM.items, None))

    def broken(attribute: Any, instance: Any) -> Any:
        raise ZeroDivisionError

    with hooks(make_collection=broken), pytest.raises(ZeroDivisionError):
        made.load((1, 2), core.IdentityMap())
