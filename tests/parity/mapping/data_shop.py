"""The rows of the shop, by table, in the order of their foreign keys."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any


def _rows(keys: str, *rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(keys.split(), row, strict=True)) for row in rows]


def _at(day: int, second: int = 0) -> datetime.datetime:
    return datetime.datetime(2024, 3, day, 10, 30, second, 250_000)


ROWS: dict[str, list[dict[str, Any]]] = {
    "users": _rows(
        "id name age level joined boss_id",
        (1, "ann", 41, "high", _at(1), None),
        (2, "bob", 17, "low", _at(2, 7), 1),
        (3, "Cid", None, None, _at(3), 1),
        (4, "dora", 30, "low", _at(4), 2),
        (5, "eve", 30, "high", _at(5, 59), None),
        (6, "o'neil", 18, None, _at(6), 5),
    ),
    "profiles": _rows(
        "user_id data",
        (1, {"lang": "en", "tags": ["a", "b"], "n": 3}),
        (2, {"lang": "fr", "n": 1.5}),
        (4, None),
    ),
    "orders": _rows(
        "id user_id total placed is_paid",
        (1, 1, Decimal("10.50"), datetime.date(2024, 4, 1), True),
        (2, 1, Decimal("99.99"), datetime.date(2024, 4, 2), False),
        (3, 2, Decimal("0.10"), datetime.date(2024, 4, 2), True),
        (4, 4, Decimal("7.00"), datetime.date(2024, 5, 9), False),
        (5, None, Decimal("3.33"), datetime.date(2024, 5, 10), True),
        (6, 5, Decimal("10.50"), datetime.date(2024, 6, 1), True),
    ),
    "products": _rows(
        "id name price blurb",
        (1, "pen", 3, "writes"),
        (2, "ink", 5, None),
        (3, "desk%top", 120, "large_one"),
        (4, "lamp", 40, "shines"),
    ),
    "tags": _rows(
        "id word", (1, "office"), (2, "blue"), (3, "rare"), (4, "unused")
    ),
    "product_tags": _rows(
        "product_id tag_id", (1, 1), (1, 2), (2, 2), (3, 1), (3, 3)
    ),
    "lines": _rows(
        "order_id product_id amount",
        (1, 1, 10),
        (1, 2, 1),
        (2, 3, 1),
        (3, 1, 2),
        (4, 2, 4),
        (6, 3, 2),
    ),
    "shelves": _rows("id full", (1, True), (3, False)),
    "animals": _rows(
        "id name kind owner_id bark lives",
        (1, "rex", "dog", 1, "wuff", None),
        (2, "tom", "cat", 1, None, 7),
        (3, "tiny", "puppy", 2, "wif", None),
        (4, "cow", "animal", None, None, None),
        (5, "kitty", "cat", None, None, 9),
    ),
    "desks": _rows("id place", (1, "north"), (2, "south")),
    "employees": _rows(
        "id name type desk_id",
        (1, "mia", "manager", 1),
        (2, "ed", "engineer", 1),
        (3, "joe", "employee", None),
        (4, "eli", "engineer", 2),
        (5, "max", "manager", None),
    ),
    "managers": _rows("id budget", (1, 1000), (5, 50)),
    "engineers": _rows("id level", (2, 3), (4, None)),
}
