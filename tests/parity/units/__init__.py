"""Units of work, as programs that run through both libraries."""
