"""Column types.

A type knows the name that it has in a table definition, the Python type of
its values and its own parameters, how its values are stored, and what
operators make of them. Names in mixed case are the types to choose; names in
upper case are SQL's own and are written as they are.
"""

from .types.array import ARRAY, TupleType
from .types.base import (
    NULLTYPE,
    NullType,
    TypeEngine,
    to_instance,
)
from .types.base import is_type as is_type
from .types.binary import BINARY, BLOB, VARBINARY, LargeBinary
from .types.boolean import BOOLEAN, Boolean, MatchType
from .types.boolean import BOOLEANTYPE as BOOLEANTYPE
from .types.decorator import (
    ExternalType,
    PickleType,
    TypeDecorator,
    UserDefinedType,
    Variant,
)
from .types.enumerated import Enum
from .types.json import JSON
from .types.json import json_index as json_index
from .types.json import json_path as json_path
from .types.numeric import (
    BIGINT,
    DECIMAL,
    DOUBLE,
    DOUBLE_PRECISION,
    FLOAT,
    INT,
    INTEGER,
    NUMERIC,
    REAL,
    SMALLINT,
    BigInteger,
    Double,
    Float,
    Integer,
    Numeric,
    SmallInteger,
)
from .types.operands import adapted as adapted
from .types.resolve import INTEGERTYPE as INTEGERTYPE
from .types.resolve import STRINGTYPE as STRINGTYPE
from .types.resolve import type_of_value as type_of_value
from .types.temporal import (
    DATE,
    DATETIME,
    TIME,
    TIMESTAMP,
    Date,
    DateTime,
    Interval,
    Time,
)
from .types.text import (
    CHAR,
    CLOB,
    NCHAR,
    NVARCHAR,
    TEXT,
    VARCHAR,
    String,
    Text,
    Unicode,
    UnicodeText,
)
from .types.uuid import UUID, Uuid

__all__ = [
    "ARRAY",
    "BIGINT",
    "BINARY",
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "CLOB",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "DOUBLE",
    "DOUBLE_PRECISION",
    "FLOAT",
    "INT",
    "INTEGER",
    "JSON",
    "NCHAR",
    "NULLTYPE",
    "NUMERIC",
    "NVARCHAR",
    "REAL",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "UUID",
    "VARBINARY",
    "VARCHAR",
    "BigInteger",
    "Boolean",
    "Date",
    "DateTime",
    "Double",
    "Enum",
    "ExternalType",
    "Float",
    "Integer",
    "Interval",
    "LargeBinary",
    "MatchType",
    "NullType",
    "Numeric",
    "PickleType",
    "SmallInteger",
    "String",
    "Text",
    "Time",
    "TupleType",
    "TypeDecorator",
    "TypeEngine",
    "Unicode",
    "UnicodeText",
    "UserDefinedType",
    "Uuid",
    "Variant",
    "to_instance",
]
