"""Column types, under the path that users of SQLAlchemy know."""

from .sql.sqltypes import *  # noqa: F403
from .sql.sqltypes import __all__ as __all__
