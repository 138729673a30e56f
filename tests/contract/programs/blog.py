"""A blog: writers, articles with tags, comments."""

import asyncio
import sys

from sqlactive import (
    JOINED,
    SELECT_IN,
    SUBQUERY,
    ActiveRecordBaseModel,
    DBConnection,
)
from sqlalchemy import Column, ForeignKey, String, Table, func, or_
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship


class BaseModel(ActiveRecordBaseModel):
    __abstract__ = True


article_tags = Table(
    "article_tags",
    BaseModel.metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Writer(BaseModel):
    __tablename__ = "writers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    born: Mapped[int]

    articles: Mapped[list["Article"]] = relationship(
        back_populates="writer", cascade="all, delete-orphan"
    )
    comments: Mapped[list["Comment"]] = relationship(back_populates="writer")

    @hybrid_property
    def is_young(self) -> bool:
        return self.born > 1990

    @hybrid_method
    def older_than(self, other: "Writer") -> bool:
        return self.born < other.born


class Article(BaseModel):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    body: Mapped[str]
    rating: Mapped[int] = mapped_column(default=3)
    writer_id: Mapped[int] = mapped_column(ForeignKey("writers.id"))

    writer: Mapped["Writer"] = relationship(back_populates="articles")
    comments: Mapped[list["Comment"]] = relationship(
        back_populates="article",
        cascade="all, delete-orphan",
        order_by="Comment.id.desc()",
    )
    tags: Mapped[list["Tag"]] = relationship(
        secondary=article_tags, back_populates="articles"
    )


class Tag(BaseModel):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(unique=True)

    articles: Mapped[list["Article"]] = relationship(
        secondary=article_tags, back_populates="tags"
    )


class Comment(BaseModel):
    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("writers.id"))

    article: Mapped["Article"] = relationship(back_populates="comments")
    writer: Mapped["Writer | None"] = relationship(back_populates="comments")


async def write() -> None:
    ann = await Writer.insert(name="Ann", born=1985)
    bob = await Writer.create(name="Bob", born=1999)
    cid = await Writer(name="Cid", born=1970).save()
    print(ann, bob, cid, ann.id_str)
    tags = [Tag(label=label) for label in ("c", "sql", "python")]
    await Tag.insert_all(tags)
    print([tag.id for tag in tags])
    articles = [
        Article(
            title=f"Article {number}",
            body="words " * number,
            writer=[ann, bob, cid][number % 3],
            tags=[tags[number % 3], tags[(number + 1) % 3]],
        )
        for number in range(1, 8)
    ]
    await Article.save_all(articles)
    print([(each.id, each.rating, each.writer_id) for each in articles])
    for number, article in enumerate(await Article.all()):
        await article.update(rating=number % 5 + 1)
        for turn in range(number % 3):
            await Comment.insert(
                words=f"comment {turn}",
                article_id=article.id,
                writer_id=turn + 1,
            )


async def read() -> None:
    print(await Writer.count(), await Article.count(), await Comment.count())
    for query in (
        Article.where(writer___name="Bob"),
        Article.where(rating__ge=4).order_by("-rating", "id"),
        Article.where(tags___label="c").sort("title"),
        Article.where(Article.rating < 3, writer___born__lt=1990),
        Article.where(or_(Article.id == 1, Article.title.like("%5"))),
        Article.search("article 6"),
        Article.order_by("writer___name", "-rating").limit(4),
        Article.where(writer___is_young=True).offset(1),
        Article.smart_query(
            filters={or_: {"rating": 5, "writer___name__in": ["Cid"]}},
            sort_attrs=["-id"],
        ),
    ):
        print(query)
        print([(each.id, each.title) for each in await query.unique_all()])
    print([each.name for each in await Writer.where(is_young=True).all()])
    ann = await Writer.where(name="Ann").one()
    older = await Writer.where(older_than=ann).all()
    print([each.name for each in older])
    rows = await Article.group_by(
        "writer___name",
        select_columns=(
            Article.writer_id,
            func.count(Article.id),
            func.max(Article.rating),
        ),
    ).all(scalars=False)
    print(rows)


async def load() -> None:
    schema = {
        Writer.articles: (
            SUBQUERY,
            {
                Article.comments: (SELECT_IN, {Comment.writer: JOINED}),
                Article.tags: JOINED,
            },
        ),
        Writer.comments: SELECT_IN,
    }
    for writer in await Writer.with_schema(schema).order_by("id").unique_all():
        print(writer.name, [each.id for each in writer.comments])
        for article in sorted(writer.articles, key=lambda each: each.id):
            labels = sorted(tag.label for tag in article.tags)
            words = [
                (each.id, each.words, each.writer.name)
                for each in article.comments
            ]
            print(" ", article.title, labels, words)
    for query in (
        Writer.join(Writer.articles, (Writer.comments, True)),
        Writer.with_subquery(Writer.articles, (Writer.comments, True)),
        Writer.join(Writer.articles).limit(2).order_by("-id"),
    ):
        print(query)
        for writer in await query.unique_all():
            ids = sorted(each.id for each in writer.articles)
            print(writer.to_dict(exclude=["created_at", "updated_at"]), ids)


async def change() -> None:
    article = await Article.get(3, join=[Article.tags, Article.comments])
    article.tags = [tag for tag in article.tags if tag.label != "c"]
    article.comments.append(Comment(words="from the editor"))
    article.comments[0].words = "edited"
    await article.save()
    print(sorted(tag.label for tag in article.tags))
    print([(each.id, each.words) for each in article.comments])
    ann = await Writer.get_or_fail(1, subquery=[Writer.articles])
    ann.articles = ann.articles[:1]
    await ann.save()
    print(await Article.count(), await Comment.count())
    bob = await Writer.get(2)
    await bob.delete()
    print(await Article.count(), await Comment.count(), bob.name)
    print([each.writer_id for each in await Comment.order_by("id").all()])
    await Comment.destroy(1, 2, 99)
    await Article.delete_all(await Article.where(rating__lt=3).all())
    print(await Article.count(), await Comment.count(), await Tag.count())


async def main() -> None:
    conn = DBConnection(f"sqlite+aiosqlite:///{sys.argv[1]}")
    await conn.init_db(BaseModel)
    await write()
    await read()
    await load()
    await change()
    await conn.close()


asyncio.run(main())
