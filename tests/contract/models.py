"""The models of the contract, and every name that its tests use.

Imported through library.py, once with each library.
"""
# ruff: noqa: F401, F403, F405, I001

import asyncio
from datetime import datetime

from sqlactive import *
from sqlactive.async_query import AsyncQuery
from sqlactive.exceptions import *
from sqlactive.inspection import InspectionMixin
from sqlactive.session import SessionMixin
from sqlactive.smart_query import SmartQueryMixin
from sqlactive.types import EagerSchema
from sqlactive.utils import (
    classproperty,
    create_eager_load_option,
    eager_expr_from_schema,
    flatten_nested_filter_keys,
    get_query_root_cls,
)
from sqlalchemy import (
    JSON,
    Column,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    asc,
    delete,
    desc,
    distinct,
    event,
    func,
    inspect,
    insert,
    make_url,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import *
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    column_property,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
    synonym,
)
from sqlalchemy.orm.exc import (
    DetachedInstanceError,
    StaleDataError,
    UnmappedInstanceError,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnElement


# A registry and a metadata of their own: other tests have a User, too.
class BaseModel(ActiveRecordBaseModel, DeclarativeBase):
    __abstract__ = True


class User(BaseModel):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=True, index=True
    )
    username: Mapped[str] = mapped_column(
        String(18), nullable=False, unique=True
    )
    name: Mapped[str] = mapped_column(String(50), nullable=False)
    age: Mapped[int] = mapped_column(nullable=False)

    posts: Mapped[list["Post"]] = relationship(back_populates="user")
    comments: Mapped[list["Comment"]] = relationship(back_populates="user")

    @hybrid_property
    def is_adult(self) -> bool:
        return self.age > 18

    @hybrid_method
    def older_than(self, other: "User") -> bool:
        return self.age > other.age


class Post(BaseModel):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=True, index=True
    )
    title: Mapped[str] = mapped_column(String(100), nullable=False)
    body: Mapped[str] = mapped_column(nullable=False)
    rating: Mapped[int] = mapped_column(nullable=False)
    topic: Mapped[str | None] = mapped_column(String(50))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    user: Mapped["User"] = relationship(back_populates="posts")
    comments: Mapped[list["Comment"]] = relationship(back_populates="post")


class Comment(BaseModel):
    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=True, index=True
    )
    body: Mapped[str] = mapped_column(nullable=False)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    post: Mapped["Post"] = relationship(back_populates="comments")
    user: Mapped["User"] = relationship(back_populates="comments")


class Product(BaseModel):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=True, index=True
    )
    name: Mapped[str] = mapped_column(String(100), nullable=False)
    description: Mapped[str] = mapped_column(String(100), nullable=False)
    price: Mapped[float] = mapped_column(nullable=False)

    sells: Mapped[list["Sell"]] = relationship(
        back_populates="product", viewonly=True
    )


class Sell(BaseModel):
    __tablename__ = "sells"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.id"), primary_key=True
    )
    quantity: Mapped[int] = mapped_column(nullable=False)

    product: Mapped["Product"] = relationship(back_populates="sells")


# Beyond the five: what the contract says of cascades, of many-to-many, of
# natural keys and of types.

article_tags = Table(
    "article_tags",
    BaseModel.metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Article(BaseModel):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[float | None] = mapped_column(Numeric(10, 2))
    extra: Mapped[dict | None] = mapped_column(JSON)

    tags: Mapped[list["Tag"]] = relationship(
        secondary=article_tags, back_populates="articles"
    )
    notes: Mapped[list["Note"]] = relationship(
        back_populates="article",
        cascade="all, delete-orphan",
        order_by="Note.id.desc()",
    )


class Tag(BaseModel):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(unique=True)

    articles: Mapped[list["Article"]] = relationship(
        secondary=article_tags, back_populates="tags"
    )


class Note(BaseModel):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str]
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"))

    article: Mapped["Article | None"] = relationship(back_populates="notes")


class Country(BaseModel):
    """A natural key."""

    __tablename__ = "countries"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(default=7)
