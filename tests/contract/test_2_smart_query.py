"""Contract 2.9 to 2.12: SmartQueryMixin, utils, the base, exceptions."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest

# -- 2.9 SmartQueryMixin ------------------------------------------------------


def test_2_9_filter_expr(lib: SimpleNamespace) -> None:
    found = lib.User.filter_expr(age__gt=3, name="x", is_adult=True)
    assert [str(each) for each in found] == [
        "users.age > :age_1",
        "users.name = :name_1",
        "(users.age > :age_1) = true",
    ]
    assert lib.User.filter_expr() == []


def test_2_9_filter_expr_of_an_alias(lib: SimpleNamespace) -> None:
    alias = lib.aliased(lib.User)
    [found] = alias.filter_expr(age__lt=1)
    assert str(found) == "users_1.age < :age_1"


def test_2_9_filter_expr_refuses(lib: SimpleNamespace) -> None:
    with pytest.raises(lib.OperatorError) as caught:
        lib.User.filter_expr(age__unknown=1)
    assert str(caught.value) == "no such operator: 'unknown'"
    assert caught.value.__notes__ == [
        "expression 'age__unknown' has incorrect operator: 'unknown'"
    ]
    with pytest.raises(lib.NoFilterableError) as caught:
        lib.User.filter_expr(foo=1)
    assert str(caught.value) == "attribute not filterable: 'foo' in model User"
    assert caught.value.__notes__ == [
        "expression 'foo' has incorrect attribute: 'foo'"
    ]
    with pytest.raises(lib.OperatorError):
        lib.Post.filter_expr(user___name="x")


def test_2_9_order_expr(lib: SimpleNamespace) -> None:
    found = lib.User.order_expr("age", "-name", "is_adult")
    assert [str(each) for each in found] == [
        "users.age ASC",
        "users.name DESC",
        "users.age > :age_1 ASC",
    ]
    for name in ("foo", "--age", "posts", "older_than"):
        with pytest.raises(lib.NoSortableError):
            lib.User.order_expr(name)
    with pytest.raises(lib.NoSortableError) as caught:
        lib.User.order_expr("--age")
    assert str(caught.value) == "attribute not sortable: '-age' in model User"


def test_2_9_order_expr_of_an_alias(lib: SimpleNamespace) -> None:
    [found] = lib.aliased(lib.Post).order_expr("-rating")
    assert str(found) == "posts_1.rating DESC"


def test_2_9_columns_expr(lib: SimpleNamespace) -> None:
    found = lib.User.columns_expr("age", "is_adult")
    assert [str(each) for each in found] == [
        "User.age",
        "users.age > :age_1",
    ] or str(found[0]) in ("User.age", "users.age")
    with pytest.raises(lib.NoColumnOrHybridPropertyError) as caught:
        lib.User.columns_expr("posts")
    assert str(caught.value) == (
        "no such column or hybrid property: 'posts' in model User"
    )
    [found] = lib.aliased(lib.User).columns_expr("age")
    assert str(lib.select(found)).startswith("SELECT users_1.age")


async def test_2_9_eager_expr(ns: SimpleNamespace) -> None:
    options = ns.User.eager_expr({ns.User.posts: ns.JOINED})
    users = await ns.User.options(*options).unique_all()
    assert [len(user.posts) for user in users] == [1] * 24 + [0] * 10


def test_2_9_smart_query(lib: SimpleNamespace) -> None:
    query = lib.SmartQueryMixin.smart_query(
        lib.select(lib.Comment),
        criteria=(lib.Comment.id > 1,),
        filters={"post___rating__gt": 1},
        sort_columns=(lib.Comment.id.desc(),),
        sort_attrs=("-post___created_at", "user___name"),
    )
    assert isinstance(query, lib.Select)
    text = str(query)
    assert "LEFT OUTER JOIN posts AS posts_1" in text
    assert "LEFT OUTER JOIN users AS users_1" in text
    assert text.endswith(
        "ORDER BY comments.id DESC, posts_1.created_at DESC, users_1.name ASC"
    )


def test_2_9_apply_search_filter(lib: SimpleNamespace) -> None:
    query = lib.SmartQueryMixin.apply_search_filter(
        lib.select(lib.User), "x", columns=("username", lib.User.name)
    )
    assert str(query).endswith(
        "WHERE lower(users.username) LIKE lower(:username_1)"
        " OR lower(users.name) LIKE lower(:name_1)"
    )


def test_2_9_make_aliases_from_attrs(lib: SimpleNamespace) -> None:
    aliases: dict[str, Any] = {}
    lib.SmartQueryMixin._make_aliases_from_attrs(
        entity=lib.Comment,
        entity_path="",
        attrs=["post___rating", "user___name", "post___user___age", "body"],
        aliases=aliases,
    )
    assert set(aliases) == {"post", "user", "post___user"}
    alias, relation = aliases["post"]
    assert alias.__mapper__.class_ is lib.Post
    assert type(alias) is type(lib.aliased(lib.Post))
    assert relation.property.mapper.class_ is lib.Post
    assert aliases["user"][1].property.mapper.class_ is lib.User


def test_2_9_recurse_filters(lib: SimpleNamespace) -> None:
    aliases: dict[str, Any] = {}
    filters = {
        lib.or_: {
            "post___rating__gt": 3,
            lib.and_: {"user___age__lt": 30, "body__like": "%x%"},
        }
    }
    lib.SmartQueryMixin._make_aliases_from_attrs(
        lib.Comment,
        "",
        list(lib.flatten_nested_filter_keys(filters)),
        aliases,
    )
    found = list(
        lib.SmartQueryMixin._recurse_filters(filters, lib.Comment, aliases)
    )
    assert [str(each) for each in found] == [
        "posts_1.rating > :rating_1 OR users_1.age < :age_1"
        " AND comments.body LIKE :body_1"
    ]


def test_2_9_sort_query(lib: SimpleNamespace) -> None:
    aliases: dict[str, Any] = {}
    attrs = ["-created_at", "user___name", "-user___age"]
    lib.SmartQueryMixin._make_aliases_from_attrs(
        lib.Post, "", [each.lstrip("-") for each in attrs], aliases
    )
    query = lib.SmartQueryMixin._sort_query(
        lib.select(lib.Post), attrs, lib.Post, aliases
    )
    assert str(query).endswith(
        "ORDER BY posts.created_at DESC, users_1.name ASC, users_1.age DESC"
    )


def test_2_9_group_query(lib: SimpleNamespace) -> None:
    aliases: dict[str, Any] = {}
    attrs = ["rating", "user___name"]
    lib.SmartQueryMixin._make_aliases_from_attrs(lib.Post, "", attrs, aliases)
    query = lib.SmartQueryMixin._group_query(
        lib.select(lib.Post), attrs, lib.Post, aliases
    )
    assert str(query).endswith("GROUP BY posts.rating, users_1.name")


# -- 2.10 utils ---------------------------------------------------------------


def test_2_10_classproperty(lib: SimpleNamespace) -> None:
    class Owner:
        @lib.classproperty
        def name(cls) -> str:
            return cls.__name__

    class Heir(Owner):
        pass

    assert (Owner.name, Heir.name, Heir().name) == ("Owner", "Heir", "Heir")
    assert lib.classproperty[int] is not None


def test_2_10_get_query_root_cls(lib: SimpleNamespace) -> None:
    root = lib.get_query_root_cls
    for query in (
        lib.select(lib.User),
        lib.select(lib.User.age),
        lib.select(lib.func.count(lib.User.id)),
        lib.select(lib.User.age + 1),
        lib.select(lib.User.age.label("x")),
        lib.select(lib.User.is_adult),
        lib.select(lib.func.count(), lib.User.id),
        lib.select(lib.User, lib.Post),
    ):
        assert root(query) is lib.User
    alias = lib.aliased(lib.User)
    assert root(lib.select(alias)) is alias


def test_2_10_no_root(lib: SimpleNamespace) -> None:
    root = lib.get_query_root_cls
    for query in (
        lib.select(lib.func.count()),
        lib.select(lib.func.count("*")),
        lib.select(lib.text("1")),
        lib.select(lib.User.__table__.c.id),
    ):
        assert root(query) is None
        with pytest.raises(lib.RootClassNotFoundError) as caught:
            root(query, raise_on_none=True)
        assert str(caught.value).startswith("could not find root class of")
        assert isinstance(caught.value, ValueError)


def test_2_10_flatten_nested_filter_keys(lib: SimpleNamespace) -> None:
    flatten = lib.flatten_nested_filter_keys
    filters = {
        "a": 1,
        lib.or_: {"b": 2, lib.and_: [{"c": 3}, {"d": 4}]},
        "e": 5,
    }
    assert list(flatten(filters)) == ["a", "b", "c", "d", "e"]
    assert list(flatten([{"a": 1}, {lib.or_: {"b": 1}}])) == ["a", "b"]
    assert list(flatten({})) == []
    lazy = flatten("x")
    with pytest.raises(lib.FilterTypeError) as caught:
        list(lazy)
    assert str(caught.value) == (
        "expected dict or list in filters, got str: 'x'"
    )
    assert isinstance(caught.value, TypeError)


def test_2_10_create_eager_load_option(lib: SimpleNamespace) -> None:
    for method in (lib.JOINED, lib.SUBQUERY, lib.SELECT_IN):
        option = lib.create_eager_load_option(lib.User.posts, method)
        assert str(lib.select(lib.User).options(option))
    with pytest.raises(lib.InvalidJoinMethodError) as caught:
        lib.create_eager_load_option(lib.User.posts, "foo")
    assert str(caught.value) == "invalid join method 'foo' for 'posts'"


def test_2_10_eager_expr_from_schema(lib: SimpleNamespace) -> None:
    schema = {
        lib.Post.user: lib.JOINED,
        lib.Post.comments: (lib.SUBQUERY, {lib.Comment.user: lib.JOINED}),
    }
    assert len(lib.eager_expr_from_schema(schema)) == 2
    assert lib.eager_expr_from_schema({}) == []
    with pytest.raises(lib.InvalidJoinMethodError):
        lib.eager_expr_from_schema({lib.Post.user: "foo"})


# -- 2.12 exceptions ----------------------------------------------------------

MESSAGES = [
    (
        "CompositePrimaryKeyError",
        ("X",),
        "model X has a composite primary key",
        ValueError,
    ),
    (
        "EagerLoadPathTupleError",
        (("a", 1),),
        "expected boolean for second element of tuple in ('a', 1)",
        ValueError,
    ),
    (
        "FilterTypeError",
        (3,),
        "expected dict or list in filters, got int: 3",
        TypeError,
    ),
    (
        "InvalidJoinMethodError",
        ("a", "b"),
        "invalid join method 'b' for 'a'",
        ValueError,
    ),
    (
        "ModelAttributeError",
        ("a", "X"),
        "no such attribute: 'a' in model X",
        AttributeError,
    ),
    (
        "NegativeIntegerError",
        ("limit", -3),
        "limit must be >= 0, got -3",
        ValueError,
    ),
    (
        "NoColumnOrHybridPropertyError",
        ("a", "X"),
        "no such column or hybrid property: 'a' in model X",
        AttributeError,
    ),
    (
        "NoFilterableError",
        ("a", "X"),
        "attribute not filterable: 'a' in model X",
        AttributeError,
    ),
    (
        "NoSessionError",
        (),
        "cannot get session; set_session() must be called first",
        RuntimeError,
    ),
    (
        "NoSearchableColumnsError",
        ("X",),
        "model X has no searchable columns",
        RuntimeError,
    ),
    (
        "NoSearchableError",
        ("a", "X"),
        "attribute not searchable: 'a' in model X",
        AttributeError,
    ),
    (
        "NoSettableError",
        ("a", "X"),
        "attribute not settable: 'a' in model X",
        AttributeError,
    ),
    (
        "NoSortableError",
        ("a", "X"),
        "attribute not sortable: 'a' in model X",
        AttributeError,
    ),
    ("OperatorError", ("a",), "no such operator: 'a'", ValueError),
    (
        "RelationError",
        ("a", "X"),
        "no such relation: 'a' in model X",
        AttributeError,
    ),
    (
        "RootClassNotFoundError",
        ("q",),
        "could not find root class of query: q",
        ValueError,
    ),
]


@pytest.mark.parametrize(
    ("name", "arguments", "message", "base"),
    MESSAGES,
    ids=[each[0] for each in MESSAGES],
)
def test_2_12_exception(
    lib: SimpleNamespace,
    name: str,
    arguments: tuple[Any, ...],
    message: str,
    base: type[Exception],
) -> None:
    module = importlib.import_module(f"{lib.library}.exceptions")
    kind = getattr(module, name)
    error = kind(*arguments)
    assert str(error) == message
    assert isinstance(error, (module.SQLActiveError, base))
    assert issubclass(kind, module.SQLActiveError)
    assert issubclass(kind, base)
    assert not hasattr(error, "__notes__")
    assert kind(*arguments, note="more").__notes__ == ["more"]
    assert not hasattr(kind(*arguments, note="  "), "__notes__")


def test_2_12_base(lib: SimpleNamespace) -> None:
    module = importlib.import_module(f"{lib.library}.exceptions")
    error = module.SQLActiveError("text", "note")
    assert (str(error), error.__notes__) == ("text", ["note"])
    assert module.SQLActiveError.__base__ is Exception


@pytest.mark.parametrize(
    ("build", "note"),
    [
        (lambda m: m.where(foo__unknown=1), "incorrect filter path"),
        (lambda m: m.where(post___nope___x=1), "incorrect relation path"),
        (lambda m: m.order_by("post___foo"), "incorrect order path"),
        (lambda m: m.group_by("post___foo"), "incorrect group path"),
    ],
)
def test_2_12_notes_of_paths(
    lib: SimpleNamespace, build: Any, note: str
) -> None:
    with pytest.raises(lib.SQLActiveError) as caught:
        build(lib.Comment)
    assert any(note in each for each in caught.value.__notes__)


def test_2_12_an_alias_by_name(lib: SimpleNamespace) -> None:
    with pytest.raises(lib.RelationError) as caught:
        lib.Comment.where(post___nope___name=1)
    assert str(caught.value) == (
        "no such relation: 'nope' in model aliased(Post)"
    )
    with pytest.raises(lib.NoFilterableError) as caught:
        lib.Post.where(user___foo=1)
    assert str(caught.value) == "attribute not filterable: 'foo' in model User"
