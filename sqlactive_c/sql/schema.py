"""Objects of a schema: tables, columns, constraints, indexes, defaults."""

from .base import ColumnCollection, SchemaItem
from .column import Column
from .constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    Constraint,
    ForeignKey,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from .ddl_elements import (
    DDL,
    CreateIndex,
    CreateTable,
    DDLElement,
    DropIndex,
    DropTable,
    ExecutableDDLElement,
    sort_tables,
)
from .defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    FetchedValue,
    Identity,
)
from .identifiers import conv, quoted_name
from .indexes import Index
from .metadata import MetaData
from .table import Table

__all__ = [
    "DDL",
    "CheckConstraint",
    "Column",
    "ColumnCollection",
    "ColumnCollectionConstraint",
    "ColumnDefault",
    "Computed",
    "Constraint",
    "CreateIndex",
    "CreateTable",
    "DDLElement",
    "DefaultClause",
    "DropIndex",
    "DropTable",
    "ExecutableDDLElement",
    "FetchedValue",
    "ForeignKey",
    "ForeignKeyConstraint",
    "Identity",
    "Index",
    "MetaData",
    "PrimaryKeyConstraint",
    "SchemaItem",
    "Table",
    "UniqueConstraint",
    "conv",
    "quoted_name",
    "sort_tables",
]
