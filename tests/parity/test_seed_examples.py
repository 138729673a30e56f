"""Every example of the peer's page on DBConnection, with our package's name.

Each is a program of its own, run as a user would run it: on a database in
memory and on a file.  Where the page says that operations are performed, some
are; what must be true afterwards is checked in the same process.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plugins.environment import without_remarks

BEFORE = """
import asyncio
from asyncio import current_task
from sqlactive import ActiveRecordBaseModel
from sqlactive.orm import Mapped, mapped_column

class User(ActiveRecordBaseModel):
    __tablename__ = 'users'
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

async def operate(session):
    async with session() as s:
        assert await s.scalar(text('SELECT count(*) FROM users')) == 0
        sql = "INSERT INTO users VALUES (1, :name, 'now', 'now')"
        await s.execute(text(sql), {'name': 'Bob'})
        await s.commit()
    async with session() as s:
        assert await s.scalar(text('SELECT name FROM users')) == 'Bob'

from sqlactive import text
"""

USAGE = """
from sqlactive import DBConnection

DATABASE_URL = 'sqlite+aiosqlite://'

db = DBConnection(DATABASE_URL, echo=False)
"""

AFTER_USAGE = """
from sqlactive import AsyncEngine, async_scoped_session, async_sessionmaker

assert type(db.async_engine) is AsyncEngine
assert type(db.async_sessionmaker) is async_sessionmaker
assert db.async_sessionmaker.kw['bind'] is db.async_engine
assert db.async_sessionmaker.kw['expire_on_commit'] is False
assert type(db.async_scoped_session) is async_scoped_session
asyncio.run(db.init_db())
asyncio.run(operate(db.async_scoped_session))
asyncio.run(db.close())
"""

SHORTCUT = """
from sqlactive import create_async_engine
from sqlactive import async_sessionmaker, async_scoped_session

DATABASE_URL = 'sqlite+aiosqlite://'
async_engine = create_async_engine(DATABASE_URL, echo=False)
async_sessionmaker = async_sessionmaker(bind=async_engine, expire_on_commit=False)
async_scoped_session = async_scoped_session(async_sessionmaker, scopefunc=current_task)
"""  # noqa: E501

AFTER_SHORTCUT = """
async def main():
    async with async_engine.begin() as connection:
        await connection.run_sync(ActiveRecordBaseModel.metadata.create_all)
    await operate(async_scoped_session)
    await async_engine.dispose()

asyncio.run(main())
"""

INIT_DB = """
from sqlactive import DBConnection

DATABASE_URL = 'sqlite+aiosqlite://'
conn = DBConnection(DATABASE_URL, echo=True)
asyncio.run(conn.init_db()) # Initialize the database
"""

AFTER_INIT_DB = """
assert ActiveRecordBaseModel.session is conn.async_scoped_session
assert User.AsyncSession is conn.async_scoped_session
asyncio.run(operate(User.AsyncSession))
"""

INIT_DB_BASE = """
from sqlactive import DBConnection, ActiveRecordBaseModel

# Note that it does not matter if your base model
# inherits from `ActiveRecordBaseModel`, you still
# need to pass it to this method
class BaseModel(ActiveRecordBaseModel):
    __abstract__ = True

DATABASE_URL = 'sqlite+aiosqlite://'
conn = DBConnection(DATABASE_URL, echo=True)
asyncio.run(conn.init_db(BaseModel)) # Pass your base model
"""

AFTER_INIT_DB_BASE = """
assert BaseModel.session is conn.async_scoped_session
assert ActiveRecordBaseModel.session is None
asyncio.run(operate(BaseModel.AsyncSession))
"""

CLOSE = """
from sqlactive import DBConnection

DATABASE_URL = 'sqlite+aiosqlite://'
conn = DBConnection(DATABASE_URL, echo=True)
asyncio.run(conn.init_db())

# Perform operations...

asyncio.run(conn.close()) # Close the database connection
"""

AFTER_CLOSE = """
from sqlactive.exceptions import NoSessionError
from sqlactive.exc import UnboundExecutionError

assert ActiveRecordBaseModel.session is None
try:
    User.AsyncSession
except NoSessionError:
    pass
else:
    raise AssertionError
try:
    asyncio.run(operate(conn.async_scoped_session))
except UnboundExecutionError:
    pass
else:
    raise AssertionError
"""

CLOSE_BASE = """
from sqlactive import DBConnection, ActiveRecordBaseModel

# Note that it does not matter if your base model
# inherits from `ActiveRecordBaseModel`, you still
# need to pass it to this method
class BaseModel(ActiveRecordBaseModel):
    __abstract__ = True

DATABASE_URL = 'sqlite+aiosqlite://'
conn = DBConnection(DATABASE_URL, echo=True)
asyncio.run(conn.init_db())

# Perform operations...

asyncio.run(conn.close(BaseModel)) # Pass your base model
"""

AFTER_CLOSE_BASE = "assert BaseModel.session is None\n" + AFTER_CLOSE

EXAMPLES = {
    "usage": (USAGE, AFTER_USAGE),
    "shortcut": (SHORTCUT, AFTER_SHORTCUT),
    "init_db": (INIT_DB, AFTER_INIT_DB),
    "init_db with a base model": (INIT_DB_BASE, AFTER_INIT_DB_BASE),
    "close": (CLOSE, AFTER_CLOSE),
    "close with a base model": (CLOSE_BASE, AFTER_CLOSE_BASE),
}

OPERATIONS = "asyncio.run(operate(User.AsyncSession))"


@pytest.mark.parametrize("kind", ["memory", "file"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str, kind: str, tmp_path: Path) -> None:
    example, after = EXAMPLES[name]
    source = example.replace("# Perform operations...", OPERATIONS)
    source = (BEFORE + source + after).replace(
        "from sqlactive", "from sqlactive_c"
    )
    if kind == "file":
        source = source.replace("aiosqlite://'", "aiosqlite:///some.db'")
    assert source.count("some.db") == (kind == "file")
    script = tmp_path / "example.py"
    script.write_text(source)
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env=without_remarks(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert ("CREATE TABLE users" in done.stdout) == ("echo=True" in example)
    assert (tmp_path / "some.db").exists() == (kind == "file")
