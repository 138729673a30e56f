"""Random programs about sessions, run by both libraries."""
