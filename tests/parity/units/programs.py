"""Programs about the unit of work.

Each is an asynchronous generator of a session and the classes; what it yields
is looked at: instances by name. Everything it does goes through one session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

Told = AsyncIterator[dict[str, Any]]
PROGRAMS: dict[str, Callable[..., Told]] = {}


def program(function: Callable[..., Told]) -> Callable[..., Told]:
    """Add a program to the collection."""
    PROGRAMS[function.__name__] = function
    return function


async def loaded(session: Any, m: Any, cls: Any, key: Any, *names: str) -> Any:
    """Return an instance from the database, with some relations loaded."""
    options = [m.lib.orm.selectinload(getattr(cls, name)) for name in names]
    return await session.get(cls, key, options=options, populate_existing=True)


@program
async def plain_rows(s: Any, m: Any) -> Told:
    a, b = m.User(name="a"), m.User(name="b", age=3, made="x", kind="k")
    s.add_all([b, a])
    yield {"a": a, "b": b}
    await s.flush()
    yield {"a": a, "b": b}
    a.name = "a"
    b.age = None
    await s.flush()
    yield {"a": a, "b": b}
    await s.delete(a)
    await s.flush()
    yield {"a": a, "b": b}
    await s.commit()
    yield {"a": a, "b": b}


@program
async def new_parents(s: Any, m: Any) -> Told:
    u = m.User(name="u", posts=[m.Post(title="1"), m.Post(title="2")])
    s.add(u)
    yield {"u": u, "p": u.posts[0]}
    await s.flush()
    yield {"u": u, "p": u.posts[0], "q": u.posts[1]}
    p = m.Post(title="3", user=u)
    yield {"u": u, "p": p}
    s.add(p)
    q = m.Post(title="4")
    u.posts.append(q)
    yield {"p": p, "q": q}
    await s.flush()
    yield {"p": p, "q": q}
    await s.commit()


@program
async def child_brings_parent(s: Any, m: Any) -> Told:
    p = m.Post(title="1", user=m.User(name="u"))
    s.add(p)
    yield {"p": p, "u": p.user}
    await s.flush()
    yield {"p": p, "u": p.user}
    p.user = m.User(name="v")
    yield {"p": p, "u": p.user}
    await s.flush()
    yield {"p": p, "u": p.user}
    p.user = None
    await s.flush()
    yield {"p": p}
    await s.commit()


@program
async def relation_wins_over_key(s: Any, m: Any) -> Told:
    u = m.User(name="u")
    s.add(u)
    await s.flush()
    p, q, r = (
        m.Post(title="1", user_id=u.id),
        m.Post(title="2", user_id=u.id, user=None),
        m.Post(title="3", user_id=99, user=u),
    )
    s.add_all([p, q, r])
    await s.flush()
    yield {"p": p, "q": q, "r": r}
    await s.commit()


@program
async def collection_loses_child(s: Any, m: Any) -> Told:
    u = m.User(name="u", posts=[m.Post(title=t) for t in "abc"])
    v = m.User(name="v", posts=[])
    s.add_all([u, v])
    await s.flush()
    a, b, _ = u.posts
    u.posts.remove(a)
    await s.flush()
    yield {"a": a, "b": b}
    u.posts.remove(b)
    v.posts.append(b)
    v.posts.append(a)
    await s.flush()
    yield {"a": a, "b": b}
    u.posts = [a, m.Post(title="d")]
    await s.flush()
    yield {"a": a, "b": b, "d": u.posts[1]}
    await s.commit()


@program
async def deleted_parent_unloaded(s: Any, m: Any) -> Told:
    u = m.User(name="u", posts=[m.Post(title=t) for t in "abc"])
    s.add(u)
    await s.commit()
    s.expunge_all()
    u = await s.get(m.User, 1)
    p = await s.get(m.Post, 2)
    await s.delete(u)
    yield {"u": u, "p": p}
    await s.flush()
    yield {"u": u, "p": p}
    await s.commit()
    yield {"u": u}


@program
async def delete_cascades(s: Any, m: Any) -> Told:
    u = m.User(
        name="u",
        profile=m.Profile(bio="b"),
        notes=[
            m.Note(body="1", lines=[m.Line(text="x"), m.Line(text="y")]),
            m.Note(body="2"),
        ],
    )
    other = m.User(name="o", notes=[m.Note(body="3")])
    s.add_all([u, other])
    await s.commit()
    s.expunge_all()
    u = await s.get(m.User, 1)
    await s.delete(u)
    yield {"u": u}
    await s.flush()
    yield {"u": u}
    await s.commit()


@program
async def orphans(s: Any, m: Any) -> Told:
    u = m.User(name="u", notes=[m.Note(body=t) for t in "abc"])
    v = m.User(name="v", notes=[])
    s.add_all([u, v])
    await s.flush()
    a, b, c = u.notes
    u.notes.remove(a)
    yield {"a": a}
    await s.flush()
    yield {"a": a}
    u.notes.remove(b)
    v.notes.append(b)
    await s.flush()
    yield {"b": b}
    c.user = None
    await s.flush()
    yield {"c": c}
    d = m.Note(body="d")
    u.notes.append(d)
    yield {"d": d}
    u.notes.remove(d)
    yield {"d": d}
    await s.flush()
    yield {"d": d}
    await s.commit()


@program
async def orphan_takes_its_own(s: Any, m: Any) -> Told:
    note = m.Note(body="n", lines=[m.Line(text="x"), m.Line(text="y")])
    u = m.User(name="u", notes=[note])
    s.add(u)
    await s.commit()
    s.expunge_all()
    u = await loaded(s, m, m.User, 1, "notes")
    u.notes.clear()
    await s.flush()
    yield {"u": u}
    await s.commit()


@program
async def one_to_one_replaced(s: Any, m: Any) -> Told:
    u = m.User(name="u", profile=m.Profile(bio="1"))
    s.add(u)
    await s.flush()
    old = u.profile
    u.profile = m.Profile(bio="2")
    yield {"old": old, "new": u.profile}
    await s.flush()
    yield {"old": old, "new": u.profile}
    u.profile = None
    await s.flush()
    yield {"u": u}
    await s.commit()


@program
async def many_to_many(s: Any, m: Any) -> Told:
    x, y, z = (m.Tag(name=name) for name in "xyz")
    p = m.Post(title="p", tags=[x, y])
    q = m.Post(title="q", tags=[y])
    s.add_all([p, q])
    z.posts.append(q)
    yield {"x": x, "z": z}
    await s.flush()
    yield {"x": x, "z": z}
    p.tags.remove(x)
    p.tags.append(z)
    await s.flush()
    yield {"p": p}
    y.posts.remove(q)
    await s.flush()
    yield {"q": q}
    await s.delete(p)
    await s.flush()
    yield {"p": p}
    await s.delete(z)
    await s.delete(q)
    await s.flush()
    yield {"z": z, "q": q}
    await s.commit()


@program
async def many_to_many_unloaded(s: Any, m: Any) -> Told:
    tags = [m.Tag(name=name) for name in "xyz"]
    s.add(m.Post(title="p", tags=tags))
    s.add(m.Post(title="q", tags=tags[:1]))
    await s.commit()
    s.expunge_all()
    await s.delete(await s.get(m.Post, 1))
    await s.flush()
    yield {}
    await s.delete(await s.get(m.Tag, 1))
    await s.commit()
    yield {}


@program
async def many_to_many_replaced(s: Any, m: Any) -> Told:
    x, y, z = (m.Tag(name=name) for name in "xyz")
    s.add(m.Post(title="p", tags=[x, y]))
    s.add(z)
    await s.commit()
    s.expunge_all()
    p = await loaded(s, m, m.Post, 1, "tags")
    p.tags = [await s.get(m.Tag, 3), p.tags[0]]
    await s.commit()
    yield {"p": p}


@program
async def tree(s: Any, m: Any) -> Told:
    root = m.Node(name="root")
    leaf = m.Node(name="leaf")
    mid = m.Node(name="mid", children=[leaf])
    s.add_all([leaf, mid, root])
    root.children.append(mid)
    other = m.Node(name="other", parent=root)
    s.add(other)
    await s.flush()
    yield {"root": root, "mid": mid, "leaf": leaf, "other": other}
    leaf.parent = other
    await s.flush()
    yield {"leaf": leaf}
    await s.commit()
    s.expunge_all()
    root = await s.get(m.Node, 1)
    await s.delete(root)
    await s.commit()
    yield {"root": root}


@program
async def circle_of_rows(s: Any, m: Any) -> Told:
    a, b = m.Node(name="a"), m.Node(name="b")
    a.parent = b
    b.parent = a
    s.add_all([a, b])
    yield {"a": a}
    await s.flush()


@program
async def post_update(s: Any, m: Any) -> Told:
    ball, other = m.Ball(), m.Ball()
    person = m.Person(balls=[ball, other], favorite=other)
    s.add(person)
    await s.flush()
    yield {"person": person, "ball": ball, "other": other}
    person.favorite = ball
    await s.flush()
    yield {"person": person}
    await s.delete(person)
    await s.delete(ball)
    await s.delete(other)
    await s.commit()
    yield {"person": person}


@program
async def joined_tables(s: Any, m: Any) -> Told:
    c = m.Company()
    e = m.Engineer(name="e", language="C", company=c)
    k = m.Manager(name="k", grade=3)
    p = m.Employee(name="p")
    c.staff.append(k)
    s.add_all([e, k, p])
    await s.flush()
    yield {"c": c, "e": e, "k": k, "p": p}
    e.language = "D"
    k.name = "kk"
    k.grade = 4
    await s.flush()
    yield {"e": e, "k": k}
    await s.delete(e)
    await s.delete(k)
    await s.commit()
    yield {"e": e, "k": k}


@program
async def order_in_a_hierarchy(s: Any, m: Any) -> Told:
    made = [
        m.Dog(name="1", bark="w"),
        m.Cat(name="2"),
        m.Animal(name="3"),
        m.Cat(name="4", purr="p"),
        m.Dog(name="5"),
    ]
    s.add_all(made)
    await s.flush()
    yield {each.name: each for each in made}
    for each in made[::2]:
        each.name += "!"
    await s.delete(made[1])
    await s.commit()
    yield {str(at): each for at, each in enumerate(made)}


@program
async def natural_key_moves(s: Any, m: Any) -> Told:
    c = m.Country(code="a", name="A", langs=[m.Lang(code="x")])
    c.cities = [m.City(), m.City()]
    s.add(c)
    await s.commit()
    s.expunge_all()
    c = await loaded(s, m, m.Country, "a", "cities", "langs")
    city = c.cities[0]
    c.code = "b"
    await s.flush()
    yield {"c": c, "city": city}
    await s.commit()
    yield {"c": c}


@program
async def composite_key(s: Any, m: Any) -> Told:
    place = m.Place(x=1, y=2, what="w", guests=[m.Guest(), m.Guest()])
    s.add(place)
    await s.flush()
    yield {"place": place, "guest": place.guests[0]}
    place.what = "v"
    place.guests.pop()
    await s.flush()
    yield {"place": place}
    await s.delete(place)
    await s.commit()
    yield {"place": place}


@program
async def row_switch(s: Any, m: Any) -> Told:
    a = m.Place(x=1, y=1, what="a")
    s.add(a)
    await s.commit()
    a = await s.get(m.Place, (1, 1))
    await s.delete(a)
    b = m.Place(x=1, y=1, what="b")
    s.add(b)
    await s.flush()
    yield {"a": a, "b": b}
    await s.commit()
    yield {"a": a, "b": b}


@program
async def versions(s: Any, m: Any) -> Told:
    a = m.Paper(text="1")
    s.add(a)
    await s.flush()
    yield {"a": a}
    a.text = "2"
    await s.flush()
    yield {"a": a}
    a.text = "2"
    await s.flush()
    yield {"a": a}
    await s.commit()
    a.text = "3"
    await s.flush()
    yield {"a": a}
    await s.execute(m.lib.text("UPDATE papers SET version = 9"))
    a.text = "4"
    try:
        await s.flush()
    except m.lib.orm.exc.StaleDataError:
        yield {"a": a}
        await s.rollback()
    yield {}


@program
async def stale_update(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.flush()
    await s.execute(m.lib.text("DELETE FROM users"))
    a.name = "b"
    try:
        await s.flush()
    except m.lib.orm.exc.StaleDataError:
        await s.rollback()
    yield {}


@program
async def stale_delete(s: Any, m: Any) -> Told:
    a = m.User(name="a")
    s.add(a)
    await s.flush()
    await s.execute(m.lib.text("DELETE FROM users"))
    await s.delete(a)
    await s.flush()
    yield {"a": a}
    await s.commit()


@program
async def expressions(s: Any, m: Any) -> Told:
    a = m.User(name=m.lib.func.lower("AbC"), age=1)
    s.add(a)
    await s.flush()
    yield {"a": a}
    a.age = m.User.age + 4
    await s.flush()
    yield {"a": a}
    await s.commit()


@program
async def passive_deletes(s: Any, m: Any) -> Told:
    o = m.Owner(
        passive=[m.Passive(), m.Passive()],
        untouched=[m.Untouched(), m.Untouched()],
    )
    s.add(o)
    await s.commit()
    s.expunge_all()
    o = await s.get(m.Owner, 1)
    p = await s.get(m.Passive, 1)
    await s.delete(o)
    await s.flush()
    yield {"o": o, "p": p}
    await s.commit()


@program
async def passive_deletes_loaded(s: Any, m: Any) -> Told:
    o = m.Owner(passive=[m.Passive()], untouched=[m.Untouched()])
    s.add(o)
    await s.flush()
    p, t = o.passive[0], o.untouched[0]
    await s.delete(o)
    await s.flush()
    yield {"o": o, "p": p, "t": t}
    await s.commit()


@program
async def not_in_session(s: Any, m: Any) -> Told:
    o = m.Owner(loose=[m.Loose()])
    s.add(o)
    loose = o.loose[0]
    yield {"o": o, "loose": loose}
    await s.flush()
    yield {"o": o, "loose": loose}
    await s.commit()


@program
async def single_parent(s: Any, m: Any) -> Told:
    bike = m.Bike(wheel=m.Wheel())
    s.add(bike)
    await s.flush()
    old = bike.wheel
    bike.wheel = m.Wheel()
    await s.flush()
    yield {"bike": bike, "old": old, "wheel": bike.wheel}
    wheel = bike.wheel
    await s.delete(bike)
    await s.flush()
    yield {"bike": bike, "wheel": wheel}
    await s.commit()


@program
async def orphan_without_backref(s: Any, m: Any) -> Told:
    h = m.Holder(items=[m.Item(name=t) for t in "abc"])
    k = m.Holder(items=[])
    s.add_all([h, k])
    await s.flush()
    a, b, c = h.items
    h.items.remove(a)
    k.items.append(b)
    h.items.remove(b)
    await s.flush()
    yield {"a": a, "b": b, "c": c}
    h.items.append(c)
    h.items = []
    await s.commit()
    yield {"h": h}


@program
async def refused(s: Any, m: Any) -> Told:
    s.add_all([m.Tag(name="x"), m.Tag(name="y")])
    await s.commit()
    t = await s.get(m.Tag, 1)
    t.name = "y"
    n = m.Post(title="n", tags=[t])
    s.add(n)
    try:
        await s.flush()
    except m.lib.exc.IntegrityError:
        await s.rollback()
    n.title = "again"
    s.add(n)
    await s.commit()
    yield {"n": n}


@program
async def both_kinds_of_work(s: Any, m: Any) -> Told:
    u = m.User(name="u", posts=[m.Post(title=t) for t in "ab"])
    s.add(u)
    await s.commit()
    u = await loaded(s, m, m.User, 1, "posts")
    a, b = u.posts
    v = m.User(name="v", posts=[a])
    s.add(v)
    a.title = "A"
    await s.delete(u)
    await s.flush()
    yield {"u": u, "v": v, "a": a, "b": b}
    await s.commit()


@program
async def parent_and_child_deleted(s: Any, m: Any) -> Told:
    u = m.User(name="u", posts=[m.Post(title=t) for t in "ab"])
    s.add(u)
    await s.commit()
    s.expunge_all()
    u = await s.get(m.User, 1)
    p = await s.get(m.Post, 1)
    await s.delete(u)
    await s.delete(p)
    await s.flush()
    yield {"u": u, "p": p}
    await s.commit()


@program
async def association_is_gone(s: Any, m: Any) -> Told:
    p = m.Post(title="p", tags=[m.Tag(name="x"), m.Tag(name="y")])
    s.add(p)
    await s.flush()
    await s.execute(m.lib.text("DELETE FROM post_tags WHERE tag_id = 1"))
    p.tags.clear()
    yield {}
    await s.flush()


@program
async def unloaded_parent_replaced(s: Any, m: Any) -> Told:
    s.add_all([m.Post(title="p", user=m.User(name="u")), m.User(name="v")])
    await s.commit()
    s.expunge_all()
    p = await s.get(m.Post, 1)
    p.user = await s.get(m.User, 2)
    await s.flush()
    yield {"p": p}
    s.expunge_all()
    p = await s.get(m.Post, 1)
    p.user = None
    await s.flush()
    yield {"p": p}
    await s.commit()


@program
async def known_parent_replaced(s: Any, m: Any) -> Told:
    s.add_all([m.Post(title="p", user=m.User(name="u")), m.User(name="v")])
    await s.commit()
    s.expunge_all()
    u = await loaded(s, m, m.User, 1, "posts")
    v = await loaded(s, m, m.User, 2, "posts")
    (p,) = u.posts
    s.expire(p, ["user"])
    p.user = v
    yield {"u": u, "v": v} if u.posts == [] and v.posts == [p] else {}
    await s.flush()
    yield {"p": p, "u": u, "v": v}
    await s.commit()


@program
async def key_followed_in_memory(s: Any, m: Any) -> Told:
    place = m.Place(x=1, y=2, what="w", guests=[m.Guest(), m.Guest()])
    s.add(place)
    await s.flush()
    place.x = 5
    await s.flush()
    yield {"place": place, "guest": place.guests[0]}
    place.guests[1].y = 2
    place.what = "v"
    await s.flush()
    yield {"place": place, "guest": place.guests[1]}
    await s.commit()


@program
async def expired_and_changed(s: Any, m: Any) -> Told:
    u = m.User(name="u", posts=[m.Post(title="p")])
    paper = m.Paper(text="1")
    s.add_all([u, paper])
    await s.commit()
    s.expire_all()
    u.name = "v"
    paper.text = "2"
    await s.flush()
    await s.refresh(u)
    await s.refresh(paper)
    yield {"u": u, "paper": paper}
    await s.commit()


@program
async def reading_flushes(s: Any, m: Any) -> Told:
    u = m.User(name="u")
    s.add(u)
    p = m.Post(title="p", user=u)
    found = (await s.execute(m.lib.select(m.Post.title))).scalars().all()
    yield {"u": u, "p": p} if found == ["p"] else {}
    with s.no_autoflush:
        p.title = "q"
        found = (await s.execute(m.lib.select(m.Post.title))).scalars().all()
    yield {"p": p} if found == ["p"] else {}
    await s.commit()


@program
async def twice_in_one_transaction(s: Any, m: Any) -> Told:
    a, b = m.Tag(name="a"), m.Tag(name="b")
    s.add_all([a, b])
    await s.flush()
    a.name, b.name = "c", "a"
    await s.flush()
    b.name = "b"
    a.name = "a"
    yield {"a": a, "b": b}
    await s.flush()
    await s.delete(a)
    yield {"a": a}
    await s.flush()
    yield {"a": a}
    s.add(m.Tag(name="a"))
    await s.commit()
    yield {"a": a, "b": b}


@program
async def savepoint_rolled_back(s: Any, m: Any) -> Told:
    u = m.User(name="u")
    s.add(u)
    await s.flush()
    try:
        async with s.begin_nested():
            p = m.Post(title="p", user=u)
            s.add(p)
            u.name = "v"
            await s.flush()
            yield {"u": u, "p": p}
            raise KeyError
    except KeyError:
        pass
    await s.refresh(u)
    yield {"u": u}
    await s.commit()


@program
async def rolled_back(s: Any, m: Any) -> Told:
    u = m.User(name="u", posts=[m.Post(title="p")])
    s.add(u)
    await s.commit()
    u = await loaded(s, m, m.User, 1, "posts")
    (p,) = u.posts
    u.name = "v"
    await s.delete(p)
    new = m.Post(title="n", user=u)
    s.add(new)
    await s.flush()
    yield {"p": p}
    await s.rollback()
    await s.refresh(u)
    await s.refresh(p)
    yield {"u": u, "p": p}
    u.name = "w"
    await s.commit()
