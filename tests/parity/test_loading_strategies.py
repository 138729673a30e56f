"""Relationships loaded by further queries: the same graphs as the peer's.

Each statement runs through both libraries; compared are the rows, what is
loaded of every instance, and how many statements it took.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy
from sqlalchemy.orm import Session

from parity.mapping.library import OURS, PEERS, Library
from parity.mapping.loading import create, statement
from parity.mapping.statements import Statement
from parity.test_loading_rows import Graph

OPTIONS = """
one_to_many: select(User).options(XX(User.posts)).order_by(User.id)

nothing_found: select(User).options(XX(User.posts)).where(User.id == 3)

no_parents: select(User).options(XX(User.posts)).where(User.id > 99)

many_to_one: select(Post).options(XX(Post.user)).order_by(Post.id)

many_to_one_twice:
    select(Post).options(XX(Post.user), XX(Post.editor)).order_by(Post.id)

many_to_one_without_key:
    select(Post).options(XX(Post.user), load_only(Post.title))
    .order_by(Post.id)

many_to_many: select(Post).options(XX(Post.tags)).order_by(Post.id)

many_to_many_back: select(Tag).options(XX(Tag.posts)).order_by(Tag.id)

a_set: select(Team).options(XX(Team.users)).order_by(Team.id)

one_to_one: select(User).options(XX(User.card)).order_by(User.id)

nested:
    select(User).options(XX(User.posts).XX(Post.comments)).order_by(User.id)

nested_three:
    select(Team).options(XX(Team.users).XX(User.posts).XX(Post.tags))
    .order_by(Team.id)

nested_columns:
    select(User).options(XX(User.posts).load_only(Post.title))
    .order_by(User.id)

nested_undefer:
    select(User).options(XX(User.posts).undefer(Post.body)).order_by(User.id)

nested_raise:
    select(User).options(XX(User.posts).raiseload(Post.tags))
    .order_by(User.id)

then_joined:
    select(User).options(XX(User.posts).joinedload(Post.comments))
    .order_by(User.id)

from_joined:
    select(User).options(joinedload(User.posts).XX(Post.tags))
    .order_by(User.id)

from_contains_eager:
    select(User).join(User.posts)
    .options(contains_eager(User.posts).XX(Post.tags)).order_by(User.id)

two_collections:
    select(User).options(XX(User.posts), XX(User.comments)).order_by(User.id)

several_options:
    select(User).options(XX(User.posts).options(XX(Post.tags),
    XX(Post.comments))).order_by(User.id)

and_back:
    select(User).options(XX(User.posts).XX(Post.user)).order_by(User.id)

limited: select(User).options(XX(User.posts)).order_by(User.id).limit(2)

of_an_alias:
    result = (lambda u: select(u).options(XX(u.posts)).order_by(u.id))(
    aliased(User))

with_a_column:
    select(User.name, User).options(XX(User.posts)).order_by(User.id)

two_entities:
    select(User, Post).join(Post, Post.user_id == User.id)
    .options(XX(User.posts), XX(Post.tags)).order_by(User.id, Post.id)

self_referential:
    select(Node).options(lazyload(Node.children), XX(Node.parent))
    .order_by(Node.id)

self_referential_many:
    select(Node).options(XX(Node.children)).order_by(Node.id)

everything: select(Post).options(XX("*")).order_by(Post.id)

populate_existing:
    select(User).options(XX(User.posts)).order_by(User.id)
    .execution_options(populate_existing=True)
"""
CRITERIA = """
criteria:
    select(User).options(XX(User.posts.and_(Post.stars > 3)))
    .order_by(User.id)

criteria_many_to_many:
    select(Post).options(XX(Post.tags.and_(Tag.id > 1))).order_by(Post.id)

loader_criteria:
    select(User).options(XX(User.posts),
    with_loader_criteria(Post, Post.stars > 3)).order_by(User.id)
"""
DEPTHS = """
depth_1:
    select(Node).options(XX(Node.children, recursion_depth=1))
    .where(Node.parent_id == None).order_by(Node.id)

depth_2:
    select(Node).options(XX(Node.children, recursion_depth=2))
    .where(Node.parent_id == None).order_by(Node.id)

depth_unlimited:
    select(Node).options(XX(Node.children, recursion_depth=-1))
    .where(Node.parent_id == None).order_by(Node.id)
"""

# What the peer cannot do.
BROKEN = {"subqueryload_many_to_one_without_key"}
# Where the peer asks again for what it has, or goes on where we stop.
UNCOUNTED = {"selectinload_everything", "subqueryload_everything"}
BROKEN.add("immediateload_everything")


def made(loader: str, sources: str) -> list[Any]:
    found = []
    for block in sources.strip().split("\n\n"):
        name, _, source = block.partition(":")
        text = " ".join(source.split()).replace("XX", loader)
        text = text.replace(" .", ".").removeprefix("result = ")
        given = Statement(f"{loader}_{name.strip()}", text, True)
        if given.name not in BROKEN:
            found.append(pytest.param(given, id=given.name))
    return found


ALL = [
    *made("selectinload", OPTIONS + "\n" + CRITERIA + "\n" + DEPTHS),
    *made("subqueryload", OPTIONS + "\n" + CRITERIA),
    *made("immediateload", OPTIONS),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strategies") / "loading.db"
    create(path)
    return path


def told(lib: Library, result: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Graph(lib, related=True)(result.unique().all())


def peers(path: Path, given: Statement, times: int) -> tuple[Any, int]:
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    count = [0]

    @sqlalchemy.event.listens_for(engine, "before_cursor_execute")
    def counted(*args: Any) -> None:
        count[0] += 1

    try:
        with Session(engine) as session:
            for _ in range(times):
                result = session.execute(statement(PEERS, given))
                graph = told(PEERS, result)
        return graph, count[0]
    finally:
        engine.dispose()


async def ours(path: Path, given: Statement, times: int) -> tuple[Any, int]:
    asyncio = OURS.ext.asyncio
    engine = asyncio.create_async_engine(f"sqlite+aiosqlite:///{path}")
    count = [0]

    @OURS.event.listens_for(engine.sync_engine, "before_cursor_execute")
    def counted(*args: Any) -> None:
        count[0] += 1

    try:
        async with asyncio.AsyncSession(engine) as session:
            for _ in range(times):
                result = await session.execute(statement(OURS, given))
                graph = told(OURS, result)
        return graph, count[0]
    finally:
        await engine.dispose()


@pytest.mark.parametrize("given", ALL)
async def test_graphs(given: Statement, stored: Path) -> None:
    expected, count = peers(stored, given, 1)
    graph, statements = await ours(stored, given, 1)
    assert graph == expected
    assert statements == count or given.name in UNCOUNTED


@pytest.mark.parametrize("given", ALL)
async def test_again_in_one_session(given: Statement, stored: Path) -> None:
    expected, _ = peers(stored, given, 2)
    assert (await ours(stored, given, 2))[0] == expected


# The rows are the same; a joined relation has the other side unread, and a
# join goes on where the mapping says so of the class that it comes back to.
ALONE = {"one_to_one", "self_referential"}


def together() -> list[Any]:
    """Return what each of three loaders says of the same statements."""
    loaders = "joinedload", "selectinload", "subqueryload"
    lists = [made(loader, OPTIONS + "\n" + CRITERIA) for loader in loaders]
    grouped: dict[str, list[Any]] = {}
    for each in (param.values[0] for found in lists for param in found):
        grouped.setdefault(each.name.partition("_")[2], []).append(each)
    return [
        pytest.param(each, id=name)
        for name, each in grouped.items()
        if name not in ALONE
    ]


@pytest.mark.parametrize("given", together())
async def test_loaders_agree(given: list[Statement], stored: Path) -> None:
    graphs = [(await ours(stored, each, 1))[0] for each in given]
    assert len(graphs) > 1
    assert all(each == graphs[0] for each in graphs)
