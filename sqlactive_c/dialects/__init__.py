"""Databases, by name: there is SQLite."""

from . import sqlite

__all__ = ["sqlite"]
