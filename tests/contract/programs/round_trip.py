"""Dicts and JSON out of one database and into the same again."""

import asyncio
import json
import sys
from datetime import date, datetime, time
from decimal import Decimal

from sqlactive import JOINED, SUBQUERY, ActiveRecordBaseModel, DBConnection
from sqlactive.exceptions import SQLActiveError
from sqlalchemy import JSON, ForeignKey, LargeBinary, Numeric
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship


class BaseModel(ActiveRecordBaseModel):
    __abstract__ = True


class Album(BaseModel):
    __tablename__ = "albums"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    released: Mapped[date | None]
    is_live: Mapped[bool] = mapped_column(default=False)
    score: Mapped[float | None]
    extra: Mapped[dict | None] = mapped_column(JSON)
    cover: Mapped[bytes | None] = mapped_column(LargeBinary)

    songs: Mapped[list["Song"]] = relationship(back_populates="album")

    @hybrid_property
    def is_old(self) -> bool:
        return self.released < date(2000, 1, 1)


class Song(BaseModel):
    __tablename__ = "songs"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    length: Mapped[time | None]
    album_id: Mapped[int | None] = mapped_column(ForeignKey("albums.id"))

    album: Mapped["Album | None"] = relationship(back_populates="songs")


STAMPS = ["created_at", "updated_at"]
MOMENT = datetime(2024, 5, 6, 7, 8, 9, 1234)


async def fill() -> None:
    await Album.save_all(
        [
            Album(
                title='First "quoted" é 😀 \\ /',
                price=Decimal("9.90"),
                released=date(1999, 12, 31),
                is_live=True,
                score=1 / 3,
                extra={"a": [1, 2.5, None, True], "ü": {"b": "c"}},
                cover=b"\x00\xff",
                created_at=MOMENT,
                songs=[
                    Song(title="One", length=time(0, 3, 20)),
                    Song(title="Two\n", length=time(0, 4, 5, 6)),
                ],
            ),
            Album(title="", released=date(2020, 2, 29), score=1e30),
            Album(title="Third", score=-0.0, extra=None, created_at=MOMENT),
        ]
    )


async def out() -> list[dict]:
    albums = await Album.with_schema({Album.songs: JOINED}).unique_all()
    plain = []
    for album in albums:
        print(album.to_dict(exclude=STAMPS))
        print(album.to_json(exclude=STAMPS))
        print(
            album.to_json(
                nested=True,
                exclude=STAMPS,
                nested_exclude=[*STAMPS, "id"],
                indent=2,
                sort_keys=True,
                ensure_ascii=True,
            )
        )
        plain.append(
            album.to_dict(
                nested=True, exclude=["id", *STAMPS], nested_exclude=STAMPS
            )
        )
    print(albums[0].to_dict(hybrid_attributes=True)["is_old"])
    print(albums[0].created_at, json.loads(albums[0].to_json())["created_at"])
    song = await Song.get(1, subquery=[Song.album])
    print(song.to_json(nested=True, exclude=STAMPS, nested_exclude=STAMPS))
    song = await Song.get(1)
    print(list(song.to_dict(nested=True)))
    return plain


async def back(plain: list[dict]) -> None:
    copies = Album.from_dict(plain, nested_exclude=["id", "album_id"])
    await Album.save_all(copies)
    print([(each.id, [song.id for song in each.songs]) for each in copies])
    for copy in copies:
        found = await Album.get(copy.id, schema={Album.songs: SUBQUERY})
        print(found.to_dict(exclude=STAMPS))
        print([(song.title, song.length) for song in found.songs])

    first = await Album.get(1)
    text = first.to_json(exclude=["id", "released", "cover", *STAMPS])
    copy = await Album.from_json(text).save()
    print(copy.price, copy.score == first.score, copy.extra == first.extra)
    for bad in (
        '{"nothing": 1}',
        '{"songs": [{"nothing": 1}]}',
        "[1",
        '{"released": "2024-01-01", "title": "x"}',
        '{"id": 1, "title": "x"}',
    ):
        try:
            print((await Album.from_json(bad).save()).id)
        except (SQLActiveError, SQLAlchemyError, ValueError) as error:
            print(type(error).__name__)
    many = Song.from_json('[{"title": "a"}, {"title": "b", "album_id": 1}]')
    await Song.insert_all(many)
    print([song.to_dict(exclude=STAMPS) for song in many])


async def main() -> None:
    conn = DBConnection(f"sqlite+aiosqlite:///{sys.argv[1]}")
    await conn.init_db(BaseModel)
    await fill()
    await back(await out())
    await conn.close()


asyncio.run(main())
