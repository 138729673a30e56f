"""Active Record: what a model and its queries give."""

from typing import Any, assert_type

from sqlactive_c import (
    JOINED,
    SELECT_IN,
    ActiveRecordBaseModel,
    DBConnection,
    ForeignKey,
    execute,
    func,
    select,
)
from sqlactive_c.async_query import AsyncQuery
from sqlactive_c.engine import Result
from sqlactive_c.orm import Mapped, mapped_column, relationship
from sqlactive_c.types import EagerSchema
from sqlactive_c.utils import classproperty


class Base(ActiveRecordBaseModel):
    """The base of a user."""

    __abstract__ = True


class User(Base):
    """A model."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int | None]
    posts: Mapped[list["Post"]] = relationship(back_populates="user")


class Post(Base):
    """Another one."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="posts")


class Named:
    """Has a property of the class."""

    @classproperty
    def title(cls) -> str:
        """The title."""
        return "x"


def builders() -> None:
    assert_type(User.where(User.age == 3, name="x"), AsyncQuery[User])
    assert_type(User.filter(age__gt=3), AsyncQuery[User])
    assert_type(User.find(posts___id=3), AsyncQuery[User])
    assert_type(
        User.search("x", columns=["name", User.name]), AsyncQuery[User]
    )
    assert_type(User.order_by("-age", User.name), AsyncQuery[User])
    assert_type(User.sort("age"), AsyncQuery[User])
    assert_type(User.group_by("age"), AsyncQuery[User])
    assert_type(User.limit(1), AsyncQuery[User])
    assert_type(User.skip(1).take(2).distinct(), AsyncQuery[User])
    assert_type(User.join(User.posts, (User.posts, True)), AsyncQuery[User])
    assert_type(User.with_subquery(User.posts), AsyncQuery[User])
    schema: EagerSchema = {User.posts: JOINED, Post.user: (SELECT_IN, {})}
    assert_type(User.with_schema(schema), AsyncQuery[User])
    assert_type(User.smart_query(filters={"age": 3}), AsyncQuery[User])
    assert_type(User.get_async_query(), AsyncQuery[User])
    query = AsyncQuery[User](select(User))
    assert_type(query.where(age=3).order_by("id").limit(2), AsyncQuery[User])


async def reads() -> None:
    assert_type(await User.get(1), User | None)
    assert_type(await User.get({"name": "x"}, join=[User.posts]), User | None)
    assert_type(await User.get_or_fail(1), User)
    assert_type(await User.all(), list[User])
    assert_type(await User.first(), User | None)
    assert_type(await User.one(), User)
    assert_type(await User.one_or_none(), User | None)
    assert_type(await User.count(), int)
    assert_type(await User.unique_all(), list[User])
    assert_type(await User.unique_count(), int)
    query = User.where(age=1)
    assert_type(await query.all(), list[User])
    assert_type(await query.first(), User | None)
    assert_type(await query.one(), User)
    assert_type(await query.one_or_none(), User | None)
    assert_type(await query.count(), int)
    assert_type(await query.unique_all(), list[User])
    assert_type(await query.unique_one(), User)
    assert_type(await query.unique_first(), User | None)
    for user in await query.all():
        assert_type(user.name, str)
        assert_type(user.posts, list[Post])


async def writes(user: User) -> None:
    assert_type(await User.insert(name="x"), User)
    assert_type(await User.create(name="x"), User)
    assert_type(await user.save(), User)
    assert_type(await user.update(name="y"), User)
    assert_type(user.fill(name="y"), User)
    assert_type(await user.delete(), None)
    assert_type(await User.save_all([user], refresh=True), None)
    assert_type(await User.insert_all([user]), None)
    assert_type(await User.delete_all([user]), None)
    assert_type(await User.destroy(1, 2), None)
    async with User(name="x") as entered:
        assert_type(entered, User)


def serialization(user: User) -> None:
    assert_type(user.to_dict(nested=True), dict[str, Any])
    assert_type(user.to_json(indent=2), str)
    assert_type(User.columns, list[str])
    assert_type(User.primary_key_name, str)
    assert_type(user.id_str, str)
    assert_type(Named.title, str)


async def statements(db: DBConnection) -> None:
    query = select(func.count(User.id))
    assert_type(await execute(db.async_scoped_session, query), Result[Any])
    assert_type(await execute(query, User), Result[Any])


async def refused(user: User) -> None:
    User.limit("3")  # type: ignore[arg-type]
    (await User.get(1)).name  # type: ignore[union-attr]  # noqa: B018
    name: int = (await User.one()).name  # type: ignore[assignment]
    user.to_json(nothing=name)  # type: ignore[call-arg]
    await User.save_all(user)  # type: ignore[arg-type]
