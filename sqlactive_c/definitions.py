"""Names of the ways to load relations, for eager loading schemas."""

__all__ = ["JOINED", "SELECT_IN", "SUBQUERY"]

# With the rows themselves, by a JOIN.
JOINED = "joined"

# By a second SELECT around the first.
SUBQUERY = "subquery"

# By a second SELECT of the keys that the first one gave.
SELECT_IN = "selectin"
