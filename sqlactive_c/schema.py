"""Objects of a schema, under the path that users of SQLAlchemy know."""

from .sql.schema import *  # noqa: F403
from .sql.schema import __all__ as __all__
