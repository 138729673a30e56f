"""Rows and row mappings, beyond what the parity tests compare."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
from collections.abc import KeysView, Mapping, Sequence
from typing import Any

import pytest

from sqlactive_c import create_async_engine, text
from sqlactive_c._core import _restore_keys, _restore_row
from sqlactive_c.engine.result import Row, RowMapping
from sqlactive_c.exc import InvalidRequestError, NoSuchColumnError


async def row_of(sql: str) -> Any:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        row = (await connection.execute(text(sql))).one()
    await engine.dispose()
    return row


def made(names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A row whose equal names are ambiguous."""
    return _restore_row(_restore_keys(names, False), values)


async def test_place_among_the_abstract_classes() -> None:
    row = await row_of("select 1 a")
    assert isinstance(row, Sequence)
    assert not isinstance(row, tuple)
    assert isinstance(row._mapping, Mapping)
    assert isinstance(row._mapping.keys(), KeysView)


async def test_pattern_matching() -> None:
    row = await row_of("select 1 a, 2 b")
    match row:
        case [first, second]:
            assert (first, second) == (1, 2)
        case _:
            pytest.fail("a row is a sequence")
    match row._mapping:
        case {"a": value}:
            assert value == 1
        case _:
            pytest.fail("a row mapping is a mapping")


@pytest.mark.parametrize("type_", [Row, RowMapping])
def test_cannot_be_made_or_changed(type_: type) -> None:
    with pytest.raises(TypeError):
        type_()
    with pytest.raises(TypeError):
        type_.extra = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        type("Sub", (type_,), {})


def test_generic_in_annotations() -> None:
    assert Row[tuple[int, str]].__origin__ is Row


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
async def test_pickle(protocol: int) -> None:
    row = await row_of("select 1 a, 'x' b, null c, 2 a")
    for thing in row, row._mapping:
        again = pickle.loads(pickle.dumps(thing, protocol))
        assert type(again) is type(thing)
        assert again == thing
        assert list(again) == list(thing)
    assert pickle.loads(pickle.dumps(row, protocol)).a == row.a == 2


async def test_rows_of_one_pickle_share_their_names() -> None:
    row = await row_of("select 1 a, 'x' b")
    one, other = pickle.loads(pickle.dumps([row, copy.copy(row)]))
    assert one._fields is other._fields


async def test_copy() -> None:
    row = await row_of("select 1 a, 'x' b")
    for thing in row, row._mapping:
        for again in copy.copy(thing), copy.deepcopy(thing):
            assert type(again) is type(thing)
            assert again == thing


def test_ambiguous_name() -> None:
    row = made(("a", "a", "b"), (1, 2, 3))
    assert row == (1, 2, 3)
    assert row.b == row._mapping["b"] == 3
    assert "a" in row._mapping
    assert row._fields == ("a", "a", "b")
    for ask in (
        lambda: row.a,
        lambda: row._mapping["a"],
        lambda: row._mapping.get("a"),
        lambda: row._asdict(),
        lambda: hasattr(row, "a"),
        lambda: repr(row._mapping),
    ):
        with pytest.raises(InvalidRequestError, match="'a' is ambiguous"):
            ask()


def test_unknown_names_name_themselves() -> None:
    row = made(("a",), (1,))
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = row.nothing
    with pytest.raises(NoSuchColumnError, match="'nothing'") as caught:
        _ = row._mapping["nothing"]
    assert isinstance(caught.value, KeyError)
    with pytest.raises(TypeError, match="_mapping"):
        _ = row["a"]


def test_keys_are_an_ordered_set() -> None:
    keys = made(("b", "a"), (1, 2))._mapping.keys()
    assert keys == ["b", "a"] == list(keys)
    assert keys != ["a", "b"]
    assert keys == ("b", "a")
    assert keys == {"a", "b"} == keys
    assert keys == {"a": 1, "b": 2}.keys()
    assert keys == made(("b", "a"), (3, 4))._mapping.keys()
    assert keys != made(("a", "b"), (3, 4))._mapping.keys()
    assert keys != 5
    assert keys <= {"a", "b", "c"}
    assert keys < {"a", "b", "c"}
    assert not keys > {"a", "b"}
    assert keys & ["a", "z"] == {"a"}
    assert keys | ["z"] == {"a", "b", "z"}
    assert keys - ["b"] == {"a"}
    assert keys ^ ["b", "z"] == {"a", "z"}
    assert ["b", "z"] - keys == {"z"}
    assert keys.isdisjoint(["z"])
    assert not keys.isdisjoint(["a"])
    assert repr(keys) == "ResultKeys(['b', 'a'])"
    assert "a" in keys
    assert 0 not in keys
    assert [] not in keys
    with pytest.raises(TypeError):
        hash(keys)


def test_equal_mappings_have_equal_hashes() -> None:
    one = made(("a", "b"), (1, 2))._mapping
    other = made(("b", "a"), (2, 1))._mapping
    assert one == other
    assert hash(one) == hash(other)


async def test_plain_rows_are_not_collected() -> None:
    row = await row_of("select 1 a, 'x' b")
    assert not gc.is_tracked(row)
    assert not gc.is_tracked(row._mapping)
    assert gc.get_referents(row) == []


def test_cycle_through_a_row_is_collected() -> None:
    class Thing:
        row: Any

    gc.collect()
    thing = Thing()
    thing.row = made(("a",), (thing,))
    mapping = Thing()
    mapping.row = made(("a",), (mapping,))._mapping
    assert gc.is_tracked(thing.row)
    del thing, mapping
    assert gc.collect() >= 2
    assert not any(isinstance(o, Thing) for o in gc.get_objects())


async def test_references_are_given_back() -> None:
    value = object()
    before = sys.getrefcount(value)
    row = made(("a", "b"), (value, value))
    for _ in range(50):
        _ = (list(row), row[0], row[0:1], row.a, row._mapping["a"])
        _ = (row == (value, value), hash(row), repr(row), row._asdict())
        _ = (row._mapping == {"a": value}, hash(row._mapping))
        _ = (list(row._mapping.items()), row.index(value), row.count(value))
        _ = (copy.copy(row), value in row)
    del row, _
    assert sys.getrefcount(value) == before


@pytest.mark.parametrize(
    "arguments",
    [
        (_restore_keys, (["a"], False)),
        (_restore_keys, ((1,), False)),
        (_restore_row, (("a",), (1,))),
        (_restore_row, (_restore_keys(("a",), False), (1, 2))),
        (_restore_row, (_restore_keys(("a",), False), [1])),
    ],
)
def test_damaged_pickles_are_refused(arguments: Any) -> None:
    function, values = arguments
    with pytest.raises((TypeError, ValueError)):
        function(*values)


async def test_attribute_named_as_a_method() -> None:
    row = await row_of('select 5 count, 6 "index", 7 "_asdict"')
    assert (row.count, row.index) == (5, 6)
    assert row._asdict() == {"count": 5, "index": 6, "_asdict": 7}
