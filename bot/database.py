"""One database, SQLite or PostgreSQL: migrated at start, every piece of work one transaction in a worker thread."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import URL, make_url

T = TypeVar("T")

POSTGRES_CONNECTIONS = 8
BUSY_TIMEOUT_MS = 10_000
MIGRATION_LOCK = 0x6D6F7463  # any number, the same in every process ("motc")
BEGIN_OPTION = "motcua_begin"


class DatabaseUnusable(Exception):
    """The database cannot be used by this version."""


class Database:
    """Runs plain functions of a connection, each as one transaction.

    Threads instead of an async driver: a whole transaction costs one hop (an async SQLite driver hops for
    every statement), and a cancelled request cannot leave a transaction half done.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.is_embedded = engine.dialect.name == "sqlite"
        # SQLite has one writer anyway; one thread also keeps every caller's work in the order it came.
        threads = 1 if self.is_embedded else POSTGRES_CONNECTIONS
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="database")
        self._writer = engine
        self._reader = engine.execution_options(**{BEGIN_OPTION: "BEGIN"})

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        return await self._run(self._writer, work)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        return await self._run(self._reader, work)

    async def _run(self, engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, _transact, engine, work)

    async def close(self) -> None:
        """Lets running transactions end, then closes every connection."""
        await asyncio.to_thread(self._executor.shutdown)
        self._writer.dispose()


def _transact(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


async def open_database(url: str) -> Database:
    engine = _engine(make_url(url))
    try:
        await asyncio.to_thread(migrate, engine)
    except BaseException:
        engine.dispose()
        raise
    return Database(engine)


def _engine(url: URL) -> sa.Engine:
    return _sqlite_engine(url) if url.get_backend_name() == "sqlite" else _postgres_engine(url)


def _postgres_engine(url: URL) -> sa.Engine:
    return sa.create_engine(
        url,
        pool_size=POSTGRES_CONNECTIONS,
        pool_pre_ping=True,  # the server may have been restarted
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "options": "-c lock_timeout=15s -c statement_timeout=60s"},
    )


def _sqlite_engine(url: URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseUnusable("DATABASE_URL: SQLite needs a file, memory would forget what citizens said")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # SQLite gives the same rights to its -wal and -shm files
    engine = sa.create_engine(
        url, poolclass=sa.pool.QueuePool, pool_size=1, hide_parameters=True, connect_args={"check_same_thread": False}
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own is late and never IMMEDIATE
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=FAST",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # IMMEDIATE waits for its turn at the start; a reader that turns writer later would fail instead of waiting.
    begin = connection.get_execution_options().get(BEGIN_OPTION, "BEGIN IMMEDIATE")
    connection.connection.driver_connection.execute(begin)


def migrate(engine: sa.Engine) -> None:
    """Brings the tables to this version; a second process waits until the first is done."""
    with _alone(engine), engine.begin() as connection:
        if not _is_at_head(connection):
            _upgrade(connection)


def _is_at_head(connection: sa.Connection) -> bool:
    """Whether there is nothing to do, as at most starts; a version we do not know is left to Alembic to refuse."""
    return frozenset(MigrationContext.configure(connection).get_current_heads()) == _heads()


def _upgrade(connection: sa.Connection) -> None:
    config = _migrations()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseUnusable(f"the database was written by a newer version ({error})") from error


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@functools.cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(_migrations()).get_heads())


@contextlib.contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    holder = _sqlite_alone if engine.dialect.name == "sqlite" else _postgres_alone
    with holder(engine):
        yield


@contextlib.contextmanager
def _sqlite_alone(engine: sa.Engine) -> Iterator[None]:
    descriptor = os.open(f"{engine.url.database}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _postgres_alone(engine: sa.Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SET lock_timeout = 0"))
        connection.execute(sa.text("SET statement_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_lock(MIGRATION_LOCK)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(MIGRATION_LOCK)))
            connection.execute(sa.text("RESET lock_timeout"))
            connection.execute(sa.text("RESET statement_timeout"))
