"""The rows that every test of the contract begins with."""

from __future__ import annotations

from typing import Any

__all__ = ["AGES", "ROWS"]

# username, name, age; the id is the place in the list.
USERS = [
    ("ada", "Ada Lovell", 19),
    ("bob", "Bob Williams", 24),
    ("carl", "Carl Adams", 25),
    ("alice", "Alice Brook", 26),
    ("dan", "Dan Fisher", 26),
    ("eve", "Eve Marsh", 27),
    ("frank", "Frank Stone", 27),
    ("grace", "Grace Hill", 27),
    ("bill", "Bill Carter", 28),
    ("helen", "Helen Park", 28),
    ("mike", "Mike Turner", 28),
    ("iris", "Iris Young", 29),
    ("jack", "Jack Ford", 29),
    ("jane", "Jane Doe", 25),
    ("karl", "Karl West", 29),
    ("lena", "Lena Scott", 30),
    ("mona", "Mona Lake", 30),
    ("nick", "Nick Reed", 30),
    ("oscar", "Oscar Flint", 31),
    ("paula", "Paula Quinn", 31),
    ("quentin", "Quentin Ray", 32),
    ("rose", "Rose Hunt", 32),
    ("sam", "Sam Frost", 33),
    ("tina", "Tina Bell", 33),
    ("uma", "Uma Cole", 33),
    ("victor", "Victor Nash", 34),
    ("wendy", "Wendy Rush", 34),
    ("xavier", "Xavier Snow", 34),
    ("yara", "Yara Moss", 35),
    ("zack", "Zack Pike", 35),
    ("bobby", "Bob Zimmer", 36),
    ("cleo", "Cleo North", 36),
    ("dora", "Dora South", 40),
    ("emil", "Emil East", 40),
]
AGES = [age for _, _, age in USERS]

RATINGS = (4, 3, 2, 1, 5)
TOPICS = (None, "news", "sports")

# body, post_id, user_id
COMMENTS = [
    ("First words", 1, 1),
    ("Second words", 1, 1),
    ("Good point", 2, 2),
    ("Not so sure", 4, 4),
    ("Read it twice", 5, 5),
    ("Thank you", 6, 6),
    ("More of this", 7, 7),
    ("Too short", 8, 8),
    ("Too long", 9, 9),
    ("Well said", 10, 10),
    ("Nice", 11, 11),
    ("Who are you", 12, 12),
    ("Last words", 13, 13),
    ("A question", 14, 14),
    ("An answer", 14, 1),
    ("Once more", 3, 2),
    ("And again", 3, 4),
]

# name, description, price
PRODUCTS = [
    ("Apple", "A red apple", 0.5),
    ("Bread", "Rye bread", 2.25),
    ("Cheese", "Hard cheese", 12.0),
    ("Dates", "Dried dates", 4.75),
    ("Eggs", "Six eggs", 3.5),
    ("Flour", "Wheat flour", 1.25),
    ("Grapes", "White grapes", 3.0),
    ("Honey", "Forest honey", 8.5),
]

# id, product_id, quantity
SELLS = [
    (1, 1, 10), (1, 2, 5), (2, 2, 3), (2, 3, 6),
    (3, 4, 2), (4, 5, 8), (5, 6, 9), (6, 7, 1),
]  # fmt: skip


def posts() -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "title": f"Lorem ipsum {number}",
            "body": f"Lorem ipsum dolor sit amet, number {number}",
            "rating": RATINGS[(number - 1) % len(RATINGS)],
            "topic": TOPICS[(number - 1) % len(TOPICS)],
            "user_id": number,
        }
        for number in range(1, 25)
    ]


def numbered(names: str, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    keys = ["id", *names.split()]
    return [
        dict(zip(keys, (number, *row), strict=True))
        for number, row in enumerate(rows, start=1)
    ]


ROWS = {
    "users": numbered("username name age", USERS),
    "posts": posts(),
    "comments": numbered("body post_id user_id", COMMENTS),
    "products": numbered("name description price", PRODUCTS),
    "sells": [
        dict(zip(("id", "product_id", "quantity"), row, strict=True))
        for row in SELLS
    ],
}
