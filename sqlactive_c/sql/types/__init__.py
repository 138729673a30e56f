"""The column types, by family."""
