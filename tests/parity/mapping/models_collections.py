"""Models whose related instances come in collections of all kinds."""

from __future__ import annotations

from parity.mapping.library import case

case(
    "keyed_dicts",
    """
from sqlalchemy.orm import attribute_keyed_dict, attribute_mapped_collection
from sqlalchemy.orm import column_keyed_dict, column_mapped_collection
from sqlalchemy.orm import keyfunc_mapping, mapped_collection
from sqlalchemy.orm import KeyFuncDict, MappedCollection

class MyList(list):
    def add_all(self, items):
        for item in items:
            self.append(item)

class MySet(set):
    def first(self):
        return next(iter(self))

class ByUpper(KeyFuncDict):
    def __init__(self):
        super().__init__(lambda note: note.key.upper())

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    notes: Mapped[dict[str, "Note"]] = relationship(
        collection_class=attribute_keyed_dict("key"), back_populates="user"
    )

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="notes")

class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
    bs: Mapped[dict[str, "B"]] = relationship(
        collection_class=keyfunc_mapping(lambda b: b.name),
        back_populates="a",
    )
    up: Mapped[KeyFuncDict[str, "B2"]] = relationship(collection_class=ByUpper)
    ls: Mapped[List["B3"]] = relationship(
        collection_class=MyList, back_populates="a"
    )
    ss: Mapped[Set["B4"]] = relationship(collection_class=MySet)

class B(Base):
    __tablename__ = "b"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))
    a: Mapped["A"] = relationship(back_populates="bs")

class B2(Base):
    __tablename__ = "b2"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))

class B3(Base):
    __tablename__ = "b3"
    id: Mapped[int] = mapped_column(primary_key=True)
    a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))
    a: Mapped["A"] = relationship(back_populates="ls")

class B4(Base):
    __tablename__ = "b4"
    id: Mapped[int] = mapped_column(primary_key=True)
    a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))

class C(Base):
    __tablename__ = "c"
    id: Mapped[int] = mapped_column(primary_key=True)
    ds: Mapped[dict[Any, "D"]] = relationship(
        collection_class=lambda: column_keyed_dict(
            [D.__table__.c.k1, D.__table__.c.kk2]
        )()
    )
    d1: Mapped[dict[Any, "D"]] = relationship(
        collection_class=lambda: column_keyed_dict(D.__table__.c.k1)(),
        viewonly=True,
    )

class D(Base):
    __tablename__ = "d"
    id: Mapped[int] = mapped_column(primary_key=True)
    k1: Mapped[str]
    k2: Mapped[int] = mapped_column("kk2")
    c_id: Mapped[int] = mapped_column(ForeignKey("c.id"))
""",
    "list(User(notes={'a': Note(key='a')}).notes)",
    "isinstance(User().notes, dict)",
    "(u := User(), n := Note(key='k', user=u), u.notes['k'] is n)[-1]",
    "(u := User(), n := Note(key='k'), u.notes.set(n), n.user is u, "
    "list(u.notes))[-2:]",
    "(u := User(), n := Note(key='k'), u.notes.__setitem__('z', n), "
    "n.user is u, list(u.notes))[-2:]",
    "(u := User(), n := Note(key='k', user=u), u.notes.remove(n), "
    "n.user, list(u.notes))[-2:]",
    "(u := User(), n := Note(key='k', user=u), u.notes.pop('k') is n, "
    "n.user, list(u.notes))[-3:]",
    "(u := User(), u.notes.pop('k', 3))[-1]",
    "(u := User(), n := Note(key='k', user=u), u.notes.popitem()[0], "
    "n.user)[-2:]",
    "(u := User(), n := Note(key='k', user=u), u.notes.clear(), n.user)[-2:]",
    "(u := User(), n := Note(key='k', user=u), "
    "u.notes.__delitem__('k'), n.user)[-1:]",
    "(u := User(), n := Note(key='k', user=u), u.notes.setdefault('k', "
    "3) is n)[-1:]",
    "(u := User(), n := Note(key='k'), u.notes.setdefault('k', n) is "
    "n, n.user is u)[-2:]",
    "(u := User(), n := Note(key='k'), u.notes.update({'k': n}), "
    "n.user is u)[-2:]",
    "(u := User(), n := Note(key='k'), u.notes.update(k=n), n.user is u)[-2:]",
    "(u := User(), n := Note(key='k'), u.notes.update([('k', n)]), "
    "n.user is u)[-2:]",
    "(u := User(), n := Note(key='k', user=u), m := Note(key='k'), "
    "u.notes.set(m), n.user, m.user is u, len(u.notes))[-3:]",
    "(u := User(), n := Note(key='k', user=u), setattr(u, 'notes', "
    "{'z': Note(key='z')}), n.user, list(u.notes))[-2:]",
    "(u := User(), n := Note(key='k', user=u), setattr(u, 'notes', "
    "{'q': n}), list(u.notes))[-1:]",
    "(u := User(), n := Note(key='k', user=u), m := Note(key='k', "
    "user=u), list(u.notes), u.notes['k'] is m, n.user is u)[-3:]",
    "error(lambda: Note(user=User()))",
    "(u := User(), n := Note(key='a', user=u), [len(x) for x in "
    "inspect(u).attrs.notes.history])[-1]",
    "(u := User(), n := Note(key='a', user=u), "
    "inspect(u).attrs.notes.history.added == [n])[-1]",
    "(a := A(), b := B(name='x', a=a), list(a.bs))[-1]",
    "(a := A(), b := B2(key='x'), a.up.set(b), list(a.up), "
    "type(a.up).__name__)[-2:]",
    "(a := A(), a.ls.add_all([B3(), B3()]), [x.a is a for x in a.ls], "
    "isinstance(a.ls, MyList))[-2:]",
    "(a := A(), a.ss.add(b := B4()), a.ss.first() is b, "
    "type(a.ss).__name__)[-2:]",
    "(c := C(), d := D(k1='x', k2=3), c.ds.set(d), list(c.ds), "
    "c.d1.set(d), list(c.d1))[3::2]",
    "User.notes.property.uselist",
    "(u := User(), n := Note(key='a', user=u), "
    "u.notes.copy().__class__.__name__, dict(u.notes) == {'a': n})[-2:]",
    "(u := User(), n := Note(key='a', user=u), u.notes == {'a': n}, "
    "'a' in u.notes, u.notes.get('b'), list(u.notes.values()) == "
    "[n])[-4:]",
    "(u := User(), n := Note(key='a', user=u), "
    "sorted(pickle.loads(pickle.dumps(u.notes)))) [-1]",
    "attribute_mapped_collection is attribute_keyed_dict, "
    "column_mapped_collection is column_keyed_dict, mapped_collection "
    "is keyfunc_mapping, MappedCollection is KeyFuncDict",
    "str(select(User).where(User.notes.any(Note.key == 'a')))",
    "error(lambda: (u := User(), u.notes.pop('k'))[-1])",
    "error(lambda: (u := User(), setattr(u, 'notes', [Note(key='z')]))[-1])",
    "error(lambda: (u := User(), setattr(u, 'notes', None))[-1])",
    "error(lambda: (u := User(), u.notes.__setitem__('z', 3))[-1])",
    "error(lambda: (u := User(), n := Note(), u.notes.set(n))[-1])",
    "error(lambda: (u := User(), n := Note(key='a', user=u), "
    "setattr(n, 'key', 'b'), u.notes.remove(n), list(u.notes))[-1])",
    "error(lambda: (u := User(), u.notes.remove(Note(key='q')))[-1])",
    "error(lambda: (u := User(), n := Note(key='a', user=u), "
    "u.notes.remove(Note(key='a')))[-1])",
)
