"""One program of queries through sqlactive and through this package.

Compared are the text of the query, the rows, and the class and the message
of what is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("sqlactive")

OURS = "sqlactive_c"
PEER = "sqlactive"


def models(library: str) -> SimpleNamespace:
    """Return the models, mapped by one of the two."""
    root = "sqlalchemy" if library == PEER else OURS
    active = import_module(library)
    core = import_module(root)
    orm = import_module(f"{root}.orm")
    hybrid = import_module(f"{root}.ext.hybrid")
    column, link = orm.mapped_column, orm.relationship

    class Base(active.ActiveRecordMixin):  # type: ignore[misc,name-defined]
        __abstract__ = True
        metadata = core.MetaData()

    def adult(self: Any) -> Any:
        return self.age > 18

    adult_of = hybrid.hybrid_property(adult)

    class QpUser(Base):
        __tablename__ = "qp_users"
        id = column(core.Integer, primary_key=True)
        name = column(core.String(50), nullable=False)
        age = column(core.Integer)
        born = column(core.DateTime)
        posts = link("QpPost", back_populates="user")
        adult = adult_of

    class QpPost(Base):
        __tablename__ = "qp_posts"
        id = column(core.Integer, primary_key=True)
        title = column(core.String(50))
        rating = column(core.Integer)
        user_id = column(core.Integer, core.ForeignKey("qp_users.id"))
        user = link("QpUser", back_populates="posts")

    return SimpleNamespace(
        library=library,
        Base=Base,
        User=QpUser,
        Post=QpPost,
        DBConnection=active.DBConnection,
        JOINED=active.JOINED,
        SELECT_IN=active.SELECT_IN,
        SUBQUERY=active.SUBQUERY,
        or_=core.or_,
        and_=core.and_,
        not_=core.not_,
        func=core.func,
        desc=core.desc,
        text=core.text,
        aliased=orm.aliased,
        select=core.select,
    )


Program = Callable[[SimpleNamespace], Any]

QUERIES: dict[str, Program] = {
    "all": lambda n: n.User.where(),
    "equal": lambda n: n.User.where(name="n3"),
    "none": lambda n: n.User.where(age=None),
    "not none": lambda n: n.User.where(age__ne=None),
    "true": lambda n: n.User.where(adult=True),
    "hybrid order": lambda n: n.User.order_by("-adult", "id"),
    "in": lambda n: n.User.where(id__in=[1, 3, 99]),
    "in generator": lambda n: n.User.where(id__in=(i for i in (1, 2))),
    "in nothing": lambda n: n.User.where(id__in=[]),
    "notin": lambda n: n.User.where(id__notin=[1, 2]),
    "notin nothing": lambda n: n.User.where(id__notin=()),
    "between": lambda n: n.User.where(age__between=(20, 24)),
    "like": lambda n: n.User.where(name__like="n%1"),
    "ilike": lambda n: n.User.where(name__ilike="N%"),
    "starts": lambda n: n.User.where(name__startswith="n1"),
    "istarts": lambda n: n.User.where(name__istartswith="N1"),
    "ends": lambda n: n.User.where(name__endswith="1"),
    "iends": lambda n: n.User.where(name__iendswith="1"),
    "contains": lambda n: n.User.where(name__contains=1),
    "year": lambda n: n.User.where(born__year=2001),
    "month": lambda n: n.User.where(born__month_ge=3, born__day_ne=3),
    "isnull": lambda n: n.User.where(age__isnull=True),
    "to-one isnull": lambda n: n.Post.where(user__isnull=False),
    "to-many isnull": lambda n: n.User.where(posts__isnull=True),
    "to-many": lambda n: n.User.where(posts=None).order_by("-id"),
    "column": lambda n: n.User.where(age__gt=n.User.id + 15),
    "criteria": lambda n: n.User.where(n.User.age > 20, id__lt=9),
    "twice": lambda n: n.User.where(id__gt=1).where(id__lt=4),
    "path": lambda n: n.Post.where(user___name="n2"),
    "path twice": lambda n: n.Post.where(user___age=22).where(user___id=2),
    "paths shared": lambda n: n.Post.where(
        user___age__gt=20, user___name__like="n%"
    ),
    "long path": lambda n: n.Post.where(user___posts___rating=3),
    "or": lambda n: n.User.smart_query(
        filters={n.or_: {"age": 22, n.and_: [{"id": 1}, {"name": "n1"}]}}
    ),
    "not": lambda n: n.User.smart_query(filters=[{n.not_: {"age": 22}}]),
    "sort": lambda n: n.Post.order_by("-user___age", n.desc(n.Post.id)),
    "group": lambda n: n.Post.group_by(
        "user_id", select_columns=(n.Post.user_id, n.func.count(n.Post.id))
    ),
    "group path": lambda n: n.Post.group_by(
        "user___name",
        select_columns=(n.text("qp_users_1.name"), n.func.max(n.Post.rating)),
    ),
    "search": lambda n: n.Post.search("t1"),
    "search one": lambda n: n.User.search("N", columns=("name",)),
    "distinct": lambda n: n.User.select(n.User.age).distinct(),
    "limits": lambda n: n.User.order_by("id").offset(1).limit(2).limit(3),
    "joined": lambda n: n.User.join(n.User.posts).order_by("id").limit(2),
    "inner": lambda n: n.User.join((n.User.posts, True)).where(id__lt=5),
    "selectin": lambda n: n.User.with_subquery((n.User.posts, True)),
    "subquery": lambda n: n.User.with_subquery(n.User.posts).limit(2),
    "schema": lambda n: n.User.with_schema(
        {n.User.posts: (n.SELECT_IN, {n.Post.user: n.JOINED})}
    ),
    "joined and path": lambda n: n.Post.join(n.Post.user).where(
        user___name="n2"
    ),
    "alias": lambda n: (
        n.User.get_async_query(n.select(n.aliased(n.User)))
        .where(age__gt=21)
        .order_by("-age")
    ),
}

ERRORS: dict[str, Program] = {
    "operator": lambda n: n.User.where(age__foo=1),
    "attribute": lambda n: n.User.where(foo=1),
    "attribute behind a path": lambda n: n.Post.where(user___foo=1),
    "relation": lambda n: n.Post.where(foo___id=1),
    "relation below": lambda n: n.Post.where(user___foo___id=1),
    "filters": lambda n: n.User.smart_query(filters="x"),
    "nested filters": lambda n: n.User.smart_query(filters=[{n.or_: 3}]),
    "sort": lambda n: n.User.order_by("foo"),
    "two dashes": lambda n: n.User.order_by("--id"),
    "sort path": lambda n: n.Post.order_by("user___posts"),
    "group": lambda n: n.User.group_by("posts"),
    "search": lambda n: n.User.search("x", columns=("age",)),
    "limit": lambda n: n.User.limit(-1),
    "offset": lambda n: n.User.offset(-2),
    "join": lambda n: n.User.join(n.Post.user),
    "join tuple": lambda n: n.User.join((n.User.posts, 1)),
    "schema": lambda n: n.User.with_schema({n.User.posts: "foo"}),
    "no root": lambda n: n.User.select(n.func.count()).where(id=1),
}

ASYNC_ERRORS: dict[str, Program] = {
    "one of none": lambda n: n.User.where(id=99).one(),
    "one of many": lambda n: n.User.one(),
    "one or none of many": lambda n: n.User.where(id__lt=3).one_or_none(),
    "offset count": lambda n: n.User.offset(1).count(),
    "get of many": lambda n: n.User.get({"id__gt": 1}),
}


async def filled(ns: SimpleNamespace) -> Any:
    conn = ns.DBConnection("sqlite+aiosqlite://")
    await conn.init_db(ns.Base)
    async with conn.async_engine.begin() as connection:
        for sql in (
            "INSERT INTO qp_users SELECT value, 'n' || value,"
            " nullif(20 + value % 5, 20), '200' || (value % 3) || '-0'"
            " || (1 + value % 5) || '-02 03:04:05' FROM json_each(:list)",
            "INSERT INTO qp_posts SELECT value, 't' || value, value % 4,"
            " nullif(value / 2 % 7, 0) FROM json_each(:list)",
        ):
            await connection.execute(
                ns.text(sql), {"list": str(list(range(1, 13)))}
            )
    return conn


@pytest.fixture(scope="module")
def both() -> list[SimpleNamespace]:
    return [models(PEER), models(OURS)]


def plain(value: Any) -> Any:
    """Return instances and rows as what both can be compared by."""
    if hasattr(value, "_mapping"):
        return tuple(map(plain, value))
    if hasattr(value, "__table__"):
        found = {key: getattr(value, key) for key in type(value).columns}
        posts = vars_of(value).get("posts")
        if posts is not None:
            found["posts"] = sorted(post.id for post in posts)
        return type(value).__name__, found
    return value


def vars_of(instance: Any) -> dict[str, Any]:
    try:
        return {"posts": instance.posts}
    except Exception as error:
        return {"posts": None, "error": type(error).__name__}


@pytest.mark.parametrize("name", QUERIES)
async def test_query(both: list[SimpleNamespace], name: str) -> None:
    found = []
    for ns in both:
        conn = await filled(ns)
        try:
            query = QUERIES[name](ns)
            text = str(query)
            rows = await query.unique_all(scalars=False)
            found.append((text, [plain(row) for row in rows]))
        finally:
            await conn.close()
            ns.Base._session = None
    assert found[0] == found[1]
    assert found[0][1] or name in ("in nothing",)


def raised(ns: SimpleNamespace, error: BaseException) -> Any:
    text = str(error).partition("\n")[0]
    notes = getattr(error, "__notes__", [])
    names = [each.__name__ for each in type(error).__mro__]
    bases = [each for each in names if each[0] != "_"]
    return type(error).__name__, text, notes, bases


@pytest.mark.parametrize("name", ERRORS)
def test_refusal(both: list[SimpleNamespace], name: str) -> None:
    found = []
    for ns in both:
        with pytest.raises(Exception) as caught:  # noqa: PT011
            ERRORS[name](ns)
        found.append(raised(ns, caught.value))
    if name in ("no root", "join tuple"):  # names something by its repr
        found = [each[:1] + each[2:] for each in found]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ASYNC_ERRORS)
async def test_failure(both: list[SimpleNamespace], name: str) -> None:
    found = []
    for ns in both:
        conn = await filled(ns)
        try:
            with pytest.raises(Exception) as caught:  # noqa: PT011
                await ASYNC_ERRORS[name](ns)
            found.append(raised(ns, caught.value)[0:1])
        finally:
            await conn.close()
            ns.Base._session = None
    assert found[0] == found[1]
